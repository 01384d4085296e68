/*
 * web_console: the packed console, as the daemon serves it.
 *
 *	GET /assets/NAME-HASH.EXT  a file; kept by browsers for a year, since another content has another name
 *	GET /assets/...            files without a hash; else 404
 *	GET /api /hooks /health /ready /metrics and below: 404, where no route before this one took it
 *	GET anything else          index.html: the page's own router reads the path, so that every screen is a link
 *
 * console_files is generated: console/build.mjs packs what it built, or console/empty.c stands in, and then every page says how to build the console.
 */
#ifndef SUTURE_WEB_WEB_CONSOLE_H
#define SUTURE_WEB_WEB_CONSOLE_H

#include "net/http_server.h"

struct console_file {
	const char *path; /* "/assets/app-0123456789.js" */
	const char *type;
	const char *tag;   /* its ETag, quotes included */
	const char *bytes; /* as stored */
	size_t len;
	size_t plain_len;
	bool gzip;   /* `bytes` are */
	bool hashed; /* its name changes with its content */
};

extern const struct console_file console_files[];
extern const size_t console_file_count;

/* For the route "/{path*}", after all others. */
void web_console(void *context, const struct http_asked *asked, struct arena *arena, struct http_reply *ret);

#endif

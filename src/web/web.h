/*
 * web: what the daemon answers over HTTP.
 *
 *	POST /hooks/{connection}[/...]  a webhook or a call of the Salesforce package, handed to live_hook: 200 {"received":N} once it is staged durably,
 *	                                401, 404, 400, 413, or 503 with Retry-After. What stands behind the connection's name is hook.path
 *	POST /hooks/{connection}/search a person types a patient's name in the org: a signed call, answered at once with those who fit (live_search)
 *	GET  /hooks/{connection}[/...]  200 and nothing: some vendors look whether somebody is there before they accept an address
 *	GET  /health                    200: the process is up and its web thread turns
 *	GET  /ready                     200: the store answers and every sync is signed in; else 503 with what is missing
 *	GET  /metrics                   Prometheus' text format. No patient data, no ids of records
 *	GET  /...               200 the console's files and pages (web/web_console.h)
 *
 * Health, readiness and figures are for the house: without an address of their own they answer only to this machine, and not what came through a proxy.
 * Other routes (`more`) stand behind these in the same table, before the console.
 */
#ifndef SUTURE_WEB_WEB_H
#define SUTURE_WEB_WEB_H

#include "net/http_server.h"
#include "sync/live.h"

struct web;

/* Zero means the default in brackets. Texts are copied; engine, live and `more` must outlive the web. */
struct web_options {
	struct engine *engine;
	struct live *live;
	const char *version;   /* of the program */
	const char *address;   /* ["127.0.0.1"] numeric */
	unsigned port;         /* [0: any that is free] */
	const char *cert_file; /* PEM; with key_file: TLS */
	const char *key_file;
	const char *
	        admin_address; /* NULL: /health, /ready and /metrics stand beside the hooks, for this machine only. Never TLS */
	unsigned admin_port; /* [0: any that is free] */
	size_t hook_limit;   /* [1 MB] of a webhook's body */
	const struct http_route *more;
	size_t more_count;
	/* A webhook was refused or could not be kept: for the log. Told the 1st, 2nd, 4th, 8th ... time. No patient data. May be NULL. */
	void (*on_note)(void *context, struct str connection, enum err_code code, const char *text);
	void *context;
};

/* Serves when it returns. Errors are those of http_server_open. */
int web_open(const struct web_options *options, struct web **ret, struct err *err) MUST_CHECK;
/* Takes nothing more in, answers what is under way, waits for it. NULL is fine. */
void web_close(struct web **web);
/* Certificate and key are read again; on failure the old ones stay in use. */
int web_reload(struct web *web, struct err *err) MUST_CHECK;
unsigned web_port(const struct web *web);
unsigned web_admin_port(const struct web *web); /* 0: it has no address of its own */

#endif

/* What the files of src/web share. */
#ifndef SUTURE_WEB_WEB_INTERNAL_H
#define SUTURE_WEB_WEB_INTERNAL_H

#include <stdatomic.h>

#include "sync/meter.h"
#include "web/web.h"

struct web {
	struct arena arena; /* it lives in it */
	struct web_options options;
	struct http_route *routes;
	struct http_server *server;
	struct http_server *admin; /* NULL: `server` answers for it */
	int64_t started_ms;        /* wall clock */
	_Atomic uint64_t notes;    /* webhooks that on_note could have been told of */
};

/* Handlers; `context` is the struct web. */
void web_hook(void *context, const struct http_asked *asked, struct arena *arena, struct http_reply *ret);
void web_search(void *context, const struct http_asked *asked, struct arena *arena, struct http_reply *ret);
void web_hook_probe(void *context, const struct http_asked *asked, struct arena *arena, struct http_reply *ret);
void web_health(void *context, const struct http_asked *asked, struct arena *arena, struct http_reply *ret);
void web_ready(void *context, const struct http_asked *asked, struct arena *arena, struct http_reply *ret);
void web_metrics(void *context, const struct http_asked *asked, struct arena *arena, struct http_reply *ret);

/* May who asked see what is for the house? Else `ret` is a 404, as if there were no such route. */
bool web_for_house(const struct web *web, const struct http_asked *asked, struct arena *arena, struct http_reply *ret);

#endif

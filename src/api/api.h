/*
 * api: /api/v1, the engine as JSON over HTTP: what the console and other people's programs speak.
 *
 * Everything that can be asked is described at GET /api/v1/openapi.json (OpenAPI 3.1, put together from openapi/NAME.yaml). The routes make the same
 * calls of `sync` as the command line; nothing is decided here.
 *
 * Who asks: a signed-in person (a cookie; every method but GET and HEAD needs the header X-CSRF-Token too) or an API token (Authorization: Bearer). The
 * right that a route needs stands in its row (access/access.h) and is looked at before its handler runs.
 * Bodies are JSON objects, answers are JSON. An error is {"error":{"code","message","hint"?}} with these statuses: 400 not understood, 401 not signed in,
 * 403 not allowed, 404 no such thing, 409 something is in the way, 413 too large, 422 a value does not fit, 429 too often, 502 the far system refused or
 * failed, 504 it did not answer, 500 and 507 our own troubles.
 *
 * Lists never hold a patient's data. Routes that show some need RIGHT_VALUES and leave a line in the audit trail.
 */
#ifndef SUTURE_API_API_H
#define SUTURE_API_API_H

#include "access/access.h"
#include "net/http_server.h"
#include "sync/live.h"

struct api;

/* Texts are copied; what pointers name must outlive the api. */
struct api_options {
	struct engine *engine;
	struct live *live;
	struct access *access;
	const char *version; /* of the program */
	struct str
	        public_base; /* "https://suture.example.org": where the far systems find us; may be set later: api_set_public_base */
	/* As cli_host has them: a copy of the engine that judges everything and delivers nothing, for previews. */
	int (*open_scratch)(struct engine *engine, struct engine **ret, struct err *err);
	void (*close_scratch)(struct engine **engine);
};

/* ERR_BUG: a description does not parse. */
int api_open(const struct api_options *options, struct api **ret, struct err *err) MUST_CHECK;
/* For web_options.more; live as long as the api. */
const struct http_route *api_routes(const struct api *api, size_t *ret_count);
/* After the web was closed. */
void api_close(struct api **api);

#endif

/*
 * catalog_docs: the stored documents as trees, for the files of this folder that make something of them.
 */
#ifndef SUTURE_SYNC_CATALOG_DOCS_H
#define SUTURE_SYNC_CATALOG_DOCS_H

#include "codec/yaml.h"
#include "sync/catalog.h"

struct sync_docs {
	int64_t sync_id, integration_id, version;
	struct str name;
	const struct json *sync;
	const struct json *integration;
};

/* The current version of a sync and its integration; everything lives in the arena. ERR_NOT_FOUND lists what exists. */
int catalog_read_sync(struct engine *engine, struct arena *arena, struct str name, struct sync_docs *ret,
                      struct err *err) MUST_CHECK;
/* ERR_NOT_FOUND lists what exists. */
int catalog_sync_id(struct engine *engine, struct str name, int64_t *ret, struct err *err) MUST_CHECK;
/* Does another sync name this one as its parent's? */
int catalog_has_children(struct engine *engine, struct str name, bool *ret, struct err *err) MUST_CHECK;
/* A sync's document as a new version, if it differs. ERR_CONFIG: its mapping and policy do not fit. */
int catalog_write_sync(struct engine *engine, struct str name, const struct json *body, const char *why,
                       struct err *err) MUST_CHECK;
/* What `definition_version.body` holds. */
int catalog_open_body(struct engine *engine, struct arena *arena, struct str sealed, struct json **ret,
                      struct err *err) MUST_CHECK;
/* A connection's settings with its secrets resolved ({env:}, {file:}, sealed). */
int catalog_read_connection(struct engine *engine, struct arena *arena, struct str name, struct json **ret,
                            struct err *err) MUST_CHECK;

#endif

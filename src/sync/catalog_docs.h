/*
 * catalog_docs: the stored documents as trees, for the files of this folder that make something of them.
 */
#ifndef SUTURE_SYNC_CATALOG_DOCS_H
#define SUTURE_SYNC_CATALOG_DOCS_H

#include "codec/yaml.h"
#include "sync/catalog.h"
#include "sync/sealed.h"

struct catalog_doc {
	int64_t id, version;
	struct str kind, name;
	struct json *body;
	struct catalog_doc *next;
};
/* The current versions; an empty kind or name: of all. */
int catalog_docs(struct engine *engine, struct arena *arena, const char *kind, struct str name,
                 struct catalog_doc **ret, struct err *err) MUST_CHECK;
/* One document by name; an empty name is fine when there is only one of its kind. ERR_NOT_FOUND lists what exists. */
int catalog_doc(struct engine *engine, struct arena *arena, const char *kind, struct str name, struct catalog_doc **ret,
                struct err *err) MUST_CHECK;
/* What people read: the document without the values of secrets, as JSON text. */
struct str catalog_shown(struct arena *arena, const struct json *body);
/* {"syncs": {name: body}}: one sync as a configuration file. The tree is copied, its texts are borrowed. */
struct json *catalog_file_of(struct arena *arena, struct str name, const struct json *body);
/* schema_check for a tree that comes from no file: ERR_CONFIG without lines. */
int catalog_check_tree(struct arena *arena, const struct json *file, struct err *err) MUST_CHECK;

struct sync_docs {
	int64_t sync_id, integration_id, version;
	struct str name;
	const struct json *sync;
	const struct json *integration;
};

/* The current version of a sync and its integration; everything lives in the arena. ERR_NOT_FOUND lists what exists. */
int catalog_read_sync(struct engine *engine, struct arena *arena, struct str name, struct sync_docs *ret,
                      struct err *err) MUST_CHECK;
/* The same of a document that is not stored (plan_open_document): checked, its texts copied. sync_id and version 0: there is no sync of that name. */
int catalog_lay_sync(struct engine *engine, struct arena *arena, struct str name, const struct json *body,
                     struct sync_docs *ret, struct err *err) MUST_CHECK;
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
/* {env: NAME}, {file: PATH} or {sealed: TEXT} as the text that it stands for. Files are read each time. */
int catalog_open_secret(struct arena *arena, const struct json *value, struct json **ret, struct err *err) MUST_CHECK;
/*
 * What is stored of a secret that a person gave: text is kept sealed; {sealed: true} keeps what is stored; a path is made absolute, beginning at `dir`. NULL `dir`: it came
 * over the network, from somebody who must not choose which files and variables the daemon reads: {env} and {file} are only taken as they are stored. ERR_CONFIG.
 */
int catalog_keep_secret(struct arena *arena, const struct json *stored, const char *dir, const struct json *given,
                        struct json **ret, struct err *err) MUST_CHECK;
/* The settings of `access` or `identity_provider`, secrets resolved; *ret is NULL where the file has none. */
int catalog_read_section(struct engine *engine, struct arena *arena, const char *section, struct json **ret,
                         struct err *err) MUST_CHECK;

/* Documents of all versions. */
extern const struct sealed_column catalog_sealed;

#endif

/* engine: how an engine is put together from a folder. The only place that sees every room. */
#ifndef SUTURE_APP_ENGINE_H
#define SUTURE_APP_ENGINE_H

#include "sync/sync.h"

/*
 * Makes the folder, its key (mode 0600), its database and a sample suture.yaml; what is there already stays. `store` is the url of a database
 * elsewhere, kept in suture.store; empty: a file in the folder. *ret_existed: it was a Suture before.
 * ERR_KEY: a database is there, but its key is not: a new one could not open it. ERR_CONFLICT: suture.store names another database already.
 */
int app_init(const char *dir, struct str store, bool *ret_existed, struct err *err) MUST_CHECK;
/* ERR_NOT_FOUND says to run `suture init`. */
int app_open(const char *dir, struct engine **ret, struct err *err) MUST_CHECK;
/* The same configuration and links on a copy of the database that is deleted on close; engine->dry is set. */
int app_open_scratch(struct engine *engine, struct engine **ret, struct err *err) MUST_CHECK;
void app_close(struct engine **engine);

/* ---- restore.c ---- */

/* See cli.h: a backup takes the place of the folder's database. */
struct restore_order;
int app_restore(const char *dir, const struct restore_order *order, struct arena *arena, struct json **ret,
                struct err *err) MUST_CHECK;

/* ---- for restore.c ---- */

/* An engine over the folder's key and nothing else: no store, no HTTP client. */
int app_open_keys(const char *dir, struct engine **ret, struct err *err) MUST_CHECK;
int app_make_folder(const char *dir, struct err *err) MUST_CHECK;
/* Is the store a file in the folder (and not elsewhere, by SUTURE_STORE or suture.store)? */
int app_store_is_in_folder(const char *dir, bool *ret, struct err *err) MUST_CHECK;

#endif

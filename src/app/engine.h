/* engine: how an engine is put together from a folder. The only place that sees every room. */
#ifndef SUTURE_APP_ENGINE_H
#define SUTURE_APP_ENGINE_H

#include "sync/sync.h"

/*
 * Makes the folder, its key (mode 0600), its database and a sample suture.yaml; what is there already stays. *ret_existed: it was a Suture before.
 * ERR_KEY: a database is there, but its key is not: a new one could not open it.
 */
int app_init(const char *dir, bool *ret_existed, struct err *err) MUST_CHECK;
/* ERR_NOT_FOUND says to run `suture init`. */
int app_open(const char *dir, struct engine **ret, struct err *err) MUST_CHECK;
/* The same configuration and links on a copy of the database that is deleted on close; engine->dry is set. */
int app_open_scratch(struct engine *engine, struct engine **ret, struct err *err) MUST_CHECK;
void app_close(struct engine **engine);

#endif

/*
 * migrate: brings the schema up, refuses to go down, records each step. migrations.c holds one append-only array; the index
 * is the version; an entry that was released is never edited.
 */
#ifndef SUTURE_STORE_MIGRATE_H
#define SUTURE_STORE_MIGRATE_H

#include "store/store.h"

struct migration {
	const char *title;
	const char *sql;      /* several statements, separated by ";" */
	const char *postgres; /* where it must differ */
};

extern const struct migration migrations[];
extern const size_t migration_count;

#endif

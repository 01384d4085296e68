/*
 * fact: a few things that are to be known of this installation as a whole: when it was last backed up, that it was restored. Only writer of the table `fact`.
 */
#ifndef SUTURE_SYNC_FACT_H
#define SUTURE_SYNC_FACT_H

#include "sync/sync.h"

#define FACT_BACKUP   "backup"      /* the last backup: its file's name */
#define FACT_KEYS     "backup:keys" /* in a backup: the numbers of the keys that it is sealed with, in hex */
#define FACT_RESTORED "restored"    /* the last restore: the file it came from */

struct fact {
	struct str value;
	int64_t at_ms; /* when it was set; 0: it never was */
};

/* Inside a transaction or a read. */
int fact_set(struct db *db, struct str name, struct str value, struct err *err) MUST_CHECK;
int fact_get(struct db *db, struct arena *arena, struct str name, struct fact *ret, struct err *err) MUST_CHECK;
int fact_forget(struct db *db, struct str name, struct err *err) MUST_CHECK;
/* In a read of its own. */
int fact_read(struct engine *engine, struct arena *arena, struct str name, struct fact *ret,
              struct err *err) MUST_CHECK;

#endif

/*
 * backup: a copy of everything that a new machine needs, in one file, made while others work. Only of a store that is a file of ours (SQLite); PostgreSQL has
 * tools of its own (pg_dump, a standby), and docs/OPERATIONS.md says which.
 *
 * The file is a database itself: a consistent copy of the store, and in the table `backup_file` the files beside it: suture.yaml, descriptors, and the
 * files in this folder that secrets are read from, each sealed with the key. The key is not in it unless asked for: whoever has both can read everything.
 */
#ifndef SUTURE_SYNC_BACKUP_H
#define SUTURE_SYNC_BACKUP_H

#include "sync/sync.h"

struct backup_order {
	const char *path; /* of the file; it must not be there */
	bool with_key;
	const char *version;                              /* the program's */
	void (*on_step)(void *context, const char *what); /* for people; NULL: nobody watches */
	void *context;
};

/*
 * Copies, reads the copy through again (backup_look), and only then gives it its name; nothing is ever overwritten, and what was cut short does not look
 * like a backup. The time is kept as a fact, and stands in the audit trail. *ret: what is in it, an object for people and programs. ERR_CONFLICT: the file is there.
 */
int backup_write(struct engine *engine, const struct backup_order *order, struct arena *arena, struct json **ret,
                 struct err *err) MUST_CHECK;

/* Is what `engine` is opened on whole, and does its key fit? Adds to `found` how much is in it. ERR_KEY: another key sealed it. ERR_STORE: it is damaged. */
int backup_look(struct engine *engine, struct arena *arena, struct json *found, struct err *err) MUST_CHECK;

/* Are all keys known that it is sealed with? ERR_KEY: no, and what to do. Of a backup only, before backup_unpack. */
int backup_check_keys(struct engine *engine, struct err *err) MUST_CHECK;

/* The name of the key's file, in a folder and in a backup. */
#define BACKUP_KEY "suture.key"
/* The key that was put into the backup; empty: it was not. */
int backup_key(struct store *store, struct arena *arena, struct str *ret, struct err *err) MUST_CHECK;
/*
 * A backup becomes a store again: the files in it go into the folder, where they are not there already, and out of the database. `written` and `kept`
 * are lists of names.
 */
int backup_unpack(struct engine *engine, struct arena *arena, const char *dir, struct json *written, struct json *kept,
                  struct err *err) MUST_CHECK;

#endif

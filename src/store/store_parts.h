/*
 * store_parts: what the files of src/store share. Private to this folder.
 *
 *	store_place.c    the url
 *	store_db.c       one connection: statement cache, rows, columns by name
 *	store_writer.c   the writer thread and its groups, the sync thread
 *	store_keeper.c   the thread that keeps the log short
 *	store.c          the public calls, the pool of connections
 *	migrate.c        the schema
 */
#ifndef SUTURE_STORE_STORE_PARTS_H
#define SUTURE_STORE_STORE_PARTS_H

#include <pthread.h>

#include "store/migrate.h"
#include "store/store_driver.h"

/* ---- store_place.c */

/* Takes the url apart; the texts go into the arena. ERR_CONFIG. */
int store_place_parse(const char *url, struct arena *arena, struct store_place *ret, struct err *err) MUST_CHECK;

/* ---- store_db.c: the calls of store.h that begin with db_, rows_ and row_, and: */

int db_open(const struct store_place *place, enum store_role role, struct db **ret, struct err *err) MUST_CHECK;
void db_close(struct db **db);
struct db *db_next(struct db *db); /* db is a link of a list of its owner */
void db_set_next(struct db *db, struct db *next);
int db_begin(struct db *db, enum store_access access, struct err *err) MUST_CHECK;
int db_commit(struct db *db, struct err *err) MUST_CHECK; /* on failure everything is rolled back */
void db_rollback(struct db *db);
int db_savepoint(struct db *db, struct err *err) MUST_CHECK;
int db_keep_savepoint(struct db *db, struct err *err) MUST_CHECK;
void db_undo_savepoint(struct db *db);
bool db_in_transaction(struct db *db);
/* Waits for what was run; its failure, which is the transaction's. */
int db_settle(struct db *db, struct err *err) MUST_CHECK;
/* The transaction failed by something that is over when it runs again: a lost connection, others who wrote at the same time. */
bool db_passing(struct db *db);
/* Commits go to the disk by db_sync, apart from the transaction; false: with the commit, and there is no log of ours. */
bool db_syncs_apart(const struct db *db);
/* What was committed is on the disk. Of all calls the only one for another thread than the connection's. */
int db_sync(struct db *db, struct err *err) MUST_CHECK;
int64_t db_log_pages(struct db *db);
int db_checkpoint(struct db *db, struct store_log *ret, struct err *err) MUST_CHECK;
int db_sync_file(struct db *db, struct err *err) MUST_CHECK;
int db_script(struct db *db, const char *sql, const char *postgres, struct err *err) MUST_CHECK;
int db_scrub(struct db *db, bool compact, struct err *err) MUST_CHECK;
int db_copy(struct db *db, const char *path, struct err *err) MUST_CHECK;
void db_describe(struct db *db, struct buf *out);

/* ---- store_keeper.c */

struct keeper {
	pthread_mutex_t lock; /* guards the two below */
	pthread_cond_t bell;
	bool asked, stopping;
	_Atomic int64_t copied; /* pages of the log that the file has */
	const struct store_place *place;
	struct db *db; /* of the thread; opened when it is needed */
	pthread_t thread;
};

int keeper_start(struct keeper *keeper, const struct store_place *place, struct err *err) MUST_CHECK;
void keeper_stop(struct keeper *keeper);
/* On the writer's thread, after each commit. */
void keeper_look(struct keeper *keeper, struct db *writing);

/* ---- store_writer.c */

struct store_pending {
	struct store *store;
	struct store_pending *next; /* of the queue, of a group, of the free list */
	store_fn fn;
	void *context;
	enum durability durability;
	struct store_then then; /* then.done NULL: somebody waits */
	int result;
	bool done;
	pthread_cond_t finished;
	struct err err; /* set when result is negative */
};

/* Parts in order; `next` of the last is NULL. */
struct parts {
	struct store_pending *first, *last;
};

struct writer {
	pthread_mutex_t lock; /* guards all below, and every `done` */
	pthread_cond_t work, sync_work;
	pthread_t thread, sync_thread;
	struct db *db;
	struct parts queue;    /* to be run */
	struct parts unsynced; /* committed, to be brought to the disk */
	bool stopping, sync_stopping;
	struct keeper keeper;
};

int writer_start(struct writer *writer, const struct store_place *place, struct db *db, struct err *err) MUST_CHECK;
void writer_stop(struct writer *writer); /* after the queue is empty; the db is closed */
void writer_add(struct writer *writer, struct store_pending *pending);
void writer_wait(struct writer *writer, struct store_pending *pending);
/* Of store.c: a handle that nobody waits for is used again. */
void store_give_back(struct store_pending *pending);

/* ---- store_copy.c */

/* A store_fn over a database server: all its rows into a new SQLite file, whose path is the context. */
int store_copy_rows(struct db *from, void *context, struct err *err) MUST_CHECK;

/* ---- migrate.c */

/* Brings the schema of db from where it is to `count`. ERR_STORE when it is newer or was made by other steps. */
int migrate(struct db *db, const struct migration *steps, size_t count, struct err *err) MUST_CHECK;

/* ---- store.c */

/* Calls fn and remembers that this thread is inside a transaction of the store. */
int store_call(const struct store *store, store_fn fn, struct db *db, void *context, struct err *err) MUST_CHECK;

/* store_open with a driver's url and an array of one's own: for tests. */
int store_open_with(const char *url, const struct migration *steps, size_t count, struct store **ret,
                    struct err *err) MUST_CHECK;
/* A place that was taken apart (and perhaps changed) already. */
int store_open_place(const struct store_place *place, const struct migration *steps, size_t count, struct arena arena,
                     struct store **ret, struct err *err) MUST_CHECK;
const struct store_place *store_place_of(const struct store *store);

#endif

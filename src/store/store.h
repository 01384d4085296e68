/*
 * store: statements and transactions; never what a row means.
 *
 * A transaction is a function. It may be run again (a lost connection, a serialisation failure), so it touches nothing
 * but the database and its own context, and it never waits for the network.
 *
 *	static int save(struct db *db, void *context, struct err *err)
 *	{
 *		return db_run(db, &INSERT_ROW, BIND(bind_int(1), bind_text(name), bind_blob(bytes)), err);
 *	}
 *	store_write(store, DURABLE, save, &context, err);
 *
 * One writer thread runs the transactions of all threads, several of them in one commit (group commit), each in a savepoint of
 * its own. store_write() returns after the commit. Readers have connections of their own and see the last commit. Writers of several
 * programs on one database take turns, SQLite's by a lock of the file, PostgreSQL's by a lock of the schema: what a transaction has read
 * is so until it commits, and ids come up in the order of commits.
 *
 * Statements are named constants at the top of the file that owns the table, in SQL that both databases understand, with
 * $1, $2 ... as parameters. What differs stands in `sqlite` and `postgres` of the same constant.
 *
 *	static const struct statement INSERT_ROW = { "INSERT INTO t (a, b, c) VALUES ($1, $2, $3)" };
 *
 * A chunk of records is worked on record by record, and yet asks a server once for all of them. Two things make that possible, and nothing changes but the
 * time it takes: what will be asked is said beforehand (db_ahead), and a statement that says which rows it is about (`by`) may be run a little later, many
 * runs at once. SQLite, where a statement costs a microsecond, runs each when it is called.
 *
 *	static const struct statement DONE = { "DELETE FROM t WHERE id = $1", .by = "id" };
 */
#ifndef SUTURE_STORE_STORE_H
#define SUTURE_STORE_STORE_H

#include "lib/arena.h"
#include "lib/err.h"

struct store;
struct db;   /* one connection, inside a transaction or a read */
struct rows; /* a result being read; belongs to the db, ends with rows_end or the transaction */

struct statement {
	const char *sql;
	const char *sqlite; /* instead of sql, where it must differ; NULL: the same */
	const char *postgres;
	/*
	 * "a, b": $1 and $2 are the columns a and b, and of its table the statement reads and writes those rows only that have these values: runs about other
	 * rows may change places with it. Not for what gives up a value that is unique, nor for a statement whose db_changed is asked. NULL: any rows.
	 */
	const char *by;
};

enum bind_kind { BIND_NULL, BIND_INT, BIND_TEXT, BIND_BLOB };
struct bind {
	enum bind_kind kind;
	int64_t number;
	struct str bytes;
};

static inline struct bind bind_int(int64_t value)
{
	return (struct bind) { .kind = BIND_INT, .number = value };
}
static inline struct bind bind_text(struct str text)
{
	return (struct bind) { .kind = BIND_TEXT, .bytes = text };
}
static inline struct bind bind_blob(struct str bytes)
{
	return (struct bind) { .kind = BIND_BLOB, .bytes = bytes };
}
static inline struct bind bind_null(void)
{
	return (struct bind) { .kind = BIND_NULL };
}
/* Empty text becomes NULL. */
static inline struct bind bind_text_or_null(struct str text)
{
	return text.len ? bind_text(text) : bind_null();
}
/* Zero becomes NULL. */
static inline struct bind bind_id(int64_t id)
{
	return id ? bind_int(id) : bind_null();
}

struct binds {
	const struct bind *at;
	size_t count;
};
#define BIND(...)                                                \
	((struct binds) { (const struct bind[]) { __VA_ARGS__ }, \
	                  sizeof((const struct bind[]) { __VA_ARGS__ }) / sizeof(struct bind) })
#define BIND_NOTHING ((struct binds) { NULL, 0 })

/*
 * A database server that has lost commits which it had confirmed (it was killed before they were on its disk, or a standby that had not got them took its place) ends
 * the process with this exit code, once the connection is there again: what is in memory goes beyond what is in the database. The next process begins with what is there.
 */
enum { STORE_WENT_BACK = 75 };

/* RELAXED: what can be fetched again. DURABLE: survives the loss of power (webhook inbox, outbox of a person's click, audit). */
enum durability { RELAXED, DURABLE };

/* "sqlite:/path/file.db" or a plain path; "postgresql://..." as libpq knows it; ":memory:" for tests; settings after a "?", see README.md. Brings the schema up (see migrate.h). ERR_STORE, ERR_DISK_FULL. */
int store_open(const char *url, struct store **ret, struct err *err) MUST_CHECK;
void store_close(struct store **store);

typedef int (*store_fn)(struct db *db, void *context, struct err *err);
/* Runs fn in a transaction and commits; its negative return rolls back (only its own part of a group) and is returned. */
int store_write(struct store *store, enum durability durability, store_fn fn, void *context,
                struct err *err) MUST_CHECK;
/* The same without waiting: fn and context must live until store_write_wait. Transactions started by one thread are run in
 * the order in which they were started. store_write_wait comes before store_close; what was started is run in any case. */
struct store_pending;
struct store_pending *store_write_start(struct store *store, enum durability durability, store_fn fn, void *context);
int store_write_wait(struct store_pending **pending, struct err *err) MUST_CHECK;
/*
 * The same for who does not wait: `done` is called once, after the commit, by a thread of the store (or before this returns): it must be quick, and must not
 * call the store. `seen`, before that: the transaction is committed and readers see it, whether or not it is DURABLE already. What it says may be acted on
 * where doing so twice is harmless; what somebody is told of it waits for `done`. A failed transaction is never seen, but for one whose way to the disk
 * failed at the very end: that one counts as failed and may be there.
 */
struct store_then {
	void (*seen)(void *context); /* may be NULL */
	void (*done)(void *context, int result, const struct err *err);
	void *context;
};
void store_write_then(struct store *store, enum durability durability, store_fn fn, void *context,
                      const struct store_then *then);
/* Runs fn on a reader's connection: one consistent view for its whole length. fn must not write. */
int store_read(struct store *store, store_fn fn, void *context, struct err *err) MUST_CHECK;

/* Inside a transaction or read: */
int db_run(struct db *db, const struct statement *statement, struct binds binds, struct err *err) MUST_CHECK;
int64_t db_last_id(struct db *db); /* of the last INSERT into a table with an integer key */
int64_t db_changed(struct db *db); /* rows touched by the last db_run */
/* The same for an INSERT whose first column, and $1, is its table's `id`: what is bound as $1 is ignored, *ret_id is the new row's. They come up as with db_run. */
int db_insert(struct db *db, const struct statement *statement, struct binds binds, int64_t *ret_id,
              struct err *err) MUST_CHECK;
int db_select(struct db *db, const struct statement *statement, struct binds binds, struct rows **ret,
              struct err *err) MUST_CHECK;
/*
 * The statement will be asked for each of `rows`: a server is asked for all of them at once, and db_select and db_number take what it answered. What is written
 * meanwhile, and touches what they ask for, makes them ask again; asking for more than is needed, or less, is no mistake.
 */
int db_ahead(struct db *db, const struct statement *statement, const struct binds *rows, size_t count,
             struct err *err) MUST_CHECK;
/* 1: a row is there, 0: the end (and the rows are ended), negative: an error. */
int rows_next(struct rows *rows, struct err *err) MUST_CHECK;
void rows_end(struct rows **rows);
void rows_scoped_release(struct rows **rows);
#define ROWS SCOPED(rows) struct rows * /* ROWS rows = NULL; ends by itself */
/* Columns by name; an unknown name is our bug. Texts and blobs live until rows_next: copy into an arena with arena_str. */
int64_t row_int(struct rows *rows, const char *column);
struct str row_text(struct rows *rows, const char *column); /* NULL reads as empty */
struct str row_blob(struct rows *rows, const char *column);
bool row_is_null(struct rows *rows, const char *column);
/* One row, one number; `fallback` when there is no row. */
int db_number(struct db *db, const struct statement *statement, struct binds binds, int64_t fallback, int64_t *ret,
              struct err *err) MUST_CHECK;

/*
 * After something was deleted: SQLite's log, which holds pages as they were, is emptied. `compact`: the whole database is written anew before, so that what was
 * deleted lies in no free place of its file either; that takes as much room again, and writers wait meanwhile. ERR_CONFLICT: all was done but that somebody who
 * reads what is older (busy_ms long) keeps the log from being emptied.
 */
int store_scrub(struct store *store, bool compact, struct err *err) MUST_CHECK;
/*
 * From process to process, where the database can carry it (PostgreSQL; elsewhere nobody hears, and who waits looks by himself now and then). db_tell is part of
 * the transaction: it is heard once that is committed, and not at all if it is not. Listeners hear it on a thread of their own, in every process, ours too; 0: much may
 * have been said that was not heard (the connection was lost). on_told must be quick.
 */
struct store_told {
	void (*on_told)(void *context, int64_t what);
	void *context;
};
struct store_listener;
int db_tell(struct db *db, int64_t what, struct err *err) MUST_CHECK;
/* *ret NULL: the database carries nothing. Ends before store_close. */
int store_listen(struct store *store, const struct store_told *told, struct store_listener **ret,
                 struct err *err) MUST_CHECK;
void store_listen_end(struct store_listener **pl);

/* Is the file a database of a store's, as store_copy makes one? Nothing is changed. ERR_DATA: it is not; store_open would make an empty one of an empty file. */
int store_look_at_file(const char *path, struct err *err) MUST_CHECK;
/* A copy of the whole database as it is now, into a new file (dry runs, backups): SQLite's, whatever the database is. */
int store_copy(struct store *store, const char *path, struct err *err) MUST_CHECK;
struct str store_describe(struct store *store,
                          struct arena *arena); /* "SQLite 3.40.1, /srv/suture/suture.db, schema 7" */

#endif

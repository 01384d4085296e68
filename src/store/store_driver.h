/*
 * store_driver: what a database must be able to do for the rest of src/store. Private to this folder.
 *
 * A driver is a constant struct of functions. It gives `struct store_conn` (one connection) and `struct store_stmt` (one
 * prepared statement) a shape of its own inside its own file; nobody else looks into them. A connection has one user at
 * a time, never more. To add a database: a file with such a struct and one row in store_place.c.
 *
 * Every int is 0 or a negative error code unless said. Error texts say what a person can do and never hold a bound
 * value (R41).
 */
#ifndef SUTURE_STORE_STORE_DRIVER_H
#define SUTURE_STORE_STORE_DRIVER_H

#include <stdatomic.h>

#include "lib/buf.h"
#include "store/store.h"

struct store_conn;
struct store_stmt;
struct store_trace;

/* Where the database is: store_open()'s url, taken apart. The texts live as long as the store. */
struct store_place {
	const struct store_driver *driver;
	const struct store_driver *traced; /* the driver under store_trace.c; NULL: not traced */
	struct store_trace *trace;
	const char *path; /* of the file; for a database server the url, whose password is never shown */
	const char *
	        schema; /* of a database server: a schema of this name, made when it is not there; NULL: the session's own */
	int64_t max_pages; /* 0: no limit */
	int64_t busy_ms;   /* how long to wait for another process */
	int64_t fail_at;   /* see store_trace.h */
	int64_t die_at;
	int64_t quiet; /* 1: nothing is written to standard error */
	bool scratch;  /* ":memory:": nothing needs to survive, and the file goes when the store closes */
};

/* Pages of the log, and how many of them the file has. */
struct store_log {
	int64_t pages, copied;
};

enum store_role { STORE_WRITER, STORE_READER };
enum store_access { STORE_READ, STORE_WRITE_RELAXED, STORE_WRITE_DURABLE };

struct store_driver {
	const char *scheme; /* "sqlite" */
	bool whole_url;     /* the place is the url as it was given, scheme and all */

	/* Once a store: before its first connection (may change the path) and after its last. */
	int (*arrive)(struct store_place *place, struct arena *memory, struct err *err);
	void (*leave)(const struct store_place *place);
	/* `memory` lives as long as the connection. */
	int (*open)(const struct store_place *place, enum store_role role, struct arena *memory,
	            struct store_conn **ret, struct err *err);
	void (*close)(struct store_conn *conn);

	const char *(*dialect)(const struct statement *statement); /* the text that this database wants */
	/* Several statements, no result: `postgres` where this database wants it and it is there, else `sql` in its words. */
	int (*script)(struct store_conn *conn, const char *sql, const char *postgres, struct err *err);

	/* `memory` lives as long as the statement; `by`: see struct statement. */
	int (*prepare)(struct store_conn *conn, const char *sql, const char *by, struct arena *memory,
	               struct store_stmt **ret, struct err *err);
	void (*discard)(struct store_conn *conn, struct store_stmt *stmt);
	const char *(*text)(struct store_conn *conn, struct store_stmt *stmt); /* as it was prepared */
	/* keep: the bytes may be gone before reset, copy them. */
	int (*bind)(struct store_conn *conn, struct store_stmt *stmt, struct binds binds, bool keep, struct err *err);
	int (*step)(struct store_conn *conn, struct store_stmt *stmt, struct err *err); /* 1: a row, 0: the end */
	void (*reset)(struct store_conn *conn, struct store_stmt *stmt);
	/* NULL: every answer is here at once. */
	int (*ahead)(struct store_conn *conn, struct store_stmt *stmt, const struct binds *rows, size_t count,
	             struct err *err);
	/* The id of the next row that the statement will insert; NULL: last_id tells it afterwards. */
	int (*new_id)(struct store_conn *conn, struct store_stmt *stmt, int64_t *ret, struct err *err);
	int64_t (*last_id)(struct store_conn *conn);
	int64_t (*changed)(struct store_conn *conn, struct store_stmt *stmt); /* rows that its last run touched */

	/* The row under the last step. Texts live until the next step. */
	int (*column_count)(struct store_conn *conn, struct store_stmt *stmt);
	const char *(*column_name)(struct store_conn *conn, struct store_stmt *stmt, int column);
	int64_t (*column_int)(struct store_conn *conn, struct store_stmt *stmt, int column);
	struct str (*column_text)(struct store_conn *conn, struct store_stmt *stmt, int column);
	struct str (*column_blob)(struct store_conn *conn, struct store_stmt *stmt, int column);
	bool (*column_is_null)(struct store_conn *conn, struct store_stmt *stmt, int column);

	int (*begin)(struct store_conn *conn, enum store_access access, struct err *err);
	int (*commit)(struct store_conn *conn, struct err *err);
	void (*rollback)(struct store_conn *conn); /* also when the database did it already */
	int (*savepoint)(struct store_conn *conn, struct err *err);
	int (*keep_savepoint)(struct store_conn *conn, struct err *err);
	int (*undo_savepoint)(struct store_conn *conn, struct err *err);
	bool (*in_transaction)(struct store_conn *conn); /* false: the database gave the transaction up */
	/* Waits for the answers of what was run and not looked at; the first failure among it. NULL: every answer comes at once. */
	int (*settle)(struct store_conn *conn, struct err *err);
	/* What made the transaction fail is over when it runs again (a lost connection). NULL: never. */
	bool (*passing)(struct store_conn *conn);
	/* Brings to the disk what was committed so far with STORE_WRITE_RELAXED. One thread at a time, which need not be the connection's own:
	 * that one works on meanwhile. NULL: a commit that
	 * was begun with STORE_WRITE_DURABLE lasts by itself, and the three below are NULL too. */
	int (*sync)(struct store_conn *conn, struct err *err);
	/* Pages of the log after this connection's last commit; and bringing the log into the file, as far as nobody has to be waited for. Any
	 * connection may, beside the writer. */
	int64_t (*log_pages)(struct store_conn *conn);
	int (*checkpoint)(struct store_conn *conn, struct store_log *ret, struct err *err);
	/* Brings the file, not the log, to the disk. */
	int (*sync_file)(struct store_conn *conn, struct err *err);

	int (*scrub)(struct store_conn *conn, bool compact, struct err *err); /* store_scrub */
	int (*copy)(struct store_conn *conn, const char *path,
	            struct err *err); /* NULL: table by table, see store_copy.c */
	/* What processes tell each other (store_listen.c); NULL: the database carries nothing. `listen` returns once `stop` is set and `bell` readable. */
	void (*listen)(const struct store_place *place, const struct store_told *told, atomic_bool *stop, int bell);
	int (*tell)(struct db *db, const struct store_place *place, int64_t what, struct err *err);
	void (*describe)(struct store_conn *conn, struct buf *out); /* "SQLite 3.40.1, /srv/suture/suture.db" */
};

extern const struct store_driver STORE_SQLITE, STORE_POSTGRES;

#endif

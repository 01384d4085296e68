/*
 * store_postgres: what the files of the PostgreSQL driver share. Private to them.
 *
 *	store_postgres.c          the driver: connections, transactions, the outcome of a commit whose answer was lost
 *	store_postgres_pipe.c     what was sent and not answered yet, and the answers
 *	store_postgres_stmt.c     prepared statements, parameters, columns
 *	store_postgres_many.c     a statement for one row written anew for many
 *	store_postgres_gather.c   what is run a little later, many runs at once
 *	store_postgres_ahead.c    what was asked for before it is needed
 *	store_postgres_link.c     connecting, the settings of a session, the url
 *	store_postgres_listen.c   what processes tell each other
 *	store_postgres_dialect.c  the schema's SQL in PostgreSQL's words
 *	store_postgres_problem.c  SQLSTATEs as errors that say what a person can do
 *
 * Nothing is waited for unless somebody looks at its answer: statements are sent one after the other (libpq's pipeline), and the first
 * that fails is the failure of all that follow, until the transaction or its savepoint is given up.
 */
#ifndef SUTURE_STORE_STORE_POSTGRES_H
#define SUTURE_STORE_STORE_POSTGRES_H

#include <libpq-fe.h>

#include "lib/map.h"
#include "store/store_driver.h"

enum { PIPE_MOST = 512, PG_PLACES = 64 };

/* RUN: only whether it failed, and how many rows it touched. */
enum pipe_kind { PIPE_PREPARE, PIPE_RUN, PIPE_ROWS, PIPE_CONTROL, PIPE_SYNC };

/* One message whose answer was not read yet. */
struct pipe_entry {
	enum pipe_kind kind;
	struct store_stmt *stmt; /* NULL: nobody wants the answer any more, or a control message */
};

/* Statements whose runs are kept, in the order in which they go out. */
struct pg_gather {
	struct store_stmt *kept[16];
	size_t count;
	struct arena arena; /* the rows that they are about */
};

/* Ids that were taken from a table's sequence for the transaction. */
struct pg_ids {
	struct str table;
	int64_t next, left, size;
};

struct store_conn {
	const struct store_place *place;
	enum store_role role;
	PGconn *pg;         /* NULL: not connected */
	int64_t id;         /* of the row in store_commit; 0: a reader's connection */
	int64_t commit;     /* the number of the transaction under way, counted by us */
	int64_t confirmed;  /* the last one that the server said was committed; 0: none */
	int32_t schema;     /* its oid: what the lock of all writers is named by */
	unsigned session;   /* counts connections: statements prepared in another one are gone */
	unsigned statement; /* counts names */
	int64_t ran;        /* statements that wrote, since the connection was opened */
	int64_t count_at;   /* when they are so many, the server counts its rows again */
	bool open;          /* a transaction is under way */
	bool lost;          /* the connection went while it was */
	bool passing;       /* what failed would not fail again */
	struct store_stmt
	        *last_id; /* asks for the id of the last insert; prepared, since a record needs four of them */
	struct store_stmt *take_ids;
	struct pg_ids ids[8];
	struct pg_gather gather;
	struct pg_asked *asked; /* store_postgres_ahead.c, the newest first */
	struct arena ahead_arena;
	struct err failed; /* the first failure of the transaction or savepoint; code 0: none */
	struct pipe_entry pipe[PIPE_MOST];
	size_t count;
};

struct store_stmt {
	const char *sql;
	char name[16];
	unsigned session; /* in which it is prepared; 0: nowhere */
	int places;
	Oid *types; /* learned from what is bound; 0: not known yet */
	struct arena *memory;
	const char *by;       /* see struct statement */
	int keys;             /* how many columns it names */
	struct str table;     /* that it writes, or selects from; empty: it does not say in the usual way */
	struct pg_many *many; /* NULL: not needed yet */
	struct map *answers;  /* that were asked for ahead, by what is bound; NULL: none */
	PGresult *result;
	bool borrowed;   /* the result is one of those */
	int row;         /* of the result; before the first: one less */
	int end;         /* the row after the last */
	int64_t changed; /* rows that the last run touched */
	bool waiting;    /* its answer was not read yet */
	bool select;     /* somebody reads rows */
};

/* Parameters of many rows, column by column, as arrays in their binary form. */
struct pg_column {
	enum bind_kind kind; /* BIND_NULL: it was NULL in every row so far */
	bool has_null;
	struct buf cells;
};
struct pg_many {
	struct store_stmt *stmt; /* the statement for many */
	struct pg_column *columns;
	int places;
	size_t count, bytes; /* of the rows that are in it */
	bool learnt;         /* a column has a kind that it had not when the statement was prepared */
	struct map keys;     /* of its rows, while they are kept (store_postgres_gather.c) */
};

/* ---- store_postgres_many.c */

struct str pg_table_of(const char *sql);
bool pg_mentions(const char *sql, struct str table); /* as a word of its own */
struct pg_many *pg_many_new(const struct store_stmt *one);
void pg_many_release(struct pg_many *many);
void pg_many_clear(struct pg_many *many); /* no rows */
/* May these be in one array with those that are there? */
bool pg_many_fits(const struct pg_many *many, struct binds binds);
void pg_many_add(struct pg_many *many, struct binds binds);
/* `sql`: of the statement for one. The rows stay. */
int pg_many_send(struct store_conn *conn, struct pg_many *many, const char *sql, struct err *err) MUST_CHECK;
/*
 * A server takes no text that holds a zero byte or is no UTF-8, and fails the whole transaction for it: U+FFFD stands in its place, in what is stored as in what is
 * looked for. The binds themselves where all of them are fit, which is nearly always.
 */
struct binds pg_fit(struct arena *arena, struct binds binds);
/* A value as it travels, with its length before it. */
void pg_add_cell(struct buf *out, const struct bind *bind);

/* ---- store_postgres_gather.c */

int pg_gather_count_keys(const char *by);
/* The first `keys` values as one text, which lives in `out`. */
struct str pg_key(struct buf *out, struct binds binds, int keys);
int pg_gather_run(struct store_conn *conn, struct store_stmt *stmt, struct binds binds, struct err *err) MUST_CHECK;
/* Sends what is kept. */
int pg_gather_flush(struct store_conn *conn, struct err *err) MUST_CHECK;
void pg_gather_clear(struct store_conn *conn); /* as if it had never been run */

/* ---- store_postgres_ahead.c */

int pg_ahead(struct store_conn *conn, struct store_stmt *stmt, const struct binds *rows, size_t count,
             struct err *err) MUST_CHECK;
/* The statement has its answer already. */
int pg_ahead_take(struct store_conn *conn, struct store_stmt *stmt, struct binds binds, bool *ret_taken,
                  struct err *err) MUST_CHECK;
/* This one is run. */
void pg_ahead_written(struct store_conn *conn, const struct store_stmt *stmt, struct binds binds);
void pg_ahead_clear(struct store_conn *conn);

/* ---- store_postgres_link.c */

/* Connects and sets the session up. ERR_STORE, ERR_CONFIG; conn->passing when trying again may help. */
int pg_connect(struct store_conn *conn, struct err *err) MUST_CHECK;
void pg_disconnect(struct store_conn *conn);
/* Connects anew, again and again for busy_ms. */
int pg_reconnect(struct store_conn *conn, struct err *err) MUST_CHECK;
/* False when the server hung up since the last answer. */
bool pg_alive(struct store_conn *conn);
/* A statement or several outside of the pipeline; ret may be NULL, else the caller clears it. */
int pg_plain(struct store_conn *conn, const char *sql, PGresult **ret, struct err *err) MUST_CHECK;
/* "clinic at db.example.org": never the password. */
void pg_place_name(const struct store_place *place, struct buf *out);

/* ---- store_postgres_pipe.c */

/* One statement without parameters. */
int pg_send(struct store_conn *conn, const char *sql, struct err *err) MUST_CHECK;
void pg_expect(struct store_conn *conn, enum pipe_kind kind, struct store_stmt *stmt);
/* Sends what is there and lets the server go on; reads nothing. */
int pg_flush(struct store_conn *conn, struct err *err) MUST_CHECK;
/* Reads all answers. The first failure since the transaction began, or 0. */
int pg_wait(struct store_conn *conn, struct err *err) MUST_CHECK;
/* conn->failed as the caller's error. */
int pg_failed(const struct store_conn *conn, struct err *err) MUST_CHECK;
/* The connection is gone, with all that was sent. */
int pg_lose(struct store_conn *conn, struct err *err) MUST_CHECK;
/* Nobody wants this statement's answer any more. */
void pg_forget(struct store_conn *conn, struct store_stmt *stmt);

/* ---- store_postgres_listen.c: the driver's functions of these names */

void pg_listen(const struct store_place *place, const struct store_told *told, atomic_bool *stop, int bell);
int pg_tell(struct db *db, const struct store_place *place, int64_t what, struct err *err) MUST_CHECK;

/* ---- store_postgres_stmt.c: the driver's functions of these names */

int pg_prepare(struct store_conn *conn, const char *sql, const char *by, struct arena *memory, struct store_stmt **ret,
               struct err *err) MUST_CHECK;
/* In this session, under another name than before. */
int pg_prepare_now(struct store_conn *conn, struct store_stmt *stmt, struct err *err) MUST_CHECK;
int64_t pg_read_number(const void *from, int len); /* big end first */
/* A select that what is kept makes no difference to. */
int pg_ask(struct store_conn *conn, struct store_stmt *stmt, struct binds binds, struct err *err) MUST_CHECK;
void pg_discard(struct store_conn *conn, struct store_stmt *stmt);
const char *pg_text(struct store_conn *conn, struct store_stmt *stmt);
int pg_bind(struct store_conn *conn, struct store_stmt *stmt, struct binds given, bool keep,
            struct err *err) MUST_CHECK;
int pg_step(struct store_conn *conn, struct store_stmt *stmt, struct err *err) MUST_CHECK;
void pg_reset(struct store_conn *conn, struct store_stmt *stmt);
int64_t pg_changed(struct store_conn *conn, struct store_stmt *stmt);
int pg_column_count(struct store_conn *conn, struct store_stmt *stmt);
const char *pg_column_name(struct store_conn *conn, struct store_stmt *stmt, int column);
int64_t pg_column_int(struct store_conn *conn, struct store_stmt *stmt, int column);
struct str pg_column_text(struct store_conn *conn, struct store_stmt *stmt, int column);
bool pg_column_is_null(struct store_conn *conn, struct store_stmt *stmt, int column);

/* ---- store_postgres_dialect.c */

/* A script of the schema, word by word. */
void pg_translate(const char *sql, struct buf *out);

/* ---- store_postgres_problem.c */

/* Sets err from a result that failed. */
int pg_problem(struct store_conn *conn, const PGresult *result, struct err *err) MUST_CHECK;
/* The same for a connection that could not be made, or was lost. */
int pg_no_connection(struct store_conn *conn, struct err *err) MUST_CHECK;

#endif

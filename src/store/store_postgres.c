/*
 * store_postgres: the driver for PostgreSQL.
 *
 *	begin     a write takes the lock of all writers of the schema, for the length of its transaction
 *	run       prepare once a session; bind sends; nobody waits until an answer is looked at
 *	commit    counts itself in store_commit, in the same transaction
 *	lost      a new connection; store_commit says whether the commit whose answer was lost took place, and whether earlier ones are still there
 *
 * The lock gives what SQLite gives: writes run one after the other, in this program and in all others on the same database, so ids come up
 * in the order of commits (lanes walk by id) and what a transaction read is still so when it commits. Nobody is ever asked to run again
 * because of somebody else. Readers take no lock and see one moment.
 *
 * DURABLE and RELAXED are the server's synchronous_commit, set for the transaction.
 */
#include "store/store_postgres.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { SQL_BYTES = 8192, SCRIPT_BYTES = 1024 * 1024, LOCK_CLASS = 0x53757472 };
enum { FIRST_COUNT = 500, LAST_COUNT = 50000 };

/* $1 of them, one after the other; the last. */
static const char take_ids[] =
        "SELECT setval(s, nextval(s) + $1 - 1) FROM (SELECT pg_get_serial_sequence($2, 'id')::regclass AS s) AS of";

/* ---- scripts */

static const char *postgres_dialect(const struct statement *statement)
{
	return statement->postgres ? statement->postgres : statement->sql;
}

/* Several statements in one text are not for the pipeline. */
static int postgres_script(struct store_conn *conn, const char *sql, const char *postgres, struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT(SCRIPT_BYTES);
	int code;

	if (postgres)
		buf_add_c(&text, postgres);
	else
		pg_translate(sql, &text);
	ensure(buf_ok(&text));
	if (pg_wait(conn, err) < 0)
		return err_pass(err);
	must(PQexitPipelineMode(conn->pg) == 1);
	code = pg_plain(conn, buf_text(&text), NULL, err);
	if (code < 0)
		conn->failed = *err;
	must(PQenterPipelineMode(conn->pg) == 1);
	return code;
}

/* Our own schema: the database may be somebody else's as well. */
static int list_tables(struct store_conn *conn, struct buf *ret, struct err *err)
{
	static const char sql[] = "SELECT string_agg(format('%I', relname), ', ') FROM pg_class"
	                          " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace";
	PGresult *result = NULL;
	int code;

	must(PQexitPipelineMode(conn->pg) == 1);
	code = pg_plain(conn, sql, &result, err);
	if (code == 0)
		buf_add_c(ret, PQgetvalue(result, 0, 0));
	PQclear(result);
	must(PQenterPipelineMode(conn->pg) == 1);
	return code;
}

/* There is no log of ours: the server's holds what it needs, for as long as it needs it. */
static int postgres_scrub(struct store_conn *conn, bool compact, struct err *err)
{
	SCOPED(buf) struct buf sql = BUF_INIT(SQL_BYTES);

	if (!compact)
		return 0;
	buf_add_c(&sql, "VACUUM FULL ");
	if (list_tables(conn, &sql, err) < 0)
		return err_pass(err);
	return postgres_script(conn, "", buf_text(&sql), err);
}

/* ---- a server that went back */

/*
 * What was confirmed can be lost: a server that was killed had what is RELAXED in its memory for half a second at most, and a standby that takes its place may lack more. To run the transaction at hand again, and go
 * on, would be wrong: a page of an import, say, was staged by an earlier one, which is gone, and only this process believes in it. So it ends, as by a death (R5).
 */
__attribute__((noreturn)) static void end_process(const struct store_conn *conn)
{
	SCOPED(buf) struct buf name = BUF_INIT(SQL_BYTES);

	pg_place_name(conn->place, &name);
	fprintf(stderr,
	        "suture: database %s: the server has lost commits that it had confirmed, so this process ends; start "
	        "it "
	        "again: it goes on from what is there\n",
	        buf_text(&name));
	_exit(STORE_WENT_BACK);
}

static int check_confirmed(struct store_conn *conn, struct err *err)
{
	char sql[200];
	PGresult *result = NULL;
	int code;

	snprintf(sql, sizeof(sql), "SELECT 1 FROM store_commit WHERE writer = %" PRId64 " AND last >= %" PRId64,
	         conn->id, conn->confirmed);
	must(PQexitPipelineMode(conn->pg) == 1);
	code = pg_plain(conn, sql, &result, err);
	if (code == 0 && PQntuples(result) == 0)
		end_process(conn);
	PQclear(result);
	must(PQenterPipelineMode(conn->pg) == 1);
	return code;
}

/* Nothing is done by a connection that was made anew before this is known. */
static int come_back(struct store_conn *conn, struct err *err)
{
	if (pg_reconnect(conn, err) < 0)
		return err_pass(err);
	if (conn->confirmed == 0 || check_confirmed(conn, err) == 0)
		return 0;
	pg_disconnect(conn);
	conn->lost = true;
	return err_pass(err);
}

/* ---- transactions */

/* The server did not take our ROLLBACK. */
static bool is_inside(const struct store_conn *conn)
{
	PGTransactionStatusType status = PQtransactionStatus(conn->pg);

	return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

/* Forgets the transaction before this one. A connection that went meanwhile, or is still inside of it, is made anew: nothing was lost with it. */
static int get_ready(struct store_conn *conn, struct err *err)
{
	bool alive = pg_alive(conn);

	if (alive && conn->count > 0) { /* the end of the last one; that it failed makes no difference to this one */
		struct err ignored = ERR_INIT;

		if (pg_wait(conn, &ignored) < 0)
			alive = !conn->lost && !is_inside(conn);
	}
	pg_gather_clear(conn);
	pg_ahead_clear(conn);
	memset(conn->ids, 0, sizeof(conn->ids));
	conn->passing = false;
	conn->failed.code = ERR_OK;
	conn->open = false;
	if (!alive && come_back(conn, err) < 0) {
		conn->passing = false; /* it was waited for */
		return err_pass(err);
	}
	conn->lost = false;
	conn->open = true;
	return 0;
}

static int send_all(struct store_conn *conn, const char *const *sql, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (pg_send(conn, sql[i], err) < 0)
			return err_pass(err);
	return 0;
}

static int begin_write(struct store_conn *conn, bool durable, struct err *err)
{
	char lock[80];
	const char *const sql[] = { "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
		                    durable ? "SET LOCAL synchronous_commit TO on"
		                            : "SET LOCAL synchronous_commit TO off",
		                    lock };

	snprintf(lock, sizeof(lock), "SELECT pg_advisory_xact_lock(%d, %" PRId32 ")", LOCK_CLASS, conn->schema);
	conn->commit++;
	return send_all(conn, sql, ARRAY_LEN(sql), err);
}

static int postgres_begin(struct store_conn *conn, enum store_access access, struct err *err)
{
	if (get_ready(conn, err) < 0)
		return err_pass(err);
	if (access == STORE_READ)
		return pg_send(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err);
	return begin_write(conn, access == STORE_WRITE_DURABLE, err);
}

static bool postgres_in_transaction(struct store_conn *conn)
{
	return conn->open && !conn->lost;
}

static int postgres_settle(struct store_conn *conn, struct err *err)
{
	return pg_gather_flush(conn, err) < 0 ? err_pass(err) : pg_wait(conn, err);
}

static bool postgres_passing(struct store_conn *conn)
{
	return conn->passing;
}

/* Nobody waits for the answer; the next transaction reads it. */
static void postgres_rollback(struct store_conn *conn)
{
	struct err ignored = ERR_INIT;

	pg_gather_clear(conn);
	pg_ahead_clear(conn);
	if (postgres_in_transaction(conn) && (pg_send(conn, "ROLLBACK", &ignored) < 0 || pg_flush(conn, &ignored) < 0))
		ensure(conn->lost || conn->failed.code < 0);
	conn->open = false;
}

static int postgres_savepoint(struct store_conn *conn, struct err *err)
{
	pg_ahead_clear(conn); /* what a part was told is its own: it may be undone */
	return pg_send(conn, "SAVEPOINT part", err);
}

/* Here the part's own failures come to light, and nobody else's. */
static int postgres_keep_savepoint(struct store_conn *conn, struct err *err)
{
	if (pg_gather_flush(conn, err) < 0 || pg_send(conn, "RELEASE SAVEPOINT part", err) < 0)
		return err_pass(err);
	return pg_wait(conn, err);
}

static int postgres_undo_savepoint(struct store_conn *conn, struct err *err)
{
	static const char *const sql[] = { "ROLLBACK TO SAVEPOINT part", "RELEASE SAVEPOINT part" };
	struct err ignored = ERR_INIT;

	pg_gather_clear(conn);
	if (pg_wait(conn, &ignored) < 0 && conn->lost)
		return pg_failed(conn, err);
	conn->failed.code = ERR_OK;
	conn->passing = false;
	if (send_all(conn, sql, ARRAY_LEN(sql), err) < 0)
		return err_pass(err);
	return pg_wait(conn, err);
}

/* ---- the outcome of a commit */

/* The lock is ours when the server has ended the session that was lost; the last statement sees what was committed until then (session_script: isolation). */
static int ask_outcome(struct store_conn *conn, bool *ret, struct err *err)
{
	char sql[SQL_BYTES];
	PGresult *result = NULL;
	int code;

	must(PQexitPipelineMode(conn->pg) == 1);
	snprintf(sql, sizeof(sql),
	         "SELECT pg_advisory_lock(%d, %" PRId32 "); SELECT pg_advisory_unlock(%d, %" PRId32
	         "); SELECT 1 FROM store_commit WHERE writer = %" PRId64 " AND last >= %" PRId64,
	         LOCK_CLASS, conn->schema, LOCK_CLASS, conn->schema, conn->id, conn->commit);
	code = pg_plain(conn, sql, &result, err);
	if (code == 0)
		*ret = PQntuples(result) == 1;
	PQclear(result);
	must(PQenterPipelineMode(conn->pg) == 1);
	return code;
}

static int find_out(struct store_conn *conn, struct err *err)
{
	bool done = false;
	int code = come_back(conn, err);

	if (code == 0)
		code = ask_outcome(conn, &done, err);
	conn->open = false;
	if (code < 0) {
		conn->passing = false; /* running it again could do it twice */
		return err_wrap(err, "the answer of a commit was lost, and whether it took place cannot be asked");
	}
	conn->passing = !done;
	if (done)
		conn->confirmed = conn->commit;
	return done ? 0 : err_set(err, ERR_STORE, "the connection was lost during a commit, which did not take place");
}

/*
 * A first import fills empty tables in less time than the server takes to look at them by itself (a minute), and a plan made for an empty table takes any index: that
 * of the wrong one of two cost half a millisecond a look-up at 10,000 patients, and twice that at 20,000. So the server counts at 500 writes, at 5,000 and at
 * 50,000; plans that exist are made anew by that. Nobody waits for it, and that it failed (get_ready) makes no difference.
 */
static void count_rows(struct store_conn *conn)
{
	static const char script[] =
	        "DO $$ DECLARE t regclass; BEGIN FOR t IN SELECT oid FROM pg_class WHERE relkind = 'r' AND "
	        "relnamespace = "
	        "current_schema()::regnamespace AND reltuples < 20000 LOOP EXECUTE format('ANALYZE %s', t); END LOOP; "
	        "END $$";
	struct err ignored = ERR_INIT;

	if (conn->ran < conn->count_at || conn->count_at > LAST_COUNT)
		return;
	conn->count_at *= 10;
	if (pg_send(conn, script, &ignored) == 0 && pg_flush(conn, &ignored) == 0)
		return;
	ensure(conn->lost); /* the next transaction makes a connection anew */
}

static int postgres_commit(struct store_conn *conn, struct err *err)
{
	char mark[240];
	int code;

	/* Before the commit is sent: else its outcome would be open with each lost connection. */
	if (postgres_settle(conn, err) < 0)
		return err_pass(err);
	snprintf(mark, sizeof(mark),
	         "INSERT INTO store_commit VALUES (%" PRId64 ", %" PRId64 ", now()) ON CONFLICT (writer) DO UPDATE"
	         " SET last = excluded.last, at = excluded.at",
	         conn->id, conn->commit);
	code = pg_send(conn, mark, err);
	if (code == 0)
		code = pg_send(conn, "COMMIT", err);
	if (code == 0)
		code = pg_wait(conn, err);
	if (conn->lost)
		return find_out(conn, err);
	conn->open = code < 0;
	if (code == 0) {
		conn->confirmed = conn->commit;
		count_rows(conn);
	}
	return code;
}

/* ---- open */

/* The table is the driver's own: a row a writer, without an index but its key, with room to change in its place. */
static int join_writers(struct store_conn *conn, struct err *err)
{
	static const char script[] = "BEGIN; SELECT pg_advisory_xact_lock(%d, %" PRId32 ");"
	                             "CREATE TABLE IF NOT EXISTS store_commit (writer BIGINT PRIMARY KEY, last BIGINT "
	                             "NOT NULL, at TIMESTAMPTZ NOT NULL)"
	                             " WITH (fillfactor = 10);"
	                             "DELETE FROM store_commit WHERE at < now() - interval '7 days'; COMMIT";
	char sql[SQL_BYTES];

	ensure(getrandom(&conn->id, sizeof(conn->id), 0) == sizeof(conn->id));
	conn->id &= INT64_MAX;
	snprintf(sql, sizeof(sql), script, LOCK_CLASS, conn->schema);
	return pg_plain(conn, sql, NULL, err);
}

static int find_schema(struct store_conn *conn, struct err *err)
{
	SCOPED(buf) struct buf name = BUF_INIT(SQL_BYTES);
	PGresult *result = NULL;
	int64_t oid = 0;

	if (pg_plain(conn, "SELECT current_schema()::regnamespace::oid::int8", &result, err) < 0)
		return err_pass(err);
	str_to_i64(str_of(PQgetvalue(result, 0, 0)), &oid);
	PQclear(result);
	if (oid == 0) {
		pg_place_name(conn->place, &name);
		return err_set(err, ERR_CONFIG,
		               "database %s: no schema of the search_path exists: create it, or name one with ?schema=",
		               buf_text(&name));
	}
	conn->schema = (int32_t)(uint32_t)oid;
	return 0;
}

static int join(struct store_conn *conn, struct err *err)
{
	int code;

	must(PQexitPipelineMode(conn->pg) == 1);
	code = find_schema(conn, err);
	if (code == 0 && conn->role == STORE_WRITER)
		code = join_writers(conn, err);
	must(PQenterPipelineMode(conn->pg) == 1);
	return code;
}

static int postgres_open(const struct store_place *place, enum store_role role, struct arena *memory,
                         struct store_conn **ret, struct err *err)
{
	struct store_conn *conn = arena_new(memory, struct store_conn);

	conn->place = place;
	conn->role = role;
	conn->count_at = FIRST_COUNT;
	if (pg_prepare(conn, "SELECT lastval()", NULL, memory, &conn->last_id, err) < 0 ||
	    pg_prepare(conn, take_ids, NULL, memory, &conn->take_ids, err) < 0 || pg_connect(conn, err) < 0)
		return err_pass(err);
	if (join(conn, err) < 0) {
		pg_disconnect(conn);
		return err_pass(err);
	}
	*ret = conn;
	return 0;
}

static void postgres_close(struct store_conn *conn)
{
	arena_release(&conn->gather.arena);
	arena_release(&conn->ahead_arena);
	char sql[100];
	struct err ignored = ERR_INIT;

	snprintf(sql, sizeof(sql), "DELETE FROM store_commit WHERE writer = %" PRId64, conn->id);
	if (conn->id && get_ready(conn, &ignored) == 0 && pg_send(conn, sql, &ignored) == 0)
		ensure(pg_wait(conn, &ignored) == 0 || conn->failed.code < 0);
	pg_disconnect(conn);
}

/* ---- the place */

static int run_apart(const struct store_place *place, const char *sql, struct err *err)
{
	struct store_conn conn = { .place = place, .role = STORE_WRITER };
	int code = pg_connect(&conn, err);

	if (code < 0)
		return code;
	must(PQexitPipelineMode(conn.pg) == 1);
	code = pg_plain(&conn, sql, NULL, err);
	pg_disconnect(&conn);
	return code;
}

/* Names without quotes and in lower case: what a person types in psql finds them. */
static int check_schema(const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (len > 0 && len < 64 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len &&
	    (name[0] < '0' || name[0] > '9'))
		return 0;
	return err_set(err, ERR_CONFIG, "store: a schema's name is made of a-z, 0-9 and _, and begins with a letter");
}

static int postgres_arrive(struct store_place *place, struct arena *memory UNUSED, struct err *err)
{
	char sql[SQL_BYTES];

	if (!place->schema)
		return 0;
	if (check_schema(place->schema, err) < 0)
		return err_pass(err);
	snprintf(sql, sizeof(sql), "CREATE SCHEMA IF NOT EXISTS \"%s\"", place->schema);
	return run_apart(place, sql, err);
}

static void postgres_leave(const struct store_place *place UNUSED) {}

static int64_t postgres_last_id(struct store_conn *conn)
{
	struct err ignored = ERR_INIT;
	int64_t id = 0;

	if (!conn->lost && pg_bind(conn, conn->last_id, BIND_NOTHING, true, &ignored) == 0 &&
	    pg_step(conn, conn->last_id, &ignored) > 0)
		id = pg_column_int(conn, conn->last_id, 0);
	pg_reset(conn, conn->last_id);
	return id;
}

/* Those of that table; they are the transaction's own, as nobody else writes meanwhile. */
static struct pg_ids *ids_of(struct store_conn *conn, struct str table)
{
	size_t i = 0;

	while (i < ARRAY_LEN(conn->ids) && conn->ids[i].table.len && !str_eq(conn->ids[i].table, table))
		i++;
	ensure(i < ARRAY_LEN(conn->ids) && table.len);
	conn->ids[i].table = table;
	return &conn->ids[i];
}

/* A transaction that inserts one row takes one id, one that inserts many takes them in a few blocks: what is left of the last is lost, so that ids come up in
 * the order of commits. */
static int postgres_new_id(struct store_conn *conn, struct store_stmt *stmt, int64_t *ret, struct err *err)
{
	enum { TIMES = 8, BLOCK_MOST = 256 };
	struct pg_ids *ids = ids_of(conn, stmt->table);

	if (ids->left == 0) {
		ids->size = ids->size ? MIN_OF(ids->size * TIMES, (int64_t)BLOCK_MOST) : 1;
		if (pg_ask(conn, conn->take_ids, BIND(bind_int(ids->size), bind_text(ids->table)), err) < 0 ||
		    pg_step(conn, conn->take_ids, err) <= 0)
			return conn->failed.code < 0
			               ? pg_failed(conn, err)
			               : err_set(err, ERR_STORE, "the database gives no ids; run `suture check`");
		ids->next = pg_column_int(conn, conn->take_ids, 0) - ids->size + 1;
		ids->left = ids->size;
		pg_reset(conn, conn->take_ids);
	}
	ids->left--;
	*ret = ids->next++;
	return 0;
}

static void postgres_describe(struct store_conn *conn, struct buf *out)
{
	int version = conn->pg ? PQserverVersion(conn->pg) : 0;

	buf_printf(out, "PostgreSQL %d.%d, database ", version / 10000, version % 10000);
	pg_place_name(conn->place, out);
}

const struct store_driver STORE_POSTGRES = {
	.scheme = "postgresql",
	.whole_url = true,
	.arrive = postgres_arrive,
	.leave = postgres_leave,
	.open = postgres_open,
	.close = postgres_close,
	.dialect = postgres_dialect,
	.script = postgres_script,
	.prepare = pg_prepare,
	.discard = pg_discard,
	.text = pg_text,
	.bind = pg_bind,
	.step = pg_step,
	.reset = pg_reset,
	.ahead = pg_ahead,
	.new_id = postgres_new_id,
	.last_id = postgres_last_id,
	.changed = pg_changed,
	.column_count = pg_column_count,
	.column_name = pg_column_name,
	.column_int = pg_column_int,
	.column_text = pg_column_text,
	.column_blob = pg_column_text,
	.column_is_null = pg_column_is_null,
	.begin = postgres_begin,
	.commit = postgres_commit,
	.rollback = postgres_rollback,
	.savepoint = postgres_savepoint,
	.keep_savepoint = postgres_keep_savepoint,
	.undo_savepoint = postgres_undo_savepoint,
	.in_transaction = postgres_in_transaction,
	.scrub = postgres_scrub,
	.settle = postgres_settle,
	.passing = postgres_passing,
	.listen = pg_listen,
	.tell = pg_tell,
	.describe = postgres_describe,
};

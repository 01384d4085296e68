/* store_trace: see the header. Statements pass through as they are; only the connection has a shell around it. */
#include "store/store_trace.h"

#include <stdio.h>
#include <unistd.h>

#include "store/store_parts.h"

struct store_trace {
	pthread_mutex_t lock;
	store_trace_fn write;
	void *context;
	store_point_fn ask;
	void *ask_context;
	int64_t fail_in; /* 0: never; 1: the next point */
	int64_t die_in;
	struct store_driver driver;
};

struct store_conn {
	const struct store_driver *inner;
	struct store_conn *conn;
	struct store_trace *trace;
};

static void to_stderr(void *context UNUSED, const char *line)
{
	fprintf(stderr, "store: %s\n", line);
}

/* True when the counter reaches zero with this point. */
static bool count_down(int64_t *counter)
{
	if (*counter == 0)
		return false;
	return --*counter == 0;
}

static int point(struct store_conn *conn, const char *what, struct err *err)
{
	struct store_trace *trace = conn->trace;
	bool fails;

	pthread_mutex_lock(&trace->lock);
	if (trace->write)
		trace->write(trace->context, what);
	if (count_down(&trace->die_in))
		_exit(STORE_DIED);
	fails = count_down(&trace->fail_in);
	pthread_mutex_unlock(&trace->lock);
	if (fails)
		return err_set(err, ERR_STORE, "failed on purpose (fail_at) at: %.200s", what);
	return trace->ask ? trace->ask(trace->ask_context, what, false, err) : 0;
}

/* ---- the points */

static int trace_bind(struct store_conn *conn, struct store_stmt *stmt, struct binds binds, bool keep, struct err *err)
{
	int result = point(conn, conn->inner->text(conn->conn, stmt), err);

	return result < 0 ? result : conn->inner->bind(conn->conn, stmt, binds, keep, err);
}

static int trace_script(struct store_conn *conn, const char *sql, const char *postgres, struct err *err)
{
	int result = point(conn, sql, err);

	return result < 0 ? result : conn->inner->script(conn->conn, sql, postgres, err);
}

static int trace_commit(struct store_conn *conn, struct err *err)
{
	const struct store_trace *trace = conn->trace;
	int result = point(conn, "COMMIT", err);

	if (result >= 0)
		result = conn->inner->commit(conn->conn, err);
	return result < 0 || !trace->ask ? result : trace->ask(trace->ask_context, "COMMIT", true, err);
}

static int trace_sync(struct store_conn *conn, struct err *err)
{
	int result = point(conn, "SYNC", err);

	return result < 0 ? result : conn->inner->sync(conn->conn, err);
}

/* ---- what is handed through */

static int64_t trace_log_pages(struct store_conn *conn)
{
	return conn->inner->log_pages(conn->conn);
}

static int trace_scrub(struct store_conn *conn, bool compact, struct err *err)
{
	int result = point(conn, "SCRUB", err);

	return result < 0 ? result : conn->inner->scrub(conn->conn, compact, err);
}

static int trace_checkpoint(struct store_conn *conn, struct store_log *ret, struct err *err)
{
	return conn->inner->checkpoint(conn->conn, ret, err);
}

static int trace_sync_file(struct store_conn *conn, struct err *err)
{
	return conn->inner->sync_file(conn->conn, err);
}

static int trace_open(const struct store_place *place, enum store_role role, struct arena *memory,
                      struct store_conn **ret, struct err *err)
{
	struct store_conn *conn = arena_new(memory, struct store_conn);
	int result = place->traced->open(place, role, memory, &conn->conn, err);

	if (result < 0)
		return result;
	conn->inner = place->traced;
	conn->trace = place->trace;
	*ret = conn;
	return 0;
}

static void trace_close(struct store_conn *conn)
{
	conn->inner->close(conn->conn);
}

static int trace_prepare(struct store_conn *conn, const char *sql, const char *by, struct arena *memory,
                         struct store_stmt **ret, struct err *err)
{
	return conn->inner->prepare(conn->conn, sql, by, memory, ret, err);
}

static int trace_ahead(struct store_conn *conn, struct store_stmt *stmt, const struct binds *rows, size_t count,
                       struct err *err)
{
	return conn->inner->ahead(conn->conn, stmt, rows, count, err);
}

static int trace_new_id(struct store_conn *conn, struct store_stmt *stmt, int64_t *ret, struct err *err)
{
	return conn->inner->new_id(conn->conn, stmt, ret, err);
}

static void trace_discard(struct store_conn *conn, struct store_stmt *stmt)
{
	conn->inner->discard(conn->conn, stmt);
}

static const char *trace_text(struct store_conn *conn, struct store_stmt *stmt)
{
	return conn->inner->text(conn->conn, stmt);
}

static int trace_step(struct store_conn *conn, struct store_stmt *stmt, struct err *err)
{
	return conn->inner->step(conn->conn, stmt, err);
}

static void trace_reset(struct store_conn *conn, struct store_stmt *stmt)
{
	conn->inner->reset(conn->conn, stmt);
}

static int64_t trace_last_id(struct store_conn *conn)
{
	return conn->inner->last_id(conn->conn);
}

static int64_t trace_changed(struct store_conn *conn, struct store_stmt *stmt)
{
	return conn->inner->changed(conn->conn, stmt);
}

static int trace_column_count(struct store_conn *conn, struct store_stmt *stmt)
{
	return conn->inner->column_count(conn->conn, stmt);
}

static const char *trace_column_name(struct store_conn *conn, struct store_stmt *stmt, int column)
{
	return conn->inner->column_name(conn->conn, stmt, column);
}

static int64_t trace_column_int(struct store_conn *conn, struct store_stmt *stmt, int column)
{
	return conn->inner->column_int(conn->conn, stmt, column);
}

static struct str trace_column_text(struct store_conn *conn, struct store_stmt *stmt, int column)
{
	return conn->inner->column_text(conn->conn, stmt, column);
}

static struct str trace_column_blob(struct store_conn *conn, struct store_stmt *stmt, int column)
{
	return conn->inner->column_blob(conn->conn, stmt, column);
}

static bool trace_column_is_null(struct store_conn *conn, struct store_stmt *stmt, int column)
{
	return conn->inner->column_is_null(conn->conn, stmt, column);
}

static int trace_begin(struct store_conn *conn, enum store_access access, struct err *err)
{
	return conn->inner->begin(conn->conn, access, err);
}

static void trace_rollback(struct store_conn *conn)
{
	conn->inner->rollback(conn->conn);
}

static int trace_savepoint(struct store_conn *conn, struct err *err)
{
	return conn->inner->savepoint(conn->conn, err);
}

static int trace_keep_savepoint(struct store_conn *conn, struct err *err)
{
	return conn->inner->keep_savepoint(conn->conn, err);
}

static int trace_undo_savepoint(struct store_conn *conn, struct err *err)
{
	return conn->inner->undo_savepoint(conn->conn, err);
}

static bool trace_in_transaction(struct store_conn *conn)
{
	return conn->inner->in_transaction(conn->conn);
}

static int trace_settle(struct store_conn *conn, struct err *err)
{
	return conn->inner->settle(conn->conn, err);
}

static bool trace_passing(struct store_conn *conn)
{
	return conn->inner->passing(conn->conn);
}

static int trace_copy(struct store_conn *conn, const char *path, struct err *err)
{
	return conn->inner->copy(conn->conn, path, err);
}

static void trace_describe(struct store_conn *conn, struct buf *out)
{
	conn->inner->describe(conn->conn, out);
	buf_add_c(out, " (traced)");
}

/* What does not concern a connection is filled in from the driver underneath. */
static const struct store_driver SHELL = {
	.open = trace_open,
	.close = trace_close,
	.script = trace_script,
	.prepare = trace_prepare,
	.discard = trace_discard,
	.text = trace_text,
	.bind = trace_bind,
	.step = trace_step,
	.reset = trace_reset,
	.last_id = trace_last_id,
	.changed = trace_changed,
	.column_count = trace_column_count,
	.column_name = trace_column_name,
	.column_int = trace_column_int,
	.column_text = trace_column_text,
	.column_blob = trace_column_blob,
	.column_is_null = trace_column_is_null,
	.begin = trace_begin,
	.commit = trace_commit,
	.rollback = trace_rollback,
	.savepoint = trace_savepoint,
	.keep_savepoint = trace_keep_savepoint,
	.undo_savepoint = trace_undo_savepoint,
	.in_transaction = trace_in_transaction,
	.scrub = trace_scrub,
	.describe = trace_describe,
};

static void release_trace(void *context)
{
	struct store_trace *trace = context;

	pthread_mutex_destroy(&trace->lock);
}

/* What a driver need not have. */
static void shell_options(struct store_driver *shell, const struct store_driver *inner)
{
	shell->ahead = inner->ahead ? trace_ahead : NULL;
	shell->new_id = inner->new_id ? trace_new_id : NULL;
	shell->settle = inner->settle ? trace_settle : NULL;
	shell->passing = inner->passing ? trace_passing : NULL;
	shell->sync = inner->sync ? trace_sync : NULL;
	shell->log_pages = inner->log_pages ? trace_log_pages : NULL;
	shell->checkpoint = inner->checkpoint ? trace_checkpoint : NULL;
	shell->sync_file = inner->sync_file ? trace_sync_file : NULL;
	shell->listen = inner->listen;
	shell->tell = inner->tell;
	shell->copy = inner->copy ? trace_copy : NULL;
}

void store_trace_wrap(struct store_place *place, struct arena *arena)
{
	struct store_trace *trace = arena_new(arena, struct store_trace);

	must(pthread_mutex_init(&trace->lock, NULL) == 0);
	arena_on_release(arena, release_trace, trace);
	trace->write = place->quiet ? NULL : to_stderr;
	trace->fail_in = place->fail_at;
	trace->die_in = place->die_at;
	trace->driver = SHELL;
	trace->driver.scheme = place->driver->scheme;
	trace->driver.arrive = place->driver->arrive;
	trace->driver.leave = place->driver->leave;
	trace->driver.dialect = place->driver->dialect;
	shell_options(&trace->driver, place->driver);
	place->trace = trace;
	place->traced = place->driver;
	place->driver = &trace->driver;
}

/* ---- the switches */

static struct store_trace *trace_of(struct store *store)
{
	struct store_trace *trace = store_place_of(store)->trace;

	ensure(trace != NULL);
	return trace;
}

void store_trace_to(struct store *store, store_trace_fn fn, void *context)
{
	struct store_trace *trace = trace_of(store);

	pthread_mutex_lock(&trace->lock);
	trace->write = fn;
	trace->context = context;
	pthread_mutex_unlock(&trace->lock);
}

void store_trace_ask(struct store *store, store_point_fn fn, void *context)
{
	struct store_trace *trace = trace_of(store);

	trace->ask = fn;
	trace->ask_context = context;
}

void store_fail_at(struct store *store, int64_t n)
{
	struct store_trace *trace = trace_of(store);

	pthread_mutex_lock(&trace->lock);
	trace->fail_in = n;
	pthread_mutex_unlock(&trace->lock);
}

int64_t store_fail_left(struct store *store)
{
	struct store_trace *trace = trace_of(store);
	int64_t left;

	pthread_mutex_lock(&trace->lock);
	left = trace->fail_in;
	pthread_mutex_unlock(&trace->lock);
	return left;
}

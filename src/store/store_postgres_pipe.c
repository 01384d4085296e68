/*
 * store_postgres_pipe: what was sent and not answered yet.
 *
 *	pg_send, pg_bind   put a message into libpq's buffer and an entry into the pipe: pg_expect
 *	pg_wait            asks for the answers (a sync), reads one for each entry, keeps rows where somebody wants them
 *
 * The server skips what follows a failure until the next sync; so of several failures the first is the reason and the others are its
 * echo.
 */
#include <stdlib.h>
#include <string.h>

#include "store/store_postgres.h"

int pg_failed(const struct store_conn *conn, struct err *err)
{
	*err = conn->failed;
	return err_pass(err);
}

static void fail(struct store_conn *conn, const struct err *err)
{
	if (conn->failed.code == ERR_OK)
		conn->failed = *err;
}

int pg_lose(struct store_conn *conn, struct err *err)
{
	struct err reason = ERR_INIT;
	int code = pg_no_connection(conn, &reason);

	fail(conn, &reason);
	conn->lost = true;
	conn->count = 0;
	pg_disconnect(conn);
	*err = reason;
	return code;
}

void pg_expect(struct store_conn *conn, enum pipe_kind kind, struct store_stmt *stmt)
{
	ensure(conn->count < PIPE_MOST);
	conn->pipe[conn->count++] = (struct pipe_entry) { .kind = kind, .stmt = stmt };
	if (kind == PIPE_RUN || kind == PIPE_ROWS)
		stmt->waiting = true;
}

void pg_forget(struct store_conn *conn, struct store_stmt *stmt)
{
	for (size_t i = 0; i < conn->count; i++)
		if (conn->pipe[i].stmt == stmt && conn->pipe[i].kind == PIPE_ROWS)
			conn->pipe[i].stmt = NULL;
	stmt->waiting = false;
}

/* "INSERT 0 3": how many rows; a SELECT touches none. */
static int64_t touched(PGresult *result)
{
	int64_t rows = 0;

	if (strncmp(PQcmdStatus(result), "SELECT", 6) == 0)
		return 0;
	return str_to_i64(str_of(PQcmdTuples(result)), &rows) ? rows : 0;
}

static void hand_over(struct pipe_entry *entry, PGresult *result)
{
	struct store_stmt *stmt = entry->stmt;

	if (entry->kind == PIPE_RUN && stmt) {
		stmt->changed = touched(result);
		stmt->waiting = false;
	}
	if (entry->kind == PIPE_ROWS && stmt) {
		stmt->result = result;
		stmt->row = -1;
		stmt->end = PQntuples(result);
		stmt->waiting = false;
		return;
	}
	PQclear(result);
}

static void note_failure(struct store_conn *conn, struct pipe_entry *entry, PGresult *result)
{
	struct err err = ERR_INIT;

	if (entry->kind == PIPE_PREPARE && entry->stmt)
		entry->stmt->session = 0;
	else if (entry->stmt)
		entry->stmt->waiting = false;
	if (PQresultStatus(result) != PGRES_PIPELINE_ABORTED && pg_problem(conn, result, &err) < 0)
		fail(conn, &err);
	PQclear(result);
}

static bool is_good(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_PIPELINE_SYNC;
}

/* The answer of one entry. False: the connection is gone. */
static bool read_answer(struct store_conn *conn, struct pipe_entry *entry)
{
	PGresult *result = PQgetResult(conn->pg);

	if (!result)
		return false;
	if (is_good(result))
		hand_over(entry, result);
	else
		note_failure(conn, entry, result);
	if (PQstatus(conn->pg) == CONNECTION_BAD)
		return false;
	if (entry->kind != PIPE_SYNC)
		ensure(PQgetResult(conn->pg) == NULL); /* the end of this answer */
	return true;
}

int pg_flush(struct store_conn *conn, struct err *err)
{
	if (conn->lost)
		return pg_failed(conn, err);
	if (!PQpipelineSync(conn->pg))
		return pg_lose(conn, err);
	pg_expect(conn, PIPE_SYNC, NULL);
	return 0;
}

int pg_wait(struct store_conn *conn, struct err *err)
{
	if (conn->lost)
		return pg_failed(conn, err);
	if (conn->count > 0 && conn->pipe[conn->count - 1].kind != PIPE_SYNC && pg_flush(conn, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < conn->count; i++)
		if (!read_answer(conn, &conn->pipe[i]))
			return pg_lose(conn, err);
	conn->count = 0;
	return conn->failed.code < 0 ? pg_failed(conn, err) : 0;
}

int pg_send(struct store_conn *conn, const char *sql, struct err *err)
{
	/* Room for a statement, its preparation and a sync beside this. */
	if (conn->count + 4 > PIPE_MOST && pg_wait(conn, err) < 0)
		return err_pass(err);
	if (conn->lost)
		return pg_failed(conn, err);
	if (!PQsendQueryParams(conn->pg, sql, 0, NULL, NULL, NULL, NULL, 1))
		return pg_lose(conn, err);
	pg_expect(conn, PIPE_CONTROL, NULL);
	return 0;
}

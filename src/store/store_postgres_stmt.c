/*
 * store_postgres_stmt: prepared statements, parameters, columns.
 *
 * A statement is prepared in a session when it is first bound there. The type of a parameter is the one of what is bound; while only
 * NULLs were, the server chooses, and the statement is prepared anew with the first value. Everything travels in binary form.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_postgres.h"

/* Of pg_type. */
enum {
	TYPE_BOOL = 16,
	TYPE_BYTEA = 17,
	TYPE_INT8 = 20,
	TYPE_INT2 = 21,
	TYPE_INT4 = 23,
	TYPE_TEXT = 25,
	TYPE_NUMERIC = 1700
};

/* ---- statements */

/* The highest n of $n outside of quotes. */
static int count_places(const char *sql)
{
	int highest = 0;
	bool quoted = false;

	for (; *sql; sql++) {
		if (*sql == '\'')
			quoted = !quoted;
		else if (*sql == '$' && !quoted)
			highest = MAX_OF(highest, (int)strtol(sql + 1, NULL, 10));
	}
	return highest;
}

int pg_prepare(struct store_conn *conn UNUSED, const char *sql, const char *by, struct arena *memory,
               struct store_stmt **ret, struct err *err UNUSED)
{
	struct store_stmt *stmt = arena_new(memory, struct store_stmt);

	stmt->sql = arena_text(memory, str_of(sql));
	stmt->places = count_places(sql);
	ensure(stmt->places <= PG_PLACES);
	stmt->memory = memory;
	stmt->by = by ? arena_text(memory, str_of(by)) : NULL;
	stmt->keys = pg_gather_count_keys(by);
	stmt->table = pg_table_of(stmt->sql);
	stmt->types = arena_new_array(memory, Oid, (size_t)stmt->places + 1);
	*ret = stmt;
	return 0;
}

static int deallocate(struct store_conn *conn, struct store_stmt *stmt, struct err *err)
{
	char sql[40];

	snprintf(sql, sizeof(sql), "DEALLOCATE %s", stmt->name);
	stmt->session = 0;
	return pg_send(conn, sql, err);
}

/* In a session that failed there is nothing to be said: the statement goes with it. */
void pg_discard(struct store_conn *conn, struct store_stmt *stmt)
{
	struct err ignored = ERR_INIT;

	if (stmt->many) { /* nothing is kept between transactions */
		pg_ahead_clear(conn);
		pg_discard(conn, stmt->many->stmt);
		pg_many_release(stmt->many);
	}
	pg_reset(conn, stmt);
	if (stmt->session == conn->session && !conn->lost && conn->pg && deallocate(conn, stmt, &ignored) < 0)
		conn->failed = ignored;
	for (size_t i = 0; i < conn->count; i++)
		if (conn->pipe[i].stmt == stmt)
			conn->pipe[i].stmt = NULL;
}

const char *pg_text(struct store_conn *conn UNUSED, struct store_stmt *stmt)
{
	return stmt->sql;
}

/* ---- parameters */

static const Oid types[] = { [BIND_INT] = TYPE_INT8, [BIND_TEXT] = TYPE_TEXT, [BIND_BLOB] = TYPE_BYTEA };

/* True when something is known now that was not when the statement was prepared. */
static bool learn_types(struct store_stmt *stmt, struct binds binds)
{
	bool learned = false;

	for (size_t i = 0; i < binds.count; i++) {
		Oid type = binds.at[i].kind == BIND_NULL ? stmt->types[i] : types[binds.at[i].kind];

		learned |= type != stmt->types[i];
		stmt->types[i] = type;
	}
	return learned;
}

int pg_prepare_now(struct store_conn *conn, struct store_stmt *stmt, struct err *err)
{
	if (stmt->session == conn->session && deallocate(conn, stmt, err) < 0)
		return err_pass(err);
	snprintf(stmt->name, sizeof(stmt->name), "s%u", ++conn->statement);
	if (!PQsendPrepare(conn->pg, stmt->name, stmt->sql, stmt->places, stmt->types))
		return pg_lose(conn, err);
	stmt->session = conn->session;
	pg_expect(conn, PIPE_PREPARE, stmt);
	return 0;
}

static int send_bound(struct store_conn *conn, struct store_stmt *stmt, struct binds binds, struct err *err)
{
	const char *values[PG_PLACES] = { NULL };
	int lengths[PG_PLACES], formats[PG_PLACES];
	uint64_t numbers[PG_PLACES];

	for (size_t i = 0; i < binds.count; i++) {
		const struct bind *bind = &binds.at[i];

		formats[i] = 1;
		lengths[i] = bind->kind == BIND_INT ? (int)sizeof(numbers[i]) : (int)bind->bytes.len;
		if (bind->kind == BIND_INT) {
			numbers[i] = htobe64((uint64_t)bind->number);
			values[i] = (const char *)&numbers[i];
		} else if (bind->kind != BIND_NULL) {
			values[i] = bind->bytes.at ? bind->bytes.at : "";
		}
	}
	if (!PQsendQueryPrepared(conn->pg, stmt->name, (int)binds.count, values, lengths, formats, 1))
		return pg_lose(conn, err);
	pg_expect(conn, stmt->select ? PIPE_ROWS : PIPE_RUN, stmt);
	conn->ran += !stmt->select;
	return 0;
}

/* Goes out at once, so that nothing of what was bound need be kept. */
static int send_now(struct store_conn *conn, struct store_stmt *stmt, struct binds binds, struct err *err)
{
	if (conn->count + 8 > PIPE_MOST && pg_wait(conn, err) < 0)
		return err_pass(err);
	if ((learn_types(stmt, binds) || stmt->session != conn->session) && pg_prepare_now(conn, stmt, err) < 0)
		return err_pass(err);
	return send_bound(conn, stmt, binds, err);
}

static int get_ready(struct store_conn *conn, struct store_stmt *stmt, struct binds binds, bool select, struct err *err)
{
	ensure(binds.count == (size_t)stmt->places);
	if (conn->failed.code < 0)
		return pg_failed(conn, err);
	pg_reset(conn, stmt);
	stmt->select = select;
	stmt->changed = 0;
	return 0;
}

int pg_ask(struct store_conn *conn, struct store_stmt *stmt, struct binds binds, struct err *err)
{
	if (get_ready(conn, stmt, binds, true, err) < 0)
		return err_pass(err);
	return send_now(conn, stmt, binds, err);
}

/* What is kept goes out before anything that could see whether it did. */
int pg_bind(struct store_conn *conn, struct store_stmt *stmt, struct binds given, bool keep, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct binds binds = pg_fit(&arena, given);
	bool taken = false;

	if (get_ready(conn, stmt, binds, keep, err) < 0)
		return err_pass(err);
	if (keep && pg_ahead_take(conn, stmt, binds, &taken, err) < 0)
		return err_pass(err);
	if (taken)
		return 0;
	if (!keep)
		pg_ahead_written(conn, stmt, binds);
	if (!keep && stmt->by)
		return pg_gather_run(conn, stmt, binds, err);
	if (pg_gather_flush(conn, err) < 0)
		return err_pass(err);
	return send_now(conn, stmt, binds, err);
}

/* Nobody looks at the rows of what db_run runs: it is done when it is sent. */
int pg_step(struct store_conn *conn, struct store_stmt *stmt, struct err *err)
{
	if (!stmt->select)
		return 0;
	if (stmt->waiting && pg_wait(conn, err) < 0)
		return err_pass(err);
	if (!stmt->result)
		return 0;
	return ++stmt->row < stmt->end ? 1 : 0;
}

/* What db_run ran stays in the pipe: pg_changed may ask for it yet. */
void pg_reset(struct store_conn *conn, struct store_stmt *stmt)
{
	if (stmt->waiting && stmt->select)
		pg_forget(conn, stmt);
	if (!stmt->borrowed)
		PQclear(stmt->result);
	stmt->result = NULL;
	stmt->borrowed = false;
}

int64_t pg_changed(struct store_conn *conn, struct store_stmt *stmt)
{
	struct err ignored = ERR_INIT;

	return stmt->waiting && pg_wait(conn, &ignored) < 0 ? 0 : stmt->changed;
}

/* ---- columns */

int pg_column_count(struct store_conn *conn UNUSED, struct store_stmt *stmt)
{
	return PQnfields(stmt->result);
}

const char *pg_column_name(struct store_conn *conn UNUSED, struct store_stmt *stmt, int column)
{
	return PQfname(stmt->result, column);
}

int64_t pg_read_number(const void *from, int len)
{
	const unsigned char *at = from;
	uint64_t number = at[0] & 0x80 ? UINT64_MAX : 0;

	for (int i = 0; i < len; i++)
		number = number << 8 | at[i];
	return (int64_t)number;
}

/* What SUM gives: digits of base 10,000, the first of them worth 10,000 to the power of `weight`. Ours are whole numbers. */
static int64_t read_numeric(const unsigned char *at)
{
	int digits = (int)pg_read_number(at, 2), weight = (int)pg_read_number(at + 2, 2);
	bool negative = pg_read_number(at + 4, 2) == 0x4000;
	int64_t number = 0;

	for (int i = 0; i <= weight; i++)
		number = number * 10000 + (i < digits ? pg_read_number(at + 8 + 2 * i, 2) : 0);
	return negative ? -number : number;
}

int64_t pg_column_int(struct store_conn *conn UNUSED, struct store_stmt *stmt, int column)
{
	const unsigned char *at = (const unsigned char *)PQgetvalue(stmt->result, stmt->row, column);
	int64_t number = 0;

	if (PQgetisnull(stmt->result, stmt->row, column))
		return 0;
	switch (PQftype(stmt->result, column)) {
	case TYPE_BOOL:
		return at[0] != 0;
	case TYPE_INT2:
	case TYPE_INT4:
	case TYPE_INT8:
		return pg_read_number(at, PQgetlength(stmt->result, stmt->row, column));
	case TYPE_NUMERIC:
		return read_numeric(at);
	default:
		return str_to_i64(pg_column_text(conn, stmt, column), &number) ? number : 0;
	}
}

struct str pg_column_text(struct store_conn *conn UNUSED, struct store_stmt *stmt, int column)
{
	return str_range(PQgetvalue(stmt->result, stmt->row, column),
	                 (size_t)PQgetlength(stmt->result, stmt->row, column));
}

bool pg_column_is_null(struct store_conn *conn UNUSED, struct store_stmt *stmt, int column)
{
	return PQgetisnull(stmt->result, stmt->row, column);
}

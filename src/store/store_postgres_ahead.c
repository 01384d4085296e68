/*
 * store_postgres_ahead: answers that were asked for before they are needed (db_ahead), until the end of the transaction.
 *
 *	ahead     one statement for all of what will be asked (store_postgres_many.c); nobody waits for it
 *	take      a select whose binds were among them takes its rows from that answer, which is waited for now
 *	written   what may have changed since is forgotten: the rows that a statement is about, if both name theirs by the same columns; else all
 *	          answers that its table has a part in
 */
#include <string.h>

#include "store/store_postgres.h"

enum { KEY_BYTES = 1024 * 1024 };

/* One statement's questions, sent together. */
struct pg_asked {
	struct pg_asked *next; /* of the connection */
	struct store_stmt *stmt;
	struct pg_answer *answers;
	size_t count;
	PGresult *result; /* NULL: not here yet */
};

struct pg_answer {
	struct pg_asked *asked;
	int first, end; /* rows of the result */
	bool stale;
};

/* Nobody reads any of them any more. */
void pg_ahead_clear(struct store_conn *conn)
{
	for (struct pg_asked *asked = conn->asked; asked; asked = asked->next) {
		PQclear(asked->result);
		asked->stmt->answers = NULL;
		if (asked->stmt->many->stmt->waiting)
			pg_forget(conn, asked->stmt->many->stmt);
		PQclear(asked->stmt->many->stmt->result);
		asked->stmt->many->stmt->result = NULL;
	}
	conn->asked = NULL;
	arena_reset(&conn->ahead_arena);
}

/* The last column says whose row it is. */
static void sort_rows(struct pg_asked *asked)
{
	int nth = PQnfields(asked->result) - 1, rows = PQntuples(asked->result);
	size_t before = 0;

	for (int row = 0; row < rows; row++) {
		size_t i = (size_t)pg_read_number(PQgetvalue(asked->result, row, nth), 8);

		ensure(i >= MAX_OF(before, (size_t)1) && i <= asked->count);
		if (i != before)
			asked->answers[i - 1].first = row;
		asked->answers[i - 1].end = row + 1;
		before = i;
	}
}

/* Waits for the answer of the statement's last questions. */
static int read_answers(struct store_conn *conn, struct pg_asked *asked, struct err *err)
{
	struct store_stmt *many = asked->stmt->many->stmt;

	if (asked->result)
		return 0;
	if (many->waiting && pg_wait(conn, err) < 0)
		return err_pass(err);
	asked->result = many->result;
	many->result = NULL;
	ensure(asked->result != NULL);
	sort_rows(asked);
	return 0;
}

/* A statement has one answer on its way at most. */
static int finish_earlier(struct store_conn *conn, const struct store_stmt *stmt, struct err *err)
{
	for (struct pg_asked *asked = conn->asked; asked; asked = asked->next)
		if (asked->stmt == stmt && read_answers(conn, asked, err) < 0)
			return err_pass(err);
	return 0;
}

static void note_question(struct store_conn *conn, struct store_stmt *stmt, struct binds binds,
                          struct pg_answer *answer)
{
	SCOPED(buf) struct buf key = BUF_INIT(KEY_BYTES);

	pg_key(&key, binds, stmt->places);
	ensure(buf_ok(&key));
	map_put(stmt->answers, arena_str(&conn->ahead_arena, buf_str(&key)), answer);
}

static void note_questions(struct store_conn *conn, struct store_stmt *stmt, const struct binds *rows, size_t count)
{
	struct pg_asked *asked = arena_new(&conn->ahead_arena, struct pg_asked);

	*asked = (struct pg_asked) { .next = conn->asked, .stmt = stmt, .count = count };
	asked->answers = arena_new_array(&conn->ahead_arena, struct pg_answer, count);
	conn->asked = asked;
	if (!stmt->answers) {
		stmt->answers = arena_new(&conn->ahead_arena, struct map);
		*stmt->answers = (struct map)MAP_INIT(&conn->ahead_arena);
	}
	pg_many_clear(stmt->many);
	for (size_t i = 0; i < count; i++) {
		const struct binds row = pg_fit(&conn->ahead_arena, rows[i]);

		asked->answers[i].asked = asked;
		note_question(conn, stmt, row, &asked->answers[i]);
		pg_many_add(stmt->many, row);
	}
}

/* NULL is nobody's value: whoever asks for that alone asks by himself. */
static bool has_values(const struct binds *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < rows[i].count; k++)
			if (rows[i].at[k].kind != BIND_NULL)
				return true;
	return false;
}

int pg_ahead(struct store_conn *conn, struct store_stmt *stmt, const struct binds *rows, size_t count, struct err *err)
{
	int code;

	if (!has_values(rows, count))
		return 0;
	if (conn->failed.code < 0)
		return pg_failed(conn, err);
	if (pg_gather_flush(conn, err) < 0 || finish_earlier(conn, stmt, err) < 0)
		return err_pass(err);
	if (conn->count + 8 > PIPE_MOST && pg_wait(conn, err) < 0)
		return err_pass(err);
	if (!stmt->many)
		stmt->many = pg_many_new(stmt);
	stmt->many->stmt->select = true;
	note_questions(conn, stmt, rows, count);
	code = pg_many_send(conn, stmt->many, stmt->sql, err);
	pg_many_clear(stmt->many);
	return code;
}

int pg_ahead_take(struct store_conn *conn, struct store_stmt *stmt, struct binds binds, bool *ret_taken,
                  struct err *err)
{
	SCOPED(buf) struct buf key = BUF_INIT(KEY_BYTES);
	struct pg_answer *answer;

	*ret_taken = false;
	if (!stmt->answers)
		return 0;
	answer = map_get(stmt->answers, pg_key(&key, binds, stmt->places));
	if (!answer || answer->stale)
		return 0;
	if (read_answers(conn, answer->asked, err) < 0)
		return err_pass(err);
	stmt->result = answer->asked->result;
	stmt->borrowed = true;
	stmt->row = answer->first - 1;
	stmt->end = answer->end;
	*ret_taken = true;
	return 0;
}

void pg_ahead_written(struct store_conn *conn, const struct store_stmt *stmt, struct binds binds)
{
	SCOPED(buf) struct buf key = BUF_INIT(KEY_BYTES);

	for (struct pg_asked *asked = conn->asked; asked; asked = asked->next) {
		struct store_stmt *select = asked->stmt;
		struct pg_answer *answer;

		if (!select->answers || (stmt->table.len && !pg_mentions(select->sql, stmt->table)))
			continue;
		if (!stmt->by || !select->by || strcmp(stmt->by, select->by) != 0 || select->places != select->keys ||
		    !str_eq(stmt->table, select->table)) {
			select->answers = NULL;
			continue;
		}
		buf_clear(&key);
		answer = map_get(select->answers, pg_key(&key, binds, stmt->keys));
		if (answer)
			answer->stale = true;
	}
}

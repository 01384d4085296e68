/*
 * store_postgres_many: a statement for one row, written anew for many. Its parameters become arrays, one a column:
 *
 *	INSERT INTO t (a, b) VALUES ($1, 7)    INSERT INTO t (a, b) SELECT q.p1, 7 FROM ROWS ORDER BY q.nth
 *	UPDATE t SET a = $2 WHERE id = $1      UPDATE t SET a = q.p2 FROM ROWS WHERE id = q.p1
 *	DELETE FROM t WHERE id = $1            DELETE FROM t USING ROWS WHERE id = q.p1
 *	SELECT a FROM t WHERE id = $1          SELECT one.*, q.nth FROM ROWS, LATERAL (SELECT a FROM t WHERE id = q.p1 OFFSET 0) AS one
 *
 * where ROWS is `unnest($1::int8[], $2::text[]) WITH ORDINALITY AS q (p1, p2, nth)`. OFFSET 0 keeps the SELECT whole: it is carried out row by row, by its
 * index, and the rows come in order. A parameter that was NULL in every row so far has no type yet and stands as NULL.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "codec/utf8.h"
#include "store/store_postgres.h"

/* Of pg_type, by the kind of what is bound: of one, and of an array of them. */
static const struct {
	Oid one, array;
	const char *name;
} types[] = {
	[BIND_INT] = { 20, 1016, "int8" },
	[BIND_TEXT] = { 25, 1009, "text" },
	[BIND_BLOB] = { 17, 1001, "bytea" },
};
enum { TEXT_BYTES = 64 * 1024, COLUMN_BYTES = 1024 * 1024 * 1024, HEADER_BYTES = 20 };

/* ---- words of a statement */

static bool of_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static size_t word_length(const char *at)
{
	size_t n = 0;

	while (of_word(at[n]))
		n++;
	return n;
}

struct str pg_table_of(const char *sql)
{
	static const char *const begins[] = { "INSERT INTO ", "UPDATE ", "DELETE FROM " };
	const char *from = strstr(sql, " FROM ");

	for (size_t i = 0; i < ARRAY_LEN(begins); i++)
		if (str_starts(str_of(sql), str_of(begins[i])))
			return str_range(sql + strlen(begins[i]), word_length(sql + strlen(begins[i])));
	return from ? str_range(from + 6, word_length(from + 6)) : STR_EMPTY;
}

bool pg_mentions(const char *sql, struct str table)
{
	struct str rest = str_of(sql);
	ptrdiff_t at;

	while ((at = str_find(rest, table)) >= 0) {
		const char *word = rest.at + at;

		if ((word == sql || !of_word(word[-1])) && !of_word(word[table.len]))
			return true;
		rest = str_skip(rest, (size_t)at + 1);
	}
	return false;
}

/* ---- the text */

/* `sql` up to `end` with columns in place of parameters. */
static void add_with_columns(struct buf *out, const struct pg_many *many, const char *sql, const char *end)
{
	bool quoted = false;

	while (sql < end) {
		char *after = NULL;
		long place = *sql == '$' && !quoted ? strtol(sql + 1, &after, 10) : 0;

		quoted ^= *sql == '\'';
		if (place == 0)
			buf_add_char(out, *sql++);
		else if (many->columns[place - 1].kind == BIND_NULL)
			buf_add_c(out, "NULL");
		else
			buf_printf(out, "q.p%ld", place);
		sql = place ? after : sql;
	}
}

static void add_rows(struct buf *out, const struct pg_many *many)
{
	int n = 0;

	buf_add_c(out, "unnest(");
	for (int i = 0; i < many->places; i++)
		if (many->columns[i].kind != BIND_NULL) {
			n++;
			buf_printf(out, "%s$%d::%s[]", n > 1 ? ", " : "", n, types[many->columns[i].kind].name);
		}
	buf_add_c(out, ") WITH ORDINALITY AS q (");
	for (int i = 0; i < many->places; i++)
		if (many->columns[i].kind != BIND_NULL)
			buf_printf(out, "p%d, ", i + 1);
	buf_add_c(out, "nth)");
}

/* Of the list that opens at `at`. */
static const char *closing(const char *at)
{
	int depth = 0;

	do
		depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
	while (depth > 0 && *++at);
	return at;
}

static void add_insert(struct buf *out, const struct pg_many *many, const char *sql)
{
	static const char values[] = "VALUES (";
	const char *at = strstr(sql, values), *open = at ? at + sizeof(values) - 2 : NULL, *close;

	ensure(at != NULL);
	close = closing(open);
	buf_add_bytes(out, sql, (size_t)(at - sql));
	buf_add_c(out, "SELECT ");
	add_with_columns(out, many, open + 1, close);
	buf_add_c(out, " FROM ");
	add_rows(out, many);
	buf_add_c(out, " ORDER BY q.nth");
	buf_add_c(out, close + 1);
}

static void add_change(struct buf *out, const struct pg_many *many, const char *sql, const char *joined_by)
{
	const char *where = strstr(sql, " WHERE ");

	ensure(where != NULL);
	add_with_columns(out, many, sql, where);
	buf_add_c(out, joined_by);
	add_rows(out, many);
	add_with_columns(out, many, where, where + strlen(where));
}

static void add_select(struct buf *out, const struct pg_many *many, const char *sql)
{
	buf_add_c(out, "SELECT one.*, q.nth FROM ");
	add_rows(out, many);
	buf_add_c(out, ", LATERAL (");
	add_with_columns(out, many, sql, sql + strlen(sql));
	buf_add_c(out, " OFFSET 0) AS one");
}

static void write_text(const struct pg_many *many, const char *sql, struct buf *out)
{
	if (str_starts(str_of(sql), STR("INSERT ")))
		add_insert(out, many, sql);
	else if (str_starts(str_of(sql), STR("UPDATE ")))
		add_change(out, many, sql, " FROM ");
	else if (str_starts(str_of(sql), STR("DELETE ")))
		add_change(out, many, sql, " USING ");
	else
		add_select(out, many, sql);
	ensure(buf_ok(out));
}

/* ---- rows */

struct pg_many *pg_many_new(const struct store_stmt *one)
{
	struct pg_many *many = arena_new(one->memory, struct pg_many);

	many->places = one->places;
	many->columns = arena_new_array(one->memory, struct pg_column, (size_t)one->places + 1);
	many->stmt = arena_new(one->memory, struct store_stmt);
	many->stmt->memory = one->memory;
	many->stmt->types = arena_new_array(one->memory, Oid, (size_t)one->places + 1);
	for (int i = 0; i < one->places; i++)
		buf_init(&many->columns[i].cells, COLUMN_BYTES);
	return many;
}

void pg_many_release(struct pg_many *many)
{
	for (int i = 0; i < many->places; i++)
		buf_release(&many->columns[i].cells);
}

void pg_many_clear(struct pg_many *many)
{
	for (int i = 0; i < many->places; i++) {
		buf_clear(&many->columns[i].cells);
		many->columns[i].has_null = false;
	}
	many->count = many->bytes = 0;
}

static void add_number(struct buf *out, uint32_t number)
{
	number = htobe32(number);
	buf_add_bytes(out, &number, sizeof(number));
}

struct binds pg_fit(struct arena *arena, struct binds binds)
{
	struct bind *fit = NULL;

	for (size_t i = 0; i < binds.count; i++) {
		if (binds.at[i].kind != BIND_TEXT || utf8_storable(binds.at[i].bytes))
			continue;
		if (!fit) {
			fit = arena_new_array(arena, struct bind, binds.count);
			memcpy(fit, binds.at, binds.count * sizeof(*fit));
		}
		fit[i] = bind_text(utf8_make_storable(arena, binds.at[i].bytes));
	}
	return fit ? (struct binds) { fit, binds.count } : binds;
}

void pg_add_cell(struct buf *out, const struct bind *bind)
{
	uint64_t number = htobe64((uint64_t)bind->number);

	switch (bind->kind) {
	case BIND_NULL:
		add_number(out, UINT32_MAX);
		return;
	case BIND_INT:
		add_number(out, sizeof(number));
		buf_add_bytes(out, &number, sizeof(number));
		return;
	case BIND_TEXT:
	case BIND_BLOB:
		ensure(bind->bytes.len < COLUMN_BYTES);
		add_number(out, (uint32_t)bind->bytes.len);
		buf_add_bytes(out, bind->bytes.at, bind->bytes.len);
		return;
	}
	unreachable("a kind of bind that is not in the list");
}

bool pg_many_fits(const struct pg_many *many, struct binds binds)
{
	for (size_t i = 0; i < binds.count; i++)
		if (binds.at[i].kind != BIND_NULL && many->columns[i].kind != BIND_NULL &&
		    binds.at[i].kind != many->columns[i].kind)
			return false;
	return true;
}

void pg_many_add(struct pg_many *many, struct binds binds)
{
	static const char header[HEADER_BYTES];

	for (size_t i = 0; i < binds.count; i++) {
		struct pg_column *column = &many->columns[i];
		size_t before = column->cells.len;

		if (before == 0)
			buf_add_bytes(&column->cells, header, sizeof(header));
		pg_add_cell(&column->cells, &binds.at[i]);
		many->bytes += column->cells.len - before;
		column->has_null |= binds.at[i].kind == BIND_NULL;
		if (column->kind != binds.at[i].kind && binds.at[i].kind != BIND_NULL) {
			column->kind = binds.at[i].kind;
			many->learnt = true;
		}
	}
	many->count++;
}

/* An array as it travels: one dimension, whether a NULL is in it, what it is of, how many, counted from 1; then each with its length. */
static const char *array_of(struct pg_column *column, size_t count)
{
	const uint32_t header[] = { htobe32(1), htobe32(column->has_null), htobe32(types[column->kind].one),
		                    htobe32((uint32_t)count), htobe32(1) };

	_Static_assert(sizeof(header) == HEADER_BYTES, "room was left for it");
	ensure(buf_ok(&column->cells));
	memcpy(column->cells.at, header, sizeof(header));
	return column->cells.at;
}

static int prepare_many(struct store_conn *conn, struct pg_many *many, const char *sql, struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT(TEXT_BYTES);

	many->stmt->places = 0;
	for (int i = 0; i < many->places; i++)
		if (many->columns[i].kind != BIND_NULL)
			many->stmt->types[many->stmt->places++] = types[many->columns[i].kind].array;
	ensure(many->stmt->places > 0);
	write_text(many, sql, &text);
	many->stmt->sql = arena_text(many->stmt->memory, buf_str(&text));
	many->learnt = false;
	return pg_prepare_now(conn, many->stmt, err);
}

int pg_many_send(struct store_conn *conn, struct pg_many *many, const char *sql, struct err *err)
{
	const char *values[PG_PLACES] = { NULL };
	int lengths[PG_PLACES], formats[PG_PLACES], n = 0;
	struct store_stmt *stmt = many->stmt;

	if ((many->learnt || stmt->session != conn->session) && prepare_many(conn, many, sql, err) < 0)
		return err_pass(err);
	for (int i = 0; i < many->places; i++) {
		if (many->columns[i].kind == BIND_NULL)
			continue;
		values[n] = array_of(&many->columns[i], many->count);
		lengths[n] = (int)many->columns[i].cells.len;
		formats[n++] = 1;
	}
	if (!PQsendQueryPrepared(conn->pg, stmt->name, n, values, lengths, formats, 1))
		return pg_lose(conn, err);
	pg_expect(conn, stmt->select ? PIPE_ROWS : PIPE_RUN, stmt);
	return 0;
}

/*
 * store_copy: a database server's content as an SQLite file, table by table, for a driver that has no copy of its own.
 *
 *	store_copy_rows   opens a new file with the same schema; for each of its tables: a cursor over the server's, rows in portions
 *
 * One read transaction for all tables: the file shows one moment, and writers go on meanwhile.
 */
#include <stdio.h>
#include <string.h>

#include "store/store_parts.h"

enum { PATH_BYTES = 4096, SQL_BYTES = 16384, MOST_COLUMNS = 64 };

static const struct statement TABLES = {
	.sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
};
static const struct statement COLUMNS = { .sql = "SELECT name, type FROM pragma_table_info($1) ORDER BY cid" };

struct copying {
	struct db *from;
	struct arena arena; /* of the table in hand */
	const char *tables[128];
	size_t table_count;
	const char *table;
	const char *columns[MOST_COLUMNS];
	enum bind_kind kinds[MOST_COLUMNS];
	size_t column_count;
};

static int list_tables(struct db *db, void *context, struct err *err)
{
	struct copying *c = context;
	ROWS rows = NULL;
	int code = db_select(db, &TABLES, BIND_NOTHING, &rows, err);

	while (code == 0 && (code = rows_next(rows, err)) > 0) {
		ensure(c->table_count < ARRAY_LEN(c->tables));
		c->tables[c->table_count++] = arena_text(&c->arena, row_text(rows, "name"));
		code = 0;
	}
	return code;
}

static enum bind_kind kind_of(struct str type)
{
	if (str_eq_c(type, "INTEGER") || str_eq_c(type, "BIGINT"))
		return BIND_INT;
	return str_eq_c(type, "BLOB") ? BIND_BLOB : BIND_TEXT;
}

static int list_columns(struct db *to, struct copying *c, struct arena *arena, struct err *err)
{
	ROWS rows = NULL;
	int code = db_select(to, &COLUMNS, BIND(bind_text(str_of(c->table))), &rows, err);

	c->column_count = 0;
	while (code == 0 && (code = rows_next(rows, err)) > 0) {
		ensure(c->column_count < MOST_COLUMNS);
		c->columns[c->column_count] = arena_text(arena, row_text(rows, "name"));
		c->kinds[c->column_count++] = kind_of(row_text(rows, "type"));
		code = 0;
	}
	return code;
}

static struct bind column_bind(struct rows *rows, const char *name, enum bind_kind kind)
{
	if (row_is_null(rows, name))
		return bind_null();
	if (kind == BIND_INT)
		return bind_int(row_int(rows, name));
	return kind == BIND_BLOB ? bind_blob(row_blob(rows, name)) : bind_text(row_text(rows, name));
}

/* "$1,$2,..." or "id,name,...". */
static void add_list(const struct copying *c, bool names, struct buf *out)
{
	for (size_t i = 0; i < c->column_count; i++)
		if (names)
			buf_printf(out, "%s%s", i ? "," : "", c->columns[i]);
		else
			buf_printf(out, "%s$%zu", i ? "," : "", i + 1);
}

/* How many rows the portion had. */
static int copy_portion(struct copying *c, struct db *to, const struct statement *fetch, const struct statement *insert,
                        int64_t *ret, struct err *err)
{
	struct bind binds[MOST_COLUMNS];
	ROWS rows = NULL;
	int code = db_select(c->from, fetch, BIND_NOTHING, &rows, err);

	*ret = 0;
	while (code == 0 && (code = rows_next(rows, err)) > 0) {
		for (size_t i = 0; i < c->column_count; i++)
			binds[i] = column_bind(rows, c->columns[i], c->kinds[i]);
		code = db_run(to, insert, (struct binds) { binds, c->column_count }, err);
		++*ret;
	}
	return code;
}

static int copy_all(struct copying *c, struct db *to, struct arena *arena, struct err *err)
{
	SCOPED(buf) struct buf insert_sql = BUF_INIT(SQL_BYTES);
	SCOPED(buf) struct buf cursor_sql = BUF_INIT(SQL_BYTES);
	const struct statement empty = { arena_printf(arena, "DELETE FROM %s", c->table).at };
	const struct statement fetch = { arena_printf(arena, "FETCH 500 FROM copied_%s", c->table).at };
	struct statement insert, cursor;
	int64_t count = 1;

	buf_printf(&insert_sql, "INSERT INTO %s (", c->table);
	add_list(c, true, &insert_sql);
	buf_add_c(&insert_sql, ") VALUES (");
	add_list(c, false, &insert_sql);
	buf_add_char(&insert_sql, ')');
	buf_printf(&cursor_sql, "DECLARE copied_%s NO SCROLL CURSOR FOR SELECT ", c->table);
	add_list(c, true, &cursor_sql);
	buf_printf(&cursor_sql, " FROM %s", c->table);
	ensure(buf_ok(&insert_sql) && buf_ok(&cursor_sql));
	insert = (struct statement) { buf_text(&insert_sql) };
	cursor = (struct statement) { buf_text(&cursor_sql) };
	if (db_run(to, &empty, BIND_NOTHING, err) < 0 || db_run(c->from, &cursor, BIND_NOTHING, err) < 0)
		return err_pass(err);
	while (count > 0)
		if (copy_portion(c, to, &fetch, &insert, &count, err) < 0)
			return err_pass(err);
	return 0;
}

/* Runs on the new store's writer thread; the other connection has no other user meanwhile. */
static int copy_table(struct db *to, void *context, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct copying *c = context;
	int code = list_columns(to, c, &arena, err);

	return code < 0 ? code : copy_all(c, to, &arena, err);
}

static int copy_tables(struct copying *c, struct store *to, struct err *err)
{
	int code = store_read(to, list_tables, c, err);

	for (size_t i = 0; code == 0 && i < c->table_count; i++) {
		c->table = c->tables[i];
		code = store_write(to, RELAXED, copy_table, c, err);
	}
	return code;
}

/* Under the store's own name for SQLite, whatever the path begins with. */
int store_copy_rows(struct db *from, void *context, struct err *err)
{
	const char *path = context;
	SCOPED(buf) struct buf url = BUF_INIT(PATH_BYTES);
	struct copying copying = { .from = from };
	struct store *to = NULL;
	int code;

	buf_printf(&url, "sqlite:%s", path);
	code = store_open(buf_text(&url), &to, err);
	if (code == 0)
		code = copy_tables(&copying, to, err);
	store_close(&to);
	arena_release(&copying.arena);
	return code;
}

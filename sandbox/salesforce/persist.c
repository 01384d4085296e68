#include "sandbox/salesforce/persist.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/keep.h"

static const char schema[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
                             "CREATE TABLE IF NOT EXISTS row (object TEXT, number INTEGER, id TEXT, deleted INTEGER,"
                             " created INTEGER, modified INTEGER, created_by INTEGER, modified_by INTEGER, fields TEXT,"
                             " PRIMARY KEY (object, number))";
static const char put_row[] = "INSERT OR REPLACE INTO row VALUES (?,?,?,?,?,?,?,?,?)";
static const char all_rows[] = "SELECT * FROM row ORDER BY object, number";

struct touched {
	struct object *object;
	uint32_t number;
};

struct persist {
	sqlite3 *db;
	sqlite3_stmt *put;
	struct touched *touched;
	size_t count, cap;
};

void persist_touch(struct org *org, struct object *object, uint32_t number)
{
	struct persist *persist = org->persist;

	if (!persist)
		return;
	if (persist->count == persist->cap) {
		persist->cap = persist->cap ? persist->cap * 2 : 256;
		persist->touched = keep_resize(persist->touched, persist->cap * sizeof(*persist->touched));
	}
	persist->touched[persist->count++] = (struct touched) { .object = object, .number = number };
}

/* ---- out ---- */

/* {"LastName":"Ng",..}: by name, so that another set of custom fields can read it. */
static void write_fields(struct buf *out, const struct object *object, const struct row *row)
{
	bool first = true;

	buf_add_char(out, '{');
	for (unsigned i = 0; i < object->field_count; i++) {
		struct str value = row_cell(row, i);

		if (value.len == 0)
			continue;
		buf_printf(out, "%s\"%s\":", first ? "" : ",", object->fields[i].name);
		json_write_string(out, value);
		first = false;
	}
	buf_add_char(out, '}');
}

static void put(struct persist *persist, const struct object *object, uint32_t number, struct buf *fields)
{
	const struct row *row = row_at(object, number);
	const int64_t numbers[] = { row->deleted, row->created, row->modified, row->created_by, row->modified_by };

	buf_clear(fields);
	write_fields(fields, object, row);
	sqlite3_bind_text(persist->put, 1, object->name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(persist->put, 2, number);
	sqlite3_bind_text(persist->put, 3, row->id, ID_SHORT, SQLITE_STATIC);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		sqlite3_bind_int64(persist->put, (int)i + 4, numbers[i]);
	sqlite3_bind_text(persist->put, 9, buf_text(fields), (int)fields->len, SQLITE_STATIC);
	/* The disk being full is not something a stand-in hides. */
	must(sqlite3_step(persist->put) == SQLITE_DONE);
	sqlite3_reset(persist->put);
}

void persist_flush(struct org *org)
{
	struct persist *persist = org->persist;
	SCOPED(buf) struct buf fields = BUF_INIT((size_t)4 << 20);

	if (!persist || persist->count == 0 || org->journal)
		return;
	must(sqlite3_exec(persist->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK);
	for (size_t i = 0; i < persist->count; i++) {
		const struct touched *touched = &persist->touched[i];

		/* A row that was rolled back is not there any more. */
		if (touched->number < touched->object->row_count)
			put(persist, touched->object, touched->number, &fields);
	}
	must(sqlite3_exec(persist->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
	persist->count = 0;
}

/* ---- in ---- */

static struct str column(sqlite3_stmt *rows, int at)
{
	const char *text = (const char *)sqlite3_column_text(rows, at);

	return str_range(text, (size_t)sqlite3_column_bytes(rows, at));
}

static int read_fields(struct arena *arena, const struct object *object, struct str text, struct str *cells,
                       struct err *err)
{
	struct json *fields;

	if (json_parse(arena, text, &fields, err) < 0)
		return err_wrap(err, "read a row of %s", object->name);
	JSON_EACH (fields, value) {
		const struct field *field = object_field(object, value->key);

		if (field)
			cells[field->number] = value->text;
	}
	return 0;
}

static int bring_back(struct org *org, sqlite3_stmt *rows, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct object *object = org_object(org, column(rows, 0));
	struct str cells[FIELDS_MAX] = { 0 };
	struct row like = { .deleted = sqlite3_column_int(rows, 3) != 0 };

	if (!object || column(rows, 2).len != ID_SHORT)
		return 0; /* of an object that this org does not have */
	memcpy(like.id, column(rows, 2).at, ID_SHORT);
	like.created = (uint32_t)sqlite3_column_int64(rows, 4);
	like.modified = (uint32_t)sqlite3_column_int64(rows, 5);
	like.created_by = (uint32_t)sqlite3_column_int64(rows, 6);
	like.modified_by = (uint32_t)sqlite3_column_int64(rows, 7);
	if (read_fields(&arena, object, column(rows, 8), cells, err) < 0)
		return err->code;
	rows_restore(object, &like, cells);
	return 0;
}

static int load(struct org *org, sqlite3 *db, bool *ret_restored, struct err *err)
{
	sqlite3_stmt *rows = NULL;
	bool any = false;
	int r = 0;

	if (sqlite3_prepare_v2(db, all_rows, -1, &rows, NULL) != SQLITE_OK)
		return err_set(err, ERR_STORE, "read the sandbox's file: %s", sqlite3_errmsg(db));
	while (r == 0 && sqlite3_step(rows) == SQLITE_ROW) {
		r = bring_back(org, rows, err);
		any = true;
	}
	sqlite3_finalize(rows);
	*ret_restored = any;
	return r;
}

/* ---- life ---- */

int persist_open(struct org *org, const char *folder, bool *ret_restored, struct err *err)
{
	struct persist *persist = keep_new(sizeof(*persist));
	struct str path = arena_printf(&org->arena, "%s/salesforce.db", folder);

	org->persist = persist;
	if (sqlite3_open(path.at, &persist->db) != SQLITE_OK ||
	    sqlite3_exec(persist->db, schema, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(persist->db, put_row, -1, &persist->put, NULL) != SQLITE_OK)
		return err_set(err, ERR_STORE, "open %s: %s", path.at, sqlite3_errmsg(persist->db));
	return load(org, persist->db, ret_restored, err);
}

void persist_close(struct org *org)
{
	struct persist *persist = org->persist;

	if (!persist)
		return;
	persist_flush(org);
	sqlite3_finalize(persist->put);
	sqlite3_close(persist->db);
	keep_drop(persist->touched);
	keep_drop(persist);
	org->persist = NULL;
}

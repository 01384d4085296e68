/*
 * query: /query and /queryAll with paging. A result that does not fit into one page leaves a cursor behind: the compiled query
 * and the numbers of its rows; a page shows the values of the moment, rows deleted meanwhile are missing from it.
 */
#include "sandbox/salesforce/handlers.h"
#include "sandbox/keep.h"
#include "sandbox/salesforce/query_out.h"

#define PAGE_MOST     2000
#define PAGE_LEAST    200
#define CURSORS_MAX   64 /* the oldest is closed beyond that */
#define CURSOR_PREFIX "0r8"

struct cursor {
	struct arena arena;
	char id[ID_LONG + 1];
	struct soql *soql;
	uint32_t *rows;
	size_t count;
};

struct cursors {
	struct cursor *at[CURSORS_MAX];
	uint64_t made;
};

void cursors_open(struct org *org)
{
	org->cursors = keep_new(sizeof(*org->cursors)); /* lives as long as the org */
}

static void cursor_free(struct cursor *cursor)
{
	if (!cursor)
		return;
	arena_release(&cursor->arena);
	keep_drop(cursor);
}

void cursors_close(struct org *org)
{
	for (size_t i = 0; org->cursors && i < CURSORS_MAX; i++)
		cursor_free(org->cursors->at[i]);
	keep_drop(org->cursors);
	org->cursors = NULL;
}

static struct cursor *cursor_new(void)
{
	struct cursor *cursor = keep_new(sizeof(*cursor)); /* outlives the request when it has further pages */

	return cursor;
}

static void cursor_keep(struct org *org, struct cursor *cursor)
{
	struct cursors *cursors = org->cursors;
	struct cursor **place = &cursors->at[cursors->made++ % CURSORS_MAX];
	char id[ID_SHORT];

	id_make(CURSOR_PREFIX, cursors->made, id);
	id_long(id, cursor->id);
	cursor_free(*place);
	*place = cursor;
}

static struct cursor *cursor_find(struct org *org, struct str id)
{
	for (size_t i = 0; i < CURSORS_MAX; i++) {
		if (org->cursors->at[i] && str_eq_c(id, org->cursors->at[i]->id))
			return org->cursors->at[i];
	}
	return NULL;
}

/* ---- pages ---- */

/* Sforce-Query-Options: batchSize=200 (section 2.8). */
static size_t page_size(const struct request *request)
{
	struct str options = request_header(request, "Sforce-Query-Options");
	ptrdiff_t at = str_find(options, STR("batchSize="));
	struct str rest, digits;
	int64_t size;

	if (at < 0)
		return PAGE_MOST;
	rest = str_skip(options, (size_t)at + 10);
	if (!str_split(&rest, ',', &digits) || !str_to_i64(str_trim(digits), &size))
		return PAGE_MOST;
	return (size_t)MIN_OF(MAX_OF(size, PAGE_LEAST), PAGE_MOST);
}

static void write_page(const struct request *request, const struct cursor *cursor, size_t from, size_t size,
                       struct buf *out)
{
	const struct soql *soql = cursor->soql;
	struct str version = version_of(request);
	size_t end = MIN_OF(from + size, cursor->count);
	bool done = end == cursor->count, first = true;

	buf_printf(out, "{\"totalSize\":%zu,\"done\":%s", cursor->count, done ? "true" : "false");
	if (!done)
		buf_printf(out, ",\"nextRecordsUrl\":\"/services/data/%.*s/query/%s-%zu\"", STR_ARG(version),
		           cursor->id, end);
	buf_add_c(out, ",\"records\":[");
	for (size_t i = from; i < end; i++) {
		if (row_at(soql->object, cursor->rows[i])->deleted && !soql->all_rows)
			continue;
		if (!first)
			buf_add_char(out, ',');
		query_write_row(out, soql, version, cursor->rows[i]);
		first = false;
	}
	buf_add_c(out, "]}");
}

static void write_single(const struct cursor *cursor, struct buf *out)
{
	if (cursor->soql->count_only) {
		buf_printf(out, "{\"totalSize\":%zu,\"done\":true,\"records\":[]}", cursor->count);
		return;
	}
	buf_add_c(out, "{\"totalSize\":1,\"done\":true,\"records\":[");
	query_write_aggregate(out, cursor->soql, cursor->rows, cursor->count);
	buf_add_c(out, "]}");
}

/* ---- calls ---- */

static void run(struct org *org, struct request *request, struct answer *answer, bool all_rows)
{
	struct problems problems = PROBLEMS_INIT(request->arena);
	struct cursor *cursor = cursor_new();
	size_t size = page_size(request);
	struct str text = request_query(request, "q");

	if (!request_has_query(request, "q"))
		text = request_query(request, "explain");
	cursor->soql = soql_compile(&cursor->arena, org, arena_str(&cursor->arena, text), &problems);
	if (!cursor->soql) {
		fail_problems(answer, &problems);
		cursor_free(cursor);
		return;
	}
	cursor->soql->all_rows |= all_rows;
	if (request_has_query(request, "columns")) {
		query_write_columns(&answer->body, cursor->soql);
		cursor_free(cursor);
		return;
	}
	cursor->rows = soql_run(cursor->soql, &cursor->arena, &cursor->count);
	if (cursor->soql->count_only || cursor->soql->aggregates) {
		write_single(cursor, &answer->body);
		cursor_free(cursor);
		return;
	}
	if (cursor->count > size)
		cursor_keep(org, cursor);
	write_page(request, cursor, 0, size, &answer->body);
	if (cursor->count <= size)
		cursor_free(cursor);
}

void query_run(void *state, struct request *request, struct answer *answer)
{
	run(state, request, answer, false);
}

void query_all(void *state, struct request *request, struct answer *answer)
{
	run(state, request, answer, true);
}

void query_more(void *state, struct request *request, struct answer *answer)
{
	struct str offset = request_param(request, "locator"), id;
	struct cursor *cursor = NULL;
	int64_t from = -1;

	if (str_split(&offset, '-', &id))
		cursor = cursor_find(state, id);
	if (!cursor || !str_to_i64(offset, &from) || from < 0 || from > (int64_t)cursor->count) {
		fail(answer, 400, "INVALID_QUERY_LOCATOR", "invalid query locator");
		return;
	}
	write_page(request, cursor, (size_t)from, page_size(request), &answer->body);
}

/*
 * soql_run: which rows, in which order.
 *
 *	candidates (an index where the condition allows it, else all rows) -> match -> sort -> offset and limit
 *
 * With a limit much smaller than what matches, only the best `limit` rows are kept, in a heap: a walk through 200,000 rows by
 * (SystemModstamp, Id) in pages must not sort them all each time.
 */
#include "sandbox/salesforce/soql_internal.h"

#include <stdlib.h>
#include <string.h>

struct row_list {
	uint32_t *at;
	size_t count, cap;
};

struct run {
	const struct soql *soql;
	struct arena *arena;
	struct arena scratch;
	struct row_list found;
	size_t keep; /* heap size; 0: keep all */
};

static void list_add(struct arena *arena, struct row_list *list, uint32_t number)
{
	if (list->count == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 1024;
		uint32_t *at = arena_new_array(arena, uint32_t, cap);

		if (list->count)
			memcpy(at, list->at, list->count * sizeof(*at));
		list->at = at;
		list->cap = cap;
	}
	list->at[list->count++] = number;
}

/* ---- order ---- */

static bool is_null(const struct soql *soql, const struct soql_path *path, const struct row *row)
{
	char bytes[SCRATCH_SIZE];
	const struct row *end = soql_follow(path, row);

	return !end || (path->field->type != TYPE_BOOLEAN &&
	                row_get(soql->org, path->object, end, path->field, bytes).len == 0);
}

static int compare_key(const struct soql *soql, const struct soql_order *order, const struct row *a,
                       const struct row *b)
{
	if (order->path.field->source == SOURCE_STORED || order->path.hop_count > 0) {
		bool null_a = is_null(soql, &order->path, a), null_b = is_null(soql, &order->path, b);

		if (null_a || null_b)
			return order->nulls_last ? null_a - null_b : null_b - null_a;
	}
	return order->descending ? soql_compare(soql, &order->path, b, a) : soql_compare(soql, &order->path, a, b);
}

static int compare_rows(const void *a, const void *b, void *context)
{
	const struct soql *soql = context;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	const struct row *row_x = row_at(soql->object, x), *row_y = row_at(soql->object, y);

	for (size_t i = 0; i < soql->order_count; i++) {
		int order = compare_key(soql, &soql->order[i], row_x, row_y);

		if (order != 0)
			return order;
	}
	return (x > y) - (x < y);
}

/* ---- the heap: worst row on top ---- */

static bool worse(const struct run *run, size_t a, size_t b)
{
	return compare_rows(&run->found.at[a], &run->found.at[b], (void *)(uintptr_t)run->soql) > 0;
}

static void swap(struct run *run, size_t a, size_t b)
{
	uint32_t kept = run->found.at[a];

	run->found.at[a] = run->found.at[b];
	run->found.at[b] = kept;
}

static void sift_up(struct run *run, size_t at)
{
	while (at > 0 && worse(run, at, (at - 1) / 2)) {
		swap(run, at, (at - 1) / 2);
		at = (at - 1) / 2;
	}
}

static void sift_down(struct run *run)
{
	size_t at = 0;

	for (;;) {
		size_t child = at * 2 + 1;

		if (child >= run->found.count)
			return;
		if (child + 1 < run->found.count && worse(run, child + 1, child))
			child++;
		if (!worse(run, child, at))
			return;
		swap(run, child, at);
		at = child;
	}
}

static void keep_row(struct run *run, uint32_t number)
{
	if (run->keep == 0) {
		list_add(run->arena, &run->found, number);
		return;
	}
	if (run->found.count < run->keep) {
		list_add(run->arena, &run->found, number);
		sift_up(run, run->found.count - 1);
		return;
	}
	if (compare_rows(&number, &run->found.at[0], (void *)(uintptr_t)run->soql) >= 0)
		return;
	run->found.at[0] = number;
	sift_down(run);
}

/* ---- candidates ---- */

static bool indexed(const struct soql *soql, const struct soql_cond *cond)
{
	const struct field *field = cond->path.field;

	if (cond->kind != COND_TEST || cond->path.hop_count > 0 || (cond->op != OP_EQ && cond->op != OP_IN))
		return false;
	for (size_t i = 0; i < cond->literal_count; i++) {
		if (cond->literals[i].kind != LITERAL_TEXT || cond->literals[i].text.len == 0)
			return false;
	}
	/* The other indexes know live rows only. */
	return field->source == SOURCE_ID || (field->index && !soql->all_rows);
}

static const struct soql_cond *find_indexed(const struct soql *soql, const struct soql_cond *cond)
{
	const struct soql_cond *found;

	if (!cond)
		return NULL;
	if (cond->kind != COND_AND)
		return indexed(soql, cond) ? cond : NULL;
	found = find_indexed(soql, cond->left);
	return found ? found : find_indexed(soql, cond->right);
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void add_equal(struct run *run, const struct soql_cond *cond, const struct soql_literal *literal,
                      struct row_list *list)
{
	uint32_t few[64], number;
	size_t count;

	if (cond->path.field->source == SOURCE_ID) {
		number = rows_find(run->soql->object, literal->text);
		if (number != NO_ROW)
			list_add(run->arena, list, number);
		return;
	}
	count = rows_lookup(run->soql->object, cond->path.field, literal->text, few, ARRAY_LEN(few));
	if (count <= ARRAY_LEN(few)) {
		for (size_t i = 0; i < count; i++)
			list_add(run->arena, list, few[i]);
		return;
	}
	for (number = 0; number < run->soql->object->row_count; number++)
		list_add(run->arena, list, number);
}

/* Sorted, each once. */
static void collect(struct run *run, const struct soql_cond *cond, struct row_list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < cond->literal_count; i++)
		add_equal(run, cond, &cond->literals[i], list);
	if (list->count == 0)
		return;
	qsort(list->at, list->count, sizeof(*list->at), compare_numbers);
	for (size_t i = 0; i < list->count; i++) {
		if (kept == 0 || list->at[kept - 1] != list->at[i])
			list->at[kept++] = list->at[i];
	}
	list->count = kept;
}

/* ---- the run ---- */

static void try_row(struct run *run, uint32_t number)
{
	const struct row *row = row_at(run->soql->object, number);

	if (row->deleted && !run->soql->all_rows)
		return;
	if (run->scratch.used > 65536)
		arena_reset(&run->scratch);
	if (soql_matches(run->soql, run->soql->where, row, &run->scratch))
		keep_row(run, number);
}

static void try_all(struct run *run)
{
	const struct soql_cond *cond = find_indexed(run->soql, run->soql->where);
	struct row_list candidates = { 0 };
	int64_t wanted = run->soql->limit + run->soql->offset;
	bool early = run->soql->limit >= 0 && run->soql->order_count == 0;

	if (cond) {
		collect(run, cond, &candidates);
		for (size_t i = 0; i < candidates.count; i++)
			try_row(run, candidates.at[i]);
		return;
	}
	for (uint32_t i = 0; i < run->soql->object->row_count; i++) {
		if (early && (int64_t)run->found.count >= wanted)
			return;
		try_row(run, i);
	}
}

uint32_t *soql_run(const struct soql *soql, struct arena *arena, size_t *ret_count)
{
	struct run run = { .soql = soql, .arena = arena };
	size_t offset = (size_t)soql->offset;

	if (soql->limit >= 0 && soql->order_count > 0)
		run.keep = (size_t)(soql->limit + soql->offset);
	if (soql->limit != 0)
		try_all(&run);
	if (soql->order_count > 0 && run.found.count > 1)
		qsort_r(run.found.at, run.found.count, sizeof(*run.found.at), compare_rows, (void *)(uintptr_t)soql);
	arena_release(&run.scratch);
	offset = MIN_OF(offset, run.found.count);
	*ret_count = run.found.count - offset;
	if (soql->limit >= 0)
		*ret_count = MIN_OF(*ret_count, (size_t)soql->limit);
	return run.found.at ? run.found.at + offset : NULL;
}

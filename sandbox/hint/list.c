/*
 * list: GET /api/provider/patients and POST .../matching.
 *
 *	list_patients -> query_parse (filters, range, sort) -> rows of the answer: all in default order when nothing is asked
 *	              -> else collected and sorted once, kept for the next pages of the same walk (struct page_cache)
 */
#include "sandbox/hint/hint.h"

#include <stdlib.h>
#include <string.h>

#include "codec/fold.h"
#include "sandbox/people/years.h"

enum { LIMIT_DEFAULT = 10, LIMIT_MOST = 100, EQUALS_MAX = 16 };

enum archive_filter { ONLY_PRESENT, ONLY_ARCHIVED, EVERYBODY };

/* Open ends are INT64_MIN and INT64_MAX; both are inside. */
struct range {
	int64_t from, to;
};

struct equal {
	enum field field;
	struct str wanted; /* folded */
};

struct query {
	enum archive_filter archive;
	struct range created, updated;
	struct equal equals[EQUALS_MAX];
	size_t equal_count;
	enum field sort; /* FIELD_COUNT: default order */
	bool descending;
	bool plain; /* nothing but paging and `filter` */
};

static struct str fold(struct arena *arena, struct str text)
{
	return fold_name(arena, text);
}

/* ---- what is asked ---- */

/* A time, or a date for its first moment in UTC. */
static bool read_time(struct arena *arena, struct str value, int64_t *ret_us)
{
	if (years_is_date(value))
		value = arena_printf(arena, "%.*sT00:00:00Z", STR_ARG(value));
	return years_parse(value, ret_us);
}

static bool narrow(struct arena *arena, struct range *range, struct str operator, struct str value)
{
	int64_t us;

	if (!read_time(arena, value, &us))
		return false;
	if (str_eq_c(operator, "gt") || str_eq_c(operator, "gte"))
		range->from = MAX_OF(range->from, us + (operator.len == 2));
	else if (str_eq_c(operator, "lt") || str_eq_c(operator, "lte"))
		range->to = MIN_OF(range->to, us - (operator.len == 2));
	else if (str_eq_c(operator, "eq"))
		*range = (struct range) { MAX_OF(range->from, us), MIN_OF(range->to, us) };
	else
		return false;
	return true;
}

/* Form A: updated_at={"gte":"..."}. A bare time means that very moment. */
static bool narrow_json(struct arena *arena, struct range *range, struct str value)
{
	struct err err = ERR_INIT;
	struct json *j;

	if (!value.len || value.at[0] != '{')
		return narrow(arena, range, STR("eq"), value);
	if (json_parse(arena, value, &j, &err) < 0)
		return false;
	JSON_EACH (j, bound)
		if (!narrow(arena, range, bound->key, json_text(bound)))
			return false;
	return true;
}

/* 1: taken, 0: not a range, -1: malformed. `name` is updated_at, created_at[gt] and the like. */
static int take_range(struct arena *arena, struct query *q, struct str name, struct str value)
{
	static const char *const names[] = { "created_at", "updated_at" };
	struct range *const ranges[] = { &q->created, &q->updated };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct str rest = str_skip(name, strlen(names[i]));

		if (!str_starts(name, str_of(names[i])))
			continue;
		if (!rest.len)
			return narrow_json(arena, ranges[i], value) ? 1 : -1;
		if (rest.len > 2 && rest.at[0] == '[' && str_ends(rest, STR("]"))) /* form B */
			return narrow(arena, ranges[i], str_range(rest.at + 1, rest.len - 2), value) ? 1 : -1;
	}
	return 0;
}

static bool take_sort(struct query *q, struct str value)
{
	static const enum field sortable[] = { F_LAST_NAME, F_FIRST_NAME, F_CREATED_AT, F_UPDATED_AT,
		                               F_DOB,       F_EMAIL,      F_ID };

	q->descending = str_starts(value, STR("-"));
	q->sort = field_of(str_skip(value, q->descending));
	for (size_t i = 0; i < ARRAY_LEN(sortable); i++)
		if (q->sort == sortable[i])
			return true;
	return false;
}

static bool take_filter(struct query *q, struct str value)
{
	q->archive = str_eq_c(value, "all") ? EVERYBODY : str_eq_c(value, "archived") ? ONLY_ARCHIVED : ONLY_PRESENT;
	return !value.len || q->archive != ONLY_PRESENT;
}

static void take_equal(struct arena *arena, struct query *q, struct str name, struct str value)
{
	enum field field = field_of(name);

	if (field == FIELD_COUNT || q->equal_count == EQUALS_MAX)
		return;
	if (field_rows[field].kind == FIELD_TEXT || field_rows[field].kind == FIELD_DATE ||
	    field_rows[field].kind == FIELD_STATE || field_rows[field].kind == FIELD_RECORD_ID)
		q->equals[q->equal_count++] = (struct equal) { field, fold(arena, value) };
}

static bool is_paging(struct str name)
{
	return str_eq_c(name, "limit") || str_eq_c(name, "offset");
}

/* False: a parameter makes no sense; *ret_name says which. */
static bool query_parse(struct request *request, struct query *q, struct str *ret_name)
{
	*q = (struct query) { .created = { INT64_MIN, INT64_MAX },
		              .updated = { INT64_MIN, INT64_MAX },
		              .sort = FIELD_COUNT };
	q->plain = true;
	for (size_t i = 0; i < request->query.count; i++) {
		struct str name = request->query.at[i].name, value = request->query.at[i].value;
		bool fits = true;
		int range;

		if (is_paging(name))
			continue;
		*ret_name = name;
		if (str_eq_c(name, "filter")) {
			if (!take_filter(q, value))
				return false;
			continue;
		}
		q->plain = false;
		range = take_range(request->arena, q, name, value);
		if (range == 0 && str_eq_c(name, "sort"))
			fits = take_sort(q, value);
		else if (range == 0)
			take_equal(request->arena, q, name, value);
		if (range < 0 || !fits)
			return false;
	}
	return true;
}

/* ---- who fits ---- */

static bool within(struct range range, int64_t us)
{
	return us >= range.from && us <= range.to;
}

static bool fits(const struct query *q, const struct patient *p, struct arena *scratch)
{
	if (q->archive != EVERYBODY && p->archived != (q->archive == ONLY_ARCHIVED))
		return false;
	if (!within(q->created, p->created_us) || !within(q->updated, p->updated_us))
		return false;
	for (size_t i = 0; i < q->equal_count; i++) {
		struct str text;

		arena_reset(scratch);
		text = packed_text(&p->values, scratch, q->equals[i].field);
		if (!str_eq(fold(scratch, text), q->equals[i].wanted))
			return false;
	}
	return true;
}

struct sort_key {
	int64_t number;
	struct str text;
	struct str id;
	uint32_t row;
};

static int by_key(const void *a, const void *b)
{
	const struct sort_key *x = a, *y = b;
	int order = str_cmp(x->text, y->text);

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return order ? order : str_cmp(x->id, y->id);
}

static struct sort_key key_of(const struct query *q, const struct patient *p, struct arena *arena)
{
	struct sort_key key = { .id = p->id, .row = p->place };

	if (q->sort == F_CREATED_AT)
		key.number = p->created_us;
	else if (q->sort == F_UPDATED_AT)
		key.number = p->updated_us;
	else if (q->sort != F_ID)
		key.text = fold(arena, packed_text(&p->values, arena, q->sort));
	return key;
}

static void sort_rows(const struct hint *hint, const struct query *q, uint32_t *rows, size_t count)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct sort_key *keys;

	if (q->sort == FIELD_COUNT || !count)
		return;
	keys = arena_new_array(&arena, struct sort_key, count);
	for (size_t i = 0; i < count; i++)
		keys[i] = key_of(q, hint->patients[rows[i]], &arena);
	qsort(keys, count, sizeof(*keys), by_key);
	for (size_t i = 0; i < count; i++)
		rows[i] = keys[q->descending ? count - 1 - i : i].row;
}

static void collect(struct hint *hint, const struct query *q)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	struct page_cache *cache = &hint->cache;

	cache->rows = arena_new_array(&cache->arena, uint32_t, hint->count + 1);
	cache->count = 0;
	for (size_t i = 0; i < hint->count; i++)
		if (fits(q, hint->patients[i], &scratch))
			cache->rows[cache->count++] = (uint32_t)i;
	sort_rows(hint, q, cache->rows, cache->count);
}

static struct str cache_key(const struct request *request)
{
	SCOPED(buf) struct buf key = BUF_INIT(65536);

	buf_add_c(&key, "?");
	for (size_t i = 0; i < request->query.count; i++)
		if (!is_paging(request->query.at[i].name))
			buf_printf(&key, "%.*s=%.*s\n", STR_ARG(request->query.at[i].name),
			           STR_ARG(request->query.at[i].value));
	return arena_str(request->arena, buf_str(&key));
}

/* Rows of this query, from the pages before when nothing changed since. NULL: all patients in default order. */
static const uint32_t *rows_of(struct hint *hint, struct request *request, const struct query *q, size_t *ret_count)
{
	struct page_cache *cache = &hint->cache;
	struct str key = cache_key(request);

	patients_sort(hint);
	*ret_count = hint->count;
	if (q->plain && (q->archive == EVERYBODY || (q->archive == ONLY_PRESENT && hint->archived == 0)))
		return NULL;
	if (cache->version != hint->version || !str_eq(cache->key, key)) {
		arena_reset(&cache->arena);
		cache->key = arena_str(&cache->arena, key);
		cache->version = hint->version;
		collect(hint, q);
	}
	*ret_count = cache->count;
	return cache->rows;
}

/* ---- the answer ---- */

static int64_t number_of(const struct request *request, const char *name, int64_t otherwise)
{
	int64_t value;

	return str_to_i64(request_query(request, name), &value) ? value : otherwise;
}

void list_patients(void *state, struct request *request, struct answer *answer)
{
	struct hint *hint = state;
	int64_t limit = number_of(request, "limit", LIMIT_DEFAULT), offset = number_of(request, "offset", 0);
	struct query q;
	struct str wrong;
	const uint32_t *rows;
	size_t total, from, to;

	if (!query_parse(request, &q, &wrong)) {
		hint_fail(answer, 400, arena_printf(request->arena, "Invalid parameter: %.*s", STR_ARG(wrong)).at);
		return;
	}
	rows = rows_of(hint, request, &q, &total);
	limit = MIN_OF(MAX_OF(limit, (int64_t)1), (int64_t)LIMIT_MOST);
	from = MIN_OF((size_t)MAX_OF(offset, (int64_t)0), total);
	to = MIN_OF(from + (size_t)limit, total);
	buf_add_char(&answer->body, '[');
	for (size_t i = from; i < to; i++) {
		if (i > from)
			buf_add_char(&answer->body, ',');
		patient_write(hint, hint->patients[rows ? rows[i] : i], &answer->body);
	}
	buf_add_char(&answer->body, ']');
	answer_header(answer, "X-Count", arena_printf(answer->arena, "%zu", to - from));
	answer_header(answer, "X-Total-Count", arena_printf(answer->arena, "%zu", total));
}

/* Names, and what else is sent of birth date, e-mail and middle name, must be equal but for case; archived ones are left out. */
void match_patients(void *state, struct request *request, struct answer *answer)
{
	static const enum field compared[] = { F_FIRST_NAME, F_LAST_NAME, F_MIDDLE_NAME, F_DOB, F_EMAIL };
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	struct hint *hint = state;
	struct query q = { .created = { INT64_MIN, INT64_MAX },
		           .updated = { INT64_MIN, INT64_MAX },
		           .sort = FIELD_COUNT };
	const struct json *body = hint_body(request, answer);
	bool first = true;

	if (!body)
		return;
	for (size_t i = 0; i < ARRAY_LEN(compared); i++) {
		struct str value = json_text(json_get_str(body, field_rows[compared[i]].name));

		if (str_trim(value).len)
			take_equal(request->arena, &q, field_rows[compared[i]].name, value);
		else if (i < 2) {
			hint_fail(answer, 422,
			          i ? "Validation failed: Last name can't be blank"
			            : "Validation failed: First name can't be blank");
			return;
		}
	}
	patients_sort(hint);
	buf_add_char(&answer->body, '[');
	for (size_t i = 0; i < hint->count; i++) {
		if (!fits(&q, hint->patients[i], &scratch))
			continue;
		if (!first)
			buf_add_char(&answer->body, ',');
		first = false;
		patient_write(hint, hint->patients[i], &answer->body);
	}
	buf_add_char(&answer->body, ']');
}

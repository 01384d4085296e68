/*
 * guess: which fields hold the same things. For each path of the EMR the set of its different values, for each field of the CRM likewise; then the pairs that
 * share most, greedily. A field that says little (yes and no, one word for everybody) is not guessed at.
 */
#include <stdlib.h>

#include "sync/sample.h"

enum { LEAST_ALIKE = 3, LEAST_PERCENT = 30, PHONE_DIGITS = 7 };

struct column {
	struct str path;
	struct map values;
};

static bool looks_like_phone(struct str text)
{
	size_t digits = 0;

	for (size_t i = 0; i < text.len; i++) {
		bool digit = text.at[i] >= '0' && text.at[i] <= '9';

		digits += digit;
		if (!digit && str_find_char(STR("+()-. "), text.at[i]) < 0)
			return false;
	}
	return digits >= PHONE_DIGITS;
}

static void add_value(struct column *column, struct arena *arena, const struct json *json)
{
	struct value value;
	struct str form;

	if (!value_of_json(json, &value) || value_is_blank(value) || value.kind == VALUE_BOOL)
		return;
	form = value_normal(arena, looks_like_phone(value.text) ? TYPE_PHONE : TYPE_STATE, value);
	if (form.len && !map_get(&column->values, form))
		map_put(&column->values, form, column);
}

static int read_column(struct arena *arena, const struct page *page, struct str text, struct column *ret,
                       struct err *err)
{
	const struct path *path;

	*ret = (struct column) { .path = text, .values = MAP_INIT(arena) };
	if (path_parse(arena, text, &path, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < page->count; i++)
		add_value(ret, arena, path_get(path, page->records[i].json));
	return 0;
}

static int read_columns(struct arena *arena, const struct page *page, struct column **ret, size_t *ret_count,
                        struct err *err)
{
	struct sample_path *paths;

	if (sample_paths(arena, page, &paths, ret_count, err) < 0)
		return err_pass(err);
	*ret = arena_new_array(arena, struct column, *ret_count);
	for (size_t i = 0; i < *ret_count; i++) {
		if (read_column(arena, page, paths[i].path, &(*ret)[i], err) < 0)
			return err_pass(err);
	}
	return 0;
}

static size_t count_alike(const struct column *emr, const struct column *crm)
{
	size_t alike = 0;

	MAP_EACH (&emr->values, entry)
		alike += map_get(&crm->values, entry->key) != NULL;
	return alike;
}

static size_t percent(const struct guess *g)
{
	return g->alike * 100 / g->of;
}

static int better(const void *one, const void *other)
{
	const struct guess *a = one, *b = other;

	if (percent(a) != percent(b))
		return percent(a) > percent(b) ? -1 : 1;
	if (a->alike != b->alike)
		return a->alike > b->alike ? -1 : 1;
	return str_cmp(a->emr, b->emr) ? str_cmp(a->emr, b->emr) : str_cmp(a->crm, b->crm);
}

/* Each path and each field once, the best first. */
static size_t keep_best(struct arena *arena, struct guess *all, size_t count)
{
	struct map emr = MAP_INIT(arena), crm = MAP_INIT(arena);
	size_t kept = 0;

	qsort(all, count, sizeof(*all), better);
	for (size_t i = 0; i < count; i++) {
		if (map_get(&emr, all[i].emr) || map_get(&crm, all[i].crm))
			continue;
		map_put(&emr, all[i].emr, all);
		map_put(&crm, all[i].crm, all);
		all[kept++] = all[i];
	}
	return kept;
}

int guess_fields(struct arena *arena, const struct page *emr, const struct page *crm, struct guess **ret,
                 size_t *ret_count, struct err *err)
{
	struct column *ours, *theirs;
	size_t our_count, their_count, room, count = 0;
	struct guess *all;

	if (read_columns(arena, emr, &ours, &our_count, err) < 0 ||
	    read_columns(arena, crm, &theirs, &their_count, err) < 0)
		return err_pass(err);
	room = size_mul(our_count, their_count);
	all = arena_new_array(arena, struct guess, room);
	for (size_t i = 0; i < our_count; i++) {
		for (size_t k = 0; k < their_count && ours[i].values.count; k++) {
			const struct guess guess = { ours[i].path, theirs[k].path, count_alike(&ours[i], &theirs[k]),
				                     ours[i].values.count };

			if (guess.alike >= LEAST_ALIKE && percent(&guess) >= LEAST_PERCENT)
				all[count++] = guess;
		}
	}
	*ret = all;
	*ret_count = keep_best(arena, all, count);
	return 0;
}

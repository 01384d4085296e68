/*
 * A path is a list of steps; a step is a member's name and, where that member is a list, what picks the element: an index or
 * one or more filters. Reading (path_get) and writing (path_set) walk the same steps; writing makes what is not there yet.
 *
 * Lists are never changed in place: a list that loses or changes an element is rebuilt and put back by its name, since a step
 * always hangs on an object.
 */
#include "model/path.h"

#include <string.h>

struct filter {
	struct str key;
	struct str value;
	struct filter *next;
};

struct step {
	struct str name;
	struct filter *filters;
	ptrdiff_t index; /* -1: none */
	struct step *next;
};

struct path {
	struct str text;
	struct step *first;
};

static const size_t index_digits_max = 4;

/* ---- reading the text ---- */

struct reader {
	struct arena *arena;
	struct str whole;
	struct str rest;
	struct err *err;
};

static int refuse(struct reader *r, const char *why)
{
	return err_set(r->err, ERR_CONFIG, "path '%.*s': %s at character %zu", STR_ARG(r->whole), why,
	               r->whole.len - r->rest.len + 1);
}

static bool next_is(const struct reader *r, char c)
{
	return r->rest.len > 0 && r->rest.at[0] == c;
}

static bool skip(struct reader *r, char c)
{
	if (!next_is(r, c))
		return false;
	r->rest = str_skip(r->rest, 1);
	return true;
}

/* What comes before the first of `stops`. */
static struct str take_until(struct reader *r, const char *stops)
{
	size_t len = 0;
	struct str taken;

	while (len < r->rest.len && !strchr(stops, r->rest.at[len]))
		len++;
	taken = str_range(r->rest.at, len);
	r->rest = str_skip(r->rest, len);
	return taken;
}

/* After the opening quote; \" and \\ stand for the character itself. */
static int read_quoted(struct reader *r, struct str *ret)
{
	char *out = arena_alloc_bytes(r->arena, size_add(r->rest.len, 1));
	size_t len = 0;

	while (r->rest.len > 0 && !next_is(r, '"')) {
		if (next_is(r, '\\') && r->rest.len > 1)
			r->rest = str_skip(r->rest, 1);
		out[len++] = r->rest.at[0];
		r->rest = str_skip(r->rest, 1);
	}
	if (!skip(r, '"'))
		return refuse(r, "a quote is not closed");
	*ret = str_range(out, len);
	return 0;
}

static int read_word(struct reader *r, const char *stops, const char *what, struct str *ret)
{
	struct str word;

	if (skip(r, '"'))
		return read_quoted(r, ret);
	word = take_until(r, stops);
	if (word.len == 0)
		return refuse(r, what);
	*ret = word;
	return 0;
}

static int read_index(struct reader *r, struct step *step)
{
	struct str digits = take_until(r, "]");
	int64_t index;

	if (step->index >= 0 || step->filters)
		return refuse(r, "an index stands alone: no second one, no filter beside it");
	if (digits.len > index_digits_max || !str_to_i64(digits, &index) || index < 0)
		return refuse(r, "an index is a number from 0 to 9999");
	step->index = (ptrdiff_t)index;
	return 0;
}

static bool is_filter_key(const struct step *step, struct str key)
{
	for (const struct filter *filter = step->filters; filter; filter = filter->next)
		if (str_eq(filter->key, key))
			return true;
	return false;
}

static int read_filter(struct reader *r, struct step *step)
{
	struct filter *filter = arena_new(r->arena, struct filter), **end = &step->filters;
	int error;

	if (step->index >= 0)
		return refuse(r, "an index stands alone: no filter beside it");
	error = read_word(r, ".[]=\" ", "the name in a filter is missing", &filter->key);
	if (error < 0)
		return error;
	if (!skip(r, '='))
		return refuse(r, "a filter is [name=value]; '=' is missing");
	if (is_filter_key(step, filter->key))
		return refuse(r, "a name stands in two filters, which no element fits");
	error = read_word(r, "[]\"", "the value in a filter is missing", &filter->value);
	if (error < 0)
		return error;
	while (*end)
		end = &(*end)->next;
	*end = filter;
	return 0;
}

static int read_selector(struct reader *r, struct step *step)
{
	bool digit = r->rest.len > 0 && r->rest.at[0] >= '0' && r->rest.at[0] <= '9';
	int error = digit ? read_index(r, step) : read_filter(r, step);

	if (error < 0)
		return error;
	return skip(r, ']') ? 0 : refuse(r, "']' is missing");
}

static int read_step(struct reader *r, struct step **ret)
{
	struct step *step = arena_new(r->arena, struct step);
	int error;

	step->index = -1;
	error = read_word(r, ".[]=\" \t\r\n", "a name is missing", &step->name);
	if (error < 0)
		return error;
	while (skip(r, '[')) {
		error = read_selector(r, step);
		if (error < 0)
			return error;
	}
	*ret = step;
	return 0;
}

int path_parse(struct arena *arena, struct str text, const struct path **ret, struct err *err)
{
	struct path *path = arena_new(arena, struct path);
	struct step **end = &path->first, *before = NULL;
	struct reader r = { .arena = arena, .err = err };

	path->text = arena_str(arena, str_trim(text));
	r.whole = path->text;
	r.rest = path->text;
	do {
		int error = read_step(&r, end);

		if (error < 0)
			return error;
		/* Written, it would no longer be what the filter finds. */
		if (before && is_filter_key(before, (*end)->name))
			return refuse(&r, "the field is what its filter asks for");
		before = *end;
		end = &before->next;
	} while (skip(&r, '.'));
	if (r.rest.len > 0)
		return refuse(&r, "a '.' or '[' is expected");
	*ret = path;
	return 0;
}

struct str path_text(const struct path *path)
{
	return path->text;
}

struct str path_top(const struct path *path)
{
	return path->first->name;
}

bool path_is_plain(const struct path *path, size_t max_steps)
{
	size_t count = 0;

	for (const struct step *step = path->first; step; step = step->next) {
		if (step->filters || step->index >= 0)
			return false;
		count++;
	}
	return count <= max_steps;
}

/* ---- reading a record ---- */

static bool picks(const struct step *step)
{
	return step->filters || step->index >= 0;
}

static bool is_plain_text(const struct json *j, struct str text)
{
	static const char *const words[] = { [JSON_FALSE] = "false", [JSON_TRUE] = "true" };

	if (!j || j->kind == JSON_OBJECT || j->kind == JSON_ARRAY || j->kind == JSON_NULL)
		return false;
	if (j->kind == JSON_FALSE || j->kind == JSON_TRUE)
		return str_eq_c(text, words[j->kind]);
	return str_eq(j->text, text);
}

static bool fits(const struct json *element, const struct filter *filter)
{
	for (; filter; filter = filter->next)
		if (!is_plain_text(json_get_str(element, filter->key), filter->value))
			return false;
	return true;
}

/* The element that the step picks out of `list`; *ret_index is where it stands or, when it is not there, where it would. */
static struct json *pick(const struct step *step, const struct json *list, size_t *ret_index)
{
	size_t index = 0;

	JSON_EACH (list, element) {
		bool found = step->filters ? fits(element, step->filters) : index == (size_t)step->index;

		if (found) {
			*ret_index = index;
			return element;
		}
		index++;
	}
	*ret_index = index;
	return NULL;
}

const struct json *path_get(const struct path *path, const struct json *record)
{
	const struct json *at = record;
	size_t index;

	for (const struct step *step = path->first; step && at; step = step->next) {
		at = json_get_str(at, step->name);
		if (at && picks(step))
			at = at->kind == JSON_ARRAY ? pick(step, at, &index) : NULL;
	}
	return at;
}

/* ---- writing ---- */

struct write {
	struct arena *arena;
	const struct path *path;
	struct json *item;
	bool remove; /* item is null */
	struct err *err;
};

static int set_steps(const struct write *w, const struct step *step, struct json *object);

static int wrong_kind(const struct write *w, const struct step *step, const char *need)
{
	return err_set(w->err, ERR_DATA, "%.*s: '%.*s' is no %s", STR_ARG(w->path->text), STR_ARG(step->name), need);
}

/* `list` with `item` in the place of element `index`, or without that element when item is NULL. */
static struct json *rebuilt(struct arena *arena, const struct json *list, size_t index, struct json *item)
{
	struct json *copy = json_new(arena, JSON_ARRAY);
	size_t at = 0;

	JSON_EACH (list, element) {
		if (at != index)
			json_append(copy, json_copy(arena, element));
		else if (item)
			json_append(copy, item);
		at++;
	}
	if (index >= at && item)
		json_append(copy, item);
	return copy;
}

/* Does the element hold anything besides what its filter says? Flags without a value say nothing. */
static bool is_left_empty(const struct step *step, const struct json *element)
{
	JSON_EACH (element, member) {
		if (is_filter_key(step, member->key))
			continue;
		if (member->kind == JSON_STRING || member->kind == JSON_NUMBER || member->count > 0)
			return false;
	}
	return true;
}

static struct json *typed_text(struct arena *arena, struct str text)
{
	if (str_eq(text, STR("true")) || str_eq(text, STR("false")))
		return json_new_bool(arena, text.len == 4);
	return json_new_text(arena, text);
}

static int make_element(const struct write *w, const struct step *step, struct json **ret)
{
	struct json *element = json_new(w->arena, JSON_OBJECT);
	int error = set_steps(w, step->next, element);

	if (error < 0)
		return error;
	for (const struct filter *filter = step->filters; filter; filter = filter->next)
		json_set(element, filter->key, typed_text(w->arena, filter->value));
	*ret = element;
	return 0;
}

static bool is_plain(const struct json *j)
{
	return json_is_null(j) || (j->kind != JSON_OBJECT && j->kind != JSON_ARRAY);
}

/* A text never replaces an object or a list; and what a filter finds is an object. */
static bool takes_place(const struct step *step, const struct json *old, const struct json *item)
{
	return !step->filters && (is_plain(old) || old->kind == item->kind);
}

/* What stands in the picked place afterwards; NULL: nothing. */
static int new_element(const struct write *w, const struct step *step, const struct json *old, struct json **ret)
{
	struct json *element;
	int error;

	if (!step->next && !w->remove && !takes_place(step, old, w->item))
		return wrong_kind(w, step, "list of plain values");
	if (!step->next) {
		*ret = w->remove ? NULL : w->item;
		return 0;
	}
	if (json_is_null(old))
		return make_element(w, step, ret);
	if (old->kind != JSON_OBJECT)
		return wrong_kind(w, step, "list of objects");
	element = json_copy(w->arena, old);
	error = set_steps(w, step->next, element);
	if (error < 0)
		return error;
	*ret = w->remove && step->filters && is_left_empty(step, element) ? NULL : element;
	return 0;
}

static int set_in_list(const struct write *w, const struct step *step, struct json *object)
{
	const struct json *list = json_get_str(object, step->name), *old;
	struct json *element = NULL;
	size_t index;
	int error;

	if (!json_is_null(list) && list->kind != JSON_ARRAY)
		return wrong_kind(w, step, "list");
	old = pick(step, list, &index);
	if (!old && w->remove)
		return 0;
	if (!old && step->index > (ptrdiff_t)index)
		return err_set(w->err, ERR_DATA, "%.*s: '%.*s' has only %zu elements", STR_ARG(w->path->text),
		               STR_ARG(step->name), index);
	error = new_element(w, step, old, &element);
	if (error < 0)
		return error;
	/* An element in front of others keeps its place, so that the ones behind it keep their index. */
	if (!element && step->index >= 0 && old->next)
		element = json_new(w->arena, JSON_NULL);
	json_set(object, step->name, rebuilt(w->arena, list, index, element));
	return 0;
}

static int set_in_object(const struct write *w, const struct step *step, struct json *object)
{
	struct json *next = json_get_str(object, step->name);

	if (json_is_null(next)) {
		if (w->remove)
			return 0;
		next = json_new(w->arena, JSON_OBJECT);
		json_set(object, step->name, next);
	}
	return set_steps(w, step->next, next);
}

static int set_steps(const struct write *w, const struct step *step, struct json *object)
{
	const struct json *old = json_get_str(object, step->name);

	if (object->kind != JSON_OBJECT)
		return err_set(w->err, ERR_DATA, "%.*s: '%.*s' stands in no object", STR_ARG(w->path->text),
		               STR_ARG(step->name));
	if (picks(step))
		return set_in_list(w, step, object);
	if (step->next)
		return set_in_object(w, step, object);
	if (!is_plain(old) && w->item->kind != old->kind && !w->remove)
		return wrong_kind(w, step, "plain value");
	json_set(object, step->name, w->item);
	return 0;
}

int path_set(struct arena *arena, const struct path *path, struct json *record, struct json *item, struct err *err)
{
	struct write w = { arena, path, item, json_is_null(item), err };

	return set_steps(&w, path->first, record);
}

/*
 * Looking things up in a tree, building and changing one. Whoever changes a container calls touch(): it and all that
 * contains it lose their `raw`. Since a node without `raw` never has a parent with one, touch() stops at the first.
 */
#include "codec/json.h"

#include "lib/limits.h"

#include <stdlib.h>

static const struct json *children_of(const struct json *j, enum json_kind kind)
{
	return j && j->kind == kind ? j->first : NULL;
}

struct json *json_get_str(const struct json *object, struct str key)
{
	const struct json *found = NULL;

	for (const struct json *child = children_of(object, JSON_OBJECT); child; child = child->next) {
		if (!str_eq(child->key, key))
			continue;
		found = child;
		if (!object->duplicate_keys)
			break;
	}
	return (struct json *)found;
}

struct json *json_get(const struct json *object, const char *key)
{
	return json_get_str(object, str_of(key));
}

struct json *json_at(const struct json *array, size_t index)
{
	const struct json *child = children_of(array, JSON_ARRAY);

	while (child && index-- > 0)
		child = child->next;
	return (struct json *)child;
}

struct json *json_walk(const struct json *j, const char *dotted)
{
	struct str rest = str_of(dotted), key;

	while (j && str_split(&rest, '.', &key))
		j = json_get_str(j, key);
	return (struct json *)j;
}

struct str json_text(const struct json *j)
{
	return j && (j->kind == JSON_STRING || j->kind == JSON_NUMBER) ? j->text : STR_EMPTY;
}

struct str json_get_text(const struct json *object, const char *key)
{
	return json_text(json_get(object, key));
}

bool json_bool(const struct json *j, bool fallback)
{
	if (!j || (j->kind != JSON_TRUE && j->kind != JSON_FALSE))
		return fallback;
	return j->kind == JSON_TRUE;
}

int64_t json_int(const struct json *j, int64_t fallback)
{
	int64_t value;

	return j && j->kind == JSON_NUMBER && str_to_i64(j->text, &value) ? value : fallback;
}

bool json_is_null(const struct json *j)
{
	return !j || j->kind == JSON_NULL;
}

struct json *json_new(struct arena *arena, enum json_kind kind)
{
	struct json *j = arena_new(arena, struct json);

	j->kind = kind;
	return j;
}

struct json *json_new_text(struct arena *arena, struct str text)
{
	struct json *j = json_new(arena, JSON_STRING);

	j->text = text;
	return j;
}

struct json *json_new_number(struct arena *arena, struct str digits)
{
	struct json *j = json_new(arena, JSON_NUMBER);

	j->text = digits;
	return j;
}

struct json *json_new_int(struct arena *arena, int64_t value)
{
	return json_new_number(arena, arena_printf(arena, "%lld", (long long)value));
}

struct json *json_new_bool(struct arena *arena, bool value)
{
	return json_new(arena, value ? JSON_TRUE : JSON_FALSE);
}

static void touch(struct json *j)
{
	for (; j && j->raw.len; j = j->parent)
		j->raw = STR_EMPTY;
}

static void adopt(struct json *parent, struct json *item)
{
	ensure(!item->parent && !item->next);
	item->parent = parent;
	if (parent->last)
		parent->last->next = item;
	else
		parent->first = item;
	parent->last = item;
	parent->count++;
}

void json_append(struct json *array, struct json *item)
{
	ensure(array->kind == JSON_ARRAY);
	touch(array);
	item->key = STR_EMPTY;
	adopt(array, item);
}

void json_add(struct json *object, struct str key, struct json *item)
{
	ensure(object->kind == JSON_OBJECT);
	touch(object);
	item->key = key;
	adopt(object, item);
}

/* Takes out every child of that key; `before` gets what stood before the last of them. */
static bool take_out(struct json *object, struct str key, struct json **ret_before)
{
	struct json *before = NULL, *next;
	bool found = false;

	for (struct json *child = object->first; child; child = next) {
		next = child->next;
		if (!str_eq(child->key, key)) {
			before = child;
			continue;
		}
		*(before ? &before->next : &object->first) = next;
		if (object->last == child)
			object->last = before;
		object->count--;
		child->parent = NULL;
		child->next = NULL;
		*ret_before = before;
		found = true;
		if (!object->duplicate_keys)
			break;
	}
	return found;
}

void json_set(struct json *object, struct str key, struct json *item)
{
	struct json *before = NULL;

	ensure(object->kind == JSON_OBJECT && !item->parent && !item->next);
	if (!take_out(object, key, &before)) {
		json_add(object, key, item);
		return;
	}
	touch(object);
	item->key = key;
	item->parent = object;
	item->next = before ? before->next : object->first;
	*(before ? &before->next : &object->first) = item;
	if (object->last == before)
		object->last = item;
	object->count++;
}

bool json_remove(struct json *object, struct str key)
{
	struct json *before;

	if (!object || object->kind != JSON_OBJECT || !take_out(object, key, &before))
		return false;
	touch(object);
	return true;
}

static struct json *copy_node(struct arena *arena, const struct json *j)
{
	struct json *copy = arena_new(arena, struct json);

	*copy = *j;
	copy->first = copy->last = copy->next = copy->parent = NULL;
	copy->count = 0;
	return copy;
}

/* Walks the original; `copy` is always the copy of `at`. */
struct json *json_copy(struct arena *arena, const struct json *j)
{
	struct json *root, *copy;

	if (!j)
		return NULL;
	root = copy = copy_node(arena, j);
	for (const struct json *at = j;;) {
		if (at->first) {
			at = at->first;
			adopt(copy, copy_node(arena, at));
			copy = copy->first;
			continue;
		}
		for (; at != j && !at->next; at = at->parent)
			copy = copy->parent;
		if (at == j)
			return root;
		at = at->next;
		adopt(copy->parent, copy_node(arena, at));
		copy = copy->next;
	}
}

static bool equal(const struct json *a, const struct json *b, unsigned depth);

static bool equal_arrays(const struct json *a, const struct json *b, unsigned depth)
{
	const struct json *right = b->first;

	if (a->count != b->count)
		return false;
	for (const struct json *left = a->first; left; left = left->next, right = right->next) {
		if (!equal(left, right, depth))
			return false;
	}
	return true;
}

static bool same_key_order(const struct json *a, const struct json *b)
{
	const struct json *right = b->first;

	for (const struct json *left = a->first; left; left = left->next, right = right->next) {
		if (!right || !str_eq(left->key, right->key))
			return false;
	}
	return !right;
}

struct member {
	const struct json *value;
	size_t place;
};

static int order_members(const void *left, const void *right)
{
	const struct member *a = left, *b = right;
	int order = str_cmp(a->value->key, b->value->key);

	return order != 0 ? order : (a->place > b->place) - (a->place < b->place);
}

/* Sorted by key. Of keys that stand there twice the last one counts, as in json_get(). Returns how many are left. */
static size_t sort_members(struct arena *arena, const struct json *object, struct member **ret)
{
	struct member *members = arena_new_array(arena, struct member, object->count);
	size_t n = 0, kept = 0;

	for (const struct json *child = object->first; child; child = child->next, n++)
		members[n] = (struct member) { .value = child, .place = n };
	qsort(members, n, sizeof(*members), order_members);
	for (size_t i = 0; i < n; i++) {
		if (i + 1 == n || !str_eq(members[i].value->key, members[i + 1].value->key))
			members[kept++] = members[i];
	}
	*ret = members;
	return kept;
}

static bool equal_by_key(const struct json *a, const struct json *b, unsigned depth)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	struct member *left, *right;
	size_t n = sort_members(&scratch, a, &left);

	if (n != sort_members(&scratch, b, &right))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(left[i].value->key, right[i].value->key) || !equal(left[i].value, right[i].value, depth))
			return false;
	}
	return true;
}

/* Deeper than anything that was read and built upon: our mistake, not the data's. */
static bool equal(const struct json *a, const struct json *b, unsigned depth)
{
	ensure(depth < 4 * LIMIT_JSON_DEPTH);
	if (a->kind != b->kind)
		return false;
	if (a->kind == JSON_STRING || a->kind == JSON_NUMBER)
		return str_eq(a->text, b->text);
	if (a->kind == JSON_ARRAY || (!a->duplicate_keys && !b->duplicate_keys && same_key_order(a, b)))
		return equal_arrays(a, b, depth + 1);
	return equal_by_key(a, b, depth + 1);
}

bool json_equal(const struct json *a, const struct json *b)
{
	if (!a || !b)
		return a == b;
	return equal(a, b, 0);
}

/*
 * JSON text: the reader against jansson where both can say; what was read and written is read again as the same; a page cut into records
 * without judging them is cut where the reader sees its elements.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "codec/json.h"
#include "../unit/codec/jansson_peer.h"

static void describe(const struct json *j, struct buf *out);

static void describe_text(struct str text, struct buf *out)
{
	buf_printf(out, "%zu:", text.len);
	buf_add(out, text);
}

static void describe_children(const struct json *j, struct buf *out)
{
	buf_printf(out, "%c%u", j->kind == JSON_OBJECT ? '{' : '[', j->count);
	JSON_EACH (j, child) {
		if (j->kind == JSON_OBJECT)
			describe_text(child->key, out);
		describe(child, out);
	}
}

/* Of any length, where str_to_double has a bound. */
static void describe_number(struct str digits, struct buf *out)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	buf_printf(out, "#%.17g", strtod(arena_text(&arena, digits), NULL));
}

/* In the words of the peer. */
static void describe(const struct json *j, struct buf *out)
{
	static const char plain[] = { [JSON_NULL] = 'n', [JSON_FALSE] = 'f', [JSON_TRUE] = 't' };
	if (j->kind == JSON_ARRAY || j->kind == JSON_OBJECT) {
		describe_children(j, out);
	} else if (j->kind == JSON_STRING) {
		describe_text(j->text, out);
	} else if (j->kind == JSON_NUMBER) {
		describe_number(j->text, out);
	} else {
		buf_add_char(out, plain[j->kind]);
	}
}

static bool has_duplicates(const struct json *j)
{
	if (j->duplicate_keys)
		return true;
	JSON_EACH (j, child)
		if (has_duplicates(child))
			return true;
	return false;
}

static size_t depth_of(struct str text)
{
	size_t depth = 0, deepest = 0;

	for (size_t i = 0; i < text.len; i++) {
		depth += text.at[i] == '[' || text.at[i] == '{';
		depth -= depth > 0 && (text.at[i] == ']' || text.at[i] == '}');
		deepest = MAX_OF(deepest, depth);
	}
	return deepest;
}

/* `json` NULL: refused. The peer overlooks a NUL behind a number, and goes deeper. */
static void same_as_peer(struct str text, const struct json *json)
{
	SCOPED(buf) struct buf ours = BUF_INIT(SIZE_MAX), theirs = BUF_INIT(SIZE_MAX);
	enum peer_answer answer;

	if (str_find_char(text, '\0') >= 0 || depth_of(text) >= 100)
		return;
	answer = peer_read(text, &theirs);
	if (answer == PEER_CANNOT_SAY)
		return;
	law((answer == PEER_ACCEPTS) == (json != NULL));
	if (!json || has_duplicates(json))
		return;
	describe(json, &ours);
	law(str_eq(buf_str(&ours), buf_str(&theirs)));
}

static void ranges_hold(const struct json *j, struct str text)
{
	law(j->raw.len > 0 && j->raw.at >= text.at && j->raw.at + j->raw.len <= text.at + text.len);
	JSON_EACH (j, child) {
		law(child->parent == j);
		law(child->raw.at > j->raw.at && child->raw.at + child->raw.len < j->raw.at + j->raw.len);
		ranges_hold(child, j->raw);
	}
}

static void reads_again(struct arena *arena, const struct json *j)
{
	SCOPED(buf) struct buf out = BUF_INIT(SIZE_MAX), twice = BUF_INIT(SIZE_MAX);
	struct err err = ERR_INIT;
	struct json *again;

	json_write(&out, j);
	law(json_parse(arena, buf_str(&out), &again, &err) == 0);
	law(json_equal(j, again));
	json_write(&twice, again);
	law(str_eq(buf_str(&out), buf_str(&twice)));
}

/* Children are cut out where the tree says they are. */
static void cut_alike(const struct json *array, const struct str *items, size_t count)
{
	size_t n = 0;

	JSON_EACH (array, child) {
		law(n < count && str_eq(items[n], child->raw));
		n++;
	}
	law(n == count);
}

static void splits_alike(struct arena *arena, struct str text, const struct json *json)
{
	struct err err = ERR_INIT;
	struct str *items;
	size_t count;
	int code = json_split_array(arena, text, &items, &count, &err);

	for (size_t i = 0; code == 0 && i < count; i++)
		law(items[i].at >= text.at && items[i].at + items[i].len <= text.at + text.len);
	if (json && json->kind == JSON_ARRAY) {
		law(code == 0);
		cut_alike(json, items, count);
	}
	code = json_split_member_array(arena, text, "records", &items, &count, &err);
	if (json && json->kind == JSON_OBJECT && !json->duplicate_keys && code == 0)
		cut_alike(json_get(json, "records"), items, count);
}

/* Changing a tree forgets the bytes of what it changes, and of nothing else. */
static void changes_show(struct arena *arena, struct json *json)
{
	if (json->kind == JSON_ARRAY)
		json_append(json, json_new_text(arena, STR("more")));
	else if (json->kind == JSON_OBJECT)
		json_set(json, STR("records"), json_new_int(arena, 7));
	else
		return;
	law(json->raw.len == 0);
	reads_again(arena, json);
}

void fuzz_json(struct str input)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct json *json = NULL;

	if (json_parse(&arena, input, &json, &err) < 0) {
		law(err.code == ERR_PARSE || err.code == ERR_MEMORY_LIMIT);
		json = NULL;
	}
	same_as_peer(input, json);
	splits_alike(&arena, input, json);
	if (!json)
		return;
	ranges_hold(json, input);
	reads_again(&arena, json);
	reads_again(&arena, json_copy(&arena, json));
	changes_show(&arena, json);
}

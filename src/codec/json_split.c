/*
 * Cutting a page into records (R3). The scanner knows only strings, escapes and brackets. It remembers which brackets
 * are open in `opened`, as far as json_parse() would follow; deeper ones are counted and any bracket closes them, since
 * such an element is refused later anyway.
 */
#include "codec/json.h"

#include "codec/json_scan.h"
#include "lib/limits.h"

#include <string.h>

struct scanner {
	const char *at;
	const char *end;
	char opened[LIMIT_JSON_DEPTH + 4];
	size_t depth; /* below the element, or the member, that is being skipped */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct scanner scan(struct str text)
{
	const char *at = text.len ? text.at : "";

	return (struct scanner) { .at = at, .end = at + text.len };
}

static void skip_blank(struct scanner *s)
{
	while (s->at < s->end && is_blank(*s->at))
		s->at++;
}

/* From an opening quote to behind the closing one, or to the end. */
static void skip_string(struct scanner *s)
{
	for (s->at++; s->at < s->end; s->at++) {
		s->at = json_skip_plain(s->at, s->end);
		if (s->at == s->end || *s->at == '"')
			break;
		if (*s->at == '\\' && s->end - s->at > 1)
			s->at++;
	}
	if (s->at < s->end)
		s->at++;
}

static void open_bracket(struct scanner *s, char bracket)
{
	if (s->depth < sizeof(s->opened))
		s->opened[s->depth] = bracket;
	s->depth++;
}

/* Closes the innermost bracket of that kind and what was opened inside it; false when none of that kind is open. */
static bool close_bracket(struct scanner *s, char bracket)
{
	char wanted = bracket == '}' ? '{' : '[';
	size_t depth = s->depth;

	if (depth > sizeof(s->opened)) {
		s->depth--;
		return true;
	}
	while (depth > 0 && s->opened[depth - 1] != wanted)
		depth--;
	if (depth == 0)
		return false;
	s->depth = depth - 1;
	return true;
}

/* Skips one element or member: stops on the comma behind it or the bracket around it. False: the text ends before. */
static bool skip_element(struct scanner *s, char closer)
{
	static const bool notable[256] = {
		['"'] = true, ['{'] = true, ['['] = true, ['}'] = true, [']'] = true, [','] = true
	};

	s->depth = 0;
	while (s->at < s->end) {
		char c = *s->at;

		if (!notable[(unsigned char)c]) {
			s->at++;
			continue;
		}
		if (c == '"') {
			skip_string(s);
			continue;
		}
		if (s->depth == 0 && (c == ',' || c == closer))
			return true;
		if (c == '{' || c == '[')
			open_bracket(s, c);
		else if (c != ',' && !close_bracket(s, c) && c == closer)
			return true;
		s->at++;
	}
	return false;
}

struct items {
	struct str *at;
	size_t count;
	size_t cap;
};

static void add_item(struct arena *arena, struct items *items, const char *from, const char *to)
{
	while (to > from && is_blank(to[-1]))
		to--;
	if (items->count == items->cap) {
		struct str *larger = arena_new_array(arena, struct str, MAX_OF(items->cap * 2, (size_t)128));

		if (items->count)
			memcpy(larger, items->at, items->count * sizeof(*larger));
		items->at = larger;
		items->cap = MAX_OF(items->cap * 2, (size_t)128);
	}
	items->at[items->count++] = str_range(from, (size_t)(to - from));
}

/* From behind the opening bracket to behind the closing one. */
static bool split_elements(struct arena *arena, struct scanner *s, struct items *items)
{
	bool first = true;

	for (;; first = false) {
		const char *start;

		skip_blank(s);
		start = s->at;
		if (!skip_element(s, ']'))
			return false;
		if (!first || s->at != start || *s->at == ',')
			add_item(arena, items, start, s->at);
		if (*s->at++ == ']')
			return true;
	}
}

static int not_an_array(const struct scanner *s, struct str text, const char *problem, struct err *err)
{
	return err_set(err, ERR_PARSE, "byte %zu: %s", text.len - (size_t)(s->end - s->at), problem);
}

/* Splits the array at s->at; what follows it is the caller's business. */
static int split_here(struct arena *arena, struct scanner *s, struct str text, struct items *items, struct err *err)
{
	if (s->at == s->end || *s->at != '[')
		return not_an_array(s, text, "an array of records should start here", err);
	s->at++;
	if (!split_elements(arena, s, items))
		return not_an_array(s, text, "the text ends inside an array of records", err);
	return 0;
}

int json_split_array(struct arena *arena, struct str text, struct str **ret_items, size_t *ret_count, struct err *err)
{
	struct scanner s = scan(text);
	struct items items = { 0 };
	int r;

	skip_blank(&s);
	r = split_here(arena, &s, text, &items, err);
	if (r < 0)
		return r;
	skip_blank(&s);
	if (s.at != s.end)
		return not_an_array(&s, text, "something follows the array of records", err);
	*ret_items = items.at;
	*ret_count = items.count;
	return 0;
}

/* Reads `"key" :` and stands before the value; false when that is not what is there. */
static bool read_key(struct scanner *s, struct str *ret)
{
	const char *start;

	skip_blank(s);
	start = s->at;
	if (s->at == s->end || *s->at != '"')
		return false;
	skip_string(s);
	if (s->at - start < 2)
		return false;
	*ret = str_range(start + 1, (size_t)(s->at - start) - 2);
	skip_blank(s);
	if (s->at == s->end || *s->at != ':')
		return false;
	s->at++;
	skip_blank(s);
	return true;
}

int json_split_member_array(struct arena *arena, struct str text, const char *name, struct str **ret_items,
                            size_t *ret_count, struct err *err)
{
	struct scanner s = scan(text);
	struct items items = { 0 };
	struct str key;
	int r;

	skip_blank(&s);
	if (s.at == s.end || *s.at != '{')
		return not_an_array(&s, text, "an object should start here", err);
	do {
		s.at++;
		if (!read_key(&s, &key))
			return err_set(err, ERR_NOT_FOUND, "no member \"%s\" in the answer", name);
		if (!str_eq_c(key, name))
			continue;
		r = split_here(arena, &s, text, &items, err);
		if (r < 0)
			return r;
		*ret_items = items.at;
		*ret_count = items.count;
		return 0;
	} while (skip_element(&s, '}') && *s.at == ',');
	return err_set(err, ERR_NOT_FOUND, "no member \"%s\" in the answer", name);
}

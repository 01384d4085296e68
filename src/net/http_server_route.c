/*
 * The table of routes: compiled into segments once (routes_compile), searched in order for each request (routes_find). A path
 * is cut at its slashes first and decoded then, so that "%2F" stays inside its segment.
 */
#include "net/http_server_internal.h"
#include "codec/url.h"
#include "codec/utf8.h"
#include "lib/limits.h"

#include <string.h>

enum segment_kind { SEGMENT_TEXT, SEGMENT_ONE, SEGMENT_REST };

struct segment {
	enum segment_kind kind;
	struct str text; /* or the name */
};

struct route {
	const struct http_route *row;
	struct segment segments[LIMIT_SERVER_SEGMENTS];
	size_t count;
};

/* A path cut into segments: as they came, and decoded. */
struct cut {
	struct str raw[LIMIT_SERVER_SEGMENTS];
	struct str decoded[LIMIT_SERVER_SEGMENTS];
	size_t count;
	bool more; /* the last raw one holds what did not fit */
};

static const struct refusal bad_encoding = { 400, "bad_request", "path or query are not well encoded" };
static const struct refusal not_found = { 404, "not_found", "there is nothing here" };
static const struct refusal bad_method = { 405, "bad_method", "this cannot be done here" };

static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" };

static bool is_method(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_LEN(methods); i++)
		if (strcmp(methods[i], name) == 0)
			return true;
	return false;
}

/* "text", "{name}" or "{name*}". */
static bool compile_segment(struct str text, struct segment *ret)
{
	*ret = (struct segment) { .kind = SEGMENT_TEXT, .text = text };
	if (!str_starts(text, STR("{")))
		return str_find_char(text, '{') < 0 && str_find_char(text, '}') < 0;
	if (!str_ends(text, STR("}")))
		return false;
	ret->text = str_range(text.at + 1, text.len - 2);
	ret->kind = str_ends(ret->text, STR("*")) ? SEGMENT_REST : SEGMENT_ONE;
	ret->text.len -= ret->kind == SEGMENT_REST;
	return ret->text.len > 0;
}

static bool compile_row(const struct http_route *row, struct route *ret)
{
	struct str rest = str_of(row->pattern), part = STR_EMPTY;
	size_t names = 0;

	ret->row = row;
	if (!str_starts(rest, STR("/")) || (rest.len > 1 && str_ends(rest, STR("/"))) || !is_method(row->method) ||
	    !row->handle)
		return false;
	rest = str_skip(rest, 1);
	do {
		bool again = ret->count > 0 && ret->segments[ret->count - 1].kind == SEGMENT_REST;

		part = STR_EMPTY;
		(void)str_split(&rest, '/', &part);
		if (again || ret->count == LIMIT_SERVER_SEGMENTS || !compile_segment(part, &ret->segments[ret->count]))
			return false;
		names += ret->segments[ret->count++].kind != SEGMENT_TEXT;
	} while (rest.len > 0);
	return names <= HTTP_ROUTE_PARAMS;
}

int routes_compile(struct arena *arena, const struct http_route *rows, size_t count, struct route_table *ret,
                   struct err *err)
{
	*ret = (struct route_table) { .rows = arena_new_array(arena, struct route, count), .count = count };
	for (size_t i = 0; i < count; i++)
		if (!compile_row(&rows[i], &ret->rows[i]))
			return err_set(err, ERR_CONFIG, "route %zu (%s %s) is malformed", i,
			               rows[i].method ? rows[i].method : "?", rows[i].pattern ? rows[i].pattern : "?");
	return 0;
}

static bool decode(struct arena *arena, struct str text, bool plus_is_blank, struct str *ret)
{
	return url_decode(arena, text, plus_is_blank, ret) && str_find_char(*ret, '\0') < 0 && utf8_valid(*ret);
}

static bool cut_path(struct arena *arena, struct str path, struct cut *ret)
{
	struct str rest = str_skip(path, 1), whole = STR_EMPTY;

	*ret = (struct cut) { 0 };
	if (!decode(arena, rest, false, &whole))
		return false;
	for (;;) {
		ptrdiff_t slash = str_find_char(rest, '/');
		struct str *raw = &ret->raw[ret->count];

		*raw = slash < 0 ? rest : str_range(rest.at, (size_t)slash);
		ret->more = slash >= 0 && ret->count + 1 == LIMIT_SERVER_SEGMENTS;
		if (!decode(arena, *raw, false, &ret->decoded[ret->count++]))
			return false;
		if (slash < 0 || ret->more)
			return true;
		rest = str_skip(rest, (size_t)slash + 1);
	}
}

/* All from segment `at` to the end of the path, decoded. */
static struct str rest_of(struct arena *arena, struct str path, const struct cut *cut, size_t at)
{
	struct str ret = STR_EMPTY;

	if (at < cut->count)
		ensure(decode(arena, str_range(cut->raw[at].at, (size_t)(path.at + path.len - cut->raw[at].at)), false,
		              &ret));
	return ret;
}

static bool fits(const struct route *route, const struct cut *cut)
{
	const struct segment *last = &route->segments[route->count - 1];
	size_t fixed = route->count - (last->kind == SEGMENT_REST);

	if (last->kind == SEGMENT_REST ? cut->count < fixed : cut->count != fixed || cut->more)
		return false;
	for (size_t i = 0; i < fixed; i++) {
		const struct segment *segment = &route->segments[i];

		if (segment->kind == SEGMENT_ONE ? cut->decoded[i].len == 0 : !str_eq(segment->text, cut->decoded[i]))
			return false;
	}
	return true;
}

static bool method_fits(const char *of_route, struct str asked)
{
	return str_eq_c(asked, of_route) || (str_eq_c(asked, "HEAD") && strcmp(of_route, "GET") == 0);
}

static void fill(const struct route *route, struct arena *arena, const struct cut *cut, struct str path,
                 struct http_asked *asked)
{
	struct http_named *params = arena_new_array(arena, struct http_named, HTTP_ROUTE_PARAMS);

	asked->pattern = route->row->pattern;
	asked->params = params;
	for (size_t i = 0; i < route->count; i++) {
		const struct segment *segment = &route->segments[i];

		if (segment->kind != SEGMENT_TEXT)
			params[asked->param_count++] = (struct http_named) {
				.name = segment->text,
				.value = segment->kind == SEGMENT_ONE ? cut->decoded[i] : rest_of(arena, path, cut, i),
			};
	}
}

static struct str allowed(const struct route_table *table, struct arena *arena, const struct cut *cut)
{
	struct str list = STR_EMPTY;

	for (size_t m = 0; m < ARRAY_LEN(methods); m++) {
		bool found = false;

		for (size_t i = 0; i < table->count && !found; i++)
			found = method_fits(table->rows[i].row->method, str_of(methods[m])) &&
			        fits(&table->rows[i], cut);
		if (found)
			list = arena_printf(arena, "%.*s%s%s", STR_ARG(list), list.len ? ", " : "", methods[m]);
	}
	return list;
}

const struct refusal *routes_find(const struct route_table *table, struct arena *arena, struct str method,
                                  struct str path, struct http_asked *asked, struct route_found *ret)
{
	struct cut cut;

	*ret = (struct route_found) { 0 };
	if (!cut_path(arena, path, &cut))
		return &bad_encoding;
	for (size_t i = 0; i < table->count; i++) {
		const struct route *route = &table->rows[i];

		if (!method_fits(route->row->method, method) || !fits(route, &cut))
			continue;
		fill(route, arena, &cut, path, asked);
		asked->method = str_eq_c(method, "HEAD") ? "HEAD" : route->row->method;
		ret->row = route->row;
		return NULL;
	}
	ret->allow = allowed(table, arena, &cut);
	return ret->allow.len ? &bad_method : &not_found;
}

static size_t count_char(struct str s, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.at[i] == c;
	return n;
}

const struct refusal *query_split(struct arena *arena, struct str query, struct http_asked *asked)
{
	struct http_named *list = arena_new_array(arena, struct http_named, count_char(query, '&') + 1);
	struct str rest = query, part = STR_EMPTY;

	asked->queries = list;
	while (str_split(&rest, '&', &part)) {
		ptrdiff_t equal = str_find_char(part, '=');
		struct str name = equal < 0 ? part : str_range(part.at, (size_t)equal);
		struct str value = equal < 0 ? STR_EMPTY : str_skip(part, (size_t)equal + 1);
		struct http_named *to = &list[asked->query_count];

		if (part.len == 0)
			continue;
		if (!decode(arena, name, true, &to->name) || !decode(arena, value, true, &to->value))
			return &bad_encoding;
		asked->query_count++;
	}
	return NULL;
}

static struct str named(const struct http_named *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_c(list[i].name, name))
			return list[i].value.at ? list[i].value : STR("");
	return STR_EMPTY;
}

struct str http_param(const struct http_asked *asked, const char *name)
{
	return named(asked->params, asked->param_count, name);
}

struct str http_query(const struct http_asked *asked, const char *name)
{
	return named(asked->queries, asked->query_count, name);
}

struct str http_asked_header(const struct http_asked *asked, const char *name)
{
	for (size_t i = 0; i < asked->header_count; i++)
		if (str_eq_nocase(asked->headers[i].name, str_of(name)))
			return asked->headers[i].value.at ? asked->headers[i].value : STR("");
	return STR_EMPTY;
}

struct str http_cookie(const struct http_asked *asked, const char *name)
{
	struct str rest = http_asked_header(asked, "cookie"), part = STR_EMPTY;

	while (str_split(&rest, ';', &part)) {
		struct str pair = str_trim(part);
		ptrdiff_t equal = str_find_char(pair, '=');

		if (equal >= 0 && str_eq_c(str_range(pair.at, (size_t)equal), name))
			return str_skip(pair, (size_t)equal + 1);
	}
	return STR_EMPTY;
}

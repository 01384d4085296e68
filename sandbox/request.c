/* request: the parts of a request and of an answer that need no socket. */
#include "sandbox/server_internal.h"

#include <string.h>

#include "codec/url.h"

void pairs_add(struct arena *arena, struct pairs *pairs, struct str name, struct str value)
{
	if (pairs->count == pairs->cap) {
		size_t cap = pairs->cap ? pairs->cap * 2 : 16;
		struct pair *at = arena_new_array(arena, struct pair, cap);

		if (pairs->count)
			memcpy(at, pairs->at, pairs->count * sizeof(*at));
		pairs->at = at;
		pairs->cap = cap;
	}
	pairs->at[pairs->count++] = (struct pair) { .name = name, .value = value };
}

static const struct pair *find(const struct pairs *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->count; i++) {
		if (str_eq_c(pairs->at[i].name, name))
			return &pairs->at[i];
	}
	return NULL;
}

struct str pairs_get(const struct pairs *pairs, const char *name)
{
	const struct pair *pair = find(pairs, name);

	return pair ? pair->value : STR_EMPTY;
}

struct str request_param(const struct request *request, const char *name)
{
	return pairs_get(&request->params, name);
}

struct str request_query(const struct request *request, const char *name)
{
	return pairs_get(&request->query, name);
}

bool request_has_query(const struct request *request, const char *name)
{
	return find(&request->query, name) != NULL;
}

struct str request_header(const struct request *request, const char *name)
{
	for (size_t i = 0; i < request->headers.count; i++) {
		if (str_eq_nocase(request->headers.at[i].name, str_of(name)))
			return request->headers.at[i].value;
	}
	return STR_EMPTY;
}

int request_json(struct request *request, struct json **ret, struct err *err)
{
	if (!request->json) {
		int r = json_parse(request->arena, request->body, &request->json, err);

		if (r < 0) {
			request->json = NULL;
			return r;
		}
	}
	*ret = request->json;
	return 0;
}

/* Text with a broken percent sign is taken as it stands: a real server is lenient there too. */
static struct str decoded(struct arena *arena, struct str text)
{
	struct str ret;

	return url_decode(arena, text, true, &ret) ? ret : text;
}

struct pairs request_form(struct arena *arena, struct str text)
{
	struct pairs pairs = { 0 };
	struct str part, name;

	while (str_split(&text, '&', &part)) {
		if (part.len == 0)
			continue;
		if (!str_split(&part, '=', &name))
			continue;
		pairs_add(arena, &pairs, decoded(arena, name), decoded(arena, part));
	}
	return pairs;
}

static struct str collapse_slashes(struct arena *arena, struct str path)
{
	char *out;
	size_t len = 0;

	if (str_find(path, STR("//")) < 0)
		return path;
	out = arena_alloc_bytes(arena, path.len + 1);
	for (size_t i = 0; i < path.len; i++) {
		if (path.at[i] != '/' || len == 0 || out[len - 1] != '/')
			out[len++] = path.at[i];
	}
	return str_range(out, len);
}

void request_set_target(struct request *request, struct str target)
{
	struct str path = target;
	ptrdiff_t mark = str_find_char(target, '?');

	if (mark >= 0) {
		path = str_range(target.at, (size_t)mark);
		request->query_text = str_skip(target, (size_t)mark + 1);
	}
	request->path = collapse_slashes(request->arena, path);
	request->query = request_form(request->arena, request->query_text);
}

void answer_init(struct answer *answer, struct arena *arena)
{
	*answer = (struct answer) { .arena = arena, .status = 200, .body = BUF_INIT(LIMIT_SANDBOX_BODY * 4) };
}

void answer_header(struct answer *answer, const char *name, struct str value)
{
	for (size_t i = 0; i < answer->headers.count; i++) {
		if (str_eq_nocase(answer->headers.at[i].name, str_of(name))) {
			answer->headers.at[i].value = value;
			return;
		}
	}
	pairs_add(answer->arena, &answer->headers, str_of(name), value);
}

void answer_text(struct answer *answer, int status, const char *content_type, const char *text)
{
	answer->status = status;
	answer_header(answer, "Content-Type", str_of(content_type));
	buf_clear(&answer->body);
	buf_add_c(&answer->body, text);
}

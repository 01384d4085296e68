/*
 * Requests to the daemon as bytes of one connection: heads, routes, queries, bodies, one request after the other, as http_server_conn.c takes them. What is understood
 * does not depend on the pieces in which the bytes come; what is accepted holds nothing that another server could read in another way.
 */
#include "fuzz.h"

#include "codec/utf8.h"
#include "lib/limits.h"
#include "net/http_server_internal.h"

static const size_t body_limit = 4096;

static void handle(void *context UNUSED, const struct http_asked *asked UNUSED, struct arena *arena UNUSED,
                   struct http_reply *ret UNUSED)
{
}

static const struct http_route rows[] = {
	{ "GET", "/health", handle },
	{ "POST", "/echo", handle },
	{ "POST", "/hooks/{connection}/{secret}", handle, .body_limit = 64 },
	{ "PUT", "/api/v1/syncs/{name}", handle },
	{ "GET", "/files/{name*}", handle },
	{ "GET", "/{rest*}", handle },
};

enum place { AT_START, AT_HEAD, AT_BODY, AT_END };

/* One connection as far as it has come. */
struct wire {
	struct arena arena;
	struct route_table routes;
	struct evbuffer *in, *body;
	struct body_reader reader;
	struct http_asked asked;
	size_t scanned;
	enum place place;
	bool keep;
	struct buf seen; /* what was understood, as text */
};

static void wire_open(struct wire *w)
{
	struct err err = ERR_INIT;

	*w = (struct wire) { .in = evbuffer_new(), .body = evbuffer_new(), .seen = BUF_INIT(SIZE_MAX) };
	must(w->in && w->body);
	law(routes_compile(&w->arena, rows, ARRAY_LEN(rows), &w->routes, &err) == 0);
}

static void wire_close(struct wire *w)
{
	evbuffer_free(w->in);
	evbuffer_free(w->body);
	buf_release(&w->seen);
	arena_release(&w->arena);
}

static bool refuse(struct wire *w, const struct refusal *wrong)
{
	law(wrong->status >= 400 && wrong->status < 600);
	buf_printf(&w->seen, "refused %u %s\n", wrong->status, wrong->code);
	w->place = AT_END;
	return false;
}

static void see(struct wire *w, const char *what, struct str text)
{
	buf_printf(&w->seen, "%s %zu:", what, text.len);
	buf_add(&w->seen, text);
	buf_add_char(&w->seen, '\n');
}

static void no_control_characters(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		law(((unsigned char)s.at[i] >= ' ' || s.at[i] == '\t') && s.at[i] != 127);
}

static size_t count_headers(const struct head *head, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < head->header_count; i++)
		count += str_eq_nocase(head->headers[i].name, str_of(name));
	return count;
}

/* What two servers in a row must not read in two ways. */
static void is_unambiguous(const struct head *head)
{
	size_t lengths = count_headers(head, "content-length"), codings = count_headers(head, "transfer-encoding");

	law(lengths + codings <= 1);
	law(count_headers(head, "host") <= 1);
	law(head->chunked == (codings == 1));
	law(head->path.len > 0 && head->path.at[0] == '/');
	no_control_characters(head->path);
	no_control_characters(head->query);
	for (size_t i = 0; i < head->header_count; i++) {
		law(head->headers[i].name.len > 0);
		law(str_find_char(head->headers[i].name, ' ') < 0 && str_find_char(head->headers[i].name, ':') < 0);
		no_control_characters(head->headers[i].name);
		no_control_characters(head->headers[i].value);
	}
}

static void are_clean(const struct http_named *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		law(str_find_char(list[i].name, '\0') < 0 && str_find_char(list[i].value, '\0') < 0);
		law(utf8_valid(list[i].name) && utf8_valid(list[i].value));
	}
}

static void see_head(struct wire *w, const struct head *head, const struct http_route *row)
{
	see(w, "method", head->method);
	see(w, "path", head->path);
	see(w, "query", head->query);
	see(w, "pattern", str_of(row->pattern));
	for (size_t i = 0; i < head->header_count; i++) {
		see(w, "header", head->headers[i].name);
		see(w, "value", head->headers[i].value);
	}
	for (size_t i = 0; i < w->asked.param_count; i++)
		see(w, "param", w->asked.params[i].value);
	for (size_t i = 0; i < w->asked.query_count; i++)
		see(w, "query", w->asked.queries[i].value);
	see(w, "cookie", http_cookie(&w->asked, "suture"));
}

static bool end_of_request(struct wire *w)
{
	see(w, "body", str_range((const char *)evbuffer_pullup(w->body, -1), evbuffer_get_length(w->body)));
	evbuffer_drain(w->body, evbuffer_get_length(w->body));
	w->place = w->keep ? AT_START : AT_END;
	return w->keep;
}

static bool take_head(struct wire *w, struct str text)
{
	const struct refusal *wrong;
	struct route_found found;
	struct head head;
	size_t limit;

	w->asked = (struct http_asked) { 0 };
	wrong = head_parse(&w->arena, text, &head);
	if (wrong)
		return refuse(w, wrong);
	is_unambiguous(&head);
	w->asked.headers = head.headers;
	w->asked.header_count = head.header_count;
	w->keep = head.keep;
	wrong = routes_find(&w->routes, &w->arena, head.method, head.path, &w->asked, &found);
	if (!wrong)
		wrong = query_split(&w->arena, head.query, &w->asked);
	if (wrong)
		return refuse(w, wrong);
	are_clean(w->asked.params, w->asked.param_count);
	are_clean(w->asked.queries, w->asked.query_count);
	see_head(w, &head, found.row);
	limit = found.row->body_limit ? found.row->body_limit : body_limit;
	if (!head.chunked && head.length > limit) {
		buf_add_c(&w->seen, "too large\n");
		w->place = AT_END;
		return false;
	}
	body_begin(&w->reader, w->body, &head, limit);
	w->place = AT_BODY;
	return w->reader.done ? end_of_request(w) : true;
}

static bool step_start(struct wire *w)
{
	char start[2];

	while (evbuffer_copyout(w->in, start, 2) == 2 && start[0] == '\r' && start[1] == '\n')
		evbuffer_drain(w->in, 2);
	if (evbuffer_get_length(w->in) == 0 || (evbuffer_get_length(w->in) == 1 && start[0] == '\r'))
		return false;
	w->scanned = 0;
	w->place = AT_HEAD;
	return true;
}

static bool step_head(struct wire *w)
{
	size_t len = MIN_OF(evbuffer_get_length(w->in), LIMIT_HTTP_HEADERS), head_len;
	struct str bytes = str_range((const char *)evbuffer_pullup(w->in, (ev_ssize_t)len), len);
	const struct refusal *wrong = head_find(bytes, &w->scanned, &head_len);

	if (wrong)
		return refuse(w, wrong);
	if (head_len == 0)
		return false;
	bytes = arena_str(&w->arena, str_range(bytes.at, head_len));
	evbuffer_drain(w->in, head_len);
	return take_head(w, bytes);
}

static bool step_body(struct wire *w)
{
	const struct refusal *wrong = body_take(&w->reader, w->in);

	law(evbuffer_get_length(w->body) <= w->reader.limit);
	if (wrong)
		return refuse(w, wrong);
	return w->reader.done && end_of_request(w);
}

static bool step_end(struct wire *w UNUSED)
{
	return false;
}

static void take(struct wire *w, struct str bytes)
{
	static bool (*const steps[])(struct wire * w) = {
		[AT_START] = step_start,
		[AT_HEAD] = step_head,
		[AT_BODY] = step_body,
		[AT_END] = step_end,
	};

	must(evbuffer_add(w->in, bytes.at, bytes.len) == 0);
	while (steps[w->place](w))
		;
}

void fuzz_http(struct str input)
{
	struct fuzz_dice dice = fuzz_dice_of(input);
	struct wire whole, pieces;
	struct str rest = input;

	wire_open(&whole);
	wire_open(&pieces);
	take(&whole, input);
	while (rest.len > 0)
		take(&pieces, fuzz_chunk(&dice, &rest));
	law(str_eq(buf_str(&whole.seen), buf_str(&pieces.seen)));
	law(whole.place == pieces.place);
	wire_close(&whole);
	wire_close(&pieces);
}

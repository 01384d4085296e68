/* Answers: what a handler calls to fill one, and the status line and headers that go before its body. */
#include "net/http_server_internal.h"
#include "codec/json.h"

#include <event2/util.h>

static const size_t largest_head = (size_t)64 << 10;

void http_reply_json(struct http_reply *ret, struct str json)
{
	ret->status = 200;
	ret->content_type = "application/json";
	ret->body = json;
}

static void add_member(struct buf *out, const char *name, const char *text)
{
	buf_add_c(out, name);
	json_write_string(out, str_of(text));
}

void http_reply_error(struct http_reply *ret, struct arena *arena, unsigned status, const char *code,
                      const char *message, const char *hint)
{
	SCOPED(buf) struct buf out = BUF_INIT(largest_head);

	add_member(&out, "{\"error\":{\"code\":", code);
	add_member(&out, ",\"message\":", message);
	if (hint)
		add_member(&out, ",\"hint\":", hint);
	buf_add_c(&out, "}}");
	ret->status = status;
	ret->content_type = "application/json";
	ret->body = arena_str(arena, buf_ok(&out) ? buf_str(&out) : STR("{\"error\":{}}"));
}

void http_reply_header(struct http_reply *ret, struct arena *arena, const char *name, struct str value)
{
	struct http_header *headers = arena_new_array(arena, struct http_header, ret->header_count + 1);

	for (size_t i = 0; i < ret->header_count; i++)
		headers[i] = ret->headers[i];
	headers[ret->header_count++] = (struct http_header) { str_of(name), value };
	ret->headers = headers;
}

static const struct {
	unsigned status;
	const char *text;
} reasons[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 415, "Unsupported Media Type" },
	{ 417, "Expectation Failed" },
	{ 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
};

static const char *reason_of(unsigned status)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "Answer";
}

/* What the server says by itself and nobody else may. */
static bool is_ours(struct str name)
{
	static const char *const names[] = { "content-length", "transfer-encoding", "connection", "date",
		                             "content-type" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq_nocase(name, str_of(names[i])))
			return true;
	return false;
}

static bool has_control(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.at[i] < ' ' || s.at[i] == 127)
			return true;
	return false;
}

static bool is_well_formed(const struct http_reply *r)
{
	if (r->status < 200 || r->status > 599)
		return false;
	for (size_t i = 0; i < r->header_count; i++) {
		struct str name = r->headers[i].name;

		if (name.len == 0 || has_control(name) || str_find_char(name, ':') >= 0 ||
		    str_find_char(name, ' ') >= 0 || has_control(r->headers[i].value) || is_ours(name))
			return false;
	}
	return true;
}

static bool has_header(const struct http_reply *r, struct str name)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (str_eq_nocase(r->headers[i].name, name))
			return true;
	return false;
}

static void add_headers(struct buf *out, const struct http_reply *r, bool tls)
{
	for (size_t i = 0; i < r->header_count; i++)
		buf_printf(out, "%.*s: %.*s\r\n", STR_ARG(r->headers[i].name), STR_ARG(r->headers[i].value));
	if (!has_header(r, STR("Cache-Control")))
		buf_add_c(out, "Cache-Control: no-store\r\n");
	buf_add_c(out, "X-Content-Type-Options: nosniff\r\n");
	if (tls)
		buf_add_c(out, "Strict-Transport-Security: max-age=31536000\r\n");
}

static void add_framing(struct buf *out, const struct call *call)
{
	const struct http_reply *r = &call->reply;

	if (r->stream && r->status == 200)
		buf_add_c(out, "Content-Type: text/event-stream\r\nX-Accel-Buffering: no\r\n");
	else if (r->content_type)
		buf_printf(out, "Content-Type: %s\r\n", r->content_type);
	if (!(r->stream && r->status == 200) && r->status != 204 && r->status != 304)
		buf_printf(out, "Content-Length: %zu\r\n", r->body.len);
	if (!call->keep)
		buf_add_c(out, "Connection: close\r\n");
}

static void write_head(struct buf *out, const struct call *call)
{
	char date[64];

	evutil_date_rfc1123(date, sizeof(date), NULL);
	buf_printf(out, "HTTP/1.1 %u %s\r\nDate: %s\r\n", call->reply.status, reason_of(call->reply.status), date);
	add_framing(out, call);
	add_headers(out, &call->reply, call->server->options.cert_file != NULL);
	buf_add_c(out, "\r\n");
}

/* A handler's mistake must not split the answer in two; a stream that it started ends. */
static void mend(struct call *call)
{
	uint64_t stream = call->reply.stream;

	call->reply = (struct http_reply) { .stream = stream };
	http_reply_error(&call->reply, &call->memory, 500, "bug", "Suture made a mistake while it answered", NULL);
}

void reply_compose(struct call *call)
{
	SCOPED(buf) struct buf out = BUF_INIT(largest_head);

	if (call->reply.stream || atomic_load(&call->server->draining))
		call->keep = false;
	if (!is_well_formed(&call->reply))
		mend(call);
	write_head(&out, call);
	if (!buf_ok(&out)) {
		buf_clear(&out);
		out.overflow = false;
		mend(call);
		write_head(&out, call);
	}
	if (call->bodyless || call->reply.status == 204 || call->reply.status == 304)
		call->reply.body = STR_EMPTY;
	call->answer = arena_str(&call->memory, buf_str(&out));
}

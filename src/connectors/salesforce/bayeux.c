/*
 * One request is one message, one answer an array: events first, then the reply to our message. What the reply says about going
 * on is judged here, by its error text where that is known and by its advice otherwise. Cookies are kept for the session:
 * a load balancer finds our server by them ("without them the server answers 400").
 */
#include "connectors/salesforce/bayeux.h"

#include "connectors/answer.h"
#include "lib/clock.h"
#include "lib/limits.h"

enum {
	look_up_ms = 200,      /* how often a long wait looks at *stop */
	short_wait_ms = 30000, /* everything but connect is answered at once */
	usual_hold_ms = 110000,
	spare_ms = 20000, /* an answer may take so much longer than the server means to hold it */
	farewell_ms = 500,
};

static const size_t longest_message = 32768; /* "else 413" */

void bayeux_forget(struct bayeux *b)
{
	arena_reset(&b->session);
	b->client_id = STR_EMPTY;
	b->cookie_count = 0;
	b->interval_ms = 0;
	b->hold_ms = usual_hold_ms;
}

void bayeux_release(struct bayeux *b)
{
	bayeux_forget(b);
	arena_release(&b->session);
}

/* ---- cookies ---- */

static struct bayeux_cookie *cookie_at(struct bayeux *b, struct str name)
{
	for (size_t i = 0; i < b->cookie_count; i++)
		if (str_eq(b->cookies[i].name, name))
			return &b->cookies[i];
	if (b->cookie_count == ARRAY_LEN(b->cookies))
		return NULL;
	b->cookies[b->cookie_count] = (struct bayeux_cookie) { .name = arena_str(&b->session, name) };
	return &b->cookies[b->cookie_count++];
}

/* "name=value; Path=/; ...": one address, one session, so what follows the value decides nothing. */
static void keep_cookie(struct bayeux *b, struct str line)
{
	struct str rest = line, pair = STR_EMPTY, name = STR_EMPTY;
	struct bayeux_cookie *cookie;

	str_split(&rest, ';', &pair);
	if (pair.len > 4096 || str_find_char(pair, '=') <= 0 || !str_split(&pair, '=', &name))
		return;
	cookie = cookie_at(b, str_trim(name));
	if (cookie)
		cookie->value = arena_str(&b->session, str_trim(pair));
}

static void keep_cookies(struct bayeux *b, const struct http_answer *answer)
{
	for (size_t i = 0; i < answer->header_count; i++)
		if (str_eq_nocase(answer->headers[i].name, STR("Set-Cookie")))
			keep_cookie(b, answer->headers[i].value);
}

static void write_cookies(struct buf *out, const struct bayeux *b)
{
	for (size_t i = 0; i < b->cookie_count; i++)
		if (b->cookies[i].value.len)
			buf_printf(out, "%s%.*s=%.*s", out->len ? "; " : "", STR_ARG(b->cookies[i].name),
			           STR_ARG(b->cookies[i].value));
}

/* ---- one message and its answer ---- */

static int wait_for(struct bayeux *b, struct http_future *future, struct arena *arena, struct http_answer *ret,
                    struct err *err)
{
	while (!http_wait_ready(future, look_up_ms)) {
		if (!atomic_load(b->stop))
			continue;
		http_cancel(&future);
		return err_set(err, ERR_ABORTED, "listening was stopped");
	}
	return http_wait(&future, arena, ret, err);
}

static struct http_future *start(struct bayeux *b, const struct buf *message, struct buf *authorization,
                                 bool repeatable)
{
	SCOPED(buf) struct buf cookies = BUF_INIT(LIMIT_HTTP_HEADERS);
	struct http_header headers[3] = { { STR("Content-Type"), STR("application/json") },
		                          { STR("Authorization"), buf_str(authorization) } };
	struct http_request request = { .target = &b->target,
		                        .method = "POST",
		                        .url = b->path,
		                        .headers = headers,
		                        .header_count = 2,
		                        .body = buf_str(message),
		                        .idempotent = repeatable,
		                        .no_auth = true };

	write_cookies(&cookies, b);
	if (cookies.len)
		headers[request.header_count++] = (struct http_header) { STR("Cookie"), buf_str(&cookies) };
	return http_start(b->http, &request);
}

static int exchange(struct bayeux *b, struct arena *arena, const struct buf *message, int64_t wait_ms, bool repeatable,
                    struct http_answer *ret, struct err *err)
{
	SCOPED(buf) struct buf authorization = BUF_INIT(LIMIT_HTTP_HEADERS);
	bool refresh = b->new_token;

	ensure(buf_ok(message));
	b->new_token = false;
	if (b->authorize(b->context, refresh, &authorization, err) < 0)
		return err->code;
	b->target.timeout_ms = (unsigned)wait_ms; /* nothing of ours is under way now */
	if (wait_for(b, start(b, message, &authorization, repeatable), arena, ret, err) < 0)
		return err->code;
	keep_cookies(b, ret);
	return 0;
}

/* ---- what an answer says ---- */

/* The first row that fits decides. To add a text: a row. */
static const struct verdict {
	const char *channel; /* NULL: any */
	const char *part;    /* of the error */
	enum bayeux_next next;
} verdicts[] = {
	{ "/meta/subscribe", "replayId", BAYEUX_GONE },
	{ NULL, "limit exceeded", BAYEUX_AGAIN },
	{ NULL, "Unknown client", BAYEUX_HANDSHAKE },
	{ NULL, "401::", BAYEUX_TOKEN },
	{ NULL, "503::", BAYEUX_AGAIN },
	{ "/meta/subscribe", "400:", BAYEUX_DENIED },
	{ "/meta/subscribe", "403:", BAYEUX_DENIED },
	{ "/meta/subscribe", "404:", BAYEUX_DENIED },
	{ "/meta/subscribe", "doesn't exist", BAYEUX_DENIED },
};

static const struct {
	const char *reconnect;
	enum bayeux_next next;
} advices[] = {
	{ "handshake", BAYEUX_HANDSHAKE },
	{ "retry", BAYEUX_AGAIN },
	{ "none", BAYEUX_TOKEN }, /* "stop, re-authenticate" */
};

static bool holds(struct str text, const char *part)
{
	return str_find(text, str_of(part)) >= 0;
}

static enum bayeux_next judge_error(const struct json *meta, const char *channel)
{
	struct str error = json_get_text(meta, "error");
	struct str reason = json_text(json_walk(meta, "ext.sfdc.failureReason"));
	struct str advice = json_text(json_walk(meta, "advice.reconnect"));

	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
		const struct verdict *v = &verdicts[i];

		if ((!v->channel || str_eq_c(str_of(channel), v->channel)) &&
		    (holds(error, v->part) || holds(reason, v->part)))
			return v->next;
	}
	for (size_t i = 0; i < ARRAY_LEN(advices); i++)
		if (str_eq_c(advice, advices[i].reconnect))
			return advices[i].next;
	return BAYEUX_AGAIN;
}

/* An answer without a reply to our message. Between us and the server something may have lost events: a new session. */
static enum bayeux_next judge_status(unsigned status, struct str body)
{
	if (status == 401)
		return BAYEUX_TOKEN;
	if (status < 300 || status == 502 || status == 504 || (status == 400 && holds(body, "cookie")))
		return BAYEUX_HANDSHAKE;
	return status >= 500 || status == 408 || status == 420 || status == 429 ? BAYEUX_AGAIN : BAYEUX_DENIED;
}

static void take_advice(struct bayeux *b, const struct json *meta)
{
	const struct json *advice = json_get(meta, "advice");
	int64_t interval_ms = json_int(json_get(advice, "interval"), b->interval_ms);
	int64_t hold_ms = json_int(json_get(advice, "timeout"), b->hold_ms);

	b->interval_ms = MIN_OF(MAX_OF(interval_ms, (int64_t)0), (int64_t)LIMIT_STREAM_HOLD_MS);
	b->hold_ms = MIN_OF(MAX_OF(hold_ms, (int64_t)1000), (int64_t)LIMIT_STREAM_HOLD_MS);
}

/* "403::Unknown client": the number, which is nobody's data. */
static struct str error_code(struct str error)
{
	struct str rest = error, code = STR_EMPTY;
	int64_t number;

	str_split(&rest, ':', &code);
	return str_to_i64(code, &number) ? code : STR_EMPTY;
}

static bool is_event(const struct row *row)
{
	if (row->fault)
		return !holds(row->bytes, "/meta/");
	return !str_starts(json_get_text(row->json, "channel"), STR("/meta/"));
}

static const struct json *sort_out(struct arena *arena, const struct row *rows, size_t count, const char *channel,
                                   struct bayeux_reply *ret)
{
	struct row *events = arena_new_array(arena, struct row, count + 1);
	const struct json *meta = NULL;

	for (size_t i = 0; i < count; i++) {
		if (is_event(&rows[i]))
			events[ret->event_count++] = rows[i];
		else if (!rows[i].fault && str_eq_c(json_get_text(rows[i].json, "channel"), channel))
			meta = rows[i].json;
	}
	ret->events = events;
	return meta;
}

/* The status alone decides where the body is none of the protocol: a page of a proxy, an error of the REST API. */
static void read_answer(struct bayeux *b, struct arena *arena, const struct http_answer *answer, const char *channel,
                        struct bayeux_reply *ret, const struct json **ret_meta)
{
	struct err ignored = ERR_INIT;
	struct json *envelope;
	struct row *rows;
	size_t count;

	*ret_meta = NULL;
	*ret = (struct bayeux_reply) { .status = answer->status,
		                       .server_ms = answer_server_ms(answer),
		                       .took_ms = answer->took_ns / 1000000 };
	if (answer_rows(arena, answer->body, STR_EMPTY, &rows, &count, &envelope, &ignored) == 0)
		*ret_meta = sort_out(arena, rows, count, channel, ret);
	if (!*ret_meta) {
		ret->next = judge_status(answer->status, answer->body);
		return;
	}
	take_advice(b, *ret_meta);
	ret->next = BAYEUX_GO_ON;
	if (json_bool(json_get(*ret_meta, "successful"), false))
		return;
	ret->error = error_code(json_get_text(*ret_meta, "error"));
	ret->next = judge_error(*ret_meta, channel);
}

/* ---- the steps ---- */

static void begin_message(struct bayeux *b, struct buf *out, const char *channel)
{
	buf_printf(out, "[{\"channel\":\"%s\",\"id\":\"%llu\"", channel, (unsigned long long)++b->sent);
	if (b->client_id.len) {
		buf_add_c(out, ",\"clientId\":");
		json_write_string(out, b->client_id);
	}
}

int bayeux_handshake(struct bayeux *b, struct arena *arena, struct bayeux_reply *ret, struct err *err)
{
	static const char channel[] = "/meta/handshake";
	SCOPED(buf) struct buf message = BUF_INIT(longest_message);
	const struct json *meta;
	struct http_answer answer;

	bayeux_forget(b);
	begin_message(b, &message, channel);
	buf_add_c(&message, ",\"version\":\"1.0\",\"minimumVersion\":\"1.0\",\"supportedConnectionTypes\":"
	                    "[\"long-polling\"],\"ext\":{\"replay\":true}}]");
	if (exchange(b, arena, &message, short_wait_ms, true, &answer, err) < 0)
		return err->code;
	read_answer(b, arena, &answer, channel, ret, &meta);
	if (ret->next != BAYEUX_GO_ON)
		return 0;
	b->client_id = arena_str(&b->session, json_get_text(meta, "clientId"));
	if (b->client_id.len == 0 || b->client_id.len > 1024)
		return err_set(err, ERR_FAR_SIDE, "handshake: the answer names no client id");
	return 0;
}

int bayeux_subscribe(struct bayeux *b, struct arena *arena, struct str channel, struct str replay,
                     struct bayeux_reply *ret, struct err *err)
{
	static const char meta_channel[] = "/meta/subscribe";
	SCOPED(buf) struct buf message = BUF_INIT(longest_message);
	const struct json *meta;
	struct http_answer answer;

	begin_message(b, &message, meta_channel);
	buf_add_c(&message, ",\"subscription\":");
	json_write_string(&message, channel);
	buf_add_c(&message, ",\"ext\":{\"replay\":{");
	json_write_string(&message, channel);
	buf_printf(&message, ":%.*s}}}]", STR_ARG(replay));
	if (exchange(b, arena, &message, short_wait_ms, true, &answer, err) < 0)
		return err->code;
	read_answer(b, arena, &answer, meta_channel, ret, &meta);
	return 0;
}

/* Not repeatable below us: an answer that is lost takes events with it. */
int bayeux_connect(struct bayeux *b, struct arena *arena, struct bayeux_reply *ret, struct err *err)
{
	static const char channel[] = "/meta/connect";
	SCOPED(buf) struct buf message = BUF_INIT(longest_message);
	const struct json *meta;
	struct http_answer answer;

	begin_message(b, &message, channel);
	buf_add_c(&message, ",\"connectionType\":\"long-polling\"}]");
	if (exchange(b, arena, &message, b->hold_ms + spare_ms, false, &answer, err) < 0)
		return err->code;
	read_answer(b, arena, &answer, channel, ret, &meta);
	return 0;
}

void bayeux_end(struct bayeux *b, struct arena *arena)
{
	SCOPED(buf) struct buf message = BUF_INIT(longest_message);
	SCOPED(buf) struct buf authorization = BUF_INIT(LIMIT_HTTP_HEADERS);
	struct err ignored = ERR_INIT;
	struct http_answer answer;
	struct http_future *future;

	if (b->client_id.len == 0 || b->authorize(b->context, false, &authorization, &ignored) < 0)
		return;
	begin_message(b, &message, "/meta/disconnect");
	buf_add_c(&message, "}]");
	b->target.timeout_ms = farewell_ms;
	future = start(b, &message, &authorization, false);
	if (http_wait_ready(future, farewell_ms))
		must(http_wait(&future, arena, &answer, &ignored) <= 0);
	else
		http_cancel(&future);
	bayeux_forget(b);
}

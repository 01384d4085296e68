/*
 * button: a person's push of the package's button, as its Apex action sends it: one signed POST to the engine.
 *
 *	POST /__admin/button   {"action":"sync","object":"Contact","ids":["003.."],"emrId"?,"user"?,"at"?,"eventId"?,
 *	                        "url"?,"secret"?,"timestamp"?,"signature"?}
 *
 * Address and secret are settings (button_url, button_secret) unless given. A test may give "timestamp" (seconds) or "signature"
 * to send what is stale or forged. The answer comes when the engine has answered: {"status":202,"body":"..","eventId":".."};
 * status 0 when it did not.
 *
 *	manage_button -> write_body -> post -> on_reply -> server_resume
 */
#include "sandbox/salesforce/handlers.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "codec/digest.h"
#include "codec/url.h"
#include "lib/clock.h"
#include "sandbox/keep.h"

#define WAIT_SECONDS 10 /* an Apex callout's own limit (section 6.6) */

struct push {
	struct org *org;
	struct arena arena;
	struct evhttp_connection *connection;
	struct answer *answer; /* NULL: sent, or whoever pushed has hung up */
	struct str event_id;
	struct push *previous, *next;
};

struct pushes {
	struct push *first;
	bool closing;
};

void button_open(struct org *org)
{
	org->pushes = keep_new(sizeof(*org->pushes)); /* as long as the org */
}

static struct push *push_new(struct org *org, struct answer *answer)
{
	struct push *push = keep_new(sizeof(*push)); /* until the reply is here */

	push->org = org;
	push->answer = answer;
	push->next = org->pushes->first;
	if (push->next)
		push->next->previous = push;
	org->pushes->first = push;
	return push;
}

static void end(void *context)
{
	struct push *push = context;

	if (push->previous)
		push->previous->next = push->next;
	else
		push->org->pushes->first = push->next;
	if (push->next)
		push->next->previous = push->previous;
	evhttp_connection_free(push->connection);
	arena_release(&push->arena);
	keep_drop(push);
}

void button_close(struct org *org)
{
	if (!org->pushes)
		return;
	org->pushes->closing = true;
	while (org->pushes->first)
		end(org->pushes->first);
	keep_drop(org->pushes);
	org->pushes = NULL;
}

/* ---- the reply ---- */

static void write_result(struct push *push, struct evhttp_request *reply)
{
	struct buf *out = &push->answer->body;
	struct evbuffer *in = reply ? evhttp_request_get_input_buffer(reply) : NULL;

	buf_printf(out, "{\"status\":%d,\"eventId\":", reply ? evhttp_request_get_response_code(reply) : 0);
	json_write_string(out, push->event_id);
	buf_add_c(out, ",\"body\":");
	json_write_string(out,
	                  in ? str_range((const char *)evbuffer_pullup(in, -1), evbuffer_get_length(in)) : STR_EMPTY);
	buf_add_char(out, '}');
}

static void on_reply(struct evhttp_request *reply, void *context)
{
	struct push *push = context;

	if (push->org->pushes->closing)
		return;
	if (push->answer) {
		struct answer *answer = push->answer;

		write_result(push, reply);
		push->answer = NULL;
		server_resume(answer);
	}
	/* A connection cannot be freed inside its own callback. */
	server_later(push->org->server, 0, end, push);
}

static void on_gone(void *context)
{
	((struct push *)context)->answer = NULL;
}

/* ---- out ---- */

static struct str new_uuid(struct arena *arena)
{
	SCOPED(buf) struct buf hex = BUF_INIT(64);
	unsigned char bytes[16];
	const char *at;

	digest_random(bytes, sizeof(bytes));
	bytes[6] = (bytes[6] & 0x0f) | 0x40; /* version 4 */
	bytes[8] = (bytes[8] & 0x3f) | 0x80;
	digest_hex(&hex, str_range((const char *)bytes, sizeof(bytes)));
	at = buf_text(&hex);
	return arena_printf(arena, "%.8s-%.4s-%.4s-%.4s-%.12s", at, at + 8, at + 12, at + 16, at + 20);
}

static struct str given_or(const struct json *body, const char *key, struct str fallback)
{
	struct str text = json_get_text(body, key);

	return text.len > 0 ? text : fallback;
}

/* A second without its fraction, as Apex writes it: 2026-11-21T10:00:00Z. */
static struct str now_text(struct arena *arena)
{
	struct str text = clock_rfc3339(arena, clock_wall_ms());

	return arena_printf(arena, "%.19sZ", text.at);
}

static struct str person_id(struct org *org, struct arena *arena)
{
	char id[ID_LONG + 1];

	id_long(row_at(org->user, org->person_user)->id, id);
	return arena_str(arena, str_of(id));
}

static void write_member(struct buf *out, const char *key, struct str value)
{
	buf_printf(out, ",\"%s\":", key);
	json_write_string(out, value);
}

static void write_body(struct push *push, const struct json *body, struct buf *out)
{
	struct arena *arena = &push->arena;

	push->event_id = arena_str(arena, given_or(body, "eventId", new_uuid(arena)));
	buf_add_c(out, "{\"action\":");
	json_write_string(out, given_or(body, "action", STR("sync")));
	write_member(out, "object", given_or(body, "object", STR("Contact")));
	buf_add_c(out, ",\"ids\":");
	json_write(out, json_get(body, "ids"));
	if (json_get(body, "emrId"))
		write_member(out, "emrId", json_get_text(body, "emrId"));
	write_member(out, "user", given_or(body, "user", person_id(push->org, arena)));
	write_member(out, "at", given_or(body, "at", now_text(arena)));
	write_member(out, "eventId", push->event_id);
	buf_add_char(out, '}');
}

static struct str sign(struct arena *arena, struct str secret, struct str timestamp, struct str body)
{
	SCOPED(buf) struct buf text = BUF_INIT((size_t)1 << 20);
	SCOPED(buf) struct buf hex = BUF_INIT(128);
	struct digest mac;

	buf_add(&text, timestamp);
	buf_add_char(&text, '.');
	buf_add(&text, body);
	mac = digest_hmac_sha256(secret, buf_str(&text));
	buf_add_c(&hex, "sha256=");
	digest_hex(&hex, str_range((const char *)mac.bytes, sizeof(mac.bytes)));
	return arena_str(arena, buf_str(&hex));
}

static void post(struct push *push, const struct json *body, const struct url_parts *url, struct str text)
{
	struct arena *arena = &push->arena;
	struct evhttp_request *request = evhttp_request_new(on_reply, push);
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	struct str now = arena_printf(arena, "%lld", (long long)(clock_wall_ms() / 1000));
	struct str timestamp = arena_str(arena, given_or(body, "timestamp", now));
	struct str secret = given_or(body, "secret", push->org->settings.button_secret);
	struct str signature = arena_str(arena, given_or(body, "signature", sign(arena, secret, timestamp, text)));
	int64_t port = 80;

	str_to_i64(url->port, &port);
	push->connection = evhttp_connection_base_new(server_loop(push->org->server), NULL,
	                                              arena_text(arena, url->host), (unsigned short)port);
	evhttp_connection_set_timeout(push->connection, WAIT_SECONDS);
	evhttp_add_header(headers, "Host", arena_printf(arena, "%.*s:%d", STR_ARG(url->host), (int)port).at);
	evhttp_add_header(headers, "Content-Type", "application/json");
	evhttp_add_header(headers, "User-Agent", "SFDC-Callout/62.0");
	evhttp_add_header(headers, "X-Suture-Timestamp", timestamp.at);
	evhttp_add_header(headers, "X-Suture-Signature", signature.at);
	evbuffer_add(evhttp_request_get_output_buffer(request), text.at, text.len);
	evhttp_make_request(push->connection, request, EVHTTP_REQ_POST,
	                    arena_printf(arena, "%s%.*s", url->path.len ? "" : "/", STR_ARG(url->path)).at);
}

void manage_button(void *state, struct request *request, struct answer *answer)
{
	SCOPED(buf) struct buf text = BUF_INIT((size_t)1 << 20);
	struct org *org = state;
	const struct json *body = body_of(request, answer);
	struct str address = given_or(body, "url", org->settings.button_url);
	struct url_parts url;
	struct push *push;

	if (!body)
		return;
	if (!request->server || !url_split(address, &url) || !str_eq_c(url.scheme, "http")) {
		fail_admin(answer, "no http address: set button_url or give \"url\"");
		return;
	}
	if (!json_get(body, "ids") || json_get(body, "ids")->kind != JSON_ARRAY) {
		fail_admin(answer, "\"ids\" is no list");
		return;
	}
	push = push_new(org, answer);
	write_body(push, body, &text);
	answer->held = true;
	answer->gone = on_gone;
	answer->gone_context = push;
	post(push, body, &url, buf_str(&text));
}

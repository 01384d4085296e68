/*
 * webhooks: from an event to a signed POST that was answered.
 *
 *	webhooks_patient -> is_wanted -> deliver_to (one delivery an endpoint) -> wake
 *	wake -> start (a free connection takes the first of the queue) -> on_answer -> settle: delivered, or later again
 */
#include "sandbox/hint/webhooks.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <string.h>

#include "codec/digest.h"
#include "codec/url.h"
#include "lib/clock.h"
#include "sandbox/people.h"
#include "sandbox/people/years.h"

struct delivery {
	struct arena arena; /* holds the delivery and its body */
	struct endpoint *endpoint;
	struct hook_record *record;
	struct str body;
	size_t slot;           /* connection, while on its way */
	bool twice;            /* it is to go twice */
	bool again;            /* this is the second copy */
	struct delivery *next; /* in the queue */
	struct delivery *live_next, *live_previous;
};

void webhooks_open(struct hint *hint)
{
	struct hooks *hooks = arena_new(&hint->keep, struct hooks);

	*hooks = (struct hooks) {
		.retry_ms = 3600000, .timeout_ms = 10000, .backoff = 1, .unreliable = UNRELIABLE_INIT
	};
	hint->hooks = hooks;
}

static void free_delivery(struct hooks *hooks, struct delivery *d)
{
	struct arena arena = d->arena;

	if (d->live_previous)
		d->live_previous->live_next = d->live_next;
	else
		hooks->live = d->live_next;
	if (d->live_next)
		d->live_next->live_previous = d->live_previous;
	hooks->waiting--;
	arena_release(&arena);
}

static void empty_queue(struct hooks *hooks, struct endpoint *e)
{
	while (e->first) {
		struct delivery *d = e->first;

		e->first = d->next;
		free_delivery(hooks, d);
	}
	e->last = NULL;
}

void webhooks_close(struct hint *hint)
{
	struct hooks *hooks = hint->hooks;

	hint->server = NULL; /* on_answer() sees that we are closing */
	for (struct endpoint *e = hooks->endpoints; e; e = e->next)
		for (size_t i = 0; i < HOOK_CONNECTIONS; i++)
			if (e->connections[i])
				evhttp_connection_free(e->connections[i]);
	while (hooks->live)
		free_delivery(hooks, hooks->live);
	arena_release(&hooks->arena);
	arena_release(&hooks->listened_arena);
}

struct endpoint *webhooks_add(struct hint *hint, struct str url, enum scope scope)
{
	struct hooks *hooks = hint->hooks;
	struct endpoint *e = arena_new(&hooks->arena, struct endpoint), **end = &hooks->endpoints;

	e->id = people_id(&hooks->arena, "whep-", 3, hooks->next_number++);
	e->url = arena_str(&hooks->arena, url);
	e->scope = scope;
	e->created_us = e->updated_us = hint_stamp(hint);
	e->hint = hint;
	while (*end)
		end = &(*end)->next;
	*end = e;
	return e;
}

struct endpoint *webhooks_find(struct hint *hint, struct str id, enum scope scope)
{
	for (struct endpoint *e = hint->hooks->endpoints; e; e = e->next)
		if (!e->gone && e->scope == scope && str_eq(e->id, id))
			return e;
	return NULL;
}

void webhooks_move(struct hint *hint, struct endpoint *endpoint, struct str url)
{
	endpoint->url = arena_str(&hint->hooks->arena, url);
	endpoint->updated_us = hint_stamp(hint);
	endpoint->moves++;
}

void webhooks_drop(struct hint *hint, struct endpoint *endpoint)
{
	endpoint->gone = true;
	empty_queue(hint->hooks, endpoint);
}

void webhooks_forget(struct hint *hint)
{
	for (struct endpoint *e = hint->hooks->endpoints; e; e = e->next)
		empty_queue(hint->hooks, e);
	hint->hooks->log = hint->hooks->newest = NULL;
}

/* ---- out ---- */

static void start(struct hint *hint, struct endpoint *e, size_t slot);

static bool may_send(const struct hooks *hooks, const struct endpoint *e)
{
	return !hooks->paused && !hooks->disabled && !e->gone && e->first && e->muted_until_ns <= clock_mono_ns();
}

static void wake(void *context)
{
	struct hint *hint = context;

	hint->hooks->waking = false;
	for (struct endpoint *e = hint->hooks->endpoints; e; e = e->next)
		for (size_t slot = 0; slot < HOOK_CONNECTIONS && may_send(hint->hooks, e); slot++)
			if (!e->busy[slot])
				start(hint, e, slot);
}

void webhooks_wake(struct hint *hint)
{
	if (hint->hooks->waking || !hint->server)
		return;
	hint->hooks->waking = true;
	server_later(hint->server, 0, wake, hint);
}

/* The clock does not say who waits for it: everybody looks again. */
static void wake_later(struct hint *hint, int64_t ms)
{
	server_later(hint->server, ms + 1, wake, hint);
}

static void enqueue(struct delivery *d)
{
	struct endpoint *e = d->endpoint;

	d->next = NULL;
	if (e->last)
		e->last->next = d;
	else
		e->first = d;
	e->last = d;
}

static void on_retry(void *context)
{
	struct delivery *d = context;
	struct hint *hint = d->endpoint->hint;

	if (d->endpoint->gone) {
		free_delivery(hint->hooks, d);
		return;
	}
	enqueue(d);
	webhooks_wake(hint);
}

static int64_t wait_before(const struct hooks *hooks, unsigned attempts)
{
	double ms = (double)hooks->retry_ms;

	for (unsigned i = 1; i < attempts && ms < 72.0 * (double)hooks->retry_ms; i++)
		ms *= hooks->backoff;
	return (int64_t)ms;
}

static void settle_failure(struct hint *hint, struct delivery *d)
{
	struct endpoint *e = d->endpoint;

	if (++e->failures % HOOK_FAILURES_TO_MUTE == 0) {
		e->muted_until_ns = clock_mono_ns() + hint->hooks->retry_ms * 1000000;
		wake_later(hint, hint->hooks->retry_ms);
	}
	if (d->record->attempts >= HOOK_ATTEMPTS || e->gone || d->again) {
		d->record->status = d->again ? d->record->status : "failed";
		free_delivery(hint->hooks, d);
		return;
	}
	d->record->status = "retrying";
	server_later(hint->server, wait_before(hint->hooks, d->record->attempts), on_retry, d);
}

/* Any 2xx is an acknowledgement. */
static void settle(struct hint *hint, struct delivery *d, int status)
{
	struct endpoint *e = d->endpoint;
	struct hook_record *record = d->record;

	record->attempts++;
	record->attempted_us = clock_wall_ms() * 1000;
	record->status_code = status;
	record->response = status ? "answered" : "no answer in time";
	if (status < 200 || status > 299) {
		settle_failure(hint, d);
		return;
	}
	e->failures = 0;
	e->muted_until_ns = 0;
	e->delivered_us = record->delivered_us = record->attempted_us;
	record->status = "delivered";
	if ((hint->hooks->duplicate || d->twice) && !d->again) {
		d->again = true;
		enqueue(d);
		return;
	}
	free_delivery(hint->hooks, d);
}

static void on_answer(struct evhttp_request *answer, void *context)
{
	struct delivery *d = context;
	struct endpoint *e = d->endpoint;
	struct hint *hint = e->hint;

	e->busy[d->slot] = false;
	if (!hint->server) /* closing: webhooks_close() frees what is live */
		return;
	settle(hint, d, answer ? evhttp_request_get_response_code(answer) : 0);
	webhooks_wake(hint);
}

static struct evhttp_connection *connect_to(struct hint *hint, struct endpoint *e, size_t slot,
                                            const struct url_parts *url)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	int64_t port = 80;
	struct timeval limit = { hint->hooks->timeout_ms / 1000, hint->hooks->timeout_ms % 1000 * 1000 };

	if (e->connections[slot] && e->moved[slot] == e->moves)
		return e->connections[slot];
	if (e->connections[slot])
		evhttp_connection_free(e->connections[slot]);
	e->moved[slot] = e->moves;
	if (url->port.len)
		str_to_i64(url->port, &port);
	e->connections[slot] = evhttp_connection_base_new(server_loop(hint->server), NULL,
	                                                  arena_text(&arena, url->host), (unsigned short)port);
	evhttp_connection_set_timeout_tv(e->connections[slot], &limit);
	return e->connections[slot];
}

static void sign(struct hint *hint, struct str body, struct buf *out)
{
	struct digest mac = digest_hmac_sha256(str_of(hint->options->webhook_secret), body);

	buf_add_c(out, "sha256=");
	digest_hex(out, str_range((const char *)mac.bytes, sizeof(mac.bytes)));
}

static void refuse_url(struct hint *hint, struct delivery *d)
{
	d->record->status = "non_requestable";
	d->record->response = "not an http address";
	free_delivery(hint->hooks, d);
}

static struct delivery *take_first(struct endpoint *e)
{
	struct delivery *d = e->first;

	e->first = d->next;
	if (!e->first)
		e->last = NULL;
	return d;
}

static void start(struct hint *hint, struct endpoint *e, size_t slot)
{
	SCOPED(buf) struct buf signature = BUF_INIT(100);
	struct delivery *d = take_first(e);
	struct url_parts url;
	struct evhttp_request *request;
	struct evkeyvalq *headers;
	struct str target;

	if (!url_split(e->url, &url) || !str_eq_c(url.scheme, "http")) {
		refuse_url(hint, d);
		return;
	}
	d->slot = slot;
	e->busy[slot] = true;
	request = evhttp_request_new(on_answer, d);
	headers = evhttp_request_get_output_headers(request);
	sign(hint, d->body, &signature);
	evhttp_add_header(
	        headers, "Host",
	        arena_printf(&d->arena, "%.*s%s%.*s", STR_ARG(url.host), url.port.len ? ":" : "", STR_ARG(url.port))
	                .at);
	evhttp_add_header(headers, "Content-Type", "application/json");
	evhttp_add_header(headers, "User-Agent", "Hint");
	evhttp_add_header(headers, "X-Hint-Signature", buf_text(&signature));
	evbuffer_add(evhttp_request_get_output_buffer(request), d->body.at, d->body.len);
	target = arena_printf(&d->arena, "%s%.*s%s%.*s", url.path.len ? "" : "/", STR_ARG(url.path),
	                      url.query.len ? "?" : "", STR_ARG(url.query));
	evhttp_make_request(connect_to(hint, e, slot, &url), request, EVHTTP_REQ_POST, target.at);
}

/* ---- in ---- */

static bool is_listened(const struct hooks *hooks, const char *type)
{
	if (!hooks->listened)
		return true;
	JSON_EACH (hooks->listened, event)
		if (str_eq_c(json_text(event), "*") || str_eq_c(json_text(event), type))
			return true;
	return false;
}

static struct hook_record *log_event(struct hint *hint, struct endpoint *e, struct str event_id, const char *type)
{
	struct hooks *hooks = hint->hooks;
	struct hook_record *record = arena_new(&hooks->arena, struct hook_record);

	*record = (struct hook_record) { .event_id = arena_str(&hooks->arena, event_id),
		                         .type = str_of(type),
		                         .status = "pending",
		                         .created_us = clock_wall_ms() * 1000,
		                         .endpoint = e };
	if (hooks->newest)
		hooks->newest->next = record;
	else
		hooks->log = record;
	hooks->newest = record;
	return record;
}

static void place(struct hint *hint, struct delivery *d, struct fate fate)
{
	struct endpoint *e = d->endpoint;

	d->twice = fate.copies > 1;
	if (fate.copies == 0) {
		d->record->status = "lost";
		free_delivery(hint->hooks, d);
	} else if (fate.delay_ms > 0) {
		/* Overtaken or late: those behind it do not wait. */
		server_later(hint->server, fate.delay_ms, on_retry, d);
	} else if (hint->hooks->reorder && e->first) {
		/* Out of order: before the one that waits in front of it. */
		d->next = e->first;
		e->first = d;
	} else {
		enqueue(d);
	}
}

static void deliver_to(struct hint *hint, struct endpoint *e, struct str event_id, const char *type, struct str body)
{
	struct arena arena = ARENA_INIT;
	struct delivery *d = arena_new(&arena, struct delivery);

	d->body = arena_str(&arena, body);
	d->endpoint = e;
	d->record = log_event(hint, e, event_id, type);
	d->live_next = hint->hooks->live;
	if (d->live_next)
		d->live_next->live_previous = d;
	hint->hooks->live = d;
	d->arena = arena;
	hint->hooks->waiting++;
	place(hint, d, unreliable_draw(&hint->hooks->unreliable, e->deliveries++));
}

static void emit(struct hint *hint, const char *type, struct str object)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf body = BUF_INIT((size_t)1 << 20);
	struct hooks *hooks = hint->hooks;
	struct str event_id = people_id(&arena, "evt-", 5, hooks->next_number++);
	char stamp[33];

	years_write_stamp(stamp, clock_wall_ms() * 1000);
	buf_printf(&body,
	           "{\"id\":\"%.*s\",\"created_at\":\"%.23s%s\",\"type\":\"%s\",\"practice_id\":\"%.*s\",\"object\":",
	           STR_ARG(event_id), stamp, stamp + 26, type, STR_ARG(hint_id(hint, &arena, HINT_PRACTICE)));
	buf_add(&body, object);
	buf_add_char(&body, '}');
	for (struct endpoint *e = hooks->endpoints; e; e = e->next)
		if (!e->gone)
			deliver_to(hint, e, event_id, type, buf_str(&body));
	/* With `reorder` two events must meet in the queue, so the first waits a moment. */
	if (hooks->reorder)
		wake_later(hint, 50);
	else
		webhooks_wake(hint);
}

void webhooks_patient(struct hint *hint, const char *type, const struct patient *p, bool own)
{
	SCOPED(buf) struct buf object = BUF_INIT((size_t)1 << 20);
	const struct hooks *hooks = hint->hooks;

	/* Events that our own calls caused are muted by default; only active connections receive. */
	if (!hint->server || !hooks->endpoints || (own && !hooks->unmute_self) || !hint->active || hooks->disabled)
		return;
	if (!is_listened(hooks, type))
		return;
	patient_write(hint, p, &object);
	emit(hint, type, buf_str(&object));
}

void webhooks_connection(struct hint *hint, const char *type, struct str object)
{
	if (hint->server && hint->hooks->endpoints && !hint->hooks->disabled && is_listened(hint->hooks, type))
		emit(hint, type, object);
}

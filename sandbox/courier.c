/*
 * courier: from an event's body to a POST that was answered.
 *
 *	courier_send -> fate -> lost
 *	                     -> hold (until enough others were ready, or time is over) -> enqueue
 *	                     -> server_later (late) -> enqueue -> depart -> on_answer -> settle: over, or later again
 *
 * Everything that starts a delivery runs from server_later(), never inside evhttp's callback, so that the connection of the
 * one before can be freed there.
 */
#include "sandbox/courier.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>

#include "codec/url.h"
#include "sandbox/keep.h"

struct delivery {
	struct courier *courier;
	struct arena arena;
	struct str url, body;
	struct pairs headers;
	int64_t attempts;
	unsigned passes;        /* others that still go first */
	bool held, timed, over; /* waits for others; a timer has it; answered or given up */
	struct delivery *next;  /* in the queue, or of those that are held */
	struct delivery *live_next, *live_before;
};

struct courier {
	struct server *server;
	struct courier_switches *switches;
	struct delivery *live;         /* every delivery that is not over */
	struct delivery *first, *last; /* ready to leave */
	struct delivery *held;         /* newest first */
	struct delivery *under_way;
	struct evhttp_connection *connection;
	uint64_t number;
	bool waking;
};

struct courier *courier_new(struct server *server, struct courier_switches *switches)
{
	struct courier *c = keep_one(struct courier); /* until its system ends */

	c->server = server;
	c->switches = switches;
	return c;
}

static struct delivery *delivery_new(struct courier *c, struct str url, const struct pairs *headers, struct str body)
{
	struct delivery *d = keep_one(struct delivery); /* ends when it is answered or given up */

	d->courier = c;
	d->url = arena_str(&d->arena, url);
	d->body = arena_str(&d->arena, body);
	for (size_t i = 0; i < headers->count; i++)
		pairs_add(&d->arena, &d->headers, arena_str(&d->arena, headers->at[i].name),
		          arena_str(&d->arena, headers->at[i].value));
	d->live_next = c->live;
	if (d->live_next)
		d->live_next->live_before = d;
	c->live = d;
	c->switches->waiting++;
	return d;
}

static void delivery_free(struct delivery *d)
{
	struct courier *c = d->courier;

	if (d->live_before)
		d->live_before->live_next = d->live_next;
	else
		c->live = d->live_next;
	if (d->live_next)
		d->live_next->live_before = d->live_before;
	arena_release(&d->arena);
	keep_drop(d);
}

void courier_free(struct courier **courier)
{
	struct courier *c = *courier;

	*courier = NULL;
	if (!c)
		return;
	c->server = NULL; /* on_answer() sees that we are closing */
	if (c->connection)
		evhttp_connection_free(c->connection);
	while (c->live)
		delivery_free(c->live);
	keep_drop(c);
}

/* ---- out ---- */

static void depart(void *context);

static void wake(struct courier *c)
{
	if (c->waking || c->under_way || !c->first)
		return;
	c->waking = true;
	server_later(c->server, 0, depart, c);
}

static void enqueue(struct delivery *d)
{
	struct courier *c = d->courier;

	d->next = NULL;
	if (c->last)
		c->last->next = d;
	else
		c->first = d;
	c->last = d;
	wake(c);
}

static void on_time(void *context)
{
	enqueue(context);
}

/* A timer of its hold may still have it. */
static void end(struct delivery *d)
{
	d->over = true;
	d->courier->switches->waiting--;
	if (!d->timed)
		delivery_free(d);
}

static void settle(struct delivery *d, int status)
{
	struct courier_switches *s = d->courier->switches;

	d->attempts++;
	if (status >= 200 && status <= 299) {
		s->delivered++;
		end(d);
	} else if (d->attempts < s->attempts) {
		server_later(d->courier->server, s->retry_ms, on_time, d);
	} else {
		s->failed++;
		end(d);
	}
}

static void on_answer(struct evhttp_request *answer, void *context)
{
	struct delivery *d = context;
	struct courier *c = d->courier;

	if (!c->server) /* closing: courier_free() frees what is live */
		return;
	c->under_way = NULL;
	settle(d, answer ? evhttp_request_get_response_code(answer) : 0);
	wake(c);
}

static void connect_to(struct courier *c, struct delivery *d, const struct url_parts *url)
{
	int64_t port = 80, ms = c->switches->timeout_ms;
	struct timeval limit = { ms / 1000, ms % 1000 * 1000 };

	if (url->port.len)
		str_to_i64(url->port, &port);
	if (c->connection)
		evhttp_connection_free(c->connection);
	c->connection = evhttp_connection_base_new(server_loop(c->server), NULL, arena_text(&d->arena, url->host),
	                                           (unsigned short)port);
	must(c->connection != NULL);
	evhttp_connection_set_timeout_tv(c->connection, &limit);
}

static void post(struct courier *c, struct delivery *d, const struct url_parts *url)
{
	struct evhttp_request *request = evhttp_request_new(on_answer, d);
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	struct str target = arena_printf(&d->arena, "%s%.*s%s%.*s", url->path.len ? "" : "/", STR_ARG(url->path),
	                                 url->query.len ? "?" : "", STR_ARG(url->query));
	struct str host =
	        arena_printf(&d->arena, "%.*s%s%.*s", STR_ARG(url->host), url->port.len ? ":" : "", STR_ARG(url->port));

	evhttp_add_header(headers, "Host", host.at);
	evhttp_add_header(headers, "Content-Type", "application/json");
	evhttp_add_header(headers, "Connection", "close");
	for (size_t i = 0; i < d->headers.count; i++)
		evhttp_add_header(headers, d->headers.at[i].name.at, d->headers.at[i].value.at);
	evbuffer_add(evhttp_request_get_output_buffer(request), d->body.at, d->body.len);
	c->under_way = d;
	connect_to(c, d, url);
	if (evhttp_make_request(c->connection, request, EVHTTP_REQ_POST, target.at) < 0 && c->under_way == d)
		on_answer(NULL, d);
}

static void depart(void *context)
{
	struct courier *c = context;
	struct delivery *d = c->first;
	struct url_parts url;

	c->waking = false;
	if (!d || c->under_way)
		return;
	c->first = d->next;
	c->last = c->first ? c->last : NULL;
	if (url_split(d->url, &url) && str_eq_c(url.scheme, "http")) {
		post(c, d, &url);
		return;
	}
	settle(d, 0);
	wake(c);
}

void courier_forget(struct courier *c)
{
	struct delivery *next;

	for (struct delivery *d = c->first; d; d = next) {
		next = d->next;
		end(d);
	}
	c->first = c->last = NULL;
}

/* ---- in ---- */

static void let_go(struct delivery *d)
{
	struct delivery **at = &d->courier->held;

	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
	d->held = false;
	enqueue(d);
}

/* Also the end of a hold whose delivery left before: `held` tells. Live until then, so that the timer finds it. */
static void on_hold_over(void *context)
{
	struct delivery *d = context;

	d->timed = false;
	if (d->held)
		let_go(d);
	else if (d->over)
		delivery_free(d);
}

static void hold(struct delivery *d, const struct fate *fate)
{
	d->passes = fate->passed;
	d->held = d->timed = true;
	d->next = d->courier->held;
	d->courier->held = d;
	server_later(d->courier->server, fate->delay_ms, on_hold_over, d);
}

/* One more was ready before those that are held. */
static void count_pass(struct courier *c)
{
	struct delivery *next;

	for (struct delivery *d = c->held; d; d = next) {
		next = d->next;
		if (--d->passes == 0)
			let_go(d);
	}
}

static void set_out(struct delivery *d, const struct fate *fate)
{
	struct courier *c = d->courier;

	if (fate->passed) {
		hold(d, fate);
	} else if (fate->delay_ms) {
		server_later(c->server, fate->delay_ms, on_time, d);
	} else {
		enqueue(d);
		count_pass(c);
	}
}

void courier_send(struct courier *c, struct str url, const struct pairs *headers, struct str body)
{
	struct fate fate = unreliable_draw(&c->switches->mishaps, c->number++);

	c->switches->lost += fate.copies == 0;
	for (unsigned i = 0; i < fate.copies; i++)
		set_out(delivery_new(c, url, headers, body), &fate);
}

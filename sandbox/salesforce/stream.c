/*
 * stream: from the log to held answers.
 *
 *	stream_wake -> on_wake -> serve (each listener that has an answer held) -> collect -> send_ready
 *	                       -> arm (the next time at which somebody waits for the clock)
 *
 * collect() takes events from the log and draws their fate; the outbox keeps them until they may go. There is one timer for all.
 */
#include "sandbox/salesforce/stream.h"

#include <event2/event.h>
#include <string.h>

#include "codec/digest.h"
#include "lib/clock.h"
#include "sandbox/keep.h"
#include "sandbox/salesforce/changes.h"

#define SUBSCRIPTIONS_MAX 32
#define ANSWER_BYTES_MAX  ((size_t)4 << 20)
#define NEVER             INT64_MAX

struct subscription {
	char channel[128];
	const struct object *object; /* NULL: all */
	uint64_t next;               /* event */
};

/* A delivery that has not gone yet. */
struct parcel {
	uint64_t event;
	char channel[128];
	uint64_t place; /* order of leaving; twice the number of the delivery it follows */
	unsigned passed;
	int64_t due_ms;
};

struct listener {
	struct org *org;
	struct listener *previous, *next;
	char id[LISTENER_ID + 1];
	int64_t seen_ms; /* the last time it asked or was answered */
	struct subscription subscriptions[SUBSCRIPTIONS_MAX];
	size_t subscription_count;
	struct parcel *outbox; /* by place */
	size_t outbox_count, outbox_cap;
	uint64_t drawn; /* deliveries so far */
	struct answer *held;
	struct str held_id; /* in the answer's arena */
	int64_t held_until_ms;
};

struct stream {
	struct listener *listeners;
	bool waking;
	struct event *clock; /* the one timer; made when first needed */
	int64_t delivered, lost, repeated;
};

static int64_t now_ms(void)
{
	return clock_mono_ns() / 1000000;
}

void stream_open(struct org *org)
{
	org->stream = keep_new(sizeof(*org->stream)); /* as long as the org */
}

static void listener_free(struct listener *listener)
{
	struct stream *stream = listener->org->stream;

	if (listener->previous)
		listener->previous->next = listener->next;
	else
		stream->listeners = listener->next;
	if (listener->next)
		listener->next->previous = listener->previous;
	keep_drop(listener->outbox);
	keep_drop(listener);
}

void stream_close(struct org *org)
{
	if (!org->stream)
		return;
	/* Answers that are still held are the server's: it has dropped them already. */
	while (org->stream->listeners)
		listener_free(org->stream->listeners);
	if (org->stream->clock)
		event_free(org->stream->clock);
	keep_drop(org->stream);
	org->stream = NULL;
}

/* ---- answering ---- */

static void release(struct listener *listener, const char *error)
{
	struct answer *answer = listener->held;

	if (!answer)
		return;
	connect_write(listener->org, &answer->body, listener, listener->held_id, error);
	listener->held = NULL;
	listener->seen_ms = now_ms();
	server_resume(answer);
}

static void on_gone(void *context)
{
	struct listener *listener = context;

	listener->held = NULL;
	listener->seen_ms = now_ms();
}

static void write_parcel(const struct listener *listener, const struct parcel *parcel, struct buf *out)
{
	buf_add_c(out, "{\"channel\":");
	json_write_string(out, str_of(parcel->channel));
	buf_add_c(out, ",\"data\":");
	change_write(out, listener->org, changes_at(listener->org, parcel->event));
	buf_printf(out, ",\"clientId\":\"%s\"},", listener->id);
}

/* A reordered one leaves early when those that were to pass it have come. */
static bool is_ready(const struct listener *listener, const struct parcel *parcel, int64_t now)
{
	return parcel->due_ms <= now || (parcel->passed && listener->drawn * 2 + 1 >= parcel->place);
}

/* True: something went into the answer. */
static bool send_ready(struct listener *listener)
{
	struct org *org = listener->org;
	size_t left = 0, sent = 0;
	int64_t now = now_ms();

	for (size_t i = 0; i < listener->outbox_count; i++) {
		struct parcel *parcel = &listener->outbox[i];

		if ((int64_t)sent >= org->settings.answer_events || listener->held->body.len > ANSWER_BYTES_MAX ||
		    !is_ready(listener, parcel, now)) {
			listener->outbox[left++] = *parcel;
			continue;
		}
		/* What waited too long is not kept any more. */
		if (parcel->event < changes_first(org))
			continue;
		write_parcel(listener, parcel, &listener->held->body);
		sent++;
	}
	listener->outbox_count = left;
	org->stream->delivered += (int64_t)sent;
	return sent > 0;
}

static void put_parcel(struct listener *listener, const struct parcel *parcel)
{
	size_t at = listener->outbox_count;

	if (at == listener->outbox_cap) {
		listener->outbox_cap = at ? at * 2 : 64;
		listener->outbox = keep_resize(listener->outbox, listener->outbox_cap * sizeof(*listener->outbox));
	}
	while (at > 0 && listener->outbox[at - 1].place > parcel->place) {
		listener->outbox[at] = listener->outbox[at - 1];
		at--;
	}
	listener->outbox[at] = *parcel;
	listener->outbox_count++;
}

static void draw(struct listener *listener, const struct subscription *subscription, uint64_t event)
{
	struct stream *stream = listener->org->stream;
	struct fate fate = unreliable_draw(&listener->org->settings.events, listener->drawn);
	struct parcel parcel = { .event = event, .passed = fate.passed };

	listener->drawn++;
	/* Behind the delivery that passes it last: odd places lie between two deliveries. */
	parcel.place = (listener->drawn + fate.passed) * 2 + (fate.passed > 0);
	parcel.due_ms = fate.delay_ms ? now_ms() + fate.delay_ms : 0;
	memcpy(parcel.channel, subscription->channel, sizeof(parcel.channel));
	stream->lost += fate.copies == 0;
	stream->repeated += fate.copies > 1;
	for (unsigned i = 0; i < fate.copies; i++)
		put_parcel(listener, &parcel);
}

static uint64_t first_wanted(const struct listener *listener)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < listener->subscription_count; i++)
		first = MIN_OF(first, listener->subscriptions[i].next);
	return MAX_OF(first, changes_first(listener->org));
}

static void offer(struct listener *listener, uint64_t event)
{
	const struct change *change = changes_at(listener->org, event);

	for (size_t i = 0; i < listener->subscription_count; i++) {
		struct subscription *subscription = &listener->subscriptions[i];

		if (subscription->next > event)
			continue;
		subscription->next = event + 1;
		if (!subscription->object || subscription->object == change->object)
			draw(listener, subscription, event);
	}
}

/* From the log into the outbox, no more than an answer takes. */
static void collect(struct listener *listener)
{
	uint64_t end = changes_end(listener->org);

	if (listener->subscription_count == 0)
		return;
	for (uint64_t event = first_wanted(listener); event < end; event++) {
		if ((int64_t)listener->outbox_count >= listener->org->settings.answer_events)
			break;
		offer(listener, event);
	}
}

static void serve(struct listener *listener)
{
	if (!listener->held)
		return;
	collect(listener);
	if (send_ready(listener) || listener->held_until_ms <= now_ms())
		release(listener, NULL);
}

/* ---- the clock ---- */

static void on_clock(evutil_socket_t none, short events, void *context);

static int64_t next_time(const struct listener *listener)
{
	int64_t next = listener->held_until_ms;

	for (size_t i = 0; i < listener->outbox_count; i++)
		next = MIN_OF(next, listener->outbox[i].due_ms);
	return next;
}

static void arm(struct org *org)
{
	struct stream *stream = org->stream;
	int64_t next = NEVER, now = now_ms(), wait;
	struct timeval when;

	for (const struct listener *l = stream->listeners; l; l = l->next)
		next = l->held ? MIN_OF(next, next_time(l)) : next;
	if (next == NEVER)
		return;
	if (!stream->clock)
		stream->clock = evtimer_new(server_loop(org->server), on_clock, org);
	wait = MAX_OF(next - now, 0) + 1;
	when = (struct timeval) { .tv_sec = wait / 1000, .tv_usec = wait % 1000 * 1000 };
	evtimer_add(stream->clock, &when);
}

static void serve_all(struct org *org)
{
	/* An answer that goes out never ends another listener. */
	for (struct listener *l = org->stream->listeners; l; l = l->next)
		serve(l);
	arm(org);
}

static void on_clock(evutil_socket_t none, short events, void *context)
{
	(void)none;
	(void)events;
	serve_all(context);
}

static void on_wake(void *context)
{
	struct org *org = context;

	org->stream->waking = false;
	serve_all(org);
}

void stream_wake(struct org *org)
{
	struct stream *stream = org->stream;

	if (!stream->listeners || stream->waking || !org->server)
		return;
	stream->waking = true;
	server_later(org->server, 0, on_wake, org);
}

/* ---- listeners ---- */

static void forget_idle(struct org *org)
{
	struct listener *next;

	for (struct listener *l = org->stream->listeners; l; l = next) {
		next = l->next;
		if (!l->held && now_ms() - l->seen_ms > org->settings.idle_ms)
			listener_free(l);
	}
}

void stream_random(char *at, size_t len)
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuv";
	unsigned char bytes[64];

	ensure(len <= sizeof(bytes));
	digest_random(bytes, len);
	for (size_t i = 0; i < len; i++)
		at[i] = letters[bytes[i] % 32];
	at[len] = '\0';
}

struct listener *stream_greet(struct org *org)
{
	struct listener *listener = keep_new(sizeof(*listener)); /* until it leaves or is forgotten */

	forget_idle(org);
	listener->org = org;
	listener->seen_ms = now_ms();
	stream_random(listener->id, LISTENER_ID);
	listener->next = org->stream->listeners;
	if (listener->next)
		listener->next->previous = listener;
	org->stream->listeners = listener;
	return listener;
}

struct listener *stream_find(struct org *org, struct str id)
{
	forget_idle(org);
	for (struct listener *l = org->stream->listeners; l; l = l->next) {
		if (!str_eq_c(id, l->id))
			continue;
		l->seen_ms = now_ms();
		return l;
	}
	return NULL;
}

void stream_leave(struct org *org, struct listener *listener)
{
	(void)org;
	release(listener, NULL);
	listener_free(listener);
}

void stream_forget_all(struct org *org)
{
	while (org->stream->listeners) {
		release(org->stream->listeners, "403::Unknown client");
		listener_free(org->stream->listeners);
	}
}

struct str listener_id(const struct listener *listener)
{
	return str_of(listener->id);
}

static struct subscription *subscription_of(struct listener *listener, struct str channel)
{
	for (size_t i = 0; i < listener->subscription_count; i++) {
		if (str_eq_c(channel, listener->subscriptions[i].channel))
			return &listener->subscriptions[i];
	}
	return NULL;
}

void listener_subscribe(struct listener *listener, struct str channel, const struct object *object, uint64_t from)
{
	struct subscription *subscription = subscription_of(listener, channel);

	if (!subscription) {
		must(listener->subscription_count < SUBSCRIPTIONS_MAX);
		subscription = &listener->subscriptions[listener->subscription_count++];
	}
	*subscription = (struct subscription) { .object = object, .next = from };
	memcpy(subscription->channel, channel.at, MIN_OF(channel.len, sizeof(subscription->channel) - 1));
	stream_wake(listener->org);
}

bool listener_unsubscribe(struct listener *listener, struct str channel)
{
	struct subscription *subscription = subscription_of(listener, channel);

	if (!subscription)
		return false;
	*subscription = listener->subscriptions[--listener->subscription_count];
	return true;
}

void listener_connect(struct org *org, struct listener *listener, struct answer *answer, struct str id, int64_t wait_ms)
{
	release(listener, NULL);
	answer->held = true;
	answer->gone = on_gone;
	answer->gone_context = listener;
	listener->held = answer;
	listener->held_id = arena_str(answer->arena, id);
	listener->held_until_ms = now_ms() + wait_ms;
	/* Not now: the server has to know first that this answer is held. */
	stream_wake(org);
}

int64_t stream_delivered(const struct org *org)
{
	return org->stream->delivered;
}

void stream_show(struct org *org, struct buf *out)
{
	const struct stream *stream = org->stream;
	bool first = true;

	buf_printf(out,
	           "{\"kept\":%llu,\"oldest\":%lld,\"newest\":%lld,\"delivered\":%lld,\"lost\":%lld,\"repeated\":%lld,"
	           "\"clients\":[",
	           (unsigned long long)(changes_end(org) - changes_first(org)), (long long)changes_oldest(org),
	           (long long)changes_newest(org), (long long)stream->delivered, (long long)stream->lost,
	           (long long)stream->repeated);
	for (const struct listener *l = stream->listeners; l; l = l->next) {
		buf_printf(out, "%s{\"clientId\":\"%s\",\"held\":%s,\"waiting\":%zu,\"channels\":[", first ? "" : ",",
		           l->id, l->held ? "true" : "false", l->outbox_count);
		for (size_t i = 0; i < l->subscription_count; i++) {
			buf_add_c(out, i ? "," : "");
			json_write_string(out, str_of(l->subscriptions[i].channel));
		}
		buf_add_c(out, "]}");
		first = false;
	}
	buf_add_c(out, "]}");
}

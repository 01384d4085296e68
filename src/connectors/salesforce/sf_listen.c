/*
 * Listening to an org: Change Data Capture over a Bayeux session (bayeux.h), on the caller's thread.
 *
 *	handshake → subscribe from the last replay id → connect, for ever
 *
 * Each turn of the loop is one step of that; how the step ended says what the next one is and how long to rest before it. An
 * answer that was lost may have held events, so a lost connection is followed by a new session from the last replay
 * id. Where no replay id is known yet (nothing came so far, or the server keeps none) a new session may have missed
 * something: it begins with EVENT_OVERFLOW since the last time that the server was heard.
 */
#include "connectors/salesforce/sf.h"

#include "codec/digest.h"
#include "connectors/answer.h"
#include "connectors/salesforce/bayeux.h"
#include "lib/clock.h"

#include <stdio.h>

enum {
	longest_rest_ms = 60000,
	slice_ms = 100,
	quick_ms = 50, /* an answer without events so soon was not held: a few of them in a row are a loop */
	quick_most = 3,
	quick_rest_ms = 1000,
	refusals_most = 2, /* a new token, once */
};

struct listener {
	struct sf *sf;
	const struct listen_request *request;
	struct bayeux bayeux;
	struct arena arena; /* of the whole listening: little */
	struct str channel;
	char replay[24]; /* empty: from now on */
	bool subscribed;
	bool ever; /* subscribed at least once: a new session goes on */
	bool told, told_connected;
	int64_t heard_ms; /* far clock, of the last answer by which nothing was missing */
	unsigned failures, refusals, quick;
};

static bool stopped(const struct listener *l)
{
	return atomic_load(l->request->stop);
}

/* Once for each change. */
static void tell(struct listener *l, bool connected, const char *text)
{
	if (l->request->on_state && (!l->told || l->told_connected != connected))
		l->request->on_state(l->request->context, connected, text);
	l->told = true;
	l->told_connected = connected;
}

/* ---- rests ---- */

static void rest(const struct listener *l, int64_t ms)
{
	for (; ms > 0 && !stopped(l); ms -= slice_ms)
		clock_sleep_ms(MIN_OF(ms, (int64_t)slice_ms));
}

/* Full jitter: many listeners that lost the same server must not come back together. */
static int64_t backoff_ms(const struct listener *l)
{
	int64_t ceiling = l->sf->base.target.backoff_ms ? l->sf->base.target.backoff_ms : 500;
	uint32_t random;

	for (unsigned i = 1; i < l->failures && ceiling < longest_rest_ms; i++)
		ceiling *= 2;
	digest_random(&random, sizeof(random));
	return (int64_t)((uint64_t)MIN_OF(ceiling, (int64_t)longest_rest_ms) * random >> 32);
}

/* The server's own wish is the least; a server that holds nothing must not be asked a hundred times a second. */
static int64_t rest_after_connect(struct listener *l, const struct bayeux_reply *reply)
{
	bool quick = reply->event_count == 0 && reply->took_ms < quick_ms;

	l->quick = quick ? l->quick + 1 : 0;
	return MAX_OF(l->bayeux.interval_ms, (int64_t)(l->quick > quick_most ? quick_rest_ms : 0));
}

/* ---- events ---- */

static struct row data_of(const struct row *message)
{
	const struct json *data = json_get(message->json, "data");

	if (message->fault)
		return *message;
	if (!data)
		return (struct row) { .bytes = message->bytes, .fault = "the message carries no data" };
	return (struct row) { .bytes = data->raw, .json = (struct json *)data };
}

static bool is_ours(const struct listener *l, const struct row *message)
{
	return message->fault || str_eq(json_get_text(message->json, "channel"), l->channel);
}

static void keep_replay(struct listener *l, const struct json *data)
{
	const struct json *id = json_walk(data, "event.replayId");
	int64_t number = json_int(id, -1);

	if (number >= 0)
		snprintf(l->replay, sizeof(l->replay), "%lld", (long long)number);
}

static int hand_over(struct listener *l, const struct sf_events *out, struct err *err)
{
	const struct events events = { .at = out->at, .count = out->count };

	return l->request->on_events(l->request->context, &events, str_of(l->replay), err);
}

static int deliver(struct listener *l, struct arena *arena, const struct bayeux_reply *reply, struct err *err)
{
	struct sf_events out = { .arena = arena };
	size_t ours = 0;

	for (size_t i = 0; i < reply->event_count; i++) {
		struct row data;

		if (!is_ours(l, &reply->events[i]))
			continue;
		ours++;
		data = data_of(&reply->events[i]);
		sf_event_decode(&out, &data, l->request->object);
		keep_replay(l, data.json);
	}
	return ours ? hand_over(l, &out, err) : 0;
}

static int tell_gap(struct listener *l, struct arena *arena, struct err *err)
{
	struct sf_events out = { .arena = arena };

	*sf_event_add(&out) = (struct event) { .kind = EVENT_OVERFLOW,
		                               .name = STR("reconnected"),
		                               .object = l->request->object,
		                               .record = { .modified_ms = l->heard_ms } };
	return hand_over(l, &out, err);
}

/* ---- steps ---- */

static int step(struct listener *l, struct arena *arena, struct bayeux_reply *ret, struct err *err)
{
	struct bayeux *b = &l->bayeux;

	if (b->client_id.len == 0)
		return bayeux_handshake(b, arena, ret, err);
	if (!l->subscribed)
		return bayeux_subscribe(b, arena, l->channel, l->replay[0] ? str_of(l->replay) : STR("-1"), ret, err);
	return bayeux_connect(b, arena, ret, err);
}

static void lose(struct listener *l, const char *why)
{
	l->subscribed = false;
	bayeux_forget(&l->bayeux);
	tell(l, false, why);
}

static void heard(struct listener *l, const struct bayeux_reply *reply)
{
	int64_t now_ms = reply->server_ms ? reply->server_ms : sf_server_ms(l->sf);

	l->heard_ms = now_ms ? now_ms : clock_wall_ms();
}

/* The step was done. Returns the rest before the next one, or an error. */
static int64_t go_on(struct listener *l, struct arena *arena, const struct bayeux_reply *reply, bool was_subscribed,
                     struct err *err)
{
	bool gap = !was_subscribed && l->ever && l->replay[0] == '\0';

	if (!l->subscribed)
		return 0;
	tell(l, true, l->channel.at);
	if (gap && tell_gap(l, arena, err) < 0)
		return err->code;
	l->ever = true;
	heard(l, reply);
	if (!was_subscribed)
		return 0;
	l->failures = l->refusals = 0;
	return rest_after_connect(l, reply);
}

static int give_up(const struct listener *l, const struct bayeux_reply *reply, struct err *err)
{
	if (reply->next == BAYEUX_GONE)
		return err_set(err, ERR_GONE, "listen to %.*s: the org does not keep its events as far back any more",
		               STR_ARG(l->channel));
	if (reply->next == BAYEUX_TOKEN)
		return err_set(err, ERR_AUTH,
		               "listen to %.*s: the org refuses our sign-in there also with a new token: check the app "
		               "and its user",
		               STR_ARG(l->channel));
	return err_set(
	        err, ERR_CONFIG,
	        "listen to %.*s: the org refuses it (%.*s, status %u): choose the object in its Change Data Capture "
	        "settings, and give our user View All on it",
	        STR_ARG(l->channel), STR_ARG(reply->error), reply->status);
}

/* The step was not done. The first new session is asked for at once, later ones after a rest. */
static int64_t recover(struct listener *l, const struct bayeux_reply *reply, struct err *err)
{
	bool at_once = reply->next != BAYEUX_AGAIN && l->failures == 0;

	if (reply->next == BAYEUX_GONE || reply->next == BAYEUX_DENIED)
		return give_up(l, reply, err);
	if (reply->next == BAYEUX_TOKEN && ++l->refusals >= refusals_most)
		return give_up(l, reply, err);
	l->bayeux.new_token = reply->next == BAYEUX_TOKEN;
	l->failures++;
	if (reply->next == BAYEUX_AGAIN)
		tell(l, false, "the server is busy");
	else
		lose(l, reply->next == BAYEUX_TOKEN ? "the token has run out" : "the server has lost the session");
	return at_once ? 0 : MAX_OF(backoff_ms(l), l->bayeux.interval_ms);
}

/* One turn: the rest before the next one, or an error. */
static int64_t turn(struct listener *l, struct arena *arena, struct err *err)
{
	bool was_subscribed = l->subscribed, had_session = l->bayeux.client_id.len > 0;
	struct bayeux_reply reply = { 0 };
	struct err failed = ERR_INIT;

	if (step(l, arena, &reply, &failed) < 0) {
		if (stopped(l))
			return 0;
		if (err_class_of(failed.code) != ERR_CLASS_RETRY)
			return err_set(err, failed.code, "%s", failed.text);
		l->failures++;
		lose(l, failed.text);
		return backoff_ms(l);
	}
	if (reply.next == BAYEUX_GO_ON && had_session)
		l->subscribed = true;
	if (deliver(l, arena, &reply, err) < 0)
		return err->code;
	if (reply.next != BAYEUX_GO_ON)
		return recover(l, &reply, err);
	return go_on(l, arena, &reply, was_subscribed, err);
}

static int run(struct listener *l, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	int64_t rest_ms = 0;

	while (rest_ms >= 0 && !stopped(l)) {
		arena_reset(&arena);
		rest_ms = turn(l, &arena, err);
		rest(l, rest_ms);
	}
	bayeux_end(&l->bayeux, &arena);
	return rest_ms < 0 ? (int)rest_ms : 0;
}

/* ---- begin and end ---- */

/* "/data/ContactChangeEvent", "/data/Visit__ChangeEvent" for Visit__c. */
static struct str channel_of(struct arena *arena, struct str object)
{
	static const struct str custom = { "__c", 3 };

	if (str_ends(object, custom))
		object.len -= 1;
	return arena_printf(arena, "/data/%.*sChangeEvent", STR_ARG(object));
}

/* The session has a target of its own: a poll that is held for minutes must not take a place of the window. */
static void open_session(struct listener *l)
{
	struct sf *sf = l->sf;
	struct bayeux *b = &l->bayeux;

	must(pthread_mutex_lock(&sf->lock) == 0);
	b->target = (struct http_target) { .base = sf->base.target.base,
		                           .rate = sf->base.target.rate,
		                           .pace_file = sf->base.target.pace_file,
		                           .attempts = 1,
		                           .window = 2 };
	must(pthread_mutex_unlock(&sf->lock) == 0);
	b->http = sf->http;
	b->path = sf->cometd;
	b->authorize = sf_authorize;
	b->context = sf;
	b->stop = l->request->stop;
	bayeux_forget(b);
}

/* The instance is known after the first sign-in; until that works there is nobody to listen to. */
static int sign_in(struct listener *l, struct err *err)
{
	while (!stopped(l)) {
		struct err failed = ERR_INIT;

		if (sf_sign_in(l->sf, &failed) == 0)
			break;
		if (err_class_of(failed.code) != ERR_CLASS_RETRY)
			return err_set(err, failed.code, "%s", failed.text);
		l->failures++;
		tell(l, false, failed.text);
		rest(l, backoff_ms(l));
	}
	l->failures = 0;
	return 0;
}

static int check_request(const struct listen_request *request, int64_t *ret_replay, struct err *err)
{
	if (!sf_name_valid(request->object))
		return err_set(err, ERR_CONFIG, "'%.*s' is no Salesforce object name", STR_ARG(request->object));
	if (request->replay.len && (!str_to_i64(request->replay, ret_replay) || *ret_replay < 0))
		return err_set(err, ERR_GONE, "listen to %.*s: the replay text is none of ours",
		               STR_ARG(request->object));
	return 0;
}

int sf_listen(struct connection *c, const struct listen_request *request, struct err *err)
{
	struct listener l = { .sf = sf_of(c), .request = request, .arena = ARENA_INIT };
	int64_t replay = -1;
	int code;

	if (check_request(request, &replay, err) < 0)
		return err->code;
	if (replay >= 0)
		snprintf(l.replay, sizeof(l.replay), "%lld", (long long)replay);
	l.channel = channel_of(&l.arena, request->object);
	code = sign_in(&l, err);
	if (code == 0 && !stopped(&l)) {
		open_session(&l);
		code = run(&l, err);
		bayeux_release(&l.bayeux);
	}
	arena_release(&l.arena);
	return code;
}

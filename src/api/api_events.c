/*
 * events: one stream a listener, many topics. A thread of its own makes each topic while somebody listens, and sends what changed:
 *
 *	listen() adds the stream, rings ──► the thread: for each topic that is due: make, compare with what was sent last, send to all of that right
 *	                                    for each new listener: every topic as it was made last
 *
 * Topics are made without our lock, and sent under it: sending only queues.
 */
#include "api/api_internal.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/limits.h"

/* To add topics: a line. */
static const struct api_topic *const topic_tables[] = {
	api_activity_topics, api_health_topics, api_review_topics,   api_staged_topics, api_sync_topics,
	api_count_topics,    api_dry_topics,    api_realtime_topics, api_run_topics,
};

enum { TOPICS = 32, STREAM_MAX_MS = 5 * 60 * 1000 };

struct listener {
	uint64_t stream; /* 0: free */
	struct http_server *server;
	unsigned rights;
	bool greeted;
	int64_t until_ms; /* then the stream ends: whoever comes back has to be signed in still */
};

struct topic {
	const struct api_topic *row;
	struct buf said; /* as it was made last */
	int64_t due_ms;
	bool changed;
};

struct api_events {
	struct api *api;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t bell;
	bool stop;
	struct listener listeners[LIMIT_API_LISTENERS]; /* under the lock */
	struct topic topics[TOPICS];                    /* of the thread */
	size_t topic_count;
};

static int64_t now_ms(void)
{
	return clock_mono_ns() / 1000000;
}

/* ---- listeners ---- */

static void on_gone(void *context, uint64_t stream)
{
	struct api_events *events = context;

	pthread_mutex_lock(&events->lock);
	for (size_t i = 0; i < LIMIT_API_LISTENERS; i++)
		if (events->listeners[i].stream == stream)
			events->listeners[i].stream = 0;
	pthread_mutex_unlock(&events->lock);
}

static struct listener *find_place(struct api_events *events)
{
	for (size_t i = 0; i < LIMIT_API_LISTENERS; i++)
		if (events->listeners[i].stream == 0)
			return &events->listeners[i];
	return NULL;
}

static int listen_to(struct api_call *call, struct err *err)
{
	struct api_events *events = call->api->events;
	struct listener *place;

	pthread_mutex_lock(&events->lock);
	place = find_place(events);
	if (place) {
		/* Under the lock: on_gone may be called before we know the stream's number. */
		*place = (struct listener) { .server = call->asked->server,
			                     .rights = call->person.rights,
			                     .until_ms = now_ms() + STREAM_MAX_MS };
		place->stream = http_stream_start(call->asked, call->reply, on_gone, events);
		pthread_cond_signal(&events->bell);
	}
	pthread_mutex_unlock(&events->lock);
	return place ? 0 : err_set(err, ERR_RATE, "too many pages listen already; close some");
}

/* ---- the thread ---- */

static void make_topic(struct api_events *events, struct topic *topic)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_API_EVENT);
	const struct engine *daemon = events->api->options.engine;
	struct api_call call = { .api = events->api, .arena = &arena };
	struct err err = ERR_INIT;

	call.engine = (struct engine) { .store = daemon->store,
		                        .keys = daemon->keys,
		                        .http = daemon->http,
		                        .dir = daemon->dir,
		                        .who = "console",
		                        .doubt_ms = daemon->doubt_ms,
		                        .governor = daemon->governor,
		                        .meter = daemon->meter };
	topic->due_ms = now_ms() + topic->row->every_ms;
	if (topic->row->make(&call, &err) < 0)
		return; /* the store does not answer: what was said stands, and the next time comes soon */
	json_write(&text, call.answer);
	topic->changed = buf_ok(&text) && !str_eq(buf_str(&text), buf_str(&topic->said));
	if (topic->changed) {
		buf_clear(&topic->said);
		buf_add(&topic->said, buf_str(&text));
	}
}

static void make_what_is_due(struct api_events *events)
{
	int64_t now = now_ms();

	for (size_t i = 0; i < events->topic_count; i++) {
		struct topic *topic = &events->topics[i];

		topic->changed = false;
		if (now >= topic->due_ms)
			make_topic(events, topic);
	}
}

static void tell(const struct api_events *events, const struct listener *to)
{
	for (size_t i = 0; i < events->topic_count; i++) {
		const struct topic *topic = &events->topics[i];
		bool allowed = (to->rights & topic->row->right) == topic->row->right;

		if (allowed && topic->said.len && (topic->changed || !to->greeted))
			http_stream_send(to->server, to->stream, topic->row->name, buf_str(&topic->said));
	}
}

static bool anybody_listens(const struct api_events *events)
{
	for (size_t i = 0; i < LIMIT_API_LISTENERS; i++)
		if (events->listeners[i].stream)
			return true;
	return false;
}

/* Under the lock, which on_gone waits for before the server forgets the stream, or itself: nobody is told who is gone. */
static void tell_all(struct api_events *events)
{
	int64_t now = now_ms();

	for (size_t i = 0; i < LIMIT_API_LISTENERS; i++) {
		struct listener *to = &events->listeners[i];

		if (!to->stream)
			continue;
		tell(events, to);
		to->greeted = true;
		if (now >= to->until_ms)
			http_stream_end(to->server, to->stream);
	}
}

static int64_t next_due(const struct api_events *events)
{
	int64_t due = now_ms() + 1000;

	for (size_t i = 0; i < events->topic_count; i++)
		due = MIN_OF(due, events->topics[i].due_ms);
	return due;
}

/* Under the lock. Nobody listens: until somebody does. */
static void wait_for_work(struct api_events *events, bool anybody)
{
	struct timespec until;
	int64_t at = next_due(events);

	if (!anybody) {
		pthread_cond_wait(&events->bell, &events->lock);
		return;
	}
	until = (struct timespec) { .tv_sec = at / 1000, .tv_nsec = at % 1000 * 1000000 };
	pthread_cond_timedwait(&events->bell, &events->lock, &until);
}

static void *run(void *context)
{
	struct api_events *events = context;

	pthread_mutex_lock(&events->lock);
	while (!events->stop) {
		bool anybody = anybody_listens(events);

		if (anybody) {
			pthread_mutex_unlock(&events->lock);
			make_what_is_due(events);
			pthread_mutex_lock(&events->lock);
			tell_all(events);
		}
		if (!events->stop)
			wait_for_work(events, anybody);
	}
	pthread_mutex_unlock(&events->lock);
	return NULL;
}

/* ---- opening ---- */

static void add_topics(struct api_events *events, const struct api_topic *rows)
{
	for (; rows->name; rows++) {
		must(events->topic_count < TOPICS);
		events->topics[events->topic_count++] =
		        (struct topic) { .row = rows, .said = BUF_INIT(LIMIT_API_EVENT) };
	}
}

int api_events_open(struct api *api, struct err *err)
{
	struct api_events *events = arena_new(&api->arena, struct api_events);
	pthread_condattr_t attributes;

	events->api = api;
	for (size_t i = 0; i < ARRAY_LEN(topic_tables); i++)
		add_topics(events, topic_tables[i]);
	pthread_mutex_init(&events->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&events->bell, &attributes);
	pthread_condattr_destroy(&attributes);
	if (pthread_create(&events->thread, NULL, run, events) != 0)
		return err_set(err, ERR_SYSTEM, "no thread for live events");
	api->events = events;
	return 0;
}

void api_events_close(struct api_events **pevents)
{
	struct api_events *events = *pevents;

	*pevents = NULL;
	if (!events)
		return;
	pthread_mutex_lock(&events->lock);
	events->stop = true;
	pthread_cond_signal(&events->bell);
	pthread_mutex_unlock(&events->lock);
	pthread_join(events->thread, NULL);
	for (size_t i = 0; i < events->topic_count; i++)
		buf_release(&events->topics[i].said);
	pthread_cond_destroy(&events->bell);
	pthread_mutex_destroy(&events->lock);
}

const struct api_route api_events_routes[] = {
	{ "GET", "/events", listen_to, RIGHT_SEE },
	{ 0 },
};

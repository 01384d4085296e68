/*
 * live_stream: what far sides tell us by themselves. A stream has a thread of its own that blocks in the connector's listen(); each bundle of events is
 * staged together with the replay text after it (R1). A stream that lost its place is caught up by a delta, and then listens anew.
 */
#include "connectors/connector.h"
#include "lib/clock.h"
#include "sync/capture.h"
#include "sync/cursor.h"
#include "sync/lease.h"
#include "sync/live_parts.h"
#include "sync/meter.h"
#include "sync/tally.h"

static const char feed[] = "stream";

/* ---- events, from whichever door ---- */

static bool switched_off(const struct plan *plan, struct str name)
{
	for (size_t i = 0; i < plan->events_off_count; i++) {
		if (str_eq(plan->events_off[i], name))
			return true;
	}
	return false;
}

/* At once, and again when what is too young for a delta now (its lag) is old enough. */
static void want_delta(struct live_entry *entry)
{
	enum { SURELY_MS = 2000 }; /* far clocks and stamps are as coarse as a second */

	pthread_mutex_lock(&entry->live->lock);
	entry->wants_delta = true;
	entry->delta_again_ms = clock_mono_ns() / 1000000 + entry->plan->delta_lag_ms + SURELY_MS;
	pthread_cond_broadcast(&entry->live->bell);
	pthread_mutex_unlock(&entry->live->lock);
}

static void meter_event(struct live_entry *entry, const struct plan *plan, enum side side, const struct event *e,
                        struct str outcome)
{
	meter_add(entry->live->engine->meter, METER_EVENTS, side == SIDE_CRM ? plan->crm_name : plan->emr_name, e->name,
	          outcome, 1);
}

/* Is it for this sync, and is it wanted? *ret counts those that are switched off (R37). */
static bool wanted(struct live_entry *entry, const struct plan *plan, enum side side, const struct event *e,
                   struct hook_done *ret)
{
	bool off;

	if (e->object.len && !str_eq(e->object, plan->object[side]))
		return false;
	ret->events++;
	if (e->kind == EVENT_OVERFLOW)
		want_delta(entry);
	if (!capture_takes(e)) {
		meter_event(entry, plan, side, e, STR("other"));
		return false;
	}
	off = plan->live_off || switched_off(plan, e->name);
	if (e->name.len)
		tally_count(entry->live->tally, plan->sync_id, e->name, off);
	meter_event(entry, plan, side, e, off ? STR("off") : STR("staged"));
	ret->off += off;
	return !off;
}

static struct capture how_of(const struct plan *plan, const struct live_events *what)
{
	return (struct capture) { .side = what->side,
		                  .door = what->door,
		                  .priority = STAGED_LIVE,
		                  .feed = what->feed,
		                  .from = what->from,
		                  .cursor = what->cursor,
		                  .total = -1,
		                  .tells = !lease_is_ours(plan),
		                  .durable = true };
}

static struct events wanted_of(struct live_entry *entry, const struct plan *plan, struct arena *arena,
                               const struct live_events *what, struct hook_done *ret)
{
	struct event *kept = arena_new_array(arena, struct event, what->events->count);
	struct events events = { .at = kept };

	for (size_t i = 0; i < what->events->count; i++) {
		if (wanted(entry, plan, what->side, &what->events->at[i], ret))
			kept[events.count++] = what->events->at[i];
	}
	return events;
}

static int take_events(struct live_entry *entry, const struct plan *plan, const struct live_events *what,
                       struct hook_done *ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct events events = wanted_of(entry, plan, &arena, what, ret);
	const struct capture how = how_of(plan, what);
	struct captured done = { 0 };

	if ((events.count > 0 || what->feed) &&
	    capture_events(entry->live->engine, plan, &arena, &events, &how, &done, err) < 0)
		return err_pass(err);
	ret->staged += done.staged;
	return 0;
}

int live_take_events_then(struct live_entry *entry, const struct plan *plan, struct arena *arena,
                          const struct live_events *what, struct hook_done *ret, const struct capture_then *then,
                          struct err *err)
{
	const struct events events = wanted_of(entry, plan, arena, what, ret);
	const struct capture how = how_of(plan, what);
	const struct captured none = { 0 };
	const struct err fine = ERR_INIT;

	if (events.count > 0)
		return capture_events_then(entry->live->engine, plan, arena, &events, &how, then, err);
	then->done(then->context, &none, &fine);
	return 0;
}

static void ring(struct live_entry *entry)
{
	pthread_mutex_lock(&entry->live->lock);
	road_ring(entry->road);
	pthread_mutex_unlock(&entry->live->lock);
}

/* ---- streams ---- */

static int on_events(void *context, const struct events *events, struct str replay, struct err *err)
{
	struct live_stream *s = context;
	struct live_entry *entry = s->entry;
	const struct live_events what = { .side = s->side,
		                          .door = DOOR_STREAM,
		                          .events = events,
		                          .feed = str_eq(replay, s->replay) ? NULL : feed,
		                          .from = s->replay,
		                          .cursor = replay };
	struct hook_done done = { 0 };

	if (events->count == 0 && !what.feed)
		return 0;
	if (take_events(entry, entry->plan, &what, &done, err) < 0)
		return err_pass(err);
	arena_reset(&s->arena);
	s->replay = arena_str(&s->arena, replay);
	if (done.staged)
		ring(entry);
	return 0;
}

static void on_state(void *context, bool connected, const char *text)
{
	struct live_stream *s = context;

	pthread_mutex_lock(&s->entry->live->lock);
	s->connected = connected;
	pthread_mutex_unlock(&s->entry->live->lock);
	live_tell(s->entry);
	live_note(s->entry, text);
}

static int read_replay(struct db *db, void *context, struct err *err)
{
	struct live_stream *s = context;
	const struct cursor_place place = { s->entry->sync_id, s->side, str_of(feed) };
	struct cursor cursor;

	if (cursor_get(db, &s->arena, &place, &cursor, err) < 0)
		return err_pass(err);
	s->replay = cursor.text;
	return 0;
}

static int forget_replay(struct db *db, void *context, struct err *err)
{
	const struct live_stream *s = context;
	const struct cursor_place place = { s->entry->sync_id, s->side, str_of(feed) };

	return cursor_forget(db, &place, err);
}

static int listen_once(struct live_stream *s, struct err *err)
{
	struct engine *engine = s->entry->live->engine;
	struct connection *c = s->entry->plan->conn[s->side];
	struct listen_request request = { .object = s->entry->plan->object[s->side],
		                          .stop = &s->stop,
		                          .on_events = on_events,
		                          .on_state = on_state,
		                          .context = s };
	SCOPED(arena) struct arena arena = ARENA_INIT;
	int code;

	arena_reset(&s->arena);
	if (store_read(engine->store, read_replay, s, err) < 0)
		return err_pass(err);
	if (s->replay.len == 0)
		want_delta(s->entry); /* what happened before we listen is not told */
	request.replay = arena_str(&arena, s->replay);
	code = c->kind->listen(c, &request, err);
	if (code != ERR_GONE)
		return code;
	want_delta(s->entry);
	*err = (struct err)ERR_INIT;
	return lease_write(engine, s->entry->plan, RELAXED, forget_replay, s, err);
}

static void *stream_thread(void *context)
{
	enum { PAUSE_MS = 5000, STEP_MS = 100 };
	struct live_stream *s = context;

	while (!atomic_load(&s->stop)) {
		struct err err = ERR_INIT;

		if (listen_once(s, &err) < 0 && !atomic_load(&s->stop)) {
			on_state(s, false, err.text);
			for (int ms = 0; ms < PAUSE_MS && !atomic_load(&s->stop); ms += STEP_MS)
				clock_sleep_ms(STEP_MS);
		}
	}
	return NULL;
}

void live_streams_start(struct live_entry *entry)
{
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		struct live_stream *s = &entry->streams[side];

		if (!entry->plan->conn[side]->kind->listen || entry->plan->no_stream || entry->plan->live_off ||
		    entry->live->options.no_stream)
			continue;
		s->entry = entry;
		s->side = side;
		atomic_store(&s->stop, false);
		s->runs = true;
		must(pthread_create(&s->thread, NULL, stream_thread, s) == 0);
	}
}

void live_streams_stop(struct live_entry *entry)
{
	for (size_t side = 0; side < ARRAY_LEN(entry->streams); side++)
		atomic_store(&entry->streams[side].stop, true);
	for (size_t side = 0; side < ARRAY_LEN(entry->streams); side++) {
		struct live_stream *s = &entry->streams[side];

		if (!s->runs)
			continue;
		pthread_join(s->thread, NULL);
		s->runs = s->connected = false;
		arena_release(&s->arena);
	}
}

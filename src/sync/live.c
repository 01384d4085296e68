/*
 * live: the list of syncs. A keeper thread watches the configuration: a new sync gets an entry and a supervisor (live_sync.c), one whose definition went is
 * stopped, a changed one begins anew by itself.
 */
#include "sync/live.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "connectors/connector.h"
#include "lib/clock.h"
#include "sync/catalog.h"
#include "sync/live_parts.h"
#include "sync/audit.h"
#include "sync/journal.h"
#include "sync/outbox.h"
#include "sync/purge.h"
#include "sync/select.h"
#include "sync/stage.h"
#include "sync/tally.h"

enum { WATCH_MS = 500, FLUSH_MS = 5000 };

void live_wait(struct live *live, int64_t ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += ms % 1000 * 1000000;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&live->lock);
	if (!atomic_load(&live->stop))
		pthread_cond_timedwait(&live->bell, &live->lock, &until);
	pthread_mutex_unlock(&live->lock);
}

/* ---- entries ---- */

/* The newest; those behind it never change their places. */
struct live_entry *live_first(struct live *live)
{
	struct live_entry *first;

	pthread_mutex_lock(&live->lock);
	first = live->first;
	pthread_mutex_unlock(&live->lock);
	return first;
}

static struct live_entry *find(struct live *live, int64_t sync_id)
{
	for (struct live_entry *e = live->first; e; e = e->next) {
		if (e->sync_id == sync_id && !atomic_load(&e->gone))
			return e;
	}
	return NULL;
}

static void add(struct live *live, const struct sync_row *row)
{
	struct live_entry *e = arena_new(&live->arena, struct live_entry);

	e->live = live;
	e->sync_id = row->id;
	e->generation = -1;
	snprintf(e->name, sizeof(e->name), "%.*s", STR_ARG(row->name));
	must(pthread_rwlock_init(&e->plan_lock, NULL) == 0);
	pthread_mutex_lock(&live->lock);
	e->next = live->first;
	live->first = e;
	pthread_mutex_unlock(&live->lock);
	must(pthread_create(&e->supervisor, NULL, live_supervise, e) == 0);
}

static void match_entries(struct live *live, const struct sync_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!find(live, rows[i].id))
			add(live, &rows[i]);
	}
	for (struct live_entry *e = live->first; e; e = e->next) {
		bool there = false;

		for (size_t i = 0; i < count; i++)
			there = there || rows[i].id == e->sync_id;
		if (!there)
			atomic_store(&e->gone, true);
	}
}

/* ---- the keeper ---- */

static int read_configuration(struct live *live, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct sync_row *rows;
	int64_t generation;
	size_t count;

	if (catalog_generation(live->engine, &generation, err) < 0)
		return err_pass(err);
	if (generation == atomic_load(&live->generation))
		return 0;
	if (catalog_syncs(live->engine, &arena, &rows, &count, err) < 0)
		return err_pass(err);
	atomic_store(&live->generation, generation);
	match_entries(live, rows, count);
	return 0;
}

/* Short leases are for tests. */
static int64_t watch_ms(const struct live *live)
{
	return live->engine->leases ? MIN_OF((int64_t)WATCH_MS, leases_ms(live->engine->leases) / 6)
	                            : (int64_t)WATCH_MS;
}

static void *keep(void *context)
{
	struct live *live = context;
	int64_t flushed_ms = clock_mono_ns() / 1000000;

	while (!atomic_load(&live->stop)) {
		int64_t now = clock_mono_ns() / 1000000;
		struct err err = ERR_INIT;

		if ((read_configuration(live, &err) < 0 || live_look(live, &err) < 0) && live->options.on_note)
			live->options.on_note(live->options.context, STR_EMPTY, err.text);
		err = (struct err)ERR_INIT;
		if (now - flushed_ms >= FLUSH_MS && tally_flush(live->tally, live->engine, &err) == 0)
			flushed_ms = now;
		live_wait(live, watch_ms(live));
	}
	return NULL;
}

/* ---- the janitor ---- */

enum { JANITOR_MS = 60000, HOUR_MS = 3600000 };

/* The head of the audit trail leaves the database with the log: whoever can write to the database alone cannot cut the trail's end off unseen. */
static int note_head(struct engine *engine, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct audit_chain chain;
	const char *trouble;

	if (audit_verify(engine, STR_EMPTY, &chain, err) < 0)
		return err_pass(err);
	trouble = audit_trouble(&arena, &chain);
	journal_note(engine,
	             &(struct journal_entry) { .level = trouble ? LEVEL_ERROR : LEVEL_INFO,
	                                       .code = STR("audit_head"),
	                                       .text = trouble ? str_of(trouble) : audit_head_text(&arena, &chain) });
	return 0;
}

static int tidy(struct live *live, const struct retention *retention, struct err *err)
{
	if (note_head(live->engine, err) < 0)
		return err_pass(err);
	return retention_run(live->engine, retention, err);
}

/* Once a day, in the quiet hour. Restarted in that hour, the daemon does it again, and there is nothing left to do. */
static void *keep_tidy(void *context)
{
	struct live *live = context;
	int64_t looked_ms = 0, done_ms = 0;

	while (!atomic_load(&live->stop)) {
		int64_t mono = clock_mono_ns() / 1000000, now = clock_wall_ms();
		struct err err = ERR_INIT;
		struct retention retention;

		live_wait(live, WATCH_MS);
		if (mono - looked_ms < JANITOR_MS)
			continue;
		looked_ms = mono;
		if (retention_read(live->engine, &retention, &err) == 0 && now / HOUR_MS % 24 == retention.hour &&
		    now - done_ms > 2 * (int64_t)HOUR_MS) {
			done_ms = now;
			if (tidy(live, &retention, &err) < 0 && live->options.on_note)
				live->options.on_note(live->options.context, STR_EMPTY, err.text);
		}
	}
	return NULL;
}

static void start_threads(struct live *live)
{
	must(pthread_create(&live->keeper, NULL, keep, live) == 0);
	must(pthread_create(&live->janitor, NULL, keep_tidy, live) == 0);
}

/* Another process staged something for a sync of ours. */
static void on_told(void *context, int64_t sync_id)
{
	live_ring(context, sync_id);
}

int live_start(struct engine *engine, const struct live_options *options, struct live **ret, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct live *live = arena_new(&arena, struct live);
	pthread_condattr_t monotonic;

	live->arena = arena;
	live->engine = engine;
	live->options = *options;
	live->tally = tally_new();
	atomic_store(&live->generation, -1);
	must(pthread_mutex_init(&live->lock, NULL) == 0);
	must(pthread_condattr_init(&monotonic) == 0 && pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
	must(pthread_cond_init(&live->bell, &monotonic) == 0);
	pthread_condattr_destroy(&monotonic);
	*ret = live;
	if (store_listen(engine->store, &(struct store_told) { on_told, live }, &live->listener, err) < 0 ||
	    lease_attend(engine, err) < 0 || read_configuration(live, err) < 0 || live_look(live, err) < 0) {
		start_threads(live);
		live_stop(ret);
		return err_pass(err);
	}
	start_threads(live);
	return 0;
}

void live_stop(struct live **plive)
{
	struct live *live = *plive;
	struct err ignored = ERR_INIT;
	struct arena arena;

	*plive = NULL;
	if (!live)
		return;
	store_listen_end(&live->listener);
	atomic_store(&live->stop, true);
	atomic_store(&live->engine->stop, true);
	pthread_mutex_lock(&live->lock);
	pthread_cond_broadcast(&live->bell);
	pthread_mutex_unlock(&live->lock);
	pthread_join(live->keeper, NULL);
	pthread_join(live->janitor, NULL);
	for (struct live_entry *e = live->first; e; e = e->next) {
		pthread_join(e->supervisor, NULL);
		pthread_rwlock_destroy(&e->plan_lock);
	}
	if (tally_flush(live->tally, live->engine, &ignored) < 0)
		ignored.code = ERR_OK; /* a few counts are lost */
	tally_free(&live->tally);
	pthread_cond_destroy(&live->bell);
	pthread_mutex_destroy(&live->lock);
	arena = live->arena;
	arena_release(&arena);
}

/* ---- hooks ---- */

static bool side_of(const struct plan *plan, struct str connection, enum side *ret)
{
	for (*ret = SIDE_EMR; *ret <= SIDE_CRM; (*ret)++) {
		if (str_eq(*ret == SIDE_CRM ? plan->crm_name : plan->emr_name, connection))
			return plan->conn[*ret]->kind->webhook != NULL;
	}
	return false;
}

/* A hook that is being staged. It lies in the hook's arena. */
struct hooking {
	struct live *live;
	live_hook_fn *then;
	void *context;
	struct part *parts;
	struct err err; /* of what was not even begun */
	struct hook_done done;
	atomic_uint open; /* parts, and live_hook itself while it begins them; whoever ends the last one answers */
};

/* One sync's part of it. */
struct part {
	struct hooking *all;
	struct part *next;
	int64_t sync_id;
	struct captured captured;
	struct err err;
};

static void ring(struct live *live, int64_t sync_id, void (*how)(struct road *road))
{
	pthread_mutex_lock(&live->lock);
	for (struct live_entry *e = live->first; e; e = e->next) {
		if (sync_id == 0 || e->sync_id == sync_id)
			how(e->road);
	}
	pthread_mutex_unlock(&live->lock);
}

static void on_seen(void *context, const struct captured *captured)
{
	const struct part *part = context;

	if (captured->staged)
		ring(part->all->live, part->sync_id, captured->to_read ? road_ring : road_ring_whole);
}

static void end_one(struct hooking *all)
{
	const struct err *err = &all->err;

	if (atomic_fetch_sub(&all->open, 1) > 1)
		return;
	for (const struct part *part = all->parts; part; part = part->next) {
		all->done.staged += part->captured.staged;
		err = err->code ? err : &part->err;
	}
	all->then(all->context, &all->done, err);
}

static void on_done(void *context, const struct captured *captured, const struct err *err)
{
	struct part *part = context;

	part->captured = *captured;
	part->err = *err;
	end_one(part->all);
}

/* One sync's part of a hook is begun. *ret_mine: the connection is one of its own. */
static int hook_for(struct live_entry *entry, struct arena *arena, struct str connection, const struct hook *hook,
                    struct hooking *all, bool *ret_mine)
{
	struct live_events what = { .door = DOOR_WEBHOOK };
	struct part *part;
	struct events events;

	*ret_mine = entry->plan && side_of(entry->plan, connection, &what.side);
	if (!*ret_mine)
		return 0;
	if (entry->plan->conn[what.side]->kind->webhook(entry->plan->conn[what.side], arena, hook, &events, &all->err) <
	    0)
		return err_pass(&all->err);
	what.events = &events;
	part = arena_new(arena, struct part);
	*part = (struct part) { .all = all, .next = all->parts, .sync_id = entry->sync_id, .err = ERR_INIT };
	all->parts = part;
	atomic_fetch_add(&all->open, 1);
	if (live_take_events_then(entry, entry->plan, arena, &what, &all->done,
	                          &(struct capture_then) { on_seen, on_done, part }, &all->err) == 0)
		return 0;
	atomic_fetch_sub(&all->open, 1);
	return err_pass(&all->err);
}

static void hook_for_all(struct live *live, struct arena *arena, struct str connection, const struct hook *hook,
                         struct hooking *all)
{
	bool known = false, opening = false;

	for (struct live_entry *e = live_first(live); e; e = e->next) {
		bool mine = false;
		int code;

		if (atomic_load(&e->gone))
			continue;
		pthread_rwlock_rdlock(&e->plan_lock);
		opening = opening || !e->plan;
		code = hook_for(e, arena, connection, hook, all, &mine);
		pthread_rwlock_unlock(&e->plan_lock);
		if (code < 0)
			return;
		known = known || mine;
	}
	/* A sender who is told that there is nobody may strike us off his list. */
	if (!known && opening)
		err_set(&all->err, ERR_CONFLICT, "a sync is not open yet, it may be one of this connection");
	else if (!known)
		err_set(&all->err, ERR_NOT_FOUND, "no connection of that name takes webhooks");
}

void live_hook(struct live *live, struct arena *arena, struct str connection, const struct hook *hook,
               live_hook_fn *then, void *context)
{
	struct hooking *all = arena_new(arena, struct hooking);

	*all = (struct hooking) { .live = live, .then = then, .context = context, .err = ERR_INIT, .open = 1 };
	hook_for_all(live, arena, connection, hook, all);
	end_one(all);
}

void live_ring(struct live *live, int64_t sync_id)
{
	ring(live, sync_id, road_ring);
}

/* ---- state ---- */

static void copy_state(struct arena *arena, const struct live_entry *e, struct live_sync *ret)
{
	*ret = (struct live_sync) {
		.sync_id = e->sync_id,
		.name = arena_str(arena, str_of(e->name)),
		.ready = e->ready,
		.paused = e->paused,
		.trouble = arena_str(arena, str_of(e->trouble)),
		.since_ms = e->since_ms,
		.streams = e->streams[SIDE_EMR].connected || e->streams[SIDE_CRM].connected,
		.run = arena_str(arena, str_of(e->run)),
		.decided = e->road ? road_decided(e->road) : 0,
	};
}

struct depths_job {
	struct live *live;
	struct arena *arena;
	struct live_sync *all;
	size_t count;
};

static int read_leases(struct db *db, const struct depths_job *job, struct err *err)
{
	struct lease_row *rows;
	size_t count;

	if (!job->live->engine->leases)
		return 0;
	if (lease_list_in(db, job->live->engine, job->arena, &rows, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < job->count; i++) {
		for (size_t k = 0; k < count; k++) {
			if (rows[k].sync_id == job->all[i].sync_id)
				live_lay_over(&job->all[i], &rows[k], job->arena);
		}
	}
	return 0;
}

static int read_depths(struct db *db, void *context, struct err *err)
{
	struct depths_job *job = context;

	for (size_t i = 0; i < job->count; i++) {
		struct live_sync *s = &job->all[i];
		struct queue queue;
		struct owed_counts owed[2];

		if (stage_queue(db, s->sync_id, &queue, err) < 0 ||
		    outbox_counts(db, s->sync_id, SIDE_EMR, &owed[SIDE_EMR], err) < 0 ||
		    outbox_counts(db, s->sync_id, SIDE_CRM, &owed[SIDE_CRM], err) < 0)
			return err_pass(err);
		s->waiting = queue.waiting;
		s->to_read = queue.to_read;
		s->oldest_ms = queue.oldest_ms;
		s->owed = owed[SIDE_EMR].now + owed[SIDE_CRM].now;
		s->owed_low = owed[SIDE_EMR].low + owed[SIDE_CRM].low;
	}
	return read_leases(db, job, err);
}

int live_state(struct live *live, struct arena *arena, struct live_sync **ret, size_t *ret_count, struct err *err)
{
	struct depths_job job = { .live = live, .arena = arena };
	size_t most = 0;

	pthread_mutex_lock(&live->lock);
	for (const struct live_entry *e = live->first; e; e = e->next)
		most++;
	job.all = arena_new_array(arena, struct live_sync, most);
	for (const struct live_entry *e = live->first; e; e = e->next) {
		if (!atomic_load(&e->gone))
			copy_state(arena, e, &job.all[job.count++]);
	}
	pthread_mutex_unlock(&live->lock);
	*ret = job.all;
	*ret_count = job.count;
	return store_read(live->engine->store, read_depths, &job, err);
}

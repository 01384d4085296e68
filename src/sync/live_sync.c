/*
 * live_sync: one sync of the daemon. Its supervisor goes round and round:
 *
 *	open      the plan: webhooks are taken from now on
 *	stand by  until the sync's lease is ours (lease.h): another daemon, or a command, may have it
 *	begin     both far sides signed in to
 *	work      road, streams; a tick a tenth of a second starts what is due: a run that a command asked for, one that was cut short, a schedule
 *	endure    something failed, a side is down: what is owed to the other one goes there; pauses, longer each time, until both can be signed in to
 *	paused    instead of work, where a person paused the sync: webhooks are staged, and that is all
 *	close     in the opposite order, when it must stop, when the configuration changed, when something failed, when the lease is lost or given to another daemon
 */
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "sync/catalog.h"
#include "sync/journal.h"
#include "sync/live_parts.h"
#include "sync/lease.h"
#include "sync/restored.h"
#include "sync/run_table.h"
#include "sync/schedule.h"
#include "sync/drift.h"
#include "sync/budget.h"

enum { TICK_MS = 100, FIRST_PAUSE_MS = 1000, LONGEST_PAUSE_MS = 60000, SET_BACK_MS = 1000 };

void live_note(struct live_entry *entry, const char *text)
{
	const struct live_options *o = &entry->live->options;

	if (o->on_note)
		o->on_note(o->context, str_of(entry->name), text);
}

/* ---- state ---- */

static void set_state(struct live_entry *entry, bool ready, const char *trouble)
{
	pthread_mutex_lock(&entry->live->lock);
	entry->ready = ready;
	snprintf(entry->trouble, sizeof(entry->trouble), "%s", trouble);
	entry->since_ms = clock_wall_ms();
	pthread_mutex_unlock(&entry->live->lock);
	if (entry->plan)
		live_tell(entry);
}

static void set_road(struct live_entry *entry, struct road *road)
{
	pthread_mutex_lock(&entry->live->lock);
	entry->road = road;
	pthread_mutex_unlock(&entry->live->lock);
}

static bool ends(const struct live_entry *entry)
{
	return atomic_load(&entry->live->stop) || atomic_load(&entry->gone);
}

static bool outdated(const struct live_entry *entry)
{
	return entry->generation != atomic_load(&entry->live->generation);
}

/* It has to end what it does with the sync. */
static bool leaves(const struct live_entry *entry)
{
	struct err ignored = ERR_INIT;

	return ends(entry) || outdated(entry) || atomic_load(&entry->gives) ||
	       (entry->plan && lease_is_lost(entry->plan, &ignored));
}

/* ---- open ---- */

static void close_plan(struct live_entry *entry)
{
	pthread_rwlock_wrlock(&entry->plan_lock);
	plan_close(&entry->plan);
	pthread_rwlock_unlock(&entry->plan_lock);
}

/* The plan stays open while the road pauses: webhooks are taken all the time. */
static int open_plan(struct live_entry *entry, struct err *err)
{
	struct plan *plan = NULL;
	int64_t generation = atomic_load(&entry->live->generation);

	entry->generation = generation;
	if (entry->plan && entry->plan_generation == generation)
		return 0;
	if (plan_open(entry->live->engine, str_of(entry->name), &plan, err) < 0)
		return err_pass(err);
	close_plan(entry);
	pthread_rwlock_wrlock(&entry->plan_lock);
	entry->plan = plan;
	entry->plan_generation = generation;
	pthread_rwlock_unlock(&entry->plan_lock);
	return 0;
}

static int ready_schedules(struct db *db, void *context, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct live_entry *entry = context;
	int64_t now_ms = clock_wall_ms();

	if (schedule_recount(db, &arena, entry->sync_id, now_ms, err) < 0)
		return err_pass(err);
	return schedule_add_default(db, &arena, entry->sync_id, now_ms, err);
}

/* By how much the wall clock is ahead of one that nobody sets: it gets less when the wall clock is set back. */
static int64_t clock_ahead_ms(void)
{
	return clock_wall_ms() - clock_mono_ns() / 1000000;
}

static int follow_clock(struct live_entry *entry, struct err *err)
{
	int64_t ahead_ms = clock_ahead_ms();

	if (ahead_ms > entry->ahead_ms - SET_BACK_MS) {
		entry->ahead_ms = MAX_OF(entry->ahead_ms, ahead_ms);
		return 0;
	}
	if (lease_write(entry->live->engine, entry->plan, RELAXED, ready_schedules, entry, err) < 0)
		return err_pass(err);
	entry->ahead_ms = ahead_ms;
	live_note(entry, "the clock was set back: what runs by itself is counted anew");
	return 0;
}

/* ---- runs ---- */

static void *run_thread(void *context)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct live_entry *entry = context;
	struct err err = ERR_INIT;
	struct run run = { 0 };

	if (run_batch(entry->live->engine, entry->plan, &entry->order, &run, &arena, &err) < 0)
		live_note(entry, err.text);
	atomic_store(&entry->run_ended, true);
	return NULL;
}

static void on_progress(void *context, const struct progress *progress)
{
	struct live_entry *entry = context;
	bool first;

	if (!progress->run)
		return;
	pthread_mutex_lock(&entry->live->lock);
	first = !entry->run[0];
	snprintf(entry->run, sizeof(entry->run), "%.*s", STR_ARG(progress->run->batch_id));
	pthread_mutex_unlock(&entry->live->lock);
	if (first)
		live_tell(entry);
}

static void start_run(struct live_entry *entry, enum run_kind kind, int64_t asked_id, int64_t input_id)
{
	entry->order = (struct run_order) { .kind = kind,
		                            .asked_id = asked_id,
		                            .input_id = input_id,
		                            .road = entry->road,
		                            .stop = &entry->run_stop,
		                            .on_progress = on_progress,
		                            .context = entry };
	atomic_store(&entry->run_stop, false);
	atomic_store(&entry->run_ended, false);
	entry->running = true;
	must(pthread_create(&entry->runner, NULL, run_thread, entry) == 0);
}

static void join_run(struct live_entry *entry)
{
	if (!entry->running)
		return;
	pthread_join(entry->runner, NULL);
	entry->running = false;
	pthread_mutex_lock(&entry->live->lock);
	entry->run[0] = 0;
	pthread_mutex_unlock(&entry->live->lock);
	live_tell(entry);
}

struct look_job {
	struct live_entry *entry;
	struct arena *arena;
	struct run run;
	bool found;
	struct schedule due;
	int64_t now_ms;
	bool mine;
};

/* R34: what a crash or a stop of the daemon cut short goes on by itself; what a person aborted does not. */
static int find_order(struct db *db, void *context, struct err *err)
{
	struct look_job *job = context;
	int64_t sync_id = job->entry->sync_id;

	if (run_asked(db, job->arena, sync_id, &job->run, &job->found, err) < 0)
		return err_pass(err);
	for (enum run_kind kind = RUN_IMPORT; kind <= RUN_CSV && !job->found; kind++) {
		if (run_unfinished(db, job->arena, sync_id, str_of(run_kind_name(kind)), &job->run, &job->found, err) <
		    0)
			return err_pass(err);
		job->found = job->found && job->run.state == RUN_ACTIVE;
	}
	return 0;
}

static bool kind_of_run(const struct run *run, enum run_kind *ret)
{
	for (enum run_kind kind = RUN_IMPORT; kind <= RUN_DELTA; kind++) {
		*ret = kind;
		if (str_eq_c(run->kind, run_kind_name(kind)))
			return true;
	}
	return false;
}

static int start_asked(struct live_entry *entry, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct look_job job = { .entry = entry, .arena = &arena };
	enum run_kind kind;

	if (entry->running)
		return 0;
	if (store_read(entry->live->engine->store, find_order, &job, err) < 0)
		return err_pass(err);
	if (job.found && kind_of_run(&job.run, &kind))
		start_run(entry, kind, job.run.state == RUN_ASKED ? job.run.id : 0, 0);
	return 0;
}

static int take_schedule(struct db *db, void *context, struct err *err)
{
	struct look_job *job = context;

	return schedule_ran(db, &job->due, job->now_ms, &job->mine, err);
}

/* The schedule moves on before its run begins: a run that is cut short is begun anew by its own row, a delta by its cursors. */
static int start_due(struct live_entry *entry, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	static const enum run_kind kinds[] = {
		[SCHEDULE_DELTA] = RUN_DELTA, [SCHEDULE_IMPORT] = RUN_IMPORT, [SCHEDULE_CSV] = RUN_CSV
	};
	struct look_job job = { .entry = entry, .arena = &arena, .now_ms = clock_wall_ms() };
	struct schedule *due;
	int64_t input_id;
	size_t count;

	if (entry->running)
		return 0;
	if (schedule_due(entry->live->engine, &arena, job.now_ms, &due, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count && !entry->running; i++) {
		if (due[i].sync_id != entry->sync_id)
			continue;
		job.due = due[i];
		if (!str_to_i64(due[i].argument, &input_id))
			input_id = 0;
		if (lease_write(entry->live->engine, entry->plan, DURABLE, take_schedule, &job, err) < 0)
			return err_pass(err);
		if (job.mine)
			start_run(entry, kinds[due[i].what], 0, input_id);
	}
	return 0;
}

static void start_wanted_delta(struct live_entry *entry)
{
	int64_t now = clock_mono_ns() / 1000000;
	bool wants, again;

	if (entry->running)
		return;
	pthread_mutex_lock(&entry->live->lock);
	again = entry->delta_again_ms && entry->delta_again_ms <= now;
	wants = entry->wants_delta || again;
	entry->wants_delta = false;
	entry->delta_again_ms = again ? 0 : entry->delta_again_ms;
	pthread_mutex_unlock(&entry->live->lock);
	if (wants)
		start_run(entry, RUN_DELTA, 0, 0);
}

/* A person asked a run of ours to stop. */
static int honour_stop(struct db *db, void *context, struct err *err)
{
	struct look_job *job = context;

	return run_stop_asked(db, job->entry->sync_id, &job->found, err);
}

static int tend_runs(struct live_entry *entry, struct err *err)
{
	struct look_job job = { .entry = entry };

	if (entry->running && atomic_load(&entry->run_ended))
		join_run(entry);
	if (entry->running) {
		if (store_read(entry->live->engine->store, honour_stop, &job, err) < 0)
			return err_pass(err);
		if (job.found)
			atomic_store(&entry->run_stop, true);
		return 0;
	}
	start_wanted_delta(entry);
	if (start_asked(entry, err) < 0 || follow_clock(entry, err) < 0)
		return err_pass(err);
	return start_due(entry, err);
}

/* ---- work ---- */

/* Calls are counted, fields watched. Trouble with that stops nobody. */
static void watch(struct live_entry *entry)
{
	struct engine *engine = entry->live->engine;
	struct err err = ERR_INIT;

	if (drift_watch(engine, entry->plan, &err) < 0 || budget_watch(engine, entry->plan, &err) < 0)
		live_note(entry, err.text);
}

static int tend(struct live_entry *entry, struct err *err)
{
	while (!leaves(entry)) {
		if (road_failed(entry->road, err))
			return err_pass(err);
		if (tend_runs(entry, err) < 0)
			return err_pass(err);
		watch(entry);
		live_wait(entry->live, TICK_MS);
	}
	return 0;
}

static int work(struct live_entry *entry, struct err *err)
{
	struct engine *engine = entry->live->engine;
	struct road *road;
	int code;

	if (lease_write(engine, entry->plan, RELAXED, ready_schedules, entry, err) < 0)
		return err_pass(err);
	road = road_start(engine, entry->plan, true);
	set_road(entry, road);
	set_state(entry, true, "");
	live_note(entry, "works");
	live_streams_start(entry);
	code = tend(entry, err);
	set_state(entry, false, code < 0 ? err->text : "");
	if (code < 0 && code != ERR_LEASE)
		drift_suspect_both(engine, entry->plan);
	live_streams_stop(entry);
	atomic_store(&entry->run_stop, true);
	join_run(entry);
	set_road(entry, NULL);
	road_stop(&road);
	return code;
}

static void set_paused(struct live_entry *entry, bool paused)
{
	pthread_mutex_lock(&entry->live->lock);
	entry->paused = paused;
	pthread_mutex_unlock(&entry->live->lock);
}

/* What is due waits with the rest: a run that was under way goes on afterwards, a schedule that was missed is made up for once. */
static void stay_paused(struct live_entry *entry)
{
	set_paused(entry, true);
	set_state(entry, false, "");
	live_note(entry, "is paused by a person: what comes is staged, nothing is delivered");
	while (!ends(entry) && !outdated(entry))
		live_wait(entry->live, TICK_MS);
	set_paused(entry, false);
}

static void pause_after(struct live_entry *entry, const struct err *err)
{
	const struct journal_entry note = { .level = LEVEL_EXCEPTION,
		                            .sync_id = entry->sync_id,
		                            .code = str_of(err_name(err->code)),
		                            .text = str_of(err->text) };
	int64_t until = clock_mono_ns() / 1000000 + entry->pause_ms;

	set_state(entry, false, err->text);
	live_note(entry, err->text);
	journal_note(entry->live->engine, &note);
	while (!leaves(entry) && clock_mono_ns() / 1000000 < until)
		live_wait(entry->live, TICK_MS);
	entry->pause_ms = MIN_OF(entry->pause_ms * 2, (int64_t)LONGEST_PAUSE_MS);
}

/*
 * Mostly it is one side that is down. The other one gets what is owed to it already, and what streams and hooks tell is staged meanwhile; nothing is
 * decided, as that needs both. Ends when both can be reached again.
 */
static void endure(struct live_entry *entry, const struct err *why)
{
	struct road *halves[2];
	struct err err = *why;

	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++)
		halves[side] = road_start_side(entry->live->engine, entry->plan, side);
	live_streams_start(entry);
	do {
		pause_after(entry, &err);
		err = (struct err)ERR_INIT;
	} while (!leaves(entry) && plan_sign_in(entry->plan, &err) < 0);
	live_streams_stop(entry);
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++)
		road_stop(&halves[side]);
}

static int open_and_work(struct live_entry *entry, struct err *err)
{
	if (restored_ready(entry->live->engine, entry->plan, err) < 0)
		return err_pass(err);
	entry->pause_ms = FIRST_PAUSE_MS;
	watch(entry);
	return work(entry, err);
}

/* The lease is kept while it endures: whoever delivers has it. */
static void go_on(struct live_entry *entry)
{
	struct err err = ERR_INIT;
	int code = plan_sign_in(entry->plan, &err);

	while (!leaves(entry)) {
		if (code >= 0)
			code = open_and_work(entry, &err);
		if (code < 0 && !leaves(entry))
			endure(entry, &err);
		err = (struct err)ERR_INIT;
		code = 0;
	}
}

static bool is_elsewhere(struct live_entry *entry)
{
	bool elsewhere;

	pthread_mutex_lock(&entry->live->lock);
	elsewhere = entry->elsewhere;
	pthread_mutex_unlock(&entry->live->lock);
	return elsewhere;
}

/* False: *err, or it must end. */
static bool stand_by(struct live_entry *entry, struct lease **ret, struct err *err)
{
	int code = live_take(entry, ret, err);
	bool said = false;

	while (code == 0 && !ends(entry) && !outdated(entry)) {
		live_wait(entry->live, TICK_MS);
		if (!said && is_elsewhere(entry)) {
			set_state(entry, false, "");
			live_note(entry, "is another process's; this one stands by");
			said = true;
		}
		code = live_take(entry, ret, err);
	}
	return code > 0;
}

static void once(struct live_entry *entry)
{
	SCOPED(lease) struct lease *held = NULL;
	struct err err = ERR_INIT;

	if (open_plan(entry, &err) >= 0 && entry->plan->paused) {
		stay_paused(entry);
	} else if (err.code == ERR_OK && stand_by(entry, &held, &err)) {
		go_on(entry);
		live_left(entry);
	} else if (err.code != ERR_OK) {
		pause_after(entry, &err);
	}
}

void *live_supervise(void *context)
{
	struct live_entry *entry = context;

	entry->pause_ms = FIRST_PAUSE_MS;
	while (!ends(entry))
		once(entry);
	close_plan(entry);
	return NULL;
}

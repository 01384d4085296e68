/*
 * The engine by hand. The linker lays the functions below, named __wrap_..., over those of the engine (meson.build: --wrap), so that one thread does all:
 *
 *	road_start, road_drain ...     the stations of the road work in turn, here
 *	lanes_wait                     a lane that has nothing to do ends its turn
 *	pthread_create, pthread_join   what a run does in a thread beside is done at once
 *	store_write, store_write_start a commit is done at once; before it a person may come in between, before or after it the process may die
 *	clock_mono_ns, clock_sleep_ms, digest_random   the game's own
 */
#include "property.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "sync/look.h"
#include "sync/outbox.h"
#include "sync/road.h"

enum { TURNS_MOST = 400, ROUNDS_MOST = 10 };

static struct game *game; /* one at a time */
static pthread_t game_thread;

/* ---- what is laid over ---- */

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *), void *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *), void *context);
int __real_pthread_join(pthread_t thread, void **ret);
int __wrap_pthread_join(pthread_t thread, void **ret);
int __real_store_write(struct store *store, enum durability durability, store_fn fn, void *context, struct err *err);
int __wrap_store_write(struct store *store, enum durability durability, store_fn fn, void *context, struct err *err);
struct store_pending *__wrap_store_write_start(struct store *store, enum durability durability, store_fn fn,
                                               void *context);
int __wrap_store_write_wait(struct store_pending **pending, struct err *err);
bool __wrap_lanes_wait(struct lanes *lanes, enum lane_name lane, unsigned seen, int64_t ms);
int64_t __real_clock_mono_ns(void);
void __real_clock_sleep_ms(int64_t ms);
int64_t __wrap_clock_mono_ns(void);
void __wrap_clock_sleep_ms(int64_t ms);
void __wrap_digest_random(void *at, size_t len);
struct road *__wrap_road_start(struct engine *engine, const struct plan *plan, bool with_low);
void __wrap_road_stop(struct road **road);
void __wrap_road_ring(struct road *road);
int64_t __wrap_road_decided(struct road *road);
int __wrap_road_drain(struct road *road, void (*on_wait)(void *context), void *context, struct err *err);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *), void *context)
{
	if (!game || !game->driving)
		return __real_pthread_create(thread, attr, fn, context);
	fn(context);
	return 0;
}

int __wrap_pthread_join(pthread_t thread, void **ret)
{
	return game && game->driving ? 0 : __real_pthread_join(thread, ret);
}

static int died(struct game *g, struct err *err)
{
	g->dead = true;
	return err_set(err, ERR_STORE, "the game lets the process die");
}

static void somebody_comes_in_between(struct game *g)
{
	if (g->come_between_in == 0 || --g->come_between_in > 0)
		return;
	note(g, "at this very moment:");
	act_edit(g);
}

int __wrap_store_write(struct store *store, enum durability durability, store_fn fn, void *context, struct err *err)
{
	struct game *g = game;
	int code;

	if (!g || !g->driving)
		return __real_store_write(store, durability, fn, context, err);
	if (g->dead)
		return died(g, err);
	somebody_comes_in_between(g);
	if (g->die_in == 0 || --g->die_in > 0)
		return __real_store_write(store, durability, fn, context, err);
	if (percent(g, 50))
		return died(g, err);
	code = __real_store_write(store, durability, fn, context, err);
	return code < 0 ? code : died(g, err);
}

/* What is started is done; its outcome is told when it is waited for. */
struct outcome_of {
	int code;
	struct err err;
};

struct store_pending *__wrap_store_write_start(struct store *store, enum durability durability, store_fn fn,
                                               void *context)
{
	static struct outcome_of outcomes[64];
	static size_t next;
	struct outcome_of *o = &outcomes[next++ % ARRAY_LEN(outcomes)];

	*o = (struct outcome_of) { .code = 0 };
	o->code = __wrap_store_write(store, durability, fn, context, &o->err);
	return (struct store_pending *)o;
}

int __wrap_store_write_wait(struct store_pending **pending, struct err *err)
{
	const struct outcome_of *o = (const struct outcome_of *)*pending;

	*pending = NULL;
	if (o->code < 0)
		*err = o->err;
	return o->code;
}

bool __wrap_lanes_wait(struct lanes *lanes, enum lane_name lane UNUSED, unsigned seen UNUSED, int64_t ms UNUSED)
{
	lanes_stop(lanes);
	return true;
}

/* The store's writer has a thread and a patience of its own. */
static bool on_stage(void)
{
	return game && pthread_equal(pthread_self(), game_thread);
}

int64_t __wrap_clock_mono_ns(void)
{
	return on_stage() ? game->now_ms * 1000000 : __real_clock_mono_ns();
}

void __wrap_clock_sleep_ms(int64_t ms)
{
	if (on_stage())
		world_pass(game, ms);
	else
		__real_clock_sleep_ms(ms);
}

void __wrap_digest_random(void *at, size_t len)
{
	unsigned char *bytes = at;

	for (size_t i = 0; i < len; i++)
		bytes[i] = (unsigned char)(game ? chance(game) : i);
}

struct road *__wrap_road_start(struct engine *engine UNUSED, const struct plan *plan UNUSED, bool with_low UNUSED)
{
	return (struct road *)game;
}

void __wrap_road_stop(struct road **road)
{
	*road = NULL;
}

void __wrap_road_ring(struct road *road UNUSED) {}

int64_t __wrap_road_decided(struct road *road UNUSED)
{
	return game->decided;
}

/* A person who has waited long enough stops the run. */
int __wrap_road_drain(struct road *road UNUSED, void (*on_wait)(void *context), void *context, struct err *err)
{
	if (on_wait)
		on_wait(context);
	if (!hand_drain(game, percent(game, 30)) || game->dead)
		return err_set(err, ERR_ABORTED, "stopped; what is done stays done");
	return 0;
}
/* NOLINTEND(bugprone-reserved-identifier) */

/* ---- turns ---- */

void hand_forget(struct game *g)
{
	game = g;
	game_thread = pthread_self();
	g->driving = true;
	reconciler_free(&g->reconciler);
	g->driving = false;
}

void hand_leave(void)
{
	game = NULL;
}

void hand_revive(struct game *g)
{
	if (!g->dead)
		return;
	note(g, "the process died and is started again");
	g->dead = false;
	g->die_in = 0;
	world_restart(g);
}

/* What fails for a while is tried again by whoever comes next; anything else is a broken promise. */
static bool failed_for_now(struct game *g, int code, const struct err *err)
{
	if (code >= 0)
		return false;
	if (!g->dead && err_class_of(err->code) != ERR_CLASS_RETRY)
		broken(g, NULL, NULL, "a station failed: %s", err->text);
	return true;
}

static bool look(struct game *g)
{
	struct err err = ERR_INIT;
	size_t looked = 0;
	bool left;

	failed_for_now(g, look_round(&g->engine, g->plan, &looked, &left, &err), &err);
	return looked > 0;
}

static bool reconcile(struct game *g)
{
	struct err err = ERR_INIT;
	bool idle = false, worked = false;

	if (!g->reconciler)
		g->reconciler = reconciler_new(&g->engine, g->plan);
	for (int i = 0; !idle; i++) {
		size_t decided;

		if (failed_for_now(g, reconcile_step(g->reconciler, &decided, &idle, &err), &err)) {
			reconciler_free(&g->reconciler);
			return false;
		}
		g->decided += (int64_t)decided;
		worked = worked || decided > 0;
		if (i > TURNS_MOST)
			broken(g, NULL, NULL, "reconciling goes on for ever");
	}
	return worked;
}

static bool deliver(struct game *g, enum side side, bool with_low)
{
	struct lanes lanes;
	bool worked;

	lanes_init(&lanes);
	atomic_store(&lanes.quiet, true);
	atomic_store(&lanes.flush, true);
	deliver_lane(&g->engine, g->plan, side, with_low, &lanes);
	failed_for_now(g, lanes.error.code, &lanes.error);
	worked = atomic_load(&lanes.delivered) + atomic_load(&lanes.refused) > 0;
	lanes_release(&lanes);
	return worked;
}

static bool turn(struct game *g, enum turn turn, bool with_low)
{
	bool driving = g->driving, worked;

	game = g;
	g->driving = true;
	if (turn == TURN_LOOK)
		worked = look(g);
	else if (turn == TURN_RECONCILE)
		worked = reconcile(g);
	else
		worked = deliver(g, turn == TURN_TO_EMR ? SIDE_EMR : SIDE_CRM, with_low);
	g->driving = driving;
	world_look_around(g, notice_change);
	return worked;
}

bool hand_turn(struct game *g, enum turn which)
{
	bool worked = turn(g, which, percent(g, 50));

	hand_revive(g);
	return worked;
}

struct owed_job {
	const struct game *game;
	bool with_low;
	int64_t owed;
};

static int count_owed(struct db *db, void *context, struct err *err)
{
	struct owed_job *job = context;

	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		struct owed_counts counts;

		if (outbox_counts(db, job->game->plan->sync_id, side, &counts, err) < 0)
			return err_pass(err);
		job->owed += counts.now + (job->with_low ? counts.low : 0);
	}
	return 0;
}

static int64_t owed(struct game *g, bool with_low)
{
	struct owed_job job = { g, with_low, 0 };
	struct err err = ERR_INIT;

	must_go(g, store_read(g->engine.store, count_owed, &job, &err), &err);
	return job.owed;
}

struct writing_job {
	const struct game *game;
	const struct record_of *record;
	bool found;
};

static int find_writing(struct db *db, void *context, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct writing_job *job = context;

	for (enum owed_priority p = OWED_PERSON; p < OWED_LOW; p++) {
		const struct owed_query query = { job->game->plan->sync_id, job->record->side, p, INT64_MAX, 0, 1000 };
		struct owed *all;
		size_t count;

		if (outbox_due(db, &arena, &query, &all, &count, err) < 0)
			return err_pass(err);
		for (size_t i = 0; i < count; i++)
			job->found = job->found || str_eq_c(all[i].record_id, job->record->id);
	}
	return 0;
}

/* A reading of it that is not reconciled yet may lead to a write. */
static bool waits(struct game *g, const struct record_of *r)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct staged_filter its = { .record_id = str_of(r->id), .limit = 100000 };
	struct err err = ERR_INIT;
	struct staged *rows;
	size_t count;

	must_go(g, stage_list(&g->engine, &arena, &its, &rows, &count, &err), &err);
	for (size_t i = 0; i < count; i++)
		if (rows[i].state == STAGED_WAITING)
			return true;
	return false;
}

bool hand_is_writing(struct game *g, const struct record_of *r)
{
	struct writing_job job = { g, r, g->driving };
	struct err err = ERR_INIT;

	must_go(g, store_read(g->engine.store, find_writing, &job, &err), &err);
	return job.found || waits(g, r);
}

bool hand_drain(struct game *g, bool with_low)
{
	int idle = 0;

	for (int i = 0; !g->dead; i++) {
		bool worked = false;

		for (enum turn t = 0; t < TURNS && !g->dead; t++)
			worked = turn(g, t, with_low) || worked;
		world_pass(g, one_of(g, 3));
		if (worked) {
			idle = 0;
		} else if (owed(g, with_low) == 0 && idle > 0) {
			return true;
		} else {
			world_pass(g, 100 << MIN_OF(idle, 10));
			if (++idle > (g->refusing ? 4 : 20))
				return false;
		}
		if (i > TURNS_MOST)
			broken(g, NULL, NULL, "the road never gets empty: something goes round in circles");
	}
	return false;
}

/* ---- runs ---- */

void hand_run(struct game *g, enum run_kind kind, struct str csv)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct run_order order = { .kind = kind, .csv = csv, .csv_name = STR("ids.csv") };
	struct err err = ERR_INIT;
	struct run run = { 0 };
	int code;

	note(g, "run: %s", run_kind_name(kind));
	game = g;
	g->driving = true;
	code = run_batch(&g->engine, g->plan, &order, &run, &arena, &err);
	g->driving = false;
	if (code < 0 && !g->dead && err.code != ERR_ABORTED && err_class_of(err.code) != ERR_CLASS_RETRY)
		broken(g, NULL, NULL, "a run failed: %s", err.text);
	hand_revive(g);
}

static void calm_down(struct game *g)
{
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		for (enum memory_call call = 0; call < MEMORY_CALLS; call++)
			memory_fail(g->conn[side], call, 0, ERR_OK, false);
		for (size_t i = 0; g->refusing && i < g->count[side]; i++) {
			memory_refuse(g->conn[side], g->people[side][i]->id, DELIVERED, "");
			memory_refuse(g->conn[side_other(side)], g->people[side][i]->id, DELIVERED, "");
		}
	}
	g->refusing = false;
	g->die_in = g->come_between_in = 0;
}

/* A batch that was cut short is brought to its end (R34). */
static void finish_runs(struct game *g)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	bool open[RUN_DELTA + 1] = { false };
	struct run *runs;
	size_t count;

	must_go(g, run_list(&g->engine, &arena, 200, &runs, &count, &err), &err);
	for (enum run_kind kind = RUN_IMPORT; kind < RUN_DELTA; kind++) {
		for (size_t i = 0; i < count; i++)
			open[kind] = open[kind] ||
			             (str_eq_c(runs[i].kind, run_kind_name(kind)) && runs[i].state != RUN_DONE);
		if (open[kind])
			hand_run(g, kind, STR_EMPTY);
	}
}

static unsigned written(struct game *g)
{
	return memory_written(g->conn[SIDE_EMR]) + memory_written(g->conn[SIDE_CRM]);
}

static bool moves(struct game *g)
{
	unsigned before = written(g);
	int64_t decided = g->decided;

	world_pass(g, 61000);
	hand_run(g, RUN_DELTA, STR_EMPTY);
	if (!hand_drain(g, true))
		broken(g, NULL, NULL, "something stays owed although nothing fails any more");
	return written(g) != before || g->decided != decided;
}

void hand_settle(struct game *g)
{
	unsigned before;
	int rounds = 0;

	note(g, "everything calms down");
	calm_down(g);
	finish_runs(g);
	while (moves(g))
		if (++rounds > ROUNDS_MOST)
			broken(g, NULL, NULL, "R27: the two systems do not settle in %d rounds", ROUNDS_MOST);
	before = written(g);
	moves(g);
	if (written(g) != before)
		broken(g, NULL, NULL, "R27: an echo is written although nothing changed");
	notices_forget(g);
}

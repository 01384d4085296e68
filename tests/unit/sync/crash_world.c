/*
 * A process of a scenario: it begins (or begins again) where shared->step says, carries out step after step, and brings everything to rest.
 *
 * A step that fails because of the fault is begun again, as the daemon would after its pause, or a person who was told what went wrong. Anything else that
 * fails is a broken promise.
 */
#include "crash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../test_store.h"
#include "lib/clock.h"
#include "store/store_trace.h"
#include "sync/journal.h"

enum { TURNS_MOST = 200, ROUNDS_MOST = 10, TRIES_MOST = 5, MINUTE_MS = 61000 };

static const int64_t beginning_ms = 1767225600000; /* of the memory connector's clock */

void world_broken(struct world *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(w->shared->trouble, sizeof(w->shared->trouble), format, args);
	va_end(args);
	_exit(1);
}

/* ---- time and chance ---- */

static void set_clocks(struct world *w)
{
	w->hand.now_ms = w->shared->now_ms;
	clock_fix(w->shared->now_ms + atomic_load(&w->shared->fault.clock_ms));
}

static void pass(void *context, int64_t ms)
{
	struct world *w = context;

	w->shared->now_ms += ms;
	set_clocks(w);
	far_pass(w, ms);
}

/* Random bytes: the process that comes after a death must not have the same ones again. */
static uint64_t some_chance(void *context)
{
	static uint64_t state;
	struct world *w = context;

	state = (state + (uint64_t)w->shared->used) * 6364136223846793005u + 1442695040888963407u;
	return state >> 33;
}

/* ---- the road ---- */

/* Every station in turn, until nothing moves. False: something stays. */
static bool drain(struct world *w, bool with_low, struct err *err)
{
	int idle = 0;

	for (int i = 0; i < TURNS_MOST; i++) {
		bool worked = false, one;
		int64_t owed;

		for (enum turn t = 0; t < TURNS; t++) {
			if (hand_work(&w->hand, t, with_low, &one, err) < 0)
				return false;
			worked = worked || one;
		}
		if (hand_owed(&w->hand, with_low, &owed, err) < 0)
			return false;
		if (!worked && owed == 0 && idle > 0)
			return true;
		idle = worked ? 0 : idle + 1;
		if (idle > 20)
			return false;
		pass(w, worked ? 1 : 100 << MIN_OF(idle, 10));
	}
	world_broken(w, "the road never gets empty: something goes round in circles");
}

static bool drain_road(void *context, struct err *err)
{
	return drain(context, false, err);
}

int world_drain(struct world *w, bool with_low, struct err *err)
{
	if (drain(w, with_low, err))
		return 0;
	return err->code ? err_pass(err) : err_set(err, ERR_BUG, "something stays owed although nothing fails");
}

static int write_store(void *context, struct store *store, enum durability durability, store_fn fn, void *fn_context,
                       struct err *err)
{
	struct world *w = context;
	int code;

	if (w->between)
		w->between();
	code = hand_store_write(store, durability, fn, fn_context, err);
	far_committed(w, code >= 0);
	return code;
}

int world_run(struct world *w, enum run_kind kind, const char *csv, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct run_order order = { .kind = kind, .csv = str_of(csv), .csv_name = STR("ids.csv") };
	struct run run = { 0 };
	bool driving = w->hand.driving;
	int code;

	w->hand.driving = true;
	code = run_batch(&w->rig.engine, w->rig.plan, &order, &run, &arena, err);
	w->hand.driving = driving;
	return code;
}

static int complete_runs(struct world *w, int64_t *ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct run *runs;
	size_t count;

	*ret = 0;
	if (run_list(&w->rig.engine, &arena, 200, &runs, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		*ret += runs[i].state == RUN_DONE && !str_eq_c(runs[i].kind, run_kind_name(RUN_DELTA));
	return 0;
}

int world_run_once(struct world *w, enum run_kind kind, const char *csv, struct err *err)
{
	int64_t complete;

	if (w->again) {
		if (complete_runs(w, &complete, err) < 0)
			return err_pass(err);
		if (complete > w->runs_before)
			return 0;
	}
	return world_run(w, kind, csv, err);
}

/* ---- steps ---- */

static void on_strike(void *context)
{
	struct world *w = context;
	struct shared *s = w->shared;

	set_clocks(w);
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		if (fault_ends(&s->fault))
			s->in_doubt[side] = s->done[side] - s->settled[side];
		if (s->fault.kind->act == ACT_RESTART)
			s->in_doubt[side] = s->done[side]; /* commits that are RELAXED may be gone with it */
	}
}

static void step(struct world *w, step_fn *fn)
{
	struct err err = ERR_INIT;

	for (int tries = 0; fn(w, &err) < 0; tries++) {
		if (!atomic_load(&w->shared->fault.struck))
			world_broken(w, "step %zu failed and nothing was amiss: %s", w->shared->step, err.text);
		if (tries == TRIES_MOST)
			world_broken(w, "step %zu fails again and again: %s", w->shared->step, err.text);
		hand_forget(&w->hand);
		w->again = true;
		err = (struct err)ERR_INIT;
		pass(w, 1000);
	}
	w->again = false;
}

/* A batch that was cut short is brought to its end (R34). */
static int finish_runs(struct world *w, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	bool open[RUN_DELTA + 1] = { false };
	struct run *runs;
	size_t count;

	if (run_list(&w->rig.engine, &arena, 200, &runs, &count, err) < 0)
		return err_pass(err);
	for (enum run_kind kind = RUN_IMPORT; kind < RUN_DELTA; kind++) {
		for (size_t i = 0; i < count; i++)
			open[kind] = open[kind] ||
			             (str_eq_c(runs[i].kind, run_kind_name(kind)) && runs[i].state != RUN_DONE);
		if (open[kind] && world_run(w, kind, "", err) < 0)
			return err_pass(err);
	}
	return 0;
}

static unsigned written(const struct world *w)
{
	return memory_written(w->rig.emr) + memory_written(w->rig.crm);
}

static bool moves(struct world *w)
{
	unsigned before = written(w);
	int64_t decided = w->hand.decided;
	struct err err = ERR_INIT;

	pass(w, MINUTE_MS);
	if (finish_runs(w, &err) < 0 || world_run(w, RUN_DELTA, "", &err) < 0 || world_drain(w, true, &err) < 0)
		world_broken(w, "it does not come to rest: %s", err.text);
	return written(w) != before || w->hand.decided != decided;
}

static void come_to_rest(struct world *w)
{
	unsigned before;
	int rounds = 0;

	w->shared->calm = true;
	w->shared->fault.counting = false;
	while (moves(w))
		if (++rounds > ROUNDS_MOST)
			world_broken(w, "R27: the two systems do not settle in %d rounds", ROUNDS_MOST);
	before = written(w);
	moves(w);
	if (written(w) != before)
		world_broken(w, "R27: an echo is written although nothing changed");
}

/* ---- a process ---- */

static int ask_at_point(void *context, const char *what, bool done, struct err *err)
{
	struct world *w = context;
	bool commit = strcmp(what, "COMMIT") == 0;

	wire_about(what);
	if (done)
		return fault_fails(&w->shared->fault, SEAM_COMMITTED, "COMMIT", err);
	return fault_fails(&w->shared->fault, commit ? SEAM_COMMIT : SEAM_STATEMENT, what, err);
}

static void open_store(struct world *w, const char *folder)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const char *url = test_store_is_server() ? server_url(&arena, folder)
	                                         : arena_printf(&arena, "%s/test.db?quiet=1", folder).at;
	struct err err = ERR_INIT;

	if (store_open(arena_printf(&arena, "trace:%s", url).at, &w->rig.engine.store, &err) < 0)
		world_broken(w, "the database does not open again: %s", err.text);
	store_trace_ask(w->rig.engine.store, ask_at_point, w);
}

void world_wake(struct world *w, const char *folder)
{
	struct shared *s = w->shared;

	w->again = atomic_load(&s->fault.struck);
	s->fault.on_strike = on_strike;
	s->fault.context = w;
	file_seam(&s->fault);
	wire_seam(&s->fault);
	far_play_again(w);
	set_clocks(w);
	open_store(w, folder);
	s->fault.counting = !w->again;
}

void world_rest(struct world *w)
{
	struct shared *s = w->shared;

	come_to_rest(w);
	look_around(w, s->look, sizeof(s->look));
	hand_forget(&w->hand);
	store_close(&w->rig.engine.store);
	s->ended = true;
}

void world_play(struct world *w, const char *folder)
{
	struct shared *s = w->shared;

	world_wake(w, folder);
	while (!s->calm && w->scenario->steps[s->step]) {
		step(w, w->scenario->steps[s->step]);
		s->step++;
	}
	world_rest(w);
}

void world_open(struct world *w, const struct scenario *scenario, struct shared *shared)
{
	struct err err = ERR_INIT;

	memset(w, 0, sizeof(*w));
	w->scenario = scenario;
	w->shared = shared;
	shared->now_ms = beginning_ms;
	w->hand = (struct hand) { .engine = &w->rig.engine,
		                  .context = w,
		                  .now_ms = beginning_ms,
		                  .pass = pass,
		                  .chance = some_chance,
		                  .write = write_store,
		                  .drain = drain_road };
	hand_take(&w->hand);
	clock_fix(beginning_ms);
	rig_open(&w->rig, scenario->settings);
	if (scenario->more_fields)
		rig_configure(&w->rig, scenario->settings, scenario->more_fields);
	w->hand.plan = w->rig.plan;
	far_wrap(w);
	if (scenario->prepare)
		scenario->prepare(w);
	must(complete_runs(w, &w->runs_before, &err) == 0);
	if (test_store_is_server())
		server_name_schema(w);
	hand_forget(&w->hand);
	store_close(&w->rig.engine.store);
	/* From here on each process plays what comes; the systems stay as they are now. */
	shared->used = 0;
	memset(shared->done, 0, sizeof(shared->done));
	memset(shared->settled, 0, sizeof(shared->settled));
	memset(shared->answered, 0, sizeof(shared->answered));
}

void world_close(struct world *w)
{
	rig_close(&w->rig);
	hand_take(NULL);
	clock_fix(0);
}

/* The engine in a game, driven by hand (hand.h): its turns, its runs, its deaths, and how all comes to rest. */
#include "property.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "sync/outbox.h"

enum { TURNS_MOST = 400, ROUNDS_MOST = 10 };

/* ---- the hand of a game ---- */

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

/* Before a commit a person may come in between; before or after it the process may die. */
static int write_store(void *context, struct store *store, enum durability durability, store_fn fn, void *fn_context,
                       struct err *err)
{
	struct game *g = context;
	int code;

	if (g->dead)
		return died(g, err);
	somebody_comes_in_between(g);
	if (g->die_in == 0 || --g->die_in > 0)
		return hand_store_write(store, durability, fn, fn_context, err);
	if (percent(g, 50))
		return died(g, err);
	code = hand_store_write(store, durability, fn, fn_context, err);
	return code < 0 ? code : died(g, err);
}

static void pass_time(void *context, int64_t ms)
{
	world_pass(context, ms);
}

static uint64_t some_chance(void *context)
{
	return chance(context);
}

/* A person who has waited long enough stops the run. */
static bool drain_some(void *context, struct err *err UNUSED)
{
	struct game *g = context;

	return engine_drain(g, percent(g, 30)) && !g->dead;
}

void engine_forget(struct game *g)
{
	g->hand.engine = &g->engine;
	g->hand.context = g;
	g->hand.pass = pass_time;
	g->hand.chance = some_chance;
	g->hand.write = write_store;
	g->hand.drain = drain_some;
	hand_forget(&g->hand);
	g->hand.plan = g->plan;
}

void engine_revive(struct game *g)
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

static bool turn(struct game *g, enum turn turn, bool with_low)
{
	struct err err = ERR_INIT;
	bool worked;

	g->hand.plan = g->plan;
	failed_for_now(g, hand_work(&g->hand, turn, with_low, &worked, &err), &err);
	world_look_around(g, notice_change);
	return worked;
}

bool engine_turn(struct game *g, enum turn which)
{
	bool worked = turn(g, which, percent(g, 50));

	engine_revive(g);
	return worked;
}

static int64_t owed(struct game *g, bool with_low)
{
	struct err err = ERR_INIT;
	int64_t all;

	must_go(g, hand_owed(&g->hand, with_low, &all, &err), &err);
	return all;
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

bool engine_is_writing(struct game *g, const struct record_of *r)
{
	struct writing_job job = { g, r, g->hand.driving };
	struct err err = ERR_INIT;

	must_go(g, store_read(g->engine.store, find_writing, &job, &err), &err);
	return job.found || waits(g, r);
}

bool engine_drain(struct game *g, bool with_low)
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

void engine_run(struct game *g, enum run_kind kind, struct str csv)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct run_order order = { .kind = kind, .csv = csv, .csv_name = STR("ids.csv") };
	struct err err = ERR_INIT;
	struct run run = { 0 };
	int code;

	note(g, "run: %s", run_kind_name(kind));
	g->hand.plan = g->plan;
	hand_take(&g->hand);
	g->hand.driving = true;
	code = run_batch(&g->engine, g->plan, &order, &run, &arena, &err);
	g->hand.driving = false;
	if (code < 0 && !g->dead && err.code != ERR_ABORTED && err_class_of(err.code) != ERR_CLASS_RETRY)
		broken(g, NULL, NULL, "a run failed: %s", err.text);
	engine_revive(g);
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
			engine_run(g, kind, STR_EMPTY);
	}
}

static unsigned written(struct game *g)
{
	return memory_written(g->conn[SIDE_EMR]) + memory_written(g->conn[SIDE_CRM]);
}

static bool moves(struct game *g)
{
	unsigned before = written(g);
	int64_t decided = g->hand.decided;

	world_pass(g, 61000);
	engine_run(g, RUN_DELTA, STR_EMPTY);
	if (!engine_drain(g, true))
		broken(g, NULL, NULL, "something stays owed although nothing fails any more");
	return written(g) != before || g->hand.decided != decided;
}

void engine_settle(struct game *g)
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

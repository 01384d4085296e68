/*
 * run: how a batch goes.
 *
 *	begin     the row of the run, or the one that is resumed
 *	READING   run_read.c puts payloads on the road; they are not touched before all of them are there: ambiguity is judged over everybody (R8)
 *	LINKING   the road works (road.c) until nothing of the run is left
 *
 * The phase, the page cursor, the payloads and the outbox are in the store, so a run that was killed goes on where its last commit left it (R34).
 */
#include "sync/run.h"

#include "lib/clock.h"
#include "sync/catalog.h"
#include "sync/journal.h"
#include "sync/lease.h"
#include "sync/outbox.h"
#include "sync/road.h"
#include "sync/restored.h"
#include "sync/run_read.h"
#include "sync/run_table.h"
#include "sync/budget.h"
#include "sync/drift.h"

struct batch_run {
	struct engine *engine;
	struct plan *plan;
	const struct run_order *order;
	struct run *run; /* NULL: work without a run */
	struct arena *arena;
	struct road *road;
	int64_t began_ms, tell_ms, decided_before;
	bool resumed;
	struct err error; /* what ended it; for its row */
};

static const char *const kinds[] = { [RUN_IMPORT] = "import", [RUN_CSV] = "csv", [RUN_DELTA] = "delta" };

const char *run_kind_name(enum run_kind kind)
{
	return kinds[kind];
}

int run_check_paused(const struct plan *plan, struct err *err)
{
	if (!plan->paused)
		return 0;
	return err_set(err, ERR_CONFLICT, "sync '%.*s' is paused: resume it first", STR_ARG(plan->name));
}

/* ---- progress ---- */

struct owed_job {
	int64_t sync_id;
	struct owed_counts counts[2];
};

static int count_owed(struct db *db, void *context, struct err *err)
{
	struct owed_job *job = context;

	if (outbox_counts(db, job->sync_id, SIDE_CRM, &job->counts[SIDE_CRM], err) < 0)
		return err_pass(err);
	return outbox_counts(db, job->sync_id, SIDE_EMR, &job->counts[SIDE_EMR], err);
}

static void tell(struct batch_run *b, bool always)
{
	int64_t now = clock_mono_ns() / 1000000;
	struct owed_job owed = { .sync_id = b->plan->sync_id };
	struct err ignored = ERR_INIT;
	struct progress progress;

	if (!b->order->on_progress || (!always && now < b->tell_ms))
		return;
	if (store_read(b->engine->store, count_owed, &owed, &ignored) < 0)
		return;
	b->tell_ms = now + MAX_OF(200, 20 * (clock_mono_ns() / 1000000 - now)); /* all that is owed was counted */
	progress = (struct progress) {
		.run = b->run,
		.read = b->run ? b->run->read : 0,
		.total = b->run ? b->run->total : -1,
		.decided = b->road ? road_decided(b->road) - b->decided_before : 0,
		.owed = owed.counts[0].now + owed.counts[1].now,
		.owed_low = owed.counts[0].low + owed.counts[1].low,
		.elapsed_ms = now - b->began_ms,
		.resumed = b->resumed,
	};
	b->order->on_progress(b->order->context, &progress);
}

static void journal_trouble(const struct batch_run *b, const struct err *err)
{
	const struct journal_entry entry = { .level = LEVEL_EXCEPTION,
		                             .sync_id = b->plan->sync_id,
		                             .code = str_of(err_name(err->code)),
		                             .text = str_of(err->text) };

	journal_note(b->engine, &entry);
}

/* What goes on beside the work; a far side that cannot be asked now is asked later. */
static void tend(const struct batch_run *b)
{
	struct err ignored = ERR_INIT;

	if (b->order->road || b->engine->dry)
		return; /* the daemon does it; a dry run changes nothing */
	if (drift_watch(b->engine, b->plan, &ignored) < 0 || budget_watch(b->engine, b->plan, &ignored) < 0)
		journal_trouble(b, &ignored);
}

static void on_page(void *context)
{
	tend(context);
	tell(context, false);
}

/* ---- the road ---- */

static bool stopped(const struct batch_run *b)
{
	return atomic_load(&b->engine->stop) || (b->order->stop && atomic_load(b->order->stop));
}

/* On a road of our own everything is brought through. */
static int drive(struct batch_run *b, bool with_low, struct err *err)
{
	int code;

	b->road = road_start(b->engine, b->plan, with_low);
	code = road_drain(b->road, on_page, b, err);
	tell(b, true);
	road_stop(&b->road);
	return code;
}

struct unsettled_job {
	int64_t run_id, count;
};

static int count_unsettled(struct db *db, void *context, struct err *err)
{
	struct unsettled_job *job = context;

	return stage_unsettled(db, job->run_id, &job->count, err);
}

/* The daemon's road has other work too: only what this run put there is waited for, and of that not what cannot be judged before an import (R8), which could
 * not begin. */
static int follow(struct batch_run *b, struct err *err)
{
	struct unsettled_job job = { .run_id = b->run->id, .count = 1 };

	b->road = b->order->road;
	b->decided_before = road_decided(b->road);
	road_ring(b->road);
	while (job.count > 0 && !road_is_empty(b->road)) {
		if (stopped(b))
			return err_set(err, ERR_ABORTED, "stopped; what is done stays done");
		if (road_failed(b->road, err))
			return err_pass(err);
		if (store_read(b->engine->store, count_unsettled, &job, err) < 0)
			return err_pass(err);
		tell(b, false);
		if (job.count > 0)
			clock_sleep_ms(50);
	}
	tell(b, true);
	return 0;
}

/* ---- a run ---- */

static int keep_input(struct db *db, struct batch_run *b, struct err *err)
{
	const struct run_order *o = b->order;
	struct csv_ids ids;
	struct str sealed;

	if (o->kind != RUN_CSV)
		return 0;
	b->run->input_id = o->input_id;
	if (o->input_id)
		return 0;
	if (run_read_csv(b->plan, b->arena, o->csv, &ids, err) < 0)
		return err_pass(err);
	b->run->ignored = (int64_t)ids.ignored;
	b->run->total = (int64_t)ids.count;
	sealed = box_seal(b->engine->keys, b->arena, "run.input", o->csv);
	return run_input_keep(db, o->csv_name, sealed, str_of(b->engine->who), &b->run->input_id, err);
}

/* A run that a command left to us begins now. */
static int begin_asked(struct db *db, struct batch_run *b, struct err *err)
{
	if (run_read(db, b->arena, b->order->asked_id, b->run, err) < 0)
		return err_pass(err);
	if (b->run->state != RUN_ASKED)
		return err_set(err, ERR_CONFLICT, "the run is %s: nothing is to be done",
		               run_state_name(b->run->state));
	b->run->state = RUN_ACTIVE;
	b->resumed = b->run->read > 0 || b->run->phase != PHASE_READING;
	return run_set_state(db, b->run->id, RUN_ACTIVE, NULL, err);
}

static int find_or_make(struct db *db, struct batch_run *b, struct err *err)
{
	struct str kind = str_of(kinds[b->order->kind]);

	if (b->order->asked_id)
		return begin_asked(db, b, err);
	if (b->order->kind != RUN_DELTA && b->order->csv.len == 0 && !b->order->input_id &&
	    run_unfinished(db, b->arena, b->plan->sync_id, kind, b->run, &b->resumed, err) < 0)
		return err_pass(err);
	if (b->resumed)
		return run_set_state(db, b->run->id, RUN_ACTIVE, NULL, err);
	if (b->order->kind == RUN_CSV && b->order->csv.len == 0 && !b->order->input_id)
		return err_set(err, ERR_NOT_FOUND,
		               "no run over a file was cut short: there is nothing to resume; name a file");
	*b->run = (struct run) { .sync_id = b->plan->sync_id,
		                 .kind = kind,
		                 .sync_name = b->plan->name,
		                 .who = str_of(b->engine->who),
		                 .total = -1 };
	if (keep_input(db, b, err) < 0)
		return err_pass(err);
	return run_insert(db, b->arena, b->run, err);
}

static int begin(struct db *db, void *context, struct err *err)
{
	struct batch_run *b = context;

	return find_or_make(db, b, err) < 0 ? err_pass(err) : run_cut_short(db, b->plan->sync_id, b->run->id, err);
}

static int set_phase(struct db *db, void *context, struct err *err)
{
	const struct run *run = context;

	return run_set_phase(db, run->id, run->phase, err);
}

struct input_job {
	struct batch_run *b;
	struct str sealed;
};

static int read_input(struct db *db, void *context, struct err *err)
{
	struct input_job *job = context;

	return run_input_read(db, job->b->arena, job->b->run->input_id, &job->sealed, err);
}

static int find_csv(struct batch_run *b, struct str *ret, struct err *err)
{
	struct input_job job = { .b = b };

	*ret = b->order->csv;
	if (b->order->kind != RUN_CSV || ret->len > 0)
		return 0;
	if (store_read(b->engine->store, read_input, &job, err) < 0)
		return err_pass(err);
	return box_open(b->engine->keys, b->arena, "run.input", job.sealed, ret, err);
}

static int reading(struct batch_run *b, struct err *err)
{
	static int (*const read[])(struct run_reading * r, struct err * err) = {
		[RUN_IMPORT] = run_read_import,
		[RUN_CSV] = run_read_ids,
		[RUN_DELTA] = run_read_changes,
	};
	struct run_reading r = { .engine = b->engine,
		                 .plan = b->plan,
		                 .run = b->run,
		                 .resumed = b->resumed,
		                 .stop = b->order->stop,
		                 .on_page = on_page,
		                 .context = b };

	if (find_csv(b, &r.csv, err) < 0 || read[b->order->kind](&r, err) < 0)
		return err_pass(err);
	if (b->run->phase != PHASE_READING)
		return 0;
	b->run->phase = PHASE_LINKING;
	return lease_write(b->engine, b->plan, RELAXED, set_phase, b->run, err);
}

/* R34: a batch that ends because the daemon stops, or opens its sync anew, goes on when that is done; one that a person stopped does not. */
static int goes_on_later(struct db *db, const struct batch_run *b, bool *ret, struct err *err)
{
	bool asked = false;

	if (b->order->road && run_stop_asked(db, b->plan->sync_id, &asked, err) < 0)
		return err_pass(err);
	*ret = b->order->road && b->order->kind != RUN_DELTA && !asked;
	return 0;
}

static int end(struct db *db, void *context, struct err *err)
{
	struct batch_run *b = context;
	bool later = false;

	if (b->order->kind == RUN_DELTA && b->run->read == 0 && b->run->state == RUN_DONE)
		return run_drop(db, b->run->id, err);
	if (b->run->state == RUN_ABORTED && goes_on_later(db, b, &later, err) < 0)
		return err_pass(err);
	if (later)
		b->run->state = RUN_ACTIVE;
	if (run_set_phase(db, b->run->id, b->run->phase, err) < 0)
		return err_pass(err);
	return run_set_state(db, b->run->id, b->run->state, b->error.code == ERR_OK ? NULL : b->error.text, err);
}

static void note_end(struct batch_run *b, int code)
{
	struct journal_entry entry = { .level = LEVEL_INFO,
		                       .sync_id = b->plan->sync_id,
		                       .run_id = b->run->id,
		                       .code = STR("run_done"),
		                       .text = STR("the run is complete") };

	if (code == 0 && b->order->kind == RUN_DELTA && b->run->read == 0)
		return;
	if (code < 0) {
		entry.level = code == ERR_ABORTED ? LEVEL_INFO : LEVEL_EXCEPTION;
		entry.code = str_of(err_name(b->error.code));
		entry.text = str_of(b->error.text);
	}
	journal_note(b->engine, &entry);
}

static enum run_state state_after(int code)
{
	if (code == 0)
		return RUN_DONE;
	return code == ERR_ABORTED ? RUN_ABORTED : RUN_FAILED;
}

/* A reading that was refused may have named a field that is not there any more. */
static bool may_have_drifted(const struct batch_run *b, int code)
{
	return code < 0 && code != ERR_ABORTED && code != ERR_LIMIT && !b->engine->dry;
}

static int finish(struct batch_run *b, int code, struct err *err)
{
	struct err ignored = ERR_INIT;

	if (may_have_drifted(b, code))
		drift_suspect_both(b->engine, b->plan);
	b->run->state = state_after(code);
	if (code == 0)
		b->run->phase = PHASE_FINISHED;
	else
		b->error = *err;
	if (lease_write(b->engine, b->plan, RELAXED, end, b, code < 0 ? &ignored : err) < 0)
		return code < 0 ? code : err->code;
	note_end(b, code);
	b->run->ended_ms = clock_wall_ms();
	return code;
}

int run_batch(struct engine *engine, struct plan *plan, const struct run_order *order, struct run *ret,
              struct arena *arena, struct err *err)
{
	struct batch_run b = { .engine = engine,
		               .plan = plan,
		               .order = order,
		               .run = ret,
		               .arena = arena,
		               .began_ms = clock_mono_ns() / 1000000 };
	SCOPED(lease) struct lease *held = NULL;
	int code;

	if (!order->road && (lease_take(engine, plan, &held, NULL, err) < 0 || plan_sign_in(plan, err) < 0 ||
	                     restored_ready(engine, plan, err) < 0))
		return err_pass(err);
	if (lease_write(engine, plan, DURABLE, begin, &b, err) < 0)
		return err_pass(err);
	tend(&b);
	code = reading(&b, err);
	if (code == 0)
		code = order->road ? follow(&b, err) : drive(&b, false, err);
	return finish(&b, code, err);
}

struct keep_job {
	struct str name, sealed, who;
	int64_t id;
};

static int keep_file(struct db *db, void *context, struct err *err)
{
	struct keep_job *job = context;

	return run_input_keep(db, job->name, job->sealed, job->who, &job->id, err);
}

int run_keep_file(struct engine *engine, struct plan *plan, struct str csv, struct str name, int64_t *ret_id,
                  struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct keep_job job = { .name = name, .who = str_of(engine->who) };
	struct csv_ids ids;

	if (run_read_csv(plan, &arena, csv, &ids, err) < 0)
		return err_pass(err);
	if (ids.count == 0)
		return err_set(err, ERR_DATA, "no row of %.*s begins with an id", STR_ARG(name));
	job.sealed = box_seal(engine->keys, &arena, "run.input", csv);
	if (store_write(engine->store, DURABLE, keep_file, &job, err) < 0)
		return err_pass(err);
	*ret_id = job.id;
	return 0;
}

/* R34: an unfinished run is asked to go on; else a new one is asked for. */
static int ask(struct db *db, void *context, struct err *err)
{
	struct batch_run *b = context;
	bool has_input = b->order->csv.len || b->order->input_id, found = false;

	if (b->order->kind != RUN_DELTA && !has_input &&
	    run_unfinished(db, b->arena, b->plan->sync_id, str_of(kinds[b->order->kind]), b->run, &found, err) < 0)
		return err_pass(err);
	if (found && b->run->state != RUN_ABORTED && b->run->state != RUN_FAILED)
		return err_set(err, ERR_CONFLICT,
		               "run %.*s of this kind is under way; `suture runs` shows how far it is",
		               STR_ARG(b->run->batch_id));
	if (found)
		return run_set_state(db, b->run->id, RUN_ASKED, NULL, err);
	if (b->order->kind == RUN_CSV && !has_input)
		return err_set(err, ERR_NOT_FOUND,
		               "no run over a file was cut short: there is nothing to resume; name a file");

	*b->run = (struct run) { .sync_id = b->plan->sync_id,
		                 .kind = str_of(kinds[b->order->kind]),
		                 .sync_name = b->plan->name,
		                 .who = str_of(b->engine->who),
		                 .state = RUN_ASKED,
		                 .total = -1 };
	if (has_input && keep_input(db, b, err) < 0)
		return err_pass(err);
	return run_insert(db, b->arena, b->run, err);
}

struct again_job {
	struct arena *arena;
	const struct plan *plan;
	int64_t id;
};

static int ask_again(struct db *db, void *context, struct err *err)
{
	struct again_job *job = context;
	struct run run;
	int64_t others;

	if (run_read(db, job->arena, job->id, &run, err) < 0)
		return err_pass(err);
	if (run.sync_id != job->plan->sync_id)
		return err_set(err, ERR_CONFLICT, "run %.*s belongs to another sync", STR_ARG(run.batch_id));
	if (str_eq_c(run.kind, kinds[RUN_DELTA]))
		return err_set(err, ERR_CONFLICT, "a delta is not resumed: the next one goes on where it stopped");
	if (run.state != RUN_ABORTED && run.state != RUN_FAILED)
		return err_set(err, ERR_CONFLICT, "run %.*s is %s: there is nothing to resume", STR_ARG(run.batch_id),
		               run_state_name(run.state));
	if (run_others_at_work(db, &run, &others, err) < 0)
		return err_pass(err);
	if (others > 0)
		return err_set(err, ERR_CONFLICT, "another %.*s of this sync is at work", STR_ARG(run.kind));
	return run_set_state(db, run.id, RUN_ASKED, NULL, err);
}

int run_ask_again(struct engine *engine, struct plan *plan, int64_t run_id, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct again_job job = { &arena, plan, run_id };

	if (run_check_paused(plan, err) < 0)
		return err_pass(err);
	return store_write(engine->store, DURABLE, ask_again, &job, err);
}

int run_has_daemon(struct engine *engine, const struct plan *plan, bool *ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct lease_row row;

	if (lease_of(engine, &arena, plan->sync_id, &row, err) < 0)
		return err_pass(err);
	*ret = row.held && str_eq_c(row.who, RUN_DAEMON);
	return 0;
}

int run_ask(struct engine *engine, struct plan *plan, const struct run_order *order, struct run *ret,
            struct arena *arena, struct err *err)
{
	struct batch_run b = { .engine = engine, .plan = plan, .order = order, .run = ret, .arena = arena };

	if (run_check_paused(plan, err) < 0)
		return err_pass(err);
	return store_write(engine->store, DURABLE, ask, &b, err);
}

int run_import(struct engine *engine, struct plan *plan, progress_fn on_progress, void *context, struct run *ret,
               struct arena *arena, struct err *err)
{
	const struct run_order order = { .kind = RUN_IMPORT, .on_progress = on_progress, .context = context };

	return run_batch(engine, plan, &order, ret, arena, err);
}

int run_pending(struct engine *engine, int64_t sync_id, int64_t *ret, struct err *err)
{
	struct owed_job job = { .sync_id = sync_id };

	if (store_read(engine->store, count_owed, &job, err) < 0)
		return err_pass(err);
	*ret = job.counts[SIDE_EMR].low + job.counts[SIDE_CRM].low;
	return 0;
}

int run_settle(struct engine *engine, struct plan *plan, bool with_low, progress_fn on_progress, void *context,
               struct err *err)
{
	const struct run_order order = { .on_progress = on_progress, .context = context };
	struct batch_run b = { .engine = engine, .plan = plan, .order = &order, .began_ms = clock_mono_ns() / 1000000 };
	SCOPED(lease) struct lease *held = NULL;

	if (lease_take(engine, plan, &held, NULL, err) < 0 || plan_sign_in(plan, err) < 0 ||
	    restored_ready(engine, plan, err) < 0)
		return err_pass(err);
	return drive(&b, with_low, err);
}

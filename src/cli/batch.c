#include "cli/batch.h"

#include "cli/progress.h"
#include "lib/clock.h"

enum { LOOK_MS = 250 };

struct following {
	struct cli_args *args;
	struct progress_bar *bar;
	int64_t id, began_ms;
	bool told_to_stop;
	struct run run;
	bool gone; /* a delta that found nothing leaves no row */
};

static bool is_over(const struct following *f)
{
	return f->gone || f->run.state == RUN_DONE || f->run.state == RUN_ABORTED || f->run.state == RUN_FAILED;
}

static int show_progress(struct following *f, struct err *err)
{
	int64_t counts[OUTCOME_COUNT];
	struct progress progress = { .run = &f->run,
		                     .read = f->run.read,
		                     .total = f->run.total,
		                     .elapsed_ms = clock_mono_ns() / 1000000 - f->began_ms };

	if (stage_counts(f->args->engine, f->id, counts, err) < 0)
		return err_pass(err);
	for (int i = OUTCOME_CREATED; i < OUTCOME_COUNT; i++)
		progress.decided += counts[i];
	progress_show(f->bar, &progress);
	return 0;
}

/* One look at how far the daemon is. */
static int look(struct following *f, struct arena *arena, struct err *err)
{
	struct str which = arena_printf(arena, "%lld", (long long)f->id);
	int code;

	if (!f->told_to_stop && atomic_load(&f->args->engine->stop)) {
		f->told_to_stop = true;
		if (run_ask_stop(f->args->engine, f->id, err) < 0)
			return err_pass(err);
	}
	code = run_find(f->args->engine, arena, which, &f->run, err);
	if (code == ERR_NOT_FOUND) {
		f->gone = true;
		*err = (struct err)ERR_INIT;
		return 0;
	}
	return code < 0 ? code : show_progress(f, err);
}

static int follow(struct following *f, struct err *err)
{
	while (!is_over(f)) {
		SCOPED(arena) struct arena arena = ARENA_INIT;

		if (look(f, &arena, err) < 0)
			return err_pass(err);
		if (!is_over(f))
			clock_sleep_ms(LOOK_MS);
	}
	return 0;
}

static int how_it_ended(const struct following *f, struct run *ret, struct err *err)
{
	if (f->gone) {
		*ret = (struct run) { 0 };
		return 0;
	}
	if (run_find(f->args->engine, f->args->arena, arena_printf(f->args->arena, "%lld", (long long)f->id), ret,
	             err) < 0)
		return err_pass(err);
	if (ret->state == RUN_DONE)
		return 0;
	return err_set(err, ret->state == RUN_ABORTED ? ERR_ABORTED : ERR_FAR_SIDE, "%.*s",
	               STR_ARG(ret->error.len ? ret->error : STR("stopped; what is done stays done")));
}

static int leave_to_daemon(struct cli_args *args, struct plan *plan, const struct run_order *order,
                           struct progress_bar *bar, struct run *ret, struct err *err)
{
	struct following f = { .args = args, .bar = bar, .began_ms = clock_mono_ns() / 1000000 };

	if (run_ask(args->engine, plan, order, ret, args->arena, err) < 0)
		return err_pass(err);
	f.id = ret->id;
	return follow(&f, err) < 0 ? err_pass(err) : how_it_ended(&f, ret, err);
}

int batch_run(struct cli_args *args, struct plan *plan, const struct run_order *order, struct run *ret, struct err *err)
{
	struct run_order own = *order;
	struct progress_bar bar;
	bool daemon = false;
	int code;

	progress_begin(&bar, cli_has(args, "quiet"));
	own.on_progress = progress_show;
	own.context = &bar;
	*ret = (struct run) { 0 };
	code = run_has_daemon(args->engine, plan, &daemon, err);
	if (code == 0 && daemon)
		code = leave_to_daemon(args, plan, order, &bar, ret, err);
	else if (code == 0)
		code = run_batch(args->engine, plan, &own, ret, args->arena, err);
	progress_end(&bar);
	if (code == 0 && order->kind == RUN_DELTA && ret->read == 0)
		*ret = (struct run) { 0 };
	return code;
}

/* The daemon delivers by itself: it is only waited for. */
static int wait_for_daemon(struct cli_args *args, struct plan *plan, struct progress_bar *bar, struct err *err)
{
	struct progress progress = { .owed_low = 1 };
	int64_t began_ms = clock_mono_ns() / 1000000;

	while (progress.owed_low > 0) {
		if (atomic_load(&args->engine->stop))
			return err_set(err, ERR_ABORTED, "not waited for any longer; the daemon goes on with it");
		if (run_pending(args->engine, plan->sync_id, &progress.owed_low, err) < 0)
			return err_pass(err);
		progress.elapsed_ms = clock_mono_ns() / 1000000 - began_ms;
		progress_show(bar, &progress);
		if (progress.owed_low > 0)
			clock_sleep_ms(LOOK_MS);
	}
	return 0;
}

int batch_drain(struct cli_args *args, struct plan *plan, struct err *err)
{
	struct progress_bar bar;
	bool daemon = false;
	int code;

	progress_begin(&bar, cli_has(args, "quiet"));
	code = run_has_daemon(args->engine, plan, &daemon, err);
	if (code == 0 && daemon)
		code = wait_for_daemon(args, plan, &bar, err);
	else if (code == 0)
		code = run_settle(args->engine, plan, true, progress_show, &bar, err);
	progress_end(&bar);
	return code;
}

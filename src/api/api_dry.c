/*
 * dry runs: what an import would do, with figures, on a scratch copy of the database: both systems are read, nothing is written. One at a time; it goes on while nobody looks, and its
 * figures stay until the next one begins.
 *
 *	POST ──► IDLE/ENDED -> RUNNING: a thread with an engine of its own ──► ENDED (figures, or why not)
 *	DELETE ──► its engine is told to stop
 */
#include "api/api_internal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/limits.h"
#include "sync/catalog.h"
#include "sync/figures.h"
#include "sync/run.h"

struct api_dry {
	struct api *api;
	pthread_t thread;
	bool joinable;
	pthread_mutex_t lock; /* guards all below */
	bool running, asked_to_stop;
	struct engine *scratch; /* while it runs */
	char sync[256];
	enum run_kind kind;
	struct arena arena; /* of the file */
	struct str csv;
	struct figures figures;
	int64_t read, total, started_ms, ended_ms;
	struct err err;
};

/* ---- the thread ---- */

static void on_verdict(void *context, const struct verdict *verdict)
{
	struct api_dry *dry = context;

	pthread_mutex_lock(&dry->lock);
	figures_take(&dry->figures, verdict);
	pthread_mutex_unlock(&dry->lock);
}

static void on_progress(void *context, const struct progress *p)
{
	struct api_dry *dry = context;

	pthread_mutex_lock(&dry->lock);
	dry->read = p->read;
	dry->total = p->total;
	pthread_mutex_unlock(&dry->lock);
}

static int judge(struct api_dry *dry, struct engine *scratch, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct run_order order = { .kind = dry->kind,
		                         .csv = dry->csv,
		                         .csv_name = STR("dry run"),
		                         .on_progress = on_progress,
		                         .context = dry };
	struct plan *plan = NULL;
	struct run run;
	int code;

	scratch->on_verdict = on_verdict;
	scratch->on_verdict_context = dry;
	if (plan_open(scratch, str_of(dry->sync), &plan, err) < 0)
		return err_pass(err);
	code = run_batch(scratch, plan, &order, &run, &arena, err);
	plan_close(&plan);
	return code;
}

static bool hold(struct api_dry *dry, struct engine *scratch)
{
	bool stop;

	pthread_mutex_lock(&dry->lock);
	dry->scratch = scratch;
	stop = dry->asked_to_stop;
	pthread_mutex_unlock(&dry->lock);
	return !stop;
}

static void end(struct api_dry *dry, const struct err *err)
{
	pthread_mutex_lock(&dry->lock);
	dry->err = *err;
	dry->running = false;
	dry->ended_ms = clock_wall_ms();
	pthread_mutex_unlock(&dry->lock);
}

static void *work(void *context)
{
	struct api_dry *dry = context;
	const struct api_options *o = &dry->api->options;
	struct engine *scratch = NULL;
	struct err err = ERR_INIT;

	if (o->open_scratch(o->engine, &scratch, &err) == 0) {
		if (hold(dry, scratch) && judge(dry, scratch, &err) < 0 && err.code == ERR_ABORTED)
			err_set(&err, ERR_ABORTED, "stopped; nothing was written");
		hold(dry, NULL);
		o->close_scratch(&scratch);
	}
	end(dry, &err);
	return NULL;
}

static void stop(struct api_dry *dry)
{
	pthread_mutex_lock(&dry->lock);
	dry->asked_to_stop = true;
	if (dry->scratch)
		atomic_store(&dry->scratch->stop, true);
	pthread_mutex_unlock(&dry->lock);
}

struct api_dry *api_dry_open(struct api *api)
{
	struct api_dry *dry = arena_new(&api->arena, struct api_dry);

	dry->api = api;
	must(pthread_mutex_init(&dry->lock, NULL) == 0);
	return dry;
}

void api_dry_close(struct api_dry **pdry)
{
	struct api_dry *dry = *pdry;

	*pdry = NULL;
	if (!dry)
		return;
	stop(dry);
	if (dry->joinable)
		pthread_join(dry->thread, NULL);
	arena_release(&dry->arena);
	pthread_mutex_destroy(&dry->lock);
}

/* ---- routes ---- */

/* Under the lock. */
static struct json *figures_object(struct api_call *call, const struct api_dry *dry)
{
	struct json *item = api_new(call), *counts = api_new(call);
	const struct figures *f = &dry->figures;

	for (int i = OUTCOME_CREATED; i < OUTCOME_COUNT; i++)
		api_set_int(call, counts, outcome_name((enum outcome)i), f->counts[i]);
	api_set(call, item, "sync", arena_str(call->arena, str_of(dry->sync)));
	api_set(call, item, "kind", str_of(run_kind_name(dry->kind)));
	api_set(call, item, "state",
	        dry->running              ? STR("running")
	        : dry->err.code == ERR_OK ? STR("done")
	                                  : STR("failed"));
	api_set(call, item, "error", arena_str(call->arena, str_of(dry->err.code == ERR_OK ? "" : dry->err.text)));
	api_set_time(call, item, "started", dry->started_ms);
	api_set_time(call, item, "ended", dry->ended_ms);
	api_set_int(call, item, "read", dry->read);
	json_set(item, STR("total"),
	         dry->total < 0 ? json_new(call->arena, JSON_NULL) : json_new_int(call->arena, dry->total));
	api_set_int(call, item, "judged", figures_read(f));
	json_set(item, STR("counts"), counts);
	api_set_int(call, item, "records_changed", f->records_changed);
	api_set_int(call, item, "fields_to_crm", f->fields_to_crm);
	api_set_int(call, item, "fields_to_emr", f->fields_to_emr);
	return item;
}

static int say_dry(struct api_call *call, struct err *err UNUSED)
{
	struct api_dry *dry = call->api->dry;

	call->answer = api_new(call);
	pthread_mutex_lock(&dry->lock);
	json_set(call->answer, STR("dry_run"),
	         dry->started_ms ? figures_object(call, dry) : json_new(call->arena, JSON_NULL));
	pthread_mutex_unlock(&dry->lock);
	return 0;
}

/* Takes the place, if it is free. */
static int take_place(struct api_dry *dry, const struct run_order *order, struct str sync, struct err *err)
{
	bool free;

	pthread_mutex_lock(&dry->lock);
	free = !dry->running;
	dry->running = true;
	pthread_mutex_unlock(&dry->lock);
	if (!free)
		return err_set(err, ERR_CONFLICT, "another dry run is under way: wait for it, or stop it");
	if (dry->joinable)
		pthread_join(dry->thread, NULL);
	pthread_mutex_lock(&dry->lock);
	arena_reset(&dry->arena);
	snprintf(dry->sync, sizeof(dry->sync), "%.*s", STR_ARG(sync));
	dry->kind = order->kind;
	dry->csv = arena_str(&dry->arena, order->csv);
	dry->figures = (struct figures) { .records_changed = 0 };
	dry->asked_to_stop = false;
	dry->err = (struct err)ERR_INIT;
	dry->read = dry->ended_ms = 0;
	dry->total = -1;
	dry->started_ms = clock_wall_ms();
	pthread_mutex_unlock(&dry->lock);
	return 0;
}

static int begin_dry(struct api_call *call, struct err *err)
{
	struct api_dry *dry = call->api->dry;
	struct run_order order;
	struct plan *plan;

	if (api_plan(call, &plan, err) < 0 || api_run_order(call, plan, &order, err) < 0)
		return err_pass(err);
	if (order.kind == RUN_DELTA)
		return err_set(err, ERR_DATA, "a delta has no dry run");
	if (take_place(dry, &order, plan->name, err) < 0)
		return err_pass(err);
	must(pthread_create(&dry->thread, NULL, work, dry) == 0);
	dry->joinable = true;
	call->status = 202;
	return say_dry(call, err);
}

static int stop_dry(struct api_call *call, struct err *err)
{
	stop(call->api->dry);
	return say_dry(call, err);
}

const struct api_route api_dry_routes[] = {
	{ "GET", "/dry-run", say_dry, RIGHT_SEE },
	{ "POST", "/syncs/{sync}/dry-run", begin_dry, RIGHT_WORK, .limit = LIMIT_HTTP_BODY },
	{ "POST", "/dry-run/stop", stop_dry, RIGHT_WORK },
	{ 0 },
};

const struct api_topic api_dry_topics[] = {
	{ "dry_run", RIGHT_SEE, 500, say_dry },
	{ 0 },
};

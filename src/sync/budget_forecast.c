/*
 * forecast: what the plans of all syncs will need of each connection. In order: the jobs of each sync (its schedules, what it owes), if wanted the word of
 * each far side, then the report over all of them.
 */
#include "sync/budget.h"
#include "sync/catalog.h"
#include "sync/run.h"
#include "sync/schedule.h"

enum { JOBS_A_SYNC = 16 };

struct forecast {
	struct engine *engine;
	struct arena *arena;
	struct budget_job *jobs;
	size_t count, room;
	struct map silent; /* of connections: struct str */
};

static void add_job(struct forecast *f, const struct budget_job *job)
{
	if (f->count < f->room)
		f->jobs[f->count++] = *job;
}

/* Calls of one occurrence: a delta asks each side once when little changed; an import pages through everybody. */
static int64_t calls_of(const struct forecast *f, const struct connection *c, const struct schedule *s)
{
	struct run *runs;
	struct err ignored = ERR_INIT;
	size_t count, page = MAX_OF(c->traits.page_size, (size_t)1);

	if (s->what == SCHEDULE_DELTA || run_list(f->engine, f->arena, 100, &runs, &count, &ignored) < 0)
		return 1;
	for (size_t i = 0; i < count; i++) {
		if (runs[i].sync_id == s->sync_id && str_eq(runs[i].kind, STR("import")))
			return runs[i].read / (int64_t)page + 1;
	}
	return 1;
}

static int plan_jobs(struct forecast *f, const struct plan *plan, struct err *err)
{
	const struct str names[] = { [SIDE_EMR] = plan->emr_name, [SIDE_CRM] = plan->crm_name };
	struct schedule *schedules;
	int64_t backlog;
	size_t count;

	if (schedule_list(f->engine, f->arena, plan->sync_id, &schedules, &count, err) < 0 ||
	    run_pending(f->engine, plan->sync_id, &backlog, err) < 0)
		return err_pass(err);
	add_job(f, &(struct budget_job) { .connection = arena_str(f->arena, plan->emr_name),
	                                  .backlog = backlog,
	                                  .batch = (int64_t)plan->conn[SIDE_EMR]->traits.write_batch });
	for (size_t i = 0; i < count * 2; i++) {
		const struct schedule *s = &schedules[i / 2];
		enum side side = i % 2 ? SIDE_CRM : SIDE_EMR;
		struct budget_job job = { .connection = arena_str(f->arena, names[side]) };
		struct err ignored = ERR_INIT;

		if (s->state != SCHEDULE_ACTIVE ||
		    recurrence_parse(f->arena, s->rule, s->zone, &job.rule, &ignored) < 0)
			continue;
		job.calls_each = calls_of(f, plan->conn[side], s);
		add_job(f, &job);
	}
	return 0;
}

/* What the far side itself says; one that cannot be reached says nothing. */
static void ask_far_sides(struct forecast *f, const struct plan *plan)
{
	const struct str names[] = { [SIDE_EMR] = plan->emr_name, [SIDE_CRM] = plan->crm_name };

	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		struct connection *c = plan->conn[side];
		struct budget_facts facts = { 0 };
		struct err why = ERR_INIT;
		struct str *silent;

		if (!c->kind->budget)
			continue;
		if (c->kind->budget(c, f->arena, true, &facts, &why) == 0) {
			governor_learn(f->engine->governor, names[side], &facts);
			continue;
		}
		silent = arena_new(f->arena, struct str);
		*silent = arena_str(f->arena, str_of(why.text));
		map_put(&f->silent, arena_str(f->arena, names[side]), silent);
	}
}

static int look_at_sync(struct forecast *f, struct str name, bool ask, struct err *err)
{
	struct plan *plan;
	int code;

	if (plan_open(f->engine, name, &plan, err) < 0)
		return err_pass(err);
	code = plan_jobs(f, plan, err);
	if (code == 0 && ask)
		ask_far_sides(f, plan);
	plan_close(&plan);
	return code;
}

int budget_forecast(struct engine *engine, struct arena *arena, bool ask, struct budget_line **ret, size_t *ret_count,
                    struct err *err)
{
	struct forecast f = { .engine = engine, .arena = arena, .silent = MAP_INIT(arena) };
	struct sync_row *syncs;
	size_t count;

	if (catalog_syncs(engine, arena, &syncs, &count, err) < 0)
		return err_pass(err);
	f.room = size_mul(count, JOBS_A_SYNC);
	f.jobs = arena_new_array(arena, struct budget_job, f.room);
	for (size_t i = 0; i < count; i++)
		if (look_at_sync(&f, syncs[i].name, ask, err) < 0)
			return err_pass(err);
	budget_report(engine->governor, arena, f.jobs, f.count, ret, ret_count);
	for (size_t i = 0; i < *ret_count; i++) {
		const struct str *silent = map_get(&f.silent, (*ret)[i].connection);

		(*ret)[i].silent = silent ? *silent : STR_EMPTY;
	}
	return 0;
}

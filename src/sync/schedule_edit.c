#include "sync/schedule_edit.h"

#include "lib/clock.h"
#include "sync/audit.h"

struct edit_job {
	struct engine *engine;
	struct arena *arena;
	struct schedule_edit *edit;
};

static int add(struct db *db, struct arena *arena, struct schedule *s, struct err *err)
{
	return schedule_add(db, arena, s, clock_wall_ms(), err);
}

static int take_out(struct db *db, struct arena *arena, struct schedule *s, struct err *err)
{
	(void)arena;
	return schedule_remove(db, s->id, err);
}

static int pause_it(struct db *db, struct arena *arena, struct schedule *s, struct err *err)
{
	return schedule_pause(db, arena, s->id, true, clock_wall_ms(), err);
}

static int resume_it(struct db *db, struct arena *arena, struct schedule *s, struct err *err)
{
	return schedule_pause(db, arena, s->id, false, clock_wall_ms(), err);
}

static int change(struct db *db, struct arena *arena, struct schedule *s, struct err *err)
{
	return schedule_change(db, arena, s->id, s->rule, s->zone, clock_wall_ms(), err);
}

static const struct {
	const char *action;
	int (*act)(struct db *db, struct arena *arena, struct schedule *s, struct err *err);
} acts[] = {
	[SCHEDULE_ADD] = { "schedule", add },
	[SCHEDULE_REMOVE] = { "unschedule", take_out },
	[SCHEDULE_PAUSE] = { "pause schedule", pause_it },
	[SCHEDULE_RESUME] = { "resume schedule", resume_it },
	[SCHEDULE_CHANGE] = { "change schedule", change },
};

static int edit(struct db *db, void *context, struct err *err)
{
	struct edit_job *job = context;
	struct schedule_edit *e = job->edit;
	struct schedule before = { 0 }, asked = e->schedule;
	struct audit_entry entry = { .who = str_of(job->engine->who),
		                     .action = str_of(acts[e->act].action),
		                     .why = str_of(e->why) };

	asked.who = entry.who;
	if (e->act != SCHEDULE_ADD && schedule_get(db, job->arena, asked.id, &before, err) < 0)
		return err_pass(err);
	if (acts[e->act].act(db, job->arena, &asked, err) < 0)
		return err_pass(err);
	e->schedule = before;
	e->schedule.state = SCHEDULE_REMOVED;
	if (e->act != SCHEDULE_REMOVE && schedule_get(db, job->arena, asked.id, &e->schedule, err) < 0)
		return err_pass(err);
	entry.subject = arena_printf(job->arena, "schedule %lld: %s of sync %lld", (long long)asked.id,
	                             schedule_what_name(e->schedule.what), (long long)e->schedule.sync_id);
	entry.before = before.rule;
	entry.after = e->act == SCHEDULE_REMOVE ? STR_EMPTY : e->schedule.rule;
	return audit_add(db, &entry, err);
}

int schedule_edit(struct engine *engine, struct arena *arena, struct schedule_edit *e, struct err *err)
{
	struct edit_job job = { engine, arena, e };

	return store_write(engine->store, DURABLE, edit, &job, err);
}

/* ---- drift ---- */

struct accept_job {
	int64_t sync_id;
	enum side side;
	struct str field;
	struct audit_entry entry;
};

static int accept(struct db *db, void *context, struct err *err)
{
	const struct accept_job *job = context;

	if (drift_accept(db, job->sync_id, job->side, job->field, err) < 0)
		return err_pass(err);
	return audit_add(db, &job->entry, err);
}

int drift_accept_noted(struct engine *engine, int64_t sync_id, enum side side, struct str field, const char *why,
                       struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct accept_job job = { .sync_id = sync_id, .side = side, .field = field };

	job.entry = (struct audit_entry) {
		.who = str_of(engine->who),
		.action = STR("accept drift"),
		.subject = arena_printf(&arena, "field %.*s of the %s, sync %lld", STR_ARG(field),
		                        side == SIDE_EMR ? "EMR" : "CRM", (long long)sync_id),
		.why = str_of(why),
	};
	return store_write(engine->store, DURABLE, accept, &job, err);
}

/*
 * drift_road: drift at work. A plan's box holds the snapshot that its road goes by; a newer one takes its place when a look found something, or when
 * another process did.
 *
 *	watch   due? describe, note (drift.c), take the snapshot anew, say it, bring back what was held
 *
 * When a side was looked at last stands in its cursor "describe", so that many processes and short commands look once; a refusal takes the cursor away.
 */
#include "sync/drift.h"
#include "sync/trigger.h"

#include <pthread.h>

#include "lib/clock.h"
#include "sync/capture.h"
#include "sync/cursor.h"
#include "sync/journal.h"
#include "sync/link.h"
#include "sync/select.h"

enum { SUSPECT_MS = 60000, WATCH_MS = 1000, RELOAD_MS = 10000, HINTS = 500 };

struct drift_box {
	struct arena arena; /* of the snapshots: all of them, as nobody knows who still goes by an older one */
	pthread_mutex_t lock;
	_Atomic(const struct drift_state *) state;
	_Atomic int64_t watched_ms; /* monotonic, like those below */
	int64_t looked_ms[2], loaded_ms;
};

static const struct str describe_feed = { "describe", 8 };

static int64_t mono_ms(void)
{
	return clock_mono_ns() / 1000000;
}

const struct drift_state *drift_state(const struct plan *plan)
{
	return atomic_load(&plan->drift->state);
}

/* The row that stands for a parent is ours, and its field may be one that is set once only. */
static struct mapping looked_at(const struct plan *plan)
{
	struct mapping m = plan->mapping;

	if (plan->parent.sync_id)
		m.count = plan->parent.row;
	return m;
}

/* ---- the snapshot ---- */

static bool is_gone(const struct drift_mask *mask, struct str field)
{
	for (size_t i = 0; i < mask->gone_read_count; i++) {
		if (str_eq_nocase(mask->gone_read[i], field))
			return true;
	}
	return false;
}

static struct drift_state *state_of(const struct plan *plan, struct arena *arena, const struct drift_mask *mask)
{
	struct drift_state *state = arena_new(arena, struct drift_state);
	struct str *fields = arena_new_array(arena, struct str, plan->crm_field_count + 1);

	*state = (struct drift_state) { .held_count = mask->held_count, .held = mask->held, .crm_fields = fields };
	for (size_t i = 0; i < plan->crm_field_count; i++) {
		if (!is_gone(mask, plan->crm_fields[i]))
			fields[state->crm_field_count++] = plan->crm_fields[i];
	}
	return state;
}

struct load_job {
	const struct plan *plan;
	struct arena *arena;
	struct drift_mask mask;
};

static int read_mask(struct db *db, void *context, struct err *err)
{
	struct load_job *job = context;

	return drift_mask(db, job->arena, job->plan->sync_id, &job->plan->mapping, &job->mask, err);
}

static bool same(const struct plan *plan, const struct drift_state *now, const struct drift_state *was)
{
	if (!was || now->held_count != was->held_count || now->crm_field_count != was->crm_field_count)
		return false;
	for (size_t i = 0; i < plan->mapping.count; i++) {
		if (now->held[i] != was->held[i])
			return false;
	}
	return true;
}

/* Under the lock. Snapshots that say the same as the one before are not kept. */
static int reload(struct engine *engine, const struct plan *plan, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct drift_box *box = plan->drift;
	struct load_job job = { .plan = plan, .arena = &arena };
	struct drift_mask kept;
	bool *held;

	if (store_read(engine->store, read_mask, &job, err) < 0)
		return err_wrap(err, "read what is in quarantine");
	box->loaded_ms = mono_ms();
	if (same(plan, state_of(plan, &arena, &job.mask), atomic_load(&box->state)))
		return 0;
	held = arena_new_array(&box->arena, bool, plan->mapping.count + 1);
	for (size_t i = 0; i < plan->mapping.count; i++)
		held[i] = job.mask.held[i];
	kept = job.mask;
	kept.held = held;
	atomic_store(&box->state, state_of(plan, &box->arena, &kept));
	return 0;
}

int drift_open(struct engine *engine, struct plan *plan, struct err *err)
{
	plan->drift = arena_new(&plan->arena, struct drift_box);
	must(pthread_mutex_init(&plan->drift->lock, NULL) == 0);
	return reload(engine, plan, err);
}

void drift_close(struct plan *plan)
{
	if (!plan->drift)
		return;
	must(pthread_mutex_destroy(&plan->drift->lock) == 0);
	arena_release(&plan->drift->arena);
	plan->drift = NULL;
}

/* ---- is a look due? ---- */

int drift_suspect(struct db *db, const struct plan *plan, enum side side, struct err *err)
{
	const struct cursor_place place = { plan->sync_id, side, describe_feed };

	return plan->describe_ms ? cursor_forget(db, &place, err) : 0;
}

static int suspect_both(struct db *db, void *context, struct err *err)
{
	const struct plan *plan = context;

	if (drift_suspect(db, plan, SIDE_EMR, err) < 0)
		return err_pass(err);
	return drift_suspect(db, plan, SIDE_CRM, err);
}

void drift_suspect_both(struct engine *engine, const struct plan *plan)
{
	struct plan copy = { .sync_id = plan->sync_id, .describe_ms = plan->describe_ms };
	struct err ignored = ERR_INIT;

	if (store_write(engine->store, RELAXED, suspect_both, &copy, &ignored) < 0)
		return; /* the next look comes by itself, a little later */
}

struct look_job {
	struct engine *engine;
	const struct plan *plan;
	enum side side;
	struct arena *arena;
	struct cursor last;
	struct mapping mapping;
	struct drift_subject subject;
	struct object_info info;
	struct drift_seen seen;
	int64_t retried;
};

static int read_last(struct db *db, void *context, struct err *err)
{
	struct look_job *job = context;
	const struct cursor_place place = { job->plan->sync_id, job->side, describe_feed };

	return cursor_get(db, job->arena, &place, &job->last, err);
}

static bool is_due(const struct look_job *job)
{
	int64_t looked_ms = job->plan->drift->looked_ms[job->side];

	if (job->last.text.len > 0)
		return clock_wall_ms() >= job->last.at_ms + job->plan->describe_ms;
	return looked_ms == 0 || mono_ms() - looked_ms >= SUSPECT_MS;
}

/* ---- one look ---- */

/* R40: a field of the trigger condition that is gone would make every question for records fail. Without it nobody starts by it. */
static struct str *tested_fields(const struct look_job *job)
{
	const struct trigger *t = job->plan->trigger;
	struct str *ret = arena_new_array(job->arena, struct str, (t ? t->count : 0) + 1);

	for (size_t i = 0; t && i < t->count; i++)
		ret[i] = t->terms[i].field;
	return ret;
}

static void describe_subject(struct look_job *job)
{
	const struct plan *p = job->plan;
	const struct traits *emr = &p->conn[SIDE_EMR]->traits;
	const struct str crm[] = { p->crm_id_field, p->crm_parent_field, p->crm_synced_field, p->parent.crm };
	struct str *filled = arena_new_array(job->arena, struct str,
	                                     ARRAY_LEN(crm) + (p->crm_create ? p->crm_create->count : 0) + 1);
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(crm) && job->side == SIDE_CRM; i++)
		filled[count++] = crm[i];
	if (job->side == SIDE_EMR)
		filled[count++] = emr->reference_field;
	JSON_EACH (job->side == SIDE_CRM ? p->crm_create : NULL, member)
		filled[count++] = member->key;
	job->mapping = looked_at(p);
	job->subject = (struct drift_subject) {
		.sync_id = p->sync_id,
		.side = job->side,
		.mapping = &job->mapping,
		.system = str_of(p->conn[job->side]->kind->title),
		.filled = filled,
		.filled_count = count,
		.read = tested_fields(job),
		.read_count = job->side == SIDE_CRM && p->trigger ? p->trigger->count : 0,
		.creates = job->side == SIDE_CRM ? p->create_in_crm : p->create_in_emr || p->trigger_creates,
	};
}

/* What failed while the field was not known to have changed, or was held, gets another chance. */
static int note(struct db *db, void *context, struct err *err)
{
	struct look_job *job = context;
	const struct cursor_place place = { job->plan->sync_id, job->side, describe_feed };
	int64_t since_ms;

	if (cursor_forget(db, &place, err) < 0 || cursor_move(db, &place, STR_EMPTY, STR("looked"), err) < 0 ||
	    drift_note(db, &job->subject, &job->info, &job->seen, err) < 0)
		return err_pass(err);
	if (job->seen.appeared + job->seen.healed == 0)
		return 0;
	since_ms = clock_wall_ms() - job->plan->describe_ms - SUSPECT_MS;
	if (job->seen.healed && job->seen.held_since_ms < since_ms)
		since_ms = job->seen.held_since_ms;
	return stage_again_since(db, job->plan->sync_id, since_ms, &job->retried, err);
}

static void say(const struct look_job *job, enum level level, struct str code, struct str text)
{
	const struct journal_entry entry = {
		.level = level, .sync_id = job->plan->sync_id, .code = code, .text = text
	};

	journal_note(job->engine, &entry);
}

/* The messages name the system and whom to ask. */
static int say_all(const struct look_job *job, struct err *err)
{
	struct drift *open;
	size_t count;

	if (job->seen.healed)
		say(job, LEVEL_INFO, STR("drift_healed"),
		    STR("a field that was left out is fine again: what was held back goes out now"));
	if (drift_list(job->engine, job->arena, job->plan->sync_id, false, &open, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count && i < job->seen.appeared; i++)
		say(job, LEVEL_ERROR, STR("drift"), open[i].message); /* newest first */
	return 0;
}

/* ---- what was held back ---- */

struct held_job {
	const struct plan *plan;
	struct arena *arena;
	int64_t since_ms, after_id;
	struct selected found;
};

static int read_touched(struct db *db, void *context, struct err *err)
{
	struct held_job *job = context;

	return link_touched(db, job->arena, job->plan->sync_id, job->since_ms, job->after_id, HINTS, &job->found, err);
}

/* Both sides are compared, whatever their versions. */
static int compare_again(struct db *db, void *context, struct err *err)
{
	const struct held_job *job = context;
	const struct link *links = job->found.at;

	for (size_t i = 0; i < job->found.count; i++) {
		if (link_owe(db, links[i].id, STR_EMPTY, err) < 0)
			return err_pass(err);
	}
	return 0;
}

static int hint(struct engine *engine, const struct held_job *job, struct err *err)
{
	const struct capture how = { .side = SIDE_EMR, .door = DOOR_BATCH, .priority = STAGED_LIVE, .total = -1 };
	const struct link *links = job->found.at;
	struct str *ids = arena_new_array(job->arena, struct str, job->found.count);
	struct str *bytes = arena_new_array(job->arena, struct str, job->found.count);
	struct captured done;

	for (size_t i = 0; i < job->found.count; i++) {
		ids[i] = links[i].emr_id;
		bytes[i] = STR("{\"healed\":true}");
	}
	return capture_ids(engine, job->plan, job->arena, ids, bytes, job->found.count, &how, &done, err);
}

static int bring_back(struct engine *engine, const struct plan *plan, int64_t since_ms, struct err *err)
{
	struct held_job job = { .plan = plan, .since_ms = since_ms };

	do {
		SCOPED(arena) struct arena arena = ARENA_INIT;

		job.arena = &arena;
		if (store_read(engine->store, read_touched, &job, err) < 0)
			return err_pass(err);
		if (job.found.count == 0)
			return 0;
		if (store_write(engine->store, RELAXED, compare_again, &job, err) < 0 || hint(engine, &job, err) < 0)
			return err_pass(err);
		job.after_id = ((const struct link *)job.found.at)[job.found.count - 1].id;
	} while (job.found.count == HINTS);
	return 0;
}

/* ---- watch ---- */

static int look_at(struct look_job *job, struct err *err)
{
	struct connection *c = job->plan->conn[job->side];
	struct err later = ERR_INIT;

	job->plan->drift->looked_ms[job->side] = mono_ms();
	if (c->kind->describe(c, job->arena, job->plan->object[job->side], &job->info, &later) < 0)
		return 0;
	describe_subject(job);
	if (store_write(job->engine->store, DURABLE, note, job, err) < 0)
		return err_pass(err);
	if (job->seen.appeared + job->seen.healed == 0)
		return 0;
	if (reload(job->engine, job->plan, err) < 0 || say_all(job, err) < 0)
		return err_pass(err);
	return job->seen.healed ? bring_back(job->engine, job->plan, job->seen.held_since_ms, err) : 0;
}

static int watch_side(struct engine *engine, const struct plan *plan, enum side side, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct look_job job = { .engine = engine, .plan = plan, .side = side, .arena = &arena };

	if (store_read(engine->store, read_last, &job, err) < 0)
		return err_pass(err);
	return is_due(&job) ? look_at(&job, err) : 0;
}

static int watch(struct engine *engine, const struct plan *plan, struct err *err)
{
	if (watch_side(engine, plan, SIDE_EMR, err) < 0 || watch_side(engine, plan, SIDE_CRM, err) < 0)
		return err_wrap(err, "watch the fields of both systems");
	return mono_ms() - plan->drift->loaded_ms < RELOAD_MS ? 0 : reload(engine, plan, err);
}

int drift_watch(struct engine *engine, const struct plan *plan, struct err *err)
{
	int64_t now = mono_ms(), last = atomic_load(&plan->drift->watched_ms);
	int code;

	if (plan->describe_ms == 0 || (last && now - last < WATCH_MS) ||
	    !atomic_compare_exchange_strong(&plan->drift->watched_ms, &last, now))
		return 0;
	must(pthread_mutex_lock(&plan->drift->lock) == 0);
	code = watch(engine, plan, err);
	must(pthread_mutex_unlock(&plan->drift->lock) == 0);
	return code;
}

/* retry: the two acts are one transaction each, with their line in the audit trail; the preview walks the road in a scratch copy, for these payloads alone. */
#include "sync/retry.h"

#include "sync/audit.h"
#include "sync/catalog.h"
#include "sync/look.h"
#include "sync/person_parts.h"
#include "sync/single.h"

/* ---- acts ---- */

struct act {
	struct engine *engine;
	const struct plan *plan;
	struct arena *arena;
	const struct staged_filter *filter;
	const char *action, *why;
	int (*change)(struct db *db, const struct staged_filter *filter, int64_t *ret_count, struct err *err);
	int64_t count;
};

/* What was asked for, never whose it is: an error's code and field are ours. */
static struct str subject_of(const struct act *act)
{
	const struct staged_filter *f = act->filter;

	if (f->id)
		return arena_printf(act->arena, "payload %lld of sync %.*s", (long long)f->id,
		                    STR_ARG(act->plan->name));
	if (f->code.len)
		return arena_printf(act->arena, "payloads of sync %.*s that failed with %.*s%s%.*s",
		                    STR_ARG(act->plan->name), STR_ARG(f->code), f->error_field.len ? " in " : "",
		                    STR_ARG(f->error_field));
	return arena_printf(act->arena, "payloads of sync %.*s that failed", STR_ARG(act->plan->name));
}

static int carry_out(struct db *db, void *context, struct err *err)
{
	struct act *act = context;
	struct audit_entry entry = { .who = str_of(act->engine->who),
		                     .action = str_of(act->action),
		                     .subject = subject_of(act),
		                     .why = str_of(act->why) };

	if (act->change(db, act->filter, &act->count, err) < 0)
		return err_pass(err);
	if (act->count == 0)
		return 0;
	entry.after = arena_printf(act->arena, "%lld", (long long)act->count);
	return audit_add(db, &entry, err);
}

static int act_on(struct act *act, int64_t *ret_count, struct err *err)
{
	ensure(act->filter->sync_id == act->plan->sync_id);
	if (store_write(act->engine->store, DURABLE, carry_out, act, err) < 0)
		return err_pass(err);
	*ret_count = act->count;
	return 0;
}

int retry_hand_over(struct engine *engine, const struct plan *plan, struct arena *arena,
                    const struct staged_filter *filter, const char *why, int64_t *ret_count, struct err *err)
{
	struct act act = { engine, plan, arena, filter, "retry", why, stage_retry, 0 };

	return act_on(&act, ret_count, err);
}

int retry_leave_out(struct engine *engine, const struct plan *plan, struct arena *arena,
                    const struct staged_filter *filter, const char *why, int64_t *ret_count, struct err *err)
{
	struct act act = { engine, plan, arena, filter, "leave_out", why, stage_skip, 0 };

	return act_on(&act, ret_count, err);
}

int retry_one(struct engine *engine, struct plan *plan, struct arena *arena, int64_t id, const char *why,
              int64_t timeout_ms, struct wished *ret, struct err *err)
{
	const struct staged_filter filter = { .id = id, .sync_id = plan->sync_id };
	int64_t count;

	if (retry_hand_over(engine, plan, arena, &filter, why, &count, err) < 0)
		return err_pass(err);
	if (count == 0)
		return err_set(err, ERR_CONFLICT, "payload %lld has not failed: there is nothing to retry",
		               (long long)id);
	return person_follow(engine, plan, arena, &id, 1, timeout_ms, ret, err);
}

/* ---- preview ---- */

struct one {
	struct arena *arena;
	const struct plan *plan;
	int64_t id;
	struct staged staged;
};

static int read_one(struct db *db, void *context, struct err *err)
{
	struct one *one = context;

	return stage_read(db, one->arena, one->id, &one->staged, err);
}

static int follow_one(struct db *db, void *context, struct err *err)
{
	struct one *one = context;

	return stage_follow(db, one->arena, one->id, &one->staged, err);
}

static int bring_back(struct db *db, void *context, struct err *err)
{
	struct one *one = context;
	const struct staged_filter filter = { .id = one->id, .sync_id = one->plan->sync_id };
	int64_t count;

	if (one->staged.state == STAGED_FAILED)
		return stage_retry(db, &filter, &count, err);
	return stage_again(db, &one->staged, err);
}

static int prepare(struct engine *engine, struct one *one, struct err *err)
{
	if (store_read(engine->store, read_one, one, err) < 0)
		return err_pass(err);
	if (one->staged.sync_id != one->plan->sync_id)
		return err_set(err, ERR_CONFLICT, "payload %lld belongs to another sync", (long long)one->id);
	return store_write(engine->store, RELAXED, bring_back, one, err);
}

/* Who chose the counterpart, or ends a pair, needs no candidates. */
static bool has_to_match(const struct staged *s)
{
	return s->state == STAGED_WAITING && s->kind == STAGED_RECORD &&
	       (s->wish == WISH_NONE || s->wish == WISH_SYNC || s->wish == WISH_CREATE);
}

static int find_candidates(struct engine *engine, struct plan *plan, struct arena *arena, int64_t id, struct err *err)
{
	struct one one = { .arena = arena, .plan = plan, .id = id };

	if (store_read(engine->store, follow_one, &one, err) < 0)
		return err_pass(err);
	return has_to_match(&one.staged) ? single_candidates(engine, plan, arena, &one.staged, err) : 0;
}

int retry_preview(struct engine *engine, struct plan *plan, const int64_t *ids, size_t count, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	size_t looked;
	bool left;

	ensure(engine->dry);
	plan->blind = true;
	if (plan_sign_in(plan, err) < 0 || single_put_aside(engine, plan, 0, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		struct one one = { .arena = &arena, .plan = plan, .id = ids[i] };

		if (prepare(engine, &one, err) < 0)
			return err_pass(err);
	}
	if (look_round(engine, plan, &looked, &left, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		if (find_candidates(engine, plan, &arena, ids[i], err) < 0)
			return err_pass(err);
	}
	return single_judge(engine, plan, err);
}

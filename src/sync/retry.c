/* retry: the two acts are one transaction each, with their line in the audit trail; who waits for them follows each payload; the preview walks the road in a
 * scratch copy, for these payloads alone. */
#include "sync/retry.h"

#include "sync/audit.h"
#include "sync/catalog.h"
#include "sync/look.h"
#include "sync/person_parts.h"
#include "sync/run.h"
#include "sync/single.h"

enum { PAGE = 1000, PATIENCE_MS = 24 * 3600 * 1000 };

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

static const char *of_run(const struct act *act)
{
	return act->filter->run_id ? arena_printf(act->arena, ", of run %lld", (long long)act->filter->run_id).at : "";
}

/* What was asked for, never whose it is: an error's code and field are ours. */
static struct str subject_of(const struct act *act)
{
	const struct staged_filter *f = act->filter;

	if (f->id)
		return arena_printf(act->arena, "payload %lld of sync %.*s", (long long)f->id,
		                    STR_ARG(act->plan->name));
	return arena_printf(act->arena, "payloads of sync %.*s that failed%s%.*s%s%.*s%s", STR_ARG(act->plan->name),
	                    f->code.len ? " with " : "", STR_ARG(f->code), f->error_field.len ? " in " : "",
	                    STR_ARG(f->error_field), of_run(act));
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

struct one {
	struct arena *arena;
	const struct plan *plan;
	int64_t id;
	struct staged staged;
};

static int follow_one(struct db *db, void *context, struct err *err)
{
	struct one *one = context;

	return stage_follow(db, one->arena, one->id, &one->staged, err);
}

/* ---- all that fit ---- */

struct listed {
	int64_t *ids;
	size_t count, room;
};

static void list_page(struct listed *all, struct arena *arena, const struct staged *rows, size_t count)
{
	if (all->count + count > all->room) {
		size_t room = size_mul(all->room + count, 2);
		int64_t *longer = arena_new_array(arena, int64_t, room);

		for (size_t i = 0; i < all->count; i++)
			longer[i] = all->ids[i];
		all->ids = longer;
		all->room = room;
	}
	for (size_t i = 0; i < count; i++)
		all->ids[all->count++] = rows[i].id;
}

/* Which ones: they are followed by their numbers. */
static int list_failed(struct engine *engine, struct arena *arena, const struct staged_filter *filter,
                       struct listed *ret, struct err *err)
{
	struct staged_filter page = *filter;
	size_t count;

	page.failed = true;
	page.limit = PAGE;
	do {
		SCOPED(arena) struct arena rows_arena = ARENA_INIT;
		struct staged *rows;

		if (stage_list(engine, &rows_arena, &page, &rows, &count, err) < 0)
			return err_pass(err);
		list_page(ret, arena, rows, count);
		page.after_id = count ? rows[count - 1].id : page.after_id;
	} while (count == PAGE);
	return 0;
}

static int count_through(struct engine *engine, const struct listed *all, struct retried *ret, struct err *err)
{
	for (size_t i = 0; i < all->count; i++) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		struct one one = { .arena = &arena, .id = all->ids[i] };

		if (store_read(engine->store, follow_one, &one, err) < 0)
			return err_pass(err);
		if (one.staged.state == STAGED_DONE || one.staged.outcome == OUTCOME_UNCHANGED)
			ret->through++;
		else
			ret->failed++;
	}
	return 0;
}

int retry_all(struct engine *engine, struct plan *plan, const struct staged_filter *filter, const char *why,
              struct retried *ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct listed all = { 0 };
	struct wished last;
	int64_t handed;

	*ret = (struct retried) { 0 };
	if (run_check_paused(plan, err) < 0 || list_failed(engine, &arena, filter, &all, err) < 0)
		return err_pass(err);
	if (all.count == 0)
		return 0;
	ret->tried = (int64_t)all.count;
	if (retry_hand_over(engine, plan, &arena, filter, why, &handed, err) < 0 ||
	    person_follow(engine, plan, &arena, all.ids, all.count, PATIENCE_MS, &last, err) < 0)
		return err_pass(err);
	return count_through(engine, &all, ret, err);
}

/* ---- preview ---- */

static int read_one(struct db *db, void *context, struct err *err)
{
	struct one *one = context;

	return stage_read(db, one->arena, one->id, &one->staged, err);
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

/* conflicts: fields that both sides changed, and what a person decides about them (R22). Values are shown one conflict at a time, and that leaves a line in the audit trail. */
#include "api/api_internal.h"

#include "sync/audit.h"
#include "sync/link.h"
#include "sync/person.h"

enum { WAIT_MS = 10000 };

static const char *state_of(const struct conflict *c)
{
	if (!c->waiting)
		return "decided";
	return c->decided_by.len ? "under_way" : "waiting";
}

static int conflict_item(struct api_call *call, const struct conflict *c, struct json **ret, struct err *err)
{
	static const struct api_member members[] = {
		API_MEMBER(struct conflict, id, API_INT),
		API_NAMED("link", struct conflict, link_id, API_ID),
		API_NAMED("payload", struct conflict, staged_id, API_ID),
		API_MEMBER(struct conflict, field, API_TEXT),
		API_MEMBER(struct conflict, winner, API_TEXT),
		API_MEMBER(struct conflict, policy_version, API_INT),
		API_NAMED("at", struct conflict, at_ms, API_TIME),
		API_MEMBER(struct conflict, decided_by, API_TEXT),
		API_NAMED("decided", struct conflict, decided_ms, API_TIME),
		API_MEMBER(struct conflict, why, API_TEXT),
		API_NAMED("purged", struct conflict, purged_ms, API_TIME),
		{ 0 },
	};
	struct str emr, crm;

	if (link_ids(&call->engine, call->arena, c->link_id, &emr, &crm, err) < 0)
		return err_pass(err);
	*ret = api_object(call, members, c);
	api_set(call, *ret, "state", str_of(state_of(c)));
	api_set(call, *ret, "sync", api_sync_name(call, c->sync_id));
	api_set(call, *ret, "emr_id", emr);
	api_set(call, *ret, "crm_id", crm);
	return 0;
}

static int list_conflicts(struct api_call *call, struct err *err)
{
	struct conflict_filter filter = { .waiting = api_query_is(call, "waiting") };
	struct json *items = api_new_list(call), *item;
	struct conflict *all;
	size_t count;

	if (api_page(call, &filter.after_id, &filter.limit, err) < 0 ||
	    api_query_sync(call, &filter.sync_id, err) < 0 ||
	    conflict_find(&call->engine, call->arena, &filter, &all, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		if (conflict_item(call, &all[i], &item, err) < 0)
			return err_pass(err);
		json_append(items, item);
	}
	call->answer = api_list(call, items, count == filter.limit, count ? all[count - 1].id : 0);
	return 0;
}

static int find_conflict(struct api_call *call, struct conflict *ret, struct err *err)
{
	struct conflict_filter filter = { .limit = 1 };
	struct conflict *found;
	size_t count;

	if (api_id(call, "conflict", &filter.id, err) < 0 ||
	    conflict_find(&call->engine, call->arena, &filter, &found, &count, err) < 0)
		return err_pass(err);
	if (count == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no conflict %lld", (long long)filter.id);
	*ret = *found;
	return 0;
}

static int show_conflict(struct api_call *call, struct err *err)
{
	struct conflict c;

	if (find_conflict(call, &c, err) < 0)
		return err_pass(err);
	return conflict_item(call, &c, &call->answer, err);
}

static int reveal(struct api_call *call, struct err *err)
{
	struct conflict_sides sides;
	struct conflict c;

	if (find_conflict(call, &c, err) < 0 ||
	    audit_note(&call->engine, "look", arena_printf(call->arena, "conflict %lld", (long long)c.id), STR_EMPTY,
	               STR_EMPTY, NULL, err) < 0 ||
	    conflict_open(&call->engine, call->arena, &c, &sides, err) < 0)
		return err_pass(err);
	call->answer = api_new(call);
	api_set(call, call->answer, "base", sides.base);
	api_set(call, call->answer, "emr", sides.emr);
	api_set(call, call->answer, "crm", sides.crm);
	return 0;
}

static int read_choice(struct api_call *call, struct decides *ret, struct err *err)
{
	struct str word;

	if (api_need_text(call, "by", &word, err) < 0 || api_text(call, "value", &ret->value, err) < 0 ||
	    api_why(call, &ret->why, err) < 0)
		return err_pass(err);
	for (enum choice_by by = CHOICE_EMR; by <= CHOICE_VALUE; by++) {
		if (str_eq_c(word, choice_name(by))) {
			ret->by = by;
			return 0;
		}
	}
	return err_set(err, ERR_DATA, "'by' says who is right: emr, crm, or value");
}

static int carry_out(struct api_call *call, struct plan *plan, const struct decides *decides, struct err *err)
{
	struct decided done;

	if (person_resolve(&call->engine, plan, call->arena, decides, WAIT_MS, &done, err) < 0)
		return err_pass(err);
	call->answer = api_new(call);
	api_set_int(call, call->answer, "decided", (int64_t)done.count);
	api_set_int(call, call->answer, "settled", (int64_t)done.settled);
	api_set_int(call, call->answer, "again", (int64_t)done.again);
	return 0;
}

static int decide(struct api_call *call, struct err *err)
{
	struct decides decides = { 0 };
	struct conflict c;
	struct plan *plan;

	if (find_conflict(call, &c, err) < 0 || read_choice(call, &decides, err) < 0 ||
	    api_plan_named(call, api_sync_name(call, c.sync_id), &plan, err) < 0)
		return err_pass(err);
	decides.conflict_id = c.id;
	return carry_out(call, plan, &decides, err);
}

static int decide_all(struct api_call *call, struct err *err)
{
	struct decides decides = { 0 };
	struct plan *plan;

	if (read_choice(call, &decides, err) < 0 || api_plan(call, &plan, err) < 0)
		return err_pass(err);
	if (decides.by == CHOICE_VALUE)
		return err_set(err, ERR_DATA, "one value cannot be right for all: decide for emr or crm");
	return carry_out(call, plan, &decides, err);
}

const struct api_route api_conflict_routes[] = {
	{ "GET", "/conflicts", list_conflicts, RIGHT_SEE },
	{ "GET", "/conflicts/{conflict}", show_conflict, RIGHT_SEE },
	{ "POST", "/conflicts/{conflict}/reveal", reveal, RIGHT_VALUES },
	{ "POST", "/conflicts/{conflict}/decide", decide, RIGHT_WORK },
	{ "POST", "/syncs/{sync}/conflicts/decide", decide_all, RIGHT_WORK },
	{ 0 },
};

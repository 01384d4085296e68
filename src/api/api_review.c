/* review: cases that wait for a person (cases.h): who fits several, who is linked already, who may be the same, whose counterpart is gone. */
#include "api/api_records.h"

#include "sync/audit.h"
#include "sync/cases.h"
#include "sync/catalog.h"
#include "sync/link.h"
#include "sync/suggest.h"

/* ---- lists ---- */

static struct json *case_json(struct api_call *call, const struct open_case *c)
{
	static const struct api_member members[] = {
		API_MEMBER(struct open_case, id, API_INT),
		API_NAMED("record", struct open_case, record_id, API_TEXT),
		API_MEMBER(struct open_case, reason, API_TEXT),
		API_NAMED("at", struct open_case, at_ms, API_TIME),
		{ 0 },
	};
	struct json *item = api_object(call, members, c), *others = api_new_list(call);
	struct str rest = c->others, other;

	while (rest.len && str_split(&rest, ',', &other))
		json_append(others, json_new_text(call->arena, other));
	json_set(item, STR("others"), others);
	api_set(call, item, "kind", str_of(case_kind_name(c->kind)));
	api_set(call, item, "side", api_side_word(c->side));
	return item;
}

static int read_kind(struct str word, enum case_kind *ret, struct err *err)
{
	if (case_kind_of_name(word, ret))
		return 0;
	return err_set(err, ERR_NOT_FOUND, "a kind of case is several, linked, near, survivor, gone or race");
}

static int list_cases(struct api_call *call, struct err *err)
{
	struct json *items = api_new_list(call);
	struct open_case *cases;
	enum case_kind kind;
	struct plan *plan;
	int64_t after;
	size_t limit, count;

	if (api_plan(call, &plan, err) < 0 || read_kind(api_param(call, "kind"), &kind, err) < 0 ||
	    api_page(call, &after, &limit, err) < 0 ||
	    cases_list(&call->engine, call->arena, plan->sync_id, kind, after, limit, &cases, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		json_append(items, case_json(call, &cases[i]));
	call->answer = api_list(call, items, count == limit, count ? cases[count - 1].id : 0);
	return 0;
}

/* By sync and kind; `count` is the sum. */
static int count_cases(struct api_call *call, struct err *err)
{
	struct json *items = api_new_list(call);
	int64_t counts[CASE_KINDS], all = 0;
	struct sync_row *syncs;
	size_t count;

	if (catalog_syncs(&call->engine, call->arena, &syncs, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		struct json *item = api_new(call);

		if (cases_count(&call->engine, syncs[i].id, counts, err) < 0)
			return err_pass(err);
		api_set(call, item, "sync", syncs[i].name);
		for (enum case_kind kind = CASE_SEVERAL; kind < CASE_KINDS; kind++) {
			api_set_int(call, item, case_kind_name(kind), counts[kind]);
			all += counts[kind];
		}
		json_append(items, item);
	}
	call->answer = api_list(call, items, false, 0);
	api_set_int(call, call->answer, "count", all);
	return 0;
}

/* ---- one case ---- */

struct asked_case {
	struct plan *plan;
	enum case_kind kind;
	int64_t id;
	struct open_case found;
};

static int find_case(struct api_call *call, struct asked_case *ret, struct err *err)
{
	if (api_plan(call, &ret->plan, err) < 0 || read_kind(api_param(call, "kind"), &ret->kind, err) < 0 ||
	    api_id(call, "case", &ret->id, err) < 0)
		return err_pass(err);
	return cases_find(&call->engine, call->arena, ret->plan->sync_id, ret->kind, ret->id, &ret->found, err);
}

static int show_case(struct api_call *call, struct err *err)
{
	struct asked_case asked;

	if (find_case(call, &asked, err) < 0)
		return err_pass(err);
	call->answer = case_json(call, &asked.found);
	return 0;
}

/* The record in question first. Of a merged record the survivor is of the same side. */
static size_t records_of(const struct open_case *c, struct compared ret[COMPARE_MOST])
{
	enum side other = c->kind == CASE_SURVIVOR ? c->side : side_other(c->side);
	struct str rest = c->others, id;
	size_t count = 0;

	ret[count++] = (struct compared) { .side = c->side, .id = c->record_id };
	while (rest.len && count < COMPARE_MOST && str_split(&rest, ',', &id)) {
		/* Several of one side are told apart from themselves, too: resolve.c lists them with the record among them. */
		if (!str_eq(id, c->record_id))
			ret[count++] = (struct compared) { .side = other, .id = id };
	}
	return count;
}

static struct json *record_json(struct api_call *call, const struct plan *plan, const struct compared *c)
{
	struct json *item = api_new(call), *values = api_new_list(call);

	api_set(call, item, "id", c->id);
	api_set(call, item, "side", api_side_word(c->side));
	api_set_bool(call, item, "there", c->there);
	api_set(call, item, "linked_to", c->linked_to);
	api_set(call, item, "trouble", c->trouble);
	for (size_t i = 0; i < plan->mapping.count; i++) {
		const struct value *v = c->values ? &c->values[i] : NULL;

		json_append(values, v && v->kind != VALUE_BLANK ? json_new_text(call->arena, v->text)
		                                                : json_new(call->arena, JSON_NULL));
	}
	json_set(item, STR("values"), values);
	return item;
}

static int answer_compared(struct api_call *call, struct plan *plan, struct compared *all, size_t count,
                           struct err *err)
{
	struct json *records = api_new_list(call), *fields = api_new_list(call);

	if (person_compare(&call->engine, plan, call->arena, all, count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		json_append(records, record_json(call, plan, &all[i]));
	for (size_t i = 0; i < plan->mapping.count; i++)
		json_append(fields, json_new_text(call->arena, plan->mapping.fields[i].name));
	call->answer = api_new(call);
	json_set(call->answer, STR("fields"), fields);
	json_set(call->answer, STR("records"), records);
	return 0;
}

static int reveal_case(struct api_call *call, struct err *err)
{
	struct compared all[COMPARE_MOST];
	struct asked_case asked;

	if (find_case(call, &asked, err) < 0)
		return err_pass(err);
	return answer_compared(call, asked.plan, all, records_of(&asked.found, all), err);
}

static int close_case(struct api_call *call, struct err *err)
{
	struct asked_case asked;
	const char *why;

	if (find_case(call, &asked, err) < 0 || api_why(call, &why, err) < 0)
		return err_pass(err);
	return cases_close(&call->engine, asked.plan, call->arena, asked.kind, asked.id, why, err);
}

static int never_match(struct api_call *call, struct err *err)
{
	struct str emr_id, crm_id;
	struct plan *plan;
	const char *why;

	if (api_plan(call, &plan, err) < 0 || api_need_text(call, "emr_id", &emr_id, err) < 0 ||
	    api_need_text(call, "crm_id", &crm_id, err) < 0 || api_why(call, &why, err) < 0 ||
	    person_id(plan, call->arena, SIDE_EMR, emr_id, &emr_id, err) < 0 ||
	    person_id(plan, call->arena, SIDE_CRM, crm_id, &crm_id, err) < 0)
		return err_pass(err);
	return suggest_never(&call->engine, plan, emr_id, crm_id, why, err);
}

const struct api_route api_review_routes[] = {
	{ "GET", "/review", count_cases, RIGHT_SEE },
	{ "POST", "/syncs/{sync}/never", never_match, RIGHT_WORK },
	{ "GET", "/syncs/{sync}/review/{kind}", list_cases, RIGHT_SEE },
	{ "GET", "/syncs/{sync}/review/{kind}/{case}", show_case, RIGHT_SEE },
	{ "POST", "/syncs/{sync}/review/{kind}/{case}/reveal", reveal_case, RIGHT_VALUES },
	{ "POST", "/syncs/{sync}/review/{kind}/{case}/close", close_case, RIGHT_WORK },
	{ 0 },
};

const struct api_topic api_review_topics[] = {
	{ "review", RIGHT_SEE, 5000, count_cases },
	{ 0 },
};

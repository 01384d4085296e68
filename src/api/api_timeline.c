/* records: the story of one pair, or of one record without a counterpart, across both systems (timeline.h): why does this field have this value? */
#include "api/api_records.h"

#include "sync/timeline.h"

enum { MOMENTS = 100, MOMENTS_MAX = 500 };

struct str api_side_word(enum side side)
{
	return side == SIDE_EMR ? STR("emr") : STR("crm");
}

int api_record(struct api_call *call, const struct plan *plan, enum side *ret_side, struct str *ret_id, struct err *err)
{
	const struct connector *kind;

	if (api_side(api_param(call, "side"), ret_side, err) < 0)
		return err_pass(err);
	kind = plan->conn[*ret_side]->kind;
	*ret_id = api_param(call, "record");
	if (kind->record_id)
		*ret_id = kind->record_id(call->arena, *ret_id);
	return ret_id->len ? 0 : err_set(err, ERR_NOT_FOUND, "this is no id of %s", kind->title);
}

struct asked_story {
	struct plan *plan;
	enum side side;
	struct str id;
	struct timeline_of of;
};

static int find_story(struct api_call *call, struct asked_story *ret, struct err *err)
{
	if (api_plan(call, &ret->plan, err) < 0 || api_record(call, ret->plan, &ret->side, &ret->id, err) < 0)
		return err_pass(err);
	return timeline_find(&call->engine, ret->plan, call->arena, ret->side, ret->id, &ret->of, err);
}

/* ---- moments ---- */

static const struct api_member link_members[] = {
	API_MEMBER(struct link, id, API_INT),
	API_MEMBER(struct link, emr_id, API_TEXT),
	API_MEMBER(struct link, crm_id, API_TEXT),
	API_MEMBER(struct link, how, API_TEXT),
	API_NAMED("run", struct link, run_id, API_ID),
	API_NAMED("created", struct link, created_ms, API_TIME),
	API_NAMED("settled", struct link, settled_ms, API_TIME),
	API_NAMED("stopped", struct link, stopped_why, API_TEXT),
	API_NAMED("ended", struct link, ended_ms, API_TIME),
	API_MEMBER(struct link, ended_why, API_TEXT),
	API_MEMBER(struct link, mapping_version, API_INT),
	{ 0 },
};

struct json *api_link(struct api_call *call, const struct link *link)
{
	static const char *const states[] = {
		[LINK_LINKED] = "linked", [LINK_MAKING] = "making", [LINK_ENDED] = "ended", [LINK_FORGIVEN] = "ended"
	};
	struct json *item = api_object(call, link_members, link);

	api_set(call, item, "state", str_of(states[link->state]));
	return item;
}

static struct json *field_json(struct api_call *call, const struct history_field *f)
{
	static const struct api_member members[] = {
		API_MEMBER(struct history_field, name, API_TEXT),
		API_MEMBER(struct history_field, rule, API_TEXT),
		API_MEMBER(struct history_field, to_emr, API_BOOL),
		API_MEMBER(struct history_field, to_crm, API_BOOL),
		API_MEMBER(struct history_field, conflict, API_BOOL),
		API_MEMBER(struct history_field, waits, API_BOOL),
		API_MEMBER(struct history_field, by_person, API_BOOL),
		{ 0 },
	};

	return api_object(call, members, f);
}

/* "R20": "only the EMR changed". */
static struct str rule_reason(struct str rule)
{
	for (enum merge_rule r = RULE_NOTHING; r <= RULE_R24; r++) {
		if (str_eq_c(rule, merge_rule_name(r)))
			return str_of(merge_rule_reason(r));
	}
	return STR_EMPTY;
}

static int set_payload(struct api_call *call, struct json *item, const struct moment *m, struct err *err)
{
	struct json *fields = api_new_list(call), *field;
	struct history_field *all;
	size_t count = 0;

	json_set(item, STR("payload"), api_payload(call, m->staged));
	if (m->history && history_fields(call->arena, m->history, &all, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		field = field_json(call, &all[i]);
		api_set(call, field, "reason", rule_reason(all[i].rule));
		json_append(fields, field);
	}
	json_set(item, STR("fields"), fields);
	return 0;
}

static int set_link(struct api_call *call, struct json *item, const struct moment *m, struct err *err)
{
	(void)err;
	json_set(item, STR("link"), api_link(call, m->link));
	return 0;
}

static int set_log(struct api_call *call, struct json *item, const struct moment *m, struct err *err)
{
	(void)err;
	api_set(call, item, "code", m->log->code);
	api_set(call, item, "text", m->log->text);
	api_set(call, item, "level", str_of(level_name(m->log->level)));
	api_set_id(call, item, "payload_id", m->log->staged_id);
	return 0;
}

static int set_person(struct api_call *call, struct json *item, const struct moment *m, struct err *err)
{
	(void)err;
	api_set(call, item, "who", m->audit->who);
	api_set(call, item, "action", m->audit->action);
	api_set(call, item, "before", m->audit->before);
	api_set(call, item, "after", m->audit->after);
	api_set(call, item, "why", m->audit->why);
	return 0;
}

static int set_conflict(struct api_call *call, struct json *item, const struct moment *m, struct err *err)
{
	(void)err;
	api_set_int(call, item, "conflict", m->conflict->id);
	api_set(call, item, "field", m->conflict->field);
	api_set(call, item, "winner", m->conflict->winner);
	api_set_bool(call, item, "waits", m->conflict->waiting);
	api_set_id(call, item, "payload_id", m->conflict->staged_id);
	api_set(call, item, "who", m->conflict->decided_by);
	api_set(call, item, "why", m->conflict->why);
	return 0;
}

static int set_suggestion(struct api_call *call, struct json *item, const struct moment *m, struct err *err)
{
	(void)err;
	api_set_int(call, item, "suggestion", m->suggestion->id);
	api_set(call, item, "emr_id", m->suggestion->emr_id);
	api_set(call, item, "crm_id", m->suggestion->crm_id);
	api_set(call, item, "text", str_of(weak_why_meaning(m->suggestion->why)));
	api_set(call, item, "state", str_of(suggestion_state_name(m->suggestion->state)));
	api_set(call, item, "who", m->suggestion->decided_by);
	return 0;
}

static int set_told(struct api_call *call, struct json *item, const struct moment *m, struct err *err)
{
	(void)err;
	api_set(call, item, "status", str_of(truth_status_name(m->told->status)));
	api_set_bool(call, item, "delivered", m->told->owed_id == 0);
	return 0;
}

static int set_owed(struct api_call *call, struct json *item, const struct moment *m, struct err *err)
{
	(void)err;
	api_set_int(call, item, "write", m->owed->id);
	api_set(call, item, "op", m->owed->op == WRITE_CREATE ? STR("create") : STR("update"));
	api_set_int(call, item, "attempts", m->owed->attempts);
	api_set_time(call, item, "due", m->owed->due_ms);
	api_set(call, item, "error_code", m->owed->error_code);
	api_set_id(call, item, "payload_id", m->owed->staged_id);
	api_set_bool(call, item, "low", m->owed->priority == OWED_LOW);
	return 0;
}

static bool has_side(enum moment_kind kind)
{
	return kind == MOMENT_PAYLOAD || kind == MOMENT_TOLD || kind == MOMENT_OWED || kind == MOMENT_PERSON;
}

static int moment_json(struct api_call *call, const struct moment *m, struct json **ret, struct err *err)
{
	static int (*const setters[MOMENT_KINDS])(struct api_call *, struct json *, const struct moment *,
	                                          struct err *) = {
		[MOMENT_PAYLOAD] = set_payload,   [MOMENT_LINKED] = set_link,
		[MOMENT_ENDED] = set_link,        [MOMENT_LOG] = set_log,
		[MOMENT_PERSON] = set_person,     [MOMENT_CONFLICT] = set_conflict,
		[MOMENT_DECISION] = set_conflict, [MOMENT_SUGGESTION] = set_suggestion,
		[MOMENT_TOLD] = set_told,         [MOMENT_OWED] = set_owed,
	};

	*ret = api_new(call);
	api_set(call, *ret, "kind", str_of(moment_name(m->kind)));
	api_set_time(call, *ret, "at", m->at_ms);
	api_set(call, *ret, "side", has_side(m->kind) ? api_side_word(m->side) : STR_EMPTY);
	return setters[m->kind](call, *ret, m, err);
}

static struct json *of_json(struct api_call *call, const struct asked_story *asked)
{
	const struct timeline_of *of = &asked->of;
	struct json *item = api_new(call);

	api_set(call, item, "sync", asked->plan->name);
	api_set(call, item, "side", api_side_word(asked->side));
	api_set(call, item, "emr_id", of->id[SIDE_EMR]);
	api_set(call, item, "crm_id", of->id[SIDE_CRM]);
	api_set(call, item, "emr_object", asked->plan->object[SIDE_EMR]);
	api_set(call, item, "crm_object", asked->plan->object[SIDE_CRM]);
	api_set_bool(call, item, "linked", of->linked);
	json_set(item, STR("link"), of->link_count ? api_link(call, &of->links[0]) : json_new(call->arena, JSON_NULL));
	return item;
}

static int show_timeline(struct api_call *call, struct err *err)
{
	struct json *items = api_new_list(call), *item;
	struct asked_story asked;
	struct moment *moments;
	int64_t before, limit;
	size_t count;

	if (find_story(call, &asked, err) < 0 || api_query_int(call, "after", 0, &before, err) < 0 ||
	    api_query_int(call, "limit", MOMENTS, &limit, err) < 0)
		return err_pass(err);
	limit = limit < 1 || limit > MOMENTS_MAX ? MOMENTS : limit;
	if (timeline_read(&call->engine, asked.plan, call->arena, &asked.of, before, (size_t)limit, &moments, &count,
	                  err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		if (moment_json(call, &moments[i], &item, err) < 0)
			return err_pass(err);
		json_append(items, item);
	}
	call->answer = api_list(call, items, (int64_t)count == limit, count ? moments[count - 1].at_ms : 0);
	json_set(call->answer, STR("of"), of_json(call, &asked));
	return 0;
}

/* ---- fields ---- */

static struct json *timeline_field_json(struct api_call *call, const struct timeline_field *f, bool values)
{
	static const char *const directions[] = {
		[DIRECTION_BOTH] = "both", [DIRECTION_EMR_TO_CRM] = "emr_to_crm", [DIRECTION_CRM_TO_EMR] = "crm_to_emr"
	};
	struct json *item = f->history ? field_json(call, &f->last) : api_new(call);

	api_set(call, item, "name", f->name);
	api_set(call, item, "emr_path", f->map->emr_count ? path_text(f->map->emr[0]) : STR_EMPTY);
	api_set(call, item, "direction", str_of(directions[f->map->direction]));
	api_set(call, item, "winner", str_of(winner_name(f->map->winner)));
	api_set_bool(call, item, "known", f->known);
	api_set_bool(call, item, "moved", f->history != NULL);
	if (f->history) {
		api_set(call, item, "reason", rule_reason(f->last.rule));
		api_set_time(call, item, "at", f->history->at_ms);
		api_set_id(call, item, "payload", f->history->staged_id);
		api_set_int(call, item, "mapping_version", f->history->mapping_version);
	}
	if (values) {
		api_set(call, item, "emr", f->emr);
		api_set(call, item, "crm", f->crm);
	}
	return item;
}

static int answer_fields(struct api_call *call, const struct asked_story *asked, bool values, struct err *err)
{
	struct json *items = api_new_list(call);
	struct timeline_field *fields;

	if (timeline_fields(&call->engine, asked->plan, call->arena, &asked->of, values, &fields, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < asked->plan->mapping.count; i++)
		json_append(items, timeline_field_json(call, &fields[i], values));
	call->answer = api_list(call, items, false, 0);
	return 0;
}

static int show_fields(struct api_call *call, struct err *err)
{
	struct asked_story asked;

	return find_story(call, &asked, err) < 0 ? err_pass(err) : answer_fields(call, &asked, false, err);
}

static int history_json(struct api_call *call, const struct history *row, struct str only, struct json *list,
                        struct err *err)
{
	struct history_field *fields;
	size_t count;

	if (history_open(&call->engine, call->arena, row, &fields, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		struct json *item;

		if (only.len && !str_eq(only, fields[i].name))
			continue;
		item = field_json(call, &fields[i]);
		api_set(call, item, "reason", rule_reason(fields[i].rule));
		api_set_time(call, item, "at", row->at_ms);
		api_set_id(call, item, "payload", row->staged_id);
		api_set_int(call, item, "mapping_version", row->mapping_version);
		api_set_time(call, item, "purged", row->purged_ms);
		api_set(call, item, "emr", fields[i].emr);
		api_set(call, item, "crm", fields[i].crm);
		api_set(call, item, "before_emr", fields[i].before_emr);
		api_set(call, item, "before_crm", fields[i].before_crm);
		api_set(call, item, "after", fields[i].after);
		json_append(list, item);
	}
	return 0;
}

/* The values now, and all that was decided of them: of every field, or of one. */
static int reveal_fields(struct api_call *call, struct err *err)
{
	struct json *list = api_new_list(call);
	struct asked_story asked;
	struct history *rows;
	struct str only;
	size_t count;

	if (find_story(call, &asked, err) < 0 || api_text(call, "field", &only, err) < 0 ||
	    audit_note(&call->engine, "look", audit_record(call->arena, asked.side, asked.id, asked.plan->name),
	               STR_EMPTY, only.len ? only : STR("values of its fields"), NULL, err) < 0 ||
	    answer_fields(call, &asked, true, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < asked.of.link_count; i++) {
		if (history_of_link(&call->engine, call->arena, asked.of.links[i].id, 0, MOMENTS_MAX, &rows, &count,
		                    err) < 0)
			return err_pass(err);
		for (size_t n = 0; n < count; n++) {
			if (history_json(call, &rows[n], only, list, err) < 0)
				return err_pass(err);
		}
	}
	json_set(call->answer, STR("history"), list);
	return 0;
}

const struct api_route api_timeline_routes[] = {
	{ "GET", "/syncs/{sync}/records/{side}/{record}/timeline", show_timeline, RIGHT_SEE },
	{ "GET", "/syncs/{sync}/records/{side}/{record}/fields", show_fields, RIGHT_SEE },
	{ "POST", "/syncs/{sync}/records/{side}/{record}/reveal", reveal_fields, RIGHT_VALUES },
	{ 0 },
};

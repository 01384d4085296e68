/* policy: which side is right, field by field, on one page; changes of it with a reason, and who made them (R25). */
#include "api/api_internal.h"

#include "sync/policy.h"

static struct json *paths_of(const struct api_call *call, const struct field_map *f)
{
	struct json *paths = api_new_list(call);

	for (size_t i = 0; i < f->emr_count; i++)
		json_append(paths, json_new_text(call->arena, path_text(f->emr[i])));
	return paths;
}

static struct json *field_of(const struct api_call *call, const struct field_map *f)
{
	struct json *field = api_new(call);

	api_set(call, field, "name", f->name);
	json_set(field, STR("emr"), paths_of(call, f));
	api_set(call, field, "crm", path_text(f->crm));
	api_set(call, field, "direction", str_of(direction_name(f->direction)));
	api_set(call, field, "winner", str_of(mapping_winner_name(f)));
	api_set(call, field, "blank", str_of(blank_rule_name(f->blank)));
	api_set(call, field, "transform", str_of(transform_name(&f->transform)));
	api_set(call, field, "type", str_of(value_type_name(f->type)));
	return field;
}

static int show_policy(struct api_call *call, struct err *err)
{
	struct json *fields = api_new_list(call);
	struct plan *plan;

	if (api_plan(call, &plan, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < plan->mapping.count; i++)
		json_append(fields, field_of(call, &plan->mapping.fields[i]));
	call->answer = api_new(call);
	api_set(call, call->answer, "sync", plan->name);
	api_set_int(call, call->answer, "version", plan->mapping_version);
	json_set(call->answer, STR("fields"), fields);
	return 0;
}

/* The page as it is afterwards. */
static int change_policy(struct api_call *call, struct err *err)
{
	struct str winner, blank, why;

	if (api_text(call, "winner", &winner, err) < 0 || api_text(call, "blank", &blank, err) < 0 ||
	    api_need_text(call, "why", &why, err) < 0)
		return err_pass(err);
	if (policy_set(&call->engine, api_param(call, "sync"), api_param(call, "field"), winner, blank,
	               arena_text(call->arena, str_trim(why)), err) < 0)
		return err_pass(err);
	return show_policy(call, err);
}

static int list_changes(struct api_call *call, struct err *err)
{
	static const struct api_member members[] = {
		API_MEMBER(struct policy_change, version, API_INT),
		API_NAMED("at", struct policy_change, at_ms, API_TIME),
		API_MEMBER(struct policy_change, who, API_TEXT),
		API_MEMBER(struct policy_change, field, API_TEXT),
		API_MEMBER(struct policy_change, before, API_TEXT),
		API_MEMBER(struct policy_change, after, API_TEXT),
		API_MEMBER(struct policy_change, why, API_TEXT),
		{ 0 },
	};
	struct json *items = api_new_list(call);
	struct policy_change *all;
	size_t count;

	if (policy_history(&call->engine, call->arena, api_param(call, "sync"), &all, &count, err) < 0)
		return err_pass(err);
	for (size_t i = count; i-- > 0;)
		json_append(items, api_object(call, members, &all[i]));
	call->answer = api_list(call, items, false, 0);
	return 0;
}

const struct api_route api_policy_routes[] = {
	{ "GET", "/syncs/{sync}/policy", show_policy, RIGHT_SEE },
	{ "GET", "/syncs/{sync}/policy/history", list_changes, RIGHT_SEE },
	{ "POST", "/syncs/{sync}/policy/{field}", change_policy, RIGHT_SETUP },
	{ 0 },
};

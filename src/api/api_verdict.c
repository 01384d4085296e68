/* verdicts: what the engine would do with a record, told by preview routes; and the scratch copy in which it decides that. */
#include "api/api_verdict.h"

static struct json *value_json(struct api_call *call, const struct value *v)
{
	return v && v->kind != VALUE_BLANK ? json_new_text(call->arena, arena_str(call->arena, v->text))
	                                   : json_new(call->arena, JSON_NULL);
}

static void add_field(struct api_call *call, struct json *list, const struct verdict *v, size_t i)
{
	const struct field_map *f = &v->plan->mapping.fields[i];
	const struct merged *m = &v->merged[i];
	struct json *j = api_new(call);

	api_set(call, j, "name", arena_str(call->arena, f->name));
	api_set(call, j, "crm", arena_str(call->arena, path_text(f->crm)));
	api_set(call, j, "emr", f->emr_count ? arena_str(call->arena, path_text(f->emr[0])) : STR_EMPTY);
	json_set(j, STR("emr_value"), value_json(call, v->emr ? &v->emr[i] : NULL));
	json_set(j, STR("crm_value"), value_json(call, v->crm ? &v->crm[i] : NULL));
	json_set(j, STR("after"), value_json(call, &m->value));
	api_set_bool(call, j, "to_crm", m->write_crm);
	api_set_bool(call, j, "to_emr", m->write_emr);
	api_set_bool(call, j, "conflict", m->conflict);
	api_set_bool(call, j, "review", m->review);
	api_set(call, j, "rule", str_of(merge_rule_name(m->rule)));
	api_set(call, j, "reason", str_of(merge_rule_reason(m->rule)));
	json_append(list, j);
}

struct json *api_verdict(struct api_call *call, const struct verdict *v)
{
	struct json *answer = api_new(call), *fields = api_new_list(call);

	for (size_t i = 0; v->merged && i < v->plan->mapping.count; i++)
		add_field(call, fields, v, i);
	api_set(call, answer, "emr_id", arena_str(call->arena, v->emr_id));
	api_set(call, answer, "crm_id", arena_str(call->arena, v->crm_id));
	api_set(call, answer, "outcome", str_of(outcome_name(v->outcome)));
	api_set(call, answer, "reason", arena_str(call->arena, str_of(v->reason)));
	api_set(call, answer, "candidates", arena_str(call->arena, v->candidates));
	api_set(call, answer, "error_code", arena_str(call->arena, v->error_code));
	api_set(call, answer, "error_field", arena_str(call->arena, v->error_field));
	json_set(answer, STR("fields"), fields);
	return answer;
}

static void take(void *context, const struct verdict *v)
{
	struct api_scratch *scratch = context;

	scratch->on_verdict(scratch, v);
}

int api_in_scratch(struct api_scratch *scratch, struct err *err)
{
	const struct api_options *host = &scratch->call->api->options;
	int code;

	if (host->open_scratch(host->engine, &scratch->engine, err) < 0)
		return err_pass(err);
	scratch->engine->who = scratch->call->engine.who;
	scratch->engine->on_verdict = take;
	scratch->engine->on_verdict_context = scratch;
	code = scratch->work(scratch, err);
	host->close_scratch(&scratch->engine);
	return code;
}

/* upsert: one record by an external id, with the four outcomes of section 2.3. */
#include "sandbox/salesforce/conditions.h"
#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/records.h"

#define MATCHES_MAX 100

struct target {
	struct object *object;
	struct field *key;
	struct str value;
	uint32_t matches[MATCHES_MAX];
	size_t count;
};

static bool find_target(struct org *org, const struct request *request, struct answer *answer, struct target *ret)
{
	struct str name = request_param(request, "field");

	ret->object = object_of(org, request, answer);
	if (!ret->object)
		return false;
	ret->key = object_field(ret->object, name);
	ret->value = request_param(request, "value");
	if (!ret->key || !(ret->key->flags & (FIELD_EXTERNAL | FIELD_LOOKUP)) ||
	    (!ret->key->index && ret->key->source != SOURCE_ID)) {
		fail(answer, 404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: %.*s",
		     STR_ARG(name));
		return false;
	}
	ret->count = rows_lookup(ret->object, ret->key, str_trim(ret->value), ret->matches, MATCHES_MAX);
	return true;
}

static void show_choices(const struct request *request, const struct target *target, struct answer *answer)
{
	answer->status = 300;
	for (size_t i = 0; i < MIN_OF(target->count, (size_t)MATCHES_MAX); i++) {
		char id[ID_LONG + 1];

		id_long(row_at(target->object, target->matches[i])->id, id);
		buf_printf(&answer->body, "%s\"/services/data/%.*s/sobjects/%s/%s\"", i ? "," : "[",
		           STR_ARG(version_of(request)), target->object->name, id);
	}
	buf_add_char(&answer->body, ']');
}

/* `created` exists from v46; before that an update answered 204 without a body. */
static void show_outcome(const struct request *request, const struct target *target, uint32_t number, bool created,
                         struct answer *answer)
{
	struct str version = str_skip(version_of(request), 1);
	double level = 0;

	str_to_double(version, &level);
	if (!created && level < 46) {
		answer->status = 204;
		return;
	}
	answer->status = created ? 201 : 200;
	buf_add_char(&answer->body, '{');
	write_saved(&answer->body, target->object, number);
	if (level >= 46)
		buf_printf(&answer->body, ",\"created\":%s", created ? "true" : "false");
	buf_add_char(&answer->body, '}');
}

static void create_from(struct org *org, struct request *request, const struct target *target, const struct json *body,
                        struct answer *answer)
{
	struct problems problems = PROBLEMS_INIT(request->arena);
	struct draft draft;
	uint32_t number;

	if (str_eq(request_query(request, "updateOnly"), STR("true"))) {
		fail_no_resource(answer);
		return;
	}
	draft_init(&draft, org, target->object, request->arena, DRAFT_INSERT);
	draft.problems = &problems;
	draft.body = request->body;
	draft_read(&draft, body);
	if (draft.given[target->key->number] || draft.has_id)
		problem_add(&problems, "INVALID_FIELD", str_of(target->key->name),
		            "The %s field should not be specified in the sobject data.",
		            draft.has_id ? "Id" : target->key->name);
	else
		draft_put_text(&draft, target->key, target->value);
	if (problems.count == 0)
		struck_by_lock(request, &problems);
	number = record_insert(&draft, STR_EMPTY, call_of(request)->user);
	if (number == NO_ROW)
		fail_problems(answer, &problems);
	else
		show_outcome(request, target, number, true, answer);
}

static bool may_upsert(const struct target *target, struct answer *answer)
{
	if (target->key->source != SOURCE_ID)
		return true;
	/* REST upsert cannot match on the record id. */
	fail(answer, 400, "INVALID_FIELD", "Id is not an External ID field for %s", target->object->name);
	return false;
}

void external_patch(void *state, struct request *request, struct answer *answer)
{
	struct problems problems = PROBLEMS_INIT(request->arena);
	struct target target;
	struct json *body;

	if (!find_target(state, request, answer, &target) || !may_upsert(&target, answer))
		return;
	body = body_of(request, answer);
	if (!body)
		return;
	if (target.count > 1) {
		show_choices(request, &target, answer);
	} else if (target.count == 0) {
		create_from(state, request, &target, body, answer);
	} else {
		if (conditions_stop(request, target.object, row_at(target.object, target.matches[0]), false, answer))
			return;
		if (record_change(state, request, target.object, target.matches[0], body, target.key, &problems))
			show_outcome(request, &target, target.matches[0], false, answer);
		else
			fail_problems(answer, &problems);
	}
}

typedef void with_row_fn(struct org *org, struct request *request, struct object *object, uint32_t number,
                         struct answer *answer);

/* With the one record that has the external id. */
static void with_target(struct org *org, struct request *request, struct answer *answer, with_row_fn *use)
{
	struct target target;

	if (!find_target(org, request, answer, &target))
		return;
	if (target.count > 1)
		show_choices(request, &target, answer);
	else if (target.count == 0)
		fail_no_resource(answer);
	else
		use(org, request, target.object, target.matches[0], answer);
}

void external_get(void *state, struct request *request, struct answer *answer)
{
	with_target(state, request, answer, record_show);
}

void external_remove(void *state, struct request *request, struct answer *answer)
{
	with_target(state, request, answer, record_drop);
}

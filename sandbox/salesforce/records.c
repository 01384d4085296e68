/* records: one record by its id, and what all record routes share. */
#include "sandbox/salesforce/conditions.h"
#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/record.h"
#include "sandbox/salesforce/render.h"

#include "sandbox/salesforce/records.h"

struct object *object_of(struct org *org, const struct request *request, struct answer *answer)
{
	struct object *object = org_object(org, request_param(request, "object"));

	if (!object)
		fail_no_resource(answer);
	return object;
}

struct json *body_of(struct request *request, struct answer *answer)
{
	struct err err = ERR_INIT;
	struct json *body;

	if (request_json(request, &body, &err) == 0)
		return body;
	fail_body(answer, &err);
	return NULL;
}

bool struck_by_lock(struct request *request, struct problems *problems)
{
	struct fault *fault = &request->fault;

	if (fault->kind != FAULT_LOCK && !(fault->kind == FAULT_PARTIAL && fault_roll(fault, fault->share)))
		return false;
	problem_add(problems, "UNABLE_TO_LOCK_ROW", STR_EMPTY,
	            "unable to obtain exclusive access to this record or 1 records");
	return true;
}

void write_saved(struct buf *out, const struct object *object, uint32_t number)
{
	char id[ID_LONG + 1];

	id_long(row_at(object, number)->id, id);
	buf_add_c(out, "\"id\":\"");
	buf_add_bytes(out, id, ID_LONG);
	buf_add_c(out, "\",\"success\":true,\"errors\":[]");
}

/* ---- reading ---- */

static bool chosen_fields(const struct object *object, struct str list, struct arena *arena, struct answer *answer,
                          const struct field ***ret, size_t *ret_count)
{
	const struct field **fields = arena_new_array(arena, const struct field *, FIELDS_MAX);
	struct str name;
	size_t count = 0;

	while (list.len > 0 && count < FIELDS_MAX && str_split(&list, ',', &name)) {
		fields[count] = object_field(object, str_trim(name));
		if (!fields[count]) {
			fail(answer, 400, "INVALID_FIELD", "No such column '%.*s' on sobject of type %s", STR_ARG(name),
			     object->name);
			return false;
		}
		count++;
	}
	*ret = fields;
	*ret_count = count;
	return true;
}

void record_show(struct org *org, struct request *request, struct object *object, uint32_t number,
                 struct answer *answer)
{
	struct str list = request_query(request, "fields");
	const struct row *row = row_at(object, number);
	const struct field **fields;
	size_t count;

	if (conditions_stop(request, object, row, true, answer))
		return;
	if (!chosen_fields(object, list, request->arena, answer, &fields, &count))
		return;
	if (list.len > 0) {
		/* The record's id comes along even when it was not asked for. */
		const struct field *id = object_field(object, STR("Id"));
		bool asked = false;

		for (size_t i = 0; i < count; i++)
			asked |= fields[i] == id;
		if (!asked && count < FIELDS_MAX)
			fields[count++] = id;
	}
	render_record(&answer->body, org, version_of(request), object, row, list.len ? fields : NULL, count);
	conditions_show(object, row, answer);
}

/* A path segment that is no id is taken for the name of an external-id field (section 2.2). */
static bool refused_id(const struct object *object, struct str id, struct answer *answer)
{
	if (!id_valid(id)) {
		fail(answer, 404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: %.*s",
		     STR_ARG(id));
		return true;
	}
	if (!str_starts(id, str_of(object->prefix))) {
		fail(answer, 400, "MALFORMED_ID", "%s ID: id value of incorrect type: %.*s", object->label,
		     STR_ARG(id));
		return true;
	}
	return false;
}

void record_get(void *state, struct request *request, struct answer *answer)
{
	struct object *object = object_of(state, request, answer);
	struct str id = request_param(request, "id");
	uint32_t number;

	if (!object || refused_id(object, id, answer))
		return;
	number = rows_find(object, id);
	if (number == NO_ROW || row_at(object, number)->deleted)
		fail_no_resource(answer);
	else
		record_show(state, request, object, number, answer);
}

/* ---- writing ---- */

static bool object_is_writable(const struct object *object, struct answer *answer)
{
	if (!object->writable)
		fail(answer, 400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
		     "entity type %s does not support this operation", object->name);
	return object->writable;
}

void record_post(void *state, struct request *request, struct answer *answer)
{
	struct org *org = state;
	struct object *object = object_of(org, request, answer);
	struct problems problems = PROBLEMS_INIT(request->arena);
	struct json *body;
	struct draft draft;
	uint32_t number;

	if (!object || !object_is_writable(object, answer))
		return;
	body = body_of(request, answer);
	if (!body)
		return;
	draft_init(&draft, org, object, request->arena, DRAFT_INSERT);
	draft.problems = &problems;
	draft.body = request->body;
	draft_read(&draft, body);
	if (draft.has_id)
		problem_add(&problems, "INVALID_FIELD_FOR_INSERT_UPDATE", STR("Id"),
		            "cannot specify Id in an insert call");
	if (problems.count == 0)
		struck_by_lock(request, &problems);
	number = record_insert(&draft, STR_EMPTY, call_of(request)->user);
	if (number == NO_ROW) {
		fail_problems(answer, &problems);
		return;
	}
	record_created(request, object, number, answer);
}

void record_created(const struct request *request, const struct object *object, uint32_t number, struct answer *answer)
{
	char id[ID_LONG + 1];

	id_long(row_at(object, number)->id, id);
	answer->status = 201;
	answer_header(answer, "Location",
	              arena_printf(answer->arena, "/services/data/%.*s/sobjects/%s/%s", STR_ARG(version_of(request)),
	                           object->name, id));
	buf_add_char(&answer->body, '{');
	write_saved(&answer->body, object, number);
	buf_add_char(&answer->body, '}');
}

/* An id that may be written to; NO_ROW after the vendor's 404 (section 2.2). */
static uint32_t written_row(const struct object *object, struct str id, struct answer *answer)
{
	uint32_t number = rows_find(object, id);

	if (number == NO_ROW)
		fail(answer, 404, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id");
	else if (row_at(object, number)->deleted)
		fail(answer, 404, "ENTITY_IS_DELETED", "entity is deleted");
	else
		return number;
	return NO_ROW;
}

bool record_change(struct org *org, struct request *request, struct object *object, uint32_t number,
                   const struct json *body, const struct field *key, struct problems *problems)
{
	struct draft draft;

	draft_init(&draft, org, object, request->arena, DRAFT_UPDATE);
	draft.problems = problems;
	draft.body = request->body;
	draft_read(&draft, body);
	if (draft.has_id)
		problem_add(problems, "INVALID_FIELD", STR("Id"),
		            "The Id field should not be specified in the sobject data.");
	if (key && draft.given[key->number])
		problem_add(problems, "INVALID_FIELD", str_of(key->name),
		            "The %s field should not be specified in the sobject data.", key->name);
	if (problems->count == 0)
		struck_by_lock(request, problems);
	return record_update(&draft, number, call_of(request)->user);
}

void record_patch(void *state, struct request *request, struct answer *answer)
{
	struct org *org = state;
	struct object *object = object_of(org, request, answer);
	struct problems problems = PROBLEMS_INIT(request->arena);
	struct json *body;
	uint32_t number;

	if (!object || !object_is_writable(object, answer) || refused_id(object, request_param(request, "id"), answer))
		return;
	body = body_of(request, answer);
	if (!body)
		return;
	number = written_row(object, request_param(request, "id"), answer);
	if (number == NO_ROW || conditions_stop(request, object, row_at(object, number), false, answer))
		return;
	if (record_change(org, request, object, number, body, NULL, &problems))
		answer->status = 204;
	else
		fail_problems(answer, &problems);
}

void record_drop(struct org *org, struct request *request, struct object *object, uint32_t number,
                 struct answer *answer)
{
	struct problems problems = PROBLEMS_INIT(request->arena);

	if (struck_by_lock(request, &problems)) {
		fail_problems(answer, &problems);
		return;
	}
	record_delete(org, object, number, call_of(request)->user);
	answer->status = 204;
}

void record_remove(void *state, struct request *request, struct answer *answer)
{
	struct object *object = object_of(state, request, answer);
	uint32_t number;

	if (!object || !object_is_writable(object, answer) || refused_id(object, request_param(request, "id"), answer))
		return;
	number = written_row(object, request_param(request, "id"), answer);
	if (number != NO_ROW)
		record_drop(state, request, object, number, answer);
}

void method_refused(void *state, struct request *request, struct answer *answer)
{
	(void)state;
	fail(answer, 405, "METHOD_NOT_ALLOWED",
	     "HTTP Method '%.*s' not allowed. Allowed are HEAD,GET,POST,PATCH,DELETE", STR_ARG(request->method));
}

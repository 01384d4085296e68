/*
 * drift: the org's administrator changes fields while others depend on them.
 *
 *	POST /__admin/schema   {"object":"Contact","field":"Gender__c","change":..}
 *
 *	remove      gone from describe, queries and writes; its values stay for a restore
 *	read_only   may be read only
 *	narrow      "values":[..]: a restricted picklist of these
 *	shorten     "length":n
 *	retype      "type":"date" (types as in the file of custom fields): values that do not fit are lost, and subscribers of
 *	            changes learn of that by a GAP_UPDATE of the whole object
 *	restore     as it was at the start
 */
#include "sandbox/salesforce/handlers.h"

#include "sandbox/salesforce/changes.h"
#include "sandbox/salesforce/schema.h"
#include "sandbox/salesforce/record.h"
#include "sandbox/salesforce/values.h"

/* A field as it was before the first change. */
struct drifted {
	struct field *field;
	struct field original;
	struct drifted *next;
};

struct change_call {
	struct org *org;
	struct object *object;
	struct field *field;
	const struct json *body;
};

static void remember(struct org *org, struct field *field)
{
	struct drifted *drifted;

	for (drifted = org->drifted; drifted; drifted = drifted->next) {
		if (drifted->field == field)
			return;
	}
	drifted = arena_new(&org->arena, struct drifted);
	*drifted = (struct drifted) { .field = field, .original = *field, .next = org->drifted };
	org->drifted = drifted;
}

/* Every value as the field's type wants it now; false: some were lost. */
static bool convert(struct org *org, struct object *object, const struct field *field)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str cells[FIELDS_MAX];
	bool kept = true;

	for (uint32_t n = 0; n < object->row_count; n++) {
		struct problems problems = PROBLEMS_INIT(&arena);
		struct draft draft = { .org = org, .object = object, .arena = &arena, .problems = &problems };
		struct str value = row_cell(row_at(object, n), field->number), fresh;

		if (value.len == 0)
			continue;
		if (!value_from_text(&draft, field, value, &fresh)) {
			fresh = STR_EMPTY;
			kept = false;
		}
		for (unsigned i = 0; i < object->field_count; i++)
			cells[i] = row_cell(row_at(object, n), i);
		cells[field->number] = fresh;
		rows_rewrite(org, object, n, cells);
	}
	return kept;
}

static const char *remove_field(const struct change_call *call)
{
	call->field->flags |= FIELD_HIDDEN;
	return NULL;
}

static const char *make_read_only(const struct change_call *call)
{
	call->field->flags &= ~FIELD_WRITE;
	return NULL;
}

static const char *narrow(const struct change_call *call)
{
	if (call->field->type != TYPE_PICKLIST || !json_get(call->body, "values"))
		return "\"narrow\" needs a picklist and \"values\"";
	call->field->picklist = schema_values(&call->org->arena, json_get(call->body, "values"));
	call->field->flags |= FIELD_RESTRICTED;
	return NULL;
}

static const char *shorten(const struct change_call *call)
{
	int64_t length = json_int(json_get(call->body, "length"), 0);

	if (length <= 0 || !type_is_text(call->field->type))
		return "\"shorten\" needs a text field and \"length\"";
	call->field->length = (unsigned)length;
	return NULL;
}

static void tell_if_lost(const struct change_call *call)
{
	if (!convert(call->org, call->object, call->field))
		changes_gap(call->org, call->object, CHANGE_UPDATE, STR_EMPTY);
}

static const char *retype(const struct change_call *call)
{
	struct field *field = call->field;

	if (!schema_type(json_get_text(call->body, "type"), &field->type))
		return "\"retype\" needs a \"type\"";
	if (type_is_text(field->type) && field->length == 0)
		field->length = 255;
	if (field->type == TYPE_DOUBLE && field->precision == 0)
		field->precision = 18;
	tell_if_lost(call);
	return NULL;
}

static const char *restore(const struct change_call *call)
{
	for (const struct drifted *drifted = call->org->drifted; drifted; drifted = drifted->next) {
		if (drifted->field != call->field)
			continue;
		*call->field = drifted->original;
		tell_if_lost(call);
	}
	return NULL;
}

static const struct {
	const char *name;
	const char *(*run)(const struct change_call *call); /* what is wrong, or NULL */
} kinds[] = {
	{ "remove", remove_field }, { "read_only", make_read_only }, { "narrow", narrow }, { "shorten", shorten },
	{ "retype", retype },       { "restore", restore },
};

/* Also one that is hidden now. */
static struct field *field_named(const struct object *object, struct str name)
{
	for (unsigned i = 0; object && i < object->field_count; i++) {
		if (str_eq_nocase(name, str_of(object->fields[i].name)))
			return &object->fields[i];
	}
	return NULL;
}

static const char *run(const struct change_call *call)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!str_eq_c(json_get_text(call->body, "change"), kinds[i].name))
			continue;
		remember(call->org, call->field);
		call->object->schema_changed = stamp_now();
		return kinds[i].run(call);
	}
	return "unknown \"change\"";
}

void manage_schema(void *state, struct request *request, struct answer *answer)
{
	struct change_call call = { .org = state, .body = body_of(request, answer) };
	const char *wrong;

	if (!call.body)
		return;
	call.object = org_object(call.org, json_get_text(call.body, "object"));
	call.field = field_named(call.object, json_get_text(call.body, "field"));
	if (!call.field || call.field->source != SOURCE_STORED) {
		fail_admin(answer, "no such field, or one that the system keeps itself");
		return;
	}
	wrong = run(&call);
	org_commit(call.org);
	if (wrong)
		fail_admin(answer, wrong);
	else
		buf_add_c(&answer->body, "{}");
}

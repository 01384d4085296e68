/* seed: what an org holds from the beginning, and what a person does to it through /__admin. */
#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/persist.h"
#include "sandbox/salesforce/person_accounts.h"
#include "sandbox/salesforce/record.h"
#include "sandbox/salesforce/render.h"

struct preset {
	const char *object;
	const char *values[6][2]; /* field and value */
};

static const struct preset presets[] = {
	{ "User",
	  { { "Username", "integration@suture.example" },
	    { "LastName", "Integration" },
	    { "FirstName", "Suture" },
	    { "Email", "integration@suture.example" },
	    { "Alias", "suture" },
	    { "IsActive", "true" } } },
	{ "User",
	  { { "Username", "ana@suture.example" },
	    { "LastName", "Admin" },
	    { "FirstName", "Ana" },
	    { "Email", "ana@suture.example" },
	    { "Alias", "ana" },
	    { "IsActive", "true" } } },
	{ "Organization",
	  { { "Name", "Suture Sandbox" },
	    { "InstanceName", "SBX1" },
	    { "IsSandbox", "true" },
	    { "OrganizationType", "Developer Edition" },
	    { "LanguageLocaleKey", "en_US" },
	    { "TimeZoneSidKey", "GMT" } } },
};

static void add_preset(struct org *org, const struct preset *preset)
{
	struct object *object = org_object(org, str_of(preset->object));
	struct str cells[FIELDS_MAX] = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(preset->values) && preset->values[i][0]; i++)
		cells[object_field(object, str_of(preset->values[i][0]))->number] = str_of(preset->values[i][1]);
	rows_insert(org, object, cells, STR_EMPTY, 0);
}

int seed_open(struct org *org, struct err *err)
{
	(void)err;
	for (size_t i = 0; i < ARRAY_LEN(presets) && !org->restored; i++)
		add_preset(org, &presets[i]);
	org->integration_user = 0;
	org->person_user = 1;
	person_accounts_apply(org);
	return 0;
}

/* {"Contact":[{..},..],..}: deleted rows too, they say so themselves. */
void seed_dump(void *state, struct buf *out)
{
	struct org *org = state;

	for (size_t i = 0; i < org->object_count; i++) {
		struct object *object = org->objects[i];

		buf_printf(out, "%s\"%s\":[", i ? "," : "{", object->name);
		for (uint32_t n = 0; n < object->row_count; n++) {
			if (n)
				buf_add_char(out, ',');
			render_record(out, org, STR("v62.0"), object, row_at(object, n), NULL, 0);
		}
		buf_add_char(out, ']');
	}
	buf_add_char(out, '}');
}

/* ---- what a person does ---- */

static int object_in(struct org *org, const struct json *body, struct object **ret, struct err *err)
{
	struct str name = json_get_text(body, "object");

	*ret = org_object(org, name);
	return *ret ? 0 : err_set(err, ERR_USAGE, "no object '%.*s'", STR_ARG(name));
}

static int row_in(const struct object *object, const struct json *body, uint32_t *ret, struct err *err)
{
	*ret = rows_find(object, json_get_text(body, "id"));
	return *ret != NO_ROW ? 0 : err_set(err, ERR_NOT_FOUND, "no %s with this id", object->name);
}

static int refused(const struct problems *problems, struct err *err)
{
	return err_set(err, ERR_DATA, "%s: %.*s", problems->at[0].code, STR_ARG(problems->at[0].message));
}

static void read_fields(struct draft *draft, const struct json *fields)
{
	if (fields && fields->kind == JSON_OBJECT)
		draft_read(draft, fields);
}

int seed_edit(void *state, const struct json *body, struct buf *out, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct org *org = state;
	struct problems problems = PROBLEMS_INIT(&arena);
	struct object *object;
	struct draft draft;
	uint32_t number;

	if (object_in(org, body, &object, err) < 0 || row_in(object, body, &number, err) < 0)
		return err->code;
	if (row_at(object, number)->deleted)
		return err_set(err, ERR_NOT_FOUND, "this %s is deleted", object->name);
	origin_set_person(org);
	draft_init(&draft, org, object, &arena, DRAFT_PERSON);
	draft.problems = &problems;
	read_fields(&draft, json_get(body, "fields"));
	if (!record_update(&draft, number, org->person_user))
		return refused(&problems, err);
	org_commit(org);
	render_record(out, org, STR("v62.0"), object, row_at(object, number), NULL, 0);
	return 0;
}

int seed_create(void *state, const struct json *body, struct buf *out, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct org *org = state;
	struct problems problems = PROBLEMS_INIT(&arena);
	struct object *object;
	struct draft draft;
	uint32_t number;
	char id[ID_LONG + 1];

	if (object_in(org, body, &object, err) < 0)
		return err->code;
	origin_set_person(org);
	draft_init(&draft, org, object, &arena, DRAFT_PERSON);
	draft.problems = &problems;
	read_fields(&draft, json_get(body, "fields"));
	number = record_insert(&draft, json_get_text(body, "id"), org->person_user);
	if (number == NO_ROW)
		return refused(&problems, err);
	org_commit(org);
	id_long(row_at(object, number)->id, id);
	buf_printf(out, "{\"id\":\"%s\"}", id);
	return 0;
}

int seed_remove(void *state, const struct json *body, struct buf *out, struct err *err)
{
	struct org *org = state;
	struct object *object;
	uint32_t number;

	if (object_in(org, body, &object, err) < 0 || row_in(object, body, &number, err) < 0)
		return err->code;
	origin_set_person(org);
	if (!record_delete(org, object, number, org->person_user))
		return err_set(err, ERR_NOT_FOUND, "this %s is deleted", object->name);
	org_commit(org);
	buf_add_c(out, "{}");
	return 0;
}

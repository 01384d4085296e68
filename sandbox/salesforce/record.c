/* record: draft_* take values in (values.c makes them canonical), record_* check the whole and store it. */
#include "sandbox/salesforce/record.h"

#include <string.h>

#include "sandbox/salesforce/automation.h"
#include "sandbox/salesforce/person_accounts.h"
#include "sandbox/salesforce/values.h"

void draft_init(struct draft *draft, struct org *org, struct object *object, struct arena *arena, enum draft_mode mode)
{
	*draft = (struct draft) {
		.org = org,
		.object = object,
		.arena = arena,
		.mode = mode,
		.cells = arena_new_array(arena, struct str, FIELDS_MAX),
		.given = arena_new_array(arena, bool, FIELDS_MAX),
	};
}

void draft_clear(struct draft *draft, struct problems *problems)
{
	memset(draft->cells, 0, draft->object->field_count * sizeof(*draft->cells));
	memset(draft->given, 0, draft->object->field_count * sizeof(*draft->given));
	draft->has_id = false;
	draft->id = STR_EMPTY;
	draft->problems = problems;
}

static bool may_write(const struct draft *draft, const struct field *field)
{
	unsigned wanted = draft->mode == DRAFT_INSERT ? FIELD_CREATE : FIELD_UPDATE;

	if (draft->mode == DRAFT_PERSON)
		return field->source == SOURCE_STORED;
	return field->flags & wanted;
}

static bool check_access(struct draft *draft, const struct field *field)
{
	if (may_write(draft, field))
		return true;
	problem_add(
	        draft->problems, "INVALID_FIELD_FOR_INSERT_UPDATE", str_of(field->name),
	        "Unable to create/update fields: %s. Please check the security settings of this field and verify that "
	        "it is read/write for your profile or permission set.",
	        field->name);
	return false;
}

void draft_put(struct draft *draft, struct field *field, const struct json *value)
{
	if (!check_access(draft, field))
		return;
	if (value_from_json(draft, field, value, &draft->cells[field->number]))
		draft->given[field->number] = true;
}

void draft_put_text(struct draft *draft, struct field *field, struct str text)
{
	if (!check_access(draft, field))
		return;
	if (value_from_text(draft, field, text, &draft->cells[field->number]))
		draft->given[field->number] = true;
}

/* ---- relationships by external id (section 2.4 of the vendor's guide) ---- */

void draft_put_parent(struct draft *draft, struct field *reference, struct str external, struct str value)
{
	const struct object *parent = org_object(draft->org, str_of(reference->reference_to));
	const struct field *key = parent ? object_field(parent, external) : NULL;
	uint32_t numbers[2];
	size_t found;
	char *id;

	if (!key || !key->index || !(key->flags & (FIELD_EXTERNAL | FIELD_LOOKUP))) {
		problem_add(draft->problems, "INVALID_FIELD", STR_EMPTY,
		            "%.*s is not an External ID or indexed field for %s", STR_ARG(external),
		            reference->reference_to);
		return;
	}
	found = rows_lookup(parent, key, value, numbers, 2);
	if (found != 1) {
		problem_add(draft->problems, "INVALID_FIELD", STR_EMPTY,
		            found ? "Foreign key external ID: %.*s matches several records for field %s in entity %s"
		                  : "Foreign key external ID: %.*s not found for field %s in entity %s",
		            STR_ARG(value), key->name, parent->name);
		return;
	}
	id = arena_alloc_bytes(draft->arena, ID_LONG + 1);
	id_long(row_at(parent, numbers[0])->id, id);
	draft_put_text(draft, reference, str_range(id, ID_LONG));
}

static bool read_relation(struct draft *draft, const struct json *value)
{
	struct field *reference = object_relation(draft->object, value->key);

	if (!reference || value->kind != JSON_OBJECT)
		return false;
	JSON_EACH (value, part) {
		if (!str_eq(part->key, STR("attributes")))
			draft_put_parent(draft, reference, part->key, json_text(part));
	}
	return true;
}

static void read_key(struct draft *draft, const struct json *value)
{
	struct field *field = object_field(draft->object, value->key);

	if (str_eq(value->key, STR("attributes")))
		return;
	if (field && field->source == SOURCE_ID) {
		draft->id = json_text(value);
		draft->has_id = true;
	} else if (field) {
		draft_put(draft, field, value);
	} else if (!read_relation(draft, value)) {
		problem_add(draft->problems, "INVALID_FIELD", STR_EMPTY, "No such column '%.*s' on sobject of type %s",
		            STR_ARG(value->key), draft->object->name);
	}
}

void draft_read(struct draft *draft, const struct json *record)
{
	if (!record || record->kind != JSON_OBJECT) {
		problem_add(draft->problems, "JSON_PARSER_ERROR", STR_EMPTY,
		            "The HTTP entity body is required, but this request has no entity body.");
		return;
	}
	JSON_EACH (record, value)
		read_key(draft, value);
}

/* ---- the record as a whole ---- */

static bool must_have(const struct field *field)
{
	return field->source == SOURCE_STORED && !(field->flags & FIELD_HIDDEN) && field->flags & FIELD_REQUIRED &&
	       !(field->flags & FIELD_DEFAULTED) && field->flags & FIELD_CREATE;
}

static void check_required(struct draft *draft, bool insert)
{
	SCOPED(buf) struct buf missing = BUF_INIT(4096);

	for (unsigned i = 0; i < draft->object->field_count; i++) {
		const struct field *field = &draft->object->fields[i];

		if (!must_have(field) || draft->cells[i].len > 0 || (!insert && !draft->given[i]))
			continue;
		buf_add_c(&missing, missing.len ? "," : "");
		buf_add_c(&missing, field->name);
	}
	if (missing.len > 0)
		problem_add(draft->problems, "REQUIRED_FIELD_MISSING", buf_str(&missing),
		            "Required fields are missing: [%s]", buf_text(&missing));
}

static void check_unique(struct draft *draft, uint32_t self)
{
	for (unsigned i = 0; i < draft->object->field_count; i++) {
		const struct field *field = &draft->object->fields[i];
		uint32_t other;
		char id[ID_LONG + 1];

		if (!(field->flags & FIELD_UNIQUE) || !draft->given[i] || draft->cells[i].len == 0)
			continue;
		if (rows_lookup(draft->object, field, draft->cells[i], &other, 1) == 0 || other == self)
			continue;
		id_long(row_at(draft->object, other)->id, id);
		problem_add(draft->problems, "DUPLICATE_VALUE", STR_EMPTY,
		            "duplicate value found: %s duplicates value on record with id: %s", field->name, id);
	}
}

static void set_owner(struct draft *draft, uint32_t user)
{
	const struct field *owner = object_field(draft->object, STR("OwnerId"));
	char *id;

	if (!owner || draft->cells[owner->number].len > 0)
		return;
	id = arena_alloc_bytes(draft->arena, ID_LONG + 1);
	id_long(row_at(draft->org->user, user)->id, id);
	draft->cells[owner->number] = str_range(id, ID_LONG);
}

uint32_t record_insert(struct draft *draft, struct str wanted_id, uint32_t user)
{
	uint32_t number;

	person_prepare(draft, NO_ROW);
	if (draft->problems->count == 0)
		check_required(draft, true);
	if (draft->problems->count == 0)
		check_unique(draft, NO_ROW);
	if (draft->problems->count > 0)
		return NO_ROW;
	automation_respell(draft);
	set_owner(draft, user);
	number = rows_insert(draft->org, draft->object, draft->cells, wanted_id, user);
	person_follow(draft->org, draft->object, number, user);
	return number;
}

bool record_update(struct draft *draft, uint32_t number, uint32_t user)
{
	struct row *row = row_at(draft->object, number);

	person_prepare(draft, number);
	if (draft->problems->count == 0)
		check_required(draft, false);
	if (draft->problems->count == 0)
		check_unique(draft, number);
	if (draft->problems->count > 0)
		return false;
	automation_respell(draft);
	for (unsigned i = 0; i < draft->object->field_count; i++) {
		if (!draft->given[i])
			draft->cells[i] = row_cell(row, i);
	}
	rows_update(draft->org, draft->object, number, draft->cells, user);
	person_follow(draft->org, draft->object, number, user);
	return true;
}

/* Deleting an account takes its contacts along (section 4.3). */
static void delete_children(struct org *org, const char account_id[ID_SHORT], uint32_t user)
{
	const struct field *parent = object_field(org->contact, STR("AccountId"));
	struct str id = str_range(account_id, ID_SHORT);

	for (uint32_t i = 0; i < org->contact->row_count; i++) {
		const struct row *row = row_at(org->contact, i);

		if (!row->deleted && str_starts(row_cell(row, parent->number), id))
			rows_delete(org, org->contact, i, user);
	}
}

bool record_delete(struct org *org, struct object *object, uint32_t number, uint32_t user)
{
	if (row_at(object, number)->deleted)
		return false;
	if (object == org->account)
		delete_children(org, row_at(object, number)->id, user);
	rows_delete(org, object, number, user);
	return true;
}

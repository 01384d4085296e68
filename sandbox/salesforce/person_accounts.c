/*
 * person_accounts: which field of the Contact half is which of the Account follows from its name: names are called the same,
 * custom fields end in __pc, the others have Person before them.
 *
 *	person_prepare (draft of either half) -> rows_insert / rows_update -> person_follow -> the other half, in the same transaction
 */
#include "sandbox/salesforce/person_accounts.h"

#include <string.h>

#include "sandbox/salesforce/schema.h"

struct twin {
	unsigned contact, account; /* field numbers */
	bool own;                  /* the Account has it only for persons */
};

struct person_accounts {
	struct twin twins[FIELDS_MAX];
	size_t count;
	unsigned first_account, first_contact;                    /* fields from here on are hidden or shown */
	const struct field *is_person, *contact_id, *record_type; /* of Account */
	const struct field *is_half, *account_id;                 /* of Contact */
};

/* ---- schema ---- */

static const struct field account_extra[] = {
	{ .name = "IsPersonAccount",
	  .label = "Is Person Account",
	  .type = TYPE_BOOLEAN,
	  .flags = FIELD_HIDDEN | FIELD_REQUIRED | FIELD_DEFAULTED },
	{ .name = "PersonContactId",
	  .label = "Contact ID",
	  .type = TYPE_REFERENCE,
	  .length = 18,
	  .flags = FIELD_HIDDEN,
	  .reference_to = "Contact",
	  .relationship = "PersonContact" },
	{ .name = "RecordTypeId",
	  .label = "Record Type ID",
	  .type = TYPE_REFERENCE,
	  .length = 18,
	  .flags = FIELD_HIDDEN | FIELD_WRITE,
	  .reference_to = "RecordType",
	  .relationship = "RecordType" },
};

static const struct field contact_extra[] = {
	{ .name = "IsPersonAccount",
	  .label = "Is Person Account",
	  .type = TYPE_BOOLEAN,
	  .flags = FIELD_HIDDEN | FIELD_REQUIRED | FIELD_DEFAULTED },
};

static bool stays_with_contact(const struct field *field)
{
	static const char *const names[] = { "Description", "Fax", "IsPersonAccount" };

	if (field->type == TYPE_REFERENCE || (field->source != SOURCE_STORED && field->source != SOURCE_ADDRESS))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq_c(str_of(field->name), names[i]))
			return true;
	}
	return false;
}

static bool is_name_part(const struct field *field)
{
	return field->compound && str_eq(str_of(field->compound), STR("Name"));
}

static const char *name_on_account(struct arena *arena, const struct field *field)
{
	struct str name = str_of(field->name);

	if (is_name_part(field) || str_eq(name, STR("Phone")))
		return field->name;
	if (str_ends(name, STR("__c")))
		return arena_printf(arena, "%.*spc", (int)name.len - 1, name.at).at;
	return arena_printf(arena, "Person%s", field->name).at;
}

static struct field for_account(struct org *org, const struct field *field)
{
	struct field ret = *field;

	ret.name = name_on_account(&org->arena, field);
	ret.flags = (field->flags & ~(unsigned)FIELD_NAME) | FIELD_HIDDEN;
	if (!is_name_part(field) && field->compound)
		ret.compound = arena_printf(&org->arena, "Person%s", field->compound).at;
	/* Required of persons only: person_prepare() sees to that. */
	if (field->type != TYPE_BOOLEAN)
		ret.flags &= ~(unsigned)FIELD_REQUIRED;
	return ret;
}

static void add_twins(struct org *org, struct person_accounts *persons)
{
	for (unsigned i = 0; i < org->contact->field_count; i++) {
		const struct field *field = &org->contact->fields[i];
		const struct field *twin;
		struct field fresh;

		if (stays_with_contact(field))
			continue;
		twin = object_field(org->account, str_of(name_on_account(&org->arena, field)));
		if (!twin) {
			fresh = for_account(org, field);
			schema_extend(org, org->account, &fresh, 1);
		}
		if (field->source != SOURCE_STORED)
			continue;
		persons->twins[persons->count++] = (struct twin) {
			.contact = i,
			.account = twin ? twin->number : org->account->field_count - 1,
			.own = !twin,
		};
	}
}

static const struct field *any_field(const struct object *object, const char *name)
{
	for (unsigned i = 0; i < object->field_count; i++) {
		if (str_eq_c(str_of(object->fields[i].name), name))
			return &object->fields[i];
	}
	return NULL;
}

void person_accounts_open(struct org *org)
{
	struct person_accounts *persons = arena_new(&org->arena, struct person_accounts);

	persons->first_account = org->account->field_count;
	persons->first_contact = org->contact->field_count;
	/* An org whose administrator has filled both objects to the brim has no persons. */
	if (persons->first_account + persons->first_contact + ARRAY_LEN(account_extra) >= FIELDS_MAX)
		return;
	schema_extend(org, org->account, account_extra, ARRAY_LEN(account_extra));
	schema_extend(org, org->contact, contact_extra, ARRAY_LEN(contact_extra));
	add_twins(org, persons);
	persons->is_person = any_field(org->account, "IsPersonAccount");
	persons->contact_id = any_field(org->account, "PersonContactId");
	persons->record_type = any_field(org->account, "RecordTypeId");
	persons->is_half = any_field(org->contact, "IsPersonAccount");
	persons->account_id = any_field(org->contact, "AccountId");
	org->persons = persons;
}

static void show(struct object *object, unsigned from, bool visible)
{
	for (unsigned i = from; i < object->field_count; i++) {
		struct field *field = &object->fields[i];

		if (visible == !(field->flags & FIELD_HIDDEN))
			continue;
		field->flags ^= FIELD_HIDDEN;
		object->schema_changed = stamp_now();
	}
}

/* The row of the record type for persons; made when it is not there. */
static uint32_t person_type(struct org *org)
{
	static const char *const values[][2] = {
		{ "Name", "Person Account" }, { "DeveloperName", "PersonAccount" }, { "SobjectType", "Account" },
		{ "IsActive", "true" },       { "IsPersonType", "true" },
	};
	struct object *types = org_object(org, STR("RecordType"));
	const struct field *is_person = object_field(types, STR("IsPersonType"));
	struct str cells[FIELDS_MAX] = { 0 };

	for (uint32_t i = 0; i < types->row_count; i++) {
		if (row_cell(row_at(types, i), is_person->number).len > 0)
			return i;
	}
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		cells[object_field(types, str_of(values[i][0]))->number] = str_of(values[i][1]);
	return rows_insert(org, types, cells, STR_EMPTY, org->person_user);
}

void person_accounts_apply(struct org *org)
{
	if (!org->persons)
		return;
	show(org->account, org->persons->first_account, org->settings.person_accounts);
	show(org->contact, org->persons->first_contact, org->settings.person_accounts);
	if (org->settings.person_accounts)
		person_type(org);
}

/* ---- before ---- */

static struct str type_id(struct draft *draft)
{
	char *id = arena_alloc_bytes(draft->arena, ID_LONG + 1);
	const struct object *types = org_object(draft->org, STR("RecordType"));

	id_long(row_at(types, person_type(draft->org))->id, id);
	return str_range(id, ID_LONG);
}

static bool row_says(const struct object *object, uint32_t number, const struct field *field)
{
	return row_cell(row_at(object, number), field->number).len > 0;
}

static struct str value_of(const struct draft *draft, const struct row *row, const char *name)
{
	const struct field *field = any_field(draft->object, name);

	if (!field)
		return STR_EMPTY;
	return draft->given[field->number] || !row ? draft->cells[field->number] : row_cell(row, field->number);
}

static struct str join_name(const struct draft *draft, const struct row *row)
{
	static const char *const parts[] = { "FirstName", "MiddleName", "LastName", "Suffix" };
	SCOPED(buf) struct buf name = BUF_INIT(1024);

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct str part = value_of(draft, row, parts[i]);

		if (part.len > 0 && name.len > 0)
			buf_add_char(&name, ' ');
		buf_add(&name, part);
	}
	return arena_str(draft->arena, buf_str(&name));
}

static void put(struct draft *draft, const struct field *field, struct str value)
{
	draft->cells[field->number] = value;
	draft->given[field->number] = true;
}

static void refuse(struct draft *draft, const char *name)
{
	problem_add(
	        draft->problems, "INVALID_FIELD_FOR_INSERT_UPDATE", str_of(name),
	        "Unable to create/update fields: %s. Please check the security settings of this field and verify that "
	        "it is read/write for your profile or permission set.",
	        name);
}

static void refuse_twins(struct draft *draft, bool of_contact)
{
	const struct person_accounts *persons = draft->org->persons;

	for (size_t i = 0; i < persons->count; i++) {
		const struct twin *twin = &persons->twins[i];
		unsigned number = of_contact ? twin->contact : twin->account;

		if (draft->given[number] && (of_contact || (twin->own && draft->cells[number].len > 0)))
			refuse(draft, draft->object->fields[number].name);
	}
}

static bool becomes_person(struct draft *draft)
{
	struct str type = draft->cells[draft->org->persons->record_type->number];

	if (type.len > 0)
		return str_eq(type, type_id(draft));
	return value_of(draft, NULL, "LastName").len > 0;
}

/* The other half's id is known before it exists, so that the account is told with it. */
static struct str next_contact_id(struct draft *draft)
{
	struct object *contact = draft->org->contact;
	char *id = arena_alloc_bytes(draft->arena, ID_LONG + 1);
	char short_id[ID_SHORT];

	do {
		id_make(contact->prefix, contact->next_id++, short_id);
	} while (rows_find(contact, str_range(short_id, ID_SHORT)) != NO_ROW);
	id_long(short_id, id);
	return str_range(id, ID_LONG);
}

static void prepare_account(struct draft *draft, uint32_t number)
{
	const struct person_accounts *persons = draft->org->persons;
	const struct row *row = number == NO_ROW ? NULL : row_at(draft->object, number);
	const struct field *name = any_field(draft->object, "Name");

	if (row ? !row_says(draft->object, number, persons->is_person) : !becomes_person(draft)) {
		refuse_twins(draft, false);
		return;
	}
	if (draft->given[name->number] && draft->mode != DRAFT_PERSON)
		refuse(draft, name->name);
	if (value_of(draft, row, "LastName").len == 0)
		problem_add(draft->problems, "REQUIRED_FIELD_MISSING", STR("LastName"),
		            "Required fields are missing: [LastName]");
	put(draft, name, join_name(draft, row));
	if (row)
		return;
	put(draft, persons->is_person, STR("true"));
	put(draft, persons->record_type, type_id(draft));
	put(draft, persons->contact_id, next_contact_id(draft));
}

void person_prepare(struct draft *draft, uint32_t number)
{
	struct org *org = draft->org;

	if (!org->settings.person_accounts || !org->persons)
		return;
	if (draft->object == org->account)
		prepare_account(draft, number);
	else if (draft->object == org->contact && number != NO_ROW && draft->mode == DRAFT_UPDATE &&
	         org->settings.person_contact_locked && row_says(org->contact, number, org->persons->is_half))
		refuse_twins(draft, true);
}

/* ---- after ---- */

/* The cells of `to` with what `from` has; true: something is different. */
static bool mirror(const struct org *org, const struct row *from, bool from_account, struct str cells[FIELDS_MAX])
{
	const struct person_accounts *persons = org->persons;
	bool different = false;

	for (size_t i = 0; i < persons->count; i++) {
		const struct twin *twin = &persons->twins[i];
		struct str value = row_cell(from, from_account ? twin->account : twin->contact);
		struct str *cell = &cells[from_account ? twin->contact : twin->account];

		different |= !str_eq(value, *cell);
		*cell = value;
	}
	return different;
}

static void copy_cells(const struct object *object, uint32_t number, struct str cells[FIELDS_MAX])
{
	for (unsigned i = 0; i < object->field_count; i++)
		cells[i] = row_cell(row_at(object, number), i);
}

static void add_contact(struct org *org, uint32_t account, uint32_t user)
{
	const struct person_accounts *persons = org->persons;
	const struct row *row = row_at(org->account, account);
	struct str cells[FIELDS_MAX] = { 0 };
	char id[ID_LONG + 1];

	id_long(row->id, id);
	mirror(org, row, true, cells);
	cells[persons->is_half->number] = STR("true");
	cells[persons->account_id->number] = str_of(id);
	cells[any_field(org->contact, "OwnerId")->number] = row_cell(row, any_field(org->account, "OwnerId")->number);
	rows_insert(org, org->contact, cells, row_cell(row, persons->contact_id->number), user);
}

static void follow_account(struct org *org, uint32_t account, uint32_t user)
{
	const struct row *row = row_at(org->account, account);
	uint32_t contact = rows_find(org->contact, row_cell(row, org->persons->contact_id->number));
	struct str cells[FIELDS_MAX] = { 0 };

	if (contact == NO_ROW) {
		add_contact(org, account, user);
		return;
	}
	copy_cells(org->contact, contact, cells);
	if (mirror(org, row, true, cells))
		rows_update(org, org->contact, contact, cells, user);
}

static void follow_contact(struct org *org, uint32_t contact, uint32_t user)
{
	const struct row *row = row_at(org->contact, contact);
	uint32_t account = rows_find(org->account, row_cell(row, org->persons->account_id->number));
	char scratch[SCRATCH_SIZE];
	struct str cells[FIELDS_MAX] = { 0 };

	if (account == NO_ROW)
		return;
	copy_cells(org->account, account, cells);
	if (!mirror(org, row, false, cells))
		return;
	cells[any_field(org->account, "Name")->number] =
	        row_get(org, org->contact, row, any_field(org->contact, "Name"), scratch);
	rows_update(org, org->account, account, cells, user);
}

void person_follow(struct org *org, struct object *object, uint32_t number, uint32_t user)
{
	const struct person_accounts *persons = org->persons;

	if (!org->settings.person_accounts || !persons)
		return;
	if (object == org->account && row_says(object, number, persons->is_person))
		follow_account(org, number, user);
	else if (object == org->contact && row_says(object, number, persons->is_half))
		follow_contact(org, number, user);
}

/*
 * schema: tables and the file of custom fields become the objects of an org.
 *
 * The file is an object of lists, or one list whose rows name their object (default Contact):
 *
 *	Contact:
 *	  - { name: Hint_Patient_Id__c, type: text, length: 64, externalId: true, unique: true }
 *	  - { name: Plan__c, type: picklist, values: [Basic, Plus], restricted: true }
 *
 * types: text textarea phone email url picklist checkbox int number date datetime, and lookup with `to: Account`; an object that is not known yet (name ends
 * in __c) is made with a Name of its own. Of an object that an object of lists does not name, the package's fields stay.
 */
#include "sandbox/salesforce/schema.h"

#include <string.h>

#include "codec/yaml.h"
#include "lib/file.h"
#include "lib/limits.h"
#include "sandbox/salesforce/index.h"
#include "sandbox/salesforce/person_accounts.h"

static const struct {
	enum field_type type;
	const char *api; /* as describe says */
	const char *soap;
	const char *file; /* as the file of custom fields says */
	bool text;
} types[TYPE_COUNT] = {
	[TYPE_ID] = { TYPE_ID, "id", "tns:ID", "id", true },
	[TYPE_STRING] = { TYPE_STRING, "string", "xsd:string", "text", true },
	[TYPE_TEXTAREA] = { TYPE_TEXTAREA, "textarea", "xsd:string", "textarea", true },
	[TYPE_PHONE] = { TYPE_PHONE, "phone", "xsd:string", "phone", true },
	[TYPE_EMAIL] = { TYPE_EMAIL, "email", "xsd:string", "email", true },
	[TYPE_URL] = { TYPE_URL, "url", "xsd:string", "url", true },
	[TYPE_PICKLIST] = { TYPE_PICKLIST, "picklist", "xsd:string", "picklist", true },
	[TYPE_BOOLEAN] = { TYPE_BOOLEAN, "boolean", "xsd:boolean", "checkbox", false },
	[TYPE_INT] = { TYPE_INT, "int", "xsd:int", "int", false },
	[TYPE_DOUBLE] = { TYPE_DOUBLE, "double", "xsd:double", "number", false },
	[TYPE_DATE] = { TYPE_DATE, "date", "xsd:date", "date", false },
	[TYPE_DATETIME] = { TYPE_DATETIME, "datetime", "xsd:dateTime", "datetime", false },
	[TYPE_REFERENCE] = { TYPE_REFERENCE, "reference", "tns:ID", "reference", true },
	[TYPE_ADDRESS] = { TYPE_ADDRESS, "address", "urn:address", "address", false },
};

const char *type_name(enum field_type type)
{
	return types[type].api;
}

const char *type_soap(enum field_type type)
{
	return types[type].soap;
}

bool type_is_text(enum field_type type)
{
	return types[type].text;
}

/* ---- look-up ---- */

struct object *org_object(const struct org *org, struct str name)
{
	for (size_t i = 0; i < org->object_count; i++) {
		if (str_eq_nocase(name, str_of(org->objects[i]->name)))
			return org->objects[i];
	}
	return NULL;
}

struct object *org_object_of_id(const struct org *org, struct str id)
{
	if (!id_valid(id))
		return NULL;
	for (size_t i = 0; i < org->object_count; i++) {
		if (str_starts(id, str_of(org->objects[i]->prefix)))
			return org->objects[i];
	}
	return NULL;
}

struct field *object_field(const struct object *object, struct str name)
{
	uint64_t at = index_hash(name, true) & object->names_mask;

	for (; object->names[at]; at = (at + 1) & object->names_mask) {
		struct field *field = &object->fields[object->names[at] - 1];

		if (str_eq_nocase(name, str_of(field->name)))
			return field->flags & FIELD_HIDDEN ? NULL : field;
	}
	return NULL;
}

struct field *object_relation(const struct object *object, struct str relationship)
{
	for (unsigned i = 0; i < object->field_count; i++) {
		struct field *field = &object->fields[i];

		if (field->relationship && !(field->flags & FIELD_HIDDEN) &&
		    str_eq_nocase(relationship, str_of(field->relationship)))
			return field;
	}
	return NULL;
}

/* ---- building ---- */

/* Fields are collected here until the object is complete. */
struct building {
	struct object *object;
	struct field fields[FIELDS_MAX];
	unsigned count;
};

static int add_field(struct building *building, const struct field *field, struct err *err)
{
	if (building->count == FIELDS_MAX)
		return err_set(err, ERR_CONFIG, "%s has more than %d fields", building->object->name, FIELDS_MAX);
	for (unsigned i = 0; i < building->count; i++) {
		if (str_eq_nocase(str_of(building->fields[i].name), str_of(field->name)))
			return err_set(err, ERR_CONFIG, "%s has field '%s' twice", building->object->name, field->name);
	}
	building->fields[building->count] = *field;
	building->fields[building->count].number = building->count;
	building->count++;
	return 0;
}

static int add_fields(struct building *building, const struct field *fields, size_t count, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = add_field(building, &fields[i], err);
	return r;
}

static void hash_names(struct org *org, struct object *object)
{
	object->names_mask = 1023;
	object->names = arena_new_array(&org->arena, uint16_t, object->names_mask + 1);
	for (unsigned i = 0; i < object->field_count; i++) {
		uint64_t at = index_hash(str_of(object->fields[i].name), true) & object->names_mask;

		while (object->names[at])
			at = (at + 1) & object->names_mask;
		object->names[at] = (uint16_t)(i + 1);
	}
}

static void finish_field(struct object *object, struct field *field)
{
	if (field->source == SOURCE_STORED && (field->flags & (FIELD_EXTERNAL | FIELD_UNIQUE | FIELD_LOOKUP)))
		field->index = index_new();
	if (field->flags & FIELD_NAME)
		object->name_field = field;
}

void schema_extend(struct org *org, struct object *object, const struct field *fields, size_t count)
{
	struct field *all = arena_new_array(&org->arena, struct field, FIELDS_MAX);

	ensure(object->row_count == 0);
	memcpy(all, object->fields, object->field_count * sizeof(*all));
	for (size_t i = 0; i < count && object->field_count < FIELDS_MAX; i++) {
		struct field *field = &all[object->field_count];

		*field = fields[i];
		field->number = object->field_count++;
		field->index = NULL;
		finish_field(object, field);
	}
	object->fields = all;
	for (unsigned i = 0; i < object->field_count; i++) {
		if (all[i].flags & FIELD_NAME)
			object->name_field = &all[i];
	}
	hash_names(org, object);
}

static void finish_object(struct org *org, struct building *building)
{
	struct object *object = building->object;

	object->field_count = building->count;
	object->fields = arena_new_array(&org->arena, struct field, building->count);
	memcpy(object->fields, building->fields, building->count * sizeof(struct field));
	object->by_id = index_new();
	object->next_id = 1;
	for (unsigned i = 0; i < object->field_count; i++)
		finish_field(object, &object->fields[i]);
	hash_names(org, object);
}

/* ---- the file of custom fields ---- */

bool schema_type(struct str name, enum field_type *ret)
{
	for (unsigned i = 0; i < TYPE_COUNT; i++) {
		if (types[i].type == TYPE_ID || types[i].type == TYPE_ADDRESS || types[i].type == TYPE_REFERENCE)
			continue;
		if (str_eq_nocase(name, str_of(types[i].file)) || str_eq_nocase(name, str_of(types[i].api))) {
			*ret = types[i].type;
			return true;
		}
	}
	return false;
}

/* Patient__c is asked through as Patient__r. */
static int read_lookup(struct arena *arena, const struct json *row, struct field *field, struct err *err)
{
	struct str to = json_get_text(row, "to"), name = str_of(field->name);

	if (to.len == 0)
		return err_set(err, ERR_CONFIG, "custom field '%s': a lookup needs 'to', an object", field->name);
	field->type = TYPE_REFERENCE;
	field->reference_to = arena_text(arena, to);
	field->relationship = arena_printf(arena, "%.*sr", (int)name.len - 1, name.at).at;
	return 0;
}

static int read_type(struct arena *arena, const struct json *row, struct field *field, struct err *err)
{
	struct str text = json_get_text(row, "type");

	if (str_eq(text, STR("lookup")))
		return read_lookup(arena, row, field, err);
	if (schema_type(text, &field->type))
		return 0;
	return err_set(err, ERR_CONFIG, "custom field '%s': unknown type '%.*s'", field->name, STR_ARG(text));
}

const char *schema_values(struct arena *arena, const struct json *values)
{
	SCOPED(buf) struct buf joined = BUF_INIT(65536);

	JSON_EACH (values, value) {
		if (joined.len > 0)
			buf_add_char(&joined, '|');
		buf_add(&joined, json_text(value));
	}
	return joined.len ? arena_text(arena, buf_str(&joined)) : NULL;
}

static unsigned read_flags(const struct json *row, const struct field *field)
{
	static const struct {
		const char *key;
		unsigned flag;
	} switches[] = {
		{ "externalId", FIELD_EXTERNAL | FIELD_LOOKUP },
		{ "unique", FIELD_UNIQUE },
		{ "caseSensitive", FIELD_CASE },
		{ "required", FIELD_REQUIRED },
		{ "restricted", FIELD_RESTRICTED },
	};
	unsigned flags = FIELD_CUSTOM;

	for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
		if (json_bool(json_get(row, switches[i].key), false))
			flags |= switches[i].flag;
	}
	if (!json_bool(json_get(row, "readOnly"), false))
		flags |= FIELD_WRITE;
	if (field->type == TYPE_BOOLEAN)
		flags |= FIELD_REQUIRED | FIELD_DEFAULTED;
	return flags;
}

static int read_field(struct arena *arena, const struct json *row, struct field *ret, struct err *err)
{
	struct field field = { .name = arena_text(arena, json_get_text(row, "name")) };
	struct str label = json_get_text(row, "label");

	if (!str_ends(str_of(field.name), STR("__c")))
		return err_set(err, ERR_CONFIG, "custom field '%s': the name must end in __c", field.name);
	if (read_type(arena, row, &field, err) < 0)
		return err->code;
	field.label = label.len ? arena_text(arena, label) : field.name;
	field.length = (unsigned)json_int(json_get(row, "length"), field.type == TYPE_REFERENCE ? 18
	                                                           : type_is_text(field.type)   ? 255
	                                                                                        : 0);
	field.precision = (int)json_int(json_get(row, "precision"), field.type == TYPE_DOUBLE ? 18 : 0);
	field.scale = (int)json_int(json_get(row, "scale"), 0);
	field.picklist = schema_values(arena, json_get(row, "values"));
	field.flags = read_flags(row, &field);
	*ret = field;
	return 0;
}

static bool belongs(const struct json *row, const struct object *object)
{
	struct str name = json_get_text(row, "object");

	return str_eq_nocase(name.len ? name : STR("Contact"), str_of(object->name));
}

static int add_custom(struct org *org, struct building *building, const struct json *file, struct err *err)
{
	const struct json *list = file->kind == JSON_ARRAY ? file : json_get(file, building->object->name);
	int r = 0;

	JSON_EACH (list, row) {
		struct field field;

		if (file->kind == JSON_ARRAY && !belongs(row, building->object))
			continue;
		r = read_field(&org->arena, row, &field, err);
		if (r == 0)
			r = add_field(building, &field, err);
		if (r < 0)
			break;
	}
	return r;
}

static int read_custom_file(struct org *org, const char *path, struct json **ret, struct err *err)
{
	struct str text;

	if (file_read(&org->arena, path, LIMIT_CONFIG, &text, err) < 0)
		return err_pass(err);
	if (yaml_parse(&org->arena, text, ret, err) < 0)
		return err_wrap(err, "read %s", path);
	return 0;
}

/* ---- objects ---- */

static int build_object(struct org *org, const struct schema_object *schema, const struct json *custom, struct err *err)
{
	struct building building = { .object = arena_new(&org->arena, struct object) };
	int r;

	*building.object = (struct object) {
		.name = schema->name,
		.label = schema->label,
		.plural = schema->plural,
		.prefix = schema->prefix,
		.writable = schema->writable,
		.custom = str_ends(str_of(schema->name), STR("__c")),
	};
	r = add_fields(&building, schema_common, schema_common_count, err);
	if (r == 0)
		r = add_fields(&building, schema->fields, schema->field_count, err);
	if (r == 0 && custom && (custom->kind == JSON_ARRAY || json_get(custom, schema->name)))
		r = add_custom(org, &building, custom, err);
	else if (r == 0)
		r = add_fields(&building, schema->custom, schema->custom_count, err);
	if (r < 0)
		return r;
	finish_object(org, &building);
	org->objects[org->object_count++] = building.object;
	return 0;
}

static const struct field custom_object_fields[] = {
	{ .name = "Name", .label = "Name", .type = TYPE_STRING, .length = 80, .flags = FIELD_WRITE | FIELD_NAME },
	{ .name = "OwnerId",
	  .label = "Owner ID",
	  .type = TYPE_REFERENCE,
	  .length = 18,
	  .flags = FIELD_WRITE | FIELD_REQUIRED | FIELD_DEFAULTED,
	  .reference_to = "User",
	  .relationship = "Owner" },
};

/* Objects that only the file knows: a0A, a0B, ... in order. */
static int build_custom_objects(struct org *org, const struct json *file, struct err *err)
{
	int r = 0;

	if (!file || file->kind != JSON_OBJECT)
		return 0;
	JSON_EACH (file, entry) {
		struct schema_object schema = {
			.writable = true,
			.fields = custom_object_fields,
			.field_count = ARRAY_LEN(custom_object_fields),
		};

		if (org_object(org, entry->key))
			continue;
		if (!str_ends(entry->key, STR("__c")))
			return err_set(err, ERR_CONFIG, "custom fields: no object '%.*s'", STR_ARG(entry->key));
		schema.name = schema.label = schema.plural = arena_text(&org->arena, entry->key);
		schema.prefix = arena_printf(&org->arena, "a0%c", (int)('A' + org->object_count % 26)).at;
		r = build_object(org, &schema, file, err);
		if (r < 0)
			break;
	}
	return r;
}

int schema_load(struct org *org, const char *custom_fields, struct err *err)
{
	struct json *custom = NULL;
	int r = custom_fields ? read_custom_file(org, custom_fields, &custom, err) : 0;
	size_t room = schema_object_count + (custom ? custom->count : 0);

	org->objects = arena_new_array(&org->arena, struct object *, room);
	for (size_t i = 0; i < schema_object_count && r == 0; i++)
		r = build_object(org, &schema_objects[i], custom, err);
	if (r == 0)
		r = build_custom_objects(org, custom, err);
	if (r < 0)
		return r;
	org->contact = org_object(org, STR("Contact"));
	org->account = org_object(org, STR("Account"));
	org->user = org_object(org, STR("User"));
	person_accounts_open(org);
	return 0;
}

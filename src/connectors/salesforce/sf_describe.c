/* An object's fields. "Field-level security is already applied; an invisible field is simply absent." */
#include "connectors/salesforce/sf.h"

static const struct {
	const char *name;
	enum field_type type;
} types[] = {
	{ "string", FIELD_TEXT },
	{ "encryptedstring", FIELD_TEXT },
	{ "url", FIELD_TEXT },
	{ "combobox", FIELD_TEXT },
	{ "textarea", FIELD_LONG_TEXT },
	{ "boolean", FIELD_BOOL },
	{ "date", FIELD_DATE },
	{ "datetime", FIELD_DATETIME },
	{ "int", FIELD_NUMBER },
	{ "long", FIELD_NUMBER },
	{ "double", FIELD_NUMBER },
	{ "currency", FIELD_NUMBER },
	{ "percent", FIELD_NUMBER },
	{ "email", FIELD_EMAIL },
	{ "phone", FIELD_PHONE },
	{ "picklist", FIELD_PICKLIST },
	{ "multipicklist", FIELD_PICKLIST },
	{ "reference", FIELD_REFERENCE },
	{ "id", FIELD_ID },
};

static enum field_type type_of(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_eq_c(name, types[i].name))
			return types[i].type;
	return FIELD_OTHER;
}

static bool flag(const struct json *field, const char *name)
{
	return json_bool(json_get(field, name), false);
}

static void read_picklist(struct arena *arena, const struct json *values, struct field_info *ret)
{
	if (!values || values->kind != JSON_ARRAY || values->count == 0)
		return;
	ret->picklist = arena_new_array(arena, struct str, values->count);
	JSON_EACH (values, value) {
		if (flag(value, "active"))
			ret->picklist[ret->picklist_count++] = json_get_text(value, "value");
	}
}

static void read_field(struct arena *arena, const struct json *field, struct field_info *ret)
{
	ret->name = json_get_text(field, "name");
	ret->label = json_get_text(field, "label");
	ret->type = type_of(json_get_text(field, "type"));
	ret->length = (size_t)MAX_OF(json_int(json_get(field, "length"), 0), 0);
	ret->createable = flag(field, "createable");
	ret->updateable = flag(field, "updateable");
	/* "required on create = createable && !nillable && !defaultedOnCreate" */
	ret->required = ret->createable && !flag(field, "nillable") && !flag(field, "defaultedOnCreate");
	ret->external_id = flag(field, "externalId");
	ret->unique = flag(field, "unique");
	ret->restricted = flag(field, "restrictedPicklist");
	read_picklist(arena, json_get(field, "picklistValues"), ret);
}

/* "Master" stands for none. */
static void read_record_types(struct arena *arena, const struct json *list, struct object_info *ret)
{
	ret->record_types = arena_new_array(arena, struct record_type, list ? list->count : 0);
	JSON_EACH (list, type) {
		if (flag(type, "available") && !flag(type, "master"))
			ret->record_types[ret->record_type_count++] =
			        (struct record_type) { .id = json_get_text(type, "recordTypeId"),
				                       .name = json_get_text(type, "name"),
				                       .key = json_get_text(type, "developerName") };
	}
}

int sf_describe(struct connection *c, struct arena *arena, struct str object, struct object_info *ret, struct err *err)
{
	struct sf *sf = sf_of(c);
	struct json *answer;
	const struct json *fields;
	struct object_info info = { 0 };

	if (!sf_name_valid(object))
		return err_set(err, ERR_CONFIG, "'%.*s' is no Salesforce object name", STR_ARG(object));
	if (sf_get(sf, arena, arena_printf(arena, "%.*s/sobjects/%.*s/describe", STR_ARG(sf->data), STR_ARG(object)),
	           arena_printf(arena, "describe %.*s", STR_ARG(object)).at, &answer, err) < 0)
		return err->code;
	fields = json_get(answer, "fields");
	if (!fields || fields->kind != JSON_ARRAY)
		return err_set(err, ERR_FAR_SIDE, "describe %.*s: the answer lists no fields", STR_ARG(object));
	info.name = json_get_text(answer, "name");
	info.label = json_get_text(answer, "label");
	info.fields = arena_new_array(arena, struct field_info, fields->count + 1);
	JSON_EACH (fields, field) {
		if (json_get_text(field, "name").len)
			read_field(arena, field, &info.fields[info.field_count++]);
	}
	read_record_types(arena, json_get(answer, "recordTypeInfos"), &info);
	*ret = info;
	return 0;
}

int sf_objects(struct connection *c, struct arena *arena, struct object_name **ret, size_t *ret_count, struct err *err)
{
	struct sf *sf = sf_of(c);
	struct json *answer;
	const struct json *objects;

	if (sf_get(sf, arena, arena_printf(arena, "%.*s/sobjects", STR_ARG(sf->data)), "list the objects", &answer,
	           err) < 0)
		return err->code;
	objects = json_get(answer, "sobjects");
	if (!objects || objects->kind != JSON_ARRAY)
		return err_set(err, ERR_FAR_SIDE, "list the objects: the answer lists none");
	*ret = arena_new_array(arena, struct object_name, objects->count);
	*ret_count = 0;
	JSON_EACH (objects, object) {
		if (json_get_text(object, "name").len && flag(object, "queryable") &&
		    !flag(object, "deprecatedAndHidden"))
			(*ret)[(*ret_count)++] = (struct object_name) { .name = json_get_text(object, "name"),
				                                        .label = json_get_text(object, "label"),
				                                        .writable = flag(object, "createable") };
	}
	return 0;
}

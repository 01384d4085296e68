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
		read_field(arena, field, &info.fields[info.field_count++]);
	}
	*ret = info;
	return 0;
}

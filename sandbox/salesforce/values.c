/*
 * One function a kind of type, in a table. Two rules come before it, for all: white space at both ends goes, and what is
 * blank then is null (section 2.2 of the vendor's guide).
 */
#include "sandbox/salesforce/values.h"

#include <string.h>

typedef bool take_fn(struct draft *draft, const struct field *field, struct str text, struct str *ret);

static size_t count_characters(struct str text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += ((unsigned char)text.at[i] & 0xc0) != 0x80;
	return count;
}

static bool refuse_type(struct draft *draft, const struct field *field, struct str text)
{
	problem_add(draft->problems, "INVALID_TYPE_ON_FIELD_IN_RECORD", str_of(field->name),
	            "%s: value not of required type: %.*s", field->label, STR_ARG(text));
	return false;
}

static bool take_text(struct draft *draft, const struct field *field, struct str text, struct str *ret)
{
	if (text.len > field->length && count_characters(text) > field->length) {
		problem_add(draft->problems, "STRING_TOO_LONG", str_of(field->name),
		            "%s: data value too large: %.*s (max length=%u)", field->label,
		            (int)MIN_OF(text.len, (size_t)1000), text.at, field->length);
		return false;
	}
	*ret = text;
	return true;
}

static bool email_char(char c)
{
	return (unsigned char)c > ' ' && (unsigned char)c < 0x7f && !strchr("()<>,;:\\\"[]@", c);
}

/* name@domain.tld, ASCII. */
static bool looks_like_email(struct str text)
{
	ptrdiff_t at = str_find_char(text, '@');
	struct str domain;

	if (at <= 0)
		return false;
	domain = str_skip(text, (size_t)at + 1);
	for (size_t i = 0; i < text.len; i++) {
		if ((ptrdiff_t)i != at && !email_char(text.at[i]))
			return false;
	}
	return str_find_char(domain, '.') > 0 && !str_ends(domain, STR(".")) && str_find(text, STR("..")) < 0;
}

static bool take_email(struct draft *draft, const struct field *field, struct str text, struct str *ret)
{
	if (!looks_like_email(text)) {
		problem_add(draft->problems, "INVALID_EMAIL_ADDRESS", str_of(field->name),
		            "%s: invalid email address: %.*s", field->label, STR_ARG(text));
		return false;
	}
	return take_text(draft, field, text, ret);
}

static bool on_list(const char *picklist, struct str text)
{
	struct str rest = str_of(picklist), value;

	while (str_split(&rest, '|', &value)) {
		if (str_eq(value, text))
			return true;
	}
	return false;
}

static bool take_picklist(struct draft *draft, const struct field *field, struct str text, struct str *ret)
{
	if (field->flags & FIELD_RESTRICTED && field->picklist && !on_list(field->picklist, text)) {
		problem_add(draft->problems, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", str_of(field->name),
		            "%s: bad value for restricted picklist field: %.*s", field->label, STR_ARG(text));
		return false;
	}
	return take_text(draft, field, text, ret);
}

/* false is stored as absent. */
static bool take_boolean(struct draft *draft, const struct field *field, struct str text, struct str *ret)
{
	bool yes = str_eq_nocase(text, STR("true")) || str_eq(text, STR("1"));

	if (!yes && !str_eq_nocase(text, STR("false")) && !str_eq(text, STR("0")))
		return refuse_type(draft, field, text);
	*ret = yes ? STR("true") : STR_EMPTY;
	return true;
}

static bool take_number(struct draft *draft, const struct field *field, struct str text, struct str *ret)
{
	int scale = field->type == TYPE_INT ? 0 : field->scale;
	double value, limit = 1;

	if (!str_to_double(text, &value))
		return refuse_type(draft, field, text);
	for (int i = 0; i < field->precision - scale; i++)
		limit *= 10;
	if (field->precision > 0 && (value >= limit || value <= -limit)) {
		problem_add(draft->problems, "NUMBER_OUTSIDE_VALID_RANGE", str_of(field->name),
		            "%s: value outside of valid range on numeric field: %.*s", field->label, STR_ARG(text));
		return false;
	}
	*ret = arena_printf(draft->arena, "%.*f", scale, value);
	return true;
}

static bool take_date(struct draft *draft, const struct field *field, struct str text, struct str *ret)
{
	char date[16];

	if (!date_canonical(text, date))
		return refuse_type(draft, field, text);
	*ret = text.len == 10 ? text : arena_str(draft->arena, str_of(date));
	return true;
}

static bool take_datetime(struct draft *draft, const struct field *field, struct str text, struct str *ret)
{
	char stamp[32];

	if (!stamp_canonical(text, stamp))
		return refuse_type(draft, field, text);
	*ret = arena_str(draft->arena, str_of(stamp));
	return true;
}

/* The object that a reference's id belongs to, among those the field may point to. */
static struct object *target_of(struct draft *draft, const struct field *field, struct str id)
{
	struct object *object = org_object_of_id(draft->org, id);
	struct str rest = str_of(field->reference_to), name;

	while (object && str_split(&rest, ',', &name)) {
		if (str_eq_c(name, object->name))
			return object;
	}
	return NULL;
}

static bool take_reference(struct draft *draft, const struct field *field, struct str text, struct str *ret)
{
	struct object *object = target_of(draft, field, text);
	uint32_t number = object ? rows_find(object, text) : NO_ROW;
	char *id;

	if (!object) {
		problem_add(draft->problems, "MALFORMED_ID", str_of(field->name),
		            "%s: id value of incorrect type: %.*s", field->label, STR_ARG(text));
		return false;
	}
	if (number == NO_ROW || row_at(object, number)->deleted) {
		bool gone = number != NO_ROW;

		problem_add(draft->problems, gone ? "ENTITY_IS_DELETED" : "INVALID_CROSS_REFERENCE_KEY",
		            str_of(field->name), gone ? "entity is deleted" : "invalid cross reference id");
		return false;
	}
	id = arena_alloc_bytes(draft->arena, ID_LONG + 1);
	id_long(row_at(object, number)->id, id);
	*ret = str_range(id, ID_LONG);
	return true;
}

static take_fn *const takers[TYPE_COUNT] = {
	[TYPE_STRING] = take_text,     [TYPE_TEXTAREA] = take_text,     [TYPE_PHONE] = take_text,
	[TYPE_URL] = take_text,        [TYPE_EMAIL] = take_email,       [TYPE_PICKLIST] = take_picklist,
	[TYPE_BOOLEAN] = take_boolean, [TYPE_INT] = take_number,        [TYPE_DOUBLE] = take_number,
	[TYPE_DATE] = take_date,       [TYPE_DATETIME] = take_datetime, [TYPE_REFERENCE] = take_reference,
};

bool value_from_text(struct draft *draft, const struct field *field, struct str text, struct str *ret)
{
	text = str_trim(text);
	*ret = STR_EMPTY;
	if (text.len > 0)
		return takers[field->type](draft, field, text, ret);
	if (field->type != TYPE_BOOLEAN)
		return true;
	return refuse_type(draft, field, STR("null"));
}

/* ---- JSON ---- */

static const char *const token_names[] = {
	[JSON_NULL] = "VALUE_NULL",     [JSON_FALSE] = "VALUE_FALSE",   [JSON_TRUE] = "VALUE_TRUE",
	[JSON_NUMBER] = "VALUE_NUMBER", [JSON_STRING] = "VALUE_STRING", [JSON_ARRAY] = "START_ARRAY",
	[JSON_OBJECT] = "START_OBJECT",
};

static bool refuse_token(struct draft *draft, const struct field *field, const struct json *value)
{
	unsigned line = 1, column = 1;

	for (const char *at = draft->body.at; at && value->raw.at && at < value->raw.at; at++) {
		line += *at == '\n';
		column = *at == '\n' ? 1 : column + 1;
	}
	problem_add(
	        draft->problems, "JSON_PARSER_ERROR", STR_EMPTY,
	        "Cannot deserialize instance of %s from %s value %.*s or request may be missing a required field at "
	        "[line:%u, column:%u]",
	        type_name(field->type), token_names[value->kind], STR_ARG(json_text(value)), line, column);
	return false;
}

/* Which JSON kinds a field takes. A date that is text but no date is told apart later, by its row. */
static bool fits_kind(const struct field *field, enum json_kind kind)
{
	switch (field->type) {
	case TYPE_BOOLEAN:
		return kind == JSON_TRUE || kind == JSON_FALSE;
	case TYPE_INT:
	case TYPE_DOUBLE:
		return kind == JSON_NUMBER;
	case TYPE_ID:
	case TYPE_STRING:
	case TYPE_TEXTAREA:
	case TYPE_PHONE:
	case TYPE_EMAIL:
	case TYPE_URL:
	case TYPE_PICKLIST:
	case TYPE_DATE:
	case TYPE_DATETIME:
	case TYPE_REFERENCE:
		return kind == JSON_STRING;
	case TYPE_ADDRESS:
	case TYPE_COUNT:
		return false;
	}
	unreachable("field type");
}

bool value_from_json(struct draft *draft, const struct field *field, const struct json *value, struct str *ret)
{
	if (json_is_null(value))
		return value_from_text(draft, field, STR_EMPTY, ret);
	if (!fits_kind(field, value->kind))
		return refuse_token(draft, field, value);
	if (value->kind == JSON_TRUE || value->kind == JSON_FALSE) {
		*ret = value->kind == JSON_TRUE ? STR("true") : STR_EMPTY;
		return true;
	}
	return value_from_text(draft, field, value->text, ret);
}

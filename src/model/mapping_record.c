/*
 * A mapping at work: the values of one record, and what to send to each side. Values are handed about in CRM form (see
 * model/value.h); the EMR's go through the field's transform on the way in and through its inverse on the way out.
 */
#include "model/mapping.h"

static bool is_text_type(enum value_type type)
{
	return type != TYPE_BOOL && type != TYPE_NUMBER;
}

/* The kind that a CRM field of this type holds: a zip code that came as a number is sent as a text. */
static struct value as_kind_of(struct arena *arena, enum value_type type, struct value v)
{
	struct str trimmed = str_trim(v.text);

	if (v.kind == VALUE_BLANK)
		return v;
	if (type == TYPE_BOOL && value_fits(type, v))
		return (struct value) { VALUE_BOOL, value_normal(arena, type, v) };
	if (type == TYPE_NUMBER && json_is_number(trimmed))
		return (struct value) { VALUE_NUMBER, trimmed };
	return (struct value) { is_text_type(type) ? VALUE_TEXT : v.kind, v.text };
}

/* What does not fit its type would be refused by the CRM, or worse, accepted as something else. */
static int check_type(enum value_type type, struct value v, struct err *err)
{
	static const char *const complaints[] = {
		[TYPE_DATE] = "is no calendar date",
		[TYPE_DATETIME] = "is no date and time",
		[TYPE_BOOL] = "is neither true nor false",
		[TYPE_NUMBER] = "is no number",
	};

	return value_fits(type, v) ? 0 : err_set(err, ERR_DATA, "%s", complaints[type]);
}

static int take_value(const struct path *path, const struct json *record, struct value *ret, struct err *err)
{
	if (value_of_json(path_get(path, record), ret))
		return 0;
	return err_set(err, ERR_DATA, "holds a list or an object where one value is needed");
}

/* "Birth date: is no calendar date": the field's name, never its value (R41). */
static int name_field(const struct field_map *field, const struct field_map **ret_field, struct err *err)
{
	*ret_field = field;
	return err_wrap(err, "%.*s", STR_ARG(field->name));
}

/* R38: what the mode does not look at stops nothing. */
static int leave_out(const struct field_map *field, struct value *ret, struct err *err)
{
	if (!field->off)
		return -1;
	*err = (struct err)ERR_INIT;
	*ret = VALUE_NOTHING;
	return 0;
}

/* ---- reading ---- */

static int read_emr(const struct field_map *field, struct arena *arena, const struct json *record, struct value *ret,
                    struct err *err)
{
	struct value in[MAPPING_PATHS_MAX] = { 0 }, out;
	int error = 0;

	for (size_t i = 0; error == 0 && i < field->emr_count; i++)
		error = take_value(field->emr[i], record, &in[i], err);
	if (error == 0)
		error = transform_forward(&field->transform, arena, in, field->emr_count, &out, err);
	if (error == 0)
		error = check_type(field->type, out, err);
	if (error < 0)
		return error;
	*ret = as_kind_of(arena, field->type, out);
	return 0;
}

int mapping_read_emr(const struct mapping *m, struct arena *arena, const struct json *record, struct value *ret_values,
                     const struct field_map **ret_field, struct err *err)
{
	for (size_t i = 0; i < m->count; i++)
		if (read_emr(&m->fields[i], arena, record, &ret_values[i], err) < 0 &&
		    leave_out(&m->fields[i], &ret_values[i], err) < 0)
			return name_field(&m->fields[i], ret_field, err);
	return 0;
}

int mapping_read_crm(const struct mapping *m, struct arena *arena, const struct json *record, struct value *ret_values,
                     const struct field_map **ret_field, struct err *err)
{
	for (size_t i = 0; i < m->count; i++) {
		const struct field_map *field = &m->fields[i];
		struct value v;

		if (take_value(field->crm, record, &v, err) == 0 && check_type(field->type, v, err) == 0)
			ret_values[i] = as_kind_of(arena, field->type, v);
		else if (leave_out(field, &ret_values[i], err) < 0)
			return name_field(field, ret_field, err);
	}
	return 0;
}

/* ---- writing ---- */

/* A checkbox cannot be null: a blank is written as false, and reads as the same (see model/value.c). */
static struct value to_write(struct arena *arena, const struct field_map *field, struct value v)
{
	if (!value_is_blank(v))
		return as_kind_of(arena, field->type, v);
	if (field->type == TYPE_BOOL)
		return (struct value) { VALUE_BOOL, STR("false") };
	return VALUE_NOTHING;
}

struct json *mapping_write_crm(const struct mapping *m, struct arena *arena, const struct value *values,
                               const bool *write)
{
	struct json *out = json_new(arena, JSON_OBJECT);

	for (size_t i = 0; i < m->count; i++) {
		const struct field_map *field = &m->fields[i];

		if (write[i] && field->direction != DIRECTION_CRM_TO_EMR)
			json_add(out, path_text(field->crm), value_to_json(arena, to_write(arena, field, values[i])));
	}
	return out;
}

static int write_emr(const struct field_map *field, struct arena *arena, struct json *record, struct value v,
                     bool fresh, struct err *err)
{
	struct value out[MAPPING_PATHS_MAX];
	int error;

	error = transform_inverse(&field->transform, arena, to_write(arena, field, v), out, field->emr_count, err);
	for (size_t i = 0; error == 0 && i < field->emr_count; i++)
		if (!fresh || !value_is_blank(out[i]))
			error = path_set(arena, field->emr[i], record, value_to_json(arena, out[i]), err);
	return error;
}

/* Copies the members of `record` that the field's paths start at: a list changes as a whole. */
static void take_tops(const struct field_map *field, struct arena *arena, const struct json *record, struct json *out)
{
	for (size_t i = 0; i < field->emr_count; i++) {
		struct str top = path_top(field->emr[i]);
		const struct json *member = json_get_str(record, top);

		if (member)
			json_set(out, top, json_copy(arena, member));
	}
}

int mapping_write_emr(const struct mapping *m, struct arena *arena, const struct json *record,
                      const struct value *values, const bool *write, struct json **ret,
                      const struct field_map **ret_field, struct err *err)
{
	struct json *copy = record ? json_copy(arena, record) : json_new(arena, JSON_OBJECT);
	struct json *out = json_new(arena, JSON_OBJECT);

	for (size_t i = 0; i < m->count; i++) {
		const struct field_map *field = &m->fields[i];

		/* R17: a one-way field is never written to the EMR, whoever asks. */
		if (!write[i] || field->direction == DIRECTION_EMR_TO_CRM)
			continue;
		if (write_emr(field, arena, copy, values[i], !record, err) < 0)
			return name_field(field, ret_field, err);
		take_tops(field, arena, copy, out);
	}
	*ret = out;
	return 0;
}

bool mapping_shares_member(const struct field_map *field)
{
	for (size_t i = 0; i < field->emr_count; i++) {
		if (!path_is_plain(field->emr[i], 1))
			return true;
	}
	return false;
}

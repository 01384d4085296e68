#include "sandbox/salesforce/render.h"

#include <string.h>

void render_attributes(struct buf *out, struct str version, const struct object *object, const struct row *row)
{
	char id[ID_LONG + 1];

	id_long(row->id, id);
	buf_add_c(out, "\"attributes\":{\"type\":\"");
	buf_add_c(out, object->name);
	buf_add_c(out, "\",\"url\":\"/services/data/");
	buf_add(out, version);
	buf_add_c(out, "/sobjects/");
	buf_add_c(out, object->name);
	buf_add_char(out, '/');
	buf_add_bytes(out, id, ID_LONG);
	buf_add_c(out, "\"}");
}

/* {"city":..,"street":..} of one compound address; null when no part is set. */
static void render_address(struct buf *out, const struct object *object, const struct row *row,
                           const struct field *address)
{
	static const struct {
		const char *key, *suffix;
	} parts[] = {
		{ "city", "City" },           { "country", "Country" },       { "latitude", "Latitude" },
		{ "longitude", "Longitude" }, { "postalCode", "PostalCode" }, { "state", "State" },
		{ "street", "Street" },
	};
	size_t start = out->len, prefix = strlen(address->name) - strlen("Address");
	bool any = false;

	buf_add_c(out, "{\"geocodeAccuracy\":null");
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		char name[64];
		const struct field *field;
		struct str value;

		memcpy(name, address->name, prefix);
		strncpy(name + prefix, parts[i].suffix, sizeof(name) - prefix - 1);
		name[sizeof(name) - 1] = '\0';
		field = object_field(object, str_of(name));
		value = field ? row_cell(row, field->number) : STR_EMPTY;
		any |= value.len > 0;
		buf_printf(out, ",\"%s\":", parts[i].key);
		if (value.len == 0)
			buf_add_c(out, "null");
		else if (field->type == TYPE_DOUBLE)
			buf_add(out, value);
		else
			json_write_string(out, value);
	}
	buf_add_char(out, '}');
	if (any)
		return;
	out->len = start;
	buf_add_c(out, "null");
}

void render_value(struct buf *out, const struct org *org, const struct object *object, const struct row *row,
                  const struct field *field)
{
	char scratch[SCRATCH_SIZE];
	struct str value;

	if (field->type == TYPE_ADDRESS) {
		render_address(out, object, row, field);
		return;
	}
	value = row_get(org, object, row, field, scratch);
	if (field->type == TYPE_BOOLEAN)
		buf_add_c(out, value.len ? "true" : "false");
	else if (value.len == 0)
		buf_add_c(out, "null");
	else if (field->type == TYPE_INT || field->type == TYPE_DOUBLE)
		buf_add(out, value);
	else
		json_write_string(out, value);
}

static void render_pair(struct buf *out, const struct org *org, const struct object *object, const struct row *row,
                        const struct field *field)
{
	buf_add_c(out, ",\"");
	buf_add_c(out, field->name);
	buf_add_c(out, "\":");
	render_value(out, org, object, row, field);
}

void render_record(struct buf *out, const struct org *org, struct str version, const struct object *object,
                   const struct row *row, const struct field *const *fields, size_t count)
{
	buf_add_char(out, '{');
	render_attributes(out, version, object, row);
	for (size_t i = 0; fields && i < count; i++)
		render_pair(out, org, object, row, fields[i]);
	for (unsigned i = 0; !fields && i < object->field_count; i++) {
		if (!(object->fields[i].flags & FIELD_HIDDEN))
			render_pair(out, org, object, row, &object->fields[i]);
	}
	buf_add_char(out, '}');
}

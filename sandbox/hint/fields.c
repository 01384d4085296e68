#include "sandbox/hint/fields.h"

#include <string.h>

#define W (MAY_API | MAY_PERSON)
#define P MAY_PERSON

const struct field_row field_rows[FIELD_COUNT] = {
#define FIELD_DATA_ROW(field, json_name, field_kind, who, default_text)                 \
	[field] = { .name = { json_name, sizeof(json_name) - 1 },                       \
		    .fallback = { default_text, sizeof(default_text) - 1 },             \
		    .lead = { "\"" json_name "\":", sizeof("\"" json_name "\":") - 1 }, \
		    .kind = field_kind,                                                 \
		    .may = (who) },
	FIELD_LIST(FIELD_DATA_ROW)
};

enum field field_of(struct str name)
{
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (field_rows[i].name.len == name.len && memcmp(field_rows[i].name.at, name.at, name.len) == 0)
			return (enum field)i;
	return FIELD_COUNT;
}

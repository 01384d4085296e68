/* values: field number (1 byte), length (1 byte, or 255 and 2 bytes), JSON text. */
#include "sandbox/hint/values.h"

#include <string.h>

#include "codec/json.h"

enum { LONG_TEXT = 255, HEAD_MAX = 4, SLACK = 160 }; /* slack: room for a link and its address without moving */

struct packed_cursor packed_begin(const struct packed *packed)
{
	struct packed_cursor cursor = { .at = packed->bytes, .end = packed->bytes + packed->len };

	packed_next(&cursor);
	return cursor;
}

void packed_next(struct packed_cursor *cursor)
{
	size_t len;

	if (cursor->at == cursor->end) {
		cursor->field = FIELD_COUNT;
		return;
	}
	cursor->field = (enum field)cursor->at[0];
	len = cursor->at[1];
	cursor->at += 2;
	if (len == LONG_TEXT) {
		len = (size_t)cursor->at[0] | (size_t)cursor->at[1] << 8;
		cursor->at += 2;
	}
	cursor->text = str_range((const char *)cursor->at, len);
	cursor->at += len;
}

void values_unpack(const struct packed *packed, struct values *ret)
{
	*ret = (struct values) { 0 };
	for (struct packed_cursor c = packed_begin(packed); c.field != FIELD_COUNT; packed_next(&c))
		ret->at[c.field] = c.text;
}

static bool is_set(const struct values *values, size_t i)
{
	return values->at[i].at && !str_eq(values->at[i], field_rows[i].fallback);
}

static unsigned char *put(unsigned char *at, size_t field, struct str text)
{
	ensure(text.len <= UINT16_MAX);
	*at++ = (unsigned char)field;
	*at++ = (unsigned char)MIN_OF(text.len, (size_t)LONG_TEXT);
	if (text.len >= LONG_TEXT) {
		*at++ = (unsigned char)(text.len & 255);
		*at++ = (unsigned char)(text.len >> 8);
	}
	memcpy(at, text.at, text.len);
	return at + text.len;
}

void values_pack(struct arena *arena, const struct values *values, struct packed *packed)
{
	size_t need = 0;
	unsigned char *at;

	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (is_set(values, i))
			need += HEAD_MAX + values->at[i].len;
	if (need > packed->room) {
		packed->room = (uint32_t)(need + SLACK);
		packed->bytes = arena_alloc_bytes(arena, packed->room);
	}
	at = packed->bytes;
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (is_set(values, i))
			at = put(at, i, values->at[i]);
	packed->len = (uint32_t)(at - packed->bytes);
}

struct str packed_get(const struct packed *packed, enum field field)
{
	for (struct packed_cursor c = packed_begin(packed); c.field <= field && c.field != FIELD_COUNT; packed_next(&c))
		if (c.field == field)
			return c.text;
	return field_rows[field].fallback;
}

struct str value_text(struct arena *arena, struct str json)
{
	struct err err = ERR_INIT;
	struct json *j;

	if (json.len < 2 || json.at[0] != '"')
		return STR_EMPTY;
	if (str_find_char(json, '\\') < 0)
		return str_range(json.at + 1, json.len - 2);
	return json_parse(arena, json, &j, &err) == 0 ? json_text(j) : STR_EMPTY;
}

struct str packed_text(const struct packed *packed, struct arena *arena, enum field field)
{
	return value_text(arena, packed_get(packed, field));
}

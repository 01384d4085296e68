#include "jansson_peer.h"

#include <jansson.h>

static void describe(const json_t *value, struct buf *out);

static void describe_text(const char *text, size_t len, struct buf *out)
{
	buf_printf(out, "%zu:", len);
	buf_add_bytes(out, text, len);
}

static void describe_object(const json_t *object, struct buf *out)
{
	const char *key;
	json_t *value;

	buf_printf(out, "{%zu", json_object_size(object));
	/* The iterator of jansson gives no length of key; keys with NUL are refused by it anyway. */
	json_object_foreach((json_t *)object, key, value)
	{
		describe_text(key, str_of(key).len, out);
		describe(value, out);
	}
}

static void describe_array(const json_t *array, struct buf *out)
{
	buf_printf(out, "[%zu", json_array_size(array));
	for (size_t i = 0; i < json_array_size(array); i++)
		describe(json_array_get(array, i), out);
}

static void describe_string(const json_t *value, struct buf *out)
{
	describe_text(json_string_value(value), json_string_length(value), out);
}

static void describe_number(const json_t *value, struct buf *out)
{
	buf_printf(out, "#%.17g", json_number_value(value));
}

static void describe_null(const json_t *value UNUSED, struct buf *out)
{
	buf_add_char(out, 'n');
}

static void describe_true(const json_t *value UNUSED, struct buf *out)
{
	buf_add_char(out, 't');
}

static void describe_false(const json_t *value UNUSED, struct buf *out)
{
	buf_add_char(out, 'f');
}

static void describe(const json_t *value, struct buf *out)
{
	static void (*const by_type[])(const json_t *value, struct buf *out) = {
		[JSON_OBJECT] = describe_object,  [JSON_ARRAY] = describe_array, [JSON_STRING] = describe_string,
		[JSON_INTEGER] = describe_number, [JSON_REAL] = describe_number, [JSON_TRUE] = describe_true,
		[JSON_FALSE] = describe_false,    [JSON_NULL] = describe_null,
	};

	by_type[json_typeof(value)](value, out);
}

enum peer_answer peer_read(struct str text, struct buf *out)
{
	json_error_t error;
	/* Integers as doubles: else every integer over 64 bits would be refused. */
	json_t *value =
	        json_loadb(text.at, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
	enum json_error_code code;

	if (value) {
		describe(value, out);
		json_decref(value);
		return PEER_ACCEPTS;
	}
	code = json_error_code(&error);
	return code == json_error_numeric_overflow || code == json_error_null_byte_in_key ? PEER_CANNOT_SAY
	                                                                                  : PEER_REFUSES;
}

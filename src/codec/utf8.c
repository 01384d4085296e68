#include "codec/utf8.h"

#include "lib/buf.h"

/*
 * Table 3-7 of the Unicode standard: a lead byte decides how many bytes follow and the range of the second one; all
 * others are 80..BF. That range is what keeps overlong forms and surrogates out.
 */
static const struct lead {
	unsigned char from, to, length, second_from, second_to;
} leads[] = {
	{ 0x00, 0x7f, 1, 0x00, 0x00 }, { 0xc2, 0xdf, 2, 0x80, 0xbf }, { 0xe0, 0xe0, 3, 0xa0, 0xbf },
	{ 0xe1, 0xec, 3, 0x80, 0xbf }, { 0xed, 0xed, 3, 0x80, 0x9f }, { 0xee, 0xef, 3, 0x80, 0xbf },
	{ 0xf0, 0xf0, 4, 0x90, 0xbf }, { 0xf1, 0xf3, 4, 0x80, 0xbf }, { 0xf4, 0xf4, 4, 0x80, 0x8f },
};

static const struct lead *lead_of(unsigned char byte)
{
	for (size_t i = 0; i < ARRAY_LEN(leads); i++) {
		if (byte >= leads[i].from && byte <= leads[i].to)
			return &leads[i];
	}
	return NULL;
}

size_t utf8_step(const char *at, const char *end)
{
	const unsigned char *byte = (const unsigned char *)at;
	const struct lead *lead = at < end ? lead_of(*byte) : NULL;

	if (!lead || (size_t)(end - at) < lead->length)
		return 0;
	if (lead->length > 1 && (byte[1] < lead->second_from || byte[1] > lead->second_to))
		return 0;
	for (size_t i = 2; i < lead->length; i++) {
		if (byte[i] < 0x80 || byte[i] > 0xbf)
			return 0;
	}
	return lead->length;
}

size_t utf8_put(char *out, uint32_t code)
{
	static const struct {
		uint32_t below;
		unsigned char mark;
	} forms[] = { { 0x80, 0x00 }, { 0x800, 0xc0 }, { 0x10000, 0xe0 }, { 0x110000, 0xf0 } };
	size_t length = 1;

	while (code >= forms[length - 1].below)
		length++;
	for (size_t i = length - 1; i > 0; i--, code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)(forms[length - 1].mark | code);
	return length;
}

bool utf8_valid(struct str text)
{
	const char *end = text.len ? text.at + text.len : text.at;

	for (const char *at = text.at; at < end;) {
		size_t length = utf8_step(at, end);

		if (length == 0)
			return false;
		at += length;
	}
	return true;
}

struct str utf8_mend(struct arena *arena, struct str text)
{
	SCOPED(buf) struct buf out = BUF_INIT(size_mul(text.len, 3));

	if (utf8_valid(text))
		return text;
	for (const char *at = text.at, *end = at + text.len; at < end;) {
		size_t step = utf8_step(at, end);

		if (step > 0)
			buf_add_bytes(&out, at, step);
		else
			buf_add(&out, STR("\xef\xbf\xbd"));
		at += MAX_OF(step, (size_t)1);
	}
	return arena_str(arena, buf_str(&out));
}

bool utf8_storable(struct str text)
{
	return str_find_char(text, '\0') < 0 && utf8_valid(text);
}

struct str utf8_make_storable(struct arena *arena, struct str text)
{
	SCOPED(buf) struct buf out = BUF_INIT(size_mul(text.len, 3));
	struct str rest = utf8_mend(arena, text), part;

	if (str_find_char(rest, '\0') < 0)
		return rest;
	for (bool more = false; str_split(&rest, '\0', &part); more = true) {
		if (more)
			buf_add(&out, STR("\xef\xbf\xbd"));
		buf_add(&out, part);
	}
	return arena_str(arena, buf_str(&out));
}

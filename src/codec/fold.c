/*
 * Names are folded as code points: utf8proc decomposes and folds, we squeeze the white space out, utf8proc composes
 * again (NFC). Most names are plain ASCII and never reach utf8proc.
 */
#include "codec/fold.h"

#include "codec/utf8.h"

#include <string.h>
#include <utf8proc.h>

/* Unicode's White_Space: the separators and the controls that move to another line or column. */
static bool is_space(int32_t code)
{
	utf8proc_category_t category;

	if (code < 0x80)
		return code == ' ' || (code >= '\t' && code <= '\r');
	category = utf8proc_category(code);
	return code == 0x85 || category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
	       category == UTF8PROC_CATEGORY_ZP;
}

/* Trims and collapses in place; returns the new count. */
static size_t squeeze(int32_t *codes, size_t count)
{
	size_t kept = 0;
	bool gap = false;

	for (size_t i = 0; i < count; i++) {
		if (is_space(codes[i])) {
			gap = kept > 0;
			continue;
		}
		if (gap)
			codes[kept++] = ' ';
		codes[kept++] = codes[i];
		gap = false;
	}
	return kept;
}

static bool is_ascii(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.at[i] >= 0x80)
			return false;
	}
	return true;
}

static struct str fold_ascii(struct arena *arena, struct str name)
{
	char *folded = arena_alloc_bytes(arena, name.len + 1);
	size_t len = 0;
	bool gap = false;

	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];

		if (is_space(c)) {
			gap = len > 0;
			continue;
		}
		if (gap)
			folded[len++] = ' ';
		folded[len++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
		gap = false;
	}
	folded[len] = '\0';
	return str_range(folded, len);
}

/* Letters whose stroke or missing dot Unicode does not count as a mark, but a person at a keyboard does. */
static int32_t bare_letter(int32_t code)
{
	static const struct {
		int32_t from, to;
	} letters[] = { { 0xf8, 'o' }, { 0x142, 'l' }, { 0x111, 'd' }, { 0xf0, 'd' }, { 0x127, 'h' }, { 0x131, 'i' } };

	for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
		if (letters[i].from == code)
			return letters[i].to;
	}
	return code;
}

/*
 * Unicode's stream-safe bound (UAX 15): no language hangs more marks on one letter. utf8proc puts the marks of a letter in order in a time that grows with the square
 * of their number, so that 128 kB of them in one name would take a minute.
 */
enum { MOST_MARKS = 30 };

static bool has_heap_of_marks(struct str text)
{
	size_t marks = 0;
	int32_t code;

	for (size_t at = 0; at < text.len && marks <= MOST_MARKS;) {
		at += (size_t)utf8proc_iterate((const utf8proc_uint8_t *)text.at + at,
		                               (utf8proc_ssize_t)(text.len - at), &code);
		marks = utf8proc_get_property(code)->combining_class ? marks + 1 : 0;
	}
	return marks > MOST_MARKS;
}

static struct str fold_with(struct arena *arena, struct str name, utf8proc_option_t options, bool bare)
{
	const utf8proc_uint8_t *text = (const utf8proc_uint8_t *)name.at;
	utf8proc_ssize_t count, len;
	int32_t *codes;

	if (is_ascii(name))
		return fold_ascii(arena, name);
	if (!utf8_valid(name))
		return STR_EMPTY;
	if (has_heap_of_marks(name))
		return fold_spaces(arena, name);
	options |= UTF8PROC_CASEFOLD | UTF8PROC_COMPOSE | UTF8PROC_STABLE;
	count = utf8proc_decompose(text, (utf8proc_ssize_t)name.len, NULL, 0, options);
	if (count < 0)
		return STR_EMPTY;
	codes = arena_new_array(arena, int32_t, (size_t)count + 1);
	count = utf8proc_decompose(text, (utf8proc_ssize_t)name.len, codes, count, options);
	if (count < 0)
		return STR_EMPTY;
	for (utf8proc_ssize_t i = 0; bare && i < count; i++)
		codes[i] = bare_letter(codes[i]);
	len = utf8proc_reencode(codes, (utf8proc_ssize_t)squeeze(codes, (size_t)count), options);
	return len < 0 ? STR_EMPTY : str_range((const char *)codes, (size_t)len);
}

struct str fold_name(struct arena *arena, struct str name)
{
	return fold_with(arena, name, 0, false);
}

struct str fold_search(struct arena *arena, struct str name)
{
	return fold_with(arena, name, UTF8PROC_STRIPMARK, true);
}

/* The character at `at`, or the single byte there when it is no UTF-8: a byte that we do not understand is kept. */
static size_t step_or_byte(const char *at, const char *end, int32_t *ret_code)
{
	size_t step = utf8_step(at, end);

	*ret_code = -1;
	if (step > 0)
		utf8proc_iterate((const utf8proc_uint8_t *)at, (utf8proc_ssize_t)step, ret_code);
	return step > 0 ? step : 1;
}

struct str fold_spaces(struct arena *arena, struct str text)
{
	char *out = arena_alloc_bytes(arena, text.len + 1);
	const char *end = text.len ? text.at + text.len : text.at;
	size_t len = 0, step;
	bool gap = false;
	int32_t code;

	for (const char *at = text.at; at < end; at += step) {
		step = step_or_byte(at, end, &code);
		if (code >= 0 && is_space(code)) {
			gap = len > 0;
			continue;
		}
		if (gap)
			out[len++] = ' ';
		memcpy(out + len, at, step);
		len += step;
		gap = false;
	}
	out[len] = '\0';
	return str_range(out, len);
}

size_t fold_length(struct str text)
{
	const char *end = text.len ? text.at + text.len : text.at;
	size_t count = 0;
	int32_t code;

	for (const char *at = text.at; at < end; at += step_or_byte(at, end, &code))
		count++;
	return count;
}

#include "codec/letters.h"

#include <utf8proc.h>

typedef utf8proc_int32_t letter_fn(utf8proc_int32_t code, bool *word);

static utf8proc_int32_t letter_upper(utf8proc_int32_t code, bool *word UNUSED)
{
	return utf8proc_toupper(code);
}

static utf8proc_int32_t letter_lower(utf8proc_int32_t code, bool *word UNUSED)
{
	return utf8proc_tolower(code);
}

static bool is_letter(utf8proc_int32_t code)
{
	utf8proc_category_t category = utf8proc_category(code);

	return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_ME;
}

static utf8proc_int32_t letter_title(utf8proc_int32_t code, bool *word)
{
	bool first = !*word;

	*word = is_letter(code);
	return first ? utf8proc_totitle(code) : utf8proc_tolower(code);
}

static struct str each_letter(struct arena *arena, struct str text, letter_fn *change)
{
	char *out = arena_alloc_bytes(arena, size_mul(text.len + 1, 4));
	size_t len = 0;
	bool word = false;

	while (text.len > 0) {
		utf8proc_int32_t code;
		utf8proc_ssize_t used =
		        utf8proc_iterate((const utf8proc_uint8_t *)text.at, (utf8proc_ssize_t)text.len, &code);

		if (used <= 0) {
			out[len++] = text.at[0];
			used = 1;
		} else {
			len += (size_t)utf8proc_encode_char(change(code, &word), (utf8proc_uint8_t *)out + len);
		}
		text = str_skip(text, (size_t)used);
	}
	out[len] = '\0';
	return str_range(out, len);
}

struct str letters_upper(struct arena *arena, struct str text)
{
	return each_letter(arena, text, letter_upper);
}

struct str letters_lower(struct arena *arena, struct str text)
{
	return each_letter(arena, text, letter_lower);
}

struct str letters_title(struct arena *arena, struct str text)
{
	return each_letter(arena, text, letter_title);
}

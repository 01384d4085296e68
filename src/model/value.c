/*
 * Values and how they compare. Each type is a row in `types`: its name, the normal form (what is compared and kept as base)
 * and, where not every text will do, what fits. value_normal() takes the row's form and falls back to the trimmed text, so
 * that a filled value never has an empty normal form: the empty text means blank, and blank only.
 *
 * The one exception is TYPE_BOOL. A Salesforce checkbox cannot be null: a blank is stored there as false and comes back as
 * false. So blank and false have the same normal form, "false", and the two never chase each other (R27).
 */
#include "model/value.h"

#include "codec/fold.h"
#include "lib/clock.h"
#include "model/calendar.h"
#include "model/places.h"

#include <string.h>

/* The normal form, or empty: the text does not fit the type. `text` is trimmed and not empty. */
typedef struct str normal_fn(struct arena *arena, struct str text);

/* ---- text ---- */

/* Length of the white space character at the start of `s`; 0: none. The Unicode ones are those of the property White_Space. */
static size_t space_length(struct str s)
{
	static const char *const wide[] = { "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\xA8",
		                            "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80" };

	if (s.len == 0)
		return 0;
	if ((unsigned char)s.at[0] < 0x80)
		return s.at[0] == ' ' || (s.at[0] >= '\t' && s.at[0] <= '\r');
	for (size_t i = 0; i < ARRAY_LEN(wide); i++)
		if (str_starts(s, str_of(wide[i])))
			return strlen(wide[i]);
	/* U+2000 to U+200A: the typographic blanks. */
	if (str_starts(s, STR("\xE2\x80")) && s.len > 2 && (unsigned char)s.at[2] >= 0x80 &&
	    (unsigned char)s.at[2] <= 0x8A)
		return 3;
	return 0;
}

static bool is_blank_text(struct str s)
{
	for (size_t n; s.len > 0; s = str_skip(s, n)) {
		n = space_length(s);
		if (n == 0)
			return false;
	}
	return true;
}

/* Moves *rest past a run of white space; did it hold a line end? */
static bool skip_spaces(struct str *rest)
{
	bool line_end = false;

	for (size_t n = space_length(*rest); n > 0; n = space_length(*rest)) {
		line_end |= rest->at[0] == '\n' || rest->at[0] == '\r';
		*rest = str_skip(*rest, n);
	}
	return line_end;
}

/* Nothing to do for nearly every value: single blanks inside, plain ASCII. */
static bool is_tidy(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (c >= 0x80 || c < ' ' || (c == ' ' && (i == 0 || i + 1 == s.len || s.at[i - 1] == ' ')))
			return false;
	}
	return true;
}

/* A run of white space becomes one blank, or one line end if it held one. */
static struct str normal_text(struct arena *arena, struct str text)
{
	char *out;
	size_t len = 0;
	struct str rest = text;

	if (is_tidy(text))
		return text;
	out = arena_alloc_bytes(arena, size_add(text.len, 1));
	skip_spaces(&rest);
	while (rest.len > 0) {
		if (space_length(rest) == 0) {
			out[len++] = rest.at[0];
			rest = str_skip(rest, 1);
			continue;
		}
		char space = skip_spaces(&rest) ? '\n' : ' ';

		if (rest.len > 0)
			out[len++] = space;
	}
	out[len] = '\0';
	return str_range(out, len);
}

static struct str normal_folded(struct arena *arena, struct str text)
{
	return fold_name(arena, text);
}

static struct str normal_exact(struct arena *arena UNUSED, struct str text)
{
	return text;
}

/* ---- phone ---- */

static const char *const extension_marks[] = { "extension", "ext.", "ext", "x", "#" };

/* Moves *rest past a mark such as "ext."; false: none here. */
static bool skip_extension_mark(struct str *rest)
{
	for (size_t i = 0; i < ARRAY_LEN(extension_marks); i++) {
		struct str mark = str_of(extension_marks[i]);

		if (rest->len >= mark.len && str_eq_nocase(str_range(rest->at, mark.len), mark)) {
			*rest = str_skip(*rest, mark.len);
			return true;
		}
	}
	return false;
}

/* Digits up to the extension; false on a letter: this is no number. */
static bool phone_digits(struct str *rest, char *out, size_t *ret_len)
{
	size_t len = 0;

	for (; rest->len > 0; *rest = str_skip(*rest, 1)) {
		char c = rest->at[0];

		if (c >= '0' && c <= '9')
			out[len++] = c;
		else if (!strchr(" +-.()/,;:\t", c) && space_length(*rest) == 0 && (unsigned char)c < 0x80)
			break;
	}
	*ret_len = len;
	return rest->len == 0 || skip_extension_mark(rest);
}

static size_t country_prefix(const char *digits, size_t len)
{
	if (len == 11 && digits[0] == '1')
		return 1;
	if (len == 13 && memcmp(digits, "001", 3) == 0)
		return 3;
	return 0;
}

static struct str normal_phone(struct arena *arena, struct str text)
{
	char *out = arena_alloc_bytes(arena, size_add(text.len, 2));
	size_t len = 0, extension = 0, skip;
	struct str rest = text;

	if (!phone_digits(&rest, out, &len) || len == 0)
		return STR_EMPTY;
	skip = country_prefix(out, len);
	if (rest.len > 0) {
		out[len] = 'x';
		if (!phone_digits(&rest, out + len + 1, &extension) || rest.len > 0)
			return STR_EMPTY;
		len += extension > 0 ? extension + 1 : 0;
	}
	return str_range(out + skip, len - skip);
}

/* ---- dates ---- */

static struct str normal_date(struct arena *arena UNUSED, struct str text)
{
	struct calendar_date date;

	return calendar_parse_iso(text, &date) ? text : STR_EMPTY;
}

static bool is_datetime(struct str text, int64_t *ret_ms)
{
	struct calendar_date date;

	return text.len >= 10 && calendar_parse_iso(str_range(text.at, 10), &date) && clock_parse(text, ret_ms);
}

/* Z, or what Salesforce writes in its place, and no leap second: the digits need no arithmetic. */
static bool is_plain_utc(struct str text)
{
	struct str rest = str_skip(text, 19);

	if (rest.len > 0 && rest.at[0] == '.')
		rest = str_skip(rest, 1);
	while (rest.len > 0 && rest.at[0] >= '0' && rest.at[0] <= '9')
		rest = str_skip(rest, 1);
	return text.at[17] < '6' && (str_eq(rest, STR("Z")) || str_eq(rest, STR("+0000")));
}

/* 2026-07-18T09:15:22Z: UTC, without a fraction, since Salesforce keeps none. */
static struct str normal_datetime(struct arena *arena, struct str text)
{
	int64_t ms;
	char *out;

	if (!is_datetime(text, &ms))
		return STR_EMPTY;
	if (!is_plain_utc(text))
		text = clock_rfc3339(arena, ms);
	else if (text.len == 20 && text.at[10] == 'T')
		return text;
	/* An offset may have carried it out of the years of four digits. */
	if (text.len < 20 || text.at[4] != '-')
		return STR_EMPTY;
	out = arena_text(arena, str_range(text.at, 20));
	out[10] = 'T';
	out[19] = 'Z';
	return str_range(out, 20);
}

/* ---- truth and numbers ---- */

static struct str normal_bool(struct arena *arena UNUSED, struct str text)
{
	if (str_eq_nocase(text, STR("true")) || str_eq(text, STR("1")))
		return STR("true");
	if (str_eq_nocase(text, STR("false")) || str_eq(text, STR("0")))
		return STR("false");
	return STR_EMPTY;
}

/* A decimal number as digits without zeros at either end, times ten to the power `exponent`. */
struct decimal {
	bool negative;
	char *digits;
	size_t len;
	int64_t exponent;
};

static void take_digits(struct str *rest, struct decimal *number, int64_t each)
{
	while (rest->len > 0 && rest->at[0] >= '0' && rest->at[0] <= '9') {
		if (number->len > 0 || rest->at[0] != '0')
			number->digits[number->len++] = rest->at[0];
		number->exponent += each;
		*rest = str_skip(*rest, 1);
	}
}

static bool take_exponent(struct str rest, struct decimal *number)
{
	int64_t exponent;

	if (rest.len == 0)
		return true;
	if ((rest.at[0] != 'e' && rest.at[0] != 'E') || rest.len > 8 || !str_to_i64(str_skip(rest, 1), &exponent))
		return false;
	number->exponent += exponent;
	return true;
}

static bool decimal_of(struct arena *arena, struct str text, struct decimal *ret)
{
	struct decimal number = { .digits = arena_alloc_bytes(arena, size_add(text.len, 1)) };
	struct str rest = text;
	size_t start, digits;

	number.negative = rest.len > 0 && rest.at[0] == '-';
	if (rest.len > 0 && (rest.at[0] == '-' || rest.at[0] == '+'))
		rest = str_skip(rest, 1);
	start = rest.len;
	take_digits(&rest, &number, 0);
	digits = start - rest.len;
	if (rest.len > 0 && rest.at[0] == '.') {
		rest = str_skip(rest, 1);
		start = rest.len;
		take_digits(&rest, &number, -1);
		digits += start - rest.len;
	}
	if (digits == 0 || !take_exponent(rest, &number))
		return false;
	for (; number.len > 0 && number.digits[number.len - 1] == '0'; number.len--)
		number.exponent++;
	*ret = number;
	return true;
}

/* "15e-1" for 1.50, "1e3" for 1000: one spelling for each number, however long. Whole numbers without zeros at the end stay plain. */
static struct str normal_number(struct arena *arena, struct str text)
{
	struct decimal number;
	const char *sign;

	if (!decimal_of(arena, text, &number))
		return STR_EMPTY;
	if (number.len == 0)
		return STR("0");
	sign = number.negative ? "-" : "";
	if (number.exponent == 0)
		return arena_printf(arena, "%s%.*s", sign, (int)number.len, number.digits);
	return arena_printf(arena, "%s%.*se%lld", sign, (int)number.len, number.digits, (long long)number.exponent);
}

/* ---- places ---- */

static struct str normal_state(struct arena *arena, struct str text)
{
	const struct place *state = place_state(text);

	return state ? str_of(state->code) : fold_name(arena, text);
}

static struct str normal_country(struct arena *arena, struct str text)
{
	const struct place *country = place_country(text);

	return country ? str_of(country->code) : fold_name(arena, text);
}

/* ---- the types ---- */

struct type_row {
	const char *name;
	normal_fn *normal;
	bool strict; /* a text without normal form does not fit */
};

/* To add one: a row here, its name in enum value_type, three-line cases in tests/cases/values.case. */
static const struct type_row types[] = {
	[TYPE_TEXT] = { "text", normal_text, false },       [TYPE_NAME] = { "name", normal_folded, false },
	[TYPE_EMAIL] = { "email", normal_folded, false },   [TYPE_PHONE] = { "phone", normal_phone, false },
	[TYPE_DATE] = { "date", normal_date, true },        [TYPE_DATETIME] = { "datetime", normal_datetime, true },
	[TYPE_BOOL] = { "bool", normal_bool, true },        [TYPE_NUMBER] = { "number", normal_number, true },
	[TYPE_STATE] = { "state", normal_state, false },    [TYPE_COUNTRY] = { "country", normal_country, false },
	[TYPE_CHOICE] = { "choice", normal_folded, false }, [TYPE_ID] = { "id", normal_exact, false },
};

bool value_type_of_name(struct str name, enum value_type *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (str_eq_c(name, types[i].name)) {
			*ret = (enum value_type)i;
			return true;
		}
	}
	return false;
}

const char *value_type_name(enum value_type type)
{
	ensure((size_t)type < ARRAY_LEN(types));
	return types[type].name;
}

bool value_of_json(const struct json *j, struct value *ret)
{
	struct value v = VALUE_NOTHING;

	if (j && (j->kind == JSON_OBJECT || j->kind == JSON_ARRAY))
		return false;
	if (j && (j->kind == JSON_TRUE || j->kind == JSON_FALSE))
		v = (struct value) { VALUE_BOOL, j->kind == JSON_TRUE ? STR("true") : STR("false") };
	else if (j && j->kind == JSON_NUMBER)
		v = (struct value) { VALUE_NUMBER, j->text };
	else if (j && j->kind == JSON_STRING && !is_blank_text(j->text))
		v = (struct value) { VALUE_TEXT, j->text };
	*ret = v;
	return true;
}

struct json *value_to_json(struct arena *arena, struct value v)
{
	switch (v.kind) {
	case VALUE_BLANK:
		return json_new(arena, JSON_NULL);
	case VALUE_TEXT:
		return json_new_text(arena, v.text);
	case VALUE_NUMBER:
		return json_new_number(arena, v.text);
	case VALUE_BOOL:
		return json_new_bool(arena, str_eq(v.text, STR("true")));
	}
	unreachable("a kind of value that is none");
}

bool value_is_blank(struct value v)
{
	return v.kind == VALUE_BLANK || (v.kind == VALUE_TEXT && is_blank_text(v.text));
}

/* Also of blanks that are no ASCII: names pasted from a web page bring U+00A0 along. */
static struct str trimmed(struct str text)
{
	size_t end = 0;

	(void)skip_spaces(&text);
	for (size_t i = 0, n; i < text.len; i += MAX_OF(n, (size_t)1)) {
		n = space_length(str_skip(text, i));
		if (n == 0)
			end = i + 1;
	}
	return str_range(text.at, end);
}

/* The normal form of the row, or empty. Odd blanks inside do not keep a text from fitting. */
static struct str fitted(struct arena *arena, enum value_type type, struct str text)
{
	struct str normal = types[type].normal(arena, text);

	return normal.len > 0 ? normal : types[type].normal(arena, normal_text(arena, text));
}

struct str value_normal(struct arena *arena, enum value_type type, struct value v)
{
	struct str text, normal;

	ensure((size_t)type < ARRAY_LEN(types));
	if (value_is_blank(v))
		return type == TYPE_BOOL ? STR("false") : STR_EMPTY;
	text = type == TYPE_ID ? v.text : trimmed(v.text);
	normal = fitted(arena, type, text);
	return normal.len > 0 ? normal : normal_text(arena, text);
}

bool value_same(enum value_type type, struct value a, struct value b)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	if (str_eq(a.text, b.text) && a.kind == b.kind)
		return true;
	return str_eq(value_normal(&arena, type, a), value_normal(&arena, type, b));
}

bool value_fits(enum value_type type, struct value v)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	ensure((size_t)type < ARRAY_LEN(types));
	if (value_is_blank(v) || !types[type].strict)
		return true;
	return fitted(&arena, type, trimmed(v.text)).len > 0;
}

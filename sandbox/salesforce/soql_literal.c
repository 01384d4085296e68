/* soql_literal: values in a query, checked against the type of the field they are compared with. */
#include "sandbox/salesforce/soql_internal.h"

#include <string.h>

#include "codec/fold.h"
#include "lib/clock.h"

#define DAY_MS ((int64_t)86400000)

/* ---- text ---- */

static bool is_ascii(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.at[i] >= 0x80)
			return false;
	}
	return true;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

struct str soql_fold(struct arena *arena, struct str text)
{
	char *out;

	if (!is_ascii(text))
		return fold_name(arena, text);
	out = arena_alloc_bytes(arena, text.len + 1);
	for (size_t i = 0; i < text.len; i++)
		out[i] = lower(text.at[i]);
	return str_range(out, text.len);
}

static size_t put_utf8(char *out, unsigned code)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	out[0] = (char)(0xe0 | code >> 12);
	out[1] = (char)(0x80 | (code >> 6 & 0x3f));
	out[2] = (char)(0x80 | (code & 0x3f));
	return 3;
}

static bool read_hex(struct str text, unsigned *ret)
{
	unsigned value = 0;

	if (text.len < 4)
		return false;
	for (size_t i = 0; i < 4; i++) {
		const char *digits = "0123456789abcdef", *at = strchr(digits, text.at[i] | (text.at[i] > '9' ? 32 : 0));

		if (!at || !text.at[i])
			return false;
		value = value * 16 + (unsigned)(at - digits);
	}
	*ret = value;
	return true;
}

/* Without escapes; in LIKE, \% and \_ keep their backslash: they are no wildcards. False: an unknown escape. */
static bool unescape(struct arena *arena, struct str raw, bool like, struct str *ret)
{
	static const char from[] = "nrtbf\\'\"", to[] = "\n\r\t\b\f\\'\"";
	char *out = arena_alloc_bytes(arena, raw.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < raw.len; i++) {
		const char *known;
		unsigned code;

		if (raw.at[i] != '\\') {
			out[len++] = raw.at[i];
			continue;
		}
		i++;
		known = i < raw.len ? strchr(from, lower(raw.at[i])) : NULL;
		if (known && *known) {
			out[len++] = to[known - from];
		} else if (like && i < raw.len && (raw.at[i] == '%' || raw.at[i] == '_')) {
			out[len++] = '\\';
			out[len++] = raw.at[i];
		} else if (i < raw.len && raw.at[i] == 'u' && read_hex(str_skip(raw, i + 1), &code)) {
			len += put_utf8(out + len, code);
			i += 4;
		} else {
			return false;
		}
	}
	*ret = str_range(out, len);
	return true;
}

/* ---- relative dates ---- */

static int64_t today_ms(void)
{
	int64_t now = clock_wall_ms();

	return now - now % DAY_MS;
}

/* First day of the month that lies `months` after this one. */
static int64_t month_ms(int months)
{
	char stamp[32], text[32];
	int64_t ms, total;

	stamp_write((uint32_t)(clock_wall_ms() / 1000), stamp);
	total = (stamp[0] - '0') * 1000 + (stamp[1] - '0') * 100 + (stamp[2] - '0') * 10 + (stamp[3] - '0');
	total = total * 12 + (stamp[5] - '0') * 10 + (stamp[6] - '0') - 1 + months;
	memcpy(text, "0000-00-01T00:00:00Z", 21);
	for (int i = 3, year = (int)(total / 12); i >= 0; i--, year /= 10)
		text[i] = (char)('0' + year % 10);
	text[5] = (char)('0' + (total % 12 + 1) / 10);
	text[6] = (char)('0' + (total % 12 + 1) % 10);
	return clock_parse(str_of(text), &ms) ? ms : 0;
}

/* Weeks begin on Sunday; 1970-01-01 was a Thursday. */
static int64_t week_ms(int weeks)
{
	int64_t day = today_ms() / DAY_MS;

	return (day - (day + 4) % 7 + weeks * 7) * DAY_MS;
}

static int64_t month_of_year(void)
{
	char stamp[32];

	stamp_write((uint32_t)(clock_wall_ms() / 1000), stamp);
	return (stamp[5] - '0') * 10 + (stamp[6] - '0') - 1;
}

enum unit { UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_YEAR };

static int64_t start_of(enum unit unit, int count)
{
	switch (unit) {
	case UNIT_DAY:
		return today_ms() + count * DAY_MS;
	case UNIT_WEEK:
		return week_ms(count);
	case UNIT_MONTH:
		return month_ms(count);
	case UNIT_YEAR:
		return month_ms(count * 12 - (int)month_of_year());
	}
	unreachable("unit of a relative date");
}

/* From the start of unit `from` to the start of unit `to`, counted from the present one; n: times the number after ":". */
static const struct {
	const char *name;
	enum unit unit;
	int from, to;
	int n_from, n_to;
} ranges[] = {
	{ "TODAY", UNIT_DAY, 0, 1, 0, 0 },          { "YESTERDAY", UNIT_DAY, -1, 0, 0, 0 },
	{ "TOMORROW", UNIT_DAY, 1, 2, 0, 0 },       { "LAST_N_DAYS", UNIT_DAY, 0, 1, -1, 0 },
	{ "NEXT_N_DAYS", UNIT_DAY, 1, 1, 0, 1 },    { "N_DAYS_AGO", UNIT_DAY, 0, 1, -1, -1 },
	{ "LAST_90_DAYS", UNIT_DAY, -90, 1, 0, 0 }, { "NEXT_90_DAYS", UNIT_DAY, 1, 91, 0, 0 },
	{ "LAST_WEEK", UNIT_WEEK, -1, 0, 0, 0 },    { "THIS_WEEK", UNIT_WEEK, 0, 1, 0, 0 },
	{ "NEXT_WEEK", UNIT_WEEK, 1, 2, 0, 0 },     { "LAST_N_WEEKS", UNIT_WEEK, 0, 0, -1, 0 },
	{ "LAST_MONTH", UNIT_MONTH, -1, 0, 0, 0 },  { "THIS_MONTH", UNIT_MONTH, 0, 1, 0, 0 },
	{ "NEXT_MONTH", UNIT_MONTH, 1, 2, 0, 0 },   { "LAST_N_MONTHS", UNIT_MONTH, 0, 0, -1, 0 },
	{ "LAST_YEAR", UNIT_YEAR, -1, 0, 0, 0 },    { "THIS_YEAR", UNIT_YEAR, 0, 1, 0, 0 },
	{ "NEXT_YEAR", UNIT_YEAR, 1, 2, 0, 0 },     { "LAST_N_YEARS", UNIT_YEAR, 0, 0, -1, 0 },
};

static bool relative(struct str text, struct soql_literal *ret)
{
	struct str rest = text, name;
	int64_t n = 0;

	str_split(&rest, ':', &name);
	if (rest.len > 0 && (!str_to_i64(rest, &n) || n < 0 || n > 100000))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
		if (!str_eq_nocase(name, str_of(ranges[i].name)))
			continue;
		ret->kind = LITERAL_RANGE;
		ret->from_ms = start_of(ranges[i].unit, ranges[i].from + ranges[i].n_from * (int)n);
		ret->to_ms = start_of(ranges[i].unit, ranges[i].to + ranges[i].n_to * (int)n);
		return true;
	}
	return false;
}

/* ---- any literal ---- */

static bool read_name(struct parser *parser, struct token token, struct soql_literal *ret)
{
	if (str_eq_nocase(token.text, STR("null"))) {
		ret->kind = LITERAL_NULL;
	} else if (str_eq_nocase(token.text, STR("true")) || str_eq_nocase(token.text, STR("false"))) {
		ret->kind = LITERAL_BOOLEAN;
		ret->number = str_eq_nocase(token.text, STR("true"));
	} else if (!relative(token.text, ret)) {
		return soql_unexpected(parser);
	}
	return true;
}

static bool read_stamp(struct parser *parser, struct token token, struct soql_literal *ret)
{
	bool ok = token.kind == TOKEN_DATE ? date_to_ms(token.text, &ret->from_ms)
	                                   : clock_parse(token.text, &ret->from_ms);

	ret->kind = token.kind == TOKEN_DATE ? LITERAL_DATE : LITERAL_DATETIME;
	ret->to_ms = ret->from_ms;
	return ok ? true : soql_unexpected(parser);
}

static bool read_literal(struct parser *parser, struct token token, bool like, struct soql_literal *ret)
{
	*ret = (struct soql_literal) { 0 };
	switch (token.kind) {
	case TOKEN_TEXT:
		ret->kind = LITERAL_TEXT;
		if (unescape(parser->arena, token.text, like, &ret->text))
			return true;
		return soql_fail(parser, "MALFORMED_QUERY", token,
		                 "Invalid string literal. Illegal character sequence");
	case TOKEN_NUMBER:
		ret->kind = LITERAL_NUMBER;
		return str_to_double(token.text, &ret->number) ? true : soql_unexpected(parser);
	case TOKEN_DATE:
	case TOKEN_DATETIME:
		return read_stamp(parser, token, ret);
	case TOKEN_NAME:
		return read_name(parser, token, ret);
	case TOKEN_END:
	case TOKEN_SIGN:
	case TOKEN_BAD:
		return soql_unexpected(parser);
	}
	unreachable("token kind");
}

/* ---- against the field ---- */

static bool wrong_type(struct parser *parser, struct token token, const struct field *field, const char *type,
                       bool quotes)
{
	return soql_fail(
	        parser, "INVALID_FIELD", token,
	        "value of filter criterion for field '%s' must be of type %s and should %sbe enclosed in quotes",
	        field->name, type, quotes ? "" : "not ");
}

static bool fit_id(struct parser *parser, struct token token, struct soql_literal *literal)
{
	char id[ID_SHORT], whole[ID_LONG + 1];

	if (!id_short(literal->text, id))
		return soql_fail(parser, "INVALID_QUERY_FILTER_OPERATOR", token, "invalid ID field: %.*s",
		                 STR_ARG(literal->text));
	id_long(id, whole);
	literal->text = arena_str(parser->arena, str_of(whole));
	return true;
}

static bool fit_text(struct parser *parser, const struct field *field, struct token token, bool like,
                     struct soql_literal *literal)
{
	if (literal->kind != LITERAL_TEXT)
		return wrong_type(parser, token, field, "string", true);
	if (!like && (field->type == TYPE_ID || field->type == TYPE_REFERENCE))
		return fit_id(parser, token, literal);
	/* Trailing blanks do not count in a comparison (section 4). */
	while (!like && str_ends(literal->text, STR(" ")))
		literal->text.len--;
	if (!(field->flags & FIELD_CASE))
		literal->text = soql_fold(parser->arena, literal->text);
	return true;
}

static bool fit(struct parser *parser, const struct field *field, struct token token, bool like,
                struct soql_literal *literal)
{
	enum soql_kind kind = literal->kind;

	if (kind == LITERAL_NULL)
		return true;
	if (type_is_text(field->type))
		return fit_text(parser, field, token, like, literal);
	if (field->type == TYPE_BOOLEAN)
		return kind == LITERAL_BOOLEAN || wrong_type(parser, token, field, "boolean", false);
	if (field->type == TYPE_INT || field->type == TYPE_DOUBLE)
		return kind == LITERAL_NUMBER || wrong_type(parser, token, field, type_name(field->type), false);
	if (field->type == TYPE_DATE)
		return kind == LITERAL_DATE || kind == LITERAL_RANGE || wrong_type(parser, token, field, "date", false);
	return kind == LITERAL_DATETIME || kind == LITERAL_RANGE || wrong_type(parser, token, field, "dateTime", false);
}

bool soql_literal(struct parser *parser, const struct soql_path *path, bool like, struct soql_literal *ret)
{
	struct token token = parser->token;

	if (!read_literal(parser, token, like, ret) || !fit(parser, path->field, token, like, ret))
		return false;
	soql_next(parser);
	return true;
}

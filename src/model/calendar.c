/*
 * A format is read token by token (next_token); parsing and printing walk the same tokens, so that what is printed
 * can be read again.
 */
#include "model/calendar.h"

#include "lib/buf.h"

static const char *const month_names[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
	                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

enum part { PART_YEAR, PART_MONTH, PART_DAY, PART_LITERAL };

struct token {
	const char *text;
	enum part part;
	size_t least, most; /* digits; 0: a name */
};

/* Longest first: MMM before MM before M. */
static const struct token tokens[] = {
	{ "YYYY", PART_YEAR, 4, 4 }, { "MMM", PART_MONTH, 0, 0 }, { "MM", PART_MONTH, 2, 2 },
	{ "M", PART_MONTH, 1, 2 },   { "DD", PART_DAY, 2, 2 },    { "D", PART_DAY, 1, 2 },
};

static struct token next_token(struct str *format)
{
	static const struct token literal = { "", PART_LITERAL, 1, 1 };

	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		struct str text = str_of(tokens[i].text);

		if (str_starts(*format, text)) {
			*format = str_skip(*format, text.len);
			return tokens[i];
		}
	}
	return literal;
}

static int *part_of(struct calendar_date *date, enum part part)
{
	return part == PART_YEAR ? &date->year : part == PART_MONTH ? &date->month : &date->day;
}

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Gregorian, years 1 to 9999. */
static bool is_real(struct calendar_date date)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (date.year < 1 || date.year > 9999 || date.month < 1 || date.month > 12 || date.day < 1)
		return false;
	return date.day <= days[date.month - 1] + (date.month == 2 && is_leap(date.year));
}

bool calendar_format_valid(struct str format)
{
	int seen[4] = { 0 };

	while (format.len > 0) {
		struct token token = next_token(&format);

		seen[token.part]++;
		if (token.part == PART_LITERAL)
			format = str_skip(format, 1);
	}
	return seen[PART_YEAR] == 1 && seen[PART_MONTH] == 1 && seen[PART_DAY] == 1;
}

static bool read_digits(struct str *text, size_t least, size_t most, int *ret)
{
	size_t count = 0;
	int value = 0;

	while (count < most && count < text->len && text->at[count] >= '0' && text->at[count] <= '9')
		value = value * 10 + (text->at[count++] - '0');
	*text = str_skip(*text, count);
	*ret = value;
	return count >= least;
}

static bool read_month_name(struct str *text, int *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(month_names); i++) {
		if (text->len >= 3 && str_eq_nocase(str_range(text->at, 3), str_of(month_names[i]))) {
			*text = str_skip(*text, 3);
			*ret = (int)i + 1;
			return true;
		}
	}
	return false;
}

static bool read_literal(struct str *format, struct str *text)
{
	bool same = text->len > 0 && text->at[0] == format->at[0];

	*format = str_skip(*format, 1);
	*text = str_skip(*text, 1);
	return same;
}

bool calendar_parse(struct str format, struct str text, struct calendar_date *ret)
{
	struct calendar_date date = { 0 };

	while (format.len > 0) {
		struct token token = next_token(&format);
		bool fits;

		if (token.part == PART_LITERAL)
			fits = read_literal(&format, &text);
		else if (token.most == 0)
			fits = read_month_name(&text, &date.month);
		else
			fits = read_digits(&text, token.least, token.most, part_of(&date, token.part));
		if (!fits)
			return false;
	}
	if (text.len > 0 || !is_real(date))
		return false;
	*ret = date;
	return true;
}

bool calendar_parse_iso(struct str text, struct calendar_date *ret)
{
	return calendar_parse(STR("YYYY-MM-DD"), text, ret);
}

struct str calendar_print(struct arena *arena, struct str format, struct calendar_date date)
{
	SCOPED(buf) struct buf out = BUF_INIT(256);

	while (format.len > 0) {
		char first = format.at[0];
		struct token token = next_token(&format);

		if (token.part == PART_LITERAL) {
			buf_add_char(&out, first);
			format = str_skip(format, 1);
		} else if (token.most == 0) {
			buf_add_c(&out, month_names[date.month - 1]);
		} else {
			buf_printf(&out, "%0*d", (int)token.least, *part_of(&date, token.part));
		}
	}
	return arena_str(arena, buf_str(&out));
}

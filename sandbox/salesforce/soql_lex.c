/* soql_lex: text to tokens, and errors that point into the text. */
#include "sandbox/salesforce/soql_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static size_t run_of(struct str rest, bool (*fits)(char c))
{
	size_t len = 0;

	while (len < rest.len && fits(rest.at[len]))
		len++;
	return len;
}

/* Dots are part of a name; a colon is part of LAST_N_DAYS:7. */
static bool is_name_or_dot(char c)
{
	return is_name(c) || c == '.' || c == ':';
}

static bool is_stamp(char c)
{
	return is_name(c) || c == '.' || c == ':' || c == '-' || c == '+';
}

static struct token quoted(struct str rest)
{
	for (size_t i = 1; i < rest.len; i++) {
		if (rest.at[i] == '\\')
			i++;
		else if (rest.at[i] == '\'')
			return (struct token) { .kind = TOKEN_TEXT, .text = str_range(rest.at + 1, i - 1) };
	}
	return (struct token) { .kind = TOKEN_BAD, .text = rest };
}

static struct token number_or_date(struct str rest)
{
	size_t len = 1 + run_of(str_skip(rest, 1), is_stamp);
	struct str text = str_range(rest.at, len);

	if (len > 10 && text.at[4] == '-' && text.at[10] == 'T')
		return (struct token) { .kind = TOKEN_DATETIME, .text = text };
	if (len == 10 && text.at[4] == '-')
		return (struct token) { .kind = TOKEN_DATE, .text = text };
	return (struct token) { .kind = TOKEN_NUMBER, .text = text };
}

static struct token sign(struct str rest)
{
	static const char *const signs[] = { "!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", "," };

	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		if (str_starts(rest, str_of(signs[i])))
			return (struct token) { .kind = TOKEN_SIGN, .text = str_range(rest.at, strlen(signs[i])) };
	}
	return (struct token) { .kind = TOKEN_BAD, .text = str_range(rest.at, 1) };
}

void soql_next(struct parser *parser)
{
	struct str rest = str_skip(parser->text, parser->at);
	char c;

	while (rest.len > 0 && strchr(" \t\r\n", rest.at[0]))
		rest = str_skip(rest, 1);
	parser->token = (struct token) { .kind = TOKEN_END, .text = str_range(rest.at, 0) };
	if (rest.len > 0) {
		c = rest.at[0];
		if (c == '\'')
			parser->token = quoted(rest);
		else if (is_digit(c) || ((c == '-' || c == '+' || c == '.') && rest.len > 1 && is_digit(rest.at[1])))
			parser->token = number_or_date(rest);
		else if (is_name(c))
			parser->token = (struct token) { .kind = TOKEN_NAME,
				                         .text = str_range(rest.at, run_of(rest, is_name_or_dot)) };
		else
			parser->token = sign(rest);
	}
	parser->at = (size_t)(parser->token.text.at - parser->text.at) + parser->token.text.len;
	if (parser->token.kind == TOKEN_TEXT)
		parser->at++; /* the closing quote */
}

bool soql_is(const struct parser *parser, const char *word)
{
	enum token_kind kind = parser->token.kind;

	return (kind == TOKEN_NAME || kind == TOKEN_SIGN) && str_eq_nocase(parser->token.text, str_of(word));
}

bool soql_take(struct parser *parser, const char *word)
{
	if (!soql_is(parser, word))
		return false;
	soql_next(parser);
	return true;
}

/* The vendor shows the line with a caret under the place. */
bool soql_fail(struct parser *parser, const char *code, struct token token, const char *format, ...)
{
	char what[1024];
	size_t column = (size_t)(token.text.at - parser->text.at);
	size_t from = column > 60 ? column - 60 : 0;
	size_t shown = MIN_OF(parser->text.len - from, (size_t)120);
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	if (parser->problems->count == 0)
		problem_add(parser->problems, code, STR_EMPTY, "\n%.*s\n%*s^\nERROR at Row:1:Column:%zu\n%s",
		            (int)shown, parser->text.at + from, (int)(column - from), "", column + 1, what);
	return false;
}

bool soql_unexpected(struct parser *parser)
{
	struct token token = parser->token;

	if (token.kind == TOKEN_END) {
		if (parser->problems->count == 0)
			problem_add(parser->problems, "MALFORMED_QUERY", STR_EMPTY, "unexpected token: '<EOF>'");
		return false;
	}
	if (token.kind == TOKEN_BAD && token.text.at[0] == '\'')
		return soql_fail(parser, "MALFORMED_QUERY", token,
		                 "line 1:%zu mismatched character '<EOF>' expecting '''", parser->text.len);
	return soql_fail(parser, "MALFORMED_QUERY", token, "unexpected token: '%.*s'", STR_ARG(token.text));
}

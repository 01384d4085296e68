#include "codec/yaml_scalar.h"

struct word {
	const char *text;
	enum yaml_scalar scalar;
};

/* YAML 1.2, core schema. */
static const struct word words[] = {
	{ "", YAML_SCALAR_NULL },           { "~", YAML_SCALAR_NULL },          { "null", YAML_SCALAR_NULL },
	{ "Null", YAML_SCALAR_NULL },       { "NULL", YAML_SCALAR_NULL },       { "true", YAML_SCALAR_TRUE },
	{ "True", YAML_SCALAR_TRUE },       { "TRUE", YAML_SCALAR_TRUE },       { "false", YAML_SCALAR_FALSE },
	{ "False", YAML_SCALAR_FALSE },     { "FALSE", YAML_SCALAR_FALSE },     { ".nan", YAML_SCALAR_ODD_NUMBER },
	{ ".NaN", YAML_SCALAR_ODD_NUMBER }, { ".NAN", YAML_SCALAR_ODD_NUMBER },
};

/* What YAML 1.1 readers take for booleans or merge keys. */
static const char *const old_words[] = { "yes", "no", "on", "off", "y", "n", "<<", "=" };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool all_of(struct str text, const char *set)
{
	for (size_t i = 0; i < text.len; i++) {
		if (str_find_char(str_of(set), text.at[i]) < 0)
			return false;
	}
	return text.len > 0;
}

static struct str skip_digits(struct str text)
{
	while (text.len > 0 && is_digit(text.at[0]))
		text = str_skip(text, 1);
	return text;
}

static struct str skip_sign(struct str text)
{
	return str_starts(text, STR("-")) || str_starts(text, STR("+")) ? str_skip(text, 1) : text;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_decimal(struct str text)
{
	struct str rest = skip_digits(text);
	bool digits = rest.len < text.len;

	if (str_starts(rest, STR("."))) {
		struct str fraction = str_skip(rest, 1);

		rest = skip_digits(fraction);
		digits |= rest.len < fraction.len;
	}
	if (!digits)
		return false;
	if (rest.len > 0 && (rest.at[0] | 0x20) == 'e') {
		rest = skip_sign(str_skip(rest, 1));
		return rest.len > 0 && skip_digits(rest).len == 0;
	}
	return rest.len == 0;
}

static bool is_core_number(struct str text)
{
	struct str bare = skip_sign(text);

	if (str_starts(text, STR("0x")))
		return all_of(str_skip(text, 2), "0123456789abcdefABCDEF");
	if (str_starts(text, STR("0o")))
		return all_of(str_skip(text, 2), "01234567");
	return is_decimal(bare) || str_eq_c(bare, ".inf") || str_eq_c(bare, ".Inf") || str_eq_c(bare, ".INF");
}

enum yaml_scalar yaml_scalar_of(struct str plain)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_eq_c(plain, words[i].text))
			return words[i].scalar;
	}
	if (json_is_number(plain))
		return YAML_SCALAR_NUMBER;
	return is_core_number(plain) ? YAML_SCALAR_ODD_NUMBER : YAML_SCALAR_TEXT;
}

enum json_kind yaml_scalar_kind(enum yaml_scalar scalar)
{
	static const enum json_kind kinds[] = {
		[YAML_SCALAR_TEXT] = JSON_STRING,   [YAML_SCALAR_NULL] = JSON_NULL,
		[YAML_SCALAR_FALSE] = JSON_FALSE,   [YAML_SCALAR_TRUE] = JSON_TRUE,
		[YAML_SCALAR_NUMBER] = JSON_NUMBER, [YAML_SCALAR_ODD_NUMBER] = JSON_NUMBER,
	};

	return kinds[scalar];
}

bool yaml_scalar_needs_quotes(struct str text)
{
	for (size_t i = 0; i < ARRAY_LEN(old_words); i++) {
		if (str_eq_nocase(text, str_of(old_words[i])))
			return true;
	}
	return yaml_scalar_of(text) != YAML_SCALAR_TEXT;
}

#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct str str_of(const char *text)
{
	return text ? (struct str) { .at = text, .len = strlen(text) } : STR_EMPTY;
}

struct str str_range(const char *at, size_t len)
{
	return (struct str) { .at = at, .len = len };
}

bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool str_eq_c(struct str a, const char *b)
{
	return str_eq(a, str_of(b));
}

bool str_eq_nocase(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || strncasecmp(a.at, b.at, a.len) == 0);
}

int str_cmp(struct str a, struct str b)
{
	size_t shorter = MIN_OF(a.len, b.len);
	int order = shorter ? memcmp(a.at, b.at, shorter) : 0;

	if (order != 0)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

bool str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len && str_eq(str_range(s.at, prefix.len), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.len >= suffix.len && str_eq(str_range(s.at + (s.len - suffix.len), suffix.len), suffix);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
	while (s.len > 0 && is_space(s.at[0]))
		s = str_skip(s, 1);
	while (s.len > 0 && is_space(s.at[s.len - 1]))
		s.len--;
	return s;
}

struct str str_skip(struct str s, size_t n)
{
	n = MIN_OF(n, s.len);
	return n == 0 ? s : str_range(s.at + n, s.len - n);
}

ptrdiff_t str_find(struct str s, struct str part)
{
	const char *found;

	if (part.len == 0)
		return 0;
	if (s.len < part.len)
		return -1;
	found = memmem(s.at, s.len, part.at, part.len);
	return found ? found - s.at : -1;
}

ptrdiff_t str_find_char(struct str s, char c)
{
	const char *found = s.len ? memchr(s.at, c, s.len) : NULL;

	return found ? found - s.at : -1;
}

bool str_split(struct str *rest, char sep, struct str *ret_part)
{
	ptrdiff_t at;

	if (!rest->at)
		return false;
	at = str_find_char(*rest, sep);
	if (at < 0) {
		*ret_part = *rest;
		*rest = STR_EMPTY;
		return true;
	}
	*ret_part = str_range(rest->at, (size_t)at);
	*rest = str_range(rest->at + at + 1, rest->len - (size_t)at - 1);
	return true;
}

bool str_to_i64(struct str s, int64_t *ret)
{
	char digits[24];
	char *end;
	long long value;

	if (s.len == 0 || s.len >= sizeof(digits) || is_space(s.at[0]))
		return false;
	memcpy(digits, s.at, s.len);
	digits[s.len] = '\0';
	errno = 0;
	value = strtoll(digits, &end, 10);
	if (errno != 0 || end != digits + s.len)
		return false;
	*ret = value;
	return true;
}

/* strtod() also reads hexadecimal, "nan" and "inf". */
static bool is_decimal(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!s.at[i] || !strchr("+-.0123456789eE", s.at[i]))
			return false;
	}
	return s.len > 0;
}

bool str_to_double(struct str s, double *ret)
{
	char text[64];
	char *end;
	double value;

	if (s.len >= sizeof(text) || !is_decimal(s))
		return false;
	memcpy(text, s.at, s.len);
	text[s.len] = '\0';
	errno = 0;
	value = strtod(text, &end);
	if (errno != 0 || *end != '\0')
		return false;
	*ret = value;
	return true;
}

uint64_t str_hash(struct str s)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < s.len; i++)
		hash = (hash ^ (unsigned char)s.at[i]) * 0x100000001b3u;
	return hash;
}

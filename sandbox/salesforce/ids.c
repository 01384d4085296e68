#include "sandbox/salesforce/org.h"

#include <string.h>

static const char suffix_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_alnum(char c)
{
	return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Which of five characters are capitals, first one in the lowest bit. */
static unsigned capitals(const char *five)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < 5; i++)
		bits |= (unsigned)is_upper(five[i]) << i;
	return bits;
}

void id_long(const char *short_id, char ret[ID_LONG + 1])
{
	memcpy(ret, short_id, ID_SHORT);
	for (unsigned block = 0; block < 3; block++)
		ret[ID_SHORT + block] = suffix_letters[capitals(short_id + block * 5)];
	ret[ID_LONG] = '\0';
}

static char in_case(char c, bool upper)
{
	if (upper && c >= 'a' && c <= 'z')
		return (char)(c - 'a' + 'A');
	if (!upper && is_upper(c))
		return (char)(c - 'A' + 'a');
	return c;
}

static bool suffix_bits(char c, unsigned *ret)
{
	const char *at = strchr(suffix_letters, in_case(c, true));

	if (!c || !at)
		return false;
	*ret = (unsigned)(at - suffix_letters);
	return true;
}

/* The suffix tells the case of each letter, so an id that was turned to one case can be read all the same. */
static bool mend_case(struct str id, char ret[ID_SHORT])
{
	char whole[ID_LONG + 1];

	for (unsigned block = 0; block < 3; block++) {
		unsigned bits;

		if (!suffix_bits(id.at[ID_SHORT + block], &bits))
			return false;
		for (unsigned i = 0; i < 5; i++)
			ret[block * 5 + i] = in_case(id.at[block * 5 + i], bits >> i & 1);
	}
	id_long(ret, whole);
	return str_eq_nocase(str_range(whole + ID_SHORT, 3), str_skip(id, ID_SHORT));
}

bool id_short(struct str id, char ret[ID_SHORT])
{
	if (id.len != ID_SHORT && id.len != ID_LONG)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		if (!is_alnum(id.at[i]))
			return false;
	}
	if (id.len == ID_LONG)
		return mend_case(id, ret);
	memcpy(ret, id.at, ID_SHORT);
	return true;
}

bool id_valid(struct str id)
{
	char ignored[ID_SHORT];

	return id_short(id, ignored);
}

void id_make(const char *prefix, uint64_t number, char ret[ID_SHORT])
{
	memcpy(ret, prefix, 3);
	memcpy(ret + 3, "5g00000", 7);
	for (int i = ID_SHORT - 1; i >= 8; i--) {
		ret[i] = base62[number % 62];
		number /= 62;
	}
}

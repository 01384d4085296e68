#include "connectors/salesforce/sf.h"

#include <string.h>

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool sf_id_valid(struct str id)
{
	if (id.len != 15 && id.len != 18)
		return false;
	for (size_t i = 0; i < id.len; i++)
		if (!is_alnum(id.at[i]))
			return false;
	return true;
}

/* "for each of three 5-char blocks, bit i is 1 when the char at position i is A-Z": one letter a block. */
static char block_letter(const char *block)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
	unsigned bits = 0;

	for (unsigned i = 0; i < 5; i++)
		bits |= (unsigned)(block[i] >= 'A' && block[i] <= 'Z') << i;
	return letters[bits];
}

static void id18(struct str id, char *ret)
{
	memcpy(ret, id.at, 15);
	for (unsigned block = 0; block < 3; block++)
		ret[15 + block] = block_letter(id.at + (size_t)block * 5);
}

struct str sf_id18(struct arena *arena, struct str id)
{
	char full[18];

	if (!sf_id_valid(id))
		return STR_EMPTY;
	id18(id, full);
	return arena_str(arena, str_range(full, sizeof(full)));
}

struct str sf_record_id(struct arena *arena, struct str text)
{
	struct str full = sf_id18(arena, text);
	bool digit = false;

	for (size_t i = 0; full.len && i < 15; i++)
		digit = digit || (text.at[i] >= '0' && text.at[i] <= '9');
	return digit && (text.len == 15 || str_eq(full, text)) ? full : STR_EMPTY;
}

bool sf_id_same(struct str a, struct str b)
{
	return sf_id_valid(a) && sf_id_valid(b) && memcmp(a.at, b.at, 15) == 0;
}

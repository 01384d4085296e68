#include "access/role.h"

/* To add a role: one row here, a number in role.h. */
static const struct {
	const char *name;
	unsigned rights;
} roles[ROLE_COUNT] = {
	[ROLE_VIEWER] = { "viewer", RIGHT_SEE },
	[ROLE_OPERATOR] = { "operator", RIGHT_SEE | RIGHT_VALUES | RIGHT_WORK },
	[ROLE_ADMIN] = { "admin", RIGHTS_ALL },
	[ROLE_AUDITOR] = { "auditor", RIGHT_SEE | RIGHT_VALUES | RIGHT_AUDIT },
};

static const struct {
	const char *name;
	unsigned right;
} right_rows[RIGHT_COUNT] = {
	{ "see", RIGHT_SEE },     { "values", RIGHT_VALUES }, { "work", RIGHT_WORK },
	{ "setup", RIGHT_SETUP }, { "audit", RIGHT_AUDIT },   { "accounts", RIGHT_ACCOUNTS },
};

unsigned role_rights(enum role role)
{
	return roles[role].rights;
}

const char *role_name(enum role role)
{
	return roles[role].name;
}

bool role_of_name(struct str name, enum role *ret)
{
	for (size_t i = 0; i < ROLE_COUNT; i++) {
		if (str_eq_c(name, roles[i].name)) {
			*ret = (enum role)i;
			return true;
		}
	}
	return false;
}

const char *right_name(unsigned right)
{
	for (size_t i = 0; i < RIGHT_COUNT; i++) {
		if (right_rows[i].right == right)
			return right_rows[i].name;
	}
	unreachable("a right without a row");
}

bool right_of_name(struct str name, unsigned *ret)
{
	for (size_t i = 0; i < RIGHT_COUNT; i++) {
		if (str_eq_c(name, right_rows[i].name)) {
			*ret = right_rows[i].right;
			return true;
		}
	}
	return false;
}

struct str rights_names(struct arena *arena, unsigned rights)
{
	struct str list = STR_EMPTY;

	for (size_t i = 0; i < RIGHT_COUNT; i++) {
		if (rights & right_rows[i].right)
			list = arena_printf(arena, "%.*s%s%s", STR_ARG(list), list.len ? ", " : "", right_rows[i].name);
	}
	return list;
}

bool rights_of_names(struct str names, unsigned *ret)
{
	struct str part;

	*ret = 0;
	while (str_split(&names, ',', &part)) {
		struct str words = str_trim(part), word;

		while (str_split(&words, ' ', &word)) {
			unsigned right = 0;

			if (word.len && !right_of_name(word, &right))
				return false;
			*ret |= right;
		}
	}
	return true;
}

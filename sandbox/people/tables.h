/*
 * tables: the words that people are made of. All lists are our own, ordered from frequent to rare, so that a skewed draw
 * gives a plausible spread of names. Nobody here is real; phones use area codes that nobody has and e-mail domains end in
 * .example.
 *
 * Names of one list differ by more than case, accents or white space: truth about who is who is kept by the spelling here
 * (tests/unit/sandbox/people_test.c checks it).
 */
#ifndef SANDBOX_PEOPLE_TABLES_H
#define SANDBOX_PEOPLE_TABLES_H

#include "lib/str.h"

struct words {
	const char *const *at;
	size_t count;
};

struct city {
	const char *name;
	const char *state; /* two letters */
	const char *zip3;  /* first three digits of its ZIP codes */
	const char *area;  /* area code, unassigned: 371 to 377 */
};

struct nickname {
	const char *given;
	const char *chosen;
};

struct payer {
	const char *name;
	const char *id;     /* leading zeros matter */
	const char *member; /* prefix of member ids */
};

/* A family name with given names that go with it, kept apart because no fold of Latin letters helps here. */
struct foreign_name {
	const char *family;
	const char *female;
	const char *male;
};

extern const struct words given_female, given_male, family_names, hyphen_names, accent_female, accent_male,
        accent_families, apostrophe_names, compound_female, compound_male, long_families, street_names, street_kinds,
        mail_domains, companies;
extern const struct city cities[];
extern const size_t city_count;
extern const struct nickname nicknames[];
extern const size_t nickname_count;
extern const struct payer payers[];
extern const size_t payer_count;
extern const struct foreign_name foreign_names[];
extern const size_t foreign_count;

/* "CA" for "California", in any case; the text itself when it is no state. Two letters come back in capitals. */
struct str state_code(struct str text);
/* "California" for "CA"; NULL: no such code. */
const char *state_name(struct str code);

#endif

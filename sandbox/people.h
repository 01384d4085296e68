/*
 * people: believable patients of a practice, made from a seed and a number: the same pair gives the same person, in any
 * order, so a million can be streamed without being kept.
 *
 * Twelve neighbours (n / 12) share a block, which is cut into households: singles, couples, families with children, twins, a
 * father and son of one name. A household shares family name, address, home phone and insurance, often an e-mail address;
 * a child is reached by a parent's phone. Rarely somebody has name and birth date of somebody in the block before.
 *
 * `first` and `last` are who somebody is; `first_shown` and `last_shown` are how the practice typed it: other case,
 * stray blanks. Two people are the same to a demographic match (R7) exactly when first, last and dob are byte for byte equal.
 * The words come from people/tables.h. Phones are in area codes 371 to 377, e-mail domains end in .example.
 */
#ifndef SANDBOX_PEOPLE_H
#define SANDBOX_PEOPLE_H

#include "lib/arena.h"

enum { PERSON_PHONES_MAX = 3, PEOPLE_BLOCK = 12 };

struct person_phone {
	struct str number;
	struct str type; /* as typed: "mobile", "Cell", "work phone" */
};

/* Blank = empty text. Texts are static or live in the arena. */
struct person {
	uint64_t n;
	uint64_t household;     /* equal for those who live together */
	struct str first, last; /* who: empty when the practice does not know */
	struct str first_shown, last_shown;
	struct str middle, suffix, title, chosen_first, pronouns;
	struct str dob; /* YYYY-MM-DD or empty */
	struct str sex, gender, gender_identity, language;
	struct str email;
	struct str line1, line2, city, state, zip, country; /* state: two letters */
	struct person_phone phones[PERSON_PHONES_MAX];
	size_t phone_count;
	struct str ssn; /* nine digits, never one that was issued; may be empty */
	struct str payer, payer_id, group_id, member_id;
	struct str emergency_first, emergency_last, emergency_relationship, emergency_phone;
	struct str account; /* who pays: full name */
	struct str company;
	struct str membership; /* membership_status */
	bool child, placeholder;
	bool consent, agreement, terms, hipaa, tobacco, engaged;
	unsigned practitioner, location, lead_source; /* any number: take it modulo what there is */
	int64_t created_us, updated_us;               /* microseconds since 1970, all before 2025 */
};

/* Texts that are not static live in the arena. Takes 2 to 4 us. */
void person_make(struct arena *arena, uint64_t seed, uint64_t n, struct person *ret);
/* Somebody who is no patient: from another stream of the same seed, in the same towns and of the same names. */
void person_make_other(struct arena *arena, uint64_t seed, uint64_t n, struct person *ret);

/* Draws: the same three numbers give the same answer. `salt` keeps draws for different purposes apart. */
uint64_t people_draw(uint64_t seed, uint64_t n, uint64_t salt);
/* "pat-" and twelve letters or digits (any `prefix`), different for different n of one seed. */
struct str people_id(struct arena *arena, const char *prefix, uint64_t seed, uint64_t n);
/* 18 characters as Salesforce writes ids: three letters of the object, counter n, check letters. */
struct str people_salesforce_id(struct arena *arena, const char *key_prefix, uint64_t n);

#endif

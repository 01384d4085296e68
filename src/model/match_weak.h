/*
 * match_weak: who may be the same person although R7 does not say so (R10). Pure. A weak match is shown to a person and never links by itself.
 *
 * Of each record two texts are kept, as keyed hashes in an index: its names by root ("Bob" and "Robert" are one) with the birth date, and its last
 * name, the first letter of the first name and the birth date. Whoever finds no counterpart asks for a few texts made of his own record in the same
 * way, first and last name exchanged or day and month exchanged among them. A birth date is in every one of them: names alone never suggest anybody.
 */
#ifndef SUTURE_MODEL_MATCH_WEAK_H
#define SUTURE_MODEL_MATCH_WEAK_H

#include "model/value.h"

enum weak_kind { WEAK_NAMES, WEAK_INITIAL, WEAK_KINDS };

/* Numbers are stored: append only. */
enum weak_why { WEAK_FORM = 0, WEAK_SWAPPED = 1, WEAK_DAY_MONTH = 2, WEAK_LETTER = 3, WEAK_WHYS };
const char *weak_why_name(enum weak_why why);    /* "other_form": for programs */
const char *weak_why_meaning(enum weak_why why); /* a sentence, no patient data */

struct weak_names {
	struct str first, last, birth_date;
};
/* Of an identity that is complete (match.h); texts as read. False: nothing is left of a name once it is folded. */
bool weak_kept(struct arena *arena, const struct weak_names *names, struct str ret[WEAK_KINDS]);

struct weak_probe {
	enum weak_kind kind; /* the index to look into */
	enum weak_why why;
	struct str text;
};
enum { WEAK_PROBES = 5 };
/* The surest first. Returns how many. */
size_t weak_probes(struct arena *arena, const struct weak_names *names, struct weak_probe ret[WEAK_PROBES]);

/* Nickname to the name it is short for, both folded; the name itself when it is none. */
struct str weak_root(struct str first_name);

#endif

/*
 * places: US states and territories (USPS codes) and countries (ISO 3166-1), by name, code and common other names. Private to the
 * model; used by TYPE_STATE, TYPE_COUNTRY and the transforms of the same names. Case and surrounding blanks do not count.
 */
#ifndef SUTURE_MODEL_PLACES_H
#define SUTURE_MODEL_PLACES_H

#include "lib/str.h"

struct place {
	const char *code;
	const char *code3; /* countries only, else "" */
	const char *name;
};

const struct place *place_state(struct str text); /* NULL: none of them */
const struct place *place_country(struct str text);

/* The table behind place_country(), in places_countries.c. */
extern const struct place place_countries[];
extern const size_t place_countries_count;

#endif

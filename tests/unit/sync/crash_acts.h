/*
 * crash_acts: what people and their systems do in scenarios (crash_scenarios.c) and in races (race_table.c), and how the engine is told of it. Whatever
 * returns a code may be cut short and begun again.
 */
#ifndef SUTURE_TESTS_SYNC_CRASH_ACTS_H
#define SUTURE_TESTS_SYNC_CRASH_ACTS_H

#include "crash.h"
#include "sync/person.h"

/* A person of that first name, born on one day with all others, with more members in JSON (",..."). */
void patient(struct world *w, const char *id, const char *first, const char *more);
void contact(struct world *w, const char *id, const char *first, const char *more);
/* p1 - c1 ... pN - cN, alike and not linked. */
void pairs(struct world *w, int count);
/* Both sides linked and at rest: the deltas have been there too. */
void settle_all(struct world *w);
/* Of preparations: nothing may fail. */
void acts_must(struct world *w, int code, const struct err *err);

/* R1: a webhook of the EMR about a patient as it is now, with the whole record or as a hint. The sender tries again until it is told 200. */
int told_of_patient(struct world *w, const char *id, const char *what, bool whole, struct err *err);
/* The CRM's stream tells of a contact, with these members. */
int told_of_contact(struct world *w, const char *id, const char *members, struct err *err);

/* R29, R30: a person wishes. ERR_CONFLICT: a record is linked already, found at once or when his wish was decided. Pressed again by who was not answered: what was carried out by then is no mistake of his.
 * TAKEN_BACK: before anybody had begun with it somebody asked for something else. */
enum { TAKEN_BACK = 1 };
int person_wishes(struct world *w, enum side side, enum wish what, const char *id, const char *partner,
                  struct err *err);
/* R22: a person decides about a conflict. */
int person_decides(struct world *w, int64_t id, enum choice_by by, const char *value, struct err *err);

#endif

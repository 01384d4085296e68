/*
 * world: what both stand-in systems hold before anything is synchronised, and what a correct import must make of it.
 *
 * world_build() hands every record to a vendor's `create` (server.h): {"object":"patient","id":..,"fields":{..}} to Hint,
 * {"object":"Account" or "Contact","id":..,"fields":{..}} to Salesforce. Ids are given so that truth can name them.
 *
 * Three sources:
 *	generated   people.h, any number
 *	data file   FHIR Patients as NDJSON (digits are stripped from names; insurance and e-mail made up)
 *	world file  explicit records: {"hint":[{"object","id"?,"fields"}..],"salesforce":[..]}, or by object:
 *	            {"hint":{"patients":[{"id"?,..fields}]},"salesforce":{"Account":[{"Id"?,..fields}],"Contact":[..]}}.
 *	            May come with one of the others; carries no truth.
 *
 * The Salesforce org of the first two sources holds a default Account and contacts that stand in a known relation to the
 * patients. Counterparts carry other values and blanks in some fields, names in other case or with other white space.
 * Truth is exact: first every (first, last, birth date) is counted, then relations are given out, and nobody is put in
 * who would match somebody by accident.
 */
#ifndef SANDBOX_WORLD_H
#define SANDBOX_WORLD_H

#include "codec/json.h"
#include "lib/err.h"

/* What the first import (R12, create option on) must do with a patient. To add a relation: one row here, one in world.c. */
#define RELATION_LIST(X)                                                                                               \
	X(RELATION_NONE, "none", "created", "nobody in Salesforce fits")                                               \
	X(RELATION_EXACT, "exact", "linked", "one unlinked contact has the same name and birth date (R8)")             \
	X(RELATION_STORED, "stored", "linked", "a contact already stores this patient's id (R6)")                      \
	X(RELATION_TWO_CONTACTS, "two_contacts", "skipped_ambiguous", "two contacts fit (R8)")                         \
	X(RELATION_TWO_PATIENTS, "two_patients", "skipped_ambiguous", "one contact fits two patients (R8)")            \
	X(RELATION_ELSEWHERE, "elsewhere", "skipped_linked", "the contact that fits is linked to another record (R8)") \
	X(RELATION_OTHER_DATE, "other_date", "created", "a contact has the name and another birth date (R7)")          \
	X(RELATION_NO_DATE, "no_date", "created", "a contact has the name and no birth date (R7)")                     \
	X(RELATION_INCOMPLETE, "incomplete", "created",                                                                \
	  "name or birth date is missing, or the name is a placeholder (R7)")                                          \
	X(RELATION_NAMESAKE, "namesake", "created", "another patient has the same name and birth date, no contact has")

#define RELATION_ENUM_ROW(relation, name, treatment, meaning) relation,
enum relation { RELATION_LIST(RELATION_ENUM_ROW) RELATION_COUNT };
#undef RELATION_ENUM_ROW

const char *relation_name(enum relation relation);      /* "two_contacts" */
const char *relation_treatment(enum relation relation); /* "skipped_ambiguous" */

struct world_plan {
	uint64_t seed;
	size_t patients;              /* generated */
	unsigned counterpart_percent; /* patients with exactly one unlinked counterpart */
	unsigned others_percent;      /* contacts who are no patients, in percent of the patients */
	const char *data_file;        /* instead of generated ones, or NULL */
	const char *world_file;       /* or NULL */
};
#define WORLD_PLAN_INIT                                                    \
	{                                                                  \
		.seed = 1, .counterpart_percent = 15, .others_percent = 20 \
	}

/* Called for each record; the body is borrowed for the call. */
typedef int world_create_fn(void *context, const struct json *body, struct err *err);

struct world_sinks {
	void *hint_context, *salesforce_context;
	world_create_fn *hint, *salesforce; /* NULL: that system is not there */
};

struct world;

/* ERR_PARSE and ERR_CONFIG name file and line; what a sink refuses is passed on. */
int world_build(const struct world_plan *plan, const struct world_sinks *sinks, struct world **ret,
                struct err *err) MUST_CHECK;
void world_free(struct world **world);
/* Explicit records, shaped as in a world file. ERR_... of the sink, with the number of the record. */
int world_load(const struct json *world, const struct world_sinks *sinks, struct err *err) MUST_CHECK;

/* {"seed":..,"counts":{"created":..},"patients":[{"id","treatment","relation","contacts":[..]}]}: `contacts` holds the one to
 * be linked, or the candidates, or who only looks similar. */
void world_write(const struct world *world, struct buf *out);

/* For tests and for callers that count. */
size_t world_patients(const struct world *world);
size_t world_count(const struct world *world, enum relation relation);

#endif

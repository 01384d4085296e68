/*
 * mapping: rows that join an EMR path to a CRM field, with direction, transform, type, source of truth (R22) and blank rule (R23). Loaded from the
 * configuration; files for Hint and Contact ship with the product (src/model/mappings/).
 *
 *	fields:
 *	  - {name: First name, emr: first_name, crm: FirstName, type: name, role: first_name}
 *	  - {name: Street, emr: [address_line1, address_line2], crm: MailingStreet, transform: lines}
 *	  - {name: Practitioner, emr: practitioner.name, crm: Practitioner_Name__c, direction: emr_to_crm}
 *	  - {name: Lead source, emr: lead_source.name, crm: LeadSource, winner: crm, blank: clear}
 */
#ifndef SUTURE_MODEL_MAPPING_H
#define SUTURE_MODEL_MAPPING_H

#include "model/path.h"
#include "model/transform.h"

enum direction { DIRECTION_BOTH, DIRECTION_EMR_TO_CRM, DIRECTION_CRM_TO_EMR };
enum winner { WINNER_EMR, WINNER_CRM, WINNER_NEWEST, WINNER_REVIEW };
enum blank_rule { BLANK_KEEP, BLANK_CLEAR };
enum field_role {
	ROLE_NONE,
	ROLE_FIRST_NAME,
	ROLE_LAST_NAME,
	ROLE_BIRTH_DATE
}; /* what a demographic match reads (R7) */

#define MAPPING_PATHS_MAX 4

struct field_map {
	struct str name; /* for people */
	const struct path *emr[MAPPING_PATHS_MAX];
	size_t emr_count;
	const struct path *crm;
	struct transform transform; /* kind NULL: as it is */
	enum value_type type;
	enum direction direction;
	enum winner winner;    /* default: emr (R25) */
	enum blank_rule blank; /* default: keep (R23) */
	enum field_role role;
	bool off;      /* R38: not of this mode: the field is left as it is on both sides */
	uint32_t line; /* in the file it came from; 0: unknown */
};

struct mapping {
	struct field_map *fields;
	size_t count;
	const struct field_map *first_name, *last_name, *birth_date; /* by role; NULL: no demographic match possible */
};

/* `spec`: the object above. ERR_CONFIG with line, field and what is allowed. Everything lives in the arena (and borrows spec). */
int mapping_parse(struct arena *arena, const struct json *spec, struct mapping *ret, struct err *err) MUST_CHECK;
/*
 * R38: a separate mapping for what comes in real time. Both become one list of rows in the same order: those of `batch`, then those that only `live` has; each with
 * the direction, source of truth and blank rule of its mode, and `off` where its mode has no such row. Rows of the same CRM field must read the same
 * (path, transform, type), as they share one base: ERR_CONFIG says which do not.
 */
int mapping_join(struct arena *arena, struct mapping *batch, struct mapping *live, struct err *err) MUST_CHECK;
/* Source of truth and blank rule of one row; an empty text leaves what is there. ERR_CONFIG lists the allowed words. */
int mapping_set_policy(struct field_map *field, struct str winner, struct str blank, struct err *err) MUST_CHECK;
/* A mapping that ships with the product, as YAML text ("hint-contact"); empty: unknown. */
struct str mapping_builtin(struct str name);
size_t mapping_builtin_count(void);
const char *mapping_builtin_name(size_t n);

const char *direction_name(enum direction d);
const char *winner_name(enum winner w);
/* R17: what is mapped one way has its source for a winner. */
const char *mapping_winner_name(const struct field_map *field);
const char *blank_rule_name(enum blank_rule b);

/* All values of one record, one per field, in mapping order. A value that cannot be converted stops with ERR_DATA and
 * *ret_field set to the row (R3: "a transform error"); in a row that is `off` it reads as blank. */
int mapping_read_emr(const struct mapping *m, struct arena *arena, const struct json *record, struct value *ret_values,
                     const struct field_map **ret_field, struct err *err) MUST_CHECK;
int mapping_read_crm(const struct mapping *m, struct arena *arena, const struct json *record, struct value *ret_values,
                     const struct field_map **ret_field, struct err *err) MUST_CHECK;
/* An object with the CRM fields whose `write` is set. */
struct json *mapping_write_crm(const struct mapping *m, struct arena *arena, const struct value *values,
                               const bool *write);
/* An object with the top-level members of the EMR record that change, each whole (a phones list with all its phones). `record`: the record as it is now, or
 * NULL for a new one. */
int mapping_write_emr(const struct mapping *m, struct arena *arena, const struct json *record,
                      const struct value *values, const bool *write, struct json **ret,
                      const struct field_map **ret_field, struct err *err) MUST_CHECK;
/* Does what this field writes to the EMR stand inside a member that holds more than the field (a list, a nested object)? Then the member is made from the
 * record as it is at that moment, or a person's edit beside the field is lost (R28). */
bool mapping_shares_member(const struct field_map *field);

#endif

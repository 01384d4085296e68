/* rows: a person as the record that each system's `create` takes (world.h). Texts are borrowed from the person. */
#ifndef SANDBOX_PEOPLE_ROWS_H
#define SANDBOX_PEOPLE_ROWS_H

#include "codec/json.h"
#include "sandbox/people.h"

/* `record_id`: integration_record_id, or empty. */
struct json *row_patient(struct arena *arena, const struct person *p, struct str id, struct str record_id);

struct contact_row {
	struct str id, account;
	struct str hint_patient_id; /* empty: none */
	bool synced;
};
struct json *row_contact(struct arena *arena, const struct person *p, const struct contact_row *extra);
struct json *row_account(struct arena *arena, struct str id, const char *name);

/* The same person as another system knows them: names in other case or spacing, some fields older, filled or blank.
 * first, last and dob stay (the truth), first_shown and last_shown change. */
void row_vary(struct arena *arena, struct person *p, uint64_t dice);

#endif

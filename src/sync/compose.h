/*
 * compose: from a merge result to the writes that are owed. Pure but for sealing: no store, no network.
 */
#ifndef SUTURE_SYNC_COMPOSE_H
#define SUTURE_SYNC_COMPOSE_H

#include "sync/link.h"
#include "sync/outbox.h"
#include "sync/run.h"

/*
 * What the body of an entry holds: an object, as it is sent. Or a list with one object: {CRM field: [value, what the EMR's record held of it then]}, for a change
 * of an EMR record that touches a list or a nested object: the members are made from the record as it is when the entry is delivered, so that what a
 * person adds beside our field until then is kept (R28).
 */
struct writes {
	struct owed owed[3]; /* to the CRM, to the EMR, and the low-priority back-reference */
	size_t count;
	struct str base; /* an existing link's: the base of the fields that need no write; holds from now on */
	bool wait;       /* an entry of normal priority is among them: the payload is OWED until it is delivered */
};

struct compose {
	struct engine *engine;
	const struct plan *plan;
	struct arena *arena;       /* what is owed, sealed, lives here */
	struct arena *scratch;     /* and what it is made from here */
	const struct run *run;     /* NULL: no Batch Sync ID */
	enum side side;            /* of the payload */
	bool person;               /* a person waits for it */
	bool shows_link;           /* the fields that show the link are written once more */
	bool joins;                /* a new link with a record that was there */
	struct str emr_id, crm_id; /* one is empty: that one is to be created */
	struct str version[2];     /* by side: of the records that were merged (R26) */
	const struct json *emr_record;
	const struct value *emr;       /* what it holds of each mapped field */
	const struct mapping *mapping; /* R38: of the payload's mode; NULL: nothing was merged */
	const struct merged *merged;
	const struct base *base; /* the link's as it is; NULL: none yet */
};

/* R29, R31: what the records of a link get when it ends: `gone`: c->side lost its record, else both are there and are only let go of. */
void compose_undo(const struct compose *c, enum on_removal how, bool gone, struct writes *ret);
/* R18: the EMR record has just been created as `c->emr_id`: its id and the mark go into the CRM record. */
struct owed compose_link_fields(const struct compose *c);

int compose_writes(const struct compose *c, struct writes *ret, const struct field_map **ret_field,
                   struct err *err) MUST_CHECK;
/* R18: our id and web link into the EMR's record; low priority. False when the EMR has no place for it or it is switched off. */
bool compose_back_reference(struct engine *engine, const struct plan *plan, struct arena *arena, struct str emr_id,
                            struct str crm_id, struct owed *ret);

#endif

/*
 * history: what was decided of each field when a pair was merged: who won, by which rule, and what both sides held. Only writer of the table `history`.
 *
 * A row is one merge that moved something: only its fields that were written or in conflict are in it. Names and rules are plain, values are sealed. A record that was
 * created has no row: all its values are its payload's. Measured: 170 bytes for one field that moved, 560 for a first link of a dozen, and some 40 for the row and its index.
 */
#ifndef SUTURE_SYNC_HISTORY_H
#define SUTURE_SYNC_HISTORY_H

#include "sync/sealed.h"

struct history {
	int64_t id, link_id, staged_id, at_ms;
	enum merge_mode mode;
	int64_t mapping_version;
	int64_t purged_ms; /* its values were taken away then, as it is old; 0: they are there */
	struct str
	        fields; /* [["Email","R20","c"],…]: written to e(mr), c(rm); ! conflict, ? it waits for a person, p a person decided */
	struct str sides; /* sealed: [[emr,crm,base of the EMR,base of the CRM,after],…] in the same order */
};

/* A merge, as weighed. */
struct history_of {
	const struct mapping *mapping;
	const struct base *base; /* NULL: none yet */
	const struct value *emr, *crm;
	const struct merged *merged;
	const struct str *decided; /* names of the fields that a person decided */
	size_t decided_count;
};
/* `fields` stays empty when nothing moved. */
void history_make(struct engine *engine, struct arena *arena, const struct history_of *of, struct history *ret);
/* Inside the commit of the merge. Rows without fields are passed over. */
int history_add(struct db *db, const struct history *row, struct err *err) MUST_CHECK;

/* ---- reading ---- */

struct history_field {
	struct str name;
	struct str rule;     /* "R20" */
	bool to_emr, to_crm; /* written there */
	bool conflict, waits, by_person;
	struct str emr, crm, before_emr, before_crm, after; /* history_open */
};
/* The fields of a row, without their values. */
int history_fields(struct arena *arena, const struct history *row, struct history_field **ret, size_t *ret_count,
                   struct err *err) MUST_CHECK;
/* The same with values, but where they were purged: for people who may see them, and with a line in the audit trail. */
int history_open(struct engine *engine, struct arena *arena, const struct history *row, struct history_field **ret,
                 size_t *ret_count, struct err *err) MUST_CHECK;
/* Of one pair, the youngest first. before_id 0: from the end; limit 0: 100. */
int history_of_link(struct engine *engine, struct arena *arena, int64_t link_id, int64_t before_id, size_t limit,
                    struct history **ret, size_t *ret_count, struct err *err) MUST_CHECK;

/* The values; which fields moved, and by which rule, stays. */
extern const struct purgeable history_purgeable;
extern const struct sealed_column history_sealed;

#endif

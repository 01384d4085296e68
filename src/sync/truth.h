/*
 * truth: what the records themselves say of how they stand: a status, a reason in plain words and a deep link, written where staff work. Only writer of
 * the table `told`, which holds a row for each record that shows trouble, or is about to.
 *
 *	the CRM    the sync's crm_status_field, crm_reason_field, crm_link_field
 *	the EMR    traits.reference_message_field and reference_link_field (Hint: integration_error_message, integration_web_link), unless the sync's
 *	           back_reference is off
 *
 * A write that goes to the CRM record anyway carries it along (compose.c). Else it is an outbox entry of low priority with only these fields, at most one
 * a record, and only where the text differs from what was told last. The fields are not mapped, so that their echo is no change (R27). A low write to the
 * CRM is made without looking at the record: no field of its base may be unsure then, or a person's edit could be learnt as the CRM's own spelling.
 *
 * Reasons are our own texts and hold no patient's data (R41).
 */
#ifndef SUTURE_SYNC_TRUTH_H
#define SUTURE_SYNC_TRUTH_H

#include "sync/link.h"
#include "sync/outbox.h"

/* The words of the Salesforce package's picklist. Numbers are stored: append only. */
enum truth_status { TRUTH_SYNCED = 0, TRUTH_FAILED = 2, TRUTH_CONFLICT = 3, TRUTH_NOT_LINKED = 4 };
const char *truth_status_name(enum truth_status status); /* "Not linked" */

struct truth {
	enum truth_status status;
	struct str reason; /* empty: nothing is wrong */
	bool if_shown;     /* only where something was told before */
};

/* Of whom: one record, or both of a pair. */
struct truth_about {
	struct engine *engine;
	const struct plan *plan;
	struct arena *arena;
	struct str id[2]; /* by side; empty: not told there */
	int64_t link_id;  /* 0: none */
};

/* Does that side have a place for it? */
bool truth_has_place(const struct plan *plan, enum side side);
/* The members that show it, for a write to that side; `other_id`: the counterpart, for the link; may be empty. */
void truth_members(const struct plan *plan, struct arena *arena, enum side side, const struct truth *truth,
                   struct str other_id, struct json *body);
/* A conflict that a person decides, in these fields (R22). */
struct truth truth_of_conflict(struct arena *arena, const struct str *fields, size_t count);
/* "https://…/{id}" of a connection, of this record; empty: it has none. */
struct str truth_link(struct arena *arena, const struct connection *c, struct str id);

/* Inside a transaction. Owes what differs from what was told last. */
int truth_tell(struct db *db, const struct truth_about *about, const struct truth *truth, struct err *err) MUST_CHECK;
/* Nothing failed: what holds of the link is told: stopped, a conflict that waits, or in step. */
int truth_tell_link(struct db *db, const struct truth_about *about, struct err *err) MUST_CHECK;
/* A write was delivered: what it told is what its record shows. *ret_more: a younger truth is owed to that record. */
int truth_delivered(struct db *db, const struct truth_about *about, const struct owed *owed, bool *ret_more,
                    struct err *err) MUST_CHECK;
/* Does a record of this pair show trouble? Then what says that nothing changed is looked at once more: the trouble may be over. */
int truth_troubles(struct db *db, const struct link *link, bool *ret, struct err *err) MUST_CHECK;
/* Are these members of a CRM record what truth_members wrote, and nothing else of interest? */
bool truth_only(const struct plan *plan, const struct json *members);
/* Does any record of this sync show trouble? */
int truth_any(struct db *db, int64_t sync_id, bool *ret, struct err *err) MUST_CHECK;
/* The record is let go of, and its write says so. */
int truth_forget(struct db *db, int64_t sync_id, enum side side, struct str record_id, struct err *err) MUST_CHECK;

/* What a record shows, for tests and reports. */
struct told {
	enum truth_status status;
	int64_t owed_id; /* the outbox entry that tells it; 0: it was delivered */
	struct digest16 hash;
	int64_t at_ms; /* when it was told last, or was to be */
};
int truth_read(struct db *db, int64_t sync_id, enum side side, struct str record_id, struct told *ret, bool *ret_found,
               struct err *err) MUST_CHECK;

#endif

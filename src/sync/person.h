/*
 * person: what a person does with one record (R11, R29, R30, R40). Each wish is a payload like any other, with a person's priority (capture_wish): if a daemon
 * works on the sync it carries the wish out and we wait for it; else we take the sync's lock and do it here.
 */
#ifndef SUTURE_SYNC_PERSON_H
#define SUTURE_SYNC_PERSON_H

#include "sync/review.h"
#include "sync/stage.h"

struct wished {
	struct staged
	        staged; /* the payload as it ended: state, outcome, reason, error; after the record was read, the one that took the wish's place */
	bool waits;     /* nobody has decided it yet: it stays queued, and who works on the sync will */
	struct str emr_id, crm_id; /* of the pair that it ended with or on; empty: none */
};
/* An id as records carry it. ERR_USAGE: it is none. */
int person_id(const struct plan *plan, struct arena *arena, enum side side, struct str text, struct str *ret,
              struct err *err) MUST_CHECK;
struct person_asks {
	enum side side;
	enum wish wish;
	struct str record_id, partner; /* `partner` is needed for WISH_LINK and WISH_RELINK */
	const char *why;               /* for the audit trail, beside who and what; NULL: none was given */
};
/* Waits up to timeout_ms. ERR_NOT_FOUND and ERR_CONFLICT say what to do. */
int person_asks(struct engine *engine, struct plan *plan, struct arena *arena, const struct person_asks *asks,
                int64_t timeout_ms, struct wished *ret, struct err *err) MUST_CHECK;
/* R22: what a person decides about conflicts: one, or (id 0) all that wait in this sync. */
struct decides {
	int64_t conflict_id;
	enum choice_by by;
	struct str value; /* CHOICE_VALUE: what both sides are to hold; empty: blank */
	const char *why;
};
struct decided {
	size_t count;   /* decisions */
	size_t settled; /* of these, carried out */
	size_t again; /* of these, not carried out, as a value was changed meanwhile (R28): they wait for a new decision */
	struct wished last; /* the payload of the last pair */
};
/* Decides, audits, and carries it out like a wish. A conflict that its policy decided may be overruled: `emr` and `crm` are the values of then. */
int person_resolve(struct engine *engine, struct plan *plan, struct arena *arena, const struct decides *decides,
                   int64_t timeout_ms, struct decided *ret, struct err *err) MUST_CHECK;

/* R11: what linking would change, field by field, to engine->on_verdict; engine->dry. */
int person_preview(struct engine *engine, struct plan *plan, enum side side, enum wish wish, struct str record_id,
                   struct str partner, struct err *err) MUST_CHECK;

/* People to choose from: the far side's own search where it has one, else the local index of who was read (by whole names and birth date), else those of
 * that name and of similar ones where the far side's list can be filtered by names. */
struct hit {
	struct str id;
	struct str first_name, last_name, birth_date; /* for the person who searches; never for logs (R41) */
	struct str linked_to;                         /* the other side's id; empty: free */
};
/* The text may be a record's id. ERR_UNSUPPORTED: the far side has no search, and the text is not a whole name and birth date. That somebody searched
 * stands in the audit trail, without the text. */
int person_search(struct engine *engine, struct plan *plan, struct arena *arena, enum side side, struct str text,
                  struct hit **ret, size_t *ret_count, struct err *err) MUST_CHECK;

/* Records beside each other, as they are now: read at their systems. For a person who may see them: one line a record in the audit trail. */
struct compared {
	enum side side;
	struct str id;              /* to be filled by the caller, with `side` */
	bool there;                 /* its system has it */
	struct str linked_to;       /* the other side's id; empty: free */
	const struct value *values; /* one a field of the mapping, in CRM form; NULL: not there, or not readable */
	struct str trouble;         /* why it is not readable */
};
enum { COMPARE_MOST = 12 };
/* ERR_USAGE: more than COMPARE_MOST. */
int person_compare(struct engine *engine, struct plan *plan, struct arena *arena, struct compared *all, size_t count,
                   struct err *err) MUST_CHECK;

#endif

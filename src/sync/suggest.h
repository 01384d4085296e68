/*
 * suggest: the queue of pairs that may be one person, for a person to decide (R10). Only writer of the table `suggestion`. Nothing here links anybody: who
 * is the same is said with `suture link`, who is not with `suture dismiss`.
 *
 * Whoever is left without a counterpart, or gets a new one made, asks the index of identities for records of the other side that are nobody's either and share
 * a weak hash with him (model/match_weak.h). A record that fits somebody exactly is never suggested to another one. A pair is suggested once: what a
 * person dismissed does not come back.
 */
#ifndef SUTURE_SYNC_SUGGEST_H
#define SUTURE_SYNC_SUGGEST_H

#include "sync/identity.h"
#include "sync/stage.h"

/* Numbers are stored. LINKED: a person linked the two. */
enum suggestion_state { SUGGESTION_OPEN = 0, SUGGESTION_LINKED = 1, SUGGESTION_DISMISSED = 2 };
const char *suggestion_state_name(enum suggestion_state state);

struct suggestion {
	int64_t id, sync_id, at_ms;
	struct str emr_id, crm_id;
	enum side candidate; /* the record of that side was free when it was suggested */
	enum weak_why why;
	enum suggestion_state state;
	struct str decided_by;
	int64_t decided_ms;
};

/* Of a record with a complete identity; `there` is false where nothing is left of its names. */
struct weak_hashes suggest_hashes(const struct plan *plan, struct arena *arena, enum side side,
                                  const struct json *record);

/* What reconcile found for one payload, in its arena, until it is committed. */
struct suggesting {
	const struct staged *staged;
	struct weak_hashes own; /* to be noted: this record stays without a counterpart */
	struct suggestion *at;
	size_t count;
	struct suggest_probe {
		enum weak_kind kind;
		enum weak_why why;
		int64_t hash;
		struct known *found;
		size_t found_count;
	} * probes;
	size_t probe_count;
};
enum { SUGGEST_MOST = 5 }; /* for one payload */
/* What will be asked for it; in the arena. False: nothing, as too little is known of who it is. `stays`: no counterpart is made for it. */
bool suggest_begin(const struct plan *plan, struct arena *arena, const struct staged *staged, const struct json *record,
                   bool stays, struct suggesting *ret);
/* Looks for all of them, which began. Reads only. */
int suggest_look(struct db *db, const struct plan *plan, struct arena *arena, struct suggesting *const *all,
                 size_t count, struct err *err) MUST_CHECK;
/* Inside a transaction. */
int suggest_note(struct db *db, const struct staged *staged, const struct suggesting *found,
                 struct err *err) MUST_CHECK;
/* A person linked the two: what was suggested of them is decided. */
int suggest_linked(struct db *db, int64_t sync_id, struct str emr_id, struct str crm_id, const char *who,
                   struct err *err) MUST_CHECK;

/* Open ones whose candidate is still free; of all syncs; at most `limit` (0: 100). */
int suggest_list(struct engine *engine, struct arena *arena, int64_t after_id, size_t limit, struct suggestion **ret,
                 size_t *ret_count, struct err *err) MUST_CHECK;
/* All of one record, decided or not; at most 100. */
int suggest_of(struct engine *engine, struct arena *arena, int64_t sync_id, enum side side, struct str record_id,
               struct suggestion **ret, size_t *ret_count, struct err *err) MUST_CHECK;
/* R10, R7: a person says that these two are not the same, whether that was suggested or not: they are neither suggested nor linked by themselves any more. */
int suggest_never(struct engine *engine, const struct plan *plan, struct str emr_id, struct str crm_id, const char *why,
                  struct err *err) MUST_CHECK;
/* Did a person say so? */
int suggest_was_dismissed(struct db *db, int64_t sync_id, struct str emr_id, struct str crm_id, bool *ret,
                          struct err *err) MUST_CHECK;
struct suggest_pair {
	struct str id[2]; /* by side */
};
int suggest_was_dismissed_ahead(struct db *db, int64_t sync_id, const struct suggest_pair *pairs, size_t count,
                                struct err *err) MUST_CHECK; /* db_ahead for it */
/* They are two people. ERR_NOT_FOUND: no such suggestion; ERR_CONFLICT: it is decided. Who and why stand in the audit trail. */
int suggest_dismiss(struct engine *engine, struct arena *arena, int64_t id, const char *why, struct suggestion *ret,
                    struct err *err) MUST_CHECK;

#endif

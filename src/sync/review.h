/*
 * review: what waits for a person, and what was decided by policy: conflicts (R22). Only writer of the table `conflict`. Values are sealed.
 */
#ifndef SUTURE_SYNC_REVIEW_H
#define SUTURE_SYNC_REVIEW_H

#include "sync/sync.h"

struct conflict {
	int64_t id, sync_id, link_id, staged_id, at_ms, policy_version;
	struct str field;
	struct str winner; /* "emr", "crm", "newest", "review" */
	bool waiting;      /* a person decides */
	struct str sides;  /* sealed: {"base":…,"emr":…,"crm":…} */
};

struct str conflict_seal(struct engine *engine, struct arena *arena, struct str base, struct str emr, struct str crm);
/* The pair is merged anew: what waited for a person is either added again or has come to an end. */
int conflict_ask_no_more(struct db *db, int64_t link_id, struct err *err) MUST_CHECK;
int conflict_add(struct db *db, const struct conflict *conflict, struct err *err) MUST_CHECK;
/* Names of the fields of a pair that wait for a person, at most `limit`. */
int conflict_waiting(struct db *db, struct arena *arena, int64_t link_id, size_t limit, struct str **ret,
                     size_t *ret_count, struct err *err) MUST_CHECK;
int conflict_list(struct engine *engine, struct arena *arena, int64_t after_id, size_t limit, struct conflict **ret,
                  size_t *ret_count, struct err *err) MUST_CHECK;

#endif

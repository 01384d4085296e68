/*
 * audit: who did what, when, before, after and why (R25). Only writer of the table `audit`; append-only, each row carries the hash of the one before.
 * Patient data stands in it only as "was looked at".
 */
#ifndef SUTURE_SYNC_AUDIT_H
#define SUTURE_SYNC_AUDIT_H

#include "sync/sync.h"

struct audit_entry {
	int64_t id, at_ms;
	struct str who, action, subject, before, after, why;
};

int audit_add(struct db *db, const struct audit_entry *entry, struct err *err) MUST_CHECK;
/* In a durable transaction of its own. */
int audit_note(struct engine *engine, const char *action, struct str subject, struct str before, struct str after,
               const char *why, struct err *err) MUST_CHECK;
int audit_list(struct engine *engine, struct arena *arena, int64_t after_id, size_t limit, struct audit_entry **ret,
               size_t *ret_count, struct err *err) MUST_CHECK;
/* The latest first: what a person looks through. Empty texts and zeros: any. `subject`: part of it, in any case. */
struct audit_filter {
	int64_t before_id; /* go on behind this one */
	struct str who, action, subject;
	int64_t since_ms, until_ms;
	size_t limit; /* 0: 100 */
};
int audit_find(struct engine *engine, struct arena *arena, const struct audit_filter *filter, struct audit_entry **ret,
               size_t *ret_count, struct err *err) MUST_CHECK;
/* The subject of what concerns one record, everywhere the same: who looked at it and who linked it stands together in its story (timeline.h). */
struct str audit_record(struct arena *arena, enum side side, struct str record_id, struct str sync);
/* Of one subject, the youngest first; limit 0: 100. */
int audit_of(struct engine *engine, struct arena *arena, struct str subject, size_t limit, struct audit_entry **ret,
             size_t *ret_count, struct err *err) MUST_CHECK;
/* Recomputes the chain. 0, or ERR_STORE with the first row that does not fit. */
int audit_verify(struct engine *engine, int64_t *ret_rows, struct err *err) MUST_CHECK;

#endif

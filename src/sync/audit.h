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
/*
 * The chain, computed anew. Whoever can write to the database can also compute a whole new chain, or cut its end off: so the head (the hash of the latest row) is
 * written down elsewhere from time to time (`suture audit --print-head`, the daemon's log) and held against the trail later as `expected`.
 */
struct audit_chain {
	int64_t rows;
	int64_t first_ms, last_ms;
	int64_t broken, broken_id; /* rows that do not fit, the first of them; 0: all fit */
	const char *broken_why;    /* what differs there; static */
	int64_t head_id;           /* 0: the trail is empty */
	struct digest head;
	bool expected_seen; /* a row has the expected hash; true when nothing was expected */
};
/* `expected`: 64 hex digits, or "ID:" and those (ERR_USAGE when it is neither), or empty. A chain that is broken is no error. */
int audit_verify(struct engine *engine, struct str expected, struct audit_chain *ret, struct err *err) MUST_CHECK;
/* "12:9f86d0...": what is written down. Empty while the trail is. */
struct str audit_head_text(struct arena *arena, const struct audit_chain *chain);
/* What is wrong with it as a sentence; NULL: nothing is. */
const char *audit_trouble(struct arena *arena, const struct audit_chain *chain);

#endif

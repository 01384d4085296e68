/*
 * purge: retention. The bytes of what is old and over are taken away; the proof stays: hashes, ids, outcomes, who decided what and when, and the audit trail whole.
 * Never touched: what waits for the road or for a person, failed payloads (`suture retry` or skipping ends those), and payloads that a living link or a younger
 * payload needs.
 *
 * In small transactions, so that it may run beside the daemon, and may be cut short anywhere: what is left is taken the next time.
 */
#ifndef SUTURE_SYNC_PURGE_H
#define SUTURE_SYNC_PURGE_H

#include "sync/sync.h"

struct purge_order {
	int64_t before_ms; /* payloads, conflicts, decisions, files and bases of ended pairs that were over before then */
	int64_t journal_before_ms; /* lines of the log from before then; 0: the log stays whole */
	bool dry;                  /* count, take nothing away */
	bool compact; /* write the whole database anew afterwards: no trace is left in free places of its file */
};

struct purge_count {
	const char *what;          /* "payloads" */
	int64_t rows, bytes, kept; /* purged; old, but needed */
};
enum { PURGE_KINDS = 7 };
struct purge_report {
	struct purge_count of[PURGE_KINDS];
	int64_t waiting; /* old payloads that wait, failed ones among them */
	bool log_left;   /* the database's log still holds what was purged: somebody reads what is older. Purge again */
};

#define PURGE_LOG_LEFT                                                                                                \
	"purged, but the database's log, which holds pages as they were, could not be emptied: somebody was reading " \
	"what is older. Run `suture purge` again"
int purge(struct engine *engine, const struct purge_order *order, struct purge_report *ret, struct err *err) MUST_CHECK;

/* ---- by itself: `retention:` of the configuration ---- */

struct retention {
	int64_t payloads_ms, log_ms; /* 0: for good */
	int64_t hour;                /* of the day, UTC: when it is quiet */
};
int retention_read(struct engine *engine, struct retention *ret, struct err *err) MUST_CHECK;
/* Purges what these say; what was done stands in the log. */
int retention_run(struct engine *engine, const struct retention *retention, struct err *err) MUST_CHECK;

#endif

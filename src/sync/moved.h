/*
 * moved: how many records were written, by hour: what a chart of a week shows. Only writer of the table `moved`. Counted in the transaction that settles the
 * writes, one statement a call, so that the figures survive a crash and cost nothing that grows with the records.
 *
 * A write counts once the far side has taken it. Back-references and what else waits at low priority do not: nobody changed a value there.
 */
#ifndef SUTURE_SYNC_MOVED_H
#define SUTURE_SYNC_MOVED_H

#include "sync/sync.h"

/* Inside a transaction; 0 records are no row. */
int moved_count(struct db *db, int64_t sync_id, enum side to, int64_t records, struct err *err) MUST_CHECK;

struct moved {
	int64_t sync_id, hour_ms; /* the hour's beginning, UTC */
	int64_t to_crm, to_emr;
	int64_t failed; /* payloads that failed in this hour and have not been mended or left out since */
};
/* Hours in which something happened since then, oldest first. */
int moved_list(struct engine *engine, struct arena *arena, int64_t since_ms, struct moved **ret, size_t *ret_count,
               struct err *err) MUST_CHECK;

#endif

/*
 * tally: events by name and day: how many came, how many of them are switched off (R37). Only writer of the table `event_tally`. Counted in memory and
 * written by tally_flush, so that an event costs no commit of its own; a crash loses the counts of a few seconds and nothing else.
 */
#ifndef SUTURE_SYNC_TALLY_H
#define SUTURE_SYNC_TALLY_H

#include "sync/sync.h"

struct tally;

struct tally *tally_new(void);
void tally_free(struct tally **tally);
/* Any thread. `event`: the far side's own name of it; names beyond the first few hundred are counted as "other". */
void tally_count(struct tally *tally, int64_t sync_id, struct str event, bool off);
int tally_flush(struct tally *tally, struct engine *engine, struct err *err) MUST_CHECK;

struct tally_row {
	int64_t sync_id, day; /* days since 1970, UTC */
	struct str event;
	int64_t came, off;
};
/* Of the last `days` days; sync_id 0: of all. */
int tally_list(struct engine *engine, struct arena *arena, int64_t sync_id, int64_t days, struct tally_row **ret,
               size_t *ret_count, struct err *err) MUST_CHECK;

#endif

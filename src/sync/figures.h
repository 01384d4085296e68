/*
 * figures: what a dry run would do, counted from the engine's verdicts: for the command line and the API. Not synchronised: one dry run, one reader after it,
 * or a lock of the caller's.
 */
#ifndef SUTURE_SYNC_FIGURES_H
#define SUTURE_SYNC_FIGURES_H

#include "sync/sync.h"

struct figures {
	int64_t counts[OUTCOME_COUNT];
	int64_t records_changed, fields_to_crm, fields_to_emr;
};

/* How many of the verdict's fields would be written. */
size_t figures_take(struct figures *figures, const struct verdict *verdict);
int64_t figures_read(const struct figures *figures); /* records that were judged */

#endif

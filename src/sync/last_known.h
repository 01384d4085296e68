/*
 * last_known: records of an object that its system does not give by themselves (an insurance of NikoHealth is read with its patient's list only). What was
 * settled last of them is as young as can be had: the next list brings what is younger.
 */
#ifndef SUTURE_SYNC_LAST_KNOWN_H
#define SUTURE_SYNC_LAST_KNOWN_H

#include "sync/sync.h"

/* `why`: how a fetch failed. ERR_UNSUPPORTED: *ret has one record for each id, as fetch_finish would give; one that is not known carries `why` as its fault. Else
 * the error that the caller goes on with. */
int last_known(struct engine *engine, const struct plan *plan, enum side side, const struct str *ids, size_t count,
               struct arena *arena, const struct err *why, struct page *ret, struct err *err) MUST_CHECK;

#endif

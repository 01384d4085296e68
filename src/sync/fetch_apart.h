/*
 * fetch_apart: one record that its system chokes on must not hold the others up (R3). When a call for several records fails in a way that might heal, the
 * system is asked something harmless: if it does not answer either, it is down, and the caller pauses; if it does, the records are read one by one, and
 * those that still fail carry the error as their `fault`.
 */
#ifndef SUTURE_SYNC_FETCH_APART_H
#define SUTURE_SYNC_FETCH_APART_H

#include "sync/sync.h"

/* `why`: how the call failed. 0: *ret has one record for each id, as fetch_finish would give. < 0: the error that the caller goes on with. */
int fetch_apart(const struct plan *plan, enum side side, const struct str *ids, size_t count, struct arena *arena,
                const struct err *why, struct page *ret, struct err *err) MUST_CHECK;

#endif

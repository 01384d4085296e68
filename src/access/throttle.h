/*
 * throttle: attempts to sign in, with growing waits. Only writer of the tables `sign_in_wait` and `sign_in_known`.
 *
 * Counted are: the name, the address, and both together. A few attempts are free; from then on each doubles the wait, from 5 seconds to a quarter of an hour (of an
 * address: from a higher number on, since many may share one). A day without an attempt forgets all. An attempt counts as failed before the password is
 * looked at, so that a thousand at once are not a thousand free ones; success takes it back.
 *
 * Who signed in from an address within the last 30 days is only measured there: others who try his name elsewhere cannot lock him out.
 * Names are stored as keyed hashes: people type passwords into the field of the name.
 */
#ifndef SUTURE_ACCESS_THROTTLE_H
#define SUTURE_ACCESS_THROTTLE_H

#include "sync/sync.h"

struct attempt {
	struct str name; /* empty: only the address counts (setup code, invitation) */
	struct str peer;
};

/* Counts one. *ret_wait_ms > 0: not counted, and nothing may be tried for so long. */
int throttle_take(struct engine *engine, const struct attempt *attempt, int64_t *ret_wait_ms,
                  struct err *err) MUST_CHECK;
/* Inside the transaction that signs in: takes the count back and remembers the address. */
int throttle_clear(struct db *db, const struct engine *engine, const struct attempt *attempt,
                   struct err *err) MUST_CHECK;

#endif

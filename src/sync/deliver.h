/*
 * deliver: what is owed is sent, the answer judged, the link settled. One lane per side; the code is the same for both directions.
 *
 * A lane takes entries in order of priority and age, groups them into calls of the connection's batch size and keeps a window of calls under way. It never has
 * two writes of one link under way. Each answer is one transaction: outbox done or later, base and state of the link, state of the payload.
 */
#ifndef SUTURE_SYNC_DELIVER_H
#define SUTURE_SYNC_DELIVER_H

#include <pthread.h>

#include "sync/outbox.h"
#include "sync/run.h"

/* Who can be rung; LANE_WATCH, who waits for the road as a whole, hears every ring. */
enum lane_name { LANE_LOOK, LANE_RECONCILE, LANE_TO_CRM, LANE_TO_EMR, LANE_WATCH, LANE_NAMES };

/* Shared by the lanes of one sync while they work; counters only go up. */
struct lanes {
	pthread_mutex_t lock;
	pthread_cond_t
	        bell[LANE_NAMES]; /* there may be something to do: staged, decided, owed, or the state below changed */
	unsigned rings[LANE_NAMES]; /* so that a ring between looking and waiting is not lost */
	bool stop;                  /* a lane failed or a person stopped us: finish what is under way */
	struct err error;           /* the first failure */
	atomic_bool quiet;          /* nothing waits to be reconciled: an answer may be waited for */
	atomic_bool flush;          /* nothing more comes from upstream for now: half-full calls may go beside others */
	_Atomic int64_t decided, delivered, refused;
};

void lanes_init(struct lanes *lanes);
void lanes_release(struct lanes *lanes);
void lanes_ring(struct lanes *lanes);
/* Only that one can have something to do: waking the others costs more than a webhook's whole way. */
void lanes_ring_one(struct lanes *lanes, enum lane_name lane);
unsigned lanes_rings(struct lanes *lanes, enum lane_name lane);
/* Until the lane's bell has rung since `seen` was asked for, or for `ms`. False: it did not ring. */
bool lanes_wait(struct lanes *lanes, enum lane_name lane, unsigned seen, int64_t ms);
void lanes_stop(struct lanes *lanes);
void lanes_fail(struct lanes *lanes, const struct err *err);
bool lanes_stopping(struct engine *engine, struct lanes *lanes);

/* Works until it must stop: calls under way are finished, what is not sent stays in the outbox. Low-priority entries go (with_low) when nothing else is
 * owed. Errors are left in lanes->error. */
void deliver_lane(struct engine *engine, const struct plan *plan, enum side side, bool with_low, struct lanes *lanes);

#endif

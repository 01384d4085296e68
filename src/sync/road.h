/*
 * road: the lanes of one sync at work. One thread each: looks (look.h), reconciles (reconcile.h), delivers to either side (deliver.h). There is one road for
 * everything: a batch, a delta, webhooks, streams and a person's click only put payloads on it.
 *
 *	struct road *road = road_start(engine, plan, with_low);
 *	...capture something...; road_ring(road);
 *	road_drain(road, ...)      -- a command: until nothing waits any more
 *	road_stop(&road)           -- what is under way is finished, what waits stays in the store
 *
 * Whoever has a road holds the sync's lease (lease.h).
 */
#ifndef SUTURE_SYNC_ROAD_H
#define SUTURE_SYNC_ROAD_H

#include "sync/deliver.h"
#include "sync/run.h"

struct road;

/* `with_low`: back-references are delivered too, when nothing else is. */
struct road *road_start(struct engine *engine, const struct plan *plan, bool with_low);
/* Half a road: only what is owed to that side already is delivered there. For as long as the other side cannot be reached: nothing is decided. */
struct road *road_start_side(struct engine *engine, const struct plan *plan, enum side side);
void road_stop(struct road **road);
/* Something was staged, or a setting changed. */
void road_ring(struct road *road);
/* Whole records were staged: nothing is to be looked at first. */
void road_ring_whole(struct road *road);

/* A lane gave up: *ret_why. The road still has to be stopped. */
bool road_failed(struct road *road, struct err *ret_why);
/* Nothing waits, nothing is owed but low-priority writes (those too, if the road delivers them). What cannot be decided yet does not count. */
bool road_is_empty(struct road *road);
/* Payloads decided since the start. */
int64_t road_decided(struct road *road);
/* Waits until it is empty; `on_wait` is called every 100 ms or so. Ends early with a lane's error, with ERR_ABORTED when
 * engine->stop is set, or with ERR_LIMIT when what is left waits for calls of the next day (budget.h). */
int road_drain(struct road *road, void (*on_wait)(void *context), void *context, struct err *err) MUST_CHECK;

#endif

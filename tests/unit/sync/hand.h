/*
 * hand: the engine by hand. The linker lays the functions of hand.c, named __wrap_..., over those of the engine (meson.build: --wrap), so that one thread
 * does all:
 *
 *	road_start, road_drain ...     the stations of the road work in turn, here
 *	lanes_wait                     a lane that has nothing to do ends its turn
 *	pthread_create, pthread_join   what a run does in a thread beside is done at once
 *	store_write, store_write_start a commit is done at once
 *	clock_mono_ns, clock_sleep_ms, digest_random   the test's own
 *
 * So the n-th statement, commit or call of the same work is the same one each time. What threads do to each other is tried elsewhere.
 */
#ifndef SUTURE_TESTS_SYNC_HAND_H
#define SUTURE_TESTS_SYNC_HAND_H

#include <pthread.h>

#include "sync/reconcile.h"
#include "sync/run.h"

enum turn { TURN_LOOK, TURN_RECONCILE, TURN_TO_EMR, TURN_TO_CRM, TURNS };

struct hand {
	struct engine *engine;
	struct plan *plan; /* another one: hand_forget first */
	struct reconciler *reconciler;
	int64_t decided;
	int64_t now_ms; /* monotonic */
	bool driving;   /* the engine is at work: without it the functions above are themselves */
	void *context;
	/* The test's part. */
	void (*pass)(void *context, int64_t ms); /* time goes by: brings now_ms on */
	uint64_t (*chance)(void *context);
	/* A commit; does it with hand_store_write, or not. NULL: just that. */
	int (*write)(void *context, struct store *store, enum durability durability, store_fn fn, void *fn_context,
	             struct err *err);
	/* Brings through what is on the road (road_drain). False: something stays, and *err may say why. */
	bool (*drain)(void *context, struct err *err);
	struct err failed; /* what a road that somebody watches failed with */
};

/* From here on this hand's; NULL: nobody's. */
void hand_take(struct hand *hand);
/* The reconciler is let go: the plan or the store is about to be closed, or the process to die. */
void hand_forget(struct hand *hand);
/* One station works until it has nothing more to do. What its lane failed with is returned. */
int hand_work(struct hand *hand, enum turn turn, bool with_low, bool *ret_worked, struct err *err);
/* What is owed to both sides. */
int hand_owed(struct hand *hand, bool with_low, int64_t *ret, struct err *err);
int hand_store_write(struct store *store, enum durability durability, store_fn fn, void *context, struct err *err);

#endif

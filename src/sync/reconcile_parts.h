/*
 * reconcile_parts: what reconcile.c, reconcile_load.c, reconcile_weigh.c and reconcile_commit.c share; for nobody else.
 *
 * A chunk lives in its own arena from the loading of its payloads to the end of its commit, which the store's writer runs while the
 * reconciler goes on with the next chunk: whoever weighs touches no chunk that is being committed.
 */
#ifndef SUTURE_SYNC_RECONCILE_PARTS_H
#define SUTURE_SYNC_RECONCILE_PARTS_H

#include "lib/map.h"
#include "sync/catchup.h"
#include "sync/compose.h"
#include "sync/history.h"
#include "sync/reconcile.h"
#include "sync/resolve.h"
#include "sync/review.h"
#include "sync/suggest.h"

enum { WINDOW = 6 }; /* chunks under way at once */

struct item {
	struct staged *staged;
	struct json *record; /* the payload, parsed */
	struct resolving resolving;
	struct resolved resolved;
	struct verdict verdict;
	struct base *base; /* STEADY */
	struct merged *merged;
	struct writes writes;
	bool settled; /* verdict final, nothing to fetch or weigh */
	bool fetch;   /* the counterpart is needed */
	bool deferred; /* stays waiting: an earlier write of the pair is still owed (R4), or nobody can be judged yet (R8) */
	bool read_again; /* not sure to be the youngest: it goes back to be read (R4) */
	bool learnt;     /* the base changed by what was read (R27) */
	struct str
	        parent_id; /* the CRM id of what the EMR's record hangs on; empty: it hangs on nothing, or that is not linked */
	struct str waits_for;         /* the EMR id of it, which is not linked yet: the payload is parked */
	bool gone;                    /* the counterpart is deleted or merged: its side is told of it (R31, R32) */
	bool older;                   /* than what is settled (R4) */
	bool as_settled;              /* both sides are as they were last settled */
	bool taken;                   /* commit: one of the two was linked to another record since it was loaded (R9) */
	bool had_another;             /* commit: the patient had another link once */
	bool turned;                  /* the loop breaker counted: resolved.link has its new count */
	const struct record *there;   /* the counterpart as fetched */
	bool asks_who;                /* suggesting has begun */
	bool may_be_who;              /* it begins once the payload is weighed */
	struct suggesting suggesting; /* R10: nobody fits exactly; who may be the same */
	struct conflict *decisions;   /* WISH_RESOLVE: what a person decided of its conflicts; `waiting`: not applied */
	size_t decision_count;
	struct history
	        history; /* what was decided of its fields; empty for a record that is created: it is all its payload's */
	const struct run *run; /* whose Batch Sync ID is written; NULL: the payload belongs to none */
};

/* The counterparts that a chunk needs of one side. */
struct fetch {
	struct call **calls;
	const struct str *ids;
	size_t *counts; /* ids of each call */
	size_t call_count;
	int64_t asked_ms;   /* by our clock */
	int64_t fetched_ms; /* by the far side's clock where it told us */
};

struct chunk {
	struct arena arena;
	struct item *items;
	size_t count;
	struct fetch fetch[2]; /* by side */
	struct map held;       /* busy_key() of every record that an item of it may touch */
};

struct reconciler {
	struct arena arena;   /* its own memory; the chunks have theirs */
	struct arena scratch; /* of one item while it is weighed */
	struct engine *engine;
	const struct plan *plan;
	struct run run; /* of the payload that was loaded last: its neighbours are of the same one mostly */
	/* Records of which a payload stays waiting in this pass: what came later must not overtake it (R4). Keys as busy_key() makes them. */
	struct arena pass;
	struct map deferred;
	bool holding, held_back;   /* this pass, the one before, left something waiting for a delivery or a commit */
	int64_t pass_ms;           /* when the pass began */
	struct catchup catchup[2]; /* by side: who is new there */
	int64_t after_id[STAGED_PRIORITIES]; /* payloads up to here are in a chunk already */
	struct chunk chunks[WINDOW];
	size_t first, open; /* ring */
	struct commit {
		struct reconciler *r;
		struct chunk *chunk;
		bool any_waits;                /* some conflict, of whatever sync, waits for a person */
		bool any_told;                 /* some record shows trouble (truth.h) */
		struct store_pending *pending; /* NULL: no chunk is being committed; else it is the first */
	} commit;
};

/* reconcile_load.c: what waits of that priority after r->after_id, up to a chunk's worth; *ret_last: the last payload's id. May be called anew for the same chunk. */
int chunk_load(struct reconciler *r, struct chunk *chunk, enum staged_priority priority, int64_t *ret_last,
               struct err *err) MUST_CHECK;
/* What of the chunk was deferred holds for the rest of the pass. */
void chunk_keep_deferred(struct reconciler *r, const struct chunk *chunk);
/* R10: who may be the same person as those of the chunk whose `suggesting` has begun. Reads only. */
int chunk_ask_who(struct reconciler *r, struct chunk *chunk, struct db *db, struct err *err) MUST_CHECK;
/* reconcile_weigh.c: from both records to a merge result and the writes owed, for each item that is not settled. */
int weigh_chunk(struct reconciler *r, struct chunk *chunk, struct err *err) MUST_CHECK;
void decide(struct item *item, enum outcome outcome, const char *reason);
/* NULL bytes are not parsed anew. A payload that cannot be parsed is decided as failed (R3). */
int item_parse(struct engine *engine, struct chunk *chunk, struct item *item, struct err *err) MUST_CHECK;
int item_base(struct engine *engine, const struct plan *plan, struct chunk *chunk, struct item *item,
              struct err *err) MUST_CHECK;
/* R27: does what the payload holds of the mapped fields equal the link's base? Then our own write came back, or nothing that is mapped changed. */
bool item_is_echo(const struct plan *plan, struct chunk *chunk, struct item *item);

/* A store_fn; `context` is a struct commit. One transaction for a chunk: payload states, links, outbox, conflicts, log. */
int reconcile_commit(struct db *db, void *context, struct err *err) MUST_CHECK;

#endif

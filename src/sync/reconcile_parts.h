/*
 * reconcile_parts: what reconcile.c and reconcile_commit.c share; for nobody else.
 *
 * A chunk lives in its own arena from the loading of its payloads to the end of its commit, which the store's writer runs while the
 * reconciler goes on with the next chunk: whoever weighs touches no chunk that is being committed.
 */
#ifndef SUTURE_SYNC_RECONCILE_PARTS_H
#define SUTURE_SYNC_RECONCILE_PARTS_H

#include "lib/map.h"
#include "sync/compose.h"
#include "sync/reconcile.h"
#include "sync/resolve.h"

enum { WINDOW = 8 }; /* chunks under way at once */

struct item {
	struct staged *staged;
	struct json *record; /* the EMR payload */
	struct resolved resolved;
	struct verdict verdict;
	struct base *base; /* STEADY */
	struct merged *merged;
	struct writes writes;
	bool settled;             /* verdict final, nothing to fetch or weigh */
	bool fetch;               /* the CRM record is needed */
	bool deferred;            /* stays waiting: an earlier write of the pair is still owed (R4) */
	bool older;               /* than what is settled (R4) */
	const struct record *crm; /* as fetched */
	const struct run *run;    /* whose Batch Sync ID is written; NULL: the payload belongs to none */
};

struct chunk {
	struct arena arena;
	struct item *items;
	size_t count;
	struct call *fetch;
	int64_t fetched_ms; /* by the CRM's clock where it told us */
	struct str *fetch_ids;
	size_t fetch_count;
};

struct reconciler {
	struct arena arena;   /* its own memory; the chunks have theirs */
	struct arena scratch; /* of one item while it is weighed */
	struct engine *engine;
	const struct plan *plan;
	struct run run;
	bool has_run;
	/* Records of which a payload stays waiting in this pass: what came later must not overtake it (R4). */
	struct arena pass;
	struct map deferred;
	bool held_back;   /* the pass that ended last left something waiting */
	int64_t after_id; /* payloads up to here are in a chunk already */
	struct chunk chunks[WINDOW];
	size_t first, open; /* ring */
	struct commit {
		struct reconciler *r;
		struct chunk *chunk;
		struct store_pending *pending; /* NULL: no chunk is being committed; else it is the first */
	} commit;
};

/* A store_fn; `context` is a struct commit. One transaction for a chunk: payload states, links, outbox, conflicts, log. */
int reconcile_commit(struct db *db, void *context, struct err *err) MUST_CHECK;

#endif

/*
 * lease: who may work on a sync. Several processes may share one database: daemons on one machine or on many, and commands beside them. One of them at a time
 * works on a sync, and the road asks for that once (lease_take) and is told at every commit whether it is still so (lease_check).
 *
 *	lease_take ─► a row of `lease`: who, until when (by the database's clock), and a fencing number that grows by one with each holder
 *	             │ a thread of ours renews it at a third of its time
 *	             ├─ every transaction of the road begins with lease_check: the number is still ours, or nothing of it is committed (ERR_LEASE)
 *	             ├─ no write leaves for a far system once our time is over by our own clock, until it was renewed
 *	             └─ lease_give_back; or the process dies: a live one takes the lease over, at once on the same machine, else when its time is over
 *
 * A process that was stopped for longer than its lease and wakes up again commits nothing and sends nothing more: its number is old. Whoever takes a
 * lease over from such a one treats the creates that it may have sent as in doubt: they are looked for before they are repeated (deliver_sure.c, R5).
 *
 * An engine without `leases` (unit tests, scratch copies) leases nothing: everything is its own.
 */
#ifndef SUTURE_SYNC_LEASE_H
#define SUTURE_SYNC_LEASE_H

#include "sync/sync.h"

struct leases; /* of a process */
struct lease;  /* of a plan */

/* `lease_ms` 0: LEASE_MS. Nothing is written yet; the thread begins with the first lease. */
enum { LEASE_MS = 15000, LEASE_LEAST_MS = 500, LEASE_MOST_MS = 600000 };
struct leases *leases_open(struct engine *engine, int64_t lease_ms);
/* Everything was given back before. NULL is fine. */
void leases_close(struct leases **pall);
int64_t leases_ms(const struct leases *leases);

/* plan_open and plan_close do this. */
void lease_open(struct engine *engine, struct plan *plan);

/* The sync is ours from here to lease_give_back (SCOPED(lease) struct lease *held = NULL). ERR_CONFLICT: another process has it, and the text says which, since
 * when and what to do; or a person paused the sync: then nobody gets it. *ret_taken_over: the one before us did not give it back; may be NULL. */
int lease_take(struct engine *engine, const struct plan *plan, struct lease **ret, bool *ret_taken_over,
               struct err *err) MUST_CHECK;
void lease_scoped_release(struct lease **lease);
#define lease_give_back lease_scoped_release

/* In a transaction, first of all: ERR_LEASE where another process has taken the sync over. One read by its key. */
int lease_check(struct db *db, const struct plan *plan, struct err *err) MUST_CHECK;
/* store_write of whoever works on this sync: with lease_check before it. */
int lease_write(struct engine *engine, const struct plan *plan, enum durability durability, store_fn fn, void *context,
                struct err *err) MUST_CHECK;
/* It was ours and is another's: *ret_why (ERR_LEASE) says so. What the thread that renews found out; asks nobody. */
bool lease_is_lost(const struct plan *plan, struct err *ret_why);
bool lease_is_ours(const struct plan *plan);

/* What others are told of a sync that we work on, with the next renewal, which comes at once. Texts are cut to fit. */
struct lease_told {
	bool ready, streams;
	int64_t since_ms;
	char run[64], trouble[960];
};
void lease_tell(const struct plan *plan, const struct lease_told *told);

/* This process is a daemon: others count it when they share the syncs out (live_share.c). Kept up by the same thread. */
int lease_attend(struct engine *engine, struct err *err) MUST_CHECK;

/* Who holds what: one row a sync that was ever leased, and one a daemon. */
struct lease_row {
	int64_t sync_id; /* 0: the row of a daemon */
	struct str sync; /* its name; empty: the row of a daemon */
	struct str host, who;
	int64_t pid, fence;
	int64_t since_ms; /* when this holder took it */
	int64_t left_ms; /* until it ends, unless it is renewed; of a free one: how long ago it became so, below zero */
	bool held;       /* by somebody who, as far as one can see, is alive */
	bool mine;       /* by this process */
	struct lease_told told;
};
int lease_list(struct engine *engine, struct arena *arena, struct lease_row **ret, size_t *ret_count,
               struct err *err) MUST_CHECK;
/* The same inside a read. */
int lease_list_in(struct db *db, struct engine *engine, struct arena *arena, struct lease_row **ret, size_t *ret_count,
                  struct err *err) MUST_CHECK;
/* Of one sync; ret->held false: nobody has it. */
int lease_of(struct engine *engine, struct arena *arena, int64_t sync_id, struct lease_row *ret,
             struct err *err) MUST_CHECK;

#endif

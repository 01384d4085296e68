/*
 * live: the daemon's inside: every object sync of an engine at work, until it is stopped. What it does by itself:
 *
 *	a road per sync           what is staged, by whomever, walks on within milliseconds (road.h)
 *	streams                   of connections that can listen (connector.h: listen): events are staged with their replay text
 *	schedules                 delta each fifteen minutes, imports, CSV batches (schedule.h, R34, R39)
 *	asked runs                a command that finds that a daemon works on the sync leaves its run to us (run.h: run_ask)
 *
 * A sync whose far side fails tries it again, with longer pauses each time, up to a minute; meanwhile it decides nothing, delivers to the side that lives what is
 * owed there, and stages what that side tells. The others flow on. A configuration that was changed
 * (`suture apply`) is noticed within a second: the syncs begin anew with it.
 *
 * Several daemons may work on one database: each sync is leased by one of them (lease.h), they share the syncs out among them, and take over what one that died
 * had (live_share.c). Webhooks are taken for every sync, whoever works on it.
 *
 * Threads: one supervisor a sync, the road's four, one a stream, one a run. All functions may be called from any thread.
 */
#ifndef SUTURE_SYNC_LIVE_H
#define SUTURE_SYNC_LIVE_H

#include "sync/person.h"

struct live;

struct live_options {
	/* A line for the log of the daemon: started, paused because..., recovered. No patient data. May be NULL. */
	void (*on_note)(void *context, struct str sync, const char *text);
	void *context;
	bool no_stream; /* nobody listens, whatever the syncs say */
};

/* Returns at once: connections are opened by the supervisors. */
int live_start(struct engine *engine, const struct live_options *options, struct live **ret,
               struct err *err) MUST_CHECK;
/* Graceful: what is under way is finished and settled, streams end, runs stop after the chunk in hand and can be resumed. */
void live_stop(struct live **live);

/*
 * A webhook or a call of the Salesforce package, for the connection of that name. Verified, then taken apart, then staged for every sync that wants its
 * object, in one durable commit a sync (R1). Does not wait for the disk: `then` is called once, by a thread of the store or before this returns, and must be
 * quick. `arena`, and what `hook` shows, live until then. err->code ERR_OK: the sender may be told 200. ERR_AUTH: 401. ERR_NOT_FOUND: no such connection, or
 * it takes no webhooks (404). ERR_DATA, ERR_PARSE: 400. Everything else: 503, the sender tries again.
 *
 * The road walks on with what was committed while the disk still works: should the power fail between the two, nobody was told 200, and what was written
 * meanwhile is written once more, with the same values (R5).
 */
struct hook_done {
	size_t events, staged;
	size_t off; /* R37: acknowledged and counted, not staged */
};
struct hook;
typedef void live_hook_fn(void *context, const struct hook_done *done, const struct err *err);
void live_hook(struct live *live, struct arena *arena, struct str connection, const struct hook *hook,
               live_hook_fn *then, void *context);

/* A person types a patient's name in the org (the package's Link screen): verified like every call of the package, answered at once, nothing is staged.
 * ERR_UNSUPPORTED: this EMR cannot be searched for what was typed. Else as for live_hook. May take as long as the EMR does. */
struct live_found {
	struct hit *hits;
	size_t count;
};
int live_search(struct live *live, struct arena *arena, struct str connection, const struct hook *hook,
                struct live_found *ret, struct err *err) MUST_CHECK;

/* Something was staged for this sync by other means than ours; 0: for any. Not needed for correctness: the lanes look by themselves, a little later. */
void live_ring(struct live *live, int64_t sync_id);

struct live_sync {
	int64_t sync_id;
	struct str name;
	bool ready;                               /* signed in on both sides, the road works */
	bool paused;                              /* by a person */
	struct str trouble;                       /* why it waits before it tries again; empty: it does not */
	int64_t since_ms;                         /* of the state */
	bool streams;                             /* a stream is connected */
	struct str run;                           /* Batch Sync ID of the run under way; empty: none */
	int64_t waiting, to_read, owed, owed_low; /* queue depths */
	int64_t oldest_ms;                        /* when the oldest waiting payload came; 0: none waits */
	int64_t decided;                          /* since the start of its road; 0 if another process works on it */
	struct str holder;                        /* who works on it: "host, process 12"; empty: nobody does */
	int64_t held_ms;                          /* since when */
	int64_t left_ms;                          /* how long he still has it, unless he renews it */
	int64_t fence;                            /* his number (lease.h); of a free one the last holder's */
	bool elsewhere; /* that is another process: ready, streams, trouble and run are what it tells */
};
int live_state(struct live *live, struct arena *arena, struct live_sync **ret, size_t *ret_count,
               struct err *err) MUST_CHECK;

#endif

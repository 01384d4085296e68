/* live_parts: what live.c (the whole) and live_sync.c (one sync) share; for nobody else. */
#ifndef SUTURE_SYNC_LIVE_PARTS_H
#define SUTURE_SYNC_LIVE_PARTS_H

#include <pthread.h>

#include "sync/capture.h"
#include "sync/lease.h"
#include "sync/live.h"
#include "sync/road.h"
#include "sync/tally.h"

struct live_entry;

struct live {
	struct arena arena; /* lives in itself */
	struct engine *engine;
	struct live_options options;
	pthread_mutex_t lock; /* guards the list and every entry's state */
	pthread_cond_t bell;  /* something changed: stop, a wish for a delta, a trouble that is over */
	atomic_bool stop;
	struct live_entry *first; /* newest first; entries stay until the end */
	pthread_t keeper, janitor;
	struct tally *tally;
	_Atomic int64_t generation;      /* of the configuration, as the keeper saw it last */
	struct store_listener *listener; /* hears of what other daemons staged; NULL: the database carries nothing */
	size_t mine, share; /* syncs that we work on, and that are ours to work on (live_share.c); guarded by lock */
};

/* A stream of one side. */
struct live_stream {
	struct live_entry *entry;
	enum side side;
	pthread_t thread;
	bool runs, connected;
	atomic_bool stop;
	struct arena arena; /* of `replay` */
	struct str replay;
};

struct live_entry {
	struct live *live;
	struct live_entry *next;
	int64_t sync_id;
	char name[256];
	pthread_t supervisor;
	atomic_bool gone; /* its definition is gone */

	/* Held for reading while a hook uses the plan; for writing while it is replaced. */
	pthread_rwlock_t plan_lock;
	struct plan *plan;
	int64_t plan_generation; /* of the configuration that the plan was made from */
	int64_t generation;      /* and of the one that we know of */

	/* Guarded by live->lock. */
	struct road *road;
	bool ready, paused;
	char trouble[960];
	int64_t since_ms;
	char run[64];           /* Batch Sync ID */
	bool wants_delta;       /* the far side lost track, or a stream begins anew */
	int64_t delta_again_ms; /* and once more then (monotonic); 0: no */
	int64_t ahead_ms;       /* of the thread: how far the wall clock was ahead of the monotonic one */
	bool elsewhere;         /* another process works on it */
	int64_t free_ms;        /* nobody does, as far as we have seen, since then (monotonic); 0: somebody does */

	atomic_bool gives; /* it is to be given back, for another daemon to take */

	/* Of the supervisor's thread. */
	struct live_stream streams[2];
	pthread_t runner;
	bool running;
	atomic_bool run_stop, run_ended;
	struct run_order order;
	int64_t pause_ms;
	int64_t keep_until_ms; /* it is not given back before; monotonic. Of live_share.c */
};

/* Of the list of entries, the newest; those behind it never change their places. */
struct live_entry *live_first(struct live *live);
void *live_supervise(void *context); /* of an entry */
void live_note(struct live_entry *entry, const char *text);
/* Until the bell rings or `ms` have gone by. */
void live_wait(struct live *live, int64_t ms);

/* live_share.c */
int live_look(struct live *live, struct err *err) MUST_CHECK;
/* 1: the sync is ours, in *ret; 0: it is another's, or is left to one, or to the next look. */
int live_take(struct live_entry *entry, struct lease **ret, struct err *err) MUST_CHECK;
/* What had been taken is left: lost, given away, or just ended; counts and says which. */
void live_left(struct live_entry *entry);
/* What other daemons are told of a sync that we work on: after each change of what entry->live->lock guards. */
void live_tell(struct live_entry *entry);
/* What the one who works on it tells. */
void live_lay_over(struct live_sync *sync, const struct lease_row *row, struct arena *arena);

/* live_stream.c */
void live_streams_start(struct live_entry *entry);
void live_streams_stop(struct live_entry *entry);
/* Those events that the sync wants (its object, not switched off, R37), into one durable commit. */
struct live_events {
	enum side side;
	enum door door;
	const struct events *events;
	const char *feed; /* NULL: no cursor moves */
	struct str from, cursor;
};
/* The same without waiting (capture.h): what is not staged is counted in `ret` at once; `then` tells the rest, unless this fails. */
int live_take_events_then(struct live_entry *entry, const struct plan *plan, struct arena *arena,
                          const struct live_events *what, struct hook_done *ret, const struct capture_then *then,
                          struct err *err) MUST_CHECK;

#endif

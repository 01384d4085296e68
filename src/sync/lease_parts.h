/* lease_parts: what lease.c (the table), lease_keep.c (the thread that renews) and lease_holder.c (which process is that) share; for nobody else. */
#ifndef SUTURE_SYNC_LEASE_PARTS_H
#define SUTURE_SYNC_LEASE_PARTS_H

#include <pthread.h>

#include "sync/lease.h"

/* ---- lease_holder.c */

/* A process, so that others know whether it lives. */
struct holder {
	char id[33]; /* random, hex: of this process's work, and of no other's ever */
	char host[65];
	char place[81]; /* of which boot of which machine, in which namespace of process numbers */
	int64_t pid, start;
};
void holder_this(struct holder *ret);
/* It surely is: what has this number in our place now is another process, or nothing. Of another place nothing is known. */
bool holder_is_dead(const struct holder *mine, struct str place, int64_t pid, int64_t start);

/* ---- lease.c */

struct lease {
	struct leases *all; /* NULL: nothing is leased */
	struct lease *next; /* of all->first, while it is ours */
	int64_t sync_id;
	char name[32];            /* "sync/7" */
	_Atomic int64_t fence;    /* of our latest holding; 0: there was none */
	_Atomic int64_t until_ns; /* nothing is sent from then on; 0: not ours */
	atomic_bool lost;
	struct lease_told told; /* guarded by all->lock */
};

/* One lease in a round of renewals. */
struct renewal {
	struct lease *which;
	int64_t fence;
	struct lease_told told;
	bool lost;
};
struct renewing {
	struct leases *all;
	struct renewal *at;
	size_t count;
	bool attends;
};
int lease_renew(struct db *db, void *context, struct err *err) MUST_CHECK; /* context: a struct renewing */

/* ---- lease_keep.c */

struct leases {
	struct arena arena; /* lives in itself */
	struct engine *engine;
	int64_t ms;
	struct holder holder;
	pthread_mutex_t lock; /* guards the list and all below */
	pthread_cond_t bell;
	struct lease *first; /* those that are ours */
	bool attends, runs, stop, asked;
	pthread_t thread;
};
/* CLOCK_BOOTTIME: it goes on while the machine sleeps. */
int64_t lease_now_ns(void);
void lease_keep(struct lease *lease);
void lease_let_go(struct lease *lease);

#endif

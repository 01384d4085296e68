/* run_read: the reading of a run, for run.c only: how each kind of batch puts its payloads on the road. */
#ifndef SUTURE_SYNC_RUN_READ_H
#define SUTURE_SYNC_RUN_READ_H

#include "sync/run.h"

/* When a complete reading of a side began; far_ms: by that side's own clock, 0: it does not tell. */
struct began {
	int64_t wall_ms, mono_ms, far_ms;
};
struct run_reading {
	struct engine *engine;
	struct plan *plan;
	struct run *run;
	struct str csv; /* csv: the file */
	bool resumed;
	struct began began[2];   /* by side */
	atomic_bool *stop;       /* or NULL */
	_Atomic int64_t changed; /* delta: payloads staged so far */
	atomic_bool failed;      /* one of two readers failed: the other one may stop */
	void (*on_page)(void *context);
	void *context;
};

/* Both return when everything of their kind is staged, or with the first error. */
int run_read_import(struct run_reading *r, struct err *err) MUST_CHECK;
int run_read_ids(struct run_reading *r, struct err *err) MUST_CHECK;
int run_read_changes(struct run_reading *r, struct err *err) MUST_CHECK;

#endif

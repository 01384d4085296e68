/*
 * run_lock: one process works on a sync at a time. For run.c and single.c.
 */
#ifndef SUTURE_SYNC_RUN_LOCK_H
#define SUTURE_SYNC_RUN_LOCK_H

#include "sync/run.h"

/* The lock goes with the process, so a killed run can be resumed at once. *ret_fd: -1 where nothing is locked. ERR_CONFLICT: another process has it,
 * or a person paused the sync: then nobody gets it. */
int run_lock(struct engine *engine, const struct plan *plan, int *ret_fd, struct err *err) MUST_CHECK;
/* Is it the daemon that has (or had last) the lock? */
bool run_lock_is_of_daemon(struct engine *engine, const struct plan *plan);
void run_lock_scoped_release(int *fd); /* SCOPED(run_lock) int lock = -1; */
/* run_settle for a caller that holds the lock. */
int run_settle_locked(struct engine *engine, struct plan *plan, bool with_low, progress_fn on_progress, void *context,
                      struct err *err) MUST_CHECK;

#endif

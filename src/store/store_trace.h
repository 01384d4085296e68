/*
 * store_trace: a driver around another one. "trace:" in front of a url puts it there:
 *
 *	trace:/tmp/x.db               writes each statement's text (never a bound value, R41) to standard error
 *	trace:/tmp/x.db?fail_at=7     the 7th statement or commit fails with ERR_STORE
 *	trace:/tmp/x.db?quiet=1       writes nothing: for a test that asks at each point
 *	trace:/tmp/x.db?die_at=7      the process ends at the 7th, at once, without any clean-up (exit code 86)
 *
 * Points are counted over all connections of the store: every statement that is run, every script of a migration, every
 * commit. begin, rollback and savepoints are no points. The url's count begins with the opening, migrations included;
 * store_fail_at() begins anew, so a test runs the same work with n = 1, 2, ... until store_fail_left() stays above 0.
 */
#ifndef SUTURE_STORE_STORE_TRACE_H
#define SUTURE_STORE_STORE_TRACE_H

#include "store/store.h"

struct store_place;
enum { STORE_DIED = 86 };

/* Lines go there instead of standard error; NULL: nowhere. Called under a lock, from any thread. */
typedef void (*store_trace_fn)(void *context, const char *line);
void store_trace_to(struct store *store, store_trace_fn fn, void *context);
/*
 * Asked at each point, and behind each commit that went well (`done`): 0 goes on; a negative code, with its text in err, is what the point fails with,
 * though nothing was done, or all of it was. It may end the process. Any thread may call it; to be set before the store has work.
 */
typedef int (*store_point_fn)(void *context, const char *what, bool done, struct err *err);
void store_trace_ask(struct store *store, store_point_fn fn, void *context);
/* The n-th point from now fails, once; 0: none does. The store must be opened with "trace:". */
void store_fail_at(struct store *store, int64_t n);
/* How many points are missing until the failure; 0: it happened (or none was asked for). */
int64_t store_fail_left(struct store *store);

/* For store_place.c: puts the wrapper around place->driver. */
void store_trace_wrap(struct store_place *place, struct arena *arena);

#endif

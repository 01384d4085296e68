/*
 * budget: calls of the far systems' APIs as something that runs out. One governor for all connections of a process; only writer of the table
 * `call_count` (connection, UTC day, use -> count).
 *
 * Counting needs nobody's help: http_target.calls of each watched connection grows with every request sent; governor_flush adds what is new to
 * the table, and learns there what other processes used. Call it every few seconds; a crash loses the count of those seconds, and what was
 * counted just before midnight may stand under the day after.
 *
 * Before a piece of work: budget_may(). Two limits hold, the smaller one decides: what the far side says it has left (governor_learn, from the
 * connector's `budget`), and the connection's setting `calls_a_day` against our own count. Of both, `reserve` percent are kept for people:
 * HTTP_URGENT (a person's click) may use them, everything else stops before them. All functions may be called by any thread.
 */
#ifndef SUTURE_SYNC_BUDGET_H
#define SUTURE_SYNC_BUDGET_H

#include "codec/recurrence.h"
#include "sync/sync.h"

struct governor;

/* Reads today's counts. `store` must outlive it. */
int governor_open(struct store *store, struct governor **ret, struct err *err) MUST_CHECK;
/* What was not flushed is forgotten: flush first. Connections must be unwatched or never used again. NULL is fine. */
void governor_close(struct governor **g);
/* Counts the connection's calls under `name` from now on; several connections may have one name. Unwatch before it is closed. */
void governor_watch(struct governor *g, struct str name, struct connection *c);
void governor_unwatch(struct governor *g, struct connection *c);
/* In a transaction of its own. */
int governor_flush(struct governor *g, struct err *err) MUST_CHECK;

/* What the connector's `budget` said; calls of anybody are among them. Nothing is learnt of facts that are not `known`. */
void governor_learn(struct governor *g, struct str name, const struct budget_facts *told);

struct budget_answer {
	bool go;
	int64_t wait_until_ms; /* wall clock; when asking again makes sense */
};
/* A connection that nobody watches or limits may always. */
struct budget_answer budget_may(struct governor *g, struct str name, enum http_priority priority, int64_t calls);

/* ---- on the road (budget_road.c); without an engine->governor everything may always ---- */

/* plan_open and plan_close do this: the plan's connections are watched under their names. */
void budget_open(struct engine *engine, struct plan *plan);
void budget_close(struct plan *plan);
/* May a call of that side be made now? What is held back is noted: budget_held. */
bool budget_lets(const struct plan *plan, enum side side, enum http_priority priority);
/* Would so many calls fit? Holds nothing back. */
bool budget_allows(const struct plan *plan, enum side side, enum http_priority priority, int64_t calls);
/* The same for a reading: ERR_LIMIT says until when it has to wait. */
int budget_check(const struct plan *plan, enum side side, enum http_priority priority, struct err *err) MUST_CHECK;
/* Was something held back within the last second? Then *why (ERR_LIMIT) says by what and until when. */
bool budget_held(const struct plan *plan, struct err *ret_why);
/* To be called every now and then, at least every few seconds while a road works: learns what the far sides said of their budgets, and flushes. */
int budget_watch(struct engine *engine, const struct plan *plan, struct err *err) MUST_CHECK;

/* ---- the judgement itself: pure ---- */

struct budget_state {
	int64_t used, allowance; /* allowance 0: no limit is known */
	unsigned reserve_percent;
	int64_t reset_ms; /* 0: the window glides */
};
struct budget_answer budget_judge(const struct budget_state *state, enum http_priority priority, int64_t calls,
                                  int64_t now_ms);
int64_t budget_reserve(const struct budget_state *state); /* calls */
/* Calls left to this priority; INT64_MAX: no limit is known. */
int64_t budget_left(const struct budget_state *state, enum http_priority priority);

/* How to write so many records. Bulk costs about the same number of calls for any number of records, but minutes. */
enum write_way { WAY_SINGLE, WAY_COLLECTIONS, WAY_BULK };
struct write_ways {
	size_t batch;       /* records a call (traits.write_batch) */
	bool bulk;          /* the connector offers it */
	size_t bulk_from;   /* records from which it is taken; 0: 2,000 */
	int64_t bulk_calls; /* calls of one job; 0: 10 */
	int64_t left;       /* budget_left() of the work's priority: where calls are short, Bulk is taken sooner */
};
enum write_way budget_way(const struct write_ways *ways, size_t records);

/* ---- `suture budget` ---- */

/* Work to come: a schedule (rule set) or what waits in the outbox (backlog). */
struct budget_job {
	struct str connection;
	const struct recurrence *rule; /* NULL: none */
	int64_t calls_each;            /* expected calls of one occurrence */
	int64_t backlog;               /* records */
	int64_t batch;                 /* records a call; 0: 1 */
};
/* Calls that these jobs need of a connection after `from_ms`, up to `to_ms`. */
int64_t budget_need(const struct budget_job *jobs, size_t count, struct str connection, int64_t from_ms, int64_t to_ms);

struct budget_line {
	struct str connection;
	int64_t by_use[HTTP_USES]; /* ours, today (UTC) */
	int64_t ours;              /* their sum */
	int64_t used,
	        allowance; /* of the limit that is nearer: the far side's or our setting's; allowance 0: none is known */
	bool told;         /* by the far side */
	int64_t reserve, left; /* left: to batches and the delta; INT64_MAX: no limit is known */
	int64_t reset_ms;      /* end of the day, or of the far side's window */
	int64_t need;          /* until then */
	struct str
	        silent; /* budget_forecast: why the far side could not be asked; empty: it was, or nobody wanted it */
};
/* One line a connection that was ever watched or has calls of today in the table, by name. */
void budget_report(struct governor *g, struct arena *arena, const struct budget_job *jobs, size_t job_count,
                   struct budget_line **ret, size_t *ret_count);
/* The same for everything that is planned: schedules and what is owed of all syncs. `ask`: the far sides are asked what they have left. */
int budget_forecast(struct engine *engine, struct arena *arena, bool ask, struct budget_line **ret, size_t *ret_count,
                    struct err *err) MUST_CHECK;
const char *http_use_name(enum http_use use); /* "read", "write", "search", "bulk", "stream" */

#endif

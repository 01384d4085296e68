/*
 * run: a batch. Only writer of the table `run`. A run has a Batch Sync ID, a beginning and an end, who started it, and one outcome a record (R33); it
 * resumes at its last committed page (R34).
 */
#ifndef SUTURE_SYNC_RUN_H
#define SUTURE_SYNC_RUN_H

#include "sync/stage.h"

/* ASKED: a command left it to the daemon. STOPPING: a person asked the daemon to stop it. */
enum run_state { RUN_ACTIVE = 0, RUN_DONE = 1, RUN_ABORTED = 2, RUN_FAILED = 3, RUN_ASKED = 4, RUN_STOPPING = 5 };
enum run_phase { PHASE_READING = 0, PHASE_LINKING = 1, PHASE_FINISHED = 2 };
const char *run_state_name(enum run_state state);

struct run {
	int64_t id, sync_id;
	struct str batch_id; /* "B20261121-000007", what Last_Batch_Sync_Id__c gets */
	struct str kind;     /* "import", "csv", "delta" */
	struct str sync_name, who, error;
	enum run_state state;
	enum run_phase phase;
	struct str cursor; /* next page of the side that is read */
	int64_t total;     /* what the far side says there is; -1: unknown */
	int64_t read;
	int64_t input_id; /* csv: the file that was kept */
	int64_t ignored;  /* csv: rows that are no ids (R35) */
	int64_t started_ms, ended_ms;
};

struct progress {
	const struct run *run;
	int64_t read, total;    /* payloads staged */
	int64_t decided;        /* payloads with an outcome */
	int64_t owed, owed_low; /* entries in the outbox */
	int64_t elapsed_ms;
	bool resumed;
};
typedef void (*progress_fn)(void *context, const struct progress *progress);

/*
 * The three batches. They differ in what they put on the road, and in nothing else:
 *
 *	import   reads both sides completely; the EMR's records are staged (R12)
 *	csv      reads both sides' identities; the CRM records whose ids stand in a file are staged (R14, R35). `csv`: the file; empty: resume
 *	delta    what changed on either side since the feeds' cursors; where a side cannot tell, everything is read and compared (R39)
 *
 * An import or a csv run resumes the sync's unfinished one of its kind (R34); a delta goes on where its cursors are. Returns when everything but low-priority
 * writes is delivered, when engine->stop or *order.stop is set (ERR_ABORTED; the run can be resumed), or on an error that a person must mend.
 * `road`: of the daemon, which holds the sync's lease; NULL: the run takes it (lease.h) and makes its own. ERR_CONFLICT: another process has it. ERR_LEASE: one
 * has taken it over meanwhile, and goes on with this run.
 */
enum run_kind { RUN_IMPORT, RUN_CSV, RUN_DELTA };
const char *run_kind_name(enum run_kind kind);
struct road;
struct run_order {
	enum run_kind kind;
	struct str csv, csv_name;
	int64_t input_id; /* csv: a file that was kept before (run_keep_file): a schedule's */
	int64_t asked_id; /* the run_ask'ed run that is carried out; 0: a new one, or the one that was cut short */
	struct road *road;
	atomic_bool *stop; /* a person aborts this run; NULL: only engine->stop does */
	progress_fn on_progress;
	void *context;
};
int run_batch(struct engine *engine, struct plan *plan, const struct run_order *order, struct run *ret,
              struct arena *arena, struct err *err) MUST_CHECK;

/* Keeps a file for a schedule to run over (SCHEDULE_CSV's argument is the id). ERR_DATA: no id stands in it. */
int run_keep_file(struct engine *engine, struct plan *plan, struct str csv, struct str name, int64_t *ret_id,
                  struct err *err) MUST_CHECK;
/* What engine->who is in the daemon, and nowhere else. */
#define RUN_DAEMON "daemon"
/* ERR_CONFLICT where a person paused the sync: nothing may be begun then. */
int run_check_paused(const struct plan *plan, struct err *err) MUST_CHECK;
/* Does a daemon, of whichever machine, work on this sync? Then run_batch would end with ERR_CONFLICT, and run_ask is the way. */
int run_has_daemon(struct engine *engine, const struct plan *plan, bool *ret, struct err *err) MUST_CHECK;
/* Leaves a run to the daemon that holds the sync's lease: it picks it up within a second. The row tells how far it is (run_find). Goes on with one of its kind
 * that was cut short (R34); ERR_CONFLICT: one is under way. */
int run_ask(struct engine *engine, struct plan *plan, const struct run_order *order, struct run *ret,
            struct arena *arena, struct err *err) MUST_CHECK;
/* Asks the daemon to stop that run after the chunk in hand. */
int run_ask_stop(struct engine *engine, int64_t run_id, struct err *err) MUST_CHECK;

/* run_batch of an import, on a road of its own. */
int run_import(struct engine *engine, struct plan *plan, progress_fn on_progress, void *context, struct run *ret,
               struct arena *arena, struct err *err) MUST_CHECK;

/* What a CSV file holds, without starting anything (R35). */
enum { CSV_REFUSED_MAX = 200 };
struct csv_refused {
	uint64_t row;    /* of the file, from 1 */
	struct str id;   /* repeated: which */
	const char *why; /* no word of the row: it may be a patient's */
};
struct csv_ids {
	struct str *ids; /* as records carry them, each once */
	size_t count;
	size_t ignored, repeated;
	struct csv_refused
	        *refused; /* the first CSV_REFUSED_MAX of the rows that are ignored or repeated, in their order */
	size_t refused_count;
};
int run_read_csv(const struct plan *plan, struct arena *arena, struct str csv, struct csv_ids *ret,
                 struct err *err) MUST_CHECK;

/* Delivers what is owed and brings through what waits, without a run: after a retry, a wish, or to drain back-references. */
int run_settle(struct engine *engine, struct plan *plan, bool with_low, progress_fn on_progress, void *context,
               struct err *err) MUST_CHECK;
/* Reads one record (empty id: the first of a page) at its source and stages it; *ret_staged_id. For previews. */
int run_capture_one(struct engine *engine, struct plan *plan, enum side side, struct str id, enum door door,
                    int64_t run_id, int64_t *ret_staged_id, struct err *err) MUST_CHECK;

/* Judges one live record without a run (engine->dry; the verdict goes to engine->on_verdict). Only those CRM records that could fit are read. */
int run_preview(struct engine *engine, struct plan *plan, enum side side, struct str id, struct err *err) MUST_CHECK;
/* Low-priority writes of a sync that are still owed: back-references (R18). */
int run_pending(struct engine *engine, int64_t sync_id, int64_t *ret, struct err *err) MUST_CHECK;

int run_list(struct engine *engine, struct arena *arena, size_t limit, struct run **ret, size_t *ret_count,
             struct err *err) MUST_CHECK;
/* Newest first. What is zero or empty matches everything. */
struct run_filter {
	int64_t sync_id;
	struct str kind, who;
	int64_t from_ms, to_ms; /* when it began */
	unsigned states;        /* bits, 1u << enum run_state */
	int64_t before_id;      /* the page after this run */
	size_t limit;           /* 0: 100 */
};
int run_search(struct engine *engine, struct arena *arena, const struct run_filter *filter, struct run **ret,
               size_t *ret_count, struct err *err) MUST_CHECK;
/* Lets the daemon go on with a run that was aborted or failed (R34). ERR_CONFLICT: it has not ended, is complete, is a delta, or another one of its kind is at work. */
int run_ask_again(struct engine *engine, struct plan *plan, int64_t run_id, struct err *err) MUST_CHECK;
/* By number or Batch Sync ID; empty: the latest. */
int run_find(struct engine *engine, struct arena *arena, struct str which, struct run *ret, struct err *err) MUST_CHECK;

#endif

/*
 * run_report: what became of a run, for the command line and the API (R33): figures, and every record as CSV.
 */
#ifndef SUTURE_SYNC_RUN_REPORT_H
#define SUTURE_SYNC_RUN_REPORT_H

#include "sync/run.h"

struct run_figures {
	int64_t counts[OUTCOME_COUNT]; /* every record once; `waiting`: not decided yet */
	int64_t read;                  /* all of them */
	int64_t owed;                  /* decided, but their writes have not been accepted yet */
};
int run_figures(struct engine *engine, const struct run *run, struct run_figures *ret, struct err *err) MUST_CHECK;

/* How much is done of how much, for progress and time left: each record counts twice, when it is read and when it is decided and delivered. */
void run_work(int64_t total, int64_t read, int64_t decided, int64_t owed, int64_t *ret_done, int64_t *ret_whole);

/* Failed records of each run between two ids. */
struct run_failed {
	int64_t run_id, count;
};
int run_failed(struct engine *engine, struct arena *arena, int64_t from_id, int64_t to_id, struct run_failed **ret,
               size_t *ret_count, struct err *err) MUST_CHECK;

/* batch_sync_id, emr_id, crm_id, outcome, reason, error_code, error_field: no patient data. */
void run_csv_header(struct buf *out);
/* Adds up to filter->limit records after filter->after_id, and moves that on; *ret_last: there are no more. */
int run_csv_page(struct engine *engine, const struct run *run, struct staged_filter *filter, struct buf *out,
                 bool *ret_last, struct err *err) MUST_CHECK;

#endif

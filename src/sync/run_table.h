/*
 * run_table: rows of `run`, `run_number` and `run_input`; their only writer. run.c, which drives a batch, and capture.c, which moves a run's cursor together with the payloads of a
 * page (R1), are its callers.
 */
#ifndef SUTURE_SYNC_RUN_TABLE_H
#define SUTURE_SYNC_RUN_TABLE_H

#include "sync/run.h"
#include "sync/sealed.h"

/* Fills run->id and batch_id. */
int run_insert(struct db *db, struct arena *arena, struct run *run, struct err *err) MUST_CHECK;
/* The page that `from` led to is staged: `read` more payloads; `cursor` leads to the next. total -1 leaves what is there. Pages are committed without
 * waiting for the one before, so a run that does not stand at `from` is ERR_CONFLICT: that one failed, and no page is ever passed over. */
int run_advance(struct db *db, int64_t id, struct str from, struct str cursor, int64_t read, int64_t total,
                struct err *err) MUST_CHECK;
int run_set_phase(struct db *db, int64_t id, enum run_phase phase, struct err *err) MUST_CHECK;
int run_set_state(struct db *db, int64_t id, enum run_state state, const char *error, struct err *err) MUST_CHECK;
/* The youngest run of the sync and kind that is not done. */
int run_unfinished(struct db *db, struct arena *arena, int64_t sync_id, struct str kind, struct run *ret,
                   bool *ret_found, struct err *err) MUST_CHECK;
/* The oldest run that waits for the daemon; and whether a person asked a run of this sync to stop. */
int run_asked(struct db *db, struct arena *arena, int64_t sync_id, struct run *ret, bool *ret_found,
              struct err *err) MUST_CHECK;
int run_stop_asked(struct db *db, int64_t sync_id, bool *ret, struct err *err) MUST_CHECK;
/* Other runs of its sync and kind that have not ended. */
int run_others_at_work(struct db *db, const struct run *run, int64_t *ret, struct err *err) MUST_CHECK;
/* Run `id` of the sync begins, so no other one is at work: one that died while it was asked to stop has stopped, and a delta that died is not resumed: what it
 * staged must not wait for it. */
int run_cut_short(struct db *db, int64_t sync_id, int64_t id, struct err *err) MUST_CHECK;
/* The database was restored (restored.h): an import that was under way then is not gone on with; and run numbers that were given out since, and stand in records, are
 * not given out again (R33). */
int run_forget_imports(struct db *db, int64_t sync_id, struct err *err) MUST_CHECK;
int run_skip_numbers(struct db *db, struct err *err) MUST_CHECK;
/* A run that read nothing leaves no row: a delta when nothing changed. Its number does not come back. */
int run_drop(struct db *db, int64_t id, struct err *err) MUST_CHECK;
int run_count_read(struct db *db, int64_t id, int64_t read, struct err *err) MUST_CHECK;
/* The file of a CSV batch, sealed, so that a run can go on without it. */
int run_input_keep(struct db *db, struct str name, struct str sealed, struct str who, int64_t *ret_id,
                   struct err *err) MUST_CHECK;
int run_input_read(struct db *db, struct arena *arena, int64_t id, struct str *ret_sealed, struct err *err) MUST_CHECK;
int run_read(struct db *db, struct arena *arena, int64_t id, struct run *ret, struct err *err) MUST_CHECK;

extern const struct sealed_column run_input_sealed;
extern const struct purgeable run_input_purgeable;

#endif

/*
 * stage: payloads as they arrived, with what became of them. Only writer of the table `staged`. The bytes are sealed and never
 * change (R2); a payload that fails keeps them and carries its error (R3).
 */
#ifndef SUTURE_SYNC_STAGE_H
#define SUTURE_SYNC_STAGE_H

#include "sync/sync.h"

/* WAITING: to be reconciled. OWED: reconciled, its writes are in the outbox. DONE, FAILED. SUPERSEDED: a newer payload of the record took its place (R4). */
enum staged_state { STAGED_WAITING = 0, STAGED_OWED = 1, STAGED_DONE = 2, STAGED_FAILED = 3, STAGED_SUPERSEDED = 4 };
enum door { DOOR_BATCH = 0, DOOR_WEBHOOK = 1, DOOR_DELTA = 2, DOOR_STREAM = 3, DOOR_CLICK = 4, DOOR_RETRY = 5 };
const char *staged_state_name(enum staged_state state);
const char *door_name(enum door door);

struct staged {
	int64_t id, sync_id, run_id, link_id;
	enum side side;
	enum door door;
	enum staged_state state;
	enum outcome outcome;
	struct str record_id, version;
	int64_t modified_ms, received_ms;
	struct str reason, error_code, error_field;
	int64_t error_ms, attempts;
	struct digest16 hash;
	bool same;         /* the bytes are those of the link's last settled payload: nothing to merge on this side */
	struct str sealed; /* the bytes, sealed; empty when not asked for */
	int64_t body_of;   /* another row that holds the same bytes; 0: this one */
};

/* Inside a transaction. Fills s->id. `sealed` may be empty when body_of is set. */
int stage_insert(struct db *db, struct staged *s, struct err *err) MUST_CHECK;
/* Outcome of reconcile or deliver. */
int stage_settle(struct db *db, int64_t id, enum staged_state state, enum outcome outcome, int64_t link_id,
                 const char *reason, struct err *err) MUST_CHECK;
/* A payload whose writes were owed is done; one in another state stays as it is. */
int stage_finish(struct db *db, int64_t id, struct err *err) MUST_CHECK;
int stage_fail(struct db *db, int64_t id, struct str code, struct str field, const char *reason,
               struct err *err) MUST_CHECK;
/* Back to WAITING (retry without a new reading). */
int stage_again(struct db *db, int64_t id, struct err *err) MUST_CHECK;
int stage_supersede(struct db *db, int64_t id, const char *reason, struct err *err) MUST_CHECK;

/* Of all that waits only this one stays: for a preview, in a scratch copy. */
int stage_only(struct db *db, int64_t sync_id, int64_t id, struct err *err) MUST_CHECK;

/* Waiting payloads of a sync in order of arrival, after `after_id`; at most `limit`; with their bytes. run_id 0: of any run. */
int stage_waiting(struct db *db, struct arena *arena, int64_t sync_id, int64_t run_id, int64_t after_id, size_t limit,
                  struct staged **ret, size_t *ret_count, struct err *err) MUST_CHECK;
int stage_read(struct db *db, struct arena *arena, int64_t id, struct staged *ret,
               struct err *err) MUST_CHECK; /* ERR_NOT_FOUND */
/* Only what a link takes over from its payload: id, hash, version, modified_ms, body_of. */
int stage_facts(struct db *db, struct arena *arena, int64_t id, struct staged *ret, struct err *err) MUST_CHECK;
/* The exact bytes as received. */
int stage_bytes(struct engine *engine, struct arena *arena, const struct staged *s, struct str *ret,
                struct err *err) MUST_CHECK;

struct staged_filter {
	int64_t run_id; /* 0: any */
	bool failed;
	struct str code;      /* error code; empty: any */
	enum outcome outcome; /* OUTCOME_NONE: any */
	int64_t after_id;
	size_t limit; /* 0: 100 */
};
int stage_list(struct engine *engine, struct arena *arena, const struct staged_filter *filter, struct staged **ret,
               size_t *ret_count, struct err *err) MUST_CHECK;
/* Counts by outcome of one run; payloads that were read again count once, through the younger one. `ret` has OUTCOME_COUNT places. */
int stage_counts(struct engine *engine, int64_t run_id, int64_t *ret, struct err *err) MUST_CHECK;

#endif

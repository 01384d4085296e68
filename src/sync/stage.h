/*
 * stage: payloads as they arrived, with what became of them. Only writer of the table `staged`. The bytes are sealed and never
 * change (R2); a payload that fails keeps them and carries its error (R3).
 */
#ifndef SUTURE_SYNC_STAGE_H
#define SUTURE_SYNC_STAGE_H

#include "sync/sealed.h"

/*
 * WAITING: to be reconciled. OWED: reconciled, its writes are in the outbox. DONE, FAILED. SUPERSEDED: a newer payload of the record took its place (R4).
 * TO_READ: its bytes only say that something happened to the record, or that a person wants something of it; look.c reads the record, which
 * becomes a payload of its own in its place. PARKED: the record that it hangs on is not linked yet (parent.h); nobody looks at it before that is.
 */
enum staged_state {
	STAGED_WAITING = 0,
	STAGED_OWED = 1,
	STAGED_DONE = 2,
	STAGED_FAILED = 3,
	STAGED_SUPERSEDED = 4,
	STAGED_TO_READ = 5,
	STAGED_PARKED = 6
};
/* Where a payload came in. Webhooks, streams and deltas bring what happens by itself, in real time (R38). */
enum door { DOOR_BATCH = 0, DOOR_WEBHOOK = 1, DOOR_DELTA = 2, DOOR_STREAM = 3, DOOR_CLICK = 4, DOOR_RETRY = 5 };

/* What a payload says of its record: what it holds; that it is deleted or archived (R31); that it was merged into `partner` (R32). */
enum staged_kind { STAGED_RECORD = 0, STAGED_REMOVED = 1, STAGED_MERGED = 2 };
/* What a person wants done with it beyond that: LINK and RELINK with the record `partner` of the other side, CREATE a counterpart,
 * RESOLVE what he decided of its conflicts (review.h). Numbers are stored. */
enum wish {
	WISH_NONE = 0,
	WISH_SYNC = 1,
	WISH_LINK = 2,
	WISH_RELINK = 3,
	WISH_CREATE = 4,
	WISH_UNLINK = 5,
	WISH_RESOLVE = 6,
	WISHES
};
const char *wish_name(enum wish wish);
/* A person waits for it; a change as it happens; one of a batch. */
enum staged_priority { STAGED_PERSON = 0, STAGED_LIVE = 1, STAGED_BATCH = 2, STAGED_PRIORITIES };

const char *staged_state_name(enum staged_state state);
const char *door_name(enum door door);
bool door_is_live(enum door door);

struct staged {
	int64_t id, sync_id, run_id, link_id;
	enum side side;
	enum door door;
	enum staged_state state;
	enum outcome outcome;
	enum staged_kind kind;
	enum wish wish;
	enum staged_priority priority;
	struct str record_id, version;
	struct str event;       /* the far side's own name of it: "patient.updated"; empty: none */
	struct str partner;     /* see staged_kind and wish */
	struct str modified_by; /* far user, where known */
	int64_t modified_ms, received_ms;
	struct str reason, error_code, error_field;
	int64_t error_ms, attempts;
	struct digest16 hash;
	bool pushed;       /* the far side sent the record by itself: it may be from before our own last write */
	bool same;         /* the bytes are those of the link's last settled payload: nothing to merge on this side */
	struct str sealed; /* the bytes, sealed; empty when not asked for */
	int64_t body_of;   /* another row that holds the same bytes; 0: this one */
	int64_t read_as;   /* SUPERSEDED: the payload that its record was read as; 0: none */
	int64_t purged_ms; /* its bytes were taken away then, as it was old (purge.h); what became of it stays */
	/* Only what stage_list read has these: */
	int64_t decided_ms, ended_ms; /* when it was decided; when the last of its writes was taken */
	struct str candidates;        /* see stage_candidates */
};

/* Inside a transaction. Fills s->id. `sealed` may be empty when body_of is set. */
int stage_insert(struct db *db, struct staged *s, struct err *err) MUST_CHECK;
/* How many payloads of its run, or of its sync, hold these very bytes, and nobody can tell whose they are. */
int stage_count_alike(struct db *db, const struct staged *s, bool of_any_run, int64_t *ret, struct err *err) MUST_CHECK;
/* Outcome of reconcile or deliver. */
int stage_settle(struct db *db, int64_t id, enum staged_state state, enum outcome outcome, int64_t link_id,
                 const char *reason, struct err *err) MUST_CHECK;
/* R8: ids of the records that fit it, comma separated: a person is to choose. */
int stage_candidates(struct db *db, int64_t id, struct str candidates, struct err *err) MUST_CHECK;
/* A payload whose writes were owed is done; one in another state stays as it is. */
int stage_finish(struct db *db, int64_t id, struct err *err) MUST_CHECK;
/* The pair has ended and its writes with it: payloads that waited for them are done. */
int stage_let_go(struct db *db, int64_t link_id, struct err *err) MUST_CHECK;
int stage_fail(struct db *db, int64_t id, struct str code, struct str field, const char *reason,
               struct err *err) MUST_CHECK;
/* Tried once more with the same bytes; a wish reads its record anew. */
int stage_again(struct db *db, const struct staged *s, struct err *err) MUST_CHECK;
/* All that failed since then, but for what can only fail alike (a pair that was stopped, bytes that are no record). */
int stage_again_since(struct db *db, int64_t sync_id, int64_t since_ms, int64_t *ret_count, struct err *err) MUST_CHECK;
int stage_supersede(struct db *db, int64_t id, const char *reason, struct err *err) MUST_CHECK;
/* What somebody else wished of this record before, and what did not come about or would undo what is wished now, is over: the last word counts. Its side and
 * record, which may be those of the counterpart; `wish` and its id are those of the wish. */
int stage_outvote(struct db *db, const struct staged *s, enum side side, struct str record_id,
                  struct err *err) MUST_CHECK;
/* Its record was read: the payload `read_as` takes its place, unless it was outvoted meanwhile; then that one is over too. */
int stage_read_as(struct db *db, int64_t id, int64_t read_as, struct err *err) MUST_CHECK;
/* The payload itself, or the one that took its place in the end. */
int stage_follow(struct db *db, struct arena *arena, int64_t id, struct staged *ret, struct err *err) MUST_CHECK;

/* Of all that waits or is to be read only this one stays: for a preview, in a scratch copy. */
int stage_only(struct db *db, int64_t sync_id, int64_t id, struct err *err) MUST_CHECK;

/* Waiting payloads of one priority in order of arrival, after `after_id`; at most `limit`; with their bytes. Those of a run that has not read everything
 * stay out: who is whose is judged over everybody (R8); so do those of a batch that was aborted, until it is resumed (R34). */
int stage_waiting(struct db *db, struct arena *arena, int64_t sync_id, enum staged_priority priority, int64_t after_id,
                  size_t limit, struct staged **ret, size_t *ret_count, struct err *err) MUST_CHECK;
/* The same of what is TO_READ. */
int stage_to_read(struct db *db, struct arena *arena, int64_t sync_id, enum staged_priority priority, int64_t after_id,
                  size_t limit, struct staged **ret, size_t *ret_count, struct err *err) MUST_CHECK;
/* The database was restored (restored.h): what waits or is owed shows records of then. An import reads the EMR's anew, so its payloads are done; of others
 * the record is read again. Counts both. */
int stage_restored(struct db *db, int64_t sync_id, int64_t *ret_count, struct err *err) MUST_CHECK;
/* A payload that waits, or whose write was given up: it is not sure that it is the youngest, so its record is to be read again. */
int stage_read_again(struct db *db, int64_t id, struct err *err) MUST_CHECK;
/* Was its record said to be deleted or merged since this payload was read? */
int stage_removed_since(struct db *db, const struct staged *s, int64_t now_ms, bool *ret, struct err *err) MUST_CHECK;
/* db_ahead for it, and for stage_facts (numbers). */
int stage_removed_ahead(struct db *db, const struct staged *const *all, size_t count, int64_t now_ms,
                        struct err *err) MUST_CHECK;
int stage_facts_ahead(struct db *db, const struct bind *ids, size_t count, struct err *err) MUST_CHECK;
/* It waits until the record `parent_id` of the EMR is linked in sync `parent_sync`. Older payloads of the same record that are parked too give way to it. */
int stage_park(struct db *db, const struct staged *s, int64_t parent_sync, struct str parent_id, const char *reason,
               struct err *err) MUST_CHECK;
/* A payload of that record was decided: older ones that are parked are of no use any more. */
int stage_unpark_older(struct db *db, const struct staged *s, struct err *err) MUST_CHECK;
/* That record of the EMR is linked: what was parked for it waits to be reconciled. */
int stage_release(struct db *db, int64_t parent_sync, struct str parent_id, struct err *err) MUST_CHECK;
/* Payloads of a run that have no outcome or are owed yet. */
int stage_unsettled(struct db *db, int64_t run_id, int64_t *ret, struct err *err) MUST_CHECK;
int stage_read(struct db *db, struct arena *arena, int64_t id, struct staged *ret,
               struct err *err) MUST_CHECK; /* ERR_NOT_FOUND */
/* Only what a link takes over from its payload: id, side, hash, version, modified_ms, received_ms, body_of. */
int stage_facts(struct db *db, struct arena *arena, int64_t id, struct staged *ret, struct err *err) MUST_CHECK;
/* The exact bytes as received. ERR_NOT_FOUND: they were purged. */
/* Reads what stage_bytes would read one by one into `sealed`: of payloads whose bytes stand with an earlier one. */
int stage_bodies(struct engine *engine, struct arena *arena, struct staged *const *all, size_t count,
                 struct err *err) MUST_CHECK;
int stage_bytes(struct engine *engine, struct arena *arena, const struct staged *s, struct str *ret,
                struct err *err) MUST_CHECK;
/* Of a failure of stage_bytes: is it that payload's own, broken or purged meanwhile, so that all others may well be fine (R3)? */
static inline bool stage_is_lost(enum err_code code)
{
	return code == ERR_NOT_FOUND || box_is_broken(code);
}

/* How much of a sync waits; when the oldest of it came (0: nothing waits). */
struct queue {
	int64_t waiting, to_read, oldest_ms;
};
int stage_queue(struct db *db, int64_t sync_id, struct queue *ret, struct err *err) MUST_CHECK;

/* Zeros and empty texts: any. */
struct staged_filter {
	int64_t id, sync_id, run_id;
	bool failed;
	struct str code; /* of the error */
	struct str error_field;
	enum outcome outcome;
	struct str record_id;           /* of either side */
	unsigned sides, states, doors;  /* bits: 1 << SIDE_CRM, ... */
	int64_t received_ms, before_ms; /* came since then, before then */
	int64_t after_id, before_id;
	bool newest;  /* the youngest first */
	size_t limit; /* 0: 100 */
};
int stage_list(struct engine *engine, struct arena *arena, const struct staged_filter *filter, struct staged **ret,
               size_t *ret_count, struct err *err) MUST_CHECK;
/* How many fit, but never more than `most`. The filter's page does not count. */
int stage_count(struct engine *engine, const struct staged_filter *filter, int64_t most, int64_t *ret,
                struct err *err) MUST_CHECK;
/* What failed alike: a row for each sync, error code and field, the most frequent first; at most 200. sync_id 0: any. */
struct alike {
	int64_t sync_id, count, first_ms, last_ms;
	struct str code, field;
};
int stage_alike(struct engine *engine, struct arena *arena, int64_t sync_id, struct alike **ret, size_t *ret_count,
                struct err *err) MUST_CHECK;
/* Failed payloads that fit are tried once more: read anew where their record is known, with the same bytes else. The road does it. */
int stage_retry(struct db *db, const struct staged_filter *filter, int64_t *ret_count, struct err *err) MUST_CHECK;
/* A person says of failed or parked payloads that fit that they are of no use: they are done, and keep their bytes and their error. */
int stage_skip(struct db *db, const struct staged_filter *filter, int64_t *ret_count, struct err *err) MUST_CHECK;
/* Counts by outcome of one run; payloads that were read again count once, through the younger one. `ret` has OUTCOME_COUNT places. */
int stage_counts(struct engine *engine, int64_t run_id, int64_t *ret, struct err *err) MUST_CHECK;

/* How many came before that time and are not over: they wait, or failed. */
int stage_waiting_since(struct db *db, int64_t before_ms, int64_t *ret, struct err *err) MUST_CHECK;
/* Payloads that are done or superseded and that no link and no younger payload needs; then those that shared their bytes. */
extern const struct purgeable stage_purgeable, stage_purgeable_shared;
extern const struct sealed_column stage_sealed;

#endif

/*
 * outbox: writes that are owed to a system. Only writer of the table `outbox`. An entry is kept until the far side has taken it, refused it, or a
 * person gave it up; its id is the idempotency key of the write.
 */
#ifndef SUTURE_SYNC_OUTBOX_H
#define SUTURE_SYNC_OUTBOX_H

#include "sync/sealed.h"

enum owed_priority { OWED_PERSON = 0, OWED_NORMAL = 1, OWED_LOW = 2 };

struct owed {
	int64_t id, sync_id, link_id, staged_id, run_id;
	enum side side; /* the side that is written to */
	enum write_op op;
	enum owed_priority priority;
	struct str record_id; /* far id; empty for a create */
	struct str key;       /* external id of a create */
	struct str
	        body; /* sealed; an object: what is sent; a list: fields to be laid over the record as it will be then (see compose.h) */
	struct str version; /* update: the record's when this was decided; empty: no precondition */
	struct str
	        sent; /* a create that may have been carried out: ids that were known of such a record before, as a JSON list; empty: it was not */
	struct str base; /* sealed: what the base becomes, for the fields of this write; empty: nothing */
	int64_t attempts, due_ms, created_ms;
	int64_t after_id; /* add: not before this entry is done; 0: none */
	struct str error_code;
};

/* Nothing is postponed further than this. What seems to be was postponed before the wall clock was set back: it is due. */
enum { OUTBOX_LATEST_MS = 15 * 60 * 1000 };

int outbox_add(struct db *db, struct owed *owed, struct err *err) MUST_CHECK;
/* Which entries to look for: one system's, of one priority, due by `now_ms`, younger than `after_id`; oldest first. */
struct owed_query {
	int64_t sync_id;
	enum side side;
	enum owed_priority priority;
	int64_t now_ms, after_id;
	size_t limit;
};
int outbox_due(struct db *db, struct arena *arena, const struct owed_query *query, struct owed **ret, size_t *ret_count,
               struct err *err) MUST_CHECK;
/* One entry, if it is still owed. */
int outbox_find(struct db *db, struct arena *arena, int64_t id, struct owed *ret, bool *ret_found,
                struct err *err) MUST_CHECK;
/* What is owed for one pair, oldest first, at most 100. */
int outbox_of_link(struct engine *engine, struct arena *arena, int64_t link_id, struct owed **ret, size_t *ret_count,
                   struct err *err) MUST_CHECK;
int outbox_done(struct db *db, int64_t id, struct err *err) MUST_CHECK;
int outbox_later(struct db *db, int64_t id, int64_t due_ms, struct str code, struct err *err) MUST_CHECK;
/* A create is about to be sent to a system that cannot be asked for it by our id: until something is known of it, it is not to be sent again, and not to be asked
 * for before `due_ms`. With an empty `sent` it surely was not carried out. */
int outbox_sent(struct db *db, int64_t id, struct str sent, int64_t due_ms, struct err *err) MUST_CHECK;
/* Whoever delivered for this sync was stopped: what it noted as about to be sent may arrive until `due_ms`, and is not asked for before. */
int outbox_doubt(struct db *db, int64_t sync_id, int64_t due_ms, struct err *err) MUST_CHECK;
/* Is a write of normal priority still owed for this link? */
int outbox_owes(struct db *db, int64_t link_id, bool *ret, struct err *err) MUST_CHECK;
/* Beside that entry? */
int outbox_owes_else(struct db *db, const struct owed *owed, bool *ret, struct err *err) MUST_CHECK;
/* db_ahead for them, of links (numbers) and of entries. */
int outbox_owes_ahead(struct db *db, const struct bind *links, size_t count, struct err *err) MUST_CHECK;
int outbox_owes_else_ahead(struct db *db, const struct owed *const *owed, size_t count, struct err *err) MUST_CHECK;
/* The link is dropped: nothing more is owed for it. */
int outbox_forget_link(struct db *db, int64_t link_id, struct err *err) MUST_CHECK;
/* This EMR record is linked anew: that it forgets who it was linked to is not owed any more. */
int outbox_forget_reference(struct db *db, int64_t sync_id, struct str emr_id, struct err *err) MUST_CHECK;
/* The database was restored (restored.h): what is owed for pairs that stand or were in the making was decided on records of then; it is decided anew. Back-references,
 * and what ended pairs owe, stay. */
int outbox_restored(struct db *db, int64_t sync_id, int64_t *ret_count, struct err *err) MUST_CHECK;
/* The same, once the CRM was read through: an ended pair whose CRM record carries another id by now, or none, owes it nothing. */
int outbox_forget_stale(struct db *db, int64_t sync_id, struct err *err) MUST_CHECK;
/* Nothing is owed any more: for a preview, in a scratch copy. */
int outbox_forget_sync(struct db *db, int64_t sync_id, struct err *err) MUST_CHECK;
struct owed_counts {
	int64_t now;         /* normal and above */
	int64_t low;         /* back-references (R18) */
	int64_t next_due_ms; /* of any; 0: none */
	int64_t oldest_ms;   /* when the oldest of `now` was decided; 0: none */
};
/* What one side of a sync is owed; reads all of it: not to be asked over and over while very much is owed. */
int outbox_counts(struct db *db, int64_t sync_id, enum side side, struct owed_counts *ret, struct err *err) MUST_CHECK;

/* Is anything? `low`: back-references, too. One look at an index. */
int outbox_any(struct db *db, int64_t sync_id, enum side side, bool low, bool *ret, struct err *err) MUST_CHECK;

extern const struct sealed_column outbox_sealed_body, outbox_sealed_base;

#endif

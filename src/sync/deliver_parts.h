/*
 * deliver_parts: what deliver.c (the lane), deliver_fill.c (from entries to what a connector is given) and deliver_sure.c (was it carried out, is it gone) share;
 * for nobody else.
 */
#ifndef SUTURE_SYNC_DELIVER_PARTS_H
#define SUTURE_SYNC_DELIVER_PARTS_H

#include "lib/map.h"
#include "sync/deliver.h"

enum { BATCH_MAX = 200, BULK_MAX = 5000 };

struct entry {
	struct owed owed;
	const struct json *
	        later; /* fields to be laid over the record as it is (compose.h); NULL: the body is sent as it stands */
	const struct record *now; /* that record */
	bool decided;             /* nothing is written: `result` says what became of it */
	bool adopted;             /* a create that was found at the far side */
	struct write_result result;
};

/* A call's worth of entries: first as a pool that fills, then in the window: perhaps being read, then being written. */
struct batch {
	struct arena arena;
	struct entry **entries; /* room for `room` */
	size_t count, room;
	struct map
	        held; /* entries, links and records of `entries`: what else is owed for one of them waits (in_batch) */
	bool bulk;    /* written as one job of many records */
	bool left;    /* ... that was made before, and is taken up: nothing is sent */
	struct str job;      /* that job at the far side, once it is noted; empty: there is none */
	struct call **reads; /* under way; NULL: none, or done */
	size_t read_count;
	struct call *call;   /* the write under way */
	struct entry **sent; /* what it writes, in order */
	size_t sent_count;
	struct err failed; /* nothing could be said of any entry, and trying again is harmless */
};

/* Where a batch is delivered. */
struct place {
	struct engine *engine;
	const struct plan *plan;
	struct connection *conn;
	enum side side;
	struct lanes *lanes;
};

/* deliver_fill.c: by priority in the outbox. */
extern const enum http_priority deliver_http[OWED_LOW + 1];
/* R3: what is owed cannot be opened: it is refused, and everything else goes on. */
void fill_unreadable(struct entry *e);
/* Asks for the records that entries need, if any do: then b->reads is set. */
void fill_begin(const struct place *p, struct batch *b);
/* Waits for them. A failure stays in b->failed. */
void fill_read(const struct place *p, struct batch *b);
/* Starts the write of whatever is not decided; b->call stays NULL when nothing is left. */
void fill_write(const struct place *p, struct batch *b);
/* Records of some entries, as they are: one call after the other. */
int fill_fetch(const struct place *p, struct arena *arena, struct entry *const *entries, size_t count,
               struct record **ret, struct err *err) MUST_CHECK;

/* deliver_bulk.c: records of a call that writes this way, by how many are owed and by how many calls the day has left (budget_way): a call's usual size, or
 * that of a bulk job. Asked before a pool is begun. */
int bulk_size(const struct place *p, size_t usual, size_t *ret, struct err *err) MUST_CHECK;
/* write_request.on_job: notes durably that this job may write what b->sent holds, until it is settled (bulk_forget). */
struct bulk_noting {
	const struct place *place;
	struct batch *batch;
};
int bulk_note(void *noting, struct str job, struct err *err);
int bulk_forget(struct db *db, const struct place *p, struct str job, struct err *err) MUST_CHECK;
/* A job that was noted and not settled, and what is still owed of what it was given: while no call of ours is under way nobody waits for it. `job` is empty
 * when there is none. */
struct bulk_left {
	struct str job;
	struct owed *owed;
	size_t count;
};
int bulk_left(const struct place *p, struct arena *arena, struct bulk_left *ret, struct err *err) MUST_CHECK;

/* deliver_sure.c */
/* Creates that may have been carried out are looked for; the rest of the blind ones is marked as about to be sent, durably. */
int sure_before(const struct place *p, struct batch *b, struct err *err) MUST_CHECK;
/* Entries that ended as GONE: is it so? Else they are REFUSED, or tried later. */
void sure_gone(const struct place *p, struct batch *b);

#endif

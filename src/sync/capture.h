/*
 * capture: what a connector read or was told becomes staged payloads and noted identities, together with the cursor of where it was read, in one
 * transaction (R1). Every door leads through here: pages of a batch or a delta, webhooks, streams, a person's click.
 */
#ifndef SUTURE_SYNC_CAPTURE_H
#define SUTURE_SYNC_CAPTURE_H

#include "sync/identity.h"
#include "sync/stage.h"

struct capture {
	enum side side;
	enum door door;
	enum staged_priority priority;
	int64_t run_id;    /* 0: not part of a run */
	bool moves_cursor; /* the run's cursor moves from `from`, where it has to be, to `cursor` */
	const char *feed;  /* or this feed's cursor moves to `cursor`, in the same transaction; NULL: none */
	struct str from, cursor;
	int64_t asked_ms; /* by our clock: when the reading was asked for; what is older at the far side may be in it. 0: it was told to us just now */
	int64_t total;    /* -1: unknown */
	bool only_changed; /* a record whose very bytes were staged before is passed over: overlaps, scans (R39) */
	bool tells;        /* another process works on the sync: it is woken (db_tell) */
	bool durable;      /* survives a power cut before it is acknowledged (R1): what cannot be read again */
};

struct captured {
	size_t staged;   /* new payloads */
	size_t to_read;  /* of them: those whose record is to be read first */
	int64_t last_id; /* of the last one */
};

/* Stages the records of a page; one that this run has staged already (a page read twice) is passed over. */
int capture_page(struct engine *engine, const struct plan *plan, struct arena *arena, const struct page *page,
                 const struct capture *how, struct captured *ret, struct err *err) MUST_CHECK;
/* Is it staged? EVENT_OVERFLOW and EVENT_OTHER are not: the caller acts on them. What is no event keeps its bytes and fails (R3). */
bool capture_takes(const struct event *event);
/* What a far side told us: those that capture_takes. */
int capture_events(struct engine *engine, const struct plan *plan, struct arena *arena, const struct events *events,
                   const struct capture *how, struct captured *ret, struct err *err) MUST_CHECK;
/* The same without waiting, for `how` without a feed: see store.h, struct store_then. `arena`, and what the events show, live until `done`, which is called
 * once, unless this fails. The plan is not looked at any more once this returns. */
struct capture_then {
	void (*seen)(void *context, const struct captured *captured); /* on its way along the road already */
	void (*done)(void *context, const struct captured *captured,
	             const struct err *err); /* err->code ERR_OK: on the disk (R1) */
	void *context;
};
int capture_events_then(struct engine *engine, const struct plan *plan, struct arena *arena,
                        const struct events *events, const struct capture *how, const struct capture_then *then,
                        struct err *err) MUST_CHECK;
/* A person's wish about one record of how->side; `partner` may be empty. Its bytes say who wished what, and when. */
struct asked {
	enum wish wish;
	struct str record_id, partner;
};
int capture_wish(struct engine *engine, const struct plan *plan, struct arena *arena, const struct asked *asked,
                 const struct capture *how, struct captured *ret, struct err *err) MUST_CHECK;
/* Ids whose records are to be read (a CSV batch, R35): `bytes` what each came as. */
int capture_ids(struct engine *engine, const struct plan *plan, struct arena *arena, const struct str *ids,
                const struct str *bytes, size_t count, const struct capture *how, struct captured *ret,
                struct err *err) MUST_CHECK;
/* Records that were read because `replaced` (one for each, same order) asked for it: each takes its place, with its wish, run and priority. A record that is
 * not there any more becomes a removal. */
int capture_looked(struct engine *engine, const struct plan *plan, struct arena *arena, const struct page *page,
                   const struct staged *const *replaced, int64_t asked_ms, struct captured *ret,
                   struct err *err) MUST_CHECK;
/* Linked records of that side that a complete reading did not meet: each is looked at again, and only what is really gone is treated as deleted (R31). A few
 * hundred at a time: *after_id is 0 at first, goes to the next call, and is 0 once there are no more. */
int capture_missing(struct engine *engine, const struct plan *plan, const struct capture *how, int64_t *after_id,
                    struct err *err) MUST_CHECK;

/* Was this payload staged by capture_missing? */
bool capture_was_missing(const struct staged *s);

/* capture_page without waiting for the commit: `arena`, where page and texts of `how` lie too, lives until capture_finish, which has to be called for each
 * that was started. Captures that one thread started are committed in that order. */
struct capturing;
int capture_start(struct engine *engine, const struct plan *plan, struct arena *arena, const struct page *page,
                  const struct capture *how, struct capturing **ret, struct err *err) MUST_CHECK;
int capture_finish(struct capturing **c, struct captured *ret, struct err *err) MUST_CHECK;

/* Notes who is there: identities only, no payload. */
int capture_identities(struct engine *engine, const struct plan *plan, struct arena *arena, enum side side,
                       const struct page *page, int64_t run_id, struct err *err) MUST_CHECK;
/* The CRM fields that tell who somebody is, for a reading of identities; a system that always sends all ignores them. `ret` has CAPTURE_WHO_FIELDS places. */
enum { CAPTURE_WHO_FIELDS = 5 };
size_t capture_who_fields(const struct plan *plan, struct str *ret);
/* What is noted of a record that can be read. */
struct known capture_known(const struct plan *plan, struct arena *arena, enum side side, const struct record *record,
                           int64_t run_id);
/* One field of a record in CRM form; what cannot be read counts as blank here, reconcile reports it. */
struct value capture_value(const struct field_map *field, struct arena *arena, enum side side,
                           const struct json *record);
/* Identity of one record, by the fields with a role in the mapping. */
struct identity capture_identity(const struct plan *plan, struct arena *arena, enum side side,
                                 const struct json *record);
/* The other side's id as stored in this record (R6); empty: none. */
/* R3: a record whose id or version is no text that is kept in clear in a table (too long, control characters, no UTF-8) is no record: sets `fault`, and empties them. */
void capture_judge(struct record *record);
struct str capture_stored_id(const struct plan *plan, struct arena *arena, enum side side, const struct json *record);

#endif

/*
 * drift: fields of the far systems that are no longer what they were. Writer of the tables `drift` (what is wrong, since when, whom to ask) and
 * `drift_shape` (what each mapped field was like when it was last fine).
 *
 * A field that drifted is in quarantine: it takes no part in merging and writing, everything else flows. drift_watch does all of it for a road. Each look compares a fresh `describe`:
 *
 *	describe(...)                                       -- far call, outside of any transaction
 *	drift_note(db, &subject, &object_info, &seen, err)  -- compares, stores, heals
 *	if (seen.healed) ... links of seen.held_since_ms and later are looked at again
 *
 * The first look at a side takes the fields as they are, but for those that are not there or cannot be written. A person who changed a field on
 * purpose accepts its new shape: drift_accept.
 *
 *	engine, before it merges:  drift_mask(db, &arena, sync_id, &mapping, &mask, err)
 *	                           mask.held[i]: leave mapping.fields[i] out of the merge;  mask.gone[side][i]: do not even ask that side for it
 */
#ifndef SUTURE_SYNC_DRIFT_H
#define SUTURE_SYNC_DRIFT_H

#include "sync/sync.h"

/* Numbers are stored: append only. */
#define DRIFT_WHAT_LIST(X)                                                                            \
	X(DRIFT_REMOVED, 0, "removed", "the field is not there, or our user may not see it any more") \
	X(DRIFT_RETYPED, 1, "retyped", "the field holds another kind of value")                       \
	X(DRIFT_READ_ONLY, 2, "read_only", "our user may not write the field any more")               \
	X(DRIFT_SHORTENED, 3, "shortened", "the field takes fewer characters")                        \
	X(DRIFT_NARROWED, 4, "narrowed", "the field takes fewer values")                              \
	X(DRIFT_REQUIRED, 5, "required", "a field that nothing fills is now needed for new records")
#define DRIFT_ENUM_ROW(id, number, name, text) id = number,
enum drift_what { DRIFT_WHAT_LIST(DRIFT_ENUM_ROW) DRIFT_WHAT_COUNT = 6 };
#undef DRIFT_ENUM_ROW
const char *drift_what_name(enum drift_what what);
const char *drift_what_meaning(enum drift_what what);

struct drift {
	int64_t id, sync_id;
	enum side side;
	struct str field; /* of the far system: "MailingCity" */
	enum drift_what what;
	struct str message; /* what to do and whom to ask */
	int64_t since_ms;
	int64_t healed_ms; /* 0: it is still so */
};

/* What is looked at. */
struct drift_subject {
	int64_t sync_id;
	enum side side;
	const struct mapping *mapping;
	struct str system; /* connector's title, for messages: "Salesforce" */
	const struct str *
	        filled; /* fields that we fill beside the mapping (id field, parent); required ones among them are fine */
	size_t filled_count;
	const struct str *read; /* fields that are only looked at: those of the trigger condition */
	size_t read_count;
	bool creates; /* new records are made there; else new required fields do not matter */
};

/* ---- the comparison: pure ---- */

/* A mapped field as it was when it was fine. */
struct drift_shape {
	struct str field;
	enum field_type type;
	size_t length;
	bool writable, restricted;
	bool accepted;            /* a required field that nothing fills, and a person said so be it */
	const struct str *values; /* picklist, when restricted */
	size_t value_count;
};
/* `shapes`: as known, NULL for the first look. Drifts in order of the mapping, then new required fields; `sync_id`, side, field, what, message are set. */
void drift_compare(const struct drift_subject *subject, const struct object_info *now, const struct drift_shape *shapes,
                   size_t shape_count, struct arena *arena, struct drift **ret, size_t *ret_count);

/* ---- the tables ---- */

struct drift_seen {
	size_t appeared, healed, open;
	int64_t held_since_ms; /* of those that healed: when the first of them was taken out; 0: none healed */
};
/* One look, inside of a durable transaction. */
int drift_note(struct db *db, const struct drift_subject *subject, const struct object_info *now,
               struct drift_seen *ret, struct err *err) MUST_CHECK;
/* Open ones first, newest first; `healed`: those of the past too. Of one sync, or (0) of all. */
int drift_list(struct engine *engine, struct arena *arena, int64_t sync_id, bool healed, struct drift **ret,
               size_t *ret_count, struct err *err) MUST_CHECK;
/* A person says that the field is fine as it is: the next look takes its shape, unless it is gone or cannot be written. ERR_NOT_FOUND. */
int drift_accept(struct db *db, int64_t sync_id, enum side side, struct str field, struct err *err) MUST_CHECK;

struct drift_mask {
	size_t held_count;     /* 0: nothing is held, and most of the time it is so */
	bool *held;            /* by field of the mapping: no part in merging and writing */
	bool *gone[2];         /* by side and field: not there, so it must not be asked for either */
	struct str *gone_read; /* fields of the CRM that are not there, those beside the mapping too */
	size_t gone_read_count;
	bool create_refused[2]; /* by side: new records will be refused, a required field has no value */
};
int drift_mask(struct db *db, struct arena *arena, int64_t sync_id, const struct mapping *mapping,
               struct drift_mask *ret, struct err *err) MUST_CHECK;

/* ---- on the road (drift_road.c) ---- */

/* What of a plan is held just now. A snapshot: it stays valid until the plan is closed, a newer one may follow any time. */
struct drift_state {
	size_t held_count;
	const bool *held;             /* by field of the mapping: no part in merging and writing */
	const struct str *crm_fields; /* the plan's, without those that are not there: to be asked for */
	size_t crm_field_count;
};
const struct drift_state *drift_state(const struct plan *plan);

/* plan_open and plan_close do this. */
int drift_open(struct engine *engine, struct plan *plan, struct err *err) MUST_CHECK;
void drift_close(struct plan *plan);

/*
 * To be called every now and then by whoever has the plan open, at least once a second while its road works; cheap while nothing is due. A side is
 * described when plan->describe_ms have gone by since anybody did, or, once a minute at most, after a refusal (drift_suspect). What appeared or healed
 * stands in the journal with whom to ask. What failed since is tried again, and what healed is compared again, pair by pair. A far side that cannot be
 * asked just now is asked later.
 */
int drift_watch(struct engine *engine, const struct plan *plan, struct err *err) MUST_CHECK;
/* That side refused something: its fields may not be what they were. */
int drift_suspect(struct db *db, const struct plan *plan, enum side side, struct err *err) MUST_CHECK;
/* The same of both sides, in a transaction of its own, because a reading failed. */
void drift_suspect_both(struct engine *engine, const struct plan *plan);

#endif

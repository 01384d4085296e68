/*
 * memory: a complete connector over memory. The example for those who write one (docs/CONNECTORS.md walks through it) and the
 * far side of unit tests. Found by the name "memory"; not listed among the kinds that a person may choose.
 *
 * Settings, all optional: id ("id"), version ("updated_at"), merged ("merged_into"), deleted ("deleted"): names of members;
 * reference ("external_id"): where our id stands, none: nowhere; page_size (100), fetch_batch (100), write_batch (200), prefix of new ids ("m-");
 * objects: {patient: [{...}, ...]} to begin with; our_user ("suture"): who our writes are by; has_times (yes): no leaves out
 * versions and times; answers (yes): no leaves the record out of what a write answers; changes, search, webhook, listen (yes): no makes the function NULL in the connection's kind; cursor (sequence):
 * clock makes `changes` leave out what is younger than lag_ms; hook_secret ("memory-secret"): key of the webhooks' signature.
 *
 * Each change gets a number and a time one second after the last one, and is told to who listens. The far clock (page.server_ms)
 * stands at the last change until memory_pass_time().
 *
 * A call does its work in X_start and keeps the result for X_finish, as a far side would that answers at once. The functions
 * below play the far side's people and faults; all may be called from any thread.
 */
#ifndef SUTURE_CONNECTORS_MEMORY_H
#define SUTURE_CONNECTORS_MEMORY_H

#include "connectors/connector.h"

extern const struct connector memory_connector;

enum memory_call {
	MEMORY_CHECK,
	MEMORY_DESCRIBE,
	MEMORY_LIST,
	MEMORY_FETCH,
	MEMORY_WRITE,
	MEMORY_CHANGES,
	MEMORY_SEARCH,
	MEMORY_HOOK, /* register and unregister */
	MEMORY_LISTEN,
	MEMORY_CALLS
};

/* A person's edit (modified_by "person"): adds the record, or lays its members over the one with the same id. Stamps a new version. */
void memory_put(struct connection *c, const char *object, const char *json);
/* Puts bytes in a list as they are, well-formed or not (R3). */
void memory_put_raw(struct connection *c, const char *object, const char *bytes);
void memory_remove(struct connection *c, const char *object, const char *id);
/* A person merges two records: the loser is deleted and names the survivor (R32). */
void memory_merge(struct connection *c, const char *object, const char *loser, const char *survivor);
void memory_pass_time(struct connection *c, int64_t ms);
/* Cursors given so far are too old from now on (ERR_GONE). */
void memory_forget_changes(struct connection *c);
/* The record as it is now, in the arena; NULL: never there or deleted. */
struct json *memory_get(struct connection *c, const char *object, const char *id, struct arena *arena);
size_t memory_count(struct connection *c, const char *object);       /* records that are not deleted */
unsigned memory_calls(struct connection *c, enum memory_call which); /* calls since it was opened */
unsigned memory_written(struct connection *c);                       /* records created, changed or deleted by writes */

/*
 * The n-th call of this kind from now on (1: the next one) fails with `code`. `after`: it is carried out first, and only its
 * answer is lost; creates without key then end as UNKNOWN.
 */
void memory_fail(struct connection *c, enum memory_call which, unsigned nth, enum err_code code, bool after);
/* No call gets through (ERR_NETWORK) until it is up again; listeners are not disturbed. */
void memory_down(struct connection *c, bool down);
/* Writes to the record with this id or key end as `outcome` with `code`; DELIVERED lifts it. Texts are copied. */
void memory_refuse(struct connection *c, const char *id_or_key, enum delivery outcome, const char *code);
/* A change whose item names another version than the record has ends as CHANGED (R26). */
void memory_demand_version(struct connection *c, bool on);
/* The far side's own opinion: called with each record as it is about to be stored; changes it in place (R27). */
void memory_rewrite(struct connection *c, void (*rewrite)(void *context, struct arena *arena, struct json *record),
                    void *context);

/*
 * Webhooks: {"id": "evt-1", "event": "patient.updated", "at": TIME, "by": "person", "record": {...}} or "record_id" in place of the
 * record, signed by X-Memory-Signature: sha256=HMAC of the body in hex. Events: created, updated, removed, merged, asked; others
 * are EVENT_OTHER. What a far side would POST about the record as it is now; `whole`: with the record.
 */
void memory_hook(struct connection *c, const char *object, const char *id, const char *what, bool whole,
                 struct arena *arena, struct hook *ret);
/* The same around any bytes. */
void memory_hook_raw(struct connection *c, struct str body, struct arena *arena, struct hook *ret);
size_t memory_hook_count(struct connection *c); /* addresses registered */

/*
 * The stream tells each change by itself; memory_tell adds something: "asked" (EVENT_ASKED, named "patient.asked"), "overflow". A fault strikes the
 * n-th thing told from now on (1: the next): it is lost, told twice, told after the one behind it, or told as an overflow.
 */
enum memory_stream_fault { MEMORY_LOSE, MEMORY_REPEAT, MEMORY_SWAP, MEMORY_OVERFLOW, MEMORY_STREAM_FAULTS };
void memory_tell(struct connection *c, const char *object, const char *id, const char *what);
void memory_stream_strike(struct connection *c, enum memory_stream_fault fault, unsigned nth);
/* Replay texts given so far are too old from now on (ERR_GONE); who listens is told so too. */
void memory_forget_stream(struct connection *c);
unsigned memory_listening(struct connection *c); /* listeners at work */

#endif

/*
 * memory: a complete connector over memory. The example for those who write one (docs/CONNECTORS.md walks through it) and the
 * far side of unit tests. Found by the name "memory"; not listed among the kinds that a person may choose.
 *
 * Settings, all optional: id ("id"), version ("updated_at"), merged ("merged_into"), deleted ("deleted"): names of members;
 * reference ("external_id"): where our id stands; page_size (100), fetch_batch (100), write_batch (200), prefix of new ids ("m-");
 * objects: {patient: [{...}, ...]} to begin with.
 *
 * A call does its work in X_start and keeps the result for X_finish, as a far side would that answers at once. The functions
 * below play the far side's people and faults; all may be called from any thread.
 */
#ifndef SUTURE_CONNECTORS_MEMORY_H
#define SUTURE_CONNECTORS_MEMORY_H

#include "connectors/connector.h"

extern const struct connector memory_connector;

enum memory_call { MEMORY_CHECK, MEMORY_DESCRIBE, MEMORY_LIST, MEMORY_FETCH, MEMORY_WRITE, MEMORY_CALLS };

/* A person's edit: adds the record, or lays its members over the one with the same id. Stamps a new version. */
void memory_put(struct connection *c, const char *object, const char *json);
/* Puts bytes in a list as they are, well-formed or not (R3). */
void memory_put_raw(struct connection *c, const char *object, const char *bytes);
void memory_remove(struct connection *c, const char *object, const char *id);
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
/* Writes to the record with this id or key end as `outcome` with `code`; DELIVERED lifts it. Texts are copied. */
void memory_refuse(struct connection *c, const char *id_or_key, enum delivery outcome, const char *code);
/* The far side's own opinion: called with each record as it is about to be stored; changes it in place (R27). */
void memory_rewrite(struct connection *c, void (*rewrite)(void *context, struct arena *arena, struct json *record),
                    void *context);

#endif

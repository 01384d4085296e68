/*
 * rig: an engine over an in-memory database and two memory systems, for tests of the road. One rig at a time.
 */
#ifndef SUTURE_TESTS_SYNC_RIG_H
#define SUTURE_TESTS_SYNC_RIG_H

#include "connectors/memory.h"
#include "sync/catalog.h"
#include "sync/retry.h"
#include "sync/run.h"

struct rig {
	struct engine engine;
	struct plan *plan;
	struct connection *emr, *crm; /* the plan's */
	struct arena arena;
	struct str key; /* 64 hex digits */
	char path[64];  /* the database's folder */
};

/* Fails the test with the error's text. */
void must_be_fine(int code, const struct err *err);
/* `sync_settings`: more members of the sync's object, as JSON text ("\"create\":true"), or "". */
void rig_open(struct rig *rig, const char *sync_settings);
void rig_close(struct rig *rig);
/* Opens the same database anew, as after the death of the process; the two systems keep what they hold. */
void rig_restart(struct rig *rig);
/* Applies the configuration anew with these settings and this row more in its mapping ("" for none), and opens the plan anew over the same two systems. */
void rig_configure(struct rig *rig, const char *sync_settings, const char *more_fields);
/* The n-th statement or commit from now fails, once. */
void rig_fail_store_at(struct rig *rig, int64_t n);
/* An import that must succeed; returns the counts by outcome of its run. */
const int64_t *rig_import(struct rig *rig, int64_t counts[OUTCOME_COUNT]);
/* rig_open, and Ann (people.h) on both sides, as "a" and "c": imported and linked. */
void rig_open_linked(struct rig *rig, const char *sync_settings);
/* Patients p000, p001, ... of [from, to), each with a name of his own (F000 L, ...), all born on one day. */
void rig_put_patients(struct rig *rig, int from, int to);
/* Ten minutes later on both sides: a delta, which must go well. */
void rig_delta(struct rig *rig);
/* What was staged is judged, to the end. */
void rig_settle(struct rig *rig);
/* All that failed, once more. */
struct retried rig_retry(struct rig *rig);
/* A member of a record as text; "" when blank or absent; NULL when the record is not there. */
const char *rig_emr(struct rig *rig, const char *id, const char *member);
const char *rig_crm(struct rig *rig, const char *id, const char *member);
/* The id of the contact that carries this patient's id; NULL: none. */
const char *rig_contact_of(struct rig *rig, const char *patient);

#endif

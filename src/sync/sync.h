/*
 * sync: the road. Everything that a face (command line, API) may ask of the engine stands here or in the header of one station.
 *
 *	capture -> stage -> link -> reconcile -> outbox -> deliver -> settle
 *
 * Three commits carry a record: (1) payload + cursor (capture), (2) link + merge result + outbox + payload state (reconcile),
 * (3) outbox done + the link's new base (deliver). A crash between any two repeats idempotent work and nothing else (R5).
 *
 * `struct engine` is one Suture: a store, a key, an HTTP client, who acts. `struct plan` is one object sync as it stands now,
 * with both connections open. Both may be used by several threads at once; a plan never changes (a new configuration makes a new plan).
 */
#ifndef SUTURE_SYNC_SYNC_H
#define SUTURE_SYNC_SYNC_H

#include <stdatomic.h>

#include "codec/box.h"
#include "codec/digest.h"
#include "connectors/connector.h"
#include "lib/map.h"
#include "model/merge.h"
#include "store/store.h"

struct verdict;
struct meter;
struct governor;
struct drift_box;
struct budget_gate;
struct leases;
struct lease;

struct engine {
	struct store *store;
	struct keyring *keys;
	struct http_client *http;
	int key_lock;     /* of rekey_arrive; 0: none */
	const char *dir;  /* where files of ours live; NULL: there are none (tests) */
	const char *who;  /* who acts, for runs and the audit trail: "cli:root" */
	atomic_bool stop; /* Ctrl-C: lanes stop after the chunk in hand */
	bool dry;         /* judge everything, deliver nothing (the store is a scratch copy) */
	int64_t doubt_ms; /* how long a create without an answer may yet be carried out: it is not looked for sooner; 0: 2000 */
	struct engine *lasting; /* dry: the engine whose copy this is: what must not be lost is kept there; else NULL */
	/* Told of every decision, on the reconciling thread, before it is committed. NULL: nobody asks. */
	void (*on_verdict)(void *context, const struct verdict *verdict);
	void *on_verdict_context;
	struct governor *governor; /* counts and limits calls (budget.h); NULL: nobody does */
	struct meter *meter;       /* what the daemon counts (meter.h); NULL: nobody does */
	struct leases
	        *leases; /* what this process works on (lease.h); NULL: nothing is leased (tests, scratch copies) */
};

/* The two sides, in columns named `side`. */
enum side { SIDE_EMR = 0, SIDE_CRM = 1 };

static inline enum side side_other(enum side side)
{
	return side == SIDE_EMR ? SIDE_CRM : SIDE_EMR;
}

/* R31: what becomes of a pair when one of its records is deleted or archived. */
enum on_removal { REMOVAL_UNLINK, REMOVAL_FLAG, REMOVAL_DELETE };

/* What a record of this sync hangs on: a record of another sync, found by that one's link. */
struct parent {
	int64_t sync_id; /* 0: none */
	struct str sync;
	const struct path *emr; /* where the EMR's record names it: PatientId */
	struct str crm;         /* the CRM field that gets the CRM id of it: Patient__c */
	size_t row; /* of the mapping: the row that stands for it; its EMR value is the CRM id that was found */
};

struct plan {
	struct arena arena;
	const struct keyring *keys; /* the engine's: identities are hashed with it */
	int64_t sync_id;            /* definition ids */
	int64_t integration_id;
	struct str name;               /* "patients" */
	struct str emr_name, crm_name; /* names of the connections */
	struct connection *conn[2];    /* by side */
	struct str object[2];          /* "patient", "Contact" */
	struct mapping mapping;      /* of batches and of people; its rows are those of both modes, in the same order */
	struct mapping live_mapping; /* R38: of what comes by itself; without a separate one it is the same */
	bool live_differs;
	int64_t mapping_version;
	const struct str *crm_fields; /* every CRM field that is read: mapped ones and those below */
	size_t crm_field_count;
	struct str crm_where; /* which CRM records take part; empty: all */
	/* R18: fields of the CRM record that show the link; empty: not written. */
	struct str crm_id_field; /* holds the EMR id; must be an external id there */
	struct str crm_synced_field;
	struct str crm_last_sync_field;
	struct str crm_run_field;      /* Batch Sync ID */
	struct str crm_parent_field;   /* R16: "AccountId" */
	struct str default_account;    /* its name at the CRM; empty: none */
	struct str default_account_id; /* its id, looked up by plan_open_account */
	bool create_in_crm;            /* R16 */
	bool create_in_emr;            /* R14: a CSV batch creates patients nobody fits; default off */
	bool trigger_creates;          /* R15: a CRM record that meets the trigger condition becomes a patient */
	bool blind;                    /* previews: judge without a complete index */
	struct drift_box *drift;       /* what is in quarantine (drift.h) */
	struct budget_gate *gate;      /* calls that are left (budget.h) */
	struct lease *lease;           /* who may work on it (lease.h) */
	struct trigger *trigger;       /* R40: which CRM records start on their own; NULL: none does */
	enum on_removal on_removal[2]; /* R31, by the side that lost its record */
	struct str crm_status_field, crm_reason_field,
	        crm_link_field;       /* the truth inside the CRM; empty: not written */
	const struct str *events_off; /* R37: event names that are acknowledged and counted, not staged */
	size_t events_off_count;
	bool no_stream;    /* nobody listens: deltas only */
	bool live_off;     /* real time is switched off: every event is acknowledged and counted, nobody listens */
	bool paused;       /* what comes is staged, nothing is delivered and nothing runs until somebody resumes it */
	int64_t bulk_from; /* records owed at once from which a bulk job is made; 0: only where calls are short */
	int64_t delta_overlap_ms, delta_lag_ms; /* R39: see changes_request */
	int64_t turns_max;                      /* the loop breaker: changes of direction in an hour */
	int64_t describe_ms;     /* drift: how often the far sides are asked what their fields are like; 0: never */
	bool back_reference;     /* R18: write our id into the EMR's record */
	struct json *crm_create; /* members that every new CRM record gets; NULL: none */
	struct str
	        crm_record_type; /* DeveloperName of theirs, which plan_open_account puts among them as RecordTypeId; empty: none */
	struct parent parent;
	bool has_children; /* another sync names this one as its parent's */
};

/* What is done with one payload. Numbers are stored: append only. */
#define OUTCOME_LIST(X)                                                                                       \
	X(OUTCOME_NONE, 0, "waiting", "not decided yet")                                                      \
	X(OUTCOME_CREATED, 1, "created", "a new record was made on the other side")                           \
	X(OUTCOME_LINKED, 2, "linked", "joined with a record that was there")                                 \
	X(OUTCOME_UPDATED, 3, "updated", "changes were written")                                              \
	X(OUTCOME_UNCHANGED, 4, "unchanged", "both sides agreed already")                                     \
	X(OUTCOME_SKIPPED_AMBIGUOUS, 5, "skipped_ambiguous", "more than one record fits; a person decides")   \
	X(OUTCOME_SKIPPED_LINKED, 6, "skipped_linked", "the only record that fits is linked to another one")  \
	X(OUTCOME_SKIPPED_NO_MATCH, 7, "skipped_no_match", "nothing fits, and creating is switched off")      \
	X(OUTCOME_SKIPPED_FILTERED, 8, "skipped_filtered", "left out by a setting, archived, or merged away") \
	X(OUTCOME_FAILED, 9, "failed", "an error is attached to the payload")
#define OUTCOME_ENUM_ROW(id, number, name, text) id = number,
enum outcome { OUTCOME_LIST(OUTCOME_ENUM_ROW) OUTCOME_COUNT = 10 };
#undef OUTCOME_ENUM_ROW
const char *outcome_name(enum outcome outcome);
const char *outcome_meaning(enum outcome outcome);
bool outcome_of_name(struct str name, enum outcome *ret);

/*
 * What reconcile decided about one payload: everything that preview, dry run and the audit trail show. Lives in the chunk's arena.
 */
struct verdict {
	const struct plan *plan;
	int64_t staged_id;
	struct str emr_id, crm_id; /* crm_id empty: to be created, or none */
	enum outcome outcome;
	const char *reason;                 /* a sentence, no patient data */
	struct str error_code, error_field; /* OUTCOME_FAILED */
	enum merge_mode mode;
	const struct value *emr; /* per mapped field, CRM form; NULL when nothing was merged */
	const struct value *crm;
	const struct merged *merged;
	struct str candidates; /* R8: ids of those that fit, comma separated */
};

#endif

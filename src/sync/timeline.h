/*
 * timeline: the story of one pair, or of one record that has no counterpart, across both systems: why does this field have this value? Reads what the stations
 * noted; writes nothing.
 */
#ifndef SUTURE_SYNC_TIMELINE_H
#define SUTURE_SYNC_TIMELINE_H

#include "sync/audit.h"
#include "sync/history.h"
#include "sync/journal.h"
#include "sync/link.h"
#include "sync/outbox.h"
#include "sync/review.h"
#include "sync/stage.h"
#include "sync/suggest.h"
#include "sync/truth.h"

/* Whose story: found by either record. The ids of a pair are those of its living link, or of its last one. */
struct timeline_of {
	struct str id[2];   /* by side; empty: none known */
	bool linked;        /* there is a living link: links[0] */
	struct link *links; /* all that one of the two ever had, the youngest first; with ended_ms and ended_why */
	size_t link_count;
};
int timeline_find(struct engine *engine, const struct plan *plan, struct arena *arena, enum side side,
                  struct str record_id, struct timeline_of *ret, struct err *err) MUST_CHECK;

#define MOMENT_LIST(X)                                                                \
	X(MOMENT_PAYLOAD, "payload")       /* staged, decided, its writes taken */    \
	X(MOMENT_LINKED, "linked")         /* the pair came about */                  \
	X(MOMENT_ENDED, "ended")           /* the pair ended */                       \
	X(MOMENT_LOG, "log")               /* what the log says beyond that */        \
	X(MOMENT_PERSON, "person")         /* who did or looked at what */            \
	X(MOMENT_CONFLICT, "conflict")     /* both sides had changed a field */       \
	X(MOMENT_DECISION, "decision")     /* a person decided a conflict */          \
	X(MOMENT_SUGGESTION, "suggestion") /* somebody may be the same person */      \
	X(MOMENT_TOLD, "told")             /* what a record shows of how it stands */ \
	X(MOMENT_OWED, "owed")             /* a write that has not been taken yet */
#define MOMENT_ENUM(id, name) id,
enum moment_kind { MOMENT_LIST(MOMENT_ENUM) MOMENT_KINDS };
#undef MOMENT_ENUM
const char *moment_name(enum moment_kind kind);

/* One of the pointers is set: what the kind says; LINKED and ENDED: link; CONFLICT and DECISION: conflict. `history` beside a payload that merged something. */
struct moment {
	enum moment_kind kind;
	int64_t at_ms;
	enum side side; /* PAYLOAD, TOLD, OWED, PERSON */
	const struct staged *staged;
	const struct history *history;
	const struct link *link;
	const struct journal_entry *log;
	const struct audit_entry *audit;
	const struct conflict *conflict;
	const struct suggestion *suggestion;
	const struct told *told;
	const struct owed *owed;
};
/* The youngest first; before_ms 0: from now; at most `limit` (0: 100). */
int timeline_read(struct engine *engine, const struct plan *plan, struct arena *arena, const struct timeline_of *of,
                  int64_t before_ms, size_t limit, struct moment **ret, size_t *ret_count, struct err *err) MUST_CHECK;

/* One mapped field and the last decision about it. `history` NULL: it is as the pair was made with it, or has no value. */
struct timeline_field {
	struct str name;
	const struct field_map *map;
	const struct history *history;
	struct history_field last; /* without values */
	struct str emr, crm;       /* the base: what both sides last agreed on; empty unless asked for */
	bool known;                /* there is a base for it */
};
/* In mapping order. `values`: with the base: for people who may see it, and with a line in the audit trail. */
int timeline_fields(struct engine *engine, const struct plan *plan, struct arena *arena, const struct timeline_of *of,
                    bool values, struct timeline_field **ret, struct err *err) MUST_CHECK;

#endif

/*
 * cases: what waits for a person beside conflicts of fields, read from what the stations noted. Only writer of the table `case_closed`: cases that a person closed
 * without an act. An act (link, create, dismiss) closes a case by itself.
 *
 *	several       more than one record fits (R8)
 *	linked        the only record that fits is linked to another one (R8)
 *	near          somebody may be the same person (R10): a suggestion (suggest.h)
 *	survivor      merged into a record that is linked too (R32)
 *	gone          its counterpart was deleted and the pair ended (R31)
 *	race          the same, while this record was changed: that change met nobody
 */
#ifndef SUTURE_SYNC_CASES_H
#define SUTURE_SYNC_CASES_H

#include "sync/sync.h"

/* Numbers are stored: append only. */
enum case_kind {
	CASE_SEVERAL = 0,
	CASE_LINKED = 1,
	CASE_NEAR = 2,
	CASE_SURVIVOR = 3,
	CASE_GONE = 4,
	CASE_RACE = 5,
	CASE_KINDS
};
const char *case_kind_name(enum case_kind kind);
bool case_kind_of_name(struct str name, enum case_kind *ret);

struct open_case {
	enum case_kind kind;
	int64_t id; /* payload (several, linked, survivor), suggestion (near), link (gone, race): with the kind it names the case */
	int64_t sync_id, at_ms;
	enum side side;       /* of the record in question */
	struct str record_id; /* of that side */
	struct str
	        others; /* of the other side, comma separated: who fits; for gone: who it was linked with; for survivor: of the same side */
	struct str reason; /* a sentence, no patient data */
};

/* Open cases of one kind, the oldest first, after `after_id`; limit 0: 100. */
int cases_list(struct engine *engine, struct arena *arena, int64_t sync_id, enum case_kind kind, int64_t after_id,
               size_t limit, struct open_case **ret, size_t *ret_count, struct err *err) MUST_CHECK;
/* ERR_NOT_FOUND: there is none, or it is closed. A case whose record was read again since is found by its older payload, too. */
int cases_find(struct engine *engine, struct arena *arena, int64_t sync_id, enum case_kind kind, int64_t id,
               struct open_case *ret, struct err *err) MUST_CHECK;
/* How many are open, at most 1000 counted each; `ret` has CASE_KINDS places. */
int cases_count(struct engine *engine, int64_t sync_id, int64_t *ret, struct err *err) MUST_CHECK;
/* Left as it is; it opens again only when others fit. In the audit trail. Near ones are dismissed (suggest.h). */
int cases_close(struct engine *engine, const struct plan *plan, struct arena *arena, enum case_kind kind, int64_t id,
                const char *why, struct err *err) MUST_CHECK;

#endif

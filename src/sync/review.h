/*
 * review: what waits for a person, and what was decided by policy or by a person: conflicts (R22). Only writer of the table `conflict`. Values are sealed.
 *
 * A conflict that waits is asked anew at each merge of its pair and keeps its number. A person's decision stands in its row from the moment he made it
 * (conflict_decide); it counts once the pair was merged with it (person.h: person_resolve; WISH_RESOLVE), and then the row waits no more.
 */
#ifndef SUTURE_SYNC_REVIEW_H
#define SUTURE_SYNC_REVIEW_H

#include "sync/sealed.h"

struct conflict {
	int64_t id, sync_id, link_id, staged_id, at_ms, policy_version;
	struct str field;
	struct str winner;          /* "emr", "crm", "newest", "review"; of a person's: "value" too */
	bool waiting;               /* a person decides, or his decision was not carried out yet */
	struct str sides;           /* sealed: {"base":…,"emr":…,"crm":…} */
	struct str decided_by, why; /* empty: nobody decided yet, or the policy did */
	int64_t decided_ms;
	struct str choice; /* sealed; see conflict_choice */
	int64_t purged_ms; /* its values were taken away then, as it is old; 0: they are there */
};

struct conflict_sides {
	struct str base, emr, crm;
};
struct str conflict_seal(struct engine *engine, struct arena *arena, struct str base, struct str emr, struct str crm);
int conflict_open(struct engine *engine, struct arena *arena, const struct conflict *conflict,
                  struct conflict_sides *ret, struct err *err) MUST_CHECK;

/* Does any wait for a person? Else there is nothing to ask anew. */
int conflict_any_waits(struct db *db, bool *ret, struct err *err) MUST_CHECK;
/* Inside the commit of a merge, in this order: what waited is in question; each conflict that is there (again) is added; what was not is over. */
int conflict_renew(struct db *db, int64_t link_id, struct err *err) MUST_CHECK;
int conflict_add(struct db *db, const struct conflict *conflict, struct err *err) MUST_CHECK;
int conflict_renewed(struct db *db, int64_t link_id, struct err *err) MUST_CHECK;
/* The pair is no more: nobody is asked. */
int conflict_ask_no_more(struct db *db, int64_t link_id, struct err *err) MUST_CHECK;

/* ---- decisions of a person ---- */

enum choice_by { CHOICE_EMR, CHOICE_CRM, CHOICE_VALUE };
const char *choice_name(enum choice_by by);

struct choice {
	enum choice_by by;
	enum side side;              /* CHOICE_EMR, CHOICE_CRM */
	bool has_value;              /* this value; else what that side holds when the decision is carried out */
	struct str value;            /* empty: blank */
	struct conflict_sides sides; /* as the person saw them */
};
/* Notes the decision. */
int conflict_decide(struct engine *engine, struct db *db, struct arena *arena, const struct conflict *conflict,
                    const struct choice *choice, const char *why, struct err *err) MUST_CHECK;
int conflict_choice(struct engine *engine, struct arena *arena, const struct conflict *conflict, struct choice *ret,
                    struct err *err) MUST_CHECK;
/* Decisions about this pair that were not carried out yet. */
int conflict_decisions(struct db *db, struct arena *arena, int64_t link_id, struct conflict **ret, size_t *ret_count,
                       struct err *err) MUST_CHECK;
/* The pair was merged: the decision was carried out or, where it still is `waiting`, it is taken back, as the values were others (R28). */
int conflict_decided(struct db *db, const struct conflict *conflict, struct err *err) MUST_CHECK;

/* ---- reading ---- */

struct conflict_filter {
	int64_t id, sync_id, link_id; /* 0: any */
	bool waiting;                 /* only those */
	int64_t after_id;
	size_t limit; /* 0: 100 */
};
int conflict_find(struct engine *engine, struct arena *arena, const struct conflict_filter *filter,
                  struct conflict **ret, size_t *ret_count, struct err *err) MUST_CHECK;
/* Names of the fields of a pair that wait for a person, at most `limit`. */
int conflict_waiting(struct db *db, struct arena *arena, int64_t link_id, size_t limit, struct str **ret,
                     size_t *ret_count, struct err *err) MUST_CHECK;
/* How many wait for a person; never counts further than `most`. */
int conflict_count(struct engine *engine, size_t most, int64_t *ret, struct err *err) MUST_CHECK;

/* Conflicts that wait no more: their values; who decided what and when stays. */
extern const struct purgeable conflict_purgeable;
extern const struct sealed_column conflict_sealed_sides, conflict_sealed_choice;

#endif

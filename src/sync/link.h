/*
 * link: the pair (EMR id, CRM id) of one person, with its base. Only writer of the table `link`. At most one link a side (R9): a
 * unique index of the store, so that ERR_CONFLICT is what a second one gets.
 */
#ifndef SUTURE_SYNC_LINK_H
#define SUTURE_SYNC_LINK_H

#include "model/merge.h"
#include "sync/sealed.h"

/* MAKING: one of the records is owed and has no id yet, or its first write is. FORGIVEN: ended, and a person asked for these records again (R29). */
enum link_state { LINK_LINKED = 0, LINK_MAKING = 1, LINK_ENDED = 2, LINK_FORGIVEN = 3 };

struct link {
	int64_t id, sync_id, run_id;
	enum link_state state;
	struct str emr_id, crm_id;
	struct str how;           /* "R12", "R6", "created": how it came about */
	struct str base;          /* sealed; empty: none yet */
	struct digest16 emr_hash; /* of the EMR payload last settled */
	struct str emr_version, crm_version;
	int64_t emr_modified_ms, crm_modified_ms; /* by each far side's own clock: what the base has looked at */
	int64_t emr_seen_ms, crm_seen_ms;         /* by our clock: when that side was last read for this link */
	struct str turn_fields; /* the loop breaker: changes of direction, field by field (breaker.c) */
	struct str stopped_why; /* the loop breaker stopped it; empty: it flows */
	int64_t staged_id;      /* the payload last settled: its bytes */
	int64_t created_ms, settled_ms;
	int64_t mapping_version;
	enum merge_mode
	        first; /* who won where both were filled as they were linked (R11 to R15); MERGE_STEADY: not known */
	/* Only what link_list read has these: */
	int64_t ended_ms;
	struct str ended_why;
};

int link_insert(struct db *db, struct link *link, struct err *err) MUST_CHECK;
int link_by_emr(struct db *db, struct arena *arena, int64_t sync_id, struct str emr_id, struct link *ret,
                bool *ret_found, struct err *err) MUST_CHECK;
int link_by_crm(struct db *db, struct arena *arena, int64_t sync_id, struct str crm_id, struct link *ret,
                bool *ret_found, struct err *err) MUST_CHECK;
int link_find(struct db *db, struct arena *arena, int64_t id, struct link *ret, bool *ret_found,
              struct err *err) MUST_CHECK;
/* What was looked at of each side for this decision (see the fields of struct link); zero leaves what is there. */
struct looked {
	int64_t modified_ms[2], seen_ms[2];
	/* We wrote, and nothing says when by that side's clock: what was known of its time is older than that, and is forgotten. */
	bool unshown[2];
};
/* Everything a settled payload changes; empty texts and an empty base leave what is there. */
int link_settle(struct db *db, const struct link *link, const struct looked *looked, struct err *err) MUST_CHECK;
/* The record in the making could not be made: nothing is left of the link. */
int link_drop(struct db *db, int64_t id, struct err *err) MUST_CHECK;
/* The database was restored (restored.h): pairs in the making are judged anew; their records may have come to be since. */
int link_restored(struct db *db, int64_t sync_id, int64_t *ret_count, struct err *err) MUST_CHECK;
/* The same, once the CRM was read through: pairs whose CRM record carries another EMR id than theirs, or none: struct link each, some at a time. */
struct selected;
int link_stale(struct db *db, struct arena *arena, int64_t sync_id, struct selected *ret, struct err *err) MUST_CHECK;
int link_end(struct db *db, int64_t id, const char *why, struct err *err) MUST_CHECK;

/* Writes are owed for it: `base` (empty: none) is what both sides agree on already, and the next reading compares both sides whatever their versions. */
int link_owe(struct db *db, int64_t id, struct str base, struct err *err) MUST_CHECK;
/* R29: did this record have a link that was ended, and none after it? */
int link_was_ended(struct db *db, int64_t sync_id, enum side side, struct str record_id, bool *ret,
                   struct err *err) MUST_CHECK;

/* Is a link of this record in the making, or a write owed for one of its links, ended ones too? */
int link_moves(struct db *db, struct arena *arena, int64_t sync_id, enum side side, struct str record_id, bool *ret,
               struct err *err) MUST_CHECK;

int link_by(struct db *db, struct arena *arena, int64_t sync_id, enum side side, struct str record_id, struct link *ret,
            bool *ret_found, struct err *err) MUST_CHECK;
struct str link_id_of(const struct link *link, enum side side);
/* db_ahead for these keys: of link_by (the ids of that side), link_find (numbers), link_had_another, which link_was_ended and link_moves ask first. */
int link_by_ahead(struct db *db, int64_t sync_id, enum side side, const struct bind *ids, size_t count,
                  struct err *err) MUST_CHECK;
int link_find_ahead(struct db *db, const struct bind *ids, size_t count, struct err *err) MUST_CHECK;
int link_had_another_ahead(struct db *db, int64_t sync_id, enum side side, const struct bind *ids, size_t count,
                           struct err *err) MUST_CHECK;

/* Records of linked pairs on that side which neither this run's complete reading nor a later run met, in slices: the next one begins after the last link of the
 * one before, and one that is not full is the last. */
struct unseen {
	int64_t link_id;
	struct str record_id;
};
enum { UNSEEN_A_SLICE = 500 };
int link_unseen(struct db *db, struct arena *arena, int64_t sync_id, enum side side, int64_t run_id, int64_t after_id,
                struct selected *ret, struct err *err) MUST_CHECK;

/* Linked pairs of which a payload came since then, after `after_id`: struct link each. */
int link_touched(struct db *db, struct arena *arena, int64_t sync_id, int64_t since_ms, int64_t after_id, size_t limit,
                 struct selected *ret, struct err *err) MUST_CHECK;

/* What was looked at, and nothing else. */
int link_look(struct db *db, int64_t id, const struct looked *looked, struct err *err) MUST_CHECK;
/* R32: the record of that side was merged into another one. */
int link_move(struct db *db, int64_t id, enum side side, struct str survivor, struct err *err) MUST_CHECK;
/* The loop breaker's count (turn_fields); stopped_why not empty stops the link, empty lets it flow. */
int link_turns(struct db *db, const struct link *link, struct err *err) MUST_CHECK;
/* Did this record have a link that was ended, forgiven or not? Else there is nothing to forgive, nothing that it is to forget, and nothing of an old pair in motion. */
int link_had_another(struct db *db, int64_t sync_id, enum side side, struct str record_id, bool *ret,
                     struct err *err) MUST_CHECK;
/* R29: somebody asked for these two again: what was ended between them no longer bars them. */
int link_forgive(struct db *db, int64_t sync_id, struct str emr_id, struct str crm_id, struct err *err) MUST_CHECK;

/*
 * R4: how a payload stands to what the link has looked at on its side. OLDER: the base has seen a younger state. UNSURE: the side was read or written
 * after this payload came (asked for), so it may show a state from before: read it again. NEWER: go on.
 */
enum age { AGE_OLDER, AGE_UNSURE, AGE_NEWER };
enum age link_age(const struct link *link, enum side side, int64_t modified_ms, int64_t received_ms);
/* The record's version, read at `now_ms` by the far side's clock; empty when it proves nothing: Salesforce's versions are times in whole seconds, and
 * within the same second a record can change once more under the same version (R28). The next run compares then. */
struct str link_lasting_version(const struct record *crm, int64_t now_ms);

/* The ids of a link; empty where it has none or is gone. */
int link_ids(struct engine *engine, struct arena *arena, int64_t id, struct str *ret_emr, struct str *ret_crm,
             struct err *err) MUST_CHECK;

/* Zeros and empty texts: any. */
struct link_filter {
	int64_t sync_id;
	struct str emr_id, crm_id;
	unsigned states; /* bits: 1 << LINK_LINKED, ... */
	bool stopped;    /* only those that the loop breaker stopped */
	int64_t after_id, before_id;
	bool newest; /* the youngest first */
	size_t limit;
};
int link_list(struct engine *engine, struct arena *arena, const struct link_filter *filter, struct link **ret,
              size_t *ret_count, struct err *err) MUST_CHECK;

/* The base as text and back: one member per mapped CRM field, null for blank, [emr, crm] where the sides spell it differently. */
struct str base_write(struct engine *engine, struct arena *arena, const struct mapping *m, const struct base *base);
int base_read(struct engine *engine, struct arena *arena, const struct mapping *m, struct str sealed, struct base *ret,
              struct err *err) MUST_CHECK;
/* Before a write to the CRM that is made without looking: what it made of our writes is not learnt any more, as its record will be ours by modification,
 * whoever edited it before (R27, R28). */
int link_make_sure(struct engine *engine, struct db *db, struct arena *arena, const struct mapping *m, int64_t id,
                   struct err *err) MUST_CHECK;

/* Bases of pairs that have ended. */
extern const struct purgeable link_purgeable;
extern const struct sealed_column link_sealed;

#endif

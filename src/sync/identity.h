/*
 * identity: who is known on either side, for matching (R6 to R8). Only writer of the table `identity`. Holds keyed hashes of names and birth
 * dates, stored external ids and versions; no payload.
 */
#ifndef SUTURE_SYNC_IDENTITY_H
#define SUTURE_SYNC_IDENTITY_H

#include "model/match.h"
#include "model/match_weak.h"
#include "sync/sync.h"

/* R10: keyed hashes of a record's weak texts (match_weak.h). They are kept of records that nobody is linked with, as far as the record itself says. */
struct weak_hashes {
	bool there;
	int64_t at[WEAK_KINDS];
};

struct known {
	enum side side;
	struct str record_id;
	bool has_key;
	struct digest16 key;
	struct str external_id; /* the other side's id as stored in this record; empty: none */
	bool synced;            /* the CRM record's "synced" checkbox */
	struct str version;
	int64_t modified_ms; /* by the far system's own clock; 0: it does not say */
	int64_t run_id;      /* the run that last saw it */
	bool stages;         /* put: these very bytes are being staged; get: bytes were staged, with this hash */
	bool once; /* put: a page that is read twice stages nothing the second time: the hash stays that of the first */
	struct digest16 staged_hash;
	struct weak_hashes weak;
};

/* Inserts or replaces; of a record that is known in a newer state only the run is noted (R4: a page that was read before an edit and captured after it).
 * *ret_seen: this run had seen the record before (a page read twice). A single reading never takes a record out of the run
 * that saw it last, so a retry beside a batch does not make the batch forget somebody. */
int identity_put(struct db *db, int64_t sync_id, const struct known *known, bool *ret_seen, struct err *err) MUST_CHECK;
/* The record came, but could not be read: what was known of it stays. */
int identity_see(struct db *db, int64_t sync_id, const struct known *known, bool *ret_seen, struct err *err) MUST_CHECK;
int identity_get(struct db *db, struct arena *arena, int64_t sync_id, enum side side, struct str record_id,
                 struct known *ret, bool *ret_found, struct err *err) MUST_CHECK;
int identity_with_key(struct db *db, struct arena *arena, int64_t sync_id, enum side side, struct digest16 key,
                      struct known **ret, size_t *ret_count, struct err *err) MUST_CHECK;
int identity_with_external(struct db *db, struct arena *arena, int64_t sync_id, enum side side, struct str external_id,
                           struct known **ret, size_t *ret_count, struct err *err) MUST_CHECK;
/* db_ahead for these keys: of identity_get and of what identity_put looks at (record ids), identity_with_key (hashes), identity_with_external (ids). */
int identity_get_ahead(struct db *db, int64_t sync_id, enum side side, const struct bind *ids, size_t count,
                       struct err *err) MUST_CHECK;
int identity_put_ahead(struct db *db, int64_t sync_id, enum side side, const struct bind *ids, size_t count,
                       struct err *err) MUST_CHECK;
int identity_with_key_ahead(struct db *db, int64_t sync_id, enum side side, const struct bind *keys, size_t count,
                            struct err *err) MUST_CHECK;
int identity_with_external_ahead(struct db *db, int64_t sync_id, enum side side, const struct bind *ids, size_t count,
                                 struct err *err) MUST_CHECK;
struct bind identity_bind_key(const struct digest16 *key);
/* R10: who has this weak hash; at most 50. */
int identity_with_weak(struct db *db, struct arena *arena, int64_t sync_id, enum side side, enum weak_kind kind,
                       int64_t hash, struct known **ret, size_t *ret_count, struct err *err) MUST_CHECK;
int identity_with_weak_ahead(struct db *db, int64_t sync_id, enum side side, enum weak_kind kind,
                             const struct bind *hashes, size_t count, struct err *err) MUST_CHECK;
/* Nobody was found for this record: from now on it can be suggested to others. */
int identity_weaken(struct db *db, int64_t sync_id, enum side side, struct str record_id,
                    const struct weak_hashes *weak, struct err *err) MUST_CHECK;
/* Is there anybody on that side to be suggested? */
int identity_any_weak(struct db *db, int64_t sync_id, enum side side, bool *ret, struct err *err) MUST_CHECK;
/*
 * What concerns all who are known of a side is done slice by slice, each a transaction of its own: there may be a million of them, and nobody else gets to write meanwhile.
 * Begins with after_id 0; next_id is where the following one begins, 0: this was the last. Doing it again, from the beginning too, is harmless.
 */
struct identity_slice {
	int64_t sync_id, run_id, after_id;
	int64_t next_id; /* told */
	enum side side;
};
/* Before a side is read once more by the same run: nobody counts as seen. */
int identity_unsee(struct db *db, struct identity_slice *slice, struct err *err) MUST_CHECK;
/* The far side says that it is deleted. */
int identity_remove(struct db *db, int64_t sync_id, enum side side, struct str record_id, struct err *err) MUST_CHECK;
/* After a complete reading of a side: forgets who was seen by earlier runs only. */
int identity_forget_unseen(struct db *db, struct identity_slice *slice, struct err *err) MUST_CHECK;

/* Our own write changed the record: what was staged of it before is no longer what it holds, also if a person brings just that back. */
int identity_rewritten(struct db *db, int64_t sync_id, enum side side, struct str record_id,
                       struct err *err) MUST_CHECK;
/* The whole side was read at that time: who is not in the index is not there (R8). 0: never, so nobody can be judged as new. */
int identity_complete(struct db *db, int64_t sync_id, enum side side, int64_t at_ms, struct err *err) MUST_CHECK;
int identity_completed(struct db *db, int64_t sync_id, enum side side, int64_t *ret_ms, struct err *err) MUST_CHECK;

/* As if no side of that sync had ever been read: the database was restored (restored.h). */
int identity_incomplete(struct db *db, int64_t sync_id, struct err *err) MUST_CHECK;

#endif

/*
 * identity: rows of `identity` and `reading`. capture puts what it sees on either side; reconcile asks by key and by stored external id.
 */
#include "sync/identity.h"

#include <string.h>

#include "sync/select.h"

#define COLUMNS "side, record_id, match_key, external_id, synced, version, run_id, staged_hash, modified_ms"

/* Runs are numbered in order; whoever reads one record for an earlier run, or for none, leaves the mark of the later one. */
#define LATER_RUN                                                                                          \
	"CASE WHEN COALESCE(excluded.run_id, 0) > COALESCE(identity.run_id, 0) THEN excluded.run_id ELSE " \
	"identity.run_id END"

/* What reconcile noted stays for as long as names, birth date and stored id are the same. */
#define STILL_WEAK(column)                                                                      \
	"CASE WHEN excluded." column                                                            \
	" IS NULL AND excluded.external_id IS NULL AND excluded.match_key = identity.match_key" \
	" THEN identity." column " ELSE excluded." column " END"

static const struct statement SEEN = {
	"SELECT run_id, modified_ms FROM identity WHERE sync_id = $1 AND side = $2 AND record_id = $3",
	.by = "sync_id, side, record_id"
};
static const struct statement PUT = {
	"INSERT INTO identity (sync_id, side, record_id, match_key, external_id, synced, version, run_id, staged_hash,"
	" weak_names, weak_initial, modified_ms) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)"
	" ON CONFLICT (sync_id, side, record_id) DO UPDATE SET match_key = excluded.match_key, external_id = "
	"excluded.external_id,"
	" synced = excluded.synced, version = excluded.version, modified_ms = excluded.modified_ms,"
	" staged_hash = COALESCE(excluded.staged_hash, identity.staged_hash), weak_names = " STILL_WEAK(
	        "weak_names") ", weak_initial = " STILL_WEAK("weak_initial") ", run_id = " LATER_RUN,
	.by = "sync_id, side, record_id"
};
static const struct statement SEE = {
	"INSERT INTO identity (sync_id, side, record_id, synced, run_id) VALUES ($1,$2,$3,0,$4)"
	" ON CONFLICT (sync_id, side, record_id) DO UPDATE SET run_id = " LATER_RUN,
	.by = "sync_id, side, record_id"
};
static const struct statement GET = { "SELECT " COLUMNS
	                              " FROM identity WHERE sync_id = $1 AND side = $2 AND record_id = $3",
	                              .by = "sync_id, side, record_id" };
static const struct statement WITH_KEY = {
	"SELECT " COLUMNS
	" FROM identity WHERE sync_id = $1 AND side = $2 AND match_key = $3 ORDER BY record_id LIMIT 50"
};
static const struct statement WITH_EXTERNAL = {
	"SELECT " COLUMNS
	" FROM identity WHERE sync_id = $1 AND side = $2 AND external_id = $3 ORDER BY record_id LIMIT 50"
};
static const struct statement WITH_WEAK[WEAK_KINDS] = {
	[WEAK_NAMES] = { "SELECT " COLUMNS " FROM identity WHERE sync_id = $1 AND side = $2 AND weak_names = $3 ORDER "
	                 "BY record_id LIMIT 50" },
	[WEAK_INITIAL] = { "SELECT " COLUMNS " FROM identity WHERE sync_id = $1 AND side = $2 AND weak_initial = $3 "
	                   "ORDER BY record_id LIMIT 50" },
};
static const struct statement WEAKEN = {
	"UPDATE identity SET weak_names = $4, weak_initial = $5 WHERE sync_id = $1 AND side = $2 AND record_id = $3"
	" AND (weak_names IS NULL OR weak_names <> $4 OR weak_initial IS NULL OR weak_initial <> $5)",
	.by = "sync_id, side, record_id"
};
static const struct statement ANY_WEAK = {
	"SELECT 1 AS n FROM identity WHERE sync_id = $1 AND side = $2 AND weak_names IS NOT NULL LIMIT 1"
};
/* "+": by their own numbers and not by an index; what a slice costs is known then. */
#define OF_SLICE " WHERE id > $4 AND id <= $5 AND +sync_id = $1 AND +side = $2 AND run_id "
static const struct statement SLICE_END = { "SELECT id FROM identity WHERE id > $1 ORDER BY id LIMIT 1 OFFSET $2" };
static const struct statement UNSEE = { "UPDATE identity SET run_id = 0" OF_SLICE "= $3" };
static const struct statement REMOVE = { "DELETE FROM identity WHERE sync_id = $1 AND side = $2 AND record_id = $3",
	                                 .by = "sync_id, side, record_id" };
/* What a later run met is there: an import that was asked for before a delta, and began after it, forgets none of what that one met (R5: it would create
 * everybody anew). */
static const struct statement FORGET = { "DELETE FROM identity" OF_SLICE "< $3" };
/* Nobody's reading met it so far: it may have come behind this one's back, and is due to be met by the next. */
static const struct statement EXPECT = { "UPDATE identity SET run_id = $3" OF_SLICE "IS NULL" };

static const struct statement COMPLETE = { "INSERT INTO reading (sync_id, side, complete_ms) VALUES ($1,$2,$3)"
	                                   " ON CONFLICT (sync_id, side) DO UPDATE SET complete_ms = $3" };
static const struct statement COMPLETED = { "SELECT complete_ms FROM reading WHERE sync_id = $1 AND side = $2" };

static struct bind bind_hash(bool there, const struct digest16 *hash)
{
	return there ? bind_blob(str_range((const char *)hash->bytes, sizeof(hash->bytes))) : bind_null();
}

static bool read_hash(struct rows *rows, const char *column, struct digest16 *ret)
{
	struct str bytes = row_blob(rows, column);

	if (bytes.len != sizeof(ret->bytes))
		return false;
	memcpy(ret->bytes, bytes.at, bytes.len);
	return true;
}

/* What stands in the index of a record that comes again. */
struct noted {
	bool seen; /* by this very run */
	bool newer;
};

static int look_noted(struct db *db, int64_t sync_id, const struct known *known, struct noted *ret, struct err *err)
{
	ROWS rows = NULL;
	int code;

	*ret = (struct noted) { .seen = false };
	if (db_select(db, &SEEN, BIND(bind_int(sync_id), bind_int(known->side), bind_text(known->record_id)), &rows,
	              err) < 0)
		return err_pass(err);
	code = rows_next(rows, err);
	if (code <= 0)
		return code;
	ret->seen = known->run_id != 0 && row_int(rows, "run_id") == known->run_id;
	ret->newer = known->modified_ms != 0 && row_int(rows, "modified_ms") > known->modified_ms;
	return 0;
}

static int see(struct db *db, int64_t sync_id, const struct known *known, struct err *err)
{
	return db_run(
	        db, &SEE,
	        BIND(bind_int(sync_id), bind_int(known->side), bind_text(known->record_id), bind_id(known->run_id)),
	        err);
}

int identity_see(struct db *db, int64_t sync_id, const struct known *known, bool *ret_seen, struct err *err)
{
	struct noted noted;

	if (look_noted(db, sync_id, known, &noted, err) < 0)
		return err_pass(err);
	*ret_seen = noted.seen;
	return see(db, sync_id, known, err);
}

static struct bind bind_weak(const struct known *known, enum weak_kind kind)
{
	return known->weak.there ? bind_int(known->weak.at[kind]) : bind_null();
}

int identity_put(struct db *db, int64_t sync_id, const struct known *known, bool *ret_seen, struct err *err)
{
	struct noted noted;
	bool stages;
	int code;

	if (look_noted(db, sync_id, known, &noted, err) < 0)
		return err_pass(err);
	*ret_seen = noted.seen;
	if (noted.newer)
		return see(db, sync_id, known, err);
	stages = known->stages && !(known->once && noted.seen);
	code = db_run(db, &PUT,
	              BIND(bind_int(sync_id), bind_int(known->side), bind_text(known->record_id),
	                   bind_hash(known->has_key, &known->key), bind_text_or_null(known->external_id),
	                   bind_int(known->synced), bind_text_or_null(known->version), bind_id(known->run_id),
	                   bind_hash(stages, &known->staged_hash), bind_weak(known, WEAK_NAMES),
	                   bind_weak(known, WEAK_INITIAL), bind_id(known->modified_ms)),
	              err);
	return code < 0 ? err_wrap(err, "note an identity") : 0;
}

static void read_row(struct rows *rows, struct arena *arena, void *place)
{
	struct known *ret = place;

	*ret = (struct known) {
		.side = (enum side)row_int(rows, "side"),
		.record_id = arena_str(arena, row_text(rows, "record_id")),
		.external_id = arena_str(arena, row_text(rows, "external_id")),
		.synced = row_int(rows, "synced") != 0,
		.version = arena_str(arena, row_text(rows, "version")),
		.run_id = row_int(rows, "run_id"),
		.modified_ms = row_int(rows, "modified_ms"),
	};
	ret->has_key = read_hash(rows, "match_key", &ret->key);
	ret->stages = read_hash(rows, "staged_hash", &ret->staged_hash);
}

enum { MOST_CANDIDATES = 50 };

static int read_all(struct db *db, struct arena *arena, const struct statement *statement, struct binds binds,
                    struct known **ret, size_t *ret_count, struct err *err)
{
	const struct selection what = { statement, binds, MOST_CANDIDATES, sizeof(**ret), read_row };
	struct selected found;

	if (select_in(db, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

int identity_get(struct db *db, struct arena *arena, int64_t sync_id, enum side side, struct str record_id,
                 struct known *ret, bool *ret_found, struct err *err)
{
	struct known *found;
	size_t count;
	int code = read_all(db, arena, &GET, BIND(bind_int(sync_id), bind_int(side), bind_text(record_id)), &found,
	                    &count, err);

	if (code < 0)
		return code;
	*ret_found = count > 0;
	if (count > 0)
		*ret = found[0];
	return 0;
}

struct bind identity_bind_key(const struct digest16 *key)
{
	return bind_hash(true, key);
}

int identity_with_key(struct db *db, struct arena *arena, int64_t sync_id, enum side side, struct digest16 key,
                      struct known **ret, size_t *ret_count, struct err *err)
{
	return read_all(db, arena, &WITH_KEY, BIND(bind_int(sync_id), bind_int(side), identity_bind_key(&key)), ret,
	                ret_count, err);
}

static int ahead(struct db *db, const struct statement *statement, int64_t sync_id, enum side side,
                 const struct bind *keys, size_t count, struct err *err)
{
	return select_ahead(db, statement, BIND(bind_int(sync_id), bind_int(side)), keys, count, err);
}

int identity_get_ahead(struct db *db, int64_t sync_id, enum side side, const struct bind *ids, size_t count,
                       struct err *err)
{
	return ahead(db, &GET, sync_id, side, ids, count, err);
}

int identity_put_ahead(struct db *db, int64_t sync_id, enum side side, const struct bind *ids, size_t count,
                       struct err *err)
{
	return ahead(db, &SEEN, sync_id, side, ids, count, err);
}

int identity_with_key_ahead(struct db *db, int64_t sync_id, enum side side, const struct bind *keys, size_t count,
                            struct err *err)
{
	return ahead(db, &WITH_KEY, sync_id, side, keys, count, err);
}

int identity_with_external_ahead(struct db *db, int64_t sync_id, enum side side, const struct bind *ids, size_t count,
                                 struct err *err)
{
	return ahead(db, &WITH_EXTERNAL, sync_id, side, ids, count, err);
}

int identity_with_external(struct db *db, struct arena *arena, int64_t sync_id, enum side side, struct str external_id,
                           struct known **ret, size_t *ret_count, struct err *err)
{
	return read_all(db, arena, &WITH_EXTERNAL, BIND(bind_int(sync_id), bind_int(side), bind_text(external_id)), ret,
	                ret_count, err);
}

static int run_slice(struct db *db, const struct statement *statement, const struct identity_slice *s, struct err *err)
{
	return db_run(db, statement,
	              BIND(bind_int(s->sync_id), bind_int(s->side), bind_int(s->run_id), bind_int(s->after_id),
	                   bind_int(s->next_id ? s->next_id : INT64_MAX)),
	              err);
}

static int find_end(struct db *db, struct identity_slice *slice, struct err *err)
{
	enum { ROWS_A_SLICE = 10000 };

	return db_number(db, &SLICE_END, BIND(bind_int(slice->after_id), bind_int(ROWS_A_SLICE - 1)), 0,
	                 &slice->next_id, err);
}

int identity_unsee(struct db *db, struct identity_slice *slice, struct err *err)
{
	if (find_end(db, slice, err) < 0)
		return err_pass(err);
	return run_slice(db, &UNSEE, slice, err);
}

int identity_remove(struct db *db, int64_t sync_id, enum side side, struct str record_id, struct err *err)
{
	return db_run(db, &REMOVE, BIND(bind_int(sync_id), bind_int(side), bind_text(record_id)), err);
}

int identity_forget_unseen(struct db *db, struct identity_slice *slice, struct err *err)
{
	if (find_end(db, slice, err) < 0 || run_slice(db, &FORGET, slice, err) < 0)
		return err_pass(err);
	return run_slice(db, &EXPECT, slice, err);
}

static const struct statement REWRITTEN = {
	"UPDATE identity SET staged_hash = NULL WHERE sync_id = $1 AND side = $2 AND record_id = $3",
	.by = "sync_id, side, record_id"
};

int identity_rewritten(struct db *db, int64_t sync_id, enum side side, struct str record_id, struct err *err)
{
	return db_run(db, &REWRITTEN, BIND(bind_int(sync_id), bind_int(side), bind_text(record_id)), err);
}

static const struct statement INCOMPLETE = { "DELETE FROM reading WHERE sync_id = $1" };

int identity_incomplete(struct db *db, int64_t sync_id, struct err *err)
{
	return db_run(db, &INCOMPLETE, BIND(bind_int(sync_id)), err);
}

int identity_complete(struct db *db, int64_t sync_id, enum side side, int64_t at_ms, struct err *err)
{
	return db_run(db, &COMPLETE, BIND(bind_int(sync_id), bind_int(side), bind_int(at_ms)), err);
}

int identity_completed(struct db *db, int64_t sync_id, enum side side, int64_t *ret_ms, struct err *err)
{
	return db_number(db, &COMPLETED, BIND(bind_int(sync_id), bind_int(side)), 0, ret_ms, err);
}

int identity_with_weak(struct db *db, struct arena *arena, int64_t sync_id, enum side side, enum weak_kind kind,
                       int64_t hash, struct known **ret, size_t *ret_count, struct err *err)
{
	return read_all(db, arena, &WITH_WEAK[kind], BIND(bind_int(sync_id), bind_int(side), bind_int(hash)), ret,
	                ret_count, err);
}

int identity_with_weak_ahead(struct db *db, int64_t sync_id, enum side side, enum weak_kind kind,
                             const struct bind *hashes, size_t count, struct err *err)
{
	return ahead(db, &WITH_WEAK[kind], sync_id, side, hashes, count, err);
}

int identity_weaken(struct db *db, int64_t sync_id, enum side side, struct str record_id,
                    const struct weak_hashes *weak, struct err *err)
{
	return db_run(db, &WEAKEN,
	              BIND(bind_int(sync_id), bind_int(side), bind_text(record_id), bind_int(weak->at[WEAK_NAMES]),
	                   bind_int(weak->at[WEAK_INITIAL])),
	              err);
}

int identity_any_weak(struct db *db, int64_t sync_id, enum side side, bool *ret, struct err *err)
{
	int64_t n;
	int code = db_number(db, &ANY_WEAK, BIND(bind_int(sync_id), bind_int(side)), 0, &n, err);

	if (code < 0)
		return code;
	*ret = n != 0;
	return 0;
}

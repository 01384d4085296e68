/*
 * link: rows of `link`, and the base as text. reconcile inserts (LINKED for a record that was there, MAKING for one that is owed), deliver settles.
 */
#include "sync/link.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/limits.h"
#include "sync/outbox.h"
#include "sync/select.h"

#define COLUMNS                                                                                                        \
	"id, sync_id, state, emr_id, crm_id, run_id, how, base, emr_hash, emr_version, emr_modified_ms, crm_version, " \
	"staged_id, created_ms, settled_ms, mapping_version, crm_modified_ms, emr_seen_ms, crm_seen_ms, "              \
	"turn_fields, stopped_why, first"

static const struct statement INSERT = { "INSERT INTO link (id, sync_id, state, emr_id, crm_id, run_id, how, base, "
	                                 "emr_hash, emr_version, emr_modified_ms, crm_version,"
	                                 " staged_id, created_ms, settled_ms, mapping_version, crm_modified_ms,"
	                                 " emr_seen_ms, crm_seen_ms, first) VALUES "
	                                 "($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20)",
	                                 .by = "id" };
static const struct statement BY_EMR = {
	"SELECT " COLUMNS " FROM link WHERE sync_id = $1 AND emr_id = $2 AND state < 2 AND emr_id <> ''"
};
static const struct statement BY_CRM = { "SELECT " COLUMNS
	                                 " FROM link WHERE sync_id = $1 AND crm_id = $2 AND state < 2" };
static const struct statement READ = { "SELECT " COLUMNS " FROM link WHERE id = $1", .by = "id" };
/* R4: what was looked at is never set back. A payload's writes to both sides are answered in either order, and the payload itself, which the second
 * answer settles, is older than what the first one made of its record. */
#define LATEST(column, n) \
	" " column " = CASE WHEN " n " < " column " THEN " column " ELSE COALESCE(" n ", " column ") END,"
#define EMR_LATEST(n) LATEST("emr_modified_ms", n)
#define CRM_LATEST(n) LATEST("crm_modified_ms", n)
static const struct statement SETTLE = {
	"UPDATE link SET state = $2, crm_id = COALESCE($3, crm_id), base = COALESCE($4, base), emr_hash = COALESCE($5, "
	"emr_hash), emr_version = COALESCE($6, emr_version)," EMR_LATEST("$7") CRM_LATEST("$13") //
	" emr_seen_ms = COALESCE($14, emr_seen_ms), crm_seen_ms = COALESCE($15, crm_seen_ms),"
	" crm_version = COALESCE($8, crm_version), staged_id = COALESCE($9, staged_id), settled_ms = $10,"
	" mapping_version = $11, emr_id = COALESCE($12, emr_id) WHERE id = $1",
	.by = "id"
};
static const struct statement LOOK = {
	"UPDATE link SET" EMR_LATEST("$2") CRM_LATEST("$3") //
	" emr_seen_ms = COALESCE($4, emr_seen_ms), crm_seen_ms = COALESCE($5, crm_seen_ms) WHERE id = $1",
	.by = "id"
};
static const struct statement UNSHOWN[] = {
	[SIDE_EMR] = { "UPDATE link SET emr_modified_ms = NULL WHERE id = $1", .by = "id" },
	[SIDE_CRM] = { "UPDATE link SET crm_modified_ms = NULL WHERE id = $1", .by = "id" },
};
static const struct statement MOVE_EMR = { "UPDATE link SET emr_id = $2, emr_hash = NULL, emr_version = NULL, "
	                                   "emr_modified_ms = NULL, emr_seen_ms = NULL WHERE id = $1" };
static const struct statement MOVE_CRM = { "UPDATE link SET crm_id = $2, crm_version = NULL, crm_modified_ms = NULL, "
	                                   "crm_seen_ms = NULL WHERE id = $1" };
static const struct statement TURNS = { "UPDATE link SET turn_fields = $2, stopped_why = $3 WHERE id = $1",
	                                .by = "id" };
/* What was ended stays in the history: 3 is "ended, and forgiven". Each of the two alone is forgiven by a younger link. */
static const struct statement FORGIVE = {
	"UPDATE link SET state = 3 WHERE sync_id = $1 AND state = 2 AND emr_id = $2 AND crm_id = $3"
};
static const struct statement DROP = { "DELETE FROM link WHERE id = $1 AND state = 1" };
static const struct statement END = { "UPDATE link SET state = 2, ended_ms = $2, ended_why = $3 WHERE id = $1" };
static const struct statement OWE = { "UPDATE link SET base = COALESCE($2, base), crm_version = NULL WHERE id = $1",
	                              .by = "id" };
static const struct statement EMR_ENDED = {
	"SELECT COUNT(*) AS n FROM link l WHERE sync_id = $1 AND emr_id = $2 AND state = 2"
	" AND NOT EXISTS (SELECT 1 FROM link y WHERE y.sync_id = $1 AND y.emr_id = $2 AND y.id > l.id)"
};
static const struct statement CRM_ENDED = {
	"SELECT COUNT(*) AS n FROM link l WHERE sync_id = $1 AND crm_id = $2 AND state = 2"
	" AND NOT EXISTS (SELECT 1 FROM link y WHERE y.sync_id = $1 AND y.crm_id = $2 AND y.id > l.id)"
};
static const struct statement EMR_MOVES = {
	"SELECT COUNT(*) AS n FROM link l WHERE l.sync_id = $1 AND l.emr_id = $2 AND l.state = 2"
	" AND EXISTS (SELECT 1 FROM outbox o WHERE o.link_id = l.id AND o.priority < 2)"
};
static const struct statement CRM_MOVES = {
	"SELECT COUNT(*) AS n FROM link l WHERE l.sync_id = $1 AND l.crm_id = $2 AND l.state = 2"
	" AND EXISTS (SELECT 1 FROM outbox o WHERE o.link_id = l.id AND o.priority < 2)"
};
/* Of a record: through the indexes of its side. */
#define OF_EMR "sync_id = $3 AND emr_id = $4 AND ((state < 2 AND emr_id <> '') OR state >= 2)"
#define OF_CRM "sync_id = $3 AND crm_id = $5 AND ((state < 2 AND crm_id IS NOT NULL) OR state >= 2)"
#define LIST_OF(anchor, order)                                                                                        \
	"SELECT " COLUMNS ", ended_ms, ended_why FROM link WHERE " anchor " AND id > $1 AND ($2 = 0 OR id < $2)"      \
	" AND ($3 = 0 OR sync_id = $3) AND ($4 = '' OR emr_id = $4) AND ($5 = '' OR crm_id = $5)"                     \
	" AND ($6 = 0 OR (($6 >> CAST(state AS INTEGER)) & 1) = 1) AND ($7 = 0 OR stopped_why IS NOT NULL) ORDER BY " \
	"id" order " LIMIT $8"
static const struct statement lists[][2] = {
	{ { LIST_OF("id > 0", "") }, { LIST_OF("id > 0", " DESC") } },
	{ { LIST_OF(OF_EMR, "") }, { LIST_OF(OF_EMR, " DESC") } },
	{ { LIST_OF(OF_CRM, "") }, { LIST_OF(OF_CRM, " DESC") } },
};

static const char BOX[] = "link.base";

const struct sealed_column link_sealed = SEALED_COLUMN(link, base, BOX);
const struct purgeable link_purgeable = {
	.what = "bases of pairs that ended",
	.page = { "SELECT id, LENGTH(base) AS bytes FROM link WHERE id > $1 AND state >= 2 AND base IS NOT NULL"
	          " AND ended_ms < $2 ORDER BY id LIMIT $3" },
	.purge = { "UPDATE link SET base = NULL WHERE id = $1 AND state >= 2" },
	.whole = true,
};

static struct bind bind_hash(const struct digest16 *hash)
{
	static const struct digest16 none;

	if (memcmp(hash, &none, sizeof(none)) == 0)
		return bind_null();
	return bind_blob(str_range((const char *)hash->bytes, sizeof(hash->bytes)));
}

static struct bind bind_blob_or_null(struct str bytes)
{
	return bytes.len ? bind_blob(bytes) : bind_null();
}

int link_insert(struct db *db, struct link *link, struct err *err)
{
	int code;

	link->created_ms = link->created_ms ? link->created_ms : clock_wall_ms();
	code = db_insert(db, &INSERT,
	                 BIND(bind_null(), bind_int(link->sync_id), bind_int(link->state), bind_text(link->emr_id),
	                      bind_text_or_null(link->crm_id), bind_id(link->run_id), bind_text(link->how),
	                      bind_blob_or_null(link->base), bind_hash(&link->emr_hash),
	                      bind_text_or_null(link->emr_version), bind_id(link->emr_modified_ms),
	                      bind_text_or_null(link->crm_version), bind_id(link->staged_id),
	                      bind_int(link->created_ms), bind_id(link->settled_ms), bind_int(link->mapping_version),
	                      bind_id(link->crm_modified_ms), bind_id(link->emr_seen_ms), bind_id(link->crm_seen_ms),
	                      bind_id((int64_t)link->first)),
	                 &link->id, err);
	return code < 0 ? err_wrap(err, "link two records (R9)") : 0;
}

static void read_row(struct rows *rows, struct arena *arena, void *place)
{
	struct link *ret = place;
	struct str hash = row_blob(rows, "emr_hash");

	*ret = (struct link) {
		.id = row_int(rows, "id"),
		.sync_id = row_int(rows, "sync_id"),
		.run_id = row_int(rows, "run_id"),
		.state = (enum link_state)row_int(rows, "state"),
		.emr_id = arena_str(arena, row_text(rows, "emr_id")),
		.crm_id = arena_str(arena, row_text(rows, "crm_id")),
		.how = arena_str(arena, row_text(rows, "how")),
		.base = arena_str(arena, row_blob(rows, "base")),
		.emr_version = arena_str(arena, row_text(rows, "emr_version")),
		.crm_version = arena_str(arena, row_text(rows, "crm_version")),
		.emr_modified_ms = row_int(rows, "emr_modified_ms"),
		.staged_id = row_int(rows, "staged_id"),
		.created_ms = row_int(rows, "created_ms"),
		.settled_ms = row_int(rows, "settled_ms"),
		.mapping_version = row_int(rows, "mapping_version"),
		.crm_modified_ms = row_int(rows, "crm_modified_ms"),
		.emr_seen_ms = row_int(rows, "emr_seen_ms"),
		.crm_seen_ms = row_int(rows, "crm_seen_ms"),
		.stopped_why = arena_str(arena, row_text(rows, "stopped_why")),
		.turn_fields = arena_str(arena, row_text(rows, "turn_fields")),
		.first = (enum merge_mode)row_int(rows, "first"),
	};
	if (hash.len == sizeof(ret->emr_hash.bytes))
		memcpy(ret->emr_hash.bytes, hash.at, hash.len);
}

static int read_one(struct db *db, struct arena *arena, const struct statement *statement, struct binds binds,
                    struct link *ret, bool *ret_found, struct err *err)
{
	const struct selection what = { statement, binds, 1, sizeof(*ret), read_row };

	return select_one(db, arena, &what, ret, ret_found, err);
}

int link_by_emr(struct db *db, struct arena *arena, int64_t sync_id, struct str emr_id, struct link *ret,
                bool *ret_found, struct err *err)
{
	return read_one(db, arena, &BY_EMR, BIND(bind_int(sync_id), bind_text(emr_id)), ret, ret_found, err);
}

int link_by_crm(struct db *db, struct arena *arena, int64_t sync_id, struct str crm_id, struct link *ret,
                bool *ret_found, struct err *err)
{
	return read_one(db, arena, &BY_CRM, BIND(bind_int(sync_id), bind_text(crm_id)), ret, ret_found, err);
}

int link_find(struct db *db, struct arena *arena, int64_t id, struct link *ret, bool *ret_found, struct err *err)
{
	return read_one(db, arena, &READ, BIND(bind_int(id)), ret, ret_found, err);
}

static int forget_unshown(struct db *db, int64_t id, const struct looked *l, struct err *err)
{
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		if (l->unshown[side] && db_run(db, &UNSHOWN[side], BIND(bind_int(id)), err) < 0)
			return err_pass(err);
	}
	return 0;
}

int link_settle(struct db *db, const struct link *link, const struct looked *l, struct err *err)
{
	int64_t emr_modified_ms = MAX_OF(link->emr_modified_ms, l->modified_ms[SIDE_EMR]);
	int code = db_run(
	        db, &SETTLE,
	        BIND(bind_int(link->id), bind_int(link->state), bind_text_or_null(link->crm_id),
	             bind_blob_or_null(link->base), bind_hash(&link->emr_hash), bind_text_or_null(link->emr_version),
	             bind_id(emr_modified_ms), bind_text_or_null(link->crm_version), bind_id(link->staged_id),
	             bind_int(clock_wall_ms()), bind_int(link->mapping_version), bind_text_or_null(link->emr_id),
	             bind_id(l->modified_ms[SIDE_CRM]), bind_id(l->seen_ms[SIDE_EMR]), bind_id(l->seen_ms[SIDE_CRM])),
	        err);

	return code < 0 || forget_unshown(db, link->id, l, err) < 0
	               ? err_wrap(err, "settle link %lld", (long long)link->id)
	               : 0;
}

int link_drop(struct db *db, int64_t id, struct err *err)
{
	return db_run(db, &DROP, BIND(bind_int(id)), err);
}

int link_end(struct db *db, int64_t id, const char *why, struct err *err)
{
	return db_run(db, &END, BIND(bind_int(id), bind_int(clock_wall_ms()), bind_text(str_of(why))), err);
}

int link_owe(struct db *db, int64_t id, struct str base, struct err *err)
{
	return db_run(db, &OWE, BIND(bind_int(id), bind_blob_or_null(base)), err);
}

static const struct statement HAD_ANOTHER[] = {
	[SIDE_EMR] = { "SELECT COUNT(*) AS n FROM link WHERE sync_id = $1 AND emr_id = $2 AND state >= 2" },
	[SIDE_CRM] = { "SELECT COUNT(*) AS n FROM link WHERE sync_id = $1 AND crm_id = $2 AND state >= 2" },
};

int link_had_another(struct db *db, int64_t sync_id, enum side side, struct str record_id, bool *ret, struct err *err)
{
	int64_t count;
	int code = db_number(db, &HAD_ANOTHER[side], BIND(bind_int(sync_id), bind_text(record_id)), 0, &count, err);

	if (code < 0)
		return code;
	*ret = count > 0;
	return 0;
}

int link_was_ended(struct db *db, int64_t sync_id, enum side side, struct str record_id, bool *ret, struct err *err)
{
	int64_t count;

	if (link_had_another(db, sync_id, side, record_id, ret, err) < 0)
		return err_pass(err);
	if (!*ret)
		return 0;
	if (db_number(db, side == SIDE_EMR ? &EMR_ENDED : &CRM_ENDED, BIND(bind_int(sync_id), bind_text(record_id)), 0,
	              &count, err) < 0)
		return err_pass(err);
	*ret = count > 0;
	return 0;
}

int link_by(struct db *db, struct arena *arena, int64_t sync_id, enum side side, struct str record_id, struct link *ret,
            bool *ret_found, struct err *err)
{
	return (side == SIDE_EMR ? link_by_emr : link_by_crm)(db, arena, sync_id, record_id, ret, ret_found, err);
}

int link_by_ahead(struct db *db, int64_t sync_id, enum side side, const struct bind *ids, size_t count, struct err *err)
{
	return select_ahead(db, side == SIDE_EMR ? &BY_EMR : &BY_CRM, BIND(bind_int(sync_id)), ids, count, err);
}

int link_find_ahead(struct db *db, const struct bind *ids, size_t count, struct err *err)
{
	return select_ahead(db, &READ, BIND_NOTHING, ids, count, err);
}

int link_had_another_ahead(struct db *db, int64_t sync_id, enum side side, const struct bind *ids, size_t count,
                           struct err *err)
{
	return select_ahead(db, &HAD_ANOTHER[side], BIND(bind_int(sync_id)), ids, count, err);
}

int link_moves(struct db *db, struct arena *arena, int64_t sync_id, enum side side, struct str record_id, bool *ret,
               struct err *err)
{
	struct link link;
	int64_t count = 0;
	bool found, had_another;

	if (link_had_another(db, sync_id, side, record_id, &had_another, err) < 0)
		return err_pass(err);
	if ((had_another && db_number(db, side == SIDE_EMR ? &EMR_MOVES : &CRM_MOVES,
	                              BIND(bind_int(sync_id), bind_text(record_id)), 0, &count, err) < 0) ||
	    link_by(db, arena, sync_id, side, record_id, &link, &found, err) < 0)
		return err_pass(err);
	*ret = count > 0 || (found && link.state == LINK_MAKING);
	if (*ret || !found)
		return 0;
	return outbox_owes(db, link.id, ret, err);
}

struct str link_id_of(const struct link *link, enum side side)
{
	return side == SIDE_EMR ? link->emr_id : link->crm_id;
}

int link_look(struct db *db, int64_t id, const struct looked *l, struct err *err)
{
	if (forget_unshown(db, id, l, err) < 0)
		return err_pass(err);
	return db_run(db, &LOOK,
	              BIND(bind_int(id), bind_id(l->modified_ms[SIDE_EMR]), bind_id(l->modified_ms[SIDE_CRM]),
	                   bind_id(l->seen_ms[SIDE_EMR]), bind_id(l->seen_ms[SIDE_CRM])),
	              err);
}

#define UNSEEN(side, id)                                                                                   \
	"SELECT l.id AS link_id, l." id " AS id FROM link l JOIN identity i ON i.sync_id = l.sync_id AND"  \
	" i.side = " side " AND i.record_id = l." id " WHERE l.sync_id = $1 AND l.state = 0 AND l.id > $4" \
	" AND (i.run_id IS NULL OR i.run_id < $2) ORDER BY l.id LIMIT $3"
static const struct statement UNSEEN_OF[] = {
	[SIDE_EMR] = { UNSEEN("0", "emr_id") }, [SIDE_CRM] = { UNSEEN("1", "crm_id") }
};

static void read_unseen(struct rows *rows, struct arena *arena, void *place)
{
	*(struct unseen *)place = (struct unseen) { row_int(rows, "link_id"), arena_str(arena, row_text(rows, "id")) };
}

int link_unseen(struct db *db, struct arena *arena, int64_t sync_id, enum side side, int64_t run_id, int64_t after_id,
                struct selected *ret, struct err *err)
{
	const struct selection what = { &UNSEEN_OF[side],
		                        BIND(bind_int(sync_id), bind_int(run_id), bind_int(UNSEEN_A_SLICE),
		                             bind_int(after_id)),
		                        UNSEEN_A_SLICE, sizeof(struct unseen), read_unseen };

	return select_in(db, arena, &what, ret, err);
}

static const struct statement RESTORED = { "DELETE FROM link WHERE sync_id = $1 AND state = 1" };
static const struct statement STALE = {
	"SELECT " COLUMNS " FROM link WHERE sync_id = $1 AND state = 0 AND EXISTS (SELECT 1 FROM identity i"
	" WHERE i.sync_id = link.sync_id AND i.side = 1 AND i.record_id = link.crm_id"
	" AND COALESCE(i.external_id, '') <> link.emr_id) ORDER BY id LIMIT $2"
};

int link_restored(struct db *db, int64_t sync_id, int64_t *ret_count, struct err *err)
{
	if (db_run(db, &RESTORED, BIND(bind_int(sync_id)), err) < 0)
		return err_pass(err);
	*ret_count = db_changed(db);
	return 0;
}

int link_stale(struct db *db, struct arena *arena, int64_t sync_id, struct selected *ret, struct err *err)
{
	enum { AT_ONCE = 500 };
	const struct selection what = { &STALE, BIND(bind_int(sync_id), bind_int(AT_ONCE)), AT_ONCE,
		                        sizeof(struct link), read_row };

	return select_in(db, arena, &what, ret, err);
}

static const struct statement TOUCHED = {
	"SELECT " COLUMNS " FROM link WHERE sync_id = $1 AND state = 0 AND id > $2 AND id IN"
	" (SELECT link_id FROM staged WHERE sync_id = $1 AND received_ms >= $3) ORDER BY id LIMIT $4"
};

int link_touched(struct db *db, struct arena *arena, int64_t sync_id, int64_t since_ms, int64_t after_id, size_t limit,
                 struct selected *ret, struct err *err)
{
	const struct selection what = {
		&TOUCHED, BIND(bind_int(sync_id), bind_int(after_id), bind_int(since_ms), bind_int((int64_t)limit)),
		limit, sizeof(struct link), read_row
	};

	return select_in(db, arena, &what, ret, err);
}

int link_move(struct db *db, int64_t id, enum side side, struct str survivor, struct err *err)
{
	return db_run(db, side == SIDE_EMR ? &MOVE_EMR : &MOVE_CRM, BIND(bind_int(id), bind_text(survivor)), err);
}

int link_turns(struct db *db, const struct link *l, struct err *err)
{
	return db_run(db, &TURNS,
	              BIND(bind_int(l->id), bind_text_or_null(l->turn_fields), bind_text_or_null(l->stopped_why)), err);
}

int link_forgive(struct db *db, int64_t sync_id, struct str emr_id, struct str crm_id, struct err *err)
{
	return db_run(db, &FORGIVE, BIND(bind_int(sync_id), bind_text(emr_id), bind_text(crm_id)), err);
}

enum age link_age(const struct link *link, enum side side, int64_t modified_ms, int64_t received_ms)
{
	int64_t known_ms = side == SIDE_EMR ? link->emr_modified_ms : link->crm_modified_ms;
	int64_t seen_ms = side == SIDE_EMR ? link->emr_seen_ms : link->crm_seen_ms;

	if (modified_ms && known_ms && modified_ms < known_ms)
		return AGE_OLDER;
	if (seen_ms > clock_wall_ms())
		return AGE_NEWER; /* our clock was set back: reading again could prove nothing before it has caught up */
	return seen_ms && received_ms <= seen_ms ? AGE_UNSURE : AGE_NEWER;
}

struct str link_lasting_version(const struct record *crm, int64_t now_ms)
{
	enum { YOUNG_MS = 2000 };
	bool young = crm && crm->modified_ms && now_ms - crm->modified_ms < YOUNG_MS;

	return crm && !young ? crm->version : STR_EMPTY;
}

struct ids_job {
	struct arena *arena;
	int64_t id;
	struct link link;
	bool found;
};

static int find(struct db *db, void *context, struct err *err)
{
	struct ids_job *job = context;

	return link_find(db, job->arena, job->id, &job->link, &job->found, err);
}

int link_ids(struct engine *engine, struct arena *arena, int64_t id, struct str *ret_emr, struct str *ret_crm,
             struct err *err)
{
	struct ids_job job = { .arena = arena, .id = id };

	if (store_read(engine->store, find, &job, err) < 0)
		return err_pass(err);
	*ret_emr = job.found ? job.link.emr_id : STR_EMPTY;
	*ret_crm = job.found ? job.link.crm_id : STR_EMPTY;
	return 0;
}

static void read_listed(struct rows *rows, struct arena *arena, void *place)
{
	struct link *ret = place;

	read_row(rows, arena, ret);
	ret->ended_ms = row_int(rows, "ended_ms");
	ret->ended_why = arena_str(arena, row_text(rows, "ended_why"));
}

int link_list(struct engine *engine, struct arena *arena, const struct link_filter *f, struct link **ret,
              size_t *ret_count, struct err *err)
{
	size_t limit = f->limit ? f->limit : 100;
	size_t anchor = f->sync_id && f->emr_id.len ? 1 : f->sync_id && f->crm_id.len ? 2 : 0;
	const struct selection what = { &lists[anchor][f->newest],
		                        BIND(bind_int(f->after_id), bind_int(f->before_id), bind_int(f->sync_id),
		                             bind_text(f->emr_id), bind_text(f->crm_id), bind_int(f->states),
		                             bind_int(f->stopped), bind_int((int64_t)limit)),
		                        limit, sizeof(**ret), read_listed };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

static void write_side(struct buf *out, struct str text)
{
	if (text.len)
		json_write_string(out, text);
	else
		buf_add_c(out, "null");
}

static void write_base(struct buf *out, const struct base *base)
{
	static const char *const ends[] = { "]", ",true]", ",false,true]", ",true,true]" };

	if (str_eq(base->emr, base->crm) && !base->unsure[SIDE_EMR] && !base->unsure[SIDE_CRM]) {
		write_side(out, base->emr);
		return;
	}
	buf_add_char(out, '[');
	write_side(out, base->emr);
	buf_add_char(out, ',');
	write_side(out, base->crm);
	buf_add_c(out, ends[base->unsure[SIDE_CRM] + 2 * base->unsure[SIDE_EMR]]);
}

struct str base_write(struct engine *engine, struct arena *arena, const struct mapping *m, const struct base *base)
{
	SCOPED(buf) struct buf out = BUF_INIT(LIMIT_PAYLOAD);
	const char *comma = "{";

	for (size_t i = 0; i < m->count; i++) {
		if (!base[i].known)
			continue;
		buf_add_c(&out, comma);
		json_write_string(&out, path_text(m->fields[i].crm));
		buf_add_char(&out, ':');
		write_base(&out, &base[i]);
		comma = ",";
	}
	buf_add_c(&out, comma[0] == '{' ? "{}" : "}");
	ensure(buf_ok(&out));
	return box_seal(engine->keys, arena, BOX, buf_str(&out));
}

int base_read(struct engine *engine, struct arena *arena, const struct mapping *m, struct str sealed, struct base *ret,
              struct err *err)
{
	struct str text;
	struct json *object;

	memset(ret, 0, size_mul(sizeof(*ret), m->count));
	if (sealed.len == 0)
		return 0;
	if (box_open(engine->keys, arena, BOX, sealed, &text, err) < 0 || json_parse(arena, text, &object, err) < 0)
		return err_wrap(err, "read the base of a link");
	for (size_t i = 0; i < m->count; i++) {
		const struct json *j = json_get_str(object, path_text(m->fields[i].crm));
		bool two = j && j->kind == JSON_ARRAY;

		ret[i] = (struct base) {
			.known = j != NULL,
			.emr = json_text(two ? json_at(j, 0) : j),
			.crm = json_text(two ? json_at(j, 1) : j),
			.unsure = { two && json_bool(json_at(j, 3), false), two && json_bool(json_at(j, 2), false) },
		};
	}
	return 0;
}

int link_make_sure(struct engine *engine, struct db *db, struct arena *arena, const struct mapping *m, int64_t id,
                   struct err *err)
{
	struct base *base = arena_new_array(arena, struct base, m->count);
	struct link link;
	bool found, unsure = false;

	if (link_find(db, arena, id, &link, &found, err) < 0)
		return err_pass(err);
	if (!found || link.base.len == 0)
		return 0;
	if (base_read(engine, arena, m, link.base, base, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < m->count; i++) {
		unsure = unsure || base[i].unsure[SIDE_CRM];
		base[i].unsure[SIDE_CRM] = false;
	}
	if (!unsure)
		return 0;
	return link_owe(db, link.id, base_write(engine, arena, m, base), err);
}

/*
 * stage: rows of `staged`. capture inserts them, reconcile and deliver set what became of them, retry brings them back.
 */
#include "sync/stage.h"

#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "sync/select.h"
#include "sync/stage_parts.h"

/* A batch that has not read everything judges nobody (R8), however its reading ended, and one that was aborted rests until it is resumed (R34). What a delta
 * read is not read again: it flows as soon as that is over. A retry and what else a person waits for go their own way. */
#define NOT_HELD                                                                                                    \
	" AND (run_id IS NULL OR door = 5 OR priority = 0 OR run_id NOT IN (SELECT id FROM run WHERE sync_id = $1 " \
	"AND CASE kind "                                                                                            \
	"WHEN 'delta' THEN phase = 0 AND state IN (0, 5) ELSE state = 2 OR (phase = 0 AND state <> 1) END))"

static const struct statement INSERT = {
	"INSERT INTO staged (id, sync_id, run_id, side, door, state, outcome, record_id, version, modified_ms, "
	"received_ms, link_id,"
	" reason, error_code, error_field, error_ms, attempts, hash, same, body, body_of, kind, priority, event, "
	"partner, modified_by, wish, pushed) VALUES "
	"($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25,$26,$27,$28)",
	.by = "id"
};
static const struct statement ALIKE = {
	"SELECT COUNT(*) FROM staged WHERE sync_id = $1 AND side = $2 AND record_id = '' AND hash = $4"
	" AND ($3 = 0 OR run_id = $3)"
};
static const struct statement SETTLE = {
	"UPDATE staged SET state = $2, outcome = $3, link_id = $4, reason = $5, error_code = NULL, error_field = NULL,"
	" error_ms = NULL, attempts = attempts + 1, decided_ms = $6 WHERE id = $1",
	.by = "id"
};
static const struct statement FAIL = {
	"UPDATE staged SET state = 3, outcome = 9, error_code = $2, error_field = $3, reason = $4, error_ms = $5,"
	" attempts = attempts + 1 WHERE id = $1",
	.by = "id"
};
static const struct statement CANDIDATES = { "UPDATE staged SET candidates = $2 WHERE id = $1", .by = "id" };
static const struct statement AGAIN = { "UPDATE staged SET state = $2, outcome = 0, same = 0 WHERE id = $1",
	                                .by = "id" };
/* 5, 0: TO_READ, WAITING, as stage_again() chooses. */
static const struct statement AGAIN_SINCE = {
	"UPDATE staged SET state = CASE WHEN wish IN (0, 5) THEN 0 ELSE 5 END, outcome = 0, same = 0"
	" WHERE sync_id = $1 AND state = 3 AND error_ms >= $2 AND error_code NOT IN ('loop', 'malformed')"
};
static const struct statement SUPERSEDE = { "UPDATE staged SET state = 4, reason = $2 WHERE id = $1", .by = "id" };
static const struct statement READ_AS = {
	"UPDATE staged SET state = 4, reason = $3, read_as = $2 WHERE id = $1 AND state <> 2"
};
#define OUTVOTED                                                                                       \
	"UPDATE staged SET state = 2, outcome = 8, reason = 'somebody asked for something else since'" \
	" WHERE sync_id = $1 AND side = $2 AND record_id = $3 AND id < $4"
/* Who asks to unlink takes back that he wanted the two linked; who wants anything else lets old ends of pairs, and other choices that failed, rest. */
static const struct statement OUTVOTE_LINKS = { OUTVOTED " AND wish IN (1, 2, 3, 4) AND state IN (0, 3, 5)"
	                                                 " AND ($5 = '' OR partner IS NULL OR partner = $5)" };
static const struct statement OUTVOTE_FAILED = { OUTVOTED " AND wish IN (2, 3, 5) AND state = 3" };
static const struct statement ONLY = {
	"UPDATE staged SET state = 4, reason = 'put aside' WHERE state IN (0, 5) AND sync_id = $1 AND id <> $2"
};
/* PostgreSQL is asked in words that only the index of the queue can answer in order: where all that waits has one priority it takes the rows' own order else, and
 * reads everything to find nobody of another one. */
#define FROM_QUEUE        "SELECT " STAGED_COLUMNS ", body FROM staged WHERE sync_id = $1 AND "
#define IN_ORDER          " AND priority = $2 AND id > $3" NOT_HELD " ORDER BY id LIMIT $4"
#define IN_ORDER_POSTGRES " AND (priority, id) > ($2, $3) AND priority <= $2" NOT_HELD " ORDER BY priority, id LIMIT $4"
static const struct statement WAITING = { FROM_QUEUE "state = 0" IN_ORDER,
	                                  .postgres = FROM_QUEUE "state = 0" IN_ORDER_POSTGRES };
static const struct statement TO_READ = { FROM_QUEUE "state = 5" IN_ORDER,
	                                  .postgres = FROM_QUEUE "state = 5" IN_ORDER_POSTGRES };
static const struct statement READ_AGAIN = { "UPDATE staged SET state = 5 WHERE id = $1 AND state IN (0, 1)",
	                                     .by = "id" };
static const struct statement PARK = {
	"UPDATE staged SET state = 6, reason = $2, waits_sync = $3, waits_for = $4 WHERE id = $1", .by = "id"
};
/* Counted as the record's payload in its own run, like everything that is older than what is settled (R4). */
static const struct statement UNPARK_OLDER = {
	"UPDATE staged SET state = 4, outcome = 4, reason = 'a younger payload of the record took its place (R4)'"
	" WHERE sync_id = $1 AND side = $2 AND record_id = $3 AND id < $4 AND state = 6"
};
static const struct statement REMOVED_SINCE = {
	"SELECT COUNT(*) AS n FROM staged WHERE sync_id = $1 AND side = $2 AND record_id = $3 AND kind <> 0"
	" AND received_ms >= $4 AND received_ms <= $5"
};
static const struct statement RELEASE = {
	"UPDATE staged SET state = 0 WHERE state = 6 AND waits_sync = $1 AND waits_for = $2"
};
static const struct statement UNSETTLED = {
	"SELECT COUNT(*) AS n FROM staged WHERE run_id = $1 AND state IN (0, 1, 5)"
};
/* Two halves with all three priorities named, so that each takes its partial index: with an OR, or without the priorities, SQLite reads all payloads of the sync. */
#define QUEUED(state) "FROM staged WHERE sync_id = $1 AND priority IN (0, 1, 2) AND state = " state
static const struct statement QUEUE = {
	"SELECT SUM(waits) AS waiting, SUM(looks) AS to_read, MIN(received_ms) AS oldest FROM ("
	"SELECT 1 AS waits, 0 AS looks, received_ms, run_id " QUEUED(
	        "0") " UNION ALL SELECT 0, 1, received_ms, run_id " QUEUED("5") ") AS queued WHERE run_id IS NULL OR "
	                                                                        "run_id NOT IN (SELECT id FROM run "
	                                                                        "WHERE sync_id = $1 AND kind <> "
	                                                                        "'delta' AND "
	                                                                        "state = 2)"
};
static const struct statement READ = { "SELECT " STAGED_COLUMNS ", body FROM staged WHERE id = $1" };
static const struct statement FACTS = {
	"SELECT side, hash, version, modified_ms, received_ms, body_of FROM staged WHERE id = $1", .by = "id"
};
/* "+": by its own number, and not by the index of those that are owed. */
static const struct statement FINISH = {
	"UPDATE staged SET state = 2, error_code = NULL, error_field = NULL, error_ms = NULL, attempts = attempts + 1,"
	" ended_ms = $2 WHERE id = $1 AND +state = 1",
	.by = "id"
};
static const struct statement LET_GO = {
	"UPDATE staged SET state = 2, outcome = 8, reason = 'its pair was unlinked before its write went out (R29)'"
	" WHERE link_id = $1 AND state = 1"
};
static const struct statement BODY = { "SELECT body FROM staged WHERE id = $1" };
static const struct statement COUNTS = {
	"SELECT outcome, COUNT(*) AS n FROM staged WHERE run_id = $1 AND " COUNTS_ITSELF " GROUP BY outcome"
};

static const struct statement RESTORED_EMR = {
	"UPDATE staged SET state = 4, reason = 'the database was restored: its record is read anew'"
	" WHERE sync_id = $1 AND side = 0 AND wish = 0 AND state IN (0, 1, 5)"
};
static const struct statement RESTORED = { "UPDATE staged SET state = 5, outcome = 0, same = 0 WHERE sync_id = $1 AND "
	                                   "state IN (0, 1)" };

static const struct {
	const char *name;
	const char *meaning;
} outcomes[] = {
#define ROW(id, number, name, text) [number] = { name, text },
	OUTCOME_LIST(ROW)
#undef ROW
};

const char *outcome_name(enum outcome outcome)
{
	return outcomes[outcome].name;
}

const char *outcome_meaning(enum outcome outcome)
{
	return outcomes[outcome].meaning;
}

bool outcome_of_name(struct str name, enum outcome *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(outcomes); i++) {
		if (str_eq_c(name, outcomes[i].name)) {
			*ret = (enum outcome)i;
			return true;
		}
	}
	return false;
}

const char *staged_state_name(enum staged_state state)
{
	static const char *const names[] = { "waiting", "owed", "done", "failed", "superseded", "to_read", "parked" };

	return names[state];
}

const char *wish_name(enum wish wish)
{
	static const char *const names[] = { "", "sync", "link", "relink", "create", "unlink", "resolve" };

	return names[wish];
}

const char *door_name(enum door door)
{
	static const char *const names[] = { "batch", "webhook", "delta", "stream", "click", "retry" };

	return names[door];
}

bool door_is_live(enum door door)
{
	return door == DOOR_WEBHOOK || door == DOOR_STREAM || door == DOOR_DELTA;
}

static struct bind bind_hash(const struct digest16 *hash)
{
	return bind_blob(str_range((const char *)hash->bytes, sizeof(hash->bytes)));
}

int stage_insert(struct db *db, struct staged *s, struct err *err)
{
	int code = db_insert(
	        db, &INSERT,
	        BIND(bind_null(), bind_int(s->sync_id), bind_id(s->run_id), bind_int(s->side), bind_int(s->door),
	             bind_int(s->state), bind_int(s->outcome), bind_text(s->record_id), bind_text_or_null(s->version),
	             bind_id(s->modified_ms), bind_int(s->received_ms), bind_id(s->link_id),
	             bind_text_or_null(s->reason), bind_text_or_null(s->error_code), bind_text_or_null(s->error_field),
	             bind_id(s->error_ms), bind_int(s->attempts), bind_hash(&s->hash), bind_int(s->same),
	             s->body_of ? bind_null() : bind_blob(s->sealed), bind_id(s->body_of), bind_int(s->kind),
	             bind_int(s->priority), bind_text_or_null(s->event), bind_text_or_null(s->partner),
	             bind_text_or_null(s->modified_by), bind_int(s->wish), bind_int(s->pushed)),
	        &s->id, err);

	return code < 0 ? err_wrap(err, "stage a payload") : 0;
}

int stage_count_alike(struct db *db, const struct staged *s, bool of_any_run, int64_t *ret, struct err *err)
{
	return db_number(db, &ALIKE,
	                 BIND(bind_int(s->sync_id), bind_int(s->side), bind_int(of_any_run ? 0 : s->run_id),
	                      bind_hash(&s->hash)),
	                 0, ret, err);
}

int stage_settle(struct db *db, int64_t id, enum staged_state state, enum outcome outcome, int64_t link_id,
                 const char *reason, struct err *err)
{
	return db_run(db, &SETTLE,
	              BIND(bind_int(id), bind_int(state), bind_int(outcome), bind_id(link_id),
	                   bind_text_or_null(str_of(reason)), bind_int(clock_wall_ms())),
	              err);
}

int stage_candidates(struct db *db, int64_t id, struct str candidates, struct err *err)
{
	return db_run(db, &CANDIDATES, BIND(bind_int(id), bind_text(candidates)), err);
}

int stage_restored(struct db *db, int64_t sync_id, int64_t *ret_count, struct err *err)
{
	if (db_run(db, &RESTORED_EMR, BIND(bind_int(sync_id)), err) < 0)
		return err_pass(err);
	*ret_count = db_changed(db);
	if (db_run(db, &RESTORED, BIND(bind_int(sync_id)), err) < 0)
		return err_pass(err);
	*ret_count += db_changed(db);
	return 0;
}

int stage_finish(struct db *db, int64_t id, struct err *err)
{
	return db_run(db, &FINISH, BIND(bind_int(id), bind_int(clock_wall_ms())), err);
}

int stage_let_go(struct db *db, int64_t link_id, struct err *err)
{
	return db_run(db, &LET_GO, BIND(bind_int(link_id)), err);
}

int stage_fail(struct db *db, int64_t id, struct str code, struct str field, const char *reason, struct err *err)
{
	return db_run(db, &FAIL,
	              BIND(bind_int(id), bind_text(code), bind_text_or_null(field), bind_text_or_null(str_of(reason)),
	                   bind_int(clock_wall_ms())),
	              err);
}

int stage_again(struct db *db, const struct staged *s, struct err *err)
{
	bool reads = s->wish != WISH_NONE && s->wish != WISH_UNLINK;

	return db_run(db, &AGAIN, BIND(bind_int(s->id), bind_int(reads ? STAGED_TO_READ : STAGED_WAITING)), err);
}

int stage_again_since(struct db *db, int64_t sync_id, int64_t since_ms, int64_t *ret_count, struct err *err)
{
	if (db_run(db, &AGAIN_SINCE, BIND(bind_int(sync_id), bind_int(since_ms)), err) < 0)
		return err_pass(err);
	*ret_count = db_changed(db);
	return 0;
}

int stage_supersede(struct db *db, int64_t id, const char *reason, struct err *err)
{
	return db_run(db, &SUPERSEDE, BIND(bind_int(id), bind_text(str_of(reason))), err);
}

int stage_read_as(struct db *db, int64_t id, int64_t read_as, struct err *err)
{
	char reason[64];

	snprintf(reason, sizeof(reason), "read as payload %lld", (long long)read_as);
	if (db_run(db, &READ_AS, BIND(bind_int(id), bind_int(read_as), bind_text(str_of(reason))), err) < 0)
		return err_pass(err);
	return db_changed(db) ? 0
	                      : stage_settle(db, read_as, STAGED_DONE, OUTCOME_SKIPPED_FILTERED, 0,
	                                     "what asked for this reading was taken back meanwhile", err);
}

int stage_outvote(struct db *db, const struct staged *s, enum side side, struct str record_id, struct err *err)
{
	struct str of = side == s->side ? STR_EMPTY : s->record_id; /* the counterpart may be wanted elsewhere */

	if (s->wish == WISH_UNLINK)
		return db_run(db, &OUTVOTE_LINKS,
		              BIND(bind_int(s->sync_id), bind_int(side), bind_text(record_id), bind_int(s->id),
		                   bind_text(of)),
		              err);
	return db_run(db, &OUTVOTE_FAILED,
	              BIND(bind_int(s->sync_id), bind_int(side), bind_text(record_id), bind_int(s->id)), err);
}

int stage_follow(struct db *db, struct arena *arena, int64_t id, struct staged *ret, struct err *err)
{
	*ret = (struct staged) { .read_as = id };
	while (ret->read_as) {
		if (stage_read(db, arena, ret->read_as, ret, err) < 0)
			return err_pass(err);
	}
	return 0;
}

int stage_only(struct db *db, int64_t sync_id, int64_t id, struct err *err)
{
	return db_run(db, &ONLY, BIND(bind_int(sync_id), bind_int(id)), err);
}

static void read_hash(struct rows *rows, struct staged *ret)
{
	struct str hash = row_blob(rows, "hash");

	if (hash.len == sizeof(ret->hash.bytes))
		memcpy(ret->hash.bytes, hash.at, hash.len);
}

void stage_read_row(struct rows *rows, struct arena *arena, struct staged *ret)
{
	*ret = (struct staged) {
		.id = row_int(rows, "id"),
		.sync_id = row_int(rows, "sync_id"),
		.run_id = row_int(rows, "run_id"),
		.link_id = row_int(rows, "link_id"),
		.side = (enum side)row_int(rows, "side"),
		.door = (enum door)row_int(rows, "door"),
		.state = (enum staged_state)row_int(rows, "state"),
		.outcome = (enum outcome)row_int(rows, "outcome"),
		.record_id = arena_str(arena, row_text(rows, "record_id")),
		.version = arena_str(arena, row_text(rows, "version")),
		.modified_ms = row_int(rows, "modified_ms"),
		.received_ms = row_int(rows, "received_ms"),
		.reason = arena_str(arena, row_text(rows, "reason")),
		.error_code = arena_str(arena, row_text(rows, "error_code")),
		.error_field = arena_str(arena, row_text(rows, "error_field")),
		.error_ms = row_int(rows, "error_ms"),
		.attempts = row_int(rows, "attempts"),
		.same = row_int(rows, "same") != 0,
		.body_of = row_int(rows, "body_of"),
		.read_as = row_int(rows, "read_as"),
		.purged_ms = row_int(rows, "purged_ms"),
		.kind = (enum staged_kind)row_int(rows, "kind"),
		.wish = (enum wish)row_int(rows, "wish"),
		.pushed = row_int(rows, "pushed") != 0,
		.priority = (enum staged_priority)row_int(rows, "priority"),
		.event = arena_str(arena, row_text(rows, "event")),
		.partner = arena_str(arena, row_text(rows, "partner")),
		.modified_by = arena_str(arena, row_text(rows, "modified_by")),
	};
	read_hash(rows, ret);
}

/* Reads up to `limit` rows into an array. `with_body`: the statement selects `body` too. */
static int read_all(struct rows *rows, struct arena *arena, size_t limit, bool with_body, struct staged **ret,
                    size_t *ret_count, struct err *err)
{
	struct staged *all = arena_new_array(arena, struct staged, limit);
	size_t count = 0;
	int more;

	while (count < limit && (more = rows_next(rows, err)) != 0) {
		if (more < 0)
			return more;
		stage_read_row(rows, arena, &all[count]);
		if (with_body)
			all[count].sealed = arena_str(arena, row_blob(rows, "body"));
		count++;
	}
	*ret = all;
	*ret_count = count;
	return 0;
}

int stage_unsettled(struct db *db, int64_t run_id, int64_t *ret, struct err *err)
{
	return db_number(db, &UNSETTLED, BIND(bind_int(run_id)), 0, ret, err);
}

static int read_queue(struct db *db, struct arena *arena, const struct statement *statement, struct binds binds,
                      size_t limit, struct staged **ret, size_t *ret_count, struct err *err)
{
	ROWS rows = NULL;
	int code = db_select(db, statement, binds, &rows, err);

	return code < 0 ? code : read_all(rows, arena, limit, true, ret, ret_count, err);
}

int stage_waiting(struct db *db, struct arena *arena, int64_t sync_id, enum staged_priority priority, int64_t after_id,
                  size_t limit, struct staged **ret, size_t *ret_count, struct err *err)
{
	return read_queue(db, arena, &WAITING,
	                  BIND(bind_int(sync_id), bind_int(priority), bind_int(after_id), bind_int((int64_t)limit)),
	                  limit, ret, ret_count, err);
}

int stage_to_read(struct db *db, struct arena *arena, int64_t sync_id, enum staged_priority priority, int64_t after_id,
                  size_t limit, struct staged **ret, size_t *ret_count, struct err *err)
{
	return read_queue(db, arena, &TO_READ,
	                  BIND(bind_int(sync_id), bind_int(priority), bind_int(after_id), bind_int((int64_t)limit)),
	                  limit, ret, ret_count, err);
}

int stage_read_again(struct db *db, int64_t id, struct err *err)
{
	return db_run(db, &READ_AGAIN, BIND(bind_int(id)), err);
}

int stage_unpark_older(struct db *db, const struct staged *s, struct err *err)
{
	return db_run(db, &UNPARK_OLDER,
	              BIND(bind_int(s->sync_id), bind_int(s->side), bind_text(s->record_id), bind_int(s->id)), err);
}

enum { REMOVED_BINDS = 5 };

static struct binds removed_binds(const struct staged *s, int64_t now_ms, struct bind ret[REMOVED_BINDS])
{
	ret[0] = bind_int(s->sync_id);
	ret[1] = bind_int(s->side);
	ret[2] = bind_text(s->record_id);
	ret[3] = bind_int(s->received_ms);
	ret[4] = bind_int(now_ms);
	return (struct binds) { ret, REMOVED_BINDS };
}

int stage_removed_since(struct db *db, const struct staged *s, int64_t now_ms, bool *ret, struct err *err)
{
	struct bind binds[REMOVED_BINDS];
	int64_t count;

	if (db_number(db, &REMOVED_SINCE, removed_binds(s, now_ms, binds), 0, &count, err) < 0)
		return err_pass(err);
	*ret = count > 0;
	return 0;
}

int stage_removed_ahead(struct db *db, const struct staged *const *all, size_t count, int64_t now_ms, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct binds *rows = arena_new_array(&arena, struct binds, count);

	for (size_t i = 0; i < count; i++)
		rows[i] = removed_binds(all[i], now_ms, arena_new_array(&arena, struct bind, REMOVED_BINDS));
	return db_ahead(db, &REMOVED_SINCE, rows, count, err);
}

int stage_facts_ahead(struct db *db, const struct bind *ids, size_t count, struct err *err)
{
	return select_ahead(db, &FACTS, BIND_NOTHING, ids, count, err);
}

int stage_park(struct db *db, const struct staged *s, int64_t parent_sync, struct str parent_id, const char *reason,
               struct err *err)
{
	if (db_run(db, &PARK,
	           BIND(bind_int(s->id), bind_text(str_of(reason)), bind_int(parent_sync), bind_text(parent_id)),
	           err) < 0)
		return err_wrap(err, "let a payload wait for its parent");
	return stage_unpark_older(db, s, err);
}

int stage_release(struct db *db, int64_t parent_sync, struct str parent_id, struct err *err)
{
	return db_run(db, &RELEASE, BIND(bind_int(parent_sync), bind_text(parent_id)), err);
}

int stage_read(struct db *db, struct arena *arena, int64_t id, struct staged *ret, struct err *err)
{
	ROWS rows = NULL;
	struct staged *one;
	size_t count;
	int code = db_select(db, &READ, BIND(bind_int(id)), &rows, err);

	if (code < 0)
		return code;
	code = read_all(rows, arena, 1, true, &one, &count, err);
	if (code < 0)
		return code;
	if (count == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no staged payload %lld; `suture staged` lists them",
		               (long long)id);
	*ret = *one;
	return 0;
}

int stage_facts(struct db *db, struct arena *arena, int64_t id, struct staged *ret, struct err *err)
{
	ROWS rows = NULL;
	int more = db_select(db, &FACTS, BIND(bind_int(id)), &rows, err);

	if (more == 0)
		more = rows_next(rows, err);
	if (more < 0)
		return more;
	if (more == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no staged payload %lld", (long long)id);
	*ret = (struct staged) {
		.id = id,
		.side = (enum side)row_int(rows, "side"),
		.version = arena_str(arena, row_text(rows, "version")),
		.modified_ms = row_int(rows, "modified_ms"),
		.received_ms = row_int(rows, "received_ms"),
		.body_of = row_int(rows, "body_of"),
	};
	read_hash(rows, ret);
	return 0;
}

int stage_queue(struct db *db, int64_t sync_id, struct queue *ret, struct err *err)
{
	ROWS rows = NULL;
	int more = db_select(db, &QUEUE, BIND(bind_int(sync_id)), &rows, err);

	if (more == 0)
		more = rows_next(rows, err);
	if (more < 0)
		return more;
	*ret = (struct queue) { row_int(rows, "waiting"), row_int(rows, "to_read"), row_int(rows, "oldest") };
	return 0;
}

struct body_read {
	struct arena *arena;
	int64_t id;
	struct str sealed;
};

static int select_body(struct db *db, struct arena *arena, int64_t id, struct str *ret, struct err *err)
{
	ROWS rows = NULL;
	int more = db_select(db, &BODY, BIND(bind_int(id)), &rows, err);

	if (more == 0)
		more = rows_next(rows, err);
	if (more < 0)
		return more;
	*ret = more ? arena_str(arena, row_blob(rows, "body")) : STR_EMPTY;
	return 0;
}

static int read_body(struct db *db, void *context, struct err *err)
{
	struct body_read *job = context;

	return select_body(db, job->arena, job->id, &job->sealed, err);
}

struct bodies_read {
	struct arena *arena;
	struct staged *const *all;
	size_t count;
};

static int read_bodies(struct db *db, void *context, struct err *err)
{
	const struct bodies_read *job = context;
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct bind *ids = arena_new_array(&arena, struct bind, job->count);

	for (size_t i = 0; i < job->count; i++)
		ids[i] = bind_int(job->all[i]->body_of);
	if (select_ahead(db, &BODY, BIND_NOTHING, ids, job->count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < job->count; i++) {
		if (select_body(db, job->arena, job->all[i]->body_of, &job->all[i]->sealed, err) < 0)
			return err_pass(err);
	}
	return 0;
}

int stage_bodies(struct engine *engine, struct arena *arena, struct staged *const *all, size_t count, struct err *err)
{
	struct bodies_read job = { arena, all, count };

	return count ? store_read(engine->store, read_bodies, &job, err) : 0;
}

int stage_bytes(struct engine *engine, struct arena *arena, const struct staged *s, struct str *ret, struct err *err)
{
	struct body_read job = { .arena = arena, .id = s->body_of ? s->body_of : s->id, .sealed = s->sealed };
	int code;

	if (s->sealed.len == 0) {
		code = store_read(engine->store, read_body, &job, err);
		if (code < 0)
			return code;
	}
	if (job.sealed.len == 0)
		return err_set(
		        err, ERR_NOT_FOUND,
		        "the bytes of payload %lld were purged, as it is old; its hash, its ids and what became of it "
		        "are kept",
		        (long long)s->id);
	return box_open(engine->keys, arena, stage_sealed.box, job.sealed, ret, err);
}

struct counts_job {
	int64_t run_id;
	int64_t *counts;
};

static int counts(struct db *db, void *context, struct err *err)
{
	struct counts_job *job = context;
	ROWS rows = NULL;
	int more = db_select(db, &COUNTS, BIND(bind_int(job->run_id)), &rows, err);

	if (more < 0)
		return more;
	while ((more = rows_next(rows, err)) > 0) {
		int64_t outcome = row_int(rows, "outcome");

		ensure(outcome >= 0 && outcome < OUTCOME_COUNT);
		job->counts[outcome] = row_int(rows, "n");
	}
	return more;
}

int stage_counts(struct engine *engine, int64_t run_id, int64_t *ret, struct err *err)
{
	struct counts_job job = { run_id, ret };

	memset(ret, 0, sizeof(*ret) * OUTCOME_COUNT);
	return store_read(engine->store, counts, &job, err);
}

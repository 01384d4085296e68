/*
 * outbox: rows of `outbox`. reconcile and deliver add them, deliver takes them away.
 */
#include "sync/outbox.h"

#include "lib/clock.h"
#include "sync/select.h"

const struct sealed_column outbox_sealed_body = SEALED_COLUMN(outbox, body, "outbox.body"),
                           outbox_sealed_base = SEALED_COLUMN(outbox, base, "link.base");

static const struct statement ADD = {
	"INSERT INTO outbox (id, sync_id, side, priority, op, link_id, staged_id, run_id, "
	"record_id, external_key, body, base, attempts,"
	" due_ms, created_ms, version, after_id) VALUES "
	"($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,0,$13,$14,$15,$16)",
	.by = "id"
};
#define ENTRY                                                                                                       \
	"SELECT id, sync_id, side, priority, op, link_id, staged_id, run_id, record_id, external_key, body, base, " \
	"attempts, due_ms, created_ms, error_code, version, sent FROM outbox WHERE "
#define OWED ENTRY "sync_id = $1 AND side = $2"
#define DUE_NOW                              \
	" AND (due_ms <= $5 OR due_ms > $7)" \
	" AND (after_id IS NULL OR NOT EXISTS (SELECT 1 FROM outbox first WHERE first.id = outbox.after_id))"
/* On PostgreSQL as for the queue of payloads (stage.c): the index of the order, and no other. */
static const struct statement DUE = { OWED " AND priority = $3 AND id > $4" DUE_NOW " ORDER BY id LIMIT $6",
	                              .postgres = OWED " AND (priority, id) > ($3, $4) AND priority <= $3" DUE_NOW
	                                               " ORDER BY priority, id LIMIT $6" };
static const struct statement OF_LINK = { ENTRY "link_id = $1 ORDER BY id LIMIT 100" };
static const struct statement FIND = { ENTRY "id = $1" };
static const struct statement DONE = { "DELETE FROM outbox WHERE id = $1", .by = "id" };
static const struct statement LATER = {
	"UPDATE outbox SET attempts = attempts + 1, due_ms = $2, error_code = $3 WHERE id = $1", .by = "id"
};
static const struct statement SENT = { "UPDATE outbox SET sent = $2, due_ms = $3 WHERE id = $1", .by = "id" };
static const struct statement DOUBT = {
	"UPDATE outbox SET due_ms = $2 WHERE sync_id = $1 AND sent IS NOT NULL AND due_ms < $2"
};
static const struct statement FORGET_LINK = { "DELETE FROM outbox WHERE link_id = $1" };
static const struct statement FORGET_REFERENCE = {
	"DELETE FROM outbox WHERE priority = 2 AND side = 0 AND record_id = $2 AND link_id IN"
	" (SELECT id FROM link WHERE sync_id = $1 AND emr_id = $2 AND state >= 2)"
};
static const struct statement FORGET_SYNC = { "DELETE FROM outbox WHERE sync_id = $1" };
static const struct statement RESTORED = {
	"DELETE FROM outbox WHERE sync_id = $1 AND (link_id IN (SELECT id FROM link WHERE sync_id = $1 AND state = 1)"
	" OR (priority < 2 AND link_id IN (SELECT id FROM link WHERE sync_id = $1 AND state = 0)))"
};
static const struct statement FORGET_STALE = {
	"DELETE FROM outbox WHERE sync_id = $1 AND side = 1 AND link_id IN (SELECT l.id FROM link l LEFT JOIN identity "
	"i"
	" ON i.sync_id = l.sync_id AND i.side = 1 AND i.record_id = l.crm_id"
	" WHERE l.sync_id = $1 AND l.state >= 2 AND COALESCE(i.external_id, '') <> l.emr_id)"
};
static const struct statement OWES = { "SELECT COUNT(*) AS n FROM outbox WHERE link_id = $1 AND priority < 2" };
static const struct statement OWES_ELSE = {
	"SELECT COUNT(*) AS n FROM outbox WHERE link_id = $1 AND id <> $2 AND priority < 2"
};
static const struct statement COUNTS = { "SELECT SUM(CASE WHEN priority < 2 THEN 1 ELSE 0 END) AS now, SUM(CASE WHEN "
	                                 "priority < 2 THEN 0 ELSE 1 END) AS low,"
	                                 " MIN(due_ms) AS next_due, MIN(CASE WHEN priority < 2 THEN created_ms END) AS "
	                                 "oldest FROM outbox WHERE sync_id = $1 AND side = $2" };

int outbox_add(struct db *db, struct owed *owed, struct err *err)
{
	int64_t now = clock_wall_ms();
	int code = db_insert(db, &ADD,
	                     BIND(bind_null(), bind_int(owed->sync_id), bind_int(owed->side), bind_int(owed->priority),
	                          bind_int(owed->op), bind_int(owed->link_id), bind_id(owed->staged_id),
	                          bind_id(owed->run_id), bind_text(owed->record_id), bind_text_or_null(owed->key),
	                          bind_blob(owed->body), owed->base.len ? bind_blob(owed->base) : bind_null(),
	                          bind_int(owed->due_ms), bind_int(now), bind_text_or_null(owed->version),
	                          bind_id(owed->after_id)),
	                     &owed->id, err);

	return code < 0 ? err_wrap(err, "add to the outbox") : 0;
}

static void read_row(struct rows *rows, struct arena *arena, void *place)
{
	struct owed *ret = place;
	*ret = (struct owed) {
		.id = row_int(rows, "id"),
		.sync_id = row_int(rows, "sync_id"),
		.link_id = row_int(rows, "link_id"),
		.staged_id = row_int(rows, "staged_id"),
		.run_id = row_int(rows, "run_id"),
		.side = (enum side)row_int(rows, "side"),
		.op = (enum write_op)row_int(rows, "op"),
		.priority = (enum owed_priority)row_int(rows, "priority"),
		.record_id = arena_str(arena, row_text(rows, "record_id")),
		.key = arena_str(arena, row_text(rows, "external_key")),
		.body = arena_str(arena, row_blob(rows, "body")),
		.base = arena_str(arena, row_blob(rows, "base")),
		.attempts = row_int(rows, "attempts"),
		.due_ms = row_int(rows, "due_ms"),
		.created_ms = row_int(rows, "created_ms"),
		.error_code = arena_str(arena, row_text(rows, "error_code")),
		.version = arena_str(arena, row_text(rows, "version")),
		.sent = arena_str(arena, row_text(rows, "sent")),
	};
}

int outbox_due(struct db *db, struct arena *arena, const struct owed_query *query, struct owed **ret, size_t *ret_count,
               struct err *err)
{
	/* INT64_MAX asks for all there is. */
	int64_t latest_ms = MIN_OF(query->now_ms, INT64_MAX - OUTBOX_LATEST_MS) + OUTBOX_LATEST_MS;
	const struct selection what = { &DUE,
		                        BIND(bind_int(query->sync_id), bind_int(query->side), bind_int(query->priority),
		                             bind_int(query->after_id), bind_int(query->now_ms),
		                             bind_int((int64_t)query->limit), bind_int(latest_ms)),
		                        query->limit, sizeof(**ret), read_row };
	struct selected found;

	if (select_in(db, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

int outbox_find(struct db *db, struct arena *arena, int64_t id, struct owed *ret, bool *ret_found, struct err *err)
{
	const struct selection what = { &FIND, BIND(bind_int(id)), 1, sizeof(*ret), read_row };

	return select_one(db, arena, &what, ret, ret_found, err);
}

int outbox_of_link(struct engine *engine, struct arena *arena, int64_t link_id, struct owed **ret, size_t *ret_count,
                   struct err *err)
{
	const struct selection what = { &OF_LINK, BIND(bind_int(link_id)), 100, sizeof(**ret), read_row };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

int outbox_done(struct db *db, int64_t id, struct err *err)
{
	return db_run(db, &DONE, BIND(bind_int(id)), err);
}

int outbox_forget_link(struct db *db, int64_t link_id, struct err *err)
{
	return db_run(db, &FORGET_LINK, BIND(bind_int(link_id)), err);
}

int outbox_forget_reference(struct db *db, int64_t sync_id, struct str emr_id, struct err *err)
{
	return db_run(db, &FORGET_REFERENCE, BIND(bind_int(sync_id), bind_text(emr_id)), err);
}

int outbox_forget_sync(struct db *db, int64_t sync_id, struct err *err)
{
	return db_run(db, &FORGET_SYNC, BIND(bind_int(sync_id)), err);
}

int outbox_restored(struct db *db, int64_t sync_id, int64_t *ret_count, struct err *err)
{
	if (db_run(db, &RESTORED, BIND(bind_int(sync_id)), err) < 0)
		return err_pass(err);
	*ret_count = db_changed(db);
	return 0;
}

int outbox_forget_stale(struct db *db, int64_t sync_id, struct err *err)
{
	return db_run(db, &FORGET_STALE, BIND(bind_int(sync_id)), err);
}

int outbox_later(struct db *db, int64_t id, int64_t due_ms, struct str code, struct err *err)
{
	return db_run(db, &LATER, BIND(bind_int(id), bind_int(due_ms), bind_text_or_null(code)), err);
}

int outbox_sent(struct db *db, int64_t id, struct str sent, int64_t due_ms, struct err *err)
{
	return db_run(db, &SENT, BIND(bind_int(id), bind_text_or_null(sent), bind_int(due_ms)), err);
}

int outbox_doubt(struct db *db, int64_t sync_id, int64_t due_ms, struct err *err)
{
	return db_run(db, &DOUBT, BIND(bind_int(sync_id), bind_int(due_ms)), err);
}

int outbox_owes(struct db *db, int64_t link_id, bool *ret, struct err *err)
{
	int64_t count;
	int code = db_number(db, &OWES, BIND(bind_int(link_id)), 0, &count, err);

	if (code < 0)
		return code;
	*ret = count > 0;
	return 0;
}

static const struct statement ANY = {
	"SELECT 1 AS n FROM outbox WHERE sync_id = $1 AND side = $2 AND priority < $3 LIMIT 1"
};

int outbox_any(struct db *db, int64_t sync_id, enum side side, bool low, bool *ret, struct err *err)
{
	int64_t n;
	int code = db_number(db, &ANY, BIND(bind_int(sync_id), bind_int(side), bind_int(low ? OWED_LOW + 1 : OWED_LOW)),
	                     0, &n, err);

	if (code < 0)
		return code;
	*ret = n != 0;
	return 0;
}

int outbox_counts(struct db *db, int64_t sync_id, enum side side, struct owed_counts *ret, struct err *err)
{
	ROWS rows = NULL;
	int more = db_select(db, &COUNTS, BIND(bind_int(sync_id), bind_int(side)), &rows, err);

	if (more < 0)
		return more;
	more = rows_next(rows, err);
	if (more < 0)
		return more;
	*ret = more ? (struct owed_counts) { row_int(rows, "now"), row_int(rows, "low"), row_int(rows, "next_due"),
		                             row_int(rows, "oldest") }
	            : (struct owed_counts) { 0 };
	return 0;
}

int outbox_owes_else(struct db *db, const struct owed *owed, bool *ret, struct err *err)
{
	int64_t count;
	int code = db_number(db, &OWES_ELSE, BIND(bind_int(owed->link_id), bind_int(owed->id)), 0, &count, err);

	if (code < 0)
		return code;
	*ret = count > 0;
	return 0;
}

int outbox_owes_ahead(struct db *db, const struct bind *links, size_t count, struct err *err)
{
	return select_ahead(db, &OWES, BIND_NOTHING, links, count, err);
}

int outbox_owes_else_ahead(struct db *db, const struct owed *const *owed, size_t count, struct err *err)
{
	enum { KEYS = 2 };
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct binds *rows = arena_new_array(&arena, struct binds, count);

	for (size_t i = 0; i < count; i++) {
		struct bind *row = arena_new_array(&arena, struct bind, KEYS);

		row[0] = bind_int(owed[i]->link_id);
		row[1] = bind_int(owed[i]->id);
		rows[i] = (struct binds) { row, KEYS };
	}
	return db_ahead(db, &OWES_ELSE, rows, count, err);
}

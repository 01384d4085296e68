/*
 * audit: rows of `audit`. Each row's hash covers the row and the hash of the row before it, so that a row that was changed or taken away shows
 * (audit_verify). Rows are only ever added.
 */
#include "sync/audit.h"

#include <string.h>

#include "codec/digest.h"
#include "lib/clock.h"
#include "sync/select.h"

static const struct statement LAST = { "SELECT hash FROM audit ORDER BY id DESC LIMIT 1" };
static const struct statement ADD = {
	"INSERT INTO audit (at_ms, who, action, subject, before, after, why, hash) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)"
};
static const struct statement LIST = {
	"SELECT id, at_ms, who, action, subject, before, after, why, hash FROM audit WHERE id > $1 ORDER BY id LIMIT $2"
};

static const struct statement FIND = {
	"SELECT id, at_ms, who, action, subject, before, after, why, hash FROM audit WHERE ($1 = 0 OR id < $1)"
	" AND ($2 = '' OR who = $2) AND ($3 = '' OR action = $3) AND ($4 = '' OR LOWER(subject) LIKE LOWER($4))"
	" AND at_ms >= $5 AND ($6 = 0 OR at_ms < $6) ORDER BY id DESC LIMIT $7"
};
static const struct statement OF = { "SELECT id, at_ms, who, action, subject, before, after, why FROM audit WHERE "
	                             "subject = $1 ORDER BY id DESC LIMIT $2" };

/* Lengths stand before the texts, so that no two different rows give the same bytes. */
static struct digest row_hash(struct str before_hash, const struct audit_entry *e)
{
	const struct str parts[] = { e->who, e->action, e->subject, e->before, e->after, e->why };
	SCOPED(buf) struct buf bytes = BUF_INIT((size_t)16 << 20);

	buf_add(&bytes, before_hash);
	buf_printf(&bytes, "|%lld", (long long)e->at_ms);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		buf_printf(&bytes, "|%zu:", parts[i].len);
		buf_add(&bytes, parts[i]);
	}
	return digest_sha256(buf_str(&bytes));
}

static int last_hash(struct db *db, struct digest *ret, size_t *ret_len, struct err *err)
{
	ROWS rows = NULL;
	struct str hash;
	int more = db_select(db, &LAST, BIND_NOTHING, &rows, err);

	if (more < 0)
		return more;
	more = rows_next(rows, err);
	if (more < 0)
		return more;
	*ret_len = 0;
	hash = more ? row_blob(rows, "hash") : STR_EMPTY;
	if (hash.len == sizeof(ret->bytes)) {
		memcpy(ret->bytes, hash.at, hash.len);
		*ret_len = hash.len;
	}
	return 0;
}

int audit_add(struct db *db, const struct audit_entry *entry, struct err *err)
{
	struct audit_entry e = *entry;
	struct digest before, hash;
	size_t before_len;

	e.at_ms = e.at_ms ? e.at_ms : clock_wall_ms();
	if (last_hash(db, &before, &before_len, err) < 0)
		return err_wrap(err, "audit trail");
	hash = row_hash(str_range((const char *)before.bytes, before_len), &e);
	return db_run(db, &ADD,
	              BIND(bind_int(e.at_ms), bind_text(e.who), bind_text(e.action), bind_text(e.subject),
	                   bind_text_or_null(e.before), bind_text_or_null(e.after), bind_text_or_null(e.why),
	                   bind_blob(str_range((const char *)hash.bytes, sizeof(hash.bytes)))),
	              err);
}

static int note(struct db *db, void *context, struct err *err)
{
	return audit_add(db, context, err);
}

int audit_note(struct engine *engine, const char *action, struct str subject, struct str before, struct str after,
               const char *why, struct err *err)
{
	struct audit_entry entry = {
		.who = str_of(engine->who),
		.action = str_of(action),
		.subject = subject,
		.before = before,
		.after = after,
		.why = str_of(why),
	};

	return store_write(engine->store, DURABLE, note, &entry, err);
}

static void read_row(struct rows *rows, struct arena *arena, void *place)
{
	struct audit_entry *ret = place;
	*ret = (struct audit_entry) {
		.id = row_int(rows, "id"),
		.at_ms = row_int(rows, "at_ms"),
		.who = arena_str(arena, row_text(rows, "who")),
		.action = arena_str(arena, row_text(rows, "action")),
		.subject = arena_str(arena, row_text(rows, "subject")),
		.before = arena_str(arena, row_text(rows, "before")),
		.after = arena_str(arena, row_text(rows, "after")),
		.why = arena_str(arena, row_text(rows, "why")),
	};
}

struct str audit_record(struct arena *arena, enum side side, struct str record_id, struct str sync)
{
	return arena_printf(arena, "%s record %.*s of sync %.*s", side == SIDE_EMR ? "EMR" : "CRM", STR_ARG(record_id),
	                    STR_ARG(sync));
}

int audit_of(struct engine *engine, struct arena *arena, struct str subject, size_t limit, struct audit_entry **ret,
             size_t *ret_count, struct err *err)
{
	size_t most = limit ? limit : 100;
	const struct selection what = { &OF, BIND(bind_text(subject), bind_int((int64_t)most)), most, sizeof(**ret),
		                        read_row };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

int audit_list(struct engine *engine, struct arena *arena, int64_t after_id, size_t limit, struct audit_entry **ret,
               size_t *ret_count, struct err *err)
{
	const struct selection what = { .statement = &LIST, .limit = limit, .size = sizeof(**ret), .read = read_row };
	struct selected found;

	if (select_page(engine, arena, what, after_id, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

/* "%" and "_" in it are what they are in LIKE: a person who types one finds more, never less. */
static struct str anywhere(struct arena *arena, struct str part)
{
	return part.len ? arena_printf(arena, "%%%.*s%%", STR_ARG(part)) : STR("");
}

int audit_find(struct engine *engine, struct arena *arena, const struct audit_filter *f, struct audit_entry **ret,
               size_t *ret_count, struct err *err)
{
	size_t limit = f->limit ? f->limit : 100;
	const struct selection what = { &FIND,
		                        BIND(bind_int(f->before_id), bind_text(f->who), bind_text(f->action),
		                             bind_text(anywhere(arena, f->subject)), bind_int(f->since_ms),
		                             bind_int(f->until_ms), bind_int((int64_t)limit)),
		                        limit, sizeof(**ret), read_row };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

static int verify(struct db *db, void *context, struct err *err)
{
	int64_t *ret_rows = context;
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct digest hash = { { 0 } };
	size_t before_len = 0;
	ROWS rows = NULL;
	int more = db_select(db, &LIST, BIND(bind_int(0), bind_int(INT64_MAX)), &rows, err);

	while (more >= 0 && (more = rows_next(rows, err)) > 0) {
		struct audit_entry e;
		struct str stored = row_blob(rows, "hash");

		arena_reset(&arena);
		read_row(rows, &arena, &e);
		hash = row_hash(str_range((const char *)hash.bytes, before_len), &e);
		before_len = sizeof(hash.bytes);
		if (!digest_equal(stored, str_range((const char *)hash.bytes, sizeof(hash.bytes))))
			return err_set(err, ERR_STORE,
			               "the audit trail does not fit at row %lld: it was changed from outside",
			               (long long)e.id);
		(*ret_rows)++;
	}
	return more;
}

int audit_verify(struct engine *engine, int64_t *ret_rows, struct err *err)
{
	*ret_rows = 0;
	return store_read(engine->store, verify, ret_rows, err);
}

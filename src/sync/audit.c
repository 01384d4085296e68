/*
 * audit: rows of `audit`. Each row's hash covers the row and the hash of the row before it, so that a row that was changed or taken away shows
 * (audit_verify). Rows are only ever added.
 */
#include "sync/audit.h"

#include <string.h>

#include "codec/digest.h"
#include "codec/utf8.h"
#include "lib/clock.h"
#include "lib/limits.h"
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
	SCOPED(buf) struct buf bytes = BUF_INIT(LIMIT_AUDIT_ROW);

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

/* What is hashed must be what is kept, also by a database that keeps nothing but texts. */
static void make_storable(struct arena *arena, struct audit_entry *e)
{
	struct str *const parts[] = { &e->who, &e->action, &e->subject, &e->before, &e->after, &e->why };

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		*parts[i] = utf8_make_storable(arena, *parts[i]);
}

int audit_add(struct db *db, const struct audit_entry *entry, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct audit_entry e = *entry;
	struct digest before, hash;
	size_t before_len;

	e.at_ms = e.at_ms ? e.at_ms : clock_wall_ms();
	make_storable(&arena, &e);
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

struct verifying {
	struct str expected; /* 32 bytes, or empty */
	struct audit_chain chain;
	int64_t before_id;
	struct str before; /* the hash that the row before holds */
	char before_bytes[sizeof(struct digest)];
};

/* Ids have no gaps of their own: a gap where the chain breaks is where rows were taken away. */
static const char *why_broken(const struct verifying *v, const struct audit_entry *e)
{
	if (e->id != v->before_id + 1)
		return "rows before it are gone";
	return "it or the row before it was changed";
}

/* A row that does not fit is counted, and the next one is held against the hash that it has: so that one change is one broken row. */
static void verify_row(struct verifying *v, const struct audit_entry *e, struct str stored)
{
	struct audit_chain *chain = &v->chain;
	struct digest hash = row_hash(v->before, e);
	bool fits = digest_equal(stored, str_range((const char *)hash.bytes, sizeof(hash.bytes)));

	if (!fits && chain->broken++ == 0) {
		chain->broken_id = e->id;
		chain->broken_why = why_broken(v, e);
	}
	if (v->expected.len && digest_equal(stored, v->expected))
		chain->expected_seen = true;
	chain->first_ms = chain->rows++ ? chain->first_ms : e->at_ms;
	chain->last_ms = e->at_ms;
	chain->head_id = v->before_id = e->id;
	v->before = str_range(v->before_bytes, MIN_OF(stored.len, sizeof(v->before_bytes)));
	memcpy(v->before_bytes, stored.len ? stored.at : "", v->before.len);
}

static int verify(struct db *db, void *context, struct err *err)
{
	struct verifying *v = context;
	SCOPED(arena) struct arena arena = ARENA_INIT;
	ROWS rows = NULL;
	int more = db_select(db, &LIST, BIND(bind_int(0), bind_int(INT64_MAX)), &rows, err);

	while (more >= 0 && (more = rows_next(rows, err)) > 0) {
		struct audit_entry e;

		arena_reset(&arena);
		read_row(rows, &arena, &e);
		verify_row(v, &e, row_blob(rows, "hash"));
	}
	memcpy(v->chain.head.bytes, v->before_bytes, sizeof(v->chain.head.bytes));
	return more;
}

static int read_expected(struct arena *arena, struct str text, struct str *ret, struct err *err)
{
	struct str rest = str_trim(text), part = STR_EMPTY;

	while (str_split(&rest, ':', &part))
		;
	if (text.len && (!digest_unhex(arena, part, ret) || ret->len != sizeof(struct digest)))
		return err_set(
		        err, ERR_USAGE,
		        "the expected head is what `suture audit --print-head` printed: ID:HASH, or the hash of 64 hex "
		        "digits alone");
	return 0;
}

int audit_verify(struct engine *engine, struct str expected, struct audit_chain *ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct verifying v = { 0 };

	if (read_expected(&arena, expected, &v.expected, err) < 0)
		return err_pass(err);
	v.chain.expected_seen = v.expected.len == 0;
	if (store_read(engine->store, verify, &v, err) < 0)
		return err_wrap(err, "audit trail");
	*ret = v.chain;
	return 0;
}

struct str audit_head_text(struct arena *arena, const struct audit_chain *chain)
{
	SCOPED(buf) struct buf hex = BUF_INIT(256);

	if (chain->head_id == 0)
		return STR_EMPTY;
	buf_printf(&hex, "%lld:", (long long)chain->head_id);
	digest_hex(&hex, str_range((const char *)chain->head.bytes, sizeof(chain->head.bytes)));
	return arena_str(arena, buf_str(&hex));
}

const char *audit_trouble(struct arena *arena, const struct audit_chain *chain)
{
	if (chain->broken)
		return arena_printf(arena,
		                    "row %lld does not fit: %s. The trail was changed from outside (rows that do not "
		                    "fit: %lld)",
		                    (long long)chain->broken_id, chain->broken_why, (long long)chain->broken)
		        .at;
	if (!chain->expected_seen)
		return "no row has the hash that was written down: the end of the trail was cut off, or all of it "
		       "written anew";
	return NULL;
}

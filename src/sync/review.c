#include "sync/review.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "sync/select.h"

#define COLUMNS                                                                                                    \
	"id, sync_id, link_id, staged_id, field, winner, waiting, policy_version, sides, at_ms, decided_by, why, " \
	"decided_ms, choice, purged_ms"

/* What a person saw when he decided stays as it was. waiting: 0 over, 1 a person is asked, 2 in question while the pair is merged anew. */
static const struct statement ADD = {
	"INSERT INTO conflict (sync_id, link_id, staged_id, field, winner, waiting, policy_version, sides, at_ms)"
	" VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)"
};
static const struct statement ADD_AGAIN = { "UPDATE conflict SET staged_id = $3, waiting = 1, policy_version = $4,"
	                                    " sides = CASE WHEN decided_by IS NULL THEN $5 ELSE sides END"
	                                    " WHERE link_id = $1 AND field = $2 AND waiting IN (1, 2)" };
static const struct statement RENEW = {
	"UPDATE conflict SET waiting = 2 WHERE link_id = $1 AND waiting = 1 AND decided_by IS NULL", .by = "link_id"
};
static const struct statement RENEWED = { "DELETE FROM conflict WHERE link_id = $1 AND waiting = 2", .by = "link_id" };
static const struct statement ASK_NO_MORE = { "DELETE FROM conflict WHERE link_id = $1 AND waiting <> 0" };
static const struct statement DECIDE = {
	"UPDATE conflict SET waiting = 1, decided_by = $2, decided_ms = $3, why = $4, choice = $5 WHERE id = $1"
};
static const struct statement CARRIED_OUT = { "UPDATE conflict SET waiting = 0, winner = $2 WHERE id = $1" };
static const struct statement TAKEN_BACK = {
	"UPDATE conflict SET decided_by = NULL, decided_ms = NULL, why = NULL, choice = NULL WHERE id = $1"
};
static const struct statement DECISIONS = {
	"SELECT " COLUMNS
	" FROM conflict WHERE link_id = $1 AND waiting = 1 AND decided_by IS NOT NULL ORDER BY id LIMIT $2"
};
static const struct statement LIST = {
	"SELECT " COLUMNS " FROM conflict WHERE id > $1 AND ($2 = 0 OR id = $2) AND ($3 = 0 OR sync_id = $3)"
	" AND ($4 = 0 OR waiting = 1) AND ($5 = 0 OR link_id = $5) ORDER BY id LIMIT $6"
};

const struct sealed_column conflict_sealed_sides = SEALED_COLUMN(conflict, sides, "conflict.sides"),
                           conflict_sealed_choice = SEALED_COLUMN(conflict, choice, "conflict.choice");
const struct purgeable conflict_purgeable = {
	.what = "conflicts",
	.page = { "SELECT id, LENGTH(sides) + COALESCE(LENGTH(choice), 0) AS bytes FROM conflict WHERE id > $1"
	          " AND waiting = 0 AND purged_ms IS NULL AND COALESCE(decided_ms, at_ms) < $2 ORDER BY id LIMIT $3" },
	/* No value is none: sides may not be NULL. */
	.purge = { "UPDATE conflict SET sides = '', choice = NULL, purged_ms = $2 WHERE id = $1 AND waiting = 0" },
};

enum { FIELDS_MAX = 1000 };

static const char *const choices[] = { [CHOICE_EMR] = "emr", [CHOICE_CRM] = "crm", [CHOICE_VALUE] = "value" };

const char *choice_name(enum choice_by by)
{
	return choices[by];
}

/* ---- what is sealed ---- */

static void add_member(struct buf *out, const char *name, struct str text)
{
	buf_printf(out, "%s\"%s\":", out->len > 1 ? "," : "", name);
	json_write_string(out, text);
}

struct str conflict_seal(struct engine *engine, struct arena *arena, struct str base, struct str emr, struct str crm)
{
	SCOPED(buf) struct buf out = BUF_INIT(LIMIT_PAYLOAD);

	buf_add_char(&out, '{');
	add_member(&out, "base", base);
	add_member(&out, "emr", emr);
	add_member(&out, "crm", crm);
	buf_add_char(&out, '}');
	ensure(buf_ok(&out));
	return box_seal(engine->keys, arena, "conflict.sides", buf_str(&out));
}

static int open_box(struct engine *engine, struct arena *arena, const char *box, struct str sealed, struct json **ret,
                    struct err *err)
{
	struct str text;

	if (box_open(engine->keys, arena, box, sealed, &text, err) < 0)
		return err_pass(err);
	return json_parse(arena, text, ret, err);
}

int conflict_open(struct engine *engine, struct arena *arena, const struct conflict *c, struct conflict_sides *ret,
                  struct err *err)
{
	struct json *sides;

	if (c->purged_ms)
		return err_set(err, ERR_NOT_FOUND, "the values of conflict %lld were purged, as it is old",
		               (long long)c->id);
	if (open_box(engine, arena, "conflict.sides", c->sides, &sides, err) < 0)
		return err_wrap(err, "conflict %lld", (long long)c->id);
	*ret = (struct conflict_sides) { .base = json_get_text(sides, "base"),
		                         .emr = json_get_text(sides, "emr"),
		                         .crm = json_get_text(sides, "crm") };
	return 0;
}

/* ---- while a pair is merged ---- */

static const struct statement ANY_WAITS = { "SELECT 1 AS n FROM conflict WHERE waiting = 1 LIMIT 1" };

int conflict_any_waits(struct db *db, bool *ret, struct err *err)
{
	int64_t any;

	if (db_number(db, &ANY_WAITS, BIND_NOTHING, 0, &any, err) < 0)
		return err_pass(err);
	*ret = any > 0;
	return 0;
}

int conflict_renew(struct db *db, int64_t link_id, struct err *err)
{
	return db_run(db, &RENEW, BIND(bind_int(link_id)), err);
}

int conflict_renewed(struct db *db, int64_t link_id, struct err *err)
{
	return db_run(db, &RENEWED, BIND(bind_int(link_id)), err);
}

int conflict_ask_no_more(struct db *db, int64_t link_id, struct err *err)
{
	return db_run(db, &ASK_NO_MORE, BIND(bind_int(link_id)), err);
}

/* The same question keeps its number. */
static int add_again(struct db *db, const struct conflict *c, bool *ret_done, struct err *err)
{
	*ret_done = false;
	if (!c->waiting)
		return 0;
	if (db_run(db, &ADD_AGAIN,
	           BIND(bind_int(c->link_id), bind_text(c->field), bind_id(c->staged_id), bind_int(c->policy_version),
	                bind_blob(c->sides)),
	           err) < 0)
		return err_pass(err);
	*ret_done = db_changed(db) > 0;
	return 0;
}

int conflict_add(struct db *db, const struct conflict *c, struct err *err)
{
	bool done;

	if (add_again(db, c, &done, err) < 0)
		return err_pass(err);
	if (done)
		return 0;
	return db_run(db, &ADD,
	              BIND(bind_int(c->sync_id), bind_int(c->link_id), bind_id(c->staged_id), bind_text(c->field),
	                   bind_text(c->winner), bind_int(c->waiting), bind_int(c->policy_version), bind_blob(c->sides),
	                   bind_int(clock_wall_ms())),
	              err);
}

/* ---- decisions ---- */

int conflict_decide(struct engine *engine, struct db *db, struct arena *arena, const struct conflict *c,
                    const struct choice *choice, const char *why, struct err *err)
{
	SCOPED(buf) struct buf out = BUF_INIT(LIMIT_PAYLOAD);
	struct str sealed;

	buf_add_char(&out, '{');
	add_member(&out, "by", str_of(choices[choice->by]));
	if (choice->has_value)
		add_member(&out, "value", choice->value);
	buf_add_char(&out, '}');
	ensure(buf_ok(&out));
	sealed = box_seal(engine->keys, arena, "conflict.choice", buf_str(&out));
	return db_run(db, &DECIDE,
	              BIND(bind_int(c->id), bind_text(str_of(engine->who)), bind_int(clock_wall_ms()),
	                   bind_text_or_null(str_of(why)), bind_blob(sealed)),
	              err);
}

static enum choice_by choice_of(const struct json *choice)
{
	struct str name = json_get_text(choice, "by");
	enum choice_by by = CHOICE_EMR;

	while (by < CHOICE_VALUE && !str_eq_c(name, choices[by]))
		by++;
	return by;
}

int conflict_choice(struct engine *engine, struct arena *arena, const struct conflict *c, struct choice *ret,
                    struct err *err)
{
	struct json *choice;

	if (open_box(engine, arena, "conflict.choice", c->choice, &choice, err) < 0)
		return err_wrap(err, "conflict %lld", (long long)c->id);
	*ret = (struct choice) { .by = choice_of(choice),
		                 .has_value = json_get(choice, "value") != NULL,
		                 .value = json_get_text(choice, "value") };
	ret->side = ret->by == CHOICE_CRM ? SIDE_CRM : SIDE_EMR;
	return conflict_open(engine, arena, c, &ret->sides, err);
}

int conflict_decided(struct db *db, const struct conflict *c, struct err *err)
{
	if (c->waiting)
		return db_run(db, &TAKEN_BACK, BIND(bind_int(c->id)), err);
	return db_run(db, &CARRIED_OUT, BIND(bind_int(c->id), bind_text(c->winner)), err);
}

/* ---- reading ---- */

static const struct statement WAITING = {
	"SELECT field FROM conflict WHERE link_id = $1 AND waiting = 1 ORDER BY id LIMIT $2"
};

static const struct statement HOW_MANY = {
	"SELECT COUNT(*) AS n FROM (SELECT 1 FROM conflict WHERE waiting = 1 LIMIT $1) AS few"
};

struct waiting {
	size_t most;
	int64_t count;
};

static void read_field(struct rows *rows, struct arena *arena, void *place)
{
	*(struct str *)place = arena_str(arena, row_text(rows, "field"));
}

int conflict_waiting(struct db *db, struct arena *arena, int64_t link_id, size_t limit, struct str **ret,
                     size_t *ret_count, struct err *err)
{
	const struct selection what = { &WAITING, BIND(bind_int(link_id), bind_int((int64_t)limit)), limit,
		                        sizeof(struct str), read_field };
	struct selected found;

	if (select_in(db, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

static void read_row(struct rows *rows, struct arena *arena, void *place)
{
	struct conflict *ret = place;

	*ret = (struct conflict) {
		.id = row_int(rows, "id"),
		.sync_id = row_int(rows, "sync_id"),
		.link_id = row_int(rows, "link_id"),
		.staged_id = row_int(rows, "staged_id"),
		.field = arena_str(arena, row_text(rows, "field")),
		.winner = arena_str(arena, row_text(rows, "winner")),
		.waiting = row_int(rows, "waiting") != 0,
		.policy_version = row_int(rows, "policy_version"),
		.sides = arena_str(arena, row_blob(rows, "sides")),
		.at_ms = row_int(rows, "at_ms"),
		.decided_by = arena_str(arena, row_text(rows, "decided_by")),
		.why = arena_str(arena, row_text(rows, "why")),
		.decided_ms = row_int(rows, "decided_ms"),
		.choice = arena_str(arena, row_blob(rows, "choice")),
		.purged_ms = row_int(rows, "purged_ms"),
	};
}

int conflict_decisions(struct db *db, struct arena *arena, int64_t link_id, struct conflict **ret, size_t *ret_count,
                       struct err *err)
{
	const struct selection what = { &DECISIONS, BIND(bind_int(link_id), bind_int(FIELDS_MAX)), FIELDS_MAX,
		                        sizeof(**ret), read_row };
	struct selected found;

	if (select_in(db, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

int conflict_find(struct engine *engine, struct arena *arena, const struct conflict_filter *f, struct conflict **ret,
                  size_t *ret_count, struct err *err)
{
	size_t most = f->limit ? f->limit : 100;
	const struct selection what = { &LIST,
		                        BIND(bind_int(f->after_id), bind_int(f->id), bind_int(f->sync_id),
		                             bind_int(f->waiting), bind_int(f->link_id), bind_int((int64_t)most)),
		                        most, sizeof(**ret), read_row };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

static int count_waiting(struct db *db, void *context, struct err *err)
{
	struct waiting *w = context;

	return db_number(db, &HOW_MANY, BIND(bind_int((int64_t)w->most)), 0, &w->count, err);
}

int conflict_count(struct engine *engine, size_t most, int64_t *ret, struct err *err)
{
	struct waiting w = { .most = most };

	if (store_read(engine->store, count_waiting, &w, err) < 0)
		return err_pass(err);
	*ret = w.count;
	return 0;
}

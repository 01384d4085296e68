#include "sync/review.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "sync/select.h"

static const struct statement ADD = {
	"INSERT INTO conflict (sync_id, link_id, staged_id, field, winner, waiting, policy_version, sides, at_ms)"
	" VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)"
};
static const struct statement ASK_NO_MORE = { "DELETE FROM conflict WHERE link_id = $1 AND waiting = 1" };
static const struct statement LIST = {
	"SELECT id, sync_id, link_id, staged_id, field, winner, waiting, policy_version, sides, at_ms FROM conflict"
	" WHERE id > $1 ORDER BY id LIMIT $2"
};

struct str conflict_seal(struct engine *engine, struct arena *arena, struct str base, struct str emr, struct str crm)
{
	SCOPED(buf) struct buf out = BUF_INIT(LIMIT_PAYLOAD);

	buf_add_c(&out, "{\"base\":");
	json_write_string(&out, base);
	buf_add_c(&out, ",\"emr\":");
	json_write_string(&out, emr);
	buf_add_c(&out, ",\"crm\":");
	json_write_string(&out, crm);
	buf_add_char(&out, '}');
	ensure(buf_ok(&out));
	return box_seal(engine->keys, arena, "conflict.sides", buf_str(&out));
}

int conflict_ask_no_more(struct db *db, int64_t link_id, struct err *err)
{
	return db_run(db, &ASK_NO_MORE, BIND(bind_int(link_id)), err);
}

int conflict_add(struct db *db, const struct conflict *c, struct err *err)
{
	return db_run(db, &ADD,
	              BIND(bind_int(c->sync_id), bind_int(c->link_id), bind_id(c->staged_id), bind_text(c->field),
	                   bind_text(c->winner), bind_int(c->waiting), bind_int(c->policy_version), bind_blob(c->sides),
	                   bind_int(clock_wall_ms())),
	              err);
}

static const struct statement WAITING = {
	"SELECT field FROM conflict WHERE link_id = $1 AND waiting = 1 ORDER BY id LIMIT $2"
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
	};
}

int conflict_list(struct engine *engine, struct arena *arena, int64_t after_id, size_t limit, struct conflict **ret,
                  size_t *ret_count, struct err *err)
{
	size_t most = limit ? limit : 100;
	const struct selection what = { &LIST, BIND(bind_int(after_id), bind_int((int64_t)most)), most, sizeof(**ret),
		                        read_row };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

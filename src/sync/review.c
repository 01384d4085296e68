#include "sync/review.h"

#include "lib/clock.h"
#include "lib/limits.h"

static const struct statement ADD = {
	"INSERT INTO conflict (sync_id, link_id, staged_id, field, winner, waiting, policy_version, sides, at_ms)"
	" VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)"
};
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

int conflict_add(struct db *db, const struct conflict *c, struct err *err)
{
	return db_run(db, &ADD,
	              BIND(bind_int(c->sync_id), bind_int(c->link_id), bind_id(c->staged_id), bind_text(c->field),
	                   bind_text(c->winner), bind_int(c->waiting), bind_int(c->policy_version), bind_blob(c->sides),
	                   bind_int(clock_wall_ms())),
	              err);
}

struct list_job {
	struct arena *arena;
	int64_t after_id;
	size_t limit;
	struct conflict **ret;
	size_t *ret_count;
};

static int list(struct db *db, void *context, struct err *err)
{
	struct list_job *job = context;
	struct conflict *all = arena_new_array(job->arena, struct conflict, job->limit);
	size_t count = 0;
	ROWS rows = NULL;
	int more = db_select(db, &LIST, BIND(bind_int(job->after_id), bind_int((int64_t)job->limit)), &rows, err);

	if (more < 0)
		return more;
	while (count < job->limit && (more = rows_next(rows, err)) > 0) {
		all[count++] = (struct conflict) {
			.id = row_int(rows, "id"),
			.sync_id = row_int(rows, "sync_id"),
			.link_id = row_int(rows, "link_id"),
			.staged_id = row_int(rows, "staged_id"),
			.field = arena_str(job->arena, row_text(rows, "field")),
			.winner = arena_str(job->arena, row_text(rows, "winner")),
			.waiting = row_int(rows, "waiting") != 0,
			.policy_version = row_int(rows, "policy_version"),
			.sides = arena_str(job->arena, row_blob(rows, "sides")),
			.at_ms = row_int(rows, "at_ms"),
		};
	}
	if (more < 0)
		return more;
	*job->ret = all;
	*job->ret_count = count;
	return 0;
}

int conflict_list(struct engine *engine, struct arena *arena, int64_t after_id, size_t limit, struct conflict **ret,
                  size_t *ret_count, struct err *err)
{
	struct list_job job = { arena, after_id, limit ? limit : 100, ret, ret_count };

	return store_read(engine->store, list, &job, err);
}

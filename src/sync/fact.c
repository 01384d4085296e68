#include "sync/fact.h"

#include "lib/clock.h"
#include "sync/select.h"

static const struct statement SET = {
	"INSERT INTO fact (name, value, at_ms) VALUES ($1,$2,$3)"
	" ON CONFLICT (name) DO UPDATE SET value = excluded.value, at_ms = excluded.at_ms"
};
static const struct statement GET = { "SELECT value, at_ms FROM fact WHERE name = $1" };
static const struct statement FORGET = { "DELETE FROM fact WHERE name = $1" };

static void read_row(struct rows *rows, struct arena *arena, void *place)
{
	*(struct fact *)place = (struct fact) { arena_str(arena, row_text(rows, "value")), row_int(rows, "at_ms") };
}

int fact_set(struct db *db, struct str name, struct str value, struct err *err)
{
	return db_run(db, &SET, BIND(bind_text(name), bind_text(value), bind_int(clock_wall_ms())), err);
}

int fact_get(struct db *db, struct arena *arena, struct str name, struct fact *ret, struct err *err)
{
	const struct selection what = { &GET, BIND(bind_text(name)), 1, sizeof(*ret), read_row };
	bool found;

	*ret = (struct fact) { 0 };
	return select_one(db, arena, &what, ret, &found, err);
}

int fact_forget(struct db *db, struct str name, struct err *err)
{
	return db_run(db, &FORGET, BIND(bind_text(name)), err);
}

struct read_job {
	struct arena *arena;
	struct str name;
	struct fact fact;
};

static int read_one(struct db *db, void *context, struct err *err)
{
	struct read_job *job = context;

	return fact_get(db, job->arena, job->name, &job->fact, err);
}

int fact_read(struct engine *engine, struct arena *arena, struct str name, struct fact *ret, struct err *err)
{
	struct read_job job = { .arena = arena, .name = name };

	if (store_read(engine->store, read_one, &job, err) < 0)
		return err_pass(err);
	*ret = job.fact;
	return 0;
}

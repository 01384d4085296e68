#include "sync/schedule.h"

#include "codec/recurrence.h"
#include "sync/select.h"

#define COLUMNS "id, sync_id, what, rule, zone, argument, who, state, next_ms, last_ms"

static const struct statement ADD = { "INSERT INTO schedule (sync_id, what, rule, zone, argument, who, state, next_ms) "
	                              "VALUES ($1,$2,$3,$4,$5,$6,$7,$8)" };
static const struct statement HOW_MANY = { "SELECT COUNT(*) AS n FROM schedule WHERE sync_id = $1 AND what = $2" };
static const struct statement LIST = { "SELECT " COLUMNS
	                               " FROM schedule WHERE ($1 = 0 OR sync_id = $1) AND state <> 3 ORDER BY id" };
static const struct statement GET = { "SELECT " COLUMNS " FROM schedule WHERE id = $1 AND state <> 3" };
static const struct statement SET_STATE = {
	"UPDATE schedule SET state = $2, next_ms = $3 WHERE id = $1 AND state <> 3"
};
static const struct statement CHANGE = {
	"UPDATE schedule SET rule = $2, zone = $3, next_ms = $4, state = $5 WHERE id = $1 AND state <> 3"
};
static const struct statement DUE = {
	"SELECT " COLUMNS " FROM schedule WHERE state = 0 AND next_ms <= $1 ORDER BY next_ms, id LIMIT 100"
};
static const struct statement AHEAD = { "SELECT " COLUMNS
	                                " FROM schedule WHERE state = 0 AND sync_id = $1 AND next_ms > $2 LIMIT 1000" };
static const struct statement RAN = {
	"UPDATE schedule SET last_ms = $3, next_ms = $4, state = $5 WHERE id = $1 AND next_ms = $2 AND state = 0"
};

#define NAME_ROW(id, number, name, text) [number] = name,
static const char *const what_names[] = { SCHEDULE_WHAT_LIST(NAME_ROW) };
#undef NAME_ROW

const char *schedule_what_name(enum schedule_what what)
{
	return what_names[what];
}

bool schedule_what_of_name(struct str name, enum schedule_what *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(what_names); i++) {
		if (str_eq_c(name, what_names[i])) {
			*ret = (enum schedule_what)i;
			return true;
		}
	}
	return false;
}

const char *schedule_state_name(enum schedule_state state)
{
	static const char *const names[] = { "active", "paused", "done", "removed" };

	return names[state];
}

/* The rule in its stored form, and its next moment; *ret_ms 0: none. */
static int next_of(struct arena *arena, struct str rule, struct str zone, int64_t after_ms, struct str *ret_text,
                   int64_t *ret_ms, struct err *err)
{
	const struct recurrence *r;

	if (recurrence_parse(arena, rule, zone, &r, err) < 0)
		return err_pass(err);
	*ret_text = recurrence_text(r);
	if (!recurrence_next(r, after_ms, ret_ms))
		*ret_ms = 0;
	return 0;
}

static int first_of(struct arena *arena, struct schedule *s, int64_t now_ms, struct err *err)
{
	if (next_of(arena, s->rule, s->zone, now_ms, &s->rule, &s->next_ms, err) < 0)
		return err_pass(err);
	if (s->next_ms == 0)
		return err_set(err, ERR_CONFIG, "'%.*s' lies in the past", STR_ARG(s->rule));
	return 0;
}

int schedule_add(struct db *db, struct arena *arena, struct schedule *s, int64_t now_ms, struct err *err)
{
	if (first_of(arena, s, now_ms, err) < 0)
		return err_pass(err);
	s->state = SCHEDULE_ACTIVE;
	s->last_ms = 0;
	if (db_run(db, &ADD,
	           BIND(bind_int(s->sync_id), bind_int(s->what), bind_text(s->rule), bind_text(s->zone),
	                bind_text_or_null(s->argument), bind_text(s->who), bind_int(s->state), bind_int(s->next_ms)),
	           err) < 0)
		return err_wrap(err, "add a schedule");
	s->id = db_last_id(db);
	return 0;
}

int schedule_add_default(struct db *db, struct arena *arena, int64_t sync_id, int64_t now_ms, struct err *err)
{
	struct schedule delta = {
		.sync_id = sync_id, .what = SCHEDULE_DELTA, .rule = STR(SCHEDULE_DELTA_RULE), .who = STR("default")
	};
	int64_t count;

	if (db_number(db, &HOW_MANY, BIND(bind_int(sync_id), bind_int(SCHEDULE_DELTA)), 0, &count, err) < 0)
		return err_pass(err);
	return count > 0 ? 0 : schedule_add(db, arena, &delta, now_ms, err);
}

static void read_row(struct rows *rows, struct arena *arena, void *place)
{
	struct schedule *ret = place;

	*ret = (struct schedule) {
		.id = row_int(rows, "id"),
		.sync_id = row_int(rows, "sync_id"),
		.what = (enum schedule_what)row_int(rows, "what"),
		.rule = arena_str(arena, row_text(rows, "rule")),
		.zone = arena_str(arena, row_text(rows, "zone")),
		.argument = arena_str(arena, row_text(rows, "argument")),
		.who = arena_str(arena, row_text(rows, "who")),
		.state = (enum schedule_state)row_int(rows, "state"),
		.next_ms = row_int(rows, "next_ms"),
		.last_ms = row_int(rows, "last_ms"),
	};
}

static int read_all(struct engine *engine, struct arena *arena, const struct statement *statement, int64_t value,
                    struct schedule **ret, size_t *ret_count, struct err *err)
{
	const struct selection what = { statement, BIND(bind_int(value)), 1000, sizeof(**ret), read_row };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

int schedule_list(struct engine *engine, struct arena *arena, int64_t sync_id, struct schedule **ret, size_t *ret_count,
                  struct err *err)
{
	return read_all(engine, arena, &LIST, sync_id, ret, ret_count, err);
}

int schedule_due(struct engine *engine, struct arena *arena, int64_t now_ms, struct schedule **ret, size_t *ret_count,
                 struct err *err)
{
	return read_all(engine, arena, &DUE, now_ms, ret, ret_count, err);
}

int schedule_get(struct db *db, struct arena *arena, int64_t id, struct schedule *ret, struct err *err)
{
	const struct selection what = { &GET, BIND(bind_int(id)), 1, sizeof(*ret), read_row };
	bool found;

	if (select_one(db, arena, &what, ret, &found, err) < 0)
		return err_pass(err);
	return found ? 0 : err_set(err, ERR_NOT_FOUND, "there is no schedule %lld", (long long)id);
}

static int set_state(struct db *db, int64_t id, enum schedule_state state, int64_t next_ms, struct err *err)
{
	if (db_run(db, &SET_STATE, BIND(bind_int(id), bind_int(state), bind_id(next_ms)), err) < 0)
		return err_pass(err);
	if (db_changed(db) == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no schedule %lld", (long long)id);
	return 0;
}

int schedule_remove(struct db *db, int64_t id, struct err *err)
{
	return set_state(db, id, SCHEDULE_REMOVED, 0, err);
}

int schedule_pause(struct db *db, struct arena *arena, int64_t id, bool pause, int64_t now_ms, struct err *err)
{
	struct schedule s;

	if (schedule_get(db, arena, id, &s, err) < 0)
		return err_pass(err);
	if (s.state == SCHEDULE_DONE)
		return err_set(err, ERR_NOT_FOUND, "schedule %lld has run for the last time", (long long)id);
	if (pause)
		return set_state(db, id, SCHEDULE_PAUSED, s.next_ms, err);
	if (next_of(arena, s.rule, s.zone, now_ms, &s.rule, &s.next_ms, err) < 0)
		return err_pass(err);
	return set_state(db, id, s.next_ms ? SCHEDULE_ACTIVE : SCHEDULE_DONE, s.next_ms, err);
}

int schedule_change(struct db *db, struct arena *arena, int64_t id, struct str rule, struct str zone, int64_t now_ms,
                    struct err *err)
{
	struct schedule s;

	if (schedule_get(db, arena, id, &s, err) < 0)
		return err_pass(err);
	s.rule = rule;
	s.zone = zone;
	if (first_of(arena, &s, now_ms, err) < 0)
		return err_pass(err);
	s.state = s.state == SCHEDULE_PAUSED ? SCHEDULE_PAUSED : SCHEDULE_ACTIVE;
	return db_run(db, &CHANGE,
	              BIND(bind_int(id), bind_text(s.rule), bind_text(s.zone), bind_int(s.next_ms), bind_int(s.state)),
	              err);
}

int schedule_recount(struct db *db, struct arena *arena, int64_t sync_id, int64_t now_ms, struct err *err)
{
	const struct selection what = { &AHEAD, BIND(bind_int(sync_id), bind_int(now_ms)), 1000,
		                        sizeof(struct schedule), read_row };
	struct selected found;
	const struct schedule *all;
	int64_t next_ms;
	struct str rule;

	if (select_in(db, arena, &what, &found, err) < 0)
		return err_pass(err);
	all = found.at;
	for (size_t i = 0; i < found.count; i++) {
		if (next_of(arena, all[i].rule, all[i].zone, now_ms, &rule, &next_ms, err) < 0)
			return err_wrap(err, "schedule %lld", (long long)all[i].id);
		if (next_ms > 0 && next_ms < all[i].next_ms &&
		    set_state(db, all[i].id, SCHEDULE_ACTIVE, next_ms, err) < 0)
			return err_pass(err);
	}
	return 0;
}

int schedule_ran(struct db *db, const struct schedule *due, int64_t now_ms, bool *ret_mine, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str rule;
	int64_t next_ms;

	if (next_of(&arena, due->rule, due->zone, now_ms, &rule, &next_ms, err) < 0)
		return err_wrap(err, "schedule %lld", (long long)due->id);
	if (db_run(db, &RAN,
	           BIND(bind_int(due->id), bind_int(due->next_ms), bind_int(now_ms), bind_id(next_ms),
	                bind_int(next_ms ? SCHEDULE_ACTIVE : SCHEDULE_DONE)),
	           err) < 0)
		return err_wrap(err, "take schedule %lld", (long long)due->id);
	*ret_mine = db_changed(db) > 0;
	return 0;
}

#include "sync/run_table.h"

#include "lib/clock.h"
#include "sync/select.h"

#define COLUMNS                                                                                                    \
	"r.id, r.sync_id, r.batch_id, r.kind, r.who, r.state, r.phase, r.cursor, r.total, r.read_count, r.error, " \
	"r.started_ms, r.ended_ms, r.input_id, r.ignored, d.name AS sync_name"
#define FROM_RUN " FROM run r LEFT JOIN definition d ON d.id = r.sync_id "

static const struct statement COUNT_UP = { "UPDATE run_number SET last = last + 1" };
static const struct statement NEXT = { "SELECT last AS n FROM run_number" };
static const struct statement INSERT = {
	"INSERT INTO run (id, sync_id, batch_id, kind, who, state, phase, total, read_count, started_ms, "
	"input_id, ignored) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)"
};
static const struct statement ADVANCE = { "UPDATE run SET cursor = $2, read_count = read_count + $3, total = CASE WHEN "
	                                  "$4 < 0 THEN total ELSE $4 END WHERE id = $1 AND COALESCE(cursor, '') = $5" };
static const struct statement SET_PHASE = { "UPDATE run SET phase = $2 WHERE id = $1" };
static const struct statement SET_STATE = { "UPDATE run SET state = $2, error = $3, ended_ms = $4 WHERE id = $1" };
static const struct statement UNFINISHED = {
	"SELECT " COLUMNS FROM_RUN "WHERE r.sync_id = $1 AND r.kind = $2 AND r.state <> 1 ORDER BY r.id DESC LIMIT 1"
};
static const struct statement ASKED = { "SELECT " COLUMNS FROM_RUN
	                                "WHERE r.sync_id = $1 AND r.state = 4 ORDER BY r.id LIMIT 1" };
static const struct statement STOPPING = { "SELECT COUNT(*) AS n FROM run WHERE sync_id = $1 AND state = 5" };
static const struct statement ASK_STOP = { "UPDATE run SET state = CASE WHEN state = 4 THEN 2 ELSE 5 END"
	                                   " WHERE id = $1 AND state IN (0, 4)" };
static const struct statement CUT_SHORT = {
	"UPDATE run SET state = 2, error = COALESCE(error, 'cut short'), ended_ms "
	"= $3"
	" WHERE sync_id = $1 AND id <> $2 AND (state = 5 OR (state = 0 AND kind = 'delta'))"
};
static const struct statement FORGET_IMPORTS = {
	"UPDATE run SET state = 2, error = 'the database was restored', ended_ms = $2"
	" WHERE sync_id = $1 AND kind = 'import' AND state IN (0, 4, 5)"
};
static const struct statement SKIP_NUMBERS = { "UPDATE run_number SET last = last + 10000" };
static const struct statement DROP = { "DELETE FROM run WHERE id = $1 AND read_count = 0" };
static const struct statement COUNT_READ = { "UPDATE run SET read_count = read_count + $2 WHERE id = $1" };
static const struct statement KEEP_INPUT = { "INSERT INTO run_input (name, body, who, at_ms) VALUES ($1,$2,$3,$4)" };
const struct sealed_column run_input_sealed = SEALED_COLUMN(run_input, body, "run.input");
/* Files that no schedule takes and no run may yet go on with. */
const struct purgeable run_input_purgeable = {
	.what = "files",
	.page = { "SELECT id, LENGTH(body) AS bytes FROM run_input WHERE id > $1 AND at_ms < $2"
	          " AND NOT EXISTS (SELECT 1 FROM run r WHERE r.input_id = run_input.id AND r.state <> 1)"
	          " AND NOT EXISTS (SELECT 1 FROM schedule s WHERE s.argument = CAST(run_input.id AS TEXT)) ORDER BY "
	          "id LIMIT $3" },
	.wipe = { "UPDATE run_input SET body = zeroblob(LENGTH(body)) WHERE id = $1",
	          .postgres = "SELECT 1 WHERE $1::bigint = 0" },
	.purge = { "DELETE FROM run_input WHERE id = $1" },
	.whole = true,
};
static const struct statement READ_INPUT = { "SELECT body FROM run_input WHERE id = $1" };
static const struct statement READ = { "SELECT " COLUMNS FROM_RUN "WHERE r.id = $1" };
static const struct statement BY_BATCH = { "SELECT " COLUMNS FROM_RUN "WHERE r.batch_id = $1" };
static const struct statement SEARCH = {
	"SELECT " COLUMNS FROM_RUN "WHERE ($1 = 0 OR r.sync_id = $1) AND ($2 = '' OR r.kind = $2) AND ($3 = '' OR "
	"r.who = $3) AND r.started_ms >= $4 AND ($5 = 0 OR r.started_ms < $5) AND ($6 = 0 OR (1 << CAST(r.state AS "
	"INTEGER)) & $6 <> 0) "
	"AND ($7 = 0 OR r.id < $7) ORDER BY r.id DESC LIMIT $8"
};
static const struct statement OTHERS_AT_WORK = {
	"SELECT COUNT(*) AS n FROM run WHERE sync_id = $1 AND kind = $2 AND id <> $3 AND state IN (0, 4, 5)"
};
static const struct statement LATEST = { "SELECT " COLUMNS FROM_RUN "ORDER BY r.id DESC LIMIT $1" };

const char *run_state_name(enum run_state state)
{
	static const char *const names[] = { "active", "done", "aborted", "failed", "asked", "stopping" };

	return names[state];
}

int run_insert(struct db *db, struct arena *arena, struct run *run, struct err *err)
{
	struct str day;

	if (db_run(db, &COUNT_UP, BIND_NOTHING, err) < 0 || db_number(db, &NEXT, BIND_NOTHING, 1, &run->id, err) < 0)
		return err_wrap(err, "start a run");
	run->started_ms = clock_wall_ms();
	day = clock_rfc3339(arena, run->started_ms);
	run->batch_id = arena_printf(arena, "B%.4s%.2s%.2s-%06lld", day.at, day.at + 5, day.at + 8, (long long)run->id);
	return db_run(db, &INSERT,
	              BIND(bind_int(run->id), bind_int(run->sync_id), bind_text(run->batch_id), bind_text(run->kind),
	                   bind_text(run->who), bind_int(run->state), bind_int(run->phase), bind_int(run->total),
	                   bind_int(run->read), bind_int(run->started_ms), bind_id(run->input_id),
	                   bind_int(run->ignored)),
	              err);
}

int run_advance(struct db *db, int64_t id, struct str from, struct str cursor, int64_t read, int64_t total,
                struct err *err)
{
	int code = db_run(
	        db, &ADVANCE,
	        BIND(bind_int(id), bind_text_or_null(cursor), bind_int(read), bind_int(total), bind_text(from)), err);

	if (code == 0 && db_changed(db) == 0)
		return err_set(err, ERR_CONFLICT, "the page before this one was not staged");
	return code;
}

int run_set_phase(struct db *db, int64_t id, enum run_phase phase, struct err *err)
{
	return db_run(db, &SET_PHASE, BIND(bind_int(id), bind_int(phase)), err);
}

int run_set_state(struct db *db, int64_t id, enum run_state state, const char *error, struct err *err)
{
	return db_run(db, &SET_STATE,
	              BIND(bind_int(id), bind_int(state), bind_text_or_null(str_of(error)),
	                   state == RUN_ACTIVE ? bind_null() : bind_int(clock_wall_ms())),
	              err);
}

static void read_row(struct rows *rows, struct arena *arena, void *place)
{
	struct run *ret = place;
	*ret = (struct run) {
		.id = row_int(rows, "id"),
		.sync_id = row_int(rows, "sync_id"),
		.batch_id = arena_str(arena, row_text(rows, "batch_id")),
		.kind = arena_str(arena, row_text(rows, "kind")),
		.sync_name = arena_str(arena, row_text(rows, "sync_name")),
		.who = arena_str(arena, row_text(rows, "who")),
		.error = arena_str(arena, row_text(rows, "error")),
		.state = (enum run_state)row_int(rows, "state"),
		.phase = (enum run_phase)row_int(rows, "phase"),
		.cursor = arena_str(arena, row_text(rows, "cursor")),
		.total = row_int(rows, "total"),
		.read = row_int(rows, "read_count"),
		.input_id = row_int(rows, "input_id"),
		.ignored = row_int(rows, "ignored"),
		.started_ms = row_int(rows, "started_ms"),
		.ended_ms = row_int(rows, "ended_ms"),
	};
}

static int read_one(struct db *db, struct arena *arena, const struct statement *statement, struct bind by,
                    struct run *ret, bool *ret_found, struct err *err)
{
	const struct selection what = { statement, BIND(by), 1, sizeof(*ret), read_row };

	return select_one(db, arena, &what, ret, ret_found, err);
}

int run_unfinished(struct db *db, struct arena *arena, int64_t sync_id, struct str kind, struct run *ret,
                   bool *ret_found, struct err *err)
{
	const struct selection what = { &UNFINISHED, BIND(bind_int(sync_id), bind_text(kind)), 1, sizeof(*ret),
		                        read_row };

	return select_one(db, arena, &what, ret, ret_found, err);
}

int run_asked(struct db *db, struct arena *arena, int64_t sync_id, struct run *ret, bool *ret_found, struct err *err)
{
	return read_one(db, arena, &ASKED, bind_int(sync_id), ret, ret_found, err);
}

int run_stop_asked(struct db *db, int64_t sync_id, bool *ret, struct err *err)
{
	int64_t count;

	if (db_number(db, &STOPPING, BIND(bind_int(sync_id)), 0, &count, err) < 0)
		return err_pass(err);
	*ret = count > 0;
	return 0;
}

int run_cut_short(struct db *db, int64_t sync_id, int64_t id, struct err *err)
{
	return db_run(db, &CUT_SHORT, BIND(bind_int(sync_id), bind_int(id), bind_int(clock_wall_ms())), err);
}

int run_forget_imports(struct db *db, int64_t sync_id, struct err *err)
{
	return db_run(db, &FORGET_IMPORTS, BIND(bind_int(sync_id), bind_int(clock_wall_ms())), err);
}

int run_skip_numbers(struct db *db, struct err *err)
{
	return db_run(db, &SKIP_NUMBERS, BIND_NOTHING, err);
}

static int ask_stop(struct db *db, void *context, struct err *err)
{
	const int64_t *id = context;

	return db_run(db, &ASK_STOP, BIND(bind_int(*id)), err);
}

int run_ask_stop(struct engine *engine, int64_t run_id, struct err *err)
{
	return store_write(engine->store, DURABLE, ask_stop, &run_id, err);
}

int run_drop(struct db *db, int64_t id, struct err *err)
{
	return db_run(db, &DROP, BIND(bind_int(id)), err);
}

int run_count_read(struct db *db, int64_t id, int64_t read, struct err *err)
{
	return db_run(db, &COUNT_READ, BIND(bind_int(id), bind_int(read)), err);
}

int run_input_keep(struct db *db, struct str name, struct str sealed, struct str who, int64_t *ret_id, struct err *err)
{
	if (db_run(db, &KEEP_INPUT, BIND(bind_text(name), bind_blob(sealed), bind_text(who), bind_int(clock_wall_ms())),
	           err) < 0)
		return err_wrap(err, "keep the file");
	*ret_id = db_last_id(db);
	return 0;
}

static void read_body(struct rows *rows, struct arena *arena, void *place)
{
	*(struct str *)place = arena_str(arena, row_blob(rows, "body"));
}

int run_input_read(struct db *db, struct arena *arena, int64_t id, struct str *ret_sealed, struct err *err)
{
	const struct selection what = { &READ_INPUT, BIND(bind_int(id)), 1, sizeof(*ret_sealed), read_body };
	bool found;

	if (select_one(db, arena, &what, ret_sealed, &found, err) < 0)
		return err_pass(err);
	return found ? 0 : err_set(err, ERR_NOT_FOUND, "the file of this run is not kept any more");
}

int run_read(struct db *db, struct arena *arena, int64_t id, struct run *ret, struct err *err)
{
	bool found;
	int code = read_one(db, arena, &READ, bind_int(id), ret, &found, err);

	if (code < 0)
		return code;
	return found ? 0 : err_set(err, ERR_NOT_FOUND, "there is no run %lld; `suture runs` lists them", (long long)id);
}

int run_list(struct engine *engine, struct arena *arena, size_t limit, struct run **ret, size_t *ret_count,
             struct err *err)
{
	size_t most = limit ? limit : 20;
	const struct selection what = { &LATEST, BIND(bind_int((int64_t)most)), most, sizeof(**ret), read_row };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

int run_search(struct engine *engine, struct arena *arena, const struct run_filter *f, struct run **ret,
               size_t *ret_count, struct err *err)
{
	size_t most = f->limit ? f->limit : 100;
	const struct selection what = { &SEARCH,
		                        BIND(bind_int(f->sync_id), bind_text(f->kind), bind_text(f->who),
		                             bind_int(f->from_ms), bind_int(f->to_ms), bind_int(f->states),
		                             bind_int(f->before_id), bind_int((int64_t)most)),
		                        most, sizeof(**ret), read_row };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

int run_others_at_work(struct db *db, const struct run *run, int64_t *ret, struct err *err)
{
	return db_number(db, &OTHERS_AT_WORK, BIND(bind_int(run->sync_id), bind_text(run->kind), bind_int(run->id)), 0,
	                 ret, err);
}

struct find_job {
	struct arena *arena;
	struct str which;
	struct run *ret;
	bool found;
};

static int find(struct db *db, void *context, struct err *err)
{
	struct find_job *job = context;
	int64_t number;

	if (job->which.len == 0)
		return read_one(db, job->arena, &LATEST, bind_int(1), job->ret, &job->found, err);
	if (str_to_i64(job->which, &number))
		return read_one(db, job->arena, &READ, bind_int(number), job->ret, &job->found, err);
	return read_one(db, job->arena, &BY_BATCH, bind_text(job->which), job->ret, &job->found, err);
}

int run_find(struct engine *engine, struct arena *arena, struct str which, struct run *ret, struct err *err)
{
	struct find_job job = { arena, which, ret, false };

	if (store_read(engine->store, find, &job, err) < 0)
		return err_wrap(err, "find the run");
	if (job.found)
		return 0;
	if (which.len == 0)
		return err_set(err, ERR_NOT_FOUND, "nothing has run yet; `suture import` starts the first run");
	return err_set(err, ERR_NOT_FOUND, "there is no run %.*s; `suture runs` lists them", STR_ARG(which));
}

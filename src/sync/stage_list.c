/*
 * stage_list: payloads by what people ask for: lists, counts, and what is done with all that fit. Writes the table `staged` as stage.c does.
 *
 * One text of conditions serves all. What is rare (failed, of a run, of a record) stands in statements of its own, so that its index is taken.
 */
#include "sync/stage_parts.h"

#include "sync/select.h"

/* $1 to $15 as wanted() binds them. */
#define FITS                                                                                                           \
	" AND ($1 = 0 OR id = $1) AND ($2 = 0 OR sync_id = $2) AND ($3 = 0 OR run_id = $3) AND ($4 = 0 OR state "      \
	"= 3) AND ($5 = '' OR error_code = $5) AND ($6 = '' OR error_field = $6) AND ($7 = 0 OR (outcome = $7 "        \
	"AND " COUNTS_ITSELF                                                                                           \
	")) AND ($8 = '' OR record_id = $8) AND ($9 = 0 OR (($9 >> CAST(side AS INTEGER)) & 1) = 1) AND "              \
	"($10 = 0 OR (($10 >> CAST(state AS INTEGER)) & 1) = 1) AND ($11 = 0 OR (($11 >> CAST(door AS INTEGER)) & 1) " \
	"= 1) AND ($12 = 0 OR "                                                                                        \
	"received_ms >= $12) AND ($13 = 0 OR received_ms < $13)"
#define PAGE   " AND id > $14 AND ($15 = 0 OR id < $15)"
#define LISTED STAGED_COLUMNS ", decided_ms, ended_ms, candidates"

#define ANY       "id > 0"
#define FAILED    "state = 3"
#define OF_RUN    "run_id = $3"
#define OF_RECORD "sync_id = $2 AND side IN (0, 1) AND record_id = $8"
#define OF_ID     "id = $1"
#define LIVE      "sync_id = $2 AND door IN (1, 3)"

#define OLDEST_OF(anchor) "SELECT " LISTED " FROM staged WHERE " anchor FITS PAGE " ORDER BY id LIMIT $16"
#define NEWEST_OF(anchor) "SELECT " LISTED " FROM staged WHERE " anchor FITS PAGE " ORDER BY id DESC LIMIT $16"
#define COUNT_OF(anchor)  "SELECT COUNT(*) AS n FROM (SELECT 1 FROM staged WHERE " anchor FITS " LIMIT $14) AS found"

enum anchor { ANCHOR_ANY, ANCHOR_FAILED, ANCHOR_RUN, ANCHOR_RECORD, ANCHOR_ID, ANCHOR_LIVE, ANCHORS };

static const struct statement oldest[ANCHORS] = {
	[ANCHOR_ANY] = { OLDEST_OF(ANY) },    [ANCHOR_FAILED] = { OLDEST_OF(FAILED) },
	[ANCHOR_RUN] = { OLDEST_OF(OF_RUN) }, [ANCHOR_RECORD] = { OLDEST_OF(OF_RECORD) },
	[ANCHOR_ID] = { OLDEST_OF(OF_ID) },   [ANCHOR_LIVE] = { OLDEST_OF(LIVE) },
};
static const struct statement newest[ANCHORS] = {
	[ANCHOR_ANY] = { NEWEST_OF(ANY) },    [ANCHOR_FAILED] = { NEWEST_OF(FAILED) },
	[ANCHOR_RUN] = { NEWEST_OF(OF_RUN) }, [ANCHOR_RECORD] = { NEWEST_OF(OF_RECORD) },
	[ANCHOR_ID] = { NEWEST_OF(OF_ID) },   [ANCHOR_LIVE] = { NEWEST_OF(LIVE) },
};
static const struct statement counts[ANCHORS] = {
	[ANCHOR_ANY] = { COUNT_OF(ANY) },    [ANCHOR_FAILED] = { COUNT_OF(FAILED) },
	[ANCHOR_RUN] = { COUNT_OF(OF_RUN) }, [ANCHOR_RECORD] = { COUNT_OF(OF_RECORD) },
	[ANCHOR_ID] = { COUNT_OF(OF_ID) },   [ANCHOR_LIVE] = { COUNT_OF(LIVE) },
};
static const struct statement ALIKE = {
	"SELECT sync_id, error_code, COALESCE(error_field, '') AS field, COUNT(*) AS n, MIN(error_ms) AS first, "
	"MAX(error_ms) AS last FROM staged WHERE state = 3 AND ($1 = 0 OR sync_id = $1)"
	" GROUP BY sync_id, error_code, COALESCE(error_field, '') ORDER BY n DESC, last DESC LIMIT 200"
};
/* 5, 0: TO_READ, WAITING. Of unknown records, removals and the end of a pair (wish 5) there is nothing to read. */
static const struct statement RETRY = { "UPDATE staged SET state = CASE WHEN record_id <> '' AND kind = 0 AND wish <> "
	                                "5 THEN 5 ELSE 0 END, outcome = 0, "
	                                "same = 0, priority = 0 WHERE state = 3" FITS };
/* Failed ones and parked ones, each by their index. */
#define SKIP(state) \
	"UPDATE staged SET state = 2, outcome = 8, reason = 'a person left it out' WHERE state = " state FITS
static const struct statement SKIP_FAILED = { SKIP("3") };
static const struct statement SKIP_PARKED = { SKIP("6") };

static enum anchor anchor_of(const struct staged_filter *f)
{
	if (f->id)
		return ANCHOR_ID;
	if (f->record_id.len && f->sync_id)
		return ANCHOR_RECORD;
	if (f->run_id)
		return ANCHOR_RUN;
	if (f->sync_id && f->doors && (f->doors & ~(1U << DOOR_WEBHOOK | 1U << DOOR_STREAM)) == 0)
		return ANCHOR_LIVE;
	return f->failed || f->states == 1U << STAGED_FAILED ? ANCHOR_FAILED : ANCHOR_ANY;
}

enum { FILTERS = 13, BINDS = 16 };

/* The first FILTERS places; the rest is for whoever asks. */
static void wanted(const struct staged_filter *f, struct bind ret[BINDS])
{
	const struct bind all[FILTERS] = {
		bind_int(f->id),        bind_int(f->sync_id),      bind_int(f->run_id),  bind_int(f->failed),
		bind_text(f->code),     bind_text(f->error_field), bind_int(f->outcome), bind_text(f->record_id),
		bind_int(f->sides),     bind_int(f->states),       bind_int(f->doors),   bind_int(f->received_ms),
		bind_int(f->before_ms),
	};

	for (size_t i = 0; i < FILTERS; i++)
		ret[i] = all[i];
}

static void read_listed(struct rows *rows, struct arena *arena, void *place)
{
	struct staged *ret = place;

	stage_read_row(rows, arena, ret);
	ret->decided_ms = row_int(rows, "decided_ms");
	ret->ended_ms = row_int(rows, "ended_ms");
	ret->candidates = arena_str(arena, row_text(rows, "candidates"));
}

int stage_list(struct engine *engine, struct arena *arena, const struct staged_filter *f, struct staged **ret,
               size_t *ret_count, struct err *err)
{
	size_t limit = f->limit ? f->limit : 100;
	struct bind binds[BINDS];
	const struct selection what = {
		&(f->newest ? newest : oldest)[anchor_of(f)], { binds, BINDS }, limit, sizeof(**ret), read_listed
	};
	struct selected found;

	wanted(f, binds);
	binds[FILTERS] = bind_int(f->after_id);
	binds[FILTERS + 1] = bind_int(f->before_id);
	binds[FILTERS + 2] = bind_int((int64_t)limit);
	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

struct count_job {
	const struct staged_filter *filter;
	int64_t most, *ret;
};

static int count(struct db *db, void *context, struct err *err)
{
	const struct count_job *job = context;
	struct bind binds[BINDS];

	wanted(job->filter, binds);
	binds[FILTERS] = bind_int(job->most);
	return db_number(db, &counts[anchor_of(job->filter)], (struct binds) { binds, FILTERS + 1 }, 0, job->ret, err);
}

int stage_count(struct engine *engine, const struct staged_filter *filter, int64_t most, int64_t *ret, struct err *err)
{
	struct count_job job = { filter, most, ret };

	return store_read(engine->store, count, &job, err);
}

static void read_alike(struct rows *rows, struct arena *arena, void *place)
{
	struct alike *ret = place;

	*ret = (struct alike) { .sync_id = row_int(rows, "sync_id"),
		                .count = row_int(rows, "n"),
		                .first_ms = row_int(rows, "first"),
		                .last_ms = row_int(rows, "last"),
		                .code = arena_str(arena, row_text(rows, "error_code")),
		                .field = arena_str(arena, row_text(rows, "field")) };
}

int stage_alike(struct engine *engine, struct arena *arena, int64_t sync_id, struct alike **ret, size_t *ret_count,
                struct err *err)
{
	const struct selection what = { &ALIKE, BIND(bind_int(sync_id)), 200, sizeof(**ret), read_alike };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

static int change(struct db *db, const struct statement *statement, const struct staged_filter *filter,
                  int64_t *ret_count, struct err *err)
{
	struct bind binds[BINDS];

	wanted(filter, binds);
	if (db_run(db, statement, (struct binds) { binds, FILTERS }, err) < 0)
		return err_pass(err);
	*ret_count = db_changed(db);
	return 0;
}

int stage_retry(struct db *db, const struct staged_filter *filter, int64_t *ret_count, struct err *err)
{
	return change(db, &RETRY, filter, ret_count, err);
}

int stage_skip(struct db *db, const struct staged_filter *filter, int64_t *ret_count, struct err *err)
{
	int64_t failed, parked;

	if (change(db, &SKIP_FAILED, filter, &failed, err) < 0 || change(db, &SKIP_PARKED, filter, &parked, err) < 0)
		return err_pass(err);
	*ret_count = failed + parked;
	return 0;
}

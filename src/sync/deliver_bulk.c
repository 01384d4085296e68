/*
 * deliver_bulk: single records, collections, or a bulk job? By how many are owed, and by what the day's calls still allow (budget_way).
 *
 * And rows of `bulk_job`: jobs that may be at work at the far side. A job does not end with whoever made it: a row is committed before the job is given anything,
 * and goes with the commit that settles its entries. A row that is found while no call is under way is of a job that was given up, by us or by a process that
 * died. As long as it may write, nothing else is sent: it would write over what is younger.
 */
#include "sync/budget.h"
#include "sync/deliver_parts.h"

#include <inttypes.h>

#include "lib/clock.h"
#include "lib/limits.h"
#include "sync/lease.h"
#include "sync/select.h"

static const struct statement NOTE = {
	"INSERT INTO bulk_job (sync_id, side, job, entries, begun_ms) VALUES ($1,$2,$3,$4,$5)"
};
static const struct statement FORGET = { "DELETE FROM bulk_job WHERE sync_id = $1 AND side = $2 AND job = $3" };
static const struct statement LEFT = {
	"SELECT job, entries FROM bulk_job WHERE sync_id = $1 AND side = $2 ORDER BY begun_ms, job LIMIT 1"
};

struct owed_job {
	const struct place *p;
	struct owed_counts counts;
};

static int count_owed(struct db *db, void *context, struct err *err)
{
	struct owed_job *job = context;

	return outbox_counts(db, job->p->plan->sync_id, job->p->side, &job->counts, err);
}

int bulk_size(const struct place *p, size_t usual, size_t *ret, struct err *err)
{
	const struct traits *t = &p->conn->traits;
	struct owed_job job = { .p = p };
	struct write_ways ways = {
		.batch = usual,
		.bulk = p->conn->kind->bulk_start && t->bulk_batch > usual,
		.bulk_from = p->plan->bulk_from ? (size_t)p->plan->bulk_from : SIZE_MAX,
		.left = INT64_MAX,
	};
	int64_t calls;

	*ret = usual;
	if (!ways.bulk)
		return 0;
	if (store_read(p->engine->store, count_owed, &job, err) < 0)
		return err_pass(err);
	calls = job.counts.now / (int64_t)usual + 1;
	if (!budget_allows(p->plan, p->side, HTTP_NORMAL, calls))
		ways.left = 0;
	if (job.counts.now > (int64_t)usual && budget_way(&ways, (size_t)job.counts.now) == WAY_BULK)
		*ret = MIN_OF(t->bulk_batch, (size_t)BULK_MAX);
	return 0;
}

/* ---- jobs that may be at work ---- */

struct note_job {
	const struct place *place;
	struct str job, entries;
};

static int note(struct db *db, void *context, struct err *err)
{
	const struct note_job *n = context;

	return db_run(db, &NOTE,
	              BIND(bind_int(n->place->plan->sync_id), bind_int(n->place->side), bind_text(n->job),
	                   bind_text(n->entries), bind_int(clock_wall_ms())),
	              err);
}

int bulk_note(void *noting, struct str job, struct err *err)
{
	const struct bulk_noting *what = noting;
	const struct place *p = what->place;
	struct batch *b = what->batch;
	SCOPED(buf) struct buf entries = BUF_INIT(LIMIT_PAYLOAD);
	struct note_job n = { .place = p, .job = arena_str(&b->arena, job) };

	for (size_t i = 0; i < b->sent_count; i++)
		buf_printf(&entries, "%s%" PRId64, i ? " " : "", b->sent[i]->owed.id);
	n.entries = buf_str(&entries);
	if (lease_write(p->engine, p->plan, DURABLE, note, &n, err) < 0)
		return err_wrap(err, "note a bulk job");
	b->job = n.job;
	return 0;
}

int bulk_forget(struct db *db, const struct place *p, struct str job, struct err *err)
{
	return db_run(db, &FORGET, BIND(bind_int(p->plan->sync_id), bind_int(p->side), bind_text(job)), err);
}

struct left_row {
	struct str job, entries;
};

static void read_left(struct rows *rows, struct arena *arena, void *place)
{
	*(struct left_row *)place = (struct left_row) { arena_str(arena, row_text(rows, "job")),
		                                        arena_str(arena, row_text(rows, "entries")) };
}

static int find_entries(struct db *db, struct arena *arena, struct str entries, struct bulk_left *ret, struct err *err)
{
	struct str rest = entries, word;

	ret->owed = arena_new_array(arena, struct owed, entries.len / 2 + 1);
	while (str_split(&rest, ' ', &word)) {
		int64_t id;
		bool found = false;

		if (str_to_i64(word, &id) && outbox_find(db, arena, id, &ret->owed[ret->count], &found, err) < 0)
			return err_pass(err);
		ret->count += found;
	}
	return 0;
}

struct left_job {
	const struct place *place;
	struct arena *arena;
	struct bulk_left *ret;
};

static int find_left(struct db *db, void *context, struct err *err)
{
	const struct left_job *job = context;
	const struct place *p = job->place;
	const struct selection what = { &LEFT, BIND(bind_int(p->plan->sync_id), bind_int(p->side)), 1,
		                        sizeof(struct left_row), read_left };
	struct left_row row;
	bool found;

	*job->ret = (struct bulk_left) { 0 };
	if (select_one(db, job->arena, &what, &row, &found, err) < 0)
		return err_pass(err);
	if (!found)
		return 0;
	job->ret->job = row.job;
	return find_entries(db, job->arena, row.entries, job->ret, err);
}

int bulk_left(const struct place *p, struct arena *arena, struct bulk_left *ret, struct err *err)
{
	struct left_job job = { p, arena, ret };

	return store_read(p->engine->store, find_left, &job, err);
}

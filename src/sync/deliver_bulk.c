/* deliver_bulk: single records, collections, or a bulk job? By how many are owed, and by what the day's calls still allow (budget_way). */
#include "sync/budget.h"
#include "sync/deliver_parts.h"

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

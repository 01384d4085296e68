/* The judgements of budget.h: numbers in, an answer out. */
#include "sync/budget.h"

static const int64_t ask_again_ms = INT64_C(15) * 60 * 1000; /* a window that glides gives calls back bit by bit */
static const size_t usual_bulk_from = 2000;
static const int64_t usual_bulk_calls = 10;
static const size_t most_occurrences = 100000;

int64_t budget_reserve(const struct budget_state *s)
{
	/* Rounded up: a small allowance has a reserve too. */
	return s->allowance / 100 * s->reserve_percent + (s->allowance % 100 * s->reserve_percent + 99) / 100;
}

int64_t budget_left(const struct budget_state *s, enum http_priority priority)
{
	int64_t kept = priority == HTTP_URGENT ? 0 : budget_reserve(s);

	if (s->allowance <= 0)
		return INT64_MAX;
	return MAX_OF(s->allowance - kept - s->used, 0);
}

struct budget_answer budget_judge(const struct budget_state *s, enum http_priority priority, int64_t calls,
                                  int64_t now_ms)
{
	if (calls <= budget_left(s, priority))
		return (struct budget_answer) { .go = true };
	return (struct budget_answer) { .wait_until_ms = s->reset_ms > now_ms ? s->reset_ms : now_ms + ask_again_ms };
}

static int64_t calls_for(int64_t records, int64_t batch)
{
	return batch > 1 ? records / batch + (records % batch != 0) : records;
}

enum write_way budget_way(const struct write_ways *w, size_t records)
{
	size_t from = w->bulk_from ? w->bulk_from : usual_bulk_from;
	int64_t bulk_calls = w->bulk_calls ? w->bulk_calls : usual_bulk_calls;
	int64_t calls = calls_for((int64_t)records, (int64_t)w->batch);

	if (w->bulk && (records >= from || (calls > w->left && bulk_calls < calls)))
		return WAY_BULK;
	return records <= 1 || w->batch <= 1 ? WAY_SINGLE : WAY_COLLECTIONS;
}

int64_t budget_need(const struct budget_job *jobs, size_t count, struct str connection, int64_t from_ms, int64_t to_ms)
{
	int64_t need = 0;

	for (size_t i = 0; i < count; i++) {
		const struct budget_job *job = &jobs[i];

		if (!str_eq(job->connection, connection))
			continue;
		if (job->rule)
			need += (int64_t)recurrence_count(job->rule, from_ms, to_ms, most_occurrences) *
			        job->calls_each;
		need += calls_for(job->backlog, job->batch);
	}
	return need;
}

const char *http_use_name(enum http_use use)
{
	static const char *const names[] = { "other", "read", "write", "search", "bulk", "stream" };

	_Static_assert(ARRAY_LEN(names) == HTTP_USES, "a name for every use");
	return names[use];
}

/* The budget of calls: judged in tables, counted and kept in the store. */
#include "bare.h"

#include "sync/budget.h"

enum { NOW = 1000000, HOUR = 3600000 };

static const struct {
	struct budget_state state;
	enum http_priority priority;
	int64_t calls;
	bool go;
	int64_t wait_until_ms;
} judged[] = {
	/* used, allowance, reserve %, reset */
	{ { 0, 0, 10, 0 }, HTTP_LOW, 1000000, true, 0 }, /* no limit is known */
	{ { 0, 1000, 10, 0 }, HTTP_LOW, 900, true, 0 },
	{ { 0, 1000, 10, NOW + HOUR }, HTTP_LOW, 901, false, NOW + HOUR },
	{ { 899, 1000, 10, NOW + HOUR }, HTTP_NORMAL, 1, true, 0 },
	{ { 900, 1000, 10, NOW + HOUR }, HTTP_NORMAL, 1, false, NOW + HOUR },
	{ { 900, 1000, 10, NOW + HOUR }, HTTP_URGENT, 1, true, 0 }, /* the reserve is theirs */
	{ { 999, 1000, 10, NOW + HOUR }, HTTP_URGENT, 1, true, 0 },
	{ { 1000, 1000, 10, NOW + HOUR }, HTTP_URGENT, 1, false, NOW + HOUR },
	{ { 2000, 1000, 10, NOW + HOUR }, HTTP_NORMAL, 0, true, 0 },     /* nothing costs nothing */
	{ { 1000, 1000, 0, 0 }, HTTP_URGENT, 1, false, NOW + HOUR / 4 }, /* a window that glides */
	{ { 1000, 1000, 0, NOW - 1 }, HTTP_URGENT, 1, false, NOW + HOUR / 4 },
	{ { 4, 5, 10, NOW + HOUR }, HTTP_LOW, 1, false, NOW + HOUR }, /* a small allowance has a reserve too */
	{ { 0, 1000, 100, NOW + HOUR }, HTTP_LOW, 1, false, NOW + HOUR },
	{ { 0, 1000, 0, NOW + HOUR }, HTTP_LOW, 1000, true, 0 },
};

static void test_batches_stop_at_the_reserve_and_people_may_use_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(judged); i++) {
		struct budget_answer a = budget_judge(&judged[i].state, judged[i].priority, judged[i].calls, NOW);

		if (a.go != judged[i].go || (!a.go && a.wait_until_ms != judged[i].wait_until_ms))
			fail_msg("row %zu: go %d, wait until %lld", i, a.go, (long long)a.wait_until_ms);
	}
}

static const struct {
	struct write_ways ways;
	size_t records;
	enum write_way way;
} ways[] = {
	/* batch, bulk, from, calls of a job, left */
	{ { 200, true, 0, 0, INT64_MAX }, 0, WAY_SINGLE },
	{ { 200, true, 0, 0, INT64_MAX }, 1, WAY_SINGLE },
	{ { 200, true, 0, 0, INT64_MAX }, 2, WAY_COLLECTIONS },
	{ { 200, true, 0, 0, INT64_MAX }, 1999, WAY_COLLECTIONS },
	{ { 200, true, 0, 0, INT64_MAX }, 2000, WAY_BULK },
	{ { 200, false, 0, 0, INT64_MAX }, 1000000, WAY_COLLECTIONS },
	{ { 1, false, 0, 0, INT64_MAX }, 5000, WAY_SINGLE },
	{ { 1, true, 0, 0, INT64_MAX }, 5000, WAY_BULK },
	{ { 200, true, 100, 0, INT64_MAX }, 100, WAY_BULK },
	{ { 200, true, 10000, 0, INT64_MAX }, 9999, WAY_COLLECTIONS },
	{ { 200, true, 10000, 10, 20 }, 4000, WAY_COLLECTIONS }, /* 20 calls, 20 left */
	{ { 200, true, 10000, 10, 20 }, 4001, WAY_BULK },        /* 21 calls */
	{ { 200, true, 10000, 10, 0 }, 400, WAY_COLLECTIONS },   /* Bulk would cost more */
};

static void test_the_number_of_records_decides_how_they_are_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		enum write_way way = budget_way(&ways[i].ways, ways[i].records);

		if (way != ways[i].way)
			fail_msg("row %zu: way %d", i, (int)way);
	}
}

static void test_what_the_plan_needs(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	const struct recurrence *quarter = NULL, *nightly = NULL;
	int64_t from = bare_ms("2026-11-03T12:00:00Z"), to = bare_ms("2026-11-04T00:00:00Z");

	(void)state;
	assert_int_equal(recurrence_parse(&arena, STR("every 15 minutes"), STR_EMPTY, &quarter, &err), 0);
	assert_int_equal(recurrence_parse(&arena, STR("daily at 02:00"), STR_EMPTY, &nightly, &err), 0);
	const struct budget_job jobs[] = {
		{ STR("org"), quarter, 2, 0, 0 },    /* 48 x 2 */
		{ STR("org"), NULL, 0, 1001, 200 },  /* 6 */
		{ STR("practice"), NULL, 0, 30, 0 }, /* 30 */
		{ STR("practice"), nightly, 99, 0, 0 },
	};

	assert_int_equal(budget_need(jobs, ARRAY_LEN(jobs), STR("org"), from, to), 102);
	assert_int_equal(budget_need(jobs, ARRAY_LEN(jobs), STR("practice"), from, to), 30);
	assert_int_equal(budget_need(jobs, ARRAY_LEN(jobs), STR("other"), from, to), 0);
}

static struct connection far_system(int64_t calls_a_day)
{
	return (struct connection) { .target = { .calls_a_day = calls_a_day, .reserve_percent = 10 } };
}

static void call(struct connection *c, enum http_use use, uint64_t count)
{
	atomic_fetch_add(&c->target.calls[use], count);
}

static struct governor *opened(struct bare *b)
{
	struct governor *g = NULL;
	struct err err = ERR_INIT;

	if (governor_open(b->engine.store, &g, &err) < 0)
		fail_msg("%s", err.text);
	return g;
}

static void flush(struct governor *g)
{
	struct err err = ERR_INIT;

	if (governor_flush(g, &err) < 0)
		fail_msg("%s", err.text);
}

static struct budget_line line_of(struct bare *b, struct governor *g, const char *name)
{
	struct budget_line *lines;
	size_t count;

	budget_report(g, &b->arena, NULL, 0, &lines, &count);
	for (size_t i = 0; i < count; i++) {
		if (str_eq_c(lines[i].connection, name))
			return lines[i];
	}
	fail_msg("no line for %s", name);
	return (struct budget_line) { 0 };
}

static void test_calls_are_counted_by_use_and_day_and_survive(void **state)
{
	struct connection one = far_system(0), two = far_system(0);
	struct budget_line line;
	struct governor *g;
	struct bare b;

	(void)state;
	bare_open(&b);
	clock_fix(bare_ms("2026-11-03T12:00:00Z"));
	call(&one, HTTP_USE_READ, 500); /* before it was watched: somebody else's */
	g = opened(&b);
	governor_watch(g, STR("org"), &one);
	governor_watch(g, STR("org"), &two);
	call(&one, HTTP_USE_READ, 3);
	call(&two, HTTP_USE_WRITE, 4);
	assert_int_equal(line_of(&b, g, "org").ours, 7);
	flush(g);
	flush(g);
	call(&two, HTTP_USE_WRITE, 1);
	governor_unwatch(g, &two);
	call(&two, HTTP_USE_WRITE, 100);
	flush(g);
	governor_close(&g);
	g = opened(&b);
	line = line_of(&b, g, "org");
	assert_int_equal(line.by_use[HTTP_USE_READ], 3);
	assert_int_equal(line.by_use[HTTP_USE_WRITE], 5);
	assert_int_equal(line.left, INT64_MAX);
	/* The next day begins at nothing. */
	clock_fix(bare_ms("2026-11-04T00:00:01Z"));
	assert_int_equal(line_of(&b, g, "org").ours, 0);
	governor_close(&g);
	bare_close(&b);
}

static void test_two_processes_see_what_the_other_used(void **state)
{
	struct connection daemon = far_system(100), batch = far_system(100);
	struct governor *first, *second;
	struct bare b;

	(void)state;
	bare_open(&b);
	clock_fix(bare_ms("2026-11-03T12:00:00Z"));
	first = opened(&b);
	second = opened(&b);
	governor_watch(first, STR("practice"), &daemon);
	governor_watch(second, STR("practice"), &batch);
	call(&batch, HTTP_USE_READ, 89);
	assert_true(budget_may(first, STR("practice"), HTTP_LOW, 2).go);
	flush(second);
	flush(first);
	assert_true(budget_may(first, STR("practice"), HTTP_LOW, 1).go);
	assert_false(budget_may(first, STR("practice"), HTTP_LOW, 2).go);
	assert_true(budget_may(first, STR("practice"), HTTP_URGENT, 11).go);
	assert_int_equal(budget_may(first, STR("practice"), HTTP_LOW, 2).wait_until_ms,
	                 bare_ms("2026-11-04T00:00:00Z"));
	governor_close(&first);
	governor_close(&second);
	bare_close(&b);
}

static void test_what_the_far_side_tells_counts_where_it_is_nearer(void **state)
{
	struct connection c = far_system(0);
	struct budget_line line;
	struct governor *g;
	struct bare b;

	(void)state;
	bare_open(&b);
	clock_fix(bare_ms("2026-11-03T12:00:00Z"));
	g = opened(&b);
	governor_watch(g, STR("org"), &c);
	call(&c, HTTP_USE_READ, 50);
	governor_learn(g, STR("org"), &(struct budget_facts) { true, 800, 1000, 0 }); /* ours are among them */
	governor_learn(g, STR("org"), &(struct budget_facts) { .known = false });
	call(&c, HTTP_USE_READ, 90);
	line = line_of(&b, g, "org");
	assert_true(line.told);
	assert_int_equal(line.used, 890);
	assert_int_equal(line.allowance, 1000);
	assert_int_equal(line.reserve, 100);
	assert_int_equal(line.left, 10);
	assert_true(budget_may(g, STR("org"), HTTP_NORMAL, 10).go);
	assert_false(budget_may(g, STR("org"), HTTP_NORMAL, 11).go);
	/* Our own setting is nearer still. */
	c.target.calls_a_day = 150;
	governor_watch(g, STR("org"), &c);
	governor_unwatch(g, &c);
	line = line_of(&b, g, "org");
	assert_false(line.told);
	assert_int_equal(line.used, 140);
	assert_false(budget_may(g, STR("org"), HTTP_NORMAL, 1).go);
	assert_true(budget_may(g, STR("org"), HTTP_URGENT, 10).go);
	/* After a day without a word nobody knows. */
	clock_fix(bare_ms("2026-11-04T12:00:01Z"));
	assert_false(line_of(&b, g, "org").told);
	assert_true(budget_may(g, STR("unknown"), HTTP_LOW, 1000).go);
	governor_close(&g);
	bare_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batches_stop_at_the_reserve_and_people_may_use_it),
		cmocka_unit_test(test_the_number_of_records_decides_how_they_are_written),
		cmocka_unit_test(test_what_the_plan_needs),
		cmocka_unit_test(test_calls_are_counted_by_use_and_day_and_survive),
		cmocka_unit_test(test_two_processes_see_what_the_other_used),
		cmocka_unit_test(test_what_the_far_side_tells_counts_where_it_is_nearer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The pace, counted at the far side; the window; priorities. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "net/http_pace.h"
#include "rig.h"

static const int64_t second = 1000000000;

/* Drives the tickets with made-up times: connects and answers late at random, never more than `rate` arrivals in a second. */
static void never_more_than_rate_arrivals_whatever_the_delays(void **state UNUSED)
{
	static int64_t came[4000];
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct pace pace = { 0 };
	size_t sent = 0;
	unsigned seed = 7;
	int64_t now = 5 * second;

	pace_set(&pace, &arena, 7.9, now);
	while (sent < ARRAY_LEN(came)) {
		int64_t due = pace_due(&pace, now);
		size_t ticket;

		now = MAX_OF(now, due);
		ticket = pace_take(&pace);
		now += rand_r(&seed) % (second / 10);
		pace_sent(&pace, ticket, now);
		came[sent++] = now + rand_r(&seed) % pace_flight_ns;
	}
	for (size_t i = 7; i < sent; i++)
		assert_true(came[i] - came[i - 7] >= second - pace_flight_ns);
	/* Arrival order may differ from sending order: count honestly. */
	for (size_t i = 0; i < sent; i++) {
		size_t within = 0;

		for (size_t k = i > 20 ? i - 20 : 0; k < MIN_OF(sent, i + 20); k++)
			within += came[k] >= came[i] && came[k] < came[i] + second;
		assert_in_range(within, 1, 7);
	}
}

static void a_ticket_is_held_while_its_request_connects(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct pace pace = { 0 };
	size_t first, other;

	pace_set(&pace, &arena, 2, second);
	assert_true(pace_due(&pace, second) <= second);
	first = pace_take(&pace);
	assert_true(pace_due(&pace, second) <= second);
	other = pace_take(&pace);
	assert_true(pace_due(&pace, 100 * second) == INT64_MAX);
	pace_sent(&pace, other, 100 * second);
	assert_true(pace_due(&pace, 100 * second) == 101 * second + pace_flight_ns);
	pace_answered(&pace, other, 100 * second + 1000);
	assert_true(pace_due(&pace, 100 * second) == 101 * second + 1000);
	pace_answered(&pace, first, 100 * second + 500);
	assert_true(pace_due(&pace, 103 * second) <= 103 * second);
}

static void a_changed_rate_lets_no_burst_through(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct pace pace = { 0 };
	size_t old;

	pace_set(&pace, &arena, 0, second);
	assert_true(pace_due(&pace, second) <= second);
	assert_true(pace_take(&pace) == SIZE_MAX);
	pace_set(&pace, &arena, 3, second);
	assert_true(pace_due(&pace, second) == 2 * second);
	assert_true(pace_due(&pace, 2 * second) == 2 * second);
	old = pace_take(&pace);
	pace_set(&pace, &arena, 5, 2 * second);
	pace_answered(&pace, old, 2 * second - second);
	assert_true(pace_due(&pace, 2 * second) == 3 * second);
	pace_set(&pace, &arena, 0.5, 2 * second);
	assert_int_equal(pace.count, 1);
	assert_true(pace_due(&pace, 2 * second) == 4 * second);
}

static void answer_now(struct peer_call *call, void *context UNUSED)
{
	peer_answer(call, 200, "", STR("x"));
}

static void answer_badly(struct peer_call *call, void *context UNUSED)
{
	if (call->number % 5 == 0)
		peer_drop(call);
	else if (call->number % 3 == 0)
		peer_answer(call, 503, "", STR("x"));
	else
		peer_answer(call, 200, "", STR("x"));
}

struct asker {
	struct rig *rig;
	size_t count;
	bool idempotent;
};

static void *ask(void *context)
{
	struct asker *a = context;
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct http_request request = rig_request(a->rig, "GET", "/");

	for (size_t i = 0; i < a->count; i++) {
		struct http_future *f = http_start(a->rig->client, &request);
		struct http_answer answer;
		struct err err = ERR_INIT;

		(void)!http_wait(&f, &arena, &answer, &err);
	}
	return NULL;
}

static void ask_from_threads(struct rig *r, size_t threads, size_t each)
{
	struct asker asker = { .rig = r, .count = each };
	pthread_t ids[16];

	for (size_t i = 0; i < threads; i++)
		must(pthread_create(&ids[i], NULL, ask, &asker) == 0);
	for (size_t i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
}

static void the_far_side_never_counts_more_than_rate_in_a_second(void **state UNUSED)
{
	int64_t before = clock_mono_ns();
	struct rig r;

	rig_open(&r, answer_now, NULL);
	r.target.rate = 40;
	r.target.window = 16;
	ask_from_threads(&r, 12, 10);
	assert_int_equal(peer_count(r.peer), 120);
	assert_in_range(peer_most_within(r.peer, 1000), 35, 40);
	/* 120 at 40 a second: the third 40 start after two seconds; not wasted either. */
	assert_in_range(clock_mono_ns() - before, 2 * second, 3 * second);
	rig_close(&r);
}

static void repeats_count_too(void **state UNUSED)
{
	struct rig r;

	rig_open(&r, answer_badly, NULL);
	r.target.rate = 30;
	ask_from_threads(&r, 8, 6);
	assert_true(peer_count(r.peer) > 48);
	assert_in_range(peer_most_within(r.peer, 1000), 20, 30);
	rig_close(&r);
}

static void below_one_a_second(void **state UNUSED)
{
	struct rig r;
	int64_t before = clock_mono_ns();

	rig_open(&r, answer_now, NULL);
	r.target.rate = 0.8;
	ask_from_threads(&r, 3, 1);
	assert_in_range(clock_mono_ns() - before, 2 * second * 5 / 4, 4 * second);
	assert_int_equal(peer_most_within(r.peer, 1240), 1);
	rig_close(&r);
}

static void answer_after_20_ms(struct peer_call *call, void *context UNUSED)
{
	clock_sleep_ms(20);
	peer_answer(call, 200, "", STR("x"));
}

static void window_is_kept_and_filled(void **state UNUSED)
{
	static const unsigned windows[] = { 1, 3, 0 };

	for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
		struct rig r;

		rig_open(&r, answer_after_20_ms, NULL);
		r.target.window = windows[i];
		ask_from_threads(&r, 12, 4);
		assert_int_equal(peer_most_at_once(r.peer), windows[i] ? windows[i] : 8);
		rig_close(&r);
	}
}

static struct {
	pthread_mutex_t lock;
	char order[64];
	size_t len;
} seen = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void note_path(struct peer_call *call, void *context UNUSED)
{
	pthread_mutex_lock(&seen.lock);
	seen.order[seen.len++] = call->path.at[1];
	pthread_mutex_unlock(&seen.lock);
	clock_sleep_ms(call->number == 1 ? 100 : 1);
	peer_answer(call, 200, "", STR("x"));
}

static void low_only_when_nothing_else_waits(void **state UNUSED)
{
	static const enum http_priority order[] = { HTTP_NORMAL, HTTP_LOW,    HTTP_NORMAL, HTTP_URGENT,
		                                    HTTP_LOW,    HTTP_URGENT, HTTP_NORMAL, HTTP_LOW };
	static const char *const paths[] = { "/u", "/n", "/l" };
	struct http_future *futures[ARRAY_LEN(order)];
	struct rig r;

	memset(seen.order, 0, sizeof(seen.order));
	seen.len = 0;
	rig_open(&r, note_path, NULL);
	r.target.window = 1;
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		struct http_request request = rig_request(&r, "GET", paths[order[i]]);

		request.priority = order[i];
		futures[i] = http_start(r.client, &request);
		if (i == 0)
			clock_sleep_ms(30);
	}
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		assert_int_equal(http_wait(&futures[i], &r.arena, &r.answer, &r.err), 0);
	assert_string_equal(seen.order, "nuunnlll");
	rig_close(&r);
}

static void targets_do_not_wait_for_each_other(void **state UNUSED)
{
	struct http_target other;
	struct http_request request;
	struct http_future *slow;
	int64_t before;
	struct rig r;

	rig_open(&r, answer_now, NULL);
	r.target.rate = 1;
	assert_int_equal(rig_do(&r, "GET", "/"), 0);
	other = (struct http_target) { .base = r.target.base };
	request = rig_request(&r, "GET", "/");
	slow = http_start(r.client, &request);
	request.target = &other;
	before = clock_mono_ns();
	for (int i = 0; i < 50; i++)
		assert_int_equal(rig_send(&r, &request), 0);
	assert_true(clock_mono_ns() - before < 700000000);
	assert_false(http_ready(slow));
	assert_int_equal(http_wait(&slow, &r.arena, &r.answer, &r.err), 0);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_more_than_rate_arrivals_whatever_the_delays),
		cmocka_unit_test(a_ticket_is_held_while_its_request_connects),
		cmocka_unit_test(a_changed_rate_lets_no_burst_through),
		cmocka_unit_test(the_far_side_never_counts_more_than_rate_in_a_second),
		cmocka_unit_test(repeats_count_too),
		cmocka_unit_test(below_one_a_second),
		cmocka_unit_test(window_is_kept_and_filled),
		cmocka_unit_test(low_only_when_nothing_else_waits),
		cmocka_unit_test(targets_do_not_wait_for_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

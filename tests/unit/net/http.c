/* The client as a whole: many threads, cancel, close, targets that come and go, what it costs. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "rig.h"

static void answer_path(struct peer_call *call, void *context UNUSED)
{
	peer_answer(call, 200, "", call->path);
}

struct asker {
	struct rig *rig;
	unsigned number;
	size_t right;
};

/* A small window of requests, finished in the order in which they were started: what a lane does. */
static void *ask_with_window(void *context)
{
	struct asker *a = context;
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct http_future *futures[8];
	char paths[200][32];

	for (size_t i = 0; i < ARRAY_LEN(paths) + ARRAY_LEN(futures); i++) {
		struct http_future **slot = &futures[i % ARRAY_LEN(futures)];
		struct http_answer answer;
		struct err err = ERR_INIT;

		if (i >= ARRAY_LEN(futures)) {
			int rc = http_wait(slot, &arena, &answer, &err);

			a->right += rc == 0 && str_eq_c(answer.body, paths[i - ARRAY_LEN(futures)]);
		}
		if (i < ARRAY_LEN(paths)) {
			struct http_request request;

			snprintf(paths[i], sizeof(paths[i]), "/%u/%zu", a->number, i);
			request = rig_request(a->rig, "GET", paths[i]);
			*slot = http_start(a->rig->client, &request);
		}
	}
	return NULL;
}

static void many_threads_get_their_own_answers(void **state UNUSED)
{
	struct asker askers[12];
	pthread_t ids[ARRAY_LEN(askers)];
	struct rig r;

	rig_open(&r, answer_path, NULL);
	for (unsigned i = 0; i < ARRAY_LEN(askers); i++) {
		askers[i] = (struct asker) { .rig = &r, .number = i };
		must(pthread_create(&ids[i], NULL, ask_with_window, &askers[i]) == 0);
	}
	for (unsigned i = 0; i < ARRAY_LEN(askers); i++) {
		pthread_join(ids[i], NULL);
		assert_int_equal(askers[i].right, 200);
	}
	assert_int_equal(peer_count(r.peer), 2400);
	assert_in_range(peer_connections(r.peer), 1, 8);
	assert_int_equal(http_counters_of(r.client).answered, 2400);
	assert_true(http_counters_of(r.client).bytes_in > 2400 * 40);
	assert_true(http_counters_of(r.client).bytes_out > 2400 * 40);
	rig_close(&r);
}

static void ready_tells_when_wait_would_not_block(void **state UNUSED)
{
	struct http_request request;
	struct http_future *f;
	struct rig r;

	rig_open(&r, answer_path, NULL);
	request = rig_request(&r, "GET", "/x");
	f = http_start(r.client, &request);
	for (int i = 0; i < 12000 && !http_ready(f); i++)
		clock_sleep_ms(5);
	assert_true(http_ready(f));
	assert_int_equal(http_wait(&f, &r.arena, &r.answer, &r.err), 0);
	assert_null(f);
	rig_close(&r);
}

static void answer_never(struct peer_call *call UNUSED, void *context UNUSED) {}

static void waiting_may_have_an_end(void **state UNUSED)
{
	struct http_request request;
	struct http_future *f;
	int64_t before;
	struct rig r;

	rig_open(&r, answer_never, NULL);
	request = rig_request(&r, "GET", "/x");
	f = http_start(r.client, &request);
	before = clock_mono_ns();
	assert_false(http_wait_ready(f, 30));
	assert_true(clock_mono_ns() - before >= 30000000);
	http_cancel(&f);
	rig_close(&r);

	rig_open(&r, answer_path, NULL);
	request = rig_request(&r, "GET", "/x");
	f = http_start(r.client, &request);
	assert_true(http_wait_ready(f, 60000));
	assert_true(http_wait_ready(f, 0));
	assert_int_equal(http_wait(&f, &r.arena, &r.answer, &r.err), 0);
	rig_close(&r);
}

static void wait_for_count(struct peer *peer, size_t count)
{
	for (int i = 0; i < 30000 && peer_count(peer) < count; i++)
		clock_sleep_ms(2);
	assert_true(peer_count(peer) >= count);
}

static void close_fails_what_is_under_way(void **state UNUSED)
{
	struct http_future *futures[20];
	struct http_request request;
	size_t uncertain = 0;
	int64_t before;
	struct rig r;

	rig_open(&r, answer_never, NULL);
	request = rig_request(&r, "POST", "/x?name=Lovelace");
	for (size_t i = 0; i < ARRAY_LEN(futures); i++)
		futures[i] = http_start(r.client, &request);
	wait_for_count(r.peer, 8);
	before = clock_mono_ns();
	http_client_close(&r.client);
	assert_null(r.client);
	assert_true(clock_mono_ns() - before < 20000000000); /* an answer would be waited for longer */
	for (size_t i = 0; i < ARRAY_LEN(futures); i++) {
		assert_true(http_ready(futures[i]));
		assert_int_equal(http_wait(&futures[i], &r.arena, &r.answer, &r.err), ERR_ABORTED);
		assert_null(strstr(r.err.text, "Lovelace"));
		uncertain += r.answer.uncertain;
	}
	assert_int_equal(uncertain, 8);
	rig_close(&r);
}

static void *wait_for_abort(void *context)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct http_future *f = context;
	struct http_answer answer;
	struct err err = ERR_INIT;

	return http_wait(&f, &arena, &answer, &err) == ERR_ABORTED ? context : NULL;
}

static void close_wakes_those_who_wait(void **state UNUSED)
{
	struct http_request request;
	struct http_future *futures[4];
	pthread_t ids[4];
	void *was_aborted;
	struct rig r;

	rig_open(&r, answer_never, NULL);
	request = rig_request(&r, "GET", "/x");
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		futures[i] = http_start(r.client, &request);
		must(pthread_create(&ids[i], NULL, wait_for_abort, futures[i]) == 0);
	}
	wait_for_count(r.peer, 4);
	http_client_close(&r.client);
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		pthread_join(ids[i], &was_aborted);
		assert_non_null(was_aborted);
	}
	rig_close(&r);
}

static void answer_slowly(struct peer_call *call, void *context UNUSED)
{
	clock_sleep_ms((int64_t)(call->number * 7 % 3));
	peer_answer(call, call->number % 7 ? 200 : 503, "", call->path);
}

/* Waiting, under way, resting, finished: whatever it is in, cancel ends it, and its window place is free again. */
static void cancel_at_any_moment(void **state UNUSED)
{
	struct http_request request;
	struct rig r;

	rig_open(&r, answer_slowly, NULL);
	request = rig_request(&r, "GET", "/x");
	r.target.window = 4;
	for (int round = 0; round < 40; round++) {
		struct http_future *futures[12];

		for (size_t i = 0; i < ARRAY_LEN(futures); i++)
			futures[i] = http_start(r.client, &request);
		for (size_t i = 0; i < ARRAY_LEN(futures); i++) {
			if (round % 4)
				clock_sleep_ms((round + (int)i) % 2);
			http_cancel(&futures[i]);
			assert_null(futures[i]);
		}
	}
	assert_int_equal(rig_do(&r, "PUT", "/after"), 0);
	rig_close(&r);
}

static void cancel_frees_the_window(void **state UNUSED)
{
	struct http_future *stuck[8];
	struct http_request request;
	struct http_future *none = NULL;
	struct rig r;

	rig_open(&r, answer_never, NULL);
	request = rig_request(&r, "GET", "/x");
	for (size_t i = 0; i < ARRAY_LEN(stuck); i++)
		stuck[i] = http_start(r.client, &request);
	wait_for_count(r.peer, 8);
	for (size_t i = 0; i < ARRAY_LEN(stuck); i++)
		http_cancel(&stuck[i]);
	http_cancel(&none);
	for (size_t i = 0; i < ARRAY_LEN(stuck); i++)
		stuck[i] = http_start(r.client, &request);
	wait_for_count(r.peer, 16);
	/* Cancelled by those who hold them after the client has gone. */
	http_client_close(&r.client);
	for (size_t i = 0; i < ARRAY_LEN(stuck); i++)
		http_cancel(&stuck[i]);
	rig_close(&r);
}

struct racer {
	struct rig *rig;
	unsigned seed;
};

static void *start_wait_cancel(void *context)
{
	struct racer *racer = context;
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct http_request request = rig_request(racer->rig, "GET", "/race");

	for (int i = 0; i < 150; i++) {
		struct http_future *f = http_start(racer->rig->client, &request);
		struct http_answer answer;
		struct err err = ERR_INIT;

		if (rand_r(&racer->seed) % 2)
			clock_sleep_ms(rand_r(&racer->seed) % 2);
		if (rand_r(&racer->seed) % 2)
			http_cancel(&f);
		else
			(void)!http_wait(&f, &arena, &answer, &err);
		arena_reset(&arena);
	}
	return NULL;
}

static void cancel_races_with_the_answer(void **state UNUSED)
{
	struct racer racers[8];
	pthread_t ids[ARRAY_LEN(racers)];
	struct rig r;

	rig_open(&r, answer_path, NULL);
	for (unsigned i = 0; i < ARRAY_LEN(racers); i++) {
		racers[i] = (struct racer) { .rig = &r, .seed = i };
		must(pthread_create(&ids[i], NULL, start_wait_cancel, &racers[i]) == 0);
	}
	for (unsigned i = 0; i < ARRAY_LEN(racers); i++)
		pthread_join(ids[i], NULL);
	assert_int_equal(rig_do(&r, "GET", "/after"), 0);
	rig_close(&r);
}

/* A target may be freed once its requests are done, and a new one may lie at the same address. */
static void targets_come_and_go(void **state UNUSED)
{
	struct rig r;

	rig_open(&r, answer_path, NULL);
	for (int i = 0; i < 50; i++) {
		struct http_target *own = calloc(1, sizeof(*own));
		struct http_request request = rig_request(&r, "GET", "/x");

		must(own != NULL);
		own->base = r.target.base;
		own->state = i % 2 ? &r : NULL;
		request.target = own;
		assert_int_equal(rig_send(&r, &request), 0);
		memset(own, 0xdd, sizeof(*own));
		free(own);
	}
	rig_close(&r);
}

static void one_target_two_clients(void **state UNUSED)
{
	struct rig r;

	rig_open(&r, answer_path, NULL);
	assert_int_equal(rig_do(&r, "GET", "/x"), 0);
	http_client_close(&r.client);
	assert_int_equal(http_client_open(&r.client, &r.err), 0);
	assert_int_equal(rig_do(&r, "GET", "/x"), 0);
	rig_close(&r);
}

struct observed {
	unsigned calls, status;
	size_t limit_len;
};

static void observe(void *context, unsigned status, const struct http_header *headers, size_t count)
{
	struct http_answer view = { .headers = headers, .header_count = count };
	struct observed *o = context;

	o->calls++;
	o->status = status;
	o->limit_len = http_header_of(&view, "Sforce-Limit-Info").len;
}

static void answer_limit(struct peer_call *call, void *context UNUSED)
{
	peer_answer(call, call->number == 1 ? 503 : 200, "Sforce-Limit-Info: api-usage=5/100\r\n", STR("x"));
}

static void each_answer_is_observed(void **state UNUSED)
{
	struct observed observed = { 0 };
	struct rig r;

	rig_open(&r, answer_limit, NULL);
	r.target.observe = observe;
	r.target.context = &observed;
	assert_int_equal(rig_do(&r, "GET", "/x"), 0);
	assert_int_equal(observed.calls, 2);
	assert_int_equal(observed.status, 200);
	assert_int_equal(observed.limit_len, strlen("api-usage=5/100"));
	rig_close(&r);
}

static bool ask_flag(void *context)
{
	return atomic_load((atomic_bool *)context);
}

/* What may not be written is not sent: the peer never hears of it, and the caller may be sure of that. Reading goes on. */
static void R5_a_write_that_may_not_leave_does_not(void **state UNUSED)
{
	atomic_bool may = false;
	size_t heard;
	struct rig r;

	rig_open(&r, answer_path, NULL);
	r.target.may_write = ask_flag;
	r.target.may_write_context = &may;
	assert_int_equal(rig_do(&r, "GET", "/read"), 0);
	heard = peer_count(r.peer);
	assert_int_equal(rig_do(&r, "PUT", "/write"), ERR_LEASE);
	assert_false(r.answer.uncertain);
	assert_int_equal(peer_count(r.peer), heard);
	atomic_store(&may, true);
	r.err = (struct err)ERR_INIT;
	assert_int_equal(rig_do(&r, "PUT", "/write"), 0);
	assert_int_equal(peer_count(r.peer), heard + 1);
	rig_close(&r);
}

static void an_idle_client_sleeps(void **state UNUSED)
{
	struct rusage before, after;
	struct rig r;
	int64_t us;

	rig_open(&r, answer_path, NULL);
	assert_int_equal(rig_do(&r, "GET", "/x"), 0);
	getrusage(RUSAGE_SELF, &before);
	clock_sleep_ms(300);
	getrusage(RUSAGE_SELF, &after);
	us = (after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec - before.ru_stime.tv_sec) *
	             1000000 +
	     after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec - before.ru_stime.tv_usec;
	assert_true(us < 50000);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_threads_get_their_own_answers),
		cmocka_unit_test(ready_tells_when_wait_would_not_block),
		cmocka_unit_test(waiting_may_have_an_end),
		cmocka_unit_test(close_fails_what_is_under_way),
		cmocka_unit_test(close_wakes_those_who_wait),
		cmocka_unit_test(cancel_at_any_moment),
		cmocka_unit_test(cancel_frees_the_window),
		cmocka_unit_test(cancel_races_with_the_answer),
		cmocka_unit_test(targets_come_and_go),
		cmocka_unit_test(one_target_two_clients),
		cmocka_unit_test(each_answer_is_observed),
		cmocka_unit_test(R5_a_write_that_may_not_leave_does_not),
		cmocka_unit_test(an_idle_client_sleeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which outcomes are tried again, after how long, and how the far side's Retry-After is obeyed. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/http_retry.h"
#include "rig.h"

/* What the peer does with its n-th request: a status, or one of these. The last row stays. */
enum { DROP = 1, HALF, SILENT, DROP_KEPT };
enum { SILENCE_MS = 1000 };
struct script {
	unsigned steps[8];
	const char *headers;
};

static void play(struct peer_call *call, void *context)
{
	const struct script *script = context;
	size_t last = 0;
	unsigned step;

	while (last + 1 < ARRAY_LEN(script->steps) && script->steps[last + 1])
		last++;
	step = script->steps[MIN_OF(call->number - 1, last)];
	call->close = step == DROP || step == HALF;
	if (step == HALF)
		peer_send(call, STR("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
	if (step == SILENT)
		clock_sleep_ms(SILENCE_MS * 3 / 2);
	if (step >= 200)
		peer_answer(call, step, script->headers ? script->headers : "", STR("x"));
}

static void retry_classes(void **state UNUSED)
{
	static const struct {
		struct http_attempt attempt;
		bool idempotent, other;
	} rows[] = {
		{ { .answered = true, .sent = true, .status = 200 }, false, false },
		{ { .answered = true, .sent = true, .status = 401 }, false, false },
		{ { .answered = true, .sent = true, .status = 408 }, false, false },
		{ { .answered = true, .sent = true, .status = 429 }, true, true },
		{ { .answered = true, .sent = true, .status = 500 }, false, false },
		{ { .answered = true, .sent = true, .status = 501 }, false, false },
		{ { .answered = true, .sent = true, .status = 502 }, true, false },
		{ { .answered = true, .sent = true, .status = 503 }, true, false },
		{ { .answered = true, .sent = true, .status = 504 }, true, false },
		{ { .answered = true, .sent = true, .status = 505 }, false, false },
		{ { .sent = true, .retryable = true }, true, false },
		{ { .sent = false, .retryable = true }, true, true },
		{ { .sent = true, .retryable = false }, false, false },
		{ { .sent = false, .retryable = false }, false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(http_retry_allowed(&rows[i].attempt, true), rows[i].idempotent);
		assert_int_equal(http_retry_allowed(&rows[i].attempt, false), rows[i].other);
	}
}

static void backoff_doubles_to_30_s_with_full_jitter(void **state UNUSED)
{
	static const int64_t ceilings[] = { 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000 };

	for (unsigned i = 0; i < ARRAY_LEN(ceilings); i++) {
		assert_int_equal(http_retry_backoff_ms(500, i + 1, 0), 0);
		assert_int_equal(http_retry_backoff_ms(500, i + 1, UINT32_MAX), ceilings[i]);
		assert_in_range(http_retry_backoff_ms(500, i + 1, 1u << 31), ceilings[i] / 2, ceilings[i] / 2 + 1);
	}
	assert_int_equal(http_retry_backoff_ms(500, UINT32_MAX, UINT32_MAX), 30000);
	assert_int_equal(http_retry_backoff_ms(UINT32_MAX, 1, UINT32_MAX), 30000);
	assert_int_equal(http_retry_backoff_ms(0, 9, UINT32_MAX), 0);
}

static void retry_after_forms(void **state UNUSED)
{
	static const struct {
		const char *value, *date;
		int64_t ms;
	} rows[] = {
		{ "0", "", 0 },
		{ " 12 ", "", 12000 },
		{ "-3", "", -1 },
		{ "", "", -1 },
		{ "soon", "", -1 },
		{ "1.5", "", -1 },
		{ "99999999999999999999", "", -1 },
		{ "9999999999", "", (int64_t)7 * 24 * 3600 * 1000 },
		{ "Fri, 21 Nov 2025 08:00:30 GMT", "Fri, 21 Nov 2025 08:00:00 GMT", 30000 },
		{ "Fri, 21 Nov 2025 07:59:30 GMT", "Fri, 21 Nov 2025 08:00:00 GMT", 0 },
		{ "Friday, 21-Nov-25 08:00:30 GMT", "Fri Nov 21 08:00:00 2025", 30000 },
		/* No clock of the far side: ours, 2025-11-21T08:00:10Z. */
		{ "Fri, 21 Nov 2025 08:00:30 GMT", "", 20000 },
		{ "Fri, 21 Nov 2025 08:00:30 GMT", "yesterday", 20000 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(http_retry_after_ms(str_of(rows[i].value), str_of(rows[i].date), 1763712010000),
		                 rows[i].ms);
}

struct outcome {
	struct script script;
	const char *method;
	int rc;
	unsigned status, attempts;
	bool uncertain;
};

static void check_outcome(const struct outcome *row)
{
	struct http_counters counters;
	struct rig r;

	rig_open(&r, play, (void *)&row->script);
	/* Long enough for an answer on a machine that stands still, but where it is waited for in vain. */
	r.target.timeout_ms = row->script.steps[0] == SILENT ? SILENCE_MS : 60000;
	assert_int_equal(rig_do(&r, row->method, "/x?name=Lovelace"), row->rc);
	assert_int_equal(r.answer.status, row->status);
	assert_int_equal(r.answer.attempts, row->attempts);
	assert_int_equal(r.answer.uncertain, row->uncertain);
	assert_int_equal(peer_count(r.peer), row->attempts);
	/* Each attempt is a call for whoever counts them against an allowance. */
	assert_int_equal(r.target.calls[strcmp(row->method, "GET") == 0 ? HTTP_USE_READ : HTTP_USE_WRITE],
	                 row->attempts);
	assert_null(strstr(r.err.text, "Lovelace"));
	counters = http_counters_of(r.client);
	assert_int_equal(counters.started, 1);
	assert_int_equal(counters.retried, row->attempts - 1);
	assert_int_equal(counters.answered, row->rc == 0);
	assert_int_equal(counters.failed, row->rc != 0);
	rig_close(&r);
}

static void outcomes(void **state UNUSED)
{
	static const struct outcome rows[] = {
		{ { { 503, 200 }, NULL }, "GET", 0, 200, 2, false },
		{ { { 502, 504, 503, 200 }, NULL }, "GET", 0, 200, 4, false },
		{ { { 503 }, NULL }, "GET", 0, 503, 4, false },
		{ { { 500, 200 }, NULL }, "GET", 0, 500, 1, false },
		{ { { 503, 200 }, NULL }, "POST", 0, 503, 1, false },
		{ { { 429, 200 }, NULL }, "POST", 0, 200, 2, false },
		{ { { 429, 429, 503 }, NULL }, "POST", 0, 503, 3, false },
		{ { { DROP, 200 }, NULL }, "GET", 0, 200, 2, false },
		{ { { DROP, 200 }, NULL }, "POST", ERR_NETWORK, 0, 1, true },
		{ { { HALF, 200 }, NULL }, "PUT", 0, 200, 2, false },
		{ { { HALF, 200 }, NULL }, "POST", ERR_NETWORK, 0, 1, true },
		{ { { DROP }, NULL }, "GET", ERR_NETWORK, 0, 4, true },
		{ { { SILENT, 200 }, NULL }, "GET", 0, 200, 2, false },
		{ { { SILENT, 200 }, NULL }, "POST", ERR_TIMEOUT, 0, 1, true },
		/* The lost attempt may have worked: a no that comes later does not unsay it, a yes does. */
		{ { { DROP, 409 }, NULL }, "PUT", 0, 409, 2, true },
		{ { { DROP, 201 }, NULL }, "PUT", 0, 201, 2, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_outcome(&rows[i]);
}

static void never_sent_is_tried_again_and_certain(void **state UNUSED)
{
	struct rig r;

	rig_open(&r, play, NULL);
	peer_close(&r.peer);
	r.target.base = STR("http://127.0.0.1:1");
	assert_int_equal(rig_do(&r, "POST", "/x?name=Lovelace"), ERR_NETWORK);
	assert_int_equal(r.answer.attempts, 4);
	assert_false(r.answer.uncertain);
	assert_non_null(strstr(r.err.text, "127.0.0.1:1: no connection"));
	assert_null(strstr(r.err.text, "Lovelace"));
	r.target.base = STR("http://no-such-host.invalid");
	r.target.attempts = 1;
	assert_int_equal(rig_do(&r, "POST", "/x"), ERR_NETWORK);
	assert_non_null(strstr(r.err.text, "no-such-host.invalid"));
	http_client_close(&r.client);
	arena_release(&r.arena);
}

static void drop_second_on_a_connection(struct peer_call *call, void *context)
{
	size_t *handled = context;

	if (call->number == 2) {
		peer_drop(call);
		return;
	}
	(*handled)++;
	peer_answer(call, 200, "", STR("x"));
}

/* libcurl alone would send the POST again: the peer would count three. */
static void lost_kept_connection_does_not_repeat_a_post(void **state UNUSED)
{
	size_t handled = 0;
	struct rig r;

	rig_open(&r, drop_second_on_a_connection, &handled);
	assert_int_equal(rig_do(&r, "POST", "/1"), 0);
	assert_int_equal(rig_do(&r, "POST", "/2"), ERR_NETWORK);
	assert_true(r.answer.uncertain);
	assert_int_equal(peer_count(r.peer), 2);
	rig_close(&r);
}

static void lost_kept_connection_repeats_a_get_at_once(void **state UNUSED)
{
	int64_t took = 0;

	/* Whoever waits does so for up to half a minute each time. */
	for (unsigned round = 0; round < 5; round++) {
		size_t handled = 0;
		struct rig r;

		rig_open(&r, drop_second_on_a_connection, &handled);
		r.target.backoff_ms = 30000;
		assert_int_equal(rig_do(&r, "GET", "/1"), 0);
		took -= clock_mono_ns();
		assert_int_equal(rig_do(&r, "GET", "/2"), 0);
		took += clock_mono_ns();
		assert_int_equal(r.answer.attempts, 2);
		assert_int_equal(peer_count(r.peer), 3);
		rig_close(&r);
	}
	assert_true(took < 15000000000);
}

static void retry_after_is_waited_for(void **state UNUSED)
{
	static const char *rows[] = {
		"Retry-After: 1\r\n",
		"Date: Fri, 21 Nov 2025 08:00:00 GMT\r\nRetry-After: Fri, 21 Nov 2025 08:00:01 GMT\r\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct script script = { { 429, 200 }, rows[i] };
		int64_t before = clock_mono_ns();
		struct rig r;

		rig_open(&r, play, &script);
		assert_int_equal(rig_do(&r, "POST", "/x"), 0);
		assert_int_equal(r.answer.status, 200);
		assert_in_range(clock_mono_ns() - before, 1000000000, 20000000000);
		rig_close(&r);
	}
}

static void answer_429_first(struct peer_call *call, void *context UNUSED)
{
	if (call->number == 1)
		peer_answer(call, 429, "Retry-After: 1\r\n", STR_EMPTY);
	else
		peer_answer(call, 200, "", STR_EMPTY);
}

static void a_429_pauses_the_whole_target(void **state UNUSED)
{
	struct http_future *futures[20];
	struct http_request request;
	int64_t before;
	struct rig r;

	rig_open(&r, answer_429_first, NULL);
	r.target.window = 1;
	request = rig_request(&r, "GET", "/");
	before = clock_mono_ns();
	for (size_t i = 0; i < ARRAY_LEN(futures); i++)
		futures[i] = http_start(r.client, &request);
	for (size_t i = 0; i < ARRAY_LEN(futures); i++) {
		assert_int_equal(http_wait(&futures[i], &r.arena, &r.answer, &r.err), 0);
		assert_int_equal(r.answer.status, 200);
		assert_true(r.answer.sent_ns - before > 1000000000);
	}
	assert_int_equal(peer_count(r.peer), 21);
	rig_close(&r);
}

static void a_very_long_pause_is_told_and_obeyed(void **state UNUSED)
{
	struct script script = { { 429 }, "Retry-After: 3600\r\n" };
	struct rig r;

	rig_open(&r, play, &script);
	assert_int_equal(rig_do(&r, "GET", "/x"), 0);
	assert_int_equal(r.answer.status, 429);
	assert_true(str_eq_c(http_header_of(&r.answer, "Retry-After"), "3600"));
	assert_int_equal(rig_do(&r, "GET", "/x"), ERR_RATE);
	assert_false(r.answer.uncertain);
	assert_int_equal(r.answer.attempts, 0);
	assert_non_null(strstr(r.err.text, " s;"));
	assert_int_equal(peer_count(r.peer), 1);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(retry_classes),
		cmocka_unit_test(backoff_doubles_to_30_s_with_full_jitter),
		cmocka_unit_test(retry_after_forms),
		cmocka_unit_test(outcomes),
		cmocka_unit_test(never_sent_is_tried_again_and_certain),
		cmocka_unit_test(lost_kept_connection_does_not_repeat_a_post),
		cmocka_unit_test(lost_kept_connection_repeats_a_get_at_once),
		cmocka_unit_test(retry_after_is_waited_for),
		cmocka_unit_test(a_429_pauses_the_whole_target),
		cmocka_unit_test(a_very_long_pause_is_told_and_obeyed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Authorization of a target: asked once for all who wait, asked anew after a 401, each request repeated once. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rig.h"

/* A far side that accepts one word, and an owner who knows it after a refresh. */
struct vault {
	_Atomic unsigned current; /* what the far side accepts: "Bearer token-N" */
	_Atomic unsigned known;   /* what authorize gives without a refresh */
	_Atomic unsigned asked, refreshed, at_once, most_at_once;
	_Atomic int delay_ms;
	_Atomic int fail; /* an err_code that authorize fails with */
	_Atomic bool always_refuse;
	_Atomic bool may_be_late;   /* /late is answered now */
	struct http_client *client; /* set: authorize makes a request of its own */
	struct http_target *token_target;
};

static void guard(struct peer_call *call, void *context)
{
	struct vault *v = context;
	char wanted[64];

	if (str_eq_c(call->path, "/token") || str_eq_c(call->path, "/open")) {
		peer_answer(call, peer_header(call, "Authorization").len ? 400 : 200, "", STR("free"));
		return;
	}
	if (str_eq_c(call->path, "/late") && call->number == 1) {
		while (!atomic_load(&v->may_be_late))
			clock_sleep_ms(1);
		peer_answer(call, 401, "", STR("out"));
		return;
	}
	snprintf(wanted, sizeof(wanted), "Bearer token-%u", atomic_load(&v->current));
	if (!v->always_refuse && str_eq_c(peer_header(call, "Authorization"), wanted))
		peer_answer(call, 200, "", STR("in"));
	else
		peer_answer(call, 401, "", STR("out"));
}

static int ask_over_http(struct vault *v, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct http_request request = {
		.target = v->token_target, .method = "POST", .url = STR("/token"), .idempotent = true
	};
	struct http_future *f = http_start(v->client, &request);
	struct http_answer answer;

	return http_wait(&f, &arena, &answer, err);
}

static int authorize(void *context, bool refresh, struct buf *ret_header, struct err *err)
{
	struct vault *v = context;
	unsigned at_once = ++v->at_once;
	int rc = 0;

	if (at_once > v->most_at_once)
		v->most_at_once = at_once;
	v->asked++;
	v->refreshed += refresh;
	clock_sleep_ms(v->delay_ms);
	if (v->client)
		rc = ask_over_http(v, err);
	if (refresh)
		v->known = atomic_load(&v->current);
	v->at_once--;
	if (v->fail)
		rc = err_set(err, (enum err_code)(int)v->fail, "the password is refused");
	if (rc == 0)
		buf_printf(ret_header, "Bearer token-%u", atomic_load(&v->known));
	return rc;
}

static void open_vault(struct rig *r, struct vault *v)
{
	rig_open(r, guard, v);
	r->target.authorize = authorize;
	r->target.context = v;
}

static void *ask_many(void *context)
{
	struct rig *r = context;
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct http_request request = rig_request(r, "POST", "/x");
	size_t right = 0;

	for (int i = 0; i < 20; i++) {
		struct http_future *f = http_start(r->client, &request);
		struct http_answer answer;
		struct err err = ERR_INIT;

		right += http_wait(&f, &arena, &answer, &err) == 0 && answer.status == 200;
	}
	return (void *)right;
}

static size_t ask_from_threads(struct rig *r, size_t threads)
{
	pthread_t ids[16];
	size_t right = 0;
	void *own;

	for (size_t i = 0; i < threads; i++)
		must(pthread_create(&ids[i], NULL, ask_many, r) == 0);
	for (size_t i = 0; i < threads; i++) {
		pthread_join(ids[i], &own);
		right += (size_t)own;
	}
	return right;
}

static void one_question_for_all_who_wait(void **state UNUSED)
{
	struct vault v = { .delay_ms = 30 };
	struct rig r;

	open_vault(&r, &v);
	assert_int_equal(ask_from_threads(&r, 10), 200);
	assert_int_equal(v.asked, 1);
	assert_int_equal(v.refreshed, 0);
	assert_int_equal(peer_count(r.peer), 200);
	rig_close(&r);
}

static void one_refresh_for_all_after_a_401(void **state UNUSED)
{
	struct vault v = { .delay_ms = 20 };
	struct rig r;

	open_vault(&r, &v);
	for (unsigned round = 1; round <= 5; round++) {
		v.current = round;
		assert_int_equal(ask_from_threads(&r, 10), 200);
		assert_int_equal(v.refreshed, round);
		assert_int_equal(v.most_at_once, 1);
		assert_int_equal(http_counters_of(r.client).refreshed, round);
	}
	/* At most the window of eight was refused each time. */
	assert_in_range(peer_count(r.peer), 1000 + 5, 1000 + 5 * 8);
	rig_close(&r);
}

/* Refused long after the others had their refresh: it was sent with the old words, so the new ones are just tried. */
static void a_late_401_asks_for_no_second_refresh(void **state UNUSED)
{
	struct vault v = { .current = 1 };
	struct http_request late;
	struct http_future *f;
	struct rig r;

	open_vault(&r, &v);
	late = rig_request(&r, "POST", "/late");
	f = http_start(r.client, &late);
	for (int i = 0; i < 60000 && peer_count(r.peer) == 0; i++)
		clock_sleep_ms(1);
	assert_int_equal(rig_do(&r, "POST", "/x"), 0);
	assert_int_equal(r.answer.status, 200);
	assert_int_equal(v.refreshed, 1);
	assert_false(http_ready(f));
	atomic_store(&v.may_be_late, true);
	assert_int_equal(http_wait(&f, &r.arena, &r.answer, &r.err), 0);
	assert_int_equal(r.answer.status, 200);
	assert_int_equal(r.answer.attempts, 2);
	assert_int_equal(v.refreshed, 1);
	rig_close(&r);
}

/* A target that was copied, its state with it, is another target: it is asked for its own authorization. */
static void a_copied_target_has_its_own_authorization(void **state UNUSED)
{
	struct vault v = { 0 };
	struct http_target copy;
	struct http_request request;
	struct rig r;

	open_vault(&r, &v);
	assert_int_equal(rig_do(&r, "GET", "/x"), 0);
	copy = r.target;
	request = rig_request(&r, "GET", "/x");
	request.target = &copy;
	assert_int_equal(rig_send(&r, &request), 0);
	assert_int_equal(v.asked, 2);
	rig_close(&r);
}

static void the_second_401_is_the_callers(void **state UNUSED)
{
	struct vault v = { .always_refuse = true };
	struct rig r;

	open_vault(&r, &v);
	r.target.attempts = 1;
	assert_int_equal(rig_do(&r, "POST", "/x"), 0);
	assert_int_equal(r.answer.status, 401);
	assert_int_equal(r.answer.attempts, 2);
	assert_true(str_eq_c(r.answer.body, "out"));
	assert_int_equal(v.refreshed, 1);
	assert_int_equal(peer_count(r.peer), 2);
	rig_close(&r);
}

static void a_header_is_asked_for_again_after_a_while(void **state UNUSED)
{
	struct vault v = { 0 };
	struct rig r;

	open_vault(&r, &v);
	for (int i = 0; i < 10; i++)
		assert_int_equal(rig_do(&r, "GET", "/x"), 0);
	assert_int_equal(v.asked, 1);
	clock_sleep_ms(2100);
	assert_int_equal(rig_do(&r, "GET", "/x"), 0);
	assert_int_equal(r.answer.status, 200);
	assert_int_equal(v.asked, 2);
	assert_int_equal(v.refreshed, 0);
	/* The same words asked for anew, then refused: they are still stale, and refreshed once. */
	v.current = 9;
	assert_int_equal(rig_do(&r, "GET", "/x"), 0);
	assert_int_equal(r.answer.status, 200);
	assert_int_equal(v.refreshed, 1);
	rig_close(&r);
}

static void failure_reaches_all_and_passes(void **state UNUSED)
{
	struct vault v = { .fail = ERR_AUTH, .delay_ms = 50 };
	struct http_future *futures[12];
	struct http_request request;
	struct rig r;

	open_vault(&r, &v);
	request = rig_request(&r, "GET", "/x");
	for (size_t i = 0; i < ARRAY_LEN(futures); i++)
		futures[i] = http_start(r.client, &request);
	for (size_t i = 0; i < ARRAY_LEN(futures); i++) {
		assert_int_equal(http_wait(&futures[i], &r.arena, &r.answer, &r.err), ERR_AUTH);
		assert_string_equal(r.err.text, "the password is refused");
		assert_false(r.answer.uncertain);
	}
	assert_int_equal(v.asked, 1);
	assert_int_equal(peer_count(r.peer), 0);
	v.fail = 0;
	assert_int_equal(rig_do(&r, "GET", "/x"), 0);
	assert_int_equal(r.answer.status, 200);
	rig_close(&r);
}

static int authorize_badly(void *context, bool refresh UNUSED, struct buf *ret_header, struct err *err UNUSED)
{
	buf_add_c(ret_header, context);
	return 0;
}

static void a_header_with_a_line_break_is_refused(void **state UNUSED)
{
	static const char *const rows[] = { "", "Bearer a\r\nX-Evil: 1", "Bearer a\nb" };
	struct vault v = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct rig r;

		open_vault(&r, &v);
		r.target.authorize = authorize_badly;
		r.target.context = (void *)rows[i];
		assert_int_equal(rig_do(&r, "GET", "/x"), ERR_AUTH);
		assert_int_equal(peer_count(r.peer), 0);
		rig_close(&r);
	}
}

static void no_auth_does_not_wait(void **state UNUSED)
{
	struct vault v = { .delay_ms = 300 };
	struct http_request waiting, open;
	struct http_future *f;
	struct rig r;

	open_vault(&r, &v);
	waiting = rig_request(&r, "GET", "/x");
	open = rig_request(&r, "GET", "/open");
	open.no_auth = true;
	f = http_start(r.client, &waiting);
	assert_int_equal(rig_send(&r, &open), 0);
	assert_int_equal(r.answer.status, 200);
	assert_false(http_ready(f));
	assert_int_equal(http_wait(&f, &r.arena, &r.answer, &r.err), 0);
	assert_int_equal(r.answer.status, 200);
	rig_close(&r);
}

static void authorize_may_use_the_client(void **state UNUSED)
{
	struct http_target token_target;
	struct vault v = { .token_target = &token_target };
	struct rig r;

	open_vault(&r, &v);
	r.target.window = 1;
	r.target.rate = 20;
	token_target = (struct http_target) { .base = r.target.base };
	v.client = r.client;
	v.current = 3;
	assert_int_equal(rig_do(&r, "GET", "/x"), 0);
	assert_int_equal(r.answer.status, 200);
	assert_int_equal(v.asked, 2);
	rig_close(&r);
}

static void token_request_hangs(struct peer_call *call UNUSED, void *context UNUSED) {}

static void close_while_authorize_waits(void **state UNUSED)
{
	struct http_target token_target;
	struct vault v = { .token_target = &token_target };
	struct http_request request;
	struct http_future *f;
	struct rig r;

	rig_open(&r, token_request_hangs, NULL);
	r.target.authorize = authorize;
	r.target.context = &v;
	token_target = (struct http_target) { .base = r.target.base };
	v.client = r.client;
	request = rig_request(&r, "GET", "/x");
	f = http_start(r.client, &request);
	for (int i = 0; i < 30000 && peer_count(r.peer) == 0; i++)
		clock_sleep_ms(2);
	http_client_close(&r.client);
	assert_int_equal(http_wait(&f, &r.arena, &r.answer, &r.err), ERR_ABORTED);
	assert_int_equal(v.at_once, 0);
	rig_close(&r);
}

/* After http_cancel nobody may call authorize's owner any more: it may be freed. */
static void cancel_waits_for_authorize(void **state UNUSED)
{
	struct vault *v = calloc(1, sizeof(*v));
	struct http_request request;
	struct http_future *f;
	struct rig r;

	must(v != NULL);
	v->delay_ms = 100;
	rig_open(&r, token_request_hangs, NULL);
	r.target.authorize = authorize;
	r.target.context = v;
	request = rig_request(&r, "GET", "/x");
	f = http_start(r.client, &request);
	while (v->asked == 0)
		clock_sleep_ms(1);
	http_cancel(&f);
	assert_int_equal(v->at_once, 0);
	free(v);
	assert_int_equal(peer_count(r.peer), 0);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_question_for_all_who_wait),
		cmocka_unit_test(one_refresh_for_all_after_a_401),
		cmocka_unit_test(a_late_401_asks_for_no_second_refresh),
		cmocka_unit_test(a_copied_target_has_its_own_authorization),
		cmocka_unit_test(the_second_401_is_the_callers),
		cmocka_unit_test(a_header_is_asked_for_again_after_a_while),
		cmocka_unit_test(failure_reaches_all_and_passes),
		cmocka_unit_test(a_header_with_a_line_break_is_refused),
		cmocka_unit_test(no_auth_does_not_wait),
		cmocka_unit_test(authorize_may_use_the_client),
		cmocka_unit_test(close_while_authorize_waits),
		cmocka_unit_test(cancel_waits_for_authorize),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The server over the wire, when all is well: routes, bodies, keep-alive, errors of handlers, counters, closing. */
#include "server_rig.h"

#define HOST "Host: x\r\n"

static void get_and_headers(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;

	rig_open(&r, (struct http_server_options) { 0 });
	assert_int_equal(ask(&r, "GET /hello HTTP/1.1\r\n" HOST "\r\n", &got), 200);
	assert_non_null(strstr(buf_text(&got), "\r\nDate: "));
	assert_non_null(strstr(buf_text(&got), "\r\nContent-Length: 5\r\n"));
	assert_non_null(strstr(buf_text(&got), "\r\nCache-Control: no-store\r\n"));
	assert_non_null(strstr(buf_text(&got), "\r\nX-Content-Type-Options: nosniff\r\n"));
	assert_non_null(strstr(buf_text(&got), "\r\n\r\nhello"));
	rig_close(&r);
}

static void routes(void **state UNUSED)
{
	static const struct {
		const char *request, *expected;
		unsigned status;
	} rows[] = {
		{ "POST /hooks/hint/s%2Fx?a=1&b=x+y%21&c HTTP/1.1\r\nUser-Agent: me \r\n" HOST
		  "Content-Length: 2\r\n\r\nhi",
		  "POST /hooks/{connection}/{secret} peer=127.0.0.1 connection=[hint] secret=[s/x] ?a=[1] ?b=[x y!] "
		  "?c=[] agent=[me] body=[hi]",
		  200 },
		{ "GET /files/a/b%20c/ HTTP/1.1\r\n" HOST "\r\n", " name=[a/b c/] ", 200 },
		{ "GET /files/ HTTP/1.1\r\n" HOST "\r\n", " name=[] ", 200 },
		{ "GET /files HTTP/1.1\r\n" HOST "\r\n", " name=[] ", 200 },
		{ "GET /files/1/2/3/4/5/6/7/8/9/1/2/3/4/5/6/7/8/9/1/2/3/4/5/6/7/8/9/0 HTTP/1.1\r\n" HOST "\r\n",
		  "name=[1/2/3/4/5/6/7/8/9/1/2/3/4/5/6/7/8/9/1/2/3/4/5/6/7/8/9/0] ", 200 },
		{ "GET /h%65llo HTTP/1.1\r\n" HOST "\r\n", "\r\n\r\nhello", 200 },
		{ "GET /hello HTTP/1.0\r\n\r\n", "Connection: close\r\n", 200 },
		{ "GET /nothing?x HTTP/1.1\r\n" HOST "\r\n", "{\"error\":{\"code\":\"not_found\",", 404 },
		{ "GET /hello/ HTTP/1.1\r\n" HOST "\r\n", "not_found", 404 },
		{ "POST /hooks/hint/ HTTP/1.1\r\n" HOST "\r\n", "not_found", 404 },
		{ "DELETE /echo HTTP/1.1\r\n" HOST "\r\n", "\r\nAllow: POST, PUT\r\n", 405 },
		{ "PROPFIND /hello HTTP/1.1\r\n" HOST "\r\n", "\r\nAllow: GET, HEAD\r\n", 405 },
		{ "GET /wrong?how=fine HTTP/1.1\r\n" HOST "\r\n", "\r\nX-A: b\r\n", 200 },
		{ "GET /wrong?how=split HTTP/1.1\r\n" HOST "\r\n", "\"code\":\"bug\"", 500 },
		{ "GET /wrong?how=length HTTP/1.1\r\n" HOST "\r\n", "\"code\":\"bug\"", 500 },
		{ "GET /wrong?how=status HTTP/1.1\r\n" HOST "\r\n", "\"code\":\"bug\"", 500 },
		{ "GET /wrong?how=nothing HTTP/1.1\r\n" HOST "\r\n", "\"code\":\"bug\"", 500 },
		{ "GET /wrong?how=error HTTP/1.1\r\n" HOST "\r\n",
		  "\r\n\r\n{\"error\":{\"code\":\"conflict\",\"message\":\"it is \\\"there\\\"\",\"hint\":\"look\"}}",
		  409 },
	};
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;

	rig_open(&r, (struct http_server_options) { 0 });
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned status = ask(&r, rows[i].request, &got);

		if (status != rows[i].status || !strstr(buf_text(&got), rows[i].expected))
			fail_msg("%s: %u %s", rows[i].request, status, buf_text(&got));
		assert_null(strstr(buf_text(&got), "stolen"));
	}
	rig_close(&r);
}

static void head_has_no_body(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;
	int fd;

	rig_open(&r, (struct http_server_options) { 0 });
	fd = dial(&r);
	assert_true(say(fd, "HEAD /hello HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"));
	while (hear_some(fd, &got, patience_ms) > 0)
		;
	assert_non_null(strstr(buf_text(&got), "Content-Length: 5\r\n"));
	assert_true(str_ends(buf_str(&got), STR("\r\n\r\n")));
	close(fd);
	rig_close(&r);
}

static void requests_may_come_before_their_turn(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;
	int fd;

	rig_open(&r, (struct http_server_options) { 0 });
	fd = dial(&r);
	assert_true(say(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\none\r\n"
	                    "GET /health HTTP/1.1\r\n" HOST "\r\n"
	                    "POST /echo HTTP/1.1\r\n" HOST
	                    "Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nth\r\n3\r\nree\r\n0\r\nA: b\r\n\r\n"
	                    "GET /hello HTTP/1.1\r\n" HOST "\r\n"));
	shutdown(fd, SHUT_WR);
	while (hear_some(fd, &got, patience_ms) > 0)
		;
	assert_non_null(strstr(buf_text(&got), "body=[one]HTTP/1.1 200"));
	assert_non_null(strstr(buf_text(&got), "helloHTTP/1.1 200"));
	assert_non_null(strstr(buf_text(&got), "body=[three]HTTP/1.1 200"));
	assert_true(str_ends(buf_str(&got), STR("hello")));
	close(fd);
	rig_close(&r);
}

static void a_request_may_drip(void **state UNUSED)
{
	static const char text[] =
	        "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;
	int fd;

	rig_open(&r, (struct http_server_options) { 0 });
	fd = dial(&r);
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		assert_true(say_bytes(fd, &text[i], 1));
		clock_sleep_ms(1);
	}
	assert_int_equal(hear(fd, &got), 200);
	assert_non_null(strstr(buf_text(&got), "body=[abc]"));
	close(fd);
	rig_close(&r);
}

static void large_bodies_both_ways(void **state UNUSED)
{
	size_t len = (size_t)7 << 20;
	SCOPED(buf) struct buf got = BUF_INIT((size_t)32 << 20);
	char *body = malloc(len), head[128];
	struct rig r;
	int fd;

	must(body != NULL);
	memset(body, 'y', len);
	rig_open(&r, (struct http_server_options) { 0 });
	fd = dial(&r);
	snprintf(head, sizeof(head), "POST /hooks/a/b HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", len);
	assert_true(say(fd, head) && say_bytes(fd, body, len));
	assert_int_equal(hear(fd, &got), 200);
	assert_true(got.len > len && got.at[got.len - 1] == ']' && got.at[got.len - 2] == 'y');
	assert_true(say(fd, "GET /large?bytes=9000000 HTTP/1.1\r\n" HOST "\r\n"));
	assert_int_equal(hear(fd, &got), 200);
	assert_true(answer_len(&got) == got.len && got.len > 9000000);
	EVENTUALLY(http_server_counters_of(r.server).held == 0);
	free(body);
	close(fd);
	rig_close(&r);
}

static void continues_when_asked(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;
	int fd;

	rig_open(&r, (struct http_server_options) { 0 });
	fd = dial(&r);
	assert_true(say(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
	assert_int_equal(hear(fd, &got), 100);
	assert_true(say(fd, "ok"));
	assert_int_equal(hear(fd, &got), 200);
	close(fd);
	rig_close(&r);
}

struct crowd {
	const struct rig *rig;
	_Atomic unsigned right;
};

static void *crowd_member(void *context)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct crowd *crowd = context;
	int fd = dial(crowd->rig);

	for (unsigned i = 0; i < 20; i++) {
		char text[160], expected[40];

		snprintf(text, sizeof(text), "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\n%010u", i);
		snprintf(expected, sizeof(expected), "body=[%010u]", i);
		if (say(fd, text) && hear(fd, &got) == 200 && strstr(buf_text(&got), expected))
			atomic_fetch_add(&crowd->right, 1);
	}
	close(fd);
	return NULL;
}

static void a_hundred_clients(void **state UNUSED)
{
	struct http_server_counters seen;
	pthread_t threads[100];
	struct rig r;
	struct crowd crowd = { .rig = &r };

	rig_open(&r, (struct http_server_options) { 0 });
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		must(pthread_create(&threads[i], NULL, crowd_member, &crowd) == 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(crowd.right, 2000);
	EVENTUALLY(http_server_counters_of(r.server).connections == 0);
	seen = http_server_counters_of(r.server);
	assert_int_equal(seen.requests[2], 2000);
	assert_int_equal(seen.accepted, 100);
	assert_int_equal(seen.queued + seen.running + seen.held + seen.busy, 0);
	assert_true(seen.bytes_in > 2000 * 60 && seen.bytes_out > 2000 * 100);
	rig_close(&r);
}

/* R41: what may be logged is the pattern, never the path. */
static void access_is_noted_by_pattern(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;

	rig_open(&r, (struct http_server_options) { 0 });
	assert_int_equal(ask(&r, "POST /hooks/hint/Lovelace HTTP/1.1\r\n" HOST "\r\n", &got), 200);
	EVENTUALLY(r.accesses == 1);
	assert_string_equal(r.method, "POST");
	assert_string_equal(r.pattern, "/hooks/{connection}/{secret}");
	assert_int_equal(r.status, 200);
	assert_int_equal(ask(&r, "LOVELACE /Lovelace HTTP/1.1\r\n" HOST "\r\n", &got), 404);
	EVENTUALLY(r.accesses == 2);
	assert_string_equal(r.method, "other");
	assert_string_equal(r.pattern, "none");
	assert_int_equal(r.status, 404);
	rig_close(&r);
}

static void blocked_workers_do_not_block_the_web_thread(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct http_server_counters seen;
	struct rig r;
	int fds[4];

	rig_open(&r, (struct http_server_options) { .workers = 2, .queue = 2 });
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		fds[i] = dial(&r);
		assert_true(say(fds[i], "GET /gate HTTP/1.1\r\n" HOST "\r\n"));
		/* One after the other: a request that no worker has taken yet stands in the queue. */
		EVENTUALLY(r.blocked == MIN_OF(i + 1, 2) &&
		           r.blocked + http_server_counters_of(r.server).queued == i + 1);
	}
	assert_int_equal(http_server_counters_of(r.server).queued, 2);
	assert_int_equal(ask(&r, "GET /health HTTP/1.1\r\n" HOST "\r\n", &got), 200);
	assert_int_equal(ask(&r, "GET /hello HTTP/1.1\r\n" HOST "\r\n", &got), 503);
	assert_non_null(strstr(buf_text(&got), "\r\nRetry-After: 1\r\n"));
	seen = http_server_counters_of(r.server);
	assert_int_equal(seen.busy, 1);
	assert_int_equal(seen.running, 2);
	atomic_store(&r.open, true);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		assert_int_equal(hear(fds[i], &got), 200);
		close(fds[i]);
	}
	rig_close(&r);
}

static void *close_it(void *context)
{
	struct rig *r = context;

	http_server_close(&r->server);
	return NULL;
}

static void closing_answers_what_is_under_way(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int running[8], idle, fresh;
	pthread_t closer;
	struct rig r;

	rig_open(&r, (struct http_server_options) { .workers = 2, .close_ms = 20000 });
	idle = dial(&r);
	assert_true(say(idle, "GET /hello HTTP/1.1\r\n" HOST "\r\n"));
	assert_int_equal(hear(idle, &got), 200);
	for (size_t i = 0; i < ARRAY_LEN(running); i++) {
		running[i] = dial(&r);
		assert_true(say(running[i], "GET /gate HTTP/1.1\r\n" HOST "\r\n"));
	}
	EVENTUALLY(r.blocked == 2 && http_server_counters_of(r.server).queued == 6);
	at.sin_port = htons((uint16_t)http_server_port(r.server));
	must(pthread_create(&closer, NULL, close_it, &r) == 0);
	assert_true(closed(idle));
	fresh = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_not_equal(connect(fresh, (struct sockaddr *)&at, sizeof(at)), 0);
	atomic_store(&r.open, true);
	for (size_t i = 0; i < ARRAY_LEN(running); i++) {
		assert_int_equal(hear(running[i], &got), 200);
		assert_non_null(strstr(buf_text(&got), "\r\nConnection: close\r\n"));
		assert_true(closed(running[i]));
		close(running[i]);
	}
	pthread_join(closer, NULL);
	assert_null(r.server);
	close(fresh);
	close(idle);
}

static void closing_does_not_wait_for_ever(void **state UNUSED)
{
	struct rig r;
	pthread_t closer;
	int waiting[3], half;

	rig_open(&r, (struct http_server_options) { .workers = 1, .close_ms = 50 });
	half = dial(&r);
	assert_true(say(half, "GET /hello HT"));
	for (size_t i = 0; i < ARRAY_LEN(waiting); i++) {
		waiting[i] = dial(&r);
		assert_true(say(waiting[i], "GET /gate HTTP/1.1\r\n" HOST "\r\n"));
	}
	EVENTUALLY(r.blocked == 1 && http_server_counters_of(r.server).queued == 2);
	must(pthread_create(&closer, NULL, close_it, &r) == 0);
	assert_true(closed(half));
	for (size_t i = 0; i < ARRAY_LEN(waiting); i++) {
		assert_true(closed(waiting[i]));
		close(waiting[i]);
	}
	/* The handler that runs is waited for. */
	atomic_store(&r.open, true);
	pthread_join(closer, NULL);
	assert_int_equal(r.blocked, 1);
	close(half);
}

static void wrong_setups_are_refused(void **state UNUSED)
{
	static const struct http_route bad_routes[] = {
		{ "GET", "no-slash", hello },
		{ "GET", "/a/", hello },
		{ "GET", "/{}", hello },
		{ "GET", "/{a", hello },
		{ "GET", "/{rest*}/x", hello },
		{ "FETCH", "/", hello },
		{ "GET", "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}", hello },
		{ "GET", "/", NULL },
	};
	static const struct http_server_options bad_options[] = {
		{ .address = "example.org" },
		{ .port = 70000 },
		{ .workers = 17 },
		{ .cert_file = "/dev/null" },
		{ .cert_file = "/dev/null", .key_file = "/dev/null" },
	};
	struct http_server_options options = { 0 };
	struct http_server *server;
	struct err err = ERR_INIT;
	struct rig r;

	for (size_t i = 0; i < ARRAY_LEN(bad_routes); i++)
		assert_int_equal(http_server_open(&options, &bad_routes[i], 1, &server, &err), ERR_CONFIG);
	for (size_t i = 0; i < ARRAY_LEN(bad_options); i++)
		assert_int_equal(http_server_open(&bad_options[i], rig_routes, 1, &server, &err), ERR_CONFIG);
	rig_open(&r, options);
	options.port = http_server_port(r.server);
	assert_int_equal(http_server_open(&options, rig_routes, 1, &server, &err), ERR_SYSTEM);
	assert_null(server);
	rig_close(&r);
}

/* One worker, many answers under way: it waits for none of them. */
static void answers_may_come_later(void **state UNUSED)
{
	enum { MANY = 20 };
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	int fds[MANY];
	struct rig r;

	rig_open(&r, (struct http_server_options) { .workers = 1 });
	for (size_t i = 0; i < MANY; i++) {
		fds[i] = dial(&r);
		assert_true(say(fds[i], "GET /later HTTP/1.1\r\n" HOST "\r\n"));
	}
	EVENTUALLY(r.put_off == MANY);
	assert_int_equal(ask(&r, "GET /later?at_once=1 HTTP/1.1\r\n" HOST "\r\n", &got), 200);
	assert_non_null(strstr(buf_text(&got), "once"));
	close(fds[0]); /* who does not wait for it does no harm */
	atomic_store(&r.open, true);
	for (size_t i = 1; i < MANY; i++) {
		buf_clear(&got);
		assert_int_equal(hear(fds[i], &got), 200);
		assert_non_null(strstr(buf_text(&got), "last"));
		close(fds[i]);
	}
	rig_close(&r);
}

static void *open_the_gate(void *context)
{
	struct rig *r = context;

	clock_sleep_ms(50);
	atomic_store(&r->open, true);
	return NULL;
}

/* Closing gives up on the client, never on who still has the answer in hand. */
static void closing_waits_for_later_answers(void **state UNUSED)
{
	pthread_t thread;
	struct rig r;
	int fd;

	rig_open(&r, (struct http_server_options) { .workers = 1, .close_ms = 1 });
	fd = dial(&r);
	assert_true(say(fd, "GET /later HTTP/1.1\r\n" HOST "\r\n"));
	EVENTUALLY(r.put_off == 1);
	must(pthread_create(&thread, NULL, open_the_gate, &r) == 0);
	http_server_close(&r.server);
	assert_true(r.open);
	pthread_join(thread, NULL);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(get_and_headers),
		cmocka_unit_test(routes),
		cmocka_unit_test(head_has_no_body),
		cmocka_unit_test(requests_may_come_before_their_turn),
		cmocka_unit_test(a_request_may_drip),
		cmocka_unit_test(large_bodies_both_ways),
		cmocka_unit_test(continues_when_asked),
		cmocka_unit_test(a_hundred_clients),
		cmocka_unit_test(access_is_noted_by_pattern),
		cmocka_unit_test(blocked_workers_do_not_block_the_web_thread),
		cmocka_unit_test(answers_may_come_later),
		cmocka_unit_test(closing_waits_for_later_answers),
		cmocka_unit_test(closing_answers_what_is_under_way),
		cmocka_unit_test(closing_does_not_wait_for_ever),
		cmocka_unit_test(wrong_setups_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

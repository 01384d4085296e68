/* What no honest client sends: each is refused, answered where that is possible, and the server goes on. */
#include "abuse.h"
#include "server_rig.h"

#include <sys/resource.h>

/* One row: the answer is of that status, says so in JSON, and the connection ends without waiting for a deadline. */
static void check_refused(const struct rig *r, const struct abuse *row, struct buf *got)
{
	int64_t before = clock_mono_ns();
	int fd = dial(r);
	unsigned status;

	assert_true(say_bytes(fd, row->bytes, row->len));
	status = hear(fd, got);
	if (status != row->status)
		fail_msg("%s: %u", row->why, status);
	assert_non_null(strstr(buf_text(got), "{\"error\":{\"code\":\""));
	if (!row->stays && !strstr(buf_text(got), "\r\nConnection: close\r\n"))
		fail_msg("%s: may go on", row->why);
	shutdown(fd, SHUT_WR);
	if (!closed(fd) || clock_mono_ns() - before > 20000000000)
		fail_msg("%s: not closed", row->why);
	close(fd);
}

static void each_is_refused(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;

	rig_open(&r, (struct http_server_options) { 0 });
	for (size_t i = 0; i < ARRAY_LEN(abuses); i++) {
		unsigned status;

		check_refused(&r, &abuses[i], &got);
		status = ask(&r, "GET /hello HTTP/1.1\r\n" HOST "\r\n", &got);
		if (status != 200)
			fail_msg("after %s: %u", abuses[i].why, status);
	}
	assert_int_equal(http_server_counters_of(r.server).held, 0);
	rig_close(&r);
}

/* The bytes after a refused request are never taken for another one. */
static void nothing_is_smuggled(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;
	int fd;

	rig_open(&r, (struct http_server_options) { 0 });
	fd = dial(&r);
	assert_true(say(fd, POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
	                         "GET /hello HTTP/1.1\r\n" HOST "\r\n"));
	shutdown(fd, SHUT_WR);
	while (hear_some(fd, &got, patience_ms) > 0)
		;
	assert_non_null(strstr(buf_text(&got), "HTTP/1.1 400 "));
	assert_null(strstr(buf_text(&got), "hello"));
	assert_int_equal(r.accesses, 1);
	close(fd);
	rig_close(&r);
}

static void heads_are_bounded(void **state UNUSED)
{
	SCOPED(buf) struct buf text = BUF_INIT(1 << 20);
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;

	rig_open(&r, (struct http_server_options) { 0 });
	buf_add_c(&text, "GET /hello HTTP/1.1\r\n" HOST "X-A: ");
	while (text.len < (16 << 10) - 4)
		buf_add_char(&text, 'a');
	buf_add_c(&text, "\r\n\r\n");
	assert_int_equal(text.len, 16 << 10);
	assert_int_equal(ask(&r, buf_text(&text), &got), 200);
	text.len -= 4;
	buf_add_c(&text, "a\r\n\r\n");
	assert_int_equal(ask(&r, buf_text(&text), &got), 431);
	buf_clear(&text);
	buf_add_c(&text, "GET /hello HTTP/1.1\r\n" HOST);
	for (unsigned i = 0; i < 100; i++)
		buf_printf(&text, "X-%u: y\r\n", i);
	buf_add_c(&text, "\r\n");
	assert_int_equal(ask(&r, buf_text(&text), &got), 431);
	rig_close(&r);
}

/* 413 comes before the body, and comes through although the client writes on. */
static void large_bodies_are_not_read(void **state UNUSED)
{
	static char block[65536];
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;
	int fd;

	rig_open(&r, (struct http_server_options) { 0 });
	fd = dial(&r);
	assert_true(say(fd, POST "Content-Length: 1000000000\r\n\r\n"));
	for (unsigned i = 0; i < 3; i++)
		(void)say_bytes(fd, block, sizeof(block));
	assert_int_equal(hear(fd, &got), 413);
	while (say_bytes(fd, block, sizeof(block)))
		;
	assert_true(http_server_counters_of(r.server).bytes_in < 1000);
	close(fd);
	rig_close(&r);
}

/* Most clients look for an answer only when all is sent. */
static void who_is_refused_hears_it(void **state UNUSED)
{
	static const struct {
		const char *head;
		size_t megabytes;
		unsigned pause_ms; /* after each 64 KB */
		unsigned status;
	} rows[] = {
		{ "POST /small HTTP/1.1\r\n" HOST, 1, 0, 413 },   { "POST /small HTTP/1.1\r\n" HOST, 7, 0, 413 },
		{ "POST /nowhere HTTP/1.1\r\n" HOST, 4, 0, 404 }, { "POST /hello HTTP/1.1\r\n" HOST, 4, 0, 405 },
		{ "POST /small HTTP/1.1\r\n" HOST, 2, 45, 413 },
	};
	static char block[65536];
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;

	rig_open(&r, (struct http_server_options) { 0 });
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int fd = dial(&r);

		buf_clear(&got);
		buf_printf(&got, "%sContent-Length: %zu\r\n\r\n", rows[i].head, rows[i].megabytes << 20);
		assert_true(say(fd, buf_text(&got)));
		for (size_t n = 0; n < rows[i].megabytes << 4; n++) {
			assert_true(say_bytes(fd, block, sizeof(block)));
			clock_sleep_ms(rows[i].pause_ms);
		}
		assert_int_equal(hear(fd, &got), rows[i].status);
		close(fd);
	}
	EVENTUALLY(http_server_counters_of(r.server).connections == 0);
	rig_close(&r);
}

static void a_drip_ends_at_the_deadline(void **state UNUSED)
{
	static const char *const starts[] = { "GET /hello HTTP/1.1\r\n" HOST "X-A: ",
		                              POST "Content-Length: 100000\r\n\r\n" };
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;

	rig_open(&r, (struct http_server_options) { .request_ms = 300 });
	for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
		int64_t before = clock_mono_ns(), took_ms;
		int fd = dial(&r);

		assert_true(say(fd, starts[i]));
		while (hear_some(fd, &got, 10) == -1 && say(fd, "a"))
			;
		took_ms = (clock_mono_ns() - before) / 1000000;
		assert_non_null(strstr(buf_text(&got), "HTTP/1.1 408 "));
		assert_true(took_ms >= 299 && took_ms < 20000);
		close(fd);
		buf_clear(&got);
	}
	assert_int_equal(http_server_counters_of(r.server).late, 2);
	rig_close(&r);
}

static void silence_is_closed(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;
	int silent, idle;

	rig_open(&r, (struct http_server_options) { .request_ms = 200, .idle_ms = 200 });
	silent = dial(&r);
	/* On a machine that stands still it is closed before it has spoken: then another one. */
	for (idle = dial(&r); !say(idle, "GET /hello HTTP/1.1\r\n" HOST "\r\n") || hear(idle, &got) != 200;) {
		close(idle);
		idle = dial(&r);
	}
	assert_true(closed(silent));
	assert_true(closed(idle));
	close(silent);
	close(idle);
	rig_close(&r);
}

/* A client that asks for much and reads nothing. */
static void slow_readers_are_closed(void **state UNUSED)
{
	struct rig r;
	int fd;

	rig_open(&r, (struct http_server_options) { .idle_ms = 100 });
	fd = dial_with(http_server_port(r.server), 4096);
	assert_true(say(fd, "GET /large?bytes=20000000 HTTP/1.1\r\n" HOST "\r\n"));
	EVENTUALLY(http_server_counters_of(r.server).late == 1 && http_server_counters_of(r.server).connections == 0);
	close(fd);
	rig_close(&r);
}

static void connections_are_bounded(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;
	int busy[3], idle, more;

	rig_open(&r, (struct http_server_options) { .connections = 4 });
	for (size_t i = 0; i < ARRAY_LEN(busy); i++) {
		busy[i] = dial(&r);
		assert_true(say(busy[i], "GET /hel"));
	}
	idle = dial(&r);
	assert_true(say(idle, "GET /hello HTTP/1.1\r\n" HOST "\r\n"));
	assert_int_equal(hear(idle, &got), 200);
	EVENTUALLY(http_server_counters_of(r.server).connections == 4);
	/* The newcomer takes the place of the one that idles. */
	more = dial(&r);
	assert_true(closed(idle));
	assert_true(say(more, "GET /hel"));
	close(idle);
	/* Now none idles. */
	idle = dial(&r);
	assert_true(closed(idle));
	assert_int_equal(http_server_counters_of(r.server).turned_away, 1);
	close(idle);
	for (size_t i = 0; i < ARRAY_LEN(busy); i++) {
		assert_true(say(busy[i], "lo HTTP/1.1\r\n" HOST "\r\n"));
		assert_int_equal(hear(busy[i], &got), 200);
		close(busy[i]);
	}
	close(more);
	rig_close(&r);
}

/* Those that are only read away make room as well. */
static void refused_clients_make_room(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	int answered[2], more;
	struct rig r;

	rig_open(&r, (struct http_server_options) { .connections = ARRAY_LEN(answered) });
	for (size_t i = 0; i < ARRAY_LEN(answered); i++) {
		answered[i] = dial(&r);
		assert_true(say(answered[i], "POST /small HTTP/1.1\r\n" HOST "Content-Length: 99\r\n\r\n"));
		assert_int_equal(hear(answered[i], &got), 413);
	}
	more = dial(&r);
	assert_true(say(more, "GET /hello HTTP/1.1\r\n" HOST "\r\n"));
	assert_int_equal(hear(more, &got), 200);
	assert_int_equal(http_server_counters_of(r.server).turned_away, 0);
	close(more);
	for (size_t i = 0; i < ARRAY_LEN(answered); i++)
		close(answered[i]);
	rig_close(&r);
}

/* Bodies of many clients together. */
static void memory_is_bounded(void **state UNUSED)
{
	static char block[60000];
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;
	int first, second;

	rig_open(&r, (struct http_server_options) { .memory = 100000 });
	first = dial(&r);
	second = dial(&r);
	assert_true(say(first, POST "Content-Length: 60001\r\n\r\n") && say_bytes(first, block, sizeof(block)));
	EVENTUALLY(http_server_counters_of(r.server).held == sizeof(block));
	assert_true(say(second, POST "Content-Length: 60001\r\n\r\n") && say_bytes(second, block, sizeof(block)));
	assert_int_equal(hear(second, &got), 503);
	assert_non_null(strstr(buf_text(&got), "\r\nRetry-After: 1\r\n"));
	assert_true(say(first, "x"));
	assert_int_equal(hear(first, &got), 200);
	EVENTUALLY(http_server_counters_of(r.server).held == 0);
	close(first);
	close(second);
	rig_close(&r);
}

/* A client that leaves: before its answer, within its request, while much is written. */
static void clients_that_leave_do_no_harm(void **state UNUSED)
{
	static const char *const texts[] = { "GET /hel", POST "Content-Length: 9\r\n\r\nabc",
		                             "GET /gate HTTP/1.1\r\n" HOST "\r\n",
		                             "GET /large?bytes=9000000 HTTP/1.1\r\n" HOST "\r\n" };
	const struct linger reset = { .l_onoff = 1 };
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;

	rig_open(&r, (struct http_server_options) { 0 });
	r.open = true;
	for (size_t i = 0; i < 8 * ARRAY_LEN(texts); i++) {
		int fd = dial(&r);

		assert_true(say(fd, texts[i % ARRAY_LEN(texts)]));
		if (i & 8)
			clock_sleep_ms(2);
		if (i & 4)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
	}
	EVENTUALLY(http_server_counters_of(r.server).connections == 0);
	EVENTUALLY(http_server_counters_of(r.server).held == 0);
	assert_int_equal(ask(&r, "GET /hello HTTP/1.1\r\n" HOST "\r\n", &got), 200);
	rig_close(&r);
}

/*
 * Thousands of connections that say nothing, or begin a request and stop: those who work are served meanwhile, and each idle one when it wakes up. Two descriptors each, as both
 * ends are here.
 */
static void thousands_of_idle_connections(void **state UNUSED)
{
	enum { crowd = 2500 };
	static int fds[crowd];
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rlimit limit;
	struct rig r;

	must(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = limit.rlim_max;
	must(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	if (limit.rlim_cur < 2 * crowd + 100) {
		print_message("# SKIP only %llu descriptors\n", (unsigned long long)limit.rlim_cur);
		skip();
	}
	rig_open(&r,
	         (struct http_server_options) { .connections = crowd + 10, .request_ms = 600000, .idle_ms = 600000 });
	for (size_t i = 0; i < crowd; i++) {
		fds[i] = dial(&r);
		assert_true(i % 2 == 0 || say(fds[i], "GET /hea"));
		/* Who does not fit into the queue of those to be accepted comes again after a second. */
		if (i % 100 == 0)
			EVENTUALLY(http_server_counters_of(r.server).connections == i + 1);
	}
	EVENTUALLY(http_server_counters_of(r.server).connections == crowd);
	assert_int_equal(ask(&r, "GET /hello HTTP/1.1\r\n" HOST "\r\n", &got), 200);
	for (size_t i = 0; i < crowd; i++) {
		assert_true(
		        say(fds[i], i % 2 ? "lth HTTP/1.1\r\n" HOST "\r\n" : "GET /health HTTP/1.1\r\n" HOST "\r\n"));
		assert_int_equal(hear(fds[i], &got), 200);
		close(fds[i]);
	}
	assert_int_equal(http_server_counters_of(r.server).turned_away, 0);
	rig_close(&r);
}

/* A client that says all it has and closes its half still hears every answer, in order. */
static void half_closed_clients_hear_their_answers(void **state UNUSED)
{
	static const char requests[] = POST "Content-Length: 3\r\n\r\nabc"
	                                    "GET /hello HTTP/1.1\r\n" HOST "\r\n"
	                                    "GET /nowhere HTTP/1.1\r\n" HOST "\r\n"
	                                    "GET /hel";
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	const char *first, *second, *third;
	struct rig r;
	int fd;

	rig_open(&r, (struct http_server_options) { 0 });
	fd = dial(&r);
	assert_true(say(fd, requests));
	shutdown(fd, SHUT_WR);
	while (hear_some(fd, &got, patience_ms) > 0)
		;
	first = strstr(buf_text(&got), "body=[abc]");
	second = first ? strstr(first, "\r\n\r\nhello") : NULL;
	third = second ? strstr(second, "HTTP/1.1 404 ") : NULL;
	assert_non_null(third);
	assert_null(strstr(third + 1, "HTTP/1.1 "));
	close(fd);
	rig_close(&r);
}

/* Descriptors run out: the loop must neither spin nor stop accepting for good. */
static void no_descriptors_left(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rlimit before, small;
	int fds[4], spare;
	struct rig r;

	rig_open(&r, (struct http_server_options) { .idle_ms = 1000 });
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		must(fds[i] >= 0);
	}
	must(getrlimit(RLIMIT_NOFILE, &before) == 0);
	spare = dup(0);
	small = (struct rlimit) { .rlim_cur = (rlim_t)spare, .rlim_max = before.rlim_max };
	close(spare);
	must(setrlimit(RLIMIT_NOFILE, &small) == 0);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		struct sockaddr_in at = { .sin_family = AF_INET,
			                  .sin_port = htons((uint16_t)http_server_port(r.server)),
			                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

		must(connect(fds[i], (struct sockaddr *)&at, sizeof(at)) == 0);
		assert_true(say(fds[i], "GET /hello HTTP/1.1\r\n" HOST "\r\n"));
	}
	assert_int_equal(hear_some(fds[0], &got, 100), -1);
	must(setrlimit(RLIMIT_NOFILE, &before) == 0);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		assert_int_equal(hear(fds[i], &got), 200);
		close(fds[i]);
	}
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_refused),
		cmocka_unit_test(nothing_is_smuggled),
		cmocka_unit_test(heads_are_bounded),
		cmocka_unit_test(large_bodies_are_not_read),
		cmocka_unit_test(who_is_refused_hears_it),
		cmocka_unit_test(a_drip_ends_at_the_deadline),
		cmocka_unit_test(silence_is_closed),
		cmocka_unit_test(slow_readers_are_closed),
		cmocka_unit_test(connections_are_bounded),
		cmocka_unit_test(refused_clients_make_room),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(clients_that_leave_do_no_harm),
		cmocka_unit_test(thousands_of_idle_connections),
		cmocka_unit_test(half_closed_clients_hear_their_answers),
		cmocka_unit_test(no_descriptors_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

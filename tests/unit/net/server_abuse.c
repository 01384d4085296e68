/* What no honest client sends: each is refused, answered where that is possible, and the server goes on. */
#include "server_rig.h"

#include <sys/resource.h>

#define HOST       "Host: x\r\n"
#define POST       "POST /echo HTTP/1.1\r\n" HOST
#define NUL_HEADER "GET /hello HTTP/1.1\r\n" HOST "X-A: b\0c\r\n\r\n"

struct row {
	const char *why, *bytes;
	size_t len;
	unsigned status;
};

#define ROW(why_text, text, code)                                                             \
	{                                                                                     \
		.why = (why_text), .bytes = (text), .len = sizeof(text) - 1, .status = (code) \
	}

static const struct row refused[] = {
	ROW("two Content-Length", POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
	ROW("list of lengths", POST "Content-Length: 3, 3\r\n\r\nabc", 400),
	ROW("signed length", POST "Content-Length: +3\r\n\r\nabc", 400),
	ROW("negative length", POST "Content-Length: -1\r\n\r\nabc", 400),
	ROW("hexadecimal length", POST "Content-Length: 0x3\r\n\r\nabc", 400),
	ROW("empty length", POST "Content-Length:\r\n\r\nabc", 400),
	ROW("length over 64 bits", POST "Content-Length: 99999999999999999999\r\n\r\nabc", 400),
	ROW("length and coding", POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
	ROW("coding and length", POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
	ROW("other coding", POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
	ROW("coding twice", POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
	ROW("coding hidden by a tab",
	    POST "Transfer-Encoding: \x0b"
	         "chunked\r\n\r\n0\r\n\r\n",
	    400),
	ROW("coding in HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
	ROW("blank before the colon", POST "Content-Length : 3\r\n\r\nabc", 400),
	ROW("blank in a name", "GET /hello HTTP/1.1\r\n" HOST "X A: b\r\n\r\n", 400),
	ROW("no name", "GET /hello HTTP/1.1\r\n" HOST ": b\r\n\r\n", 400),
	ROW("no colon", "GET /hello HTTP/1.1\r\n" HOST "X-A\r\n\r\n", 400),
	ROW("folded line", "GET /hello HTTP/1.1\r\n" HOST "X-A: b\r\n c\r\n\r\n", 400),
	ROW("NUL in a value", NUL_HEADER, 400),
	ROW("NUL in a name", "GET /hello HTTP/1.1\r\n" HOST "X\0A: b\r\n\r\n", 400),
	ROW("CR in a value", "GET /hello HTTP/1.1\r\n" HOST "X-A: b\rc\r\n\r\n", 400),
	ROW("DEL in a value", "GET /hello HTTP/1.1\r\n" HOST "X-A: \x7f\r\n\r\n", 400),
	ROW("bare LF", "GET /hello HTTP/1.1\n" HOST "\n", 400),
	ROW("bare LF later", "GET /hello HTTP/1.1\r\nHost: x\n\r\n", 400),
	ROW("no Host", "GET /hello HTTP/1.1\r\n\r\n", 400),
	ROW("two Host", "GET /hello HTTP/1.1\r\n" HOST HOST "\r\n", 400),
	ROW("path as Host", "GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
	ROW("TLS on a plain port", "\x16\x03\x01\x02\x00\x01", 400),
	ROW("two blanks", "GET  /hello HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("blank in the target", "GET /he llo HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("no target", "GET\r\n" HOST "\r\n", 400),
	ROW("whole URL", "GET http://x/hello HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("fragment", "GET /hello#x HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("raw UTF-8 in the target", "GET /files/\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("version 2", "GET /hello HTTP/2.0\r\n" HOST "\r\n", 505),
	ROW("version 1.2", "GET /hello HTTP/1.2\r\n" HOST "\r\n", 505),
	ROW("no version", "GET /hello\r\n\r\n", 400),
	ROW("half a code", "GET /files/%4 HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("no code", "GET /files/%zz HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("coded NUL", "GET /files/a%00b HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("overlong UTF-8", "GET /files/%c0%af HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("broken code in the query", "GET /hello?a=%g1 HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("coded NUL in the query", "GET /hello?a=%00 HTTP/1.1\r\n" HOST "\r\n", 400),
	ROW("other expectation", POST "Content-Length: 1\r\nExpect: more\r\n\r\n", 417),
	ROW("no chunk size", POST "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
	ROW("chunk size with sign", POST "Transfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n", 400),
	ROW("chunk size over 32 bits", POST "Transfer-Encoding: chunked\r\n\r\n100000000\r\n", 400),
	ROW("chunk longer than said", POST "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", 400),
	ROW("NUL in a chunk line", POST "Transfer-Encoding: chunked\r\n\r\n1;\0\r\na\r\n0\r\n\r\n", 400),
	ROW("body over the limit of the route", "POST /small HTTP/1.1\r\n" HOST "Content-Length: 11\r\n\r\n", 413),
	ROW("body over that of the server", POST "Content-Length: 4194305\r\n\r\n", 413),
	ROW("chunk over the limit", "POST /small HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nb\r\n", 413),
	ROW("chunks over the limit",
	    "POST /small HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n5\r\n", 413),
	ROW("body for nobody", "POST /nobody HTTP/1.1\r\n" HOST "Content-Length: 1000000\r\n\r\n", 404),
};

/* One row: the answer is of that status, says so in JSON, and the connection ends without waiting for a deadline. */
static void check_refused(const struct rig *r, const struct row *row, struct buf *got)
{
	int64_t before = clock_mono_ns();
	int fd = dial(r);
	unsigned status;

	assert_true(say_bytes(fd, row->bytes, row->len));
	status = hear(fd, got);
	if (status != row->status || !strstr(buf_text(got), "{\"error\":{\"code\":\"") ||
	    !strstr(buf_text(got), "\r\nConnection: close\r\n"))
		/* A code in path or query is our complaint, not one of framing: the connection may stay. */
		assert_true(status == row->status && status == 400 && strstr(row->bytes, "%"));
	shutdown(fd, SHUT_WR);
	if (!closed(fd) || clock_mono_ns() - before > 5000000000)
		fail_msg("%s: not closed", row->why);
	close(fd);
}

static void each_is_refused(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;

	rig_open(&r, (struct http_server_options) { 0 });
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		unsigned status;

		check_refused(&r, &refused[i], &got);
		status = ask(&r, "GET /hello HTTP/1.1\r\n" HOST "\r\n", &got);
		if (status != 200)
			fail_msg("after %s: %u", refused[i].why, status);
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
	while (hear_some(fd, &got, 10000) > 0)
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
		assert_true(took_ms >= 299 && took_ms < 3000);
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
	idle = dial(&r);
	assert_true(say(idle, "GET /hello HTTP/1.1\r\n" HOST "\r\n"));
	assert_int_equal(hear(idle, &got), 200);
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

/* Kept small here. */
static void many_idle_connections(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	int fds[400];
	struct rig r;

	rig_open(&r, (struct http_server_options) { 0 });
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		fds[i] = dial(&r);
	EVENTUALLY(http_server_counters_of(r.server).connections == ARRAY_LEN(fds));
	assert_int_equal(ask(&r, "GET /hello HTTP/1.1\r\n" HOST "\r\n", &got), 200);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		assert_true(say(fds[i], "GET /health HTTP/1.1\r\n" HOST "\r\n"));
		assert_int_equal(hear(fds[i], &got), 200);
		close(fds[i]);
	}
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
		cmocka_unit_test(each_is_refused),         cmocka_unit_test(nothing_is_smuggled),
		cmocka_unit_test(heads_are_bounded),       cmocka_unit_test(large_bodies_are_not_read),
		cmocka_unit_test(who_is_refused_hears_it), cmocka_unit_test(a_drip_ends_at_the_deadline),
		cmocka_unit_test(silence_is_closed),       cmocka_unit_test(slow_readers_are_closed),
		cmocka_unit_test(connections_are_bounded), cmocka_unit_test(refused_clients_make_room),
		cmocka_unit_test(memory_is_bounded),       cmocka_unit_test(clients_that_leave_do_no_harm),
		cmocka_unit_test(many_idle_connections),   cmocka_unit_test(no_descriptors_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

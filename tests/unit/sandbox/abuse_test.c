/*
 * What no honest client sends, at the server of the stand-in systems: each row of the daemon's table (tests/unit/net/abuse.h). libevent's reader is lenient, so what is asked for is
 * little: it answers or closes, never falls, never carries out what no route is for, and serves the next one.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "../net/abuse.h"
#include "sandbox/server.h"

static const int patience_ms = 60000;

static void hello(void *state UNUSED, struct request *request UNUSED, struct answer *answer)
{
	answer_text(answer, 200, "text/plain", "hello");
}

static void echo(void *state UNUSED, struct request *request, struct answer *answer)
{
	answer_header(answer, "Content-Type", STR("text/plain"));
	buf_add(&answer->body, request->body);
}

static int open_nothing(const struct options *options UNUSED, struct server *server UNUSED, void **ret_state,
                        struct err *err UNUSED)
{
	*ret_state = NULL;
	return 0;
}

static const struct route routes[] = {
	{ "GET", "/hello", hello, 0 },
	{ "POST", "/echo", echo, 0 },
	{ "POST", "/small", echo, 0 },
	{ "GET", "/files/{rest*}", hello, 0 },
};
static const struct vendor vendor = {
	.name = "test", .routes = routes, .route_count = ARRAY_LEN(routes), .open = open_nothing
};

static int set_up(void **state)
{
	static const struct options options;
	struct server *server;
	struct err err = ERR_INIT;

	if (server_open(&vendor, &options, 0, &server, &err) < 0)
		return -1;
	server_start(server);
	*state = server;
	return 0;
}

static int tear_down(void **state)
{
	struct server *server = *state;

	server_free(&server);
	return 0;
}

static int dial(const struct server *server)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_port = htons((uint16_t)server_port(server)),
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	return fd;
}

/* All that comes until the far side closes; false: it did not. A reset is an end too. */
static bool hear_all(int fd, struct buf *got)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n = 1;

	while (n > 0) {
		char *room = buf_room(got, 4096);

		if (!room || poll(&p, 1, patience_ms) <= 0)
			return false;
		n = recv(fd, room, 4096, 0);
		buf_grew(got, n > 0 ? (size_t)n : 0);
	}
	return true;
}

static void say(int fd, const char *bytes, size_t len)
{
	(void)!send(fd, bytes, len, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
}

static bool serves(const struct server *server)
{
	static const char request[] = "GET /hello HTTP/1.0\r\nHost: x\r\n\r\n";
	SCOPED(buf) struct buf got = BUF_INIT(1 << 16);
	int fd = dial(server);
	bool ended;

	(void)!send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL);
	ended = hear_all(fd, &got);
	close(fd);
	return ended && strstr(buf_text(&got), "hello");
}

static void each_is_survived(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(abuses); i++) {
		SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
		int fd = dial(*state);

		say(fd, abuses[i].bytes, abuses[i].len);
		if (!hear_all(fd, &got))
			fail_msg("%s: neither answered nor closed", abuses[i].why);
		if (got.len && !strstr(buf_text(&got), "HTTP/1."))
			fail_msg("%s: answered with something else", abuses[i].why);
		close(fd);
		if (!serves(*state))
			fail_msg("%s: nobody is served afterwards", abuses[i].why);
	}
}

static void a_body_that_claims_to_be_packed_is_refused(void **state)
{
	static const char broken[] =
	        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8bxx";
	SCOPED(buf) struct buf got = BUF_INIT(1 << 16);
	int fd = dial(*state);

	say(fd, broken, sizeof(broken) - 1);
	assert_true(hear_all(fd, &got));
	assert_non_null(strstr(buf_text(&got), "HTTP/1.1 400 "));
	close(fd);
	assert_true(serves(*state));
}

static void heads_are_bounded(void **state)
{
	SCOPED(buf) struct buf text = BUF_INIT(1 << 20), got = BUF_INIT(1 << 16);
	int fd = dial(*state);

	buf_add_c(&text, "GET /hello HTTP/1.1\r\nHost: x\r\nX-A: ");
	while (text.len < (96 << 10))
		buf_add_char(&text, 'a');
	say(fd, text.at, text.len);
	assert_true(hear_all(fd, &got));
	assert_null(strstr(buf_text(&got), " 200 "));
	close(fd);
	assert_true(serves(*state));
}

/* Two descriptors each, as both ends are here. */
static void thousands_of_idle_connections(void **state)
{
	enum { crowd = 2000 };
	static int fds[crowd];
	struct rlimit limit;

	must(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = limit.rlim_max;
	must(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	if (limit.rlim_cur < 2 * crowd + 100) {
		print_message("# SKIP only %llu descriptors\n", (unsigned long long)limit.rlim_cur);
		skip();
	}
	for (size_t i = 0; i < crowd; i++) {
		fds[i] = dial(*state);
		if (i % 2)
			(void)!send(fds[i], "GET /he", 7, MSG_NOSIGNAL);
		/* The queue of those that are not accepted yet is short; who does not fit in comes again after a second. */
		assert_true(i % 50 || serves(*state));
	}
	assert_true(serves(*state));
	for (size_t i = 0; i < crowd; i++)
		close(fds[i]);
	assert_true(serves(*state));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_survived),
		cmocka_unit_test(a_body_that_claims_to_be_packed_is_refused),
		cmocka_unit_test(heads_are_bounded),
		cmocka_unit_test(thousands_of_idle_connections),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

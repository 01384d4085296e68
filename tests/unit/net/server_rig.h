/*
 * server_rig: a server with the routes that the tests share, and a client that is nothing but a socket, since what is tested is mostly what
 * no client library would send. Include after the system headers.
 */
#ifndef SUTURE_TESTS_NET_SERVER_RIG_H
#define SUTURE_TESTS_NET_SERVER_RIG_H

#include "net/http_server.h"
#include "lib/buf.h"
#include "lib/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

/* What a test sees of its server beside the wire. */
struct rig {
	struct http_server *server;
	_Atomic unsigned accesses;
	_Atomic unsigned blocked;     /* handlers that wait in `gate` */
	_Atomic unsigned put_off;     /* answers of `later` that were left to another thread */
	_Atomic bool open;            /* lets them go */
	_Atomic unsigned gone;        /* streams */
	_Atomic uint64_t stream;      /* the latest */
	char method[16], pattern[64]; /* of the latest access; read once `accesses` says so */
	unsigned status;
};

static inline void note_access(void *context, const char *method, const char *pattern, unsigned status, int64_t took_us)
{
	struct rig *r = context;

	snprintf(r->method, sizeof(r->method), "%s", method);
	snprintf(r->pattern, sizeof(r->pattern), "%s", pattern);
	r->status = took_us >= 0 ? status : 0;
	atomic_fetch_add(&r->accesses, 1);
}

static inline int dial_with(unsigned port, int receive_buffer)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_port = htons((uint16_t)port),
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0);
	if (receive_buffer)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
	must(connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	return fd;
}

static inline int dial(const struct rig *r)
{
	return dial_with(http_server_port(r->server), 0);
}

/* False: the far side is gone. */
static inline bool say_bytes(int fd, const void *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		bytes = (const char *)bytes + n;
		len -= (size_t)n;
	}
	return true;
}

static inline bool say(int fd, const char *text)
{
	return say_bytes(fd, text, strlen(text));
}

/* On a machine that is busy with something else, nothing is quick. */
enum { patience_ms = 60000 };

/* More of what comes into `got`; 0 at the end, -1 when nothing came in time. */
static inline ssize_t hear_some(int fd, struct buf *got, int within_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char *room = buf_room(got, 65536);
	ssize_t n;

	must(room != NULL);
	if (poll(&p, 1, within_ms) <= 0)
		return -1;
	n = recv(fd, room, 65536, 0);
	buf_grew(got, n > 0 ? (size_t)n : 0);
	return n > 0 ? n : 0;
}

/* Bytes of the first answer in `got`, or 0 when it is not complete. */
static inline size_t answer_len(const struct buf *got)
{
	const char *end = strstr(buf_text(got), "\r\n\r\n");
	const char *length = strcasestr(buf_text(got), "\r\nContent-Length: ");
	size_t len = end ? (size_t)(end - buf_text(got)) + 4 : 0;

	if (len > 0 && length && length < end)
		len += strtoul(length + 18, NULL, 10);
	return len <= got->len ? len : 0;
}

/* One answer, kept in `got`. The status, or 0: the connection ended, or ten seconds went by. */
static inline unsigned hear(int fd, struct buf *got)
{
	buf_clear(got);
	while (answer_len(got) == 0)
		if (hear_some(fd, got, patience_ms) <= 0)
			return 0;
	return (unsigned)strtoul(buf_text(got) + 9, NULL, 10);
}

/* Has the far side closed (within a minute)? What comes before is thrown away. */
static inline bool closed(int fd)
{
	SCOPED(buf) struct buf rest = BUF_INIT((size_t)64 << 20);
	ssize_t n;

	while ((n = hear_some(fd, &rest, patience_ms)) > 0)
		;
	return n == 0;
}

/* One request on a connection of its own. */
static inline unsigned ask(const struct rig *r, const char *request, struct buf *got)
{
	int fd = dial(r);
	unsigned status;

	(void)say(fd, request);
	status = hear(fd, got);
	close(fd);
	return status;
}

/* Waits up to a minute for what another thread does. */
#define EVENTUALLY(condition)                                        \
	for (int tries_ = 0; !(condition); tries_++) {               \
		if (tries_ == 12000)                                 \
			fail_msg("never came true: %s", #condition); \
		clock_sleep_ms(5);                                   \
	}

/* ---- handlers ---- */

/* Says what it was asked. */
static inline void echo(void *context UNUSED, const struct http_asked *asked, struct arena *arena,
                        struct http_reply *ret)
{
	SCOPED(buf) struct buf out = BUF_INIT((size_t)32 << 20);

	buf_printf(&out, "%s %s peer=%.*s", asked->method, asked->pattern, STR_ARG(asked->peer));
	for (size_t i = 0; i < asked->param_count; i++)
		buf_printf(&out, " %.*s=[%.*s]", STR_ARG(asked->params[i].name), STR_ARG(asked->params[i].value));
	for (size_t i = 0; i < asked->query_count; i++)
		buf_printf(&out, " ?%.*s=[%.*s]", STR_ARG(asked->queries[i].name), STR_ARG(asked->queries[i].value));
	buf_printf(&out, " agent=[%.*s] body=[", STR_ARG(http_asked_header(asked, "USER-agent")));
	buf_add(&out, asked->body);
	buf_add_char(&out, ']');
	ret->status = asked->received_ms > 0 && asked->received_ns > 0 ? 200 : 500;
	ret->content_type = "text/plain";
	ret->body = arena_str(arena, buf_str(&out));
}

static inline void hello(void *context UNUSED, const struct http_asked *asked UNUSED, struct arena *arena UNUSED,
                         struct http_reply *ret)
{
	ret->status = 200;
	ret->content_type = "text/plain";
	ret->body = STR("hello");
}

/* Answers that are put off: each by a thread of its own once the gate is open, or at once. */
struct put_off {
	struct rig *rig;
	const struct http_asked *asked;
	struct http_reply *reply;
	bool at_once;
};

static inline void *answer_later(void *context)
{
	const struct put_off *p = context;
	struct rig *r = p->rig;

	while (!p->at_once && !atomic_load(&r->open))
		clock_sleep_ms(1);
	http_reply_json(p->reply, p->at_once ? STR("{\"at\":\"once\"}") : STR("{\"at\":\"last\"}"));
	http_reply_now(p->asked);
	return NULL;
}

static inline void later(void *context, const struct http_asked *asked, struct arena *arena, struct http_reply *ret)
{
	struct put_off *p = arena_new(arena, struct put_off);
	struct rig *r = context;
	pthread_t thread;

	*p = (struct put_off) { r, asked, ret, http_query(asked, "at_once").at != NULL };
	http_reply_later(asked);
	atomic_fetch_add(&r->put_off, 1);
	if (p->at_once) {
		answer_later(p);
		return;
	}
	must(pthread_create(&thread, NULL, answer_later, p) == 0);
	pthread_detach(thread);
}

/* Blocks until the test opens the gate. */
static inline void gate(void *context, const struct http_asked *asked UNUSED, struct arena *arena UNUSED,
                        struct http_reply *ret)
{
	struct rig *r = context;

	atomic_fetch_add(&r->blocked, 1);
	while (!atomic_load(&r->open))
		clock_sleep_ms(1);
	ret->status = 200;
	ret->body = STR("through");
}

/* As many bytes as ?bytes= says. */
static inline void large(void *context UNUSED, const struct http_asked *asked, struct arena *arena,
                         struct http_reply *ret)
{
	int64_t len = 0;
	char *bytes;

	must(str_to_i64(http_query(asked, "bytes"), &len) && len >= 0);
	bytes = arena_alloc_bytes(arena, (size_t)len + 1);
	memset(bytes, 'x', (size_t)len);
	ret->status = 200;
	ret->body = str_range(bytes, (size_t)len);
}

static inline void on_gone(void *context, uint64_t stream UNUSED)
{
	struct rig *r = context;

	atomic_fetch_add(&r->gone, 1);
}

static inline void events(void *context, const struct http_asked *asked, struct arena *arena UNUSED,
                          struct http_reply *ret)
{
	struct rig *r = context;
	uint64_t id = http_stream_start(asked, ret, on_gone, r);

	must(http_stream_send(r->server, id, "first", STR("before the answer")));
	atomic_store(&r->stream, id);
}

/* Wrong in the way that ?how= says. */
static inline void wrong(void *context UNUSED, const struct http_asked *asked, struct arena *arena,
                         struct http_reply *ret)
{
	struct str how = http_query(asked, "how");

	ret->status = str_eq_c(how, "status") ? 99 : 200;
	if (str_eq_c(how, "split"))
		http_reply_header(ret, arena, "X-A", STR("b\r\nSet-Cookie: stolen=1"));
	if (str_eq_c(how, "length"))
		http_reply_header(ret, arena, "Content-Length", STR("1"));
	if (str_eq_c(how, "fine"))
		http_reply_header(ret, arena, "X-A", STR("b"));
	if (str_eq_c(how, "nothing"))
		ret->status = 0;
	if (str_eq_c(how, "error"))
		http_reply_error(ret, arena, 409, "conflict", "it is \"there\"", "look");
}

static const struct http_route rig_routes[] = {
	{ "GET", "/health", hello, .inline_ok = true },
	{ "GET", "/hello", hello },
	{ "POST", "/echo", echo },
	{ "PUT", "/echo", echo },
	{ "POST", "/small", echo, .body_limit = 10 },
	{ "POST", "/hooks/{connection}/{secret}", echo, .body_limit = (size_t)8 << 20 },
	{ "GET", "/files/{name*}", echo },
	{ "GET", "/gate", gate },
	{ "GET", "/later", later },
	{ "GET", "/large", large },
	{ "GET", "/events", events },
	{ "GET", "/wrong", wrong },
};

static inline void rig_open(struct rig *r, struct http_server_options options)
{
	struct err err = ERR_INIT;

	*r = (struct rig) { 0 };
	options.context = r;
	options.on_access = note_access;
	if (http_server_open(&options, rig_routes, ARRAY_LEN(rig_routes), &r->server, &err) < 0)
		fail_msg("%s", err.text);
}

static inline void rig_close(struct rig *r)
{
	atomic_store(&r->open, true);
	http_server_close(&r->server);
}

#endif

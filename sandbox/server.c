/*
 * server: evhttp underneath, one loop on one thread.
 *
 * A request becomes an exchange (arena, request, answer), which lives until its answer is handed to evhttp:
 *
 *	on_request -> take_in -> [fault that strikes before] -> route_run -> [fault that strikes after] -> finish
 *	finish -> (timer, when the answer is late; server_resume, when it is held) -> send -> exchange_free
 *
 * Connections are closed on purpose only from the loop, never inside evhttp's callback.
 */
#include "sandbox/server_internal.h"
#include "sandbox/keep.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <event2/thread.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <zlib.h>

#define GZIP_FROM 1024 /* smaller answers are sent as they are */

struct later {
	struct server *server;
	struct event *timer;
	void (*run)(void *context);
	void *context;
	struct later *previous, *next;
};

struct server {
	const struct vendor *vendor;
	void *state;
	struct event_base *loop;
	struct evhttp *http;
	struct faults faults;
	struct counters counters;
	struct exchange *live;  /* answers that are late */
	struct exchange *spare; /* one finished exchange, kept for its memory */
	struct later *laters;
	pthread_t thread;
	bool running;
	int port;
	char url[64];
};

struct exchange {
	struct server *server;
	struct evhttp_request *raw; /* NULL once its connection is gone */
	struct arena arena;
	struct request request;
	struct answer answer;
	struct event *timer;
	struct event *watch; /* held: whether the caller hangs up */
	size_t route;
	bool counted;
	struct exchange *previous, *next;
};

static const struct {
	enum evhttp_cmd_type type;
	const char *name;
} methods[] = {
	{ EVHTTP_REQ_GET, "GET" },         { EVHTTP_REQ_POST, "POST" },     { EVHTTP_REQ_PATCH, "PATCH" },
	{ EVHTTP_REQ_PUT, "PUT" },         { EVHTTP_REQ_DELETE, "DELETE" }, { EVHTTP_REQ_HEAD, "HEAD" },
	{ EVHTTP_REQ_OPTIONS, "OPTIONS" },
};

static struct str method_name(enum evhttp_cmd_type type)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		if (methods[i].type == type)
			return str_of(methods[i].name);
	}
	return STR("?");
}

/* ---- exchanges ---- */

static struct exchange *exchange_new(struct server *server, struct evhttp_request *raw)
{
	struct exchange *x = server->spare;

	server->spare = NULL;
	if (!x) {
		x = keep_new(sizeof(*x)); /* outlives the callback: its answer may be late */
	}
	*x = (struct exchange) { .server = server, .raw = raw, .arena = x->arena };
	x->request = (struct request) { .arena = &x->arena, .server = server };
	answer_init(&x->answer, &x->arena);
	x->next = server->live;
	if (x->next)
		x->next->previous = x;
	server->live = x;
	return x;
}

static void unwatch(struct exchange *x)
{
	if (x->watch)
		event_free(x->watch);
	x->watch = NULL;
}

static void exchange_free(struct exchange *x)
{
	struct server *server = x->server;

	if (x->previous)
		x->previous->next = x->next;
	else
		server->live = x->next;
	if (x->next)
		x->next->previous = x->previous;
	if (x->timer)
		event_free(x->timer);
	unwatch(x);
	buf_release(&x->answer.body);
	if (server->spare) {
		arena_release(&x->arena);
		keep_drop(x);
		return;
	}
	arena_reset(&x->arena);
	server->spare = x;
}

/* ---- gzip ---- */

static void *zip_alloc(void *arena, unsigned count, unsigned size)
{
	return arena_alloc(arena, size_mul(count, size));
}

static void zip_free(void *arena, void *at)
{
	(void)arena;
	(void)at;
}

static bool inflate_body(struct arena *arena, struct str body, struct str *ret)
{
	z_stream z = { .zalloc = zip_alloc, .zfree = zip_free, .opaque = arena };
	size_t cap = body.len * 8 + 1024, len = 0;
	char *out = arena_alloc_bytes(arena, cap);
	int r = inflateInit2(&z, 15 + 32) == Z_OK ? Z_OK : Z_MEM_ERROR;

	z.next_in = (unsigned char *)(uintptr_t)body.at;
	z.avail_in = (unsigned)body.len;
	while (r == Z_OK) {
		if (len == cap) {
			char *larger = arena_alloc_bytes(arena, cap * 2);

			memcpy(larger, out, len);
			out = larger;
			cap *= 2;
		}
		z.next_out = (unsigned char *)out + len;
		z.avail_out = (unsigned)(cap - len);
		r = inflate(&z, Z_NO_FLUSH);
		len = cap - z.avail_out;
		if (len > LIMIT_SANDBOX_BODY)
			r = Z_DATA_ERROR;
	}
	*ret = str_range(out, len);
	return r == Z_STREAM_END;
}

static void deflate_body(struct exchange *x)
{
	struct buf *body = &x->answer.body;
	z_stream z = { .zalloc = zip_alloc, .zfree = zip_free, .opaque = &x->arena };
	struct buf packed = BUF_INIT(LIMIT_SANDBOX_BODY);
	size_t bound;
	char *room;

	if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return;
	bound = deflateBound(&z, body->len);
	room = buf_room(&packed, bound);
	z.next_in = (unsigned char *)body->at;
	z.avail_in = (unsigned)body->len;
	z.next_out = (unsigned char *)room;
	z.avail_out = (unsigned)bound;
	if (!room || deflate(&z, Z_FINISH) != Z_STREAM_END) {
		buf_release(&packed);
		return;
	}
	buf_grew(&packed, bound - z.avail_out);
	buf_release(body);
	*body = packed;
	answer_header(&x->answer, "Content-Encoding", STR("gzip"));
}

/* ---- out ---- */

static void free_body(const void *data, size_t len, void *extra)
{
	(void)data;
	(void)len;
	keep_drop(extra);
}

static void close_connection(evutil_socket_t fd, short events, void *connection)
{
	(void)fd;
	(void)events;
	evhttp_connection_free(connection);
}

static void add_headers(struct exchange *x)
{
	struct evkeyvalq *out = evhttp_request_get_output_headers(x->raw);
	bool typed = false;

	for (size_t i = 0; i < x->answer.headers.count; i++) {
		struct pair *pair = &x->answer.headers.at[i];

		typed |= str_eq_nocase(pair->name, STR("Content-Type"));
		evhttp_add_header(out, arena_text(&x->arena, pair->name), arena_text(&x->arena, pair->value));
	}
	if (!typed && x->answer.body.len > 0)
		evhttp_add_header(out, "Content-Type", "application/json;charset=UTF-8");
}

static void reply(struct exchange *x)
{
	struct evbuffer *out = evhttp_request_get_output_buffer(x->raw);
	struct buf *body = &x->answer.body;

	if (!x->answer.plain && body->len >= GZIP_FROM &&
	    str_find(request_header(&x->request, "Accept-Encoding"), STR("gzip")) >= 0)
		deflate_body(x);
	add_headers(x);
	if (body->len > 0) {
		evbuffer_add_reference(out, body->at, body->len, free_body, body->at);
		*body = (struct buf)BUF_INIT(body->max); /* evhttp owns the bytes now */
	}
	evhttp_send_reply(x->raw, x->answer.status, NULL, NULL);
}

static void send_out(struct exchange *x)
{
	struct evhttp_connection *connection = x->raw ? evhttp_request_get_connection(x->raw) : NULL;

	if (x->counted)
		counters_answer(&x->server->counters, x->route, &x->answer);
	if (connection) {
		static const struct timeval now = { 0 };

		evhttp_connection_set_closecb(connection, NULL, NULL);
		if (x->answer.drop)
			event_base_once(x->server->loop, -1, EV_TIMEOUT, close_connection, connection, &now);
		else
			reply(x);
	}
	exchange_free(x);
}

static void on_late(evutil_socket_t fd, short events, void *context)
{
	(void)fd;
	(void)events;
	send_out(context);
}

static void on_gone(struct evhttp_connection *connection, void *context)
{
	struct exchange *x = context;

	(void)connection;
	x->raw = NULL;
	if (!x->answer.held)
		return;
	if (x->answer.gone)
		x->answer.gone(x->answer.gone_context);
	send_out(x); /* to nobody: counted and freed */
}

/* Ends in on_gone(). */
static void on_hang_up(evutil_socket_t fd, short events, void *context)
{
	struct exchange *x = context;

	(void)fd;
	(void)events;
	evhttp_connection_free(evhttp_request_get_connection(x->raw));
}

/* evhttp does not read while a request is being answered, so it would not notice. */
static void watch(struct exchange *x)
{
	struct bufferevent *stream = evhttp_connection_get_bufferevent(evhttp_request_get_connection(x->raw));

	x->watch = event_new(x->server->loop, bufferevent_getfd(stream), EV_CLOSED, on_hang_up, x);
	must(x->watch && event_add(x->watch, NULL) == 0);
}

static void finish(struct exchange *x)
{
	int64_t ms = x->answer.delay_ms;
	struct timeval wait = { .tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000 };

	if (ms <= 0 && !x->answer.held) {
		send_out(x);
		return;
	}
	evhttp_connection_set_closecb(evhttp_request_get_connection(x->raw), on_gone, x);
	if (x->answer.held) {
		watch(x);
		return;
	}
	x->timer = evtimer_new(x->server->loop, on_late, x);
	evtimer_add(x->timer, &wait);
}

void server_resume(struct answer *answer)
{
	struct exchange *x = (struct exchange *)(void *)((char *)answer - offsetof(struct exchange, answer));

	ensure(answer->held);
	answer->held = false;
	unwatch(x);
	finish(x);
}

/* ---- faults ---- */

/* Faults that keep the call from having any effect. */
static bool strike_before(struct exchange *x, enum fault_kind kind)
{
	const struct vendor *vendor = x->server->vendor;

	switch (kind) {
	case FAULT_DROP_BEFORE:
		x->answer.drop = true;
		return true;
	case FAULT_HTML:
		answer_text(&x->answer, 502, "text/html",
		            "<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>");
		return true;
	case FAULT_429:
	case FAULT_500:
	case FAULT_503:
	case FAULT_LIMIT:
		x->answer.status = kind == FAULT_500 ? 500 : kind == FAULT_503 ? 503 : 429;
		if (vendor->fault)
			vendor->fault(x->server->state, kind, &x->request, &x->answer);
		return true;
	case FAULT_LOCK:
	case FAULT_PARTIAL:
	case FAULT_EXPIRE:
		return false; /* the vendor acts these out: it finds them in request->fault */
	case FAULT_NONE:
	case FAULT_LATENCY:
	case FAULT_DROP_AFTER_COMMIT:
	case FAULT_MALFORMED:
		return false;
	}
	unreachable("fault kind");
}

static void strike_after(struct exchange *x, enum fault_kind kind)
{
	if (kind == FAULT_DROP_AFTER_COMMIT)
		x->answer.drop = true;
	if (kind == FAULT_MALFORMED)
		x->answer.body.len /= 2;
}

/* What faults held up comes at once when they are replaced: whoever takes them away waits for nothing. */
static void end_latency(const struct server *server)
{
	for (const struct exchange *x = server->live; x; x = x->next) {
		if (x->timer)
			event_active(x->timer, EV_TIMEOUT, 0);
	}
}

/* ---- in ---- */

static void take_in(struct exchange *x)
{
	struct request *request = &x->request;
	struct evbuffer *in = evhttp_request_get_input_buffer(x->raw);
	struct evkeyvalq *headers = evhttp_request_get_input_headers(x->raw);
	struct evkeyval *header;

	request->method = method_name(evhttp_request_get_command(x->raw));
	for (header = headers->tqh_first; header; header = header->next.tqe_next)
		pairs_add(&x->arena, &request->headers, str_of(header->key), str_of(header->value));
	request_set_target(request, str_of(evhttp_request_get_uri(x->raw)));
	request->body = str_range((const char *)evbuffer_pullup(in, -1), evbuffer_get_length(in));
}

static bool unpack(struct exchange *x)
{
	if (!str_eq_nocase(request_header(&x->request, "Content-Encoding"), STR("gzip")))
		return true;
	if (inflate_body(&x->arena, x->request.body, &x->request.body))
		return true;
	answer_text(&x->answer, 400, "text/plain", "body is not gzip");
	return false;
}

static bool is_admin(const struct request *request)
{
	return str_starts(request->path, STR("/__admin/"));
}

static void answer_call(struct exchange *x)
{
	struct server *server = x->server;
	struct request *request = &x->request;
	struct fault fault;

	counters_call(&server->counters, request->body.len);
	x->counted = true;
	if (!unpack(x))
		return;
	fault = faults_draw(&server->faults, request->method, request->path);
	if (!strike_before(x, fault.kind)) {
		request->fault = fault;
		route_run(server->vendor, server->state, x->route, request, &x->answer);
		strike_after(x, fault.kind);
	}
	x->answer.delay_ms += fault.latency_ms;
}

static void on_request(struct evhttp_request *raw, void *context)
{
	struct server *server = context;
	const struct vendor *vendor = server->vendor;
	struct exchange *x = exchange_new(server, raw);

	take_in(x);
	if (vendor->rewrite)
		vendor->rewrite(server->state, &x->request);
	x->route = route_find(vendor, &x->request);
	if (!is_admin(&x->request))
		answer_call(x);
	else if (x->route < vendor->route_count)
		vendor->routes[x->route].handle(server->state, &x->request, &x->answer);
	else
		admin_handle(vendor, server->state, &server->faults, &server->counters, &x->request, &x->answer);
	if (server->faults.loaded) {
		server->faults.loaded = false;
		end_latency(server);
	}
	finish(x);
}

/* ---- timers ---- */

static void later_free(struct later *later)
{
	if (later->previous)
		later->previous->next = later->next;
	else
		later->server->laters = later->next;
	if (later->next)
		later->next->previous = later->previous;
	event_free(later->timer);
	keep_drop(later);
}

static void on_later(evutil_socket_t fd, short events, void *context)
{
	struct later *later = context;
	void (*run)(void *) = later->run;
	void *argument = later->context;

	(void)fd;
	(void)events;
	later_free(later);
	run(argument);
}

void server_later(struct server *server, int64_t ms, void (*run)(void *context), void *context)
{
	struct later *later = keep_new(sizeof(*later)); /* lives until it fires */
	struct timeval wait = { .tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000 };

	must(later != NULL);
	*later = (struct later) { .server = server, .run = run, .context = context, .next = server->laters };
	if (later->next)
		later->next->previous = later;
	server->laters = later;
	later->timer = evtimer_new(server->loop, on_later, later);
	evtimer_add(later->timer, &wait);
}

struct event_base *server_loop(struct server *server)
{
	return server->loop;
}

/* ---- life ---- */

static int listen_on(struct server *server, int port, struct err *err)
{
	struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(server->http, "127.0.0.1", (uint16_t)port);
	struct sockaddr_in address;
	socklen_t len = sizeof(address);
	int fd, on = 1;

	if (!bound)
		return err_errno(err, "%s: listen on port %d", server->vendor->name, port);
	fd = evhttp_bound_socket_get_fd(bound);
	/* Accepted sockets inherit it. Without it each answer waits for the client's delayed acknowledgement. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		return err_errno(err, "%s: prepare the socket", server->vendor->name);
	server->port = ntohs(address.sin_port);
	snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%d", server->port);
	return 0;
}

static void set_up_http(struct server *server)
{
	evhttp_set_allowed_methods(server->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_PATCH | EVHTTP_REQ_PUT |
	                                                 EVHTTP_REQ_DELETE | EVHTTP_REQ_HEAD | EVHTTP_REQ_OPTIONS);
	evhttp_set_max_headers_size(server->http, 64 << 10);
	evhttp_set_max_body_size(server->http, (ev_ssize_t)LIMIT_SANDBOX_BODY);
	evhttp_set_default_content_type(server->http, NULL);
	evhttp_set_timeout(server->http, 600);
	evhttp_set_gencb(server->http, on_request, server);
}

int server_open(const struct vendor *vendor, const struct options *options, int port, struct server **ret,
                struct err *err)
{
	struct server *server;
	int r;

	signal(SIGPIPE, SIG_IGN);
	evthread_use_pthreads();
	server = keep_new(sizeof(*server)); /* lives as long as the program wants */
	server->vendor = vendor;
	server->counters.count = vendor->route_count + 1;
	server->counters.routes = keep_new(size_mul(server->counters.count, sizeof(struct counter)));
	server->loop = event_base_new();
	must(server->loop != NULL);
	server->http = evhttp_new(server->loop);
	must(server->http != NULL);
	set_up_http(server);
	r = listen_on(server, port, err);
	if (r == 0)
		r = vendor->open(options, server, &server->state, err);
	if (r < 0) {
		server_free(&server);
		return r;
	}
	*ret = server;
	return 0;
}

int server_port(const struct server *server)
{
	return server->port;
}

struct str server_url(const struct server *server)
{
	return str_of(server->url);
}

void *server_state(const struct server *server)
{
	return server->state;
}

static void *run_loop(void *context)
{
	struct server *server = context;

	event_base_loop(server->loop, EVLOOP_NO_EXIT_ON_EMPTY);
	return NULL;
}

void server_start(struct server *server)
{
	if (server->vendor->started)
		server->vendor->started(server->state);
	must(pthread_create(&server->thread, NULL, run_loop, server) == 0);
	server->running = true;
}

void server_stop(struct server *server)
{
	if (!server->running)
		return;
	/* A timer, not a break: a break that comes before the loop runs is forgotten. */
	event_base_loopexit(server->loop, NULL);
	pthread_join(server->thread, NULL);
	server->running = false;
}

void server_free(struct server **pserver)
{
	struct server *server = *pserver;

	*pserver = NULL;
	if (!server)
		return;
	server_stop(server);
	evhttp_free(server->http);
	while (server->live) {
		server->live->raw = NULL;
		exchange_free(server->live);
	}
	if (server->spare) {
		arena_release(&server->spare->arena);
		keep_drop(server->spare);
	}
	while (server->laters)
		later_free(server->laters);
	if (server->state)
		server->vendor->close(server->state);
	event_base_free(server->loop);
	faults_release(&server->faults);
	keep_drop(server->counters.routes);
	keep_drop(server);
}

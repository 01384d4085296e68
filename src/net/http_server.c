/*
 * Opening and closing the server, and its web thread: the loop with listener, wake-up and tick. What happens to a connection is in
 * http_server_conn.c, to a request in http_server_call.c.
 *
 * Closing, in this order: `draining` is set and the web thread woken; it frees the listener, closes what idles and goes on until the
 * last connection is gone or `close_ms` are over; the thread is joined; workers are joined; what is left is freed.
 */
#include "net/http_server_internal.h"
#include "lib/clock.h"
#include "lib/limits.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const int backlog = 512;

void server_wake(struct http_server *s)
{
	const uint64_t one = 1;
	ssize_t written;

	do
		written = write(s->wake_fd, &one, sizeof(one));
	while (written < 0 && errno == EINTR);
}

static void begin_draining(struct http_server *s)
{
	const struct timeval limit = { .tv_sec = s->options.close_ms / 1000,
		                       .tv_usec = s->options.close_ms % 1000 * 1000 };

	evconnlistener_free(s->listener);
	s->listener = NULL;
	conn_drain(s);
	evtimer_add(s->give_up, &limit);
	if (count_of(s, COUNT_CONNECTIONS) == 0)
		event_base_loopbreak(s->base);
}

static void on_wake(evutil_socket_t fd, short what UNUSED, void *context)
{
	struct http_server *s = context;
	uint64_t times;

	(void)!read(fd, &times, sizeof(times));
	call_take_done(s);
	streams_flush(s);
	if (atomic_load(&s->draining) && s->listener)
		begin_draining(s);
}

static void on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct http_server *s = context;

	if (s->paused && s->listener && evconnlistener_enable(s->listener) == 0)
		s->paused = false;
	conn_tick(s, clock_mono_ns() / 1000000);
}

static void on_give_up(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct http_server *s = context;

	event_base_loopbreak(s->base);
}

static void on_accept(struct evconnlistener *listener UNUSED, evutil_socket_t fd, struct sockaddr *from, int len UNUSED,
                      void *context)
{
	conn_accept(context, fd, from);
}

/* No descriptors are left: the next tick tries again, instead of the loop at once and for ever. */
static void on_accept_failed(struct evconnlistener *listener, void *context)
{
	struct http_server *s = context;

	evconnlistener_disable(listener);
	s->paused = true;
}

static void *serve(void *context)
{
	struct http_server *s = context;

	pthread_setname_np(pthread_self(), "web");
	event_base_dispatch(s->base);
	/* Before the clients hear of it: what waits is not begun any more. */
	workers_end(s);
	conn_free_all(s);
	/* Bufferevents end on the loop. */
	event_base_loop(s->base, EVLOOP_NONBLOCK);
	return NULL;
}

static unsigned or_default(unsigned value, unsigned fallback)
{
	return value ? value : fallback;
}

static size_t or_size(size_t value, size_t fallback)
{
	return value ? value : fallback;
}

static const char *copy_text(struct arena *arena, const char *text)
{
	return text ? arena_text(arena, str_of(text)) : NULL;
}

static void settle_options(struct http_server *s, const struct http_server_options *given)
{
	struct http_server_options *o = &s->options;

	*o = *given;
	o->address = copy_text(&s->memory, given->address ? given->address : "127.0.0.1");
	o->cert_file = copy_text(&s->memory, given->cert_file);
	o->key_file = copy_text(&s->memory, given->key_file);
	o->workers = or_default(o->workers, 3);
	o->queue = or_default(o->queue, LIMIT_SERVER_QUEUE);
	o->connections = or_default(o->connections, LIMIT_SERVER_CONNECTIONS);
	o->request_ms = or_default(o->request_ms, LIMIT_SERVER_REQUEST_MS);
	o->idle_ms = or_default(o->idle_ms, LIMIT_SERVER_IDLE_MS);
	o->close_ms = or_default(o->close_ms, 5000);
	o->comment_ms = or_default(o->comment_ms, 15000);
	o->body_limit = or_size(o->body_limit, LIMIT_SERVER_BODY);
	o->memory = or_size(o->memory, LIMIT_SERVER_HELD);
	o->stream_limit = or_size(o->stream_limit, LIMIT_SERVER_STREAM);
}

static int parse_address(const struct http_server_options *o, struct sockaddr_storage *ret, socklen_t *ret_len,
                         struct err *err)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;

	*ret = (struct sockaddr_storage) { 0 };
	if (o->port > UINT16_MAX)
		return err_set(err, ERR_CONFIG, "port %u: the largest is 65535", o->port);
	if (inet_pton(AF_INET, o->address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)o->port);
		*ret_len = sizeof(*v4);
		return 0;
	}
	if (inet_pton(AF_INET6, o->address, &v6->sin6_addr) != 1)
		return err_set(err, ERR_CONFIG, "address %s: neither IPv4 nor IPv6", o->address);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)o->port);
	*ret_len = sizeof(*v6);
	return 0;
}

static int listen_there(struct http_server *s, struct err *err)
{
	const unsigned flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE;
	const int yes = 1;
	struct sockaddr_storage at;
	socklen_t len;

	if (parse_address(&s->options, &at, &len, err) < 0)
		return err_pass(err);
	s->listener = evconnlistener_new_bind(s->base, on_accept, s, flags, backlog, (struct sockaddr *)&at, (int)len);
	if (!s->listener)
		return err_errno(err, "listen on %s port %u", s->options.address, s->options.port);
	evconnlistener_set_error_cb(s->listener, on_accept_failed);
	/* Handed on to all accepted sockets. Over TLS an answer would wait for the client's delayed acknowledgement without it. */
	setsockopt(evconnlistener_get_fd(s->listener), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if (getsockname(evconnlistener_get_fd(s->listener), (struct sockaddr *)&at, &len) < 0)
		return err_errno(err, "ask for the port");
	s->port = ntohs(at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&at)->sin6_port
	                                         : ((struct sockaddr_in *)&at)->sin_port);
	return 0;
}

static int open_loop(struct http_server *s, struct err *err)
{
	const unsigned shortest = MIN_OF(MIN_OF(s->options.request_ms, s->options.idle_ms), s->options.comment_ms);
	const unsigned tick_ms = MAX_OF(20u, MIN_OF(1000u, shortest / 10));
	const struct timeval tick = { .tv_sec = tick_ms / 1000, .tv_usec = tick_ms % 1000 * 1000 };
	struct event_config *config = event_config_new();

	must(config != NULL);
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	s->base = event_base_new_with_config(config);
	event_config_free(config);
	s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (!s->base || s->wake_fd < 0)
		return err_errno(err, "event loop");
	s->wake = event_new(s->base, s->wake_fd, EV_READ | EV_PERSIST, on_wake, s);
	s->tick = event_new(s->base, -1, EV_PERSIST, on_tick, s);
	s->give_up = evtimer_new(s->base, on_give_up, s);
	must(s->wake && s->tick && s->give_up);
	event_add(s->wake, NULL);
	event_add(s->tick, &tick);
	s->comment_due_ms = clock_mono_ns() / 1000000 + s->options.comment_ms;
	return listen_there(s, err);
}

static struct http_server *server_new(const struct http_server_options *options)
{
	struct arena memory = ARENA_INIT;
	struct http_server *s = arena_new(&memory, struct http_server);

	s->memory = memory;
	s->wake_fd = -1;
	settle_options(s, options);
	s->queue_end = &s->queue;
	s->done_end = &s->done;
	must(pthread_mutex_init(&s->lock, NULL) == 0);
	must(pthread_mutex_init(&s->stream_lock, NULL) == 0);
	must(pthread_cond_init(&s->work, NULL) == 0);
	must(pthread_cond_init(&s->no_later, NULL) == 0);
	s->streams = arena_new_array(&s->memory, struct stream, s->options.connections);
	s->conns = arena_new_array(&s->memory, struct conn, s->options.connections);
	for (unsigned i = s->options.connections; i-- > 0;) {
		s->conns[i].next_free = s->free_conns;
		s->free_conns = &s->conns[i];
	}
	return s;
}

static void free_event(struct event *event)
{
	if (event)
		event_free(event);
}

/* All threads have ended, or never began. */
static void server_free(struct http_server *s)
{
	struct arena memory;

	streams_close(s);
	if (s->listener)
		evconnlistener_free(s->listener);
	free_event(s->wake);
	free_event(s->tick);
	free_event(s->give_up);
	if (s->base)
		event_base_free(s->base);
	if (s->wake_fd >= 0)
		close(s->wake_fd);
	tls_close(s->tls);
	pthread_cond_destroy(&s->work);
	pthread_cond_destroy(&s->no_later);
	pthread_mutex_destroy(&s->stream_lock);
	pthread_mutex_destroy(&s->lock);
	memory = s->memory;
	arena_release(&memory);
}

/* Signals are for the thread that started us: ours take none. */
static int start_threads(struct http_server *s, struct err *err)
{
	sigset_t all, before;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = workers_start(s, err);
	if (!failed && pthread_create(&s->web, NULL, serve, s) != 0)
		failed = err_set(err, ERR_SYSTEM, "no thread for the HTTP server");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed;
}

int http_server_open(const struct http_server_options *options, const struct http_route *routes, size_t count,
                     struct http_server **ret, struct err *err)
{
	struct http_server *s = server_new(options);
	int failed;

	signal(SIGPIPE, SIG_IGN);
	failed = s->options.workers > 16 ? err_set(err, ERR_CONFIG, "%u workers: the most are 16", s->options.workers)
	                                 : 0;
	if (!failed)
		failed = routes_compile(&s->memory, routes, count, &s->routes, err);
	if (!failed)
		failed = tls_open(&s->options, &s->tls, err);
	if (!failed)
		failed = open_loop(s, err);
	if (!failed)
		failed = start_threads(s, err);
	if (failed) {
		workers_stop(s);
		server_free(s);
		s = NULL;
	}
	*ret = s;
	return failed;
}

void http_server_close(struct http_server **server)
{
	struct http_server *s = *server;

	if (!s)
		return;
	atomic_store(&s->draining, true);
	server_wake(s);
	pthread_join(s->web, NULL);
	workers_stop(s);
	server_free(s);
	*server = NULL;
}

int http_server_reload(struct http_server *server, struct err *err)
{
	void *fresh, *old;

	if (tls_open(&server->options, &fresh, err) < 0)
		return err_pass(err);
	pthread_mutex_lock(&server->lock);
	old = server->tls;
	server->tls = fresh;
	pthread_mutex_unlock(&server->lock);
	tls_close(old); /* open connections hold it until they end */
	return 0;
}

unsigned http_server_port(const struct http_server *server)
{
	return server->port;
}

struct http_server_counters http_server_counters_of(const struct http_server *s)
{
	struct http_server_counters ret = {
		.busy = count_of(s, COUNT_BUSY),
		.accepted = count_of(s, COUNT_ACCEPTED),
		.turned_away = count_of(s, COUNT_TURNED_AWAY),
		.late = count_of(s, COUNT_LATE),
		.streams_dropped = count_of(s, COUNT_STREAMS_DROPPED),
		.bytes_in = count_of(s, COUNT_BYTES_IN),
		.bytes_out = count_of(s, COUNT_BYTES_OUT),
		.queued = count_of(s, COUNT_QUEUED),
		.running = count_of(s, COUNT_RUNNING),
		.connections = count_of(s, COUNT_CONNECTIONS),
		.streams = count_of(s, COUNT_STREAMS),
		.held = count_of(s, COUNT_HELD),
	};

	for (size_t i = 0; i < ARRAY_LEN(ret.requests); i++)
		ret.requests[i] = count_of(s, COUNT_CLASS_0 + (enum count)i);
	return ret;
}

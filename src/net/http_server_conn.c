/*
 * One connection. conn_advance() takes the step of its state until more bytes, a worker or the socket has to be waited for:
 *
 *	IDLE ──► HEAD ──► BODY ──► CALL ──► ANSWER ──► IDLE ...
 *	           │        │                 │  ├────► STREAM ──► closed
 *	           └────────┴──── refused ────┘  └────► LINGER ──► closed
 *
 * All times are absolute (`due_ms`, looked at by conn_tick): a client that drips bytes moves none of them.
 */
#include "net/http_server_internal.h"
#include "lib/clock.h"
#include "lib/limits.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

static const size_t copied_body = 4096;   /* up to here copying is cheaper than keeping the call */
static const int64_t slowest_reader = 16; /* bytes a millisecond */

static const struct refusal late = { 408, "late", "the request did not come in time" };
static const struct refusal too_large = { 413, "too_large", "the body is larger than accepted here" };
static const struct refusal no_memory = { 503, "busy", "too much waits already; ask again in a second" };

static int64_t now_ms(void)
{
	return clock_mono_ns() / 1000000;
}

static void enter(struct conn *c, enum conn_state state, int64_t within_ms)
{
	c->state = state;
	c->due_ms = within_ms ? now_ms() + within_ms : 0;
}

void conn_free(struct conn *c)
{
	struct http_server *s = c->server;
	enum conn_state state = c->state;

	if (c->call && state == CONN_CALL) {
		c->call->conn = NULL;
	} else if (c->call) {
		count_add(s, COUNT_CLASS_0, 1);
		call_free(c->call);
	}
	c->call = NULL;
	c->state = CONN_FREE;
	c->due_ms = 0;
	bufferevent_free(c->bev);
	c->bev = NULL;
	c->next_free = s->free_conns;
	s->free_conns = c;
	count_sub(s, COUNT_CONNECTIONS, 1);
	if (state == CONN_STREAM)
		stream_gone(s, c->stream);
	if (atomic_load(&s->draining) && count_of(s, COUNT_CONNECTIONS) == 0)
		event_base_loopbreak(s->base);
}

/* Answers what was not read to its end: the connection cannot go on after it. */
static void refuse_unread(struct conn *c, const struct refusal *why)
{
	c->unread = true;
	c->call->keep = false;
	call_refuse(c->call, why);
}

static bool step_idle(struct conn *c)
{
	struct evbuffer *input = bufferevent_get_input(c->bev);
	char start[2];

	/* RFC 9112, 2.2: an empty line before a request is passed over. */
	while (evbuffer_copyout(input, start, 2) == 2 && memcmp(start, "\r\n", 2) == 0)
		evbuffer_drain(input, 2);
	if (evbuffer_get_length(input) == 0 || (evbuffer_get_length(input) == 1 && start[0] == '\r'))
		return false;
	c->call = call_new(c);
	c->scanned = 0;
	c->unread = false;
	enter(c, CONN_HEAD, c->server->options.request_ms);
	return true;
}

static void refuse_route(struct conn *c, const struct head *head, const struct refusal *why, struct str allow)
{
	struct call *call = c->call;

	if (allow.len)
		http_reply_header(&call->reply, &call->memory, "Allow", allow);
	if (head->chunked || head->length > 0)
		refuse_unread(c, why);
	else
		call_refuse(call, why);
}

/* The body is wanted: from here on bytes are its. */
static void begin_body(struct conn *c, const struct head *head)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct call *call = c->call;
	size_t limit = call->route->body_limit ? call->route->body_limit : c->server->options.body_limit;

	if (!head->chunked && head->length > limit) {
		refuse_unread(c, &too_large);
		return;
	}
	call->body = evbuffer_new();
	must(call->body != NULL);
	body_begin(&call->reader, call->body, head, limit);
	c->state = CONN_BODY;
	if (head->expects && evbuffer_get_length(bufferevent_get_input(c->bev)) == 0)
		bufferevent_write(c->bev, go_on, sizeof(go_on) - 1);
}

static void dispatch(struct conn *c)
{
	enter(c, CONN_CALL, 0);
	call_dispatch(c->call);
}

static void begin_request(struct conn *c, struct str text)
{
	struct call *call = c->call;
	struct http_asked *asked = &call->asked;
	const struct refusal *wrong;
	struct route_found found;
	struct head head;

	wrong = head_parse(&call->memory, text, &head);
	call->bodyless = str_eq_c(head.method, "HEAD");
	if (wrong) {
		refuse_unread(c, wrong);
		return;
	}
	call->keep = head.keep;
	asked->path = head.path;
	asked->query = head.query;
	asked->headers = head.headers;
	asked->header_count = head.header_count;
	asked->peer = arena_str(&call->memory, str_of(c->peer));
	wrong = routes_find(&c->server->routes, &call->memory, head.method, head.path, asked, &found);
	call->route = found.row;
	if (!wrong)
		wrong = query_split(&call->memory, head.query, asked);
	if (wrong)
		refuse_route(c, &head, wrong, found.allow);
	else if (head.chunked || head.length > 0)
		begin_body(c, &head);
	else
		dispatch(c);
}

static bool step_head(struct conn *c)
{
	struct evbuffer *input = bufferevent_get_input(c->bev);
	size_t len = MIN_OF(evbuffer_get_length(input), LIMIT_HTTP_HEADERS), head_len;
	struct str bytes = str_range((const char *)evbuffer_pullup(input, (ev_ssize_t)len), len);
	const struct refusal *wrong = head_find(bytes, &c->scanned, &head_len);

	if (wrong) {
		refuse_unread(c, wrong);
		return true;
	}
	if (head_len == 0)
		return false;
	bytes = arena_str(&c->call->memory, str_range(bytes.at, head_len));
	evbuffer_drain(input, head_len);
	count_add(c->server, COUNT_BYTES_IN, head_len);
	begin_request(c, bytes);
	return true;
}

static bool step_body(struct conn *c)
{
	struct call *call = c->call;
	struct http_server *s = c->server;
	const struct refusal *wrong = body_take(&call->reader, bufferevent_get_input(c->bev));
	size_t more = evbuffer_get_length(call->body) - call->held;

	call->held += more;
	count_add(s, COUNT_HELD, more);
	count_add(s, COUNT_BYTES_IN, more);
	if (!wrong && count_of(s, COUNT_HELD) > s->options.memory)
		wrong = &no_memory;
	if (wrong)
		refuse_unread(c, wrong);
	else if (call->reader.done)
		dispatch(c);
	return wrong || call->reader.done;
}

static bool step_throw_away(struct conn *c)
{
	struct evbuffer *input = bufferevent_get_input(c->bev);

	c->scanned += evbuffer_get_length(input);
	evbuffer_drain(input, evbuffer_get_length(input));
	if (c->state == CONN_LINGER && c->scanned > LIMIT_SERVER_LINGER)
		conn_free(c);
	return false;
}

/* True: the next state may have something to do at once. */
static bool (*const steps[])(struct conn *c) = {
	[CONN_IDLE] = step_idle,         [CONN_HEAD] = step_head,         [CONN_BODY] = step_body,
	[CONN_STREAM] = step_throw_away, [CONN_LINGER] = step_throw_away,
};

static bool waits_for_bytes(const struct conn *c)
{
	return c->state < ARRAY_LEN(steps) && steps[c->state];
}

static void conn_advance(struct conn *c)
{
	while (waits_for_bytes(c) && steps[c->state](c))
		;
	if (c->eof && waits_for_bytes(c))
		conn_free(c);
}

/* A socket closed with bytes unread is reset, and the reset takes the answer with it. Clients that send their whole body before they look for an
 * answer are common, so about as much is read away as they may have sent. */
static void linger(struct conn *c)
{
	c->scanned = 0;
	tls_say_goodbye(c->bev);
	shutdown(bufferevent_getfd(c->bev), SHUT_WR);
	enter(c, CONN_LINGER, LIMIT_SERVER_LINGER_MS);
	conn_advance(c);
}

static void after_answer(struct conn *c)
{
	bool more = c->unread || evbuffer_get_length(bufferevent_get_input(c->bev)) > 0;

	c->since_ms = now_ms();
	if (c->keep && !atomic_load(&c->server->draining)) {
		enter(c, CONN_IDLE, c->server->options.idle_ms);
		conn_advance(c);
	} else if (more && !c->eof) {
		linger(c);
	} else {
		conn_free(c);
	}
}

static void on_read(struct bufferevent *bev UNUSED, void *context)
{
	conn_advance(context);
}

/* All that was to be written is. */
static void on_write(struct bufferevent *bev, void *context)
{
	struct conn *c = context;

	if (evbuffer_get_length(bufferevent_get_output(bev)) > 0)
		return;
	if (c->state == CONN_ANSWER)
		after_answer(c);
	else if (c->state == CONN_STREAM && !c->keep)
		conn_free(c);
}

static void on_event(struct bufferevent *bev UNUSED, short what, void *context)
{
	struct conn *c = context;

	/* Callbacks are deferred: `what` may be several events in one, and an end beside an error is an error. */
	what &= ~BEV_EVENT_CONNECTED;
	if (what == (BEV_EVENT_EOF | BEV_EVENT_READING)) {
		/* The client has said all; it may still want its answers. */
		c->eof = true;
		conn_advance(c);
	} else if (what) {
		count_add(c->server, COUNT_LATE, what & BEV_EVENT_TIMEOUT ? 1 : 0);
		conn_free(c);
	}
}

/* The owner of a body that was lent to a buffer. */
static void body_written(const void *bytes UNUSED, size_t len UNUSED, void *context)
{
	call_free(context);
}

static void write_answer(struct conn *c, struct call *call)
{
	struct evbuffer *output = bufferevent_get_output(c->bev);
	struct str body = call->reply.body;

	count_add(c->server, COUNT_BYTES_OUT, call->answer.len + body.len);
	enter(c, CONN_ANSWER,
	      (int64_t)c->server->options.idle_ms + (int64_t)(call->answer.len + body.len) / slowest_reader);
	must(evbuffer_add(output, call->answer.at, call->answer.len) == 0);
	if (body.len > copied_body) {
		must(evbuffer_add_reference(output, body.at, body.len, body_written, call) == 0);
		return;
	}
	must(evbuffer_add(output, body.at, body.len) == 0);
	call_free(call);
}

static void open_stream(struct conn *c, struct call *call)
{
	uint64_t id = call->reply.stream;

	count_add(c->server, COUNT_BYTES_OUT, call->answer.len);
	must(evbuffer_add(bufferevent_get_output(c->bev), call->answer.at, call->answer.len) == 0);
	call_free(call);
	enter(c, CONN_STREAM, 0);
	stream_attach(c->server, id, c);
}

static void note_access(const struct call *call)
{
	const struct http_server *s = call->server;
	const struct http_asked *asked = &call->asked;
	int64_t since = asked->received_ns ? asked->received_ns : call->started_ns;

	count_add(call->server, COUNT_CLASS_0 + call->reply.status / 100, 1);
	if (s->options.on_access)
		s->options.on_access(s->options.context, asked->method, asked->pattern, call->reply.status,
		                     (clock_mono_ns() - since) / 1000);
}

void conn_answer(struct call *call)
{
	struct conn *c = call->conn;
	uint64_t stream = call->reply.stream;
	bool streams = stream && call->reply.status == 200 && !call->bodyless && c && !c->eof;

	if (stream && !streams)
		stream_gone(call->server, stream);
	if (!c) {
		count_add(call->server, COUNT_CLASS_0, 1);
		call_free(call);
		return;
	}
	note_access(call);
	c->call = NULL;
	c->keep = call->keep;
	if (streams)
		open_stream(c, call);
	else
		write_answer(c, call);
}

static void peer_text(const struct sockaddr *from, char *text, size_t size)
{
	const void *at = from->sa_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)from)->sin6_addr
	                                             : (const void *)&((const struct sockaddr_in *)from)->sin_addr;
	static const char mapped[] = "::ffff:";
	size_t skip = sizeof(mapped) - 1;

	if (!inet_ntop(from->sa_family, at, text, (socklen_t)size))
		text[0] = '\0';
	/* An IPv4 client of an IPv6 socket. */
	if (strncmp(text, mapped, skip) == 0 && strchr(text, '.'))
		memmove(text, text + skip, strlen(text + skip) + 1);
}

/* Closes the connection that has idled, or been read away, longest since its last answer. */
static void make_room(struct http_server *s)
{
	struct conn *oldest = NULL;

	for (unsigned i = 0; i < s->options.connections; i++) {
		struct conn *c = &s->conns[i];
		bool answered = c->state == CONN_IDLE || c->state == CONN_LINGER;

		if (answered && c->since_ms && (!oldest || c->since_ms < oldest->since_ms))
			oldest = c;
	}
	if (oldest)
		conn_free(oldest);
}

static struct bufferevent *bufferevent_of(struct http_server *s, evutil_socket_t fd)
{
	const int flags = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS;

	struct bufferevent *bev;

	pthread_mutex_lock(&s->lock);
	bev = s->tls ? tls_bufferevent(s->tls, s->base, fd, flags) : bufferevent_socket_new(s->base, fd, flags);
	pthread_mutex_unlock(&s->lock);
	return bev;
}

void conn_accept(struct http_server *s, evutil_socket_t fd, const struct sockaddr *from)
{
	/* Of the socket taking nothing of what is to be written. */
	const struct timeval stuck = { .tv_sec = s->options.idle_ms / 1000,
		                       .tv_usec = s->options.idle_ms % 1000 * 1000 };
	struct bufferevent *bev;
	struct conn *c;

	if (!s->free_conns)
		make_room(s);
	c = s->free_conns;
	bev = c ? bufferevent_of(s, fd) : NULL;
	if (!bev) {
		count_add(s, COUNT_TURNED_AWAY, 1);
		evutil_closesocket(fd);
		return;
	}
	s->free_conns = c->next_free;
	*c = (struct conn) { .server = s, .bev = bev };
	peer_text(from, c->peer, sizeof(c->peer));
	count_add(s, COUNT_ACCEPTED, 1);
	count_add(s, COUNT_CONNECTIONS, 1);
	/* Who connects and says nothing has the time of a request, not that of a known client between two. */
	enter(c, CONN_IDLE, MIN_OF(s->options.idle_ms, s->options.request_ms));
	bufferevent_setcb(bev, on_read, on_write, on_event, c);
	bufferevent_set_timeouts(bev, NULL, &stuck);
	bufferevent_setwatermark(bev, EV_READ, 0, LIMIT_SERVER_READ_AHEAD);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static void on_due(struct conn *c)
{
	bool known = c->state != CONN_IDLE && c->state != CONN_LINGER;

	count_add(c->server, COUNT_LATE, known);
	if (c->state == CONN_HEAD || c->state == CONN_BODY)
		refuse_unread(c, &late);
	else
		conn_free(c);
}

void conn_tick(struct http_server *s, int64_t now)
{
	bool comment = now >= s->comment_due_ms;

	if (comment)
		s->comment_due_ms = now + s->options.comment_ms;
	for (unsigned i = 0; i < s->options.connections; i++) {
		struct conn *c = &s->conns[i];

		if (c->due_ms && now >= c->due_ms)
			on_due(c);
		else if (comment && c->state == CONN_STREAM)
			stream_comment(c);
	}
}

void conn_drain(struct http_server *s)
{
	for (unsigned i = 0; i < s->options.connections; i++)
		if (s->conns[i].state == CONN_IDLE || s->conns[i].state == CONN_STREAM)
			conn_free(&s->conns[i]);
}

void conn_free_all(struct http_server *s)
{
	for (unsigned i = 0; i < s->options.connections; i++)
		if (s->conns[i].state != CONN_FREE)
			conn_free(&s->conns[i]);
}

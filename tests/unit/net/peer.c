#include "peer.h"

#include "lib/clock.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_REQUESTS = 1 << 16, MOST_CONNECTIONS = 4096 };

struct peer {
	int listener;
	char base[64];
	pthread_t acceptor;
	peer_answer_fn *answer_with;
	void *context;
	pthread_mutex_t lock;
	/* Guarded by lock. */
	size_t requests, at_once, most_at_once, connections;
	int64_t *came_ns;
	struct {
		pthread_t thread;
		int socket;
	} open[MOST_CONNECTIONS];
};

struct connection {
	struct peer *peer;
	size_t number;
	int socket;
};

static size_t note_request(struct peer *p, int64_t came_ns)
{
	size_t number;

	pthread_mutex_lock(&p->lock);
	if (p->requests < MOST_REQUESTS)
		p->came_ns[p->requests] = came_ns;
	number = ++p->requests;
	p->at_once++;
	p->most_at_once = MAX_OF(p->most_at_once, p->at_once);
	pthread_mutex_unlock(&p->lock);
	return number;
}

static void note_answer(struct peer *p)
{
	pthread_mutex_lock(&p->lock);
	p->at_once--;
	pthread_mutex_unlock(&p->lock);
}

struct str peer_header(const struct peer_call *call, const char *name)
{
	struct str rest = call->head, line;

	while (str_split(&rest, '\n', &line)) {
		ptrdiff_t colon = str_find_char(line, ':');

		if (colon > 0 && str_eq_nocase(str_range(line.at, (size_t)colon), str_of(name)))
			return str_trim(str_skip(line, (size_t)colon + 1));
	}
	return STR_EMPTY;
}

static int64_t wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000000 + now.tv_nsec;
}

/* recv; *ret_ns is when the kernel had the bytes: a thread that waits for a processor does not make them come later. */
static ssize_t receive(int socket, char *room, size_t size, int64_t *ret_ns)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct timespec))];
		struct cmsghdr aligned;
	} told;
	struct iovec part = { room, size };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = told.bytes, .msg_controllen = sizeof(told.bytes)
	};
	const ssize_t got = recvmsg(socket, &message, 0);
	struct cmsghdr *head = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	struct timespec at;

	*ret_ns = wall_ns();
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_TIMESTAMPNS) {
		memcpy(&at, CMSG_DATA(head), sizeof(at));
		*ret_ns = at.tv_sec * 1000000000 + at.tv_nsec;
	}
	return got;
}

/* Fills `in` until `wanted` bytes are there; false: the far end closed. */
static bool fill(int socket, struct buf *in, size_t wanted, int64_t *first_ns)
{
	while (in->len < wanted) {
		char *room = buf_room(in, 65536);
		int64_t at_ns;
		ssize_t got = receive(socket, room, 65536, &at_ns);

		if (got <= 0)
			return false;
		if (*first_ns == 0)
			*first_ns = at_ns;
		buf_grew(in, (size_t)got);
	}
	return true;
}

static void parse_line(struct peer_call *call)
{
	struct str rest = call->head;

	str_split(&rest, ' ', &call->method);
	str_split(&rest, ' ', &call->path);
}

static bool read_call(struct connection *c, struct buf *in, struct peer_call *call)
{
	int64_t came_ns = in->len ? wall_ns() : 0;
	ptrdiff_t end;
	int64_t length = 0;

	while ((end = str_find(buf_str(in), STR("\r\n\r\n"))) < 0) {
		if (!fill(c->socket, in, in->len + 1, &came_ns))
			return false;
	}
	call->head = str_range(in->at, (size_t)end + 2);
	str_to_i64(peer_header(call, "Content-Length"), &length);
	if (!fill(c->socket, in, (size_t)end + 4 + (size_t)length, &came_ns))
		return false;
	call->head = str_range(in->at, (size_t)end + 2);
	call->body = str_range(in->at + end + 4, (size_t)length);
	parse_line(call);
	call->number = note_request(c->peer, came_ns);
	return true;
}

static void *serve(void *context)
{
	struct connection *c = context;
	SCOPED(buf) struct buf in = BUF_INIT((size_t)256 << 20);
	struct peer_call call = { .peer = c->peer, .connection = c->number, .socket = c->socket };

	while (!call.close && read_call(c, &in, &call)) {
		c->peer->answer_with(&call, c->peer->context);
		note_answer(c->peer);
		buf_clear(&in);
	}
	shutdown(c->socket, SHUT_RDWR);
	free(c);
	return NULL;
}

static void *accept_all(void *context)
{
	struct peer *p = context;
	int socket;

	while ((socket = accept(p->listener, NULL, NULL)) >= 0) {
		struct connection *c = calloc(1, sizeof(*c));
		int on = 1;

		must(c != NULL && p->connections < MOST_CONNECTIONS);
		setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		setsockopt(socket, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
		pthread_mutex_lock(&p->lock);
		*c = (struct connection) { .peer = p, .number = p->connections + 1, .socket = socket };
		p->open[p->connections].socket = socket;
		must(pthread_create(&p->open[p->connections].thread, NULL, serve, c) == 0);
		p->connections++;
		pthread_mutex_unlock(&p->lock);
	}
	return NULL;
}

struct peer *peer_open(peer_answer_fn *answer, void *context)
{
	const int on = 1;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	struct peer *p = calloc(1, sizeof(*p));

	must(p != NULL);
	p->came_ns = calloc(MOST_REQUESTS, sizeof(*p->came_ns));
	must(p->came_ns != NULL);
	p->answer_with = answer;
	p->context = context;
	pthread_mutex_init(&p->lock, NULL);
	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(p->listener, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	must(bind(p->listener, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(p->listener, 256) == 0);
	must(getsockname(p->listener, (struct sockaddr *)&at, &len) == 0);
	snprintf(p->base, sizeof(p->base), "http://127.0.0.1:%d", ntohs(at.sin_port));
	must(pthread_create(&p->acceptor, NULL, accept_all, p) == 0);
	return p;
}

void peer_close(struct peer **peer)
{
	struct peer *p = *peer;

	*peer = NULL;
	shutdown(p->listener, SHUT_RDWR);
	pthread_join(p->acceptor, NULL);
	close(p->listener);
	for (size_t i = 0; i < p->connections; i++) {
		shutdown(p->open[i].socket, SHUT_RDWR);
		pthread_join(p->open[i].thread, NULL);
		close(p->open[i].socket);
	}
	pthread_mutex_destroy(&p->lock);
	free(p->came_ns);
	free(p);
}

struct str peer_base(const struct peer *peer)
{
	return str_of(peer->base);
}

static size_t read_count(struct peer *p, const size_t *count)
{
	size_t value;

	pthread_mutex_lock(&p->lock);
	value = *count;
	pthread_mutex_unlock(&p->lock);
	return value;
}

size_t peer_count(struct peer *peer)
{
	return read_count(peer, &peer->requests);
}

size_t peer_connections(struct peer *peer)
{
	return read_count(peer, &peer->connections);
}

size_t peer_most_at_once(struct peer *peer)
{
	return read_count(peer, &peer->most_at_once);
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

size_t peer_most_within(struct peer *peer, int64_t span_ms)
{
	size_t most = 0;

	pthread_mutex_lock(&peer->lock);
	qsort(peer->came_ns, MIN_OF(peer->requests, (size_t)MOST_REQUESTS), sizeof(int64_t), by_time);
	for (size_t first = 0, i = 0; i < peer->requests; i++) {
		while (peer->came_ns[i] - peer->came_ns[first] >= span_ms * 1000000)
			first++;
		most = MAX_OF(most, i - first + 1);
	}
	pthread_mutex_unlock(&peer->lock);
	return most;
}

void peer_send(struct peer_call *call, struct str bytes)
{
	while (bytes.len > 0) {
		ssize_t sent = send(call->socket, bytes.at, bytes.len, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		bytes = str_skip(bytes, (size_t)sent);
	}
}

void peer_answer(struct peer_call *call, unsigned status, const char *headers, struct str body)
{
	SCOPED(buf) struct buf out = BUF_INIT((size_t)256 << 20);

	buf_printf(&out, "HTTP/1.1 %u Word\r\n%s", status, headers);
	if (status != 204)
		buf_printf(&out, "Content-Length: %zu\r\n", body.len);
	buf_add(&out, STR("\r\n"));
	if (!str_eq(call->method, STR("HEAD")))
		buf_add(&out, body);
	peer_send(call, buf_str(&out));
}

void peer_drop(struct peer_call *call)
{
	call->close = true;
}

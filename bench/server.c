/*
 * bench/server: what a small POST costs at our server, beside the floor: libevent's own HTTP server that answers on its one thread, without
 * strict reading, routes, workers or counters.
 *
 * The same client asks both: CLIENTS threads, each with a connection of its own, one request after the other, all on the cores that
 * the servers also use. Rounds alternate, the best of each counts. Ours is measured twice: with a handler on a worker,
 * as webhooks are, and with one on the web thread.
 */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "net/http_server.h"

static const char BODY[] = "{\"id\":\"evt-1\",\"type\":\"patient.updated\",\"object\":{\"id\":\"pat-1\"}}";

enum { CLIENTS = 8, REQUESTS = 2000, ALL = CLIENTS * REQUESTS, ROUNDS = 3 };

struct client {
	pthread_t thread;
	unsigned port;
	const char *path;
	int64_t took_ns[REQUESTS];
};

struct result {
	double rate; /* requests a second */
	double p50_us, p99_us;
};

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench server: %s failed\n", what);
	exit(1);
}

static int dial(unsigned port)
{
	const int yes = 1;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	check(fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0, "connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	return fd;
}

static void *ask(void *context)
{
	struct client *c = context;
	int fd = dial(c->port);
	char request[512], answer[2048];
	int len = snprintf(request, sizeof(request),
	                   "POST %s HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench\r\nContent-Type: application/json\r\n"
	                   "Content-Length: %zu\r\n\r\n%s",
	                   c->path, sizeof(BODY) - 1, BODY);

	for (size_t i = 0; i < REQUESTS; i++) {
		int64_t start = clock_mono_ns();

		check(send(fd, request, (size_t)len, 0) == len, "send");
		/* Both servers write their small answer at once. */
		check(recv(fd, answer, sizeof(answer), 0) > 0 && strncmp(answer, "HTTP/1.1 200", 12) == 0, "answer");
		c->took_ns[i] = clock_mono_ns() - start;
	}
	close(fd);
	return NULL;
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static struct result measure(unsigned port, const char *path)
{
	static struct client clients[CLIENTS];
	static int64_t all[ALL];
	const size_t half = ARRAY_LEN(all) / 2, most = ARRAY_LEN(all) * 99 / 100;
	int64_t start = clock_mono_ns(), took;

	for (size_t i = 0; i < CLIENTS; i++) {
		clients[i].port = port;
		clients[i].path = path;
		check(pthread_create(&clients[i].thread, NULL, ask, &clients[i]) == 0, "thread");
	}
	for (size_t i = 0; i < CLIENTS; i++) {
		pthread_join(clients[i].thread, NULL);
		memcpy(&all[i * REQUESTS], clients[i].took_ns, sizeof(clients[i].took_ns));
	}
	took = clock_mono_ns() - start;
	qsort(all, ARRAY_LEN(all), sizeof(all[0]), by_time);
	return (struct result) { .rate = ALL * 1e9 / (double)took,
		                 .p50_us = (double)all[half] / 1e3,
		                 .p99_us = (double)all[most] / 1e3 };
}

static void accepted(void *context UNUSED, const struct http_asked *asked UNUSED, struct arena *arena UNUSED,
                     struct http_reply *ret)
{
	http_reply_json(ret, STR("{\"accepted\":true}"));
}

static void floor_answer(struct evhttp_request *request, void *context UNUSED)
{
	evbuffer_add(evhttp_request_get_output_buffer(request), "{\"accepted\":true}", 17);
	evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", "application/json");
	evhttp_send_reply(request, 200, "OK", NULL);
}

struct floor {
	struct event_base *base;
	struct evhttp *http;
	pthread_t thread;
	unsigned port;
};

static void look_for_end(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	event_base_loopbreak(context);
}

static void *serve_floor(void *context)
{
	event_base_dispatch(context);
	return NULL;
}

/* Ends when a byte comes on the pipe. */
static int floor_open(struct floor *f, int *end)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	struct evhttp_bound_socket *bound;

	f->base = event_base_new();
	f->http = evhttp_new(f->base);
	evhttp_set_gencb(f->http, floor_answer, NULL);
	bound = evhttp_bind_socket_with_handle(f->http, "127.0.0.1", 0);
	if (!bound || pipe(end) < 0)
		return -1;
	event_base_once(f->base, end[0], EV_READ, look_for_end, f->base, NULL);
	check(getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&at, &len) == 0, "port");
	f->port = ntohs(at.sin_port);
	return pthread_create(&f->thread, NULL, serve_floor, f->base);
}

static void floor_close(struct floor *f, int *end)
{
	check(write(end[1], "x", 1) == 1, "end of the floor");
	pthread_join(f->thread, NULL);
	evhttp_free(f->http);
	event_base_free(f->base);
	close(end[0]);
	close(end[1]);
}

static void keep_best(struct result *best, struct result now)
{
	if (now.rate > best->rate)
		*best = now;
}

static void print(const char *name, struct result r, struct result floor)
{
	printf("%-26s %8.0f requests/s   p50 %6.0f us   p99 %6.0f us   %.2f of the floor\n", name, r.rate, r.p50_us,
	       r.p99_us, r.rate / floor.rate);
}

int main(void)
{
	static const struct http_route routes[] = {
		{ "POST", "/hooks/{connection}/{secret}", accepted },
		{ "POST", "/inline/{connection}/{secret}", accepted, .inline_ok = true },
	};
	struct http_server_options options = { 0 };
	struct result floor = { 0 }, worker = { 0 }, web = { 0 };
	struct http_server *server = NULL;
	struct err err = ERR_INIT;
	struct floor f;
	int end[2];

	check(http_server_open(&options, routes, ARRAY_LEN(routes), &server, &err) == 0, err.text);
	check(floor_open(&f, end) == 0, "floor");
	for (unsigned i = 0; i < ROUNDS; i++) {
		keep_best(&floor, measure(f.port, "/hooks/hint/secret"));
		keep_best(&worker, measure(http_server_port(server), "/hooks/hint/secret"));
		keep_best(&web, measure(http_server_port(server), "/inline/hint/secret"));
	}
	printf("a POST of %zu bytes, %d clients at once, client and server on the same cores\n", sizeof(BODY) - 1,
	       CLIENTS);
	print("floor: evhttp", floor, floor);
	print("handler on a worker", worker, floor);
	print("handler on the web thread", web, floor);
	floor_close(&f, end);
	http_server_close(&server);
	return 0;
}

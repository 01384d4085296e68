/*
 * peer: the far side for tests of the HTTP client. A thread a connection, plain blocking sockets on 127.0.0.1 and a port that
 * the system picks. Each request that was read whole is counted, its arrival noted, and handed to the test's own `answer`.
 *
 *	static void answer(struct peer_call *call, void *context) { peer_answer(call, 200, "", STR("hello")); }
 *	struct peer *peer = peer_open(answer, NULL);
 *	peer_base(peer)          -- "http://127.0.0.1:40123"
 *
 * An `answer` that sends nothing leaves the client waiting; peer_drop closes. It runs on several threads at once.
 */
#ifndef SUTURE_TESTS_PEER_H
#define SUTURE_TESTS_PEER_H

#include "lib/buf.h"

struct peer;

struct peer_call {
	struct peer *peer;
	struct str method;
	struct str path;
	struct str head; /* status line and headers as they came */
	struct str body;
	size_t number;     /* of the request at this peer, from 1 */
	size_t connection; /* of its connection, from 1 */
	int socket;
	bool close; /* set: the connection ends after this call */
};

typedef void peer_answer_fn(struct peer_call *call, void *context);

struct peer *peer_open(peer_answer_fn *answer, void *context);
void peer_close(struct peer **peer);
struct str peer_base(const struct peer *peer);
size_t peer_count(struct peer *peer); /* requests so far */
size_t peer_connections(struct peer *peer);
size_t peer_most_at_once(struct peer *peer);
/* The largest number of requests that came within any `span_ms`. */
size_t peer_most_within(struct peer *peer, int64_t span_ms);

struct str peer_header(const struct peer_call *call, const char *name);
/* `headers`: whole lines, each ending in CR LF. Content-Length is added. */
void peer_answer(struct peer_call *call, unsigned status, const char *headers, struct str body);
void peer_send(struct peer_call *call, struct str bytes);
void peer_drop(struct peer_call *call);

#endif

/* rig: a client, a peer and a target, put up and taken down by each test. Include after the system headers. */
#ifndef SUTURE_TESTS_NET_RIG_H
#define SUTURE_TESTS_NET_RIG_H

#include "net/http.h"
#include "lib/clock.h"
#include "lib/limits.h"
#include "peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct rig {
	struct http_client *client;
	struct peer *peer;
	struct http_target target;
	struct arena arena;
	struct err err;
	struct http_answer answer;
};

/* A target that retries quickly. */
static inline void rig_open(struct rig *r, peer_answer_fn *answer, void *context)
{
	*r = (struct rig) { .arena = ARENA_INIT };
	assert_int_equal(http_client_open(&r->client, &r->err), 0);
	r->peer = peer_open(answer, context);
	r->target = (struct http_target) { .base = peer_base(r->peer), .backoff_ms = 1, .attempts = 4 };
}

static inline void rig_close(struct rig *r)
{
	http_client_close(&r->client);
	peer_close(&r->peer);
	arena_release(&r->arena);
}

static inline struct http_request rig_request(struct rig *r, const char *method, const char *path)
{
	return (struct http_request) {
		.target = &r->target,
		.method = method,
		.url = str_of(path),
		.priority = HTTP_NORMAL,
		.idempotent = str_eq_c(STR("GET"), method) || str_eq_c(STR("PUT"), method),
	};
}

static inline int rig_send(struct rig *r, const struct http_request *request)
{
	struct http_future *f = http_start(r->client, request);

	return http_wait(&f, &r->arena, &r->answer, &r->err);
}

static inline int rig_do(struct rig *r, const char *method, const char *path)
{
	struct http_request request = rig_request(r, method, path);

	return rig_send(r, &request);
}

#endif

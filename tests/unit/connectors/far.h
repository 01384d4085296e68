/*
 * far: a scripted far side. Each exchange is a request that is expected once and its answer; they may come in any order, the
 * first that fits is taken. far_close fails the test when a request came that nobody expected, or one never came.
 *
 *	struct far far;
 *	far_open(&far);
 *	far_expect(&far, (struct exchange){ .method = "GET", .path = "/api/patients", .answer = "[]" });
 *	... connection to far_base(&far) ...
 *	far_close(&far);
 */
#ifndef SUTURE_TESTS_CONNECTORS_FAR_H
#define SUTURE_TESTS_CONNECTORS_FAR_H

#include <pthread.h>

#include "../net/peer.h"
#include "unit.h"

struct exchange {
	const char *method, *path; /* the request's path, with its query, must hold `path`; decoded */
	const char *body;          /* its body must hold this; NULL: any */
	const char *not_body;      /* and must not hold this */
	const char *head;          /* its headers must hold this; NULL: any */
	unsigned status;           /* 0: 200 */
	const char *headers;       /* whole lines */
	const char *answer;
	bool drop; /* no answer: the connection is closed */
	bool used;
};

struct far {
	struct peer *peer;
	struct http_client *http;
	struct arena arena;
	struct err err;
	pthread_mutex_t lock;
	struct exchange script[512];
	size_t count;
	char surprise[2048]; /* the first request that fitted nothing */
};

void far_open(struct far *far);
void far_close(struct far *far);
struct str far_base(struct far *far);
void far_expect(struct far *far, struct exchange exchange);
/* A connection of `kind` with these settings (JSON); %s in it is the base. */
struct connection *far_connect(struct far *far, const char *kind, const char *settings);
/* Lists, fetches, writes and finishes in one. Errors stand in far->err. */
int far_list(struct far *far, struct connection *c, struct list_request request, struct page *ret);
int far_fetch(struct far *far, struct connection *c, struct fetch_request request, struct page *ret);
int far_write(struct far *far, struct connection *c, const char *object, const struct write_item *items, size_t count,
              struct write_result *results);
/* Set-up of a group: the descriptor invented.yaml becomes a kind. */
int far_add_invented(void **state);
struct json *far_json(struct far *far, const char *text);

#endif

/*
 * token: one access token that all requests of a connection share, and the OAuth 2.0 grant that gets it. Private to connectors.
 * token_authorize() fits http_target.authorize with the token as context; a renewal happens once, whoever waits for it.
 */
#ifndef SUTURE_CONNECTORS_TOKEN_H
#define SUTURE_CONNECTORS_TOKEN_H

#include <pthread.h>

#include "connectors/connector.h"

struct token {
	pthread_mutex_t lock;
	struct buf text;
	int64_t good_until_ns; /* monotonic; 0: until the far side says otherwise */
	/* Gets a new token and calls token_set(). Runs with the lock held. */
	int (*renew)(void *context, struct err *err);
	void *context;
};

void token_init(struct token *t, int (*renew)(void *context, struct err *err), void *context);
void token_release(struct token *t);
/* `seconds`: how long it lives; 0: unknown. Renewed 60 seconds before (half its life, if that is shorter). */
void token_set(struct token *t, struct str text, int64_t seconds);
/* Writes "Bearer ..." to `ret_header`; gets a token first where there is none. */
int token_authorize(void *token, bool refresh, struct buf *ret_header, struct err *err) MUST_CHECK;

/* One grant: POSTs `form` (already encoded), answers with the token endpoint's JSON. `basic`: "id:secret" for HTTP Basic,
 * or empty. ERR_AUTH says what to do about it. */
struct token_request {
	struct http_client *http;
	struct http_target *target; /* has no `authorize` */
	struct str path;
	struct str form;
	struct str basic;
};
int token_grant(const struct token_request *request, struct arena *arena, struct json **ret,
                struct err *err) MUST_CHECK;
void token_form_add(struct buf *form, const char *name, struct str value);

#endif

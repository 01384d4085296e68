/*
 * oauth: OAuth 2.0 access tokens (RFC 6749, RFC 7523) for connections. Three grants without a person at hand: client credentials,
 * refresh token, JWT bearer. A `struct oauth` gets a token when the first request needs one, keeps it in memory only, and
 * gets another when it runs out or is refused:
 *
 *	if (oauth_open(&options, &oauth, err) < 0) ...
 *	target->authorize = oauth_authorize;
 *	target->context = oauth;
 *	...
 *	oauth_free(&oauth);                          -- when no request of the target is left
 *
 * Any number of threads may ask at once: one request is made, the others wait for its answer. `expires_in` is obeyed where it
 * is given (NikoHealth: 1,200 s): the token is replaced a minute before. Where it is not (Salesforce), a 401 replaces it.
 * A refusal (ERR_AUTH) is remembered for 30 s, so that a wrong secret is not tried a thousand times until the account
 * is locked.
 *
 * Errors: ERR_AUTH (refused: the sentence says what to set right), ERR_RATE (too many sign-ins), ERR_FAR_SIDE (5xx, or an
 * answer without a token), ERR_UNSUPPORTED (a token that is no bearer token), those of http_wait. No sentence carries a
 * secret, a token, or the far side's own description (it may name a person).
 */
#ifndef SUTURE_NET_OAUTH_H
#define SUTURE_NET_OAUTH_H

#include "codec/json.h"
#include "net/http.h"

struct oauth;

enum oauth_grant { OAUTH_CLIENT_CREDENTIALS, OAUTH_REFRESH_TOKEN, OAUTH_JWT_BEARER };

struct oauth_options {
	struct http_client *http;
	struct str token_url; /* absolute */
	enum oauth_grant grant;
	struct str client_id;
	struct str client_secret; /* may be empty for a refresh token of a public app; not used by JWT bearer */
	bool basic;               /* id and secret as HTTP Basic, not in the form */
	struct str scope;         /* may be empty */
	struct str refresh_token; /* refresh token */
	struct str subject;       /* JWT bearer: "sub", the user to act as */
	struct str audience;      /* JWT bearer: "aud" */
	struct str private_key;   /* JWT bearer: PEM; signed with RS256 */
	unsigned assertion_s;     /* JWT bearer: how long the assertion lives; 0: 120 */
	/* The target whose tokens these are: signing in keeps to its pace, time limit, attempts and pauses. Must outlive the
	 * oauth. NULL: no limit to the pace, 30 s, 3 attempts. */
	const struct http_target *like;
	/*
	 * The far side gave a new refresh token and the old one is dead: keep it durably. Called before the access token is used;
	 * what it fails with is what the request fails with. The new one is used from then on either way, and is offered
	 * again with each later token until it is kept.
	 */
	int (*on_rotated)(void *context, struct str refresh_token, struct err *err);
	/* Each token answer as it came (instance_url, id, scope). Fails: the token is not used. */
	int (*on_token)(void *context, const struct json *answer, struct err *err);
	void *context;
};

/* Copies the options. Nothing is sent. ERR_CONFIG names the option that is missing. */
int oauth_open(const struct oauth_options *options, struct oauth **ret, struct err *err) MUST_CHECK;
void oauth_free(struct oauth **oauth);
/* Writes "Bearer ...". Fits http_target.authorize with the oauth as context. Blocks while a token is asked for. */
int oauth_authorize(void *oauth, bool refresh, struct buf *ret_header, struct err *err);

/* One exchange with a token endpoint, for grants that happen once (an authorization code). */
struct oauth_request {
	struct http_client *http;
	struct http_target *target; /* of the token endpoint; has no `authorize` */
	struct str url;
	struct str form;     /* see oauth_form_add */
	struct str basic_id; /* not empty: HTTP Basic */
	struct str basic_secret;
	bool once; /* must not be sent again when no answer came */
};
int oauth_ask(const struct oauth_request *request, struct arena *arena, struct json **ret_answer,
              struct err *err) MUST_CHECK;
void oauth_form_add(struct buf *form, const char *name, struct str value);

#endif

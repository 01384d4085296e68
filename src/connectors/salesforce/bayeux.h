/*
 * bayeux: one session of the Bayeux protocol over HTTP long polling, as CometD servers speak it (Salesforce) and others (faye).
 * It knows messages, cookies and advice; what an event means, and when to begin anew, is for its caller. Private to
 * salesforce/; one thread.
 *
 *	bayeux_handshake → bayeux_subscribe → bayeux_connect, bayeux_connect, ... → bayeux_end
 *
 * Each waits for its answer, but no longer than about a fifth of a second after *stop (ERR_ABORTED). An error means that no
 * answer came; what an answer says stands in bayeux_reply.next.
 */
#ifndef SUTURE_CONNECTORS_SALESFORCE_BAYEUX_H
#define SUTURE_CONNECTORS_SALESFORCE_BAYEUX_H

#include <stdatomic.h>

#include "codec/json.h"
#include "net/http.h"

struct row;

enum bayeux_next {
	BAYEUX_GO_ON,     /* done: the next step */
	BAYEUX_AGAIN,     /* the same step once more, after a pause */
	BAYEUX_HANDSHAKE, /* the server does not know us any more: begin a session */
	BAYEUX_TOKEN,     /* the same with a new token */
	BAYEUX_GONE,      /* the replay id is too old */
	BAYEUX_DENIED,    /* never, until somebody changes the server */
};

struct bayeux_reply {
	enum bayeux_next next;
	unsigned status;          /* of HTTP */
	struct str error;         /* the server's code: "403"; empty: none */
	const struct row *events; /* messages that are not of the protocol itself, in order; also ones with a fault */
	size_t event_count;
	int64_t server_ms; /* Date header; 0: none */
	int64_t took_ms;
};

struct bayeux_cookie {
	struct str name, value;
};

struct bayeux {
	/* Set by the caller; constant. */
	struct http_client *http;
	struct http_target target; /* no `authorize`: each request carries its own header */
	struct str path;           /* "/cometd/62.0" */
	int (*authorize)(void *context, bool refresh, struct buf *ret_header, struct err *err);
	void *context;
	const atomic_bool *stop;
	/* The session. */
	struct arena session;
	struct str client_id; /* empty: no session */
	struct bayeux_cookie cookies[16];
	size_t cookie_count;
	uint64_t sent;       /* messages so far: their ids */
	bool new_token;      /* the next request asks for one */
	int64_t interval_ms; /* advice: rest between two connects */
	int64_t hold_ms;     /* advice: how long the server holds an idle connect */
};

void bayeux_forget(struct bayeux *b); /* the session; the next step is a handshake */
void bayeux_release(struct bayeux *b);
int bayeux_handshake(struct bayeux *b, struct arena *arena, struct bayeux_reply *ret, struct err *err) MUST_CHECK;
/* `replay`: a whole number in decimal. */
int bayeux_subscribe(struct bayeux *b, struct arena *arena, struct str channel, struct str replay,
                     struct bayeux_reply *ret, struct err *err) MUST_CHECK;
int bayeux_connect(struct bayeux *b, struct arena *arena, struct bayeux_reply *ret, struct err *err) MUST_CHECK;
/* Tells the server that nobody listens any more, if it takes that within half a second. */
void bayeux_end(struct bayeux *b, struct arena *arena);

#endif

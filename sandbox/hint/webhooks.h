/*
 * webhooks: endpoints, signed deliveries, retries, and the log of both (API reference, "Webhooks").
 *
 * An event becomes one delivery for every endpoint that may have it. Deliveries of an endpoint wait in a queue; up to
 * HOOK_CONNECTIONS of them are on their way at a time. A failed one waits for its next attempt: `retry_ms` apart (an hour by
 * default, 72 times), so that a test can squeeze three days into a second. 100 failures in a row mute an endpoint for one
 * `retry_ms`; a success ends that.
 *
 * Switches that a real receiver must live with: every delivery twice (`duplicate`), neighbours in the wrong order
 * (`reorder`), and shares of deliveries that are lost, repeated, overtaken or late (sandbox/unreliable.h).
 */
#ifndef SANDBOX_HINT_WEBHOOKS_H
#define SANDBOX_HINT_WEBHOOKS_H

#include "sandbox/hint/hint.h"
#include "sandbox/unreliable.h"

enum { HOOK_CONNECTIONS = 4, HOOK_ATTEMPTS = 73, HOOK_FAILURES_TO_MUTE = 100 };

enum scope { SCOPE_GLOBAL, SCOPE_PRACTICE }; /* all practices, or the one of the connection */

struct endpoint {
	struct str id, url;
	enum scope scope;
	int64_t created_us, updated_us, delivered_us; /* delivered_us 0: never */
	unsigned failures;                            /* in a row */
	int64_t muted_until_ns;
	uint64_t deliveries;           /* so far */
	bool gone;                     /* deleted; its memory stays until the end */
	struct delivery *first, *last; /* waiting */
	struct evhttp_connection *connections[HOOK_CONNECTIONS];
	bool busy[HOOK_CONNECTIONS];
	unsigned moved[HOOK_CONNECTIONS], moves; /* a connection older than the last move is made anew */
	struct endpoint *next;
	struct hint *hint;
};

/* What the log keeps of a delivery after it ended. */
struct hook_record {
	struct str event_id, type;
	int64_t created_us, attempted_us, delivered_us;
	unsigned attempts;
	int status_code;
	const char *status; /* pending attempted delivered retrying failed lost non_requestable */
	const char *response;
	const struct endpoint *endpoint;
	struct hook_record *next;
};

struct hooks {
	struct arena arena;
	struct endpoint *endpoints;
	struct delivery *live; /* every delivery that is not over */
	struct hook_record *log, *newest;
	struct json *listened; /* array of event types; "*": all */
	struct arena listened_arena;
	bool unmute_self, paused, disabled, duplicate, reorder;
	struct unreliable unreliable;
	bool waking; /* a wake-up is under way */
	int64_t retry_ms, timeout_ms;
	double backoff;  /* each wait is this much longer than the one before: 1 = steady, 2 = doubling */
	int64_t waiting; /* deliveries that are not over */
	uint64_t next_number;
};

void webhooks_open(struct hint *hint);
void webhooks_close(struct hint *hint);
/* A patient changed. `own`: through the API, by the partner itself. */
void webhooks_patient(struct hint *hint, const char *type, const struct patient *p, bool own);
/* The connection was activated or deactivated. */
void webhooks_connection(struct hint *hint, const char *type, struct str object);
struct endpoint *webhooks_add(struct hint *hint, struct str url, enum scope scope);
struct endpoint *webhooks_find(struct hint *hint, struct str id, enum scope scope);
/* To another address; connections to the old one end with what they carry. */
void webhooks_move(struct hint *hint, struct endpoint *endpoint, struct str url);
/* At once: what waits is dropped. */
void webhooks_drop(struct hint *hint, struct endpoint *endpoint);
/* Drops what waits. Deliveries on their way and their log go on. */
void webhooks_forget(struct hint *hint);
/* Starts what may start, after a switch was changed. */
void webhooks_wake(struct hint *hint);

#endif

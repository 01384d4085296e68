/*
 * http: one HTTP client for all connections. One thread (the net thread) is the only user of libcurl; everybody else
 * starts a request and gets a future.
 *
 *	struct http_future *f = http_start(client, &request);      -- copies what it needs; never blocks, never NULL
 *	...start some more...
 *	if (http_wait(&f, arena, &answer, err) < 0) ...             -- blocks; frees the future
 *
 * What the client does by itself, so that no caller writes it again:
 * - pace: at most `rate` requests a second and `window` at once for each struct http_target, whoever asks, and the same
 *   `rate` for all targets of all processes with the same `pace_file`; low-priority requests only start when nothing else
 *   waits for the target;
 * - retries with full jitter (0.5 s doubling up to 30 s, `Retry-After` honoured) on 429, 502, 503, 504 and on
 *   connection failures, for requests marked idempotent, `attempts` times;
 * - authentication: asks target->authorize for the header value; after a 401 it calls it once more with
 *   `refresh = true`, one call for all waiting requests, and repeats each once;
 * - gzip, HTTP/1.1 keep-alive, connection time limit, total time limit, TLS verification on, no redirects to other hosts;
 * - no request to a host that is not the target's, none to a host that http_client_allow did not name, and none to an address behind the wall (http_wall.h).
 *
 * Errors of http_wait: ERR_NETWORK, ERR_TIMEOUT, ERR_MEMORY_LIMIT (body or headers over the limit), ERR_ABORTED (client
 * stopped), ERR_CONFIG (nothing was sent: another host, a control character in URL or header), ERR_RATE (nothing was sent: the far
 * side asked for a pause of more than two minutes), ERR_LEASE (nothing was sent: target->may_write said no), and what target->authorize failed with (ERR_AUTH mostly).
 * A status of 400 or more is no error here: the connector judges. `answer.uncertain` says that the request may have been
 * carried out although no answer came.
 */
#ifndef SUTURE_NET_HTTP_H
#define SUTURE_NET_HTTP_H

#include <stdatomic.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"

struct http_client;
struct http_future;

struct http_header {
	struct str name;
	struct str value;
};

/* What a request counts as in http_target.calls. HTTP_USE_METHOD: GET and HEAD read, all else writes. */
enum http_use {
	HTTP_USE_METHOD,
	HTTP_USE_READ,
	HTTP_USE_WRITE,
	HTTP_USE_SEARCH,
	HTTP_USE_BULK,
	HTTP_USE_STREAM,
	HTTP_USES
};

/* One far system. Owned by the connection; must outlive its requests. Zero means "no limit" for rate, 8 for window. */
struct http_target {
	struct str base; /* "https://host:port/prefix", no trailing slash: all URLs must start with its origin */
	double rate;     /* requests a second */
	/* A file through which all processes of this machine that name it keep to `rate` together; made when missing, must be
	 * on a local disk. Lives as long as the target. ERR_SYSTEM, ERR_DISK_FULL where it cannot be used: nothing is sent
	 * then. NULL: each target has its own pace. */
	const char *pace_file;
	unsigned window;     /* requests at once */
	unsigned attempts;   /* of an idempotent request; 0 = 6 */
	unsigned timeout_ms; /* one attempt; 0 = 60,000 */
	unsigned backoff_ms; /* first pause; 0 = 500 */
	/* Writes the value of the Authorization header. Called on the waiting caller's thread or a helper thread of the client,
	 * never on the net thread, so it may itself use http_start/http_wait on a target without `authorize`. NULL: none.
	 * What it gave is used for up to two seconds before it is asked again. */
	int (*authorize)(void *context, bool refresh, struct buf *ret_header, struct err *err);
	void *context;
	/* Called with each answer's headers (API budget); on the net thread, must be quick and
	 * start, wait for or cancel nothing. May be NULL. */
	void (*observe)(void *context, unsigned status, const struct http_header *headers, size_t count);
	/* Asked just before a request that writes (HTTP_USE_WRITE, HTTP_USE_BULK) leaves, on the net thread: false, and nothing is sent (ERR_LEASE). Must be quick.
	 * NULL: it may always. */
	bool (*may_write)(void *context);
	void *may_write_context;
	void *state; /* the client's own: pace, waiting list. NULL at first */
	/* Requests that were sent, by use, each attempt for itself: that is how far sides count. Only ever grows; any thread may read. */
	_Atomic uint64_t calls[HTTP_USES];
	/* The far side's clock less ours, as its latest answer with a Date had it; exact to about a second. */
	_Atomic int64_t clock_ahead_ms;
	atomic_bool clock_known;
	/* Settings for whoever keeps a budget of calls (sync/budget.h); the client only counts. 0 a day: no limit is known. */
	int64_t calls_a_day;
	unsigned reserve_percent;
};

enum http_priority { HTTP_URGENT, HTTP_NORMAL, HTTP_LOW };

struct http_request {
	struct http_target *target;
	const char *method;
	struct str url; /* absolute, or a path beginning with "/" that is put after target->base's origin */
	const struct http_header *headers;
	size_t header_count;
	struct str body; /* copied */
	enum http_priority priority;
	bool idempotent; /* may be sent again after a doubtful outcome */
	bool no_auth;
	enum http_use use;
};

struct http_answer {
	unsigned status;
	struct str body; /* in the arena given to http_wait */
	const struct http_header *headers;
	size_t header_count;
	int64_t sent_ns; /* monotonic, of the attempt that was answered */
	int64_t took_ns;
	unsigned attempts;
	bool uncertain; /* set on failure too: see above */
};

int http_client_open(struct http_client **ret, struct err *err) MUST_CHECK;
/* Fails all requests under way with ERR_ABORTED. */
void http_client_close(struct http_client **client);
/* Hosts that requests may go to, as http_wall_lists takes them; copied. Once, before the first request. Empty, as at first: any that a target names. */
void http_client_allow(struct http_client *client, struct str hosts);
struct http_future *http_start(struct http_client *client, const struct http_request *request);
bool http_ready(const struct http_future *future); /* would http_wait not block? */
/* Waits so long at most. True: http_wait will not block. For whoever has to look up now and then during a long wait. */
bool http_wait_ready(struct http_future *future, int64_t timeout_ms);
int http_wait(struct http_future **future, struct arena *arena, struct http_answer *ret, struct err *err) MUST_CHECK;
/* Forget it; the request may have been carried out. Waits until the client has let go of it (also for an authorize that
 * runs on its behalf), so that the target may be freed afterwards. NULL is fine. */
void http_cancel(struct http_future **future);
struct str http_header_of(const struct http_answer *answer, const char *name); /* case-insensitive; empty: absent */

/* Counters since the client was opened, for /metrics and tests. */
struct http_counters {
	uint64_t started, answered, retried, failed, refreshed, bytes_in, bytes_out;
};
struct http_counters http_counters_of(struct http_client *client);

#endif

/*
 * http_retry: what becomes of an attempt, and how long to rest before the next. Pure functions: they ask no clock.
 * Private to src/net.
 */
#ifndef SUTURE_NET_HTTP_RETRY_H
#define SUTURE_NET_HTTP_RETRY_H

#include "net/http.h"

struct http_attempt {
	bool answered;  /* a complete answer came: `status` counts, else `retryable` */
	bool sent;      /* bytes of the request may have left */
	bool retryable; /* the failure is of the kind that passes: no connection, connection lost, time limit */
	bool was_idle;  /* lost a connection that had been kept open: the far side had closed it, nothing is wrong */
	unsigned status;
};

/* Whether the outcome alone allows another attempt; the caller counts attempts. */
bool http_retry_allowed(const struct http_attempt *attempt, bool idempotent);

/*
 * Full jitter: an even pick from 0 to first_ms * 2^(attempt - 1), at most 30 s. `attempt` is the number of attempts made so
 * far (1 or more), `random` any 32 random bits.
 */
int64_t http_retry_backoff_ms(unsigned first_ms, unsigned attempt, uint32_t random);

/* Seconds since 1970 of an HTTP date in any of its three forms; -1: not one. */
int64_t http_date(struct str text);

/*
 * Milliseconds that a Retry-After value asks for: seconds, or an HTTP date, which is read against the far side's own `date`
 * header (empty or unreadable: against wall_ms). -1: none, or not understood. A date gone by is 0.
 */
int64_t http_retry_after_ms(struct str retry_after, struct str date, int64_t wall_ms);

#endif

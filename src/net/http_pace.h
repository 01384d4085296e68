/*
 * http_pace: never more than `rate` starts in any one second, counted where it matters, at the far side. Private to src/net.
 *
 * There are floor(rate) tickets. A request takes one, and the ticket can be taken again one second after the request must
 * have arrived. As any floor(rate) + 1 requests share a ticket between two of them, no second holds more than floor(rate).
 * Below one a second there is one ticket and the second is longer. When a request arrives is not known to us: it is
 * between the moment it was written (pace_sent) and its answer (pace_answered). `pace_flight_ns` is granted for
 * the way if the answer takes longer; a ticket whose request is still connecting is held.
 */
#ifndef SUTURE_NET_HTTP_PACE_H
#define SUTURE_NET_HTTP_PACE_H

#include "lib/arena.h"

struct pace {
	double rate;
	int64_t second_ns;   /* how long a ticket rests */
	int64_t *free_at_ns; /* one a ticket; INT64_MAX: held */
	size_t count;        /* 0: no limit */
	size_t next;
	size_t first_number; /* of ticket 0; rises with each change of the rate, so that old tickets fit nothing */
	bool known;
};

extern const int64_t pace_flight_ns;

/* A changed rate starts with all tickets taken just now, so that the change itself does not let a burst through. */
void pace_set(struct pace *pace, struct arena *arena, double rate, int64_t now_ns);
/* When the next request may start: <= now_ns: now. INT64_MAX: not before one that is connecting has been sent. */
int64_t pace_due(struct pace *pace, int64_t now_ns);
/* Takes the ticket that pace_due found; its number is for the two below. */
size_t pace_take(struct pace *pace);
void pace_sent(struct pace *pace, size_t ticket, int64_t now_ns);
/* Also for an attempt that failed, sent or not. */
void pace_answered(struct pace *pace, size_t ticket, int64_t now_ns);

#endif

/*
 * http_pace: never more than `rate` starts in any one second, counted where it matters, at the far side. Private to src/net.
 *
 * There are floor(rate) slots, each with the time from which it is free. A request takes a free one, and the slot is free
 * again one second after the request must have arrived. As any floor(rate) + 1 requests share a slot between two of them, no
 * second holds more than floor(rate). Below one a second there is one slot and the second is longer. When a request arrives
 * is not known to us: it is between the moment it was written (pace_sent) and its answer (pace_answered). `pace_flight_ns`
 * is granted for the way if the answer takes longer.
 *
 * A slot whose request still connects is held for `pace_lease_ns`, longer than libcurl may take to connect: a process that
 * is killed leaves nothing held for ever, and one that was stopped for so long learns from pace_sent that the slot is no
 * longer its own.
 *
 * The slots are this process's own, or a file's that the processes of this machine map (http_target.pace_file). Each step is
 * one compare-and-swap from a value that only its owner could have written, so nobody waits for a process that was stopped.
 * Their times are of CLOCK_MONOTONIC, which is common to all processes; one too far ahead to have been written since the
 * machine started counts as free.
 */
#ifndef SUTURE_NET_HTTP_PACE_H
#define SUTURE_NET_HTTP_PACE_H

#include "lib/arena.h"
#include "lib/err.h"

#include <stdatomic.h>

typedef _Atomic int64_t pace_slot; /* free from this time on */

struct pace {
	double rate;
	const char *file;  /* NULL: the slots are our own */
	int64_t second_ns; /* how long a slot rests */
	pace_slot *slots;
	size_t count; /* 0: no limit */
	size_t next;  /* where to look first */
	bool known;
};

/* The right to one start. All zero: needs none, or it was given back. */
struct pace_ticket {
	pace_slot *slot;   /* lives as long as the arena given to pace_set, also after the rate has changed */
	int64_t wrote_ns;  /* what we wrote there: who finds something else has lost it */
	int64_t second_ns; /* of the pace it was taken from */
};

extern const int64_t pace_flight_ns;
extern const int64_t pace_lease_ns;

/*
 * Does nothing when rate and file are what they were. A changed rate starts with all slots taken just now, so that the
 * change itself does not let a burst through. Fails when the file cannot be used; the pace is then as it was.
 */
int pace_set(struct pace *pace, struct arena *arena, double rate, const char *file, int64_t now_ns,
             struct err *err) MUST_CHECK;
/* 0: taken. Else nothing is free: when to try again. */
int64_t pace_take(struct pace *pace, int64_t now_ns, struct pace_ticket *ret);
/* Just before the request is written. False: it took so long that the slot is another's; nothing may be sent. */
bool pace_sent(struct pace_ticket *ticket, int64_t now_ns) MUST_CHECK;
/* Also for an attempt that failed, sent or not. */
void pace_answered(struct pace_ticket *ticket, int64_t now_ns);

/* Takes all slots that are free before a second has passed. */
void pace_rest(struct pace *pace, int64_t now_ns);
/* http_pace_file.c: sets pace->slots to those of pace->file, made when missing; unmapped with the arena. They rest when
 * the file was for another rate. */
int pace_file_map(struct pace *pace, struct arena *arena, int64_t now_ns, struct err *err) MUST_CHECK;

#endif

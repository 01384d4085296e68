/*
 * courier: deliveries from a stand-in to the addresses of its subscribers, as unreliable as wanted (unreliable.h).
 *
 * One delivery is on its way at a time, so that without mishaps the order is that of the events. The switches live in the
 * vendor's state (knobs.h can set them). One that is to be passed waits until so many others were ready, or its time is over.
 */
#ifndef SUTURE_SANDBOX_COURIER_H
#define SUTURE_SANDBOX_COURIER_H

#include "sandbox/server.h"
#include "sandbox/unreliable.h"

struct courier_switches {
	struct unreliable mishaps;
	int64_t attempts;                         /* of one delivery; an answer of 2xx ends it */
	int64_t retry_ms, timeout_ms;             /* between two attempts; of one attempt */
	int64_t waiting, delivered, failed, lost; /* readings */
};
#define COURIER_SWITCHES_INIT                                                                    \
	{                                                                                        \
		.mishaps = UNRELIABLE_INIT, .attempts = 3, .retry_ms = 1000, .timeout_ms = 10000 \
	}

/* The rows of these switches in a vendor's table of knobs; `state` is its struct, `place` the field. */
#define COURIER_KNOBS(state, place)                                                            \
	{ "loss", KNOB_REAL, offsetof(state, place.mishaps.loss), NULL },                      \
	        { "repeat", KNOB_REAL, offsetof(state, place.mishaps.repeat), NULL },          \
	        { "reorder", KNOB_REAL, offsetof(state, place.mishaps.reorder), NULL },        \
	        { "reorder_ms", KNOB_COUNT, offsetof(state, place.mishaps.reorder_ms), NULL }, \
	        { "late", KNOB_REAL, offsetof(state, place.mishaps.late), NULL },              \
	        { "late_ms", KNOB_COUNT, offsetof(state, place.mishaps.late_ms), NULL },       \
	        { "seed", KNOB_COUNT, offsetof(state, place.mishaps.seed), NULL },             \
	        { "hook_attempts", KNOB_COUNT, offsetof(state, place.attempts), NULL },        \
	        { "hook_retry_ms", KNOB_COUNT, offsetof(state, place.retry_ms), NULL },        \
	        { "hook_timeout_ms", KNOB_COUNT, offsetof(state, place.timeout_ms), NULL },    \
	        { "hooks_waiting", KNOB_READING, offsetof(state, place.waiting), NULL },       \
	        { "hooks_delivered", KNOB_READING, offsetof(state, place.delivered), NULL },   \
	        { "hooks_failed", KNOB_READING, offsetof(state, place.failed), NULL },         \
	{                                                                                      \
		"hooks_lost", KNOB_READING, offsetof(state, place.lost), NULL                  \
	}

struct courier;

/* `switches` and `server` must outlive it. All calls on the system's own thread. */
struct courier *courier_new(struct server *server, struct courier_switches *switches);
void courier_free(struct courier **courier); /* what waits is dropped */
/* An http address; `headers` beside Content-Type: application/json. Everything is copied. */
void courier_send(struct courier *courier, struct str url, const struct pairs *headers, struct str body);
void courier_forget(struct courier *courier); /* drops what waits, but not what is on its way */

#endif

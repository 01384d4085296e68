/*
 * stream: who listens to change events. A listener is what a handshake made: subscriptions, each with its place in the log, an
 * outbox, and one answer that is held until there is something to send. The messages themselves are cometd.c.
 *
 * Forgotten are listeners without a connect for settings.idle_ms, and all of them by an administrator's switch: both answer
 * "403::Unknown client" from then on, as after the loss of a server.
 */
#ifndef SUTURE_SANDBOX_SALESFORCE_STREAM_H
#define SUTURE_SANDBOX_SALESFORCE_STREAM_H

#include "sandbox/salesforce/org.h"

#define LISTENER_ID 25

struct listener;

void stream_open(struct org *org);
void stream_close(struct org *org);
/* New events, a setting changed: looks soon who may be answered. Costs nothing when nobody listens. */
void stream_wake(struct org *org);
void stream_forget_all(struct org *org);
int64_t stream_delivered(const struct org *org); /* events that went out so far */
void stream_show(struct org *org, struct buf *out);

/* `len` letters and digits that nobody can guess, and a NUL. */
void stream_random(char *at, size_t len);
struct listener *stream_greet(struct org *org);
struct listener *stream_find(struct org *org, struct str id); /* NULL: unknown */
void stream_leave(struct org *org, struct listener *listener);
struct str listener_id(const struct listener *listener);
/* The channel's events from event number `from` on. `object` NULL: of all objects. Replaces an older one. */
void listener_subscribe(struct listener *listener, struct str channel, const struct object *object, uint64_t from);
bool listener_unsubscribe(struct listener *listener, struct str channel);
/*
 * Holds the answer, which may have begun already ("[{..},"), until events or the end of `wait_ms` complete it with the reply of
 * /meta/connect to message `id`. An answer that is held already is completed at once.
 */
void listener_connect(struct org *org, struct listener *listener, struct answer *answer, struct str id,
                      int64_t wait_ms);

/* cometd.c: the last message of an answer, and its end. `error` NULL: success. */
void connect_write(struct org *org, struct buf *out, const struct listener *listener, struct str id, const char *error);

#endif

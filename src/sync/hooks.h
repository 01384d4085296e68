/*
 * hooks: where the far systems send what happens, and how that is set up: address, secret, telling them, trying the way. `base` is the address under which
 * the world finds us, without a slash at its end. What is changed here leaves a line in the audit trail.
 */
#ifndef SUTURE_SYNC_HOOKS_H
#define SUTURE_SYNC_HOOKS_H

#include "sync/sync.h"

struct hook_place {
	struct str connection, title; /* "practice", "Hint Health" */
	struct str address;           /* BASE/hooks/practice; where the secret stands behind it, it is left out here */
	const struct option *secret;  /* the setting that its deliveries are checked with; NULL: the kind has none */
	bool secret_is_set;
	bool registers; /* the far side can be told by us */
	bool renews;    /* ... and its secret can be made anew by us */
	bool can_test;
	const struct event_name *events; /* NULL: none are known */
	struct str told_address; /* what it was told last, as far as we know; empty: nothing, or it was taken back */
	int64_t told_ms;
};
/* Of all connections that take webhooks. */
int hooks_list(struct engine *engine, struct arena *arena, struct str base, struct hook_place **ret, size_t *ret_count,
               struct err *err) MUST_CHECK;
/* ERR_NOT_FOUND: no connection of that name; ERR_UNSUPPORTED: it takes none. */
int hooks_find(struct engine *engine, struct arena *arena, struct str base, struct str connection,
               struct hook_place *ret, struct err *err) MUST_CHECK;

/* The address with all that belongs to it: as it is pasted at the far side. Leaves a line in the trail where it shows a secret. */
int hooks_address(struct engine *engine, struct arena *arena, struct str base, struct str connection, struct str *ret,
                  struct err *err) MUST_CHECK;

/* Tells the far side, or takes it back. Repeating it is harmless. `renew`: with a new secret. *ret_kept: names of settings that were kept, an array of texts.
 * ERR_UNSUPPORTED says what to do by hand. */
int hooks_register(struct engine *engine, struct arena *arena, struct str base, struct str connection, bool renew,
                   struct json **ret_kept, struct err *err) MUST_CHECK;
int hooks_unregister(struct engine *engine, struct arena *arena, struct str base, struct str connection,
                     struct err *err) MUST_CHECK;
/* Keeps a secret that was agreed on by hand. ERR_UNSUPPORTED: the kind has none. */
int hooks_set_secret(struct engine *engine, struct arena *arena, struct str connection, struct str secret,
                     struct err *err) MUST_CHECK;

/* Sends a genuine, signed delivery to our own address: the way from there to the receiver, the check of the signature and the answer are tried, and
 * nothing is staged. Network errors are those of http.h; an answer other than 200 is a result. */
struct hook_tested {
	unsigned status;
	int64_t took_us;
	size_t received; /* events that the receiver understood */
};
int hooks_test(struct engine *engine, struct str base, struct str connection, struct hook_tested *ret,
               struct err *err) MUST_CHECK;

#endif

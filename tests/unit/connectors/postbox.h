/*
 * postbox: where a stand-in system sends its webhooks in a test. Keeps each request as struct hook, in the order of arrival; answers 200.
 *
 *	struct postbox *box = postbox_open();
 *	... register postbox_url(box) ...
 *	postbox_take(box, &arena, &hook)      -- waits up to ten seconds for the next one; fails the test then
 */
#ifndef SUTURE_TESTS_CONNECTORS_POSTBOX_H
#define SUTURE_TESTS_CONNECTORS_POSTBOX_H

#include "unit.h"

struct postbox;

struct postbox *postbox_open(void);
void postbox_close(struct postbox **box);
struct str postbox_url(const struct postbox *box); /* ".../hooks/c1" */
void postbox_take(struct postbox *box, struct arena *arena, struct hook *ret);

#endif

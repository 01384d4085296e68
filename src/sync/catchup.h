/*
 * catchup: before anybody is called new by a live change, what changed on the other side since its feed was last read is noted in the index of identities, so
 * that a record which a person made there a moment ago is met and not doubled (R8). Stages nothing and moves no cursor: the feed brings the changes
 * themselves.
 */
#ifndef SUTURE_SYNC_CATCHUP_H
#define SUTURE_SYNC_CATCHUP_H

#include "sync/sync.h"

/* Of one side, for one thread; remembers how far it has read. */
struct catchup {
	struct arena arena; /* of `cursor` */
	struct str cursor;
	bool began;
};

void catchup_release(struct catchup *catchup);
/* A side that cannot tell what changed is left as the index has it. */
int catchup_read(struct engine *engine, const struct plan *plan, enum side side, struct catchup *catchup,
                 struct err *err) MUST_CHECK;

#endif

/*
 * breaker: stops a pair that two systems change back and forth. Pure.
 *
 * A turn is a field's change that goes the other way than the one of the same field before it: the EMR's value was carried to the CRM, now the CRM's is carried
 * to the EMR. A busy person edits one side many times, and two people edit different fields in turn, without a turn; two automations that undo each other
 * make one with every write. A change that is put back where it was made (R17, R22) is a turn, too. More than plan->turns_max of one field within an hour
 * stop the link: its payloads fail with code "loop" until somebody asks for it again (a retry, a wish), which begins the count anew.
 */
#ifndef SUTURE_SYNC_BREAKER_H
#define SUTURE_SYNC_BREAKER_H

#include "sync/link.h"
#include "sync/stage.h"

/* A field that is about to be moved. */
struct moving {
	struct str field;
	enum side from; /* who changed it, whoever's payload tells of it */
	bool put_back;  /* to where it was changed, and not over */
};

/* Does a person stand behind this payload? Then a link that was stopped flows again. */
bool breaker_lets_through(const struct staged *staged);
/* Changes are about to be carried over, or to be put back: the link's count after it, in link->turn_fields (in `arena`; *ret_turned: it is another
 * one). Returns the field of which it is one turn too many, or -1. */
ptrdiff_t breaker_turn(struct arena *arena, struct link *link, const struct moving *moving, size_t count,
                       int64_t turns_max, int64_t now_ms, bool *ret_turned);
/* Begins anew. */
void breaker_reset(struct link *link);
/* Why it was stopped and what to do. */
struct str breaker_reason(struct arena *arena, const struct plan *plan, struct str field);

#endif

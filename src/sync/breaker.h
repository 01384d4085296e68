/*
 * breaker: stops a pair that two systems change back and forth. Pure.
 *
 * A turn is a change that goes the other way than the one before it: the EMR's change was carried to the CRM, now the CRM's is carried to the EMR. A busy
 * person edits one side many times and makes no turn; two automations that undo each other make one with every write. A change that is put back where it
 * was made (R17, R22) is a turn, too. More than plan->turns_max within an
 * hour stop the link: its payloads fail with code "loop" until somebody asks for it again (a retry, a wish), which begins the count anew.
 */
#ifndef SUTURE_SYNC_BREAKER_H
#define SUTURE_SYNC_BREAKER_H

#include "sync/link.h"
#include "sync/stage.h"

/* Does a person stand behind this payload? Then a link that was stopped flows again. */
bool breaker_lets_through(const struct staged *staged);
/* A change of `from` is about to be carried over, or to be put back: the link's count after it, in link->turns, turns_since_ms, turn_side. True: it is
 * one turn too many. */
bool breaker_turn(struct link *link, enum side from, bool put_back, int64_t turns_max, int64_t now_ms);
/* Begins anew. */
void breaker_reset(struct link *link);
/* Why it was stopped and what to do; `fields`: names of those that went back and forth. */
struct str breaker_reason(struct arena *arena, const struct plan *plan, const struct str *fields, size_t count);

#endif

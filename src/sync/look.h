/*
 * look: payloads that only say that something happened to a record, or that a person wants something of it, are answered by reading the record. What was
 * read is staged in their place and walks on.
 */
#ifndef SUTURE_SYNC_LOOK_H
#define SUTURE_SYNC_LOOK_H

#include "sync/stage.h"

/*
 * One round over what waits to be read, of both sides, by priority, in calls of the connection's size. Many hints of one record are one reading; a hint of
 * a pair that is still owed a write waits for a later round (its echo is among the hints, mostly). *ret_looked: payloads that were answered. *ret_left: some
 * stay. Errors of ERR_CLASS_RETRY leave everything where it is: pause, then go on.
 */
int look_round(struct engine *engine, const struct plan *plan, size_t *ret_looked, bool *ret_left,
               struct err *err) MUST_CHECK;

#endif

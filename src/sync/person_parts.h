/* person_parts: what the files of person share; for nobody else. */
#ifndef SUTURE_SYNC_PERSON_PARTS_H
#define SUTURE_SYNC_PERSON_PARTS_H

#include "sync/link.h"
#include "sync/person.h"

/* Brings captured payloads to their end, or waits for whoever has the sync's lock, up to timeout_ms. *ret: of the last one. */
int person_follow(struct engine *engine, struct plan *plan, struct arena *arena, const int64_t *ids, size_t count,
                  int64_t timeout_ms, struct wished *ret, struct err *err) MUST_CHECK;

#endif

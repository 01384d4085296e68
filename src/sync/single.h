/* single: what person.c takes from single.c. */
#ifndef SUTURE_SYNC_SINGLE_H
#define SUTURE_SYNC_SINGLE_H

#include "sync/capture.h"
#include "sync/run.h"

/* One record as it is now, in *ret->records[0]. ERR_NOT_FOUND, ERR_UNSUPPORTED. */
int single_fetch(struct plan *plan, struct arena *arena, enum side side, struct str id, struct page *ret,
                 struct err *err) MUST_CHECK;
/* Judges a wish as if somebody had it (engine->dry; the verdict goes to engine->on_verdict). */
int single_preview(struct engine *engine, struct plan *plan, enum side side, const struct asked *asked,
                   struct err *err) MUST_CHECK;

/* For previews, in a scratch copy. Nothing but payload `id` waits and nothing is owed; id 0: nothing waits at all. */
int single_put_aside(struct engine *engine, const struct plan *plan, int64_t id, struct err *err) MUST_CHECK;
/* Reads who could be the counterpart of this payload into the index of identities. */
int single_candidates(struct engine *engine, struct plan *plan, struct arena *arena, const struct staged *staged,
                      struct err *err) MUST_CHECK;
/* Decides what waits. */
int single_judge(struct engine *engine, struct plan *plan, struct err *err) MUST_CHECK;

#endif

/*
 * retry: payloads that failed, tried once more after something was mended (R3): one, or all that fit; what they would do now; or left out for good.
 */
#ifndef SUTURE_SYNC_RETRY_H
#define SUTURE_SYNC_RETRY_H

#include "sync/person.h"
#include "sync/stage.h"

/* Hands them to the road, which reads each record anew where it is known, and notes it in the audit trail. Waits for nothing. *ret_count: how many. `filter`
 * names the sync. */
int retry_hand_over(struct engine *engine, const struct plan *plan, struct arena *arena,
                    const struct staged_filter *filter, const char *why, int64_t *ret_count,
                    struct err *err) MUST_CHECK;
/* One, and waits for what becomes of it, up to timeout_ms (as person_asks does). ERR_CONFLICT: it has not failed. */
int retry_one(struct engine *engine, struct plan *plan, struct arena *arena, int64_t id, const char *why,
              int64_t timeout_ms, struct wished *ret, struct err *err) MUST_CHECK;
/* All that fit (of plan's sync), and waits until they are through. One that fails again counts as failed; nothing that fits: tried is 0. */
struct retried {
	int64_t tried, through, failed;
};
int retry_all(struct engine *engine, struct plan *plan, const struct staged_filter *filter, const char *why,
              struct retried *ret, struct err *err) MUST_CHECK;
/* A person leaves failed or parked ones out: they keep their bytes and their error, and are done. */
int retry_leave_out(struct engine *engine, const struct plan *plan, struct arena *arena,
                    const struct staged_filter *filter, const char *why, int64_t *ret_count,
                    struct err *err) MUST_CHECK;

/*
 * What these payloads would do now (engine->dry; verdicts go to engine->on_verdict; nothing else is decided). Those that failed are read anew as a retry
 * does; of others the bytes that came are judged. A payload whose record is not there any more is decided as removed.
 */
int retry_preview(struct engine *engine, struct plan *plan, const int64_t *ids, size_t count,
                  struct err *err) MUST_CHECK;

#endif

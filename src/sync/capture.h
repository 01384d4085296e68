/*
 * capture: what a connector read becomes staged payloads and noted identities, together with the cursor of where it was read, in one transaction (R1).
 * Every door leads through here.
 */
#ifndef SUTURE_SYNC_CAPTURE_H
#define SUTURE_SYNC_CAPTURE_H

#include "sync/identity.h"
#include "sync/stage.h"

struct capture {
	enum door door;
	int64_t run_id;    /* 0: not part of a run */
	bool moves_cursor; /* the run's cursor moves from `from`, where it has to be, to `cursor` */
	struct str from, cursor;
	int64_t total;    /* -1: unknown */
	int64_t replaces; /* a failed payload that this reading takes the place of; 0: none */
};

/* Stages EMR records; one that this run has staged already (a page read twice) is passed over. *ret_staged counts new payloads. */
int capture_emr(struct engine *engine, const struct plan *plan, struct arena *arena, const struct page *page,
                const struct capture *how, size_t *ret_staged, int64_t *ret_last_staged_id, struct err *err) MUST_CHECK;
/* The same without waiting for the commit: `arena`, where page and texts of `how` lie too, lives until capture_emr_finish, which has to be called for each that
 * was started. Captures that one thread started are committed in that order. */
struct capturing;
int capture_emr_start(struct engine *engine, const struct plan *plan, struct arena *arena, const struct page *page,
                      const struct capture *how, struct capturing **ret, struct err *err) MUST_CHECK;
int capture_emr_finish(struct capturing **c, size_t *ret_staged, int64_t *ret_last_staged_id,
                       struct err *err) MUST_CHECK;
/* Notes who is in the CRM: identities only, no payload. */
int capture_crm_identities(struct engine *engine, const struct plan *plan, struct arena *arena, const struct page *page,
                           int64_t run_id, struct err *err) MUST_CHECK;
/* Identity of one record, by the fields with a role in the mapping. */
struct identity capture_identity(const struct plan *plan, struct arena *arena, enum side side,
                                 const struct json *record);

#endif

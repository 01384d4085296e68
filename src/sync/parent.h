/*
 * parent: records that hang on those of another sync (an order on its patient). The parent's CRM id is found by the parent's link, and stands in a row of the
 * mapping of its own (struct parent, sync.h). A record whose parent is not linked waits (STAGED_PARKED) until that link is made: stage_release.
 */
#ifndef SUTURE_SYNC_PARENT_H
#define SUTURE_SYNC_PARENT_H

#include "sync/sync.h"

struct parent_found {
	struct str emr_id; /* whom the record names; empty: nobody */
	struct str crm_id; /* what that one is linked to; empty: to nothing yet */
};

/* `record`: of the EMR. A sync without a parent, or no record: both empty. */
int parent_find(struct db *db, const struct plan *plan, struct arena *arena, const struct json *record,
                struct parent_found *ret, struct err *err) MUST_CHECK;
/* The same in a transaction of its own. */
int parent_read(struct engine *engine, const struct plan *plan, struct arena *arena, const struct json *record,
                struct parent_found *ret, struct err *err) MUST_CHECK;
/* What a parent of that EMR id is linked to by now; empty: nothing. */
int parent_crm_id(struct db *db, const struct plan *plan, struct arena *arena, struct str emr_id, struct str *ret,
                  struct err *err) MUST_CHECK;

#endif

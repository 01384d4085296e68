/*
 * policy: which side is right, field by field, as data (R22, R23, R25). It stands in the document of a sync (`policy:`, laid over the mapping's own
 * rows), so it has versions, is exported, and every change is in the audit trail.
 */
#ifndef SUTURE_SYNC_POLICY_H
#define SUTURE_SYNC_POLICY_H

#include "sync/sync.h"

/* `field`: its name, or the CRM field. `winner` and `blank` as the configuration has them; empty: as it is. ERR_NOT_FOUND, ERR_CONFIG say what there is. */
int policy_set(struct engine *engine, struct str sync, struct str field, struct str winner, struct str blank,
               const char *why, struct err *err) MUST_CHECK;

struct policy_change {
	int64_t version, at_ms;
	struct str who, why, field;
	struct str before, after; /* "winner emr, blank keep"; empty: the field was not mapped */
};
/* Oldest first. The first version is held against what the mapping says by itself. */
int policy_history(struct engine *engine, struct arena *arena, struct str sync, struct policy_change **ret,
                   size_t *ret_count, struct err *err) MUST_CHECK;

#endif

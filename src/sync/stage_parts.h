/* stage_parts: what stage.c and stage_list.c share; for nobody else. */
#ifndef SUTURE_SYNC_STAGE_PARTS_H
#define SUTURE_SYNC_STAGE_PARTS_H

#include "sync/stage.h"

#define STAGED_COLUMNS                                                                                               \
	"id, sync_id, run_id, side, door, state, outcome, record_id, version, modified_ms, received_ms, link_id, "   \
	"reason, error_code, error_field, error_ms, attempts, hash, same, body_of, kind, priority, event, partner, " \
	"modified_by, wish, pushed, read_as, purged_ms"

/* A payload whose record was read again, because it had failed or only told that it changed, counts through the one that took its place; an older one (R4) is its record's only one in its run. */
#define COUNTS_ITSELF "(state <> 4 OR outcome NOT IN (0, 9))"

/* STAGED_COLUMNS. */
void stage_read_row(struct rows *rows, struct arena *arena, struct staged *ret);

#endif

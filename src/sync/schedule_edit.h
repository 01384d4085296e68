/*
 * schedule_edit: what a person changes of the schedules and of what drifted, each in one durable transaction with its line in the audit trail (R25).
 */
#ifndef SUTURE_SYNC_SCHEDULE_EDIT_H
#define SUTURE_SYNC_SCHEDULE_EDIT_H

#include "sync/drift.h"
#include "sync/schedule.h"

enum schedule_act { SCHEDULE_ADD, SCHEDULE_REMOVE, SCHEDULE_PAUSE, SCHEDULE_RESUME, SCHEDULE_CHANGE };
struct schedule_edit {
	enum schedule_act act;
	struct schedule schedule; /* ADD: sync_id, what, rule, zone, argument; else: id, and rule, zone of CHANGE */
	const char *why;          /* NULL: none was given */
};
/* edit->schedule is what it is afterwards. ERR_NOT_FOUND, ERR_CONFIG. */
int schedule_edit(struct engine *engine, struct arena *arena, struct schedule_edit *edit, struct err *err) MUST_CHECK;

/* drift_accept with its line in the audit trail. */
int drift_accept_noted(struct engine *engine, int64_t sync_id, enum side side, struct str field, const char *why,
                       struct err *err) MUST_CHECK;

#endif

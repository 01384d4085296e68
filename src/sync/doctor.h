/*
 * doctor: `suture doctor`. What is wrong with this installation, or soon will be: files, key, disk, database, audit trail, backups, far systems (plan_check, clocks,
 * calls that are left), what waits for too long, who works. Each finding that is no FINDING_OK ends with what to do. Changes nothing.
 */
#ifndef SUTURE_SYNC_DOCTOR_H
#define SUTURE_SYNC_DOCTOR_H

#include "sync/catalog.h"

struct doctor_order {
	struct engine *engine;     /* NULL: it could not be opened; then only files and the machine are looked at */
	const struct err *trouble; /* why */
	const char *dir, *version;
	bool offline; /* ask no far system */
	bool quick;   /* do not read the whole database */
};

/* In the order in which it was looked; nothing can fail: what cannot be looked at is a finding. */
const struct finding *doctor_look(const struct doctor_order *order, struct arena *arena);

#endif

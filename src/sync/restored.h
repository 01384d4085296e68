/*
 * restored: what must happen when a database of yesterday takes the place of today's (a backup was put back). Both far systems have moved on since: writes
 * that the old outbox holds were delivered, people edited what they wrote, pairs were made and ended that it knows nothing of.
 *
 *	mark      once, before anybody works on it. What was decided and not yet settled is undecided again: its record is read anew instead of believing what
 *	          it was like (R1, R4); writes that were owed are dropped, so that nothing of yesterday is laid over what a person typed since (R28); pairs
 *	          in the making are dropped, so that a record made since is found by the id it carries, and not made twice (R5, R6). Nobody can be called new
 *	          before both sides were read completely (R8), and an import that does so is asked for.
 *	ready     once a sync, before its first work: the CRM is read through, and a pair whose record no longer carries the patient's id ends: it was
 *	          ended or moved after the backup (R29, R30)
 *
 * The import then finds the rest: what was linked since by the stored id (R6), what changed by the base, field by field (R19 to R22).
 */
#ifndef SUTURE_SYNC_RESTORED_H
#define SUTURE_SYNC_RESTORED_H

#include "sync/sync.h"

struct restored {
	int64_t writes_dropped, pairs_dropped, payloads_read_again, imports_asked;
};

/* In one durable transaction, with a line in the audit trail. `from`: where the database came from, for people. */
int restored_mark(struct engine *engine, struct str from, struct restored *ret, struct err *err) MUST_CHECK;
/* Whoever is about to work on a sync, has its lease (lease.h) and has signed in, calls this first: plan_open_account, and what `ready` means above. */
int restored_ready(struct engine *engine, struct plan *plan, struct err *err) MUST_CHECK;

#endif

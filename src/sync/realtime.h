/*
 * realtime: the real time of one object sync as a person sets it (R31, R37, R38): which events, which mapping, what a removal does, whether anybody listens,
 * and pause and resume. A change is a new version of the sync's document, with who, when and why in the audit trail (R25); a daemon notices it by itself.
 *
 * Paused: what is under way is finished; webhooks are acknowledged and staged, streams keep their place and schedules their turn; nothing is delivered, no
 * run begins. Resumed: what waits goes on in its order. Nothing is lost either way.
 */
#ifndef SUTURE_SYNC_REALTIME_H
#define SUTURE_SYNC_REALTIME_H

#include "sync/sync.h"

/* What is NULL, or empty, stays as it is. */
struct realtime_change {
	const bool *enabled; /* real time as a whole */
	const bool *paused;
	const bool *listen; /* to the CRM's stream */
	const bool *
	        own_mapping; /* R38: true: what comes in real time gets a mapping of its own, which begins as a copy of the batches'; false: that is dropped */
	struct str event;    /* one event by the far side's name of it (R37) ... */
	bool event_on;       /* ... on or off */
	struct str on_emr_delete, on_crm_delete; /* R31: "unlink", "flag", "delete" */
};
/* Everything that is asked for, or nothing. Asking for what is so already changes nothing. ERR_DATA: no such word; ERR_NOT_FOUND: no such sync. */
int realtime_change(struct engine *engine, struct str sync, const struct realtime_change *change, const char *why,
                    struct err *err) MUST_CHECK;

#endif

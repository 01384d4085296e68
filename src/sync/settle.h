/*
 * settle: the third commit of the road. What the far side said of one write becomes the state of the outbox, the link and the payload. Called by deliver
 * inside its transaction; writes through the files that own the tables.
 */
#ifndef SUTURE_SYNC_SETTLE_H
#define SUTURE_SYNC_SETTLE_H

#include "connectors/connector.h"
#include "sync/outbox.h"

enum { WRITE_ATTEMPTS = 12 };

struct settle {
	struct engine *engine;
	const struct plan *plan;
	struct arena *arena;
	const struct owed *owed;
	const struct write_result *result;
	int64_t *
	        ret_came_ms; /* when the payload of a delivered write came; 0: it has none, or it is one of a batch. NULL: nobody asks */
	/* Set by settle_ahead: */
	const struct link *link; /* NULL: it was dropped meanwhile, or there is none */
	bool owes;               /* another write of normal priority is owed for it */
	bool adopted; /* a create that was found after its answer was lost: nobody has shown us what the far side made of it */
};

/* LOOK: the entry is given up, and the record is looked at anew (R28, R31). */
enum settled { SETTLED_DELIVERED, SETTLED_LATER, SETTLED_REFUSED, SETTLED_LOOK, SETTLED_KINDS };

/* How long a create that may hang somewhere is left alone before it is looked for. */
int64_t settle_doubt_ms(const struct engine *engine);
/* Before a batch's first settle_write: `batch` are its entries, of which no two are of one link. */
int settle_ahead(struct db *db, struct settle *batch, size_t count, struct err *err) MUST_CHECK;
int settle_write(struct db *db, const struct settle *s, enum settled *ret, struct err *err) MUST_CHECK;

#endif

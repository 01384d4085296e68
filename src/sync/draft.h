/*
 * draft: what a person is setting up and has not saved, so that he can leave and come back. Only writer of the table `draft`. One for each person
 * (engine->who) and subject: "new" or "sync:patients". The body is whatever the face that keeps it makes of it; it is sealed, and never applied by itself.
 */
#ifndef SUTURE_SYNC_DRAFT_H
#define SUTURE_SYNC_DRAFT_H

#include "sync/sealed.h"

struct draft {
	struct str subject;
	struct str body; /* text; empty in a list */
	int64_t at_ms;
};

/* *ret_found: there is one. */
int draft_read(struct engine *engine, struct arena *arena, struct str subject, struct draft *ret, bool *ret_found,
               struct err *err) MUST_CHECK;
/* In place of the one before. ERR_MEMORY_LIMIT: over 4 MB. ERR_LIMIT: he has too many. */
int draft_keep(struct engine *engine, struct str subject, struct str body, struct err *err) MUST_CHECK;
/* Also where there is none. */
int draft_drop(struct engine *engine, struct str subject, struct err *err) MUST_CHECK;
/* The person's own, newest first. */
int draft_list(struct engine *engine, struct arena *arena, struct draft **ret, size_t *ret_count,
               struct err *err) MUST_CHECK;

extern const struct sealed_column draft_sealed;

#endif

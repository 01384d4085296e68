/*
 * resolve: which CRM record a payload of the EMR belongs to (R6 to R9). Reads only; the order is fixed: an existing link decides, then an external id
 * stored on either side, then demographics.
 */
#ifndef SUTURE_SYNC_RESOLVE_H
#define SUTURE_SYNC_RESOLVE_H

#include "sync/link.h"
#include "sync/stage.h"

/* RESOLVED_UNREAD: capture noted no key for this record; ask again with the payload parsed. */
enum resolution { RESOLVED_LINKED, RESOLVED_JOIN, RESOLVED_CREATE, RESOLVED_SKIP, RESOLVED_UNREAD };

struct resolved {
	enum resolution kind;
	struct link link;            /* RESOLVED_LINKED */
	struct str crm_id;           /* LINKED, JOIN */
	const char *how;             /* JOIN: "R6" by external id, "R7" by demographics */
	enum outcome skip;           /* SKIP */
	const char *reason;
	struct str candidates;       /* ids that fit, comma separated */
};

/* `record`: the parsed payload, or NULL while nobody had to look into it: what capture noted of it is enough mostly. `run_id`: contacts that this very run made for other patients are no candidates, so that a resumed run decides as an
 * undisturbed one (R5). */
int resolve(struct db *db, const struct plan *plan, struct arena *arena, int64_t run_id, const struct staged *staged,
	    const struct json *record, struct resolved *ret, struct err *err) MUST_CHECK;

#endif

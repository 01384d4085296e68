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
	struct link link;  /* RESOLVED_LINKED */
	struct str crm_id; /* LINKED, JOIN */
	const char *how;   /* JOIN: "R6" by external id, "R7" by demographics */
	enum outcome skip; /* SKIP */
	const char *reason;
	bool by_crm_id;        /* JOIN: the CRM record stores this patient's id */
	struct str candidates; /* ids that fit, comma separated */
};

/* `record`: the parsed payload, or NULL while nobody had to look into it: what capture noted of it is enough mostly. `run_id`: contacts that this very run made for other patients are no candidates, so that a resumed run decides as an
 * undisturbed one (R5). */
int resolve(struct db *db, const struct plan *plan, struct arena *arena, int64_t run_id, const struct staged *staged,
            const struct json *record, struct resolved *ret, struct err *err) MUST_CHECK;

/* How such a pair is merged. */
enum merge_mode resolved_mode(enum resolution kind);
/* JOIN, once the CRM record is read as it is now: was it changed since it was listed, so that it fits no longer? *ret becomes RESOLVED_SKIP then. */
void resolve_again(const struct plan *plan, struct arena *arena, const struct staged *staged, const struct json *record,
                   const struct json *crm, struct resolved *ret);

#endif

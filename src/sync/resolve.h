/*
 * resolve: which record of the other side a payload belongs to (R6 to R9), in either direction. Reads only; the order is fixed: an existing link decides,
 * then what a person asked for, then an external id stored on either side, then demographics.
 */
#ifndef SUTURE_SYNC_RESOLVE_H
#define SUTURE_SYNC_RESOLVE_H

#include "sync/identity.h"
#include "sync/link.h"
#include "sync/stage.h"

/* RESOLVED_UNREAD: capture noted no key for this record; ask again with the payload parsed. */
enum resolution { RESOLVED_LINKED, RESOLVED_JOIN, RESOLVED_CREATE, RESOLVED_SKIP, RESOLVED_UNREAD };

struct resolved {
	enum resolution kind;
	struct link link;  /* RESOLVED_LINKED */
	struct str id[2];  /* by side: the payload's own record, and its counterpart: LINKED, JOIN */
	const char *how;   /* JOIN: "R6" by external id, "R7" by demographics, "R11" by a person */
	enum outcome skip; /* SKIP */
	const char *reason;
	bool stored_there;     /* JOIN: the counterpart stores this record's id */
	bool undecided;        /* nobody fits, but the other side was never read completely: it stays waiting (R8) */
	struct str candidates; /* ids that fit, comma separated */
};

/* What is known of a payload's own record: its link, or else how capture noted it, and who on the other side has the same name and birth date. */
struct own {
	bool linked;
	struct link link;
	bool had_another;   /* not linked: it was once */
	struct known self;  /* without a key when it did not */
	struct known *fits; /* with one */
	size_t fit_count;
	int64_t complete_ms; /* when the other side was last read through; 0: never */
};

/* One payload that is to be resolved, of many of a sync. */
struct resolving {
	const struct staged *staged;
	struct own own;
};
/* Looks at `own` of all, and asks ahead for what resolve() will want to know (db_ahead). */
int resolve_look(struct db *db, const struct plan *plan, struct arena *arena, struct resolving *const *all,
                 size_t count, struct err *err) MUST_CHECK;
/* `record`: the parsed payload, or NULL while nobody had to look into it: what capture noted of it is enough mostly. Contacts that the payload's own run made for other patients are no candidates, so that a resumed run decides as an
 * undisturbed one (R5). */
int resolve(struct db *db, const struct plan *plan, struct arena *arena, const struct resolving *of,
            const struct json *record, struct resolved *ret, struct err *err) MUST_CHECK;

/* How such a pair is merged, for a payload of that side (rows R11 to R15). */
enum merge_mode resolved_mode(enum resolution kind, enum side side);
/* JOIN, once both records are read as they are now: was the counterpart changed since it was listed, so that it fits no longer? *ret becomes
 * RESOLVED_SKIP then. A person's choice always fits, unless the counterpart is taken. */
void resolve_again(const struct plan *plan, struct arena *arena, const struct staged *staged, const struct json *record,
                   const struct json *counterpart, struct resolved *ret);

#endif

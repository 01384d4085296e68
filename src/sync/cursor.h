/*
 * cursor: how far a change feed or a stream has been read. Only writer of the table `cursor`. The text is the connector's own (next_cursor, replay);
 * `name` tells several of one side apart: "changes", "stream".
 *
 * A cursor moves in the transaction that stages what was read up to it (R1), so that a crash reads again and loses nothing:
 *
 *	static int save(struct db *db, void *context, struct err *err)
 *	{
 *		... stage_add each payload ...
 *		return cursor_move(db, &(struct cursor_place) { sync_id, SIDE_CRM, STR("changes") }, from, to, err);
 *	}
 */
#ifndef SUTURE_SYNC_CURSOR_H
#define SUTURE_SYNC_CURSOR_H

#include "sync/sync.h"

struct cursor_place {
	int64_t sync_id;
	enum side side;
	struct str name;
};

struct cursor {
	int64_t sync_id;
	enum side side;
	struct str name;
	struct str text;
	int64_t at_ms; /* our clock, when it was moved last */
};

/* No cursor reads as an empty text and at_ms 0. */
int cursor_get(struct db *db, struct arena *arena, const struct cursor_place *place, struct cursor *ret,
               struct err *err) MUST_CHECK;
/* `from`: the cursor that the reading began with; empty: none. ERR_CONFLICT when it is another by now: somebody else read on, and what was staged
 * with this move must go back. */
int cursor_move(struct db *db, const struct cursor_place *place, struct str from, struct str to,
                struct err *err) MUST_CHECK;
/* The far side no longer knows it (ERR_GONE), or a person wants everything read anew. */
int cursor_forget(struct db *db, const struct cursor_place *place, struct err *err) MUST_CHECK;

#endif

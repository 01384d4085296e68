/*
 * select: the rows of a statement as an array of structs: what reading any of our tables has in common.
 *
 *	static void read_row(struct rows *rows, struct arena *arena, void *ret) { struct link *link = ret; ... }
 *
 *	const struct selection all = { &LIST, BIND(bind_int(after)), limit, sizeof(struct link), read_row };
 *	if (select_rows(engine, arena, &all, &found, err) < 0) ...
 *	*ret = found.at;
 */
#ifndef SUTURE_SYNC_SELECT_H
#define SUTURE_SYNC_SELECT_H

#include "sync/sync.h"

struct selection {
	const struct statement *statement;
	struct binds binds;
	size_t limit;                                                    /* rows at most */
	size_t size;                                                     /* of one struct */
	void (*read)(struct rows *rows, struct arena *arena, void *ret); /* copies what it keeps into the arena */
};

struct selected {
	void *at; /* array of `count` structs in the arena */
	size_t count;
};

/* Inside a transaction or a read. */
int select_in(struct db *db, struct arena *arena, const struct selection *what, struct selected *ret,
              struct err *err) MUST_CHECK;
/* In a read of its own. */
int select_rows(struct engine *engine, struct arena *arena, const struct selection *what, struct selected *ret,
                struct err *err) MUST_CHECK;
/* The rows of a list that is read page by page: its statement takes the last id seen and how many at most; `limit` 0 is 100. */
int select_page(struct engine *engine, struct arena *arena, struct selection what, int64_t after_id,
                struct selected *ret, struct err *err) MUST_CHECK;
/* The first row, if there is one. */
int select_one(struct db *db, struct arena *arena, const struct selection *what, void *ret, bool *ret_found,
               struct err *err) MUST_CHECK;

/* The statement will be asked for each of `keys`, which is what is bound last, after `first` (db_ahead). */
int select_ahead(struct db *db, const struct statement *statement, struct binds first, const struct bind *keys,
                 size_t count, struct err *err) MUST_CHECK;

#endif

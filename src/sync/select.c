#include "sync/select.h"

#include <string.h>

/* Doubles as rows come, so that a generous limit costs nothing. */
static void *grown(struct arena *arena, void *at, size_t count, size_t *room, size_t size)
{
	size_t wanted = *room ? *room * 2 : 2; /* most selects find one row or none */
	void *more;

	if (count < *room)
		return at;
	more = arena_alloc(arena, size_mul(wanted, size));
	if (count)
		memcpy(more, at, count * size);
	*room = wanted;
	return more;
}

int select_in(struct db *db, struct arena *arena, const struct selection *what, struct selected *ret, struct err *err)
{
	struct selected found = { 0 };
	size_t room = 0;
	ROWS rows = NULL;
	int more = db_select(db, what->statement, what->binds, &rows, err);

	if (more < 0)
		return more;
	while (found.count < what->limit && (more = rows_next(rows, err)) > 0) {
		found.at = grown(arena, found.at, found.count, &room, what->size);
		what->read(rows, arena, (char *)found.at + found.count * what->size);
		found.count++;
	}
	if (more < 0)
		return more;
	*ret = found;
	return 0;
}

struct job {
	struct arena *arena;
	const struct selection *what;
	struct selected *ret;
};

static int run(struct db *db, void *context, struct err *err)
{
	struct job *job = context;

	return select_in(db, job->arena, job->what, job->ret, err);
}

int select_rows(struct engine *engine, struct arena *arena, const struct selection *what, struct selected *ret,
                struct err *err)
{
	struct job job = { arena, what, ret };

	return store_read(engine->store, run, &job, err);
}

int select_page(struct engine *engine, struct arena *arena, struct selection what, int64_t after_id,
                struct selected *ret, struct err *err)
{
	what.limit = what.limit ? what.limit : 100;
	what.binds = BIND(bind_int(after_id), bind_int((int64_t)what.limit));
	return select_rows(engine, arena, &what, ret, err);
}

int select_one(struct db *db, struct arena *arena, const struct selection *what, void *ret, bool *ret_found,
               struct err *err)
{
	struct selection first = *what;
	struct selected found;
	int code;

	first.limit = 1;
	code = select_in(db, arena, &first, &found, err);
	if (code < 0)
		return code;
	*ret_found = found.count > 0;
	if (found.count > 0)
		memcpy(ret, found.at, what->size);
	return 0;
}

int select_ahead(struct db *db, const struct statement *statement, struct binds first, const struct bind *keys,
                 size_t count, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct binds *rows = arena_new_array(&arena, struct binds, count);

	for (size_t i = 0; i < count; i++) {
		struct bind *row = arena_new_array(&arena, struct bind, first.count + 1);

		if (first.count)
			memcpy(row, first.at, first.count * sizeof(*row));
		row[first.count] = keys[i];
		rows[i] = (struct binds) { row, first.count + 1 };
	}
	return db_ahead(db, statement, rows, count, err);
}

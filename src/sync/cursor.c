#include "sync/cursor.h"

#include "lib/clock.h"
#include "sync/select.h"

static const struct statement GET = {
	"SELECT sync_id, side, name, text, at_ms FROM cursor WHERE sync_id = $1 AND side = $2 AND name = $3"
};
static const struct statement BEGIN = { "INSERT INTO cursor (sync_id, side, name, text, at_ms) VALUES ($1,$2,$3,$4,$5)"
	                                " ON CONFLICT (sync_id, side, name) DO NOTHING" };
static const struct statement MOVE = {
	"UPDATE cursor SET text = $4, at_ms = $5 WHERE sync_id = $1 AND side = $2 AND name = $3 AND text = $6"
};
static const struct statement FORGET = { "DELETE FROM cursor WHERE sync_id = $1 AND side = $2 AND name = $3" };

static void read_row(struct rows *rows, struct arena *arena, void *place)
{
	struct cursor *ret = place;

	*ret = (struct cursor) {
		.sync_id = row_int(rows, "sync_id"),
		.side = (enum side)row_int(rows, "side"),
		.name = arena_str(arena, row_text(rows, "name")),
		.text = arena_str(arena, row_text(rows, "text")),
		.at_ms = row_int(rows, "at_ms"),
	};
}

int cursor_get(struct db *db, struct arena *arena, const struct cursor_place *place, struct cursor *ret,
               struct err *err)
{
	const struct selection what = { &GET,
		                        BIND(bind_int(place->sync_id), bind_int(place->side), bind_text(place->name)),
		                        1, sizeof(*ret), read_row };
	bool found;

	*ret = (struct cursor) { .sync_id = place->sync_id, .side = place->side, .name = place->name };
	return select_one(db, arena, &what, ret, &found, err);
}

int cursor_move(struct db *db, const struct cursor_place *place, struct str from, struct str to, struct err *err)
{
	const struct bind values[] = { bind_int(place->sync_id),  bind_int(place->side),
		                       bind_text(place->name),    bind_text(to),
		                       bind_int(clock_wall_ms()), bind_text(from) };
	bool begins = from.len == 0;
	int code = db_run(db, begins ? &BEGIN : &MOVE, (struct binds) { values, begins ? 5 : 6 }, err);

	if (code < 0)
		return err_wrap(err, "move the cursor '%.*s'", STR_ARG(place->name));
	if (db_changed(db) == 0)
		return err_set(err, ERR_CONFLICT, "the cursor '%.*s' was moved meanwhile", STR_ARG(place->name));
	return 0;
}

int cursor_forget(struct db *db, const struct cursor_place *place, struct err *err)
{
	return db_run(db, &FORGET, BIND(bind_int(place->sync_id), bind_int(place->side), bind_text(place->name)), err);
}

#include "sandbox/shelf.h"

#include <string.h>

#include "lib/clock.h"
#include "sandbox/keep.h"

static const size_t largest_row = (size_t)4 << 20;

void shelf_open(struct shelf *shelf)
{
	*shelf = (struct shelf) { 0 };
	shelf->by_id = shelf->by_owner = (struct map)MAP_INIT(&shelf->arena);
}

static void row_free(struct shelf_row *row)
{
	keep_drop(row->text);
	keep_drop(row);
}

void shelf_clear(struct shelf *shelf)
{
	for (size_t i = 0; i < shelf->count; i++)
		row_free(shelf->rows[i]);
	keep_drop(shelf->rows);
	arena_release(&shelf->arena);
	shelf_open(shelf);
}

void shelf_write(struct shelf_row *row, const struct json *tree)
{
	SCOPED(buf) struct buf text = BUF_INIT(largest_row);

	json_write(&text, tree);
	ensure(buf_ok(&text));
	row->text = keep_resize(row->text, text.len + 1);
	memcpy(row->text, buf_text(&text), text.len + 1);
	row->len = text.len;
	row->changed_ms = clock_wall_ms();
}

static void join_owner(struct shelf *shelf, struct shelf_row *row)
{
	struct shelf_row *last = row->owner.len ? shelf_first_of(shelf, row->owner) : NULL;

	if (!last) {
		if (row->owner.len)
			map_put(&shelf->by_owner, row->owner, row);
		return;
	}
	while (last->same_owner)
		last = last->same_owner;
	last->same_owner = row;
}

struct shelf_row *shelf_add(struct shelf *shelf, struct str id, struct str owner, const struct json *tree)
{
	struct shelf_row *row = keep_one(struct shelf_row); /* goes when the record goes */

	ensure(!shelf_find(shelf, id));
	if (shelf->count == shelf->room) {
		shelf->room = MAX_OF(shelf->room * 2, (size_t)64);
		shelf->rows = keep_resize(shelf->rows, size_mul(shelf->room, sizeof(*shelf->rows)));
	}
	shelf->rows[shelf->count++] = row;
	row->id = arena_str(&shelf->arena, id);
	row->owner = arena_str(&shelf->arena, owner);
	shelf_write(row, tree);
	map_put(&shelf->by_id, row->id, row);
	join_owner(shelf, row);
	return row;
}

struct json *shelf_read(const struct shelf_row *row, struct arena *arena)
{
	struct err err = ERR_INIT;
	struct json *tree = NULL;

	if (json_parse(arena, arena_str(arena, str_range(row->text, row->len)), &tree, &err) < 0)
		unreachable("a row was written by json_write()");
	return tree;
}

struct shelf_row *shelf_find(const struct shelf *shelf, struct str id)
{
	return map_get(&shelf->by_id, id);
}

struct shelf_row *shelf_first_of(const struct shelf *shelf, struct str owner)
{
	return map_get(&shelf->by_owner, owner);
}

static void leave_owner(struct shelf *shelf, const struct shelf_row *row)
{
	struct shelf_row *before = row->owner.len ? shelf_first_of(shelf, row->owner) : NULL;

	if (before == row)
		map_put(&shelf->by_owner, row->owner, row->same_owner);
	for (; before; before = before->same_owner)
		if (before->same_owner == row)
			before->same_owner = row->same_owner;
}

void shelf_remove(struct shelf *shelf, struct shelf_row *row)
{
	size_t at = 0;

	while (shelf->rows[at] != row)
		at++;
	memmove(shelf->rows + at, shelf->rows + at + 1, (shelf->count - at - 1) * sizeof(*shelf->rows));
	shelf->count--;
	leave_owner(shelf, row);
	map_put(&shelf->by_id, row->id, NULL);
	row_free(row);
}

void shelf_remove_of(struct shelf *shelf, struct str owner)
{
	struct shelf_row *row;

	while ((row = shelf_first_of(shelf, owner)))
		shelf_remove(shelf, row);
}

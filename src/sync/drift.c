/*
 * drift: the tables. `drift` has at most one open row a field; a field that is fine again keeps its row, with the time when it healed. `drift_shape`
 * holds what a field was like when it was last fine, as JSON, so that a describe has something to be compared with.
 *
 *	note  shapes and open rows are read; drift_compare judges; rows appear, change and heal; shapes of fields that are fine move on
 */
#include "sync/drift.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "sync/select.h"

#define COLUMNS "id, sync_id, side, field, what, message, since_ms, healed_ms"

enum { most_rows = 5000 };

static const struct statement OPEN = {
	"SELECT " COLUMNS " FROM drift WHERE sync_id = $1 AND side = $2 AND healed_ms IS NULL ORDER BY id"
};
static const struct statement OPEN_OF_SYNC = { "SELECT " COLUMNS
	                                       " FROM drift WHERE sync_id = $1 AND healed_ms IS NULL ORDER BY id" };
static const struct statement LIST = {
	"SELECT " COLUMNS " FROM drift WHERE ($1 = 0 OR sync_id = $1) AND ($2 = 1 OR healed_ms IS NULL)"
	" ORDER BY CASE WHEN healed_ms IS NULL THEN 0 ELSE 1 END, since_ms DESC, id DESC LIMIT 1000"
};
static const struct statement ADD = {
	"INSERT INTO drift (sync_id, side, field, what, message, since_ms) VALUES ($1,$2,$3,$4,$5,$6)"
};
static const struct statement CHANGE = { "UPDATE drift SET what = $2, message = $3 WHERE id = $1" };
static const struct statement HEAL = { "UPDATE drift SET healed_ms = $2 WHERE id = $1" };
static const struct statement SHAPES = { "SELECT field, shape FROM drift_shape WHERE sync_id = $1 AND side = $2" };
static const struct statement KEEP_SHAPE = {
	"INSERT INTO drift_shape (sync_id, side, field, shape) VALUES ($1,$2,$3,$4)"
	" ON CONFLICT (sync_id, side, field) DO UPDATE SET shape = excluded.shape"
};
static const struct statement FORGET_SHAPE = {
	"DELETE FROM drift_shape WHERE sync_id = $1 AND side = $2 AND field = $3"
};

/* ---- shapes as JSON ---- */

/* By enum field_type. What is stored are these words. */
static const char *const type_words[] = { "text",  "long_text", "bool",     "date",      "datetime", "number",
	                                  "email", "phone",     "picklist", "reference", "id",       "other" };
_Static_assert(ARRAY_LEN(type_words) == FIELD_OTHER + 1, "a word for every type");

static enum field_type type_of_word(struct str word)
{
	for (size_t i = 0; i < ARRAY_LEN(type_words); i++) {
		if (str_eq_c(word, type_words[i]))
			return (enum field_type)i;
	}
	return FIELD_OTHER;
}

static struct str shape_text(struct arena *arena, const struct field_info *f)
{
	SCOPED(buf) struct buf out = BUF_INIT(LIMIT_PAYLOAD);
	struct json *shape = json_new(arena, JSON_OBJECT), *values = json_new(arena, JSON_ARRAY);

	json_set(shape, STR("type"), json_new_text(arena, str_of(type_words[f->type])));
	json_set(shape, STR("length"), json_new_int(arena, (int64_t)f->length));
	json_set(shape, STR("writable"), json_new_bool(arena, f->createable && f->updateable));
	json_set(shape, STR("restricted"), json_new_bool(arena, f->restricted));
	for (size_t i = 0; i < f->picklist_count && f->restricted; i++)
		json_append(values, json_new_text(arena, f->picklist[i]));
	json_set(shape, STR("values"), values);
	json_write(&out, shape);
	return buf_ok(&out) ? arena_str(arena, buf_str(&out)) : STR_EMPTY;
}

struct stored {
	struct str field, text;
};

static void read_stored(struct rows *rows, struct arena *arena, void *place)
{
	struct stored *ret = place;

	*ret = (struct stored) { arena_str(arena, row_text(rows, "field")), arena_str(arena, row_text(rows, "shape")) };
}

static int parse_shape(struct arena *arena, const struct stored *stored, struct drift_shape *ret, struct err *err)
{
	struct json *shape;
	struct str *values;
	size_t count = 0;

	if (json_parse(arena, stored->text, &shape, err) < 0)
		return err_wrap(err, "what field %.*s was like", STR_ARG(stored->field));
	JSON_EACH (json_get(shape, "values"), each)
		count++;
	values = arena_new_array(arena, struct str, count + 1);
	*ret = (struct drift_shape) {
		.field = stored->field,
		.type = type_of_word(json_get_text(shape, "type")),
		.length = (size_t)json_int(json_get(shape, "length"), 0),
		.writable = json_bool(json_get(shape, "writable"), false),
		.restricted = json_bool(json_get(shape, "restricted"), false),
		.accepted = json_bool(json_get(shape, "accepted"), false),
		.values = values,
	};
	JSON_EACH (json_get(shape, "values"), value)
		values[ret->value_count++] = json_text(value);
	return 0;
}

/* ---- one look ---- */

struct look {
	struct db *db;
	struct arena arena;
	const struct drift_subject *subject;
	const struct object_info *now;
	int64_t now_ms;
	struct stored *stored;
	size_t stored_count;
	struct drift_shape *shapes;
	struct drift *open, *found;
	size_t open_count, found_count;
	struct drift_seen seen;
};

static void read_row(struct rows *rows, struct arena *arena, void *place)
{
	struct drift *ret = place;

	*ret = (struct drift) {
		.id = row_int(rows, "id"),
		.sync_id = row_int(rows, "sync_id"),
		.side = (enum side)row_int(rows, "side"),
		.field = arena_str(arena, row_text(rows, "field")),
		.what = (enum drift_what)row_int(rows, "what"),
		.message = arena_str(arena, row_text(rows, "message")),
		.since_ms = row_int(rows, "since_ms"),
		.healed_ms = row_int(rows, "healed_ms"),
	};
}

static int read_known(struct look *l, struct err *err)
{
	const struct drift_subject *s = l->subject;
	const struct selection shapes = { &SHAPES, BIND(bind_int(s->sync_id), bind_int(s->side)), most_rows,
		                          sizeof(struct stored), read_stored };
	const struct selection open = { &OPEN, BIND(bind_int(s->sync_id), bind_int(s->side)), most_rows,
		                        sizeof(struct drift), read_row };
	struct selected found;

	if (select_in(l->db, &l->arena, &shapes, &found, err) < 0)
		return err_pass(err);
	l->stored = found.at;
	l->stored_count = found.count;
	l->shapes = arena_new_array(&l->arena, struct drift_shape, found.count + 1);
	for (size_t i = 0; i < l->stored_count; i++) {
		if (parse_shape(&l->arena, &l->stored[i], &l->shapes[i], err) < 0)
			return err_pass(err);
	}
	if (select_in(l->db, &l->arena, &open, &found, err) < 0)
		return err_pass(err);
	l->open = found.at;
	l->open_count = found.count;
	return 0;
}

static const struct drift *drift_of(const struct drift *list, size_t count, struct str field)
{
	for (size_t i = 0; i < count; i++) {
		if (str_eq_nocase(list[i].field, field))
			return &list[i];
	}
	return NULL;
}

static int note_found(struct look *l, const struct drift *d, struct err *err)
{
	const struct drift *open = drift_of(l->open, l->open_count, d->field);

	if (!open) {
		l->seen.appeared++;
		return db_run(l->db, &ADD,
		              BIND(bind_int(d->sync_id), bind_int(d->side), bind_text(d->field), bind_int(d->what),
		                   bind_text(d->message), bind_int(l->now_ms)),
		              err);
	}
	if (open->what == d->what && str_eq(open->message, d->message))
		return 0;
	return db_run(l->db, &CHANGE, BIND(bind_int(open->id), bind_int(d->what), bind_text(d->message)), err);
}

static int heal(struct look *l, const struct drift *open, struct err *err)
{
	if (drift_of(l->found, l->found_count, open->field))
		return 0;
	l->seen.healed++;
	if (l->seen.held_since_ms == 0 || open->since_ms < l->seen.held_since_ms)
		l->seen.held_since_ms = open->since_ms;
	return db_run(l->db, &HEAL, BIND(bind_int(open->id), bind_int(l->now_ms)), err);
}

/* What a field that is fine is like now is what it is compared with the next time. */
static int keep_shape(struct look *l, struct str field, struct err *err)
{
	const struct field_info *f = NULL;
	struct str text;

	for (size_t i = 0; i < l->now->field_count && !f; i++) {
		if (str_eq_nocase(l->now->fields[i].name, field))
			f = &l->now->fields[i];
	}
	if (!f || drift_of(l->found, l->found_count, field))
		return 0;
	text = shape_text(&l->arena, f);
	if (text.len == 0)
		return 0; /* a list of values beyond all measure: not watched */
	for (size_t i = 0; i < l->stored_count; i++) {
		if (str_eq(l->stored[i].field, f->name) && str_eq(l->stored[i].text, text))
			return 0;
	}
	return db_run(
	        l->db, &KEEP_SHAPE,
	        BIND(bind_int(l->subject->sync_id), bind_int(l->subject->side), bind_text(f->name), bind_text(text)),
	        err);
}

static int keep_shapes(struct look *l, struct err *err)
{
	const struct mapping *m = l->subject->mapping;

	for (size_t i = 0; i < m->count; i++) {
		const struct field_map *row = &m->fields[i];

		if (l->subject->side == SIDE_CRM && keep_shape(l, path_top(row->crm), err) < 0)
			return err_pass(err);
		for (size_t k = 0; k < row->emr_count && l->subject->side == SIDE_EMR; k++) {
			if (keep_shape(l, path_top(row->emr[k]), err) < 0)
				return err_pass(err);
		}
	}
	return 0;
}

static int look(struct look *l, struct err *err)
{
	if (l->now->field_count == 0)
		return 0; /* it says nothing of its fields: nothing is known, so nothing changes */
	if (read_known(l, err) < 0)
		return err_pass(err);
	drift_compare(l->subject, l->now, l->shapes, l->stored_count, &l->arena, &l->found, &l->found_count);
	for (size_t i = 0; i < l->found_count; i++) {
		if (note_found(l, &l->found[i], err) < 0)
			return err_pass(err);
	}
	for (size_t i = 0; i < l->open_count; i++) {
		if (heal(l, &l->open[i], err) < 0)
			return err_pass(err);
	}
	l->seen.open = l->found_count;
	return keep_shapes(l, err);
}

int drift_note(struct db *db, const struct drift_subject *subject, const struct object_info *now,
               struct drift_seen *ret, struct err *err)
{
	struct look l = { .db = db, .subject = subject, .now = now, .now_ms = clock_wall_ms() };
	int code = look(&l, err);

	arena_release(&l.arena);
	if (code < 0)
		return err_wrap(err, "note what fields are like");
	*ret = l.seen;
	return 0;
}

/* ---- for people ---- */

int drift_list(struct engine *engine, struct arena *arena, int64_t sync_id, bool healed, struct drift **ret,
               size_t *ret_count, struct err *err)
{
	const struct selection what = { &LIST, BIND(bind_int(sync_id), bind_int(healed)), 1000, sizeof(**ret),
		                        read_row };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

static int read_open(struct db *db, struct arena *arena, int64_t sync_id, struct selected *ret, struct err *err)
{
	const struct selection what = { &OPEN_OF_SYNC, BIND(bind_int(sync_id)), most_rows, sizeof(struct drift),
		                        read_row };

	return select_in(db, arena, &what, ret, err);
}

int drift_accept(struct db *db, int64_t sync_id, enum side side, struct str field, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct selected open;
	const struct drift *list, *d = NULL;

	if (read_open(db, &arena, sync_id, &open, err) < 0)
		return err_pass(err);
	list = open.at;
	for (size_t i = 0; i < open.count && !d; i++) {
		if (list[i].side == side && str_eq_nocase(list[i].field, field))
			d = &list[i];
	}
	if (!d)
		return err_set(err, ERR_NOT_FOUND, "field %.*s is not in quarantine", STR_ARG(field));
	if (d->what == DRIFT_REQUIRED)
		return db_run(db, &KEEP_SHAPE,
		              BIND(bind_int(sync_id), bind_int(side), bind_text(d->field),
		                   bind_text(STR("{\"accepted\":true}"))),
		              err);
	return db_run(db, &FORGET_SHAPE, BIND(bind_int(sync_id), bind_int(side), bind_text(d->field)), err);
}

/* ---- for the road ---- */

static bool concerns(const struct drift *d, const struct field_map *row)
{
	if (d->side == SIDE_CRM)
		return str_eq_nocase(path_top(row->crm), d->field);
	for (size_t k = 0; k < row->emr_count; k++) {
		if (str_eq_nocase(path_top(row->emr[k]), d->field))
			return true;
	}
	return false;
}

static void hold(const struct drift *d, const struct mapping *mapping, struct drift_mask *mask)
{
	if (d->what == DRIFT_REQUIRED) {
		mask->create_refused[d->side] = true;
		return;
	}
	if (d->side == SIDE_CRM && d->what == DRIFT_REMOVED)
		mask->gone_read[mask->gone_read_count++] = d->field;
	for (size_t i = 0; i < mapping->count; i++) {
		if (!concerns(d, &mapping->fields[i]))
			continue;
		mask->held_count += !mask->held[i];
		mask->held[i] = true;
		mask->gone[d->side][i] |= d->what == DRIFT_REMOVED;
	}
}

int drift_mask(struct db *db, struct arena *arena, int64_t sync_id, const struct mapping *mapping,
               struct drift_mask *ret, struct err *err)
{
	struct selected open;
	const struct drift *list;

	if (read_open(db, arena, sync_id, &open, err) < 0)
		return err_pass(err);
	list = open.at;
	*ret = (struct drift_mask) {
		.held = arena_new_array(arena, bool, mapping->count + 1),
		.gone = { arena_new_array(arena, bool, mapping->count + 1),
		          arena_new_array(arena, bool, mapping->count + 1) },
		.gone_read = arena_new_array(arena, struct str, open.count + 1),
	};
	for (size_t i = 0; i < open.count; i++)
		hold(&list[i], mapping, ret);
	return 0;
}

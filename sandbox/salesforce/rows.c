/*
 * rows: storage. The values of a row are one block:
 *
 *	bits of the fields that have a value | end of each value | the bytes
 *
 * so that an org with 200,000 contacts of 20 values each costs the bytes and little more. A change makes a new block; inside
 * a transaction the old one goes into the journal, which rolls back in reverse order.
 */
#include "sandbox/salesforce/org.h"
#include "sandbox/keep.h"

#include <string.h>

#include "sandbox/salesforce/changes.h"
#include "sandbox/salesforce/index.h"
#include "sandbox/salesforce/persist.h"

struct cells {
	uint64_t have[CELL_WORDS];
	uint32_t shared; /* how many more than one hold it */
	uint32_t ends[];
};

/* One change that can be undone. `before.cells` belongs to the journal. */
struct undo {
	struct object *object;
	uint32_t number;
	bool inserted;
	struct row before;
};

struct journal {
	struct undo *at;
	size_t count, cap;
	size_t noted; /* changes that were noted before it began */
};

struct row *row_at(const struct object *object, uint32_t number)
{
	ensure(number < object->row_count);
	return &object->rows[number];
}

/* ---- blocks ---- */

static unsigned rank_of(const struct cells *cells, unsigned field)
{
	unsigned rank = 0;

	for (unsigned w = 0; w < field / 64; w++)
		rank += (unsigned)__builtin_popcountll(cells->have[w]);
	return rank + (unsigned)__builtin_popcountll(cells->have[field / 64] & ((1ull << field % 64) - 1));
}

static unsigned count_of(const struct cells *cells)
{
	unsigned count = 0;

	for (unsigned w = 0; w < CELL_WORDS; w++)
		count += (unsigned)__builtin_popcountll(cells->have[w]);
	return count;
}

static bool cells_have(const struct cells *cells, unsigned field)
{
	return cells->have[field / 64] >> field % 64 & 1;
}

struct str cells_text(const struct cells *cells, unsigned field)
{
	unsigned rank;
	uint32_t from;

	if (!cells_have(cells, field))
		return STR_EMPTY;
	rank = rank_of(cells, field);
	from = rank ? cells->ends[rank - 1] : 0;
	return str_range((const char *)(cells->ends + count_of(cells)) + from, cells->ends[rank] - from);
}

struct str row_cell(const struct row *row, unsigned field)
{
	return cells_text(row->cells, field);
}

void cells_fields(const struct cells *cells, uint64_t ret[CELL_WORDS])
{
	memcpy(ret, cells->have, sizeof(cells->have));
}

struct cells *cells_share(struct cells *cells)
{
	cells->shared++;
	return cells;
}

void cells_drop(struct cells *cells)
{
	if (cells && cells->shared)
		cells->shared--;
	else
		keep_drop(cells);
}

/* Reads a block from its first value to its last, without counting bits for each. */
struct reader {
	const struct cells *cells;
	const char *texts;
	unsigned rank;
};

static struct reader reader_of(const struct cells *cells)
{
	return (struct reader) { .cells = cells, .texts = (const char *)(cells->ends + count_of(cells)) };
}

static struct str read_next(struct reader *reader, unsigned field)
{
	uint32_t from;

	if (!cells_have(reader->cells, field))
		return STR_EMPTY;
	from = reader->rank ? reader->cells->ends[reader->rank - 1] : 0;
	return str_range(reader->texts + from, reader->cells->ends[reader->rank++] - from);
}

void cells_diff(const struct cells *a, const struct cells *b, uint64_t ret[CELL_WORDS])
{
	struct reader left = reader_of(a), right = reader_of(b);

	for (unsigned w = 0; w < CELL_WORDS; w++) {
		ret[w] = 0;
		for (uint64_t rest = a->have[w] | b->have[w]; rest; rest &= rest - 1) {
			unsigned bit = (unsigned)__builtin_ctzll(rest);

			if (!str_eq(read_next(&left, w * 64 + bit), read_next(&right, w * 64 + bit)))
				ret[w] |= 1ull << bit;
		}
	}
}

static struct cells *cells_make(const struct str *texts, unsigned field_count)
{
	size_t bytes = 0, count = 0;
	uint32_t end = 0, rank = 0;
	struct cells *cells;
	char *out;

	for (unsigned i = 0; i < field_count; i++) {
		bytes += texts[i].len;
		count += texts[i].len > 0;
	}
	cells = keep_raw(sizeof(*cells) + count * sizeof(uint32_t) + bytes); /* each row changes on its own */
	memset(cells, 0, sizeof(*cells));
	out = (char *)(cells->ends + count);
	for (unsigned i = 0; i < field_count; i++) {
		if (texts[i].len == 0)
			continue;
		memcpy(out + end, texts[i].at, texts[i].len);
		end += (uint32_t)texts[i].len;
		cells->ends[rank++] = end;
		cells->have[i / 64] |= 1ull << i % 64;
	}
	return cells;
}

/* ---- indexes ---- */

static uint64_t hash_of(const struct field *field, struct str value)
{
	return index_hash(value, !(field->flags & FIELD_CASE));
}

static void index_values(struct object *object, uint32_t number, bool add)
{
	const struct row *row = &object->rows[number];

	for (unsigned i = 0; i < object->field_count; i++) {
		struct field *field = &object->fields[i];
		struct str value;

		if (!field->index)
			continue;
		value = row_cell(row, i);
		if (value.len == 0)
			continue;
		if (add)
			index_add(field->index, hash_of(field, value), number);
		else
			index_remove(field->index, hash_of(field, value), number);
	}
}

static bool same_value(const struct field *field, struct str a, struct str b)
{
	return field->flags & FIELD_CASE ? str_eq(a, b) : str_eq_nocase(a, b);
}

static size_t lookup_id(const struct object *object, struct str value, uint32_t *ret)
{
	uint32_t number = rows_find(object, value);

	if (number == NO_ROW || object->rows[number].deleted)
		return 0;
	*ret = number;
	return 1;
}

size_t rows_lookup(const struct object *object, const struct field *field, struct str value, uint32_t *ret, size_t max)
{
	size_t count = 0;
	uint64_t hash = hash_of(field, value), at;
	uint32_t number;

	if (field->source == SOURCE_ID)
		return lookup_id(object, value, ret);
	for (at = index_first(field->index, hash, &number); number != NO_ROW;
	     at = index_next(field->index, at, hash, &number)) {
		if (object->rows[number].deleted ||
		    !same_value(field, row_cell(&object->rows[number], field->number), value))
			continue;
		if (count < max)
			ret[count] = number;
		count++;
	}
	return count;
}

uint32_t rows_find(const struct object *object, struct str id)
{
	char wanted[ID_SHORT];
	uint64_t hash, at;
	uint32_t number;

	if (!id_short(id, wanted))
		return NO_ROW;
	hash = index_hash(str_range(wanted, ID_SHORT), false);
	for (at = index_first(object->by_id, hash, &number); number != NO_ROW;
	     at = index_next(object->by_id, at, hash, &number)) {
		if (memcmp(object->rows[number].id, wanted, ID_SHORT) == 0)
			return number;
	}
	return NO_ROW;
}

/* ---- journal ---- */

static void remember(struct org *org, struct object *object, uint32_t number, bool inserted)
{
	struct journal *journal = org->journal;

	if (journal->count == journal->cap) {
		journal->cap = journal->cap ? journal->cap * 2 : 256;
		journal->at = keep_resize(journal->at, journal->cap * sizeof(*journal->at));
	}
	journal->at[journal->count++] = (struct undo) {
		.object = object,
		.number = number,
		.inserted = inserted,
		.before = object->rows[number],
	};
}

static void undo_insert(struct object *object, uint32_t number)
{
	struct row *row = &object->rows[number];

	index_values(object, number, false);
	index_remove(object->by_id, index_hash(str_range(row->id, ID_SHORT), false), number);
	cells_drop(row->cells);
	object->row_count--;
	object->live--;
}

static void undo_change(struct object *object, const struct undo *undo)
{
	struct row *row = &object->rows[undo->number];

	if (!row->deleted)
		index_values(object, undo->number, false);
	if (row->deleted && !undo->before.deleted)
		object->live++;
	if (!row->deleted && undo->before.deleted)
		object->live--;
	if (row->cells != undo->before.cells)
		cells_drop(row->cells);
	*row = undo->before;
	if (!row->deleted)
		index_values(object, undo->number, true);
}

void rows_begin(struct org *org)
{
	ensure(org->journal == NULL);
	org->journal = keep_new(sizeof(*org->journal)); /* freed by rows_end */
	org->journal->noted = changes_noted(org);
}

static void forget(const struct undo *undo)
{
	if (!undo->inserted && row_at(undo->object, undo->number)->cells != undo->before.cells)
		cells_drop(undo->before.cells);
}

void rows_end(struct org *org, bool keep)
{
	struct journal *journal = org->journal;

	for (size_t i = journal->count; i-- > 0;) {
		struct undo *undo = &journal->at[i];

		if (keep)
			forget(undo);
		else if (undo->inserted)
			undo_insert(undo->object, undo->number);
		else
			undo_change(undo->object, undo);
	}
	if (!keep)
		changes_take_back(org, journal->noted);
	keep_drop(journal->at);
	keep_drop(journal);
	org->journal = NULL;
}

/* ---- changes ---- */

static uint32_t new_row(struct object *object)
{
	if (object->row_count == object->row_cap) {
		object->row_cap = object->row_cap ? object->row_cap * 2 : 64;
		object->rows = keep_resize(object->rows, size_mul(object->row_cap, sizeof(*object->rows)));
	}
	return object->row_count++;
}

static void choose_id(struct object *object, struct str wanted, char ret[ID_SHORT])
{
	if (wanted.len > 0 && id_short(wanted, ret) && rows_find(object, wanted) == NO_ROW)
		return;
	do {
		id_make(object->prefix, object->next_id++, ret);
	} while (rows_find(object, str_range(ret, ID_SHORT)) != NO_ROW);
}

uint32_t rows_insert(struct org *org, struct object *object, const struct str *cells, struct str id, uint32_t user)
{
	char chosen[ID_SHORT];
	uint32_t number, now = stamp_now();
	struct row *row;

	choose_id(object, id, chosen);
	number = new_row(object);
	row = &object->rows[number];
	*row = (struct row) {
		.created = now,
		.modified = now,
		.created_by = user,
		.modified_by = user,
		.cells = cells_make(cells, object->field_count),
	};
	memcpy(row->id, chosen, ID_SHORT);
	object->live++;
	index_add(object->by_id, index_hash(str_range(row->id, ID_SHORT), false), number);
	index_values(object, number, true);
	if (org->journal)
		remember(org, object, number, true);
	changes_note(org, object, number, CHANGE_CREATE, NULL);
	persist_touch(org, object, number);
	return number;
}

void rows_update(struct org *org, struct object *object, uint32_t number, const struct str *cells, uint32_t user)
{
	struct cells *fresh = cells_make(cells, object->field_count);
	struct row *row = &object->rows[number], before = *row;

	if (org->journal)
		remember(org, object, number, false);
	index_values(object, number, false);
	row->cells = fresh;
	row->modified = MAX_OF(stamp_now(), row->modified);
	row->modified_by = user;
	index_values(object, number, true);
	changes_note(org, object, number, CHANGE_UPDATE, &before);
	if (!org->journal)
		cells_drop(before.cells);
	persist_touch(org, object, number);
}

void rows_rewrite(struct org *org, struct object *object, uint32_t number, const struct str *cells)
{
	struct cells *fresh = cells_make(cells, object->field_count);
	struct row *row = &object->rows[number];

	ensure(org->journal == NULL);
	if (!row->deleted)
		index_values(object, number, false);
	cells_drop(row->cells);
	row->cells = fresh;
	if (!row->deleted)
		index_values(object, number, true);
	persist_touch(org, object, number);
}

void rows_delete(struct org *org, struct object *object, uint32_t number, uint32_t user)
{
	struct row *row = &object->rows[number];

	if (org->journal)
		remember(org, object, number, false);
	index_values(object, number, false);
	row->deleted = true;
	row->modified = stamp_now();
	row->modified_by = user;
	object->live--;
	changes_note(org, object, number, CHANGE_DELETE, NULL);
	persist_touch(org, object, number);
}

void rows_undelete(struct org *org, struct object *object, uint32_t number, uint32_t user)
{
	struct row *row = &object->rows[number];

	if (org->journal)
		remember(org, object, number, false);
	row->deleted = false;
	row->modified = stamp_now();
	row->modified_by = user;
	object->live++;
	index_values(object, number, true);
	changes_note(org, object, number, CHANGE_UNDELETE, NULL);
	persist_touch(org, object, number);
}

void org_commit(struct org *org)
{
	if (org->journal)
		return;
	changes_commit(org);
	persist_flush(org);
}

void rows_restore(struct object *object, const struct row *like, const struct str *cells)
{
	uint32_t number = new_row(object);
	struct row *row = &object->rows[number];

	*row = *like;
	row->cells = cells_make(cells, object->field_count);
	index_add(object->by_id, index_hash(str_range(row->id, ID_SHORT), false), number);
	if (row->deleted)
		return;
	object->live++;
	index_values(object, number, true);
}

void rows_free(struct object *object)
{
	for (uint32_t i = 0; i < object->row_count; i++)
		cells_drop(object->rows[i].cells);
	keep_drop(object->rows);
	object->rows = NULL;
	object->row_count = 0;
	index_free(&object->by_id);
	for (unsigned i = 0; i < object->field_count; i++)
		index_free(&object->fields[i].index);
}

/* ---- reading ---- */

static struct str join_name(const struct object *object, const struct row *row, char scratch[SCRATCH_SIZE])
{
	static const char *const parts[] = { "FirstName", "MiddleName", "LastName", "Suffix" };
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const struct field *field = object_field(object, str_of(parts[i]));
		struct str part = field ? row_cell(row, field->number) : STR_EMPTY;

		if (part.len == 0 || len + part.len + 1 > SCRATCH_SIZE)
			continue;
		if (len > 0)
			scratch[len++] = ' ';
		memcpy(scratch + len, part.at, part.len);
		len += part.len;
	}
	return str_range(scratch, len);
}

static struct str long_id_of(const struct object *object, uint32_t number, char scratch[SCRATCH_SIZE])
{
	id_long(object->rows[number].id, scratch);
	return str_range(scratch, ID_LONG);
}

static struct str stamp_text(uint32_t seconds, char scratch[SCRATCH_SIZE])
{
	stamp_write(seconds, scratch);
	return str_of(scratch);
}

struct str row_get(const struct org *org, const struct object *object, const struct row *row, const struct field *field,
                   char scratch[SCRATCH_SIZE])
{
	switch (field->source) {
	case SOURCE_STORED:
		return row_cell(row, field->number);
	case SOURCE_ID:
		id_long(row->id, scratch);
		return str_range(scratch, ID_LONG);
	case SOURCE_DELETED:
		return row->deleted ? STR("true") : STR_EMPTY;
	case SOURCE_CREATED:
		return stamp_text(row->created, scratch);
	case SOURCE_CREATED_BY:
		return long_id_of(org->user, row->created_by, scratch);
	case SOURCE_MODIFIED:
		return stamp_text(row->modified, scratch);
	case SOURCE_MODIFIED_BY:
		return long_id_of(org->user, row->modified_by, scratch);
	case SOURCE_PERSON_NAME:
		return join_name(object, row, scratch);
	case SOURCE_ADDRESS:
		return STR_EMPTY; /* no text: written as an object by render.c */
	}
	unreachable("field source");
}

/*
 * changes: notes become events.
 *
 *	changes_note (each change of a row) -> changes_commit -> add_note: one more of the event before it? -> append -> stream_wake
 *
 * The log is a ring: event n stands at n modulo its size, which grows until the setting says that the oldest must go.
 */
#include "sandbox/salesforce/changes.h"

#include <string.h>

#include "codec/digest.h"
#include "lib/clock.h"
#include "sandbox/keep.h"
#include "sandbox/salesforce/stream.h"

/* Replay ids begin here times the clock, so that those of an earlier process are smaller than all of this one. */
#define REPLAY_PER_MS 64

struct note {
	struct object *object;
	enum change_type type;
	bool by_changed;
	struct row after;     /* its cells are shared */
	struct cells *before; /* CHANGE_UPDATE: shared; else NULL */
};

/* What the events of one commit have in common. */
struct commit {
	unsigned char key[16];
	int64_t ms, number;
	const char *origin;
	uint32_t sequence;
	int64_t fields; /* changed so far */
};

struct changes {
	struct arena arena; /* origins */
	struct map origins;
	bool started, muted;
	struct note *notes;
	size_t note_count, note_cap;
	struct change *ring;
	uint64_t ring_size; /* a power of two */
	uint64_t first, end;
	int64_t newest;  /* replay id */
	int64_t dropped; /* of the newest event that is not kept any more */
	int64_t commit_number;
};

void changes_open(struct org *org)
{
	struct changes *changes = keep_new(sizeof(*changes)); /* as long as the org */

	changes->origins = (struct map)MAP_INIT(&changes->arena);
	changes->newest = changes->dropped = clock_wall_ms() * REPLAY_PER_MS;
	changes->commit_number = clock_wall_ms();
	org->changes = changes;
}

void changes_start(struct org *org)
{
	org->changes->started = true;
}

void changes_mute(struct org *org, bool mute)
{
	org->changes->muted = mute;
}

/* ---- notes ---- */

void changes_note(struct org *org, struct object *object, uint32_t number, enum change_type type,
                  const struct row *before)
{
	struct changes *changes = org->changes;
	const struct row *row = row_at(object, number);
	struct note *note;

	if (!changes->started || changes->muted || !object->tracked)
		return;
	if (changes->note_count == changes->note_cap) {
		changes->note_cap = changes->note_cap ? changes->note_cap * 2 : 256;
		changes->notes = keep_resize(changes->notes, changes->note_cap * sizeof(*changes->notes));
	}
	note = &changes->notes[changes->note_count++];
	*note = (struct note) {
		.object = object,
		.type = type,
		.after = *row,
		.by_changed = before && before->modified_by != row->modified_by,
		.before = before ? cells_share(before->cells) : NULL,
	};
	cells_share(row->cells);
}

size_t changes_noted(const struct org *org)
{
	return org->changes->note_count;
}

static void drop_note(const struct note *note)
{
	cells_drop(note->after.cells);
	cells_drop(note->before);
}

void changes_take_back(struct org *org, size_t noted)
{
	struct changes *changes = org->changes;

	while (changes->note_count > noted)
		drop_note(&changes->notes[--changes->note_count]);
}

/* ---- the ring ---- */

static struct change *slot(const struct changes *changes, uint64_t number)
{
	return &changes->ring[number & (changes->ring_size - 1)];
}

static void grow(struct changes *changes)
{
	uint64_t size = changes->ring_size ? changes->ring_size * 2 : 1024;
	struct change *ring = keep_raw(size_mul(size, sizeof(*ring)));

	for (uint64_t n = changes->first; n < changes->end; n++)
		ring[n & (size - 1)] = *slot(changes, n);
	keep_drop(changes->ring);
	changes->ring = ring;
	changes->ring_size = size;
}

static void drop_first(struct changes *changes)
{
	struct change *change = slot(changes, changes->first++);

	changes->dropped = change->replay;
	cells_drop(change->cells);
	keep_drop(change->ids);
}

static void drop_old(struct org *org)
{
	struct changes *changes = org->changes;
	int64_t limit = clock_wall_ms() - org->settings.retention_ms;

	while (changes->first < changes->end &&
	       ((int64_t)(changes->end - changes->first) > org->settings.retention_max ||
	        slot(changes, changes->first)->commit_ms < limit))
		drop_first(changes);
}

static void add_id(struct change *change, const char id[ID_SHORT])
{
	/* A power of two is full. */
	if ((change->id_count & (change->id_count - 1)) == 0)
		change->ids =
		        keep_resize(change->ids, (change->id_count ? change->id_count * 2 : 1) * sizeof(*change->ids));
	memcpy(change->ids[change->id_count++], id, ID_SHORT);
}

static struct change *append(struct changes *changes, struct commit *commit, const struct object *object,
                             enum change_type type)
{
	struct change *change;

	if (changes->end - changes->first == changes->ring_size)
		grow(changes);
	change = slot(changes, changes->end++);
	/* Ids grow with gaps, as other objects of the vendor's take some. */
	changes->newest += 1 + (int64_t)(changes->end * 7 % 3);
	*change = (struct change) {
		.replay = changes->newest,
		.object = object,
		.type = type,
		.sequence = ++commit->sequence,
		.commit_ms = commit->ms,
		.commit_number = commit->number,
		.origin = commit->origin,
	};
	memcpy(change->key, commit->key, sizeof(change->key));
	return change;
}

/* ---- commit ---- */

static const char *keep_origin(struct changes *changes, const char *origin)
{
	char *kept = map_get(&changes->origins, str_of(origin));

	if (!kept) {
		kept = arena_text(&changes->arena, str_of(origin));
		map_put(&changes->origins, str_of(kept), kept);
	}
	return kept;
}

static struct commit begin(struct org *org)
{
	struct commit commit = { .ms = clock_wall_ms(), .number = ++org->changes->commit_number };

	digest_random(commit.key, sizeof(commit.key));
	commit.origin = keep_origin(org->changes, org->origin);
	return commit;
}

static int64_t count_bits(const uint64_t bits[CELL_WORDS])
{
	int64_t count = 0;

	for (unsigned w = 0; w < CELL_WORDS; w++)
		count += __builtin_popcountll(bits[w]);
	return count;
}

/* Changed fields; of a new record, those that have a value. */
static void changed_bits(const struct note *note, uint64_t ret[CELL_WORDS])
{
	if (note->type == CHANGE_UPDATE) {
		cells_diff(note->before, note->after.cells, ret);
		return;
	}
	cells_fields(note->after.cells, ret);
}

static bool same_values(const struct change *change, const struct note *note, const uint64_t bits[CELL_WORDS])
{
	if (change->type == CHANGE_DELETE)
		return true;
	if (change->type != CHANGE_UPDATE || memcmp(bits, change->changed, sizeof(change->changed)) != 0)
		return false;
	for (unsigned w = 0; w < CELL_WORDS; w++) {
		for (uint64_t rest = bits[w]; rest; rest &= rest - 1) {
			unsigned field = w * 64 + (unsigned)__builtin_ctzll(rest);

			if (!str_eq(cells_text(change->cells, field), cells_text(note->after.cells, field)))
				return false;
		}
	}
	return true;
}

/* Equal changes of one transaction are one event with several ids. */
static bool joins_last(const struct changes *changes, const struct commit *commit, const struct note *note,
                       const uint64_t bits[CELL_WORDS])
{
	const struct change *last = commit->sequence > 0 ? slot(changes, changes->end - 1) : NULL;

	return last && last->object == note->object && last->type == note->type && !last->gap && !last->whole &&
	       last->modified == note->after.modified && last->modified_by == note->after.modified_by &&
	       last->by_changed == note->by_changed && same_values(last, note, bits);
}

static void add_event(struct org *org, struct commit *commit, const struct note *note, const uint64_t bits[CELL_WORDS])
{
	struct change *change = append(org->changes, commit, note->object, note->type);

	change->gap = org->settings.gaps > 0;
	org->settings.gaps -= change->gap;
	change->by_changed = note->by_changed;
	change->created = note->after.created;
	change->created_by = note->after.created_by;
	change->modified = note->after.modified;
	change->modified_by = note->after.modified_by;
	add_id(change, note->after.id);
	if (change->gap || note->type == CHANGE_DELETE)
		return;
	memcpy(change->changed, bits, sizeof(change->changed));
	change->cells = cells_share(note->after.cells);
}

/* Too much for one transaction: one event an object says so, without ids (section 6.2). */
static void add_overflow(struct org *org, struct commit *commit, const struct note *note)
{
	struct changes *changes = org->changes;

	for (uint32_t back = 1; back <= MIN_OF(commit->sequence, (uint32_t)org->object_count); back++) {
		const struct change *last = slot(changes, changes->end - back);

		if (last->type == CHANGE_OVERFLOW && last->object == note->object)
			return;
	}
	append(changes, commit, note->object, CHANGE_OVERFLOW)->modified_by = note->after.modified_by;
}

static void add_note(struct org *org, struct commit *commit, const struct note *note)
{
	uint64_t bits[CELL_WORDS];

	changed_bits(note, bits);
	commit->fields += MAX_OF(count_bits(bits), 1);
	if (commit->fields > org->settings.overflow_after)
		add_overflow(org, commit, note);
	else if (joins_last(org->changes, commit, note, bits))
		add_id(slot(org->changes, org->changes->end - 1), note->after.id);
	else
		add_event(org, commit, note, bits);
}

void changes_commit(struct org *org)
{
	struct changes *changes = org->changes;
	struct commit commit;

	if (changes->note_count == 0)
		return;
	commit = begin(org);
	for (size_t i = 0; i < changes->note_count; i++)
		add_note(org, &commit, &changes->notes[i]);
	changes_take_back(org, 0);
	drop_old(org);
	stream_wake(org);
}

void changes_gap(struct org *org, struct object *object, enum change_type type, struct str id)
{
	struct commit commit = begin(org);
	struct change *change = append(org->changes, &commit, object, type);
	char short_id[ID_SHORT];

	change->gap = type != CHANGE_OVERFLOW;
	change->modified_by = org->person_user;
	if (id_short(id, short_id))
		add_id(change, short_id);
	else
		change->whole = change->gap;
	stream_wake(org);
}

/* ---- reading ---- */

uint64_t changes_first(const struct org *org)
{
	return org->changes->first;
}

uint64_t changes_end(const struct org *org)
{
	return org->changes->end;
}

const struct change *changes_at(const struct org *org, uint64_t number)
{
	ensure(number >= org->changes->first && number < org->changes->end);
	return slot(org->changes, number);
}

int64_t changes_newest(const struct org *org)
{
	return org->changes->newest;
}

int64_t changes_oldest(const struct org *org)
{
	return org->changes->dropped;
}

bool changes_after(struct org *org, int64_t replay, uint64_t *ret)
{
	struct changes *changes = org->changes;
	uint64_t low, high;

	drop_old(org);
	if (replay < changes->dropped || replay > changes->newest)
		return false;
	low = changes->first;
	high = changes->end;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (slot(changes, middle)->replay <= replay)
			low = middle + 1;
		else
			high = middle;
	}
	*ret = low;
	return true;
}

void changes_close(struct org *org)
{
	struct changes *changes = org->changes;

	if (!changes)
		return;
	changes_take_back(org, 0);
	while (changes->first < changes->end)
		drop_first(changes);
	keep_drop(changes->ring);
	keep_drop(changes->notes);
	arena_release(&changes->arena);
	keep_drop(changes);
	org->changes = NULL;
}

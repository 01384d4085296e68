/* Linear probing; an entry keeps the row and 32 bits of its hash, so that growing needs no texts. */
#include "sandbox/salesforce/index.h"
#include "sandbox/keep.h"

#include <string.h>

#define EMPTY   UINT32_MAX
#define REMOVED (UINT32_MAX - 1)

struct entry {
	uint32_t hash;
	uint32_t row;
};

struct index {
	struct entry *entries;
	uint64_t mask;
	uint64_t used; /* with removed ones */
	uint64_t live;
};

static struct entry *entries_new(uint64_t count)
{
	struct entry *entries = keep_raw(size_mul(count, sizeof(*entries))); /* grows on its own */

	memset(entries, 0xff, count * sizeof(*entries));
	return entries;
}

struct index *index_new(void)
{
	struct index *index = keep_new(sizeof(*index));

	index->mask = 1023;
	index->entries = entries_new(1024);
	return index;
}

void index_free(struct index **pindex)
{
	struct index *index = *pindex;

	*pindex = NULL;
	if (!index)
		return;
	keep_drop(index->entries);
	keep_drop(index);
}

static void put(struct index *index, uint32_t hash, uint32_t row)
{
	uint64_t at = hash & index->mask;

	while (index->entries[at].row != EMPTY)
		at = (at + 1) & index->mask;
	index->entries[at] = (struct entry) { .hash = hash, .row = row };
	index->used++;
	index->live++;
}

static void grow(struct index *index)
{
	struct index bigger = { .mask = index->mask };

	if (index->live * 2 > index->mask)
		bigger.mask = index->mask * 2 + 1;
	bigger.entries = entries_new(bigger.mask + 1);
	for (uint64_t i = 0; i <= index->mask; i++) {
		if (index->entries[i].row < REMOVED)
			put(&bigger, index->entries[i].hash, index->entries[i].row);
	}
	keep_drop(index->entries);
	*index = bigger;
}

void index_add(struct index *index, uint64_t hash, uint32_t row)
{
	if (index->used * 10 > index->mask * 6)
		grow(index);
	put(index, (uint32_t)hash, row);
}

void index_remove(struct index *index, uint64_t hash, uint32_t row)
{
	uint32_t short_hash = (uint32_t)hash;

	for (uint64_t at = short_hash & index->mask; index->entries[at].row != EMPTY; at = (at + 1) & index->mask) {
		if (index->entries[at].row != row || index->entries[at].hash != short_hash)
			continue;
		index->entries[at].row = REMOVED;
		index->live--;
		return;
	}
}

static uint64_t scan(const struct index *index, uint64_t at, uint32_t hash, uint32_t *ret_row)
{
	for (;; at++) {
		const struct entry *entry = &index->entries[at & index->mask];

		if (entry->row == EMPTY || (entry->hash == hash && entry->row != REMOVED)) {
			*ret_row = entry->row;
			return at;
		}
	}
}

uint64_t index_first(const struct index *index, uint64_t hash, uint32_t *ret_row)
{
	return scan(index, (uint32_t)hash & index->mask, (uint32_t)hash, ret_row);
}

uint64_t index_next(const struct index *index, uint64_t at, uint64_t hash, uint32_t *ret_row)
{
	return scan(index, at + 1, (uint32_t)hash, ret_row);
}

uint64_t index_hash(struct str text, bool fold)
{
	uint64_t hash = 14695981039346656037u;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (fold && c >= 'A' && c <= 'Z')
			c = (unsigned char)(c - 'A' + 'a');
		hash = (hash ^ c) * 1099511628211u;
	}
	return hash ^ (hash >> 29);
}

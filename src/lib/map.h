/*
 * map: text-keyed hash map whose memory lives in an arena. Keys are borrowed: they must live as long as the map. Holds
 * pointers; NULL is no value. Iteration is in order of insertion.
 *
 *	struct map seen = MAP_INIT(arena);
 *	map_put(&seen, id, row);
 *	MAP_EACH(&seen, entry) { entry->key; entry->value; }
 */
#ifndef SUTURE_LIB_MAP_H
#define SUTURE_LIB_MAP_H

#include "lib/arena.h"

struct map_entry {
	struct str key;
	void *value;
	uint64_t hash;
	struct map_entry *next;  /* in order of insertion */
	struct map_entry *chain; /* same bucket */
};

struct map {
	struct arena *arena;
	struct map_entry **buckets;
	size_t bucket_count;
	size_t count;
	struct map_entry *first;
	struct map_entry *last;
};

#define MAP_INIT(owner)          \
	{                        \
		.arena = (owner) \
	}
#define MAP_EACH(map, entry) for (struct map_entry *entry = (map)->first; entry; entry = entry->next)

void map_put(struct map *map, struct str key, void *value); /* replaces */
void *map_get(const struct map *map, struct str key);       /* NULL: not there */

#endif

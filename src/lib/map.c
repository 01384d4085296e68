#include "lib/map.h"

static struct map_entry *find(const struct map *map, struct str key, uint64_t hash)
{
	struct map_entry *entry = map->bucket_count ? map->buckets[hash & (map->bucket_count - 1)] : NULL;

	while (entry && (entry->hash != hash || !str_eq(entry->key, key)))
		entry = entry->chain;
	return entry;
}

static void hang(struct map *map, struct map_entry *entry)
{
	struct map_entry **bucket = &map->buckets[entry->hash & (map->bucket_count - 1)];

	entry->chain = *bucket;
	*bucket = entry;
}

static void grow(struct map *map)
{
	map->bucket_count = map->bucket_count ? map->bucket_count * 2 : 16;
	map->buckets = arena_new_array(map->arena, struct map_entry *, map->bucket_count);
	MAP_EACH (map, entry)
		hang(map, entry);
}

void map_put(struct map *map, struct str key, void *value)
{
	uint64_t hash = str_hash(key);
	struct map_entry *entry = find(map, key, hash);

	if (entry) {
		entry->value = value;
		return;
	}
	if (map->count >= map->bucket_count)
		grow(map);
	entry = arena_new(map->arena, struct map_entry);
	*entry = (struct map_entry) { .key = key, .value = value, .hash = hash };
	hang(map, entry);
	if (map->last)
		map->last->next = entry;
	else
		map->first = entry;
	map->last = entry;
	map->count++;
}

void *map_get(const struct map *map, struct str key)
{
	struct map_entry *entry = find(map, key, str_hash(key));

	return entry ? entry->value : NULL;
}

/* patients: the set, its two indexes (Hint id, integration record id) and its order. */
#include "sandbox/hint/hint.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "sandbox/people.h"

int64_t hint_stamp(struct hint *hint)
{
	int64_t now = clock_wall_ms() * 1000;

	hint->last_us = MAX_OF(now, hint->last_us + 1);
	return hint->last_us;
}

struct patient *patients_find_record(struct hint *hint, struct str record_id)
{
	return record_id.len ? map_get(&hint->by_record, record_id) : NULL;
}

struct patient *patients_find(struct hint *hint, struct str id)
{
	struct patient *p = map_get(&hint->by_id, id);

	if (!p)
		p = patients_find_record(hint, id);
	return p && !p->erased ? p : NULL;
}

static void grow(struct hint *hint)
{
	size_t room = hint->room ? hint->room * 2 : 1024;
	struct patient **larger = arena_new_array(&hint->arena, struct patient *, room);

	if (hint->count)
		memcpy(larger, hint->patients, hint->count * sizeof(*larger));
	hint->patients = larger;
	hint->room = room;
}

static struct str new_id(struct hint *hint)
{
	struct str id;

	do
		id = people_id(&hint->arena, hint->sbx ? "sbx-pat-" : "pat-", 0, hint->next_id++);
	while (map_get(&hint->by_id, id));
	return id;
}

struct patient *patients_add(struct hint *hint, struct str id)
{
	struct patient *p = arena_new(&hint->arena, struct patient);

	if (hint->count == hint->room)
		grow(hint);
	p->id = id.len ? arena_str(&hint->arena, id) : new_id(hint);
	p->place = (uint32_t)hint->count;
	hint->patients[hint->count++] = p;
	hint->sorted = false;
	map_put(&hint->by_id, p->id, p);
	return p;
}

void patients_link(struct hint *hint, struct patient *p, struct str record_id)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str old = packed_text(&p->values, &arena, F_RECORD_ID);

	if (str_eq(old, record_id))
		return;
	/* map_put() keeps the key it saw first, so the borrowed text does no harm. */
	if (old.len && map_get(&hint->by_record, old) == p)
		map_put(&hint->by_record, old, NULL);
	if (record_id.len)
		map_put(&hint->by_record, arena_str(&hint->arena, record_id), p);
	p->was_linked |= old.len || record_id.len;
}

void patients_erase(struct hint *hint, struct patient *p)
{
	patients_link(hint, p, STR_EMPTY);
	hint->archived -= p->archived;
	p->erased = true;
	hint->count--;
	memmove(hint->patients + p->place, hint->patients + p->place + 1, (hint->count - p->place) * sizeof(p));
	for (size_t i = p->place; i < hint->count; i++)
		hint->patients[i]->place = (uint32_t)i;
	map_put(&hint->by_id, p->id, NULL);
	hint->version++;
}

static int by_creation(const void *a, const void *b)
{
	const struct patient *x = *(struct patient *const *)a, *y = *(struct patient *const *)b;

	if (x->created_us != y->created_us)
		return x->created_us < y->created_us ? -1 : 1;
	return str_cmp(x->id, y->id);
}

void patients_sort(struct hint *hint)
{
	if (hint->sorted)
		return;
	qsort(hint->patients, hint->count, sizeof(*hint->patients), by_creation);
	for (size_t i = 0; i < hint->count; i++)
		hint->patients[i]->place = (uint32_t)i;
	hint->sorted = true;
}

void patient_archive(struct hint *hint, struct patient *p)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct packed copy = p->values;
	struct values values;

	copy.bytes = (unsigned char *)arena_text(&arena, str_range((const char *)copy.bytes, copy.len));
	values_unpack(&copy, &values);
	values.at[F_MEMBERSHIP_STATUS] = STR("\"archived\"");
	values_pack(&hint->arena, &values, &p->values);
	hint->archived += !p->archived;
	p->archived = true;
	p->updated_us = hint_stamp(hint);
	hint->version++;
}

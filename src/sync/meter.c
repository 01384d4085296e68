/* meter: one lock for the counters, none for the histograms. */
#include "sync/meter.h"

#include <pthread.h>
#include <stdatomic.h>

#include "lib/map.h"

const int64_t meter_bounds_us[METER_BUCKETS] = { 500,   1000,   2000,   3000,    5000,    10000,    25000,
	                                         50000, 100000, 250000, 1000000, 5000000, 30000000, 300000000 };

struct clock_counts {
	_Atomic uint64_t bucket[METER_BUCKETS + 1]; /* each its own share; the last: longer than all bounds */
	_Atomic uint64_t sum_us;
};

struct counts {
	struct map series; /* labels joined -> struct meter_series */
	struct meter_series *other;
};

struct meter {
	struct arena arena; /* the meter lives in it */
	pthread_mutex_t lock;
	struct counts counts[METER_COUNTER_COUNT];
	struct clock_counts clocks[METER_CLOCK_COUNT];
};

struct meter *meter_new(void)
{
	struct arena arena = ARENA_INIT;
	struct meter *meter = arena_new(&arena, struct meter);

	meter->arena = arena;
	pthread_mutex_init(&meter->lock, NULL);
	for (size_t i = 0; i < METER_COUNTER_COUNT; i++)
		meter->counts[i].series = (struct map)MAP_INIT(&meter->arena);
	return meter;
}

void meter_free(struct meter **pmeter)
{
	struct meter *meter = *pmeter;
	struct arena arena;

	*pmeter = NULL;
	if (!meter)
		return;
	pthread_mutex_destroy(&meter->lock);
	arena = meter->arena;
	arena_release(&arena);
}

static struct meter_series *new_series(struct meter *meter, struct counts *counts, struct str key, struct str a,
                                       struct str b, struct str c)
{
	struct meter_series *series = arena_new(&meter->arena, struct meter_series);

	series->label[0] = arena_str(&meter->arena, a);
	series->label[1] = arena_str(&meter->arena, b);
	series->label[2] = arena_str(&meter->arena, c);
	map_put(&counts->series, arena_str(&meter->arena, key), series);
	return series;
}

static struct str other_for(struct str label)
{
	return label.len ? STR("other") : label;
}

static struct meter_series *find_series(struct meter *meter, struct counts *counts, struct str a, struct str b,
                                        struct str c)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	struct str key = arena_printf(&scratch, "%.*s\n%.*s\n%.*s", STR_ARG(a), STR_ARG(b), STR_ARG(c));
	struct meter_series *series = map_get(&counts->series, key);

	if (series)
		return series;
	if (counts->series.count < METER_SERIES_MAX - 1)
		return new_series(meter, counts, key, a, b, c);
	if (!counts->other)
		counts->other = new_series(meter, counts, STR("\n"), other_for(a), other_for(b), other_for(c));
	return counts->other;
}

void meter_add(struct meter *meter, enum meter_counter which, struct str a, struct str b, struct str c, uint64_t n)
{
	if (!meter || n == 0)
		return;
	pthread_mutex_lock(&meter->lock);
	find_series(meter, &meter->counts[which], a, b, c)->value += n;
	pthread_mutex_unlock(&meter->lock);
}

void meter_time(struct meter *meter, enum meter_clock which, int64_t us)
{
	size_t i = 0;

	if (!meter)
		return;
	us = MAX_OF(us, (int64_t)0); /* a wall clock that was set back */
	while (i < METER_BUCKETS && us > meter_bounds_us[i])
		i++;
	atomic_fetch_add(&meter->clocks[which].bucket[i], 1);
	atomic_fetch_add(&meter->clocks[which].sum_us, (uint64_t)us);
}

void meter_read(struct meter *meter, enum meter_counter which, struct arena *arena, struct meter_series **ret,
                size_t *ret_count)
{
	size_t n = 0;

	*ret = NULL;
	*ret_count = 0;
	if (!meter)
		return;
	pthread_mutex_lock(&meter->lock);
	*ret_count = meter->counts[which].series.count;
	*ret = arena_new_array(arena, struct meter_series, *ret_count);
	MAP_EACH (&meter->counts[which].series, entry)
		(*ret)[n++] = *(const struct meter_series *)entry->value; /* labels live as long as the meter */
	pthread_mutex_unlock(&meter->lock);
}

struct meter_histogram meter_histogram(const struct meter *meter, enum meter_clock which)
{
	struct meter_histogram h = { 0 };

	if (!meter)
		return h;
	h.sum_us = atomic_load(&meter->clocks[which].sum_us);
	for (size_t i = 0; i <= METER_BUCKETS; i++) {
		h.count += atomic_load(&meter->clocks[which].bucket[i]);
		if (i < METER_BUCKETS)
			h.bucket[i] = h.count;
	}
	return h;
}

#include "sync/deliver.h"

#include <time.h>

void lanes_init(struct lanes *lanes)
{
	pthread_condattr_t monotonic;

	*lanes = (struct lanes) { .stop = false };
	must(pthread_mutex_init(&lanes->lock, NULL) == 0);
	must(pthread_condattr_init(&monotonic) == 0 && pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
	for (size_t i = 0; i < LANE_NAMES; i++)
		must(pthread_cond_init(&lanes->bell[i], &monotonic) == 0);
	pthread_condattr_destroy(&monotonic);
}

void lanes_release(struct lanes *lanes)
{
	for (size_t i = 0; i < LANE_NAMES; i++)
		pthread_cond_destroy(&lanes->bell[i]);
	pthread_mutex_destroy(&lanes->lock);
}

/* The lock is held. */
static void ring(struct lanes *lanes, enum lane_name lane)
{
	lanes->rings[lane]++;
	pthread_cond_broadcast(&lanes->bell[lane]);
}

static void ring_all(struct lanes *lanes)
{
	for (enum lane_name lane = LANE_LOOK; lane < LANE_NAMES; lane++)
		ring(lanes, lane);
}

void lanes_ring(struct lanes *lanes)
{
	pthread_mutex_lock(&lanes->lock);
	ring_all(lanes);
	pthread_mutex_unlock(&lanes->lock);
}

void lanes_ring_one(struct lanes *lanes, enum lane_name lane)
{
	pthread_mutex_lock(&lanes->lock);
	ring(lanes, lane);
	ring(lanes, LANE_WATCH);
	pthread_mutex_unlock(&lanes->lock);
}

unsigned lanes_rings(struct lanes *lanes, enum lane_name lane)
{
	unsigned rings;

	pthread_mutex_lock(&lanes->lock);
	rings = lanes->rings[lane];
	pthread_mutex_unlock(&lanes->lock);
	return rings;
}

bool lanes_wait(struct lanes *lanes, enum lane_name lane, unsigned seen, int64_t ms)
{
	struct timespec until;
	bool rang;
	int code = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += ms % 1000 * 1000000;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&lanes->lock);
	while (lanes->rings[lane] == seen && code == 0)
		code = pthread_cond_timedwait(&lanes->bell[lane], &lanes->lock, &until);
	rang = lanes->rings[lane] != seen;
	pthread_mutex_unlock(&lanes->lock);
	return rang;
}

void lanes_stop(struct lanes *lanes)
{
	pthread_mutex_lock(&lanes->lock);
	lanes->stop = true;
	ring_all(lanes);
	pthread_mutex_unlock(&lanes->lock);
}

void lanes_fail(struct lanes *lanes, const struct err *err)
{
	pthread_mutex_lock(&lanes->lock);
	if (lanes->error.code == ERR_OK)
		lanes->error = *err;
	lanes->stop = true;
	ring_all(lanes);
	pthread_mutex_unlock(&lanes->lock);
}

bool lanes_stopping(struct engine *engine, struct lanes *lanes)
{
	bool stop;

	pthread_mutex_lock(&lanes->lock);
	stop = lanes->stop;
	pthread_mutex_unlock(&lanes->lock);
	return stop || atomic_load(&engine->stop);
}

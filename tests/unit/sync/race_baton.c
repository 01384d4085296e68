/* Who is at work: see race.h. An actor that has come to a point looks whether it may pass, hands the baton over if not, and waits until it has it again. */
#include "race.h"

#include <pthread.h>

#include "store/store.h"

enum { NOBODY = -1, WAIT_MS = 20 };

static struct {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct world *world;
	const struct race *race;
	const struct order *order;
	struct raced *ret;
	int at_work; /* an actor, or NOBODY */
	size_t left; /* points that it may pass before the other one comes in */
	int changes;
	bool ended[2];
	int has_lanes;
	bool (*drain)(void *context, struct err *err);
	void (*pass)(void *context, int64_t ms);
} baton = { .lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER };

static _Thread_local int me = NOBODY;

/* The lock is held, here and in what follows. */
static void hand_over(int to, size_t left)
{
	baton.at_work = to;
	baton.left = left;
	pthread_cond_broadcast(&baton.moved);
}

static void until_mine(void)
{
	while (baton.at_work != me)
		pthread_cond_wait(&baton.moved, &baton.lock);
	hand_take(&baton.world->hand);
}

static void change(void)
{
	baton.changes++;
	hand_over(1 - me, baton.changes == 1 ? baton.order->points[1] : TO_ITS_END);
	until_mine();
}

static void pass_point(void)
{
	struct raced *r = baton.ret;

	baton.left -= baton.left > 0 && baton.left < TO_ITS_END;
	r->passed[me]++;
	r->trace = (r->trace ^ (uint64_t)(me + 1)) * 0x100000001b3u;
}

static void point(void)
{
	if (me == NOBODY)
		return;
	pthread_mutex_lock(&baton.lock);
	if (baton.left == 0 && !baton.ended[1 - me]) {
		baton.ret->used_up[baton.changes] = true;
		change();
	}
	pass_point();
	pthread_mutex_unlock(&baton.lock);
}

/* Who waits for something lets the other one go on to its end, or until that waits too. */
static void wait_a_little(void *context, int64_t ms)
{
	baton.pass(context, ms);
	if (me == NOBODY)
		return;
	pthread_mutex_lock(&baton.lock);
	if (!baton.ended[1 - me]) {
		baton.changes = MAX_OF(baton.changes, 2);
		hand_over(1 - me, TO_ITS_END);
		until_mine();
	}
	pthread_mutex_unlock(&baton.lock);
}

/* ---- lanes ---- */

void race_take_lanes(struct world *w)
{
	while (baton.has_lanes != NOBODY && baton.has_lanes != me)
		wait_a_little(w, WAIT_MS);
	baton.has_lanes = me;
}

void race_leave_lanes(void)
{
	baton.has_lanes = NOBODY;
}

static bool drain_if_free(void *context, struct err *err)
{
	int before = baton.has_lanes;
	bool empty;

	if (before != NOBODY && before != me)
		return false;
	baton.has_lanes = me;
	empty = baton.drain(context, err);
	baton.has_lanes = before;
	return empty;
}

/* ---- reading is a point too ---- */

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
int __real_store_read(struct store *store, store_fn fn, void *context, struct err *err);
int __wrap_store_read(struct store *store, store_fn fn, void *context, struct err *err);

int __wrap_store_read(struct store *store, store_fn fn, void *context, struct err *err)
{
	point();
	return __real_store_read(store, fn, context, err);
}
/* NOLINTEND(bugprone-reserved-identifier) */

/* ---- a race ---- */

static void *act(void *context)
{
	struct err err = ERR_INIT;

	me = *(const int *)context;
	pthread_mutex_lock(&baton.lock);
	until_mine();
	pthread_mutex_unlock(&baton.lock);
	baton.ret->code[me] = me == 1 && baton.order->alone ? TAKEN_BACK : baton.race->actors[me](baton.world, &err);
	pthread_mutex_lock(&baton.lock);
	baton.ended[me] = true;
	hand_over(baton.ended[1 - me] ? NOBODY : 1 - me, TO_ITS_END);
	pthread_mutex_unlock(&baton.lock);
	return NULL;
}

static void prepare(struct world *w, const struct race *race, const struct order *order, struct raced *ret)
{
	*ret = (struct raced) { .trace = 0xcbf29ce484222325u };
	baton.world = w;
	baton.race = race;
	baton.order = order;
	baton.ret = ret;
	baton.at_work = baton.has_lanes = NOBODY;
	baton.drain = w->hand.drain;
	baton.pass = w->hand.pass;
	w->hand.drain = drain_if_free;
	w->hand.pass = wait_a_little;
	w->between = point;
}

void race_run(struct world *w, const struct race *race, const struct order *order, struct raced *ret)
{
	static const int both[] = { 0, 1 };
	pthread_t threads[2];

	prepare(w, race, order, ret);
	for (int i = 0; i < 2; i++)
		must(pthread_create(&threads[i], NULL, act, (void *)&both[i]) == 0);
	w->hand.driving = true; /* from here on no thread is created */
	pthread_mutex_lock(&baton.lock);
	hand_over(order->first, order->points[0]);
	while (!baton.ended[0] || !baton.ended[1])
		pthread_cond_wait(&baton.moved, &baton.lock);
	pthread_mutex_unlock(&baton.lock);
	w->hand.driving = false;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	w->hand.drain = baton.drain;
	w->hand.pass = baton.pass;
	w->between = NULL;
	hand_take(&w->hand);
}

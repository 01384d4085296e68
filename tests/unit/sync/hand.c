/* The engine by hand: see the header. First what is laid over, then the turns of the stations. */
#include "hand.h"

#include <stdlib.h>

#include "lib/clock.h"
#include "sync/look.h"
#include "sync/outbox.h"
#include "sync/road.h"

enum { STEPS_MOST = 400 };

static struct hand *hand; /* one at a time */
static pthread_t hand_thread;

/* ---- what is laid over ---- */

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *), void *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *), void *context);
int __real_pthread_join(pthread_t thread, void **ret);
int __wrap_pthread_join(pthread_t thread, void **ret);
int __real_store_write(struct store *store, enum durability durability, store_fn fn, void *context, struct err *err);
int __wrap_store_write(struct store *store, enum durability durability, store_fn fn, void *context, struct err *err);
struct store_pending *__wrap_store_write_start(struct store *store, enum durability durability, store_fn fn,
                                               void *context);
int __wrap_store_write_wait(struct store_pending **pending, struct err *err);
bool __wrap_lanes_wait(struct lanes *lanes, enum lane_name lane, unsigned seen, int64_t ms);
int64_t __real_clock_mono_ns(void);
void __real_clock_sleep_ms(int64_t ms);
int64_t __wrap_clock_mono_ns(void);
void __wrap_clock_sleep_ms(int64_t ms);
void __wrap_digest_random(void *at, size_t len);
struct road *__wrap_road_start(struct engine *engine, const struct plan *plan, bool with_low);
void __wrap_road_stop(struct road **road);
void __wrap_road_ring(struct road *road);
bool __wrap_road_failed(struct road *road, struct err *ret_why);
bool __wrap_road_is_empty(struct road *road);
int64_t __wrap_road_decided(struct road *road);
int __wrap_road_drain(struct road *road, void (*on_wait)(void *context), void *context, struct err *err);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *), void *context)
{
	if (!hand || !hand->driving)
		return __real_pthread_create(thread, attr, fn, context);
	fn(context);
	return 0;
}

int __wrap_pthread_join(pthread_t thread, void **ret)
{
	return hand && hand->driving ? 0 : __real_pthread_join(thread, ret);
}

int hand_store_write(struct store *store, enum durability durability, store_fn fn, void *context, struct err *err)
{
	return __real_store_write(store, durability, fn, context, err);
}

int __wrap_store_write(struct store *store, enum durability durability, store_fn fn, void *context, struct err *err)
{
	if (!hand || !hand->driving || !hand->write)
		return __real_store_write(store, durability, fn, context, err);
	return hand->write(hand->context, store, durability, fn, context, err);
}

/* What is started is done; its outcome is told when it is waited for. */
struct outcome_of {
	int code;
	struct err err;
};

struct store_pending *__wrap_store_write_start(struct store *store, enum durability durability, store_fn fn,
                                               void *context)
{
	static struct outcome_of outcomes[64];
	static size_t next;
	struct outcome_of *o = &outcomes[next++ % ARRAY_LEN(outcomes)];

	*o = (struct outcome_of) { .code = 0 };
	o->code = __wrap_store_write(store, durability, fn, context, &o->err);
	return (struct store_pending *)o;
}

int __wrap_store_write_wait(struct store_pending **pending, struct err *err)
{
	const struct outcome_of *o = (const struct outcome_of *)*pending;

	*pending = NULL;
	if (o->code < 0)
		*err = o->err;
	return o->code;
}

bool __wrap_lanes_wait(struct lanes *lanes, enum lane_name lane UNUSED, unsigned seen UNUSED, int64_t ms UNUSED)
{
	lanes_stop(lanes);
	return true;
}

/* The store's writer has a thread and a patience of its own. */
static bool on_stage(void)
{
	return hand && pthread_equal(pthread_self(), hand_thread);
}

int64_t __wrap_clock_mono_ns(void)
{
	return on_stage() ? hand->now_ms * 1000000 : __real_clock_mono_ns();
}

void __wrap_clock_sleep_ms(int64_t ms)
{
	if (on_stage())
		hand->pass(hand->context, ms);
	else
		__real_clock_sleep_ms(ms);
}

void __wrap_digest_random(void *at, size_t len)
{
	unsigned char *bytes = at;

	for (size_t i = 0; i < len; i++)
		bytes[i] = (unsigned char)(hand ? hand->chance(hand->context) : i);
}

struct road *__wrap_road_start(struct engine *engine UNUSED, const struct plan *plan UNUSED, bool with_low UNUSED)
{
	hand->failed = (struct err)ERR_INIT;
	return (struct road *)hand;
}

void __wrap_road_stop(struct road **road)
{
	*road = NULL;
}

void __wrap_road_ring(struct road *road UNUSED) {}

bool __wrap_road_failed(struct road *road UNUSED, struct err *ret_why)
{
	if (hand->failed.code)
		*ret_why = hand->failed;
	return hand->failed.code != ERR_OK;
}

bool __wrap_road_is_empty(struct road *road UNUSED)
{
	return hand->drain(hand->context, &hand->failed);
}

int64_t __wrap_road_decided(struct road *road UNUSED)
{
	return hand->decided;
}

/* A person who has waited long enough stops the run. */
int __wrap_road_drain(struct road *road UNUSED, void (*on_wait)(void *context), void *context, struct err *err)
{
	if (on_wait)
		on_wait(context);
	if (hand->drain(hand->context, err))
		return 0;
	return err->code ? err_pass(err) : err_set(err, ERR_ABORTED, "stopped; what is done stays done");
}
/* NOLINTEND(bugprone-reserved-identifier) */

/* ---- turns ---- */

void hand_take(struct hand *whose)
{
	hand = whose;
	hand_thread = pthread_self();
}

void hand_forget(struct hand *h)
{
	bool driving = h->driving;

	hand_take(h);
	h->driving = true;
	reconciler_free(&h->reconciler);
	h->driving = driving;
}

static int look(struct hand *h, bool *ret_worked, struct err *err)
{
	size_t looked = 0;
	bool left;
	int code = look_round(h->engine, h->plan, &looked, &left, err);

	*ret_worked = looked > 0;
	return code;
}

static int reconcile(struct hand *h, bool *ret_worked, struct err *err)
{
	bool idle = false;

	if (!h->reconciler)
		h->reconciler = reconciler_new(h->engine, h->plan);
	for (int i = 0; !idle; i++) {
		size_t decided;

		if (reconcile_step(h->reconciler, &decided, &idle, err) < 0) {
			reconciler_free(&h->reconciler);
			return err_pass(err);
		}
		h->decided += (int64_t)decided;
		*ret_worked = *ret_worked || decided > 0;
		if (i > STEPS_MOST)
			return err_set(err, ERR_BUG, "reconciling goes on for ever");
	}
	return 0;
}

static int deliver(struct hand *h, enum side side, bool with_low, bool *ret_worked, struct err *err)
{
	struct lanes lanes;

	lanes_init(&lanes);
	atomic_store(&lanes.quiet, true);
	atomic_store(&lanes.flush, true);
	deliver_lane(h->engine, h->plan, side, with_low, &lanes);
	*ret_worked = atomic_load(&lanes.delivered) + atomic_load(&lanes.refused) > 0;
	if (lanes.error.code)
		*err = lanes.error;
	lanes_release(&lanes);
	return err->code;
}

int hand_work(struct hand *h, enum turn turn, bool with_low, bool *ret_worked, struct err *err)
{
	bool driving = h->driving;
	int code;

	hand_take(h);
	h->driving = true;
	*ret_worked = false;
	*err = (struct err)ERR_INIT;
	if (turn == TURN_LOOK)
		code = look(h, ret_worked, err);
	else if (turn == TURN_RECONCILE)
		code = reconcile(h, ret_worked, err);
	else
		code = deliver(h, turn == TURN_TO_EMR ? SIDE_EMR : SIDE_CRM, with_low, ret_worked, err);
	h->driving = driving;
	return code;
}

struct owed_job {
	const struct hand *hand;
	bool with_low;
	int64_t owed;
};

static int count_owed(struct db *db, void *context, struct err *err)
{
	struct owed_job *job = context;

	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		struct owed_counts counts;

		if (outbox_counts(db, job->hand->plan->sync_id, side, &counts, err) < 0)
			return err_pass(err);
		job->owed += counts.now + (job->with_low ? counts.low : 0);
	}
	return 0;
}

int hand_owed(struct hand *h, bool with_low, int64_t *ret, struct err *err)
{
	struct owed_job job = { h, with_low, 0 };
	int code = store_read(h->engine->store, count_owed, &job, err);

	*ret = job.owed;
	return code;
}

/*
 * road: four threads, each with a bell (struct lanes).
 *
 * Whether a road is empty: a lane that found nothing to do notes the ring at which it began to look. When looking and reconciling both found nothing since the
 * latest ring and the outbox is empty, nothing is left, as whatever adds work rings.
 */
#include "sync/road.h"

#include <stdlib.h>

#include "lib/clock.h"
#include "sync/look.h"
#include "sync/reconcile.h"
#include "sync/budget.h"

enum { PATIENCE_MS = 200 }; /* another process may have staged something: it cannot ring */

struct road {
	struct arena arena;
	struct engine *engine;
	const struct plan *plan;
	struct lanes lanes;
	bool with_low;
	atomic_uint looked_at, reconciled_at; /* the ring of the latest round that found nothing, plus one */
	pthread_t look, reconcile, deliver[2];
	bool judges, delivers[2]; /* which of them work */
};

/* Work was done: ring. None was: wait for a ring, a little while if something may come by itself. */
static void rest(struct road *road, enum lane_name lane, unsigned rings, bool soon)
{
	lanes_wait(&road->lanes, lane, rings, soon ? 20 : PATIENCE_MS);
}

static void *look_thread(void *context)
{
	struct road *road = context;
	struct err err = ERR_INIT;

	pthread_setname_np(pthread_self(), "look");
	while (!lanes_stopping(road->engine, &road->lanes)) {
		unsigned rings = lanes_rings(&road->lanes, LANE_LOOK);
		size_t looked;
		bool left;

		if (look_round(road->engine, road->plan, &looked, &left, &err) < 0) {
			lanes_fail(&road->lanes, &err);
			break;
		}
		if (looked > 0) {
			lanes_ring(&road->lanes);
			continue;
		}
		atomic_store(&road->looked_at, left ? 0 : rings + 1);
		rest(road, LANE_LOOK, rings, left);
	}
	return NULL;
}

static void *reconcile_thread(void *context)
{
	struct road *road = context;
	struct reconciler *r = reconciler_new(road->engine, road->plan);
	struct err err = ERR_INIT;
	unsigned rings = lanes_rings(&road->lanes, LANE_RECONCILE);
	size_t decided, in_pass = 0;
	bool idle;

	pthread_setname_np(pthread_self(), "reconcile");
	while (!lanes_stopping(road->engine, &road->lanes)) {
		if (reconcile_step(r, &decided, &idle, &err) < 0) {
			lanes_fail(&road->lanes, &err);
			break;
		}
		in_pass += decided;
		if (decided > 0)
			atomic_store(&road->lanes.quiet, false);
		atomic_fetch_add(&road->lanes.decided, (int64_t)decided);
		if (decided > 0)
			lanes_ring(&road->lanes);
		if (!idle)
			continue;
		/* A pass that decided something is followed by another: what was held back may go now. */
		if (in_pass == 0) {
			atomic_store(&road->reconciled_at, reconcile_held_back(r) ? 0 : rings + 1);
			atomic_store(&road->lanes.quiet, true);
			rest(road, LANE_RECONCILE, rings, reconcile_held_back(r));
		}
		in_pass = 0;
		rings = lanes_rings(&road->lanes, LANE_RECONCILE);
	}
	reconciler_free(&r);
	return NULL;
}

static void *deliver_crm_thread(void *context)
{
	struct road *road = context;

	pthread_setname_np(pthread_self(), "deliver to CRM");
	deliver_lane(road->engine, road->plan, SIDE_CRM, road->with_low, &road->lanes);
	return NULL;
}

static void *deliver_emr_thread(void *context)
{
	struct road *road = context;

	pthread_setname_np(pthread_self(), "deliver to EMR");
	deliver_lane(road->engine, road->plan, SIDE_EMR, road->with_low, &road->lanes);
	return NULL;
}

/* `what`: who works on it; it is copied. */
static struct road *start(const struct road *what)
{
	static void *(*const deliver[])(void *) = { [SIDE_EMR] = deliver_emr_thread, [SIDE_CRM] = deliver_crm_thread };
	struct arena arena = ARENA_INIT;
	struct road *road = arena_new(&arena, struct road); /* lives in its own arena until road_stop */

	*road = *what;
	road->arena = arena;
	lanes_init(&road->lanes);
	if (road->judges) {
		must(pthread_create(&road->look, NULL, look_thread, road) == 0);
		must(pthread_create(&road->reconcile, NULL, reconcile_thread, road) == 0);
	}
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		if (road->delivers[side])
			must(pthread_create(&road->deliver[side], NULL, deliver[side], road) == 0);
	}
	return road;
}

struct road *road_start(struct engine *engine, const struct plan *plan, bool with_low)
{
	const struct road what = { .engine = engine,
		                   .plan = plan,
		                   .with_low = with_low,
		                   .judges = true,
		                   .delivers = { !engine->dry, !engine->dry } };

	return start(&what);
}

struct road *road_start_side(struct engine *engine, const struct plan *plan, enum side side)
{
	struct road what = { .engine = engine, .plan = plan, .with_low = true };

	what.delivers[side] = true;
	return start(&what);
}

void road_stop(struct road **proad)
{
	struct road *road = *proad;
	struct arena arena;

	*proad = NULL;
	if (!road)
		return;
	lanes_stop(&road->lanes);
	if (road->judges) {
		pthread_join(road->look, NULL);
		pthread_join(road->reconcile, NULL);
	}
	for (size_t side = 0; side < ARRAY_LEN(road->deliver); side++) {
		if (road->delivers[side])
			pthread_join(road->deliver[side], NULL);
	}
	lanes_release(&road->lanes);
	arena = road->arena;
	arena_release(&arena);
}

void road_ring(struct road *road)
{
	if (road)
		lanes_ring(&road->lanes);
}

void road_ring_whole(struct road *road)
{
	if (road)
		lanes_ring_one(&road->lanes, LANE_RECONCILE);
}

bool road_failed(struct road *road, struct err *ret_why)
{
	bool failed;

	pthread_mutex_lock(&road->lanes.lock);
	failed = road->lanes.error.code != ERR_OK;
	if (failed)
		*ret_why = road->lanes.error;
	pthread_mutex_unlock(&road->lanes.lock);
	return failed;
}

int64_t road_decided(struct road *road)
{
	return atomic_load(&road->lanes.decided);
}

struct owes_job {
	const struct road *road;
	bool owes[2];
};

static int ask_owes(struct db *db, void *context, struct err *err)
{
	struct owes_job *job = context;
	const struct road *road = job->road;

	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		if (outbox_any(db, road->plan->sync_id, side, road->with_low, &job->owes[side], err) < 0)
			return err_pass(err);
	}
	return 0;
}

/* Nothing was found, and nobody rang since that was looked for. */
static bool is_up_to_date(struct road *road, enum lane_name lane, atomic_uint *at)
{
	return atomic_load(at) == lanes_rings(&road->lanes, lane) + 1;
}

static bool is_done(struct road *road)
{
	return is_up_to_date(road, LANE_LOOK, &road->looked_at) &&
	       is_up_to_date(road, LANE_RECONCILE, &road->reconciled_at);
}

bool road_is_empty(struct road *road)
{
	struct owes_job job = { .road = road };
	struct err ignored = ERR_INIT;
	unsigned rings = lanes_rings(&road->lanes, LANE_WATCH);

	if (!is_done(road))
		return false;
	if (road->engine->dry)
		return true;
	if (store_read(road->engine->store, ask_owes, &job, &ignored) < 0)
		return false;
	return !job.owes[SIDE_EMR] && !job.owes[SIDE_CRM] && lanes_rings(&road->lanes, LANE_WATCH) == rings;
}

/* Nothing rang for a while: what is left does not come by itself soon. */
static bool stands_still(int64_t since_ms)
{
	enum { STILL_MS = 1500 };

	return clock_mono_ns() / 1000000 - since_ms > STILL_MS;
}

int road_drain(struct road *road, void (*on_wait)(void *context), void *context, struct err *err)
{
	unsigned last = 0;
	int64_t since_ms = 0;

	while (!road_is_empty(road)) {
		unsigned rings = lanes_rings(&road->lanes, LANE_WATCH);

		if (road_failed(road, err))
			return err_pass(err);
		if (atomic_load(&road->engine->stop))
			return err_set(err, ERR_ABORTED, "stopped; what is done stays done");
		if (on_wait)
			on_wait(context);
		if (rings != last || since_ms == 0)
			since_ms = clock_mono_ns() / 1000000;
		last = rings;
		if (stands_still(since_ms) && budget_held(road->plan, err))
			return err_pass(err);
		atomic_store(&road->lanes.flush, is_up_to_date(road, LANE_RECONCILE, &road->reconciled_at));
		lanes_wait(&road->lanes, LANE_WATCH, rings, 3);
	}
	atomic_store(&road->lanes.flush, false);
	return road_failed(road, err) ? err_pass(err) : 0;
}

/*
 * deliver: one lane.
 *
 *	take up  a bulk job that was given up, perhaps by a process that died, is stopped and asked what it did, before anything else is sent
 *	gather   entries that are due go into a pool per kind of write, oldest first
 *	send     a full pool, or any pool when nothing more is coming, becomes a call; up to WINDOW calls are under way. Where very much is owed, or calls are
 *	         short, a pool is as large as a bulk job (deliver_bulk.c)
 *	read     entries that are made from the record as it is ask for it first: a batch then is read before it is written
 *	take     the oldest call's answer is judged and settled in one transaction
 *
 * Pools and calls live in memory only: after a crash the outbox still has every entry that was not settled, and sends it again (R5).
 */
#include "sync/deliver_parts.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/limits.h"
#include "sync/meter.h"
#include "sync/moved.h"
#include "sync/settle.h"
#include "sync/budget.h"
#include "sync/lease.h"

/* Milliseconds: how long an answer waits for more to send, an idle lane for a ring, a postponed entry to be asked for again. */
enum { PATIENCE_MS = 20, IDLE_MS = 200, AGAIN_MS = 250 };
enum { WINDOW = 8, POOLS = WRITE_DELETE + 1, PRIORITIES = OWED_LOW + 1, WHOLE_FAILURES_MAX = 5, WHOLE_PAUSE_MS = 200 };

struct lane {
	struct place place;
	bool with_low;
	size_t usual_size, bulk_size; /* entries of a call; of a bulk job, where that is the way now, else the same */
	bool backlog;                 /* the last look found more than a call takes */
	int64_t size_ms;              /* when that is to be asked again; monotonic */
	struct batch *pools[POOLS];
	struct batch *calls[WINDOW]; /* ring */
	size_t first, open;
	int64_t after_id[PRIORITIES]; /* entries up to here were gathered */
	int64_t again_ms;             /* when postponed entries are due: gather from the beginning; monotonic */
	int64_t patience_ms;          /* until then more may come before an answer is taken; monotonic */
	int64_t pause_ms;             /* nothing is sent before; monotonic */
	bool jobs_left;               /* there may be bulk jobs that nobody waits for */
	int whole_failures;           /* calls in a row of which nothing could be said */
};

/* For pauses: a wall clock that is set back would make them long. */
static int64_t now_ms(void)
{
	return clock_mono_ns() / 1000000;
}

static enum lane_name lane_of(const struct lane *lane)
{
	return lane->place.side == SIDE_CRM ? LANE_TO_CRM : LANE_TO_EMR;
}

static struct batch *batch_new(size_t room)
{
	struct arena arena = ARENA_INIT;
	struct batch *b = arena_new(&arena, struct batch); /* lives in its own arena */

	b->entries = arena_new_array(&arena, struct entry *, room);
	b->room = room;
	b->arena = arena;
	b->held = (struct map)MAP_INIT(&b->arena);
	return b;
}

static void batch_free(struct batch *b)
{
	struct arena arena;

	if (!b)
		return;
	if (b->call)
		call_cancel(&b->call);
	for (size_t i = 0; b->reads && i < b->read_count; i++)
		call_cancel(&b->reads[i]);
	arena = b->arena;
	arena_release(&arena);
}

/* ---- gather ---- */

/* What an entry holds while it is in our hands, as keys of batch.held: itself, its link, its record. Empty: none. */
struct holds {
	struct str keys[3];
};

static struct holds holds_of(const struct owed *owed, char (*numbers)[16])
{
	memcpy(numbers[0], "entry   ", 8);
	memcpy(numbers[0] + 8, &owed->id, 8);
	memcpy(numbers[1], "link    ", 8);
	memcpy(numbers[1] + 8, &owed->link_id, 8);
	return (struct holds) { { str_range(numbers[0], 16), owed->link_id ? str_range(numbers[1], 16) : STR_EMPTY,
		                  owed->record_id } };
}

static bool in_batch(const struct batch *b, const struct holds *holds)
{
	for (size_t i = 0; b && i < ARRAY_LEN(holds->keys); i++) {
		if (holds->keys[i].len && map_get(&b->held, holds->keys[i]))
			return true;
	}
	return false;
}

/* Is this entry, or another one of its link or record, in our hands already? */
static bool in_hand(const struct lane *lane, const struct owed *owed)
{
	char numbers[2][16];
	const struct holds holds = holds_of(owed, numbers);

	for (size_t i = 0; i < POOLS; i++) {
		if (in_batch(lane->pools[i], &holds))
			return true;
	}
	for (size_t i = 0; i < lane->open; i++) {
		if (in_batch(lane->calls[(lane->first + i) % WINDOW], &holds))
			return true;
	}
	return false;
}

static void hold(struct batch *b, const struct owed *owed, struct entry *entry)
{
	char(*numbers)[16] = arena_alloc_bytes(&b->arena, sizeof(*numbers) * 2);
	const struct holds holds = holds_of(owed, numbers);

	for (size_t i = 0; i < ARRAY_LEN(holds.keys); i++) {
		if (holds.keys[i].len)
			map_put(&b->held, holds.keys[i], entry);
	}
}

static bool pool_full(const struct lane *lane)
{
	for (size_t i = 0; i < POOLS; i++) {
		if (lane->pools[i] && lane->pools[i]->count >= lane->pools[i]->room)
			return true;
	}
	return false;
}

/* Deletions are no repeatable job, and neither are creates without a key. */
static size_t room_for(const struct lane *lane, enum write_op op)
{
	bool keyless = op == WRITE_CREATE && lane->place.side == SIDE_CRM && lane->place.plan->crm_id_field.len == 0;

	return op == WRITE_DELETE || keyless ? lane->usual_size : lane->bulk_size;
}

static void put(struct batch *b, const struct owed *owed)
{
	struct entry *entry = arena_new(&b->arena, struct entry);
	struct owed *copy = &entry->owed;

	*copy = *owed;
	copy->record_id = arena_str(&b->arena, owed->record_id);
	copy->key = arena_str(&b->arena, owed->key);
	copy->body = arena_str(&b->arena, owed->body);
	copy->base = arena_str(&b->arena, owed->base);
	copy->version = arena_str(&b->arena, owed->version);
	copy->sent = arena_str(&b->arena, owed->sent);
	hold(b, copy, entry);
	b->entries[b->count++] = entry;
}

static void put_in_pool(struct lane *lane, const struct owed *owed)
{
	struct batch **pool = &lane->pools[owed->op];

	if (!*pool)
		*pool = batch_new(room_for(lane, owed->op));
	put(*pool, owed);
}

/* No more is read than fits: what does not would be read once more. */
static size_t room_left(const struct lane *lane)
{
	size_t room = lane->bulk_size;

	for (size_t i = 0; i < POOLS; i++) {
		const struct batch *pool = lane->pools[i];

		if (pool)
			room = MIN_OF(room, MAX_OF(pool->room, pool->count) - pool->count);
	}
	return room;
}

struct gather {
	struct lane *lane;
	enum owed_priority priority;
	struct arena *arena;
	struct owed *found;
	size_t count;
};

static int select_due(struct db *db, void *context, struct err *err)
{
	struct gather *job = context;
	const struct owed_query query = {
		.sync_id = job->lane->place.plan->sync_id,
		.side = job->lane->place.side,
		.priority = job->priority,
		.now_ms = clock_wall_ms(),
		.after_id = job->lane->after_id[job->priority],
		.limit = room_left(job->lane),
	};

	return outbox_due(db, job->arena, &query, &job->found, &job->count, err);
}

/* *ret_more: rows came, so there may be more. */
static int gather_priority(struct lane *lane, enum owed_priority priority, bool *ret_more, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct gather job = { .lane = lane, .priority = priority, .arena = &arena };
	int code;

	*ret_more = false;
	if (!budget_lets(lane->place.plan, lane->place.side, deliver_http[priority]))
		return 0; /* what is kept for people is left to them */
	code = store_read(lane->place.engine->store, select_due, &job, err);
	if (code < 0)
		return code;
	for (size_t i = 0; i < job.count; i++) {
		const struct batch *pool = lane->pools[job.found[i].op];

		if (pool && pool->count >= pool->room)
			break;
		lane->after_id[priority] = job.found[i].id;
		if (in_hand(lane, &job.found[i]))
			lane->again_ms = now_ms();
		else
			put_in_pool(lane, &job.found[i]);
	}
	lane->backlog = lane->backlog || job.count >= lane->usual_size || pool_full(lane);
	*ret_more = job.count > 0;
	return 0;
}

static void gather_again_when_due(struct lane *lane)
{
	if (lane->again_ms == 0 || now_ms() < lane->again_ms)
		return;
	lane->again_ms = 0;
	for (size_t i = 0; i < PRIORITIES; i++)
		lane->after_id[i] = 0;
}

/* Asked now and then, and only while more is owed than a call takes. All that is owed is counted for it: the longer that takes, the more seldom it is asked. */
static int choose_size(struct lane *lane, struct err *err)
{
	enum { EACH_MS = 100, SHARE = 20 };
	int64_t began = now_ms();
	int code;

	if (!lane->backlog)
		lane->bulk_size = lane->usual_size;
	if (!lane->backlog || began < lane->size_ms)
		return 0;
	lane->backlog = false;
	code = bulk_size(&lane->place, lane->usual_size, &lane->bulk_size, err);
	lane->size_ms = now_ms() + MAX_OF((int64_t)EACH_MS, SHARE * (now_ms() - began));
	return code;
}

static int gather(struct lane *lane, struct err *err)
{
	enum owed_priority last = lane->with_low ? OWED_LOW : OWED_NORMAL;

	if (choose_size(lane, err) < 0)
		return err_pass(err);
	gather_again_when_due(lane);
	for (enum owed_priority p = OWED_PERSON; p <= last; p++) {
		bool more = true;

		while (more && !pool_full(lane)) {
			if (gather_priority(lane, p, &more, err) < 0)
				return err_pass(err);
		}
	}
	return 0;
}

/* ---- send ---- */

static void put_in_window(struct lane *lane, struct batch *b)
{
	lane->calls[(lane->first + lane->open) % WINDOW] = b;
	lane->open++;
}

static void send(struct lane *lane, enum write_op op)
{
	struct batch *b = lane->pools[op];

	b->bulk = b->count > lane->usual_size;
	fill_begin(&lane->place, b);
	if (!b->reads)
		fill_write(&lane->place, b);
	lane->pools[op] = NULL;
	put_in_window(lane, b);
}

static void send_ready(struct lane *lane, bool everything)
{
	for (enum write_op op = WRITE_CREATE; op <= WRITE_DELETE && lane->open < WINDOW; op++) {
		const struct batch *pool = lane->pools[op];

		if (!pool || (pool->count < pool->room && !everything))
			continue;
		send(lane, op);
	}
}

/* A job that we were the last to know of may still be at work, and would write over what is younger: it is stopped, and what it did is settled like any
 * other answer. */
static int take_up(struct lane *lane, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct bulk_left left;
	struct batch *b;

	if (bulk_left(&lane->place, &arena, &left, err) < 0)
		return err_wrap(err, "look for bulk jobs that were left");
	lane->jobs_left = left.job.len > 0;
	if (!lane->jobs_left)
		return 0;
	b = batch_new(left.count);
	b->bulk = b->left = true;
	b->job = arena_str(&b->arena, left.job);
	for (size_t i = 0; i < left.count; i++)
		put(b, &left.owed[i]);
	fill_write(&lane->place, b);
	put_in_window(lane, b);
	return 0;
}

/* While a job is left nothing else is sent; while calls are under way, its own may be among them. */
static int send_what_is_due(struct lane *lane, struct err *err)
{
	if (lane->jobs_left && lane->open == 0 && take_up(lane, err) < 0)
		return err_pass(err);
	if (lane->jobs_left)
		return 0;
	if (gather(lane, err) < 0)
		return err_pass(err);
	send_ready(lane, lane->open == 0 || atomic_load(&lane->place.lanes->flush));
	return 0;
}

/* ---- take ---- */

struct take {
	struct lane *lane;
	struct batch *batch;
	enum settled *settled; /* of each entry */
	int64_t *came_ms;      /* of its payload, when that was told live; else 0 */
	size_t by_outcome[SETTLED_KINDS];
};

static int settle_batch(struct db *db, void *context, struct err *err)
{
	struct take *job = context;
	const struct place *p = &job->lane->place;
	struct settle *all = arena_new_array(&job->batch->arena, struct settle, job->batch->count);
	int64_t moved = 0;

	for (size_t i = 0; i < SETTLED_KINDS; i++)
		job->by_outcome[i] = 0;
	for (size_t i = 0; i < job->batch->count; i++) {
		const struct entry *e = job->batch->entries[i];

		job->came_ms[i] = 0;
		all[i] = (struct settle) { .engine = p->engine,
			                   .plan = p->plan,
			                   .arena = &job->batch->arena,
			                   .owed = &e->owed,
			                   .result = &e->result,
			                   .adopted = e->adopted,
			                   .ret_came_ms = &job->came_ms[i] };
	}
	if (settle_ahead(db, all, job->batch->count, err) < 0)
		return err_wrap(err, "settle a batch");
	for (size_t i = 0; i < job->batch->count; i++) {
		const struct entry *e = job->batch->entries[i];

		if (settle_write(db, &all[i], &job->settled[i], err) < 0)
			return err_wrap(err, "settle outbox entry %lld", (long long)e->owed.id);
		job->by_outcome[job->settled[i]]++;
		moved += job->settled[i] == SETTLED_DELIVERED && e->owed.priority != OWED_LOW;
	}
	if (job->batch->job.len && bulk_forget(db, p, job->batch->job, err) < 0)
		return err_pass(err);
	return moved_count(db, p->plan->sync_id, p->side, moved, err);
}

/* After the commit, so that what is settled twice is counted once. */
static void meter_batch(const struct take *job, int64_t answered_ms)
{
	static const char *const names[] = {
		[SETTLED_DELIVERED] = "delivered",
		[SETTLED_LATER] = "later",
		[SETTLED_REFUSED] = "refused",
		[SETTLED_LOOK] = "read_again",
	};
	struct meter *meter = job->lane->place.engine->meter;
	struct str sync = job->lane->place.plan->name,
	           side = job->lane->place.side == SIDE_CRM ? STR("crm") : STR("emr");

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		meter_add(meter, METER_WRITES, sync, side, str_of(names[i]), job->by_outcome[i]);
	for (size_t i = 0; meter && i < job->batch->count; i++) {
		struct str code = job->batch->entries[i]->result.code;

		if (job->came_ms[i] && job->settled[i] == SETTLED_DELIVERED)
			meter_time(meter, METER_WRITE_TIME, (answered_ms - job->came_ms[i]) * 1000);
		if (job->settled[i] == SETTLED_REFUSED)
			meter_add(meter, METER_ERRORS, sync, code.len ? code : STR("refused"), STR_EMPTY, 1);
	}
}

/* What was noted as about to be sent was not carried out. What was not in the call, as it was found to be there already, stays noted: it would be created
 * twice. */
static int unsend_batch(struct db *db, void *context, struct err *err)
{
	const struct batch *b = ((struct take *)context)->batch;

	for (size_t i = 0; i < b->sent_count; i++) {
		const struct owed *owed = &b->sent[i]->owed;

		if (owed->sent.len && outbox_sent(db, owed->id, STR_EMPTY, owed->due_ms, err) < 0)
			return err_pass(err);
	}
	return 0;
}

/* Nothing was let out as our time of the lease is over, but nobody has taken it: on a busy machine its renewal waits its turn. If it was taken, the next commit says so. */
static bool is_late(const struct lane *lane, const struct err *why)
{
	struct err ignored = ERR_INIT;

	return why->code == ERR_LEASE && !lease_is_lost(lane->place.plan, &ignored);
}

/* Nothing can be said of any entry, and sending them again is harmless: they stay as they are, and the lane pauses. A far side that is down is no
 * attempt of an entry. After several such calls in a row the lane gives up and says why. */
static int whole_failure(struct lane *lane, struct err *why, struct err *err)
{
	bool counts = !is_late(lane, why);

	if (err_class_of(why->code) != ERR_CLASS_RETRY || (counts && ++lane->whole_failures >= WHOLE_FAILURES_MAX)) {
		*err = *why;
		return err_wrap(err, "write to %.*s",
		                STR_ARG(lane->place.side == SIDE_CRM ? lane->place.plan->crm_name
		                                                     : lane->place.plan->emr_name));
	}
	lane->pause_ms = now_ms() + ((int64_t)WHOLE_PAUSE_MS << lane->whole_failures);
	lane->again_ms = now_ms();
	return 0;
}

/* Waits for the answer. False: nothing can be said of any entry. */
static bool finish(const struct place *p, struct batch *b)
{
	struct write_result *results = arena_new_array(&b->arena, struct write_result, b->sent_count);

	if (b->call && (b->bulk ? p->conn->kind->bulk_finish : p->conn->kind->write_finish)(&b->call, &b->arena,
	                                                                                    results, &b->failed) < 0)
		return false;
	for (size_t i = 0; i < b->sent_count; i++)
		b->sent[i]->result = results[i];
	if (b->failed.code)
		return false;
	sure_gone(p, b);
	return true;
}

static int take(struct lane *lane, struct err *err)
{
	struct batch *b = lane->calls[lane->first];
	struct take job = { .lane = lane,
		            .batch = b,
		            .settled = arena_new_array(&b->arena, enum settled, b->count),
		            .came_ms = arena_new_array(&b->arena, int64_t, b->count) };
	bool answered = finish(&lane->place, b);
	int64_t answered_ms = clock_wall_ms();
	int code = 0;

	if (answered)
		lane->whole_failures = 0;
	else
		code = whole_failure(lane, &b->failed, err);
	lane->jobs_left = lane->jobs_left || b->job.len > 0;
	lane->first = (lane->first + 1) % WINDOW;
	lane->open--;
	if (code >= 0)
		code = lease_write(lane->place.engine, lane->place.plan, RELAXED,
		                   answered ? settle_batch : unsend_batch, &job, err);
	if (code >= 0 && answered)
		meter_batch(&job, answered_ms);
	batch_free(b);
	if (code < 0)
		return code;
	if (job.by_outcome[SETTLED_LATER])
		lane->again_ms = now_ms() + AGAIN_MS;
	atomic_fetch_add(&lane->place.lanes->delivered, (int64_t)job.by_outcome[SETTLED_DELIVERED]);
	atomic_fetch_add(&lane->place.lanes->refused, (int64_t)job.by_outcome[SETTLED_REFUSED]);
	lanes_ring(lane->place.lanes); /* the other side may owe something now */
	return 0;
}

/*
 * While the oldest batch is being written its answer is waited for, and the records of younger ones come meanwhile; if it waits for its records itself, so do
 * all of the window that need any, and then all of them are written at once. No wait is ever for a read while answers to older calls are there: each such
 * wait would be a whole round trip in which nothing else begins.
 */
static int read_or_take(struct lane *lane, struct err *err)
{
	if (!lane->calls[lane->first]->reads)
		return take(lane, err);
	for (size_t i = 0; i < lane->open; i++) {
		struct batch *b = lane->calls[(lane->first + i) % WINDOW];

		if (!b->reads)
			continue;
		fill_read(&lane->place, b);
		fill_write(&lane->place, b);
	}
	return 0;
}

/* ---- the lane ---- */

static bool pools_empty(const struct lane *lane)
{
	for (size_t i = 0; i < POOLS; i++) {
		if (lane->pools[i] && lane->pools[i]->count)
			return false;
	}
	return true;
}

/* An answer can wait a little while there may be more to send: what is under way at once decides how fast a far system is written to. */
static bool should_take(struct lane *lane, unsigned rings, bool stopping)
{
	int64_t left = lane->patience_ms - now_ms();

	if (lane->open == 0)
		return false;
	if (lane->open == WINDOW || stopping || left <= 0 || atomic_load(&lane->place.lanes->quiet))
		return true;
	return !lanes_wait(lane->place.lanes, lane_of(lane), rings, left);
}

/* Postponed entries are looked for again when they are due; so is whatever another process owes. */
static void idle(struct lane *lane, unsigned rings)
{
	if (lane->again_ms == 0)
		lane->again_ms = now_ms() + AGAIN_MS;
	lanes_wait(lane->place.lanes, lane_of(lane), rings, IDLE_MS);
}

static bool pausing(const struct lane *lane)
{
	return now_ms() < lane->pause_ms;
}

/* One turn. *ret_done: it must stop and nothing is under way. */
static int turn(struct lane *lane, bool *ret_done, struct err *err)
{
	bool stopping = lanes_stopping(lane->place.engine, lane->place.lanes);
	unsigned rings = lanes_rings(lane->place.lanes, lane_of(lane));
	size_t open = lane->open;

	if (!stopping && !pausing(lane) && send_what_is_due(lane, err) < 0)
		return err_pass(err);
	if (lane->open > open)
		lane->patience_ms = now_ms() + PATIENCE_MS;
	if (lane->open > open && lane->open < WINDOW)
		return 0; /* there was something to send: look for more */
	if (should_take(lane, rings, stopping))
		return read_or_take(lane, err);
	*ret_done = stopping && lane->open == 0;
	if (!stopping && lane->open == 0 && (pools_empty(lane) || pausing(lane)))
		idle(lane, pausing(lane) ? lanes_rings(lane->place.lanes, lane_of(lane)) : rings);
	return 0;
}

void deliver_lane(struct engine *engine, const struct plan *plan, enum side side, bool with_low, struct lanes *lanes)
{
	struct lane lane = { .place = { engine, plan, plan->conn[side], side, lanes }, .with_low = with_low };
	struct err err = ERR_INIT;
	bool done = false;

	lane.usual_size = MAX_OF((size_t)1, MIN_OF(lane.place.conn->traits.write_batch, (size_t)BATCH_MAX));
	lane.bulk_size = lane.usual_size;
	lane.jobs_left = lane.place.conn->kind->bulk_start != NULL;
	while (!done) {
		if (turn(&lane, &done, &err) < 0) {
			lanes_fail(lanes, &err);
			break;
		}
	}
	for (size_t i = 0; i < POOLS; i++)
		batch_free(lane.pools[i]);
	for (size_t i = 0; i < lane.open; i++)
		batch_free(lane.calls[(lane.first + i) % WINDOW]);
}

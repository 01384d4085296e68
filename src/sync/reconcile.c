/*
 * reconcile: chunk after chunk of waiting payloads.
 *
 *	load     one reader's view: payloads, whose they are (resolve), what the link knows (reconcile_load.c)
 *	fetch    the counterparts that are needed, as they are now; started, not waited for
 *	weigh    three-way merge per pair, writes composed (reconcile_weigh.c)
 *	commit   one transaction (reconcile_commit.c), while the next chunk is weighed
 *
 * Up to WINDOW chunks stand between fetch and weigh, oldest first.
 */
#include "sync/reconcile_parts.h"

#include <string.h>

#include "lib/clock.h"
#include "sync/budget.h"
#include "sync/drift.h"

struct reconciler *reconciler_new(struct engine *engine, const struct plan *plan)
{
	struct arena arena = ARENA_INIT;
	struct reconciler *r = arena_new(&arena, struct reconciler); /* lives in its own arena, as long as its lane */

	r->arena = arena;
	r->deferred = (struct map)MAP_INIT(&r->pass);
	r->engine = engine;
	r->plan = plan;
	return r;
}

static void cancel_fetches(struct chunk *chunk)
{
	for (size_t side = 0; side < ARRAY_LEN(chunk->fetch); side++) {
		struct fetch *f = &chunk->fetch[side];

		for (size_t i = 0; i < f->call_count; i++) {
			if (f->calls[i])
				call_cancel(&f->calls[i]);
		}
	}
}

void reconciler_free(struct reconciler **pr)
{
	struct reconciler *r = *pr;
	struct arena arena;
	struct err ignored = ERR_INIT;

	*pr = NULL;
	if (!r)
		return;
	if (r->commit.pending && store_write_wait(&r->commit.pending, &ignored) < 0)
		ignored.code = ERR_OK; /* who gives up has another reason */
	for (size_t i = 0; i < r->open; i++)
		cancel_fetches(&r->chunks[(r->first + i) % WINDOW]);
	for (size_t i = 0; i < WINDOW; i++)
		arena_release(&r->chunks[i].arena);
	catchup_release(&r->catchup[SIDE_EMR]);
	catchup_release(&r->catchup[SIDE_CRM]);
	arena_release(&r->pass);
	arena_release(&r->scratch);
	arena = r->arena;
	arena_release(&arena);
}

/* ---- fetch ---- */

static void start_fetch_of(struct reconciler *r, struct chunk *chunk, enum side side)
{
	const struct plan *plan = r->plan;
	struct connection *c = plan->conn[side];
	struct fetch *f = &chunk->fetch[side];
	struct str *ids = arena_new_array(&chunk->arena, struct str, chunk->count);
	size_t most = MAX_OF((size_t)1, MIN_OF(c->traits.fetch_batch, (size_t)RECONCILE_CHUNK)), count = 0;

	*f = (struct fetch) { .asked_ms = clock_wall_ms(), .ids = ids };
	for (size_t i = 0; i < chunk->count; i++) {
		const struct item *item = &chunk->items[i];

		if (item->fetch && side_other(item->staged->side) == side)
			ids[count++] = item->resolved.id[side];
	}
	f->calls = arena_new_array(&chunk->arena, struct call *, count / most + 1);
	f->counts = arena_new_array(&chunk->arena, size_t, count / most + 1);
	for (size_t at = 0; at < count; at += most) {
		const struct fetch_request request = {
			.object = plan->object[side],
			.ids = ids + at,
			.id_count = MIN_OF(most, count - at),
			.fields = side == SIDE_CRM ? drift_state(plan)->crm_fields : NULL,
			.field_count = side == SIDE_CRM ? drift_state(plan)->crm_field_count : 0,
			.priority = HTTP_NORMAL,
		};

		f->counts[f->call_count] = request.id_count;
		f->calls[f->call_count++] = c->kind->fetch_start(c, &request);
	}
}

/* Would this chunk create counterparts on that side for live changes? A batch has read that side a moment ago. */
static bool creates_on(const struct chunk *chunk, enum side side)
{
	for (size_t i = 0; i < chunk->count; i++) {
		const struct item *item = &chunk->items[i];

		if (item->resolved.kind == RESOLVED_CREATE && !item->settled && item->staged->door != DOOR_BATCH &&
		    side_other(item->staged->side) == side)
			return true;
	}
	return false;
}

/* Whoever is new here is looked for once more among those who came there meanwhile; then the chunk is judged anew. */
static int judge_anew(struct reconciler *r, struct chunk *chunk, enum staged_priority priority, int64_t *ret_last,
                      struct err *err)
{
	bool read = false;

	for (enum side side = SIDE_EMR; side <= SIDE_CRM && !r->plan->blind; side++) {
		if (!creates_on(chunk, side))
			continue;
		if (catchup_read(r->engine, r->plan, side, &r->catchup[side], err) < 0)
			return err_pass(err);
		read = true;
	}
	return read ? chunk_load(r, chunk, priority, ret_last, err) : 0;
}

/* Opens one more chunk of that priority. *ret_opened is false when nothing (more) waits. */
static int open_chunk_of(struct reconciler *r, enum staged_priority priority, bool *ret_opened, struct err *err)
{
	struct chunk *chunk = &r->chunks[(r->first + r->open) % WINDOW];
	int64_t last;

	if (chunk_load(r, chunk, priority, &last, err) < 0 || judge_anew(r, chunk, priority, &last, err) < 0)
		return err_pass(err);
	*ret_opened = chunk->count > 0;
	if (!*ret_opened)
		return 0;
	r->after_id[priority] = last;
	chunk_keep_deferred(r, chunk);
	start_fetch_of(r, chunk, SIDE_EMR);
	start_fetch_of(r, chunk, SIDE_CRM);
	r->open++;
	return 0;
}

struct waiting_job {
	struct reconciler *r;
	enum staged_priority priority;
	bool waits;
};

static int ask_waiting(struct db *db, void *context, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct waiting_job *job = context;
	struct staged *first;
	size_t count;

	if (stage_waiting(db, &arena, job->r->plan->sync_id, job->priority, 0, 1, &first, &count, err) < 0)
		return err_pass(err);
	job->waits = count > 0;
	return 0;
}

/* Calls are short: what waits of this priority stays where it is (the far sides' counterparts would have to be read). */
static int hold_short(struct reconciler *r, enum staged_priority priority, bool *ret_short, struct err *err)
{
	enum http_priority calls = priority == STAGED_PERSON ? HTTP_URGENT : HTTP_NORMAL;
	struct waiting_job job = { .r = r, .priority = priority };

	*ret_short = !budget_lets(r->plan, SIDE_EMR, calls) || !budget_lets(r->plan, SIDE_CRM, calls);
	if (*ret_short && store_read(r->engine->store, ask_waiting, &job, err) < 0)
		return err_pass(err);
	r->holding = r->holding || job.waits;
	return 0;
}

static int open_chunk(struct reconciler *r, bool *ret_opened, struct err *err)
{
	bool is_short;

	*ret_opened = false;
	for (enum staged_priority p = STAGED_PERSON; p < STAGED_PRIORITIES && !*ret_opened; p++) {
		if (hold_short(r, p, &is_short, err) < 0)
			return err_pass(err);
		if (!is_short && open_chunk_of(r, p, ret_opened, err) < 0)
			return err_pass(err);
	}
	return 0;
}

/* ---- step by step ---- */

bool reconcile_held_back(const struct reconciler *r)
{
	return r->held_back;
}

/* Waits for the commit under way and gives its chunk's place free. */
static int finish_commit(struct reconciler *r, size_t *ret_decided, struct err *err)
{
	struct chunk *chunk = r->commit.chunk;

	if (!r->commit.pending)
		return 0;
	if (store_write_wait(&r->commit.pending, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < chunk->count; i++)
		*ret_decided += !chunk->items[i].deferred;
	arena_reset(&chunk->arena);
	r->first = (r->first + 1) % WINDOW;
	r->open--;
	return 0;
}

/* What was deferred is looked at again in the next pass. */
static void end_pass(struct reconciler *r)
{
	r->held_back = r->holding;
	r->holding = false;
	r->pass_ms = clock_mono_ns() / 1000000;
	memset(r->after_id, 0, sizeof(r->after_id));
	arena_reset(&r->pass);
	r->deferred = (struct map)MAP_INIT(&r->pass);
}

/* Under steady load a pass would never end, and what was deferred never be looked at again. */
static bool pass_is_long(const struct reconciler *r)
{
	enum { LONG_MS = 500 };

	return r->holding && clock_mono_ns() / 1000000 - r->pass_ms > LONG_MS;
}

/* In a burst: far calls are under way for all that waited a moment ago, and what came since gathers for the next one, instead of making a small call of its
 * own. A few events at a time wait for nobody. */
static bool is_ahead(const struct reconciler *r)
{
	enum { ENOUGH = 2, FEW = 4 };
	const struct chunk *last = &r->chunks[(r->first + r->open + WINDOW - 1) % WINDOW];

	return r->open >= ENOUGH && last->count > FEW && last->count < RECONCILE_CHUNK / 2;
}

/* While one chunk is being committed the next is weighed. */
int reconcile_step(struct reconciler *r, size_t *ret_decided, bool *ret_idle, struct err *err)
{
	bool opened = true;
	size_t under_way;
	int code = 0;

	*ret_decided = 0;
	*ret_idle = false;
	while (r->open < WINDOW && !is_ahead(r) && opened && !pass_is_long(r) &&
	       (code = open_chunk(r, &opened, err)) == 0)
		;
	if (code < 0)
		return code;
	if (r->open == 0) {
		end_pass(r);
		*ret_idle = true;
		return 0;
	}
	under_way = r->commit.pending ? 1 : 0;
	if (r->open > under_way) {
		struct chunk *chunk = &r->chunks[(r->first + under_way) % WINDOW];

		if (weigh_chunk(r, chunk, err) < 0 || finish_commit(r, ret_decided, err) < 0)
			return err_pass(err);
		r->commit.r = r;
		r->commit.chunk = chunk;
		r->commit.pending = store_write_start(r->engine->store, RELAXED, reconcile_commit, &r->commit);
		return 0;
	}
	return finish_commit(r, ret_decided, err);
}

/*
 * look: one round, priority by priority, a hand full of hints at a time.
 *
 *	gather   what is to be read; one reading a record; pairs that are owed a write are left out
 *	ask      calls of the connection's batch size, all of them under way at once
 *	take     what came is staged in place of what asked for it (capture_looked); other hints of the same record are superseded
 */
#include "sync/look.h"

#include "lib/clock.h"
#include "sync/capture.h"
#include "sync/fetch_apart.h"
#include "sync/last_known.h"
#include "sync/link.h"
#include "sync/outbox.h"
#include "sync/drift.h"
#include "sync/budget.h"
#include "sync/lease.h"

enum { GATHER = 400, SIDES = 2, FILTERED = 200 };

struct hand {
	struct engine *engine;
	const struct plan *plan;
	struct arena *arena;
	enum staged_priority priority;
	int64_t after_id;
	struct staged *rows;
	size_t count;
	const struct staged **ask[SIDES]; /* one for each record to be read, by side */
	size_t ask_count[SIDES];
	const struct staged **repeats; /* and those that another one of the hand answers */
	size_t repeat_count;
	size_t left;
	bool may[SIDES]; /* calls of that side are left to this priority */
};

struct look_call {
	struct call *call;
	struct call *members; /* which of them meet the sync's filter; NULL: it has none */
	const struct str *ids;
	enum side side;
	const struct staged *const *asked;
	size_t count;
	int64_t asked_ms;
};

/* ---- gather ---- */

/* The pair is in motion: what is read now might be from before our own write. */
static int in_motion(struct db *db, const struct hand *h, const struct staged *s, bool *ret, struct err *err)
{
	struct link link;
	bool found;

	*ret = false;
	if (link_by(db, h->arena, s->sync_id, s->side, s->record_id, &link, &found, err) < 0)
		return err_wrap(err, "look a link up");
	if (!found)
		return 0;
	if (outbox_owes(db, link.id, ret, err) < 0)
		return err_wrap(err, "look a link up");
	*ret = *ret || link.state == LINK_MAKING;
	return 0;
}

static void take_in_hand(struct hand *h, struct map *seen, const struct staged *s)
{
	struct str key = arena_printf(h->arena, "%d%.*s", (int)s->side, STR_ARG(s->record_id));

	if (map_get(seen, key) && s->wish == WISH_NONE && s->run_id == 0) {
		h->repeats[h->repeat_count++] = s;
		return;
	}
	map_put(seen, key, h);
	h->ask[s->side][h->ask_count[s->side]++] = s;
}

static int gather(struct db *db, void *context, struct err *err)
{
	struct hand *h = context;
	struct map seen = MAP_INIT(h->arena);

	if (stage_to_read(db, h->arena, h->plan->sync_id, h->priority, h->after_id, GATHER, &h->rows, &h->count, err) <
	    0)
		return err_wrap(err, "read what is to be looked at");
	h->repeats = arena_new_array(h->arena, const struct staged *, h->count);
	for (size_t side = 0; side < SIDES; side++)
		h->ask[side] = arena_new_array(h->arena, const struct staged *, h->count);
	for (size_t i = 0; i < h->count; i++) {
		bool moves;

		if (in_motion(db, h, &h->rows[i], &moves, err) < 0)
			return err_pass(err);
		moves = moves || !h->may[h->rows[i].side];
		h->left += moves;
		if (!moves)
			take_in_hand(h, &seen, &h->rows[i]);
	}
	return 0;
}

/* ---- ask ---- */

static bool filtered(const struct plan *plan, enum side side)
{
	return side == SIDE_CRM && plan->crm_where.len > 0;
}

/* A fetch by ids knows nothing of the sync's filter: a second question says who meets it. */
static struct call *ask_members(const struct hand *h, const struct fetch_request *asked)
{
	struct connection *c = h->plan->conn[SIDE_CRM];
	const struct list_request request = { .object = asked->object,
		                              .where = h->plan->crm_where,
		                              .ids = asked->ids,
		                              .id_count = asked->id_count,
		                              .live_only = true,
		                              .priority = asked->priority };

	return c->kind->list_start(c, &request);
}

static struct look_call ask(const struct hand *h, enum side side, size_t from, size_t most)
{
	struct connection *c = h->plan->conn[side];
	size_t count = MIN_OF(most, h->ask_count[side] - from);
	struct str *ids = arena_new_array(h->arena, struct str, count);
	struct fetch_request request = {
		.object = h->plan->object[side],
		.ids = ids,
		.id_count = count,
		.fields = side == SIDE_CRM ? drift_state(h->plan)->crm_fields : NULL,
		.field_count = side == SIDE_CRM ? drift_state(h->plan)->crm_field_count : 0,
		.priority = h->priority == STAGED_PERSON ? HTTP_URGENT : HTTP_NORMAL,
	};
	struct look_call call = { .side = side, .count = count, .asked_ms = clock_wall_ms() };

	for (size_t i = 0; i < count; i++)
		ids[i] = h->ask[side][from + i]->record_id;
	call.ids = ids;
	call.asked = h->ask[side] + from;
	call.call = c->kind->fetch_start(c, &request);
	if (filtered(h->plan, side))
		call.members = ask_members(h, &request);
	return call;
}

/* ---- take ---- */

static int mark_outside(const struct hand *h, struct look_call *call, struct arena *arena, struct page *page,
                        struct err *err)
{
	struct connection *c = h->plan->conn[call->side];
	struct map inside = MAP_INIT(arena);
	struct page members;

	if (!call->members)
		return 0;
	if (c->kind->list_finish(&call->members, arena, &members, err) < 0)
		return err_wrap(err, "ask which records meet the filter");
	for (size_t i = 0; i < members.count; i++)
		map_put(&inside, members.records[i].id, page);
	for (size_t i = 0; i < page->count; i++)
		page->records[i].outside = !map_get(&inside, page->records[i].id);
	return 0;
}

/* What cannot be read by itself and was missing from a complete reading, or is told to be removed, is gone. */
static int read_otherwise(const struct hand *h, const struct look_call *call, struct arena *arena,
                          const struct err *why, struct page *ret, struct err *err)
{
	if (why->code != ERR_UNSUPPORTED)
		return fetch_apart(h->plan, call->side, call->ids, call->count, arena, why, ret, err);
	if (last_known(h->engine, h->plan, call->side, call->ids, call->count, arena, why, ret, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < call->count; i++) {
		if (capture_was_missing(call->asked[i]) || call->asked[i]->kind == STAGED_REMOVED)
			ret->records[i] = (struct record) { .id = call->ids[i], .fault = "not there" };
	}
	return 0;
}

/* As many as a list takes by their ids. */
static int ask_for_some(const struct hand *h, struct arena *arena, const struct str *ids, size_t count,
                        struct map *known, struct err *err)
{
	struct connection *c = h->plan->conn[SIDE_CRM];
	const struct list_request request = { .object = h->plan->object[SIDE_CRM],
		                              .ids = ids,
		                              .id_count = count,
		                              .fields = drift_state(h->plan)->crm_fields,
		                              .field_count = drift_state(h->plan)->crm_field_count,
		                              .page_size = FILTERED,
		                              .priority = HTTP_NORMAL };
	struct call *asked = c->kind->list_start(c, &request);
	struct err failed = ERR_INIT;
	struct page gone;

	if (c->kind->list_finish(&asked, arena, &gone, &failed) < 0)
		return failed.code == ERR_UNSUPPORTED ? 0 : err_set(err, failed.code, "%s", failed.text);
	for (size_t i = 0; i < gone.count; i++)
		map_put(known, gone.records[i].id, &gone.records[i]);
	return 0;
}

/* Of who is not there any more a list may still know what became of him: deleted, or merged into another (R32). */
static int ask_for_gone(const struct hand *h, const struct look_call *call, struct arena *arena, struct page *page,
                        struct err *err)
{
	struct str *ids = arena_new_array(arena, struct str, call->count);
	struct map known = MAP_INIT(arena);
	size_t count = 0;

	for (size_t i = 0; i < page->count && call->side == SIDE_CRM; i++) {
		if (str_eq(str_of(page->records[i].fault), STR("not there")))
			ids[count++] = call->ids[i];
	}
	for (size_t at = 0; at < count; at += FILTERED) {
		if (ask_for_some(h, arena, ids + at, MIN_OF(count - at, (size_t)FILTERED), &known, err) < 0)
			return err_pass(err);
	}
	for (size_t i = 0; i < page->count && count; i++) {
		const struct record *found = map_get(&known, call->ids[i]);

		if (found && page->records[i].fault)
			page->records[i] = *found;
	}
	return 0;
}

static int take(const struct hand *h, struct look_call *call, size_t *ret_looked, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct connection *c = h->plan->conn[call->side];
	struct captured done;
	struct err why = ERR_INIT;
	struct page page;

	if (c->kind->fetch_finish(&call->call, &arena, &page, &why) < 0 &&
	    read_otherwise(h, call, &arena, &why, &page, err) < 0)
		return err_wrap(err, "read %zu records of %.*s", call->count,
		                STR_ARG(call->side == SIDE_CRM ? h->plan->crm_name : h->plan->emr_name));
	ensure(page.count == call->count);
	if (ask_for_gone(h, call, &arena, &page, err) < 0)
		return err_pass(err);
	if (mark_outside(h, call, &arena, &page, err) < 0)
		return err_pass(err);
	if (capture_looked(h->engine, h->plan, &arena, &page, call->asked, call->asked_ms, &done, err) < 0)
		return err_pass(err);
	*ret_looked += call->count;
	return 0;
}

static int drop_repeats(struct db *db, void *context, struct err *err)
{
	const struct hand *h = context;

	for (size_t i = 0; i < h->repeat_count; i++) {
		if (stage_supersede(db, h->repeats[i]->id, "read once, together with another one of the record (R4)",
		                    err) < 0)
			return err_pass(err);
	}
	return 0;
}

static int ask_and_take(struct hand *h, size_t *ret_looked, struct err *err)
{
	struct look_call *calls = arena_new_array(h->arena, struct look_call, h->count);
	size_t count = 0;
	int code = 0;

	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		size_t batch = h->plan->conn[side]->traits.fetch_batch;
		size_t most = MAX_OF((size_t)1, filtered(h->plan, side) ? MIN_OF(batch, (size_t)FILTERED) : batch);

		for (size_t at = 0; at < h->ask_count[side]; at += most)
			calls[count++] = ask(h, side, at, most);
	}
	for (size_t i = 0; i < count; i++) {
		if (code < 0) {
			call_cancel(&calls[i].call);
			call_cancel(&calls[i].members);
		} else {
			code = take(h, &calls[i], ret_looked, err);
			call_cancel(&calls[i].members); /* only left after a failure */
		}
	}
	if (code < 0 || h->repeat_count == 0)
		return code;
	*ret_looked += h->repeat_count;
	return lease_write(h->engine, h->plan, RELAXED, drop_repeats, h, err);
}

int look_round(struct engine *engine, const struct plan *plan, size_t *ret_looked, bool *ret_left, struct err *err)
{
	*ret_looked = 0;
	*ret_left = false;
	for (enum staged_priority p = STAGED_PERSON; p < STAGED_PRIORITIES; p++) {
		int64_t after_id = 0;
		size_t count = 1;

		while (count > 0) {
			SCOPED(arena) struct arena arena = ARENA_INIT;
			struct hand hand = { engine, plan, &arena, p, after_id, .count = 0 };
			enum http_priority priority = p == STAGED_PERSON ? HTTP_URGENT : HTTP_NORMAL;

			for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++)
				hand.may[side] = budget_lets(plan, side, priority);

			if (store_read(engine->store, gather, &hand, err) < 0 ||
			    ask_and_take(&hand, ret_looked, err) < 0)
				return err_pass(err);
			*ret_left = *ret_left || hand.left > 0;
			count = hand.count;
			after_id = count ? hand.rows[count - 1].id : 0;
		}
	}
	return 0;
}

#include "sync/catchup.h"

#include "sync/capture.h"
#include "sync/cursor.h"
#include "sync/identity.h"
#include "sync/drift.h"

struct place {
	int64_t sync_id;
	enum side side;
	struct arena *arena;
	struct cursor feed;
	int64_t since_ms;
};

static int read_place(struct db *db, void *context, struct err *err)
{
	struct place *p = context;
	const struct cursor_place place = { p->sync_id, p->side, STR("changes") };

	if (cursor_get(db, p->arena, &place, &p->feed, err) < 0)
		return err_pass(err);
	return identity_completed(db, p->sync_id, p->side, &p->since_ms, err);
}

void catchup_release(struct catchup *catchup)
{
	arena_release(&catchup->arena);
	*catchup = (struct catchup) { 0 };
}

static int page_of(struct engine *engine, const struct plan *plan, enum side side, struct changes_request *request,
                   struct arena *keep, bool *ret_last, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct connection *c = plan->conn[side];
	struct call *call = c->kind->changes_start(c, request);
	struct page page;

	if (c->kind->changes_finish(&call, &arena, &page, err) < 0)
		return err_wrap(err, "ask who is new at %.*s",
		                STR_ARG(side == SIDE_CRM ? plan->crm_name : plan->emr_name));
	if (capture_identities(engine, plan, &arena, side, &page, 0, err) < 0)
		return err_pass(err);
	request->cursor = arena_str(keep, page.next_cursor);
	*ret_last = page.last;
	return 0;
}

static int walk(struct engine *engine, const struct plan *plan, enum side side, struct changes_request *request,
                struct arena *keep, struct err *err)
{
	bool last = false;

	while (!last) {
		if (atomic_load(&engine->stop))
			return err_set(err, ERR_ABORTED, "stopped while it was asked who is new");
		if (page_of(engine, plan, side, request, keep, &last, err) < 0)
			return err_pass(err);
		request->overlap_ms = 0;
	}
	return 0;
}

int catchup_read(struct engine *engine, const struct plan *plan, enum side side, struct catchup *catchup,
                 struct err *err)
{
	SCOPED(arena) struct arena walked = ARENA_INIT;
	struct place place = { .sync_id = plan->sync_id, .side = side, .arena = &walked };
	struct changes_request request = { .object = plan->object[side],
		                           .cursor = catchup->cursor,
		                           .overlap_ms = plan->delta_overlap_ms,
		                           .priority = HTTP_URGENT };
	int code;

	if (!plan->conn[side]->kind->changes_start)
		return 0;
	if (!catchup->began) {
		if (store_read(engine->store, read_place, &place, err) < 0)
			return err_pass(err);
		request.cursor = place.feed.text;
		request.since_ms = place.since_ms;
	}
	if (side == SIDE_CRM) {
		request.fields = drift_state(plan)->crm_fields;
		request.field_count = drift_state(plan)->crm_field_count;
		request.where = plan->crm_where;
	}
	code = walk(engine, plan, side, &request, &walked, err);
	if (code == ERR_GONE || code == ERR_UNSUPPORTED) {
		*err = (struct err)ERR_INIT;
		catchup_release(catchup);
		return 0;
	}
	if (code < 0)
		return code;
	arena_reset(&catchup->arena);
	catchup->cursor = arena_str(&catchup->arena, request.cursor);
	catchup->began = true;
	return 0;
}

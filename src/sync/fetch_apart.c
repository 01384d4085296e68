#include "sync/fetch_apart.h"

#include "lib/clock.h"
#include "sync/drift.h"

static struct fetch_request one(const struct plan *plan, enum side side, const struct str *id)
{
	return (struct fetch_request) {
		.object = plan->object[side],
		.ids = id,
		.id_count = 1,
		.fields = side == SIDE_CRM ? drift_state(plan)->crm_fields : NULL,
		.field_count = side == SIDE_CRM ? drift_state(plan)->crm_field_count : 0,
		.priority = HTTP_NORMAL,
	};
}

static bool answers(const struct plan *plan, enum side side)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct connection *c = plan->conn[side];
	const struct list_request request = { .object = plan->object[side], .page_size = 1, .live_only = true };
	struct call *call = c->kind->list_start(c, &request);
	struct err ignored = ERR_INIT;
	struct page page;

	return c->kind->list_finish(&call, &arena, &page, &ignored) >= 0;
}

/* Tried a few times: a system that stumbles now and then does not choke on this record. */
static struct record read_alone(const struct plan *plan, enum side side, const struct str *id, struct arena *arena)
{
	enum { TRIES = 4, PAUSE_MS = 100 };
	struct connection *c = plan->conn[side];
	const struct fetch_request request = one(plan, side, id);
	struct err alone = ERR_INIT;

	for (int n = 0; n < TRIES; n++) {
		struct call *call = c->kind->fetch_start(c, &request);
		struct page page;

		alone = (struct err)ERR_INIT;
		if (c->kind->fetch_finish(&call, arena, &page, &alone) >= 0)
			return page.records[0];
		clock_sleep_ms(PAUSE_MS << n);
	}
	return (struct record) { .id = *id, .fault = arena_text(arena, str_of(alone.text)) };
}

int fetch_apart(const struct plan *plan, enum side side, const struct str *ids, size_t count, struct arena *arena,
                const struct err *why, struct page *ret, struct err *err)
{
	if (err_class_of(why->code) != ERR_CLASS_RETRY || !answers(plan, side)) {
		*err = *why;
		return err_pass(err);
	}
	*ret = (struct page) { .records = arena_new_array(arena, struct record, count), .count = count, .last = true };
	for (size_t i = 0; i < count; i++)
		ret->records[i] = read_alone(plan, side, &ids[i], arena);
	return 0;
}

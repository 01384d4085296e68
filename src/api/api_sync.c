/* syncs: the object syncs of this Suture and how they are. */
#include "api/api_internal.h"

#include "sync/catalog.h"

static const struct api_member sync_members[] = {
	API_MEMBER(struct sync_row, name, API_TEXT),
	API_MEMBER(struct sync_row, emr_connection, API_TEXT),
	API_MEMBER(struct sync_row, crm_connection, API_TEXT),
	API_MEMBER(struct sync_row, emr_object, API_TEXT),
	API_MEMBER(struct sync_row, crm_object, API_TEXT),
	API_MEMBER(struct sync_row, version, API_INT),
	{ 0 },
};

static const struct api_member state_members[] = {
	API_MEMBER(struct live_sync, ready, API_BOOL),
	API_MEMBER(struct live_sync, paused, API_BOOL),
	API_MEMBER(struct live_sync, trouble, API_TEXT),
	API_NAMED("since", struct live_sync, since_ms, API_TIME),
	API_MEMBER(struct live_sync, streams, API_BOOL),
	API_MEMBER(struct live_sync, run, API_TEXT),
	API_MEMBER(struct live_sync, waiting, API_INT),
	API_MEMBER(struct live_sync, to_read, API_INT),
	API_MEMBER(struct live_sync, owed, API_INT),
	API_MEMBER(struct live_sync, owed_low, API_INT),
	API_NAMED("oldest", struct live_sync, oldest_ms, API_TIME),
	API_MEMBER(struct live_sync, decided, API_INT),
	API_MEMBER(struct live_sync, holder, API_TEXT),
	API_NAMED("held_since", struct live_sync, held_ms, API_TIME),
	API_MEMBER(struct live_sync, elsewhere, API_BOOL),
	{ 0 },
};

static const struct live_sync *state_of(const struct live_sync *all, size_t count, int64_t sync_id)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].sync_id == sync_id)
			return &all[i];
	return NULL;
}

/* Each sync with its state; null where the daemon has not begun with it yet. */
static int list_syncs(struct api_call *call, struct err *err)
{
	struct json *items = api_new_list(call);
	struct sync_row *rows;
	struct live_sync *live;
	size_t count, live_count;

	if (catalog_syncs(&call->engine, call->arena, &rows, &count, err) < 0 ||
	    live_state(call->api->options.live, call->arena, &live, &live_count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		struct json *item = api_object(call, sync_members, &rows[i]);
		const struct live_sync *state = state_of(live, live_count, rows[i].id);

		json_set(item, STR("state"),
		         state ? api_object(call, state_members, state) : json_new(call->arena, JSON_NULL));
		json_append(items, item);
	}
	call->answer = api_list(call, items, false, 0);
	return 0;
}

const struct api_route api_sync_routes[] = {
	{ "GET", "/syncs", list_syncs, RIGHT_SEE },
	{ 0 },
};

const struct api_topic api_sync_topics[] = {
	{ "syncs", RIGHT_SEE, 500, list_syncs },
	{ 0 },
};

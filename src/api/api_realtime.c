/*
 * real time: what each sync is told as it happens (R37, R38): events one by one, what a removal does, which mapping, pause and resume, what came lately, how long it took.
 * Where the far systems send it stands in api_hooks.c.
 */
#include "api/api_internal.h"

#include "lib/clock.h"
#include "sync/catalog.h"
#include "sync/catalog_docs.h"
#include "sync/meter.h"
#include "sync/realtime.h"
#include "sync/stage.h"
#include "sync/tally.h"

enum { LATEST = 1000, HOUR_MS = 3600000, DAYS = 14 };
#define MS_A_DAY   INT64_C(86400000)
#define LIVE_DOORS (1U << DOOR_WEBHOOK | 1U << DOOR_STREAM)

/* ---- what came lately ---- */

/* Of the last hour; never counts further than LATEST. */
static int count_hour(struct api_call *call, int64_t sync_id, int64_t *ret, int64_t *ret_last_ms, struct err *err)
{
	const struct staged_filter filter = {
		.sync_id = sync_id, .doors = LIVE_DOORS, .newest = true, .limit = LATEST
	};
	int64_t since_ms = clock_wall_ms() - HOUR_MS;
	struct staged *rows;
	size_t count;

	if (stage_list(&call->engine, call->arena, &filter, &rows, &count, err) < 0)
		return err_pass(err);
	*ret = 0;
	*ret_last_ms = count ? rows[0].received_ms : 0;
	while ((size_t)*ret < count && rows[*ret].received_ms >= since_ms)
		(*ret)++;
	return 0;
}

static const struct live_sync *live_of(const struct live_sync *all, size_t count, int64_t sync_id)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].sync_id == sync_id)
			return &all[i];
	return NULL;
}

/* In one word; the sentence is the console's. */
static struct str state_word(const struct sync_docs *docs, const struct live_sync *live)
{
	if (json_bool(json_get(docs->sync, "paused"), false))
		return STR("paused");
	if (!json_bool(json_get(docs->sync, "real_time"), true))
		return STR("off");
	if (!live || !live->ready)
		return live && live->trouble.len ? STR("waiting") : STR("starting");
	return STR("on");
}

static int summarize(struct api_call *call, struct str sync, const struct live_sync *all, size_t count,
                     struct json *item, struct sync_docs *ret_docs, struct err *err)
{
	const struct live_sync *live;
	int64_t hour, last_ms;

	if (catalog_read_sync(&call->engine, call->arena, sync, ret_docs, err) < 0 ||
	    count_hour(call, ret_docs->sync_id, &hour, &last_ms, err) < 0)
		return err_pass(err);
	live = live_of(all, count, ret_docs->sync_id);
	api_set(call, item, "sync", ret_docs->name);
	api_set(call, item, "integration", json_get_text(ret_docs->integration, "name"));
	api_set(call, item, "emr_connection", json_get_text(ret_docs->integration, "emr"));
	api_set(call, item, "crm_connection", json_get_text(ret_docs->integration, "crm"));
	api_set(call, item, "emr_object", json_get_text(ret_docs->sync, "emr_object"));
	api_set(call, item, "crm_object", json_get_text(ret_docs->sync, "crm_object"));
	api_set(call, item, "state", state_word(ret_docs, live));
	api_set(call, item, "trouble", live ? live->trouble : STR_EMPTY);
	api_set_bool(call, item, "stream_connected", live && live->streams);
	api_set_int(call, item, "waiting", live ? live->waiting + live->to_read : 0);
	api_set_int(call, item, "owed", live ? live->owed : 0);
	api_set_int(call, item, "last_hour", hour);
	api_set_bool(call, item, "last_hour_is_more", hour == LATEST);
	api_set_time(call, item, "last_event", last_ms);
	return 0;
}

static int list_realtime(struct api_call *call, struct err *err)
{
	struct json *items = api_new_list(call);
	struct live_sync *live;
	struct sync_row *syncs;
	size_t count, live_count;

	if (catalog_syncs(&call->engine, call->arena, &syncs, &count, err) < 0 ||
	    live_state(call->api->options.live, call->arena, &live, &live_count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		struct json *item = api_new(call);
		struct sync_docs docs;

		if (summarize(call, syncs[i].name, live, live_count, item, &docs, err) < 0)
			return err_pass(err);
		json_append(items, item);
	}
	call->answer = api_list(call, items, false, 0);
	return 0;
}

/* ---- one sync ---- */

struct events_of {
	struct api_call *call;
	const struct sync_docs *docs;
	const struct tally_row *rows;
	size_t count;
	struct json *items;
};

static bool is_off(const struct sync_docs *docs, struct str event)
{
	JSON_EACH (json_get(docs->sync, "events_off"), name)
		if (str_eq(json_text(name), event))
			return true;
	return false;
}

static void add_tallies(const struct events_of *e, struct str event, struct json *item)
{
	int64_t today = clock_wall_ms() / MS_A_DAY, came[2] = { 0 };

	for (size_t i = 0; i < e->count; i++) {
		if (!str_eq(e->rows[i].event, event))
			continue;
		came[0] += e->rows[i].came;
		came[1] += e->rows[i].day == today ? e->rows[i].came : 0;
	}
	api_set_int(e->call, item, "today", came[1]);
	api_set_int(e->call, item, "days_14", came[0]);
}

static const char *kind_word(enum event_kind kind)
{
	static const char *const words[] = {
		[EVENT_CHANGED] = "changed", [EVENT_REMOVED] = "removed",   [EVENT_MERGED] = "merged",
		[EVENT_ASKED] = "asked",     [EVENT_OVERFLOW] = "overflow", [EVENT_OTHER] = "other",
	};

	return words[kind];
}

static void add_events(const struct events_of *e, enum side side, struct str kind_name, struct str object)
{
	const struct connector *kind = connector_find(kind_name);

	for (const struct event_name *n = kind ? kind->event_names : NULL; n && n->name; n++) {
		struct json *item = api_new(e->call);
		struct str name = str_of(n->name);

		if (n->object[0] && !str_eq_c(object, n->object))
			continue;
		api_set(e->call, item, "name", name);
		api_set(e->call, item, "side", side == SIDE_CRM ? STR("crm") : STR("emr"));
		api_set(e->call, item, "kind", str_of(kind_word(n->kind)));
		api_set_bool(e->call, item, "on", !is_off(e->docs, name));
		add_tallies(e, name, item);
		json_append(e->items, item);
	}
}

static struct str kind_of(const struct connection_row *rows, size_t count, struct str connection)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(rows[i].name, connection))
			return rows[i].kind;
	return STR_EMPTY;
}

static int list_events(struct api_call *call, const struct sync_docs *docs, struct json *item, struct err *err)
{
	struct events_of e = { .call = call, .docs = docs, .items = api_new_list(call) };
	struct connection_row *rows;
	struct tally_row *tallies;
	struct str emr = json_get_text(docs->integration, "emr"), crm = json_get_text(docs->integration, "crm");
	size_t count;

	if (tally_list(&call->engine, call->arena, docs->sync_id, DAYS, &tallies, &e.count, err) < 0 ||
	    catalog_connections(&call->engine, call->arena, &rows, &count, err) < 0)
		return err_pass(err);
	e.rows = tallies;
	add_events(&e, SIDE_EMR, kind_of(rows, count, emr), json_get_text(docs->sync, "emr_object"));
	add_events(&e, SIDE_CRM, kind_of(rows, count, crm), json_get_text(docs->sync, "crm_object"));
	json_set(item, STR("events"), e.items);
	return 0;
}

static void set_word(struct api_call *call, struct json *item, const struct sync_docs *docs, const char *name)
{
	struct str word = json_get_text(docs->sync, name);

	api_set(call, item, name, word.len ? word : STR("unlink"));
}

static int say_one(struct api_call *call, struct err *err)
{
	struct json *item = api_new(call);
	struct live_sync *live;
	struct sync_docs docs;
	size_t count;

	if (live_state(call->api->options.live, call->arena, &live, &count, err) < 0 ||
	    summarize(call, api_param(call, "sync"), live, count, item, &docs, err) < 0 ||
	    list_events(call, &docs, item, err) < 0)
		return err_pass(err);
	api_set_bool(call, item, "enabled", json_bool(json_get(docs.sync, "real_time"), true));
	api_set_bool(call, item, "paused", json_bool(json_get(docs.sync, "paused"), false));
	api_set_bool(call, item, "listen", json_bool(json_get(docs.sync, "stream"), true));
	api_set_bool(call, item, "own_mapping", json_get(docs.sync, "live_mapping") != NULL);
	set_word(call, item, &docs, "on_emr_delete");
	set_word(call, item, &docs, "on_crm_delete");
	call->answer = item;
	return 0;
}

/* ---- changes ---- */

static int read_switch(struct api_call *call, const char *name, bool *place, const bool **ret, struct err *err)
{
	*ret = NULL;
	if (json_is_null(json_get(call->body, name)))
		return 0;
	*ret = place;
	return api_bool(call, name, false, place, err);
}

static bool in_force(const struct live_sync *all, size_t count, struct str sync, int64_t since_ms)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(all[i].name, sync))
			return (all[i].ready || all[i].paused) && all[i].since_ms >= since_ms;
	return true;
}

/* The daemon takes a change up within half a second: whoever is told that it is made should be able to rely on it. A sync in trouble is not waited for. */
static int change_and_wait(struct api_call *call, const struct realtime_change *change, struct err *err)
{
	enum { PATIENCE_MS = 3000, LOOK_MS = 25 };
	struct str sync = api_param(call, "sync");
	int64_t began_ms = clock_wall_ms(), before, after;
	const char *why;
	struct live_sync *all;
	size_t count;

	if (api_why(call, &why, err) < 0 || catalog_generation(&call->engine, &before, err) < 0 ||
	    realtime_change(&call->engine, sync, change, why, err) < 0 ||
	    catalog_generation(&call->engine, &after, err) < 0)
		return err_pass(err);
	while (after != before && clock_wall_ms() - began_ms < PATIENCE_MS) {
		if (live_state(call->api->options.live, call->arena, &all, &count, err) < 0)
			return err_pass(err);
		if (in_force(all, count, sync, began_ms))
			break;
		clock_sleep_ms(LOOK_MS);
	}
	return say_one(call, err);
}

static int change_one(struct api_call *call, struct err *err)
{
	struct realtime_change change = { 0 };
	bool places[4];

	if (read_switch(call, "enabled", &places[0], &change.enabled, err) < 0 ||
	    read_switch(call, "paused", &places[1], &change.paused, err) < 0 ||
	    read_switch(call, "listen", &places[2], &change.listen, err) < 0 ||
	    read_switch(call, "own_mapping", &places[3], &change.own_mapping, err) < 0 ||
	    api_text(call, "on_emr_delete", &change.on_emr_delete, err) < 0 ||
	    api_text(call, "on_crm_delete", &change.on_crm_delete, err) < 0)
		return err_pass(err);
	return change_and_wait(call, &change, err);
}

static int switch_event(struct api_call *call, struct err *err)
{
	struct realtime_change change = { .event = api_param(call, "event") };

	if (json_is_null(json_get(call->body, "on")))
		return err_set(err, ERR_DATA, "'on' is missing");
	if (api_bool(call, "on", true, &change.event_on, err) < 0)
		return err_pass(err);
	return change_and_wait(call, &change, err);
}

/* ---- deliveries ---- */

static struct json *delivery_object(struct api_call *call, const struct staged *s)
{
	static const struct api_member members[] = {
		API_MEMBER(struct staged, id, API_INT),
		API_MEMBER(struct staged, event, API_TEXT),
		API_MEMBER(struct staged, record_id, API_TEXT),
		API_MEMBER(struct staged, reason, API_TEXT),
		API_MEMBER(struct staged, error_code, API_TEXT),
		API_MEMBER(struct staged, attempts, API_INT),
		API_NAMED("received", struct staged, received_ms, API_TIME),
		API_NAMED("ended", struct staged, ended_ms, API_TIME),
		{ 0 },
	};
	struct json *item = api_object(call, members, s);

	api_set(call, item, "side", s->side == SIDE_CRM ? STR("crm") : STR("emr"));
	api_set(call, item, "door", str_of(door_name(s->door)));
	api_set(call, item, "state", str_of(staged_state_name(s->state)));
	api_set(call, item, "outcome", str_of(outcome_name(s->outcome)));
	json_set(item, STR("took_ms"),
	         s->ended_ms > s->received_ms ? json_new_int(call->arena, s->ended_ms - s->received_ms)
	                                      : json_new(call->arena, JSON_NULL));
	return item;
}

static int list_deliveries(struct api_call *call, struct err *err)
{
	struct staged_filter filter = { .doors = LIVE_DOORS, .newest = true };
	struct json *items = api_new_list(call);
	struct staged *rows;
	size_t count;

	if (catalog_sync_id(&call->engine, api_param(call, "sync"), &filter.sync_id, err) < 0 ||
	    api_page(call, &filter.before_id, &filter.limit, err) < 0 ||
	    stage_list(&call->engine, call->arena, &filter, &rows, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		json_append(items, delivery_object(call, &rows[i]));
	call->answer = api_list(call, items, count == filter.limit, count ? rows[count - 1].id : 0);
	return 0;
}

/* ---- a sample, masked ---- */

/* Names and shape stay, values go: a text becomes its kind. */
static struct json *masked(struct api_call *call, const struct json *value)
{
	struct json *copy;

	if (value->kind == JSON_STRING)
		return json_new_text(call->arena,
		                     value->text.len ? STR("\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2") : STR_EMPTY);
	if (value->kind == JSON_NUMBER)
		return json_new_int(call->arena, 0);
	if (value->kind != JSON_OBJECT && value->kind != JSON_ARRAY)
		return json_new(call->arena, value->kind);
	copy = json_new(call->arena, value->kind);
	JSON_EACH (value, member) {
		if (value->kind == JSON_OBJECT)
			json_set(copy, member->key, masked(call, member));
		else
			json_append(copy, masked(call, member));
	}
	return copy;
}

static int show_sample(struct api_call *call, struct err *err)
{
	struct staged_filter filter = { .doors = LIVE_DOORS, .newest = true, .limit = LATEST };
	struct str event = api_query(call, "event"), bytes;
	struct err unreadable = ERR_INIT;
	struct json *body = NULL;
	struct staged *rows;
	size_t count, at = 0;

	if (catalog_sync_id(&call->engine, api_param(call, "sync"), &filter.sync_id, err) < 0 ||
	    stage_list(&call->engine, call->arena, &filter, &rows, &count, err) < 0)
		return err_pass(err);
	while (at < count && event.len && !str_eq(rows[at].event, event))
		at++;
	if (at == count)
		return err_set(err, ERR_NOT_FOUND, "no such event came lately: the first one that does can be shown");
	if (stage_bytes(&call->engine, call->arena, &rows[at], &bytes, err) < 0)
		return err_pass(err);
	call->answer = delivery_object(call, &rows[at]);
	if (json_parse(call->arena, bytes, &body, &unreadable) < 0)
		body = NULL;
	json_set(call->answer, STR("body"), body ? masked(call, body) : json_new(call->arena, JSON_NULL));
	return 0;
}

/* ---- latency ---- */

static struct json *histogram(struct api_call *call, enum meter_clock which)
{
	const struct meter_histogram h = meter_histogram(call->engine.meter, which);
	struct json *item = api_new(call), *buckets = api_new_list(call);
	uint64_t before = 0;

	for (size_t i = 0; i < METER_BUCKETS; i++) {
		struct json *bucket = api_new(call);

		api_set_int(call, bucket, "upto_us", meter_bounds_us[i]);
		api_set_int(call, bucket, "count", (int64_t)(h.bucket[i] - before));
		json_append(buckets, bucket);
		before = h.bucket[i];
	}
	api_set_int(call, item, "count", (int64_t)h.count);
	api_set_int(call, item, "over", (int64_t)(h.count - before));
	api_set_int(call, item, "mean_us", h.count ? (int64_t)(h.sum_us / h.count) : 0);
	json_set(item, STR("buckets"), buckets);
	return item;
}

/* How senders were answered, since the daemon began. */
static struct json *answers(struct api_call *call)
{
	struct json *items = api_new_list(call);
	struct meter_series *series;
	size_t count;

	meter_read(call->engine.meter, METER_HOOKS, call->arena, &series, &count);
	for (size_t i = 0; i < count; i++) {
		struct json *item = api_new(call);

		api_set(call, item, "connection", series[i].label[0]);
		api_set(call, item, "answer", series[i].label[1]);
		api_set_int(call, item, "count", (int64_t)series[i].value);
		json_append(items, item);
	}
	return items;
}

static int show_latency(struct api_call *call, struct err *err UNUSED)
{
	call->answer = api_new(call);
	json_set(call->answer, STR("received"), histogram(call, METER_HOOK_TIME));
	json_set(call->answer, STR("written"), histogram(call, METER_WRITE_TIME));
	json_set(call->answer, STR("answers"), answers(call));
	return 0;
}

const struct api_route api_realtime_routes[] = {
	{ "GET", "/realtime", list_realtime, RIGHT_SEE },
	{ "GET", "/latency", show_latency, RIGHT_SEE },
	{ "GET", "/syncs/{sync}/realtime", say_one, RIGHT_SEE },
	{ "PATCH", "/syncs/{sync}/realtime", change_one, RIGHT_SETUP },
	{ "PUT", "/syncs/{sync}/realtime/events/{event}", switch_event, RIGHT_SETUP },
	{ "GET", "/syncs/{sync}/deliveries", list_deliveries, RIGHT_SEE },
	{ "GET", "/syncs/{sync}/realtime/sample", show_sample, RIGHT_SEE },
	{ 0 },
};

const struct api_topic api_realtime_topics[] = {
	{ "realtime", RIGHT_SEE, 1000, list_realtime },
	{ 0 },
};

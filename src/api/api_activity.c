/* activity: how much was written to either side, hour by hour, and what failed: counts, no records. */
#include "api/api_internal.h"

#include "lib/clock.h"
#include "sync/moved.h"

#define MS_AN_HOUR INT64_C(3600000)

enum { WEEK = 24 * 7, DAY = 24, MOST = 24 * 92 };

static struct json *hour_item(struct api_call *call, const struct moved *m)
{
	static const struct api_member members[] = {
		API_NAMED("hour", struct moved, hour_ms, API_TIME),
		API_MEMBER(struct moved, to_crm, API_INT),
		API_MEMBER(struct moved, to_emr, API_INT),
		API_MEMBER(struct moved, failed, API_INT),
		{ 0 },
	};
	struct json *item = api_object(call, members, m);

	api_set(call, item, "sync", api_sync_name(call, m->sync_id));
	return item;
}

static int64_t since(int64_t hours)
{
	return clock_wall_ms() - (hours - 1) * MS_AN_HOUR;
}

static int list_activity(struct api_call *call, struct err *err)
{
	struct json *items = api_new_list(call);
	struct moved *all;
	int64_t hours;
	size_t count;

	if (api_query_int(call, "hours", WEEK, &hours, err) < 0)
		return err_pass(err);
	if (hours < 1 || hours > MOST)
		return err_set(err, ERR_USAGE, "'hours' has to be between 1 and %d", MOST);
	if (moved_list(&call->engine, call->arena, since(hours), &all, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		json_append(items, hour_item(call, &all[i]));
	call->answer = api_list(call, items, false, 0);
	return 0;
}

/* The sums of a day: whoever shows more asks again when they change. */
static int say_activity(struct api_call *call, struct err *err)
{
	int64_t to_crm = 0, to_emr = 0, failed = 0;
	struct moved *all;
	size_t count;

	if (moved_list(&call->engine, call->arena, since(DAY), &all, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		to_crm += all[i].to_crm;
		to_emr += all[i].to_emr;
		failed += all[i].failed;
	}
	call->answer = api_new(call);
	api_set_int(call, call->answer, "to_crm", to_crm);
	api_set_int(call, call->answer, "to_emr", to_emr);
	api_set_int(call, call->answer, "failed", failed);
	return 0;
}

const struct api_route api_activity_routes[] = {
	{ "GET", "/activity", list_activity, RIGHT_SEE },
	{ 0 },
};

const struct api_topic api_activity_topics[] = {
	{ "activity", RIGHT_SEE, 2000, say_activity },
	{ 0 },
};

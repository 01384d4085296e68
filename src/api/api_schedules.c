/* schedules: what runs by itself and when (R34, R39), said back in words and with its next moments before anything is kept. */
#include "api/api_internal.h"

#include "codec/recurrence.h"
#include "lib/clock.h"
#include "lib/limits.h"
#include "sync/run.h"
#include "sync/schedule_edit.h"

enum { NEXT_SHOWN = 3 };

static void set_rule(struct api_call *call, struct json *item, const struct recurrence *rule, bool runs)
{
	struct json *next = api_new_list(call);
	int64_t at_ms = clock_wall_ms();

	for (int i = 0; runs && i < NEXT_SHOWN && recurrence_next(rule, at_ms, &at_ms); i++)
		json_append(next, json_new_text(call->arena, clock_rfc3339(call->arena, at_ms)));
	api_set(call, item, "words", recurrence_describe(rule, call->arena));
	json_set(item, STR("next"), next);
}

/* A rule that an older version took and this one does not is shown as it stands. */
static struct json *schedule_object(struct api_call *call, const struct schedule *s)
{
	static const struct api_member members[] = {
		API_MEMBER(struct schedule, id, API_INT),
		API_MEMBER(struct schedule, rule, API_TEXT),
		API_MEMBER(struct schedule, zone, API_TEXT),
		API_MEMBER(struct schedule, who, API_TEXT),
		API_NAMED("last", struct schedule, last_ms, API_TIME),
		{ 0 },
	};
	struct json *item = api_object(call, members, s);
	const struct recurrence *rule;
	struct err ignored = ERR_INIT;

	api_set(call, item, "sync", api_sync_name(call, s->sync_id));
	api_set(call, item, "what", str_of(schedule_what_name(s->what)));
	api_set(call, item, "state", str_of(schedule_state_name(s->state)));
	if (recurrence_parse(call->arena, s->rule, s->zone, &rule, &ignored) == 0) {
		set_rule(call, item, rule, s->state == SCHEDULE_ACTIVE);
	} else {
		api_set(call, item, "words", s->rule);
		json_set(item, STR("next"), api_new_list(call));
	}
	return item;
}

static int list_schedules(struct api_call *call, struct err *err)
{
	struct json *items = api_new_list(call);
	struct schedule *all;
	int64_t sync_id;
	size_t count;

	if (api_query_sync(call, &sync_id, err) < 0 ||
	    schedule_list(&call->engine, call->arena, sync_id, &all, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		json_append(items, schedule_object(call, &all[i]));
	call->answer = api_list(call, items, false, 0);
	return 0;
}

static int read_rule(struct api_call *call, struct str *ret_rule, struct str *ret_zone, struct err *err)
{
	if (api_need_text(call, "rule", ret_rule, err) < 0 || api_text(call, "zone", ret_zone, err) < 0)
		return err_pass(err);
	return 0;
}

static int preview_rule(struct api_call *call, struct err *err)
{
	const struct recurrence *rule;
	struct str text, zone;

	if (read_rule(call, &text, &zone, err) < 0 || recurrence_parse(call->arena, text, zone, &rule, err) < 0)
		return err_pass(err);
	call->answer = api_new(call);
	api_set(call, call->answer, "rule", recurrence_text(rule));
	api_set(call, call->answer, "zone", zone);
	set_rule(call, call->answer, rule, true);
	return 0;
}

static int carry_out(struct api_call *call, struct schedule_edit *edit, struct err *err)
{
	if (api_why(call, &edit->why, err) < 0 || schedule_edit(&call->engine, call->arena, edit, err) < 0)
		return err_pass(err);
	call->answer = schedule_object(call, &edit->schedule);
	return 0;
}

/* R34: a batch over a file is scheduled with its file, which is kept. */
static int keep_file(struct api_call *call, struct plan *plan, struct schedule *s, struct err *err)
{
	struct str csv, name;
	int64_t id;

	if (api_text(call, "csv", &csv, err) < 0 || api_text(call, "file_name", &name, err) < 0)
		return err_pass(err);
	if ((s->what == SCHEDULE_CSV) != (csv.len > 0))
		return err_set(err, ERR_DATA, "'csv' holds the file of a csv batch, and of nothing else");
	if (csv.len == 0)
		return 0;
	if (run_keep_file(&call->engine, plan, csv, name.len ? name : STR("console.csv"), &id, err) < 0)
		return err_pass(err);
	s->argument = arena_printf(call->arena, "%lld", (long long)id);
	return 0;
}

static int add_schedule(struct api_call *call, struct err *err)
{
	struct schedule_edit edit = { .act = SCHEDULE_ADD };
	struct schedule *s = &edit.schedule;
	struct plan *plan;
	struct str what;

	if (api_need_text(call, "what", &what, err) < 0 || read_rule(call, &s->rule, &s->zone, err) < 0 ||
	    api_plan(call, &plan, err) < 0)
		return err_pass(err);
	if (!schedule_what_of_name(what, &s->what))
		return err_set(err, ERR_DATA, "'what' is one of delta, import, csv");
	s->sync_id = plan->sync_id;
	if (keep_file(call, plan, s, err) < 0)
		return err_pass(err);
	call->status = 201;
	return carry_out(call, &edit, err);
}

static int edit_schedule(struct api_call *call, enum schedule_act act, struct err *err)
{
	struct schedule_edit edit = { .act = act };

	if (api_id(call, "schedule", &edit.schedule.id, err) < 0)
		return err_pass(err);
	if (act == SCHEDULE_CHANGE && read_rule(call, &edit.schedule.rule, &edit.schedule.zone, err) < 0)
		return err_pass(err);
	return carry_out(call, &edit, err);
}

static int change_schedule(struct api_call *call, struct err *err)
{
	return edit_schedule(call, SCHEDULE_CHANGE, err);
}

static int pause_schedule(struct api_call *call, struct err *err)
{
	return edit_schedule(call, SCHEDULE_PAUSE, err);
}

static int resume_schedule(struct api_call *call, struct err *err)
{
	return edit_schedule(call, SCHEDULE_RESUME, err);
}

static int remove_schedule(struct api_call *call, struct err *err)
{
	if (edit_schedule(call, SCHEDULE_REMOVE, err) < 0)
		return err_pass(err);
	call->answer = NULL;
	return 0;
}

const struct api_route api_schedule_routes[] = {
	{ "GET", "/schedules", list_schedules, RIGHT_SEE },
	{ "POST", "/schedules/preview", preview_rule, RIGHT_SEE },
	{ "POST", "/syncs/{sync}/schedules", add_schedule, RIGHT_SETUP, .limit = LIMIT_HTTP_BODY },
	{ "PUT", "/schedules/{schedule}", change_schedule, RIGHT_SETUP },
	{ "POST", "/schedules/{schedule}/pause", pause_schedule, RIGHT_SETUP },
	{ "POST", "/schedules/{schedule}/resume", resume_schedule, RIGHT_SETUP },
	{ "DELETE", "/schedules/{schedule}", remove_schedule, RIGHT_SETUP },
	{ 0 },
};

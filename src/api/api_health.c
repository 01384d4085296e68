/* health: what stands in the way (alerts), calls of the far systems (budget), fields that are no longer what they were (drift). */
#include "api/api_internal.h"

#include "lib/clock.h"
#include "sync/budget.h"
#include "sync/drift.h"
#include "sync/lease.h"
#include "sync/run.h"
#include "sync/schedule_edit.h"

enum { RUNS_LOOKED_AT = 50, DAY_MS = 24 * 60 * 60 * 1000 };

/* ---- drift ---- */

static struct json *drift_item(struct api_call *call, const struct drift *d)
{
	static const struct api_member members[] = {
		API_MEMBER(struct drift, id, API_INT),
		API_MEMBER(struct drift, field, API_TEXT),
		API_MEMBER(struct drift, message, API_TEXT),
		API_NAMED("since", struct drift, since_ms, API_TIME),
		API_NAMED("healed", struct drift, healed_ms, API_TIME),
		{ 0 },
	};
	struct json *item = api_object(call, members, d);

	api_set(call, item, "sync", api_sync_name(call, d->sync_id));
	api_set(call, item, "side", d->side == SIDE_CRM ? STR("crm") : STR("emr"));
	api_set(call, item, "what", str_of(drift_what_name(d->what)));
	api_set(call, item, "meaning", str_of(drift_what_meaning(d->what)));
	return item;
}

static int list_drift(struct api_call *call, struct err *err)
{
	struct json *items = api_new_list(call);
	struct drift *all;
	int64_t sync_id;
	size_t count;

	if (api_query_sync(call, &sync_id, err) < 0 ||
	    drift_list(&call->engine, call->arena, sync_id, api_query_is(call, "healed"), &all, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		json_append(items, drift_item(call, &all[i]));
	call->answer = api_list(call, items, false, 0);
	return 0;
}

static int accept_drift(struct api_call *call, struct err *err)
{
	struct str word, field;
	const char *why;
	struct plan *plan;
	enum side side;

	if (api_need_text(call, "side", &word, err) < 0 || api_side(word, &side, err) < 0 ||
	    api_need_text(call, "field", &field, err) < 0 || api_why(call, &why, err) < 0 ||
	    api_plan(call, &plan, err) < 0)
		return err_pass(err);
	return drift_accept_noted(&call->engine, plan->sync_id, side, field, why, err);
}

/* ---- budget ---- */

static struct json *budget_item(struct api_call *call, const struct budget_line *l)
{
	static const struct api_member members[] = {
		API_MEMBER(struct budget_line, connection, API_TEXT),
		API_MEMBER(struct budget_line, ours, API_INT),
		API_MEMBER(struct budget_line, used, API_INT),
		API_MEMBER(struct budget_line, allowance, API_ID),
		API_MEMBER(struct budget_line, told, API_BOOL),
		API_MEMBER(struct budget_line, reserve, API_INT),
		API_NAMED("resets", struct budget_line, reset_ms, API_TIME),
		API_MEMBER(struct budget_line, need, API_INT),
		API_MEMBER(struct budget_line, silent, API_TEXT),
		{ 0 },
	};
	struct json *item = api_object(call, members, l), *uses = api_new(call);

	for (enum http_use use = 0; use < HTTP_USES; use++)
		api_set_int(call, uses, http_use_name(use), l->by_use[use]);
	json_set(item, STR("by_use"), uses);
	json_set(item, STR("left"),
	         l->left == INT64_MAX ? json_new(call->arena, JSON_NULL) : json_new_int(call->arena, l->left));
	return item;
}

static int list_budget(struct api_call *call, struct err *err)
{
	struct json *items = api_new_list(call);
	struct budget_line *lines;
	size_t count;

	if (budget_forecast(&call->engine, call->arena, api_query_is(call, "ask"), &lines, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		json_append(items, budget_item(call, &lines[i]));
	call->answer = api_list(call, items, false, 0);
	return 0;
}

/* ---- leases ---- */

static int list_leases(struct api_call *call, struct err *err)
{
	static const struct api_member members[] = {
		API_MEMBER(struct lease_row, sync, API_TEXT),
		API_MEMBER(struct lease_row, host, API_TEXT),
		API_NAMED("process", struct lease_row, pid, API_INT),
		API_MEMBER(struct lease_row, who, API_TEXT),
		API_NAMED("since", struct lease_row, since_ms, API_TIME),
		API_MEMBER(struct lease_row, left_ms, API_INT),
		API_MEMBER(struct lease_row, fence, API_INT),
		API_MEMBER(struct lease_row, held, API_BOOL),
		API_MEMBER(struct lease_row, mine, API_BOOL),
		API_NAMED("ready", struct lease_row, told.ready, API_BOOL),
		{ 0 },
	};
	struct json *items = api_new_list(call);
	struct lease_row *rows;
	size_t count;

	if (lease_list(&call->engine, call->arena, &rows, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		struct json *item = api_object(call, members, &rows[i]);

		api_set(call, item, "run", str_of(rows[i].told.run));
		api_set(call, item, "trouble", str_of(rows[i].told.trouble));
		json_append(items, item);
	}
	call->answer = api_list(call, items, false, 0);
	return 0;
}

/* ---- alerts ---- */

struct alert {
	const char *level; /* "error": something stands still; "warning": it goes on, less well */
	const char *code, *cure;
	struct str sync, subject, text;
	int64_t since_ms;
};

static void add_alert(struct api_call *call, const struct alert *a)
{
	struct json *item = api_new(call);

	api_set(call, item, "level", str_of(a->level));
	api_set(call, item, "code", str_of(a->code));
	api_set(call, item, "sync", a->sync);
	api_set(call, item, "subject", a->subject);
	api_set(call, item, "text", a->text);
	api_set(call, item, "cure", str_of(a->cure));
	api_set_time(call, item, "since", a->since_ms);
	json_append(call->answer, item);
}

static int alert_syncs(struct api_call *call, struct err *err)
{
	struct live_sync *live;
	size_t count;

	if (live_state(call->api->options.live, call->arena, &live, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		if (!live[i].trouble.len)
			continue;
		add_alert(call,
		          &(struct alert) { .level = "error",
		                            .code = "sync_pauses",
		                            .cure = "It begins again by itself once the cause is gone; what arrives "
		                                    "meanwhile is kept. Look at the connection.",
		                            .sync = live[i].name,
		                            .subject = live[i].name,
		                            .text = live[i].trouble,
		                            .since_ms = live[i].since_ms });
	}
	return 0;
}

static int alert_drift(struct api_call *call, struct err *err)
{
	struct drift *all;
	size_t count;

	if (drift_list(&call->engine, call->arena, 0, false, &all, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		add_alert(call,
		          &(struct alert) { .level = "warning",
		                            .code = "drift",
		                            .cure = "The field is left out, all others flow. Put it back as it was, "
		                                    "or accept its new shape.",
		                            .sync = api_sync_name(call, all[i].sync_id),
		                            .subject = all[i].field,
		                            .text = all[i].message,
		                            .since_ms = all[i].since_ms });
	return 0;
}

/* Failed within a day, and not followed by one of its kind that was done. */
static bool still_failed(const struct run *runs, size_t at)
{
	if (runs[at].state != RUN_FAILED || runs[at].started_ms < clock_wall_ms() - DAY_MS)
		return false;
	for (size_t i = 0; i < at; i++)
		if (runs[i].sync_id == runs[at].sync_id && str_eq(runs[i].kind, runs[at].kind) &&
		    runs[i].state == RUN_DONE)
			return false;
	return true;
}

static int alert_runs(struct api_call *call, struct err *err)
{
	struct run *runs;
	size_t count;

	if (run_list(&call->engine, call->arena, RUNS_LOOKED_AT, &runs, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		if (!still_failed(runs, i))
			continue;
		add_alert(call, &(struct alert) { .level = "warning",
		                                  .code = "run_failed",
		                                  .cure = "Resume it: it goes on where it stopped.",
		                                  .sync = runs[i].sync_name,
		                                  .subject = runs[i].batch_id,
		                                  .text = runs[i].error,
		                                  .since_ms = runs[i].started_ms });
	}
	return 0;
}

/* By what was counted here: the far sides are not asked. */
static int alert_budget(struct api_call *call, struct err *err)
{
	struct budget_line *lines;
	size_t count;

	if (budget_forecast(&call->engine, call->arena, false, &lines, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		const struct budget_line *l = &lines[i];

		if (l->left == INT64_MAX || l->need <= l->left)
			continue;
		add_alert(call,
		          &(struct alert) {
		                  .level = "warning",
		                  .code = "budget",
		                  .cure = "Batches and deltas wait until it resets; people's clicks still go through. "
		                          "Plan large runs for another day, or raise the allowance.",
		                  .subject = l->connection,
		                  .text = arena_printf(call->arena,
		                                       "%lld calls are left, %lld are needed by what is planned",
		                                       (long long)l->left, (long long)l->need) });
	}
	return 0;
}

static int list_alerts(struct api_call *call, struct err *err)
{
	struct json *items = api_new_list(call);

	call->answer = items;
	if (alert_syncs(call, err) < 0 || alert_drift(call, err) < 0 || alert_runs(call, err) < 0 ||
	    alert_budget(call, err) < 0)
		return err_pass(err);
	call->answer = api_list(call, items, false, 0);
	return 0;
}

const struct api_route api_health_routes[] = {
	{ "GET", "/alerts", list_alerts, RIGHT_SEE },
	{ "GET", "/budget", list_budget, RIGHT_SEE },
	{ "GET", "/drift", list_drift, RIGHT_SEE },
	{ "GET", "/leases", list_leases, RIGHT_SEE },
	{ "POST", "/syncs/{sync}/drift/accept", accept_drift, RIGHT_SETUP },
	{ 0 },
};

const struct api_topic api_health_topics[] = {
	{ "alerts", RIGHT_SEE, 5000, list_alerts },
	{ 0 },
};

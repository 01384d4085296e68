/*
 * runs: batches, as they go and as they went. Starting, aborting and resuming leave the work to the daemon (run_ask); a list says who ran what, a run has its figures, its
 * records and a CSV of them. Files are checked before anything begins.
 */
#include "api/api_internal.h"

#include "lib/limits.h"
#include "sync/retry.h"
#include "sync/run_report.h"

static const enum run_state under_way[] = { RUN_ACTIVE, RUN_ASKED, RUN_STOPPING };

/* ---- one run as JSON ---- */

static const char *phase_name(enum run_phase phase)
{
	static const char *const names[] = {
		[PHASE_READING] = "reading", [PHASE_LINKING] = "linking", [PHASE_FINISHED] = "finished"
	};

	return names[phase];
}

static struct json *run_object(struct api_call *call, const struct run *run)
{
	static const struct api_member members[] = {
		API_MEMBER(struct run, id, API_INT),
		API_MEMBER(struct run, batch_id, API_TEXT),
		API_NAMED("sync", struct run, sync_name, API_TEXT),
		API_MEMBER(struct run, kind, API_TEXT),
		API_MEMBER(struct run, who, API_TEXT),
		API_MEMBER(struct run, error, API_TEXT),
		API_MEMBER(struct run, read, API_INT),
		API_MEMBER(struct run, ignored, API_INT),
		API_NAMED("started", struct run, started_ms, API_TIME),
		API_NAMED("ended", struct run, ended_ms, API_TIME),
		{ 0 },
	};
	struct json *item = api_object(call, members, run);

	api_set(call, item, "state", str_of(run_state_name(run->state)));
	api_set(call, item, "phase", str_of(phase_name(run->phase)));
	api_set_bool(call, item, "has_file", run->input_id != 0);
	json_set(item, STR("total"),
	         run->total < 0 ? json_new(call->arena, JSON_NULL) : json_new_int(call->arena, run->total));
	return item;
}

/* With its figures: a count over all of its records. */
static int add_figures(struct api_call *call, const struct run *run, struct json *item, struct err *err)
{
	struct json *counts = api_new(call);
	struct run_figures figures;
	int64_t done, whole, pending;

	if (run_figures(&call->engine, run, &figures, err) < 0 ||
	    run_pending(&call->engine, run->sync_id, &pending, err) < 0)
		return err_pass(err);
	for (int i = OUTCOME_NONE; i < OUTCOME_COUNT; i++)
		api_set_int(call, counts, outcome_name((enum outcome)i), figures.counts[i]);
	run_work(run->total, run->read, figures.read - figures.counts[OUTCOME_NONE], figures.owed, &done, &whole);
	json_set(item, STR("counts"), counts);
	api_set_int(call, item, "failed", figures.counts[OUTCOME_FAILED]);
	api_set_int(call, item, "owed", figures.owed);
	api_set_int(call, item, "back_references", pending);
	api_set_int(call, item, "work_done", done);
	api_set_int(call, item, "work_whole", whole);
	return 0;
}

static int answer_run(struct api_call *call, int64_t id, struct err *err)
{
	struct str which = arena_printf(call->arena, "%lld", (long long)id);
	struct run run;

	if (run_find(&call->engine, call->arena, which, &run, err) < 0)
		return err_pass(err);
	call->answer = run_object(call, &run);
	return add_figures(call, &run, call->answer, err);
}

static int find_run(struct api_call *call, struct run *ret, struct err *err)
{
	return run_find(&call->engine, call->arena, api_param(call, "run"), ret, err);
}

static int show_run(struct api_call *call, struct err *err)
{
	struct run run;

	if (find_run(call, &run, err) < 0)
		return err_pass(err);
	call->answer = run_object(call, &run);
	return add_figures(call, &run, call->answer, err);
}

/* ---- the list ---- */

static int64_t failed_of(const struct run_failed *failed, size_t count, int64_t run_id)
{
	for (size_t i = 0; i < count; i++)
		if (failed[i].run_id == run_id)
			return failed[i].count;
	return 0;
}

static int append_runs(struct api_call *call, const struct run *runs, size_t count, struct json *items, struct err *err)
{
	struct run_failed *failed = NULL;
	size_t failed_count = 0;

	if (count &&
	    run_failed(&call->engine, call->arena, runs[count - 1].id, runs[0].id, &failed, &failed_count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		struct json *item = run_object(call, &runs[i]);

		api_set_int(call, item, "failed", failed_of(failed, failed_count, runs[i].id));
		json_append(items, item);
	}
	return 0;
}

static int read_states(const struct api_call *call, unsigned *ret, struct err *err)
{
	struct str words = api_query(call, "state"), word;

	*ret = 0;
	while (words.len && (str_split(&words, ',', &word), word.len)) {
		enum run_state state = RUN_ACTIVE;

		while (state <= RUN_STOPPING && !str_eq_c(word, run_state_name(state)))
			state++;
		if (state > RUN_STOPPING)
			return err_set(err, ERR_USAGE, "'state' takes active, done, aborted, failed, asked, stopping");
		*ret |= 1U << state;
	}
	return 0;
}

static int list_runs(struct api_call *call, struct err *err)
{
	struct run_filter filter = { .kind = api_query(call, "kind"), .who = api_query(call, "who") };
	struct json *items = api_new_list(call);
	struct run *runs;
	size_t count;

	if (api_query_sync(call, &filter.sync_id, err) < 0 || read_states(call, &filter.states, err) < 0 ||
	    api_query_time(call, "since", &filter.from_ms, err) < 0 ||
	    api_query_time(call, "until", &filter.to_ms, err) < 0 ||
	    api_page(call, &filter.before_id, &filter.limit, err) < 0 ||
	    run_search(&call->engine, call->arena, &filter, &runs, &count, err) < 0 ||
	    append_runs(call, runs, count, items, err) < 0)
		return err_pass(err);
	call->answer = api_list(call, items, count == filter.limit, count ? runs[count - 1].id : 0);
	return 0;
}

/* Which run began last: one that began and ended between two looks is noticed by it. */
static int say_latest(struct api_call *call, struct err *err)
{
	struct run *latest;
	size_t count;

	if (run_list(&call->engine, call->arena, 1, &latest, &count, err) < 0)
		return err_pass(err);
	api_set_id(call, call->answer, "latest", count ? latest->id : 0);
	return 0;
}

/* Topic "runs": those that are under way, with their figures. */
static int say_runs(struct api_call *call, struct err *err)
{
	struct run_filter filter = { .limit = 20 };
	struct json *items = api_new_list(call);
	struct run *runs;
	size_t count;

	for (size_t i = 0; i < ARRAY_LEN(under_way); i++)
		filter.states |= 1U << under_way[i];
	if (run_search(&call->engine, call->arena, &filter, &runs, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		struct json *item = run_object(call, &runs[i]);

		if (add_figures(call, &runs[i], item, err) < 0)
			return err_pass(err);
		json_append(items, item);
	}
	call->answer = api_new(call);
	json_set(call->answer, STR("items"), items);
	api_set_int(call, call->answer, "count", (int64_t)count);
	return say_latest(call, err);
}

/* ---- start, abort, resume, retry ---- */

static int read_kind(const struct api_call *call, enum run_kind *ret, struct err *err)
{
	struct str word;

	if (api_need_text(call, "kind", &word, err) < 0)
		return err_pass(err);
	for (*ret = RUN_IMPORT; *ret <= RUN_DELTA; (*ret)++)
		if (str_eq_c(word, run_kind_name(*ret)))
			return 0;
	return err_set(err, ERR_DATA, "'kind' is one of import, csv, delta");
}

/* A file, where the kind wants one; checked, so that nothing begins over a file without an id. */
int api_run_order(struct api_call *call, struct plan *plan, struct run_order *ret, struct err *err)
{
	struct csv_ids ids;

	*ret = (struct run_order) { .kind = RUN_IMPORT };
	if (read_kind(call, &ret->kind, err) < 0 || api_text(call, "csv", &ret->csv, err) < 0 ||
	    api_text(call, "file_name", &ret->csv_name, err) < 0)
		return err_pass(err);
	if ((ret->kind == RUN_CSV) != (ret->csv.len > 0))
		return err_set(err, ERR_DATA, "'csv' holds the file of a csv batch, and of nothing else");
	if (ret->kind != RUN_CSV)
		return 0;
	if (ret->csv_name.len == 0)
		ret->csv_name = STR("console.csv");
	if (run_read_csv(plan, call->arena, ret->csv, &ids, err) < 0)
		return err_pass(err);
	return ids.count ? 0 : err_set(err, ERR_DATA, "no row of the file begins with an id of the CRM");
}

static int start_run(struct api_call *call, struct err *err)
{
	struct run_order order;
	struct plan *plan;
	struct run run;

	if (api_plan(call, &plan, err) < 0 || api_run_order(call, plan, &order, err) < 0 ||
	    run_ask(&call->engine, plan, &order, &run, call->arena, err) < 0)
		return err_pass(err);
	call->status = 201;
	return answer_run(call, run.id, err);
}

static bool is_under_way(const struct run *run)
{
	for (size_t i = 0; i < ARRAY_LEN(under_way); i++)
		if (run->state == under_way[i])
			return true;
	return false;
}

static int abort_run(struct api_call *call, struct err *err)
{
	struct run run;

	if (find_run(call, &run, err) < 0)
		return err_pass(err);
	if (!is_under_way(&run))
		return err_set(err, ERR_CONFLICT, "run %.*s is %s: there is nothing to abort", STR_ARG(run.batch_id),
		               run_state_name(run.state));
	if (run_ask_stop(&call->engine, run.id, err) < 0)
		return err_pass(err);
	return answer_run(call, run.id, err);
}

static int resume_run(struct api_call *call, struct err *err)
{
	struct plan *plan;
	struct run run;

	if (find_run(call, &run, err) < 0 || api_plan_named(call, run.sync_name, &plan, err) < 0 ||
	    run_ask_again(&call->engine, plan, run.id, err) < 0)
		return err_pass(err);
	return answer_run(call, run.id, err);
}

static int retry_run(struct api_call *call, struct err *err)
{
	struct staged_filter filter = { .failed = true };
	struct plan *plan;
	struct run run;
	int64_t count;

	if (find_run(call, &run, err) < 0 || api_text(call, "code", &filter.code, err) < 0 ||
	    api_plan_named(call, run.sync_name, &plan, err) < 0)
		return err_pass(err);
	filter.run_id = run.id;
	filter.sync_id = run.sync_id;
	if (retry_hand_over(&call->engine, plan, call->arena, &filter, NULL, &count, err) < 0)
		return err_pass(err);
	live_ring(call->api->options.live, run.sync_id);
	call->answer = api_new(call);
	api_set_int(call, call->answer, "retried", count);
	return 0;
}

/* ---- a file, before it starts ---- */

static int check_csv(struct api_call *call, struct err *err)
{
	struct json *refused = api_new_list(call);
	struct csv_ids ids;
	struct plan *plan;
	struct str csv;

	if (api_need_text(call, "csv", &csv, err) < 0 || api_plan(call, &plan, err) < 0 ||
	    run_read_csv(plan, call->arena, csv, &ids, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < ids.refused_count; i++) {
		struct json *item = api_new(call);

		api_set_int(call, item, "row", (int64_t)ids.refused[i].row);
		api_set(call, item, "id", ids.refused[i].id);
		api_set(call, item, "why", str_of(ids.refused[i].why));
		json_append(refused, item);
	}
	call->answer = api_new(call);
	api_set_int(call, call->answer, "accepted", (int64_t)ids.count);
	api_set_int(call, call->answer, "repeated", (int64_t)ids.repeated);
	api_set_int(call, call->answer, "ignored", (int64_t)ids.ignored);
	json_set(call->answer, STR("refused"), refused);
	return 0;
}

/* ---- records of a run ---- */

static int read_result_filter(struct api_call *call, struct staged_filter *ret, struct err *err)
{
	struct str outcome = api_query(call, "outcome");
	struct run run;

	*ret = (struct staged_filter) { .code = api_query(call, "code") };
	if (outcome.len && !outcome_of_name(outcome, &ret->outcome))
		return err_set(err, ERR_USAGE, "'outcome' is none of those that a run has");
	if (find_run(call, &run, err) < 0)
		return err_pass(err);
	ret->run_id = run.id;
	ret->failed = ret->outcome == OUTCOME_FAILED;
	return 0;
}

static struct json *result_object(struct api_call *call, const struct staged *s)
{
	static const struct api_member members[] = {
		API_MEMBER(struct staged, id, API_INT),
		API_MEMBER(struct staged, record_id, API_TEXT),
		API_MEMBER(struct staged, reason, API_TEXT),
		API_MEMBER(struct staged, error_code, API_TEXT),
		API_MEMBER(struct staged, error_field, API_TEXT),
		API_MEMBER(struct staged, attempts, API_INT),
		API_NAMED("received", struct staged, received_ms, API_TIME),
		{ 0 },
	};
	struct json *item = api_object(call, members, s);

	api_set(call, item, "side", s->side == SIDE_CRM ? STR("crm") : STR("emr"));
	api_set(call, item, "state", str_of(staged_state_name(s->state)));
	api_set(call, item, "outcome", str_of(outcome_name(s->outcome)));
	return item;
}

static int list_results(struct api_call *call, struct err *err)
{
	struct json *items = api_new_list(call);
	struct staged_filter filter;
	struct staged *rows;
	int64_t after;
	size_t count, limit;

	if (read_result_filter(call, &filter, err) < 0 || api_page(call, &after, &limit, err) < 0)
		return err_pass(err);
	filter.after_id = after;
	filter.limit = limit;
	filter.states = ~(1U << STAGED_SUPERSEDED);
	if (stage_list(&call->engine, call->arena, &filter, &rows, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		json_append(items, result_object(call, &rows[i]));
	call->answer = api_list(call, items, count == limit, count ? rows[count - 1].id : 0);
	return 0;
}

static int download(struct api_call *call, struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_HTTP_BODY);
	struct staged_filter filter;
	struct run run;
	bool last = false;

	if (read_result_filter(call, &filter, err) < 0 || find_run(call, &run, err) < 0)
		return err_pass(err);
	filter.limit = 500;
	run_csv_header(&text);
	while (!last) {
		if (run_csv_page(&call->engine, &run, &filter, &text, &last, err) < 0)
			return err_pass(err);
	}
	if (!buf_ok(&text))
		return err_set(err, ERR_MEMORY_LIMIT,
		               "more than 64 MB: filter by outcome, or use `suture report --csv`");
	call->reply->status = 200;
	call->reply->content_type = "text/csv; charset=utf-8";
	call->reply->body = arena_str(call->arena, buf_str(&text));
	http_reply_header(call->reply, call->arena, "Content-Disposition",
	                  arena_printf(call->arena, "attachment; filename=\"%.*s.csv\"", STR_ARG(run.batch_id)));
	return 0;
}

const struct api_route api_run_routes[] = {
	{ "GET", "/runs", list_runs, RIGHT_SEE },
	{ "GET", "/runs/{run}", show_run, RIGHT_SEE },
	{ "GET", "/runs/{run}/results", list_results, RIGHT_SEE },
	{ "GET", "/runs/{run}/results.csv", download, RIGHT_SEE },
	{ "POST", "/runs/{run}/abort", abort_run, RIGHT_WORK },
	{ "POST", "/runs/{run}/resume", resume_run, RIGHT_WORK },
	{ "POST", "/runs/{run}/retry", retry_run, RIGHT_WORK },
	{ "POST", "/syncs/{sync}/runs", start_run, RIGHT_WORK, .limit = LIMIT_HTTP_BODY },
	{ "POST", "/syncs/{sync}/csv-check", check_csv, RIGHT_WORK, .limit = LIMIT_HTTP_BODY },
	{ 0 },
};

const struct api_topic api_run_topics[] = {
	{ "runs", RIGHT_SEE, 500, say_runs },
	{ 0 },
};

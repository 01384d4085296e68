/* schedule, drift, budget: what runs by itself, what the far systems changed, and what their calls are spent on. */
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/report.h"
#include "codec/recurrence.h"
#include "sync/budget.h"
#include "sync/catalog.h"
#include "sync/run.h"
#include "sync/schedule_edit.h"

static const char *why_of(const struct cli_args *args)
{
	return cli_has(args, "why") ? cli_value(args, "why").at : NULL;
}

static struct str sync_name(struct cli_args *args, const struct sync_row *syncs, size_t count, int64_t id)
{
	for (size_t i = 0; i < count; i++) {
		if (syncs[i].id == id)
			return syncs[i].name;
	}
	return out_number(args->arena, id);
}

/* ---- schedule ---- */

static struct str rule_words(struct cli_args *args, const struct schedule *s)
{
	const struct recurrence *rule;
	struct err ignored = ERR_INIT;

	if (recurrence_parse(args->arena, s->rule, s->zone, &rule, &ignored) < 0)
		return s->rule;
	return recurrence_describe(rule, args->arena);
}

static int list_schedules(struct cli_args *args, struct err *err)
{
	static const struct out_column columns[] = { { "id", OUT_NUMBER },
		                                     { "sync", OUT_TEXT },
		                                     { "what", OUT_TEXT },
		                                     { "when", OUT_WHOLE },
		                                     { "state", OUT_TEXT },
		                                     { "next", OUT_TIME },
		                                     { "last", OUT_TIME },
		                                     { "who", OUT_TEXT },
		                                     { "rule", OUT_TEXT, true },
		                                     { "zone", OUT_TEXT, true },
		                                     { 0 } };
	struct sync_row *syncs;
	struct schedule *all;
	struct out out;
	size_t count, sync_count;

	if (catalog_syncs(args->engine, args->arena, &syncs, &sync_count, err) < 0 ||
	    schedule_list(args->engine, args->arena, 0, &all, &count, err) < 0)
		return err_pass(err);
	out_begin(&out, args, columns,
	          "nothing is scheduled; `suture serve` adds a delta each fifteen minutes when it first runs");
	for (size_t i = 0; i < count; i++) {
		const struct schedule *s = &all[i];
		const struct str cells[] = { out_number(args->arena, s->id),
			                     sync_name(args, syncs, sync_count, s->sync_id),
			                     str_of(schedule_what_name(s->what)),
			                     rule_words(args, s),
			                     str_of(schedule_state_name(s->state)),
			                     out_time(args->arena, s->next_ms),
			                     out_time(args->arena, s->last_ms),
			                     s->who,
			                     s->rule,
			                     s->zone };

		out_row(&out, cells);
	}
	out_end(&out);
	return EXIT_DONE;
}

static int report_schedule(struct cli_args *args, struct schedule_edit *edit, struct err *err)
{
	struct json *all = json_new(args->arena, JSON_OBJECT);
	const struct schedule *s = &edit->schedule;

	if (schedule_edit(args->engine, args->arena, edit, err) < 0)
		return err_pass(err);
	json_set(all, STR("id"), json_new_int(args->arena, s->id));
	json_set(all, STR("what"), json_new_text(args->arena, str_of(schedule_what_name(s->what))));
	json_set(all, STR("when"), json_new_text(args->arena, rule_words(args, s)));
	json_set(all, STR("state"), json_new_text(args->arena, str_of(schedule_state_name(s->state))));
	if (s->next_ms && s->state == SCHEDULE_ACTIVE)
		json_set(all, STR("next"), json_new_text(args->arena, out_time(args->arena, s->next_ms)));
	out_object(args, all);
	return EXIT_DONE;
}

/* R34: a batch over a file is scheduled with its file, which is kept. */
static int keep_file(struct cli_args *args, struct plan *plan, struct schedule *s, struct err *err)
{
	struct str text, path = cli_value(args, "csv");
	int64_t id;

	if ((path.len > 0) != (s->what == SCHEDULE_CSV))
		return err_set(err, ERR_USAGE, "--csv FILE and `csv` go together");
	if (path.len == 0)
		return 0;
	if (read_input(args->arena, path.at, &text, err) < 0 ||
	    run_keep_file(args->engine, plan, text, path, &id, err) < 0)
		return err_pass(err);
	s->argument = out_number(args->arena, id);
	return 0;
}

static int add_schedule(struct cli_args *args, struct err *err)
{
	struct schedule_edit edit = { .act = SCHEDULE_ADD, .why = why_of(args) };
	struct schedule *s = &edit.schedule;
	struct plan *plan;
	int code;

	*s = (struct schedule) { .rule = args->positional[2], .zone = cli_value(args, "zone") };
	if (!schedule_what_of_name(args->positional[1], &s->what) || s->rule.len == 0)
		return err_set(err, ERR_USAGE,
		               "say what and when: suture schedule add delta|import|csv \"every 15 minutes\"");
	if (plan_open(args->engine, args->positional[3], &plan, err) < 0)
		return err_pass(err);
	s->sync_id = plan->sync_id;
	code = keep_file(args, plan, s, err);
	plan_close(&plan);
	return code < 0 ? code : report_schedule(args, &edit, err);
}

static int edit_schedule(struct cli_args *args, enum schedule_act act, struct err *err)
{
	struct schedule_edit edit = { .act = act, .why = why_of(args) };

	edit.schedule.rule = args->positional[2];
	edit.schedule.zone = cli_value(args, "zone");
	if (!str_to_i64(args->positional[1], &edit.schedule.id) || edit.schedule.id <= 0)
		return err_set(err, ERR_USAGE, "say which schedule, by its number; `suture schedule` lists them");
	if ((act == SCHEDULE_CHANGE) != (edit.schedule.rule.len > 0))
		return err_set(err, ERR_USAGE,
		               "a rule goes with `change`: suture schedule change 3 \"every 10 minutes\"");
	return report_schedule(args, &edit, err);
}

int cmd_schedule(struct cli_args *args, struct err *err)
{
	static const struct {
		const char *word;
		enum schedule_act act;
	} acts[] = { { "remove", SCHEDULE_REMOVE },
		     { "pause", SCHEDULE_PAUSE },
		     { "resume", SCHEDULE_RESUME },
		     { "change", SCHEDULE_CHANGE } };
	struct str word = args->positional[0];

	if (word.len == 0 || str_eq(word, STR("list")))
		return list_schedules(args, err);
	if (str_eq(word, STR("add")))
		return add_schedule(args, err);
	for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
		if (str_eq_c(word, acts[i].word))
			return edit_schedule(args, acts[i].act, err);
	}
	return err_set(err, ERR_USAGE, "'%.*s' is none of list, add, change, pause, resume, remove", STR_ARG(word));
}

/* ---- drift ---- */

static int list_drift(struct cli_args *args, struct err *err)
{
	static const struct out_column columns[] = { { "sync", OUT_TEXT },     { "side", OUT_TEXT },
		                                     { "field", OUT_ID },      { "what", OUT_TEXT },
		                                     { "since", OUT_TIME },    { "healed", OUT_TIME },
		                                     { "message", OUT_WHOLE }, { 0 } };
	struct sync_row *syncs;
	struct drift *all;
	struct out out;
	size_t count, sync_count;
	bool open = false;

	if (catalog_syncs(args->engine, args->arena, &syncs, &sync_count, err) < 0 ||
	    drift_list(args->engine, args->arena, 0, cli_has(args, "healed"), &all, &count, err) < 0)
		return err_pass(err);
	out_begin(&out, args, columns, "every mapped field is as it was when it was last fine");
	for (size_t i = 0; i < count; i++) {
		const struct drift *d = &all[i];
		const struct str cells[] = { sync_name(args, syncs, sync_count, d->sync_id),
			                     d->side == SIDE_EMR ? STR("emr") : STR("crm"),
			                     d->field,
			                     str_of(drift_what_name(d->what)),
			                     out_time(args->arena, d->since_ms),
			                     out_time(args->arena, d->healed_ms),
			                     d->message };

		out_row(&out, cells);
		open = open || d->healed_ms == 0;
	}
	out_end(&out);
	return open ? EXIT_SOME_FAILED : EXIT_DONE;
}

static int accept_drift(struct cli_args *args, struct err *err)
{
	struct json *all = json_new(args->arena, JSON_OBJECT);
	struct str field = args->positional[2];
	struct plan *plan;
	int64_t sync_id;
	enum side side;

	if (side_of_word(args->positional[1], &side, err) < 0)
		return err_pass(err);
	if (field.len == 0)
		return err_set(err, ERR_USAGE, "say which field: suture drift accept crm MailingCity");
	if (plan_open(args->engine, args->positional[3], &plan, err) < 0)
		return err_pass(err);
	sync_id = plan->sync_id;
	plan_close(&plan);
	if (drift_accept_noted(args->engine, sync_id, side, field, why_of(args), err) < 0)
		return err_pass(err);
	json_set(all, STR("accepted"), json_new_text(args->arena, field));
	out_object(args, all);
	return EXIT_DONE;
}

int cmd_drift(struct cli_args *args, struct err *err)
{
	struct str word = args->positional[0];

	if (word.len == 0 || str_eq(word, STR("list")))
		return list_drift(args, err);
	if (str_eq(word, STR("accept")))
		return accept_drift(args, err);
	return err_set(err, ERR_USAGE, "'%.*s' is none of list, accept", STR_ARG(word));
}

/* ---- budget ---- */

static struct str limit_text(struct cli_args *args, int64_t n)
{
	return n == INT64_MAX || n == 0 ? STR_EMPTY : out_number(args->arena, n);
}

static void print_budget(struct cli_args *args, const struct budget_line *lines, size_t count)
{
	static const struct out_column columns[] = { { "connection", OUT_TEXT },   { "today", OUT_NUMBER },
		                                     { "read", OUT_NUMBER, true }, { "write", OUT_NUMBER, true },
		                                     { "used", OUT_NUMBER },       { "allowance", OUT_NUMBER },
		                                     { "told_by", OUT_TEXT },      { "reserve", OUT_NUMBER },
		                                     { "left", OUT_NUMBER },       { "resets", OUT_TIME },
		                                     { "needed", OUT_NUMBER },     { 0 } };
	struct out out;

	out_begin(&out, args, columns, "no connection was used yet");
	for (size_t i = 0; i < count; i++) {
		const struct budget_line *l = &lines[i];
		const struct str cells[] = { l->connection,
			                     out_number(args->arena, l->ours),
			                     out_number(args->arena, l->by_use[HTTP_USE_READ]),
			                     out_number(args->arena, l->by_use[HTTP_USE_WRITE]),
			                     out_number(args->arena, l->used),
			                     limit_text(args, l->allowance),
			                     l->allowance == 0 ? STR("nobody")
			                     : l->told         ? STR("far side")
			                                       : STR("setting"),
			                     limit_text(args, l->reserve),
			                     l->left == INT64_MAX ? STR_EMPTY : out_number(args->arena, l->left),
			                     out_time(args->arena, l->reset_ms),
			                     out_number(args->arena, l->need) };

		out_row(&out, cells);
	}
	out_end(&out);
	out_hint(args,
	         "\ntoday: our calls since midnight UTC. left: to batches and the delta, the reserve is kept for "
	         "people. "
	         "needed: by schedules and what is owed, until it resets; without events, which nobody can know.");
}

int cmd_budget(struct cli_args *args, struct err *err)
{
	struct budget_line *lines;
	size_t count;

	if (budget_forecast(args->engine, args->arena, !cli_has(args, "offline"), &lines, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		if (lines[i].silent.len)
			fprintf(stderr, "%.*s could not be asked: %.*s\n", STR_ARG(lines[i].connection),
			        STR_ARG(lines[i].silent));
	print_budget(args, lines, count);
	return EXIT_DONE;
}

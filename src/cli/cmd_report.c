/* report: what became of a run: for people with what to do next, as JSON, or every record as CSV (R33). */
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/report.h"
#include "lib/limits.h"
#include "sync/run_report.h"

const char *plural(int64_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

int page_options(const struct cli_args *args, int64_t *ret_after, size_t *ret_limit, struct err *err)
{
	int64_t limit;

	if (cli_number(args, "after", 0, ret_after, err) < 0 || cli_number(args, "limit", 100, &limit, err) < 0)
		return err_pass(err);
	if (limit < 1 || limit > 100000)
		return err_set(err, ERR_USAGE, "--limit takes 1 to 100000");
	*ret_limit = (size_t)limit;
	return 0;
}

void page_told(const struct cli_args *args, size_t count, size_t limit, int64_t last_id)
{
	if (!args->json && count == limit && limit > 1)
		fprintf(stderr, "%zu rows; there may be more: --after %lld, or a larger --limit\n", count,
		        (long long)last_id);
}

/* ---- one run ---- */

struct tally {
	const struct run *run;
	int64_t counts[OUTCOME_COUNT], read, pending;
};

static struct json *summary_of(struct arena *arena, const struct tally *t)
{
	struct json *summary = json_new(arena, JSON_OBJECT);
	const struct run *run = t->run;

	json_set(summary, STR("run"), json_new_int(arena, run->id));
	json_set(summary, STR("batch_id"), json_new_text(arena, run->batch_id));
	json_set(summary, STR("kind"), json_new_text(arena, run->kind));
	json_set(summary, STR("state"), json_new_text(arena, str_of(run_state_name(run->state))));
	json_set(summary, STR("read"), json_new_int(arena, t->read));
	for (int i = OUTCOME_NONE; i < OUTCOME_COUNT; i++)
		json_set(summary, str_of(outcome_name((enum outcome)i)), json_new_int(arena, t->counts[i]));
	if (run->input_id)
		json_set(summary, STR("rows_ignored"), json_new_int(arena, run->ignored));
	json_set(summary, STR("back_references_pending"), json_new_int(arena, t->pending));
	if (run->ended_ms)
		json_set(summary, STR("seconds"),
		         json_new_number(
		                 arena, arena_printf(arena, "%.3f", (double)(run->ended_ms - run->started_ms) / 1000)));
	return summary;
}

void report_counts(const int64_t *counts, int64_t read)
{
	printf("%8lld  read\n", (long long)read);
	for (int i = OUTCOME_NONE; i < OUTCOME_COUNT; i++) {
		enum outcome outcome = (enum outcome)i;

		if (counts[i])
			printf("%8lld  %-18s %s\n", (long long)counts[i], outcome_name(outcome),
			       outcome_meaning(outcome));
		else if (outcome == OUTCOME_FAILED)
			printf("%8d  failed\n", 0);
	}
}

static void print_next(const struct tally *t)
{
	const long long id = t->run->id;

	if (t->run->state != RUN_DONE)
		printf("\nThis run is not finished; `suture import %.*s%s` goes on with it.\n",
		       STR_ARG(t->run->sync_name), t->run->input_id ? " --resume" : "");
	if (t->pending)
		printf("\n%lld back-%s owed to the EMR and %s at its pace; `suture drain %.*s` delivers them.\n",
		       (long long)t->pending, plural(t->pending, "reference is", "references are"),
		       plural(t->pending, "goes", "go"), STR_ARG(t->run->sync_name));
	if (t->counts[OUTCOME_FAILED])
		printf("\n`suture staged --failed --run %lld` says what is wrong with each; mend it, then `suture "
		       "retry --run "
		       "%lld`.\n",
		       id, id);
	if (t->counts[OUTCOME_SKIPPED_AMBIGUOUS] || t->counts[OUTCOME_SKIPPED_LINKED])
		printf("\nA person decides on those that were skipped; `suture log --run %lld` names the records that "
		       "fit.\n",
		       id);
}

static void print_report(struct arena *arena, const struct tally *t)
{
	const struct run *run = t->run;
	struct str at = out_short_time(arena, out_time(arena, run->started_ms));

	printf("Run %lld (%.*s) of sync %.*s: %s\nstarted %.*s by %.*s", (long long)run->id, STR_ARG(run->batch_id),
	       STR_ARG(run->sync_name), run_state_name(run->state), STR_ARG(at), STR_ARG(run->who));
	if (run->ended_ms)
		printf(", %.2f s", (double)(run->ended_ms - run->started_ms) / 1000);
	printf("\n");
	if (run->error.len && run->state != RUN_DONE)
		printf("stopped by: %.*s\n", STR_ARG(run->error));
	printf("\n");
	report_counts(t->counts, t->read);
	if (run->ignored)
		printf("%8lld  ignored            rows of the file that hold no id (R35)\n", (long long)run->ignored);
	print_next(t);
}

int report_run(struct cli_args *args, const struct run *run, struct err *err)
{
	struct tally t = { .run = run };

	if (stage_counts(args->engine, run->id, t.counts, err) < 0 ||
	    run_pending(args->engine, run->sync_id, &t.pending, err) < 0)
		return err_pass(err);
	for (int i = OUTCOME_NONE; i < OUTCOME_COUNT; i++)
		t.read += t.counts[i];
	if (args->json)
		out_object(args, summary_of(args->arena, &t));
	else
		print_report(args->arena, &t);
	return t.counts[OUTCOME_FAILED] ? EXIT_SOME_FAILED : EXIT_DONE;
}

/* ---- CSV ---- */

static int report_csv(struct cli_args *args, const struct run *run, struct staged_filter *filter, struct err *err)
{
	bool header = true, last = false;

	filter->limit = 500;
	while (!last) {
		SCOPED(buf) struct buf page = BUF_INIT(LIMIT_HTTP_BODY);

		if (header)
			run_csv_header(&page);
		header = false;
		if (run_csv_page(args->engine, run, filter, &page, &last, err) < 0)
			return err_pass(err);
		fwrite(buf_text(&page), 1, page.len, stdout);
	}
	return EXIT_DONE;
}

/* ---- the command ---- */

static int check_options(struct cli_args *args, struct staged_filter *filter, struct err *err)
{
	if (cli_has(args, "outcome") &&
	    (!outcome_of_name(cli_value(args, "outcome"), &filter->outcome) || filter->outcome == OUTCOME_NONE))
		return err_set(err, ERR_USAGE, "unknown outcome '%.*s'; `suture report --help` lists them",
		               STR_ARG(cli_value(args, "outcome")));
	if (cli_has(args, "csv") && args->json)
		return err_set(err, ERR_USAGE, "--csv and --json exclude each other");
	if (!cli_has(args, "outcome") && (cli_has(args, "after") || cli_has(args, "limit")))
		return err_set(err, ERR_USAGE,
		               "--after and --limit go with --outcome; --csv gives every record of the run");
	return page_options(args, &filter->after_id, &filter->limit, err);
}

int cmd_report(struct cli_args *args, struct err *err)
{
	struct staged_filter filter = { 0 };
	struct run run;

	if (check_options(args, &filter, err) < 0 ||
	    run_find(args->engine, args->arena, args->positional[0], &run, err) < 0)
		return err_pass(err);
	filter.run_id = run.id;
	if (cli_has(args, "csv"))
		return report_csv(args, &run, &filter, err);
	if (cli_has(args, "outcome"))
		return report_staged(args, &filter, "no record of the run has this outcome", err);
	return report_run(args, &run, err);
}

int report_staged(struct cli_args *args, const struct staged_filter *filter, const char *empty, struct err *err)
{
	static const struct out_column columns[] = { { "id", OUT_NUMBER },       { "run", OUT_NUMBER },
		                                     { "side", OUT_TEXT, true }, { "record", OUT_ID },
		                                     { "door", OUT_TEXT, true }, { "state", OUT_TEXT, true },
		                                     { "outcome", OUT_ID },      { "code", OUT_ID },
		                                     { "field", OUT_TEXT },      { "received", OUT_TIME, true },
		                                     { "reason", OUT_WHOLE },    { 0 } };
	struct staged *rows;
	struct out out;
	size_t count;

	if (stage_list(args->engine, args->arena, filter, &rows, &count, err) < 0)
		return err_pass(err);
	out_begin(&out, args, columns, empty);
	for (size_t i = 0; i < count; i++) {
		const struct staged *s = &rows[i];
		const struct str cells[] = { out_number(args->arena, s->id),
			                     out_id(args->arena, s->run_id),
			                     s->side == SIDE_CRM ? STR("crm") : STR("emr"),
			                     s->record_id,
			                     str_of(door_name(s->door)),
			                     str_of(staged_state_name(s->state)),
			                     str_of(outcome_name(s->outcome)),
			                     s->error_code,
			                     s->error_field,
			                     out_time(args->arena, s->received_ms),
			                     s->reason };

		out_row(&out, cells);
	}
	out_end(&out);
	if (count)
		page_told(args, count, filter->limit, rows[count - 1].id);
	return EXIT_DONE;
}

/* runs, report, staged, retry, links, conflicts, log, audit: what is there, and what became of it. */
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/out.h"
#include "cli/report.h"
#include "codec/csv.h"
#include "lib/limits.h"
#include "sync/audit.h"
#include "sync/catalog.h"
#include "sync/journal.h"
#include "sync/link.h"
#include "sync/review.h"
#include "sync/run.h"
#include "sync/stage.h"

static int page_options(const struct cli_args *args, int64_t *ret_after, size_t *ret_limit, struct err *err)
{
	int64_t limit;

	if (cli_number(args, "after", 0, ret_after, err) < 0 || cli_number(args, "limit", 100, &limit, err) < 0)
		return err_pass(err);
	if (limit < 1 || limit > 100000)
		return err_set(err, ERR_USAGE, "--limit takes 1 to 100000");
	*ret_limit = (size_t)limit;
	return 0;
}

static int run_option(struct cli_args *args, int64_t *ret_id, struct err *err)
{
	struct run run;

	*ret_id = 0;
	if (!cli_has(args, "run"))
		return 0;
	if (run_find(args->engine, args->arena, cli_value(args, "run"), &run, err) < 0)
		return err_pass(err);
	*ret_id = run.id;
	return 0;
}

int cmd_runs(struct cli_args *args, struct err *err)
{
	static const char *const columns[] = { "run", "batch_id", "sync",  "kind",  "state", "read",
		                               "who", "started",  "ended", "error", NULL };
	struct run *runs;
	struct out out;
	int64_t limit;
	size_t count;

	if (cli_number(args, "limit", 20, &limit, err) < 0 ||
	    run_list(args->engine, args->arena, (size_t)limit, &runs, &count, err) < 0)
		return err_pass(err);
	out_begin(&out, args, columns, "nothing has run yet; `suture import` starts the first run");
	for (size_t i = 0; i < count; i++) {
		const struct run *r = &runs[i];
		const struct str cells[] = { out_number(args->arena, r->id),
			                     r->batch_id,
			                     r->sync_name,
			                     r->kind,
			                     str_of(run_state_name(r->state)),
			                     out_number(args->arena, r->read),
			                     r->who,
			                     out_time(args->arena, r->started_ms),
			                     out_time(args->arena, r->ended_ms),
			                     r->error };

		out_row(&out, cells);
	}
	out_end(&out);
	return EXIT_DONE;
}

int report_run(struct cli_args *args, const struct run *run, struct err *err)
{
	struct json *summary = json_new(args->arena, JSON_OBJECT);
	int64_t counts[OUTCOME_COUNT], pending, read = 0;

	if (stage_counts(args->engine, run->id, counts, err) < 0 ||
	    run_pending(args->engine, run->sync_id, &pending, err) < 0)
		return err_pass(err);
	for (int i = OUTCOME_NONE; i < OUTCOME_COUNT; i++)
		read += counts[i];
	json_set(summary, STR("run"), json_new_int(args->arena, run->id));
	json_set(summary, STR("batch_id"), json_new_text(args->arena, run->batch_id));
	json_set(summary, STR("state"), json_new_text(args->arena, str_of(run_state_name(run->state))));
	json_set(summary, STR("read"), json_new_int(args->arena, read));
	for (int i = OUTCOME_NONE; i < OUTCOME_COUNT; i++)
		json_set(summary, str_of(outcome_name((enum outcome)i)), json_new_int(args->arena, counts[i]));
	json_set(summary, STR("back_references_pending"), json_new_int(args->arena, pending));
	if (run->ended_ms)
		json_set(summary, STR("seconds"),
		         json_new_number(args->arena, arena_printf(args->arena, "%.3f",
		                                                   (double)(run->ended_ms - run->started_ms) / 1000)));
	out_object(args, summary);
	return counts[OUTCOME_FAILED] ? EXIT_SOME_FAILED : EXIT_DONE;
}

static void csv_line(const struct str *cells, size_t count)
{
	SCOPED(buf) struct buf line = BUF_INIT(LIMIT_PAYLOAD);

	for (size_t i = 0; i < count; i++)
		csv_write_cell(&line, cells[i], i == 0);
	csv_write_end(&line);
	fwrite(buf_text(&line), 1, line.len, stdout);
}

/* R33: every record of the run. The linked CRM id is looked up by the link. */
static int report_csv(struct cli_args *args, struct staged_filter *filter, struct err *err)
{
	static const struct str header[] = { { "batch_sync_id", 13 }, { "emr_id", 6 }, { "crm_id", 6 },
		                             { "outcome", 7 },        { "reason", 6 }, { "error_code", 10 },
		                             { "error_field", 11 } };
	struct run run;

	if (run_find(args->engine, args->arena, out_number(args->arena, filter->run_id), &run, err) < 0)
		return err_pass(err);
	csv_line(header, ARRAY_LEN(header));
	for (;;) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		struct staged *rows;
		size_t count;

		filter->limit = 500;
		if (stage_list(args->engine, &arena, filter, &rows, &count, err) < 0)
			return err_pass(err);
		for (size_t i = 0; i < count; i++) {
			struct str crm_id = STR_EMPTY;

			filter->after_id = rows[i].id;
			if (rows[i].state == STAGED_SUPERSEDED)
				continue;
			if (rows[i].link_id && link_crm_id(args->engine, &arena, rows[i].link_id, &crm_id, err) < 0)
				return err_pass(err);
			csv_line((const struct str[]) { run.batch_id, rows[i].record_id, crm_id,
			                                str_of(outcome_name(rows[i].outcome)), rows[i].reason,
			                                rows[i].error_code, rows[i].error_field },
			         ARRAY_LEN(header));
		}
		if (count < filter->limit)
			return EXIT_DONE;
	}
}

static int print_staged(struct cli_args *args, const struct staged_filter *filter, struct err *err);

int cmd_report(struct cli_args *args, struct err *err)
{
	struct staged_filter filter = { 0 };
	struct run run;

	if (run_find(args->engine, args->arena, args->positional[0], &run, err) < 0)
		return err_pass(err);
	filter.run_id = run.id;
	if (cli_has(args, "outcome") && !outcome_of_name(cli_value(args, "outcome"), &filter.outcome))
		return err_set(err, ERR_USAGE, "unknown outcome '%.*s'; `suture report --help` lists them",
		               STR_ARG(cli_value(args, "outcome")));
	if (cli_has(args, "csv"))
		return report_csv(args, &filter, err);
	if (cli_has(args, "outcome")) {
		filter.limit = 1000;
		return print_staged(args, &filter, err);
	}
	return report_run(args, &run, err);
}

static int print_staged(struct cli_args *args, const struct staged_filter *filter, struct err *err)
{
	static const char *const columns[] = { "id",   "run",   "record",   "door",   "state", "outcome",
		                               "code", "field", "received", "reason", NULL };
	struct staged *rows;
	struct out out;
	size_t count;

	if (stage_list(args->engine, args->arena, filter, &rows, &count, err) < 0)
		return err_pass(err);
	out_begin(&out, args, columns, filter->failed ? "nothing has failed" : "no payload is staged yet");
	for (size_t i = 0; i < count; i++) {
		const struct staged *s = &rows[i];
		const struct str cells[] = { out_number(args->arena, s->id),
			                     s->run_id ? out_number(args->arena, s->run_id) : STR_EMPTY,
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
	return EXIT_DONE;
}

static int show_bytes(struct cli_args *args, int64_t id, struct err *err)
{
	struct staged staged = { .id = id };
	struct str bytes;

	if (audit_note(args->engine, "look", arena_printf(args->arena, "staged payload %lld", (long long)id), STR_EMPTY,
	               STR_EMPTY, NULL, err) < 0 ||
	    stage_bytes(args->engine, args->arena, &staged, &bytes, err) < 0)
		return err_pass(err);
	fwrite(bytes.at, 1, bytes.len, stdout);
	putchar('\n');
	return EXIT_DONE;
}

int cmd_staged(struct cli_args *args, struct err *err)
{
	struct staged_filter filter = { .failed = cli_has(args, "failed"), .code = cli_value(args, "code") };
	int64_t id;

	if (page_options(args, &filter.after_id, &filter.limit, err) < 0 || run_option(args, &filter.run_id, err) < 0 ||
	    cli_number(args, "id", 0, &id, err) < 0)
		return err_pass(err);
	if (id && cli_has(args, "show"))
		return show_bytes(args, id, err);
	if (id) {
		filter.after_id = id - 1;
		filter.limit = 1;
	}
	return print_staged(args, &filter, err);
}

static int retry_ids(struct cli_args *args, int64_t **ret, size_t *ret_count, struct err *err)
{
	struct staged_filter filter = { .failed = true, .code = cli_value(args, "code"), .limit = 10000 };
	struct staged *rows;
	int64_t id;

	if (run_option(args, &filter.run_id, err) < 0)
		return err_pass(err);
	if (args->positional_count) {
		if (!str_to_i64(args->positional[0], &id))
			return err_set(err, ERR_USAGE,
			               "'%.*s' is no payload number; `suture staged --failed` lists them",
			               STR_ARG(args->positional[0]));
		*ret = arena_new(args->arena, int64_t);
		**ret = id;
		*ret_count = 1;
		return 0;
	}
	if (!cli_has(args, "code") && !cli_has(args, "run"))
		return err_set(err, ERR_USAGE, "say what to retry: a payload's number, --code CODE or --run RUN");
	if (stage_list(args->engine, args->arena, &filter, &rows, ret_count, err) < 0)
		return err_pass(err);
	*ret = arena_new_array(args->arena, int64_t, *ret_count);
	for (size_t i = 0; i < *ret_count; i++)
		(*ret)[i] = rows[i].id;
	return 0;
}

int cmd_retry(struct cli_args *args, struct err *err)
{
	struct json *result = json_new(args->arena, JSON_OBJECT);
	struct retried retried;
	struct plan *plan;
	int64_t *ids;
	size_t count;
	int code;

	if (retry_ids(args, &ids, &count, err) < 0 || plan_open(args->engine, STR_EMPTY, &plan, err) < 0)
		return err_pass(err);
	code = run_retry(args->engine, plan, ids, count, &retried, err);
	plan_close(&plan);
	if (code < 0)
		return code;
	json_set(result, STR("tried"), json_new_int(args->arena, retried.tried));
	json_set(result, STR("through"), json_new_int(args->arena, retried.through));
	json_set(result, STR("failed"), json_new_int(args->arena, retried.failed));
	out_object(args, result);
	return retried.failed ? EXIT_SOME_FAILED : EXIT_DONE;
}

int cmd_links(struct cli_args *args, struct err *err)
{
	static const char *const columns[] = { "id", "emr_id", "crm_id", "state", "how", "created", "settled", NULL };
	static const char *const states[] = { "linked", "making", "ended" };
	struct link_filter filter = { .emr_id = cli_value(args, "emr"), .crm_id = cli_value(args, "crm") };
	struct link *links;
	struct out out;
	size_t count;

	if (page_options(args, &filter.after_id, &filter.limit, err) < 0 ||
	    link_list(args->engine, args->arena, &filter, &links, &count, err) < 0)
		return err_pass(err);
	out_begin(&out, args, columns, "no pair is linked");
	for (size_t i = 0; i < count; i++) {
		const struct link *l = &links[i];
		const struct str cells[] = { out_number(args->arena, l->id),
			                     l->emr_id,
			                     l->crm_id,
			                     str_of(states[l->state]),
			                     l->how,
			                     out_time(args->arena, l->created_ms),
			                     out_time(args->arena, l->settled_ms) };

		out_row(&out, cells);
	}
	out_end(&out);
	return EXIT_DONE;
}

int cmd_conflicts(struct cli_args *args, struct err *err)
{
	static const char *const columns[] = { "id",      "link",           "payload", "field", "winner",
		                               "waiting", "policy_version", "at",      NULL };
	struct conflict *all;
	struct out out;
	int64_t after;
	size_t limit, count;

	if (page_options(args, &after, &limit, err) < 0 ||
	    conflict_list(args->engine, args->arena, after, limit, &all, &count, err) < 0)
		return err_pass(err);
	out_begin(&out, args, columns, "both sides never changed the same field");
	for (size_t i = 0; i < count; i++) {
		const struct conflict *c = &all[i];
		const struct str cells[] = { out_number(args->arena, c->id),
			                     out_number(args->arena, c->link_id),
			                     out_number(args->arena, c->staged_id),
			                     c->field,
			                     c->winner,
			                     c->waiting ? STR("yes") : STR("no"),
			                     out_number(args->arena, c->policy_version),
			                     out_time(args->arena, c->at_ms) };

		out_row(&out, cells);
	}
	out_end(&out);
	return EXIT_DONE;
}

int cmd_log(struct cli_args *args, struct err *err)
{
	static const char *const columns[] = { "id",      "at",     "level",  "code", "run",
		                               "payload", "emr_id", "crm_id", "text", NULL };
	struct journal_filter filter = { .at_least = LEVEL_INFO };
	struct journal_entry *all;
	struct out out;
	size_t count;

	if (cli_has(args, "level") && !level_of_name(cli_value(args, "level"), &filter.at_least))
		return err_set(err, ERR_USAGE, "unknown level '%.*s': debug, info, error or exception",
		               STR_ARG(cli_value(args, "level")));
	if (page_options(args, &filter.after_id, &filter.limit, err) < 0 || run_option(args, &filter.run_id, err) < 0 ||
	    journal_list(args->engine, args->arena, &filter, &all, &count, err) < 0)
		return err_pass(err);
	out_begin(&out, args, columns, "the log is empty");
	for (size_t i = 0; i < count; i++) {
		const struct journal_entry *e = &all[i];
		const struct str cells[] = { out_number(args->arena, e->id),
			                     out_time(args->arena, e->at_ms),
			                     str_of(level_name(e->level)),
			                     e->code,
			                     e->run_id ? out_number(args->arena, e->run_id) : STR_EMPTY,
			                     e->staged_id ? out_number(args->arena, e->staged_id) : STR_EMPTY,
			                     e->emr_id,
			                     e->crm_id,
			                     e->text };

		out_row(&out, cells);
	}
	out_end(&out);
	return EXIT_DONE;
}

int cmd_audit(struct cli_args *args, struct err *err)
{
	static const char *const columns[] = { "id", "at", "who", "action", "subject", "before", "after", "why", NULL };
	struct audit_entry *all;
	struct out out;
	int64_t after, rows;
	size_t limit, count;

	if (cli_has(args, "verify")) {
		if (audit_verify(args->engine, &rows, err) < 0)
			return err_pass(err);
		printf(args->json ? "{\"rows\":%lld,\"intact\":true}\n" : "%lld rows, the chain is intact\n",
		       (long long)rows);
		return EXIT_DONE;
	}
	if (page_options(args, &after, &limit, err) < 0 ||
	    audit_list(args->engine, args->arena, after, limit, &all, &count, err) < 0)
		return err_pass(err);
	out_begin(&out, args, columns, "the audit trail is empty");
	for (size_t i = 0; i < count; i++) {
		const struct audit_entry *e = &all[i];
		const struct str cells[] = { out_number(args->arena, e->id),
			                     out_time(args->arena, e->at_ms),
			                     e->who,
			                     e->action,
			                     e->subject,
			                     e->before,
			                     e->after,
			                     e->why };

		out_row(&out, cells);
	}
	out_end(&out);
	return EXIT_DONE;
}

/* import, its dry run, preview, drain: the commands that move data. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/out.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/verdicts.h"
#include "sync/audit.h"
#include "sync/catalog.h"
#include "sync/run.h"

/* ---- dry run ---- */

/* The same road on a scratch copy of the database: reads from both systems, writes to none. */
static int dry_import(struct cli_args *args, struct verdicts *verdicts, struct run *ret, struct err *err)
{
	struct progress_bar bar;
	struct engine *scratch;
	struct plan *plan = NULL;
	int code;

	if (args->host->open_scratch(args->engine, &scratch, err) < 0)
		return err_pass(err);
	scratch->on_verdict = verdicts_take;
	scratch->on_verdict_context = verdicts;
	progress_begin(&bar, cli_has(args, "quiet"));
	code = plan_open(scratch, args->positional[0], &plan, err);
	if (code == 0)
		code = run_import(scratch, plan, progress_show, &bar, ret, args->arena, err);
	progress_end(&bar);
	plan_close(&plan);
	args->host->close(&scratch);
	return code;
}

static struct json *verdict_summary(struct arena *arena, const struct verdicts *v)
{
	struct json *summary = json_new(arena, JSON_OBJECT);
	int64_t read = 0;

	for (int i = OUTCOME_NONE; i < OUTCOME_COUNT; i++)
		read += v->counts[i];
	json_set(summary, STR("dry_run"), json_new_bool(arena, true));
	json_set(summary, STR("read"), json_new_int(arena, read));
	for (int i = OUTCOME_CREATED; i < OUTCOME_COUNT; i++)
		json_set(summary, str_of(outcome_name((enum outcome)i)), json_new_int(arena, v->counts[i]));
	json_set(summary, STR("records_changed"), json_new_int(arena, v->records_changed));
	json_set(summary, STR("fields_to_crm"), json_new_int(arena, v->fields_to_crm));
	json_set(summary, STR("fields_to_emr"), json_new_int(arena, v->fields_to_emr));
	return summary;
}

static int open_csv(struct cli_args *args, struct verdicts *v, struct err *err)
{
	struct str path = cli_value(args, "csv");
	int fd;

	if (path.len == 0)
		return 0;
	fd = open(path.at, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, "write %s", path.at);
	v->csv = fdopen(fd, "w");
	must(v->csv != NULL);
	verdicts_csv_header(v->csv);
	return audit_note(args->engine, "export", STR("dry run with patient data"), STR_EMPTY, STR_EMPTY, NULL, err);
}

static int close_csv(struct cli_args *args, struct verdicts *v, struct err *err)
{
	if (!v->csv)
		return 0;
	if (fclose(v->csv) != 0 || v->write_failed)
		return err_errno(err, "write %s", cli_value(args, "csv").at);
	return 0;
}

static int cmd_dry_run(struct cli_args *args, struct err *err)
{
	struct verdicts verdicts = { 0 };
	struct run run;
	struct err csv_err = ERR_INIT;
	int code;

	if (open_csv(args, &verdicts, err) < 0)
		return err_pass(err);
	code = dry_import(args, &verdicts, &run, err);
	if (close_csv(args, &verdicts, &csv_err) < 0 && code == 0) {
		*err = csv_err;
		code = err->code;
	}
	if (code < 0)
		return code;
	out_object(args, verdict_summary(args->arena, &verdicts));
	return verdicts.counts[OUTCOME_FAILED] ? EXIT_SOME_FAILED : EXIT_DONE;
}

/* ---- import ---- */

static int check_max_change(struct cli_args *args, struct err *err)
{
	struct str text = cli_value(args, "max-change");
	struct verdicts verdicts = { 0 };
	struct run run;
	double most, share;
	int64_t read = 0;

	if (text.len == 0)
		return 0;
	if (!str_ends(text, STR("%")) || !str_to_double(str_range(text.at, text.len - 1), &most) || most < 0 ||
	    most > 100)
		return err_set(err, ERR_USAGE, "--max-change needs a share such as 5%%");
	if (dry_import(args, &verdicts, &run, err) < 0)
		return err_pass(err);
	for (int i = OUTCOME_NONE; i < OUTCOME_COUNT; i++)
		read += verdicts.counts[i];
	share = read ? 100.0 * (double)verdicts.records_changed / (double)read : 0;
	if (share <= most)
		return 0;
	return err_set(err, ERR_LIMIT,
	               "the run would write to %lld of %lld records (%.1f %%), more than --max-change %.*s: nothing "
	               "was written; "
	               "`suture import --dry-run --csv FILE` shows every change",
	               (long long)verdicts.records_changed, (long long)read, share, STR_ARG(text));
}

int cmd_import(struct cli_args *args, struct err *err)
{
	struct progress_bar bar;
	struct plan *plan;
	struct run run = { 0 };
	int code;

	if (cli_has(args, "dry-run"))
		return cmd_dry_run(args, err);
	if (check_max_change(args, err) < 0 || plan_open(args->engine, args->positional[0], &plan, err) < 0)
		return err_pass(err);
	progress_begin(&bar, cli_has(args, "quiet"));
	code = run_import(args->engine, plan, progress_show, &bar, &run, args->arena, err);
	progress_end(&bar);
	plan_close(&plan);
	if (code < 0)
		return run.id ? err_wrap(err, "run %.*s (call `suture import` again to go on)", STR_ARG(run.batch_id))
		              : code;
	return report_run(args, &run, err);
}

int cmd_drain(struct cli_args *args, struct err *err)
{
	struct progress_bar bar;
	struct plan *plan;
	int code;

	if (plan_open(args->engine, args->positional[0], &plan, err) < 0)
		return err_pass(err);
	progress_begin(&bar, cli_has(args, "quiet"));
	code = run_settle(args->engine, plan, true, progress_show, &bar, err);
	progress_end(&bar);
	plan_close(&plan);
	if (code < 0)
		return code;
	printf(args->json ? "{\"drained\":true}\n" : "nothing is owed any more\n");
	return EXIT_DONE;
}

/* ---- preview ---- */

static void preview_verdict(void *context, const struct verdict *v)
{
	static const char *const columns[] = { "field", "emr", "crm", "written_to", "value", "rule", NULL };
	struct cli_args *args = context;
	const struct mapping *m = &v->plan->mapping;
	struct out out;

	if (!args->json)
		printf("EMR record %.*s -> %s%s%.*s: %s\n\n", STR_ARG(v->emr_id), outcome_name(v->outcome),
		       v->crm_id.len ? " with CRM record " : "", STR_ARG(v->crm_id), v->reason ? v->reason : "");
	out_begin(&out, args, columns,
	          v->outcome == OUTCOME_FAILED ? "the payload cannot be read; see above" : "nothing would be written");
	for (size_t i = 0; v->merged && i < m->count; i++) {
		const struct merged *f = &v->merged[i];
		const struct str to = f->write_crm   ? (f->write_emr ? STR("both") : STR("crm"))
		                      : f->write_emr ? STR("emr")
		                                     : STR_EMPTY;
		const struct str cells[] = { m->fields[i].name, v->emr[i].text,
			                     v->crm[i].text,    to,
			                     f->value.text,     str_of(merge_rule_name(f->rule)) };

		out_row(&out, cells);
	}
	out_end(&out);
}

int cmd_preview(struct cli_args *args, struct err *err)
{
	struct engine *scratch;
	struct plan *plan = NULL;
	int code;

	if (args->host->open_scratch(args->engine, &scratch, err) < 0)
		return err_pass(err);
	scratch->on_verdict = preview_verdict;
	scratch->on_verdict_context = args;
	code = plan_open(scratch, args->positional[0], &plan, err);
	if (code == 0)
		code = run_preview(scratch, plan, cli_value(args, "id"), err);
	plan_close(&plan);
	args->host->close(&scratch);
	if (code < 0)
		return code;
	return audit_note(args->engine, "look", arena_printf(args->arena, "preview of one record"), STR_EMPTY,
	                  STR_EMPTY, NULL, err) < 0
	               ? err->code
	               : EXIT_DONE;
}

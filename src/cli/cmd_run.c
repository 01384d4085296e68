/* import (of everything, or of the ids in a file), its dry run, delta, drain: the commands that move data. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/batch.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/verdicts.h"
#include "lib/file.h"
#include "lib/limits.h"
#include "sync/audit.h"
#include "sync/catalog.h"
#include "sync/run.h"

/* ---- what is asked for ---- */

/* R14: the file of ids; without --dry-run --csv names it too. */
static struct str ids_file(const struct cli_args *args)
{
	if (cli_has(args, "ids") || cli_has(args, "dry-run"))
		return cli_value(args, "ids");
	return cli_value(args, "csv");
}

int read_input(struct arena *arena, const char *path, struct str *ret, struct err *err)
{
	if (file_read(arena, path, LIMIT_HTTP_BODY, ret, err) < 0)
		return err_pass(err);
	return ret->len ? 0 : err_set(err, ERR_USAGE, "%s is empty", path);
}

static int read_order(const struct cli_args *args, struct run_order *ret, struct err *err)
{
	struct str file = ids_file(args), slash;

	ret->kind = file.len || cli_has(args, "resume") ? RUN_CSV : RUN_IMPORT;
	if (file.len == 0)
		return 0;
	for (slash = file; str_split(&slash, '/', &ret->csv_name);)
		;
	return read_input(args->arena, file.at, &ret->csv, err);
}

/* ---- dry run ---- */

/* The same road on a scratch copy of the database: reads from both systems, writes to none. */
static int dry_import(struct cli_args *args, struct verdicts *verdicts, struct run *ret, struct err *err)
{
	struct progress_bar bar;
	struct run_order order = { .on_progress = progress_show, .context = &bar };
	struct engine *scratch;
	struct plan *plan = NULL;
	int code;

	if (read_order(args, &order, err) < 0 || args->host->open_scratch(args->engine, &scratch, err) < 0)
		return err_pass(err);
	scratch->on_verdict = verdicts_take;
	scratch->on_verdict_context = verdicts;
	cli_interrupts(scratch);
	progress_begin(&bar, cli_has(args, "quiet"));
	code = plan_open(scratch, args->positional[0], &plan, err);
	if (code == 0)
		code = run_batch(scratch, plan, &order, ret, args->arena, err);
	progress_end(&bar);
	plan_close(&plan);
	cli_interrupts(args->engine);
	args->host->close(&scratch);
	if (code == ERR_ABORTED)
		return err_set(err, ERR_ABORTED, "stopped; nothing was written");
	return code;
}

/* For people: what the import would do, and how to see more of it. */
static void print_verdicts(const struct cli_args *args, const struct verdicts *v)
{
	struct str csv = cli_value(args, "csv");

	printf("Dry run: nothing was written. This is what an import would do.\n\n");
	report_counts(v->figures.counts, figures_read(&v->figures));
	printf("\n%8lld  %s with changes: %lld %s to the CRM, %lld to the EMR\n", (long long)v->figures.records_changed,
	       plural(v->figures.records_changed, "record", "records"), (long long)v->figures.fields_to_crm,
	       plural(v->figures.fields_to_crm, "field", "fields"), (long long)v->figures.fields_to_emr);
	if (csv.len)
		printf("\nEvery change stands in %.*s. It holds patient data: delete it when you are done.\n",
		       STR_ARG(csv));
	else
		printf("\n--csv FILE lists every change, field by field. `suture import` does it.\n");
}

static struct json *verdict_summary(struct arena *arena, const struct verdicts *v)
{
	struct json *summary = json_new(arena, JSON_OBJECT);

	json_set(summary, STR("dry_run"), json_new_bool(arena, true));
	json_set(summary, STR("read"), json_new_int(arena, figures_read(&v->figures)));
	for (int i = OUTCOME_CREATED; i < OUTCOME_COUNT; i++)
		json_set(summary, str_of(outcome_name((enum outcome)i)), json_new_int(arena, v->figures.counts[i]));
	json_set(summary, STR("records_changed"), json_new_int(arena, v->figures.records_changed));
	json_set(summary, STR("fields_to_crm"), json_new_int(arena, v->figures.fields_to_crm));
	json_set(summary, STR("fields_to_emr"), json_new_int(arena, v->figures.fields_to_emr));
	return summary;
}

static int max_change(const struct cli_args *args, double *ret, struct err *err)
{
	struct str text = cli_value(args, "max-change");

	*ret = 100;
	if (text.len == 0)
		return 0;
	if (!str_ends(text, STR("%")) || !str_to_double(str_range(text.at, text.len - 1), ret) || *ret < 0 ||
	    *ret > 100)
		return err_set(err, ERR_USAGE, "--max-change needs a share such as 5%%");
	return 0;
}

static int refuse_change(const struct cli_args *args, const struct verdicts *v, struct err *err)
{
	int64_t read = figures_read(&v->figures);
	double share = read ? 100.0 * (double)v->figures.records_changed / (double)read : 0, most;

	if (max_change(args, &most, err) < 0)
		return err_pass(err);
	if (share <= most)
		return 0;
	return err_set(
	        err, ERR_LIMIT,
	        "the run would write to %lld of %lld records (%.1f %%), more than --max-change %.*s: nothing was "
	        "written; `suture import --dry-run --csv FILE` shows every change",
	        (long long)v->figures.records_changed, (long long)read, share, STR_ARG(cli_value(args, "max-change")));
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
	if (!args->json)
		print_verdicts(args, &verdicts);
	if (refuse_change(args, &verdicts, err) < 0)
		return err_pass(err);
	if (args->json)
		out_object(args, verdict_summary(args->arena, &verdicts));
	return verdicts.figures.counts[OUTCOME_FAILED] ? EXIT_SOME_FAILED : EXIT_DONE;
}

/* ---- import ---- */

static int check_max_change(struct cli_args *args, struct err *err)
{
	struct verdicts verdicts = { 0 };
	struct run run;

	if (!cli_has(args, "max-change"))
		return 0;
	if (dry_import(args, &verdicts, &run, err) < 0)
		return err_pass(err);
	return refuse_change(args, &verdicts, err);
}

static int check_import_options(const struct cli_args *args, struct err *err)
{
	double ignored;

	if (cli_has(args, "ids") && cli_has(args, "csv") && !cli_has(args, "dry-run"))
		return err_set(err, ERR_USAGE, "--ids and --csv both name the file of ids: give one of them");
	if (cli_has(args, "resume") && (ids_file(args).len || cli_has(args, "dry-run") || cli_has(args, "max-change")))
		return err_set(err, ERR_USAGE,
		               "--resume goes on with the file that was kept: it takes no file, no --dry-run and no "
		               "--max-change");
	return max_change(args, &ignored, err);
}

static const char *how_to_go_on(const struct run_order *order)
{
	return order->kind == RUN_CSV ? "`suture import --resume` goes on" : "call `suture import` again to go on";
}

int cmd_import(struct cli_args *args, struct err *err)
{
	struct run_order order = { 0 };
	struct plan *plan;
	struct run run = { 0 };
	int code;

	if (check_import_options(args, err) < 0)
		return err_pass(err);
	if (cli_has(args, "dry-run"))
		return cmd_dry_run(args, err);
	if (read_order(args, &order, err) < 0 || check_max_change(args, err) < 0 ||
	    plan_open(args->engine, args->positional[0], &plan, err) < 0)
		return err_pass(err);
	code = batch_run(args, plan, &order, &run, err);
	plan_close(&plan);
	if (code < 0)
		return run.id ? err_wrap(err, "run %.*s (%s)", STR_ARG(run.batch_id), how_to_go_on(&order)) : code;
	if (run_find(args->engine, args->arena, run.batch_id, &run, err) < 0)
		return err_pass(err);
	return report_run(args, &run, err);
}

/* ---- delta ---- */

int cmd_delta(struct cli_args *args, struct err *err)
{
	const struct run_order order = { .kind = RUN_DELTA };
	struct plan *plan;
	struct run run;
	int code;

	if (plan_open(args->engine, args->positional[0], &plan, err) < 0)
		return err_pass(err);
	code = batch_run(args, plan, &order, &run, err);
	plan_close(&plan);
	if (code < 0)
		return run.id ? err_wrap(err, "run %.*s", STR_ARG(run.batch_id)) : code;
	if (run.id == 0) {
		printf(args->json ? "{\"read\":0}\n" : "nothing changed on either side\n");
		return EXIT_DONE;
	}
	if (run_find(args->engine, args->arena, run.batch_id, &run, err) < 0)
		return err_pass(err);
	return report_run(args, &run, err);
}

int cmd_drain(struct cli_args *args, struct err *err)
{
	struct plan *plan;
	int code;

	if (plan_open(args->engine, args->positional[0], &plan, err) < 0)
		return err_pass(err);
	code = batch_drain(args, plan, err);
	plan_close(&plan);
	if (code < 0)
		return code;
	printf(args->json ? "{\"drained\":true}\n" : "nothing is owed any more\n");
	return EXIT_DONE;
}

/* runs, staged, retry, links, log, audit: what is there, and what became of it. */
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/report.h"
#include "lib/limits.h"
#include "sync/audit.h"
#include "sync/catalog.h"
#include "sync/journal.h"
#include "sync/link.h"
#include "sync/retry.h"
#include "sync/run.h"
#include "sync/stage.h"

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
	static const struct out_column columns[] = { { "run", OUT_NUMBER },
		                                     { "batch_id", OUT_ID },
		                                     { "sync", OUT_TEXT },
		                                     { "kind", OUT_TEXT, true },
		                                     { "state", OUT_TEXT },
		                                     { "read", OUT_NUMBER },
		                                     { "who", OUT_TEXT },
		                                     { "started", OUT_TIME },
		                                     { "ended", OUT_TIME, true },
		                                     { "error", OUT_WHOLE },
		                                     { 0 } };
	struct run *runs;
	struct out out;
	int64_t limit;
	size_t count;

	if (cli_number(args, "limit", 20, &limit, err) < 0)
		return err_pass(err);
	if (limit < 1 || limit > 100000)
		return err_set(err, ERR_USAGE, "--limit takes 1 to 100000");
	if (run_list(args->engine, args->arena, (size_t)limit, &runs, &count, err) < 0)
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

/* ---- staged payloads ---- */

static int find_staged(struct cli_args *args, int64_t id, struct staged *ret, struct err *err)
{
	struct staged_filter filter = { .after_id = id - 1, .limit = 1 };
	struct staged *rows;
	size_t count;

	if (stage_list(args->engine, args->arena, &filter, &rows, &count, err) < 0)
		return err_pass(err);
	if (count == 0 || rows[0].id != id)
		return err_set(err, ERR_NOT_FOUND, "there is no payload %lld; `suture staged` lists them",
		               (long long)id);
	*ret = rows[0];
	return 0;
}

static int show_bytes(struct cli_args *args, const struct staged *staged, struct err *err)
{
	struct str bytes;

	if (audit_note(args->engine, "look", arena_printf(args->arena, "staged payload %lld", (long long)staged->id),
	               STR_EMPTY, STR_EMPTY, NULL, err) < 0 ||
	    stage_bytes(args->engine, args->arena, staged, &bytes, err) < 0)
		return err_pass(err);
	if (args->json) {
		SCOPED(buf) struct buf text = BUF_INIT(LIMIT_HTTP_BODY);

		/* As a text: a payload may be staged because it is no JSON at all. */
		buf_printf(&text, "{\"id\":%lld,\"bytes\":", (long long)staged->id);
		json_write_string(&text, bytes);
		printf("%s}\n", buf_text(&text));
		return EXIT_DONE;
	}
	fwrite(bytes.at, 1, bytes.len, stdout);
	putchar('\n');
	return EXIT_DONE;
}

int cmd_staged(struct cli_args *args, struct err *err)
{
	struct staged_filter filter = { .failed = cli_has(args, "failed"), .code = cli_value(args, "code") };
	struct staged one;
	int64_t id;

	if (page_options(args, &filter.after_id, &filter.limit, err) < 0 || run_option(args, &filter.run_id, err) < 0 ||
	    cli_number(args, "id", 0, &id, err) < 0)
		return err_pass(err);
	if (cli_has(args, "show") && !cli_has(args, "id"))
		return err_set(err, ERR_USAGE, "--show needs the payload: --id ID");
	if (cli_has(args, "id")) {
		if (find_staged(args, id, &one, err) < 0)
			return err_pass(err);
		if (cli_has(args, "show"))
			return show_bytes(args, &one, err);
		filter = (struct staged_filter) { .after_id = id - 1, .limit = 1 };
	}
	return report_staged(args, &filter,
	                     filter.failed || filter.code.len
	                             ? "nothing has failed like this"
	                             : "no payload is staged yet; `suture import` reads the first ones",
	                     err);
}

/* ---- retry ---- */

static int one_to_retry(struct cli_args *args, struct staged_filter *ret, struct err *err)
{
	struct staged one;
	int64_t id;

	if (cli_has(args, "code") || cli_has(args, "run"))
		return err_set(err, ERR_USAGE, "either one payload's number, or --code and --run");
	if (!str_to_i64(args->positional[0], &id))
		return err_set(err, ERR_USAGE, "'%.*s' is no payload number; `suture staged --failed` lists them",
		               STR_ARG(args->positional[0]));
	if (find_staged(args, id, &one, err) < 0)
		return err_pass(err);
	if (one.state != STAGED_FAILED)
		return err_set(err, ERR_CONFLICT, "payload %lld has not failed: it is %s", (long long)id,
		               staged_state_name(one.state));
	*ret = (struct staged_filter) { .id = id, .sync_id = one.sync_id };
	return 0;
}

static int what_to_retry(struct cli_args *args, struct staged_filter *ret, struct err *err)
{
	*ret = (struct staged_filter) { .code = cli_value(args, "code") };
	if (args->positional_count)
		return one_to_retry(args, ret, err);
	if (!cli_has(args, "code") && !cli_has(args, "run"))
		return err_set(err, ERR_USAGE, "say what to retry: a payload's number, --code CODE or --run RUN");
	return run_option(args, &ret->run_id, err);
}

/* Those of one sync: a payload knows whose it is, so that nobody has to say it. */
static int retry_sync(struct cli_args *args, const struct sync_row *sync, const struct staged_filter *what,
                      struct retried *sum, struct err *err)
{
	struct staged_filter filter = *what;
	struct retried retried;
	struct plan *plan;
	int64_t any;
	int code;

	if (what->sync_id && what->sync_id != sync->id)
		return 0;
	filter.sync_id = sync->id;
	filter.failed = true;
	if (stage_count(args->engine, &filter, 1, &any, err) < 0)
		return err_pass(err);
	if (any == 0)
		return 0;
	if (plan_open(args->engine, sync->name, &plan, err) < 0)
		return err_pass(err);
	code = retry_all(args->engine, plan, &filter, NULL, &retried, err);
	plan_close(&plan);
	if (code < 0)
		return code;
	sum->tried += retried.tried;
	sum->through += retried.through;
	sum->failed += retried.failed;
	return 0;
}

int cmd_retry(struct cli_args *args, struct err *err)
{
	struct json *result = json_new(args->arena, JSON_OBJECT);
	struct staged_filter what;
	struct retried sum = { 0 };
	struct sync_row *syncs;
	size_t count;

	if (what_to_retry(args, &what, err) < 0 || catalog_syncs(args->engine, args->arena, &syncs, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		if (retry_sync(args, &syncs[i], &what, &sum, err) < 0)
			return err_pass(err);
	}
	json_set(result, STR("tried"), json_new_int(args->arena, sum.tried));
	json_set(result, STR("through"), json_new_int(args->arena, sum.through));
	json_set(result, STR("failed"), json_new_int(args->arena, sum.failed));
	out_object(args, result);
	if (sum.tried == 0)
		out_hint(args, "\nNothing that failed fits; `suture staged --failed` lists what there is.");
	if (sum.failed)
		out_hint(args, "\n`suture staged --failed` says what is still wrong.");
	return sum.failed ? EXIT_SOME_FAILED : EXIT_DONE;
}

/* ---- lists ---- */

int cmd_links(struct cli_args *args, struct err *err)
{
	static const struct out_column columns[] = { { "id", OUT_NUMBER },          { "emr_id", OUT_ID },
		                                     { "crm_id", OUT_ID },          { "state", OUT_TEXT },
		                                     { "how", OUT_TEXT },           { "created", OUT_TIME },
		                                     { "settled", OUT_TIME, true }, { 0 } };
	static const char *const states[] = {
		[LINK_LINKED] = "linked", [LINK_MAKING] = "making", [LINK_ENDED] = "ended", [LINK_FORGIVEN] = "ended"
	};
	struct link_filter filter = { .emr_id = cli_value(args, "emr"), .crm_id = cli_value(args, "crm") };
	struct link *links;
	struct out out;
	size_t count;

	if (page_options(args, &filter.after_id, &filter.limit, err) < 0 ||
	    link_list(args->engine, args->arena, &filter, &links, &count, err) < 0)
		return err_pass(err);
	out_begin(&out, args, columns,
	          filter.emr_id.len || filter.crm_id.len ? "no pair has this record"
	                                                 : "no pair is linked yet; `suture import` makes them");
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
	if (count)
		page_told(args, count, filter.limit, links[count - 1].id);
	return EXIT_DONE;
}

int cmd_log(struct cli_args *args, struct err *err)
{
	static const struct out_column columns[] = { { "id", OUT_NUMBER },        { "at", OUT_TIME },
		                                     { "level", OUT_TEXT, true }, { "code", OUT_TEXT, true },
		                                     { "run", OUT_NUMBER },       { "payload", OUT_NUMBER, true },
		                                     { "emr_id", OUT_ID },        { "crm_id", OUT_TEXT },
		                                     { "text", OUT_WHOLE },       { 0 } };
	struct journal_filter filter = { .at_least = LEVEL_INFO };
	struct journal_entry *all;
	struct out out;
	size_t count;

	if (cli_has(args, "level") && !level_of_name(cli_value(args, "level"), &filter.at_least))
		return err_set(err, ERR_USAGE, "unknown level '%.*s': debug, info, error or exception",
		               STR_ARG(cli_value(args, "level")));
	filter.latest = !cli_has(args, "after");
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
			                     out_id(args->arena, e->run_id),
			                     out_id(args->arena, e->staged_id),
			                     e->emr_id,
			                     e->crm_id,
			                     e->text };

		out_row(&out, cells);
	}
	out_end(&out);
	if (count && !filter.latest)
		page_told(args, count, filter.limit, all[count - 1].id);
	return EXIT_DONE;
}

static void print_chain(const struct cli_args *args, const struct audit_chain *chain, const char *trouble)
{
	struct arena *arena = args->arena;
	struct json *all = json_new(arena, JSON_OBJECT);
	const struct {
		const char *name;
		struct str text;
	} texts[] = {
		{ "first", out_time(arena, chain->first_ms) },
		{ "last", out_time(arena, chain->last_ms) },
		{ "head", audit_head_text(arena, chain) },
		{ "trouble", str_of(trouble) },
	};

	json_set(all, STR("rows"), json_new_int(arena, chain->rows));
	json_set(all, STR("intact"), json_new_bool(arena, !trouble));
	if (chain->broken)
		json_set(all, STR("broken_row"), json_new_int(arena, chain->broken_id));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].text.len)
			json_set(all, str_of(texts[i].name), json_new_text(arena, texts[i].text));
	out_object(args, all);
}

/* The head of a trail that does not fit is worth nothing: it is not printed alone. */
static int verify_audit(struct cli_args *args, struct err *err)
{
	struct audit_chain chain;
	const char *trouble;

	if (audit_verify(args->engine, cli_value(args, "expect"), &chain, err) < 0)
		return err_pass(err);
	trouble = audit_trouble(args->arena, &chain);
	if (!cli_has(args, "print-head") || trouble)
		print_chain(args, &chain, trouble);
	else
		printf(args->json ? "{\"head\":\"%.*s\"}\n" : "%.*s\n", STR_ARG(audit_head_text(args->arena, &chain)));
	if (!trouble)
		return EXIT_DONE;
	out_hint(args, "Keep this database as it is, take the last good copy beside it, and see docs/SECURITY.md, "
	               "\"When something happened\".");
	return EXIT_SOME_FAILED;
}

int cmd_audit(struct cli_args *args, struct err *err)
{
	static const struct out_column columns[] = {
		{ "id", OUT_NUMBER },   { "at", OUT_TIME },       { "who", OUT_TEXT },
		{ "action", OUT_TEXT }, { "subject", OUT_WHOLE }, { "before", OUT_TEXT },
		{ "after", OUT_TEXT },  { "why", OUT_TEXT },      { 0 }
	};
	struct audit_entry *all;
	struct out out;
	int64_t after;
	size_t limit, count;

	if (cli_has(args, "verify") || cli_has(args, "print-head") || cli_has(args, "expect"))
		return verify_audit(args, err);
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
	if (count)
		page_told(args, count, limit, all[count - 1].id);
	return EXIT_DONE;
}

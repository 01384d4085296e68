/* purge and rekey: what is kept no longer, and another key. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/out.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "sync/purge.h"
#include "sync/rekey.h"

/* "90d": before then. */
static int age_option(const struct cli_args *args, const char *name, int64_t *ret_before_ms, struct err *err)
{
	struct str text = cli_value(args, name);
	int64_t days;

	*ret_before_ms = 0;
	if (!cli_has(args, name))
		return 0;
	if (str_ends(text, STR("d")))
		text.len--;
	if (!str_to_i64(text, &days) || days < 0 || days > 36500)
		return err_set(err, ERR_USAGE, "--%s is a number of days: 90d", name);
	*ret_before_ms = clock_wall_ms() - days * 86400000;
	return 0;
}

int cmd_purge(struct cli_args *args, struct err *err)
{
	static const struct out_column columns[] = {
		{ "what", OUT_WHOLE }, { "rows", OUT_NUMBER }, { "bytes", OUT_NUMBER }, { "kept", OUT_NUMBER }, { 0 }
	};
	struct purge_order order = { .dry = cli_has(args, "dry-run"), .compact = cli_has(args, "compact") };
	struct purge_report report;
	struct out out;

	if (!cli_has(args, "older-than"))
		return err_set(err, ERR_USAGE,
		               "say what is old: suture purge --older-than 90d (--dry-run counts only)");
	if (age_option(args, "older-than", &order.before_ms, err) < 0 ||
	    age_option(args, "log-older-than", &order.journal_before_ms, err) < 0 ||
	    purge(args->engine, &order, &report, err) < 0)
		return err_pass(err);
	out_begin(&out, args, columns, "nothing");
	for (size_t i = 0; i < PURGE_KINDS; i++) {
		const struct purge_count *c = &report.of[i];
		const struct str cells[] = { str_of(c->what), out_number(args->arena, c->rows),
			                     out_number(args->arena, c->bytes), out_number(args->arena, c->kept) };

		out_row(&out, cells);
	}
	out_end(&out);
	out_hint(args, order.dry ? "Nothing was taken away: a dry run."
	                         : "Hashes, ids, outcomes and the audit trail are kept.");
	if (report.waiting)
		out_hint(args, "%lld old payloads wait or failed, and were left: suture staged --failed",
		         (long long)report.waiting);
	return report.log_left ? err_set(err, ERR_CONFLICT, PURGE_LOG_LEFT) : EXIT_DONE;
}

/* ---- rekey ---- */

static int given_key(struct cli_args *args, struct str *ret, struct err *err)
{
	const char *from_environment = getenv("SUTURE_NEW_KEY");

	*ret = str_of(from_environment);
	if (!cli_has(args, "new-key"))
		return 0;
	if (file_read(args->arena, arena_text(args->arena, cli_value(args, "new-key")), 4096, ret, err) < 0)
		return err_pass(err);
	*ret = str_trim(*ret);
	return ret->len ? 0 : err_set(err, ERR_KEY, "the file of the new key is empty");
}

static void told(void *context, const char *what, int64_t resealed)
{
	const struct cli_args *args = context;

	if (!args->json)
		fprintf(stderr, "%s: %lld sealed anew\n", what, (long long)resealed);
}

static void print_columns(struct cli_args *args, const struct rekey_report *report)
{
	static const struct out_column columns[] = {
		{ "what", OUT_WHOLE }, { "boxes", OUT_NUMBER }, { "broken", OUT_NUMBER }, { 0 }
	};
	struct out out;

	out_begin(&out, args, columns, "nothing");
	for (size_t i = 0; i < SEALED_COLUMNS; i++) {
		const struct str cells[] = { str_of(report->of[i].what), out_number(args->arena, report->of[i].boxes),
			                     out_number(args->arena, report->of[i].broken) };

		out_row(&out, cells);
	}
	out_end(&out);
}

static void say_next(struct cli_args *args, const struct rekey_order *order, const struct rekey_report *report)
{
	if (order->dry)
		out_hint(args, "Nothing was changed: a dry run.");
	else if (report->finished && report->from_environment)
		out_hint(args, "Nothing is sealed with the old key any more: take SUTURE_KEY_OLD away.");
	else if (report->finished)
		out_hint(args, "Nothing is sealed with the old key any more, and it is forgotten. Keep a copy of the "
		               "new one, apart "
		               "from the database; back-ups from before need the old one.");
	else
		out_hint(args, "Nothing is sealed with the old key any more. Somebody else is at work here, so that it "
		               "stays known: "
		               "call `suture rekey` again when the daemon is stopped, or in an hour.");
}

/* Exit status 3: not over yet. */
int cmd_rekey(struct cli_args *args, struct err *err)
{
	const struct str path = arena_printf(args->arena, "%s/suture.key", args->engine->dir);
	struct rekey_order order = { .key_path = path.at,
		                     .prepare = cli_has(args, "prepare"),
		                     .dry = cli_has(args, "dry-run"),
		                     .told = told,
		                     .context = args };
	struct rekey_report report;

	if (given_key(args, &order.new_key, err) < 0 || rekey(args->engine, &order, &report, err) < 0)
		return err_pass(err);
	if (order.prepare) {
		out_hint(args, "The new key is known and not used yet. Bring the key file to every other machine, "
		               "then: suture rekey");
		return EXIT_DONE;
	}
	print_columns(args, &report);
	say_next(args, &order, &report);
	return order.dry || report.finished ? EXIT_DONE : EXIT_SOME_FAILED;
}

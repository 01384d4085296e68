/* purge: what is kept no longer. */
#include "cli/commands.h"
#include "cli/out.h"
#include "lib/clock.h"
#include "sync/purge.h"

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
	return EXIT_DONE;
}

/* leases: who works on what, where several processes share the database. */
#include "cli/commands.h"
#include "cli/out.h"
#include "lib/clock.h"
#include "sync/lease.h"

static struct str state_of(const struct lease_row *row)
{
	if (!row->held)
		return STR("free");
	if (row->told.trouble[0])
		return str_of(row->told.trouble);
	return row->told.ready ? STR("works") : STR("begins");
}

int cmd_leases(struct cli_args *args, struct err *err)
{
	static const struct out_column columns[] = { { "sync", OUT_TEXT },
		                                     { "host", OUT_TEXT },
		                                     { "process", OUT_NUMBER },
		                                     { "who", OUT_TEXT },
		                                     { "since", OUT_TIME },
		                                     { "until", OUT_TIME },
		                                     { "left_ms", OUT_NUMBER },
		                                     { "fence", OUT_NUMBER },
		                                     { "state", OUT_TEXT },
		                                     { "run", OUT_TEXT },
		                                     { 0 } };
	struct lease_row *rows;
	struct out out;
	size_t count;

	if (lease_list(args->engine, args->arena, &rows, &count, err) < 0)
		return err_pass(err);
	out_begin(&out, args, columns, "no sync was ever worked on");
	for (size_t i = 0; i < count; i++) {
		const struct lease_row *r = &rows[i];
		const struct str cells[] = { r->sync_id ? r->sync : STR("(a daemon)"),
			                     r->held ? r->host : STR_EMPTY,
			                     r->held ? out_id(args->arena, r->pid) : STR_EMPTY,
			                     r->held ? r->who : STR_EMPTY,
			                     out_time(args->arena, r->held ? r->since_ms : 0),
			                     out_time(args->arena, r->held ? clock_wall_ms() + r->left_ms : 0),
			                     r->held ? out_number(args->arena, r->left_ms) : STR_EMPTY,
			                     out_number(args->arena, r->fence),
			                     r->sync_id ? state_of(r)
			                     : r->held  ? STR("there")
			                                : STR("gone"),
			                     str_of(r->told.run) };

		out_row(&out, cells);
	}
	out_end(&out);
	out_hint(args, "\nfence: grows with each holder; who has an older one commits nothing. left_ms: until it is "
	               "over, unless "
	               "it is renewed, which its holder does all the time.");
	return EXIT_DONE;
}

/* suggestions, dismiss: pairs that may be one person (R10). */
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/report.h"
#include "sync/suggest.h"

int cmd_suggestions(struct cli_args *args, struct err *err)
{
	static const struct out_column columns[] = { { "id", OUT_NUMBER },
		                                     { "emr_id", OUT_ID },
		                                     { "crm_id", OUT_ID },
		                                     { "why", OUT_ID },
		                                     { "meaning", OUT_TEXT },
		                                     { "at", OUT_TIME, true },
		                                     { 0 } };
	struct suggestion *all;
	struct out out;
	int64_t after;
	size_t limit, count;

	if (page_options(args, &after, &limit, err) < 0 ||
	    suggest_list(args->engine, args->arena, after, limit, &all, &count, err) < 0)
		return err_pass(err);
	out_begin(&out, args, columns, "nobody waits for a decision");
	for (size_t i = 0; i < count; i++) {
		const struct suggestion *s = &all[i];
		const struct str cells[] = { out_number(args->arena, s->id),
			                     s->emr_id,
			                     s->crm_id,
			                     str_of(weak_why_name(s->why)),
			                     str_of(weak_why_meaning(s->why)),
			                     out_time(args->arena, s->at_ms) };

		out_row(&out, cells);
	}
	out_end(&out);
	if (count) {
		out_hint(args, "\n`suture link --emr ID --crm ID --preview` shows what linking would write; "
		               "`suture dismiss ID --why TEXT` says that they are two people.\n");
		page_told(args, count, limit, all[count - 1].id);
	}
	return EXIT_DONE;
}

int cmd_dismiss(struct cli_args *args, struct err *err)
{
	struct json *answer = json_new(args->arena, JSON_OBJECT);
	struct suggestion s;
	int64_t id;

	if (!str_to_i64(args->positional[0], &id))
		return err_set(err, ERR_USAGE, "'%.*s' is no number of a suggestion; `suture suggestions` lists them",
		               STR_ARG(args->positional[0]));
	if (suggest_dismiss(args->engine, args->arena, id, cli_has(args, "why") ? cli_value(args, "why").at : NULL, &s,
	                    err) < 0)
		return err_pass(err);
	json_set(answer, STR("id"), json_new_int(args->arena, s.id));
	json_set(answer, STR("emr_id"), json_new_text(args->arena, s.emr_id));
	json_set(answer, STR("crm_id"), json_new_text(args->arena, s.crm_id));
	json_set(answer, STR("state"), json_new_text(args->arena, str_of(suggestion_state_name(s.state))));
	out_object(args, answer);
	return EXIT_DONE;
}

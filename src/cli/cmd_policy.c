/* policy: which side is right, field by field, on one page; changes of it, and who made them (R25). */
#include "cli/commands.h"
#include "cli/out.h"
#include "sync/catalog.h"
#include "sync/policy.h"

static struct str emr_paths(const struct cli_args *args, const struct field_map *f)
{
	struct str all = STR_EMPTY;

	for (size_t i = 0; i < f->emr_count; i++) {
		struct str path = path_text(f->emr[i]);

		all = arena_printf(args->arena, "%.*s%s%.*s", STR_ARG(all), i ? ", " : "", STR_ARG(path));
	}
	return all;
}

static int show(struct cli_args *args, struct err *err)
{
	static const struct out_column columns[] = {
		{ "field", OUT_TEXT },     { "emr", OUT_TEXT },        { "direction", OUT_TEXT },
		{ "crm", OUT_TEXT },       { "winner", OUT_TEXT },     { "blank", OUT_TEXT },
		{ "transform", OUT_TEXT }, { "type", OUT_TEXT, true }, { 0 }
	};
	struct plan *plan;
	struct out out;

	if (plan_open(args->engine, args->positional[0], &plan, err) < 0)
		return err_pass(err);
	out_begin(&out, args, columns, "the mapping has no fields");
	for (size_t i = 0; i < plan->mapping.count; i++) {
		const struct field_map *f = &plan->mapping.fields[i];
		const struct str cells[] = { f->name,
			                     emr_paths(args, f),
			                     str_of(direction_name(f->direction)),
			                     path_text(f->crm),
			                     str_of(mapping_winner_name(f)),
			                     str_of(blank_rule_name(f->blank)),
			                     str_of(transform_name(&f->transform)),
			                     str_of(value_type_name(f->type)) };

		out_row(&out, cells);
	}
	out_end(&out);
	out_hint(args,
	         "\nwinner: whose value counts when both sides changed (review: a person decides). blank: does "
	         "clearing a "
	         "field clear the other side?\nVersion %lld. `suture policy set FIELD WINNER --why TEXT` changes it.",
	         (long long)plan->mapping_version);
	plan_close(&plan);
	return EXIT_DONE;
}

static int change(struct cli_args *args, struct err *err)
{
	struct json *result = json_new(args->arena, JSON_OBJECT);
	struct str field = args->positional[1], winner = args->positional[2];

	if (field.len == 0 || winner.len == 0)
		return err_set(err, ERR_USAGE,
		               "say which field and who wins: suture policy set FIELD emr|crm|newest|review");
	if (!cli_has(args, "why"))
		return err_set(err, ERR_USAGE, "say why: --why TEXT; it stands in the audit trail (R25)");
	if (policy_set(args->engine, args->positional[3], field, winner, cli_value(args, "blank"),
	               cli_value(args, "why").at, err) < 0)
		return err_pass(err);
	json_set(result, STR("field"), json_new_text(args->arena, field));
	json_set(result, STR("winner"), json_new_text(args->arena, winner));
	if (cli_has(args, "blank"))
		json_set(result, STR("blank"), json_new_text(args->arena, cli_value(args, "blank")));
	out_object(args, result);
	out_hint(args, "\nIt counts from the next change on; `suture policy history` has what it was before.");
	return EXIT_DONE;
}

static int history(struct cli_args *args, struct err *err)
{
	static const struct out_column columns[] = { { "version", OUT_NUMBER }, { "at", OUT_TIME },
		                                     { "who", OUT_TEXT },       { "field", OUT_TEXT },
		                                     { "before", OUT_TEXT },    { "after", OUT_TEXT },
		                                     { "why", OUT_TEXT },       { 0 } };
	struct policy_change *all;
	struct out out;
	size_t count;

	if (policy_history(args->engine, args->arena, args->positional[1], &all, &count, err) < 0)
		return err_pass(err);
	out_begin(&out, args, columns, "the policy is as the mapping has it, and was never changed");
	for (size_t i = 0; i < count; i++) {
		const struct policy_change *c = &all[i];
		const struct str cells[] = { out_number(args->arena, c->version),
			                     out_time(args->arena, c->at_ms),
			                     c->who,
			                     c->field,
			                     c->before,
			                     c->after,
			                     c->why };

		out_row(&out, cells);
	}
	out_end(&out);
	return EXIT_DONE;
}

int cmd_policy(struct cli_args *args, struct err *err)
{
	bool sets = str_eq(args->positional[0], STR("set"));

	if (!sets && (cli_has(args, "why") || cli_has(args, "blank")))
		return err_set(err, ERR_USAGE, "--why and --blank go with `suture policy set`");
	if (sets)
		return change(args, err);
	if (str_eq(args->positional[0], STR("history")))
		return history(args, err);
	if (args->positional_count > 1)
		return err_set(err, ERR_USAGE, "'%.*s' is no part of policy: set or history",
		               STR_ARG(args->positional[0]));
	return show(args, err);
}

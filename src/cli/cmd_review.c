/* conflicts, resolve: fields that both sides changed, and what a person decides about them (R22). */
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/report.h"
#include "sync/audit.h"
#include "sync/catalog.h"
#include "sync/person.h"
#include "sync/review.h"

/* ---- conflicts ---- */

static const char *waits_for(const struct conflict *c)
{
	if (!c->waiting)
		return "no";
	return c->decided_by.len ? "decided" : "yes";
}

static void set_text(const struct cli_args *args, struct json *object, const char *name, struct str text)
{
	json_set(object, str_of(name),
	         text.len || !args->json ? json_new_text(args->arena, text) : json_new(args->arena, JSON_NULL));
}

static int show_conflict(struct cli_args *args, const struct conflict *c, struct err *err)
{
	struct json *all = json_new(args->arena, JSON_OBJECT);
	struct conflict_sides sides;

	if (audit_note(args->engine, "look", arena_printf(args->arena, "conflict %lld", (long long)c->id), STR_EMPTY,
	               STR_EMPTY, NULL, err) < 0 ||
	    conflict_open(args->engine, args->arena, c, &sides, err) < 0)
		return err_pass(err);
	json_set(all, STR("id"), json_new_int(args->arena, c->id));
	json_set(all, STR("link"), json_new_int(args->arena, c->link_id));
	set_text(args, all, "field", c->field);
	set_text(args, all, "base", sides.base);
	set_text(args, all, "emr", sides.emr);
	set_text(args, all, "crm", sides.crm);
	set_text(args, all, "winner", c->winner);
	set_text(args, all, "waiting", str_of(waits_for(c)));
	json_set(all, STR("policy_version"), json_new_int(args->arena, c->policy_version));
	set_text(args, all, "at", out_time(args->arena, c->at_ms));
	set_text(args, all, "decided_by", c->decided_by);
	set_text(args, all, "decided", out_time(args->arena, c->decided_ms));
	set_text(args, all, "why", c->why);
	out_object(args, all);
	if (c->waiting)
		out_hint(args, "\n`suture resolve %lld emr|crm --why TEXT` decides it.", (long long)c->id);
	return EXIT_DONE;
}

static void print_conflicts(struct cli_args *args, const struct conflict *all, size_t count)
{
	static const struct out_column columns[] = { { "id", OUT_NUMBER },
		                                     { "link", OUT_NUMBER },
		                                     { "payload", OUT_NUMBER, true },
		                                     { "field", OUT_TEXT },
		                                     { "winner", OUT_TEXT },
		                                     { "waiting", OUT_TEXT },
		                                     { "policy_version", OUT_NUMBER, true },
		                                     { "at", OUT_TIME },
		                                     { "decided_by", OUT_TEXT },
		                                     { "decided", OUT_TIME, true },
		                                     { "why", OUT_TEXT },
		                                     { 0 } };
	struct out out;

	out_begin(&out, args, columns,
	          cli_has(args, "waiting") ? "nothing waits for a decision"
	                                   : "both sides never changed the same field");
	for (size_t i = 0; i < count; i++) {
		const struct conflict *c = &all[i];
		const struct str cells[] = { out_number(args->arena, c->id),
			                     out_number(args->arena, c->link_id),
			                     out_id(args->arena, c->staged_id),
			                     c->field,
			                     c->winner,
			                     str_of(waits_for(c)),
			                     out_number(args->arena, c->policy_version),
			                     out_time(args->arena, c->at_ms),
			                     c->decided_by,
			                     out_time(args->arena, c->decided_ms),
			                     c->why };

		out_row(&out, cells);
	}
	out_end(&out);
}

static int find_conflict(struct cli_args *args, int64_t id, struct conflict *ret, struct err *err)
{
	const struct conflict_filter filter = { .id = id, .limit = 1 };
	struct conflict *found;
	size_t count = 0;

	if (id && conflict_find(args->engine, args->arena, &filter, &found, &count, err) < 0)
		return err_pass(err);
	if (count == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no conflict %lld; `suture conflicts` lists them",
		               (long long)id);
	*ret = *found;
	return 0;
}

int cmd_conflicts(struct cli_args *args, struct err *err)
{
	struct conflict_filter filter = { .waiting = cli_has(args, "waiting") };
	struct conflict *all, one;
	size_t count;
	int64_t id;

	if (page_options(args, &filter.after_id, &filter.limit, err) < 0 || cli_number(args, "id", 0, &id, err) < 0)
		return err_pass(err);
	if (cli_has(args, "id"))
		return find_conflict(args, id, &one, err) < 0 ? err_pass(err) : show_conflict(args, &one, err);
	if (conflict_find(args->engine, args->arena, &filter, &all, &count, err) < 0)
		return err_pass(err);
	print_conflicts(args, all, count);
	if (count)
		page_told(args, count, filter.limit, all[count - 1].id);
	return EXIT_DONE;
}

/* ---- resolve ---- */

static int choice_of_word(struct str word, struct decides *ret, struct err *err)
{
	for (enum choice_by by = CHOICE_EMR; by <= CHOICE_VALUE; by++) {
		if (str_eq_c(word, choice_name(by))) {
			ret->by = by;
			return 0;
		}
	}
	return err_set(err, ERR_USAGE, "say who is right: emr, crm, or value TEXT");
}

static int read_decision(struct cli_args *args, struct decides *ret, struct err *err)
{
	bool given = args->positional_count == 3;

	*ret = (struct decides) { .value = args->positional[2],
		                  .why = cli_has(args, "why") ? cli_value(args, "why").at : NULL };
	if (!ret->why)
		return err_set(err, ERR_USAGE, "say why: --why TEXT; it stands in the conflict and in the audit trail");
	if (cli_has(args, "all")) {
		if (args->positional_count || str_eq(cli_value(args, "all"), STR("value")))
			return err_set(err, ERR_USAGE, "--all takes emr or crm, and no conflict's number");
		return choice_of_word(cli_value(args, "all"), ret, err);
	}
	if (args->positional_count < 2 || !str_to_i64(args->positional[0], &ret->conflict_id) || ret->conflict_id <= 0)
		return err_set(err, ERR_USAGE,
		               "say which conflict and who is right: suture resolve N emr|crm|value TEXT");
	if (choice_of_word(args->positional[1], ret, err) < 0)
		return err_pass(err);
	if (given != (ret->by == CHOICE_VALUE))
		return err_set(err, ERR_USAGE, given ? "a text goes with `value` only" : "`value` needs the text");
	return 0;
}

/* A conflict knows whose it is. */
static int sync_of(struct cli_args *args, const struct decides *decides, struct str *ret, struct err *err)
{
	struct sync_row *syncs;
	struct conflict c;
	size_t count;

	*ret = cli_value(args, "sync");
	if (!decides->conflict_id)
		return 0;
	if (find_conflict(args, decides->conflict_id, &c, err) < 0 ||
	    catalog_syncs(args->engine, args->arena, &syncs, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		if (syncs[i].id == c.sync_id)
			*ret = syncs[i].name;
	}
	return 0;
}

static int report_decided(struct cli_args *args, const struct decided *d)
{
	struct json *all = json_new(args->arena, JSON_OBJECT);
	const struct staged *s = &d->last.staged;
	size_t open = d->count - d->settled - d->again;

	json_set(all, STR("decided"), json_new_int(args->arena, (int64_t)d->count));
	json_set(all, STR("carried_out"), json_new_int(args->arena, (int64_t)d->settled));
	json_set(all, STR("changed_meanwhile"), json_new_int(args->arena, (int64_t)d->again));
	json_set(all, STR("not_yet"), json_new_int(args->arena, (int64_t)open));
	if (d->count)
		json_set(all, STR("payload"), json_new_int(args->arena, s->id));
	out_object(args, all);
	if (d->again)
		out_hint(args,
		         "\nA value was changed after the conflict was noted, and was not overwritten (R28): look at "
		         "`suture conflicts --waiting` and decide again.");
	if (open)
		out_hint(args, "\nNot carried out yet: %.*s; `suture staged --id %lld`.",
		         STR_ARG(s->reason.len ? s->reason : STR("it waits")), (long long)s->id);
	return d->settled == d->count && s->state != STAGED_FAILED ? EXIT_DONE : EXIT_SOME_FAILED;
}

int cmd_resolve(struct cli_args *args, struct err *err)
{
	struct decides decides;
	struct decided decided;
	struct plan *plan;
	struct str sync;
	int64_t wait_ms;
	int code;

	if (read_decision(args, &decides, err) < 0 || wait_option(args, &wait_ms, err) < 0 ||
	    sync_of(args, &decides, &sync, err) < 0 || plan_open(args->engine, sync, &plan, err) < 0)
		return err_pass(err);
	code = person_resolve(args->engine, plan, args->arena, &decides, wait_ms, &decided, err);
	if (code == 0)
		code = report_decided(args, &decided);
	plan_close(&plan);
	return code;
}

/* search, link, unlink, relink, create, sync-now: what a person does with one record. */
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/out.h"
#include "cli/report.h"
#include "sync/catalog.h"
#include "sync/person.h"

/* ---- search ---- */

int side_of_word(struct str word, enum side *ret, struct err *err)
{
	if (str_eq(word, STR("emr")))
		*ret = SIDE_EMR;
	else if (str_eq(word, STR("crm")))
		*ret = SIDE_CRM;
	else
		return err_set(err, ERR_USAGE, "'%.*s' is no side: emr or crm", STR_ARG(word));
	return 0;
}

static void print_hits(struct cli_args *args, const struct hit *hits, size_t count)
{
	static const struct out_column columns[] = { { "id", OUT_ID },          { "first_name", OUT_TEXT },
		                                     { "last_name", OUT_TEXT }, { "birth_date", OUT_TEXT },
		                                     { "linked_to", OUT_ID },   { 0 } };
	struct out out;

	out_begin(&out, args, columns, "nobody was found");
	for (size_t i = 0; i < count; i++) {
		const struct str cells[] = { hits[i].id, hits[i].first_name, hits[i].last_name, hits[i].birth_date,
			                     hits[i].linked_to };

		out_row(&out, cells);
	}
	out_end(&out);
}

int cmd_search(struct cli_args *args, struct err *err)
{
	struct plan *plan;
	struct hit *hits;
	enum side side;
	size_t count;
	int code;

	if (side_of_word(args->positional[0], &side, err) < 0 ||
	    plan_open(args->engine, args->positional[2], &plan, err) < 0)
		return err_pass(err);
	code = person_search(args->engine, plan, args->arena, side, args->positional[1], &hits, &count, err);
	if (code == 0)
		print_hits(args, hits, count);
	plan_close(&plan);
	return code < 0 ? code : EXIT_DONE;
}

/* ---- wishes ---- */

/* The record that a wish is about, by exactly one of --emr and --crm. */
static int one_record(const struct cli_args *args, struct person_asks *ret, struct err *err)
{
	if (cli_has(args, "emr") == cli_has(args, "crm"))
		return err_set(err, ERR_USAGE, "say which record: --emr ID or --crm ID");
	ret->side = cli_has(args, "emr") ? SIDE_EMR : SIDE_CRM;
	ret->record_id = cli_value(args, ret->side == SIDE_EMR ? "emr" : "crm");
	return 0;
}

/* R11: linked from the CRM record unless said otherwise. */
static int both_records(const struct cli_args *args, struct person_asks *ret, struct err *err)
{
	static const char *const options[] = { [SIDE_EMR] = "emr", [SIDE_CRM] = "crm" };

	if (!cli_has(args, "emr") || !cli_has(args, "crm"))
		return err_set(err, ERR_USAGE, "linking needs both records: --emr ID and --crm ID");
	ret->side = SIDE_CRM;
	if (cli_has(args, "from") && side_of_word(cli_value(args, "from"), &ret->side, err) < 0)
		return err_pass(err);
	ret->record_id = cli_value(args, options[ret->side]);
	ret->partner = cli_value(args, options[side_other(ret->side)]);
	return 0;
}

static bool outcome_is_good(enum outcome outcome)
{
	return outcome == OUTCOME_CREATED || outcome == OUTCOME_LINKED || outcome == OUTCOME_UPDATED ||
	       outcome == OUTCOME_UNCHANGED;
}

static void set_text(const struct cli_args *args, struct json *object, const char *name, struct str text)
{
	if (text.len)
		json_set(object, str_of(name), json_new_text(args->arena, text));
	else if (args->json)
		json_set(object, str_of(name), json_new(args->arena, JSON_NULL));
}

static struct json *wished_object(const struct cli_args *args, const struct person_asks *asks, const struct wished *w)
{
	struct json *all = json_new(args->arena, JSON_OBJECT);
	const struct staged *s = &w->staged;

	set_text(args, all, "wish", str_of(wish_name(asks->wish)));
	set_text(args, all, "outcome", str_of(outcome_name(s->outcome)));
	set_text(args, all, "emr_id", w->emr_id.len || s->side != SIDE_EMR ? w->emr_id : s->record_id);
	set_text(args, all, "crm_id", w->crm_id.len || s->side != SIDE_CRM ? w->crm_id : s->record_id);
	set_text(args, all, "reason", s->reason);
	set_text(args, all, "error_code", s->error_code);
	set_text(args, all, "error_field", s->error_field);
	json_set(all, STR("payload"), json_new_int(args->arena, s->id));
	set_text(args, all, "state", str_of(staged_state_name(s->state)));
	return all;
}

/* What became of a wish; EXIT_SOME_FAILED unless it was carried out. */
static int report_wished(struct cli_args *args, const struct person_asks *asks, const struct wished *w)
{
	const struct staged *s = &w->staged;
	bool good = s->state == STAGED_DONE && outcome_is_good(s->outcome);

	out_object(args, wished_object(args, asks, w));
	if (w->waits)
		out_hint(args,
		         "\nIt stays queued as payload %lld. Nobody is called new before both sides were read once "
		         "(R8): "
		         "`suture import` does that; else look again with `suture staged --id %lld`.",
		         (long long)s->id, (long long)s->id);
	else if (s->state == STAGED_FAILED)
		out_hint(args, "\nMend what is wrong, then `suture retry %lld`.", (long long)s->id);
	return good || s->state == STAGED_SUPERSEDED ? EXIT_DONE : EXIT_SOME_FAILED;
}

int wait_option(const struct cli_args *args, int64_t *ret_ms, struct err *err)
{
	if (cli_number(args, "wait", 60, ret_ms, err) < 0)
		return err_pass(err);
	*ret_ms = MIN_OF(*ret_ms, (int64_t)86400) * 1000;
	return 0;
}

static int carry_out(struct cli_args *args, struct person_asks *asks, struct err *err)
{
	struct wished wished;
	struct plan *plan;
	int64_t wait_ms;
	int code;

	asks->why = cli_has(args, "why") ? cli_value(args, "why").at : NULL;
	if (wait_option(args, &wait_ms, err) < 0 || plan_open(args->engine, args->positional[0], &plan, err) < 0)
		return err_pass(err);
	code = person_asks(args->engine, plan, args->arena, asks, wait_ms, &wished, err);
	if (code == 0)
		code = report_wished(args, asks, &wished);
	plan_close(&plan);
	return code;
}

static int link_them(struct cli_args *args, enum wish wish, struct err *err)
{
	struct person_asks asks = { .wish = wish };

	if (both_records(args, &asks, err) < 0)
		return err_pass(err);
	return cli_has(args, "preview") ? preview_wish(args, &asks, err) : carry_out(args, &asks, err);
}

static int wish_for_one(struct cli_args *args, enum wish wish, struct err *err)
{
	struct person_asks asks = { .wish = wish };

	return one_record(args, &asks, err) < 0 ? err_pass(err) : carry_out(args, &asks, err);
}

int cmd_link(struct cli_args *args, struct err *err)
{
	return link_them(args, WISH_LINK, err);
}

int cmd_relink(struct cli_args *args, struct err *err)
{
	return link_them(args, WISH_RELINK, err);
}

int cmd_unlink(struct cli_args *args, struct err *err)
{
	return wish_for_one(args, WISH_UNLINK, err);
}

int cmd_create(struct cli_args *args, struct err *err)
{
	return wish_for_one(args, WISH_CREATE, err);
}

int cmd_sync_now(struct cli_args *args, struct err *err)
{
	return wish_for_one(args, WISH_SYNC, err);
}

/* preview: one live record: EMR value, transform, CRM value, what would be written and by which rule. */
#include <string.h>

#include "cli/commands.h"
#include "cli/out.h"
#include "cli/report.h"
#include "lib/limits.h"
#include "sync/audit.h"
#include "sync/catalog.h"
#include "sync/person.h"
#include "sync/run.h"

struct preview {
	struct cli_args *args;
	enum side side;
	struct str id; /* of that side; empty: whichever record comes */
	bool told;     /* the engine decided something about it */
};

static struct str written_to(const struct merged *f)
{
	if (f->write_crm && f->write_emr)
		return STR("both");
	if (f->write_crm)
		return STR("crm");
	return f->write_emr ? STR("emr") : STR_EMPTY;
}

static void add_fields(struct out *out, const struct verdict *v)
{
	const struct mapping *m = &v->plan->mapping;

	for (size_t i = 0; v->merged && i < m->count; i++) {
		const struct merged *f = &v->merged[i];
		const struct str to = written_to(f);
		const struct str cells[] = { m->fields[i].name,
			                     v->emr[i].text,
			                     str_of(transform_name(&m->fields[i].transform)),
			                     v->crm[i].text,
			                     to,
			                     to.len || out->args->json ? f->value.text : STR_EMPTY,
			                     str_of(merge_rule_name(f->rule)) };

		out_row(out, cells);
	}
}

static size_t count_writes(const struct verdict *v, bool to_crm)
{
	size_t count = 0;

	for (size_t i = 0; v->merged && i < v->plan->mapping.count; i++)
		count += to_crm ? v->merged[i].write_crm : v->merged[i].write_emr;
	return count;
}

/* R18: what shows the pair in the CRM; written with every record that is created or linked. */
static void print_marks(const struct plan *plan)
{
	const struct str marks[] = { plan->crm_id_field, plan->crm_synced_field, plan->crm_last_sync_field,
		                     plan->crm_run_field };

	printf("The CRM record also gets");
	for (size_t i = 0, n = 0; i < ARRAY_LEN(marks); i++) {
		if (marks[i].len)
			printf("%s %.*s", n++ ? "," : "", STR_ARG(marks[i]));
	}
	printf("%s.\n", plan->back_reference ? "; the EMR record gets its id" : "");
}

static void print_header(const struct verdict *v)
{
	const struct plan *plan = v->plan;

	printf("%.*s %.*s (%.*s)", STR_ARG(plan->object[SIDE_EMR]), STR_ARG(v->emr_id), STR_ARG(plan->emr_name));
	if (v->crm_id.len)
		printf(" and %.*s %.*s (%.*s)", STR_ARG(plan->object[SIDE_CRM]), STR_ARG(v->crm_id),
		       STR_ARG(plan->crm_name));
	printf(": would be %s\n", outcome_name(v->outcome));
	if (v->reason && strcmp(v->reason, outcome_meaning(v->outcome)) != 0)
		printf("%s\n", v->reason);
	if (v->candidates.len)
		printf("those that fit: %.*s\n", STR_ARG(v->candidates));
	if (v->error_code.len)
		printf("error %.*s%s%.*s\n", STR_ARG(v->error_code), v->error_field.len ? " in " : "",
		       STR_ARG(v->error_field));
	putchar('\n');
}

static void print_verdict(struct out *out, const struct verdict *v)
{
	size_t to_crm = count_writes(v, true), to_emr = count_writes(v, false);

	print_header(v);
	if (!v->merged) {
		printf("Nothing would be written.\n");
		return;
	}
	out_end(out);
	printf("\nNothing was written. An import would write %zu %s to the CRM and %zu to the EMR.\n", to_crm,
	       plural((int64_t)to_crm, "field", "fields"), to_emr);
	if (v->outcome == OUTCOME_CREATED || v->outcome == OUTCOME_LINKED)
		print_marks(v->plan);
}

static void add_text(struct buf *text, const char *name, struct str value)
{
	buf_printf(text, "%s\"%s\":", text->len > 1 ? "," : "", name);
	if (value.len)
		json_write_string(text, value);
	else
		buf_add_c(text, "null");
}

static void print_json(const struct out *out, const struct verdict *v)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_HTTP_BODY);

	buf_add_char(&text, '{');
	add_text(&text, "emr_id", v->emr_id);
	add_text(&text, "crm_id", v->crm_id);
	add_text(&text, "outcome", str_of(outcome_name(v->outcome)));
	add_text(&text, "reason", str_of(v->reason));
	add_text(&text, "candidates", v->candidates);
	add_text(&text, "error_code", v->error_code);
	add_text(&text, "error_field", v->error_field);
	buf_add_c(&text, ",\"fields\":");
	out_write_json(out, &text);
	printf("%s}\n", buf_text(&text));
}

static void take_verdict(void *context, const struct verdict *v)
{
	static const struct out_column columns[] = { { "field", OUT_TEXT },      { "emr", OUT_TEXT },
		                                     { "transform", OUT_TEXT },  { "crm", OUT_TEXT },
		                                     { "written_to", OUT_TEXT }, { "value", OUT_TEXT },
		                                     { "rule", OUT_TEXT },       { 0 } };
	struct preview *preview = context;
	struct out out;

	/* A payload that waits since an interrupted run is decided on the way, and is not what was asked for. */
	if (preview->told ||
	    (preview->id.len && !str_eq(preview->side == SIDE_EMR ? v->emr_id : v->crm_id, preview->id)))
		return;
	preview->told = true;
	out_begin(&out, preview->args, columns, "the mapping has no fields");
	add_fields(&out, v);
	if (preview->args->json)
		print_json(&out, v);
	else
		print_verdict(&out, v);
}

/* What is judged: one record as it is, or a wish about it. */
static int judge(struct engine *scratch, struct preview *preview, const struct person_asks *asks, struct err *err)
{
	struct plan *plan;
	int code;

	if (plan_open(scratch, preview->args->positional[0], &plan, err) < 0)
		return err_pass(err);
	if (preview->side == SIDE_CRM && plan->conn[SIDE_CRM]->kind->record_id)
		preview->id = plan->conn[SIDE_CRM]->kind->record_id(preview->args->arena, preview->id);
	if (asks)
		code = person_preview(scratch, plan, asks->side, asks->wish, asks->record_id, asks->partner, err);
	else
		code = run_preview(scratch, plan, preview->side, preview->id, err);
	plan_close(&plan);
	return code;
}

static int preview_of(struct preview *preview, const struct person_asks *asks, struct err *err)
{
	struct cli_args *args = preview->args;
	struct engine *scratch;
	int code;

	if (args->host->open_scratch(args->engine, &scratch, err) < 0)
		return err_pass(err);
	scratch->on_verdict = take_verdict;
	scratch->on_verdict_context = preview;
	cli_interrupts(scratch);
	code = audit_note(args->engine, "look", STR("preview of one record"), STR_EMPTY, STR_EMPTY, NULL, err);
	if (code == 0)
		code = judge(scratch, preview, asks, err);
	cli_interrupts(args->engine);
	args->host->close(&scratch);
	if (code == 0 && !preview->told)
		return err_set(err, ERR_NOT_FOUND, "the record was read, but nothing was decided about it");
	return code < 0 ? code : EXIT_DONE;
}

int cmd_preview(struct cli_args *args, struct err *err)
{
	struct preview preview = { .args = args, .id = cli_value(args, "id") };

	if (cli_has(args, "id") && cli_has(args, "crm"))
		return err_set(err, ERR_USAGE, "either --id, an EMR record, or --crm, a CRM record");
	if (cli_has(args, "crm")) {
		preview.side = SIDE_CRM;
		preview.id = cli_value(args, "crm");
	}
	return preview_of(&preview, NULL, err);
}

int preview_wish(struct cli_args *args, const struct person_asks *asks, struct err *err)
{
	struct preview preview = { .args = args, .side = asks->side, .id = asks->record_id };

	return preview_of(&preview, asks, err);
}

#include "cli/verdicts.h"

#include "codec/csv.h"
#include "lib/limits.h"

static void write_row(FILE *csv, const struct str *cells, size_t count, bool *ret_failed)
{
	SCOPED(buf) struct buf line = BUF_INIT(LIMIT_PAYLOAD);

	for (size_t i = 0; i < count; i++)
		csv_write_cell(&line, cells[i], i == 0);
	csv_write_end(&line);
	if (fwrite(buf_text(&line), 1, line.len, csv) != line.len)
		*ret_failed = true;
}

void verdicts_csv_header(FILE *csv)
{
	const struct str cells[] = { STR("emr_id"),     STR("crm_id"), STR("outcome"), STR("reason"), STR("field"),
		                     STR("written_to"), STR("before"), STR("after"),   STR("rule") };
	bool ignored = false;

	write_row(csv, cells, ARRAY_LEN(cells), &ignored);
}

static void write_field(struct verdicts *v, const struct verdict *verdict, const struct field_map *field,
                        const struct merged *merged, bool to_crm, struct str before)
{
	const struct str cells[] = { verdict->emr_id,
		                     verdict->crm_id,
		                     str_of(outcome_name(verdict->outcome)),
		                     str_of(merge_rule_reason(merged->rule)),
		                     field->name,
		                     to_crm ? STR("crm") : STR("emr"),
		                     before,
		                     merged->value.text,
		                     str_of(merge_rule_name(merged->rule)) };

	if (v->csv)
		write_row(v->csv, cells, ARRAY_LEN(cells), &v->write_failed);
}

static void write_fields(struct verdicts *v, const struct verdict *verdict)
{
	const struct mapping *m = &verdict->plan->mapping;

	for (size_t i = 0; verdict->merged && i < m->count; i++) {
		const struct merged *merged = &verdict->merged[i];

		if (merged->write_crm)
			write_field(v, verdict, &m->fields[i], merged, true, verdict->crm[i].text);
		if (merged->write_emr)
			write_field(v, verdict, &m->fields[i], merged, false, verdict->emr[i].text);
	}
}

void verdicts_take(void *context, const struct verdict *verdict)
{
	struct verdicts *v = context;
	const struct str cells[] = { verdict->emr_id,
		                     verdict->crm_id.len ? verdict->crm_id : verdict->candidates,
		                     str_of(outcome_name(verdict->outcome)),
		                     str_of(verdict->reason),
		                     verdict->error_field,
		                     STR_EMPTY,
		                     STR_EMPTY,
		                     STR_EMPTY,
		                     STR_EMPTY };
	size_t changes;

	changes = figures_take(&v->figures, verdict);
	write_fields(v, verdict);
	if (changes == 0 && v->csv)
		write_row(v->csv, cells, ARRAY_LEN(cells), &v->write_failed);
}

#include "sync/run_report.h"

#include "codec/csv.h"
#include "sync/link.h"
#include "sync/select.h"

static const struct statement FAILED = {
	"SELECT run_id, COUNT(*) AS n FROM staged WHERE state = 3 AND run_id BETWEEN $1 "
	"AND $2 GROUP BY run_id LIMIT $3"
};

void run_work(int64_t total, int64_t read, int64_t decided, int64_t owed, int64_t *ret_done, int64_t *ret_whole)
{
	*ret_whole = MAX_OF(total, read) * 2;
	*ret_done = MIN_OF(read + MAX_OF(decided - owed, (int64_t)0), *ret_whole);
}

int run_figures(struct engine *engine, const struct run *run, struct run_figures *ret, struct err *err)
{
	const struct staged_filter owed = { .run_id = run->id, .states = 1U << STAGED_OWED };

	*ret = (struct run_figures) { .owed = 0 };
	if (stage_counts(engine, run->id, ret->counts, err) < 0)
		return err_pass(err);
	for (int i = OUTCOME_NONE; i < OUTCOME_COUNT; i++)
		ret->read += ret->counts[i];
	if (run->state == RUN_DONE)
		return 0;
	return stage_count(engine, &owed, INT64_MAX, &ret->owed, err);
}

/* ---- failed ---- */

static void read_failed(struct rows *rows, struct arena *arena UNUSED, void *place)
{
	*(struct run_failed *)place = (struct run_failed) { row_int(rows, "run_id"), row_int(rows, "n") };
}

int run_failed(struct engine *engine, struct arena *arena, int64_t from_id, int64_t to_id, struct run_failed **ret,
               size_t *ret_count, struct err *err)
{
	enum { MOST = 1000 };
	const struct selection what = { &FAILED, BIND(bind_int(from_id), bind_int(to_id), bind_int(MOST)), MOST,
		                        sizeof(**ret), read_failed };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

/* ---- CSV ---- */

static void add_line(struct buf *out, const struct str *cells, size_t count)
{
	for (size_t i = 0; i < count; i++)
		csv_write_cell(out, cells[i], i == 0);
	csv_write_end(out);
}

void run_csv_header(struct buf *out)
{
	const struct str names[] = { STR("batch_sync_id"), STR("emr_id"),     STR("crm_id"),     STR("outcome"),
		                     STR("reason"),        STR("error_code"), STR("error_field") };

	add_line(out, names, ARRAY_LEN(names));
}

/* The other side's id is looked up by the link. */
static int add_row(struct engine *engine, struct arena *arena, const struct run *run, const struct staged *row,
                   struct buf *out, struct err *err)
{
	struct str ids[2] = { STR_EMPTY, STR_EMPTY };

	if (row->state == STAGED_SUPERSEDED)
		return 0;
	if (row->link_id && link_ids(engine, arena, row->link_id, &ids[SIDE_EMR], &ids[SIDE_CRM], err) < 0)
		return err_pass(err);
	ids[row->side] = row->record_id;
	add_line(out,
	         (const struct str[]) { run->batch_id, ids[SIDE_EMR], ids[SIDE_CRM], str_of(outcome_name(row->outcome)),
	                                row->reason, row->error_code, row->error_field },
	         7);
	return 0;
}

int run_csv_page(struct engine *engine, const struct run *run, struct staged_filter *filter, struct buf *out,
                 bool *ret_last, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct staged *rows;
	size_t count;

	filter->run_id = run->id;
	if (stage_list(engine, &arena, filter, &rows, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		filter->after_id = rows[i].id;
		if (add_row(engine, &arena, run, &rows[i], out, err) < 0)
			return err_pass(err);
	}
	*ret_last = count < filter->limit;
	return 0;
}

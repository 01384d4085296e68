/* bulk_query: a query as a job, its result as CSV in pages told apart by Sforce-Locator (section 5.2). */
#include "sandbox/salesforce/bulk.h"
#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/query_out.h"

#include "codec/digest.h"

#define PAGE_DEFAULT 50000

static bool fits_bulk(const struct soql *soql, struct answer *answer)
{
	if (soql->count_only || soql->aggregates || soql->offset > 0) {
		fail(answer, 400, "API_ERROR", "Aggregates and OFFSET are not supported in Bulk Query");
		return false;
	}
	for (size_t i = 0; i < soql->column_count; i++) {
		if (soql->columns[i].path.field->type != TYPE_ADDRESS)
			continue;
		fail(answer, 400, "API_ERROR", "Selecting compound data not supported in Bulk Query");
		return false;
	}
	return true;
}

static void step(void *context)
{
	struct job *job = context;

	if (job->state != JOB_UPLOADED)
		return;
	job->rows = soql_run(job->soql, &job->arena, &job->row_count);
	job->state = JOB_COMPLETE;
}

void bulk_query_create(void *state, struct request *request, struct answer *answer)
{
	struct json *body = body_of(request, answer);
	struct problems problems = PROBLEMS_INIT(request->arena);
	bool all;
	struct job *job;

	if (!body)
		return;
	job = job_new(state, request, true);
	all = str_eq(json_get_text(body, "operation"), STR("queryAll"));
	job->operation = all ? "queryAll" : "query";
	job->soql_text = arena_str(&job->arena, json_get_text(body, "query"));
	job->soql = soql_compile(&job->arena, state, job->soql_text, &problems);
	if (!job->soql)
		fail_problems(answer, &problems);
	if (!job->soql || !fits_bulk(job->soql, answer) || !job_read_format(job, body, answer)) {
		job->gone = true;
		return;
	}
	job->soql->all_rows |= all;
	job->object = job->soql->object;
	job->state = JOB_UPLOADED;
	job_write(&answer->body, job);
	job_later(job, JOB_PAUSE_MS, step);
}

void bulk_query_show(void *state, struct request *request, struct answer *answer)
{
	struct job *job = job_of(state, request, true, answer);

	if (job)
		job_write(&answer->body, job);
}

void bulk_query_change(void *state, struct request *request, struct answer *answer)
{
	struct job *job = job_of(state, request, true, answer);
	struct json *body = job ? body_of(request, answer) : NULL;

	if (!body)
		return;
	if (!str_eq(json_get_text(body, "state"), STR("Aborted")) || job_is_over(job)) {
		fail(answer, 400, "INVALIDJOBSTATE", "Invalid state change");
		return;
	}
	job->state = JOB_ABORTED;
	job_write(&answer->body, job);
}

static void write_page(const struct job *job, size_t from, size_t end, struct buf *out)
{
	const struct soql *soql = job->soql;
	char scratch[SCRATCH_SIZE];

	for (size_t c = 0; c < soql->column_count; c++) {
		SCOPED(buf) struct buf name = BUF_INIT(512);

		query_column_name(&name, &soql->columns[c].path);
		csv_write_quoted(out, job, buf_str(&name), c == 0);
	}
	csv_write_line_end(out, job);
	for (size_t i = from; i < end; i++) {
		for (size_t c = 0; c < soql->column_count; c++)
			csv_write_quoted(out, job, query_cell(soql, &soql->columns[c], job->rows[i], scratch), c == 0);
		csv_write_line_end(out, job);
	}
}

/* The locator is the offset, not to be guessed at a glance. */
static struct str write_locator(struct arena *arena, size_t offset)
{
	SCOPED(buf) struct buf out = BUF_INIT(64);

	digest_base64url(&out, arena_printf(arena, "%zu", offset));
	return arena_str(arena, buf_str(&out));
}

static bool read_locator(struct arena *arena, struct str locator, size_t *ret)
{
	struct str text;
	int64_t offset = 0;

	if (locator.len > 0 && (!digest_unbase64(arena, locator, &text) || !str_to_i64(text, &offset) || offset < 0))
		return false;
	*ret = (size_t)offset;
	return true;
}

void bulk_query_results(void *state, struct request *request, struct answer *answer)
{
	struct job *job = job_of(state, request, true, answer);
	int64_t most = PAGE_DEFAULT;
	size_t from, end;

	if (!job)
		return;
	if (job->state != JOB_COMPLETE) {
		answer->status = 204;
		return;
	}
	str_to_i64(request_query(request, "maxRecords"), &most);
	if (!read_locator(request->arena, request_query(request, "locator"), &from) || from > job->row_count ||
	    most < 1) {
		fail(answer, 400, "INVALID_QUERY_LOCATOR", "invalid query locator");
		return;
	}
	end = MIN_OF(from + (size_t)most, job->row_count);
	answer_header(answer, "Content-Type", STR("text/csv"));
	answer_header(answer, "Sforce-NumberOfRecords", arena_printf(answer->arena, "%zu", end - from));
	answer_header(answer, "Sforce-Locator", end < job->row_count ? write_locator(answer->arena, end) : STR("null"));
	write_page(job, from, end, &answer->body);
}

void bulk_query_remove(void *state, struct request *request, struct answer *answer)
{
	struct job *job = job_of(state, request, true, answer);

	if (!job)
		return;
	job->gone = true;
	answer->status = 204;
}

void bulk_query_list(void *state, struct request *request, struct answer *answer)
{
	(void)request;
	jobs_write_list(&answer->body, state, true);
}

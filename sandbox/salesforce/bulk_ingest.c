/*
 * bulk_ingest: Open -> (upload) -> UploadComplete -> InProgress -> JobComplete | Failed, or Aborted.
 *
 * The work is done in slices of SLICE_ROWS on the org's thread, so that other calls get in between. An empty cell leaves the
 * field alone, #N/A clears it.
 */
#include "sandbox/salesforce/bulk.h"

#include "sandbox/salesforce/bulk_csv.h"
#include "sandbox/salesforce/bulk_rows.h"
#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/persist.h"

#define SLICE_ROWS 2000

static const char *const operations[] = { "insert", "update", "upsert", "delete", "hardDelete" };

/* ---- create ---- */

static bool read_operation(struct job *job, const struct json *body, struct answer *answer)
{
	struct str name = json_get_text(body, "operation");

	for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
		if (str_eq_c(name, operations[i]))
			job->operation = operations[i];
	}
	if (!job->operation)
		fail(answer, 400, "INVALIDJOB", "Unknown operation");
	return job->operation != NULL;
}

static bool read_target(struct job *job, const struct json *body, struct answer *answer)
{
	struct str object = json_get_text(body, "object"), key = json_get_text(body, "externalIdFieldName");

	job->object = org_object(job->org, object);
	if (!job->object || !job->object->writable) {
		fail(answer, 400, "INVALIDENTITY", "Unable to find object: %.*s", STR_ARG(object));
		return false;
	}
	if (!str_eq_c(STR("upsert"), job->operation))
		return true;
	job->key = object_field(job->object, key);
	if (job->key && (job->key->index || job->key->source == SOURCE_ID))
		return true;
	fail(answer, 400, "INVALIDJOB", "InvalidJob : Field name provided, %.*s does not match an External ID for %s",
	     STR_ARG(key), job->object->name);
	return false;
}

void ingest_create(void *state, struct request *request, struct answer *answer)
{
	struct json *body = body_of(request, answer);
	struct job *job;

	if (!body)
		return;
	job = job_new(state, request, false);
	if (!read_operation(job, body, answer) || !read_target(job, body, answer) ||
	    !job_read_format(job, body, answer)) {
		job->gone = true;
		return;
	}
	job_write(&answer->body, job);
}

/* ---- upload ---- */

void ingest_upload(void *state, struct request *request, struct answer *answer)
{
	struct job *job = job_of(state, request, false, answer);

	if (!job)
		return;
	if (job->state != JOB_OPEN || job->content.len > 0) {
		fail(answer, 400, "INVALIDJOBSTATE",
		     "Found multiple contents for job: %s, please 'Close' / 'Abort' / 'Delete' "
		     "the current Job then create a new Job and make sure you only do 'PUT' once on a given Job.",
		     job->id);
		return;
	}
	buf_add(&job->content, request->body);
	answer->status = buf_ok(&job->content) ? 201 : 413;
}

/* ---- work ---- */

static void finish(struct job *job, enum job_state state)
{
	job->state = state;
	ingest_end(job);
	buf_release(&job->content);
}

static void step(void *context)
{
	struct job *job = context;
	bool more = true;

	if (job->state == JOB_ABORTED || job->gone) {
		ingest_leave_rest(job);
		finish(job, JOB_ABORTED);
		return;
	}
	if (job->state == JOB_UPLOADED) {
		job->state = JOB_RUNNING;
		if (!ingest_begin(job)) {
			finish(job, JOB_FAILED);
			return;
		}
	}
	origin_set(job->org, "bulkapi", job->version, STR_EMPTY);
	for (unsigned i = 0; i < SLICE_ROWS && more; i++)
		more = ingest_row(job);
	org_commit(job->org);
	if (more)
		job_later(job, 1, step);
	else
		finish(job, job->error.len > 0 ? JOB_FAILED : JOB_COMPLETE);
}

void ingest_change(void *state, struct request *request, struct answer *answer)
{
	struct job *job = job_of(state, request, false, answer);
	struct json *body = job ? body_of(request, answer) : NULL;
	struct str wanted = json_get_text(body, "state");

	if (!body)
		return;
	if (str_eq(wanted, STR("Aborted")) && !job_is_over(job)) {
		/* A job that is under way notices at its next slice and leaves the rest unprocessed. */
		job->state = JOB_ABORTED;
		if (!job->ingest)
			ingest_leave_rest(job);
	} else if (str_eq(wanted, STR("UploadComplete")) && job->state == JOB_OPEN) {
		job->state = JOB_UPLOADED;
		job_later(job, JOB_PAUSE_MS, step);
	} else {
		fail(answer, 400, "INVALIDJOBSTATE", "Invalid state change: %.*s", STR_ARG(wanted));
		return;
	}
	job_write(&answer->body, job);
}

/* ---- the rest ---- */

void ingest_show(void *state, struct request *request, struct answer *answer)
{
	struct job *job = job_of(state, request, false, answer);

	if (job)
		job_write(&answer->body, job);
}

void ingest_list(void *state, struct request *request, struct answer *answer)
{
	(void)request;
	jobs_write_list(&answer->body, state, false);
}

void ingest_remove(void *state, struct request *request, struct answer *answer)
{
	struct job *job = job_of(state, request, false, answer);

	if (!job)
		return;
	if (!job_is_over(job) && job->state != JOB_UPLOADED) {
		fail(answer, 400, "INVALIDJOBSTATE", "Only a job that is over or uploaded can be deleted");
		return;
	}
	job->gone = true;
	answer->status = 204;
}

static void give_csv(struct job *job, const struct buf *csv, struct answer *answer)
{
	answer_header(answer, "Content-Type", STR("text/csv"));
	if (job_is_over(job))
		buf_add(&answer->body, buf_str(csv));
	else
		fail(answer, 400, "INVALIDJOBSTATE", "The job is not over");
}

void ingest_ok(void *state, struct request *request, struct answer *answer)
{
	struct job *job = job_of(state, request, false, answer);

	if (job)
		give_csv(job, &job->ok, answer);
}

void ingest_failed(void *state, struct request *request, struct answer *answer)
{
	struct job *job = job_of(state, request, false, answer);

	if (job)
		give_csv(job, &job->failed, answer);
}

void ingest_unprocessed(void *state, struct request *request, struct answer *answer)
{
	struct job *job = job_of(state, request, false, answer);

	if (job)
		give_csv(job, &job->unprocessed, answer);
}

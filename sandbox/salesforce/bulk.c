#include "sandbox/salesforce/bulk.h"
#include "sandbox/keep.h"

#include "sandbox/salesforce/handlers.h"

struct jobs {
	struct job **at;
	size_t count, cap;
};

static const char *const state_names[] = {
#define JOB_STATE_NAME(state, name) [state] = name,
	JOB_STATES(JOB_STATE_NAME)
#undef JOB_STATE_NAME
};

static const struct {
	const char *name;
	char sign;
} delimiters[] = {
	{ "COMMA", ',' }, { "BACKQUOTE", '`' }, { "CARET", '^' },
	{ "PIPE", '|' },  { "SEMICOLON", ';' }, { "TAB", '\t' },
};

void jobs_open(struct org *org)
{
	org->jobs = keep_new(sizeof(*org->jobs)); /* lives as long as the org */
}

void jobs_close(struct org *org)
{
	for (size_t i = 0; org->jobs && i < org->jobs->count; i++) {
		struct job *job = org->jobs->at[i];

		buf_release(&job->content);
		buf_release(&job->ok);
		buf_release(&job->failed);
		buf_release(&job->unprocessed);
		arena_release(&job->arena);
		keep_drop(job);
	}
	if (org->jobs)
		keep_drop(org->jobs->at);
	keep_drop(org->jobs);
	org->jobs = NULL;
}

struct job *job_new(struct org *org, const struct request *request, bool query)
{
	struct jobs *jobs = org->jobs;
	struct job *job = keep_new(sizeof(*job)); /* polled until the org ends */
	char id[ID_SHORT];

	must(job != NULL);
	if (jobs->count == jobs->cap) {
		jobs->cap = jobs->cap ? jobs->cap * 2 : 16;
		jobs->at = keep_resize(jobs->at, jobs->cap * sizeof(struct job *));
	}
	jobs->at[jobs->count++] = job;
	id_make("750", jobs->count, id);
	id_long(id, job->id);
	job->org = org;
	job->query = query;
	job->delimiter = ',';
	job->delimiter_name = "COMMA";
	job->user = call_of(request)->user;
	job->created = stamp_now();
	job->version = arena_str(&job->arena, version_of(request));
	buf_init(&job->content, JOB_UPLOAD_MAX);
	buf_init(&job->ok, JOB_UPLOAD_MAX * 2);
	buf_init(&job->failed, JOB_UPLOAD_MAX * 2);
	buf_init(&job->unprocessed, JOB_UPLOAD_MAX * 2);
	return job;
}

struct job *job_of(struct org *org, const struct request *request, bool query, struct answer *answer)
{
	struct str id = request_param(request, "job");

	for (size_t i = 0; i < org->jobs->count; i++) {
		struct job *job = org->jobs->at[i];

		if (job->query == query && !job->gone && str_starts(str_of(job->id), id) && id.len >= ID_SHORT)
			return job;
	}
	fail(answer, 404, "NOT_FOUND", "The requested resource does not exist");
	return NULL;
}

bool job_read_format(struct job *job, const struct json *body, struct answer *answer)
{
	struct str delimiter = json_get_text(body, "columnDelimiter"), end = json_get_text(body, "lineEnding");

	job->crlf = str_eq(end, STR("CRLF"));
	for (size_t i = 0; i < ARRAY_LEN(delimiters); i++) {
		if (delimiter.len > 0 && !str_eq_c(delimiter, delimiters[i].name))
			continue;
		job->delimiter = delimiters[i].sign;
		job->delimiter_name = delimiters[i].name;
		return true;
	}
	fail(answer, 400, "INVALIDJOB", "Unknown columnDelimiter");
	return false;
}

bool job_is_over(const struct job *job)
{
	return job->state == JOB_COMPLETE || job->state == JOB_FAILED || job->state == JOB_ABORTED;
}

void job_later(struct job *job, int64_t ms, void (*step)(void *job))
{
	if (job->org->server)
		server_later(job->org->server, ms, step, job);
	else
		step(job);
}

static void write_stamp(struct buf *out, const char *key, uint32_t seconds)
{
	char stamp[32];

	stamp_write(seconds, stamp);
	buf_printf(out, ",\"%s\":\"%s\"", key, stamp);
}

static void write_ingest(struct buf *out, const struct job *job)
{
	buf_printf(out, ",\"contentUrl\":\"services/data/%.*s/jobs/ingest/%s/batches\"", STR_ARG(job->version),
	           job->id);
	if (job->key)
		buf_printf(out, ",\"externalIdFieldName\":\"%s\"", job->key->name);
	buf_printf(out, ",\"numberRecordsFailed\":%zu,\"apexProcessingTime\":0,\"apiActiveProcessingTime\":1",
	           job->failed_count);
}

void job_write(struct buf *out, const struct job *job)
{
	char user[ID_LONG + 1];
	struct str number = str_skip(job->version, 1);

	id_long(row_at(job->org->user, job->user)->id, user);
	buf_printf(out, "{\"id\":\"%s\",\"operation\":\"%s\",\"object\":\"%s\",\"createdById\":\"%s\"", job->id,
	           job->operation, job->object->name, user);
	write_stamp(out, "createdDate", job->created);
	write_stamp(out, "systemModstamp", job->created);
	buf_printf(out,
	           ",\"state\":\"%s\",\"concurrencyMode\":\"Parallel\",\"contentType\":\"CSV\",\"apiVersion\":%.*s,"
	           "\"lineEnding\":\"%s\",\"columnDelimiter\":\"%s\",\"jobType\":\"%s\",\"retries\":0,"
	           "\"totalProcessingTime\":1,\"numberRecordsProcessed\":%zu",
	           state_names[job->state], STR_ARG(number), job->crlf ? "CRLF" : "LF", job->delimiter_name,
	           job->query ? "V2Query" : "V2Ingest", job->query ? job->row_count : job->done_count);
	if (!job->query)
		write_ingest(out, job);
	if (job->error.len > 0) {
		buf_add_c(out, ",\"errorMessage\":");
		json_write_string(out, job->error);
	}
	buf_add_char(out, '}');
}

void jobs_write_list(struct buf *out, const struct org *org, bool query)
{
	bool first = true;

	buf_add_c(out, "{\"done\":true,\"records\":[");
	for (size_t i = 0; i < org->jobs->count; i++) {
		if (org->jobs->at[i]->query != query || org->jobs->at[i]->gone)
			continue;
		buf_add_c(out, first ? "" : ",");
		job_write(out, org->jobs->at[i]);
		first = false;
	}
	buf_add_c(out, "],\"nextRecordsUrl\":null}");
}

/* Every value in quotes, exactly as it is: whoever opens it in a spreadsheet is not our concern here, exactness is. */
void csv_write_quoted(struct buf *out, const struct job *job, struct str text, bool first)
{
	if (!first)
		buf_add_char(out, job->delimiter);
	buf_add_char(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, text.at[i]);
	}
	buf_add_char(out, '"');
}

void csv_write_line_end(struct buf *out, const struct job *job)
{
	buf_add_c(out, job->crlf ? "\r\n" : "\n");
}

/* bulk: jobs of Bulk API 2.0 (section 5). bulk.c keeps them, bulk_ingest.c and bulk_query.c are their routes. */
#ifndef SUTURE_SANDBOX_SALESFORCE_BULK_H
#define SUTURE_SANDBOX_SALESFORCE_BULK_H

#include "sandbox/salesforce/errors.h"
#include "sandbox/salesforce/org.h"
#include "sandbox/salesforce/soql.h"

#define JOB_UPLOAD_MAX ((size_t)150 << 20)
#define JOB_PAUSE_MS   20 /* before work begins, so that a client sees the state in between */

#define JOB_STATES(X)                     \
	X(JOB_OPEN, "Open")               \
	X(JOB_UPLOADED, "UploadComplete") \
	X(JOB_RUNNING, "InProgress")      \
	X(JOB_COMPLETE, "JobComplete")    \
	X(JOB_FAILED, "Failed")           \
	X(JOB_ABORTED, "Aborted")

#define JOB_STATE_ROW(state, name) state,
enum job_state { JOB_STATES(JOB_STATE_ROW) };
#undef JOB_STATE_ROW

struct job {
	struct org *org;
	struct arena arena;
	char id[ID_LONG + 1];
	bool query; /* else ingest */
	bool gone;  /* deleted by its owner */
	enum job_state state;
	const char *operation; /* "upsert" */
	struct object *object;
	struct field *key; /* upsert */
	char delimiter;
	const char *delimiter_name; /* "COMMA" */
	bool crlf;
	struct str version; /* "v62.0" */
	uint32_t user;
	uint32_t created;
	struct str error;
	/* ingest */
	struct buf content, ok, failed, unprocessed;
	struct ingest *ingest; /* while it runs */
	size_t done_count, failed_count;
	/* query */
	struct soql *soql;
	struct str soql_text;
	uint32_t *rows;
	size_t row_count;
};

struct job *job_new(struct org *org, const struct request *request, bool query);
/* The job of the path; NULL after the vendor's 404. */
struct job *job_of(struct org *org, const struct request *request, bool query, struct answer *answer);
/* delimiter and line end, from the body of the creating call; false after the vendor's 400. */
bool job_read_format(struct job *job, const struct json *body, struct answer *answer);
void job_write(struct buf *out, const struct job *job);
void jobs_write_list(struct buf *out, const struct org *org, bool query);
bool job_is_over(const struct job *job);
/* Runs `step` on the org's thread after `ms`, or at once when there is no server. */
void job_later(struct job *job, int64_t ms, void (*step)(void *job));

void csv_write_quoted(struct buf *out, const struct job *job, struct str text, bool first);
void csv_write_line_end(struct buf *out, const struct job *job);

#endif

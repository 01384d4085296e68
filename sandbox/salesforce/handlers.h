/* handlers: every route's function; the table that joins them to paths is in salesforce.c. */
#ifndef SUTURE_SANDBOX_SALESFORCE_HANDLERS_H
#define SUTURE_SANDBOX_SALESFORCE_HANDLERS_H

#include "sandbox/salesforce/auth.h"
#include "sandbox/salesforce/errors.h"
#include "sandbox/salesforce/org.h"

/* meta.c */
answer_fn show_versions, show_resources, show_limits, show_record_count;
/* describe.c */
answer_fn describe_global, describe_object, show_object;
/* records.c */
answer_fn record_post, record_get, record_patch, record_remove, method_refused;
/* upsert.c */
answer_fn external_patch, external_get, external_remove;
/* collections.c, collections_read.c */
answer_fn collection_create, collection_update, collection_upsert, collection_remove, collection_get, collection_post;
/* composite.c */
answer_fn composite_run, composite_batch;
/* query.c */
answer_fn query_run, query_all, query_more;
/* search.c */
answer_fn search_sosl, search_parameterized;
/* replication.c */
answer_fn list_updated, list_deleted;
/* bulk_ingest.c, bulk_query.c */
answer_fn ingest_create, ingest_upload, ingest_change, ingest_show, ingest_remove, ingest_list, ingest_ok,
        ingest_failed, ingest_unprocessed;
answer_fn bulk_query_create, bulk_query_show, bulk_query_change, bulk_query_results, bulk_query_remove, bulk_query_list;
/* cometd.c */
answer_fn cometd_call, manage_forget_clients, manage_stream, manage_gap;
/* settings.c */
answer_fn manage_settings, manage_set;
/* person.c, button.c, drift.c */
answer_fn manage_merge, manage_undelete, manage_batch, manage_expire, manage_button, manage_schema;
/* 400 of an admin route. */
void fail_admin(struct answer *answer, const char *text);

/* Who calls; NULL on routes that need no token. */
static inline struct call *call_of(const struct request *request)
{
	return request->vendor;
}

/* "v62.0" from the path. */
static inline struct str version_of(const struct request *request)
{
	return request_param(request, "version");
}

/* The object named in the path; NULL after the vendor's 404. */
struct object *object_of(struct org *org, const struct request *request, struct answer *answer);
/* The body as JSON; NULL after the vendor's 400. */
struct json *body_of(struct request *request, struct answer *answer);
/* What a `lock` or `partial` fault makes of one record; true: it is refused with UNABLE_TO_LOCK_ROW. */
bool struck_by_lock(struct request *request, struct problems *problems);
void write_saved(struct buf *out, const struct object *object,
                 uint32_t number); /* "id":"..","success":true,"errors":[] */

/* seed.c: /__admin and starting records */
int seed_open(struct org *org, struct err *err) MUST_CHECK;
void seed_dump(void *state, struct buf *out);
int seed_edit(void *state, const struct json *body, struct buf *out, struct err *err);
int seed_create(void *state, const struct json *body, struct buf *out, struct err *err);
int seed_remove(void *state, const struct json *body, struct buf *out, struct err *err);

/* query.c, bulk.c: what they keep between calls */
void cursors_open(struct org *org);
void cursors_close(struct org *org);
void jobs_open(struct org *org);
void jobs_close(struct org *org);
/* button.c: what is on its way to the engine */
void button_open(struct org *org);
void button_close(struct org *org);

#endif

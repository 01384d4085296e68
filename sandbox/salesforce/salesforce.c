/*
 * salesforce: the table of routes and the life of the org. To add a route: one row here, one function declared in
 * handlers.h. Rows are tried in order: fixed words before placeholders.
 */
#include "sandbox/salesforce/handlers.h"
#include "sandbox/keep.h"

#include "sandbox/salesforce/meta.h"
#include "sandbox/salesforce/changes.h"
#include "sandbox/salesforce/persist.h"
#include "sandbox/salesforce/stream.h"
#include "sandbox/systems.h"

#define OPEN    1u /* no access token needed */
#define URI_MAX 16384
#define BASE    "/services/data/{version}"

static const struct route routes[] = {
	{ "POST", "/services/oauth2/token", oauth_token, OPEN },
	{ "GET", "/services/oauth2/authorize", oauth_authorize, OPEN },
	{ "*", "/services/oauth2/revoke", oauth_revoke, OPEN },
	{ "POST", "/services/oauth2/introspect", oauth_introspect, OPEN },
	{ "*", "/services/oauth2/userinfo", oauth_userinfo, OPEN },
	{ "*", "/id/{org}/{user}", oauth_identity, OPEN },
	{ "GET", "/.well-known/openid-configuration", oauth_discovery, OPEN },
	/* The token is looked at message by message, and these calls do not count against the day's limit. */
	{ "POST", "/cometd/{version}", cometd_call, OPEN },
	{ "POST", "/cometd/{version}/{rest*}", cometd_call, OPEN },
	{ "GET", "/__admin/settings", manage_settings, OPEN },
	{ "POST", "/__admin/settings", manage_set, OPEN },
	{ "GET", "/__admin/cometd", manage_stream, OPEN },
	{ "POST", "/__admin/cometd/forget", manage_forget_clients, OPEN },
	{ "POST", "/__admin/cometd/gap", manage_gap, OPEN },
	{ "POST", "/__admin/merge", manage_merge, OPEN },
	{ "POST", "/__admin/undelete", manage_undelete, OPEN },
	{ "POST", "/__admin/batch", manage_batch, OPEN },
	{ "POST", "/__admin/expire", manage_expire, OPEN },
	{ "POST", "/__admin/button", manage_button, OPEN },
	{ "POST", "/__admin/schema", manage_schema, OPEN },
	{ "GET", "/services/data", show_versions, OPEN },
	{ "GET", BASE, show_resources, 0 },
	{ "GET", BASE "/limits", show_limits, 0 },
	{ "GET", BASE "/limits/recordCount", show_record_count, 0 },
	{ "GET", BASE "/query", query_run, 0 },
	{ "GET", BASE "/queryAll", query_all, 0 },
	{ "GET", BASE "/query/{locator}", query_more, 0 },
	{ "GET", BASE "/queryAll/{locator}", query_more, 0 },
	{ "GET", BASE "/search", search_sosl, 0 },
	{ "GET", BASE "/parameterizedSearch", search_parameterized, 0 },
	{ "POST", BASE "/parameterizedSearch", search_parameterized, 0 },
	{ "POST", BASE "/composite", composite_run, 0 },
	{ "POST", BASE "/composite/batch", composite_batch, 0 },
	{ "POST", BASE "/composite/sobjects", collection_create, 0 },
	{ "PATCH", BASE "/composite/sobjects", collection_update, 0 },
	{ "DELETE", BASE "/composite/sobjects", collection_remove, 0 },
	{ "GET", BASE "/composite/sobjects/{object}", collection_get, 0 },
	{ "POST", BASE "/composite/sobjects/{object}", collection_post, 0 },
	{ "PATCH", BASE "/composite/sobjects/{object}/{field}", collection_upsert, 0 },
	{ "POST", BASE "/jobs/ingest", ingest_create, 0 },
	{ "GET", BASE "/jobs/ingest", ingest_list, 0 },
	{ "PUT", BASE "/jobs/ingest/{job}/batches", ingest_upload, 0 },
	{ "GET", BASE "/jobs/ingest/{job}/successfulResults", ingest_ok, 0 },
	{ "GET", BASE "/jobs/ingest/{job}/failedResults", ingest_failed, 0 },
	{ "GET", BASE "/jobs/ingest/{job}/unprocessedrecords", ingest_unprocessed, 0 },
	{ "GET", BASE "/jobs/ingest/{job}/unprocessedRecords", ingest_unprocessed, 0 },
	{ "PATCH", BASE "/jobs/ingest/{job}", ingest_change, 0 },
	{ "GET", BASE "/jobs/ingest/{job}", ingest_show, 0 },
	{ "DELETE", BASE "/jobs/ingest/{job}", ingest_remove, 0 },
	{ "POST", BASE "/jobs/query", bulk_query_create, 0 },
	{ "GET", BASE "/jobs/query", bulk_query_list, 0 },
	{ "GET", BASE "/jobs/query/{job}/results", bulk_query_results, 0 },
	{ "PATCH", BASE "/jobs/query/{job}", bulk_query_change, 0 },
	{ "GET", BASE "/jobs/query/{job}", bulk_query_show, 0 },
	{ "DELETE", BASE "/jobs/query/{job}", bulk_query_remove, 0 },
	{ "GET", BASE "/sobjects", describe_global, 0 },
	{ "GET", BASE "/sobjects/{object}", show_object, 0 },
	{ "POST", BASE "/sobjects/{object}", record_post, 0 },
	{ "GET", BASE "/sobjects/{object}/describe", describe_object, 0 },
	{ "GET", BASE "/sobjects/{object}/updated", list_updated, 0 },
	{ "GET", BASE "/sobjects/{object}/deleted", list_deleted, 0 },
	{ "POST", BASE "/sobjects/{object}/Id", record_post, 0 },
	{ "GET", BASE "/sobjects/{object}/{id}", record_get, 0 },
	{ "PATCH", BASE "/sobjects/{object}/{id}", record_patch, 0 },
	{ "DELETE", BASE "/sobjects/{object}/{id}", record_remove, 0 },
	{ "GET", BASE "/sobjects/{object}/{field}/{value}", external_get, 0 },
	{ "PATCH", BASE "/sobjects/{object}/{field}/{value}", external_patch, 0 },
	{ "DELETE", BASE "/sobjects/{object}/{field}/{value}", external_remove, 0 },
	{ "*", BASE "/sobjects/{rest*}", method_refused, 0 },
};

/* ---- around every call ---- */

/* POST ...?_HttpMethod=PATCH, for clients that cannot send PATCH (section 2.2). */
static void rewrite(void *state, struct request *request)
{
	struct str method = request_query(request, "_HttpMethod");

	(void)state;
	if (method.len > 0 && str_eq(request->method, STR("POST")))
		request->method = method;
}

static void refuse_token(struct answer *answer)
{
	fail(answer, 401, "INVALID_SESSION_ID", "Session expired or invalid");
}

static bool refuse_limit(struct org *org, struct answer *answer)
{
	if (org->calls_today <= org->settings.daily_limit)
		return false;
	fail(answer, 403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
	return true;
}

static bool sign_in(struct org *org, struct request *request, struct answer *answer)
{
	struct session *session = auth_check(org, request);
	struct call *call;

	if (session && request->fault.kind == FAULT_EXPIRE)
		auth_expire(session);
	if (!session || !session->alive) {
		refuse_token(answer);
		return false;
	}
	call = arena_new(request->arena, struct call);
	*call = (struct call) { .org = org, .user = session->user, .session = session };
	request->vendor = call;
	origin_set(org, "rest", request_param(request, "version"), request_header(request, "Sforce-Call-Options"));
	org->calls_today++;
	return !refuse_limit(org, answer);
}

/* Longer ones are turned away by the vendor's gateway (section 4). */
static bool refuse_length(const struct request *request, struct answer *answer)
{
	if (request->path.len + request->query_text.len < URI_MAX)
		return false;
	answer_text(answer, 414, "text/html",
	            "<html><head><title>URI Too Long</title></head><body>URI Too Long</body></html>");
	return true;
}

static bool before(void *state, const struct route *route, struct request *request, struct answer *answer)
{
	struct org *org = state;
	struct str version = request_param(request, "version");

	if (refuse_length(request, answer))
		return true;
	if (!(route->flags & OPEN) && !request->vendor && !sign_in(org, request, answer))
		return true;
	if (version.len > 0 && !(route->flags & OPEN) && !version_known(version)) {
		fail_no_resource(answer);
		return true;
	}
	return false;
}

static void after(void *state, struct request *request, struct answer *answer)
{
	struct org *org = state;
	struct call *call = request->vendor;

	org_commit(org);
	if (!call || call->inner)
		return;
	answer_header(answer, "Sforce-Limit-Info",
	              arena_printf(answer->arena, "api-usage=%lld/%lld", (long long)org->calls_today,
	                           (long long)org->settings.daily_limit));
}

static void not_found(void *state, struct request *request, struct answer *answer)
{
	(void)state;
	(void)request;
	fail_no_resource(answer);
}

static void strike(void *state, enum fault_kind kind, struct request *request, struct answer *answer)
{
	(void)state;
	(void)request;
	if (kind == FAULT_500)
		fail(answer, 500, "UNKNOWN_EXCEPTION",
		     "An unexpected error occurred. Please include this ErrorId if you contact support: 1234567890-1 "
		     "(0)");
	else if (kind == FAULT_503)
		fail(answer, 503, "SERVER_UNAVAILABLE", "Server Unavailable");
	else if (kind == FAULT_LIMIT)
		fail(answer, 403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
	else
		answer_text(answer, 429, "text/html", "<html><body>Too Many Requests</body></html>");
}

/* ---- life ---- */

static void close_org(void *state)
{
	struct org *org = state;

	button_close(org);
	stream_close(org);
	changes_close(org);
	persist_close(org);
	jobs_close(org);
	cursors_close(org);
	auth_close(org);
	for (size_t i = 0; i < org->object_count; i++)
		rows_free(org->objects[i]);
	arena_release(&org->arena);
	keep_drop(org);
}

static int open_org(const struct options *options, struct server *server, void **ret_state, struct err *err)
{
	struct org *org = keep_new(sizeof(*org)); /* lives as long as its server */
	int r;

	must(org != NULL);
	org->options = options;
	org->server = server;
	cursors_open(org);
	jobs_open(org);
	changes_open(org);
	stream_open(org);
	button_open(org);
	r = schema_load(org, options->custom_fields, err);
	if (r == 0)
		settings_open(org);
	if (r == 0)
		r = auth_open(org, err);
	if (r == 0 && options->sqlite)
		r = persist_open(org, options->sqlite, &org->restored, err);
	if (r == 0)
		r = seed_open(org, err);
	if (r < 0) {
		close_org(org);
		return r;
	}
	*ret_state = org;
	return 0;
}

static void started(void *state)
{
	changes_start(state);
}

static bool restored(const void *state)
{
	return ((const struct org *)state)->restored;
}

const struct vendor salesforce_vendor = {
	.name = "salesforce",
	.routes = routes,
	.route_count = ARRAY_LEN(routes),
	.open = open_org,
	.close = close_org,
	.started = started,
	.rewrite = rewrite,
	.before = before,
	.after = after,
	.not_found = not_found,
	.fault = strike,
	.restored = restored,
	.dump = seed_dump,
	.edit = seed_edit,
	.create = seed_create,
	.remove = seed_remove,
};

/*
 * What the files of src/api share. An area is one file api_NAME.c: a table of routes and their handlers; openapi/NAME.yaml describes the same routes.
 *
 *	static int show_run(struct api_call *call, struct err *err)
 *	{
 *		struct run run;
 *
 *		if (run_find(&call->engine, call->arena, api_param(call, "run"), &run, err) < 0)
 *			return err_pass(err);
 *		call->answer = api_object(call, run_members, &run);
 *		return 0;
 *	}
 *	const struct api_route api_run_routes[] = { { "GET", "/runs/{run}", show_run, RIGHT_SEE }, { 0 } };
 *
 * To add an area: the file, a line in api_areas (api.c), one in meson.build, the description.
 */
#ifndef SUTURE_API_API_INTERNAL_H
#define SUTURE_API_API_INTERNAL_H

#include "api/api.h"
#include "codec/json.h"
#include "sync/catalog.h"

struct api_dry;
struct api_events;
struct run_order;
struct api_pending;

struct api {
	struct arena arena; /* it lives in it */
	struct api_options options;
	struct http_route *routes;
	size_t route_count;
	struct str openapi; /* the merged description, JSON */
	struct api_events *events;
	struct api_dry *dry;         /* the dry run that was begun last */
	struct api_pending *pending; /* those who are away to sign in to a far system */
};

/* One request of a person. All of it lives until the answer is on its way. */
struct api_call {
	struct api *api;
	const struct http_asked *asked;
	struct arena *arena;
	struct person person; /* rights 0 on routes that need none and nobody is signed in */
	struct engine engine; /* the daemon's, acting as that person: who stands in the audit trail */
	const struct json
	        *body;       /* an object; NULL where none was sent. Routes with `raw` read asked->body themselves */
	struct json *answer; /* what the handler says; NULL: 204 */
	unsigned status;     /* 0: 200 or 204 */
	struct http_reply *reply; /* for handlers that answer with something else than JSON: status set means done */
	const struct sync_row *syncs; /* once somebody asked for a name or an id; see api_sync_name */
	size_t sync_count;
};

struct api_route {
	const char *method, *pattern; /* below /api/v1; NULL ends a table */
	/* 0, or a negative error that becomes the answer. */
	int (*handle)(struct api_call *call, struct err *err);
	unsigned right; /* of enum right; 0: anybody, without signing in */
	bool raw;       /* the body is not JSON */
	size_t limit;   /* of the body; 0: 1 MB */
};

/* ---- reading what was asked: api_read.c. A text that is there is never NULL ---- */

struct str api_param(const struct api_call *call, const char *name); /* of the path */
struct str api_query(const struct api_call *call, const char *name);
/* ERR_USAGE names the parameter. */
int api_query_int(const struct api_call *call, const char *name, int64_t fallback, int64_t *ret,
                  struct err *err) MUST_CHECK;
bool api_query_is(const struct api_call *call, const char *name); /* "1" or "true" */
/* ?after= and ?limit= (100, at most 1000). */
int api_page(const struct api_call *call, int64_t *ret_after, size_t *ret_limit, struct err *err) MUST_CHECK;
/* A number in the path. */
int api_id(const struct api_call *call, const char *name, int64_t *ret, struct err *err) MUST_CHECK;
/* Members of the body. `need_`: ERR_DATA when it is not there, is blank or is no text. Without: empty, or the fallback. */
int api_need_text(const struct api_call *call, const char *name, struct str *ret, struct err *err) MUST_CHECK;
int api_text(const struct api_call *call, const char *name, struct str *ret, struct err *err) MUST_CHECK;
int api_int(const struct api_call *call, const char *name, int64_t fallback, int64_t *ret, struct err *err) MUST_CHECK;
int api_bool(const struct api_call *call, const char *name, bool fallback, bool *ret, struct err *err) MUST_CHECK;
/* "why", NUL-terminated; NULL when none was given. */
int api_why(const struct api_call *call, const char **ret, struct err *err) MUST_CHECK;
/* "emr" or "crm". */
int api_side(struct str word, enum side *ret, struct err *err) MUST_CHECK;
/* The object sync {sync} of the path; closed with the call's arena. */
int api_plan(struct api_call *call, struct plan **ret, struct err *err) MUST_CHECK;
int api_plan_named(struct api_call *call, struct str sync, struct plan **ret, struct err *err) MUST_CHECK;
/* ?sync=: its id; 0: not asked for. ERR_NOT_FOUND. */
int api_query_sync(struct api_call *call, int64_t *ret, struct err *err) MUST_CHECK;
/* Empty: there is none, or the store did not answer. The configuration is read once a call, however many rows ask. */
struct str api_sync_name(struct api_call *call, int64_t sync_id);
/* A time in RFC 3339 of the query; 0: not asked for. ERR_USAGE. */
int api_query_time(const struct api_call *call, const char *name, int64_t *ret, struct err *err) MUST_CHECK;

/* Where the far systems find us: "https://suture.example.org". */
struct str api_public_base(const struct api_call *call);

/* ---- answers: api_answer.c ---- */

struct json *api_new(const struct api_call *call);      /* an object */
struct json *api_new_list(const struct api_call *call); /* an array */
/* Empty texts, ids and times of 0 become null. Names are static, texts are borrowed. */
void api_set(const struct api_call *call, struct json *object, const char *name, struct str text);
void api_set_int(const struct api_call *call, struct json *object, const char *name, int64_t value);
void api_set_id(const struct api_call *call, struct json *object, const char *name, int64_t id);
void api_set_time(const struct api_call *call, struct json *object, const char *name, int64_t wall_ms); /* RFC 3339 */
void api_set_bool(const struct api_call *call, struct json *object, const char *name, bool value);

/* An object after a table: one row a member of the C struct. */
enum api_kind { API_TEXT, API_INT, API_ID, API_TIME, API_BOOL };
struct api_member {
	const char *name; /* NULL ends the table */
	enum api_kind kind;
	size_t offset;
};
#define API_MEMBER(type, member, kind)                \
	{                                             \
#member, kind, offsetof(type, member) \
	}
/* A member under another name, as times are: API_NAMED("started", struct run, started_ms, API_TIME). */
#define API_NAMED(name, type, member, kind)        \
	{                                          \
		name, kind, offsetof(type, member) \
	}
struct json *api_object(const struct api_call *call, const struct api_member *members, const void *of);

/* {"items":[...],"next":ID or null}: `full` says that there may be more after `last_id`. */
struct json *api_list(const struct api_call *call, struct json *items, bool full, int64_t last_id);

/* ---- live: api_events.c ---- */

/*
 * GET /api/v1/events: server-sent events. A topic is a row: its name is the event's, its data what `make` gives. While anybody listens, each topic is made every
 * `every_ms`, once for all, and sent where it changed; a new listener gets all of his right at once, so whoever comes back needs nothing else.
 * Topics hold no patient's data.
 */
struct api_topic {
	const char *name; /* NULL ends a table */
	unsigned right;
	int64_t every_ms;
	int (*make)(struct api_call *call, struct err *err); /* into call->answer */
};
int api_events_open(struct api *api, struct err *err) MUST_CHECK;
void api_events_close(struct api_events **events);

/* ---- api_openapi.c ---- */

int api_openapi_make(struct api *api, struct err *err) MUST_CHECK;
/* NULL-ended texts, by tools/embed. */
extern const char *const api_openapi_texts[];

/* ---- api_connect.c ---- */

struct api_pending *api_pending_open(struct arena *arena);
void api_pending_close(struct api_pending **pending);

/* ---- areas ---- */

extern const struct api_route api_account_routes[], api_activity_routes[], api_checklist_routes[];
extern const struct api_route api_check_routes[], api_describe_routes[], api_mapping_routes[];
extern const struct api_route api_base_routes[], api_conflict_routes[], api_connect_routes[], api_connection_routes[],
        api_events_routes[], api_health_routes[], api_link_routes[], api_review_routes[], api_staged_routes[],
        api_timeline_routes[], api_log_routes[], api_policy_routes[], api_session_routes[], api_sync_routes[];
extern const struct api_topic api_activity_topics[], api_health_topics[], api_review_topics[], api_staged_topics[],
        api_sync_topics[];

/* ---- runs ---- */

/* "kind", "csv" and "file_name" of the body: api_runs.c. ERR_DATA: no id stands in the file, or a file without its kind. */
int api_run_order(struct api_call *call, struct plan *plan, struct run_order *ret, struct err *err) MUST_CHECK;
struct api_dry *api_dry_open(struct api *api);
/* Ends what is under way. */
void api_dry_close(struct api_dry **dry);

extern const struct api_route api_dry_routes[], api_hook_routes[], api_realtime_routes[], api_run_routes[],
        api_schedule_routes[];
extern const struct api_topic api_count_topics[], api_dry_topics[], api_realtime_topics[], api_run_topics[];

#endif

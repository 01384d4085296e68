/*
 * api: opening, and what happens to each request before and after its handler:
 *
 *	who asks (cookie or token) -> CSRF and origin -> the right -> the body -> the handler -> its answer or its error
 */
#include "api/api_internal.h"

#include <string.h>

#include "lib/limits.h"

/* To add an area: a line. The first row of the first table that fits is taken. */
/* clang-format off */
static const struct api_route *const areas[] = {
	api_base_routes,
	api_activity_routes,
	api_checklist_routes,
	api_check_routes,
	api_account_routes,
	api_conflict_routes,
	api_connect_routes,
	api_connection_routes,
	api_describe_routes,
	api_events_routes,
	api_health_routes,
	api_link_routes,
	api_log_routes,
	api_mapping_routes,
	api_policy_routes,
	api_review_routes,
	api_staged_routes,
	api_timeline_routes,
	api_session_routes,
	api_sync_routes,
	api_run_routes, api_dry_routes, api_schedule_routes, api_realtime_routes, api_hook_routes,
};
/* clang-format on */

enum { ANSWER_MAX = LIMIT_HTTP_BODY };

/* What the server hands to serve(). */
struct bound {
	struct api *api;
	const struct api_route *route;
};

/* ---- errors ---- */

static const struct {
	enum err_code code;
	unsigned status;
} statuses[] = {
	{ ERR_USAGE, 400 },     { ERR_PARSE, 400 },       { ERR_DATA, 422 },         { ERR_CONFIG, 422 },
	{ ERR_NOT_FOUND, 404 }, { ERR_CONFLICT, 409 },    { ERR_LIMIT, 409 },        { ERR_ABORTED, 409 },
	{ ERR_GONE, 409 },      { ERR_UNSUPPORTED, 422 }, { ERR_MEMORY_LIMIT, 413 }, { ERR_DISK_FULL, 507 },
	{ ERR_NETWORK, 502 },   { ERR_FAR_SIDE, 502 },    { ERR_REFUSED, 502 },      { ERR_AUTH, 502 },
	{ ERR_RATE, 503 },      { ERR_TIMEOUT, 504 },
};

static unsigned status_of(enum err_code code)
{
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
		if (statuses[i].code == code)
			return statuses[i].status;
	return 500;
}

static void refuse(const struct api_call *call, unsigned status, const char *code, const char *message,
                   const char *hint)
{
	http_reply_error(call->reply, call->arena, status, code, message, hint);
}

/* ---- who asks ---- */

static struct str bearer_of(const struct http_asked *asked)
{
	struct str header = http_asked_header(asked, "Authorization");

	if (header.len < 7 || !str_eq_nocase(str_range(header.at, 7), STR("Bearer ")))
		return STR_EMPTY;
	return str_trim(str_skip(header, 7));
}

/* A page of another site must not act with our cookie: browsers tell where a request comes from. */
static bool is_from_here(const struct http_asked *asked)
{
	struct str origin = http_asked_header(asked, "Origin"), host = http_asked_header(asked, "Host");
	ptrdiff_t at = str_find(origin, STR("://"));

	if (origin.len == 0)
		return true;
	return at > 0 && str_eq_nocase(str_skip(origin, (size_t)at + 3), host);
}

static bool changes_something(const struct http_asked *asked)
{
	return strcmp(asked->method, "GET") != 0 && strcmp(asked->method, "HEAD") != 0;
}

/* False: refused. */
static bool is_genuine(const struct api_call *call, const struct api_route *route)
{
	if (!changes_something(call->asked))
		return true;
	if (!is_from_here(call->asked)) {
		refuse(call, 403, "origin", "the request comes from another site", NULL);
		return false;
	}
	/* Signing in anew must work whatever cookie is left over. */
	if (route->right && !access_csrf_fits(&call->person, http_asked_header(call->asked, "X-CSRF-Token"))) {
		refuse(call, 403, "csrf", "the header X-CSRF-Token is missing or old",
		       "GET /api/v1/session says what it has to be");
		return false;
	}
	return true;
}

/* What a page asks by itself, not because somebody did something, is a look: it keeps no session alive. */
static int find_person(struct api_call *call, struct err *err)
{
	const struct http_asked *asked = call->asked;
	struct access *access = call->api->options.access;
	bool by_itself =
	        http_asked_header(asked, "X-Background").len > 0 || strcmp(asked->pattern, "/api/v1/events") == 0;
	struct str cookie = http_cookie(asked, access_cookie_name(access));

	return (by_itself ? access_look : access_check)(access, call->arena, cookie, bearer_of(asked), asked->peer,
	                                                &call->person, err);
}

/* False: refused. */
static bool may(struct api_call *call, const struct api_route *route)
{
	struct err err = ERR_INIT;
	bool nobody = find_person(call, &err) < 0;

	if (nobody)
		call->person = (struct person) { 0 };
	if (nobody && route->right) {
		refuse(call, err.code == ERR_AUTH ? 401 : status_of(err.code), err_name(err.code), err.text,
		       err.code == ERR_AUTH ? "sign in again" : NULL);
		return false;
	}
	if (!is_genuine(call, route))
		return false;
	if ((call->person.rights & route->right) == route->right)
		return true;
	refuse(call, 403, "forbidden", "your role does not allow this", "an administrator can give you another role");
	return false;
}

/* ---- one request ---- */

static void act_as(struct api_call *call)
{
	const struct engine *daemon = call->api->options.engine;
	struct str who = call->person.account_id ? access_who(call->arena, &call->person) : STR("console:nobody");

	call->engine = (struct engine) {
		.store = daemon->store,
		.keys = daemon->keys,
		.http = daemon->http,
		.dir = daemon->dir,
		.who = arena_text(call->arena, who),
		.doubt_ms = daemon->doubt_ms,
		.governor = daemon->governor,
		.meter = daemon->meter,
	};
}

static bool read_body(struct api_call *call, const struct api_route *route)
{
	struct err err = ERR_INIT;
	struct json *body;

	if (route->raw || call->asked->body.len == 0)
		return true;
	if (json_parse(call->arena, call->asked->body, &body, &err) < 0)
		refuse(call, 400, "malformed", err.text, NULL);
	else if (body->kind != JSON_OBJECT)
		refuse(call, 400, "malformed", "the body has to be a JSON object", NULL);
	else
		call->body = body;
	return call->body != NULL;
}

static void answer(struct api_call *call)
{
	SCOPED(buf) struct buf text = BUF_INIT(ANSWER_MAX);

	if (call->reply->status || call->reply->stream)
		return;
	if (!call->answer) {
		call->reply->status = call->status ? call->status : 204;
		return;
	}
	json_write(&text, call->answer);
	if (!buf_ok(&text)) {
		refuse(call, 413, "too_large", "the answer is too large", "ask for less with ?limit=");
		return;
	}
	http_reply_json(call->reply, arena_str(call->arena, buf_str(&text)));
	call->reply->status = call->status ? call->status : 200;
}

static void serve(void *context, const struct http_asked *asked, struct arena *arena, struct http_reply *ret)
{
	const struct bound *bound = context;
	struct api_call call = { .api = bound->api, .asked = asked, .arena = arena, .reply = ret };
	struct err err = ERR_INIT;

	if (!may(&call, bound->route) || !read_body(&call, bound->route))
		return;
	act_as(&call);
	if (bound->route->handle(&call, &err) < 0) {
		refuse(&call, call.status ? call.status : status_of(err.code), err_name(err.code), err.text, NULL);
		return;
	}
	answer(&call);
}

/* ---- opening ---- */

static size_t count_routes(void)
{
	size_t count = 0;

	for (size_t a = 0; a < ARRAY_LEN(areas); a++)
		for (const struct api_route *row = areas[a]; row->method; row++)
			count++;
	return count;
}

static void bind(struct api *api, const struct api_route *row)
{
	struct bound *bound = arena_new(&api->arena, struct bound);

	*bound = (struct bound) { api, row };
	api->routes[api->route_count++] = (struct http_route) {
		.method = row->method,
		.pattern = arena_printf(&api->arena, "/api/v1%s", row->pattern).at,
		.handle = serve,
		.body_limit = row->limit ? row->limit : LIMIT_API_BODY,
		.context = bound,
	};
}

int api_open(const struct api_options *options, struct api **ret, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct api *api = arena_new(&arena, struct api);

	api->arena = arena;
	api->options = *options;
	api->options.version = arena_text(&api->arena, str_of(options->version ? options->version : ""));
	api->options.public_base = arena_str(&api->arena, options->public_base);
	api->pending = api_pending_open(&api->arena);
	api->dry = api_dry_open(api);
	api->routes = arena_new_array(&api->arena, struct http_route, count_routes());
	for (size_t a = 0; a < ARRAY_LEN(areas); a++)
		for (const struct api_route *row = areas[a]; row->method; row++)
			bind(api, row);
	if (api_openapi_make(api, err) < 0 || api_events_open(api, err) < 0) {
		api_close(&api);
		return err_pass(err);
	}
	*ret = api;
	return 0;
}

const struct http_route *api_routes(const struct api *api, size_t *ret_count)
{
	*ret_count = api->route_count;
	return api->routes;
}

void api_close(struct api **papi)
{
	struct api *api = *papi;
	struct arena arena;

	*papi = NULL;
	if (!api)
		return;
	api_events_close(&api->events);
	api_pending_close(&api->pending);
	api_dry_close(&api->dry);
	arena = api->arena;
	arena_release(&arena);
}

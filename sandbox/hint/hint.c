/*
 * hint: the vendor's table, its routes, who may call and how often.
 *
 *	before: key of the call -> 401, 428 -> pace -> 429 -> the route's handler
 */
#include "sandbox/hint/hint.h"

#include "codec/digest.h"
#include "lib/clock.h"
#include "sandbox/hint/webhooks.h"

#define PATIENTS "/api/provider/patients"

static const struct route routes[] = {
	{ "GET", PATIENTS, list_patients, KEY_PRACTICE },
	{ "POST", PATIENTS, create_patient, KEY_PRACTICE },
	{ "POST", PATIENTS "/matching", match_patients, KEY_PRACTICE },
	{ "GET", PATIENTS "/{id}", get_patient, KEY_PRACTICE },
	{ "PATCH", PATIENTS "/{id}", change_patient, KEY_PRACTICE },
	{ "PUT", PATIENTS "/{id}", change_patient, KEY_PRACTICE },
	{ "DELETE", PATIENTS "/{id}", delete_patient, KEY_PRACTICE },
	{ "GET", PATIENTS "/{id}/integration_records", get_records, KEY_PRACTICE },
	{ "GET", PATIENTS "/{id}/social_security_number", get_ssn, KEY_PRACTICE },
	{ "GET", "/api/provider/practice", get_practice, KEY_PRACTICE },
	{ "GET", "/api/provider/practitioners", get_practitioners, KEY_PRACTICE },
	{ "GET", "/api/provider/locations", get_locations, KEY_PRACTICE },
	{ "GET", "/api/provider/lead_sources", get_lead_sources, KEY_PRACTICE },

	{ "POST", "/api/oauth/tokens", exchange_token, KEY_PARTNER },
	{ "GET", "/api/integrations", list_integrations, KEY_PARTNER },
	{ "GET", "/api/integrations/{id}", get_integration, KEY_PARTNER },
	{ "PATCH", "/api/integrations/{id}", change_integration, KEY_PARTNER },
	{ "POST", "/api/integrations/{id}/activate", activate_integration, KEY_PARTNER },
	{ "POST", "/api/integrations/{id}/deactivate", deactivate_integration, KEY_PARTNER },
	{ "POST", "/api/partner/installations/connect", connect_installation, KEY_PARTNER },
	{ "GET", "/api/partner/installations", list_installations, KEY_PARTNER },
	{ "GET", "/api/partner/installations/{id}", get_installation, KEY_PARTNER },
	{ "POST", "/api/partner/installations/{id}/activate", activate_installation, KEY_PARTNER },
	{ "POST", "/api/partner/installations/{id}/deactivate", deactivate_installation, KEY_PARTNER },
	{ "GET", "/api/partner/backends", list_backends, KEY_PARTNER },
	{ "GET", "/api/partner/backends/{id}", get_backend, KEY_PARTNER },
	{ "PATCH", "/api/partner/backends/{id}", change_backend, KEY_PARTNER },

	/* The same resource four times: legacy and current, one practice and all. `owner` tells them apart. */
	{ "GET", "/api/global_webhook_endpoints", list_endpoints, KEY_PARTNER },
	{ "POST", "/api/global_webhook_endpoints", add_endpoint, KEY_PARTNER },
	{ "GET", "/api/global_webhook_endpoints/{id}", get_endpoint, KEY_PARTNER },
	{ "PATCH", "/api/global_webhook_endpoints/{id}", change_endpoint, KEY_PARTNER },
	{ "DELETE", "/api/global_webhook_endpoints/{id}", drop_endpoint, KEY_PARTNER },
	{ "GET", "/api/integrations/{owner}/webhook_endpoints", list_endpoints, KEY_PARTNER },
	{ "POST", "/api/integrations/{owner}/webhook_endpoints", add_endpoint, KEY_PARTNER },
	{ "GET", "/api/integrations/{owner}/webhook_endpoints/{id}", get_endpoint, KEY_PARTNER },
	{ "PATCH", "/api/integrations/{owner}/webhook_endpoints/{id}", change_endpoint, KEY_PARTNER },
	{ "DELETE", "/api/integrations/{owner}/webhook_endpoints/{id}", drop_endpoint, KEY_PARTNER },
	{ "GET", "/api/partner/webhook_endpoints", list_endpoints, KEY_PARTNER },
	{ "POST", "/api/partner/webhook_endpoints", add_endpoint, KEY_PARTNER },
	{ "PATCH", "/api/partner/webhook_endpoints/{id}", change_endpoint, KEY_PARTNER },
	{ "DELETE", "/api/partner/webhook_endpoints/{id}", drop_endpoint, KEY_PARTNER },
	{ "GET", "/api/partner/installations/{owner}/webhook_endpoints", list_endpoints, KEY_PARTNER },
	{ "POST", "/api/partner/installations/{owner}/webhook_endpoints", add_endpoint, KEY_PARTNER },
	{ "PATCH", "/api/partner/installations/{owner}/webhook_endpoints/{id}", change_endpoint, KEY_PARTNER },
	{ "DELETE", "/api/partner/installations/{owner}/webhook_endpoints/{id}", drop_endpoint, KEY_PARTNER },
	{ "GET", "/api/partner/webhook_events", list_event_names, KEY_PARTNER },
	{ "GET", "/api/partner/webhook_requests", list_requests, KEY_PARTNER },

	{ "GET", "/__admin/world", admin_world, 0 },
	{ "POST", "/__admin/reset", admin_reset, 0 },
	{ "POST", "/__admin/load", admin_load, 0 },
	{ "GET", "/__admin/malformed", admin_malformed, 0 },
	{ "POST", "/__admin/malformed", admin_break, 0 },
	{ "DELETE", "/__admin/malformed", admin_mend, 0 },
	{ "GET", "/__admin/settings", admin_settings, 0 },
	{ "POST", "/__admin/settings", admin_set, 0 },
	{ "POST", "/__admin/code", admin_code, 0 },
	{ "POST", "/__admin/merge", admin_merge, 0 },
};

/* ---- errors ---- */

void hint_fail(struct answer *answer, int status, const char *message)
{
	answer->status = status;
	buf_clear(&answer->body);
	buf_printf(&answer->body, "{\"status\":%d,\"message\":", status);
	json_write_string(&answer->body, str_of(message));
	buf_add_char(&answer->body, '}');
}

void hint_fail_err(struct answer *answer, const struct err *err)
{
	hint_fail(answer, err->code == ERR_NOT_FOUND ? 404 : err->code == ERR_PARSE ? 400 : 422, err->text);
}

struct json *hint_body(struct request *request, struct answer *answer)
{
	struct err err = ERR_INIT;
	struct json *body;

	if (request_json(request, &body, &err) < 0 || body->kind != JSON_OBJECT) {
		hint_fail(answer, 400, "The request body is not a JSON object");
		return NULL;
	}
	return body;
}

static void not_found(void *state, struct request *request, struct answer *answer)
{
	(void)state, (void)request;
	hint_fail(answer, 404, "Not found");
}

static void fault(void *state, enum fault_kind kind, struct request *request, struct answer *answer)
{
	(void)state, (void)request;
	if (kind == FAULT_429 || kind == FAULT_LIMIT)
		hint_fail(answer, 429, "Enhance your calm");
	else
		hint_fail(answer, answer->status, kind == FAULT_503 ? "Service Unavailable" : "Internal Server Error");
}

struct str hint_id(const struct hint *hint, struct arena *arena, const char *id)
{
	return hint->sbx ? arena_printf(arena, "sbx-%s", id) : str_of(id);
}

/* ---- keys ---- */

struct token *hint_add_token(struct hint *hint, struct str text, bool partner)
{
	struct token *token = arena_new(&hint->keep, struct token);

	*token = (struct token) { .text = arena_str(&hint->keep, text), .partner = partner, .next = hint->tokens };
	hint->tokens = token;
	return token;
}

struct code *hint_add_code(struct hint *hint, struct str text)
{
	struct code *code = arena_new(&hint->keep, struct code);

	*code = (struct code) { .text = arena_str(&hint->keep, text), .next = hint->codes };
	code->until_us = clock_wall_ms() * 1000 + HINT_CODE_LIFE_US;
	hint->codes = code;
	return code;
}

/* Bearer, or the older Basic with the key as user name and no password. */
static struct str key_of(struct request *request)
{
	struct str header = request_header(request, "Authorization"), text;

	if (str_starts(header, STR("Bearer ")))
		return str_trim(str_skip(header, 7));
	if (!str_starts(header, STR("Basic ")) ||
	    !digest_unbase64(request->arena, str_trim(str_skip(header, 6)), &text))
		return STR_EMPTY;
	str_split(&(struct str) { text.at, text.len }, ':', &text);
	return text;
}

static struct token *find_token(struct hint *hint, struct str key)
{
	for (struct token *token = hint->tokens; token; token = token->next)
		if (str_eq(token->text, key))
			return token;
	return NULL;
}

/* 0: come in. */
static int judge_key(struct hint *hint, const struct route *route, struct request *request)
{
	struct token *token = find_token(hint, key_of(request));

	if (!token || request->fault.kind == FAULT_EXPIRE)
		return 401;
	if (route->flags == KEY_PRACTICE && token->partner)
		return 428;
	if (route->flags == KEY_PARTNER && !token->partner)
		return 401;
	if (!token->partner && !hint->active)
		return 401;
	token->last_used_us = clock_wall_ms() * 1000;
	return 0;
}

/* ---- pace ---- */

static bool may_pass(struct pace *pace)
{
	int64_t now = clock_mono_ns(), day = clock_wall_ms() / 86400000;

	if (day != pace->day) {
		pace->day = day;
		pace->today = 0;
	}
	if (pace->daily && pace->today >= pace->daily)
		return false;
	if (pace->rate > 0) {
		pace->level += (double)(now - pace->filled_ns) / 1e9 * pace->rate;
		pace->level = MIN_OF(pace->level, MAX_OF(pace->rate, 1.0));
		pace->filled_ns = now;
		if (pace->level < 1)
			return false;
		pace->level -= 1;
	}
	pace->today++;
	return true;
}

static bool before(void *state, const struct route *route, struct request *request, struct answer *answer)
{
	struct hint *hint = state;
	int status = route->flags ? judge_key(hint, route, request) : 0;

	if (status == 401)
		hint_fail(answer, 401, "You couldn't be authenticated");
	else if (status == 428)
		hint_fail(answer, 428, "This action requires a practice; use a practice access token");
	else if (route->flags && !may_pass(&hint->pace))
		hint_fail(answer, status = 429, "Enhance your calm");
	return status != 0;
}

/* Packing a row costs more than everything else that is done for it, so it happens only where a test asks for it. */
static void after(void *state, struct request *request, struct answer *answer)
{
	const struct hint *hint = state;

	(void)request;
	answer->plain = !hint->gzip;
}

/* ---- life ---- */

void hint_forget_patients(struct hint *hint)
{
	arena_release(&hint->cache.arena);
	hint->cache = (struct page_cache) { 0 };
	arena_release(&hint->arena);
	hint->patients = NULL;
	hint->count = hint->room = hint->archived = 0;
	hint->by_id = hint->by_record = (struct map)MAP_INIT(&hint->arena);
	hint->sorted = true;
	hint->version++;
}

static int open_hint(const struct options *options, struct server *server, void **ret_state, struct err *err)
{
	struct arena keep = ARENA_INIT;
	struct hint *hint = arena_new(&keep, struct hint);

	(void)err;
	practice_prepare();
	hint->keep = keep;
	hint->options = options;
	hint->server = server;
	hint->active = true;
	hint->version = 1;
	hint->pace = (struct pace) { .rate = options->pace == 0  ? 20
		                             : options->pace < 0 ? 0
		                                                 : (double)options->pace,
		                     .daily = 500000,
		                     .filled_ns = clock_mono_ns() };
	hint->pace.level = hint->pace.rate;
	hint_forget_patients(hint);
	hint_add_token(hint, str_of(options->api_key), false);
	hint_add_token(hint, STR(HINT_PARTNER_KEY), true);
	hint_add_code(hint, STR(HINT_FIRST_CODE));
	webhooks_open(hint);
	*ret_state = hint;
	return 0;
}

static void close_hint(void *state)
{
	struct hint *hint = state;
	struct arena keep;

	webhooks_close(hint);
	hint_forget_patients(hint);
	keep = hint->keep;
	arena_release(&keep);
}

const struct vendor hint_vendor = {
	.name = "hint",
	.routes = routes,
	.route_count = ARRAY_LEN(routes),
	.open = open_hint,
	.close = close_hint,
	.before = before,
	.after = after,
	.not_found = not_found,
	.fault = fault,
	.dump = hint_dump,
	.edit = hint_edit,
	.create = hint_create,
	.remove = hint_remove,
};

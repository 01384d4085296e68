/* invented: the vendor's table, its routes, who may call, how errors look. */
#include "sandbox/invented/invented.h"

enum { WANTS_KEY = 1 };

static void who_am_i(void *state, struct request *request, struct answer *answer)
{
	(void)state, (void)request;
	buf_add_c(&answer->body, "{\"clinic\":\"House of Nobody\",\"user\":\"api\"}");
}

static const struct route routes[] = {
	{ "GET", "/me", who_am_i, WANTS_KEY },
	{ "GET", "/people", people_list, WANTS_KEY },
	{ "POST", "/people", people_add, WANTS_KEY },
	{ "GET", "/people/search", people_search, WANTS_KEY },
	{ "GET", "/people/{key}", people_get, WANTS_KEY },
	{ "POST", "/people/{key}", people_change, WANTS_KEY },
	{ "PATCH", "/people/{key}", people_change, WANTS_KEY },
	{ "GET", "/hooks", hooks_list, WANTS_KEY },
	{ "POST", "/hooks", hooks_add, WANTS_KEY },
	{ "DELETE", "/hooks/{key}", hooks_drop, WANTS_KEY },

	{ "POST", "/__admin/reset", invented_reset, 0 },
	{ "POST", "/__admin/load", invented_load, 0 },
	{ "POST", "/__admin/merge", invented_merge, 0 },
	{ "GET", "/__admin/settings", invented_show_settings, 0 },
	{ "POST", "/__admin/settings", invented_change_settings, 0 },
};

void invented_fail(struct answer *answer, int status, const char *code, const char *text, struct str where)
{
	answer->status = status;
	buf_clear(&answer->body);
	buf_printf(&answer->body, "{\"errors\":[{\"code\":\"%s\",\"text\":", code);
	json_write_string(&answer->body, str_of(text));
	buf_add_c(&answer->body, ",\"where\":");
	json_write_string(&answer->body, where);
	buf_add_c(&answer->body, "}]}");
}

struct json *invented_body(struct request *request, struct answer *answer)
{
	struct err err = ERR_INIT;
	struct json *body;

	if (request_json(request, &body, &err) == 0 && body->kind == JSON_OBJECT)
		return body;
	invented_fail(answer, 400, "E_JSON", "the body is no JSON object", STR_EMPTY);
	return NULL;
}

static bool before(void *state, const struct route *route, struct request *request, struct answer *answer)
{
	struct invented *emr = state;

	if (route->flags != WANTS_KEY)
		return false;
	if (request->fault.kind == FAULT_EXPIRE ||
	    !str_eq_c(request_header(request, "X-Api-Key"), emr->options->invented_key))
		invented_fail(answer, 401, "E_KEY", "who are you?", STR("X-Api-Key"));
	else if (!str_eq_c(request_header(request, "X-Version"), "3"))
		invented_fail(answer, 400, "E_VERSION", "only version 3 is spoken", STR("X-Version"));
	else if (!bucket_take(&emr->pace))
		invented_fail(answer, 429, "E_PACE", "not so fast", STR_EMPTY);
	else
		return false;
	return true;
}

static void not_found(void *state, struct request *request, struct answer *answer)
{
	(void)state, (void)request;
	invented_fail(answer, 404, "E_ROUTE", "there is nothing here", STR_EMPTY);
}

static void fault(void *state, enum fault_kind kind, struct request *request, struct answer *answer)
{
	(void)state, (void)request;
	if (kind == FAULT_429 || kind == FAULT_LIMIT)
		invented_fail(answer, 429, "E_PACE", "not so fast", STR_EMPTY);
	else
		invented_fail(answer, answer->status, "E_HOUSE", "the house is on fire", STR_EMPTY);
}

static void close_invented(void *state)
{
	struct invented *emr = state;
	struct arena keep = emr->keep;

	courier_free(&emr->courier);
	shelf_clear(&emr->people);
	arena_release(&keep);
}

static int open_invented(const struct options *options, struct server *server, void **ret_state, struct err *err)
{
	struct arena keep = ARENA_INIT;
	struct invented *emr = arena_new(&keep, struct invented);

	emr->keep = keep;
	emr->options = options;
	emr->server = server;
	emr->pace.rate = options->pace > 0 ? (double)options->pace : 0;
	emr->next_person = emr->next_hook = 1;
	emr->deliveries = (struct courier_switches)COURIER_SWITCHES_INIT;
	emr->courier = courier_new(server, &emr->deliveries);
	shelf_open(&emr->people);
	if (invented_seed(emr, err) < 0) {
		close_invented(emr);
		return err->code;
	}
	*ret_state = emr;
	return 0;
}

const struct vendor invented_vendor = {
	.name = "invented",
	.routes = routes,
	.route_count = ARRAY_LEN(routes),
	.open = open_invented,
	.close = close_invented,
	.before = before,
	.not_found = not_found,
	.fault = fault,
	.dump = invented_dump,
	.edit = invented_edit,
	.create = invented_create,
	.remove = invented_remove,
};

/*
 * niko: the vendor's table, its routes, who may call and how often, and how answers and errors look.
 *
 *	before: token of the call -> 401 -> pace -> 429 -> the route's handler
 */
#include "sandbox/niko/niko.h"

#include "lib/clock.h"

static void eligibility(void *state, struct request *request, struct answer *answer)
{
	(void)state, (void)request;
	/* The shape is unknown and real payers would be called: nobody is to depend on an invented one (API notes 8). */
	niko_fail(answer, 501, "Not available here");
}

static const struct route routes[] = {
	{ "POST", "/api/identity/connect/token", give_token, 0 },
	{ "GET", NIKO_API "/patients", niko_list, NIKO_TOKEN },
	{ "POST", NIKO_API "/patients", niko_post, NIKO_TOKEN },
	{ "GET", NIKO_API "/patients/{id}", niko_get, NIKO_TOKEN },
	{ "PUT", NIKO_API "/patients/{id}", niko_put, NIKO_TOKEN },
	{ "DELETE", NIKO_API "/patients/{id}", niko_delete, NIKO_TOKEN },
	{ "GET", NIKO_API "/patients/{id}/insurances", list_insurances, NIKO_TOKEN },
	{ "POST", NIKO_API "/patients/{id}/insurances", add_insurance, NIKO_TOKEN },
	{ "POST", NIKO_API "/insurance/eligibility", eligibility, NIKO_TOKEN },
	{ "GET", NIKO_API "/hcpcs", list_hcpcs, NIKO_TOKEN },
	{ "GET", NIKO_API "/locations", list_locations, NIKO_TOKEN },
	{ "GET", NIKO_API "/payers", list_payers, NIKO_TOKEN },
	{ "GET", NIKO_API "/orders", list_orders, NIKO_TOKEN },
	{ "GET", NIKO_API "/orders/{id}", get_order, NIKO_TOKEN },
	{ "GET", NIKO_API "/tasks", list_tasks, NIKO_TOKEN },
	{ "GET", NIKO_API "/tasks/{id}", get_task, NIKO_TOKEN },
	{ "GET", NIKO_API "/webhooks/events", list_events, NIKO_TOKEN },
	{ "GET", NIKO_API "/webhooks", list_hooks, NIKO_TOKEN },
	{ "POST", NIKO_API "/webhooks", add_hook, NIKO_TOKEN },
	{ "DELETE", NIKO_API "/webhooks/{id}", drop_hook, NIKO_TOKEN },

	{ "POST", "/__admin/reset", niko_admin_reset, 0 },
	{ "POST", "/__admin/load", niko_admin_load, 0 },
	{ "GET", "/__admin/settings", niko_admin_settings, 0 },
	{ "POST", "/__admin/settings", niko_admin_set, 0 },
};

/* ---- answers ---- */

void niko_fail(struct answer *answer, int status, const char *message)
{
	answer->status = status;
	buf_clear(&answer->body);
	buf_add_c(&answer->body, "{\"Message\":");
	json_write_string(&answer->body, str_of(message));
	buf_add_char(&answer->body, '}');
}

void niko_refuse(struct answer *answer, const struct reading *reading)
{
	answer->status = 400;
	buf_clear(&answer->body);
	buf_add_c(&answer->body, "{\"Message\":\"Validation failed\",\"Errors\":");
	json_write(&answer->body, reading->errors);
	buf_add_char(&answer->body, '}');
}

/* Ids as numbers: every member whose name ends in Id and that holds only digits, DisplayId excepted. */
static void make_ids_numbers(struct arena *arena, struct json *node)
{
	JSON_EACH (node, child) {
		double number;

		if (child->first)
			make_ids_numbers(arena, child);
		else if (child->kind == JSON_STRING && str_ends(child->key, STR("Id")) &&
		         !str_eq_c(child->key, "DisplayId") && str_to_double(child->text, &number)) {
			struct json *id = json_new_number(arena, child->text);

			json_set(node, child->key, id);
			child = id;
		}
	}
}

void niko_write(const struct niko *niko, struct arena *arena, struct json *tree, struct buf *out)
{
	if (niko->settings.number_ids)
		make_ids_numbers(arena, tree);
	json_write(out, tree);
}

struct json *niko_body(struct request *request, struct answer *answer)
{
	struct err err = ERR_INIT;
	struct json *body;

	if (request_json(request, &body, &err) < 0 || body->kind != JSON_OBJECT) {
		niko_fail(answer, 400, "The request body is not a JSON object");
		return NULL;
	}
	return body;
}

struct reading niko_reading(const struct niko *niko, struct arena *arena)
{
	return (struct reading) { .arena = arena,
		                  .refuse_unknown = niko->settings.refuse_unknown,
		                  .ignore_types = niko->settings.ignore_types,
		                  .check_words = !niko->settings.any_words };
}

static bool count_of(struct request *request, const char *name, int64_t fallback, int64_t *ret)
{
	*ret = fallback;
	return !request_has_query(request, name) || (str_to_i64(request_query(request, name), ret) && *ret >= 0);
}

bool niko_page(struct request *request, struct answer *answer, size_t count, size_t *ret_from, size_t *ret_to)
{
	int64_t size, index;

	if (!count_of(request, "pageSize", 20, &size) || !count_of(request, "pageIndex", 0, &index) || size == 0) {
		niko_fail(answer, 400, "pageSize and pageIndex are whole numbers");
		return false;
	}
	size = MIN_OF(size, (int64_t)100);
	index = MIN_OF(index, (int64_t)count);
	*ret_from = MIN_OF((size_t)(index * size), count);
	*ret_to = MIN_OF(*ret_from + (size_t)size, count);
	return true;
}

void niko_write_page(const struct niko *niko, struct request *request, struct answer *answer,
                     struct shelf_row *const *rows, size_t count, niko_shown *shown)
{
	struct buf *out = &answer->body;
	size_t from, to;

	if (!niko_page(request, answer, count, &from, &to))
		return;
	buf_add_c(out, "{\"Items\":[");
	for (size_t i = from; i < to; i++) {
		struct json *full = shelf_read(rows[i], request->arena);

		buf_add_c(out, i > from ? "," : "");
		niko_write(niko, request->arena, shown ? shown(niko, request->arena, full) : full, out);
	}
	buf_printf(out, "],\"Count\":%zu}", count);
}

/* ---- who may call ---- */

static void too_many(const struct niko *niko, struct answer *answer)
{
	niko_fail(answer, 429, "Too many requests");
	if (niko->settings.retry_after)
		answer_header(answer, "Retry-After",
		              arena_printf(answer->arena, "%lld", (long long)niko->settings.retry_after));
}

static bool before(void *state, const struct route *route, struct request *request, struct answer *answer)
{
	struct niko *niko = state;

	if (route->flags != NIKO_TOKEN)
		return false;
	if (!token_is_good(niko, request))
		niko_fail(answer, 401, "Unauthorized");
	else if (!bucket_take(&niko->pace))
		too_many(niko, answer);
	else if (request->fault.kind == FAULT_LOCK)
		niko_fail(answer, 409, "The record is in use");
	else
		return false;
	return true;
}

static void not_found(void *state, struct request *request, struct answer *answer)
{
	(void)state, (void)request;
	niko_fail(answer, 404, "Not found");
}

static void fault(void *state, enum fault_kind kind, struct request *request, struct answer *answer)
{
	(void)request;
	if (kind == FAULT_429 || kind == FAULT_LIMIT)
		too_many(state, answer);
	else
		niko_fail(answer, answer->status, "An error has occurred");
}

/* ---- life ---- */

void niko_forget(struct niko *niko)
{
	shelf_clear(&niko->patients);
	for (unsigned kind = 0; kind < PART_COUNT; kind++)
		shelf_clear(part_shelf(niko, kind));
	niko->next_patient = NIKO_FIRST_NUMBER;
	niko->next_insurance = 88001;
	niko->next_order = 550001;
	niko->next_task = 7001;
}

static void close_niko(void *state)
{
	struct niko *niko = state;
	struct arena keep = niko->keep;

	courier_free(&niko->courier);
	tokens_end(niko);
	niko_forget(niko);
	/* What settings and subscriptions added since stands in the arena of the state itself. */
	arena_release(&keep);
}

static int open_niko(const struct options *options, struct server *server, void **ret_state, struct err *err)
{
	struct arena keep = ARENA_INIT;
	struct niko *niko = arena_new(&keep, struct niko);

	niko->keep = keep;
	niko->options = options;
	niko->server = server;
	niko->pace.rate = options->pace > 0 ? (double)options->pace : 0; /* the vendor publishes none */
	niko->settings = (struct niko_settings) { .token_seconds = 1200,
		                                  .create_status = 201,
		                                  .post_reply = STR("full"),
		                                  .put_reply = STR("full"),
		                                  .hook_shape = STR("data") };
	niko->hooks = (struct courier_switches)COURIER_SWITCHES_INIT;
	niko->next_hook = 41;
	niko->courier = courier_new(server, &niko->hooks);
	shelf_open(&niko->patients);
	for (unsigned kind = 0; kind < PART_COUNT; kind++)
		shelf_open(part_shelf(niko, kind));
	niko_forget(niko);
	if (niko_seed(niko, err) < 0) {
		close_niko(niko);
		return err->code;
	}
	*ret_state = niko;
	return 0;
}

const struct vendor nikohealth_vendor = {
	.name = "nikohealth",
	.routes = routes,
	.route_count = ARRAY_LEN(routes),
	.open = open_niko,
	.close = close_niko,
	.before = before,
	.not_found = not_found,
	.fault = fault,
	.dump = niko_dump,
	.edit = niko_edit,
	.create = niko_create,
	.remove = niko_remove,
};

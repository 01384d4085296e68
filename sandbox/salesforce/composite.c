/*
 * composite: up to 25 requests in one (section 2.7). Each goes through the same routes as a request of its own. "@{ref.path}" in
 * a URL or body is replaced by what an earlier one answered. With allOrNone, one failure rolls all back.
 */
#include "sandbox/salesforce/handlers.h"

#include "sandbox/systems.h"

#define SUBREQUESTS_MAX 25
#define HEAVY_MAX       5 /* of which query or collections calls */

struct sub {
	struct str reference;
	struct str method, url;
	const struct json *body;
	struct answer answer;
	struct json *result; /* parsed body of the answer, for references */
};

struct composite {
	struct org *org;
	struct request *request;
	struct answer *answer;
	struct sub subs[SUBREQUESTS_MAX];
	size_t count;
	bool all_or_none;
	bool failed;
};

/* ---- references ---- */

static struct json *look_up(const struct composite *composite, struct str path)
{
	struct str reference;
	struct str rest = path;

	str_split(&rest, '.', &reference);
	for (size_t i = 0; i < composite->count; i++) {
		const struct sub *sub = &composite->subs[i];

		if (!str_eq(sub->reference, reference) || !sub->result)
			continue;
		return json_walk(sub->result, arena_text(composite->request->arena, rest));
	}
	return NULL;
}

/* False: a reference leads nowhere. */
static bool fill_in(const struct composite *composite, struct str text, struct str *ret)
{
	SCOPED(buf) struct buf filled = BUF_INIT((size_t)1 << 20);
	ptrdiff_t at;

	while ((at = str_find(text, STR("@{"))) >= 0) {
		struct str rest = str_skip(text, (size_t)at + 2);
		ptrdiff_t end = str_find_char(rest, '}');
		struct json *value = end >= 0 ? look_up(composite, str_range(rest.at, (size_t)end)) : NULL;

		if (!value)
			return false;
		buf_add(&filled, str_range(text.at, (size_t)at));
		buf_add(&filled, json_text(value));
		text = str_skip(rest, (size_t)end + 1);
	}
	buf_add(&filled, text);
	*ret = arena_str(composite->request->arena, buf_str(&filled));
	return true;
}

/* ---- one subrequest ---- */

static void run_sub(struct composite *composite, struct sub *sub)
{
	struct arena *arena = composite->request->arena;
	struct call *call = arena_new(arena, struct call);
	SCOPED(buf) struct buf body = BUF_INIT(LIMIT_SANDBOX_BODY);
	struct request request = { .arena = arena, .server = composite->request->server, .method = sub->method };
	struct err err = ERR_INIT;
	struct str url, text;

	answer_init(&sub->answer, arena);
	if (sub->body)
		json_write(&body, sub->body);
	if (!fill_in(composite, sub->url, &url) || !fill_in(composite, buf_str(&body), &text)) {
		fail(&sub->answer, 400, "PROCESSING_HALTED", "Invalid reference specified. No value found in response");
		return;
	}
	*call = *call_of(composite->request);
	call->inner = true;
	request.vendor = call;
	request.body = text;
	request.fault = composite->request->fault;
	request_set_target(&request, url);
	server_dispatch(&salesforce_vendor, composite->org, &request, &sub->answer);
	composite->request->fault = request.fault;
	if (json_parse(arena, arena_str(arena, buf_str(&sub->answer.body)), &sub->result, &err) < 0)
		sub->result = NULL;
}

static void halt(struct sub *sub, struct arena *arena)
{
	buf_release(&sub->answer.body);
	answer_init(&sub->answer, arena);
	fail(&sub->answer, 400, "PROCESSING_HALTED",
	     "The transaction was rolled back since another operation in the same transaction failed.");
}

static void write_sub(struct buf *out, const struct sub *sub)
{
	struct str location = pairs_get(&sub->answer.headers, "Location");

	buf_add_c(out, "{\"body\":");
	if (sub->answer.body.len)
		buf_add(out, buf_str(&sub->answer.body));
	else
		buf_add_c(out, "null");
	buf_add_c(out, ",\"httpHeaders\":{");
	if (location.len > 0) {
		buf_add_c(out, "\"Location\":");
		json_write_string(out, location);
	}
	buf_printf(out, "},\"httpStatusCode\":%d,\"referenceId\":", sub->answer.status);
	json_write_string(out, sub->reference);
	buf_add_char(out, '}');
}

/* ---- the envelope ---- */

static bool heavy(const struct sub *sub)
{
	return str_find(sub->url, STR("/query")) >= 0 || str_find(sub->url, STR("/composite/sobjects")) >= 0;
}

static bool reference_fits(const struct composite *composite, struct str reference)
{
	if (reference.len == 0)
		return false;
	for (size_t i = 0; i < reference.len; i++) {
		char c = reference.at[i];

		if (!(c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
			return false;
	}
	for (size_t i = 0; i < composite->count; i++) {
		if (str_eq(composite->subs[i].reference, reference))
			return false;
	}
	return true;
}

static bool read_subs(struct composite *composite, const struct json *list)
{
	unsigned heavies = 0;

	if (!list || list->kind != JSON_ARRAY || list->count == 0 || list->count > SUBREQUESTS_MAX) {
		fail(composite->answer, 400, "INVALID_BATCH_SIZE", "compositeRequest must hold 1 to %d subrequests",
		     SUBREQUESTS_MAX);
		return false;
	}
	JSON_EACH (list, row) {
		struct sub *sub = &composite->subs[composite->count];

		*sub = (struct sub) {
			.reference = json_get_text(row, "referenceId"),
			.method = json_get_text(row, "method"),
			.url = json_get_text(row, "url"),
			.body = json_get(row, "body"),
		};
		if (!reference_fits(composite, sub->reference)) {
			fail(composite->answer, 400, "INVALID_INPUT", "Invalid or duplicate referenceId: %.*s",
			     STR_ARG(sub->reference));
			return false;
		}
		heavies += heavy(sub);
		composite->count++;
	}
	if (heavies <= HEAVY_MAX)
		return true;
	fail(composite->answer, 400, "LIMIT_EXCEEDED", "At most %d subrequests may be query or collections calls",
	     HEAVY_MAX);
	return false;
}

static void roll_back(struct composite *composite)
{
	for (size_t i = 0; i < composite->count; i++) {
		if (composite->subs[i].answer.status < 300)
			halt(&composite->subs[i], composite->request->arena);
	}
}

static void run_all(struct composite *composite)
{
	if (composite->all_or_none)
		rows_begin(composite->org);
	for (size_t i = 0; i < composite->count; i++) {
		struct sub *sub = &composite->subs[i];

		if (composite->failed && composite->all_or_none)
			halt(sub, composite->request->arena);
		else
			run_sub(composite, sub);
		composite->failed |= sub->answer.status >= 300;
	}
	if (!composite->all_or_none)
		return;
	rows_end(composite->org, !composite->failed);
	if (composite->failed)
		roll_back(composite);
}

void composite_run(void *state, struct request *request, struct answer *answer)
{
	struct composite *composite = arena_new(request->arena, struct composite);
	struct json *body = body_of(request, answer);

	if (!body)
		return;
	composite->org = state;
	composite->request = request;
	composite->answer = answer;
	composite->all_or_none = json_bool(json_get(body, "allOrNone"), false);
	if (!read_subs(composite, json_get(body, "compositeRequest")))
		return;
	run_all(composite);
	buf_add_c(&answer->body, "{\"compositeResponse\":[");
	for (size_t i = 0; i < composite->count; i++) {
		buf_add_c(&answer->body, i ? "," : "");
		write_sub(&answer->body, &composite->subs[i]);
		buf_release(&composite->subs[i].answer.body);
	}
	buf_add_c(&answer->body, "]}");
}

/* ---- /composite/batch: independent requests, relative URLs ---- */

static void write_batch_row(struct buf *out, const struct sub *sub)
{
	buf_printf(out, "{\"statusCode\":%d,\"result\":", sub->answer.status);
	if (sub->answer.body.len)
		buf_add(out, buf_str(&sub->answer.body));
	else
		buf_add_c(out, "null");
	buf_add_char(out, '}');
}

static void run_batch_row(struct composite *composite, const struct json *row, bool halted)
{
	struct sub *sub = &composite->subs[composite->count++];
	struct arena *arena = composite->request->arena;
	struct str url = json_get_text(row, "url");

	*sub = (struct sub) { .method = json_get_text(row, "method"), .body = json_get(row, "richInput") };
	sub->url = str_starts(url, STR("/services")) ? url : arena_printf(arena, "/services/data/%.*s", STR_ARG(url));
	if (halted) {
		answer_init(&sub->answer, arena);
		fail(&sub->answer, 412, "BATCH_PROCESSING_HALTED", "Batch processing halted.");
		return;
	}
	run_sub(composite, sub);
}

void composite_batch(void *state, struct request *request, struct answer *answer)
{
	struct composite *composite = arena_new(request->arena, struct composite);
	struct json *body = body_of(request, answer), *list;
	bool halt_on_error, failed = false;

	if (!body)
		return;
	list = json_get(body, "batchRequests");
	if (!list || list->count == 0 || list->count > SUBREQUESTS_MAX) {
		fail(answer, 400, "INVALID_BATCH_SIZE", "batchRequests must hold 1 to %d subrequests", SUBREQUESTS_MAX);
		return;
	}
	*composite = (struct composite) { .org = state, .request = request, .answer = answer };
	halt_on_error = json_bool(json_get(body, "haltOnError"), false);
	JSON_EACH (list, row) {
		run_batch_row(composite, row, halt_on_error && failed);
		failed |= composite->subs[composite->count - 1].answer.status >= 400;
	}
	buf_printf(&answer->body, "{\"hasErrors\":%s,\"results\":[", failed ? "true" : "false");
	for (size_t i = 0; i < composite->count; i++) {
		buf_add_c(&answer->body, i ? "," : "");
		write_batch_row(&answer->body, &composite->subs[i]);
		buf_release(&composite->subs[i].answer.body);
	}
	buf_add_c(&answer->body, "]}");
}

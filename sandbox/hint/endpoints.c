/* endpoints: webhook endpoints over four routes, the list of event names, the log of deliveries. */
#include "sandbox/hint/hint.h"

#include "sandbox/hint/webhooks.h"
#include "lib/clock.h"

static const char *const event_names[] = {
	"company.created",
	"company.updated",
	"company.destroyed",
	"customer_invoice.created",
	"customer_invoice.updated",
	"customer_invoice.destroyed",
	"customer_invoice.draft",
	"customer_invoice.issued",
	"customer_invoice.paid",
	"customer_invoice.cancelled",
	"invoice.created",
	"invoice.updated",
	"invoice.destroyed",
	"invoice.draft",
	"invoice.issued",
	"invoice.paid",
	"invoice.cancelled",
	"employee_division.created",
	"employee_division.updated",
	"employee_division.destroyed",
	"membership.created",
	"membership.updated",
	"membership.destroyed",
	"patient.created",
	"patient.updated",
	"patient.destroyed",
	"patient.inactive",
	"prospect.created",
	"prospect.updated",
	"practitioner.created",
	"practitioner.updated",
	"practitioner.destroyed",
	"integration.activated",
	"integration.deactivated",
	"installation.activated",
	"installation.deactivated",
	"signup_attempt.created",
	"signup_attempt.updated",
	"location.created",
	"location.updated",
	"location.destroyed",
	"practice.created",
	"practice.updated",
	"practice.destroyed",
	"practice.deactivated",
};

/* An endpoint of one practice hangs below an integration or installation. */
static enum scope scope_of(const struct request *request)
{
	return request_param(request, "owner").len ? SCOPE_PRACTICE : SCOPE_GLOBAL;
}

/* 2026-07-20T15:39:20.000000Z, or null for 0. */
static void write_utc(struct arena *arena, const char *lead, int64_t us, struct buf *out)
{
	struct str text = clock_rfc3339(arena, us / 1000);

	if (us)
		buf_printf(out, "%s\"%.*s%03dZ\"", lead, (int)text.len - 1, text.at, (int)(us % 1000));
	else
		buf_printf(out, "%snull", lead);
}

static void write_endpoint(struct arena *arena, const struct endpoint *e, struct buf *out)
{
	buf_printf(out, "{\"id\":\"%.*s\"", STR_ARG(e->id));
	write_utc(arena, ",\"created_at\":", e->created_us, out);
	write_utc(arena, ",\"last_delivered_at\":", e->delivered_us, out);
	write_utc(arena, ",\"localhost_webhook_url\":null,\"updated_at\":", e->updated_us, out);
	buf_add_c(out, ",\"webhook_url\":");
	json_write_string(out, e->url);
	buf_add_c(out, ",\"partner_backend\":{\"id\":\"" HINT_BACKEND "\",\"name\":\"Default\"}}");
}

/* False: answered 404. */
static bool owner_is_known(struct hint *hint, struct request *request, struct answer *answer)
{
	struct str owner = request_param(request, "owner");

	if (!owner.len || str_eq(owner, hint_id(hint, request->arena, HINT_INTEGRATION)) ||
	    str_eq(owner, hint_id(hint, request->arena, HINT_INSTALLATION)))
		return true;
	hint_fail(answer, 404, "Couldn't find Installation");
	return false;
}

static struct endpoint *wanted(struct hint *hint, struct request *request, struct answer *answer)
{
	struct endpoint *e;

	if (!owner_is_known(hint, request, answer))
		return NULL;
	e = webhooks_find(hint, request_param(request, "id"), scope_of(request));
	if (!e)
		hint_fail(answer, 404, "Couldn't find WebhookEndpoint");
	return e;
}

void list_endpoints(void *state, struct request *request, struct answer *answer)
{
	struct hint *hint = state;
	bool first = true;

	if (!owner_is_known(hint, request, answer))
		return;
	buf_add_char(&answer->body, '[');
	for (const struct endpoint *e = hint->hooks->endpoints; e; e = e->next) {
		if (e->gone || e->scope != scope_of(request))
			continue;
		if (!first)
			buf_add_char(&answer->body, ',');
		first = false;
		write_endpoint(request->arena, e, &answer->body);
	}
	buf_add_char(&answer->body, ']');
}

static struct str url_of(struct request *request, struct answer *answer)
{
	const struct json *body = hint_body(request, answer);
	struct str url = json_get_text(body, "webhook_url");

	if (body && !str_starts(url, STR("http://")) && !str_starts(url, STR("https://"))) {
		hint_fail(answer, 422, "Validation failed: Webhook url is invalid");
		return STR_EMPTY;
	}
	return url;
}

void add_endpoint(void *state, struct request *request, struct answer *answer)
{
	struct str url;

	if (!owner_is_known(state, request, answer))
		return;
	url = url_of(request, answer);
	if (url.len)
		write_endpoint(request->arena, webhooks_add(state, url, scope_of(request)), &answer->body);
}

void get_endpoint(void *state, struct request *request, struct answer *answer)
{
	const struct endpoint *e = wanted(state, request, answer);

	if (e)
		write_endpoint(request->arena, e, &answer->body);
}

void change_endpoint(void *state, struct request *request, struct answer *answer)
{
	struct hint *hint = state;
	struct endpoint *e = wanted(hint, request, answer);
	struct str url = e ? url_of(request, answer) : STR_EMPTY;

	if (!url.len)
		return;
	webhooks_move(hint, e, url);
	write_endpoint(request->arena, e, &answer->body);
}

void drop_endpoint(void *state, struct request *request, struct answer *answer)
{
	struct endpoint *e = wanted(state, request, answer);

	if (!e)
		return;
	webhooks_drop(state, e);
	answer->status = 204;
}

void list_event_names(void *state, struct request *request, struct answer *answer)
{
	(void)state, (void)request;
	for (size_t i = 0; i < ARRAY_LEN(event_names); i++)
		buf_printf(&answer->body, "%s\"%s\"", i ? "," : "[", event_names[i]);
	buf_add_char(&answer->body, ']');
}

static void write_record(struct arena *arena, const struct hook_record *r, struct buf *out)
{
	buf_printf(out, "{\"attempts\":%u", r->attempts);
	write_utc(arena, ",\"created_at\":", r->created_us, out);
	write_utc(arena, ",\"delivered_at\":", r->delivered_us, out);
	buf_printf(out, ",\"event_type\":\"%.*s\"", STR_ARG(r->type));
	write_utc(arena, ",\"last_attempted_at\":", r->attempted_us, out);
	buf_printf(out, ",\"last_response\":%s%s%s,", r->response ? "\"" : "", r->response ? r->response : "null",
	           r->response ? "\"" : "");
	if (r->status_code)
		buf_printf(out, "\"last_status_code\":%d,", r->status_code);
	else
		buf_add_c(out, "\"last_status_code\":null,");
	buf_printf(out, "\"payload\":null,\"status\":\"%s\",\"webhook_endpoint\":", r->status);
	write_endpoint(arena, r->endpoint, out);
	buf_add_char(out, '}');
}

static bool record_fits(const struct request *request, const struct hook_record *r)
{
	struct str status = request_query(request, "status"), type = request_query(request, "event_type"),
	           endpoint = request_query(request, "webhook_endpoint");
	int64_t attempts;

	return (!status.len || str_eq_c(status, r->status)) && (!type.len || str_eq(type, r->type)) &&
	       (!endpoint.len || str_eq(endpoint, r->endpoint->id)) &&
	       (!str_to_i64(request_query(request, "attempts"), &attempts) || attempts == r->attempts);
}

void list_requests(void *state, struct request *request, struct answer *answer)
{
	struct hint *hint = state;
	int64_t limit = 10, offset = 0, seen = 0;
	bool first = true;

	str_to_i64(request_query(request, "limit"), &limit);
	str_to_i64(request_query(request, "offset"), &offset);
	limit = MIN_OF(MAX_OF(limit, (int64_t)1), (int64_t)100);
	buf_add_char(&answer->body, '[');
	for (const struct hook_record *r = hint->hooks->log; r; r = r->next) {
		if (!record_fits(request, r) || seen++ < offset || seen > offset + limit)
			continue;
		if (!first)
			buf_add_char(&answer->body, ',');
		first = false;
		write_record(request->arena, r, &answer->body);
	}
	buf_add_char(&answer->body, ']');
	answer_header(answer, "X-Total-Count", arena_printf(answer->arena, "%lld", (long long)seen));
}

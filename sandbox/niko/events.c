/*
 * events: subscriptions and what is sent to them. All of it is assumed (API notes 9): names, envelope and secret are settings of
 * the tenant, and nothing in a delivery but the kind of event and an id may be relied on.
 */
#include "sandbox/niko/niko.h"

#include "codec/digest.h"
#include "codec/url.h"
#include "lib/clock.h"

static const char *const names[] = {
	"PatientCreated",   "PatientUpdated",   "PatientDeleted", "OrderCreated", "OrderUpdated",
	"InsuranceCreated", "InsuranceUpdated", "TaskCreated",    "TaskUpdated",
};

void list_events(void *state, struct request *request, struct answer *answer)
{
	(void)state, (void)request;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		buf_printf(&answer->body, "%s\"%s\"", i ? "," : "[", names[i]);
	buf_add_char(&answer->body, ']');
}

static void write_hook(const struct niko *niko, struct arena *arena, const struct subscription *s, struct buf *out)
{
	struct json *row = json_new(arena, JSON_OBJECT);

	json_add(row, STR("Id"), json_new_text(arena, s->id));
	json_add(row, STR("Url"), json_new_text(arena, s->url));
	json_add(row, STR("Events"), json_copy(arena, s->events));
	json_add(row, STR("Active"), json_new_bool(arena, true));
	niko_write(niko, arena, row, out);
}

void list_hooks(void *state, struct request *request, struct answer *answer)
{
	const struct niko *niko = state;
	size_t count = 0;

	buf_add_c(&answer->body, "{\"Items\":[");
	for (const struct subscription *s = niko->subscriptions; s; s = s->next) {
		buf_add_c(&answer->body, count++ ? "," : "");
		write_hook(niko, request->arena, s, &answer->body);
	}
	buf_printf(&answer->body, "],\"Count\":%zu}", count);
}

static bool is_event(const struct json *name)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (name->kind == JSON_STRING && str_eq_c(name->text, names[i]))
			return true;
	return false;
}

static void check_hook(struct reading *r, const struct json *body)
{
	const struct json *events = json_get(body, "Events");
	struct url_parts url;

	if (!url_split(json_get_text(body, "Url"), &url))
		shape_complain(r, STR("Url"), "Must be an http address");
	if (!events || events->kind != JSON_ARRAY || !events->first)
		shape_complain(r, STR("Events"), "Required");
	JSON_EACH (events, event)
		if (!is_event(event))
			shape_complain(r, STR("Events"), "No such event");
}

static struct json *kept_names(struct arena *keep, const struct json *events)
{
	struct json *list = json_new(keep, JSON_ARRAY);

	JSON_EACH (events, event)
		json_append(list, json_new_text(keep, arena_str(keep, event->text)));
	return list;
}

void add_hook(void *state, struct request *request, struct answer *answer)
{
	struct niko *niko = state;
	const struct json *body = niko_body(request, answer);
	struct reading reading = niko_reading(niko, request->arena);
	struct subscription *s, **end = &niko->subscriptions;

	if (!body)
		return;
	check_hook(&reading, body);
	if (reading.error_count) {
		niko_refuse(answer, &reading);
		return;
	}
	s = arena_new(&niko->keep, struct subscription);
	s->id = arena_printf(&niko->keep, "%lld", (long long)niko->next_hook++);
	s->url = arena_str(&niko->keep, json_get_text(body, "Url"));
	s->secret = arena_str(&niko->keep, json_get_text(body, "Secret"));
	s->events = kept_names(&niko->keep, json_get(body, "Events"));
	while (*end)
		end = &(*end)->next;
	*end = s;
	answer->status = 201;
	write_hook(niko, request->arena, s, &answer->body);
}

void drop_hook(void *state, struct request *request, struct answer *answer)
{
	struct niko *niko = state;
	struct subscription **at = &niko->subscriptions;

	while (*at && !str_eq((*at)->id, request_param(request, "id")))
		at = &(*at)->next;
	if (!*at) {
		niko_fail(answer, 404, "Not found");
		return;
	}
	*at = (*at)->next;
	answer->status = 204;
}

/* ---- out ---- */

/* The same numbers again in every run: 8-4-4-4-12 hex digits of the event's number. */
static struct str event_id(struct arena *arena, uint64_t number)
{
	SCOPED(buf) struct buf hex = BUF_INIT(100);
	struct digest16 hash = digest_content(arena_printf(arena, "event %llu", (unsigned long long)number));
	const char *h;

	digest_hex(&hex, str_range((const char *)hash.bytes, sizeof(hash.bytes)));
	h = buf_text(&hex);
	return arena_printf(arena, "%.8s-%.4s-%.4s-%.4s-%.12s", h, h + 8, h + 12, h + 16, h + 20);
}

static void write_event(struct niko *niko, struct arena *arena, const char *object, const char *what,
                        const struct shelf_row *row, struct buf *out)
{
	struct json *body = json_new(arena, JSON_OBJECT), *data = json_new(arena, JSON_OBJECT);
	struct str id = event_id(arena, ++niko->events);
	bool flat = str_eq_c(niko->settings.hook_shape, "flat");
	struct json *about = flat ? body : data;

	if (!flat)
		json_add(body, STR("Id"), json_new_text(arena, id));
	json_add(body, STR("Event"),
	         json_new_text(arena, arena_printf(arena, "%s%s%s", object, flat ? "." : "", what)));
	if (!flat)
		json_add(body, STR("Timestamp"),
		         json_new_text(arena, arena_printf(arena, "%.19sZ", clock_rfc3339(arena, clock_wall_ms()).at)));
	json_add(about, STR("Id"), json_new_text(arena, row->id));
	if (row->owner.len)
		json_add(about, STR("PatientId"), json_new_text(arena, row->owner));
	if (!flat)
		json_add(body, STR("Data"), data);
	niko_write(niko, arena, body, out);
}

static bool listens(const struct subscription *s, struct str name)
{
	JSON_EACH (s->events, event)
		if (str_eq(event->text, name))
			return true;
	return false;
}

/* Which header carries the secret, and how, is up to the tenant; without a name there is none. */
static struct pairs hook_headers(const struct niko *niko, struct arena *arena, const struct subscription *s,
                                 struct str body)
{
	SCOPED(buf) struct buf value = BUF_INIT(1000);
	struct pairs headers = { 0 };
	struct digest mac;

	if (!niko->settings.hook_header.len)
		return headers;
	if (niko->settings.hook_hmac) {
		mac = digest_hmac_sha256(s->secret, body);
		buf_add_c(&value, "sha256=");
		digest_hex(&value, str_range((const char *)mac.bytes, sizeof(mac.bytes)));
	} else {
		buf_add(&value, s->secret);
	}
	pairs_add(arena, &headers, niko->settings.hook_header, arena_str(arena, buf_str(&value)));
	return headers;
}

void niko_emit(struct niko *niko, const char *object, const char *what, const struct shelf_row *row, bool own)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf body = BUF_INIT(65536);
	struct str name = arena_printf(&arena, "%s%s", object, what);

	if (!niko->subscriptions || (own && niko->settings.no_echo))
		return;
	write_event(niko, &arena, object, what, row, &body);
	for (const struct subscription *s = niko->subscriptions; s; s = s->next) {
		struct pairs headers = hook_headers(niko, &arena, s, buf_str(&body));

		if (listens(s, name))
			courier_send(niko->courier, s->url, &headers, buf_str(&body));
	}
}

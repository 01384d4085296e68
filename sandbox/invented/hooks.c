/* hooks: who wants to hear of changes, and the signed deliveries. */
#include "sandbox/invented/invented.h"

#include "codec/digest.h"
#include "codec/url.h"
#include "lib/clock.h"

static void write_hook(const struct hook *hook, bool with_secret, struct buf *out)
{
	buf_printf(out, "{\"key\":\"%.*s\",\"active\":%s,\"events\":", STR_ARG(hook->key),
	           hook->active ? "true" : "false");
	json_write(out, hook->events);
	buf_add_c(out, ",\"address\":");
	json_write_string(out, hook->address);
	if (with_secret)
		buf_printf(out, ",\"secret\":\"%.*s\"", STR_ARG(hook->secret));
	buf_add_char(out, '}');
}

void hooks_list(void *state, struct request *request, struct answer *answer)
{
	const struct invented *emr = state;

	(void)request;
	buf_add_c(&answer->body, "{\"hooks\":[");
	for (const struct hook *hook = emr->hooks; hook; hook = hook->next) {
		buf_add_c(&answer->body, hook == emr->hooks ? "" : ",");
		write_hook(hook, false, &answer->body);
	}
	buf_add_c(&answer->body, "]}");
}

static struct json *kept_names(struct arena *keep, const struct json *events)
{
	struct json *list = json_new(keep, JSON_ARRAY);

	if (!events || events->kind != JSON_ARRAY)
		return NULL;
	JSON_EACH (events, event)
		json_append(list, json_new_text(keep, arena_str(keep, json_text(event))));
	return list;
}

static struct str new_secret(struct arena *keep)
{
	SCOPED(buf) struct buf text = BUF_INIT(100);
	unsigned char bytes[24];

	digest_random(bytes, sizeof(bytes));
	digest_hex(&text, str_range((const char *)bytes, sizeof(bytes)));
	return arena_str(keep, buf_str(&text));
}

void hooks_add(void *state, struct request *request, struct answer *answer)
{
	struct invented *emr = state;
	const struct json *body = invented_body(request, answer);
	struct hook *hook, **end = &emr->hooks;
	struct url_parts url;

	if (!body)
		return;
	if (!url_split(json_get_text(body, "address"), &url)) {
		invented_fail(answer, 400, "E_NEEDED", "an http address is needed", STR("address"));
		return;
	}
	hook = arena_new(&emr->keep, struct hook);
	hook->key = arena_printf(&emr->keep, "h-%lld", (long long)emr->next_hook++);
	hook->address = arena_str(&emr->keep, json_get_text(body, "address"));
	hook->secret = new_secret(&emr->keep);
	hook->events = kept_names(&emr->keep, json_get(body, "events"));
	hook->active = json_bool(json_get(body, "active"), true);
	while (*end)
		end = &(*end)->next;
	*end = hook;
	answer->status = 201;
	write_hook(hook, true, &answer->body);
}

void hooks_drop(void *state, struct request *request, struct answer *answer)
{
	struct invented *emr = state;
	struct hook **at = &emr->hooks;

	while (*at && !str_eq((*at)->key, request_param(request, "key")))
		at = &(*at)->next;
	if (!*at) {
		invented_fail(answer, 404, "E_NOBODY", "there is no such hook", STR("key"));
		return;
	}
	*at = (*at)->next;
	answer->status = 204;
}

static struct pairs signature(struct arena *arena, const struct hook *hook, struct str body)
{
	SCOPED(buf) struct buf value = BUF_INIT(100);
	struct str time = arena_printf(arena, "%lld", (long long)clock_wall_ms() / 1000);
	struct digest mac =
	        digest_hmac_sha256(hook->secret, arena_printf(arena, "%.*s.%.*s", STR_ARG(time), STR_ARG(body)));
	struct pairs headers = { 0 };

	buf_add_c(&value, "v1=");
	digest_hex(&value, str_range((const char *)mac.bytes, sizeof(mac.bytes)));
	pairs_add(arena, &headers, STR("X-Timestamp"), time);
	pairs_add(arena, &headers, STR("X-Signature"), arena_str(arena, buf_str(&value)));
	return headers;
}

static bool listens(const struct hook *hook, const char *kind)
{
	JSON_EACH (hook->events, event)
		if (str_eq_c(event->text, kind))
			return hook->active;
	return hook->active && !hook->events;
}

void invented_emit(struct invented *emr, const char *kind, const struct shelf_row *row, bool own)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str at, body;

	if (!emr->hooks || (own && emr->no_echo))
		return;
	at = clock_rfc3339(&arena, clock_wall_ms());
	body = arena_printf(&arena, "{\"delivery\":\"d-%llu\",\"what\":\"%s\",\"sent\":\"%.*s\",\"person\":%s}",
	                    (unsigned long long)++emr->events, kind, STR_ARG(at), row->text);
	for (const struct hook *hook = emr->hooks; hook; hook = hook->next) {
		struct pairs headers = signature(&arena, hook, body);

		if (listens(hook, kind))
			courier_send(emr->courier, hook->address, &headers, body);
	}
}

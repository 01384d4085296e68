/*
 * Webhooks, by the descriptor's section: is the sender who it should be (signature, token, secret in the address), was it sent just now
 * (replay window), and only then: what does it say. An event holds the whole record, or is a hint to read it again.
 */
#include "connectors/rest/rest.h"

#include "codec/digest.h"
#include "connectors/settings.h"
#include "lib/clock.h"
#include "lib/limits.h"

/* ---- who sends it ---- */

static struct str header_of(const struct hook *hook, struct str name)
{
	for (size_t i = 0; i < hook->header_count; i++)
		if (str_eq_nocase(hook->headers[i].name, name))
			return str_trim(hook->headers[i].value);
	return STR_EMPTY;
}

/* What one connection expects of a sender: the section with its templates filled in. */
struct sender {
	const struct webhook_section *webhook;
	struct str header, prefix, secret;
	unsigned signature;
};

/* What stands behind the prefix; empty: the prefix is not there. */
static struct str given_text(const struct sender *sender, const struct hook *hook)
{
	struct str given = header_of(hook, sender->header);

	return str_starts(given, sender->prefix) ? str_skip(given, sender->prefix.len) : STR_EMPTY;
}

struct signed_text {
	const struct webhook_section *webhook;
	const struct hook *hook;
};

static void signed_value(const void *context, struct str name, struct buf *out)
{
	const struct signed_text *t = context;

	buf_add(out, str_eq_c(name, "body") ? t->hook->body : header_of(t->hook, t->webhook->timestamp_header));
}

static bool fits_nothing(const struct sender *sender UNUSED, const struct hook *hook UNUSED)
{
	return true;
}

static bool hmac_of(const struct sender *sender, const struct hook *hook, struct digest *ret)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_HTTP_BODY);
	const struct signed_text parts = { sender->webhook, hook };

	template_write(&text, sender->webhook->signs.len ? sender->webhook->signs : STR("{body}"), signed_value,
	               &parts);
	*ret = digest_hmac_sha256(sender->secret, buf_str(&text));
	return buf_ok(&text);
}

static bool fits_hmac(const struct sender *sender, const struct hook *hook)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	struct digest digest;
	struct str given;

	return hmac_of(sender, hook, &digest) && digest_unhex(&scratch, given_text(sender, hook), &given) &&
	       digest_equal(given, str_range((const char *)digest.bytes, sizeof(digest.bytes)));
}

static bool fits_token(const struct sender *sender, const struct hook *hook)
{
	return digest_equal(given_text(sender, hook), sender->secret);
}

static bool fits_path(const struct sender *sender, const struct hook *hook)
{
	return digest_equal(hook->path, sender->secret);
}

static bool (*const fits[])(const struct sender *sender, const struct hook *hook) = {
	[SIGNATURE_NONE] = fits_nothing,
	[SIGNATURE_HMAC_SHA256] = fits_hmac,
	[SIGNATURE_TOKEN] = fits_token,
	[SIGNATURE_PATH] = fits_path,
};

static int know_sender(const struct rest *rest, struct arena *arena, struct sender *ret, struct err *err)
{
	const struct webhook_section *webhook = &rest->d->webhook;

	*ret = (struct sender) {
		.webhook = webhook,
		.header = rest_expanded(rest, arena, webhook->header),
		.prefix = rest_expanded(rest, arena, webhook->prefix),
		.secret = rest_expanded(rest, arena, webhook->secret),
		.signature = rest_signature(rest),
	};
	if (ret->signature != SIGNATURE_NONE && ret->secret.len == 0)
		return err_set(
		        err, ERR_AUTH,
		        "a webhook of %s cannot be checked: its secret is not set; register the webhooks, or set it",
		        rest->base.kind->title);
	return 0;
}

static int check_sender(const struct rest *rest, struct arena *arena, const struct hook *hook, struct err *err)
{
	struct sender sender;

	if (know_sender(rest, arena, &sender, err) < 0)
		return err->code;
	if (!fits[sender.signature](&sender, hook))
		return err_set(err, ERR_AUTH, "a webhook of %s is not signed as it should be", rest->base.kind->title);
	return 0;
}

/* ---- when it was sent ---- */

static bool read_time(struct str text, int64_t *ret_ms)
{
	int64_t n;

	if (!str_to_i64(text, &n))
		return clock_parse(text, ret_ms);
	if (n <= 0 || n >= 100000000000000)
		return false;
	/* Seconds, until the year 5138 in which they would look like milliseconds. */
	*ret_ms = n < 100000000000 ? n * 1000 : n;
	return true;
}

static int check_window(const struct rest *rest, const struct hook *hook, struct str sent, struct err *err)
{
	int64_t now = hook->received_ms ? hook->received_ms : clock_wall_ms(), at;
	double window;

	if (settings_number(rest->d->option_rows, rest->settings, "replay_window", 0, 1e9, &window, err) < 0)
		return err->code;
	if (window == 0)
		return 0;
	if (!read_time(sent, &at))
		return err_set(err, ERR_AUTH, "a webhook of %s does not say when it was sent", rest->base.kind->title);
	if (at < now - (int64_t)(window * 1000) || at > now + (int64_t)(window * 1000))
		return err_set(err, ERR_AUTH, "a webhook of %s was sent too long ago, or our clocks differ",
		               rest->base.kind->title);
	return 0;
}

/* ---- what it says ---- */

static const struct {
	const char *what;
	enum event_kind kind;
} meanings[] = {
	{ "created", EVENT_CHANGED }, { "updated", EVENT_CHANGED }, { "removed", EVENT_REMOVED },
	{ "merged", EVENT_MERGED },   { "asked", EVENT_ASKED },
};

/* By the descriptor: "patient.updated" of the vendor's word. */
static void event_meaning(const struct webhook_section *webhook, struct event *event)
{
	struct str what = STR_EMPTY;

	for (size_t i = 0; i < webhook->events.count; i++)
		if (str_eq(webhook->events.at[i].name, event->name))
			what = webhook->events.at[i].value;
	if (!str_split(&what, '.', &event->object))
		return;
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
		if (str_eq_c(what, meanings[i].what))
			event->kind = meanings[i].kind;
}

static struct str text_at(const struct json *json, struct str path)
{
	return path.len ? answer_walk_text(json, path) : STR_EMPTY;
}

static struct str record_id(const struct webhook_section *webhook, const struct json *envelope)
{
	for (size_t i = 0; i < webhook->record_id.count; i++) {
		struct str id = text_at(envelope, webhook->record_id.at[i]);

		if (id.len)
			return id;
	}
	return STR_EMPTY;
}

static void event_record(const struct rest *rest, const struct json *envelope, struct event *event)
{
	const struct webhook_section *webhook = &rest->d->webhook;
	struct json *json = webhook->record.len ? answer_walk(envelope, webhook->record) : NULL;
	struct record *record = &event->record;

	if (json && json->kind == JSON_OBJECT) {
		rest_record(descriptor_object(rest->d, event->object), json, json->raw, record);
		event->whole = !record->fault;
	}
	if (record->id.len == 0)
		record->id = record_id(webhook, envelope);
	if (record->id.len)
		record->fault = NULL;
	else
		record->fault = "the event names no record";
	if (record->modified_ms == 0 && rest->base.traits.has_times)
		read_time(text_at(envelope, webhook->when), &record->modified_ms);
}

/* What the record says of itself goes above the event's name: a loser that is told as an update is a merge. */
static void event_flags(const struct webhook_section *webhook, const struct json *envelope, struct event *event)
{
	struct record *record = &event->record;
	struct str survivor = text_at(envelope, webhook->merged_into);

	if (survivor.len)
		record->merged_into = survivor;
	if (event->kind == EVENT_REMOVED)
		record->deleted = true;
	if (event->kind == EVENT_ASKED)
		return;
	if (record->merged_into.len)
		event->kind = EVENT_MERGED;
	else if (record->deleted)
		event->kind = EVENT_REMOVED;
}

/* Of another practice that sends to the same address. */
static bool of_others(const struct rest *rest, const struct json *envelope)
{
	const struct webhook_section *webhook = &rest->d->webhook;
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	struct str only = rest_expanded(rest, &scratch, webhook->only);

	return only.len && !str_eq(text_at(envelope, webhook->scope), only);
}

static void take_apart(const struct rest *rest, const struct json *envelope, struct event *ret)
{
	const struct webhook_section *webhook = &rest->d->webhook;

	*ret = (struct event) { .kind = EVENT_OTHER,
		                .name = text_at(envelope, webhook->event),
		                .id = text_at(envelope, webhook->id),
		                .record = { .bytes = envelope->raw } };
	if (ret->name.len == 0) {
		ret->record.fault = "the event has no name";
		return;
	}
	if (of_others(rest, envelope))
		return;
	event_meaning(webhook, ret);
	if (ret->object.len == 0)
		return;
	event_record(rest, envelope, ret);
	event_flags(webhook, envelope, ret);
}

/* One event, or a list of them. */
static void take_body(const struct rest *rest, struct arena *arena, const struct json *body, struct events *ret)
{
	size_t count = body->kind == JSON_ARRAY ? body->count : 1;

	ret->at = arena_new_array(arena, struct event, count + 1);
	if (body->kind != JSON_ARRAY) {
		take_apart(rest, body, &ret->at[ret->count++]);
		return;
	}
	JSON_EACH (body, envelope)
		take_apart(rest, envelope, &ret->at[ret->count++]);
}

int rest_webhook(struct connection *c, struct arena *arena, const struct hook *hook, struct events *ret,
                 struct err *err)
{
	const struct rest *rest = rest_of(c);
	const struct webhook_section *webhook = &rest->d->webhook;
	struct str body = arena_str(arena, hook->body);
	struct events events = { 0 };
	struct err parse = ERR_INIT;
	struct json *json;

	if (check_sender(rest, arena, hook, err) < 0)
		return err->code;
	if (webhook->timestamp_header.len &&
	    check_window(rest, hook, header_of(hook, webhook->timestamp_header), err) < 0)
		return err->code;
	if (json_parse(arena, body, &json, &parse) < 0) {
		events.at = arena_new(arena, struct event);
		events.at[events.count++] =
		        (struct event) { .kind = EVENT_OTHER,
			                 .record = { .bytes = body, .fault = arena_text(arena, str_of(parse.text)) } };
	} else {
		if (webhook->timestamp.len && check_window(rest, hook, text_at(json, webhook->timestamp), err) < 0)
			return err->code;
		take_body(rest, arena, json, &events);
	}
	*ret = events;
	return 0;
}

/* ---- a delivery of our own, to try the way ---- */

static void set_at(struct arena *arena, struct json *object, struct str path, struct str text)
{
	struct str step;

	while (str_split(&path, '.', &step) && path.len) {
		struct json *inner = json_get_str(object, step);

		if (!inner) {
			inner = json_new(arena, JSON_OBJECT);
			json_set(object, step, inner);
		}
		object = inner;
	}
	if (step.len)
		json_set(object, step, json_new_text(arena, text));
}

static struct str test_body(const struct rest *rest, struct arena *arena, struct str now)
{
	const struct webhook_section *webhook = &rest->d->webhook;
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_HTTP_BODY);
	struct json *body = json_new(arena, JSON_OBJECT);

	set_at(arena, body, webhook->event, STR("suture.test"));
	if (webhook->id.len)
		set_at(arena, body, webhook->id, STR("suture-test"));
	if (webhook->when.len)
		set_at(arena, body, webhook->when, now);
	if (webhook->timestamp.len)
		set_at(arena, body, webhook->timestamp, now);
	if (webhook->scope.len)
		set_at(arena, body, webhook->scope, rest_expanded(rest, arena, webhook->only));
	json_write(&text, body);
	return arena_str(arena, buf_str(&text));
}

static struct str signature_text(const struct sender *sender, const struct hook *hook, struct arena *arena)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_HTTP_HEADERS);
	struct digest digest;

	buf_add(&text, sender->prefix);
	if (sender->signature == SIGNATURE_TOKEN)
		buf_add(&text, sender->secret);
	else if (hmac_of(sender, hook, &digest))
		digest_hex(&text, str_range((const char *)digest.bytes, sizeof(digest.bytes)));
	return arena_str(arena, buf_str(&text));
}

int rest_hook_test(struct connection *c, struct arena *arena, struct hook *ret, struct err *err)
{
	const struct rest *rest = rest_of(c);
	struct http_header *headers = arena_new_array(arena, struct http_header, 2);
	int64_t now_ms = clock_wall_ms();
	struct sender sender;

	if (know_sender(rest, arena, &sender, err) < 0)
		return err->code;
	*ret = (struct hook) { .headers = headers,
		               .body = test_body(rest, arena, clock_rfc3339(arena, now_ms)),
		               .received_ms = now_ms };
	if (sender.signature == SIGNATURE_PATH)
		ret->path = sender.secret;
	if (sender.webhook->timestamp_header.len)
		headers[ret->header_count++] =
		        (struct http_header) { sender.webhook->timestamp_header,
			                       arena_printf(arena, "%lld", (long long)(now_ms / 1000)) };
	if (sender.signature == SIGNATURE_TOKEN || sender.signature == SIGNATURE_HMAC_SHA256)
		headers[ret->header_count++] =
		        (struct http_header) { sender.header, signature_text(&sender, ret, arena) };
	return 0;
}

const struct event_name *rest_event_names(const struct descriptor *d, struct arena *arena)
{
	const struct webhook_section *webhook = &d->webhook;
	struct event_name *names = arena_new_array(arena, struct event_name, webhook->events.count + 1);

	for (size_t i = 0; i < webhook->events.count; i++) {
		struct event event = { .kind = EVENT_OTHER, .name = webhook->events.at[i].name };

		event_meaning(webhook, &event);
		names[i] = (struct event_name) { arena_text(arena, event.name), event.kind,
			                         arena_text(arena, event.object) };
	}
	return names;
}

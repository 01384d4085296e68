/*
 * Webhooks of the memory connector: what checks and takes apart a delivery, where addresses are registered, and what plays the
 * far side that sends one.
 */
#include "connectors/memory_internal.h"

#include "codec/digest.h"
#include "lib/clock.h"
#include "lib/limits.h"

#define SIGNATURE "X-Memory-Signature"

static const struct {
	const char *what;
	enum event_kind kind;
} kinds[] = {
	{ "created", EVENT_CHANGED }, { "updated", EVENT_CHANGED }, { "removed", EVENT_REMOVED },
	{ "merged", EVENT_MERGED },   { "asked", EVENT_ASKED },     { "overflow", EVENT_OVERFLOW },
};

enum event_kind memory_event_kind(struct str what)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_eq_c(what, kinds[i].what))
			return kinds[i].kind;
	return EVENT_OTHER;
}

static struct str signature(const struct memory *m, struct arena *arena, struct str body)
{
	struct digest digest = digest_hmac_sha256(m->secret, body);
	SCOPED(buf) struct buf text = BUF_INIT(100);

	buf_add_c(&text, "sha256=");
	digest_hex(&text, str_range((const char *)digest.bytes, sizeof(digest.bytes)));
	return arena_str(arena, buf_str(&text));
}

/* ---- receiving ---- */

static void event_record(const struct memory *m, struct arena *arena, const struct json *envelope, struct event *ret)
{
	const struct json *record = json_get(envelope, "record");
	struct str by = json_get_text(envelope, "by");

	ret->whole = record && ret->kind != EVENT_REMOVED;
	if (record)
		memory_record(m, arena, record->raw, by, &ret->record);
	else
		ret->record = (struct record) { .bytes = envelope->raw,
			                        .id = json_get_text(envelope, "record_id"),
			                        .modified_by = by };
	ret->record.deleted = ret->record.deleted || ret->kind == EVENT_REMOVED;
	if (ret->record.id.len == 0 && !ret->record.fault)
		ret->record.fault = "the event names no record";
}

static void take_apart(const struct memory *m, struct arena *arena, struct str body, struct event *ret)
{
	struct err err = ERR_INIT;
	struct json *envelope;
	struct str what;

	*ret = (struct event) { .kind = EVENT_OTHER, .record = { .bytes = body } };
	if (json_parse(arena, body, &envelope, &err) < 0) {
		ret->record.fault = arena_text(arena, str_of(err.text));
		return;
	}
	ret->name = what = json_get_text(envelope, "event");
	ret->id = json_get_text(envelope, "id");
	if (!str_split(&what, '.', &ret->object) || what.len == 0) {
		ret->record.fault = "the event has no name";
		return;
	}
	ret->kind = memory_event_kind(what);
	event_record(m, arena, envelope, ret);
}

int memory_webhook(struct connection *c, struct arena *arena, const struct hook *hook, struct events *ret,
                   struct err *err)
{
	const struct memory *m = memory_of(c);
	struct str given = STR_EMPTY;

	for (size_t i = 0; i < hook->header_count; i++)
		if (str_eq_nocase(hook->headers[i].name, STR(SIGNATURE)))
			given = hook->headers[i].value;
	if (!digest_equal(given, signature(m, arena, hook->body)))
		return err_set(err, ERR_AUTH, "the webhook's signature does not fit");
	*ret = (struct events) { .at = arena_new(arena, struct event), .count = 1 };
	take_apart(m, arena, arena_str(arena, hook->body), ret->at);
	return 0;
}

/* ---- registering ---- */

static int hook_fault(struct memory *m, struct err *err)
{
	struct err failed = ERR_INIT;

	memory_begin(m, MEMORY_HOOK, &failed);
	return failed.code ? err_set(err, failed.code, "%s", failed.text) : 0;
}

static void put_hook(struct memory *m, struct str url, bool there)
{
	struct str key = arena_str(&m->arena, url);

	map_put(&m->hooks, key, there ? m : NULL);
}

int memory_hook_register(struct connection *c, const struct hook_registration *what, struct arena *arena,
                         struct json **ret_settings, struct err *err)
{
	struct memory *m = memory_of(c);
	int code;

	memory_lock(m);
	code = hook_fault(m, err);
	if (code == 0) {
		put_hook(m, what->url, true);
		*ret_settings = json_new(arena, JSON_OBJECT);
		json_set(*ret_settings, STR("hook_secret"), json_new_text(arena, arena_str(arena, m->secret)));
	}
	memory_unlock(m);
	return code;
}

int memory_hook_unregister(struct connection *c, struct str url, struct err *err)
{
	struct memory *m = memory_of(c);
	int code;

	memory_lock(m);
	code = hook_fault(m, err);
	if (code == 0)
		put_hook(m, url, false);
	memory_unlock(m);
	return code;
}

size_t memory_hook_count(struct connection *c)
{
	struct memory *m = memory_of(c);
	size_t n = 0;

	memory_lock(m);
	MAP_EACH (&m->hooks, hook)
		n += hook->value != NULL;
	memory_unlock(m);
	return n;
}

/* ---- sending ---- */

void memory_hook_raw(struct connection *c, struct str body, struct arena *arena, struct hook *ret)
{
	struct http_header *header = arena_new(arena, struct http_header);

	*header = (struct http_header) { STR(SIGNATURE), signature(memory_of(c), arena, body) };
	*ret = (struct hook) {
		.headers = header, .header_count = 1, .body = arena_str(arena, body), .received_ms = clock_wall_ms()
	};
}

static void write_hook(struct memory *m, struct arena *arena, const struct stored *stored, const struct told *told,
                       bool whole, struct buf *out)
{
	buf_printf(out, "{\"id\":\"evt-%" PRId64 "\",\"event\":\"%.*s.%s\",\"at\":\"%.*s\",\"by\":", ++m->hooks_sent,
	           STR_ARG(told->object), told->what, STR_ARG(clock_rfc3339(arena, m->now_ms)));
	json_write_string(out, stored ? stored->by : STR("person"));
	if (whole && stored) {
		buf_add_c(out, ",\"record\":");
		buf_add(out, stored->text);
	} else {
		buf_add_c(out, ",\"record_id\":");
		json_write_string(out, told->id);
	}
	buf_add_char(out, '}');
}

void memory_hook(struct connection *c, const char *object, const char *id, const char *what, bool whole,
                 struct arena *arena, struct hook *ret)
{
	struct memory *m = memory_of(c);
	const struct told told = { .object = str_of(object), .id = str_of(id), .what = what };
	SCOPED(buf) struct buf body = BUF_INIT(LIMIT_PAYLOAD);

	memory_lock(m);
	write_hook(m, arena, memory_find_id(memory_shelf(m, told.object), told.id), &told, whole, &body);
	memory_unlock(m);
	memory_hook_raw(c, buf_str(&body), arena, ret);
}

const struct event_name memory_event_names[] = {
	{ "patient.created", EVENT_CHANGED, "patient" },
	{ "patient.updated", EVENT_CHANGED, "patient" },
	{ "patient.removed", EVENT_REMOVED, "patient" },
	{ "patient.merged", EVENT_MERGED, "patient" },
	{ NULL, EVENT_OTHER, NULL },
};

int memory_hook_test(struct connection *c, struct arena *arena, struct hook *ret, struct err *err UNUSED)
{
	memory_hook_raw(c, STR("{\"id\":\"evt-test\",\"event\":\"suture.test\"}"), arena, ret);
	return 0;
}

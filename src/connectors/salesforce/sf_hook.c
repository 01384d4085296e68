/*
 * What the package in the org sends us: a person pressed the button there, or a flow called the action (R11, R29, R40).
 *
 *	X-Suture-Timestamp: 1795255200                       seconds since 1970
 *	X-Suture-Signature: sha256=<hex HMAC-SHA256 of timestamp "." body, under hook_secret>
 *	{"action":"sync","object":"Contact","ids":["003..."],"emrId":"pat-1","user":"005...","at":"2026-11-21T10:00:00Z","eventId":"uuid"}
 *
 * The signature is checked in constant time, then the age of the timestamp, and only then anything is parsed. One event for
 * each id, each with the whole body as its bytes. A genuine body that makes no sense is one event with its fault (R3).
 */
#include "connectors/salesforce/sf.h"

#include "codec/digest.h"
#include "connectors/answer.h"
#include "lib/clock.h"
#include "lib/limits.h"

/*
 * "search" is a person who types a patient's name there; it comes to a door of its own, which answers at once. It is nothing to
 * be staged: wherever else it comes, it is counted only. "test" tries the way.
 */
static const struct action {
	const char *name;
	enum event_kind kind;
	const char *member; /* what it says beside the ids */
} actions[] = {
	{ "sync", EVENT_ASKED, "emrId" },   { "create", EVENT_ASKED, "emrId" }, { "link", EVENT_ASKED, "emrId" },
	{ "unlink", EVENT_ASKED, "emrId" }, { "search", EVENT_OTHER, "text" },  { "test", EVENT_OTHER, "emrId" },
};

/* Two headers of the same name are none. */
static struct str header(const struct hook *hook, const char *name)
{
	struct str found = STR_EMPTY;
	size_t n = 0;

	for (size_t i = 0; i < hook->header_count; i++) {
		if (!str_eq_nocase(hook->headers[i].name, str_of(name)))
			continue;
		found = str_trim(hook->headers[i].value);
		n++;
	}
	return n == 1 ? found : STR_EMPTY;
}

static bool signature_fits(const struct sf *sf, const struct hook *hook, struct str timestamp, struct str signature)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_HTTP_BODY);
	static const struct str lead = { "sha256=", 7 };
	struct str given = STR_EMPTY;
	struct digest digest;

	/* Every byte counts: a format would end at a NUL of the body, and what stands behind it would be anybody's. */
	buf_add(&text, timestamp);
	buf_add_char(&text, '.');
	buf_add(&text, hook->body);
	digest = digest_hmac_sha256(sf->hook_secret, buf_str(&text));
	if (!buf_ok(&text) || !str_starts(signature, lead) ||
	    !digest_unhex(&scratch, str_skip(signature, lead.len), &given))
		return false;
	return digest_equal(str_range((const char *)digest.bytes, sizeof(digest.bytes)), given);
}

static int check_sender(const struct sf *sf, const struct hook *hook, struct err *err)
{
	struct str timestamp = header(hook, "X-Suture-Timestamp");
	struct str signature = header(hook, "X-Suture-Signature");
	int64_t sent_s, age_ms;

	if (sf->hook_secret.len == 0)
		return err_set(err, ERR_AUTH, "the connection has no hook_secret: calls of the package are refused");
	if (timestamp.len == 0 || signature.len == 0 || timestamp.len > 12)
		return err_set(err, ERR_AUTH, "a call of the package came without its signature");
	if (!signature_fits(sf, hook, timestamp, signature))
		return err_set(
		        err, ERR_AUTH,
		        "the signature of a call does not fit: the secret in the package's settings and hook_secret "
		        "must be the same");
	if (!str_to_i64(timestamp, &sent_s))
		return err_set(err, ERR_AUTH, "the timestamp of a call is no number");
	age_ms = hook->received_ms - sent_s * 1000;
	if (age_ms > sf->hook_window_ms || age_ms < -sf->hook_window_ms)
		return err_set(
		        err, ERR_AUTH,
		        "a call of the package is older or younger than hook_window allows: check the clock of this "
		        "machine");
	return 0;
}

static const struct action *action_of(const struct json *body)
{
	for (size_t i = 0; i < ARRAY_LEN(actions); i++)
		if (str_eq_c(json_get_text(body, "action"), actions[i].name))
			return &actions[i];
	return NULL;
}

/* NULL: fine. */
static const char *fault_of(const struct json *body)
{
	const struct json *ids = json_get(body, "ids"), *emr_id = json_get(body, "emrId");
	const struct action *action = action_of(body);

	if (!body || body->kind != JSON_OBJECT)
		return "the call is no JSON object";
	if (!action)
		return "\"action\" is none of sync, create, link, unlink, search, test";
	if (!sf_name_valid(json_get_text(body, "object")))
		return "\"object\" is no Salesforce object";
	if (!ids || ids->kind != JSON_ARRAY || ids->count == 0)
		return "\"ids\" is no list of record ids";
	if (ids->count > LIMIT_HOOK_IDS)
		return "more than 200 ids in one call";
	if (!json_is_null(emr_id) && json_text(emr_id).len == 0)
		return "\"emrId\" is no text";
	return NULL;
}

/* What the call says beside the id: small enough to say it again for each. */
static struct json *facts(struct arena *arena, const struct json *body, const char *member, struct str id)
{
	struct json *object = json_new(arena, JSON_OBJECT);

	json_add(object, STR("Id"), json_new_text(arena, id));
	if (!json_is_null(json_get(body, member)))
		json_add(object, str_of(member), json_new_text(arena, json_get_text(body, member)));
	return object;
}

static struct event event_of(struct arena *arena, const struct json *body, const struct json *id)
{
	struct str event_id = json_get_text(body, "eventId");
	const struct action *action = action_of(body);
	struct event event = { .kind = action->kind,
		               .name = json_get_text(body, "action"),
		               .object = json_get_text(body, "object") };

	event.record.id = id->kind == JSON_STRING ? sf_id18(arena, id->text) : STR_EMPTY;
	event.record.modified_by = sf_id18(arena, json_get_text(body, "user"));
	if (!clock_parse(json_get_text(body, "at"), &event.record.modified_ms))
		event.record.modified_ms = 0;
	if (event.record.id.len == 0) {
		event.record.fault = "one of \"ids\" is no Salesforce id";
		return event;
	}
	event.record.json = facts(arena, body, action->member, event.record.id);
	/* One call, several records: each is an event of its own to whoever looks for repeats. */
	if (event_id.len)
		event.id = arena_printf(arena, "%.*s:%.*s", STR_ARG(event_id), STR_ARG(event.record.id));
	return event;
}

int sf_webhook(struct connection *c, struct arena *arena, const struct hook *hook, struct events *ret, struct err *err)
{
	const struct sf *sf = sf_of(c);
	struct err parse = ERR_INIT;
	struct str bytes = arena_str(arena, hook->body);
	struct json *body = NULL;
	const char *fault;

	*ret = (struct events) { 0 };
	if (check_sender(sf, hook, err) < 0)
		return err->code;
	if (json_parse(arena, bytes, &body, &parse) < 0)
		fault = arena_text(arena, str_of(parse.text));
	else
		fault = fault_of(body);
	if (fault) {
		ret->at = arena_new(arena, struct event);
		ret->count = 1;
		ret->at->kind = EVENT_ASKED;
		ret->at->name = json_get_text(body, "action");
		ret->at->record = (struct record) { .bytes = bytes, .fault = fault };
		return 0;
	}
	ret->at = arena_new_array(arena, struct event, json_get(body, "ids")->count);
	JSON_EACH (json_get(body, "ids"), id) {
		ret->at[ret->count] = event_of(arena, body, id);
		ret->at[ret->count++].record.bytes = bytes;
	}
	return 0;
}

/* What Change Data Capture and the package's action call what happens. */
const struct event_name sf_event_names[] = {
	{ "CREATE", EVENT_CHANGED, "" },   { "UPDATE", EVENT_CHANGED, "" }, { "DELETE", EVENT_REMOVED, "" },
	{ "UNDELETE", EVENT_CHANGED, "" }, { "sync", EVENT_ASKED, "" },     { "create", EVENT_ASKED, "" },
	{ "link", EVENT_ASKED, "" },       { "unlink", EVENT_ASKED, "" },   { NULL, EVENT_OTHER, NULL },
};

int sf_hook_test(struct connection *c, struct arena *arena, struct hook *ret, struct err *err)
{
	const struct sf *sf = sf_of(c);
	struct http_header *headers = arena_new_array(arena, struct http_header, 2);
	int64_t now_ms = clock_wall_ms();
	struct str now = arena_printf(arena, "%lld", (long long)(now_ms / 1000));
	SCOPED(buf) struct buf signature = BUF_INIT(100);
	struct digest digest;

	if (sf->hook_secret.len == 0)
		return err_set(err, ERR_AUTH, "the connection has no hook_secret: set it here and in the package");
	*ret = (struct hook) {
		.headers = headers,
		.header_count = 2,
		.body = STR("{\"action\":\"test\",\"object\":\"Contact\",\"ids\":[\"003000000000000AAA\"]}"),
		.received_ms = now_ms,
	};
	digest =
	        digest_hmac_sha256(sf->hook_secret, arena_printf(arena, "%.*s.%.*s", STR_ARG(now), STR_ARG(ret->body)));
	buf_add_c(&signature, "sha256=");
	digest_hex(&signature, str_range((const char *)digest.bytes, sizeof(digest.bytes)));
	headers[0] = (struct http_header) { STR("X-Suture-Timestamp"), now };
	headers[1] = (struct http_header) { STR("X-Suture-Signature"), arena_str(arena, buf_str(&signature)) };
	return 0;
}

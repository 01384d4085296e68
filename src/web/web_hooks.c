/*
 * web_hooks: a webhook on its way in. Nothing is judged here: live_hook checks the signature before anything is parsed, stages durably (R1) and says
 * what to answer, later: the worker takes the next one meanwhile, so that whoever waits for the disk at the same moment shares one commit. A refusal tells the sender as little as he needs; who keeps this Suture finds the reason in the log and the figures.
 */
#include "web/web_internal.h"

#include "codec/json.h"
#include "lib/clock.h"
#include "lib/limits.h"

static const char retry_after_s[] = "5";

/* What a sender is told. Errors that are not here are ours: 503, and he comes again. */
static const struct answer {
	enum err_code code;
	unsigned status;
	const char *name; /* label in /metrics, and code in the answer */
	const char *message;
} answers[] = {
	{ ERR_AUTH, 401, "unauthorized", "the signature or the address does not fit" },
	{ ERR_NOT_FOUND, 404, "not_found", "nobody here takes webhooks under this address" },
	{ ERR_DATA, 400, "malformed", "the body is no event" },
	{ ERR_PARSE, 400, "malformed", "the body is not well-formed" },
	{ ERR_MEMORY_LIMIT, 413, "too_large", "larger than a record may be" },
	{ ERR_UNSUPPORTED, 501, "unsupported", "the EMR cannot be searched for this" },
};
static const struct answer ours = { ERR_OK, 503, "unavailable", "not kept; send it again later" };

static const struct answer *answer_to(enum err_code code)
{
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		if (answers[i].code == code)
			return &answers[i];
	}
	return &ours;
}

/* The 1st, 2nd, 4th, 8th ... one: a stranger who knocks all day fills no disk. */
static bool is_told(struct web *web)
{
	uint64_t n = atomic_fetch_add(&web->notes, 1) + 1;

	return (n & (n - 1)) == 0;
}

static void refuse(struct web *web, struct str connection, const struct err *err, struct arena *arena,
                   struct http_reply *ret)
{
	const struct answer *answer = answer_to(err->code);
	/* A name that nobody configured came from outside: it becomes neither label nor log. */
	struct str name = err->code == ERR_NOT_FOUND ? STR_EMPTY : connection;

	http_reply_error(ret, arena, answer->status, answer->name, answer->message, NULL);
	if (answer == &ours)
		http_reply_header(ret, arena, "Retry-After", str_of(retry_after_s));
	meter_add(web->options.engine->meter, METER_HOOKS, name, str_of(answer->name), STR_EMPTY, 1);
	if (web->options.on_note && is_told(web))
		web->options.on_note(web->options.context, name, err->code,
		                     err->code == ERR_NOT_FOUND ? answer->message : err->text);
}

/* A webhook that is being staged. It lies in the request's arena. */
struct hooked {
	struct web *web;
	const struct http_asked *asked;
	struct arena *arena;
	struct http_reply *reply;
	struct str connection;
};

static void answer_hook(void *context, const struct hook_done *done, const struct err *err)
{
	struct hooked *h = context;
	struct meter *meter = h->web->options.engine->meter;

	if (err->code < 0) {
		refuse(h->web, h->connection, err, h->arena, h->reply);
	} else {
		meter_add(meter, METER_HOOKS, h->connection, STR("received"), STR_EMPTY, 1);
		meter_time(meter, METER_HOOK_TIME, (clock_mono_ns() - h->asked->received_ns) / 1000);
		http_reply_json(h->reply, arena_printf(h->arena, "{\"received\":%zu}", done->events));
	}
	http_reply_now(h->asked);
}

void web_hook(void *context, const struct http_asked *asked, struct arena *arena, struct http_reply *ret)
{
	struct web *web = context;
	struct hooked *h = arena_new(arena, struct hooked);
	const struct hook hook = { .path = http_param(asked, "path"),
		                   .headers = asked->headers,
		                   .header_count = asked->header_count,
		                   .body = asked->body,
		                   .received_ms = asked->received_ms };

	*h = (struct hooked) { web, asked, arena, ret, http_param(asked, "connection") };
	http_reply_later(asked);
	live_hook(web->options.live, arena, h->connection, &hook, answer_hook, h);
}

static struct json *patient_of(struct arena *arena, const struct hit *hit)
{
	struct json *patient = json_new(arena, JSON_OBJECT);
	struct str name = arena_printf(arena, "%.*s %.*s", STR_ARG(hit->first_name), STR_ARG(hit->last_name));

	json_add(patient, STR("id"), json_new_text(arena, hit->id));
	json_add(patient, STR("name"), json_new_text(arena, str_trim(name)));
	json_add(patient, STR("birthDate"), json_new_text(arena, hit->birth_date));
	json_add(patient, STR("linked"), json_new_bool(arena, hit->linked_to.len > 0));
	return patient;
}

void web_search(void *context, const struct http_asked *asked, struct arena *arena, struct http_reply *ret)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_HTTP_BODY);
	struct web *web = context;
	const struct hook hook = { .headers = asked->headers,
		                   .header_count = asked->header_count,
		                   .body = asked->body,
		                   .received_ms = asked->received_ms };
	struct json *answer = json_new(arena, JSON_OBJECT), *patients = json_new(arena, JSON_ARRAY);
	struct str connection = http_param(asked, "connection");
	struct err err = ERR_INIT;
	struct live_found found;

	if (live_search(web->options.live, arena, connection, &hook, &found, &err) < 0) {
		refuse(web, connection, &err, arena, ret);
		return;
	}
	for (size_t i = 0; i < found.count; i++)
		json_append(patients, patient_of(arena, &found.hits[i]));
	json_add(answer, STR("patients"), patients);
	json_write(&text, answer);
	meter_add(web->options.engine->meter, METER_HOOKS, connection, STR("searched"), STR_EMPTY, 1);
	http_reply_json(ret, arena_str(arena, buf_str(&text)));
}

void web_hook_probe(void *context UNUSED, const struct http_asked *asked UNUSED, struct arena *arena UNUSED,
                    struct http_reply *ret)
{
	ret->status = 200;
}

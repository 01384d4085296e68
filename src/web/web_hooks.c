/*
 * web_hooks: a webhook on its way in. Nothing is judged here: live_hook checks the signature before anything is parsed, stages durably (R1) and says
 * what to answer. A refusal tells the sender as little as he needs; who keeps this Suture finds the reason in the log and the figures.
 */
#include "web/web_internal.h"

#include "lib/clock.h"

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

void web_hook(void *context, const struct http_asked *asked, struct arena *arena, struct http_reply *ret)
{
	struct web *web = context;
	struct str connection = http_param(asked, "connection");
	const struct hook hook = { .path = http_param(asked, "path"),
		                   .headers = asked->headers,
		                   .header_count = asked->header_count,
		                   .body = asked->body,
		                   .received_ms = asked->received_ms };
	struct hook_done done = { 0 };
	struct err err = ERR_INIT;

	if (live_hook(web->options.live, connection, &hook, &done, &err) < 0) {
		refuse(web, connection, &err, arena, ret);
		return;
	}
	meter_add(web->options.engine->meter, METER_HOOKS, connection, STR("received"), STR_EMPTY, 1);
	meter_time(web->options.engine->meter, METER_HOOK_TIME, (clock_mono_ns() - asked->received_ns) / 1000);
	http_reply_json(ret, arena_printf(arena, "{\"received\":%zu}", done.events));
}

void web_hook_probe(void *context UNUSED, const struct http_asked *asked UNUSED, struct arena *arena UNUSED,
                    struct http_reply *ret)
{
	ret->status = 200;
}

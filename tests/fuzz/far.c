/* See far.h. A call is started, asked for its answer once, and freed then or when it is cancelled. */
#include "far.h"

#include "fuzz.h"
#include "lib/clock.h"

#include <stdlib.h>
#include <string.h>

#define TOKEN                                                                                                \
	"{\"access_token\":\"T\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"instance_url\":\"" FAR_BASE \
	"\",\"id\":\"" FAR_BASE "/id/00Dxx0000001gPLEAY/005xx000001SwiUAAS\"}"

/* The linker's names for the functions in whose place these stand. */
struct http_future *__wrap_http_start(struct http_client *client, const struct http_request *request);
int __wrap_http_wait(struct http_future **future, struct arena *arena, struct http_answer *ret, struct err *err);
bool __wrap_http_wait_ready(struct http_future *future, int64_t timeout_ms);
void __wrap_http_cancel(struct http_future **future);
void __wrap_clock_sleep_ms(int64_t ms);

/* Same name as the client's own: only this file sees inside. */
struct http_future {
	struct str answer;
	bool token, none, refused;
};

static struct {
	struct str rest;
	atomic_bool *stop;
} far;

void far_answers(struct str parts, atomic_bool *stop)
{
	far.rest = parts;
	far.stop = stop;
	clock_fix(1795255200000);
}

/* As the client does it: what would end a line or lead to somebody else is never sent. */
static bool may_be_sent(const struct http_request *request)
{
	for (size_t i = 0; i < request->url.len; i++)
		if (request->url.at[i] <= ' ' || request->url.at[i] == 127)
			return false;
	return str_starts(request->url, STR("/")) || str_starts(request->url, STR(FAR_BASE));
}

struct http_future *__wrap_http_start(struct http_client *client UNUSED, const struct http_request *request)
{
	struct http_future *f = calloc(1, sizeof(*f)); /* an object of its own, so that a double use shows */

	must(f != NULL);
	law(request->method && request->target);
	f->refused = !may_be_sent(request);
	f->token =
	        str_find(request->url, STR("oauth2/token")) >= 0 || str_find(request->url, STR("connect/token")) >= 0;
	if (f->token || f->refused)
		return f;
	f->none = far.rest.len == 0;
	f->answer = fuzz_part(&far.rest);
	if (f->none && far.stop)
		atomic_store(far.stop, true);
	return f;
}

static void read_headers(struct arena *arena, struct str *rest, struct http_answer *ret)
{
	struct http_header *headers = arena_new_array(arena, struct http_header, 20);

	ret->headers = headers;
	while (rest->len > 0 && ret->header_count < 20) {
		struct str value = fuzz_line(rest), name = STR_EMPTY;

		if (value.len == 0)
			return;
		(void)str_split(&value, ':', &name);
		headers[ret->header_count++] = (struct http_header) { name, str_trim(value) };
	}
}

static int answer(struct http_future *f, struct arena *arena, struct http_answer *ret, struct err *err)
{
	struct str rest = f->answer;
	int64_t status = 0;

	*ret = (struct http_answer) { .attempts = 1 };
	if (f->refused)
		return err_set(err, ERR_CONFIG, "a request that the client does not send");
	if (f->token) {
		ret->status = 200;
		ret->body = STR(TOKEN);
		return 0;
	}
	if (f->none)
		return err_set(err, ERR_ABORTED, "no answer is left");
	if (!str_to_i64(fuzz_line(&rest), &status) || status < 100 || status > 599) {
		ret->uncertain = true;
		return err_set(err, ERR_TIMEOUT, "no answer came in time");
	}
	ret->status = (unsigned)status;
	read_headers(arena, &rest, ret);
	ret->body = arena_str(arena, rest);
	return 0;
}

int __wrap_http_wait(struct http_future **future, struct arena *arena, struct http_answer *ret, struct err *err)
{
	int code = answer(*future, arena, ret, err);

	__wrap_http_cancel(future);
	return code;
}

bool __wrap_http_wait_ready(struct http_future *future UNUSED, int64_t timeout_ms UNUSED)
{
	return true;
}

void __wrap_http_cancel(struct http_future **future)
{
	free(*future);
	*future = NULL;
}

/* Pauses between two calls: nobody waits here, but the clock goes on, so that who waits until a moment gets there. */
void __wrap_clock_sleep_ms(int64_t ms)
{
	law(ms >= 0);
	clock_fix(clock_wall_ms() + ms);
}

struct connection *far_connect(const char *kind, const char *settings)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct connector *found = connector_find(str_of(kind));
	struct connection *c = NULL;
	struct err err = ERR_INIT;
	struct json *json;

	must(found != NULL);
	if (json_parse(&arena, str_of(settings), &json, &err) < 0 || found->open(found, json, NULL, &c, &err) < 0)
		defs_abort("must", err.text, __FILE__, __LINE__);
	return c;
}

void far_law_err(int code, const struct err *err)
{
	law(code < 0 && err->code == code && err->text[0]);
	law(err->code != ERR_BUG);
	for (const char *at = err->text; *at; at++)
		law((unsigned char)*at >= ' ');
}

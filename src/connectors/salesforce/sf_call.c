/*
 * One call to the org. Until somebody has signed in nobody knows its instance: such a call keeps its request and is sent by
 * sf_call_wait, which may block, so that X_start never does.
 */
#include "connectors/salesforce/sf.h"

#include "connectors/answer.h"

static void cancel(struct call *call)
{
	struct sf_call *self = (struct sf_call *)call;

	sf_call_free(&self);
}

struct sf_call *sf_call_new(struct sf *sf, size_t size, enum http_priority priority)
{
	struct arena arena = ARENA_INIT;
	struct sf_call *call = arena_alloc(&arena, size);

	call->call.connection = &sf->base;
	call->call.cancel = cancel;
	call->arena = arena;
	call->request.target = &sf->base.target;
	call->request.headers = call->headers;
	call->request.priority = priority;
	/* "identifies the caller in logs and in CDC changeOrigin" */
	sf_call_header(call, STR("Sforce-Call-Options"), STR("client=Suture"));
	return call;
}

void sf_call_header(struct sf_call *call, struct str name, struct str value)
{
	ensure(call->request.header_count < ARRAY_LEN(call->headers));
	call->headers[call->request.header_count++] = (struct http_header) { name, value };
}

static bool is_signed_in(struct sf *sf)
{
	bool known;

	must(pthread_mutex_lock(&sf->lock) == 0);
	known = sf->signed_in;
	must(pthread_mutex_unlock(&sf->lock) == 0);
	return known;
}

void sf_call_send(struct sf_call *call)
{
	struct sf *sf = sf_of(call->call.connection);

	if (is_signed_in(sf))
		call->future = http_start(sf->http, &call->request);
}

int sf_call_wait(struct sf_call *call, struct arena *arena, struct http_answer *ret, struct err *err)
{
	struct sf *sf = sf_of(call->call.connection);

	*ret = (struct http_answer) { 0 };
	if (!call->future) {
		if (sf_sign_in(sf, err) < 0)
			return err->code;
		call->future = http_start(sf->http, &call->request);
	}
	return http_wait(&call->future, arena, ret, err);
}

void sf_call_free(struct sf_call **call)
{
	struct arena arena = (*call)->arena;

	if ((*call)->future)
		http_cancel(&(*call)->future);
	*call = NULL;
	arena_release(&arena);
}

int sf_get(struct sf *sf, struct arena *arena, struct str url, const char *what, struct json **ret, struct err *err)
{
	struct sf_call *call = sf_call_new(sf, sizeof(*call), HTTP_NORMAL);
	struct http_answer answer;
	int code;

	call->request.method = "GET";
	call->request.url = url;
	call->request.idempotent = true;
	sf_call_send(call);
	code = sf_call_wait(call, arena, &answer, err);
	sf_call_free(&call);
	if (code < 0)
		return err_wrap(err, "%s", what);
	if (!answer_good(&answer))
		return sf_refusal(&answer, arena, what, err);
	return answer_json(&answer, arena, ret, err);
}

/*
 * Addresses and requests of a REST system: templates filled in, the connection's headers added. The value of a setting may
 * itself name settings (an address of a host made of a customer's name); that goes two steps deep and no further.
 */
#include "connectors/rest/rest.h"

#include "codec/url.h"
#include "connectors/settings.h"
#include "lib/limits.h"

#include <stdio.h>
#include <string.h>

struct expansion {
	const struct rest *rest;
	struct str id;
};

struct http_future *rest_send(struct rest *rest, const struct rest_request *request)
{
	size_t first = request->body.len ? 0 : 1, count = rest->header_count - first;
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	struct http_header *headers = arena_new_array(&scratch, struct http_header, count + 2);
	char method[16];
	const struct http_request http = {
		.target = &rest->base.target,
		.method = method,
		.url = request->url,
		.headers = headers,
		.header_count = count + (request->authorization.len > 0) + (request->more.name.len > 0),
		.body = request->body,
		.priority = request->priority,
		.idempotent = request->idempotent,
		.no_auth = request->authorization.len > 0,
	};

	memcpy(headers, rest->headers + first, count * sizeof(*headers));
	if (request->more.name.len)
		headers[count++] = request->more;
	headers[count] = (struct http_header) { STR("Authorization"), request->authorization };
	snprintf(method, sizeof(method), "%.*s", STR_ARG(request->method));
	return http_start(rest->http, &http);
}

static bool is_option(const void *context, struct str name)
{
	for (const struct option *o = context; o->name; o++)
		if (str_eq_c(name, o->name))
			return true;
	return false;
}

struct str rest_setting(const struct rest *rest, struct str name)
{
	if (!is_option(rest->d->option_rows, name))
		return STR_EMPTY;
	return settings_text_str(rest->d->option_rows, rest->settings, name);
}

static void plain_last(const void *context, struct str name, struct buf *out)
{
	buf_add(out, rest_setting(context, name));
}

static void plain_inner(const void *context, struct str name, struct buf *out)
{
	template_write(out, rest_setting(context, name), plain_last, context);
}

static void plain_value(const void *context, struct str name, struct buf *out)
{
	template_write(out, rest_setting(context, name), plain_inner, context);
}

void rest_expand(const struct rest *rest, struct str text, struct buf *out)
{
	template_write(out, text, plain_value, rest);
}

struct str rest_expanded(const struct rest *rest, struct arena *arena, struct str text)
{
	SCOPED(buf) struct buf out = BUF_INIT(LIMIT_HTTP_HEADERS);

	rest_expand(rest, text, &out);
	return arena_str(arena, buf_str(&out));
}

static void address_value(const void *context, struct str name, struct buf *out)
{
	const struct expansion *expansion = context;

	if (str_eq_c(name, "id") || str_eq_c(name, "parent"))
		url_encode(out, expansion->id);
	else
		url_encode(out, rest_setting(expansion->rest, name));
}

struct str rest_url(const struct rest *rest, struct arena *arena, struct str path, struct str id)
{
	SCOPED(buf) struct buf url = BUF_INIT(LIMIT_HTTP_HEADERS);
	const struct expansion expansion = { rest, id };

	buf_add(&url, rest->base.target.base);
	template_write(&url, path, address_value, &expansion);
	return arena_str(arena, buf_str(&url));
}

void rest_add_pairs(const struct rest *rest, struct buf *url, const struct pairs *pairs)
{
	for (size_t i = 0; pairs && i < pairs->count; i++) {
		SCOPED(buf) struct buf value = BUF_INIT(LIMIT_HTTP_HEADERS);
		SCOPED(arena) struct arena scratch = ARENA_INIT;

		rest_expand(rest, pairs->at[i].value, &value);
		url_add_query(url, arena_text(&scratch, pairs->at[i].name), buf_str(&value));
	}
}

int rest_get(struct rest *rest, struct arena *arena, struct str url, const char *what, struct json **ret,
             struct err *err)
{
	const struct rest_request request = {
		.method = STR("GET"), .url = url, .priority = HTTP_NORMAL, .idempotent = true
	};
	struct http_future *future = rest_send(rest, &request);
	struct http_answer answer = { 0 };

	if (http_wait(&future, arena, &answer, err) < 0)
		return err_wrap(err, "%s", what);
	if (!answer_good(&answer))
		return answer_refusal(&answer, what, err);
	return answer_json(&answer, arena, ret, err);
}

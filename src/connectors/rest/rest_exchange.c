/* One time: an authorisation code, shown by the vendor to a person, for a lasting token. */
#include "connectors/rest/rest.h"

#include "connectors/settings.h"
#include "lib/limits.h"

struct code_value {
	const struct option *options;
	const struct json *settings;
	struct str code;
};

static void value(const void *context, struct str name, struct buf *out)
{
	const struct code_value *c = context;

	buf_add(out, str_eq_c(name, "code") ? c->code : settings_text_str(c->options, c->settings, name));
}

static void write_body(const struct exchange_section *exchange, const struct code_value *values, struct buf *out)
{
	buf_add_char(out, '{');
	for (size_t i = 0; i < exchange->body.count; i++) {
		SCOPED(buf) struct buf text = BUF_INIT(LIMIT_HTTP_HEADERS);

		template_write(&text, exchange->body.at[i].value, value, values);
		if (i)
			buf_add_char(out, ',');
		json_write_string(out, exchange->body.at[i].name);
		buf_add_char(out, ':');
		json_write_string(out, buf_str(&text));
	}
	buf_add_char(out, '}');
}

static int take_settings(const struct exchange_section *exchange, struct arena *arena, const struct json *answer,
                         struct json **ret, struct err *err)
{
	struct json *settings = json_new(arena, JSON_OBJECT);

	for (size_t i = 0; i < exchange->settings.count; i++) {
		const struct pair *pair = &exchange->settings.at[i];
		struct str text = answer_walk_text(answer, pair->value);

		/* The first one is what the exchange is for; what else is not told stays as it is. */
		if (text.len == 0 && i > 0)
			continue;
		if (text.len == 0)
			return err_set(err, ERR_FAR_SIDE, "exchange the code: the answer holds no '%.*s'",
			               STR_ARG(pair->value));
		json_set(settings, pair->name, json_new_text(arena, text));
	}
	*ret = settings;
	return 0;
}

static int exchange(const struct descriptor *d, const struct code_value *values, struct http_client *http,
                    struct arena *arena, struct json **ret, struct err *err)
{
	SCOPED(buf) struct buf base = BUF_INIT(LIMIT_HTTP_HEADERS);
	SCOPED(buf) struct buf authorization = BUF_INIT(LIMIT_HTTP_HEADERS);
	SCOPED(buf) struct buf body = BUF_INIT(LIMIT_HTTP_HEADERS);
	const struct http_header headers[] = { { STR("Content-Type"), STR("application/json") },
		                               { STR("Authorization"), STR_EMPTY } };
	struct http_header all[ARRAY_LEN(headers)] = { headers[0], headers[1] };
	struct http_target target = { .attempts = 1 };
	struct http_request request = {
		.target = &target, .headers = all, .header_count = ARRAY_LEN(all), .no_auth = true
	};
	struct http_future *future;
	struct http_answer answer = { 0 };
	struct json *tree;

	template_write(&base, d->base, value, values);
	if (settings_url(buf_str(&base), "url", &target.base, err) < 0)
		return err->code;
	template_write(&authorization, d->exchange.authorization, value, values);
	write_body(&d->exchange, values, &body);
	all[1].value = buf_str(&authorization);
	request.method = arena_text(arena, d->exchange.method.len ? d->exchange.method : STR("POST"));
	request.url = arena_printf(arena, "%.*s%.*s", STR_ARG(target.base), STR_ARG(d->exchange.path));
	request.body = buf_str(&body);
	future = http_start(http, &request);
	if (http_wait(&future, arena, &answer, err) < 0)
		return err_wrap(err, "exchange the code");
	if (answer.status == 400 || answer.status == 404 || answer.status == 422)
		return err_set(err, ERR_AUTH,
		               "the code was not accepted (status %u): a code works once and only for a short time; "
		               "get a new one",
		               answer.status);
	if (!answer_good(&answer))
		return answer_refusal(&answer, "exchange the code", err);
	if (answer_json(&answer, arena, &tree, err) < 0)
		return err->code;
	return take_settings(&d->exchange, arena, tree, ret, err);
}

int rest_exchange_code(const struct connector *kind, const struct json *settings, struct http_client *http,
                       const struct code_grant *grant, struct arena *arena, struct json **ret_settings, struct err *err)
{
	const struct descriptor *d = kind->descriptor;
	const struct code_value values = { d->option_rows, settings, str_trim(grant->code) };

	if (d->exchange.line == 0)
		return err_set(err, ERR_UNSUPPORTED, "%s has no codes to exchange", kind->title);
	if (values.code.len == 0)
		return err_set(err, ERR_USAGE, "the code is empty");
	return exchange(d, &values, http, arena, ret_settings, err);
}

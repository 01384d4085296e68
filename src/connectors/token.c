#include "connectors/token.h"

#include "codec/digest.h"
#include "codec/url.h"
#include "connectors/answer.h"
#include "lib/clock.h"

#include <string.h>

static const size_t token_max = 16384;
static const int64_t second_ns = 1000000000;

void token_init(struct token *t, int (*renew)(void *context, struct err *err), void *context)
{
	*t = (struct token) { .renew = renew, .context = context };
	must(pthread_mutex_init(&t->lock, NULL) == 0);
	buf_init(&t->text, token_max);
}

static void wipe(struct buf *b)
{
	if (b->at)
		explicit_bzero(b->at, b->cap);
	buf_clear(b);
}

void token_release(struct token *t)
{
	wipe(&t->text);
	buf_release(&t->text);
	pthread_mutex_destroy(&t->lock);
}

void token_set(struct token *t, struct str text, int64_t seconds)
{
	wipe(&t->text);
	buf_add(&t->text, text);
	t->good_until_ns = seconds > 0 ? clock_mono_ns() + (seconds - MIN_OF(seconds / 2, 60)) * second_ns : 0;
}

static bool is_stale(const struct token *t)
{
	return t->text.len == 0 || (t->good_until_ns && clock_mono_ns() >= t->good_until_ns);
}

int token_authorize(void *token, bool refresh, struct buf *ret_header, struct err *err)
{
	struct token *t = token;
	int code = 0;

	must(pthread_mutex_lock(&t->lock) == 0);
	if (refresh || is_stale(t))
		code = t->renew(t->context, err);
	if (code == 0) {
		buf_add_c(ret_header, "Bearer ");
		buf_add(ret_header, buf_str(&t->text));
	}
	must(pthread_mutex_unlock(&t->lock) == 0);
	return code;
}

void token_form_add(struct buf *form, const char *name, struct str value)
{
	if (form->len)
		buf_add_char(form, '&');
	buf_add_c(form, name);
	buf_add_char(form, '=');
	url_encode(form, value);
}

/* The words of RFC 6749 and of vendors, and what to do about them. */
static const struct {
	const char *error;
	enum err_code code;
	const char *advice;
} grant_errors[] = {
	{ "invalid_client", ERR_AUTH, "the client id or secret is wrong" },
	{ "invalid_client_id", ERR_AUTH, "the client id is wrong" },
	{ "invalid_grant", ERR_AUTH,
	  "the user, key, code or refresh token is not accepted: check that the app may act for this user and that the "
	  "address is that of "
	  "this organisation, or authorise again" },
	{ "invalid_app_access", ERR_AUTH, "an administrator must allow this user to use the app" },
	{ "unauthorized_client", ERR_AUTH, "the app may not use this way of signing in" },
	{ "unsupported_grant_type", ERR_AUTH, "this way of signing in is switched off" },
	{ "invalid_scope", ERR_AUTH, "the scope is not accepted" },
	{ "inactive_user", ERR_AUTH, "the user is inactive" },
	{ "inactive_org", ERR_AUTH, "the organisation is inactive" },
	{ "rate_limit_exceeded", ERR_RATE, "too many sign-ins" },
};

static int grant_refused(const struct http_answer *answer, const struct json *body, struct err *err)
{
	struct str error = json_get_text(body, "error"), words = json_get_text(body, "error_description");

	for (size_t i = 0; i < ARRAY_LEN(grant_errors); i++)
		if (str_eq_c(error, grant_errors[i].error))
			return err_set(err, grant_errors[i].code, "sign in: %s (%.*s: %.*s)", grant_errors[i].advice,
			               STR_ARG(error), STR_ARG(str_range(words.at, MIN_OF(words.len, 120))));
	return answer_refusal(answer, "sign in", err);
}

static int grant_judge(const struct http_answer *answer, struct arena *arena, struct json **ret, struct err *err)
{
	struct err quiet = ERR_INIT;
	struct json *body = NULL;

	if (answer_json(answer, arena, &body, &quiet) < 0 && answer_good(answer))
		return err_set(err, quiet.code, "sign in: %s", quiet.text);
	if (!answer_good(answer))
		return grant_refused(answer, body, err);
	if (json_get_text(body, "access_token").len == 0)
		return err_set(err, ERR_FAR_SIDE, "sign in: the answer holds no access token");
	*ret = body;
	return 0;
}

int token_grant(const struct token_request *request, struct arena *arena, struct json **ret, struct err *err)
{
	SCOPED(buf) struct buf basic = BUF_INIT(token_max);
	struct http_header headers[3] = {
		{ STR("Content-Type"), STR("application/x-www-form-urlencoded") },
		{ STR("Accept"), STR("application/json") },
	};
	struct http_request http = { .target = request->target,
		                     .method = "POST",
		                     .url = request->path,
		                     .headers = headers,
		                     .header_count = 2,
		                     .body = request->form,
		                     .idempotent = true,
		                     .no_auth = true };
	struct http_future *future;
	struct http_answer answer = { 0 };

	if (request->basic.len) {
		buf_add_c(&basic, "Basic ");
		digest_base64(&basic, request->basic);
		headers[http.header_count++] = (struct http_header) { STR("Authorization"), buf_str(&basic) };
	}
	future = http_start(request->http, &http);
	if (http_wait(&future, arena, &answer, err) < 0)
		return err_wrap(err, "sign in");
	return grant_judge(&answer, arena, ret, err);
}

/*
 * One exchange with a token endpoint: the form goes out, the answer is judged. What the far side says in `error` is a word of
 * RFC 6749 or of a vendor and becomes advice; what it says in `error_description` is only compared, never repeated.
 */
#include "net/oauth.h"

#include "codec/digest.h"
#include "codec/url.h"
#include "lib/limits.h"

void oauth_form_add(struct buf *form, const char *name, struct str value)
{
	if (form->len > 0)
		buf_add_char(form, '&');
	buf_add_c(form, name);
	buf_add_char(form, '=');
	url_encode(form, value);
}

/* First row that fits. `part`: what the description must hold, "" for any. */
static const struct refusal {
	const char *error;
	const char *part;
	enum err_code code;
	const char *advice;
} refusals[] = {
	{ "invalid_grant", "expired access/refresh token", ERR_AUTH,
	  "the refresh token is no longer valid; authorise the connection again" },
	{ "invalid_grant", "approved", ERR_AUTH,
	  "the user has not approved the app; let an administrator pre-authorise it" },
	{ "invalid_grant", "audience", ERR_AUTH,
	  "the audience does not fit; use the address of the login server of this organisation" },
	{ "invalid_grant", "expired authorization code", ERR_AUTH,
	  "the code or assertion has expired; check this machine's clock" },
	{ "invalid_grant", "assertion", ERR_AUTH,
	  "the signature does not fit; check that the key belongs to the app's certificate" },
	{ "invalid_grant", "client credentials user", ERR_AUTH,
	  "the app names no user to run as; set one at the far side" },
	{ "invalid_grant", "domain", ERR_AUTH, "the token address is not this organisation's own; use its own domain" },
	{ "invalid_grant", "", ERR_AUTH,
	  "the user, key, code or refresh token is not accepted; authorise the connection again" },
	{ "invalid_client", "", ERR_AUTH, "the client id or secret is wrong; check both" },
	{ "invalid_client_id", "", ERR_AUTH, "the client id is wrong; check it" },
	{ "invalid_app_access", "", ERR_AUTH, "the user may not use the app; let an administrator allow it" },
	{ "unauthorized_client", "", ERR_AUTH, "the app may not use this way of signing in; allow it at the far side" },
	{ "unsupported_grant_type", "", ERR_AUTH,
	  "this way of signing in is switched off at the far side; allow it there" },
	{ "invalid_scope", "", ERR_AUTH, "the scope is not accepted; check it" },
	{ "inactive_user", "", ERR_AUTH, "the user is inactive; activate it at the far side" },
	{ "inactive_org", "", ERR_AUTH, "the organisation is inactive" },
	{ "rate_limit_exceeded", "", ERR_RATE, "too many sign-ins; wait a few minutes" },
	{ "temporarily_unavailable", "", ERR_FAR_SIDE, "the sign-in service is not available; try again later" },
	{ "server_error", "", ERR_FAR_SIDE, "the sign-in service failed; try again later" },
};

/* A status by itself, when the body says nothing known. */
static int refused_by_status(unsigned status, struct err *err)
{
	if (status == 429)
		return err_set(err, ERR_RATE, "sign in: too many sign-ins; wait a few minutes (status 429)");
	if (status >= 500)
		return err_set(err, ERR_FAR_SIDE, "sign in: the sign-in service failed; try again later (status %u)",
		               status);
	if (status == 404 || (status >= 300 && status < 400))
		return err_set(err, ERR_AUTH,
		               "sign in: no sign-in service at this address; check the token address (status %u)",
		               status);
	return err_set(err, ERR_AUTH, "sign in: refused; check the connection's credentials (status %u)", status);
}

static int refused(const struct http_answer *answer, const struct json *body, struct err *err)
{
	struct str error = json_get_text(body, "error");
	struct str description = json_get_text(body, "error_description");

	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		const struct refusal *row = &refusals[i];

		if (str_eq_c(error, row->error) && str_find(description, str_of(row->part)) >= 0)
			return err_set(err, row->code, "sign in: %s (%s)", row->advice, row->error);
	}
	return refused_by_status(answer->status, err);
}

static int judge(const struct http_answer *answer, struct arena *arena, struct json **ret, struct err *err)
{
	struct err unread = ERR_INIT;
	struct json *body = NULL;
	struct str type;

	if (json_parse(arena, answer->body, &body, &unread) < 0)
		body = NULL;
	if (answer->status >= 300)
		return refused(answer, body, err);
	/* Some services answer 200 with an error in it. */
	if (json_get_text(body, "error").len > 0)
		return refused(answer, body, err);
	if (json_get_text(body, "access_token").len == 0)
		return err_set(err, ERR_FAR_SIDE, "sign in: the answer holds no access token; check the token address");
	type = json_get_text(body, "token_type");
	if (type.len > 0 && !str_eq_nocase(type, STR("Bearer")))
		return err_set(err, ERR_UNSUPPORTED,
		               "sign in: the access token is no bearer token; Suture can use no other");
	*ret = body;
	return 0;
}

int oauth_ask(const struct oauth_request *request, struct arena *arena, struct json **ret_answer, struct err *err)
{
	SCOPED(buf) struct buf pair = BUF_INIT(LIMIT_HTTP_HEADERS);
	SCOPED(buf) struct buf basic = BUF_INIT(LIMIT_HTTP_HEADERS);
	struct http_header headers[] = {
		{ STR("Content-Type"), STR("application/x-www-form-urlencoded") },
		{ STR("Accept"), STR("application/json") },
		{ STR("Authorization"), STR_EMPTY },
	};
	struct http_request http = {
		.target = request->target,
		.method = "POST",
		.url = request->url,
		.headers = headers,
		.header_count = request->basic_id.len > 0 ? 3 : 2,
		.body = request->form,
		.priority = HTTP_URGENT,
		.idempotent = !request->once,
		.no_auth = true,
	};
	struct http_answer answer;
	struct http_future *future;

	/* RFC 6749, 2.3.1: id and secret are form-encoded first, so that a colon in the id cannot be mistaken. */
	url_encode(&pair, request->basic_id);
	buf_add_char(&pair, ':');
	url_encode(&pair, request->basic_secret);
	buf_add(&basic, STR("Basic "));
	digest_base64(&basic, buf_str(&pair));
	headers[2].value = buf_str(&basic);
	future = http_start(request->http, &http);
	if (http_wait(&future, arena, &answer, err) < 0)
		return err_wrap(err, "sign in");
	return judge(&answer, arena, ret_answer, err);
}

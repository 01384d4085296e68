/*
 * The web-server flow with PKCE (RFC 6749 4.1, RFC 7636): a person approves us at the org's own page, his browser brings a code back, and the code becomes a
 * refresh token that is kept with the connection. The app needs the scopes api and refresh_token, and our callback among its callback URLs.
 */
#include "connectors/salesforce/sf.h"

#include "codec/url.h"
#include "connectors/settings.h"
#include "lib/limits.h"
#include "net/oauth.h"

int sf_authorize_url(const struct connector *kind, const struct json *settings, struct arena *arena,
                     const struct code_asking *asking, struct str *ret, struct err *err)
{
	SCOPED(buf) struct buf url = BUF_INIT(LIMIT_HTTP_HEADERS);
	struct str login_url, client_id = settings_text(kind->options, settings, "client_id");

	if (settings_url(settings_text(kind->options, settings, "login_url"), "login_url", &login_url, err) < 0)
		return err_pass(err);
	if (client_id.len == 0)
		return err_set(err, ERR_CONFIG, "setting 'client_id' is missing: the app's consumer key");
	buf_add(&url, login_url);
	buf_add_c(&url, "/services/oauth2/authorize");
	url_add_query(&url, "response_type", STR("code"));
	url_add_query(&url, "client_id", client_id);
	url_add_query(&url, "redirect_uri", asking->redirect);
	url_add_query(&url, "scope", STR("api refresh_token"));
	url_add_query(&url, "state", asking->state);
	url_add_query(&url, "code_challenge", asking->challenge);
	url_add_query(&url, "code_challenge_method", STR("S256"));
	*ret = arena_str(arena, buf_str(&url));
	return 0;
}

static void write_form(const struct connector *kind, const struct json *settings, const struct code_grant *grant,
                       struct buf *form)
{
	struct str secret = settings_text(kind->options, settings, "client_secret");

	oauth_form_add(form, "grant_type", STR("authorization_code"));
	oauth_form_add(form, "code", str_trim(grant->code));
	oauth_form_add(form, "client_id", settings_text(kind->options, settings, "client_id"));
	if (secret.len)
		oauth_form_add(form, "client_secret", secret);
	oauth_form_add(form, "redirect_uri", grant->redirect);
	oauth_form_add(form, "code_verifier", grant->verifier);
}

int sf_exchange_code(const struct connector *kind, const struct json *settings, struct http_client *http,
                     const struct code_grant *grant, struct arena *arena, struct json **ret_settings, struct err *err)
{
	SCOPED(buf) struct buf form = BUF_INIT(LIMIT_HTTP_HEADERS);
	struct http_target target = { .attempts = 1 };
	struct oauth_request request = { .http = http, .target = &target, .once = true };
	struct json *answer;
	struct str token;

	if (grant->verifier.len == 0)
		return err_set(err, ERR_UNSUPPORTED,
		               "Salesforce takes no pasted codes: sign in from the console (Connections, Connect)");
	if (settings_url(settings_text(kind->options, settings, "login_url"), "login_url", &target.base, err) < 0)
		return err_pass(err);
	request.url = arena_printf(arena, "%.*s/services/oauth2/token", STR_ARG(target.base));
	write_form(kind, settings, grant, &form);
	request.form = buf_str(&form);
	if (oauth_ask(&request, arena, &answer, err) < 0)
		return err_pass(err);
	token = json_get_text(answer, "refresh_token");
	if (token.len == 0)
		return err_set(err, ERR_AUTH,
		               "Salesforce gave no refresh token: give the app the scope \"refresh_token\" (Perform "
		               "requests at "
		               "any time), and sign in again");
	*ret_settings = json_new(arena, JSON_OBJECT);
	json_set(*ret_settings, STR("auth"), json_new_text(arena, STR("refresh_token")));
	json_set(*ret_settings, STR("refresh_token"), json_new_text(arena, token));
	return 0;
}

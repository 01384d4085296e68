/* provider_ask: the provider's own description, its keys, the exchange of a code, what it says of a person. Each address gets a target of its own: they may be on several hosts. */
#include "access/provider_parts.h"

#include "codec/url.h"
#include "lib/clock.h"
#include "lib/limits.h"
#include "net/http_wall.h"
#include "net/oauth.h"
#include "sync/catalog_docs.h"

enum { TIMEOUT_MS = 10000, KEPT_MS = 10 * 60 * 1000 };

int provider_read(struct engine *engine, struct arena *arena, struct provider *ret, bool *ret_there, struct err *err)
{
	struct json *settings;

	*ret = (struct provider) { 0 };
	*ret_there = false;
	if (catalog_read_section(engine, arena, "identity_provider", &settings, err) < 0)
		return err_pass(err);
	if (!settings || !json_bool(json_get(settings, "enabled"), true))
		return 0;
	*ret_there = true;
	ret->settings = settings;
	ret->issuer = json_get_text(settings, "issuer");
	ret->client_id = json_get_text(settings, "client_id");
	ret->client_secret = json_get_text(settings, "client_secret");
	return 0;
}

/* "https://host:port" of an address. What the provider names must be as safe as what a person configured. */
static int origin_of(struct arena *arena, struct str url, struct str *ret, struct err *err)
{
	struct url_parts parts;
	bool local;

	if (!url_split(url, &parts))
		return err_set(err, ERR_FAR_SIDE, "the identity provider names an address that is none");
	local = str_eq_c(parts.host, "127.0.0.1") || str_eq_c(parts.host, "localhost");
	if (!str_eq_c(parts.scheme, "https") && !local)
		return err_set(err, ERR_FAR_SIDE, "the identity provider names an address without TLS");
	*ret = arena_printf(arena, "%.*s://%.*s%s%.*s", STR_ARG(parts.scheme), STR_ARG(parts.host),
	                    parts.port.len ? ":" : "", STR_ARG(parts.port));
	return 0;
}

int provider_get(struct engine *engine, struct arena *arena, struct str url, struct str bearer, struct json **ret,
                 struct err *err)
{
	struct http_target target = { .attempts = 2, .timeout_ms = TIMEOUT_MS };
	const struct http_header headers[] = {
		{ STR("Accept"), STR("application/json") },
		{ STR("Authorization"), arena_printf(arena, "Bearer %.*s", STR_ARG(bearer)) },
	};
	struct http_request request = { .target = &target,
		                        .method = "GET",
		                        .url = url,
		                        .headers = headers,
		                        .header_count = bearer.len ? 2 : 1,
		                        .priority = HTTP_URGENT,
		                        .idempotent = true,
		                        .no_auth = true };
	struct http_future *future;
	struct http_answer answer;

	if (origin_of(arena, url, &target.base, err) < 0)
		return err_pass(err);
	future = http_start(engine->http, &request);
	if (http_wait(&future, arena, &answer, err) < 0)
		return err_wrap(err, "ask the identity provider");
	if (answer.status != 200)
		return err_set(err, ERR_FAR_SIDE, "the identity provider answered with status %u", answer.status);
	if (json_parse(arena, answer.body, ret, err) < 0)
		return err_wrap(err, "the identity provider's answer");
	return 0;
}

/* ---- discovery (OpenID Connect Discovery 1.0) ---- */

static struct str without_slash(struct str url)
{
	return str_ends(url, STR("/")) ? str_range(url.at, url.len - 1) : url;
}

/* What the provider names may be on other hosts (large ones do so), but never on this machine, unless the provider is. TLS is looked at by whoever asks. */
static bool may_be_asked(struct str configured, struct str url)
{
	struct url_parts issuer, asked;

	return url.len == 0 || (url_split(configured, &issuer) && url_split(url, &asked) &&
	                        (http_wall_is_local(issuer.host) || !http_wall_is_local(asked.host)));
}

static int check_description(struct provider *provider, const struct json *said, struct err *err)
{
	struct str configured = provider->issuer;

	/* Some say their name with a slash at its end and some without; what they say is what stands in their tokens. */
	if (!str_eq(without_slash(json_get_text(said, "issuer")), without_slash(provider->issuer)))
		return err_set(err, ERR_CONFIG,
		               "the identity provider says that it is another issuer than the configured one");
	provider->issuer = json_get_text(said, "issuer");
	provider->authorize_url = json_get_text(said, "authorization_endpoint");
	provider->token_url = json_get_text(said, "token_endpoint");
	provider->keys_url = json_get_text(said, "jwks_uri");
	provider->person_url = json_get_text(said, "userinfo_endpoint");
	if (!may_be_asked(configured, provider->token_url) || !may_be_asked(configured, provider->keys_url) ||
	    !may_be_asked(configured, provider->person_url))
		return err_set(err, ERR_FAR_SIDE, "the identity provider names an address of this machine to be asked");
	if (provider->authorize_url.len == 0 || provider->token_url.len == 0 || provider->keys_url.len == 0)
		return err_set(err, ERR_FAR_SIDE, "the identity provider does not say where one signs in");
	return 0;
}

static bool takes_form(const struct json *said)
{
	JSON_EACH (json_get(said, "token_endpoint_auth_methods_supported"), method) {
		if (str_eq_c(json_text(method), "client_secret_post"))
			return true;
	}
	return false;
}

static void remember(struct access *a, struct str issuer, struct str text)
{
	pthread_mutex_lock(&a->lock);
	arena_reset(&a->described_arena);
	a->described_issuer = arena_str(&a->described_arena, issuer);
	a->described = arena_str(&a->described_arena, text);
	a->described_ms = clock_mono_ns() / 1000000;
	pthread_mutex_unlock(&a->lock);
}

static bool recall(struct access *a, struct arena *arena, struct str issuer, struct str *ret)
{
	bool fresh;

	pthread_mutex_lock(&a->lock);
	fresh = str_eq(a->described_issuer, issuer) && clock_mono_ns() / 1000000 - a->described_ms < KEPT_MS;
	if (fresh)
		*ret = arena_str(arena, a->described);
	pthread_mutex_unlock(&a->lock);
	return fresh && ret->len > 0;
}

int provider_discover(struct access *access, struct arena *arena, struct provider *provider, struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_CONFIG);
	const struct str issuer = provider->issuer;
	struct str kept = STR_EMPTY, url;
	struct json *said;

	if (recall(access, arena, issuer, &kept)) {
		if (json_parse(arena, kept, &said, err) < 0)
			return err_pass(err);
	} else {
		url = arena_printf(arena, "%.*s/.well-known/openid-configuration", STR_ARG(without_slash(issuer)));
		if (provider_get(access->engine, arena, url, STR_EMPTY, &said, err) < 0)
			return err_pass(err);
	}
	if (check_description(provider, said, err) < 0)
		return err_pass(err);
	provider->basic = !takes_form(said);
	json_write(&text, said);
	if (kept.len == 0 && buf_ok(&text))
		remember(access, issuer, buf_str(&text));
	return 0;
}

/* ---- a code for tokens ---- */

int provider_exchange(struct engine *engine, struct arena *arena, const struct provider *provider, struct str code,
                      struct str verifier, struct str redirect, struct json **ret_tokens, struct err *err)
{
	SCOPED(buf) struct buf form = BUF_INIT(LIMIT_HTTP_HEADERS);
	struct http_target target = { .attempts = 1, .timeout_ms = TIMEOUT_MS };
	struct oauth_request request = {
		.http = engine->http, .target = &target, .url = provider->token_url, .once = true
	};
	const bool secret = provider->client_secret.len > 0;

	if (origin_of(arena, provider->token_url, &target.base, err) < 0)
		return err_pass(err);
	oauth_form_add(&form, "grant_type", STR("authorization_code"));
	oauth_form_add(&form, "code", code);
	oauth_form_add(&form, "redirect_uri", redirect);
	oauth_form_add(&form, "code_verifier", verifier);
	if (secret && provider->basic) {
		request.basic_id = provider->client_id;
		request.basic_secret = provider->client_secret;
	} else {
		oauth_form_add(&form, "client_id", provider->client_id);
	}
	if (secret && !provider->basic)
		oauth_form_add(&form, "client_secret", provider->client_secret);
	request.form = buf_str(&form);
	return oauth_ask(&request, arena, ret_tokens, err);
}

/*
 * Signing in. "All API calls go to instance_url of the latest token, never to the login host": the first sign-in tells the
 * instance; should a later one name another, the org has been moved and the connection must be opened anew. Tokens themselves
 * are the business of net/oauth.
 */
#include "connectors/salesforce/sf.h"

#include "codec/url.h"
#include "connectors/settings.h"
#include "lib/limits.h"
#include "net/http_wall.h"

/* "keep it 1-3 minutes ahead; a much later value may be refused" */
static const unsigned assertion_s = 120;

static const struct grant {
	const char *name;
	enum oauth_grant grant;
	const char *needs[4]; /* settings, ends with NULL */
} grants[] = {
	{ "client_credentials", OAUTH_CLIENT_CREDENTIALS, { "client_id", "client_secret" } },
	{ "jwt", OAUTH_JWT_BEARER, { "client_id", "username", "private_key" } },
	{ "refresh_token", OAUTH_REFRESH_TOKEN, { "client_id", "refresh_token" } },
};

static int find_grant(const struct option *options, const struct json *settings, enum oauth_grant *ret, struct err *err)
{
	struct str auth = settings_text(options, settings, "auth");
	const struct grant *grant = NULL;

	for (size_t i = 0; i < ARRAY_LEN(grants); i++)
		if (str_eq_c(auth, grants[i].name))
			grant = &grants[i];
	if (!grant)
		return err_set(err, ERR_CONFIG, "setting 'auth' must be client_credentials, jwt or refresh_token");
	for (const char *const *need = grant->needs; *need; need++)
		if (settings_text(options, settings, *need).len == 0)
			return err_set(err, ERR_CONFIG, "setting '%s' is missing: auth %s needs it", *need,
			               grant->name);
	*ret = grant->grant;
	return 0;
}

/* ".../id/{org}/{user}" */
static void learn_identity(struct sf *sf, struct str identity)
{
	struct str rest = identity, step, org = STR_EMPTY, user = STR_EMPTY;

	while (str_split(&rest, '/', &step)) {
		org = user;
		user = step;
	}
	if (!sf_id_valid(org) || !sf_id_valid(user))
		return;
	sf->org_id = sf_id18(&sf->arena, org);
	sf->user_id = sf_id18(&sf->arena, user);
}

/* Whatever an answer to a sign-in says, records and tokens go to the host that was configured, or to one under a domain that was. */
static bool instance_allowed(const struct sf *sf, const struct url_parts *instance)
{
	struct url_parts login;

	if (!url_split(sf->login_url, &login))
		return false;
	if (str_eq_nocase(instance->host, login.host))
		return str_eq(instance->scheme, login.scheme);
	return str_eq_c(instance->scheme, "https") && http_wall_lists(sf->instance_hosts, instance->host);
}

static int learn_instance(struct sf *sf, struct str instance, struct err *err)
{
	struct url_parts parts;

	while (str_ends(instance, STR("/")))
		instance.len--;
	if (!url_split(instance, &parts) || parts.path.len || parts.query.len)
		return err_set(err, ERR_FAR_SIDE, "sign in: the answer names no instance");
	if (!instance_allowed(sf, &parts))
		return err_set(err, ERR_AUTH,
		               "sign in: the answer says that the org is at %.*s, which is not configured; if that is "
		               "right, add this host to the connection's setting 'instance_hosts'",
		               STR_ARG(parts.host.len > 200 ? STR("a very long address") : parts.host));
	if (sf->signed_in && !str_eq(sf->base.target.base, instance))
		return err_set(err, ERR_AUTH, "the org has moved to another instance: start again to use the new one");
	if (!sf->signed_in)
		sf->base.target.base = arena_str(&sf->arena, instance);
	return 0;
}

static int on_token(void *context, const struct json *answer, struct err *err)
{
	struct sf *sf = context;
	int code;

	must(pthread_mutex_lock(&sf->lock) == 0);
	code = learn_instance(sf, json_get_text(answer, "instance_url"), err);
	if (code == 0 && !sf->signed_in)
		learn_identity(sf, json_get_text(answer, "id"));
	sf->signed_in |= code == 0;
	must(pthread_mutex_unlock(&sf->lock) == 0);
	return code;
}

/* "a new one is returned and the old one dies at once" */
static int on_rotated(void *context, struct str refresh_token, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct connection *c = &((struct sf *)context)->base;
	struct json *settings = json_new(&arena, JSON_OBJECT);

	if (!c->keep_settings)
		return 0;
	json_set(settings, STR("refresh_token"), json_new_text(&arena, refresh_token));
	if (c->keep_settings(c->keep_context, settings, err) < 0)
		return err_wrap(err, "keep the new refresh token");
	return 0;
}

int sf_login_open(struct sf *sf, const struct option *options, const struct json *settings, struct err *err)
{
	struct str login_url, audience = settings_text(options, settings, "audience");
	struct oauth_options oauth = {
		.http = sf->http,
		.client_id = settings_text(options, settings, "client_id"),
		.client_secret = settings_text(options, settings, "client_secret"),
		.refresh_token = settings_text(options, settings, "refresh_token"),
		.subject = settings_text(options, settings, "username"),
		.private_key = settings_text(options, settings, "private_key"),
		.assertion_s = assertion_s,
		.like = &sf->base.target,
		.on_rotated = on_rotated,
		.on_token = on_token,
		.context = sf,
	};

	if (find_grant(options, settings, &oauth.grant, err) < 0 ||
	    settings_url(settings_text(options, settings, "login_url"), "login_url", &login_url, err) < 0)
		return err_pass(err);
	oauth.audience = audience.len ? audience : login_url;
	sf->login_url = arena_str(&sf->arena, login_url);
	oauth.token_url = arena_printf(&sf->arena, "%.*s/services/oauth2/token", STR_ARG(login_url));
	return oauth_open(&oauth, &sf->oauth, err);
}

int sf_authorize(void *context, bool refresh, struct buf *ret_header, struct err *err)
{
	const struct sf *sf = context;

	return oauth_authorize(sf->oauth, refresh, ret_header, err);
}

int sf_sign_in(struct sf *sf, struct err *err)
{
	SCOPED(buf) struct buf header = BUF_INIT(LIMIT_HTTP_HEADERS);

	return oauth_authorize(sf->oauth, false, &header, err);
}

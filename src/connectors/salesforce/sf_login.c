/*
 * Signing in. "All API calls go to instance_url of the latest token, never to the login host": the first sign-in tells the
 * instance; should a later one name another, the org has been moved and the connection must be opened anew.
 */
#include "connectors/salesforce/sf.h"

#include "codec/digest.h"
#include "codec/url.h"
#include "lib/clock.h"

static const size_t form_max = 32768;
/* "keep it 1-3 minutes ahead; a much later value may be refused" */
static const int64_t assertion_seconds = 120;

static int form_client_credentials(struct sf *sf, struct arena *arena UNUSED, struct buf *form, struct err *err UNUSED)
{
	token_form_add(form, "grant_type", STR("client_credentials"));
	token_form_add(form, "client_id", sf->client_id);
	token_form_add(form, "client_secret", sf->client_secret);
	return 0;
}

static int form_refresh_token(struct sf *sf, struct arena *arena UNUSED, struct buf *form, struct err *err UNUSED)
{
	token_form_add(form, "grant_type", STR("refresh_token"));
	token_form_add(form, "refresh_token", sf->refresh_token);
	token_form_add(form, "client_id", sf->client_id);
	if (sf->client_secret.len)
		token_form_add(form, "client_secret", sf->client_secret);
	return 0;
}

static void claims(struct sf *sf, struct buf *out)
{
	buf_add_c(out, "{\"iss\":");
	json_write_string(out, sf->client_id);
	buf_add_c(out, ",\"sub\":");
	json_write_string(out, sf->username);
	buf_add_c(out, ",\"aud\":");
	json_write_string(out, sf->audience);
	buf_printf(out, ",\"exp\":%lld}", (long long)(clock_wall_ms() / 1000 + assertion_seconds));
}

static int form_jwt(struct sf *sf, struct arena *arena, struct buf *form, struct err *err)
{
	SCOPED(buf) struct buf body = BUF_INIT(form_max);
	SCOPED(buf) struct buf signed_part = BUF_INIT(form_max);
	struct str signature;

	claims(sf, &body);
	digest_base64url(&signed_part, STR("{\"alg\":\"RS256\",\"typ\":\"JWT\"}"));
	buf_add_char(&signed_part, '.');
	digest_base64url(&signed_part, buf_str(&body));
	if (digest_rs256(arena, sf->private_key, buf_str(&signed_part), &signature, err) < 0)
		return err_wrap(err, "setting 'private_key'");
	buf_add_char(&signed_part, '.');
	digest_base64url(&signed_part, signature);
	token_form_add(form, "grant_type", STR("urn:ietf:params:oauth:grant-type:jwt-bearer"));
	token_form_add(form, "assertion", buf_str(&signed_part));
	return 0;
}

static const struct sf_grant grants[] = {
	{ "client_credentials", { "client_id", "client_secret" }, form_client_credentials },
	{ "jwt", { "client_id", "username", "private_key" }, form_jwt },
	{ "refresh_token", { "client_id", "refresh_token" }, form_refresh_token },
};

const struct sf_grant *sf_grant_find(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(grants); i++)
		if (str_eq_c(name, grants[i].name))
			return &grants[i];
	return NULL;
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
	sf->identity = arena_str(&sf->arena, identity);
	sf->org_id = sf_id18(&sf->arena, org);
	sf->user_id = sf_id18(&sf->arena, user);
}

static int learn_instance(struct sf *sf, struct str instance, struct err *err)
{
	struct url_parts parts;

	while (str_ends(instance, STR("/")))
		instance.len--;
	if (!url_split(instance, &parts) || parts.path.len || parts.query.len)
		return err_set(err, ERR_FAR_SIDE, "sign in: the answer names no instance");
	if (sf->signed_in && !str_eq(sf->base.target.base, instance))
		return err_set(err, ERR_AUTH, "the org has moved to another instance: start again to use the new one");
	if (!sf->signed_in)
		sf->base.target.base = arena_str(&sf->arena, instance);
	return 0;
}

static int learn(struct sf *sf, const struct json *answer, struct err *err)
{
	struct str rotated = json_get_text(answer, "refresh_token");

	if (learn_instance(sf, json_get_text(answer, "instance_url"), err) < 0)
		return err->code;
	if (!sf->signed_in)
		learn_identity(sf, json_get_text(answer, "id"));
	if (rotated.len && !str_eq(rotated, sf->refresh_token))
		sf->refresh_token = arena_str(&sf->arena, rotated);
	token_set(&sf->token, json_get_text(answer, "access_token"), 0);
	sf->signed_in = true;
	return 0;
}

int sf_renew(void *context, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf form = BUF_INIT(form_max);
	struct sf *sf = context;
	struct token_request request = { .http = sf->http,
		                         .target = &sf->login,
		                         .path = STR("/services/oauth2/token") };
	struct json *answer;

	if (sf->grant->form(sf, &arena, &form, err) < 0)
		return err->code;
	request.form = buf_str(&form);
	if (token_grant(&request, &arena, &answer, err) < 0)
		return err->code;
	return learn(sf, answer, err);
}

int sf_sign_in(struct sf *sf, struct err *err)
{
	SCOPED(buf) struct buf header = BUF_INIT(form_max);

	return token_authorize(&sf->token, false, &header, err);
}

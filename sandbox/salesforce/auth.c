/*
 * auth: sessions and the token endpoint. Each grant is a row of `grants`; identity.c holds what tells about a session.
 */
#include "sandbox/salesforce/auth_internal.h"

#include <stdio.h>

#include "codec/digest.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "sandbox/salesforce/errors.h"
#include "sandbox/salesforce/jwt.h"

#define CODE_LIFE_MS ((int64_t)15 * 60 * 1000)

/* ---- sessions ---- */

void org_id(const struct org *org, char ret[ID_LONG + 1])
{
	id_long(row_at(org_object(org, STR("Organization")), 0)->id, ret);
}

/* `prefix` and 60 random characters, kept as long as the org lives. */
static struct str random_token(struct auth *auth, struct str prefix)
{
	unsigned char bytes[45];
	SCOPED(buf) struct buf text = BUF_INIT(512);

	digest_random(bytes, sizeof(bytes));
	buf_add(&text, prefix);
	digest_base64url(&text, str_range((const char *)bytes, sizeof(bytes)));
	return arena_str(&auth->arena, buf_str(&text));
}

static struct session *session_new(struct org *org, uint32_t user, bool with_refresh)
{
	struct session *session = arena_new(&org->auth->arena, struct session);
	char id[ID_LONG + 1], prefix[ID_SHORT + 2];

	org_id(org, id);
	snprintf(prefix, sizeof(prefix), "%.15s!", id);
	*session = (struct session) {
		.token = random_token(org->auth, str_of(prefix)),
		.user = user,
		.alive = true,
		.life_ms = org->options->token_seconds * 1000,
		.idle_since_ms = clock_mono_ns() / 1000000,
		.issued_ms = clock_wall_ms(),
	};
	map_put(&org->auth->sessions, session->token, session);
	if (!with_refresh)
		return session;
	session->refresh = random_token(org->auth, STR("5Aep861"));
	map_put(&org->auth->refreshes, session->refresh, session);
	return session;
}

void auth_expire(struct session *session)
{
	session->alive = false;
}

void auth_expire_all(struct org *org)
{
	MAP_EACH (&org->auth->sessions, entry)
		auth_expire(entry->value);
}

struct session *auth_find(struct org *org, struct str token)
{
	struct session *session = map_get(&org->auth->sessions, token);
	int64_t now = clock_mono_ns() / 1000000;

	if (!session || !session->alive || now - session->idle_since_ms >= session->life_ms)
		return NULL;
	return session;
}

static struct str bearer_of(const struct request *request)
{
	struct str header = request_header(request, "Authorization");

	if (str_starts(header, STR("Bearer ")))
		return str_trim(str_skip(header, 7));
	if (str_starts(header, STR("OAuth ")))
		return str_trim(str_skip(header, 6));
	return request_query(request, "oauth_token");
}

struct session *auth_check(struct org *org, const struct request *request)
{
	struct session *session = auth_find(org, bearer_of(request));

	if (session)
		session->idle_since_ms = clock_mono_ns() / 1000000;
	return session;
}

/* ---- answers ---- */

static void write_pair(struct buf *out, const char *name, struct str value)
{
	buf_printf(out, ",\"%s\":", name);
	json_write_string(out, value);
}

static void write_signature(struct org *org, struct buf *out, struct str identity, const char *issued)
{
	SCOPED(buf) struct buf signature = BUF_INIT(128);
	struct str signed_text = arena_printf(&org->auth->arena, "%.*s%s", STR_ARG(identity), issued);
	struct digest mac = digest_hmac_sha256(str_of(org->options->client_secret), signed_text);

	digest_base64(&signature, str_range((const char *)mac.bytes, sizeof(mac.bytes)));
	write_pair(out, "signature", buf_str(&signature));
}

struct str auth_identity_url(struct org *org, uint32_t user, struct arena *arena)
{
	char org_text[ID_LONG + 1], user_text[ID_LONG + 1];

	org_id(org, org_text);
	id_long(row_at(org->user, user)->id, user_text);
	return arena_printf(arena, "%.*s/id/%s/%s", STR_ARG(auth_base(org)), org_text, user_text);
}

struct str auth_base(const struct org *org)
{
	return org->server ? server_url(org->server) : STR("https://org.my.salesforce.example");
}

/* A JWT grant's answer has neither issued_at nor signature (section 1.2). */
static void answer_token(struct org *org, const struct session *session, struct answer *answer, bool signed_answer,
                         bool show_refresh)
{
	struct buf *out = &answer->body;
	struct str identity = auth_identity_url(org, session->user, answer->arena);
	char issued[32];

	snprintf(issued, sizeof(issued), "%lld", (long long)session->issued_ms);
	buf_add_c(out, "{\"access_token\":");
	json_write_string(out, session->token);
	write_pair(out, "scope", signed_answer && show_refresh ? STR("api refresh_token id") : STR("api id"));
	write_pair(out, "instance_url", auth_base(org));
	write_pair(out, "id", identity);
	write_pair(out, "token_type", STR("Bearer"));
	if (signed_answer) {
		write_pair(out, "issued_at", str_of(issued));
		write_signature(org, out, identity, issued);
	}
	if (show_refresh && session->refresh.len > 0)
		write_pair(out, "refresh_token", session->refresh);
	buf_add_char(out, '}');
}

/* ---- the client ---- */

/* id and secret from the form or from HTTP Basic. */
static void client_of(const struct request *request, const struct pairs *form, struct str *ret_id,
                      struct str *ret_secret)
{
	struct str header = request_header(request, "Authorization"), both, id;

	*ret_id = pairs_get(form, "client_id");
	*ret_secret = pairs_get(form, "client_secret");
	if (!str_starts(header, STR("Basic ")) || !digest_unbase64(request->arena, str_skip(header, 6), &both))
		return;
	if (str_split(&both, ':', &id)) {
		*ret_id = id;
		*ret_secret = both;
	}
}

static bool check_client(const struct org *org, const struct request *request, const struct pairs *form,
                         bool secret_needed, struct answer *answer)
{
	struct str id, secret;

	client_of(request, form, &id, &secret);
	if (!str_eq_c(id, org->options->client_id)) {
		fail_oauth(answer, 400, "invalid_client_id", "client identifier invalid");
		return false;
	}
	if ((secret_needed || secret.len > 0) && !str_eq_c(secret, org->options->client_secret)) {
		fail_oauth(answer, 400, "invalid_client", "invalid client credentials");
		return false;
	}
	return true;
}

/* ---- grants ---- */

typedef void grant_fn(struct org *org, struct request *request, const struct pairs *form, struct answer *answer);

static void grant_client_credentials(struct org *org, struct request *request, const struct pairs *form,
                                     struct answer *answer)
{
	if (check_client(org, request, form, true, answer))
		answer_token(org, session_new(org, org->integration_user, false), answer, true, false);
}

static uint32_t user_named(const struct org *org, struct str username)
{
	uint32_t number;
	const struct field *field = object_field(org->user, STR("Username"));

	return rows_lookup(org->user, field, username, &number, 1) ? number : NO_ROW;
}

static bool audience_known(const struct org *org, struct str audience)
{
	if (str_ends(audience, STR("/")))
		audience.len--;
	return str_eq(audience, STR("https://login.salesforce.com")) ||
	       str_eq(audience, STR("https://test.salesforce.com")) || str_eq(audience, auth_base(org));
}

static void grant_jwt(struct org *org, struct request *request, const struct pairs *form, struct answer *answer)
{
	struct json *claims;
	uint32_t user;
	int64_t expires;

	if (!jwt_verify(request->arena, org->auth->public_key, pairs_get(form, "assertion"), &claims)) {
		fail_oauth(answer, 400, "invalid_grant", "invalid assertion");
		return;
	}
	/* The Salesforce CLI sends milliseconds here (section 11): a huge number of seconds, and so far in the future. */
	expires = json_int(json_get(claims, "exp"), 0);
	user = user_named(org, json_get_text(claims, "sub"));
	if (!str_eq_c(json_get_text(claims, "iss"), org->options->client_id))
		fail_oauth(answer, 400, "invalid_client_id", "client identifier invalid");
	else if (!audience_known(org, json_get_text(claims, "aud")))
		fail_oauth(answer, 400, "invalid_grant", "audience is invalid");
	else if (expires <= clock_wall_ms() / 1000)
		fail_oauth(answer, 400, "invalid_grant", "expired authorization code");
	else if (user == NO_ROW)
		fail_oauth(answer, 400, "invalid_grant", "user hasn't approved this consumer");
	else
		answer_token(org, session_new(org, user, false), answer, false, false);
}

static void grant_refresh(struct org *org, struct request *request, const struct pairs *form, struct answer *answer)
{
	struct session *old = map_get(&org->auth->refreshes, pairs_get(form, "refresh_token"));
	struct session *fresh;

	if (!check_client(org, request, form, false, answer))
		return;
	if (!old || old->refresh.len == 0) {
		fail_oauth(answer, 400, "invalid_grant", "expired access/refresh token");
		return;
	}
	fresh = session_new(org, old->user, org->options->rotate_refresh);
	if (org->options->rotate_refresh)
		old->refresh = STR_EMPTY; /* the old one dies at once (section 1.5) */
	answer_token(org, fresh, answer, true, org->options->rotate_refresh);
}

static bool verifier_fits(const struct code *code, const struct request *request, struct str verifier)
{
	SCOPED(buf) struct buf challenge = BUF_INIT(128);
	struct digest hash = digest_sha256(verifier);

	(void)request;
	digest_base64url(&challenge, str_range((const char *)hash.bytes, sizeof(hash.bytes)));
	return str_eq(buf_str(&challenge), code->challenge);
}

static void grant_code(struct org *org, struct request *request, const struct pairs *form, struct answer *answer)
{
	struct code *code = map_get(&org->auth->codes, pairs_get(form, "code"));
	struct str verifier = pairs_get(form, "code_verifier");

	if (!check_client(org, request, form, false, answer))
		return;
	if (!code || code->used || clock_wall_ms() - code->issued_ms > CODE_LIFE_MS) {
		fail_oauth(answer, 400, "invalid_grant", "expired authorization code");
		return;
	}
	code->used = true;
	if (!str_eq(code->redirect, pairs_get(form, "redirect_uri")))
		fail_oauth(answer, 400, "redirect_uri_mismatch", "redirect_uri must match configuration");
	else if (code->challenge.len > 0 && verifier.len == 0)
		fail_oauth(answer, 400, "invalid_grant", "code verifier required");
	else if (code->challenge.len > 0 && !verifier_fits(code, request, verifier))
		fail_oauth(answer, 400, "invalid_request", "invalid code verifier");
	else
		answer_token(org, session_new(org, org->integration_user, true), answer, true, true);
}

static void grant_password(struct org *org, struct request *request, const struct pairs *form, struct answer *answer)
{
	(void)org;
	(void)request;
	(void)form;
	fail_oauth(answer, 400, "invalid_grant", "authentication failure"); /* blocked in newer orgs (section 1.1) */
}

static const struct {
	const char *type;
	grant_fn *run;
} grants[] = {
	{ "urn:ietf:params:oauth:grant-type:jwt-bearer", grant_jwt },
	{ "client_credentials", grant_client_credentials },
	{ "refresh_token", grant_refresh },
	{ "authorization_code", grant_code },
	{ "password", grant_password },
};

void oauth_token(void *state, struct request *request, struct answer *answer)
{
	struct pairs form = request_form(request->arena, request->body);
	struct str type = pairs_get(&form, "grant_type");

	for (size_t i = 0; i < ARRAY_LEN(grants); i++) {
		if (str_eq_c(type, grants[i].type)) {
			grants[i].run(state, request, &form, answer);
			return;
		}
	}
	fail_oauth(answer, 400, "unsupported_grant_type", "grant type not supported");
}

/* The browser's step: the person always says yes. */
void oauth_authorize(void *state, struct request *request, struct answer *answer)
{
	struct org *org = state;
	struct auth *auth = org->auth;
	struct str redirect = request_query(request, "redirect_uri");
	struct code *code = arena_new(&auth->arena, struct code);
	struct str text = random_token(auth, STR("aPrx"));

	if (!str_eq_c(request_query(request, "client_id"), org->options->client_id) || redirect.len == 0) {
		fail_oauth(answer, 400, "invalid_client_id", "client identifier invalid");
		return;
	}
	*code = (struct code) {
		.redirect = arena_str(&auth->arena, redirect),
		.challenge = arena_str(&auth->arena, request_query(request, "code_challenge")),
		.issued_ms = clock_wall_ms(),
	};
	map_put(&auth->codes, text, code);
	answer->status = 302;
	answer_header(answer, "Location",
	              arena_printf(answer->arena, "%.*s%scode=%.*s&state=%.*s", STR_ARG(redirect),
	                           str_find_char(redirect, '?') >= 0 ? "&" : "?", STR_ARG(text),
	                           STR_ARG(request_query(request, "state"))));
}

/* ---- life ---- */

static int read_key_file(struct auth *auth, const char *path, struct err *err)
{
	if (file_read(&auth->arena, path, 65536, &auth->public_key, err) < 0)
		return err_pass(err);
	if (!jwt_key_usable(auth->public_key))
		return err_set(err, ERR_KEY, "%s holds neither a PEM public key nor a certificate", path);
	return 0;
}

int auth_open(struct org *org, struct err *err)
{
	struct auth *auth = arena_new(&org->arena, struct auth);

	auth->sessions = (struct map)MAP_INIT(&auth->arena);
	auth->refreshes = (struct map)MAP_INIT(&auth->arena);
	auth->codes = (struct map)MAP_INIT(&auth->arena);
	org->auth = auth;
	return org->options->public_key ? read_key_file(auth, org->options->public_key, err) : 0;
}

void auth_close(struct org *org)
{
	if (org->auth)
		arena_release(&org->auth->arena);
}

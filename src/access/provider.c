/*
 * provider: the two ends of a sign-in elsewhere. What has to be known when somebody comes back (state, nonce, verifier, until when) goes with him in a cookie, sealed with the
 * house's key, which no page can read and nobody can make.
 */
#include "access/provider.h"

#include <string.h>

#include "access/provider_parts.h"
#include "access/session.h"
#include "codec/jws.h"
#include "codec/url.h"
#include "lib/clock.h"
#include "lib/limits.h"
#include "sync/audit.h"
#include "sync/journal.h"

enum { RANDOM_BYTES = 32, AWAY_MS = 10 * 60 * 1000, NAMES_TRIED = 50 };
static const char BOX[] = "access.provider";

/* ---- the cookie ---- */

/* SameSite=Lax, since the provider's page is what leads back; it opens nothing by itself. */
const char *provider_cookie_name(const struct access *access)
{
	return access->options.secure ? "__Host-suture-provider" : "suture-provider";
}

static struct str cookie_line(const struct access *access, struct arena *arena, struct str value, int64_t age_s)
{
	return arena_printf(arena, "%s=%.*s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%lld%s",
	                    provider_cookie_name(access), STR_ARG(value), (long long)age_s,
	                    access->options.secure ? "; Secure" : "");
}

struct str provider_cookie_end(const struct access *access, struct arena *arena)
{
	return cookie_line(access, arena, STR_EMPTY, 0);
}

static struct str base64url(struct arena *arena, struct str bytes)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_HTTP_HEADERS);

	digest_base64url(&text, bytes);
	return arena_str(arena, buf_str(&text));
}

static struct str random_word(struct arena *arena)
{
	unsigned char bytes[RANDOM_BYTES];

	digest_random(bytes, sizeof(bytes));
	return base64url(arena, str_range((const char *)bytes, sizeof(bytes)));
}

static struct str seal(const struct access *a, struct arena *arena, const struct json *kept)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_HTTP_HEADERS);

	json_write(&text, kept);
	return base64url(arena, box_seal(a->engine->keys, arena, BOX, buf_str(&text)));
}

/* NULL: not ours, changed, or too old. */
static const struct json *unseal(const struct access *a, struct arena *arena, struct str value)
{
	struct err ignored = ERR_INIT;
	struct str sealed, text;
	struct json *kept;

	if (value.len == 0 || !digest_unbase64(arena, value, &sealed) ||
	    box_open(a->engine->keys, arena, BOX, sealed, &text, &ignored) < 0 ||
	    json_parse(arena, text, &kept, &ignored) < 0)
		return NULL;
	return json_int(json_get(kept, "until"), 0) > clock_wall_ms() ? kept : NULL;
}

/* ---- away ---- */

int provider_name(struct access *access, struct arena *arena, struct str *ret, struct err *err)
{
	struct provider provider;
	bool there;

	*ret = STR_EMPTY;
	if (provider_read(access->engine, arena, &provider, &there, err) < 0)
		return err_pass(err);
	if (there)
		*ret = json_get_text(provider.settings, "name");
	if (there && ret->len == 0)
		*ret = STR("the identity provider");
	return 0;
}

static struct str authorize_location(struct arena *arena, const struct provider *provider, const struct json *kept,
                                     struct str redirect)
{
	SCOPED(buf) struct buf url = BUF_INIT(LIMIT_HTTP_HEADERS);
	struct digest challenge = digest_sha256(json_get_text(kept, "verifier"));
	struct str scopes = json_get_text(provider->settings, "scopes");
	const struct {
		const char *name;
		struct str value;
	} rows[] = {
		{ "response_type", STR("code") },
		{ "client_id", provider->client_id },
		{ "redirect_uri", redirect },
		{ "scope", scopes.len ? scopes : STR("openid profile email") },
		{ "state", json_get_text(kept, "state") },
		{ "nonce", json_get_text(kept, "nonce") },
		{ "code_challenge",
		  base64url(arena, str_range((const char *)challenge.bytes, sizeof(challenge.bytes))) },
		{ "code_challenge_method", STR("S256") },
	};

	buf_add(&url, provider->authorize_url);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		url_add_query(&url, rows[i].name, rows[i].value);
	return arena_str(arena, buf_str(&url));
}

int provider_start(struct access *access, struct arena *arena, struct str redirect, struct str *ret_location,
                   struct str *ret_cookie, struct err *err)
{
	struct json *kept = json_new(arena, JSON_OBJECT);
	struct provider provider;
	bool there;

	if (provider_read(access->engine, arena, &provider, &there, err) < 0)
		return err_pass(err);
	if (!there)
		return err_set(err, ERR_NOT_FOUND, "no identity provider is configured");
	if (provider_discover(access, arena, &provider, err) < 0)
		return err_pass(err);
	json_set(kept, STR("state"), json_new_text(arena, random_word(arena)));
	json_set(kept, STR("nonce"), json_new_text(arena, random_word(arena)));
	json_set(kept, STR("verifier"), json_new_text(arena, random_word(arena)));
	json_set(kept, STR("until"), json_new_int(arena, clock_wall_ms() + AWAY_MS));
	*ret_location = authorize_location(arena, &provider, kept, redirect);
	*ret_cookie = cookie_line(access, arena, seal(access, arena, kept), AWAY_MS / 1000);
	return 0;
}

/* ---- and back ---- */

static int read_claims(struct access *a, struct arena *arena, const struct provider *provider,
                       const struct json *tokens, struct str nonce, struct json **ret, struct err *err)
{
	struct str token = json_get_text(tokens, "id_token");
	struct json *keys, *person;

	if (provider_get(a->engine, arena, provider->keys_url, STR_EMPTY, &keys, err) < 0 ||
	    jws_open(arena, token, keys, ret, err) < 0 || claims_check(*ret, provider, nonce, clock_wall_ms(), err) < 0)
		return err_pass(err);
	if (provider->person_url.len == 0 || !claims_lack(*ret, provider->settings))
		return 0;
	if (provider_get(a->engine, arena, provider->person_url, json_get_text(tokens, "access_token"), &person, err) <
	    0)
		return err_pass(err);
	if (!str_eq(json_get_text(person, "sub"), json_get_text(*ret, "sub")))
		return err_set(err, ERR_REFUSED, "the identity provider describes another person");
	JSON_EACH (person, claim) {
		struct json *copy;

		if (json_get_str(*ret, claim->key))
			continue; /* what is signed counts */
		copy = json_copy(arena, claim);
		copy->next = NULL;
		json_set(*ret, claim->key, copy);
	}
	return 0;
}

struct seeking {
	struct arena *arena;
	struct str subject;
	struct account account;
	bool found;
};

static int seek(struct db *db, void *context, struct err *err)
{
	struct seeking *s = context;

	return account_read_subject(db, s->arena, s->subject, &s->account, &s->found, err);
}

/* A name that somebody has already gets a number: whoever has a password here stays who he is. */
static int make_account(struct engine *as, struct arena *arena, const struct json *claims, struct str subject,
                        enum role role, struct account *ret, struct err *err)
{
	struct str wanted = claims_name(arena, claims), no_code;
	struct account_new fresh = { .display = claims_display(claims), .role = role, .subject = subject };

	for (int number = 1; number <= NAMES_TRIED; number++) {
		struct err taken = ERR_INIT;

		fresh.name = number == 1 ? wanted : arena_printf(arena, "%.*s-%d", STR_ARG(wanted), number);
		if (account_add(as, arena, &fresh, ret, &no_code, &taken) == 0)
			return 0;
		if (taken.code != ERR_CONFLICT) {
			*err = taken;
			return err_pass(err);
		}
	}
	return err_set(err, ERR_CONFLICT, "too many accounts have this name");
}

/* The provider's rules decide the role each time; who is the last administrator here stays one until there is another. */
static int follow_role(struct engine *as, struct arena *arena, enum role role, struct account *account, struct err *err)
{
	const struct account_change change = { .role = &role };
	struct err kept = ERR_INIT;

	if (account->role == role || account_change(as, arena, account->id, &change, account, &kept) == 0 ||
	    kept.code == ERR_CONFLICT)
		return 0;
	*err = kept;
	return err_pass(err);
}

static int find_account(struct access *a, struct arena *arena, const struct provider *provider,
                        const struct json *claims, enum role role, struct account *ret, struct err *err)
{
	struct engine as = {
		.store = a->engine->store, .keys = a->engine->keys, .dir = a->engine->dir, .who = "provider"
	};
	struct seeking seeking = { .arena = arena };

	seeking.subject =
	        arena_printf(arena, "%.*s %.*s", STR_ARG(provider->issuer), STR_ARG(json_get_text(claims, "sub")));
	if (store_read(a->engine->store, seek, &seeking, err) < 0)
		return err_pass(err);
	if (!seeking.found)
		return make_account(&as, arena, claims, seeking.subject, role, ret, err);
	*ret = seeking.account;
	return ret->state == ACCOUNT_DISABLED ? 0 : follow_role(&as, arena, role, ret, err);
}

/* What an administrator needs to mend it; no name, no claim. */
static int note_refusal(struct access *a, struct arena *arena, struct str peer, const char *why,
                        const struct err *cause)
{
	const struct audit_entry entry = { .who = arena_printf(arena, "web:%.*s", STR_ARG(peer)),
		                           .action = STR("sign-in failed"),
		                           .subject = STR("at the identity provider"),
		                           .why = str_of(why) };
	struct err ignored = ERR_INIT;

	if (cause)
		journal_note(a->engine, &(struct journal_entry) { .level = LEVEL_ERROR,
		                                                  .code = STR("identity_provider"),
		                                                  .text = str_of(cause->text) });
	return access_note(a, &entry, &ignored);
}

struct coming_back {
	struct access *access;
	struct arena *arena;
	const struct provider_answer *answer;
	const char *why;
};

static int refuse(struct coming_back *back, const char *why, const char *text, struct err *err)
{
	back->why = why;
	return err_set(err, ERR_AUTH, "%s", text);
}

static int believe(struct coming_back *back, struct provider *provider, struct json **ret_claims, struct err *err)
{
	const struct provider_answer *answer = back->answer;
	const struct json *kept = unseal(back->access, back->arena, answer->kept);
	struct json *tokens;

	if (!kept || !digest_equal(json_get_text(kept, "state"), answer->state))
		return refuse(back, "expired", "the sign-in took too long, or began in another browser", err);
	if (answer->error.len || answer->code.len == 0)
		return refuse(back, "provider", "the identity provider did not let this person in", err);
	if (provider_discover(back->access, back->arena, provider, err) < 0 ||
	    provider_exchange(back->access->engine, back->arena, provider, answer->code,
	                      json_get_text(kept, "verifier"), answer->redirect, &tokens, err) < 0)
		return err_pass(err);
	return read_claims(back->access, back->arena, provider, tokens, json_get_text(kept, "nonce"), ret_claims, err);
}

static int come_back(struct coming_back *back, struct account *ret, struct err *err)
{
	struct provider provider;
	struct json *claims;
	enum role role;
	bool there;

	if (provider_read(back->access->engine, back->arena, &provider, &there, err) < 0)
		return err_pass(err);
	if (!there)
		return err_set(err, ERR_NOT_FOUND, "no identity provider is configured");
	if (believe(back, &provider, &claims, err) < 0)
		return err_pass(err);
	if (!claims_role(claims, provider.settings, &role))
		return refuse(back, "unknown", "no rule lets this person in", err);
	if (find_account(back->access, back->arena, &provider, claims, role, ret, err) < 0)
		return err_pass(err);
	if (ret->state == ACCOUNT_DISABLED)
		return refuse(back, "disabled", "the account is disabled", err);
	return 0;
}

int provider_finish(struct access *access, struct arena *arena, const struct provider_answer *answer,
                    const struct sign_in *asked, struct signed_in *ret, const char **ret_why, struct err *err)
{
	struct coming_back back = { .access = access, .arena = arena, .answer = answer, .why = "provider" };
	struct opening opening = { .arena = arena, .asked = asked, .how = "at the identity provider" };
	const struct attempt attempt = { .peer = asked->peer };

	*ret = (struct signed_in) { 0 };
	*ret_why = "wait";
	if (access_take_attempt(access, arena, &attempt, &ret->wait_ms, err) < 0)
		return err_pass(err);
	*ret_why = NULL;
	if (come_back(&back, &opening.account, err) < 0) {
		*ret_why = back.why;
		(void)!note_refusal(access, arena, asked->peer, back.why, err->code == ERR_AUTH ? NULL : err);
		return err_pass(err);
	}
	return access_start_session(access, &opening, ret, err);
}

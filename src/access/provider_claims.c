/* provider_claims: what an id token has to say before it is believed (OpenID Connect Core 1.0, 3.1.3.7), and the rules that make a role of it. */
#include <string.h>

#include "access/provider_parts.h"

enum { SKEW_S = 120, NAME_MOST = 60 };

static bool is_or_holds(const struct json *claim, struct str wanted)
{
	if (claim && claim->kind == JSON_STRING)
		return str_eq(claim->text, wanted);
	if (!claim || claim->kind != JSON_ARRAY)
		return false;
	JSON_EACH (claim, item) {
		if (item->kind == JSON_STRING && str_eq(item->text, wanted))
			return true;
	}
	return false;
}

static bool is_for_us(const struct json *claims, struct str client_id)
{
	const struct json *audience = json_get(claims, "aud"), *party = json_get(claims, "azp");

	if (!is_or_holds(audience, client_id))
		return false;
	if (audience->kind == JSON_ARRAY && audience->count > 1 && !party)
		return false;
	return !party || str_eq(json_text(party), client_id);
}

/* Clocks differ by minutes, not more. Some providers write whole numbers with a fraction. */
static bool time_of(const struct json *claims, const char *name, double *ret)
{
	const struct json *claim = json_get(claims, name);

	return claim && claim->kind == JSON_NUMBER && str_to_double(claim->text, ret);
}

static bool is_now(const struct json *claims, int64_t now_ms)
{
	const double now = (double)now_ms / 1000;
	double at;

	if (!time_of(claims, "exp", &at) || at + SKEW_S <= now)
		return false;
	if (!time_of(claims, "iat", &at) || at - SKEW_S > now)
		return false;
	return !time_of(claims, "nbf", &at) || at - SKEW_S <= now;
}

int claims_check(const struct json *claims, const struct provider *provider, struct str nonce, int64_t now_ms,
                 struct err *err)
{
	struct str subject = json_get_text(claims, "sub");

	if (!str_eq(json_get_text(claims, "iss"), provider->issuer))
		return err_set(err, ERR_REFUSED, "the id token is from another issuer");
	if (!is_for_us(claims, provider->client_id))
		return err_set(err, ERR_REFUSED, "the id token is for another client");
	if (!is_now(claims, now_ms))
		return err_set(err, ERR_REFUSED,
		               "the id token has ended or is not yet good: compare this machine's clock");
	if (nonce.len == 0 || !str_eq(json_get_text(claims, "nonce"), nonce))
		return err_set(err, ERR_REFUSED, "the id token belongs to another sign-in");
	/* A NUL would end it where it becomes part of a longer text: somebody else's name. */
	if (subject.len == 0 || subject.len > 255 || str_find_char(subject, '\0') >= 0)
		return err_set(err, ERR_REFUSED, "the id token names nobody");
	return 0;
}

bool claims_lack(const struct json *claims, const struct json *settings)
{
	if (!json_get(claims, "email") || !json_get(claims, "name"))
		return true;
	JSON_EACH (json_get(settings, "roles"), row) {
		if (!json_get_str(claims, json_get_text(row, "claim")))
			return true;
	}
	return false;
}

/* The part behind the last "@", where the provider has made sure that it is theirs. */
static struct str sure_domain(const struct json *claims)
{
	struct str email = json_get_text(claims, "email");
	const struct json *sure = json_get(claims, "email_verified");
	const char *at = email.len ? memrchr(email.at, '@', email.len) : NULL;

	if (!at || !(json_bool(sure, false) || str_eq_c(json_text(sure), "true")))
		return STR_EMPTY;
	return str_skip(email, (size_t)(at - email.at) + 1);
}

static bool domain_fits(const struct json *claims, const struct json *settings)
{
	const struct json *domains = json_get(settings, "domains");
	struct str domain = sure_domain(claims);

	if (!domains || domains->count == 0)
		return true;
	JSON_EACH (domains, allowed) {
		if (domain.len && str_eq_nocase(json_text(allowed), domain))
			return true;
	}
	return false;
}

/* An e-mail address that nobody has looked at is no reason for a role. */
static bool row_fits(const struct json *claims, const struct json *row)
{
	struct str claim = json_get_text(row, "claim");

	if (str_eq_c(claim, "email") && sure_domain(claims).len == 0)
		return false;
	return is_or_holds(json_get_str(claims, claim), json_get_text(row, "value"));
}

bool claims_role(const struct json *claims, const struct json *settings, enum role *ret)
{
	if (!domain_fits(claims, settings))
		return false;
	JSON_EACH (json_get(settings, "roles"), row) {
		if (row_fits(claims, row))
			return role_of_name(json_get_text(row, "role"), ret);
	}
	return role_of_name(json_get_text(settings, "default_role"), ret);
}

static struct str first_of(const struct json *claims, const char *const *names)
{
	for (; *names; names++) {
		struct str text = str_trim(json_get_text(claims, *names));

		if (text.len)
			return text;
	}
	return STR_EMPTY;
}

struct str claims_name(struct arena *arena, const struct json *claims)
{
	static const char *const names[] = { "preferred_username", "email", "sub", NULL };
	struct str from = first_of(claims, names);
	char *name = arena_alloc_bytes(arena, NAME_MOST + 1);
	struct err ignored = ERR_INIT;
	struct str spelled;
	size_t len = 0;

	for (size_t i = 0; i < from.len && len < NAME_MOST; i++) {
		if (account_name(arena, str_range(from.at + i, 1), &spelled, &ignored) == 0)
			name[len++] = spelled.at[0];
	}
	return len ? str_range(name, len) : STR("someone");
}

struct str claims_display(const struct json *claims)
{
	static const char *const names[] = { "name", "preferred_username", "email", NULL };
	struct str found = first_of(claims, names);

	return str_range(found.at, MIN_OF(found.len, (size_t)200));
}

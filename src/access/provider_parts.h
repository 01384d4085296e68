/* provider_parts: what the files of the identity provider share. Private to this folder. */
#ifndef SUTURE_ACCESS_PROVIDER_PARTS_H
#define SUTURE_ACCESS_PROVIDER_PARTS_H

#include "access/parts.h"
#include "access/provider.h"
#include "codec/json.h"

/* The configuration, and what the provider says of itself. */
struct provider {
	const struct json *settings;
	struct str issuer, client_id, client_secret;
	struct str authorize_url, token_url, keys_url, person_url; /* person_url may be empty */
	bool basic;                                                /* takes id and secret as HTTP Basic */
};

/* *ret_there: false where none is configured, or it is switched off. Asks nobody. */
int provider_read(struct engine *engine, struct arena *arena, struct provider *ret, bool *ret_there,
                  struct err *err) MUST_CHECK;

/* ---- provider_ask.c: what is asked over HTTP ---- */

/* Fills the addresses. What was read within ten minutes is taken again. */
int provider_discover(struct access *access, struct arena *arena, struct provider *provider,
                      struct err *err) MUST_CHECK;
int provider_get(struct engine *engine, struct arena *arena, struct str url, struct str bearer, struct json **ret,
                 struct err *err) MUST_CHECK;
int provider_exchange(struct engine *engine, struct arena *arena, const struct provider *provider, struct str code,
                      struct str verifier, struct str redirect, struct json **ret_tokens, struct err *err) MUST_CHECK;

/* ---- provider_claims.c: who it is, and what he may. Pure, but for the keys ---- */

/* Signature aside: from this issuer, for us, now, for this nonce. ERR_REFUSED says which does not fit. */
int claims_check(const struct json *claims, const struct provider *provider, struct str nonce, int64_t now_ms,
                 struct err *err) MUST_CHECK;
/* Is there a claim that the rules ask for and the claims do not have? */
bool claims_lack(const struct json *claims, const struct json *settings);
/* False: the rules let nobody like this in. */
bool claims_role(const struct json *claims, const struct json *settings, enum role *ret);
/* A name for signing in and one for people, from what the claims have. */
struct str claims_name(struct arena *arena, const struct json *claims);
struct str claims_display(const struct json *claims);

#endif

/*
 * provider: signing in at an identity provider (OpenID Connect Core 1.0: authorization code with PKCE; RFC 6749, 7636), for staff who have an account at Salesforce or at
 * their company already. Configured by `identity_provider:` (docs/CONFIGURATION.md).
 *
 *	provider_start    -> the provider's page; a sealed cookie keeps state, nonce and verifier: nothing is kept here for people who never come back
 *	(the provider)    -> back with a code
 *	provider_finish   -> code for tokens, the id token's signature and claims, the role, the account, a session
 *
 * An account of the provider is known by issuer and subject, never by name or e-mail: who has a password here cannot be taken over by an equal e-mail there. Whom the rules
 * let in gets an account when he comes first, and his role from the rules each time.
 */
#ifndef SUTURE_ACCESS_PROVIDER_H
#define SUTURE_ACCESS_PROVIDER_H

#include "access/access.h"

/* What the button says; empty: there is no provider. */
int provider_name(struct access *access, struct arena *arena, struct str *ret, struct err *err) MUST_CHECK;
/* `redirect`: where the provider sends people back. *ret_cookie is the line of Set-Cookie. */
int provider_start(struct access *access, struct arena *arena, struct str redirect, struct str *ret_location,
                   struct str *ret_cookie, struct err *err) MUST_CHECK;

struct provider_answer {
	struct str code, state, error; /* of the query */
	struct str kept;               /* the cookie's value */
	struct str redirect;           /* as it was given to provider_start */
};
/* ERR_AUTH: refused, and *ret_why is a word for the page: "expired", "provider", "unknown", "disabled", "wait" (ERR_RATE). Other errors: "provider". The audit trail and the log know more. */
int provider_finish(struct access *access, struct arena *arena, const struct provider_answer *answer,
                    const struct sign_in *asked, struct signed_in *ret, const char **ret_why,
                    struct err *err) MUST_CHECK;
/* "__Host-suture-provider" or "suture-provider". */
const char *provider_cookie_name(const struct access *access);
/* The line that takes it away. */
struct str provider_cookie_end(const struct access *access, struct arena *arena);

#endif

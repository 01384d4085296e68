/* auth_internal: what auth.c and identity.c share. */
#ifndef SUTURE_SANDBOX_SALESFORCE_AUTH_INTERNAL_H
#define SUTURE_SANDBOX_SALESFORCE_AUTH_INTERNAL_H

#include "sandbox/salesforce/auth.h"

/* An authorization code on its way through a browser. */
struct code {
	struct str redirect;
	struct str challenge;
	int64_t issued_ms;
	bool used;
};

struct auth {
	struct arena arena;   /* sessions, tokens, codes */
	struct map sessions;  /* by access token */
	struct map refreshes; /* by refresh token */
	struct map codes;
	struct str public_key; /* PEM; empty: no JWT is accepted */
};

struct session *auth_find(struct org *org, struct str token);
struct str auth_base(const struct org *org);
struct str auth_identity_url(struct org *org, uint32_t user, struct arena *arena);

#endif

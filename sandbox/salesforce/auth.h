/*
 * auth: who may call. Grants: JWT bearer (RS256, signature verified), client credentials, authorization code with PKCE, refresh.
 * An access token dies when it was not used for --token-seconds, when revoked, or by an `expire` fault.
 */
#ifndef SUTURE_SANDBOX_SALESFORCE_AUTH_H
#define SUTURE_SANDBOX_SALESFORCE_AUTH_H

#include "sandbox/salesforce/org.h"

struct session {
	struct str token;
	uint32_t user;
	bool alive;
	int64_t life_ms; /* idle time it survives */
	int64_t idle_since_ms;
	int64_t issued_ms;
	struct str refresh; /* empty: none */
};

int auth_open(struct org *org, struct err *err) MUST_CHECK;
void auth_close(struct org *org);
/* The session of "Authorization: Bearer .." or ?oauth_token=, its life renewed; NULL: none, expired, revoked. */
struct session *auth_check(struct org *org, const struct request *request);
void auth_expire(struct session *session);
void auth_expire_all(struct org *org);
/* "00D...": 18 characters. */
void org_id(const struct org *org, char ret[ID_LONG + 1]);

answer_fn oauth_token, oauth_authorize, oauth_revoke, oauth_introspect, oauth_userinfo, oauth_identity, oauth_discovery;

#endif

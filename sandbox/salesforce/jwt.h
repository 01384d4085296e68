/* jwt: assertions signed with RS256. */
#ifndef SUTURE_SANDBOX_SALESFORCE_JWT_H
#define SUTURE_SANDBOX_SALESFORCE_JWT_H

#include "codec/json.h"

/* `pem`: a public key or an X.509 certificate. True: the signature holds, *ret_claims is the second part. */
bool jwt_verify(struct arena *arena, struct str pem, struct str assertion, struct json **ret_claims);
bool jwt_key_usable(struct str pem);

#endif

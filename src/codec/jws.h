/*
 * jws: signed tokens of others (RFC 7515, 7517, 7518): RS256 and ES256 and nothing else; "none" and HMAC are no signatures here. Over OpenSSL 3.
 */
#ifndef SUTURE_CODEC_JWS_H
#define SUTURE_CODEC_JWS_H

#include "codec/json.h"

/*
 * The claims of a compact token whose signature fits a key of the set ({"keys":[...]}): the key of its `kid`, or, without one, any of its kind.
 * ERR_PARSE: no such token. ERR_NOT_FOUND: the set has no key for it (it may have been replaced: read the set again). ERR_REFUSED: the signature does not fit.
 * Who it is from and for whom, and whether it is still good, is for the caller to judge.
 */
int jws_open(struct arena *arena, struct str token, const struct json *keys, struct json **ret_claims,
             struct err *err) MUST_CHECK;

#endif

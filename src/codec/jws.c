/*
 * jws: header, claims and signature apart; the key of the set made an OpenSSL key; the signature checked over the bytes as they came.
 */
#include "codec/jws.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

#include "codec/digest.h"
#include "lib/limits.h"

enum { RSA_LEAST_BITS = 2048, P256_BYTES = 32 };

static void key_scoped_release(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static void context_scoped_release(EVP_PKEY_CTX **context)
{
	EVP_PKEY_CTX_free(*context);
}

static void digesting_scoped_release(EVP_MD_CTX **context)
{
	EVP_MD_CTX_free(*context);
}

static void builder_scoped_release(OSSL_PARAM_BLD **builder)
{
	OSSL_PARAM_BLD_free(*builder);
}

static void params_scoped_release(OSSL_PARAM **params)
{
	OSSL_PARAM_free(*params);
}

static void number_scoped_release(BIGNUM **number)
{
	BN_free(*number);
}

static void ecdsa_scoped_release(ECDSA_SIG **signature)
{
	ECDSA_SIG_free(*signature);
}

static bool member_bytes(struct arena *arena, const struct json *object, const char *name, struct str *ret)
{
	struct str text = json_get_text(object, name);

	return text.len > 0 && digest_unbase64(arena, text, ret) && ret->len > 0;
}

static BIGNUM *number_of(struct str bytes)
{
	return bytes.len <= 1024 ? BN_bin2bn((const unsigned char *)bytes.at, (int)bytes.len, NULL) : NULL;
}

static EVP_PKEY *key_of(const char *kind, OSSL_PARAM_BLD *builder)
{
	SCOPED(params) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
	SCOPED(context) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
	EVP_PKEY *key = NULL;

	if (!params || !context || EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return NULL;
	return key;
}

static EVP_PKEY *rsa_key(struct arena *arena, const struct json *jwk)
{
	SCOPED(builder) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	SCOPED(number) BIGNUM *n = NULL;
	SCOPED(number) BIGNUM *e = NULL;
	struct str modulus, exponent;

	if (!builder || !member_bytes(arena, jwk, "n", &modulus) || !member_bytes(arena, jwk, "e", &exponent))
		return NULL;
	n = number_of(modulus);
	e = number_of(exponent);
	if (!n || !e || BN_num_bits(n) < RSA_LEAST_BITS || !OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) ||
	    !OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e))
		return NULL;
	return key_of("RSA", builder);
}

/* A point is written as 4, x, y. */
static EVP_PKEY *p256_key(struct arena *arena, const struct json *jwk)
{
	SCOPED(builder) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	unsigned char point[1 + 2 * P256_BYTES] = { 4 };
	struct str x, y;

	if (!builder || !str_eq_c(json_get_text(jwk, "crv"), "P-256") || !member_bytes(arena, jwk, "x", &x) ||
	    !member_bytes(arena, jwk, "y", &y) || x.len != P256_BYTES || y.len != P256_BYTES)
		return NULL;
	memcpy(point + 1, x.at, P256_BYTES);
	memcpy(point + 1 + P256_BYTES, y.at, P256_BYTES);
	if (!OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) ||
	    !OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)))
		return NULL;
	return key_of("EC", builder);
}

/* OpenSSL wants r and s in DER, a JWS has them one behind the other. */
static bool der_signature(struct arena *arena, struct str raw, struct str *ret)
{
	SCOPED(ecdsa) ECDSA_SIG *signature = ECDSA_SIG_new();
	unsigned char *at;
	BIGNUM *r, *s;
	int len;

	if (raw.len != 2 * P256_BYTES || !signature)
		return false;
	r = number_of(str_range(raw.at, P256_BYTES));
	s = number_of(str_skip(raw, P256_BYTES));
	must(r && s && ECDSA_SIG_set0(signature, r, s) == 1);
	len = i2d_ECDSA_SIG(signature, NULL);
	at = arena_alloc_bytes(arena, (size_t)MAX_OF(len, 1));
	*ret = str_range((const char *)at, (size_t)len);
	return i2d_ECDSA_SIG(signature, &at) == len;
}

static bool as_it_is(struct arena *arena UNUSED, struct str raw, struct str *ret)
{
	*ret = raw;
	return true;
}

/* To add a kind of signature: a row. */
static const struct algorithm {
	const char *name, *kind; /* `alg` of the token, `kty` of the key */
	EVP_PKEY *(*key)(struct arena *arena, const struct json *jwk);
	bool (*signature)(struct arena *arena, struct str raw, struct str *ret);
} algorithms[] = {
	{ "RS256", "RSA", rsa_key, as_it_is },
	{ "ES256", "EC", p256_key, der_signature },
};

static const struct algorithm *algorithm_of(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
		if (str_eq_c(name, algorithms[i].name))
			return &algorithms[i];
	}
	return NULL;
}

static bool is_for(const struct json *jwk, const struct algorithm *alg, struct str kid)
{
	struct str use = json_get_text(jwk, "use"), named = json_get_text(jwk, "alg");

	return str_eq_c(json_get_text(jwk, "kty"), alg->kind) && (use.len == 0 || str_eq_c(use, "sig")) &&
	       (named.len == 0 || str_eq_c(named, alg->name)) &&
	       (kid.len == 0 || str_eq(json_get_text(jwk, "kid"), kid));
}

static bool fits(struct arena *arena, const struct algorithm *alg, const struct json *jwk, struct str said,
                 struct str raw)
{
	SCOPED(key) EVP_PKEY *key = alg->key(arena, jwk);
	SCOPED(digesting) EVP_MD_CTX *context = EVP_MD_CTX_new();
	struct str signature;
	bool good;

	must(context != NULL);
	good = key && alg->signature(arena, raw, &signature) &&
	       EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
	       EVP_DigestVerify(context, (const unsigned char *)signature.at, signature.len,
	                        (const unsigned char *)said.at, said.len) == 1;
	ERR_clear_error();
	return good;
}

struct parts {
	struct str said; /* header and claims as they came: what is signed */
	struct str signature;
	struct json *header, *claims;
};

static bool part_json(struct arena *arena, struct str text, struct json **ret)
{
	struct err ignored = ERR_INIT;
	struct str bytes;

	return digest_unbase64(arena, text, &bytes) && json_parse(arena, bytes, ret, &ignored) == 0 &&
	       (*ret)->kind == JSON_OBJECT && !(*ret)->duplicate_keys;
}

static bool take_apart(struct arena *arena, struct str token, struct parts *ret)
{
	struct str rest = token, header, claims;

	if (token.len > LIMIT_SIGNED_TOKEN || !str_split(&rest, '.', &header) || !str_split(&rest, '.', &claims) ||
	    str_find_char(rest, '.') >= 0 || !digest_unbase64(arena, rest, &ret->signature))
		return false;
	ret->said = str_range(token.at, (size_t)(claims.at + claims.len - token.at));
	return part_json(arena, header, &ret->header) && part_json(arena, claims, &ret->claims) &&
	       !json_get(ret->header, "crit");
}

int jws_open(struct arena *arena, struct str token, const struct json *keys, struct json **ret_claims, struct err *err)
{
	const struct algorithm *alg;
	struct parts parts;
	bool tried = false;

	if (!take_apart(arena, token, &parts))
		return err_set(err, ERR_PARSE, "the token is not a signed one in compact form");
	alg = algorithm_of(json_get_text(parts.header, "alg"));
	if (!alg)
		return err_set(err, ERR_PARSE, "the token is signed neither with RS256 nor with ES256");
	JSON_EACH (json_get(keys, "keys"), jwk) {
		if (!is_for(jwk, alg, json_get_text(parts.header, "kid")))
			continue;
		tried = true;
		if (fits(arena, alg, jwk, parts.said, parts.signature)) {
			*ret_claims = parts.claims;
			return 0;
		}
	}
	return tried ? err_set(err, ERR_REFUSED, "the token's signature does not fit")
	             : err_set(err, ERR_NOT_FOUND, "the token is signed with a key that the provider does not show");
}

#include "sandbox/salesforce/jwt.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "codec/digest.h"

static EVP_PKEY *read_key(struct str pem)
{
	BIO *in = BIO_new_mem_buf(pem.at, (int)pem.len);
	EVP_PKEY *key;
	X509 *certificate;

	must(in != NULL);
	if (str_find(pem, STR("BEGIN CERTIFICATE")) < 0) {
		key = PEM_read_bio_PUBKEY(in, NULL, NULL, NULL);
	} else {
		certificate = PEM_read_bio_X509(in, NULL, NULL, NULL);
		key = certificate ? X509_get_pubkey(certificate) : NULL;
		X509_free(certificate);
	}
	BIO_free(in);
	return key;
}

bool jwt_key_usable(struct str pem)
{
	EVP_PKEY *key = read_key(pem);

	EVP_PKEY_free(key);
	return key != NULL;
}

static bool signature_holds(struct str pem, struct str data, struct str signature)
{
	EVP_PKEY *key = read_key(pem);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool ok = key && context && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
	          EVP_DigestVerify(context, (const unsigned char *)signature.at, signature.len,
	                           (const unsigned char *)data.at, data.len) == 1;

	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return ok;
}

static struct json *decode_part(struct arena *arena, struct str part)
{
	struct err err = ERR_INIT;
	struct json *ret;
	struct str text;

	if (!digest_unbase64(arena, part, &text) || json_parse(arena, text, &ret, &err) < 0)
		return NULL;
	return ret;
}

bool jwt_verify(struct arena *arena, struct str pem, struct str assertion, struct json **ret_claims)
{
	struct str rest = assertion, header, claims, signature;
	struct json *parsed;

	if (!str_split(&rest, '.', &header) || !str_split(&rest, '.', &claims) || rest.len == 0)
		return false;
	if (!digest_unbase64(arena, rest, &signature))
		return false;
	if (!str_eq(json_get_text(decode_part(arena, header), "alg"), STR("RS256")))
		return false;
	if (!signature_holds(pem, str_range(assertion.at, header.len + 1 + claims.len), signature))
		return false;
	parsed = decode_part(arena, claims);
	if (!parsed)
		return false;
	*ret_claims = parsed;
	return true;
}

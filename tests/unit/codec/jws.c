/* Signed tokens: the example of RFC 7515, A.2 in kind, with keys made here; every part bent once. */
#include "unit.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "codec/digest.h"
#include "codec/jws.h"

struct signer {
	struct arena arena;
	EVP_PKEY *key;
	const char *header;
	struct json *keys; /* the set that shows it */
};

static struct str base64url(struct arena *arena, struct str bytes)
{
	SCOPED(buf) struct buf out = BUF_INIT(1 << 16);

	digest_base64url(&out, bytes);
	return arena_str(arena, buf_str(&out));
}

static struct str number_of_key(struct signer *s, const char *name)
{
	unsigned char bytes[1024];
	BIGNUM *number = NULL;
	int len;

	assert_int_equal(EVP_PKEY_get_bn_param(s->key, name, &number), 1);
	len = BN_bn2bin(number, bytes);
	BN_free(number);
	return base64url(&s->arena, str_range((const char *)bytes, (size_t)len));
}

static struct json *read_json(struct arena *arena, struct str text)
{
	struct err err = ERR_INIT;
	struct json *json;

	if (json_parse(arena, text, &json, &err) < 0)
		fail_msg("%s", err.text);
	return json;
}

static void make_rsa(struct signer *s, unsigned bits)
{
	*s = (struct signer) { .key = EVP_RSA_gen(bits), .header = "{\"alg\":\"RS256\",\"kid\":\"one\"}" };
	s->keys = read_json(
	        &s->arena,
	        arena_printf(&s->arena, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"one\",\"n\":\"%s\",\"e\":\"%s\"}]}",
	                     number_of_key(s, OSSL_PKEY_PARAM_RSA_N).at, number_of_key(s, OSSL_PKEY_PARAM_RSA_E).at));
}

/* Coordinates keep their leading zeros. */
static struct str coordinate(struct signer *s, const char *name)
{
	unsigned char bytes[32];
	BIGNUM *number = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(s->key, name, &number), 1);
	assert_int_equal(BN_bn2binpad(number, bytes, sizeof(bytes)), sizeof(bytes));
	BN_free(number);
	return base64url(&s->arena, str_range((const char *)bytes, sizeof(bytes)));
}

static void make_p256(struct signer *s)
{
	*s = (struct signer) { .key = EVP_EC_gen("P-256"), .header = "{\"alg\":\"ES256\"}" };
	s->keys = read_json(
	        &s->arena,
	        arena_printf(&s->arena, "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}]}",
	                     coordinate(s, OSSL_PKEY_PARAM_EC_PUB_X).at, coordinate(s, OSSL_PKEY_PARAM_EC_PUB_Y).at));
}

static void drop(struct signer *s)
{
	EVP_PKEY_free(s->key);
	arena_release(&s->arena);
}

static struct str raw_of_der(struct signer *s, struct str der)
{
	const unsigned char *at = (const unsigned char *)der.at;
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)der.len);
	unsigned char *raw = arena_alloc(&s->arena, 64);

	assert_non_null(signature);
	BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + 32, 32);
	ECDSA_SIG_free(signature);
	return str_range((const char *)raw, 64);
}

static struct str token_of(struct signer *s, const char *claims)
{
	struct str said = arena_printf(&s->arena, "%s.%s", base64url(&s->arena, str_of(s->header)).at,
	                               base64url(&s->arena, str_of(claims)).at);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char bytes[1024];
	size_t len = sizeof(bytes);
	struct str signature;

	assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, s->key), 1);
	assert_int_equal(EVP_DigestSign(context, bytes, &len, (const unsigned char *)said.at, said.len), 1);
	EVP_MD_CTX_free(context);
	signature = str_range((const char *)bytes, len);
	if (EVP_PKEY_get_base_id(s->key) == EVP_PKEY_EC)
		signature = raw_of_der(s, signature);
	return arena_printf(&s->arena, "%s.%s", said.at, base64url(&s->arena, signature).at);
}

static int opened(struct signer *s, struct str token, const struct json *keys, struct json **ret)
{
	struct err err = ERR_INIT;

	return jws_open(&s->arena, token, keys, ret, &err);
}

static void test_good_ones(void **state UNUSED)
{
	struct signer rsa, ec;
	struct json *claims;

	make_rsa(&rsa, 2048);
	assert_int_equal(opened(&rsa, token_of(&rsa, "{\"sub\":\"a\"}"), rsa.keys, &claims), 0);
	assert_text(json_get_text(claims, "sub"), "a");
	make_p256(&ec);
	for (int i = 0; i < 20; i++) /* r and s with leading zeros come up by chance */
		assert_int_equal(opened(&ec, token_of(&ec, "{\"sub\":\"b\"}"), ec.keys, &claims), 0);
	assert_text(json_get_text(claims, "sub"), "b");
	drop(&rsa);
	drop(&ec);
}

static void test_keys(void **state UNUSED)
{
	struct signer one, other, small, ec;
	struct json *claims;
	struct str token;

	make_rsa(&one, 2048);
	make_rsa(&other, 2048);
	make_rsa(&small, 1024);
	make_p256(&ec);
	token = token_of(&one, "{}");
	assert_int_equal(opened(&one, token, other.keys, &claims), ERR_REFUSED);
	assert_int_equal(opened(&one, token, ec.keys, &claims), ERR_NOT_FOUND);
	assert_int_equal(opened(&one, token, NULL, &claims), ERR_NOT_FOUND);
	assert_int_equal(opened(&small, token_of(&small, "{}"), small.keys, &claims), ERR_REFUSED);
	one.header = "{\"alg\":\"RS256\",\"kid\":\"two\"}";
	assert_int_equal(opened(&one, token_of(&one, "{}"), one.keys, &claims), ERR_NOT_FOUND);
	one.header = "{\"alg\":\"ES256\",\"kid\":\"one\"}";
	assert_int_equal(opened(&one, token_of(&one, "{}"), one.keys, &claims), ERR_NOT_FOUND);
	json_set(json_at(json_get(other.keys, "keys"), 0), STR("use"), json_new_text(&other.arena, STR("enc")));
	assert_int_equal(opened(&other, token_of(&other, "{}"), other.keys, &claims), ERR_NOT_FOUND);
	drop(&one);
	drop(&other);
	drop(&small);
	drop(&ec);
}

static void test_headers(void **state UNUSED)
{
	static const char *const headers[] = {
		"{\"alg\":\"none\"}",
		"{\"alg\":\"HS256\",\"kid\":\"one\"}",
		"{\"alg\":\"RS512\"}",
		"{}",
		"[]",
		"{\"alg\":\"RS256\",\"crit\":[\"b64\"]}",
		"{\"alg\":\"RS256\",\"alg\":\"none\"}",
	};
	struct signer s;
	struct json *claims;

	make_rsa(&s, 2048);
	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		s.header = headers[i];
		assert_int_equal(opened(&s, token_of(&s, "{}"), s.keys, &claims), ERR_PARSE);
	}
	drop(&s);
}

/* Each character that is changed spoils the token in one way or another. */
static void test_every_character(void **state UNUSED)
{
	struct signer s;
	struct json *claims;
	struct str token;
	char *bent;

	make_p256(&s);
	token = token_of(&s, "{\"sub\":\"a\"}");
	for (size_t i = 0; i < token.len; i++) {
		bent = arena_text(&s.arena, token);
		bent[i] = bent[i] == 'A' ? 'B' : 'A';
		assert_true(opened(&s, str_range(bent, token.len), s.keys, &claims) < 0);
		assert_true(opened(&s, str_range(token.at, i), s.keys, &claims) < 0);
	}
	assert_int_equal(opened(&s, arena_printf(&s.arena, "%s.x", token.at), s.keys, &claims), ERR_PARSE);
	drop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_ones),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_every_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

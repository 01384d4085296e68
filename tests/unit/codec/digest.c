/* Vectors of FIPS 180-4, RFC 4231, RFC 4648 and of BLAKE2b's reference implementation. */
#include "unit.h"

#include "codec/digest.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

static struct str hex_of(struct buf *out, const void *bytes, size_t len)
{
	buf_clear(out);
	digest_hex(out, str_range(bytes, len));
	return buf_str(out);
}

static void test_sha256(void **state UNUSED)
{
	static const char *const vectors[][2] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	SCOPED(buf) struct buf out = BUF_INIT(1 << 10);

	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		struct digest digest = digest_sha256(str_of(vectors[i][0]));

		assert_text(hex_of(&out, digest.bytes, sizeof(digest.bytes)), vectors[i][1]);
	}
}

static void test_content(void **state UNUSED)
{
	SCOPED(buf) struct buf out = BUF_INIT(1 << 10);
	struct digest16 empty = digest_content(STR_EMPTY), abc = digest_content(STR("abc"));

	assert_text(hex_of(&out, empty.bytes, sizeof(empty.bytes)), "cae66941d9efbd404e4d88758ea67670");
	assert_text(hex_of(&out, abc.bytes, sizeof(abc.bytes)), "cf4ab791c62b8d2b2109c90275287816");
}

static void test_hmac(void **state UNUSED)
{
	static const struct {
		const char *key, *data, *hmac;
	} vectors[] = {
		{ "Jefe", "what do ya want for nothing?",
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b", "Hi There",
		  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
		{ "", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
	};
	SCOPED(buf) struct buf out = BUF_INIT(1 << 10);
	char key[131];
	struct digest digest;

	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		digest = digest_hmac_sha256(str_of(vectors[i].key), str_of(vectors[i].data));
		assert_text(hex_of(&out, digest.bytes, sizeof(digest.bytes)), vectors[i].hmac);
	}
	memset(key, 0xaa, sizeof(key));
	digest = digest_hmac_sha256(str_range(key, sizeof(key)),
	                            STR("Test Using Larger Than Block-Size Key - Hash Key First"));
	assert_text(hex_of(&out, digest.bytes, sizeof(digest.bytes)),
	            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void test_equal(void **state UNUSED)
{
	assert_true(digest_equal(STR("abc"), STR("abc")));
	assert_false(digest_equal(STR("abc"), STR("abd")));
	assert_false(digest_equal(STR("abc"), STR("ab")));
	assert_true(digest_equal(STR_EMPTY, STR("")));
}

static void test_hex(void **state UNUSED)
{
	static const char *const bad[] = { "0", "0g", "zz", "00 ", " 00", "0x00", "a:bc" };
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf out = BUF_INIT(1 << 10);
	struct str bytes;

	assert_text(hex_of(&out, "\x00\x7f\xff", 3), "007fff");
	assert_true(digest_unhex(&arena, STR("007FfF"), &bytes));
	assert_str(bytes, STR("\x00\x7f\xff"));
	assert_true(digest_unhex(&arena, STR_EMPTY, &bytes));
	assert_int_equal(bytes.len, 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(digest_unhex(&arena, str_of(bad[i]), &bytes));
}

static const char *const base64_vectors[][3] = {
	{ "", "", "" },
	{ "f", "Zg==", "Zg" },
	{ "fo", "Zm8=", "Zm8" },
	{ "foo", "Zm9v", "Zm9v" },
	{ "foob", "Zm9vYg==", "Zm9vYg" },
	{ "fooba", "Zm9vYmE=", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
	{ "\xfb\xff\xbe", "+/++", "-_--" },
};

static void test_base64(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf out = BUF_INIT(1 << 10);
	struct str bytes;

	for (size_t i = 0; i < ARRAY_LEN(base64_vectors); i++) {
		const char *const *vector = base64_vectors[i];

		buf_clear(&out);
		digest_base64(&out, str_of(vector[0]));
		assert_text(buf_str(&out), vector[1]);
		buf_clear(&out);
		digest_base64url(&out, str_of(vector[0]));
		assert_text(buf_str(&out), vector[2]);
		for (int form = 1; form <= 2; form++) {
			assert_true(digest_unbase64(&arena, str_of(vector[form]), &bytes));
			assert_text(bytes, vector[0]);
		}
	}
}

static void test_base64_refuses(void **state UNUSED)
{
	static const char *const bad[] = { "Z",      "Zg=",  "Zg===", "Z===",     "Zm9v=", "Zm 9v",
		                           "Zm9v\n", "Zh==", "+_++",  "Zg==Zg==", "*" };
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str bytes;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (digest_unbase64(&arena, str_of(bad[i]), &bytes))
			fail_msg("accepted: %s", bad[i]);
	}
}

static void test_full_buffers(void **state UNUSED)
{
	SCOPED(buf) struct buf out = BUF_INIT(4);

	digest_hex(&out, STR("abc"));
	assert_false(buf_ok(&out));
	buf_clear(&out);
	digest_base64(&out, STR("abcd"));
	assert_false(buf_ok(&out));
	buf_clear(&out);
	digest_base64(&out, STR("abc"));
	assert_true(buf_ok(&out));
}

/* A fresh key each time: none lies in the repository. */
static struct str pem_of(struct arena *arena, EVP_PKEY *key, const char *passphrase)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *at;
	long len;
	struct str pem;

	assert_int_equal(PEM_write_bio_PrivateKey(bio, key, passphrase ? EVP_aes_128_cbc() : NULL, NULL, 0, NULL,
	                                          (char *)passphrase),
	                 1);
	len = BIO_get_mem_data(bio, &at);
	pem = arena_str(arena, str_range(at, (size_t)len));
	BIO_free(bio);
	return pem;
}

static bool verifies(EVP_PKEY *key, struct str data, struct str signature)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good;

	assert_int_equal(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key), 1);
	good = EVP_DigestVerify(context, (const unsigned char *)signature.at, signature.len,
	                        (const unsigned char *)data.at, data.len) == 1;
	EVP_MD_CTX_free(context);
	return good;
}

static void test_rs256(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	EVP_PKEY *key = EVP_RSA_gen(2048);
	struct err err = ERR_INIT;
	struct str signature, again;

	assert_ok(digest_rs256(&arena, pem_of(&arena, key, NULL), STR("header.claims"), &signature, &err), err);
	assert_int_equal(signature.len, 256);
	assert_true(verifies(key, STR("header.claims"), signature));
	assert_false(verifies(key, STR("header.claimz"), signature));
	assert_ok(digest_rs256(&arena, pem_of(&arena, key, NULL), STR("header.claims"), &again, &err), err);
	assert_str(again, signature);
	assert_int_equal(digest_rs256(&arena, pem_of(&arena, key, "secret"), STR("x"), &again, &err), ERR_KEY);
	EVP_PKEY_free(key);
}

static void test_rs256_refuses_other_keys(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	EVP_PKEY *elliptic = EVP_EC_gen("P-256"), *small = EVP_RSA_gen(1024);
	struct err err = ERR_INIT;
	struct str signature;

	assert_int_equal(digest_rs256(&arena, STR("no key"), STR("x"), &signature, &err), ERR_KEY);
	assert_int_equal(digest_rs256(&arena, STR_EMPTY, STR("x"), &signature, &err), ERR_KEY);
	assert_int_equal(digest_rs256(&arena, pem_of(&arena, elliptic, NULL), STR("x"), &signature, &err), ERR_KEY);
	assert_int_equal(digest_rs256(&arena, pem_of(&arena, small, NULL), STR("x"), &signature, &err), ERR_KEY);
	EVP_PKEY_free(elliptic);
	EVP_PKEY_free(small);
}

static void test_random(void **state UNUSED)
{
	char a[32] = { 0 }, b[32] = { 0 };

	digest_random(a, sizeof(a));
	digest_random(b, sizeof(b));
	assert_false(str_eq(str_range(a, sizeof(a)), str_range(b, sizeof(b))));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_base64_refuses),
		cmocka_unit_test(test_full_buffers),
		cmocka_unit_test(test_rs256),
		cmocka_unit_test(test_rs256_refuses_other_keys),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

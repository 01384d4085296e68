#include "codec/digest.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <sodium.h>
#include <stdatomic.h>
#include <string.h>

/* Picks the fast implementations for this processor, once. */
static void ready(void)
{
	static atomic_bool done;

	if (atomic_load_explicit(&done, memory_order_acquire))
		return;
	must(sodium_init() >= 0);
	atomic_store_explicit(&done, true, memory_order_release);
}

static const unsigned char *bytes_of(struct str data)
{
	return (const unsigned char *)(data.len ? data.at : "");
}

struct digest digest_sha256(struct str data)
{
	struct digest digest;

	SHA256(bytes_of(data), data.len, digest.bytes);
	return digest;
}

struct digest16 digest_content(struct str data)
{
	struct digest16 digest;

	ready();
	crypto_generichash(digest.bytes, sizeof(digest.bytes), bytes_of(data), data.len, NULL, 0);
	return digest;
}

struct digest digest_hmac_sha256(struct str key, struct str data)
{
	struct digest digest;

	must(key.len <= INT32_MAX);
	must(HMAC(EVP_sha256(), bytes_of(key), (int)key.len, bytes_of(data), data.len, digest.bytes, NULL) != NULL);
	return digest;
}

bool digest_equal(struct str a, struct str b)
{
	return a.len == b.len && sodium_memcmp(bytes_of(a), bytes_of(b), a.len) == 0;
}

void digest_hex(struct buf *out, struct str bytes)
{
	char *room = buf_room(out, size_mul(bytes.len, 2));

	if (!room)
		return;
	sodium_bin2hex(room, bytes.len * 2 + 1, bytes_of(bytes), bytes.len);
	buf_grew(out, bytes.len * 2);
}

bool digest_unhex(struct arena *arena, struct str hex, struct str *ret)
{
	unsigned char *bytes = arena_alloc_bytes(arena, hex.len / 2 + 1);
	size_t len;

	if (hex.len % 2 != 0 ||
	    sodium_hex2bin(bytes, hex.len / 2, hex.len ? hex.at : "", hex.len, NULL, &len, NULL) != 0 ||
	    len != hex.len / 2)
		return false;
	*ret = str_range((const char *)bytes, len);
	return true;
}

static void encode(struct buf *out, struct str bytes, int variant)
{
	size_t cap = sodium_base64_encoded_len(bytes.len, variant);
	char *room = buf_room(out, cap - 1);

	if (!room)
		return;
	sodium_bin2base64(room, cap, bytes_of(bytes), bytes.len, variant);
	buf_grew(out, strlen(room));
}

void digest_base64(struct buf *out, struct str bytes)
{
	encode(out, bytes, sodium_base64_VARIANT_ORIGINAL);
}

void digest_base64url(struct buf *out, struct str bytes)
{
	encode(out, bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool digest_unbase64(struct arena *arena, struct str text, struct str *ret)
{
	static const int variants[2][2] = {
		{ sodium_base64_VARIANT_ORIGINAL_NO_PADDING, sodium_base64_VARIANT_ORIGINAL },
		{ sodium_base64_VARIANT_URLSAFE_NO_PADDING, sodium_base64_VARIANT_URLSAFE },
	};
	bool for_url = str_find_char(text, '-') >= 0 || str_find_char(text, '_') >= 0;
	bool padded = str_ends(text, STR("="));
	size_t cap = text.len / 4 * 3 + 3, len;
	unsigned char *bytes = arena_alloc_bytes(arena, cap);

	if (sodium_base642bin(bytes, cap, text.len ? text.at : "", text.len, NULL, &len, NULL,
	                      variants[for_url][padded]) != 0)
		return false;
	*ret = str_range((const char *)bytes, len);
	return true;
}

static void bio_scoped_release(BIO **bio)
{
	BIO_free(*bio);
}

static void key_scoped_release(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static void signing_scoped_release(EVP_MD_CTX **context)
{
	EVP_MD_CTX_free(*context);
}

/* A key that is locked with a passphrase is refused; OpenSSL would otherwise ask at the terminal. */
static int no_passphrase(char *text UNUSED, int size UNUSED, int writing UNUSED, void *context UNUSED)
{
	return -1;
}

static EVP_PKEY *read_private_key(struct str pem)
{
	SCOPED(bio) BIO *bio = pem.len <= INT32_MAX ? BIO_new_mem_buf(bytes_of(pem), (int)pem.len) : NULL;
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;

	ERR_clear_error();
	return key;
}

static bool sign(EVP_PKEY *key, struct str data, unsigned char *signature, size_t *len)
{
	SCOPED(signing) EVP_MD_CTX *context = EVP_MD_CTX_new();

	must(context != NULL);
	return EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
	       EVP_DigestSign(context, signature, len, bytes_of(data), data.len) == 1;
}

int digest_rs256(struct arena *arena, struct str pem, struct str data, struct str *ret, struct err *err)
{
	SCOPED(key) EVP_PKEY *key = read_private_key(pem);
	unsigned char *signature;
	size_t len;

	if (!key)
		return err_set(err, ERR_KEY, "not a private key in PEM form without a passphrase");
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA || EVP_PKEY_get_bits(key) < 2048)
		return err_set(err, ERR_KEY, "the private key must be an RSA key of at least 2048 bits");
	len = (size_t)EVP_PKEY_get_size(key);
	signature = arena_alloc_bytes(arena, len);
	if (!sign(key, data, signature, &len)) {
		ERR_clear_error();
		return err_set(err, ERR_KEY, "the private key cannot sign");
	}
	*ret = str_range((const char *)signature, len);
	return 0;
}

void digest_random(void *bytes, size_t len)
{
	ready();
	randombytes_buf(bytes, len);
}

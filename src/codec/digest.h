/* digest: hashes, signatures and their spellings, over OpenSSL 3 and libsodium. */
#ifndef SUTURE_CODEC_DIGEST_H
#define SUTURE_CODEC_DIGEST_H

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"

struct digest {
	unsigned char bytes[32];
};

struct digest digest_sha256(struct str data);
/* Fast keyed-less content hash (BLAKE2b, 16 bytes): equality of payloads, keys of the match index. */
struct digest16 {
	unsigned char bytes[16];
};
struct digest16 digest_content(struct str data);
struct digest digest_hmac_sha256(struct str key, struct str data);
bool digest_equal(struct str a, struct str b); /* constant time for equal lengths */
void digest_hex(struct buf *out, struct str bytes);
bool digest_unhex(struct arena *arena, struct str hex, struct str *ret);
void digest_base64(struct buf *out, struct str bytes);
void digest_base64url(struct buf *out, struct str bytes);                    /* without padding */
bool digest_unbase64(struct arena *arena, struct str text, struct str *ret); /* either alphabet */
/* RSASSA-PKCS1-v1_5 SHA-256 over `data` with a PEM private key: a JWT's signature. */
int digest_rs256(struct arena *arena, struct str pem, struct str data, struct str *ret, struct err *err) MUST_CHECK;
void digest_random(void *bytes, size_t len);

#endif

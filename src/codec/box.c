/*
 * Sealing compresses, then encrypts: zstd with the dictionary into a scratch place, XChaCha20-Poly1305 from there into
 * the box. Format byte, key number and the caller's context are authenticated with it.
 *
 * zstd's working memory is too large to make for each record and may not be shared, so that each thread keeps one set
 * (struct tools) until it ends. The dictionaries, digested once, belong to the keyring and are only read.
 */
#include "codec/box.h"

#include "codec/keyring_parts.h"

#include <pthread.h>
#include <string.h>

enum {
	FORMAT_DICTIONARY_1 = 1,
	NONCE_LEN = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_LEN = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	HEAD_LEN = 2,
};

struct tools {
	struct arena home; /* where this struct lies */
	ZSTD_CCtx *compress;
	ZSTD_DCtx *expand;
};

static pthread_key_t tools_key;

static void free_tools(void *at)
{
	struct tools *tools = at;
	struct arena home = tools->home;

	ZSTD_freeCCtx(tools->compress);
	ZSTD_freeDCtx(tools->expand);
	arena_release(&home);
}

static void start(void)
{
	must(sodium_init() >= 0);
	must(pthread_key_create(&tools_key, free_tools) == 0);
}

static void ready(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	must(pthread_once(&once, start) == 0);
}

static struct tools *tools_of_thread(void)
{
	struct arena home = ARENA_INIT;
	struct tools *tools;

	ready();
	tools = pthread_getspecific(tools_key);
	if (tools)
		return tools;
	tools = arena_new(&home, struct tools);
	tools->home = home;
	tools->compress = ZSTD_createCCtx();
	tools->expand = ZSTD_createDCtx();
	must(tools->compress && tools->expand && pthread_setspecific(tools_key, tools) == 0);
	/* The format byte names the dictionary already. */
	ZSTD_CCtx_setParameter(tools->compress, ZSTD_c_dictIDFlag, 0);
	return tools;
}

/* What is authenticated beside the cipher text. */
static struct str bound_text(struct arena *arena, unsigned char format, unsigned char number, const char *context)
{
	size_t len = strlen(context);
	char *text = arena_alloc_bytes(arena, len + HEAD_LEN);

	text[0] = (char)format;
	text[1] = (char)number;
	memcpy(text + HEAD_LEN, context, len);
	return str_range(text, len + HEAD_LEN);
}

static struct str compress(const struct keyring *ring, struct arena *arena, struct str plain)
{
	ZSTD_CCtx *context = tools_of_thread()->compress;
	size_t cap = ZSTD_compressBound(plain.len), len;
	char *packed = arena_alloc_bytes(arena, cap);

	ZSTD_CCtx_refCDict(context, ring->compress);
	len = ZSTD_compress2(context, packed, cap, plain.len ? plain.at : "", plain.len);
	must(!ZSTD_isError(len));
	return str_range(packed, len);
}

struct str box_seal(const struct keyring *ring, struct arena *arena, const char *context, struct str plain)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	const struct ring_key *key = ring_current(ring);
	struct str bound = bound_text(&scratch, FORMAT_DICTIONARY_1, key->number, context);
	struct str packed = compress(ring, &scratch, plain);
	size_t len = HEAD_LEN + NONCE_LEN + packed.len + TAG_LEN;
	unsigned char *box = arena_alloc_bytes(arena, len);

	box[0] = FORMAT_DICTIONARY_1;
	box[1] = key->number;
	randombytes_buf(box + HEAD_LEN, NONCE_LEN);
	crypto_aead_xchacha20poly1305_ietf_encrypt(box + HEAD_LEN + NONCE_LEN, NULL, (const unsigned char *)packed.at,
	                                           packed.len, (const unsigned char *)bound.at, bound.len, NULL,
	                                           box + HEAD_LEN, key->key);
	return str_range((const char *)box, len);
}

static int expand(const struct keyring *ring, struct arena *arena, struct str packed, struct str *ret, struct err *err)
{
	unsigned long long len = ZSTD_getFrameContentSize(packed.at, packed.len);
	char *plain;

	/* Authentic, so that this is our mistake or another version's, but a size is never believed. */
	if (len == ZSTD_CONTENTSIZE_UNKNOWN || len == ZSTD_CONTENTSIZE_ERROR || len > SIZE_MAX / 2)
		return err_set(err, ERR_BUG, "a sealed box holds no compressed text");
	plain = arena_alloc_bytes(arena, (size_t)len + 1);
	if (ZSTD_decompress_usingDDict(tools_of_thread()->expand, plain, (size_t)len, packed.at, packed.len,
	                               ring->expand) != len)
		return err_set(err, ERR_BUG, "a sealed box does not expand");
	plain[len] = '\0';
	*ret = str_range(plain, (size_t)len);
	return 0;
}

int box_open(const struct keyring *ring, struct arena *arena, const char *context, struct str sealed, struct str *ret,
             struct err *err)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	const unsigned char *box = (const unsigned char *)sealed.at;
	const struct ring_key *key;
	const unsigned char *cipher;
	unsigned char *packed;
	struct str bound;
	size_t len;

	if (sealed.len < HEAD_LEN + NONCE_LEN + TAG_LEN || box[0] != FORMAT_DICTIONARY_1)
		return err_set(err, ERR_KEY, "not a sealed box, or one of a newer version");
	key = ring_find(ring, box[1]);
	if (!key)
		return err_set(err, ERR_KEY, "sealed with another key");
	bound = bound_text(&scratch, box[0], box[1], context);
	cipher = box + HEAD_LEN + NONCE_LEN;
	len = sealed.len - HEAD_LEN - NONCE_LEN;
	packed = arena_alloc_bytes(&scratch, len);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(packed, NULL, NULL, cipher, len, (const unsigned char *)bound.at,
	                                               bound.len, box + HEAD_LEN, key->key) != 0)
		return err_set(err, ERR_KEY, "a sealed box of %s was changed, moved, or sealed with another key",
		               context);
	return expand(ring, arena, str_range((const char *)packed, len - TAG_LEN), ret, err);
}

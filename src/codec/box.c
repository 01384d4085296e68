/*
 * Sealing compresses, then encrypts: zstd with the dictionary into a scratch place, XChaCha20-Poly1305 from there into
 * the box. Format byte, key number and the caller's context are authenticated with it.
 *
 * zstd's working memory is too large to make for each record and may not be shared, so that each thread keeps one set
 * (struct tools) until it ends. The dictionaries, digested once, belong to the keyring and are only read. The keyring
 * lies in memory that libsodium guards, keeps out of swap where it may, and wipes.
 */
#include "codec/box.h"

#include "codec/box_dictionary.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

enum {
	FORMAT_DICTIONARY_1 = 1,
	KEY_LEN = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
	NONCE_LEN = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_LEN = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	HEAD_LEN = 2,
	LEVEL = 1, /* of a patient of 5.3 kB 855 bytes in 4 us; level 3 makes 826 in 8 us */
};

struct keyring {
	unsigned char key[KEY_LEN];
	unsigned char number; /* says which key sealed a box without telling anything of the key */
	ZSTD_CDict *compress;
	ZSTD_DDict *expand;
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
	struct tools *tools = pthread_getspecific(tools_key);
	struct arena home = ARENA_INIT;

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

static unsigned char number_of(const unsigned char *key)
{
	static const unsigned char label[] = "suture key number";
	unsigned char hash[crypto_generichash_BYTES_MIN];

	crypto_generichash(hash, sizeof(hash), label, sizeof(label), key, KEY_LEN);
	return hash[0];
}

int keyring_open(struct str key_hex, struct keyring **ret, struct err *err)
{
	struct str dictionary = box_dictionary_1(), hex = str_trim(key_hex);
	struct keyring *ring;
	size_t len = 0;

	ready();
	ring = sodium_malloc(sizeof(*ring));
	must(ring != NULL);
	memset(ring, 0, sizeof(*ring));
	if (hex.len != (size_t)2 * KEY_LEN ||
	    sodium_hex2bin(ring->key, KEY_LEN, hex.at, hex.len, NULL, &len, NULL) != 0 || len != KEY_LEN) {
		sodium_free(ring);
		return err_set(err, ERR_KEY, "a key is %d hex digits", 2 * KEY_LEN);
	}
	ring->number = number_of(ring->key);
	ring->compress = ZSTD_createCDict(dictionary.at, dictionary.len, LEVEL);
	ring->expand = ZSTD_createDDict(dictionary.at, dictionary.len);
	must(ring->compress && ring->expand);
	*ret = ring;
	return 0;
}

static void fd_scoped_release(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int check_owner_only(int fd, const char *path, struct err *err)
{
	struct stat state;

	if (fstat(fd, &state) < 0)
		return err_errno(err, "look at the key file %s", path);
	if (!S_ISREG(state.st_mode))
		return err_set(err, ERR_KEY, "the key file %s is not a file", path);
	if (state.st_mode & (S_IRWXG | S_IRWXO))
		return err_set(err, ERR_KEY, "others may read the key file; run: chmod 600 %s", path);
	return 0;
}

static int load_file(const char *path, struct keyring **ret, struct err *err)
{
	SCOPED(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[4 * KEY_LEN];
	ssize_t len;
	int r;

	if (fd < 0)
		return err_set(err, ERR_KEY, "the key file %s cannot be read (%s); SUTURE_KEY is not set either", path,
		               strerror(errno));
	r = check_owner_only(fd, path, err);
	if (r < 0)
		return r;
	len = read(fd, text, sizeof(text));
	if (len < 0)
		return err_errno(err, "read the key file %s", path);
	r = keyring_open(str_range(text, (size_t)len), ret, err);
	sodium_memzero(text, sizeof(text));
	return r < 0 ? err_wrap(err, "the key file %s", path) : 0;
}

int keyring_load(const char *path, struct keyring **ret, struct err *err)
{
	const char *from_environment = getenv("SUTURE_KEY");

	if (!from_environment || !*from_environment)
		return load_file(path, ret, err);
	if (keyring_open(str_of(from_environment), ret, err) < 0)
		return err_wrap(err, "SUTURE_KEY");
	return 0;
}

void keyring_free(struct keyring **ring)
{
	if (!*ring)
		return;
	ZSTD_freeCDict((*ring)->compress);
	ZSTD_freeDDict((*ring)->expand);
	sodium_free(*ring);
	*ring = NULL;
}

struct str keyring_generate(struct arena *arena)
{
	unsigned char key[KEY_LEN];
	char *hex = arena_alloc_bytes(arena, 2 * KEY_LEN + 1);

	ready();
	randombytes_buf(key, sizeof(key));
	sodium_bin2hex(hex, 2 * KEY_LEN + 1, key, sizeof(key));
	sodium_memzero(key, sizeof(key));
	return str_range(hex, 2 * KEY_LEN);
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
	struct str bound = bound_text(&scratch, FORMAT_DICTIONARY_1, ring->number, context);
	struct str packed = compress(ring, &scratch, plain);
	size_t len = HEAD_LEN + NONCE_LEN + packed.len + TAG_LEN;
	unsigned char *box = arena_alloc_bytes(arena, len);

	box[0] = FORMAT_DICTIONARY_1;
	box[1] = ring->number;
	randombytes_buf(box + HEAD_LEN, NONCE_LEN);
	crypto_aead_xchacha20poly1305_ietf_encrypt(box + HEAD_LEN + NONCE_LEN, NULL, (const unsigned char *)packed.at,
	                                           packed.len, (const unsigned char *)bound.at, bound.len, NULL,
	                                           box + HEAD_LEN, ring->key);
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
	const unsigned char *cipher;
	unsigned char *packed;
	struct str bound;
	size_t len;

	if (sealed.len < HEAD_LEN + NONCE_LEN + TAG_LEN || box[0] != FORMAT_DICTIONARY_1)
		return err_set(err, ERR_KEY, "not a sealed box, or one of a newer version");
	if (box[1] != ring->number)
		return err_set(err, ERR_KEY, "sealed with another key");
	bound = bound_text(&scratch, box[0], box[1], context);
	cipher = box + HEAD_LEN + NONCE_LEN;
	len = sealed.len - HEAD_LEN - NONCE_LEN;
	packed = arena_alloc_bytes(&scratch, len);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(packed, NULL, NULL, cipher, len, (const unsigned char *)bound.at,
	                                               bound.len, box + HEAD_LEN, ring->key) != 0)
		return err_set(err, ERR_KEY, "a sealed box of %s was changed, moved, or sealed with another key",
		               context);
	return expand(ring, arena, str_range((const char *)packed, len - TAG_LEN), ret, err);
}

struct digest16 box_blind(const struct keyring *ring, const char *context, struct str plain)
{
	unsigned char subkey[crypto_generichash_KEYBYTES];
	struct digest16 hash;

	must(crypto_generichash(subkey, sizeof(subkey), (const unsigned char *)context, strlen(context), ring->key,
	                        sizeof(ring->key)) == 0);
	must(crypto_generichash(hash.bytes, sizeof(hash.bytes), (const unsigned char *)plain.at, plain.len, subkey,
	                        sizeof(subkey)) == 0);
	sodium_memzero(subkey, sizeof(subkey));
	return hash;
}

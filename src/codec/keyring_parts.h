/* keyring_parts: what keyring.c and box.c share; for nobody else. */
#ifndef SUTURE_CODEC_KEYRING_PARTS_H
#define SUTURE_CODEC_KEYRING_PARTS_H

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <zstd.h>

#include "codec/keyring.h"

enum { KEY_LEN = crypto_aead_xchacha20poly1305_ietf_KEYBYTES, KEYS_MOST = 64, BLINDS = 5, BLIND_LEN = 32 };

struct ring_key {
	unsigned char key[KEY_LEN];
	unsigned char number; /* says which key sealed a box without telling anything of the key */
};

/* Lies in memory that libsodium guards, keeps out of swap where it may, and wipes. Keys are only added: a reader needs no lock. */
struct ring_state {
	struct ring_key keys[KEYS_MOST];
	atomic_size_t count, current;
	unsigned char blinds[BLINDS][BLIND_LEN]; /* of the contexts in keyring.c */
	pthread_mutex_t lock;                    /* of looking at the file again */
	char path[4096];                         /* empty: the key does not come from a file */
	struct stat seen;                        /* the file as it was read */
	_Atomic int64_t looked_s;
};

struct keyring {
	struct ring_state *state;
	ZSTD_CDict *compress;
	ZSTD_DDict *expand;
};

/* With which new boxes are sealed. Looks at the key file again where a second has gone by. */
const struct ring_key *ring_current(const struct keyring *ring);
/* The key of that number; NULL: not known, not even after another look at the file. */
const struct ring_key *ring_find(const struct keyring *ring, unsigned char number);

#endif

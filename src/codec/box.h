/*
 * box: payloads at rest. Compressed (zstd with a dictionary trained on patients' records), then sealed
 * (libsodium XChaCha20-Poly1305). A sealed box is: 1 byte format, 1 byte key number, 24 bytes nonce, cipher text. The
 * `context` text (table and column, such as "staged.body") is authenticated with it, so that a box cannot be moved to
 * another place. A keyring may be used by several threads at once.
 */
#ifndef SUTURE_CODEC_BOX_H
#define SUTURE_CODEC_BOX_H

#include "lib/arena.h"
#include "lib/buf.h"
#include "codec/digest.h"
#include "codec/keyring.h"
#include "lib/err.h"

struct str box_seal(const struct keyring *ring, struct arena *arena, const char *context, struct str plain);
/* ERR_KEY when the key does not fit or the bytes were changed; ERR_BUG when what is inside does not expand. */
int box_open(const struct keyring *ring, struct arena *arena, const char *context, struct str sealed, struct str *ret,
             struct err *err) MUST_CHECK;
/* Of a failure to read something sealed: is it the box itself, so that all other boxes may well be fine? */
static inline bool box_is_broken(enum err_code code)
{
	return code == ERR_KEY || code == ERR_BUG || code == ERR_PARSE;
}

/*
 * A hash that only the holder of the key can compute: equal plain texts give equal hashes (so that a database can look them up), and whoever has
 * the database alone cannot try guesses. `context` keeps hashes of different places apart; it is one of the list in keyring.c.
 */
struct digest16 box_blind(const struct keyring *ring, const char *context, struct str plain);

#endif

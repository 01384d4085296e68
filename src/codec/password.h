/* password: argon2id over libsodium. Slow on purpose: about 0.2 s and 64 MB each (docs/decisions/026-passwords-and-sessions.md). */
#ifndef SUTURE_CODEC_PASSWORD_H
#define SUTURE_CODEC_PASSWORD_H

#include "lib/arena.h"
#include "lib/err.h"

/* Zero: the usual cost, the one of RFC 9106 for little memory: 3 passes over 64 MB. */
struct password_cost {
	uint64_t passes;
	size_t memory; /* bytes */
};

/* "$argon2id$v=19$m=65536,t=3,p=1$...", in the arena. ERR_SYSTEM: the memory for it is not to be had. */
int password_hash(struct arena *arena, struct str password, const struct password_cost *cost, struct str *ret,
                  struct err *err) MUST_CHECK;
/* False also for what is no hash. Takes as long as making it. */
bool password_fits(struct str hash, struct str password);
/* Made with another cost than this one. */
bool password_outdated(struct str hash, const struct password_cost *cost);

#endif

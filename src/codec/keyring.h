/*
 * keyring: the key that seals, and those that were sealed with before or will be next. May be used by several threads at once.
 *
 * The key file holds the key as 64 hex digits. While a key is changed (`suture rekey`), it holds more lines: "old HEX", what is sealed with it is being sealed
 * anew, or "next HEX", known already, not used yet (for several machines on one database). A process that meets a box of a key that it does not know reads the
 * file again, and so does one that seals, once a second: so a change reaches whoever is at work. With the key in the environment, SUTURE_KEY_OLD is the old one.
 */
#ifndef SUTURE_CODEC_KEYRING_H
#define SUTURE_CODEC_KEYRING_H

#include "lib/arena.h"
#include "lib/err.h"

struct keyring;

/* `text`: 64 hex digits (a trailing newline is fine), and the other lines of a key file. ERR_KEY otherwise. */
int keyring_open(struct str text, struct keyring **ret, struct err *err) MUST_CHECK;
/* SUTURE_KEY from the environment if set, else the file, which nobody but its owner may read, or root's group (else ERR_KEY says chmod 600). */
int keyring_load(const char *path, struct keyring **ret, struct err *err) MUST_CHECK;
void keyring_free(struct keyring **ring);
/* A new key as 64 hex digits. */
struct str keyring_generate(struct arena *arena);

/* The number in the boxes of the key that seals now: one byte. */
struct str keyring_number(const struct keyring *ring, struct arena *arena);
/* Is a key of that number there? */
bool keyring_knows(const struct keyring *ring, unsigned char number);
/* Reads the key file again, now. */
void keyring_look(const struct keyring *ring);

/* ---- changing the key ---- */

enum key_step {
	KEY_PREPARE, /* the new one is known from now on: "next" */
	KEY_CHANGE,  /* it seals from now on; the one before is "old" */
	KEY_FINISH   /* the old one is forgotten */
};
/*
 * Rewrites the key file, all at once; where `path` is a link, the file that it leads to. `new_key`: 64 hex digits; empty: the one that was prepared, else a new one
 * is made. ERR_CONFLICT: an old key is there still (CHANGE, PREPARE), or none is (FINISH). ERR_KEY: the new one has the number of a key that is known: another is
 * needed.
 */
int keyring_step(const char *path, enum key_step step, struct str new_key, struct err *err) MUST_CHECK;
/* What the file, or the environment, says now. `from_environment`: nothing here can change it. `file_ms`: when the file was written. */
struct key_standing {
	bool has_old, has_next, from_environment;
	int64_t file_ms;
};
int keyring_standing(const char *path, struct key_standing *ret, struct err *err) MUST_CHECK;

/*
 * The keys of box_blind: made from the key that sealed first, and lasting beyond it, as nothing that they made can be made anew without the plain texts. Kept sealed
 * in the database (sync/rekey.h). take: ERR_KEY when they are of another length.
 */
struct str keyring_blinds(const struct keyring *ring, struct arena *arena);
int keyring_take_blinds(const struct keyring *ring, struct str blinds, struct err *err) MUST_CHECK;

#endif

/* utf8: one strict step through UTF-8 (RFC 3629): overlong forms, surrogates and code points over U+10FFFF are refused. */
#ifndef SUTURE_CODEC_UTF8_H
#define SUTURE_CODEC_UTF8_H

#include "lib/arena.h"

/* Bytes of the well-formed character at `at` (1 to 4), or 0 when it is none or does not end before `end`. */
size_t utf8_step(const char *at, const char *end);
/* Writes one code point (no surrogate) at `out`, which has room for 4 bytes. Returns the bytes written. */
size_t utf8_put(char *out, uint32_t code);
bool utf8_valid(struct str text);
/* The text itself where it is valid; else a copy with U+FFFD in the place of each byte that is part of no character. */
struct str utf8_mend(struct arena *arena, struct str text);
/* What every database takes as a text: valid, without zero bytes. make: those become U+FFFD as well. */
bool utf8_storable(struct str text);
struct str utf8_make_storable(struct arena *arena, struct str text);

#endif

/*
 * letters: a text in capital or small letters, or with each word capitalised, over utf8proc. Letter by letter, as Unicode's simple
 * mappings have it (sharp s stays): for the eye, not for comparing, which is codec/fold.h. Bytes that are no UTF-8 stay.
 */
#ifndef SUTURE_CODEC_LETTERS_H
#define SUTURE_CODEC_LETTERS_H

#include "lib/arena.h"

struct str letters_upper(struct arena *arena, struct str text);
struct str letters_lower(struct arena *arena, struct str text);
/* A word starts after anything that is no letter: mary-ann o'brien gives Mary-Ann O'Brien. */
struct str letters_title(struct arena *arena, struct str text);

#endif

/* fold: names of people made comparable (R7), over utf8proc. Accents are kept distinct by default. */
#ifndef SUTURE_CODEC_FOLD_H
#define SUTURE_CODEC_FOLD_H

#include "lib/arena.h"

/*
 * Unicode case folding (NFC), trimmed, inner white space (any Unicode space) collapsed to one blank. Invalid UTF-8 gives empty; what has more than 30 marks on one
 * letter is in no language, and only its white space is folded.
 */
struct str fold_name(struct arena *arena, struct str name);
/* The same without marks: for search as you type, never for linking. */
struct str fold_search(struct arena *arena, struct str name);
/* Trims and collapses any Unicode white space; keeps case, and bytes that are no UTF-8. */
struct str fold_spaces(struct arena *arena, struct str text);
/* Number of Unicode characters: what Salesforce counts as length. */
size_t fold_length(struct str text);

#endif

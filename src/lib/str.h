/*
 * str: borrowed text. A struct str never owns and never allocates; whoever made the bytes decides how long
 * they live. `at` may be NULL only when len is 0. Not NUL-terminated unless said.
 */
#ifndef SUTURE_LIB_STR_H
#define SUTURE_LIB_STR_H

#include "lib/defs.h"

struct str {
	const char *at;
	size_t len;
};

#define STR(literal) ((struct str) { .at = "" literal, .len = sizeof(literal) - 1 })
#define STR_EMPTY    ((struct str) { 0 })
/* For printf: printf("%.*s", STR_ARG(s)). */
#define STR_ARG(s) (int)(s).len, ((s).at ? (s).at : "")

struct str str_of(const char *text); /* NULL gives the empty text */
struct str str_range(const char *at, size_t len);
bool str_eq(struct str a, struct str b);
bool str_eq_c(struct str a, const char *b);
bool str_eq_nocase(struct str a, struct str b); /* ASCII only; see codec/fold.h for names of people */
int str_cmp(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
struct str str_trim(struct str s);                 /* ASCII white space at both ends */
struct str str_skip(struct str s, size_t n);       /* without the first n bytes */
ptrdiff_t str_find(struct str s, struct str part); /* -1: not there */
ptrdiff_t str_find_char(struct str s, char c);
/* Cuts *rest at the first `sep`: ret gets what stood before it. False once *rest is used up. */
bool str_split(struct str *rest, char sep, struct str *ret_part);
bool str_to_i64(struct str s, int64_t *ret); /* the whole text, decimal; false on anything else */
bool str_to_double(struct str s, double *ret);
uint64_t str_hash(struct str s); /* FNV-1a, 64 bit; for maps, never for secrets */

#endif

/* unit: what every test program here includes, in the order that cmocka wants. */
#ifndef SUTURE_TESTS_UNIT_H
#define SUTURE_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"

/* Equal as bytes; prints both when they are not. */
#define assert_str(actual, expected)                                                            \
	do {                                                                                    \
		struct str actual_ = (actual), expected_ = (expected);                          \
		if (!str_eq(actual_, expected_))                                                \
			fail_msg("'%.*s' is not '%.*s'", STR_ARG(actual_), STR_ARG(expected_)); \
	} while (0)

#define assert_text(actual, literal) assert_str(actual, str_of(literal))
#define assert_ok(call, err)                        \
	do {                                        \
		if ((call) != 0)                    \
			fail_msg("%s", (err).text); \
	} while (0)

/* A copy that ends where its memory ends, so that the address sanitizer sees every step too far. */
static inline struct str exact_copy(struct str text)
{
	char *copy = malloc(text.len ? text.len : 1);

	assert_non_null(copy);
	if (text.len)
		memcpy(copy, text.at, text.len);
	return str_range(copy, text.len);
}

#endif

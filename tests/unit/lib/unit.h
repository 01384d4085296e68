/* unit: what every test program here includes, in the order that cmocka wants. */
#ifndef SUTURE_TESTS_UNIT_H
#define SUTURE_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/str.h"

/* Equal as bytes; prints both when they are not. */
#define assert_str(actual, expected)                                                            \
	do {                                                                                    \
		struct str actual_ = (actual), expected_ = (expected);                          \
		if (!str_eq(actual_, expected_))                                                \
			fail_msg("'%.*s' is not '%.*s'", STR_ARG(actual_), STR_ARG(expected_)); \
	} while (0)

#define assert_text(actual, literal) assert_str(actual, str_of(literal))

#endif

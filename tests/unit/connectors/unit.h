/* What every cmocka program of this folder includes first. */
#ifndef SUTURE_TESTS_CONNECTORS_UNIT_H
#define SUTURE_TESTS_CONNECTORS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "connectors/connector.h"

#define ARENA SCOPED(arena) struct arena arena = ARENA_INIT

#define assert_str(actual, expected)                                        \
	do {                                                                \
		SCOPED(arena) struct arena texts_ = ARENA_INIT;             \
		assert_string_equal(arena_text(&texts_, actual), expected); \
	} while (0)
#define assert_ok(call)                                      \
	do {                                                 \
		int code_ = (call);                          \
		if (code_ != 0)                              \
			fail_msg("%s: %s", #call, err.text); \
	} while (0)
#define assert_holds(text, part)                                                    \
	do {                                                                        \
		if (str_find(text, str_of(part)) < 0)                               \
			fail_msg("'%.*s' does not hold '%s'", STR_ARG(text), part); \
	} while (0)
#define assert_err(call, wanted, part)                \
	do {                                          \
		err = (struct err)ERR_INIT;           \
		assert_int_equal((call), wanted);     \
		assert_holds(str_of(err.text), part); \
	} while (0)

#endif

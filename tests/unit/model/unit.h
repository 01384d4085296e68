/* unit: what every cmocka program here includes, in the order that cmocka wants, and a random source that repeats itself. */
#ifndef SUTURE_TESTS_UNIT_H
#define SUTURE_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "codec/yaml.h"
#include "model/mapping.h"

#define assert_ok(call, err)                        \
	do {                                        \
		if ((call) != 0)                    \
			fail_msg("%s", (err).text); \
	} while (0)

static inline struct value text_value(const char *text)
{
	return text ? (struct value) { VALUE_TEXT, str_of(text) } : VALUE_NOTHING;
}

/* xorshift; below `limit`. The same numbers in every run: a failure can be repeated. */
static inline size_t random_below(uint64_t *state, size_t limit)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (size_t)(*state % limit);
}

#endif

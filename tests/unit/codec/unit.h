/* unit: what every test program here includes, in the order that cmocka wants. */
#ifndef SUTURE_TESTS_CODEC_UNIT_H
#define SUTURE_TESTS_CODEC_UNIT_H

#include "../lib/unit.h"

#include <stdlib.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"

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

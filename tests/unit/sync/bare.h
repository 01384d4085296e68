/* bare: an engine that is a store and nothing else, for tests of one table. Included by each program. */
#ifndef SUTURE_TESTS_SYNC_BARE_H
#define SUTURE_TESTS_SYNC_BARE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../test_store.h"
#include "lib/clock.h"
#include "sync/sync.h"

struct bare {
	struct engine engine;
	struct arena arena;
};

static inline void bare_open(struct bare *b)
{
	struct err err = ERR_INIT;

	*b = (struct bare) { .engine.who = "test" };
	if (store_open(test_store_url(&b->arena, TEST_STORE_ONCE), &b->engine.store, &err) < 0)
		fail_msg("%s", err.text);
}

static inline void bare_close(struct bare *b)
{
	store_close(&b->engine.store);
	test_store_forget(TEST_STORE_ONCE);
	arena_release(&b->arena);
	clock_fix(0);
}

static inline void bare_write(struct bare *b, store_fn fn, void *context)
{
	struct err err = ERR_INIT;

	if (store_write(b->engine.store, RELAXED, fn, context, &err) < 0)
		fail_msg("%s", err.text);
}

/* The code with which it fails. */
static inline int bare_refused(struct bare *b, store_fn fn, void *context)
{
	struct err err = ERR_INIT;

	return store_write(b->engine.store, RELAXED, fn, context, &err);
}

static inline int64_t bare_ms(const char *text)
{
	int64_t ms = 0;

	if (!clock_parse(str_of(text), &ms))
		fail_msg("'%s' is no time", text);
	return ms;
}

#define assert_str(actual, literal)                                                              \
	do {                                                                                     \
		struct str actual_ = (actual);                                                   \
		if (!str_eq_c(actual_, literal))                                                 \
			fail_msg("'%.*s' is not '%s'", STR_ARG(actual_), (const char *)literal); \
	} while (0)

#endif

/* house: an access over a store in memory, with passwords that cost next to nothing. Included by each program. */
#ifndef SUTURE_TESTS_ACCESS_HOUSE_H
#define SUTURE_TESTS_ACCESS_HOUSE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../test_store.h"
#include "access/access.h"
#include "access/session.h"
#include "access/throttle.h"
#include "access/token.h"
#include "lib/clock.h"
#include "sync/audit.h"

#define HOME      STR("192.0.2.7")
#define ELSEWHERE STR("198.51.100.9")
#define GOOD      STR("copper violin under rain")
#define OTHER     STR("seven kettles at dawn")
static const int64_t noon = 1792238400000; /* 2026-10-17T12:00:00Z */

struct house {
	struct engine engine;
	struct arena arena;
	struct access *access;
	struct err err;
};

#define FINE(call)                                              \
	do {                                                    \
		h->err = (struct err)ERR_INIT;                  \
		if ((call) < 0)                                 \
			fail_msg("%s: %s", #call, h->err.text); \
	} while (0)
#define REFUSED(call, expected)                            \
	do {                                               \
		h->err = (struct err)ERR_INIT;             \
		assert_int_equal((call), (expected));      \
		assert_int_equal(h->err.code, (expected)); \
	} while (0)

static inline void house_open(struct house *h)
{
	const struct access_options options = { .cost = { .passes = 1, .memory = 8192 } };

	*h = (struct house) { .engine.who = "test" };
	FINE(store_open(test_store_url(&h->arena, TEST_STORE_ONCE), &h->engine.store, &h->err));
	FINE(keyring_open(keyring_generate(&h->arena), &h->engine.keys, &h->err));
	FINE(access_open(&h->engine, &options, &h->access, &h->err));
	clock_fix(noon);
}

static inline void house_close(struct house *h)
{
	access_close(&h->access);
	store_close(&h->engine.store);
	test_store_forget(TEST_STORE_ONCE);
	keyring_free(&h->engine.keys);
	arena_release(&h->arena);
	clock_fix(0);
}

static inline struct account house_add(struct house *h, struct str name, enum role role)
{
	struct account_new fresh = { .name = name, .role = role };
	struct account account;
	struct str code;

	FINE(access_hash_password(h->access, &h->arena, GOOD, name, &fresh.password, &h->err));
	FINE(account_add(&h->engine, &h->arena, &fresh, &account, &code, &h->err));
	assert_int_equal(code.len, 0);
	return account;
}

static inline int house_try(struct house *h, struct str name, struct str password, struct str peer,
                            struct signed_in *ret)
{
	const struct sign_in asked = { .name = name, .password = password, .peer = peer, .agent = STR("test") };

	h->err = (struct err)ERR_INIT;
	return access_sign_in(h->access, &h->arena, &asked, ret, &h->err);
}

static inline struct signed_in house_sign_in(struct house *h, struct str name)
{
	struct signed_in in;

	if (house_try(h, name, GOOD, HOME, &in) < 0)
		fail_msg("%s", h->err.text);
	return in;
}

static inline int house_check(struct house *h, struct str cookie, struct person *ret)
{
	h->err = (struct err)ERR_INIT;
	return access_check(h->access, &h->arena, cookie, STR_EMPTY, HOME, ret, &h->err);
}

/* Does the audit trail hold this action, of this subject, by this person? */
static inline bool house_noted(struct house *h, const char *who, const char *action, const char *subject)
{
	struct audit_entry *all;
	size_t count;

	FINE(audit_list(&h->engine, &h->arena, 0, 1000, &all, &count, &h->err));
	for (size_t i = 0; i < count; i++) {
		if (str_eq_c(all[i].who, who) && str_eq_c(all[i].action, action) && str_eq_c(all[i].subject, subject))
			return true;
	}
	return false;
}

#define assert_str(actual, literal)                                                              \
	do {                                                                                     \
		struct str actual_ = (actual);                                                   \
		if (!str_eq_c(actual_, literal))                                                 \
			fail_msg("'%.*s' is not '%s'", STR_ARG(actual_), (const char *)literal); \
	} while (0)

#endif

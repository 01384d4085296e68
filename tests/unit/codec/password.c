/* Hashes of passwords. */
#include "unit.h"

#include "codec/password.h"

static const struct password_cost cheap = { .passes = 1, .memory = 8192 }, dearer = { .passes = 2, .memory = 16384 };

static void test_fits(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct str one, other;

	assert_int_equal(password_hash(&arena, STR("a\0b"), &cheap, &one, &err), 0);
	assert_int_equal(password_hash(&arena, STR("a\0b"), &cheap, &other, &err), 0);
	assert_false(str_eq(one, other));
	assert_true(str_starts(one, STR("$argon2id$v=19$m=8,t=1,p=1$")));
	assert_true(password_fits(one, STR("a\0b")));
	assert_false(password_fits(one, STR("a")));
	assert_false(password_fits(one, STR_EMPTY));
	assert_false(password_fits(STR_EMPTY, STR_EMPTY));
	assert_false(password_fits(STR("a\0b"), STR("a\0b")));
}

static void test_outdated(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct password_cost usual = { 0 };
	struct err err = ERR_INIT;
	struct str hash;

	assert_int_equal(password_hash(&arena, STR("x"), &cheap, &hash, &err), 0);
	assert_false(password_outdated(hash, &cheap));
	assert_true(password_outdated(hash, &dearer));
	assert_true(password_outdated(hash, &usual));
	assert_false(password_outdated(STR_EMPTY, &usual));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_fits), cmocka_unit_test(test_outdated) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

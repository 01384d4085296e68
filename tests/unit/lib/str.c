#include "unit.h"

static void test_equality(void **state UNUSED)
{
	assert_true(str_eq(STR_EMPTY, STR("")));
	assert_true(str_eq(STR("a\0b"), STR("a\0b")));
	assert_false(str_eq(STR("a\0b"), STR("a\0c")));
	assert_false(str_eq(STR("a"), STR("ab")));
	assert_true(str_eq_c(STR("abc"), "abc"));
	assert_false(str_eq_c(STR("abc"), NULL));
	assert_true(str_eq_nocase(STR("Content-Type"), STR("content-TYPE")));
	assert_false(str_eq_nocase(STR("a"), STR("b")));
	assert_int_equal(str_of(NULL).len, 0);
}

static void test_order(void **state UNUSED)
{
	assert_true(str_cmp(STR("a"), STR("b")) < 0);
	assert_true(str_cmp(STR("b"), STR("a")) > 0);
	assert_true(str_cmp(STR("a"), STR("ab")) < 0);
	assert_true(str_cmp(STR("ab"), STR("a")) > 0);
	assert_int_equal(str_cmp(STR("ab"), STR("ab")), 0);
	assert_int_equal(str_cmp(STR_EMPTY, STR("")), 0);
	assert_true(str_cmp(STR("\xff"), STR("a")) > 0);
}

static void test_parts(void **state UNUSED)
{
	assert_true(str_starts(STR("abc"), STR("ab")));
	assert_true(str_starts(STR("abc"), STR_EMPTY));
	assert_false(str_starts(STR("a"), STR("ab")));
	assert_true(str_ends(STR("abc"), STR("bc")));
	assert_false(str_ends(STR("c"), STR("bc")));
	assert_int_equal(str_find(STR("abcabc"), STR("ca")), 2);
	assert_int_equal(str_find(STR("abc"), STR("x")), -1);
	assert_int_equal(str_find(STR("a"), STR("aa")), -1);
	assert_int_equal(str_find(STR_EMPTY, STR_EMPTY), 0);
	assert_int_equal(str_find_char(STR("abc"), 'c'), 2);
	assert_int_equal(str_find_char(STR_EMPTY, 'c'), -1);
	assert_text(str_skip(STR("abc"), 1), "bc");
	assert_int_equal(str_skip(STR("abc"), 9).len, 0);
	assert_int_equal(str_skip(STR_EMPTY, 1).len, 0);
}

static void test_trim(void **state UNUSED)
{
	assert_text(str_trim(STR(" \t\r\n\v\fa b\n ")), "a b");
	assert_int_equal(str_trim(STR("  ")).len, 0);
	assert_int_equal(str_trim(STR_EMPTY).len, 0);
}

static void assert_split(const char *text, const char *const *expected)
{
	struct str rest = str_of(text), part;

	for (; *expected; expected++) {
		assert_true(str_split(&rest, ',', &part));
		assert_text(part, *expected);
	}
	assert_false(str_split(&rest, ',', &part));
}

static void test_split(void **state UNUSED)
{
	assert_split("a,b", (const char *const[]) { "a", "b", NULL });
	assert_split("a", (const char *const[]) { "a", NULL });
	assert_split(",a,,", (const char *const[]) { "", "a", "", "", NULL });
	assert_split("", (const char *const[]) { "", NULL });
}

static void test_split_of_nothing(void **state UNUSED)
{
	struct str rest = STR_EMPTY, part;

	assert_false(str_split(&rest, ',', &part));
}

static void test_whole_numbers(void **state UNUSED)
{
	static const struct str bad[] = { { "", 0 },
		                          { " 1", 2 },
		                          { "1 ", 2 },
		                          { "1x", 2 },
		                          { "x", 1 },
		                          { "1.0", 3 },
		                          { "0x10", 4 },
		                          { "9223372036854775808", 19 },
		                          { "1\0", 2 },
		                          { "-", 1 },
		                          { "111111111111111111111111111", 27 } };
	int64_t value = 0;

	assert_true(str_to_i64(STR("-9223372036854775808"), &value));
	assert_true(value == INT64_MIN);
	assert_true(str_to_i64(STR("0042"), &value));
	assert_int_equal(value, 42);
	/* The text ends where it says, not at a NUL. */
	assert_true(str_to_i64(str_range("123456", 3), &value));
	assert_int_equal(value, 123);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (str_to_i64(bad[i], &value))
			fail_msg("accepted: %s", bad[i].at);
	}
}

static void test_fractions(void **state UNUSED)
{
	static const struct str bad[] = { { "", 0 },      { " 1", 2 },    { "1 ", 2 },    { "nan", 3 }, { "inf", 3 },
		                          { "0x1p3", 5 }, { "1e999", 5 }, { "1.5.2", 5 }, { "1\0", 2 }, { "1,5", 3 } };
	double value = 0;

	assert_true(str_to_double(STR("-1.25e2"), &value));
	assert_true(value == -125.0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (str_to_double(bad[i], &value))
			fail_msg("accepted: %s", bad[i].at);
	}
}

/* Vectors of FNV-1a. */
static void test_hash(void **state UNUSED)
{
	assert_true(str_hash(STR("")) == 0xcbf29ce484222325u);
	assert_true(str_hash(STR("a")) == 0xaf63dc4c8601ec8cu);
	assert_true(str_hash(STR("foobar")) == 0x85944171f73967e8u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equality),      cmocka_unit_test(test_order),
		cmocka_unit_test(test_parts),         cmocka_unit_test(test_trim),
		cmocka_unit_test(test_split),         cmocka_unit_test(test_split_of_nothing),
		cmocka_unit_test(test_whole_numbers), cmocka_unit_test(test_fractions),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

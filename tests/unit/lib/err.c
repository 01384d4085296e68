#include "unit.h"

#include "lib/err.h"

#include <errno.h>

static void test_set_and_wrap(void **state UNUSED)
{
	struct err err = ERR_INIT;

	assert_int_equal(err_set(&err, ERR_CONFIG, "line %d: unknown key '%s'", 12, "colour"), ERR_CONFIG);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_int_equal(err_wrap(&err, "open %s", "x.yaml"), ERR_CONFIG);
	assert_string_equal(err.text, "open x.yaml: line 12: unknown key 'colour'");
	assert_true(ERR_CONFIG < 0);
}

/* A sentence that is too long is cut, and shows that it is. */
static void test_long_texts_are_cut(void **state UNUSED)
{
	struct err err = ERR_INIT;

	err_set(&err, ERR_DATA, "%02000d", 7);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	err_wrap(&err, "%s", "around it");
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_true(str_starts(str_of(err.text), STR("around it: 000")));
	assert_true(str_ends(str_of(err.text), STR("...")));
}

static void test_errno(void **state UNUSED)
{
	struct err err = ERR_INIT;

	errno = ENOENT;
	assert_int_equal(err_errno(&err, "open %s", "x"), ERR_SYSTEM);
	assert_string_equal(err.text, "open x: No such file or directory");
	errno = ENOSPC;
	assert_int_equal(err_errno(&err, "write"), ERR_DISK_FULL);
}

/* Names are what --json shows: each stands for one code. */
static void test_every_code_has_a_name(void **state UNUSED)
{
	static const enum err_code codes[] = {
#define CODE(code, class, name, text) code,
		ERR_LIST(CODE)
#undef CODE
	};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		assert_int_equal(codes[i], -(int)(i + 1));
		assert_true(strlen(err_meaning(codes[i])) > 5);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(err_name(codes[i]), err_name(codes[j]));
	}
}

static void test_classes(void **state UNUSED)
{
	assert_int_equal(err_class_of(ERR_TIMEOUT), ERR_CLASS_RETRY);
	assert_int_equal(err_class_of(ERR_PARSE), ERR_CLASS_REFUSED);
	assert_int_equal(err_class_of(ERR_KEY), ERR_CLASS_PERSON);
	assert_int_equal(err_class_of(ERR_BUG), ERR_CLASS_BUG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_and_wrap), cmocka_unit_test(test_long_texts_are_cut),
		cmocka_unit_test(test_errno),        cmocka_unit_test(test_every_code_has_a_name),
		cmocka_unit_test(test_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

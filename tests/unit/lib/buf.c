#include "unit.h"

#include "lib/buf.h"

static void test_grows(void **state UNUSED)
{
	SCOPED(buf) struct buf b = BUF_INIT(1 << 20);

	assert_string_equal(buf_text(&b), "");
	assert_int_equal(buf_str(&b).len, 0);
	for (int i = 0; i < 10000; i++)
		buf_add_char(&b, (char)('a' + i % 26));
	assert_int_equal(b.len, 10000);
	for (size_t i = 0; i < b.len; i++)
		assert_int_equal(b.at[i], 'a' + (int)i % 26);
	assert_int_equal(b.at[b.len], '\0');
	assert_true(b.cap < 40000);
}

static void test_adds(void **state UNUSED)
{
	SCOPED(buf) struct buf b = BUF_INIT(100);

	buf_add(&b, STR("a\0b"));
	buf_add(&b, STR_EMPTY);
	buf_add_c(&b, "c");
	buf_add_c(&b, NULL);
	buf_add_bytes(&b, "de", 2);
	buf_printf(&b, "%d%s", 12, "f");
	assert_str(buf_str(&b), STR("a\0bcde12f"));
}

/* What does not fit is left out whole, and so is all that follows: a cut text must not pass for a complete one. */
static void test_maximum(void **state UNUSED)
{
	SCOPED(buf) struct buf b = BUF_INIT(5);

	buf_add_c(&b, "abc");
	assert_true(buf_ok(&b));
	buf_add_c(&b, "defg");
	assert_false(buf_ok(&b));
	buf_add_c(&b, "x");
	buf_printf(&b, "y");
	buf_add_char(&b, 'z');
	assert_text(buf_str(&b), "abc");
	buf_clear(&b);
	assert_true(buf_ok(&b));
	buf_add_c(&b, "12345");
	assert_true(buf_ok(&b));
	assert_text(buf_str(&b), "12345");
	buf_printf(&b, "%s", "");
	assert_true(buf_ok(&b));
}

static void test_room(void **state UNUSED)
{
	SCOPED(buf) struct buf b = BUF_INIT(10);
	char *room = buf_room(&b, 8);

	assert_non_null(room);
	memcpy(room, "12345678", 8);
	buf_grew(&b, 4);
	assert_string_equal(buf_text(&b), "1234");
	assert_null(buf_room(&b, 7));
	assert_false(buf_ok(&b));
}

static void test_release_keeps_the_maximum(void **state UNUSED)
{
	struct buf b;

	buf_init(&b, 3);
	buf_add_c(&b, "abc");
	buf_release(&b);
	assert_null(b.at);
	buf_add_c(&b, "abcd");
	assert_false(buf_ok(&b));
	buf_release(&b);
}

static void test_clear_keeps_the_memory(void **state UNUSED)
{
	SCOPED(buf) struct buf b = BUF_INIT(1000);
	const char *at;

	buf_add_c(&b, "abc");
	at = b.at;
	buf_clear(&b);
	assert_string_equal(buf_text(&b), "");
	buf_add_c(&b, "def");
	assert_ptr_equal(b.at, at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_adds),
		cmocka_unit_test(test_maximum),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_release_keeps_the_maximum),
		cmocka_unit_test(test_clear_keeps_the_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

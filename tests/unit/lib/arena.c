#include "unit.h"

#include "lib/arena.h"

static void test_memory_is_zeroed_aligned_and_apart(void **state UNUSED)
{
	SCOPED(arena) struct arena a = ARENA_INIT;
	char *all[500];

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		size_t size = 1 + i * 7 % 300;

		arena_alloc_bytes(&a, i % 5);
		all[i] = arena_alloc(&a, size);
		assert_int_equal((uintptr_t)all[i] % _Alignof(max_align_t), 0);
		for (size_t n = 0; n < size; n++)
			assert_int_equal(all[i][n], 0);
		memset(all[i], (int)(i % 251) + 1, size);
	}
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		for (size_t n = 0; n < 1 + i * 7 % 300; n++)
			assert_int_equal((unsigned char)all[i][n], i % 251 + 1);
	}
}

static void test_large_pieces(void **state UNUSED)
{
	SCOPED(arena) struct arena a = ARENA_INIT;
	char *small = arena_alloc(&a, 10), *large = arena_alloc(&a, 5 << 20), *next = arena_alloc(&a, 10);

	memset(large, 1, 5 << 20);
	assert_int_equal(small[9] + next[0], 0);
	assert_true(a.used >= (5 << 20) + 20);
}

static void test_texts(void **state UNUSED)
{
	SCOPED(arena) struct arena a = ARENA_INIT;
	char source[] = "abc";
	struct str copy = arena_str(&a, str_range(source, 2));
	struct str long_text = arena_printf(&a, "%0500d|%s", 7, "end");

	source[0] = 'x';
	assert_string_equal(copy.at, "ab");
	assert_int_equal(copy.len, 2);
	assert_string_equal(arena_text(&a, STR_EMPTY), "");
	assert_int_equal(long_text.len, 504);
	assert_true(str_ends(long_text, STR("7|end")));
	assert_int_equal(arena_printf(&a, "%s", "").len, 0);
}

struct order {
	int *at;
	int number;
};

static void note(void *context)
{
	const struct order *order = context;

	*order->at = *order->at * 10 + order->number;
}

static void test_hooks_run_last_first_and_once(void **state UNUSED)
{
	struct arena a = ARENA_INIT;
	int seen = 0;
	struct order one = { &seen, 1 }, two = { &seen, 2 };

	arena_on_release(&a, note, &one);
	arena_on_release(&a, note, &two);
	arena_reset(&a);
	assert_int_equal(seen, 21);
	arena_reset(&a);
	assert_int_equal(seen, 21);
	arena_on_release(&a, note, &one);
	arena_release(&a);
	assert_int_equal(seen, 211);
	arena_release(&a);
	assert_int_equal(seen, 211);
}

static void test_reset_keeps_a_block(void **state UNUSED)
{
	SCOPED(arena) struct arena a = ARENA_INIT;
	const void *first;

	arena_alloc(&a, 100000);
	arena_reset(&a);
	assert_int_equal(a.used, 0);
	first = arena_alloc(&a, 50000);
	arena_reset(&a);
	assert_ptr_equal(arena_alloc(&a, 50000), first);
}

static void test_scoped_release_runs(void **state UNUSED)
{
	int seen = 0;
	struct order one = { &seen, 1 };

	{
		SCOPED(arena) struct arena a = ARENA_INIT;

		arena_on_release(&a, note, &one);
	}
	assert_int_equal(seen, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_is_zeroed_aligned_and_apart),
		cmocka_unit_test(test_large_pieces),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_hooks_run_last_first_and_once),
		cmocka_unit_test(test_reset_keeps_a_block),
		cmocka_unit_test(test_scoped_release_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

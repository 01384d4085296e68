#include "unit.h"

#include "lib/map.h"

static void test_put_and_get(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct map map = MAP_INIT(&arena);
	int one = 1, two = 2;

	assert_null(map_get(&map, STR("a")));
	map_put(&map, STR("a"), &one);
	map_put(&map, STR(""), &two);
	map_put(&map, STR("a\0b"), &two);
	assert_ptr_equal(map_get(&map, STR("a")), &one);
	assert_ptr_equal(map_get(&map, STR_EMPTY), &two);
	assert_ptr_equal(map_get(&map, STR("a\0b")), &two);
	assert_null(map_get(&map, STR("b")));
	map_put(&map, STR("a"), &two);
	assert_ptr_equal(map_get(&map, STR("a")), &two);
	assert_int_equal(map.count, 3);
}

static void test_many_in_order(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct map map = MAP_INIT(&arena);
	uintptr_t n = 0;

	for (uintptr_t i = 1; i <= 20000; i++)
		map_put(&map, arena_printf(&arena, "key%lu", (unsigned long)i), (void *)i);
	for (uintptr_t i = 1; i <= 20000; i++)
		assert_ptr_equal(map_get(&map, arena_printf(&arena, "key%lu", (unsigned long)i)), (void *)i);
	MAP_EACH (&map, entry)
		assert_ptr_equal(entry->value, (void *)++n);
	assert_int_equal(n, 20000);
	assert_int_equal(map.count, 20000);
	assert_true(map.bucket_count >= map.count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_and_get),
		cmocka_unit_test(test_many_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

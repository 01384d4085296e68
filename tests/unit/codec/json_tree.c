/* Look-ups, changes, copies, equality and the two writers. */
#include "unit.h"

#include <time.h>

#include "codec/json.h"
#include "lib/limits.h"

static struct json *parsed(struct arena *arena, const char *text)
{
	struct err err = ERR_INIT;
	struct json *j = NULL;

	assert_ok(json_parse(arena, str_of(text), &j, &err), err);
	return j;
}

static void assert_written(const struct json *j, const char *expected)
{
	SCOPED(buf) struct buf out = BUF_INIT(1 << 20);

	json_write(&out, j);
	assert_text(buf_str(&out), expected);
}

static void test_look_ups(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct json *j = parsed(&arena, "{\"a\":{\"b\":{\"c\":\"deep\"}},\"n\":12,\"t\":true,\"z\":null,\"l\":[1,2]}");

	assert_text(json_text(json_walk(j, "a.b.c")), "deep");
	assert_null(json_walk(j, "a.x.c"));
	assert_null(json_walk(j, "n.b"));
	assert_text(json_get_text(j, "n"), "12");
	assert_true(json_bool(json_get(j, "t"), false));
	assert_true(json_bool(json_get(j, "n"), true));
	assert_true(json_is_null(json_get(j, "z")));
	assert_true(json_is_null(json_get(j, "absent")));
	assert_false(json_is_null(j));
	assert_int_equal(json_int(json_at(json_get(j, "l"), 1), 0), 2);
	assert_null(json_at(json_get(j, "l"), 2));
	assert_null(json_at(j, 0));
}

static void test_look_ups_in_nothing(void **state UNUSED)
{
	assert_null(json_get(NULL, "a"));
	assert_null(json_at(NULL, 0));
	assert_null(json_walk(NULL, "a.b"));
	assert_int_equal(json_text(NULL).len, 0);
	assert_int_equal(json_int(NULL, 5), 5);
	assert_true(json_bool(NULL, true));
	JSON_EACH ((struct json *)NULL, child)
		fail_msg("a child of nothing: %p", (void *)child);
}

static void test_is_number(void **state UNUSED)
{
	assert_true(json_is_number(STR("-1.5e+3")));
	assert_false(json_is_number(STR("")));
	assert_false(json_is_number(STR("1 ")));
	assert_false(json_is_number(STR("01")));
	assert_false(json_is_number(STR("0x1")));
}

/* R2: what nobody changed is copied byte for byte; what contains a change is not. */
static void test_r2_untouched_text_is_copied(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct json *j = parsed(&arena, "{ \"a\" : { \"x\" : 1.50 } , \"b\" : [ {\"y\": \"\\u0041\"} ] }");

	assert_written(j, "{ \"a\" : { \"x\" : 1.50 } , \"b\" : [ {\"y\": \"\\u0041\"} ] }");
	json_set(json_get(j, "a"), STR("z"), json_new_int(&arena, 7));
	assert_written(j, "{\"a\":{\"x\":1.50,\"z\":7},\"b\":[ {\"y\": \"\\u0041\"} ]}");
	json_set(json_at(json_get(j, "b"), 0), STR("y"), json_new_text(&arena, STR("B")));
	assert_written(j, "{\"a\":{\"x\":1.50,\"z\":7},\"b\":[{\"y\":\"B\"}]}");
}

static void test_a_deep_change_reaches_the_top(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct json *j = parsed(&arena, "[[[{\"a\":[1]}]]]");
	struct json *inner = json_get(json_at(json_at(json_at(j, 0), 0), 0), "a");

	json_append(inner, json_new_int(&arena, 2));
	assert_written(j, "[[[{\"a\":[1,2]}]]]");
	assert_true(json_remove(inner->parent, STR("a")));
	assert_written(j, "[[[{}]]]");
	assert_false(json_remove(json_at(json_at(json_at(j, 0), 0), 0), STR("a")));
}

/* A record cut out of a page keeps its bytes in the new place. */
static void test_parsed_inside_built(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct json *page = parsed(&arena, "[{\"id\": 1.0}]"), *made = json_new(&arena, JSON_OBJECT);
	struct json *copy = json_copy(&arena, json_at(page, 0));

	json_set(made, STR("record"), copy);
	assert_written(made, "{\"record\":{\"id\": 1.0}}");
	json_set(copy, STR("id"), json_new_bool(&arena, true));
	assert_written(made, "{\"record\":{\"id\":true}}");
	assert_written(page, "[{\"id\": 1.0}]");
}

static void test_set_replaces_in_place(void **state UNUSED)
{
	static const char *const keys[] = { "a", "b", "c" };
	static const char *const expected[] = { "{\"a\":9,\"b\":2,\"c\":3}", "{\"a\":1,\"b\":9,\"c\":3}",
		                                "{\"a\":1,\"b\":2,\"c\":9}" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		struct json *j = parsed(&arena, "{\"a\":1,\"b\":2,\"c\":3}");

		json_set(j, str_of(keys[i]), json_new_int(&arena, 9));
		assert_written(j, expected[i]);
		assert_int_equal(j->count, 3);
		json_add(j, STR("d"), json_new(&arena, JSON_NULL));
		assert_ptr_equal(j->last, json_get(j, "d"));
		assert_int_equal(j->count, 4);
	}
}

static void test_remove_first_middle_last(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct json *j = parsed(&arena, "{\"a\":1,\"b\":2,\"c\":3}"), *b = json_get(j, "b");

	assert_true(json_remove(j, STR("c")));
	assert_ptr_equal(j->last, b);
	assert_true(json_remove(j, STR("a")));
	assert_ptr_equal(j->first, b);
	assert_true(json_remove(j, STR("b")));
	assert_null(j->first);
	assert_null(j->last);
	assert_null(b->parent);
	assert_written(j, "{}");
	json_set(j, STR("again"), b);
	assert_written(j, "{\"again\":2}");
}

static void test_keys_that_stand_twice(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct json *j = parsed(&arena, "{\"a\":1,\"b\":2,\"a\":3}");

	assert_int_equal(json_int(json_get(j, "a"), 0), 3);
	json_set(j, STR("a"), json_new_int(&arena, 4));
	assert_written(j, "{\"b\":2,\"a\":4}");
	j = parsed(&arena, "{\"a\":1,\"b\":2,\"a\":3}");
	assert_true(json_remove(j, STR("a")));
	assert_written(j, "{\"b\":2}");
}

static void test_copy_is_deep(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct json *j = parsed(&arena, "{\"a\":[1,{\"b\":[]},[2,3]],\"c\":\"x\"}"), *copy = json_copy(&arena, j);

	assert_true(json_equal(j, copy));
	json_append(json_get(copy, "a"), json_new(&arena, JSON_NULL));
	assert_written(copy, "{\"a\":[1,{\"b\":[]},[2,3],null],\"c\":\"x\"}");
	assert_written(j, "{\"a\":[1,{\"b\":[]},[2,3]],\"c\":\"x\"}");
	copy = json_copy(&arena, json_get(j, "a"));
	assert_null(copy->next);
	assert_null(copy->parent);
	assert_written(copy, "[1,{\"b\":[]},[2,3]]");
	assert_null(json_copy(&arena, NULL));
}

static void test_equality(void **state UNUSED)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} cases[] = {
		{ "{\"a\":1,\"b\":2}", "{ \"b\":2, \"a\":1 }", true },
		{ "{\"a\":1}", "{\"a\":1,\"b\":2}", false },
		{ "{\"a\":1,\"b\":2}", "{\"a\":1,\"c\":2}", false },
		{ "1.0", "1.00", false },
		{ "\"\\u0041\"", "\"A\"", true },
		{ "[1,2]", "[2,1]", false },
		{ "[1]", "[1,1]", false },
		{ "[[],{}]", "[[],{}]", true },
		{ "1", "\"1\"", false },
		{ "{\"a\":1,\"a\":2}", "{\"a\":2}", true },
		{ "{\"a\":2,\"a\":1}", "{\"a\":2}", false },
		{ "{\"a\":{\"x\":1,\"y\":[{}]}}", "{\"a\":{\"y\":[{}],\"x\":1}}", true },
	};
	SCOPED(arena) struct arena arena = ARENA_INIT;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (json_equal(parsed(&arena, cases[i].a), parsed(&arena, cases[i].b)) != cases[i].equal)
			fail_msg("%s against %s", cases[i].a, cases[i].b);
	}
	assert_true(json_equal(NULL, NULL));
	assert_false(json_equal(NULL, parsed(&arena, "null")));
}

static void test_equality_of_large_objects_stays_fast(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct json *up = json_new(&arena, JSON_OBJECT), *down = json_new(&arena, JSON_OBJECT);
	const clock_t start = clock(); /* of our own: others do not count */

	for (int i = 0; i < 100000; i++) {
		json_add(up, arena_printf(&arena, "%d", i), json_new_int(&arena, i));
		json_add(down, arena_printf(&arena, "%d", 99999 - i), json_new_int(&arena, 99999 - i));
	}
	assert_true(json_equal(up, down));
	assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
}

static void test_strings_are_escaped(void **state UNUSED)
{
	SCOPED(buf) struct buf out = BUF_INIT(1 << 20);

	json_write_string(&out, STR("a\"\\/\b\f\n\r\t\0\x1f\x7f\xc3\xa9\xf0\x9f\x98\x80"));
	assert_text(buf_str(&out), "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\xc3\xa9\xf0\x9f\x98\x80\"");
	buf_clear(&out);
	json_write_string(&out, STR("x\xff\xc3y\xe2\x82"));
	assert_text(buf_str(&out), "\"x\xef\xbf\xbd\xef\xbf\xbdy\xef\xbf\xbd\xef\xbf\xbd\"");
	buf_clear(&out);
	json_write_string(&out, STR_EMPTY);
	assert_text(buf_str(&out), "\"\"");
}

/* Every byte and every plane comes back as it was. */
static void test_strings_come_back(void **state UNUSED)
{
	static const char *const texts[] = { "\x01\x02\x1e\x1f", "\x7f\xc2\x80",         "\xed\x9f\xbf\xee\x80\x80",
		                             "\xf4\x8f\xbf\xbf", "12345678\"12345678\\", "\xe2\x80\xa8\xe2\x80\xa9" };
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf out = BUF_INIT(1 << 20);

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		buf_clear(&out);
		json_write_string(&out, str_of(texts[i]));
		assert_text(json_text(parsed(&arena, buf_text(&out))), texts[i]);
	}
}

static void test_a_full_buffer_is_told(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf out = BUF_INIT(8);

	json_write(&out, parsed(&arena, "{\"a\":\"longer than eight\"}"));
	assert_false(buf_ok(&out));
}

/* The writers do not recurse: a tree deeper than any stack allows is written all the same. */
static void test_deep_trees_are_written(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf out = BUF_INIT(1 << 20);
	struct json *top = json_new(&arena, JSON_ARRAY), *at = top;

	for (int i = 1; i < 200000; i++) {
		struct json *inner = json_new(&arena, JSON_ARRAY);

		json_append(at, inner);
		at = inner;
	}
	json_write(&out, json_copy(&arena, top));
	assert_int_equal(out.len, 400000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_look_ups),
		cmocka_unit_test(test_look_ups_in_nothing),
		cmocka_unit_test(test_is_number),
		cmocka_unit_test(test_r2_untouched_text_is_copied),
		cmocka_unit_test(test_a_deep_change_reaches_the_top),
		cmocka_unit_test(test_parsed_inside_built),
		cmocka_unit_test(test_set_replaces_in_place),
		cmocka_unit_test(test_remove_first_middle_last),
		cmocka_unit_test(test_keys_that_stand_twice),
		cmocka_unit_test(test_copy_is_deep),
		cmocka_unit_test(test_equality),
		cmocka_unit_test(test_equality_of_large_objects_stays_fast),
		cmocka_unit_test(test_strings_are_escaped),
		cmocka_unit_test(test_strings_come_back),
		cmocka_unit_test(test_a_full_buffer_is_told),
		cmocka_unit_test(test_deep_trees_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

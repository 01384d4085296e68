/* R3: one malformed record does not spoil its page. */
#include "unit.h"

#include <time.h>

#include "codec/json.h"

static void assert_items(const struct str *items, size_t count, const char *const *expected)
{
	size_t n = 0;

	while (expected[n])
		n++;
	assert_int_equal(count, n);
	for (size_t i = 0; i < n; i++)
		assert_text(items[i], expected[i]);
}

static const struct {
	const char *page;
	const char *expected[6];
} pages[] = {
	{ "[]", { NULL } },
	{ " [ \n ] ", { NULL } },
	{ "[1]", { "1" } },
	{ "[ {\"a\": [1,2]} , \"x,]\" ,null\n]", { "{\"a\": [1,2]}", "\"x,]\"", "null" } },
	{ "[\"\\\"\",\"\\\\\",\"]\"]", { "\"\\\"\"", "\"\\\\\"", "\"]\"" } },
	{ "[[[]],{\"a\":{\"b\":[]}}]", { "[[]]", "{\"a\":{\"b\":[]}}" } },
	/* Malformed records and their neighbours. */
	{ "[{\"a\":1},{\"a\":tru},{\"a\":3}]", { "{\"a\":1}", "{\"a\":tru}", "{\"a\":3}" } },
	{ "[{\"a\":\"x\ny\"},{\"a\":2}]", { "{\"a\":\"x\ny\"}", "{\"a\":2}" } },
	{ "[{\"a\":[1},{\"b\":2}]", { "{\"a\":[1}", "{\"b\":2}" } },
	{ "[{\"a\":1,},{\"b\":\"\xff\"},3]", { "{\"a\":1,}", "{\"b\":\"\xff\"}", "3" } },
	{ "[1,{\"a\":2]", { "1", "{\"a\":2" } },
	{ "[1,,2]", { "1", "", "2" } },
	{ "[1,]", { "1", "" } },
	{ "[,]", { "", "" } },
	{ "[},{\"a\":1}]", { "}", "{\"a\":1}" } },
};

static void test_pages(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		struct str page = exact_copy(str_of(pages[i].page)), *items;
		struct err err = ERR_INIT;
		size_t count;

		assert_ok(json_split_array(&arena, page, &items, &count, &err), err);
		assert_items(items, count, pages[i].expected);
		free((char *)page.at);
	}
}

static void test_no_page(void **state UNUSED)
{
	static const char *const texts[] = {
		"", " ", "{}", "1", "[", "[1", "[1,", "[\"a]", "[\"a\\\"]", "[1]2", "[[]"
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		struct str text = exact_copy(str_of(texts[i])), *items;
		struct err err = ERR_INIT;
		size_t count;

		if (json_split_array(&arena, text, &items, &count, &err) != ERR_PARSE)
			fail_msg("accepted: %s", texts[i]);
		free((char *)text.at);
	}
}

static void test_member(void **state UNUSED)
{
	static const char *const expected[] = { "{\"Id\":\"1\"}", "{\"Id\":}", "3", NULL };
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct str *items;
	size_t count;

	assert_ok(
	        json_split_member_array(&arena,
	                                STR("{\"totalSize\" : 3, \"x\":{\"records\":[9]}, \"s\":\"\\\"records\\\":[\", "
	                                    "\"records\" : [{\"Id\":\"1\"}, {\"Id\":} ,3], \"done\":true}"),
	                                "records", &items, &count, &err),
	        err);
	assert_items(items, count, expected);
}

static void test_member_is_not_there(void **state UNUSED)
{
	static const struct {
		const char *text;
		int code;
	} cases[] = {
		{ "{\"a\":[1]}", ERR_NOT_FOUND },
		{ "{}", ERR_NOT_FOUND },
		{ "{\"a\":{\"records\":[]}}", ERR_NOT_FOUND },
		{ "{\"records\":1}", ERR_PARSE },
		{ "[1]", ERR_PARSE },
		{ "", ERR_PARSE },
		{ "{\"records\":[1", ERR_PARSE },
		{ "{\"records\"", ERR_NOT_FOUND },
		{ "{\"a\":\"x", ERR_NOT_FOUND },
		{ "{\"", ERR_NOT_FOUND },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		struct str text = exact_copy(str_of(cases[i].text)), *items;
		struct err err = ERR_INIT;
		size_t count;

		assert_int_equal(json_split_member_array(&arena, text, "records", &items, &count, &err), cases[i].code);
		free((char *)text.at);
	}
}

/* What json_parse() accepts, the splitter cuts at the same places. */
static void test_agrees_with_the_reader(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf page = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	struct str *items;
	struct json *j;
	size_t count, i = 0;

	buf_add_c(&page, "[");
	for (int n = 0; n < 500; n++)
		buf_printf(&page, "%s{\"n\":%d, \"t\":\"a\\\\\\\"%d]}\",\"l\":[[],{}, {\"x\":[%d ]}]}\n", n ? " ," : "",
		           n, n, n);
	buf_add_c(&page, "]");
	assert_ok(json_parse(&arena, buf_str(&page), &j, &err), err);
	assert_ok(json_split_array(&arena, buf_str(&page), &items, &count, &err), err);
	assert_int_equal(count, 500);
	JSON_EACH (j, child)
		assert_str(items[i++], child->raw);
}

static void test_hostile_pages_stay_fast(void **state UNUSED)
{
	SCOPED(buf) struct buf page = BUF_INIT(16 << 20);
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const clock_t start = clock(); /* of our own: others do not count */
	struct err err = ERR_INIT;
	struct str *items;
	size_t count;

	for (int i = 0; i < 2000000; i++)
		buf_add_c(&page, "[");
	assert_int_equal(json_split_array(&arena, buf_str(&page), &items, &count, &err), ERR_PARSE);
	buf_clear(&page);
	buf_add_c(&page, "[\"");
	for (int i = 0; i < 2000000; i++)
		buf_add_c(&page, "\\\\");
	assert_int_equal(json_split_array(&arena, buf_str(&page), &items, &count, &err), ERR_PARSE);
	assert_true(clock() - start < 3 * CLOCKS_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_no_page),
		cmocka_unit_test(test_member),
		cmocka_unit_test(test_member_is_not_there),
		cmocka_unit_test(test_agrees_with_the_reader),
		cmocka_unit_test(test_hostile_pages_stay_fast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

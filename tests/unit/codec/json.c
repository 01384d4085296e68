/* The reader: grammar, exact ranges, numbers, UTF-8, depth, duplicate keys. JSONTestSuite is in json_suite.c. */
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

static const char *const good[] = {
	"null",
	"true",
	"false",
	"0",
	"-0",
	"1",
	"-1",
	"10",
	"1.0",
	"0.5",
	"-0.0",
	"1e5",
	"1E+5",
	"1e-5",
	"1.50e00",
	"123456789012345678901234",
	"\"\"",
	"\"a\"",
	"\"\\u0000\"",
	"\"\\ud83d\\ude00\"",
	"\"\xc3\xa9\"",
	"\"\xf0\x9f\x98\x80\"",
	"\"\xed\x9f\xbf\"",
	"\"\xee\x80\x80\"",
	"\"\xf4\x8f\xbf\xbf\"",
	"\"\x7f\"",
	"\"/\\/\"",
	"\"\\b\\f\\n\\r\\t\\\"\\\\\"",
	"[]",
	"{}",
	" [ ] ",
	"\t{\r\n}\n",
	"[1]",
	"[1,2]",
	"[ 1 , 2 ]",
	"[[],{}]",
	"{\"a\":1}",
	"{ \"a\" : 1 , \"b\" : [ ] }",
	"{\"\":0}",
	"{\"a\":{\"b\":{\"c\":[null]}}}",
	"[\"a\",\"b\\\\\"]",
	"\"12345678901234567890\"",
	"\"1234567\\n\"",
	"\"12345678\xc3\xa9\"",
};

static const char *const bad[] = {
	"",
	" ",
	"nul",
	"nulll",
	"True",
	"NaN",
	"Infinity",
	"-",
	"+1",
	"01",
	"-01",
	"1.",
	".1",
	"1.e5",
	"1e",
	"1e+",
	"1e1.5",
	"0x1",
	"1 2",
	"--1",
	"\"",
	"\"a",
	"\"\\",
	"\"\\u",
	"\"\\u00",
	"\"\\u00g0\"",
	"\"\\x\"",
	"\"\\U0041\"",
	"'a'",
	"\"\t\"",
	"\"\n\"",
	"\"12345678\x01\"",
	"[",
	"]",
	"[1",
	"[1,",
	"[1,]",
	"[,1]",
	"[,]",
	"[1 2]",
	"[1}",
	"[[]",
	"[]]",
	"{",
	"}",
	"{\"a\"",
	"{\"a\":",
	"{\"a\":1",
	"{\"a\":1,",
	"{\"a\":1,}",
	"{\"a\" 1}",
	"{a:1}",
	"{1:1}",
	"{\"a\"::1}",
	"{\"a\":1 \"b\":2}",
	"{,}",
	"{\"a\":1]",
	"{null:1}",
	"[1]x",
	"// c\n1",
	"/**/1",
	"[1]\f",
	"\xc2\xa0[]",
};

/* UTF-8 that only looks like it, and halves of pairs. */
static const char *const bad_characters[] = {
	"\"\x80\"",
	"\"\xff\"",
	"\"\xc0\x80\"",
	"\"\xc1\xbf\"",
	"\"\xe0\x80\x80\"",
	"\"\xe0\x9f\xbf\"",
	"\"\xed\xa0\x80\"",
	"\"\xed\xbf\xbf\"",
	"\"\xf0\x80\x80\x80\"",
	"\"\xf0\x8f\xbf\xbf\"",
	"\"\xf4\x90\x80\x80\"",
	"\"\xf5\x80\x80\x80\"",
	"\"\xc3\"",
	"\"\xe2\x82\"",
	"\"\xf0\x9f\x98\"",
	"\"\xc3x\"",
	"\"\xe2\x82x\"",
	"\"\\ud800\"",
	"\"\\udc00\"",
	"\"\\ud800\\u0041\"",
	"\"\\ud800x\"",
	"\"\\udbff\\ud800\"",
	"\"\\ude00\\ud83d\"",
	"{\"\\ud800\":1}",
	"{\"\xff\":1}",
};

/* Every case also stands at the very end of its memory. */
static int parse_exact(struct str text)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct str copy = exact_copy(text);
	struct json *j = NULL;
	int r = json_parse(&arena, copy, &j, &err);

	if (r < 0) {
		assert_null(j);
		assert_int_equal(r, ERR_PARSE);
		assert_int_equal(strncmp(err.text, "byte ", 5), 0);
	}
	free((char *)copy.at);
	return r;
}

static void test_grammar(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		if (parse_exact(str_of(good[i])) < 0)
			fail_msg("refused: %s", good[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (parse_exact(str_of(bad[i])) == 0)
			fail_msg("accepted: %s", bad[i]);
	}
	assert_int_equal(parse_exact(STR("[1]\0")), ERR_PARSE);
	assert_int_equal(parse_exact(STR("\"\0\"")), ERR_PARSE);
}

static void test_characters(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(bad_characters); i++) {
		if (parse_exact(str_of(bad_characters[i])) == 0)
			fail_msg("accepted case %zu", i);
	}
	assert_int_equal(parse_exact(STR("\xef\xbb\xbf{}")), ERR_PARSE);
}

/* Each prefix of a good text is bad, and none makes the reader step over the end. */
static void test_every_truncation(void **state UNUSED)
{
	static const struct str whole = { "{\"a\":[1.5e3,true,null,\"\\ud83d\\ude00\xc3\xa9\"],\"b\":{\"c\":false}}",
		                          0 };
	struct str text = str_of(whole.at);

	assert_int_equal(parse_exact(text), 0);
	for (size_t len = 0; len < text.len; len++)
		assert_int_equal(parse_exact(str_range(text.at, len)), ERR_PARSE);
}

static void test_r2_exact_ranges(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const char *text = " { \"id\" : \"pat-1\" , \"list\":[ {\"a\": 1.50 } , [ ] ],\"n\":null } ";
	struct json *root = parsed(&arena, text), *list = json_get(root, "list");

	assert_str(root->raw, str_trim(str_of(text)));
	assert_text(json_get(root, "id")->raw, "\"pat-1\"");
	assert_text(list->raw, "[ {\"a\": 1.50 } , [ ] ]");
	assert_text(json_at(list, 0)->raw, "{\"a\": 1.50 }");
	assert_text(json_at(list, 1)->raw, "[ ]");
	assert_text(json_get(root, "n")->raw, "null");
	assert_ptr_equal(json_get(root, "id")->text.at, strstr(text, "pat-1"));
	assert_ptr_equal(json_at(list, 0)->parent, list);
	assert_int_equal(list->count, 2);
}

static void test_numbers_keep_their_text(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct json *root = parsed(&arena, "[1.50,123456789012345678901234,9007199254740993,-0,1e400]");

	assert_text(json_text(json_at(root, 0)), "1.50");
	assert_text(json_text(json_at(root, 1)), "123456789012345678901234");
	assert_int_equal(json_int(json_at(root, 2), 0), 9007199254740993);
	assert_int_equal(json_int(json_at(root, 0), -7), -7);
	assert_int_equal(json_int(json_at(root, 1), -7), -7);
	assert_int_equal(json_int(json_at(root, 3), -7), 0);
	assert_text(json_text(json_at(root, 4)), "1e400");
}

static void test_escapes(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct json *root = parsed(&arena, "{\"\\u006bey\":\"a\\u0000b\\n\\u00e9\\u20ac\\ud83d\\ude00\\/\\\\x\"}");

	assert_str(json_get_text(root, "key"), STR("a\0b\n\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80/\\x"));
}

static struct str nested(struct buf *out, unsigned depth, bool objects)
{
	buf_clear(out);
	for (unsigned i = 0; i < depth; i++)
		buf_add_c(out, objects ? "{\"a\":" : "[");
	buf_add_c(out, "1");
	for (unsigned i = 0; i < depth; i++)
		buf_add_char(out, objects ? '}' : ']');
	return buf_str(out);
}

static void test_depth(void **state UNUSED)
{
	SCOPED(buf) struct buf out = BUF_INIT(1 << 22);

	for (int objects = 0; objects < 2; objects++) {
		assert_int_equal(parse_exact(nested(&out, LIMIT_JSON_DEPTH, objects)), 0);
		assert_int_equal(parse_exact(nested(&out, LIMIT_JSON_DEPTH + 1, objects)), ERR_PARSE);
		assert_int_equal(parse_exact(nested(&out, 500000, objects)), ERR_PARSE);
	}
}

/* Objects of 2 to 400 keys pass through each of the three ways in which repeats are found. */
static void test_duplicate_keys(void **state UNUSED)
{
	SCOPED(buf) struct buf out = BUF_INIT(1 << 20);

	for (unsigned n = 2; n < 400; n += 1 + n / 8) {
		for (int twice = 0; twice < 2; twice++) {
			SCOPED(arena) struct arena arena = ARENA_INIT;
			struct json *root;

			buf_clear(&out);
			for (unsigned i = 0; i < n; i++)
				buf_printf(&out, "%s\"key%u\":%u", i ? "," : "{", twice && i == n - 1 ? 0 : i, i);
			buf_add_c(&out, "}");
			root = parsed(&arena, buf_text(&out));
			assert_int_equal(root->duplicate_keys, twice);
			assert_int_equal(json_int(json_get(root, "key0"), -1), twice ? n - 1 : 0);
		}
	}
}

static void test_duplicate_keys_are_compared_decoded(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	assert_true(parsed(&arena, "{\"a\":1,\"\\u0061\":2}")->duplicate_keys);
	assert_true(parsed(&arena, "{\"\":1,\"\":2}")->duplicate_keys);
	assert_false(parsed(&arena, "{\"a\":1,\"A\":2,\"aa\":3,\"\":4}")->duplicate_keys);
	assert_false(parsed(&arena, "[{\"a\":1},{\"a\":2}]")->duplicate_keys);
}

/* Hostile pages: a quadratic step anywhere would need minutes. */
static void test_hostile_objects_stay_fast(void **state UNUSED)
{
	SCOPED(buf) struct buf out = BUF_INIT(64 << 20);
	SCOPED(arena) struct arena arena = ARENA_INIT;
	clock_t start; /* of our own: others do not count */

	/* Same length, same first, middle and last bytes: all the little hash looks at. */
	for (unsigned i = 0; i < 200000; i++)
		buf_printf(&out, "%s\"k%06uxxxxxxxxxxxxxxxxxxx\":0", i ? "," : "{", i);
	buf_add_c(&out, "}");
	start = clock();
	assert_false(parsed(&arena, buf_text(&out))->duplicate_keys);
	buf_clear(&out);
	buf_add_c(&out, "\"");
	for (unsigned i = 0; i < 500000; i++)
		buf_add_c(&out, "\\u0041");
	buf_add_c(&out, "\"");
	assert_int_equal(parsed(&arena, buf_text(&out))->text.len, 500000);
	assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
}

/* R41: an error says where and why, never what. */
static void test_r41_errors_hold_no_data(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct json *j;

	assert_int_equal(json_parse(&arena, STR("{\"last_name\":\"Quimby\" \"dob\":1}"), &j, &err), ERR_PARSE);
	assert_null(strstr(err.text, "Quimby"));
	assert_null(strstr(err.text, "dob"));
	assert_string_equal(err.text, "byte 22: a comma or the closing bracket should be here");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grammar),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_r2_exact_ranges),
		cmocka_unit_test(test_numbers_keep_their_text),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_duplicate_keys),
		cmocka_unit_test(test_duplicate_keys_are_compared_decoded),
		cmocka_unit_test(test_hostile_objects_stay_fast),
		cmocka_unit_test(test_r41_errors_hold_no_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

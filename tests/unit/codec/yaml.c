#include "unit.h"

#include "codec/yaml.h"
#include "lib/limits.h"

static struct json *parsed(struct arena *arena, const char *text)
{
	struct err err = ERR_INIT;
	struct json *j = NULL;

	assert_ok(yaml_parse(arena, str_of(text), &j, &err), err);
	return j;
}

/* The tree as JSON. */
static void assert_reads(const char *yaml, const char *json)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf out = BUF_INIT(1 << 20);

	json_write(&out, parsed(&arena, yaml));
	assert_text(buf_str(&out), json);
}

static void test_structures(void **state UNUSED)
{
	assert_reads("a: 1\nb:\n  - x\n  - y: 2\n    z: 3\nc: {d: [1, two]}\n",
	             "{\"a\":1,\"b\":[\"x\",{\"y\":2,\"z\":3}],\"c\":{\"d\":[1,\"two\"]}}");
	assert_reads("- 1\n- - 2\n  - 3\n", "[1,[2,3]]");
	assert_reads("# only a comment\n", "null");
	assert_reads("", "null");
	assert_reads("---\na: 1\n", "{\"a\":1}");
	assert_reads("a:\nb: {}\nc: []\n", "{\"a\":null,\"b\":{},\"c\":[]}");
	assert_reads("\xef\xbb\xbf"
	             "a: 1\n",
	             "{\"a\":1}");
	assert_reads("a: |\n  two\n  lines\nb: >\n  one\n  line\n", "{\"a\":\"two\\nlines\\n\",\"b\":\"one line\\n\"}");
}

static void test_plain_scalars(void **state UNUSED)
{
	static const char *const cases[][2] = {
		{ "null", "null" },
		{ "~", "null" },
		{ "Null", "null" },
		{ "true", "true" },
		{ "False", "false" },
		{ "yes", "\"yes\"" },
		{ "no", "\"no\"" },
		{ "on", "\"on\"" },
		{ "1", "1" },
		{ "-1.50", "-1.50" },
		{ "1e3", "1e3" },
		{ "1.2.3", "\"1.2.3\"" },
		{ "2026-07-18", "\"2026-07-18\"" },
		{ "12:30", "\"12:30\"" },
		{ "'1'", "\"1\"" },
		{ "\"true\"", "\"true\"" },
		{ "'null'", "\"null\"" },
		{ "''", "\"\"" },
		{ "nullx", "\"nullx\"" },
		{ "1 st", "\"1 st\"" },
		{ "0xzz", "\"0xzz\"" },
		{ "\"\\u00e9\"", "\"\xc3\xa9\"" },
		{ "phones[type=mobile].number", "\"phones[type=mobile].number\"" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char yaml[128], json[128];

		snprintf(yaml, sizeof(yaml), "k: %s\n", cases[i][0]);
		snprintf(json, sizeof(json), "{\"k\":%s}", cases[i][1]);
		assert_reads(yaml, json);
	}
}

static void test_keys_are_text(void **state UNUSED)
{
	assert_reads("1: a\ntrue: b\nnull: c\n\"<<\": d\n", "{\"1\":\"a\",\"true\":\"b\",\"null\":\"c\",\"<<\":\"d\"}");
}

/* Each with the place that the sentence must name. */
static const struct {
	const char *yaml;
	const char *place;
	const char *part;
} refused[] = {
	{ "a: 1\nb: 2\na: 3\n", "line 3, column 1: ", "\"a\" stands in line 1 already" },
	{ "x:\n  - a: 1\n    a: 2\n", "line 3, column 5: ", "in line 2" },
	{ "{\"a\": 1,\n \"a\": 2}", "line 2, column 2: ", "in line 1" },
	{ "a: &name 1\n", "line 1, column 4: ", "anchors" },
	{ "a: *name\n", "line 1, column 4: ", "aliases" },
	{ "a: !!str 1\n", "line 1, column 4: ", "tags" },
	{ "a: !mine {b: 1}\n", "line 1, column 4: ", "tags" },
	{ "a: &x [1]\n", "line 1, column 4: ", "anchors" },
	{ "<<: {a: 1}\n", "line 1, column 1: ", "merge" },
	{ "--- 1\n--- 2\n", "line 2, column 1: ", "second document" },
	{ "? {a: 1}\n: b\n", "line 1, column 3: ", "key" },
	{ "zip: 02134\n", "line 1, column 6: ", "quotes" },
	{ "phone: +15550100\n", "line 1, column 8: ", "quotes" },
	{ "a: 0x1F\n", "line 1, column 4: ", "quotes" },
	{ "a: 0o17\n", "line 1, column 4: ", "quotes" },
	{ "a: .5\n", "line 1, column 4: ", "quotes" },
	{ "a: 1.\n", "line 1, column 4: ", "quotes" },
	{ "a: -.inf\n", "line 1, column 4: ", "quotes" },
	{ "a: .nan\n", "line 1, column 4: ", "quotes" },
	{ "a: [1\n", "line 2, column 1: ", "" },
	{ "a: b: c\n", "line 1, column 5: ", "" },
	{ "a:\n\t- 1\n", "line 2, column 1: ", "" },
	{ "a: \"\xff\"\n", "byte 4: ", "" },
};

static void test_refused_with_the_place(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		struct str copy = exact_copy(str_of(refused[i].yaml));
		struct err err = ERR_INIT;
		struct json *j;

		if (yaml_parse(&arena, copy, &j, &err) != ERR_PARSE)
			fail_msg("accepted: %s", refused[i].yaml);
		if (!str_starts(str_of(err.text), str_of(refused[i].place)) || !strstr(err.text, refused[i].part))
			fail_msg("%s gives: %s", refused[i].yaml, err.text);
		free((char *)copy.at);
	}
}

static void test_limits(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf text = BUF_INIT(16 << 20);
	struct err err = ERR_INIT;
	struct json *j;

	for (int i = 0; i < LIMIT_JSON_DEPTH; i++)
		buf_add_c(&text, "- ");
	buf_add_c(&text, "1\n");
	assert_ok(yaml_parse(&arena, buf_str(&text), &j, &err), err);
	buf_clear(&text);
	for (int i = 0; i <= LIMIT_JSON_DEPTH; i++)
		buf_add_c(&text, "- ");
	buf_add_c(&text, "1\n");
	assert_int_equal(yaml_parse(&arena, buf_str(&text), &j, &err), ERR_PARSE);
	buf_clear(&text);
	while (text.len <= LIMIT_CONFIG)
		buf_add_c(&text, "# nothing but a very long comment\n");
	assert_int_equal(yaml_parse(&arena, buf_str(&text), &j, &err), ERR_MEMORY_LIMIT);
}

static void assert_lines(const struct json *root)
{
	const struct json *b = json_get(root, "b");

	assert_int_equal(json_get(root, "a")->line, 2);
	assert_int_equal(json_at(b, 0)->line, 4);
	assert_int_equal(json_get(json_at(b, 1), "x")->line, 5);
}

/* JSON is a subset, also where libyaml does not think so (pairs of surrogates); its nodes know their lines too. */
static void test_json_is_a_subset(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	assert_reads("{\"a\":\"\\ud83d\\ude00\\/\",\"n\":1.50,\"l\":[true,null]}",
	             "{\"a\":\"\\ud83d\\ude00\\/\",\"n\":1.50,\"l\":[true,null]}");
	assert_lines(parsed(&arena, "{\n\"a\": 1,\n\"b\": [\n  1,\n  {\"x\": 2}]}"));
	assert_lines(parsed(&arena, "# yaml\na: 1\nb:\n  - 1\n  - x: 2\n"));
}

static const char *const trees[] = {
	"null",
	"\"plain\"",
	"42",
	"[]",
	"{}",
	"{\"a\":1,\"b\":[1,2,{\"c\":[],\"d\":{}}],\"e\":{\"f\":{\"g\":null}}}",
	"[[[1],[]],[{\"a\":[{\"b\":1},2]}]]",
	"{\"true\":true,\"null\":null,\"1\":1,\"<<\":0,\"\":0,\"a b\":0,\"a: b\":0,\"- a\":0,\"#\":0}",
	"[\"true\",\"False\",\"null\",\"~\",\"\",\"1\",\"1.50\",\"-1e3\",\"02134\",\"+1\",\"0x1f\",\".5\",\".inf\",\"."
	"NaN\"]",
	"[\"yes\",\"No\",\"on\",\"y\",\"<<\",\"=\",\"2026-07-18\",\"12:30:00\"]",
	"[\" lead\",\"trail \",\" \",\"a\\nb\",\"a\\n\\n\",\"\\n\",\" \\n \",\"a\\r\\nb\",\"tab\\there\",\"\\ttab\"]",
	"[\"- a\",\"a: b\",\"a:\",\"# c\",\"a # "
	"c\",\"[x]\",\"{x}\",\"&x\",\"*x\",\"!x\",\"|\",\">\",\"%\",\"@\",\"`\",\"'\",\"\\\"\",\"?\",\"? x\",\",\"]",
	"[\"it's\",\"say \\\"x\\\"\",\"back\\\\slash\",\"---\",\"...\",\"--- "
	"a\",\"a\\u0000b\",\"\\u0001\\u001f\\u007f\"]",
	"[\"\xc3\x89lise\",\"\xe2\x82\xac\",\"\xf0\x9f\x98\x80\",\"\xe2\x80\xa8\",\"\xc2\x85\",\"\xc2\xa0\","
	"\"\xef\xbb\xbf\",\"\xef\xbf\xbe\"]",
	"[1.50,123456789012345678901234,-0,1e400]",
};

static void test_what_is_written_reads_the_same(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(trees); i++) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		SCOPED(buf) struct buf out = BUF_INIT(1 << 20);
		struct err err = ERR_INIT;
		struct json *tree, *again;

		assert_ok(json_parse(&arena, str_of(trees[i]), &tree, &err), err);
		yaml_write(&out, tree);
		if (yaml_parse(&arena, buf_str(&out), &again, &err) < 0)
			fail_msg("case %zu: %s in\n%s", i, err.text, buf_text(&out));
		if (!json_equal(tree, again))
			fail_msg("case %zu came back changed:\n%s", i, buf_text(&out));
	}
}

/* Every text of one or two awkward characters, alone, as a key, and with a neighbour. */
static void test_awkward_texts_come_back(void **state UNUSED)
{
	static const char awkward[] = " \t\n\r-:?,[]{}#&*!|>'\"%@`=~<.+0e_xy\\/\x01\x7f";
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct json *tree = json_new(&arena, JSON_OBJECT), *list = json_new(&arena, JSON_ARRAY), *again = NULL;
	SCOPED(buf) struct buf out = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;

	for (const char *a = awkward; *a; a++) {
		for (const char *b = awkward; *b; b++) {
			struct str text = arena_printf(&arena, "%c%c", *a, *b);

			json_add(tree, text, json_new_text(&arena, text));
			json_append(list, json_new_text(&arena, arena_printf(&arena, "%cx%c", *a, *b)));
		}
	}
	json_set(tree, STR("list"), list);
	yaml_write(&out, tree);
	assert_ok(yaml_parse(&arena, buf_str(&out), &again, &err), err);
	assert_true(json_equal(tree, again));
}

static void test_style(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf out = BUF_INIT(1 << 20);

	yaml_write(&out,
	           parsed(&arena,
	                  "{\"name\": \"Hint to Contact\", \"fields\": [{\"emr\": \"first_name\", \"on\": true}], "
	                  "\"zip\": \"02134\", \"since\": \"2026-07-18\", \"none\": []}"));
	assert_text(buf_str(&out), "name: Hint to Contact\nfields:\n- emr: first_name\n  \"on\": true\nzip: \"02134\"\n"
	                           "since: 2026-07-18\nnone: []\n");
}

static void test_long_lines_are_not_folded(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf out = BUF_INIT(1 << 20);
	SCOPED(buf) struct buf text = BUF_INIT(1 << 20);
	struct json *tree = json_new(&arena, JSON_OBJECT);
	struct err err = ERR_INIT;
	struct json *again;

	for (int i = 0; i < 200; i++)
		buf_add_c(&text, "words and  words, ");
	json_set(tree, arena_str(&arena, buf_str(&text)), json_new_text(&arena, buf_str(&text)));
	yaml_write(&out, tree);
	assert_ok(yaml_parse(&arena, buf_str(&out), &again, &err), err);
	assert_true(json_equal(tree, again));
}

static void test_bytes_that_are_no_text(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf out = BUF_INIT(1 << 20);

	yaml_write(&out, json_new_text(&arena, STR("a\xff"
	                                           "b")));
	assert_text(json_text(parsed(&arena, buf_text(&out))), "a\xef\xbf\xbd"
	                                                       "b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_structures),
		cmocka_unit_test(test_plain_scalars),
		cmocka_unit_test(test_keys_are_text),
		cmocka_unit_test(test_refused_with_the_place),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_json_is_a_subset),
		cmocka_unit_test(test_what_is_written_reads_the_same),
		cmocka_unit_test(test_awkward_texts_come_back),
		cmocka_unit_test(test_style),
		cmocka_unit_test(test_long_lines_are_not_folded),
		cmocka_unit_test(test_bytes_that_are_no_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

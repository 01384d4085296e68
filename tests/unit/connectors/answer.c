/* What can still be told of an answer that is not well-formed. */
#include "unit.h"

#include "connectors/answer.h"

static void R3_the_id_of_a_broken_record_is_told_where_it_can_be(void **state)
{
	static const struct {
		const char *broken, *id;
	} rows[] = {
		{ "{\"id\":\"pat-1\",\"name\":\"\xC3(\"}", "pat-1" },
		{ "{\"name\":\"\xFF\xFE\",\"id\":\"pat-1\"}", "pat-1" },
		{ " { \"id\" : \"pat-1\" , \"born\": 1950-13-40 }", "pat-1" },
		{ "{\"id\":\"pat-1\",\"name\":\"cut sho", "pat-1" },
		{ "{\"id\":\"\xC3\xA9t\xC3\xA9\",}", "\xC3\xA9t\xC3\xA9" },
		/* An id within another object is that of something else. */
		{ "{\"practice\":{\"id\":\"pra-1\"},\"id\":\"pat-1\",,}", "pat-1" },
		{ "{\"phones\":[{\"id\":\"pho-1\"},{\"id\":\"pho-2\"}],\"id\":\"pat-1\",,}", "pat-1" },
		{ "{\"practice\":{\"id\":\"pra-1\"},,}", "" },
		{ "[{\"id\":\"pat-1\",,}]", "" },
		/* A text that reads like a member is none; nor are its braces. */
		{ "{\"note\":\"\\\"id\\\":\\\"no\\\"\",\"id\":\"pat-1\",,}", "pat-1" },
		{ "{\"note\":\"}{[\\\\\",\"id\":\"pat-1\",,}", "pat-1" },
		{ "{\"kind\":\"id\",\"x\":\"pat-1\",,}", "" },
		{ "{\"kind\":\"id\",\"id\":\"pat-1\",,}", "pat-1" },
		/* Written with escapes, or no text: better unknown than wrong. */
		{ "{\"id\":\"pat\\u002d1\",,}", "" },
		{ "{\"id\":12,,}", "" },
		{ "{\"id\":null,,}", "" },
		{ "{\"id\"", "" },
		{ "{\"id\":", "" },
		{ "{\"id\":\"pat-1", "" },
		{ "{\"ID\":\"pat-1\",,}", "" },
		{ "{\"other\":\"x\",,}", "" },
		{ "{}}", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_str(answer_salvage(str_of(rows[i].broken), STR("id")), rows[i].id);
}

static void texts_are_cut_between_characters(void **state)
{
	SCOPED(buf) struct buf text = BUF_INIT(10000);

	(void)state;
	for (int i = 0; i < 2047; i++)
		buf_add_char(&text, 'x');
	assert_int_equal(answer_cut(buf_str(&text)).len, 2047);
	buf_add_c(&text, "\xC3\xA9");
	assert_int_equal(answer_cut(buf_str(&text)).len, 2047);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(R3_the_id_of_a_broken_record_is_told_where_it_can_be),
		cmocka_unit_test(texts_are_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

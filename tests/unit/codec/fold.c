/* R7: when are two names the same? */
#include "unit.h"

#include "codec/fold.h"

/* Both sides of a row fold to the same; rows of `different` do not. */
static const char *const same[][2] = {
	{ "Mary Ann", "MARY ANN" },
	{ "  Mary \t Ann\n", "mary ann" },
	{ "Mary\xc2\xa0"
	  "Ann",
	  "Mary Ann" }, /* no-break space */
	{ "\xe2\x80\xaf"
	  "Mary\xe3\x80\x80"
	  "Ann\xe2\x80\x83",
	  "Mary Ann" }, /* narrow, ideographic, em space */
	{ "Mary\xe2\x80\xa8"
	  "Ann\xc2\x85",
	  "mary ann" },                      /* line separator, next line */
	{ "\xc3\x89lise", "\xc3\xa9lise" },  /* E acute */
	{ "E\xcc\x81lise", "\xc3\xa9lise" }, /* the same as two code points */
	{ "Gro\xc3\x9f", "GROSS" },          /* sharp s */
	{ "Gro\xe1\xba\x9e", "gross" },      /* capital sharp s */
	{ "\xce\x9d\xce\xaf\xce\xba\xce\xbf\xcf\x82", "\xce\x9d\xce\x8a\xce\x9a\xce\x9f\xce\xa3" }, /* final sigma */
	{ "\xc4\xb0lker", "i\xcc\x87lker" }, /* capital I with a dot folds to i and a dot */
	{ "\xd0\x98\xd0\x92\xd0\x90\xd0\x9d", "\xd0\xb8\xd0\xb2\xd0\xb0\xd0\xbd" },
	{ "O'BRIEN-SMITH", "o'brien-smith" },
	{ "", " \xc2\xa0 " },
};

static const char *const different[][2] = {
	{ "\xc3\x89lise", "Elise" }, /* accents are kept distinct */
	{ "M\xc3\xbcller", "Mueller" },
	{ "\xc4\xb0lker", "ilker" }, /* Turkish I: with a dot */
	{ "Ayd\xc4\xb1n", "Aydin" }, /* and without */
	{ "Mary Ann", "Maryann" },
	{ "O'Brien", "O\xe2\x80\x99"
	             "Brien" },
	{ "Mary\xe2\x80\x8b"
	  "Ann",
	  "Mary Ann" }, /* a zero-width space is no space */
};

static void test_r7_same(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		struct str copy = exact_copy(str_of(same[i][0]));

		assert_str(fold_name(&arena, copy), fold_name(&arena, str_of(same[i][1])));
		free((char *)copy.at);
	}
	assert_text(fold_name(&arena, STR(" Mary  ANN ")), "mary ann");
	assert_text(fold_name(&arena, STR("E\xcc\x81LISE  X")), "\xc3\xa9lise x");
}

static void test_r7_different(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	for (size_t i = 0; i < ARRAY_LEN(different); i++) {
		if (str_eq(fold_name(&arena, str_of(different[i][0])), fold_name(&arena, str_of(different[i][1]))))
			fail_msg("%s is taken for %s", different[i][0], different[i][1]);
	}
}

static void test_folding_twice_changes_nothing(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		struct str once = fold_name(&arena, str_of(same[i][0]));

		assert_str(fold_name(&arena, once), once);
	}
}

static struct str marks(struct arena *arena, const char *letter, const char *one, const char *other, size_t pairs)
{
	SCOPED(buf) struct buf text = BUF_INIT((size_t)8 << 20);

	buf_add_c(&text, letter);
	for (size_t i = 0; i < pairs; i++) {
		buf_add_c(&text, one);
		buf_add_c(&text, other);
	}
	return arena_str(arena, buf_str(&text));
}

/* Marks above and below a letter, in any order, are the same letter; a megabyte of them costs what a megabyte costs, and is no letter. */
static void test_marks_are_put_in_order_within_reason(void **state UNUSED)
{
	static const char above[] = "\xcc\x81", below[] = "\xcc\xa3";
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str heap = marks(&arena, "E", above, below, (size_t)1 << 18);

	assert_str(fold_name(&arena, marks(&arena, "E", above, below, 15)),
	           fold_name(&arena, marks(&arena, "e", below, above, 15)));
	assert_str(fold_name(&arena, heap), heap);
	assert_str(fold_search(&arena, arena_printf(&arena, " %.*s ", STR_ARG(heap))), heap);
}

static void test_search_drops_marks(void **state UNUSED)
{
	static const char *const cases[][2] = {
		{ "\xc3\x89lise Z\xc3\xba\xc3\xb1iga", "elise zuniga" },
		{ "E\xcc\x81lise", "elise" },
		{ "Gro\xc3\x9f", "gross" },
		{ "\xc4\xb0lker Ayd\xc4\xb1n", "ilker aydin" },
		{ "S\xc3\xb8ren \xc5\x81ukasz", "soren lukasz" },
		{ "Plain  Name", "plain name" },
	};
	SCOPED(arena) struct arena arena = ARENA_INIT;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_text(fold_search(&arena, str_of(cases[i][0])), cases[i][1]);
}

static void test_broken_text_matches_nothing(void **state UNUSED)
{
	static const char *const broken[] = { "\xff", "Mary\xc3", "\xed\xa0\x80", "a\xc0\x80" };
	SCOPED(arena) struct arena arena = ARENA_INIT;

	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		assert_int_equal(fold_name(&arena, str_of(broken[i])).len, 0);
		assert_int_equal(fold_search(&arena, str_of(broken[i])).len, 0);
	}
	assert_int_equal(fold_name(&arena, STR_EMPTY).len, 0);
}

static void test_spaces_keep_case(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	assert_text(fold_spaces(&arena, STR("\xc2\xa0 Mary \t\xe2\x80\x83"
	                                    "Ann \n")),
	            "Mary Ann");
	assert_text(fold_spaces(&arena, STR("\xc3\x89lise")), "\xc3\x89lise");
	assert_text(fold_spaces(&arena, STR("a \xff  b")), "a \xff b");
	assert_int_equal(fold_spaces(&arena, STR(" \xc2\xa0")).len, 0);
	assert_int_equal(fold_spaces(&arena, STR_EMPTY).len, 0);
}

static void test_length(void **state UNUSED)
{
	assert_int_equal(fold_length(STR("")), 0);
	assert_int_equal(fold_length(STR_EMPTY), 0);
	assert_int_equal(fold_length(STR("abc")), 3);
	assert_int_equal(fold_length(STR("\xc3\x89\xe2\x82\xac\xf0\x9f\x98\x80")), 3);
	assert_int_equal(fold_length(STR("\xff\xfe")), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_r7_same),
		cmocka_unit_test(test_r7_different),
		cmocka_unit_test(test_folding_twice_changes_nothing),
		cmocka_unit_test(test_marks_are_put_in_order_within_reason),
		cmocka_unit_test(test_search_drops_marks),
		cmocka_unit_test(test_broken_text_matches_nothing),
		cmocka_unit_test(test_spaces_keep_case),
		cmocka_unit_test(test_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

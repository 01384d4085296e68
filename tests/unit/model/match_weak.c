/* R10: which texts of two records agree, and why. */
#include "unit.h"

#include "model/match_weak.h"

#include <string.h>

static struct weak_names names(const char *first, const char *last, const char *date)
{
	return (struct weak_names) { str_of(first), str_of(last), str_of(date) };
}

/* The first reason for which `asks` finds `kept`; WEAK_WHYS: none. */
static enum weak_why finds(struct weak_names asks, struct weak_names kept)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct weak_probe probes[WEAK_PROBES];
	struct str texts[WEAK_KINDS];
	size_t count = weak_probes(&arena, &asks, probes);

	if (!weak_kept(&arena, &kept, texts))
		return WEAK_WHYS;
	for (size_t i = 0; i < count; i++) {
		if (str_eq(probes[i].text, texts[probes[i].kind]))
			return probes[i].why;
	}
	return WEAK_WHYS;
}

static void test_R10_what_agrees_weakly_and_why(void **state)
{
	static const struct {
		const char *a[3], *b[3];
		enum weak_why why;
	} rows[] = {
		{ { "Bob", "Lee", "1980-02-03" }, { "ROBERT", "lee", "1980-02-03" }, WEAK_FORM },
		{ { "Bob", "Lee", "1980-02-03" }, { "Rob J.", "Lee", "1980-02-03" }, WEAK_FORM },
		{ { "José", "Peña", "1980-02-03" }, { "Jose", "Pena", "1980-02-03" }, WEAK_FORM },
		{ { "Ann", "De La Cruz", "1980-02-03" }, { "Ann", "Delacruz", "1980-02-03" }, WEAK_FORM },
		{ { "Sean", "O'Brien", "1980-02-03" }, { "Sean", "OBrien", "1980-02-03" }, WEAK_FORM },
		{ { "Lee", "Ann", "1980-02-03" }, { "Ann", "Lee", "1980-02-03" }, WEAK_SWAPPED },
		{ { "Lee", "Bob", "1980-02-03" }, { "Robert", "Lee", "1980-02-03" }, WEAK_SWAPPED },
		{ { "Ann", "Lee", "1980-02-03" }, { "Ann", "Lee", "1980-03-02" }, WEAK_DAY_MONTH },
		{ { "Ann", "Lee", "1980-02-03" }, { "Annette", "Lee", "1980-02-03" }, WEAK_LETTER },
		{ { "Élodie", "Lee", "1980-02-03" }, { "Eloise", "Lee", "1980-02-03" }, WEAK_LETTER },
		{ { "Ann", "Lee", "1980-02-03" }, { "Maria", "Lee", "1980-02-03" }, WEAK_WHYS },
		{ { "Ann", "Lee", "1980-02-03" }, { "Ann", "Lee", "1980-02-04" }, WEAK_WHYS },
		{ { "Ann", "Lee", "1980-02-03" }, { "Ann", "Leeson", "1980-02-03" }, WEAK_WHYS },
		{ { "Ann", "Lee", "1980-02-13" }, { "Ann", "Lee", "1980-13-02" }, WEAK_WHYS },
		{ { "--", "Lee", "1980-02-03" }, { "--", "Lee", "1980-02-03" }, WEAK_WHYS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum weak_why why = finds(names(rows[i].a[0], rows[i].a[1], rows[i].a[2]),
		                          names(rows[i].b[0], rows[i].b[1], rows[i].b[2]));

		if (why != rows[i].why)
			fail_msg("row %zu: %s", i, why == WEAK_WHYS ? "nothing" : weak_why_name(why));
	}
}

/* Searched by halves: a row out of order would never be found. */
static void test_R10_nicknames_lead_to_names_that_are_none(void **state)
{
	static const char *const some[][2] = { { "abby", "abigail" },   { "bill", "william" }, { "jon", "jonathan" },
		                               { "peggy", "margaret" }, { "zack", "zachary" }, { "anna", "anna" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(some); i++) {
		struct str root = weak_root(str_of(some[i][0]));

		assert_true(str_eq_c(root, some[i][1]));
		assert_true(str_eq(weak_root(root), root));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R10_what_agrees_weakly_and_why),
		cmocka_unit_test(test_R10_nicknames_lead_to_names_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

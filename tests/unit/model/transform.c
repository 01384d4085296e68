/* There and back: what a two-way transform does to many values. Single conversions are in tests/cases/transforms.case. */
#include "unit.h"

/* Two-way transforms with values of the EMR that they know, and the type under which there and back is the same. */
static const struct round_trip {
	const char *spec;
	enum value_type type;
	const char *values[8];
} trips[] = {
	{ "none", TYPE_ID, { "a", " b ", "c\nd", "1.50" } },
	{ "trim", TYPE_TEXT, { "a", " b ", "c  d" } },
	{ "phone", TYPE_PHONE, { "555-010-0111", "+44 20 7946 0000", "call me", "5550100111 x12" } },
	{ "{phone: us}",
	  TYPE_PHONE,
	  { "555-010-0111", "+15550100111", "+44 20 7946 0000", "call me", "5550100111x12" } },
	{ "{phone: e164, emr: dashes}", TYPE_PHONE, { "555-010-0111", "(555) 010 0111 ext. 4", "123" } },
	{ "{prefix: A}", TYPE_ID, { "x", "Ax", "AAx", "b A" } },
	{ "{suffix: A}", TYPE_ID, { "x", "xA", "xAA" } },
	{ "{map: {male: Male, female: Female}}", TYPE_CHOICE, { "male", "FEMALE", "intersex" } },
	{ "{map: {male: Male, female: Female}, else: fail}", TYPE_CHOICE, { "male", "Female" } },
	{ "{map: {a: b, b: c, c: a}}", TYPE_ID, { "a", "b", "c", "d" } },
	{ "date", TYPE_ID, { "1980-02-03", "2000-02-29", "0001-01-01", "9999-12-31" } },
	{ "{date: M/D/YYYY}", TYPE_ID, { "2/3/1980", "12/31/1999", "2/29/2000" } },
	{ "{date: DD.MM.YYYY}", TYPE_ID, { "03.02.1980", "31.12.1999" } },
	{ "{date: YYYYMMDD}", TYPE_ID, { "19800203", "00010101" } },
	{ "{date: D MMM YYYY}", TYPE_ID, { "3 Feb 1980", "31 Dec 1999" } },
	{ "datetime",
	  TYPE_DATETIME,
	  { "2026-07-18T09:15:22Z", "2026-07-18T11:15:22.5+02:00", "1969-12-31T23:59:59Z" } },
	{ "{datetime: seconds}", TYPE_ID, { "0", "1784366122", "253402300799" } },
	{ "{datetime: ms}", TYPE_ID, { "0", "1784366122000" } },
	{ "{bool: {yes: Y, no: N}}", TYPE_CHOICE, { "Y", "n", "N", "y" } },
	{ "bool", TYPE_BOOL, { "true", "false", "1", "0" } },
	{ "number", TYPE_NUMBER, { "1.50", "+5", "-0", "123456789012345678901234" } },
	{ "{number: text}", TYPE_ID, { "1.50", "12" } },
	{ "state", TYPE_STATE, { "CA", "california", "Ontario", "Puerto Rico" } },
	{ "{state: name, emr: name}", TYPE_STATE, { "CA", "california", "D.C." } },
	{ "{country: name}", TYPE_COUNTRY, { "us", "DEU", "Atlantis", "Côte d'Ivoire" } },
	{ "[trim, {prefix: p}, {suffix: s}]", TYPE_TEXT, { "x", " x ", "ps" } },
	{ "[{map: {a: b}}, {prefix: '#'}]", TYPE_TEXT, { "a", "c" } },
};

static void parse_spec(struct arena *arena, const char *text, struct transform *ret)
{
	struct err err = ERR_INIT;
	struct json *spec;

	assert_ok(yaml_parse(arena, str_of(text), &spec, &err), err);
	assert_ok(transform_parse(arena, spec, ret, &err), err);
}

static void check_trip(const struct round_trip *trip)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct transform t;

	parse_spec(&arena, trip->spec, &t);
	assert_true(transform_has_inverse(&t));
	for (size_t i = 0; i < ARRAY_LEN(trip->values) && trip->values[i]; i++) {
		struct value in = text_value(trip->values[i]), there, back, again;

		assert_ok(transform_forward(&t, &arena, &in, 1, &there, &err), err);
		assert_ok(transform_inverse(&t, &arena, there, &back, 1, &err), err);
		if (!value_same(trip->type, in, back))
			fail_msg("%s: '%s' comes back as '%.*s'", trip->spec, trip->values[i], STR_ARG(back.text));
		assert_ok(transform_forward(&t, &arena, &back, 1, &again, &err), err);
		if (!str_eq(there.text, again.text))
			fail_msg("%s: '%s' does not settle", trip->spec, trip->values[i]);
	}
}

static void r27_there_and_back_is_the_same(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(trips); i++)
		check_trip(&trips[i]);
}

/* Lines lose their borders when there are too many; what counts is that the CRM's text settles after one way. */
static void r27_random_lines_settle(void **state UNUSED)
{
	static const char *const pieces[] = { "a", "b c", "\n", "\r\n", "\r", " ", "", ", ", "\t" };
	uint64_t seed = 77;

	for (size_t i = 0; i < 20000; i++) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		struct err err = ERR_INIT;
		struct value parts[3], once, twice;
		struct str text = STR_EMPTY;
		struct transform t;
		size_t count = 1 + random_below(&seed, 3);

		for (size_t n = random_below(&seed, 9); n > 0; n--)
			text = arena_printf(&arena, "%.*s%s", STR_ARG(text),
			                    pieces[random_below(&seed, ARRAY_LEN(pieces))]);
		parse_spec(&arena, "lines", &t);
		assert_ok(transform_inverse(&t, &arena, (struct value) { VALUE_TEXT, text }, parts, count, &err), err);
		assert_ok(transform_forward(&t, &arena, parts, count, &once, &err), err);
		assert_ok(transform_inverse(&t, &arena, once, parts, count, &err), err);
		assert_ok(transform_forward(&t, &arena, parts, count, &twice, &err), err);
		assert_true(value_same(TYPE_TEXT, once, twice));
	}
}

/* R11 to R15: a blank must come out as a blank, or it would overwrite something. */
static void r11_a_blank_stays_a_blank(void **state UNUSED)
{
	static const char *const blanks[] = { NULL, "", " ", "\xC2\xA0" };

	for (size_t i = 0; i < ARRAY_LEN(trips) * ARRAY_LEN(blanks); i++) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		struct err err = ERR_INIT;
		struct value in = text_value(blanks[i % ARRAY_LEN(blanks)]), out;
		struct transform t;

		parse_spec(&arena, trips[i / ARRAY_LEN(blanks)].spec, &t);
		assert_ok(transform_forward(&t, &arena, &in, 1, &out, &err), err);
		assert_true(value_is_blank(out));
		assert_ok(transform_inverse(&t, &arena, in, &out, 1, &err), err);
		assert_true(value_is_blank(out));
	}
}

/* R41: whatever is refused, the value is not in the message. */
static void r41_errors_do_not_show_the_value(void **state UNUSED)
{
	static const char *const specs[] = { "date", "datetime", "bool", "number", "{map: {a: b}, else: fail}" };

	for (size_t i = 0; i < ARRAY_LEN(specs); i++) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		struct err err = ERR_INIT;
		struct value in = text_value("Quixote"), out;
		struct transform t;

		parse_spec(&arena, specs[i], &t);
		assert_int_equal(transform_forward(&t, &arena, &in, 1, &out, &err), ERR_DATA);
		assert_null(strstr(err.text, "Quixote"));
		err = (struct err)ERR_INIT;
		assert_int_equal(transform_inverse(&t, &arena, in, &out, 1, &err), ERR_DATA);
		assert_null(strstr(err.text, "Quixote"));
	}
}

static void every_row_has_a_summary(void **state UNUSED)
{
	const char *name, *summary;
	bool two_way;

	assert_true(transform_count() >= 20);
	for (size_t i = 0; i < transform_count(); i++) {
		transform_info(i, &name, &summary, &two_way);
		assert_true(strlen(name) > 0 && strlen(summary) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(r27_there_and_back_is_the_same), cmocka_unit_test(r27_random_lines_settle),
		cmocka_unit_test(r11_a_blank_stays_a_blank),      cmocka_unit_test(r41_errors_do_not_show_the_value),
		cmocka_unit_test(every_row_has_a_summary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

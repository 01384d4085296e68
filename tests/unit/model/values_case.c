/*
 * values.case. Setting: a type. Input: `normal V`, `fits V`, `same V | V`, `blank JSON`. Wanted: a value, or yes or no.
 */
#include "cases.h"

static void print_yes(struct buf *got, bool yes)
{
	buf_add_c(got, yes ? "yes" : "no");
}

static void run_blank(struct arena *arena, struct str text, struct buf *got)
{
	struct value v;

	if (!value_of_json(case_json(arena, text), &v))
		buf_add_c(got, "no value");
	else
		print_yes(got, value_is_blank(v));
}

static bool run(struct arena *arena, const struct test_case *c, struct buf *got)
{
	enum value_type type;
	struct str rest = c->input, verb, a;

	ensure(value_type_of_name(c->setting, &type));
	ensure(str_split(&rest, ' ', &verb));
	if (str_eq(verb, STR("blank"))) {
		run_blank(arena, rest, got);
		return case_is(c, got);
	}
	ensure(case_part(&rest, '|', &a));
	if (str_eq(verb, STR("normal")))
		case_print_text(got, value_normal(arena, type, case_value(arena, a)));
	else if (str_eq(verb, STR("fits")))
		print_yes(got, value_fits(type, case_value(arena, a)));
	else if (str_eq(verb, STR("same")))
		print_yes(got, value_same(type, case_value(arena, a), case_value(arena, rest)));
	return case_is(c, got);
}

int main(void)
{
	return cases_run("values.case", 60, run);
}

/*
 * transforms.case. Setting: a transform in YAML. Input: `forward V | V ...`, `back N V` (N EMR paths), `refuse`, `two-way`, `paths N`
 * or `type`. Wanted: values, yes or no, a type, or `error: ...` with the beginning of the message.
 */
#include "cases.h"

#include "model/mapping.h"

static int run_forward(const struct transform *t, struct arena *arena, struct str input, struct buf *got,
                       struct err *err)
{
	struct value in[MAPPING_PATHS_MAX] = { 0 }, out;
	struct str part;
	size_t count = 0;
	int error;

	while (count < MAPPING_PATHS_MAX && case_part(&input, '|', &part))
		in[count++] = case_value(arena, part);
	error = transform_forward(t, arena, in, count, &out, err);
	if (error == 0)
		case_print(got, out);
	return error;
}

static int run_back(const struct transform *t, struct arena *arena, struct str input, struct buf *got, struct err *err)
{
	struct value out[MAPPING_PATHS_MAX];
	size_t count = (size_t)(input.at[0] - '0');
	int error = transform_inverse(t, arena, case_value(arena, str_skip(input, 1)), out, count, err);

	for (size_t i = 0; error == 0 && i < count; i++) {
		buf_add_c(got, i > 0 ? " | " : "");
		case_print(got, out[i]);
	}
	return error;
}

static int run_verb(struct arena *arena, const struct test_case *c, struct buf *got, struct err *err)
{
	struct str rest = c->input, verb;
	struct transform t;
	enum value_type type = TYPE_TEXT;
	int error = transform_parse(arena, case_yaml(arena, c->setting), &t, err);

	ensure(str_split(&rest, ' ', &verb));
	if (error < 0)
		return error;
	if (str_eq(verb, STR("forward")))
		return run_forward(&t, arena, rest, got, err);
	if (str_eq(verb, STR("back")))
		return run_back(&t, arena, rest, got, err);
	if (str_eq(verb, STR("two-way")))
		buf_add_c(got, transform_has_inverse(&t) ? "yes" : t.one_way);
	else if (str_eq(verb, STR("paths")))
		buf_add_c(got, transform_takes_paths(&t, (size_t)(rest.at[0] - '0')) ? "yes" : "no");
	else if (str_eq(verb, STR("type")))
		buf_add_c(got, transform_result_type(&t, &type) ? value_type_name(type) : "any");
	return 0;
}

static bool run(struct arena *arena, const struct test_case *c, struct buf *got)
{
	struct err err = ERR_INIT;

	if (run_verb(arena, c, got, &err) < 0) {
		buf_clear(got);
		buf_printf(got, "error: %s", err.text);
		return str_starts(c->want, STR("error: ")) && str_starts(buf_str(got), c->want);
	}
	return case_is(c, got);
}

int main(void)
{
	return cases_run("transforms.case", 80, run);
}

/*
 * paths.case. Setting: a path. Input: `get JSON`, `set ITEM in JSON`, `parse`, `top` or `plain N`. Wanted: JSON, `nothing`,
 * yes or no, or `error: ...` with the beginning of the message.
 */
#include "cases.h"

#include "model/path.h"

static void print_json(struct buf *got, const struct json *j)
{
	if (j)
		json_write(got, j);
	else
		buf_add_c(got, "nothing");
}

static int run_set(struct arena *arena, const struct path *path, struct str input, struct buf *got, struct err *err)
{
	ptrdiff_t in = str_find(input, STR(" in "));
	struct json *record, *item;
	int error;

	ensure(in > 0);
	item = case_json(arena, str_range(input.at, (size_t)in));
	record = json_copy(arena, case_json(arena, str_skip(input, (size_t)in + 4)));
	error = path_set(arena, path, record, item, err);
	if (error == 0)
		print_json(got, record);
	return error;
}

static int run_verb(struct arena *arena, const struct test_case *c, struct buf *got, struct err *err)
{
	struct str rest = c->input, verb;
	const struct path *path;
	int error = path_parse(arena, c->setting, &path, err);

	ensure(str_split(&rest, ' ', &verb));
	if (error < 0)
		return error;
	if (str_eq(verb, STR("set")))
		return run_set(arena, path, rest, got, err);
	if (str_eq(verb, STR("get")))
		print_json(got, path_get(path, case_json(arena, rest)));
	else if (str_eq(verb, STR("top")))
		buf_add(got, path_top(path));
	else if (str_eq(verb, STR("plain")))
		buf_add_c(got, path_is_plain(path, (size_t)(rest.at[0] - '0')) ? "yes" : "no");
	else if (str_eq(verb, STR("parse")))
		buf_add(got, path_text(path));
	return 0;
}

static bool run(struct arena *arena, const struct test_case *c, struct buf *got)
{
	struct err err = ERR_INIT;

	if (run_verb(arena, c, got, &err) < 0) {
		buf_clear(got);
		buf_printf(got, "error: %s", err.text);
		return str_starts(c->want, STR("error: ")) && str_find(buf_str(got), c->want) == 0;
	}
	return case_is(c, got);
}

int main(void)
{
	return cases_run("paths.case", 50, run);
}

/* Reads the file once, hands each block of four lines to the runner's function and prints what came of it. */
#include "cases.h"

#include "codec/yaml.h"
#include "lib/file.h"
#include "lib/limits.h"

#include <stdio.h>
#include <stdlib.h>

static struct str read_file(struct arena *arena, const char *name)
{
	struct str path = arena_printf(arena, "%s/tests/cases/%s", SOURCE_ROOT, name), text;
	struct err err = ERR_INIT;

	if (file_read(arena, path.at, LIMIT_CONFIG, &text, &err) < 0) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
	return text;
}

/* The next line that is no comment; an empty one counts. */
static bool next_line(struct str *rest, struct str *ret)
{
	do {
		if (!str_split(rest, '\n', ret))
			return false;
		*ret = str_trim(*ret);
	} while (str_starts(*ret, STR("##")));
	return true;
}

static bool next_case(struct str *rest, struct test_case *ret)
{
	struct str *parts[] = { &ret->name, &ret->setting, &ret->input, &ret->want };
	struct str line = STR_EMPTY;

	while (line.len == 0)
		if (!next_line(rest, &line))
			return false;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		*parts[i] = line;
		if (line.len == 0 || (i == 0) != str_starts(line, STR("#"))) {
			printf("Bail out! case '%.*s' has not three lines under its name\n", STR_ARG(ret->name));
			exit(1);
		}
		if (i + 1 < ARRAY_LEN(parts) && !next_line(rest, &line))
			line = STR_EMPTY;
	}
	ret->name = str_trim(str_skip(ret->name, 1));
	return true;
}

static bool run_one(const struct test_case *c, size_t number, case_fn *run)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf got = BUF_INIT(LIMIT_CONFIG);
	bool passed = run(&arena, c, &got);

	printf("%s %zu - %.*s\n", passed ? "ok" : "not ok", number, STR_ARG(c->name));
	if (!passed)
		printf("#   %.*s\n#   %.*s\n#   want: %.*s\n#   got:  %s\n", STR_ARG(c->setting), STR_ARG(c->input),
		       STR_ARG(c->want), buf_text(&got));
	return passed;
}

int cases_run(const char *file, size_t at_least, case_fn *run)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str rest = read_file(&arena, file);
	struct test_case c = { 0 };
	size_t count = 0, failed = 0;

	while (next_case(&rest, &c))
		failed += !run_one(&c, ++count, run);
	printf("%s %zu - %s holds at least %zu cases\n", count >= at_least ? "ok" : "not ok", count + 1, file,
	       at_least);
	printf("1..%zu\n", count + 1);
	return failed == 0 && count >= at_least ? 0 : 1;
}

bool case_is(const struct test_case *c, const struct buf *got)
{
	return str_eq(c->want, buf_str(got));
}

bool case_part(struct str *rest, char sep, struct str *ret)
{
	bool quoted = false;
	size_t len = 0;

	if (!rest->at)
		return false;
	for (; len < rest->len && (quoted || rest->at[len] != sep); len++) {
		if (quoted && rest->at[len] == '\\')
			len++;
		else if (rest->at[len] == '"')
			quoted = !quoted;
	}
	len = MIN_OF(len, rest->len);
	*ret = str_trim(str_range(rest->at, len));
	*rest = len < rest->len ? str_range(rest->at + len + 1, rest->len - len - 1) : STR_EMPTY;
	return true;
}

struct json *case_json(struct arena *arena, struct str text)
{
	struct err err = ERR_INIT;
	struct json *j;

	if (json_parse(arena, text, &j, &err) < 0) {
		printf("Bail out! no JSON: %.*s: %s\n", STR_ARG(text), err.text);
		exit(1);
	}
	return j;
}

struct json *case_yaml(struct arena *arena, struct str text)
{
	struct err err = ERR_INIT;
	struct json *j;

	if (yaml_parse(arena, text, &j, &err) < 0) {
		printf("Bail out! no YAML: %.*s: %s\n", STR_ARG(text), err.text);
		exit(1);
	}
	return j;
}

struct value case_value(struct arena *arena, struct str text)
{
	struct value v = VALUE_NOTHING;

	text = str_trim(text);
	if (str_eq(text, STR("-")))
		return v;
	if (str_eq(text, STR("true")) || str_eq(text, STR("false")) || str_starts(text, STR("\"")) ||
	    json_is_number(text)) {
		ensure(value_of_json(case_json(arena, text), &v));
		return v;
	}
	return (struct value) { VALUE_TEXT, text };
}

static bool has_any(struct str text, const char *characters)
{
	for (; *characters; characters++)
		if (str_find_char(text, *characters) >= 0)
			return true;
	return false;
}

void case_print_text(struct buf *out, struct str text)
{
	if (text.len == 0)
		buf_add_char(out, '-');
	else if (has_any(text, "\n\t\"|,") || str_eq(text, STR("-")) || !str_eq(str_trim(text), text))
		json_write_string(out, text);
	else
		buf_add(out, text);
}

/* In quotes where the reader above would make another kind of it. */
void case_print(struct buf *out, struct value v)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	if (value_is_blank(v))
		buf_add_char(out, '-');
	else if (case_value(&arena, v.text).kind != v.kind)
		json_write_string(out, v.text);
	else
		case_print_text(out, v.text);
}

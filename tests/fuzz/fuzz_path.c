/* Paths: a line with the path, then a record as JSON. What was parsed prints as itself; what was written is read again; nothing else of the record changes kind. */
#include "fuzz.h"

#include "model/path.h"

static void parses_again(struct arena *arena, const struct path *path)
{
	struct err err = ERR_INIT;
	const struct path *again;

	law(path_parse(arena, path_text(path), &again, &err) == 0);
	law(str_eq(path_text(path), path_text(again)));
	law(str_eq(path_top(path), path_top(again)));
	law(path_is_plain(path, 3) == path_is_plain(again, 3));
}

static struct json *copy_of(struct arena *arena, const struct json *record)
{
	return record ? json_copy(arena, record) : json_new(arena, JSON_OBJECT);
}

/* What was set is there; setting it once more changes nothing. */
static void keeps_what_is_set(struct arena *arena, const struct path *path, const struct json *record)
{
	struct json *changed = copy_of(arena, record), *before;
	const struct json *found;
	struct err err = ERR_INIT;

	if (path_set(arena, path, changed, json_new_text(arena, STR("555-0100")), &err) < 0) {
		law(err.code == ERR_DATA);
		return;
	}
	found = path_get(path, changed);
	law(found && str_eq_c(json_text(found), "555-0100"));
	before = json_copy(arena, changed);
	law(path_set(arena, path, changed, json_new_text(arena, STR("555-0100")), &err) == 0);
	law(json_equal(before, changed));
}

static void nothing_is_nothing(struct arena *arena, const struct path *path, const struct json *record)
{
	struct json *changed = copy_of(arena, record);
	struct err err = ERR_INIT;

	if (path_set(arena, path, changed, json_new(arena, JSON_NULL), &err) == 0)
		law(json_is_null(path_get(path, changed)) || path_get(path, changed) != path_get(path, record));
	else
		law(err.code == ERR_DATA);
}

void fuzz_path(struct str input)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str rest = input, text = fuzz_line(&rest);
	struct json *record = NULL;
	const struct path *path;
	struct err err = ERR_INIT, ignored = ERR_INIT;

	if (path_parse(&arena, text, &path, &err) < 0) {
		law(err.code == ERR_CONFIG);
		return;
	}
	parses_again(&arena, path);
	if (json_parse(&arena, rest, &record, &ignored) < 0)
		record = NULL;
	(void)path_get(path, record);
	if (record && record->kind != JSON_OBJECT)
		return;
	keeps_what_is_set(&arena, path, record);
	nothing_is_nothing(&arena, path, record);
}

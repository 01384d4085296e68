/*
 * JSONTestSuite, where ../shared/data/json is present (SUTURE_SHARED names another place): y_ must be accepted, n_
 * refused; what we do with each i_ is our decision and stands in the table. test_transform holds odd but valid texts.
 */
#include "unit.h"

#include "codec/json.h"

#include <dirent.h>
#include <unistd.h>

/* Long numbers are kept as text, so none is too large. Everything that is no proper Unicode, or too deep, is refused. */
static const struct {
	const char *name;
	bool accepted;
} decided[] = {
	{ "i_number_", true },
	{ "i_object_key_lone_2nd_surrogate", false },
	{ "i_string_", false },
	{ "i_structure_500_nested_arrays", false },
	{ "i_structure_UTF-8_BOM_empty_object", false },
};

static bool must_accept(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(decided); i++) {
		if (strncmp(name, decided[i].name, strlen(decided[i].name)) == 0)
			return decided[i].accepted;
	}
	assert_true(name[0] == 'y' || name[0] == 'n');
	return name[0] == 'y';
}

static const char *shared_folder(void)
{
	const char *named = getenv("SUTURE_SHARED");

	return named && *named ? named : SOURCE_ROOT "/../shared";
}

static struct str read_whole(struct arena *arena, const char *folder, const char *name)
{
	struct str path = arena_printf(arena, "%s/%s", folder, name);
	FILE *file = fopen(path.at, "rb");
	char *bytes = arena_alloc_bytes(arena, 1 << 20);
	size_t len;

	assert_non_null(file);
	len = fread(bytes, 1, 1 << 20, file);
	fclose(file);
	return str_range(bytes, len);
}

static struct str folder_of(struct arena *arena, const char *name)
{
	return arena_printf(arena, "%s/data/json/%s", shared_folder(), name);
}

static DIR *open_cases(struct arena *arena, const char *name, struct str *ret_path)
{
	DIR *folder;

	*ret_path = folder_of(arena, name);
	folder = opendir(ret_path->at);
	assert_non_null(folder);
	return folder;
}

static bool accepts(struct arena *arena, struct str text, struct json **ret)
{
	struct err err = ERR_INIT;

	return json_parse(arena, text, ret, &err) == 0;
}

static void test_parsing(void **state UNUSED)
{
	SCOPED(arena) struct arena paths = ARENA_INIT;
	struct str path;
	DIR *folder = open_cases(&paths, "test_parsing", &path);
	unsigned cases = 0;

	for (const struct dirent *entry; (entry = readdir(folder));) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		struct str text;
		struct json *j;

		if (!str_ends(str_of(entry->d_name), STR(".json")))
			continue;
		text = exact_copy(read_whole(&arena, path.at, entry->d_name));
		if (accepts(&arena, text, &j) != must_accept(entry->d_name))
			fail_msg("%s", entry->d_name);
		free((char *)text.at);
		cases++;
	}
	closedir(folder);
	assert_true(cases >= 318);
}

/* What is accepted must come out as it went in: compact text is the raw bytes, and a copy without raw reads the same. */
static void test_transform(void **state UNUSED)
{
	SCOPED(arena) struct arena paths = ARENA_INIT;
	struct str path;
	DIR *folder = open_cases(&paths, "test_transform", &path);

	for (const struct dirent *entry; (entry = readdir(folder));) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		SCOPED(buf) struct buf out = BUF_INIT(1 << 20);
		struct str text;
		struct json *j;

		if (!str_ends(str_of(entry->d_name), STR(".json")))
			continue;
		text = read_whole(&arena, path.at, entry->d_name);
		assert_int_equal(accepts(&arena, text, &j), strstr(entry->d_name, "invalid_codepoint") == NULL);
		if (strstr(entry->d_name, "invalid_codepoint"))
			continue;
		json_write(&out, j);
		assert_str(buf_str(&out), str_trim(text));
		assert_int_equal(j->duplicate_keys, strncmp(entry->d_name, "object_same_key", 15) == 0);
	}
	closedir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parsing),
		cmocka_unit_test(test_transform),
	};

	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str folder = folder_of(&arena, "test_parsing");

	/* cmocka's skip() reads "not ok ... # SKIP" in TAP, which counts as a failure: the whole plan is skipped instead. */
	if (access(folder.at, R_OK) != 0) {
		printf("1..0 # SKIP no JSONTestSuite at %s\n", folder.at);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

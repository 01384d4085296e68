/* Whole files: what is in them, what is too large, missing or no file. */
#include "unit.h"

#include "lib/file.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/suture-file-XXXXXX";

static void put(const char *bytes, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void all_of_it_is_read(void **state UNUSED)
{
	static char large[100000];
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct str text;

	memset(large, 'x', sizeof(large));
	put(large, sizeof(large));
	assert_int_equal(file_read(&arena, path, sizeof(large), &text, &err), 0);
	assert_str(text, str_range(large, sizeof(large)));
	put("a\0b", 3);
	assert_int_equal(file_read(&arena, path, 3, &text, &err), 0);
	assert_str(text, str_range("a\0b", 3));
	put("", 0);
	assert_int_equal(file_read(&arena, path, 3, &text, &err), 0);
	assert_text(text, "");
}

static void what_cannot_be_read_is_told(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct str text;

	put("abcd", 4);
	assert_int_equal(file_read(&arena, path, 3, &text, &err), ERR_MEMORY_LIMIT);
	assert_int_equal(file_read(&arena, "/tmp", 3, &text, &err), ERR_SYSTEM);
	assert_int_equal(file_read(&arena, "/nowhere/at/all", 3, &text, &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "/nowhere/at/all"));
}

static int make(void **state UNUSED)
{
	int fd = mkstemp(path);

	return fd < 0 ? errno : close(fd);
}

static int remove_it(void **state UNUSED)
{
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_is_read),
		cmocka_unit_test(what_cannot_be_read_is_told),
	};

	return cmocka_run_group_tests(tests, make, remove_it);
}

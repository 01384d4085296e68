/*
 * replay: every target over the inputs that are kept in corpus/TARGET, without libFuzzer: seeds, and what once failed. One test a
 * target. Each input is read into a block of its very length, so that the sanitizers see who reads past its end; a law that does not hold ends the program, and the
 * last line says with which file. REPLAYED is the list of targets.
 */
#include "fuzz.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/file.h"

static char current[700];

static void on_abort(int number)
{
	static const char said[] = "\n# the input: ";

	if (write(STDOUT_FILENO, said, sizeof(said) - 1) > 0 && write(STDOUT_FILENO, current, strlen(current)) > 0)
		(void)!write(STDOUT_FILENO, "\n", 1);
	signal(number, SIG_DFL);
	raise(number);
}

static void replay_file(const char *path, void (*run)(struct str input))
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct str text;
	char *exact;

	snprintf(current, sizeof(current), "%s", path);
	if (file_read(&arena, path, FUZZ_INPUT_MAX, &text, &err) < 0)
		fail_msg("%s", err.text);
	exact = malloc(MAX_OF(text.len, (size_t)1)); /* not the arena: bytes behind the end must be nobody's */
	must(exact != NULL);
	if (text.len)
		memcpy(exact, text.at, text.len);
	run(str_range(exact, text.len));
	free(exact);
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void replay(const char *target, void (*run)(struct str input))
{
	char path[400], file[700];
	struct dirent **entries;
	int count;

	snprintf(path, sizeof(path), "%s/%s", CORPUS, target);
	count = scandir(path, &entries, is_input, alphasort);
	assert_true(count > 0); /* a target without inputs is not tested */
	run(STR_EMPTY);
	for (int i = 0; i < count; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		replay_file(file, run);
		free(entries[i]);
	}
	free(entries);
}

#define REPLAY(name)                          \
	static void name(void **state UNUSED) \
	{                                     \
		replay(#name, fuzz_##name);   \
	}
REPLAYED(REPLAY)

#define REPLAY_TEST(name) cmocka_unit_test(name),

int main(void)
{
	const struct CMUnitTest tests[] = { REPLAYED(REPLAY_TEST) };

	signal(SIGABRT, on_abort);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* faults: which calls are struck, and that the same seed strikes the same ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "sandbox/faults.h"

static void load(struct faults *faults, const char *rows)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct json *json;

	assert_int_equal(json_parse(&arena, str_of(rows), &json, &err), 0);
	assert_int_equal(faults_load(faults, json, &err), 0);
}

static enum fault_kind draw(struct faults *faults, const char *method, const char *path)
{
	return faults_draw(faults, str_of(method), str_of(path)).kind;
}

static void test_glob(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool fits;
	} cases[] = {
		{ "*", "", true },          { "*", "/a/b", true },      { "/a/*", "/a/b/c", true },
		{ "/a/*", "/b/a/", false }, { "/a/?", "/a/b", true },   { "/a/?", "/a/", false },
		{ "*b*d", "abcd", true },   { "*b*d", "abcde", false }, { "", "", true },
		{ "", "a", false },         { "a**b", "axxb", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(fault_glob(str_of(cases[i].pattern), str_of(cases[i].text)), cases[i].fits);
}

static void test_after_and_times(void **state)
{
	struct faults faults = FAULTS_INIT;

	(void)state;
	load(&faults, "[{\"match\":\"GET /x*\",\"kind\":\"500\",\"after\":2,\"times\":1}]");
	assert_int_equal(draw(&faults, "POST", "/x"), FAULT_NONE);
	assert_int_equal(draw(&faults, "GET", "/y"), FAULT_NONE);
	assert_int_equal(draw(&faults, "GET", "/x"), FAULT_NONE);
	assert_int_equal(draw(&faults, "GET", "/x1"), FAULT_NONE);
	assert_int_equal(draw(&faults, "GET", "/x"), FAULT_500);
	assert_int_equal(draw(&faults, "GET", "/x"), FAULT_NONE);
	faults_release(&faults);
}

static void test_latency_adds_up_and_first_kind_wins(void **state)
{
	struct faults faults = FAULTS_INIT;
	struct fault fault;

	(void)state;
	load(&faults, "[{\"kind\":\"latency\",\"ms\":10},{\"kind\":\"503\",\"ms\":5},{\"kind\":\"500\"},{\"kind\":"
	              "\"latency\",\"ms\":100}]");
	fault = faults_draw(&faults, STR("GET"), STR("/"));
	assert_int_equal(fault.kind, FAULT_503);
	assert_int_equal(fault.latency_ms, 115);
	faults_release(&faults);
}

static unsigned struck(struct faults *faults, const char *rows, char pattern[400])
{
	unsigned count = 0;

	load(faults, rows);
	for (size_t i = 0; i < 400; i++) {
		pattern[i] = draw(faults, "GET", "/") == FAULT_500 ? 'x' : '.';
		count += pattern[i] == 'x';
	}
	return count;
}

static void test_rate_is_drawn_from_the_seed(void **state)
{
	struct faults faults = FAULTS_INIT;
	char first[400], again[400], other[400];
	unsigned count = struck(&faults, "[{\"kind\":\"500\",\"rate\":0.1,\"seed\":7}]", first);

	(void)state;
	assert_in_range(count, 20, 65);
	assert_int_equal(struck(&faults, "[{\"kind\":\"500\",\"rate\":0.1,\"seed\":7}]", again), count);
	assert_memory_equal(first, again, sizeof(first));
	struck(&faults, "[{\"kind\":\"500\",\"rate\":0.1,\"seed\":8}]", other);
	assert_memory_not_equal(first, other, sizeof(first));
	assert_int_equal(struck(&faults, "[{\"kind\":\"500\",\"rate\":0}]", other), 0);
	faults_release(&faults);
}

static void test_wrong_rows_leave_the_old_ones(void **state)
{
	static const char *const wrong[] = {
		"{}",
		"[{}]",
		"[{\"kind\":\"banana\"}]",
		"[{\"kind\":\"500\",\"rate\":2}]",
		"[{\"kind\":\"500\",\"ratio\":1}]",
	};
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct faults faults = FAULTS_INIT;

	(void)state;
	load(&faults, "[{\"kind\":\"500\"}]");
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct err err = ERR_INIT;
		struct json *json;

		assert_int_equal(json_parse(&arena, str_of(wrong[i]), &json, &err), 0);
		assert_int_equal(faults_load(&faults, json, &err), ERR_USAGE);
		assert_int_equal(draw(&faults, "GET", "/"), FAULT_500);
	}
	faults_release(&faults);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_glob),
		cmocka_unit_test(test_after_and_times),
		cmocka_unit_test(test_latency_adds_up_and_first_kind_wins),
		cmocka_unit_test(test_rate_is_drawn_from_the_seed),
		cmocka_unit_test(test_wrong_rows_leave_the_old_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

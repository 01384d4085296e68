/* Every point can fail, every point can be the process's last: what was told is true afterwards (R5). */
#include "fixture.h"

#include <sys/wait.h>

#include "store/store_trace.h"

struct lines {
	struct buf text;
	int count;
};

static void collect(void *context, const char *line)
{
	struct lines *lines = context;

	buf_printf(&lines->text, "%s\n", line);
	lines->count++;
}

/* R41: the text of the statement, never what is bound to it. */
static void test_r41_logs_no_values(void **state UNUSED)
{
	struct lines lines = { .text = BUF_INIT(10000) };
	struct store *store;
	int kept = dup(STDERR_FILENO);

	assert_non_null(freopen("/dev/null", "w", stderr));
	store = open_fixture("trace::memory:");
	dup2(kept, STDERR_FILENO);
	close(kept);
	store_trace_to(store, collect, &lines);
	write_person(store, "Lovelace");
	assert_int_equal(count_people(store), 1);
	assert_int_equal(lines.count, 3);
	assert_non_null(
	        strstr(buf_text(&lines.text), "INSERT INTO person (name, age, photo) VALUES ($1, $2, $3)\nCOMMIT\n"));
	assert_null(strstr(buf_text(&lines.text), "Lovelace"));
	store_close(&store);
	buf_release(&lines.text);
}

static int add_pair(struct db *db, void *context, struct err *err)
{
	const int *round = context;
	char name[2][32];

	for (int i = 0; i < 2; i++) {
		snprintf(name[i], sizeof(name[i]), "%d of %d", i, *round);
		if (add_person(db, name[i], err) < 0)
			return err->code;
	}
	return 0;
}

/* n = 1, 2: the inserts; 3: the commit; 4: the sync; 5: not reached. Both of a pair are there, or none. What was committed and then could not be brought to
 * the disk counts as failed and is there. */
static void test_every_point_fails(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct store *store;
	char url[200];
	int n = 0;
	int64_t left;

	snprintf(url, sizeof(url), "trace:%s", f->path);
	store = open_fixture(url);
	store_trace_to(store, NULL, NULL);
	do {
		int result;

		store_fail_at(store, ++n);
		result = store_write(store, DURABLE, add_pair, &n, &err);
		left = store_fail_left(store);
		store_fail_at(store, 0);
		assert_int_equal(result, left > 0 ? 0 : ERR_STORE);
		assert_int_equal(count_people(store), n < 4 ? 0 : n == 4 ? 2 : 4);
	} while (left == 0);
	assert_int_equal(n, 5);
	store_close(&store);
}

/* An opening that fails at any of its points leaves a file that opens. */
static void test_every_point_of_opening_fails(void **state)
{
	struct fixture *f = *state;
	struct store *store = NULL;
	int n = 0;
	int result;

	assert_non_null(freopen("/dev/null", "w", stderr));
	do {
		struct err err = ERR_INIT;
		char url[200];

		snprintf(url, sizeof(url), "trace:%s?fail_at=%d", f->path, ++n);
		result = store_open_with(url, fixture_steps, ARRAY_LEN(fixture_steps), &store, &err);
		assert_true(result == 0 || (result == ERR_STORE && strstr(err.text, "on purpose")));
	} while (result < 0);
	assert_int_equal(n, 9);
	assert_true(store_fail_left(store) > 0);
	store_close(&store);
	store = open_fixture(f->path);
	assert_int_equal(count_people(store), 0);
	store_close(&store);
}

/* Writes pairs and tells each one's success through the pipe, until it dies at the n-th point. */
static void write_until_death(const char *path, int n, int tell)
{
	struct store *store;
	struct err err = ERR_INIT;
	char url[200];

	assert_non_null(freopen("/dev/null", "w", stderr));
	snprintf(url, sizeof(url), "trace:%s?die_at=%d", path, n);
	store = open_fixture(url);
	for (int round = 0; round < 3; round++) {
		if (store_write(store, DURABLE, add_pair, &round, &err) < 0 || write(tell, "+", 1) != 1)
			_exit(1);
	}
	store_close(&store);
	_exit(0);
}

static int run_until_death(const char *path, int n, int64_t *ret_told)
{
	int ends[2];
	int status = 0;
	char byte;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0)
		write_until_death(path, n, ends[1]);
	close(ends[1]);
	*ret_told = 0;
	while (read(ends[0], &byte, 1) == 1)
		++*ret_told;
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

enum { POINTS_OF_OPENING = 8, POINTS_OF_A_PAIR = 4 };

/* R5: killed at any point, exactly what was told is there; between commit and sync also the pair that was about to be told. */
static void test_r5_death_at_every_point(void **state UNUSED)
{
	int n = 0;
	int ended;

	do {
		struct fixture f;
		struct store *store;
		int64_t told;
		bool at_sync;

		fixture_make(&f);
		ended = run_until_death(f.path, ++n, &told);
		assert_true(ended == STORE_DIED || (ended == 0 && told == 3));
		store = open_fixture(f.path);
		at_sync =
		        ended == STORE_DIED && n > POINTS_OF_OPENING && (n - POINTS_OF_OPENING) % POINTS_OF_A_PAIR == 0;
		assert_int_equal(count_people(store), (told + at_sync) * 2);
		store_close(&store);
		fixture_remove(&f);
	} while (ended == STORE_DIED);
	assert_int_equal(n, POINTS_OF_OPENING + 3 * POINTS_OF_A_PAIR + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_r41_logs_no_values),
		cmocka_unit_test_setup_teardown(test_every_point_fails, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(test_every_point_of_opening_fails, fixture_begin, fixture_end),
		cmocka_unit_test(test_r5_death_at_every_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

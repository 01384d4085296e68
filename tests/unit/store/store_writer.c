/* Threads, groups, what a failure takes with it, order, and what a reader sees meanwhile. */
#include "fixture.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "store/store_trace.h"

static const struct statement DEFER_KEYS = { .sql = "PRAGMA defer_foreign_keys=ON",
	                                     .postgres = "SET CONSTRAINTS ALL DEFERRED" };
static const struct statement INSERT_EVENT = { .sql = "INSERT INTO event (person, what) VALUES ($1, $2)" };
static const struct statement SELECT_IDS = { .sql = "SELECT name FROM person ORDER BY id" };

enum { THREADS = 8, WRITES = 60 };

static struct store_pending *start_person(struct store *store, const char *name)
{
	return store_write_start(store, RELAXED, add_person, (void *)(uintptr_t)name);
}

static int finish(struct store_pending **pending)
{
	struct err err = ERR_INIT;
	int result = store_write_wait(pending, &err);

	assert_null(*pending);
	assert_int_equal(result, err.code);
	return result;
}

/* ---- many threads */

struct thread_job {
	struct store *store;
	int number;
	int conflicts;
	int succeeded;
};

/* Every name is wanted by two threads: one of them gets it, the other ERR_CONFLICT. */
static void *write_many(void *context)
{
	struct thread_job *job = context;

	for (int i = 0; i < WRITES; i++) {
		char name[32];
		struct err err = ERR_INIT;
		int result;

		snprintf(name, sizeof(name), "%d/%d", job->number / 2, i);
		result = store_write(job->store, i % 7 == 0 ? DURABLE : RELAXED, add_person, name, &err);
		job->succeeded += result == 0;
		job->conflicts += result == ERR_CONFLICT;
	}
	return NULL;
}

static void check_many_threads(struct store *store)
{
	struct thread_job jobs[THREADS];
	pthread_t threads[THREADS];
	int succeeded = 0;

	for (int i = 0; i < THREADS; i++) {
		jobs[i] = (struct thread_job) { .store = store, .number = i };
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, &jobs[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(jobs[i].succeeded + jobs[i].conflicts, WRITES);
		succeeded += jobs[i].succeeded;
	}
	assert_int_equal(succeeded, THREADS / 2 * WRITES);
	assert_int_equal(count_people(store), succeeded);
}

static void test_r9_many_threads(void **state UNUSED)
{
	struct store *store = open_fixture(":memory:");

	check_many_threads(store);
	store_close(&store);
}

/* ---- groups */

static void count_commits(void *context, const char *line)
{
	atomic_int *commits = context;

	if (strcmp(line, "COMMIT") == 0)
		atomic_fetch_add(commits, 1);
}

/* The writer stands at the gate; what is started meanwhile becomes one group. */
static struct store_pending *hold_writer(struct store *store, struct gate *gate)
{
	struct store_pending *held = store_write_start(store, RELAXED, wait_at_gate, gate);

	until_reached(gate);
	return held;
}

static void test_one_commit_for_a_group(void **state UNUSED)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f" };
	struct store *store = open_fixture("trace::memory:");
	struct gate gate = GATE_INIT;
	struct store_pending *parts[ARRAY_LEN(names)];
	struct store_pending *held;
	atomic_int commits = 0;

	store_trace_to(store, count_commits, &commits);
	held = hold_writer(store, &gate);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		parts[i] = start_person(store, names[i]);
	open_gate(&gate);
	assert_int_equal(finish(&held), 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_int_equal(finish(&parts[i]), 0);
	assert_int_equal(atomic_load(&commits), 2);
	assert_int_equal(count_people(store), ARRAY_LEN(names));
	store_close(&store);
}

static int add_two(struct db *db, void *context, struct err *err)
{
	int result = add_person(db, "only for a moment", err);

	return result < 0 ? result : add_person(db, context, err);
}

static void test_one_part_rolls_back_alone(void **state UNUSED)
{
	struct store *store = open_fixture(":memory:");
	struct gate gate = GATE_INIT;
	struct store_pending *held = hold_writer(store, &gate);
	struct store_pending *first = start_person(store, "a");
	struct store_pending *bad = store_write_start(store, RELAXED, add_two, "a");
	struct store_pending *last = start_person(store, "b");

	open_gate(&gate);
	assert_int_equal(finish(&held), 0);
	assert_int_equal(finish(&bad), ERR_CONFLICT);
	assert_int_equal(finish(&first), 0);
	assert_int_equal(finish(&last), 0);
	assert_int_equal(count_people(store), 2);
	store_close(&store);
}

static void test_failed_commit_fails_all(void **state UNUSED)
{
	struct store *store = open_fixture("trace::memory:");
	struct gate gate = GATE_INIT;
	struct store_pending *parts[3];
	struct store_pending *held;

	store_trace_to(store, NULL, NULL);
	held = hold_writer(store, &gate);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		parts[i] = start_person(store, i == 0 ? "a" : i == 1 ? "b" : "a");
	/* 1: the gate's commit, 2 to 4: the inserts, 5: the commit of all three */
	store_fail_at(store, 5);
	open_gate(&gate);
	assert_int_equal(finish(&held), 0);
	assert_int_equal(finish(&parts[0]), ERR_STORE);
	assert_int_equal(finish(&parts[1]), ERR_STORE);
	assert_int_equal(finish(&parts[2]), ERR_CONFLICT); /* its own reason */
	assert_int_equal(count_people(store), 0);
	write_person(store, "a");
	assert_int_equal(count_people(store), 1);
	store_close(&store);
}

static int orphan_found_late(struct db *db, void *context UNUSED, struct err *err)
{
	if (db_run(db, &DEFER_KEYS, BIND_NOTHING, err) < 0)
		return err->code;
	return db_run(db, &INSERT_EVENT, BIND(bind_int(99), bind_text(STR("x"))), err);
}

/* A commit that the database itself refuses. */
static void test_refused_commit(void **state UNUSED)
{
	struct store *store = open_fixture(":memory:");
	struct gate gate = GATE_INIT;
	struct store_pending *held = hold_writer(store, &gate);
	struct store_pending *good = start_person(store, "a");
	struct store_pending *bad = store_write_start(store, RELAXED, orphan_found_late, NULL);

	open_gate(&gate);
	assert_int_equal(finish(&held), 0);
	assert_int_equal(finish(&good), ERR_STORE);
	assert_int_equal(finish(&bad), ERR_STORE);
	assert_int_equal(count_people(store), 0);
	write_person(store, "a");
	store_close(&store);
}

/* ---- durability */

/* What the store did, a letter each: i an insert, c a commit, s a sync. */
struct steps {
	pthread_mutex_t lock;
	char text[64];
};

static void note_step(void *context, const char *line)
{
	struct steps *steps = context;
	const char letter[2] = { strcmp(line, "COMMIT") == 0 ? 'c' : strcmp(line, "SYNC") == 0 ? 's' : 'i' };

	pthread_mutex_lock(&steps->lock);
	strncat(steps->text, letter, sizeof(steps->text) - strlen(steps->text) - 1);
	pthread_mutex_unlock(&steps->lock);
}

static void check_steps(struct steps *steps, const char *wanted)
{
	pthread_mutex_lock(&steps->lock);
	assert_string_equal(steps->text, wanted);
	steps->text[0] = 0;
	pthread_mutex_unlock(&steps->lock);
}

static int write_as(struct store *store, enum durability durability, char *name)
{
	struct err err = ERR_INIT;

	return store_write(store, durability, add_person, name, &err);
}

/* R1: what must last is on the disk when store_write returns; nobody else waits for the disk. */
static void test_r1_durable_is_synced(void **state)
{
	struct fixture *f = *state;
	struct steps steps = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct store *store;
	char url[300];

	snprintf(url, sizeof(url), "trace:%s", f->path);
	store = open_fixture(url);
	store_trace_to(store, note_step, &steps);
	assert_int_equal(write_as(store, RELAXED, "a"), 0);
	check_steps(&steps, "ic");
	assert_int_equal(write_as(store, DURABLE, "b"), 0);
	check_steps(&steps, "ics");
	assert_int_equal(write_as(store, DURABLE, "b"), ERR_CONFLICT); /* nothing was committed: nothing to sync */
	check_steps(&steps, "i");
	store_trace_to(store, NULL, NULL);
	store_fail_at(store, 3); /* the sync */
	assert_int_equal(write_as(store, DURABLE, "c"), ERR_STORE);
	assert_int_equal(write_as(store, DURABLE, "d"), 0);
	store_close(&store);
}

/* Several parts that must last share a sync, and one beside them that need not is done before it. */
static void test_one_sync_for_a_group(void **state UNUSED)
{
	struct store *store = open_fixture("trace::memory:");
	struct steps steps = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct gate gate = GATE_INIT;
	struct store_pending *held, *parts[3];

	store_trace_to(store, note_step, &steps);
	held = hold_writer(store, &gate);
	parts[0] = store_write_start(store, DURABLE, add_person, "a");
	parts[1] = store_write_start(store, RELAXED, add_person, "b");
	parts[2] = store_write_start(store, DURABLE, add_person, "c");
	open_gate(&gate);
	assert_int_equal(finish(&held), 0);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		assert_int_equal(finish(&parts[i]), 0);
	check_steps(&steps,
	            test_store_is_server() ? "ciiic" : "ciiics"); /* a server waits for its disk in the commit */
	store_close(&store);
}

/* ---- who does not wait */

struct told {
	atomic_int seen, done;
	int result;
};

static void on_seen(void *context)
{
	struct told *told = context;

	assert_int_equal(atomic_load(&told->done), 0);
	atomic_fetch_add(&told->seen, 1);
}

static void on_done(void *context, int result, const struct err *err)
{
	struct told *told = context;

	told->result = result;
	assert_true(result >= 0 || (int)err->code == result);
	atomic_fetch_add(&told->done, 1);
}

static int then_result(struct store *store, char *name, int wanted_seen)
{
	struct told told = { .result = 1 };
	const struct store_then then = { on_seen, on_done, &told };

	store_write_then(store, DURABLE, add_person, name, &then);
	while (!atomic_load(&told.done))
		usleep(100);
	assert_int_equal(atomic_load(&told.seen), wanted_seen);
	return told.result;
}

static void check_then(struct store *store)
{
	assert_int_equal(then_result(store, "a", 1), 0);
	assert_int_equal(then_result(store, "a", 0), ERR_CONFLICT);
	assert_int_equal(then_result(store, "b", 1), 0);
	assert_int_equal(count_people(store), 2);
}

/* Told twice: once when readers see it, once when it lasts; of a failure once. */
static void test_then(void **state UNUSED)
{
	struct store *store = open_fixture(":memory:");

	check_then(store);
	store_close(&store);
}

/* ---- order */

enum { ORDERED = 600 }; /* more than a group holds */

static int names_in_order(struct db *db, void *context, struct err *err)
{
	char(*names)[16] = context;
	ROWS rows = NULL;
	int result = db_select(db, &SELECT_IDS, BIND_NOTHING, &rows, err);
	int count = 0;

	while (result >= 0 && (result = rows_next(rows, err)) > 0)
		assert_true(str_eq_c(row_text(rows, "name"), names[count++]));
	assert_int_equal(count, ORDERED);
	return result;
}

static void test_order_of_one_thread(void **state UNUSED)
{
	static char names[ORDERED][16];
	static struct store_pending *parts[ORDERED];
	struct store *store = open_fixture(":memory:");
	struct err err = ERR_INIT;

	for (int i = 0; i < ORDERED; i++) {
		snprintf(names[i], sizeof(names[i]), "%d", ORDERED - i);
		parts[i] = start_person(store, names[i]);
	}
	for (int i = ORDERED - 1; i >= 0; i--)
		assert_int_equal(finish(&parts[i]), 0);
	assert_int_equal(store_read(store, names_in_order, names, &err), 0);
	store_close(&store);
}

static int slow_person(struct db *db, void *context, struct err *err)
{
	usleep(2000);
	return add_person(db, context, err);
}

/* Nothing that was started is lost by closing, waited for or not. */
static void test_close_waits(void **state)
{
	static char names[40][8];
	struct fixture *f = *state;
	struct store *store = open_fixture(f->path);

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(names[i], sizeof(names[i]), "%zu", i);
		assert_non_null(store_write_start(store, RELAXED, slow_person, names[i]));
	}
	store_close(&store);
	store = open_fixture(f->path);
	assert_int_equal(count_people(store), ARRAY_LEN(names));
	store_close(&store);
}

/* ---- readers */

struct snapshot {
	struct store *store;
	int64_t before;
	int64_t after;
};

static int count_twice(struct db *db, void *context, struct err *err)
{
	struct snapshot *seen = context;

	if (read_count(db, &seen->before, err) < 0)
		return err->code;
	write_person(seen->store, "written meanwhile");
	assert_int_equal(count_people(seen->store), seen->before + 1);
	return read_count(db, &seen->after, err);
}

static void test_reader_sees_one_state(void **state UNUSED)
{
	struct store *store = open_fixture(":memory:");
	struct snapshot seen = { .store = store };
	struct err err = ERR_INIT;

	write_person(store, "a");
	assert_int_equal(store_read(store, count_twice, &seen, &err), 0);
	assert_int_equal(seen.before, 1);
	assert_int_equal(seen.after, 1);
	assert_int_equal(count_people(store), 2);
	store_close(&store);
}

static void *read_at_gate(void *context)
{
	struct snapshot *both = context;

	both->before = count_people(both->store);
	return NULL;
}

/* The writer is in the middle of a transaction; readers do not wait and do not see it. */
static void test_readers_beside_the_writer(void **state UNUSED)
{
	struct store *store = open_fixture(":memory:");
	struct gate gate = GATE_INIT;
	struct snapshot both[6];
	pthread_t threads[ARRAY_LEN(both)];
	struct store_pending *held;

	write_person(store, "a");
	held = hold_writer(store, &gate);
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		both[i].store = store;
		assert_int_equal(pthread_create(&threads[i], NULL, read_at_gate, &both[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(both[i].before, 1);
	}
	open_gate(&gate);
	assert_int_equal(finish(&held), 0);
	store_close(&store);
}

static void test_reader_cannot_write(void **state UNUSED)
{
	struct store *store = open_fixture(":memory:");
	struct err err = ERR_INIT;

	assert_int_equal(store_read(store, add_person, "a", &err), ERR_STORE);
	assert_int_equal(count_people(store), 0);
	store_close(&store);
}

/* ---- our own mistakes end the program */

static int write_inside(struct db *db UNUSED, void *context, struct err *err)
{
	return store_write(context, RELAXED, add_person, "a", err);
}

static int wait_inside(struct db *db UNUSED, void *context, struct err *err UNUSED)
{
	return store_write_start(context, RELAXED, add_person, "a") ? 0 : ERR_BUG;
}

static int unknown_column(struct db *db, void *context UNUSED, struct err *err)
{
	ROWS rows = NULL;

	if (add_person(db, "a", err) < 0 || db_select(db, &SELECT_IDS, BIND_NOTHING, &rows, err) < 0)
		return err->code;
	return rows_next(rows, err) > 0 ? (int)row_int(rows, "nmae") : 0;
}

static int bind_too_few(struct db *db, void *context UNUSED, struct err *err)
{
	return db_run(db, &INSERT_EVENT, BIND(bind_int(1)), err);
}

static void run_in_child(const char *path, store_fn fn)
{
	struct store *store;
	struct err err = ERR_INIT;

	assert_non_null(freopen("/dev/null", "w", stderr));
	signal(SIGABRT, SIG_DFL);
	store = open_fixture(path);
	_exit(store_write(store, RELAXED, fn, store, &err) < 0);
}

static void test_our_mistakes_abort(void **state)
{
	struct fixture *f = *state;
	static const store_fn mistakes[] = { write_inside, wait_inside, unknown_column, bind_too_few };

	for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
		pid_t child = fork();
		int status = 0;

		if (child == 0)
			run_in_child(f->path, mistakes[i]);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_our_mistakes_abort, fixture_begin, fixture_end),
		cmocka_unit_test(test_r9_many_threads),
		cmocka_unit_test(test_one_commit_for_a_group),
		cmocka_unit_test(test_one_part_rolls_back_alone),
		cmocka_unit_test(test_failed_commit_fails_all),
		cmocka_unit_test(test_refused_commit),
		cmocka_unit_test_setup_teardown(test_r1_durable_is_synced, fixture_begin, fixture_end),
		cmocka_unit_test(test_one_sync_for_a_group),
		cmocka_unit_test(test_then),
		cmocka_unit_test(test_order_of_one_thread),
		cmocka_unit_test_setup_teardown(test_close_waits, fixture_begin, fixture_end),
		cmocka_unit_test(test_reader_sees_one_state),
		cmocka_unit_test(test_readers_beside_the_writer),
		cmocka_unit_test(test_reader_cannot_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

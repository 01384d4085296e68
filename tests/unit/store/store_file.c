/* The file: urls, schema, copies, other processes, and everything that can be wrong with a disk. */
#include "fixture.h"
#include "lib/clock.h"

#include <fcntl.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* ---- opening */

static int open_fails(const char *url, struct err *err)
{
	struct store *store = NULL;
	int result;

	*err = (struct err)ERR_INIT;
	result = store_open_with(url, fixture_steps, ARRAY_LEN(fixture_steps), &store, err);
	assert_null(store);
	assert_int_equal(result, err->code);
	return result;
}

static void assert_says(const struct err *err, const char *part)
{
	if (!strstr(err->text, part))
		fail_msg("'%s' does not say '%s'", err->text, part);
}

static void test_urls(void **state)
{
	static const char *const wrong[] = { "",
		                             "sqlite:",
		                             "?max_pages=1",
		                             "x.db?max_pages",
		                             "x.db?max_pages=many",
		                             "x.db?max_pages=-1",
		                             "x.db?colour=3",
		                             "trace:" };
	struct fixture *f = *state;
	struct err err;
	char url[200];
	struct store *store;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(open_fails(wrong[i], &err), ERR_CONFIG);
	snprintf(url, sizeof(url), "sqlite:%s?max_pages=5000&busy_ms=100", f->path);
	store = open_fixture(url);
	assert_string_equal(store_place_of(store)->path, f->path);
	assert_int_equal(store_place_of(store)->max_pages, 5000);
	assert_int_equal(store_place_of(store)->busy_ms, 100);
	store_close(&store);
	store_close(&store); /* nothing there: nothing happens */
}

static void test_file_is_private(void **state)
{
	struct fixture *f = *state;
	struct store *store = open_fixture(f->path);
	struct stat info;

	assert_int_equal(stat(f->path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	store_close(&store);
}

static void test_memory_leaves_nothing(void **state UNUSED)
{
	struct store *store = NULL;
	struct err err = ERR_INIT;
	char path[200];

	assert_int_equal(store_open_with(":memory:", fixture_steps, ARRAY_LEN(fixture_steps), &store, &err), 0);
	write_person(store, "a");
	snprintf(path, sizeof(path), "%s", store_place_of(store)->path);
	assert_int_equal(access(path, F_OK), 0);
	store_close(&store);
	assert_int_equal(access(path, F_OK), -1);
}

static void test_describe(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct fixture *f = *state;
	struct store *store = open_fixture(f->path);
	char expected[200];

	snprintf(expected, sizeof(expected), "SQLite %s, %s, schema 2", sqlite3_libversion(), f->path);
	assert_string_equal(store_describe(store, &arena).at, expected);
	store_close(&store);
}

static void write_file(const char *path, const char *bytes, size_t len, long at)
{
	FILE *file = fopen(path, at ? "r+" : "w");

	assert_non_null(file);
	assert_int_equal(fseek(file, at, SEEK_SET), 0);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void test_not_a_database(void **state)
{
	static const char text[] =
	        "name;birth date\nthis is a table of another kind, and long enough to have a header, see\n";
	struct fixture *f = *state;
	struct err err;
	char page[8192];

	for (size_t i = 0; i < sizeof(page); i++)
		page[i] = text[i % (sizeof(text) - 1)];
	write_file(f->path, page, sizeof(page), 0);
	assert_int_equal(open_fails(f->path, &err), ERR_STORE);
	assert_says(&err, "not a database");
	assert_null(strstr(err.text, "birth"));
}

static void test_missing_folder(void **state)
{
	struct fixture *f = *state;
	struct err err;
	char path[200];

	snprintf(path, sizeof(path), "%s/none/x.db", f->folder);
	assert_int_equal(open_fails(path, &err), ERR_STORE);
	assert_says(&err, "check that the folder exists");
	assert_int_equal(open_fails(f->folder, &err), ERR_STORE);
}

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_file_of_another_program(void **state)
{
	struct fixture *f = *state;
	struct err err;

	run_sql(f->path, "CREATE TABLE song (id INTEGER PRIMARY KEY)");
	assert_int_equal(open_fails(f->path, &err), ERR_STORE);
	assert_says(&err, "another program");
}

static int read_all(struct db *db, void *context UNUSED, struct err *err)
{
	static const struct statement select = { .sql = "SELECT name, photo FROM person" };
	ROWS rows = NULL;
	int result = db_select(db, &select, BIND_NOTHING, &rows, err);

	while (result >= 0 && (result = rows_next(rows, err)) > 0)
		continue;
	return result;
}

static int add_photos(struct db *db, void *context, struct err *err)
{
	static const char photo[2000];
	const int *count = context;

	for (int i = 0; i < *count; i++) {
		char name[40];
		int result;

		snprintf(name, sizeof(name), "photo %d of %d", i, *count);
		result = db_run(db, &INSERT_PERSON,
		                BIND(bind_text(str_of(name)), bind_int(i), bind_blob(str_range(photo, sizeof(photo)))),
		                err);
		if (result < 0)
			return result;
	}
	return 0;
}

static void test_damaged_file(void **state)
{
	static char junk[20 * 4096];
	struct fixture *f = *state;
	struct store *store = open_fixture(f->path);
	struct err err = ERR_INIT;
	int count = 100;

	assert_int_equal(store_write(store, RELAXED, add_photos, &count, &err), 0);
	store_close(&store);
	memset(junk, 0xA5, sizeof(junk));
	write_file(f->path, junk, sizeof(junk), 12L * 4096);
	store = open_fixture(f->path);
	assert_int_equal(store_read(store, read_all, NULL, &err), ERR_STORE);
	assert_says(&err, "damaged");
	assert_says(&err, "backup");
	store_close(&store);
}

/* The rights bind only who is not root: the child becomes nobody. */
static int open_as_nobody(const char *path)
{
	struct store *store = NULL;
	struct err err = ERR_INIT;

	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return 3;
	if (store_open_with(path, fixture_steps, ARRAY_LEN(fixture_steps), &store, &err) != ERR_STORE)
		return 1;
	return strstr(err.text, "rights") ? 0 : 2;
}

static void test_read_only_file(void **state)
{
	struct fixture *f = *state;
	struct store *store = open_fixture(f->path);
	pid_t child;
	int status = 0;

	store_close(&store);
	assert_int_equal(chmod(f->folder, 0755), 0);
	assert_int_equal(chmod(f->path, 0444), 0);
	child = fork();
	if (child == 0)
		_exit(open_as_nobody(f->path));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* A disk of our own, which only this process sees: it is read-only once the database lies on it. SKIPS: that is not allowed here. */
enum { SKIPS = 77 };

static int open_on_read_only_disk(const struct fixture *f)
{
	struct store *store = NULL;
	struct err err = ERR_INIT;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", f->folder, "tmpfs", 0, "size=8m") < 0)
		return SKIPS;
	store = open_fixture(f->path);
	write_person(store, "before");
	store_close(&store);
	if (mount("none", f->folder, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=8m") < 0)
		return SKIPS;
	if (store_open_with(f->path, fixture_steps, ARRAY_LEN(fixture_steps), &store, &err) != ERR_STORE)
		return 1;
	return strstr(err.text, "read-only") ? 0 : 2;
}

static void test_read_only_disk(void **state)
{
	const struct fixture *f = *state;
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		_exit(open_on_read_only_disk(f));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == SKIPS) {
		print_message("# a disk of our own may not be mounted here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- the log */

/* How often the log began anew: the fourth word of its head, big-endian. */
static uint32_t log_begun(const char *path)
{
	unsigned char head[16] = { 0 };
	char log[200];
	int fd;

	snprintf(log, sizeof(log), "%s-wal", path);
	fd = open(log, O_RDONLY);
	assert_true(fd >= 0 && read(fd, head, sizeof(head)) == sizeof(head));
	close(fd);
	return (uint32_t)head[12] << 24 | (uint32_t)head[13] << 16 | (uint32_t)head[14] << 8 | head[15];
}

/* It is brought into the file while commits go on, and begins anew: it does not grow for ever. */
static void test_log_begins_anew(void **state)
{
	struct fixture *f = *state;
	struct store *store = open_fixture(f->path);
	uint32_t begun = log_begun(f->path);
	struct err err = ERR_INIT;
	int count = 5000, written = 1;
	struct stat info;

	assert_int_equal(store_write(store, RELAXED, add_photos, &count, &err), 0);
	for (count = 300; log_begun(f->path) == begun; count++, written++) { /* names of their own */
		if (written > 3000)
			fail_msg("the log is never brought into the file");
		assert_int_equal(store_write(store, RELAXED, add_photos, &count, &err), 0);
		clock_sleep_ms(2);
	}
	assert_int_equal(stat(f->path, &info), 0);
	assert_true(info.st_size > 5000 * 2000);
	store_close(&store);
}

/* ---- a full disk */

static void test_disk_full(void **state)
{
	struct fixture *f = *state;
	struct store *store;
	struct err err = ERR_INIT;
	char url[200];
	int many = 500;
	int few = 3;

	snprintf(url, sizeof(url), "%s?max_pages=60", f->path);
	store = open_fixture(url);
	write_person(store, "before");
	assert_int_equal(store_write(store, DURABLE, add_photos, &many, &err), ERR_DISK_FULL);
	assert_says(&err, "make room");
	assert_int_equal(count_people(store), 1);
	assert_int_equal(store_write(store, DURABLE, add_photos, &few, &err), 0);
	store_close(&store);
	store = open_fixture(f->path);
	assert_int_equal(count_people(store), 4);
	assert_int_equal(store_write(store, DURABLE, add_photos, &many, &err), 0);
	store_close(&store);
}

/* Goes on as if nothing had happened. */
static int hide_failure(struct db *db, void *context, struct err *err UNUSED)
{
	struct err hidden = ERR_INIT;

	assert_int_equal(add_photos(db, context, &hidden), ERR_DISK_FULL);
	return 0;
}

static void check_hidden_failure(struct store *store)
{
	struct err err = ERR_INIT;
	int many = 500;

	assert_int_equal(store_write(store, DURABLE, hide_failure, &many, &err), ERR_STORE);
	assert_says(&err, "gave the transaction up");
	assert_int_equal(count_people(store), 0);
	write_person(store, "after");
	store_close(&store);
}

/* "Done" is never told of a transaction that the database has ended. */
static void test_hidden_failure(void **state)
{
	struct fixture *f = *state;
	char url[200];

	snprintf(url, sizeof(url), "%s?max_pages=60", f->path);
	check_hidden_failure(open_fixture(url));
}

/* Whoever was told "done" is in the database, whoever was told "full" is not: with others before and behind in the group. */
static void test_disk_full_in_a_group(void **state)
{
	struct fixture *f = *state;
	struct store *store;
	struct store_pending *parts[5];
	struct store_pending *held;
	struct gate gate = GATE_INIT;
	char url[200];
	int many = 500;
	int done = 0;

	snprintf(url, sizeof(url), "%s?max_pages=60", f->path);
	store = open_fixture(url);
	held = store_write_start(store, RELAXED, wait_at_gate, &gate);
	until_reached(&gate);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		static char names[][4] = { "a", "b", "c", "d", "e" };

		parts[i] = i == 2 ? store_write_start(store, RELAXED, add_photos, &many)
		                  : store_write_start(store, DURABLE, add_person, names[i]);
	}
	open_gate(&gate);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct err err = ERR_INIT;
		int result = store_write_wait(&parts[i], &err);

		assert_true(result == 0 || result == ERR_DISK_FULL);
		assert_true(i != 2 || result < 0);
		assert_true(i <= 2 || result == 0);
		done += result == 0;
	}
	assert_int_equal(store_write_wait(&held, &(struct err)ERR_INIT), 0);
	assert_int_equal(count_people(store), done);
	store_close(&store);
}

/* ---- the schema */

static int insert_event(struct db *db, void *context UNUSED, struct err *err)
{
	static const struct statement insert = { .sql = "INSERT INTO event (person, what) VALUES ($1, $2)" };

	return db_run(db, &insert, BIND(bind_int(1), bind_text(STR("seen"))), err);
}

static void test_older_version_is_brought_up(void **state)
{
	struct fixture *f = *state;
	struct store *store = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(store_open_with(f->path, fixture_steps, 1, &store, &err), 0);
	write_person(store, "old");
	assert_int_equal(store_write(store, RELAXED, insert_event, NULL, &err), ERR_BUG);
	store_close(&store);
	store = open_fixture(f->path);
	assert_int_equal(count_people(store), 1);
	assert_int_equal(store_write(store, RELAXED, insert_event, NULL, &err), 0);
	store_close(&store);
}

static void test_newer_schema_is_refused(void **state)
{
	struct fixture *f = *state;
	struct store *store = open_fixture(f->path);
	struct err err = ERR_INIT;

	store_close(&store);
	assert_int_equal(store_open_with(f->path, fixture_steps, 1, &store, &err), ERR_STORE);
	assert_says(&err, "schema 2");
	assert_says(&err, "newer");
	store = open_fixture(f->path); /* and nothing was done to it */
	store_close(&store);
}

static void test_other_steps_are_refused(void **state)
{
	static const struct migration others[] = { { "songs", "CREATE TABLE song (id INTEGER)", NULL },
		                                   { "events", "CREATE TABLE concert (id INTEGER)", NULL } };
	struct fixture *f = *state;
	struct store *store = open_fixture(f->path);
	struct err err = ERR_INIT;

	store_close(&store);
	assert_int_equal(store_open_with(f->path, others, ARRAY_LEN(others), &store, &err), ERR_STORE);
	assert_says(&err, "step 1");
}

/* The third step fails after it changed something: the second and the half of the third are undone. */
static void test_failed_upgrade_changes_nothing(void **state)
{
	static const struct migration broken[] = {
		{ "people", "as before", NULL },
		{ "events", "CREATE TABLE event (id INTEGER)", NULL },
		{ "broken", "CREATE TABLE extra (id INTEGER); CREATE NONSENSE", NULL },
	};
	struct fixture *f = *state;
	struct store *store = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(store_open_with(f->path, fixture_steps, 1, &store, &err), 0);
	write_person(store, "old");
	store_close(&store);
	assert_int_equal(store_open_with(f->path, broken, ARRAY_LEN(broken), &store, &err), ERR_BUG);
	assert_says(&err, "schema step 3 (broken)");
	store = open_fixture(f->path);
	assert_int_equal(count_people(store), 1);
	store_close(&store);
	run_sql(f->path, "CREATE TABLE extra (id INTEGER)");
}

static void test_shipped_schema(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct fixture *f = *state;
	struct store *store = NULL;
	struct err err = ERR_INIT;
	char end[32];

	snprintf(end, sizeof(end), "schema %zu", migration_count);
	for (int i = 0; i < 2; i++) {
		if (store_open(f->path, &store, &err) < 0)
			fail_msg("%s", err.text);
		assert_true(str_ends(store_describe(store, &arena), str_of(end)));
		store_close(&store);
	}
}

/* ---- copies */

struct copy_job {
	struct store *store;
	_Atomic bool stop;
	int written;
};

static void *write_until_stopped(void *context)
{
	struct copy_job *job = context;

	while (!job->stop) {
		char name[32];

		snprintf(name, sizeof(name), "busy %d", job->written++);
		write_person(job->store, name);
	}
	return NULL;
}

static void copy_path(const struct fixture *f, const char *name, char path[static 200])
{
	snprintf(path, 200, "%s/%s", f->folder, name);
}

static void test_copy_while_others_write(void **state)
{
	struct fixture *f = *state;
	struct copy_job job = { .store = open_fixture(f->path) };
	struct store *copy;
	struct err err = ERR_INIT;
	pthread_t thread;
	char path[200];
	int many = 2000;

	copy_path(f, "copy.db", path);
	assert_int_equal(store_write(job.store, RELAXED, add_photos, &many, &err), 0);
	assert_int_equal(pthread_create(&thread, NULL, write_until_stopped, &job), 0);
	assert_int_equal(store_copy(job.store, path, &err), 0);
	job.stop = true;
	pthread_join(thread, NULL);
	copy = open_fixture(path);
	assert_in_range(count_people(copy), many, many + job.written);
	assert_int_equal(store_read(copy, read_all, NULL, &err), 0);
	write_person(copy, "in the copy only");
	store_close(&copy);
	assert_int_equal(count_people(job.store), many + job.written);
	store_close(&job.store);
}

static void test_copy_does_not_overwrite(void **state)
{
	struct fixture *f = *state;
	struct store *store = open_fixture(f->path);
	struct err err = ERR_INIT;
	char path[200];

	copy_path(f, "copy.db", path);
	write_file(path, "precious", 8, 0);
	assert_int_equal(store_copy(store, path, &err), ERR_CONFLICT);
	assert_int_equal(store_copy(store, f->path, &err), ERR_CONFLICT);
	copy_path(f, "none/copy.db", path);
	assert_int_equal(store_copy(store, path, &err), ERR_STORE);
	write_person(store, "after");
	store_close(&store);
}

/* ---- other processes */

enum { PROCESSES = 3, EACH = 150 };

static void write_in_child(const char *path, int number)
{
	struct store *store = NULL;
	struct err err = ERR_INIT;
	int failed = store_open_with(path, fixture_steps, ARRAY_LEN(fixture_steps), &store, &err);

	for (int i = 0; i < EACH && failed == 0; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%d of %d", i, number);
		failed = store_write(store, i % 2 ? DURABLE : RELAXED, add_person, name, &err);
	}
	if (failed)
		fprintf(stderr, "child %d: %s\n", number, err.text);
	else
		store_close(&store);
	_exit(failed != 0);
}

/* The file does not exist when they start: they create it, bring it up and write, all at once. */
static void test_processes_write_at_once(void **state)
{
	struct fixture *f = *state;
	pid_t children[PROCESSES];
	struct store *store;

	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] == 0)
			write_in_child(f->path, i);
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status = 0;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	store = open_fixture(f->path);
	assert_int_equal(count_people(store), PROCESSES * EACH);
	store_close(&store);
}

static void test_busy_gives_up_in_time(void **state)
{
	struct fixture *f = *state;
	struct store *store;
	struct store *other;
	struct gate gate = GATE_INIT;
	struct store_pending *held;
	struct err err = ERR_INIT;
	char url[200];

	snprintf(url, sizeof(url), "%s?busy_ms=50", f->path);
	store = open_fixture(f->path);
	other = open_fixture(url);
	held = store_write_start(store, RELAXED, wait_at_gate, &gate);
	until_reached(&gate);
	assert_int_equal(store_write(other, RELAXED, add_person, "a", &err), ERR_STORE);
	assert_says(&err, "another process");
	assert_int_equal(count_people(other), 0); /* reading goes on */
	open_gate(&gate);
	assert_int_equal(store_write_wait(&held, &err), 0);
	write_person(other, "a");
	assert_int_equal(count_people(store), 1);
	store_close(&other);
	store_close(&store);
}

static int count_and_scrub(struct db *db, void *context, struct err *err)
{
	int64_t count = 0;

	return read_count(db, &count, err) < 0 ? err_pass(err) : store_scrub(context, false, err);
}

/* SQLite answers that with a row of a statement that went well. */
static void test_a_log_that_could_not_be_emptied_is_told(void **state)
{
	struct fixture *f = *state;
	struct store *store, *reader;
	struct err err = ERR_INIT;
	char url[200], log[200];
	struct stat info;

	snprintf(url, sizeof(url), "%s?busy_ms=50", f->path);
	snprintf(log, sizeof(log), "%s-wal", f->path);
	store = open_fixture(url);
	reader = open_fixture(f->path);
	write_person(store, "a");
	assert_int_equal(store_read(reader, count_and_scrub, store, &err), ERR_CONFLICT);
	assert_says(&err, "try again");
	assert_int_equal(stat(log, &info), 0);
	assert_true(info.st_size > 0);
	err = (struct err)ERR_INIT;
	assert_int_equal(store_scrub(store, false, &err), 0);
	assert_int_equal(stat(log, &info), 0);
	assert_int_equal(info.st_size, 0);
	store_close(&reader);
	store_close(&store);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_processes_write_at_once),
		IN_FOLDER(test_read_only_file),
		IN_FOLDER(test_read_only_disk),
		IN_FOLDER(test_urls),
		IN_FOLDER(test_file_is_private),
		IN_FOLDER(test_memory_leaves_nothing),
		IN_FOLDER(test_describe),
		IN_FOLDER(test_not_a_database),
		IN_FOLDER(test_missing_folder),
		IN_FOLDER(test_file_of_another_program),
		IN_FOLDER(test_damaged_file),
		IN_FOLDER(test_log_begins_anew),
		IN_FOLDER(test_disk_full),
		IN_FOLDER(test_disk_full_in_a_group),
		IN_FOLDER(test_hidden_failure),
		IN_FOLDER(test_older_version_is_brought_up),
		IN_FOLDER(test_newer_schema_is_refused),
		IN_FOLDER(test_other_steps_are_refused),
		IN_FOLDER(test_failed_upgrade_changes_nothing),
		IN_FOLDER(test_shipped_schema),
		IN_FOLDER(test_copy_while_others_write),
		IN_FOLDER(test_copy_does_not_overwrite),
		IN_FOLDER(test_busy_gives_up_in_time),
		IN_FOLDER(test_a_log_that_could_not_be_emptied_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

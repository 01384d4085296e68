/* Another key: nothing sealed is forgotten, cut short anywhere it goes on, and at the end the old key opens nothing. */
#include "rig.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/file.h"
#include "sync/draft.h"
#include "sync/lease.h"
#include "sync/rekey.h"
#include "sync/stage.h"

enum { PATIENTS = 30 };

/* The linker lays these two over the real ones: what a loss of power could take away at the moment when the old key is forgotten. */
static int relaxed_since_durable;

int __real_store_write(struct store *store, enum durability durability, store_fn fn, void *context, struct err *err);
int __wrap_store_write(struct store *store, enum durability durability, store_fn fn, void *context, struct err *err);
int __real_keyring_step(const char *path, enum key_step step, struct str new_key, struct err *err);
int __wrap_keyring_step(const char *path, enum key_step step, struct str new_key, struct err *err);

int __wrap_store_write(struct store *store, enum durability durability, store_fn fn, void *context, struct err *err)
{
	relaxed_since_durable = durability == RELAXED ? relaxed_since_durable + 1 : 0;
	return __real_store_write(store, durability, fn, context, err);
}

int __wrap_keyring_step(const char *path, enum key_step step, struct str new_key, struct err *err)
{
	if (step == KEY_FINISH)
		assert_int_equal(relaxed_since_durable, 0);
	return __real_keyring_step(path, step, new_key, err);
}

static const char *key_path(struct rig *rig)
{
	return arena_printf(&rig->arena, "%s/suture.key", rig->path).at;
}

static struct str key_file(struct rig *rig)
{
	struct err err = ERR_INIT;
	struct str text;

	if (file_read(&rig->arena, key_path(rig), 4096, &text, &err) < 0)
		fail_msg("%s", err.text);
	return text;
}

static struct keyring *load(struct rig *rig)
{
	struct err err = ERR_INIT;
	struct keyring *ring;

	if (keyring_load(key_path(rig), &ring, &err) < 0)
		fail_msg("%s", err.text);
	return ring;
}

/* The rig's own key, in a file, as a daemon would have loaded it. */
static void open_rig(struct rig *rig)
{
	FILE *file;

	rig_open(rig, "\"create\":true,\"back_reference\":false,\"policy\":{\"City\":{\"winner\":\"review\"}}");
	file = fopen(key_path(rig), "w");
	assert_non_null(file);
	fprintf(file, "%.*s\n", STR_ARG(rig->key));
	assert_int_equal(fchmod(fileno(file), 0600) | fclose(file), 0);
	keyring_free(&rig->engine.keys);
	rig->plan->keys = rig->engine.keys = load(rig);
}

static void close_rig(struct rig *rig)
{
	unlink(key_path(rig));
	rig_close(rig);
}

static void put(struct rig *rig, size_t n, const char *city)
{
	memory_put(rig->emr, "patient",
	           arena_printf(&rig->arena,
	                        "{\"id\":\"p%zu\",\"first_name\":\"Ann%zu\",\"last_name\":\"Lee\",\"dob\":\"1980-01-"
	                        "02\",\"city\":\"%s\"}",
	                        n, n, city)
	                   .at);
}

/* Payloads, bases, a conflict that waits, decisions, a draft. */
static void fill(struct rig *rig)
{
	int64_t counts[OUTCOME_COUNT];
	struct err err = ERR_INIT;

	for (size_t n = 0; n < PATIENTS; n++)
		put(rig, n, "Boise");
	rig_import(rig, counts);
	put(rig, 1, "Nampa");
	rig_import(rig, counts);
	memory_put(rig->crm, "Contact",
	           arena_printf(&rig->arena, "{\"Id\":\"%s\",\"MailingCity\":\"Star\"}", rig_contact_of(rig, "p2")).at);
	put(rig, 2, "Kuna");
	rig_import(rig, counts);
	assert_int_equal(draft_keep(&rig->engine, STR("sync patients"), STR("{}"), &err), 0);
}

static int try_rekey(struct rig *rig, struct rekey_report *report, struct err *err)
{
	const struct rekey_order order = { .key_path = key_path(rig) };

	return rekey(&rig->engine, &order, report, err);
}

/* ---- what the file of the database holds ---- */

struct count_job {
	struct arena *arena;
	unsigned char number;
	int64_t boxes;
};

static int count_column(struct db *db, struct count_job *job, const char *table, const char *column, struct err *err)
{
	const struct statement count = {
		arena_printf(job->arena, "SELECT COUNT(*) FROM %s WHERE LENGTH(%s) > 42 AND SUBSTR(%s, 1, 2) = $1",
		             table, column, column)
		        .at
	};
	const char head[] = { 1, (char)job->number };
	int64_t n = 0;

	if (db_number(db, &count, BIND(bind_blob(str_range(head, sizeof(head)))), 0, &n, err) < 0)
		return err_pass(err);
	job->boxes += n;
	return 0;
}

/* Every column of every table: also one that the walk does not know. */
static int count_boxes(struct db *db, void *context, struct err *err)
{
	static const struct statement columns = { "SELECT m.name AS tab, p.name AS col FROM sqlite_master m, "
		                                  "pragma_table_info(m.name) p WHERE m.type = 'table'"
		                                  " AND p.type = 'BLOB'",
		                                  .postgres = "SELECT table_name AS tab, column_name AS col FROM "
		                                              "information_schema.columns WHERE data_type = 'bytea'"
		                                              " AND table_schema = current_schema()" };
	struct count_job *job = context;
	struct {
		struct str table, column;
	} all[100];
	size_t count = 0;
	ROWS rows = NULL;
	int more = db_select(db, &columns, BIND_NOTHING, &rows, err);

	while (more >= 0 && count < ARRAY_LEN(all) && (more = rows_next(rows, err)) > 0) {
		all[count].table = arena_str(job->arena, row_text(rows, "tab"));
		all[count++].column = arena_str(job->arena, row_text(rows, "col"));
	}
	rows_end(&rows);
	for (size_t i = 0; more >= 0 && i < count; i++)
		more = count_column(db, job, arena_text(job->arena, all[i].table),
		                    arena_text(job->arena, all[i].column), err);
	return more;
}

static int64_t boxes_of(struct rig *rig, unsigned char number)
{
	struct count_job job = { &rig->arena, number, 0 };
	struct err err = ERR_INIT;

	if (store_read(rig->engine.store, count_boxes, &job, &err) < 0)
		fail_msg("%s", err.text);
	return job.boxes;
}

static unsigned char number_now(struct rig *rig)
{
	return (unsigned char)keyring_number(rig->engine.keys, &rig->arena).at[0];
}

/* Whoever opens the Suture now: everything opens, who is known is still known, and nothing is written. */
static void all_is_as_it_was(struct rig *rig)
{
	const struct staged_filter filter = { .limit = 1000 };
	int64_t counts[OUTCOME_COUNT];
	struct err err = ERR_INIT;
	struct staged *all;
	struct str bytes;
	size_t count;

	keyring_free(&rig->engine.keys);
	rig->plan->keys = rig->engine.keys = load(rig);
	assert_int_equal(rekey_arrive(&rig->engine, &err), 0);
	assert_int_equal(stage_list(&rig->engine, &rig->arena, &filter, &all, &count, &err), 0);
	for (size_t i = 0; i < count; i++)
		if (stage_bytes(&rig->engine, &rig->arena, &all[i], &bytes, &err) < 0)
			fail_msg("%s", err.text);
	rig_import(rig, counts);
	assert_int_equal(counts[OUTCOME_FAILED] + counts[OUTCOME_CREATED], 0);
	assert_int_equal(memory_count(rig->crm, "Contact"), PATIENTS);
	/* By the hash of name and birth date alone: a new contact is joined with nobody twice. */
	memory_put(rig->crm, "Contact",
	           "{\"Id\":\"same\",\"FirstName\":\"Ann3\",\"LastName\":\"Lee\",\"Birthdate\":\"1980-01-02\"}");
	put(rig, 3, "Eagle");
	rig_import(rig, counts);
	assert_string_equal(rig_crm(rig, rig_contact_of(rig, "p3"), "MailingCity"), "Eagle");
}

static void test_everything_is_sealed_anew_and_the_old_key_is_gone(void **state)
{
	struct rekey_report report;
	struct err err = ERR_INIT;
	unsigned char before;
	struct rig rig;
	int64_t boxes;

	(void)state;
	open_rig(&rig);
	fill(&rig);
	before = number_now(&rig);
	boxes = boxes_of(&rig, before);
	assert_true(boxes > 2 * PATIENTS);
	if (try_rekey(&rig, &report, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(report.changed && report.finished);
	assert_int_not_equal(number_now(&rig), before);
	assert_int_equal(boxes_of(&rig, before), 0);
	assert_int_equal(boxes_of(&rig, number_now(&rig)), boxes + 1); /* and the lasting keys */
	assert_null(strstr(arena_text(&rig.arena, key_file(&rig)), arena_text(&rig.arena, rig.key)));
	all_is_as_it_was(&rig);
	close_rig(&rig);
}

static void test_a_dry_run_counts_and_changes_nothing(void **state)
{
	struct rekey_report report;
	struct err err = ERR_INIT;
	int64_t counted = 0;
	struct rig rig;

	(void)state;
	open_rig(&rig);
	fill(&rig);
	assert_int_equal(
	        rekey(&rig.engine, &(struct rekey_order) { .key_path = key_path(&rig), .dry = true }, &report, &err),
	        0);
	for (size_t i = 0; i < SEALED_COLUMNS; i++)
		counted += report.of[i].boxes;
	assert_int_equal(counted, boxes_of(&rig, number_now(&rig)));
	assert_true(str_eq(str_trim(key_file(&rig)), rig.key));
	close_rig(&rig);
}

/* Each statement in turn fails, once; the next call goes on, and nothing is ever without its key. */
static void test_cut_short_anywhere_it_goes_on(void **state)
{
	struct rekey_report report;
	unsigned char before;
	struct rig rig;
	int64_t n = 3;
	int code = -1;

	(void)state;
	open_rig(&rig);
	fill(&rig);
	before = number_now(&rig);
	while (code < 0) {
		struct err err = ERR_INIT;

		rig_fail_store_at(&rig, n);
		code = try_rekey(&rig, &report, &err);
		n += 5;
		assert_true(n < 3000);
	}
	rig_restart(&rig);
	assert_true(report.finished);
	assert_int_equal(boxes_of(&rig, before), 0);
	all_is_as_it_was(&rig);
	close_rig(&rig);
}

/* The daemon has its ring from before: it opens what is sealed with the new key, and seals with it. */
static void test_who_is_at_work_takes_the_new_key_over(void **state)
{
	struct rekey_report report;
	struct engine daemon = { 0 };
	struct err err = ERR_INIT;
	struct rig rig;
	struct str box, text;

	(void)state;
	open_rig(&rig);
	fill(&rig);
	rig.engine.dir = daemon.dir = rig.path;
	daemon.store = rig.engine.store;
	daemon.keys = load(&rig);
	assert_int_equal(rekey_arrive(&daemon, &err), 0);
	assert_int_equal(rekey_arrive(&rig.engine, &err), 0);
	assert_int_equal(try_rekey(&rig, &report, &err), 0);
	assert_false(report.finished); /* the daemon might still hold a box that it sealed before */
	box = box_seal(rig.engine.keys, &rig.arena, "staged.body", STR("new"));
	assert_int_equal(box_open(daemon.keys, &rig.arena, "staged.body", box, &text, &err), 0);
	assert_int_equal(box_seal(daemon.keys, &rig.arena, "staged.body", STR("new")).at[1], (char)number_now(&rig));
	rekey_leave(&daemon);
	assert_int_equal(try_rekey(&rig, &report, &err), 0);
	assert_true(report.finished && !report.changed);
	assert_int_equal(str_trim(key_file(&rig)).len, 64);
	keyring_free(&daemon.keys);
	rekey_leave(&rig.engine);
	unlink(arena_printf(&rig.arena, "%s/key.lock", rig.path).at);
	close_rig(&rig);
}

/* The file of a key is old, as a rule: what counts is when it was changed, not when the one before was written. */
static void test_beside_others_the_old_key_stays_for_an_hour_however_old_it_is(void **state)
{
	const struct timespec long_ago[] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
	struct rekey_report report;
	struct engine daemon = { 0 };
	struct err err = ERR_INIT;
	struct rig rig;

	(void)state;
	open_rig(&rig);
	fill(&rig);
	assert_int_equal(utimensat(AT_FDCWD, key_path(&rig), long_ago, 0), 0);
	rig.engine.dir = daemon.dir = rig.path;
	daemon.store = rig.engine.store;
	daemon.keys = rig.engine.keys;
	assert_int_equal(rekey_arrive(&daemon, &err) | rekey_arrive(&rig.engine, &err), 0);
	assert_int_equal(try_rekey(&rig, &report, &err), 0);
	assert_true(report.changed && !report.finished);
	assert_non_null(strstr(arena_text(&rig.arena, key_file(&rig)), "\nold "));
	assert_int_equal(utimensat(AT_FDCWD, key_path(&rig), long_ago, 0), 0);
	assert_int_equal(try_rekey(&rig, &report, &err), 0);
	assert_true(!report.changed && report.finished);
	rekey_leave(&daemon);
	rekey_leave(&rig.engine);
	unlink(arena_printf(&rig.arena, "%s/key.lock", rig.path).at);
	close_rig(&rig);
}

/* Another machine on the same database has a folder, a key file and a lock of its own. */
static void test_a_daemon_with_another_folder_counts_as_at_work(void **state)
{
	struct engine elsewhere = { .who = "daemon" };
	struct rekey_report report;
	struct err err = ERR_INIT;
	struct rig rig;

	(void)state;
	open_rig(&rig);
	fill(&rig);
	elsewhere.store = rig.engine.store;
	elsewhere.leases = leases_open(&elsewhere, 60000);
	assert_int_equal(lease_attend(&elsewhere, &err), 0);
	assert_int_equal(try_rekey(&rig, &report, &err), 0);
	assert_false(report.finished);
	leases_close(&elsewhere.leases);
	assert_int_equal(try_rekey(&rig, &report, &err), 0);
	assert_true(report.finished);
	close_rig(&rig);
}

static void test_a_key_that_was_prepared_is_known_first_and_then_used(void **state)
{
	struct rekey_report report;
	struct err err = ERR_INIT;
	struct str next = STR("5b1f0c7a9d3e4f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8");
	struct rig rig;
	char *text;

	(void)state;
	open_rig(&rig);
	fill(&rig);
	assert_int_equal(rekey(&rig.engine,
	                       &(struct rekey_order) { .key_path = key_path(&rig), .prepare = true, .new_key = next },
	                       &report, &err),
	                 0);
	text = arena_text(&rig.arena, key_file(&rig));
	assert_true(strncmp(text, rig.key.at, 64) == 0 && strstr(text, "\nnext 5b1f0c7a"));
	assert_int_equal(try_rekey(&rig, &report, &err), 0);
	assert_true(report.finished);
	assert_true(str_eq(str_trim(key_file(&rig)), next));
	all_is_as_it_was(&rig);
	close_rig(&rig);
}

static void test_a_link_to_the_key_file_stays_a_link(void **state)
{
	struct rekey_report report;
	struct err err = ERR_INIT;
	struct stat is;
	struct rig rig;
	const char *apart;

	(void)state;
	open_rig(&rig);
	fill(&rig);
	apart = arena_printf(&rig.arena, "%s/apart", rig.path).at;
	assert_int_equal(rename(key_path(&rig), apart), 0);
	assert_int_equal(symlink("apart", key_path(&rig)), 0);
	assert_int_equal(try_rekey(&rig, &report, &err), 0);
	assert_true(report.finished);
	assert_int_equal(lstat(key_path(&rig), &is), 0);
	assert_true(S_ISLNK(is.st_mode));
	assert_false(str_eq(str_trim(key_file(&rig)), rig.key));
	all_is_as_it_was(&rig);
	assert_int_equal(unlink(apart), 0);
	close_rig(&rig);
}

static int spoil(struct db *db, void *context, struct err *err)
{
	static const struct statement first = {
		"UPDATE staged SET body = x'01' || SUBSTR(body, 2, 60) WHERE id = 4",
		.postgres = "UPDATE staged SET body = '\\x01'::bytea || SUBSTR(body, 2, 60) WHERE id = 4"
	};

	(void)context;
	return db_run(db, &first, BIND_NOTHING, err);
}

static void test_a_box_that_no_key_opens_is_counted_and_left(void **state)
{
	struct rekey_report report;
	struct err err = ERR_INIT;
	int64_t broken = 0;
	struct rig rig;

	(void)state;
	open_rig(&rig);
	fill(&rig);
	assert_int_equal(store_write(rig.engine.store, RELAXED, spoil, NULL, &err), 0);
	assert_int_equal(try_rekey(&rig, &report, &err), 0);
	for (size_t i = 0; i < SEALED_COLUMNS; i++)
		broken += report.of[i].broken;
	assert_int_equal(broken, 1);
	assert_true(report.finished);
	close_rig(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything_is_sealed_anew_and_the_old_key_is_gone),
		cmocka_unit_test(test_a_dry_run_counts_and_changes_nothing),
		cmocka_unit_test(test_cut_short_anywhere_it_goes_on),
		cmocka_unit_test(test_who_is_at_work_takes_the_new_key_over),
		cmocka_unit_test(test_beside_others_the_old_key_stays_for_an_hour_however_old_it_is),
		cmocka_unit_test(test_a_daemon_with_another_folder_counts_as_at_work),
		cmocka_unit_test(test_a_key_that_was_prepared_is_known_first_and_then_used),
		cmocka_unit_test(test_a_link_to_the_key_file_stays_a_link),
		cmocka_unit_test(test_a_box_that_no_key_opens_is_counted_and_left),
	};

	unsetenv("SUTURE_KEY");
	return cmocka_run_group_tests_name("rekey", tests, NULL, NULL);
}

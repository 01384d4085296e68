/* Retention: the bytes of what is old go, from the file as well; the proof stays, and so does all that somebody needs. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../test_store.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "store/store_trace.h"
#include "sync/audit.h"
#include "sync/journal.h"
#include "sync/purge.h"
#include "sync/review.h"
#include "sync/stage.h"

enum { PATIENTS = 80, LONG = 9000, SAMPLE = 24 };

/* Text that does not compress, so that a few records lie on several pages. */
static const char *long_text(struct rig *rig, size_t n)
{
	SCOPED(buf) struct buf hex = BUF_INIT(4 * LONG);
	char random[LONG / 2];

	digest_random(random, sizeof(random));
	digest_hex(&hex, str_range(random, n % 8 == 0 ? sizeof(random) : 4));
	return arena_text(&rig->arena, buf_str(&hex));
}

static void put(struct rig *rig, size_t n, const char *city)
{
	memory_put(rig->emr, "patient",
	           arena_printf(&rig->arena,
	                        "{\"id\":\"p%zu\",\"first_name\":\"Ann%zu\",\"last_name\":\"Lee\",\"dob\":\"1980-01-"
	                        "02\",\"city\":\"%s\","
	                        "\"payer\":\"%s\"}",
	                        n, n, city, long_text(rig, n))
	                   .at);
}

static void import(struct rig *rig, enum outcome expected)
{
	int64_t counts[OUTCOME_COUNT];

	rig_import(rig, counts);
	assert_int_equal(counts[expected], PATIENTS);
	clock_sleep_ms(2); /* what comes is younger, by the clock */
}

/* Each patient has two payloads: the first is over, the second is the one that its link was settled with. */
static int64_t open_two_imports(struct rig *rig)
{
	int64_t between;

	rig_open(rig, "\"create\":true,\"back_reference\":false");
	for (size_t n = 0; n < PATIENTS; n++)
		put(rig, n, "Boise");
	import(rig, OUTCOME_CREATED);
	between = clock_wall_ms();
	clock_sleep_ms(2);
	for (size_t n = 0; n < PATIENTS; n++)
		put(rig, n, "Nampa");
	import(rig, OUTCOME_UPDATED);
	return between;
}

static struct purge_report take_away(struct rig *rig, int64_t before_ms, bool dry, bool compact)
{
	const struct purge_order order = { .before_ms = before_ms, .dry = dry, .compact = compact };
	struct purge_report report;
	struct err err = ERR_INIT;

	if (purge(&rig->engine, &order, &report, &err) < 0)
		fail_msg("%s", err.text);
	return report;
}

static struct staged *payloads(struct rig *rig, size_t *ret_count)
{
	const struct staged_filter filter = { .limit = 1000 };
	struct err err = ERR_INIT;
	struct staged *all;

	if (stage_list(&rig->engine, &rig->arena, &filter, &all, ret_count, &err) < 0)
		fail_msg("%s", err.text);
	return all;
}

struct bodies {
	struct arena *arena;
	struct str of[2 * PATIENTS];
	size_t count;
};

static int read_bodies(struct db *db, void *context, struct err *err)
{
	static const struct statement bodies = { "SELECT body FROM staged ORDER BY id" };
	struct bodies *b = context;
	ROWS rows = NULL;
	int more = db_select(db, &bodies, BIND_NOTHING, &rows, err);

	while (more >= 0 && (more = rows_next(rows, err)) > 0)
		b->of[b->count++] = arena_str(b->arena, row_blob(rows, "body"));
	return more;
}

/* How many samples of these sealed bodies still lie in the files of the database. */
static size_t found_in_files(struct rig *rig, const struct str *bodies, size_t count)
{
	static const char *const names[] = { "test.db", "test.db-wal" };
	size_t found = 0;

	for (size_t f = 0; f < ARRAY_LEN(names); f++) {
		struct err err = ERR_INIT;
		struct str file;

		if (file_read(&rig->arena, arena_printf(&rig->arena, "%s/%s", rig->path, names[f]).at, (size_t)64 << 20,
		              &file, &err) < 0)
			continue;
		for (size_t i = 0; i < count; i++) {
			for (size_t at = 32; at + SAMPLE < bodies[i].len; at += 1024)
				found += memmem(file.at, file.len, bodies[i].at + at, SAMPLE) != NULL;
		}
	}
	return found;
}

/* A server's files are its own. */
static void assert_in_files(struct rig *rig, const struct str *bodies, bool expected)
{
	size_t found = test_store_is_server() ? PATIENTS * expected : found_in_files(rig, bodies, PATIENTS);

	if (expected)
		assert_true(found >= PATIENTS);
	else
		assert_int_equal(found, 0);
}

static void test_after_a_purge_the_bytes_are_in_no_file(void **state)
{
	struct bodies before = { 0 };
	struct err err = ERR_INIT;
	struct purge_report report;
	struct rig rig;
	int64_t between;

	(void)state;
	between = open_two_imports(&rig);
	before.arena = &rig.arena;
	assert_int_equal(store_read(rig.engine.store, read_bodies, &before, &err), 0);
	assert_int_equal(before.count, 2 * PATIENTS);
	assert_in_files(&rig, before.of, true); /* the search finds what is there */
	report = take_away(&rig, between, false, true);
	assert_int_equal(report.of[0].rows, PATIENTS);
	assert_true(report.of[0].bytes > (int64_t)PATIENTS * 100);
	assert_in_files(&rig, before.of, false);
	assert_in_files(&rig, before.of + PATIENTS, true);
	rig_close(&rig);
}

static void test_a_dry_run_takes_nothing_away(void **state)
{
	struct rig rig;
	int64_t between;
	struct purge_report report;
	size_t count;

	(void)state;
	between = open_two_imports(&rig);
	report = take_away(&rig, between, true, false);
	assert_int_equal(report.of[0].rows, PATIENTS);
	for (struct staged *s = payloads(&rig, &count); count; s++, count--)
		assert_int_equal(s->purged_ms, 0);
	assert_int_equal(take_away(&rig, between, false, false).of[0].rows, PATIENTS);
	assert_int_equal(take_away(&rig, between, false, false).of[0].rows, 0);
	rig_close(&rig);
}

static void test_R2_the_proof_stays(void **state)
{
	struct err err = ERR_INIT;
	struct staged *all;
	struct rig rig;
	int64_t between;
	struct str bytes;
	size_t count;

	(void)state;
	between = open_two_imports(&rig);
	take_away(&rig, between, false, false);
	all = payloads(&rig, &count);
	assert_int_equal(count, 2 * PATIENTS);
	assert_true(all[0].purged_ms > 0);
	assert_int_equal(all[0].outcome, OUTCOME_CREATED);
	assert_int_equal(all[0].state, STAGED_DONE);
	assert_true(all[0].record_id.len && memcmp(&all[0].hash, &(struct digest16) { 0 }, sizeof(all[0].hash)) != 0);
	assert_int_equal(stage_bytes(&rig.engine, &rig.arena, &all[0], &bytes, &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "purged"));
	assert_int_equal(stage_bytes(&rig.engine, &rig.arena, &all[PATIENTS], &bytes, &err), 0);
	rig_close(&rig);
}

static void test_what_a_link_was_settled_with_is_kept_and_the_road_goes_on(void **state)
{
	struct purge_report report;
	struct rig rig;

	(void)state;
	open_two_imports(&rig);
	import(&rig, OUTCOME_UNCHANGED); /* without bytes of its own */
	report = take_away(&rig, clock_wall_ms(), false, false);
	assert_int_equal(report.of[0].rows, PATIENTS);
	assert_int_equal(report.of[0].kept, PATIENTS);
	import(&rig, OUTCOME_UNCHANGED);
	put(&rig, 7, "Eagle");
	rig_import(&rig, (int64_t[OUTCOME_COUNT]) { 0 });
	assert_string_equal(rig_crm(&rig, rig_contact_of(&rig, "p7"), "MailingCity"), "Eagle");
	rig_close(&rig);
}

static int end_all_links(struct db *db, void *context, struct err *err)
{
	static const struct statement end = { "UPDATE link SET state = 2, ended_ms = $1" };

	return db_run(db, &end, BIND(bind_int(*(int64_t *)context)), err);
}

/* The bytes stand with an older payload: they are as young as the youngest that shares them. */
static void test_shared_bytes_stay_while_a_young_payload_has_them(void **state)
{
	struct err err = ERR_INIT;
	struct purge_report report;
	int64_t before_sharing, ended;
	struct staged *all;
	struct rig rig;
	struct str bytes;
	size_t count;

	(void)state;
	open_two_imports(&rig);
	before_sharing = clock_wall_ms();
	clock_sleep_ms(2);
	import(&rig, OUTCOME_UNCHANGED);
	ended = clock_wall_ms();
	assert_int_equal(store_write(rig.engine.store, RELAXED, end_all_links, &ended, &err), 0);
	report = take_away(&rig, before_sharing, false, false);
	assert_int_equal(report.of[0].rows, PATIENTS); /* those of the first import */
	assert_int_equal(report.of[0].kept, PATIENTS);
	all = payloads(&rig, &count);
	assert_int_equal(count, 3 * PATIENTS);
	assert_true(all[2 * PATIENTS].body_of != 0);
	assert_int_equal(stage_bytes(&rig.engine, &rig.arena, &all[2 * PATIENTS], &bytes, &err), 0);
	clock_sleep_ms(2);
	report = take_away(&rig, clock_wall_ms(), false, false);
	assert_int_equal(report.of[0].rows, PATIENTS);
	assert_int_equal(report.of[1].rows, PATIENTS);
	assert_int_equal(report.of[5].rows, PATIENTS); /* bases of pairs that ended */
	all = payloads(&rig, &count);
	assert_true(all[2 * PATIENTS].purged_ms > 0);
	assert_int_equal(stage_bytes(&rig.engine, &rig.arena, &all[2 * PATIENTS], &bytes, &err), ERR_NOT_FOUND);
	rig_close(&rig);
}

static void test_R3_what_failed_or_waits_is_left(void **state)
{
	struct purge_report report;
	struct rig rig;
	struct err err = ERR_INIT;
	struct str bytes;
	struct staged *all;
	size_t count;

	(void)state;
	rig_open(&rig, "\"create\":true,\"back_reference\":false");
	memory_put_raw(rig.emr, "patient", "{\"id\":\"bad\",\"first_name\":\"An\\ud800n\"}");
	put(&rig, 1, "Boise");
	rig_import(&rig, (int64_t[OUTCOME_COUNT]) { 0 });
	clock_sleep_ms(2);
	report = take_away(&rig, clock_wall_ms(), false, false);
	assert_int_equal(report.waiting, 1);
	all = payloads(&rig, &count);
	for (size_t i = 0; i < count; i++)
		if (all[i].state == STAGED_FAILED)
			assert_int_equal(stage_bytes(&rig.engine, &rig.arena, &all[i], &bytes, &err), 0);
	rig_close(&rig);
}

static struct conflict only_conflict(struct rig *rig)
{
	const struct conflict_filter filter = { 0 };
	struct err err = ERR_INIT;
	struct conflict *all;
	size_t count;

	assert_int_equal(conflict_find(&rig->engine, &rig->arena, &filter, &all, &count, &err), 0);
	assert_int_equal(count, 1);
	return all[0];
}

static void make_conflict(struct rig *rig)
{
	int64_t counts[OUTCOME_COUNT];

	memory_put(rig->emr, "patient", "{\"id\":\"p1\",\"city\":\"Kuna\"}");
	memory_put(rig->crm, "Contact",
	           arena_printf(&rig->arena, "{\"Id\":\"%s\",\"MailingCity\":\"Star\"}", rig_contact_of(rig, "p1")).at);
	rig_import(rig, counts);
	clock_sleep_ms(2);
}

static void conflict_of(const char *winner, bool waits)
{
	struct conflict_sides sides;
	struct err err = ERR_INIT;
	struct conflict c;
	struct rig rig;

	rig_open(&rig, "\"create\":true");
	put(&rig, 1, "Boise");
	rig_import(&rig, (int64_t[OUTCOME_COUNT]) { 0 });
	rig_configure(&rig,
	              arena_printf(&rig.arena, "\"create\":true,\"policy\":{\"City\":{\"winner\":\"%s\"}}", winner).at,
	              "");
	make_conflict(&rig);
	assert_int_equal(only_conflict(&rig).waiting, waits);
	take_away(&rig, clock_wall_ms(), false, false);
	c = only_conflict(&rig);
	assert_int_equal(conflict_open(&rig.engine, &rig.arena, &c, &sides, &err), waits ? 0 : ERR_NOT_FOUND);
	assert_int_equal(c.purged_ms != 0, !waits);
	rig_close(&rig);
}

static void test_R22_a_conflict_that_waits_keeps_its_values_and_one_that_is_over_loses_them(void **state)
{
	(void)state;
	conflict_of("review", true);
	conflict_of("emr", false);
}

struct order_seen {
	bool noted, taken_before;
};

static int see_order(void *context, const char *what, bool done, struct err *err UNUSED)
{
	struct order_seen *seen = context;

	(void)done;
	seen->noted = seen->noted || strstr(what, "INSERT INTO audit");
	seen->taken_before = seen->taken_before || (!seen->noted && strstr(what, "UPDATE staged SET body"));
	return 0;
}

/* A purge that is killed in the middle has taken something away already, and nobody is left to say so. */
static void test_a_purge_stands_in_the_audit_trail_before_it_takes_anything(void **state)
{
	struct order_seen seen = { 0 };
	struct rig rig;
	int64_t between;

	(void)state;
	between = open_two_imports(&rig);
	rig_fail_store_at(&rig, 0); /* traced, and nothing fails */
	store_trace_ask(rig.engine.store, see_order, &seen);
	take_away(&rig, between, true, false);
	assert_false(seen.noted);
	take_away(&rig, between, false, false);
	store_trace_ask(rig.engine.store, NULL, NULL);
	assert_true(seen.noted && !seen.taken_before);
	rig_close(&rig);
}

static void test_what_was_purged_stands_in_the_audit_trail(void **state)
{
	struct err err = ERR_INIT;
	struct audit_chain chain;
	struct audit_entry *all;
	struct rig rig;
	int64_t between;
	size_t count;

	(void)state;
	between = open_two_imports(&rig);
	take_away(&rig, between, false, false);
	assert_int_equal(audit_list(&rig.engine, &rig.arena, 0, 100, &all, &count, &err), 0);
	assert_true(str_eq_c(all[count - 1].action, "purge"));
	assert_true(str_starts(all[count - 1].after, STR("80 payloads")));
	assert_int_equal(audit_verify(&rig.engine, STR_EMPTY, &chain, &err), 0);
	assert_null(audit_trouble(&rig.arena, &chain));
	rig_close(&rig);
}

struct night {
	struct rig *rig;
	int64_t between;
};

/* A reader who began before: what is in the log cannot go while he reads. */
static int purge_at_night(struct db *db, void *context, struct err *err)
{
	static const struct statement look = { "SELECT COUNT(*) FROM staged" };
	struct night *night = context;
	int64_t now = clock_wall_ms(), count = 0;
	const struct retention retention = { .payloads_ms = now - night->between };

	if (db_number(db, &look, BIND_NOTHING, 0, &count, err) < 0)
		return err_pass(err);
	assert_true(take_away(night->rig, night->between, true, false).of[0].rows > 0);
	assert_int_equal(retention_run(&night->rig->engine, &retention, err), 0);
	assert_true(take_away(night->rig, night->between, false, false).log_left);
	return 0;
}

static void assert_journal_says(struct rig *rig, const char *part)
{
	const struct journal_filter filter = { .limit = 10, .latest = true };
	struct journal_entry *all;
	struct err err = ERR_INIT;
	size_t count, found = 0;

	assert_int_equal(journal_list(&rig->engine, &rig->arena, &filter, &all, &count, &err), 0);
	for (size_t i = 0; i < count; i++)
		found += memmem(all[i].text.at, all[i].text.len, part, strlen(part)) != NULL;
	assert_true(found > 0);
}

static void test_a_log_that_is_left_is_told_and_emptied_by_the_next_purge(void **state)
{
	struct err err = ERR_INIT;
	struct night night;
	struct store *patient;
	struct rig rig;

	(void)state;
	if (test_store_is_server())
		skip(); /* it has no log of ours */
	night = (struct night) { &rig, open_two_imports(&rig) };
	patient = rig.engine.store;
	assert_int_equal(
	        store_open(arena_printf(&rig.arena, "%s/test.db?busy_ms=50", rig.path).at, &rig.engine.store, &err), 0);
	if (store_read(patient, purge_at_night, &night, &err) < 0)
		fail_msg("%s", err.text);
	assert_journal_says(&rig, "80 payloads");
	assert_journal_says(&rig, "could not be emptied");
	assert_false(take_away(&rig, night.between, false, false).log_left);
	store_close(&rig.engine.store);
	rig.engine.store = patient;
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_after_a_purge_the_bytes_are_in_no_file),
		cmocka_unit_test(test_a_dry_run_takes_nothing_away),
		cmocka_unit_test(test_R2_the_proof_stays),
		cmocka_unit_test(test_what_a_link_was_settled_with_is_kept_and_the_road_goes_on),
		cmocka_unit_test(test_shared_bytes_stay_while_a_young_payload_has_them),
		cmocka_unit_test(test_R3_what_failed_or_waits_is_left),
		cmocka_unit_test(test_R22_a_conflict_that_waits_keeps_its_values_and_one_that_is_over_loses_them),
		cmocka_unit_test(test_a_purge_stands_in_the_audit_trail_before_it_takes_anything),
		cmocka_unit_test(test_what_was_purged_stands_in_the_audit_trail),
		cmocka_unit_test(test_a_log_that_is_left_is_told_and_emptied_by_the_next_purge),
	};

	return cmocka_run_group_tests_name("purge", tests, NULL, NULL);
}

/* The road over two memory systems: what a batch does with each kind of patient, and what faults and deaths leave of it. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sync/link.h"
#include "sync/stage.h"

enum { MANY = 57 }; /* several pages, no round number */

static void put_many(struct rig *rig)
{
	char json[200];

	for (int i = 0; i < MANY; i++) {
		snprintf(json, sizeof(json),
		         "{\"id\":\"pat-%02d\",\"first_name\":\"Given%d\",\"last_name\":\"Family%d\",\"dob\":\"1980-01-"
		         "%02d\"}",
		         i, i, i, 1 + i % 28);
		memory_put(rig->emr, "patient", json);
	}
	for (int i = 0; i < MANY; i += 7) {
		snprintf(json, sizeof(json),
		         "{\"Id\":\"003-c%02d\",\"FirstName\":\"GIVEN%d\",\"LastName\":\"family%d\",\"Birthdate\":"
		         "\"1980-01-%02d\"}",
		         i, i, i, 1 + i % 28);
		memory_put(rig->crm, "Contact", json);
	}
}

static void expect_many_settled(struct rig *rig)
{
	char id[16], contact[16];

	assert_int_equal(memory_count(rig->crm, "Contact"), MANY);
	for (int i = 0; i < MANY; i++) {
		const char *found;

		snprintf(id, sizeof(id), "pat-%02d", i);
		snprintf(contact, sizeof(contact), "003-c%02d", i);
		found = rig_contact_of(rig, id);
		assert_non_null(found);
		if (i % 7 == 0)
			assert_string_equal(found, contact);
		assert_string_equal(rig_crm(rig, found, "Synced__c"), "true");
		assert_string_equal(rig_emr(rig, id, "our_id"), found);
	}
}

static void test_R12_R33_import_links_and_creates(void **state)
{
	struct rig rig;
	int64_t counts[OUTCOME_COUNT];

	(void)state;
	rig_open(&rig, "\"create\":true");
	put_many(&rig);
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_LINKED], 9);
	assert_int_equal(counts[OUTCOME_CREATED], MANY - 9);
	expect_many_settled(&rig);
	rig_close(&rig);
}

static void test_R26_second_import_writes_nothing(void **state)
{
	struct rig rig;
	int64_t counts[OUTCOME_COUNT];
	unsigned written;

	(void)state;
	rig_open(&rig, "\"create\":true");
	put_many(&rig);
	rig_import(&rig, counts);
	written = memory_written(rig.crm) + memory_written(rig.emr);
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_UNCHANGED], MANY);
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_UNCHANGED], MANY);
	assert_int_equal(memory_written(rig.crm) + memory_written(rig.emr), written);
	rig_close(&rig);
}

static void test_R16_create_off_skips(void **state)
{
	struct rig rig;
	int64_t counts[OUTCOME_COUNT];

	(void)state;
	rig_open(&rig, "\"create\":false");
	put_many(&rig);
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_SKIPPED_NO_MATCH], MANY - 9);
	assert_int_equal(memory_count(rig.crm, "Contact"), 9);
	rig_close(&rig);
}

/* Everything that can be refused or lost once: the n-th write call fails, before or after it was carried out. */
static void import_with_lost_call(unsigned nth, bool after)
{
	struct rig rig;
	int64_t counts[OUTCOME_COUNT];

	rig_open(&rig, "\"create\":true");
	put_many(&rig);
	memory_fail(rig.crm, MEMORY_WRITE, nth, ERR_NETWORK, after);
	memory_fail(rig.emr, MEMORY_WRITE, nth, ERR_TIMEOUT, after);
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_FAILED], 0);
	expect_many_settled(&rig);
	rig_close(&rig);
}

static void test_R5_lost_answers_change_nothing(void **state)
{
	(void)state;
	for (unsigned nth = 1; nth <= 3; nth++) {
		import_with_lost_call(nth, false);
		import_with_lost_call(nth, true);
	}
}

/* The process dies at the n-th call of some kind (the call itself fails hard), then another one goes on. */
static void die_and_resume(enum memory_call which, unsigned nth, bool emr)
{
	struct rig rig;
	int64_t counts[OUTCOME_COUNT];
	struct err err = ERR_INIT;
	struct run run = { 0 };

	rig_open(&rig, "\"create\":true");
	put_many(&rig);
	memory_fail(emr ? rig.emr : rig.crm, which, nth, ERR_AUTH, nth % 2 == 0);
	if (run_import(&rig.engine, rig.plan, NULL, NULL, &run, &rig.arena, &err) < 0)
		assert_int_equal(err.code, ERR_AUTH);
	memory_fail(emr ? rig.emr : rig.crm, which, 1000000, ERR_AUTH, false); /* in case that nobody called so often */
	rig_restart(&rig);
	rig_import(&rig, counts);
	expect_many_settled(&rig);
	rig_close(&rig);
}

static void test_R5_R34_a_run_that_ended_early_is_resumed(void **state)
{
	(void)state;
	for (unsigned nth = 1; nth <= 6; nth++) {
		die_and_resume(MEMORY_LIST, nth, true);
		die_and_resume(MEMORY_LIST, nth, false);
		die_and_resume(MEMORY_FETCH, nth, false);
		die_and_resume(MEMORY_WRITE, nth, false);
	}
}

static void test_R5_every_statement_may_be_the_last(void **state)
{
	int64_t counts[OUTCOME_COUNT];

	(void)state;
	for (int64_t n = 1; n < 100000; n += n < 40 ? 1 : 41) {
		struct err err = ERR_INIT;
		struct run run = { 0 };
		struct rig rig;
		int code;

		rig_open(&rig, "\"create\":true");
		put_many(&rig);
		rig_fail_store_at(&rig, n);
		code = run_import(&rig.engine, rig.plan, NULL, NULL, &run, &rig.arena, &err);
		rig_restart(&rig);
		rig_import(&rig, counts);
		expect_many_settled(&rig);
		rig_close(&rig);
		if (code == 0)
			break; /* fewer statements than n: all were tried */
	}
}

static void test_R3_a_refused_write_fails_alone_and_retries(void **state)
{
	struct staged_filter filter = { .failed = true };
	struct err err = ERR_INIT;
	struct staged *failed;
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;
	size_t count;

	(void)state;
	rig_open(&rig, "\"create\":true");
	put_many(&rig);
	memory_refuse(rig.crm, "pat-03", REFUSED, "INVALID_EMAIL_ADDRESS");
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_FAILED], 1);
	assert_int_equal(counts[OUTCOME_CREATED] + counts[OUTCOME_LINKED], MANY - 1);
	assert_int_equal(stage_list(&rig.engine, &rig.arena, &filter, &failed, &count, &err), 0);
	assert_int_equal(count, 1);
	assert_true(str_eq(failed[0].error_code, STR("INVALID_EMAIL_ADDRESS")));
	memory_refuse(rig.crm, "pat-03", DELIVERED, "");
	assert_int_equal(rig_retry(&rig).through, 1);
	assert_int_equal(run_settle(&rig.engine, rig.plan, true, NULL, NULL, &err), 0);
	expect_many_settled(&rig);
	rig_close(&rig);
}

static void test_R2_R3_bytes_that_are_no_record_are_kept(void **state)
{
	static const char broken[] = "{\"id\":\"pat-xx\",\"first_name\":\"A";
	struct staged_filter filter = { .failed = true };
	struct err err = ERR_INIT;
	struct staged *failed;
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;
	struct str bytes;
	size_t count;

	(void)state;
	rig_open(&rig, "\"create\":true");
	put_many(&rig);
	memory_put_raw(rig.emr, "patient", broken);
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_FAILED], 1);
	assert_int_equal(counts[OUTCOME_CREATED] + counts[OUTCOME_LINKED], MANY);
	assert_int_equal(stage_list(&rig.engine, &rig.arena, &filter, &failed, &count, &err), 0);
	assert_int_equal(count, 1);
	assert_int_equal(stage_bytes(&rig.engine, &rig.arena, &failed[0], &bytes, &err), 0);
	assert_true(str_eq_c(bytes, broken));
	rig_close(&rig);
}

static int link_twice(struct db *db, void *context, struct err *err)
{
	struct link *links = context;

	return link_insert(db, &links[0], err) < 0 ? err_pass(err) : link_insert(db, &links[1], err);
}

static void test_R9_the_store_refuses_a_second_link(void **state)
{
	struct link same_crm[] = { { .sync_id = 1, .emr_id = STR("a"), .crm_id = STR("c"), .how = STR("R7") },
		                   { .sync_id = 1, .emr_id = STR("b"), .crm_id = STR("c"), .how = STR("R7") } };
	struct link same_emr[] = { { .sync_id = 1, .emr_id = STR("a"), .crm_id = STR("c"), .how = STR("R7") },
		                   { .sync_id = 1, .emr_id = STR("a"), .crm_id = STR("d"), .how = STR("R7") } };
	struct err err = ERR_INIT;
	struct rig rig;

	(void)state;
	rig_open(&rig, "");
	assert_int_equal(store_write(rig.engine.store, RELAXED, link_twice, same_crm, &err), ERR_CONFLICT);
	assert_int_equal(store_write(rig.engine.store, RELAXED, link_twice, same_emr, &err), ERR_CONFLICT);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R12_R33_import_links_and_creates),
		cmocka_unit_test(test_R26_second_import_writes_nothing),
		cmocka_unit_test(test_R16_create_off_skips),
		cmocka_unit_test(test_R5_lost_answers_change_nothing),
		cmocka_unit_test(test_R5_R34_a_run_that_ended_early_is_resumed),
		cmocka_unit_test(test_R5_every_statement_may_be_the_last),
		cmocka_unit_test(test_R3_a_refused_write_fails_alone_and_retries),
		cmocka_unit_test(test_R2_R3_bytes_that_are_no_record_are_kept),
		cmocka_unit_test(test_R9_the_store_refuses_a_second_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

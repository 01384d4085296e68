/* Batches from the CRM to the EMR, by a file of ids (R14, R35, R36). */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sync/retry.h"
#include "sync/stage.h"

#define ANN "\"FirstName\":\"Ann\",\"LastName\":\"Lee\",\"Birthdate\":\"1980-01-02\""
#define BOB "\"FirstName\":\"Bob\",\"LastName\":\"Ray\",\"Birthdate\":\"1981-01-02\""
#define EVE "\"FirstName\":\"Eve\",\"LastName\":\"Day\",\"Birthdate\":\"1982-01-02\""

static void open_with_people(struct rig *rig, const char *settings)
{
	rig_open(rig, settings);
	memory_put(rig->emr, "patient",
	           "{\"id\":\"p1\",\"first_name\":\"Ann\",\"last_name\":\"Lee\",\"dob\":\"1980-01-02\",\"city\":"
	           "\"Boise\"}");
	memory_put(rig->crm, "Contact", "{\"Id\":\"c1\"," ANN ",\"MailingCity\":\"Nampa\",\"Email\":\"a@x.example\"}");
	memory_put(rig->crm, "Contact", "{\"Id\":\"c2\"," BOB "}");
	memory_put(rig->crm, "Contact", "{\"Id\":\"c3\"," EVE "}");
	memory_put(rig->crm, "Contact", "{\"Id\":\"c4\"," EVE "}");
}

static void run_csv(struct rig *rig, const char *csv, struct run *ret, int64_t counts[OUTCOME_COUNT])
{
	const struct run_order order = { .kind = RUN_CSV, .csv = str_of(csv), .csv_name = STR("test.csv") };
	struct err err = ERR_INIT;

	*ret = (struct run) { 0 };
	if (run_batch(&rig->engine, rig->plan, &order, ret, &rig->arena, &err) < 0 ||
	    stage_counts(&rig->engine, ret->id, counts, &err) < 0)
		fail_msg("%s", err.text);
}

static int64_t sum(const int64_t counts[OUTCOME_COUNT])
{
	int64_t all = 0;

	for (int i = 0; i < OUTCOME_COUNT; i++)
		all += counts[i];
	return all;
}

static void test_R14_the_crms_value_goes_to_the_emr_and_blanks_are_filled(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;
	struct run run;

	(void)state;
	open_with_people(&rig, "");
	run_csv(&rig, "c1\n", &run, counts);
	assert_int_equal(counts[OUTCOME_LINKED], 1);
	assert_string_equal(rig_emr(&rig, "p1", "city"), "Nampa");
	assert_string_equal(rig_emr(&rig, "p1", "email"), "a@x.example");
	assert_string_equal(rig_crm(&rig, "c1", "Patient_Id__c"), "p1");
	assert_string_equal(rig_crm(&rig, "c1", "Synced__c"), "true");
	rig_close(&rig);
}

/* The link stands by then, as the CRM took its part: that is no reason to merge the rest as if it had been agreed on. */
static void test_R14_a_row_that_was_refused_is_retried_under_the_same_rule(void **state)
{
	const struct staged_filter failed = { .failed = true };
	int64_t counts[OUTCOME_COUNT];
	struct err err = ERR_INIT;
	struct staged *rows;
	struct wished done;
	struct rig rig;
	struct run run;
	size_t count;

	(void)state;
	open_with_people(&rig, "");
	memory_refuse(rig.emr, "p1", REFUSED, "NO");
	run_csv(&rig, "c1\n", &run, counts);
	assert_int_equal(counts[OUTCOME_FAILED], 1);
	assert_string_equal(rig_crm(&rig, "c1", "Patient_Id__c"), "p1");
	assert_string_equal(rig_emr(&rig, "p1", "city"), "Boise");
	memory_refuse(rig.emr, "p1", DELIVERED, "");
	assert_int_equal(stage_list(&rig.engine, &rig.arena, &failed, &rows, &count, &err), 0);
	assert_int_equal(count, 1);
	if (retry_one(&rig.engine, rig.plan, &rig.arena, rows[0].id, NULL, 20000, &done, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(done.staged.state, STAGED_DONE);
	assert_int_equal(done.staged.outcome, OUTCOME_UPDATED);
	assert_string_equal(rig_emr(&rig, "p1", "city"), "Nampa");
	assert_string_equal(rig_crm(&rig, "c1", "MailingCity"), "Nampa");
	rig_close(&rig);
}

static void test_R14_nobody_is_created_unless_the_option_is_on(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;
	struct run run;

	(void)state;
	open_with_people(&rig, "");
	run_csv(&rig, "c2\n", &run, counts);
	assert_int_equal(counts[OUTCOME_SKIPPED_NO_MATCH], 1);
	assert_int_equal(memory_count(rig.emr, "patient"), 1);
	rig_close(&rig);
	open_with_people(&rig, "\"create_in_emr\":true");
	run_csv(&rig, "c2\n", &run, counts);
	assert_int_equal(counts[OUTCOME_CREATED], 1);
	assert_int_equal(memory_count(rig.emr, "patient"), 2);
	assert_string_equal(rig_emr(&rig, rig_crm(&rig, "c2", "Patient_Id__c"), "last_name"), "Ray");
	run_csv(&rig, "c2\n", &run, counts);
	assert_int_equal(memory_count(rig.emr, "patient"), 2);
	rig_close(&rig);
}

static void test_R35_any_file_of_ids_is_read(void **state)
{
	static const char csv[] =
	        "\xEF\xBB\xBF\"Contact ID\",\"Name\"\r\n\"c1\",\"x, y\"\r\nc2,z\rc1,again\n\n"
	        "Confidential Information - Do Not Distribute\n\"Copyright (c) 2000-2026 some company\"\n";
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;
	struct run run;

	(void)state;
	open_with_people(&rig, "");
	run_csv(&rig, csv, &run, counts);
	assert_int_equal(run.read, 2);
	assert_int_equal(run.ignored, 3);
	assert_int_equal(sum(counts), 2);
	rig_close(&rig);
}

static void test_R36_linked_and_ambiguous_ones_are_skipped_and_listed(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;
	struct run run;

	(void)state;
	open_with_people(&rig, "\"create_in_emr\":true");
	run_csv(&rig, "c1\n", &run, counts);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c1\",\"MailingCity\":\"Eagle\"}");
	run_csv(&rig, "c1\nc3\nc4\nc9\n", &run, counts);
	assert_int_equal(counts[OUTCOME_SKIPPED_LINKED], 1);
	assert_int_equal(counts[OUTCOME_SKIPPED_AMBIGUOUS], 2);
	assert_int_equal(sum(counts), 4);
	assert_string_equal(rig_emr(&rig, "p1", "city"), "Nampa");
	assert_int_equal(memory_count(rig.emr, "patient"), 1);
	rig_close(&rig);
}

static void test_R34_a_run_over_a_file_is_resumed_without_it(void **state)
{
	const struct run_order first = { .kind = RUN_CSV, .csv = STR("c1\nc2\n"), .csv_name = STR("test.csv") };
	const struct run_order again = { .kind = RUN_CSV };
	int64_t counts[OUTCOME_COUNT];
	struct err err = ERR_INIT;
	struct run run = { 0 };
	struct rig rig;

	(void)state;
	open_with_people(&rig, "\"create_in_emr\":true");
	memory_fail(rig.emr, MEMORY_LIST, 1, ERR_AUTH, false);
	assert_true(run_batch(&rig.engine, rig.plan, &first, &run, &rig.arena, &err) < 0);
	err = (struct err)ERR_INIT;
	if (run_batch(&rig.engine, rig.plan, &again, &run, &rig.arena, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(stage_counts(&rig.engine, run.id, counts, &err), 0);
	assert_int_equal(counts[OUTCOME_LINKED], 1);
	assert_int_equal(counts[OUTCOME_CREATED], 1);
	assert_int_equal(run_batch(&rig.engine, rig.plan, &again, &run, &rig.arena, &err), ERR_NOT_FOUND);
	rig_close(&rig);
}

static void test_R35_a_file_in_another_encoding_is_refused_in_words(void **state)
{
	static const char file[] = "\xff\xfe"
	                           "c\0001\0\r\0\n\0";
	struct err err = ERR_INIT;
	struct csv_ids ids;
	struct rig rig;

	(void)state;
	open_with_people(&rig, "");
	assert_int_equal(run_read_csv(rig.plan, &rig.arena, str_range(file, sizeof(file) - 1), &ids, &err), ERR_PARSE);
	assert_non_null(strstr(err.text, "CSV UTF-8"));
	rig_close(&rig);
}

static void test_R35_each_row_that_is_left_out_says_why(void **state)
{
	static const char file[] = "\xef\xbb\xbf\"Contact ID\",\"Name\"\n\"c1\",\"Lee, Ann\"\nc2\nc1\n\"\",x\n"
	                           "Confidential Information - Do Not Distribute\n";
	static const struct {
		uint64_t row;
		const char *id, *why;
	} rows[] = { { 1, "", "header" }, { 4, "c1", "further up" }, { 5, "", "empty" }, { 6, "", "paragraph" } };
	struct err err = ERR_INIT;
	struct csv_ids ids;
	struct rig rig;

	(void)state;
	open_with_people(&rig, "");
	assert_int_equal(run_read_csv(rig.plan, &rig.arena, str_of(file), &ids, &err), 0);
	assert_int_equal(ids.count, 2);
	assert_int_equal(ids.repeated, 1);
	assert_int_equal(ids.ignored, 3);
	assert_int_equal(ids.refused_count, ARRAY_LEN(rows));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(ids.refused[i].row, rows[i].row);
		assert_true(str_eq_c(ids.refused[i].id, rows[i].id));
		assert_non_null(strstr(ids.refused[i].why, rows[i].why));
	}
	rig_close(&rig);
}

static void test_R34_runs_are_found_and_one_of_them_goes_on(void **state)
{
	struct run_filter filter = { .kind = STR("csv"), .states = 1u << RUN_DONE };
	int64_t counts[OUTCOME_COUNT];
	struct err err = ERR_INIT;
	struct run run, *found;
	struct rig rig;
	size_t count;

	(void)state;
	open_with_people(&rig, "");
	run_csv(&rig, "c1\n", &run, counts);
	run_csv(&rig, "c2\n", &run, counts);
	assert_int_equal(run_search(&rig.engine, &rig.arena, &filter, &found, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_int_equal(found[0].id, run.id);
	filter.before_id = run.id;
	assert_int_equal(run_search(&rig.engine, &rig.arena, &filter, &found, &count, &err), 0);
	assert_int_equal(count, 1);
	filter = (struct run_filter) { .states = 1u << RUN_FAILED };
	assert_int_equal(run_search(&rig.engine, &rig.arena, &filter, &found, &count, &err), 0);
	assert_int_equal(count, 0);
	assert_int_equal(run_ask_again(&rig.engine, rig.plan, run.id, &err), ERR_CONFLICT);
	err = (struct err)ERR_INIT;
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R35_a_file_in_another_encoding_is_refused_in_words),
		cmocka_unit_test(test_R35_each_row_that_is_left_out_says_why),
		cmocka_unit_test(test_R34_runs_are_found_and_one_of_them_goes_on),
		cmocka_unit_test(test_R14_the_crms_value_goes_to_the_emr_and_blanks_are_filled),
		cmocka_unit_test(test_R14_a_row_that_was_refused_is_retried_under_the_same_rule),
		cmocka_unit_test(test_R14_nobody_is_created_unless_the_option_is_on),
		cmocka_unit_test(test_R35_any_file_of_ids_is_read),
		cmocka_unit_test(test_R36_linked_and_ambiguous_ones_are_skipped_and_listed),
		cmocka_unit_test(test_R34_a_run_over_a_file_is_resumed_without_it),
	};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}

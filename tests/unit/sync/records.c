/* What is kept of a record's story and what of it waits for a person: decisions about fields, cases, two who are not the same, payloads by filter. */
#include "hooks.h"
#include "people.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sync/cases.h"
#include "sync/retry.h"
#include "sync/timeline.h"

static void import(struct rig *rig)
{
	int64_t counts[OUTCOME_COUNT];

	rig_import(rig, counts);
}

static struct timeline_of story_of(struct rig *rig, enum side side, const char *id)
{
	struct timeline_of of;
	struct err err = ERR_INIT;

	must_be_fine(timeline_find(&rig->engine, rig->plan, &rig->arena, side, str_of(id), &of, &err), &err);
	return of;
}

static size_t moments_of(struct rig *rig, const struct timeline_of *of, enum moment_kind kind)
{
	struct moment *all;
	struct err err = ERR_INIT;
	size_t count, of_kind = 0;

	must_be_fine(timeline_read(&rig->engine, rig->plan, &rig->arena, of, 0, 0, &all, &count, &err), &err);
	for (size_t i = 0; i < count; i++) {
		assert_true(i == 0 || all[i - 1].at_ms >= all[i].at_ms);
		of_kind += all[i].kind == kind;
	}
	return of_kind;
}

/* ---- decisions about fields ---- */

static void test_R20_a_merge_keeps_who_won_by_which_rule_and_seals_what_both_held(void **state)
{
	struct timeline_field *fields;
	struct history_field *opened;
	struct history *rows;
	struct timeline_of of;
	struct err err = ERR_INIT;
	struct rig rig;
	size_t count, field_count;

	(void)state;
	rig_open(&rig, "\"create\":true");
	memory_put(rig.emr, "patient", "{\"id\":\"a\"," ANN ",\"city\":\"Boise\"}");
	import(&rig);
	of = story_of(&rig, SIDE_EMR, "a");
	assert_true(of.linked);
	must_be_fine(history_of_link(&rig.engine, &rig.arena, of.links[0].id, 0, 0, &rows, &count, &err), &err);
	assert_int_equal(count, 0); /* who was created is all his payload's */

	memory_put(rig.emr, "patient", "{\"id\":\"a\"," ANN ",\"city\":\"Salem\"}");
	import(&rig);
	must_be_fine(history_of_link(&rig.engine, &rig.arena, of.links[0].id, 0, 0, &rows, &count, &err), &err);
	assert_int_equal(count, 1);
	assert_true(str_find(rows[0].fields, STR("R20")) > 0);
	assert_true(str_find(rows[0].fields, STR("Salem")) < 0);
	assert_true(str_find(rows[0].sides, STR("Salem")) < 0);
	must_be_fine(history_open(&rig.engine, &rig.arena, &rows[0], &opened, &field_count, &err), &err);
	assert_int_equal(field_count, 1);
	assert_true(opened[0].to_crm && !opened[0].to_emr && !opened[0].conflict);
	assert_true(str_eq_c(opened[0].emr, "Salem"));
	assert_true(str_eq_c(opened[0].crm, "Boise"));
	assert_true(str_eq_c(opened[0].after, "Salem"));
	assert_true(str_eq_nocase(opened[0].before_crm, STR("Boise")));

	must_be_fine(timeline_fields(&rig.engine, rig.plan, &rig.arena, &of, false, &fields, &err), &err);
	for (size_t i = 0; i < rig.plan->mapping.count; i++) {
		assert_int_equal(fields[i].history != NULL, str_eq(fields[i].name, opened[0].name));
		assert_int_equal(fields[i].emr.len, 0); /* values only for who may see them */
	}
	rig_close(&rig);
}

static void test_a_story_is_found_by_either_record_and_is_told_backwards(void **state)
{
	struct timeline_of of, same;
	struct rig rig;

	(void)state;
	rig_open(&rig, "");
	memory_put(rig.emr, "patient", "{\"id\":\"a\"," ANN "}");
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\"," CONTACT_ANN "}");
	import(&rig);
	of = story_of(&rig, SIDE_CRM, "c");
	same = story_of(&rig, SIDE_EMR, "a");
	assert_true(str_eq(of.id[SIDE_EMR], STR("a")) && str_eq(same.id[SIDE_CRM], STR("c")));
	assert_int_equal(moments_of(&rig, &of, MOMENT_LINKED), 1);
	assert_true(moments_of(&rig, &of, MOMENT_PAYLOAD) >= 1);
	of = story_of(&rig, SIDE_EMR, "nobody");
	assert_false(of.linked);
	assert_int_equal(moments_of(&rig, &of, MOMENT_PAYLOAD), 0);
	rig_close(&rig);
}

/* ---- cases ---- */

static size_t open_cases(struct rig *rig, enum case_kind kind, struct open_case **ret)
{
	struct err err = ERR_INIT;
	size_t count;

	must_be_fine(cases_list(&rig->engine, &rig->arena, rig->plan->sync_id, kind, 0, 0, ret, &count, &err), &err);
	return count;
}

static void test_R8_a_case_is_open_until_it_is_closed_and_opens_again_when_others_fit(void **state)
{
	struct open_case *cases;
	int64_t counts[CASE_KINDS];
	struct err err = ERR_INIT;
	struct rig rig;

	(void)state;
	rig_open(&rig, "");
	memory_put(rig.emr, "patient", "{\"id\":\"a\"," ANN "}");
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\"," CONTACT_ANN "}");
	memory_put(rig.crm, "Contact", "{\"Id\":\"d\"," CONTACT_ANN "}");
	import(&rig);
	assert_int_equal(open_cases(&rig, CASE_SEVERAL, &cases), 1);
	assert_string_equal(cases[0].record_id.at, "a");
	assert_string_equal(cases[0].others.at, "c,d");
	must_be_fine(cases_count(&rig.engine, rig.plan->sync_id, counts, &err), &err);
	assert_int_equal(counts[CASE_SEVERAL], 1);
	must_be_fine(cases_close(&rig.engine, rig.plan, &rig.arena, CASE_SEVERAL, cases[0].id, "known", &err), &err);
	assert_int_equal(open_cases(&rig, CASE_SEVERAL, &cases), 0);
	import(&rig);
	assert_int_equal(open_cases(&rig, CASE_SEVERAL, &cases), 0);
	memory_put(rig.crm, "Contact", "{\"Id\":\"e\"," CONTACT_ANN "}");
	import(&rig);
	assert_int_equal(open_cases(&rig, CASE_SEVERAL, &cases), 1);
	rig_close(&rig);
}

static void test_R10_two_who_are_not_the_same_are_never_linked_by_themselves(void **state)
{
	struct open_case *cases;
	struct err err = ERR_INIT;
	struct rig rig;

	(void)state;
	rig_open(&rig, "");
	memory_put(rig.emr, "patient", "{\"id\":\"a\"," ANN "}");
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\"," CONTACT_ANN "}");
	must_be_fine(suggest_never(&rig.engine, rig.plan, STR("a"), STR("c"), "twins", &err), &err);
	import(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "");
	assert_int_equal(open_cases(&rig, CASE_SEVERAL, &cases), 0);
	memory_put(rig.crm, "Contact", "{\"Id\":\"d\"," CONTACT_ANN "}");
	import(&rig);
	assert_string_equal(rig_crm(&rig, "d", "Patient_Id__c"), "a"); /* the one that is left fits */
	assert_int_equal(suggest_never(&rig.engine, rig.plan, STR("a"), STR("d"), NULL, &err), ERR_CONFLICT);
	rig_close(&rig);
}

/* ---- payloads ---- */

static int64_t payloads(struct rig *rig, const struct staged_filter *filter)
{
	struct err err = ERR_INIT;
	struct staged *all;
	int64_t counted;
	size_t count;

	must_be_fine(stage_list(&rig->engine, &rig->arena, filter, &all, &count, &err), &err);
	must_be_fine(stage_count(&rig->engine, filter, 1000, &counted, &err), &err);
	assert_int_equal(counted, (int64_t)count);
	for (size_t i = 1; filter->newest && i < count; i++)
		assert_true(all[i - 1].id > all[i].id);
	return counted;
}

static void test_R3_payloads_are_found_by_filter_counted_alike_and_left_out(void **state)
{
	struct staged_filter failed = { .states = 1U << STAGED_FAILED, .newest = true };
	struct err err = ERR_INIT;
	struct alike *alike;
	struct rig rig;
	int64_t taken;
	size_t count;

	(void)state;
	rig_open(&rig, "\"create\":true");
	memory_put(rig.emr, "patient", "{\"id\":\"a\"," ANN "}");
	memory_put(rig.emr, "patient",
	           "{\"id\":\"b\",\"first_name\":\"Bo\",\"last_name\":\"Ray\",\"dob\":\"no date\"}");
	import(&rig);
	failed.sync_id = rig.plan->sync_id;
	assert_int_equal(payloads(&rig, &failed), 1);
	assert_int_equal(payloads(&rig, &(struct staged_filter) { .sides = 1U << SIDE_EMR, .newest = true }), 2);
	assert_int_equal(payloads(&rig, &(struct staged_filter) { .record_id = STR("b"), .sync_id = failed.sync_id }),
	                 1);
	assert_int_equal(payloads(&rig, &(struct staged_filter) { .doors = 1U << DOOR_WEBHOOK }), 0);
	must_be_fine(stage_alike(&rig.engine, &rig.arena, failed.sync_id, &alike, &count, &err), &err);
	assert_int_equal(count, 1);
	assert_int_equal(alike[0].count, 1);
	failed.code = alike[0].code;
	must_be_fine(retry_leave_out(&rig.engine, rig.plan, &rig.arena, &failed, "a test", &taken, &err), &err);
	assert_int_equal(taken, 1);
	assert_int_equal(payloads(&rig, &failed), 0);
	must_be_fine(retry_hand_over(&rig.engine, rig.plan, &rig.arena, &failed, NULL, &taken, &err), &err);
	assert_int_equal(taken, 0);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R20_a_merge_keeps_who_won_by_which_rule_and_seals_what_both_held),
		cmocka_unit_test(test_a_story_is_found_by_either_record_and_is_told_backwards),
		cmocka_unit_test(test_R8_a_case_is_open_until_it_is_closed_and_opens_again_when_others_fit),
		cmocka_unit_test(test_R10_two_who_are_not_the_same_are_never_linked_by_themselves),
		cmocka_unit_test(test_R3_payloads_are_found_by_filter_counted_alike_and_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Who is linked with whom when the two systems contradict themselves, and while people go on working in them. */
#include "hooks.h"
#include "people.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sync/capture.h"
#include "sync/identity.h"

#define BOB_OF_81   "\"first_name\":\"Bob\",\"last_name\":\"Ray\",\"dob\":\"1981-01-02\""
#define CONTACT_ZOE "\"FirstName\":\"Zoe\",\"LastName\":\"Fox\",\"Birthdate\":\"1990-01-02\""

static void patient(struct rig *rig, const char *json)
{
	memory_put(rig->emr, "patient", json);
}

static void contact(struct rig *rig, const char *json)
{
	memory_put(rig->crm, "Contact", json);
}

static void test_R6_a_contact_that_another_patient_names_is_no_match_by_name(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	rig_open(&rig, "");
	patient(&rig, "{\"id\":\"a\"," ANN "}");
	patient(&rig, "{\"id\":\"b\"," BOB_OF_81 ",\"our_id\":\"c\"}");
	contact(&rig, "{\"Id\":\"c\"," CONTACT_ANN "}");
	rig_import(&rig, counts);
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "b");
	assert_int_equal(counts[OUTCOME_LINKED], 1);
	rig_close(&rig);
}

static void test_R8_two_patients_that_name_one_contact_are_ambiguous(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	rig_open(&rig, "");
	patient(&rig, "{\"id\":\"a\"," ANN ",\"our_id\":\"c\"}");
	patient(&rig, "{\"id\":\"b\"," BOB_OF_81 ",\"our_id\":\"c\"}");
	contact(&rig, "{\"Id\":\"c\"," CONTACT_ZOE "}");
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_SKIPPED_AMBIGUOUS], 2);
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "");
	rig_close(&rig);
}

static void test_R6_ids_that_contradict_each_other_link_nobody(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	rig_open(&rig, "\"create\":true");
	patient(&rig, "{\"id\":\"a\"," ANN ",\"our_id\":\"d\"}");
	contact(&rig, "{\"Id\":\"c\"," CONTACT_ZOE ",\"Patient_Id__c\":\"a\"}");
	contact(&rig, "{\"Id\":\"d\"," CONTACT_ANN "}");
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_SKIPPED_AMBIGUOUS], 1);
	assert_string_equal(rig_crm(&rig, "c", "LastName"), "Fox");
	assert_string_equal(rig_crm(&rig, "d", "Patient_Id__c"), "");
	rig_close(&rig);
}

static void test_R6_a_contact_claimed_from_both_sides_by_two_patients_links_nobody(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	rig_open(&rig, "\"create\":true");
	patient(&rig, "{\"id\":\"a\"," ANN "}");
	patient(&rig, "{\"id\":\"b\"," BOB_OF_81 ",\"our_id\":\"c\"}");
	contact(&rig, "{\"Id\":\"c\"," CONTACT_ZOE ",\"Patient_Id__c\":\"a\"}");
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_LINKED], 0);
	assert_string_equal(rig_crm(&rig, "c", "LastName"), "Fox");
	assert_int_equal(memory_count(rig.crm, "Contact"), 1);
	rig_close(&rig);
}

static void test_R8_a_patient_merged_into_another_does_not_count(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	rig_open(&rig, "");
	patient(&rig, "{\"id\":\"a\"," ANN "}");
	patient(&rig, "{\"id\":\"b\"," ANN ",\"merged_into\":\"a\"}");
	contact(&rig, "{\"Id\":\"c\"," CONTACT_ANN "}");
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_LINKED], 1);
	assert_int_equal(counts[OUTCOME_SKIPPED_FILTERED], 1);
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "a");
	rig_close(&rig);
}

static void rename_before_fetch(struct rig *rig, enum memory_call which, unsigned nth)
{
	(void)nth;
	if (which == MEMORY_FETCH)
		contact(rig, "{\"Id\":\"c\"," CONTACT_ZOE "}");
}

static void give_away_before_fetch(struct rig *rig, enum memory_call which, unsigned nth)
{
	(void)nth;
	if (which == MEMORY_FETCH)
		contact(rig, "{\"Id\":\"c\",\"Patient_Id__c\":\"somebody\"}");
}

static void test_R7_R28_a_contact_changed_since_it_was_listed_is_looked_at_again(void **state)
{
	static const hook_before_fn edits[] = { rename_before_fetch, give_away_before_fetch };
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
		rig_open(&rig, "\"create\":true");
		patient(&rig, "{\"id\":\"a\"," ANN "}");
		contact(&rig, "{\"Id\":\"c\"," CONTACT_ANN "}");
		hooks_set(&rig, SIDE_CRM, edits[i], NULL);
		rig_import(&rig, counts);
		assert_int_equal(counts[OUTCOME_LINKED], 0);
		assert_string_not_equal(rig_crm(&rig, "c", "Patient_Id__c"), "a");
		rig_close(&rig);
	}
}

static void claim_for_new_patient(void *context, const struct verdict *verdict)
{
	(void)verdict;
	contact(context, "{\"Id\":\"c\",\"Patient_Id__c\":\"b\"}");
}

static void test_R9_a_create_that_meets_a_linked_record_fails_alone(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	rig_open(&rig, "\"create\":true");
	patient(&rig, "{\"id\":\"a\"," ANN "}");
	contact(&rig, "{\"Id\":\"c\"," CONTACT_ANN "}");
	rig_import(&rig, counts);
	patient(&rig, "{\"id\":\"b\"," BOB_OF_81 "}");
	rig.engine.on_verdict = claim_for_new_patient;
	rig.engine.on_verdict_context = &rig;
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_FAILED], 1);
	rig.engine.on_verdict = NULL;
	rig_close(&rig);
}

static void test_R29_R31_what_a_person_deleted_is_not_made_again(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	rig_open(&rig, "\"create\":true");
	patient(&rig, "{\"id\":\"a\"," ANN "}");
	rig_import(&rig, counts);
	memory_remove(rig.crm, "Contact", rig_contact_of(&rig, "a"));
	for (int i = 0; i < 3; i++) {
		rig_import(&rig, counts);
		assert_int_equal(counts[OUTCOME_SKIPPED_FILTERED], 1);
		assert_int_equal(memory_count(rig.crm, "Contact"), 0);
	}
	rig_close(&rig);
}

static void break_fetched(struct rig *rig, enum memory_call which, struct page *page)
{
	(void)rig;
	for (size_t i = 0; which == MEMORY_FETCH && i < page->count; i++)
		page->records[i].fault = "not well-formed JSON at byte 12";
}

static void test_R3_R31_an_unreadable_contact_does_not_end_its_link(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	rig_open(&rig, "\"create\":true");
	patient(&rig, "{\"id\":\"a\"," ANN "}");
	rig_import(&rig, counts);
	patient(&rig, "{\"id\":\"a\",\"city\":\"Boise\"}");
	hooks_set(&rig, SIDE_CRM, NULL, break_fetched);
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_FAILED], 1);
	hooks_clear(&rig);
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_UPDATED], 1);
	assert_string_equal(rig_crm(&rig, rig_contact_of(&rig, "a"), "MailingCity"), "Boise");
	rig_close(&rig);
}

/* ---- the index ---- */

static int forget_unseen(struct db *db, enum side side, int64_t run_id, unsigned *ret_slices, struct err *err)
{
	struct identity_slice slice = { .sync_id = 1, .side = side, .run_id = run_id };

	*ret_slices = 0;
	do {
		slice.after_id = slice.next_id;
		if (identity_forget_unseen(db, &slice, err) < 0)
			return err_pass(err);
		(*ret_slices)++;
	} while (slice.next_id != 0);
	return 0;
}

static int note_twice(struct db *db, void *context, struct err *err)
{
	struct known known = { .side = SIDE_EMR, .record_id = STR("a"), .run_id = 5 };
	bool seen, *ret = context;
	struct known found;
	unsigned slices;
	SCOPED(arena) struct arena arena = ARENA_INIT;

	if (identity_put(db, 1, &known, &seen, err) < 0)
		return err_pass(err);
	known.run_id = 3;
	if (identity_put(db, 1, &known, &seen, err) < 0)
		return err_pass(err);
	known.run_id = 0;
	if (identity_put(db, 1, &known, &seen, err) < 0 || forget_unseen(db, SIDE_EMR, 5, &slices, err) < 0)
		return err_pass(err);
	return identity_get(db, &arena, 1, SIDE_EMR, STR("a"), &found, ret, err);
}

static void test_R8_a_retry_meanwhile_does_not_make_a_run_forget_a_patient(void **state)
{
	struct err err = ERR_INIT;
	bool found = false;
	struct rig rig;

	(void)state;
	rig_open(&rig, "");
	assert_int_equal(store_write(rig.engine.store, RELAXED, note_twice, &found, &err), 0);
	assert_true(found);
	rig_close(&rig);
}

/* Run 3 was asked for, a delta (4) came first and met "a", then run 3 reads "a" and "b"; "c" was met by run 2 only. */
static int read_behind_a_delta(struct db *db, void *context, struct err *err)
{
	static const struct {
		const char *id;
		int64_t run;
	} met[] = { { "a", 2 }, { "c", 2 }, { "a", 4 }, { "a", 3 }, { "b", 3 } };
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct known found;
	bool seen, *there = context;
	unsigned slices;

	for (size_t i = 0; i < ARRAY_LEN(met); i++) {
		const struct known known = { .side = SIDE_CRM, .record_id = str_of(met[i].id), .run_id = met[i].run };

		if (identity_put(db, 1, &known, &seen, err) < 0)
			return err_pass(err);
	}
	if (forget_unseen(db, SIDE_CRM, 3, &slices, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < 3; i++) {
		if (identity_get(db, &arena, 1, SIDE_CRM, str_range(&"abc"[i], 1), &found, &there[i], err) < 0)
			return err_pass(err);
	}
	return 0;
}

/* Else the import would find nobody in the CRM, and create everybody a second time. */
static void test_R5_R7_an_import_that_waited_for_a_delta_knows_whom_that_one_met(void **state)
{
	struct err err = ERR_INIT;
	bool there[3];
	struct rig rig;

	(void)state;
	rig_open(&rig, "");
	assert_int_equal(store_write(rig.engine.store, RELAXED, read_behind_a_delta, there, &err), 0);
	assert_true(there[0]);
	assert_true(there[1]);
	assert_false(there[2]);
	rig_close(&rig);
}

enum { MANY = 10001 }; /* one more than a slice */

/* Every third of a side was met by run 2 only; the other side by no run after the first. */
static int note_many(struct db *db, void *context UNUSED, struct err *err)
{
	char name[20];
	bool seen;

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "r%05u", i);
		for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
			const struct known known = { .side = side,
				                     .record_id = str_of(name),
				                     .run_id = side == SIDE_EMR ? 1
				                               : i % 3          ? 3
				                                                : 2 };

			if (identity_put(db, 1, &known, &seen, err) < 0)
				return err_pass(err);
		}
	}
	return 0;
}

struct many {
	unsigned slices;
	size_t left[2];
};

static int forget_many(struct db *db, void *context, struct err *err)
{
	struct many *ret = context;
	struct known known;
	char name[20];
	bool found;

	if (forget_unseen(db, SIDE_CRM, 3, &ret->slices, err) < 0)
		return err_pass(err);
	for (unsigned i = 0; i < 2 * MANY; i++) {
		SCOPED(arena) struct arena arena = ARENA_INIT;

		snprintf(name, sizeof(name), "r%05u", i / 2);
		if (identity_get(db, &arena, 1, (enum side)(i % 2), str_of(name), &known, &found, err) < 0)
			return err_pass(err);
		ret->left[i % 2] += found;
	}
	return 0;
}

static void test_R31_who_was_not_met_is_forgotten_slice_by_slice_and_of_that_side_only(void **state)
{
	struct err err = ERR_INIT;
	struct many many = { 0 };
	struct rig rig;

	(void)state;
	rig_open(&rig, "");
	assert_int_equal(store_write(rig.engine.store, RELAXED, note_many, NULL, &err), 0);
	assert_int_equal(store_write(rig.engine.store, RELAXED, forget_many, &many, &err), 0);
	assert_int_equal(many.slices, 3);
	assert_int_equal(many.left[SIDE_EMR], MANY);
	assert_int_equal(many.left[SIDE_CRM], MANY - (MANY + 2) / 3);
	rig_close(&rig);
}

static int read_a_page_twice(struct db *db, void *context, struct err *err)
{
	const struct digest16 first = digest_content(STR("as it was")), second = digest_content(STR("as it is now"));
	struct known known = { .side = SIDE_EMR, .record_id = STR("a"), .run_id = 5, .stages = true, .once = true };
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct known now;
	bool seen, found, *ret = context;

	known.staged_hash = first;
	if (identity_put(db, 1, &known, &seen, err) < 0)
		return err_pass(err);
	known.staged_hash = second;
	if (identity_put(db, 1, &known, &seen, err) < 0 ||
	    identity_get(db, &arena, 1, SIDE_EMR, STR("a"), &now, &found, err) < 0)
		return err_pass(err);
	ret[0] = seen && memcmp(&now.staged_hash, &first, sizeof(first)) == 0;
	known.run_id = 6;
	if (identity_put(db, 1, &known, &seen, err) < 0 ||
	    identity_get(db, &arena, 1, SIDE_EMR, STR("a"), &now, &found, err) < 0)
		return err_pass(err);
	ret[1] = !seen && memcmp(&now.staged_hash, &second, sizeof(second)) == 0;
	return 0;
}

/* What a run that goes on meets again is not staged again: the next delta has to see that it changed meanwhile. */
static void test_R34_R39_an_edit_between_two_readings_of_a_page_is_left_to_the_delta(void **state)
{
	struct err err = ERR_INIT;
	bool kept[2] = { false };
	struct rig rig;

	(void)state;
	rig_open(&rig, "");
	assert_int_equal(store_write(rig.engine.store, RELAXED, read_a_page_twice, kept, &err), 0);
	assert_true(kept[0]);
	assert_true(kept[1]);
	rig_close(&rig);
}

/* A page as it was read before an edit, captured after that edit's webhook, by a later run. */
static int note_an_old_page(struct db *db, void *context, struct err *err)
{
	struct known now = { .side = SIDE_EMR, .record_id = STR("a"), .external_id = STR("c"), .modified_ms = 2000 };
	struct known old = { .side = SIDE_EMR, .record_id = STR("a"), .modified_ms = 1000, .run_id = 6 };
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct known found;
	bool seen, is_known, *ret = context;

	if (identity_put(db, 1, &now, &seen, err) < 0 || identity_put(db, 1, &old, &seen, err) < 0 ||
	    identity_get(db, &arena, 1, SIDE_EMR, STR("a"), &found, &is_known, err) < 0)
		return err_pass(err);
	ret[0] = str_eq(found.external_id, now.external_id) && found.modified_ms == 2000 && found.run_id == 6;
	old.modified_ms = 3000;
	if (identity_put(db, 1, &old, &seen, err) < 0 ||
	    identity_get(db, &arena, 1, SIDE_EMR, STR("a"), &found, &is_known, err) < 0)
		return err_pass(err);
	ret[1] = seen && found.external_id.len == 0;
	return 0;
}

static void test_R4_an_old_page_does_not_hide_what_is_known_by_now(void **state)
{
	struct err err = ERR_INIT;
	bool kept[2] = { false };
	struct rig rig;

	(void)state;
	rig_open(&rig, "");
	assert_int_equal(store_write(rig.engine.store, RELAXED, note_an_old_page, kept, &err), 0);
	assert_true(kept[0]);
	assert_true(kept[1]);
	rig_close(&rig);
}

static void remove_while_reading(struct rig *rig, enum memory_call which, unsigned nth)
{
	/* The first window of pages is asked for at once; a record that was on page 1 goes, so that all others move up. */
	if (which == MEMORY_LIST && nth == 12)
		memory_remove(rig->emr, "patient", "p000");
}

static void test_R8_R34_records_that_move_between_pages_are_read_all_the_same(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;
	char json[160];

	(void)state;
	rig_open(&rig, "\"create\":true");
	for (int i = 0; i < 200; i++) {
		snprintf(json, sizeof(json),
		         "{\"id\":\"p%03d\",\"first_name\":\"G%d\",\"last_name\":\"F\",\"dob\":\"1980-01-02\"}", i, i);
		patient(&rig, json);
	}
	hooks_set(&rig, SIDE_EMR, remove_while_reading, NULL);
	rig_import(&rig, counts);
	for (int i = 1; i < 200; i++) {
		char id[8];

		snprintf(id, sizeof(id), "p%03d", i);
		if (!rig_contact_of(&rig, id))
			fail_msg("%s was missed", id);
	}
	assert_int_equal(memory_count(rig.crm, "Contact"), 200);
	rig_close(&rig);
}

static void test_R33_a_broken_row_that_comes_twice_counts_once(void **state)
{
	struct record rows[] = { { .id = STR("x"), .bytes = STR("{\"id\":\"x\""), .fault = "not well-formed JSON" } };
	const struct page page = { .records = rows, .count = 1, .last = true, .total = 1 };
	struct capture how = { .door = DOOR_BATCH, .run_id = 7, .total = -1 };
	struct err err = ERR_INIT;
	struct rig rig;
	struct captured done;

	(void)state;
	rig_open(&rig, "");
	assert_int_equal(capture_page(&rig.engine, rig.plan, &rig.arena, &page, &how, &done, &err), 0);
	assert_int_equal(done.staged, 1);
	assert_int_equal(capture_page(&rig.engine, rig.plan, &rig.arena, &page, &how, &done, &err), 0);
	assert_int_equal(done.staged, 0);
	rig_close(&rig);
}

static void stop_before_fetch(struct rig *rig, enum memory_call which, unsigned nth)
{
	(void)nth;
	if (which == MEMORY_FETCH)
		atomic_store(&rig->engine.stop, true);
}

static void test_R5_a_contact_deleted_before_the_run_is_resumed_is_no_candidate(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct err err = ERR_INIT;
	struct run run = { 0 };
	struct rig rig;

	(void)state;
	rig_open(&rig, "");
	patient(&rig, "{\"id\":\"a\"," ANN "}");
	patient(&rig, "{\"id\":\"b\"," BOB_OF_81 "}");
	contact(&rig, "{\"Id\":\"c\"," CONTACT_ANN "}");
	contact(&rig, "{\"Id\":\"d\"," CONTACT_ANN "}");
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_SKIPPED_AMBIGUOUS], 1);
	memory_remove(rig.crm, "Contact", "c");
	memory_fail(rig.emr, MEMORY_LIST, 1, ERR_AUTH, false);
	assert_true(run_import(&rig.engine, rig.plan, NULL, NULL, &run, &rig.arena, &err) < 0);
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_LINKED], 1);
	memory_put(rig.crm, "Contact",
	           "{\"Id\":\"e\",\"FirstName\":\"Bob\",\"LastName\":\"Ray\",\"Birthdate\":\"1981-01-02\"}");
	memory_put(rig.crm, "Contact",
	           "{\"Id\":\"f\",\"FirstName\":\"Bob\",\"LastName\":\"Ray\",\"Birthdate\":\"1981-01-02\"}");
	hooks_set(&rig, SIDE_CRM, stop_before_fetch, NULL);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Boise\"}");
	memory_fail(rig.crm, MEMORY_FETCH, 1, ERR_AUTH, false);
	err = (struct err)ERR_INIT;
	assert_true(run_import(&rig.engine, rig.plan, NULL, NULL, &run, &rig.arena, &err) < 0);
	hooks_clear(&rig);
	memory_remove(rig.crm, "Contact", "e");
	rig_restart(&rig);
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_LINKED], 1);
	assert_string_equal(rig_crm(&rig, "f", "Patient_Id__c"), "b");
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R6_a_contact_that_another_patient_names_is_no_match_by_name),
		cmocka_unit_test(test_R8_two_patients_that_name_one_contact_are_ambiguous),
		cmocka_unit_test(test_R6_ids_that_contradict_each_other_link_nobody),
		cmocka_unit_test(test_R6_a_contact_claimed_from_both_sides_by_two_patients_links_nobody),
		cmocka_unit_test(test_R8_a_patient_merged_into_another_does_not_count),
		cmocka_unit_test(test_R7_R28_a_contact_changed_since_it_was_listed_is_looked_at_again),
		cmocka_unit_test(test_R9_a_create_that_meets_a_linked_record_fails_alone),
		cmocka_unit_test(test_R29_R31_what_a_person_deleted_is_not_made_again),
		cmocka_unit_test(test_R3_R31_an_unreadable_contact_does_not_end_its_link),
		cmocka_unit_test(test_R5_R7_an_import_that_waited_for_a_delta_knows_whom_that_one_met),
		cmocka_unit_test(test_R31_who_was_not_met_is_forgotten_slice_by_slice_and_of_that_side_only),
		cmocka_unit_test(test_R8_a_retry_meanwhile_does_not_make_a_run_forget_a_patient),
		cmocka_unit_test(test_R34_R39_an_edit_between_two_readings_of_a_page_is_left_to_the_delta),
		cmocka_unit_test(test_R4_an_old_page_does_not_hide_what_is_known_by_now),
		cmocka_unit_test(test_R8_R34_records_that_move_between_pages_are_read_all_the_same),
		cmocka_unit_test(test_R33_a_broken_row_that_comes_twice_counts_once),
		cmocka_unit_test(test_R5_a_contact_deleted_before_the_run_is_resumed_is_no_candidate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What the records themselves say of how they stand, on both sides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hooks.h"
#include "people.h"
#include "sync/capture.h"
#include "sync/outbox.h"
#include "sync/truth.h"

#define PLACES "\"crm_status_field\":\"Status__c\",\"crm_reason_field\":\"Reason__c\",\"crm_link_field\":\"Link__c\""

static void give_places(struct rig *rig)
{
	rig->emr->traits.reference_message_field = STR("note");
	rig->emr->traits.reference_link_field = STR("link");
	rig->emr->traits.web_link = STR("https://emr.example/{id}/chart");
	rig->crm->traits.web_link = STR("https://crm.example/{id}");
}

static void open_linked(struct rig *rig, const char *settings)
{
	int64_t counts[OUTCOME_COUNT];

	rig_open(rig, settings);
	give_places(rig);
	memory_put(rig->emr, "patient", "{\"id\":\"a\"," ANN ",\"email\":\"a@x.example\",\"city\":\"Boise\"}");
	memory_put(rig->crm, "Contact", "{\"Id\":\"c\"," CONTACT_ANN "}");
	rig_import(rig, counts);
	rig_import(rig, counts);
	assert_int_equal(counts[OUTCOME_UNCHANGED], 1);
}

static bool has(const char *text, const char *part)
{
	return text && strstr(text, part) != NULL;
}

static void nothing_moves(struct rig *rig)
{
	int64_t counts[OUTCOME_COUNT];
	unsigned emr = memory_written(rig->emr), crm = memory_written(rig->crm);

	rig_import(rig, counts);
	rig_import(rig, counts);
	assert_int_equal(memory_written(rig->emr), emr);
	assert_int_equal(memory_written(rig->crm), crm);
}

static void test_R18_a_linked_record_says_synced_and_points_to_its_patient(void **state)
{
	struct rig rig;

	(void)state;
	open_linked(&rig, PLACES);
	assert_string_equal(rig_crm(&rig, "c", "Status__c"), "Synced");
	assert_string_equal(rig_crm(&rig, "c", "Reason__c"), "");
	assert_string_equal(rig_crm(&rig, "c", "Link__c"), "https://emr.example/a/chart");
	assert_string_equal(rig_emr(&rig, "a", "link"), "https://crm.example/c");
	nothing_moves(&rig);
	rig_close(&rig);
}

static void test_R3_staff_see_why_a_write_was_refused_and_that_it_is_fine_again(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	open_linked(&rig, PLACES);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"MailingCity\":\"Nampa\"}");
	memory_refuse(rig.emr, "a", REFUSED, "422");
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_FAILED], 1);
	assert_string_equal(rig_crm(&rig, "c", "Status__c"), "Failed");
	assert_true(has(rig_crm(&rig, "c", "Reason__c"), "practice refused the write"));
	nothing_moves(&rig);
	memory_refuse(rig.emr, "a", DELIVERED, "");
	rig_import(&rig, counts);
	assert_string_equal(rig_emr(&rig, "a", "city"), "Nampa");
	assert_string_equal(rig_crm(&rig, "c", "Status__c"), "Synced");
	assert_string_equal(rig_crm(&rig, "c", "Reason__c"), "");
	assert_string_equal(rig_emr(&rig, "a", "note"), "");
	nothing_moves(&rig);
	rig_close(&rig);
}

static void test_R3_a_refusal_of_the_crm_is_read_in_the_emr(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	open_linked(&rig, PLACES);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	memory_refuse(rig.crm, "c", REFUSED, "FIELD_CUSTOM_VALIDATION_EXCEPTION");
	rig_import(&rig, counts);
	assert_true(has(rig_emr(&rig, "a", "note"), "Failed: org refused the write"));
	nothing_moves(&rig);
	memory_refuse(rig.crm, "c", DELIVERED, "");
	rig_import(&rig, counts);
	assert_string_equal(rig_emr(&rig, "a", "note"), "");
	assert_string_equal(rig_crm(&rig, "c", "Status__c"), "Synced");
	nothing_moves(&rig);
	rig_close(&rig);
}

static void test_R22_a_conflict_that_waits_is_shown_on_both_sides_until_it_ends(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	open_linked(&rig, PLACES ",\"policy\":{\"City\":{\"winner\":\"review\"}}");
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\",\"email\":\"new@x.example\"}");
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"MailingCity\":\"Eagle\"}");
	rig_import(&rig, counts);
	assert_string_equal(rig_crm(&rig, "c", "Email"), "new@x.example");
	assert_string_equal(rig_crm(&rig, "c", "Status__c"), "Conflict");
	assert_true(has(rig_crm(&rig, "c", "Reason__c"), "City"));
	assert_true(has(rig_emr(&rig, "a", "note"), "Conflict: City"));
	/* R41 */
	assert_false(has(rig_emr(&rig, "a", "note"), "Nampa") || has(rig_emr(&rig, "a", "note"), "Eagle"));
	nothing_moves(&rig);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"MailingCity\":\"Nampa\"}");
	rig_import(&rig, counts);
	assert_string_equal(rig_crm(&rig, "c", "Status__c"), "Synced");
	assert_string_equal(rig_emr(&rig, "a", "note"), "");
	nothing_moves(&rig);
	rig_close(&rig);
}

static void test_R8_an_ambiguous_patient_is_told_why_once(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	rig_open(&rig, PLACES);
	give_places(&rig);
	memory_put(rig.emr, "patient", "{\"id\":\"a\"," ANN "}");
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\"," CONTACT_ANN "}");
	memory_put(rig.crm, "Contact", "{\"Id\":\"d\"," CONTACT_ANN "}");
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_SKIPPED_AMBIGUOUS], 1);
	assert_true(has(rig_emr(&rig, "a", "note"), "Not linked: "));
	assert_false(has(rig_emr(&rig, "a", "note"), "Lee")); /* R41 */
	nothing_moves(&rig);
	memory_remove(rig.crm, "Contact", "d");
	rig_import(&rig, counts);
	assert_string_equal(rig_emr(&rig, "a", "note"), "");
	assert_string_equal(rig_crm(&rig, "c", "Status__c"), "Synced");
	nothing_moves(&rig);
	rig_close(&rig);
}

static void delta(struct rig *rig)
{
	const struct run_order order = { .kind = RUN_DELTA };
	struct run run = { 0 };
	struct err err = ERR_INIT;

	if (run_batch(&rig->engine, rig->plan, &order, &run, &rig->arena, &err) < 0 ||
	    run_settle(&rig->engine, rig->plan, true, NULL, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

static void test_R39_an_edit_that_failed_and_was_taken_back_is_fine_again(void **state)
{
	struct rig rig;

	(void)state;
	open_linked(&rig, PLACES);
	delta(&rig);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"MailingCity\":\"Nampa\"}");
	memory_refuse(rig.emr, "a", REFUSED, "422");
	delta(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Status__c"), "Failed");
	memory_refuse(rig.emr, "a", DELIVERED, "");
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"MailingCity\":\"Boise\"}");
	delta(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Status__c"), "Synced");
	assert_string_equal(rig_emr(&rig, "a", "note"), "");
	delta(&rig);
	nothing_moves(&rig);
	rig_close(&rig);
}

static void test_R27_what_we_told_is_not_read_again_when_it_comes_back(void **state)
{
	const struct capture how = { .side = SIDE_CRM, .door = DOOR_STREAM, .priority = STAGED_LIVE };
	struct event event = { .kind = EVENT_CHANGED, .name = STR("contact.updated"), .object = STR("Contact") };
	const struct events events = { .at = &event, .count = 1 };
	const struct staged_filter filter = { .record_id = STR("nobody"), .limit = 10 };
	struct captured captured;
	struct staged *all;
	struct err err = ERR_INIT;
	struct rig rig;
	size_t count;

	(void)state;
	open_linked(&rig, PLACES);
	event.record = (struct record) { .id = STR("nobody"),
		                         .bytes = STR("{\"Status__c\":\"Not linked\"}"),
		                         .modified_by = rig.crm->traits.our_user };
	assert_int_equal(json_parse(&rig.arena, event.record.bytes, &event.record.json, &err), 0);
	assert_int_equal(capture_events(&rig.engine, rig.plan, &rig.arena, &events, &how, &captured, &err), 0);
	event.record.modified_by = STR("person");
	assert_int_equal(capture_events(&rig.engine, rig.plan, &rig.arena, &events, &how, &captured, &err), 0);
	assert_int_equal(stage_list(&rig.engine, &rig.arena, &filter, &all, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_int_equal(all[0].state, STAGED_DONE);
	assert_int_equal(all[1].state, STAGED_TO_READ);
	rig_close(&rig);
}

/* ---- R28: between our writing and our telling somebody edits the contact ---- */

static struct json *spelled(struct arena *arena, struct json *record)
{
	const struct json *city = json_get(record, "MailingCity");

	if (city && city->kind == JSON_STRING && str_eq_c(city->text, "Nampa"))
		json_set(record, STR("MailingCity"), json_new_text(arena, STR("NAMPA")));
	return record;
}

static void spell(void *context, struct arena *arena, struct json *record)
{
	(void)context;
	spelled(arena, record);
}

static void test_R28_an_edit_before_a_low_write_is_not_learnt_as_the_systems_own_spelling(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct err err = ERR_INIT;
	struct rig rig;

	(void)state;
	open_linked(&rig, PLACES);
	rig.crm->traits.answers_with_record = false;
	memory_rewrite(rig.crm, spell, NULL);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	assert_int_equal(run_import(&rig.engine, rig.plan, NULL, NULL, &(struct run) { 0 }, &rig.arena, &err), 0);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "NAMPA");
	memory_rewrite(rig.crm, NULL, NULL);
	/* A person edits the city; a refusal of something else is told; the contact was last modified by us now. */
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"email\":\"x@x.example\"}");
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"MailingCity\":\"Eagle\",\"FirstName\":\"Anne\"}");
	memory_refuse(rig.emr, "a", REFUSED, "422");
	rig_import(&rig, counts);
	memory_refuse(rig.emr, "a", DELIVERED, "");
	rig_import(&rig, counts);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Eagle");
	assert_string_equal(rig_emr(&rig, "a", "city"), "Eagle");
	rig_close(&rig);
}

struct low_job {
	int64_t sync_id;
	struct owed_counts counts;
};

static int count_low(struct db *db, void *context, struct err *err)
{
	struct low_job *job = context;

	return outbox_counts(db, job->sync_id, SIDE_EMR, &job->counts, err);
}

static void test_what_is_told_waits_as_one_entry_a_record(void **state)
{
	struct low_job job = { 0 };
	struct run run = { 0 };
	struct err err = ERR_INIT;
	struct rig rig;

	(void)state;
	open_linked(&rig, PLACES);
	job.sync_id = rig.plan->sync_id;
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	memory_refuse(rig.crm, "c", REFUSED, "ONE");
	assert_int_equal(run_import(&rig.engine, rig.plan, NULL, NULL, &run, &rig.arena, &err), 0);
	memory_refuse(rig.crm, "c", REFUSED, "TWO");
	assert_int_equal(run_import(&rig.engine, rig.plan, NULL, NULL, &run, &rig.arena, &err), 0);
	assert_int_equal(store_read(rig.engine.store, count_low, &job, &err), 0);
	assert_int_equal(job.counts.low, 1);
	assert_int_equal(run_settle(&rig.engine, rig.plan, true, NULL, NULL, &err), 0);
	assert_true(has(rig_emr(&rig, "a", "note"), "(TWO)"));
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R18_a_linked_record_says_synced_and_points_to_its_patient),
		cmocka_unit_test(test_R3_staff_see_why_a_write_was_refused_and_that_it_is_fine_again),
		cmocka_unit_test(test_R3_a_refusal_of_the_crm_is_read_in_the_emr),
		cmocka_unit_test(test_R22_a_conflict_that_waits_is_shown_on_both_sides_until_it_ends),
		cmocka_unit_test(test_R8_an_ambiguous_patient_is_told_why_once),
		cmocka_unit_test(test_R28_an_edit_before_a_low_write_is_not_learnt_as_the_systems_own_spelling),
		cmocka_unit_test(test_R39_an_edit_that_failed_and_was_taken_back_is_fine_again),
		cmocka_unit_test(test_R27_what_we_told_is_not_read_again_when_it_comes_back),
		cmocka_unit_test(test_what_is_told_waits_as_one_entry_a_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

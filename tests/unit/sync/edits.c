/* What people and other doors change while a batch is on its way: no edit is lost, none is applied out of order. */
#include "hooks.h"
#include "people.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sync/capture.h"
#include "sync/stage.h"

static void open_linked(struct rig *rig)
{
	int64_t counts[OUTCOME_COUNT];

	rig_open(rig, "\"create\":true");
	memory_put(rig->emr, "patient", "{\"id\":\"a\"," ANN ",\"email\":\"a@x.example\",\"city\":\"Boise\"}");
	memory_put(rig->crm, "Contact", "{\"Id\":\"c\"," CONTACT_ANN "}");
	rig_import(rig, counts);
	rig_import(rig, counts);
	assert_int_equal(counts[OUTCOME_UNCHANGED], 1);
}

static void no_payload_waits(struct rig *rig)
{
	struct staged_filter filter = { .limit = 1000 };
	struct err err = ERR_INIT;
	struct staged *all;
	size_t count;

	assert_int_equal(stage_list(&rig->engine, &rig->arena, &filter, &all, &count, &err), 0);
	for (size_t i = 0; i < count; i++) {
		if (all[i].state == STAGED_WAITING || all[i].state == STAGED_OWED)
			fail_msg("payload %lld is %s", (long long)all[i].id, staged_state_name(all[i].state));
	}
}

static void edit_contact(struct rig *rig, enum memory_call which, unsigned nth)
{
	(void)nth;
	if (which == MEMORY_WRITE)
		memory_put(rig->crm, "Contact", "{\"Id\":\"c\",\"Email\":\"home@x.example\"}");
}

static void edit_patient(struct rig *rig, enum memory_call which, unsigned nth)
{
	(void)nth;
	if (which == MEMORY_WRITE)
		memory_put(rig->emr, "patient", "{\"id\":\"a\",\"email\":\"home@x.example\"}");
}

static void both_have_the_persons_email(struct rig *rig)
{
	int64_t counts[OUTCOME_COUNT];

	hooks_clear(rig);
	rig_import(rig, counts);
	assert_string_equal(rig_crm(rig, "c", "Email"), "home@x.example");
	assert_string_equal(rig_emr(rig, "a", "email"), "home@x.example");
	rig_close(rig);
}

static void test_R28_an_edit_of_the_contact_between_our_reading_and_writing_survives(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	open_linked(&rig);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	hooks_set(&rig, SIDE_CRM, edit_contact, NULL);
	rig_import(&rig, counts);
	both_have_the_persons_email(&rig);
}

static void test_R28_an_edit_of_the_patient_between_our_reading_and_writing_survives(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	open_linked(&rig);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"MailingCity\":\"Nampa\"}");
	hooks_set(&rig, SIDE_EMR, edit_patient, NULL);
	rig_import(&rig, counts);
	both_have_the_persons_email(&rig);
}

static void test_R28_an_edit_of_the_contact_while_it_is_linked_survives(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	rig_open(&rig, "");
	memory_put(rig.emr, "patient", "{\"id\":\"a\"," ANN ",\"email\":\"a@x.example\"}");
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\"," CONTACT_ANN ",\"Email\":\"a@x.example\"}");
	hooks_set(&rig, SIDE_CRM, edit_contact, NULL);
	rig_import(&rig, counts);
	both_have_the_persons_email(&rig);
}

static void one_second(struct rig *rig, enum memory_call which, struct page *page)
{
	(void)rig;
	(void)which;
	for (size_t i = 0; i < page->count; i++) {
		page->records[i].version = STR("2100-01-01T00:00:00.000Z");
		page->records[i].modified_ms = 4102444800000;
	}
	page->server_ms = 4102444800000;
}

static void test_R28_two_edits_in_one_second_are_two_edits(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	open_linked(&rig);
	hooks_set(&rig, SIDE_CRM, NULL, one_second);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"shoe\":\"42\"}"); /* bytes change, no mapped value does */
	rig_import(&rig, counts);
	rig_import(&rig, counts);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"Email\":\"home@x.example\"}");
	rig_import(&rig, counts);
	assert_string_equal(rig_emr(&rig, "a", "email"), "home@x.example");
	rig_close(&rig);
}

static void stop_when_written(struct rig *rig, enum memory_call which, unsigned nth)
{
	(void)nth;
	if (which == MEMORY_WRITE)
		atomic_store(&rig->engine.stop, true);
}

/* Leaves a write to the contact owed, as a run does that was stopped while the CRM was busy. */
static void leave_a_write_owed(struct rig *rig)
{
	struct err err = ERR_INIT;
	struct run run = { 0 };

	memory_refuse(rig->crm, "c", RETRY_LATER, "BUSY");
	hooks_set(rig, SIDE_CRM, stop_when_written, NULL);
	assert_int_equal(run_import(&rig->engine, rig->plan, NULL, NULL, &run, &rig->arena, &err), ERR_ABORTED);
	hooks_clear(rig);
	memory_refuse(rig->crm, "c", DELIVERED, "");
	atomic_store(&rig->engine.stop, false);
}

static void test_R4_a_payload_that_waits_for_an_earlier_write_is_not_forgotten(void **state)
{
	struct err err = ERR_INIT;
	struct rig rig;
	int64_t staged;

	(void)state;
	open_linked(&rig);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	leave_a_write_owed(&rig);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Eagle\"}");
	assert_int_equal(run_capture_one(&rig.engine, rig.plan, SIDE_EMR, STR("a"), DOOR_CLICK, 0, &staged, &err), 0);
	assert_int_equal(run_settle(&rig.engine, rig.plan, false, NULL, NULL, &err), 0);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Eagle");
	no_payload_waits(&rig);
	rig_close(&rig);
}

static void test_R4_an_older_payload_is_superseded_and_still_counted(void **state)
{
	struct staged_filter filter = { .limit = 100 };
	int64_t counts[OUTCOME_COUNT];
	struct err err = ERR_INIT;
	struct staged *all;
	struct rig rig;
	size_t count, superseded = 0;
	struct captured late;
	int64_t second;
	struct record old = { .id = STR("a"), .bytes = STR("{\"id\":\"a\",\"city\":\"Before\"}"), .modified_ms = 1 };
	const struct page page = { .records = &old, .count = 1 };
	const struct capture how = { .door = DOOR_WEBHOOK, .priority = STAGED_LIVE, .run_id = 1, .total = -1 };

	(void)state;
	open_linked(&rig);
	assert_int_equal(json_parse(&rig.arena, old.bytes, &old.json, &err), 0);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	rig_import(&rig, counts);
	assert_int_equal(capture_page(&rig.engine, rig.plan, &rig.arena, &page, &how, &late, &err), 0);
	assert_int_equal(run_settle(&rig.engine, rig.plan, false, NULL, NULL, &err), 0);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Nampa");
	assert_int_equal(run_capture_one(&rig.engine, rig.plan, SIDE_EMR, STR("a"), DOOR_WEBHOOK, 0, &second, &err), 0);
	assert_int_equal(stage_list(&rig.engine, &rig.arena, &filter, &all, &count, &err), 0);
	for (size_t i = 0; i < count; i++)
		superseded += all[i].id == late.last_id && all[i].state == STAGED_SUPERSEDED;
	assert_int_equal(superseded, 1);
	assert_int_equal(stage_counts(&rig.engine, 1, counts, &err), 0);
	assert_int_equal(counts[OUTCOME_UNCHANGED], 1);
	rig_close(&rig);
}

static void take_the_time_away(struct rig *rig, enum memory_call which, struct page *page)
{
	(void)rig;
	(void)which;
	for (size_t i = 0; i < page->count; i++)
		page->records[i].modified_ms = 0;
}

static void test_R4_without_times_the_order_of_arrival_counts(void **state)
{
	int64_t counts[OUTCOME_COUNT], staged;
	struct err err = ERR_INIT;
	struct rig rig;

	(void)state;
	open_linked(&rig);
	hooks_set(&rig, SIDE_EMR, NULL, take_the_time_away);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Old\"}");
	assert_int_equal(run_capture_one(&rig.engine, rig.plan, SIDE_EMR, STR("a"), DOOR_WEBHOOK, 0, &staged, &err), 0);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"New\"}");
	rig_import(
	        &rig,
	        counts); /* the run's own payload came later and is settled first; settling then meets the older one */
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "New");
	assert_string_equal(rig_emr(&rig, "a", "city"), "New");
	no_payload_waits(&rig);
	rig_close(&rig);
}

/* One payload, two writes: the CRM refuses its own, the EMR takes its own. */
static void test_R3_one_side_refuses_the_other_takes_and_retry_settles_both(void **state)
{
	struct staged_filter filter = { .failed = true };
	int64_t counts[OUTCOME_COUNT];
	struct err err = ERR_INIT;
	struct staged *failed;
	struct rig rig;
	size_t count;

	(void)state;
	for (int refuser = SIDE_EMR; refuser <= SIDE_CRM; refuser++) {
		struct connection *c;

		open_linked(&rig);
		c = refuser == SIDE_EMR ? rig.emr : rig.crm;
		memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
		memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"Email\":\"new@x.example\"}");
		memory_refuse(c, refuser == SIDE_EMR ? "a" : "c", REFUSED, "NO");
		rig_import(&rig, counts);
		assert_int_equal(counts[OUTCOME_FAILED], 1);
		memory_refuse(c, refuser == SIDE_EMR ? "a" : "c", DELIVERED, "");
		assert_int_equal(stage_list(&rig.engine, &rig.arena, &filter, &failed, &count, &err), 0);
		assert_int_equal(count, 1);
		assert_int_equal(rig_retry(&rig).through, 1);
		assert_string_equal(rig_emr(&rig, "a", "email"), "new@x.example");
		assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Nampa");
		no_payload_waits(&rig);
		rig_close(&rig);
	}
}

static void test_R3_a_refused_write_is_tried_by_the_next_import_too(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	for (int refuser = SIDE_EMR; refuser <= SIDE_CRM; refuser++) {
		struct connection *c;

		open_linked(&rig);
		c = refuser == SIDE_EMR ? rig.emr : rig.crm;
		memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
		memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"Email\":\"new@x.example\"}");
		memory_refuse(c, refuser == SIDE_EMR ? "a" : "c", REFUSED, "NO");
		rig_import(&rig, counts);
		rig_import(&rig, counts);
		assert_int_equal(counts[OUTCOME_FAILED], 1);
		memory_refuse(c, refuser == SIDE_EMR ? "a" : "c", DELIVERED, "");
		rig_import(&rig, counts);
		assert_string_equal(rig_emr(&rig, "a", "email"), "new@x.example");
		assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Nampa");
		rig_close(&rig);
	}
}

static void test_R3_a_refused_write_of_a_new_link_leaves_no_half_link(void **state)
{
	struct staged_filter filter = { .failed = true };
	int64_t counts[OUTCOME_COUNT];
	struct err err = ERR_INIT;
	struct staged *failed;
	struct rig rig;
	size_t count;

	(void)state;
	for (int refuser = SIDE_EMR; refuser <= SIDE_CRM; refuser++) {
		struct connection *c;
		const char *id = refuser == SIDE_EMR ? "a" : "c";

		rig_open(&rig, "");
		c = refuser == SIDE_EMR ? rig.emr : rig.crm;
		memory_put(rig.emr, "patient", "{\"id\":\"a\"," ANN ",\"city\":\"Nampa\"}");
		memory_put(rig.crm, "Contact", "{\"Id\":\"c\"," CONTACT_ANN ",\"Email\":\"new@x.example\"}");
		memory_refuse(c, id, REFUSED, "NO");
		rig_import(&rig, counts);
		assert_int_equal(counts[OUTCOME_FAILED], 1);
		memory_refuse(c, id, DELIVERED, "");
		assert_int_equal(stage_list(&rig.engine, &rig.arena, &filter, &failed, &count, &err), 0);
		assert_int_equal(rig_retry(&rig).through, 1);
		assert_int_equal(run_settle(&rig.engine, rig.plan, true, NULL, NULL, &err), 0);
		assert_string_equal(rig_emr(&rig, "a", "email"), "new@x.example");
		assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Nampa");
		assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "a");
		assert_string_equal(rig_crm(&rig, "c", "Synced__c"), "true");
		if (refuser == SIDE_CRM)
			assert_string_equal(rig_emr(&rig, "a", "our_id"), "c");
		rig_close(&rig);
	}
}

static void test_R3_retry_goes_on_past_a_record_that_its_source_no_longer_has(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct retried retried;
	struct rig rig;

	(void)state;
	rig_open(&rig, "\"create\":true");
	memory_put(rig.emr, "patient", "{\"id\":\"a\"," ANN "}");
	memory_put(rig.emr, "patient", "{\"id\":\"b\",\"first_name\":\"Bob\",\"last_name\":\"Ray\"}");
	memory_refuse(rig.crm, "a", REFUSED, "NO");
	memory_refuse(rig.crm, "b", REFUSED, "NO");
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_FAILED], 2);
	memory_remove(rig.emr, "patient", "a");
	memory_refuse(rig.crm, "b", DELIVERED, "");
	retried = rig_retry(&rig);
	assert_int_equal(retried.tried, 2);
	assert_int_equal(retried.through, 2); /* who is gone has nothing left to be done */
	assert_null(rig_contact_of(&rig, "a"));
	assert_non_null(rig_contact_of(&rig, "b"));
	no_payload_waits(&rig);
	rig_close(&rig);
}

static void test_R5_R33_a_retry_that_dies_anywhere_doubles_no_count(void **state)
{
	struct staged_filter filter = { .failed = true };
	int64_t counts[OUTCOME_COUNT];
	bool more = true;

	(void)state;
	for (int64_t n = 1; more && n < 1000; n++) {
		struct err err = ERR_INIT;
		struct retried retried;
		struct staged *failed;
		struct rig rig;
		size_t count;

		rig_open(&rig, "\"create\":true");
		memory_put(rig.emr, "patient", "{\"id\":\"a\"," ANN "}");
		memory_refuse(rig.crm, "a", REFUSED, "NO");
		rig_import(&rig, counts);
		memory_refuse(rig.crm, "a", DELIVERED, "");
		assert_int_equal(stage_list(&rig.engine, &rig.arena, &filter, &failed, &count, &err), 0);
		rig_fail_store_at(&rig, n);
		more = retry_all(&rig.engine, rig.plan, &(struct staged_filter) { .sync_id = rig.plan->sync_id }, NULL,
		                 &retried, &err) < 0;
		rig_restart(&rig);
		err = (struct err)ERR_INIT;
		assert_int_equal(run_settle(&rig.engine, rig.plan, true, NULL, NULL, &err), 0);
		assert_int_equal(stage_list(&rig.engine, &rig.arena, &filter, &failed, &count, &err), 0);
		if (count)
			rig_retry(&rig);
		assert_int_equal(stage_counts(&rig.engine, 1, counts, &err), 0);
		assert_int_equal(counts[OUTCOME_CREATED] + counts[OUTCOME_UPDATED] + counts[OUTCOME_UNCHANGED], 1);
		assert_int_equal(memory_count(rig.crm, "Contact"), 1);
		rig_close(&rig);
	}
}

/* ---- the configuration changes between two runs ---- */

#define COUNTY        ",{\"name\":\"County\",\"emr\":\"county\",\"crm\":\"County__c\"}"
#define COUNTY_OF_CRM "\"create\":true,\"policy\":{\"County\":{\"winner\":\"crm\"}}"

static void test_R24_a_field_mapped_later_is_filled_and_nothing_else_is_written(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	unsigned written;
	struct rig rig;

	(void)state;
	open_linked(&rig);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"County__c\":\"Ada\"}");
	rig_import(&rig, counts);
	rig_configure(&rig, "\"create\":true", COUNTY);
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_UPDATED], 1);
	assert_string_equal(rig_emr(&rig, "a", "county"), "Ada");
	written = memory_written(rig.crm) + memory_written(rig.emr);
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_UNCHANGED], 1);
	assert_int_equal(memory_written(rig.crm) + memory_written(rig.emr), written);
	rig_close(&rig);
}

static void test_R24_R25_the_policy_decides_a_field_mapped_later(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	open_linked(&rig);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"County__c\":\"Ada\"}");
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"county\":\"Canyon\"}");
	rig_configure(&rig, COUNTY_OF_CRM, COUNTY);
	rig_import(&rig, counts);
	assert_string_equal(rig_emr(&rig, "a", "county"), "Ada");
	assert_string_equal(rig_crm(&rig, "c", "County__c"), "Ada");
	rig_close(&rig);
}

static void test_R24_a_field_taken_out_and_mapped_again_has_no_base(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	open_linked(&rig);
	rig_configure(&rig, "\"create\":true", COUNTY);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"county\":\"Ada\"}");
	rig_import(&rig, counts);
	assert_string_equal(rig_crm(&rig, "c", "County__c"), "Ada");
	rig_configure(&rig, "\"create\":true", "");
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\",\"county\":\"Canyon\"}");
	rig_import(&rig, counts);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Nampa");
	assert_string_equal(rig_crm(&rig, "c", "County__c"), "Ada");
	rig_configure(&rig, COUNTY_OF_CRM, COUNTY);
	rig_import(&rig, counts);
	assert_string_equal(rig_emr(&rig, "a", "county"), "Ada");
	rig_close(&rig);
}

struct previewed {
	int verdicts;
	int64_t last_id;
};

static void take_verdict(void *context, const struct verdict *verdict)
{
	struct previewed *seen = context;

	seen->verdicts++;
	seen->last_id = verdict->staged_id;
}

static void test_preview_tells_of_the_record_asked_for_and_of_no_other(void **state)
{
	struct previewed seen = { 0 };
	struct err err = ERR_INIT;
	int64_t staged;
	struct rig rig;

	(void)state;
	open_linked(&rig);
	memory_put(rig.emr, "patient", "{\"id\":\"b\",\"first_name\":\"Bob\",\"last_name\":\"Ray\"}");
	assert_int_equal(run_capture_one(&rig.engine, rig.plan, SIDE_EMR, STR("b"), DOOR_WEBHOOK, 0, &staged, &err), 0);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	leave_a_write_owed(&rig);
	rig.engine.dry = true;
	rig.engine.on_verdict = take_verdict;
	rig.engine.on_verdict_context = &seen;
	assert_int_equal(run_preview(&rig.engine, rig.plan, SIDE_EMR, STR("a"), &err), 0);
	assert_int_equal(seen.verdicts, 1);
	assert_true(seen.last_id > staged);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Boise");
	rig_close(&rig);
}

static const struct connector *plain;

/* A CRM that fails whenever it is asked for record p, alone or with others. */
static struct call *choke(struct connection *c, const struct fetch_request *request)
{
	for (size_t i = 0; i < request->id_count; i++) {
		if (str_eq(request->ids[i], STR("p")))
			memory_fail(c, MEMORY_FETCH, 1, ERR_FAR_SIDE, false);
	}
	return plain->fetch_start(c, request);
}

static void test_R3_a_record_that_its_system_chokes_on_holds_nobody_up(void **state)
{
	static struct connector choking;
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	open_linked(&rig);
	memory_put(rig.emr, "patient",
	           "{\"id\":\"b\",\"first_name\":\"Bob\",\"last_name\":\"Ray\",\"dob\":\"1970-05-05\"}");
	memory_put(rig.crm, "Contact",
	           "{\"Id\":\"p\",\"FirstName\":\"Bob\",\"LastName\":\"Ray\",\"Birthdate\":\"1970-05-05\"}");
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_LINKED], 1);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	memory_put(rig.emr, "patient", "{\"id\":\"b\",\"city\":\"Eagle\"}");
	plain = rig.crm->kind;
	choking = *plain;
	choking.fetch_start = choke;
	rig.crm->kind = &choking;
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_UPDATED], 1);
	assert_int_equal(counts[OUTCOME_FAILED], 1);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Nampa");
	rig.crm->kind = plain;
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R28_an_edit_of_the_contact_between_our_reading_and_writing_survives),
		cmocka_unit_test(test_R28_an_edit_of_the_patient_between_our_reading_and_writing_survives),
		cmocka_unit_test(test_R28_an_edit_of_the_contact_while_it_is_linked_survives),
		cmocka_unit_test(test_R28_two_edits_in_one_second_are_two_edits),
		cmocka_unit_test(test_R4_a_payload_that_waits_for_an_earlier_write_is_not_forgotten),
		cmocka_unit_test(test_R4_an_older_payload_is_superseded_and_still_counted),
		cmocka_unit_test(test_R4_without_times_the_order_of_arrival_counts),
		cmocka_unit_test(test_R3_one_side_refuses_the_other_takes_and_retry_settles_both),
		cmocka_unit_test(test_R3_a_refused_write_is_tried_by_the_next_import_too),
		cmocka_unit_test(test_R3_a_refused_write_of_a_new_link_leaves_no_half_link),
		cmocka_unit_test(test_R3_retry_goes_on_past_a_record_that_its_source_no_longer_has),
		cmocka_unit_test(test_R5_R33_a_retry_that_dies_anywhere_doubles_no_count),
		cmocka_unit_test(test_R24_a_field_mapped_later_is_filled_and_nothing_else_is_written),
		cmocka_unit_test(test_R24_R25_the_policy_decides_a_field_mapped_later),
		cmocka_unit_test(test_R24_a_field_taken_out_and_mapped_again_has_no_base),
		cmocka_unit_test(test_preview_tells_of_the_record_asked_for_and_of_no_other),
		cmocka_unit_test(test_R3_a_record_that_its_system_chokes_on_holds_nobody_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

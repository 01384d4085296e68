/*
 * What is older than what is known by now, and what is left of a pair that is no more: late payloads, removals that are over, bytes that are as they once
 * were, wishes of before, merges that nobody told us of yet.
 */
#include "hooks.h"
#include "people.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "sync/capture.h"
#include "sync/link.h"
#include "sync/restored.h"
#include "sync/review.h"
#include "sync/single.h"
#include "sync/stage.h"

/* What is told in the very millisecond of our own reading or writing would be read again. */
static void a_moment_later(void)
{
	int64_t now = clock_wall_ms();

	while (clock_wall_ms() <= now)
		clock_sleep_ms(1);
}

static struct json *patient(struct rig *rig, const char *id)
{
	return memory_get(rig->emr, "patient", id, &rig->arena);
}

/* Comes by a webhook now. `json`: the record, if it is told. */
static void told(struct rig *rig, enum side side, enum event_kind kind, const char *id, struct json *json,
                 int64_t modified_ms)
{
	const struct capture how = { .side = side, .door = DOOR_WEBHOOK, .priority = STAGED_LIVE, .total = -1 };
	SCOPED(buf) struct buf bytes = BUF_INIT(4096);
	struct event event = { .kind = kind, .name = STR("told"), .whole = json != NULL };
	const struct events events = { .at = &event, .count = 1 };
	struct captured done;
	struct err err = ERR_INIT;

	a_moment_later();
	json_write(&bytes, json ? json : json_new(&rig->arena, JSON_OBJECT));
	event.record = (struct record) {
		.id = str_of(id), .json = json, .bytes = buf_str(&bytes), .modified_ms = modified_ms
	};
	must_be_fine(capture_events(&rig->engine, rig->plan, &rig->arena, &events, &how, &done, &err), &err);
}

/* A copy of the patient with another city. */
static struct json *with_city(struct rig *rig, const char *city)
{
	struct json *json = patient(rig, "a");

	json_set(json, STR("city"), json_new_text(&rig->arena, str_of(city)));
	return json;
}

static int64_t changed_ms(struct rig *rig)
{
	int64_t ms = 0;

	clock_parse(json_get_text(patient(rig, "a"), "updated_at"), &ms);
	return ms;
}

static int64_t wish(struct rig *rig, enum wish what, const char *id, const char *partner)
{
	const struct capture how = { .side = SIDE_CRM, .door = DOOR_CLICK, .total = -1 };
	const struct asked asked = { what, str_of(id), str_of(partner) };
	struct captured done;
	struct err err = ERR_INIT;

	must_be_fine(capture_wish(&rig->engine, rig->plan, &rig->arena, &asked, &how, &done, &err), &err);
	return done.last_id;
}

/* ---- payloads ---- */

/* Stamps are as coarse as a second: what was made within it is told in any order. */
static void test_R4_of_two_edits_with_one_stamp_the_late_one_is_no_news(void **state)
{
	struct rig rig;
	int64_t at_ms;

	(void)state;
	rig_open_linked(&rig, "");
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	at_ms = changed_ms(&rig);
	told(&rig, SIDE_EMR, EVENT_CHANGED, "a", patient(&rig, "a"), at_ms);
	rig_settle(&rig);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Nampa");
	told(&rig, SIDE_EMR, EVENT_CHANGED, "a", with_city(&rig, "Eagle"), at_ms);
	rig_settle(&rig);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Nampa");
	rig_close(&rig);
}

static void test_R4_two_edits_with_one_stamp_that_wait_together_end_as_the_record_is(void **state)
{
	struct rig rig;
	int64_t at_ms;

	(void)state;
	rig_open_linked(&rig, "");
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	at_ms = changed_ms(&rig);
	told(&rig, SIDE_EMR, EVENT_CHANGED, "a", patient(&rig, "a"), at_ms);
	told(&rig, SIDE_EMR, EVENT_CHANGED, "a", with_city(&rig, "Eagle"), at_ms);
	rig_settle(&rig);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Nampa");
	rig_close(&rig);
}

static int write_unshown(struct call **call, struct arena *arena, struct write_result *ret, struct err *err)
{
	int code = memory_connector.write_finish(call, arena, ret, err);

	ret->record = (struct record) { 0 };
	return code;
}

/* The record was to be read after our write, and was not: nobody knows by the far clock when we wrote. An edit from before that, told late, is none. */
static void test_R4_R27_an_edit_from_before_a_write_that_was_not_shown_undoes_nothing(void **state)
{
	struct connector blind = memory_connector;
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;
	int64_t before_ms;

	(void)state;
	rig_open_linked(&rig, "");
	blind.write_finish = write_unshown;
	before_ms = changed_ms(&rig) + 1;
	memory_pass_time(rig.emr, 60000);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"MailingCity\":\"Eagle\"}");
	rig.emr->kind = &blind;
	rig_import(&rig, counts);
	rig.emr->kind = &memory_connector;
	assert_string_equal(rig_emr(&rig, "a", "city"), "Eagle");
	told(&rig, SIDE_EMR, EVENT_CHANGED, "a", with_city(&rig, "Nampa"), before_ms);
	rig_settle(&rig);
	assert_string_equal(rig_emr(&rig, "a", "city"), "Eagle");
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Eagle");
	/* What is told of a person's edit after it goes its way. */
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Kuna\"}");
	told(&rig, SIDE_EMR, EVENT_CHANGED, "a", patient(&rig, "a"), changed_ms(&rig));
	rig_settle(&rig);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Kuna");
	rig_close(&rig);
}

/* Archived and taken back within a moment: "archived" is told last. */
static void test_R4_R31_a_removal_that_is_over_ends_no_pair(void **state)
{
	struct rig rig;
	int64_t at_ms;

	(void)state;
	rig_open_linked(&rig, "");
	at_ms = changed_ms(&rig);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	told(&rig, SIDE_EMR, EVENT_CHANGED, "a", patient(&rig, "a"), changed_ms(&rig));
	rig_settle(&rig);
	told(&rig, SIDE_EMR, EVENT_REMOVED, "a", NULL, at_ms);
	rig_settle(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "a");
	told(&rig, SIDE_EMR, EVENT_REMOVED, "a", NULL, 0);
	rig_settle(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "a");
	memory_remove(rig.emr, "patient", "a");
	told(&rig, SIDE_EMR, EVENT_REMOVED, "a", NULL, 0);
	rig_settle(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "");
	rig_close(&rig);
}

/* A system whose records carry no time: bytes come back as they once were. */
static void without_times(struct rig *rig, enum memory_call which, struct page *page)
{
	(void)which;
	for (size_t i = 0; i < page->count; i++) {
		SCOPED(buf) struct buf bytes = BUF_INIT(4096);
		struct record *r = &page->records[i];

		if (!r->json)
			continue;
		json_set(r->json, STR("updated_at"), json_new(&rig->arena, JSON_NULL));
		json_write(&bytes, r->json);
		r->bytes = arena_str(&rig->arena, buf_str(&bytes));
	}
}

static void test_R21_R20_what_we_wrote_and_a_person_took_back_is_an_edit(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	rig_open_linked(&rig, "");
	rig.emr->traits.has_times = false;
	hooks_set(&rig, SIDE_EMR, NULL, without_times);
	rig_import(&rig, counts);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"MailingCity\":\"Nampa\"}");
	told(&rig, SIDE_CRM, EVENT_CHANGED, "c", NULL, 0);
	rig_settle(&rig);
	assert_string_equal(rig_emr(&rig, "a", "city"), "Nampa");
	wish(&rig, WISH_SYNC, "c", "");
	rig_settle(&rig);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Boise\"}");
	rig_import(&rig, counts);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Boise");
	rig_close(&rig);
}

/* ---- merges that nobody told us of yet ---- */

static void test_R32_a_merge_in_the_crm_that_an_edit_of_the_patient_meets(void **state)
{
	struct rig rig;

	(void)state;
	rig_open_linked(&rig, "");
	memory_put(rig.crm, "Contact", "{\"Id\":\"d\"," CONTACT_BOB "}");
	memory_merge(rig.crm, "Contact", "c", "d");
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	told(&rig, SIDE_EMR, EVENT_CHANGED, "a", patient(&rig, "a"), changed_ms(&rig));
	rig_settle(&rig);
	assert_string_equal(rig_crm(&rig, "d", "Patient_Id__c"), "a");
	rig_close(&rig);
}

/* The loser can still be read, and is no deleted record. */
static void merged_into_b(struct rig *rig, enum memory_call which, struct page *page)
{
	(void)rig;
	(void)which;
	for (size_t i = 0; i < page->count; i++) {
		if (str_eq_c(page->records[i].id, "a"))
			page->records[i].merged_into = STR("b");
	}
}

static void test_R32_a_merge_in_the_emr_that_an_edit_of_the_contact_meets(void **state)
{
	struct rig rig;

	(void)state;
	rig_open_linked(&rig, "");
	memory_put(rig.emr, "patient", "{\"id\":\"b\"," ANN ",\"city\":\"Boise\"}");
	hooks_set(&rig, SIDE_EMR, NULL, merged_into_b);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"MailingCity\":\"Nampa\"}");
	told(&rig, SIDE_CRM, EVENT_CHANGED, "c", NULL, 0);
	rig_settle(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "b");
	assert_string_equal(rig_emr(&rig, "b", "city"), "Nampa");
	assert_string_equal(rig_emr(&rig, "a", "city"), "Boise");
	rig_close(&rig);
}

/* ---- wishes ---- */

static void test_R29_who_unlinks_after_he_asked_to_sync_is_not_linked_again(void **state)
{
	struct rig rig;

	(void)state;
	rig_open_linked(&rig, "");
	wish(&rig, WISH_SYNC, "c", "");
	wish(&rig, WISH_UNLINK, "c", "");
	rig_settle(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "");
	rig_close(&rig);
}

static void unlink_while_it_is_read(struct rig *rig, enum memory_call which, unsigned nth)
{
	if (which == MEMORY_FETCH && nth == 1)
		wish(rig, WISH_UNLINK, "c", "");
}

static void test_R29_who_unlinks_while_his_wish_to_sync_is_looked_at_is_not_linked_again(void **state)
{
	struct rig rig;

	(void)state;
	rig_open_linked(&rig, "");
	wish(&rig, WISH_SYNC, "c", "");
	hooks_set(&rig, SIDE_CRM, unlink_while_it_is_read, NULL);
	rig_settle(&rig);
	hooks_clear(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "");
	rig_close(&rig);
}

static void test_R30_a_relink_that_failed_is_over_once_somebody_chose_another_record(void **state)
{
	struct rig rig;

	(void)state;
	rig_open_linked(&rig, "");
	memory_put(rig.emr, "patient", "{\"id\":\"b\"," BOB "}");
	memory_refuse(rig.crm, "c", REFUSED, "RULE");
	wish(&rig, WISH_RELINK, "c", "b");
	rig_settle(&rig);
	memory_refuse(rig.crm, "c", DELIVERED, "");
	wish(&rig, WISH_LINK, "c", "a");
	rig_settle(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "a");
	rig_retry(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "a");
	rig_close(&rig);
}

static void test_R29_an_unlink_that_failed_is_over_once_somebody_linked_again(void **state)
{
	struct rig rig;

	(void)state;
	rig_open_linked(&rig, "");
	memory_refuse(rig.crm, "c", REFUSED, "RULE");
	wish(&rig, WISH_UNLINK, "c", "");
	rig_settle(&rig);
	memory_refuse(rig.crm, "c", DELIVERED, "");
	wish(&rig, WISH_LINK, "c", "a");
	rig_settle(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Synced__c"), "true");
	rig_retry(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Synced__c"), "true");
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "a");
	rig_close(&rig);
}

/* ---- what is left of a pair ---- */

static void test_R22_R30_nobody_is_asked_about_a_pair_that_was_relinked(void **state)
{
	const struct conflict_filter waiting = { .waiting = true };
	int64_t counts[OUTCOME_COUNT];
	struct conflict *conflicts;
	struct err err = ERR_INIT;
	struct rig rig;
	size_t count;

	(void)state;
	rig_open_linked(&rig, "\"policy\":{\"City\":{\"winner\":\"review\"}}");
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"MailingCity\":\"Eagle\"}");
	rig_import(&rig, counts);
	assert_int_equal(conflict_find(&rig.engine, &rig.arena, &waiting, &conflicts, &count, &err), 0);
	assert_int_equal(count, 1);
	memory_put(rig.emr, "patient", "{\"id\":\"b\"," BOB "}");
	wish(&rig, WISH_RELINK, "c", "b");
	rig_settle(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "b");
	assert_int_equal(conflict_find(&rig.engine, &rig.arena, &waiting, &conflicts, &count, &err), 0);
	assert_int_equal(count, 0);
	rig_close(&rig);
}

/* ---- what nobody can tell whose it is ---- */

static void test_R3_R5_a_row_without_an_id_makes_nobody_however_often_it_is_retried(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	rig_open(&rig, "\"create\":true");
	memory_put_raw(rig.emr, "patient", "{" ANN "}");
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_FAILED], 1);
	rig_retry(&rig);
	rig_retry(&rig);
	assert_int_equal(memory_count(rig.crm, "Contact"), 0);
	rig_close(&rig);
}

/* ---- readings that miss somebody ---- */

/* It is told that a patient is removed, and nobody has looked yet whether he is. */
static void test_R8_whoever_is_only_said_to_be_removed_is_not_made_anew(void **state)
{
	const struct capture how = { .side = SIDE_CRM, .door = DOOR_DELTA, .priority = STAGED_LIVE, .total = -1 };
	struct record contact = { .id = STR("c1") };
	const struct page page = { .records = &contact, .count = 1 };
	struct captured done;
	struct err err = ERR_INIT;
	struct rig rig;

	(void)state;
	rig_open(&rig, "\"trigger_creates\":true,\"trigger\":[{\"field\":\"LastName\",\"not_blank\":true}]");
	rig_put_patients(&rig, 0, 12);
	rig_import(&rig, (int64_t[OUTCOME_COUNT]) { 0 });
	memory_pass_time(rig.emr, 24 * 3600000);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c1\"," CONTACT_F010 "}");
	told(&rig, SIDE_EMR, EVENT_REMOVED, "p010", NULL, 0);
	contact.bytes = STR("{\"Id\":\"c1\"," CONTACT_F010 "}");
	must_be_fine(json_parse(&rig.arena, contact.bytes, &contact.json, &err), &err);
	must_be_fine(capture_page(&rig.engine, rig.plan, &rig.arena, &page, &how, &done, &err), &err);
	must_be_fine(single_judge(&rig.engine, rig.plan, &err), &err);
	rig_settle(&rig);
	assert_int_equal(memory_count(rig.emr, "patient"), 12);
	assert_string_equal(rig_crm(&rig, "c1", "Patient_Id__c"), "p010");
	rig_close(&rig);
}

/* More has changed since the last reading than a few pages hold, and the one who fits came last. */
static void test_R8_who_came_after_many_others_is_met_before_anybody_is_made(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, "\"trigger_creates\":true,\"trigger\":[{\"field\":\"LastName\",\"not_blank\":true}]");
	rig_import(&rig, (int64_t[OUTCOME_COUNT]) { 0 });
	rig.emr->traits.page_size = 1;
	rig_put_patients(&rig, 0, 202);
	memory_put(rig.crm, "Contact",
	           "{\"Id\":\"c\",\"FirstName\":\"F201\",\"LastName\":\"L\",\"Birthdate\":\"1980-01-02\"}");
	told(&rig, SIDE_CRM, EVENT_CHANGED, "c", NULL, 0);
	rig_settle(&rig);
	assert_int_equal(memory_count(rig.emr, "patient"), 202);
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "p201");
	rig_close(&rig);
}

/* More than one question for those who are gone can hold. */
static void test_R32_hundreds_that_are_merged_at_once_are_merged(void **state)
{
	enum { PAIRS = 201 };
	struct rig rig;

	(void)state;
	rig_open(&rig, "\"create\":true");
	rig.crm->traits.fetch_batch = 2000;
	rig_put_patients(&rig, 0, PAIRS);
	rig_import(&rig, (int64_t[OUTCOME_COUNT]) { 0 });
	for (int i = 0; i < PAIRS; i++) {
		const char *patient_id = arena_printf(&rig.arena, "p%03d", i).at;
		const char *loser = rig_contact_of(&rig, patient_id);
		const char *survivor = arena_printf(&rig.arena, "s%03d", i).at;

		memory_put(rig.crm, "Contact",
		           arena_printf(&rig.arena, "{\"Id\":\"%s\",\"LastName\":\"S\"}", survivor).at);
		memory_merge(rig.crm, "Contact", loser, survivor);
		told(&rig, SIDE_CRM, EVENT_REMOVED, loser, NULL, 0);
	}
	rig_settle(&rig);
	for (int i = 0; i < PAIRS; i += 50)
		assert_string_equal(rig_crm(&rig, arena_printf(&rig.arena, "s%03d", i).at, "Patient_Id__c"),
		                    arena_printf(&rig.arena, "p%03d", i).at);
	rig_close(&rig);
}

static void test_R22_nobody_is_asked_about_a_pair_that_ended_after_the_backup(void **state)
{
	const struct conflict_filter waiting = { .waiting = true };
	int64_t counts[OUTCOME_COUNT];
	struct conflict *conflicts;
	struct restored marked;
	struct err err = ERR_INIT;
	struct rig rig;
	size_t count;

	(void)state;
	rig_open_linked(&rig, "\"policy\":{\"City\":{\"winner\":\"review\"}}");
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"MailingCity\":\"Eagle\"}");
	rig_import(&rig, counts);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"Patient_Id__c\":null,\"Synced__c\":false}");
	must_be_fine(restored_mark(&rig.engine, STR("a backup"), &marked, &err), &err);
	must_be_fine(restored_ready(&rig.engine, rig.plan, &err), &err);
	assert_int_equal(conflict_find(&rig.engine, &rig.arena, &waiting, &conflicts, &count, &err), 0);
	assert_int_equal(count, 0);
	rig_close(&rig);
}

static void test_R3_R29_an_unlink_whose_write_was_refused_is_completed_by_a_retry(void **state)
{
	struct rig rig;

	(void)state;
	rig_open_linked(&rig, "");
	memory_refuse(rig.crm, "c", REFUSED, "RULE");
	wish(&rig, WISH_UNLINK, "c", "");
	rig_settle(&rig);
	memory_refuse(rig.crm, "c", DELIVERED, "");
	rig_retry(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Synced__c"), "false");
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "");
	rig_close(&rig);
}

static void test_R3_R31_a_removal_whose_write_was_refused_is_completed_by_a_retry(void **state)
{
	struct rig rig;

	(void)state;
	rig_open_linked(&rig, "");
	memory_refuse(rig.crm, "c", REFUSED, "RULE");
	memory_remove(rig.emr, "patient", "a");
	told(&rig, SIDE_EMR, EVENT_REMOVED, "a", NULL, 0);
	rig_settle(&rig);
	memory_refuse(rig.crm, "c", DELIVERED, "");
	rig_retry(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Synced__c"), "false");
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "");
	rig_close(&rig);
}

static void test_R3_a_webhook_that_is_no_event_keeps_its_bytes(void **state)
{
	const struct staged_filter failed = { .failed = true };
	const struct capture how = { .door = DOOR_WEBHOOK, .priority = STAGED_LIVE, .total = -1 };
	struct captured done;
	struct err err = ERR_INIT;
	struct events events;
	struct staged *rows;
	struct hook hook;
	struct rig rig;
	size_t count;

	(void)state;
	rig_open_linked(&rig, "");
	memory_hook_raw(rig.emr, STR("{\"event\":"), &rig.arena, &hook);
	must_be_fine(rig.emr->kind->webhook(rig.emr, &rig.arena, &hook, &events, &err), &err);
	must_be_fine(capture_events(&rig.engine, rig.plan, &rig.arena, &events, &how, &done, &err), &err);
	rig_settle(&rig);
	must_be_fine(stage_list(&rig.engine, &rig.arena, &failed, &rows, &count, &err), &err);
	assert_int_equal(count, 1);
	must_be_fine(stage_bytes(&rig.engine, &rig.arena, &rows[0], &rig.key, &err), &err);
	assert_true(str_eq_c(rig.key, "{\"event\":"));
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R4_of_two_edits_with_one_stamp_the_late_one_is_no_news),
		cmocka_unit_test(test_R4_two_edits_with_one_stamp_that_wait_together_end_as_the_record_is),
		cmocka_unit_test(test_R4_R27_an_edit_from_before_a_write_that_was_not_shown_undoes_nothing),
		cmocka_unit_test(test_R4_R31_a_removal_that_is_over_ends_no_pair),
		cmocka_unit_test(test_R21_R20_what_we_wrote_and_a_person_took_back_is_an_edit),
		cmocka_unit_test(test_R32_a_merge_in_the_crm_that_an_edit_of_the_patient_meets),
		cmocka_unit_test(test_R32_a_merge_in_the_emr_that_an_edit_of_the_contact_meets),
		cmocka_unit_test(test_R29_who_unlinks_after_he_asked_to_sync_is_not_linked_again),
		cmocka_unit_test(test_R29_who_unlinks_while_his_wish_to_sync_is_looked_at_is_not_linked_again),
		cmocka_unit_test(test_R30_a_relink_that_failed_is_over_once_somebody_chose_another_record),
		cmocka_unit_test(test_R29_an_unlink_that_failed_is_over_once_somebody_linked_again),
		cmocka_unit_test(test_R3_R5_a_row_without_an_id_makes_nobody_however_often_it_is_retried),
		cmocka_unit_test(test_R8_whoever_is_only_said_to_be_removed_is_not_made_anew),
		cmocka_unit_test(test_R8_who_came_after_many_others_is_met_before_anybody_is_made),
		cmocka_unit_test(test_R32_hundreds_that_are_merged_at_once_are_merged),
		cmocka_unit_test(test_R22_nobody_is_asked_about_a_pair_that_ended_after_the_backup),
		cmocka_unit_test(test_R3_R29_an_unlink_whose_write_was_refused_is_completed_by_a_retry),
		cmocka_unit_test(test_R3_R31_a_removal_whose_write_was_refused_is_completed_by_a_retry),
		cmocka_unit_test(test_R3_a_webhook_that_is_no_event_keeps_its_bytes),
		cmocka_unit_test(test_R22_R30_nobody_is_asked_about_a_pair_that_was_relinked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

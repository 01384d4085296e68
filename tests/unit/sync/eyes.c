/*
 * What goes wrong between stations: two payloads of one record in one chunk, runs that end while they read, clocks that go back, removals and persons that
 * overtake batches. Each test is one accident; what it must not cost stands in its name.
 */
#include "hooks.h"
#include "people.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "sync/capture.h"
#include "sync/link.h"
#include "sync/road.h"
#include "sync/stage.h"

/* For what has to come about, on whatever machine. */
enum { PATIENCE_MS = 60000 };

/* The road works for so long at most; false: it was not empty by then. */
static bool work(struct rig *rig, int64_t most_ms)
{
	struct road *road = road_start(&rig->engine, rig->plan, true);
	int64_t until = clock_mono_ns() / 1000000 + most_ms;
	struct err err = ERR_INIT;
	bool empty;

	while (!(empty = road_is_empty(road)) && clock_mono_ns() / 1000000 < until) {
		if (road_failed(road, &err))
			break;
		clock_sleep_ms(2);
	}
	road_stop(&road);
	must_be_fine(err.code == ERR_OK ? 0 : -1, &err);
	return empty;
}

static int64_t wish(struct rig *rig, enum side side, enum wish what, const char *id, const char *partner)
{
	const struct capture how = { .side = side, .door = DOOR_CLICK, .total = -1 };
	const struct asked asked = { what, str_of(id), str_of(partner) };
	struct captured done;
	struct err err = ERR_INIT;

	must_be_fine(capture_wish(&rig->engine, rig->plan, &rig->arena, &asked, &how, &done, &err), &err);
	return done.last_id;
}

/* What a webhook tells, without the record unless `json` holds it. */
static void told(struct rig *rig, enum side side, enum event_kind kind, const char *id, const char *survivor,
                 const char *json)
{
	const struct capture how = { .side = side, .door = DOOR_WEBHOOK, .priority = STAGED_LIVE, .total = -1 };
	struct event event = { .kind = kind, .name = STR("told"), .whole = json != NULL };
	const struct events events = { .at = &event, .count = 1 };
	struct captured done;
	struct err err = ERR_INIT;

	event.record = (struct record) { .id = str_of(id), .merged_into = str_of(survivor) };
	event.record.bytes = str_of(json ? json : "{}");
	must_be_fine(json_parse(&rig->arena, event.record.bytes, &event.record.json, &err), &err);
	must_be_fine(capture_events(&rig->engine, rig->plan, &rig->arena, &events, &how, &done, &err), &err);
}

static size_t payloads(struct rig *rig)
{
	const struct staged_filter filter = { .limit = 10000 };
	struct staged *all;
	struct err err = ERR_INIT;
	size_t count;

	must_be_fine(stage_list(&rig->engine, &rig->arena, &filter, &all, &count, &err), &err);
	return count;
}

/* ---- two payloads at once ---- */

static void test_R32_a_merge_and_an_edit_of_the_survivor_arrive_together(void **state)
{
	struct rig rig;

	(void)state;
	rig_open_linked(&rig, "\"create\":true");
	memory_put(rig.emr, "patient", "{\"id\":\"b\"," BOB "}");
	memory_merge(rig.emr, "patient", "a", "b");
	told(&rig, SIDE_EMR, EVENT_MERGED, "a", "b", NULL);
	told(&rig, SIDE_EMR, EVENT_CHANGED, "b", "", "{\"id\":\"b\"," BOB "}");
	assert_true(work(&rig, PATIENCE_MS));
	assert_int_equal(memory_count(rig.crm, "Contact"), 1);
	assert_string_equal(rig_crm(&rig, "c", "LastName"), "Ray");
	rig_close(&rig);
}

static void test_R32_the_contact_names_the_survivor(void **state)
{
	struct rig rig;

	(void)state;
	rig_open_linked(&rig, "");
	memory_put(rig.emr, "patient", "{\"id\":\"b\"," ANN ",\"email\":\"a@x.example\",\"city\":\"Boise\"}");
	memory_merge(rig.emr, "patient", "a", "b");
	told(&rig, SIDE_EMR, EVENT_MERGED, "a", "b", NULL);
	assert_true(work(&rig, PATIENCE_MS));
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "b");
	assert_string_equal(rig_emr(&rig, "b", "our_id"), "c");
	rig_close(&rig);
}

static void test_R18_R32_the_surviving_contact_shows_the_link(void **state)
{
	struct rig rig;

	(void)state;
	rig_open_linked(&rig, "");
	memory_put(rig.crm, "Contact",
	           "{\"Id\":\"d\"," CONTACT_ANN ",\"Email\":\"a@x.example\",\"MailingCity\":\"Boise\"}");
	memory_merge(rig.crm, "Contact", "c", "d");
	told(&rig, SIDE_CRM, EVENT_MERGED, "c", "d", NULL);
	assert_true(work(&rig, PATIENCE_MS));
	assert_string_equal(rig_crm(&rig, "d", "Patient_Id__c"), "a");
	assert_string_equal(rig_crm(&rig, "d", "Synced__c"), "true");
	assert_string_equal(rig_emr(&rig, "a", "our_id"), "d");
	rig_close(&rig);
}

static void test_R5_a_button_pressed_twice_makes_one_patient_and_comes_to_an_end(void **state)
{
	struct rig rig;

	(void)state;
	rig_open_linked(&rig, "");
	memory_put(rig.crm, "Contact", "{\"Id\":\"d\"," CONTACT_BOB "}");
	wish(&rig, SIDE_CRM, WISH_CREATE, "d", "");
	wish(&rig, SIDE_CRM, WISH_CREATE, "d", "");
	assert_true(work(&rig, PATIENCE_MS));
	assert_int_equal(memory_count(rig.emr, "patient"), 2);
	rig_close(&rig);
}

/* ---- runs that end while they read ---- */

static unsigned pages_read;
static atomic_bool run_stop;

static void stop_after_five_pages(struct rig *rig, enum memory_call which, struct page *page)
{
	(void)page;
	if (which == MEMORY_LIST && ++pages_read == 5)
		atomic_store(&rig->engine.stop, true);
}

static void test_R8_nobody_is_judged_over_half_a_reading(void **state)
{
	struct err err = ERR_INIT;
	struct run run = { 0 };
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;
	char json[160];

	(void)state;
	rig_open(&rig, "");
	rig_import(&rig, counts);
	memory_put(rig.emr, "patient", "{\"id\":\"a\"," ANN "}");
	for (int i = 0; i < 300; i++) {
		snprintf(json, sizeof(json),
		         "{\"id\":\"p%03d\",\"first_name\":\"G%d\",\"last_name\":\"F\",\"dob\":\"1980-01-02\"}", i, i);
		memory_put(rig.emr, "patient", json);
	}
	memory_put(rig.emr, "patient", "{\"id\":\"z\"," ANN "}"); /* the twin, on the last page */
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\"," CONTACT_ANN "}");
	pages_read = 0;
	hooks_set(&rig, SIDE_EMR, NULL, stop_after_five_pages);
	assert_int_equal(run_import(&rig.engine, rig.plan, NULL, NULL, &run, &rig.arena, &err), ERR_ABORTED);
	hooks_clear(&rig);
	atomic_store(&rig.engine.stop, false);
	told(&rig, SIDE_CRM, EVENT_CHANGED, "c", "", NULL); /* other work goes on */
	work(&rig, 1000);
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "");
	rig_import(&rig, counts);
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "");
	rig_close(&rig);
}

static void remove_after_reading(struct rig *rig, enum memory_call which, struct page *page)
{
	if (which != MEMORY_LIST || page->count == 0)
		return;
	memory_remove(rig->emr, "patient", "a");
	told(rig, SIDE_EMR, EVENT_REMOVED, "a", "", NULL);
}

/* The webhook is decided while the run still reads; its payload of the patient comes after it. */
static void test_R31_a_patient_deleted_while_an_import_reads_is_not_made(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	rig_open(&rig, "\"create\":true");
	rig_import(&rig, counts);
	memory_put(rig.emr, "patient", "{\"id\":\"a\"," ANN "}");
	hooks_set(&rig, SIDE_EMR, NULL, remove_after_reading);
	rig_import(&rig, counts);
	hooks_clear(&rig);
	assert_int_equal(memory_count(rig.crm, "Contact"), 0);
	rig_close(&rig);
}

static bool crm_was_read;

static void note_crm_read(struct rig *rig, enum memory_call which, struct page *page)
{
	if (which != MEMORY_LIST || crm_was_read)
		return;
	(void)page;
	crm_was_read = true;
	memory_put(rig->crm, "Contact", "{\"Id\":\"c\"," CONTACT_ANN "}");
	told(rig, SIDE_CRM, EVENT_CHANGED, "c", "", "{\"Id\":\"c\"," CONTACT_ANN "}");
}

static void test_R8_a_contact_made_while_an_import_reads_is_not_forgotten(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	rig_open(&rig, "\"create\":true");
	rig_import(&rig, counts);
	memory_put(rig.emr, "patient", "{\"id\":\"a\"," ANN "}");
	crm_was_read = false;
	hooks_set(&rig, SIDE_CRM, NULL, note_crm_read);
	rig_import(&rig, counts);
	hooks_clear(&rig);
	assert_int_equal(memory_count(rig.crm, "Contact"), 1);
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "a");
	rig_close(&rig);
}

struct patience {
	atomic_bool over;
	int64_t until_ms;
};

static void lose_patience(void *context, const struct progress *progress)
{
	struct patience *p = context;

	(void)progress;
	if (clock_mono_ns() / 1000000 > p->until_ms)
		atomic_store(&p->over, true);
}

/* As the daemon does it: while a run goes on, no other one begins. */
static void test_R8_a_delta_does_not_wait_for_who_cannot_be_judged_before_an_import(void **state)
{
	struct patience patience = { .until_ms = clock_mono_ns() / 1000000 + PATIENCE_MS };
	struct run_order order = { .kind = RUN_DELTA, .stop = &patience.over, .on_progress = lose_patience };
	struct err err = ERR_INIT;
	struct run run = { 0 };
	struct rig rig;

	(void)state;
	rig_open(&rig, "\"create\":true");
	order.context = &patience;
	memory_put(rig.emr, "patient", "{\"id\":\"z\"," BOB "}");
	rig_delta(&rig); /* notes where the feeds stand */
	memory_put(rig.emr, "patient", "{\"id\":\"a\"," ANN "}");
	order.road = road_start(&rig.engine, rig.plan, true);
	memory_pass_time(rig.emr, 600000);
	must_be_fine(run_batch(&rig.engine, rig.plan, &order, &run, &rig.arena, &err), &err);
	order.kind = RUN_IMPORT;
	run = (struct run) { 0 };
	must_be_fine(run_batch(&rig.engine, rig.plan, &order, &run, &rig.arena, &err), &err);
	road_stop(&order.road);
	assert_int_equal(memory_count(rig.crm, "Contact"), 2);
	rig_close(&rig);
}

static void stop_asked(struct rig *rig, enum memory_call which, struct page *page)
{
	(void)rig;
	(void)page;
	if (which == MEMORY_LIST && ++pages_read == 3)
		atomic_store(&run_stop, true);
}

/* A person changes the configuration while an import goes on. */
static void test_R34_an_import_that_the_daemon_puts_aside_goes_on(void **state)
{
	struct run_order order = { .kind = RUN_IMPORT, .stop = &run_stop };
	struct err err = ERR_INIT;
	struct run run = { 0 }, again = { 0 };
	struct rig rig;
	char json[160];

	(void)state;
	rig_open(&rig, "\"create\":true");
	for (int i = 0; i < 100; i++) {
		snprintf(json, sizeof(json),
		         "{\"id\":\"p%03d\",\"first_name\":\"G%d\",\"last_name\":\"F\",\"dob\":\"1980-01-02\"}", i, i);
		memory_put(rig.emr, "patient", json);
	}
	pages_read = 0;
	atomic_store(&run_stop, false);
	hooks_set(&rig, SIDE_EMR, NULL, stop_asked);
	order.road = road_start(&rig.engine, rig.plan, true);
	assert_int_equal(run_batch(&rig.engine, rig.plan, &order, &run, &rig.arena, &err), ERR_ABORTED);
	err = (struct err)ERR_INIT;
	must_be_fine(run_find(&rig.engine, &rig.arena, run.batch_id, &again, &err), &err);
	assert_int_equal(again.state, RUN_ACTIVE);
	hooks_clear(&rig);
	order.stop = NULL;
	again = (struct run) { 0 };
	must_be_fine(run_batch(&rig.engine, rig.plan, &order, &again, &rig.arena, &err), &err);
	road_stop(&order.road);
	assert_int_equal(again.id, run.id);
	assert_int_equal(memory_count(rig.crm, "Contact"), 100);
	rig_close(&rig);
}

/* A contact is owed under the old mapping and made under the new one, which has a field more. */
static void test_R24_a_field_mapped_while_a_create_is_owed_is_filled_by_the_next_import(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	rig_open(&rig, "\"create\":true,\"back_reference\":false");
	rig_import(&rig, counts);
	memory_put(rig.emr, "patient", "{\"id\":\"a\"," ANN ",\"nick\":\"Annie\"}");
	memory_refuse(rig.crm, "a", RETRY_LATER, "BUSY");
	told(&rig, SIDE_EMR, EVENT_CHANGED, "a", "", NULL);
	assert_false(work(&rig, 400));
	assert_null(rig_contact_of(&rig, "a"));
	rig_configure(&rig, "\"create\":true,\"back_reference\":false", ",{\"emr\":\"nick\",\"crm\":\"Nick__c\"}");
	memory_refuse(rig.crm, "a", DELIVERED, "");
	assert_true(work(&rig, PATIENCE_MS));
	memory_pass_time(rig.crm, 600000);
	rig_import(&rig, counts);
	rig_import(&rig, counts);
	assert_string_equal(rig_crm(&rig, rig_contact_of(&rig, "a"), "Nick__c"), "Annie");
	rig_close(&rig);
}

/* No webhook tells of our own writes here: that the patient names nobody any more is known from the answer to the write that cleared it. */
static void test_R29_R11_who_was_just_unlinked_is_linked_again_when_asked_for(void **state)
{
	struct rig rig;

	(void)state;
	rig_open_linked(&rig, "\"create\":true");
	assert_true(work(&rig, PATIENCE_MS));
	assert_string_equal(rig_emr(&rig, "a", "our_id"), "c");
	rig_delta(&rig); /* the index knows whom the patient names */
	assert_true(work(&rig, PATIENCE_MS));
	wish(&rig, SIDE_CRM, WISH_UNLINK, "c", "");
	assert_true(work(&rig, PATIENCE_MS));
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "");
	wish(&rig, SIDE_CRM, WISH_SYNC, "c", "");
	assert_true(work(&rig, PATIENCE_MS));
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "a");
	rig_close(&rig);
}

/* ---- clocks ---- */

/* A payload owed a write to each side. Its own side answers first and says when the record was changed by that; then the other side does. */
static int settle_both(struct db *db, void *context, struct err *err)
{
	struct link *link = context;
	struct looked after_write = { .modified_ms = { [SIDE_EMR] = link->emr_modified_ms + 2000 } };

	const struct looked nothing = { 0 };

	return link_look(db, link->id, &after_write, err) < 0 || link_settle(db, link, &nothing, err) < 0 ? err->code
	                                                                                                  : 0;
}

static struct link only_link(struct rig *rig)
{
	struct link_filter filter = { .limit = 1 };
	struct err err = ERR_INIT;
	struct link *links;
	size_t count;

	must_be_fine(link_list(&rig->engine, &rig->arena, &filter, &links, &count, &err), &err);
	assert_int_equal(count, 1);
	return links[0];
}

/* Else the same webhook, coming a second time, would look like an edit that takes our write back. */
static void test_R4_R27_what_came_before_our_own_write_stays_older_than_it(void **state)
{
	struct err err = ERR_INIT;
	struct link link;
	struct rig rig;
	int64_t told_ms;

	(void)state;
	rig_open_linked(&rig, "\"create\":true,\"back_reference\":false");
	link = only_link(&rig);
	told_ms = link.emr_modified_ms;
	assert_true(told_ms > 0);
	assert_int_equal(link_age(&link, SIDE_EMR, told_ms, clock_wall_ms() + 1), AGE_NEWER);
	must_be_fine(store_write(rig.engine.store, DURABLE, settle_both, &link, &err), &err);
	link = only_link(&rig);
	assert_int_equal(link_age(&link, SIDE_EMR, told_ms, clock_wall_ms() + 1), AGE_OLDER);
	assert_int_equal(link_age(&link, SIDE_EMR, told_ms + 2000, clock_wall_ms() + 1), AGE_NEWER);
	rig_close(&rig);
}

struct seen_job {
	int64_t link_id, ms;
};

static int see_in_future(struct db *db, void *context, struct err *err)
{
	const struct seen_job *job = context;
	const struct looked looked = { .seen_ms = { job->ms, job->ms } };

	return link_look(db, job->link_id, &looked, err);
}

static void test_R4_a_clock_that_was_set_back_costs_no_endless_reading(void **state)
{
	struct link_filter filter = { .limit = 1 };
	struct seen_job job = { .ms = clock_wall_ms() + 3600000 };
	struct err err = ERR_INIT;
	struct link *links;
	struct rig rig;
	size_t count, before;

	(void)state;
	rig_open_linked(&rig, "");
	must_be_fine(link_list(&rig.engine, &rig.arena, &filter, &links, &count, &err), &err);
	job.link_id = links[0].id;
	must_be_fine(store_write(rig.engine.store, RELAXED, see_in_future, &job, &err), &err);
	before = payloads(&rig);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	told(&rig, SIDE_EMR, EVENT_CHANGED, "a", "", NULL);
	assert_true(work(&rig, PATIENCE_MS));
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Nampa");
	assert_true(payloads(&rig) < before + 10);
	rig_close(&rig);
}

/* ---- persons ---- */

static void test_R29_R30_whoever_lost_his_contact_to_another_is_not_linked_again_by_himself(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	rig_open_linked(&rig, "\"create\":true");
	memory_put(rig.emr, "patient", "{\"id\":\"b\"," BOB "}");
	rig_import(&rig, counts);
	assert_int_equal(memory_count(rig.crm, "Contact"), 2);
	wish(&rig, SIDE_EMR, WISH_RELINK, "b", "c");
	assert_true(work(&rig, PATIENCE_MS));
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "b");
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	rig_import(&rig, counts);
	rig_delta(&rig);
	assert_int_equal(memory_count(rig.crm, "Contact"), 2);
	rig_close(&rig);
}

static atomic_bool relinked;

/* Holds a write to the contact back until somebody else has it, or for a while. */
static void relink_while_writing(struct rig *rig, enum memory_call which, unsigned nth)
{
	const struct link_filter filter = { .limit = 10 };
	struct err err = ERR_INIT;
	struct link *links;
	size_t count;

	(void)nth;
	if (which != MEMORY_WRITE || atomic_exchange(&relinked, true))
		return;
	wish(rig, SIDE_EMR, WISH_RELINK, "b", "c");
	for (int i = 0; i < 100; i++) {
		SCOPED(arena) struct arena arena = ARENA_INIT;

		clock_sleep_ms(5);
		must_be_fine(link_list(&rig->engine, &arena, &filter, &links, &count, &err), &err);
		if (count > 1)
			return;
	}
}

static unsigned calls_before_taken;

static void count_calls(struct rig *rig, enum memory_call which, unsigned nth)
{
	(void)nth;
	calls_before_taken += which == MEMORY_WRITE && strcmp(rig_crm(rig, "d", "Patient_Id__c"), "a") != 0;
}

/* Salesforce checks a call as a whole: an id that is unique cannot be given up and taken in the same one (DUPLICATE_VALUE). */
static void test_R30_an_id_is_given_up_in_one_call_and_taken_in_the_next(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct err err = ERR_INIT;
	struct rig rig;

	(void)state;
	rig_open(&rig, "");
	memory_put(rig.emr, "patient",
	           "{\"id\":\"a\",\"first_name\":\"Ann\",\"last_name\":\"Lee\",\"dob\":\"1980-01-02\"}");
	memory_put(rig.crm, "Contact",
	           "{\"Id\":\"c\",\"FirstName\":\"Ann\",\"LastName\":\"Lee\",\"Birthdate\":\"1980-01-02\"}");
	memory_put(rig.crm, "Contact",
	           "{\"Id\":\"d\",\"FirstName\":\"Bea\",\"LastName\":\"Lee\",\"Birthdate\":\"1981-01-02\"}");
	rig_import(&rig, counts);
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "a");
	wish(&rig, SIDE_EMR, WISH_RELINK, "a", "d");
	calls_before_taken = 0;
	hooks_set(&rig, SIDE_CRM, count_calls, NULL);
	must_be_fine(run_settle(&rig.engine, rig.plan, true, NULL, NULL, &err), &err);
	hooks_clear(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "");
	assert_string_equal(rig_crm(&rig, "d", "Patient_Id__c"), "a");
	assert_int_equal(calls_before_taken, 2); /* one gives it up, then one takes it */
	rig_close(&rig);
}

static void test_R30_a_write_of_the_old_pair_under_way_does_not_mix_two_patients(void **state)
{
	struct rig rig;

	(void)state;
	rig_open_linked(&rig, "");
	memory_put(rig.emr, "patient", "{\"id\":\"b\"," BOB ",\"city\":\"Boise\"}");
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	atomic_store(&relinked, false);
	hooks_set(&rig, SIDE_CRM, relink_while_writing, NULL);
	told(&rig, SIDE_EMR, EVENT_CHANGED, "a", "", NULL);
	assert_true(work(&rig, PATIENCE_MS));
	hooks_clear(&rig);
	told(&rig, SIDE_CRM, EVENT_CHANGED, "c", "", NULL);
	assert_true(work(&rig, PATIENCE_MS));
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "b");
	assert_string_equal(rig_emr(&rig, "b", "city"), "Boise");
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Boise");
	rig_close(&rig);
}

static void test_R29_an_unlink_that_had_to_wait_does_not_undo_the_link_after_it(void **state)
{
	struct rig rig;

	(void)state;
	rig_open_linked(&rig, "");
	memory_put(rig.emr, "patient", "{\"id\":\"b\"," BOB ",\"city\":\"Boise\"}");
	memory_refuse(rig.crm, "c", RETRY_LATER, "BUSY");
	wish(&rig, SIDE_CRM, WISH_UNLINK, "c", "");
	work(&rig, 1500); /* a few attempts: the next one is seconds away */
	memory_refuse(rig.crm, "c", DELIVERED, "");
	wish(&rig, SIDE_CRM, WISH_LINK, "c", "b");
	assert_true(work(&rig, PATIENCE_MS));
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "b");
	assert_string_equal(rig_crm(&rig, "c", "Synced__c"), "true");
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R32_a_merge_and_an_edit_of_the_survivor_arrive_together),
		cmocka_unit_test(test_R32_the_contact_names_the_survivor),
		cmocka_unit_test(test_R18_R32_the_surviving_contact_shows_the_link),
		cmocka_unit_test(test_R5_a_button_pressed_twice_makes_one_patient_and_comes_to_an_end),
		cmocka_unit_test(test_R8_nobody_is_judged_over_half_a_reading),
		cmocka_unit_test(test_R31_a_patient_deleted_while_an_import_reads_is_not_made),
		cmocka_unit_test(test_R8_a_contact_made_while_an_import_reads_is_not_forgotten),
		cmocka_unit_test(test_R8_a_delta_does_not_wait_for_who_cannot_be_judged_before_an_import),
		cmocka_unit_test(test_R34_an_import_that_the_daemon_puts_aside_goes_on),
		cmocka_unit_test(test_R24_a_field_mapped_while_a_create_is_owed_is_filled_by_the_next_import),
		cmocka_unit_test(test_R29_R11_who_was_just_unlinked_is_linked_again_when_asked_for),
		cmocka_unit_test(test_R4_R27_what_came_before_our_own_write_stays_older_than_it),
		cmocka_unit_test(test_R4_a_clock_that_was_set_back_costs_no_endless_reading),
		cmocka_unit_test(test_R29_R30_whoever_lost_his_contact_to_another_is_not_linked_again_by_himself),
		cmocka_unit_test(test_R30_an_id_is_given_up_in_one_call_and_taken_in_the_next),
		cmocka_unit_test(test_R30_a_write_of_the_old_pair_under_way_does_not_mix_two_patients),
		cmocka_unit_test(test_R29_an_unlink_that_had_to_wait_does_not_undo_the_link_after_it),
	};

	return cmocka_run_group_tests_name("eyes", tests, NULL, NULL);
}

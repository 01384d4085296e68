/* Fields that drift while the road works: they are left out, all else flows, and what was held back goes out when they are fine again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hooks.h"
#include "people.h"
#include "lib/clock.h"
#include "sync/drift.h"
#include "sync/journal.h"

/* An org whose administrator works on its fields. */
static struct {
	struct connector kind[2];
	bool city_gone, city_read_only, asked_for_city, stage_gone;
	unsigned described;
} org;

static int describe_org(struct connection *c, struct arena *arena, struct str object, struct object_info *ret,
                        struct err *err)
{
	static const char *const names[] = { "FirstName", "LastName",      "Birthdate", "Email",    "Payer__c",
		                             "Stage__c",  "Patient_Id__c", "Synced__c", "Batch__c", "MailingCity" };
	size_t count = ARRAY_LEN(names) - (org.city_gone ? 1 : 0);

	(void)c;
	(void)err;
	org.described++;
	*ret = (struct object_info) { .name = object, .fields = arena_new_array(arena, struct field_info, count) };
	for (size_t i = 0; i < count; i++) {
		bool writable = i < ARRAY_LEN(names) - 1 || !org.city_read_only;

		if (org.stage_gone && strcmp(names[i], "Stage__c") == 0)
			continue;
		ret->fields[ret->field_count++] = (struct field_info) { .name = str_of(names[i]),
			                                                .createable = writable,
			                                                .updateable = writable };
	}
	return 0;
}

static int describe_nothing(struct connection *c, struct arena *arena, struct str object, struct object_info *ret,
                            struct err *err)
{
	(void)c;
	(void)arena;
	(void)err;
	*ret = (struct object_info) { .name = object };
	return 0;
}

/* A field that is not there makes the whole question fail, as SOQL does. */
static struct call *fetch_of_org(struct connection *c, const struct fetch_request *request)
{
	for (size_t i = 0; i < request->field_count; i++) {
		if (org.stage_gone && str_eq_c(request->fields[i], "Stage__c"))
			memory_fail(c, MEMORY_FETCH, 1, ERR_CONFIG, false);
		if (!str_eq_c(request->fields[i], "MailingCity"))
			continue;
		org.asked_for_city = true;
		if (org.city_gone)
			memory_fail(c, MEMORY_FETCH, 1, ERR_CONFIG, false);
	}
	return memory_connector.fetch_start(c, request);
}

static void open_linked_as(struct rig *rig, const char *settings)
{
	int64_t counts[OUTCOME_COUNT];

	memset(&org, 0, sizeof(org));
	rig_open(rig, settings);
	org.kind[SIDE_EMR] = org.kind[SIDE_CRM] = *rig->crm->kind;
	org.kind[SIDE_EMR].describe = describe_nothing;
	org.kind[SIDE_CRM].describe = describe_org;
	org.kind[SIDE_CRM].fetch_start = fetch_of_org;
	org.kind[SIDE_CRM].title = "Salesforce";
	rig->emr->kind = &org.kind[SIDE_EMR];
	rig->crm->kind = &org.kind[SIDE_CRM];
	rig->plan->describe_ms = 1;
	memory_put(rig->emr, "patient", "{\"id\":\"a\"," ANN ",\"email\":\"a@x.example\",\"city\":\"Boise\"}");
	memory_put(rig->crm, "Contact", "{\"Id\":\"c\"," CONTACT_ANN "}");
	rig_import(rig, counts);
	rig_import(rig, counts);
	assert_int_equal(counts[OUTCOME_UNCHANGED], 1);
	assert_int_equal(drift_state(rig->plan)->held_count, 0);
}

static void open_linked(struct rig *rig)
{
	open_linked_as(rig, "");
}

/* Time goes by. */
static void look(struct rig *rig)
{
	struct err err = ERR_INIT;

	drift_close(rig->plan);
	assert_int_equal(drift_open(&rig->engine, rig->plan, &err), 0);
	clock_sleep_ms(3);
	assert_int_equal(drift_watch(&rig->engine, rig->plan, &err), 0);
}

static bool journal_says(struct rig *rig, const char *text)
{
	const struct journal_filter filter = { .at_least = LEVEL_INFO, .limit = 1000 };
	struct journal_entry *all;
	struct err err = ERR_INIT;
	size_t count;

	assert_int_equal(journal_list(&rig->engine, &rig->arena, &filter, &all, &count, &err), 0);
	for (size_t i = 0; i < count; i++) {
		if (str_find(all[i].text, str_of(text)) >= 0)
			return true;
	}
	return false;
}

static void test_R26_a_field_that_is_gone_is_left_out_and_all_else_flows(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	open_linked(&rig);
	org.city_gone = true;
	look(&rig);
	org.asked_for_city = false;
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\",\"email\":\"new@x.example\"}");
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_UPDATED], 1);
	assert_false(org.asked_for_city);
	assert_string_equal(rig_crm(&rig, "c", "Email"), "new@x.example");
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Boise");
	assert_true(journal_says(&rig, "MailingCity"));
	assert_true(journal_says(&rig, "Salesforce administrator"));
	assert_false(journal_says(&rig, "Nampa")); /* R41 */
	rig_close(&rig);
}

static void test_R26_what_was_held_back_goes_out_when_the_field_is_fine_again(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	open_linked(&rig);
	org.city_gone = true;
	look(&rig);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	rig_import(&rig, counts);
	rig_import(&rig, counts);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Boise");
	org.city_gone = false;
	look(&rig);
	assert_int_equal(drift_state(rig.plan)->held_count, 0);
	rig_settle(&rig);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Nampa");
	rig_close(&rig);
}

static void test_R28_an_edit_of_a_field_while_it_is_read_only_is_not_lost(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	open_linked(&rig);
	org.city_read_only = true;
	look(&rig);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"MailingCity\":\"Eagle\"}");
	rig_import(&rig, counts);
	assert_string_equal(rig_emr(&rig, "a", "city"), "Boise");
	org.city_read_only = false;
	look(&rig);
	rig_settle(&rig);
	assert_string_equal(rig_emr(&rig, "a", "city"), "Eagle");
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Eagle");
	rig_close(&rig);
}

static void test_R3_what_was_refused_because_of_a_field_flows_without_it_by_itself(void **state)
{
	const struct staged_filter filter = { .failed = true, .limit = 100 };
	int64_t counts[OUTCOME_COUNT];
	struct staged *failed;
	struct err err = ERR_INIT;
	struct rig rig;
	size_t count;

	(void)state;
	open_linked(&rig);
	rig.plan->describe_ms = 3600000; /* nothing is due for an hour, but for a refusal */
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\",\"email\":\"new@x.example\"}");
	memory_refuse(rig.crm, "c", REFUSED, "INVALID_FIELD_FOR_INSERT_UPDATE");
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_FAILED], 1);
	memory_refuse(rig.crm, "c", DELIVERED, "");
	org.city_read_only = true;
	look(&rig);
	rig_settle(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Email"), "new@x.example");
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Boise");
	assert_int_equal(stage_list(&rig.engine, &rig.arena, &filter, &failed, &count, &err), 0);
	assert_int_equal(count, 0);
	rig_close(&rig);
}

static void test_fields_are_asked_for_once_in_a_while_only(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;
	unsigned described;

	(void)state;
	open_linked(&rig);
	rig.plan->describe_ms = 3600000;
	described = org.described;
	look(&rig);
	rig_import(&rig, counts);
	assert_int_equal(org.described, described);
	rig.plan->describe_ms = 0;
	look(&rig);
	assert_int_equal(org.described, described);
	rig_close(&rig);
}

static void test_R40_a_field_of_the_condition_that_is_gone_starts_nobody_and_stops_nobody(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	open_linked_as(&rig, "\"trigger_creates\":true,\"trigger\":[{\"field\":\"Stage__c\",\"equals\":\"Enrolled\"}]");
	org.stage_gone = true;
	look(&rig);
	assert_true(journal_says(&rig, "Stage__c"));
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_UPDATED], 1);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Nampa");
	assert_int_equal(memory_count(rig.emr, "patient"), 1);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R40_a_field_of_the_condition_that_is_gone_starts_nobody_and_stops_nobody),
		cmocka_unit_test(test_R26_a_field_that_is_gone_is_left_out_and_all_else_flows),
		cmocka_unit_test(test_R26_what_was_held_back_goes_out_when_the_field_is_fine_again),
		cmocka_unit_test(test_R28_an_edit_of_a_field_while_it_is_read_only_is_not_lost),
		cmocka_unit_test(test_R3_what_was_refused_because_of_a_field_flows_without_it_by_itself),
		cmocka_unit_test(test_fields_are_asked_for_once_in_a_while_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

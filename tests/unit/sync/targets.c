/*
 * What a sync may be told about its target: which CRM records start on their own (R15, R40), a separate mapping for real time (R38), removals (R31),
 * constants of new records, and records that hang on others.
 */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "sync/capture.h"
#include "sync/link.h"
#include "sync/stage.h"

/* The last payload of that record. */
static struct staged last_of(struct rig *rig, const char *record)
{
	const struct staged_filter filter = { .record_id = str_of(record), .limit = 100 };
	struct staged *all;
	struct err err = ERR_INIT;
	size_t count;

	assert_int_equal(stage_list(&rig->engine, &rig->arena, &filter, &all, &count, &err), 0);
	assert_true(count > 0);
	return all[count - 1];
}

static void expect_refused(const char *settings, const char *text)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct applied applied;
	struct rig rig;
	struct str file;

	rig_open(&rig, "");
	file = arena_printf(
	        &arena,
	        "{\"syncs\":{\"s\":{\"integration\":\"i\",\"emr_object\":\"patient\",\"crm_object\":\"Contact\","
	        "\"crm_id_field\":\"P__c\",\"mapping\":{\"fields\":[{\"emr\":\"a\",\"crm\":\"A\"}]},%s}}}",
	        settings);
	assert_int_equal(catalog_apply(&rig.engine, file, "f", ".", "", &applied, &err), ERR_CONFIG);
	if (!strstr(err.text, text))
		fail_msg("'%s' does not say '%s'", err.text, text);
	rig_close(&rig);
}

static void test_settings_that_make_no_sense_are_refused_with_their_reason(void **state)
{
	static const struct {
		const char *settings, *text;
	} refusals[] = {
		{ "\"trigger\":[]", "'trigger' is a list of tests" },
		{ "\"trigger\":[{\"field\":\"A\"}]", "a test is {field: NAME" },
		{ "\"trigger\":[{\"field\":\"A.B\",\"equals\":\"x\"}]", "of the object itself" },
		{ "\"trigger\":[{\"field\":\"A\",\"equals\":\" \"}]", "'equals' takes a text" },
		{ "\"trigger\":[{\"field\":\"A\",\"one_of\":[]}]", "'one_of' takes a list" },
		{ "\"trigger\":[{\"field\":\"A\",\"not_blank\":false}]", "'not_blank' takes true" },
		{ "\"trigger\":[{\"field\":\"A\",\"like\":\"x\"}]", "unknown key 'like'" },
		{ "\"trigger_creates\":true", "'trigger_creates' needs a 'trigger'" },
		{ "\"on_emr_delete\":\"drop\"", "one of: unlink, flag, delete" },
		{ "\"on_crm_delete\":\"delete\"", "one of: unlink, flag" },
		{ "\"turns_max\":1", "a whole number from 2 to 1000" },
		{ "\"delta_lag_s\":\"soon\"", "'delta_lag_s' is a whole number" },
		{ "\"events_off\":[7]", "a list of names of events" },
		{ "\"crm_create\":{\"A\":\"x\"}", "'A' is mapped already" },
		{ "\"crm_create\":{\"B\":[]}", "'B' is one value" },
		{ "\"parent\":{\"sync\":\"patients\",\"emr\":\"p\"}", "needs the setting 'crm'" },
		{ "\"parent\":{\"sync\":\"s\",\"emr\":\"p\",\"crm\":\"P\"}", "not its own parent" },
		{ "\"parent\":{\"sync\":\"patients\",\"emr\":\"p\",\"crm\":\"A\"}", "'A' is mapped already" },
		{ "\"parent\":{\"sync\":\"visits\",\"emr\":\"p\",\"crm\":\"P\"}", "there is no sync 'visits'" },
		{ "\"parent\":{\"sync\":\"patients\",\"emr\":\"p\",\"crm\":\"P\"},\"create_in_emr\":true",
		  "created in the CRM only" },
		{ "\"live_mapping\":{\"fields\":[{\"emr\":\"b\",\"crm\":\"A\"}]}", "needs the same EMR path" },
		{ "\"live_mapping\":{\"fields\":[{\"emr\":\"a\",\"crm\":\"A\",\"type\":\"phone\"}]}",
		  "needs the same type" },
		{ "\"live_mapping\":{\"fields\":[{\"emr\":\"a\",\"crm\":\"A\",\"transform\":\"trim\"}]}",
		  "needs the same transform" },
		{ "\"live_mapping\":{\"fields\":[{\"emr\":\"b\",\"crm\":\"B\",\"role\":\"last_name\"}]}",
		  "a role stands in the batch mapping" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
		expect_refused(refusals[i].settings, refusals[i].text);
}

#define ALL_SETTINGS                                                                                            \
	"\"trigger\":[{\"field\":\"Stage__c\",\"one_of\":[\"Enrolled\",\"Active\"]}],\"trigger_creates\":true," \
	"\"create_in_emr\":true,\"on_emr_delete\":\"flag\",\"on_crm_delete\":\"flag\",\"turns_max\":7,"         \
	"\"delta_overlap_s\":60,\"delta_lag_s\":0,\"events_off\":[\"patient.deleted\"],\"stream\":false,"       \
	"\"crm_status_field\":\"S__c\",\"crm_reason_field\":\"R__c\",\"crm_link_field\":\"L__c\","              \
	"\"crm_create\":{\"RecordTypeId\":\"012\"},\"live_mapping\":{\"fields\":[{\"emr\":\"email\",\"crm\":"   \
	"\"Email\","                                                                                            \
	"\"type\":\"email\",\"winner\":\"crm\"}]}"

static void test_settings_reach_the_plan_and_what_is_exported_can_be_applied(void **state)
{
	SCOPED(buf) struct buf text = BUF_INIT(100000);
	struct err err = ERR_INIT;
	struct applied applied;
	struct rig rig;
	const struct plan *p;

	(void)state;
	rig_open(&rig, ALL_SETTINGS);
	p = rig.plan;
	assert_non_null(p->trigger);
	assert_true(p->trigger_creates && p->create_in_emr && p->live_differs && p->no_stream);
	assert_int_equal(p->on_removal[SIDE_EMR], REMOVAL_FLAG);
	assert_int_equal(p->on_removal[SIDE_CRM], REMOVAL_FLAG);
	assert_int_equal(p->turns_max, 7);
	assert_int_equal(p->delta_overlap_ms, 60000);
	assert_int_equal(p->delta_lag_ms, 0);
	assert_int_equal(p->events_off_count, 1);
	assert_true(str_eq_c(p->crm_reason_field, "R__c"));
	assert_int_equal(catalog_export(&rig.engine, &text, &err), 0);
	assert_int_equal(catalog_apply(&rig.engine, buf_str(&text), "again", ".", "", &applied, &err), 0);
	assert_int_equal(applied.changed + applied.created, 0);
	rig_close(&rig);
}

/* ---- which CRM records start on their own ---- */

#define ANN_THERE                                                                                                \
	"{\"Id\":\"c\",\"FirstName\":\"Ann\",\"LastName\":\"Lee\",\"Birthdate\":\"1980-01-02\",\"MailingCity\":" \
	"\"Boise\"}"
#define ANN_HERE "{\"id\":\"a\",\"first_name\":\"Ann\",\"last_name\":\"Lee\",\"dob\":\"1980-01-02\",\"city\":\"Nampa\"}"

static void import_nobody(struct rig *rig, const char *settings)
{
	int64_t counts[OUTCOME_COUNT];

	rig_open(rig, settings);
	memory_put(rig->emr, "patient",
	           "{\"id\":\"z\",\"first_name\":\"Zoe\",\"last_name\":\"Zed\",\"dob\":\"1971-03-04\"}");
	rig_import(rig, counts);
	rig_delta(rig);
}

static void test_R40_without_a_trigger_a_CRM_record_does_not_start_by_itself(void **state)
{
	struct rig rig;

	(void)state;
	import_nobody(&rig, "");
	memory_put(rig.crm, "Contact", ANN_THERE);
	rig_delta(&rig);
	assert_int_equal(last_of(&rig, "c").outcome, OUTCOME_SKIPPED_FILTERED);
	assert_non_null(strstr(arena_text(&rig.arena, last_of(&rig, "c").reason), "no trigger condition"));
	assert_int_equal(memory_count(rig.emr, "patient"), 1);
	rig_close(&rig);
}

#define ENROLLED                                                                                                       \
	"\"trigger\":[{\"field\":\"Stage__c\",\"one_of\":[\"active\",\"enrolled\"]},{\"field\":\"MailingCity\",\"not_" \
	"blank\":true}]"

static void test_R15_R40_a_record_that_meets_the_condition_becomes_a_patient(void **state)
{
	struct rig rig;
	const char *patient;

	(void)state;
	import_nobody(&rig, ENROLLED ",\"trigger_creates\":true");
	memory_put(rig.crm, "Contact", ANN_THERE);
	rig_delta(&rig);
	assert_non_null(strstr(arena_text(&rig.arena, last_of(&rig, "c").reason), "does not meet"));
	assert_int_equal(memory_count(rig.emr, "patient"), 1);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"Stage__c\":\"Enrolled\"}");
	rig_delta(&rig);
	assert_int_equal(last_of(&rig, "c").outcome, OUTCOME_CREATED);
	patient = rig_crm(&rig, "c", "Patient_Id__c");
	assert_string_equal(rig_emr(&rig, patient, "city"), "Boise");
	assert_string_equal(rig_crm(&rig, "c", "Synced__c"), "true");
	rig_close(&rig);
}

static void test_R15_the_values_of_a_record_that_starts_win_and_without_trigger_creates_nobody_is_made(void **state)
{
	struct rig rig;

	(void)state;
	import_nobody(&rig, ENROLLED);
	memory_put(rig.crm, "Contact", ANN_THERE);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"Stage__c\":\"ACTIVE\"}");
	rig_delta(&rig);
	assert_int_equal(last_of(&rig, "c").outcome, OUTCOME_SKIPPED_NO_MATCH);
	memory_put(rig.crm, "Contact",
	           "{\"Id\":\"d\",\"FirstName\":\"Zoe\",\"LastName\":\"Zed\",\"Birthdate\":\"1971-03-04\","
	           "\"MailingCity\":\"Eagle\",\"Stage__c\":\"Active\"}");
	rig_delta(&rig);
	assert_string_equal(rig_emr(&rig, "z", "city"), "Eagle");
	assert_string_equal(rig_crm(&rig, "d", "Patient_Id__c"), "z");
	rig_close(&rig);
}

static void test_R16_new_CRM_records_get_the_constants_and_linked_ones_do_not(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	rig_open(&rig, "\"create\":true,\"crm_create\":{\"RecordTypeId\":\"012P\",\"Active__c\":true}");
	memory_put(rig.emr, "patient", ANN_HERE);
	memory_put(rig.emr, "patient",
	           "{\"id\":\"z\",\"first_name\":\"Zoe\",\"last_name\":\"Zed\",\"dob\":\"1971-03-04\"}");
	memory_put(rig.crm, "Contact", ANN_THERE);
	rig_import(&rig, counts);
	assert_string_equal(rig_crm(&rig, rig_contact_of(&rig, "z"), "RecordTypeId"), "012P");
	assert_string_equal(rig_crm(&rig, rig_contact_of(&rig, "z"), "Active__c"), "true");
	assert_string_equal(rig_crm(&rig, "c", "RecordTypeId"), "");
	rig_close(&rig);
}

/* ---- R31 ---- */

static void test_R31_what_a_removal_does_is_a_setting(void **state)
{
	static const struct {
		const char *settings, *status;
		size_t contacts;
	} ways[] = {
		{ "", "", 1 },
		{ "\"on_emr_delete\":\"flag\",\"crm_status_field\":\"Status__c\"", "Removed in EMR", 1 },
		{ "\"on_emr_delete\":\"delete\"", "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		int64_t counts[OUTCOME_COUNT];
		struct rig rig;

		rig_open(&rig, ways[i].settings);
		memory_put(rig.emr, "patient", ANN_HERE);
		memory_put(rig.crm, "Contact", ANN_THERE);
		rig_import(&rig, counts);
		rig_delta(&rig);
		memory_remove(rig.emr, "patient", "a");
		rig_delta(&rig);
		assert_int_equal(memory_count(rig.crm, "Contact"), ways[i].contacts);
		if (ways[i].contacts)
			assert_string_equal(rig_crm(&rig, "c", "Status__c"), ways[i].status);
		rig_close(&rig);
	}
}

/* ---- R38 ---- */

/* In real time: the city as in batches, but the CRM wins; e-mail to the CRM only; the nick name besides. The payer is for batches alone. */
#define LIVE                                                                                              \
	"\"live_mapping\":{\"fields\":[{\"emr\":\"first_name\",\"crm\":\"FirstName\",\"type\":\"name\"}," \
	"{\"emr\":\"city\",\"crm\":\"MailingCity\",\"winner\":\"crm\"},"                                  \
	"{\"emr\":\"email\",\"crm\":\"Email\",\"type\":\"email\",\"direction\":\"emr_to_crm\"},"          \
	"{\"emr\":\"nick\",\"crm\":\"Nick__c\"}]}"

static void open_with_live_mapping(struct rig *rig)
{
	int64_t counts[OUTCOME_COUNT];

	rig_open(rig, LIVE);
	memory_put(rig->emr, "patient", ANN_HERE);
	memory_put(rig->emr, "patient",
	           "{\"id\":\"a\",\"email\":\"a@x.example\",\"payer\":\"Blue\",\"nick\":\"Annie\"}");
	memory_put(rig->crm, "Contact", ANN_THERE);
	rig_import(rig, counts);
	rig_delta(rig);
}

static void test_R38_a_field_that_a_mode_has_not_is_left_as_it_is_in_it(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;
	unsigned written;

	(void)state;
	open_with_live_mapping(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Payer__c"), "Blue");
	/* The first delta meets what the import wrote, and looks at the nick name for the first time. */
	assert_string_equal(rig_crm(&rig, "c", "Nick__c"), "Annie");
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"payer\":\"Green\"}");
	rig_delta(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Nick__c"), "Annie");
	assert_string_equal(rig_crm(&rig, "c", "Payer__c"), "Blue");
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"payer\":\"Brown\"}");
	written = memory_written(rig.crm);
	rig_delta(&rig);
	assert_int_equal(memory_written(rig.crm), written);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"nick\":\"Nan\",\"payer\":\"Red\"}");
	rig_delta(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Nick__c"), "Nan");
	assert_string_equal(rig_crm(&rig, "c", "Payer__c"), "Blue");
	rig_import(&rig, counts);
	assert_string_equal(rig_crm(&rig, "c", "Payer__c"), "Red");
	assert_string_equal(rig_crm(&rig, "c", "Nick__c"), "Nan");
	written = memory_written(rig.crm) + memory_written(rig.emr);
	rig_delta(&rig);
	rig_import(&rig, counts);
	assert_int_equal(memory_written(rig.crm) + memory_written(rig.emr), written);
	rig_close(&rig);
}

static void test_R38_who_wins_and_which_way_are_those_of_the_mode(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	open_with_live_mapping(&rig);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Eagle\"}");
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"MailingCity\":\"Kuna\",\"Email\":\"b@x.example\"}");
	rig_delta(&rig);
	assert_string_equal(rig_emr(&rig, "a", "city"), "Kuna");
	assert_string_equal(rig_crm(&rig, "c", "Email"), "a@x.example");
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Star\"}");
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"MailingCity\":\"Melba\",\"Email\":\"c@x.example\"}");
	rig_import(&rig, counts);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Star");
	assert_string_equal(rig_emr(&rig, "a", "email"), "c@x.example");
	rig_close(&rig);
}

/* ---- records that hang on others ---- */

struct family {
	struct rig rig;
	struct plan *orders, *patients;
};

static const char orders[] = "{\"syncs\":{\"orders\":{\"integration\":\"i\",\"emr_object\":\"order\",\"crm_object\":"
                             "\"Order__c\",\"create\":true,"
                             "\"crm_id_field\":\"Order_Id__c\",\"parent\":{\"sync\":\"patients\",\"emr\":\"patient."
                             "id\",\"crm\":\"Patient__c\"},"
                             "\"mapping\":{\"fields\":[{\"name\":\"Status\",\"emr\":\"status\",\"crm\":\"Status__c\","
                             "\"direction\":\"emr_to_crm\"}"
                             "]}}}}";

static struct plan *open_plan(struct family *f, const char *name)
{
	struct err err = ERR_INIT;
	struct plan *plan;

	if (plan_open(&f->rig.engine, str_of(name), &plan, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t side = 0; side < ARRAY_LEN(plan->conn); side++)
		plan->conn[side]->kind->close(&plan->conn[side]);
	plan->conn[SIDE_EMR] = f->rig.emr;
	plan->conn[SIDE_CRM] = f->rig.crm;
	return plan;
}

static void close_plan(struct plan **plan)
{
	(*plan)->conn[SIDE_EMR] = (*plan)->conn[SIDE_CRM] = NULL;
	plan_close(plan);
}

/* The memory of orders calls its external id by another name than that of contacts. */
static void open_family(struct family *f)
{
	struct err err = ERR_INIT;
	struct applied applied;

	rig_open(&f->rig, "\"create\":true");
	if (catalog_apply(&f->rig.engine, str_of(orders), "f", ".", "", &applied, &err) < 0)
		fail_msg("%s", err.text);
	f->patients = open_plan(f, "patients");
	f->orders = open_plan(f, "orders");
	assert_true(f->patients->has_children && !f->orders->has_children);
}

static void close_family(struct family *f)
{
	close_plan(&f->patients);
	close_plan(&f->orders);
	rig_close(&f->rig);
}

static void import(struct family *f, struct plan *plan, int64_t counts[OUTCOME_COUNT])
{
	struct err err = ERR_INIT;
	struct run run = { 0 };

	if (run_import(&f->rig.engine, plan, NULL, NULL, &run, &f->rig.arena, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(stage_counts(&f->rig.engine, run.id, counts, &err), 0);
}

static void settle(struct family *f, struct plan *plan)
{
	struct err err = ERR_INIT;

	if (run_settle(&f->rig.engine, plan, true, NULL, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

/* The only order of the CRM; NULL: there is none. */
static const struct json *order_there(struct family *f)
{
	const struct list_request request = { .object = STR("Order__c"), .live_only = true };
	struct call *call = f->rig.crm->kind->list_start(f->rig.crm, &request);
	struct err err = ERR_INIT;
	struct page page;

	assert_int_equal(f->rig.crm->kind->list_finish(&call, &f->rig.arena, &page, &err), 0);
	assert_true(page.count < 2);
	return page.count ? page.records[0].json : NULL;
}

static const char *order_member(struct family *f, const char *member)
{
	return arena_text(&f->rig.arena, json_get_text(order_there(f), member));
}

#define ORDER(status, patient) "{\"id\":\"o\",\"status\":\"" status "\",\"patient\":{\"id\":\"" patient "\"}}"

static void test_a_record_whose_parent_is_not_linked_waits_and_flows_when_it_is(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct family f;

	(void)state;
	open_family(&f);
	memory_put(f.rig.emr, "order", ORDER("New", "a"));
	import(&f, f.orders, counts);
	assert_int_equal(counts[OUTCOME_NONE], 1);
	assert_null(order_there(&f));
	assert_int_equal(last_of(&f.rig, "o").state, STAGED_PARKED);
	assert_string_equal(arena_text(&f.rig.arena, last_of(&f.rig, "o").reason),
	                    "waits for patients a, which is not linked yet");
	settle(&f, f.orders);
	assert_null(order_there(&f));
	memory_put(f.rig.emr, "patient", ANN_HERE);
	import(&f, f.patients, counts);
	assert_int_equal(last_of(&f.rig, "o").state, STAGED_WAITING);
	settle(&f, f.orders);
	assert_string_equal(order_member(&f, "Status__c"), "New");
	assert_string_equal(order_member(&f, "Patient__c"), rig_contact_of(&f.rig, "a"));
	import(&f, f.orders, counts);
	assert_int_equal(counts[OUTCOME_UNCHANGED], 1);
	close_family(&f);
}

static void test_a_younger_payload_takes_the_place_of_one_that_waits(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct family f;

	(void)state;
	open_family(&f);
	memory_put(f.rig.emr, "order", ORDER("New", "a"));
	import(&f, f.orders, counts);
	memory_put(f.rig.emr, "order", ORDER("Hold", "a"));
	import(&f, f.orders, counts);
	assert_int_equal(counts[OUTCOME_NONE], 1);
	memory_remove(f.rig.emr, "order", "o");
	import(&f, f.orders, counts);
	memory_put(f.rig.emr, "patient", ANN_HERE);
	import(&f, f.patients, counts);
	settle(&f, f.orders);
	if (order_there(&f))
		assert_string_equal(order_member(&f, "Status__c"), "Hold");
	close_family(&f);
}

static void test_R17_the_parent_follows_the_EMR_and_an_edit_in_the_CRM_is_put_back(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct family f;
	const char *id;

	(void)state;
	open_family(&f);
	memory_put(f.rig.emr, "patient", ANN_HERE);
	memory_put(f.rig.emr, "patient",
	           "{\"id\":\"z\",\"first_name\":\"Zoe\",\"last_name\":\"Zed\",\"dob\":\"1971-03-04\"}");
	memory_put(f.rig.emr, "order", ORDER("New", "a"));
	import(&f, f.patients, counts);
	import(&f, f.orders, counts);
	assert_int_equal(counts[OUTCOME_CREATED], 1);
	memory_put(f.rig.emr, "order", ORDER("New", "z"));
	import(&f, f.orders, counts);
	assert_int_equal(counts[OUTCOME_UPDATED], 1);
	assert_string_equal(order_member(&f, "Patient__c"), rig_contact_of(&f.rig, "z"));
	id = order_member(&f, "Id");
	memory_put(f.rig.crm, "Order__c",
	           arena_printf(&f.rig.arena, "{\"Id\":\"%s\",\"Patient__c\":\"x\",\"Status__c\":\"Mine\"}", id).at);
	import(&f, f.orders, counts);
	assert_string_equal(order_member(&f, "Patient__c"), rig_contact_of(&f.rig, "z"));
	assert_string_equal(order_member(&f, "Status__c"), "New");
	assert_int_equal(memory_count(f.rig.crm, "Order__c"), 1);
	close_family(&f);
}

static void test_a_record_that_names_no_parent_is_left_out(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct family f;

	(void)state;
	open_family(&f);
	memory_put(f.rig.emr, "order", "{\"id\":\"o\",\"status\":\"New\"}");
	import(&f, f.orders, counts);
	assert_int_equal(counts[OUTCOME_SKIPPED_FILTERED], 1);
	assert_null(order_there(&f));
	close_family(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings_that_make_no_sense_are_refused_with_their_reason),
		cmocka_unit_test(test_settings_reach_the_plan_and_what_is_exported_can_be_applied),
		cmocka_unit_test(test_R40_without_a_trigger_a_CRM_record_does_not_start_by_itself),
		cmocka_unit_test(test_R15_R40_a_record_that_meets_the_condition_becomes_a_patient),
		cmocka_unit_test(
		        test_R15_the_values_of_a_record_that_starts_win_and_without_trigger_creates_nobody_is_made),
		cmocka_unit_test(test_R16_new_CRM_records_get_the_constants_and_linked_ones_do_not),
		cmocka_unit_test(test_R31_what_a_removal_does_is_a_setting),
		cmocka_unit_test(test_R38_a_field_that_a_mode_has_not_is_left_as_it_is_in_it),
		cmocka_unit_test(test_R38_who_wins_and_which_way_are_those_of_the_mode),
		cmocka_unit_test(test_a_record_whose_parent_is_not_linked_waits_and_flows_when_it_is),
		cmocka_unit_test(test_a_younger_payload_takes_the_place_of_one_that_waits),
		cmocka_unit_test(test_R17_the_parent_follows_the_EMR_and_an_edit_in_the_CRM_is_put_back),
		cmocka_unit_test(test_a_record_that_names_no_parent_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Between our decision and our write: what a person does there in the meantime is never overwritten unseen (R26, R28), and what is gone is gone (R31). */
#include "hooks.h"
#include "people.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>

#include <cmocka.h>

#include "sync/capture.h"
#include "sync/link.h"
#include "sync/outbox.h"
#include "sync/stage.h"

#define PHONES                                                                                                      \
	",{\"name\":\"Mobile\",\"emr\":\"phones[type=mobile].number\",\"crm\":\"MobilePhone\",\"type\":\"phone\"}," \
	"{\"name\":\"Home\",\"emr\":\"phones[type=home].number\",\"crm\":\"HomePhone\",\"type\":\"phone\"}"
#define MOBILE "{\"type\":\"mobile\",\"number\":\"2085550101\"}"
#define OFFICE "{\"type\":\"office\",\"number\":\"2085550103\",\"ext\":\"7\"}"
#define HOME   "{\"type\":\"home\",\"number\":\"2085550102\"}"

static void open_linked(struct rig *rig, const char *settings, const char *fields)
{
	int64_t counts[OUTCOME_COUNT];

	rig_open(rig, "");
	rig_configure(rig, settings, fields);
	memory_put(rig->emr, "patient",
	           "{\"id\":\"a\"," ANN ",\"email\":\"a@x.example\",\"city\":\"Boise\",\"phones\":[" MOBILE "," OFFICE
	           "]}");
	memory_put(rig->crm, "Contact", "{\"Id\":\"c\"," CONTACT_ANN "}");
	rig_import(rig, counts);
	rig_import(rig, counts);
	assert_int_equal(counts[OUTCOME_UNCHANGED], 1);
}

static const char *phone(struct rig *rig, const char *type, const char *member)
{
	const struct json *phones = json_get(memory_get(rig->emr, "patient", "a", &rig->arena), "phones");

	JSON_EACH (phones, one) {
		if (str_eq_c(json_get_text(one, "type"), type))
			return arena_text(&rig->arena, json_get_text(one, member));
	}
	return NULL;
}

static void nothing_is_left(struct rig *rig)
{
	struct staged_filter filter = { .limit = 1000 };
	struct err err = ERR_INIT;
	struct staged *all;
	size_t count;

	assert_int_equal(run_settle(&rig->engine, rig->plan, true, NULL, NULL, &err), 0);
	assert_int_equal(stage_list(&rig->engine, &rig->arena, &filter, &all, &count, &err), 0);
	for (size_t i = 0; i < count; i++) {
		if (all[i].state != STAGED_DONE && all[i].state != STAGED_SUPERSEDED)
			fail_msg("payload %lld is %s: %.*s", (long long)all[i].id, staged_state_name(all[i].state),
			         STR_ARG(all[i].reason));
	}
}

static enum memory_call strike;
static const char *strike_with;
static unsigned strikes;

/* A person is faster than our next call of that kind. */
static void person_in_emr(struct rig *rig, enum memory_call which, unsigned nth)
{
	(void)nth;
	if (which == strike && strikes++ == 0)
		memory_put(rig->emr, "patient", strike_with);
}

static void person_in_crm(struct rig *rig, enum memory_call which, unsigned nth)
{
	(void)nth;
	if (which == strike && strikes++ == 0)
		memory_put(rig->crm, "Contact", strike_with);
}

static void set_strike(struct rig *rig, enum side side, enum memory_call which, const char *with)
{
	strike = which;
	strike_with = with;
	strikes = 0;
	hooks_set(rig, side, side == SIDE_EMR ? person_in_emr : person_in_crm, NULL);
}

static void test_R28_a_phone_added_just_before_our_write_of_another_one_stays(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	open_linked(&rig, "", PHONES);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"MobilePhone\":\"2085559999\"}");
	/* The import reads the patients from its list; whoever fetches one is the delivery. */
	set_strike(&rig, SIDE_EMR, MEMORY_FETCH, "{\"id\":\"a\",\"phones\":[" MOBILE "," OFFICE "," HOME "]}");
	rig_import(&rig, counts);
	hooks_clear(&rig);
	assert_int_equal(strikes, 1);
	assert_string_equal(phone(&rig, "mobile", "number"), "2085559999");
	assert_string_equal(phone(&rig, "home", "number"), "2085550102");
	assert_string_equal(phone(&rig, "office", "ext"), "7");
	rig_import(&rig, counts);
	assert_string_equal(rig_crm(&rig, "c", "HomePhone"), "2085550102");
	assert_string_equal(rig_crm(&rig, "c", "MobilePhone"), "2085559999");
	nothing_is_left(&rig);
	rig_close(&rig);
}

static void test_R26_a_change_of_plain_members_reads_nothing(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	unsigned fetched;
	struct rig rig;

	(void)state;
	open_linked(&rig, "", PHONES);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"Email\":\"b@x.example\"}");
	fetched = memory_calls(rig.emr, MEMORY_FETCH);
	rig_import(&rig, counts);
	assert_string_equal(rig_emr(&rig, "a", "email"), "b@x.example");
	assert_int_equal(memory_calls(rig.emr, MEMORY_FETCH), fetched);
	rig_close(&rig);
}

static void test_R22_R28_the_same_phone_changed_just_before_our_write_is_a_conflict(void **state)
{
	static const struct {
		const char *settings, *kept;
	} rows[] = {
		{ "", "2085550404" },
		{ "\"policy\":{\"Mobile\":{\"winner\":\"crm\"}}", "2085559999" },
	};
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		open_linked(&rig, rows[i].settings, PHONES);
		memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"MobilePhone\":\"2085559999\"}");
		set_strike(&rig, SIDE_EMR, MEMORY_FETCH,
		           "{\"id\":\"a\",\"phones\":[{\"type\":\"mobile\",\"number\":\"2085550404\"}]}");
		rig_import(&rig, counts);
		hooks_clear(&rig);
		assert_int_equal(counts[OUTCOME_FAILED], 0);
		assert_string_equal(phone(&rig, "mobile", "number"), rows[i].kept);
		assert_string_equal(rig_crm(&rig, "c", "MobilePhone"), rows[i].kept);
		nothing_is_left(&rig);
		rig_close(&rig);
	}
}

static int add_owed(struct db *db, void *context, struct err *err)
{
	return outbox_add(db, context, err);
}

static void add(struct rig *rig, struct owed *owed)
{
	struct err err = ERR_INIT;

	assert_int_equal(store_write(rig->engine.store, RELAXED, add_owed, owed, &err), 0);
}

/* Entries that were written by an earlier version hold the members as they are sent. */
static void test_R5_an_entry_of_the_old_form_is_delivered_as_it_stands(void **state)
{
	const struct str body = STR("{\"city\":\"Nampa\",\"phones\":[{\"type\":\"mobile\",\"number\":\"1\"}]}");
	struct link *links;
	struct err err = ERR_INIT;
	struct owed owed;
	struct rig rig;
	size_t count;

	(void)state;
	open_linked(&rig, "", PHONES);
	assert_int_equal(link_list(&rig.engine, &rig.arena, &(struct link_filter) { 0 }, &links, &count, &err), 0);
	owed = (struct owed) { .sync_id = rig.plan->sync_id,
		               .link_id = links[0].id,
		               .side = SIDE_EMR,
		               .op = WRITE_UPDATE,
		               .priority = OWED_NORMAL,
		               .record_id = STR("a"),
		               .body = box_seal(rig.engine.keys, &rig.arena, "outbox.body", body) };
	add(&rig, &owed);
	nothing_is_left(&rig);
	assert_string_equal(rig_emr(&rig, "a", "city"), "Nampa");
	assert_string_equal(phone(&rig, "mobile", "number"), "1");
	rig_close(&rig);
}

static void test_R26_R28_a_precondition_stops_a_write_over_a_persons_edit(void **state)
{
	static const struct {
		const char *settings, *city;
	} rows[] = {
		{ "", "Nampa" },
		{ "\"policy\":{\"City\":{\"winner\":\"crm\"}}", "Eagle" },
	};
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		open_linked(&rig, rows[i].settings, "");
		memory_demand_version(rig.crm, true);
		memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
		set_strike(&rig, SIDE_CRM, MEMORY_WRITE,
		           "{\"Id\":\"c\",\"MailingCity\":\"Eagle\",\"Email\":\"b@x.example\"}");
		rig_import(&rig, counts);
		hooks_clear(&rig);
		assert_int_equal(counts[OUTCOME_FAILED], 0);
		assert_string_equal(rig_crm(&rig, "c", "MailingCity"), rows[i].city);
		assert_string_equal(rig_emr(&rig, "a", "city"), rows[i].city);
		assert_string_equal(rig_emr(&rig, "a", "email"), "b@x.example");
		nothing_is_left(&rig);
		rig_close(&rig);
	}
}

static void test_R26_R28_a_first_link_is_stopped_by_its_precondition_too(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	rig_open(&rig, "");
	memory_demand_version(rig.crm, true);
	memory_demand_version(rig.emr, true);
	memory_put(rig.emr, "patient", "{\"id\":\"a\"," ANN "}");
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\"," CONTACT_ANN ",\"Email\":\"a@x.example\"}");
	set_strike(&rig, SIDE_CRM, MEMORY_WRITE, "{\"Id\":\"c\",\"Email\":\"b@x.example\"}");
	rig_import(&rig, counts);
	hooks_clear(&rig);
	rig_import(&rig, counts);
	assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "a");
	assert_string_equal(rig_emr(&rig, "a", "email"), "b@x.example");
	nothing_is_left(&rig);
	rig_close(&rig);
}

/* ---- gone ---- */

static void remove_contact(struct rig *rig, enum memory_call which, unsigned nth)
{
	(void)nth;
	if (which == MEMORY_WRITE)
		memory_remove(rig->crm, "Contact", "c");
}

static void remove_patient(struct rig *rig, enum memory_call which, unsigned nth)
{
	(void)nth;
	if (which == strike)
		memory_remove(rig->emr, "patient", "a");
}

static void one_ended_link(struct rig *rig)
{
	struct err err = ERR_INIT;
	struct link *links;
	size_t count;

	nothing_is_left(rig);
	assert_int_equal(link_list(&rig->engine, &rig->arena, &(struct link_filter) { 0 }, &links, &count, &err), 0);
	assert_int_equal(count, 1);
	assert_int_equal(links[0].state, LINK_ENDED);
}

static void test_R31_a_contact_deleted_before_our_write_is_a_removal_and_no_failure(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	open_linked(&rig, "", "");
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	hooks_set(&rig, SIDE_CRM, remove_contact, NULL);
	rig_import(&rig, counts);
	hooks_clear(&rig);
	assert_int_equal(counts[OUTCOME_FAILED], 0);
	assert_int_equal(counts[OUTCOME_SKIPPED_FILTERED], 1);
	assert_string_equal(rig_emr(&rig, "a", "our_id"), "");
	one_ended_link(&rig);
	rig_close(&rig);
}

static void test_R31_a_patient_deleted_before_our_write_is_a_removal_and_no_failure(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	for (int phones = 0; phones < 2; phones++) {
		open_linked(&rig, "", PHONES);
		memory_put(rig.crm, "Contact",
		           phones ? "{\"Id\":\"c\",\"MobilePhone\":\"2085559999\"}"
		                  : "{\"Id\":\"c\",\"Email\":\"b@x.example\"}");
		strike = phones ? MEMORY_FETCH : MEMORY_WRITE;
		hooks_set(&rig, SIDE_EMR, remove_patient, NULL);
		rig_import(&rig, counts);
		hooks_clear(&rig);
		assert_int_equal(counts[OUTCOME_FAILED], 0);
		assert_string_equal(rig_crm(&rig, "c", "Patient_Id__c"), "");
		one_ended_link(&rig);
		rig_close(&rig);
	}
}

/* "Not there", said of a record that is there, is a refusal: nobody's link ends by hearsay. */
static void test_R31_what_is_said_to_be_gone_and_is_there_is_refused(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	open_linked(&rig, "", "");
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	memory_refuse(rig.crm, "c", GONE, "NOT_FOUND");
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_FAILED], 1);
	memory_refuse(rig.crm, "c", DELIVERED, "");
	rig_import(&rig, counts);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Nampa");
	rig_close(&rig);
}

/* ---- one record a call ---- */

static struct connector counting;
static atomic_int under_way, most_under_way;

static struct call *counted_start(struct connection *c, const struct write_request *request)
{
	int now = atomic_fetch_add(&under_way, 1) + 1;

	atomic_store(&most_under_way, MAX_OF(now, atomic_load(&most_under_way)));
	return memory_connector.write_start(c, request);
}

static int counted_finish(struct call **call, struct arena *arena, struct write_result *results, struct err *err)
{
	atomic_fetch_sub(&under_way, 1);
	return memory_connector.write_finish(call, arena, results, err);
}

static void test_a_system_that_takes_one_record_a_call_has_a_window_of_calls(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	rig_open(&rig, "");
	for (int i = 0; i < 8; i++) {
		memory_put(rig.emr, "patient",
		           arena_printf(&rig.arena,
		                        "{\"id\":\"p%d\",\"first_name\":\"Ann\",\"last_name\":\"L%d\",\"dob\":"
		                        "\"1980-01-02\"}",
		                        i, i)
		                   .at);
		memory_put(rig.crm, "Contact",
		           arena_printf(&rig.arena,
		                        "{\"Id\":\"c%d\",\"FirstName\":\"Ann\",\"LastName\":\"L%d\",\"Birthdate\":"
		                        "\"1980-01-02\",\"Email\":\"e%d@x.example\"}",
		                        i, i, i)
		                   .at);
	}
	rig.emr->traits.write_batch = 1;
	counting = memory_connector;
	counting.write_start = counted_start;
	counting.write_finish = counted_finish;
	atomic_store(&under_way, 0);
	atomic_store(&most_under_way, 0);
	rig.emr->kind = &counting;
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_LINKED], 8);
	assert_string_equal(rig_emr(&rig, "p7", "email"), "e7@x.example");
	assert_in_range(atomic_load(&most_under_way), 5, 8);
	rig.emr->kind = &memory_connector;
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R28_a_phone_added_just_before_our_write_of_another_one_stays),
		cmocka_unit_test(test_R26_a_change_of_plain_members_reads_nothing),
		cmocka_unit_test(test_R22_R28_the_same_phone_changed_just_before_our_write_is_a_conflict),
		cmocka_unit_test(test_R5_an_entry_of_the_old_form_is_delivered_as_it_stands),
		cmocka_unit_test(test_R26_R28_a_precondition_stops_a_write_over_a_persons_edit),
		cmocka_unit_test(test_R26_R28_a_first_link_is_stopped_by_its_precondition_too),
		cmocka_unit_test(test_R31_a_contact_deleted_before_our_write_is_a_removal_and_no_failure),
		cmocka_unit_test(test_R31_a_patient_deleted_before_our_write_is_a_removal_and_no_failure),
		cmocka_unit_test(test_R31_what_is_said_to_be_gone_and_is_there_is_refused),
		cmocka_unit_test(test_a_system_that_takes_one_record_a_call_has_a_window_of_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Whoever is not met while a list is read page by page, because rows move meanwhile, is not taken for new, for gone, or for nobody's twin (R8, R31). */
#include "hooks.h"
#include "people.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "sync/link.h"

static void remove_the_first(struct rig *rig, enum memory_call which, unsigned nth)
{
	if (which == MEMORY_LIST && nth == 2)
		memory_remove(rig->emr, "patient", "p000");
}

/* A patient who is deleted while we read moves the others up: one of them stands on a page that was read already. */
static void test_R8_who_moved_up_while_a_file_is_read_is_not_made_anew(void **state)
{
	const struct run_order order = { .kind = RUN_CSV, .csv = STR("c1\n"), .csv_name = STR("test.csv") };
	struct err err = ERR_INIT;
	struct run run = { 0 };
	struct rig rig;

	(void)state;
	rig_open(&rig, "\"create_in_emr\":true");
	rig_put_patients(&rig, 0, 12);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c1\"," CONTACT_F010 "}");
	hooks_set(&rig, SIDE_EMR, remove_the_first, NULL);
	must_be_fine(run_batch(&rig.engine, rig.plan, &order, &run, &rig.arena, &err), &err);
	assert_int_equal(memory_count(rig.emr, "patient"), 11);
	assert_string_equal(rig_crm(&rig, "c1", "Patient_Id__c"), "p010");
	rig_close(&rig);
}

/* Two go and two come: the total says nothing, and one of those who moved up stands on neither page. */
static void as_many_go_as_come(struct rig *rig, enum memory_call which, unsigned nth)
{
	if (which != MEMORY_LIST || nth != 2)
		return;
	memory_remove(rig->emr, "patient", "p000");
	memory_remove(rig->emr, "patient", "p001");
	rig_put_patients(rig, 12, 14);
}

static void test_R8_who_moved_up_as_another_one_came_is_not_made_anew(void **state)
{
	const struct run_order order = { .kind = RUN_CSV, .csv = STR("c1\n"), .csv_name = STR("test.csv") };
	struct err err = ERR_INIT;
	struct run run = { 0 };
	struct rig rig;

	(void)state;
	rig_open(&rig, "\"create_in_emr\":true");
	rig.emr->traits.pages_overlap = true;
	rig_put_patients(&rig, 0, 12);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c1\"," CONTACT_F010 "}");
	hooks_set(&rig, SIDE_EMR, as_many_go_as_come, NULL);
	must_be_fine(run_batch(&rig.engine, rig.plan, &order, &run, &rig.arena, &err), &err);
	assert_int_equal(memory_count(rig.emr, "patient"), 12);
	assert_string_equal(rig_crm(&rig, "c1", "Patient_Id__c"), "p010");
	rig_close(&rig);
}

/* The same while an import asks for its pages ahead of time: whoever is met on no page would not be imported. */
static void test_R8_R12_who_moved_up_while_an_import_reads_ahead_is_imported(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	rig_open(&rig, "\"create\":true,\"back_reference\":false");
	rig.emr->traits.pages_overlap = true;
	rig_put_patients(&rig, 0, 12);
	hooks_set(&rig, SIDE_EMR, as_many_go_as_come, NULL);
	rig_import(&rig, counts);
	assert_non_null(rig_contact_of(&rig, "p010"));
	assert_non_null(rig_contact_of(&rig, "p011"));
	rig_close(&rig);
}

/* Deletes for good: nothing is left in its lists. */
static struct call *list_live_ones(struct connection *c, const struct list_request *request)
{
	struct list_request live = *request;

	live.live_only = true;
	if (str_eq_c(request->cursor, "10"))
		memory_remove(c, "patient", "p000");
	return memory_connector.list_start(c, &live);
}

/* The EMR has no feed of changes: a delta reads everything. */
static void test_R8_who_moved_up_while_a_delta_reads_everything_is_not_made_anew(void **state)
{
	const struct run_order order = { .kind = RUN_DELTA };
	struct connector kind = memory_connector;
	struct err err = ERR_INIT;
	struct run run = { 0 };
	struct rig rig;

	(void)state;
	rig_open(&rig, "\"trigger_creates\":true,\"trigger\":[{\"field\":\"LastName\",\"not_blank\":true}]");
	kind.list_start = list_live_ones;
	kind.changes_start = NULL;
	rig.emr->kind = &kind;
	rig_import(&rig, (int64_t[OUTCOME_COUNT]) { 0 });
	rig_put_patients(&rig, 0, 12);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c1\"," CONTACT_F010 "}");
	must_be_fine(run_batch(&rig.engine, rig.plan, &order, &run, &rig.arena, &err), &err);
	assert_int_equal(memory_count(rig.emr, "patient"), 11);
	assert_string_equal(rig_crm(&rig, "c1", "Patient_Id__c"), "p010");
	hooks_clear(&rig);
	rig_close(&rig);
}

/* However many were not met: all of them are looked at, before anything of them is forgotten. */
static void test_R31_whoever_is_missing_beyond_the_first_hundreds_is_looked_at_too(void **state)
{
	enum { MANY = UNSEEN_A_SLICE + 40 };
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;
	char id[16];
	size_t left = 0;

	(void)state;
	rig_open(&rig, "\"create\":true,\"back_reference\":false");
	rig_put_patients(&rig, 0, MANY);
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_CREATED], MANY);
	for (int i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "p%03d", i);
		memory_remove(rig.emr, "patient", id);
	}
	rig_import(&rig, counts);
	for (int i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "p%03d", i);
		left += rig_contact_of(&rig, id) != NULL;
	}
	assert_int_equal(left, 0);
	rig_close(&rig);
}

static int ignores_its_filter(struct call **call, struct arena *arena UNUSED, struct page *ret UNUSED, struct err *err)
{
	call_cancel(call);
	return err_set(err, ERR_UNSUPPORTED, "the filter for changes is ignored");
}

static void test_R39_what_a_feed_cannot_tell_is_read_and_compared(void **state)
{
	struct connector kind = memory_connector;
	struct rig rig;

	(void)state;
	rig_open_linked(&rig, "");
	kind.changes_finish = ignores_its_filter;
	rig.emr->kind = &kind;
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	rig_delta(&rig);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Nampa");
	rig.emr->kind = &memory_connector;
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R8_who_moved_up_while_a_file_is_read_is_not_made_anew),
		cmocka_unit_test(test_R8_who_moved_up_as_another_one_came_is_not_made_anew),
		cmocka_unit_test(test_R8_R12_who_moved_up_while_an_import_reads_ahead_is_imported),
		cmocka_unit_test(test_R8_who_moved_up_while_a_delta_reads_everything_is_not_made_anew),
		cmocka_unit_test(test_R31_whoever_is_missing_beyond_the_first_hundreds_is_looked_at_too),
		cmocka_unit_test(test_R39_what_a_feed_cannot_tell_is_read_and_compared),
	};

	return cmocka_run_group_tests_name("reading", tests, NULL, NULL);
}

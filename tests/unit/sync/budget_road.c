/* Calls that run out: batches and deltas stop before the reserve, what is owed waits, and a person's click goes through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hooks.h"
#include "people.h"
#include "sync/budget.h"
#include "sync/capture.h"

static void limit(struct rig *rig, int64_t a_day)
{
	budget_close(rig->plan);
	rig->crm->target.calls_a_day = a_day;
	rig->crm->target.reserve_percent = 10;
	budget_open(&rig->engine, rig->plan);
}

static void open_linked(struct rig *rig)
{
	int64_t counts[OUTCOME_COUNT];
	struct err err = ERR_INIT;

	rig_open(rig, "");
	assert_int_equal(governor_open(rig->engine.store, &rig->engine.governor, &err), 0);
	limit(rig, 100);
	memory_put(rig->emr, "patient", "{\"id\":\"a\"," ANN ",\"city\":\"Boise\"}");
	memory_put(rig->crm, "Contact", "{\"Id\":\"c\"," CONTACT_ANN "}");
	rig_import(rig, counts);
	rig_import(rig, counts);
	assert_int_equal(counts[OUTCOME_UNCHANGED], 1);
}

static void close_all(struct rig *rig)
{
	struct governor *governor = rig->engine.governor;

	budget_close(rig->plan);
	rig->engine.governor = NULL;
	budget_open(&rig->engine, rig->plan);
	governor_close(&governor);
	rig_close(rig);
}

static void use_up(struct rig *rig)
{
	atomic_fetch_add(&rig->crm->target.calls[HTTP_USE_READ], 95);
}

static void test_R39_a_delta_stops_before_the_reserve_that_is_kept_for_people(void **state)
{
	const struct run_order order = { .kind = RUN_DELTA };
	struct run run = { 0 };
	struct err err = ERR_INIT;
	struct rig rig;

	(void)state;
	open_linked(&rig);
	use_up(&rig);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"MailingCity\":\"Nampa\"}");
	assert_int_equal(run_batch(&rig.engine, rig.plan, &order, &run, &rig.arena, &err), ERR_LIMIT);
	assert_non_null(strstr(err.text, "org"));
	assert_non_null(strstr(err.text, "kept for people"));
	assert_string_equal(rig_emr(&rig, "a", "city"), "Boise");
	close_all(&rig);
}

static void test_R34_an_import_that_was_held_goes_on_where_it_stopped(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct run run = { 0 };
	struct err err = ERR_INIT;
	struct rig rig;

	(void)state;
	open_linked(&rig);
	use_up(&rig);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	assert_int_equal(run_import(&rig.engine, rig.plan, NULL, NULL, &run, &rig.arena, &err), ERR_LIMIT);
	limit(&rig, 0);
	rig_import(&rig, counts);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Nampa");
	close_all(&rig);
}

static void test_R11_a_persons_click_may_use_the_reserve(void **state)
{
	const struct asked asked = { .wish = WISH_SYNC, .record_id = STR("a") };
	const struct capture how = { .side = SIDE_EMR, .door = DOOR_CLICK, .priority = STAGED_PERSON };
	struct captured captured;
	struct err err = ERR_INIT;
	struct rig rig;

	(void)state;
	open_linked(&rig);
	use_up(&rig);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	assert_int_equal(capture_wish(&rig.engine, rig.plan, &rig.arena, &asked, &how, &captured, &err), 0);
	if (run_settle(&rig.engine, rig.plan, false, NULL, NULL, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Nampa");
	close_all(&rig);
}

static void use_up_at_fetch(struct rig *rig, enum memory_call which, unsigned nth)
{
	(void)nth;
	if (which == MEMORY_FETCH)
		use_up(rig);
}

static void test_R5_what_is_owed_waits_in_the_outbox_until_there_are_calls(void **state)
{
	struct run run = { 0 };
	struct err err = ERR_INIT;
	struct rig rig;
	unsigned written;

	(void)state;
	open_linked(&rig);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	written = memory_written(rig.crm);
	hooks_set(&rig, SIDE_CRM, use_up_at_fetch, NULL);
	assert_int_equal(run_import(&rig.engine, rig.plan, NULL, NULL, &run, &rig.arena, &err), ERR_LIMIT);
	hooks_clear(&rig);
	assert_int_equal(memory_written(rig.crm), written);
	limit(&rig, 0);
	err = (struct err)ERR_INIT;
	assert_int_equal(run_settle(&rig.engine, rig.plan, false, NULL, NULL, &err), 0);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Nampa");
	assert_int_equal(memory_written(rig.crm), written + 1);
	close_all(&rig);
}

static int all_gone(struct connection *c, struct arena *arena, bool ask, struct budget_facts *ret, struct err *err)
{
	(void)c;
	(void)arena;
	(void)ask;
	(void)err;
	*ret = (struct budget_facts) { .known = true, .used = 1000, .allowance = 1000 };
	return 0;
}

static void test_what_the_far_side_says_of_its_calls_is_learnt(void **state)
{
	static struct connector kind;
	struct err err = ERR_INIT;
	struct rig rig;

	(void)state;
	open_linked(&rig);
	limit(&rig, 0);
	assert_true(budget_lets(rig.plan, SIDE_CRM, HTTP_NORMAL));
	assert_false(budget_held(rig.plan, &err));
	kind = *rig.crm->kind;
	kind.budget = all_gone;
	rig.crm->kind = &kind;
	assert_int_equal(budget_watch(&rig.engine, rig.plan, &err), 0);
	assert_false(budget_lets(rig.plan, SIDE_CRM, HTTP_NORMAL));
	assert_true(budget_lets(rig.plan, SIDE_EMR, HTTP_NORMAL));
	assert_true(budget_held(rig.plan, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	close_all(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R39_a_delta_stops_before_the_reserve_that_is_kept_for_people),
		cmocka_unit_test(test_R34_an_import_that_was_held_goes_on_where_it_stopped),
		cmocka_unit_test(test_R11_a_persons_click_may_use_the_reserve),
		cmocka_unit_test(test_R5_what_is_owed_waits_in_the_outbox_until_there_are_calls),
		cmocka_unit_test(test_what_the_far_side_says_of_its_calls_is_learnt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

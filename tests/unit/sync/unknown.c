/* Creates whose answer never came, in a system that has no place for our id: never blindly again (R5, R40). */
#include "hooks.h"
#include "people.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "sync/capture.h"
#include "sync/link.h"
#include "sync/outbox.h"
#include "sync/stage.h"

static void open_blind(struct rig *rig, const char *contact)
{
	int64_t counts[OUTCOME_COUNT];

	rig_open(rig, "");
	rig->engine.doubt_ms = 1;
	rig->emr->traits.reference_field = STR_EMPTY;
	rig->emr->traits.reference_link_field = STR_EMPTY;
	rig->emr->traits.fetch_by_reference = false;
	memory_put(rig->emr, "patient", "{\"id\":\"z\",\"first_name\":\"Zoe\",\"last_name\":\"Ray\"}");
	memory_put(rig->crm, "Contact", contact);
	rig_import(rig, counts);
}

static int ask_for_patient(struct rig *rig, struct err *err)
{
	const struct asked asked = { .wish = WISH_CREATE, .record_id = STR("c") };
	const struct capture how = {
		.side = SIDE_CRM, .door = DOOR_CLICK, .priority = STAGED_PERSON, .total = -1, .durable = true
	};
	struct captured done;

	return capture_wish(&rig->engine, rig->plan, &rig->arena, &asked, &how, &done, err);
}

static int settle(struct rig *rig, struct err *err)
{
	return run_settle(&rig->engine, rig->plan, true, NULL, NULL, err);
}

static void create(struct rig *rig)
{
	struct err err = ERR_INIT;

	assert_int_equal(ask_for_patient(rig, &err), 0);
	if (settle(rig, &err) < 0)
		fail_msg("%s", err.text);
}

/* One patient of that name beside those of before, and the contact shows it. */
static void one_patient(struct rig *rig, size_t count)
{
	struct err err = ERR_INIT;
	struct link *links;
	size_t link_count;

	assert_int_equal(memory_count(rig->emr, "patient"), count);
	assert_int_equal(link_list(&rig->engine, &rig->arena, &(struct link_filter) { .crm_id = STR("c") }, &links,
	                           &link_count, &err),
	                 0);
	assert_int_equal(link_count, 1);
	assert_int_equal(links[0].state, LINK_LINKED);
	assert_string_equal(rig_crm(rig, "c", "Patient_Id__c"), arena_text(&rig->arena, links[0].emr_id));
	assert_string_equal(rig_emr(rig, arena_text(&rig->arena, links[0].emr_id), "last_name"), "Lee");
}

static struct staged *failed_payload(struct rig *rig)
{
	struct staged_filter filter = { .failed = true };
	struct err err = ERR_INIT;
	struct staged *failed;
	size_t count;

	assert_int_equal(stage_list(&rig->engine, &rig->arena, &filter, &failed, &count, &err), 0);
	return count ? failed : NULL;
}

static const char *appears; /* NULL: nobody */
static unsigned lists;

static void test_R5_R40_a_create_whose_answer_was_lost_is_found_and_adopted(void **state)
{
	struct rig rig;

	(void)state;
	open_blind(&rig, "{\"Id\":\"c\"," CONTACT_ANN "}");
	memory_fail(rig.emr, MEMORY_WRITE, 1, ERR_TIMEOUT, true);
	create(&rig);
	one_patient(&rig, 2);
	assert_null(failed_payload(&rig));
	assert_int_equal(memory_calls(rig.emr, MEMORY_WRITE), 1);
	rig_close(&rig);
}

/* What comes between the lost call and the looking. */
static void before_looking(struct rig *rig, enum memory_call which, unsigned nth)
{
	(void)nth;
	if (which != MEMORY_LIST || lists++ > 0)
		return;
	memory_refuse(rig->emr, "c", DELIVERED, "");
	if (appears) {
		memory_put(rig->emr, "patient", appears);
		memory_put(rig->emr, "patient", "{\"id\":\"second\"," ANN "}");
	}
}

static void lose(struct rig *rig, const char *who_appears)
{
	appears = who_appears;
	lists = 0;
	memory_refuse(rig->emr, "c", UNKNOWN, "TIMEOUT");
	hooks_set(rig, SIDE_EMR, before_looking, NULL);
	create(rig);
	hooks_clear(rig);
}

static void test_R5_a_create_that_was_not_carried_out_is_sent_again(void **state)
{
	struct rig rig;

	(void)state;
	open_blind(&rig, "{\"Id\":\"c\"," CONTACT_ANN "}");
	lose(&rig, NULL);
	assert_int_equal(lists, 1);
	one_patient(&rig, 2);
	rig_close(&rig);
}

static void test_R5_R8_several_that_could_be_it_are_for_a_person(void **state)
{
	struct rig rig;
	struct staged *failed;

	(void)state;
	open_blind(&rig, "{\"Id\":\"c\"," CONTACT_ANN "}");
	lose(&rig, "{\"id\":\"first\"," ANN "}");
	failed = failed_payload(&rig);
	assert_non_null(failed);
	assert_true(str_eq_c(failed->error_code, "unsure_created"));
	assert_int_equal(memory_count(rig.emr, "patient"), 3);
	assert_null(memory_get(rig.emr, "patient", "pat-1", &rig.arena));
	rig_close(&rig);
}

static void test_R5_R7_without_a_match_key_nobody_guesses(void **state)
{
	struct rig rig;

	(void)state;
	open_blind(&rig, "{\"Id\":\"c\",\"FirstName\":\"Ann\",\"LastName\":\"Lee\"}");
	memory_fail(rig.emr, MEMORY_WRITE, 1, ERR_TIMEOUT, true);
	create(&rig);
	assert_non_null(failed_payload(&rig));
	assert_int_equal(memory_calls(rig.emr, MEMORY_WRITE), 1);
	rig_close(&rig);
}

static void stop_when_written(struct rig *rig, enum memory_call which, unsigned nth)
{
	(void)nth;
	if (which == MEMORY_WRITE)
		atomic_store(&rig->engine.stop, true);
}

/* Somebody of that name became known after the decision and before the sending: he is not the one whom we created. */
static void test_R5_who_was_known_before_is_not_adopted(void **state)
{
	struct err err = ERR_INIT;
	struct rig rig;
	int64_t staged;

	(void)state;
	open_blind(&rig, "{\"Id\":\"c\"," CONTACT_ANN ",\"Email\":\"c@x.example\"}");
	memory_refuse(rig.emr, "c", RETRY_LATER, "BUSY");
	hooks_set(&rig, SIDE_EMR, stop_when_written, NULL);
	assert_int_equal(ask_for_patient(&rig, &err), 0);
	assert_int_equal(settle(&rig, &err), ERR_ABORTED);
	hooks_clear(&rig);
	atomic_store(&rig.engine.stop, false);
	memory_refuse(rig.emr, "c", DELIVERED, "");
	memory_put(rig.emr, "patient", "{\"id\":\"twin\"," ANN "}");
	err = (struct err)ERR_INIT;
	assert_int_equal(run_capture_one(&rig.engine, rig.plan, SIDE_EMR, STR("twin"), DOOR_WEBHOOK, 0, &staged, &err),
	                 0);
	memory_fail(rig.emr, MEMORY_WRITE, 1, ERR_TIMEOUT, true);
	assert_int_equal(settle(&rig, &err), 0);
	one_patient(&rig, 3);
	assert_string_equal(rig_emr(&rig, "twin", "email"), "");
	rig_close(&rig);
}

struct due_job {
	struct rig *rig;
	size_t count;
};

static int count_due(struct db *db, void *context, struct err *err)
{
	struct due_job *job = context;
	const struct owed_query query = { .sync_id = job->rig->plan->sync_id,
		                          .side = SIDE_EMR,
		                          .priority = OWED_PERSON,
		                          .now_ms = clock_wall_ms(),
		                          .limit = 10 };
	struct owed *due;

	return outbox_due(db, &job->rig->arena, &query, &due, &job->count, err);
}

/* Whatever is owed to the EMR may be sent. */
static void wait_until_due(struct rig *rig, size_t count)
{
	struct due_job job = { .rig = rig };
	struct err err = ERR_INIT;

	for (int i = 0; i < 6000 && job.count < count; i++) {
		clock_sleep_ms(10);
		assert_int_equal(store_read(rig->engine.store, count_due, &job, &err), 0);
	}
	assert_int_equal(job.count, count);
}

/* The look finds Ann; the call that would create Bob fails as a whole. */
static void fail_the_write(struct rig *rig, enum memory_call which, unsigned nth)
{
	(void)nth;
	if (which != MEMORY_LIST || lists++ > 0)
		return;
	memory_refuse(rig->emr, "b", DELIVERED, "");
	memory_fail(rig->emr, MEMORY_WRITE, 1, ERR_NETWORK, false);
}

static void test_R5_who_was_found_is_not_created_again_when_the_call_beside_it_fails(void **state)
{
	const struct asked bob = { .wish = WISH_CREATE, .record_id = STR("b") };
	const struct capture how = {
		.side = SIDE_CRM, .door = DOOR_CLICK, .priority = STAGED_PERSON, .total = -1, .durable = true
	};
	struct err err = ERR_INIT;
	struct captured done;
	struct rig rig;

	(void)state;
	open_blind(&rig, "{\"Id\":\"c\"," CONTACT_ANN "}");
	memory_put(rig.crm, "Contact",
	           "{\"Id\":\"b\",\"FirstName\":\"Bob\",\"LastName\":\"Day\",\"Birthdate\":\"1970-01-02\"}");
	memory_refuse(rig.emr, "b", RETRY_LATER, "BUSY");
	memory_fail(rig.emr, MEMORY_WRITE, 1, ERR_TIMEOUT, true);
	hooks_set(&rig, SIDE_EMR, stop_when_written, NULL);
	assert_int_equal(ask_for_patient(&rig, &err), 0);
	assert_int_equal(capture_wish(&rig.engine, rig.plan, &rig.arena, &bob, &how, &done, &err), 0);
	assert_int_equal(settle(&rig, &err), ERR_ABORTED);
	hooks_clear(&rig);
	atomic_store(&rig.engine.stop, false);
	wait_until_due(&rig, 2);
	lists = 0;
	hooks_set(&rig, SIDE_EMR, fail_the_write, NULL);
	err = (struct err)ERR_INIT;
	assert_int_equal(settle(&rig, &err), 0);
	hooks_clear(&rig);
	one_patient(&rig, 3);
	rig_close(&rig);
}

/* R5: death at any instant, before and after the far side has taken it. */
static void test_R5_R40_death_at_any_instant_creates_one_patient(void **state)
{
	bool more = true;

	(void)state;
	for (int64_t n = 1; more && n < 400; n++) {
		struct err err = ERR_INIT;
		struct rig rig;

		open_blind(&rig, "{\"Id\":\"c\"," CONTACT_ANN "}");
		assert_int_equal(ask_for_patient(&rig, &err), 0);
		rig_fail_store_at(&rig, n);
		more = settle(&rig, &err) < 0;
		rig_restart(&rig);
		clock_sleep_ms(2);
		err = (struct err)ERR_INIT;
		if (settle(&rig, &err) < 0)
			fail_msg("after a death at %lld: %s", (long long)n, err.text);
		one_patient(&rig, 2);
		rig_close(&rig);
	}
	assert_false(more);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R5_R40_a_create_whose_answer_was_lost_is_found_and_adopted),
		cmocka_unit_test(test_R5_a_create_that_was_not_carried_out_is_sent_again),
		cmocka_unit_test(test_R5_R8_several_that_could_be_it_are_for_a_person),
		cmocka_unit_test(test_R5_R7_without_a_match_key_nobody_guesses),
		cmocka_unit_test(test_R5_who_was_known_before_is_not_adopted),
		cmocka_unit_test(test_R5_who_was_found_is_not_created_again_when_the_call_beside_it_fails),
		cmocka_unit_test(test_R5_R40_death_at_any_instant_creates_one_patient),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

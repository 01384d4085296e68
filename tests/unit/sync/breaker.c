/* A pair that two systems change back and forth is stopped; a busy person is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hooks.h"
#include "people.h"
#include "sync/breaker.h"
#include "sync/capture.h"

/* An automation of each system respells the city whenever its record is touched by us, after our write has been answered: nothing to learn from. */
static unsigned spelling;

static void open_linked(struct rig *rig)
{
	int64_t counts[OUTCOME_COUNT];

	rig_open(rig, "");
	memory_put(rig->emr, "patient", "{\"id\":\"a\"," ANN ",\"city\":\"Boise\"}");
	memory_put(rig->crm, "Contact", "{\"Id\":\"c\"," CONTACT_ANN "}");
	rig_import(rig, counts);
	rig_import(rig, counts);
	assert_int_equal(counts[OUTCOME_UNCHANGED], 1);
}

static void delta(struct rig *rig)
{
	const struct run_order order = { .kind = RUN_DELTA };
	struct run run = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(run_batch(&rig->engine, rig->plan, &order, &run, &rig->arena, &err), 0);
}

static void respell(struct rig *rig, enum side side)
{
	char json[100];

	snprintf(json, sizeof(json), "{\"%s\":\"%s\",\"%s\":\"City %u\"}", side == SIDE_EMR ? "id" : "Id",
	         side == SIDE_EMR ? "a" : "c", side == SIDE_EMR ? "city" : "MailingCity", ++spelling);
	if (side == SIDE_EMR)
		memory_put(rig->emr, "patient", json);
	else
		memory_put(rig->crm, "Contact", json);
	delta(rig);
}

static const struct staged *failed(struct rig *rig)
{
	const struct staged_filter filter = { .failed = true, .limit = 100 };
	struct staged *all;
	struct err err = ERR_INIT;
	size_t count;

	assert_int_equal(stage_list(&rig->engine, &rig->arena, &filter, &all, &count, &err), 0);
	return count ? &all[count - 1] : NULL;
}

static void play_loop(struct rig *rig, unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++) {
		respell(rig, SIDE_EMR);
		respell(rig, SIDE_CRM);
	}
}

static void test_a_pair_that_goes_back_and_forth_is_stopped_and_says_why(void **state)
{
	const struct staged *stopped;
	struct rig rig;
	unsigned written;

	(void)state;
	open_linked(&rig);
	play_loop(&rig, 5);
	assert_null(failed(&rig));
	play_loop(&rig, 2);
	stopped = failed(&rig);
	assert_non_null(stopped);
	assert_true(str_eq_c(stopped->error_code, "loop"));
	assert_true(str_eq_c(stopped->error_field, "City"));
	assert_true(str_find(stopped->reason, STR("City")) >= 0);
	assert_true(str_find(stopped->reason, STR("practice")) >= 0);
	assert_true(str_find(stopped->reason, STR("org")) >= 0);
	assert_true(str_find(stopped->reason, STR("Boise")) < 0); /* R41 */
	written = memory_written(rig.emr) + memory_written(rig.crm);
	play_loop(&rig, 3);
	assert_int_equal(memory_written(rig.emr) + memory_written(rig.crm), written);
	rig_close(&rig);
}

static void test_R3_a_retry_lets_it_flow_again(void **state)
{
	struct rig rig;
	char wanted[20];

	(void)state;
	open_linked(&rig);
	play_loop(&rig, 8);
	assert_non_null(failed(&rig));
	assert_int_equal(rig_retry(&rig).failed, 0);
	assert_string_equal(rig_emr(&rig, "a", "city"), rig_crm(&rig, "c", "MailingCity"));
	respell(&rig, SIDE_EMR);
	snprintf(wanted, sizeof(wanted), "City %u", spelling);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), wanted);
	rig_close(&rig);
}

static void test_R11_a_persons_wish_lets_it_flow_again(void **state)
{
	const struct asked asked = { .wish = WISH_SYNC, .record_id = STR("c") };
	const struct capture how = { .side = SIDE_CRM, .door = DOOR_CLICK, .priority = STAGED_PERSON };
	struct captured captured;
	struct rig rig;
	struct err err = ERR_INIT;

	(void)state;
	open_linked(&rig);
	play_loop(&rig, 8);
	assert_string_not_equal(rig_emr(&rig, "a", "city"), rig_crm(&rig, "c", "MailingCity"));
	assert_int_equal(capture_wish(&rig.engine, rig.plan, &rig.arena, &asked, &how, &captured, &err), 0);
	assert_int_equal(run_settle(&rig.engine, rig.plan, false, NULL, NULL, &err), 0);
	assert_string_equal(rig_emr(&rig, "a", "city"), rig_crm(&rig, "c", "MailingCity"));
	rig_close(&rig);
}

static void test_a_busy_person_on_one_side_is_not_stopped(void **state)
{
	struct rig rig;
	char wanted[20];

	(void)state;
	open_linked(&rig);
	for (unsigned i = 0; i < 30; i++)
		respell(&rig, SIDE_EMR);
	snprintf(wanted, sizeof(wanted), "City %u", spelling);
	assert_null(failed(&rig));
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), wanted);
	rig_close(&rig);
}

/* Each side writes what it is sent in its own way, another one each time; the answers show it. */
static void respell_each_time(void *context, struct arena *arena, struct json *record)
{
	const char *field = context;

	if (json_get(record, field))
		json_set(record, str_of(field), json_new_text(arena, arena_printf(arena, "Spelling %u", ++spelling)));
}

static void test_R27_systems_that_respell_each_write_settle_without_the_breaker(void **state)
{
	unsigned written;
	struct rig rig;

	(void)state;
	open_linked(&rig);
	memory_rewrite(rig.emr, respell_each_time, "city");
	memory_rewrite(rig.crm, respell_each_time, "MailingCity");
	respell(&rig, SIDE_EMR);
	for (unsigned i = 0; i < 3; i++)
		delta(&rig);
	written = memory_written(rig.emr) + memory_written(rig.crm);
	for (unsigned i = 0; i < 5; i++)
		delta(&rig);
	assert_int_equal(memory_written(rig.emr) + memory_written(rig.crm), written);
	assert_null(failed(&rig));
	rig_close(&rig);
}

static bool turn(struct arena *arena, struct link *link, enum side from, const char *field, int64_t most,
                 int64_t now_ms)
{
	const struct moving moving = { str_of(field), from, false };
	bool turned;

	return breaker_turn(arena, link, &moving, 1, most, now_ms, &turned) >= 0;
}

static void test_turns_are_counted_within_an_hour(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const int64_t minute = 60000;
	struct link link = { .id = 1 };

	(void)state;
	for (int64_t i = 0; i < 100; i++) /* a turn each ten minutes: never more than seven in an hour */
		assert_false(turn(&arena, &link, i % 2 ? SIDE_CRM : SIDE_EMR, "City", 10, i * 10 * minute));
	breaker_reset(&link);
	for (int64_t i = 0; i <= 10; i++)
		assert_false(turn(&arena, &link, i % 2 ? SIDE_CRM : SIDE_EMR, "City", 10, i * minute));
	assert_true(turn(&arena, &link, SIDE_CRM, "City", 10, 11 * minute));
	breaker_reset(&link);
	for (int64_t i = 0; i < 100; i++)
		assert_false(turn(&arena, &link, i % 2 ? SIDE_CRM : SIDE_EMR, "City", 0, i)); /* 0: never */
}

static void test_two_people_who_edit_different_fields_in_turn_are_not_stopped(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	static const char *const form[] = { "E-mail", "City", "Payer", "Mobile" };
	struct link link = { .id = 1 };
	char json[100];
	struct rig rig;

	(void)state;
	for (int64_t i = 0; i < 100; i++)
		assert_false(turn(&arena, &link, i % 2 ? SIDE_CRM : SIDE_EMR, i % 2 ? "City" : "E-mail", 10, i));
	for (int64_t i = 0; i < 24;
	     i++) /* one fills the whole form, then the other one corrects it: a turn a field each time */
		assert_false(turn(&arena, &link, i / 4 % 2 ? SIDE_CRM : SIDE_EMR, form[i % 4], 10, 1000 + i));
	open_linked(&rig);
	for (unsigned i = 0; i < 12; i++) {
		snprintf(json, sizeof(json), "{\"Id\":\"c\",\"Email\":\"mail%u@x.example\"}", i);
		memory_put(rig.crm, "Contact", json);
		delta(&rig);
		respell(&rig, SIDE_EMR);
	}
	assert_null(failed(&rig));
	assert_string_equal(rig_emr(&rig, "a", "email"), "mail11@x.example");
	rig_close(&rig);
}

/* Each payload meets what the other side was given meanwhile, and carries it over, too: that is the other side's change, not the same one put back. */
static void test_two_people_who_edit_different_fields_at_the_same_time_are_not_stopped(void **state)
{
	struct rig rig;
	char json[100];

	(void)state;
	open_linked(&rig);
	for (unsigned i = 0; i < 15; i++) {
		snprintf(json, sizeof(json), "{\"id\":\"a\",\"city\":\"City %u\"}", i);
		memory_put(rig.emr, "patient", json);
		snprintf(json, sizeof(json), "{\"Id\":\"c\",\"Email\":\"mail%u@x.example\"}", i);
		memory_put(rig.crm, "Contact", json);
		delta(&rig);
	}
	assert_null(failed(&rig));
	assert_string_equal(rig_emr(&rig, "a", "email"), "mail14@x.example");
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "City 14");
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_pair_that_goes_back_and_forth_is_stopped_and_says_why),
		cmocka_unit_test(test_R3_a_retry_lets_it_flow_again),
		cmocka_unit_test(test_R11_a_persons_wish_lets_it_flow_again),
		cmocka_unit_test(test_a_busy_person_on_one_side_is_not_stopped),
		cmocka_unit_test(test_R27_systems_that_respell_each_write_settle_without_the_breaker),
		cmocka_unit_test(test_turns_are_counted_within_an_hour),
		cmocka_unit_test(test_two_people_who_edit_different_fields_in_turn_are_not_stopped),
		cmocka_unit_test(test_two_people_who_edit_different_fields_at_the_same_time_are_not_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* R4: changes of one record are applied in the order in which its system made them. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"

#include "sync/capture.h"
#include "sync/stage.h"

static const char *city_in_crm(struct rig *rig)
{
	return rig_crm(rig, rig_contact_of(rig, "p"), "MailingCity");
}

/* A payload of patient p that says `city` and was made at `modified_ms`, arriving now by a webhook. */
static int64_t arrive(struct rig *rig, const char *city, int64_t modified_ms)
{
	struct str bytes = arena_printf(
	        &rig->arena,
	        "{\"id\":\"p\",\"first_name\":\"A\",\"last_name\":\"B\",\"dob\":\"1980-01-01\",\"city\":\"%s\"}", city);
	struct record record = { .id = STR("p"), .bytes = bytes, .modified_ms = modified_ms };
	const struct page page = { .records = &record, .count = 1 };
	const struct capture how = { .door = DOOR_WEBHOOK, .priority = STAGED_LIVE, .total = -1 };
	struct err err = ERR_INIT;
	struct captured done;

	clock_sleep_ms(
	        2); /* what came in the very millisecond of our own write would be read again, and these are in no far system */
	assert_int_equal(json_parse(&rig->arena, bytes, &record.json, &err), 0);
	assert_int_equal(capture_page(&rig->engine, rig->plan, &rig->arena, &page, &how, &done, &err), 0);
	assert_int_equal(done.staged, 1);
	return done.last_id;
}

static void open_with_one(struct rig *rig)
{
	int64_t counts[OUTCOME_COUNT];

	rig_open(rig, "\"create\":true");
	memory_put(rig->emr, "patient",
	           "{\"id\":\"p\",\"first_name\":\"A\",\"last_name\":\"B\",\"dob\":\"1980-01-01\",\"city\":\"First\"}");
	rig_import(rig, counts);
	assert_string_equal(city_in_crm(rig), "First");
}

static void test_R4_an_older_payload_is_not_applied(void **state)
{
	struct rig rig;

	(void)state;
	open_with_one(&rig);
	arrive(&rig, "Newer", 2000000000000);
	rig_settle(&rig);
	assert_string_equal(city_in_crm(&rig), "Newer");
	arrive(&rig, "Older", 1999999999999);
	rig_settle(&rig);
	assert_string_equal(city_in_crm(&rig), "Newer");
	rig_close(&rig);
}

static void test_R4_payloads_that_wait_together_are_applied_in_order(void **state)
{
	struct rig rig;

	(void)state;
	open_with_one(&rig);
	arrive(&rig, "Second", 2000000000000);
	arrive(&rig, "Third", 2000000001000);
	arrive(&rig, "Late copy of the second", 2000000000000);
	rig_settle(&rig);
	assert_string_equal(city_in_crm(&rig), "Third");
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R4_an_older_payload_is_not_applied),
		cmocka_unit_test(test_R4_payloads_that_wait_together_are_applied_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

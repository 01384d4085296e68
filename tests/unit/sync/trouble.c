/*
 * What goes wrong inside: something sealed that cannot be opened any more fails alone (R3); a clock that was set back holds up nothing.
 */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "sync/capture.h"
#include "sync/outbox.h"
#include "sync/reconcile.h"
#include "sync/stage.h"

struct spoiled {
	const char *sql;
};

static int spoil(struct db *db, void *context, struct err *err)
{
	const struct statement statement = { ((const struct spoiled *)context)->sql };

	return db_run(db, &statement, BIND(bind_blob(STR("\x01\x02"))), err);
}

/* `sql` is changed in the database by a hand that has no key. */
static void change(struct rig *rig, const char *sql)
{
	struct spoiled spoiled = { sql };
	struct err err = ERR_INIT;

	if (store_write(rig->engine.store, DURABLE, spoil, &spoiled, &err) < 0)
		fail_msg("%s", err.text);
}

static void stage(struct rig *rig, const char *id, const char *json)
{
	const int64_t later_ms = 4102444800000; /* than whatever was settled (R4) */
	struct record record = { .id = str_of(id), .bytes = str_of(json), .modified_ms = later_ms };
	const struct page page = { .records = &record, .count = 1, .last = true, .total = 1 };
	const struct capture how = { .side = SIDE_EMR, .door = DOOR_RETRY, .asked_ms = later_ms, .total = -1 };
	struct captured done;
	struct err err = ERR_INIT;

	memory_put(rig->emr, "patient", json);
	if (json_parse(&rig->arena, record.bytes, &record.json, &err) < 0 ||
	    capture_page(&rig->engine, rig->plan, &rig->arena, &page, &how, &done, &err) < 0)
		fail_msg("%s", err.text);
}

#define ANN "{\"id\":\"a\",\"first_name\":\"Ann\",\"last_name\":\"Lee\",\"dob\":\"1980-01-02\""
#define BOB "{\"id\":\"b\",\"first_name\":\"Bob\",\"last_name\":\"Ray\",\"dob\":\"1981-01-02\""

/* What waits is decided, and nothing is delivered. */
static void decide(struct rig *rig)
{
	struct reconciler *r = reconciler_new(&rig->engine, rig->plan);
	struct err err = ERR_INIT;
	size_t decided;
	bool idle = false;

	while (!idle) {
		if (reconcile_step(r, &decided, &idle, &err) < 0)
			fail_msg("%s", err.text);
	}
	reconciler_free(&r);
}

static void open_two(struct rig *rig)
{
	int64_t counts[OUTCOME_COUNT];

	rig_open(rig, "\"create\":true");
	memory_put(rig->emr, "patient", ANN "}");
	memory_put(rig->emr, "patient", BOB "}");
	rig_import(rig, counts);
	assert_int_equal(counts[OUTCOME_CREATED], 2);
}

static size_t failed(struct rig *rig, const char *id)
{
	const struct staged_filter filter = { .record_id = str_of(id), .limit = 100 };
	struct staged *rows;
	struct err err = ERR_INIT;
	size_t count, ret = 0;

	assert_int_equal(stage_list(&rig->engine, &rig->arena, &filter, &rows, &count, &err), 0);
	for (size_t i = 0; i < count; i++)
		ret += rows[i].state == STAGED_FAILED;
	return ret;
}

static void bob_arrives_and_ann_fails(struct rig *rig)
{
	rig_settle(rig);
	assert_int_equal(failed(rig, "a"), 1);
	assert_int_equal(failed(rig, "b"), 0);
	assert_string_equal(rig_crm(rig, rig_contact_of(rig, "b"), "MailingCity"), "Nampa");
	assert_string_equal(rig_crm(rig, rig_contact_of(rig, "a"), "MailingCity"), "");
}

static void test_R3_a_payload_that_cannot_be_opened_fails_alone(void **state)
{
	struct rig rig;

	(void)state;
	open_two(&rig);
	stage(&rig, "a", ANN ",\"city\":\"Boise\"}");
	stage(&rig, "b", BOB ",\"city\":\"Nampa\"}");
	change(&rig, "UPDATE staged SET body = $1 WHERE record_id = 'a' AND state = 0");
	bob_arrives_and_ann_fails(&rig);
	rig_close(&rig);
}

/* Legal JSON, and nothing that a database takes as a text: on PostgreSQL it failed the page that it is in, each time it was read, or ended the process. */
static void test_R3_an_id_or_version_that_is_no_text_for_a_table_fails_alone(void **state)
{
	static const struct {
		const char *text;
		int digits; /* behind it */
	} names[] = { { "x\\u0000", 1 }, { "x\\u001b", 1 }, { "", 256 }, { "", 70000 } };
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	rig_open(&rig, "\"create\":true");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		SCOPED(buf) struct buf id = BUF_INIT(1 << 20);

		buf_printf(&id, "%s%0*d", names[i].text, names[i].digits, 7);
		memory_put(rig.emr, "patient",
		           arena_printf(&rig.arena, "{\"id\":\"%s\",\"first_name\":\"A\",\"last_name\":\"B\"}",
		                        buf_text(&id))
		                   .at);
		memory_put(rig.crm, "Contact",
		           arena_printf(&rig.arena, "{\"Id\":\"c%zu\",\"LastName\":\"B\",\"Patient_Id__c\":\"%s\"}", i,
		                        buf_text(&id))
		                   .at);
	}
	memory_put(rig.emr, "patient", ANN "}");
	memory_put(rig.emr, "patient", BOB "}");
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_CREATED], 2);
	assert_int_equal(counts[OUTCOME_FAILED], ARRAY_LEN(names));
	rig_close(&rig);
}

/* Somebody retried it, or named it as the one that has its bytes, while a purge was taking them. */
static void test_R3_a_payload_whose_bytes_were_purged_fails_alone(void **state)
{
	struct rig rig;

	(void)state;
	open_two(&rig);
	stage(&rig, "a", ANN ",\"city\":\"Boise\"}");
	stage(&rig, "b", BOB ",\"city\":\"Nampa\"}");
	change(&rig, "UPDATE staged SET body = NULL, purged_ms = 1 WHERE record_id = 'a' AND state = 0 AND body <> $1");
	bob_arrives_and_ann_fails(&rig);
	rig_close(&rig);
}

static void test_R3_a_base_that_cannot_be_opened_fails_its_pair_alone(void **state)
{
	struct rig rig;

	(void)state;
	open_two(&rig);
	stage(&rig, "a", ANN ",\"city\":\"Boise\"}");
	stage(&rig, "b", BOB ",\"city\":\"Nampa\"}");
	change(&rig, "UPDATE link SET base = $1 WHERE emr_id = 'a'");
	bob_arrives_and_ann_fails(&rig);
	rig_close(&rig);
}

static void test_R3_a_write_that_cannot_be_opened_fails_its_payload_alone(void **state)
{
	struct rig rig;

	(void)state;
	open_two(&rig);
	stage(&rig, "a", ANN ",\"city\":\"Boise\"}");
	stage(&rig, "b", BOB ",\"city\":\"Nampa\"}");
	decide(&rig);
	change(&rig, "UPDATE outbox SET body = $1 WHERE link_id = (SELECT id FROM link WHERE emr_id = 'a')");
	bob_arrives_and_ann_fails(&rig);
	rig_close(&rig);
}

static int find_due(struct db *db, void *context, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const int64_t now = 1000000000, hour = 3600000;
	const struct owed_query query = {
		.sync_id = 1, .side = SIDE_CRM, .priority = OWED_NORMAL, .now_ms = now, .limit = 9
	};
	struct owed owed = {
		.sync_id = 1, .side = SIDE_CRM, .op = WRITE_UPDATE, .priority = OWED_NORMAL, .record_id = STR("c")
	};
	struct owed *found;
	size_t count;

	owed.due_ms = now + 60000; /* postponed */
	if (outbox_add(db, &owed, err) < 0)
		return err_pass(err);
	owed.due_ms = now + 5 * hour; /* postponed before the clock was set back */
	if (outbox_add(db, &owed, err) < 0)
		return err_pass(err);
	*(int64_t *)context = owed.id;
	if (outbox_due(db, &arena, &query, &found, &count, err) < 0)
		return err_pass(err);
	assert_int_equal(count, 1);
	assert_int_equal(found[0].id, owed.id);
	return 0;
}

static void test_a_clock_that_was_set_back_by_hours_holds_no_write_for_hours(void **state)
{
	struct err err = ERR_INIT;
	struct rig rig;
	int64_t id;

	(void)state;
	rig_open(&rig, "");
	if (store_write(rig.engine.store, RELAXED, find_due, &id, &err) < 0)
		fail_msg("%s", err.text);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R3_a_payload_that_cannot_be_opened_fails_alone),
		cmocka_unit_test(test_R3_an_id_or_version_that_is_no_text_for_a_table_fails_alone),
		cmocka_unit_test(test_R3_a_payload_whose_bytes_were_purged_fails_alone),
		cmocka_unit_test(test_R3_a_base_that_cannot_be_opened_fails_its_pair_alone),
		cmocka_unit_test(test_R3_a_write_that_cannot_be_opened_fails_its_payload_alone),
		cmocka_unit_test(test_a_clock_that_was_set_back_by_hours_holds_no_write_for_hours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Bulk API 2.0 ingest against the stand-in org. */
#include "live_org.h"

#include <stdio.h>

#include "connectors/salesforce/salesforce.h"

enum { MANY = 3000 };

static int bulk(const struct write_item *items, size_t count, struct write_result *ret)
{
	const struct write_request request = { .object = STR("Contact"), .items = items, .item_count = count };
	struct call *call = org->kind->bulk_start(org, &request);

	return org->kind->bulk_finish(&call, &live.arena, ret, &live.err);
}

static struct write_item person(size_t n, const char *fields)
{
	return (struct write_item) { .op = WRITE_CREATE,
		                     .key_field = STR("Hint_Patient_Id__c"),
		                     .key = arena_printf(&live.arena, "bulk-%zu", n),
		                     .fields = live_json(&live, fields) };
}

/* Names with quotes, commas, line breaks and a leading plus come through as they are. */
static void R5_thousands_are_upserted_and_repeating_it_makes_nobody_twice(void **state)
{
	struct write_item *items;
	struct write_result *first, *second;

	NEEDS_ORG;
	items = arena_new_array(&live.arena, struct write_item, MANY);
	first = arena_new_array(&live.arena, struct write_result, MANY);
	second = arena_new_array(&live.arena, struct write_result, MANY);
	for (size_t i = 0; i < MANY; i++)
		items[i] = person(i, i % 2 ? "{\"LastName\":\"O'Neil, \\\"Jr\\\"\\nx\",\"Phone\":\"+1 555\"}"
		                           : "{\"LastName\":\"Lee\",\"Email\":\"a@x.example\"}");
	if (bulk(items, MANY, first) < 0 || bulk(items, MANY, second) < 0)
		fail_msg("%s", live.err.text);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(first[i].outcome, DELIVERED);
		assert_true(first[i].created);
		assert_int_equal(second[i].outcome, DELIVERED);
		assert_false(second[i].created);
		assert_true(str_eq(first[i].id, second[i].id));
	}
}

static struct record read_back(struct str id, const char *field)
{
	const struct str name = str_of(field);
	const struct fetch_request request = {
		.object = STR("Contact"), .ids = &id, .id_count = 1, .fields = &name, .field_count = 1
	};
	struct call *call = org->kind->fetch_start(org, &request);
	struct page page;

	if (org->kind->fetch_finish(&call, &live.arena, &page, &live.err) < 0)
		fail_msg("%s", live.err.text);
	return page.records[0];
}

static void R3_R26_each_row_has_its_own_verdict_and_only_its_own_fields(void **state)
{
	struct write_item items[3];
	struct write_result results[3];
	struct record record;

	NEEDS_ORG;
	items[0] =
	        person(90001, "{\"LastName\":\"O'Neil, \\\"Jr\\\"\",\"Phone\":\"+1 555\",\"Email\":\"a@x.example\"}");
	items[1] = person(90002, "{\"LastName\":\"Ray\",\"Email\":\"no address\"}");
	items[2] = person(90003, "{\"LastName\":\"Day\"}");
	if (bulk(items, 3, results) < 0)
		fail_msg("%s", live.err.text);
	assert_int_equal(results[0].outcome, DELIVERED);
	assert_int_equal(results[1].outcome, REFUSED);
	assert_true(str_eq_c(results[1].code, "INVALID_EMAIL_ADDRESS"));
	assert_int_equal(results[2].outcome, DELIVERED);
	items[0] = (struct write_item) { .op = WRITE_UPDATE,
		                         .id = results[0].id,
		                         .fields = live_json(&live, "{\"Email\":null}") };
	items[1] = (struct write_item) { .op = WRITE_UPDATE,
		                         .id = results[2].id,
		                         .fields = live_json(&live, "{\"Phone\":\"555\"}") };
	if (bulk(items, 2, results) < 0)
		fail_msg("%s", live.err.text);
	assert_int_equal(results[0].outcome, DELIVERED);
	assert_int_equal(results[1].outcome, DELIVERED);
	record = read_back(results[0].id, "Email");
	assert_true(json_is_null(json_get(record.json, "Email")));
	record = read_back(results[0].id, "Phone");
	assert_true(str_eq_c(json_get_text(record.json, "Phone"), "+1 555"));
	record = read_back(results[0].id, "LastName");
	assert_true(str_eq_c(json_get_text(record.json, "LastName"), "O'Neil, \"Jr\""));
}

static void R5_what_cannot_be_repeated_does_not_go_in_bulk(void **state)
{
	struct write_item item = { .op = WRITE_CREATE };
	struct write_result result;

	NEEDS_ORG;
	item.fields = live_json(&live, "{\"LastName\":\"Lee\"}");
	assert_int_equal(bulk(&item, 1, &result), ERR_UNSUPPORTED);
	live.err = (struct err)ERR_INIT;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(R5_thousands_are_upserted_and_repeating_it_makes_nobody_twice),
		cmocka_unit_test(R3_R26_each_row_has_its_own_verdict_and_only_its_own_fields),
		cmocka_unit_test(R5_what_cannot_be_repeated_does_not_go_in_bulk),
	};

	return cmocka_run_group_tests_name("live_sf_bulk", tests, begin, end);
}

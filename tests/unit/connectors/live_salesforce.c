/* The Salesforce connector against the stand-in org, written by others from the same vendor facts. */
#include "live.h"

#include "connectors/salesforce/salesforce.h"
#include "lib/map.h"

#include <stdio.h>

#define KEY STR("Hint_Patient_Id__c")

enum { people = 450 };

static const char *const arguments[] = { "--hint-port", "-1", NULL };
static struct live live;
static struct connection *org;

static struct str settings(const char *secret)
{
	return arena_printf(&live.arena,
	                    "{\"login_url\":\"%.*s\",\"client_id\":\"suture-client\",\"client_secret\":\"%s\","
	                    "\"backoff_ms\":1,\"attempts\":3}",
	                    STR_ARG(live.base), secret);
}

static int begin(void **state)
{
	(void)state;
	if (live_open(&live, "salesforce", arguments))
		org = live_connect(&live, "salesforce", settings("suture-secret"));
	return 0;
}

static int end(void **state)
{
	(void)state;
	return live_end(&live, &org);
}

/* Each test begins without faults and is skipped without an org. */
static int calm(void **state)
{
	(void)state;
	if (org)
		live_faults(&live, "[]");
	return 0;
}

#define NEEDS_ORG LIVE_NEEDS(state, org)

static struct write_item keyed(enum write_op op, const char *key, const char *fields)
{
	return (struct write_item) { .op = op,
		                     .key_field = KEY,
		                     .key = arena_str(&live.arena, str_of(key)),
		                     .fields = live_json(&live, fields) };
}

static size_t count_where(const char *field, const char *value)
{
	static struct record found[1000];
	const struct list_equals equals = { str_of(field), str_of(value) };

	return live_list_all(&live, org,
	                     (struct list_request) {
	                             .object = STR("Contact"), .equals = &equals, .equal_count = 1, .live_only = true },
	                     found, ARRAY_LEN(found));
}

static void check_and_describe(void **state)
{
	struct str who;
	struct object_info info;
	size_t required = 0, keys = 0;

	NEEDS_ORG;
	assert_int_equal(org->kind->check(org, &live.arena, &who, &live.err), 0);
	assert_true(str_starts(org->traits.our_user, STR("005")));
	assert_int_equal(org->kind->describe(org, &live.arena, STR("Contact"), &info, &live.err), 0);
	for (size_t i = 0; i < info.field_count; i++) {
		required += info.fields[i].required;
		keys += info.fields[i].external_id && info.fields[i].unique && str_eq(info.fields[i].name, KEY);
	}
	assert_int_equal(required, 1);
	assert_int_equal(keys, 1);
	assert_int_equal(org->kind->describe(org, &live.arena, STR("Nothing__c"), &info, &live.err), ERR_NOT_FOUND);
}

static void wrong_secrets_are_told(void **state)
{
	struct connection *c;
	struct str who;

	NEEDS_ORG;
	c = live_connect(&live, "salesforce", settings("wrong"));
	assert_int_equal(c->kind->check(c, &live.arena, &who, &live.err), ERR_AUTH);
	c->kind->close(&c);
}

/* The same 450 people twice: created, then found by their key. */
static void upserts_create_once(void **state)
{
	static struct write_item items[people];
	static struct write_result results[people];
	static struct record rows[people * 2];

	NEEDS_ORG;
	for (size_t i = 0; i < people; i++) {
		char fields[100], key[20];

		snprintf(key, sizeof(key), "pat-%zu", i);
		snprintf(fields, sizeof(fields), "{\"LastName\":\"Person %zu\",\"Department\":\"crowd\"}", i);
		items[i] = keyed(WRITE_CREATE, key, fields);
	}
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < people; i += 200)
			assert_int_equal(live_write(&live, org, "Contact", items + i, MIN_OF(people - i, (size_t)200),
			                            results + i),
			                 0);
		for (size_t i = 0; i < people; i++) {
			if (results[i].outcome != DELIVERED)
				fail_msg("row %zu: %.*s %.*s", i, STR_ARG(results[i].code),
				         STR_ARG(results[i].raw_message));
			assert_int_equal(results[i].created, !again);
		}
	}
	assert_int_equal(
	        live_list_all(&live, org,
	                      (struct list_request) { .object = STR("Contact"), .where = STR("Department = 'crowd'") },
	                      rows, ARRAY_LEN(rows)),
	        people);
}

static void all_ways_of_paging_see_everybody_once(void **state)
{
	static const size_t sizes[] = { 0, 7, 200, 2000 };
	static struct record rows[people * 2];

	NEEDS_ORG;
	for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
		struct map seen = MAP_INIT(&live.arena);
		size_t n = live_list_all(&live, org,
		                         (struct list_request) { .object = STR("Contact"),
		                                                 .where = STR("Department = 'crowd'"),
		                                                 .page_size = sizes[s] },
		                         rows, ARRAY_LEN(rows));

		for (size_t i = 0; i < n; i++) {
			assert_null(rows[i].fault);
			assert_null(map_get(&seen, rows[i].id));
			map_put(&seen, rows[i].id, &rows[i]);
		}
		assert_int_equal(n, people);
	}
}

static void fetch_brings_whole_batches(void **state)
{
	static struct record rows[people * 2];
	static struct str ids[people + 1];
	struct page page;
	struct str field = KEY;

	NEEDS_ORG;
	live_list_all(&live, org,
	              (struct list_request) { .object = STR("Contact"), .where = STR("Department = 'crowd'") }, rows,
	              ARRAY_LEN(rows));
	for (size_t i = 0; i < people; i++)
		ids[i] = rows[people - 1 - i].id;
	ids[people] = STR("003000000000zzzAAA");
	assert_int_equal(live_fetch(&live, org,
	                            (struct fetch_request) { .object = STR("Contact"),
	                                                     .ids = ids,
	                                                     .id_count = people + 1,
	                                                     .fields = &field,
	                                                     .field_count = 1 },
	                            &page),
	                 0);
	for (size_t i = 0; i < people; i++) {
		assert_null(page.records[i].fault);
		assert_true(str_eq(page.records[i].id, ids[i]));
		assert_true(str_starts(json_get_text(page.records[i].json, "Hint_Patient_Id__c"), STR("pat-")));
	}
	assert_string_equal(page.records[people].fault, "not there");
}

/* R3: the good rows of a call go through, the bad ones say which field. */
static void R3_rows_fail_one_by_one(void **state)
{
	static const struct {
		const char *fields, *code, *field;
	} rows[] = {
		{ "{\"LastName\":\"Good\"}", NULL, NULL },
		{ "{\"LastName\":\"X\",\"Email\":\"nobody\"}", "INVALID_EMAIL_ADDRESS", "Email" },
		{ "{\"FirstName\":\"Only\"}", "REQUIRED_FIELD_MISSING", "LastName" },
		{ "{\"LastName\":"
		  "\"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890\"}",
		  "STRING_TOO_LONG", "LastName" },
		{ "{\"LastName\":\"X\",\"Pronouns\":\"Xyzzy\"}", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
		  "Pronouns" },
		{ "{\"LastName\":\"Also good\"}", NULL, NULL },
	};
	struct write_item items[ARRAY_LEN(rows)];
	struct write_result results[ARRAY_LEN(rows)];

	NEEDS_ORG;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char key[20];

		snprintf(key, sizeof(key), "row-%zu", i);
		items[i] = keyed(WRITE_UPSERT, key, rows[i].fields);
	}
	assert_int_equal(live_write(&live, org, "Contact", items, ARRAY_LEN(rows), results), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(results[i].outcome, rows[i].code ? REFUSED : DELIVERED);
		if (!rows[i].code)
			continue;
		assert_str(results[i].code, rows[i].code);
		assert_str(results[i].field, rows[i].field);
	}
}

static void what_is_deleted_is_listed_as_such(void **state)
{
	struct write_item item;
	struct write_result result;
	struct page page;
	const struct list_equals equals = { STR("LastName"), STR("Leaving") };
	struct list_request request = { .object = STR("Contact"), .equals = &equals, .equal_count = 1 };

	NEEDS_ORG;
	item = keyed(WRITE_UPSERT, "leaving", "{\"LastName\":\"Leaving\"}");
	assert_int_equal(live_write(&live, org, "Contact", &item, 1, &result), 0);
	item = (struct write_item) { .op = WRITE_DELETE, .id = result.id };
	assert_int_equal(live_write(&live, org, "Contact", &item, 1, &result), 0);
	assert_int_equal(result.outcome, DELIVERED);
	assert_int_equal(live_write(&live, org, "Contact", &item, 1, &result), 0);
	assert_int_equal(result.outcome, DELIVERED);
	assert_int_equal(live_list(&live, org, request, &page), 0);
	assert_int_equal(page.count, 1);
	assert_true(page.records[0].deleted);
	request.live_only = true;
	assert_int_equal(live_list(&live, org, request, &page), 0);
	assert_int_equal(page.count, 0);
	item = (struct write_item) { .op = WRITE_UPDATE,
		                     .id = item.id,
		                     .fields = live_json(&live, "{\"LastName\":\"Back\"}") };
	assert_int_equal(live_write(&live, org, "Contact", &item, 1, &result), 0);
	assert_int_equal(result.outcome, GONE);
}

static void tokens_that_expire_are_renewed(void **state)
{
	static struct record rows[people * 2];

	NEEDS_ORG;
	live_faults(&live, "[{\"match\":\"GET /services/data/*\",\"kind\":\"expire\",\"times\":1}]");
	live_list_all(&live, org, (struct list_request) { .object = STR("Contact"), .page_size = 200 }, rows,
	              ARRAY_LEN(rows));
}

/* R5: a dropped answer after the commit. With a key the same call is sent again and nobody stands there twice. */
static void R5_lost_answers(void **state)
{
	struct write_item item;
	struct write_result result;

	NEEDS_ORG;
	live_faults(&live,
	            "[{\"match\":\"* /services/data/*/composite*\",\"kind\":\"drop_after_commit\",\"times\":1}]");
	item = keyed(WRITE_CREATE, "lost-1", "{\"LastName\":\"Lost answer\"}");
	assert_int_equal(live_write(&live, org, "Contact", &item, 1, &result), 0);
	assert_int_equal(result.outcome, DELIVERED);
	assert_int_equal(count_where("LastName", "Lost answer"), 1);
	live_faults(&live,
	            "[{\"match\":\"* /services/data/*/composite*\",\"kind\":\"drop_after_commit\",\"times\":1}]");
	item = (struct write_item) { .op = WRITE_CREATE, .fields = live_json(&live, "{\"LastName\":\"No key\"}") };
	assert_int_equal(live_write(&live, org, "Contact", &item, 1, &result), 0);
	assert_int_equal(result.outcome, UNKNOWN);
	assert_int_equal(count_where("LastName", "No key"), 1);
}

static void every_fault_has_its_outcome(void **state)
{
	static const struct {
		const char *kind;
		int code;
		enum delivery outcome;
	} rows[] = {
		{ "lock", 0, RETRY_LATER },
		{ "limit", ERR_RATE, RETRY_LATER },
		{ "500", ERR_FAR_SIDE, RETRY_LATER },
		{ "503", ERR_FAR_SIDE, RETRY_LATER },
		{ "html", ERR_FAR_SIDE, RETRY_LATER },
		{ "malformed", ERR_FAR_SIDE, RETRY_LATER },
		{ "drop_before", ERR_NETWORK, RETRY_LATER },
	};
	struct write_item item;
	struct write_result result;

	NEEDS_ORG;
	item = keyed(WRITE_UPSERT, "fault", "{\"LastName\":\"Fault\"}");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char fault[200];
		int code;

		snprintf(fault, sizeof(fault), "[{\"match\":\"* /services/data/*/composite*\",\"kind\":\"%s\"}]",
		         rows[i].kind);
		live_faults(&live, fault);
		code = live_write(&live, org, "Contact", &item, 1, &result);
		if (code != rows[i].code)
			fail_msg("%s: %d %s", rows[i].kind, code, live.err.text);
		if (code == 0)
			assert_int_equal(result.outcome, rows[i].outcome);
	}
}

/* R3: half of the rows of a call fail; exactly those that were delivered are there. */
static void R3_a_partial_failure_is_told_row_by_row(void **state)
{
	static struct write_item items[200];
	static struct write_result results[200];
	size_t delivered = 0;

	NEEDS_ORG;
	for (size_t i = 0; i < 200; i++) {
		char key[20];

		snprintf(key, sizeof(key), "part-%zu", i);
		items[i] = keyed(WRITE_UPSERT, key, "{\"LastName\":\"Part\"}");
	}
	live_faults(&live, "[{\"match\":\"* /services/data/*/composite*\",\"kind\":\"partial\",\"times\":1}]");
	assert_int_equal(live_write(&live, org, "Contact", items, 200, results), 0);
	for (size_t i = 0; i < 200; i++)
		delivered += results[i].outcome == DELIVERED;
	assert_true(delivered > 0 && delivered < 200);
	live_faults(&live, "[]");
	assert_int_equal(count_where("LastName", "Part"), delivered);
}

static void a_bad_field_is_named(void **state)
{
	struct page page;
	struct str field = STR("Nope__c");
	struct str id = STR("003000000000zzzAAA");

	NEEDS_ORG;
	assert_int_equal(
	        live_list(&live, org,
	                  (struct list_request) { .object = STR("Contact"), .fields = &field, .field_count = 1 },
	                  &page),
	        ERR_CONFIG);
	assert_holds(str_of(live.err.text), "Nope__c");
	assert_int_equal(live_fetch(&live, org,
	                            (struct fetch_request) { .object = STR("Contact"),
	                                                     .ids = &id,
	                                                     .id_count = 1,
	                                                     .fields = &field,
	                                                     .field_count = 1 },
	                            &page),
	                 ERR_CONFIG);
	assert_int_equal(live_list(&live, org,
	                           (struct list_request) { .object = STR("Contact"), .where = STR("LastName ==") },
	                           &page),
	                 ERR_CONFIG);
}

static void calls_run_side_by_side(void **state)
{
	struct call *calls[8];
	struct page page;
	const struct list_request request = { .object = STR("Contact"), .page_size = 200 };
	struct budget_facts budget;

	NEEDS_ORG;
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		calls[i] = org->kind->list_start(org, &request);
	call_cancel(&calls[3]);
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		if (calls[i])
			assert_int_equal(org->kind->list_finish(&calls[i], &live.arena, &page, &live.err), 0);
	}
	assert_int_equal(org->kind->budget(org, &live.arena, true, &budget, &live.err), 0);
	assert_true(budget.known && budget.used > 0 && budget.allowance >= budget.used);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(check_and_describe, calm),
		cmocka_unit_test_setup(wrong_secrets_are_told, calm),
		cmocka_unit_test_setup(upserts_create_once, calm),
		cmocka_unit_test_setup(all_ways_of_paging_see_everybody_once, calm),
		cmocka_unit_test_setup(fetch_brings_whole_batches, calm),
		cmocka_unit_test_setup(R3_rows_fail_one_by_one, calm),
		cmocka_unit_test_setup(what_is_deleted_is_listed_as_such, calm),
		cmocka_unit_test_setup(tokens_that_expire_are_renewed, calm),
		cmocka_unit_test_setup(R5_lost_answers, calm),
		cmocka_unit_test_setup(every_fault_has_its_outcome, calm),
		cmocka_unit_test_setup(R3_a_partial_failure_is_told_row_by_row, calm),
		cmocka_unit_test_setup(a_bad_field_is_named, calm),
		cmocka_unit_test_setup(calls_run_side_by_side, calm),
	};

	return cmocka_run_group_tests(tests, begin, end);
}

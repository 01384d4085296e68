/* The Hint descriptor against the stand-in practice, written by others from the same vendor facts. */
#include "live.h"

#include "lib/map.h"

#include <stdio.h>

enum { people = 230 };

static const char *const arguments[] = { "--salesforce-port", "-1", "--pace", "-1", NULL };
static struct live live;
static struct connection *practice;

static struct str settings(const char *token)
{
	return arena_printf(&live.arena,
	                    "{\"url\":\"%.*s/"
	                    "api\",\"token\":\"%s\",\"partner_key\":\"hint-partner-key\",\"pace\":0,\"backoff_ms\":1,"
	                    "\"attempts\":3}",
	                    STR_ARG(live.base), token);
}

static int begin(void **state)
{
	(void)state;
	if (live_open(&live, "hint", arguments))
		practice = live_connect(&live, "hint", settings("hint-practice-key"));
	return 0;
}

static int end(void **state)
{
	(void)state;
	return live_end(&live, &practice);
}

static int calm(void **state)
{
	(void)state;
	if (practice)
		live_faults(&live, "[]");
	return 0;
}

#define NEEDS_PRACTICE LIVE_NEEDS(state, practice)

static struct write_item create(const char *key, const char *fields)
{
	return (struct write_item) { .op = WRITE_CREATE,
		                     .key_field = STR("integration_record_id"),
		                     .key = arena_str(&live.arena, str_of(key)),
		                     .fields = live_json(&live, fields) };
}

static size_t all(struct record *rows, size_t room, size_t page_size, bool live_only)
{
	return live_list_all(
	        &live, practice,
	        (struct list_request) { .object = STR("patient"), .page_size = page_size, .live_only = live_only },
	        rows, room);
}

static size_t count_of(const char *last_name)
{
	const struct list_equals equals = { STR("last_name"), str_of(last_name) };
	struct page page;

	if (live_list(&live, practice,
	              (struct list_request) { .object = STR("patient"), .equals = &equals, .equal_count = 1 },
	              &page) < 0)
		fail_msg("%s", live.err.text);
	return page.count;
}

static void check_names_the_practice(void **state)
{
	struct str who;
	struct connection *c;

	NEEDS_PRACTICE;
	assert_int_equal(practice->kind->check(practice, &live.arena, &who, &live.err), 0);
	assert_holds(who, "(pra-");
	c = live_connect(&live, "hint", settings("wrong"));
	assert_int_equal(c->kind->check(c, &live.arena, &who, &live.err), ERR_AUTH);
	c->kind->close(&c);
	c = live_connect(&live, "hint", settings("hint-partner-key"));
	assert_int_equal(c->kind->check(c, &live.arena, &who, &live.err), ERR_AUTH);
	assert_holds(str_of(live.err.text), "key of the practice");
	c->kind->close(&c);
}

static void creates_carry_our_id_and_happen_once(void **state)
{
	static struct write_item items[people];
	static struct write_result results[people];

	NEEDS_PRACTICE;
	for (size_t i = 0; i < people; i++) {
		char key[20], fields[160];

		snprintf(key, sizeof(key), "crm-%zu", i);
		snprintf(fields, sizeof(fields),
		         "{\"first_name\":\"P%zu\",\"last_name\":\"Crowd\",\"address_state\":\"California\"}", i);
		items[i] = create(key, fields);
	}
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < people; i += 20)
			assert_int_equal(live_write(&live, practice, "patient", items + i,
			                            MIN_OF(people - i, (size_t)20), results + i),
			                 0);
		for (size_t i = 0; i < people; i++) {
			if (results[i].outcome != DELIVERED)
				fail_msg("row %zu: %.*s %.*s", i, STR_ARG(results[i].code),
				         STR_ARG(results[i].raw_message));
			assert_int_equal(results[i].created, !again);
			assert_str(json_get_text(results[i].record.json, "address_state"), "CA");
		}
	}
}

static void pages_can_be_asked_for_ahead(void **state)
{
	static struct record rows[people * 2];
	struct call *calls[6];
	struct page page;
	size_t n, seen = 0;

	NEEDS_PRACTICE;
	n = all(rows, ARRAY_LEN(rows), 0, false);
	assert_true(n >= people);
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		const struct list_request request = { .object = STR("patient"),
			                              .page_size = 100,
			                              .cursor = arena_printf(&live.arena, "%zu", i * 100) };

		calls[i] = practice->kind->list_start(practice, &request);
	}
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		assert_int_equal(practice->kind->list_finish(&calls[i], &live.arena, &page, &live.err), 0);
		seen += page.count;
		assert_int_equal(page.total, n);
		assert_int_equal(page.last, (i + 1) * 100 >= n);
	}
	assert_int_equal(seen, n);
}

static void records_are_found_by_either_id(void **state)
{
	struct page page;
	struct str ids[] = { STR("crm-7"), STR("pat-000000000000"), STR_EMPTY };

	NEEDS_PRACTICE;
	assert_int_equal(live_fetch(&live, practice,
	                            (struct fetch_request) { .object = STR("patient"), .ids = ids, .id_count = 1 },
	                            &page),
	                 0);
	assert_true(str_starts(page.records[0].id, STR("pat-")));
	ids[0] = page.records[0].id;
	assert_int_equal(live_fetch(&live, practice,
	                            (struct fetch_request) { .object = STR("patient"), .ids = ids, .id_count = 3 },
	                            &page),
	                 0);
	assert_str(json_get_text(page.records[0].json, "integration_record_id"), "crm-7");
	assert_true(page.records[0].modified_ms > 0 && page.records[0].version.len > 0);
	assert_string_equal(page.records[1].fault, "not there");
	assert_string_equal(page.records[2].fault, "not there");
}

/* R27: the answer shows what the far side made of it. */
static void R27_an_update_answers_with_the_record(void **state)
{
	struct page page;
	const struct str id = STR("crm-8");
	struct write_item item = { .op = WRITE_UPDATE };
	struct write_result result;

	NEEDS_PRACTICE;
	assert_int_equal(live_fetch(&live, practice,
	                            (struct fetch_request) { .object = STR("patient"), .ids = &id, .id_count = 1 },
	                            &page),
	                 0);
	item.id = page.records[0].id;
	item.fields = live_json(
	        &live, "{\"phones\":[{\"number\":\"2085550163\",\"type\":\"Cell Phone\"}],\"middle_name\":\"Q\"}");
	assert_int_equal(live_write(&live, practice, "patient", &item, 1, &result), 0);
	assert_int_equal(result.outcome, DELIVERED);
	assert_str(json_text(json_walk(json_at(json_get(result.record.json, "phones"), 0), "type")), "mobile");
	assert_str(json_get_text(result.record.json, "first_name"), "P8");
	assert_false(str_eq(result.record.version, page.records[0].version));
	item.fields = live_json(&live, "{\"first_name\":\"\"}");
	assert_int_equal(live_write(&live, practice, "patient", &item, 1, &result), 0);
	assert_int_equal(result.outcome, REFUSED);
	assert_str(result.code, "422");
}

static void what_is_archived_is_listed_as_such(void **state)
{
	static struct record rows[people * 2];
	struct write_item item;
	struct write_result result;
	size_t before, archived = 0, n;

	NEEDS_PRACTICE;
	item = create("leaving", "{\"first_name\":\"Lea\",\"last_name\":\"Ving\"}");
	assert_int_equal(live_write(&live, practice, "patient", &item, 1, &result), 0);
	before = all(rows, ARRAY_LEN(rows), 0, true);
	item = (struct write_item) { .op = WRITE_DELETE, .id = result.id };
	assert_int_equal(live_write(&live, practice, "patient", &item, 1, &result), 0);
	assert_int_equal(result.outcome, DELIVERED);
	assert_int_equal(all(rows, ARRAY_LEN(rows), 0, true), before - 1);
	n = all(rows, ARRAY_LEN(rows), 0, false);
	for (size_t i = 0; i < n; i++)
		archived += rows[i].deleted;
	assert_true(archived > 0);
}

/* R5: nobody knows whether a create without answer happened; asking by our id tells, and sending it again is harmless. */
static void R5_lost_answers(void **state)
{
	struct write_item item;
	struct write_result result;
	struct page page;

	NEEDS_PRACTICE;
	item = create("lost-1", "{\"first_name\":\"Lost\",\"last_name\":\"Answer\"}");
	live_faults(&live, "[{\"match\":\"POST /api/provider/patients\",\"kind\":\"drop_after_commit\",\"times\":1}]");
	assert_int_equal(live_write(&live, practice, "patient", &item, 1, &result), 0);
	assert_int_equal(result.outcome, UNKNOWN);
	assert_int_equal(
	        live_fetch(&live, practice,
	                   (struct fetch_request) { .object = STR("patient"), .ids = &item.key, .id_count = 1 }, &page),
	        0);
	assert_null(page.records[0].fault);
	assert_int_equal(live_write(&live, practice, "patient", &item, 1, &result), 0);
	assert_int_equal(result.outcome, DELIVERED);
	assert_false(result.created);
	assert_true(str_eq(result.id, page.records[0].id));
	assert_int_equal(count_of("Answer"), 1);
}

static void every_fault_has_its_outcome(void **state)
{
	static const struct {
		const char *kind;
		int list_code;
		enum delivery create;
	} rows[] = {
		{ "429", ERR_RATE, RETRY_LATER },
		{ "500", ERR_FAR_SIDE, UNKNOWN },
		{ "503", ERR_FAR_SIDE, UNKNOWN },
		{ "html", ERR_FAR_SIDE, UNKNOWN },
	};
	struct write_item item;
	struct write_result result;
	struct page page;

	NEEDS_PRACTICE;
	item = create("fault", "{\"first_name\":\"Fa\",\"last_name\":\"Ult\"}");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char fault[200];

		snprintf(fault, sizeof(fault), "[{\"match\":\"* /api/provider/*\",\"kind\":\"%s\"}]", rows[i].kind);
		live_faults(&live, fault);
		assert_int_equal(live_list(&live, practice, (struct list_request) { .object = STR("patient") }, &page),
		                 rows[i].list_code);
		assert_int_equal(live_write(&live, practice, "patient", &item, 1, &result), 0);
		assert_int_equal(result.outcome, rows[i].create);
	}
	live_faults(&live, "[]");
	assert_int_equal(count_of("Ult"), 0);
}

static void a_page_that_is_cut_off_is_no_page(void **state)
{
	struct page page;

	NEEDS_PRACTICE;
	live_faults(&live, "[{\"match\":\"GET /api/provider/*\",\"kind\":\"malformed\",\"times\":1}]");
	assert_int_equal(live_list(&live, practice, (struct list_request) { .object = STR("patient") }, &page),
	                 ERR_FAR_SIDE);
	assert_int_equal(live_list(&live, practice, (struct list_request) { .object = STR("patient") }, &page), 0);
}

/* R3: rows broken in four ways, each with its fault; everybody else flows, and a mended row comes through. */
static void R3_broken_rows_stand_beside_good_ones(void **state)
{
	static const char *const kinds[] = { "bad_utf8", "truncated_number" };
	static struct record rows[people * 2];
	struct page page;
	size_t before, n, faults = 0;

	NEEDS_PRACTICE;
	before = all(rows, ARRAY_LEN(rows), 100, false);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		live_admin(&live, "/__admin/malformed",
		           arena_printf(&live.arena, "{\"id\":\"%.*s\",\"kind\":\"%s\"}", STR_ARG(rows[i * 50].id),
		                        kinds[i])
		                   .at);
	n = all(rows, ARRAY_LEN(rows), 100, false);
	assert_int_equal(n, before);
	for (size_t i = 0; i < n; i++)
		faults += rows[i].fault != NULL;
	assert_int_equal(faults, ARRAY_LEN(kinds));
	assert_int_equal(
	        live_fetch(&live, practice,
	                   (struct fetch_request) { .object = STR("patient"), .ids = &rows[1].id, .id_count = 1 },
	                   &page),
	        0);
	assert_null(page.records[0].fault);
}

static void a_code_becomes_a_token(void **state)
{
	const struct connector *kind = connector_find(STR("hint"));
	struct json *got = NULL;
	struct connection *c;
	struct str who;

	NEEDS_PRACTICE;
	assert_int_equal(kind->exchange_code(kind, live_json(&live, arena_text(&live.arena, settings(""))), live.http,
	                                     &(struct code_grant) { .code = STR("hint-first-code") }, &live.arena, &got,
	                                     &live.err),
	                 0);
	c = live_connect(&live, "hint", settings(arena_text(&live.arena, json_get_text(got, "token"))));
	assert_int_equal(c->kind->check(c, &live.arena, &who, &live.err), 0);
	c->kind->close(&c);
	assert_int_equal(kind->exchange_code(kind, live_json(&live, arena_text(&live.arena, settings(""))), live.http,
	                                     &(struct code_grant) { .code = STR("hint-first-code") }, &live.arena, &got,
	                                     &live.err),
	                 ERR_AUTH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(check_names_the_practice, calm),
		cmocka_unit_test_setup(creates_carry_our_id_and_happen_once, calm),
		cmocka_unit_test_setup(pages_can_be_asked_for_ahead, calm),
		cmocka_unit_test_setup(records_are_found_by_either_id, calm),
		cmocka_unit_test_setup(R27_an_update_answers_with_the_record, calm),
		cmocka_unit_test_setup(what_is_archived_is_listed_as_such, calm),
		cmocka_unit_test_setup(R5_lost_answers, calm),
		cmocka_unit_test_setup(every_fault_has_its_outcome, calm),
		cmocka_unit_test_setup(a_page_that_is_cut_off_is_no_page, calm),
		cmocka_unit_test_setup(R3_broken_rows_stand_beside_good_ones, calm),
		cmocka_unit_test_setup(a_code_becomes_a_token, calm),
	};

	return cmocka_run_group_tests(tests, begin, end);
}

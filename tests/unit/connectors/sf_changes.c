/* Changes, search and budget of the Salesforce connector against a scripted org. */
#include "sf_begin.h"

#define CLOCK "GET", .path = "/services/data/v62.0/", .headers = NOW_LINE, .answer = "{}"

static const struct str phone = { "Phone", 5 };

static int changes(struct far *far, struct connection *c, struct changes_request request, struct page *ret)
{
	struct call *call;

	request.object = STR("Contact");
	request.fields = &phone;
	request.field_count = 1;
	call = c->kind->changes_start(c, &request);
	return c->kind->changes_finish(&call, &far->arena, ret, &far->err);
}

static void expect_query(struct far *far, const char *soql, const char *answer)
{
	far_expect(far, (struct exchange) { .method = "GET", .path = soql, .headers = NOW_LINE, .answer = answer });
}

#define ROW(id, stamp, more) \
	"{\"Id\":\"" id "\",\"SystemModstamp\":\"" stamp "\",\"LastModifiedById\":\"" USER "\"" more "}"
#define ROWS(done, rows) "{\"totalSize\":1,\"done\":" done ",\"records\":[" rows "]}"

/* R39: the first asking reads nothing and says where to begin. */
static void R39_without_a_cursor_it_is_now(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct page page;

	(void)state;
	far_expect(&far, (struct exchange) { .method = CLOCK });
	assert_int_equal(changes(&far, c, (struct changes_request) { .lag_ms = 2000 }, &page), 0);
	assert_int_equal(page.count, 0);
	assert_true(page.last);
	assert_str(page.next_cursor, "2026-11-21T09:59:58.000Z|");
	assert_true(c->traits.has_times);
	sf_end(&far, c);
}

/* R31 R32 R39: from the overlap to the lag, deleted rows beside the filter, survivors named. */
static void R31_R32_a_walk_keeps_its_bounds_and_its_dead(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	const struct changes_request request = { .cursor = STR("2026-11-21T09:00:00.000Z|" ID_A),
		                                 .where = STR("AccountId != null OR Phone = '1'"),
		                                 .overlap_ms = 300000,
		                                 .lag_ms = 10000 };
	struct page page;

	(void)state;
	far_expect(&far, (struct exchange) { .method = CLOCK });
	expect_query(
	        &far,
	        "/services/data/v62.0/queryAll?q=SELECT Id,SystemModstamp,LastModifiedById,IsDeleted,MasterRecordId,"
	        "Phone FROM Contact WHERE ((AccountId != null OR Phone = '1') OR IsDeleted = TRUE) AND SystemModstamp "
	        ">= 2026-11-21T08:55:00.000Z AND SystemModstamp < 2026-11-21T09:59:50.000Z ORDER BY SystemModstamp "
	        "ASC, Id ASC LIMIT 2000",
	        ROWS("true", ROW(ID_A, "2026-11-21T08:59:59.000+0000", ",\"IsDeleted\":false") "," ROW(
	                             ID_B, "2026-11-21T09:30:00.000+0000",
	                             ",\"IsDeleted\":true,\"MasterRecordId\":\"" ID_C "\"")));
	assert_int_equal(changes(&far, c, request, &page), 0);
	assert_int_equal(page.count, 2);
	assert_true(page.last);
	assert_int_equal(page.server_ms, NOW);
	assert_false(page.records[0].deleted);
	assert_str(page.records[0].modified_by, USER);
	assert_int_equal(page.records[0].modified_ms, NOW - 3601000);
	assert_true(page.records[1].deleted);
	assert_str(page.records[1].merged_into, ID_C);
	assert_str(page.next_cursor, "2026-11-21T09:30:00.000Z|" ID_B);
	sf_end(&far, c);
}

/* R34 R39: a cursor inside a walk goes on behind its row, without overlap, up to the bound that the walk began with. */
static void R39_a_walk_goes_on_behind_its_last_row(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct changes_request request = { .since_ms = NOW - 60000, .page_size = 1, .overlap_ms = 5000 };
	struct page page;

	(void)state;
	far_expect(&far, (struct exchange) { .method = CLOCK });
	expect_query(&far, "SystemModstamp >= 2026-11-21T09:58:55.000Z AND SystemModstamp < 2026-11-21T10:00:0",
	             ROWS("true", ROW(ID_A, "2026-11-21T09:59:10.000+0000", "")));
	assert_int_equal(changes(&far, c, request, &page), 0);
	assert_false(page.last);
	assert_holds(page.next_cursor, "2026-11-21T09:59:10.000Z|" ID_A "|2026-11-21T10:00:0");

	request = (struct changes_request) { .cursor = page.next_cursor, .page_size = 1, .overlap_ms = 5000 };
	expect_query(&far, "SystemModstamp < 2026-11-21T10:00:0", ROWS("true", ""));
	assert_int_equal(changes(&far, c, request, &page), 0);
	assert_true(page.last);
	assert_str(page.next_cursor, "2026-11-21T09:59:10.000Z|" ID_A);
	sf_end(&far, c);
}

static void rows_of_one_stamp_are_told_apart_by_id(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct page page;

	(void)state;
	expect_query(
	        &far,
	        "AND (SystemModstamp > 2026-11-21T09:59:10.000Z OR (SystemModstamp = 2026-11-21T09:59:10.000Z AND Id > "
	        "'" ID_A "')) ORDER BY SystemModstamp ASC, Id ASC LIMIT 2",
	        ROWS("false", ROW(ID_B, "2026-11-21T09:59:10.000+0000", "")));
	far_expect(&far, (struct exchange) { .method = CLOCK });
	assert_int_equal(
	        changes(&far, c,
	                (struct changes_request) { .cursor = STR("2026-11-21T09:59:10.000Z|" ID_A), .page_size = 2 },
	                &page),
	        0);
	/* "the server may return fewer rows than asked": not done is not the end. */
	assert_false(page.last);
	sf_end(&far, c);
}

/* An overlap that ends before the old cursor (its row was erased for good) leaves the cursor where it was. */
static void R39_the_cursor_never_moves_back(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	const struct changes_request request = { .cursor = STR("2026-11-21T09:59:10.000Z|" ID_C), .overlap_ms = 60000 };
	struct page page;

	(void)state;
	far_expect(&far, (struct exchange) { .method = CLOCK });
	expect_query(&far, "queryAll", ROWS("true", ROW(ID_A, "2026-11-21T09:59:01.000+0000", "")));
	assert_int_equal(changes(&far, c, request, &page), 0);
	assert_str(page.next_cursor, "2026-11-21T09:59:10.000Z|" ID_C);
	sf_end(&far, c);
}

static void nothing_is_asked_that_can_only_be_empty(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	const struct changes_request request = { .cursor = STR("2026-11-21T09:59:55.000Z|" ID_C), .lag_ms = 60000 };
	struct page page;

	(void)state;
	far_expect(&far, (struct exchange) { .method = CLOCK });
	assert_int_equal(changes(&far, c, request, &page), 0);
	assert_true(page.last);
	assert_str(page.next_cursor, "2026-11-21T09:59:55.000Z|" ID_C);
	sf_end(&far, c);
}

static void a_strange_cursor_is_gone(void **state)
{
	static const char *const strange[] = { "2000",
		                               "x|y",
		                               "2026-11-21T10:00:00Z",
		                               "2026-11-21T10:00:00Z|' OR Id != '",
		                               "|" ID_A,
		                               "2026-11-21T10:00:00Z|" ID_A "|later" };
	struct far far;
	struct connection *c;
	struct page page;

	(void)state;
	far_open(&far);
	c = far_connect(&far, "salesforce", SETTINGS);
	for (size_t i = 0; i < ARRAY_LEN(strange); i++)
		assert_int_equal(changes(&far, c, (struct changes_request) { .cursor = str_of(strange[i]) }, &page),
		                 ERR_GONE);
	sf_end(&far, c);
}

static int search(struct far *far, struct connection *c, const char *text, struct page *ret)
{
	const struct search_request request = {
		.object = STR("Contact"), .text = str_of(text), .fields = &phone, .field_count = 1, .limit = 5
	};
	struct call *call = c->kind->search_start(c, &request);

	return c->kind->search_finish(&call, &far->arena, ret, &far->err);
}

/* What was typed can be nothing but text: not JSON, not an operator of the search language. */
static void search_escapes_what_was_typed(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct page page;

	(void)state;
	far_expect(
	        &far,
	        (struct exchange) {
	                .method = "POST",
	                .path = "/services/data/v62.0/parameterizedSearch",
	                .body = "{\"q\":\"O\\\\'Neil\\\\\\\"\\\\},\\\\{* a@b.org*\",\"in\":\"ALL\",\"fields\":[\"Id\","
	                        "\"SystemModstamp\",\"LastModifiedById\",\"Phone\"],\"sobjects\":[{\"name\":"
	                        "\"Contact\",\"limit\":5}],\"overallLimit\":5}",
	                .answer = "{\"searchRecords\":[" ROW(ID_A, "2026-11-21T09:59:01.000+0000", "") "]}" });
	assert_int_equal(search(&far, c, " O'Neil\"},{ x  a@b.org ", &page), 0);
	assert_int_equal(page.count, 1);
	assert_true(page.last);
	assert_str(page.records[0].id, ID_A);
	sf_end(&far, c);
}

static void a_search_for_a_letter_asks_nobody(void **state)
{
	struct far far;
	struct connection *c;
	struct page page;

	(void)state;
	far_open(&far);
	c = far_connect(&far, "salesforce", SETTINGS);
	assert_int_equal(search(&far, c, " x ", &page), 0);
	assert_int_equal(page.count, 0);
	assert_int_equal(search(&far, c, "", &page), 0);
	sf_end(&far, c);
}

static void the_budget_is_asked_for(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct budget_facts budget;

	(void)state;
	assert_int_equal(c->kind->budget(c, &far.arena, false, &budget, &far.err), 0);
	assert_false(budget.known);
	far_expect(&far, (struct exchange) { .method = "GET",
	                                     .path = "/services/data/v62.0/limits",
	                                     .answer = "{\"DailyApiRequests\":{\"Max\":15000,\"Remaining\":14000}}" });
	assert_int_equal(c->kind->budget(c, &far.arena, true, &budget, &far.err), 0);
	assert_true(budget.known);
	assert_int_equal(budget.used, 1000);
	assert_int_equal(budget.allowance, 15000);
	sf_end(&far, c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(R39_without_a_cursor_it_is_now),
		cmocka_unit_test(R31_R32_a_walk_keeps_its_bounds_and_its_dead),
		cmocka_unit_test(R39_a_walk_goes_on_behind_its_last_row),
		cmocka_unit_test(rows_of_one_stamp_are_told_apart_by_id),
		cmocka_unit_test(R39_the_cursor_never_moves_back),
		cmocka_unit_test(nothing_is_asked_that_can_only_be_empty),
		cmocka_unit_test(a_strange_cursor_is_gone),
		cmocka_unit_test(search_escapes_what_was_typed),
		cmocka_unit_test(a_search_for_a_letter_asks_nobody),
		cmocka_unit_test(the_budget_is_asked_for),
	};

	return cmocka_run_group_tests_name("sf_changes", tests, NULL, NULL);
}

/* What changed since a time, searches, and lists that hang on other records: from descriptors, against a scripted far side. */
#include "far.h"

#include <stdio.h>

#define HINT     "{\"url\":\"%s/api\",\"token\":\"T\",\"pace\":0,\"backoff_ms\":1,\"attempts\":1}"
#define INVENTED "{\"url\":\"%s\",\"key\":\"K\",\"pace\":0,\"backoff_ms\":1,\"attempts\":1}"
#define NIKO                                                                                                       \
	"{\"domain\":\"x\",\"host\":\"%s\",\"client_id\":\"c\",\"client_secret\":\"s\",\"pace\":0,\"attempts\":1," \
	"\"location\":\"12\"}"
/* 2026-08-02T12:00:00Z */
#define NOON 1785672000000
#define DATE "Date: Sun, 02 Aug 2026 12:00:00 GMT\r\n"

static struct connection *begin(struct far *far, const char *kind, const char *settings)
{
	far_open(far);
	return far_connect(far, kind, settings);
}

static void end(struct far *far, struct connection *c)
{
	c->kind->close(&c);
	far_close(far);
}

static void get(struct far *far, const char *path, const char *headers, const char *answer)
{
	far_expect(far, (struct exchange) { .method = "GET", .path = path, .headers = headers, .answer = answer });
}

static int changes(struct far *far, struct connection *c, struct changes_request request, struct page *ret)
{
	struct call *call = c->kind->changes_start(c, &request);

	return c->kind->changes_finish(&call, &far->arena, ret, &far->err);
}

static int hint_changes(struct far *far, struct connection *c, struct changes_request request, struct page *ret)
{
	request.object = STR("patient");
	return changes(far, c, request, ret);
}

/* ---- rows that come by time ---- */

/* R39: page by page from the last row's time, to the far clock less the lag; the next walk overlaps. */
static void R39_a_sorted_walk_goes_on_from_the_last_time(void **state)
{
	struct far far;
	struct connection *c = begin(&far, "hint", HINT);
	struct page page;

	(void)state;
	assert_true(c->traits.has_times);
	get(&far,
	    "/api/provider/"
	    "patients?filter=all&sort=updated_at&updated_at[gte]=2026-08-02T11:00:00.000Z&limit=2&offset=0",
	    DATE "X-Total-Count: 4\r\n",
	    "[{\"id\":\"a\",\"updated_at\":\"2026-08-02T04:10:00.123456-07:00\"},"
	    "{\"id\":\"b\",\"updated_at\":\"2026-08-02T11:20:00.500Z\"}]");
	get(&far, "updated_at[gte]=2026-08-02T11:20:00.500Z&limit=2&offset=0", DATE "X-Total-Count: 3\r\n",
	    "[{\"id\":\"b\",\"updated_at\":\"2026-08-02T11:20:00.500Z\"},"
	    "{\"id\":\"c\",\"updated_at\":\"2026-08-02T11:30:00Z\",\"membership_status\":\"archived\","
	    "\"merged_into\":{\"id\":\"b\"}}]");
	get(&far, "updated_at[gte]=2026-08-02T11:30:00.000Z&limit=2&offset=0", DATE "X-Total-Count: 2\r\n",
	    "[{\"id\":\"c\",\"updated_at\":\"2026-08-02T11:30:00Z\"},"
	    "{\"id\":\"d\",\"updated_at\":\"2026-08-02T11:59:59Z\"}]");
	assert_int_equal(
	        hint_changes(&far, c,
	                     (struct changes_request) { .since_ms = NOON - 3600000, .page_size = 2, .lag_ms = 5000 },
	                     &page),
	        0);
	assert_int_equal(page.count, 2);
	assert_int_equal(page.records[0].modified_ms, NOON - 3000000 + 123);
	assert_false(page.last);
	assert_int_equal(
	        hint_changes(&far, c,
	                     (struct changes_request) {
	                             .cursor = page.next_cursor, .page_size = 2, .lag_ms = 5000, .overlap_ms = 60000 },
	                     &page),
	        0);
	/* R31, R32: archived and merged ones come, flagged. */
	assert_str(page.records[1].id, "c");
	assert_true(page.records[1].deleted);
	assert_str(page.records[1].merged_into, "b");
	assert_int_equal(
	        hint_changes(&far, c,
	                     (struct changes_request) { .cursor = page.next_cursor, .page_size = 2, .lag_ms = 5000 },
	                     &page),
	        0);
	/* d is younger than the lag: its neighbours may still come. */
	assert_int_equal(page.count, 1);
	assert_true(page.last);
	assert_str(page.next_cursor, "1785671995000");
	get(&far, "updated_at[gte]=2026-08-02T11:58:55.000Z", DATE "X-Total-Count: 0\r\n", "[]");
	assert_int_equal(hint_changes(&far, c,
	                              (struct changes_request) {
	                                      .cursor = page.next_cursor, .page_size = 2, .overlap_ms = 60000 },
	                              &page),
	                 0);
	assert_str(page.next_cursor, "1785672000000");
	end(&far, c);
}

/* Many rows of one instant: the walk goes by pages until time moves on. */
static void R39_equal_times_are_walked_by_pages(void **state)
{
	struct far far;
	struct connection *c = begin(&far, "hint", HINT);
	struct page page;
	const struct changes_request request = { .since_ms = NOON - 1000, .page_size = 2 };
	struct changes_request next = { .page_size = 2 };

	(void)state;
	get(&far, "limit=2&offset=0", DATE "X-Total-Count: 3\r\n",
	    "[{\"id\":\"a\",\"updated_at\":\"2026-08-02T11:59:59Z\"},{\"id\":\"b\",\"updated_at\":\"2026-08-02T11:59:"
	    "59Z\"}]");
	get(&far, "updated_at[gte]=2026-08-02T11:59:59.000Z&limit=2&offset=1", DATE "X-Total-Count: 3\r\n",
	    "[{\"id\":\"b\",\"updated_at\":\"2026-08-02T11:59:59Z\"},{\"id\":\"c\",\"updated_at\":\"2026-08-02T11:59:"
	    "59Z\"}]");
	assert_int_equal(hint_changes(&far, c, request, &page), 0);
	next.cursor = page.next_cursor;
	assert_int_equal(hint_changes(&far, c, next, &page), 0);
	assert_str(page.records[1].id, "c");
	assert_true(page.last);
	assert_str(page.next_cursor, "1785672000000");
	end(&far, c);
}

/* One went and one came, so that the total stays, and b is on no page: the next walk begins where this one began. */
static void R39_a_row_that_moved_between_two_pages_is_asked_for_again(void **state)
{
	struct far far;
	struct connection *c = begin(&far, "hint", HINT);
	struct page page;
	const struct changes_request request = { .since_ms = NOON - 1000, .page_size = 2 };
	struct changes_request next = { .page_size = 2 };

	(void)state;
	get(&far, "limit=2&offset=0", DATE "X-Total-Count: 4\r\n",
	    "[{\"id\":\"a\",\"updated_at\":\"2026-08-02T11:59:59Z\"},{\"id\":\"a2\",\"updated_at\":\"2026-08-02T11:59:"
	    "59Z\"}]");
	get(&far, "limit=2&offset=1", DATE "X-Total-Count: 4\r\n",
	    "[{\"id\":\"c\",\"updated_at\":\"2026-08-02T11:59:59Z\"},{\"id\":\"d\",\"updated_at\":\"2026-08-02T11:59:"
	    "59Z\"}]");
	get(&far, "limit=2&offset=2", DATE "X-Total-Count: 4\r\n",
	    "[{\"id\":\"d\",\"updated_at\":\"2026-08-02T11:59:59Z\"},{\"id\":\"e\",\"updated_at\":\"2026-08-02T11:59:"
	    "59Z\"}]");
	assert_int_equal(hint_changes(&far, c, request, &page), 0);
	for (int i = 0; i < 2; i++) {
		assert_false(page.last);
		next.cursor = page.next_cursor;
		assert_int_equal(hint_changes(&far, c, next, &page), 0);
	}
	assert_true(page.last);
	assert_str(page.next_cursor, "1785671999000");
	end(&far, c);
}

static void now_is_asked_with_a_filter_that_lets_nothing_through(void **state)
{
	struct far far;
	struct connection *c = begin(&far, "hint", HINT);
	struct page page;

	(void)state;
	get(&far, "updated_at[gte]=2999-01-01T00:00:00.000Z&limit=1&offset=0", DATE "X-Total-Count: 0\r\n", "[]");
	assert_int_equal(hint_changes(&far, c, (struct changes_request) { 0 }, &page), 0);
	assert_true(page.last);
	assert_str(page.next_cursor, "1785672000000");
	/* The filter is ignored: rows come although nothing can have changed so late. */
	get(&far, "updated_at[gte]=2999", DATE "X-Total-Count: 1\r\n",
	    "[{\"id\":\"a\",\"updated_at\":\"2026-08-02T11:59:59Z\"}]");
	assert_int_equal(hint_changes(&far, c, (struct changes_request) { 0 }, &page), ERR_UNSUPPORTED);
	get(&far, "updated_at[gte]=2026-08-02T12:00:00.000Z", DATE "X-Total-Count: 1\r\n",
	    "[{\"id\":\"a\",\"updated_at\":\"2026-08-02T11:59:00Z\"}]");
	assert_int_equal(hint_changes(&far, c, (struct changes_request) { .since_ms = NOON }, &page), ERR_UNSUPPORTED);
	far.err = (struct err)ERR_INIT;
	assert_int_equal(hint_changes(&far, c, (struct changes_request) { .cursor = STR("12 x") }, &page), ERR_GONE);
	end(&far, c);
}

static void an_empty_filter_name_takes_changes_away(void **state)
{
	struct far far;
	struct connection *c = begin(&far, "nikohealth", NIKO);

	(void)state;
	assert_null(c->kind->changes_start);
	assert_null(c->kind->search_start);
	assert_non_null(c->kind->webhook);
	assert_non_null(c->kind->hook_register);
	assert_false(c->traits.has_times);
	end(&far, c);
}

/* ---- rows in no order ---- */

static void R39_an_unsorted_walk_holds_its_filter(void **state)
{
	struct far far;
	struct connection *c = begin(&far, "invented", INVENTED);
	struct changes_request request = { .object = STR("person"), .since_ms = NOON - 10000, .lag_ms = 1 };
	struct page page;

	(void)state;
	get(&far, "/people?expand=all&since=2026-08-02T11:59:50.000Z&count=2", DATE,
	    "{\"data\":{\"people\":[{\"key\":\"a\",\"rev\":3,\"changed\":{\"at\":\"2026-08-02T11:59:59Z\",\"by\":\"u\"}"
	    "},"
	    "{\"key\":\"b\",\"state\":\"left\",\"changed\":{\"at\":\"2026-08-02T11:59:51Z\"}}]},\"page\":{\"next\":\"m "
	    "1\"}}");
	get(&far, "/people?expand=all&since=2026-08-02T11:59:50.000Z&count=2&after=m 1", "",
	    "{\"data\":{\"people\":[{\"key\":\"c\",\"changed\":{\"at\":\"2026-08-02T12:00:01Z\"}}]},\"page\":{}}");
	assert_int_equal(changes(&far, c, request, &page), 0);
	assert_int_equal(page.count, 2);
	assert_str(page.records[0].modified_by, "u");
	assert_true(page.records[1].deleted);
	request.cursor = page.next_cursor;
	request.overlap_ms = 5000;
	far_expect(&far, (struct exchange) {
	                         .method = "GET", .path = "after=m 1", .status = 400, .answer = "{\"errors\":[]}" });
	assert_int_equal(changes(&far, c, request, &page), 0);
	/* c changed after the walk began. */
	assert_int_equal(page.count, 0);
	assert_str(page.next_cursor, "1785671999999");
	/* A page mark that has grown too old there. */
	assert_int_equal(changes(&far, c, request, &page), ERR_GONE);
	far.err = (struct err)ERR_INIT;
	end(&far, c);
}

/* R3: bytes that are no record come in changes too. */
static void R3_a_broken_row_stands_in_the_changes(void **state)
{
	struct far far;
	struct connection *c = begin(&far, "hint", HINT);
	struct page page;

	(void)state;
	get(&far, "limit=100", DATE "X-Total-Count: 2\r\n",
	    "[{\"id\":\"a\",\"updated_at\":},{\"id\":\"b\",\"updated_at\":\"2026-08-02T11:59:59Z\"}]");
	assert_int_equal(hint_changes(&far, c, (struct changes_request) { .since_ms = NOON - 5000 }, &page), 0);
	assert_int_equal(page.count, 2);
	assert_non_null(page.records[0].fault);
	assert_str(page.records[0].bytes, "{\"id\":\"a\",\"updated_at\":}");
	end(&far, c);
}

/* ---- search ---- */

static void a_search_asks_for_words(void **state)
{
	struct far far;
	struct connection *c = begin(&far, "invented", INVENTED);
	const struct search_request request = { .object = STR("person"), .text = STR("o'Neill & co"), .limit = 5 };
	struct call *call;
	struct page page;

	(void)state;
	get(&far, "/people/search?expand=all&state=live&words=o'Neill & co&count=5", "",
	    "{\"data\":{\"people\":[{\"key\":\"a\",\"surname\":\"O'Neill\"}]},\"page\":{}}");
	call = c->kind->search_start(c, &request);
	assert_int_equal(c->kind->search_finish(&call, &far.arena, &page, &far.err), 0);
	assert_int_equal(page.count, 1);
	assert_str(page.records[0].id, "a");
	end(&far, c);
}

static void a_check_tells_who_we_are(void **state)
{
	struct far far;
	struct connection *c = begin(&far, "invented", INVENTED);
	struct str who;

	(void)state;
	get(&far, "/me", "", "{\"clinic\":\"Elm Street\",\"user\":\"u-9\"}");
	assert_int_equal(c->kind->check(c, &far.arena, &who, &far.err), 0);
	assert_str(who, "Elm Street (u-9)");
	assert_str(c->traits.our_user, "u-9");
	end(&far, c);
}

/* ---- lists that hang on other records ---- */

static void expect_token(struct far *far)
{
	far_expect(far, (struct exchange) { .method = "POST",
	                                    .path = "/api/identity/connect/token",
	                                    .body = "scope=external",
	                                    .answer = "{\"access_token\":\"7D0C\",\"expires_in\":1200}" });
}

static void insurances_are_listed_patient_by_patient(void **state)
{
	struct far far;
	struct connection *c = begin(&far, "nikohealth", NIKO);
	struct page page;
	const struct fetch_request one = { .object = STR("insurance"), .ids = &STR("i1"), .id_count = 1 };

	(void)state;
	expect_token(&far);
	get(&far, "/api/external/v1/patients?pageSize=3&pageIndex=1", "",
	    "{\"Items\":[{\"Id\":\"11\"},{\"Id\":12},{\"Id\":\"13\"}],\"Count\":7}");
	get(&far, "/v1/patients/11/insurances?pageSize=100&pageIndex=0", "",
	    "{\"Items\":[{\"Id\":\"i1\", \"PolicyNumber\":1.50},{\"Id\":\"i2\",\"PatientId\":\"11\"}],\"Count\":2}");
	get(&far, "/v1/patients/12/insurances", "", "{\"Items\":[{},{\"Id\":}],\"Count\":2}");
	far_expect(&far, (struct exchange) {
	                         .method = "GET", .path = "/v1/patients/13/insurances", .status = 404, .answer = "" });
	assert_int_equal(
	        far_list(&far, c,
	                 (struct list_request) { .object = STR("insurance"), .page_size = 3, .cursor = STR("3") },
	                 &page),
	        0);
	assert_int_equal(page.count, 4);
	assert_str(page.next_cursor, "6");
	assert_int_equal(page.total, -1);
	/* Whose it is goes in front; everything else is as it came. */
	assert_str(page.records[0].bytes, "{\"PatientId\":\"11\",\"Id\":\"i1\", \"PolicyNumber\":1.50}");
	assert_str(json_get_text(page.records[0].json, "PatientId"), "11");
	assert_str(page.records[1].bytes, "{\"Id\":\"i2\",\"PatientId\":\"11\"}");
	assert_str(page.records[2].bytes, "{\"PatientId\":\"12\"}");
	assert_string_equal(page.records[2].fault, "the row has no id");
	assert_str(page.records[3].bytes, "{\"Id\":}");
	assert_int_equal(far_fetch(&far, c, one, &page), ERR_UNSUPPORTED);
	far.err = (struct err)ERR_INIT;
	end(&far, c);
}

static const char *hundred(struct far *far)
{
	SCOPED(buf) struct buf text = BUF_INIT(10000);

	buf_add_c(&text, "{\"Items\":[");
	for (int i = 0; i < 100; i++)
		buf_printf(&text, "%s{\"Id\":\"%d\"}", i ? "," : "", i);
	buf_add_c(&text, "],\"Count\":101}");
	return arena_text(&far->arena, buf_str(&text));
}

static void a_long_list_of_one_parent_is_read_to_its_end(void **state)
{
	struct far far;
	struct connection *c = begin(&far, "nikohealth", NIKO);
	struct page page;

	(void)state;
	expect_token(&far);
	get(&far, "/v1/patients?pageSize=1&pageIndex=0", "", "{\"Items\":[{\"Id\":\"11\"}],\"Count\":1}");
	get(&far, "/v1/patients/11/insurances?pageSize=100&pageIndex=0", "",
	    "{\"Items\":[{\"Id\":\"i1\"}],\"Count\":2}");
	/* One where a hundred were asked for: which page holds the second, nobody can tell. */
	assert_int_equal(far_list(&far, c, (struct list_request) { .object = STR("insurance"), .page_size = 1 }, &page),
	                 ERR_FAR_SIDE);
	get(&far, "/v1/patients?pageSize=1&pageIndex=0", "", "{\"Items\":[{\"Id\":\"11\"}],\"Count\":1}");
	get(&far, "/v1/patients/11/insurances?pageSize=100&pageIndex=0", "", hundred(&far));
	get(&far, "/v1/patients/11/insurances?pageSize=100&pageIndex=1", "",
	    "{\"Items\":[{\"Id\":\"z\"}],\"Count\":101}");
	assert_int_equal(far_list(&far, c, (struct list_request) { .object = STR("insurance"), .page_size = 1 }, &page),
	                 0);
	assert_int_equal(page.count, 101);
	assert_str(page.records[100].id, "z");
	assert_true(page.last);
	far.err = (struct err)ERR_INIT;
	end(&far, c);
}

/* A patient that is given no location gets the connection's. */
static void a_create_carries_its_defaults(void **state)
{
	struct far far;
	struct connection *c = begin(&far, "nikohealth", NIKO);
	struct write_item create = { .op = WRITE_CREATE, .fields = far_json(&far, "{\"General\":{}}") };
	struct write_result result;

	(void)state;
	expect_token(&far);
	far_expect(&far, (struct exchange) { .method = "POST",
	                                     .path = "/v1/patients",
	                                     .body = "{\"General\":{},\"LocationId\":\"12\"}",
	                                     .status = 201,
	                                     .answer = "{\"Id\":\"77\"}" });
	get(&far, "/v1/patients/77", "", "{\"Id\":\"77\"}");
	assert_int_equal(far_write(&far, c, "patient", &create, 1, &result), 0);
	assert_int_equal(result.outcome, DELIVERED);
	end(&far, c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(R39_a_sorted_walk_goes_on_from_the_last_time),
		cmocka_unit_test(R39_equal_times_are_walked_by_pages),
		cmocka_unit_test(R39_a_row_that_moved_between_two_pages_is_asked_for_again),
		cmocka_unit_test(now_is_asked_with_a_filter_that_lets_nothing_through),
		cmocka_unit_test(an_empty_filter_name_takes_changes_away),
		cmocka_unit_test(R39_an_unsorted_walk_holds_its_filter),
		cmocka_unit_test(R3_a_broken_row_stands_in_the_changes),
		cmocka_unit_test(a_search_asks_for_words),
		cmocka_unit_test(a_check_tells_who_we_are),
		cmocka_unit_test(insurances_are_listed_patient_by_patient),
		cmocka_unit_test(a_long_list_of_one_parent_is_read_to_its_end),
		cmocka_unit_test(a_create_carries_its_defaults),
	};

	return cmocka_run_group_tests(tests, far_add_invented, NULL);
}

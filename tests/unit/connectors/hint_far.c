/* The Hint descriptor against a scripted practice: every request and answer stands here as bytes. */
#include "far.h"

#define HINT "{\"url\":\"%s/api\",\"token\":\"KEY\",\"pace\":0,\"backoff_ms\":1,\"attempts\":2}"

static struct connection *begin(struct far *far)
{
	far_open(far);
	return far_connect(far, "hint", HINT);
}

static void end(struct far *far, struct connection *c)
{
	c->kind->close(&c);
	far_close(far);
}

static struct write_item item(struct far *far, enum write_op op, const char *id, const char *fields)
{
	return (struct write_item) { .op = op, .id = str_of(id), .fields = fields ? far_json(far, fields) : NULL };
}

static void check_names_the_practice(void **state)
{
	struct far far;
	struct connection *c = begin(&far);
	struct str who;

	(void)state;
	far_expect(&far, (struct exchange) { .method = "GET",
	                                     .path = "/api/provider/practice",
	                                     .head = "Authorization: Bearer KEY",
	                                     .answer = "{\"id\":\"pra-3V\",\"name\":\"Grove Street Primary Care\"}" });
	assert_int_equal(c->kind->check(c, &far.arena, &who, &far.err), 0);
	assert_str(who, "Grove Street Primary Care (pra-3V)");
	assert_str(c->traits.reference_field, "integration_record_id");
	assert_str(c->traits.reference_link_field, "integration_web_link");
	assert_true(c->traits.pages_independent && c->traits.fetch_by_reference && c->traits.answers_with_record);
	end(&far, c);
}

static void a_wrong_key_is_told_as_such(void **state)
{
	struct far far;
	struct connection *c = begin(&far);
	struct str who;

	(void)state;
	for (int i = 0; i < 2; i++)
		far_expect(&far, (struct exchange) { .method = "GET",
		                                     .path = "/provider/practice",
		                                     .status = 401,
		                                     .answer = "{\"status\":401,\"message\":\"no\"}" });
	assert_int_equal(c->kind->check(c, &far.arena, &who, &far.err), ERR_AUTH);
	assert_holds(str_of(far.err.text), "connect again");
	far_expect(&far, (struct exchange) { .method = "GET",
	                                     .path = "/provider/practice",
	                                     .status = 428,
	                                     .answer = "{\"status\":428}" });
	assert_int_equal(c->kind->check(c, &far.arena, &who, &far.err), ERR_AUTH);
	assert_holds(str_of(far.err.text), "key of the practice");
	end(&far, c);
}

#define P(id, rest) "{\"id\":\"" id "\",\"updated_at\":\"2026-08-02T16:05:12.770341-07:00\"" rest "}"

static void pages_go_by_offset(void **state)
{
	struct far far;
	struct connection *c = begin(&far);
	struct page page;

	(void)state;
	far_expect(&far, (struct exchange) {
	                         .method = "GET",
	                         .path = "/api/provider/patients?filter=all&limit=2&offset=0",
	                         .headers = "X-Count: 2\r\nx-total-count: 3\r\n",
	                         .answer = "[" P("pat-1", ",\"merged_into\":{\"id\":\"pat-9\",\"name\":\"x\"}") "," P(
	                                 "pat-2", ",\"membership_status\":\"archived\"") "]" });
	far_expect(&far, (struct exchange) { .method = "GET",
	                                     .path = "/api/provider/patients?filter=all&limit=2&offset=1",
	                                     .headers = "X-Total-Count: 3\r\n",
	                                     .answer = "[" P("pat-2", "") "," P("pat-3", "") "]" });
	assert_true(c->traits.pages_overlap);
	assert_int_equal(far_list(&far, c, (struct list_request) { .object = STR("patient"), .page_size = 2 }, &page),
	                 0);
	assert_int_equal(page.total, 3);
	assert_str(page.next_cursor, "1"); /* from the last row on, so that rows that move are noticed */
	assert_str(page.records[0].id, "pat-1");
	assert_str(page.records[0].merged_into, "pat-9");
	assert_str(page.records[0].version, "2026-08-02T16:05:12.770341-07:00");
	assert_int_equal(page.records[0].modified_ms, 1785711912770);
	assert_false(page.records[0].deleted);
	assert_true(page.records[1].deleted);
	assert_int_equal(
	        far_list(&far, c,
	                 (struct list_request) { .object = STR("patient"), .page_size = 2, .cursor = STR("1") }, &page),
	        0);
	assert_true(page.last);
	far_expect(&far, (struct exchange) { .method = "GET",
	                                     .path = "/patients?limit=100&offset=400",
	                                     .headers = "X-Total-Count: 3\r\n",
	                                     .answer = "[]" });
	assert_int_equal(
	        far_list(&far, c,
	                 (struct list_request) { .object = STR("patient"), .cursor = STR("400"), .live_only = true },
	                 &page),
	        0);
	assert_true(page.last);
	assert_int_equal(page.count, 0);
	assert_int_equal(
	        far_list(&far, c, (struct list_request) { .object = STR("patient"), .cursor = STR("x") }, &page),
	        ERR_DATA);
	assert_int_equal(far_list(&far, c, (struct list_request) { .object = STR("dog") }, &page), ERR_CONFIG);
	end(&far, c);
}

static void a_page_cut_short_by_the_far_side_goes_on_where_it_ended(void **state)
{
	struct far far;
	struct connection *c = begin(&far);
	struct page page;

	(void)state;
	far_expect(&far, (struct exchange) { .method = "GET",
	                                     .path = "limit=3&offset=0",
	                                     .headers = "X-Total-Count: 9\r\n",
	                                     .answer = "[" P("pat-1", "") "]" });
	assert_int_equal(far_list(&far, c, (struct list_request) { .object = STR("patient"), .page_size = 3 }, &page),
	                 0);
	assert_false(page.last);
	assert_str(page.next_cursor, "1");
	end(&far, c);
}

static void filters_are_encoded(void **state)
{
	struct far far;
	struct connection *c = begin(&far);
	struct page page;
	const struct list_equals good = { STR("last_name"), STR("O'Neil & \xc3\x9f") },
	                         bad = { STR("shoe_size"), STR("44") };

	(void)state;
	far_expect(&far, (struct exchange) {
	                         .method = "GET",
	                         .path = "?updated_at[gt]=2026-08-02T00:00:00Z&last_name=O'Neil & \xc3\x9f&limit=100",
	                         .headers = "X-Total-Count: 0\r\n",
	                         .answer = "[]" });
	assert_int_equal(far_list(&far, c,
	                          (struct list_request) { .object = STR("patient"),
	                                                  .where = STR("updated_at[gt]=2026-08-02T00:00:00Z"),
	                                                  .equals = &good,
	                                                  .equal_count = 1,
	                                                  .live_only = true },
	                          &page),
	                 0);
	assert_int_equal(far_list(&far, c,
	                          (struct list_request) { .object = STR("patient"), .equals = &bad, .equal_count = 1 },
	                          &page),
	                 ERR_UNSUPPORTED);
	end(&far, c);
}

/* R3 */
static void R3_a_malformed_patient_does_not_spoil_its_page(void **state)
{
	struct far far;
	struct connection *c = begin(&far);
	struct page page;

	(void)state;
	far_expect(&far,
	           (struct exchange) {
	                   .method = "GET",
	                   .path = "/patients",
	                   .headers = "X-Total-Count: 4\r\n",
	                   .answer = "[" P("pat-1", "") ", {\"id\":\"pat-2\",\"dob\":1985-02-19} ,{\"id\":null}," P(
	                           "pat-4", "") "]" });
	assert_int_equal(far_list(&far, c, (struct list_request) { .object = STR("patient") }, &page), 0);
	assert_int_equal(page.count, 4);
	assert_true(page.last);
	assert_null(page.records[0].fault);
	assert_non_null(page.records[1].fault);
	assert_str(page.records[1].bytes, "{\"id\":\"pat-2\",\"dob\":1985-02-19}");
	assert_string_equal(page.records[2].fault, "the row has no id");
	assert_str(page.records[3].id, "pat-4");
	end(&far, c);
}

static void fetch_takes_hints_id_or_ours(void **state)
{
	struct far far;
	struct connection *c = begin(&far);
	struct page page;
	const struct str ids[] = { STR("pat-1"), STR("a b/c"), STR("0035g"), STR("pat-4") };

	(void)state;
	far_expect(&far, (struct exchange) {
	                         .method = "GET", .path = "/api/provider/patients/pat-1", .answer = P("pat-1", "") });
	far_expect(&far, (struct exchange) { .method = "GET",
	                                     .path = "/api/provider/patients/a b/c",
	                                     .status = 404,
	                                     .answer = "{\"status\":404}" });
	far_expect(&far, (struct exchange) {
	                         .method = "GET", .path = "/api/provider/patients/0035g", .answer = P("pat-3", "") });
	far_expect(&far, (struct exchange) { .method = "GET",
	                                     .path = "/api/provider/patients/pat-4",
	                                     .answer = "{\"id\":\"pat-4\"" });
	assert_int_equal(far_fetch(&far, c,
	                           (struct fetch_request) { .object = STR("patient"), .ids = ids, .id_count = 4 },
	                           &page),
	                 0);
	assert_str(page.records[0].id, "pat-1");
	assert_string_equal(page.records[1].fault, "not there");
	assert_str(page.records[1].id, "a b/c");
	assert_str(page.records[2].id, "pat-3");
	assert_non_null(page.records[3].fault);
	assert_str(page.records[3].id, "pat-4");
	end(&far, c);
}

static void names_go_along_once_a_change_without_them_was_refused(void **state)
{
	struct far far;
	struct connection *c = begin(&far);
	struct write_result result;
	struct write_item first = item(&far, WRITE_UPDATE, "pat-1", "{\"email\":null}");
	struct write_item second = item(&far, WRITE_UPDATE, "pat-2",
	                                "{\"first_name\":\"New\",\"phones\":[{\"number\":\"1\",\"type\":\"Cell\"}]}");

	(void)state;
	far_expect(&far, (struct exchange) { .method = "PATCH",
	                                     .path = "/api/provider/patients/pat-1",
	                                     .head = "Content-Type: application/json",
	                                     .body = "{\"email\":null}",
	                                     .status = 422,
	                                     .answer = "{\"status\":422,\"message\":\"First name can't be blank\"}" });
	far_expect(&far,
	           (struct exchange) { .method = "GET",
	                               .path = "/api/provider/patients/pat-1",
	                               .answer = P("pat-1", ",\"first_name\":\"Marisol\",\"last_name\":\"Okafor\"") });
	far_expect(&far,
	           (struct exchange) { .method = "PATCH",
	                               .path = "/api/provider/patients/pat-1",
	                               .body = "{\"email\":null,\"first_name\":\"Marisol\",\"last_name\":\"Okafor\"}",
	                               .answer = P("pat-1", ",\"email\":null") });
	assert_int_equal(far_write(&far, c, "patient", &first, 1, &result), 0);
	assert_int_equal(result.outcome, DELIVERED);
	assert_false(result.created);
	/* From now on this connection knows. */
	far_expect(&far, (struct exchange) { .method = "GET",
	                                     .path = "/api/provider/patients/pat-2",
	                                     .answer = P("pat-2", ",\"first_name\":\"Old\",\"last_name\":\"Lee\"") });
	far_expect(&far,
	           (struct exchange) { .method = "PATCH",
	                               .path = "/api/provider/patients/pat-2",
	                               .body = "{\"first_name\":\"New\",\"phones\":[{\"number\":\"1\",\"type\":"
	                                       "\"Cell\"}],\"last_name\":\"Lee\"}",
	                               .answer = P("pat-2", ",\"phones\":[{\"number\":\"1\",\"type\":\"mobile\"}]") });
	assert_int_equal(far_write(&far, c, "patient", &second, 1, &result), 0);
	assert_int_equal(result.outcome, DELIVERED);
	/* R27: what the far side made of it. */
	assert_str(json_text(json_walk(json_at(json_get(result.record.json, "phones"), 0), "type")), "mobile");
	end(&far, c);
}

static void a_create_carries_our_reference(void **state)
{
	struct far far;
	struct connection *c = begin(&far);
	struct write_result result;
	struct write_item create = item(&far, WRITE_CREATE, NULL, "{\"first_name\":\"A\",\"last_name\":\"B\"}");

	(void)state;
	create.key_field = STR("integration_record_id");
	create.key = STR("003xx");
	far_expect(&far,
	           (struct exchange) {
	                   .method = "POST",
	                   .path = "/api/provider/patients",
	                   .body = "{\"first_name\":\"A\",\"last_name\":\"B\",\"integration_record_id\":\"003xx\"}",
	                   .answer = P("pat-7", "") });
	assert_int_equal(far_write(&far, c, "patient", &create, 1, &result), 0);
	assert_int_equal(result.outcome, DELIVERED);
	assert_true(result.created);
	assert_str(result.id, "pat-7");
	end(&far, c);
}

/* R5: a create that had happened before is found by our reference and ends as an update; nobody is created twice. */
static void R5_a_repeated_create_becomes_an_update(void **state)
{
	struct far far;
	struct connection *c = begin(&far);
	struct write_result result;
	struct write_item create = item(&far, WRITE_CREATE, NULL, "{\"first_name\":\"A\",\"last_name\":\"B\"}");

	(void)state;
	create.key_field = STR("integration_record_id");
	create.key = STR("003xx");
	far_expect(&far, (struct exchange) { .method = "POST",
	                                     .path = "/provider/patients",
	                                     .status = 422,
	                                     .answer = "{\"status\":422,\"message\":\"Validation failed: Integration "
	                                               "record has already been taken\"}" });
	far_expect(&far,
	           (struct exchange) { .method = "GET", .path = "/provider/patients/003xx", .answer = P("pat-7", "") });
	far_expect(&far, (struct exchange) { .method = "PATCH",
	                                     .path = "/provider/patients/pat-7",
	                                     .body = "\"first_name\":\"A\"",
	                                     .answer = P("pat-7", "") });
	assert_int_equal(far_write(&far, c, "patient", &create, 1, &result), 0);
	assert_int_equal(result.outcome, DELIVERED);
	assert_false(result.created);
	assert_str(result.id, "pat-7");
	far_expect(&far, (struct exchange) {
	                         .method = "POST",
	                         .path = "/provider/patients",
	                         .status = 422,
	                         .answer = "{\"status\":422,\"message\":\"Validation failed: Dob is invalid\"}" });
	far_expect(&far, (struct exchange) {
	                         .method = "GET", .path = "/provider/patients/003xx", .status = 404, .answer = "{}" });
	assert_int_equal(far_write(&far, c, "patient", &create, 1, &result), 0);
	assert_int_equal(result.outcome, REFUSED);
	assert_str(result.code, "422");
	assert_str(result.raw_message, "Validation failed: Dob is invalid");
	end(&far, c);
}

static void R5_a_create_without_answer_is_unknown(void **state)
{
	struct far far;
	struct connection *c = begin(&far);
	struct write_result results[2];
	struct write_item items[2] = { item(&far, WRITE_CREATE, NULL, "{\"first_name\":\"A\"}"),
		                       item(&far, WRITE_CREATE, NULL, "{\"first_name\":\"B\"}") };

	(void)state;
	far_expect(&far,
	           (struct exchange) { .method = "POST", .path = "/provider/patients", .body = "\"A\"", .drop = true });
	far_expect(&far, (struct exchange) { .method = "POST",
	                                     .path = "/provider/patients",
	                                     .body = "\"B\"",
	                                     .status = 500,
	                                     .answer = "{}" });
	assert_int_equal(far_write(&far, c, "patient", items, 2, results), 0);
	assert_int_equal(results[0].outcome, UNKNOWN);
	assert_int_equal(results[1].outcome, UNKNOWN);
	end(&far, c);
}

#define DATE "Date: Sun, 02 Aug 2026 12:00:00 GMT\r\n"

static void statuses_decide_what_becomes_of_an_update(void **state)
{
	static const struct {
		unsigned status;
		const char *headers;
		enum delivery outcome;
		int64_t after;
	} rows[] = {
		{ 422, "", REFUSED, 0 },
		{ 400, "", REFUSED, 0 },
		{ 404, "", GONE, 0 },
		{ 500, "", RETRY_LATER, 0 },
		{ 500, DATE "Retry-After: Sun, 02 Aug 2026 12:00:30 GMT\r\n", RETRY_LATER, 30000 },
		{ 500, DATE "Retry-After: Sunday, 02-Aug-26 12:00:30 GMT\r\n", RETRY_LATER, 30000 },
		{ 500, DATE "Retry-After: Sun Aug  2 12:00:30 2026\r\n", RETRY_LATER, 30000 },
		{ 500, DATE "Retry-After: Sun, 02 Aug 2026 11:00:00 GMT\r\n", RETRY_LATER, 0 },
		{ 500, DATE "Retry-After: soon\r\n", RETRY_LATER, 0 },
		{ 429, "Retry-After: 0\r\n", RETRY_LATER, 0 },
	};
	struct far far;
	struct connection *c = begin(&far);
	struct write_result result;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct write_item update =
		        item(&far, WRITE_UPDATE, "pat-1", "{\"first_name\":\"A\",\"last_name\":\"B\"}");

		for (unsigned n = 0; n < (rows[i].status == 429 ? 2 : 1); n++)
			far_expect(&far, (struct exchange) { .method = "PATCH",
			                                     .path = "/pat-1",
			                                     .status = rows[i].status,
			                                     .headers = rows[i].headers,
			                                     .answer = "{\"message\":\"m\"}" });
		assert_int_equal(far_write(&far, c, "patient", &update, 1, &result), 0);
		assert_int_equal(result.outcome, rows[i].outcome);
		assert_int_equal(result.retry_after_ms, rows[i].after);
	}
	end(&far, c);
}

static void a_web_page_in_place_of_an_answer_delivers_nothing(void **state)
{
	static const char *const pages[] = { "<html>hello</html>", "", "{}" };
	struct far far;
	struct connection *c = begin(&far);
	struct write_result results[2];
	const struct write_item items[2] = { item(&far, WRITE_CREATE, NULL, "{\"first_name\":\"A\"}"),
		                             item(&far, WRITE_UPDATE, "pat-1",
		                                  "{\"first_name\":\"A\",\"last_name\":\"B\"}") };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		far_expect(&far, (struct exchange) { .method = "POST", .path = "/patients", .answer = pages[i] });
		far_expect(&far, (struct exchange) { .method = "PATCH", .path = "/pat-1", .answer = pages[i] });
		assert_int_equal(far_write(&far, c, "patient", &items[0], 1, &results[0]), 0);
		assert_int_equal(results[0].outcome, UNKNOWN);
		assert_int_equal(far_write(&far, c, "patient", &items[1], 1, &results[1]), ERR_FAR_SIDE);
	}
	end(&far, c);
}

static void a_refused_key_fails_the_call_as_a_whole(void **state)
{
	struct far far;
	struct connection *c = begin(&far);
	struct write_result results[2];
	const struct write_item items[2] = { item(&far, WRITE_DELETE, "pat-1", NULL),
		                             item(&far, WRITE_DELETE, "pat-2", NULL) };

	(void)state;
	for (size_t i = 0; i < 2; i++)
		far_expect(&far,
		           (struct exchange) { .method = "DELETE", .path = "/pat-", .status = 403, .answer = "{}" });
	assert_int_equal(far_write(&far, c, "patient", items, 2, results), ERR_AUTH);
	far_expect(&far, (struct exchange) { .method = "DELETE", .path = "/pat-1", .status = 204, .answer = "" });
	far_expect(&far, (struct exchange) { .method = "DELETE", .path = "/pat-2", .status = 404, .answer = "{}" });
	assert_int_equal(far_write(&far, c, "patient", items, 2, results), 0);
	assert_int_equal(results[0].outcome, DELIVERED);
	assert_int_equal(results[1].outcome, DELIVERED);
	end(&far, c);
}

static void a_code_becomes_a_token(void **state)
{
	struct far far;
	const struct connector *kind = connector_find(STR("hint"));
	struct json *settings, *got = NULL;
	SCOPED(buf) struct buf text = BUF_INIT(1000);

	(void)state;
	far_open(&far);
	buf_printf(&text, "{\"url\":\"%.*s/api\",\"partner_key\":\"PK\"}", STR_ARG(far_base(&far)));
	settings = far_json(&far, buf_text(&text));
	far_expect(&far, (struct exchange) { .method = "POST",
	                                     .path = "/api/oauth/tokens",
	                                     .head = "Authorization: Bearer PK",
	                                     .body = "{\"grant_type\":\"authorization_code\",\"code\":\"2jK3\"}",
	                                     .answer = "{\"access_token\":\"kF3s\",\"practice\":{\"id\":\"pra-1\"}}" });
	assert_int_equal(kind->exchange_code(kind, settings, far.http, &(struct code_grant) { .code = STR(" 2jK3 ") },
	                                     &far.arena, &got, &far.err),
	                 0);
	assert_str(json_get_text(got, "token"), "kF3s");
	far_expect(&far, (struct exchange) { .method = "POST",
	                                     .path = "/api/oauth/tokens",
	                                     .status = 422,
	                                     .answer = "{\"status\":422}" });
	assert_int_equal(kind->exchange_code(kind, settings, far.http, &(struct code_grant) { .code = STR("2jK3") },
	                                     &far.arena, &got, &far.err),
	                 ERR_AUTH);
	assert_holds(str_of(far.err.text), "works once");
	far_close(&far);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_names_the_practice),
		cmocka_unit_test(a_wrong_key_is_told_as_such),
		cmocka_unit_test(pages_go_by_offset),
		cmocka_unit_test(a_page_cut_short_by_the_far_side_goes_on_where_it_ended),
		cmocka_unit_test(filters_are_encoded),
		cmocka_unit_test(R3_a_malformed_patient_does_not_spoil_its_page),
		cmocka_unit_test(fetch_takes_hints_id_or_ours),
		cmocka_unit_test(names_go_along_once_a_change_without_them_was_refused),
		cmocka_unit_test(a_create_carries_our_reference),
		cmocka_unit_test(R5_a_repeated_create_becomes_an_update),
		cmocka_unit_test(R5_a_create_without_answer_is_unknown),
		cmocka_unit_test(statuses_decide_what_becomes_of_an_update),
		cmocka_unit_test(a_web_page_in_place_of_an_answer_delivers_nothing),
		cmocka_unit_test(a_refused_key_fails_the_call_as_a_whole),
		cmocka_unit_test(a_code_becomes_a_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

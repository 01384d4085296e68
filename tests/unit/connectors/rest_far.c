/* REST systems against a scripted far side: Hint as shipped, NikoHealth and an invented EMR from the descriptors beside this file. */
#include "far.h"

#include <stdio.h>

#define HINT     "{\"url\":\"%s/api\",\"token\":\"KEY\",\"pace\":0,\"backoff_ms\":1,\"attempts\":2}"
#define INVENTED "{\"url\":\"%s\",\"key\":\"K\",\"pace\":0,\"backoff_ms\":1,\"attempts\":1}"

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

/* ---- Hint ---- */

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
	                                     .path = "/api/provider/patients?filter=all&limit=2&offset=2",
	                                     .headers = "X-Total-Count: 3\r\n",
	                                     .answer = "[" P("pat-3", "") "]" });
	assert_int_equal(far_list(&far, c, (struct list_request) { .object = STR("patient"), .page_size = 2 }, &page),
	                 0);
	assert_int_equal(page.total, 3);
	assert_str(page.next_cursor, "2");
	assert_str(page.records[0].id, "pat-1");
	assert_str(page.records[0].merged_into, "pat-9");
	assert_str(page.records[0].version, "2026-08-02T16:05:12.770341-07:00");
	assert_int_equal(page.records[0].modified_ms, 1785711912770);
	assert_false(page.records[0].deleted);
	assert_true(page.records[1].deleted);
	assert_int_equal(
	        far_list(&far, c,
	                 (struct list_request) { .object = STR("patient"), .page_size = 2, .cursor = STR("2") }, &page),
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

static void an_update_carries_the_names_every_time(void **state)
{
	struct far far;
	struct connection *c = begin(&far);
	struct write_result results[2];
	struct write_item items[2] = {
		item(&far, WRITE_UPDATE, "pat-1", "{\"email\":null}"),
		item(&far, WRITE_UPDATE, "pat-2",
		     "{\"first_name\":\"New\",\"phones\":[{\"number\":\"1\",\"type\":\"Cell\"}]}")
	};

	(void)state;
	items[0].current =
	        STR("{\"id\":\"pat-1\",\"first_name\":\"Marisol\",\"last_name\":\"Okafor\",\"email\":\"x\"}");
	far_expect(&far,
	           (struct exchange) { .method = "PATCH",
	                               .path = "/api/provider/patients/pat-1",
	                               .head = "Content-Type: application/json",
	                               .body = "{\"email\":null,\"first_name\":\"Marisol\",\"last_name\":\"Okafor\"}",
	                               .answer = P("pat-1", ",\"email\":null") });
	far_expect(&far, (struct exchange) { .method = "GET",
	                                     .path = "/api/provider/patients/pat-2",
	                                     .answer = P("pat-2", ",\"first_name\":\"Old\",\"last_name\":\"Lee\"") });
	far_expect(&far,
	           (struct exchange) { .method = "PATCH",
	                               .path = "/api/provider/patients/pat-2",
	                               .body = "{\"first_name\":\"New\",\"phones\":[{\"number\":\"1\",\"type\":"
	                                       "\"Cell\"}],\"last_name\":\"Lee\"}",
	                               .answer = P("pat-2", ",\"phones\":[{\"number\":\"1\",\"type\":\"mobile\"}]") });
	assert_int_equal(far_write(&far, c, "patient", items, 2, results), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(results[i].outcome, DELIVERED);
		assert_false(results[i].created);
	}
	/* R27: what the far side made of it. */
	assert_str(json_text(json_walk(json_at(json_get(results[1].record.json, "phones"), 0), "type")), "mobile");
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
		{ 404, "", REFUSED, 0 },
		{ 500, "", RETRY_LATER, 0 },
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
	assert_int_equal(kind->exchange_code(kind, settings, far.http, STR(" 2jK3 "), &far.arena, &got, &far.err), 0);
	assert_str(json_get_text(got, "token"), "kF3s");
	far_expect(&far, (struct exchange) { .method = "POST",
	                                     .path = "/api/oauth/tokens",
	                                     .status = 422,
	                                     .answer = "{\"status\":422}" });
	assert_int_equal(kind->exchange_code(kind, settings, far.http, STR("2jK3"), &far.arena, &got, &far.err),
	                 ERR_AUTH);
	assert_holds(str_of(far.err.text), "works once");
	far_close(&far);
}

/* ---- NikoHealth ---- */

static struct connection *begin_niko(struct far *far)
{
	struct json *settings;
	const struct connector *kind = connector_find(STR("nikohealth"));
	struct connection *c = NULL;
	SCOPED(buf) struct buf text = BUF_INIT(4000);

	far_open(far);
	buf_printf(&text,
	           "{\"domain\":\"x\",\"url\":\"%.*s/api/external/v1\",\"token_url\":\"%.*s/api/identity/connect/"
	           "token\",\"client_id\":\"my-client\","
	           "\"client_secret\":\"my-secret\",\"pace\":0,\"backoff_ms\":1,\"attempts\":1}",
	           STR_ARG(far_base(far)), STR_ARG(far_base(far)));
	settings = far_json(far, arena_text(&far->arena, buf_str(&text)));
	if (kind->open(kind, settings, far->http, &c, &far->err) < 0)
		fail_msg("%s", far->err.text);
	far_expect(far, (struct exchange) { .method = "POST",
	                                    .path = "/api/identity/connect/token",
	                                    .head = "Authorization: Basic bXktY2xpZW50Om15LXNlY3JldA==",
	                                    .body = "grant_type=client_credentials&scope=external",
	                                    .answer = "{\"access_token\":\"7D0C\",\"expires_in\":1200,\"token_type\":"
	                                              "\"Bearer\",\"scope\":\"external\"}" });
	return c;
}

static void short_rows_are_read_one_by_one(void **state)
{
	struct far far;
	struct connection *c = begin_niko(&far);
	struct page page;

	(void)state;
	far_expect(
	        &far,
	        (struct exchange) {
	                .method = "GET",
	                .path = "/api/external/v1/patients?pageSize=3&pageIndex=1",
	                .head = "Bearer 7D0C",
	                .answer =
	                        "{\"Items\":[{\"Id\":\"11\",\"Name\":{}},{\"Id\":12},{\"Id\":\"13\"}],\"Count\":7}" });
	far_expect(&far, (struct exchange) { .method = "GET",
	                                     .path = "/v1/patients/11",
	                                     .answer = "{\"Id\":\"11\",\"Status\":{\"Status\":\"Active\"}}" });
	far_expect(&far, (struct exchange) { .method = "GET",
	                                     .path = "/v1/patients/12",
	                                     .answer = "{\"Id\":12,\"Status\":{\"Status\":\"Inactive\"}}" });
	far_expect(&far, (struct exchange) { .method = "GET", .path = "/v1/patients/13", .status = 404, .answer = "" });
	assert_int_equal(
	        far_list(&far, c,
	                 (struct list_request) { .object = STR("patient"), .page_size = 3, .cursor = STR("3") }, &page),
	        0);
	assert_int_equal(page.count, 3);
	assert_int_equal(page.total, 7);
	assert_str(page.next_cursor, "6");
	assert_false(page.records[0].deleted);
	assert_str(page.records[0].bytes, "{\"Id\":\"11\",\"Status\":{\"Status\":\"Active\"}}");
	assert_str(page.records[1].id, "12");
	assert_true(page.records[1].deleted);
	assert_string_equal(page.records[2].fault, "not there");
	assert_str(page.records[2].id, "13");
	end(&far, c);
}

static void an_update_is_read_modify_put(void **state)
{
	struct far far;
	struct connection *c = begin_niko(&far);
	struct write_result result;
	const struct write_item update =
	        item(&far, WRITE_UPDATE, "11", "{\"General\":{\"Name\":{\"FirstName\":\"New\"}}}");

	(void)state;
	far_expect(&far,
	           (struct exchange) {
	                   .method = "GET",
	                   .path = "/patients/11",
	                   .answer = "{\"Id\":\"11\",\"DisplayId\":\"1\",\"General\":{\"Name\":{\"FirstName\":\"Old\","
	                             "\"LastName\":\"Lee\"},\"Weight\":164.50},"
	                             "\"Location\":{\"Id\":\"12\",\"Name\":\"Main\"},\"Tags\":[{\"Id\":\"31\"}]}" });
	far_expect(&far,
	           (struct exchange) { .method = "PUT",
	                               .path = "/patients/11",
	                               .body = "{\"General\":{\"Name\":{\"FirstName\":\"New\",\"LastName\":\"Lee\"},"
	                                       "\"Weight\":164.50},\"Tags\":[{\"Id\":\"31\"}],\"LocationId\":\"12\"}",
	                               .status = 204,
	                               .answer = "" });
	far_expect(&far,
	           (struct exchange) { .method = "GET",
	                               .path = "/patients/11",
	                               .answer = "{\"Id\":\"11\",\"General\":{\"Name\":{\"FirstName\":\"NEW\"}}}" });
	assert_int_equal(far_write(&far, c, "patient", &update, 1, &result), 0);
	assert_int_equal(result.outcome, DELIVERED);
	assert_str(result.id, "11");
	assert_str(json_text(json_walk(result.record.json, "General.Name.FirstName")), "NEW");
	end(&far, c);
}

static void a_new_id_is_found_wherever_it_stands(void **state)
{
	static const struct {
		const char *headers, *answer;
	} rows[] = {
		{ "", "{\"Id\":\"77\"}" },
		{ "", "77" },
		{ "", "\"77\"" },
		{ "Location: /api/external/v1/patients/77\r\n", "" },
	};
	struct far far;
	struct connection *c = begin_niko(&far);
	struct write_result result;
	const struct write_item create = item(&far, WRITE_CREATE, NULL, "{\"LocationId\":\"12\"}");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		far_expect(&far, (struct exchange) { .method = "POST",
		                                     .path = "/patients",
		                                     .status = 201,
		                                     .headers = rows[i].headers,
		                                     .answer = rows[i].answer });
		far_expect(&far, (struct exchange) { .method = "GET",
		                                     .path = "/patients/77",
		                                     .answer = "{\"Id\":\"77\",\"General\":{}}" });
		assert_int_equal(far_write(&far, c, "patient", &create, 1, &result), 0);
		assert_int_equal(result.outcome, DELIVERED);
		assert_str(result.id, "77");
		assert_str(result.record.bytes, "{\"Id\":\"77\",\"General\":{}}");
	}
	far_expect(&far, (struct exchange) { .method = "POST", .path = "/patients", .status = 201, .answer = "" });
	assert_int_equal(far_write(&far, c, "patient", &create, 1, &result), 0);
	assert_int_equal(result.outcome, UNKNOWN);
	end(&far, c);
}

static void refusals_are_read_by_their_paths(void **state)
{
	struct far far;
	struct connection *c = begin_niko(&far);
	struct write_result result;
	const struct write_item create = item(&far, WRITE_CREATE, NULL, "{\"General\":{}}");

	(void)state;
	far_expect(&far, (struct exchange) { .method = "POST",
	                                     .path = "/patients",
	                                     .status = 400,
	                                     .answer = "{\"Message\":\"Validation "
	                                               "failed\",\"Errors\":[{\"Field\":\"LocationId\",\"Message\":"
	                                               "\"Location not found\"}]}" });
	assert_int_equal(far_write(&far, c, "patient", &create, 1, &result), 0);
	assert_int_equal(result.outcome, REFUSED);
	assert_str(result.code, "400");
	assert_str(result.field, "LocationId");
	assert_str(result.raw_message, "Validation failed");
	end(&far, c);
}

/* ---- an invented EMR ---- */

static void pages_go_by_a_mark(void **state)
{
	struct far far;
	struct connection *c;
	struct page page;

	(void)state;
	far_open(&far);
	c = far_connect(&far, "invented", INVENTED);
	assert_false(c->traits.pages_independent);
	assert_str(c->traits.web_link, "https://emr.example/p/{id}");
	far_expect(&far, (struct exchange) { .method = "GET",
	                                     .path = "/people?expand=all&state=live&count=2",
	                                     .head = "X-Api-Key: K",
	                                     .answer = "{\"data\":{\"people\":[{\"key\":\"a\",\"rev\":7,\"changed\":{"
	                                               "\"at\":\"2026-01-01T00:00:00Z\",\"by\":\"u1\"}}]},"
	                                               "\"page\":{\"next\":\"m/1 x\",\"total\":2}}" });
	far_expect(
	        &far,
	        (struct exchange) {
	                .method = "GET",
	                .path = "/people?expand=all&count=2&after=m/1 x",
	                .head = "X-Version: 3",
	                .answer = "{\"data\":{\"people\":[{\"key\":\"b\"}]},\"page\":{\"next\":null,\"total\":2}}" });
	assert_int_equal(far_list(&far, c, (struct list_request) { .object = STR("person"), .live_only = true }, &page),
	                 0);
	assert_str(page.records[0].version, "7");
	assert_str(page.records[0].modified_by, "u1");
	assert_int_equal(page.records[0].modified_ms, 1767225600000);
	assert_str(page.next_cursor, "m/1 x");
	assert_int_equal(
	        far_list(&far, c, (struct list_request) { .object = STR("person"), .cursor = page.next_cursor }, &page),
	        0);
	assert_true(page.last);
	end(&far, c);
}

static void a_system_without_the_route_says_so(void **state)
{
	struct far far;
	struct connection *c;
	struct write_result result;
	struct write_item remove;

	(void)state;
	far_open(&far);
	c = far_connect(&far, "invented", INVENTED);
	remove = item(&far, WRITE_DELETE, "a", NULL);
	assert_int_equal(far_write(&far, c, "person", &remove, 1, &result), ERR_UNSUPPORTED);
	remove = item(&far, WRITE_UPDATE, "a", "{\"surname\":\"x\"}");
	far_expect(&far, (struct exchange) {
	                         .method = "POST",
	                         .path = "/people/a",
	                         .body = "{\"surname\":\"x\"}",
	                         .status = 400,
	                         .answer = "{\"errors\":[{\"code\":\"E7\",\"text\":\"no\",\"where\":\"surname\"}]}" });
	assert_int_equal(far_write(&far, c, "person", &remove, 1, &result), 0);
	assert_str(result.code, "E7");
	assert_str(result.field, "surname");
	end(&far, c);
}

/* ---- the descriptors beside this file ---- */

static int add(const char *name)
{
	SCOPED(buf) struct buf text = BUF_INIT(100000);
	struct err err = ERR_INIT;
	char path[4096], *room;
	FILE *file;

	snprintf(path, sizeof(path), "%s/tests/unit/connectors/%s", SOURCE_ROOT, name);
	file = fopen(path, "r");
	assert_non_null(file);
	room = buf_room(&text, 60000);
	buf_grew(&text, fread(room, 1, 60000, file));
	fclose(file);
	if (connector_add_descriptor(buf_str(&text), name, &err) < 0)
		fail_msg("%s", err.text);
	return 0;
}

static int add_descriptors(void **state)
{
	(void)state;
	return add("nikohealth.yaml") + add("invented.yaml");
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
		cmocka_unit_test(an_update_carries_the_names_every_time),
		cmocka_unit_test(a_create_carries_our_reference),
		cmocka_unit_test(R5_a_repeated_create_becomes_an_update),
		cmocka_unit_test(R5_a_create_without_answer_is_unknown),
		cmocka_unit_test(statuses_decide_what_becomes_of_an_update),
		cmocka_unit_test(a_refused_key_fails_the_call_as_a_whole),
		cmocka_unit_test(a_code_becomes_a_token),
		cmocka_unit_test(short_rows_are_read_one_by_one),
		cmocka_unit_test(an_update_is_read_modify_put),
		cmocka_unit_test(a_new_id_is_found_wherever_it_stands),
		cmocka_unit_test(refusals_are_read_by_their_paths),
		cmocka_unit_test(pages_go_by_a_mark),
		cmocka_unit_test(a_system_without_the_route_says_so),
	};

	return cmocka_run_group_tests(tests, add_descriptors, NULL);
}

/* REST systems that need no C: NikoHealth, which ships, and an invented EMR, from the descriptor beside this file. */
#include "far.h"

#define INVENTED "{\"url\":\"%s\",\"key\":\"K\",\"pace\":0,\"backoff_ms\":1,\"attempts\":1}"

static void end(struct far *far, struct connection *c)
{
	c->kind->close(&c);
	far_close(far);
}

static struct write_item item(struct far *far, enum write_op op, const char *id, const char *fields)
{
	return (struct write_item) { .op = op, .id = str_of(id), .fields = fields ? far_json(far, fields) : NULL };
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

/* R26, R28: a 412 is a change by somebody else, or a wrong line in the descriptor; never a reason to leave the header out. */
static void R26_R28_a_precondition_goes_along_with_a_change(void **state)
{
	static const struct {
		const char *now;
		enum delivery outcome;
	} rows[] = { { "{\"key\":\"p-1\",\"rev\":8}", CHANGED }, { "{\"key\":\"p-1\",\"rev\":7}", REFUSED } };
	struct far far;
	struct connection *c;
	struct write_item update;
	struct write_result result;

	(void)state;
	far_open(&far);
	c = far_connect(&far, "invented", INVENTED);
	update = item(&far, WRITE_UPDATE, "p-1", "{\"mail\":\"a@x.example\"}");
	update.version = STR("7");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		far_expect(&far, (struct exchange) { .method = "PATCH",
		                                     .path = "/people/p-1",
		                                     .head = "If-Match: \"7\"",
		                                     .status = 412,
		                                     .answer = "{}" });
		far_expect(&far, (struct exchange) { .method = "GET", .path = "/people/p-1", .answer = rows[i].now });
		assert_int_equal(far_write(&far, c, "person", &update, 1, &result), 0);
		assert_int_equal(result.outcome, rows[i].outcome);
	}
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
	                         .method = "PATCH",
	                         .path = "/people/a",
	                         .body = "{\"surname\":\"x\"}",
	                         .status = 400,
	                         .answer = "{\"errors\":[{\"code\":\"E7\",\"text\":\"no\",\"where\":\"surname\"}]}" });
	assert_int_equal(far_write(&far, c, "person", &remove, 1, &result), 0);
	assert_str(result.code, "E7");
	assert_str(result.field, "surname");
	end(&far, c);
}

/* What hangs on a record has pages of its own, in whichever style. */
static void notes_of_a_person_come_to_the_last_page(void **state)
{
	struct far far;
	struct connection *c;
	struct page page;

	(void)state;
	far_open(&far);
	c = far_connect(&far, "invented", INVENTED);
	far_expect(&far, (struct exchange) {
	                         .method = "GET",
	                         .path = "/people/a/notes?count=50",
	                         .answer = "{\"data\":{\"people\":[{\"key\":\"n1\"}]},\"page\":{\"next\":\"m2\"}}" });
	far_expect(&far, (struct exchange) {
	                         .method = "GET",
	                         .path = "/people/a/notes?count=50&after=m2",
	                         .answer = "{\"data\":{\"people\":[{\"key\":\"n2\"}]},\"page\":{\"next\":null}}" });
	far_expect(&far, (struct exchange) {
	                         .method = "GET",
	                         .path = "/people?expand=all",
	                         .answer = "{\"data\":{\"people\":[{\"key\":\"a\"}]},\"page\":{\"next\":null}}" });
	assert_int_equal(far_list(&far, c, (struct list_request) { .object = STR("note") }, &page), 0);
	assert_int_equal(page.count, 2);
	assert_str(page.records[1].id, "n2");
	assert_str(json_get_text(page.records[1].json, "person"), "a");
	end(&far, c);
}

/* Of one descriptor's objects one keeps our id, tells times and changes and is read by its id, and the other one does nothing of it. */
static void R4_a_connection_is_like_the_object_that_it_serves(void **state)
{
	struct far far;
	struct connection *person, *note;

	(void)state;
	far_open(&far);
	person = far_connect(&far, "invented", "{\"url\":\"%s\",\"key\":\"k\"}");
	note = far_connect(&far, "invented", "{\"url\":\"%s\",\"key\":\"k\"}");
	person->kind->serve(person, STR("person"));
	note->kind->serve(note, STR("note"));
	assert_true(person->traits.has_times && person->traits.reference_field.len && person->traits.web_link.len);
	assert_true(person->traits.fetch_batch && person->kind->changes_start);
	assert_false(note->traits.has_times || note->traits.reference_field.len || note->traits.web_link.len);
	assert_int_equal(note->traits.fetch_batch, 0);
	assert_null(note->kind->changes_start);
	assert_int_equal(note->traits.page_size, person->traits.page_size);
	person->kind->close(&person);
	note->kind->close(&note);
	far_close(&far);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_rows_are_read_one_by_one),
		cmocka_unit_test(an_update_is_read_modify_put),
		cmocka_unit_test(R26_R28_a_precondition_goes_along_with_a_change),
		cmocka_unit_test(a_new_id_is_found_wherever_it_stands),
		cmocka_unit_test(refusals_are_read_by_their_paths),
		cmocka_unit_test(pages_go_by_a_mark),
		cmocka_unit_test(a_system_without_the_route_says_so),
		cmocka_unit_test(notes_of_a_person_come_to_the_last_page),
		cmocka_unit_test(R4_a_connection_is_like_the_object_that_it_serves),
	};

	return cmocka_run_group_tests(tests, far_add_invented, NULL);
}

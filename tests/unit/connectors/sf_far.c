/* The Salesforce connector against a scripted org: every request and answer stands here as bytes. */
#include "sf_begin.h"

#include "codec/url.h"
#include "connectors/salesforce/salesforce.h"

#include <stdio.h>

static void settings_are_checked_when_it_is_opened(void **state)
{
	static const struct {
		const char *settings, *words;
	} rows[] = {
		{ "{\"login_url\":\"https://x\"}", "'client_id' is missing" },
		{ "{\"login_url\":\"https://x\",\"client_id\":\"a\"}",
		  "'client_secret' is missing: auth client_credentials" },
		{ "{\"login_url\":\"https://x\",\"client_id\":\"a\",\"auth\":\"magic\"}",
		  "must be client_credentials, jwt or refresh_token" },
		{ "{\"login_url\":\"https://x\",\"client_id\":\"a\",\"auth\":\"jwt\"}",
		  "'username' is missing: auth jwt" },
		{ "{\"login_url\":\"x\",\"client_id\":\"a\",\"client_secret\":\"s\"}",
		  "'login_url' must be an address" },
		{ "{\"login_url\":\"https://x\",\"client_id\":\"a\",\"client_secret\":\"s\",\"api_version\":\"sixty\"}",
		  "'api_version'" },
		{ "{\"login_url\":\"https://x\",\"client_id\":\"a\",\"client_secret\":\"s\",\"pace\":\"fast\"}",
		  "'pace' must be a number" },
		{ "{\"login_url\":\"https://x\",\"client_id\":\"a\",\"client_secret\":\"s\",\"colour\":1}",
		  "unknown setting 'colour'" },
	};
	const struct connector *kind = connector_find(STR("salesforce"));
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ARENA;
		struct json *settings;
		struct connection *c = NULL;

		assert_ok(json_parse(&arena, str_of(rows[i].settings), &settings, &err));
		assert_err(kind->open(kind, settings, NULL, &c, &err), ERR_CONFIG, rows[i].words);
		assert_null(c);
	}
}

static void check_says_who_we_are(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct str who;
	struct budget_facts budget;

	(void)state;
	far_expect(&far,
	           (struct exchange) {
	                   .method = "GET",
	                   .path = "/services/data/v62.0/",
	                   .head = "Bearer T1",
	                   .headers = "Sforce-Limit-Info: api-usage=18/5000; per-app-api-usage=1/2(appName=x)\r\n",
	                   .answer = "{\"sobjects\":\"/services/data/v62.0/sobjects\"}" });
	far_expect(&far, (struct exchange) { .method = "GET",
	                                     .path = "FROM Organization",
	                                     .headers = "Sforce-Limit-Info: api-usage=19/5000\r\n",
	                                     .answer = "{\"records\":[{\"Name\":\"Grove\"}]}" });
	assert_int_equal(c->kind->check(c, &far.arena, &who, &far.err), 0);
	assert_str(who, "Grove (org 00Dxx0000001gPLEAY, user 005xx000001SwiUAAS)");
	assert_str(c->traits.our_user, "005xx000001SwiUAAS");
	assert_true(str_ends(c->traits.web_link, STR("/{id}")));
	assert_int_equal(c->kind->budget(c, &far.arena, false, &budget, &far.err), 0);
	assert_true(budget.known);
	assert_int_equal(budget.used, 19);
	assert_int_equal(budget.allowance, 5000);
	sf_end(&far, c);
}

static void wrong_credentials_say_what_to_do(void **state)
{
	struct far far;
	struct connection *c;
	struct str who;

	(void)state;
	far_open(&far);
	c = far_connect(&far, "salesforce", SETTINGS);
	far_expect(&far, (struct exchange) { .method = "POST",
	                                     .path = "/token",
	                                     .status = 400,
	                                     .answer = "{\"error\":\"invalid_client\",\"error_description\":\"invalid "
	                                               "client credentials\"}" });
	assert_int_equal(c->kind->check(c, &far.arena, &who, &far.err), ERR_AUTH);
	assert_holds(str_of(far.err.text), "the client id or secret is wrong; check both (invalid_client)");
	sf_end(&far, c);
}

struct kept {
	char token[64];
	int calls;
	bool fail;
};

static int keep(void *context, const struct json *settings, struct err *err)
{
	struct kept *kept = context;

	kept->calls++;
	if (kept->fail)
		return err_set(err, ERR_DISK_FULL, "no room");
	snprintf(kept->token, sizeof(kept->token), "%.*s", STR_ARG(json_get_text(settings, "refresh_token")));
	return 0;
}

static void expect_refresh(struct far *far, const char *sent, const char *answered)
{
	far_expect(far,
	           (struct exchange) { .method = "POST",
	                               .path = "/token",
	                               .body = sent,
	                               .answer = arena_printf(&far->arena,
	                                                      "{\"access_token\":\"T1\",%s\"instance_url\":\"%.*s\"}",
	                                                      answered, STR_ARG(far_base(far)))
	                                                 .at });
}

#define REFRESH_SETTINGS                                                                                   \
	"{\"login_url\":\"%s\",\"auth\":\"refresh_token\",\"client_id\":\"app\",\"refresh_token\":\"R1\"," \
	"\"backoff_ms\":1}"

/* "a new one is returned and the old one dies at once": it is stored before anything is asked with what came with it. */
static void a_rotated_refresh_token_is_kept_before_its_access_token_is_used(void **state)
{
	struct kept kept = { .fail = true };
	struct list_request request = { .object = STR("Contact") };
	struct connection *c;
	struct page page;
	struct far far;

	(void)state;
	far_open(&far);
	c = far_connect(&far, "salesforce", REFRESH_SETTINGS);
	c->keep_settings = keep;
	c->keep_context = &kept;
	expect_refresh(&far, "refresh_token=R1", "\"refresh_token\":\"R2\",");
	assert_int_equal(far_list(&far, c, request, &page), ERR_DISK_FULL);
	assert_holds(str_of(far.err.text), "keep the new refresh token: no room");
	/* The far side says nothing of it any more, but it is still not kept. */
	expect_refresh(&far, "refresh_token=R2", "");
	assert_int_equal(far_list(&far, c, request, &page), ERR_DISK_FULL);
	kept.fail = false;
	expect_refresh(&far, "refresh_token=R2", "");
	far_expect(&far, (struct exchange) { .method = "GET",
	                                     .path = "/query",
	                                     .head = "Bearer T1",
	                                     .answer = "{\"done\":true,\"records\":[]}" });
	assert_int_equal(far_list(&far, c, request, &page), 0);
	assert_string_equal(kept.token, "R2");
	assert_int_equal(kept.calls, 3);
	sf_end(&far, c);
}

/* The same without anybody who keeps it. */
static void a_rotated_refresh_token_is_used_from_then_on(void **state)
{
	static const char *const tokens[] = { "refresh_token=R1", "refresh_token=R2" };
	struct far far;
	struct connection *c;
	struct page page;

	(void)state;
	far_open(&far);
	c = far_connect(&far, "salesforce",
	                "{\"login_url\":\"%s\",\"auth\":\"refresh_token\",\"client_id\":\"app\",\"refresh_token\":"
	                "\"R1\",\"backoff_ms\":1}");
	for (size_t i = 0; i < ARRAY_LEN(tokens); i++)
		far_expect(&far, (struct exchange) { .method = "POST",
		                                     .path = "/token",
		                                     .body = tokens[i],
		                                     .answer = arena_printf(&far.arena,
		                                                            "{\"access_token\":\"T%zu\",\"refresh_"
		                                                            "token\":\"R2\",\"instance_url\":\"%.*s\"}",
		                                                            i, STR_ARG(far_base(&far)))
		                                                       .at });
	far_expect(&far,
	           (struct exchange) {
	                   .method = "GET", .path = "/query", .head = "Bearer T0", .status = 401, .answer = "[]" });
	far_expect(&far, (struct exchange) { .method = "GET",
	                                     .path = "/query",
	                                     .head = "Bearer T1",
	                                     .answer = "{\"done\":true,\"records\":[]}" });
	assert_int_equal(far_list(&far, c, (struct list_request) { .object = STR("Contact") }, &page), 0);
	sf_end(&far, c);
}

static void an_org_that_moved_is_not_followed_blindly(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct page page;

	(void)state;
	far_expect(&far, (struct exchange) { .method = "GET", .path = "/query", .status = 401, .answer = "[]" });
	far_expect(
	        &far,
	        (struct exchange) {
	                .method = "POST",
	                .path = "/token",
	                .answer = "{\"access_token\":\"T2\",\"instance_url\":\"https://moved.my.salesforce.com\"}" });
	assert_int_equal(far_list(&far, c, (struct list_request) { .object = STR("Contact") }, &page), ERR_AUTH);
	assert_holds(str_of(far.err.text), "moved to another instance");
	sf_end(&far, c);
}

/* Whoever answers the sign-in would else get the token, and then the records. */
static void an_instance_elsewhere_is_refused(void **state)
{
	static const char *const elsewhere[] = { "https://elsewhere.example", "http://grove.my.salesforce.com",
		                                 "https://evilsalesforce.com",
		                                 "https://grove.my.salesforce.com.evil.example",
		                                 "https://169.254.169.254" };
	struct url_parts parts;
	struct page page;
	struct far far;
	struct connection *c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(elsewhere); i++) {
		far_open(&far);
		c = far_connect(&far, "salesforce", REFRESH_SETTINGS);
		far_expect(&far, (struct exchange) {
		                         .method = "POST",
		                         .path = "/token",
		                         .answer = arena_printf(&far.arena,
		                                                "{\"access_token\":\"T\",\"instance_url\":\"%s\"}",
		                                                elsewhere[i])
		                                           .at });
		assert_int_equal(far_list(&far, c, (struct list_request) { .object = STR("Contact") }, &page),
		                 ERR_AUTH);
		assert_true(url_split(str_of(elsewhere[i]), &parts));
		assert_holds(str_of(far.err.text), arena_text(&far.arena, parts.host));
		assert_holds(str_of(far.err.text), "instance_hosts");
		sf_end(&far, c);
	}
}

static void a_dead_session_is_renewed_once(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct page page;

	(void)state;
	far_expect(&far, (struct exchange) { .method = "GET",
	                                     .path = "/queryAll",
	                                     .head = "Bearer T1",
	                                     .status = 401,
	                                     .answer = "[{\"message\":\"Session expired or "
	                                               "invalid\",\"errorCode\":\"INVALID_SESSION_ID\"}]" });
	sf_expect_login(&far, "T2");
	far_expect(&far, (struct exchange) { .method = "GET",
	                                     .path = "/queryAll",
	                                     .head = "Bearer T2",
	                                     .answer = "{\"totalSize\":0,\"done\":true,\"records\":[]}" });
	assert_int_equal(far_list(&far, c, (struct list_request) { .object = STR("Contact") }, &page), 0);
	assert_true(page.last);
	sf_end(&far, c);
}

#define ROW(id, stamp, rest) \
	"{\"attributes\":{\"type\":\"Contact\"},\"Id\":\"" id "\",\"SystemModstamp\":\"" stamp "\"" rest "}"

static void pages_follow_the_servers_link(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct page page;
	struct str field = STR("LastName");
	struct list_request request = { .object = STR("Contact"), .fields = &field, .field_count = 1 };

	(void)state;
	far_expect(
	        &far,
	        (struct exchange) {
	                .method = "GET",
	                .path = "/queryAll?q=SELECT Id,",
	                .head = "Sforce-Call-Options: client=Suture",
	                .headers = "Date: Tue, 10 Aug 2026 08:00:00 GMT\r\n",
	                .answer =
	                        "{\"totalSize\":3,\"done\":false,\"nextRecordsUrl\":\"/services/data/v62.0/query/"
	                        "0r8-2\",\"records\":[" ROW(
	                                ID_A, "2026-07-18T09:15:22.000+0000",
	                                ",\"LastModifiedById\":\"005xx000001SwiUAAS\",\"IsDeleted\":false,\"LastName\":"
	                                "\"A\"") ", " ROW(ID_B, "2026-07-18T09:15:23.000+0000",
	                                                  ",\"IsDeleted\":true,\"MasterRecordId\":\"" ID_A
	                                                  "\"") "]}" });
	far_expect(&far, (struct exchange) { .method = "GET",
	                                     .path = "/services/data/v62.0/query/0r8-2",
	                                     .answer = "{\"totalSize\":3,\"done\":true,\"records\":[" ROW(
	                                             ID_C, "2026-07-18T09:15:24.000+0000", "") "]}" });
	assert_int_equal(far_list(&far, c, request, &page), 0);
	assert_int_equal(page.count, 2);
	assert_int_equal(page.total, 3);
	assert_false(page.last);
	assert_int_equal(page.server_ms, 1786348800000);
	assert_str(page.records[0].id, ID_A);
	assert_str(page.records[0].modified_by, "005xx000001SwiUAAS");
	assert_int_equal(page.records[0].modified_ms, 1784366122000);
	assert_str(page.records[0].version, "2026-07-18T09:15:22.000+0000");
	assert_false(page.records[0].deleted);
	assert_true(str_starts(page.records[0].bytes, STR("{\"attributes\"")));
	assert_true(page.records[1].deleted);
	assert_str(page.records[1].merged_into, ID_A);
	request.cursor = page.next_cursor;
	assert_int_equal(far_list(&far, c, request, &page), 0);
	assert_true(page.last);
	assert_int_equal(page.count, 1);
	sf_end(&far, c);
}

static void a_page_mark_that_died_is_replaced_by_the_last_row(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct page page;

	(void)state;
	far_expect(
	        &far,
	        (struct exchange) {
	                .method = "GET",
	                .path = "/query/0r8-2",
	                .status = 400,
	                .answer =
	                        "[{\"errorCode\":\"INVALID_QUERY_LOCATOR\",\"message\":\"invalid query locator\"}]" });
	far_expect(&far, (struct exchange) { .method = "GET",
	                                     .path = "(SystemModstamp > 2026-07-18T09:15:23.000Z OR (SystemModstamp = "
	                                             "2026-07-18T09:15:23.000Z AND Id > '" ID_B "'))",
	                                     .answer = "{\"totalSize\":1,\"done\":true,\"records\":[" ROW(
	                                             ID_C, "2026-07-18T09:15:24.000+0000", "") "]}" });
	assert_int_equal(far_list(&far, c,
	                          (struct list_request) { .object = STR("Contact"),
	                                                  .cursor = STR("2026-07-18T09:15:23.000+0000 " ID_B
	                                                                " /services/data/v62.0/query/0r8-2") },
	                          &page),
	                 0);
	assert_int_equal(page.count, 1);
	assert_int_equal(page.total, -1);
	sf_end(&far, c);
}

static void small_pages_go_by_the_last_row(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct page page;

	(void)state;
	far_expect(&far, (struct exchange) {
	                         .method = "GET",
	                         .path = "/query?q=SELECT Id,SystemModstamp,LastModifiedById,IsDeleted,MasterRecordId "
	                                 "FROM Contact "
	                                 "ORDER BY SystemModstamp ASC, Id ASC LIMIT 1",
	                         .answer = "{\"totalSize\":1,\"done\":true,\"records\":[" ROW(
	                                 ID_A, "2026-07-18T09:15:22.000+0000", "") "]}" });
	assert_int_equal(far_list(&far, c,
	                          (struct list_request) { .object = STR("Contact"), .page_size = 1, .live_only = true },
	                          &page),
	                 0);
	assert_false(page.last);
	assert_str(page.next_cursor, "2026-07-18T09:15:22.000+0000 " ID_A " -");
	far_expect(&far,
	           (struct exchange) { .method = "GET",
	                               .path = "AND Id > '" ID_A "')) ORDER BY SystemModstamp ASC, Id ASC LIMIT 1",
	                               .answer = "{\"totalSize\":0,\"done\":true,\"records\":[]}" });
	assert_int_equal(
	        far_list(&far, c,
	                 (struct list_request) { .object = STR("Contact"), .page_size = 1, .cursor = page.next_cursor },
	                 &page),
	        0);
	assert_true(page.last);
	sf_end(&far, c);
}

/* R3: one malformed row keeps its bytes and says why; the others, and the link to the next page, are there. */
static void R3_a_malformed_row_does_not_spoil_its_page(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct page page;

	(void)state;
	far_expect(&far,
	           (struct exchange) { .method = "GET",
	                               .path = "/queryAll",
	                               .answer = "{\"totalSize\":4,\"done\":false,\"nextRecordsUrl\":\"/services/data/"
	                                         "v62.0/query/x-4\",\"records\":[" ROW(
	                                                 ID_A, "2026-07-18T09:15:22.000+0000",
	                                                 "") ",{\"Id\":\"" ID_B
	                                                     "\",\"LastName\":nope},{\"LastName\":\"no id\"}," ROW(
	                                                             ID_C, "2026-07-18T09:15:24.000+0000", "") "]}" });
	assert_int_equal(far_list(&far, c, (struct list_request) { .object = STR("Contact") }, &page), 0);
	assert_int_equal(page.count, 4);
	assert_null(page.records[0].fault);
	assert_non_null(page.records[1].fault);
	assert_null(page.records[1].json);
	assert_str(page.records[1].bytes, "{\"Id\":\"" ID_B "\",\"LastName\":nope}");
	assert_string_equal(page.records[2].fault, "the row has no id");
	assert_null(page.records[3].fault);
	assert_str(page.records[3].id, ID_C);
	assert_int_equal(page.total, 4);
	assert_str(page.next_cursor, "2026-07-18T09:15:24.000+0000 " ID_C " /services/data/v62.0/query/x-4");
	sf_end(&far, c);
}

static void what_is_no_answer_says_so(void **state)
{
	static const struct {
		const char *answer, *words;
	} rows[] = {
		{ "", "answered with nothing" },
		{ "<!DOCTYPE html><html>sign in</html>", "a web page instead of data" },
		{ "{\"records\":[{\"Id\":", "no JSON" },
		{ "{\"rows\":[]}", "no list of records at 'records'" },
	};
	struct far far;
	struct connection *c = sf_begin(&far);
	struct page page;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		far_expect(&far, (struct exchange) { .method = "GET", .path = "/queryAll", .answer = rows[i].answer });
		assert_int_equal(far_list(&far, c, (struct list_request) { .object = STR("Contact") }, &page),
		                 ERR_FAR_SIDE);
		assert_holds(str_of(far.err.text), rows[i].words);
	}
	sf_end(&far, c);
}

static void a_query_that_is_too_long_is_refused_before_it_is_sent(void **state)
{
	static char names[900][24];
	static struct str fields[900];
	struct far far;
	struct connection *c;
	struct page page;

	(void)state;
	far_open(&far);
	c = far_connect(&far, "salesforce", SETTINGS);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		snprintf(names[i], sizeof(names[i]), "Some_Field_%zu__c", i);
		fields[i] = str_of(names[i]);
	}
	assert_int_equal(far_list(&far, c,
	                          (struct list_request) { .object = STR("Contact"),
	                                                  .fields = fields,
	                                                  .field_count = ARRAY_LEN(fields) },
	                          &page),
	                 ERR_CONFIG);
	assert_holds(str_of(far.err.text), "too long");
	sf_end(&far, c);
}

static void fetch_answers_in_the_order_of_the_ids(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct page page;
	const struct str ids[] = { STR("003xx000000000A"), STR("not an id"), STR(ID_B), STR(ID_C) };
	struct str field = STR("Email");

	(void)state;
	far_expect(&far,
	           (struct exchange) {
	                   .method = "POST",
	                   .path = "/composite/sobjects/Contact",
	                   .body = "{\"ids\":[\"" ID_A "\",\"" ID_B "\",\"" ID_C
	                           "\"],\"fields\":[\"Id\",\"SystemModstamp\",\"LastModifiedById\","
	                           "\"IsDeleted\",\"MasterRecordId\",\"Email\"]}",
	                   .answer = "[" ROW(ID_A, "2026-07-18T09:15:22.000+0000", ",\"Email\":null") ",null," ROW(
	                           ID_A, "2026-07-18T09:15:22.000+0000", "") "]" });
	assert_int_equal(far_fetch(&far, c,
	                           (struct fetch_request) { .object = STR("Contact"),
	                                                    .ids = ids,
	                                                    .id_count = 4,
	                                                    .fields = &field,
	                                                    .field_count = 1 },
	                           &page),
	                 0);
	assert_int_equal(page.count, 4);
	assert_null(page.records[0].fault);
	assert_string_equal(page.records[1].fault, "not there");
	assert_string_equal(page.records[2].fault, "not there");
	assert_str(page.records[2].id, ID_B);
	assert_string_equal(page.records[3].fault, "the answer holds another record in its place");
	sf_end(&far, c);
}

static void describe_tells_what_a_mapping_needs(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct object_info info;

	(void)state;
	far_expect(&far, (struct exchange) {
	                         .method = "GET",
	                         .path = "/sobjects/Contact/describe",
	                         .answer = "{\"name\":\"Contact\",\"label\":\"Contact\",\"fields\":["
	                                   "{\"name\":\"LastName\",\"label\":\"Last "
	                                   "Name\",\"type\":\"string\",\"length\":80,\"createable\":true,"
	                                   "\"updateable\":true,\"nillable\":false,\"defaultedOnCreate\":false},"
	                                   "{\"name\":\"Key__c\",\"type\":\"string\",\"length\":64,\"externalId\":true,"
	                                   "\"unique\":true,\"createable\":true,\"updateable\":true,\"nillable\":true},"
	                                   "{\"name\":\"Flag__c\",\"type\":\"boolean\",\"createable\":true,"
	                                   "\"nillable\":false,\"defaultedOnCreate\":true},"
	                                   "{\"name\":\"Salutation\",\"type\":\"picklist\",\"restrictedPicklist\":true,"
	                                   "\"picklistValues\":[{\"value\":\"Mr.\",\"active\":true},{\"value\":\"Old\","
	                                   "\"active\":false}]},"
	                                   "{\"name\":\"MailingAddress\",\"type\":\"address\"}]}" });
	assert_int_equal(c->kind->describe(c, &far.arena, STR("Contact"), &info, &far.err), 0);
	assert_int_equal(info.field_count, 5);
	assert_true(info.fields[0].required);
	assert_int_equal(info.fields[0].length, 80);
	assert_true(info.fields[1].external_id && info.fields[1].unique && !info.fields[1].required);
	assert_false(info.fields[2].required);
	assert_int_equal(info.fields[2].type, FIELD_BOOL);
	assert_true(info.fields[3].restricted);
	assert_int_equal(info.fields[3].picklist_count, 1);
	assert_int_equal(info.fields[4].type, FIELD_OTHER);
	sf_end(&far, c);
}

static void calls_can_be_cancelled(void **state)
{
	struct far far;
	struct connection *c;
	const struct list_request list = { .object = STR("Contact") };
	struct call *call;

	(void)state;
	far_open(&far);
	c = far_connect(&far, "salesforce", SETTINGS);
	call = c->kind->list_start(c, &list);
	call_cancel(&call);
	assert_null(call);
	sf_end(&far, c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_are_checked_when_it_is_opened),
		cmocka_unit_test(check_says_who_we_are),
		cmocka_unit_test(wrong_credentials_say_what_to_do),
		cmocka_unit_test(a_rotated_refresh_token_is_kept_before_its_access_token_is_used),
		cmocka_unit_test(a_rotated_refresh_token_is_used_from_then_on),
		cmocka_unit_test(an_org_that_moved_is_not_followed_blindly),
		cmocka_unit_test(an_instance_elsewhere_is_refused),
		cmocka_unit_test(a_dead_session_is_renewed_once),
		cmocka_unit_test(pages_follow_the_servers_link),
		cmocka_unit_test(a_page_mark_that_died_is_replaced_by_the_last_row),
		cmocka_unit_test(small_pages_go_by_the_last_row),
		cmocka_unit_test(R3_a_malformed_row_does_not_spoil_its_page),
		cmocka_unit_test(what_is_no_answer_says_so),
		cmocka_unit_test(a_query_that_is_too_long_is_refused_before_it_is_sent),
		cmocka_unit_test(fetch_answers_in_the_order_of_the_ids),
		cmocka_unit_test(describe_tells_what_a_mapping_needs),
		cmocka_unit_test(calls_can_be_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Salesforce's texts: ids, names, SOQL, error words. */
#include "unit.h"

#include "connectors/salesforce/sf.h"

static void ids_get_their_suffix(void **state)
{
	ARENA;

	(void)state;
	assert_str(sf_id18(&arena, STR("0035g00000ABCDE")), "0035g00000ABCDEAA5");
	assert_str(sf_id18(&arena, STR("005xx000001SwiU")), "005xx000001SwiUAAS");
	assert_str(sf_id18(&arena, STR("003xx000004TmiQ")), "003xx000004TmiQAAS");
	assert_str(sf_id18(&arena, STR("003xx000004TmiQAAS")), "003xx000004TmiQAAS");
	assert_str(sf_id18(&arena, STR("003xx000004tmiqzzz")), "003xx000004tmiqAAA");
	assert_str(sf_id18(&arena, STR("003xx000004TmiQAA")), "");
	assert_str(sf_id18(&arena, STR("003xx000004Tmi'")), "");
	assert_str(sf_id18(&arena, STR_EMPTY), "");
}

static void ids_of_either_length_are_the_same(void **state)
{
	(void)state;
	assert_true(sf_id_same(STR("0035g00000ABCDE"), STR("0035g00000ABCDEAA5")));
	assert_false(sf_id_same(STR("0035g00000ABCDE"), STR("0035g00000ABCDe")));
	assert_false(sf_id_same(STR(""), STR("")));
}

static void names_are_checked_letter_by_letter(void **state)
{
	static const char *const good[] = { "Id", "Hint_Patient_Id__c", "Account.Name", "ns__X__r.Name" };
	static const char *const bad[] = { "",      "a b",  "Id,Name", "Id FROM User", "Name'",      ".Name",
		                           "Name.", "A..B", "1st",     "_x",           "N\xc3\xa4me" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(sf_name_valid(str_of(good[i])));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(sf_name_valid(str_of(bad[i])));
}

static void texts_cannot_leave_their_quotes(void **state)
{
	SCOPED(buf) struct buf out = BUF_INIT(1000);

	(void)state;
	sf_soql_text(&out, STR("O'Neil \\ \"x\"\n\r\t"));
	assert_str(buf_str(&out), "'O\\'Neil \\\\ \\\"x\\\"\\n\\r\\t'");
}

static void a_query_carries_the_standard_fields_once(void **state)
{
	SCOPED(buf) struct buf out = BUF_INIT(4000);
	struct err err = ERR_INIT;
	const struct str fields[] = { STR("LastName"), STR("id"), STR("Email"), STR("lastname") };
	const struct sf_query query = { .object = STR("Contact"), .fields = fields, .field_count = ARRAY_LEN(fields) };

	(void)state;
	assert_ok(sf_soql(&out, &query, &err));
	assert_str(buf_str(&out),
	           "SELECT Id,SystemModstamp,LastModifiedById,IsDeleted,MasterRecordId,LastName,Email FROM Contact "
	           "ORDER BY SystemModstamp ASC, Id ASC");
}

static void only_mergeable_objects_have_a_master(void **state)
{
	SCOPED(buf) struct buf out = BUF_INIT(4000);
	struct err err = ERR_INIT;
	const struct sf_query query = { .object = STR("Sync_Log__c"), .limit = 5 };

	(void)state;
	assert_ok(sf_soql(&out, &query, &err));
	assert_str(buf_str(&out), "SELECT Id,SystemModstamp,LastModifiedById,IsDeleted FROM Sync_Log__c "
	                          "ORDER BY SystemModstamp ASC, Id ASC LIMIT 5");
}

static void conditions_stand_together(void **state)
{
	SCOPED(buf) struct buf out = BUF_INIT(4000);
	struct err err = ERR_INIT;
	const struct list_equals equals = { STR("Name"), STR("x' OR Name != '") };
	const struct sf_query query = { .object = STR("Account"),
		                        .where = STR("A__c = 1 OR B__c = 2"),
		                        .equals = &equals,
		                        .equal_count = 1,
		                        .after_stamp = STR("2026-07-18T09:15:22.000+0000"),
		                        .after_id = STR("001xx000003DGb1AAG") };

	(void)state;
	assert_ok(sf_soql(&out, &query, &err));
	assert_holds(buf_str(&out),
	             " WHERE (A__c = 1 OR B__c = 2) AND Name = 'x\\' OR Name != \\'' AND "
	             "(SystemModstamp > 2026-07-18T09:15:22.000Z OR (SystemModstamp = 2026-07-18T09:15:22.000Z AND "
	             "Id > '001xx000003DGb1AAG')) ORDER BY");
}

static void what_is_no_name_is_refused(void **state)
{
	SCOPED(buf) struct buf out = BUF_INIT(4000);
	struct err err = ERR_INIT;
	const struct str field = STR("Name FROM User");
	const struct list_equals equals = { STR("1=1 OR Name"), STR("x") };

	(void)state;
	assert_err(sf_soql(&out, &(struct sf_query) { .object = STR("Contact"), .fields = &field, .field_count = 1 },
	                   &err),
	           ERR_CONFIG, "is no Salesforce field name");
	assert_err(sf_soql(&out, &(struct sf_query) { .object = STR("Contact x") }, &err), ERR_CONFIG,
	           "is no Salesforce object name");
	assert_err(sf_soql(&out, &(struct sf_query) { .object = STR("Contact"), .equals = &equals, .equal_count = 1 },
	                   &err),
	           ERR_CONFIG, "is no Salesforce field name");
	assert_err(sf_soql(&out,
	                   &(struct sf_query) {
	                           .object = STR("Contact"), .after_stamp = STR("now"), .after_id = STR("x") },
	                   &err),
	           ERR_DATA, "page mark");
}

/* Section 7.2 of the vendor's facts: what may be sent again, what needs a person, what is a data error. */
static void error_words_mean_what_they_say(void **state)
{
	static const struct {
		const char *code;
		enum sf_kind kind;
		enum delivery delivery;
	} rows[] = {
		{ "UNABLE_TO_LOCK_ROW", SF_AGAIN, RETRY_LATER },
		{ "REQUEST_LIMIT_EXCEEDED", SF_LATER_LIMIT, RETRY_LATER },
		{ "STORAGE_LIMIT_EXCEEDED", SF_LATER_LIMIT, RETRY_LATER },
		{ "SERVER_UNAVAILABLE", SF_AGAIN, RETRY_LATER },
		{ "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", SF_SMALLER, REFUSED },
		{ "TXN_SECURITY_METERING_ERROR", SF_SMALLER, REFUSED },
		{ "INVALID_EMAIL_ADDRESS", SF_DATA, REFUSED },
		{ "REQUIRED_FIELD_MISSING", SF_DATA, REFUSED },
		{ "STRING_TOO_LONG", SF_DATA, REFUSED },
		{ "DUPLICATE_VALUE", SF_DATA, REFUSED },
		{ "DUPLICATES_DETECTED", SF_DATA, REFUSED },
		{ "INVALID_FIELD", SF_SET_UP, REFUSED },
		{ "INSUFFICIENT_ACCESS_OR_READONLY", SF_SET_UP, REFUSED },
		{ "ENTITY_IS_DELETED", SF_GONE, GONE },
		{ "INVALID_CROSS_REFERENCE_KEY", SF_GONE, GONE },
		{ "SOMETHING_NEW", SF_DATA, REFUSED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct sf_error *error = sf_error_of(str_of(rows[i].code));

		assert_int_equal(error->kind, rows[i].kind);
		assert_int_equal(sf_error_delivery(error), rows[i].delivery);
		assert_true(str_of(error->advice).len > 20);
	}
}

static struct http_answer refusal(unsigned status, const char *body)
{
	return (struct http_answer) { .status = status, .body = str_of(body) };
}

static void whole_call_errors_become_ours(void **state)
{
	static const struct {
		unsigned status;
		const char *body;
		enum err_code code;
		const char *words;
	} rows[] = {
		{ 401, "[{\"message\":\"Session expired or invalid\",\"errorCode\":\"INVALID_SESSION_ID\"}]", ERR_AUTH,
		  "credentials" },
		{ 403, "[{\"message\":\"TotalRequests Limit exceeded.\",\"errorCode\":\"REQUEST_LIMIT_EXCEEDED\"}]",
		  ERR_RATE, "24 hours" },
		{ 403, "[{\"message\":\"The REST API is not enabled\",\"errorCode\":\"API_DISABLED_FOR_ORG\"}]",
		  ERR_AUTH, "may not use the API" },
		{ 400,
		  "[{\"message\":\"\\nSELECT Nope FROM Contact\\nERROR at Row:1:Column:8\\nNo such column 'Nope__c' on "
		  "entity 'Contact'.\",\"errorCode\":\"INVALID_FIELD\"}]",
		  ERR_CONFIG, "Nope__c (INVALID_FIELD)" },
		{ 404, "[{\"errorCode\":\"NOT_FOUND\",\"message\":\"The requested resource does not exist\"}]",
		  ERR_NOT_FOUND, "API version" },
		{ 503, "<html>maintenance</html>", ERR_FAR_SIDE, "status 503" },
		{ 503, "[{\"errorCode\":\"SERVER_UNAVAILABLE\",\"message\":\"x\"}]", ERR_FAR_SIDE, "not available" },
		{ 414, "", ERR_MEMORY_LIMIT, "larger" },
		{ 400, "[{\"errorCode\":\"SOMETHING_NEW\",\"message\":\"Ann Smith\"}]", ERR_REFUSED, "status 400" },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ARENA;
		struct http_answer answer = refusal(rows[i].status, rows[i].body);

		assert_err(sf_refusal(&answer, &arena, "do it", &err), rows[i].code, rows[i].words);
	}
}

/* R41: the far side's words may quote a patient; the sentence of an error never does. */
static void R41_errors_do_not_quote_the_far_side(void **state)
{
	struct err err = ERR_INIT;
	ARENA;
	struct http_answer answer = refusal(
	        400,
	        "[{\"errorCode\":\"STRING_TOO_LONG\",\"message\":\"Last Name: data value too large: Szczepanska\"}]");
	struct http_answer column = refusal(
	        400,
	        "[{\"errorCode\":\"INVALID_FIELD\",\"message\":\"No such column 'Anna Szczepanska, 1970' on x\"}]");

	(void)state;
	sf_refusal(&answer, &arena, "write", &err);
	assert_true(str_find(str_of(err.text), STR("Szczepanska")) < 0);
	sf_refusal(&column, &arena, "write", &err);
	assert_true(str_find(str_of(err.text), STR("Szczepanska")) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_get_their_suffix),
		cmocka_unit_test(ids_of_either_length_are_the_same),
		cmocka_unit_test(names_are_checked_letter_by_letter),
		cmocka_unit_test(texts_cannot_leave_their_quotes),
		cmocka_unit_test(a_query_carries_the_standard_fields_once),
		cmocka_unit_test(only_mergeable_objects_have_a_master),
		cmocka_unit_test(conditions_stand_together),
		cmocka_unit_test(what_is_no_name_is_refused),
		cmocka_unit_test(error_words_mean_what_they_say),
		cmocka_unit_test(whole_call_errors_become_ours),
		cmocka_unit_test(R41_errors_do_not_quote_the_far_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

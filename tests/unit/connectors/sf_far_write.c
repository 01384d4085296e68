/* Writing to a scripted org: bodies, verdicts, poisoned batches, lost answers. */
#include "sf_begin.h"

static struct write_item item(struct far *far, enum write_op op, const char *id, const char *fields)
{
	return (struct write_item) { .op = op, .id = str_of(id), .fields = fields ? far_json(far, fields) : NULL };
}

static void a_create_with_our_key_is_an_upsert(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct write_result results[2];
	struct write_item items[2] = {
		item(&far, WRITE_CREATE, NULL,
		     "{\"LastName\":\"Ng \\\"x\\\"\",\"Hint_Patient_Id__c\":\"twice\",\"Id\":\"no\"}"),
		item(&far, WRITE_CREATE, NULL, "{\"LastName\":\"B\",\"Email\":null}")
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		items[i].key_field = STR("Hint_Patient_Id__c");
		items[i].key = i ? STR("pat-2") : STR("pat-1");
	}
	far_expect(
	        &far,
	        (struct exchange) {
	                .method = "PATCH",
	                .path = "/composite/sobjects/Contact/Hint_Patient_Id__c",
	                .body = "{\"allOrNone\":false,\"records\":[{\"attributes\":{\"type\":\"Contact\"},\"Hint_"
	                        "Patient_Id__c\":\"pat-1\","
	                        "\"LastName\":\"Ng "
	                        "\\\"x\\\"\"},{\"attributes\":{\"type\":\"Contact\"},\"Hint_Patient_Id__c\":\"pat-2\","
	                        "\"LastName\":\"B\",\"Email\":null}]}",
	                .answer = "[{\"id\":\"" ID_A "\",\"success\":true,\"errors\":[],\"created\":true},"
	                          "{\"id\":\"" ID_B "\",\"success\":true,\"errors\":[],\"created\":false}]" });
	assert_int_equal(far_write(&far, c, "Contact", items, 2, results), 0);
	assert_int_equal(results[0].outcome, DELIVERED);
	assert_true(results[0].created);
	assert_str(results[0].id, ID_A);
	assert_int_equal(results[1].outcome, DELIVERED);
	assert_false(results[1].created);
	sf_end(&far, c);
}

/* R26, R28: a single record whose version is known is written under a precondition. */
static void R26_R28_a_single_record_is_written_unless_it_changed(void **state)
{
	static const struct {
		unsigned status;
		const char *answer;
		enum delivery outcome;
		const char *code;
	} rows[] = {
		{ 204, "", DELIVERED, "" },
		{ 412, "[{\"errorCode\":\"PRECONDITION_FAILED\",\"message\":\"x\"}]", CHANGED, "412" },
		{ 404, "[{\"errorCode\":\"ENTITY_IS_DELETED\",\"message\":\"x\"}]", GONE, "ENTITY_IS_DELETED" },
		{ 400, "[{\"errorCode\":\"UNABLE_TO_LOCK_ROW\",\"message\":\"x\"}]", RETRY_LATER,
		  "UNABLE_TO_LOCK_ROW" },
		{ 400, "[{\"errorCode\":\"INVALID_EMAIL_ADDRESS\",\"message\":\"x\",\"fields\":[\"Email\"]}]", REFUSED,
		  "INVALID_EMAIL_ADDRESS" },
	};
	struct far far;
	struct connection *c = sf_begin(&far);
	struct write_item update = item(&far, WRITE_UPDATE, ID_A, "{\"LastName\":\"Ng\",\"Email\":null}");
	struct write_result result;

	(void)state;
	update.version = STR("2026-11-21T10:00:00.000+0000");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		far_expect(&far, (struct exchange) { .method = "PATCH",
		                                     .path = "/sobjects/Contact/" ID_A,
		                                     .head = "If-Unmodified-Since: Sat, 21 Nov 2026 10:00:00 GMT",
		                                     .body = "{\"LastName\":\"Ng\",\"Email\":null}",
		                                     .status = rows[i].status,
		                                     .answer = rows[i].answer });
		if (far_write(&far, c, "Contact", &update, 1, &result) < 0)
			fail_msg("%u: %s", rows[i].status, far.err.text);
		assert_int_equal(result.outcome, rows[i].outcome);
		assert_str(result.code, rows[i].code);
	}
	assert_str(result.field, "Email");
	sf_end(&far, c);
}

/* R3: rows are judged one by one. */
static void R3_rows_of_one_call_end_differently(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct write_result results[4];
	const struct write_item items[] = { item(&far, WRITE_UPDATE, ID_A, "{\"Phone\":\"1\"}"),
		                            item(&far, WRITE_UPDATE, ID_B, "{\"Email\":\"x\"}"),
		                            item(&far, WRITE_UPDATE, ID_C, "{\"Phone\":\"2\"}"),
		                            item(&far, WRITE_UPDATE, "003xx000000000D", "{\"Phone\":\"3\"}") };

	(void)state;
	far_expect(&far, (struct exchange) {
	                         .method = "PATCH",
	                         .path = "/composite/sobjects",
	                         .body = "\"id\":\"" ID_A "\",\"Phone\":\"1\"",
	                         .answer = "[{\"id\":\"" ID_A "\",\"success\":true,\"errors\":[]},"
	                                   "{\"success\":false,\"errors\":[{\"statusCode\":\"INVALID_EMAIL_ADDRESS\","
	                                   "\"message\":\"Email: invalid email address: x\",\"fields\":[\"Email\"]}]},"
	                                   "{\"success\":false,\"errors\":[{\"statusCode\":\"UNABLE_TO_LOCK_ROW\","
	                                   "\"message\":\"unable\",\"fields\":[]}]},"
	                                   "{\"success\":false,\"errors\":[{\"statusCode\":\"ENTITY_IS_DELETED\","
	                                   "\"message\":\"entity is deleted\",\"fields\":[]}]}]" });
	assert_int_equal(far_write(&far, c, "Contact", items, 4, results), 0);
	assert_int_equal(results[0].outcome, DELIVERED);
	assert_false(results[0].created);
	assert_int_equal(results[1].outcome, REFUSED);
	assert_str(results[1].code, "INVALID_EMAIL_ADDRESS");
	assert_str(results[1].field, "Email");
	assert_holds(results[1].raw_message, "invalid email address: x");
	assert_true(str_find(results[1].advice, STR("address: x")) < 0);
	assert_int_equal(results[2].outcome, RETRY_LATER);
	assert_int_equal(results[3].outcome, GONE);
	assert_str(results[3].code, "ENTITY_IS_DELETED");
	sf_end(&far, c);
}

static void a_delete_of_what_is_gone_is_done(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct write_result results[2];
	const struct write_item items[] = { item(&far, WRITE_DELETE, ID_A, NULL),
		                            item(&far, WRITE_DELETE, ID_B, NULL) };

	(void)state;
	far_expect(&far, (struct exchange) { .method = "DELETE",
	                                     .path = "/composite/sobjects?ids=" ID_A "," ID_B "&allOrNone=false",
	                                     .answer = "[{\"id\":\"" ID_A "\",\"success\":true,\"errors\":[]},"
	                                               "{\"success\":false,\"errors\":[{\"statusCode\":\"ENTITY_IS_"
	                                               "DELETED\",\"message\":\"x\",\"fields\":[]}]}]" });
	assert_int_equal(far_write(&far, c, "Contact", items, 2, results), 0);
	assert_int_equal(results[0].outcome, DELIVERED);
	assert_int_equal(results[1].outcome, DELIVERED);
	sf_end(&far, c);
}

#define OK_ROW "{\"id\":\"" ID_A "\",\"success\":true,\"errors\":[]}"
#define APEX_ROW                                                                                               \
	"{\"success\":false,\"errors\":[{\"statusCode\":\"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY\",\"message\":" \
	"\"System.LimitException\",\"fields\":[]}]}"

/* One record's trigger failure fails its whole call: the batch is halved until that record stands alone. */
static void a_poisonous_row_is_isolated(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct write_result results[4];
	const struct write_item items[] = { item(&far, WRITE_UPDATE, ID_A, "{\"Phone\":\"1\"}"),
		                            item(&far, WRITE_UPDATE, ID_B, "{\"Phone\":\"2\"}"),
		                            item(&far, WRITE_UPDATE, ID_C, "{\"Phone\":\"poison\"}"),
		                            item(&far, WRITE_UPDATE, "003xx000000000D", "{\"Phone\":\"4\"}") };

	(void)state;
	far_expect(&far,
	           (struct exchange) { .method = "PATCH",
	                               .path = "/composite/sobjects",
	                               .body = "\"Phone\":\"1\"},{\"attributes\":{\"type\":\"Contact\"},\"id\":\"" ID_B
	                                       "\",\"Phone\":\"2\"},",
	                               .answer = "[" APEX_ROW "," APEX_ROW "," APEX_ROW "," APEX_ROW "]" });
	far_expect(&far, (struct exchange) { .method = "PATCH",
	                                     .path = "/composite/sobjects",
	                                     .body = "\"Phone\":\"1\"",
	                                     .not_body = "poison",
	                                     .answer = "[" OK_ROW "," OK_ROW "]" });
	far_expect(&far, (struct exchange) { .method = "PATCH",
	                                     .path = "/composite/sobjects",
	                                     .body = "poison\"},{",
	                                     .not_body = "\"Phone\":\"1\"",
	                                     .status = 400,
	                                     .answer = "[{\"errorCode\":\"APEX_ERROR\",\"message\":\"x\"}]" });
	far_expect(&far, (struct exchange) { .method = "PATCH",
	                                     .path = "/composite/sobjects",
	                                     .body = "poison\"}]",
	                                     .answer = "[" APEX_ROW "]" });
	far_expect(&far, (struct exchange) { .method = "PATCH",
	                                     .path = "/composite/sobjects",
	                                     .body = "[{\"attributes\":{\"type\":\"Contact\"},\"id\":\"003xx000000000D",
	                                     .answer = "[" OK_ROW "]" });
	assert_int_equal(far_write(&far, c, "Contact", items, 4, results), 0);
	assert_int_equal(results[0].outcome, DELIVERED);
	assert_int_equal(results[1].outcome, DELIVERED);
	assert_int_equal(results[2].outcome, REFUSED);
	assert_str(results[2].code, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY");
	assert_int_equal(results[3].outcome, DELIVERED);
	sf_end(&far, c);
}

static void a_batch_that_fails_for_all_costs_a_bounded_number_of_calls(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	static struct write_item items[200];
	static struct write_result results[200];
	size_t refused = 0, later = 0;

	(void)state;
	for (size_t i = 0; i < 200; i++)
		items[i] = item(&far, WRITE_UPDATE, ID_A, "{\"Phone\":\"1\"}");
	for (size_t i = 0; i < 48; i++)
		far_expect(&far, (struct exchange) { .method = "PATCH",
		                                     .path = "/composite/sobjects",
		                                     .status = 400,
		                                     .answer = "[{\"errorCode\":\"APEX_ERROR\",\"message\":\"x\"}]" });
	assert_int_equal(far_write(&far, c, "Contact", items, 200, results), 0);
	for (size_t i = 0; i < 200; i++) {
		refused += results[i].outcome == REFUSED;
		later += results[i].outcome == RETRY_LATER;
	}
	assert_true(refused > 0);
	assert_int_equal(refused + later, 200);
	sf_end(&far, c);
}

/* R5: a plain create may have been carried out when its answer is lost; with a key it may simply be sent again. */
static void R5_a_lost_answer_is_unknown_only_without_a_key(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct write_result result;
	struct write_item create = item(&far, WRITE_CREATE, NULL, "{\"LastName\":\"A\"}");

	(void)state;
	far_expect(&far, (struct exchange) { .method = "POST", .path = "/composite/sobjects", .drop = true });
	assert_int_equal(far_write(&far, c, "Contact", &create, 1, &result), 0);
	assert_int_equal(result.outcome, UNKNOWN);
	create.key_field = STR("Hint_Patient_Id__c");
	create.key = STR("pat-1");
	far_expect(&far, (struct exchange) { .method = "PATCH", .path = "/Contact/Hint_Patient_Id__c", .drop = true });
	far_expect(&far, (struct exchange) { .method = "PATCH",
	                                     .path = "/Contact/Hint_Patient_Id__c",
	                                     .answer = "[{\"id\":\"" ID_A
	                                               "\",\"success\":true,\"errors\":[],\"created\":false}]" });
	assert_int_equal(far_write(&far, c, "Contact", &create, 1, &result), 0);
	assert_int_equal(result.outcome, DELIVERED);
	sf_end(&far, c);
}

static void a_refused_call_is_one_error(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct write_result result;
	const struct write_item update = item(&far, WRITE_UPDATE, ID_A, "{\"Phone\":\"1\"}");

	(void)state;
	far_expect(&far, (struct exchange) { .method = "PATCH",
	                                     .path = "/composite",
	                                     .status = 403,
	                                     .answer = "[{\"errorCode\":\"REQUEST_LIMIT_EXCEEDED\",\"message\":"
	                                               "\"TotalRequests Limit exceeded.\"}]" });
	assert_int_equal(far_write(&far, c, "Contact", &update, 1, &result), ERR_RATE);
	far_expect(&far, (struct exchange) { .method = "PATCH", .path = "/composite", .answer = "<html>hello</html>" });
	assert_int_equal(far_write(&far, c, "Contact", &update, 1, &result), ERR_FAR_SIDE);
	far_expect(&far, (struct exchange) { .method = "PATCH", .path = "/composite", .answer = "[]" });
	assert_int_equal(far_write(&far, c, "Contact", &update, 1, &result), ERR_FAR_SIDE);
	sf_end(&far, c);
}

/* The org lies: it has written, and does not say which record. */
static void R5_a_success_without_an_id_is_none(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct write_item one = item(&far, WRITE_CREATE, NULL, "{\"LastName\":\"B\"}");
	struct write_result result;

	(void)state;
	for (int keyed = 0; keyed < 2; keyed++) {
		one.key_field = keyed ? STR("Hint_Patient_Id__c") : STR_EMPTY;
		one.key = keyed ? STR("pat-1") : STR_EMPTY;
		far_expect(&far, (struct exchange) { .method = keyed ? "PATCH" : "POST",
		                                     .path = "/composite/sobjects",
		                                     .answer = "[{\"success\":true,\"errors\":[]}]" });
		assert_int_equal(far_write(&far, c, "Contact", &one, 1, &result), 0);
		assert_int_equal(result.outcome, keyed ? RETRY_LATER : UNKNOWN);
	}
	sf_end(&far, c);
}

/* The org lies: results of a bulk job without the column of ids. What is not said of a record is asked for once more. */
static void R5_results_of_a_bulk_job_without_ids_say_nothing(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	struct write_result result;
	const struct write_item one = item(&far, WRITE_UPDATE, ID_A, "{\"LastName\":\"B\"}");
	struct call *call;

	(void)state;
	far_expect(&far, (struct exchange) { .method = "POST",
	                                     .path = "/jobs/ingest",
	                                     .answer = "{\"id\":\"750xx000000000AAAA\"}" });
	far_expect(&far, (struct exchange) { .method = "PUT", .path = "/batches", .status = 201, .answer = "" });
	far_expect(&far, (struct exchange) { .method = "PATCH", .path = "/jobs/ingest/", .answer = "{}" });
	far_expect(&far, (struct exchange) { .method = "GET",
	                                     .path = "/successfulResults",
	                                     .answer = "Id,sf__Created\n" ID_A ",false\n" });
	far_expect(&far, (struct exchange) { .method = "GET", .path = "/failedResults", .answer = "Id,sf__Error\n" });
	far_expect(&far, (struct exchange) {
	                         .method = "GET", .path = "/jobs/ingest/", .answer = "{\"state\":\"JobComplete\"}" });
	call = c->kind->bulk_start(
	        c, &(struct write_request) { .object = STR("Contact"), .items = &one, .item_count = 1 });
	assert_int_equal(c->kind->bulk_finish(&call, &far.arena, &result, &far.err), 0);
	assert_int_equal(result.outcome, RETRY_LATER);
	sf_end(&far, c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_create_with_our_key_is_an_upsert),
		cmocka_unit_test(R26_R28_a_single_record_is_written_unless_it_changed),
		cmocka_unit_test(R3_rows_of_one_call_end_differently),
		cmocka_unit_test(a_delete_of_what_is_gone_is_done),
		cmocka_unit_test(a_poisonous_row_is_isolated),
		cmocka_unit_test(a_batch_that_fails_for_all_costs_a_bounded_number_of_calls),
		cmocka_unit_test(R5_a_lost_answer_is_unknown_only_without_a_key),
		cmocka_unit_test(a_refused_call_is_one_error),
		cmocka_unit_test(R5_a_success_without_an_id_is_none),
		cmocka_unit_test(R5_results_of_a_bulk_job_without_ids_say_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A bulk job works on at Salesforce, whatever becomes of whoever made it: it is noted before it is given anything, and one that was left is stopped and asked what it did. */
#include "sf_begin.h"

#define JOB     "750xx000000000AAAQ"
#define AT_WORK "{\"state\":\"InProgress\",\"numberRecordsProcessed\":1}"

static struct write_item update_of(struct far *far, const char *id)
{
	return (struct write_item) { .op = WRITE_UPDATE,
		                     .id = str_of(id),
		                     .fields = far_json(far, "{\"Phone\":\"1\"}") };
}

static void expect(struct far *far, const char *method, const char *path, unsigned status, const char *answer)
{
	far_expect(far, (struct exchange) { .method = method, .path = path, .status = status, .answer = answer });
}

struct noting {
	struct str job;
	int code;
};

static int note(void *context, struct str job, struct err *err)
{
	struct noting *noting = context;

	assert_true(str_eq_c(job, JOB));
	noting->job = job;
	return noting->code ? err_set(err, noting->code, "the database is full") : 0;
}

static int bulk(struct far *far, struct connection *c, struct write_request request, struct write_result *results)
{
	struct call *call;

	request.object = STR("Contact");
	call = c->kind->bulk_start(c, &request);
	return c->kind->bulk_finish(&call, &far->arena, results, &far->err);
}

static void R5_a_job_that_could_not_be_noted_is_given_nothing(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	const struct write_item one = update_of(&far, ID_A);
	struct noting noting = { .code = ERR_DISK_FULL };
	struct write_result result;

	(void)state;
	expect(&far, "POST", "/jobs/ingest", 200, "{\"id\":\"" JOB "\"}");
	assert_int_equal(
	        bulk(&far, c,
	             (struct write_request) { .items = &one, .item_count = 1, .on_job = note, .context = &noting },
	             &result),
	        ERR_DISK_FULL);
	assert_true(noting.job.len);
	sf_end(&far, c);
}

/* "Aborted" is said at once; the batch that it was in the middle of is still written. */
static void R5_a_job_that_was_left_is_stopped_and_says_what_it_did(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	const struct write_item items[] = { update_of(&far, ID_A), update_of(&far, ID_B), update_of(&far, ID_C) };
	struct write_result results[3];

	(void)state;
	expect(&far, "GET", "/successfulResults", 200, "sf__Id,sf__Created,Id\n" ID_A ",false," ID_A "\n");
	expect(&far, "GET", "/failedResults", 200,
	       "sf__Id,sf__Error,Id\n" ID_B ",INVALID_EMAIL_ADDRESS:x:Email --," ID_B "\n");
	expect(&far, "GET", "/jobs/ingest/" JOB, 200, AT_WORK);
	expect(&far, "PATCH", "/jobs/ingest/" JOB, 200, "{\"state\":\"Aborted\",\"numberRecordsProcessed\":1}");
	expect(&far, "GET", "/jobs/ingest/" JOB, 200, "{\"state\":\"Aborted\",\"numberRecordsProcessed\":1}");
	expect(&far, "GET", "/jobs/ingest/" JOB, 200, "{\"state\":\"Aborted\",\"numberRecordsProcessed\":2}");
	expect(&far, "GET", "/jobs/ingest/" JOB, 200, "{\"state\":\"Aborted\",\"numberRecordsProcessed\":2}");
	if (bulk(&far, c, (struct write_request) { .items = items, .item_count = 3, .job = STR(JOB) }, results) < 0)
		fail_msg("%s", far.err.text);
	assert_int_equal(results[0].outcome, DELIVERED);
	assert_int_equal(results[1].outcome, REFUSED);
	assert_int_equal(results[2].outcome, RETRY_LATER);
	sf_end(&far, c);
}

/* It was told to stop as it ended: that is refused, and it has ended. */
static void R5_a_job_that_ends_while_it_is_stopped_has_ended(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	const struct write_item one = update_of(&far, ID_A);
	struct write_result result;

	(void)state;
	expect(&far, "GET", "/successfulResults", 200, "sf__Id,sf__Created,Id\n" ID_A ",false," ID_A "\n");
	expect(&far, "GET", "/failedResults", 200, "sf__Id,sf__Error,Id\n");
	expect(&far, "GET", "/jobs/ingest/" JOB, 200, AT_WORK);
	expect(&far, "PATCH", "/jobs/ingest/" JOB, 400,
	       "[{\"errorCode\":\"INVALIDJOBSTATE\",\"message\":\"Invalid state\"}]");
	expect(&far, "GET", "/jobs/ingest/" JOB, 200, "{\"state\":\"JobComplete\"}");
	if (bulk(&far, c, (struct write_request) { .items = &one, .item_count = 1, .job = STR(JOB) }, &result) < 0)
		fail_msg("%s", far.err.text);
	assert_int_equal(result.outcome, DELIVERED);
	sf_end(&far, c);
}

/* As long as nobody can say what becomes of it, its records wait; of one that is not kept any more nothing is to be feared. */
static void R5_nothing_is_said_of_a_job_that_cannot_be_asked(void **state)
{
	struct far far;
	struct connection *c = sf_begin(&far);
	const struct write_item one = update_of(&far, ID_A);
	const struct write_request left = { .items = &one, .item_count = 1, .job = STR(JOB) };
	struct write_result result;

	(void)state;
	for (int i = 0; i < 2; i++)
		far_expect(&far, (struct exchange) { .method = "GET", .path = "/jobs/ingest/" JOB, .drop = true });
	assert_true(bulk(&far, c, left, &result) < 0);
	assert_int_equal(err_class_of(far.err.code), ERR_CLASS_RETRY);
	far.err = (struct err)ERR_INIT;
	for (int i = 0; i < 2; i++)
		expect(&far, "GET", "/jobs/ingest/" JOB, 404, "[{\"errorCode\":\"NOT_FOUND\",\"message\":\"gone\"}]");
	if (bulk(&far, c, left, &result) < 0)
		fail_msg("%s", far.err.text);
	assert_int_equal(result.outcome, RETRY_LATER);
	expect(&far, "GET", "/jobs/ingest/" JOB, 200, "{\"state\":\"Failed\"}");
	if (bulk(&far, c, (struct write_request) { .job = STR(JOB) }, NULL) < 0)
		fail_msg("%s", far.err.text);
	sf_end(&far, c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(R5_a_job_that_could_not_be_noted_is_given_nothing),
		cmocka_unit_test(R5_a_job_that_was_left_is_stopped_and_says_what_it_did),
		cmocka_unit_test(R5_a_job_that_ends_while_it_is_stopped_has_ended),
		cmocka_unit_test(R5_nothing_is_said_of_a_job_that_cannot_be_asked),
	};

	return cmocka_run_group_tests_name("sf_far_bulk", tests, NULL, NULL);
}

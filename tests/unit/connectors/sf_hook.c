/* Calls of the package in the org: who may send them, and what becomes of them (R3, R11, R29, R40). Nothing is sent. */
#include "sf_begin.h"

#include "codec/digest.h"

#include <stdio.h>

#define BODY                                                                                                          \
	"{\"action\":\"link\",\"object\":\"Contact\",\"ids\":[\"003xx000000000A\",\"" ID_B "\"],\"emrId\":\"pat-1\"," \
	"\"user\":\"" USER "\",\"at\":\"2026-11-21T09:59:00Z\",\"eventId\":\"e-1\"}"

struct sent {
	const char *body, *secret, *timestamp;
	int64_t received_ms;
};

static struct far far;
static struct connection *c;

static int open_far(void **state)
{
	(void)state;
	far_open(&far);
	c = far_connect(&far, "salesforce", SETTINGS);
	return 0;
}

static int close_far(void **state)
{
	(void)state;
	sf_end(&far, c);
	return 0;
}

static struct str sign(const char *secret, const char *timestamp, const char *body)
{
	SCOPED(buf) struct buf hex = BUF_INIT(200);
	struct digest digest = digest_hmac_sha256(str_of(secret), arena_printf(&far.arena, "%s.%s", timestamp, body));

	buf_add_c(&hex, "sha256=");
	digest_hex(&hex, str_range((const char *)digest.bytes, sizeof(digest.bytes)));
	return arena_str(&far.arena, buf_str(&hex));
}

static int receive(struct sent sent, struct events *ret)
{
	const char *timestamp = sent.timestamp ? sent.timestamp : "1795255200";
	const struct http_header headers[] = {
		{ STR("x-suture-timestamp"), str_of(timestamp) },
		{ STR("X-Suture-Signature"), sign(sent.secret ? sent.secret : "topsecret", timestamp, sent.body) },
	};
	const struct hook hook = { .headers = headers,
		                   .header_count = 2,
		                   .body = str_of(sent.body),
		                   .received_ms = sent.received_ms ? sent.received_ms : NOW };

	return c->kind->webhook(c, &far.arena, &hook, ret, &far.err);
}

/* R40: one event a record, each with what a person asked for and who it was. */
static void R40_a_call_is_one_event_a_record(void **state)
{
	struct events events;

	(void)state;
	assert_int_equal(receive((struct sent) { .body = BODY }, &events), 0);
	assert_int_equal(events.count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct event *event = &events.at[i];

		assert_int_equal(event->kind, EVENT_ASKED);
		assert_str(event->name, "link");
		assert_str(event->object, "Contact");
		assert_str(event->record.id, i ? ID_B : ID_A);
		assert_str(event->id, i ? "e-1:" ID_B : "e-1:" ID_A);
		assert_str(event->record.modified_by, USER);
		assert_int_equal(event->record.modified_ms, NOW - 60000);
		assert_str(json_get_text(event->record.json, "emrId"), "pat-1");
		assert_str(event->record.bytes, BODY);
		assert_null(event->record.fault);
		assert_false(event->whole);
	}
}

static void a_call_of_our_own_is_genuine_and_means_nothing(void **state)
{
	struct events events;
	struct hook told;

	(void)state;
	assert_int_equal(c->kind->hook_test(c, &far.arena, &told, &far.err), 0);
	assert_int_equal(c->kind->webhook(c, &far.arena, &told, &events, &far.err), 0);
	assert_int_equal(events.count, 1);
	assert_int_equal(events.at[0].kind, EVENT_OTHER);
	assert_str(events.at[0].name, "test");
}

static void who_cannot_sign_is_refused_before_anything_is_read(void **state)
{
	static const struct sent refused[] = {
		{ BODY, "another", NULL, 0 },       { "not json", "another", NULL, 0 },
		{ BODY, NULL, NULL, NOW + 301000 }, { BODY, NULL, NULL, NOW - 301000 },
		{ BODY, NULL, "17952552x0", 0 },    { BODY, NULL, "99999999999999999999", 0 },
	};
	struct events events;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		assert_int_equal(receive(refused[i], &events), ERR_AUTH);
		assert_int_equal(events.count, 0);
	}
	assert_int_equal(receive((struct sent) { .body = BODY, .received_ms = NOW + 299000 }, &events), 0);
}

static void a_signature_that_is_missing_or_doubled_is_none(void **state)
{
	const struct http_header good = { STR("X-Suture-Signature"), sign("topsecret", "1795255200", BODY) };
	const struct http_header time = { STR("X-Suture-Timestamp"), STR("1795255200") };
	const struct http_header odd = { STR("X-Suture-Signature"), STR("sha256=zz") };
	const struct http_header sets[][3] = { { time }, { good }, { time, odd }, { time, good, good } };
	const size_t counts[] = { 1, 1, 2, 3 };
	struct events events;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		const struct hook hook = {
			.headers = sets[i], .header_count = counts[i], .body = STR(BODY), .received_ms = NOW
		};

		assert_int_equal(c->kind->webhook(c, &far.arena, &hook, &events, &far.err), ERR_AUTH);
	}
}

static void without_a_secret_nobody_may_call(void **state)
{
	struct connection *open = far_connect(
	        &far, "salesforce", "{\"login_url\":\"%s\",\"client_id\":\"app\",\"client_secret\":\"secret\"}");
	const struct http_header headers[] = { { STR("X-Suture-Timestamp"), STR("1795255200") },
		                               { STR("X-Suture-Signature"), sign("", "1795255200", BODY) } };
	const struct hook hook = { .headers = headers, .header_count = 2, .body = STR(BODY), .received_ms = NOW };
	struct events events;

	(void)state;
	assert_int_equal(open->kind->webhook(open, &far.arena, &hook, &events, &far.err), ERR_AUTH);
	assert_holds(str_of(far.err.text), "hook_secret");
	open->kind->close(&open);
}

/* R3: what a genuine sender sends is kept, whatever it is. */
static void R3_a_genuine_body_that_makes_no_sense_keeps_its_bytes(void **state)
{
	static const struct {
		const char *body, *fault;
	} rows[] = {
		{ "{\"action\":", "byte" },
		{ "[]", "no JSON object" },
		{ "{\"action\":\"erase\",\"object\":\"Contact\",\"ids\":[\"" ID_A "\"]}", "action" },
		{ "{\"action\":\"sync\",\"object\":\"a b\",\"ids\":[\"" ID_A "\"]}", "object" },
		{ "{\"action\":\"sync\",\"object\":\"Contact\",\"ids\":[]}", "ids" },
		{ "{\"action\":\"sync\",\"object\":\"Contact\",\"ids\":\"" ID_A "\"}", "ids" },
		{ "{\"action\":\"sync\",\"object\":\"Contact\",\"ids\":[\"x\"]}", "no Salesforce id" },
		{ "{\"action\":\"link\",\"object\":\"Contact\",\"ids\":[\"" ID_A "\"],\"emrId\":{}}", "emrId" },
	};
	struct events events;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(receive((struct sent) { .body = rows[i].body }, &events), 0);
		assert_int_equal(events.count, 1);
		assert_int_equal(events.at[0].kind, EVENT_ASKED);
		assert_str(events.at[0].record.bytes, rows[i].body);
		assert_holds(str_of(events.at[0].record.fault), rows[i].fault);
		assert_null(events.at[0].record.json);
	}
}

/* What a person types is for the search door; elsewhere it is counted and forgotten. */
static void a_search_is_no_payload(void **state)
{
	struct events events;

	(void)state;
	assert_int_equal(
	        receive((struct sent) { .body = "{\"action\":\"search\",\"object\":\"Contact\",\"ids\":[\"" ID_A
	                                        "\"],\"text\":\"an ex\"}" },
	                &events),
	        0);
	assert_int_equal(events.count, 1);
	assert_int_equal(events.at[0].kind, EVENT_OTHER);
	assert_str(events.at[0].name, "search");
	assert_str(json_get_text(events.at[0].record.json, "text"), "an ex");
}

static struct str read_contract(void)
{
	static char text[4096];
	FILE *file = fopen(SOURCE_ROOT "/salesforce/contract/signed-action.json", "r");
	size_t len;

	assert_non_null(file);
	len = fread(text, 1, sizeof(text), file);
	assert_true(len < sizeof(text));
	fclose(file);
	return str_range(text, len);
}

/* The package's tests sign the same call: both sides agree on every byte of it. */
static void R40_the_package_and_we_sign_alike(void **state)
{
	struct json *contract;
	struct connection *org;
	struct events events;
	struct http_header headers[2] = { { .name = STR("X-Suture-Timestamp") },
		                          { .name = STR("X-Suture-Signature") } };
	struct hook hook = { .headers = headers, .header_count = 2, .received_ms = NOW };

	(void)state;
	assert_int_equal(json_parse(&far.arena, read_contract(), &contract, &far.err), 0);
	org = far_connect(
	        &far, "salesforce",
	        arena_printf(&far.arena,
	                     "{\"login_url\":\"%%s\",\"client_id\":\"app\",\"client_secret\":\"s\",\"hook_secret\":"
	                     "\"%.*s\"}",
	                     STR_ARG(json_get_text(contract, "secret")))
	                .at);
	headers[0].value = json_text(json_get(contract, "timestamp"));
	headers[1].value = json_get_text(contract, "signature");
	hook.body = json_get_text(contract, "body");
	assert_int_equal(org->kind->webhook(org, &far.arena, &hook, &events, &far.err), 0);
	assert_int_equal(events.count, 1);
	assert_null(events.at[0].record.fault);
	assert_str(events.at[0].name, "link");
	assert_str(json_get_text(events.at[0].record.json, "emrId"), "pat-1");
	org->kind->close(&org);
}

static void two_hundred_ids_and_no_more(void **state)
{
	SCOPED(buf) struct buf body = BUF_INIT(10000);
	struct events events;

	(void)state;
	buf_add_c(&body, "{\"action\":\"sync\",\"object\":\"Contact\",\"ids\":[");
	for (size_t i = 0; i < 200; i++)
		buf_printf(&body, "%s\"003xx00000%05zu\"", i ? "," : "", i);
	buf_add_c(&body, "]}");
	assert_int_equal(receive((struct sent) { .body = buf_text(&body) }, &events), 0);
	assert_int_equal(events.count, 200);
	assert_null(events.at[199].record.fault);
	body.len -= 2;
	buf_add_c(&body, ",\"" ID_A "\"]}");
	assert_int_equal(receive((struct sent) { .body = buf_text(&body) }, &events), 0);
	assert_int_equal(events.count, 1);
	assert_holds(str_of(events.at[0].record.fault), "200");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(R40_a_call_is_one_event_a_record),
		cmocka_unit_test(a_call_of_our_own_is_genuine_and_means_nothing),
		cmocka_unit_test(who_cannot_sign_is_refused_before_anything_is_read),
		cmocka_unit_test(a_signature_that_is_missing_or_doubled_is_none),
		cmocka_unit_test(without_a_secret_nobody_may_call),
		cmocka_unit_test(R3_a_genuine_body_that_makes_no_sense_keeps_its_bytes),
		cmocka_unit_test(a_search_is_no_payload),
		cmocka_unit_test(R40_the_package_and_we_sign_alike),
		cmocka_unit_test(two_hundred_ids_and_no_more),
	};

	return cmocka_run_group_tests_name("sf_hook", tests, open_far, close_far);
}

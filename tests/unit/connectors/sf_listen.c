/*
 * Listening to an org whose every answer stands here as bytes: what Salesforce's own Bayeux server says when something is
 * wrong, and what its events become. Against a real Bayeux server: tests/node/cometd.
 */
#include "sf_begin.h"

#include <string.h>

#define COMETD "POST", .path = "/cometd/62.0"
#define SHAKEN                   \
	"[{\"channel\":\"/meta/" \
	"handshake\",\"clientId\":\"C1\",\"successful\":true,\"id\":\"1\",\"ext\":{\"replay\":true}}]"
#define CHANNEL       "/data/ContactChangeEvent"
#define SUBBED        "[{\"channel\":\"/meta/subscribe\",\"subscription\":\"" CHANNEL "\",\"successful\":true,\"id\":\"2\"}]"
#define SINCE(replay) "\"ext\":{\"replay\":{\"" CHANNEL "\":" replay "}}"
#define REPLY(more)   "{\"channel\":\"/meta/connect\",\"id\":\"3\"," more "}"
#define GOOD          REPLY("\"successful\":true,\"advice\":{\"reconnect\":\"retry\",\"interval\":0,\"timeout\":110000}")
#define FAILED(error, advice) \
	REPLY("\"successful\":false,\"error\":\"" error "\",\"advice\":{\"reconnect\":\"" advice "\",\"interval\":0}")
#define EVENT(data) "{\"channel\":\"" CHANNEL "\",\"data\":" data ",\"clientId\":\"C1\"}"
#define CHANGE(header, replay, more)                                                                            \
	"{\"schema\":\"s\",\"payload\":{\"ChangeEventHeader\":{\"entityName\":\"Contact\",\"commitTimestamp\":" \
	"1795255200000,\"commitUser\":\"" USER "\"," header "}" more "},\"event\":{\"replayId\":" replay "}}"
#define UPDATE(id, replay)                                                                                           \
	CHANGE("\"changeType\":\"UPDATE\",\"recordIds\":[\"" id "\"],\"transactionKey\":\"t\",\"sequenceNumber\":1", \
	       replay, ",\"Phone\":\"1\"")

static struct far far;
static struct connection *c;
static struct {
	atomic_bool stop;
	struct event seen[32];
	size_t count, enough; /* stops when so many were seen */
	struct str replay;
	char states[16]; /* '+' connected, '-' lost */
} heard;

/* A copy of a tree still points into its text, which the listener forgets. */
static struct json *kept(const struct json *json)
{
	SCOPED(buf) struct buf text = BUF_INIT(100000);

	if (!json)
		return NULL;
	json_write(&text, json);
	return far_json(&far, buf_text(&text));
}

static int on_events(void *context, const struct events *events, struct str replay, struct err *err)
{
	(void)context;
	(void)err;
	for (size_t i = 0; i < events->count; i++) {
		struct event copy = events->at[i];

		assert_true(heard.count < ARRAY_LEN(heard.seen));
		copy.id = arena_str(&far.arena, copy.id);
		copy.name = arena_str(&far.arena, copy.name);
		copy.object = arena_str(&far.arena, copy.object);
		copy.record.id = arena_str(&far.arena, copy.record.id);
		copy.record.bytes = arena_str(&far.arena, copy.record.bytes);
		copy.record.modified_by = arena_str(&far.arena, copy.record.modified_by);
		copy.record.json = kept(copy.record.json);
		heard.seen[heard.count++] = copy;
	}
	heard.replay = arena_str(&far.arena, replay);
	atomic_store(&heard.stop, heard.count >= heard.enough);
	return 0;
}

static void on_state(void *context, bool connected, const char *text)
{
	size_t len = strlen(heard.states);

	(void)context;
	assert_true(text[0] && len + 1 < sizeof(heard.states));
	heard.states[len] = connected ? '+' : '-';
}

static int begin(void **state)
{
	(void)state;
	heard = (typeof(heard)) { .enough = 1 };
	c = sf_begin(&far);
	return 0;
}

static int end(void **state)
{
	(void)state;
	sf_end(&far, c);
	return 0;
}

static int listen_from(const char *replay)
{
	const struct listen_request request = { .object = STR("Contact"),
		                                .replay = str_of(replay),
		                                .stop = &heard.stop,
		                                .on_events = on_events,
		                                .on_state = on_state };

	return c->kind->listen(c, &request, &far.err);
}

static void expect_session(const char *token, const char *since)
{
	far_expect(&far,
	           (struct exchange) { .method = COMETD, .body = "/meta/handshake", .head = token, .answer = SHAKEN });
	far_expect(&far, (struct exchange) { .method = COMETD, .body = since, .head = token, .answer = SUBBED });
}

static void expect_connect(unsigned status, const char *answer)
{
	far_expect(&far, (struct exchange) { .method = COMETD,
	                                     .body = "/meta/connect",
	                                     .status = status,
	                                     .headers = NOW_LINE,
	                                     .answer = answer });
}

static void expect_farewell(void)
{
	far_expect(&far, (struct exchange) { .method = COMETD, .body = "/meta/disconnect", .answer = "[]" });
}

/* R1: the replay text goes with the events that it stands behind. */
static void R1_events_come_with_the_place_behind_them(void **state)
{
	(void)state;
	heard.enough = 2;
	expect_session("Bearer T1", SINCE("41"));
	expect_connect(200, "[" EVENT(UPDATE(ID_A, "42")) "," EVENT(UPDATE(ID_B, "44")) "," GOOD "]");
	expect_farewell();
	assert_int_equal(listen_from("41"), 0);
	assert_int_equal(heard.count, 2);
	assert_str(heard.replay, "44");
	assert_str(heard.seen[0].record.id, ID_A);
	assert_str(heard.seen[0].record.bytes, UPDATE(ID_A, "42"));
	assert_str(heard.seen[0].record.modified_by, USER);
	assert_int_equal(heard.seen[0].record.modified_ms, NOW);
	assert_str(json_get_text(heard.seen[0].record.json, "Phone"), "1");
	assert_str(heard.seen[0].id, "t:1:" ID_A);
	assert_false(heard.seen[0].whole);
	assert_string_equal(heard.states, "+");
}

static void cookies_of_the_session_go_back(void **state)
{
	(void)state;
	far_expect(&far,
	           (struct exchange) { .method = COMETD,
	                               .body = "/meta/handshake",
	                               .headers = "Set-Cookie: BAYEUX_BROWSER=abc; Path=/; HttpOnly\r\nSet-Cookie: "
	                                          "lb=1=2\r\n",
	                               .answer = SHAKEN });
	far_expect(&far, (struct exchange) { .method = COMETD,
	                                     .body = SINCE("-1"),
	                                     .head = "Cookie: BAYEUX_BROWSER=abc; lb=1=2",
	                                     .headers = "Set-Cookie: lb=3\r\n",
	                                     .answer = SUBBED });
	far_expect(&far, (struct exchange) { .method = COMETD,
	                                     .body = "/meta/connect",
	                                     .head = "Cookie: BAYEUX_BROWSER=abc; lb=3",
	                                     .answer = "[" EVENT(UPDATE(ID_A, "1")) "," GOOD "]" });
	expect_farewell();
	assert_int_equal(listen_from(""), 0);
}

/* R39: nothing is lost with the session: the new one begins behind the last event. */
static void R39_an_unknown_client_begins_again_behind_its_last_event(void **state)
{
	(void)state;
	heard.enough = 2;
	expect_session("Bearer T1", SINCE("-1"));
	expect_connect(200, "[" EVENT(UPDATE(ID_A, "7")) "," GOOD "]");
	expect_connect(200, "[" FAILED("403::Unknown client", "handshake") "]");
	expect_session("Bearer T1", SINCE("7"));
	expect_connect(200, "[" EVENT(UPDATE(ID_B, "8")) "," GOOD "]");
	expect_farewell();
	assert_int_equal(listen_from(""), 0);
	assert_int_equal(heard.seen[1].kind, EVENT_CHANGED);
	assert_string_equal(heard.states, "+-+");
}

/* R39: without an event there is no place to go back to, so the time between is to be read again. */
static void R39_a_session_lost_before_its_first_event_tells_the_gap(void **state)
{
	(void)state;
	expect_session("Bearer T1", SINCE("-1"));
	expect_connect(200, "[" GOOD "]");
	far_expect(&far, (struct exchange) { .method = COMETD, .body = "/meta/connect", .drop = true });
	expect_session("Bearer T1", SINCE("-1"));
	expect_farewell();
	assert_int_equal(listen_from(""), 0);
	assert_int_equal(heard.seen[0].kind, EVENT_OVERFLOW);
	assert_int_equal(heard.seen[0].record.modified_ms, NOW);
	assert_str(heard.seen[0].object, "Contact");
}

static void a_token_that_ran_out_is_replaced(void **state)
{
	(void)state;
	expect_session("Bearer T1", SINCE("5"));
	expect_connect(200, "[" FAILED("401::Authentication invalid", "none") "]");
	sf_expect_login(&far, "T2");
	expect_session("Bearer T2", SINCE("5"));
	expect_connect(200, "[" EVENT(UPDATE(ID_A, "6")) "," GOOD "]");
	expect_farewell();
	assert_int_equal(listen_from("5"), 0);
	assert_string_equal(heard.states, "+-+");
}

static void a_token_that_is_never_accepted_ends_it(void **state)
{
	(void)state;
	far_expect(&far, (struct exchange) {
	                         .method = COMETD,
	                         .body = "/meta/handshake",
	                         .answer = "[{\"channel\":\"/meta/handshake\",\"successful\":false,\"error\":"
	                                   "\"403::Handshake denied\",\"ext\":{\"sfdc\":{\"failureReason\":"
	                                   "\"401::Authentication invalid\"}},\"advice\":{\"reconnect\":\"none\"}}]" });
	sf_expect_login(&far, "T2");
	far_expect(&far, (struct exchange) { .method = COMETD, .head = "Bearer T2", .status = 401, .answer = "[]" });
	assert_int_equal(listen_from(""), ERR_AUTH);
}

static void a_replay_id_that_is_too_old_is_gone(void **state)
{
	(void)state;
	far_expect(&far, (struct exchange) { .method = COMETD, .body = "/meta/handshake", .answer = SHAKEN });
	far_expect(&far,
	           (struct exchange) {
	                   .method = COMETD,
	                   .body = SINCE("3"),
	                   .answer = "[{\"channel\":\"/meta/subscribe\",\"successful\":false,\"error\":\"400::The "
	                             "replayId {3} you provided was invalid. Please provide a valid ID, -2 to "
	                             "replay all events, or -1 to replay only new events.\"}]" });
	expect_farewell();
	assert_int_equal(listen_from("3"), ERR_GONE);
}

static void an_object_that_is_not_selected_is_a_setting(void **state)
{
	(void)state;
	far_expect(&far, (struct exchange) { .method = COMETD, .body = "/meta/handshake", .answer = SHAKEN });
	far_expect(&far,
	           (struct exchange) { .method = COMETD,
	                               .body = "/meta/subscribe",
	                               .answer = "[{\"channel\":\"/meta/subscribe\",\"successful\":false,\"error\":"
	                                         "\"403:denied_by_security_policy:create_denied\"}]" });
	expect_farewell();
	assert_int_equal(listen_from(""), ERR_CONFIG);
	assert_holds(str_of(far.err.text), "Change Data Capture");
}

/* "back off with jitter, keep client id until told otherwise" */
static void a_busy_server_keeps_the_session(void **state)
{
	(void)state;
	expect_session("Bearer T1", SINCE("-1"));
	expect_connect(503, "<html>busy</html>");
	expect_connect(200, "[" FAILED("503::Server is too busy", "retry") "]");
	expect_connect(200, "[" EVENT(UPDATE(ID_A, "6")) "," GOOD "]");
	expect_farewell();
	assert_int_equal(listen_from(""), 0);
	assert_string_equal(heard.states, "+-+");
}

/* What is between us and the server may have lost an answer with events: a new session brings them again. */
static void R5_a_gateways_failure_begins_again(void **state)
{
	(void)state;
	expect_session("Bearer T1", SINCE("9"));
	expect_connect(504, "<html>gateway</html>");
	expect_session("Bearer T1", SINCE("9"));
	expect_connect(200, "[" EVENT(UPDATE(ID_A, "10")) "," GOOD "]");
	expect_farewell();
	assert_int_equal(listen_from("9"), 0);
	assert_str(heard.replay, "10");
}

static void a_strange_replay_text_is_gone(void **state)
{
	(void)state;
	expect_session("Bearer T1", SINCE("1")); /* what begin() promised is used up by a good one */
	expect_connect(200, "[" EVENT(UPDATE(ID_A, "6")) "," GOOD "]");
	expect_farewell();
	assert_int_equal(listen_from("x"), ERR_GONE);
	assert_int_equal(listen_from("-2"), ERR_GONE);
	assert_int_equal(listen_from("1"), 0);
}

/* Each kind of event; R31 R32 R3. */
static void R31_each_kind_of_event(void **state)
{
	static const char answer[] =
	        "[" EVENT(CHANGE(
	                "\"changeType\":\"CREATE\",\"recordIds\":[\"" ID_A "\"]", "1", ",\"Name\":{\"FirstName\":\"F\",\"LastName\":\"L\"},\"OtherAddress\":{\"City\":\"X\"}")) "," EVENT(CHANGE("\"changeType\":\"UPDATE\",\"recordIds\":[\"003xx000000000A\",\"" ID_B "\"],\"nulledFields\":[\"Phone\",\"MailingAddress.Street\"],\"diffFields\":[\"Description\"]", "2", ",\"Description\":\"--- \"")) "," EVENT(CHANGE("\"changeType\":\"DELETE\",\"recordIds\":[\"" ID_A "\"]", "3", "")) "," EVENT(CHANGE("\"changeType\":\"UNDELETE\",\"recordIds\":[\"" ID_A
	                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "\"]",
	                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "4", "")) "," EVENT(CHANGE("\"changeType\":\"GAP_UPDATE\",\"recordIds\":[\"" ID_A "\"]", "5",
	                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   "")) "," EVENT(CHANGE("\"changeType\":\"GAP_DELETE\",\"recordIds\":[\"" ID_A
	                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         "\"]",
	                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         "6",
	                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         "")) "," EVENT(CHANGE("\"changeType\":\"GAP_OVERFLOW\",\"recordIds\":[]", "7", "")) "," EVENT(CHANGE("\"changeType\":\"GAP_UPDATE\",\"recordIds\":[\"003*\"]", "8", "")) "," EVENT(CHANGE("\"changeType\":\"SNAPSHOT\",\"recordIds\":[\"" ID_A
	                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   "\"]",
	                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   "9", "")) "," EVENT("{\"payload\":{}}") ",{\"channel\":\"" CHANNEL "\",\"data\":{\"a\":01}}," GOOD
	                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           "]";
	static const struct {
		enum event_kind kind;
		const char *id, *json;
	} rows[] = {
		{ EVENT_CHANGED, ID_A,
		  "{\"FirstName\":\"F\",\"LastName\":\"L\",\"OtherCity\":\"X\",\"Id\":\"" ID_A "\"}" },
		{ EVENT_CHANGED, ID_A, "{\"Phone\":null,\"MailingStreet\":null,\"Id\":\"" ID_A "\"}" },
		{ EVENT_CHANGED, ID_B, "{\"Phone\":null,\"MailingStreet\":null,\"Id\":\"" ID_B "\"}" },
		{ EVENT_REMOVED, ID_A, "{\"Id\":\"" ID_A "\"}" },
		{ EVENT_CHANGED, ID_A, "{\"Id\":\"" ID_A "\"}" },
		{ EVENT_CHANGED, ID_A, "{\"Id\":\"" ID_A "\"}" },
		{ EVENT_REMOVED, ID_A, "{\"Id\":\"" ID_A "\"}" },
		{ EVENT_OVERFLOW, "", NULL },
		{ EVENT_OVERFLOW, "", NULL },
		{ EVENT_OTHER, "", NULL },
		{ EVENT_CHANGED, "", NULL },
		{ EVENT_CHANGED, "", NULL },
	};

	(void)state;
	heard.enough = ARRAY_LEN(rows);
	expect_session("Bearer T1", SINCE("-1"));
	expect_connect(200, answer);
	far_expect(&far, (struct exchange) { .method = COMETD, .body = "/meta/disconnect", .answer = "[]" });
	assert_int_equal(listen_from(""), 0);
	assert_int_equal(heard.count, ARRAY_LEN(rows));
	assert_str(heard.replay, "9");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct event *event = &heard.seen[i];
		bool faulty = i >= ARRAY_LEN(rows) - 2;

		assert_int_equal(event->kind, rows[i].kind);
		assert_str(event->record.id, rows[i].id);
		assert_int_equal(event->record.fault != NULL, faulty);
		assert_int_equal(event->record.modified_ms, faulty ? 0 : NOW);
		assert_int_equal(event->record.deleted, event->kind == EVENT_REMOVED);
		assert_false(event->whole);
		assert_true(event->record.bytes.len > 0);
		if (rows[i].json)
			assert_true(json_equal(event->record.json, far_json(&far, rows[i].json)));
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(R1_events_come_with_the_place_behind_them),
		TEST(cookies_of_the_session_go_back),
		TEST(R39_an_unknown_client_begins_again_behind_its_last_event),
		TEST(R39_a_session_lost_before_its_first_event_tells_the_gap),
		TEST(a_token_that_ran_out_is_replaced),
		TEST(a_token_that_is_never_accepted_ends_it),
		TEST(a_replay_id_that_is_too_old_is_gone),
		TEST(an_object_that_is_not_selected_is_a_setting),
		TEST(a_busy_server_keeps_the_session),
		TEST(R5_a_gateways_failure_begins_again),
		TEST(a_strange_replay_text_is_gone),
		TEST(R31_each_kind_of_event),
	};

	return cmocka_run_group_tests_name("sf_listen", tests, NULL, NULL);
}

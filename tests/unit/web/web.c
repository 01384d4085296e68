/* The daemon's routes over the wire, with an inside that answers what each test says. */
#include "../net/server_rig.h"

#include "live_fake.h"
#include "sync/meter.h"
#include "web/web.h"

struct house {
	struct live live;
	struct engine engine;
	struct web *web;
	unsigned notes;
	enum err_code code;
	char note[256], connection[64];
};

static void take_note(void *context, struct str connection, enum err_code code, const char *text)
{
	struct house *h = context;

	h->notes++;
	h->code = code;
	snprintf(h->note, sizeof(h->note), "%s", text);
	snprintf(h->connection, sizeof(h->connection), "%.*s", STR_ARG(connection));
}

static void house_open(struct house *h, struct web_options options)
{
	struct err err = ERR_INIT;

	*h = (struct house) { .live.done = { .events = 2, .staged = 2 } };
	h->engine.meter = meter_new();
	options.engine = &h->engine;
	options.live = &h->live;
	options.version = "1.2.3";
	options.on_note = take_note;
	options.context = h;
	if (web_open(&options, &h->web, &err) < 0)
		fail_msg("%s", err.text);
}

static void house_close(struct house *h)
{
	web_close(&h->web);
	meter_free(&h->engine.meter);
}

static unsigned ask_port(unsigned port, const char *request, struct buf *got)
{
	int fd = dial_with(port, 0);
	unsigned status;

	(void)say(fd, request);
	status = hear(fd, got);
	close(fd);
	return status;
}

static unsigned ask_web(const struct house *h, const char *request, struct buf *got)
{
	return ask_port(web_port(h->web), request, got);
}

#define HOST "Host: x\r\n"
#define POST_HOOK(path, body_len, body) \
	"POST /hooks/" path " HTTP/1.1\r\n" HOST "X-Signature: sha256=ab\r\nContent-Length: " body_len "\r\n\r\n" body

static void a_webhook_is_handed_on_as_it_came(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	int64_t before = clock_wall_ms();
	struct house h;

	house_open(&h, (struct web_options) { 0 });
	assert_int_equal(ask_web(&h, POST_HOOK("practice", "8", "{\"a\": 1}"), &got), 200);
	assert_non_null(strstr(buf_text(&got), "\r\n\r\n{\"received\":2}"));
	assert_string_equal(h.live.connection, "practice");
	assert_string_equal(h.live.path, "");
	assert_string_equal(h.live.body, "{\"a\": 1}");
	assert_string_equal(h.live.signature, "sha256=ab");
	assert_true(h.live.received_ms >= before && h.live.received_ms <= clock_wall_ms());
	assert_int_equal(ask_web(&h, POST_HOOK("north%20side/a/b%2Fc", "2", "{}"), &got), 200);
	assert_string_equal(h.live.connection, "north side");
	assert_string_equal(h.live.path, "a/b/c");
	assert_int_equal(h.notes, 0);
	house_close(&h);
}

static void errors_become_answers(void **state UNUSED)
{
	static const struct {
		enum err_code code;
		unsigned status;
		const char *expected;
	} rows[] = {
		{ ERR_AUTH, 401, "\"unauthorized\"" },
		{ ERR_NOT_FOUND, 404, "\"not_found\"" },
		{ ERR_DATA, 400, "\"malformed\"" },
		{ ERR_PARSE, 400, "\"malformed\"" },
		{ ERR_MEMORY_LIMIT, 413, "\"too_large\"" },
		{ ERR_STORE, 503, "\r\nRetry-After: 5\r\n" },
		{ ERR_DISK_FULL, 503, "\r\nRetry-After: 5\r\n" },
		{ ERR_ABORTED, 503, "\"unavailable\"" },
		{ ERR_BUG, 503, "\"unavailable\"" },
	};
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct house h;

	house_open(&h, (struct web_options) { 0 });
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		err_set_text(&h.live.hook_error, rows[i].code, "what only the house is told");
		assert_int_equal(ask_web(&h, POST_HOOK("practice", "2", "{}"), &got), rows[i].status);
		assert_non_null(strstr(buf_text(&got), rows[i].expected));
		assert_null(strstr(buf_text(&got), "only the house"));
	}
	house_close(&h);
}

static void a_refusal_is_noted_at_most_now_and_then(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct house h;

	house_open(&h, (struct web_options) { 0 });
	err_set_text(&h.live.hook_error, ERR_AUTH, "the signature does not fit");
	for (unsigned i = 0; i < 9; i++)
		assert_int_equal(ask_web(&h, POST_HOOK("practice", "2", "{}"), &got), 401);
	assert_int_equal(h.notes, 4);
	assert_int_equal(h.code, ERR_AUTH);
	assert_string_equal(h.connection, "practice");
	assert_string_equal(h.note, "the signature does not fit");
	house_close(&h);
}

/* R41: what a stranger put into an address is neither logged nor made a label. */
static void r41_an_unknown_connection_leaves_no_trace(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct house h;

	house_open(&h, (struct web_options) { 0 });
	err_set_text(&h.live.hook_error, ERR_NOT_FOUND, "there is no connection 'Jane-Doe'");
	assert_int_equal(ask_web(&h, POST_HOOK("Jane-Doe", "2", "{}"), &got), 404);
	assert_null(strstr(h.note, "Jane"));
	assert_string_equal(h.connection, "");
	assert_int_equal(ask_web(&h, "GET /metrics HTTP/1.1\r\n" HOST "\r\n", &got), 200);
	assert_null(strstr(buf_text(&got), "Jane"));
	assert_non_null(strstr(buf_text(&got), "{connection=\"\",answer=\"not_found\"} 1\n"));
	house_close(&h);
}

static void bodies_are_bounded(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct house h;

	house_open(&h, (struct web_options) { 0 });
	assert_int_equal(ask_web(&h, POST_HOOK("practice", "1048577", ""), &got), 413);
	house_close(&h);
	house_open(&h, (struct web_options) { .hook_limit = 4 });
	assert_int_equal(ask_web(&h, POST_HOOK("practice", "5", "12345"), &got), 413);
	assert_int_equal(ask_web(&h, POST_HOOK("practice", "4", "1234"), &got), 200);
	assert_int_equal(h.live.asked, 1);
	house_close(&h);
}

static void a_probe_is_answered_with_nothing(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct house h;

	house_open(&h, (struct web_options) { 0 });
	assert_int_equal(ask_web(&h, "GET /hooks/practice/secret?challenge=1 HTTP/1.1\r\n" HOST "\r\n", &got), 200);
	assert_true(str_ends(buf_str(&got), STR("\r\n\r\n")));
	assert_int_equal(ask_web(&h, "PUT /hooks/practice HTTP/1.1\r\n" HOST "\r\n", &got), 405);
	assert_int_equal(h.live.asked, 0);
	house_close(&h);
}

static void ready_says_what_is_missing(void **state UNUSED)
{
	static const char ask[] = "GET /ready HTTP/1.1\r\n" HOST "\r\n";
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct house h;

	house_open(&h, (struct web_options) { 0 });
	assert_int_equal(ask_web(&h, ask, &got), 200);
	h.live.sync_count = 2;
	h.live.syncs[0] = (struct live_sync) { .name = STR("patients"), .ready = true };
	h.live.syncs[1] = (struct live_sync) { .name = STR("orders") };
	assert_int_equal(ask_web(&h, ask, &got), 503);
	assert_non_null(strstr(buf_text(&got), "{\"ready\":false,\"syncs\":2,\"missing\":["
	                                       "{\"sync\":\"orders\",\"why\":\"signing in\"}]}"));
	h.live.syncs[1].trouble = STR("org refused our credentials");
	assert_int_equal(ask_web(&h, ask, &got), 503);
	assert_non_null(strstr(buf_text(&got), "\"why\":\"org refused our credentials\""));
	h.live.syncs[1].ready = true;
	assert_int_equal(ask_web(&h, ask, &got), 200);
	assert_non_null(strstr(buf_text(&got), "{\"ready\":true,\"syncs\":2,\"missing\":[]}"));
	err_set_text(&h.live.state_error, ERR_STORE, "the database is gone");
	assert_int_equal(ask_web(&h, ask, &got), 503);
	assert_non_null(strstr(buf_text(&got), "{\"part\":\"store\",\"why\":\"the database is gone\"}"));
	assert_int_equal(ask_web(&h, "GET /health HTTP/1.1\r\n" HOST "\r\n", &got), 200);
	house_close(&h);
}

static void figures(void **state UNUSED)
{
	static const char *const expected[] = {
		"suture_build_info{version=\"1.2.3\"} 1\n",
		"# TYPE suture_sync_lag_seconds gauge\nsuture_sync_lag_seconds{sync=\"pa\\\"ti\\\\ents\"} 6",
		"suture_sync_waiting{sync=\"pa\\\"ti\\\\ents\"} 3\n",
		"suture_sync_owed_low{sync=\"pa\\\"ti\\\\ents\"} 7\n",
		"suture_store_up 1\n",
		"suture_hook_requests_total{connection=\"practice\",answer=\"received\"} 1\n",
		"suture_writes_total{sync=\"patients\",side=\"crm\",result=\"delivered\"} 12\n",
		"suture_hook_seconds_count 1\n",
		"suture_write_seconds_bucket{le=\"0.005\"} 1\n",
		"suture_write_seconds_bucket{le=\"0.01\"} 2\n",
		"suture_write_seconds_bucket{le=\"+Inf\"} 3\n",
		"suture_write_seconds_sum 400.009",
		"suture_server_requests_total{class=\"2xx\"} 1\n",
	};
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct house h;

	house_open(&h, (struct web_options) { 0 });
	h.live.sync_count = 1;
	h.live.syncs[0] = (struct live_sync) {
		.name = STR("pa\"ti\\ents"), .waiting = 3, .owed_low = 7, .oldest_ms = clock_wall_ms() - 60000
	};
	meter_add(h.engine.meter, METER_WRITES, STR("patients"), STR("crm"), STR("delivered"), 12);
	meter_time(h.engine.meter, METER_WRITE_TIME, 3000);
	meter_time(h.engine.meter, METER_WRITE_TIME, 6000);
	meter_time(h.engine.meter, METER_WRITE_TIME, 400000000);
	assert_int_equal(ask_web(&h, POST_HOOK("practice", "2", "{}"), &got), 200);
	assert_int_equal(ask_web(&h, "GET /metrics HTTP/1.1\r\n" HOST "\r\n", &got), 200);
	assert_non_null(strstr(buf_text(&got), "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		if (!strstr(buf_text(&got), expected[i]))
			fail_msg("no %s in %s", expected[i], buf_text(&got));
	}
	house_close(&h);
}

static void the_house_can_have_its_own_address(void **state UNUSED)
{
	static const char *const paths[] = { "health", "ready", "metrics" };
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20), ask = BUF_INIT(1 << 10);
	struct house h;

	house_open(&h, (struct web_options) { .admin_address = "127.0.0.1" });
	assert_int_not_equal(web_port(h.web), web_admin_port(h.web));
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		buf_clear(&ask);
		buf_printf(&ask, "GET /%s HTTP/1.1\r\n" HOST "X-Forwarded-For: 192.0.2.7\r\n\r\n", paths[i]);
		assert_int_equal(ask_web(&h, buf_text(&ask), &got), 404);
		assert_int_equal(ask_port(web_admin_port(h.web), buf_text(&ask), &got), 200);
	}
	assert_int_equal(ask_port(web_admin_port(h.web), POST_HOOK("practice", "2", "{}"), &got), 404);
	house_close(&h);
}

/* A proxy on this machine asks for somebody who is elsewhere. */
static void the_house_is_not_shown_through_a_proxy(void **state UNUSED)
{
	static const char *const paths[] = { "health", "ready", "metrics" };
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20), ask = BUF_INIT(1 << 10);
	struct house h;

	house_open(&h, (struct web_options) { 0 });
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		buf_clear(&ask);
		buf_printf(&ask, "GET /%s HTTP/1.1\r\n" HOST "X-Forwarded-For: 192.0.2.7\r\n\r\n", paths[i]);
		assert_int_equal(ask_web(&h, buf_text(&ask), &got), 404);
	}
	assert_int_equal(web_admin_port(h.web), 0);
	house_close(&h);
}

static void other_faces_stand_beside(void **state UNUSED)
{
	static const struct http_route more[] = { { "GET", "/api/v1/{rest*}", hello } };
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct house h;

	house_open(&h, (struct web_options) { .more = more, .more_count = ARRAY_LEN(more) });
	assert_int_equal(ask_web(&h, "GET /api/v1/runs HTTP/1.1\r\n" HOST "\r\n", &got), 200);
	assert_int_equal(ask_web(&h, "GET /health HTTP/1.1\r\n" HOST "\r\n", &got), 200);
	house_close(&h);
}

static void series_are_bounded(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct meter *meter = meter_new();
	struct meter_series *series;
	uint64_t sum = 0;
	size_t count;

	for (int i = 0; i < 1000; i++)
		meter_add(meter, METER_ERRORS, STR("patients"), arena_printf(&arena, "code-%d", i % 500), STR_EMPTY, 1);
	meter_read(meter, METER_ERRORS, &arena, &series, &count);
	assert_int_equal(count, METER_SERIES_MAX);
	for (size_t i = 0; i < count; i++)
		sum += series[i].value;
	assert_int_equal(sum, 1000);
	assert_true(str_eq(series[count - 1].label[1], STR("other")));
	assert_int_equal(series[count - 1].value, 2 * (500 - (METER_SERIES_MAX - 1)));
	meter_free(&meter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_webhook_is_handed_on_as_it_came),
		cmocka_unit_test(errors_become_answers),
		cmocka_unit_test(a_refusal_is_noted_at_most_now_and_then),
		cmocka_unit_test(r41_an_unknown_connection_leaves_no_trace),
		cmocka_unit_test(bodies_are_bounded),
		cmocka_unit_test(a_probe_is_answered_with_nothing),
		cmocka_unit_test(ready_says_what_is_missing),
		cmocka_unit_test(figures),
		cmocka_unit_test(the_house_can_have_its_own_address),
		cmocka_unit_test(the_house_is_not_shown_through_a_proxy),
		cmocka_unit_test(other_faces_stand_beside),
		cmocka_unit_test(series_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

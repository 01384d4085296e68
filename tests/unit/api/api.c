/* The table of routes beside its description, and what stands before a handler, over the wire. */
#include "../net/server_rig.h"

#include "../test_store.h"
#include "../web/live_fake.h"
#include "access_fake.h"
#include "api/api.h"
#include "codec/json.h"
#include "store/store.h"
#include "sync/budget.h"

struct house {
	struct access access;
	struct live live;
	struct engine engine;
	struct api *api;
	struct http_server *server;
};

static void house_open(struct house *h, unsigned rights)
{
	const struct http_server_options server = { 0 };
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	size_t count;

	*h = (struct house) { .access.person = { .account_id = 1,
		                                 .name = STR("ann"),
		                                 .rights = rights,
		                                 .csrf = STR("token"),
		                                 .session_id = 7 } };
	assert_int_equal(store_open(test_store_url(&arena, TEST_STORE_ONCE), &h->engine.store, &err), 0);
	assert_int_equal(governor_open(h->engine.store, &h->engine.governor, &err), 0);
	const struct api_options options = {
		.engine = &h->engine, .live = &h->live, .access = &h->access, .version = "1.2.3"
	};

	assert_int_equal(api_open(&options, &h->api, &err), 0);
	const struct http_route *routes = api_routes(h->api, &count);
	assert_int_equal(http_server_open(&server, routes, count, &h->server, &err), 0);
}

static void house_close(struct house *h)
{
	http_server_close(&h->server);
	api_close(&h->api);
	governor_close(&h->engine.governor);
	store_close(&h->engine.store);
	test_store_forget(TEST_STORE_ONCE);
}

static unsigned ask_house(const struct house *h, const char *request, struct buf *got)
{
	int fd = dial_with(http_server_port(h->server), 0);
	unsigned status;

	buf_clear(got);
	(void)say(fd, request);
	status = hear(fd, got);
	close(fd);
	return status;
}

#define GET(path) "GET /api/v1" path " HTTP/1.1\r\nHost: x\r\n\r\n"

static struct json *description(const struct house *h, struct arena *arena)
{
	SCOPED(buf) struct buf got = BUF_INIT(8 << 20);
	struct err err = ERR_INIT;
	struct json *all;
	const char *body;

	assert_int_equal(ask_house(h, GET("/openapi.json"), &got), 200);
	body = strstr(buf_text(&got), "\r\n\r\n");
	assert_non_null(body);
	assert_int_equal(json_parse(arena, arena_str(arena, str_of(body + 4)), &all, &err), 0);
	return all;
}

/* The description's key of a method is in small letters; "{path*}" is "{path}" there. */
static const struct json *described(const struct json *paths, struct arena *arena, const struct http_route *route)
{
	char *method = arena_text(arena, str_of(route->method));
	char *path = arena_text(arena, str_of(route->pattern + strlen("/api/v1")));
	char *star = strchr(path, '*');

	for (char *c = method; *c; c++)
		*c = (char)(*c | 0x20);
	if (star)
		memmove(star, star + 1, strlen(star));
	return json_get(json_get(paths, path), method);
}

static void every_route_is_described_and_nothing_else(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct http_route *routes;
	size_t count, operations = 0;
	struct house h;

	house_open(&h, 0);
	struct json *paths = json_get(description(&h, &arena), "paths");
	routes = api_routes(h.api, &count);
	for (size_t i = 0; i < count; i++)
		if (!described(paths, &arena, &routes[i]))
			fail_msg("%s %s is not described in src/api/openapi", routes[i].method, routes[i].pattern);
	JSON_EACH (paths, path)
		JSON_EACH (path, operation)
			operations += !str_eq_c(operation->key, "parameters");
	assert_int_equal(operations, count);
	house_close(&h);
}

static void nobody_and_people_without_the_right_are_refused(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct house h;

	house_open(&h, 0);
	assert_int_equal(ask_house(&h, GET("/syncs"), &got), 401);
	assert_non_null(strstr(buf_text(&got), "\"code\":\"auth\""));
	h.access.person.rights = RIGHT_AUDIT;
	assert_int_equal(ask_house(&h, GET("/syncs"), &got), 403);
	h.access.person.rights = RIGHT_SEE;
	assert_int_equal(ask_house(&h, GET("/syncs"), &got), 200);
	assert_non_null(strstr(buf_text(&got), "{\"items\":[],\"next\":null}"));
	house_close(&h);
}

/* ---- every route there is, as somebody who should not ---- */

/* Whoever is not signed in may ask these and nothing else. A row more is a decision, not an oversight. */
static const char *const open_to_all[] = {
	"GET /callback", "GET /openapi.json", "GET /session/provider",   "GET /session/provider/return",
	"GET /welcome",  "POST /invitation",  "POST /invitation/accept", "POST /session",
	"POST /setup",
};

/* These are no GET and still change nothing, or only what is the person's own: RIGHT_SEE is enough. */
static const char *const own_or_harmless[] = {
	"DELETE /session",     "DELETE /tokens/{token}",  "POST /mapping/read",     "POST /mapping/try",
	"POST /mapping/write", "POST /schedules/preview", "POST /session/password", "POST /tokens",
};

static bool stands_in(const char *const *list, size_t count, const struct http_route *route)
{
	char text[256];

	snprintf(text, sizeof(text), "%s %s", route->method, route->pattern + strlen("/api/v1"));
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

/* The route with "1" for each of its names. */
static unsigned ask_route(const struct house *h, const struct http_route *route, const char *headers, struct buf *got)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf path = BUF_INIT(4096);
	bool in_name = false;

	for (const char *c = route->pattern; *c; c++) {
		if (*c == '{')
			buf_add_char(&path, '1');
		in_name = *c == '{' || (in_name && *c != '}');
		if (!in_name && *c != '}')
			buf_add_char(&path, *c);
	}
	return ask_house(h,
	                 arena_printf(&arena, "%s %s HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n%s\r\n", route->method,
	                              buf_text(&path), headers)
	                         .at,
	                 got);
}

static void only_the_door_is_open_to_those_who_are_not_signed_in(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	const struct http_route *routes;
	size_t count, open = 0;
	struct house h;

	house_open(&h, 0);
	routes = api_routes(h.api, &count);
	for (size_t i = 0; i < count; i++) {
		if (stands_in(open_to_all, ARRAY_LEN(open_to_all), &routes[i]))
			open++;
		else if (ask_route(&h, &routes[i], "X-CSRF-Token: token\r\n", &got) != 401)
			fail_msg("%s %s is open to everybody: %s", routes[i].method, routes[i].pattern, buf_text(&got));
	}
	assert_int_equal(open, ARRAY_LEN(open_to_all));
	house_close(&h);
}

static void a_change_needs_the_token_of_the_page_and_our_own_origin(void **state UNUSED)
{
	static const unsigned all = RIGHT_SEE | RIGHT_VALUES | RIGHT_WORK | RIGHT_SETUP | RIGHT_AUDIT | RIGHT_ACCOUNTS;
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	const struct http_route *routes;
	size_t count;
	struct house h;

	house_open(&h, all);
	routes = api_routes(h.api, &count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(routes[i].method, "GET") == 0 || stands_in(open_to_all, ARRAY_LEN(open_to_all), &routes[i]))
			continue;
		if (ask_route(&h, &routes[i], "", &got) != 403 || !strstr(buf_text(&got), "\"csrf\""))
			fail_msg("%s %s takes no CSRF token: %s", routes[i].method, routes[i].pattern, buf_text(&got));
		if (ask_route(&h, &routes[i], "X-CSRF-Token: token\r\nOrigin: https://evil.example\r\n", &got) != 403)
			fail_msg("%s %s is taken from another site", routes[i].method, routes[i].pattern);
	}
	house_close(&h);
}

static void who_may_only_look_changes_nothing(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	const struct http_route *routes;
	size_t count;
	struct house h;

	house_open(&h, RIGHT_SEE);
	routes = api_routes(h.api, &count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(routes[i].method, "GET") == 0 ||
		    stands_in(open_to_all, ARRAY_LEN(open_to_all), &routes[i]) ||
		    stands_in(own_or_harmless, ARRAY_LEN(own_or_harmless), &routes[i]))
			continue;
		if (ask_route(&h, &routes[i], "X-CSRF-Token: token\r\n", &got) != 403)
			fail_msg("%s %s needs no right: %s", routes[i].method, routes[i].pattern, buf_text(&got));
	}
	house_close(&h);
}

static void what_a_page_asks_by_itself_is_a_look(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct house h;

	house_open(&h, RIGHT_SEE);
	assert_int_equal(ask_house(&h, "GET /api/v1/syncs HTTP/1.1\r\nHost: x\r\nX-Background: 1\r\n\r\n", &got), 200);
	assert_int_equal(h.access.looked, 1);
	assert_int_equal(h.access.used, 0);
	house_close(&h);
}

static void a_listener_gets_each_topic_at_once(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct house h;

	house_open(&h, RIGHT_SEE);
	int fd = dial_with(http_server_port(h.server), 0);
	(void)say(fd, GET("/events"));
	while (!strstr(buf_text(&got), "event: syncs"))
		assert_true(hear_some(fd, &got, 10000) > 0);
	assert_non_null(strstr(buf_text(&got), "text/event-stream"));
	close(fd);
	house_close(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_route_is_described_and_nothing_else),
		cmocka_unit_test(nobody_and_people_without_the_right_are_refused),
		cmocka_unit_test(only_the_door_is_open_to_those_who_are_not_signed_in),
		cmocka_unit_test(a_change_needs_the_token_of_the_page_and_our_own_origin),
		cmocka_unit_test(who_may_only_look_changes_nothing),
		cmocka_unit_test(what_a_page_asks_by_itself_is_a_look),
		cmocka_unit_test(a_listener_gets_each_topic_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* route: patterns, parameters, order of rows, slashes; forms and targets of requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "sandbox/server.h"

/* Each handler writes its name and the parameters it knows. */
static void say(struct answer *answer, const char *name, const struct request *request)
{
	buf_printf(&answer->body, "%s:%.*s:%.*s", name, STR_ARG(request_param(request, "id")),
	           STR_ARG(request_param(request, "rest")));
}

static void list(void *state, struct request *request, struct answer *answer)
{
	(void)state;
	say(answer, "list", request);
}

static void special(void *state, struct request *request, struct answer *answer)
{
	(void)state;
	say(answer, "special", request);
}

static void one(void *state, struct request *request, struct answer *answer)
{
	(void)state;
	say(answer, "one", request);
}

static void below(void *state, struct request *request, struct answer *answer)
{
	(void)state;
	say(answer, "below", request);
}

static const struct route routes[] = {
	{ "GET", "/a", list, 0 },
	{ "GET", "/a/special", special, 0 },
	{ "GET", "/a/{id}", one, 0 },
	{ "*", "/b/{rest*}", below, 0 },
};
static const struct vendor vendor = { .name = "test", .routes = routes, .route_count = ARRAY_LEN(routes) };

static void test_routes(void **state)
{
	static const struct {
		const char *method, *target, *expected;
		int status;
	} cases[] = {
		{ "GET", "/a", "list::", 200 },
		{ "GET", "/a/", "list::", 200 },
		{ "GET", "//a//", "list::", 200 },
		{ "GET", "/a?x=1", "list::", 200 },
		{ "HEAD", "/a", "list::", 200 },
		{ "GET", "/a/special", "special::", 200 },
		{ "GET", "/a/7", "one:7:", 200 },
		{ "GET", "/a/x%2Fy%20z", "one:x/y z:", 200 },
		{ "GET", "/a/a+b", "one:a+b:", 200 },
		{ "GET", "/a/7/8", "{\"error\":\"no such resource\"}", 404 },
		{ "POST", "/a", "{\"error\":\"no such resource\"}", 404 },
		{ "DELETE", "/b/c/d/e", "below::c/d/e", 200 },
		{ "GET", "/", "{\"error\":\"no such resource\"}", 404 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		struct request request = { .arena = &arena, .method = str_of(cases[i].method) };
		struct answer answer = { 0 };

		request_set_target(&request, str_of(cases[i].target));
		server_dispatch(&vendor, NULL, &request, &answer);
		assert_int_equal(answer.status, cases[i].status);
		assert_string_equal(buf_text(&answer.body), cases[i].expected);
		buf_release(&answer.body);
	}
}

static void test_query_and_form(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct request request = { .arena = &arena };
	struct pairs form;

	(void)state;
	request_set_target(&request, STR("/x?q=a+b%26c&empty=&flag&q=second"));
	assert_true(str_eq(request_query(&request, "q"), STR("a b&c")));
	assert_true(request_has_query(&request, "empty"));
	assert_true(request_has_query(&request, "flag"));
	assert_false(request_has_query(&request, "other"));
	assert_int_equal(request_query(&request, "other").len, 0);
	form = request_form(&arena, STR("grant_type=refresh&token=5A%21%3D="));
	assert_true(str_eq(pairs_get(&form, "token"), STR("5A!==")));
}

static void test_headers_are_found_in_any_case_and_replaced(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct request request = { .arena = &arena };
	struct answer answer;

	(void)state;
	pairs_add(&arena, &request.headers, STR("Content-Type"), STR("text/csv"));
	assert_true(str_eq(request_header(&request, "content-type"), STR("text/csv")));
	answer_init(&answer, &arena);
	answer_header(&answer, "X", STR("1"));
	answer_header(&answer, "x", STR("2"));
	assert_int_equal(answer.headers.count, 1);
	assert_true(str_eq(answer.headers.at[0].value, STR("2")));
	buf_release(&answer.body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_query_and_form),
		cmocka_unit_test(test_headers_are_found_in_any_case_and_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

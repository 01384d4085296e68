/* Addresses that no request goes to, whatever a name leads to; and a name that leads there in fact. */
#include "net/http_wall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <unistd.h>

#include "lib/arena.h"
#include "net/http.h"

static bool refused(const char *address, const char *host)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
		return http_wall_refuses((struct sockaddr *)&v4, str_of(host));
	assert_int_equal(inet_pton(AF_INET6, address, &v6.sin6_addr), 1);
	return http_wall_refuses((struct sockaddr *)&v6, str_of(host));
}

static void what_gives_credentials_or_is_this_machine_is_behind_the_wall(void **state)
{
	static const struct {
		const char *address, *host;
		bool refused;
	} cases[] = {
		{ "169.254.169.254", "169.254.169.254", true },
		{ "169.254.169.254", "emr.example", true },
		{ "::ffff:169.254.169.254", "emr.example", true },
		{ "64:ff9b::169.254.169.254", "emr.example", true },
		{ "64:ff9b::203.0.113.7", "emr.example", false },
		{ "fe80::1", "emr.example", true },
		{ "febf::1", "emr.example", true },
		{ "fec0::1", "emr.example", false },
		{ "fd00:ec2::254", "emr.example", true },
		{ "100.100.100.200", "emr.example", true },
		{ "192.0.0.192", "emr.example", true },
		{ "0.0.0.0", "0.0.0.0", true },
		{ "::", "[::]:80", true },
		{ "224.0.0.1", "emr.example", true },
		{ "255.255.255.255", "emr.example", true },
		{ "ff02::1", "emr.example", true },
		{ "127.0.0.1", "emr.example", true },
		{ "127.8.8.8", "emr.example:443", true },
		{ "::1", "emr.example", true },
		{ "::ffff:127.0.0.1", "emr.example", true },
		{ "127.0.0.1", "localhost.evil.example", true },
		{ "127.0.0.1", "127.evil.example", true },
		{ "127.0.0.1", "127.0.0.1:8080", false },
		{ "127.0.0.1", "localhost:8080", false },
		{ "::1", "[::1]:8080", false },
		{ "::1", "localhost", false },
		{ "10.1.2.3", "emr.clinic.example", false },
		{ "192.168.1.9", "emr.clinic.example", false },
		{ "203.0.113.7", "emr.example", false },
		{ "2001:db8::7", "emr.example", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (refused(cases[i].address, cases[i].host) != cases[i].refused)
			fail_msg("%s for %s", cases[i].address, cases[i].host);
	}
}

static void a_list_of_hosts_means_what_it_says(void **state)
{
	static const struct {
		const char *list, *host;
		bool listed;
	} cases[] = {
		{ "api.example", "api.example", true },
		{ "api.example", "API.Example:8443", true },
		{ "api.example", "xapi.example", false },
		{ "api.example", "api.example.evil.example", false },
		{ "api.example", "a.api.example", false },
		{ "api.example:8443", "api.example:8443", true },
		{ "api.example:8443", "api.example", false },
		{ "api.example:8443", "api.example:443", false },
		{ " one.example , .org.example,", "my.org.example:443", true },
		{ " one.example , .org.example,", "a.b.org.example", true },
		{ " one.example , .org.example,", "org.example", false },
		{ " one.example , .org.example,", ".org.example", false },
		{ " one.example , .org.example,", "evilorg.example", false },
		{ "[::1]", "[::1]:8080", true },
		{ "[::1]", "[::1]", true },
		{ "[::1]", "[::2]", false },
		{ ",", "one.example", false },
		{ "", "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (http_wall_lists(str_of(cases[i].list), str_of(cases[i].host)) != cases[i].listed)
			fail_msg("%s for %s", cases[i].list, cases[i].host);
	}
}

static int ask(const char *base, const char *allowed, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct http_target target = { .base = str_of(base), .attempts = 3 };
	struct http_request request = { .target = &target, .method = "GET", .url = STR("/hello"), .idempotent = true };
	struct http_answer answer = { 0 };
	struct http_future *future;
	struct http_client *client;
	int code;

	assert_int_equal(http_client_open(&client, err), 0);
	http_client_allow(client, str_of(allowed));
	future = http_start(client, &request);
	code = http_wait(&future, &arena, &answer, err);
	assert_false(answer.uncertain);
	http_client_close(&client);
	return code;
}

static void the_client_sends_nothing_behind_the_wall(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(ask("http://169.254.169.254", "", &err), ERR_CONFIG);
	assert_non_null(strstr(err.text, "link-local"));
}

/* Nobody listens on port 1 (tcpmux): ERR_NETWORK says that it was tried. */
static void the_client_sends_nothing_to_a_host_that_is_not_allowed(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(ask("http://127.0.0.1:1", "api.example,.org.example", &err), ERR_CONFIG);
	assert_non_null(strstr(err.text, "127.0.0.1:1"));
	assert_non_null(strstr(err.text, "SUTURE_HOSTS"));
	err = (struct err)ERR_INIT;
	assert_int_equal(ask("http://127.0.0.1:1", "api.example,127.0.0.1", &err), ERR_NETWORK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_gives_credentials_or_is_this_machine_is_behind_the_wall),
		cmocka_unit_test(a_list_of_hosts_means_what_it_says),
		cmocka_unit_test(the_client_sends_nothing_behind_the_wall),
		cmocka_unit_test(the_client_sends_nothing_to_a_host_that_is_not_allowed),
	};

	return cmocka_run_group_tests_name("http_wall", tests, NULL, NULL);
}

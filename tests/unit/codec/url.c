#include "unit.h"

#include "codec/url.h"

static void test_encode(void **state UNUSED)
{
	SCOPED(buf) struct buf out = BUF_INIT(1 << 10);

	url_encode(&out, STR("AZaz09-._~ /?&=+%\xc3\xa9\0\n"));
	assert_text(buf_str(&out), "AZaz09-._~%20%2F%3F%26%3D%2B%25%C3%A9%00%0A");
}

static void test_decode(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str text;

	assert_true(url_decode(&arena, STR("a%20b%2Bc+d%c3%A9%00"), true, &text));
	assert_str(text, STR("a b+c d\xc3\xa9\0"));
	assert_true(url_decode(&arena, STR("a+b"), false, &text));
	assert_text(text, "a+b");
	assert_true(url_decode(&arena, STR_EMPTY, true, &text));
	assert_int_equal(text.len, 0);
}

static void test_decode_refuses(void **state UNUSED)
{
	static const char *const bad[] = { "%", "a%", "%2", "%g0", "%0g", "%%20", "% 1" };
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str text;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct str copy = exact_copy(str_of(bad[i]));

		assert_false(url_decode(&arena, copy, true, &text));
		free((char *)copy.at);
	}
}

static void test_every_byte_comes_back(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf out = BUF_INIT(1 << 10);
	char all[256];
	struct str text;

	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	url_encode(&out, str_range(all, sizeof(all)));
	assert_true(url_decode(&arena, buf_str(&out), true, &text));
	assert_str(text, str_range(all, sizeof(all)));
}

static void test_query(void **state UNUSED)
{
	SCOPED(buf) struct buf url = BUF_INIT(1 << 10);

	buf_add_c(&url, "https://api.example/patients");
	url_add_query(&url, "updated_at[gt]", STR("2026-08-02T00:00:00Z"));
	url_add_query(&url, "q", STR("a&b"));
	assert_text(buf_str(&url), "https://api.example/patients?updated_at%5Bgt%5D=2026-08-02T00%3A00%3A00Z&q=a%26b");
}

static const struct {
	const char *url, *scheme, *host, *port, *path, *query;
} good[] = {
	{ "https://api.example", "https", "api.example", "", "", "" },
	{ "https://api.example/", "https", "api.example", "", "/", "" },
	{ "http://127.0.0.1:8080/api/v1?x=1&y=?#frag", "http", "127.0.0.1", "8080", "/api/v1", "x=1&y=?" },
	{ "HTTPS://[::1]:443/p", "HTTPS", "::1", "443", "/p", "" },
	{ "http://[fe80::1]", "http", "fe80::1", "", "", "" },
	{ "http://host?x", "http", "host", "", "", "x" },
	{ "http://host#f/x", "http", "host", "", "", "" },
	{ "http://host/a:b@c", "http", "host", "", "/a:b@c", "" },
};

static void test_split(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct url_parts parts;

		assert_true(url_split(str_of(good[i].url), &parts));
		assert_text(parts.scheme, good[i].scheme);
		assert_text(parts.host, good[i].host);
		assert_text(parts.port, good[i].port);
		assert_text(parts.path, good[i].path);
		assert_text(parts.query, good[i].query);
	}
}

/* A user name would send secrets into logs; blanks and line breaks would forge headers. */
static void test_split_refuses(void **state UNUSED)
{
	static const char *const bad[] = {
		"",
		"api.example",
		"ftp://host/",
		"http:/host",
		"http://",
		"http:///path",
		"https://user@host/",
		"https://u:p@host/",
		"http://host:/",
		"http://host:99999",
		"http://host:0",
		"http://host:80x",
		"http://[::1",
		"http://[::1]x/",
		"http://ho st/",
		"http://host/a\nb",
		"http://host/\xc3\xa9",
		"javascript://x",
		"http://host:+80",
		"http://host\\evil/",
		"http://[::1%25eth0]/",
		"https//host",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct str copy = exact_copy(str_of(bad[i]));
		struct url_parts parts;

		if (url_split(copy, &parts))
			fail_msg("accepted: %s", bad[i]);
		free((char *)copy.at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encode),         cmocka_unit_test(test_decode),
		cmocka_unit_test(test_decode_refuses), cmocka_unit_test(test_every_byte_comes_back),
		cmocka_unit_test(test_query),          cmocka_unit_test(test_split),
		cmocka_unit_test(test_split_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What goes over the wire and what comes back: methods, bodies, headers, compression, limits, broken answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "rig.h"

/* What the peer saw of the latest request. One connection at a time here, so the future orders the accesses. */
static struct {
	char method[16], path[256], head[4096], body[4096];
} seen;

static void remember(const struct peer_call *call)
{
	snprintf(seen.method, sizeof(seen.method), "%.*s", STR_ARG(call->method));
	snprintf(seen.path, sizeof(seen.path), "%.*s", STR_ARG(call->path));
	snprintf(seen.head, sizeof(seen.head), "%.*s", STR_ARG(call->head));
	snprintf(seen.body, sizeof(seen.body), "%.*s", STR_ARG(call->body));
}

static void echo(struct peer_call *call, void *context UNUSED)
{
	remember(call);
	peer_answer(call, 200, "Content-Type: text/plain\r\nX-Twice: one\r\nx-EMPTY:\r\n", STR("hello"));
}

static void get(void **state UNUSED)
{
	struct rig r;

	rig_open(&r, echo, NULL);
	assert_int_equal(rig_do(&r, "GET", "/a/b?name=x%20y"), 0);
	assert_int_equal(r.answer.status, 200);
	assert_true(str_eq_c(r.answer.body, "hello"));
	assert_string_equal(seen.method, "GET");
	assert_string_equal(seen.path, "/a/b?name=x%20y");
	assert_null(strcasestr(seen.head, "content-type"));
	assert_null(strcasestr(seen.head, "content-length"));
	assert_non_null(strcasestr(seen.head, "accept-encoding: gzip"));
	assert_true(str_eq_c(http_header_of(&r.answer, "content-TYPE"), "text/plain"));
	assert_int_equal(http_header_of(&r.answer, "x-empty").len, 0);
	assert_int_equal(http_header_of(&r.answer, "absent").len, 0);
	assert_int_equal(r.answer.attempts, 1);
	assert_false(r.answer.uncertain);
	assert_true(r.answer.sent_ns > 0 && r.answer.sent_ns <= clock_mono_ns());
	assert_true(r.answer.took_ns > 0);
	rig_close(&r);
}

static void post_has_body_and_our_headers(void **state UNUSED)
{
	struct http_header headers[] = { { STR("Content-Type"), STR("application/json") },
		                         { STR("X-Empty"), STR("") } };
	struct http_request request;
	struct rig r;

	rig_open(&r, echo, NULL);
	request = rig_request(&r, "POST", "/p");
	request.headers = headers;
	request.header_count = ARRAY_LEN(headers);
	request.body = STR("{\"a\":1}");
	assert_int_equal(rig_send(&r, &request), 0);
	assert_string_equal(seen.method, "POST");
	assert_string_equal(seen.body, "{\"a\":1}");
	assert_non_null(strcasestr(seen.head, "content-type: application/json\r\n"));
	assert_non_null(strcasestr(seen.head, "x-empty:\r\n"));
	assert_null(strcasestr(seen.head, "expect"));
	rig_close(&r);
}

static void each_method(void **state UNUSED)
{
	static const struct {
		const char *method, *body, *length;
	} rows[] = {
		{ "POST", "", "content-length: 0" },
		{ "PUT", "", "content-length: 0" },
		{ "PATCH", "x", "content-length: 1" },
		{ "DELETE", "", NULL },
		{ "DELETE", "x", "content-length: 1" },
		{ "HEAD", "", NULL },
		{ "GET", "", NULL },
		{ "PATCH", "yy", "content-length: 2" },
		{ "GET", "", NULL },
		{ "POST", "zzz", "content-length: 3" },
	};
	struct rig r;

	rig_open(&r, echo, NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_request request = rig_request(&r, rows[i].method, "/m");

		request.body = str_of(rows[i].body);
		assert_int_equal(rig_send(&r, &request), 0);
		assert_string_equal(seen.method, rows[i].method);
		assert_string_equal(seen.body, rows[i].body);
		assert_null(strcasestr(seen.head, "content-type"));
		if (rows[i].length)
			assert_non_null(strcasestr(seen.head, rows[i].length));
		else
			assert_null(strcasestr(seen.head, "content-length"));
		assert_int_equal(r.answer.body.len, strcmp(rows[i].method, "HEAD") == 0 ? 0 : 5);
	}
	assert_int_equal(peer_connections(r.peer), 1);
	rig_close(&r);
}

static void long_post_is_not_kept_waiting(void **state UNUSED)
{
	struct http_request request;
	size_t len = (size_t)3 << 20;
	char *body = malloc(len);
	int64_t took = INT64_MAX;
	struct rig r;

	must(body != NULL);
	memset(body, 'b', len);
	rig_open(&r, echo, NULL);
	request = rig_request(&r, "POST", "/long");
	request.body = str_range(body, len);
	/* Who waits for a word of the far side waits a second, each time. */
	for (unsigned tries = 0; tries < 10 && took >= 900000000; tries++) {
		const int64_t before = clock_mono_ns();

		assert_int_equal(rig_send(&r, &request), 0);
		assert_null(strcasestr(seen.head, "expect"));
		took = clock_mono_ns() - before;
	}
	assert_true(took < 900000000);
	free(body);
	rig_close(&r);
}

static void no_content(struct peer_call *call, void *context UNUSED)
{
	peer_answer(call, 204, "X-A: b\r\n", STR_EMPTY);
}

static void status_204_has_no_body(void **state UNUSED)
{
	struct rig r;

	rig_open(&r, no_content, NULL);
	assert_int_equal(rig_do(&r, "DELETE", "/x"), 0);
	assert_int_equal(rig_do(&r, "DELETE", "/x"), 0);
	assert_int_equal(r.answer.status, 204);
	assert_int_equal(r.answer.body.len, 0);
	assert_int_equal(peer_connections(r.peer), 1);
	rig_close(&r);
}

static void answer_path_status(struct peer_call *call, void *context UNUSED)
{
	peer_answer(call, (unsigned)strtoul(call->path.at + 1, NULL, 10), "Location: http://127.0.0.1:1/elsewhere\r\n",
	            STR("why"));
}

static void status_is_no_error_and_redirects_are_not_followed(void **state UNUSED)
{
	static const unsigned rows[] = { 200, 201, 301, 302, 307, 400, 401, 403, 404, 409, 412, 500, 501 };
	char path[16];
	struct rig r;

	rig_open(&r, answer_path_status, NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(path, sizeof(path), "/%u", rows[i]);
		assert_int_equal(rig_do(&r, "GET", path), 0);
		assert_int_equal(r.answer.status, rows[i]);
		assert_true(str_eq_c(r.answer.body, "why"));
		assert_int_equal(r.answer.attempts, 1);
	}
	rig_close(&r);
}

/* "hello hello hello hello" by gzip. */
static const char zipped[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x27\x01\xe3\x51"
                             "\x3d\x8d\x17\x00\x00\x00";

static void answer_gzip(struct peer_call *call, void *context)
{
	size_t cut = context ? *(size_t *)context : 0;

	peer_answer(call, 200, "Content-Encoding: gzip\r\n", str_range(zipped, sizeof(zipped) - 1 - cut));
}

static void gzip_is_unpacked(void **state UNUSED)
{
	struct rig r;

	rig_open(&r, answer_gzip, NULL);
	assert_int_equal(rig_do(&r, "GET", "/"), 0);
	assert_true(str_eq_c(r.answer.body, "hello hello hello hello"));
	rig_close(&r);
}

static void answer_false_gzip(struct peer_call *call, void *context UNUSED)
{
	peer_answer(call, 200, "Content-Encoding: gzip\r\n",
	            STR("this is not compressed at all, whatever the header says"));
}

static void broken_gzip_is_an_error(void **state UNUSED)
{
	struct rig r;

	rig_open(&r, answer_false_gzip, NULL);
	assert_int_equal(rig_do(&r, "POST", "/"), ERR_NETWORK);
	assert_non_null(strstr(r.err.text, "compression"));
	assert_true(r.answer.uncertain);
	rig_close(&r);
}

/* Zeros, packed as often as `context` says: each time a thousandth of it is left. */
static struct str bomb(unsigned times)
{
	static char zeros[1 << 20], packed[1 << 20], again[1 << 16];
	z_stream z = { .next_out = (unsigned char *)packed, .avail_out = sizeof(packed) };
	struct str all;

	must(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	for (size_t sent = 0; sent <= LIMIT_HTTP_BODY; sent += sizeof(zeros)) {
		z.next_in = (unsigned char *)zeros;
		z.avail_in = sizeof(zeros);
		must(deflate(&z, Z_NO_FLUSH) == Z_OK);
	}
	must(deflate(&z, Z_FINISH) == Z_STREAM_END);
	all = str_range(packed, z.total_out);
	must(deflateEnd(&z) == Z_OK);
	if (times == 1)
		return all;
	z = (z_stream) { .next_in = (unsigned char *)packed,
		         .avail_in = (unsigned)all.len,
		         .next_out = (unsigned char *)again,
		         .avail_out = sizeof(again) };
	must(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	must(deflate(&z, Z_FINISH) == Z_STREAM_END);
	all = str_range(again, z.total_out);
	must(deflateEnd(&z) == Z_OK);
	return all;
}

static void answer_bomb(struct peer_call *call, void *context)
{
	unsigned times = *(unsigned *)context;

	peer_answer(call, 200, times == 1 ? "Content-Encoding: gzip\r\n" : "Content-Encoding: gzip, gzip\r\n",
	            bomb(times));
}

/* What counts is how large it becomes: nothing of it is kept, and it is not asked for again. */
static void bombs_are_cut_off(void **state UNUSED)
{
	for (unsigned times = 1; times <= 2; times++) {
		struct rig r;

		rig_open(&r, answer_bomb, &times);
		assert_int_equal(rig_do(&r, "GET", "/"), ERR_MEMORY_LIMIT);
		assert_int_equal(r.answer.body.len, 0);
		assert_int_equal(peer_count(r.peer), 1);
		rig_close(&r);
	}
}

/* Two answers to the first request: the second one must not be taken for that of the second request. */
static void answer_twice(struct peer_call *call, void *context UNUSED)
{
	peer_send(call, call->number == 1 ? STR("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst"
	                                        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
	                                  : STR("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond"));
}

static void an_answer_too_many_is_nobodys(void **state UNUSED)
{
	struct rig r;

	rig_open(&r, answer_twice, NULL);
	assert_int_equal(rig_do(&r, "GET", "/"), 0);
	assert_true(str_eq_c(r.answer.body, "first"));
	assert_int_equal(rig_do(&r, "GET", "/"), 0);
	assert_true(str_eq_c(r.answer.body, "second"));
	rig_close(&r);
}

static void answer_long(struct peer_call *call, void *context)
{
	size_t len = *(size_t *)context;
	char *body = malloc(len);

	must(body != NULL);
	for (size_t i = 0; i < len; i++)
		body[i] = (char)('a' + i % 23);
	peer_answer(call, 200, "", str_range(body, len));
	free(body);
}

static void long_body_comes_whole_and_outlives_the_client(void **state UNUSED)
{
	size_t len = (size_t)5 << 20;
	struct rig r;

	rig_open(&r, answer_long, &len);
	assert_int_equal(rig_do(&r, "GET", "/"), 0);
	http_client_close(&r.client);
	assert_int_equal(r.answer.body.len, len);
	for (size_t i = 0; i < len; i++)
		assert_true(r.answer.body.at[i] == (char)('a' + i % 23));
	rig_close(&r);
}

static void body_over_the_limit(void **state UNUSED)
{
	size_t len = LIMIT_HTTP_BODY + 1;
	struct rig r;

	rig_open(&r, answer_long, &len);
	assert_int_equal(rig_do(&r, "GET", "/?name=Lovelace"), ERR_MEMORY_LIMIT);
	assert_null(strstr(r.err.text, "Lovelace"));
	assert_int_equal(r.answer.attempts, 1);
	rig_close(&r);
}

/* No Content-Length: the limit is found while reading. */
static void answer_endless(struct peer_call *call, void *context UNUSED)
{
	static char chunk[1 << 16];

	memset(chunk, 'e', sizeof(chunk));
	peer_send(call, STR("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"));
	for (size_t sent = 0; sent < LIMIT_HTTP_BODY + (1 << 20); sent += sizeof(chunk))
		peer_send(call, str_range(chunk, sizeof(chunk)));
	peer_drop(call);
}

static void endless_body_is_cut_off(void **state UNUSED)
{
	struct rig r;

	rig_open(&r, answer_endless, NULL);
	assert_int_equal(rig_do(&r, "GET", "/"), ERR_MEMORY_LIMIT);
	assert_int_equal(r.answer.body.len, 0);
	rig_close(&r);
}

static void answer_with_headers_of(struct peer_call *call, void *context)
{
	static char headers[256 << 10];
	size_t wanted = *(size_t *)context;
	size_t len = 0;

	while (len < wanted)
		len += (size_t)snprintf(headers + len, sizeof(headers) - len, "X-Header-%zu: %0100d\r\n", len, 1);
	peer_answer(call, 200, headers, STR("x"));
}

static void headers_up_to_the_limit(void **state UNUSED)
{
	size_t small = LIMIT_HTTP_HEADERS - 400, large = LIMIT_HTTP_HEADERS + 400;
	struct rig r;

	rig_open(&r, answer_with_headers_of, &small);
	assert_int_equal(rig_do(&r, "GET", "/"), 0);
	assert_true(r.answer.header_count > 100);
	assert_int_equal(http_header_of(&r.answer, "x-header-0").len, 100);
	rig_close(&r);
	rig_open(&r, answer_with_headers_of, &large);
	assert_int_equal(rig_do(&r, "GET", "/"), ERR_MEMORY_LIMIT);
	rig_close(&r);
}

static void answer_raw(struct peer_call *call, void *context)
{
	remember(call);
	peer_send(call, str_of(context));
	peer_drop(call);
}

static void broken_answers_are_errors_and_uncertain(void **state UNUSED)
{
	static const char *rows[] = {
		"",                                                   /* closed before any byte */
		"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", /* half a body */
		"HTTP/1.1 200 OK\r\nContent-Le",                      /* half a header */
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
		"SSH-2.0-OpenSSH_9.2\r\n",
		"\x16\x03\x01\x02",
		"HTTP/1.1 abc\r\n\r\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct rig r;

		rig_open(&r, answer_raw, (void *)rows[i]);
		assert_int_equal(rig_do(&r, "POST", "/path?name=Lovelace"), ERR_NETWORK);
		assert_true(r.answer.uncertain);
		assert_int_equal(r.answer.attempts, 1);
		assert_int_equal(peer_count(r.peer), 1);
		assert_non_null(strstr(r.err.text, "127.0.0.1:"));
		assert_null(strstr(r.err.text, "Lovelace"));
		rig_close(&r);
	}
}

static void interim_answers_are_passed_over(void **state UNUSED)
{
	struct rig r;

	rig_open(&r, answer_raw,
	         "HTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\nHTTP/1.1 200 OK\r\nX-Late: yes\r\nContent-Length: "
	         "2\r\n\r\nok");
	assert_int_equal(rig_do(&r, "GET", "/"), 0);
	assert_int_equal(r.answer.status, 200);
	assert_int_equal(http_header_of(&r.answer, "X-Early").len, 0);
	assert_true(str_eq_c(http_header_of(&r.answer, "X-Late"), "yes"));
	rig_close(&r);
}

static void chunked_answers(void **state UNUSED)
{
	struct rig r;

	rig_open(&r, answer_raw,
	         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: "
	         "t\r\n\r\n");
	assert_int_equal(rig_do(&r, "GET", "/"), 0);
	assert_true(str_eq_c(r.answer.body, "abcde"));
	rig_close(&r);
}

static void only_the_targets_origin(void **state UNUSED)
{
	static const char *refused[] = {
		"http://example.com/a?name=Lovelace",
		"http://127.0.0.1:1/a?name=Lovelace",
		"https://127.0.0.1/a",
		"http://user@127.0.0.1/",
		"ftp://127.0.0.1/",
		"file:///etc/passwd",
		"",
		"relative/path",
		"/has blank",
		"/has\r\nline: break",
		"/\x80",
	};
	char url[160];
	struct rig r;

	rig_open(&r, echo, NULL);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		assert_int_equal(rig_do(&r, "GET", refused[i]), ERR_CONFIG);
		assert_null(strstr(r.err.text, "Lovelace"));
		assert_false(r.answer.uncertain);
	}
	snprintf(url, sizeof(url), "%s@evil.example/", peer_base(r.peer).at);
	assert_int_equal(rig_do(&r, "GET", url), ERR_CONFIG);
	snprintf(url, sizeof(url), "%s0/", peer_base(r.peer).at);
	assert_int_equal(rig_do(&r, "GET", url), ERR_CONFIG);
	assert_int_equal(peer_count(r.peer), 0);
	snprintf(url, sizeof(url), "HTTP%s/full?x=1", peer_base(r.peer).at + 4);
	assert_int_equal(rig_do(&r, "GET", url), 0);
	assert_string_equal(seen.path, "/full?x=1");
	assert_int_equal(rig_do(&r, "GET", "//evil.example/x"), 0);
	assert_string_equal(seen.path, "//evil.example/x");
	rig_close(&r);
}

static void base_prefix_is_not_added(void **state UNUSED)
{
	char base[80];
	struct rig r;

	rig_open(&r, echo, NULL);
	snprintf(base, sizeof(base), "%s/prefix/v1", peer_base(r.peer).at);
	r.target.base = str_of(base);
	assert_int_equal(rig_do(&r, "GET", "/prefix/v1/x"), 0);
	assert_string_equal(seen.path, "/prefix/v1/x");
	r.target.base = STR("nonsense");
	assert_int_equal(rig_do(&r, "GET", "/x"), ERR_CONFIG);
	r.target.base = STR("http://name:word@127.0.0.1");
	assert_int_equal(rig_do(&r, "GET", "/x"), ERR_CONFIG);
	assert_null(strstr(r.err.text, "word"));
	rig_close(&r);
}

static void headers_cannot_smuggle(void **state UNUSED)
{
	struct http_header rows[] = {
		{ STR("X-A"), STR("b\r\nX-Evil: 1") },
		{ STR("X-A"), STR("b\nX") },
		{ STR("X A"), STR("b") },
		{ STR("X:A"), STR("b") },
		{ STR(""), STR("b") },
		{ STR("X-A"), STR("b\0c") },
	};
	struct rig r;

	rig_open(&r, echo, NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_request request = rig_request(&r, "GET", "/");

		request.headers = &rows[i];
		request.header_count = 1;
		assert_int_equal(rig_send(&r, &request), ERR_CONFIG);
	}
	assert_int_equal(rig_do(&r, "GET /x HTTP/1.1\r\nX:", "/"), ERR_CONFIG);
	assert_int_equal(peer_count(r.peer), 0);
	rig_close(&r);
}

static void environment_proxies_are_ignored(void **state UNUSED)
{
	struct rig r;

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	rig_open(&r, echo, NULL);
	assert_int_equal(rig_do(&r, "GET", "/x"), 0);
	rig_close(&r);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(get),
		cmocka_unit_test(post_has_body_and_our_headers),
		cmocka_unit_test(each_method),
		cmocka_unit_test(long_post_is_not_kept_waiting),
		cmocka_unit_test(status_204_has_no_body),
		cmocka_unit_test(status_is_no_error_and_redirects_are_not_followed),
		cmocka_unit_test(gzip_is_unpacked),
		cmocka_unit_test(broken_gzip_is_an_error),
		cmocka_unit_test(long_body_comes_whole_and_outlives_the_client),
		cmocka_unit_test(body_over_the_limit),
		cmocka_unit_test(endless_body_is_cut_off),
		cmocka_unit_test(bombs_are_cut_off),
		cmocka_unit_test(an_answer_too_many_is_nobodys),
		cmocka_unit_test(headers_up_to_the_limit),
		cmocka_unit_test(broken_answers_are_errors_and_uncertain),
		cmocka_unit_test(interim_answers_are_passed_over),
		cmocka_unit_test(chunked_answers),
		cmocka_unit_test(only_the_targets_origin),
		cmocka_unit_test(base_prefix_is_not_added),
		cmocka_unit_test(headers_cannot_smuggle),
		cmocka_unit_test(environment_proxies_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* How the console's files are served. The files are those below: this program is linked before the packed console, whose own are then left out. */
#include "../net/server_rig.h"

#include "codec/gunzip.h"
#include "live_fake.h"
#include "sync/meter.h"
#include "web/web.h"
#include "web/web_console.h"

/* "<p>page</p>", by gzip -n. */
#define PAGE_GZIP                                                                                                      \
	"\037\213\010\000\000\000\000\000\002\377\263\051\260\053\110\114\117\265\321\057\260\003\000\150\305\115\373" \
	"\013\000\000\000"

const struct console_file console_files[] = {
	{ "/assets/a-1.js", "text/javascript", "W/\"aa\"", "let a;", 6, 6, false, true },
	{ "/assets/notes.txt", "text/plain", "W/\"nn\"", "notes", 5, 5, false, false },
	{ "/index.html", "text/html; charset=utf-8", "W/\"ii\"", PAGE_GZIP, sizeof(PAGE_GZIP) - 1, 11, true, false },
};
const size_t console_file_count = ARRAY_LEN(console_files);

struct house {
	struct live live;
	struct engine engine;
	struct web *web;
};

static void house_open(struct house *h)
{
	struct err err = ERR_INIT;

	*h = (struct house) { 0 };
	h->engine.meter = meter_new();
	if (web_open(&(struct web_options) { .engine = &h->engine, .live = &h->live }, &h->web, &err) < 0)
		fail_msg("%s", err.text);
}

static void house_close(struct house *h)
{
	web_close(&h->web);
	meter_free(&h->engine.meter);
}

static unsigned get(const struct house *h, const char *path, const char *headers, struct buf *got)
{
	SCOPED(buf) struct buf request = BUF_INIT(4096);
	int fd = dial_with(web_port(h->web), 0);
	unsigned status;

	buf_printf(&request, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", path, headers);
	(void)say(fd, buf_text(&request));
	status = hear(fd, got);
	close(fd);
	return status;
}

static bool says(struct buf *got, const char *part)
{
	return strstr(buf_text(got), part) != NULL;
}

static void a_hashed_file_is_kept_by_browsers(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct house h;

	house_open(&h);
	assert_int_equal(get(&h, "/assets/a-1.js", "", &got), 200);
	assert_true(says(&got, "Cache-Control: public, max-age=31536000, immutable\r\n"));
	assert_true(says(&got, "ETag: W/\"aa\"\r\n"));
	assert_true(says(&got, "\r\n\r\nlet a;"));
	assert_int_equal(get(&h, "/assets/notes.txt", "", &got), 200);
	assert_true(says(&got, "Cache-Control: no-cache\r\n"));
	house_close(&h);
}

static void what_a_browser_has_is_not_sent_again(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct house h;

	house_open(&h);
	assert_int_equal(get(&h, "/assets/a-1.js", "If-None-Match: \"zz\", W/\"aa\"\r\n", &got), 304);
	assert_int_equal(get(&h, "/assets/a-1.js", "If-None-Match: \"zz\"\r\n", &got), 200);
	house_close(&h);
}

static void each_screen_is_a_link(void **state UNUSED)
{
	static const char *const pages[] = { "/", "/index.html", "/runs/7?state=failed", "/apis", "/links/a%2Fb" };
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct house h;

	house_open(&h);
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		assert_int_equal(get(&h, pages[i], "", &got), 200);
		assert_true(says(&got, "Cache-Control: no-store\r\n"));
		assert_true(says(&got, "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src "
		                       "'self'; img-src 'self' data:; "
		                       "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; "
		                       "frame-ancestors 'none'\r\n"));
		assert_true(says(&got, "Referrer-Policy: no-referrer\r\n"));
		assert_true(says(&got, "\r\n\r\n<p>page</p>"));
	}
	house_close(&h);
}

static void no_page_stands_where_others_answer(void **state UNUSED)
{
	static const char *const paths[] = { "/api",      "/api/v1/nothing", "/hooks",  "/assets/gone-2.js",
		                             "/health/x", "/metrics/x",      "/ready/x" };
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct house h;

	house_open(&h);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		assert_int_equal(get(&h, paths[i], "", &got), 404);
		assert_true(says(&got, "{\"error\":{\"code\":\"not_found\""));
	}
	house_close(&h);
}

static void gzip_goes_to_who_takes_it(void **state UNUSED)
{
	static const struct {
		const char *header;
		bool gzip;
	} cases[] = {
		{ "Accept-Encoding: gzip\r\n", true },         { "Accept-Encoding: br, GZIP;q=0.5\r\n", true },
		{ "Accept-Encoding: gzip;q=0\r\n", false },    { "Accept-Encoding: gzip; q=0.000\r\n", false },
		{ "Accept-Encoding: gzipped, br\r\n", false }, { "", false },
	};
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct house h;

	house_open(&h);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(get(&h, "/", cases[i].header, &got), 200);
		assert_int_equal(says(&got, "Content-Encoding: gzip\r\n"), cases[i].gzip);
		assert_int_equal(says(&got, "<p>page</p>"), !cases[i].gzip);
		assert_true(says(&got, "Vary: Accept-Encoding\r\n"));
	}
	house_close(&h);
}

static void damaged_gzip_is_found(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str page = STR(PAGE_GZIP), plain;
	struct err err = ERR_INIT;

	assert_int_equal(gunzip(&arena, page, 11, &plain, &err), 0);
	assert_true(str_eq_c(plain, "<p>page</p>"));
	assert_true(gunzip(&arena, page, 10, &plain, &err) < 0);
	assert_int_equal(err.code, ERR_DATA);
	assert_true(gunzip(&arena, page, 12, &plain, &err) < 0);
	assert_true(gunzip(&arena, str_range(page.at, 20), 11, &plain, &err) < 0);
	assert_true(gunzip(&arena, STR("plain"), 5, &plain, &err) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hashed_file_is_kept_by_browsers),
		cmocka_unit_test(what_a_browser_has_is_not_sent_again),
		cmocka_unit_test(each_screen_is_a_link),
		cmocka_unit_test(no_page_stands_where_others_answer),
		cmocka_unit_test(gzip_goes_to_who_takes_it),
		cmocka_unit_test(damaged_gzip_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "unit.h"

#include "lib/clock.h"

static const struct {
	const char *text;
	int64_t wall_ms;
} good[] = {
	{ "1970-01-01T00:00:00Z", 0 },
	{ "2026-07-18T09:15:22.123Z", 1784366122123 },
	{ "2026-07-18 09:15:22", 1784366122000 },
	{ "2026-07-18t09:15:22.123456789z", 1784366122123 },
	{ "2026-07-18T09:15:22.1Z", 1784366122100 },
	{ "2026-07-18T02:15:22.123-07:00", 1784366122123 },
	{ "2026-07-18T14:45:22.123+0530", 1784366122123 },
	{ "2024-02-29T23:59:59Z", 1709251199000 },
	{ "2000-02-29T00:00:00Z", 951782400000 },
	{ "1969-12-31T23:59:59.999Z", -1 },
	{ "1900-01-01T00:00:00Z", -2208988800000 },
	{ "2016-12-31T23:59:60Z", 1483228800000 },
};

static const char *const bad[] = {
	"",
	"2026-07-18",
	"2026-07-18T09:15",
	"2026-07-18T09:15:22X",
	"2026-13-18T09:15:22Z",
	"2026-00-18T09:15:22Z",
	"2026-07-00T09:15:22Z",
	"2026-07-32T09:15:22Z",
	"2026-02-30T09:15:22Z",
	"2025-02-29T09:15:22Z",
	"1900-02-29T00:00:00Z",
	"2026-04-31T00:00:00Z",
	"2026-07-18T24:00:00Z",
	"2026-07-18T09:60:22Z",
	"2026-07-18T09:15:61Z",
	"26-07-18T09:15:22Z",
	"2026-7-18T09:15:22Z",
	"2026-07-18T09:15:22+07",
	"2026-07-18T09:15:22+99:00",
	"2026-07-18T09:15:22+07:60",
	"2026-07-18T09:15:22Z ",
	" 2026-07-18T09:15:22Z",
	"2026/07/18T09:15:22Z",
};

static void test_parse(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		int64_t wall_ms = -77;

		assert_true(clock_parse(str_of(good[i].text), &wall_ms));
		if (wall_ms != good[i].wall_ms)
			fail_msg("%s gives %lld", good[i].text, (long long)wall_ms);
	}
}

static void test_parse_refuses(void **state UNUSED)
{
	int64_t wall_ms;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (clock_parse(str_of(bad[i]), &wall_ms))
			fail_msg("accepted: %s", bad[i]);
	}
}

static void test_texts_come_back(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	assert_text(clock_rfc3339(&arena, 1784366122123), "2026-07-18T09:15:22.123Z");
	assert_text(clock_rfc3339(&arena, -1), "1969-12-31T23:59:59.999Z");
	assert_text(clock_http_date(&arena, 784111777000), "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_text(clock_http_date(&arena, 784111776001), "Sun, 06 Nov 1994 08:49:37 GMT");
	for (int64_t ms = -4000000000000; ms < 8000000000000; ms += 86399999999) {
		int64_t again;

		assert_true(clock_parse(clock_rfc3339(&arena, ms), &again));
		assert_int_equal(again, ms);
	}
}

static void test_a_fixed_clock(void **state UNUSED)
{
	clock_fix(1784366122123);
	assert_int_equal(clock_wall_ms(), 1784366122123);
	clock_fix(0);
	assert_true(clock_wall_ms() > 1700000000000 && clock_wall_ms() != 1784366122123);
}

static void test_monotonic(void **state UNUSED)
{
	int64_t start = clock_mono_ns();

	clock_sleep_ms(2);
	assert_true(clock_mono_ns() - start >= 2000000);
	clock_sleep_ms(0);
	clock_sleep_ms(-5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),           cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_texts_come_back), cmocka_unit_test(test_a_fixed_clock),
		cmocka_unit_test(test_monotonic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

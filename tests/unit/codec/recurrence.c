/* When rules happen: rows of rule, zone, a moment, and the moments that follow it. Times as RFC 3339 in UTC. */
#include "unit.h"

#include <time.h>

#include "codec/recurrence.h"
#include "lib/clock.h"

static int64_t ms_of(const char *text)
{
	int64_t ms = 0;

	if (!clock_parse(str_of(text), &ms))
		fail_msg("'%s' is no time", text);
	return ms;
}

static const struct recurrence *parsed(struct arena *arena, const char *text, const char *zone)
{
	const struct recurrence *r = NULL;
	struct err err = ERR_INIT;

	if (recurrence_parse(arena, str_of(text), str_of(zone), &r, &err) < 0)
		fail_msg("'%s': %s", text, err.text);
	return r;
}

static const char chicago[] = "America/Chicago";

struct walk {
	const char *rule, *zone, *after;
	const char *next[5];
};

static const struct walk walks[] = {
	{ "FREQ=MINUTELY;INTERVAL=15",
	  "",
	  "2026-11-03T10:07:12Z",
	  { "2026-11-03T10:15:00Z", "2026-11-03T10:30:00Z", "2026-11-03T10:45:00Z", "2026-11-03T11:00:00Z" } },
	{ "every 15 minutes", "", "2026-11-03T10:15:00Z", { "2026-11-03T10:30:00Z" } },
	{ "every 15 minutes", "", "2026-11-03T10:14:59.999Z", { "2026-11-03T10:15:00Z" } },
	{ "every 90 minutes", "", "2026-11-03T00:00:00Z", { "2026-11-03T01:30:00Z", "2026-11-03T03:00:00Z" } },
	{ "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=2;BYMINUTE=0",
	  "",
	  "2026-11-06T02:00:00Z",
	  { "2026-11-09T02:00:00Z", "2026-11-10T02:00:00Z" } },
	{ "weekdays at 02:00", chicago, "2026-12-04T08:00:00Z", { "2026-12-07T08:00:00Z" } },
	{ "FREQ=DAILY;BYHOUR=2,14;BYMINUTE=0,30",
	  "",
	  "2026-11-03T02:10:00Z",
	  { "2026-11-03T02:30:00Z", "2026-11-03T14:00:00Z", "2026-11-03T14:30:00Z", "2026-11-04T02:00:00Z" } },
	{ "FREQ=HOURLY;INTERVAL=6;BYMINUTE=5,35",
	  "",
	  "2026-11-03T06:05:00Z",
	  { "2026-11-03T06:35:00Z", "2026-11-03T12:05:00Z" } },
	{ "FREQ=MINUTELY;INTERVAL=10;BYHOUR=8,9;BYDAY=MO",
	  "",
	  "2026-11-02T09:50:00Z",
	  { "2026-11-09T08:00:00Z", "2026-11-09T08:10:00Z" } },
	{ "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "", "2001-01-02T00:00:00Z", { "2001-01-15T00:00:00Z" } },
	{ "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "", "2026-11-02T00:00:00Z", { "2026-11-16T00:00:00Z" } },
	{ "FREQ=DAILY;INTERVAL=3", "", "2001-01-02T00:00:00Z", { "2001-01-04T00:00:00Z", "2001-01-07T00:00:00Z" } },
	{ "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=22", "", "2026-11-03T00:00:00Z", { "2026-11-27T22:00:00Z" } },
	{ "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
	  "",
	  "2026-10-31T00:00:00Z",
	  { "2026-11-30T00:00:00Z", "2026-12-31T00:00:00Z" } },
	{ "FREQ=MONTHLY;BYMONTHDAY=31", "", "2026-10-31T00:00:00Z", { "2026-12-31T00:00:00Z" } },
	{ "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "", "2026-01-01T00:00:00Z", { "2028-02-29T00:00:00Z" } },
	{ "FREQ=DAILY;UNTIL=20261104",
	  "",
	  "2026-11-02T12:00:00Z",
	  { "2026-11-03T00:00:00Z", "2026-11-04T00:00:00Z", "none" } },
	{ "FREQ=DAILY;BYHOUR=2;UNTIL=20261104T020000Z",
	  "",
	  "2026-11-03T02:00:00Z",
	  { "2026-11-04T02:00:00Z", "none" } },
	{ "FREQ=DAILY;BYHOUR=2;UNTIL=20261104T015900Z", "", "2026-11-03T02:00:00Z", { "none" } },
	{ "FREQ=DAILY;BYHOUR=2;UNTIL=20261104T020000",
	  chicago,
	  "2026-11-03T08:00:00Z",
	  { "2026-11-04T08:00:00Z", "none" } },
	{ "once 2026-12-01T02:00", "", "2026-11-03T00:00:00Z", { "2026-12-01T02:00:00Z", "none" } },
	{ "once 2026-12-01T02:00", chicago, "2026-11-03T00:00:00Z", { "2026-12-01T08:00:00Z", "none" } },
	{ "Once 2026-12-01 02:00:00", chicago, "2026-11-03T00:00:00Z", { "2026-12-01T08:00:00Z" } },
	{ "once 2026-12-01T02:00:00Z", chicago, "2026-11-03T00:00:00Z", { "2026-12-01T02:00:00Z" } },
	{ "once 2026-12-01T02:00:00+01:00", chicago, "2026-11-03T00:00:00Z", { "2026-12-01T01:00:00Z" } },
	{ "once 2026-12-01T02:00", "", "2026-12-01T02:00:00Z", { "none" } },
	{ "rrule:freq=daily;byhour=3", "", "2026-11-03T00:00:00Z", { "2026-11-03T03:00:00Z" } },
	{ "daily", "", "1969-01-01T00:00:00Z", { "2001-01-01T00:00:00Z" } },
};

/* America/Chicago: clocks go forward on 8 March 2026 at 02:00 (08:00Z), back on 1 November at 02:00 (07:00Z). */
static const struct walk clock_changes[] = {
	{ "daily at 02:30",
	  chicago,
	  "2026-03-07T00:00:00Z",
	  { "2026-03-07T08:30:00Z", "2026-03-08T08:30:00Z", "2026-03-09T07:30:00Z" } },
	{ "daily at 01:30",
	  chicago,
	  "2026-10-31T00:00:00Z",
	  { "2026-10-31T06:30:00Z", "2026-11-01T06:30:00Z", "2026-11-02T07:30:00Z" } },
	{ "daily at 03:30", chicago, "2026-03-07T12:00:00Z", { "2026-03-08T08:30:00Z", "2026-03-09T08:30:00Z" } },
	{ "every 30 minutes",
	  chicago,
	  "2026-03-08T07:00:00Z",
	  { "2026-03-08T07:30:00Z", "2026-03-08T08:00:00Z", "2026-03-08T08:30:00Z" } },
	{ "every 30 minutes",
	  chicago,
	  "2026-11-01T05:30:00Z",
	  { "2026-11-01T06:00:00Z", "2026-11-01T06:30:00Z", "2026-11-01T07:00:00Z", "2026-11-01T07:30:00Z",
	    "2026-11-01T08:00:00Z" } },
	{ "hourly", chicago, "2026-11-01T06:00:00Z", { "2026-11-01T07:00:00Z", "2026-11-01T08:00:00Z" } },
	{ "FREQ=DAILY;BYHOUR=2,3;BYMINUTE=0,30",
	  chicago,
	  "2026-03-08T07:59:00Z",
	  { "2026-03-08T08:00:00Z", "2026-03-08T08:30:00Z", "2026-03-09T07:00:00Z" } },
	{ "daily at 02:30", chicago, "2041-11-03T00:00:00Z", { "2041-11-03T08:30:00Z", "2041-11-04T08:30:00Z" } },
	{ "daily at 02:15", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", { "2026-10-03T15:45:00Z" } },
	{ "daily at 02:00",
	  "America/Phoenix",
	  "2026-03-07T12:00:00Z",
	  { "2026-03-08T09:00:00Z", "2026-03-09T09:00:00Z" } },
};

static void check_walk(const struct walk *walk)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct recurrence *r = parsed(&arena, walk->rule, walk->zone);
	int64_t at = ms_of(walk->after);

	for (size_t i = 0; i < ARRAY_LEN(walk->next) && walk->next[i]; i++) {
		bool more = recurrence_next(r, at, &at);
		struct str got = more ? clock_rfc3339(&arena, at) : STR("none");

		if (str_eq_c(got, "none") != (strcmp(walk->next[i], "none") == 0) ||
		    (more && at != ms_of(walk->next[i])))
			fail_msg("'%s' after %s: number %zu is %.*s, not %s", walk->rule, walk->after, i + 1,
			         STR_ARG(got), walk->next[i]);
	}
}

static void test_R39_rules_happen_when_they_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(walks); i++)
		check_walk(&walks[i]);
}

static void test_clocks_that_change(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(clock_changes); i++)
		check_walk(&clock_changes[i]);
}

static void test_a_day_of_quarter_hours(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct recurrence *r = parsed(&arena, "every 15 minutes", chicago);

	(void)state;
	assert_int_equal(recurrence_count(r, ms_of("2026-06-01T05:00:00Z"), ms_of("2026-06-02T05:00:00Z"), 1000), 96);
	/* Real hours: 23 on the one day, 25 on the other. */
	assert_int_equal(recurrence_count(r, ms_of("2026-03-08T06:00:00Z"), ms_of("2026-03-09T05:00:00Z"), 1000), 92);
	assert_int_equal(recurrence_count(r, ms_of("2026-11-01T05:00:00Z"), ms_of("2026-11-02T06:00:00Z"), 1000), 100);
	assert_int_equal(recurrence_count(r, ms_of("2026-06-01T05:00:00Z"), ms_of("2026-06-02T05:00:00Z"), 7), 7);
}

static const struct {
	const char *text, *zone, *says;
} refused[] = {
	{ "", "", "1 to 500" },
	{ "   ", "", "1 to 500" },
	{ "now and then", "", "no recurrence rule" },
	{ "every 0 minutes", "", "" },
	{ "every 99999999999999999999 minutes", "", "" },
	{ "every -5 minutes", "", "" },
	{ "daily at 24:00", "", "" },
	{ "daily at 2", "", "" },
	{ "daily at 02:00 sharp", "", "" },
	{ "monday and", "", "" },
	{ "FREQ=SECONDLY", "", "by the minute" },
	{ "FREQ=DAILY;BYSECOND=30", "", "by the minute" },
	{ "FREQ=DAILY;COUNT=3", "", "COUNT" },
	{ "FREQ=DAILY;COUNT=3;COUNT=4", "", "COUNT" },
	{ "FREQ=DAILY;SOMETHING=3", "", "SOMETHING" },
	{ "RSCALE=CHINESE;FREQ=YEARLY", "", "RSCALE" },
	{ "FREQ=DAILY;", "", "" },
	{ "FREQ=DAILY;BYHOUR=25", "", "" },
	{ "FREQ=DAILY;BYHOUR=", "", "" },
	{ "FREQ=DAILY;INTERVAL=0", "", "" },
	{ "FREQ=DAILY;INTERVAL=-1", "", "" },
	{ "FREQ=DAILY;INTERVAL=99999999999", "", "" },
	{ "FREQ=DAILY;UNTIL=tomorrow", "", "" },
	{ "INTERVAL=2", "", "" },
	{ "FREQ=DAILY;BYDAY=2MO", "", "number before a day" },
	{ "FREQ=WEEKLY;BYDAY=2MO", "", "number before a day" },
	{ "FREQ=MINUTELY;BYYEARDAY=3", "", "whole days" },
	{ "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1;BYHOUR=1,2", "", "BYSETPOS" },
	{ "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "", "never" },
	{ "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30", "", "never" },
	{ "FREQ=HOURLY;INTERVAL=24;BYHOUR=5", "", "never" },
	{ "FREQ=MINUTELY;INTERVAL=60;BYMINUTE=30", "", "never" },
	{ "FREQ=MINUTELY;INTERVAL=10080;BYDAY=TU", "", "never" },
	{ "once", "", "" },
	{ "once upon a time", "", "no moment" },
	{ "once 2026-13-01T02:00", "", "no moment" },
	{ "once 9999-12-01T02:00", "", "no moment" },
	{ "daily", "Nowhere/Land", "no such time zone" },
	{ "daily", "../../etc/passwd", "no such time zone" },
	{ "daily", "/etc/localtime", "no such time zone" },
	{ "daily\nFREQ=DAILY", "", "plain letters" },
	{ "d\303\251jeuner", "", "plain letters" },
};

static void test_what_is_no_rule_is_refused_with_a_reason_and_quickly(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const clock_t begin = clock(); /* of our own: others do not count */

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		const struct recurrence *r;
		struct err err = ERR_INIT;

		if (recurrence_parse(&arena, str_of(refused[i].text), str_of(refused[i].zone), &r, &err) == 0)
			fail_msg("'%s' was taken", refused[i].text);
		assert_int_equal(err.code, ERR_CONFIG);
		if (!strstr(err.text, refused[i].says))
			fail_msg("'%s': %s", refused[i].text, err.text);
	}
	/* The worst alone took 0.4 s here; a walk without an end would be in it for minutes. */
	assert_true(clock() - begin < 20 * CLOCKS_PER_SEC);
}

static void test_text_from_anywhere_is_survived(void **state)
{
	static const char letters[] = "FREQ=DAILYWKHOUMNT;BYSEP0123456789,-+: at every";
	uint64_t seed = 7;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		char text[80] = "FREQ=DAILY;BY";
		size_t at = (size_t)(i % 2) * 13, end = at + (size_t)i % 60;
		const struct recurrence *r;
		struct err err = ERR_INIT;
		int64_t ms;

		for (; at < end; at++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
			text[at] = letters[(seed >> 33) % (sizeof(letters) - 1)];
		}
		text[end] = '\0';
		if (recurrence_parse(&arena, str_of(text), STR("UTC"), &r, &err) == 0)
			assert_true(recurrence_next(r, ms_of("2026-11-03T00:00:00Z"), &ms) || strstr(text, "UNTIL"));
	}
}

static const struct {
	const char *text, *rule, *words;
} described[] = {
	{ "every 15 minutes", "FREQ=MINUTELY;INTERVAL=15", "every 15 minutes" },
	{ "Every Minute", "FREQ=MINUTELY", "every minute" },
	{ "hourly", "FREQ=HOURLY", "every hour (America/Chicago)" },
	{ "weekdays at 02:00", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=2;BYMINUTE=0",
	  "on weekdays at 02:00 (America/Chicago)" },
	{ "daily at 03:30", "FREQ=DAILY;BYHOUR=3;BYMINUTE=30", "every day at 03:30 (America/Chicago)" },
	{ "mondays and fridays at 22:15", "FREQ=WEEKLY;BYDAY=MO,FR;BYHOUR=22;BYMINUTE=15",
	  "on Monday and Friday at 22:15 (America/Chicago)" },
	{ "mon, wed, fri", "FREQ=WEEKLY;BYDAY=MO,WE,FR", "on Monday, Wednesday and Friday at 00:00 (America/Chicago)" },
	{ "sundays", "FREQ=WEEKLY;BYDAY=SU", "on Sunday at 00:00 (America/Chicago)" },
	{ "weekends at 6:00", "FREQ=WEEKLY;BYDAY=SA,SU;BYHOUR=6;BYMINUTE=0", "on weekends at 06:00 (America/Chicago)" },
	{ "every 2 weeks at 04:00", "FREQ=WEEKLY;INTERVAL=2;BYHOUR=4;BYMINUTE=0",
	  "every 2 weeks at 04:00 (America/Chicago)" },
	{ "FREQ=MONTHLY;BYDAY=-1FR,2MO;BYHOUR=1", "FREQ=MONTHLY;BYDAY=-1FR,2MO;BYHOUR=1",
	  "every month on the 2nd Monday and last Friday at 01:00 (America/Chicago)" },
	{ "FREQ=YEARLY;BYMONTH=2,7;BYMONTHDAY=1,22", "FREQ=YEARLY;BYMONTH=2,7;BYMONTHDAY=1,22",
	  "every year on the 1st and 22nd in February and July at 00:00 (America/Chicago)" },
	{ "FREQ=MINUTELY;INTERVAL=10;BYHOUR=8,9;BYDAY=MO", "FREQ=MINUTELY;INTERVAL=10;BYHOUR=8,9;BYDAY=MO",
	  "every 10 minutes on Monday, in the hours 08, 09 (America/Chicago)" },
	{ "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1", "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1",
	  "by the rule FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1 (America/Chicago)" },
	{ "once  2026-12-01T02:00", "once 2026-12-01T02:00", "once 2026-12-01T02:00 (America/Chicago)" },
};

static void test_words_and_rules_say_the_same(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(described); i++) {
		const struct recurrence *r = parsed(&arena, described[i].text, chicago);

		assert_text(recurrence_text(r), described[i].rule);
		assert_text(recurrence_describe(r, &arena), described[i].words);
		assert_text(recurrence_text(parsed(&arena, described[i].rule, chicago)), described[i].rule);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R39_rules_happen_when_they_say),
		cmocka_unit_test(test_clocks_that_change),
		cmocka_unit_test(test_a_day_of_quarter_hours),
		cmocka_unit_test(test_what_is_no_rule_is_refused_with_a_reason_and_quickly),
		cmocka_unit_test(test_text_from_anywhere_is_survived),
		cmocka_unit_test(test_words_and_rules_say_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "lib/clock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t fixed_wall_ms;

int64_t clock_wall_ms(void)
{
	int64_t fixed = atomic_load(&fixed_wall_ms);
	struct timespec now;

	if (fixed)
		return fixed;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_mono_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void clock_sleep_ms(int64_t ms)
{
	struct timespec wait = { .tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000 };

	if (ms > 0)
		nanosleep(&wait, NULL);
}

void clock_fix(int64_t wall_ms)
{
	atomic_store(&fixed_wall_ms, wall_ms);
}

struct str clock_rfc3339(struct arena *arena, int64_t wall_ms)
{
	int64_t ms = ((wall_ms % 1000) + 1000) % 1000;
	time_t seconds = (time_t)((wall_ms - ms) / 1000);
	struct tm parts;

	gmtime_r(&seconds, &parts);
	return arena_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900, parts.tm_mon + 1,
	                    parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, (int)ms);
}

struct str clock_http_date(struct arena *arena, int64_t wall_ms)
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
		                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	int64_t begun_ms = ((wall_ms % 1000) + 1000) % 1000;
	time_t seconds = (time_t)((wall_ms - begun_ms) / 1000) + (begun_ms > 0);
	struct tm parts;

	gmtime_r(&seconds, &parts);
	return arena_printf(arena, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[parts.tm_wday], parts.tm_mday,
	                    months[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

/* Reads exactly `count` digits and moves *rest past them. */
static bool digits(struct str *rest, size_t count, int64_t *ret)
{
	int64_t value = 0;

	if (rest->len < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (rest->at[i] < '0' || rest->at[i] > '9')
			return false;
		value = value * 10 + (rest->at[i] - '0');
	}
	*rest = str_skip(*rest, count);
	*ret = value;
	return true;
}

static bool skip_char(struct str *rest, char c)
{
	if (rest->len == 0 || rest->at[0] != c)
		return false;
	*rest = str_skip(*rest, 1);
	return true;
}

/* Days since 1970-01-01 of a Gregorian date. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
	int64_t era, year_of_era, day_of_year, day_of_era;

	year -= month <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	year_of_era = year - era * 400;
	day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
	int64_t next_year = month == 12 ? year + 1 : year, next = month == 12 ? 1 : month + 1;

	return days_from_civil(next_year, next, 1) - days_from_civil(year, month, 1);
}

static int64_t fraction_ms(struct str *rest)
{
	int64_t ms = 0, scale = 100;

	if (!skip_char(rest, '.'))
		return 0;
	for (; rest->len > 0 && rest->at[0] >= '0' && rest->at[0] <= '9'; *rest = str_skip(*rest, 1)) {
		ms += (rest->at[0] - '0') * scale;
		scale /= 10;
	}
	return ms;
}

static bool zone_minutes(struct str rest, int64_t *ret)
{
	int64_t hours, minutes, sign;

	*ret = 0;
	if (rest.len == 0 || str_eq(rest, STR("Z")) || str_eq(rest, STR("z")))
		return true;
	sign = rest.at[0] == '-' ? -1 : 1;
	if (!skip_char(&rest, '+') && !skip_char(&rest, '-'))
		return false;
	if (!digits(&rest, 2, &hours))
		return false;
	skip_char(&rest, ':');
	if (!digits(&rest, 2, &minutes) || rest.len != 0 || hours > 23 || minutes > 59)
		return false;
	*ret = sign * (hours * 60 + minutes);
	return true;
}

bool clock_parse(struct str text, int64_t *ret_wall_ms)
{
	int64_t year, month, day, hour, minute, second, ms, zone;

	if (!digits(&text, 4, &year) || !skip_char(&text, '-') || !digits(&text, 2, &month) || !skip_char(&text, '-') ||
	    !digits(&text, 2, &day))
		return false;
	if (!skip_char(&text, 'T') && !skip_char(&text, ' ') && !skip_char(&text, 't'))
		return false;
	if (!digits(&text, 2, &hour) || !skip_char(&text, ':') || !digits(&text, 2, &minute) ||
	    !skip_char(&text, ':') || !digits(&text, 2, &second))
		return false;
	ms = fraction_ms(&text);
	if (!zone_minutes(text, &zone) || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) ||
	    hour > 23 || minute > 59 || second > 60)
		return false;
	*ret_wall_ms =
	        (((days_from_civil(year, month, day) * 24 + hour) * 60 + minute - zone) * 60 + second) * 1000 + ms;
	return true;
}

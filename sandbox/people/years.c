/* years: civil dates by counting days in 400-year cycles; no time zone database, no global state. */
#include "sandbox/people/years.h"

#include <string.h>

#include "lib/clock.h"

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

unsigned years_days_in_month(int year, unsigned month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

static bool digits(struct str text, size_t from, size_t count, int *ret)
{
	int value = 0;

	for (size_t i = from; i < from + count; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		value = value * 10 + text.at[i] - '0';
	}
	*ret = value;
	return true;
}

bool years_is_date(struct str text)
{
	int year, month, day;

	return text.len == 10 && text.at[4] == '-' && text.at[7] == '-' && digits(text, 0, 4, &year) && year > 0 &&
	       digits(text, 5, 2, &month) && month >= 1 && month <= 12 && digits(text, 8, 2, &day) && day >= 1 &&
	       (unsigned)day <= years_days_in_month(year, (unsigned)month);
}

struct civil {
	int year;
	unsigned month, day;
	int64_t second; /* of the day */
};

/* Years are counted from March, so that the leap day is the last of its year. */
static struct civil civil_of(int64_t seconds)
{
	int64_t days = seconds / 86400 - (seconds % 86400 < 0), shifted = days + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	unsigned of_era = (unsigned)(shifted - era * 146097);
	unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year + year / 4 - year / 100), part = (5 * of_year + 2) / 153;
	unsigned month = part < 10 ? part + 3 : part - 9;

	return (struct civil) { (int)(year + (unsigned)(era * 400)) + (month <= 2), month,
		                of_year - (153 * part + 2) / 5 + 1, seconds - days * 86400 };
}

/* Daylight time from April to October: near enough to the law, and the same everywhere. */
static int64_t pacific_hours(int64_t seconds)
{
	struct civil c = civil_of(seconds - 8 * 3600);

	return c.month >= 4 && c.month <= 10 ? -7 : -8;
}

static void put(char *at, unsigned value, int width)
{
	for (int i = width; i-- > 0; value /= 10)
		at[i] = (char)('0' + value % 10);
}

static int64_t seconds_of(int64_t us)
{
	return us / 1000000 - (us % 1000000 < 0);
}

void years_write_stamp(char at[33], int64_t us)
{
	int64_t seconds = seconds_of(us), hours = pacific_hours(seconds);
	struct civil c = civil_of(seconds + hours * 3600);

	memcpy(at, "0000-00-00T00:00:00.000000-00:00", 33);
	put(at + 27, (unsigned)-hours, 2);
	put(at, (unsigned)c.year, 4);
	put(at + 5, c.month, 2);
	put(at + 8, c.day, 2);
	put(at + 11, (unsigned)(c.second / 3600), 2);
	put(at + 14, (unsigned)(c.second / 60 % 60), 2);
	put(at + 17, (unsigned)(c.second % 60), 2);
	put(at + 20, (unsigned)(us - seconds * 1000000), 6);
}

void years_write_date(char at[11], int64_t us)
{
	char stamp[33];

	years_write_stamp(stamp, us);
	memcpy(at, stamp, 10);
	at[10] = '\0';
}

bool years_parse(struct str text, int64_t *ret_us)
{
	ptrdiff_t dot = str_find_char(text, '.');
	int64_t ms, micros = 0, unit = 100;

	if (!clock_parse(text, &ms))
		return false;
	for (size_t i = (size_t)dot + 4; dot >= 0 && unit && i < text.len && text.at[i] >= '0' && text.at[i] <= '9';
	     i++) {
		micros += (text.at[i] - '0') * unit;
		unit /= 10;
	}
	*ret_us = ms * 1000 + micros;
	return true;
}

int years_age(struct str birth_date, int64_t us)
{
	char today[11];
	int birth = 0, now = 0;

	years_write_date(today, us);
	if (!digits(birth_date, 0, 4, &birth) || !digits(str_of(today), 0, 4, &now))
		return 0;
	return now - birth - (str_cmp(str_skip(birth_date, 5), str_of(today + 5)) > 0);
}

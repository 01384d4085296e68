#include "sandbox/salesforce/org.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"

uint32_t stamp_now(void)
{
	return (uint32_t)(clock_wall_ms() / 1000);
}

/* Two digits; the calendar is done by hand because gmtime_r costs more than the rest of a row. */
static void two(char *at, unsigned value)
{
	at[0] = (char)('0' + value / 10 % 10);
	at[1] = (char)('0' + value % 10);
}

struct civil {
	unsigned year, month, day;
};

static struct civil civil_of(int64_t days)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	unsigned of_era = (unsigned)(z - era * 146097);
	unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
	unsigned shifted = (5 * of_year + 2) / 153;
	unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;

	return (struct civil) {
		.year = (unsigned)(year + era * 400 + (month <= 2)),
		.month = month,
		.day = of_year - (153 * shifted + 2) / 5 + 1,
	};
}

static void write_ms(int64_t ms, char ret[32])
{
	int64_t seconds = ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000);
	int64_t days = seconds >= 0 ? seconds / 86400 : -((-seconds + 86399) / 86400);
	unsigned of_day = (unsigned)(seconds - days * 86400), part = (unsigned)(ms - seconds * 1000);
	struct civil date = civil_of(days);

	memcpy(ret, "0000-00-00T00:00:00.000+0000", 29);
	two(ret, date.year / 100);
	two(ret + 2, date.year);
	two(ret + 5, date.month);
	two(ret + 8, date.day);
	two(ret + 11, of_day / 3600);
	two(ret + 14, of_day / 60 % 60);
	two(ret + 17, of_day % 60);
	ret[20] = (char)('0' + part / 100);
	two(ret + 21, part);
}

void stamp_write(uint32_t seconds, char ret[32])
{
	write_ms((int64_t)seconds * 1000, ret);
}

bool stamp_canonical(struct str text, char ret[32])
{
	int64_t ms;

	if (!clock_parse(text, &ms))
		return false;
	write_ms(ms, ret);
	return true;
}

static bool real_day(unsigned year, unsigned month, unsigned day)
{
	static const unsigned char lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month >= 1 && month <= 12 && day >= 1 && day <= lengths[month - 1] + (leap && month == 2 ? 1u : 0u);
}

static unsigned number(const char *at, size_t len)
{
	unsigned value = 0;

	for (size_t i = 0; i < len; i++)
		value = value * 10 + (unsigned)(at[i] - '0');
	return value;
}

static bool shaped_like_date(struct str text)
{
	static const char shape[] = "dddd-dd-dd";

	for (size_t i = 0; i < sizeof(shape) - 1; i++) {
		bool digit = text.at[i] >= '0' && text.at[i] <= '9';

		if (shape[i] == 'd' ? !digit : text.at[i] != '-')
			return false;
	}
	return true;
}

bool date_canonical(struct str text, char ret[16])
{
	/* A datetime is taken too, for its day: that is what the vendor does with a date field. */
	if (text.len < 10 || (text.len > 10 && text.at[10] != 'T') || !shaped_like_date(text))
		return false;
	if (!real_day(number(text.at, 4), number(text.at + 5, 2), number(text.at + 8, 2)))
		return false;
	memcpy(ret, text.at, 10);
	ret[10] = '\0';
	return true;
}

bool date_to_ms(struct str date, int64_t *ret)
{
	char text[32];

	if (date.len != 10)
		return false;
	snprintf(text, sizeof(text), "%.10sT00:00:00Z", date.at);
	return clock_parse(str_of(text), ret);
}

bool stamp_read_http(struct str text, uint32_t *ret)
{
	char copy[64];
	struct tm parts = { 0 };
	const char *end;

	if (text.len == 0 || text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	end = strptime(copy, "%a, %d %b %Y %H:%M:%S GMT", &parts);
	if (!end || *end)
		return false;
	*ret = (uint32_t)timegm(&parts);
	return true;
}

void stamp_write_http(uint32_t seconds, char ret[40])
{
	time_t when = seconds;
	struct tm parts;

	gmtime_r(&when, &parts);
	strftime(ret, 40, "%a, %d %b %Y %H:%M:%S GMT", &parts);
}

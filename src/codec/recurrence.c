/*
 * recurrence: reading a rule, and finding its next moment.
 *
 *	parse   words become a rule; libical reads it; hours and minutes are taken out of it into two bit sets
 *	next    libical gives days, the bit sets give minutes of a day, each of which is a local time; the zone makes it none, one or two moments
 *
 * libical's own walk over minutes is not used: it has no end for rules that never happen, and knows no zone.
 */
#include "codec/recurrence_internal.h"

#include <pthread.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/limits.h"

enum {
	minute_ms = 60 * 1000,
	day_minutes = 1440,
	fold_minutes = 180, /* no clock is changed by more, except where a country crosses the date line */
};

/* Monday, 1 January 2001: what is counted, is counted from here. In days since 1970. */
static const int64_t anchor_day = 11323;
static const int64_t last_day = 84005; /* 1 January 2200: time zones are guesses long before */

/* ---- zones: libical reads them when they are first asked for, into tables of the process ---- */

static pthread_mutex_t zone_lock = PTHREAD_MUTEX_INITIALIZER;

static bool zone_name_ok(struct str name)
{
	static const char also[] = "_+-/";

	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!letter && (c == '\0' || !strchr(also, c)))
			return false;
	}
	return name.len > 0 && name.len < 64 && name.at[0] != '/';
}

static int find_zone(struct arena *arena, struct str name, struct recurrence *r, struct err *err)
{
	r->zone_name = name.len ? arena_str(arena, name) : STR("UTC");
	if (zone_name_ok(r->zone_name)) {
		must(pthread_mutex_lock(&zone_lock) == 0);
		r->zone = icaltimezone_get_builtin_timezone(r->zone_name.at);
		must(pthread_mutex_unlock(&zone_lock) == 0);
	}
	if (!r->zone)
		return err_set(err, ERR_CONFIG, "no such time zone: name it as in \"America/Chicago\" or \"UTC\"");
	return 0;
}

static struct icaltimetype day_of(int64_t day)
{
	return icaltime_from_timet_with_zone((time_t)(day * 86400), 1, NULL);
}

static int64_t offset_s(const struct recurrence *r, int64_t utc_s)
{
	int is_summer, offset;
	struct icaltimetype t = icaltime_from_timet_with_zone((time_t)utc_s, 0, icaltimezone_get_utc_timezone());

	must(pthread_mutex_lock(&zone_lock) == 0);
	offset = icaltimezone_get_utc_offset_of_utc_time(r->zone, &t, &is_summer);
	must(pthread_mutex_unlock(&zone_lock) == 0);
	return offset;
}

/* The moments, in seconds, at which the clocks of the zone show this local time: 1, or 2 when they are put back. In the hour that is left out: 1, as
 * if they had not been put forward; *ret_real is false then. */
static size_t moments_of(const struct recurrence *r, int64_t local_s, int64_t ret[2], bool *ret_real)
{
	int64_t before = offset_s(r, local_s - 86400), after = offset_s(r, local_s + 86400);
	size_t count = 0;

	*ret_real = true;
	if (offset_s(r, local_s - before) == before)
		ret[count++] = local_s - before;
	if (after != before && offset_s(r, local_s - after) == after)
		ret[count++] = local_s - after;
	if (count > 0)
		return count;
	*ret_real = false;
	ret[0] = local_s - before;
	return 1;
}

/* ---- reading ---- */

static const char *const parts_known[] = { "FREQ",      "INTERVAL", "BYDAY",    "BYMONTHDAY", "BYMONTH",
	                                   "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYHOUR",     "BYMINUTE",
	                                   "BYSECOND",  "UNTIL",    "WKST" };

static bool part_known(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(parts_known); i++) {
		if (str_eq_c(name, parts_known[i]))
			return true;
	}
	return false;
}

/* libical passes over much that it does not know; a person's slip is to be told. */
static int check_parts(struct str rule, struct err *err)
{
	struct str rest = rule, part;

	while (str_split(&rest, ';', &part)) {
		struct str value = part, name;

		if (!str_split(&value, '=', &name) || value.len == 0)
			return err_set(err, ERR_CONFIG, "'%.*s': a rule is made of NAME=VALUE, with ';' between them",
			               STR_ARG(part));
		if (str_eq_c(name, "COUNT"))
			return err_set(err, ERR_CONFIG,
			               "COUNT is not possible, since nothing says where to begin: use UNTIL, or \"once "
			               "DATE\"");
		if (str_eq_c(name, "BYSECOND") && !str_eq_c(value, "0"))
			return err_set(err, ERR_CONFIG, "BYSECOND: schedules go by the minute");
		if (!part_known(name))
			return err_set(
			        err, ERR_CONFIG,
			        "'%.*s' is no part of a rule: known are FREQ, INTERVAL, BYDAY, "
			        "BYMONTHDAY, BYMONTH, BYYEARDAY, BYWEEKNO, BYSETPOS, BYHOUR, BYMINUTE, UNTIL, WKST",
			        STR_ARG(name));
	}
	return 0;
}

static uint64_t bits_of(const short *list, size_t size, uint64_t fallback)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < size && list[i] != ICAL_RECURRENCE_ARRAY_MAX; i++)
		bits |= UINT64_C(1) << (unsigned)(list[i] & 63);
	return bits ? bits : fallback;
}

static bool is_set(const short *list)
{
	return list[0] != ICAL_RECURRENCE_ARRAY_MAX;
}

static void take_until(struct recurrence *r)
{
	struct icaltimetype until = r->days.until;
	int64_t moments[2], local_s;
	bool real;

	r->has_until = !icaltime_is_null_time(until);
	if (!r->has_until)
		return;
	if (icaltime_is_utc(until)) {
		r->until_ms = (int64_t)icaltime_as_timet(until) * 1000;
		return;
	}
	local_s = (int64_t)icaltime_as_timet(until) + (until.is_date ? 86400 - 1 : 0);
	r->until_ms = moments[moments_of(r, local_s, moments, &real) - 1] * 1000;
}

static bool has_one(uint64_t bits)
{
	return (bits & (bits - 1)) == 0;
}

/* Rules by the minute and hour: every day that BYDAY, BYMONTHDAY and BYMONTH leave. */
static int take_steps(struct recurrence *r, struct err *err)
{
	struct icalrecurrencetype *d = &r->days;

	r->unit = d->freq == ICAL_MINUTELY_RECURRENCE ? 1 : 60;
	if (is_set(d->by_year_day) || is_set(d->by_week_no) || is_set(d->by_set_pos))
		return err_set(err, ERR_CONFIG,
		               "BYYEARDAY, BYWEEKNO and BYSETPOS go with whole days: use FREQ=YEARLY "
		               "or MONTHLY");
	d->freq = ICAL_DAILY_RECURRENCE;
	d->interval = 1;
	return 0;
}

static int check_days(const struct recurrence *r, struct err *err)
{
	const struct icalrecurrencetype *d = &r->days;

	if (is_set(d->by_set_pos) && !(has_one(r->hours) && has_one(r->minutes)))
		return err_set(err, ERR_CONFIG, "BYSETPOS goes with one time of the day only");
	if (d->freq == ICAL_MONTHLY_RECURRENCE || d->freq == ICAL_YEARLY_RECURRENCE)
		return 0;
	for (size_t i = 0; i < ICAL_BY_DAY_SIZE && d->by_day[i] != ICAL_RECURRENCE_ARRAY_MAX; i++) {
		if (icalrecurrencetype_day_position(d->by_day[i]) != 0)
			return err_set(err, ERR_CONFIG,
			               "a number before a day of the week (2MO) goes with FREQ=MONTHLY or YEARLY only");
	}
	return 0;
}

/* Hours and minutes leave libical's rule for our bit sets. */
static int take_times(struct recurrence *r, struct err *err)
{
	struct icalrecurrencetype *d = &r->days;
	bool by_minute = d->freq == ICAL_MINUTELY_RECURRENCE, by_hour = d->freq == ICAL_HOURLY_RECURRENCE;

	if (d->freq == ICAL_SECONDLY_RECURRENCE)
		return err_set(err, ERR_CONFIG, "FREQ=SECONDLY: schedules go by the minute");
	r->freq = d->freq;
	r->interval = d->interval;
	r->hours = bits_of(d->by_hour, ICAL_BY_HOUR_SIZE, by_minute || by_hour ? ~UINT64_C(0) : 1);
	r->minutes = bits_of(d->by_minute, ICAL_BY_MINUTE_SIZE, by_minute ? ~UINT64_C(0) : 1);
	if ((by_minute || by_hour) && take_steps(r, err) < 0)
		return err_pass(err);
	take_until(r);
	d->until = icaltime_null_time();
	d->by_hour[0] = d->by_minute[0] = d->by_second[0] = ICAL_RECURRENCE_ARRAY_MAX;
	return check_days(r, err);
}

/* Words that we do not know, or a rule that is none. */
static int no_rule(struct str text, struct err *err)
{
	return err_set(err, ERR_CONFIG,
	               "'%.*s' is no recurrence rule: write one of RFC 5545, such as FREQ=DAILY;BYHOUR=2, or words "
	               "such as \"every 15 minutes\" or \"weekdays at 02:00\"",
	               STR_ARG(text));
}

static int parse_rule(struct recurrence *r, struct err *err)
{
	bool until;
	int64_t ms;

	if (str_find_char(r->text, '=') < 0)
		return no_rule(r->text, err);
	if (check_parts(r->text, err) < 0)
		return err_pass(err);
	r->days = icalrecurrencetype_from_string(r->text.at);
	if (r->days.freq == ICAL_NO_RECURRENCE || r->days.interval < 1)
		return no_rule(r->text, err);
	if (take_times(r, err) < 0)
		return err_pass(err);
	/* Whether it ever happens must not depend on today: a stored rule is read again. */
	until = r->has_until;
	r->has_until = false;
	if (!recurrence_next(r, anchor_day * day_minutes * minute_ms, &ms))
		return err_set(err, ERR_CONFIG, "'%.*s' never happens", STR_ARG(r->text));
	r->has_until = until;
	return 0;
}

static bool is_local(struct str when)
{
	ptrdiff_t time = when.len > 10 ? 10 : -1;

	return time < 0 || (str_find_char(str_skip(when, 10), 'Z') < 0 && str_find_char(str_skip(when, 10), 'z') < 0 &&
	                    str_find_char(str_skip(when, 10), '+') < 0 && str_find_char(str_skip(when, 10), '-') < 0);
}

static int parse_once(struct arena *arena, struct str when, struct recurrence *r, struct err *err)
{
	struct str full = when.len == 16 ? arena_printf(arena, "%.*s:00", STR_ARG(when)) : when;
	int64_t moments[2], ms;
	bool real;

	if (when.len < 16 || !clock_parse(full, &ms) || ms < anchor_day * day_minutes * minute_ms ||
	    ms > last_day * day_minutes * minute_ms)
		return err_set(err, ERR_CONFIG, "'%.*s' is no moment: write \"once 2026-12-01T02:00\"", STR_ARG(when));
	r->once = true;
	r->once_ms = ms;
	if (!is_local(when))
		return 0;
	moments_of(r, ms / 1000, moments, &real);
	r->once_ms = moments[0] * 1000;
	return 0;
}

/* Capital letters, without the "RRULE:" that calendars put before it. */
static struct str rule_text(struct arena *arena, struct str text)
{
	char *copy = arena_text(arena, text);

	for (char *c = copy; *c; c++)
		*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
	return strncmp(copy, "RRULE:", 6) == 0 ? str_of(copy + 6) : str_of(copy);
}

int recurrence_parse(struct arena *arena, struct str text, struct str zone, const struct recurrence **ret,
                     struct err *err)
{
	SCOPED(buf) struct buf rule = BUF_INIT(LIMIT_RECURRENCE);
	struct recurrence *r = arena_new(arena, struct recurrence);
	struct str given = str_trim(text);
	struct str once = STR("once ");

	for (size_t i = 0; i < given.len; i++) {
		if ((unsigned char)given.at[i] < ' ' || (unsigned char)given.at[i] > '~')
			return err_set(err, ERR_CONFIG, "a rule is written in plain letters, digits and signs");
	}
	if (given.len == 0 || given.len > LIMIT_RECURRENCE)
		return err_set(err, ERR_CONFIG, "a rule has 1 to %d characters", LIMIT_RECURRENCE);
	if (find_zone(arena, zone, r, err) < 0)
		return err_pass(err);
	*ret = r;
	if (given.len > once.len && str_eq_nocase(str_range(given.at, once.len), once)) {
		r->text = arena_printf(arena, "once %.*s", STR_ARG(str_trim(str_skip(given, once.len))));
		return parse_once(arena, str_skip(r->text, once.len), r, err);
	}
	r->text = rule_text(arena, recurrence_words(given, &rule) && buf_ok(&rule) ? buf_str(&rule) : given);
	return parse_rule(r, err);
}

struct str recurrence_text(const struct recurrence *r)
{
	return r->text;
}

/* ---- the next moment ---- */

/* The search under way: local minutes since 1970, moments in seconds. */
struct search {
	const struct recurrence *r;
	int64_t after_s;
	int64_t from_minute; /* local; nothing before it can be after after_s */
	bool found;
	int64_t found_s, found_minute;
	bool over;
};

static bool fits(const struct recurrence *r, int64_t minute)
{
	int64_t of_day = minute % day_minutes, counted = minute - anchor_day * day_minutes;

	if (!(r->hours >> (of_day / 60) & 1) || !(r->minutes >> (of_day % 60) & 1))
		return false;
	return r->unit == 0 || (counted - counted % r->unit) % (r->unit * r->interval) == 0;
}

static void take(struct search *s, int64_t minute)
{
	int64_t moments[2];
	bool real;
	size_t count = moments_of(s->r, minute * 60, moments, &real);

	if (s->r->unit && !real)
		return; /* the hour that is left out has no minutes of its own */
	if (!s->r->unit)
		count = 1;
	for (size_t i = 0; i < count; i++) {
		if (moments[i] > s->after_s && (!s->found || moments[i] < s->found_s)) {
			s->found = true;
			s->found_s = moments[i];
			s->found_minute = minute;
		}
	}
}

/* Returns whether a minute of this day fits at all. */
static bool search_day(struct search *s, int64_t day)
{
	bool any = false;

	for (int64_t minute = day * day_minutes; minute < (day + 1) * day_minutes && !s->over; minute++) {
		if (!fits(s->r, minute))
			continue;
		any = true;
		if (s->found && minute > s->found_minute + fold_minutes)
			s->over = true;
		else if (minute >= s->from_minute)
			take(s, minute);
	}
	return any;
}

/* Where libical's walk begins: the last day before `day` that is a whole number of intervals away from the anchor. */
static int64_t walk_from(const struct recurrence *r, int64_t day)
{
	int64_t step = r->days.freq == ICAL_DAILY_RECURRENCE ? 1 : r->days.freq == ICAL_WEEKLY_RECURRENCE ? 7 : 0;

	if (step == 0 || day < anchor_day)
		return anchor_day; /* months and years: few steps */
	step *= r->days.interval;
	/* One step more: the week that a rule names may begin before its Monday (WKST). */
	return MAX_OF(anchor_day, anchor_day + ((day - anchor_day) / step - 1) * step);
}

static void search_days(struct search *s, int64_t from_day)
{
	struct icalrecurrencetype rule = s->r->days;
	icalrecur_iterator *days = icalrecur_iterator_new(rule, day_of(walk_from(s->r, from_day)));
	size_t without = 0;

	while (days && !s->over && without < LIMIT_RECURRENCE_DAYS) {
		struct icaltimetype t = icalrecur_iterator_next(days);
		int64_t day;

		if (icaltime_is_null_time(t))
			break;
		t.is_date = 1;
		day = (int64_t)icaltime_as_timet(t) / 86400;
		if (day > last_day || (s->found && day > s->found_minute / day_minutes + 1))
			break;
		if (day >= from_day && !search_day(s, day))
			without++;
	}
	if (days)
		icalrecur_iterator_free(days);
}

bool recurrence_next(const struct recurrence *r, int64_t after_ms, int64_t *ret_ms)
{
	const int64_t first_ms = anchor_day * day_minutes * minute_ms, last_ms = last_day * day_minutes * minute_ms;
	int64_t after_s = (MAX_OF(after_ms, first_ms) - (after_ms < first_ms)) / 1000;
	struct search s = { .r = r, .after_s = after_s };

	if (r->once) {
		*ret_ms = r->once_ms;
		return r->once_ms > after_ms;
	}
	if (after_ms >= last_ms || (r->has_until && after_ms >= r->until_ms))
		return false;
	s.from_minute = (after_s + offset_s(r, after_s)) / 60 - fold_minutes;
	search_days(&s, s.from_minute / day_minutes);
	if (!s.found || (r->has_until && s.found_s * 1000 > r->until_ms))
		return false;
	*ret_ms = s.found_s * 1000;
	return true;
}

size_t recurrence_count(const struct recurrence *r, int64_t from_ms, int64_t to_ms, size_t most)
{
	size_t count = 0;

	while (count < most && recurrence_next(r, from_ms, &from_ms) && from_ms <= to_ms)
		count++;
	return count;
}

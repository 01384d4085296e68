/*
 * recurrence_words: rules as people say them, both ways.
 *
 *	words     "weekdays at 02:00" -> FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=2;BYMINUTE=0
 *	describe  the other way; what has no short words is given as the rule itself
 */
#include "codec/recurrence_internal.h"

#include "lib/clock.h"

/* ---- words to a rule ---- */

/* To add a phrase: a row here. Longer phrases before those they begin with. */
static const struct {
	struct str words, rule;
} phrases[] = {
	{ STR("every minute"), STR("FREQ=MINUTELY") },
	{ STR("every hour"), STR("FREQ=HOURLY") },
	{ STR("hourly"), STR("FREQ=HOURLY") },
	{ STR("every day"), STR("FREQ=DAILY") },
	{ STR("daily"), STR("FREQ=DAILY") },
	{ STR("every week"), STR("FREQ=WEEKLY") },
	{ STR("weekly"), STR("FREQ=WEEKLY") },
	{ STR("every month"), STR("FREQ=MONTHLY") },
	{ STR("monthly"), STR("FREQ=MONTHLY") },
	{ STR("weekdays"), STR("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR") },
	{ STR("weekends"), STR("FREQ=WEEKLY;BYDAY=SA,SU") },
};

static const struct {
	struct str words, freq;
} units[] = {
	{ STR("minute"), STR("MINUTELY") }, { STR("hour"), STR("HOURLY") },   { STR("day"), STR("DAILY") },
	{ STR("week"), STR("WEEKLY") },     { STR("month"), STR("MONTHLY") },
};

static const struct {
	struct str name, code;
	const char *shown;
} weekdays[] = {
	{ STR("sunday"), STR("SU"), "Sunday" },     { STR("monday"), STR("MO"), "Monday" },
	{ STR("tuesday"), STR("TU"), "Tuesday" },   { STR("wednesday"), STR("WE"), "Wednesday" },
	{ STR("thursday"), STR("TH"), "Thursday" }, { STR("friday"), STR("FR"), "Friday" },
	{ STR("saturday"), STR("SA"), "Saturday" },
};

/* Takes the next word, if it is this one. */
static bool take_word(struct str *rest, struct str word)
{
	struct str left = str_trim(*rest);

	if (left.len < word.len || !str_eq_nocase(str_range(left.at, word.len), word))
		return false;
	if (left.len > word.len && left.at[word.len] != ' ' && left.at[word.len] != ',')
		return false;
	*rest = str_trim(str_skip(left, word.len));
	return true;
}

static struct str next_word(struct str *rest)
{
	struct str word = STR_EMPTY;

	*rest = str_trim(*rest);
	if (str_split(rest, ' ', &word))
		*rest = str_trim(*rest);
	return word;
}

/* "at 02:00", or nothing. */
static bool take_time(struct str rest, struct buf *out)
{
	struct str hour, minute;
	int64_t h, m;

	if (rest.len == 0)
		return true;
	if (!take_word(&rest, STR("at")))
		return false;
	minute = rest;
	if (!str_split(&minute, ':', &hour) || minute.len != 2 || hour.len > 2 || !str_to_i64(hour, &h) ||
	    !str_to_i64(minute, &m) || h < 0 || h > 23 || m < 0 || m > 59)
		return false;
	buf_printf(out, ";BYHOUR=%d;BYMINUTE=%d", (int)h, (int)m);
	return true;
}

/* "every 15 minutes" */
static bool take_every(struct str *rest, struct buf *out)
{
	struct str left = *rest, count, unit;
	int64_t n;

	if (!take_word(&left, STR("every")))
		return false;
	count = next_word(&left);
	unit = next_word(&left);
	if (!str_to_i64(count, &n) || n < 1 || n > 32767)
		return false;
	if (unit.len > 1 && (unit.at[unit.len - 1] | 0x20) == 's')
		unit.len--;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (!str_eq_nocase(unit, units[i].words))
			continue;
		buf_printf(out, "FREQ=%.*s;INTERVAL=%d", STR_ARG(units[i].freq), (int)n);
		*rest = left;
		return true;
	}
	return false;
}

static bool take_phrase(struct str *rest, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(phrases); i++) {
		if (take_word(rest, phrases[i].words)) {
			buf_add(out, phrases[i].rule);
			return true;
		}
	}
	return false;
}

/* "monday", "mondays", "mon". */
static bool take_weekday(struct str *rest, struct str *ret_code)
{
	for (size_t i = 0; i < ARRAY_LEN(weekdays); i++) {
		struct str name = weekdays[i].name, left = *rest;
		bool plural = left.len > name.len && (left.at[name.len] | 0x20) == 's' &&
		              str_eq_nocase(str_range(left.at, name.len), name);

		if (plural)
			left = str_skip(left, 1); /* one letter less before the same end */
		if (plural ? left.len == name.len || left.at[name.len] == ' ' || left.at[name.len] == ','
		           : take_word(&left, name) || take_word(&left, str_range(name.at, 3))) {
			*rest = plural ? str_trim(str_skip(left, name.len)) : left;
			*ret_code = weekdays[i].code;
			return true;
		}
	}
	return false;
}

/* "monday", "mondays and fridays", "mon, wed, fri" */
static bool take_weekdays(struct str *rest, struct buf *out)
{
	struct str left = *rest, code;
	const char *lead = "FREQ=WEEKLY;BYDAY=";

	while (take_weekday(&left, &code)) {
		buf_add_c(out, lead);
		buf_add(out, code);
		lead = ",";
		*rest = left;
		if (left.len && left.at[0] == ',')
			left = str_trim(str_skip(left, 1));
		else if (!take_word(&left, STR("and")))
			break;
	}
	return lead[0] == ',';
}

bool recurrence_words(struct str text, struct buf *ret_rule)
{
	struct str rest = str_trim(text);

	if (!take_phrase(&rest, ret_rule) && !take_every(&rest, ret_rule) && !take_weekdays(&rest, ret_rule))
		return false;
	return take_time(rest, ret_rule);
}

/* ---- a rule in words ---- */

static const char *const months[] = { "January", "February", "March",     "April",   "May",      "June",
	                              "July",    "August",   "September", "October", "November", "December" };

/* "a", "a and b", "a, b and c" */
static void add_joint(struct buf *out, size_t i, bool last)
{
	if (i)
		buf_add_c(out, last ? " and " : ", ");
}

static bool is_end(const short *list, size_t size, size_t i)
{
	return i >= size || list[i] == ICAL_RECURRENCE_ARRAY_MAX;
}

static void add_ordinal(struct buf *out, int n)
{
	static const char *const ends[] = { "th", "st", "nd", "rd" };
	int tens = n % 100, ones = n % 10;

	if (n == -1)
		buf_add_c(out, "last");
	else if (n < 0)
		buf_printf(out, "last but %d", -n - 1);
	else
		buf_printf(out, "%d%s", n, (tens >= 11 && tens <= 13) || ones > 3 ? "th" : ends[ones]);
}

static unsigned weekday_bits(const struct icalrecurrencetype *d)
{
	unsigned bits = 0;

	for (size_t i = 0; !is_end(d->by_day, ICAL_BY_DAY_SIZE, i); i++)
		bits |= 1u << (unsigned)(icalrecurrencetype_day_day_of_week(d->by_day[i]) - ICAL_SUNDAY_WEEKDAY);
	return bits;
}

static void add_weekdays(const struct icalrecurrencetype *d, struct buf *out)
{
	static const unsigned monday_to_friday = 0x3e, weekend = 0x41;
	unsigned bits = weekday_bits(d);
	bool counted = icalrecurrencetype_day_position(d->by_day[0]) != 0;

	if (!counted && (bits == monday_to_friday || bits == weekend)) {
		buf_add_c(out, bits == weekend ? "on weekends" : "on weekdays");
		return;
	}
	buf_add_c(out, counted ? "on the " : "on ");
	for (size_t i = 0; !is_end(d->by_day, ICAL_BY_DAY_SIZE, i); i++) {
		int position = icalrecurrencetype_day_position(d->by_day[i]);

		add_joint(out, i, is_end(d->by_day, ICAL_BY_DAY_SIZE, i + 1));
		if (position) {
			add_ordinal(out, position);
			buf_add_char(out, ' ');
		}
		buf_add_c(out, weekdays[icalrecurrencetype_day_day_of_week(d->by_day[i]) - ICAL_SUNDAY_WEEKDAY].shown);
	}
}

static void add_limits(const struct icalrecurrencetype *d, struct buf *out)
{
	if (d->by_day[0] != ICAL_RECURRENCE_ARRAY_MAX) {
		buf_add_char(out, ' ');
		add_weekdays(d, out);
	}
	for (size_t i = 0; !is_end(d->by_month_day, ICAL_BY_MONTHDAY_SIZE, i); i++) {
		if (i == 0)
			buf_add_c(out, " on the ");
		add_joint(out, i, is_end(d->by_month_day, ICAL_BY_MONTHDAY_SIZE, i + 1));
		add_ordinal(out, d->by_month_day[i]);
	}
	for (size_t i = 0; !is_end(d->by_month, ICAL_BY_MONTH_SIZE, i); i++) {
		if (i == 0)
			buf_add_c(out, " in ");
		add_joint(out, i, is_end(d->by_month, ICAL_BY_MONTH_SIZE, i + 1));
		buf_add_c(out, months[(d->by_month[i] - 1) % 12]);
	}
}

static void add_every(const struct recurrence *r, struct buf *out)
{
	const char *unit = "year";

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (str_eq(str_of(icalrecur_freq_to_string(r->freq)), units[i].freq))
			unit = units[i].words.at;
	}
	if (r->interval == 1)
		buf_printf(out, "every %s", unit);
	else
		buf_printf(out, "every %d %ss", (int)r->interval, unit);
}

/* The bits that are set, each as `format` says. */
static void add_bits(struct buf *out, const char *lead, uint64_t bits, int count)
{
	bool first = true;

	buf_add_c(out, lead);
	for (int i = 0; i < count; i++) {
		if (!(bits >> i & 1))
			continue;
		buf_printf(out, "%s%02d", first ? "" : ", ", i);
		first = false;
	}
}

static void add_times(const struct recurrence *r, struct buf *out)
{
	const char *lead = " at ";

	for (int hour = 0; hour < 24; hour++) {
		for (int minute = 0; minute < 60; minute++) {
			if (!(r->hours >> hour & 1) || !(r->minutes >> minute & 1))
				continue;
			buf_printf(out, "%s%02d:%02d", lead, hour, minute);
			lead = ", ";
		}
	}
}

static void add_steps(const struct recurrence *r, struct buf *out)
{
	if (r->minutes != ~UINT64_C(0) && r->minutes != 1)
		add_bits(out, ", at the minutes ", r->minutes, 60);
	if (r->hours != ~UINT64_C(0))
		add_bits(out, ", in the hours ", r->hours, 24);
}

static bool has_words(const struct icalrecurrencetype *d)
{
	return d->by_year_day[0] == ICAL_RECURRENCE_ARRAY_MAX && d->by_week_no[0] == ICAL_RECURRENCE_ARRAY_MAX &&
	       d->by_set_pos[0] == ICAL_RECURRENCE_ARRAY_MAX;
}

static void add_rule(const struct recurrence *r, struct arena *arena, struct buf *out)
{
	bool weekly = r->freq == ICAL_WEEKLY_RECURRENCE && r->interval == 1;

	if (!has_words(&r->days)) {
		buf_printf(out, "by the rule %.*s", STR_ARG(r->text));
	} else {
		if (!weekly || r->days.by_day[0] == ICAL_RECURRENCE_ARRAY_MAX)
			add_every(r, out);
		add_limits(&r->days, out);
		if (r->unit)
			add_steps(r, out);
		else
			add_times(r, out);
	}
	if (r->has_until)
		buf_printf(out, ", until %.*s", STR_ARG(clock_rfc3339(arena, r->until_ms)));
}

struct str recurrence_describe(const struct recurrence *r, struct arena *arena)
{
	SCOPED(buf) struct buf out = BUF_INIT((size_t)64 << 10); /* each minute of a day: 10 KB */
	bool anywhere = r->unit && r->hours == ~UINT64_C(0) && r->interval * r->unit < 60 &&
	                r->days.by_day[0] == ICAL_RECURRENCE_ARRAY_MAX;

	if (r->once)
		buf_add(&out, r->text);
	else
		add_rule(r, arena, &out);
	if (!anywhere)
		buf_printf(&out, " (%.*s)", STR_ARG(r->zone_name));
	ensure(buf_ok(&out));
	return arena_str(arena, str_trim(buf_str(&out)));
}

/* recurrence_internal: what recurrence.c (when) and recurrence_words.c (words for people, both ways) share. Nobody else includes it. */
#ifndef SUTURE_CODEC_RECURRENCE_INTERNAL_H
#define SUTURE_CODEC_RECURRENCE_INTERNAL_H

#include <libical/ical.h>

#include "codec/recurrence.h"
#include "lib/buf.h"

struct recurrence {
	struct str text;
	struct str zone_name; /* "UTC" or as given */
	icaltimezone *zone;
	bool once;
	int64_t once_ms;
	/* A rule is days and minutes of a day. Days: `days`, walked by libical, with all that speaks of hours and minutes taken out. */
	icalrecurrencetype_frequency freq; /* as written */
	struct icalrecurrencetype days;
	uint64_t hours;   /* a bit each */
	uint64_t minutes; /* a bit each */
	int64_t unit;     /* minutes: 1 by the minute, 60 by the hour, 0 otherwise */
	int64_t interval; /* as written */
	bool has_until;
	int64_t until_ms; /* the last moment that may be */
};

/* Words as a rule. False: these are no words that we know (a rule, perhaps). */
bool recurrence_words(struct str text, struct buf *ret_rule);

#endif

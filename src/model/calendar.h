/*
 * calendar: dates of people, as three numbers; private to the model. Never goes through a time zone: a birth date is a text that is
 * taken apart and put together.
 */
#ifndef SUTURE_MODEL_CALENDAR_H
#define SUTURE_MODEL_CALENDAR_H

#include "lib/arena.h"

struct calendar_date {
	int year;
	int month;
	int day;
};

/* Exactly YYYY-MM-DD and a real date. */
bool calendar_parse_iso(struct str text, struct calendar_date *ret);
/*
 * Formats are made of YYYY, MM (two digits), M (one or two), DD, D and MMM (Jan), everything else stands for itself. MM and
 * DD read two digits only.
 */
bool calendar_format_valid(struct str format); /* each of year, month, day once */
bool calendar_parse(struct str format, struct str text, struct calendar_date *ret);
struct str calendar_print(struct arena *arena, struct str format, struct calendar_date date);

#endif

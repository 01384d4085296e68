/* years: the little of a calendar that the stand-ins need. Times are microseconds since 1970 UTC. */
#ifndef SANDBOX_PEOPLE_YEARS_H
#define SANDBOX_PEOPLE_YEARS_H

#include "lib/arena.h"

unsigned years_days_in_month(int year, unsigned month);
/* True for YYYY-MM-DD that is in the calendar. */
bool years_is_date(struct str text);
/* 2024-03-11T09:17:44.502913-07:00: Pacific time, whose offset changes with the season. Writes 32 characters and a NUL. */
void years_write_stamp(char at[33], int64_t us);
/* The date of that moment at the Pacific. Writes 10 characters and a NUL. */
void years_write_date(char at[11], int64_t us);
/* Reads RFC 3339 with up to nine digits of fraction, of which six count. */
bool years_parse(struct str text, int64_t *ret_us);
/* Whole years from a birth date (YYYY-MM-DD) to the date of `us`. */
int years_age(struct str birth_date, int64_t us);

#endif

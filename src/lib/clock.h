/*
 * clock: wall time in milliseconds since 1970 UTC, monotonic time in nanoseconds, RFC 3339 texts. A test puts its own
 * wall clock in with clock_fix(). Calendar dates of people are never passed through here (see model/value.h).
 */
#ifndef SUTURE_LIB_CLOCK_H
#define SUTURE_LIB_CLOCK_H

#include "lib/arena.h"

int64_t clock_wall_ms(void);
int64_t clock_mono_ns(void);
void clock_sleep_ms(int64_t ms);
void clock_fix(int64_t wall_ms);                                /* 0 gives the real clock back */
struct str clock_rfc3339(struct arena *arena, int64_t wall_ms); /* 2026-07-18T09:15:22.123Z */
/* Sun, 06 Nov 1994 08:49:37 GMT, as HTTP headers have it; a fraction of a second counts as the whole of it. */
struct str clock_http_date(struct arena *arena, int64_t wall_ms);
/* Reads RFC 3339 and its relatives: "T" or blank, 0 to 9 digits of fraction, Z, +hh:mm, +hhmm or none (UTC). */
bool clock_parse(struct str text, int64_t *ret_wall_ms);

#endif

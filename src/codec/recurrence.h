/*
 * recurrence: when something is to happen again: recurrence rules of RFC 5545 in a time zone, or one moment. libical reads the rules and walks
 * their days; minutes of a day and daylight saving time are ours.
 *
 *	recurrence_parse(arena, STR("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=2"), STR("America/Chicago"), &r, err)
 *	recurrence_parse(arena, STR("weekdays at 02:00"), STR("America/Chicago"), &r, err)          -- the same
 *	if (recurrence_next(r, now_ms, &due_ms)) ...
 *
 * Accepted words: "every 15 minutes", "every 2 hours", "hourly", "daily at 03:30", "weekdays at 02:00", "weekends at 06:00",
 * "monday and thursday at 22:15", "every 2 weeks at 04:00", "monthly at 01:00", "once 2026-12-01T02:00" (in the zone, unless it ends with Z or +hh:mm).
 *
 * Nothing says when a rule began, so it is counted from Monday, 1 January 2001, 00:00 in the zone: "every 15 minutes" is at 00, 15, 30 and 45,
 * "every 2 weeks" means the same weeks for everybody. What the rule leaves out is midnight, Monday, the first of the month, January.
 *
 * Clocks that change: a time that does not exist on that day comes as much later as the clock jumped ("daily at 02:30" at 03:30); a time that is there
 * twice is the first one. Rules by the minute or hour take each real moment once: no gap, no repetition.
 *
 * Not accepted, with a sentence that says so: COUNT (nothing to count from: use UNTIL), seconds, RSCALE, what never happens, what is longer than
 * LIMIT_RECURRENCE. Safe for text from anywhere.
 */
#ifndef SUTURE_CODEC_RECURRENCE_H
#define SUTURE_CODEC_RECURRENCE_H

#include "lib/arena.h"
#include "lib/err.h"

struct recurrence;

/* `zone`: a name of the IANA list ("America/Chicago"); empty: UTC. ERR_CONFIG says what is wrong. The result lives in the arena, never changes, and
 * may be used by several threads. */
int recurrence_parse(struct arena *arena, struct str text, struct str zone, const struct recurrence **ret,
                     struct err *err) MUST_CHECK;
/* The first moment after `after_ms`, to the minute; false: none, ever. */
bool recurrence_next(const struct recurrence *r, int64_t after_ms, int64_t *ret_ms);
/* How many moments after `from_ms` and not after `to_ms`, at most `most`. */
size_t recurrence_count(const struct recurrence *r, int64_t from_ms, int64_t to_ms, size_t most);
/* "FREQ=MINUTELY;INTERVAL=15", "once 2026-12-01T02:00": what is stored; parses to the same again. */
struct str recurrence_text(const struct recurrence *r);
/* For people: "every 15 minutes", "on weekdays at 02:00 (America/Chicago)". */
struct str recurrence_describe(const struct recurrence *r, struct arena *arena);

#endif

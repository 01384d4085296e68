/*
 * Recurrence rules and words: a line with the zone, a line with a moment in milliseconds, then the text. The next moment is later and on a minute, counts agree with it,
 * what is stored means the same again.
 */
#include "fuzz.h"

#include "codec/recurrence.h"

static const int64_t minute_ms = 60000;

static void walks_on(const struct recurrence *r, int64_t from_ms)
{
	int64_t at = from_ms, next;
	size_t steps = 0;

	while (steps < 5 && recurrence_next(r, at, &next)) {
		law(next > at);
		law(next % minute_ms == 0);
		at = next;
		steps++;
	}
	if (steps > 0)
		law(recurrence_count(r, from_ms, at, 100) == steps);
}

static void means_the_same(struct arena *arena, const struct recurrence *r, struct str zone, int64_t from_ms)
{
	struct err err = ERR_INIT;
	const struct recurrence *again;
	int64_t first = 0, second = 0;
	bool any = recurrence_next(r, from_ms, &first);

	if (recurrence_parse(arena, recurrence_text(r), zone, &again, &err) < 0)
		defs_abort("law", err.text, __FILE__, __LINE__);
	law(str_eq(recurrence_text(r), recurrence_text(again)));
	law(recurrence_next(again, from_ms, &second) == any && first == second);
	law(recurrence_describe(r, arena).len > 0);
}

void fuzz_recurrence(struct str input)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str rest = input, zone = fuzz_line(&rest), moment = fuzz_line(&rest);
	int64_t from_ms = 1795255200000, wanted;
	const struct recurrence *r;
	struct err err = ERR_INIT;

	if (str_to_i64(moment, &wanted) && wanted > -62000000000000 && wanted < 250000000000000)
		from_ms = wanted;
	if (recurrence_parse(&arena, rest, zone, &r, &err) < 0) {
		law(err.code == ERR_CONFIG);
		return;
	}
	walks_on(r, from_ms);
	means_the_same(&arena, r, zone, from_ms);
}

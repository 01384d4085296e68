#include "sync/breaker.h"

static const int64_t window_ms = INT64_C(60) * 60 * 1000;

bool breaker_lets_through(const struct staged *s)
{
	return s->wish != WISH_NONE || s->door == DOOR_RETRY || s->door == DOOR_CLICK;
}

void breaker_reset(struct link *link)
{
	link->turns = link->turns_since_ms = link->turn_side = 0;
	link->stopped_why = STR_EMPTY;
}

bool breaker_turn(struct link *link, enum side from, bool put_back, int64_t turns_max, int64_t now_ms)
{
	int64_t side = (int64_t)from + 1;

	if (link->turn_side && (put_back || link->turn_side != side)) {
		if (link->turns == 0 || now_ms - link->turns_since_ms > window_ms) {
			link->turns = 0;
			link->turns_since_ms = now_ms;
		}
		link->turns++;
	}
	link->turn_side = side;
	return turns_max > 0 && link->turns > turns_max;
}

struct str breaker_reason(struct arena *arena, const struct plan *plan, const struct str *fields, size_t count)
{
	struct str list = STR_EMPTY;

	for (size_t i = 0; i < count; i++)
		list = arena_printf(arena, "%.*s%s%.*s", STR_ARG(list), i ? ", " : "", STR_ARG(fields[i]));
	return arena_printf(
	        arena,
	        "%.*s changed back and forth between %.*s and %.*s too often: something in one of them (a rule, "
	        "a flow) undoes what the other one sends. Mend that, then retry this payload",
	        STR_ARG(list), STR_ARG(plan->emr_name), STR_ARG(plan->crm_name));
}

#include "net/http_pace.h"

static const int64_t held = INT64_MAX;
static const double largest_rate = 100000;
const int64_t pace_flight_ns = 50000000;

void pace_set(struct pace *pace, struct arena *arena, double rate, int64_t now_ns)
{
	bool first = !pace->known;

	if (!first && rate == pace->rate)
		return;
	*pace = (struct pace) { .rate = rate, .first_number = pace->first_number + pace->count, .known = true };
	if (!(rate > 0) || rate > largest_rate)
		return;
	pace->count = rate < 1 ? 1 : (size_t)rate;
	pace->second_ns = rate < 1 ? (int64_t)(1e9 / MAX_OF(rate, 1e-6)) : 1000000000;
	pace->free_at_ns = arena_new_array(arena, int64_t, pace->count);
	for (size_t i = 0; i < pace->count && !first; i++)
		pace->free_at_ns[i] = now_ns + pace->second_ns;
}

/* Tickets are taken in turn, so their times rise; only those held by requests that still connect are passed over. */
int64_t pace_due(struct pace *pace, int64_t now_ns)
{
	if (pace->count == 0)
		return now_ns;
	for (size_t i = 0; i < pace->count; i++) {
		size_t ticket = (pace->next + i) % pace->count;

		if (pace->free_at_ns[ticket] == held)
			continue;
		pace->next = ticket;
		return pace->free_at_ns[ticket];
	}
	return held;
}

size_t pace_take(struct pace *pace)
{
	size_t ticket = pace->next;

	if (pace->count == 0)
		return SIZE_MAX;
	pace->free_at_ns[ticket] = held;
	pace->next = (ticket + 1) % pace->count;
	return pace->first_number + ticket;
}

/* The ticket's time, or NULL: it belongs to a rate of before, or there is no limit. */
static int64_t *time_of(struct pace *pace, size_t ticket)
{
	if (ticket < pace->first_number || ticket - pace->first_number >= pace->count)
		return NULL;
	return &pace->free_at_ns[ticket - pace->first_number];
}

void pace_sent(struct pace *pace, size_t ticket, int64_t now_ns)
{
	int64_t *free_at_ns = time_of(pace, ticket);

	if (free_at_ns)
		*free_at_ns = now_ns + pace_flight_ns + pace->second_ns;
}

void pace_answered(struct pace *pace, size_t ticket, int64_t now_ns)
{
	int64_t *free_at_ns = time_of(pace, ticket);

	if (free_at_ns)
		*free_at_ns = MIN_OF(*free_at_ns, now_ns + pace->second_ns);
}

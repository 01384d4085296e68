#include "net/http_pace.h"

#include <string.h>

static const double largest_rate = 100000;
/* How soon to look again when all slots are held, perhaps by other processes: nobody wakes us then. */
static const int64_t poll_ns = 10000000;
static const int64_t second = 1000000000;
const int64_t pace_flight_ns = 50000000;
const int64_t pace_lease_ns = 12000000000;

/* A time further ahead was written before the machine was started last. */
static int64_t believed_ns(int64_t second_ns)
{
	return MAX_OF(120 * second, 2 * second_ns);
}

void pace_rest(struct pace *pace, int64_t now_ns)
{
	int64_t until_ns = now_ns + pace->second_ns;

	for (size_t i = 0; i < pace->count; i++) {
		int64_t is = atomic_load(&pace->slots[i]);

		while ((is < until_ns || is - now_ns > believed_ns(pace->second_ns)) &&
		       !atomic_compare_exchange_weak(&pace->slots[i], &is, until_ns))
			continue;
	}
}

static bool same_file(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

int pace_set(struct pace *pace, struct arena *arena, double rate, const char *file, int64_t now_ns, struct err *err)
{
	struct pace new = { .rate = rate, .known = true };

	if (pace->known && rate == pace->rate && same_file(file, pace->file))
		return 0;
	if (file)
		new.file = arena_text(arena, str_of(file));
	if (rate > 0 && rate <= largest_rate) {
		new.count = rate < 1 ? 1 : (size_t)rate;
		new.second_ns = rate < 1 ? (int64_t)(1e9 / MAX_OF(rate, 1e-6)) : second;
	}
	if (new.count > 0 && !file)
		new.slots = arena_new_array(arena, pace_slot, new.count);
	else if (new.count > 0 && pace_file_map(&new, arena, now_ns, err) < 0)
		return err_pass(err);
	if (pace->known)
		pace_rest(&new, now_ns);
	*pace = new;
	return 0;
}

/* 0: taken; else when it is free. */
static int64_t take_slot(const struct pace *pace, pace_slot *slot, int64_t now_ns, struct pace_ticket *ret)
{
	int64_t is = atomic_load(slot), until_ns = now_ns + pace_lease_ns;

	while (is <= now_ns || is - now_ns > believed_ns(pace->second_ns)) {
		if (!atomic_compare_exchange_weak(slot, &is, until_ns))
			continue;
		*ret = (struct pace_ticket) { slot, until_ns, pace->second_ns };
		return 0;
	}
	return is;
}

/* Slots are taken in turn, so their times mostly rise and the first look finds a free one. */
int64_t pace_take(struct pace *pace, int64_t now_ns, struct pace_ticket *ret)
{
	int64_t due_ns = INT64_MAX;

	*ret = (struct pace_ticket) { 0 };
	if (pace->count == 0)
		return 0;
	for (size_t i = 0; i < pace->count; i++) {
		size_t n = (pace->next + i) % pace->count;
		int64_t free_ns = take_slot(pace, &pace->slots[n], now_ns, ret);

		if (free_ns == 0) {
			pace->next = (n + 1) % pace->count;
			return 0;
		}
		due_ns = MIN_OF(due_ns, free_ns);
	}
	if (pace->file && due_ns - now_ns > pace->second_ns + pace_flight_ns)
		return now_ns + poll_ns;
	return due_ns;
}

bool pace_sent(struct pace_ticket *ticket, int64_t now_ns)
{
	int64_t is = ticket->wrote_ns, until_ns = now_ns + pace_flight_ns + ticket->second_ns;

	if (!ticket->slot)
		return true;
	if (!atomic_compare_exchange_strong(ticket->slot, &is, until_ns)) {
		*ticket = (struct pace_ticket) { 0 };
		return false;
	}
	ticket->wrote_ns = until_ns;
	return true;
}

void pace_answered(struct pace_ticket *ticket, int64_t now_ns)
{
	int64_t is = ticket->wrote_ns, until_ns = now_ns + ticket->second_ns;

	if (ticket->slot && until_ns < is)
		(void)!atomic_compare_exchange_strong(ticket->slot, &is, until_ns);
	*ticket = (struct pace_ticket) { 0 };
}

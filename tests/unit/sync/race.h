/*
 * race: two actors, each with a thread of its own, of which one is at work at a time. Where the other one may come in is a point: in front of each
 * transaction, in front of each call and of its answer. What lies between two points touches neither the database nor a far side, so the order of points is all
 * that there is to a race.
 *
 *	races.c        the program: all orders with at most two changes from one actor to the other, and those that waiting causes
 *	race_baton.c   who is at work
 *	race_table.c   the races
 *
 * A race is survived if its end, with what both actors were told, is that of one of them coming wholly before the other; or, where one may take back what the
 * other asked for, that of him alone, and the other was told so.
 */
#ifndef SUTURE_TESTS_SYNC_RACE_H
#define SUTURE_TESTS_SYNC_RACE_H

#include "crash_acts.h"

struct race {
	struct scenario scenario; /* without steps */
	step_fn *actors[2];
	bool takes_back; /* actor 0 may take back what actor 1 asked for and nobody has begun yet */
};
extern const struct race races[];
extern const size_t race_count;

/* `first` passes so many points, then the other one so many, then the first one goes on to its end. */
struct order {
	int first;
	size_t points[2];
	bool alone; /* actor 0 acts alone; what actor 1 would have asked for counts as taken back */
};
enum { TO_ITS_END = 1 << 20 };

/* How it went; in shared memory. */
struct raced {
	size_t passed[2]; /* points, by actor */
	bool used_up
	        [2]; /* by order.points: the other one came in behind them, and not because this one ended or waited before */
	uint64_t trace; /* a digest of who passed them in which order */
	int code[2];
};

/* In a child, between world_wake and world_rest. */
void race_run(struct world *w, const struct race *race, const struct order *order, struct raced *ret);
/*
 * One at a time has the lanes, as the daemon or a command line that has the sync's lease: an actor that works on its own for long takes them, and waits
 * for who has them. A person who finds them taken waits until his payload is decided (person.h).
 */
void race_take_lanes(struct world *w);
void race_leave_lanes(void);

#endif

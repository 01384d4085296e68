/*
 * unreliable: deliveries that go wrong on purpose: lost, sent twice, out of order, late. The fate of the n-th delivery follows
 * from the seed and n alone, so that a test which repeats its steps sees the same mishaps. All shares 0, the default: none.
 *
 *	struct fate fate = unreliable_draw(&settings->delivery, endpoint->deliveries++);
 *
 *	for (unsigned i = 0; i < fate.copies; i++)
 *		send_after(fate.delay_ms, event);
 */
#ifndef SUTURE_SANDBOX_UNRELIABLE_H
#define SUTURE_SANDBOX_UNRELIABLE_H

#include "lib/defs.h"

struct unreliable {
	double loss, repeat, reorder, late; /* shares of the deliveries, 0 to 1 */
	int64_t late_ms;                    /* how late a late one is */
	int64_t reorder_ms;                 /* how long one waits at most for those that are to pass it */
	int64_t seed;
};

#define UNRELIABLE_INIT                                       \
	{                                                     \
		.late_ms = 1000, .reorder_ms = 200, .seed = 1 \
	}

struct fate {
	unsigned copies;  /* 0: lost */
	unsigned passed;  /* how many later deliveries go first; 0: in order */
	int64_t delay_ms; /* before it may go; with `passed`, at the latest then */
};

/* `number`: of the delivery, counted from 0 for each receiver. */
struct fate unreliable_draw(const struct unreliable *unreliable, uint64_t number);

#endif

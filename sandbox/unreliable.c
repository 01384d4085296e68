#include "sandbox/unreliable.h"

#include "sandbox/faults.h"

#define PASSED_MAX 3

struct fate unreliable_draw(const struct unreliable *unreliable, uint64_t number)
{
	struct fault dice = { .dice = (uint64_t)unreliable->seed << 32 ^ number };
	struct fate fate = { .copies = 1 };

	/* Every kind takes its own throw, so that switching one on does not change what the others do. */
	if (fault_roll(&dice, unreliable->loss))
		fate.copies = 0;
	if (fault_roll(&dice, unreliable->repeat))
		fate.copies *= 2;
	if (fault_roll(&dice, unreliable->reorder)) {
		fate.passed = 1 + (unsigned)(dice.dice % PASSED_MAX);
		fate.delay_ms = unreliable->reorder_ms;
	}
	if (fault_roll(&dice, unreliable->late)) {
		fate.passed = 0;
		fate.delay_ms = unreliable->late_ms;
	}
	return fate;
}

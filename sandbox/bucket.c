#include "sandbox/bucket.h"

#include "lib/clock.h"

bool bucket_take(struct bucket *bucket)
{
	int64_t now = clock_mono_ns();
	double most = MAX_OF(bucket->rate, 1.0);

	if (bucket->rate <= 0)
		return true;
	bucket->level =
	        bucket->filled_ns ? bucket->level + (double)(now - bucket->filled_ns) / 1e9 * bucket->rate : most;
	bucket->level = MIN_OF(bucket->level, most);
	bucket->filled_ns = now;
	if (bucket->level < 1)
		return false;
	bucket->level -= 1;
	return true;
}

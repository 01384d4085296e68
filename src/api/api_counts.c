/* counts: conflicts that wait for a person, as a topic for the navigation. Never counts further than MOST: it is enough to know that there are many. */
#include "api/api_internal.h"

#include "sync/review.h"

enum { MOST = 1000 };

static int say_conflicts(struct api_call *call, struct err *err)
{
	int64_t count;

	if (conflict_count(&call->engine, MOST, &count, err) < 0)
		return err_pass(err);
	call->answer = api_new(call);
	api_set_int(call, call->answer, "count", count);
	return 0;
}

const struct api_topic api_count_topics[] = {
	{ "conflicts_waiting", RIGHT_SEE, 5000, say_conflicts },
	{ 0 },
};

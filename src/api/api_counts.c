/* counts: what waits for a person, as topics for the navigation: payloads that failed, conflicts, suggestions. Never counts further than MOST: it is enough to know that there are many. */
#include "api/api_internal.h"

#include "sync/review.h"
#include "sync/stage.h"
#include "sync/suggest.h"

enum { MOST = 1000 };

static int answer_count(struct api_call *call, int64_t count)
{
	call->answer = api_new(call);
	api_set_int(call, call->answer, "count", count);
	return 0;
}

static int say_failed(struct api_call *call, struct err *err)
{
	const struct staged_filter filter = { .failed = true };
	int64_t count;

	if (stage_count(&call->engine, &filter, MOST, &count, err) < 0)
		return err_pass(err);
	return answer_count(call, count);
}

static int say_conflicts(struct api_call *call, struct err *err)
{
	const struct conflict_filter filter = { .waiting = true, .limit = MOST };
	struct conflict *all;
	size_t count;

	if (conflict_find(&call->engine, call->arena, &filter, &all, &count, err) < 0)
		return err_pass(err);
	return answer_count(call, (int64_t)count);
}

static int say_suggestions(struct api_call *call, struct err *err)
{
	struct suggestion *all;
	size_t count;

	if (suggest_list(&call->engine, call->arena, 0, MOST, &all, &count, err) < 0)
		return err_pass(err);
	return answer_count(call, (int64_t)count);
}

const struct api_topic api_count_topics[] = {
	{ "failed", RIGHT_SEE, 2000, say_failed },
	{ "conflicts_waiting", RIGHT_SEE, 5000, say_conflicts },
	{ "suggestions", RIGHT_SEE, 5000, say_suggestions },
	{ 0 },
};

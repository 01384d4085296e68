/* What the engine would do, as JSON: for every route that previews. */
#ifndef SUTURE_API_API_VERDICT_H
#define SUTURE_API_API_VERDICT_H

#include "api/api_internal.h"

/* The schema Verdict: ids, outcome, reason, and each mapped field with both values, what would be written where, and by which rule. Texts are copied. */
struct json *api_verdict(struct api_call *call, const struct verdict *v);

/* In a scratch copy of everything: `work` gets its engine, with `on_verdict` set. Closed before this returns. */
struct api_scratch {
	struct api_call *call;
	struct engine *engine;
	void (*on_verdict)(struct api_scratch *scratch, const struct verdict *v);
	int (*work)(struct api_scratch *scratch, struct err *err);
	void *context;
};
int api_in_scratch(struct api_scratch *scratch, struct err *err) MUST_CHECK;

#endif

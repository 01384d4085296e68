#include "live_fake.h"

#include <stdio.h>
#include <string.h>

#define KEEP(place, text) snprintf(place, sizeof(place), "%.*s", STR_ARG(text))

void live_hook(struct live *live, struct arena *arena UNUSED, struct str connection, const struct hook *hook,
               live_hook_fn *then, void *context)
{
	live->asked++;
	KEEP(live->connection, connection);
	KEEP(live->path, hook->path);
	KEEP(live->body, hook->body);
	live->received_ms = hook->received_ms;
	for (size_t i = 0; i < hook->header_count; i++) {
		if (str_eq_nocase(hook->headers[i].name, STR("X-Signature")))
			KEEP(live->signature, hook->headers[i].value);
	}
	then(context, &live->done, &live->hook_error);
}

/* The door of the search is tried with a real one (tests/node/live/search.test.mjs). */
int live_search(struct live *live, struct arena *arena UNUSED, struct str connection UNUSED,
                const struct hook *hook UNUSED, struct live_found *ret, struct err *err UNUSED)
{
	live->asked++;
	*ret = (struct live_found) { 0 };
	return 0;
}

int live_state(struct live *live, struct arena *arena, struct live_sync **ret, size_t *ret_count, struct err *err)
{
	if (live->state_error.code < 0) {
		*err = live->state_error;
		return err_pass(err);
	}
	*ret = arena_new_array(arena, struct live_sync, live->sync_count + 1);
	memcpy(*ret, live->syncs, live->sync_count * sizeof(**ret));
	*ret_count = live->sync_count;
	return 0;
}

void live_ring(struct live *live, int64_t sync_id)
{
	(void)live;
	(void)sync_id;
}

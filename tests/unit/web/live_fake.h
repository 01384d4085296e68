/* A daemon's inside that answers what the test says. Stands in for sync/live.c when linked before it. */
#ifndef SUTURE_TESTS_WEB_LIVE_FAKE_H
#define SUTURE_TESTS_WEB_LIVE_FAKE_H

#include "sync/live.h"

struct live {
	/* what live_hook answers, and what it was asked last */
	struct err hook_error;
	struct hook_done done;
	unsigned asked;
	char connection[64], path[64], body[256], signature[64];
	int64_t received_ms;
	/* what live_state answers */
	struct err state_error;
	struct live_sync syncs[4];
	size_t sync_count;
};

#endif

/* server_internal: what server.c, route.c and admin.c share. Nobody else includes this. */
#ifndef SUTURE_SANDBOX_SERVER_INTERNAL_H
#define SUTURE_SANDBOX_SERVER_INTERNAL_H

#include "sandbox/server.h"

#define COUNTED_STATUSES 24
#define RECENT_CALLS     8192

/* Calls of one route. */
struct counter {
	int64_t calls;
	struct {
		int status;
		int64_t calls;
	} by_status[COUNTED_STATUSES];
};

struct counters {
	struct counter *routes; /* one a row of the vendor, and a last one for what fits none */
	size_t count;
	int64_t total;
	int64_t bytes_in;
	int64_t bytes_out;
	int64_t in_flight;
	int64_t in_flight_max;
	int64_t dropped;
	/* Times of the newest calls, to find the busiest second. */
	int64_t recent_ns[RECENT_CALLS];
	uint64_t recent_first, recent_end;
	int64_t busiest_second;
};

void counters_call(struct counters *counters, size_t bytes_in);
void counters_answer(struct counters *counters, size_t route, const struct answer *answer);
void counters_reset(struct counters *counters);
void counters_write(const struct counters *counters, const struct vendor *vendor, struct buf *out);

/* Index of the row that fits, or route_count. Fills request->params. */
size_t route_find(const struct vendor *vendor, struct request *request);
/* `before`, handler and `after` of one found row. */
void route_run(const struct vendor *vendor, void *state, size_t row, struct request *request, struct answer *answer);

/* Everything under /__admin/ that is not the vendor's own. */
void admin_handle(const struct vendor *vendor, void *state, struct faults *faults, struct counters *counters,
                  struct request *request, struct answer *answer);

#endif

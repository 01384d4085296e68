/*
 * meter: what the road counts while it works, for /metrics. Counters by label and histograms of time, in memory only: they begin at zero with the process.
 * To count something new: a row here, and meter_add or meter_time where it happens.
 *
 * Labels are names from the configuration, codes and names of events: never an id, never a patient's data (R41). A counter has at most METER_SERIES_MAX
 * combinations of labels; what comes beyond them is counted under "other". All functions take a NULL meter and may be called from any thread.
 */
#ifndef SUTURE_SYNC_METER_H
#define SUTURE_SYNC_METER_H

#include "lib/arena.h"

/* id, name in /metrics, labels (empty: none), what it says. */
#define METER_COUNTERS(X)                                                                                          \
	X(METER_HOOKS, "suture_hook_requests_total", "connection", "answer", "",                                   \
	  "webhooks by what their sender was told")                                                                \
	X(METER_EVENTS, "suture_events_total", "connection", "event", "outcome",                                   \
	  "events of webhooks and streams: staged, off (switched off), other (nothing for us)")                    \
	X(METER_OUTCOMES, "suture_outcomes_total", "sync", "outcome", "", "payloads by what was decided")          \
	X(METER_ERRORS, "suture_errors_total", "sync", "code", "", "payloads and writes that failed, by code")     \
	X(METER_LEASES, "suture_leases_total", "sync", "what", "",                                                 \
	  "leases of this process: taken, taken over (the one before did not give it back), given (to another "    \
	  "daemon), lost")                                                                                         \
	X(METER_WRITES, "suture_writes_total", "sync", "side", "result",                                           \
	  "writes by the far side's answer: delivered, later, refused; read_again: the record had changed or was " \
	  "gone")
#define METER_TIMES(X)                                                                                     \
	X(METER_HOOK_TIME, "suture_hook_seconds", "from the last byte of a webhook to its durable commit") \
	X(METER_WRITE_TIME, "suture_write_seconds",                                                        \
	  "from the arrival of a change that was told live to the far side's acceptance of its write")

#define METER_COUNTER_ROW(id, name, a, b, c, help) id,
enum meter_counter { METER_COUNTERS(METER_COUNTER_ROW) METER_COUNTER_COUNT };
#undef METER_COUNTER_ROW
#define METER_TIME_ROW(id, name, help) id,
enum meter_clock { METER_TIMES(METER_TIME_ROW) METER_CLOCK_COUNT };
#undef METER_TIME_ROW

enum { METER_LABELS = 3, METER_SERIES_MAX = 256, METER_BUCKETS = 14 };

struct meter;

struct meter *meter_new(void);
void meter_free(struct meter **meter);
/* Labels in the order of the row; those that it does not have are empty. */
void meter_add(struct meter *meter, enum meter_counter which, struct str a, struct str b, struct str c, uint64_t n);
void meter_time(struct meter *meter, enum meter_clock which, int64_t us);

/* One combination of labels, in order of first use. */
struct meter_series {
	struct str label[METER_LABELS];
	uint64_t value;
};
void meter_read(struct meter *meter, enum meter_counter which, struct arena *arena, struct meter_series **ret,
                size_t *ret_count);
/* `bucket[i]`: how many took at most meter_bounds_us[i]; all of them: `count`. */
struct meter_histogram {
	uint64_t bucket[METER_BUCKETS];
	uint64_t count, sum_us;
};
extern const int64_t meter_bounds_us[METER_BUCKETS];
struct meter_histogram meter_histogram(const struct meter *meter, enum meter_clock which);

#endif

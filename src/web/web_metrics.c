/*
 * web_metrics: the figures, in Prometheus' text format 0.0.4. Each source has its rows:
 *
 *	process_*           this process (names and units as Prometheus' own clients have them)
 *	suture_server_*     our HTTP server
 *	suture_client_*     our HTTP client
 *	suture_sync_*       each sync as it stands (live_state)
 *	suture_*            what was counted on the way (sync/meter.h)
 *
 * Labels are names from the configuration, codes and event names: never an id (R41).
 */
#include "web/web_internal.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/limits.h"

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* name="value", with the three escapes that the format knows. */
static void label(struct buf *out, const char *name, struct str value)
{
	buf_printf(out, "%s=\"", name);
	for (size_t i = 0; i < value.len; i++) {
		char c = value.at[i];

		if (c == '\\' || c == '"')
			buf_add_char(out, '\\');
		buf_add(out, c == '\n' ? STR("\\n") : str_range(&c, 1));
	}
	buf_add_char(out, '"');
}

/* ---- rows of 64-bit counters in a struct ---- */

struct row {
	const char *name, *type, *help;
	size_t offset;
};

static void write_rows(struct buf *out, const struct row *rows, size_t count, const void *values)
{
	for (size_t i = 0; i < count; i++) {
		const uint64_t *value = (const uint64_t *)((const char *)values + rows[i].offset);

		head(out, rows[i].name, rows[i].type, rows[i].help);
		buf_printf(out, "%s %llu\n", rows[i].name, (unsigned long long)*value);
	}
}

#define SERVER(member, name, type, help)                                                         \
	{                                                                                        \
		"suture_server_" name, type, help, offsetof(struct http_server_counters, member) \
	}
static const struct row server_rows[] = {
	SERVER(busy, "busy_total", "counter", "requests answered with 503 because too many waited"),
	SERVER(accepted, "connections_accepted_total", "counter", "connections accepted"),
	SERVER(turned_away, "connections_refused_total", "counter", "connections closed at once: too many were open"),
	SERVER(late, "connections_late_total", "counter", "connections closed for a deadline"),
	SERVER(streams_dropped, "streams_dropped_total", "counter", "live streams whose client read too slowly"),
	SERVER(bytes_in, "received_bytes_total", "counter", "bytes received"),
	SERVER(bytes_out, "sent_bytes_total", "counter", "bytes sent"),
	SERVER(queued, "queued", "gauge", "requests that wait for a worker"),
	SERVER(running, "running", "gauge", "requests that a worker carries out"),
	SERVER(connections, "connections", "gauge", "open connections"),
	SERVER(streams, "streams", "gauge", "open live streams"),
	SERVER(held, "held_bytes", "gauge", "bytes of bodies in memory"),
};
#define CLIENT(member, name, help)                                                                      \
	{                                                                                               \
		"suture_client_" name "_total", "counter", help, offsetof(struct http_counters, member) \
	}
static const struct row client_rows[] = {
	CLIENT(started, "requests_started", "requests to far systems that were asked for"),
	CLIENT(answered, "requests_answered", "requests to far systems that were answered"),
	CLIENT(retried, "requests_retried", "attempts beyond the first"),
	CLIENT(failed, "requests_failed", "requests to far systems that got no answer"),
	CLIENT(refreshed, "tokens_refreshed", "access tokens asked for anew"),
	CLIENT(bytes_in, "received_bytes", "bytes received from far systems"),
	CLIENT(bytes_out, "sent_bytes", "bytes sent to far systems"),
};

static void write_server(struct buf *out, const struct web *web)
{
	const struct http_server_counters counters = http_server_counters_of(web->server);
	static const char name[] = "suture_server_requests_total";

	head(out, name, "counter", "requests by class of answer; none: ended without one");
	for (unsigned i = 0; i < ARRAY_LEN(counters.requests); i++) {
		if (i == 0)
			buf_printf(out, "%s{class=\"none\"} %llu\n", name, (unsigned long long)counters.requests[i]);
		else
			buf_printf(out, "%s{class=\"%uxx\"} %llu\n", name, i, (unsigned long long)counters.requests[i]);
	}
	write_rows(out, server_rows, ARRAY_LEN(server_rows), &counters);
}

static void write_client(struct buf *out, const struct web *web)
{
	struct http_counters counters;

	if (!web->options.engine->http)
		return;
	counters = http_counters_of(web->options.engine->http);
	write_rows(out, client_rows, ARRAY_LEN(client_rows), &counters);
}

/* ---- process ---- */

static uint64_t resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long long total, resident = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%llu %llu", &total, &resident) != 2)
		resident = 0;
	fclose(file);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* "." and "..", and the one that is open for reading the folder, are none. */
static uint64_t open_files(void)
{
	DIR *folder = opendir("/proc/self/fd");
	uint64_t n = 0;

	while (folder && readdir(folder))
		n++;
	if (folder)
		closedir(folder);
	return n > 3 ? n - 3 : 0;
}

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void write_process(struct buf *out, const struct web *web)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	head(out, "suture_build_info", "gauge", "1; the version is its label");
	buf_add_c(out, "suture_build_info{");
	label(out, "version", str_of(web->options.version));
	buf_add_c(out, "} 1\n");
	head(out, "process_start_time_seconds", "gauge", "when it began to serve, seconds since 1970");
	buf_printf(out, "process_start_time_seconds %.3f\n", (double)web->started_ms / 1e3);
	head(out, "process_cpu_seconds_total", "counter", "processor time, user and system");
	buf_printf(out, "process_cpu_seconds_total %.3f\n", seconds_of(used.ru_utime) + seconds_of(used.ru_stime));
	head(out, "process_resident_memory_bytes", "gauge", "memory in use");
	buf_printf(out, "process_resident_memory_bytes %llu\n", (unsigned long long)resident_bytes());
	head(out, "process_open_fds", "gauge", "open file descriptors");
	buf_printf(out, "process_open_fds %llu\n", (unsigned long long)open_files());
}

/* ---- syncs ---- */

static double ready_of(const struct live_sync *s, int64_t now UNUSED)
{
	return s->ready;
}
static double streams_of(const struct live_sync *s, int64_t now UNUSED)
{
	return s->streams;
}
static double running_of(const struct live_sync *s, int64_t now UNUSED)
{
	return s->run.len > 0;
}
static double waiting_of(const struct live_sync *s, int64_t now UNUSED)
{
	return (double)s->waiting;
}
static double to_read_of(const struct live_sync *s, int64_t now UNUSED)
{
	return (double)s->to_read;
}
static double owed_of(const struct live_sync *s, int64_t now UNUSED)
{
	return (double)s->owed;
}
static double owed_low_of(const struct live_sync *s, int64_t now UNUSED)
{
	return (double)s->owed_low;
}
static double decided_of(const struct live_sync *s, int64_t now UNUSED)
{
	return (double)s->decided;
}
static double lag_of(const struct live_sync *s, int64_t now)
{
	return s->oldest_ms && now > s->oldest_ms ? (double)(now - s->oldest_ms) / 1e3 : 0;
}

static double leased_of(const struct live_sync *s, int64_t now UNUSED)
{
	return s->holder.len > 0;
}
static double here_of(const struct live_sync *s, int64_t now UNUSED)
{
	return s->holder.len > 0 && !s->elsewhere;
}
static double fence_of(const struct live_sync *s, int64_t now UNUSED)
{
	return (double)s->fence;
}
static double left_of(const struct live_sync *s, int64_t now UNUSED)
{
	return (double)s->left_ms / 1e3;
}

/* To add a figure of a sync: a row. */
static const struct sync_row_of {
	const char *name, *help;
	double (*value)(const struct live_sync *s, int64_t now_ms);
} sync_rows[] = {
	{ "suture_sync_ready", "1: signed in on both sides and at work", ready_of },
	{ "suture_sync_streaming", "1: a stream of changes is connected", streams_of },
	{ "suture_sync_running", "1: a batch is under way", running_of },
	{ "suture_sync_leased", "1: a process works on it, here or elsewhere", leased_of },
	{ "suture_sync_here", "1: this process works on it", here_of },
	{ "suture_sync_fence", "number of the lease's holder; grows with each", fence_of },
	{ "suture_sync_lease_seconds", "until the lease is over, unless it is renewed; 0: nobody has it", left_of },
	{ "suture_sync_waiting", "payloads that wait to be decided", waiting_of },
	{ "suture_sync_to_read", "payloads whose record has to be read first", to_read_of },
	{ "suture_sync_owed", "writes that wait for the far side", owed_of },
	{ "suture_sync_owed_low", "back-references that wait for the far side", owed_low_of },
	{ "suture_sync_lag_seconds", "age of the oldest payload that waits", lag_of },
	{ "suture_sync_decided", "payloads decided since the sync began to work", decided_of },
};

/* A store that does not answer is told by suture_store_up; all other figures still come. */
static void write_syncs(struct buf *out, const struct web *web, struct arena *arena)
{
	struct live_sync *syncs;
	struct err err = ERR_INIT;
	size_t count = 0;
	int64_t now = clock_wall_ms();
	bool up = live_state(web->options.live, arena, &syncs, &count, &err) == 0;

	head(out, "suture_store_up", "gauge", "1: the database answers");
	buf_printf(out, "suture_store_up %d\n", up);
	for (size_t i = 0; i < ARRAY_LEN(sync_rows); i++) {
		head(out, sync_rows[i].name, "gauge", sync_rows[i].help);
		for (size_t k = 0; up && k < count; k++) {
			buf_printf(out, "%s{", sync_rows[i].name);
			label(out, "sync", syncs[k].name);
			buf_printf(out, "} %.10g\n", sync_rows[i].value(&syncs[k], now));
		}
	}
}

/* ---- the meter ---- */

#define COUNTER_ROW(id, name, a, b, c, help) { name, { a, b, c }, help },
static const struct {
	const char *name, *labels[METER_LABELS], *help;
} counters[] = { METER_COUNTERS(COUNTER_ROW) };
#undef COUNTER_ROW
#define TIME_ROW(id, name, help) { name, help },
static const struct {
	const char *name, *help;
} clocks[] = { METER_TIMES(TIME_ROW) };
#undef TIME_ROW

static void write_counter(struct buf *out, struct meter *meter, enum meter_counter which, struct arena *arena)
{
	struct meter_series *series;
	size_t count;

	meter_read(meter, which, arena, &series, &count);
	head(out, counters[which].name, "counter", counters[which].help);
	for (size_t i = 0; i < count; i++) {
		buf_printf(out, "%s{", counters[which].name);
		for (size_t k = 0; k < METER_LABELS && counters[which].labels[k][0]; k++) {
			buf_add_c(out, k ? "," : "");
			label(out, counters[which].labels[k], series[i].label[k]);
		}
		buf_printf(out, "} %llu\n", (unsigned long long)series[i].value);
	}
}

static void write_clock(struct buf *out, const struct meter *meter, enum meter_clock which)
{
	const struct meter_histogram h = meter_histogram(meter, which);
	const char *name = clocks[which].name;

	head(out, name, "histogram", clocks[which].help);
	for (size_t i = 0; i < METER_BUCKETS; i++)
		buf_printf(out, "%s_bucket{le=\"%.10g\"} %llu\n", name, (double)meter_bounds_us[i] / 1e6,
		           (unsigned long long)h.bucket[i]);
	buf_printf(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.6f\n%s_count %llu\n", name, (unsigned long long)h.count,
	           name, (double)h.sum_us / 1e6, name, (unsigned long long)h.count);
}

void web_metrics(void *context, const struct http_asked *asked, struct arena *arena, struct http_reply *ret)
{
	SCOPED(buf) struct buf out = BUF_INIT(LIMIT_REPORT);
	struct web *web = context;
	struct meter *meter = web->options.engine->meter;

	if (!web_for_house(web, asked, arena, ret))
		return;
	write_process(&out, web);
	write_server(&out, web);
	write_client(&out, web);
	write_syncs(&out, web, arena);
	for (size_t i = 0; meter && i < METER_COUNTER_COUNT; i++)
		write_counter(&out, meter, (enum meter_counter)i, arena);
	for (size_t i = 0; meter && i < METER_CLOCK_COUNT; i++)
		write_clock(&out, meter, (enum meter_clock)i);
	ret->status = 200;
	ret->content_type = "text/plain; version=0.0.4; charset=utf-8";
	ret->body = arena_str(arena, buf_str(&out));
}

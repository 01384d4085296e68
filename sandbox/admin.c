/* admin: counters, and the routes under /__admin/ that every system has. */
#include "sandbox/server_internal.h"

#include <string.h>

#include "lib/clock.h"

void counters_call(struct counters *counters, size_t bytes_in)
{
	int64_t now = clock_mono_ns(), in_second;

	counters->total++;
	counters->bytes_in += (int64_t)bytes_in;
	counters->in_flight++;
	counters->in_flight_max = MAX_OF(counters->in_flight_max, counters->in_flight);
	counters->recent_ns[counters->recent_end++ % RECENT_CALLS] = now;
	while (counters->recent_end - counters->recent_first > RECENT_CALLS ||
	       now - counters->recent_ns[counters->recent_first % RECENT_CALLS] >= 1000000000)
		counters->recent_first++;
	in_second = (int64_t)(counters->recent_end - counters->recent_first);
	counters->busiest_second = MAX_OF(counters->busiest_second, in_second);
}

static void count_status(struct counter *counter, int status)
{
	for (size_t i = 0; i < COUNTED_STATUSES; i++) {
		if (counter->by_status[i].calls && counter->by_status[i].status != status)
			continue;
		counter->by_status[i].status = status;
		counter->by_status[i].calls++;
		return;
	}
}

void counters_answer(struct counters *counters, size_t route, const struct answer *answer)
{
	counters->in_flight--;
	counters->bytes_out += (int64_t)answer->body.len;
	counters->routes[route].calls++;
	counters->dropped += answer->drop;
	count_status(&counters->routes[route], answer->drop ? 0 : answer->status);
}

void counters_reset(struct counters *counters)
{
	struct counter *routes = counters->routes;
	size_t count = counters->count;
	int64_t in_flight = counters->in_flight;

	memset(routes, 0, count * sizeof(*routes));
	memset(counters, 0, sizeof(*counters));
	counters->routes = routes;
	counters->count = count;
	counters->in_flight = in_flight;
}

static void write_counter(const struct counter *counter, struct buf *out)
{
	buf_printf(out, "{\"calls\":%lld,\"status\":{", (long long)counter->calls);
	for (size_t i = 0; i < COUNTED_STATUSES && counter->by_status[i].calls; i++)
		buf_printf(out, "%s\"%d\":%lld", i ? "," : "", counter->by_status[i].status,
		           (long long)counter->by_status[i].calls);
	buf_add_c(out, "}}");
}

void counters_write(const struct counters *counters, const struct vendor *vendor, struct buf *out)
{
	bool first = true;

	buf_printf(out,
	           "{\"total\":%lld,\"bytes_in\":%lld,\"bytes_out\":%lld,\"in_flight_max\":%lld,\"dropped\":%lld,"
	           "\"busiest_second\":%lld,\"routes\":{",
	           (long long)counters->total, (long long)counters->bytes_in, (long long)counters->bytes_out,
	           (long long)counters->in_flight_max, (long long)counters->dropped,
	           (long long)counters->busiest_second);
	for (size_t i = 0; i < counters->count; i++) {
		const struct route *route = i < vendor->route_count ? &vendor->routes[i] : NULL;

		if (!counters->routes[i].calls)
			continue;
		buf_printf(out, "%s\"%s%s%s\":", first ? "" : ",", route ? route->method : "other", route ? " " : "",
		           route ? route->pattern : "");
		write_counter(&counters->routes[i], out);
		first = false;
	}
	buf_add_c(out, "}}");
}

static void write_error(struct answer *answer, int status, const struct err *err)
{
	answer->status = status;
	buf_clear(&answer->body);
	buf_add_c(&answer->body, "{\"error\":");
	json_write_string(&answer->body, str_of(err->text));
	buf_add_char(&answer->body, '}');
}

struct admin_call {
	const struct vendor *vendor;
	void *state;
	struct faults *faults;
	struct counters *counters;
	struct json *body;
};

static int show_counters(const struct admin_call *call, struct buf *out, struct err *err)
{
	(void)err;
	counters_write(call->counters, call->vendor, out);
	return 0;
}

static int reset_counters(const struct admin_call *call, struct buf *out, struct err *err)
{
	(void)err;
	counters_reset(call->counters);
	buf_add_c(out, "{}");
	return 0;
}

static int show_faults(const struct admin_call *call, struct buf *out, struct err *err)
{
	(void)err;
	faults_write(call->faults, out);
	return 0;
}

static int set_faults(const struct admin_call *call, struct buf *out, struct err *err)
{
	int r = faults_load(call->faults, call->body, err);

	if (r == 0)
		faults_write(call->faults, out);
	return r;
}

static int show_state(const struct admin_call *call, struct buf *out, struct err *err)
{
	(void)err;
	call->vendor->dump(call->state, out);
	return 0;
}

static int edit(const struct admin_call *call, struct buf *out, struct err *err)
{
	return call->vendor->edit(call->state, call->body, out, err);
}

static int create(const struct admin_call *call, struct buf *out, struct err *err)
{
	return call->vendor->create(call->state, call->body, out, err);
}

static int delete (const struct admin_call *call, struct buf *out, struct err *err)
{
	return call->vendor->remove(call->state, call->body, out, err);
}

static const struct {
	const char *method;
	const char *path;
	int (*run)(const struct admin_call *call, struct buf *out, struct err *err);
	bool has_body;
} actions[] = {
	{ "GET", "/__admin/counters", show_counters, false },
	{ "POST", "/__admin/counters/reset", reset_counters, false },
	{ "GET", "/__admin/faults", show_faults, false },
	{ "POST", "/__admin/faults", set_faults, true },
	{ "GET", "/__admin/state", show_state, false },
	{ "POST", "/__admin/edit", edit, true },
	{ "POST", "/__admin/create", create, true },
	{ "POST", "/__admin/delete", delete, true },
};

void admin_handle(const struct vendor *vendor, void *state, struct faults *faults, struct counters *counters,
                  struct request *request, struct answer *answer)
{
	struct admin_call call = { vendor, state, faults, counters, NULL };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		if (!str_eq_c(request->path, actions[i].path) || !str_eq_c(request->method, actions[i].method))
			continue;
		if (actions[i].has_body && request_json(request, &call.body, &err) < 0)
			write_error(answer, 400, &err);
		else if (actions[i].run(&call, &answer->body, &err) < 0)
			write_error(answer, err.code == ERR_NOT_FOUND ? 404 : 400, &err);
		return;
	}
	err_set(&err, ERR_NOT_FOUND, "no such admin route");
	write_error(answer, 404, &err);
}

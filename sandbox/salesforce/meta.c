/* meta: what the API says of itself: versions, resources, limits, record counts. */
#include "sandbox/salesforce/handlers.h"

#include "sandbox/salesforce/meta.h"
#include "sandbox/salesforce/stream.h"

static const struct {
	unsigned number;
	const char *label;
} versions[] = {
	{ 58, "Summer '23" }, { 59, "Winter '24" }, { 60, "Spring '24" }, { 61, "Summer '24" }, { 62, "Winter '25" },
	{ 63, "Spring '25" }, { 64, "Summer '25" }, { 65, "Winter '26" }, { 66, "Spring '26" }, { 67, "Summer '26" },
};

#define OLDEST 31
#define NEWEST 67

/* "v62.0": any version that still answers (section 0). */
bool version_known(struct str version)
{
	int64_t number;

	if (!str_starts(version, STR("v")) || !str_ends(version, STR(".0")) || version.len < 4)
		return false;
	return str_to_i64(str_range(version.at + 1, version.len - 3), &number) && number >= OLDEST && number <= NEWEST;
}

void show_versions(void *state, struct request *request, struct answer *answer)
{
	(void)state;
	(void)request;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++)
		buf_printf(&answer->body, "%s{\"label\":\"%s\",\"url\":\"/services/data/v%u.0\",\"version\":\"%u.0\"}",
		           i ? "," : "[", versions[i].label, versions[i].number, versions[i].number);
	buf_add_char(&answer->body, ']');
}

void show_resources(void *state, struct request *request, struct answer *answer)
{
	static const char *const names[] = { "composite", "jobs",     "limits", "parameterizedSearch",
		                             "query",     "queryAll", "search", "sobjects" };
	struct str version = version_of(request);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		buf_printf(&answer->body, "%s\"%s\":\"/services/data/%.*s/%s\"", i ? "," : "{", names[i],
		           STR_ARG(version), names[i]);
	buf_add_char(&answer->body, '}');
}

static void write_limit(struct buf *out, const char *name, int64_t most, int64_t used)
{
	buf_printf(out, "%s\"%s\":{\"Max\":%lld,\"Remaining\":%lld}", out->len > 1 ? "," : "", name, (long long)most,
	           (long long)MAX_OF(most - used, 0));
}

void show_limits(void *state, struct request *request, struct answer *answer)
{
	struct org *org = state;
	struct buf *out = &answer->body;

	(void)request;
	buf_add_char(out, '{');
	write_limit(out, "ConcurrentAsyncGetReportInstances", 200, 0);
	write_limit(out, "DailyApiRequests", org->settings.daily_limit, org->calls_today);
	write_limit(out, "DailyBulkApiBatches", 15000, 0);
	write_limit(out, "DailyBulkV2QueryJobs", 10000, 0);
	write_limit(out, "DailyBulkV2QueryFileStorageMB", 976562, 0);
	write_limit(out, "DailyDeliveredPlatformEvents", 50000, stream_delivered(org));
	write_limit(out, "DataStorageMB", 10240, 0);
	write_limit(out, "FileStorageMB", 10240, 0);
	buf_add_char(out, '}');
}

void show_record_count(void *state, struct request *request, struct answer *answer)
{
	struct org *org = state;
	struct str names = request_query(request, "sObjects"), name;
	bool all = names.len == 0, first = true;

	buf_add_c(&answer->body, "{\"sObjects\":[");
	for (size_t i = 0; i < org->object_count; i++) {
		struct str rest = names;
		bool wanted = all;

		while (!wanted && rest.len > 0 && str_split(&rest, ',', &name))
			wanted = str_eq_nocase(name, str_of(org->objects[i]->name));
		if (!wanted)
			continue;
		buf_printf(&answer->body, "%s{\"count\":%u,\"name\":\"%s\"}", first ? "" : ",", org->objects[i]->live,
		           org->objects[i]->name);
		first = false;
	}
	buf_add_c(&answer->body, "]}");
}

#include "sandbox/salesforce/conditions.h"

#include "sandbox/salesforce/errors.h"

static bool has_etag(const struct object *object)
{
	return str_eq_c(STR("Account"), object->name);
}

static struct str etag_of(const struct row *row, struct arena *arena)
{
	return arena_printf(arena, "\"%.15s-%u=--gzip\"", row->id, row->modified);
}

static bool stop(struct answer *answer, int status)
{
	answer->status = status;
	if (status == 412)
		fail(answer, 412, "PRECONDITION_FAILED", "The condition of the request header is not met");
	return true;
}

static bool bad_date(struct answer *answer, const char *name)
{
	fail(answer, 400, "INVALID_HTTP_HEADER", "Invalid value of header %s", name);
	return true;
}

static bool stopped_by_dates(const struct request *request, const struct row *row, bool reading, struct answer *answer)
{
	struct str since = request_header(request, "If-Modified-Since");
	struct str unchanged = request_header(request, "If-Unmodified-Since");
	uint32_t when;

	if (unchanged.len > 0 && !stamp_read_http(unchanged, &when))
		return reading ? false : bad_date(answer, "If-Unmodified-Since");
	if (unchanged.len > 0 && row->modified > when)
		return stop(answer, 412);
	if (reading && since.len > 0 && stamp_read_http(since, &when) && row->modified <= when)
		return stop(answer, 304);
	return false;
}

static bool stopped_by_etag(const struct request *request, const struct row *row, bool reading, struct answer *answer)
{
	struct str match = request_header(request, "If-Match"), none = request_header(request, "If-None-Match");
	struct str etag = etag_of(row, request->arena);

	if (match.len > 0 && str_find(match, etag) < 0 && !str_eq(match, STR("*")))
		return stop(answer, 412);
	if (none.len > 0 && str_find(none, etag) >= 0)
		return stop(answer, reading ? 304 : 412);
	return false;
}

bool conditions_stop(const struct request *request, const struct object *object, const struct row *row, bool reading,
                     struct answer *answer)
{
	if (stopped_by_dates(request, row, reading, answer))
		return true;
	return has_etag(object) && stopped_by_etag(request, row, reading, answer);
}

void conditions_show(const struct object *object, const struct row *row, struct answer *answer)
{
	char text[40];

	stamp_write_http(row->modified, text);
	answer_header(answer, "Last-Modified", arena_str(answer->arena, str_of(text)));
	if (has_etag(object))
		answer_header(answer, "ETag", etag_of(row, answer->arena));
}

/* replication: getUpdated and getDeleted (section 4.2). Seconds of both ends are dropped. */
#include "sandbox/salesforce/handlers.h"

#include "lib/clock.h"

#define DAY_SECONDS  ((int64_t)86400)
#define DELETED_DAYS 15
#define UPDATED_DAYS 30

struct window {
	struct object *object;
	uint32_t from, to;
};

static bool read_end(const struct request *request, const char *name, struct answer *answer, int64_t *ret_seconds)
{
	int64_t ms;

	if (!clock_parse(request_query(request, name), &ms)) {
		fail(answer, 400, "INVALID_REPLICATION_DATE", "%s is missing or no datetime", name);
		return false;
	}
	*ret_seconds = ms / 1000 - ms / 1000 % 60;
	return true;
}

static bool read_window(struct org *org, const struct request *request, struct answer *answer, int64_t days,
                        struct window *ret)
{
	int64_t from, to, now = clock_wall_ms() / 1000;

	ret->object = object_of(org, request, answer);
	if (!ret->object || !read_end(request, "start", answer, &from) || !read_end(request, "end", answer, &to))
		return false;
	if (to - from < 60) {
		fail(answer, 400, "INVALID_REPLICATION_DATE",
		     "endDate must be at least one minute greater than startDate");
		return false;
	}
	if (from < now - days * DAY_SECONDS) {
		fail(answer, 400, "INVALID_REPLICATION_DATE", "startDate before org replication enabled date");
		return false;
	}
	*ret = (struct window) { .object = ret->object, .from = (uint32_t)from, .to = (uint32_t)MIN_OF(to, now) };
	return true;
}

static void write_stamp(struct buf *out, const char *key, uint32_t seconds)
{
	char stamp[32];

	stamp_write(seconds, stamp);
	buf_printf(out, "\"%s\":\"%s\"", key, stamp);
}

static bool inside(const struct window *window, const struct row *row, bool deleted)
{
	return row->deleted == deleted && row->modified >= window->from && row->modified < window->to;
}

void list_updated(void *state, struct request *request, struct answer *answer)
{
	struct buf *out = &answer->body;
	struct window window;
	bool first = true;

	if (!read_window(state, request, answer, UPDATED_DAYS, &window))
		return;
	buf_add_c(out, "{\"ids\":[");
	for (uint32_t i = 0; i < window.object->row_count; i++) {
		char id[ID_LONG + 1];

		if (!inside(&window, row_at(window.object, i), false))
			continue;
		id_long(row_at(window.object, i)->id, id);
		buf_printf(out, "%s\"%s\"", first ? "" : ",", id);
		first = false;
	}
	buf_add_c(out, "],");
	write_stamp(out, "latestDateCovered", window.to);
	buf_add_char(out, '}');
}

void list_deleted(void *state, struct request *request, struct answer *answer)
{
	struct buf *out = &answer->body;
	struct window window;
	bool first = true;

	if (!read_window(state, request, answer, DELETED_DAYS, &window))
		return;
	buf_add_c(out, "{\"deletedRecords\":[");
	for (uint32_t i = 0; i < window.object->row_count; i++) {
		const struct row *row = row_at(window.object, i);
		char id[ID_LONG + 1];

		if (!inside(&window, row, true))
			continue;
		id_long(row->id, id);
		buf_printf(out, "%s{\"id\":\"%s\",", first ? "" : ",", id);
		write_stamp(out, "deletedDate", row->modified);
		buf_add_char(out, '}');
		first = false;
	}
	buf_add_c(out, "],");
	write_stamp(out, "earliestDateAvailable", (uint32_t)(clock_wall_ms() / 1000 - DELETED_DAYS * DAY_SECONDS));
	buf_add_char(out, ',');
	write_stamp(out, "latestDateCovered", window.to);
	buf_add_char(out, '}');
}

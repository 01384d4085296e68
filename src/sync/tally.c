#include "sync/tally.h"

#include <pthread.h>
#include <stdio.h>

#include "lib/clock.h"
#include "sync/select.h"

enum { ROOM = 256, LIST_MAX = 10000 };

#define MS_A_DAY INT64_C(86400000)

static const struct statement ADD = {
	"INSERT INTO event_tally (sync_id, day, event, came, off) VALUES ($1,$2,$3,$4,$5)"
	" ON CONFLICT (sync_id, day, event) DO UPDATE SET came = event_tally.came + $4, off = event_tally.off + $5"
};
static const struct statement LIST = {
	"SELECT sync_id, day, event, came, off FROM event_tally WHERE ($1 = 0 OR sync_id = $1) AND day > $2"
	" ORDER BY day DESC, sync_id, event LIMIT $3"
};

struct line {
	int64_t sync_id;
	char event[96];
	int64_t came, off;
};

struct tally {
	struct arena arena; /* lives in itself */
	pthread_mutex_t lock;
	struct line lines[ROOM];
	size_t count;
};

struct tally *tally_new(void)
{
	struct arena arena = ARENA_INIT;
	struct tally *t = arena_new(&arena, struct tally);

	t->arena = arena;
	must(pthread_mutex_init(&t->lock, NULL) == 0);
	return t;
}

void tally_free(struct tally **tally)
{
	struct tally *t = *tally;
	struct arena arena;

	*tally = NULL;
	if (!t)
		return;
	pthread_mutex_destroy(&t->lock);
	arena = t->arena;
	arena_release(&arena);
}

static struct line *line_of(struct tally *t, int64_t sync_id, struct str event)
{
	struct str name = event.len && event.len < sizeof(t->lines[0].event) ? event : STR("other");
	struct line *line;
	bool last;

	for (size_t i = 0; i < t->count; i++) {
		if (t->lines[i].sync_id == sync_id && str_eq(str_of(t->lines[i].event), name))
			return &t->lines[i];
	}
	if (t->count == ROOM)
		return &t->lines[ROOM - 1];
	/* The last line is for all who find no room. */
	last = t->count == ROOM - 1;
	line = &t->lines[t->count++];
	*line = (struct line) { .sync_id = last ? 0 : sync_id };
	snprintf(line->event, sizeof(line->event), "%.*s", STR_ARG(last ? STR("other") : name));
	return line;
}

void tally_count(struct tally *tally, int64_t sync_id, struct str event, bool off)
{
	struct line *line;

	pthread_mutex_lock(&tally->lock);
	line = line_of(tally, sync_id, event);
	line->came++;
	line->off += off;
	pthread_mutex_unlock(&tally->lock);
}

struct flush_job {
	const struct line *lines;
	size_t count;
	int64_t day;
};

static int flush(struct db *db, void *context, struct err *err)
{
	const struct flush_job *job = context;

	for (size_t i = 0; i < job->count; i++) {
		const struct line *l = &job->lines[i];

		if (db_run(db, &ADD,
		           BIND(bind_int(l->sync_id), bind_int(job->day), bind_text(str_of(l->event)),
		                bind_int(l->came), bind_int(l->off)),
		           err) < 0)
			return err_wrap(err, "count events");
	}
	return 0;
}

/* What cannot be written now is counted on, and written with the next flush. */
int tally_flush(struct tally *tally, struct engine *engine, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct flush_job job = { .day = clock_wall_ms() / MS_A_DAY };
	struct line *lines = arena_new_array(&arena, struct line, ROOM);

	pthread_mutex_lock(&tally->lock);
	job.count = tally->count;
	for (size_t i = 0; i < tally->count; i++)
		lines[i] = tally->lines[i];
	tally->count = 0;
	pthread_mutex_unlock(&tally->lock);
	job.lines = lines;
	if (job.count == 0 || store_write(engine->store, RELAXED, flush, &job, err) == 0)
		return 0;
	pthread_mutex_lock(&tally->lock);
	for (size_t i = 0; i < job.count; i++) {
		struct line *line = line_of(tally, lines[i].sync_id, str_of(lines[i].event));

		line->came += lines[i].came;
		line->off += lines[i].off;
	}
	pthread_mutex_unlock(&tally->lock);
	return err_pass(err);
}

static void read_row(struct rows *rows, struct arena *arena, void *place)
{
	*(struct tally_row *)place = (struct tally_row) {
		.sync_id = row_int(rows, "sync_id"),
		.day = row_int(rows, "day"),
		.event = arena_str(arena, row_text(rows, "event")),
		.came = row_int(rows, "came"),
		.off = row_int(rows, "off"),
	};
}

int tally_list(struct engine *engine, struct arena *arena, int64_t sync_id, int64_t days, struct tally_row **ret,
               size_t *ret_count, struct err *err)
{
	const struct selection what = {
		&LIST, BIND(bind_int(sync_id), bind_int(clock_wall_ms() / MS_A_DAY - days), bind_int(LIST_MAX)),
		LIST_MAX, sizeof(**ret), read_row
	};
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

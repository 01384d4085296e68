/*
 * The event stream of the memory connector. Everything told is kept, numbered from 1; a listener gives out what stands behind
 * its replay number, one at a time, and waits. Faults are worked into what is told, so that every listener meets the same.
 */
#include "connectors/memory_internal.h"

#include "lib/clock.h"

#include <time.h>

/* How often a waiting listener looks whether it is to stop. */
enum { look_ms = 10 };

/* ---- telling; with the lock held ---- */

static void put_last(struct memory *m, const struct told *told)
{
	struct stream *stream = &m->stream;
	struct told *kept = arena_new(&m->arena, struct told);

	*kept = *told;
	kept->next = NULL;
	if (stream->last)
		stream->last->next = kept;
	else
		stream->first = kept;
	stream->last = kept;
	stream->count++;
}

static bool struck(struct memory *m, enum memory_stream_fault fault)
{
	return m->stream.faults[fault] > 0 && --m->stream.faults[fault] == 0;
}

/* The one before waits for the one behind it. */
static void put_and_swap(struct memory *m, const struct told *told)
{
	struct stream *stream = &m->stream;

	put_last(m, told);
	if (!stream->held)
		return;
	put_last(m, stream->held);
	stream->held = NULL;
}

static void hold(struct memory *m, const struct told *told)
{
	m->stream.held = arena_new(&m->arena, struct told);
	*m->stream.held = *told;
}

static void overflow(struct memory *m, const struct told *told)
{
	struct told lost = *told;

	lost.what = "overflow";
	lost.id = lost.text = STR_EMPTY;
	put_and_swap(m, &lost);
}

static void twice(struct memory *m, const struct told *told)
{
	put_and_swap(m, told);
	put_and_swap(m, told);
}

static void lose(struct memory *m UNUSED, const struct told *told UNUSED) {}

static void (*const strikes[])(struct memory *m, const struct told *told) = {
	[MEMORY_LOSE] = lose,
	[MEMORY_REPEAT] = twice,
	[MEMORY_SWAP] = hold,
	[MEMORY_OVERFLOW] = overflow,
};

void memory_stream_tell(struct memory *m, const struct told *told)
{
	void (*put)(struct memory * m, const struct told *told) = put_and_swap;

	for (size_t i = 0; i < MEMORY_STREAM_FAULTS; i++)
		if (struck(m, i))
			put = strikes[i];
	put(m, told);
	must(pthread_cond_broadcast(&m->stream.more) == 0);
}

/* ---- the far side's people ---- */

void memory_tell(struct connection *c, const char *object, const char *id, const char *what)
{
	struct memory *m = memory_of(c);
	struct shelf *shelf;
	const struct stored *stored;

	memory_lock(m);
	shelf = memory_shelf(m, str_of(object));
	stored = memory_find_id(shelf, str_of(id));
	memory_stream_tell(m, &(struct told) { .object = shelf->name,
	                                       .id = arena_str(&m->arena, str_of(id)),
	                                       .text = stored ? stored->text : STR_EMPTY,
	                                       .by = STR("person"),
	                                       .what = arena_text(&m->arena, str_of(what)),
	                                       .time_ms = m->now_ms });
	memory_unlock(m);
}

void memory_stream_strike(struct connection *c, enum memory_stream_fault fault, unsigned nth)
{
	struct memory *m = memory_of(c);

	memory_lock(m);
	m->stream.faults[fault] = nth;
	memory_unlock(m);
}

void memory_forget_stream(struct connection *c)
{
	struct memory *m = memory_of(c);

	memory_lock(m);
	m->stream.count++; /* a number that nobody was given */
	m->stream.forgotten = m->stream.count;
	m->stream.first = m->stream.last = NULL;
	must(pthread_cond_broadcast(&m->stream.more) == 0);
	memory_unlock(m);
}

unsigned memory_listening(struct connection *c)
{
	struct memory *m = memory_of(c);
	unsigned n;

	memory_lock(m);
	n = m->stream.listening;
	memory_unlock(m);
	return n;
}

/* ---- listening ---- */

static void event_of(const struct memory *m, struct arena *arena, const struct told *told, struct event *ret)
{
	*ret = (struct event) {
		.kind = memory_event_kind(str_of(told->what)),
		.name = arena_printf(arena, "%.*s.%s", STR_ARG(told->object), told->what),
		.object = told->object,
		.record = { .id = told->id, .modified_ms = told->time_ms, .modified_by = told->by },
	};
	if (told->text.len == 0)
		return;
	memory_record(m, arena, told->text, told->by, &ret->record);
	ret->whole = !ret->record.fault;
}

/* With the lock held: a while, or until something is told. */
static void wait_a_little(struct memory *m)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += (long)look_ms * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&m->stream.more, &m->lock, &until);
}

/* With the lock held. NULL: nothing behind that number. */
static const struct told *told_after(const struct memory *m, int64_t number)
{
	const struct told *told = m->stream.first;

	for (int64_t n = m->stream.forgotten; told && n < number; n++)
		told = told->next;
	return told;
}

/* Gives out one thing, or waits. The lock is not held while the listener works on it. */
static int listen_once(struct memory *m, const struct listen_request *request, int64_t *number, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct event event;
	struct events events = { .at = &event };
	const struct told *told;

	memory_lock(m);
	if (*number < m->stream.forgotten) {
		memory_unlock(m);
		return err_set(err, ERR_GONE, "the replay number is too old");
	}
	told = told_after(m, *number);
	if (!told)
		wait_a_little(m);
	memory_unlock(m);
	if (!told)
		return 0;
	++*number;
	if (str_eq(told->object, request->object)) {
		event_of(m, &arena, told, &event);
		event.id = arena_printf(&arena, "%" PRId64, *number);
		events.count = 1;
	}
	return request->on_events(request->context, &events, arena_printf(&arena, "%" PRId64, *number), err);
}

static int listen_from(struct memory *m, const struct listen_request *request, int64_t *ret, struct err *err)
{
	struct err failed = ERR_INIT;

	memory_lock(m);
	memory_begin(m, MEMORY_LISTEN, &failed);
	*ret = m->stream.count;
	m->stream.listening += failed.code == 0;
	memory_unlock(m);
	if (failed.code)
		return err_set(err, failed.code, "%s", failed.text);
	if (request->replay.len && (!str_to_i64(request->replay, ret) || *ret < 0))
		*ret = -1; /* none of ours: as old as can be */
	return 0;
}

int memory_listen(struct connection *c, const struct listen_request *request, struct err *err)
{
	struct memory *m = memory_of(c);
	int64_t number;
	int code = listen_from(m, request, &number, err);

	if (code < 0)
		return code;
	if (request->on_state)
		request->on_state(request->context, true, "listening to memory");
	while (code == 0 && !atomic_load(request->stop))
		code = listen_once(m, request, &number, err);
	if (request->on_state)
		request->on_state(request->context, false, "no longer listening to memory");
	memory_lock(m);
	m->stream.listening--;
	memory_unlock(m);
	return code;
}

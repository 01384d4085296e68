/*
 * The client's side of a far system: who waits, who is under way, who rests, and who may start next. Found again through
 * http_target.state, which is only believed when the client knows that state for that very target; so a target may be freed, or
 * used with another client, without telling us. A state that nobody used for a minute is thrown away when a new one is made.
 */
#include "net/http_internal.h"

#include "lib/clock.h"
#include "lib/limits.h"

#include <stdlib.h>

static const unsigned usual_window = 8;
static const unsigned usual_attempts = 6;
static const unsigned usual_backoff_ms = 500;
static const int64_t ms_ns = 1000000;
static const int64_t kept_idle_ns = (int64_t)60 * 1000000000;
/* A pause that the far side asks for is waited out up to here; beyond it, the caller is told and plans by itself. */
static const int64_t patience_ms = 120000;

static struct future_list *list_of(struct http_future *f)
{
	struct target *t = f->target;

	switch (f->stage) {
	case HTTP_STAGE_QUEUED:
		return &t->queue[f->priority];
	case HTTP_STAGE_AUTH:
		return &t->auth.waiting;
	case HTTP_STAGE_UNDER_WAY:
		return &t->under_way_list;
	case HTTP_STAGE_RESTING:
		return &t->resting;
	case HTTP_STAGE_NEW:
	case HTTP_STAGE_DONE:
		return NULL;
	}
	unreachable("stage");
}

void http_target_move(struct http_future *f, enum http_stage stage, enum http_place place)
{
	struct target *t = f->target;
	struct future_list *list;

	ensure(t != NULL);
	list = list_of(f);
	if (list)
		TAILQ_REMOVE(list, f, link);
	t->under_way -= f->stage == HTTP_STAGE_UNDER_WAY;
	f->stage = stage;
	t->under_way += f->stage == HTTP_STAGE_UNDER_WAY;
	list = list_of(f);
	if (list && place == HTTP_FIRST)
		TAILQ_INSERT_HEAD(list, f, link);
	else if (list)
		TAILQ_INSERT_TAIL(list, f, link);
}

static void free_idle(struct http_client *c, int64_t now_ns)
{
	struct target *t = TAILQ_FIRST(&c->targets);

	while (t) {
		struct target *next = TAILQ_NEXT(t, link);

		if (t->alive == 0 && !t->auth.running && now_ns - t->idle_since_ns > kept_idle_ns)
			http_target_free(c, t);
		t = next;
	}
}

static struct target *target_new(struct http_client *c, struct http_target *asked)
{
	struct arena memory = ARENA_INIT;
	struct target *t = arena_new(&memory, struct target);

	t->memory = memory;
	t->asked = asked;
	for (size_t i = 0; i < ARRAY_LEN(t->queue); i++)
		TAILQ_INIT(&t->queue[i]);
	TAILQ_INIT(&t->under_way_list);
	TAILQ_INIT(&t->resting);
	TAILQ_INIT(&t->auth.waiting);
	buf_init(&t->auth.header, LIMIT_HTTP_HEADERS);
	buf_init(&t->auth.answer, LIMIT_HTTP_HEADERS);
	TAILQ_INSERT_TAIL(&c->targets, t, link);
	asked->state = t;
	return t;
}

void http_target_free(struct http_client *c, struct target *t)
{
	struct arena memory = t->memory;

	ensure(t->alive == 0 && !t->auth.running);
	TAILQ_REMOVE(&c->targets, t, link);
	buf_release(&t->auth.header);
	buf_release(&t->auth.answer);
	arena_release(&memory);
}

struct target *http_target_of(struct http_client *c, struct http_target *asked, int64_t now_ns)
{
	struct target *t;

	TAILQ_FOREACH(t, &c->targets, link)
	{
		if (t == asked->state && t->asked == asked)
			break;
	}
	if (!t) {
		free_idle(c, now_ns);
		t = target_new(c, asked);
	}
	return t;
}

int http_target_limits(struct target *t, int64_t now_ns, struct err *err)
{
	t->window = t->asked->window ? t->asked->window : usual_window;
	return pace_set(&t->pace, &t->memory, t->asked->rate, t->asked->pace_file, now_ns, err);
}

/* Low priority comes last by its place in the array: it starts when nothing else waits. */
static struct http_future *first_waiting(struct target *t)
{
	for (size_t i = 0; i < ARRAY_LEN(t->queue); i++) {
		if (!TAILQ_EMPTY(&t->queue[i]))
			return TAILQ_FIRST(&t->queue[i]);
	}
	return NULL;
}

static int64_t wake_rested(struct target *t, int64_t now_ns)
{
	struct http_future *next;

	if (TAILQ_EMPTY(&t->resting))
		return HTTP_NEVER;
	if (now_ns < t->rest_due_ns)
		return t->rest_due_ns;
	t->rest_due_ns = HTTP_NEVER;
	for (struct http_future *f = TAILQ_FIRST(&t->resting); f; f = next) {
		next = TAILQ_NEXT(f, link);
		if (f->rest_until_ns <= now_ns)
			http_target_move(f, HTTP_STAGE_QUEUED, HTTP_FIRST);
		else
			t->rest_due_ns = MIN_OF(t->rest_due_ns, f->rest_until_ns);
	}
	return t->rest_due_ns;
}

/* Told at once instead of left waiting for an hour: the caller can do something else, and nothing is sent. */
static void refuse_long_pause(struct http_client *c, struct http_future *f, int64_t pause_ns)
{
	err_set(&f->err, ERR_RATE, "%s: asked us to send nothing for another %lld s; nothing was sent, try again then",
	        f->host.at, (long long)(pause_ns / (1000 * ms_ns)));
	http_client_finish(c, f);
}

/* When f may start, or HTTP_NEVER when it no longer waits in the queue; 0: now, and it has its ticket. */
static int64_t may_start(struct http_client *c, struct target *t, struct http_future *f, int64_t now_ns)
{
	if (t->paused_until_ns - now_ns > patience_ms * ms_ns) {
		refuse_long_pause(c, f, t->paused_until_ns - now_ns);
		return HTTP_NEVER;
	}
	if (t->paused_until_ns > now_ns)
		return t->paused_until_ns;
	if (http_authorize_needed(f) && !http_authorize_ready(c, t, now_ns)) {
		http_target_move(f, HTTP_STAGE_AUTH, HTTP_LAST);
		return HTTP_NEVER;
	}
	return pace_take(&t->pace, now_ns, &f->ticket);
}

static int64_t start_waiting(struct http_client *c, struct target *t, int64_t now_ns, bool *ret_started)
{
	struct http_future *f;

	while (t->under_way < t->window && (f = first_waiting(t))) {
		int64_t due_ns = may_start(c, t, f, now_ns);

		if (due_ns == 0) {
			http_target_move(f, HTTP_STAGE_UNDER_WAY, HTTP_LAST);
			http_exchange_start(c, f);
			*ret_started = true;
		} else if (due_ns != HTTP_NEVER || first_waiting(t) == f) {
			return due_ns;
		}
	}
	return HTTP_NEVER;
}

int64_t http_target_dispatch(struct http_client *c, struct target *t, int64_t now_ns, bool *ret_started)
{
	int64_t rested_ns = wake_rested(t, now_ns);
	int64_t due_ns = start_waiting(c, t, now_ns, ret_started);

	return MIN_OF(rested_ns, due_ns);
}

static void observe(struct http_future *f)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct http_header *headers;
	size_t count;

	if (!f->asked->observe)
		return;
	headers = http_future_headers(f, &arena, &count);
	f->asked->observe(f->asked->context, f->status, headers, count);
}

/* A Date is cut to the second: on average half of one is missing. */
static void note_clock(struct http_future *f)
{
	int64_t date = http_date(str_trim(http_future_header(f, "Date")));

	if (date < 0)
		return;
	atomic_store_explicit(&f->asked->clock_ahead_ms, date * 1000 + 500 - clock_wall_ms(), memory_order_relaxed);
	atomic_store_explicit(&f->asked->clock_known, true, memory_order_release);
}

static void rest(struct target *t, struct http_future *f, int64_t until_ns)
{
	http_target_move(f, HTTP_STAGE_RESTING, HTTP_LAST);
	f->rest_until_ns = until_ns;
	t->rest_due_ns =
	        TAILQ_FIRST(&t->resting) == f && !TAILQ_NEXT(f, link) ? until_ns : MIN_OF(t->rest_due_ns, until_ns);
}

static bool asks_to_slow_down(const struct http_attempt *attempt)
{
	return attempt->answered && (attempt->status == 429 || attempt->status == 503);
}

/* How long before the next attempt. After a 429, and a 503 that names a time, all requests to the target wait (not only this one). */
static int64_t pause_after(struct target *t, struct http_future *f, const struct http_attempt *attempt, int64_t now_ns)
{
	unsigned first_ms = f->asked->backoff_ms ? f->asked->backoff_ms : usual_backoff_ms;
	int64_t pause_ms = http_retry_backoff_ms(first_ms, f->attempts, arc4random());
	int64_t asked_ms = -1;

	if (attempt->was_idle && f->attempts == 1)
		return 0;
	if (asks_to_slow_down(attempt))
		asked_ms = http_retry_after_ms(http_future_header(f, "Retry-After"), http_future_header(f, "Date"),
		                               clock_wall_ms());
	if (asked_ms > 0)
		pause_ms = asked_ms;
	if (asked_ms > 0 || (attempt->answered && attempt->status == 429))
		t->paused_until_ns = MAX_OF(t->paused_until_ns, now_ns + pause_ms * ms_ns);
	return pause_ms;
}

static void finish_judged(struct http_client *c, struct http_future *f, const struct http_attempt *attempt)
{
	if (!attempt->answered && f->attempts > 1)
		err_wrap(&f->err, "after %u attempts", f->attempts);
	/* An earlier attempt may have worked although this answer says no. */
	if (attempt->answered && attempt->status < 400)
		f->uncertain = false;
	http_client_finish(c, f);
}

void http_target_judge(struct http_client *c, struct http_future *f, const struct http_attempt *attempt)
{
	struct target *t = f->target;
	unsigned limit = f->asked->attempts ? f->asked->attempts : usual_attempts;
	int64_t now_ns = clock_mono_ns();
	int64_t pause_ms = 0;
	bool again;

	if (attempt->answered) {
		note_clock(f);
		observe(f);
	}
	if (attempt->answered && attempt->status == 401 && http_authorize_needed(f) && !f->auth_repeated) {
		http_authorize_refused(t, f);
		http_target_move(f, HTTP_STAGE_QUEUED, HTTP_FIRST);
		return;
	}
	again = http_retry_allowed(attempt, f->idempotent) && f->attempts - f->auth_repeated < limit;
	if (again || asks_to_slow_down(attempt))
		pause_ms = pause_after(t, f, attempt, now_ns);
	if (!again || pause_ms > patience_ms) {
		finish_judged(c, f, attempt);
		return;
	}
	atomic_fetch_add_explicit(&c->count.retried, 1, memory_order_relaxed);
	rest(t, f, now_ns + pause_ms * ms_ns);
}

void http_target_abort_one(struct http_client *c, struct http_future *f, const char *why)
{
	if (f->stage == HTTP_STAGE_UNDER_WAY)
		http_exchange_abort(c, f);
	http_future_clear_answer(f);
	err_set(&f->err, ERR_ABORTED, "%s: %s", f->host.at, why);
	http_client_finish(c, f);
}

static void abort_list(struct http_client *c, struct future_list *list)
{
	struct http_future *f;

	while ((f = TAILQ_FIRST(list)))
		http_target_abort_one(c, f, "Suture stopped before an answer came");
}

void http_target_abort(struct http_client *c, struct target *t)
{
	for (size_t i = 0; i < ARRAY_LEN(t->queue); i++)
		abort_list(c, &t->queue[i]);
	abort_list(c, &t->under_way_list);
	abort_list(c, &t->resting);
	if (!t->auth.running)
		abort_list(c, &t->auth.waiting);
}

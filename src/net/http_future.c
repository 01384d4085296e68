/*
 * A future is made by http_start, filled by the net thread, emptied and freed by http_wait. Its own memory and the copy of the
 * request are one arena; the answer is held in buffers, because its size is not known before it is there.
 */
#include "net/http_internal.h"

#include "lib/clock.h"
#include "lib/limits.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static const size_t copied_body = (size_t)32 << 10;

struct http_future *http_future_new(struct http_client *client, const struct http_request *request)
{
	struct arena memory = ARENA_INIT;
	struct http_future *f = arena_new(&memory, struct http_future);

	*f = (struct http_future) {
		.magic = HTTP_FUTURE_MAGIC,
		.memory = memory,
		.client = client,
		.asked = request->target,
		.priority = request->priority,
		.idempotent = request->idempotent,
		.no_auth = request->no_auth,
		.head = BUF_INIT(LIMIT_HTTP_HEADERS),
		.spans = BUF_INIT(LIMIT_HTTP_HEADERS * sizeof(struct head_span)),
		.body_in = BUF_INIT(LIMIT_HTTP_BODY),
	};
	ensure(f->priority <= HTTP_LOW);
	must(pthread_mutex_init(&f->lock, NULL) == 0);
	must(sem_init(&f->finished, 0, 0) == 0);
	return f;
}

void http_future_free(struct http_future *f)
{
	struct arena memory = f->memory;

	buf_release(&f->head);
	buf_release(&f->spans);
	buf_release(&f->body_in);
	sem_destroy(&f->finished);
	pthread_mutex_destroy(&f->lock);
	f->magic = 0;
	arena_release(&memory);
}

void http_future_clear_answer(struct http_future *f)
{
	f->err = (struct err)ERR_INIT;
	f->status = 0;
	buf_clear(&f->head);
	buf_clear(&f->spans);
	buf_clear(&f->body_in);
}

/* The post comes last, and without the lock: the waiter frees the future as soon as it has it. */
void http_future_done(struct http_future *f)
{
	pthread_mutex_lock(&f->lock);
	/* Finished just before the net thread came to read that it is cancelled: the canceller is about to free it. */
	if (f->cancel_posted && !f->cancelled)
		http_client_forget_cancel(f->client, f);
	f->stage = HTTP_STAGE_DONE;
	f->done = true;
	pthread_mutex_unlock(&f->lock);
	sem_post(&f->finished);
}

void http_future_wait(struct http_future *f)
{
	while (sem_wait(&f->finished) < 0)
		must(errno == EINTR);
}

static size_t span_count(const struct http_future *f)
{
	return f->spans.len / sizeof(struct head_span);
}

static struct http_header header_at(const struct http_future *f, size_t i)
{
	struct head_span span;

	memcpy(&span, f->spans.at + i * sizeof(span), sizeof(span));
	return (struct http_header) {
		.name = str_range(f->head.at + span.name, span.name_len),
		.value = str_range(f->head.at + span.value, span.value_len),
	};
}

struct http_header *http_future_headers(const struct http_future *f, struct arena *arena, size_t *ret_count)
{
	size_t count = span_count(f);
	struct http_header *headers = arena_new_array(arena, struct http_header, count);

	for (size_t i = 0; i < count; i++)
		headers[i] = header_at(f, i);
	*ret_count = count;
	return headers;
}

struct str http_future_header(const struct http_future *f, const char *name)
{
	for (size_t i = 0; i < span_count(f); i++) {
		struct http_header header = header_at(f, i);

		if (str_eq_nocase(header.name, str_of(name)))
			return header.value;
	}
	return STR_EMPTY;
}

static void release_body(void *context)
{
	buf_release(context);
}

/* A long body changes its owner instead of being copied. */
static struct str body_into(struct http_future *f, struct arena *arena)
{
	struct buf *body;

	if (f->body_in.len < copied_body)
		return arena_str(arena, buf_str(&f->body_in));
	body = arena_new(arena, struct buf);
	*body = f->body_in;
	buf_init(&f->body_in, LIMIT_HTTP_BODY);
	arena_on_release(arena, release_body, body);
	return buf_str(body);
}

static void fill_answer(struct http_future *f, struct arena *arena, struct http_answer *ret)
{
	struct http_header *headers;

	ret->status = f->status;
	ret->sent_ns = f->sent_ns;
	ret->took_ns = f->took_ns;
	ret->body = body_into(f, arena);
	headers = http_future_headers(f, arena, &ret->header_count);
	for (size_t i = 0; i < ret->header_count; i++) {
		headers[i].name = arena_str(arena, headers[i].name);
		headers[i].value = arena_str(arena, headers[i].value);
	}
	ret->headers = headers;
}

bool http_ready(const struct http_future *future)
{
	struct http_future *f = (struct http_future *)future;
	bool done;

	ensure(f->magic == HTTP_FUTURE_MAGIC);
	pthread_mutex_lock(&f->lock);
	done = f->done;
	pthread_mutex_unlock(&f->lock);
	return done;
}

/* The post is given back: http_wait takes it. */
bool http_wait_ready(struct http_future *future, int64_t timeout_ms)
{
	int64_t until_ns = clock_mono_ns() + MAX_OF(timeout_ms, (int64_t)0) * 1000000;
	struct timespec until = { .tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000 };

	ensure(future->magic == HTTP_FUTURE_MAGIC);
	while (sem_clockwait(&future->finished, CLOCK_MONOTONIC, &until) < 0) {
		if (errno == ETIMEDOUT)
			return false;
		must(errno == EINTR);
	}
	must(sem_post(&future->finished) == 0);
	return true;
}

int http_wait(struct http_future **future, struct arena *arena, struct http_answer *ret, struct err *err)
{
	struct http_future *f = *future;
	int rc;

	ensure(f && f->magic == HTTP_FUTURE_MAGIC);
	*future = NULL;
	http_future_wait(f);
	*ret = (struct http_answer) { .attempts = f->attempts, .uncertain = f->uncertain };
	rc = f->err.code;
	if (rc < 0)
		*err = f->err;
	else
		fill_answer(f, arena, ret);
	http_future_free(f);
	return rc;
}

struct str http_header_of(const struct http_answer *answer, const char *name)
{
	for (size_t i = 0; i < answer->header_count; i++) {
		if (str_eq_nocase(answer->headers[i].name, str_of(name)))
			return answer->headers[i].value;
	}
	return STR_EMPTY;
}

/*
 * One request on its way: from the web thread into the queue, to a worker, over the list of done calls back to the web thread. A call
 * belongs to one thread at a time, so its fields need no lock; the lists do.
 */
#include "net/http_server_internal.h"
#include "lib/clock.h"

#include <signal.h>

static const struct refusal busy = { 503, "busy", "too much waits already; ask again in a second" };

struct call *call_new(struct conn *c)
{
	struct arena memory = ARENA_INIT;
	struct call *call = arena_new(&memory, struct call);

	call->memory = memory;
	call->server = c->server;
	call->conn = c;
	call->started_ns = clock_mono_ns();
	call->asked = (struct http_asked) {
		.server = c->server, .method = "other", .pattern = "none", .tls = c->server->options.cert_file != NULL
	};
	return call;
}

void call_free(struct call *call)
{
	struct arena memory = call->memory;

	count_sub(call->server, COUNT_HELD, call->held);
	if (call->body)
		evbuffer_free(call->body);
	arena_release(&memory);
}

void call_refuse(struct call *call, const struct refusal *why)
{
	static const struct http_header retry[] = { { { "Retry-After", 11 }, { "1", 1 } } };

	http_reply_error(&call->reply, &call->memory, why->status, why->code, why->message, NULL);
	if (why->status == 503) {
		count_add(call->server, COUNT_BUSY, 1);
		call->reply.headers = retry;
		call->reply.header_count = 1;
	}
	reply_compose(call);
	conn_answer(call);
}

/* False: somebody else will have the answer, and the call is his. */
static bool run(struct call *call)
{
	struct http_server *s = call->server;
	void *context = call->route->context ? call->route->context : s->options.context;
	bool ready;

	count_add(s, COUNT_RUNNING, 1);
	call->route->handle(context, &call->asked, &call->memory, &call->reply);
	ready = !call->later || atomic_fetch_sub(&call->unready, 1) == 1;
	if (ready)
		reply_compose(call);
	count_sub(s, COUNT_RUNNING, 1);
	return ready;
}

/* False: full. */
static bool enqueue(struct http_server *s, struct call *call)
{
	bool room = count_of(s, COUNT_QUEUED) < s->options.queue;

	if (!room)
		return false;
	pthread_mutex_lock(&s->lock);
	call->next = NULL;
	*s->queue_end = call;
	s->queue_end = &call->next;
	count_add(s, COUNT_QUEUED, 1);
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
	return true;
}

void call_dispatch(struct call *call)
{
	size_t len = call->body ? evbuffer_get_length(call->body) : 0;

	if (len > 0)
		call->asked.body = str_range((const char *)evbuffer_pullup(call->body, -1), len);
	call->asked.received_ms = clock_wall_ms();
	call->asked.received_ns = clock_mono_ns();
	if (call->route->inline_ok) {
		ensure(run(call));
		conn_answer(call);
	} else if (!enqueue(call->server, call)) {
		call_refuse(call, &busy);
	}
}

/* Waits for one. NULL: the server closes. */
static struct call *next_call(struct http_server *s)
{
	struct call *call = NULL;

	pthread_mutex_lock(&s->lock);
	while (!s->queue && !s->workers_stop)
		pthread_cond_wait(&s->work, &s->lock);
	if (!s->workers_stop) {
		call = s->queue;
		s->queue = call->next;
		if (!s->queue)
			s->queue_end = &s->queue;
		count_sub(s, COUNT_QUEUED, 1);
	}
	pthread_mutex_unlock(&s->lock);
	return call;
}

static void put_done(struct http_server *s, struct call *call)
{
	bool first;

	pthread_mutex_lock(&s->lock);
	first = !s->done;
	call->next = NULL;
	*s->done_end = call;
	s->done_end = &call->next;
	pthread_mutex_unlock(&s->lock);
	if (first)
		server_wake(s);
}

static struct call *call_of(const struct http_asked *asked)
{
	return (struct call *)((char *)(uintptr_t)asked - offsetof(struct call, asked));
}

void http_reply_later(const struct http_asked *asked)
{
	struct call *call = call_of(asked);
	struct http_server *s = call->server;

	ensure(!call->later && !call->route->inline_ok);
	call->later = true;
	atomic_store(&call->unready, 2);
	pthread_mutex_lock(&s->lock);
	s->later++;
	pthread_mutex_unlock(&s->lock);
}

void http_reply_now(const struct http_asked *asked)
{
	struct call *call = call_of(asked);
	struct http_server *s = call->server;

	if (atomic_fetch_sub(&call->unready, 1) == 1) {
		reply_compose(call);
		put_done(s, call);
	}
	pthread_mutex_lock(&s->lock);
	if (--s->later == 0)
		pthread_cond_signal(&s->no_later);
	pthread_mutex_unlock(&s->lock);
}

static void *work(void *context)
{
	struct http_server *s = context;
	struct call *call;

	pthread_setname_np(pthread_self(), "web worker");
	while ((call = next_call(s))) {
		if (run(call))
			put_done(s, call);
	}
	return NULL;
}

static struct call *take_list(struct http_server *s, struct call **list, struct call ***end)
{
	struct call *first;

	pthread_mutex_lock(&s->lock);
	first = *list;
	*list = NULL;
	*end = list;
	pthread_mutex_unlock(&s->lock);
	return first;
}

void call_take_done(struct http_server *s)
{
	struct call *call = take_list(s, &s->done, &s->done_end);

	while (call) {
		struct call *next = call->next;

		conn_answer(call);
		call = next;
	}
}

int workers_start(struct http_server *s, struct err *err)
{
	s->workers = arena_new_array(&s->memory, pthread_t, s->options.workers);
	for (unsigned i = 0; i < s->options.workers; i++) {
		if (pthread_create(&s->workers[i], NULL, work, s) != 0)
			return err_set(err, ERR_SYSTEM, "no thread for a worker of the HTTP server");
		s->worker_count++;
	}
	return 0;
}

void workers_end(struct http_server *s)
{
	pthread_mutex_lock(&s->lock);
	s->workers_stop = true;
	pthread_cond_broadcast(&s->work);
	pthread_mutex_unlock(&s->lock);
}

void workers_stop(struct http_server *s)
{
	struct call *call;

	workers_end(s);
	for (unsigned i = 0; i < s->worker_count; i++)
		pthread_join(s->workers[i], NULL);
	pthread_mutex_lock(&s->lock);
	while (s->later > 0)
		pthread_cond_wait(&s->no_later, &s->lock);
	pthread_mutex_unlock(&s->lock);
	/* Nobody is left to answer to. */
	call_take_done(s);
	call = take_list(s, &s->queue, &s->queue_end);
	while (call) {
		struct call *next = call->next;

		call_free(call);
		call = next;
	}
}

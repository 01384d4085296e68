/*
 * What the files of the server share. Nobody else includes it.
 *
 *	conn    one socket with its place in what HTTP/1.1 allows; a slot of a fixed table; only the web thread knows it
 *	call    one request and its answer; its own arena; belongs to one thread at a time: web, queue, worker, web
 *	stream  an answer that stays open; a slot; guarded by stream_lock, since any thread sends
 *
 * Locks: `lock` for queue, done list and stopping; `stream_lock` for the streams. Neither is taken while the other is held.
 */
#ifndef SUTURE_NET_HTTP_SERVER_INTERNAL_H
#define SUTURE_NET_HTTP_SERVER_INTERNAL_H

#include "net/http_server.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <pthread.h>
#include <stdatomic.h>

/* Why a request is not carried out. Constant rows; NULL is "nothing wrong". */
struct refusal {
	unsigned status;
	const char *code;
	const char *message;
};

/* ---- http_server_head.c: the head of a request, pure functions ---- */

struct head {
	struct str method;
	struct str path;
	struct str query;
	struct http_header *headers;
	size_t header_count;
	uint64_t length; /* Content-Length, 0 without */
	bool chunked;
	bool keep; /* the client wants the connection to stay */
	bool expects;
};

/* Length of the head at the start of `bytes` with its empty line; 0: more is needed. *scanned: where to go on next time, 0 at first. */
const struct refusal *head_find(struct str bytes, size_t *scanned, size_t *ret_len);
/* `text` is a whole head and lives as long as the result. */
const struct refusal *head_parse(struct arena *arena, struct str text, struct head *ret);

/* ---- http_server_body.c: a body on its way in ---- */

struct body_reader {
	struct evbuffer *to;
	uint64_t left; /* of the body, or of the chunk */
	size_t limit;
	size_t trailer; /* bytes of trailers so far */
	bool chunked;
	unsigned place; /* within the chunks */
	bool done;
};

void body_begin(struct body_reader *b, struct evbuffer *to, const struct head *head, size_t limit);
/* Moves what has come. b->done: complete. */
const struct refusal *body_take(struct body_reader *b, struct evbuffer *from);

/* ---- http_server_route.c: the table ---- */

struct route;

struct route_table {
	struct route *rows;
	size_t count;
};

int routes_compile(struct arena *arena, const struct http_route *rows, size_t count, struct route_table *ret,
                   struct err *err);
struct route_found {
	const struct http_route *row;
	struct str allow; /* with 405: what would do */
};

/* Fills pattern, method and params of `asked` and finds the row; 400, 404 or 405 when there is none. */
const struct refusal *routes_find(const struct route_table *table, struct arena *arena, struct str method,
                                  struct str path, struct http_asked *asked, struct route_found *ret);
const struct refusal *query_split(struct arena *arena, struct str query, struct http_asked *asked);

/* ---- the server ---- */

enum conn_state {
	CONN_FREE,
	CONN_IDLE, /* nothing of a request has come */
	CONN_HEAD,
	CONN_BODY,
	CONN_CALL,   /* with a worker or waiting for one; not read meanwhile */
	CONN_ANSWER, /* being written */
	CONN_STREAM,
	CONN_LINGER, /* answered, not read to its end: thrown away for a moment, so that the answer is not lost to a reset */
};

struct call;

struct conn {
	struct http_server *server;
	struct bufferevent *bev;
	struct call *call; /* from CONN_HEAD until it is answered */
	struct conn *next_free;
	int64_t due_ms;   /* monotonic; 0: none */
	int64_t since_ms; /* of CONN_IDLE and CONN_LINGER: when the last answer was written; 0: none yet */
	size_t scanned;   /* of the head; bytes thrown away in CONN_LINGER */
	uint64_t stream;
	enum conn_state state;
	bool keep;   /* after this answer */
	bool unread; /* the rest of the request was not read */
	bool eof;    /* the client has said all */
	char peer[46];
};

struct call {
	struct arena memory; /* of itself, the head, the handler */
	struct http_server *server;
	struct conn *conn; /* NULL: gone. Web thread only */
	struct call *next; /* in queue or done list */
	const struct http_route *route;
	struct http_asked asked;
	struct http_reply reply;
	struct evbuffer *body;
	struct body_reader reader;
	struct str answer; /* status line and headers, composed */
	int64_t started_ns;
	size_t held; /* of server->held */
	bool keep;
	bool bodyless;       /* HEAD */
	bool later;          /* set by the handler */
	atomic_uint unready; /* of `later`: the handler, and who has the answer; whoever is the second composes it */
};

struct stream {
	uint64_t id;       /* 0: free. generation << 32 | slot + 1 */
	struct conn *conn; /* web thread only; NULL until the answer is opened */
	struct evbuffer *pending;
	void (*on_gone)(void *context, uint64_t stream);
	void *context;
	uint32_t generation;
	uint32_t next; /* in the dirty list, slot + 1 */
	bool dirty;
	bool slow;
	bool ending;
};

enum count {
	COUNT_CLASS_0,
	COUNT_CLASS_LAST = COUNT_CLASS_0 + 5,
	COUNT_BUSY,
	COUNT_ACCEPTED,
	COUNT_TURNED_AWAY,
	COUNT_LATE,
	COUNT_STREAMS_DROPPED,
	COUNT_BYTES_IN,
	COUNT_BYTES_OUT,
	COUNT_QUEUED,
	COUNT_RUNNING,
	COUNT_CONNECTIONS,
	COUNT_STREAMS,
	COUNT_HELD,
	COUNTS
};

struct http_server {
	struct arena memory;
	struct http_server_options options;
	struct route_table routes;
	unsigned port;
	void *tls; /* SSL_CTX, or NULL; exchanged under `lock` */

	/* web thread */
	struct event_base *base;
	struct evconnlistener *listener;
	struct event *wake;
	struct event *tick;
	struct event *give_up; /* end of close_ms */
	struct conn *conns;
	struct conn *free_conns;
	int64_t comment_due_ms;
	bool paused; /* no descriptors: accepts again at the next tick */
	pthread_t web;
	int wake_fd;
	_Atomic bool draining;

	pthread_mutex_t lock;
	pthread_cond_t work;
	struct call *queue, **queue_end;
	struct call *done, **done_end;
	size_t later; /* answers that are still to come */
	pthread_cond_t no_later;
	bool workers_stop;
	pthread_t *workers;
	unsigned worker_count;

	pthread_mutex_t stream_lock;
	struct stream *streams;
	uint32_t dirty; /* slot + 1 of the first stream with news */

	_Atomic uint64_t counts[COUNTS];
};

static inline void count_add(struct http_server *s, enum count which, uint64_t n)
{
	atomic_fetch_add_explicit(&s->counts[which], n, memory_order_relaxed);
}

static inline void count_sub(struct http_server *s, enum count which, uint64_t n)
{
	atomic_fetch_sub_explicit(&s->counts[which], n, memory_order_relaxed);
}

static inline uint64_t count_of(const struct http_server *s, enum count which)
{
	return atomic_load_explicit(&s->counts[which], memory_order_relaxed);
}

void server_wake(struct http_server *s); /* any thread */

/* ---- http_server_tls.c ---- */
int tls_open(const struct http_server_options *options, void **ret, struct err *err);
void tls_close(void *tls);
struct bufferevent *tls_bufferevent(void *tls, struct event_base *base, evutil_socket_t fd,
                                    int flags); /* NULL: no memory */
void tls_say_goodbye(struct bufferevent *bev);  /* no-op on plain connections */

/* ---- http_server_conn.c: web thread ---- */
void conn_accept(struct http_server *s, evutil_socket_t fd, const struct sockaddr *from);
void conn_free(struct conn *c);
void conn_answer(struct call *call); /* the composed answer goes out; takes the call */
void conn_tick(struct http_server *s, int64_t now_ms);
void conn_drain(struct http_server *s); /* closes what idles; the rest is not kept after its answer */
void conn_free_all(struct http_server *s);

/* ---- http_server_call.c: calls, queue, workers ---- */
struct call *call_new(struct conn *c);
void call_free(struct call *call);
void call_refuse(struct call *call, const struct refusal *why);
/* To a worker, or runs it here (inline_ok). Answers with 503 when the queue is full. */
void call_dispatch(struct call *call);
void call_take_done(struct http_server *s); /* web thread: answers what the workers finished */
int workers_start(struct http_server *s, struct err *err);
void workers_end(struct http_server *s);  /* they take no more calls */
void workers_stop(struct http_server *s); /* and are waited for; frees what is left */

/* ---- http_server_reply.c ---- */
void reply_compose(struct call *call); /* fills call->answer; mends what the handler did wrong */

/* ---- http_server_stream.c ---- */
void streams_close(struct http_server *s);
void stream_attach(struct http_server *s, uint64_t id, struct conn *c); /* the answer is open */
void stream_gone(struct http_server *s, uint64_t id);                   /* calls on_gone, once */
void streams_flush(struct http_server *s);                              /* web thread, after a wake-up */
void stream_comment(struct conn *c);

#endif

/*
 * http_internal: what the files of the HTTP client share. Private to src/net.
 *
 * Who touches what: `inbox` of the client and `done` of a future are guarded by their locks. Everything else of a future
 * belongs to the caller until http_start has returned, then to the net thread until `done`, then to the caller again.
 * Targets and exchanges belong to the net thread. Lock order: future, then client.
 */
#ifndef SUTURE_NET_HTTP_INTERNAL_H
#define SUTURE_NET_HTTP_INTERNAL_H

#include "net/http.h"
#include "net/http_pace.h"
#include "net/http_retry.h"

#include <curl/curl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/queue.h>

#define HTTP_CLIENT_MAGIC 0x68747063u
#define HTTP_FUTURE_MAGIC 0x68747066u
#define HTTP_NEVER        INT64_MAX

struct exchange;
struct target;

enum http_stage {
	HTTP_STAGE_NEW,       /* not yet seen by the net thread, or refused at once */
	HTTP_STAGE_QUEUED,    /* waits for its turn at the target */
	HTTP_STAGE_AUTH,      /* waits for the target's authorization */
	HTTP_STAGE_UNDER_WAY, /* libcurl has it */
	HTTP_STAGE_RESTING,   /* between two attempts */
	HTTP_STAGE_DONE,
};

/* A header within http_future.head. */
struct head_span {
	uint32_t name, name_len, value, value_len;
};

struct http_future {
	uint32_t magic;
	struct arena memory; /* of the future itself and of its copy of the request */
	struct http_client *client;

	pthread_mutex_t lock;
	sem_t finished;     /* posted once, by the net thread */
	bool done;          /* guarded by lock */
	bool cancel_posted; /* guarded by lock */

	/* The request; constant. */
	struct http_target *asked;
	const char *method;
	enum http_use use; /* never HTTP_USE_METHOD */
	const char *url;
	struct str host;      /* "host:port", for sentences: never the path or query (R41) */
	const char **headers; /* "Name: value" */
	size_t header_count;
	bool has_content_type;
	struct str body;
	enum http_priority priority;
	bool idempotent;
	bool no_auth;

	/* On the way. */
	TAILQ_ENTRY(http_future) link;         /* of the list that its stage says */
	TAILQ_ENTRY(http_future) started_link; /* both at once: cancelled before it was accepted */
	TAILQ_ENTRY(http_future) cancelled_link;
	enum http_stage stage;
	bool cancelled;           /* the net thread knows */
	bool auth_repeated;       /* has had its second chance after a 401 */
	unsigned auth_generation; /* of the authorization it was sent with */
	struct target *target;
	struct exchange *exchange;
	struct pace_ticket ticket;
	int64_t rest_until_ns;

	/* The outcome: of the latest attempt. */
	struct err err; /* code ERR_OK: answered */
	unsigned status;
	struct buf head;  /* names and values, one after the other */
	struct buf spans; /* struct head_span, one a header */
	struct buf body_in;
	int64_t sent_ns;
	int64_t took_ns;
	unsigned attempts;
	bool uncertain;
};

TAILQ_HEAD(future_list, http_future);

struct target_auth {
	bool running; /* a helper thread is asking */
	bool has_thread;
	bool refresh; /* what it was asked */
	bool stale;   /* the far side refused what we have */
	bool known;
	unsigned generation;
	int64_t asked_ns;
	struct buf header; /* "Authorization: ..." */
	struct future_list waiting;
	/* The helper's own while it runs. */
	pthread_t thread;
	struct http_client *client;
	int (*ask)(void *context, bool refresh, struct buf *ret_header, struct err *err);
	void *context;
	struct buf answer;
	struct err err;
	TAILQ_ENTRY(target) answered_link; /* in the client's inbox */
};

/* The client's side of a struct http_target. */
struct target {
	struct arena memory;
	struct http_target *asked; /* only valid while alive > 0 */
	TAILQ_ENTRY(target) link;
	struct future_list queue[HTTP_LOW + 1];
	struct future_list under_way_list;
	struct future_list resting;
	int64_t rest_due_ns; /* no resting request is due before */
	struct pace pace;
	unsigned window;
	unsigned under_way; /* length of the list of that name */
	size_t alive;       /* futures that are not done */
	int64_t idle_since_ns;
	int64_t paused_until_ns; /* the far side asked all of us to wait */
	struct target_auth auth;
};

TAILQ_HEAD(target_list, target);
SLIST_HEAD(exchange_list, exchange);

struct inbox {
	struct future_list started;
	struct future_list cancelled;
	struct target_list authorized;
	bool stop;
	bool asleep; /* the net thread sleeps or is about to: it wants to be woken */
};

struct http_client {
	uint32_t magic;
	struct arena memory; /* of itself and of its exchanges */
	pthread_t thread;
	CURLM *multi;
	struct str allowed; /* hosts; constant from the first request on */
	pthread_mutex_t lock;
	struct inbox inbox; /* guarded by lock */

	/* The net thread's own. */
	struct target_list targets;
	struct exchange_list idle; /* easy handles to be used again */
	size_t alive;
	unsigned helpers;
	bool stopping;

	struct {
		_Atomic uint64_t started, answered, retried, failed, refreshed, bytes_in, bytes_out;
	} count;
};

/* http_future.c */
struct http_future *http_future_new(struct http_client *client, const struct http_request *request);
void http_future_free(struct http_future *f);
void http_future_clear_answer(struct http_future *f);
/* Hands the outcome to the waiter. The future must not be touched afterwards. */
void http_future_done(struct http_future *f);
void http_future_wait(struct http_future *f); /* by its one owner, once */
/* Headers of the answer: texts point into the future, the array lives in the arena. */
struct http_header *http_future_headers(const struct http_future *f, struct arena *arena, size_t *ret_count);
struct str http_future_header(const struct http_future *f, const char *name);
bool http_header_is_safe(struct str name, struct str value); /* no control characters: nothing can be smuggled in */

/* http_request.c */
int http_request_copy(struct http_future *f, const struct http_request *request, struct err *err) MUST_CHECK;

/* http_client.c */
/* `put` runs under the client's lock; the net thread is woken when it sleeps. */
void http_client_post(struct http_client *c, void (*put)(struct inbox *inbox, void *what), void *what);
/* Takes a future back that was posted as cancelled and not read yet. */
void http_client_forget_cancel(struct http_client *c, struct http_future *f);
/* Ends a future, wherever it is: f->err says whether it was answered. */
void http_client_finish(struct http_client *c, struct http_future *f);

/* http_target.c */
struct target *http_target_of(struct http_client *c, struct http_target *asked, int64_t now_ns);
/* Takes over rate and window as they are now. Fails when the pace cannot be kept: nothing may be sent. */
int http_target_limits(struct target *t, int64_t now_ns, struct err *err) MUST_CHECK;
void http_target_free(struct http_client *c, struct target *t);
enum http_place { HTTP_FIRST, HTTP_LAST };
void http_target_move(struct http_future *f, enum http_stage stage, enum http_place place);
/* Starts what may start. When to look again: HTTP_NEVER: not before something happens. */
int64_t http_target_dispatch(struct http_client *c, struct target *t, int64_t now_ns, bool *ret_started);
/* Judges the finished attempt: done, or another one. */
void http_target_judge(struct http_client *c, struct http_future *f, const struct http_attempt *attempt);
/* Fails everything but what a helper thread works for. */
void http_target_abort(struct http_client *c, struct target *t);
void http_target_abort_one(struct http_client *c, struct http_future *f, const char *why);

/* http_authorize.c */
bool http_authorize_needed(const struct http_future *f);
bool http_authorize_ready(struct http_client *c, struct target *t, int64_t now_ns);
void http_authorize_refused(struct target *t, struct http_future *f); /* a 401 came for f */
void http_authorize_finish(struct http_client *c, struct target *t);

/* http_exchange.c */
void http_exchange_start(struct http_client *c, struct http_future *f);
void http_exchange_finish(struct http_client *c, CURL *easy, CURLcode code);
void http_exchange_abort(struct http_client *c, struct http_future *f);
void http_exchange_free_idle(struct http_client *c);

#endif

/*
 * The net thread and the door to it. http_start copies the request and posts it; the net thread does the rest, one turn
 * after another:
 *
 *	take_inbox   new requests to their targets, cancelled ones out, answers of helper threads in
 *	perform      libcurl reads and writes what it can
 *	collect      finished attempts are judged (http_target_judge): done, or another attempt
 *	dispatch     each target starts what its pace, window and authorization allow
 *	sleep        until a socket, a post or the next due moment
 *
 *	                                +--------> AUTH ---------+
 *	                                |                        v
 *	http_start ---> NEW ---> QUEUED-+-----------------> UNDER_WAY ---> DONE ---> http_wait
 *	                           ^                             |
 *	                           +--------- RESTING <----------+
 */
#include "net/http_internal.h"

#include "lib/clock.h"

#include <signal.h>

static const int64_t longest_sleep_ns = (int64_t)60 * 1000000000;
static const size_t taken_a_turn = 500; /* so that a flood of new requests does not starve those under way */
static const long kept_connections = 128;

void http_client_post(struct http_client *c, void (*put)(struct inbox *inbox, void *what), void *what)
{
	bool wake;

	pthread_mutex_lock(&c->lock);
	put(&c->inbox, what);
	wake = c->inbox.asleep;
	c->inbox.asleep = false;
	pthread_mutex_unlock(&c->lock);
	if (wake)
		curl_multi_wakeup(c->multi);
}

static void put_started(struct inbox *inbox, void *what)
{
	struct http_future *f = what;

	TAILQ_INSERT_TAIL(&inbox->started, f, started_link);
}

static void put_cancelled(struct inbox *inbox, void *what)
{
	struct http_future *f = what;

	f->cancel_posted = true;
	TAILQ_INSERT_TAIL(&inbox->cancelled, f, cancelled_link);
}

static void put_stop(struct inbox *inbox, void *what UNUSED)
{
	inbox->stop = true;
}

struct http_future *http_start(struct http_client *client, const struct http_request *request)
{
	struct http_future *f = http_future_new(client, request);

	ensure(client->magic == HTTP_CLIENT_MAGIC);
	atomic_fetch_add_explicit(&client->count.started, 1, memory_order_relaxed);
	if (http_request_copy(f, request, &f->err) == 0) {
		http_client_post(client, put_started, f);
		return f;
	}
	atomic_fetch_add_explicit(&client->count.failed, 1, memory_order_relaxed);
	http_future_done(f);
	return f;
}

/* Waits until the net thread has let go of it, so that the target may be freed afterwards. */
void http_cancel(struct http_future **future)
{
	struct http_future *f = *future;

	if (!f)
		return;
	ensure(f->magic == HTTP_FUTURE_MAGIC);
	*future = NULL;
	pthread_mutex_lock(&f->lock);
	/* Posted under the future's lock: the client cannot end before this future is done, which needs the lock. */
	if (!f->done)
		http_client_post(f->client, put_cancelled, f);
	pthread_mutex_unlock(&f->lock);
	http_future_wait(f);
	http_future_free(f);
}

void http_client_finish(struct http_client *c, struct http_future *f)
{
	struct target *t = f->target;

	http_target_move(f, HTTP_STAGE_DONE, HTTP_LAST);
	if (--t->alive == 0)
		t->idle_since_ns = clock_mono_ns();
	c->alive--;
	atomic_fetch_add_explicit(f->err.code ? &c->count.failed : &c->count.answered, 1, memory_order_relaxed);
	http_future_done(f);
}

static void accept_one(struct http_client *c, struct http_future *f)
{
	int64_t now_ns = clock_mono_ns();

	f->target = http_target_of(c, f->asked, now_ns);
	f->target->alive++;
	c->alive++;
	http_target_move(f, HTTP_STAGE_QUEUED, HTTP_LAST);
	if (http_target_limits(f->target, now_ns, &f->err) < 0)
		http_client_finish(c, f);
}

static void cancel_one(struct http_client *c, struct http_future *f)
{
	f->cancelled = true;
	/* While a helper asks for authorization on its behalf it keeps the target alive: http_authorize_finish ends it. */
	if (f->stage != HTTP_STAGE_AUTH || !f->target->auth.running)
		http_target_abort_one(c, f, "the request was cancelled");
}

/* One at a time, started ones first: a cancelled future is then always one that was accepted before. */
static bool take_one(struct http_client *c)
{
	struct http_future *started, *cancelled = NULL;
	struct target *authorized = NULL;

	pthread_mutex_lock(&c->lock);
	started = TAILQ_FIRST(&c->inbox.started);
	if (started)
		TAILQ_REMOVE(&c->inbox.started, started, started_link);
	else if ((cancelled = TAILQ_FIRST(&c->inbox.cancelled)))
		TAILQ_REMOVE(&c->inbox.cancelled, cancelled, cancelled_link);
	else if ((authorized = TAILQ_FIRST(&c->inbox.authorized)))
		TAILQ_REMOVE(&c->inbox.authorized, authorized, auth.answered_link);
	c->stopping = c->inbox.stop;
	pthread_mutex_unlock(&c->lock);
	if (started)
		accept_one(c, started);
	if (cancelled)
		cancel_one(c, cancelled);
	if (authorized)
		http_authorize_finish(c, authorized);
	return started || cancelled || authorized;
}

static void take_inbox(struct http_client *c)
{
	for (size_t i = 0; i < taken_a_turn && take_one(c); i++)
		continue;
}

void http_client_forget_cancel(struct http_client *c, struct http_future *f)
{
	pthread_mutex_lock(&c->lock);
	TAILQ_REMOVE(&c->inbox.cancelled, f, cancelled_link);
	pthread_mutex_unlock(&c->lock);
}

static void collect(struct http_client *c)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(c->multi, &left))) {
		if (message->msg == CURLMSG_DONE)
			http_exchange_finish(c, message->easy_handle, message->data.result);
	}
}

static int64_t dispatch(struct http_client *c, bool *ret_started)
{
	int64_t now_ns = clock_mono_ns();
	int64_t wake_ns = HTTP_NEVER;
	struct target *t;

	TAILQ_FOREACH(t, &c->targets, link)
	{
		if (t->alive > 0)
			wake_ns = MIN_OF(wake_ns, http_target_dispatch(c, t, now_ns, ret_started));
	}
	return wake_ns;
}

static void abort_all(struct http_client *c)
{
	struct target *t;

	TAILQ_FOREACH(t, &c->targets, link)
	http_target_abort(c, t);
}

static bool fall_asleep(struct http_client *c)
{
	struct inbox *in = &c->inbox;
	bool asleep;

	pthread_mutex_lock(&c->lock);
	asleep = TAILQ_EMPTY(&in->started) && TAILQ_EMPTY(&in->cancelled) && TAILQ_EMPTY(&in->authorized) &&
	         in->stop == c->stopping;
	in->asleep = asleep;
	pthread_mutex_unlock(&c->lock);
	return asleep;
}

static void sleep_until(struct http_client *c, int64_t wake_ns)
{
	int64_t pause_ns;

	if (!fall_asleep(c))
		return;
	pause_ns = wake_ns == HTTP_NEVER ? longest_sleep_ns : wake_ns - clock_mono_ns();
	pause_ns = MAX_OF(MIN_OF(pause_ns, longest_sleep_ns), (int64_t)0);
	curl_multi_poll(c->multi, NULL, 0, (int)((pause_ns + 999999) / 1000000), NULL);
	pthread_mutex_lock(&c->lock);
	c->inbox.asleep = false;
	pthread_mutex_unlock(&c->lock);
}

/* False: stopped, and nothing is left. */
static bool turn(struct http_client *c)
{
	int64_t wake_ns;
	bool started = false;
	int running;

	take_inbox(c);
	curl_multi_perform(c->multi, &running);
	collect(c);
	if (c->stopping)
		abort_all(c);
	wake_ns = dispatch(c, &started);
	if (c->stopping && c->alive == 0 && c->helpers == 0)
		return false;
	if (!started)
		sleep_until(c, wake_ns);
	return true;
}

/* No signal is ours, and helper threads inherit that: SIGTERM goes to who handles it, SIGPIPE becomes an error of the write. */
static void *net_thread(void *context)
{
	struct http_client *c = context;
	sigset_t all;

	pthread_setname_np(pthread_self(), "net");
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	while (turn(c))
		continue;
	return NULL;
}

static void curl_setup(void)
{
	must(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

static struct http_client *client_new(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct arena memory = ARENA_INIT;
	struct http_client *c = arena_new(&memory, struct http_client);

	pthread_once(&once, curl_setup);
	c->magic = HTTP_CLIENT_MAGIC;
	c->memory = memory;
	TAILQ_INIT(&c->inbox.started);
	TAILQ_INIT(&c->inbox.cancelled);
	TAILQ_INIT(&c->inbox.authorized);
	TAILQ_INIT(&c->targets);
	SLIST_INIT(&c->idle);
	must(pthread_mutex_init(&c->lock, NULL) == 0);
	c->multi = curl_multi_init();
	must(c->multi != NULL);
	curl_multi_setopt(c->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, kept_connections);
	return c;
}

static void client_free(struct http_client *c)
{
	struct arena memory;
	struct target *t;

	while ((t = TAILQ_FIRST(&c->targets)))
		http_target_free(c, t);
	http_exchange_free_idle(c);
	curl_multi_cleanup(c->multi);
	pthread_mutex_destroy(&c->lock);
	c->magic = 0;
	memory = c->memory;
	arena_release(&memory);
}

int http_client_open(struct http_client **ret, struct err *err)
{
	struct http_client *c = client_new();
	int number = pthread_create(&c->thread, NULL, net_thread, c);

	if (number != 0) {
		client_free(c);
		return err_set(err, ERR_SYSTEM,
		               "cannot start the network thread: too many threads or too little memory");
	}
	*ret = c;
	return 0;
}

void http_client_allow(struct http_client *c, struct str hosts)
{
	c->allowed = arena_str(&c->memory, str_trim(hosts));
}

void http_client_close(struct http_client **client)
{
	struct http_client *c = *client;

	if (!c)
		return;
	ensure(c->magic == HTTP_CLIENT_MAGIC);
	*client = NULL;
	http_client_post(c, put_stop, NULL);
	pthread_join(c->thread, NULL);
	client_free(c);
}

struct http_counters http_counters_of(struct http_client *client)
{
	return (struct http_counters) {
		.started = atomic_load(&client->count.started),
		.answered = atomic_load(&client->count.answered),
		.retried = atomic_load(&client->count.retried),
		.failed = atomic_load(&client->count.failed),
		.refreshed = atomic_load(&client->count.refreshed),
		.bytes_in = atomic_load(&client->count.bytes_in),
		.bytes_out = atomic_load(&client->count.bytes_out),
	};
}

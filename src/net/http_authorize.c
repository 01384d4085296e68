/*
 * Authorization of a target: asked of its owner on a helper thread (it may block, and may itself use the client), one call for
 * all who wait. A header is used again for a few seconds without asking; a 401 for a request that was sent with the
 * present one makes it stale, a 401 for an older one does not: somebody has refreshed it in the meantime.
 */
#include "net/http_internal.h"

#include "lib/clock.h"

static const int64_t fresh_ns = (int64_t)2 * 1000000000;

bool http_authorize_needed(const struct http_future *f)
{
	return f->asked->authorize && !f->no_auth;
}

static void put_authorized(struct inbox *inbox, void *what)
{
	struct target *t = what;

	TAILQ_INSERT_TAIL(&inbox->authorized, t, auth.answered_link);
}

static int check_answer(struct target_auth *a)
{
	if (!buf_ok(&a->answer) || a->answer.len == 0 ||
	    !http_header_is_safe(STR("Authorization"), buf_str(&a->answer)))
		return err_set(&a->err, ERR_AUTH,
		               "the authorization is empty, too long or holds a control character: check the "
		               "connection's credentials");
	return 0;
}

static void *helper_thread(void *context)
{
	struct target *t = context;
	struct target_auth *a = &t->auth;
	int rc = a->ask(a->context, a->refresh, &a->answer, &a->err);

	if (rc >= 0)
		check_answer(a);
	else if (a->err.code == ERR_OK)
		err_set(&a->err, ERR_AUTH, "the authorization could not be had: check the connection's credentials");
	http_client_post(a->client, put_authorized, t);
	return NULL;
}

static void start_helper(struct http_client *c, struct target *t, int64_t now_ns)
{
	struct target_auth *a = &t->auth;

	a->running = true;
	a->refresh = a->stale;
	a->asked_ns = now_ns;
	a->client = c;
	a->ask = t->asked->authorize;
	a->context = t->asked->context;
	a->err = (struct err)ERR_INIT;
	buf_clear(&a->answer);
	c->helpers++;
	if (a->refresh)
		atomic_fetch_add_explicit(&c->count.refreshed, 1, memory_order_relaxed);
	a->has_thread = pthread_create(&a->thread, NULL, helper_thread, t) == 0;
	if (a->has_thread)
		return;
	err_set(&a->err, ERR_SYSTEM,
	        "cannot start a thread for the authorization: too many threads or too little memory");
	http_client_post(c, put_authorized, t);
}

bool http_authorize_ready(struct http_client *c, struct target *t, int64_t now_ns)
{
	struct target_auth *a = &t->auth;

	if (a->running)
		return false;
	if (a->known && !a->stale && now_ns - a->asked_ns < fresh_ns)
		return true;
	start_helper(c, t, now_ns);
	return false;
}

void http_authorize_refused(struct target *t, struct http_future *f)
{
	f->auth_repeated = true;
	if (f->auth_generation == t->auth.generation)
		t->auth.stale = true;
}

static void take_answer(struct target_auth *a)
{
	bool changed = !str_eq(str_skip(buf_str(&a->header), sizeof("Authorization: ") - 1), buf_str(&a->answer));

	/* The same words from a call that was no refresh: a request sent with them and refused still makes them stale. */
	if (changed || a->refresh) {
		a->generation++;
		a->stale = false;
	}
	buf_clear(&a->header);
	buf_add(&a->header, STR("Authorization: "));
	buf_add(&a->header, buf_str(&a->answer));
	a->known = true;
}

static void answer_one(struct http_client *c, struct target_auth *a, struct http_future *f)
{
	if (f->cancelled) {
		http_target_abort_one(c, f, "the request was cancelled");
	} else if (a->err.code == ERR_OK) {
		http_target_move(f, HTTP_STAGE_QUEUED, HTTP_FIRST);
	} else {
		http_future_clear_answer(f);
		f->err = a->err;
		http_client_finish(c, f);
	}
}

/* From the last to the first, each put before the one before: the queue has its old order again. */
void http_authorize_finish(struct http_client *c, struct target *t)
{
	struct target_auth *a = &t->auth;
	struct http_future *f;

	if (a->has_thread)
		pthread_join(a->thread, NULL);
	a->running = false;
	c->helpers--;
	if (a->err.code == ERR_OK)
		take_answer(a);
	else
		a->known = false;
	while ((f = TAILQ_LAST(&a->waiting, future_list)))
		answer_one(c, a, f);
}

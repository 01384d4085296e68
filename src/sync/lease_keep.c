/*
 * lease_keep: the thread that renews what this process holds, and what it knows of that without asking the database.
 *
 * Our own time of a lease is counted from before the renewal was asked for, by a clock that nobody sets: it ends before the database's does, however long the
 * commit took. Once it is over nothing is sent (may_send), but nothing is lost either: a renewal that comes late finds the number still ours if
 * nobody wanted the sync meanwhile.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sync/lease_parts.h"

int64_t lease_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- a round ---- */

static void gather(struct leases *all, struct arena *arena, struct renewing *ret)
{
	size_t count = 0;

	for (const struct lease *l = all->first; l; l = l->next)
		count++;
	*ret = (struct renewing) { .all = all, .attends = all->attends };
	ret->at = arena_new_array(arena, struct renewal, count);
	for (struct lease *l = all->first; l; l = l->next)
		ret->at[ret->count++] =
		        (struct renewal) { .which = l, .fence = atomic_load(&l->fence), .told = l->told };
}

/* What was given back meanwhile, or taken anew, is not in the list under that number any more. */
static void apply(struct leases *all, const struct renewing *r, int64_t until_ns)
{
	for (struct lease *l = all->first; l; l = l->next) {
		for (size_t i = 0; i < r->count; i++) {
			if (r->at[i].which != l || r->at[i].fence != atomic_load(&l->fence))
				continue;
			if (r->at[i].lost)
				atomic_store(&l->lost, true);
			atomic_store(&l->until_ns, r->at[i].lost ? 0 : until_ns);
		}
	}
}

/* The lock is held, but not while the database works. False: try again soon. */
static bool renew_all(struct leases *all)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err ignored = ERR_INIT;
	struct renewing r;
	int64_t asked_ns;
	int code;

	gather(all, &arena, &r);
	if (r.count == 0 && !r.attends)
		return true;
	pthread_mutex_unlock(&all->lock);
	asked_ns = lease_now_ns();
	code = store_write(all->engine->store, RELAXED, lease_renew, &r, &ignored);
	pthread_mutex_lock(&all->lock);
	if (code >= 0)
		apply(all, &r, asked_ns + all->ms * 1000000);
	return code >= 0;
}

/* The lock is held. */
static void wait(struct leases *all, int64_t ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += ms % 1000 * 1000000;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (!all->stop && !all->asked) {
		if (pthread_cond_timedwait(&all->bell, &all->lock, &until) != 0)
			break;
	}
	all->asked = false;
}

static void *keep(void *context)
{
	struct leases *all = context;
	bool fine = true;

	pthread_setname_np(pthread_self(), "leases");
	pthread_mutex_lock(&all->lock);
	while (!all->stop) {
		wait(all, all->ms / (fine ? 3 : 10));
		if (!all->stop)
			fine = renew_all(all);
	}
	pthread_mutex_unlock(&all->lock);
	return NULL;
}

/* ---- the whole ---- */

struct leases *leases_open(struct engine *engine, int64_t lease_ms)
{
	struct arena arena = ARENA_INIT;
	struct leases *all = arena_new(&arena, struct leases); /* lives in its own arena until leases_close */
	pthread_condattr_t monotonic;

	all->arena = arena;
	all->engine = engine;
	all->ms = lease_ms ? lease_ms : LEASE_MS;
	holder_this(&all->holder);
	must(pthread_mutex_init(&all->lock, NULL) == 0);
	must(pthread_condattr_init(&monotonic) == 0 && pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
	must(pthread_cond_init(&all->bell, &monotonic) == 0);
	pthread_condattr_destroy(&monotonic);
	return all;
}

int64_t leases_ms(const struct leases *leases)
{
	return leases->ms;
}

/* The lock is held. */
static void wake(struct leases *all)
{
	all->asked = true;
	pthread_cond_broadcast(&all->bell);
}

/* The lock is held. */
static void run(struct leases *all)
{
	if (!all->runs)
		must(pthread_create(&all->thread, NULL, keep, all) == 0);
	all->runs = true;
}

void lease_keep(struct lease *lease)
{
	struct leases *all = lease->all;

	pthread_mutex_lock(&all->lock);
	memset(&lease->told, 0, sizeof(lease->told));
	lease->next = all->first;
	all->first = lease;
	run(all);
	pthread_mutex_unlock(&all->lock);
}

void lease_let_go(struct lease *lease)
{
	struct leases *all = lease->all;
	struct lease **at = &all->first;

	pthread_mutex_lock(&all->lock);
	while (*at && *at != lease)
		at = &(*at)->next;
	if (*at)
		*at = lease->next;
	lease->next = NULL;
	atomic_store(&lease->until_ns, 0);
	pthread_mutex_unlock(&all->lock);
}

void lease_tell(const struct plan *plan, const struct lease_told *told)
{
	struct lease *lease = plan->lease;

	if (!lease->all)
		return;
	pthread_mutex_lock(&lease->all->lock);
	lease->told = *told;
	wake(lease->all);
	pthread_mutex_unlock(&lease->all->lock);
}

int lease_attend(struct engine *engine, struct err *err)
{
	struct leases *all = engine->leases;
	struct renewing r = { .all = all, .attends = true };

	if (!all)
		return 0;
	if (store_write(engine->store, RELAXED, lease_renew, &r, err) < 0)
		return err_wrap(err, "tell other daemons that this one is there");
	pthread_mutex_lock(&all->lock);
	all->attends = true;
	run(all);
	pthread_mutex_unlock(&all->lock);
	return 0;
}

bool lease_is_lost(const struct plan *plan, struct err *ret_why)
{
	if (!atomic_load(&plan->lease->lost))
		return false;
	err_set_text(ret_why, ERR_LEASE,
	             "another process has taken sync '%.*s' over: this one was not heard of for too long",
	             STR_ARG(plan->name));
	return true;
}

bool lease_is_ours(const struct plan *plan)
{
	return !plan->lease->all || (atomic_load(&plan->lease->until_ns) != 0 && !atomic_load(&plan->lease->lost));
}

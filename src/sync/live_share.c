/*
 * live_share: which syncs this daemon works on, where several share a database.
 *
 *	look       now and then the leases are read: how many daemons there are, who has what. Everybody's share is the syncs divided by the daemons, rounded up
 *	stand by   a sync that another one has is only watched; one that is free is taken by whoever has less than his share, and by anybody if it stays
 *	           free for as long as a lease lasts
 *	give       who has more than his share (a daemon came) gives one back that has no batch under way; what nobody took is kept for a while
 *
 * A daemon that dies is not there any more once its leases are over, so the others' shares grow by what it had.
 */
#include <stdio.h>

#include "lib/clock.h"
#include "sync/live_parts.h"
#include "sync/meter.h"

enum { KEEP_MS = 10 * 60 * 1000 };

static int64_t now_ms(void)
{
	return clock_mono_ns() / 1000000;
}

/* ---- look ---- */

struct found {
	const struct lease_row *rows;
	size_t count;
};

static const struct lease_row *row_of(const struct found *found, int64_t sync_id)
{
	for (size_t i = 0; i < found->count; i++) {
		if (found->rows[i].sync_id == sync_id)
			return &found->rows[i];
	}
	return NULL;
}

static void look_at_entry(struct live_entry *e, const struct lease_row *row, int64_t now)
{
	bool held = row && row->held;

	e->elsewhere = held && !row->mine;
	if (held)
		e->free_ms = 0;
	else if (e->free_ms == 0)
		e->free_ms = now;
}

/* Those that were told to be given back are on their way. */
static void give_surplus(struct live *live, const struct found *found, size_t surplus, int64_t now)
{
	for (struct live_entry *e = live->first; e && surplus > 0; e = e->next) {
		const struct lease_row *row = row_of(found, e->sync_id);

		if (!row || !row->held || !row->mine)
			continue;
		if (!atomic_load(&e->gives) && !e->run[0] && now > e->keep_until_ms)
			atomic_store(&e->gives, true);
		surplus -= atomic_load(&e->gives);
	}
}

static void judge(struct live *live, const struct found *found)
{
	size_t daemons = 0, wanted = 0;
	int64_t now = now_ms();

	live->mine = 0;
	for (size_t i = 0; i < found->count; i++) {
		daemons += found->rows[i].held && found->rows[i].sync_id == 0;
		live->mine += found->rows[i].held && found->rows[i].sync_id != 0 && found->rows[i].mine;
	}
	for (struct live_entry *e = live->first; e; e = e->next) {
		wanted += !atomic_load(&e->gone) && !e->paused;
		look_at_entry(e, row_of(found, e->sync_id), now);
	}
	daemons = MAX_OF(daemons, (size_t)1);
	live->share = (wanted + daemons - 1) / daemons;
	if (live->mine > live->share)
		give_surplus(live, found, live->mine - live->share, now);
}

int live_look(struct live *live, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct lease_row *rows;
	size_t count;

	if (!live->engine->leases)
		return 0;
	if (lease_list(live->engine, &arena, &rows, &count, err) < 0)
		return err_pass(err);
	pthread_mutex_lock(&live->lock);
	judge(live, &(struct found) { rows, count });
	pthread_cond_broadcast(&live->bell);
	pthread_mutex_unlock(&live->lock);
	return 0;
}

/* ---- stand by ---- */

/* Counted at once, so that the supervisors of several syncs together take no more than the share. */
static bool may_take(struct live_entry *entry, bool *ret_left)
{
	struct live *live = entry->live;
	bool may;

	if (!live->engine->leases)
		return true;
	pthread_mutex_lock(&live->lock);
	*ret_left = entry->free_ms && now_ms() - entry->free_ms > leases_ms(live->engine->leases);
	may = !entry->elsewhere && (live->mine < live->share || *ret_left);
	live->mine += may;
	pthread_mutex_unlock(&live->lock);
	return may;
}

static void did_not_take(struct live_entry *entry)
{
	pthread_mutex_lock(&entry->live->lock);
	entry->live->mine -= entry->live->mine > 0;
	entry->elsewhere = true; /* until the next look */
	pthread_mutex_unlock(&entry->live->lock);
}

static void count(const struct live_entry *entry, const char *what)
{
	meter_add(entry->live->engine->meter, METER_LEASES, str_of(entry->name), str_of(what), STR_EMPTY, 1);
}

void live_left(struct live_entry *entry)
{
	struct err why = ERR_INIT;

	if (lease_is_lost(entry->plan, &why)) {
		count(entry, "lost");
		live_note(entry, why.text);
	} else if (atomic_load(&entry->gives)) {
		count(entry, "given");
		live_note(entry, "is given to another daemon");
	}
}

int live_take(struct live_entry *entry, struct lease **ret, struct err *err)
{
	bool left = false, taken_over = false;

	*ret = NULL;
	if (!may_take(entry, &left))
		return 0;
	if (lease_take(entry->live->engine, entry->plan, ret, &taken_over, err) < 0) {
		did_not_take(entry);
		if (err->code != ERR_CONFLICT)
			return err_pass(err);
		*err = (struct err)ERR_INIT;
		return 0;
	}
	count(entry, taken_over ? "taken over" : "taken");
	if (taken_over)
		live_note(entry, "is taken over: who worked on it is gone, or was not heard of for too long");
	if (left)
		entry->keep_until_ms = now_ms() + KEEP_MS; /* nobody else wants it */
	atomic_store(&entry->gives, false);
	return 1;
}

/* ---- what others are told ---- */

void live_tell(struct live_entry *entry)
{
	struct lease_told told = { .since_ms = clock_wall_ms() };

	pthread_mutex_lock(&entry->live->lock);
	told.ready = entry->ready;
	told.since_ms = entry->since_ms;
	told.streams = entry->streams[SIDE_EMR].connected || entry->streams[SIDE_CRM].connected;
	snprintf(told.run, sizeof(told.run), "%s", entry->run);
	snprintf(told.trouble, sizeof(told.trouble), "%s", entry->trouble);
	pthread_mutex_unlock(&entry->live->lock);
	lease_tell(entry->plan, &told);
}

void live_lay_over(struct live_sync *sync, const struct lease_row *row, struct arena *arena)
{
	sync->fence = row->fence;
	if (!row->held)
		return;
	sync->left_ms = row->left_ms;
	sync->holder = arena_printf(arena, "%.*s, process %lld", STR_ARG(row->host), (long long)row->pid);
	sync->held_ms = row->since_ms;
	if (row->mine)
		return;
	sync->elsewhere = true;
	sync->ready = row->told.ready;
	sync->streams = row->told.streams;
	sync->since_ms = row->told.since_ms;
	sync->trouble = arena_str(arena, str_of(row->told.trouble));
	sync->run = arena_str(arena, str_of(row->told.run));
}

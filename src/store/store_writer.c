/*
 * store_writer: one thread that runs the transactions of all threads, several of them in one commit; one that brings commits to the disk.
 *
 *	any thread     writer_add -> queue             writer_wait <- done
 *	writer thread  take_group -> run_group (begin, each part in a savepoint, commit) -> finish, or on to the sync thread
 *	sync thread    all that were committed meanwhile -> one sync -> finish
 *
 * While a group is being committed the next one gathers in the queue, and while one sync is under way the durable parts of several groups gather for the
 * next: the slower the disk, the larger both. Nobody else waits for the disk: a part that need not last is done, and what it says is seen, with the commit.
 * The log is written in order, so that no later commit can last without an earlier one. A part
 * that fails rolls back alone. When the commit fails, or the database gives the transaction up, every part that ran in it gets
 * that error; parts that had not run yet go into the next group.
 */
#include "store/store_parts.h"

#include <string.h>

#include "lib/clock.h"

enum { GROUP_PARTS = 256, MOST_TRIES = 10 };
/* A group that has run this long commits, so that a small transaction does not wait for many large ones. */
static const int64_t group_ns = 50 * 1000000;

static void set_failed(struct store_pending *part, const struct err *err)
{
	part->result = err->code;
	part->err = *err;
}

/* Only what had not failed by itself: a part keeps its own reason. */
static void fail_parts(struct store_pending *first, const struct store_pending *end, const struct err *err)
{
	for (struct store_pending *part = first; part != end; part = part->next)
		if (part->result >= 0)
			set_failed(part, err);
}

static void run_fn(struct db *db, struct store_pending *part)
{
	struct err err = ERR_INIT;

	part->result = store_call(part->store, part->fn, db, part->context, &err);
	if (part->result < 0)
		part->err = err;
}

/* A group of one needs no savepoint: its failure is the failure of the transaction. */
static void run_part(struct db *db, struct store_pending *part, bool alone)
{
	struct err err = ERR_INIT;

	if (!alone && db_savepoint(db, &err) < 0) {
		set_failed(part, &err);
		return;
	}
	run_fn(db, part);
	if (db_settle(db, &err) < 0) /* what a function made of a failed statement is not the reason */
		set_failed(part, &err);
	if (alone)
		return;
	if (part->result >= 0 && db_keep_savepoint(db, &err) < 0)
		set_failed(part, &err);
	if (part->result < 0)
		db_undo_savepoint(db);
}

/* The first part that was not run, or NULL. */
static struct store_pending *run_parts(struct db *db, struct parts group)
{
	int64_t start = clock_mono_ns();
	struct store_pending *part = group.first;
	bool alone = !part->next;

	do {
		run_part(db, part, alone);
		part = part->next;
	} while (part && db_in_transaction(db) && clock_mono_ns() - start < group_ns);
	return part;
}

static bool any_succeeded(const struct store_pending *first, const struct store_pending *end)
{
	while (first != end && first->result < 0)
		first = first->next;
	return first != end;
}

/* The database ends a transaction by itself when it runs out of disk or memory: the last part that ran knows why. */
static void fail_lost(struct parts group, const struct store_pending *end)
{
	struct store_pending *last = group.first;
	struct err err = ERR_INIT;

	while (last->next != end)
		last = last->next;
	if (last->result < 0)
		err = last->err;
	else
		err_set(&err, ERR_STORE, "the database gave the transaction up; try again"); /* last hid its failure */
	fail_parts(group.first, end, &err);
}

static void finish_transaction(struct db *db, struct parts group, const struct store_pending *end)
{
	struct err err = ERR_INIT;

	if (!db_in_transaction(db))
		fail_lost(group, end);
	if (!any_succeeded(group.first, end))
		db_rollback(db);
	else if (db_commit(db, &err) < 0)
		fail_parts(group.first, end, &err);
}

/* Who has no thread for it waits for the disk in the commit. */
static enum store_access access_for(struct db *db, struct parts group)
{
	enum store_access access = STORE_WRITE_RELAXED;

	for (struct store_pending *part = group.first; part && !db_syncs_apart(db); part = part->next)
		if (part->durability == DURABLE)
			access = STORE_WRITE_DURABLE;
	return access;
}

static struct store_pending *try_group(struct db *db, struct parts group)
{
	struct store_pending *end = NULL;
	struct err err = ERR_INIT;

	if (db_begin(db, access_for(db, group), &err) < 0) {
		fail_parts(group.first, NULL, &err);
		return NULL;
	}
	end = run_parts(db, group);
	finish_transaction(db, group, end);
	return end;
}

/* Runs the group, again when what failed is over; the first part that was left for the next one, or NULL. */
static struct store_pending *run_group(struct db *db, struct parts group)
{
	struct store_pending *end = try_group(db, group);

	for (int tries = 1; db_passing(db) && tries < MOST_TRIES; tries++) {
		clock_sleep_ms(tries * tries);
		for (struct store_pending *part = group.first; part; part = part->next)
			part->result = 0;
		end = try_group(db, group);
	}
	return end;
}

/* ---- lists of parts */

static void append(struct parts *parts, struct store_pending *part)
{
	part->next = NULL;
	if (parts->last)
		parts->last->next = part;
	else
		parts->first = part;
	parts->last = part;
}

static struct parts take_all(struct parts *from)
{
	struct parts all = *from;

	*from = (struct parts) { 0 };
	return all;
}

/* The lock is held. */
static struct parts take_group(struct writer *writer)
{
	struct parts *queue = &writer->queue, group = *queue;
	size_t count = 1;

	group.last = group.first;
	while (group.last->next && count++ < GROUP_PARTS)
		group.last = group.last->next;
	queue->first = group.last->next;
	group.last->next = NULL;
	if (!queue->first)
		queue->last = NULL;
	return group;
}

/* The lock is held. */
static void put_back(struct parts *queue, struct store_pending *left)
{
	struct store_pending *last = left;

	if (!left)
		return;
	while (last->next)
		last = last->next;
	last->next = queue->first;
	queue->first = left;
	if (!queue->last)
		queue->last = last;
}

/* ---- the end of a part */

static void tell(struct store_pending *part)
{
	const struct store_then then = part->then;
	const struct err err = part->err;
	int result = MIN_OF(part->result, 0);

	store_give_back(part);
	then.done(then.context, result, &err);
}

/* After `done` is set the part may be gone: read `next` before. */
static void finish(struct writer *writer, struct parts parts)
{
	struct parts waited = { 0 };

	for (struct store_pending *part = parts.first, *next; part; part = next) {
		next = part->next;
		if (part->then.done)
			tell(part);
		else
			append(&waited, part);
	}
	if (!waited.first)
		return;
	pthread_mutex_lock(&writer->lock);
	for (struct store_pending *part = waited.first, *next; part; part = next) {
		next = part->next;
		part->done = true;
		pthread_cond_signal(&part->finished);
	}
	pthread_mutex_unlock(&writer->lock);
}

/* What need not last is finished; the rest goes to the sync thread. */
static void hand_on(struct writer *writer, struct store_pending *first, const struct store_pending *end)
{
	struct parts ready = { 0 }, lasting = { 0 };
	bool apart = db_syncs_apart(writer->db);

	for (struct store_pending *part = first, *next; part != end; part = next) {
		next = part->next;
		if (part->result >= 0 && part->then.seen)
			part->then.seen(part->then.context);
		append(apart && part->durability == DURABLE && part->result >= 0 ? &lasting : &ready, part);
	}
	if (lasting.first) {
		pthread_mutex_lock(&writer->lock);
		put_back(&lasting, take_all(&writer->unsynced).first);
		writer->unsynced = lasting;
		pthread_cond_signal(&writer->sync_work);
		pthread_mutex_unlock(&writer->lock);
	}
	finish(writer, ready);
}

/* ---- the threads */

static void *writer_main(void *context)
{
	struct writer *writer = context;

	pthread_setname_np(pthread_self(), "store writer");
	pthread_mutex_lock(&writer->lock);
	while (writer->queue.first || !writer->stopping) {
		struct parts group;
		struct store_pending *left;

		if (!writer->queue.first) {
			pthread_cond_wait(&writer->work, &writer->lock);
			continue;
		}
		group = take_group(writer);
		pthread_mutex_unlock(&writer->lock);
		left = run_group(writer->db, group);
		hand_on(writer, group.first, left);
		keeper_look(&writer->keeper, writer->db);
		pthread_mutex_lock(&writer->lock);
		put_back(&writer->queue, left);
	}
	pthread_mutex_unlock(&writer->lock);
	return NULL;
}

static void *sync_main(void *context)
{
	struct writer *writer = context;

	pthread_setname_np(pthread_self(), "store sync");
	pthread_mutex_lock(&writer->lock);
	while (writer->unsynced.first || !writer->sync_stopping) {
		struct err err = ERR_INIT;
		struct parts parts;

		if (!writer->unsynced.first) {
			pthread_cond_wait(&writer->sync_work, &writer->lock);
			continue;
		}
		parts = take_all(&writer->unsynced);
		pthread_mutex_unlock(&writer->lock);
		if (db_sync(writer->db, &err) < 0)
			fail_parts(parts.first, NULL, &err);
		finish(writer, parts);
		pthread_mutex_lock(&writer->lock);
	}
	pthread_mutex_unlock(&writer->lock);
	return NULL;
}

/* ---- from any thread */

static void stop_thread(struct writer *writer, bool *flag, pthread_cond_t *bell, pthread_t thread)
{
	pthread_mutex_lock(&writer->lock);
	*flag = true;
	pthread_cond_signal(bell);
	pthread_mutex_unlock(&writer->lock);
	pthread_join(thread, NULL);
}

int writer_start(struct writer *writer, const struct store_place *place, struct db *db, struct err *err)
{
	int failed;

	writer->db = db;
	if (keeper_start(&writer->keeper, place, err) < 0)
		return err_pass(err);
	must(pthread_mutex_init(&writer->lock, NULL) == 0);
	must(pthread_cond_init(&writer->work, NULL) == 0);
	must(pthread_cond_init(&writer->sync_work, NULL) == 0);
	failed = pthread_create(&writer->thread, NULL, writer_main, writer);
	if (failed) {
		keeper_stop(&writer->keeper);
		return err_set(err, ERR_SYSTEM, "start the database's writer thread: %s", strerror(failed));
	}
	failed = pthread_create(&writer->sync_thread, NULL, sync_main, writer);
	if (failed) {
		stop_thread(writer, &writer->stopping, &writer->work, writer->thread);
		keeper_stop(&writer->keeper);
		return err_set(err, ERR_SYSTEM, "start the database's sync thread: %s", strerror(failed));
	}
	return 0;
}

void writer_stop(struct writer *writer)
{
	stop_thread(writer, &writer->stopping, &writer->work, writer->thread);
	stop_thread(writer, &writer->sync_stopping, &writer->sync_work, writer->sync_thread);
	keeper_stop(&writer->keeper);
	pthread_cond_destroy(&writer->work);
	pthread_cond_destroy(&writer->sync_work);
	pthread_mutex_destroy(&writer->lock);
	db_close(&writer->db);
}

void writer_add(struct writer *writer, struct store_pending *pending)
{
	pthread_mutex_lock(&writer->lock);
	ensure(!writer->stopping);
	append(&writer->queue, pending);
	pthread_cond_signal(&writer->work);
	pthread_mutex_unlock(&writer->lock);
}

void writer_wait(struct writer *writer, struct store_pending *pending)
{
	pthread_mutex_lock(&writer->lock);
	while (!pending->done)
		pthread_cond_wait(&pending->finished, &writer->lock);
	pthread_mutex_unlock(&writer->lock);
}

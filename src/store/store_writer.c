/*
 * store_writer: one thread that runs the transactions of all threads, several of them in one commit.
 *
 *	any thread     writer_add -> queue             writer_wait <- done
 *	writer thread  take_group -> run_group (begin, each part in a savepoint, commit) -> finish_group
 *
 * While a group is being committed the next one gathers in the queue: the slower the disk, the larger the groups. A part
 * that fails rolls back alone. When the commit fails, or the database gives the transaction up, every part that ran in it gets
 * that error; parts that had not run yet go into the next group.
 */
#include "store/store_parts.h"

#include <string.h>

#include "lib/clock.h"

enum { GROUP_PARTS = 256 };
/* A group that has run this long commits, so that a small transaction does not wait for many large ones. */
static const int64_t group_ns = 50 * 1000000;

/* Parts in order; `next` of the last is NULL. */
struct group {
	struct store_pending *first;
	enum store_access access;
};

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
	if (alone)
		return;
	if (part->result >= 0 && db_keep_savepoint(db, &err) < 0)
		set_failed(part, &err);
	if (part->result < 0)
		db_undo_savepoint(db);
}

/* The first part that was not run, or NULL. */
static struct store_pending *run_parts(struct db *db, struct group group)
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
static void fail_lost(struct group group, const struct store_pending *end)
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

static void finish_transaction(struct db *db, struct group group, const struct store_pending *end)
{
	struct err err = ERR_INIT;

	if (!db_in_transaction(db))
		fail_lost(group, end);
	if (!any_succeeded(group.first, end))
		db_rollback(db);
	else if (db_commit(db, &err) < 0)
		fail_parts(group.first, end, &err);
}

/* Runs the group; the first part that was left for the next one, or NULL. */
static struct store_pending *run_group(struct db *db, struct group group)
{
	struct store_pending *end = NULL;
	struct err err = ERR_INIT;

	if (db_begin(db, group.access, &err) < 0) {
		fail_parts(group.first, NULL, &err);
		return NULL;
	}
	end = run_parts(db, group);
	finish_transaction(db, group, end);
	return end;
}

/* ---- the queue; the lock is held */

static struct group take_group(struct writer *writer)
{
	struct group group = { .first = writer->first, .access = STORE_WRITE_RELAXED };
	struct store_pending *last = NULL;
	size_t count = 0;

	for (struct store_pending *part = writer->first; part && count < GROUP_PARTS; part = part->next) {
		if (part->durability == DURABLE)
			group.access = STORE_WRITE_DURABLE;
		last = part;
		count++;
	}
	writer->first = last->next;
	last->next = NULL;
	if (!writer->first)
		writer->last = NULL;
	return group;
}

static void put_back(struct writer *writer, struct store_pending *left)
{
	struct store_pending *last = left;

	if (!left)
		return;
	while (last->next)
		last = last->next;
	last->next = writer->first;
	writer->first = left;
	if (!writer->last)
		writer->last = last;
}

/* After `done` is set the part may be gone: read `next` before. */
static void finish_group(struct store_pending *first, const struct store_pending *end)
{
	while (first != end) {
		struct store_pending *next = first->next;

		first->done = true;
		pthread_cond_signal(&first->finished);
		first = next;
	}
}

static void *writer_main(void *context)
{
	struct writer *writer = context;

	pthread_mutex_lock(&writer->lock);
	while (writer->first || !writer->stopping) {
		struct group group;
		struct store_pending *left;

		if (!writer->first) {
			pthread_cond_wait(&writer->work, &writer->lock);
			continue;
		}
		group = take_group(writer);
		pthread_mutex_unlock(&writer->lock);
		left = run_group(writer->db, group);
		pthread_mutex_lock(&writer->lock);
		finish_group(group.first, left);
		put_back(writer, left);
	}
	pthread_mutex_unlock(&writer->lock);
	return NULL;
}

/* ---- from any thread */

int writer_start(struct writer *writer, struct db *db, struct err *err)
{
	int failed;

	writer->db = db;
	must(pthread_mutex_init(&writer->lock, NULL) == 0);
	must(pthread_cond_init(&writer->work, NULL) == 0);
	failed = pthread_create(&writer->thread, NULL, writer_main, writer);
	if (failed)
		return err_set(err, ERR_SYSTEM, "start the database's writer thread: %s", strerror(failed));
	return 0;
}

void writer_stop(struct writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->stopping = true;
	pthread_cond_signal(&writer->work);
	pthread_mutex_unlock(&writer->lock);
	pthread_join(writer->thread, NULL);
	pthread_cond_destroy(&writer->work);
	pthread_mutex_destroy(&writer->lock);
	db_close(&writer->db);
}

void writer_add(struct writer *writer, struct store_pending *pending)
{
	pthread_mutex_lock(&writer->lock);
	ensure(!writer->stopping);
	if (writer->last)
		writer->last->next = pending;
	else
		writer->first = pending;
	writer->last = pending;
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

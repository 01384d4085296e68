/*
 * store_keeper: brings the write-ahead log into the file, on a thread and a connection of its own, while the writer goes on. Only when it cannot keep up, as
 * commits never pause, the writer does the little that is left by itself, so that the log begins anew.
 *
 *	writer thread   after each commit: keeper_look -> asks, or does it
 *	keeper thread   copies what is there; SQLite syncs the log before and the file after
 *
 * A failure is nobody's: the log grows, the next try or the next opening copies it, and a full disk is told to the next commit.
 */
#include "store/store_parts.h"

#include <stdatomic.h>
#include <string.h>

/* Pages: a log so long is copied, again each so many more, by the writer when it is so long. A page is found in the log by one look for each 4,000 of it. */
enum { LONG = 2000, STEP = 1000, TOO_LONG = 8000 };

static int copy(struct keeper *keeper, struct err *err)
{
	int64_t copied = 0;

	if (!keeper->db && db_open(keeper->place, STORE_READER, &keeper->db, err) < 0)
		return err_pass(err);
	if (db_checkpoint(keeper->db, &copied, err) < 0)
		return err_pass(err);
	atomic_store(&keeper->copied, copied);
	return 0;
}

static void *keeper_main(void *context)
{
	struct keeper *keeper = context;

	pthread_setname_np(pthread_self(), "store keeper");
	pthread_mutex_lock(&keeper->lock);
	while (!keeper->stopping) {
		struct err ignored = ERR_INIT;

		if (!keeper->asked) {
			pthread_cond_wait(&keeper->bell, &keeper->lock);
			continue;
		}
		pthread_mutex_unlock(&keeper->lock);
		if (copy(keeper, &ignored) < 0)
			ignored.code = ERR_OK; /* see above */
		pthread_mutex_lock(&keeper->lock);
		keeper->asked = false;
	}
	pthread_mutex_unlock(&keeper->lock);
	db_close(&keeper->db);
	return NULL;
}

void keeper_look(struct keeper *keeper, struct db *writing)
{
	int64_t pages = db_log_pages(writing), copied = atomic_load(&keeper->copied);
	struct err ignored = ERR_INIT;

	if (pages >= TOO_LONG) {
		if (db_checkpoint(writing, &copied, &ignored) == 0)
			atomic_store(&keeper->copied, copied);
		return;
	}
	if (pages < copied) /* the log began anew */
		atomic_store(&keeper->copied, copied = 0);
	if (pages < LONG || pages - copied < STEP)
		return;
	pthread_mutex_lock(&keeper->lock);
	if (!keeper->asked)
		pthread_cond_signal(&keeper->bell);
	keeper->asked = true;
	pthread_mutex_unlock(&keeper->lock);
}

int keeper_start(struct keeper *keeper, const struct store_place *place, struct err *err)
{
	int failed;

	keeper->place = place;
	must(pthread_mutex_init(&keeper->lock, NULL) == 0);
	must(pthread_cond_init(&keeper->bell, NULL) == 0);
	failed = pthread_create(&keeper->thread, NULL, keeper_main, keeper);
	if (failed)
		return err_set(err, ERR_SYSTEM, "start the database's keeper thread: %s", strerror(failed));
	return 0;
}

void keeper_stop(struct keeper *keeper)
{
	pthread_mutex_lock(&keeper->lock);
	keeper->stopping = true;
	pthread_cond_signal(&keeper->bell);
	pthread_mutex_unlock(&keeper->lock);
	pthread_join(keeper->thread, NULL);
	pthread_cond_destroy(&keeper->bell);
	pthread_mutex_destroy(&keeper->lock);
}

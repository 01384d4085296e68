/*
 * store_keeper: brings the write-ahead log into the file, on a thread and a connection of its own, while the writer goes on.
 *
 *	writer thread   after each commit: keeper_look -> asks
 *	keeper thread   copies what is there; what was committed meanwhile is copied in turn, less each time
 *
 * The log begins anew with the commit that finds all of it copied. When commits never pause the keeper does not get there: the writer then copies the little
 * that is left. SQLite brings the file to the disk only when all is copied, so the keeper does that after each part: else the writer would wait for all of it.
 *
 * A failure is nobody's: the log grows, the next try or the next opening copies it, and a full disk is told to the next commit.
 */
#include "store/store_parts.h"

#include <stdatomic.h>
#include <string.h>

/*
 * Pages. From LONG on the log is copied, again each STEP more; from TOO_LONG on the writer does what is left, if that is little, and from MUCH_TOO_LONG on in any case.
 * A page is found in the log by one look for each 4,000 of it.
 */
enum { LONG = 6000, STEP = 1000, TOO_LONG = 12000, MUCH_TOO_LONG = 16000, ROUNDS = 4 };

static int copy(struct keeper *keeper, struct err *err)
{
	struct store_log log = { 0 };

	if (!keeper->db && db_open(keeper->place, STORE_READER, &keeper->db, err) < 0)
		return err_pass(err);
	for (int round = 0; round < ROUNDS; round++) {
		if (db_checkpoint(keeper->db, &log, err) < 0)
			return err_pass(err);
		if (log.copied == log.pages || (round > 0 && log.copied == atomic_load(&keeper->copied)))
			round = ROUNDS; /* all is there, or somebody reads what is older */
		atomic_store(&keeper->copied, log.copied);
		if (round < ROUNDS && db_sync_file(keeper->db, err) < 0)
			return err_pass(err);
	}
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
	int64_t pages, copied = atomic_load(&keeper->copied);
	struct err ignored = ERR_INIT;
	struct store_log log;

	if (!db_syncs_apart(writing))
		return;
	pages = db_log_pages(writing);
	if (pages >= MUCH_TOO_LONG || (pages >= TOO_LONG && pages - copied < STEP)) {
		if (db_checkpoint(writing, &log, &ignored) == 0)
			atomic_store(&keeper->copied, log.copied);
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

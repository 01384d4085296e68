/* serve_log: one line an event, written whole, so that lines of several threads do not mix. */
#include "app/serve.h"
#include "lib/clock.h"
#include "sync/catalog.h"
#include "sync/journal.h"

enum { FOLLOW_AT_ONCE = 200 };

static void print(const struct serve_log *log, const struct log_line *l)
{
	log_write(log->form, JOURNAL_SOCKET, l);
}

/* ---- what is said by ourselves ---- */

void serve_log_say(struct serve_log *log, const char *level, struct str sync, const char *code, const char *text)
{
	const struct log_line line = {
		.at_ms = clock_wall_ms(), .level = level, .sync = sync, .code = str_of(code), .text = str_of(text)
	};

	pthread_mutex_lock(&log->lock);
	log->recent[log->said++ % LOG_RECENT] = str_hash(line.text);
	print(log, &line);
	pthread_mutex_unlock(&log->lock);
}

static bool was_said(struct serve_log *log, struct str text)
{
	uint64_t hash = str_hash(text);
	bool found = false;

	pthread_mutex_lock(&log->lock);
	for (size_t i = 0; i < LOG_RECENT && !found; i++) {
		found = log->recent[i] == hash;
		if (found)
			log->recent[i] = 0; /* said once, left out once */
	}
	pthread_mutex_unlock(&log->lock);
	return found;
}

/* ---- what stands in the journal ---- */

static struct str name_of(const struct sync_row *syncs, size_t count, int64_t id)
{
	for (size_t i = 0; i < count; i++) {
		if (syncs[i].id == id)
			return syncs[i].name;
	}
	return STR_EMPTY;
}

static void print_entries(struct serve_log *log, const struct journal_entry *entries, size_t count,
                          const struct sync_row *syncs, size_t sync_count)
{
	for (size_t i = 0; i < count; i++) {
		const struct journal_entry *e = &entries[i];
		const struct log_line line = { .at_ms = e->at_ms,
			                       .level = level_name(e->level),
			                       .sync = name_of(syncs, sync_count, e->sync_id),
			                       .code = e->code,
			                       .text = e->text,
			                       .emr_id = e->emr_id,
			                       .crm_id = e->crm_id,
			                       .run_id = e->run_id,
			                       .staged_id = e->staged_id };

		log->after_id = e->id;
		if (e->staged_id == 0 && was_said(log, e->text))
			continue;
		pthread_mutex_lock(&log->lock);
		print(log, &line);
		pthread_mutex_unlock(&log->lock);
	}
}

static int follow(struct serve_log *log, size_t *ret_count, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct journal_filter filter = { .at_least = LEVEL_INFO,
		                               .after_id = log->after_id,
		                               .limit = FOLLOW_AT_ONCE };
	struct journal_entry *entries;
	struct sync_row *syncs = NULL;
	size_t sync_count = 0;

	if (journal_list(log->engine, &arena, &filter, &entries, ret_count, err) < 0)
		return err_pass(err);
	if (*ret_count && catalog_syncs(log->engine, &arena, &syncs, &sync_count, err) < 0)
		return err_pass(err);
	print_entries(log, entries, *ret_count, syncs, sync_count);
	return 0;
}

void serve_log_follow(struct serve_log *log)
{
	struct err err = ERR_INIT;
	size_t count = FOLLOW_AT_ONCE;
	int code = 0;

	while (code == 0 && count == FOLLOW_AT_ONCE)
		code = follow(log, &count, &err);
	if (code < 0 && !log->store_fails)
		serve_log_say(log, "error", STR_EMPTY, err_name(err.code), err.text);
	log->store_fails = code < 0;
}

int serve_log_open(struct serve_log *log, struct engine *engine, enum log_form form, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct journal_filter latest = { .limit = 1, .latest = true };
	struct journal_entry *entries;
	size_t count;

	*log = (struct serve_log) { .engine = engine, .form = form };
	pthread_mutex_init(&log->lock, NULL);
	if (journal_list(engine, &arena, &latest, &entries, &count, err) < 0)
		return err_pass(err);
	log->after_id = count ? entries[0].id : 0;
	return 0;
}

void serve_log_close(struct serve_log *log)
{
	pthread_mutex_destroy(&log->lock);
}

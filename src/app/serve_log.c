/* serve_log: one line an event on stderr, written whole, so that lines of several threads do not mix. */
#include <string.h>
#include <unistd.h>

#include "app/serve.h"
#include "lib/clock.h"
#include "sync/catalog.h"
#include "sync/journal.h"

enum { FOLLOW_AT_ONCE = 200 };

struct line {
	int64_t at_ms;
	const char *level;
	struct str sync, code, text, emr_id, crm_id;
	int64_t run_id, staged_id;
};

static void add_text(struct buf *out, const char *name, struct str text)
{
	if (text.len == 0)
		return;
	buf_printf(out, ",\"%s\":", name);
	json_write_string(out, text);
}

static void add_number(struct buf *out, const char *name, int64_t number)
{
	if (number)
		buf_printf(out, ",\"%s\":%lld", name, (long long)number);
}

static void write_json(struct buf *out, const struct line *l, struct str at)
{
	buf_printf(out, "{\"at\":\"%.*s\",\"level\":\"%s\"", STR_ARG(at), l->level);
	add_text(out, "code", l->code);
	add_text(out, "sync", l->sync);
	add_number(out, "run", l->run_id);
	add_number(out, "staged", l->staged_id);
	add_text(out, "emr_id", l->emr_id);
	add_text(out, "crm_id", l->crm_id);
	add_text(out, "text", l->text);
	buf_add_c(out, "}\n");
}

/* Control characters become blanks: a line stays one. */
static void add_clean(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		buf_add_char(out, (unsigned char)text.at[i] < ' ' || text.at[i] == 127 ? ' ' : text.at[i]);
}

static void write_line(struct buf *out, const struct line *l, struct str at)
{
	buf_printf(out, "%.*s %s ", STR_ARG(at), l->level);
	if (l->sync.len)
		buf_printf(out, "%.*s: ", STR_ARG(l->sync));
	add_clean(out, l->text);
	if (l->code.len)
		buf_printf(out, " [%.*s]", STR_ARG(l->code));
	if (l->run_id)
		buf_printf(out, " run=%lld", (long long)l->run_id);
	if (l->staged_id)
		buf_printf(out, " staged=%lld", (long long)l->staged_id);
	if (l->emr_id.len)
		buf_printf(out, " emr=%.*s", STR_ARG(l->emr_id));
	if (l->crm_id.len)
		buf_printf(out, " crm=%.*s", STR_ARG(l->crm_id));
	buf_add_char(out, '\n');
}

static void print(const struct serve_log *log, const struct line *l)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf out = BUF_INIT((size_t)1 << 16);

	(log->json ? write_json : write_line)(&out, l, clock_rfc3339(&arena, l->at_ms));
	/* Whoever stopped reading our log does not stop us. */
	(void)!write(STDERR_FILENO, buf_text(&out), out.len);
}

/* ---- what is said by ourselves ---- */

void serve_log_say(struct serve_log *log, const char *level, struct str sync, const char *code, const char *text)
{
	const struct line line = {
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
		const struct line line = { .at_ms = e->at_ms,
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

int serve_log_open(struct serve_log *log, struct engine *engine, bool json, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct journal_filter latest = { .limit = 1, .latest = true };
	struct journal_entry *entries;
	size_t count;

	*log = (struct serve_log) { .engine = engine, .json = json };
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

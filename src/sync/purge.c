/*
 * purge: walks the tables of the list below. Of each
 *
 *	kept     ids that are needed whatever their age, once for the whole walk
 *	page     old rows, by a reader, so that no writer waits for the search
 *	take     those of a page that are not needed, in one transaction; each statement looks again whether its row is over. The first one is announced in the
 *	         audit trail
 *
 * What becomes needed meanwhile was settled meanwhile, so that it is not old.
 */
#include "sync/purge.h"

#include <stdlib.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "sync/audit.h"
#include "sync/catalog_docs.h"
#include "sync/catalog_schema.h"
#include "sync/history.h"
#include "sync/journal.h"
#include "sync/link.h"
#include "sync/review.h"
#include "sync/run_table.h"
#include "sync/stage.h"

enum { PAGE = 500 };

/* To add one: its row here, and PURGE_KINDS. Payloads before those that shared their bytes. The log is the last. */
static const struct purgeable *const purgeables[PURGE_KINDS] = {
	&stage_purgeable,     &stage_purgeable_shared, &conflict_purgeable, &history_purgeable,
	&run_input_purgeable, &link_purgeable,         &journal_purgeable,
};

struct row {
	int64_t id, bytes;
	bool gone;
};

struct purging {
	struct engine *engine;
	const struct purgeable *what;
	int64_t before_ms, now_ms;
	struct buf kept; /* int64_t, in order */
	struct row page[PAGE];
	size_t count;
	int64_t last_id;
	struct purge_count done;
	bool *begun; /* of the whole purge: the audit trail knows of it */
};

static int read_kept(struct db *db, void *context, struct err *err)
{
	struct purging *p = context;
	ROWS rows = NULL;
	int more = db_select(db, &p->what->kept, BIND(bind_int(p->before_ms)), &rows, err);

	while (more >= 0 && (more = rows_next(rows, err)) > 0) {
		int64_t id = row_int(rows, "id");

		buf_add_bytes(&p->kept, &id, sizeof(id));
	}
	return more;
}

static int compare_ids(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static bool is_kept(const struct purging *p, int64_t id)
{
	return p->kept.len && bsearch(&id, p->kept.at, p->kept.len / sizeof(id), sizeof(id), compare_ids);
}

static int read_page(struct db *db, void *context, struct err *err)
{
	struct purging *p = context;
	ROWS rows = NULL;
	int more = db_select(db, &p->what->page, BIND(bind_int(p->last_id), bind_int(p->before_ms), bind_int(PAGE)),
	                     &rows, err);

	p->count = 0;
	while (more >= 0 && p->count < PAGE && (more = rows_next(rows, err)) > 0)
		p->page[p->count++] = (struct row) { .id = row_int(rows, "id"), .bytes = row_int(rows, "bytes") };
	return more;
}

static void leave_out_kept(struct purging *p)
{
	size_t count = 0;

	p->last_id = p->page[p->count - 1].id;
	for (size_t i = 0; i < p->count; i++) {
		if (is_kept(p, p->page[i].id))
			p->done.kept++;
		else
			p->page[count++] = p->page[i];
	}
	p->count = count;
}

static int take_row(struct db *db, const struct purging *p, int64_t id, struct err *err)
{
	if (p->what->wipe.sql && db_run(db, &p->what->wipe, BIND(bind_int(id)), err) < 0)
		return err_pass(err);
	if (p->what->whole)
		return db_run(db, &p->what->purge, BIND(bind_int(id)), err);
	return db_run(db, &p->what->purge, BIND(bind_int(id), bind_int(p->now_ms)), err);
}

/* May be run again from the beginning: what it counts is added up only afterwards. */
static int take(struct db *db, void *context, struct err *err)
{
	struct purging *p = context;

	for (size_t i = 0; i < p->count; i++) {
		p->page[i].gone = false;
		if (take_row(db, p, p->page[i].id, err) < 0)
			return err_wrap(err, "purge %s", p->what->what);
		p->page[i].gone = db_changed(db) > 0;
	}
	return 0;
}

/* In the audit trail before anything is gone: a purge that is killed leaves no summary (tell). */
static int begin(struct purging *p, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	if (*p->begun)
		return 0;
	*p->begun = true;
	return audit_note(p->engine, "purge.begun", STR("what is old"), STR_EMPTY, STR_EMPTY,
	                  arena_printf(&arena, "over before %.*s", STR_ARG(clock_rfc3339(&arena, p->before_ms))).at,
	                  err);
}

static int take_page(struct purging *p, struct err *err)
{
	return begin(p, err) < 0 ? err_pass(err) : store_write(p->engine->store, RELAXED, take, p, err);
}

static void count_page(struct purging *p, bool dry)
{
	for (size_t i = 0; i < p->count; i++) {
		if (!dry && !p->page[i].gone)
			continue;
		p->done.rows++;
		p->done.bytes += p->page[i].bytes;
	}
}

static int walk(struct purging *p, bool dry, struct err *err)
{
	struct store *store = p->engine->store;
	size_t read;

	if (p->what->kept.sql && store_read(store, read_kept, p, err) < 0)
		return err_pass(err);
	if (!buf_ok(&p->kept))
		return err_set(err, ERR_MEMORY_LIMIT, "purge: too many %s are needed", p->what->what);
	do {
		if (store_read(store, read_page, p, err) < 0)
			return err_wrap(err, "look for old %s", p->what->what);
		read = p->count;
		if (read == 0)
			break;
		leave_out_kept(p);
		if (!dry && p->count && take_page(p, err) < 0)
			return err_pass(err);
		count_page(p, dry);
	} while (read == PAGE && !atomic_load(&p->engine->stop));
	return 0;
}

static int purge_one(struct engine *engine, const struct purgeable *what, int64_t before_ms, bool dry, bool *begun,
                     struct purge_count *ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct purging *p = arena_new(&arena, struct purging);
	int code;

	*p = (struct purging) { .engine = engine,
		                .what = what,
		                .before_ms = before_ms,
		                .now_ms = clock_wall_ms(),
		                .kept = BUF_INIT((size_t)1 << 30),
		                .begun = begun,
		                .done.what = what->what };
	code = walk(p, dry, err);
	*ret = p->done;
	buf_release(&p->kept);
	return code;
}

struct waiting_job {
	int64_t before_ms, count;
};

static int count_waiting(struct db *db, void *context, struct err *err)
{
	struct waiting_job *job = context;

	return stage_waiting_since(db, job->before_ms, &job->count, err);
}

static bool took_something(const struct purge_report *report)
{
	for (size_t i = 0; i < PURGE_KINDS; i++) {
		if (report->of[i].rows)
			return true;
	}
	return false;
}

/* What was taken, in the words of the audit trail and the log. */
static struct str summary(struct arena *arena, const struct purge_report *report)
{
	SCOPED(buf) struct buf text = BUF_INIT(4096);

	for (size_t i = 0; i < PURGE_KINDS; i++) {
		if (report->of[i].rows)
			buf_printf(&text, "%s%lld %s", text.len ? ", " : "", (long long)report->of[i].rows,
			           report->of[i].what);
	}
	return arena_str(arena, buf_str(&text));
}

/* A dry run leaves nothing; a real one is told of even where it was cut short. */
static int tell(struct engine *engine, const struct purge_order *order, const struct purge_report *report,
                struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	if (order->dry || !took_something(report))
		return 0;
	return audit_note(engine, "purge", STR("what is old"), STR_EMPTY, summary(&arena, report),
	                  arena_printf(&arena, "over before %.*s", STR_ARG(clock_rfc3339(&arena, order->before_ms))).at,
	                  err);
}

/* Also where nothing was taken away this time: the log may be left from the last one. */
static int scrub(struct engine *engine, bool compact, struct purge_report *report, struct err *err)
{
	struct err trouble = ERR_INIT;
	int code = store_scrub(engine->store, compact, &trouble);

	report->log_left = code == ERR_CONFLICT;
	if (code == 0 || report->log_left)
		return 0;
	*err = trouble;
	return code;
}

int purge(struct engine *engine, const struct purge_order *order, struct purge_report *ret, struct err *err)
{
	struct waiting_job waiting = { .before_ms = order->before_ms };
	struct err later = ERR_INIT;
	bool begun = false;
	int code = 0;

	*ret = (struct purge_report) { 0 };
	for (size_t i = 0; i < PURGE_KINDS; i++) {
		bool is_log = purgeables[i] == &journal_purgeable;

		ret->of[i].what = purgeables[i]->what;
		if (code == 0 && (!is_log || order->journal_before_ms))
			code = purge_one(engine, purgeables[i], is_log ? order->journal_before_ms : order->before_ms,
			                 order->dry, &begun, &ret->of[i], err);
	}
	/* Of two errors the first one counts. */
	if (tell(engine, order, ret, code < 0 ? &later : err) < 0 || code < 0)
		return err_pass(err);
	if (store_read(engine->store, count_waiting, &waiting, err) < 0)
		return err_pass(err);
	ret->waiting = waiting.count;
	return order->dry ? 0 : scrub(engine, order->compact, ret, err);
}

/* ---- by itself ---- */

enum { DAY_MS = 86400000 };

int retention_read(struct engine *engine, struct retention *ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct json *section;

	*ret = (struct retention) { 0 };
	if (catalog_read_section(engine, &arena, "retention", &section, err) < 0)
		return err_pass(err);
	if (!section)
		return 0;
	*ret = (struct retention) { .payloads_ms = schema_number(section, "payloads_days") * DAY_MS,
		                    .log_ms = schema_number(section, "log_days") * DAY_MS,
		                    .hour = schema_number(section, "hour") };
	return 0;
}

static void note(struct engine *engine, enum level level, struct str text)
{
	journal_note(engine, &(struct journal_entry) { .level = level, .code = STR("purged"), .text = text });
}

int retention_run(struct engine *engine, const struct retention *retention, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	int64_t now = clock_wall_ms();
	/* Before the time 1 nothing was over. */
	const struct purge_order order = { .before_ms = retention->payloads_ms ? now - retention->payloads_ms : 1,
		                           .journal_before_ms = retention->log_ms ? now - retention->log_ms : 0 };
	struct purge_report report;

	if (retention->payloads_ms == 0 && retention->log_ms == 0)
		return 0;
	if (purge(engine, &order, &report, err) < 0)
		return err_wrap(err, "retention");
	if (took_something(&report))
		note(engine, LEVEL_INFO, arena_printf(&arena, "retention: %.*s", STR_ARG(summary(&arena, &report))));
	if (report.log_left)
		note(engine, LEVEL_ERROR, STR("retention: " PURGE_LOG_LEFT));
	return 0;
}

/*
 * run: how a batch goes.
 *
 *	READING   the CRM's identities and the EMR's pages, side by side, each in a thread of its own. Both must be complete before anything is
 *	          linked: ambiguity is judged over everybody (R8).
 *	LINKING   one thread reconciles, one delivers to each side.
 *
 * The phase, the page cursor, the payloads and the outbox are in the store, so a run that was killed goes on where its last commit left it (R34);
 * the CRM's identities are read anew, which repeats no write.
 */
#include "sync/run.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/clock.h"
#include "sync/capture.h"
#include "sync/catalog.h"
#include "sync/deliver.h"
#include "sync/identity.h"
#include "sync/journal.h"
#include "sync/reconcile.h"
#include "sync/run_lock.h"
#include "sync/run_table.h"

enum { READ_AHEAD_MAX = 16, COMMITS_MAX = 4 };

struct batch_run {
	struct engine *engine;
	struct plan *plan;
	struct run *run;
	struct lanes lanes;
	progress_fn on_progress;
	void *context;
	int64_t began_ms, told_ms;
	bool resumed;
};

/* ---- one process at a time ---- */

void run_lock_scoped_release(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

int run_lock(struct engine *engine, const struct plan *plan, int *ret_fd, struct err *err)
{
	char path[4096];

	*ret_fd = -1;
	if (!engine->dir || engine->dry)
		return 0;
	snprintf(path, sizeof(path), "%s/sync-%lld.lock", engine->dir, (long long)plan->sync_id);
	*ret_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*ret_fd < 0)
		return err_errno(err, "open %s", path);
	if (flock(*ret_fd, LOCK_EX | LOCK_NB) < 0)
		return err_set(err, ERR_CONFLICT,
		               "sync '%.*s' is being run by another process; `suture runs` shows how far it is",
		               STR_ARG(plan->name));
	return 0;
}

/* ---- progress ---- */

struct owed_job {
	const struct plan *plan;
	struct owed_counts counts[2];
};

static int count_owed(struct db *db, void *context, struct err *err)
{
	struct owed_job *job = context;

	if (outbox_counts(db, job->plan->sync_id, SIDE_CRM, &job->counts[SIDE_CRM], err) < 0)
		return err_pass(err);
	return outbox_counts(db, job->plan->sync_id, SIDE_EMR, &job->counts[SIDE_EMR], err);
}

static void tell(struct batch_run *b, bool always)
{
	int64_t now = clock_mono_ns() / 1000000;
	struct owed_job owed = { .plan = b->plan };
	struct err ignored = ERR_INIT;
	struct progress progress;

	if (!b->on_progress || (!always && now - b->told_ms < 200))
		return;
	b->told_ms = now;
	if (store_read(b->engine->store, count_owed, &owed, &ignored) < 0)
		return;
	progress = (struct progress) {
		.run = b->run,
		.read = (b->run ? b->run->read : 0) + atomic_load(&b->lanes.read),
		.total = b->run ? b->run->total : -1,
		.decided = atomic_load(&b->lanes.decided),
		.owed = owed.counts[0].now + owed.counts[1].now,
		.owed_low = owed.counts[0].low + owed.counts[1].low,
		.elapsed_ms = now - b->began_ms,
		.resumed = b->resumed,
	};
	b->on_progress(b->context, &progress);
}

/* ---- reading ---- */

static int read_crm_page(struct batch_run *b, struct str *cursor, struct arena *keep, bool *ret_last, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct connection *crm = b->plan->conn[SIDE_CRM];
	struct page page;
	struct list_request request = { .object = b->plan->object[SIDE_CRM],
		                        .where = b->plan->crm_where,
		                        .cursor = *cursor };
	struct str fields[5];
	struct call *call;

	const struct mapping *m = &b->plan->mapping;
	const struct field_map *roles[] = { m->first_name, m->last_name, m->birth_date };

	for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
		if (roles[i])
			fields[request.field_count++] = path_top(roles[i]->crm);
	}
	if (b->plan->crm_id_field.len)
		fields[request.field_count++] = b->plan->crm_id_field;
	if (b->plan->crm_synced_field.len)
		fields[request.field_count++] = b->plan->crm_synced_field;
	request.fields = fields;
	call = crm->kind->list_start(crm, &request);
	if (crm->kind->list_finish(&call, &arena, &page, err) < 0)
		return err_wrap(err, "read %.*s of %.*s", STR_ARG(b->plan->object[SIDE_CRM]),
		                STR_ARG(b->plan->crm_name));
	if (capture_crm_identities(b->engine, b->plan, &arena, &page, b->run->id, err) < 0)
		return err_pass(err);
	*ret_last = page.last;
	*cursor = arena_str(keep, page.next_cursor);
	return 0;
}

struct forget_job {
	const struct batch_run *b;
	enum side side;
};

static int forget(struct db *db, void *context, struct err *err)
{
	const struct forget_job *job = context;

	return identity_forget_unseen(db, job->b->plan->sync_id, job->side, job->b->run->id, err);
}

static int unsee(struct db *db, void *context, struct err *err)
{
	const struct forget_job *job = context;

	return identity_unsee(db, job->b->plan->sync_id, job->side, job->b->run->id, err);
}

static int read_crm(struct batch_run *b, struct err *err)
{
	SCOPED(arena) struct arena keep = ARENA_INIT;
	struct forget_job job = { b, SIDE_CRM };
	struct str cursor = STR_EMPTY;
	bool last = false;

	/* What the run saw before it was cut short may be gone by now. */
	if (b->resumed && store_write(b->engine->store, RELAXED, unsee, &job, err) < 0)
		return err_pass(err);
	while (!last) {
		if (lanes_stopping(b->engine, &b->lanes))
			return err_set(err, ERR_ABORTED, "stopped while reading the CRM");
		if (read_crm_page(b, &cursor, &keep, &last, err) < 0)
			return err_pass(err);
	}
	return store_write(b->engine->store, RELAXED, forget, &job, err);
}

static void *read_crm_thread(void *context)
{
	struct batch_run *b = context;
	struct err err = ERR_INIT;

	if (read_crm(b, &err) < 0)
		lanes_fail(&b->lanes, &err);
	return NULL;
}

/* Pages under way, oldest first. Where pages do not depend on each other, the next ones are asked for before the first has come. */
struct read_ahead {
	struct call *calls[READ_AHEAD_MAX];
	size_t first, open, most;
	int64_t next_offset;  /* for independent pages */
	int64_t taken_offset; /* and the next to take */
	int64_t step;
	struct str cursor; /* for dependent ones */
	bool no_more;
	/* Pages that came and are being committed while the next are taken apart; a ring, too. */
	struct commit_under_way {
		struct arena arena;
		struct capturing *capturing;
	} commits[COMMITS_MAX];
	size_t first_commit, open_commits;
	int64_t total; /* rows by the last page; -1: unknown */
	bool shrank;   /* records went while we read: others may have moved to a page that we had read already */
};

static int finish_oldest_commit(struct batch_run *b, struct read_ahead *r, struct err *err)
{
	struct commit_under_way *c = &r->commits[r->first_commit];
	size_t staged;
	int code = capture_emr_finish(&c->capturing, &staged, NULL, err);

	arena_reset(&c->arena);
	r->first_commit = (r->first_commit + 1) % COMMITS_MAX;
	r->open_commits--;
	if (code >= 0)
		b->run->read += (int64_t)staged;
	return code;
}

/* Also after a failure: what was started is waited for. The first error is the one that is told. */
static int finish_commits(struct batch_run *b, struct read_ahead *r, int code, struct err *err)
{
	while (r->open_commits > 0) {
		struct err later = ERR_INIT;

		if (finish_oldest_commit(b, r, code < 0 ? &later : err) < 0 && code >= 0)
			code = err->code;
	}
	for (size_t i = 0; i < COMMITS_MAX; i++)
		arena_release(&r->commits[i].arena);
	return code;
}

static void ask_for_pages(struct batch_run *b, struct read_ahead *r)
{
	struct connection *emr = b->plan->conn[SIDE_EMR];
	char offset[24];

	while (r->open < r->most && !r->no_more) {
		struct list_request request = { .object = b->plan->object[SIDE_EMR],
			                        .cursor = r->cursor,
			                        .live_only = true };

		if (emr->traits.pages_independent) {
			if (b->run->total >= 0 && r->open > 0 && r->next_offset >= b->run->total)
				return;
			snprintf(offset, sizeof(offset), "%lld", (long long)r->next_offset);
			request.cursor = r->next_offset ? str_of(offset) : STR_EMPTY;
			r->next_offset += r->step;
		}
		r->calls[(r->first + r->open) % READ_AHEAD_MAX] = emr->kind->list_start(emr, &request);
		r->open++;
	}
}

static void cancel_pages(struct read_ahead *r)
{
	for (; r->open > 0; r->open--) {
		call_cancel(&r->calls[r->first]);
		r->first = (r->first + 1) % READ_AHEAD_MAX;
	}
}

/* The far side gave fewer rows than asked for, and more follow: what was asked for ahead begins at the wrong places. */
static void go_back_after_short_page(struct read_ahead *r, const struct page *page)
{
	int64_t next;

	r->taken_offset += r->step;
	if (page->last || !str_to_i64(page->next_cursor, &next) || next == r->taken_offset)
		return;
	cancel_pages(r);
	r->next_offset = r->taken_offset = next;
}

static int take_page(struct batch_run *b, struct read_ahead *r, struct arena *keep, struct err *err)
{
	struct commit_under_way *c = &r->commits[(r->first_commit + r->open_commits) % COMMITS_MAX];
	struct connection *emr = b->plan->conn[SIDE_EMR];
	struct call *call = r->calls[r->first];
	struct capture how = { .door = DOOR_BATCH, .run_id = b->run->id, .moves_cursor = true };
	struct page page;

	r->first = (r->first + 1) % READ_AHEAD_MAX;
	r->open--;
	if (emr->kind->list_finish(&call, &c->arena, &page, err) < 0)
		return err_wrap(err, "read %.*s of %.*s", STR_ARG(b->plan->object[SIDE_EMR]),
		                STR_ARG(b->plan->emr_name));
	how.from = r->cursor; /* lives in `keep` */
	how.cursor = page.last ? STR_EMPTY : page.next_cursor;
	how.total = page.total;
	if (capture_emr_start(b->engine, b->plan, &c->arena, &page, &how, &c->capturing, err) < 0)
		return err_pass(err);
	r->shrank = r->shrank || page.total < r->total;
	r->total = page.total;
	r->open_commits++;
	b->run->total = MAX_OF(b->run->total, page.total);
	r->cursor = arena_str(keep, page.next_cursor);
	r->no_more = r->no_more || page.last;
	if (emr->traits.pages_independent)
		go_back_after_short_page(r, &page);
	return r->open_commits == COMMITS_MAX ? finish_oldest_commit(b, r, err) : 0;
}

/* All pages from `cursor` on. */
static int read_pages(struct batch_run *b, struct str cursor, bool *ret_shrank, struct err *err)
{
	SCOPED(arena) struct arena keep = ARENA_INIT;
	struct connection *emr = b->plan->conn[SIDE_EMR];
	struct read_ahead r = { .most = 1, .step = (int64_t)emr->traits.page_size, .cursor = cursor, .total = -1 };
	int code = 0;

	if (emr->traits.pages_independent) {
		r.most = MIN_OF((size_t)READ_AHEAD_MAX, emr->target.window ? emr->target.window : 8);
		if (r.cursor.len && !str_to_i64(r.cursor, &r.next_offset))
			r.next_offset = 0;
		r.taken_offset = r.next_offset;
	}
	do {
		if (lanes_stopping(b->engine, &b->lanes))
			code = err_set(err, ERR_ABORTED, "stopped while reading the EMR");
		if (code == 0)
			ask_for_pages(b, &r);
		if (code == 0 && r.open > 0)
			code = take_page(b, &r, &keep, err);
		tell(b, false);
	} while (code == 0 && !(r.no_more && r.open == 0));
	cancel_pages(&r);
	code = finish_commits(b, &r, code, err);
	*ret_shrank = r.shrank;
	return code;
}

/* Whoever was missed would be missing when twins are counted (R8): if records went meanwhile, everything is read once more. Records that are staged
 * already are passed over. */
static int read_emr(struct batch_run *b, struct err *err)
{
	enum { ROUNDS_MAX = 3 };
	struct forget_job job = { b, SIDE_EMR };
	struct str cursor = b->run->cursor;
	bool shrank = true;

	for (int round = 0; shrank && round < ROUNDS_MAX; round++) {
		if (read_pages(b, cursor, &shrank, err) < 0)
			return err_pass(err);
		cursor = STR_EMPTY;
	}
	return store_write(b->engine->store, RELAXED, forget, &job, err);
}

static int set_phase(struct db *db, void *context, struct err *err)
{
	const struct run *run = context;

	return run_set_phase(db, run->id, run->phase, err);
}

static int reading(struct batch_run *b, struct err *err)
{
	pthread_t crm;

	must(pthread_create(&crm, NULL, read_crm_thread, b) == 0);
	if (b->run->phase == PHASE_READING && read_emr(b, err) < 0)
		lanes_fail(&b->lanes, err);
	pthread_join(crm, NULL);
	if (b->lanes.error.code != ERR_OK) {
		*err = b->lanes.error;
		return err_pass(err);
	}
	if (b->run->phase != PHASE_READING)
		return 0;
	b->run->phase = PHASE_LINKING;
	return store_write(b->engine->store, RELAXED, set_phase, b->run, err);
}

/* ---- linking ---- */

struct deliver_thread {
	struct batch_run *b;
	enum side side;
	bool with_low;
	pthread_t thread;
};

static void *deliver_thread(void *context)
{
	struct deliver_thread *t = context;

	deliver_lane(t->b->engine, t->b->plan, t->side, t->with_low, &t->b->lanes);
	return NULL;
}

/* What was left waiting for an earlier write of its pair comes next, once that is delivered (R4). A dry run delivers nothing. */
static bool goes_on(struct batch_run *b, const struct reconciler *r, bool idle)
{
	if (!idle)
		return true;
	if (!reconcile_held_back(r) || b->engine->dry)
		return false;
	lanes_wait(&b->lanes, lanes_rings(&b->lanes), 50);
	return true;
}

static void reconcile_all(struct batch_run *b)
{
	struct reconciler *r = reconciler_new(b->engine, b->plan, b->run);
	struct err err = ERR_INIT;
	bool idle = false;

	while (goes_on(b, r, idle) && !lanes_stopping(b->engine, &b->lanes)) {
		size_t decided;

		if (reconcile_step(r, &decided, &idle, &err) < 0) {
			lanes_fail(&b->lanes, &err);
			break;
		}
		atomic_fetch_add(&b->lanes.decided, (int64_t)decided);
		lanes_ring(&b->lanes);
		tell(b, false);
	}
	reconciler_free(&r);
	lanes_finish_upstream(&b->lanes);
}

/* Waits for a lane and keeps telling how far it is. */
static void join_telling(struct batch_run *b, pthread_t thread)
{
	struct timespec until;

	do {
		tell(b, false);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 100 * 1000000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
	} while (pthread_timedjoin_np(thread, NULL, &until) != 0);
}

static int linking(struct batch_run *b, bool with_low, struct err *err)
{
	struct deliver_thread lanes[] = { { b, SIDE_CRM, false, 0 }, { b, SIDE_EMR, false, 0 } };

	for (size_t i = 0; i < ARRAY_LEN(lanes) && !b->engine->dry; i++)
		must(pthread_create(&lanes[i].thread, NULL, deliver_thread, &lanes[i]) == 0);
	reconcile_all(b);
	for (size_t i = 0; i < ARRAY_LEN(lanes) && !b->engine->dry; i++)
		join_telling(b, lanes[i].thread);
	/* Back-references come last: what was just created in the CRM earned them (R18). */
	if (with_low && !b->engine->dry && b->lanes.error.code == ERR_OK) {
		struct deliver_thread low = { b, SIDE_EMR, true, 0 };

		must(pthread_create(&low.thread, NULL, deliver_thread, &low) == 0);
		join_telling(b, low.thread);
	}
	tell(b, true);
	if (b->lanes.error.code != ERR_OK)
		*err = b->lanes.error;
	else if (atomic_load(&b->engine->stop))
		err_set_text(err, ERR_ABORTED, "stopped; what is done stays done");
	return err->code;
}

/* ---- a run ---- */

struct begin_job {
	struct batch_run *b;
	struct arena *arena;
};

static int begin(struct db *db, void *context, struct err *err)
{
	struct begin_job *job = context;
	struct batch_run *b = job->b;

	if (run_unfinished(db, job->arena, b->plan->sync_id, b->run, &b->resumed, err) < 0)
		return err_pass(err);
	if (b->resumed)
		return run_set_state(db, b->run->id, RUN_ACTIVE, NULL, err);
	*b->run = (struct run) { .sync_id = b->plan->sync_id,
		                 .kind = STR("import"),
		                 .sync_name = b->plan->name,
		                 .who = str_of(b->engine->who),
		                 .total = -1 };
	return run_insert(db, job->arena, b->run, err);
}

static int end(struct db *db, void *context, struct err *err)
{
	struct batch_run *b = context;
	const struct err *why = &b->lanes.error;

	if (run_set_phase(db, b->run->id, b->run->phase, err) < 0)
		return err_pass(err);
	return run_set_state(db, b->run->id, b->run->state, why->code == ERR_OK ? NULL : why->text, err);
}

static int finish(struct batch_run *b, int code, struct err *err)
{
	struct err ignored = ERR_INIT;
	struct journal_entry entry = { .level = LEVEL_INFO,
		                       .sync_id = b->plan->sync_id,
		                       .run_id = b->run->id,
		                       .code = STR("run_done"),
		                       .text = STR("the run is complete") };

	b->run->state = code == 0 ? RUN_DONE : code == ERR_ABORTED ? RUN_ABORTED : RUN_FAILED;
	if (code == 0)
		b->run->phase = PHASE_FINISHED;
	if (code < 0) {
		b->lanes.error = *err;
		entry.level = code == ERR_ABORTED ? LEVEL_INFO : LEVEL_EXCEPTION;
		entry.code = str_of(err_name(err->code));
		entry.text = str_of(err->text);
	}
	if (store_write(b->engine->store, RELAXED, end, b, code < 0 ? &ignored : err) < 0)
		return code < 0 ? code : err->code;
	journal_note(b->engine, &entry);
	b->run->ended_ms = clock_wall_ms();
	return code;
}

int run_import(struct engine *engine, struct plan *plan, progress_fn on_progress, void *context, struct run *ret,
               struct arena *arena, struct err *err)
{
	struct batch_run b = {
		.engine = engine, .plan = plan, .run = ret, .on_progress = on_progress, .context = context
	};
	struct begin_job job = { &b, arena };
	SCOPED(run_lock) int lock = -1;
	int code;

	if (run_lock(engine, plan, &lock, err) < 0)
		return err_pass(err);
	if (plan_sign_in(plan, err) < 0 || plan_open_account(engine, plan, err) < 0)
		return err_pass(err);
	if (store_write(engine->store, DURABLE, begin, &job, err) < 0)
		return err_pass(err);
	lanes_init(&b.lanes);
	b.began_ms = clock_mono_ns() / 1000000;
	code = reading(&b, err);
	if (code == 0)
		code = linking(&b, false, err);
	code = finish(&b, code, err);
	lanes_release(&b.lanes);
	return code;
}

int run_pending(struct engine *engine, int64_t sync_id, int64_t *ret, struct err *err)
{
	const struct plan plan = { .sync_id = sync_id };
	struct owed_job job = { .plan = &plan };

	if (store_read(engine->store, count_owed, &job, err) < 0)
		return err_pass(err);
	*ret = job.counts[SIDE_EMR].low + job.counts[SIDE_CRM].low;
	return 0;
}

int run_settle(struct engine *engine, struct plan *plan, bool with_low, progress_fn on_progress, void *context,
               struct err *err)
{
	SCOPED(run_lock) int lock = -1;

	if (run_lock(engine, plan, &lock, err) < 0)
		return err_pass(err);
	return run_settle_locked(engine, plan, with_low, on_progress, context, err);
}

int run_settle_locked(struct engine *engine, struct plan *plan, bool with_low, progress_fn on_progress, void *context,
                      struct err *err)
{
	struct batch_run b = { .engine = engine, .plan = plan, .on_progress = on_progress, .context = context };
	int code;

	if (plan_sign_in(plan, err) < 0 || plan_open_account(engine, plan, err) < 0)
		return err_pass(err);
	lanes_init(&b.lanes);
	b.began_ms = clock_mono_ns() / 1000000;
	code = linking(&b, with_low, err);
	lanes_release(&b.lanes);
	return code;
}

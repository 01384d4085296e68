/*
 * run_read: three ways of putting payloads on the road.
 *
 *	import    the CRM's identities and the EMR's pages, side by side, each in a thread of its own
 *	ids       both sides' identities, then the ids of a file, page by page
 *	changes   of each side what changed since the feed's cursor; of a side that cannot tell, everything, and what is known by its hash is passed over
 *
 * The page cursor is in the store with the payloads (R1), so a run that was killed goes on where its last commit left it (R34); identities are read
 * anew, which repeats no write. Only a complete reading lets anybody be called new (R8), or gone (R31).
 */
#include "sync/run_read.h"

#include <pthread.h>
#include <stdio.h>

#include "lib/clock.h"
#include "sync/capture.h"
#include "sync/cursor.h"
#include "sync/identity.h"
#include "sync/run_table.h"
#include "sync/seam.h"
#include "sync/drift.h"
#include "sync/budget.h"
#include "sync/lease.h"

enum { READ_AHEAD_MAX = 16, COMMITS_MAX = 4, IDS_A_PAGE = 1000 };

static const struct str changes_feed = { "changes", 7 };

static bool is_stopping(const struct run_reading *r)
{
	return atomic_load(&r->failed) || atomic_load(&r->engine->stop) || (r->stop && atomic_load(r->stop));
}

static struct str system_of(const struct run_reading *r, enum side side)
{
	return side == SIDE_CRM ? r->plan->crm_name : r->plan->emr_name;
}

/* ---- a complete reading ends ---- */

/* The first delta goes back to where a complete reading began, and asks by the far side's clock: ours may be an hour ahead of that. */
static void begin_reading(struct run_reading *r, enum side side)
{
	r->began[side] = (struct began) { .wall_ms = clock_wall_ms(), .mono_ms = clock_mono_ns() / 1000000 };
}

static void note_far_clock(struct run_reading *r, enum side side, const struct page *page)
{
	struct began *b = &r->began[side];

	if (page->server_ms && !b->far_ms)
		b->far_ms = page->server_ms - (clock_mono_ns() / 1000000 - b->mono_ms);
}

/* Pages that a resumed run had read before it was cut short are as old as the run. */
static int64_t began_ms(const struct run_reading *r, enum side side)
{
	const struct began *b = &r->began[side];
	int64_t before = r->resumed ? MAX_OF(b->wall_ms - r->run->started_ms, (int64_t)0) : 0;

	return (b->far_ms ? b->far_ms : b->wall_ms) - before;
}

struct complete_job {
	const struct run_reading *r;
	enum side side;
};

static int complete(struct db *db, void *context, struct err *err)
{
	const struct complete_job *job = context;

	return identity_complete(db, job->r->plan->sync_id, job->side, began_ms(job->r, job->side), err);
}

static int forget_slice(struct db *db, void *context, struct err *err)
{
	return identity_forget_unseen(db, context, err);
}

/* What the run saw before it was cut short may be gone by now. */
static int unsee_slice(struct db *db, void *context, struct err *err)
{
	return identity_unsee(db, context, err);
}

static int all_slices(const struct run_reading *r, enum side side, store_fn fn, struct err *err)
{
	struct identity_slice slice = { .sync_id = r->plan->sync_id, .side = side, .run_id = r->run->id };

	do {
		slice.after_id = slice.next_id;
		if (lease_write(r->engine, r->plan, RELAXED, fn, &slice, err) < 0)
			return err_pass(err);
	} while (slice.next_id != 0);
	return 0;
}

/* Linked records that were not met are looked at one by one before anything is believed of them. */
static int end_reading(struct run_reading *r, enum side side, struct err *err)
{
	struct complete_job job = { r, side };
	const struct capture how = {
		.side = side, .door = DOOR_DELTA, .priority = STAGED_LIVE, .run_id = r->run->id, .total = -1
	};
	int64_t after_id = 0;

	do {
		if (capture_missing(r->engine, r->plan, &how, &after_id, err) < 0)
			return err_pass(err);
	} while (after_id != 0);
	if (all_slices(r, side, forget_slice, err) < 0)
		return err_pass(err);
	return lease_write(r->engine, r->plan, RELAXED, complete, &job, err);
}

/* ---- identities ---- */

static int identity_page(struct run_reading *r, enum side side, struct str *cursor, struct arena *keep, bool *ret_last,
                         struct seam *seam, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct connection *c = r->plan->conn[side];
	struct str fields[CAPTURE_WHO_FIELDS];
	struct list_request request = { .object = r->plan->object[side], .cursor = *cursor, .fields = fields };
	struct page page;
	struct call *call;

	if (side == SIDE_CRM) {
		request.where = r->plan->crm_where;
		request.field_count = capture_who_fields(r->plan, fields);
	} else {
		request.live_only = true;
	}
	if (budget_check(r->plan, side, HTTP_NORMAL, err) < 0)
		return err_pass(err);
	call = c->kind->list_start(c, &request);
	if (c->kind->list_finish(&call, &arena, &page, err) < 0)
		return err_wrap(err, "read %.*s of %.*s", STR_ARG(r->plan->object[side]), STR_ARG(system_of(r, side)));
	note_far_clock(r, side, &page);
	if (capture_identities(r->engine, r->plan, &arena, side, &page, r->run->id, err) < 0)
		return err_pass(err);
	*ret_last = page.last;
	seam_page(seam, &page);
	*cursor = arena_str(keep, page.next_cursor);
	return 0;
}

static int read_all_identities(struct run_reading *r, enum side side, struct seam *seam, struct err *err)
{
	SCOPED(arena) struct arena keep = ARENA_INIT;
	struct str cursor = STR_EMPTY;
	bool last = false;

	while (!last) {
		if (is_stopping(r))
			return err_set(err, ERR_ABORTED, "stopped while reading %.*s", STR_ARG(system_of(r, side)));
		if (identity_page(r, side, &cursor, &keep, &last, seam, err) < 0)
			return err_pass(err);
	}
	return 0;
}

static int read_identities(struct run_reading *r, enum side side, struct err *err)
{
	bool moved = true;

	begin_reading(r, side);
	if (r->resumed && all_slices(r, side, unsee_slice, err) < 0)
		return err_pass(err);
	for (int round = 0; moved && round < SEAM_ROUNDS; round++) {
		SCOPED(seam) struct seam seam = seam_begin(&r->plan->conn[side]->traits, -1);

		if (read_all_identities(r, side, &seam, err) < 0)
			return err_pass(err);
		moved = seam.moved;
	}
	return end_reading(r, side, err);
}

struct reader {
	struct run_reading *r;
	enum side side;
	struct err err;
};

static void *read_identities_thread(void *context)
{
	struct reader *reader = context;

	if (read_identities(reader->r, reader->side, &reader->err) < 0)
		atomic_store(&reader->r->failed, true);
	return NULL;
}

/* ---- pages of an import ---- */

/* Pages under way, oldest first. Where pages do not depend on each other, the next ones are asked for before the first has come. */
struct read_ahead {
	struct run_reading *r;
	struct call *calls[READ_AHEAD_MAX];
	int64_t asked_ms[READ_AHEAD_MAX];
	size_t first, open, most;
	int64_t next_offset;   /* for independent pages */
	int64_t taken_offset;  /* and the next to take */
	int64_t step, overlap; /* from page to page; rows that a page shares with the one before it */
	struct str cursor;     /* for dependent ones */
	bool no_more;
	/* Pages that came and are being committed while the next are taken apart; a ring, too. */
	struct commit_under_way {
		struct arena arena;
		struct capturing *capturing;
	} commits[COMMITS_MAX];
	size_t first_commit, open_commits;
	struct seam *seam;
};

static int finish_oldest_commit(struct read_ahead *a, struct err *err)
{
	struct commit_under_way *c = &a->commits[a->first_commit];
	struct captured done = { 0 };
	int code = capture_finish(&c->capturing, &done, err);

	arena_reset(&c->arena);
	a->first_commit = (a->first_commit + 1) % COMMITS_MAX;
	a->open_commits--;
	a->r->run->read += (int64_t)done.staged;
	return code;
}

/* Also after a failure: what was started is waited for. The first error is the one that is told. */
static int finish_commits(struct read_ahead *a, int code, struct err *err)
{
	while (a->open_commits > 0) {
		struct err later = ERR_INIT;

		if (finish_oldest_commit(a, code < 0 ? &later : err) < 0 && code >= 0)
			code = err->code;
	}
	for (size_t i = 0; i < COMMITS_MAX; i++)
		arena_release(&a->commits[i].arena);
	return code;
}

static void ask_for_pages(struct read_ahead *a)
{
	struct connection *emr = a->r->plan->conn[SIDE_EMR];
	const struct run *run = a->r->run;
	char offset[24];

	while (a->open < a->most && !a->no_more) {
		size_t at = (a->first + a->open) % READ_AHEAD_MAX;
		struct list_request request = { .object = a->r->plan->object[SIDE_EMR],
			                        .cursor = a->cursor,
			                        .live_only = true };

		if (emr->traits.pages_independent) {
			if (run->total >= 0 && a->open > 0 && a->next_offset + a->overlap >= run->total)
				return;
			snprintf(offset, sizeof(offset), "%lld", (long long)a->next_offset);
			request.cursor = a->next_offset ? str_of(offset) : STR_EMPTY;
			a->next_offset += a->step;
		}
		a->asked_ms[at] = clock_wall_ms();
		a->calls[at] = emr->kind->list_start(emr, &request);
		a->open++;
	}
}

static void cancel_pages(struct read_ahead *a)
{
	for (; a->open > 0; a->open--) {
		call_cancel(&a->calls[a->first]);
		a->first = (a->first + 1) % READ_AHEAD_MAX;
	}
}

/* The far side gave fewer rows than asked for, and more follow: what was asked for ahead begins at the wrong places. */
static void go_back_after_short_page(struct read_ahead *a, const struct page *page)
{
	int64_t next;

	a->taken_offset += a->step;
	if (page->last || !str_to_i64(page->next_cursor, &next) || next == a->taken_offset)
		return;
	cancel_pages(a);
	a->next_offset = a->taken_offset = next;
}

static int take_page(struct read_ahead *a, struct arena *keep, struct err *err)
{
	struct run_reading *r = a->r;
	struct commit_under_way *c = &a->commits[(a->first_commit + a->open_commits) % COMMITS_MAX];
	struct connection *emr = r->plan->conn[SIDE_EMR];
	struct call *call = a->calls[a->first];
	struct capture how = { .side = SIDE_EMR,
		               .door = DOOR_BATCH,
		               .priority = STAGED_BATCH,
		               .run_id = r->run->id,
		               .moves_cursor = true,
		               .asked_ms = a->asked_ms[a->first] };
	struct page page;

	a->first = (a->first + 1) % READ_AHEAD_MAX;
	a->open--;
	if (emr->kind->list_finish(&call, &c->arena, &page, err) < 0)
		return err_wrap(err, "read %.*s of %.*s", STR_ARG(r->plan->object[SIDE_EMR]),
		                STR_ARG(r->plan->emr_name));
	note_far_clock(r, SIDE_EMR, &page);
	how.from = a->cursor; /* lives in `keep` */
	how.cursor = page.last ? STR_EMPTY : page.next_cursor;
	how.total = page.total;
	if (capture_start(r->engine, r->plan, &c->arena, &page, &how, &c->capturing, err) < 0)
		return err_pass(err);
	seam_page(a->seam, &page);
	a->open_commits++;
	r->run->total = MAX_OF(r->run->total, page.total);
	a->cursor = arena_str(keep, page.next_cursor);
	a->no_more = a->no_more || page.last;
	if (emr->traits.pages_independent)
		go_back_after_short_page(a, &page);
	return a->open_commits == COMMITS_MAX ? finish_oldest_commit(a, err) : 0;
}

/* All pages from `cursor` on. */
static int read_pages(struct run_reading *r, struct str cursor, struct seam *seam, struct err *err)
{
	SCOPED(arena) struct arena keep = ARENA_INIT;
	struct connection *emr = r->plan->conn[SIDE_EMR];
	struct read_ahead a = { .r = r, .most = 1, .cursor = cursor, .seam = seam };
	int code = 0;

	if (emr->traits.pages_independent) {
		a.overlap = emr->traits.pages_overlap;
		a.step = (int64_t)emr->traits.page_size - a.overlap;
		a.most = MIN_OF((size_t)READ_AHEAD_MAX, emr->target.window ? emr->target.window : 8);
		if (a.cursor.len && !str_to_i64(a.cursor, &a.next_offset))
			a.next_offset = 0;
		a.taken_offset = a.next_offset;
	}
	do {
		if (is_stopping(r))
			code = err_set(err, ERR_ABORTED, "stopped while reading the EMR");
		if (code == 0 && budget_check(r->plan, SIDE_EMR, HTTP_NORMAL, err) < 0)
			code = err->code;
		if (code == 0)
			ask_for_pages(&a);
		if (code == 0 && a.open > 0)
			code = take_page(&a, &keep, err);
		if (r->on_page)
			r->on_page(r->context);
	} while (code == 0 && !(a.no_more && a.open == 0));
	cancel_pages(&a);
	return finish_commits(&a, code, err);
}

/* Records that are staged already are passed over in a second round. */
static int read_all_pages(struct run_reading *r, struct err *err)
{
	struct str cursor = r->run->cursor;
	int64_t total = cursor.len ? r->run->total : -1; /* rows may have moved since the run was cut short */
	bool moved = true;

	begin_reading(r, SIDE_EMR);
	for (int round = 0; moved && round < SEAM_ROUNDS; round++) {
		SCOPED(seam) struct seam seam = seam_begin(&r->plan->conn[SIDE_EMR]->traits, total);

		if (read_pages(r, cursor, &seam, err) < 0)
			return err_pass(err);
		moved = seam.moved;
		cursor = STR_EMPTY;
		total = -1;
	}
	return end_reading(r, SIDE_EMR, err);
}

/* Runs `read` here while the CRM's identities are read beside it. */
static int read_beside_crm(struct run_reading *r, int (*read)(struct run_reading *r, struct err *err), struct err *err)
{
	struct reader crm = { .r = r, .side = SIDE_CRM };
	struct err own = ERR_INIT;
	pthread_t thread;

	must(pthread_create(&thread, NULL, read_identities_thread, &crm) == 0);
	if (read(r, &own) < 0)
		atomic_store(&r->failed, true);
	pthread_join(thread, NULL);
	if (own.code == ERR_OK && crm.err.code == ERR_OK)
		return 0;
	/* Who only stopped because the other one failed has nothing to say. */
	*err = own.code != ERR_OK && (own.code != ERR_ABORTED || crm.err.code == ERR_OK) ? own : crm.err;
	return err_pass(err);
}

static int read_patients(struct run_reading *r, struct err *err)
{
	return r->run->phase == PHASE_READING ? read_all_pages(r, err) : 0;
}

int run_read_import(struct run_reading *r, struct err *err)
{
	return read_beside_crm(r, read_patients, err);
}

/* ---- ids of a file ---- */

static int stage_ids(struct run_reading *r, const struct csv_ids *all, size_t from, struct str *cursor,
                     struct arena *keep, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	size_t count = MIN_OF((size_t)IDS_A_PAGE, all->count - from);
	struct capture how = { .side = SIDE_CRM,
		               .door = DOOR_BATCH,
		               .priority = STAGED_BATCH,
		               .run_id = r->run->id,
		               .moves_cursor = true,
		               .from = *cursor,
		               .total = (int64_t)all->count };
	struct str next = arena_printf(keep, "%zu", from + count);
	struct captured done;

	how.cursor = next; /* also behind the last page: who dies here does not begin again */
	if (capture_ids(r->engine, r->plan, &arena, all->ids + from, all->ids + from, count, &how, &done, err) < 0)
		return err_pass(err);
	r->run->read += (int64_t)done.staged;
	*cursor = next;
	return 0;
}

static int read_ids(struct run_reading *r, struct err *err)
{
	SCOPED(arena) struct arena keep = ARENA_INIT;
	struct csv_ids all;
	struct str cursor = r->run->cursor;
	int64_t from = 0;

	if (read_identities(r, SIDE_EMR, err) < 0)
		return err_pass(err);
	if (r->run->phase != PHASE_READING)
		return 0;
	if (run_read_csv(r->plan, &keep, r->csv, &all, err) < 0)
		return err_pass(err);
	r->run->total = (int64_t)all.count;
	if (cursor.len && !str_to_i64(cursor, &from))
		from = 0;
	for (; (size_t)from < all.count; from += IDS_A_PAGE) {
		if (is_stopping(r))
			return err_set(err, ERR_ABORTED, "stopped while reading the file");
		if (stage_ids(r, &all, (size_t)from, &cursor, &keep, err) < 0)
			return err_pass(err);
		if (r->on_page)
			r->on_page(r->context);
	}
	return 0;
}

/* R8: two contacts that fit one patient are ambiguous, whether both are in the file or not. */
int run_read_ids(struct run_reading *r, struct err *err)
{
	return read_beside_crm(r, read_ids, err);
}

/* ---- changes ---- */

struct feed {
	struct run_reading *r;
	enum side side;
	struct arena *arena; /* of the walk */
	struct cursor cursor;
	int64_t since_ms;
};

static int read_cursor(struct db *db, void *context, struct err *err)
{
	struct feed *f = context;
	const struct cursor_place place = { f->r->plan->sync_id, f->side, changes_feed };

	if (cursor_get(db, f->arena, &place, &f->cursor, err) < 0)
		return err_pass(err);
	/* The first delta goes back to where the last complete reading began. */
	return identity_completed(db, f->r->plan->sync_id, f->side, &f->since_ms, err);
}

static int forget_cursor(struct db *db, void *context, struct err *err)
{
	const struct feed *f = context;
	const struct cursor_place place = { f->r->plan->sync_id, f->side, changes_feed };

	return cursor_forget(db, &place, err);
}

static struct changes_request changes_of(const struct feed *f, bool begins)
{
	const struct plan *plan = f->r->plan;
	struct changes_request request = {
		.object = plan->object[f->side],
		.cursor = f->cursor.text,
		.since_ms = f->since_ms,
		.overlap_ms = begins ? plan->delta_overlap_ms : 0,
		.lag_ms = plan->delta_lag_ms,
		.priority = HTTP_NORMAL,
	};

	if (f->side != SIDE_CRM)
		return request;
	request.fields = drift_state(plan)->crm_fields;
	request.field_count = drift_state(plan)->crm_field_count;
	request.where = plan->crm_where;
	return request;
}

static int count_read(struct db *db, void *context, struct err *err)
{
	const struct run *run = context;

	return run_count_read(db, run->id, run->read, err);
}

static int changes_page(struct feed *f, bool begins, bool *ret_last, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct run_reading *r = f->r;
	struct connection *c = r->plan->conn[f->side];
	const struct changes_request request = changes_of(f, begins);
	struct capture how = { .side = f->side,
		               .door = DOOR_DELTA,
		               .priority = STAGED_BATCH,
		               .run_id = r->run->id,
		               .feed = changes_feed.at,
		               .from = f->cursor.text,
		               .asked_ms = clock_wall_ms(),
		               .total = -1,
		               .only_changed = true };
	struct captured done;
	struct page page;
	struct call *call;

	if (budget_check(r->plan, f->side, HTTP_NORMAL, err) < 0)
		return err_pass(err);
	call = c->kind->changes_start(c, &request);
	if (c->kind->changes_finish(&call, &arena, &page, err) < 0)
		return err_wrap(err, "ask %.*s for changes", STR_ARG(system_of(r, f->side)));
	how.cursor = page.next_cursor;
	if (capture_page(r->engine, r->plan, &arena, &page, &how, &done, err) < 0)
		return err_pass(err);
	f->cursor.text = arena_str(f->arena, page.next_cursor);
	*ret_last = page.last;
	atomic_fetch_add(&r->changed, (int64_t)done.staged);
	return 0;
}

static int walk_changes(struct feed *f, struct err *err)
{
	bool last = false;

	for (bool begins = true; !last; begins = false) {
		if (is_stopping(f->r))
			return err_set(err, ERR_ABORTED, "stopped while reading changes");
		if (changes_page(f, begins, &last, err) < 0)
			return err_pass(err);
	}
	return 0;
}

/* A far side that has forgotten our place (ERR_GONE) is asked from the last complete reading on. */
static int read_feed(struct feed *f, struct err *err)
{
	struct err gone = ERR_INIT;
	int code;

	if (store_read(f->r->engine->store, read_cursor, f, err) < 0)
		return err_pass(err);
	code = walk_changes(f, &gone);
	if (code != ERR_GONE) {
		*err = code < 0 ? gone : *err;
		return code;
	}
	if (lease_write(f->r->engine, f->r->plan, RELAXED, forget_cursor, f, err) < 0)
		return err_pass(err);
	f->cursor.text = STR_EMPTY;
	return walk_changes(f, err);
}

static int scan_page(struct feed *f, bool *ret_last, struct seam *seam, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct run_reading *r = f->r;
	struct connection *c = r->plan->conn[f->side];
	struct list_request request = { .object = r->plan->object[f->side], .cursor = f->cursor.text };
	struct capture how = { .side = f->side,
		               .door = DOOR_DELTA,
		               .priority = STAGED_BATCH,
		               .run_id = r->run->id,
		               .asked_ms = clock_wall_ms(),
		               .total = -1,
		               .only_changed = true };
	struct captured done;
	struct call *call;
	struct page page;

	if (f->side == SIDE_CRM) {
		request.fields = drift_state(r->plan)->crm_fields;
		request.field_count = drift_state(r->plan)->crm_field_count;
		request.where = r->plan->crm_where;
	}
	if (budget_check(r->plan, f->side, HTTP_NORMAL, err) < 0)
		return err_pass(err);
	call = c->kind->list_start(c, &request);
	if (c->kind->list_finish(&call, &arena, &page, err) < 0)
		return err_wrap(err, "read %.*s of %.*s", STR_ARG(request.object), STR_ARG(system_of(r, f->side)));
	note_far_clock(r, f->side, &page);
	if (capture_page(r->engine, r->plan, &arena, &page, &how, &done, err) < 0)
		return err_pass(err);
	f->cursor.text = arena_str(f->arena, page.next_cursor);
	*ret_last = page.last;
	seam_page(seam, &page);
	atomic_fetch_add(&r->changed, (int64_t)done.staged);
	return 0;
}

static int scan_all(struct feed *f, struct seam *seam, struct err *err)
{
	bool last = false;

	f->cursor.text = STR_EMPTY;
	while (!last) {
		if (is_stopping(f->r))
			return err_set(err, ERR_ABORTED, "stopped while reading everything");
		if (scan_page(f, &last, seam, err) < 0)
			return err_pass(err);
	}
	return 0;
}

static int scan(struct feed *f, struct err *err)
{
	bool moved = true;

	begin_reading(f->r, f->side);
	for (int round = 0; moved && round < SEAM_ROUNDS; round++) {
		SCOPED(seam) struct seam seam = seam_begin(&f->r->plan->conn[f->side]->traits, -1);

		if (scan_all(f, &seam, err) < 0)
			return err_pass(err);
		moved = seam.moved;
	}
	return end_reading(f->r, f->side, err);
}

static int read_side(struct run_reading *r, enum side side, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct feed feed = { .r = r, .side = side, .arena = &arena };
	struct err why = ERR_INIT;

	if (!r->plan->conn[side]->kind->changes_start)
		return scan(&feed, err);
	if (read_feed(&feed, &why) == 0)
		return 0;
	if (why.code == ERR_UNSUPPORTED) /* it says that it can, and ignores what it is asked for */
		return scan(&feed, err);
	*err = why;
	return err_pass(err);
}

static void *read_side_thread(void *context)
{
	struct reader *reader = context;

	read_side(reader->r, reader->side, &reader->err);
	return NULL;
}

/* Each side by itself: one that cannot be reached does not hold the other one up. */
int run_read_changes(struct run_reading *r, struct err *err)
{
	struct reader crm = { .r = r, .side = SIDE_CRM };
	struct err own = ERR_INIT;
	pthread_t thread;

	must(pthread_create(&thread, NULL, read_side_thread, &crm) == 0);
	read_side(r, SIDE_EMR, &own);
	pthread_join(thread, NULL);
	r->run->read = atomic_load(&r->changed);
	if (lease_write(r->engine, r->plan, RELAXED, count_read, r->run, err) < 0)
		return err_pass(err);
	if (own.code == ERR_OK && crm.err.code == ERR_OK)
		return 0;
	*err = own.code != ERR_OK ? own : crm.err;
	return err_pass(err);
}

/*
 * capture: records and events become rows.
 *
 *	fill      one row for each, with what it says (struct staged.kind)
 *	look up   on a reader: bytes that equal those last settled, or last staged, are not stored twice
 *	prepare   what costs time and needs no lock: identity, sealing
 *	commit    one transaction with the rows, who is known, and the cursor (R1)
 */
#include "sync/capture.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/limits.h"
#include "sync/cursor.h"
#include "sync/lease.h"
#include "sync/link.h"
#include "sync/outbox.h"
#include "sync/run_table.h"
#include "sync/select.h"
#include "sync/truth.h"
#include "sync/suggest.h"

struct row {
	const struct record *record; /* NULL: a wish */
	struct known known;
	struct staged staged;
	bool readable; /* who it is can be told; else only that it came is noted */
	bool gone;     /* deleted or merged: nobody's counterpart any more */
	bool known_already;
	int64_t replaces; /* the payload that asked for this reading */
};

struct rows_job {
	struct engine *engine;
	const struct plan *plan;
	const struct capture *how;
	struct arena *arena;
	struct row *rows;
	size_t count;
	struct captured done;
	bool looks; /* in place of payloads that asked for it */
};

/* ---- fill ---- */

static void judge_fault(struct staged *s, const char *fault)
{
	s->state = STAGED_FAILED;
	s->outcome = OUTCOME_FAILED;
	s->error_code = str_of(err_name(ERR_PARSE));
	s->reason = str_of(fault);
	s->error_ms = s->received_ms;
}

/* What is known of `record`. */
static void fill(const struct rows_job *job, struct row *row, struct record *record)
{
	struct staged *s = &row->staged;

	capture_judge(record);
	row->record = record;
	*s = (struct staged) {
		.sync_id = job->plan->sync_id,
		.run_id = job->how->run_id,
		.side = job->how->side,
		.door = job->how->door,
		.priority = job->how->priority,
		.kind = record->merged_into.len ? STAGED_MERGED
		        : record->deleted       ? STAGED_REMOVED
		                                : STAGED_RECORD,
		.partner = record->merged_into,
		.state = STAGED_WAITING,
		.record_id = record->id,
		.version = record->version,
		.modified_ms = record->modified_ms,
		.modified_by = record->modified_by,
		.received_ms = job->how->asked_ms ? job->how->asked_ms : clock_wall_ms(),
		.hash = digest_content(record->bytes),
	};
	row->gone = s->kind == STAGED_REMOVED || s->kind == STAGED_MERGED;
	row->readable = !record->fault && record->json && s->kind == STAGED_RECORD;
	if (record->fault)
		judge_fault(s, record->fault);
}

/* Only that something happened to the record: it is to be read. */
static void fill_to_read(const struct rows_job *job, struct row *row, struct record *record)
{
	fill(job, row, record);
	row->readable = false;
	if (row->staged.state == STAGED_WAITING)
		row->staged.state = STAGED_TO_READ;
}

/* ---- look up ---- */

/* The very bytes that were settled last: they stand with the payload that brought them. */
static int look_at_link(struct db *db, const struct rows_job *job, struct staged *s, struct err *err)
{
	struct link link;
	bool found = false;

	if (s->side != SIDE_EMR)
		return 0;
	if (link_by_emr(db, job->arena, s->sync_id, s->record_id, &link, &found, err) < 0)
		return err_wrap(err, "look a link up");
	if (!found || link.state != LINK_LINKED || memcmp(&link.emr_hash, &s->hash, sizeof(s->hash)) != 0)
		return 0;
	s->same = true;
	s->body_of = link.staged_id;
	return 0;
}

static int look_at_known(struct db *db, const struct rows_job *job, struct row *row, struct err *err)
{
	const struct staged *s = &row->staged;
	struct known known;
	bool found;

	if (!job->how->only_changed || s->kind != STAGED_RECORD)
		return 0;
	if (identity_get(db, job->arena, s->sync_id, s->side, s->record_id, &known, &found, err) < 0)
		return err_wrap(err, "look a record up");
	row->known_already = found && known.stages && memcmp(&known.staged_hash, &s->hash, sizeof(s->hash)) == 0;
	return 0;
}

/* A scan meets what is deleted, archived or merged away each time: of a record that is not linked, or was told of before, that is no news. One that hangs
 * on another may be parked. */
static int look_at_gone(struct db *db, const struct rows_job *job, struct row *row, struct err *err)
{
	const struct staged *s = &row->staged;
	struct known known;
	struct link link;
	bool is_known, linked;

	if (!job->how->only_changed || !row->gone || s->record_id.len == 0 || job->plan->parent.sync_id)
		return 0;
	if (link_by(db, job->arena, s->sync_id, s->side, s->record_id, &link, &linked, err) < 0 ||
	    identity_get(db, job->arena, s->sync_id, s->side, s->record_id, &known, &is_known, err) < 0)
		return err_wrap(err, "look a record up");
	row->known_already = !linked || !is_known;
	return 0;
}

/* R27: an event that tells which members changed, all of them as the base has them, is our own write coming back. */
static bool members_equal_base(const struct rows_job *job, const struct json *members, const struct base *base)
{
	const struct mapping *m = &job->plan->live_mapping;
	struct arena *arena = job->arena;

	for (size_t i = 0; i < m->count; i++) {
		struct value value;

		if (m->fields[i].off || !json_get_str(members, path_top(m->fields[i].crm)))
			continue;
		if (!base[i].known || base[i].unsure[SIDE_CRM] ||
		    !value_of_json(path_get(m->fields[i].crm, members), &value) ||
		    !str_eq(value_normal(arena, m->fields[i].type, value), base[i].crm))
			return false;
	}
	return true;
}

/* R27: our own telling (truth.h) came back. */
static bool is_told(const struct rows_job *job, const struct row *row)
{
	struct str us = job->plan->conn[SIDE_CRM]->traits.our_user;

	return us.len && str_eq(row->record->modified_by, us) && truth_only(job->plan, row->record->json);
}

static void nothing_changed(struct staged *s, int64_t link_id)
{
	s->state = STAGED_DONE;
	s->outcome = OUTCOME_UNCHANGED;
	s->link_id = link_id;
	s->reason = STR("nothing that is mapped changed: our own write came back (R27)");
}

static int look_at_members(struct db *db, const struct rows_job *job, struct row *row, struct err *err)
{
	struct staged *s = &row->staged;
	const struct mapping *m = &job->plan->mapping;
	struct base *base = arena_new_array(job->arena, struct base, m->count);
	struct link link;
	bool found, owes, troubled;

	if (s->side != SIDE_CRM || s->kind != STAGED_RECORD || s->state != STAGED_TO_READ || s->wish != WISH_NONE ||
	    !row->record || !row->record->json || !row->record->json->first)
		return 0;
	if (link_by_crm(db, job->arena, s->sync_id, s->record_id, &link, &found, err) < 0)
		return err_wrap(err, "look a link up");
	if (is_told(job, row)) {
		nothing_changed(s, found ? link.id : 0);
		return 0;
	}
	if (!found || link.state != LINK_LINKED || link.mapping_version != job->plan->mapping_version)
		return 0;
	if (outbox_owes(db, link.id, &owes, err) < 0 || truth_troubles(db, &link, &troubled, err) < 0 ||
	    base_read(job->engine, job->arena, m, link.base, base, err) < 0)
		return err_wrap(err, "look a link up");
	if (!owes && !troubled && members_equal_base(job, row->record->json, base))
		nothing_changed(s, link.id);
	return 0;
}

/* It does not meet the sync's filter and is nobody's counterpart: it takes no part, and is no candidate either. */
static int look_at_outside(struct db *db, const struct rows_job *job, struct row *row, struct err *err)
{
	struct staged *s = &row->staged;
	struct link link;
	bool found;

	if (!row->record || !row->record->outside || s->wish != WISH_NONE || s->kind != STAGED_RECORD)
		return 0;
	if (link_by(db, job->arena, s->sync_id, s->side, s->record_id, &link, &found, err) < 0)
		return err_wrap(err, "look a link up");
	if (found)
		return 0;
	s->state = STAGED_DONE;
	s->outcome = OUTCOME_SKIPPED_FILTERED;
	s->reason = STR("it does not meet the sync's filter");
	row->readable = false;
	row->gone = true;
	return 0;
}

static int ask_ahead(struct db *db, const struct rows_job *job, struct err *err)
{
	struct bind *ids = arena_new_array(job->arena, struct bind, job->count);
	int64_t sync_id = job->plan->sync_id;
	enum side side = job->how->side;
	size_t count = 0;

	for (size_t i = 0; i < job->count; i++)
		if (job->rows[i].staged.record_id.len && job->rows[i].readable)
			ids[count++] = bind_text(job->rows[i].staged.record_id);
	if ((side == SIDE_EMR && link_by_ahead(db, sync_id, side, ids, count, err) < 0) ||
	    (job->how->only_changed && identity_get_ahead(db, sync_id, side, ids, count, err) < 0))
		return err_wrap(err, "look records up");
	return 0;
}

static int look_up(struct db *db, void *context, struct err *err)
{
	struct rows_job *job = context;

	if (ask_ahead(db, job, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < job->count; i++) {
		struct row *row = &job->rows[i];

		if (look_at_members(db, job, row, err) < 0 || look_at_outside(db, job, row, err) < 0 ||
		    look_at_gone(db, job, row, err) < 0)
			return err_pass(err);
		if (row->staged.record_id.len == 0 || !row->readable)
			continue;
		if (look_at_link(db, job, &row->staged, err) < 0 || look_at_known(db, job, row, err) < 0)
			return err_pass(err);
	}
	return 0;
}

/* ---- prepare ---- */

/* A wish or a file's row may be skipped as it is linked already (R30, R36): what changed in it is not merged with that, so the next scan has to meet it. */
static bool may_be_put_aside(const struct staged *s)
{
	return s->wish != WISH_NONE || (s->side == SIDE_CRM && s->door == DOOR_BATCH);
}

static void prepare(struct rows_job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		struct row *row = &job->rows[i];
		struct staged *s = &row->staged;

		row->known = (struct known) { .side = s->side, .record_id = s->record_id, .run_id = job->how->run_id };
		if (row->readable)
			row->known = capture_known(job->plan, job->arena, s->side, row->record, job->how->run_id);
		row->known.stages = row->readable && !may_be_put_aside(s);
		row->known.staged_hash = s->hash;
		row->known.once = s->door == DOOR_BATCH;
		if (!s->body_of && !row->known_already && row->record)
			s->sealed = box_seal(job->engine->keys, job->arena, "staged.body", row->record->bytes);
	}
}

/* ---- commit ---- */

/* *ret_seen: this run has the record already. */
static int note_who(struct db *db, const struct row *row, bool *ret_seen, struct err *err)
{
	const struct staged *s = &row->staged;

	*ret_seen = false;
	if (!row->record || s->record_id.len == 0)
		return 0;
	/* R8: while it is only said to be gone it stays known, or it would be made anew before anybody has looked. */
	if (row->gone && s->state != STAGED_TO_READ)
		return identity_remove(db, s->sync_id, s->side, s->record_id, err);
	return (row->readable ? identity_put : identity_see)(db, s->sync_id, &row->known, ret_seen, err);
}

/* What note_who will look at. */
static int note_ahead(struct db *db, const struct rows_job *job, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT; /* the job's may be in use */
	struct bind *ids = arena_new_array(&arena, struct bind, job->count);
	size_t count = 0;

	for (size_t i = 0; i < job->count; i++) {
		const struct row *row = &job->rows[i];

		if (row->record && row->staged.record_id.len && !row->gone)
			ids[count++] = bind_text(row->staged.record_id);
	}
	return count ? identity_put_ahead(db, job->rows[0].staged.sync_id, job->how->side, ids, count, err) : 0;
}

/* Bytes that are no record have no id to be recognised by: a page that is read twice by its run has them as often as the run has them already;
 * overlaps and scans as often as anybody has. */
static int seen_without_id(struct db *db, const struct rows_job *job, size_t i, bool *ret, struct err *err)
{
	const struct staged *s = &job->rows[i].staged;
	int64_t staged = 0, before = 0;

	if ((!s->run_id && !job->how->only_changed) || s->record_id.len || !job->rows[i].record)
		return 0;
	for (size_t k = 0; k < i; k++) {
		const struct staged *other = &job->rows[k].staged;

		before += other->record_id.len == 0 && memcmp(&other->hash, &s->hash, sizeof(s->hash)) == 0;
	}
	if (stage_count_alike(db, s, job->how->only_changed, &staged, err) < 0)
		return err_wrap(err, "look a payload up");
	*ret = staged > before;
	return 0;
}

/* A person's wish, as it comes: of both records that it is about. */
static int outvote(struct db *db, const struct rows_job *job, const struct staged *s, struct err *err)
{
	enum side other = side_other(s->side);
	struct str counterpart = s->partner;
	struct link link;
	bool linked;

	if (s->wish == WISH_NONE || s->wish == WISH_RESOLVE || job->looks)
		return 0;
	if (link_by(db, job->arena, s->sync_id, s->side, s->record_id, &link, &linked, err) < 0)
		return err_pass(err);
	if (linked && counterpart.len == 0)
		counterpart = link_id_of(&link, other);
	if (counterpart.len && stage_outvote(db, s, other, counterpart, err) < 0)
		return err_pass(err);
	return stage_outvote(db, s, s->side, s->record_id, err);
}

static int take_the_place(struct db *db, const struct row *row, struct err *err)
{
	return row->replaces ? stage_read_as(db, row->replaces, row->staged.id, err) : 0;
}

static int move_cursor(struct db *db, const struct rows_job *job, struct err *err)
{
	const struct capture *how = job->how;

	if (how->run_id && how->moves_cursor)
		return run_advance(db, how->run_id, how->from, how->cursor, (int64_t)job->done.staged, how->total, err);
	if (how->feed)
		return cursor_move(db, &(struct cursor_place) { job->plan->sync_id, how->side, str_of(how->feed) },
		                   how->from, how->cursor, err);
	return 0;
}

/* Webhooks and people may come to any process; readings and streams are of the one that works on the sync (lease.h). */
static bool is_of_road(const struct rows_job *job)
{
	return job->looks || job->how->feed || job->how->moves_cursor || job->how->only_changed;
}

static int commit(struct db *db, void *context, struct err *err)
{
	struct rows_job *job = context;

	if (is_of_road(job) && lease_check(db, job->plan, err) < 0)
		return err_pass(err);
	if (note_ahead(db, job, err) < 0)
		return err_wrap(err, "capture");
	job->done = (struct captured) { 0 };
	for (size_t i = 0; i < job->count; i++) {
		struct row *row = &job->rows[i];
		bool seen, staged = false;

		if (note_who(db, row, &seen, err) < 0 || seen_without_id(db, job, i, &staged, err) < 0)
			return err_wrap(err, "capture");
		if (staged || row->known_already ||
		    (seen && job->how->door == DOOR_BATCH && row->staged.state != STAGED_TO_READ))
			continue;
		if (stage_insert(db, &row->staged, err) < 0 || take_the_place(db, row, err) < 0 ||
		    outvote(db, job, &row->staged, err) < 0)
			return err_wrap(err, "capture");
		job->done.staged++;
		job->done.to_read += row->staged.state == STAGED_TO_READ;
		job->done.last_id = row->staged.id;
	}
	if (job->how->tells && job->done.staged && db_tell(db, job->rows[0].staged.sync_id, err) < 0)
		return err_wrap(err, "wake who works on it");
	return move_cursor(db, job, err);
}

/* ---- pages ---- */

struct capturing {
	struct rows_job job;
	struct capture how;
	struct store_pending *pending;
};

static struct rows_job job_of(struct engine *engine, const struct plan *plan, struct arena *arena,
                              const struct capture *how, size_t most)
{
	return (struct rows_job) { .engine = engine,
		                   .plan = plan,
		                   .how = how,
		                   .arena = arena,
		                   .rows = arena_new_array(arena, struct row, most) };
}

int capture_start(struct engine *engine, const struct plan *plan, struct arena *arena, const struct page *page,
                  const struct capture *how, struct capturing **ret, struct err *err)
{
	struct capturing *c = arena_new(arena, struct capturing);
	int code;

	c->how = *how;
	c->job = job_of(engine, plan, arena, &c->how, page->count);
	for (size_t i = 0; i < page->count; i++)
		fill(&c->job, &c->job.rows[c->job.count++], &page->records[i]);
	code = store_read(engine->store, look_up, &c->job, err);
	if (code < 0)
		return code;
	prepare(&c->job);
	c->pending = store_write_start(engine->store, how->durable ? DURABLE : RELAXED, commit, &c->job);
	*ret = c;
	return 0;
}

int capture_finish(struct capturing **pc, struct captured *ret, struct err *err)
{
	struct capturing *c = *pc;
	int code = store_write_wait(&c->pending, err);

	*pc = NULL;
	if (code < 0)
		return code;
	*ret = c->job.done;
	return 0;
}

int capture_page(struct engine *engine, const struct plan *plan, struct arena *arena, const struct page *page,
                 const struct capture *how, struct captured *ret, struct err *err)
{
	struct capturing *c;
	int code = capture_start(engine, plan, arena, page, how, &c, err);

	return code < 0 ? code : capture_finish(&c, ret, err);
}

/* ---- events, wishes, ids, looks ---- */

static int capture_rows(struct rows_job *job, struct captured *ret, struct err *err)
{
	if (store_read(job->engine->store, look_up, job, err) < 0)
		return err_pass(err);
	prepare(job);
	if (store_write(job->engine->store, job->how->durable ? DURABLE : RELAXED, commit, job, err) < 0)
		return err_pass(err);
	*ret = job->done;
	return 0;
}

/* What we do not know is answered by looking at the record. Who presses "link" in the org sees the older link, and means to end it (R30). */
static enum wish wish_of_name(struct str name)
{
	if (str_eq(name, STR("link")))
		return WISH_RELINK;
	for (enum wish w = WISH_SYNC; w < WISHES; w++) {
		if (str_eq_c(name, wish_name(w)))
			return w;
	}
	return WISH_NONE;
}

static void set_wish(struct staged *s, enum wish wish, struct str partner)
{
	s->wish = wish;
	s->partner = partner;
	s->priority = STAGED_PERSON;
	if (wish == WISH_UNLINK && s->state == STAGED_TO_READ)
		s->state = STAGED_WAITING; /* nobody has to look at a record to let go of it */
}

static void fill_event(const struct rows_job *job, struct row *row, const struct event *e)
{
	struct record *record = arena_new(job->arena, struct record);

	*record = e->record;
	record->deleted = record->deleted || e->kind == EVENT_REMOVED;
	/* A bare "deleted" may be a merge (R32), or be over by now (R4): only a look tells. */
	if (e->kind == EVENT_MERGED || (e->whole && e->kind != EVENT_REMOVED))
		fill(job, row, record);
	else
		fill_to_read(job, row, record);
	row->staged.event = arena_str(job->arena, e->name); /* may be the plan's own (capture_events_then) */
	row->staged.pushed = e->whole;
	if (e->kind == EVENT_ASKED)
		set_wish(&row->staged, wish_of_name(e->name), json_get_text(e->record.json, "emrId"));
}

bool capture_takes(const struct event *e)
{
	return e->kind != EVENT_OVERFLOW && (e->kind != EVENT_OTHER || e->record.fault);
}

static void fill_events(struct rows_job *job, const struct events *events)
{
	for (size_t i = 0; i < events->count; i++) {
		const struct event *e = &events->at[i];

		if (capture_takes(e))
			fill_event(job, &job->rows[job->count++], e);
	}
}

int capture_events(struct engine *engine, const struct plan *plan, struct arena *arena, const struct events *events,
                   const struct capture *how, struct captured *ret, struct err *err)
{
	struct rows_job job = job_of(engine, plan, arena, how, events->count);

	fill_events(&job, events);
	return capture_rows(&job, ret, err);
}

struct later {
	struct rows_job job;
	struct capture how;
	struct capture_then then;
};

static void on_seen(void *context)
{
	const struct later *later = context;

	later->then.seen(later->then.context, &later->job.done);
}

static void on_done(void *context, int result, const struct err *err)
{
	const struct later *later = context;
	const struct err fine = ERR_INIT;

	later->then.done(later->then.context, &later->job.done, result < 0 ? err : &fine);
}

int capture_events_then(struct engine *engine, const struct plan *plan, struct arena *arena,
                        const struct events *events, const struct capture *how, const struct capture_then *then,
                        struct err *err)
{
	struct later *later = arena_new(arena, struct later);
	const struct store_then told = { on_seen, on_done, later };

	ensure(!how->feed && !how->moves_cursor);
	later->how = *how;
	later->then = *then;
	later->job = job_of(engine, plan, arena, &later->how, events->count);
	fill_events(&later->job, events);
	if (store_read(engine->store, look_up, &later->job, err) < 0)
		return err_pass(err);
	prepare(&later->job);
	later->job.plan = NULL; /* it may be closed before the commit, which has no need of it */
	store_write_then(engine->store, how->durable ? DURABLE : RELAXED, commit, &later->job, &told);
	return 0;
}

int capture_ids(struct engine *engine, const struct plan *plan, struct arena *arena, const struct str *ids,
                const struct str *bytes, size_t count, const struct capture *how, struct captured *ret, struct err *err)
{
	struct rows_job job = job_of(engine, plan, arena, how, count);
	struct record *records = arena_new_array(arena, struct record, count);

	for (size_t i = 0; i < count; i++) {
		records[i] = (struct record) { .id = ids[i], .bytes = bytes[i] };
		fill_to_read(&job, &job.rows[job.count++], &records[i]);
	}
	return capture_rows(&job, ret, err);
}

int capture_wish(struct engine *engine, const struct plan *plan, struct arena *arena, const struct asked *asked,
                 const struct capture *how, struct captured *ret, struct err *err)
{
	SCOPED(buf) struct buf bytes = BUF_INIT(LIMIT_PAYLOAD);
	struct json *text = json_new(arena, JSON_OBJECT);
	struct capture told = *how;
	struct rows_job job = job_of(engine, plan, arena, &told, 1);
	struct record record = { .id = asked->record_id };

	told.tells = !lease_is_ours(plan);
	json_set(text, STR("wish"), json_new_text(arena, str_of(wish_name(asked->wish))));
	json_set(text, STR("who"), json_new_text(arena, str_of(engine->who)));
	json_set(text, STR("at"), json_new_text(arena, clock_rfc3339(arena, clock_wall_ms())));
	json_write(&bytes, text);
	record.bytes = buf_str(&bytes);
	fill_to_read(&job, &job.rows[job.count++], &record);
	set_wish(&job.rows[0].staged, asked->wish, asked->partner);
	return capture_rows(&job, ret, err);
}

int capture_looked(struct engine *engine, const struct plan *plan, struct arena *arena, const struct page *page,
                   const struct staged *const *replaced, int64_t asked_ms, struct captured *ret, struct err *err)
{
	const struct capture how = { .side = replaced[0]->side, .total = -1, .asked_ms = asked_ms };
	struct rows_job job = job_of(engine, plan, arena, &how, page->count);

	job.looks = true;
	for (size_t i = 0; i < page->count; i++) {
		struct record *record = &page->records[i];
		struct row *row = &job.rows[job.count++];
		const struct staged *asked = replaced[i];

		record->id = record->id.len ? record->id : asked->record_id;
		if (str_eq(str_of(record->fault), STR("not there"))) {
			record->fault = NULL;
			record->deleted = true;
		}
		fill(&job, row, record);
		row->replaces = asked->id;
		row->staged.run_id = asked->run_id;
		row->staged.door = asked->door;
		row->staged.priority = asked->priority;
		row->staged.wish = asked->wish;
		row->staged.event = asked->event;
		if (asked->wish != WISH_NONE && row->staged.kind != STAGED_MERGED)
			row->staged.partner = asked->partner;
	}
	return capture_rows(&job, ret, err);
}

/* ---- who is not there any more ---- */

struct missing_job {
	struct rows_job job;
	int64_t after_id; /* link */
	struct selected found;
};

static int find_missing(struct db *db, void *context, struct err *err)
{
	struct missing_job *m = context;

	return link_unseen(db, m->job.arena, m->job.plan->sync_id, m->job.how->side, m->job.how->run_id, m->after_id,
	                   &m->found, err);
}

static const struct str missing = { "missing from a complete reading", 31 };

bool capture_was_missing(const struct staged *s)
{
	return str_eq(s->event, missing);
}

int capture_missing(struct engine *engine, const struct plan *plan, const struct capture *how, int64_t *after_id,
                    struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct missing_job m = { .job = { .engine = engine, .plan = plan, .how = how, .arena = &arena },
		                 .after_id = *after_id };
	const struct unseen *unseen;

	if (store_read(engine->store, find_missing, &m, err) < 0)
		return err_pass(err);
	unseen = m.found.at;
	m.job.rows = arena_new_array(&arena, struct row, m.found.count);
	for (size_t i = 0; i < m.found.count; i++) {
		struct record *record = arena_new(&arena, struct record);

		*record = (struct record) { .id = unseen[i].record_id, .bytes = STR("{\"missing\":true}") };
		fill_to_read(&m.job, &m.job.rows[m.job.count++], record);
		m.job.rows[i].staged.event = missing;
		m.job.rows[i].staged.run_id = 0; /* it was not read: it does not count in the run's report (R33) */
	}
	*after_id = m.found.count == UNSEEN_A_SLICE ? unseen[m.found.count - 1].link_id : 0;
	prepare(&m.job);
	return m.job.count ? store_write(engine->store, RELAXED, commit, &m.job, err) : 0;
}

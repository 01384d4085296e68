/*
 * capture: a page of records becomes rows. First everything that costs time and needs no lock (hash, identity, sealing), then one transaction
 * with the rows and the cursor (R1). The bytes of a record that equal those of its last settled payload are not stored twice: the row points to
 * the one that has them.
 */
#include "sync/capture.h"

#include <string.h>

#include "lib/clock.h"
#include "sync/link.h"
#include "sync/run_table.h"

/* One field of a record in CRM form; anything unreadable counts as blank here, reconcile reports it. */
static struct value read_field(const struct field_map *field, struct arena *arena, enum side side,
                               const struct json *record)
{
	struct value in[MAPPING_PATHS_MAX], out = VALUE_NOTHING;
	struct err ignored = ERR_INIT;

	if (side == SIDE_CRM)
		return value_of_json(path_get(field->crm, record), &out) ? out : VALUE_NOTHING;
	for (size_t i = 0; i < field->emr_count; i++) {
		if (!value_of_json(path_get(field->emr[i], record), &in[i]))
			return VALUE_NOTHING;
	}
	if (!field->transform.kind)
		return in[0];
	return transform_forward(&field->transform, arena, in, field->emr_count, &out, &ignored) < 0 ? VALUE_NOTHING
	                                                                                             : out;
}

struct identity capture_identity(const struct plan *plan, struct arena *arena, enum side side,
                                 const struct json *record)
{
	const struct mapping *m = &plan->mapping;
	struct identity who;

	if (!m->first_name || !m->last_name || !m->birth_date)
		return (struct identity) {
			.missing = "the mapping names no fields for first name, last name and birth date"
		};
	who = identity_of(arena, read_field(m->first_name, arena, side, record),
	                  read_field(m->last_name, arena, side, record),
	                  read_field(m->birth_date, arena, side, record));
	/* Names and birth dates are few enough to be guessed: the database keeps a hash that needs the key. */
	if (who.complete)
		who.key = box_blind(plan->keys, "identity.match_key",
		                    str_range((const char *)who.key.bytes, sizeof(who.key.bytes)));
	return who;
}

struct row {
	struct known known;
	struct staged staged;
	bool readable; /* else only that it came is noted */
};

struct page_job {
	const struct plan *plan;
	const struct capture *how;
	struct arena *arena;
	struct row *rows;
	size_t count;
	size_t staged;
	int64_t last_id;
};

static struct known known_of(const struct plan *plan, struct arena *arena, enum side side, const struct record *record,
                             int64_t run_id)
{
	struct identity who = capture_identity(plan, arena, side, record->json);

	return (struct known) {
		.side = side,
		.record_id = record->id,
		.has_key = who.complete,
		.key = who.key,
		.version = record->version,
		.run_id = run_id,
	};
}

/* Pass 1, on a reader: does the link know these very bytes already? */
static int look_up(struct db *db, void *context, struct err *err)
{
	struct page_job *job = context;

	for (size_t i = 0; i < job->count; i++) {
		struct staged *s = &job->rows[i].staged;
		struct link link;
		bool found = false;

		if (s->record_id.len == 0)
			continue;
		if (link_by_emr(db, job->arena, s->sync_id, s->record_id, &link, &found, err) < 0)
			return err_wrap(err, "look a link up");
		if (!found || link.state != LINK_LINKED || memcmp(&link.emr_hash, &s->hash, sizeof(s->hash)) != 0)
			continue;
		s->same = true;
		s->body_of = link.staged_id;
	}
	return 0;
}

static void judge_fault(struct staged *s, const struct record *record)
{
	s->state = STAGED_FAILED;
	s->outcome = OUTCOME_FAILED;
	s->error_code = str_of(err_name(ERR_PARSE));
	s->reason = str_of(record->fault);
	s->error_ms = s->received_ms;
}

/* R31, R32: archived and merged records are noted, not brought over. */
static void judge_removed(struct staged *s, const struct record *record)
{
	s->state = STAGED_DONE;
	s->outcome = OUTCOME_SKIPPED_FILTERED;
	s->reason =
	        record->merged_into.len ? STR("merged into another record (R32)") : STR("archived or deleted (R31)");
}

/* Pass 2: what costs time. */
static void prepare(struct engine *engine, struct page_job *job, const struct page *page)
{
	struct str reference = job->plan->conn[SIDE_EMR]->traits.reference_field;

	for (size_t i = 0; i < job->count; i++) {
		const struct record *record = &page->records[i];
		struct row *row = &job->rows[i];

		row->known = (struct known) { .side = SIDE_EMR, .record_id = record->id, .run_id = job->how->run_id };
		row->readable = !record->fault;
		if (record->fault) {
			judge_fault(&row->staged, record);
		} else if (record->deleted || record->merged_into.len) {
			judge_removed(&row->staged, record); /* and has no key: it is nobody's twin (R8) */
		} else {
			row->known = known_of(job->plan, job->arena, SIDE_EMR, record, job->how->run_id);
			row->known.external_id =
			        reference.len ? json_text(json_walk(record->json, arena_text(job->arena, reference)))
			                      : STR_EMPTY;
		}
		if (!row->staged.body_of)
			row->staged.sealed = box_seal(engine->keys, job->arena, "staged.body", record->bytes);
	}
}

/* *ret_seen: this run has the record already. */
static int note_who(struct db *db, const struct row *row, bool *ret_seen, struct err *err)
{
	*ret_seen = false;
	if (row->known.record_id.len == 0)
		return 0;
	return (row->readable ? identity_put : identity_see)(db, row->staged.sync_id, &row->known, ret_seen, err);
}

static int take_the_place(struct db *db, const struct page_job *job, struct err *err)
{
	struct str reason;

	if (!job->how->replaces || job->staged == 0)
		return 0;
	reason = arena_printf(job->arena, "read again as payload %lld", (long long)job->last_id);
	return stage_supersede(db, job->how->replaces, arena_text(job->arena, reason), err);
}

/* Pass 3: the rows and the cursor. */
static int commit(struct db *db, void *context, struct err *err)
{
	struct page_job *job = context;
	const struct capture *how = job->how;
	size_t staged = 0;

	for (size_t i = 0; i < job->count; i++) {
		struct row *row = &job->rows[i];
		bool seen;

		if (note_who(db, row, &seen, err) < 0)
			return err_wrap(err, "capture");
		if (seen && how->door == DOOR_BATCH)
			continue;
		if (stage_insert(db, &row->staged, err) < 0)
			return err_wrap(err, "capture");
		staged++;
		job->last_id = row->staged.id;
	}
	job->staged = staged;
	if (take_the_place(db, job, err) < 0)
		return err_wrap(err, "capture");
	if (!how->run_id || !how->moves_cursor)
		return 0;
	return run_advance(db, how->run_id, how->from, how->cursor, (int64_t)staged, how->total, err);
}

static void fill(struct page_job *job, const struct page *page)
{
	int64_t now = clock_wall_ms();

	for (size_t i = 0; i < job->count; i++) {
		const struct record *record = &page->records[i];

		job->rows[i].staged = (struct staged) {
			.sync_id = job->plan->sync_id,
			.run_id = job->how->run_id,
			.side = SIDE_EMR,
			.door = job->how->door,
			.state = STAGED_WAITING,
			.record_id = record->id,
			.version = record->version,
			.modified_ms = record->modified_ms,
			.received_ms = now,
			.hash = digest_content(record->bytes),
		};
	}
}

struct capturing {
	struct page_job job;
	struct capture how;
	struct store_pending *pending;
};

int capture_emr_start(struct engine *engine, const struct plan *plan, struct arena *arena, const struct page *page,
                      const struct capture *how, struct capturing **ret, struct err *err)
{
	struct capturing *c = arena_new(arena, struct capturing);
	int code;

	c->how = *how;
	c->job = (struct page_job) {
		.plan = plan,
		.how = &c->how,
		.arena = arena,
		.rows = arena_new_array(arena, struct row, page->count),
		.count = page->count,
	};
	fill(&c->job, page);
	code = store_read(engine->store, look_up, &c->job, err);
	if (code < 0)
		return code;
	prepare(engine, &c->job, page);
	c->pending = store_write_start(engine->store, RELAXED, commit, &c->job);
	*ret = c;
	return 0;
}

int capture_emr_finish(struct capturing **pc, size_t *ret_staged, int64_t *ret_last_staged_id, struct err *err)
{
	struct capturing *c = *pc;
	int code = store_write_wait(&c->pending, err);

	*pc = NULL;
	if (code < 0)
		return code;
	*ret_staged = c->job.staged;
	if (ret_last_staged_id)
		*ret_last_staged_id = c->job.last_id;
	return 0;
}

int capture_emr(struct engine *engine, const struct plan *plan, struct arena *arena, const struct page *page,
                const struct capture *how, size_t *ret_staged, int64_t *ret_last_staged_id, struct err *err)
{
	struct capturing *c;
	int code = capture_emr_start(engine, plan, arena, page, how, &c, err);

	return code < 0 ? code : capture_emr_finish(&c, ret_staged, ret_last_staged_id, err);
}

struct crm_row {
	struct known known;
	bool readable, gone;
};

struct crm_job {
	const struct plan *plan;
	struct crm_row *rows;
	size_t count;
};

static int commit_crm_row(struct db *db, int64_t sync_id, const struct crm_row *row, struct err *err)
{
	bool seen;

	if (row->known.record_id.len == 0)
		return 0;
	if (row->gone)
		return identity_remove(db, sync_id, SIDE_CRM, row->known.record_id, err);
	return (row->readable ? identity_put : identity_see)(db, sync_id, &row->known, &seen, err);
}

static int commit_crm(struct db *db, void *context, struct err *err)
{
	const struct crm_job *job = context;

	for (size_t i = 0; i < job->count; i++) {
		if (commit_crm_row(db, job->plan->sync_id, &job->rows[i], err) < 0)
			return err_wrap(err, "capture");
	}
	return 0;
}

int capture_crm_identities(struct engine *engine, const struct plan *plan, struct arena *arena, const struct page *page,
                           int64_t run_id, struct err *err)
{
	struct crm_job job = { .plan = plan,
		               .rows = arena_new_array(arena, struct crm_row, page->count),
		               .count = page->count };

	for (size_t i = 0; i < page->count; i++) {
		const struct record *record = &page->records[i];
		struct crm_row *row = &job.rows[i];

		row->known = (struct known) { .side = SIDE_CRM, .record_id = record->id, .run_id = run_id };
		row->gone = record->deleted;
		row->readable = !record->fault;
		if (row->gone || !row->readable)
			continue;
		row->known = known_of(plan, arena, SIDE_CRM, record, run_id);
		row->known.external_id = json_text(json_get_str(record->json, plan->crm_id_field));
		row->known.synced = json_bool(json_get_str(record->json, plan->crm_synced_field), false);
	}
	return store_write(engine->store, RELAXED, commit_crm, &job, err);
}

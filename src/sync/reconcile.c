/*
 * reconcile: chunk after chunk of waiting payloads.
 *
 *	load     one reader's view: payloads, their records, whose they are (resolve), what the link knows
 *	fetch    the CRM records that are needed, as they are now; started, not waited for
 *	weigh    three-way merge per pair (model/merge), writes composed
 *	commit   one transaction: payload states, links, outbox, conflicts, log
 *
 * Up to WINDOW chunks stand between fetch and weigh, oldest first. A payload whose bytes and whose CRM version are those last settled is decided
 * at load: nothing is fetched for it.
 */
#include "sync/reconcile.h"

#include <string.h>

#include "lib/clock.h"
#include "sync/compose.h"
#include "sync/identity.h"
#include "sync/journal.h"
#include "sync/resolve.h"
#include "sync/review.h"
#include "sync/run_table.h"

enum { WINDOW = 4 };

struct item {
	struct staged *staged;
	struct json *record; /* the EMR payload */
	struct resolved resolved;
	struct verdict verdict;
	struct base *base; /* STEADY */
	struct merged *merged;
	struct writes writes;
	bool settled;             /* verdict final, nothing to fetch or weigh */
	bool fetch;               /* the CRM record is needed */
	bool deferred;            /* stays waiting: an earlier write of the pair is still owed (R4) */
	const struct record *crm; /* as fetched */
	const struct run *run;    /* whose Batch Sync ID is written; NULL: the payload belongs to none */
};

struct chunk {
	struct arena arena;
	struct item *items;
	size_t count;
	struct call *fetch;
	struct str *fetch_ids;
	size_t fetch_count;
};

struct reconciler {
	struct arena arena; /* its own memory; the chunks have theirs */
	struct engine *engine;
	const struct plan *plan;
	struct run run;
	bool has_run;
	/* Records of which a payload stays waiting in this pass: what came later must not overtake it (R4). */
	struct arena pass;
	struct map deferred;
	bool held_back;   /* the pass that ended last left something waiting */
	int64_t after_id; /* payloads up to here are in a chunk already */
	struct chunk chunks[WINDOW];
	size_t first, open; /* ring */
};

struct reconciler *reconciler_new(struct engine *engine, const struct plan *plan, const struct run *run)
{
	struct arena arena = ARENA_INIT;
	struct reconciler *r = arena_new(&arena, struct reconciler); /* lives in its own arena, as long as its lane */

	r->arena = arena;
	r->deferred = (struct map)MAP_INIT(&r->pass);
	r->engine = engine;
	r->plan = plan;
	r->has_run = run != NULL;
	if (run)
		r->run = *run;
	return r;
}

void reconciler_free(struct reconciler **pr)
{
	struct reconciler *r = *pr;
	struct arena arena;

	*pr = NULL;
	if (!r)
		return;
	for (size_t i = 0; i < WINDOW; i++) {
		if (r->chunks[i].fetch)
			call_cancel(&r->chunks[i].fetch);
		arena_release(&r->chunks[i].arena);
	}
	arena_release(&r->pass);
	arena = r->arena;
	arena_release(&arena);
}

/* ---- verdicts ---- */

static void decide(struct item *item, enum outcome outcome, const char *reason)
{
	item->verdict.outcome = outcome;
	item->verdict.reason = reason;
	item->settled = true;
}

static void decide_failed(struct chunk *chunk, struct item *item, const struct err *why, const struct field_map *field)
{
	decide(item, OUTCOME_FAILED, arena_text(&chunk->arena, str_of(why->text)));
	item->verdict.error_code = str_of(err_name(why->code));
	item->verdict.error_field = field ? field->name : STR_EMPTY;
}

/* ---- load ---- */

struct load {
	struct reconciler *r;
	struct chunk *chunk;
};

static int parse(struct load *job, struct item *item, struct err *err)
{
	struct engine *engine = job->r->engine;
	struct str bytes;
	struct err fault = ERR_INIT;

	if (stage_bytes(engine, &job->chunk->arena, item->staged, &bytes, err) < 0)
		return err_wrap(err, "payload %lld", (long long)item->staged->id);
	if (json_parse(&job->chunk->arena, bytes, &item->record, &fault) < 0)
		decide_failed(job->chunk, item, &fault, NULL);
	return 0;
}

/* Nothing changed on either side since the pair was settled: no need to look further. */
static bool untouched(const struct load *job, struct db *db, const struct item *item, const struct link *link,
                      struct err *err)
{
	struct known crm;
	bool found = false;

	if (!item->staged->same || link->state != LINK_LINKED || link->crm_version.len == 0 ||
	    link->mapping_version != job->r->plan->mapping_version)
		return false;
	if (identity_get(db, &job->chunk->arena, job->r->plan->sync_id, SIDE_CRM, link->crm_id, &crm, &found, err) < 0)
		return false;
	return found && str_eq(crm.version, link->crm_version);
}

static int look_at_linked(struct load *job, struct db *db, struct item *item, struct err *err)
{
	const struct link *link = &item->resolved.link;

	item->verdict.crm_id = link->crm_id;
	if (outbox_owes(db, link->id, &item->deferred, err) < 0)
		return err_wrap(err, "payload %lld", (long long)item->staged->id);
	if (item->deferred) {
		item->settled = true;
		return 0;
	}
	if (item->staged->modified_ms && link->emr_modified_ms > item->staged->modified_ms) {
		decide(item, OUTCOME_UNCHANGED, "older than what is settled already (R4)");
		return 0;
	}
	if (untouched(job, db, item, link, err)) {
		decide(item, OUTCOME_UNCHANGED, "both sides are as they were last settled");
		return 0;
	}
	if (!item->record && parse(job, item, err) < 0)
		return err_pass(err);
	item->base = arena_new_array(&job->chunk->arena, struct base, job->r->plan->mapping.count);
	item->fetch = !item->settled;
	return base_read(job->r->engine, &job->chunk->arena, &job->r->plan->mapping, link->base, item->base, err);
}

static int look_at(struct load *job, struct db *db, struct item *item, struct err *err)
{
	struct reconciler *r = job->r;

	item->verdict =
	        (struct verdict) { .plan = r->plan, .staged_id = item->staged->id, .emr_id = item->staged->record_id };
	if (map_get(&r->deferred, item->staged->record_id)) {
		item->deferred = item->settled = true;
		return 0;
	}
	if (!item->staged->same && parse(job, item, err) < 0)
		return err_pass(err);
	if (item->settled)
		return 0;
	if (resolve(db, r->plan, &job->chunk->arena, item->staged->run_id, item->staged, item->record, &item->resolved,
	            err) < 0)
		return err_wrap(err, "payload %lld", (long long)item->staged->id);
	item->verdict.candidates = item->resolved.candidates;
	switch (item->resolved.kind) {
	case RESOLVED_LINKED:
		return look_at_linked(job, db, item, err);
	case RESOLVED_SKIP:
		decide(item, item->resolved.skip, item->resolved.reason);
		return 0;
	case RESOLVED_JOIN:
		item->verdict.crm_id = item->resolved.crm_id;
		item->fetch = true;
		return item->record ? 0 : parse(job, item, err);
	case RESOLVED_CREATE:
		return item->record ? 0 : parse(job, item, err);
	}
	unreachable("every resolution is handled");
}

/* A payload that is tried again still belongs to the run that read it. */
static int find_run(struct load *job, struct db *db, struct item *item, struct err *err)
{
	struct run *run;

	if (job->r->has_run) {
		item->run = &job->r->run;
		return 0;
	}
	if (item->staged->run_id == 0)
		return 0;
	run = arena_new(&job->chunk->arena, struct run);
	item->run = run;
	return run_read(db, &job->chunk->arena, item->staged->run_id, run, err);
}

/* A record that comes a second time, or a CRM record that two payloads lead to, begins the next chunk: the first must be committed before
 * the second is looked at (R4, R9). */
static bool clashes(const struct chunk *chunk, const struct item *item)
{
	for (size_t i = 0; i < chunk->count; i++) {
		const struct item *other = &chunk->items[i];

		if (item->staged->record_id.len && str_eq(other->staged->record_id, item->staged->record_id))
			return true;
	}
	return false;
}

static int load(struct db *db, void *context, struct err *err)
{
	struct load *job = context;
	struct reconciler *r = job->r;
	struct chunk *chunk = job->chunk;
	struct map seen = MAP_INIT(&chunk->arena);
	struct staged *rows;
	size_t count;

	if (stage_waiting(db, &chunk->arena, r->plan->sync_id, r->has_run ? r->run.id : 0, r->after_id, RECONCILE_CHUNK,
	                  &rows, &count, err) < 0)
		return err_wrap(err, "read what waits");
	chunk->items = arena_new_array(&chunk->arena, struct item, count);
	chunk->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct item *item = &chunk->items[chunk->count];

		item->staged = &rows[i];
		if (map_get(&seen, rows[i].record_id) && clashes(chunk, item))
			break;
		map_put(&seen, rows[i].record_id, item);
		if (find_run(job, db, item, err) < 0 || look_at(job, db, item, err) < 0)
			return err_pass(err);
		chunk->count++;
	}
	return 0;
}

static void start_fetch(struct reconciler *r, struct chunk *chunk)
{
	const struct plan *plan = r->plan;
	struct fetch_request request = {
		.object = plan->object[SIDE_CRM],
		.fields = plan->crm_fields,
		.field_count = plan->crm_field_count,
		.priority = HTTP_NORMAL,
	};

	chunk->fetch_ids = arena_new_array(&chunk->arena, struct str, chunk->count);
	chunk->fetch_count = 0;
	for (size_t i = 0; i < chunk->count; i++) {
		if (chunk->items[i].fetch)
			chunk->fetch_ids[chunk->fetch_count++] = chunk->items[i].verdict.crm_id;
	}
	if (chunk->fetch_count == 0)
		return;
	request.ids = chunk->fetch_ids;
	request.id_count = chunk->fetch_count;
	chunk->fetch = plan->conn[SIDE_CRM]->kind->fetch_start(plan->conn[SIDE_CRM], &request);
}

/* True while another chunk under way still has a payload of the same record: it has to be committed first. */
static bool waits_for_another(const struct reconciler *r, const struct chunk *chunk)
{
	for (size_t i = 0; i < r->open; i++) {
		const struct chunk *other = &r->chunks[(r->first + i) % WINDOW];

		for (size_t k = 0; k < chunk->count; k++) {
			if (clashes(other, &chunk->items[k]))
				return true;
		}
	}
	return false;
}

/* Opens one more chunk. *ret_opened is false when nothing (more) waits, or when what waits must not overtake a chunk under way. */
static int open_chunk(struct reconciler *r, bool *ret_opened, struct err *err)
{
	struct chunk *chunk = &r->chunks[(r->first + r->open) % WINDOW];
	struct load job = { r, chunk };
	bool overtakes;

	*ret_opened = false;
	arena_reset(&chunk->arena);
	if (store_read(r->engine->store, load, &job, err) < 0)
		return err_pass(err);
	if (chunk->count == 0)
		return 0;
	/* Within one batch every record comes once; only payloads of several doors can meet here. */
	overtakes = !r->has_run && r->open > 0 && waits_for_another(r, chunk);
	if (overtakes)
		return 0;
	for (size_t i = 0; i < chunk->count; i++) {
		if (chunk->items[i].deferred)
			map_put(&r->deferred, arena_str(&r->pass, chunk->items[i].staged->record_id), r);
	}
	r->after_id = chunk->items[chunk->count - 1].staged->id;
	start_fetch(r, chunk);
	r->open++;
	*ret_opened = true;
	return 0;
}

/* ---- weigh ---- */

static void record_gone(struct item *item)
{
	if (item->resolved.kind == RESOLVED_LINKED)
		decide(item, OUTCOME_SKIPPED_FILTERED,
		       "its CRM record was deleted; the link is ended and both sides stay as they are (R31)");
	else
		decide(item, OUTCOME_SKIPPED_NO_MATCH, "the CRM record that fitted is gone; the next run looks again");
}

static enum merge_mode mode_of(const struct item *item)
{
	switch (item->resolved.kind) {
	case RESOLVED_LINKED:
		return MERGE_STEADY;
	case RESOLVED_JOIN:
		return MERGE_FIRST_EMR_WINS; /* R12, R13 */
	case RESOLVED_CREATE:
	case RESOLVED_SKIP:
		return MERGE_NEW_IN_CRM;
	}
	unreachable("every resolution has a mode");
}

static enum outcome outcome_of(const struct item *item)
{
	switch (item->resolved.kind) {
	case RESOLVED_CREATE:
		return OUTCOME_CREATED;
	case RESOLVED_JOIN:
		return OUTCOME_LINKED;
	case RESOLVED_LINKED:
	case RESOLVED_SKIP:
		return item->writes.wait ? OUTCOME_UPDATED : OUTCOME_UNCHANGED;
	}
	unreachable("every resolution has an outcome");
}

static void weigh(struct reconciler *r, struct chunk *chunk, struct item *item)
{
	const struct mapping *m = &r->plan->mapping;
	struct arena *arena = &chunk->arena;
	struct value *emr = arena_new_array(arena, struct value, m->count);
	struct value *crm = arena_new_array(arena, struct value, m->count);
	const struct field_map *field = NULL;
	struct err err = ERR_INIT;
	struct sides sides = { .emr = emr, .crm = crm, .base = item->base, .emr_ms = item->staged->modified_ms };
	struct compose compose = { .engine = r->engine,
		                   .plan = r->plan,
		                   .arena = arena,
		                   .run = item->run,
		                   .joins = item->resolved.kind == RESOLVED_JOIN,
		                   .emr_id = item->staged->record_id,
		                   .crm_id = item->verdict.crm_id,
		                   .emr_record = item->record };

	if (item->fetch && (!item->crm || item->crm->fault || item->crm->deleted)) {
		record_gone(item);
		return;
	}
	if (mapping_read_emr(m, arena, item->record, emr, &field, &err) < 0 ||
	    (item->crm && mapping_read_crm(m, arena, item->crm->json, crm, &field, &err) < 0)) {
		decide_failed(chunk, item, &err, field);
		return;
	}
	if (item->crm)
		sides.crm_ms = item->crm->modified_ms;
	item->merged = arena_new_array(arena, struct merged, m->count);
	item->verdict.mode = mode_of(item);
	merge_fields(arena, m, item->verdict.mode, &sides, item->merged);
	compose.merged = item->merged;
	if (compose_writes(&compose, &item->writes, &field, &err) < 0) {
		decide_failed(chunk, item, &err, field);
		return;
	}
	item->verdict.emr = emr;
	item->verdict.crm = crm;
	item->verdict.merged = item->merged;
	item->verdict.outcome = outcome_of(item);
	item->verdict.reason = item->resolved.reason ? item->resolved.reason : outcome_meaning(item->verdict.outcome);
}

static int weigh_all(struct reconciler *r, struct chunk *chunk, struct err *err)
{
	struct page page = { 0 };
	size_t next = 0;

	if (chunk->fetch && r->plan->conn[SIDE_CRM]->kind->fetch_finish(&chunk->fetch, &chunk->arena, &page, err) < 0)
		return err_wrap(err, "read %zu records of the CRM", chunk->fetch_count);
	for (size_t i = 0; i < chunk->count; i++) {
		struct item *item = &chunk->items[i];

		if (item->fetch)
			item->crm = next < page.count ? &page.records[next] : NULL;
		next += item->fetch;
		if (!item->settled)
			weigh(r, chunk, item);
		if (r->engine->on_verdict && !item->deferred)
			r->engine->on_verdict(r->engine->on_verdict_context, &item->verdict);
	}
	return 0;
}

/* ---- commit ---- */

struct commit {
	struct reconciler *r;
	struct chunk *chunk;
};

static struct link link_after(const struct reconciler *r, const struct item *item)
{
	const struct staged *s = item->staged;
	struct link link = item->resolved.link;

	link.sync_id = r->plan->sync_id;
	link.mapping_version = r->plan->mapping_version;
	link.emr_id = s->record_id;
	link.crm_id = item->verdict.crm_id;
	link.emr_hash = s->hash;
	link.emr_version = s->version;
	link.emr_modified_ms = s->modified_ms;
	link.staged_id = s->same ? 0 : s->id;
	link.base = STR_EMPTY;
	link.crm_version = item->crm ? item->crm->version : STR_EMPTY;
	return link;
}

static int commit_conflicts(struct db *db, const struct commit *job, const struct item *item, int64_t link_id,
                            struct err *err)
{
	const struct mapping *m = &job->r->plan->mapping;
	struct arena *arena = &job->chunk->arena;

	for (size_t i = 0; item->merged && i < m->count; i++) {
		const struct merged *f = &item->merged[i];
		struct conflict conflict = {
			.sync_id = job->r->plan->sync_id,
			.link_id = link_id,
			.staged_id = item->staged->id,
			.field = m->fields[i].name,
			.winner = str_of(winner_name(f->winner)),
			.waiting = f->review,
			.policy_version = job->r->plan->mapping_version,
		};

		if (!f->conflict)
			continue;
		conflict.sides = conflict_seal(job->r->engine, arena, item->base ? item->base[i].emr : STR_EMPTY,
		                               item->verdict.emr[i].text, item->verdict.crm[i].text);
		if (conflict_add(db, &conflict, err) < 0)
			return err_wrap(err, "note a conflict (R22)");
	}
	return 0;
}

static bool base_moved(const struct reconciler *r, const struct item *item)
{
	for (size_t i = 0; i < r->plan->mapping.count; i++) {
		const struct base *now = &item->merged[i].next, *was = &item->base[i];

		if (now->known != was->known || !str_eq(now->emr, was->emr) || !str_eq(now->crm, was->crm))
			return true;
	}
	return false;
}

static struct str agreed_base(const struct commit *job, const struct item *item)
{
	const struct mapping *m = &job->r->plan->mapping;
	struct base *next = arena_new_array(&job->chunk->arena, struct base, m->count);

	for (size_t i = 0; i < m->count; i++)
		next[i] = item->merged[i].next;
	return base_write(job->r->engine, &job->chunk->arena, m, next);
}

static int commit_unchanged(struct db *db, const struct commit *job, struct item *item, struct err *err)
{
	struct link link = link_after(job->r, item);

	if (item->merged && base_moved(job->r, item))
		link.base = agreed_base(job, item);
	if (item->merged && link_settle(db, &link, err) < 0)
		return err_pass(err);
	if (commit_conflicts(db, job, item, link.id, err) < 0)
		return err_pass(err);
	return stage_settle(db, item->staged->id, STAGED_DONE, item->verdict.outcome, link.id, item->verdict.reason,
	                    err);
}

/* The CRM's version after our own write is not known: the next reading compares once more and learns it (R27). */
static int commit_writes(struct db *db, const struct commit *job, struct item *item, struct err *err)
{
	struct link link = link_after(job->r, item);
	int code = 0;

	link.crm_version = STR_EMPTY;
	if (item->resolved.kind != RESOLVED_LINKED) {
		link.run_id = item->staged->run_id;
		link.how = str_of(item->resolved.how);
		link.state = LINK_MAKING;
		link.staged_id = item->staged->same ? item->staged->body_of : item->staged->id;
		code = link_insert(db, &link, err);
	}
	for (size_t i = 0; code >= 0 && i < item->writes.count; i++) {
		struct owed owed = item->writes.owed[i];

		owed.link_id = link.id;
		owed.staged_id = item->staged->id;
		owed.run_id = item->staged->run_id;
		code = outbox_add(db, &owed, err);
	}
	if (code >= 0)
		code = commit_conflicts(db, job, item, link.id, err);
	if (code < 0)
		return code;
	return stage_settle(db, item->staged->id, STAGED_OWED, item->verdict.outcome, link.id, item->verdict.reason,
	                    err);
}

static int commit_failed(struct db *db, const struct commit *job, const struct item *item, struct err *err)
{
	const struct verdict *v = &item->verdict;
	const struct journal_entry entry = {
		.level = LEVEL_ERROR,
		.sync_id = job->r->plan->sync_id,
		.run_id = item->staged->run_id,
		.staged_id = v->staged_id,
		.emr_id = v->emr_id,
		.crm_id = v->crm_id,
		.code = v->error_code,
		.text = str_of(v->reason),
	};

	if (stage_fail(db, v->staged_id, v->error_code, v->error_field, v->reason, err) < 0)
		return err_pass(err);
	return journal_add(db, &entry, err);
}

static int commit_skipped(struct db *db, const struct commit *job, const struct item *item, struct err *err)
{
	const struct verdict *v = &item->verdict;
	bool ends = v->outcome == OUTCOME_SKIPPED_FILTERED && item->resolved.kind == RESOLVED_LINKED;
	const struct journal_entry entry = {
		.level = LEVEL_INFO,
		.sync_id = job->r->plan->sync_id,
		.run_id = item->staged->run_id,
		.staged_id = v->staged_id,
		.emr_id = v->emr_id,
		.crm_id = v->candidates,
		.code = str_of(outcome_name(v->outcome)),
		.text = str_of(v->reason ? v->reason : outcome_meaning(v->outcome)),
	};

	if (ends && link_end(db, item->resolved.link.id, "the CRM record was deleted (R31)", err) < 0)
		return err_pass(err);
	if (stage_settle(db, v->staged_id, STAGED_DONE, v->outcome, 0, v->reason, err) < 0)
		return err_pass(err);
	return journal_add(db, &entry, err);
}

/* Between load and commit another chunk can have taken the CRM record: the rule of R9 is kept here, inside the transaction. */
static int taken_meanwhile(struct db *db, const struct commit *job, struct item *item, struct err *err)
{
	struct link other;
	bool taken = false;

	if (item->resolved.kind != RESOLVED_JOIN || item->verdict.outcome == OUTCOME_FAILED)
		return 0;
	if (link_by_crm(db, &job->chunk->arena, job->r->plan->sync_id, item->verdict.crm_id, &other, &taken, err) < 0)
		return err_pass(err);
	if (!taken)
		return 0;
	item->writes.count = 0;
	decide(item, OUTCOME_SKIPPED_LINKED,
	       "the CRM record that fits was linked to another patient a moment ago (R9)");
	return 0;
}

static int commit_item(struct db *db, const struct commit *job, struct item *item, struct err *err)
{
	if (item->deferred)
		return 0;
	if (taken_meanwhile(db, job, item, err) < 0)
		return err_pass(err);
	if (item->verdict.outcome == OUTCOME_FAILED)
		return commit_failed(db, job, item, err);
	if (item->verdict.outcome == OUTCOME_UNCHANGED)
		return commit_unchanged(db, job, item, err);
	if (item->writes.count == 0)
		return commit_skipped(db, job, item, err);
	return commit_writes(db, job, item, err);
}

static int commit(struct db *db, void *context, struct err *err)
{
	struct commit *job = context;

	for (size_t i = 0; i < job->chunk->count; i++) {
		if (commit_item(db, job, &job->chunk->items[i], err) < 0)
			return err_wrap(err, "payload %lld", (long long)job->chunk->items[i].staged->id);
	}
	return 0;
}

bool reconcile_held_back(const struct reconciler *r)
{
	return r->held_back;
}

int reconcile_step(struct reconciler *r, size_t *ret_decided, bool *ret_idle, struct err *err)
{
	struct commit job = { .r = r };
	bool opened = true;
	int code = 0;

	*ret_decided = 0;
	*ret_idle = false;
	while (r->open < WINDOW && opened && (code = open_chunk(r, &opened, err)) == 0)
		;
	if (code < 0)
		return code;
	if (r->open == 0) {
		r->after_id = 0; /* what was deferred is looked at again */
		r->held_back = r->deferred.count > 0;
		arena_reset(&r->pass);
		r->deferred = (struct map)MAP_INIT(&r->pass);
		*ret_idle = true;
		return 0;
	}
	job.chunk = &r->chunks[r->first];
	if (weigh_all(r, job.chunk, err) < 0)
		return err_pass(err);
	code = store_write(r->engine->store, RELAXED, commit, &job, err);
	if (code < 0)
		return code;
	for (size_t i = 0; i < job.chunk->count; i++)
		*ret_decided += !job.chunk->items[i].deferred;
	r->first = (r->first + 1) % WINDOW;
	r->open--;
	return 0;
}

/*
 * reconcile: chunk after chunk of waiting payloads.
 *
 *	load     one reader's view: payloads, their records, whose they are (resolve), what the link knows
 *	fetch    the CRM records that are needed, as they are now; started, not waited for
 *	weigh    three-way merge per pair (model/merge), writes composed
 *	commit   one transaction (reconcile_commit.c), while the next chunk is weighed
 *
 * Up to WINDOW chunks stand between fetch and weigh, oldest first. A payload whose bytes and whose CRM version are those last settled is decided
 * at load: nothing is fetched for it.
 */
#include "sync/reconcile_parts.h"

#include <string.h>

#include "lib/clock.h"
#include "sync/identity.h"
#include "sync/run_table.h"

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

	struct err ignored = ERR_INIT;

	*pr = NULL;
	if (!r)
		return;
	if (r->commit.pending && store_write_wait(&r->commit.pending, &ignored) < 0)
		ignored.code = ERR_OK; /* who gives up has another reason */
	for (size_t i = 0; i < WINDOW; i++) {
		if (r->chunks[i].fetch)
			call_cancel(&r->chunks[i].fetch);
		arena_release(&r->chunks[i].arena);
	}
	arena_release(&r->pass);
	arena_release(&r->scratch);
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

static int parse(struct engine *engine, struct chunk *chunk, struct item *item, struct err *err)
{
	struct str bytes;
	struct err fault = ERR_INIT;

	if (stage_bytes(engine, &chunk->arena, item->staged, &bytes, err) < 0)
		return err_wrap(err, "payload %lld", (long long)item->staged->id);
	if (json_parse(&chunk->arena, bytes, &item->record, &fault) < 0)
		decide_failed(chunk, item, &fault, NULL);
	return 0;
}

/* Nothing changed on either side since the pair was settled: no need to look further. */
static bool untouched(const struct load *job, struct db *db, const struct item *item, const struct link *link,
                      struct err *err)
{
	struct known crm;
	bool found = false;

	if (!item->staged->same || link->state != LINK_LINKED || link->crm_version.len == 0 ||
	    link->mapping_version != job->r->plan->mapping_version ||
	    memcmp(&link->emr_hash, &item->staged->hash, sizeof(link->emr_hash)) != 0)
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
	if (link_is_newer(link, item->staged->id, item->staged->modified_ms)) {
		item->older = true;
		decide(item, OUTCOME_UNCHANGED, "older than what is settled already (R4)");
		return 0;
	}
	if (untouched(job, db, item, link, err)) {
		decide(item, OUTCOME_UNCHANGED, "both sides are as they were last settled");
		return 0;
	}
	item->fetch = true;
	return 0;
}

/* Payloads are parsed when they are weighed: most need not be looked into before, and trees are large. */
static int ask_whose(struct load *job, struct db *db, struct item *item, struct err *err)
{
	struct arena *arena = &job->chunk->arena;
	int64_t run_id = item->staged->run_id;

	if (resolve(db, job->r->plan, arena, run_id, item->staged, NULL, &item->resolved, err) < 0)
		return err_wrap(err, "payload %lld", (long long)item->staged->id);
	if (item->resolved.kind != RESOLVED_UNREAD)
		return 0;
	if (parse(job->r->engine, job->chunk, item, err) < 0)
		return err_pass(err);
	if (item->settled)
		return 0;
	if (resolve(db, job->r->plan, arena, run_id, item->staged, item->record, &item->resolved, err) < 0)
		return err_wrap(err, "payload %lld", (long long)item->staged->id);
	return 0;
}

static int look_at(struct load *job, struct db *db, struct item *item, struct err *err)
{
	item->verdict = (struct verdict) { .plan = job->r->plan,
		                           .staged_id = item->staged->id,
		                           .emr_id = item->staged->record_id };
	if (map_get(&job->r->deferred, item->staged->record_id)) {
		item->deferred = item->settled = true;
		return 0;
	}
	if (ask_whose(job, db, item, err) < 0)
		return err_pass(err);
	if (item->settled)
		return 0;
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
		return 0;
	case RESOLVED_CREATE:
		return 0;
	case RESOLVED_UNREAD:
		break;
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

/* Only a record that the CRM says is not there is gone; one that cannot be read is an error of this payload alone (R3). */
static void record_unusable(struct item *item)
{
	if (!item->crm || (item->crm->fault && !str_eq_c(str_of(item->crm->fault), "not there"))) {
		decide(item, OUTCOME_FAILED, item->crm ? item->crm->fault : "the CRM gave no answer for its record");
		item->verdict.error_code = str_of(err_name(ERR_PARSE));
		return;
	}
	if (item->resolved.kind == RESOLVED_LINKED)
		decide(item, OUTCOME_SKIPPED_FILTERED,
		       "its CRM record was deleted; the link is ended and both sides stay as they are (R31)");
	else
		decide(item, OUTCOME_SKIPPED_NO_MATCH, "the CRM record that fitted is gone; the next run looks again");
}

/* A new link is made with the CRM record as it is now, not as it was listed. */
static bool fits_no_longer(struct reconciler *r, struct chunk *chunk, struct item *item)
{
	if (item->resolved.kind != RESOLVED_JOIN)
		return false;
	resolve_again(r->plan, &chunk->arena, item->staged, item->record, item->crm->json, &item->resolved);
	if (item->resolved.kind == RESOLVED_JOIN)
		return false;
	item->verdict.candidates = item->resolved.candidates;
	item->verdict.crm_id = STR_EMPTY;
	decide(item, item->resolved.skip, item->resolved.reason);
	return true;
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
	case RESOLVED_UNREAD:
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
		                   .scratch = &r->scratch,
		                   .run = item->run,
		                   .joins = item->resolved.kind == RESOLVED_JOIN,
		                   .emr_id = item->staged->record_id,
		                   .crm_id = item->verdict.crm_id,
		                   .emr_record = item->record,
		                   .base = item->base };

	if (item->fetch && (!item->crm || item->crm->fault || item->crm->deleted)) {
		record_unusable(item);
		return;
	}
	if (fits_no_longer(r, chunk, item))
		return;
	if (mapping_read_emr(m, arena, item->record, emr, &field, &err) < 0 ||
	    (item->crm && mapping_read_crm(m, arena, item->crm->json, crm, &field, &err) < 0)) {
		decide_failed(chunk, item, &err, field);
		return;
	}
	if (item->crm)
		sides.crm_ms = item->crm->modified_ms;
	item->merged = arena_new_array(arena, struct merged, m->count);
	item->verdict.mode = resolved_mode(item->resolved.kind);
	merge_fields(arena, m, item->verdict.mode, &sides, item->merged);
	compose.merged = item->merged;
	arena_reset(&r->scratch);
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

/* What is large as a tree is unpacked only now, for one chunk at a time. */
static int unpack(struct reconciler *r, struct chunk *chunk, struct item *item, struct err *err)
{
	const struct mapping *m = &r->plan->mapping;

	if (!item->record && parse(r->engine, chunk, item, err) < 0)
		return err_pass(err);
	if (item->resolved.kind != RESOLVED_LINKED)
		return 0;
	item->base = arena_new_array(&chunk->arena, struct base, m->count);
	return base_read(r->engine, &chunk->arena, m, item->resolved.link.base, item->base, err);
}

static int weigh_all(struct reconciler *r, struct chunk *chunk, struct err *err)
{
	struct page page = { 0 };
	size_t next = 0;

	if (chunk->fetch && r->plan->conn[SIDE_CRM]->kind->fetch_finish(&chunk->fetch, &chunk->arena, &page, err) < 0)
		return err_wrap(err, "read %zu records of the CRM", chunk->fetch_count);
	chunk->fetched_ms = page.server_ms ? page.server_ms : clock_wall_ms();
	for (size_t i = 0; i < chunk->count; i++) {
		struct item *item = &chunk->items[i];

		if (item->fetch)
			item->crm = next < page.count ? &page.records[next] : NULL;
		next += item->fetch;
		if (!item->settled && unpack(r, chunk, item, err) < 0)
			return err_pass(err);
		if (!item->settled)
			weigh(r, chunk, item);
		if (r->engine->on_verdict && !item->deferred)
			r->engine->on_verdict(r->engine->on_verdict_context, &item->verdict);
	}
	return 0;
}

/* ---- step by step ---- */

bool reconcile_held_back(const struct reconciler *r)
{
	return r->held_back;
}

/* Waits for the commit under way and gives its chunk's place free. */
static int finish_commit(struct reconciler *r, size_t *ret_decided, struct err *err)
{
	struct chunk *chunk = r->commit.chunk;

	if (!r->commit.pending)
		return 0;
	if (store_write_wait(&r->commit.pending, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < chunk->count; i++)
		*ret_decided += !chunk->items[i].deferred;
	arena_reset(&chunk->arena);
	r->first = (r->first + 1) % WINDOW;
	r->open--;
	return 0;
}

/* While one chunk is being committed the next is weighed. */
int reconcile_step(struct reconciler *r, size_t *ret_decided, bool *ret_idle, struct err *err)
{
	bool opened = true;
	size_t under_way;
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
	under_way = r->commit.pending ? 1 : 0;
	if (r->open > under_way) {
		struct chunk *chunk = &r->chunks[(r->first + under_way) % WINDOW];

		if (weigh_all(r, chunk, err) < 0 || finish_commit(r, ret_decided, err) < 0)
			return err_pass(err);
		r->commit.r = r;
		r->commit.chunk = chunk;
		r->commit.pending = store_write_start(r->engine->store, RELAXED, reconcile_commit, &r->commit);
		return 0;
	}
	return finish_commit(r, ret_decided, err);
}

/*
 * reconcile: chunk after chunk of waiting payloads.
 *
 *	load     one reader's view: payloads, whose they are (resolve), what the link knows
 *	fetch    the counterparts that are needed, as they are now; started, not waited for
 *	weigh    three-way merge per pair, writes composed (reconcile_weigh.c)
 *	commit   one transaction (reconcile_commit.c), while the next chunk is weighed
 *
 * Up to WINDOW chunks stand between fetch and weigh, oldest first. Decided at load, without a far call: a payload whose bytes and whose counterpart's
 * version are those last settled; an echo of our own write (R27); one that is older than what is settled (R4).
 */
#include "sync/reconcile_parts.h"

#include <string.h>

#include "lib/clock.h"
#include "sync/identity.h"
#include "sync/parent.h"
#include "sync/run_table.h"
#include "sync/truth.h"
#include "sync/drift.h"
#include "sync/budget.h"

struct reconciler *reconciler_new(struct engine *engine, const struct plan *plan)
{
	struct arena arena = ARENA_INIT;
	struct reconciler *r = arena_new(&arena, struct reconciler); /* lives in its own arena, as long as its lane */

	r->arena = arena;
	r->deferred = (struct map)MAP_INIT(&r->pass);
	r->engine = engine;
	r->plan = plan;
	return r;
}

static void cancel_fetches(struct chunk *chunk)
{
	for (size_t side = 0; side < ARRAY_LEN(chunk->fetch); side++) {
		struct fetch *f = &chunk->fetch[side];

		for (size_t i = 0; i < f->call_count; i++) {
			if (f->calls[i])
				call_cancel(&f->calls[i]);
		}
	}
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
	for (size_t i = 0; i < r->open; i++)
		cancel_fetches(&r->chunks[(r->first + i) % WINDOW]);
	for (size_t i = 0; i < WINDOW; i++)
		arena_release(&r->chunks[i].arena);
	catchup_release(&r->catchup[SIDE_EMR]);
	catchup_release(&r->catchup[SIDE_CRM]);
	arena_release(&r->pass);
	arena_release(&r->scratch);
	arena = r->arena;
	arena_release(&arena);
}

/* ---- who is busy ---- */

/* Keys of maps over records of both sides. */
static struct str busy_key(struct arena *arena, enum side side, struct str id)
{
	return arena_printf(arena, "%d%.*s", (int)side, STR_ARG(id));
}

static bool item_has(const struct item *item, enum side side, struct str id)
{
	if (id.len == 0 || item->deferred)
		return false;
	return (item->staged->side == side && str_eq(item->staged->record_id, id)) ||
	       str_eq(item->resolved.id[side], id);
}

static bool chunk_has(const struct chunk *chunk, const struct item *item)
{
	for (size_t i = 0; i < chunk->count; i++) {
		const struct item *other = &chunk->items[i];

		if (other == item)
			return false;
		if (item_has(other, item->staged->side, item->staged->record_id) ||
		    item_has(other, SIDE_EMR, item->resolved.id[SIDE_EMR]) ||
		    item_has(other, SIDE_CRM, item->resolved.id[SIDE_CRM]))
			return true;
	}
	return false;
}

static void defer(struct reconciler *r, struct item *item)
{
	item->deferred = item->put_off = item->settled = true;
	map_put(&r->deferred, busy_key(&r->pass, item->staged->side, item->staged->record_id), r);
}

/* Before a chunk is loaded once more: what its first loading put off would stand in its own way. */
static void defer_no_more(struct reconciler *r, const struct chunk *chunk)
{
	for (size_t i = 0; i < chunk->count; i++) {
		const struct staged *s = chunk->items[i].staged;

		if (chunk->items[i].put_off)
			map_put(&r->deferred, busy_key(&r->pass, s->side, s->record_id), NULL);
	}
}

/* ---- load ---- */

struct load {
	struct reconciler *r;
	struct chunk *chunk;
	struct map seen; /* of this chunk: records and counterparts, so that the slow question is asked seldom */
	enum staged_priority priority;
	bool anybody_weak[2]; /* by side: is there anybody to be suggested? */
	struct staged *rows;
	size_t count;
};

/* Nothing changed on either side since the pair was settled: no need to look further. */
static bool untouched(const struct load *job, struct db *db, const struct item *item, const struct link *link,
                      struct err *err)
{
	struct known crm;
	bool found = false;

	/* R38: the last one may have left fields out that this one looks at. A parent may be linked to another record since. */
	if (item->staged->wish == WISH_RESOLVE || job->r->plan->live_differs || job->r->plan->parent.sync_id)
		return false;
	if (!item->staged->same || link->state != LINK_LINKED || link->crm_version.len == 0 ||
	    link->mapping_version != job->r->plan->mapping_version ||
	    memcmp(&link->emr_hash, &item->staged->hash, sizeof(link->emr_hash)) != 0)
		return false;
	if (identity_get(db, &job->chunk->arena, job->r->plan->sync_id, SIDE_CRM, link->crm_id, &crm, &found, err) < 0)
		return false;
	return found && str_eq(crm.version, link->crm_version);
}

/* A batch, a retry and a person compare both sides; a change that is told to us and changes nothing is our own write coming back (R27). */
static int ask_echo(struct load *job, struct db *db, struct item *item, bool *ret, struct err *err)
{
	const struct link *link = &item->resolved.link;
	bool troubled;

	*ret = false;
	if (!door_is_live(item->staged->door) || item->staged->wish != WISH_NONE ||
	    link->mapping_version != job->r->plan->mapping_version || link->state != LINK_LINKED ||
	    link_was_moved(link))
		return 0;
	if (item_parse(job->r->engine, job->chunk, item, err) < 0 ||
	    item_base(job->r->engine, job->r->plan, job->chunk, item, err) < 0)
		return err_pass(err);
	*ret = !item->settled && item_is_echo(job->r->plan, job->chunk, item);
	if (!*ret)
		return 0;
	if (truth_troubles(db, link, &troubled, err) < 0)
		return err_pass(err);
	*ret = !troubled; /* what failed may have been taken back: both sides are compared */
	return 0;
}

/* A record that was pushed to us may be from before our own last write, unless that side tells when it was changed. */
static bool pushed_without_time(const struct plan *plan, const struct staged *s)
{
	const struct traits *t = &plan->conn[s->side]->traits;

	return s->pushed && !(t->has_times && t->answers_with_record);
}

/* What the EMR's record hangs on has to be linked first. */
static int look_at_parent(struct load *job, struct db *db, struct item *item, struct err *err)
{
	const struct plan *plan = job->r->plan;
	struct parent_found parent;

	if (plan->parent.sync_id == 0 || item->staged->side != SIDE_EMR)
		return 0;
	if (item_parse(job->r->engine, job->chunk, item, err) < 0)
		return err_pass(err);
	if (item->settled)
		return 0;
	if (parent_find(db, plan, &job->chunk->arena, item->record, &parent, err) < 0)
		return err_pass(err);
	item->parent_id = parent.crm_id;
	if (parent.emr_id.len && parent.crm_id.len == 0) {
		item->waits_for = parent.emr_id;
		decide(item, OUTCOME_NONE,
		       arena_printf(&job->chunk->arena, "waits for %.*s %.*s, which is not linked yet",
		                    STR_ARG(plan->parent.sync), STR_ARG(parent.emr_id))
		               .at);
	}
	if (parent.emr_id.len == 0 && item->resolved.kind != RESOLVED_LINKED)
		decide(item, OUTCOME_SKIPPED_FILTERED,
		       arena_printf(&job->chunk->arena, "it names none of the %.*s that it could hang on",
		                    STR_ARG(plan->parent.sync))
		               .at);
	return 0;
}

static int look_at_linked(struct load *job, struct db *db, struct item *item, struct err *err)
{
	const struct link *link = &item->resolved.link;
	const struct staged *s = item->staged;
	enum age age = link_age(link, s->side, s->modified_ms, s->received_ms);
	bool owes, echo;

	if (outbox_owes(db, link->id, &owes, err) < 0)
		return err_wrap(err, "payload %lld", (long long)s->id);
	if (owes || link->state == LINK_MAKING) {
		defer(job->r, item);
		job->r->holding = true;
		return 0;
	}
	if (s->wish == WISH_RESOLVE &&
	    conflict_decisions(db, &job->chunk->arena, link->id, &item->decisions, &item->decision_count, err) < 0)
		return err_wrap(err, "payload %lld", (long long)s->id);
	if (s->wish == WISH_UNLINK || s->kind != STAGED_RECORD)
		return 0; /* decided when it is weighed: there is nothing to fetch */
	if (age == AGE_OLDER) {
		item->older = true;
		decide(item, OUTCOME_UNCHANGED, "older than what is settled already (R4)");
		return 0;
	}
	if (look_at_parent(job, db, item, err) < 0)
		return err_pass(err);
	if (item->settled)
		return 0;
	if (ask_echo(job, db, item, &echo, err) < 0)
		return err_pass(err);
	if (echo)
		decide(item, OUTCOME_UNCHANGED, "nothing that is mapped changed: our own write came back (R27)");
	if (item->settled)
		return 0;
	if (age == AGE_UNSURE || pushed_without_time(job->r->plan, s)) {
		item->read_again = item->settled = true;
		return 0;
	}
	if (untouched(job, db, item, link, err)) {
		decide(item, OUTCOME_UNCHANGED, "both sides are as they were last settled");
		item->as_settled = true;
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
	if (item->resolved.kind != RESOLVED_UNREAD || item->staged->kind != STAGED_RECORD)
		return 0;
	if (item_parse(job->r->engine, job->chunk, item, err) < 0)
		return err_pass(err);
	if (item->settled)
		return 0;
	if (resolve(db, job->r->plan, arena, run_id, item->staged, item->record, &item->resolved, err) < 0)
		return err_wrap(err, "payload %lld", (long long)item->staged->id);
	return 0;
}

/* Deleted, merged, or to be let go of, and never linked: there is nothing to do. */
static bool nothing_to_undo(struct item *item)
{
	const struct staged *s = item->staged;

	bool needs_link = s->wish == WISH_UNLINK || s->wish == WISH_RESOLVE;

	if (item->resolved.kind == RESOLVED_LINKED || (s->kind == STAGED_RECORD && !needs_link))
		return false;
	decide(item, OUTCOME_SKIPPED_FILTERED,
	       needs_link                 ? "it is not linked"
	       : s->wish != WISH_NONE     ? "there is no such record, or it is archived or deleted (R31)"
	       : s->kind == STAGED_MERGED ? "merged into another record (R32)"
	                                  : "archived or deleted (R31)");
	return true;
}

/* R36: a file names records that are to be linked; those that are linked go on as ever, by their own changes. */
static bool linked_before(const struct item *item)
{
	const struct staged *s = item->staged;

	return s->side == SIDE_CRM && s->door == DOOR_BATCH && s->kind == STAGED_RECORD && s->wish == WISH_NONE;
}

static int act_on(struct load *job, struct db *db, struct item *item, struct err *err)
{
	enum side other = side_other(item->staged->side);

	item->verdict.candidates = item->resolved.candidates;
	item->verdict.emr_id = item->resolved.id[SIDE_EMR].len ? item->resolved.id[SIDE_EMR] : item->verdict.emr_id;
	item->verdict.crm_id = item->resolved.id[SIDE_CRM].len ? item->resolved.id[SIDE_CRM] : item->verdict.crm_id;
	if (nothing_to_undo(item))
		return 0;
	switch (item->resolved.kind) {
	case RESOLVED_LINKED:
		if (!linked_before(item))
			return look_at_linked(job, db, item, err);
		decide(item, OUTCOME_SKIPPED_LINKED, "it is linked already (R36)");
		return 0;
	case RESOLVED_SKIP:
		if (item->resolved.undecided) {
			defer(job->r, item);
			return 0;
		}
		decide(item, item->resolved.skip, item->resolved.reason);
		return 0;
	case RESOLVED_JOIN:
	case RESOLVED_CREATE:
		/* No link tells how old it is: a record that was pushed to us late may be deleted by now (R4). */
		if (item->staged->pushed) {
			item->read_again = item->settled = true;
			return 0;
		}
		if (look_at_parent(job, db, item, err) < 0)
			return err_pass(err);
		item->fetch = !item->settled && item->resolved.id[other].len > 0;
		return 0;
	case RESOLVED_UNREAD:
		break;
	}
	unreachable("every resolution is handled");
}

/* R10: whoever has no counterpart is held against those of the other side who have none. It costs nothing while nobody there can be meant. */
static int ask_who_may_be(struct load *job, struct db *db, struct item *item, struct err *err)
{
	const struct resolved *r = &item->resolved;
	bool stays = r->kind == RESOLVED_SKIP && r->skip == OUTCOME_SKIPPED_NO_MATCH && !r->undecided;
	bool asks = job->anybody_weak[side_other(item->staged->side)];

	if (item->staged->kind != STAGED_RECORD || job->r->plan->blind ||
	    !(stays || (asks && r->kind == RESOLVED_CREATE)))
		return 0;
	if (item_parse(job->r->engine, job->chunk, item, err) < 0)
		return err_pass(err);
	if (!item->record)
		return 0;
	return suggest_look(db, job->r->plan, &job->chunk->arena, item->staged, item->record, stays, &item->suggesting,
	                    err);
}

static int look_at(struct load *job, struct db *db, struct item *item, struct err *err)
{
	const struct staged *s = item->staged;

	item->verdict = (struct verdict) { .plan = job->r->plan, .staged_id = s->id };
	*(s->side == SIDE_EMR ? &item->verdict.emr_id : &item->verdict.crm_id) = s->record_id;
	if (map_get(&job->r->deferred, busy_key(&job->chunk->arena, s->side, s->record_id))) {
		item->deferred = item->settled = true;
		return 0;
	}
	if (ask_whose(job, db, item, err) < 0)
		return err_pass(err);
	if (item->settled)
		return 0;
	return act_on(job, db, item, err) < 0 ? err_pass(err) : ask_who_may_be(job, db, item, err);
}

/* A payload belongs to the run that read it, whoever brings it through. */
static int find_run(struct load *job, struct db *db, struct item *item, struct err *err)
{
	struct reconciler *r = job->r;
	struct run *run;

	if (item->staged->run_id == 0)
		return 0;
	run = arena_new(&job->chunk->arena, struct run);
	item->run = run;
	if (r->run.id == item->staged->run_id) {
		*run = r->run;
		return 0;
	}
	if (run_read(db, &job->chunk->arena, item->staged->run_id, run, err) < 0)
		return err_pass(err);
	r->run = *run;
	r->run.batch_id = arena_str(&r->arena, run->batch_id);
	return 0;
}

/* Is the pair of this payload in a chunk already? Then the first must be committed before this one is looked at (R4, R9). */
static bool clashes(struct load *job, const struct item *item)
{
	struct reconciler *r = job->r;
	struct arena *arena = &job->chunk->arena;
	bool clash = false;

	for (size_t i = 0; i < r->open && !clash; i++)
		clash = chunk_has(&r->chunks[(r->first + i) % WINDOW], item);
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		struct str id = item->staged->side == side ? item->staged->record_id : item->resolved.id[side];

		if (id.len == 0)
			continue;
		id = busy_key(arena, side, id);
		clash = clash || map_get(&job->seen, id);
		if (!clash)
			map_put(&job->seen, id, job);
	}
	return clash;
}

/* Live payloads of one record that wait together: the youngest stands for all, as each is the whole record (R4). */
static bool stands_for(const struct staged *young, const struct staged *old)
{
	return young->side == old->side && str_eq(young->record_id, old->record_id) && old->record_id.len &&
	       young->kind == STAGED_RECORD && old->kind == STAGED_RECORD && old->wish == WISH_NONE &&
	       young->wish == WISH_NONE && old->run_id == 0 && young->run_id == 0 &&
	       young->modified_ms >= old->modified_ms && (young->modified_ms != 0) == (old->modified_ms != 0);
}

static void supersede_older(struct load *job)
{
	struct map youngest = MAP_INIT(&job->chunk->arena);

	for (size_t i = job->count; i-- > 0 && job->priority == STAGED_LIVE;) {
		struct staged *s = &job->rows[i];
		struct str key = busy_key(&job->chunk->arena, s->side, s->record_id);
		struct staged *young = map_get(&youngest, key);

		if (young && stands_for(young, s))
			s->state = STAGED_SUPERSEDED;
		else
			map_put(&youngest, key, s);
	}
}

static void begin_item(struct load *job, struct item *item, struct staged *s)
{
	item->staged = s;
	if (s->state != STAGED_SUPERSEDED)
		return;
	item->verdict = (struct verdict) { .plan = job->r->plan, .staged_id = s->id };
	item->older = true;
	decide(item, OUTCOME_UNCHANGED, "a younger payload of the record came with it (R4)");
}

static int load(struct db *db, void *context, struct err *err)
{
	struct load *job = context;
	struct reconciler *r = job->r;
	struct chunk *chunk = job->chunk;

	if (stage_waiting(db, &chunk->arena, r->plan->sync_id, job->priority, r->after_id[job->priority],
	                  RECONCILE_CHUNK, &job->rows, &job->count, err) < 0)
		return err_wrap(err, "read what waits");
	if (identity_any_weak(db, r->plan->sync_id, SIDE_EMR, &job->anybody_weak[SIDE_EMR], err) < 0 ||
	    identity_any_weak(db, r->plan->sync_id, SIDE_CRM, &job->anybody_weak[SIDE_CRM], err) < 0)
		return err_wrap(err, "read what waits");
	supersede_older(job);
	chunk->items = arena_new_array(&chunk->arena, struct item, job->count);
	chunk->count = 0;
	for (size_t i = 0; i < job->count; i++) {
		struct item *item = &chunk->items[chunk->count++];

		begin_item(job, item, &job->rows[i]);
		if (item->settled)
			continue;
		if (find_run(job, db, item, err) < 0 || look_at(job, db, item, err) < 0)
			return err_pass(err);
		if (!item->deferred && clashes(job, item)) {
			defer(r, item);
			r->holding = true;
			item->fetch = false;
		}
	}
	return 0;
}

/* ---- fetch ---- */

static void start_fetch_of(struct reconciler *r, struct chunk *chunk, enum side side)
{
	const struct plan *plan = r->plan;
	struct connection *c = plan->conn[side];
	struct fetch *f = &chunk->fetch[side];
	struct str *ids = arena_new_array(&chunk->arena, struct str, chunk->count);
	size_t most = MAX_OF((size_t)1, MIN_OF(c->traits.fetch_batch, (size_t)RECONCILE_CHUNK)), count = 0;

	*f = (struct fetch) { .asked_ms = clock_wall_ms(), .ids = ids };
	for (size_t i = 0; i < chunk->count; i++) {
		const struct item *item = &chunk->items[i];

		if (item->fetch && side_other(item->staged->side) == side)
			ids[count++] = item->resolved.id[side];
	}
	f->calls = arena_new_array(&chunk->arena, struct call *, count / most + 1);
	f->counts = arena_new_array(&chunk->arena, size_t, count / most + 1);
	for (size_t at = 0; at < count; at += most) {
		const struct fetch_request request = {
			.object = plan->object[side],
			.ids = ids + at,
			.id_count = MIN_OF(most, count - at),
			.fields = side == SIDE_CRM ? drift_state(plan)->crm_fields : NULL,
			.field_count = side == SIDE_CRM ? drift_state(plan)->crm_field_count : 0,
			.priority = HTTP_NORMAL,
		};

		f->counts[f->call_count] = request.id_count;
		f->calls[f->call_count++] = c->kind->fetch_start(c, &request);
	}
}

static int load_chunk(struct reconciler *r, struct chunk *chunk, enum staged_priority priority, int64_t *ret_last,
                      struct err *err)
{
	struct load job = { .r = r, .chunk = chunk, .seen = MAP_INIT(&chunk->arena), .priority = priority };

	arena_reset(&chunk->arena);
	chunk->fetch[SIDE_EMR] = chunk->fetch[SIDE_CRM] = (struct fetch) { 0 };
	if (store_read(r->engine->store, load, &job, err) < 0)
		return err_pass(err);
	*ret_last = job.count ? job.rows[job.count - 1].id : 0;
	return 0;
}

/* Would this chunk create counterparts on that side for live changes? A batch has read that side a moment ago. */
static bool creates_on(const struct chunk *chunk, enum side side)
{
	for (size_t i = 0; i < chunk->count; i++) {
		const struct item *item = &chunk->items[i];

		if (item->resolved.kind == RESOLVED_CREATE && !item->settled && item->staged->door != DOOR_BATCH &&
		    side_other(item->staged->side) == side)
			return true;
	}
	return false;
}

/* Whoever is new here is looked for once more among those who came there meanwhile; then the chunk is judged anew. */
static int judge_anew(struct reconciler *r, struct chunk *chunk, enum staged_priority priority, int64_t *ret_last,
                      struct err *err)
{
	bool read = false;

	for (enum side side = SIDE_EMR; side <= SIDE_CRM && !r->plan->blind; side++) {
		if (!creates_on(chunk, side))
			continue;
		if (catchup_read(r->engine, r->plan, side, &r->catchup[side], err) < 0)
			return err_pass(err);
		read = true;
	}
	if (!read)
		return 0;
	defer_no_more(r, chunk);
	return load_chunk(r, chunk, priority, ret_last, err);
}

/* Opens one more chunk of that priority. *ret_opened is false when nothing (more) waits. */
static int open_chunk_of(struct reconciler *r, enum staged_priority priority, bool *ret_opened, struct err *err)
{
	struct chunk *chunk = &r->chunks[(r->first + r->open) % WINDOW];
	int64_t last;

	if (load_chunk(r, chunk, priority, &last, err) < 0 || judge_anew(r, chunk, priority, &last, err) < 0)
		return err_pass(err);
	*ret_opened = chunk->count > 0;
	if (!*ret_opened)
		return 0;
	r->after_id[priority] = last;
	start_fetch_of(r, chunk, SIDE_EMR);
	start_fetch_of(r, chunk, SIDE_CRM);
	r->open++;
	return 0;
}

struct waiting_job {
	struct reconciler *r;
	enum staged_priority priority;
	bool waits;
};

static int ask_waiting(struct db *db, void *context, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct waiting_job *job = context;
	struct staged *first;
	size_t count;

	if (stage_waiting(db, &arena, job->r->plan->sync_id, job->priority, 0, 1, &first, &count, err) < 0)
		return err_pass(err);
	job->waits = count > 0;
	return 0;
}

/* Calls are short: what waits of this priority stays where it is (the far sides' counterparts would have to be read). */
static int hold_short(struct reconciler *r, enum staged_priority priority, bool *ret_short, struct err *err)
{
	enum http_priority calls = priority == STAGED_PERSON ? HTTP_URGENT : HTTP_NORMAL;
	struct waiting_job job = { .r = r, .priority = priority };

	*ret_short = !budget_lets(r->plan, SIDE_EMR, calls) || !budget_lets(r->plan, SIDE_CRM, calls);
	if (*ret_short && store_read(r->engine->store, ask_waiting, &job, err) < 0)
		return err_pass(err);
	r->holding = r->holding || job.waits;
	return 0;
}

static int open_chunk(struct reconciler *r, bool *ret_opened, struct err *err)
{
	bool is_short;

	*ret_opened = false;
	for (enum staged_priority p = STAGED_PERSON; p < STAGED_PRIORITIES && !*ret_opened; p++) {
		if (hold_short(r, p, &is_short, err) < 0)
			return err_pass(err);
		if (!is_short && open_chunk_of(r, p, ret_opened, err) < 0)
			return err_pass(err);
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

/* What was deferred is looked at again in the next pass. */
static void end_pass(struct reconciler *r)
{
	r->held_back = r->holding;
	r->holding = false;
	r->pass_ms = clock_mono_ns() / 1000000;
	memset(r->after_id, 0, sizeof(r->after_id));
	arena_reset(&r->pass);
	r->deferred = (struct map)MAP_INIT(&r->pass);
}

/* Under steady load a pass would never end, and what was deferred never be looked at again. */
static bool pass_is_long(const struct reconciler *r)
{
	enum { LONG_MS = 500 };

	return r->holding && clock_mono_ns() / 1000000 - r->pass_ms > LONG_MS;
}

/* While one chunk is being committed the next is weighed. */
int reconcile_step(struct reconciler *r, size_t *ret_decided, bool *ret_idle, struct err *err)
{
	bool opened = true;
	size_t under_way;
	int code = 0;

	*ret_decided = 0;
	*ret_idle = false;
	while (r->open < WINDOW && opened && !pass_is_long(r) && (code = open_chunk(r, &opened, err)) == 0)
		;
	if (code < 0)
		return code;
	if (r->open == 0) {
		end_pass(r);
		*ret_idle = true;
		return 0;
	}
	under_way = r->commit.pending ? 1 : 0;
	if (r->open > under_way) {
		struct chunk *chunk = &r->chunks[(r->first + under_way) % WINDOW];

		if (weigh_chunk(r, chunk, err) < 0 || finish_commit(r, ret_decided, err) < 0)
			return err_pass(err);
		r->commit.r = r;
		r->commit.chunk = chunk;
		r->commit.pending = store_write_start(r->engine->store, RELAXED, reconcile_commit, &r->commit);
		return 0;
	}
	return finish_commit(r, ret_decided, err);
}

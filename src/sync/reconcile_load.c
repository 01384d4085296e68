/*
 * reconcile_load: one reader's view of a chunk: its payloads, whose they are (resolve), what the links know.
 *
 *	busy     who is in a chunk already, or has to wait for an earlier payload (R4)
 *	linked   decided here, without a far call: both sides as last settled; an echo of our own write (R27); older than what is settled (R4)
 *	new      deleted since it was read? is one of the two still in motion?
 */
#include "sync/reconcile_parts.h"

#include <string.h>

#include "lib/clock.h"
#include "sync/identity.h"
#include "sync/parent.h"
#include "sync/run_table.h"
#include "sync/truth.h"

/* ---- who is busy ---- */

/* Keys of maps over records of both sides. */
static struct str busy_key(struct arena *arena, enum side side, struct str id)
{
	return arena_printf(arena, "%d%.*s", (int)side, STR_ARG(id));
}

/* R32: a merge moves the link of its survivor as well. */
static struct str survivor_of(const struct item *item)
{
	return item->staged->kind == STAGED_MERGED ? item->staged->partner : STR_EMPTY;
}

/* ---- load ---- */

struct load {
	struct reconciler *r;
	struct chunk *chunk;
	struct map seen;     /* of this chunk: records that its items may touch */
	struct map deferred; /* of this chunk: it may be loaded anew, and what is deferred then is another matter */
	enum staged_priority priority;
	bool anybody_weak[2]; /* by side: is there anybody to be suggested? */
	struct staged *rows;
	size_t count;
	int64_t now_ms; /* what came until then is seen */
};

static void defer(struct load *job, struct item *item)
{
	item->deferred = item->settled = true;
	map_put(&job->deferred, busy_key(&job->chunk->arena, item->staged->side, item->staged->record_id), job);
}

void chunk_keep_deferred(struct reconciler *r, const struct chunk *chunk)
{
	for (size_t i = 0; i < chunk->count; i++) {
		const struct item *item = &chunk->items[i];

		if (item->deferred)
			map_put(&r->deferred, busy_key(&r->pass, item->staged->side, item->staged->record_id), r);
	}
}

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
	    link->mapping_version != job->r->plan->mapping_version || link->state != LINK_LINKED)
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

/* A record that was pushed to us may be from before our own last write, or from before another edit within the same tick of its clock, unless that side tells
 * when it was changed, and that is not the very time of what we know. If nothing is known of the time of our write, neither is what came before it. */
static bool pushed_unsure(const struct plan *plan, const struct link *link, const struct staged *s)
{
	const struct traits *t = &plan->conn[s->side]->traits;
	int64_t known_ms = s->side == SIDE_EMR ? link->emr_modified_ms : link->crm_modified_ms;

	return s->pushed && (!(t->has_times && t->answers_with_record) || known_ms == 0 || s->modified_ms == known_ms);
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
		defer(job, item);
		job->r->holding = true;
		return 0;
	}
	if (s->wish == WISH_RESOLVE &&
	    conflict_decisions(db, &job->chunk->arena, link->id, &item->decisions, &item->decision_count, err) < 0)
		return err_wrap(err, "payload %lld", (long long)s->id);
	if (s->kind == STAGED_REMOVED && age == AGE_UNSURE) {
		item->read_again = item->settled = true;
		return 0;
	}
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
	if (age == AGE_UNSURE || pushed_unsure(job->r->plan, link, s)) {
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

	if (resolve(db, job->r->plan, arena, &item->resolving, NULL, &item->resolved, err) < 0)
		return err_wrap(err, "payload %lld", (long long)item->staged->id);
	if (item->resolved.kind != RESOLVED_UNREAD || item->staged->kind != STAGED_RECORD)
		return 0;
	if (item_parse(job->r->engine, job->chunk, item, err) < 0)
		return err_pass(err);
	if (item->settled)
		return 0;
	if (resolve(db, job->r->plan, arena, &item->resolving, item->record, &item->resolved, err) < 0)
		return err_wrap(err, "payload %lld", (long long)item->staged->id);
	return 0;
}

/* R3: it ended a pair, and what its records were to be told was refused: a retry tells them, unless one of them is linked anew. */
static int look_at_ended(struct load *job, struct db *db, struct item *item, bool *ret, struct err *err)
{
	struct arena *arena = &job->chunk->arena;
	const struct staged *s = item->staged;
	struct link link, other;
	bool found, emr, crm;

	*ret = false;
	if (item->resolved.kind == RESOLVED_LINKED || s->link_id == 0 ||
	    (s->wish != WISH_UNLINK && s->kind != STAGED_REMOVED))
		return 0;
	if (link_find(db, arena, s->link_id, &link, &found, err) < 0)
		return err_wrap(err, "look a link up");
	if (!found || link.state != LINK_ENDED)
		return 0;
	if (link_by_emr(db, arena, link.sync_id, link.emr_id, &other, &emr, err) < 0 ||
	    link_by_crm(db, arena, link.sync_id, link.crm_id, &other, &crm, err) < 0)
		return err_wrap(err, "look a link up");
	if (emr || crm)
		return 0;
	item->resolved = (struct resolved) {
		.kind = RESOLVED_LINKED, .link = link, .how = "link", .id = { link.emr_id, link.crm_id }
	};
	item->verdict.emr_id = link.emr_id;
	item->verdict.crm_id = link.crm_id;
	*ret = true;
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

/* R36: a file names records that are to be linked; those that are linked go on as ever, by their own changes. A row that this very run linked, and whose
 * write was refused, is tried once more (R14). */
static bool linked_before(const struct item *item)
{
	const struct staged *s = item->staged;

	if (s->run_id && item->resolved.link.run_id == s->run_id)
		return false;
	return s->side == SIDE_CRM && s->door == DOOR_BATCH && s->kind == STAGED_RECORD && s->wish == WISH_NONE;
}

/* R4, R31: no link tells how old it is. A record that was pushed to us late, or read by a batch that is judged only now, may be deleted meanwhile: it is read
 * again. */
static int look_at_removals(const struct load *job, struct db *db, struct item *item, struct err *err)
{
	const struct staged *s = item->staged;
	bool removed = s->pushed;

	if (!removed && (s->wish != WISH_NONE || s->kind != STAGED_RECORD || s->record_id.len == 0))
		return 0;
	if (!removed && stage_removed_since(db, s, job->now_ms, &removed, err) < 0)
		return err_wrap(err, "payload %lld", (long long)s->id);
	if (removed)
		item->read_again = item->settled = true;
	return 0;
}

/* R4: one of the two is still owed a write of a link that was ended, or relinking would end a pair that is in motion: first things first. */
static int look_at_old_pairs(struct load *job, struct db *db, struct item *item, struct err *err)
{
	const struct own *own = &item->resolving.own;
	bool moves = false;

	for (enum side side = SIDE_EMR; side <= SIDE_CRM && !moves; side++) {
		struct str id = item->resolved.id[side];
		bool never = side == item->staged->side && !own->linked && !own->had_another;

		if (id.len && !never &&
		    link_moves(db, &job->chunk->arena, job->r->plan->sync_id, side, id, &moves, err) < 0)
			return err_wrap(err, "payload %lld", (long long)item->staged->id);
	}
	if (!moves)
		return 0;
	defer(job, item);
	job->r->holding = true;
	return 0;
}

static int look_at_new(struct load *job, struct db *db, struct item *item, struct err *err)
{
	if (look_at_removals(job, db, item, err) < 0)
		return err_pass(err);
	if (!item->settled && look_at_old_pairs(job, db, item, err) < 0)
		return err_pass(err);
	return item->settled ? 0 : look_at_parent(job, db, item, err);
}

static int act_on(struct load *job, struct db *db, struct item *item, struct err *err)
{
	enum side other = side_other(item->staged->side);
	bool ended;

	if (look_at_ended(job, db, item, &ended, err) < 0)
		return err_pass(err);
	if (ended)
		return 0; /* as by itself: there is nothing to fetch */
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
			defer(job, item);
			return 0;
		}
		decide(item, item->resolved.skip, item->resolved.reason);
		return 0;
	case RESOLVED_JOIN:
	case RESOLVED_CREATE:
		if (look_at_new(job, db, item, err) < 0)
			return err_pass(err);
		item->fetch = !item->settled && item->resolved.id[other].len > 0;
		return 0;
	case RESOLVED_UNREAD:
		break;
	}
	unreachable("every resolution is handled");
}

/*
 * R10: whoever has no counterpart is held against those of the other side who have none. It costs nothing while nobody there can be meant. Who gets a counterpart made
 * is weighed anyway, and asks with the tree that is there then.
 */
static int note_who_may_be(const struct load *job, struct item *item, struct err *err)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT; /* trees are large, and several chunks are under way */
	struct err unreadable = ERR_INIT;
	struct json *record;
	struct str bytes;
	const struct resolved *r = &item->resolved;
	bool stays = r->kind == RESOLVED_SKIP && r->skip == OUTCOME_SKIPPED_NO_MATCH && !r->undecided;

	if (item->staged->kind != STAGED_RECORD || job->r->plan->blind)
		return 0;
	item->may_be_who = r->kind == RESOLVED_CREATE && job->anybody_weak[side_other(item->staged->side)];
	if (!stays)
		return 0;
	if (stage_bytes(job->r->engine, &scratch, item->staged, &bytes, &unreadable) < 0 &&
	    !stage_is_lost(unreadable.code)) {
		*err = unreadable;
		return err_pass(err);
	}
	if (unreadable.code || json_parse(&scratch, bytes, &record, &unreadable) < 0)
		return 0; /* whoever weighs it says so */
	item->asks_who = suggest_begin(job->r->plan, &job->chunk->arena, item->staged, record, true, &item->suggesting);
	return 0;
}

int chunk_ask_who(struct reconciler *r, struct chunk *chunk, struct db *db, struct err *err)
{
	struct suggesting **all = arena_new_array(&chunk->arena, struct suggesting *, chunk->count);
	size_t count = 0;

	for (size_t i = 0; i < chunk->count; i++)
		if (chunk->items[i].asks_who)
			all[count++] = &chunk->items[i].suggesting;
	return count ? suggest_look(db, r->plan, &chunk->arena, all, count, err) : 0;
}

static int look_at(struct load *job, struct db *db, struct item *item, struct err *err)
{
	const struct staged *s = item->staged;

	if (s->record_id.len == 0) {
		decide(item, OUTCOME_FAILED, "nobody can tell which record it is of: it carries no id");
		item->verdict.error_code = str_of(err_name(ERR_PARSE));
		return 0;
	}
	if (map_get(&job->deferred, busy_key(&job->chunk->arena, s->side, s->record_id)))
		item->deferred = item->settled = true;
	if (item->settled)
		return 0;
	if (ask_whose(job, db, item, err) < 0)
		return err_pass(err);
	if (item->settled)
		return 0;
	return act_on(job, db, item, err) < 0 ? err_pass(err) : note_who_may_be(job, item, err);
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
static bool held_elsewhere(const struct reconciler *r, struct str key)
{
	bool held = false;

	for (size_t i = 0; i < r->open && !held; i++)
		held = map_get(&r->chunks[(r->first + i) % WINDOW].held, key) != NULL;
	return held;
}

static bool clashes(struct load *job, const struct item *item)
{
	struct reconciler *r = job->r;
	struct arena *arena = &job->chunk->arena;
	enum side own = item->staged->side;
	const struct {
		enum side side;
		struct str id;
	} names[] = { { own, item->staged->record_id },
		      { own, survivor_of(item) },
		      { side_other(own), item->resolved.id[side_other(own)] } };
	bool clash = false;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct str key;

		if (names[i].id.len == 0)
			continue;
		key = busy_key(arena, names[i].side, names[i].id);
		clash = clash || map_get(&job->seen, key) || held_elsewhere(r, key);
		if (!clash)
			map_put(&job->seen, key, job);
	}
	return clash;
}

/* What was pushed within one tick of the far clock may have come in any order: then the last one says nothing of the others. */
static bool surely_younger(const struct staged *young, const struct staged *old)
{
	if (young->modified_ms != old->modified_ms)
		return young->modified_ms > old->modified_ms && old->modified_ms != 0;
	return young->modified_ms == 0 || !young->pushed || memcmp(&young->hash, &old->hash, sizeof(old->hash)) == 0;
}

/* Live payloads of one record that wait together: the youngest stands for all, as each is the whole record (R4). */
static bool stands_for(const struct staged *young, const struct staged *old)
{
	return young->side == old->side && str_eq(young->record_id, old->record_id) && old->record_id.len &&
	       young->kind == STAGED_RECORD && old->kind == STAGED_RECORD && old->wish == WISH_NONE &&
	       young->wish == WISH_NONE && old->run_id == 0 && young->run_id == 0 && surely_younger(young, old);
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
	item->resolving.staged = s;
	item->verdict = (struct verdict) { .plan = job->r->plan, .staged_id = s->id };
	if (s->state == STAGED_SUPERSEDED) {
		item->older = true;
		decide(item, OUTCOME_UNCHANGED, "a younger payload of the record came with it (R4)");
		return;
	}
	*(s->side == SIDE_EMR ? &item->verdict.emr_id : &item->verdict.crm_id) = s->record_id;
	if (map_get(&job->r->deferred, busy_key(&job->chunk->arena, s->side, s->record_id)))
		item->deferred = item->settled = true;
}

/* All of them at once, so that a server is asked once. */
static int look_ahead(struct load *job, struct db *db, struct err *err)
{
	struct chunk *chunk = job->chunk;
	struct resolving **all = arena_new_array(&chunk->arena, struct resolving *, chunk->count);
	const struct staged **unlinked = arena_new_array(&chunk->arena, const struct staged *, chunk->count);
	struct bind *links = arena_new_array(&chunk->arena, struct bind, chunk->count);
	size_t count = 0, unlinked_count = 0, link_count = 0;

	for (size_t i = 0; i < chunk->count; i++)
		if (!chunk->items[i].settled)
			all[count++] = &chunk->items[i].resolving;
	if (resolve_look(db, job->r->plan, &chunk->arena, all, count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		if (all[i]->own.linked)
			links[link_count++] = bind_int(all[i]->own.link.id);
		else
			unlinked[unlinked_count++] = all[i]->staged;
	}
	if (outbox_owes_ahead(db, links, link_count, err) < 0)
		return err_pass(err);
	return stage_removed_ahead(db, unlinked, unlinked_count, job->now_ms, err);
}

static int load(struct db *db, void *context, struct err *err)
{
	struct load *job = context;
	struct reconciler *r = job->r;
	struct chunk *chunk = job->chunk;

	if (stage_waiting(db, &chunk->arena, r->plan->sync_id, job->priority, r->after_id[job->priority],
	                  RECONCILE_CHUNK, &job->rows, &job->count, err) < 0)
		return err_wrap(err, "read what waits");
	job->now_ms = clock_wall_ms();
	if (identity_any_weak(db, r->plan->sync_id, SIDE_EMR, &job->anybody_weak[SIDE_EMR], err) < 0 ||
	    identity_any_weak(db, r->plan->sync_id, SIDE_CRM, &job->anybody_weak[SIDE_CRM], err) < 0)
		return err_wrap(err, "read what waits");
	supersede_older(job);
	chunk->items = arena_new_array(&chunk->arena, struct item, job->count);
	chunk->count = job->count;
	for (size_t i = 0; i < job->count; i++)
		begin_item(job, &chunk->items[i], &job->rows[i]);
	if (look_ahead(job, db, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < job->count; i++) {
		struct item *item = &chunk->items[i];

		if (item->settled)
			continue;
		if (find_run(job, db, item, err) < 0 || look_at(job, db, item, err) < 0)
			return err_pass(err);
		if (!item->deferred && clashes(job, item)) {
			defer(job, item);
			r->holding = true;
			item->fetch = false;
		}
	}
	return chunk_ask_who(r, chunk, db, err);
}

int chunk_load(struct reconciler *r, struct chunk *chunk, enum staged_priority priority, int64_t *ret_last,
               struct err *err)
{
	struct load job = { .r = r,
		            .chunk = chunk,
		            .seen = MAP_INIT(&chunk->arena),
		            .deferred = MAP_INIT(&chunk->arena),
		            .priority = priority };

	arena_reset(&chunk->arena);
	chunk->fetch[SIDE_EMR] = chunk->fetch[SIDE_CRM] = (struct fetch) { 0 };
	if (store_read(r->engine->store, load, &job, err) < 0)
		return err_pass(err);
	chunk->held = job.seen;
	*ret_last = job.count ? job.rows[job.count - 1].id : 0;
	return 0;
}

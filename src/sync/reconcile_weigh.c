/*
 * weigh: for each item of a chunk that is not decided yet.
 *
 *	undo      a record that was deleted or merged, or a person who unlinks: which writes that owes (R29, R31, R32)
 *	there     the counterpart as fetched: still there, still the one that fitted?
 *	learn     a spelling of a far side's own, of a field that we wrote, becomes the base (R27)
 *	merge     field by field (model/merge); fields in quarantine stay as they are
 *	compose   the writes owed
 *	suggest   who may be the same person as somebody who gets a counterpart (R10)
 */
#include "sync/reconcile_parts.h"

#include <string.h>

#include "lib/clock.h"
#include "sync/breaker.h"
#include "sync/capture.h"
#include "sync/parent.h"
#include "sync/fetch_apart.h"
#include "sync/last_known.h"
#include "sync/drift.h"

void decide(struct item *item, enum outcome outcome, const char *reason)
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

int item_parse(struct engine *engine, struct chunk *chunk, struct item *item, struct err *err)
{
	struct str bytes;
	struct err fault = ERR_INIT;

	if (item->record)
		return 0;
	if (stage_bytes(engine, &chunk->arena, item->staged, &bytes, &fault) < 0 && !stage_is_lost(fault.code)) {
		*err = fault;
		return err_wrap(err, "payload %lld", (long long)item->staged->id);
	}
	if (fault.code || json_parse(&chunk->arena, bytes, &item->record, &fault) < 0)
		decide_failed(chunk, item, &fault, NULL); /* R3: it alone */
	return 0;
}

int item_base(struct engine *engine, const struct plan *plan, struct chunk *chunk, struct item *item, struct err *err)
{
	struct err fault = ERR_INIT;

	if (item->base || item->resolved.kind != RESOLVED_LINKED)
		return 0;
	item->base = arena_new_array(&chunk->arena, struct base, plan->mapping.count);
	if (base_read(engine, &chunk->arena, &plan->mapping, item->resolved.link.base, item->base, &fault) == 0)
		return 0;
	if (!box_is_broken(fault.code)) {
		*err = fault;
		return err_pass(err);
	}
	err_wrap_text(&fault, "unlink the two and link them again");
	decide_failed(chunk, item, &fault, NULL);
	return 0;
}

/* R38: the mapping that holds for this payload. */
static const struct mapping *item_mapping(const struct plan *plan, const struct item *item)
{
	bool live = item->staged->wish == WISH_NONE && door_is_live(item->staged->door);

	return live ? &plan->live_mapping : &plan->mapping;
}

static int read_values(const struct plan *plan, struct arena *arena, const struct item *item, enum side side,
                       const struct json *record, struct value *ret, const struct field_map **ret_field,
                       struct err *err)
{
	const struct mapping *m = item_mapping(plan, item);

	if (side == SIDE_CRM)
		return mapping_read_crm(m, arena, record, ret, ret_field, err);
	if (mapping_read_emr(m, arena, record, ret, ret_field, err) < 0)
		return err_pass(err);
	if (plan->parent.sync_id && item->parent_id.len)
		ret[plan->parent.row] = (struct value) { VALUE_TEXT, item->parent_id };
	return 0;
}

bool item_is_echo(const struct plan *plan, struct chunk *chunk, struct item *item)
{
	const struct mapping *m = item_mapping(plan, item);
	enum side own = item->staged->side;
	struct value *values = arena_new_array(&chunk->arena, struct value, m->count);
	const struct field_map *field;
	struct err ignored = ERR_INIT;

	if (read_values(plan, &chunk->arena, item, own, item->record, values, &field, &ignored) < 0)
		return false;
	for (size_t i = 0; i < m->count; i++) {
		struct str now = value_normal(&chunk->arena, m->fields[i].type, values[i]);
		const struct base *base = &item->base[i];

		if (m->fields[i].off)
			continue;
		if (!base->known || !str_eq(now, own == SIDE_EMR ? base->emr : base->crm))
			return false;
	}
	return true;
}

/* ---- the counterpart ---- */

static const char *const lost[] = {
	[SIDE_EMR] = "its patient is not in the EMR any more (R31)",
	[SIDE_CRM] = "its CRM record was deleted (R31)",
};

/* Only a record that the far side says is not there is gone; one that cannot be read is an error of this payload alone (R3). */
static void counterpart_unusable(struct item *item)
{
	enum side other = side_other(item->staged->side);

	if (!item->there || !record_is_gone(item->there)) {
		decide(item, OUTCOME_FAILED,
		       item->there ? item->there->fault : "the other system gave no answer for its record");
		item->verdict.error_code = str_of(err_name(ERR_PARSE));
		return;
	}
	item->gone = item->resolved.kind == RESOLVED_LINKED;
	if (item->gone)
		decide(item, OUTCOME_SKIPPED_FILTERED, lost[other]);
	else if (item->staged->wish == WISH_LINK || item->staged->wish == WISH_RELINK)
		decide(item, OUTCOME_SKIPPED_NO_MATCH,
		       "the other system has no such record as the one that was chosen (R11)");
	else
		decide(item, OUTCOME_SKIPPED_NO_MATCH, "the record that fitted is gone; the next run looks again");
}

/* A new link is made with the counterpart as it is now, not as it was listed. */
static bool fits_no_longer(struct reconciler *r, struct chunk *chunk, struct item *item)
{
	enum side other = side_other(item->staged->side);

	if (item->resolved.kind != RESOLVED_JOIN)
		return false;
	resolve_again(r->plan, &chunk->arena, item->staged, item->record, item->there->json, &item->resolved);
	if (item->resolved.kind == RESOLVED_JOIN)
		return false;
	item->verdict.candidates = item->resolved.candidates;
	*(other == SIDE_CRM ? &item->verdict.crm_id : &item->verdict.emr_id) = STR_EMPTY;
	decide(item, item->resolved.skip, item->resolved.reason);
	return true;
}

/* ---- merge ---- */

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

/* R28: an EMR that keeps our id gets it by a write of its own, before which nobody looks: who changed its record last says nothing of who did before. */
static bool tells_who_wrote(const struct connection *c, enum side side)
{
	return c->traits.our_user.len > 0 && (side == SIDE_CRM || c->traits.reference_field.len == 0);
}

/* R27: the record was last changed by our own write, and a field that we wrote reads differently since: that is how the far side spells it. A field that
 * we did not write is never learnt, as it may hold a person's edit from before our write (R28). */
static void learn_spelling(const struct reconciler *r, struct arena *arena, struct item *item, enum side side,
                           const struct value *values, struct str modified_by)
{
	const struct mapping *m = &r->plan->mapping;
	const struct connection *c = r->plan->conn[side];
	bool ours = tells_who_wrote(c, side) && str_eq(modified_by, c->traits.our_user);

	for (size_t i = 0; item->base && i < m->count; i++) {
		struct base *base = &item->base[i];

		if (!base->unsure[side])
			continue;
		item->learnt = true;
		base->unsure[side] = false;
		if (ours && base->known)
			*(side == SIDE_CRM ? &base->crm : &base->emr) =
			        value_normal(arena, m->fields[i].type, values[i]);
	}
}

/* Fields that drifted, and those that this mode has not (R38), stay as they are. */
static void leave_alone(const struct reconciler *r, struct item *item)
{
	const struct mapping *m = item_mapping(r->plan, item);
	const struct drift_state *drift = drift_state(r->plan);

	for (size_t i = 0; i < m->count; i++) {
		struct merged *f = &item->merged[i];

		if (!m->fields[i].off && !(drift->held_count && drift->held[i]))
			continue;
		*f = (struct merged) { .value = f->value, .rule = RULE_NOTHING };
		if (item->base)
			f->next = item->base[i];
	}
}

/* ---- what a person decided ---- */

struct both {
	struct value *values[2];
	const struct json *json[2];
	int64_t modified_ms[2];
	struct str modified_by[2];
};

static ptrdiff_t field_of(const struct mapping *m, struct str name)
{
	for (size_t i = 0; i < m->count; i++) {
		if (str_eq(m->fields[i].name, name))
			return (ptrdiff_t)i;
	}
	return -1;
}

/* R28: a value that was changed on the side that loses, after the person saw it, is a new question. */
static bool still_as_shown(const struct choice *choice, const struct both *both, enum value_type type, size_t i)
{
	enum side loser = side_other(choice->side);
	struct str shown = loser == SIDE_EMR ? choice->sides.emr : choice->sides.crm;
	struct value was = { .kind = shown.len ? VALUE_TEXT : VALUE_BLANK, .text = shown };

	return value_same(type, was, both->values[loser][i]);
}

/* R22: the person's word counts for this merge, whatever the field's source of truth is. */
static void apply_decision(struct reconciler *r, struct chunk *chunk, struct item *item, struct conflict *decision,
                           const struct both *both, const struct sides *sides)
{
	const struct mapping *m = &r->plan->mapping;
	ptrdiff_t at = field_of(m, decision->field);
	struct err ignored = ERR_INIT;
	struct choice choice;
	struct value value;

	if (at < 0 || conflict_choice(r->engine, &chunk->arena, decision, &choice, &ignored) < 0 ||
	    (!choice.has_value && !still_as_shown(&choice, both, m->fields[at].type, (size_t)at)))
		return;
	value = (struct value) { .kind = choice.value.len ? VALUE_TEXT : VALUE_BLANK, .text = choice.value };
	if (!choice.has_value)
		value = both->values[choice.side][at];
	merge_choose(&chunk->arena, m, sides, (size_t)at, value, &item->merged[at]);
	decision->waiting = false;
	decision->winner = str_of(choice_name(choice.by));
}

static void lay_out(struct chunk *chunk, const struct item *item, size_t fields, struct both *ret)
{
	enum side own = item->staged->side, other = side_other(own);

	*ret = (struct both) { 0 };
	for (size_t side = 0; side < 2; side++)
		ret->values[side] = arena_new_array(&chunk->arena, struct value, fields);
	ret->json[own] = item->record;
	ret->modified_ms[own] = item->staged->modified_ms;
	ret->modified_by[own] = item->staged->modified_by;
	if (!item->there)
		return;
	ret->json[other] = item->there->json;
	ret->modified_ms[other] = item->there->modified_ms;
	ret->modified_by[other] = item->there->modified_by;
}

static int read_both(struct reconciler *r, struct chunk *chunk, const struct item *item, struct both *both,
                     const struct field_map **ret_field, struct err *err)
{
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		if (both->json[side] && read_values(r->plan, &chunk->arena, item, side, both->json[side],
		                                    both->values[side], ret_field, err) < 0)
			return err_pass(err);
	}
	return 0;
}

/* A field whose write was refused as the pair was linked has no base: whoever won then wins still (R11 to R15). One that was mapped since is another case (R24). */
static enum merge_mode first_mode(const struct plan *plan, const struct item *item)
{
	const struct link *link = &item->resolved.link;

	return item->resolved.kind == RESOLVED_LINKED && link->mapping_version == plan->mapping_version ? link->first
	                                                                                                : MERGE_STEADY;
}

static void merge(struct reconciler *r, struct chunk *chunk, struct item *item, const struct both *both)
{
	const struct mapping *m = item_mapping(r->plan, item);
	struct sides sides = { .emr = both->json[SIDE_EMR] ? both->values[SIDE_EMR] : NULL,
		               .crm = both->json[SIDE_CRM] ? both->values[SIDE_CRM] : NULL,
		               .base = item->base,
		               .first = first_mode(r->plan, item),
		               .emr_ms = both->modified_ms[SIDE_EMR],
		               .crm_ms = both->modified_ms[SIDE_CRM] };

	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		if (both->json[side])
			learn_spelling(r, &chunk->arena, item, side, both->values[side], both->modified_by[side]);
	}
	item->merged = arena_new_array(&chunk->arena, struct merged, m->count);
	item->verdict.mode = resolved_mode(item->resolved.kind, item->staged->side);
	merge_fields(&chunk->arena, m, item->verdict.mode, &sides, item->merged);
	for (size_t i = 0; i < item->decision_count; i++)
		apply_decision(r, chunk, item, &item->decisions[i], both, &sides);
	leave_alone(r, item);
	item->verdict.emr = both->values[SIDE_EMR];
	item->verdict.crm = both->values[SIDE_CRM];
	item->verdict.merged = item->merged;
}

static struct compose composing(struct reconciler *r, struct chunk *chunk, struct item *item)
{
	return (struct compose) { .engine = r->engine,
		                  .plan = r->plan,
		                  .arena = &chunk->arena,
		                  .scratch = &r->scratch,
		                  .run = item->run,
		                  .side = item->staged->side,
		                  .person = item->staged->priority == STAGED_PERSON,
		                  .joins = item->resolved.kind == RESOLVED_JOIN,
		                  .emr_id = item->verdict.emr_id,
		                  .crm_id = item->verdict.crm_id,
		                  .mapping = item_mapping(r->plan, item),
		                  .merged = item->merged,
		                  .base = item->base };
}

/*
 * Whose change it is that moves the field: of the side that differs from the base. A payload also meets changes of the other side that nobody has carried over yet, or
 * whose write is still under way; they are not its own. Both differ, or there is no base: the payload's.
 */
static struct moving moving_field(const struct field_map *field, const struct merged *f, enum side payload_of)
{
	bool one = f->changed[SIDE_EMR] != f->changed[SIDE_CRM];
	enum side from = !one ? payload_of : f->changed[SIDE_EMR] ? SIDE_EMR : SIDE_CRM;
	bool over = from == SIDE_EMR ? f->write_crm : f->write_emr;

	return (struct moving) { field->name, from, !over };
}

/* The fields that a payload brings into motion. */
static size_t moving_fields(const struct mapping *m, const struct item *item, struct moving *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < m->count; i++) {
		if (item->merged[i].write_crm || item->merged[i].write_emr)
			ret[count++] = moving_field(&m->fields[i], &item->merged[i], item->staged->side);
	}
	return count;
}

static void stop_pair(struct chunk *chunk, struct item *item, struct str field)
{
	decide(item, OUTCOME_FAILED, arena_text(&chunk->arena, item->resolved.link.stopped_why));
	item->verdict.error_code = STR("loop");
	item->verdict.error_field = field;
	item->writes.count = 0;
}

/* The loop breaker: this payload's change is about to move a pair that is linked already. */
static void count_turn(struct reconciler *r, struct chunk *chunk, struct item *item)
{
	struct link *link = &item->resolved.link;
	struct moving *moving = arena_new_array(&chunk->arena, struct moving, r->plan->mapping.count);
	size_t count = moving_fields(&r->plan->mapping, item, moving);
	ptrdiff_t at;

	if (item->resolved.kind != RESOLVED_LINKED)
		return;
	if (breaker_lets_through(item->staged)) {
		item->turned = link->turn_fields.len > 0 || link->stopped_why.len > 0;
		breaker_reset(link);
		return;
	}
	if (count == 0)
		return;
	if (link->stopped_why.len) {
		stop_pair(chunk, item, count == 1 ? moving[0].field : STR_EMPTY);
		return;
	}
	at = breaker_turn(&chunk->arena, link, moving, count, r->plan->turns_max, clock_wall_ms(), &item->turned);
	if (at < 0)
		return;
	link->stopped_why = breaker_reason(&chunk->arena, r->plan, moving[at].field);
	stop_pair(chunk, item, moving[at].field);
}

/* R26: a record that was pushed to us may have changed since; before it is written to itself it is read. */
static bool would_write_unread(const struct plan *plan, const struct item *item)
{
	bool writes = false;

	for (size_t i = 0; item->staged->pushed && i < plan->mapping.count; i++)
		writes = writes ||
		         (item->staged->side == SIDE_EMR ? item->merged[i].write_emr : item->merged[i].write_crm);
	return writes;
}

/* Why a field has its value is asked long after: what moved, by which rule, and what both sides held. */
static void note_history(struct reconciler *r, struct chunk *chunk, struct item *item)
{
	struct str *decided = arena_new_array(&chunk->arena, struct str, item->decision_count);
	struct history_of of = { .mapping = item_mapping(r->plan, item),
		                 .base = item->base,
		                 .emr = item->verdict.emr,
		                 .crm = item->verdict.crm,
		                 .merged = item->merged,
		                 .decided = decided };

	if (item->resolved.kind == RESOLVED_CREATE || item->verdict.outcome == OUTCOME_FAILED)
		return;
	for (size_t i = 0; i < item->decision_count; i++) {
		if (!item->decisions[i].waiting)
			decided[of.decided_count++] = item->decisions[i].field;
	}
	history_make(r->engine, &chunk->arena, &of, &item->history);
	item->history.mode = item->verdict.mode;
	item->history.mapping_version = r->plan->mapping_version;
	item->history.staged_id = item->staged->id;
}

static void weigh(struct reconciler *r, struct chunk *chunk, struct item *item)
{
	const struct field_map *field = NULL;
	struct err err = ERR_INIT;
	struct compose compose;
	struct both both;

	if (item->fetch && (!item->there || item->there->fault || record_is_gone(item->there))) {
		counterpart_unusable(item);
		return;
	}
	if (item->fetch && fits_no_longer(r, chunk, item))
		return;
	lay_out(chunk, item, r->plan->mapping.count, &both);
	if (read_both(r, chunk, item, &both, &field, &err) < 0) {
		decide_failed(chunk, item, &err, field);
		return;
	}
	merge(r, chunk, item, &both);
	if (would_write_unread(r->plan, item)) {
		item->read_again = item->settled = true;
		return;
	}
	compose = composing(r, chunk, item);
	compose.emr_record = both.json[SIDE_EMR];
	compose.emr = both.values[SIDE_EMR];
	compose.version[item->staged->side] = item->staged->version;
	if (item->there)
		compose.version[side_other(item->staged->side)] = item->there->version;
	arena_reset(&r->scratch);
	if (compose_writes(&compose, &item->writes, &field, &err) < 0) {
		decide_failed(chunk, item, &err, field);
		return;
	}
	item->verdict.outcome = outcome_of(item);
	item->verdict.reason = item->resolved.reason ? item->resolved.reason : outcome_meaning(item->verdict.outcome);
	count_turn(r, chunk, item);
	note_history(r, chunk, item);
}

/* ---- undo ---- */

static const char *const unlinked_why[] = {
	[REMOVAL_UNLINK] = "the record was deleted; the link is ended and both sides stay as they are (R31)",
	[REMOVAL_FLAG] = "the record was deleted; its counterpart is flagged (R31)",
	[REMOVAL_DELETE] = "the record was deleted, and its counterpart with it, as the sync says (R31)",
};

/* The link ends when the chunk is committed; what its counterpart gets for it is owed (R29, R31). */
static void undo(struct reconciler *r, struct chunk *chunk, struct item *item)
{
	const struct staged *s = item->staged;
	enum on_removal how = s->wish == WISH_UNLINK ? REMOVAL_UNLINK : r->plan->on_removal[s->side];
	struct compose compose = composing(r, chunk, item);

	arena_reset(&r->scratch);
	if (s->kind == STAGED_MERGED && s->wish != WISH_UNLINK) {
		decide(item, OUTCOME_UPDATED, "merged into another record: the link moves to the survivor (R32)");
		return;
	}
	compose_undo(&compose, how, s->wish != WISH_UNLINK, &item->writes);
	decide(item, item->writes.count ? OUTCOME_UPDATED : OUTCOME_UNCHANGED,
	       s->wish == WISH_UNLINK ? "unlinked, as a person asked (R29)" : unlinked_why[how]);
}

/* ---- all of a chunk ---- */

static int finish_call(struct reconciler *r, struct chunk *chunk, enum side side, size_t n, const struct str *ids,
                       struct page *ret, struct err *err)
{
	struct fetch *f = &chunk->fetch[side];
	struct connection *c = r->plan->conn[side];
	struct err why = ERR_INIT;

	if (c->kind->fetch_finish(&f->calls[n], &chunk->arena, ret, &why) < 0 &&
	    last_known(r->engine, r->plan, side, ids, f->counts[n], &chunk->arena, &why, ret, err) < 0 &&
	    fetch_apart(r->plan, side, ids, f->counts[n], &chunk->arena, &why, ret, err) < 0)
		return err_wrap(err, "read %zu records of %.*s", f->counts[n],
		                STR_ARG(side == SIDE_CRM ? r->plan->crm_name : r->plan->emr_name));
	ensure(ret->count == f->counts[n]);
	return 0;
}

static int finish_fetch(struct reconciler *r, struct chunk *chunk, enum side side, struct record **ret, struct err *err)
{
	struct fetch *f = &chunk->fetch[side];
	struct record *at = arena_new_array(&chunk->arena, struct record, chunk->count);
	const struct str *ids = f->ids;

	*ret = at;
	for (size_t i = 0; i < f->call_count; i++) {
		struct page page = { 0 };

		if (finish_call(r, chunk, side, i, ids, &page, err) < 0)
			return err_pass(err);
		memcpy(at, page.records, sizeof(*at) * page.count);
		at += page.count;
		ids += page.count;
		f->fetched_ms = page.server_ms;
	}
	f->fetched_ms = f->fetched_ms ? f->fetched_ms : clock_wall_ms();
	return 0;
}

static bool undoes(const struct item *item)
{
	return item->staged->wish == WISH_UNLINK || item->staged->kind != STAGED_RECORD;
}

/* Of a payload of the CRM the EMR's record was read only now. */
static int find_parent(struct reconciler *r, struct chunk *chunk, struct item *item, struct err *err)
{
	struct parent_found parent;

	if (item->staged->side == SIDE_EMR || !item->there)
		return 0;
	if (parent_read(r->engine, r->plan, &chunk->arena, item->there->json, &parent, err) < 0)
		return err_pass(err);
	item->parent_id = parent.crm_id;
	return 0;
}

static int weigh_item(struct reconciler *r, struct chunk *chunk, struct item *item, struct err *err)
{
	if (item->settled)
		return 0;
	if (undoes(item)) {
		undo(r, chunk, item);
		return 0;
	}
	/* What is large as a tree is unpacked only now, for one chunk at a time. */
	if (item_parse(r->engine, chunk, item, err) < 0 || item_base(r->engine, r->plan, chunk, item, err) < 0)
		return err_pass(err);
	if (!item->settled && find_parent(r, chunk, item, err) < 0)
		return err_pass(err);
	if (!item->settled)
		weigh(r, chunk, item);
	return 0;
}

/* The bytes of payloads that brought what another one had brought, for all that will be looked into. */
static int read_bodies(struct reconciler *r, struct chunk *chunk, struct err *err)
{
	struct staged **all = arena_new_array(&chunk->arena, struct staged *, chunk->count);
	size_t count = 0;

	for (size_t i = 0; i < chunk->count; i++) {
		const struct item *item = &chunk->items[i];

		if (!item->settled && !item->record && item->staged->body_of)
			all[count++] = item->staged;
	}
	return stage_bodies(r->engine, &chunk->arena, all, count, err);
}

/* ---- who may be the same person ---- */

struct asking {
	struct reconciler *r;
	struct chunk *chunk;
};

static int ask_who(struct db *db, void *context, struct err *err)
{
	struct asking *job = context;

	return chunk_ask_who(job->r, job->chunk, db, err);
}

/* R10: those that a counterpart will be made for. */
static int suggest_for_created(struct reconciler *r, struct chunk *chunk, struct err *err)
{
	struct asking job = { r, chunk };
	bool any = false;

	for (size_t i = 0; i < chunk->count; i++) {
		struct item *item = &chunk->items[i];

		item->asks_who =
		        item->may_be_who && item->record &&
		        suggest_begin(r->plan, &chunk->arena, item->staged, item->record, false, &item->suggesting);
		any = any || item->asks_who;
	}
	return any ? store_read(r->engine->store, ask_who, &job, err) : 0;
}

int weigh_chunk(struct reconciler *r, struct chunk *chunk, struct err *err)
{
	struct record *there[2];
	size_t next[2] = { 0, 0 };

	if (read_bodies(r, chunk, err) < 0)
		return err_pass(err);
	if (finish_fetch(r, chunk, SIDE_EMR, &there[SIDE_EMR], err) < 0 ||
	    finish_fetch(r, chunk, SIDE_CRM, &there[SIDE_CRM], err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < chunk->count; i++) {
		struct item *item = &chunk->items[i];
		enum side other = side_other(item->staged->side);

		if (item->fetch)
			item->there = &there[other][next[other]++];
		if (weigh_item(r, chunk, item, err) < 0)
			return err_pass(err);
		if (r->engine->on_verdict && !item->deferred && !item->read_again)
			r->engine->on_verdict(r->engine->on_verdict_context, &item->verdict);
	}
	return suggest_for_created(r, chunk, err);
}

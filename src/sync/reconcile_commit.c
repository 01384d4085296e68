/*
 * reconcile_commit: what was decided of a chunk becomes rows, by outcome.
 *
 *	failed      the payload keeps its bytes and carries its error (R3)
 *	unchanged   the link's base moves where both sides came to agree without a write (R19)
 *	skipped     the payload is done, the log says why; a counterpart that is gone becomes a payload of its side
 *	undone      the link ends, or moves to the survivor of a merge (R29, R31, R32)
 *	else        a link where there was none, and the writes owed; the payload waits for them
 */
#include "sync/reconcile_parts.h"

#include <string.h>

#include "codec/digest.h"
#include "lib/clock.h"
#include "sync/identity.h"
#include "sync/journal.h"
#include "sync/lease.h"
#include "sync/parent.h"
#include "sync/review.h"
#include "sync/truth.h"

/* Does the link remember the very bytes that the EMR's record has now? Those of before our own write may come back, and are news then. */
static bool emr_as_remembered(const struct item *item)
{
	const struct link *link = &item->resolved.link;
	struct digest16 now;

	if (item->staged->side == SIDE_EMR || !item->there)
		return item->staged->side == SIDE_EMR;
	now = digest_content(item->there->bytes);
	return memcmp(&link->emr_hash, &now, sizeof(now)) == 0;
}

/* The CRM record as it was read for this decision, whichever side the payload came from. With the EMR's hash it says later on that nothing has changed: it is
 * kept only beside the one of the same reading. */
static struct str crm_version(const struct commit *job, const struct item *item)
{
	const struct fetch *f = &job->chunk->fetch[SIDE_CRM];
	const struct staged *s = item->staged;
	const struct record own = { .version = s->version, .modified_ms = s->modified_ms };

	if (!emr_as_remembered(item))
		return STR_EMPTY;
	if (s->side == SIDE_CRM)
		return link_lasting_version(&own, s->received_ms);
	return link_lasting_version(item->there, f->fetched_ms);
}

static struct looked looked_at(const struct commit *job, const struct item *item)
{
	const struct staged *s = item->staged;
	enum side other = side_other(s->side);
	struct looked looked = { 0 };

	looked.modified_ms[s->side] = s->modified_ms;
	looked.seen_ms[s->side] = s->received_ms;
	if (!item->there)
		return looked;
	looked.modified_ms[other] = item->there->modified_ms;
	looked.seen_ms[other] = job->chunk->fetch[other].asked_ms;
	return looked;
}

static struct link link_after(const struct commit *job, const struct item *item)
{
	const struct reconciler *r = job->r;
	const struct staged *s = item->staged;
	const struct looked looked = looked_at(job, item);
	struct link link = item->resolved.link;

	link.sync_id = r->plan->sync_id;
	link.mapping_version = r->plan->mapping_version;
	link.emr_id = item->verdict.emr_id;
	link.crm_id = item->verdict.crm_id;
	link.emr_modified_ms = looked.modified_ms[SIDE_EMR];
	link.crm_modified_ms = looked.modified_ms[SIDE_CRM];
	link.emr_seen_ms = looked.seen_ms[SIDE_EMR];
	link.crm_seen_ms = looked.seen_ms[SIDE_CRM];
	link.emr_hash = (struct digest16) { 0 };
	link.emr_version = STR_EMPTY;
	link.staged_id = 0;
	if (s->side == SIDE_EMR) {
		link.emr_hash = s->hash;
		link.emr_version = s->version;
		link.staged_id = s->body_of ? 0 : s->id;
	}
	link.base = STR_EMPTY;
	link.crm_version = crm_version(job, item);
	return link;
}

static int commit_conflicts(struct db *db, const struct commit *job, const struct item *item, int64_t link_id,
                            struct err *err)
{
	const struct mapping *m = &job->r->plan->mapping;
	struct arena *arena = &job->chunk->arena;
	bool asks_again = item->resolved.kind == RESOLVED_LINKED && job->any_waits;

	if (!item->merged)
		return 0;
	for (size_t i = 0; i < item->decision_count; i++) {
		if (conflict_decided(db, &item->decisions[i], err) < 0)
			return err_wrap(err, "note a decision (R22)");
	}
	if (asks_again && conflict_renew(db, link_id, err) < 0)
		return err_wrap(err, "note a conflict (R22)");
	for (size_t i = 0; i < m->count; i++) {
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
	return asks_again ? conflict_renewed(db, link_id, err) : 0;
}

/* What was decided of its fields, and what of it a person has to decide. */
static int commit_fields(struct db *db, const struct commit *job, struct item *item, int64_t link_id, struct err *err)
{
	item->history.link_id = link_id;
	if (history_add(db, &item->history, err) < 0)
		return err_pass(err);
	return commit_conflicts(db, job, item, link_id, err);
}

static bool base_moved(const struct reconciler *r, const struct item *item)
{
	if (item->learnt)
		return true;
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
	struct link link = link_after(job, item);
	const struct looked looked = item->older ? (struct looked) { 0 } : looked_at(job, item);

	if (item->merged && base_moved(job->r, item))
		link.base = agreed_base(job, item);
	if (item->merged ? link_settle(db, &link, &looked, err) < 0
	                 : !item->older && link_look(db, link.id, &looked, err) < 0)
		return err_pass(err);
	if (commit_fields(db, job, item, link.id, err) < 0)
		return err_pass(err);
	return stage_settle(db, item->staged->id, item->older ? STAGED_SUPERSEDED : STAGED_DONE, item->verdict.outcome,
	                    link.id, item->verdict.reason, err);
}

static int owe_all(struct db *db, struct item *item, int64_t link_id, bool waits, struct err *err)
{
	for (size_t i = 0; i < item->writes.count; i++) {
		struct owed *owed = &item->writes.owed[i];

		owed->link_id = link_id;
		owed->staged_id = waits ? item->staged->id : 0;
		owed->run_id = item->staged->run_id;
		if (outbox_add(db, owed, err) < 0)
			return err_pass(err);
	}
	return 0;
}

/* An id that is unique in the CRM is given up by one record before another one takes it: two calls, as one may be checked as a whole. */
static void take_after(struct item *item, const struct item *gives_up)
{
	for (size_t i = 0; i < item->writes.count; i++) {
		for (size_t j = 0; j < gives_up->writes.count; j++) {
			if (item->writes.owed[i].side == SIDE_CRM && gives_up->writes.owed[j].side == SIDE_CRM)
				item->writes.owed[i].after_id = gives_up->writes.owed[j].id;
		}
	}
}

/* R30: what these two were linked to before ends first. The old counterparts are let go of; the fields of this pair are written by its own writes. */
static int end_displaced(struct db *db, const struct commit *job, struct item *item, enum side side, struct err *err)
{
	struct arena *arena = &job->chunk->arena;
	struct str id = side == SIDE_EMR ? item->verdict.emr_id : item->verdict.crm_id;
	struct item other = { .staged = item->staged };
	struct compose compose = { .engine = job->r->engine, .plan = job->r->plan, .arena = arena, .scratch = arena };
	struct link link;
	bool found;

	if (link_by(db, arena, job->r->plan->sync_id, side, id, &link, &found, err) < 0)
		return err_pass(err);
	if (!found)
		return 0;
	compose.side = side;
	compose.person = true;
	compose.emr_id = side == SIDE_EMR ? STR_EMPTY : link.emr_id;
	compose.crm_id = side == SIDE_CRM ? STR_EMPTY : link.crm_id;
	compose_undo(&compose, REMOVAL_UNLINK, true, &other.writes);
	if (outbox_forget_link(db, link.id, err) < 0 || stage_let_go(db, link.id, err) < 0 ||
	    link_end(db, link.id, "one of its records was linked to another one (R30)", err) < 0 ||
	    conflict_ask_no_more(db, link.id, err) < 0 ||
	    truth_forget(db, link.sync_id, side_other(side), link_id_of(&link, side_other(side)), err) < 0)
		return err_pass(err);
	if (owe_all(db, &other, link.id, false, err) < 0)
		return err_pass(err);
	take_after(item, &other);
	return 0;
}

static int insert_link(struct db *db, const struct commit *job, struct item *item, struct link *link, struct err *err)
{
	const struct staged *s = item->staged;

	/* Whom this relinking leaves without a counterpart is not asked for: what is ended for it is not forgiven (R29). */
	if (item->had_another && link_forgive(db, link->sync_id, link->emr_id, link->crm_id, err) < 0)
		return err_pass(err);
	if (s->wish == WISH_RELINK &&
	    (end_displaced(db, job, item, SIDE_EMR, err) < 0 || end_displaced(db, job, item, SIDE_CRM, err) < 0))
		return err_pass(err);
	if ((item->had_another || s->wish == WISH_RELINK) &&
	    outbox_forget_reference(db, link->sync_id, link->emr_id, err) < 0)
		return err_pass(err);
	link->base = item->writes.base;
	link->run_id = s->run_id;
	link->how = str_of(item->resolved.how);
	link->first = item->resolved.kind == RESOLVED_JOIN ? item->verdict.mode : MERGE_STEADY;
	link->state = LINK_MAKING;
	if (s->side == SIDE_EMR)
		link->staged_id = s->body_of ? s->body_of : s->id;
	return link_insert(db, link, err);
}

/* The CRM's version after our own write is not known: the next reading compares once more and learns it (R27). */
static int commit_writes(struct db *db, const struct commit *job, struct item *item, struct err *err)
{
	struct link link = link_after(job, item);
	const struct looked looked = looked_at(job, item);
	int code;

	link.crm_version = STR_EMPTY;
	if (item->resolved.kind != RESOLVED_LINKED)
		code = insert_link(db, job, item, &link, err);
	else if (link_owe(db, link.id, item->writes.base, err) < 0)
		code = err_pass(err);
	else
		code = link_look(db, link.id, &looked, err);
	if (code < 0 || owe_all(db, item, link.id, true, err) < 0 || commit_fields(db, job, item, link.id, err) < 0)
		return err_pass(err);
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

static int note_decision(struct db *db, const struct commit *job, const struct item *item, struct err *err)
{
	const struct verdict *v = &item->verdict;
	const struct journal_entry entry = {
		.level = LEVEL_INFO,
		.sync_id = job->r->plan->sync_id,
		.run_id = item->staged->run_id,
		.staged_id = v->staged_id,
		.emr_id = v->emr_id,
		.crm_id = v->candidates.len ? v->candidates : v->crm_id,
		.code = str_of(outcome_name(v->outcome)),
		.text = str_of(v->reason ? v->reason : outcome_meaning(v->outcome)),
	};

	return journal_add(db, &entry, err);
}

/* The counterpart turned out to be gone: that is a change of its side, and walks the road as one. Of one that is just not there a look tells whether it was
 * merged (R32). */
static int stage_removal_there(struct db *db, const struct commit *job, const struct item *item, struct err *err)
{
	enum side other = side_other(item->staged->side);
	const struct record *there = item->there;
	struct str bytes = there->bytes.len ? there->bytes : STR("{\"missing\":true}");
	struct staged row = {
		.sync_id = job->r->plan->sync_id,
		.side = other,
		.door = item->staged->door,
		.state = there->fault ? STAGED_TO_READ : STAGED_WAITING,
		.kind = there->merged_into.len ? STAGED_MERGED : STAGED_REMOVED,
		.partner = there->merged_into,
		.priority = STAGED_LIVE,
		.record_id = item->resolved.id[other],
		.modified_ms = there->modified_ms,
		.received_ms = job->chunk->fetch[other].asked_ms,
		.event = STR("found to be gone"),
		.hash = digest_content(bytes),
		.sealed = box_seal(job->r->engine->keys, &job->chunk->arena, "staged.body", bytes),
	};

	return stage_insert(db, &row, err);
}

/* Most records of a CRM are nobody's patient, and each edit of one is told to us: the payload says why it was left alone, the log does not. */
static bool everyday(const struct item *item)
{
	const struct staged *s = item->staged;

	return s->side == SIDE_CRM && s->run_id == 0 && s->wish == WISH_NONE && item->resolved.kind == RESOLVED_SKIP &&
	       item->verdict.outcome == OUTCOME_SKIPPED_NO_MATCH;
}

static int commit_skipped(struct db *db, const struct commit *job, const struct item *item, struct err *err)
{
	const struct verdict *v = &item->verdict;

	if (item->gone && stage_removal_there(db, job, item, err) < 0)
		return err_pass(err);
	if (stage_settle(db, v->staged_id, STAGED_DONE, v->outcome, 0, v->reason, err) < 0)
		return err_pass(err);
	if (v->candidates.len && stage_candidates(db, v->staged_id, v->candidates, err) < 0)
		return err_pass(err);
	return everyday(item) ? 0 : note_decision(db, job, item, err);
}

/* R29, R31: the link ends, and its records are told. */
static int commit_undo(struct db *db, const struct commit *job, struct item *item, struct err *err)
{
	int64_t id = item->resolved.link.id;
	bool waits = item->writes.wait;

	if (outbox_forget_link(db, id, err) < 0 || stage_let_go(db, id, err) < 0 ||
	    link_end(db, id, item->verdict.reason, err) < 0 || conflict_ask_no_more(db, id, err) < 0 ||
	    owe_all(db, item, id, waits, err) < 0)
		return err_pass(err);
	if (stage_settle(db, item->staged->id, waits ? STAGED_OWED : STAGED_DONE, item->verdict.outcome, id,
	                 item->verdict.reason, err) < 0)
		return err_pass(err);
	return note_decision(db, job, item, err);
}

static int stage_survivor(struct db *db, const struct commit *job, const struct item *item, struct err *err)
{
	const struct str bytes = STR("{\"survivor\":true}");
	struct staged row = {
		.sync_id = job->r->plan->sync_id,
		.side = item->staged->side,
		.door = item->staged->door,
		.state = STAGED_TO_READ,
		.priority = STAGED_LIVE,
		.record_id = item->staged->partner,
		.received_ms = clock_wall_ms(),
		.event = STR("survivor of a merge"),
		.hash = digest_content(bytes),
		.sealed = box_seal(job->r->engine->keys, &job->chunk->arena, "staged.body", bytes),
	};

	return stage_insert(db, &row, err);
}

/* R18: both records show the link as it is now. */
static int owe_moved(struct db *db, const struct commit *job, const struct item *item, struct err *err)
{
	const struct reconciler *r = job->r;
	const struct staged *s = item->staged;
	struct arena *arena = &job->chunk->arena;
	struct compose compose = {
		.engine = r->engine, .plan = r->plan, .arena = arena, .scratch = arena, .shows_link = true
	};
	struct item moved = { .staged = item->staged };
	struct writes *writes = &moved.writes;

	compose.emr_id = s->side == SIDE_EMR ? s->partner : item->resolved.id[SIDE_EMR];
	compose.crm_id = s->side == SIDE_CRM ? s->partner : item->resolved.id[SIDE_CRM];
	writes->owed[writes->count++] = compose_link_fields(&compose);
	writes->count += compose_back_reference(r->engine, r->plan, arena, compose.emr_id, compose.crm_id,
	                                        &writes->owed[writes->count]);
	if (link_make_sure(r->engine, db, arena, &r->plan->mapping, item->resolved.link.id, err) < 0)
		return err_pass(err);
	return owe_all(db, &moved, item->resolved.link.id, false,
	               err); /* what the loser held is nothing to settle with */
}

/* The survivor was never written to: what it holds is its people's word and no spelling of ours (R27, R28). */
static int base_of_survivor(struct db *db, const struct commit *job, const struct link *link, struct err *err)
{
	const struct mapping *m = &job->r->plan->mapping;
	struct arena *arena = &job->chunk->arena;
	struct base *base = arena_new_array(arena, struct base, m->count);

	if (base_read(job->r->engine, arena, m, link->base, base, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < m->count; i++)
		base[i].unsure[SIDE_EMR] = base[i].unsure[SIDE_CRM] = false;
	return link_owe(db, link->id, base_write(job->r->engine, arena, m, base), err);
}

/* R32: the link moves to the survivor; a survivor that is linked itself is for a person to decide. */
static int commit_merged(struct db *db, const struct commit *job, struct item *item, struct err *err)
{
	const struct staged *s = item->staged;
	struct link *link = &item->resolved.link, other;
	bool taken;

	if (link_by(db, &job->chunk->arena, link->sync_id, s->side, s->partner, &other, &taken, err) < 0)
		return err_pass(err);
	if (taken) {
		item->verdict.outcome = OUTCOME_SKIPPED_AMBIGUOUS;
		item->verdict.reason = "merged into a record that is linked too: unlink one of the two pairs (R32)";
		item->verdict.candidates = s->partner;
		return commit_skipped(db, job, item, err);
	}
	if (link_move(db, link->id, s->side, s->partner, err) < 0 || base_of_survivor(db, job, link, err) < 0 ||
	    (s->side == SIDE_EMR && stage_release(db, link->sync_id, s->partner, err) < 0) ||
	    stage_survivor(db, job, item, err) < 0 || owe_moved(db, job, item, err) < 0 ||
	    stage_settle(db, s->id, STAGED_DONE, item->verdict.outcome, link->id, item->verdict.reason, err) < 0)
		return err_pass(err);
	return note_decision(db, job, item, err);
}

static void decide_taken(struct item *item)
{
	if (!item->taken)
		return;
	item->writes.count = 0;
	item->verdict.outcome = OUTCOME_SKIPPED_LINKED;
	item->verdict.reason = "one of the two was linked to another record a moment ago (R9)";
}

/* Between load and commit the parent can have been linked: then it is looked at once more at once. */
static int commit_parked(struct db *db, const struct commit *job, const struct item *item, struct err *err)
{
	const struct plan *plan = job->r->plan;
	struct str crm_id;

	if (parent_crm_id(db, plan, &job->chunk->arena, item->waits_for, &crm_id, err) < 0)
		return err_pass(err);
	if (crm_id.len)
		return 0;
	return stage_park(db, item->staged, plan->parent.sync_id, item->waits_for, item->verdict.reason, err);
}

static bool ends_link(const struct item *item)
{
	return item->resolved.kind == RESOLVED_LINKED && item->verdict.outcome != OUTCOME_FAILED &&
	       (item->staged->wish == WISH_UNLINK || item->staged->kind == STAGED_REMOVED);
}

static int commit_outcome(struct db *db, const struct commit *job, struct item *item, struct err *err)
{
	if (item->verdict.outcome == OUTCOME_FAILED)
		return commit_failed(db, job, item, err);
	if (ends_link(item))
		return commit_undo(db, job, item, err);
	if (item->resolved.kind == RESOLVED_LINKED && item->staged->kind == STAGED_MERGED)
		return commit_merged(db, job, item, err);
	if (item->verdict.outcome == OUTCOME_UNCHANGED)
		return commit_unchanged(db, job, item, err);
	if (item->writes.count == 0)
		return commit_skipped(db, job, item, err);
	return commit_writes(db, job, item, err);
}

/* ---- the truth inside both systems ---- */

static struct truth_about about_item(const struct commit *job, const struct item *item)
{
	const struct staged *s = item->staged;
	struct truth_about about = { .engine = job->r->engine, .plan = job->r->plan, .arena = &job->chunk->arena };

	about.id[s->side] = s->kind == STAGED_RECORD ? s->record_id : STR_EMPTY;
	if (item->resolved.kind != RESOLVED_LINKED)
		return about;
	about.id[SIDE_EMR] = item->verdict.emr_id;
	about.id[SIDE_CRM] = item->verdict.crm_id;
	about.link_id = item->resolved.link.id;
	return about;
}

/* Deleted, merged, let go of: what is written for that says so itself. */
static int forget_told(struct db *db, const struct commit *job, const struct item *item, struct err *err)
{
	int64_t sync_id = job->r->plan->sync_id;

	if (truth_forget(db, sync_id, item->staged->side, item->staged->record_id, err) < 0)
		return err_pass(err);
	return ends_link(item) ? truth_forget(db, sync_id, SIDE_EMR, item->verdict.emr_id, err) : 0;
}

/* Both sides were compared, or are known to be as they were: nothing of this payload is left but what a person has to decide. */
static int tell_agreed(struct db *db, const struct commit *job, const struct item *item,
                       const struct truth_about *about, struct err *err)
{
	bool compared = item->merged || (item->as_settled && job->any_told);

	return compared && !item->writes.wait && about->link_id ? truth_tell_link(db, about, err) : 0;
}

static int commit_truth(struct db *db, const struct commit *job, const struct item *item, struct err *err)
{
	static const struct {
		bool tells;
		struct truth truth;
	} by_outcome[OUTCOME_COUNT] = {
		[OUTCOME_FAILED] = { true, { .status = TRUTH_FAILED } },
		[OUTCOME_SKIPPED_AMBIGUOUS] = { true, { .status = TRUTH_NOT_LINKED } },
		[OUTCOME_SKIPPED_LINKED] = { true, { .status = TRUTH_NOT_LINKED } },
		[OUTCOME_SKIPPED_NO_MATCH] = { true, { .status = TRUTH_NOT_LINKED, .if_shown = true } },
	};
	enum outcome outcome = item->verdict.outcome;
	const struct truth_about about = about_item(job, item);
	struct truth truth = by_outcome[outcome].truth;

	if (item->staged->kind != STAGED_RECORD || ends_link(item))
		return forget_told(db, job, item, err);
	if (!by_outcome[outcome].tells)
		return tell_agreed(db, job, item, &about, err);
	truth.reason = str_of(item->verdict.reason ? item->verdict.reason : outcome_meaning(outcome));
	return truth_tell(db, &about, &truth, err);
}

/* R10: what was found of a payload that no one fits; and what a person decided by linking. */
static int commit_suggestions(struct db *db, const struct commit *job, const struct item *item, struct err *err)
{
	const struct verdict *v = &item->verdict;
	enum wish wish = item->staged->wish;
	bool linked = v->outcome == OUTCOME_LINKED || v->outcome == OUTCOME_UPDATED || v->outcome == OUTCOME_UNCHANGED;

	if (suggest_note(db, item->staged, &item->suggesting, err) < 0)
		return err_pass(err);
	if (!linked || (wish != WISH_LINK && wish != WISH_RELINK))
		return 0;
	return suggest_linked(db, job->r->plan->sync_id, v->emr_id, v->crm_id, job->r->engine->who, err);
}

static int commit_item(struct db *db, const struct commit *job, struct item *item, struct err *err)
{
	if (item->deferred)
		return 0;
	if (item->read_again)
		return stage_read_again(db, item->staged->id, err);
	if (item->waits_for.len)
		return commit_parked(db, job, item, err);
	if (job->r->plan->parent.sync_id && stage_unpark_older(db, item->staged, err) < 0)
		return err_pass(err);
	decide_taken(item);
	if ((item->turned && link_turns(db, &item->resolved.link, err) < 0) || commit_outcome(db, job, item, err) < 0)
		return err_pass(err);
	if (commit_suggestions(db, job, item, err) < 0)
		return err_pass(err);
	return commit_truth(db, job, item, err);
}

/* ---- before anything is written ---- */

static bool makes_link(const struct item *item)
{
	return (item->resolved.kind == RESOLVED_JOIN || item->resolved.kind == RESOLVED_CREATE) && !item->deferred &&
	       !item->read_again && !item->waits_for.len && item->verdict.outcome != OUTCOME_FAILED;
}

/* An id that is still to come is nobody's. */
static int is_taken(struct db *db, const struct commit *job, enum side side, struct str id, bool *ret, struct err *err)
{
	struct link other;
	bool found = false;

	if (id.len && link_by(db, &job->chunk->arena, job->r->plan->sync_id, side, id, &other, &found, err) < 0)
		return err_pass(err);
	*ret = *ret || found;
	return 0;
}

/* Between load and commit somebody else can have taken one of the two: the rule of R9 is kept here, inside the transaction. Within a chunk nobody can: no two
 * of its payloads touch one record. */
static int look_at_item(struct db *db, const struct commit *job, struct item *item, struct err *err)
{
	item->taken = item->had_another = false; /* it may be the second try */
	if (!makes_link(item))
		return 0;
	if (link_had_another(db, job->r->plan->sync_id, SIDE_EMR, item->verdict.emr_id, &item->had_another, err) < 0)
		return err_pass(err);
	if (item->staged->wish == WISH_RELINK)
		return 0;
	if (is_taken(db, job, SIDE_EMR, item->verdict.emr_id, &item->taken, err) < 0)
		return err_pass(err);
	return is_taken(db, job, SIDE_CRM, item->verdict.crm_id, &item->taken, err);
}

static int look_at_chunk(struct db *db, const struct commit *job, struct err *err)
{
	struct chunk *chunk = job->chunk;
	struct bind *ids[2] = { arena_new_array(&chunk->arena, struct bind, chunk->count),
		                arena_new_array(&chunk->arena, struct bind, chunk->count) };
	int64_t sync_id = job->r->plan->sync_id;
	size_t count[2] = { 0 };

	for (size_t i = 0; i < chunk->count; i++) {
		const struct verdict *v = &chunk->items[i].verdict;

		if (makes_link(&chunk->items[i]))
			ids[SIDE_EMR][count[SIDE_EMR]++] = bind_text(v->emr_id);
		if (makes_link(&chunk->items[i]) && v->crm_id.len)
			ids[SIDE_CRM][count[SIDE_CRM]++] = bind_text(v->crm_id);
	}
	if (link_by_ahead(db, sync_id, SIDE_EMR, ids[SIDE_EMR], count[SIDE_EMR], err) < 0 ||
	    link_by_ahead(db, sync_id, SIDE_CRM, ids[SIDE_CRM], count[SIDE_CRM], err) < 0 ||
	    link_had_another_ahead(db, sync_id, SIDE_EMR, ids[SIDE_EMR], count[SIDE_EMR], err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < chunk->count; i++) {
		if (look_at_item(db, job, &chunk->items[i], err) < 0)
			return err_pass(err);
	}
	return 0;
}

int reconcile_commit(struct db *db, void *context, struct err *err)
{
	struct commit *job = context;

	if (lease_check(db, job->r->plan, err) < 0)
		return err_pass(err);
	if (truth_any(db, job->r->plan->sync_id, &job->any_told, err) < 0 ||
	    conflict_any_waits(db, &job->any_waits, err) < 0)
		return err_pass(err);
	if (look_at_chunk(db, job, err) < 0)
		return err_wrap(err, "look links up");
	for (size_t i = 0; i < job->chunk->count; i++) {
		if (commit_item(db, job, &job->chunk->items[i], err) < 0)
			return err_wrap(err, "payload %lld", (long long)job->chunk->items[i].staged->id);
	}
	return 0;
}

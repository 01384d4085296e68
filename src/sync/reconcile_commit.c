/*
 * reconcile_commit: what was decided of a chunk becomes rows, by outcome.
 *
 *	failed      the payload keeps its bytes and carries its error (R3)
 *	unchanged   the link's base moves where both sides came to agree without a write (R19)
 *	skipped     the payload is done, the log says why
 *	else        a link where there was none, and the writes owed; the payload waits for them
 */
#include "sync/reconcile_parts.h"

#include "sync/identity.h"
#include "sync/journal.h"
#include "sync/review.h"

static struct link link_after(const struct commit *job, const struct item *item)
{
	const struct reconciler *r = job->r;
	const struct staged *s = item->staged;
	struct link link = item->resolved.link;

	link.sync_id = r->plan->sync_id;
	link.mapping_version = r->plan->mapping_version;
	link.emr_id = s->record_id;
	link.crm_id = item->verdict.crm_id;
	link.emr_hash = s->hash;
	link.emr_version = s->version;
	link.emr_modified_ms = s->modified_ms;
	link.staged_id = s->body_of ? 0 : s->id;
	link.base = STR_EMPTY;
	link.crm_version = link_lasting_version(item->crm, job->chunk->fetched_ms);
	return link;
}

static int commit_conflicts(struct db *db, const struct commit *job, const struct item *item, int64_t link_id,
                            struct err *err)
{
	const struct mapping *m = &job->r->plan->mapping;
	struct arena *arena = &job->chunk->arena;

	if (item->merged && item->resolved.kind == RESOLVED_LINKED && conflict_ask_no_more(db, link_id, err) < 0)
		return err_wrap(err, "note a conflict (R22)");
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
	struct link link = link_after(job, item);

	if (item->merged && base_moved(job->r, item))
		link.base = agreed_base(job, item);
	if (item->merged && link_settle(db, &link, err) < 0)
		return err_pass(err);
	if (commit_conflicts(db, job, item, link.id, err) < 0)
		return err_pass(err);
	return stage_settle(db, item->staged->id, item->older ? STAGED_SUPERSEDED : STAGED_DONE, item->verdict.outcome,
	                    link.id, item->verdict.reason, err);
}

/* The CRM's version after our own write is not known: the next reading compares once more and learns it (R27). */
static int commit_writes(struct db *db, const struct commit *job, struct item *item, struct err *err)
{
	struct link link = link_after(job, item);
	int code;

	link.crm_version = STR_EMPTY;
	if (item->resolved.kind == RESOLVED_LINKED) {
		code = link_owe(db, link.id, item->writes.base, err);
	} else {
		link.base = item->writes.base;
		link.run_id = item->staged->run_id;
		link.how = str_of(item->resolved.how);
		link.state = LINK_MAKING;
		link.staged_id = item->staged->body_of ? item->staged->body_of : item->staged->id;
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

	if (ends && (outbox_forget_link(db, item->resolved.link.id, err) < 0 ||
	             link_end(db, item->resolved.link.id, "the CRM record was deleted (R31)", err) < 0))
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
	item->verdict.outcome = OUTCOME_SKIPPED_LINKED;
	item->verdict.reason = "the CRM record that fits was linked to another patient a moment ago (R9)";
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

int reconcile_commit(struct db *db, void *context, struct err *err)
{
	struct commit *job = context;

	for (size_t i = 0; i < job->chunk->count; i++) {
		if (commit_item(db, job, &job->chunk->items[i], err) < 0)
			return err_wrap(err, "payload %lld", (long long)job->chunk->items[i].staged->id);
	}
	return 0;
}

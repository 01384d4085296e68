/*
 * resolve: link, then stored external id (R6), then demographics (R7, R8). Every candidate is looked at in both tables that know of bonds: a CRM record is
 * taken when it has a link (also one that was ended: nobody is linked again by itself, R29), when it stores another patient's id, when another patient
 * stores its id, or when a person ticked its "synced" box. Ids that contradict each other link nobody.
 */
#include "sync/resolve.h"

#include <string.h>

#include "sync/capture.h"
#include "sync/identity.h"

struct question {
	struct db *db;
	const struct plan *plan;
	struct arena *arena;
	int64_t run_id;
	const struct staged *staged;
	const struct json *record; /* or NULL */
	struct known self;         /* as capture noted it; without a key when it did not */
};

static int skip(struct resolved *ret, enum outcome outcome, const char *reason, struct str candidates)
{
	*ret = (struct resolved) { .kind = RESOLVED_SKIP, .skip = outcome, .reason = reason, .candidates = candidates };
	return 0;
}

static int join(struct resolved *ret, struct str crm_id, const char *how)
{
	*ret = (struct resolved) { .kind = RESOLVED_JOIN, .crm_id = crm_id, .how = how };
	return 0;
}

/* Do other patients store the id of this CRM record? The EMR's side of R6. */
static int named_by_others(const struct question *q, struct str crm_id, bool *ret, struct err *err)
{
	struct known *found;
	size_t count;

	if (identity_with_external(q->db, q->arena, q->plan->sync_id, SIDE_EMR, crm_id, &found, &count, err) < 0)
		return err_wrap(err, "look a candidate up");
	*ret = false;
	for (size_t i = 0; i < count; i++)
		*ret = *ret || !str_eq(found[i].record_id, q->staged->record_id);
	return 0;
}

/* Is this CRM record bound to another patient? *ret_ours: this run made it for another patient, so it is no candidate at all. */
static int bound(const struct question *q, const struct known *crm, bool *ret_bound, bool *ret_ours, struct err *err)
{
	struct link link;
	bool found, named, ended;

	*ret_ours = false;
	if (link_by_crm(q->db, q->arena, q->plan->sync_id, crm->record_id, &link, &found, err) < 0)
		return err_wrap(err, "look a candidate up");
	if (!found && crm->external_id.len &&
	    link_by_emr(q->db, q->arena, q->plan->sync_id, crm->external_id, &link, &found, err) < 0)
		return err_wrap(err, "look a candidate up");
	if (found && !str_eq(link.emr_id, q->staged->record_id))
		*ret_ours = q->run_id != 0 && link.run_id == q->run_id && str_eq(link.how, STR("created"));
	if (named_by_others(q, crm->record_id, &named, err) < 0 ||
	    link_was_ended(q->db, q->plan->sync_id, SIDE_CRM, crm->record_id, &ended, err) < 0)
		return err_wrap(err, "look a candidate up");
	*ret_bound = found || named || ended ||
	             (crm->external_id.len && !str_eq(crm->external_id, q->staged->record_id)) ||
	             (crm->synced && crm->external_id.len == 0);
	return 0;
}

static struct str id_list(struct arena *arena, const struct known *all, size_t count)
{
	struct str list = STR_EMPTY;

	for (size_t i = 0; i < count; i++)
		list = arena_printf(arena, "%.*s%s%.*s", STR_ARG(list), i ? "," : "", STR_ARG(all[i].record_id));
	return list;
}

/* The CRM record that this patient names (Hint's integration_record_id), if it is there. */
static int named_record(const struct question *q, struct known *ret, bool *ret_found, struct err *err)
{
	*ret_found = q->self.external_id.len > 0;
	if (!*ret_found)
		return 0;
	return identity_get(q->db, q->arena, q->plan->sync_id, SIDE_CRM, q->self.external_id, ret, ret_found, err);
}

/* A CRM record stores this patient's id: does anything in the EMR say otherwise? */
static int contradicted(const struct question *q, struct str crm_id, bool *ret, struct err *err)
{
	struct known named;
	bool found;

	if (named_record(q, &named, &found, err) < 0 || named_by_others(q, crm_id, ret, err) < 0)
		return err_pass(err);
	*ret = *ret || (found && !str_eq(named.record_id, crm_id));
	return 0;
}

/* R6: a CRM record stores this patient's id. */
static int by_crm_external_id(const struct question *q, struct resolved *ret, bool *ret_done, struct err *err)
{
	struct known *found;
	size_t count;
	struct link other;
	bool taken, otherwise;

	*ret_done = false;
	if (identity_with_external(q->db, q->arena, q->plan->sync_id, SIDE_CRM, q->staged->record_id, &found, &count,
	                           err) < 0)
		return err_wrap(err, "match by external id");
	if (count == 0)
		return 0;
	*ret_done = true;
	if (count > 1)
		return skip(ret, OUTCOME_SKIPPED_AMBIGUOUS, "several CRM records store this patient's id",
		            id_list(q->arena, found, count));
	if (link_by_crm(q->db, q->arena, q->plan->sync_id, found[0].record_id, &other, &taken, err) < 0)
		return err_wrap(err, "match by external id");
	if (taken)
		return skip(ret, OUTCOME_SKIPPED_LINKED,
		            "the CRM record that stores this patient's id is linked to another patient",
		            found[0].record_id);
	if (contradicted(q, found[0].record_id, &otherwise, err) < 0)
		return err_wrap(err, "match by external id");
	if (otherwise)
		return skip(ret, OUTCOME_SKIPPED_AMBIGUOUS, "the ids stored in the two systems contradict each other",
		            found[0].record_id);
	join(ret, found[0].record_id, "R6");
	ret->by_crm_id = true;
	return 0;
}

/* R6: the patient's record stores a CRM id (Hint's integration_record_id). */
static int by_emr_external_id(const struct question *q, struct resolved *ret, bool *ret_done, struct err *err)
{
	struct known crm;
	bool found, is_bound, ours, rivals;

	*ret_done = false;
	if (named_record(q, &crm, &found, err) < 0)
		return err_pass(err);
	if (!found)
		return 0;
	if (bound(q, &crm, &is_bound, &ours, err) < 0 || named_by_others(q, crm.record_id, &rivals, err) < 0)
		return err_wrap(err, "match by external id");
	*ret_done = true;
	if (rivals)
		return skip(ret, OUTCOME_SKIPPED_AMBIGUOUS, "several patients store the id of this CRM record",
		            crm.record_id);
	if (is_bound)
		return skip(ret, OUTCOME_SKIPPED_LINKED,
		            "the CRM record that this patient names is linked to another patient", crm.record_id);
	return join(ret, crm.record_id, "R6");
}

/* Candidates of the other side that share the key, without those that this run made itself. */
static int candidates(const struct question *q, struct digest16 key, struct known **ret,
                      struct match_candidate **ret_candidates, size_t *ret_count, struct err *err)
{
	struct known *found;
	size_t count, kept = 0;

	if (identity_with_key(q->db, q->arena, q->plan->sync_id, SIDE_CRM, key, &found, &count, err) < 0)
		return err_wrap(err, "match by name and birth date");
	*ret_candidates = arena_new_array(q->arena, struct match_candidate, count);
	for (size_t i = 0; i < count; i++) {
		bool is_bound, ours;

		if (bound(q, &found[i], &is_bound, &ours, err) < 0)
			return err_pass(err);
		if (ours)
			continue;
		(*ret_candidates)[kept] = (struct match_candidate) { .id = found[i].record_id, .linked = is_bound };
		found[kept++] = found[i];
	}
	*ret = found;
	*ret_count = kept;
	return 0;
}

static int nothing_fits(const struct plan *plan, const char *reason, struct resolved *ret)
{
	if (!plan->create_in_crm)
		return skip(ret, OUTCOME_SKIPPED_NO_MATCH, reason, STR_EMPTY);
	*ret = (struct resolved) { .kind = RESOLVED_CREATE, .how = "created", .reason = reason };
	return 0;
}

static int by_demographics(const struct question *q, struct resolved *ret, struct err *err)
{
	struct match_question question = { .who = { .complete = q->self.has_key, .key = q->self.key } };
	struct match_answer answer;
	struct match_candidate *list;
	struct known *found, *same_side;

	if (!q->self.has_key && !q->record) {
		*ret = (struct resolved) { .kind = RESOLVED_UNREAD };
		return 0;
	}
	if (!q->self.has_key)
		question.who = capture_identity(q->plan, q->arena, SIDE_EMR, q->record);
	if (!question.who.complete)
		return nothing_fits(q->plan, question.who.missing, ret);
	if (candidates(q, question.who.key, &found, &list, &question.candidate_count, err) < 0)
		return err_pass(err);
	question.candidates = list;
	if (identity_with_key(q->db, q->arena, q->plan->sync_id, SIDE_EMR, question.who.key, &same_side,
	                      &question.same_side, err) < 0)
		return err_wrap(err, "match by name and birth date");
	answer = match_decide(&question);
	switch (answer.verdict) {
	case MATCH_LINK:
		return join(ret, answer.chosen->id, "R7");
	case MATCH_AMBIGUOUS:
		return skip(ret, OUTCOME_SKIPPED_AMBIGUOUS, answer.reason,
		            id_list(q->arena, found, question.candidate_count));
	case MATCH_ALREADY_LINKED:
		return skip(ret, OUTCOME_SKIPPED_LINKED, answer.reason,
		            id_list(q->arena, found, question.candidate_count));
	case MATCH_NONE:
	case MATCH_INCOMPLETE:
		return nothing_fits(q->plan, answer.reason, ret);
	}
	unreachable("every verdict is handled");
}

int resolve(struct db *db, const struct plan *plan, struct arena *arena, int64_t run_id, const struct staged *staged,
            const struct json *record, struct resolved *ret, struct err *err)
{
	struct question q = { db, plan, arena, run_id, staged, record, { .side = SIDE_EMR } };
	struct link link;
	bool done;
	int code;

	if (link_by_emr(db, arena, plan->sync_id, staged->record_id, &link, &done, err) < 0)
		return err_wrap(err, "look the link up");
	if (done) {
		*ret = (struct resolved) {
			.kind = RESOLVED_LINKED, .link = link, .crm_id = link.crm_id, .how = "link"
		};
		return 0;
	}
	if (identity_get(db, arena, plan->sync_id, SIDE_EMR, staged->record_id, &q.self, &done, err) < 0)
		return err_wrap(err, "look the record up");
	code = by_crm_external_id(&q, ret, &done, err);
	if (code < 0 || done)
		return code;
	if (link_was_ended(db, plan->sync_id, SIDE_EMR, staged->record_id, &done, err) < 0)
		return err_wrap(err, "look the link up");
	if (done)
		return skip(ret, OUTCOME_SKIPPED_FILTERED,
		            "its link was ended; it is linked again once a person stores its id in a CRM record (R29)",
		            STR_EMPTY);
	code = by_emr_external_id(&q, ret, &done, err);
	if (code < 0 || done)
		return code;
	return by_demographics(&q, ret, err);
}

enum merge_mode resolved_mode(enum resolution kind)
{
	static const enum merge_mode modes[] = {
		[RESOLVED_LINKED] = MERGE_STEADY,     [RESOLVED_JOIN] = MERGE_FIRST_EMR_WINS, /* R12, R13 */
		[RESOLVED_CREATE] = MERGE_NEW_IN_CRM, [RESOLVED_SKIP] = MERGE_NEW_IN_CRM,
		[RESOLVED_UNREAD] = MERGE_NEW_IN_CRM,
	};

	return modes[kind];
}

void resolve_again(const struct plan *plan, struct arena *arena, const struct staged *staged, const struct json *record,
                   const struct json *crm, struct resolved *ret)
{
	struct str owner = json_text(json_get_str(crm, plan->crm_id_field));
	bool synced = json_bool(json_get_str(crm, plan->crm_synced_field), false);
	struct identity who, now;

	if ((owner.len && !str_eq(owner, staged->record_id)) || (owner.len == 0 && synced)) {
		skip(ret, OUTCOME_SKIPPED_LINKED, "the CRM record that fits was linked to another patient a moment ago",
		     ret->crm_id);
		return;
	}
	who = capture_identity(plan, arena, SIDE_EMR, record);
	now = capture_identity(plan, arena, SIDE_CRM, crm);
	if (ret->by_crm_id ? owner.len > 0 : !str_eq_c(str_of(ret->how), "R7"))
		return;
	if (!ret->by_crm_id && now.complete && memcmp(&who.key, &now.key, sizeof(who.key)) == 0)
		return;
	skip(ret, OUTCOME_SKIPPED_NO_MATCH,
	     "the CRM record that fitted was changed a moment ago; the next run looks again", ret->crm_id);
}

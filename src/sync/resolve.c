/*
 * resolve: link, then a person's wish, then stored external id (R6), then demographics (R7, R8).
 *
 * "Own" is the side that the payload came from, "other" the side that is searched; the code is the same for both directions. Every candidate is
 * looked at in both tables that know of bonds: a record is taken when it has a link (also one that was ended: nobody is linked again by itself, R29),
 * when it stores the id of another record of our side, when another one stores its id, or when a person ticked its "synced" box. Ids that contradict
 * each other link nobody.
 */
#include "sync/resolve.h"

#include <string.h>

#include "sync/capture.h"
#include "sync/identity.h"
#include "sync/suggest.h"
#include "sync/trigger.h"

struct question {
	struct db *db;
	const struct plan *plan;
	struct arena *arena;
	int64_t run_id;
	const struct staged *staged;
	const struct json *record; /* or NULL */
	const struct own *known;
	enum side own, other;
};

static const char *const noun[] = { [SIDE_EMR] = "patient", [SIDE_CRM] = "CRM record" };

static int skip(struct resolved *ret, enum outcome outcome, const char *reason, struct str candidates)
{
	*ret = (struct resolved) { .kind = RESOLVED_SKIP, .skip = outcome, .reason = reason, .candidates = candidates };
	return 0;
}

/* A sentence about the counterpart (%1) and the payload's own kind of record (%2). */
static const char *about(const struct question *q, const char *format)
{
	SCOPED(buf) struct buf text = BUF_INIT(512);
	const char *names[] = { noun[q->other], noun[q->own] };

	for (const char *at = format; *at; at++) {
		if (*at == '%' && (at[1] == '1' || at[1] == '2'))
			buf_add_c(&text, names[*++at - '1']);
		else
			buf_add_char(&text, *at);
	}
	return arena_text(q->arena, buf_str(&text));
}

static int join(const struct question *q, struct resolved *ret, struct str counterpart, const char *how)
{
	*ret = (struct resolved) { .kind = RESOLVED_JOIN, .how = how };
	ret->id[q->own] = q->staged->record_id;
	ret->id[q->other] = counterpart;
	return 0;
}

/* Do other records of our side store the id of this one of the other side? */
static int named_by_others(const struct question *q, struct str other_id, bool *ret, struct err *err)
{
	struct known *found;
	size_t count;

	if (identity_with_external(q->db, q->arena, q->plan->sync_id, q->own, other_id, &found, &count, err) < 0)
		return err_wrap(err, "look a candidate up");
	*ret = false;
	for (size_t i = 0; i < count; i++)
		*ret = *ret || !str_eq(found[i].record_id, q->staged->record_id);
	return 0;
}

/* The link of a candidate, or of the record whose id it stores. */
static int link_of_candidate(const struct question *q, const struct known *c, struct link *ret, bool *ret_found,
                             struct err *err)
{
	if (link_by(q->db, q->arena, q->plan->sync_id, q->other, c->record_id, ret, ret_found, err) < 0)
		return err_pass(err);
	if (*ret_found || c->external_id.len == 0)
		return 0;
	return link_by(q->db, q->arena, q->plan->sync_id, q->own, c->external_id, ret, ret_found, err);
}

/* A person who asks to link, sync or create overrides that a link was ended once (R29). */
static bool asked_for(const struct staged *s)
{
	return s->wish != WISH_NONE && s->wish != WISH_UNLINK && s->wish != WISH_RESOLVE;
}

/* Is this candidate bound to another record? *ret_ours: this run made it for another one, so it is no candidate at all. */
static int bound(const struct question *q, const struct known *c, bool *ret_bound, bool *ret_ours, struct err *err)
{
	struct link link;
	bool found, named, ended;

	*ret_ours = false;
	if (link_of_candidate(q, c, &link, &found, err) < 0)
		return err_wrap(err, "look a candidate up");
	if (found && !str_eq(link_id_of(&link, q->own), q->staged->record_id))
		*ret_ours = q->run_id != 0 && link.run_id == q->run_id && str_eq(link.how, STR("created"));
	if (named_by_others(q, c->record_id, &named, err) < 0 ||
	    link_was_ended(q->db, q->plan->sync_id, q->other, c->record_id, &ended, err) < 0)
		return err_wrap(err, "look a candidate up");
	ended = ended && !asked_for(q->staged);
	*ret_bound = found || named || ended || (c->external_id.len && !str_eq(c->external_id, q->staged->record_id)) ||
	             (c->synced && c->external_id.len == 0);
	return 0;
}

static struct str id_list(struct arena *arena, const struct known *all, size_t count)
{
	struct str list = STR_EMPTY;

	for (size_t i = 0; i < count; i++)
		list = arena_printf(arena, "%.*s%s%.*s", STR_ARG(list), i ? "," : "", STR_ARG(all[i].record_id));
	return list;
}

/* The record of the other side that ours names (Hint's integration_record_id), if it is there. */
static int named_record(const struct question *q, struct known *ret, bool *ret_found, struct err *err)
{
	struct str id = q->known->self.external_id;

	*ret_found = id.len > 0;
	if (!*ret_found)
		return 0;
	return identity_get(q->db, q->arena, q->plan->sync_id, q->other, id, ret, ret_found, err);
}

/* A record of the other side stores our id: does anything else say otherwise? */
static int contradicted(const struct question *q, struct str other_id, bool *ret, struct err *err)
{
	struct known named;
	bool found;

	if (named_record(q, &named, &found, err) < 0 || named_by_others(q, other_id, ret, err) < 0)
		return err_pass(err);
	*ret = *ret || (found && !str_eq(named.record_id, other_id));
	return 0;
}

/* R6: a record of the other side stores our id. */
static int by_id_stored_there(const struct question *q, struct resolved *ret, bool *ret_done, struct err *err)
{
	struct known *found;
	size_t count;
	struct link other;
	bool taken, otherwise;

	*ret_done = false;
	if (identity_with_external(q->db, q->arena, q->plan->sync_id, q->other, q->staged->record_id, &found, &count,
	                           err) < 0)
		return err_wrap(err, "match by external id");
	if (count == 0)
		return 0;
	*ret_done = true;
	if (count > 1)
		return skip(ret, OUTCOME_SKIPPED_AMBIGUOUS, about(q, "several %1s store this %2's id"),
		            id_list(q->arena, found, count));
	if (link_by(q->db, q->arena, q->plan->sync_id, q->other, found[0].record_id, &other, &taken, err) < 0)
		return err_wrap(err, "match by external id");
	if (taken)
		return skip(ret, OUTCOME_SKIPPED_LINKED,
		            about(q, "the %1 that stores this %2's id is linked to another %2"), found[0].record_id);
	if (contradicted(q, found[0].record_id, &otherwise, err) < 0)
		return err_wrap(err, "match by external id");
	if (otherwise)
		return skip(ret, OUTCOME_SKIPPED_AMBIGUOUS, "the ids stored in the two systems contradict each other",
		            found[0].record_id);
	join(q, ret, found[0].record_id, "R6");
	ret->stored_there = true;
	return 0;
}

/* R6: our record stores an id of the other side. */
static int by_id_stored_here(const struct question *q, struct resolved *ret, bool *ret_done, struct err *err)
{
	struct known there;
	bool found, is_bound, ours, rivals;

	*ret_done = false;
	if (named_record(q, &there, &found, err) < 0)
		return err_pass(err);
	if (!found)
		return 0;
	if (bound(q, &there, &is_bound, &ours, err) < 0 || named_by_others(q, there.record_id, &rivals, err) < 0)
		return err_wrap(err, "match by external id");
	*ret_done = true;
	if (rivals)
		return skip(ret, OUTCOME_SKIPPED_AMBIGUOUS, about(q, "several %2s store the id of this %1"),
		            there.record_id);
	if (is_bound)
		return skip(ret, OUTCOME_SKIPPED_LINKED, about(q, "the %1 that this %2 names is linked to another %2"),
		            there.record_id);
	return join(q, ret, there.record_id, "R6");
}

/* A person said that the two are not the same. */
static int parted(const struct question *q, struct str candidate, bool *ret, struct err *err)
{
	struct str own = q->staged->record_id;
	bool emr = q->own == SIDE_EMR;

	return suggest_was_dismissed(q->db, q->plan->sync_id, emr ? own : candidate, emr ? candidate : own, ret, err);
}

/* Candidates of the other side that share the key, without those that this run made itself and those that a person ruled out. */
static int candidates(const struct question *q, struct digest16 key, struct known **ret,
                      struct match_candidate **ret_candidates, size_t *ret_count, struct err *err)
{
	struct known *found;
	size_t count, kept = 0;

	if (q->known->self.has_key) {
		found = q->known->fits;
		count = q->known->fit_count;
	} else if (identity_with_key(q->db, q->arena, q->plan->sync_id, q->other, key, &found, &count, err) < 0) {
		return err_wrap(err, "match by name and birth date");
	}
	*ret_candidates = arena_new_array(q->arena, struct match_candidate, count);
	for (size_t i = 0; i < count; i++) {
		bool is_bound, ours, never;

		if (bound(q, &found[i], &is_bound, &ours, err) < 0 || parted(q, found[i].record_id, &never, err) < 0)
			return err_pass(err);
		if (ours || never)
			continue;
		(*ret_candidates)[kept] = (struct match_candidate) { .id = found[i].record_id, .linked = is_bound };
		found[kept++] = found[i];
	}
	*ret = found;
	*ret_count = kept;
	return 0;
}

/* A file of ids (R14), or one of its rows tried once more; a delta only says what changed. */
static bool in_batch(const struct staged *s)
{
	return s->door == DOOR_BATCH || (s->door == DOOR_RETRY && s->run_id != 0);
}

/* May a payload of that side create its counterpart: by the option (R12 to R14), by the trigger condition (R15), or because a person asks. */
static bool may_create(const struct plan *plan, const struct staged *staged)
{
	if (staged->wish == WISH_CREATE)
		return true;
	if (staged->side == SIDE_EMR)
		return plan->create_in_crm;
	return in_batch(staged) ? plan->create_in_emr : plan->trigger_creates;
}

/* Whoever is new on one side while the other was never read may well be there: he waits (R8). */
static int nothing_fits(const struct question *q, const char *reason, struct resolved *ret)
{
	if (!q->known->complete_ms && !q->plan->blind) {
		skip(ret, OUTCOME_SKIPPED_NO_MATCH, about(q, "nobody can be called new before every %1 was read once"),
		     STR_EMPTY);
		ret->undecided = true;
		return 0;
	}
	if (!may_create(q->plan, q->staged))
		return skip(ret, OUTCOME_SKIPPED_NO_MATCH, reason, STR_EMPTY);
	if (q->plan->parent.sync_id)
		reason = about(q, "no %1 stores its id");
	*ret = (struct resolved) { .kind = RESOLVED_CREATE, .how = "created", .reason = reason };
	ret->id[q->own] = q->staged->record_id;
	return 0;
}

static int by_demographics(const struct question *q, struct resolved *ret, struct err *err)
{
	const struct known *self = &q->known->self;
	struct match_question question = { .who = { .complete = self->has_key, .key = self->key } };
	struct match_answer answer;
	struct match_candidate *list;
	struct known *found, *same_side;

	if (!self->has_key && !q->record) {
		*ret = (struct resolved) { .kind = RESOLVED_UNREAD };
		return 0;
	}
	if (!self->has_key)
		question.who = capture_identity(q->plan, q->arena, q->own, q->record);
	if (!question.who.complete)
		return nothing_fits(q, question.who.missing, ret);
	if (candidates(q, question.who.key, &found, &list, &question.candidate_count, err) < 0)
		return err_pass(err);
	question.candidates = list;
	if (identity_with_key(q->db, q->arena, q->plan->sync_id, q->own, question.who.key, &same_side,
	                      &question.same_side, err) < 0)
		return err_wrap(err, "match by name and birth date");
	answer = match_decide(&question);
	switch (answer.verdict) {
	case MATCH_LINK:
		return join(q, ret, answer.chosen->id, "R7");
	case MATCH_AMBIGUOUS:
		return skip(ret, OUTCOME_SKIPPED_AMBIGUOUS, answer.reason,
		            id_list(q->arena, found, question.candidate_count));
	case MATCH_ALREADY_LINKED:
		return skip(ret, OUTCOME_SKIPPED_LINKED, answer.reason,
		            id_list(q->arena, found, question.candidate_count));
	case MATCH_NONE:
		/* The EMR is where patients are told apart; several CRM records of one person must not become several patients. */
		if (q->own == SIDE_CRM && question.same_side > 1 && q->staged->wish == WISH_NONE)
			return skip(ret, OUTCOME_SKIPPED_AMBIGUOUS,
			            "several CRM records have this name and birth date, and no patient has",
			            id_list(q->arena, same_side, question.same_side));
		return nothing_fits(q, answer.reason, ret);
	case MATCH_INCOMPLETE:
		return nothing_fits(q, answer.reason, ret);
	}
	unreachable("every verdict is handled");
}

/* R11: a person chose the counterpart. Only a record that is linked elsewhere stands against it; relinking unlinks that first (R30). */
static int by_wish(const struct question *q, struct resolved *ret, struct err *err)
{
	struct link other;
	bool taken;

	if (link_by(q->db, q->arena, q->plan->sync_id, q->other, q->staged->partner, &other, &taken, err) < 0)
		return err_wrap(err, "look the chosen record up");
	if (!taken || q->staged->wish == WISH_RELINK)
		return join(q, ret, q->staged->partner, "R11");
	return skip(ret, OUTCOME_SKIPPED_LINKED,
	            about(q, "the chosen %1 is linked to another %2; unlink that pair first, or relink"),
	            link_id_of(&other, q->own));
}

static bool chosen(const struct staged *s)
{
	return (s->wish == WISH_LINK || s->wish == WISH_RELINK) && s->partner.len > 0;
}

/* True: that decides it. */
static bool by_link(const struct question *q, struct resolved *ret)
{
	const struct link *link = &q->known->link;

	if (!q->known->linked)
		return false;
	if (chosen(q->staged) && !str_eq(link_id_of(link, q->other), q->staged->partner)) {
		if (q->staged->wish == WISH_LINK)
			skip(ret, OUTCOME_SKIPPED_LINKED,
			     about(q, "this %2 is linked already; unlink it first, or relink (R30)"),
			     link_id_of(link, q->other));
		return q->staged->wish == WISH_LINK;
	}
	*ret = (struct resolved) { .kind = RESOLVED_LINKED, .link = *link, .how = "link" };
	ret->id[SIDE_EMR] = link->emr_id;
	ret->id[SIDE_CRM] = link->crm_id;
	return true;
}

/* R29: its link was ended, and nobody asked for it since. Storing its id in another record is asking; the one that was let go of may store it a moment longer. */
static int is_barred(const struct question *q, bool *ret, struct err *err)
{
	struct known *found;
	size_t count;
	bool let_go;

	*ret = q->known->had_another && !asked_for(q->staged);
	if (!*ret)
		return 0;
	if (link_was_ended(q->db, q->plan->sync_id, q->own, q->staged->record_id, ret, err) < 0)
		return err_wrap(err, "look the link up");
	if (!*ret)
		return 0;
	if (identity_with_external(q->db, q->arena, q->plan->sync_id, q->other, q->staged->record_id, &found, &count,
	                           err) < 0)
		return err_wrap(err, "match by external id");
	for (size_t i = 0; i < count && *ret; i++) {
		if (link_was_ended(q->db, q->plan->sync_id, q->other, found[i].record_id, &let_go, err) < 0)
			return err_wrap(err, "look the link up");
		*ret = let_go;
	}
	return 0;
}

/* R15, R40: an unlinked CRM record starts by a file, by a person, or by meeting the trigger condition; an unlinked patient always does (R12, R13). */
static bool waits_for_trigger(const struct question *q, struct resolved *ret)
{
	const struct trigger *t = q->plan->trigger;
	const char *why = "a CRM record does not start by itself: the sync has no trigger condition (R40)";

	if (q->own == SIDE_EMR || asked_for(q->staged) || in_batch(q->staged))
		return false;
	if (t && !q->record) {
		*ret = (struct resolved) { .kind = RESOLVED_UNREAD };
		return true;
	}
	if (t && trigger_met(t, q->arena, q->plan->conn[SIDE_CRM]->kind, q->record))
		return false;
	if (t)
		why = "it does not meet the trigger condition (R40)";
	skip(ret, OUTCOME_SKIPPED_FILTERED, why, STR_EMPTY);
	return true;
}

int resolve(struct db *db, const struct plan *plan, struct arena *arena, const struct resolving *of,
            const struct json *record, struct resolved *ret, struct err *err)
{
	const struct staged *staged = of->staged;
	struct question q = { .db = db,
		              .plan = plan,
		              .arena = arena,
		              .run_id = staged->run_id,
		              .staged = staged,
		              .record = record,
		              .known = &of->own,
		              .own = staged->side,
		              .other = side_other(staged->side) };
	bool done;
	int code;

	if (by_link(&q, ret))
		return 0;
	if (chosen(staged))
		return by_wish(&q, ret, err);
	if (waits_for_trigger(&q, ret))
		return 0;
	if (is_barred(&q, &done, err) < 0)
		return err_pass(err);
	if (done)
		return skip(ret, OUTCOME_SKIPPED_FILTERED,
		            "its link was ended; it is linked again once a person asks for it (R29)", STR_EMPTY);
	code = by_id_stored_there(&q, ret, &done, err);
	if (code < 0 || done)
		return code;
	code = by_id_stored_here(&q, ret, &done, err);
	if (code < 0 || done)
		return code;
	return by_demographics(&q, ret, err);
}

enum merge_mode resolved_mode(enum resolution kind, enum side side)
{
	static const enum merge_mode modes[][2] = {
		[RESOLVED_LINKED] = { MERGE_STEADY, MERGE_STEADY },
		[RESOLVED_JOIN] = { MERGE_FIRST_EMR_WINS, MERGE_FIRST_CRM_WINS }, /* R12, R13; R11, R14, R15 */
		[RESOLVED_CREATE] = { MERGE_NEW_IN_CRM, MERGE_NEW_IN_EMR },
		[RESOLVED_SKIP] = { MERGE_NEW_IN_CRM, MERGE_NEW_IN_EMR },
		[RESOLVED_UNREAD] = { MERGE_NEW_IN_CRM, MERGE_NEW_IN_EMR },
	};

	return modes[kind][side];
}

/* Does the counterpart say by now that it belongs to somebody else? */
static bool taken_there(const struct plan *plan, struct arena *arena, const struct staged *staged,
                        const struct json *counterpart, struct str *ret_owner)
{
	enum side other = side_other(staged->side);
	bool synced = other == SIDE_CRM && json_bool(json_get_str(counterpart, plan->crm_synced_field), false);

	*ret_owner = capture_stored_id(plan, arena, other, counterpart);
	return (ret_owner->len && !str_eq(*ret_owner, staged->record_id)) || (ret_owner->len == 0 && synced);
}

void resolve_again(const struct plan *plan, struct arena *arena, const struct staged *staged, const struct json *record,
                   const struct json *counterpart, struct resolved *ret)
{
	enum side other = side_other(staged->side);
	struct identity who, now;
	struct str owner;

	if (str_eq_c(str_of(ret->how), "R11"))
		return;
	if (taken_there(plan, arena, staged, counterpart, &owner)) {
		skip(ret, OUTCOME_SKIPPED_LINKED, "the record that fits was linked to another one a moment ago",
		     ret->id[other]);
		return;
	}
	who = capture_identity(plan, arena, staged->side, record);
	now = capture_identity(plan, arena, other, counterpart);
	if (ret->stored_there ? owner.len > 0 : !str_eq_c(str_of(ret->how), "R7"))
		return;
	if (!ret->stored_there && now.complete && memcmp(&who.key, &now.key, sizeof(who.key)) == 0)
		return;
	skip(ret, OUTCOME_SKIPPED_NO_MATCH, "the record that fitted was changed a moment ago; the next run looks again",
	     ret->id[other]);
}

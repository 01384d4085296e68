/*
 * person: a wish from the click to its end.
 *
 *	check    what can be said without asking anybody: is it linked, and with whom
 *	note     who wants what, and why, in the audit trail (R25)
 *	capture  the wish is a payload like any other (capture_wish), durable before anything is done
 *	work     with the sync's lock: our own road until the payload has come to its end; while somebody else has the lock, he does the work
 */
#include "sync/person.h"

#include "lib/clock.h"
#include "sync/audit.h"
#include "sync/catalog.h"
#include "sync/person_parts.h"
#include "sync/road.h"
#include "sync/lease.h"
#include "sync/restored.h"
#include "sync/single.h"

enum { POLL_MS = 20 };

static const char *const record_of[] = { [SIDE_EMR] = "EMR record", [SIDE_CRM] = "CRM record" };

/* ---- check ---- */

struct check {
	struct plan *plan;
	struct arena *arena;
	const struct person_asks *asks;
	struct link own, partner;
	bool own_linked, partner_linked;
};

static int read_links(struct db *db, void *context, struct err *err)
{
	struct check *c = context;
	const struct person_asks *a = c->asks;

	if (link_by(db, c->arena, c->plan->sync_id, a->side, a->record_id, &c->own, &c->own_linked, err) < 0)
		return err_pass(err);
	if (a->partner.len == 0)
		return 0;
	return link_by(db, c->arena, c->plan->sync_id, side_other(a->side), a->partner, &c->partner, &c->partner_linked,
	               err);
}

static int check_unlink(const struct check *c, struct err *err)
{
	if (c->own_linked)
		return 0;
	return err_set(err, ERR_NOT_FOUND, "%s %.*s is not linked; `suture links` lists the pairs",
	               record_of[c->asks->side], STR_ARG(c->asks->record_id));
}

static int check_create(const struct check *c, struct err *err)
{
	if (!c->own_linked)
		return 0;
	return err_set(err, ERR_CONFLICT, "%s %.*s is linked already, to %.*s", record_of[c->asks->side],
	               STR_ARG(c->asks->record_id), STR_ARG(link_id_of(&c->own, side_other(c->asks->side))));
}

static int linked_elsewhere(enum side side, struct str id, struct str to, struct err *err)
{
	return err_set(err, ERR_CONFLICT,
	               "%s %.*s is linked to %.*s; `suture unlink` ends that pair, `suture relink` does both (R30)",
	               record_of[side], STR_ARG(id), STR_ARG(to));
}

static int check_link(const struct check *c, struct err *err)
{
	const struct person_asks *a = c->asks;
	enum side other = side_other(a->side);

	if (c->own_linked && !str_eq(link_id_of(&c->own, other), a->partner))
		return linked_elsewhere(a->side, a->record_id, link_id_of(&c->own, other), err);
	if (c->partner_linked && !str_eq(link_id_of(&c->partner, a->side), a->record_id))
		return linked_elsewhere(other, a->partner, link_id_of(&c->partner, a->side), err);
	return 0;
}

static int check_wish(struct engine *engine, struct check *c, struct err *err)
{
	static int (*const checks[WISHES])(const struct check *c, struct err *err) = {
		[WISH_LINK] = check_link,
		[WISH_CREATE] = check_create,
		[WISH_UNLINK] = check_unlink,
	};
	enum wish wish = c->asks->wish;

	if ((wish == WISH_LINK || wish == WISH_RELINK) && c->asks->partner.len == 0)
		return err_set(err, ERR_USAGE, "linking needs both records");
	if (store_read(engine->store, read_links, c, err) < 0)
		return err_pass(err);
	return checks[wish] ? checks[wish](c, err) : 0;
}

int person_id(const struct plan *plan, struct arena *arena, enum side side, struct str text, struct str *ret,
              struct err *err)
{
	const struct connector *kind = plan->conn[side]->kind;

	*ret = text;
	if (text.len == 0 || !kind->record_id)
		return 0;
	*ret = kind->record_id(arena, text);
	if (ret->len)
		return 0;
	return err_set(err, ERR_USAGE, "'%.*s' is no id of %s", STR_ARG(text), kind->title);
}

static int spell_ids(const struct plan *plan, struct arena *arena, struct person_asks *asks, struct err *err)
{
	if (person_id(plan, arena, asks->side, asks->record_id, &asks->record_id, err) < 0)
		return err_pass(err);
	return person_id(plan, arena, side_other(asks->side), asks->partner, &asks->partner, err);
}

/* ---- note ---- */

static struct str partner_before(const struct check *c)
{
	return c->own_linked ? link_id_of(&c->own, side_other(c->asks->side)) : STR_EMPTY;
}

static int note_wish(struct engine *engine, const struct check *c, struct err *err)
{
	const struct person_asks *a = c->asks;
	struct str subject = audit_record(c->arena, a->side, a->record_id, c->plan->name);

	return audit_note(engine, wish_name(a->wish), subject, partner_before(c), a->partner, a->why, err);
}

/* ---- work ---- */

struct waiting {
	struct engine *engine;
	struct plan *plan;
	const int64_t *ids; /* payloads that are waited for */
	size_t count;
	int64_t until_ms;
};

struct follow_job {
	struct arena *arena;
	int64_t id;
	struct staged staged;
};

static int follow(struct db *db, void *context, struct err *err)
{
	struct follow_job *job = context;

	return stage_follow(db, job->arena, job->id, &job->staged, err);
}

struct pair_job {
	struct arena *arena;
	struct wished *wished;
};

static int find_pair(struct db *db, void *context, struct err *err)
{
	const struct pair_job *job = context;
	struct link link;
	bool found;

	if (job->wished->staged.link_id == 0)
		return 0;
	if (link_find(db, job->arena, job->wished->staged.link_id, &link, &found, err) < 0)
		return err_pass(err);
	if (found) {
		job->wished->emr_id = link.emr_id;
		job->wished->crm_id = link.crm_id;
	}
	return 0;
}

/* What is parked may wait for days: its reason says for whom. */
static bool has_ended(const struct staged *s)
{
	return s->state == STAGED_DONE || s->state == STAGED_FAILED || s->state == STAGED_SUPERSEDED ||
	       s->state == STAGED_PARKED;
}

/* *ret: nothing is left to wait for, the payload came to its end or the time is over. */
static int is_over(const struct waiting *w, bool *ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	bool ended = true;

	if (atomic_load(&w->engine->stop))
		return err_set(err, ERR_ABORTED, "stopped; what was wished stays queued as payload %lld",
		               (long long)w->ids[0]);
	for (size_t i = w->count; ended && i-- > 0;) {
		struct follow_job job = { .arena = &arena, .id = w->ids[i] };

		if (store_read(w->engine->store, follow, &job, err) < 0)
			return err_pass(err);
		ended = has_ended(&job.staged);
	}
	*ret = ended || clock_mono_ns() / 1000000 > w->until_ms;
	return 0;
}

static int drive(const struct waiting *w, struct road *road, struct err *err)
{
	bool over = false;

	while (!over && !road_is_empty(road)) {
		if (road_failed(road, err) || is_over(w, &over, err) < 0)
			return err_pass(err);
		if (!over)
			clock_sleep_ms(POLL_MS);
	}
	return road_failed(road, err) ? err_pass(err) : 0;
}

static int work_here(const struct waiting *w, struct err *err)
{
	struct road *road;
	int code;

	if (plan_sign_in(w->plan, err) < 0 || restored_ready(w->engine, w->plan, err) < 0)
		return err_pass(err);
	road = road_start(w->engine, w->plan, false);
	code = drive(w, road, err);
	road_stop(&road);
	return code;
}

/* Looked at first, as this is asked many times a second. */
static int take_if_free(const struct waiting *w, struct lease **ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct lease_row row;

	*ret = NULL;
	if (lease_of(w->engine, &arena, w->plan->sync_id, &row, err) < 0)
		return err_pass(err);
	if (row.held)
		return err_set(err, ERR_CONFLICT, "another process works on it");
	return lease_take(w->engine, w->plan, ret, NULL, err);
}

/* Whoever has the lease may lose it while we wait: then it is our turn. */
static int work_or_wait(const struct waiting *w, struct err *err)
{
	bool over = false;

	while (!over) {
		SCOPED(lease) struct lease *held = NULL;
		int code = take_if_free(w, &held, err);

		if (code != ERR_CONFLICT)
			return code < 0 ? code : work_here(w, err);
		*err = (struct err)ERR_INIT;
		if (is_over(w, &over, err) < 0)
			return err_pass(err);
		if (!over)
			clock_sleep_ms(POLL_MS);
	}
	return 0;
}

int person_follow(struct engine *engine, struct plan *plan, struct arena *arena, const int64_t *ids, size_t count,
                  int64_t timeout_ms, struct wished *ret, struct err *err)
{
	struct waiting w = { engine, plan, ids, count, clock_mono_ns() / 1000000 + timeout_ms };
	struct follow_job job = { .arena = arena, .id = ids[count - 1] };

	if (work_or_wait(&w, err) < 0)
		return err->code == ERR_ABORTED ? err_pass(err)
		                                : err_wrap(err, "payload %lld stays queued", (long long)ids[0]);
	if (store_read(engine->store, follow, &job, err) < 0)
		return err_pass(err);
	*ret = (struct wished) { .staged = job.staged, .waits = !has_ended(&job.staged) };
	return store_read(engine->store, find_pair, &(struct pair_job) { arena, ret }, err);
}

int person_asks(struct engine *engine, struct plan *plan, struct arena *arena, const struct person_asks *asks,
                int64_t timeout_ms, struct wished *ret, struct err *err)
{
	const struct capture how = {
		.side = asks->side, .door = DOOR_CLICK, .priority = STAGED_PERSON, .total = -1, .durable = true
	};
	struct person_asks spelt = *asks;
	struct check check = { .plan = plan, .arena = arena, .asks = &spelt };
	struct asked asked = { .wish = asks->wish };
	struct captured done;

	if (spell_ids(plan, arena, &spelt, err) < 0 || check_wish(engine, &check, err) < 0 ||
	    note_wish(engine, &check, err) < 0)
		return err_pass(err);
	asked.record_id = spelt.record_id;
	asked.partner = spelt.partner;
	if (capture_wish(engine, plan, arena, &asked, &how, &done, err) < 0)
		return err_pass(err);
	return person_follow(engine, plan, arena, &done.last_id, 1, timeout_ms, ret, err);
}

int person_preview(struct engine *engine, struct plan *plan, enum side side, enum wish wish, struct str record_id,
                   struct str partner, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct person_asks asks = { .side = side, .wish = wish, .record_id = record_id, .partner = partner };
	struct check check = { .plan = plan, .arena = &arena, .asks = &asks };
	struct asked asked = { .wish = wish };

	if (spell_ids(plan, &arena, &asks, err) < 0 || check_wish(engine, &check, err) < 0)
		return err_pass(err);
	asked.record_id = asks.record_id;
	asked.partner = asks.partner;
	return single_preview(engine, plan, side, &asked, err);
}

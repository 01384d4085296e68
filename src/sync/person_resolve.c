/*
 * person_resolve: decisions about conflicts (R22).
 *
 *	gather   the conflict, or all of the sync that wait; their pairs
 *	decide   each row gets who, when, why and what; the audit trail too, in one transaction
 *	wish     one payload a pair: its records are read and merged with what was decided (WISH_RESOLVE)
 */
#include "sync/audit.h"
#include "sync/capture.h"
#include "sync/person_parts.h"

enum { ALL_MAX = 10000 };

struct resolving {
	struct engine *engine;
	struct plan *plan;
	struct arena *arena;
	const struct decides *decides;
	struct conflict *conflicts;
	size_t count;
	struct str *crm_ids; /* a pair each */
	int64_t *payloads;
	size_t pair_count;
};

/* ---- gather ---- */

static int gather(struct resolving *r, struct err *err)
{
	int64_t id = r->decides->conflict_id;
	const struct conflict_filter filter = {
		.id = id, .sync_id = r->plan->sync_id, .waiting = id == 0, .limit = ALL_MAX
	};

	if (conflict_find(r->engine, r->arena, &filter, &r->conflicts, &r->count, err) < 0)
		return err_pass(err);
	if (r->count == 0 && id)
		return err_set(err, ERR_NOT_FOUND,
		               "there is no conflict %lld in sync '%.*s'; `suture conflicts` lists them", (long long)id,
		               STR_ARG(r->plan->name));
	return 0;
}

static bool pair_came_before(const struct resolving *r, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (r->conflicts[i].link_id == r->conflicts[at].link_id)
			return true;
	}
	return false;
}

static int find_pairs(struct db *db, void *context, struct err *err)
{
	struct resolving *r = context;

	r->pair_count = 0;
	for (size_t i = 0; i < r->count; i++) {
		const struct conflict *c = &r->conflicts[i];
		struct link link;
		bool found;

		if (pair_came_before(r, i))
			continue;
		if (link_find(db, r->arena, c->link_id, &link, &found, err) < 0)
			return err_pass(err);
		if (!found || link.state != LINK_LINKED)
			return err_set(err, ERR_NOT_FOUND, "the pair of conflict %lld is not linked any more",
			               (long long)c->id);
		r->crm_ids[r->pair_count++] = link.crm_id;
	}
	return 0;
}

static const struct field_map *field_of(const struct resolving *r, const struct conflict *c)
{
	const struct mapping *m = &r->plan->mapping;

	for (size_t i = 0; i < m->count; i++) {
		if (str_eq(m->fields[i].name, c->field))
			return &m->fields[i];
	}
	return NULL;
}

/* A value by hand has to be one of the field's type; a conflict that is over is overruled by the values of then. */
static int make_choice(const struct resolving *r, const struct conflict *c, struct choice *ret, struct err *err)
{
	const struct decides *d = r->decides;
	const struct field_map *field = field_of(r, c);
	struct value value = { .kind = d->value.len ? VALUE_TEXT : VALUE_BLANK, .text = d->value };

	*ret = (struct choice) { .by = d->by, .value = d->value, .has_value = d->by == CHOICE_VALUE };
	if (!field)
		return err_set(err, ERR_NOT_FOUND, "the field of conflict %lld, '%.*s', is not mapped any more",
		               (long long)c->id, STR_ARG(c->field));
	if (ret->has_value && !value_fits(field->type, value))
		return err_set(err, ERR_DATA, "the value does not fit field '%.*s', which holds a %s",
		               STR_ARG(c->field), value_type_name(field->type));
	if (ret->has_value || c->waiting)
		return 0;
	if (conflict_open(r->engine, r->arena, c, &ret->sides, err) < 0)
		return err_pass(err);
	ret->has_value = true;
	ret->value = d->by == CHOICE_EMR ? ret->sides.emr : ret->sides.crm;
	return 0;
}

/* ---- decide ---- */

static int decide_one(struct db *db, const struct resolving *r, const struct conflict *c, struct err *err)
{
	struct audit_entry entry = {
		.who = str_of(r->engine->who),
		.action = STR("decide"),
		.subject = arena_printf(r->arena, "conflict %lld: field %.*s of pair %lld, sync %.*s", (long long)c->id,
		                        STR_ARG(c->field), (long long)c->link_id, STR_ARG(r->plan->name)),
		.before = c->winner,
		.after = str_of(choice_name(r->decides->by)),
		.why = str_of(r->decides->why),
	};
	struct choice choice;

	if (make_choice(r, c, &choice, err) < 0 ||
	    conflict_decide(r->engine, db, r->arena, c, &choice, r->decides->why, err) < 0)
		return err_pass(err);
	return audit_add(db, &entry, err);
}

static int decide_all(struct db *db, void *context, struct err *err)
{
	const struct resolving *r = context;

	for (size_t i = 0; i < r->count; i++) {
		if (decide_one(db, r, &r->conflicts[i], err) < 0)
			return err_pass(err);
	}
	return 0;
}

/* ---- wish ---- */

static int wish_for_all(struct resolving *r, struct err *err)
{
	const struct capture how = {
		.side = SIDE_CRM, .door = DOOR_CLICK, .priority = STAGED_PERSON, .total = -1, .durable = true
	};

	for (size_t i = 0; i < r->pair_count; i++) {
		const struct asked asked = { .wish = WISH_RESOLVE, .record_id = r->crm_ids[i] };
		struct captured done;

		if (capture_wish(r->engine, r->plan, r->arena, &asked, &how, &done, err) < 0)
			return err_pass(err);
		r->payloads[i] = done.last_id;
	}
	return 0;
}

/* ---- what became of it ---- */

static int count_settled(const struct resolving *r, struct decided *ret, struct err *err)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct conflict_filter filter = { .id = r->conflicts[i].id };
		struct conflict *now;
		size_t count;

		if (conflict_find(r->engine, r->arena, &filter, &now, &count, err) < 0)
			return err_pass(err);
		ret->settled += count > 0 && !now->waiting;
		ret->again += count > 0 && now->waiting && now->decided_by.len == 0;
	}
	return 0;
}

int person_resolve(struct engine *engine, struct plan *plan, struct arena *arena, const struct decides *decides,
                   int64_t timeout_ms, struct decided *ret, struct err *err)
{
	struct resolving r = { .engine = engine, .plan = plan, .arena = arena, .decides = decides };

	*ret = (struct decided) { 0 };
	if (gather(&r, err) < 0)
		return err_pass(err);
	ret->count = r.count;
	if (r.count == 0)
		return 0;
	r.crm_ids = arena_new_array(arena, struct str, r.count);
	r.payloads = arena_new_array(arena, int64_t, r.count);
	if (store_read(engine->store, find_pairs, &r, err) < 0 ||
	    store_write(engine->store, DURABLE, decide_all, &r, err) < 0 || wish_for_all(&r, err) < 0 ||
	    person_follow(engine, plan, arena, r.payloads, r.pair_count, timeout_ms, &ret->last, err) < 0)
		return err_pass(err);
	return count_settled(&r, ret, err);
}

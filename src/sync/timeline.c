/*
 * timeline: find the pair, ask every table that knows of it, put all in order of time.
 *
 *	find     the living link of a record, or its last one: the ids of both sides
 *	gather   one function a table, each adds its moments
 *	sort     the youngest first; what is beyond the page is cut off
 */
#include "sync/timeline.h"

#include <stdlib.h>

#include "lib/map.h"

enum { MOST = 1000 };

const char *moment_name(enum moment_kind kind)
{
	static const char *const names[] = {
#define ROW(id, name) [id] = name,
		MOMENT_LIST(ROW)
#undef ROW
	};

	return names[kind];
}

/* ---- find ---- */

static int links_of(struct engine *engine, const struct plan *plan, struct arena *arena, enum side side, struct str id,
                    struct timeline_of *ret, struct err *err)
{
	struct link_filter filter = { .sync_id = plan->sync_id, .newest = true, .limit = MOST };

	*(side == SIDE_EMR ? &filter.emr_id : &filter.crm_id) = id;
	return link_list(engine, arena, &filter, &ret->links, &ret->link_count, err);
}

int timeline_find(struct engine *engine, const struct plan *plan, struct arena *arena, enum side side,
                  struct str record_id, struct timeline_of *ret, struct err *err)
{
	enum side other = side_other(side);

	*ret = (struct timeline_of) { 0 };
	if (links_of(engine, plan, arena, side, record_id, ret, err) < 0)
		return err_pass(err);
	ret->id[side] = record_id;
	if (ret->link_count == 0)
		return 0;
	ret->linked = ret->links[0].state == LINK_LINKED || ret->links[0].state == LINK_MAKING;
	if (ret->linked)
		ret->id[other] = link_id_of(&ret->links[0], other);
	return 0;
}

/* ---- gather ---- */

struct gathering {
	struct engine *engine;
	const struct plan *plan;
	struct arena *arena;
	const struct timeline_of *of;
	int64_t before_ms;
	size_t limit;
	struct moment *at;
	size_t count, room;
	struct map histories; /* by payload */
};

static struct moment *add(struct gathering *g, enum moment_kind kind, int64_t at_ms)
{
	if (g->count == g->room) {
		size_t room = MAX_OF((size_t)256, g->room * 2);
		struct moment *more = arena_new_array(g->arena, struct moment, room);

		for (size_t i = 0; i < g->count; i++)
			more[i] = g->at[i];
		g->at = more;
		g->room = room;
	}
	g->at[g->count] = (struct moment) { .kind = kind, .at_ms = at_ms };
	return &g->at[g->count++];
}

static struct str payload_key(const struct gathering *g, int64_t staged_id)
{
	return arena_printf(g->arena, "%lld", (long long)staged_id);
}

static int gather_histories(struct gathering *g, struct err *err)
{
	for (size_t i = 0; i < g->of->link_count; i++) {
		struct history *rows;
		size_t count;

		if (history_of_link(g->engine, g->arena, g->of->links[i].id, 0, MOST, &rows, &count, err) < 0)
			return err_pass(err);
		for (size_t n = 0; n < count; n++)
			map_put(&g->histories, payload_key(g, rows[n].staged_id), &rows[n]);
	}
	return 0;
}

static int gather_payloads(struct gathering *g, struct err *err)
{
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		const struct staged_filter filter = { .sync_id = g->plan->sync_id,
			                              .record_id = g->of->id[side],
			                              .sides = 1U << side,
			                              .before_ms = g->before_ms,
			                              .newest = true,
			                              .limit = g->limit };
		struct staged *rows;
		size_t count;

		if (g->of->id[side].len == 0)
			continue;
		if (stage_list(g->engine, g->arena, &filter, &rows, &count, err) < 0)
			return err_pass(err);
		for (size_t i = 0; i < count; i++) {
			struct moment *m = add(g, MOMENT_PAYLOAD, rows[i].received_ms);

			m->side = side;
			m->staged = &rows[i];
			m->history = map_get(&g->histories, payload_key(g, rows[i].id));
		}
	}
	return 0;
}

static int gather_links(struct gathering *g, struct err *err)
{
	(void)err;
	for (size_t i = 0; i < g->of->link_count; i++) {
		const struct link *link = &g->of->links[i];

		add(g, MOMENT_LINKED, link->created_ms)->link = link;
		if (link->ended_ms)
			add(g, MOMENT_ENDED, link->ended_ms)->link = link;
	}
	return 0;
}

/* A payload's own decision stands with the payload already; refusals and what else happened to it are told too. */
static int gather_log(struct gathering *g, struct err *err)
{
	struct journal_entry *rows;
	size_t count;

	if (journal_of_pair(g->engine, g->arena, g->of->id[SIDE_EMR], g->of->id[SIDE_CRM], MOST, &rows, &count, err) <
	    0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].sync_id == 0 || rows[i].sync_id == g->plan->sync_id)
			add(g, MOMENT_LOG, rows[i].at_ms)->log = &rows[i];
	}
	return 0;
}

static int gather_audit(struct gathering *g, struct err *err)
{
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		struct audit_entry *rows;
		size_t count;

		if (g->of->id[side].len == 0)
			continue;
		if (audit_of(g->engine, g->arena, audit_record(g->arena, side, g->of->id[side], g->plan->name), MOST,
		             &rows, &count, err) < 0)
			return err_pass(err);
		for (size_t i = 0; i < count; i++) {
			struct moment *m = add(g, MOMENT_PERSON, rows[i].at_ms);

			m->side = side;
			m->audit = &rows[i];
		}
	}
	return 0;
}

static int gather_conflicts(struct gathering *g, struct err *err)
{
	for (size_t i = 0; i < g->of->link_count; i++) {
		const struct conflict_filter filter = { .link_id = g->of->links[i].id, .limit = MOST };
		struct conflict *rows;
		size_t count;

		if (conflict_find(g->engine, g->arena, &filter, &rows, &count, err) < 0)
			return err_pass(err);
		for (size_t n = 0; n < count; n++) {
			add(g, MOMENT_CONFLICT, rows[n].at_ms)->conflict = &rows[n];
			if (rows[n].decided_ms)
				add(g, MOMENT_DECISION, rows[n].decided_ms)->conflict = &rows[n];
		}
	}
	return 0;
}

static int gather_suggestions(struct gathering *g, struct err *err)
{
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		struct suggestion *rows;
		size_t count;

		if (g->of->id[side].len == 0)
			continue;
		if (suggest_of(g->engine, g->arena, g->plan->sync_id, side, g->of->id[side], &rows, &count, err) < 0)
			return err_pass(err);
		for (size_t i = 0; i < count; i++) {
			/* One of the very pair is found by either record. */
			if (side == SIDE_EMR || !str_eq(rows[i].emr_id, g->of->id[SIDE_EMR]))
				add(g, MOMENT_SUGGESTION, MAX_OF(rows[i].at_ms, rows[i].decided_ms))->suggestion =
				        &rows[i];
		}
	}
	return 0;
}

struct told_job {
	const struct gathering *g;
	enum side side;
	struct told *told;
	bool found;
};

static int read_told(struct db *db, void *context, struct err *err)
{
	struct told_job *job = context;

	return truth_read(db, job->g->plan->sync_id, job->side, job->g->of->id[job->side], job->told, &job->found, err);
}

static int gather_told(struct gathering *g, struct err *err)
{
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		struct told_job job = { .g = g, .side = side, .told = arena_new(g->arena, struct told) };
		struct moment *m;

		if (g->of->id[side].len == 0)
			continue;
		if (store_read(g->engine->store, read_told, &job, err) < 0)
			return err_pass(err);
		if (!job.found)
			continue;
		m = add(g, MOMENT_TOLD, job.told->at_ms);
		m->side = side;
		m->told = job.told;
	}
	return 0;
}

static int gather_owed(struct gathering *g, struct err *err)
{
	for (size_t i = 0; i < g->of->link_count; i++) {
		struct owed *rows;
		size_t count;

		if (outbox_of_link(g->engine, g->arena, g->of->links[i].id, &rows, &count, err) < 0)
			return err_pass(err);
		for (size_t n = 0; n < count; n++) {
			struct moment *m = add(g, MOMENT_OWED, rows[n].created_ms);

			m->side = rows[n].side;
			m->owed = &rows[n];
		}
	}
	return 0;
}

/* ---- sort ---- */

static int youngest_first(const void *left, const void *right)
{
	const struct moment *a = left, *b = right;

	if (a->at_ms != b->at_ms)
		return a->at_ms < b->at_ms ? 1 : -1;
	if (a->staged && b->staged && a->staged->id != b->staged->id)
		return a->staged->id < b->staged->id ? 1 : -1;
	return a->kind != b->kind ? (a->kind < b->kind ? 1 : -1) : 0;
}

static size_t keep_page(struct moment *all, size_t count, int64_t before_ms, size_t limit)
{
	size_t kept = 0;

	for (size_t i = 0; i < count && kept < limit; i++) {
		if (before_ms == 0 || all[i].at_ms < before_ms)
			all[kept++] = all[i];
	}
	return kept;
}

int timeline_read(struct engine *engine, const struct plan *plan, struct arena *arena, const struct timeline_of *of,
                  int64_t before_ms, size_t limit, struct moment **ret, size_t *ret_count, struct err *err)
{
	static int (*const tables[])(struct gathering * g, struct err * err) = {
		gather_histories, gather_payloads,    gather_links, gather_log,  gather_audit,
		gather_conflicts, gather_suggestions, gather_told,  gather_owed,
	};
	struct gathering g = { .engine = engine,
		               .plan = plan,
		               .arena = arena,
		               .of = of,
		               .before_ms = before_ms,
		               .limit = limit ? limit : 100,
		               .histories = MAP_INIT(arena) };

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		if (tables[i](&g, err) < 0)
			return err_wrap(err, "read the story of a record");
	}
	if (g.count)
		qsort(g.at, g.count, sizeof(*g.at), youngest_first);
	*ret = g.at;
	*ret_count = keep_page(g.at, g.count, before_ms, g.limit);
	return 0;
}

/* ---- fields ---- */

static struct timeline_field *field_named(struct timeline_field *all, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++) {
		if (str_eq(all[i].name, name))
			return &all[i];
	}
	return NULL;
}

/* From the youngest merge to the oldest: the first that moved a field is its last decision. */
static int last_decisions(struct engine *engine, struct arena *arena, int64_t link_id, struct timeline_field *all,
                          size_t field_count, struct err *err)
{
	struct history *rows;
	size_t count;

	if (history_of_link(engine, arena, link_id, 0, MOST, &rows, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		struct history_field *fields;
		size_t n;

		if (history_fields(arena, &rows[i], &fields, &n, err) < 0)
			return err_pass(err);
		for (size_t f = 0; f < n; f++) {
			struct timeline_field *of = field_named(all, field_count, fields[f].name);

			if (!of || of->history)
				continue;
			of->history = &rows[i];
			of->last = fields[f];
		}
	}
	return 0;
}

static int read_base(struct engine *engine, const struct plan *plan, struct arena *arena, const struct link *link,
                     bool values, struct timeline_field *all, struct err *err)
{
	struct base *base = arena_new_array(arena, struct base, plan->mapping.count);

	if (base_read(engine, arena, &plan->mapping, link->base, base, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < plan->mapping.count; i++) {
		all[i].known = base[i].known;
		all[i].emr = values ? base[i].emr : STR_EMPTY;
		all[i].crm = values ? base[i].crm : STR_EMPTY;
	}
	return 0;
}

int timeline_fields(struct engine *engine, const struct plan *plan, struct arena *arena, const struct timeline_of *of,
                    bool values, struct timeline_field **ret, struct err *err)
{
	const struct mapping *m = &plan->mapping;
	struct timeline_field *all = arena_new_array(arena, struct timeline_field, m->count);

	for (size_t i = 0; i < m->count; i++)
		all[i] = (struct timeline_field) { .name = m->fields[i].name, .map = &m->fields[i] };
	*ret = all;
	if (of->link_count == 0)
		return 0;
	if (last_decisions(engine, arena, of->links[0].id, all, m->count, err) < 0 ||
	    read_base(engine, plan, arena, &of->links[0], values, all, err) < 0)
		return err_wrap(err, "read what was decided of fields");
	return 0;
}

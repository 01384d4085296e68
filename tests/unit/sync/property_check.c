/*
 * What must hold at rest beyond the fields: who is linked to whom, what the records say of it, how many there are, that nothing waits, that counts add up.
 */
#include "property.h"

#include <stdio.h>
#include <string.h>

#include "sync/review.h"
#include "sync/stage.h"

enum { MANY = 100000 };

struct found {
	struct arena arena;
	struct link *links;
	size_t link_count;
	struct conflict *conflicts;
	size_t conflict_count;
};

static struct found now;

bool check_waits_for_person(struct game *g UNUSED, int64_t link, enum field field)
{
	for (size_t i = 0; i < now.conflict_count; i++)
		if (now.conflicts[i].waiting && now.conflicts[i].link_id == link &&
		    str_eq_c(now.conflicts[i].field, field_facts[field].name))
			return true;
	return false;
}

static void find_all(struct game *g)
{
	const struct link_filter all = { .limit = MANY };
	const struct conflict_filter asked = { .limit = MANY };
	struct err err = ERR_INIT;

	arena_reset(&now.arena);
	must_go(g, link_list(&g->engine, &now.arena, &all, &now.links, &now.link_count, &err), &err);
	must_go(g, conflict_find(&g->engine, &now.arena, &asked, &now.conflicts, &now.conflict_count, &err), &err);
}

/* The navigation's number. */
static void check_counted(struct game *g)
{
	struct err err = ERR_INIT;
	int64_t waiting = 0, counted = 0;

	for (size_t i = 0; i < now.conflict_count; i++)
		waiting += now.conflicts[i].waiting;
	must_go(g, conflict_count(&g->engine, MANY, &counted, &err), &err);
	if (counted != waiting)
		broken(g, NULL, NULL, "R22: of %lld conflicts that wait %lld are counted", (long long)waiting,
		       (long long)counted);
}

static const struct pair_of *pair_before(const struct game *g, int64_t link)
{
	for (size_t i = 0; i < g->pair_count; i++)
		if (g->pairs[i].link == link)
			return &g->pairs[i];
	return NULL;
}

static const struct link *live_link_of(const struct record_of *r)
{
	for (size_t i = 0; i < now.link_count; i++)
		if (now.links[i].state <= LINK_MAKING && str_eq_c(link_id_of(&now.links[i], r->side), r->id))
			return &now.links[i];
	return NULL;
}

static int64_t last_link(const struct game *g)
{
	int64_t last = 0;

	for (size_t i = 0; i < g->pair_count; i++)
		last = MAX_OF(last, g->pairs[i].link);
	return last;
}

bool check_had_another(const struct game *g, const struct record_of *r, const struct pair_of *pair)
{
	for (size_t i = 0; i < now.link_count; i++)
		if (now.links[i].id > last_link(g) && now.links[i].id != pair->link &&
		    str_eq_c(link_id_of(&now.links[i], r->side), r->id))
			return true;
	return false;
}

/* ---- for whoever looks for the fault ---- */

static void show_link(struct game *g, const struct link *l)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct base base[FIELDS];
	struct err err = ERR_INIT;

	fprintf(stderr, "  link %lld state %d by %.*s: %.*s and %.*s; modified %lld | %lld, seen %lld | %lld; base",
	        (long long)l->id, (int)l->state, STR_ARG(l->how), STR_ARG(l->emr_id), STR_ARG(l->crm_id),
	        (long long)l->emr_modified_ms, (long long)l->crm_modified_ms, (long long)l->emr_seen_ms,
	        (long long)l->crm_seen_ms);
	if (base_read(&g->engine, &arena, &g->plan->mapping, l->base, base, &err) < 0)
		return;
	for (size_t i = 0; i < FIELDS; i++)
		fprintf(stderr, " %s='%.*s'|'%.*s'%s", field_facts[i].name, STR_ARG(base[i].emr), STR_ARG(base[i].crm),
		        !base[i].known             ? " unknown"
		        : base[i].unsure[SIDE_CRM] ? " unsure"
		                                   : "");
	fprintf(stderr, "\n");
}

void show_trail(struct game *g, const struct record_of *r)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct staged_filter its = { .record_id = str_of(r->id), .limit = MANY };
	const struct link_filter any = { .limit = MANY };
	struct err err = ERR_INIT;
	struct staged *rows;
	struct link *links;
	size_t count;

	if (stage_list(&g->engine, &arena, &its, &rows, &count, &err) < 0)
		return;
	fprintf(stderr, "payloads of %s:\n", r->id);
	for (size_t i = 0; i < count; i++)
		fprintf(stderr, "  %lld %s%s%s run %lld kind %d, modified %lld by %.*s, received %lld: %s, %s, %.*s\n",
		        (long long)rows[i].id, door_name(rows[i].door), rows[i].wish ? " wish " : "",
		        wish_name(rows[i].wish), (long long)rows[i].run_id, (int)rows[i].kind,
		        (long long)rows[i].modified_ms, STR_ARG(rows[i].modified_by), (long long)rows[i].received_ms,
		        staged_state_name(rows[i].state), outcome_name(rows[i].outcome), STR_ARG(rows[i].reason));
	if (link_list(&g->engine, &arena, &any, &links, &count, &err) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (str_eq_c(link_id_of(&links[i], r->side), r->id))
			show_link(g, &links[i]);
}

/* ---- payloads and counts ---- */

static void check_payloads(struct game *g)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct staged_filter all = { .limit = MANY };
	struct err err = ERR_INIT;
	struct staged *rows;
	size_t count;

	must_go(g, stage_list(&g->engine, &arena, &all, &rows, &count, &err), &err);
	for (size_t i = 0; i < count; i++) {
		const struct staged *s = &rows[i];

		if (s->state == STAGED_WAITING || s->state == STAGED_OWED || s->state == STAGED_TO_READ)
			broken(g, world_find(g, s->side, s->record_id), NULL,
			       "R3: payload %lld of %.*s (%s) is left %s", (long long)s->id, STR_ARG(s->record_id),
			       door_name(s->door), staged_state_name(s->state));
		/* What is refused for good because the record was deleted a moment before is no broken promise. */
		if (s->state == STAGED_FAILED && !str_eq_c(s->error_code, "BUSY") &&
		    !str_eq_c(s->error_code, "NOT_FOUND"))
			broken(g, world_find(g, s->side, s->record_id), NULL, "R3: payload %lld of %.*s failed: %.*s",
			       (long long)s->id, STR_ARG(s->record_id), STR_ARG(s->reason));
	}
}

static void check_runs(struct game *g)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct run *runs;
	size_t count;

	must_go(g, run_list(&g->engine, &arena, MANY, &runs, &count, &err), &err);
	for (size_t i = 0; i < count; i++) {
		int64_t counts[OUTCOME_COUNT], sum = 0;

		must_go(g, stage_counts(&g->engine, runs[i].id, counts, &err), &err);
		for (enum outcome o = OUTCOME_NONE; o < OUTCOME_COUNT; o++)
			sum += counts[o];
		if (runs[i].state == RUN_DONE && (sum != runs[i].read || counts[OUTCOME_NONE] != 0))
			broken(g, NULL, NULL, "R33: run %.*s (%.*s) read %lld and has %lld outcomes, %lld of them none",
			       STR_ARG(runs[i].batch_id), STR_ARG(runs[i].kind), (long long)runs[i].read,
			       (long long)sum, (long long)counts[OUTCOME_NONE]);
	}
}

/* ---- links ---- */

/* R9, R18: both are there, and both show the link. */
static void check_link(struct game *g, const struct pair_of *pair)
{
	const struct record_of *emr = pair->at[SIDE_EMR], *crm = pair->at[SIDE_CRM];

	if (emr->gone || crm->gone)
		return; /* R32: merged into a record that is linked, too: a person decides */
	if (strcmp(world_member(g, crm, "Patient_Id__c"), emr->id) != 0 ||
	    strcmp(world_member(g, crm, "Synced__c"), "true") != 0)
		broken(g, emr, crm, "R18: %s is linked to %s and does not show it", crm->id, emr->id);
	if (g->rules.back_reference && strcmp(world_member(g, emr, "our_id"), crm->id) != 0)
		broken(g, emr, crm, "R18: %s is linked to %s and does not show it", emr->id, crm->id);
}

static bool disturbed(const struct record_of *r)
{
	return r->gone || r->asked;
}

/* R6: a link decides, always: it ends only by a deletion, a merge or a wish. */
static void check_kept(struct game *g, const struct pair_of *before)
{
	const struct link *link = live_link_of(before->at[SIDE_EMR]);

	if (disturbed(before->at[SIDE_EMR]) || disturbed(before->at[SIDE_CRM]))
		return;
	if (!link || link->id != before->link || !str_eq_c(link->crm_id, before->at[SIDE_CRM]->id)) {
		/* Someone else may have been linked to one of the two by a wish of theirs, which unlinks these two (R30). */
		if (!live_link_of(before->at[SIDE_CRM]) || !link)
			broken(g, before->at[SIDE_EMR], before->at[SIDE_CRM],
			       "R6: %s and %s were linked and no longer are", before->at[SIDE_EMR]->id,
			       before->at[SIDE_CRM]->id);
	}
}

/* R29 */
static void check_not_again(struct game *g, const struct link *link, const struct pair_of *pair)
{
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		const struct record_of *r = pair->at[side];

		if (r->let_go && !r->survived && !pair->at[0]->asked && !pair->at[1]->asked)
			broken(g, pair->at[SIDE_EMR], pair->at[SIDE_CRM],
			       "R29: %s was let go of, nobody asked, and it is linked to %s again (by %.*s)", r->id,
			       pair->at[side_other(side)]->id, STR_ARG(link->how));
	}
}

static void take_pair(struct game *g, const struct link *link, struct pair_of *ret)
{
	*ret = (struct pair_of) { .link = link->id };
	ret->at[SIDE_EMR] = world_find(g, SIDE_EMR, link->emr_id);
	ret->at[SIDE_CRM] = world_find(g, SIDE_CRM, link->crm_id);
	if (!ret->at[SIDE_EMR] || !ret->at[SIDE_CRM])
		broken(g, ret->at[SIDE_EMR], ret->at[SIDE_CRM], "link %lld names records that were never there",
		       (long long)link->id);
}

static void check_links(struct game *g)
{
	for (size_t i = 0; i < now.link_count; i++) {
		const struct link *link = &now.links[i];
		struct pair_of pair;

		if (link->state > LINK_MAKING)
			continue;
		if (link->state == LINK_MAKING)
			broken(g, world_find(g, SIDE_EMR, link->emr_id), world_find(g, SIDE_CRM, link->crm_id),
			       "link %lld is never made", (long long)link->id);
		take_pair(g, link, &pair);
		check_link(g, &pair);
		if (link->id > last_link(g))
			check_not_again(g, link, &pair);
		if (!pair.at[0]->gone && !pair.at[1]->gone)
			check_pair(g, &pair, pair_before(g, link->id));
	}
	for (size_t i = 0; i < g->pair_count; i++)
		check_kept(g, &g->pairs[i]);
}

/* ---- nobody twice, nobody by mistake ---- */

/* R8, R5: of those whom the engine made, no two are for the same record unless somebody asked again. */
static void check_made(struct game *g)
{
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		for (size_t i = 0; i < g->count[side]; i++) {
			const struct record_of *r = g->people[side][i];
			int made = 0;

			for (size_t j = 0; j < g->count[side_other(side)]; j++)
				made += strcmp(g->people[side_other(side)][j]->made_for, r->id) == 0;
			if (made > 1 + r->asked_ever)
				broken(g, r, NULL, "R5 R8: %d records were made for %s", made, r->id);
		}
	}
}

static bool was_linked(const struct game *g, const struct record_of *r)
{
	for (size_t i = 0; i < g->pair_count; i++)
		if (g->pairs[i].at[r->side] == r)
			return true;
	for (size_t i = 0; i < now.link_count; i++)
		if (now.links[i].id > last_link(g) && str_eq_c(link_id_of(&now.links[i], r->side), r->id))
			return true;
	return live_link_of(r) != NULL;
}

static void check_everybody(struct game *g)
{
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		for (size_t i = 0; i < g->count[side]; i++) {
			const struct record_of *r = g->people[side][i];

			if (!r->gone && !was_linked(g, r) && !(g->lost && (r->asked || r->survived)))
				check_unlinked(g, r);
		}
	}
}

static void check_writes(struct game *g)
{
	unsigned written = memory_written(g->conn[0]) + memory_written(g->conn[1]) - g->written;
	unsigned most = 6 * g->acts + 4 * g->faults + 4;

	if (written > most)
		broken(g, NULL, NULL, "R26: %u acts of people made %u writes", g->acts, written);
}

void check_at_rest(struct game *g)
{
	find_all(g);
	check_payloads(g);
	check_runs(g);
	check_counted(g);
	check_links(g);
	check_made(g);
	check_everybody(g);
	check_writes(g);
}

/* ---- a new beginning ---- */

static void mark_let_go(struct game *g)
{
	for (size_t i = 0; i < now.link_count; i++) {
		const struct link *link = &now.links[i];

		for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
			struct record_of *r = world_find(g, side, link_id_of(link, side));

			if (r && link->state == LINK_ENDED)
				r->let_go = true;
		}
	}
}

void rest(struct game *g)
{
	find_all(g);
	g->pair_count = 0;
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		for (size_t i = 0; i < g->count[side]; i++) {
			world_rest(g, g->people[side][i]);
			g->people[side][i]->let_go = false;
		}
	}
	mark_let_go(g);
	for (size_t i = 0; i < now.link_count; i++) {
		struct pair_of *pair = &g->pairs[g->pair_count];

		if (now.links[i].state > LINK_MAKING)
			continue;
		take_pair(g, &now.links[i], pair);
		for (enum field f = 0; f < FIELDS; f++)
			pair->parked[f] = check_waits_for_person(g, pair->link, f);
		g->pair_count++;
	}
	g->written = memory_written(g->conn[0]) + memory_written(g->conn[1]);
	g->acts = g->faults = 0;
	g->new_policy = g->lost = false;
	arena_release(&now.arena);
}

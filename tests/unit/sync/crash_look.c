/*
 * How the world looks at rest, one line a fact, sorted: records field by field, links with their base, conflicts, payloads that failed or wait, batches with
 * their outcomes, what is owed. A record that the engine made is named by its person: its id depends on the order of creation.
 */
#include "crash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sync/link.h"
#include "sync/review.h"
#include "sync/stage.h"

enum { LINES_MOST = 600 };
#define LOOK_OUTCOMES "outcomes"

struct picture {
	struct world *w;
	struct arena arena;
	struct page sides[2];
	struct str lines[LINES_MOST];
	size_t count;
};

static const char *const patient_fields[] = {
	"first_name", "last_name", "dob", "email", "city", "payer", "stage", NULL
};
static const char *const contact_fields[] = { "FirstName", "LastName",  "Birthdate", "Email",     "MailingCity",
	                                      "Payer__c",  "Synced__c", "Stage__c",  "Status__c", NULL };

static void add_line(struct picture *p, struct str line)
{
	if (p->count == LINES_MOST)
		world_broken(p->w, "more to be seen than fits");
	p->lines[p->count++] = line;
}

static void must_read(struct picture *p, int code, const struct err *err)
{
	if (code < 0)
		world_broken(p->w, "look around: %s", err->text);
}

static struct str member_text(struct picture *p, const struct json *record, const char *member)
{
	const struct json *value = json_get(record, member);

	if (value && (value->kind == JSON_TRUE || value->kind == JSON_FALSE))
		return value->kind == JSON_TRUE ? STR("true") : STR("false");
	return arena_str(&p->arena, json_text(value));
}

/* ---- names ---- */

static const struct json *find(const struct picture *p, enum side side, struct str id)
{
	for (size_t i = 0; i < p->sides[side].count; i++)
		if (str_eq(p->sides[side].records[i].id, id))
			return p->sides[side].records[i].json;
	return NULL;
}

static struct str name_of(struct picture *p, enum side side, struct str id)
{
	const struct json *record = find(p, side, id);
	const char *const *fields = side == SIDE_EMR ? patient_fields : contact_fields;

	if (!str_starts(id, side == SIDE_EMR ? STR("pat-") : STR("003-")))
		return id;
	return arena_printf(&p->arena, "made:%.*s %.*s", STR_ARG(member_text(p, record, fields[0])),
	                    STR_ARG(member_text(p, record, fields[1])));
}

/* ---- records ---- */

static void read_side(struct picture *p, enum side side)
{
	struct connection *c = side == SIDE_EMR ? p->w->rig.emr : p->w->rig.crm;
	const struct list_request request = { .object = str_of(far_object(side)), .page_size = 1000 };
	struct call *call = memory_connector.list_start(c, &request);
	struct err err = ERR_INIT;

	must_read(p, memory_connector.list_finish(&call, &p->arena, &p->sides[side], &err), &err);
}

static void look_at_record(struct picture *p, enum side side, const struct record *r)
{
	const char *const *fields = side == SIDE_EMR ? patient_fields : contact_fields;
	struct str other = member_text(p, r->json, side == SIDE_EMR ? "our_id" : "Patient_Id__c");
	struct str line =
	        arena_printf(&p->arena, "record %d %.*s%s of [%.*s]", (int)side, STR_ARG(name_of(p, side, r->id)),
	                     r->deleted ? " (deleted)" : "", STR_ARG(name_of(p, side_other(side), other)));

	for (; *fields && r->json; fields++)
		line = arena_printf(&p->arena, "%.*s %s=%.*s", STR_ARG(line), *fields,
		                    STR_ARG(member_text(p, r->json, *fields)));
	add_line(p, line);
}

/* ---- links ---- */

static struct str base_text(struct picture *p, const struct link *link)
{
	const struct mapping *m = &p->w->rig.plan->mapping;
	struct base *base = arena_new_array(&p->arena, struct base, m->count);
	struct str text = STR_EMPTY;
	struct err err = ERR_INIT;

	if (link->base.len == 0)
		return STR("none");
	must_read(p, base_read(&p->w->rig.engine, &p->arena, m, link->base, base, &err), &err);
	for (size_t i = 0; i < m->count; i++)
		text = arena_printf(&p->arena, "%.*s|%s%.*s~%.*s", STR_ARG(text), base[i].known ? "" : "?",
		                    STR_ARG(base[i].emr), STR_ARG(base[i].crm));
	return text;
}

static void look_at_links(struct picture *p)
{
	const struct link_filter all = { .states = 1 << LINK_LINKED | 1 << LINK_MAKING, .limit = 1000 };
	struct err err = ERR_INIT;
	struct link *links;
	size_t count;

	must_read(p, link_list(&p->w->rig.engine, &p->arena, &all, &links, &count, &err), &err);
	for (size_t i = 0; i < count; i++)
		add_line(p, arena_printf(&p->arena, "link %.*s - %.*s state %d %s base %.*s",
		                         STR_ARG(name_of(p, SIDE_EMR, links[i].emr_id)),
		                         STR_ARG(name_of(p, SIDE_CRM, links[i].crm_id)), (int)links[i].state,
		                         links[i].stopped_why.len ? "stopped" : "", STR_ARG(base_text(p, &links[i]))));
}

static void look_at_conflicts(struct picture *p)
{
	const struct conflict_filter all = { .waiting = true, .limit = 1000 };
	struct err err = ERR_INIT;
	struct conflict *conflicts;
	size_t count;

	must_read(p, conflict_find(&p->w->rig.engine, &p->arena, &all, &conflicts, &count, &err), &err);
	for (size_t i = 0; i < count; i++) {
		struct str emr, crm;

		must_read(p, link_ids(&p->w->rig.engine, &p->arena, conflicts[i].link_id, &emr, &crm, &err), &err);
		add_line(p, arena_printf(&p->arena, "conflict of %.*s in %.*s", STR_ARG(name_of(p, SIDE_EMR, emr)),
		                         STR_ARG(conflicts[i].field)));
	}
}

/* ---- payloads, batches, what is owed ---- */

static void look_at_payloads(struct picture *p)
{
	const struct staged_filter all = { .limit = 10000 };
	struct err err = ERR_INIT;
	struct staged *rows;
	size_t count;

	must_read(p, stage_list(&p->w->rig.engine, &p->arena, &all, &rows, &count, &err), &err);
	for (size_t i = 0; i < count; i++) {
		struct str bytes;

		if (rows[i].state == STAGED_DONE || rows[i].state == STAGED_SUPERSEDED)
			continue;
		must_read(p, stage_bytes(&p->w->rig.engine, &p->arena, &rows[i], &bytes, &err), &err);
		add_line(p, arena_printf(&p->arena, "payload of %.*s is %s: %.*s, %zu bytes",
		                         STR_ARG(name_of(p, rows[i].side, rows[i].record_id)),
		                         staged_state_name(rows[i].state), STR_ARG(rows[i].error_code),
		                         rows[i].record_id.len ? (size_t)0 : bytes.len));
	}
}

static void look_at_runs(struct picture *p)
{
	struct err err = ERR_INIT;
	struct run *runs;
	size_t count;

	must_read(p, run_list(&p->w->rig.engine, &p->arena, 200, &runs, &count, &err), &err);
	for (size_t i = 0; i < count; i++) {
		int64_t outcomes[OUTCOME_COUNT], sum = 0;
		struct str line = arena_printf(&p->arena, LOOK_OUTCOMES " of %.*s:", STR_ARG(runs[i].kind));

		if (str_eq_c(runs[i].kind, "delta"))
			continue; /* what one of them missed another one brings */
		must_read(p, stage_counts(&p->w->rig.engine, runs[i].id, outcomes, &err), &err);
		for (size_t k = 0; k < OUTCOME_COUNT; sum += outcomes[k++])
			line = arena_printf(&p->arena, "%.*s %lld", STR_ARG(line), (long long)outcomes[k]);
		add_line(p, line);
		add_line(p, arena_printf(&p->arena, "run %.*s is %s, %lld payloads", STR_ARG(runs[i].kind),
		                         run_state_name(runs[i].state), (long long)sum));
	}
}

static void look_at_owed(struct picture *p)
{
	struct err err = ERR_INIT;
	int64_t owed;

	must_read(p, hand_owed(&p->w->hand, true, &owed, &err), &err);
	add_line(p, arena_printf(&p->arena, "owed %lld", (long long)owed));
}

static int by_text(const void *a, const void *b)
{
	const struct str *x = a, *y = b;
	int order = memcmp(x->at, y->at, MIN_OF(x->len, y->len));

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

void look_around(struct world *w, char *out, size_t size)
{
	struct picture *p = calloc(1, sizeof(*p)); /* too large for the stack; the process ends soon */
	size_t len = 0;

	must(p != NULL);
	p->w = w;
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++)
		read_side(p, side);
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++)
		for (size_t i = 0; i < p->sides[side].count; i++)
			look_at_record(p, side, &p->sides[side].records[i]);
	look_at_links(p);
	look_at_conflicts(p);
	look_at_payloads(p);
	look_at_runs(p);
	look_at_owed(p);
	qsort(p->lines, p->count, sizeof(p->lines[0]), by_text);
	for (size_t i = 0; i < p->count && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%.*s\n", STR_ARG(p->lines[i]));
	if (len >= size)
		world_broken(w, "more to be seen than fits");
	arena_release(&p->arena);
	free(p);
}

/* ---- two looks beside each other ---- */

void look_without_outcomes(const char *look, char *out)
{
	for (size_t line; *look; look += line) {
		line = strcspn(look, "\n") + 1;
		if (strncmp(look, LOOK_OUTCOMES, strlen(LOOK_OUTCOMES)) == 0)
			continue;
		memcpy(out, look, line);
		out += line;
	}
	*out = '\0';
}

/* Lines of `a` that `b` does not have as often. */
static size_t lines_missing(const char *a, const char *b, const char *word, char *text, size_t size)
{
	size_t len = 0, run = 0, line;

	for (const char *last = ""; *a; last = a, a += line + 1) {
		const char *at = b;
		size_t found = 0;

		line = strcspn(a, "\n");
		run = strncmp(last, a, line + 1) == 0 ? run + 1 : 1;
		for (; *at; at += strcspn(at, "\n") + 1)
			found += strncmp(at, a, line + 1) == 0;
		if (found < run && len < size)
			len += (size_t)snprintf(text + len, size - len, "\n#   %s %.*s", word, (int)line, a);
	}
	return MIN_OF(len, size - 1);
}

const char *look_difference(const char *is, const char *should, char *text, size_t size)
{
	size_t len = (size_t)snprintf(text, size, "the world differs:");

	if (strcmp(is, should) == 0)
		return NULL;
	len += lines_missing(is, should, "too much", text + len, size - len);
	lines_missing(should, is, "missing ", text + len, size - len);
	return text;
}

/*
 * What people do on either side; and how we are told: a signed webhook with the whole record or with its id only, an event of a stream with the changed
 * members. What tells us may be lost, told twice, late, or overtaken by what came after it.
 */
#include "property.h"

#include <stdio.h>
#include <string.h>

#include "sync/capture.h"

/* ---- what a person may type ---- */

static const char *const words[FIELDS][5] = {
	[FIELD_FIRST] = { "Ann", "Bob", "Cleo", "Dan", "" },
	[FIELD_LAST] = { "Lee", "Ray", "Lee", "Ray", "Fox" },
	[FIELD_BIRTH] = { "1980-01-02", "1990-05-06", "1980-01-02", "1970-07-08", "" },
	[FIELD_MAIL] = { "ann@x.example", "bob@x.example", "home@x.example", "work@x.example", "" },
	[FIELD_CITY] = { "Boise", "Nampa", "Eagle", "Twin  Falls", "" },
	[FIELD_MOBILE] = { "2085550101", "2085550102", "2085550103", "2085550104", "" },
	[FIELD_PAYER] = { "Aetna", "Cigna", "Humana", "none", "" },
	[FIELD_STAGE] = { "new", "lead", "won", "lost", "" },
};

static void capitals(char text[TEXT])
{
	for (char *at = text; *at; at++)
		*at = (char)(*at >= 'a' && *at <= 'z' ? *at - 32 : *at);
}

/* The same again in another spelling. */
static void respell(struct game *g, enum field field, char text[TEXT])
{
	char plain[TEXT];

	memcpy(plain, text, TEXT);
	if (text[0] == '\0')
		snprintf(text, TEXT, "%s", percent(g, 50) ? "" : "  ");
	else if (field == FIELD_MOBILE)
		snprintf(text, TEXT, "%s(%.3s) %.3s-%.4s", percent(g, 50) ? "+1 " : "", plain, plain + 3, plain + 6);
	else if (field == FIELD_MAIL || field == FIELD_FIRST || field == FIELD_LAST)
		capitals(text);
	else if (field != FIELD_BIRTH)
		snprintf(text, TEXT, "  %.40s ", plain);
}

static void type(struct game *g, enum field field, char text[TEXT])
{
	snprintf(text, TEXT, "%s", words[field][one_of(g, ARRAY_LEN(words[field]))]);
	if (percent(g, 20))
		respell(g, field, text);
}

/* ---- records to act on ---- */

static struct record_of *anybody(struct game *g, enum side side)
{
	for (int tries = 0; tries < 20 && g->count[side] > 0; tries++) {
		struct record_of *r = g->people[side][one_of(g, (unsigned)g->count[side])];

		if (!r->gone)
			return r;
	}
	return NULL;
}

static enum side a_side(struct game *g)
{
	return percent(g, 50) ? SIDE_EMR : SIDE_CRM;
}

static void put(struct game *g, struct record_of *r, const char *members)
{
	char json[700];

	snprintf(json, sizeof(json), "{\"%s\":\"%s\"%s}", r->side == SIDE_EMR ? "id" : "Id", r->id, members);
	world_put(g, r, json);
	g->acts++;
	note(g, "%s %s: %s", r->side == SIDE_EMR ? "EMR" : "CRM", r->id, members + 1);
}

static size_t add_member(const struct record_of *r, enum field field, const char *text, char *out, size_t len,
                         size_t size)
{
	const char *member = field_facts[field].member[r->side];

	if (text[0] == '\0')
		return len + (size_t)snprintf(out + len, size - len, ",\"%s\":null", member);
	return len + (size_t)snprintf(out + len, size - len, ",\"%s\":\"%s\"", member, text);
}

static enum field a_field(struct game *g)
{
	return percent(g, 85) ? FIELD_MAIL + one_of(g, FIELDS - FIELD_MAIL) : one_of(g, FIELD_MAIL);
}

static void edit(struct game *g, struct record_of *r)
{
	char members[500] = "";
	size_t len = 0;

	for (unsigned n = 1 + one_of(g, 3); n > 0; n--) {
		enum field field = a_field(g);
		char text[TEXT];

		type(g, field, text);
		len = add_member(r, field, text, members, len, sizeof(members));
	}
	put(g, r, members);
	notice_change(g, r, "updated");
}

/* Edits of one pair fall together more often than chance would have it. */
static struct record_of *somebody(struct game *g)
{
	struct record_of *r;

	if (g->pair_count > 0 && percent(g, 60)) {
		r = g->pairs[one_of(g, (unsigned)MIN_OF(g->pair_count, (size_t)4))].at[a_side(g)];
		if (!r->gone)
			return r;
	}
	return anybody(g, a_side(g));
}

void act_edit(struct game *g)
{
	struct record_of *r = somebody(g);

	if (!r)
		return;
	if (percent(g, 90))
		world_pass(g, one_of(g, 2000));
	edit(g, r);
}

/* Both sides of a pair in the same instant. */
static void edit_both(struct game *g)
{
	struct pair_of *pair = g->pair_count ? &g->pairs[one_of(g, (unsigned)g->pair_count)] : NULL;

	if (!pair || pair->at[0]->gone || pair->at[1]->gone)
		return;
	world_pass(g, 0);
	edit(g, pair->at[SIDE_EMR]);
	edit(g, pair->at[SIDE_CRM]);
}

/* Often somebody whom the other side knows, or a twin. */
static void who_is_it(struct game *g, char text[][TEXT])
{
	struct record_of *like = percent(g, 50) ? anybody(g, a_side(g)) : NULL;

	for (enum field f = FIELD_FIRST; f <= FIELD_BIRTH; f++) {
		if (like)
			world_text(g, like, f, text[f]);
		else
			type(g, f, text[f]);
	}
	if (!like && text[FIELD_BIRTH][0] && percent(g, 70))
		snprintf(text[FIELD_BIRTH], TEXT, "19%02u-0%u-1%u", 40 + one_of(g, 60), 1 + one_of(g, 9),
		         one_of(g, 10));
}

void act_create(struct game *g, enum side side)
{
	char id[ID], text[FIELDS][TEXT] = { 0 }, members[500] = "";
	struct record_of *r;
	size_t len = 0;

	if (g->count[side] > PEOPLE - 100)
		return;
	world_look_around(g, notice_change);
	who_is_it(g, text);
	for (enum field f = FIELD_MAIL; f < FIELDS; f++)
		type(g, f, text[f]);
	snprintf(id, sizeof(id), "%s%zu", side == SIDE_EMR ? "e" : "c", g->count[side] + 1);
	r = world_add(g, side, id, false);
	for (enum field f = 0; f < FIELDS; f++)
		len = add_member(r, f, text[f], members, len, sizeof(members));
	put(g, r, members);
	notice_change(g, r, "created");
}

static void act_remove(struct game *g)
{
	struct record_of *r = anybody(g, a_side(g));

	if (!r)
		return;
	memory_remove(g->conn[r->side], world_object(r->side), r->id);
	r->gone = g->lost = true;
	r->touched = g->step;
	g->acts++;
	note(g, "%s %s is deleted", r->side == SIDE_EMR ? "EMR" : "CRM", r->id);
	notice_change(g, r, "removed");
}

static void act_merge(struct game *g)
{
	enum side side = a_side(g);
	struct record_of *loser = anybody(g, side), *survivor = anybody(g, side);

	if (!loser || loser == survivor)
		return;
	memory_merge(g->conn[side], world_object(side), loser->id, survivor->id);
	loser->gone = g->lost = true;
	loser->touched = survivor->touched = g->step;
	survivor->survived = true;
	g->acts++;
	note(g, "%s %s is merged into %s", side == SIDE_EMR ? "EMR" : "CRM", loser->id, survivor->id);
	notice_change(g, loser, "merged");
}

static void wish(struct game *g, enum wish what, struct record_of *r, struct record_of *partner)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct asked asked = { what, str_of(r->id), partner ? str_of(partner->id) : STR_EMPTY };
	const struct capture how = { .side = r->side, .door = DOOR_CLICK, .priority = STAGED_PERSON, .total = -1 };
	struct captured done;
	struct err err = ERR_INIT;

	must_go(g, capture_wish(&g->engine, g->plan, &arena, &asked, &how, &done, &err), &err);
	r->asked = true;
	r->asked_ever++;
	if (partner)
		partner->asked = true;
	g->acts++;
	note(g, "%s %s: a person wishes %s %s", r->side == SIDE_EMR ? "EMR" : "CRM", r->id, wish_name(what),
	     partner ? partner->id : "");
}

static void act_wish(struct game *g)
{
	enum wish what = WISH_SYNC + one_of(g, WISHES - WISH_SYNC);
	struct record_of *r = somebody(g);

	if (r)
		wish(g, what, r, what == WISH_LINK || what == WISH_RELINK ? anybody(g, side_other(r->side)) : NULL);
}

/* To add an act: one row here. */
static const struct {
	unsigned weight;
	void (*act)(struct game *g);
} acts[] = { { 60, act_edit }, { 10, edit_both }, { 3, act_remove }, { 2, act_merge }, { 8, act_wish } };

void act_at_random(struct game *g)
{
	unsigned total = 12, at;

	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		total += acts[i].weight;
	at = one_of(g, total);
	for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
		if (at < acts[i].weight) {
			acts[i].act(g);
			return;
		}
		at -= acts[i].weight;
	}
	act_create(g, a_side(g));
}

/* ---- what tells of it ---- */

struct notice {
	enum side side;
	bool stream;
	int due; /* step */
	struct hook hook;
	struct event event;
	struct notice *next;
};

void notices_forget(struct game *g)
{
	g->notices = NULL;
}

static void put_in_queue(struct game *g, const struct notice *n)
{
	struct notice *copy = arena_new(&g->arena, struct notice), **at = &g->notices;

	*copy = *n;
	copy->due = g->step + (percent(g, 70) ? 0 : (int)one_of(g, 25));
	while (*at && !percent(g, 10)) /* now and then it overtakes others */
		at = &(*at)->next;
	copy->next = *at;
	*at = copy;
}

/* Members that differ from what was told last. */
static struct json *changed_members(struct game *g, const struct record_of *r, const struct json *record)
{
	struct json *members = json_new(&g->arena, JSON_OBJECT), *before = NULL;
	struct err ignored = ERR_INIT;

	if (r->seen.len && json_parse(&g->arena, r->seen, &before, &ignored) < 0)
		before = NULL;
	JSON_EACH (record, member) {
		if (!json_equal(member, json_get_str(before, member->key)))
			json_set(members, member->key, json_copy(&g->arena, member));
	}
	return members;
}

static void make_event(struct game *g, const struct record_of *r, const char *what, struct notice *n)
{
	const struct json *record = memory_get(g->conn[r->side], world_object(r->side), r->id, &g->arena);
	SCOPED(buf) struct buf text = BUF_INIT(100000);
	struct json *members = changed_members(g, r, record);

	json_write(&text, members);
	n->event = (struct event) {
		.kind = strcmp(what, "removed") == 0 ? EVENT_REMOVED : EVENT_CHANGED,
		.name = STR("ChangeEvent"),
		.object = str_of(world_object(r->side)),
		.record = { .bytes = arena_str(&g->arena, buf_str(&text)), .json = members, .id = str_of(r->id) },
	};
}

void notice_change(struct game *g, struct record_of *r, const char *what)
{
	struct notice n = { .side = r->side, .stream = r->side == SIDE_CRM && percent(g, 60) };
	const struct json *record = memory_get(g->conn[r->side], world_object(r->side), r->id, &g->arena);

	if (n.stream && strcmp(what, "merged") != 0)
		make_event(g, r, what, &n);
	else
		memory_hook(g->conn[r->side], world_object(r->side), r->id, what,
		            strcmp(what, "merged") == 0 || percent(g, 50), &g->arena, &n.hook);
	n.stream = n.event.name.len > 0;
	r->seen = record ? arena_str(&g->arena, record->raw) : STR_EMPTY;
	if (percent(g, 20))
		return; /* lost */
	put_in_queue(g, &n);
	if (percent(g, 10))
		put_in_queue(g, &n);
}

static void take(struct game *g, const struct notice *n)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct capture how = {
		.side = n->side, .door = n->stream ? DOOR_STREAM : DOOR_WEBHOOK, .priority = STAGED_LIVE, .total = -1
	};
	struct event event = n->event;
	struct events events = { &event, 1 };
	struct captured done;
	struct err err = ERR_INIT;

	if (!n->stream)
		must_go(g, memory_connector.webhook(g->conn[n->side], &arena, &n->hook, &events, &err), &err);
	must_go(g, capture_events(&g->engine, g->plan, &arena, &events, &how, &done, &err), &err);
}

void notices_deliver(struct game *g, bool all)
{
	struct notice **at = &g->notices;

	while (*at) {
		struct notice *n = *at;

		if (!all && n->due > g->step) {
			at = &n->next;
			continue;
		}
		*at = n->next;
		take(g, n);
	}
}

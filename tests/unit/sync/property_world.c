/*
 * Two memory systems and what is known of their people. Each far side may have opinions of its own about what it is sent (rewrites): it tidies
 * phones and e-mails, shouts cities, or cuts them short.
 */
#include "property.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../test_store.h"
#include "lib/clock.h"

const struct field_facts field_facts[FIELDS] = {
	[FIELD_FIRST] = { "First name", { "first_name", "FirstName" }, "name\",\"role\":\"first_name", DIRECTION_BOTH },
	[FIELD_LAST] = { "Last name", { "last_name", "LastName" }, "name\",\"role\":\"last_name", DIRECTION_BOTH },
	[FIELD_BIRTH] = { "Birth date", { "dob", "Birthdate" }, "date\",\"role\":\"birth_date", DIRECTION_BOTH },
	[FIELD_MAIL] = { "E-mail", { "email", "Email" }, "email", DIRECTION_BOTH },
	[FIELD_CITY] = { "City", { "city", "MailingCity" }, "text", DIRECTION_BOTH },
	[FIELD_MOBILE] = { "Mobile", { "mobile", "MobilePhone" }, "phone", DIRECTION_BOTH },
	[FIELD_PAYER] = { "Payer", { "payer", "Payer__c" }, "text", DIRECTION_EMR_TO_CRM },
	[FIELD_STAGE] = { "Stage", { "stage", "Stage__c" }, "text", DIRECTION_CRM_TO_EMR },
};

static const int64_t beginning_ms = 1767225600000; /* of the memory connector's clock */

const char *world_object(enum side side)
{
	return side == SIDE_EMR ? "patient" : "Contact";
}

/* ---- opinions of the far sides (R27) ---- */

struct opinion {
	struct game *game;
	enum side side;
};

static struct opinion opinions[2];

static void set_text(struct arena *arena, struct json *record, const char *member, const char *text)
{
	json_set(record, arena_str(arena, str_of(member)), json_new_text(arena, arena_str(arena, str_of(text))));
}

static void tidy(struct arena *arena, struct json *record, enum side side)
{
	struct str mail = json_get_text(record, field_facts[FIELD_MAIL].member[side]);
	struct str mobile = json_get_text(record, field_facts[FIELD_MOBILE].member[side]);
	char text[TEXT], digits[TEXT];
	size_t n = 0;

	snprintf(text, sizeof(text), "%.*s", STR_ARG(mail));
	for (char *at = text; *at; at++)
		*at = (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
	if (mail.len)
		set_text(arena, record, field_facts[FIELD_MAIL].member[side], text);
	for (size_t i = 0; i < mobile.len; i++)
		if (mobile.at[i] >= '0' && mobile.at[i] <= '9')
			digits[n++] = mobile.at[i];
	if (n < 10)
		return;
	snprintf(text, sizeof(text), "(%.3s) %.3s-%.4s", digits + n - 10, digits + n - 7, digits + n - 4);
	set_text(arena, record, field_facts[FIELD_MOBILE].member[side], text);
}

static void shout(struct arena *arena, struct json *record, enum side side)
{
	struct str city = json_get_text(record, field_facts[FIELD_CITY].member[side]);
	char text[TEXT];

	snprintf(text, sizeof(text), "%.*s", STR_ARG(city));
	for (char *at = text; *at; at++)
		*at = (char)(*at >= 'a' && *at <= 'z' ? *at - 32 : *at);
	if (city.len)
		set_text(arena, record, field_facts[FIELD_CITY].member[side], text);
}

static void cut_short(struct arena *arena, struct json *record, enum side side)
{
	struct str city = json_get_text(record, field_facts[FIELD_CITY].member[side]);
	char text[TEXT];
	size_t skip = 0;

	while (skip < city.len && city.at[skip] == ' ')
		skip++;
	snprintf(text, sizeof(text), "%.*s", (int)MIN_OF((size_t)4, city.len - skip), city.at + skip);
	if (city.len)
		set_text(arena, record, field_facts[FIELD_CITY].member[side], text);
}

static void rewrite(void *context, struct arena *arena, struct json *record)
{
	static void (*const ways[])(struct arena * arena, struct json * record, enum side side) = { NULL, tidy, shout,
		                                                                                    cut_short };
	struct opinion *o = context;
	int way = o->game->rules.rewrites[o->side];

	o->game->far_ms[o->side] += 1000; /* it is called once for each change, which takes a second there */
	if (ways[way])
		ways[way](arena, record, o->side);
}

/* ---- the configuration ---- */

static const char *const removals[] = { "unlink", "flag", "delete" };
static const char *const winners[] = { "emr", "crm", "newest", "review" };

static struct str mapping_of(struct game *g, struct arena *arena)
{
	static const char *const directions[] = { "both", "emr_to_crm", "crm_to_emr" };
	struct str rows = STR_EMPTY;

	for (size_t i = 0; i < FIELDS; i++) {
		const struct field_facts *f = &field_facts[i];

		rows = arena_printf(arena,
		                    "%.*s%s{\"name\":\"%s\",\"emr\":\"%s\",\"crm\":\"%s\",\"type\":\"%s\","
		                    "\"direction\":\"%s\",\"winner\":\"%s\",\"blank\":\"%s\"}",
		                    STR_ARG(rows), i ? "," : "", f->name, f->member[SIDE_EMR], f->member[SIDE_CRM],
		                    f->type, directions[f->direction], winners[g->rules.winner[i]],
		                    g->rules.blank[i] == BLANK_CLEAR ? "clear" : "keep");
	}
	return rows;
}

static const char *yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

static struct str configuration(struct game *g, struct arena *arena)
{
	const struct rules *r = &g->rules;

	return arena_printf(
	        arena,
	        "{\"connections\":{"
	        "\"practice\":{\"kind\":\"memory\",\"reference\":\"our_id\",\"prefix\":\"pat-\",\"page_size\":\"10\","
	        "\"has_times\":\"%s\",\"changes\":\"%s\",\"answers\":\"%s\"},"
	        "\"org\":{\"kind\":\"memory\",\"id\":\"Id\",\"version\":\"SystemModstamp\",\"deleted\":\"IsDeleted\","
	        "\"merged\":\"MasterRecordId\",\"prefix\":\"003-\",\"reference\":\"Patient_Id__c\",\"write_batch\":"
	        "\"3\","
	        "\"has_times\":\"%s\",\"changes\":\"%s\",\"answers\":\"%s\"}},"
	        "\"integration\":{\"name\":\"i\",\"emr\":\"practice\",\"crm\":\"org\"},"
	        "\"syncs\":{\"patients\":{\"emr_object\":\"patient\",\"crm_object\":\"Contact\","
	        "\"crm_id_field\":\"Patient_Id__c\",\"crm_synced_field\":\"Synced__c\",\"crm_run_field\":\"Batch__c\","
	        "\"create\":true,\"create_in_emr\":true,\"trigger\":[{\"field\":\"LastName\",\"not_blank\":true}],"
	        "\"trigger_creates\":true,\"turns_max\":1000,\"on_emr_delete\":\"%s\",\"on_crm_delete\":\"%s\",\"back_"
	        "reference\":%s,\"mapping\":{\"fields\":[%s]}}}}",
	        yes_no(r->times[SIDE_EMR]), yes_no(r->changes[SIDE_EMR]), yes_no(r->answers[SIDE_EMR]),
	        yes_no(r->times[SIDE_CRM]), yes_no(r->changes[SIDE_CRM]), yes_no(r->answers[SIDE_CRM]),
	        removals[r->on_removal[SIDE_EMR]], removals[r->on_removal[SIDE_CRM]],
	        r->back_reference ? "true" : "false", mapping_of(g, arena).at);
}

/* Both systems stay what they are; only the first plan opens them. */
static void keep_systems(struct game *g, struct plan *plan)
{
	for (size_t side = 0; side < 2 && g->plan; side++) {
		plan->conn[side]->kind->close(&plan->conn[side]);
		plan->conn[side] = g->conn[side];
		g->plan->conn[side] = NULL;
	}
	plan_close(&g->plan);
	g->plan = plan;
}

void world_configure(struct game *g)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct applied applied;
	struct plan *plan;

	engine_forget(g);
	must_go(g, catalog_apply(&g->engine, configuration(g, &arena), "test.json", ".", "test", &applied, &err), &err);
	must_go(g, plan_open(&g->engine, STR_EMPTY, &plan, &err), &err);
	keep_systems(g, plan);
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		opinions[side] = (struct opinion) { g, side };
		g->conn[side] = plan->conn[side];
		memory_rewrite(g->conn[side], rewrite, &opinions[side]);
	}
}

static void open_store(struct game *g)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;

	must_go(g, store_open(test_store_url(&arena, g->path), &g->engine.store, &err), &err);
}

void world_restart(struct game *g)
{
	engine_forget(g);
	store_close(&g->engine.store);
	atomic_store(&g->engine.stop, false);
	open_store(g);
}

void world_open(struct game *g)
{
	struct err err = ERR_INIT;

	snprintf(g->path, sizeof(g->path), "%s/suture-game-XXXXXX",
	         access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(g->path));
	g->engine.who = "test";
	g->hand.now_ms = g->far_ms[SIDE_EMR] = g->far_ms[SIDE_CRM] = beginning_ms;
	clock_fix(g->hand.now_ms);
	must_go(g, keyring_open(keyring_generate(&g->arena), &g->engine.keys, &err), &err);
	open_store(g);
	world_configure(g);
}

void world_close(struct game *g)
{
	static const char *const files[] = { "test.db", "test.db-wal", "test.db-shm" };
	char path[128];

	engine_forget(g);
	hand_take(NULL);
	plan_close(&g->plan);
	store_close(&g->engine.store);
	test_store_forget(g->path);
	keyring_free(&g->engine.keys);
	arena_release(&g->arena);
	clock_fix(0);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", g->path, files[i]);
		unlink(path);
	}
	rmdir(g->path);
}

void world_pass(struct game *g, int64_t ms)
{
	int64_t latest = MAX_OF(g->hand.now_ms, MAX_OF(g->far_ms[SIDE_EMR], g->far_ms[SIDE_CRM])) + ms;

	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		memory_pass_time(g->conn[side], latest - g->far_ms[side]);
		g->far_ms[side] = latest;
	}
	g->hand.now_ms = latest;
	clock_fix(latest);
}

/* ---- records ---- */

static void text_of(const struct json *record, const char *member, char text[TEXT])
{
	snprintf(text, TEXT, "%.*s", STR_ARG(json_get_text(record, member)));
}

void world_text(struct game *g, const struct record_of *r, enum field field, char text[TEXT])
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	text_of(memory_get(g->conn[r->side], world_object(r->side), r->id, &arena), field_facts[field].member[r->side],
	        text);
}

const char *world_member(struct game *g, const struct record_of *r, const char *member)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct json *value = json_get(memory_get(g->conn[r->side], world_object(r->side), r->id, &arena), member);

	if (value && (value->kind == JSON_TRUE || value->kind == JSON_FALSE))
		return value->kind == JSON_TRUE ? "true" : "false";
	return arena_text(&g->arena, json_text(value));
}

struct record_of *world_find(struct game *g, enum side side, struct str id)
{
	for (size_t i = 0; i < g->count[side]; i++)
		if (str_eq_c(id, g->people[side][i]->id))
			return g->people[side][i];
	return NULL;
}

struct record_of *world_add(struct game *g, enum side side, const char *id, bool made)
{
	struct record_of *r = arena_new(&g->arena, struct record_of);

	ensure(g->count[side] < PEOPLE);
	r->side = side;
	r->made = made;
	r->touched = -1;
	snprintf(r->id, sizeof(r->id), "%s", id);
	g->people[side][g->count[side]++] = r;
	return r;
}

static void say(struct game *g, struct record_of *r, enum field field, const char *text, int step, bool raced)
{
	struct said *said = arena_new(&g->arena, struct said);

	snprintf(said->text, sizeof(said->text), "%s", text);
	said->step = step;
	said->raced = raced;
	said->before = r->said[field];
	r->said[field] = said;
}

void world_put(struct game *g, struct record_of *r, const char *json)
{
	char before[FIELDS][TEXT], after[TEXT];
	bool raced = engine_is_writing(g, r);

	for (enum field f = 0; f < FIELDS; f++)
		world_text(g, r, f, before[f]);
	memory_put(g->conn[r->side], world_object(r->side), json);
	for (enum field f = 0; f < FIELDS; f++) {
		world_text(g, r, f, after);
		if (strcmp(before[f], after) != 0)
			say(g, r, f, after, g->step, raced);
	}
	r->changed_ms = g->far_ms[r->side];
	r->touched = g->step;
}

void world_rest(struct game *g, struct record_of *r)
{
	char text[TEXT];

	for (enum field f = 0; f < FIELDS; f++) {
		r->said[f] = NULL;
		world_text(g, r, f, text);
		say(g, r, f, text, -1, false);
	}
	r->touched = -1;
	r->asked = r->survived = false;
}

static void look_at(struct game *g, struct record_of *r,
                    void (*on_change)(struct game *, struct record_of *, const char *))
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct json *record = memory_get(g->conn[r->side], world_object(r->side), r->id, &arena);

	if (r->gone)
		return;
	if (!record)
		r->gone = true; /* by the engine, as the sync says (R31) */
	if (record && str_eq(record->raw, r->seen))
		return;
	on_change(g, r, record ? "updated" : "removed");
	r->seen = record ? arena_str(&g->arena, record->raw) : STR_EMPTY;
}

/* The engine made one. */
static void meet(struct game *g, enum side side, const char *id,
                 void (*on_change)(struct game *, struct record_of *, const char *))
{
	struct record_of *r = world_add(g, side, id, true);

	snprintf(r->made_for, sizeof(r->made_for), "%s",
	         world_member(g, r, side == SIDE_EMR ? "our_id" : "Patient_Id__c"));
	note(g, "%s %s is made for %s", side == SIDE_EMR ? "EMR" : "CRM", id, r->made_for);
	look_at(g, r, on_change);
}

void world_look_around(struct game *g, void (*on_change)(struct game *, struct record_of *, const char *))
{
	static const char *const prefix[] = { "pat-", "003-" };

	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		unsigned written = memory_written(g->conn[side]);
		bool more = written != g->seen_written[side];

		g->seen_written[side] = written;
		for (size_t i = 0; more && i < g->count[side]; i++)
			look_at(g, g->people[side][i], on_change);
		while (more) {
			SCOPED(arena) struct arena arena = ARENA_INIT;
			char id[ID];

			snprintf(id, sizeof(id), "%s%zu", prefix[side], g->count[side] + 1);
			more = memory_get(g->conn[side], world_object(side), id, &arena) != NULL;
			if (more)
				meet(g, side, id, on_change);
		}
	}
}

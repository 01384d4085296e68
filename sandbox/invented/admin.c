/*
 * admin: what a person at the desk, or a test, does behind the API's back, and the starting content.
 *
 *	GET  /__admin/state      {"people":[..]}
 *	POST /__admin/edit       {"id","fields"}: a merge patch as the API takes it
 *	POST /__admin/create     {"id"?,"fields"}
 *	POST /__admin/delete     {"id","hard"?}: state "left", or no longer there
 *	POST /__admin/merge      {"loser","survivor"}: the loser leaves and says who they became one with
 *	POST /__admin/load       {"people":[{"key"?,..}]}: no deliveries; may stand in {"invented":..}
 *	POST /__admin/reset      forgets everybody
 *	GET, POST /__admin/settings
 */
#include "sandbox/invented/invented.h"

#include "lib/clock.h"
#include "sandbox/people/source.h"

static const struct knob knobs[] = {
	{ "rate", KNOB_REAL, offsetof(struct invented, pace.rate), NULL }, /* calls a second; 0: no limit */
	{ "no_echo", KNOB_SWITCH, offsetof(struct invented, no_echo),
	  NULL }, /* no deliveries for what the API changed */
	COURIER_KNOBS(struct invented, deliveries),
};

static void fail(struct answer *answer, const struct err *err)
{
	invented_fail(answer, err->code == ERR_NOT_FOUND ? 404 : 400, "E_ADMIN", err->text, STR_EMPTY);
}

void invented_show_settings(void *state, struct request *request, struct answer *answer)
{
	(void)request;
	knobs_write(knobs, ARRAY_LEN(knobs), state, &answer->body);
}

void invented_change_settings(void *state, struct request *request, struct answer *answer)
{
	struct invented *emr = state;
	const struct json *body = invented_body(request, answer);
	struct err err = ERR_INIT;

	if (!body)
		return;
	if (knobs_take(knobs, ARRAY_LEN(knobs), emr, &emr->keep, body, &err) < 0)
		fail(answer, &err);
	else
		invented_show_settings(emr, request, answer);
}

static int save(struct invented *emr, struct shelf_row *row, struct str key, const struct json *fields,
                struct shelf_row **ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct complaint wrong;

	if (!fields || fields->kind != JSON_OBJECT)
		return err_set(err, ERR_USAGE, "\"fields\" must be an object");
	wrong = person_change(emr, &arena, row, key, fields, "desk", ret);
	return wrong.code ? err_set(err, ERR_DATA, "%.*s %s", STR_ARG(wrong.where), wrong.text) : 0;
}

static struct shelf_row *row_of(struct invented *emr, const struct json *body, const char *member, struct err *err)
{
	struct shelf_row *row = shelf_find(&emr->people, json_get_text(body, member));

	if (!row)
		err_set(err, ERR_NOT_FOUND, "no such person");
	return row;
}

int invented_create(void *state, const struct json *body, struct buf *out, struct err *err)
{
	struct shelf_row *row;

	if (save(state, NULL, json_get_text(body, "id"), json_get(body, "fields"), &row, err) < 0)
		return err->code;
	invented_emit(state, "person.added", row, false);
	buf_printf(out, "{\"id\":\"%.*s\"}", STR_ARG(row->id));
	return 0;
}

int invented_edit(void *state, const struct json *body, struct buf *out, struct err *err)
{
	struct shelf_row *row = row_of(state, body, "id", err);

	if (!row || save(state, row, STR_EMPTY, json_get(body, "fields"), &row, err) < 0)
		return err->code;
	invented_emit(state, "person.changed", row, false);
	buf_add(out, str_range(row->text, row->len));
	return 0;
}

int invented_remove(void *state, const struct json *body, struct buf *out, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct invented *emr = state;
	struct shelf_row *row = row_of(emr, body, "id", err);

	if (!row)
		return err->code;
	person_leave(&arena, row, STR_EMPTY);
	invented_emit(emr, "person.left", row, false);
	if (json_bool(json_get(body, "hard"), false))
		shelf_remove(&emr->people, row);
	buf_add_c(out, "{}");
	return 0;
}

void invented_merge(void *state, struct request *request, struct answer *answer)
{
	const struct json *body = invented_body(request, answer);
	struct err err = ERR_INIT;
	struct shelf_row *loser = body ? row_of(state, body, "loser", &err) : NULL;
	const struct shelf_row *survivor = loser ? row_of(state, body, "survivor", &err) : NULL;

	if (!body)
		return;
	if (!survivor) {
		fail(answer, &err);
		return;
	}
	person_leave(request->arena, loser, survivor->id);
	invented_emit(state, "person.merged", loser, false);
	buf_add(&answer->body, str_range(loser->text, loser->len));
}

void invented_dump(void *state, struct buf *out)
{
	const struct shelf *people = &((const struct invented *)state)->people;

	buf_add_c(out, "{\"people\":[");
	for (size_t i = 0; i < people->count; i++) {
		buf_add_c(out, i ? ",\n" : "\n");
		buf_add(out, str_range(people->rows[i]->text, people->rows[i]->len));
	}
	buf_add_c(out, "]}\n");
}

static int load(struct invented *emr, const struct json *world, struct err *err)
{
	const struct json *own = json_get(world, "invented");
	struct shelf_row *row;
	size_t number = 0;

	JSON_EACH (json_get(own ? own : world, "people"), person) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		struct json *fields = json_copy(&arena, person);
		static const char *const systems_own[] = { "key", "rev", "state", "changed", "merged" };

		for (size_t i = 0; i < ARRAY_LEN(systems_own); i++)
			json_remove(fields, str_of(systems_own[i]));
		number++;
		if (save(emr, NULL, json_get_text(person, "key"), fields, &row, err) < 0)
			return err_wrap(err, "person %zu", number);
	}
	return 0;
}

void invented_load(void *state, struct request *request, struct answer *answer)
{
	struct invented *emr = state;
	const struct json *body = invented_body(request, answer);
	struct err err = ERR_INIT;

	if (!body)
		return;
	if (load(emr, body, &err) < 0)
		fail(answer, &err);
	else
		buf_printf(&answer->body, "{\"people\":%zu}", emr->people.count);
}

void invented_reset(void *state, struct request *request, struct answer *answer)
{
	struct invented *emr = state;

	(void)request;
	shelf_clear(&emr->people);
	courier_forget(emr->courier);
	buf_add_c(&answer->body, "{}");
}

/* ---- seed ---- */

static struct json *part(struct arena *arena, struct json *object, const char *key)
{
	struct json *made = json_new(arena, JSON_OBJECT);

	json_set(object, str_of(key), made);
	return made;
}

static void set(struct arena *arena, struct json *object, const char *key, struct str value)
{
	if (value.len)
		json_set(object, str_of(key), json_new_text(arena, value));
}

static struct json *sow(struct arena *arena, const struct person *p)
{
	struct json *fields = json_new(arena, JSON_OBJECT), *home = part(arena, fields, "home");

	/* Here nobody is kept without a surname. */
	set(arena, fields, "surname", str_trim(p->last_shown).len ? p->last_shown : STR("(none)"));
	set(arena, fields, "given", p->first_shown);
	set(arena, fields, "born", p->dob);
	set(arena, fields, "mail", p->email);
	if (p->phone_count)
		set(arena, fields, "mobile",
		    str_range(p->phones[0].number.at, MIN_OF(p->phones[0].number.len, (size_t)20)));
	set(arena, home, "street", p->line1);
	set(arena, home, "town", p->city);
	set(arena, home, "state", p->state);
	set(arena, home, "zip", p->zip);
	return fields;
}

int invented_seed(struct invented *emr, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct options *o = emr->options;
	struct source source;
	struct person person;
	struct shelf_row *row;
	int r = 0;

	source_generated(&source, (uint64_t)o->seed, o->patients > 0 ? (size_t)o->patients : 0);
	for (size_t n = 0; r == 0 && n < source.count; n++) {
		arena_reset(&arena);
		source_person(&source, &arena, n, &person);
		r = save(emr, NULL, STR_EMPTY, sow(&arena, &person), &row, err);
	}
	source_release(&source);
	return r;
}

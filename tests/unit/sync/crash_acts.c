/* What people and their systems do in a scenario, and how the engine is told of it: see crash_acts.h. */
#include "crash_acts.h"

#include <stdio.h>

#include "sync/capture.h"

/* ---- people ---- */

void patient(struct world *w, const char *id, const char *first, const char *more)
{
	char json[400];

	snprintf(json, sizeof(json),
	         "{\"id\":\"%s\",\"first_name\":\"%s\",\"last_name\":\"Lee\",\"dob\":\"1980-01-02\"%s}", id, first,
	         more);
	far_put(w, SIDE_EMR, json);
}

void contact(struct world *w, const char *id, const char *first, const char *more)
{
	char json[400];

	snprintf(json, sizeof(json),
	         "{\"Id\":\"%s\",\"FirstName\":\"%s\",\"LastName\":\"LEE\",\"Birthdate\":\"1980-01-02\"%s}", id, first,
	         more);
	far_put(w, SIDE_CRM, json);
}

void pairs(struct world *w, int count)
{
	static const char *const names[] = { "Ann", "Bob", "Cleo", "Dan", "Eve", "Finn", "Gwen", "Hal" };

	for (int i = 0; i < count; i++) {
		char p[16], c[16];

		snprintf(p, sizeof(p), "p%d", i + 1);
		snprintf(c, sizeof(c), "c%d", i + 1);
		patient(w, p, names[i], ",\"city\":\"Boise\",\"payer\":\"Blue\"");
		contact(w, c, names[i], "");
	}
}

void acts_must(struct world *w, int code, const struct err *err)
{
	if (code < 0)
		world_broken(w, "prepare: %s", err->text);
}

static void import_all(struct world *w)
{
	struct err err = ERR_INIT;

	acts_must(w, world_run(w, RUN_IMPORT, "", &err), &err);
	acts_must(w, world_drain(w, true, &err), &err);
}

void settle_all(struct world *w)
{
	struct err err = ERR_INIT;

	import_all(w);
	for (int i = 0; i < 3; i++) {
		w->hand.pass(w, 400000);
		acts_must(w, world_run(w, RUN_DELTA, "", &err), &err);
		acts_must(w, world_drain(w, true, &err), &err);
	}
}

/* ---- webhooks and the stream (R1, R4, R13) ---- */

static int take(struct world *w, enum side side, enum door door, const struct events *events, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct capture how = {
		.side = side, .door = door, .priority = STAGED_LIVE, .total = -1, .durable = true
	};
	struct captured done;
	bool driving = w->hand.driving;
	int code;

	w->hand.driving = true;
	code = capture_events(&w->rig.engine, w->rig.plan, &arena, events, &how, &done, err);
	w->hand.driving = driving;
	return code;
}

int told_of_patient(struct world *w, const char *id, const char *what, bool whole, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct events events;
	struct hook hook;

	memory_hook(w->rig.emr, "patient", id, what, whole, &arena, &hook);
	if (memory_connector.webhook(w->rig.emr, &arena, &hook, &events, err) < 0)
		return err_pass(err);
	return take(w, SIDE_EMR, DOOR_WEBHOOK, &events, err);
}

int told_of_contact(struct world *w, const char *id, const char *members, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct event event = { .kind = EVENT_CHANGED, .name = STR("ChangeEvent"), .object = STR("Contact") };
	const struct events events = { &event, 1 };

	event.record = (struct record) { .id = str_of(id), .bytes = str_of(members) };
	if (json_parse(&arena, event.record.bytes, &event.record.json, err) < 0)
		return err_pass(err);
	return take(w, SIDE_CRM, DOOR_STREAM, &events, err);
}

/* ---- a person at the console ---- */

static bool was_taken_back(const struct staged *s)
{
	return s->outcome == OUTCOME_SKIPPED_FILTERED &&
	       str_starts(s->reason, STR("somebody asked for something else"));
}

int person_wishes(struct world *w, enum side side, enum wish what, const char *id, const char *partner, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct person_asks asks = {
		.side = side, .wish = what, .record_id = str_of(id), .partner = str_of(partner)
	};
	struct wished wished;
	bool again = w->again, driving = w->hand.driving;
	int code;

	w->hand.driving = true;
	code = person_asks(&w->rig.engine, w->rig.plan, &arena, &asks, 60000, &wished, err);
	w->hand.driving = driving;
	if (code == 0 && wished.staged.outcome == OUTCOME_SKIPPED_LINKED)
		code = err_set(err, ERR_CONFLICT, "%.*s", STR_ARG(wished.staged.reason));
	if (again && (code == ERR_CONFLICT || code == ERR_NOT_FOUND))
		return 0;
	return code == 0 && was_taken_back(&wished.staged) ? TAKEN_BACK : code;
}

int person_decides(struct world *w, int64_t id, enum choice_by by, const char *value, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct decides decides = { .conflict_id = id, .by = by, .value = str_of(value), .why = "seen" };
	struct decided decided;
	bool again = w->again, driving = w->hand.driving;
	int code;

	w->hand.driving = true;
	code = person_resolve(&w->rig.engine, w->rig.plan, &arena, &decides, 60000, &decided, err);
	w->hand.driving = driving;
	if (again && (code == ERR_CONFLICT || code == ERR_NOT_FOUND))
		return 0;
	return code;
}

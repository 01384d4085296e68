/* The scenarios: together they cover the road. To add one: its steps, and one row at the end. */
#include "crash_acts.h"

#include <stdio.h>
#include <string.h>

/* ---- the engine's usual steps ---- */

static int import(struct world *w, struct err *err)
{
	return world_run_once(w, RUN_IMPORT, "", err);
}

static int back_references(struct world *w, struct err *err)
{
	return world_drain(w, true, err);
}

static int delta(struct world *w, struct err *err)
{
	w->hand.pass(w, 10000); /* what is too young is left to the next one */
	return world_run(w, RUN_DELTA, "", err);
}

/* ---- first import (R5, R7, R8, R12, R16, R18) ---- */

static void prepare_first(struct world *w)
{
	pairs(w, 3);
	patient(w, "new1", "Nora", ",\"email\":\"n@x.example\"");
	patient(w, "new2", "Ned", "");
	patient(w, "unsure", "Una", "");
	contact(w, "u1", "Una", "");
	contact(w, "u2", "Una", "");
	patient(w, "taken", "Tao", "");
	contact(w, "t1", "Tao", ",\"Patient_Id__c\":\"elsewhere\",\"Synced__c\":true");
	far_put_raw(w, SIDE_EMR, "{\"id\":\"broken\",\"first_name\":\"A");
	memory_refuse(w->rig.crm, "refused", REFUSED, "NO");
	patient(w, "refused", "Rex", "");
}

/* ---- second import: every outcome, edits from either side, conflicts (R19 to R24) ---- */

static void prepare_second(struct world *w)
{
	pairs(w, 5);
	settle_all(w);
	far_put(w, SIDE_EMR, "{\"id\":\"p1\",\"city\":\"Eagle\"}");
	far_put(w, SIDE_CRM, "{\"Id\":\"c2\",\"MailingCity\":\"Kuna\",\"Payer__c\":\"Wrong\"}");
	far_put(w, SIDE_EMR, "{\"id\":\"p3\",\"city\":\"Star\",\"email\":\"b@x.example\"}");
	far_put(w, SIDE_CRM, "{\"Id\":\"c3\",\"MailingCity\":\"Emmett\",\"FirstName\":\"Chloe\"}");
	far_put(w, SIDE_EMR, "{\"id\":\"p4\",\"stage\":\"lead\"}");
	far_put(w, SIDE_CRM, "{\"Id\":\"c4\",\"Stage__c\":\"won\"}");
	patient(w, "new1", "Nora", "");
	patient(w, "join", "Jo", ",\"email\":\"jo@x.example\"");
	contact(w, "j1", "Jo", ",\"MailingCity\":\"Nampa\"");
}

/* ---- delta (R13, R15, R31, R32, R39) ---- */

static void prepare_pairs(struct world *w)
{
	pairs(w, 6);
	settle_all(w);
}

static int people_edit(struct world *w, struct err *err UNUSED)
{
	far_put(w, SIDE_EMR, "{\"id\":\"p1\",\"city\":\"Eagle\"}");
	far_put(w, SIDE_CRM, "{\"Id\":\"c2\",\"MailingCity\":\"Kuna\",\"Payer__c\":\"Wrong\"}");
	far_put(w, SIDE_EMR, "{\"id\":\"p3\",\"city\":\"Star\",\"email\":\"b@x.example\"}");
	far_put(w, SIDE_CRM, "{\"Id\":\"c3\",\"MailingCity\":\"Emmett\"}");
	patient(w, "new1", "Nora", "");
	contact(w, "n2", "Nick", ",\"Email\":\"nick@x.example\"");
	return 0;
}

static int hook_edit(struct world *w, struct err *err)
{
	return told_of_patient(w, "p1", "updated", true, err);
}

static int hook_hint(struct world *w, struct err *err)
{
	return told_of_patient(w, "p3", "updated", false, err);
}

static int hook_newcomer(struct world *w, struct err *err)
{
	return told_of_patient(w, "new1", "created", true, err);
}

static int stream_edit(struct world *w, struct err *err)
{
	return told_of_contact(w, "c2", "{\"MailingCity\":\"Kuna\"}", err);
}

static int stream_newcomer(struct world *w, struct err *err)
{
	return told_of_contact(w, "n2", "{\"FirstName\":\"Nick\"}", err);
}

static int removal_is_told(struct world *w, struct err *err)
{
	far_remove(w, SIDE_EMR, "p5");
	return told_of_patient(w, "p5", "removed", false, err);
}

static int work(struct world *w, struct err *err)
{
	return world_drain(w, false, err);
}

/* ---- collections and bulk jobs ---- */

static void prepare_many(struct world *w)
{
	char id[16], first[16];

	pairs(w, 4);
	for (int i = 0; i < 18; i++) {
		snprintf(id, sizeof(id), "m%02d", i);
		snprintf(first, sizeof(first), "Many%c", 'a' + i);
		patient(w, id, first, "");
	}
}

/* ---- what people do while an import is cut short, or after it, is not missed by the first delta (R39) ---- */

static int edit_once(struct world *w, struct err *err UNUSED)
{
	if (w->shared->edited)
		return 0;
	far_put(w, SIDE_EMR, "{\"id\":\"p1\",\"city\":\"Eagle\"}");
	far_put(w, SIDE_EMR, "{\"id\":\"m17\",\"email\":\"m17@x.example\"}");
	w->shared->edited = true;
	return 0;
}

static int import_meanwhile(struct world *w, struct err *err)
{
	if (w->again && edit_once(w, err) < 0)
		return err_pass(err);
	return import(w, err);
}

/* ---- a person (R11, R29, R30) ---- */

static void prepare_person(struct world *w)
{
	pairs(w, 4);
	settle_all(w);
	patient(w, "free", "Fay", ",\"city\":\"Boise\"");
	contact(w, "lone", "Faye", ",\"MailingCity\":\"Nampa\"");
	contact(w, "alone", "Gus", ",\"Email\":\"gus@x.example\"");
	patient(w, "other", "Oda", "");
}

static int person_links(struct world *w, struct err *err)
{
	return person_wishes(w, SIDE_CRM, WISH_LINK, "lone", "free", err);
}

static int person_creates(struct world *w, struct err *err)
{
	return person_wishes(w, SIDE_CRM, WISH_CREATE, "alone", "", err);
}

static int person_unlinks(struct world *w, struct err *err)
{
	return person_wishes(w, SIDE_CRM, WISH_UNLINK, "c1", "", err);
}

static int person_relinks(struct world *w, struct err *err)
{
	return person_wishes(w, SIDE_CRM, WISH_RELINK, "c2", "other", err);
}

static int person_syncs(struct world *w, struct err *err)
{
	far_put(w, SIDE_CRM, "{\"Id\":\"c3\",\"MailingCity\":\"Kuna\"}");
	return person_wishes(w, SIDE_CRM, WISH_SYNC, "c3", "", err);
}

/* ---- a file (R14, R35, R36) ---- */

static void prepare_file(struct world *w)
{
	pairs(w, 3);
	settle_all(w);
	patient(w, "pf", "Fred", ",\"city\":\"Boise\"");
	contact(w, "cf", "Fred", ",\"MailingCity\":\"Nampa\",\"Email\":\"f@x.example\"");
	contact(w, "cn", "Newt", "");
	patient(w, "pt", "Ted", "");
	contact(w, "ct1", "Ted", "");
	contact(w, "ct2", "Ted", "");
}

static int file(struct world *w, struct err *err)
{
	int code =
	        world_run_once(w, RUN_CSV, w->again ? "" : "Id,Name\ncf,x\ncn\nct1\nc1\nnobody\n\nsome words\n", err);

	if (code != ERR_NOT_FOUND || !w->again)
		return code;
	*err = (struct err)ERR_INIT; /* there is nothing to resume: the person gives the file again */
	return world_run_once(w, RUN_CSV, "Id,Name\ncf,x\ncn\nct1\nc1\nnobody\n\nsome words\n", err);
}

/* ---- conflicts that a person decides (R22, R28) ---- */

static void prepare_conflicts(struct world *w)
{
	struct err err = ERR_INIT;

	pairs(w, 4);
	settle_all(w);
	for (int i = 1; i <= 4; i++) {
		char json[100];

		snprintf(json, sizeof(json), "{\"id\":\"p%d\",\"stage\":\"lead%d\"}", i, i);
		far_put(w, SIDE_EMR, json);
		snprintf(json, sizeof(json), "{\"Id\":\"c%d\",\"Stage__c\":\"won%d\"}", i, i);
		far_put(w, SIDE_CRM, json);
	}
	acts_must(w, delta(w, &err), &err);
	acts_must(w, world_drain(w, true, &err), &err);
}

static int decide_emr(struct world *w, struct err *err)
{
	return person_decides(w, 1, CHOICE_EMR, "", err);
}

static int decide_crm(struct world *w, struct err *err)
{
	return person_decides(w, 2, CHOICE_CRM, "", err);
}

static int decide_value(struct world *w, struct err *err)
{
	return person_decides(w, 3, CHOICE_VALUE, "both", err);
}

/* ---- a batch that a person aborts, and resumes (R34) ---- */

static int stop_at_second_page(struct world *w, struct err *err)
{
	int code;

	if (w->again)
		return 0; /* it was to be cut short, and was */
	atomic_store(&w->rig.engine.stop, true);
	code = world_run(w, RUN_IMPORT, "", err);
	atomic_store(&w->rig.engine.stop, false);
	return code == ERR_ABORTED ? 0 : code;
}

/* ---- removals (R31, R32) ---- */

static int people_remove(struct world *w, struct err *err UNUSED)
{
	far_remove(w, SIDE_EMR, "p1");
	far_remove(w, SIDE_CRM, "c2");
	patient(w, "p3b", "Cleo", "");
	far_merge(w, SIDE_EMR, "p3", "p3b");
	contact(w, "c4b", "Dan", "");
	far_merge(w, SIDE_CRM, "c4", "c4b");
	return 0;
}

#define STAGE_FIELD ",{\"name\":\"Stage\",\"emr\":\"stage\",\"crm\":\"Stage__c\",\"winner\":\"review\"}"
#define BOTH_CREATE                                                                                         \
	"\"create\":true,\"create_in_emr\":true,\"trigger\":[{\"field\":\"LastName\",\"not_blank\":true}]," \
	"\"trigger_creates\":true"

#define CREATE "\"create\":true"

const struct scenario scenarios[] = {
	{ .name = "first import", .settings = CREATE, .prepare = prepare_first, .steps = { import, back_references } },
	{ .name = "second import",
	  .settings = CREATE,
	  .more_fields = STAGE_FIELD,
	  .prepare = prepare_second,
	  .steps = { import, back_references } },
	{ .name = "delta",
	  .settings = BOTH_CREATE,
	  .prepare = prepare_pairs,
	  .steps = { people_edit, delta, back_references } },
	{ .name = "inbox",
	  .settings = BOTH_CREATE,
	  .prepare = prepare_pairs,
	  .steps = { people_edit, hook_edit, stream_edit, hook_hint, work, hook_newcomer, stream_newcomer,
	             removal_is_told, work } },
	{ .name = "collections",
	  .settings = CREATE,
	  .prepare = prepare_many,
	  .steps = { import, back_references },
	  .write_batch = 4 },
	{ .name = "bulk",
	  .settings = CREATE ",\"bulk_from\":8",
	  .prepare = prepare_many,
	  .steps = { import, back_references },
	  .write_batch = 4,
	  .bulk_batch = 12 },
	{ .name = "edits meanwhile",
	  .settings = CREATE,
	  .prepare = prepare_many,
	  .steps = { import_meanwhile, back_references, edit_once, delta } },
	{ .name = "person",
	  .settings = "\"create\":false",
	  .prepare = prepare_person,
	  .steps = { person_links, person_creates, person_unlinks, person_relinks, person_syncs } },
	{ .name = "file",
	  .settings = "\"create_in_emr\":true",
	  .prepare = prepare_file,
	  .steps = { file, back_references } },
	{ .name = "conflicts",
	  .settings = CREATE,
	  .more_fields = STAGE_FIELD,
	  .prepare = prepare_conflicts,
	  .steps = { decide_emr, decide_crm, decide_value } },
	{ .name = "stopped import",
	  .settings = CREATE,
	  .prepare = prepare_first,
	  .steps = { stop_at_second_page, import, back_references } },
	{ .name = "removals",
	  .settings = CREATE ",\"on_emr_delete\":\"delete\"",
	  .prepare = prepare_pairs,
	  .steps = { people_remove, delta } },
};
const size_t scenario_count = ARRAY_LEN(scenarios);

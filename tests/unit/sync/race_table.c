/* The races. To add one: two actors, and a row at the end. What has happened before is prepared, what an actor does is begun at any moment of the other's. */
#include "race.h"

/* ---- the engine as an actor ---- */

static int in_lanes(struct world *w, int (*fn)(struct world *w, struct err *err), struct err *err)
{
	int code;

	race_take_lanes(w);
	code = fn(w, err);
	race_leave_lanes();
	return code;
}

static int drain(struct world *w, struct err *err)
{
	return world_drain(w, false, err);
}

static int whole_import(struct world *w, struct err *err)
{
	return world_run(w, RUN_IMPORT, "", err);
}

static int whole_delta(struct world *w, struct err *err)
{
	return world_run(w, RUN_DELTA, "", err);
}

static int work(struct world *w, struct err *err)
{
	return in_lanes(w, drain, err);
}

static int import(struct world *w, struct err *err)
{
	return in_lanes(w, whole_import, err);
}

static int delta(struct world *w, struct err *err)
{
	return in_lanes(w, whole_delta, err);
}

/* ---- doors ---- */

static int hook_edit(struct world *w, struct err *err)
{
	return told_of_patient(w, "p1", "updated", true, err);
}

static int hook_newcomer(struct world *w, struct err *err)
{
	return told_of_patient(w, "new1", "created", true, err);
}

static int hook_hint(struct world *w, struct err *err)
{
	return told_of_patient(w, "p1", "updated", false, err);
}

static int hook_removal(struct world *w, struct err *err)
{
	far_remove(w, SIDE_EMR, "p2");
	return told_of_patient(w, "p2", "removed", false, err);
}

static int hook_newcomer_works(struct world *w, struct err *err)
{
	return hook_newcomer(w, err) < 0 ? err_pass(err) : work(w, err);
}

static int stream_edit(struct world *w, struct err *err)
{
	return told_of_contact(w, "c2", "{\"MailingCity\":\"Kuna\"}", err);
}

static int stream_newcomer(struct world *w, struct err *err)
{
	return told_of_contact(w, "n1", "{\"FirstName\":\"Nora\"}", err);
}

/* ---- people ---- */

static int links(struct world *w, struct err *err)
{
	return person_wishes(w, SIDE_CRM, WISH_LINK, "lone", "free", err);
}

static int links_another(struct world *w, struct err *err)
{
	return person_wishes(w, SIDE_CRM, WISH_LINK, "lone", "other", err);
}

static int unlinks(struct world *w, struct err *err)
{
	return person_wishes(w, SIDE_CRM, WISH_UNLINK, "c1", "", err);
}

static int relinks(struct world *w, struct err *err)
{
	return person_wishes(w, SIDE_CRM, WISH_RELINK, "c1", "other", err);
}

static int syncs(struct world *w, struct err *err)
{
	return person_wishes(w, SIDE_CRM, WISH_SYNC, "c2", "", err);
}

static int decides_emr(struct world *w, struct err *err)
{
	return person_decides(w, 1, CHOICE_EMR, "", err);
}

static int decides_crm(struct world *w, struct err *err)
{
	return person_decides(w, 1, CHOICE_CRM, "", err);
}

/* ---- what was before ---- */

static void prepare_free(struct world *w)
{
	pairs(w, 2);
	patient(w, "free", "Fay", ",\"city\":\"Boise\"");
	contact(w, "lone", "Faye", ",\"MailingCity\":\"Nampa\"");
}

static void prepare_pairs(struct world *w)
{
	pairs(w, 3);
	settle_all(w);
	patient(w, "free", "Fay", "");
	contact(w, "lone", "Faye", "");
	patient(w, "other", "Oda", "");
	far_put(w, SIDE_EMR, "{\"id\":\"p1\",\"city\":\"Eagle\"}");
	far_put(w, SIDE_CRM, "{\"Id\":\"c2\",\"MailingCity\":\"Kuna\",\"Payer__c\":\"Wrong\"}");
}

static void prepare_newcomer(struct world *w)
{
	prepare_pairs(w);
	patient(w, "new1", "Nora", ",\"email\":\"n@x.example\"");
}

static void prepare_newcomers(struct world *w)
{
	prepare_newcomer(w);
	contact(w, "n1", "Nora", "");
}

static void prepare_owed(struct world *w)
{
	struct err err = ERR_INIT;

	prepare_pairs(w);
	acts_must(w, hook_edit(w, &err), &err);
}

static void prepare_conflict(struct world *w)
{
	struct err err = ERR_INIT;

	pairs(w, 2);
	settle_all(w);
	far_put(w, SIDE_EMR, "{\"id\":\"p1\",\"stage\":\"lead\"}");
	far_put(w, SIDE_CRM, "{\"Id\":\"c1\",\"Stage__c\":\"won\"}");
	w->hand.pass(w, 10000);
	acts_must(w, world_run(w, RUN_DELTA, "", &err), &err);
	acts_must(w, world_drain(w, true, &err), &err);
	far_put(w, SIDE_EMR, "{\"id\":\"p1\",\"city\":\"Eagle\"}");
	w->hand.pass(w, 10000);
}

#define CREATE "\"create\":true"
#define BOTH_CREATE                                                                                         \
	"\"create\":true,\"create_in_emr\":true,\"trigger\":[{\"field\":\"LastName\",\"not_blank\":true}]," \
	"\"trigger_creates\":true"
#define STAGE_FIELD ",{\"name\":\"Stage\",\"emr\":\"stage\",\"crm\":\"Stage__c\",\"winner\":\"review\"}"

const struct race races[] = {
	{ { .name = "link, import", .settings = CREATE, .prepare = prepare_free }, { links, import } },
	{ { .name = "link, link another", .settings = "", .prepare = prepare_pairs }, { links, links_another } },
	{ { .name = "link, link", .settings = "", .prepare = prepare_pairs }, { links, links } },
	{ { .name = "sync now, sync now", .settings = "", .prepare = prepare_pairs }, { syncs, syncs } },
	{ { .name = "sync now, delta", .settings = "", .prepare = prepare_pairs }, { syncs, delta } },
	{ { .name = "unlink, delivery", .settings = "", .prepare = prepare_owed }, { unlinks, work } },
	{ { .name = "relink, delivery", .settings = "", .prepare = prepare_owed }, { relinks, work } },
	{ { .name = "unlink, relink", .settings = "", .prepare = prepare_pairs },
	  { unlinks, relinks },
	  .takes_back = true },
	{ { .name = "webhook, import", .settings = CREATE, .prepare = prepare_newcomer }, { hook_newcomer, import } },
	{ { .name = "hint, import", .settings = CREATE, .prepare = prepare_newcomer }, { hook_hint, import } },
	{ { .name = "webhook, stream", .settings = BOTH_CREATE, .prepare = prepare_newcomers },
	  { hook_newcomer_works, stream_newcomer } },
	{ { .name = "stream, delta", .settings = "", .prepare = prepare_pairs }, { stream_edit, delta } },
	{ { .name = "removal, delivery", .settings = "", .prepare = prepare_owed }, { hook_removal, work } },
	{ { .name = "decide, decide", .settings = CREATE, .more_fields = STAGE_FIELD, .prepare = prepare_conflict },
	  { decides_emr, decides_crm } },
	{ { .name = "decide, delta", .settings = CREATE, .more_fields = STAGE_FIELD, .prepare = prepare_conflict },
	  { decides_emr, delta } },
};
const size_t race_count = ARRAY_LEN(races);

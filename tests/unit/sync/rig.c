#include "rig.h"
#include "people.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../test_store.h"
#include "store/store_trace.h"
#include "sync/budget.h"
#include "sync/stage.h"

static const char mapping[] =
        "{\"fields\":["
        "{\"name\":\"First "
        "name\",\"emr\":\"first_name\",\"crm\":\"FirstName\",\"type\":\"name\",\"role\":\"first_name\"},"
        "{\"name\":\"Last name\",\"emr\":\"last_name\",\"crm\":\"LastName\",\"type\":\"name\",\"role\":\"last_name\"},"
        "{\"name\":\"Birth date\",\"emr\":\"dob\",\"crm\":\"Birthdate\",\"type\":\"date\",\"role\":\"birth_date\"},"
        "{\"name\":\"E-mail\",\"emr\":\"email\",\"crm\":\"Email\",\"type\":\"email\"},"
        "{\"name\":\"City\",\"emr\":\"city\",\"crm\":\"MailingCity\"},"
        "{\"name\":\"Payer\",\"emr\":\"payer\",\"crm\":\"Payer__c\",\"direction\":\"emr_to_crm\"}%s]}";

static const char configuration[] =
        "{\"connections\":{"
        "\"practice\":{\"kind\":\"memory\",\"reference\":\"our_id\",\"prefix\":\"pat-\",\"page_size\":\"10\"},"
        "\"org\":{\"kind\":\"memory\",\"id\":\"Id\",\"version\":\"SystemModstamp\",\"deleted\":\"IsDeleted\","
        "\"prefix\":\"003-\","
        "\"reference\":\"Patient_Id__c\"}},"
        "\"integration\":{\"name\":\"i\",\"emr\":\"practice\",\"crm\":\"org\"},"
        "\"syncs\":{\"patients\":{\"emr_object\":\"patient\",\"crm_object\":\"Contact\",\"crm_id_field\":\"Patient_Id__"
        "c\","
        "\"describe_minutes\":0,\"crm_synced_field\":\"Synced__c\",\"crm_run_field\":\"Batch__c\",%s%s\"mapping\":%s}}"
        "}";

void must_be_fine(int code, const struct err *err)
{
	if (code < 0)
		fail_msg("%s", err->text);
}

static void open_engine(struct rig *rig, bool traced)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct str path = arena_printf(&arena, "%s%s", traced ? "trace:" : "", test_store_url(&arena, rig->path));

	rig->engine.who = "test";
	must_be_fine(store_open(path.at, &rig->engine.store, &err), &err);
	if (traced)
		store_trace_to(rig->engine.store, NULL, NULL);
}

static void configure(struct rig *rig, const char *sync_settings, const char *more_fields)
{
	struct str fields = arena_printf(&rig->arena, mapping, more_fields);
	struct err err = ERR_INIT;
	struct applied applied;

	must_be_fine(catalog_apply(&rig->engine,
	                           arena_printf(&rig->arena, configuration, sync_settings, sync_settings[0] ? "," : "",
	                                        fields.at),
	                           "test.yaml", ".", "test", &applied, &err),
	             &err);
}

void rig_configure(struct rig *rig, const char *sync_settings, const char *more_fields)
{
	struct err err = ERR_INIT;
	struct plan *plan;

	configure(rig, sync_settings, more_fields);
	must_be_fine(plan_open(&rig->engine, STR_EMPTY, &plan, &err), &err);
	budget_close(rig->plan);
	budget_close(plan);
	for (size_t side = 0; side < ARRAY_LEN(plan->conn); side++) {
		plan->conn[side]->kind->close(&plan->conn[side]);
		plan->conn[side] = rig->plan->conn[side];
		rig->plan->conn[side] = NULL;
	}
	budget_open(&rig->engine, plan);
	plan_close(&rig->plan);
	rig->plan = plan;
}

void rig_open(struct rig *rig, const char *sync_settings)
{
	struct str key;
	struct err err = ERR_INIT;

	memset(rig, 0, sizeof(*rig));
	snprintf(rig->path, sizeof(rig->path), "%s/suture-rig-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(rig->path));
	key = rig->key = keyring_generate(&rig->arena);
	must_be_fine(keyring_open(key, &rig->engine.keys, &err), &err);
	open_engine(rig, false);
	configure(rig, sync_settings, "");
	must_be_fine(plan_open(&rig->engine, STR_EMPTY, &rig->plan, &err), &err);
	rig->emr = rig->plan->conn[SIDE_EMR];
	rig->crm = rig->plan->conn[SIDE_CRM];
}

void rig_restart(struct rig *rig)
{
	store_close(&rig->engine.store);
	atomic_store(&rig->engine.stop, false);
	open_engine(rig, false);
}

void rig_fail_store_at(struct rig *rig, int64_t n)
{
	store_close(&rig->engine.store);
	open_engine(rig, true);
	store_fail_at(rig->engine.store, n);
}

void rig_close(struct rig *rig)
{
	static const char *const files[] = { "test.db", "test.db-wal", "test.db-shm" };
	char path[128];

	plan_close(&rig->plan);
	store_close(&rig->engine.store);
	test_store_forget(rig->path);
	keyring_free(&rig->engine.keys);
	arena_release(&rig->arena);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", rig->path, files[i]);
		unlink(path);
	}
	rmdir(rig->path);
}

const int64_t *rig_import(struct rig *rig, int64_t counts[OUTCOME_COUNT])
{
	struct err err = ERR_INIT;
	struct run run = { 0 };

	must_be_fine(run_import(&rig->engine, rig->plan, NULL, NULL, &run, &rig->arena, &err), &err);
	must_be_fine(stage_counts(&rig->engine, run.id, counts, &err), &err);
	must_be_fine(run_settle(&rig->engine, rig->plan, true, NULL, NULL, &err), &err);
	return counts;
}

void rig_open_linked(struct rig *rig, const char *settings)
{
	int64_t counts[OUTCOME_COUNT];

	rig_open(rig, settings);
	memory_put(rig->emr, "patient", "{\"id\":\"a\"," ANN ",\"email\":\"a@x.example\",\"city\":\"Boise\"}");
	memory_put(rig->crm, "Contact", "{\"Id\":\"c\"," CONTACT_ANN "}");
	rig_import(rig, counts);
	assert_string_equal(rig_crm(rig, "c", "Patient_Id__c"), "a");
}

void rig_put_patients(struct rig *rig, int from, int to)
{
	for (int i = from; i < to; i++)
		memory_put(rig->emr, "patient",
		           arena_printf(&rig->arena,
		                        "{\"id\":\"p%03d\",\"first_name\":\"F%03d\",\"last_name\":\"L\",\"dob\":\"1980-"
		                        "01-02\"}",
		                        i, i)
		                   .at);
}

void rig_delta(struct rig *rig)
{
	const struct run_order order = { .kind = RUN_DELTA };
	struct err err = ERR_INIT;
	struct run run = { 0 };

	memory_pass_time(rig->emr, 600000);
	memory_pass_time(rig->crm, 600000);
	must_be_fine(run_batch(&rig->engine, rig->plan, &order, &run, &rig->arena, &err), &err);
}

void rig_settle(struct rig *rig)
{
	struct err err = ERR_INIT;

	must_be_fine(run_settle(&rig->engine, rig->plan, true, NULL, NULL, &err), &err);
}

struct retried rig_retry(struct rig *rig)
{
	const struct staged_filter all = { .sync_id = rig->plan->sync_id };
	struct err err = ERR_INIT;
	struct retried ret;

	must_be_fine(retry_all(&rig->engine, rig->plan, &all, NULL, &ret, &err), &err);
	return ret;
}

static const char *member_of(struct rig *rig, struct connection *c, const char *object, const char *id,
                             const char *member)
{
	const struct json *record = memory_get(c, object, id, &rig->arena);
	const struct json *value = json_get(record, member);

	if (!record)
		return NULL;
	if (value && (value->kind == JSON_TRUE || value->kind == JSON_FALSE))
		return value->kind == JSON_TRUE ? "true" : "false";
	return arena_text(&rig->arena, json_text(value));
}

const char *rig_emr(struct rig *rig, const char *id, const char *member)
{
	return member_of(rig, rig->emr, "patient", id, member);
}

const char *rig_crm(struct rig *rig, const char *id, const char *member)
{
	return member_of(rig, rig->crm, "Contact", id, member);
}

const char *rig_contact_of(struct rig *rig, const char *patient)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct list_equals equals = { STR("Patient_Id__c"), str_of(patient) };
	struct list_request request = {
		.object = STR("Contact"), .equals = &equals, .equal_count = 1, .live_only = true
	};
	struct call *call = rig->crm->kind->list_start(rig->crm, &request);
	struct err err = ERR_INIT;
	struct page page;

	must_be_fine(rig->crm->kind->list_finish(&call, &arena, &page, &err), &err);
	if (page.count == 0)
		return NULL;
	assert_int_equal(page.count, 1);
	return arena_text(&rig->arena, page.records[0].id);
}

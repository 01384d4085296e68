/*
 * plan: an object sync made ready: its documents parsed, its mapping compiled, both connections opened. No far call is made.
 */
#include "sync/catalog.h"

#include <pthread.h>

#include "sync/catalog_docs.h"
#include "sync/catalog_schema.h"

/* Every CRM field that a merge reads: mapped ones (their first step) and those that show the link. */
static void collect_crm_fields(struct plan *plan)
{
	const struct mapping *m = &plan->mapping;
	struct str *fields = arena_new_array(&plan->arena, struct str, m->count + 2);
	struct map seen = MAP_INIT(&plan->arena);
	size_t count = 0;

	for (size_t i = 0; i < m->count + 2; i++) {
		struct str field = i < m->count    ? path_top(m->fields[i].crm)
		                   : i == m->count ? plan->crm_id_field
		                                   : plan->crm_synced_field;

		if (field.len == 0 || map_get(&seen, field))
			continue;
		map_put(&seen, field, plan);
		fields[count++] = field;
	}
	plan->crm_fields = fields;
	plan->crm_field_count = count;
}

static void read_settings(struct plan *plan, const struct json *sync, const struct json *integration)
{
	plan->object[SIDE_EMR] = json_get_text(sync, "emr_object");
	plan->object[SIDE_CRM] = json_get_text(sync, "crm_object");
	plan->crm_where = json_get_text(sync, "crm_where");
	plan->crm_id_field = json_get_text(sync, "crm_id_field");
	plan->crm_synced_field = json_get_text(sync, "crm_synced_field");
	plan->crm_last_sync_field = json_get_text(sync, "crm_last_sync_field");
	plan->crm_run_field = json_get_text(sync, "crm_run_field");
	plan->crm_parent_field = json_get_text(sync, "crm_parent_field");
	plan->create_in_crm = json_bool(json_get(sync, "create"), false);
	plan->back_reference = json_bool(json_get(sync, "back_reference"), true);
	plan->default_account = json_get_text(integration, "default_account");
	plan->emr_name = json_get_text(integration, "emr");
	plan->crm_name = json_get_text(integration, "crm");
}

static int open_all(struct engine *engine, struct plan *plan, const struct sync_docs *docs, struct err *err)
{
	plan->keys = engine->keys;
	plan->sync_id = docs->sync_id;
	plan->integration_id = docs->integration_id;
	plan->name = docs->name;
	plan->mapping_version = docs->version;
	read_settings(plan, docs->sync, docs->integration);
	if (schema_mapping(&plan->arena, docs->sync, &plan->mapping, err) < 0)
		return err_wrap(err, "sync '%.*s'", STR_ARG(plan->name));
	collect_crm_fields(plan);
	if (catalog_open_connection(engine, plan->emr_name, &plan->conn[SIDE_EMR], err) < 0)
		return err_pass(err);
	return catalog_open_connection(engine, plan->crm_name, &plan->conn[SIDE_CRM], err);
}

int plan_open(struct engine *engine, struct str name, struct plan **ret, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct plan *plan = arena_new(&arena, struct plan); /* lives in its own arena until plan_close */
	struct sync_docs docs;

	plan->arena = arena;
	if (catalog_read_sync(engine, &plan->arena, name, &docs, err) < 0 || open_all(engine, plan, &docs, err) < 0) {
		plan_close(&plan);
		return err_pass(err);
	}
	*ret = plan;
	return 0;
}

void plan_close(struct plan **pplan)
{
	struct plan *plan = *pplan;
	struct arena arena;

	*pplan = NULL;
	if (!plan)
		return;
	for (size_t side = 0; side < ARRAY_LEN(plan->conn); side++) {
		if (plan->conn[side])
			plan->conn[side]->kind->close(&plan->conn[side]);
	}
	arena = plan->arena;
	arena_release(&arena);
}

struct sign_in {
	struct connection *connection;
	struct str name;
	struct err err;
};

static void *sign_in(void *context)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct sign_in *job = context;
	struct str who;

	if (job->connection->kind->check(job->connection, &arena, &who, &job->err) < 0)
		err_wrap_text(&job->err, "connection '%.*s'", STR_ARG(job->name));
	return NULL;
}

/* Both at once: each asks a few things one after the other. */
int plan_sign_in(struct plan *plan, struct err *err)
{
	struct sign_in emr = { plan->conn[SIDE_EMR], plan->emr_name, ERR_INIT };
	struct sign_in crm = { plan->conn[SIDE_CRM], plan->crm_name, ERR_INIT };
	pthread_t thread;

	must(pthread_create(&thread, NULL, sign_in, &crm) == 0);
	sign_in(&emr);
	must(pthread_join(thread, NULL) == 0);
	if (emr.err.code == ERR_OK && crm.err.code == ERR_OK)
		return 0;
	*err = emr.err.code != ERR_OK ? emr.err : crm.err;
	return err_pass(err);
}

/* ---- the Default Account (R16) ---- */

static int find_account(struct plan *plan, struct arena *arena, struct str *ret, struct err *err)
{
	struct connection *crm = plan->conn[SIDE_CRM];
	const struct list_equals equals = { .field = STR("Name"), .value = plan->default_account };
	struct list_request request = { .object = STR("Account"),
		                        .equals = &equals,
		                        .equal_count = 1,
		                        .live_only = true,
		                        .priority = HTTP_URGENT };
	struct call *call = crm->kind->list_start(crm, &request);
	struct page page;

	if (crm->kind->list_finish(&call, arena, &page, err) < 0)
		return err_wrap(err, "look for the Default Account");
	if (page.count > 1)
		return err_set(
		        err, ERR_CONFIG,
		        "the CRM has %zu Accounts of the name of the Default Account: rename one, or choose another "
		        "name for `default_account`",
		        page.count);
	*ret = page.count ? arena_str(&plan->arena, page.records[0].id) : STR_EMPTY;
	return 0;
}

static int create_account(struct plan *plan, struct arena *arena, struct str *ret, struct err *err)
{
	struct connection *crm = plan->conn[SIDE_CRM];
	struct json *fields = json_new(arena, JSON_OBJECT);
	const struct write_item item = { .op = WRITE_CREATE, .fields = fields };
	struct write_request request = {
		.object = STR("Account"), .items = &item, .item_count = 1, .priority = HTTP_URGENT
	};
	struct write_result result = { 0 };
	struct call *call;

	json_set(fields, STR("Name"), json_new_text(arena, plan->default_account));
	call = crm->kind->write_start(crm, &request);
	if (crm->kind->write_finish(&call, arena, &result, err) < 0)
		return err_wrap(err, "create the Default Account");
	if (result.outcome != DELIVERED)
		return err_set(
		        err, ERR_REFUSED,
		        "the CRM did not create the Default Account (%.*s): create it by hand, then run this again",
		        STR_ARG(result.code));
	*ret = arena_str(&plan->arena, result.id);
	return 0;
}

int plan_open_account(struct engine *engine, struct plan *plan, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	if (plan->default_account.len == 0 || plan->crm_parent_field.len == 0 || plan->default_account_id.len)
		return 0;
	if (find_account(plan, &arena, &plan->default_account_id, err) < 0)
		return err_pass(err);
	if (plan->default_account_id.len || engine->dry)
		return 0;
	return create_account(plan, &arena, &plan->default_account_id, err);
}

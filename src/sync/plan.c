/*
 * plan: an object sync made ready: its documents parsed, its mapping compiled, both connections opened. No far call is made.
 */
#include "sync/catalog.h"

#include <pthread.h>

#include "sync/catalog_docs.h"
#include "sync/catalog_schema.h"
#include "sync/trigger.h"
#include "sync/budget.h"
#include "sync/drift.h"
#include "sync/lease.h"

struct field_set {
	struct plan *plan;
	struct map seen;
	struct str *fields;
};

static void want(struct field_set *set, struct str field)
{
	if (field.len == 0 || map_get(&set->seen, field))
		return;
	map_put(&set->seen, field, set);
	set->fields[set->plan->crm_field_count++] = field;
}

/* Every CRM field that is looked at: mapped ones (their first step), those that show the link, those that the trigger tests. */
static void collect_crm_fields(struct plan *plan)
{
	const struct mapping *m = &plan->mapping;
	const struct trigger *t = plan->trigger;
	struct field_set set = { .plan = plan, .seen = MAP_INIT(&plan->arena) };

	set.fields = arena_new_array(&plan->arena, struct str, m->count + 2 + (t ? t->count : 0));
	for (size_t i = 0; i < m->count; i++)
		want(&set, path_top(m->fields[i].crm));
	want(&set, plan->crm_id_field);
	want(&set, plan->crm_synced_field);
	for (size_t i = 0; t && i < t->count; i++)
		want(&set, t->terms[i].field);
	plan->crm_fields = set.fields;
}

/* A record type by its name becomes an id once the CRM was asked (plan_open_account). */
static void read_constants(struct plan *plan, const struct json *constants)
{
	if (!constants)
		return;
	plan->crm_create = json_new(&plan->arena, JSON_OBJECT);
	JSON_EACH (constants, member) {
		struct str type = schema_record_type(member);

		if (type.len)
			plan->crm_record_type = type;
		else
			json_set(plan->crm_create, member->key, json_copy(&plan->arena, member));
	}
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
	plan->crm_status_field = json_get_text(sync, "crm_status_field");
	plan->crm_reason_field = json_get_text(sync, "crm_reason_field");
	plan->crm_link_field = json_get_text(sync, "crm_link_field");
	read_constants(plan, json_get(sync, "crm_create"));
	plan->create_in_crm = json_bool(json_get(sync, "create"), false);
	plan->create_in_emr = json_bool(json_get(sync, "create_in_emr"), false);
	plan->trigger_creates = json_bool(json_get(sync, "trigger_creates"), false);
	plan->on_removal[SIDE_EMR] = schema_on_removal(sync, "on_emr_delete");
	plan->on_removal[SIDE_CRM] = schema_on_removal(sync, "on_crm_delete");
	plan->back_reference = json_bool(json_get(sync, "back_reference"), json_get(sync, "parent") == NULL);
	plan->no_stream = !json_bool(json_get(sync, "stream"), true);
	plan->live_off = !json_bool(json_get(sync, "real_time"), true);
	plan->paused = json_bool(json_get(sync, "paused"), false);
	plan->turns_max = schema_number(sync, "turns_max");
	plan->bulk_from = schema_number(sync, "bulk_from");
	plan->describe_ms = schema_number(sync, "describe_minutes") * 60000;
	plan->delta_overlap_ms = schema_number(sync, "delta_overlap_s") * 1000;
	plan->delta_lag_ms = schema_number(sync, "delta_lag_s") * 1000;
	plan->default_account = json_get_text(integration, "default_account");
	plan->emr_name = json_get_text(integration, "emr");
	plan->crm_name = json_get_text(integration, "crm");
}

static void read_events_off(struct plan *plan, const struct json *list)
{
	struct str *names = arena_new_array(&plan->arena, struct str, list ? list->count : 0);

	JSON_EACH (list, name)
		names[plan->events_off_count++] = json_text(name);
	plan->events_off = names;
}

/* The parent's CRM id stands in a row of its own, as if the EMR's record held it: so it is merged, written and put back like any other field. */
static int add_row(struct plan *plan, struct mapping *m, struct err *err)
{
	struct field_map *fields = arena_new_array(&plan->arena, struct field_map, m->count + 1);
	struct field_map *row = &fields[m->count];
	const struct mapping was = *m;

	for (size_t i = 0; i < m->count; i++)
		fields[i] = m->fields[i];
	*row = (struct field_map) { .name = plan->parent.crm, .type = TYPE_ID, .direction = DIRECTION_EMR_TO_CRM };
	m->fields = fields;
	m->count++;
	m->first_name = was.first_name ? fields + (was.first_name - was.fields) : NULL;
	m->last_name = was.last_name ? fields + (was.last_name - was.fields) : NULL;
	m->birth_date = was.birth_date ? fields + (was.birth_date - was.fields) : NULL;
	return path_parse(&plan->arena, plan->parent.crm, &row->crm, err);
}

static int read_parent(struct engine *engine, struct plan *plan, const struct json *spec, struct err *err)
{
	struct parent *p = &plan->parent;

	if (!spec)
		return 0;
	p->sync = json_get_text(spec, "sync");
	p->crm = json_get_text(spec, "crm");
	p->row = plan->mapping.count;
	if (path_parse(&plan->arena, json_get_text(spec, "emr"), &p->emr, err) < 0 ||
	    catalog_sync_id(engine, p->sync, &p->sync_id, err) < 0 || add_row(plan, &plan->mapping, err) < 0 ||
	    add_row(plan, &plan->live_mapping, err) < 0)
		return err_wrap(err, "parent");
	return 0;
}

static int read_more(struct engine *engine, struct plan *plan, const struct json *sync, struct err *err)
{
	const struct json *trigger = json_get(sync, "trigger");

	read_events_off(plan, json_get(sync, "events_off"));
	if (trigger && trigger_parse(&plan->arena, trigger, &plan->trigger, err) < 0)
		return err_pass(err);
	if (read_parent(engine, plan, json_get(sync, "parent"), err) < 0)
		return err_pass(err);
	return catalog_has_children(engine, plan->name, &plan->has_children, err);
}

static int open_all(struct engine *engine, struct plan *plan, const struct sync_docs *docs, struct err *err)
{
	plan->keys = engine->keys;
	plan->sync_id = docs->sync_id;
	plan->integration_id = docs->integration_id;
	plan->name = docs->name;
	plan->mapping_version = docs->version;
	read_settings(plan, docs->sync, docs->integration);
	if (schema_mappings(&plan->arena, docs->sync, &plan->mapping, &plan->live_mapping, &plan->live_differs, err) <
	            0 ||
	    read_more(engine, plan, docs->sync, err) < 0)
		return err_wrap(err, "sync '%.*s'", STR_ARG(plan->name));
	collect_crm_fields(plan);
	if (catalog_open_connection(engine, plan->emr_name, &plan->conn[SIDE_EMR], err) < 0)
		return err_pass(err);
	if (catalog_open_connection(engine, plan->crm_name, &plan->conn[SIDE_CRM], err) < 0)
		return err_pass(err);
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		if (plan->conn[side]->kind->serve)
			plan->conn[side]->kind->serve(plan->conn[side], plan->object[side]);
	}
	budget_open(engine, plan);
	lease_open(engine, plan);
	return drift_open(engine, plan, err);
}

/* `body`: what is to be opened instead of what is stored; NULL: that. */
static int open_as(struct engine *engine, struct str name, const struct json *body, struct plan **ret, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct plan *plan = arena_new(&arena, struct plan); /* lives in its own arena until plan_close */
	struct sync_docs docs;
	int code;

	plan->arena = arena;
	if (body)
		code = catalog_lay_sync(engine, &plan->arena, name, body, &docs, err);
	else
		code = catalog_read_sync(engine, &plan->arena, name, &docs, err);
	if (code < 0 || open_all(engine, plan, &docs, err) < 0) {
		plan_close(&plan);
		return err_pass(err);
	}
	*ret = plan;
	return 0;
}

int plan_open(struct engine *engine, struct str name, struct plan **ret, struct err *err)
{
	return open_as(engine, name, NULL, ret, err);
}

int plan_open_document(struct engine *engine, struct str name, const struct json *body, struct plan **ret,
                       struct err *err)
{
	return open_as(engine, name, body, ret, err);
}

void plan_close(struct plan **pplan)
{
	struct plan *plan = *pplan;
	struct arena arena;

	*pplan = NULL;
	if (!plan)
		return;
	budget_close(plan);
	drift_close(plan);
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

/* ---- the record type of new CRM records ---- */

int plan_open_record_type(struct plan *plan, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct connection *crm = plan->conn[SIDE_CRM];
	const struct str field = STR("RecordTypeId");
	struct object_info info;

	if (plan->crm_record_type.len == 0 || json_get_str(plan->crm_create, field))
		return 0;
	if (crm->kind->describe(crm, &arena, plan->object[SIDE_CRM], &info, err) < 0)
		return err_wrap(err, "look for the record type of new records");
	for (size_t i = 0; i < info.record_type_count; i++) {
		if (!str_eq_nocase(info.record_types[i].key, plan->crm_record_type))
			continue;
		json_set(plan->crm_create, field,
		         json_new_text(&plan->arena, arena_str(&plan->arena, info.record_types[i].id)));
		return 0;
	}
	return err_set(
	        err, ERR_CONFIG,
	        "crm_create: %.*s has no record type %.*s that our user may give to new records; its DeveloperName "
	        "stands in Setup beside its label",
	        STR_ARG(plan->object[SIDE_CRM]), STR_ARG(plan->crm_record_type));
}

int plan_open_account(struct engine *engine, struct plan *plan, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	if (plan_open_record_type(plan, err) < 0)
		return err_pass(err);
	if (plan->default_account.len == 0 || plan->crm_parent_field.len == 0 || plan->default_account_id.len)
		return 0;
	if (find_account(plan, &arena, &plan->default_account_id, err) < 0)
		return err_pass(err);
	if (plan->default_account_id.len || engine->dry)
		return 0;
	return create_account(plan, &arena, &plan->default_account_id, err);
}

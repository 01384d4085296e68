/* describe: what there is to be mapped: integrations, objects, fields of both sides, paths that real records hold, ready mappings, transforms. */
#include "api/api_mapping.h"

#include "codec/yaml.h"
#include "sync/sample.h"

static const char *const field_types[] = {
	[FIELD_TEXT] = "text",
	[FIELD_LONG_TEXT] = "long_text",
	[FIELD_BOOL] = "bool",
	[FIELD_DATE] = "date",
	[FIELD_DATETIME] = "datetime",
	[FIELD_NUMBER] = "number",
	[FIELD_EMAIL] = "email",
	[FIELD_PHONE] = "phone",
	[FIELD_PICKLIST] = "picklist",
	[FIELD_REFERENCE] = "reference",
	[FIELD_ID] = "id",
	[FIELD_OTHER] = "other",
};

enum { SHAPE_RECORDS = 5 };

/* ---- integrations and their connections ---- */

int api_integration(struct api_call *call, struct integration_row *ret, struct err *err)
{
	struct str name = api_param(call, "integration");
	struct integration_row *all;
	size_t count;

	if (catalog_integrations(&call->engine, call->arena, &all, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		if (str_eq(all[i].name, name)) {
			*ret = all[i];
			return 0;
		}
	}
	return err_set(err, ERR_NOT_FOUND, "there is no such integration");
}

static void close_connection(void *context)
{
	struct connection *c = context;

	c->kind->close(&c);
}

int api_open_side(struct api_call *call, const struct integration_row *integration, enum side side,
                  struct connection **ret, struct err *err)
{
	struct str name = side == SIDE_CRM ? integration->crm : integration->emr;

	if (catalog_open_connection(&call->engine, name, ret, err) < 0)
		return err_pass(err);
	arena_on_release(call->arena, close_connection, *ret);
	return 0;
}

struct scene {
	struct connection_row *connections;
	size_t connection_count;
	struct sync_row *syncs;
	size_t sync_count;
};

static struct json *connection_of(const struct api_call *call, const struct scene *scene, struct str name)
{
	struct json *j = api_new(call);

	api_set(call, j, "connection", name);
	for (size_t i = 0; i < scene->connection_count; i++) {
		const struct connector *kind = connector_find(scene->connections[i].kind);

		if (!str_eq(scene->connections[i].name, name))
			continue;
		api_set(call, j, "kind", scene->connections[i].kind);
		api_set(call, j, "title", kind ? str_of(kind->title) : scene->connections[i].kind);
	}
	return j;
}

static struct json *syncs_of(const struct api_call *call, const struct scene *scene, const struct integration_row *row)
{
	static const struct api_member members[] = {
		API_MEMBER(struct sync_row, name, API_TEXT),
		API_MEMBER(struct sync_row, emr_object, API_TEXT),
		API_MEMBER(struct sync_row, crm_object, API_TEXT),
		API_MEMBER(struct sync_row, version, API_INT),
		{ 0 },
	};
	struct json *list = api_new_list(call);

	for (size_t i = 0; i < scene->sync_count; i++) {
		const struct sync_row *sync = &scene->syncs[i];

		if (str_eq(sync->emr_connection, row->emr) && str_eq(sync->crm_connection, row->crm))
			json_append(list, api_object(call, members, sync));
	}
	return list;
}

static int list_integrations(struct api_call *call, struct err *err)
{
	struct json *items = api_new_list(call);
	struct integration_row *all;
	struct scene scene;
	size_t count;

	if (catalog_integrations(&call->engine, call->arena, &all, &count, err) < 0 ||
	    catalog_connections(&call->engine, call->arena, &scene.connections, &scene.connection_count, err) < 0 ||
	    catalog_syncs(&call->engine, call->arena, &scene.syncs, &scene.sync_count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		struct json *item = api_new(call);

		api_set(call, item, "name", all[i].name);
		api_set(call, item, "default_account", all[i].default_account);
		json_set(item, STR("emr"), connection_of(call, &scene, all[i].emr));
		json_set(item, STR("crm"), connection_of(call, &scene, all[i].crm));
		json_set(item, STR("syncs"), syncs_of(call, &scene, &all[i]));
		json_append(items, item);
	}
	call->answer = api_list(call, items, false, 0);
	return 0;
}

/* ---- objects ---- */

static int objects_of(struct api_call *call, const struct integration_row *integration, enum side side,
                      struct json **ret, struct err *err)
{
	static const struct api_member members[] = {
		API_MEMBER(struct object_name, name, API_TEXT),
		API_MEMBER(struct object_name, label, API_TEXT),
		API_MEMBER(struct object_name, writable, API_BOOL),
		{ 0 },
	};
	struct object_name *objects;
	struct connection *c;
	size_t count;

	*ret = json_new(call->arena, JSON_NULL);
	if (api_open_side(call, integration, side, &c, err) < 0)
		return err_pass(err);
	if (!c->kind->objects)
		return 0;
	if (c->kind->objects(c, call->arena, &objects, &count, err) < 0)
		return err_wrap(err, "%s", c->kind->title);
	*ret = api_new_list(call);
	for (size_t i = 0; i < count; i++)
		json_append(*ret, api_object(call, members, &objects[i]));
	return 0;
}

static int list_objects(struct api_call *call, struct err *err)
{
	struct integration_row integration;
	struct json *emr, *crm;

	if (api_integration(call, &integration, err) < 0 || objects_of(call, &integration, SIDE_EMR, &emr, err) < 0 ||
	    objects_of(call, &integration, SIDE_CRM, &crm, err) < 0)
		return err_pass(err);
	call->answer = api_new(call);
	json_set(call->answer, STR("emr"), emr);
	json_set(call->answer, STR("crm"), crm);
	return 0;
}

/* ---- fields ---- */

static struct json *texts_of(const struct api_call *call, const struct str *texts, size_t count)
{
	struct json *list = api_new_list(call);

	for (size_t i = 0; i < count; i++)
		json_append(list, json_new_text(call->arena, texts[i]));
	return list;
}

static struct json *field_json(const struct api_call *call, const struct field_info *field)
{
	static const struct api_member members[] = {
		API_MEMBER(struct field_info, name, API_TEXT),
		API_MEMBER(struct field_info, label, API_TEXT),
		API_MEMBER(struct field_info, required, API_BOOL),
		API_MEMBER(struct field_info, createable, API_BOOL),
		API_MEMBER(struct field_info, updateable, API_BOOL),
		API_MEMBER(struct field_info, external_id, API_BOOL),
		API_MEMBER(struct field_info, unique, API_BOOL),
		API_MEMBER(struct field_info, restricted, API_BOOL),
		{ 0 },
	};
	struct json *j = api_object(call, members, field);

	api_set(call, j, "type", str_of(field_types[field->type]));
	api_set_int(call, j, "length", (int64_t)field->length);
	json_set(j, STR("picklist"), texts_of(call, field->picklist, field->picklist_count));
	return j;
}

static struct json *object_json(const struct api_call *call, const struct object_info *info)
{
	struct json *j = api_new(call), *fields = api_new_list(call), *types = api_new_list(call);

	api_set(call, j, "name", info->name);
	api_set(call, j, "label", info->label);
	for (size_t i = 0; i < info->field_count; i++)
		json_append(fields, field_json(call, &info->fields[i]));
	for (size_t i = 0; i < info->record_type_count; i++) {
		struct json *type = api_new(call);

		api_set(call, type, "id", info->record_types[i].id);
		api_set(call, type, "name", info->record_types[i].name);
		json_append(types, type);
	}
	json_set(j, STR("fields"), fields);
	json_set(j, STR("record_types"), types);
	return j;
}

static int describe_side(struct api_call *call, const struct integration_row *integration, enum side side,
                         struct object_info *ret, struct err *err)
{
	struct str object = api_query(call, side == SIDE_CRM ? "crm" : "emr");
	struct connection *c;

	if (object.len == 0)
		return err_set(err, ERR_USAGE, "?emr= and ?crm= name the objects");
	if (api_open_side(call, integration, side, &c, err) < 0)
		return err_pass(err);
	if (c->kind->describe(c, call->arena, object, ret, err) < 0)
		return err_wrap(err, "%s", c->kind->title);
	return 0;
}

static bool has_field(const struct object_info *info, struct str name)
{
	for (size_t i = 0; i < info->field_count; i++) {
		if (str_eq_nocase(info->fields[i].name, name))
			return true;
	}
	return false;
}

/* Described names begin alike: Contacts.Contacts.Value of Contacts.Contacts[Type=Home].Value. */
static bool has_path(const struct object_info *info, const struct path *path)
{
	struct str top = path_top(path);

	for (size_t i = 0; i < info->field_count; i++) {
		struct str name = info->fields[i].name;

		if (str_starts(name, top) && (name.len == top.len || name.at[top.len] == '.'))
			return true;
	}
	return false;
}

/* How many rows of a ready mapping find their fields on either side. */
static int ready_json(struct api_call *call, const char *name, const struct object_info *emr,
                      const struct object_info *crm, struct json *list, struct err *err)
{
	struct json *file, *j = api_new(call);
	struct mapping m;
	size_t fits_emr = 0, fits_crm = 0;

	if (yaml_parse(call->arena, mapping_builtin(str_of(name)), &file, err) < 0 ||
	    mapping_parse(call->arena, file, &m, err) < 0)
		return err_wrap(err, "ready mapping %s", name);
	for (size_t i = 0; i < m.count; i++) {
		fits_crm += has_field(crm, path_top(m.fields[i].crm));
		fits_emr += m.fields[i].emr_count == 0 || has_path(emr, m.fields[i].emr[0]);
	}
	if (fits_emr * 2 < m.count)
		return 0; /* of another object, or another EMR */
	api_set(call, j, "name", str_of(name));
	api_set_int(call, j, "rows", (int64_t)m.count);
	api_set_int(call, j, "fits_emr", (int64_t)fits_emr);
	api_set_int(call, j, "fits_crm", (int64_t)fits_crm);
	api_set_json(call, j, "fields", json_get(file, "fields"));
	json_append(list, j);
	return 0;
}

static int show_fields(struct api_call *call, struct err *err)
{
	struct integration_row integration;
	struct object_info emr, crm;
	struct json *ready = api_new_list(call);

	if (api_integration(call, &integration, err) < 0 ||
	    describe_side(call, &integration, SIDE_EMR, &emr, err) < 0 ||
	    describe_side(call, &integration, SIDE_CRM, &crm, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < mapping_builtin_count(); i++) {
		if (ready_json(call, mapping_builtin_name(i), &emr, &crm, ready, err) < 0)
			return err_pass(err);
	}
	call->answer = api_new(call);
	json_set(call->answer, STR("emr"), object_json(call, &emr));
	json_set(call->answer, STR("crm"), object_json(call, &crm));
	json_set(call->answer, STR("ready"), ready);
	return 0;
}

/* Where real records hold values; not the values. */
static int show_paths(struct api_call *call, struct err *err)
{
	static const struct api_member members[] = {
		API_MEMBER(struct sample_path, path, API_TEXT),
		API_MEMBER(struct sample_path, filled, API_INT),
		{ 0 },
	};
	const struct sample_request request = { .object = api_query(call, "emr"), .count = SHAPE_RECORDS };
	struct integration_row integration;
	struct json *items = api_new_list(call);
	struct sample_path *paths;
	struct connection *c;
	struct page page;
	size_t count;

	if (api_integration(call, &integration, err) < 0 || api_open_side(call, &integration, SIDE_EMR, &c, err) < 0 ||
	    sample_read(c, call->arena, &request, &page, err) < 0 ||
	    sample_paths(call->arena, &page, &paths, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		json_append(items, api_object(call, members, &paths[i]));
	call->answer = api_list(call, items, false, 0);
	api_set_int(call, call->answer, "records", (int64_t)page.count);
	return 0;
}

/* ---- words of a row ---- */

static int list_transforms(struct api_call *call, struct err *err UNUSED)
{
	struct json *transforms = api_new_list(call), *types = api_new_list(call);

	for (size_t i = 0; i < transform_count(); i++) {
		struct json *j = api_new(call);
		const char *name, *summary;
		bool two_way;

		transform_info(i, &name, &summary, &two_way);
		api_set(call, j, "name", str_of(name));
		api_set(call, j, "summary", str_of(summary));
		api_set_bool(call, j, "two_way", two_way);
		json_append(transforms, j);
	}
	for (int type = TYPE_TEXT; type <= TYPE_ID; type++)
		json_append(types, json_new_text(call->arena, str_of(value_type_name((enum value_type)type))));
	call->answer = api_new(call);
	json_set(call->answer, STR("transforms"), transforms);
	json_set(call->answer, STR("types"), types);
	return 0;
}

const struct api_route api_describe_routes[] = {
	{ "GET", "/mapping/transforms", list_transforms, RIGHT_SEE },
	{ "GET", "/mapping/integrations", list_integrations, RIGHT_SEE },
	{ "GET", "/mapping/integrations/{integration}/objects", list_objects, RIGHT_SEE },
	{ "GET", "/mapping/integrations/{integration}/fields", show_fields, RIGHT_SEE },
	{ "GET", "/mapping/integrations/{integration}/paths", show_paths, RIGHT_SEE },
	{ 0 },
};

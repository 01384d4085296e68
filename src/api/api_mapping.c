/* mapping: the document of an object sync as the console's mapping screens edit it: read, saved as a version, compared, restored; drafts of what is not saved. */
#include "api/api_mapping.h"

#include "codec/yaml.h"
#include "lib/limits.h"
#include "sync/catalog.h"
#include "sync/draft.h"

/* ---- what is shared with the areas beside (api_mapping.h) ---- */

int api_mapping_fields(struct api_call *call, const struct json *spec, struct json **ret, struct err *err)
{
	struct json *parsed;
	struct str text;

	*ret = NULL;
	if (!spec)
		return 0;
	if (spec->kind == JSON_OBJECT) {
		*ret = json_get(spec, "fields");
		return 0;
	}
	text = mapping_builtin(json_text(spec));
	if (text.len == 0)
		return err_set(err, ERR_CONFIG, "there is no ready mapping of that name");
	if (yaml_parse(call->arena, text, &parsed, err) < 0)
		return err_wrap(err, "ready mapping");
	*ret = json_get(parsed, "fields");
	return 0;
}

int api_need_object(const struct api_call *call, const char *name, const struct json **ret, struct err *err)
{
	*ret = json_get(call->body, name);
	if (*ret && (*ret)->kind == JSON_OBJECT)
		return 0;
	return err_set(err, ERR_DATA, "'%s' has to be an object", name);
}

void api_set_json(const struct api_call *call, struct json *object, const char *name, const struct json *value)
{
	struct json *copy = value ? json_copy(call->arena, value) : json_new(call->arena, JSON_NULL);

	copy->next = NULL;
	copy->parent = NULL;
	json_set(object, str_of(name), copy);
}

/* ---- the document ---- */

static int say_version(struct api_call *call, struct str name, const struct sync_version *v, struct err *err)
{
	struct json *fields, *live;

	if (api_mapping_fields(call, json_get(v->body, "mapping"), &fields, err) < 0 ||
	    api_mapping_fields(call, json_get(v->body, "live_mapping"), &live, err) < 0)
		return err_pass(err);
	call->answer = api_new(call);
	api_set(call, call->answer, "name", name);
	api_set_int(call, call->answer, "version", v->version);
	api_set_time(call, call->answer, "at", v->at_ms);
	api_set(call, call->answer, "who", v->who);
	api_set(call, call->answer, "why", v->why);
	api_set_json(call, call->answer, "document", v->body);
	api_set_json(call, call->answer, "fields", fields);
	api_set_json(call, call->answer, "live_fields", live);
	return 0;
}

static int say_document(struct api_call *call, int64_t version, struct err *err)
{
	struct str name = api_param(call, "sync");
	struct sync_version v;

	if (catalog_sync_version(&call->engine, call->arena, name, version, &v, err) < 0)
		return err_pass(err);
	return say_version(call, name, &v, err);
}

static int show_document(struct api_call *call, struct err *err)
{
	return say_document(call, 0, err);
}

static int show_version(struct api_call *call, struct err *err)
{
	int64_t version;

	if (api_id(call, "version", &version, err) < 0)
		return err_pass(err);
	return say_document(call, version, err);
}

static int list_versions(struct api_call *call, struct err *err)
{
	static const struct api_member members[] = {
		API_MEMBER(struct sync_version, version, API_INT),
		API_NAMED("at", struct sync_version, at_ms, API_TIME),
		API_MEMBER(struct sync_version, who, API_TEXT),
		API_MEMBER(struct sync_version, why, API_TEXT),
		{ 0 },
	};
	struct json *items = api_new_list(call);
	struct sync_version *all;
	size_t count;

	if (catalog_sync_versions(&call->engine, call->arena, api_param(call, "sync"), &all, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		json_append(items, api_object(call, members, &all[i]));
	call->answer = api_list(call, items, false, 0);
	return 0;
}

/* What addresses and tables can show: letters, digits, - and _. */
static int check_name(struct str name, struct err *err)
{
	bool fine = name.len > 0 && name.len <= 60;

	for (size_t i = 0; i < name.len && fine; i++)
		fine = str_find_char(STR("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
		                     name.at[i]) >= 0;
	if (fine)
		return 0;
	return err_set(err, ERR_DATA, "the name of a sync is made of letters, digits, - and _, 60 at most");
}

static int save_document(struct api_call *call, struct err *err)
{
	struct str name = api_param(call, "sync"), why;
	const struct json *document;
	struct applied applied;
	int64_t version;

	if (api_need_object(call, "document", &document, err) < 0 || api_int(call, "version", 0, &version, err) < 0 ||
	    api_need_text(call, "why", &why, err) < 0)
		return err_pass(err);
	if (version == 0 && check_name(name, err) < 0)
		return err_pass(err);
	if (catalog_save_sync(&call->engine, name, document, version, arena_text(call->arena, str_trim(why)), &applied,
	                      err) < 0)
		return err_pass(err);
	if (applied.created)
		call->status = 201;
	return say_document(call, 0, err);
}

static int restore_version(struct api_call *call, struct err *err)
{
	struct applied applied;
	struct str why;
	int64_t version;

	if (api_id(call, "version", &version, err) < 0 || api_need_text(call, "why", &why, err) < 0 ||
	    catalog_restore_sync(&call->engine, api_param(call, "sync"), version,
	                         arena_text(call->arena, str_trim(why)), &applied, err) < 0)
		return err_pass(err);
	return say_document(call, 0, err);
}

/* ---- a mapping as a file ---- */

/* YAML or JSON, {fields: [...]} or a whole sync with its mapping. */
static int read_file(struct api_call *call, struct err *err)
{
	struct json *file, *fields;
	struct str text;

	if (api_need_text(call, "text", &text, err) < 0 || yaml_parse(call->arena, text, &file, err) < 0)
		return err_pass(err);
	if (json_get(file, "mapping")) {
		if (api_mapping_fields(call, json_get(file, "mapping"), &fields, err) < 0)
			return err_pass(err);
	} else {
		fields = json_get(file, "fields");
	}
	if (!fields || fields->kind != JSON_ARRAY)
		return err_set(err, ERR_PARSE, "the file holds no mapping: a list called 'fields' is looked for");
	call->answer = api_new(call);
	api_set_json(call, call->answer, "fields", fields);
	return 0;
}

static int write_file(struct api_call *call, struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_CONFIG);
	struct json *file = api_new(call);
	const struct json *fields = json_get(call->body, "fields");

	if (!fields || fields->kind != JSON_ARRAY)
		return err_set(err, ERR_DATA, "'fields' has to be a list");
	api_set_json(call, file, "fields", fields);
	yaml_write(&text, file);
	call->answer = api_new(call);
	api_set(call, call->answer, "text", arena_str(call->arena, buf_str(&text)));
	return 0;
}

/* ---- drafts ---- */

static int say_draft(struct api_call *call, struct err *err)
{
	struct json *body = NULL;
	struct draft draft;
	bool found;

	if (draft_read(&call->engine, call->arena, api_param(call, "draft"), &draft, &found, err) < 0)
		return err_pass(err);
	if (found && json_parse(call->arena, draft.body, &body, err) < 0)
		return err_wrap(err, "read the draft");
	call->answer = api_new(call);
	api_set(call, call->answer, "name", api_param(call, "draft"));
	api_set_time(call, call->answer, "at", found ? draft.at_ms : 0);
	api_set_json(call, call->answer, "body", body);
	return 0;
}

static int keep_draft(struct api_call *call, struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_CONFIG);
	const struct json *body;

	if (api_need_object(call, "body", &body, err) < 0)
		return err_pass(err);
	json_write(&text, body);
	return draft_keep(&call->engine, api_param(call, "draft"), buf_str(&text), err);
}

static int drop_draft(struct api_call *call, struct err *err)
{
	return draft_drop(&call->engine, api_param(call, "draft"), err);
}

static int list_drafts(struct api_call *call, struct err *err)
{
	static const struct api_member members[] = {
		API_NAMED("name", struct draft, subject, API_TEXT),
		API_NAMED("at", struct draft, at_ms, API_TIME),
		{ 0 },
	};
	struct json *items = api_new_list(call);
	struct draft *all;
	size_t count;

	if (draft_list(&call->engine, call->arena, &all, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		json_append(items, api_object(call, members, &all[i]));
	call->answer = api_list(call, items, false, 0);
	return 0;
}

const struct api_route api_mapping_routes[] = {
	{ "GET", "/syncs/{sync}/mapping", show_document, RIGHT_SEE },
	{ "PUT", "/syncs/{sync}/mapping", save_document, RIGHT_SETUP, .limit = LIMIT_CONFIG },
	{ "GET", "/syncs/{sync}/versions", list_versions, RIGHT_SEE },
	{ "GET", "/syncs/{sync}/versions/{version}", show_version, RIGHT_SEE },
	{ "POST", "/syncs/{sync}/versions/{version}/restore", restore_version, RIGHT_SETUP },
	{ "POST", "/mapping/read", read_file, RIGHT_SEE, .limit = LIMIT_CONFIG },
	{ "POST", "/mapping/write", write_file, RIGHT_SEE, .limit = LIMIT_CONFIG },
	{ "GET", "/drafts", list_drafts, RIGHT_SETUP },
	{ "GET", "/drafts/{draft}", say_draft, RIGHT_SETUP },
	{ "PUT", "/drafts/{draft}", keep_draft, RIGHT_SETUP, .limit = LIMIT_CONFIG },
	{ "DELETE", "/drafts/{draft}", drop_draft, RIGHT_SETUP },
	{ 0 },
};

/*
 * connections: the systems that we sign in to, what kinds there are, and which two of them are integrated. A change goes the way of a configuration file: checked as a whole,
 * stored as a new version, in the audit trail. Secrets are taken and never given.
 */
#include "api/api_internal.h"

#include "codec/yaml.h"
#include "connectors/connector.h"
#include "lib/limits.h"
#include "sync/catalog.h"

/* ---- what is stored ---- */

static int read_file(struct api_call *call, struct json **ret, struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_CONFIG);

	if (catalog_export(&call->engine, &text, err) < 0)
		return err_pass(err);
	return yaml_parse(call->arena, buf_str(&text), ret, err);
}

static const struct json *stored_connection(const struct json *file, struct str name)
{
	return json_get_str(json_get(file, "connections"), name);
}

static struct json *without_links(struct api_call *call, const struct json *item)
{
	return item ? json_copy(call->arena, item) : json_new(call->arena, JSON_NULL);
}

/* ---- kinds ---- */

static struct json *option_of(struct api_call *call, const struct option *o)
{
	struct json *item = api_new(call);

	api_set(call, item, "name", str_of(o->name));
	api_set(call, item, "help", str_of(o->help));
	api_set_bool(call, item, "required", !o->fallback);
	api_set(call, item, "fallback", str_of(o->fallback ? o->fallback : ""));
	api_set_bool(call, item, "secret", o->secret);
	return item;
}

static struct json *kind_of(struct api_call *call, const struct connector *kind)
{
	struct json *item = api_new(call), *options = api_new_list(call);

	for (const struct option *o = kind->options; o && o->name; o++)
		json_append(options, option_of(call, o));
	api_set(call, item, "name", str_of(kind->name));
	api_set(call, item, "title", str_of(kind->title));
	api_set(call, item, "side", kind->is_crm ? STR("crm") : STR("emr"));
	api_set_bool(call, item, "takes_codes", kind->exchange_code && !kind->authorize_url);
	api_set_bool(call, item, "signs_in", kind->authorize_url != NULL);
	api_set_bool(call, item, "webhooks", kind->webhook != NULL);
	api_set_bool(call, item, "registers_webhooks", kind->hook_register != NULL);
	json_set(item, STR("options"), options);
	return item;
}

static int list_kinds(struct api_call *call, struct err *err UNUSED)
{
	struct json *items = api_new_list(call);

	for (size_t i = 0; i < connector_count(); i++)
		json_append(items, kind_of(call, connector_nth(i)));
	call->answer = api_list(call, items, false, 0);
	return 0;
}

/* ---- connections ---- */

/* A secret is shown as where it comes from: {"env": "NAME"}, {"file": "PATH"}, {"sealed": true}. */
static struct json *connection_of(struct api_call *call, const struct json *file, const struct json *stored)
{
	const struct json *integration = json_get(file, "integration");
	struct json *item = api_new(call), *settings = api_new(call);
	const struct connector *kind = connector_find(json_get_text(stored, "kind"));
	struct str side = STR_EMPTY;

	JSON_EACH (stored, setting)
		if (!str_eq_c(setting->key, "kind"))
			json_add(settings, setting->key, json_copy(call->arena, setting));
	if (str_eq(json_get_text(integration, "emr"), stored->key))
		side = STR("emr");
	else if (str_eq(json_get_text(integration, "crm"), stored->key))
		side = STR("crm");
	api_set(call, item, "name", stored->key);
	api_set(call, item, "kind", json_get_text(stored, "kind"));
	api_set(call, item, "title", str_of(kind ? kind->title : ""));
	api_set(call, item, "side", side);
	json_set(item, STR("settings"), settings);
	return item;
}

static int list_connections(struct api_call *call, struct err *err)
{
	struct json *items = api_new_list(call), *file;

	if (read_file(call, &file, err) < 0)
		return err_pass(err);
	JSON_EACH (json_get(file, "connections"), stored)
		json_append(items, connection_of(call, file, stored));
	call->answer = api_list(call, items, false, 0);
	return 0;
}

static int show_connection(struct api_call *call, struct err *err)
{
	const struct json *stored;
	struct json *file;

	if (read_file(call, &file, err) < 0)
		return err_pass(err);
	stored = stored_connection(file, api_param(call, "connection"));
	if (!stored)
		return err_set(err, ERR_NOT_FOUND, "there is no such connection; GET /api/v1/connections lists them");
	call->answer = connection_of(call, file, stored);
	return 0;
}

/* Stored under `section`: the way of a configuration file with nothing else in it. */
static int apply(struct api_call *call, const char *section, struct json *body, struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_CONFIG);
	struct json *file = api_new(call);
	struct applied applied;
	const char *why;

	if (api_why(call, &why, err) < 0)
		return err_pass(err);
	json_set(file, str_of(section), body);
	json_write(&text, file);
	return catalog_apply(&call->engine, buf_str(&text), "the console", NULL, why, &applied, err);
}

/* What is not given stays as it is stored; null takes a setting away. */
static struct json *merged(struct api_call *call, const struct json *stored, const struct json *given)
{
	struct json *all = stored ? json_copy(call->arena, stored) : api_new(call);

	all->next = NULL;
	all->parent = NULL;
	JSON_EACH (given, setting) {
		if (json_is_null(setting))
			json_remove(all, setting->key);
		else
			json_set(all, setting->key, json_copy(call->arena, setting));
	}
	return all;
}

static bool is_name(struct str name)
{
	static const struct str allowed = { "abcdefghijklmnopqrstuvwxyz0123456789-_", 38 };

	for (size_t i = 0; i < name.len; i++)
		if (str_find_char(allowed, name.at[i]) < 0)
			return false;
	return name.len > 0 && name.len <= 40;
}

static int put_connection(struct api_call *call, struct err *err)
{
	struct str name = api_param(call, "connection"), kind;
	const struct json *given = json_get(call->body, "settings");
	struct json *file, *body, *section = api_new(call);
	const struct json *stored;

	if (!is_name(name))
		return err_set(err, ERR_DATA, "a connection's name has small letters, digits, - and _, 40 at most");
	if (api_text(call, "kind", &kind, err) < 0 || read_file(call, &file, err) < 0)
		return err_pass(err);
	if (given && given->kind != JSON_OBJECT)
		return err_set(err, ERR_DATA, "'settings' has to be an object");
	stored = stored_connection(file, name);
	if (!stored && kind.len == 0)
		return err_set(err, ERR_DATA, "'kind' is missing: GET /api/v1/kinds lists what there is");
	if (stored && kind.len && !str_eq(kind, json_get_text(stored, "kind")))
		return err_set(err, ERR_CONFLICT, "'%.*s' is a connection of another kind; take another name",
		               STR_ARG(name));
	body = merged(call, stored, given);
	if (kind.len)
		json_set(body, STR("kind"), json_new_text(call->arena, kind));
	json_set(section, name, body);
	return apply(call, "connections", section, err) < 0 ? err_pass(err) : show_connection(call, err);
}

static int take_code(struct api_call *call, struct err *err)
{
	struct code_grant grant = { 0 };

	if (api_need_text(call, "code", &grant.code, err) < 0)
		return err_pass(err);
	return catalog_exchange_code(&call->engine, api_param(call, "connection"), &grant, err);
}

/* ---- the integration ---- */

static int show_integration(struct api_call *call, struct err *err)
{
	struct json *file;

	if (read_file(call, &file, err) < 0)
		return err_pass(err);
	call->answer = api_new(call);
	json_set(call->answer, STR("integration"), without_links(call, json_get(file, "integration")));
	return 0;
}

static int put_integration(struct api_call *call, struct err *err)
{
	static const char *const settings[] = { "name", "emr", "crm", "default_account" };
	struct json *file, *given = api_new(call);

	if (read_file(call, &file, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		const struct json *setting = json_get(call->body, settings[i]);

		if (setting)
			json_add(given, setting->key, json_copy(call->arena, setting));
	}
	/* Its name is what it is known by: another name would make a second one. */
	if (json_get(file, "integration"))
		json_remove(given, STR("name"));
	if (apply(call, "integration", merged(call, json_get(file, "integration"), given), err) < 0)
		return err_pass(err);
	return show_integration(call, err);
}

const struct api_route api_connection_routes[] = {
	{ "GET", "/kinds", list_kinds, RIGHT_SEE },
	{ "GET", "/connections", list_connections, RIGHT_SEE },
	{ "GET", "/connections/{connection}", show_connection, RIGHT_SEE },
	{ "PUT", "/connections/{connection}", put_connection, RIGHT_SETUP },
	{ "POST", "/connections/{connection}/code", take_code, RIGHT_SETUP },
	{ "GET", "/integration", show_integration, RIGHT_SEE },
	{ "PUT", "/integration", put_integration, RIGHT_SETUP },
	{ 0 },
};

/*
 * catalog_schema: rows of settings, and the checks that need more than one row: a sync's integration, an integration's connections, a mapping that compiles.
 */
#include "sync/catalog_schema.h"

#include "codec/yaml.h"
#include "model/mapping.h"

/* To add a setting: one row here, one line in plan.c's read_settings, one row in docs/CONFIGURATION.md. */
struct setting {
	const char *name;
	bool required;
	unsigned kinds; /* of JSON values, as bits */
};

#define TEXT   (1u << JSON_STRING)
#define BOOL   (1u << JSON_TRUE | 1u << JSON_FALSE)
#define OBJECT (1u << JSON_OBJECT)

static const struct setting file_settings[] = {
	{ "connections", false, OBJECT },
	{ "integration", false, OBJECT },
	{ "syncs", false, OBJECT },
	{ NULL, false, 0 },
};
static const struct setting integration_settings[] = {
	{ "name", true, TEXT }, { "emr", true, TEXT }, { "crm", true, TEXT }, { "default_account", false, TEXT },
	{ NULL, false, 0 },
};
static const struct setting sync_settings[] = {
	{ "integration", false, TEXT },
	{ "emr_object", true, TEXT },
	{ "crm_object", true, TEXT },
	{ "mapping", true, TEXT | OBJECT },
	{ "policy", false, OBJECT },
	{ "create", false, BOOL },
	{ "back_reference", false, BOOL },
	{ "crm_where", false, TEXT },
	{ "crm_id_field", true, TEXT },
	{ "crm_synced_field", false, TEXT },
	{ "crm_last_sync_field", false, TEXT },
	{ "crm_run_field", false, TEXT },
	{ "crm_parent_field", false, TEXT },
	{ NULL, false, 0 },
};

static const struct setting policy_settings[] = { { "winner", false, TEXT },
	                                          { "blank", false, TEXT },
	                                          { NULL, false, 0 } };
/* One of these three, where a secret is not given as text. */
static const struct setting secret_settings[] = {
	{ "env", false, TEXT },
	{ "file", false, TEXT },
	{ "sealed", false, 1u << JSON_TRUE },
	{ NULL, false, 0 },
};

static const struct setting *find(const struct setting *rows, struct str name)
{
	for (; rows->name; rows++) {
		if (str_eq_c(name, rows->name))
			return rows;
	}
	return NULL;
}

static struct str list_names(struct arena *arena, const struct setting *rows)
{
	struct str list = STR_EMPTY;

	for (; rows->name; rows++)
		list = arena_printf(arena, "%.*s%s%s", STR_ARG(list), list.len ? ", " : "", rows->name);
	return list;
}

static int check_object(struct arena *arena, const struct json *object, const struct setting *rows, const char *what,
                        struct err *err)
{
	if (!object || object->kind != JSON_OBJECT)
		return err_set(err, ERR_CONFIG, "line %u: %s must be a list of settings (name: value)",
		               object && object->line ? object->line : 1, what);
	JSON_EACH (object, member) {
		const struct setting *row = find(rows, member->key);

		if (!row)
			return err_set(err, ERR_CONFIG, "line %u: unknown setting '%.*s' of %s; it takes: %.*s",
			               member->line, STR_ARG(member->key), what, STR_ARG(list_names(arena, rows)));
		if (!(row->kinds & 1u << member->kind))
			return err_set(err, ERR_CONFIG, "line %u: '%.*s' of %s has the wrong kind of value",
			               member->line, STR_ARG(member->key), what);
	}
	for (; rows->name; rows++) {
		if (rows->required && !json_get(object, rows->name))
			return err_set(err, ERR_CONFIG, "line %u: %s needs the setting '%s'", object->line, what,
			               rows->name);
	}
	return 0;
}

static const struct option *find_option(const struct connector *kind, struct str name)
{
	for (const struct option *o = kind ? kind->options : NULL; o && o->name; o++) {
		if (str_eq_c(name, o->name))
			return o;
	}
	return NULL;
}

bool schema_is_secret(const struct connector *kind, struct str setting)
{
	const struct option *option = find_option(kind, setting);

	return option && option->secret;
}

static struct str list_options(struct arena *arena, const struct connector *kind)
{
	struct str list = STR("kind");

	for (const struct option *o = kind->options; o->name; o++)
		list = arena_printf(arena, "%.*s, %s", STR_ARG(list), o->name);
	return list;
}

static struct str list_kinds(struct arena *arena)
{
	struct str list = STR_EMPTY;

	for (size_t i = 0; i < connector_count(); i++)
		list = arena_printf(arena, "%.*s%s%s", STR_ARG(list), i ? ", " : "", connector_nth(i)->name);
	return list;
}

static int check_secret(struct arena *arena, const struct json *secret, struct err *err)
{
	if (secret->kind != JSON_OBJECT)
		return 0;
	if (secret->count != 1)
		return err_set(err, ERR_CONFIG, "line %u: '%.*s' is a secret: text, {file: PATH} or {env: NAME}",
		               secret->line, STR_ARG(secret->key));
	return check_object(arena, secret, secret_settings, arena_text(arena, secret->key), err);
}

static int check_connection(struct arena *arena, const struct json *c, struct err *err)
{
	const struct connector *kind = connector_find(json_get_text(c, "kind"));

	if (!kind)
		return err_set(err, ERR_CONFIG, "line %u: connection '%.*s' needs a kind; there is: %.*s", c->line,
		               STR_ARG(c->key), STR_ARG(list_kinds(arena)));
	JSON_EACH (c, setting) {
		const struct option *option = find_option(kind, setting->key);

		if (!option && !str_eq(setting->key, STR("kind")))
			return err_set(err, ERR_CONFIG,
			               "line %u: unknown setting '%.*s' of connection '%.*s'; %s takes: %.*s",
			               setting->line, STR_ARG(setting->key), STR_ARG(c->key), kind->title,
			               STR_ARG(list_options(arena, kind)));
		if (setting->kind == JSON_ARRAY || (setting->kind == JSON_OBJECT && !(option && option->secret)))
			return err_set(err, ERR_CONFIG,
			               "line %u: '%.*s' of connection '%.*s' has the wrong kind of value",
			               setting->line, STR_ARG(setting->key), STR_ARG(c->key));
		if (option && option->secret && check_secret(arena, setting, err) < 0)
			return err_wrap(err, "connection '%.*s'", STR_ARG(c->key));
	}
	for (const struct option *o = kind->options; o->name; o++) {
		if (!o->fallback && !json_get(c, o->name))
			return err_set(err, ERR_CONFIG, "line %u: connection '%.*s' needs '%s': %s", c->line,
			               STR_ARG(c->key), o->name, o->help);
	}
	return 0;
}

static struct field_map *field_named(const struct mapping *m, struct str name)
{
	for (size_t i = 0; i < m->count; i++) {
		if (str_eq(m->fields[i].name, name) || str_eq(path_text(m->fields[i].crm), name))
			return &m->fields[i];
	}
	return NULL;
}

/* policy: {Email: {winner: crm, blank: clear}} lays over the mapping's own rows. */
static int lay_policy(struct arena *arena, struct mapping *m, const struct json *policy, struct err *err)
{
	JSON_EACH (policy, row) {
		struct field_map *field = field_named(m, row->key);
		struct str what = arena_printf(arena, "the policy of '%.*s'", STR_ARG(row->key));

		if (!field)
			return err_set(err, ERR_CONFIG, "line %u: policy: the mapping has no field '%.*s'", row->line,
			               STR_ARG(row->key));
		if (check_object(arena, row, policy_settings, what.at, err) < 0)
			return err_pass(err);
		if (mapping_set_policy(field, json_get_text(row, "winner"), json_get_text(row, "blank"), err) < 0)
			return err_wrap(err, "line %u: %s", row->line, what.at);
	}
	return 0;
}

int schema_mapping(struct arena *arena, const struct json *sync, struct mapping *ret, struct err *err)
{
	const struct json *spec = json_get(sync, "mapping");
	struct json *parsed;
	struct str text;

	if (spec && spec->kind == JSON_STRING) {
		text = mapping_builtin(spec->text);
		if (text.len == 0)
			return err_set(
			        err, ERR_CONFIG,
			        "line %u: there is no built-in mapping '%.*s'; hint-contact and nikohealth-account are "
			        "some, docs/MAPPING.md has all",
			        spec->line, STR_ARG(spec->text));
		if (yaml_parse(arena, text, &parsed, err) < 0)
			return err_wrap(err, "built-in mapping");
		spec = parsed;
	}
	if (mapping_parse(arena, spec, ret, err) < 0)
		return err_pass(err);
	return lay_policy(arena, ret, json_get(sync, "policy"), err);
}

static int check_sync(struct arena *arena, const struct json *sync, bool has_integration, struct err *err)
{
	struct str what = arena_printf(arena, "sync '%.*s'", STR_ARG(sync->key));
	struct mapping ignored;

	if (check_object(arena, sync, sync_settings, what.at, err) < 0)
		return err_pass(err);
	if (!has_integration && !json_get(sync, "integration"))
		return err_set(err, ERR_CONFIG, "line %u: %s belongs to no integration", sync->line, what.at);
	return schema_mapping(arena, sync, &ignored, err);
}

int schema_check(struct arena *arena, const struct json *file, struct err *err)
{
	const struct json *integration = json_get(file, "integration");

	if (check_object(arena, file, file_settings, "the file", err) < 0)
		return err_pass(err);
	JSON_EACH (json_get(file, "connections"), c) {
		if (check_connection(arena, c, err) < 0)
			return err_pass(err);
	}
	if (integration && check_object(arena, integration, integration_settings, "the integration", err) < 0)
		return err_pass(err);
	JSON_EACH (json_get(file, "syncs"), sync) {
		if (check_sync(arena, sync, integration != NULL, err) < 0)
			return err_pass(err);
	}
	return 0;
}

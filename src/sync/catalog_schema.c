/*
 * catalog_schema: rows of settings, and the checks that need more than one row: a sync's integration, an integration's connections, a mapping that compiles.
 */
#include "sync/catalog_schema.h"

#include <string.h>

#include "codec/yaml.h"
#include "model/mapping.h"
#include "sync/trigger.h"

/* To add a setting: one row here, one line in plan.c's read_settings, one row in docs/CONFIGURATION.md. */
struct setting {
	const char *name;
	bool required;
	unsigned kinds; /* of JSON values, as bits */
};

#define TEXT   (1u << JSON_STRING)
#define BOOL   (1u << JSON_TRUE | 1u << JSON_FALSE)
#define OBJECT (1u << JSON_OBJECT)
#define LIST   (1u << JSON_ARRAY)
#define NUMBER (1u << JSON_NUMBER | TEXT) /* one in quotes is fine */

static const struct setting file_settings[] = {
	{ "connections", false, OBJECT },
	{ "integration", false, OBJECT },
	{ "syncs", false, OBJECT },
	{ "access", false, OBJECT },
	{ "identity_provider", false, OBJECT },
	{ "retention", false, OBJECT },
	{ NULL, false, 0 },
};
/* Who signs in and for how long (src/access); what becomes of these is read there. */
static const struct setting access_settings[] = {
	{ "idle_minutes", false, NUMBER },
	{ "session_hours", false, NUMBER },
	{ "proxies", false, LIST },
	{ NULL, false, 0 },
};
/* How long what is over is kept (purge.h). */
static const struct setting retention_settings[] = {
	{ "payloads_days", false, NUMBER },
	{ "log_days", false, NUMBER },
	{ "hour", false, NUMBER },
	{ NULL, false, 0 },
};
static const struct setting provider_settings[] = {
	{ "name", false, TEXT },     { "issuer", true, TEXT },
	{ "client_id", true, TEXT }, { "client_secret", false, TEXT | OBJECT },
	{ "scopes", false, TEXT },   { "domains", false, LIST },
	{ "roles", false, LIST },    { "default_role", false, TEXT },
	{ "enabled", false, BOOL },  { NULL, false, 0 },
};
static const struct setting provider_role_settings[] = {
	{ "claim", true, TEXT },
	{ "value", true, TEXT },
	{ "role", true, TEXT },
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
	{ "crm_status_field", false, TEXT },
	{ "crm_reason_field", false, TEXT },
	{ "crm_link_field", false, TEXT },
	{ "crm_create", false, OBJECT },
	{ "create_in_emr", false, BOOL },
	{ "trigger", false, LIST },
	{ "trigger_creates", false, BOOL },
	{ "on_emr_delete", false, TEXT },
	{ "on_crm_delete", false, TEXT },
	{ "events_off", false, LIST },
	{ "stream", false, BOOL },
	{ "real_time", false, BOOL },
	{ "paused", false, BOOL },
	{ "live_mapping", false, TEXT | OBJECT },
	{ "parent", false, OBJECT },
	{ "turns_max", false, NUMBER },
	{ "bulk_from", false, NUMBER },
	{ "delta_overlap_s", false, NUMBER },
	{ "delta_lag_s", false, NUMBER },
	{ "describe_minutes", false, NUMBER },
	{ NULL, false, 0 },
};
static const struct setting parent_settings[] = {
	{ "sync", true, TEXT },
	{ "emr", true, TEXT },
	{ "crm", true, TEXT },
	{ NULL, false, 0 },
};

static const struct number_setting {
	const char *name;
	int64_t fallback, least, most;
} access_numbers[] = { { "idle_minutes", 15, 1, 1440 }, { "session_hours", 12, 1, 720 } },
  retention_numbers[] = { { "payloads_days", 0, 0, 36500 }, { "log_days", 0, 0, 36500 }, { "hour", 3, 0, 23 } },
  number_settings[] = {
	  { "turns_max", 10, 2, 1000 },  { "bulk_from", 0, 0, 100000000 },      { "delta_overlap_s", 300, 0, 86400 },
	  { "delta_lag_s", 2, 0, 3600 }, { "describe_minutes", 60, 0, 100000 },
  };

/* R31: words of both settings; a patient is never deleted because a CRM record is. */
static const char *const removals[] = {
	[REMOVAL_UNLINK] = "unlink", [REMOVAL_FLAG] = "flag", [REMOVAL_DELETE] = "delete"
};
static const struct {
	const char *name;
	size_t words;
	const char *allowed;
} removal_settings[] = {
	{ "on_emr_delete", 3, "unlink, flag, delete" },
	{ "on_crm_delete", 2, "unlink, flag" },
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

static int read_mapping(struct arena *arena, const struct json *spec, struct mapping *ret, struct err *err)
{
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
	return mapping_parse(arena, spec, ret, err);
}

int schema_mappings(struct arena *arena, const struct json *sync, struct mapping *ret_batch, struct mapping *ret_live,
                    bool *ret_differs, struct err *err)
{
	const struct json *live = json_get(sync, "live_mapping");

	if (read_mapping(arena, json_get(sync, "mapping"), ret_batch, err) < 0)
		return err_pass(err);
	*ret_differs = live != NULL;
	if (live && (read_mapping(arena, live, ret_live, err) < 0 || mapping_join(arena, ret_batch, ret_live, err) < 0))
		return err_wrap(err, "live_mapping");
	if (lay_policy(arena, ret_batch, json_get(sync, "policy"), err) < 0)
		return err_pass(err);
	if (live)
		return lay_policy(arena, ret_live, json_get(sync, "policy"), err);
	*ret_live = *ret_batch;
	return 0;
}

int schema_mapping(struct arena *arena, const struct json *sync, struct mapping *ret, struct err *err)
{
	struct mapping live;
	bool differs;

	return schema_mappings(arena, sync, ret, &live, &differs, err);
}

static const struct number_setting *number_row(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(number_settings); i++) {
		if (strcmp(number_settings[i].name, name) == 0)
			return &number_settings[i];
	}
	for (size_t i = 0; i < ARRAY_LEN(access_numbers); i++) {
		if (strcmp(access_numbers[i].name, name) == 0)
			return &access_numbers[i];
	}
	for (size_t i = 0; i < ARRAY_LEN(retention_numbers); i++) {
		if (strcmp(retention_numbers[i].name, name) == 0)
			return &retention_numbers[i];
	}
	unreachable("the setting has a row");
}

int64_t schema_number(const struct json *of, const char *name)
{
	int64_t value;

	return str_to_i64(json_get_text(of, name), &value) ? value : number_row(name)->fallback;
}

enum on_removal schema_on_removal(const struct json *sync, const char *name)
{
	struct str word = json_get_text(sync, name);

	for (size_t i = 0; i < ARRAY_LEN(removals); i++) {
		if (str_eq_c(word, removals[i]))
			return (enum on_removal)i;
	}
	return REMOVAL_UNLINK;
}

/* ---- settings of a sync that need more than their kind ---- */

static int check_rows(const struct json *of, const struct number_setting *rows, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct number_setting *row = &rows[i];
		const struct json *given = json_get(of, row->name);
		int64_t value;

		if (given && (!str_to_i64(given->text, &value) || value < row->least || value > row->most))
			return err_set(err, ERR_CONFIG, "line %u: '%s' is a whole number from %lld to %lld",
			               given->line, row->name, (long long)row->least, (long long)row->most);
	}
	return 0;
}

static int check_removals(const struct json *sync, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(removal_settings); i++) {
		const struct json *given = json_get(sync, removal_settings[i].name);
		size_t n = 0;

		while (given && n < removal_settings[i].words && !str_eq_c(given->text, removals[n]))
			n++;
		if (given && n == removal_settings[i].words)
			return err_set(err, ERR_CONFIG, "line %u: '%.*s' is unknown; '%s' is one of: %s", given->line,
			               STR_ARG(given->text), removal_settings[i].name, removal_settings[i].allowed);
	}
	return 0;
}

static int check_events(const struct json *sync, struct err *err)
{
	JSON_EACH (json_get(sync, "events_off"), event) {
		if (event->kind != JSON_STRING || event->text.len == 0)
			return err_set(err, ERR_CONFIG, "line %u: 'events_off' is a list of names of events",
			               event->line);
	}
	return 0;
}

struct str schema_record_type(const struct json *member)
{
	const struct json *name = json_get(member, "DeveloperName");

	if (!str_eq_c(member->key, "RecordType") || member->kind != JSON_OBJECT || member->count != 1)
		return STR_EMPTY;
	return json_text(name);
}

static int check_create(const struct json *sync, const struct mapping *m, struct err *err)
{
	JSON_EACH (json_get(sync, "crm_create"), member) {
		if (schema_record_type(member).len)
			continue;
		if (member->kind == JSON_ARRAY || member->kind == JSON_OBJECT || member->kind == JSON_NULL)
			return err_set(err, ERR_CONFIG, "line %u: crm_create: '%.*s' is one value", member->line,
			               STR_ARG(member->key));
		for (size_t i = 0; i < m->count; i++) {
			if (str_eq_nocase(path_text(m->fields[i].crm), member->key))
				return err_set(err, ERR_CONFIG, "line %u: crm_create: '%.*s' is mapped already",
				               member->line, STR_ARG(member->key));
		}
	}
	return 0;
}

static int check_parent(struct arena *arena, const struct json *sync, const struct mapping *m, struct err *err)
{
	const struct json *parent = json_get(sync, "parent");
	struct str crm = json_get_text(parent, "crm");
	const struct path *path;

	if (!parent)
		return 0;
	if (check_object(arena, parent, parent_settings, "parent", err) < 0)
		return err_pass(err);
	if (path_parse(arena, json_get_text(parent, "emr"), &path, err) < 0)
		return err_wrap(err, "line %u: parent", parent->line);
	if (str_eq(json_get_text(parent, "sync"), sync->key))
		return err_set(err, ERR_CONFIG, "line %u: parent: a sync is not its own parent", parent->line);
	if (json_bool(json_get(sync, "create_in_emr"), false) || json_bool(json_get(sync, "trigger_creates"), false))
		return err_set(err, ERR_CONFIG,
		               "line %u: parent: records that hang on others are created in the CRM only",
		               parent->line);
	for (size_t i = 0; i < m->count; i++) {
		if (str_eq_nocase(path_text(m->fields[i].crm), crm))
			return err_set(err, ERR_CONFIG, "line %u: parent: '%.*s' is mapped already", parent->line,
			               STR_ARG(crm));
	}
	return 0;
}

static int check_trigger(struct arena *arena, const struct json *sync, struct err *err)
{
	const struct json *spec = json_get(sync, "trigger"), *creates = json_get(sync, "trigger_creates");
	struct trigger *ignored;

	if (!spec && json_bool(creates, false))
		return err_set(err, ERR_CONFIG, "line %u: 'trigger_creates' needs a 'trigger'", creates->line);
	return spec ? trigger_parse(arena, spec, &ignored, err) : 0;
}

static int check_sync(struct arena *arena, const struct json *sync, bool has_integration, struct err *err)
{
	struct str what = arena_printf(arena, "sync '%.*s'", STR_ARG(sync->key));
	struct mapping mapping;

	if (check_object(arena, sync, sync_settings, what.at, err) < 0)
		return err_pass(err);
	if (!has_integration && !json_get(sync, "integration"))
		return err_set(err, ERR_CONFIG, "line %u: %s belongs to no integration", sync->line, what.at);
	if (schema_mapping(arena, sync, &mapping, err) < 0)
		return err_pass(err);
	if (check_rows(sync, number_settings, ARRAY_LEN(number_settings), err) < 0 || check_removals(sync, err) < 0 ||
	    check_events(sync, err) < 0 || check_create(sync, &mapping, err) < 0 ||
	    check_trigger(arena, sync, err) < 0 || check_parent(arena, sync, &mapping, err) < 0)
		return err_wrap(err, "%s", what.at);
	return 0;
}

/* ---- who signs in ---- */

static int check_list_of_texts(const struct json *section, const char *name, struct err *err)
{
	JSON_EACH (json_get(section, name), item) {
		if (item->kind != JSON_STRING || item->text.len == 0)
			return err_set(err, ERR_CONFIG, "line %u: '%s' is a list of texts", item->line, name);
	}
	return 0;
}

/* The names are those of access/role.c, which this folder cannot see; a test of access holds them together. */
static int check_role(const struct json *role, struct err *err)
{
	static const char *const names[] = { "viewer", "operator", "admin", "auditor" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!role || str_eq_c(role->text, names[i]))
			return 0;
	}
	return err_set(err, ERR_CONFIG, "line %u: '%.*s' is no role; there is: viewer, operator, admin, auditor",
	               role->line, STR_ARG(role->text));
}

/* A provider that is asked over plain HTTP could be anybody; on this machine it is a test. */
static int check_issuer(const struct json *provider, struct err *err)
{
	struct str issuer = json_get_text(provider, "issuer");

	if (str_starts(issuer, STR("https://")) || str_starts(issuer, STR("http://127.0.0.1:")) ||
	    str_starts(issuer, STR("http://localhost:")))
		return 0;
	return err_set(err, ERR_CONFIG, "line %u: the issuer is an address that begins with https://",
	               json_get(provider, "issuer")->line);
}

static int check_provider(struct arena *arena, const struct json *provider, struct err *err)
{
	const struct json *secret = json_get(provider, "client_secret");

	if (check_object(arena, provider, provider_settings, "the identity provider", err) < 0 ||
	    check_issuer(provider, err) < 0 || check_list_of_texts(provider, "domains", err) < 0 ||
	    (secret && check_secret(arena, secret, err) < 0) || check_role(json_get(provider, "default_role"), err) < 0)
		return err_pass(err);
	JSON_EACH (json_get(provider, "roles"), row) {
		if (check_object(arena, row, provider_role_settings, "a role of the identity provider", err) < 0 ||
		    check_role(json_get(row, "role"), err) < 0)
			return err_pass(err);
	}
	return 0;
}

static int check_access(struct arena *arena, const struct json *file, struct err *err)
{
	const struct json *access = json_get(file, "access"), *provider = json_get(file, "identity_provider");

	if (access && (check_object(arena, access, access_settings, "access", err) < 0 ||
	               check_rows(access, access_numbers, ARRAY_LEN(access_numbers), err) < 0 ||
	               check_list_of_texts(access, "proxies", err) < 0))
		return err_pass(err);
	return provider ? check_provider(arena, provider, err) : 0;
}

static int check_retention(struct arena *arena, const struct json *file, struct err *err)
{
	const struct json *retention = json_get(file, "retention");

	if (retention && (check_object(arena, retention, retention_settings, "retention", err) < 0 ||
	                  check_rows(retention, retention_numbers, ARRAY_LEN(retention_numbers), err) < 0))
		return err_pass(err);
	return 0;
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
	return check_access(arena, file, err) < 0 ? err_pass(err) : check_retention(arena, file, err);
}

/*
 * catalog: rows of `definition` and `definition_version`. A document is JSON, sealed as a whole; a change is a new version, and a line in the
 * audit trail that says what it was before and after (secrets never stand in it).
 *
 *	apply   parse, validate everything, compare with what is stored, then one transaction
 *	save    the same for one sync's document that is a tree already
 *
 * What people read of it is in catalog_show.c.
 */
#include <string.h>

#include "codec/url.h"
#include "lib/clock.h"
#include "lib/limits.h"
#include "sync/audit.h"
#include "sync/catalog_docs.h"
#include "sync/catalog_schema.h"

static const char BOX[] = "definition.body";
/* No row has a number of its own: a thousand thousand versions of a definition are not expected. */
#define VERSION_ID "definition_id * 1000000 + version"
const struct sealed_column catalog_sealed = {
	.name = "definition_version.body",
	.box = BOX,
	.page = { "SELECT " VERSION_ID " AS id, body AS sealed FROM definition_version WHERE " VERSION_ID
	          " > $1 AND SUBSTR(body, 2, 1) <> $2 ORDER BY definition_id, version LIMIT $3" },
	.put = { "UPDATE definition_version SET body = $2 WHERE " VERSION_ID " = $1 AND body = $3" },
	.numbers = { "SELECT DISTINCT SUBSTR(body, 2, 1) AS number FROM definition_version WHERE LENGTH(body) > 0" },
};
/* Parts of the file that stand once and by themselves: kind and name of their document. */
static const char *const sections[] = { "access", "identity_provider", "retention" };

static const struct statement FIND = { "SELECT id FROM definition WHERE kind = $1 AND name = $2" };
static const struct statement ADD = { "INSERT INTO definition (kind, name) VALUES ($1, $2)" };
static const struct statement CURRENT = {
	"SELECT d.id, d.kind, d.name, v.version, v.body FROM definition d JOIN definition_version v ON v.definition_id "
	"= d.id"
	" WHERE v.version = (SELECT MAX(w.version) FROM definition_version w WHERE w.definition_id = d.id)"
	" AND ($1 = '' OR d.kind = $1) AND ($2 = '' OR d.name = $2) ORDER BY d.id"
};
static const struct statement ADD_VERSION = {
	"INSERT INTO definition_version (definition_id, version, body, who, why, at_ms)"
	" VALUES ($1, (SELECT COALESCE(MAX(version), 0) + 1 FROM definition_version WHERE definition_id = $1), $2, $3, "
	"$4, $5)"
};

/* ---- reading ---- */

struct read_job {
	struct engine *engine;
	struct arena *arena;
	struct str kind, name;
	struct catalog_doc *first, **tail;
};

int catalog_open_body(struct engine *engine, struct arena *arena, struct str sealed, struct json **ret, struct err *err)
{
	struct str text;

	if (box_open(engine->keys, arena, BOX, sealed, &text, err) < 0)
		return err_pass(err);
	return json_parse(arena, text, ret, err);
}

static int read_docs(struct db *db, void *context, struct err *err)
{
	struct read_job *job = context;
	ROWS rows = NULL;
	int more = db_select(db, &CURRENT, BIND(bind_text(job->kind), bind_text(job->name)), &rows, err);

	job->first = NULL;
	job->tail = &job->first;
	while (more >= 0 && (more = rows_next(rows, err)) > 0) {
		struct catalog_doc *doc = arena_new(job->arena, struct catalog_doc);
		struct str sealed = arena_str(job->arena, row_blob(rows, "body"));

		*doc = (struct catalog_doc) { .id = row_int(rows, "id"),
			                      .version = row_int(rows, "version"),
			                      .kind = arena_str(job->arena, row_text(rows, "kind")),
			                      .name = arena_str(job->arena, row_text(rows, "name")) };
		if (catalog_open_body(job->engine, job->arena, sealed, &doc->body, err) < 0)
			return err_wrap(err, "read the configuration of %.*s '%.*s'", STR_ARG(doc->kind),
			                STR_ARG(doc->name));
		*job->tail = doc;
		job->tail = &doc->next;
	}
	return more;
}

int catalog_docs(struct engine *engine, struct arena *arena, const char *kind, struct str name,
                 struct catalog_doc **ret, struct err *err)
{
	struct read_job job = { .engine = engine, .arena = arena, .kind = str_of(kind), .name = name };

	if (store_read(engine->store, read_docs, &job, err) < 0)
		return err_pass(err);
	*ret = job.first;
	return 0;
}

static struct str names_of(struct arena *arena, const struct catalog_doc *list)
{
	struct str names = STR_EMPTY;

	for (const struct catalog_doc *d = list; d; d = d->next)
		names = arena_printf(arena, "%.*s%s%.*s", STR_ARG(names), names.len ? ", " : "", STR_ARG(d->name));
	return names.len ? names : STR("none");
}

/* One document by name; an empty name is fine when there is only one of its kind. */
int catalog_doc(struct engine *engine, struct arena *arena, const char *kind, struct str name, struct catalog_doc **ret,
                struct err *err)
{
	struct catalog_doc *all;

	if (catalog_docs(engine, arena, kind, STR_EMPTY, &all, err) < 0)
		return err_pass(err);
	if (!all)
		return err_set(err, ERR_NOT_FOUND,
		               "nothing is configured yet; write a configuration file and run `suture apply FILE`");
	if (name.len == 0 && all->next)
		return err_set(err, ERR_USAGE, "say which %s: %.*s", kind, STR_ARG(names_of(arena, all)));
	for (struct catalog_doc *d = all; d; d = d->next) {
		if (name.len == 0 || str_eq(d->name, name)) {
			*ret = d;
			return 0;
		}
	}
	return err_set(err, ERR_NOT_FOUND, "there is no %s '%.*s'; there is: %.*s", kind, STR_ARG(name),
	               STR_ARG(names_of(arena, all)));
}

int catalog_read_sync(struct engine *engine, struct arena *arena, struct str name, struct sync_docs *ret,
                      struct err *err)
{
	struct catalog_doc *sync, *integration;

	if (catalog_doc(engine, arena, "sync", name, &sync, err) < 0 ||
	    catalog_doc(engine, arena, "integration", json_get_text(sync->body, "integration"), &integration, err) < 0)
		return err_pass(err);
	*ret = (struct sync_docs) { .sync_id = sync->id,
		                    .integration_id = integration->id,
		                    .version = sync->version,
		                    .name = sync->name,
		                    .sync = sync->body,
		                    .integration = integration->body };
	return 0;
}

int catalog_sync_id(struct engine *engine, struct str name, int64_t *ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct catalog_doc *sync;

	if (catalog_doc(engine, &arena, "sync", name, &sync, err) < 0)
		return err_pass(err);
	*ret = sync->id;
	return 0;
}

int catalog_has_children(struct engine *engine, struct str name, bool *ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct catalog_doc *all;

	*ret = false;
	if (catalog_docs(engine, &arena, "sync", STR_EMPTY, &all, err) < 0)
		return err_pass(err);
	for (const struct catalog_doc *d = all; d; d = d->next)
		*ret = *ret || str_eq(json_get_text(json_get(d->body, "parent"), "sync"), name);
	return 0;
}

static size_t count_of(const struct catalog_doc *list)
{
	size_t count = 0;

	for (; list; list = list->next)
		count++;
	return count;
}

int catalog_syncs(struct engine *engine, struct arena *arena, struct sync_row **ret, size_t *ret_count, struct err *err)
{
	struct catalog_doc *all;
	size_t i = 0;

	if (catalog_docs(engine, arena, "sync", STR_EMPTY, &all, err) < 0)
		return err_pass(err);
	*ret_count = count_of(all);
	*ret = arena_new_array(arena, struct sync_row, *ret_count);
	for (const struct catalog_doc *d = all; d; d = d->next) {
		struct catalog_doc *integration;

		if (catalog_doc(engine, arena, "integration", json_get_text(d->body, "integration"), &integration,
		                err) < 0)
			return err_pass(err);
		(*ret)[i++] = (struct sync_row) { .id = d->id,
			                          .name = d->name,
			                          .version = d->version,
			                          .emr_connection = json_get_text(integration->body, "emr"),
			                          .crm_connection = json_get_text(integration->body, "crm"),
			                          .emr_object = json_get_text(d->body, "emr_object"),
			                          .crm_object = json_get_text(d->body, "crm_object") };
	}
	return 0;
}

static const struct statement VERSIONS = { "SELECT COUNT(*) AS n FROM definition_version" };

static int count_versions(struct db *db, void *context, struct err *err)
{
	return db_number(db, &VERSIONS, BIND_NOTHING, 0, context, err);
}

int catalog_generation(struct engine *engine, int64_t *ret, struct err *err)
{
	return store_read(engine->store, count_versions, ret, err);
}

int catalog_connections(struct engine *engine, struct arena *arena, struct connection_row **ret, size_t *ret_count,
                        struct err *err)
{
	struct catalog_doc *all;
	size_t i = 0;

	if (catalog_docs(engine, arena, "connection", STR_EMPTY, &all, err) < 0)
		return err_pass(err);
	*ret_count = count_of(all);
	*ret = arena_new_array(arena, struct connection_row, *ret_count);
	for (const struct catalog_doc *d = all; d; d = d->next)
		(*ret)[i++] = (struct connection_row) { .id = d->id,
			                                .name = d->name,
			                                .kind = json_get_text(d->body, "kind") };
	return 0;
}

/* ---- secrets ---- */

static struct json *without_links(struct json *j)
{
	j->next = NULL;
	return j;
}

/* The settings of a document; what stands there as an object is a secret. */
static int resolve(struct arena *arena, const struct catalog_doc *doc, struct json **ret, struct err *err)
{
	struct json *settings = json_new(arena, JSON_OBJECT);

	JSON_EACH (doc->body, setting) {
		struct json *value;

		if (setting->kind != JSON_OBJECT)
			value = without_links(json_copy(arena, setting));
		else if (catalog_open_secret(arena, setting, &value, err) < 0)
			return err_wrap(err, "%.*s '%.*s', %.*s", STR_ARG(doc->kind), STR_ARG(doc->name),
			                STR_ARG(setting->key));
		json_set(settings, setting->key, value);
	}
	*ret = settings;
	return 0;
}

int catalog_read_connection(struct engine *engine, struct arena *arena, struct str name, struct json **ret,
                            struct err *err)
{
	struct catalog_doc *doc;

	if (catalog_doc(engine, arena, "connection", name, &doc, err) < 0)
		return err_pass(err);
	return resolve(arena, doc, ret, err);
}

int catalog_read_section(struct engine *engine, struct arena *arena, const char *section, struct json **ret,
                         struct err *err)
{
	struct catalog_doc *doc;

	*ret = NULL;
	if (catalog_docs(engine, arena, section, str_of(section), &doc, err) < 0)
		return err_pass(err);
	return doc ? resolve(arena, doc, ret, err) : 0;
}

struct keeper {
	struct engine *engine;
	struct str name;
};

/* A dry run signs in too: what replaces a credential must outlive the scratch copy. */
static int keep_settings(void *context, const struct json *settings, struct err *err)
{
	const struct keeper *keeper = context;
	struct engine *engine = keeper->engine;

	return catalog_amend_connection(engine->lasting ? engine->lasting : engine, keeper->name, settings,
	                                "replaced by the far side", err);
}

static void attach(struct engine *engine, struct str name, struct connection *c)
{
	struct keeper *keeper = arena_new(c->memory, struct keeper);

	*keeper = (struct keeper) { .engine = engine, .name = arena_str(c->memory, name) };
	if (engine->dir) {
		SCOPED(buf) struct buf file = BUF_INIT(LIMIT_CONFIG);

		url_encode(&file, name); /* a name may hold a slash */
		c->target.pace_file = arena_printf(c->memory, "%s/pace-%.*s", engine->dir, STR_ARG(buf_str(&file))).at;
	}
	c->keep_settings = keep_settings;
	c->keep_context = keeper;
}

struct str catalog_hook_url(struct arena *arena, struct str base, struct str connection)
{
	SCOPED(buf) struct buf name = BUF_INIT(LIMIT_HTTP_HEADERS);

	url_encode(&name, connection);
	return arena_printf(arena, "%.*s/hooks/%s", STR_ARG(base), buf_text(&name));
}

int catalog_open_connection(struct engine *engine, struct str name, struct connection **ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct connector *kind;
	struct json *settings;

	if (catalog_read_connection(engine, &arena, name, &settings, err) < 0)
		return err_pass(err);
	kind = connector_find(json_get_text(settings, "kind"));
	if (!kind)
		return err_set(err, ERR_CONFIG, "connection '%.*s' is of an unknown kind", STR_ARG(name));
	if (kind->open(kind, settings, engine->http, ret, err) < 0)
		return err_wrap(err, "connection '%.*s'", STR_ARG(name));
	attach(engine, name, *ret);
	return 0;
}

/* ---- writing ---- */

struct change {
	const char *kind;
	struct str name;
	struct json *body; /* as it will be stored */
	struct change *next;
};

struct apply {
	struct engine *engine;
	struct arena *arena;
	struct change *changes;
	const char *why;
	int64_t expected; /* the version that the change was made from; -1: any */
	struct applied result;
};

/* What an auditor reads: the document without the values of secrets. */
struct str catalog_shown(struct arena *arena, const struct json *body)
{
	struct json *copy = json_new(arena, JSON_OBJECT);
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_CONFIG);

	JSON_EACH (body, member) {
		struct json *value = without_links(json_copy(arena, member));

		if (json_get(member, "sealed")) {
			value = json_new(arena, JSON_OBJECT);
			json_set(value, STR("sealed"), json_new_bool(arena, true));
		}
		json_set(copy, member->key, value);
	}
	json_write(&text, copy);
	return arena_str(arena, buf_str(&text));
}

static int store_version(struct db *db, struct apply *job, const struct change *change, struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_CONFIG);
	int64_t id = 0;

	if (db_number(db, &FIND, BIND(bind_text(str_of(change->kind)), bind_text(change->name)), 0, &id, err) < 0)
		return err_pass(err);
	if (id == 0) {
		if (db_run(db, &ADD, BIND(bind_text(str_of(change->kind)), bind_text(change->name)), err) < 0)
			return err_pass(err);
		id = db_last_id(db);
	}
	json_write(&text, change->body);
	return db_run(db, &ADD_VERSION,
	              BIND(bind_int(id), bind_blob(box_seal(job->engine->keys, job->arena, BOX, buf_str(&text))),
	                   bind_text(str_of(job->engine->who)), bind_text_or_null(str_of(job->why)),
	                   bind_int(clock_wall_ms())),
	              err);
}

static int store_change(struct db *db, struct apply *job, const struct change *change, struct err *err)
{
	struct read_job before = {
		.engine = job->engine, .arena = job->arena, .kind = str_of(change->kind), .name = change->name
	};
	struct audit_entry entry = { .who = str_of(job->engine->who),
		                     .action = STR("configure"),
		                     .why = str_of(job->why) };

	if (read_docs(db, &before, err) < 0)
		return err_pass(err);
	if (job->expected >= 0 && job->expected != (before.first ? before.first->version : 0))
		return err_set(err, ERR_CONFLICT, "%s '%.*s' was changed by somebody else meanwhile", change->kind,
		               STR_ARG(change->name));
	if (before.first && json_equal(before.first->body, change->body)) {
		job->result.unchanged++;
		return 0;
	}
	*(before.first ? &job->result.changed : &job->result.created) += 1;
	entry.subject = arena_printf(job->arena, "%s %.*s", change->kind, STR_ARG(change->name));
	entry.before = before.first ? catalog_shown(job->arena, before.first->body) : STR_EMPTY;
	entry.after = catalog_shown(job->arena, change->body);
	if (store_version(db, job, change, err) < 0)
		return err_wrap(err, "store the configuration");
	return audit_add(db, &entry, err);
}

static int store_changes(struct db *db, void *context, struct err *err)
{
	struct apply *job = context;

	job->result = (struct applied) { 0 };
	for (const struct change *c = job->changes; c; c = c->next) {
		if (store_change(db, job, c, err) < 0)
			return err_pass(err);
	}
	return 0;
}

static int take_secret(struct apply *job, const struct catalog_doc *stored, const char *dir, const struct json *given,
                       struct json **ret, struct err *err)
{
	return catalog_keep_secret(job->arena, stored ? json_get_str(stored->body, given->key) : NULL, dir, given, ret,
	                           err);
}

static void add_change(struct apply *job, const char *kind, struct str name, struct json *body)
{
	struct change *change = arena_new(job->arena, struct change), **tail = &job->changes;

	*change = (struct change) { .kind = kind, .name = name, .body = body };
	while (*tail)
		tail = &(*tail)->next;
	*tail = change;
}

static int take_section(struct apply *job, const char *dir, const struct json *given, struct err *err)
{
	struct json *body = without_links(json_copy(job->arena, given)), *taken;
	const struct json *secret = json_get(given, "client_secret");
	const char *section = arena_text(job->arena, given->key);
	struct catalog_doc *stored;

	if (catalog_docs(job->engine, job->arena, section, given->key, &stored, err) < 0 ||
	    (secret && take_secret(job, stored, dir, secret, &taken, err) < 0))
		return err_pass(err);
	if (secret)
		json_set(body, STR("client_secret"), taken);
	add_change(job, section, given->key, body);
	return 0;
}

static int take_connection(struct apply *job, const char *dir, const struct json *given, struct json **ret,
                           struct err *err)
{
	const struct connector *kind = connector_find(json_get_text(given, "kind"));
	struct json *body = json_new(job->arena, JSON_OBJECT);
	struct catalog_doc *stored;

	if (catalog_docs(job->engine, job->arena, "connection", given->key, &stored, err) < 0)
		return err_pass(err);
	JSON_EACH (given, setting) {
		struct json *value = without_links(json_copy(job->arena, setting));

		if (schema_is_secret(kind, setting->key) && take_secret(job, stored, dir, setting, &value, err) < 0)
			return err_pass(err);
		json_set(body, setting->key, value);
	}
	*ret = body;
	return 0;
}

static int collect_changes(struct apply *job, const struct json *file, const char *dir, struct err *err)
{
	const struct json *integration = json_get(file, "integration");
	struct str integration_name = json_get_text(integration, "name");

	JSON_EACH (json_get(file, "connections"), connection) {
		struct json *body;

		if (take_connection(job, dir, connection, &body, err) < 0)
			return err_wrap(err, "connection '%.*s'", STR_ARG(connection->key));
		add_change(job, "connection", connection->key, body);
	}
	if (integration)
		add_change(job, "integration", integration_name, without_links(json_copy(job->arena, integration)));
	JSON_EACH (json_get(file, "syncs"), sync) {
		struct json *body = without_links(json_copy(job->arena, sync));

		if (!json_get(body, "integration") && integration_name.len)
			json_set(body, STR("integration"), json_new_text(job->arena, integration_name));
		add_change(job, "sync", sync->key, body);
	}
	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		const struct json *section = json_get(file, sections[i]);

		if (section && take_section(job, dir, section, err) < 0)
			return err_pass(err);
	}
	return 0;
}

static bool in_file(const struct apply *job, const char *kind, struct str name)
{
	for (const struct change *c = job->changes; c; c = c->next) {
		if (strcmp(c->kind, kind) == 0 && str_eq(c->name, name))
			return true;
	}
	return false;
}

/* What a document names has to be in the file, or stored by an earlier one. `setting`: "parent.sync" is the member sync of parent. */
static int check_reference(const struct apply *job, const struct change *from, const char *setting, const char *kind,
                           struct err *err)
{
	const struct json *value = json_walk(from->body, setting);
	struct str name = json_text(value);
	struct catalog_doc *stored;

	if (in_file(job, kind, name) || (!value && strchr(setting, '.')))
		return 0;
	if (catalog_docs(job->engine, job->arena, kind, name, &stored, err) < 0)
		return err_pass(err);
	if (name.len && stored)
		return 0;
	return err_set(err, ERR_CONFIG, "line %u: %s '%.*s': there is no %s '%.*s'", value ? value->line : 1,
	               from->kind, STR_ARG(from->name), kind, STR_ARG(name));
}

static int check_references(const struct apply *job, struct err *err)
{
	static const struct {
		const char *from, *setting, *to;
	} references[] = {
		{ "integration", "emr", "connection" },
		{ "integration", "crm", "connection" },
		{ "sync", "integration", "integration" },
		{ "sync", "parent.sync", "sync" },
	};

	for (const struct change *c = job->changes; c; c = c->next) {
		for (size_t i = 0; i < ARRAY_LEN(references); i++) {
			if (strcmp(c->kind, references[i].from) == 0 &&
			    check_reference(job, c, references[i].setting, references[i].to, err) < 0)
				return err_pass(err);
		}
	}
	return 0;
}

int catalog_apply(struct engine *engine, struct str text, const char *file_name, const char *file_dir, const char *why,
                  struct applied *ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct apply job = { .engine = engine, .arena = &arena, .why = why, .expected = -1 };
	struct json *file;

	if (text.len > LIMIT_CONFIG)
		return err_set(err, ERR_MEMORY_LIMIT, "%s is larger than 4 MB", file_name);
	if (yaml_parse(&arena, text, &file, err) < 0 || schema_check(&arena, file, err) < 0 ||
	    collect_changes(&job, file, file_dir, err) < 0 || check_references(&job, err) < 0)
		return err_wrap(err, "%s", file_name);
	if (store_write(engine->store, DURABLE, store_changes, &job, err) < 0)
		return err_pass(err);
	*ret = job.result;
	return 0;
}

int catalog_amend_connection(struct engine *engine, struct str name, const struct json *settings, const char *why,
                             struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct apply job = { .engine = engine, .arena = &arena, .why = why, .expected = -1 };
	struct catalog_doc *doc;
	const struct connector *kind;
	struct json *body;

	if (catalog_doc(engine, &arena, "connection", name, &doc, err) < 0)
		return err_pass(err);
	kind = connector_find(json_get_text(doc->body, "kind"));
	body = json_copy(&arena, doc->body);
	JSON_EACH (settings, setting) {
		struct json *value = without_links(json_copy(&arena, setting));

		if (schema_is_secret(kind, setting->key) && take_secret(&job, doc, NULL, setting, &value, err) < 0)
			return err_pass(err);
		json_set(body, setting->key, value);
	}
	add_change(&job, "connection", name, body);
	return store_write(engine->store, DURABLE, store_changes, &job, err);
}

int catalog_write_sync(struct engine *engine, struct str name, const struct json *body, const char *why,
                       struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct apply job = { .engine = engine, .arena = &arena, .why = why, .expected = -1 };
	struct json *own = json_copy(&arena, body);
	struct mapping ignored;

	if (schema_mapping(&arena, own, &ignored, err) < 0)
		return err_pass(err);
	add_change(&job, "sync", name, own);
	return store_write(engine->store, DURABLE, store_changes, &job, err);
}

int catalog_save_sync(struct engine *engine, struct str name, const struct json *body, int64_t expected,
                      const char *why, struct applied *ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct apply job = { .engine = engine, .arena = &arena, .why = why, .expected = expected };
	struct json *file = catalog_file_of(&arena, name, body);

	if (catalog_check_tree(&arena, file, err) < 0 || collect_changes(&job, file, NULL, err) < 0 ||
	    check_references(&job, err) < 0 || store_write(engine->store, DURABLE, store_changes, &job, err) < 0)
		return err_pass(err);
	*ret = job.result;
	return 0;
}

int catalog_authorize_url(struct engine *engine, struct str connection, struct arena *arena,
                          const struct code_asking *asking, struct str *ret, struct err *err)
{
	const struct connector *kind;
	struct json *settings;

	if (catalog_read_connection(engine, arena, connection, &settings, err) < 0)
		return err_pass(err);
	kind = connector_find(json_get_text(settings, "kind"));
	if (!kind || !kind->authorize_url)
		return err_set(err, ERR_UNSUPPORTED,
		               "connection '%.*s' has no page to sign in at; paste its authorisation code instead",
		               STR_ARG(connection));
	return kind->authorize_url(kind, settings, arena, asking, ret, err);
}

int catalog_exchange_code(struct engine *engine, struct str connection, const struct code_grant *grant, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct connector *kind;
	struct json *settings, *token;

	if (catalog_read_connection(engine, &arena, connection, &settings, err) < 0)
		return err_pass(err);
	kind = connector_find(json_get_text(settings, "kind"));
	if (!kind || !kind->exchange_code)
		return err_set(err, ERR_UNSUPPORTED, "connection '%.*s' takes no authorisation codes",
		               STR_ARG(connection));
	if (kind->exchange_code(kind, settings, engine->http, grant, &arena, &token, err) < 0)
		return err_wrap(err, "connection '%.*s'", STR_ARG(connection));
	return catalog_amend_connection(engine, connection, token, "authorisation code exchanged", err);
}

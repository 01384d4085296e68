/*
 * catalog_show: what people read of the configuration, and the way back: the file again, the versions of a sync with who, when and why, one of them made the
 * newest. Writes nothing itself: catalog.c does.
 */
#include <string.h>

#include "lib/limits.h"
#include "sync/catalog_docs.h"
#include "sync/catalog_schema.h"
#include "sync/select.h"

enum { VERSIONS_MAX = 10000 };

static const struct statement VERSIONS = {
	"SELECT version, who, why, at_ms, NULL AS body FROM definition_version WHERE definition_id = $1"
	" ORDER BY version DESC LIMIT $2"
};
static const struct statement VERSION = { "SELECT version, who, why, at_ms, body FROM definition_version WHERE "
	                                  "definition_id = $1 AND version = $2" };

/* ---- the file ---- */

struct json *catalog_file_of(struct arena *arena, struct str name, const struct json *body)
{
	struct json *file = json_new(arena, JSON_OBJECT), *syncs = json_new(arena, JSON_OBJECT);
	struct json *own = json_copy(arena, body);

	own->next = NULL;
	own->parent = NULL;
	json_set(syncs, name, own);
	json_set(file, STR("syncs"), syncs);
	return file;
}

static int without_secrets(struct arena *arena, const struct json *body, struct json **ret, struct err *err)
{
	return json_parse(arena, catalog_shown(arena, body), ret, err);
}

int catalog_export(struct engine *engine, struct buf *out, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct json *file = json_new(&arena, JSON_OBJECT);
	struct json *connections = json_new(&arena, JSON_OBJECT), *syncs = json_new(&arena, JSON_OBJECT);
	struct json *house = json_new(&arena, JSON_OBJECT), *integration = NULL;
	struct catalog_doc *all;

	if (catalog_docs(engine, &arena, "", STR_EMPTY, &all, err) < 0)
		return err_pass(err);
	for (struct catalog_doc *d = all; d; d = d->next) {
		struct json *body;

		if (without_secrets(&arena, d->body, &body, err) < 0)
			return err_pass(err);
		if (str_eq(d->kind, STR("connection")))
			json_set(connections, d->name, body);
		else if (str_eq(d->kind, STR("sync")))
			json_set(syncs, d->name, body);
		else if (str_eq(d->kind, STR("integration")))
			integration = body;
		else
			json_set(house, d->kind, body);
	}
	json_set(file, STR("connections"), connections);
	if (integration)
		json_set(file, STR("integration"), integration);
	json_set(file, STR("syncs"), syncs);
	JSON_EACH (house, section) {
		struct json *copy = json_copy(&arena, section);

		copy->next = NULL;
		json_set(file, section->key, copy);
	}
	yaml_write(out, file);
	return 0;
}

int catalog_integrations(struct engine *engine, struct arena *arena, struct integration_row **ret, size_t *ret_count,
                         struct err *err)
{
	struct catalog_doc *all;
	size_t count = 0;

	if (catalog_docs(engine, arena, "integration", STR_EMPTY, &all, err) < 0)
		return err_pass(err);
	for (const struct catalog_doc *d = all; d; d = d->next)
		count++;
	*ret = arena_new_array(arena, struct integration_row, count);
	*ret_count = 0;
	for (const struct catalog_doc *d = all; d; d = d->next)
		(*ret)[(*ret_count)++] =
		        (struct integration_row) { .name = d->name,
			                           .emr = json_get_text(d->body, "emr"),
			                           .crm = json_get_text(d->body, "crm"),
			                           .default_account = json_get_text(d->body, "default_account"),
			                           .version = d->version };
	return 0;
}

/* ---- a document that is not stored ---- */

/* There is no file, so no line is worth a word. */
static void forget_lines(struct err *err)
{
	static const char none[] = "line 0: ";
	char *at;

	while (err->code && (at = strstr(err->text, none)))
		memmove(at, at + sizeof(none) - 1, strlen(at + sizeof(none) - 1) + 1);
}

int catalog_check_tree(struct arena *arena, const struct json *file, struct err *err)
{
	if (schema_check(arena, file, err) == 0)
		return 0;
	forget_lines(err);
	return err_pass(err);
}

static int own_copy(struct arena *arena, struct str name, const struct json *body, struct json **ret, struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_CONFIG);
	struct json *file;

	json_write(&text, catalog_file_of(arena, name, body));
	if (!buf_ok(&text))
		return err_set(err, ERR_MEMORY_LIMIT, "the configuration of a sync is larger than 4 MB");
	if (json_parse(arena, arena_str(arena, buf_str(&text)), &file, err) < 0 ||
	    catalog_check_tree(arena, file, err) < 0)
		return err_pass(err);
	*ret = json_get(file, "syncs")->first;
	return 0;
}

int catalog_lay_sync(struct engine *engine, struct arena *arena, struct str name, const struct json *body,
                     struct sync_docs *ret, struct err *err)
{
	struct json *own;
	struct catalog_doc *stored, *integration;

	if (own_copy(arena, name, body, &own, err) < 0 ||
	    catalog_doc(engine, arena, "integration", json_get_text(own, "integration"), &integration, err) < 0 ||
	    catalog_docs(engine, arena, "sync", name, &stored, err) < 0)
		return err_pass(err);
	*ret = (struct sync_docs) { .sync_id = stored && name.len ? stored->id : 0,
		                    .integration_id = integration->id,
		                    .version = stored && name.len ? stored->version : 0,
		                    .name = arena_str(arena, name),
		                    .sync = own,
		                    .integration = integration->body };
	return 0;
}

/* ---- versions of a sync ---- */

struct sealed_version {
	struct sync_version version;
	struct str body;
};

static void read_version(struct rows *rows, struct arena *arena, void *place)
{
	struct sealed_version *v = place;

	v->version = (struct sync_version) {
		.version = row_int(rows, "version"),
		.at_ms = row_int(rows, "at_ms"),
		.who = arena_str(arena, row_text(rows, "who")),
		.why = arena_str(arena, row_text(rows, "why")),
	};
	v->body = arena_str(arena, row_blob(rows, "body"));
}

int catalog_sync_versions(struct engine *engine, struct arena *arena, struct str sync, struct sync_version **ret,
                          size_t *ret_count, struct err *err)
{
	struct catalog_doc *doc;
	struct selected found;
	const struct sealed_version *rows;

	if (catalog_doc(engine, arena, "sync", sync, &doc, err) < 0)
		return err_pass(err);
	const struct selection all = { &VERSIONS, BIND(bind_int(doc->id), bind_int(VERSIONS_MAX)), VERSIONS_MAX,
		                       sizeof(struct sealed_version), read_version };

	if (select_rows(engine, arena, &all, &found, err) < 0)
		return err_pass(err);
	rows = found.at;
	*ret = arena_new_array(arena, struct sync_version, found.count);
	for (size_t i = 0; i < found.count; i++)
		(*ret)[i] = rows[i].version;
	*ret_count = found.count;
	return 0;
}

int catalog_sync_version(struct engine *engine, struct arena *arena, struct str sync, int64_t version,
                         struct sync_version *ret, struct err *err)
{
	struct catalog_doc *doc;
	struct selected found;
	struct sealed_version *row;
	struct json *body;

	if (catalog_doc(engine, arena, "sync", sync, &doc, err) < 0)
		return err_pass(err);
	const struct selection one = { &VERSION, BIND(bind_int(doc->id), bind_int(version ? version : doc->version)), 1,
		                       sizeof(struct sealed_version), read_version };

	if (select_rows(engine, arena, &one, &found, err) < 0)
		return err_pass(err);
	if (found.count == 0)
		return err_set(err, ERR_NOT_FOUND, "sync '%.*s' has no version %lld", STR_ARG(doc->name),
		               (long long)version);
	row = found.at;
	if (catalog_open_body(engine, arena, row->body, &body, err) < 0 ||
	    without_secrets(arena, body, &row->version.body, err) < 0)
		return err_wrap(err, "read version %lld of sync '%.*s'", (long long)row->version.version,
		                STR_ARG(doc->name));
	*ret = row->version;
	return 0;
}

int catalog_restore_sync(struct engine *engine, struct str sync, int64_t version, const char *why, struct applied *ret,
                         struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct sync_version then;
	struct catalog_doc *doc;

	if (catalog_doc(engine, &arena, "sync", sync, &doc, err) < 0 ||
	    catalog_sync_version(engine, &arena, sync, version, &then, err) < 0)
		return err_pass(err);
	return catalog_save_sync(engine, doc->name, then.body, doc->version, why, ret, err);
}

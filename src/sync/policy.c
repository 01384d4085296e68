/*
 * policy: a change is a new version of the sync's document; the history is what differs between the versions, whoever wrote them.
 */
#include "sync/policy.h"

#include "sync/catalog_docs.h"
#include "sync/catalog_schema.h"
#include "sync/select.h"

enum { VERSIONS_MAX = 10000 };

static const struct statement VERSIONS = { "SELECT version, body, who, why, at_ms FROM definition_version WHERE "
	                                   "definition_id = $1 ORDER BY version LIMIT $2" };

/* ---- one change ---- */

static bool is_field(const struct field_map *f, struct str name)
{
	return str_eq(f->name, name) || str_eq(path_text(f->crm), name);
}

static const struct field_map *find_field(const struct mapping *m, struct str name)
{
	for (size_t i = 0; i < m->count; i++) {
		if (is_field(&m->fields[i], name))
			return &m->fields[i];
	}
	return NULL;
}

/* The row may stand there under the field's name or the CRM's. */
static struct str row_key(const struct json *policy, const struct field_map *field)
{
	JSON_EACH (policy, row) {
		if (is_field(field, row->key))
			return row->key;
	}
	return field->name;
}

static struct json *copy_of(struct arena *arena, const struct json *object)
{
	struct json *copy = object ? json_copy(arena, object) : json_new(arena, JSON_OBJECT);

	copy->next = NULL;
	return copy;
}

static void set_word(struct arena *arena, struct json *row, const char *name, struct str word)
{
	if (word.len)
		json_set(row, str_of(name), json_new_text(arena, word));
}

int policy_set(struct engine *engine, struct str sync, struct str field, struct str winner, struct str blank,
               const char *why, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct field_map *found;
	struct json *body, *policy, *row;
	struct sync_docs docs;
	struct mapping mapping;
	struct str key;

	if (catalog_read_sync(engine, &arena, sync, &docs, err) < 0 ||
	    schema_mapping(&arena, docs.sync, &mapping, err) < 0)
		return err_pass(err);
	found = find_field(&mapping, field);
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "the mapping has no field '%.*s'; `suture policy` lists them",
		               STR_ARG(field));
	body = copy_of(&arena, docs.sync);
	policy = copy_of(&arena, json_get(docs.sync, "policy"));
	key = row_key(policy, found);
	row = copy_of(&arena, json_get_str(policy, key));
	set_word(&arena, row, "winner", winner);
	set_word(&arena, row, "blank", blank);
	json_set(policy, key, row);
	json_set(body, STR("policy"), policy);
	return catalog_write_sync(engine, docs.name, body, why, err);
}

/* ---- history ---- */

struct version {
	int64_t number, at_ms;
	struct str who, why, sealed;
};

static void read_version(struct rows *rows, struct arena *arena, void *place)
{
	*(struct version *)place = (struct version) {
		.number = row_int(rows, "version"),
		.at_ms = row_int(rows, "at_ms"),
		.who = arena_str(arena, row_text(rows, "who")),
		.why = arena_str(arena, row_text(rows, "why")),
		.sealed = arena_str(arena, row_blob(rows, "body")),
	};
}

struct history {
	struct arena *arena;
	struct policy_change *changes;
	size_t count, room;
};

static void add_change(struct history *h, const struct policy_change *change)
{
	if (h->count == h->room) {
		size_t room = h->room ? size_mul(h->room, 2) : 32;
		struct policy_change *longer = arena_new_array(h->arena, struct policy_change, room);

		for (size_t i = 0; i < h->count; i++)
			longer[i] = h->changes[i];
		h->changes = longer;
		h->room = room;
	}
	h->changes[h->count++] = *change;
}

static struct str said_of(struct arena *arena, const struct field_map *f)
{
	return f ? arena_printf(arena, "winner %s, blank %s", winner_name(f->winner), blank_rule_name(f->blank))
	         : STR_EMPTY;
}

/* A field that is mapped anew, or no more, is a change of the mapping; of the policy only where it says something else. */
static void compare(struct history *h, const struct version *v, const struct mapping *was, const struct mapping *now)
{
	for (size_t i = 0; i < now->count; i++) {
		const struct field_map *f = &now->fields[i], *before = find_field(was, f->name);
		struct policy_change change = { .version = v->number, .at_ms = v->at_ms, .who = v->who, .why = v->why };

		if (!before || (before->winner == f->winner && before->blank == f->blank))
			continue;
		change.field = f->name;
		change.before = said_of(h->arena, before);
		change.after = said_of(h->arena, f);
		add_change(h, &change);
	}
}

/* The mapping of a version, with its policy or by itself. One that does not compile any more (a built-in mapping that is gone) has no say. */
static bool mapping_of(struct history *h, const struct json *body, bool with_policy, struct mapping *ret)
{
	struct json *own = copy_of(h->arena, body);
	struct err ignored = ERR_INIT;

	if (!with_policy)
		json_set(own, STR("policy"), json_new(h->arena, JSON_OBJECT));
	return schema_mapping(h->arena, own, ret, &ignored) == 0;
}

int policy_history(struct engine *engine, struct arena *arena, struct str sync, struct policy_change **ret,
                   size_t *ret_count, struct err *err)
{
	struct history h = { .arena = arena };
	struct mapping was = { 0 }, now;
	struct sync_docs docs;
	struct selected found;

	if (catalog_read_sync(engine, arena, sync, &docs, err) < 0)
		return err_pass(err);
	if (select_rows(engine, arena,
	                &(struct selection) { &VERSIONS, BIND(bind_int(docs.sync_id), bind_int(VERSIONS_MAX)),
	                                      VERSIONS_MAX, sizeof(struct version), read_version },
	                &found, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < found.count; i++) {
		const struct version *v = &((const struct version *)found.at)[i];
		struct json *body;

		if (catalog_open_body(engine, arena, v->sealed, &body, err) < 0)
			return err_wrap(err, "version %lld of sync '%.*s'", (long long)v->number, STR_ARG(docs.name));
		if (i == 0 && !mapping_of(&h, body, false, &was))
			was = (struct mapping) { 0 };
		if (!mapping_of(&h, body, true, &now))
			continue;
		compare(&h, v, &was, &now);
		was = now;
	}
	*ret = h.changes;
	*ret_count = h.count;
	return 0;
}

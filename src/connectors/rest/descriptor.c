/*
 * From YAML to structs. Each section of a descriptor is a table of rules: key, shape, place in the struct. The reader walks the
 * YAML by the tables, so what the tables do not name is refused with its line; what contradicts itself is refused by
 * descriptor_check.c, which runs last.
 *
 * To add a setting: a member in descriptor.h, a row here, its use, a line in docs/CONNECTORS.md.
 */
#include "connectors/rest/descriptor.h"

#include "codec/yaml.h"
#include "connectors/rest/descriptor_check.h"

#include <string.h>

enum shape {
	SHAPE_TEXT,
	SHAPE_FLAG,
	SHAPE_COUNT,
	SHAPE_RATE,
	SHAPE_CHOICE,
	SHAPE_TEXTS,
	SHAPE_PAIRS,
	SHAPE_SECTION,
	SHAPE_ROWS,
	SHAPE_NAMED
};

struct rule {
	const char *key;
	enum shape shape;
	size_t offset;
	bool required;
	const char *const *choices;   /* CHOICE: ends with NULL; the index is the value */
	const struct schema *section; /* SECTION, ROWS, NAMED */
};

struct schema {
	size_t size;              /* ROWS, NAMED: of one element */
	const struct rule *rules; /* ends with NULL key */
	ptrdiff_t line;           /* where the section's line goes; -1: nowhere */
	ptrdiff_t name;           /* NAMED: where the key goes */
};

static const char *const auth_kinds[] = { "none", "bearer", "basic", "header", "client_credentials", NULL };
static const char *const auth_sends[] = { "basic", "body", NULL };
static const char *const paging_styles[] = { "none", "offset", "index", "next_link", "cursor", NULL };
static const char *const send_styles[] = { "changed", "whole", NULL };
static const char *const signature_kinds[] = { "none", "hmac_sha256", "token", "path", NULL };
static const char *const time_formats[] = { "rfc3339", "seconds", "milliseconds", NULL };
/* In the order of enum field_type. */
static const char *const field_types[] = { "text",  "long_text", "bool",      "date", "datetime", "number", "email",
	                                   "phone", "picklist",  "reference", "id",   "other",    NULL };

#define AT(type, member) offsetof(struct type, member)
#define TEXT(type, member)                                               \
	{                                                                \
#member, SHAPE_TEXT, AT(type, member), false, NULL, NULL \
	}
#define TEXT_NEEDED(type, member)                                       \
	{                                                               \
#member, SHAPE_TEXT, AT(type, member), true, NULL, NULL \
	}
#define FLAG(type, member)                                               \
	{                                                                \
#member, SHAPE_FLAG, AT(type, member), false, NULL, NULL \
	}
#define COUNT(type, member)                                               \
	{                                                                 \
#member, SHAPE_COUNT, AT(type, member), false, NULL, NULL \
	}
#define CHOICE(type, member, choices)                                         \
	{                                                                     \
#member, SHAPE_CHOICE, AT(type, member), false, choices, NULL \
	}
#define TEXTS(type, member)                                               \
	{                                                                 \
#member, SHAPE_TEXTS, AT(type, member), false, NULL, NULL \
	}
#define PAIRS(type, member)                                               \
	{                                                                 \
#member, SHAPE_PAIRS, AT(type, member), false, NULL, NULL \
	}
#define SECTION(type, member, schema)                                          \
	{                                                                      \
#member, SHAPE_SECTION, AT(type, member), false, NULL, &schema \
	}
#define SECTION_NEEDED(type, member, schema)                                  \
	{                                                                     \
#member, SHAPE_SECTION, AT(type, member), true, NULL, &schema \
	}

static const struct rule auth_rules[] = {
	{ "kind", SHAPE_CHOICE, AT(auth_section, kind), true, auth_kinds, NULL },
	TEXT(auth_section, token),
	TEXT(auth_section, user),
	TEXT(auth_section, password),
	TEXT(auth_section, header),
	TEXT(auth_section, value),
	TEXT(auth_section, token_url),
	TEXT(auth_section, client_id),
	TEXT(auth_section, client_secret),
	TEXT(auth_section, scope),
	CHOICE(auth_section, send, auth_sends),
	{ 0 },
};
static const struct schema auth_schema = { 0, auth_rules, -1, -1 };

static const struct rule option_rules[] = {
	TEXT_NEEDED(option_row, name),
	TEXT_NEEDED(option_row, help),
	{ "default", SHAPE_TEXT, AT(option_row, fallback), false, NULL, NULL },
	FLAG(option_row, required),
	FLAG(option_row, secret),
	{ 0 },
};
static const struct schema option_schema = { sizeof(struct option_row), option_rules, -1, -1 };

static const struct rule check_rules[] = {
	TEXT_NEEDED(check_section, path), TEXT(check_section, who), TEXT(check_section, user), { 0 }
};
static const struct schema check_schema = { 0, check_rules, -1, -1 };

static const struct rule pace_rules[] = { { "rate", SHAPE_RATE, AT(pace_section, rate), false, NULL, NULL },
	                                  COUNT(pace_section, window),
	                                  COUNT(pace_section, a_day),
	                                  { 0 } };
static const struct schema pace_schema = { 0, pace_rules, -1, -1 };

static const struct rule paging_rules[] = {
	{ "style", SHAPE_CHOICE, AT(paging_section, style), true, paging_styles, NULL },
	TEXT(paging_section, limit),
	TEXT(paging_section, offset),
	TEXT(paging_section, index),
	TEXT(paging_section, cursor),
	COUNT(paging_section, first),
	TEXT(paging_section, next),
	COUNT(paging_section, size),
	COUNT(paging_section, max),
	{ 0 },
};
static const struct schema paging_schema = { 0, paging_rules, -1, -1 };

static const struct rule envelope_rules[] = {
	TEXT(envelope_section, rows),
	TEXT(envelope_section, total),
	TEXT(envelope_section, total_header),
	{ 0 },
};
static const struct schema envelope_schema = { 0, envelope_rules, -1, -1 };

static const struct rule error_rules[] = {
	TEXT(error_section, message),
	TEXT(error_section, code),
	TEXT(error_section, field),
	TEXTS(error_section, duplicate),
	{ 0 },
};
static const struct schema error_schema = { 0, error_rules, -1, -1 };

static const struct rule list_rules[] = {
	TEXT_NEEDED(list_section, path), PAIRS(list_section, query),  PAIRS(list_section, with_archived),
	PAIRS(list_section, only_live),  TEXTS(list_section, equals), FLAG(list_section, short_rows),
	TEXT(list_section, per),         TEXT(list_section, parent),  { 0 },
};
static const struct schema list_schema = { 0, list_rules, -1, -1 };

static const struct rule changes_rules[] = {
	TEXT(changes_section, path),
	TEXT_NEEDED(changes_section, since),
	CHOICE(changes_section, times, time_formats),
	PAIRS(changes_section, query),
	FLAG(changes_section, sorted),
	{ 0 },
};
static const struct schema changes_schema = { 0, changes_rules, AT(changes_section, line), -1 };

static const struct rule search_rules[] = {
	TEXT(search_section, path),
	TEXT_NEEDED(search_section, text),
	PAIRS(search_section, query),
	{ 0 },
};
static const struct schema search_schema = { 0, search_rules, AT(search_section, line), -1 };

static const struct rule precondition_rules[] = { TEXT_NEEDED(precondition_section, header),
	                                          TEXT_NEEDED(precondition_section, from),
	                                          { 0 } };
static const struct schema precondition_schema = { 0, precondition_rules, AT(precondition_section, line), -1 };

static const struct rule route_rules[] = {
	TEXT(route_section, method),
	TEXT_NEEDED(route_section, path),
	CHOICE(route_section, send, send_styles),
	TEXTS(route_section, always),
	TEXTS(route_section, on_refusal),
	TEXTS(route_section, drop),
	PAIRS(route_section, rename),
	FLAG(route_section, read_back),
	PAIRS(route_section, defaults),
	SECTION(route_section, precondition, precondition_schema),
	{ 0 },
};
static const struct schema route_schema = { 0, route_rules, AT(route_section, line), -1 };

static const struct rule archived_rules[] = { TEXT_NEEDED(archived_section, path),
	                                      TEXTS(archived_section, values),
	                                      { 0 } };
static const struct schema archived_schema = { 0, archived_rules, -1, -1 };

static const struct rule record_rules[] = {
	TEXT_NEEDED(record_section, id),
	TEXT(record_section, version),
	TEXT(record_section, modified),
	TEXT(record_section, modified_by),
	TEXT(record_section, merged_into),
	SECTION(record_section, archived, archived_schema),
	{ 0 },
};
static const struct schema record_schema = { 0, record_rules, -1, -1 };

static const struct rule reference_rules[] = {
	TEXT_NEEDED(reference_section, field),
	TEXT(reference_section, link),
	TEXT(reference_section, message),
	FLAG(reference_section, lookup),
	{ 0 },
};
static const struct schema reference_schema = { 0, reference_rules, -1, -1 };

static const struct rule field_rules[] = {
	TEXT_NEEDED(field_row, name),
	TEXT(field_row, label),
	CHOICE(field_row, type, field_types),
	COUNT(field_row, length),
	FLAG(field_row, required),
	FLAG(field_row, read_only),
	FLAG(field_row, create_only),
	FLAG(field_row, unique),
	FLAG(field_row, restricted),
	TEXTS(field_row, values),
	{ 0 },
};
static const struct schema field_schema = { sizeof(struct field_row), field_rules, -1, -1 };

static const struct rule object_rules[] = {
	TEXT(object_section, title),
	TEXT(object_section, web_link),
	SECTION_NEEDED(object_section, list, list_schema),
	SECTION(object_section, changes, changes_schema),
	SECTION(object_section, search, search_schema),
	SECTION(object_section, get, route_schema),
	SECTION(object_section, create, route_schema),
	SECTION(object_section, update, route_schema),
	{ "delete", SHAPE_SECTION, AT(object_section, remove), false, NULL, &route_schema },
	SECTION_NEEDED(object_section, record, record_schema),
	SECTION(object_section, reference, reference_schema),
	{ "fields", SHAPE_ROWS, AT(object_section, fields), true, NULL, &field_schema },
	{ 0 },
};
static const struct schema object_schema = { sizeof(struct object_section), object_rules, -1,
	                                     AT(object_section, name) };

static const struct rule exchange_rules[] = {
	TEXT(exchange_section, method),
	TEXT_NEEDED(exchange_section, path),
	TEXT(exchange_section, authorization),
	PAIRS(exchange_section, body),
	{ "settings", SHAPE_PAIRS, AT(exchange_section, settings), true, NULL, NULL },
	{ 0 },
};
static const struct schema exchange_schema = { 0, exchange_rules, AT(exchange_section, line), -1 };

static const struct rule register_rules[] = {
	TEXT_NEEDED(register_section, path),
	{ "delete", SHAPE_TEXT, AT(register_section, remove), true, NULL, NULL },
	TEXT(register_section, authorization),
	PAIRS(register_section, query),
	TEXT(register_section, rows),
	TEXT_NEEDED(register_section, id),
	TEXT_NEEDED(register_section, address),
	{ "body", SHAPE_PAIRS, AT(register_section, body), true, NULL, NULL },
	PAIRS(register_section, literals),
	TEXT(register_section, events),
	PAIRS(register_section, settings),
	TEXT(register_section, secret),
	{ 0 },
};
static const struct schema register_schema = { 0, register_rules, AT(register_section, line), -1 };

static const struct rule webhook_rules[] = {
	CHOICE(webhook_section, signature, signature_kinds),
	TEXT(webhook_section, signature_by),
	TEXT(webhook_section, header),
	TEXT(webhook_section, prefix),
	TEXT(webhook_section, secret),
	TEXT_NEEDED(webhook_section, event),
	TEXT(webhook_section, id),
	TEXT(webhook_section, record),
	TEXTS(webhook_section, record_id),
	TEXT(webhook_section, when),
	TEXT(webhook_section, scope),
	TEXT(webhook_section, only),
	TEXT(webhook_section, signs),
	TEXT(webhook_section, timestamp),
	TEXT(webhook_section, timestamp_header),
	TEXT(webhook_section, merged_into),
	{ "register", SHAPE_SECTION, AT(webhook_section, registration), false, NULL, &register_schema },
	{ "events", SHAPE_PAIRS, AT(webhook_section, events), true, NULL, NULL },
	{ 0 },
};
static const struct schema webhook_schema = { 0, webhook_rules, AT(webhook_section, line), -1 };

static const struct rule descriptor_rules[] = {
	TEXT_NEEDED(descriptor, name),
	TEXT_NEEDED(descriptor, title),
	TEXT_NEEDED(descriptor, base),
	{ "options", SHAPE_ROWS, AT(descriptor, options), false, NULL, &option_schema },
	SECTION_NEEDED(descriptor, auth, auth_schema),
	PAIRS(descriptor, headers),
	SECTION(descriptor, check, check_schema),
	SECTION(descriptor, pace, pace_schema),
	SECTION_NEEDED(descriptor, paging, paging_schema),
	SECTION(descriptor, envelope, envelope_schema),
	SECTION(descriptor, errors, error_schema),
	FLAG(descriptor, answers_with_record),
	{ "objects", SHAPE_NAMED, AT(descriptor, objects), true, NULL, &object_schema },
	{ "exchange_code", SHAPE_SECTION, AT(descriptor, exchange), false, NULL, &exchange_schema },
	SECTION(descriptor, webhook, webhook_schema),
	{ 0 },
};
static const struct schema descriptor_schema = { 0, descriptor_rules, -1, -1 };

/* ---- the reader ---- */

static int read_section(struct arena *arena, const struct schema *schema, const struct json *node, void *to,
                        struct err *err);

static int wrong(const struct json *node, const char *wanted, struct err *err)
{
	return err_set(err, ERR_CONFIG, "line %u: '%.*s' must be %s", node->line, STR_ARG(node->key), wanted);
}

static bool scalar_text(const struct json *node, struct str *ret)
{
	if (node->kind != JSON_STRING && node->kind != JSON_NUMBER && node->kind != JSON_TRUE &&
	    node->kind != JSON_FALSE)
		return false;
	*ret = node->kind == JSON_TRUE ? STR("true") : node->kind == JSON_FALSE ? STR("false") : node->text;
	return true;
}

static int read_text(struct arena *arena UNUSED, const struct rule *rule UNUSED, const struct json *node, void *to,
                     struct err *err)
{
	return scalar_text(node, to) ? 0 : wrong(node, "a text", err);
}

static int read_flag(struct arena *arena UNUSED, const struct rule *rule UNUSED, const struct json *node, void *to,
                     struct err *err)
{
	if (node->kind != JSON_TRUE && node->kind != JSON_FALSE)
		return wrong(node, "true or false", err);
	*(bool *)to = node->kind == JSON_TRUE;
	return 0;
}

static int read_count(struct arena *arena UNUSED, const struct rule *rule UNUSED, const struct json *node, void *to,
                      struct err *err)
{
	int64_t n = json_int(node, -1);

	if (n < 0 || n > 1000000)
		return wrong(node, "a whole number", err);
	*(size_t *)to = (size_t)n;
	return 0;
}

static int read_rate(struct arena *arena UNUSED, const struct rule *rule UNUSED, const struct json *node, void *to,
                     struct err *err)
{
	double rate;

	if (node->kind != JSON_NUMBER || !str_to_double(node->text, &rate) || !(rate >= 0 && rate <= 100000))
		return wrong(node, "a number", err);
	*(double *)to = rate;
	return 0;
}

static int read_choice(struct arena *arena, const struct rule *rule, const struct json *node, void *to, struct err *err)
{
	struct str text = STR_EMPTY, names = STR_EMPTY;

	scalar_text(node, &text);
	for (unsigned i = 0; rule->choices[i]; i++) {
		if (str_eq_c(text, rule->choices[i])) {
			*(unsigned *)to = i;
			return 0;
		}
		names = arena_printf(arena, "%.*s%s%s", STR_ARG(names), i ? ", " : "", rule->choices[i]);
	}
	return err_set(err, ERR_CONFIG, "line %u: '%.*s' must be one of: %.*s", node->line, STR_ARG(node->key),
	               STR_ARG(names));
}

static int read_texts(struct arena *arena, const struct rule *rule UNUSED, const struct json *node, void *to,
                      struct err *err)
{
	struct texts *texts = to;

	texts->at = arena_new_array(arena, struct str, node->count + 1);
	if (scalar_text(node, &texts->at[0])) {
		texts->count = 1;
		return 0;
	}
	if (node->kind != JSON_ARRAY)
		return wrong(node, "a list of texts", err);
	JSON_EACH (node, item) {
		if (!scalar_text(item, &texts->at[texts->count]))
			return wrong(node, "a list of texts", err);
		texts->count++;
	}
	return 0;
}

static int read_pairs(struct arena *arena, const struct rule *rule UNUSED, const struct json *node, void *to,
                      struct err *err)
{
	struct pairs *pairs = to;

	if (node->kind != JSON_OBJECT)
		return wrong(node, "names with texts", err);
	pairs->at = arena_new_array(arena, struct pair, node->count + 1);
	JSON_EACH (node, item) {
		struct pair *pair = &pairs->at[pairs->count++];

		pair->name = item->key;
		if (!scalar_text(item, &pair->value))
			return wrong(item, "a text", err);
	}
	return 0;
}

static int read_subsection(struct arena *arena, const struct rule *rule, const struct json *node, void *to,
                           struct err *err)
{
	return read_section(arena, rule->section, node, to, err);
}

static int read_elements(struct arena *arena, const struct rule *rule, const struct json *node, void *to,
                         struct err *err)
{
	const struct schema *schema = rule->section;
	struct rows *rows = to;
	char *at = arena_alloc(arena, size_mul(schema->size, node->count + 1));

	rows->at = at;
	JSON_EACH (node, item) {
		void *element = at + schema->size * rows->count++;

		if (schema->name >= 0)
			*(struct str *)((char *)element + schema->name) = item->key;
		if (read_section(arena, schema, item, element, err) < 0)
			return err->code;
	}
	return 0;
}

static int read_rows(struct arena *arena, const struct rule *rule, const struct json *node, void *to, struct err *err)
{
	if (node->kind != JSON_ARRAY)
		return wrong(node, "a list", err);
	return read_elements(arena, rule, node, to, err);
}

static int read_named(struct arena *arena, const struct rule *rule, const struct json *node, void *to, struct err *err)
{
	if (node->kind != JSON_OBJECT || node->count == 0)
		return wrong(node, "names, each with its section", err);
	return read_elements(arena, rule, node, to, err);
}

static int (*const readers[])(struct arena *arena, const struct rule *rule, const struct json *node, void *to,
                              struct err *err) = {
	[SHAPE_TEXT] = read_text,   [SHAPE_FLAG] = read_flag,          [SHAPE_COUNT] = read_count,
	[SHAPE_RATE] = read_rate,   [SHAPE_CHOICE] = read_choice,      [SHAPE_TEXTS] = read_texts,
	[SHAPE_PAIRS] = read_pairs, [SHAPE_SECTION] = read_subsection, [SHAPE_ROWS] = read_rows,
	[SHAPE_NAMED] = read_named,
};

static const struct rule *rule_find(const struct schema *schema, struct str key)
{
	for (const struct rule *rule = schema->rules; rule->key; rule++)
		if (str_eq_c(key, rule->key))
			return rule;
	return NULL;
}

static int read_section(struct arena *arena, const struct schema *schema, const struct json *node, void *to,
                        struct err *err)
{
	if (node->kind != JSON_OBJECT)
		return wrong(node, "a section of names with values", err);
	if (schema->line >= 0)
		*(uint32_t *)((char *)to + schema->line) = MAX_OF(node->line, 1u);
	JSON_EACH (node, item) {
		const struct rule *rule = rule_find(schema, item->key);

		if (!rule)
			return err_set(err, ERR_CONFIG, "line %u: unknown key '%.*s'", item->line, STR_ARG(item->key));
		if (readers[rule->shape](arena, rule, item, (char *)to + rule->offset, err) < 0)
			return err->code;
	}
	for (const struct rule *rule = schema->rules; rule->key; rule++)
		if (rule->required && !json_get(node, rule->key))
			return err_set(err, ERR_CONFIG, "line %u: '%s' is missing", node->line, rule->key);
	return 0;
}

int signature_kind_of(struct str name)
{
	for (int i = 0; signature_kinds[i]; i++)
		if (str_eq_c(name, signature_kinds[i]))
			return i;
	return -1;
}

int descriptor_read(struct arena *arena, struct str yaml, struct descriptor *ret, struct err *err)
{
	struct descriptor d = { .check = { STR_EMPTY, STR_EMPTY } };
	struct err parse = ERR_INIT;
	struct json *tree;

	if (yaml_parse(arena, arena_str(arena, yaml), &tree, &parse) < 0)
		return err_set(err, ERR_CONFIG, "%s", parse.text);
	if (read_section(arena, &descriptor_schema, tree, &d, err) < 0 || descriptor_check(arena, &d, tree, err) < 0)
		return err->code;
	*ret = d;
	return 0;
}

const struct object_section *descriptor_object(const struct descriptor *d, struct str name)
{
	const struct object_section *objects = d->objects.at;

	for (size_t i = 0; i < d->objects.count; i++)
		if (str_eq(objects[i].name, name))
			return &objects[i];
	return NULL;
}

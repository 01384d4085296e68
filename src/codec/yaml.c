/*
 * The reader: libyaml's events become nodes; p->open is the container that is open, its `parent` what opens again when
 * it closes. In a mapping a scalar is a key when none is pending. Text that is JSON goes to json_parse() instead, since
 * libyaml refuses escaped surrogate pairs ("\ud83d\ude00") and so is not quite a superset; its nodes get their lines
 * afterwards.
 */
#include "codec/yaml.h"

#include "codec/yaml_scalar.h"
#include "lib/limits.h"
#include "lib/map.h"

#include <string.h>
#include <yaml.h>

struct reader {
	yaml_parser_t yaml;
	struct arena *arena;
	struct err *err;
	struct json *root;
	struct json *open;
	unsigned depth;
	unsigned documents;
	bool ended;
	bool has_key;
	struct str key;
	/* Keys of the mapping open at each depth, to their nodes. */
	struct map keys[LIMIT_JSON_DEPTH + 1];
};

static void parser_scoped_release(yaml_parser_t **parser)
{
	yaml_parser_delete(*parser);
}

static void event_scoped_release(yaml_event_t *event)
{
	yaml_event_delete(event);
}

static int complain(struct reader *r, yaml_mark_t mark, const char *problem)
{
	return err_set(r->err, ERR_PARSE, "line %zu, column %zu: %s", mark.line + 1, mark.column + 1, problem);
}

/* Hangs the node where it belongs and takes the pending key for it. */
static int place(struct reader *r, struct json *node, yaml_mark_t mark)
{
	node->line = (uint32_t)mark.line + 1;
	if (!r->open) {
		r->root = node;
	} else if (r->open->kind == JSON_ARRAY) {
		json_append(r->open, node);
	} else if (!r->has_key) {
		return complain(r, mark, "a key must be plain text");
	} else {
		json_add(r->open, r->key, node);
		map_put(&r->keys[r->depth], r->key, node);
		r->has_key = false;
	}
	return 0;
}

static int take_key(struct reader *r, const yaml_event_t *event, struct str text)
{
	const struct json *other = map_get(&r->keys[r->depth], text);

	if (other)
		return err_set(r->err, ERR_PARSE, "line %zu, column %zu: the key \"%.*s\" stands in line %u already",
		               event->start_mark.line + 1, event->start_mark.column + 1, STR_ARG(text), other->line);
	if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && str_eq_c(text, "<<"))
		return complain(r, event->start_mark, "merge keys (<<) are not supported; write the keys out");
	r->key = text;
	r->has_key = true;
	return 0;
}

static int on_scalar(struct reader *r, const yaml_event_t *event)
{
	struct str text = str_range((const char *)event->data.scalar.value, event->data.scalar.length);
	enum yaml_scalar kind = YAML_SCALAR_TEXT;
	struct json *node;

	text = arena_str(r->arena, text);
	if (event->data.scalar.anchor || event->data.scalar.tag)
		return complain(r, event->start_mark, "anchors and tags are not supported");
	if (r->open && r->open->kind == JSON_OBJECT && !r->has_key)
		return take_key(r, event, text);
	if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		kind = yaml_scalar_of(text);
	if (kind == YAML_SCALAR_ODD_NUMBER)
		return complain(r, event->start_mark,
		                "a number in a spelling that JSON does not have; put it in quotes if it is text");
	node = json_new(r->arena, yaml_scalar_kind(kind));
	if (node->kind == JSON_STRING || node->kind == JSON_NUMBER)
		node->text = text;
	return place(r, node, event->start_mark);
}

static int open_container(struct reader *r, enum json_kind kind, bool marked, yaml_mark_t mark)
{
	struct json *node;
	int code;

	if (marked)
		return complain(r, mark, "anchors and tags are not supported");
	if (r->depth == LIMIT_JSON_DEPTH)
		return complain(r, mark, "nested too deeply");
	node = json_new(r->arena, kind);
	code = place(r, node, mark);
	if (code < 0)
		return code;
	r->open = node;
	r->keys[++r->depth] = (struct map)MAP_INIT(r->arena);
	return 0;
}

static int on_sequence(struct reader *r, const yaml_event_t *event)
{
	bool marked = event->data.sequence_start.anchor || event->data.sequence_start.tag;

	return open_container(r, JSON_ARRAY, marked, event->start_mark);
}

static int on_mapping(struct reader *r, const yaml_event_t *event)
{
	bool marked = event->data.mapping_start.anchor || event->data.mapping_start.tag;

	return open_container(r, JSON_OBJECT, marked, event->start_mark);
}

static int on_container_end(struct reader *r, const yaml_event_t *event UNUSED)
{
	r->open = r->open->parent;
	r->depth--;
	return 0;
}

static int on_alias(struct reader *r, const yaml_event_t *event)
{
	return complain(r, event->start_mark, "aliases (*name) are not supported; write the value out");
}

static int on_document(struct reader *r, const yaml_event_t *event)
{
	if (r->documents++ > 0)
		return complain(r, event->start_mark, "a second document in one file is not supported");
	return 0;
}

static int on_stream_end(struct reader *r, const yaml_event_t *event UNUSED)
{
	r->ended = true;
	return 0;
}

static int (*const handlers[])(struct reader *r, const yaml_event_t *event) = {
	[YAML_STREAM_END_EVENT] = on_stream_end,
	[YAML_DOCUMENT_START_EVENT] = on_document,
	[YAML_ALIAS_EVENT] = on_alias,
	[YAML_SCALAR_EVENT] = on_scalar,
	[YAML_SEQUENCE_START_EVENT] = on_sequence,
	[YAML_SEQUENCE_END_EVENT] = on_container_end,
	[YAML_MAPPING_START_EVENT] = on_mapping,
	[YAML_MAPPING_END_EVENT] = on_container_end,
};

/* libyaml's problems are fixed sentences: they quote nothing of the file. */
static int broken(struct reader *r)
{
	const char *problem = r->yaml.problem ? r->yaml.problem : "not well-formed";

	if (r->yaml.error == YAML_READER_ERROR)
		return err_set(r->err, ERR_PARSE, "byte %zu: %s", r->yaml.problem_offset, problem);
	return complain(r, r->yaml.problem_mark, problem);
}

static int step(struct reader *r)
{
	SCOPED(event) yaml_event_t event = { 0 };

	if (!yaml_parser_parse(&r->yaml, &event))
		return broken(r);
	if ((size_t)event.type >= ARRAY_LEN(handlers) || !handlers[event.type])
		return 0;
	return handlers[event.type](r, &event);
}

/* An empty file is null, like an empty document. */
static int read_yaml(struct arena *arena, struct str text, struct json **ret, struct err *err)
{
	struct reader *r = arena_new(arena, struct reader);
	SCOPED(parser) yaml_parser_t *parser UNUSED = &r->yaml;
	int code = 0;

	must(yaml_parser_initialize(&r->yaml));
	yaml_parser_set_encoding(&r->yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->yaml, (const unsigned char *)text.at, text.len);
	r->arena = arena;
	r->err = err;
	while (code == 0 && !r->ended)
		code = step(r);
	if (code == 0)
		*ret = r->root ? r->root : json_new(arena, JSON_NULL);
	return code;
}

/* In the order of the text, so that the lines are counted once. */
static bool number_lines(struct json *root, struct str text)
{
	const char *counted = text.at;
	uint32_t line = 1;

	for (struct json *at = root;;) {
		for (; counted < at->raw.at; counted++)
			line += *counted == '\n';
		at->line = line;
		if (at->duplicate_keys)
			return false;
		if (at->first) {
			at = at->first;
			continue;
		}
		while (at != root && !at->next)
			at = at->parent;
		if (at == root)
			return true;
		at = at->next;
	}
}

/* JSON with a key that stands there twice is left to the other reader, which says where. */
static bool read_json(struct arena *arena, struct str text, struct json **ret)
{
	struct err ignored = ERR_INIT;
	struct str start = str_trim(text);

	if (!str_starts(start, STR("{")) && !str_starts(start, STR("[")))
		return false;
	return json_parse(arena, text, ret, &ignored) == 0 && number_lines(*ret, text);
}

int yaml_parse(struct arena *arena, struct str text, struct json **ret, struct err *err)
{
	struct str kept;

	if (text.len > LIMIT_CONFIG)
		return err_set(err, ERR_MEMORY_LIMIT, "larger than the %zu bytes of a configuration file",
		               LIMIT_CONFIG);
	kept = arena_str(arena, text);
	if (str_starts(kept, STR("\xef\xbb\xbf")))
		kept = str_skip(kept, 3);
	return read_json(arena, kept, ret) ? 0 : read_yaml(arena, kept, ret, err);
}

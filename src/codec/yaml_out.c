/*
 * The writer: the tree as libyaml events, walked without recursion by `first`, `next` and `parent`. libyaml decides
 * whether a text can stand without quotes; yaml_scalar_needs_quotes() whether it would then still be a text.
 */
#include "codec/yaml.h"

#include "codec/utf8.h"
#include "codec/yaml_scalar.h"

#include <string.h>
#include <yaml.h>

static void emitter_scoped_release(yaml_emitter_t *emitter)
{
	yaml_emitter_delete(emitter);
}

static int append(void *out, unsigned char *bytes, size_t len)
{
	buf_add_bytes(out, bytes, len);
	return 1;
}

/* An event that libyaml made for us; it takes the event over whether it likes it or not. */
static void emit(yaml_emitter_t *emitter, int made, yaml_event_t *event)
{
	must(made);
	must(yaml_emitter_emit(emitter, event));
}

static void emit_scalar(yaml_emitter_t *emitter, struct str text, bool quoted)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	yaml_event_t event;
	yaml_scalar_style_t style = quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_ANY_SCALAR_STYLE;

	text = utf8_mend(&arena, text); /* libyaml refuses what is no UTF-8 */
	emit(emitter,
	     yaml_scalar_event_initialize(&event, NULL, NULL, (const unsigned char *)(text.len ? text.at : ""),
	                                  (int)text.len, 1, 1, style),
	     &event);
}

/* A text of several lines is spelt with \n: libyaml's other styles lose blanks at its ends. */
static void emit_text(yaml_emitter_t *emitter, struct str text)
{
	bool lines = str_find_char(text, '\n') >= 0 || str_find_char(text, '\r') >= 0;

	emit_scalar(emitter, text, lines || yaml_scalar_needs_quotes(text));
}

static void emit_leaf(yaml_emitter_t *emitter, const struct json *j)
{
	static const char *const words[] = { [JSON_NULL] = "null", [JSON_FALSE] = "false", [JSON_TRUE] = "true" };

	if (j->kind == JSON_STRING)
		emit_text(emitter, j->text);
	else
		emit_scalar(emitter, j->kind == JSON_NUMBER ? j->text : str_of(words[j->kind]), false);
}

static void emit_open(yaml_emitter_t *emitter, const struct json *j)
{
	yaml_event_t event;

	if (j->kind == JSON_OBJECT)
		emit(emitter, yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE),
		     &event);
	else
		emit(emitter, yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE),
		     &event);
}

static void emit_close(yaml_emitter_t *emitter, const struct json *j)
{
	yaml_event_t event;

	if (j->kind == JSON_OBJECT)
		emit(emitter, yaml_mapping_end_event_initialize(&event), &event);
	else
		emit(emitter, yaml_sequence_end_event_initialize(&event), &event);
}

static bool is_container(const struct json *j)
{
	return j->kind == JSON_OBJECT || j->kind == JSON_ARRAY;
}

static void emit_start(yaml_emitter_t *emitter, const struct json *root, const struct json *at)
{
	if (at != root && at->parent->kind == JSON_OBJECT)
		emit_text(emitter, at->key);
	if (is_container(at))
		emit_open(emitter, at);
	else
		emit_leaf(emitter, at);
}

static void emit_tree(yaml_emitter_t *emitter, const struct json *root)
{
	for (const struct json *at = root;;) {
		emit_start(emitter, root, at);
		if (at->first) {
			at = at->first;
			continue;
		}
		if (is_container(at))
			emit_close(emitter, at);
		for (; at != root && !at->next; at = at->parent)
			emit_close(emitter, at->parent);
		if (at == root)
			return;
		at = at->next;
	}
}

void yaml_write(struct buf *out, const struct json *j)
{
	static const struct json nothing = { .kind = JSON_NULL };
	SCOPED(emitter) yaml_emitter_t emitter;
	yaml_event_t event;

	must(yaml_emitter_initialize(&emitter));
	yaml_emitter_set_output(&emitter, append, out);
	yaml_emitter_set_unicode(&emitter, 1);
	yaml_emitter_set_width(&emitter, -1);
	emit(&emitter, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING), &event);
	emit(&emitter, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1), &event);
	emit_tree(&emitter, j ? j : &nothing);
	emit(&emitter, yaml_document_end_event_initialize(&event, 1), &event);
	emit(&emitter, yaml_stream_end_event_initialize(&event), &event);
}

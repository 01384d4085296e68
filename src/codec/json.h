/*
 * json: RFC 8259 text to a tree and back, made for payloads that must be kept exactly.
 *
 * - Every element knows its exact byte range (`raw`) in the text it came from: a record is cut out of a page without
 *   being rewritten (R2). Numbers keep their text as written (`1.50`, 24 digits).
 * - Strict UTF-8, strict grammar, depth limit, no trailing garbage. A leading byte-order mark is refused.
 * - An object with the same key twice is legal JSON and nobody's intention: the object is flagged `duplicate_keys`
 *   and json_get() answers with the last one, as JavaScript does.
 * - The tree lives in the arena; `raw` and unescaped strings point into the input text, which must live as long.
 * - The tree can be changed (json_set, json_append) and written out; a node that was set by us has an empty `raw`.
 * - Strings may hold U+0000 (escaped): `text` carries its length. Unpaired surrogates (\ud800) are refused.
 */
#ifndef SUTURE_CODEC_JSON_H
#define SUTURE_CODEC_JSON_H

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
	enum json_kind kind;
	bool duplicate_keys;      /* objects only */
	uint32_t count;           /* children */
	uint32_t line;            /* 1-based; filled by yaml_parse, 0 from json_parse */
	struct str key;           /* decoded; set when the parent is an object */
	struct str text;          /* strings: decoded; numbers: as written */
	struct str raw;           /* exact bytes of this element; empty for nodes made by us */
	struct json *first;       /* children, in order */
	struct json *last;
	struct json *next;        /* sibling */
};

/* ERR_PARSE with byte offset and reason (never with the text itself, R41). */
int json_parse(struct arena *arena, struct str text, struct json **ret, struct err *err) MUST_CHECK;

/* All of these accept NULL and the wrong kind: they answer NULL or "not there". */
struct json *json_get(const struct json *object, const char *key);
struct json *json_get_str(const struct json *object, struct str key);
struct json *json_at(const struct json *array, size_t index);
/* A dotted walk: json_walk(j, "General.Name.FirstName"). */
struct json *json_walk(const struct json *j, const char *dotted);
struct str json_text(const struct json *j);                  /* text of a string or number, else empty */
struct str json_get_text(const struct json *object, const char *key);
bool json_bool(const struct json *j, bool fallback);
int64_t json_int(const struct json *j, int64_t fallback);    /* whole numbers only */
bool json_is_null(const struct json *j);                     /* also true for NULL */
#define JSON_EACH(parent, child) for (struct json *child = (parent) ? (parent)->first : NULL; child; child = child->next)

struct json *json_new(struct arena *arena, enum json_kind kind);
struct json *json_new_text(struct arena *arena, struct str text);          /* borrows text */
struct json *json_new_number(struct arena *arena, struct str digits);
struct json *json_new_int(struct arena *arena, int64_t value);
struct json *json_new_bool(struct arena *arena, bool value);
struct json *json_copy(struct arena *arena, const struct json *j);         /* deep; texts are still borrowed */
void json_append(struct json *array, struct json *item);
/* Replaces or adds. `key` is borrowed. An `item` that already has a parent must be copied first. */
void json_set(struct json *object, struct str key, struct json *item);
bool json_remove(struct json *object, struct str key);
/* Equal as data: key order and number spelling (1.0 against 1.00) do matter for numbers, not for keys. */
bool json_equal(const struct json *a, const struct json *b);

/* Compact text. A node with a non-empty `raw` whose subtree nobody changed is copied as it came. */
void json_write(struct buf *out, const struct json *j);
/* Human-readable, two blanks a level. */
void json_write_pretty(struct buf *out, const struct json *j);
/* For texts built by hand: writes "text" with quotes and escapes. */
void json_write_string(struct buf *out, struct str text);

#endif

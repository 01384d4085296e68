/*
 * json: RFC 8259 text to a tree and back, made for payloads that must be kept exactly.
 *
 * - Every element knows its exact byte range (`raw`) in the text it came from: a record is cut out of a page without
 *   being rewritten (R2). Numbers keep their text as written (`1.50`, 24 digits).
 * - Strict UTF-8, strict grammar, depth limit, no trailing garbage. A leading byte-order mark is refused.
 * - An object with the same key twice is legal JSON and nobody's intention: the object is flagged `duplicate_keys`
 *   and json_get() answers with the last one, as JavaScript does.
 * - The tree lives in the arena; `raw` and unescaped strings point into the input text, which must live as long.
 * - The tree can be changed and written out, but only through json_set, json_add, json_append and json_remove: each
 *   empties the `raw` of the container it changes and of everything that contains it. So a node with a `raw` is, with all
 *   below it, as it came, and json_write() may copy it whole; a node made or changed by us has an empty `raw`. Never
 *   change the fields of a node from outside: to change a scalar, json_set a new one in its place.
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
	bool duplicate_keys; /* objects only */
	uint32_t count;      /* children */
	uint32_t line;       /* 1-based; filled by yaml_parse, 0 from json_parse */
	struct str key;      /* decoded; set when the parent is an object */
	struct str text;     /* strings: decoded; numbers: as written */
	struct str raw;      /* exact bytes of this element; empty for nodes made by us */
	struct json *first;  /* children, in order */
	struct json *last;
	struct json *next;   /* sibling */
	struct json *parent; /* NULL at the top, and after json_remove */
};

/* ERR_PARSE with byte offset and reason (never with the text itself, R41). */
int json_parse(struct arena *arena, struct str text, struct json **ret, struct err *err) MUST_CHECK;

/* All of these accept NULL and the wrong kind: they answer NULL or "not there". */
struct json *json_get(const struct json *object, const char *key);
struct json *json_get_str(const struct json *object, struct str key);
struct json *json_at(const struct json *array, size_t index);
/* A dotted walk: json_walk(j, "General.Name.FirstName"). */
struct json *json_walk(const struct json *j, const char *dotted);
struct str json_text(const struct json *j); /* text of a string or number, else empty */
struct str json_get_text(const struct json *object, const char *key);
bool json_bool(const struct json *j, bool fallback);
int64_t json_int(const struct json *j, int64_t fallback); /* whole numbers only */
bool json_is_number(struct str text);                     /* the whole text is a number of the grammar */
bool json_is_null(const struct json *j);                  /* also true for NULL */
#define JSON_EACH(parent, child) \
	for (struct json *child = (parent) ? (parent)->first : NULL; child; child = child->next)

/*
 * Cuts a page into its records without judging them: finds the exact byte ranges (without white space around) of the
 * elements of a top-level array, tracking only strings, escapes and brackets, so that one malformed record does not
 * spoil its page (R3). A bracket that closes the wrong kind also closes what it skipped: `[{"a":[1},{"b":2}]` is two
 * elements, the first of them malformed. An element may be empty (`[1,,2]`). Each one still has to pass json_parse().
 * ERR_PARSE: no array, or it never ends. Items live in the arena and point into the text.
 */
int json_split_array(struct arena *arena, struct str text, struct str **ret_items, size_t *ret_count,
                     struct err *err) MUST_CHECK;
/* The same for `{ ..., "records": [ ... ], ... }`; `name` is compared with the key as written. ERR_NOT_FOUND: no such member. */
int json_split_member_array(struct arena *arena, struct str text, const char *name, struct str **ret_items,
                            size_t *ret_count, struct err *err) MUST_CHECK;

struct json *json_new(struct arena *arena, enum json_kind kind);
struct json *json_new_text(struct arena *arena, struct str text);     /* borrows text */
struct json *json_new_number(struct arena *arena, struct str digits); /* borrows; see json_is_number() */
struct json *json_new_int(struct arena *arena, int64_t value);
struct json *json_new_bool(struct arena *arena, bool value);
struct json *json_copy(struct arena *arena, const struct json *j); /* deep; texts are still borrowed */
void json_append(struct json *array, struct json *item);
/*
 * Replaces (at the same place) or adds. `key` is borrowed. An `item` that already has a parent must be copied first. Of
 * keys that stood there twice only the new item is left.
 */
void json_set(struct json *object, struct str key, struct json *item);
/* For objects built from nothing: adds without looking whether the key is there, so that n keys cost n steps. */
void json_add(struct json *object, struct str key, struct json *item);
bool json_remove(struct json *object, struct str key);
/* Equal as data. The order of keys does not matter; the spelling of numbers does (1.0 is not 1.00). Both may be NULL. */
bool json_equal(const struct json *a, const struct json *b);

/* Compact text; NULL is written as null. A node with a non-empty `raw` whose subtree nobody changed is copied as it came. */
void json_write(struct buf *out, const struct json *root);
/* For texts built by hand: writes "text" with quotes and escapes. Bytes that are no UTF-8 become U+FFFD. */
void json_write_string(struct buf *out, struct str text);

#endif

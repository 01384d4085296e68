/*
 * yaml: files that people write, as the same tree as JSON (JSON is a subset: one reader for both). Plain scalars become
 * null, booleans (true/false only) and numbers as in YAML's core schema; quoted ones are always text, and so are dates. Anchors and
 * aliases, tags, merge keys and several documents in one file are refused. A repeated key is an error with its line.
 * A plain number in a spelling that JSON lacks (02134, +15550100, 0x1f, .5) is an error too, since a ZIP code or a phone
 * number is far likelier meant than a number: its writer is asked for quotes. An empty file is null.
 */
#ifndef SUTURE_CODEC_YAML_H
#define SUTURE_CODEC_YAML_H

#include "codec/json.h"

/* The tree borrows nothing from `text`. ERR_PARSE: "line 12, column 3: ...". Each node's `line` is filled. */
int yaml_parse(struct arena *arena, struct str text, struct json **ret, struct err *err) MUST_CHECK;
/* Block style, strings quoted only where they would be read as something else; yaml_parse gives the same tree back. */
void yaml_write(struct buf *out, const struct json *j);

#endif

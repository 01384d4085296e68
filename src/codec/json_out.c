/*
 * The writer: walks the tree without recursion, by `first`, `next` and `parent`. A node that has its `raw` is copied.
 */
#include "codec/json.h"

#include "codec/json_scan.h"
#include "codec/utf8.h"

static const char *const escape_of[0x80] = {
	['"'] = "\\\"",     ['\\'] = "\\\\",    ['\b'] = "\\b",     ['\f'] = "\\f",     ['\n'] = "\\n",
	['\r'] = "\\r",     ['\t'] = "\\t",     [0x00] = "\\u0000", [0x01] = "\\u0001", [0x02] = "\\u0002",
	[0x03] = "\\u0003", [0x04] = "\\u0004", [0x05] = "\\u0005", [0x06] = "\\u0006", [0x07] = "\\u0007",
	[0x0b] = "\\u000b", [0x0e] = "\\u000e", [0x0f] = "\\u000f", [0x10] = "\\u0010", [0x11] = "\\u0011",
	[0x12] = "\\u0012", [0x13] = "\\u0013", [0x14] = "\\u0014", [0x15] = "\\u0015", [0x16] = "\\u0016",
	[0x17] = "\\u0017", [0x18] = "\\u0018", [0x19] = "\\u0019", [0x1a] = "\\u001a", [0x1b] = "\\u001b",
	[0x1c] = "\\u001c", [0x1d] = "\\u001d", [0x1e] = "\\u001e", [0x1f] = "\\u001f",
};

/* How far the text may be copied as it is. */
static const char *skip_clean(const char *at, const char *end)
{
	for (;;) {
		size_t step;

		at = json_skip_plain(at, end);
		step = at < end ? utf8_step(at, end) : 0;
		if (step <= 1)
			return at;
		at += step;
	}
}

/* Almost every text is clean: quotes and text in one go. */
static void write_clean(struct buf *out, struct str text)
{
	char *room = buf_room(out, size_add(text.len, 2));

	if (!room)
		return;
	room[0] = '"';
	if (text.len)
		memcpy(room + 1, text.at, text.len);
	room[text.len + 1] = '"';
	buf_grew(out, text.len + 2);
}

/* One byte that cannot stand as it is. */
static void write_escaped(struct buf *out, unsigned char byte)
{
	buf_add_c(out, byte < 0x80 ? escape_of[byte] : "\xef\xbf\xbd");
}

void json_write_string(struct buf *out, struct str text)
{
	const char *end = text.len ? text.at + text.len : text.at;
	const char *clean = skip_clean(text.at, end);

	if (clean == end) {
		write_clean(out, text);
		return;
	}
	buf_add_char(out, '"');
	for (const char *at = text.at; at < end; clean = skip_clean(at, end)) {
		buf_add_bytes(out, at, (size_t)(clean - at));
		if (clean < end)
			write_escaped(out, (unsigned char)*clean);
		at = clean + (clean < end);
	}
	buf_add_char(out, '"');
}

static void write_scalar(struct buf *out, const struct json *j)
{
	static const char *const words[] = {
		[JSON_NULL] = "null", [JSON_FALSE] = "false", [JSON_TRUE] = "true", [JSON_ARRAY] = "[]",
		[JSON_OBJECT] = "{}", [JSON_NUMBER] = NULL,   [JSON_STRING] = NULL,
	};

	if (j->kind == JSON_STRING)
		json_write_string(out, j->text);
	else if (j->kind == JSON_NUMBER)
		buf_add(out, j->text);
	else
		buf_add_c(out, words[j->kind]);
}

static void write_key(struct buf *out, const struct json *parent, struct str key)
{
	if (parent->kind != JSON_OBJECT)
		return;
	json_write_string(out, key);
	buf_add_char(out, ':');
}

/* Writes the node, or its opening bracket; true when its children are to follow. */
static bool write_start(struct buf *out, const struct json *j)
{
	if (j->raw.len) {
		buf_add(out, j->raw);
		return false;
	}
	if (!j->first) {
		write_scalar(out, j);
		return false;
	}
	buf_add_char(out, j->kind == JSON_OBJECT ? '{' : '[');
	return true;
}

void json_write(struct buf *out, const struct json *root)
{
	if (!root) {
		buf_add(out, STR("null"));
		return;
	}
	for (const struct json *at = root;;) {
		if (write_start(out, at)) {
			write_key(out, at, at->first->key);
			at = at->first;
			continue;
		}
		for (; at != root && !at->next; at = at->parent)
			buf_add_char(out, at->parent->kind == JSON_OBJECT ? '}' : ']');
		if (at == root)
			return;
		at = at->next;
		buf_add_char(out, ',');
		write_key(out, at->parent, at->key);
	}
}

/*
 * The reader: one pass, no recursion. step() reads either the next value or what may follow one; the container that is
 * open is p->open, and its `parent` is what opens again when it closes. Top to bottom: white space, strings, numbers and
 * literals, containers, duplicate keys, step().
 *
 * Strings are scanned first (grammar, UTF-8, pairs of surrogates) and decoded only when they hold an escape, so that
 * decoding cannot fail and most strings are borrowed from the input.
 */
#include "codec/json.h"

#include "codec/json_scan.h"
#include "codec/utf8.h"
#include "lib/limits.h"

#include <stdlib.h>
#include <string.h>

struct parser {
	const char *at;
	const char *end;
	struct arena *arena;
	struct json *open; /* innermost container, NULL at the top */
	struct json *root;
	struct str key;     /* of the value that comes next */
	struct json *spare; /* nodes are taken from the arena by the handful */
	struct json *spare_end;
	const char *problem;
	unsigned depth;
	bool expect_value;
};

static bool fail(struct parser *p, const char *problem)
{
	p->problem = problem;
	return false;
}

static void skip_blank(struct parser *p)
{
	static const bool blank[256] = { [' '] = true, ['\t'] = true, ['\n'] = true, ['\r'] = true };

	while (p->at < p->end && blank[(unsigned char)*p->at])
		p->at++;
}

static struct json *new_node(struct parser *p)
{
	if (p->spare == p->spare_end) {
		size_t guess = MIN_OF((size_t)(p->end - p->at) / 16 + 1, (size_t)64);

		p->spare = arena_new_array(p->arena, struct json, guess);
		p->spare_end = p->spare + guess;
	}
	return p->spare++;
}

/* What \x stands for; 0: not an escape. \u is handled apart. */
static const char escapes[256] = {
	['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t',
};

static const unsigned char hex_digits[256] = {
	['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
	['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* The unit of \uXXXX at `at`, or -1. */
static int32_t utf16_unit(const char *at, const char *end)
{
	int32_t unit = 0;

	if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		int digit = hex_digits[(unsigned char)at[i]];

		if (digit == 0)
			return -1;
		unit = unit << 4 | (digit - 1);
	}
	return unit;
}

static bool is_high_surrogate(int32_t unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low_surrogate(int32_t unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

static bool scan_escape(struct parser *p)
{
	int32_t unit;

	if (p->end - p->at >= 2 && escapes[(unsigned char)p->at[1]]) {
		p->at += 2;
		return true;
	}
	unit = utf16_unit(p->at, p->end);
	if (unit < 0)
		return fail(p, "an unknown escape");
	if (is_low_surrogate(unit) || (is_high_surrogate(unit) && !is_low_surrogate(utf16_unit(p->at + 6, p->end))))
		return fail(p, "half of a surrogate pair");
	p->at += is_high_surrogate(unit) ? 12 : 6;
	return true;
}

/* One character inside a string that is neither plain ASCII nor the closing quote. */
static bool scan_special(struct parser *p)
{
	size_t length;

	if (*p->at == '\\')
		return scan_escape(p);
	if ((unsigned char)*p->at < 0x20)
		return fail(p, "a control character inside a string");
	length = utf8_step(p->at, p->end);
	if (length == 0)
		return fail(p, "not valid UTF-8");
	p->at += length;
	return true;
}

static size_t decode_escape(const char *at, const char *end, char *out, size_t *ret_used)
{
	int32_t unit;
	uint32_t code;

	if (escapes[(unsigned char)at[1]]) {
		*out = escapes[(unsigned char)at[1]];
		*ret_used = 2;
		return 1;
	}
	unit = utf16_unit(at, end);
	code = (uint32_t)unit;
	*ret_used = 6;
	if (is_high_surrogate(unit)) {
		code = 0x10000 + (((uint32_t)unit - 0xd800) << 10) + ((uint32_t)utf16_unit(at + 6, end) - 0xdc00);
		*ret_used = 12;
	}
	return utf8_put(out, code);
}

/* `scanned` has passed scan_special(). Decoded text is never longer than its escapes. */
static struct str decode(struct arena *arena, struct str scanned)
{
	const char *end = scanned.at + scanned.len;
	char *text = arena_alloc_bytes(arena, scanned.len);
	size_t len = 0, used;

	for (const char *at = scanned.at; at < end; at += used) {
		const char *escape = memchr(at, '\\', (size_t)(end - at));
		size_t run = (size_t)((escape ? escape : end) - at);

		memcpy(text + len, at, run);
		len += run;
		at += run;
		used = 0;
		if (escape)
			len += decode_escape(escape, end, text + len, &used);
	}
	return str_range(text, len);
}

/* p->at stands on the opening quote. */
static bool read_quoted(struct parser *p, struct str *ret)
{
	const char *start = ++p->at;
	bool escaped = false;

	for (;;) {
		p->at = json_skip_plain(p->at, p->end);
		if (p->at == p->end)
			return fail(p, "the text ends inside a string");
		if (*p->at == '"')
			break;
		escaped |= *p->at == '\\';
		if (!scan_special(p))
			return false;
	}
	*ret = str_range(start, (size_t)(p->at - start));
	if (escaped)
		*ret = decode(p->arena, *ret);
	p->at++;
	return true;
}

static bool read_string(struct parser *p, struct json *node)
{
	const char *start = p->at;

	node->kind = JSON_STRING;
	if (!read_quoted(p, &node->text))
		return false;
	node->raw = str_range(start, (size_t)(p->at - start));
	return true;
}

static const char *skip_digits(const char *at, const char *end)
{
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return at;
}

static const char *skip_exponent(const char *at, const char *end)
{
	const char *digits;

	if (at == end || (*at != 'e' && *at != 'E'))
		return at;
	at++;
	if (at < end && (*at == '+' || *at == '-'))
		at++;
	digits = skip_digits(at, end);
	return digits == at ? NULL : digits;
}

/* Where the number at `at` ends; NULL: it is none. */
static const char *skip_number(const char *at, const char *end)
{
	const char *digits;

	if (at < end && *at == '-')
		at++;
	digits = skip_digits(at, end);
	if (digits == at || (*at == '0' && digits != at + 1))
		return NULL;
	at = digits;
	if (at < end && *at == '.') {
		digits = skip_digits(at + 1, end);
		if (digits == at + 1)
			return NULL;
		at = digits;
	}
	return skip_exponent(at, end);
}

static bool read_number(struct parser *p, struct json *node)
{
	const char *end = skip_number(p->at, p->end);

	if (!end)
		return fail(p, "not a number of JSON");
	node->kind = JSON_NUMBER;
	node->text = str_range(p->at, (size_t)(end - p->at));
	node->raw = node->text;
	p->at = end;
	return true;
}

bool json_is_number(struct str text)
{
	return text.len > 0 && skip_number(text.at, text.at + text.len) == text.at + text.len;
}

static bool read_literal(struct parser *p, struct json *node)
{
	static const struct {
		struct str word;
		enum json_kind kind;
	} literals[] = {
		{ { "null", 4 }, JSON_NULL },
		{ { "true", 4 }, JSON_TRUE },
		{ { "false", 5 }, JSON_FALSE },
	};
	struct str rest = str_range(p->at, (size_t)(p->end - p->at));

	for (size_t i = 0; i < ARRAY_LEN(literals); i++) {
		struct str word = literals[i].word;

		if (rest.len >= word.len && memcmp(rest.at, word.at, word.len) == 0) {
			node->kind = literals[i].kind;
			node->raw = str_range(p->at, word.len);
			p->at += word.len;
			return true;
		}
	}
	return fail(p, "an unknown word");
}

static bool same_key(const struct json *a, const struct json *b)
{
	return a->key.len == b->key.len && memcmp(a->key.at, b->key.at, a->key.len) == 0;
}

/* By length first, which is cheaper than by alphabet and sorts equal keys side by side just as well. */
static int order_keys(const void *left, const void *right)
{
	struct str a = (*(const struct json *const *)left)->key;
	struct str b = (*(const struct json *const *)right)->key;

	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return a.len ? memcmp(a.at, b.at, a.len) : 0;
}

/*
 * Many keys are sorted, not hashed: whoever sends 100,000 keys that all fall into one bucket gains nothing. The scratch
 * array is gone before the next object.
 */
static bool has_duplicates_sorted(const struct json *object)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	const struct json **sorted = arena_new_array(&scratch, const struct json *, object->count);
	size_t n = 0;

	JSON_EACH (object, child)
		sorted[n++] = child;
	qsort(sorted, n, sizeof(*sorted), order_keys);
	for (size_t i = 1; i < n; i++) {
		if (same_key(sorted[i - 1], sorted[i]))
			return true;
	}
	return false;
}

enum { SMALL_OBJECT = 96, SLOTS = 256 };

/* Length, both ends and the middle: the keys of real records differ in one of them. */
static size_t slot_of(struct str key)
{
	const unsigned char *at = (const unsigned char *)key.at;
	uint32_t mix = (uint32_t)key.len;

	if (key.len)
		mix += at[0] * 31u + at[key.len / 2] * 131u + at[key.len - 1] * 1031u + at[key.len / 3] * 8191u;
	return (mix ^ mix >> 8) % SLOTS;
}

/* A little open hash of at most SMALL_OBJECT keys: bad luck or bad will costs a bounded number of comparisons. */
static bool has_duplicates_hashed(const struct json *object)
{
	const struct json *table[SLOTS] = { 0 };

	JSON_EACH (object, child) {
		size_t slot = slot_of(child->key);

		for (; table[slot]; slot = (slot + 1) % SLOTS) {
			if (same_key(table[slot], child))
				return true;
		}
		table[slot] = child;
	}
	return false;
}

static bool has_duplicates_compared(const struct json *object)
{
	JSON_EACH (object, a) {
		for (const struct json *b = a->next; b; b = b->next) {
			if (same_key(a, b))
				return true;
		}
	}
	return false;
}

static bool has_duplicates(const struct json *object)
{
	if (object->count <= 8)
		return has_duplicates_compared(object);
	return object->count <= SMALL_OBJECT ? has_duplicates_hashed(object) : has_duplicates_sorted(object);
}

static bool read_key(struct parser *p)
{
	skip_blank(p);
	if (p->at == p->end || *p->at != '"')
		return fail(p, "a key in quotes should be here");
	if (!read_quoted(p, &p->key))
		return false;
	skip_blank(p);
	if (p->at == p->end || *p->at != ':')
		return fail(p, "a colon should be here");
	p->at++;
	return true;
}

/* After an opening bracket or a comma: a value is due, in an object its key first. */
static bool expect_member(struct parser *p)
{
	p->expect_value = true;
	if (p->open->kind == JSON_OBJECT)
		return read_key(p);
	p->key = STR_EMPTY;
	return true;
}

static char closing_bracket(const struct json *container)
{
	return container->kind == JSON_OBJECT ? '}' : ']';
}

static bool close_container(struct parser *p)
{
	struct json *node = p->open;

	p->at++;
	node->raw.len = (size_t)(p->at - node->raw.at);
	if (node->kind == JSON_OBJECT && node->count > 1)
		node->duplicate_keys = has_duplicates(node);
	p->open = node->parent;
	p->depth--;
	return true;
}

static bool read_container(struct parser *p, struct json *node)
{
	if (p->depth == LIMIT_JSON_DEPTH)
		return fail(p, "nested too deeply");
	p->depth++;
	node->kind = *p->at == '{' ? JSON_OBJECT : JSON_ARRAY;
	node->raw.at = p->at++;
	p->open = node;
	skip_blank(p);
	if (p->at < p->end && *p->at == closing_bracket(node))
		return close_container(p);
	return expect_member(p);
}

static void hang(struct json *parent, struct json *node)
{
	node->parent = parent;
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	parent->count++;
}

/* By the first byte of a value. */
static bool (*const readers[256])(struct parser *p, struct json *node) = {
	['"'] = read_string,  ['{'] = read_container, ['['] = read_container, ['-'] = read_number, ['0'] = read_number,
	['1'] = read_number,  ['2'] = read_number,    ['3'] = read_number,    ['4'] = read_number, ['5'] = read_number,
	['6'] = read_number,  ['7'] = read_number,    ['8'] = read_number,    ['9'] = read_number, ['n'] = read_literal,
	['t'] = read_literal, ['f'] = read_literal,
};

static bool read_value(struct parser *p)
{
	struct json *node;

	skip_blank(p);
	if (p->at == p->end)
		return fail(p, "the text ends where a value should be");
	if (!readers[(unsigned char)*p->at])
		return fail(p, "a value should start here");
	node = new_node(p);
	node->key = p->key;
	if (p->open)
		hang(p->open, node);
	else
		p->root = node;
	p->expect_value = false;
	return readers[(unsigned char)*p->at](p, node);
}

/* False at the end, good (no problem) or bad. */
static bool step(struct parser *p)
{
	if (p->expect_value)
		return read_value(p);
	skip_blank(p);
	if (!p->open)
		return p->at == p->end ? false : fail(p, "something follows the value");
	if (p->at == p->end)
		return fail(p, "the text ends inside an object or array");
	if (*p->at == closing_bracket(p->open))
		return close_container(p);
	if (*p->at != ',')
		return fail(p, "a comma or the closing bracket should be here");
	p->at++;
	return expect_member(p);
}

int json_parse(struct arena *arena, struct str text, struct json **ret, struct err *err)
{
	struct parser p = { .arena = arena, .expect_value = true };

	if (text.len == 0)
		return err_set(err, ERR_PARSE, "byte 0: the text is empty");
	if (text.len > UINT32_MAX)
		return err_set(err, ERR_MEMORY_LIMIT, "a JSON text of %zu bytes", text.len);
	if (str_starts(text, STR("\xef\xbb\xbf")))
		return err_set(err, ERR_PARSE, "byte 0: a byte-order mark stands before the JSON text");
	p.at = text.at;
	p.end = text.at + text.len;
	while (step(&p))
		;
	if (p.problem)
		return err_set(err, ERR_PARSE, "byte %zu: %s", (size_t)(p.at - text.at), p.problem);
	*ret = p.root;
	return 0;
}

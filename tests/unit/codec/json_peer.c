/*
 * Differential test against jansson: 100,000 texts, made at random and then damaged at random, must be accepted by both
 * or refused by both, and mean the same. Known differences, each told apart by name and not by luck:
 *
 * - numbers beyond a double: jansson refuses, we keep the text (PEER_CANNOT_SAY);
 * - \u0000 in a key: jansson refuses, we keep it (PEER_CANNOT_SAY);
 * - a key that stands twice: jansson keeps one, we keep both and flag it: only the acceptance is compared;
 * - a NUL byte in the text: always refused by us; jansson overlooks one behind a number;
 * - our depth limit is lower; the texts stay under it.
 */
#include "unit.h"

#include "codec/digest.h"
#include "codec/json.h"
#include "jansson_peer.h"

static uint64_t state = 88172645463325252u;

static unsigned below(unsigned limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 32) % limit;
}

static void make_string(struct buf *out)
{
	static const char *const pieces[] = { "a",
		                              "Zz9 ",
		                              "\\n",
		                              "\\\"",
		                              "\\\\",
		                              "\\u00e9",
		                              "\\ud83d\\ude00",
		                              "\\u0000",
		                              "\xc3\xa9",
		                              "\xe2\x82\xac",
		                              "\xf0\x9f\x98\x80",
		                              "/",
		                              "\\/",
		                              "abcdefgh" };

	buf_add_char(out, '"');
	for (unsigned n = below(5); n > 0; n--)
		buf_add_c(out, pieces[below(ARRAY_LEN(pieces))]);
	buf_add_char(out, '"');
}

static void make_leaf(struct buf *out)
{
	static const char *const leaves[] = {
		"null", "true",  "false",  "0", "-1", "1.50", "1e3", "-0.0", "12345678901234567890", "9007199254740993",
		"1E-7", "1e999", "2.5e+10"
	};

	if (below(2))
		make_string(out);
	else
		buf_add_c(out, leaves[below(ARRAY_LEN(leaves))]);
}

static void make_blank(struct buf *out)
{
	static const char *const blanks[] = { "", "", "", "", " ", "\n", "\t", "\r\n" };

	buf_add_c(out, blanks[below(ARRAY_LEN(blanks))]);
}

static void make_value(struct buf *out, unsigned depth)
{
	bool object = below(2);

	make_blank(out);
	if (depth == 0 || below(3) == 0) {
		make_leaf(out);
		make_blank(out);
		return;
	}
	buf_add_char(out, object ? '{' : '[');
	for (unsigned n = below(5), i = 0; i < n; i++) {
		buf_add_c(out, i ? "," : "");
		if (object) {
			make_blank(out);
			make_string(out);
			make_blank(out);
			buf_add_char(out, ':');
		}
		make_value(out, depth - 1);
	}
	buf_add_char(out, object ? '}' : ']');
	make_blank(out);
}

static void replace(struct buf *text, size_t at)
{
	static const char alphabet[] = "{}[],:\"\\ \n\t0123456789eE+-.truefalsn/u\x80\xc3\xe2\xed\xa0\xf0\xff\x01";

	text->at[at] = alphabet[below(sizeof(alphabet))];
}

static void drop(struct buf *text, size_t at)
{
	memmove(text->at + at, text->at + at + 1, text->len - at);
	text->len--;
}

static void cut(struct buf *text, size_t at)
{
	text->len = at;
	text->at[at] = '\0';
}

static void swap(struct buf *text, size_t at)
{
	size_t other = below((unsigned)text->len);
	char c = text->at[at];

	text->at[at] = text->at[other];
	text->at[other] = c;
}

static void damage(struct buf *text)
{
	static void (*const ways[])(struct buf * text,
	                            size_t at) = { replace, replace, replace, drop, drop, swap, cut };

	for (unsigned n = below(3); n > 0 && text->len > 0; n--)
		ways[below(ARRAY_LEN(ways))](text, below((unsigned)text->len));
}

static void describe(const struct json *j, struct buf *out)
{
	static const char *const words[] = { [JSON_NULL] = "n", [JSON_FALSE] = "f", [JSON_TRUE] = "t" };

	if (j->kind == JSON_STRING) {
		buf_printf(out, "%zu:", j->text.len);
		buf_add(out, j->text);
	} else if (j->kind == JSON_NUMBER) {
		char digits[64] = "";

		assert_true(j->text.len < sizeof(digits));
		memcpy(digits, j->text.at, j->text.len);
		buf_printf(out, "#%.17g", strtod(digits, NULL));
	} else if (j->kind == JSON_ARRAY || j->kind == JSON_OBJECT) {
		buf_printf(out, "%c%u", j->kind == JSON_ARRAY ? '[' : '{', j->count);
	} else {
		buf_add_c(out, words[j->kind]);
	}
	JSON_EACH (j, child) {
		if (j->kind == JSON_OBJECT) {
			buf_printf(out, "%zu:", child->key.len);
			buf_add(out, child->key);
		}
		describe(child, out);
	}
}

static bool repeats_a_key(const struct json *j)
{
	if (j->duplicate_keys)
		return true;
	JSON_EACH (j, child) {
		if (repeats_a_key(child))
			return true;
	}
	return false;
}

/* What we write of the tree is the text that it was read from. */
static void check_writer(const struct json *j)
{
	SCOPED(buf) struct buf out = BUF_INIT(1 << 20);

	json_write(&out, j);
	assert_str(buf_str(&out), j->raw);
}

struct counts {
	unsigned accepted, refused, compared, beyond;
};

static void compare(struct str text, struct counts *counts)
{
	SCOPED(buf) struct buf theirs = BUF_INIT(1 << 20);
	SCOPED(buf) struct buf ours = BUF_INIT(1 << 20);
	SCOPED(arena) struct arena arena = ARENA_INIT;
	enum peer_answer answer = peer_read(text, &theirs);
	struct err err = ERR_INIT;
	struct json *j = NULL;
	bool accepted = json_parse(&arena, text, &j, &err) == 0;

	counts->accepted += accepted;
	counts->refused += !accepted;
	if (memchr(text.at, '\0', text.len)) {
		assert_false(accepted);
		return;
	}
	if (answer == PEER_CANNOT_SAY) {
		counts->beyond++;
		return;
	}
	if (accepted != (answer == PEER_ACCEPTS)) {
		digest_hex(&ours, text);
		fail_msg("we %s what jansson does not (%s): %s", accepted ? "accept" : "refuse", err.text,
		         buf_text(&ours));
	}
	if (!accepted)
		return;
	check_writer(j);
	if (repeats_a_key(j))
		return;
	describe(j, &ours);
	assert_str(buf_str(&ours), buf_str(&theirs));
	counts->compared++;
}

static void test_random_and_damaged(void **state_of_test UNUSED)
{
	SCOPED(buf) struct buf text = BUF_INIT(1 << 20);
	struct counts counts = { 0 };

	for (int i = 0; i < 100000; i++) {
		struct str copy;

		buf_clear(&text);
		make_value(&text, 1 + below(5));
		if (i % 4)
			damage(&text);
		copy = exact_copy(buf_str(&text));
		compare(copy, &counts);
		free((char *)copy.at);
	}
	print_message("# accepted %u, refused %u, compared %u, beyond jansson %u\n", counts.accepted, counts.refused,
	              counts.compared, counts.beyond);
	assert_true(counts.accepted > 20000 && counts.refused > 20000 && counts.compared > 20000 &&
	            counts.beyond > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_and_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

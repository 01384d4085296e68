/*
 * Reading answers. A page is parsed once as a whole; only when that fails is it cut by brackets and each element parsed by
 * itself, so that a malformed record costs the others nothing but time (R3).
 */
#include "connectors/answer.h"

#include <stdio.h>
#include <string.h>

#include "lib/limits.h"
#include "net/http_retry.h"

static const size_t words_kept = 2048;

bool answer_good(const struct http_answer *answer)
{
	return answer->status >= 200 && answer->status <= 299;
}

int answer_check_text(const struct http_answer *answer, struct err *err)
{
	struct str body = str_trim(answer->body);

	if (body.len == 0)
		return err_set(err, ERR_FAR_SIDE, "the other system answered with nothing (status %u)", answer->status);
	if (body.at[0] == '<')
		return err_set(err, ERR_FAR_SIDE,
		               "the other system answered with a web page instead of data (status %u): is the address "
		               "right, is there a "
		               "proxy or a sign-in page in between?",
		               answer->status);
	return 0;
}

int answer_json(const struct http_answer *answer, struct arena *arena, struct json **ret, struct err *err)
{
	struct err parse = ERR_INIT;

	if (answer_check_text(answer, err) < 0)
		return err->code;
	if (json_parse(arena, answer->body, ret, &parse) < 0)
		return err_set(err, ERR_FAR_SIDE, "the other system's answer is no JSON (status %u): %s",
		               answer->status, parse.text);
	return 0;
}

/* First row that holds the status. To add one: above the rows that would swallow it. */
static const struct {
	unsigned from, to;
	enum err_code code;
	const char *advice;
} refusals[] = {
	{ 401, 401, ERR_AUTH, "the credentials are missing, wrong or expired: connect again" },
	{ 403, 403, ERR_AUTH,
	  "not allowed, or blocked after unusual traffic: check what the key may do, then wait a while" },
	{ 404, 404, ERR_NOT_FOUND, "no such record or address" },
	{ 408, 408, ERR_TIMEOUT, "the other system gave up waiting" },
	{ 409, 409, ERR_CONFLICT, "the record is in a state that does not allow this" },
	{ 412, 412, ERR_CONFLICT, "the record has changed in the meantime" },
	{ 413, 414, ERR_MEMORY_LIMIT, "the request is larger than the other system takes" },
	{ 420, 420, ERR_RATE, "too many requests" },
	{ 428, 428, ERR_AUTH, "this key is not meant for this address: use the key of the practice" },
	{ 429, 429, ERR_RATE, "too many requests" },
	{ 431, 431, ERR_MEMORY_LIMIT, "the request is larger than the other system takes" },
	{ 300, 399, ERR_FAR_SIDE, "moved elsewhere: is the address right?" },
	{ 400, 499, ERR_REFUSED, "the other system refused the request" },
	{ 500, 599, ERR_FAR_SIDE, "the other system failed" },
};

enum err_code answer_code(unsigned status, const char **ret_advice)
{
	*ret_advice = "an answer that HTTP does not know";
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		if (status < refusals[i].from || status > refusals[i].to)
			continue;
		*ret_advice = refusals[i].advice;
		return refusals[i].code;
	}
	return ERR_FAR_SIDE;
}

int answer_refusal(const struct http_answer *answer, const char *what, struct err *err)
{
	const char *advice;
	enum err_code code = answer_code(answer->status, &advice);

	return err_set(err, code, "%s: status %u, %s", what, answer->status, advice);
}

/* 0: no date, and none that can be. */
static int64_t date_ms(struct str text)
{
	int64_t seconds = http_date(text);

	return seconds > 0 ? seconds * 1000 : 0;
}

int64_t answer_server_ms(const struct http_answer *answer)
{
	return date_ms(str_trim(http_header_of(answer, "Date")));
}

int64_t answer_retry_after_ms(const struct http_answer *answer)
{
	struct str text = str_trim(http_header_of(answer, "Retry-After"));
	int64_t seconds, at = date_ms(text), now = answer_server_ms(answer);

	if (str_to_i64(text, &seconds))
		return seconds < 0 ? 0 : MIN_OF(seconds, (int64_t)LIMIT_RETRY_RECORD_S) * 1000;
	return at > now && now > 0 ? MIN_OF(at - now, (int64_t)LIMIT_RETRY_RECORD_S * 1000) : 0;
}

struct str answer_cut(struct str text)
{
	size_t len = MIN_OF(text.len, words_kept);

	while (len < text.len && len > 0 && ((unsigned char)text.at[len] & 0xC0) == 0x80)
		len--; /* never through the middle of a character */
	return str_range(text.at, len);
}

/* The string that begins at text.at[from], a quote; *ret_after is the place behind its closing quote. */
static bool quoted(struct str text, size_t from, struct str *ret, size_t *ret_after)
{
	for (size_t i = from + 1; i < text.len; i++) {
		if (text.at[i] == '\\')
			i++;
		else if (text.at[i] == '"') {
			*ret = str_range(text.at + from + 1, i - from - 1);
			*ret_after = i + 1;
			return true;
		}
	}
	return false;
}

static struct str string_after_colon(struct str rest)
{
	struct str value = STR_EMPTY;
	size_t after;

	rest = str_trim(rest);
	if (rest.len == 0 || rest.at[0] != ':')
		return STR_EMPTY;
	rest = str_trim(str_skip(rest, 1));
	if (rest.len == 0 || rest.at[0] != '"' || !quoted(rest, 0, &value, &after) || str_find_char(value, '\\') >= 0)
		return STR_EMPTY;
	return value;
}

struct str answer_salvage(struct str broken_object, struct str member)
{
	int depth = 0;

	for (size_t i = 0; i < broken_object.len;) {
		char c = broken_object.at[i];
		struct str text;

		if (c == '"') {
			if (!quoted(broken_object, i, &text, &i))
				return STR_EMPTY;
			if (depth == 1 && str_eq(text, member) && string_after_colon(str_skip(broken_object, i)).len)
				return string_after_colon(str_skip(broken_object, i));
			continue;
		}
		depth += (c == '{' || c == '[') - (c == '}' || c == ']');
		i++;
	}
	return STR_EMPTY;
}

struct json *answer_walk(const struct json *j, struct str dotted)
{
	struct json *at = (struct json *)j;
	struct str rest = dotted, step;
	int64_t index;

	while (at && str_split(&rest, '.', &step)) {
		if (at->kind == JSON_ARRAY)
			at = str_to_i64(step, &index) && index >= 0 ? json_at(at, (size_t)index) : NULL;
		else
			at = json_get_str(at, step);
	}
	return at;
}

struct str answer_walk_text(const struct json *j, struct str dotted)
{
	const struct json *at = answer_walk(j, dotted);

	if (at && (at->kind == JSON_TRUE || at->kind == JSON_FALSE))
		return at->kind == JSON_TRUE ? STR("true") : STR("false");
	return json_text(at);
}

static void rows_of_tree(struct arena *arena, const struct json *array, struct row **ret, size_t *ret_count)
{
	struct row *rows = arena_new_array(arena, struct row, array->count + 1);
	size_t n = 0;

	JSON_EACH (array, item) {
		rows[n].bytes = item->raw;
		rows[n].json = item;
		n++;
	}
	*ret = rows;
	*ret_count = n;
}

static void row_parse(struct arena *arena, struct str bytes, struct row *ret)
{
	struct err err = ERR_INIT;

	ret->bytes = bytes;
	if (json_parse(arena, bytes, &ret->json, &err) == 0)
		return;
	ret->json = NULL;
	ret->fault = arena_text(arena, str_of(err.text));
}

/* What stands before the first element and after the last: the page with an empty array. */
static struct json *envelope_around(struct arena *arena, struct str text, struct str first, struct str last)
{
	size_t before = (size_t)(first.at - text.at);
	size_t after = (size_t)(last.at + last.len - text.at);
	struct str around =
	        arena_printf(arena, "%.*s%.*s", (int)before, text.at, (int)(text.len - after), text.at + after);
	struct json *tree = NULL;
	struct err ignored = ERR_INIT;

	return json_parse(arena, around, &tree, &ignored) == 0 ? tree : NULL;
}

/* `err` already says why the page as a whole is not well-formed; it stays where cutting does not help. */
static int rows_of_broken(struct arena *arena, struct str text, struct str member, struct row **ret, size_t *ret_count,
                          struct json **ret_envelope, struct err *err)
{
	struct str *items = NULL;
	size_t count = 0;
	struct err cut = ERR_INIT;
	int failed = member.len ? json_split_member_array(arena, text, arena_text(arena, member), &items, &count, &cut)
	                        : json_split_array(arena, text, &items, &count, &cut);
	struct row *rows;

	if (failed < 0 || count == 0)
		return err->code;
	*ret_envelope = envelope_around(arena, text, items[0], items[count - 1]);
	if (!*ret_envelope)
		return err->code; /* cut short, or broken outside its records: nothing of it can be trusted */
	rows = arena_new_array(arena, struct row, count);
	for (size_t i = 0; i < count; i++)
		row_parse(arena, items[i], &rows[i]);
	*ret = rows;
	*ret_count = count;
	return 0;
}

int answer_rows(struct arena *arena, struct str text, struct str member, struct row **ret, size_t *ret_count,
                struct json **ret_envelope, struct err *err)
{
	struct err parse = ERR_INIT;
	struct json *page = NULL;
	const struct json *array;

	if (json_parse(arena, text, &page, &parse) < 0) {
		struct err whole = ERR_INIT;

		err_set(&whole, ERR_FAR_SIDE, "the page is no JSON: %s", parse.text);
		if (rows_of_broken(arena, text, member, ret, ret_count, ret_envelope, &whole) < 0)
			return err_set(err, whole.code, "%s", whole.text);
		return 0;
	}
	array = answer_walk(page, member);
	if (!array || array->kind != JSON_ARRAY)
		return err_set(err, ERR_FAR_SIDE, "the page has no list of records%s%.*s%s", member.len ? " at '" : "",
		               STR_ARG(member), member.len ? "'" : "");
	rows_of_tree(arena, array, ret, ret_count);
	*ret_envelope = page;
	return 0;
}

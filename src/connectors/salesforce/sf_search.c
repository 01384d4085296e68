/*
 * Search for a person who types: POST parameterizedSearch. A POST, because a name in an address would stand in logs on the way
 * (R41); parameters instead of SOSL, because what was typed is then a JSON string and can be nothing else. Within that
 * string the search language still has signs of its own: each is escaped, and each word gets "*" behind it, so that parts
 * of names are found. The org's index lags behind its records: what is found is for people to choose from, never for links.
 */
#include "connectors/salesforce/sf.h"

#include "codec/fold.h"
#include "connectors/answer.h"
#include "lib/limits.h"

#include <string.h>

enum { usual_rows = 20, most_rows = 2000, longest_text = 200 };

struct sf_search {
	struct sf_call base; /* first */
	struct err refused;
	struct str object;
	size_t words; /* 0: nothing that could be searched for, nothing is sent */
	struct buf body;
};

/* "Two-character minimum" of a search, so of each word: a single letter would fail or match everybody. */
static bool add_word(struct buf *out, struct str word, bool first)
{
	static const char signs[] = "?&|!{}[]()^~*:\\\"'+-";

	if (fold_length(word) < 2)
		return false;
	if (!first)
		buf_add_char(out, ' ');
	for (size_t i = 0; i < word.len; i++) {
		if (word.at[i] && strchr(signs, word.at[i]))
			buf_add_char(out, '\\');
		buf_add_char(out, word.at[i]);
	}
	buf_add_char(out, '*');
	return true;
}

static struct str terms(struct sf_search *search, struct str text)
{
	SCOPED(buf) struct buf out = BUF_INIT((size_t)longest_text * 3);
	struct arena *arena = &search->base.arena;
	struct str rest = fold_spaces(arena, text), word;

	while (out.len < longest_text && str_split(&rest, ' ', &word))
		search->words += add_word(&out, word, search->words == 0);
	return arena_str(arena, buf_str(&out));
}

static int add_fields(struct buf *body, const struct search_request *request, struct err *err)
{
	buf_add_c(body, ",\"fields\":[\"Id\",\"SystemModstamp\",\"LastModifiedById\"");
	for (size_t i = 0; i < request->field_count; i++) {
		if (!sf_name_valid(request->fields[i]))
			return err_set(err, ERR_CONFIG, "'%.*s' is no Salesforce field name",
			               STR_ARG(request->fields[i]));
		buf_add_char(body, ',');
		json_write_string(body, request->fields[i]);
	}
	buf_add_char(body, ']');
	return 0;
}

static int search_body(struct sf_search *search, const struct search_request *request, struct err *err)
{
	struct buf *body = &search->body;
	size_t limit = MIN_OF(request->limit ? request->limit : (size_t)usual_rows, (size_t)most_rows);

	if (!sf_name_valid(request->object))
		return err_set(err, ERR_CONFIG, "'%.*s' is no Salesforce object name", STR_ARG(request->object));
	buf_add_c(body, "{\"q\":");
	json_write_string(body, terms(search, request->text));
	buf_add_c(body, ",\"in\":\"ALL\"");
	if (add_fields(body, request, err) < 0)
		return err->code;
	buf_printf(body, ",\"sobjects\":[{\"name\":\"%.*s\",\"limit\":%zu}],\"overallLimit\":%zu}",
	           STR_ARG(request->object), limit, limit);
	return 0;
}

static void release_body(void *context)
{
	struct buf *body = context;

	buf_release(body);
}

struct call *sf_search_start(struct connection *c, const struct search_request *request)
{
	struct sf *sf = sf_of(c);
	struct sf_search *search = (struct sf_search *)sf_call_new(sf, sizeof(*search), HTTP_URGENT);
	struct arena *arena = &search->base.arena;
	struct http_request *http = &search->base.request;

	buf_init(&search->body, LIMIT_HTTP_BODY);
	arena_on_release(arena, release_body, &search->body);
	search->object = arena_str(arena, request->object);
	if (search_body(search, request, &search->refused) < 0 || search->words == 0)
		return &search->base.call;
	sf_call_header(&search->base, STR("Content-Type"), STR("application/json"));
	http->method = "POST";
	http->use = HTTP_USE_SEARCH;
	http->idempotent = true; /* a read */
	http->url = arena_printf(arena, "%.*s/parameterizedSearch", STR_ARG(sf->data));
	http->body = buf_str(&search->body);
	sf_call_send(&search->base);
	return &search->base.call;
}

static int search_page(struct sf_search *search, struct arena *arena, struct page *ret, struct err *err)
{
	struct page page = { .last = true, .total = -1 };
	struct http_answer answer;
	struct json *envelope;
	struct row *rows;

	*ret = page;
	if (search->refused.code)
		return err_set(err, search->refused.code, "%s", search->refused.text);
	if (search->words == 0)
		return 0;
	if (sf_call_wait(&search->base, arena, &answer, err) < 0)
		return err_wrap(err, "search %.*s", STR_ARG(search->object));
	if (!answer_good(&answer))
		return sf_refusal(&answer, arena, "search", err);
	if (answer_check_text(&answer, err) < 0 ||
	    answer_rows(arena, answer.body, STR("searchRecords"), &rows, &page.count, &envelope, err) < 0)
		return err_wrap(err, "search %.*s", STR_ARG(search->object));
	page.records = arena_new_array(arena, struct record, page.count + 1);
	for (size_t i = 0; i < page.count; i++)
		sf_record_of_row(arena, &rows[i], &page.records[i]);
	page.server_ms = answer_server_ms(&answer);
	*ret = page;
	return 0;
}

int sf_search_finish(struct call **call, struct arena *arena, struct page *ret, struct err *err)
{
	struct sf_search *search = (struct sf_search *)*call;
	struct sf_call *base = &search->base;
	int code = search_page(search, arena, ret, err);

	sf_call_free(&base);
	*call = NULL;
	return code;
}

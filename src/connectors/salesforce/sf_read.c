/*
 * Reading an org.
 *
 * list: SOQL ordered by (SystemModstamp, Id). The server's own page mark (nextRecordsUrl) lives two days; beside it we keep the
 * stamp and id of the last row, so that a run which is resumed later goes on behind that row with a new query. The cursor is
 * "stamp id url", with "-" for what is unknown. Pages of fewer than 200 rows are asked for with LIMIT, since the server's pages
 * are never smaller.
 *
 * fetch: POST /composite/sobjects/X, up to 2,000 ids, answered "in request order, null for an inaccessible/unknown id".
 */
#include "connectors/salesforce/sf.h"

#include "codec/url.h"
#include "connectors/answer.h"
#include "lib/clock.h"
#include "lib/limits.h"

#include <string.h>

enum { smallest_page = 200, largest_page = 2000 };

struct sf_list {
	struct sf_call base;   /* first */
	struct err refused;    /* the request could not be made; told by finish */
	struct sf_query query; /* copies */
	struct str locator;    /* server's page mark in use; empty: a query */
	bool live_only;
	bool first; /* nothing was read before this page: totalSize is the whole */
};

struct sf_fetch {
	struct sf_call base; /* first */
	struct err refused;
	struct str *ids; /* 18 characters; empty: no id at all, never sent */
	size_t count, sent;
	struct buf body;
};

const struct str *sf_copy_texts(struct arena *arena, const struct str *texts, size_t count)
{
	struct str *copy = arena_new_array(arena, struct str, count + 1);

	for (size_t i = 0; i < count; i++)
		copy[i] = arena_str(arena, texts[i]);
	return copy;
}

/* ---- records ---- */

void sf_record_of_row(struct arena *arena, const struct row *row, struct record *ret)
{
	const struct json *j = row->json;

	*ret = (struct record) { .bytes = row->bytes, .fault = row->fault };
	if (row->fault)
		return;
	ret->id = sf_id18(arena, json_get_text(j, "Id"));
	if (ret->id.len == 0) {
		ret->fault = "the row has no id";
		return;
	}
	ret->json = row->json;
	ret->version = json_get_text(j, "SystemModstamp");
	ret->modified_by = sf_id18(arena, json_get_text(j, "LastModifiedById"));
	ret->merged_into = sf_id18(arena, json_get_text(j, "MasterRecordId"));
	ret->deleted = json_bool(json_get(j, "IsDeleted"), false);
	if (!clock_parse(ret->version, &ret->modified_ms))
		ret->modified_ms = 0;
}

/* ---- list ---- */

static const struct list_equals *copy_equals(struct arena *arena, const struct list_equals *equals, size_t count)
{
	struct list_equals *copy = arena_new_array(arena, struct list_equals, count + 1);

	for (size_t i = 0; i < count; i++)
		copy[i] = (struct list_equals) { arena_str(arena, equals[i].field), arena_str(arena, equals[i].value) };
	return copy;
}

static struct str mark(struct str *rest)
{
	struct str part = STR_EMPTY;

	str_split(rest, ' ', &part);
	return str_eq_c(part, "-") ? STR_EMPTY : part;
}

static void read_cursor(struct sf_list *list, struct str cursor)
{
	struct str rest = arena_str(&list->base.arena, cursor);

	list->first = cursor.len == 0;
	list->query.after_stamp = mark(&rest);
	list->query.after_id = mark(&rest);
	list->locator = mark(&rest);
}

static struct str write_cursor(struct arena *arena, struct str stamp, struct str id, struct str locator)
{
	struct str none = STR("-");

	if (stamp.len == 0 || id.len == 0)
		stamp = id = none;
	return arena_printf(arena, "%.*s %.*s %.*s", STR_ARG(stamp), STR_ARG(id),
	                    STR_ARG(locator.len ? locator : none));
}

static int query_url(struct sf_list *list, struct err *err)
{
	struct sf *sf = sf_of(list->base.call.connection);
	SCOPED(buf) struct buf soql = BUF_INIT(LIMIT_SOQL_URL);
	SCOPED(buf) struct buf url = BUF_INIT(LIMIT_SOQL_URL);

	if (sf_soql(&soql, &list->query, err) < 0)
		return err->code;
	/* "queryAll also returns deleted/archived rows" */
	buf_printf(&url, "%.*s/%s", STR_ARG(sf->data), list->live_only ? "query" : "queryAll");
	url_add_query(&url, "q", buf_str(&soql));
	if (!buf_ok(&soql) || !buf_ok(&url))
		return err_set(
		        err, ERR_CONFIG,
		        "list %.*s: the query is too long for Salesforce: map fewer fields or shorten the filter",
		        STR_ARG(list->query.object));
	list->base.request.url = arena_str(&list->base.arena, buf_str(&url));
	return 0;
}

static int list_url(struct sf_list *list, struct err *err)
{
	list->base.request.method = "GET";
	list->base.request.idempotent = true;
	if (list->locator.len == 0)
		return query_url(list, err);
	if (!str_starts(list->locator, STR("/services/data/")))
		return err_set(err, ERR_DATA, "list %.*s: the page mark is none of ours", STR_ARG(list->query.object));
	list->base.request.url = list->locator;
	return 0;
}

static void page_size(struct sf_list *list, size_t wanted)
{
	struct arena *arena = &list->base.arena;

	if (wanted == 0)
		return;
	if (wanted < smallest_page)
		list->query.limit = wanted;
	else
		sf_call_header(&list->base, STR("Sforce-Query-Options"),
		               arena_printf(arena, "batchSize=%zu", MIN_OF(wanted, (size_t)largest_page)));
}

struct call *sf_list_start(struct connection *c, const struct list_request *request)
{
	struct sf_list *list = (struct sf_list *)sf_call_new(sf_of(c), sizeof(*list), request->priority);
	struct arena *arena = &list->base.arena;

	list->query = (struct sf_query) { .object = arena_str(arena, request->object),
		                          .where = arena_str(arena, request->where),
		                          .fields = sf_copy_texts(arena, request->fields, request->field_count),
		                          .field_count = request->field_count,
		                          .equals = copy_equals(arena, request->equals, request->equal_count),
		                          .equal_count = request->equal_count,
		                          .ids = sf_copy_texts(arena, request->ids, request->id_count),
		                          .id_count = request->id_count };
	list->live_only = request->live_only;
	page_size(list, request->page_size);
	read_cursor(list, request->cursor);
	if (list_url(list, &list->refused) == 0)
		sf_call_send(&list->base);
	return &list->base.call;
}

static bool locator_died(const struct http_answer *answer, struct arena *arena)
{
	struct str message;

	return answer->status == 400 && str_eq_c(sf_body_code(answer, arena, &message), "INVALID_QUERY_LOCATOR");
}

/* The server's page mark has died: the same place once more, as a query behind the last row. */
static int list_again(struct sf_list *list, struct arena *arena, struct http_answer *ret, struct err *err)
{
	if (list->query.after_id.len == 0)
		return err_set(err, ERR_FAR_SIDE, "list %.*s: the server's page mark has expired; start the list again",
		               STR_ARG(list->query.object));
	list->locator = STR_EMPTY;
	if (list_url(list, err) < 0)
		return err->code;
	sf_call_send(&list->base);
	return sf_call_wait(&list->base, arena, ret, err);
}

static int list_answer(struct sf_list *list, struct arena *arena, struct http_answer *ret, struct err *err)
{
	if (list->refused.code)
		return err_set(err, list->refused.code, "%s", list->refused.text);
	if (sf_call_wait(&list->base, arena, ret, err) < 0)
		return err_wrap(err, "list %.*s", STR_ARG(list->query.object));
	if (list->locator.len && locator_died(ret, arena) && list_again(list, arena, ret, err) < 0)
		return err->code;
	if (!answer_good(ret)) {
		struct str what = arena_printf(arena, "list %.*s", STR_ARG(list->query.object));

		return sf_refusal(ret, arena, what.at, err);
	}
	return answer_check_text(ret, err);
}

static void page_cursor(struct sf_list *list, struct arena *arena, const struct json *envelope, struct page *page)
{
	struct str stamp = list->query.after_stamp, id = list->query.after_id;
	struct str locator = json_get_text(envelope, "nextRecordsUrl");

	for (size_t i = 0; i < page->count; i++) {
		if (page->records[i].fault || page->records[i].version.len == 0)
			continue;
		stamp = page->records[i].version;
		id = page->records[i].id;
	}
	page->last = json_bool(json_get(envelope, "done"), true);
	if (list->query.limit)
		page->last = page->count < list->query.limit;
	/* Neither a page mark nor a row to go on from: an endless loop otherwise. */
	if (!page->last && locator.len == 0 && str_eq(id, list->query.after_id))
		page->last = true;
	if (!page->last)
		page->next_cursor = write_cursor(arena, stamp, id, locator);
}

static int list_page(struct sf_list *list, struct arena *arena, struct page *ret, struct err *err)
{
	struct http_answer answer;
	struct row *rows;
	struct json *envelope;
	struct page page = { .total = -1 };

	if (list_answer(list, arena, &answer, err) < 0)
		return err->code;
	if (answer_rows(arena, answer.body, STR("records"), &rows, &page.count, &envelope, err) < 0)
		return err_wrap(err, "list %.*s", STR_ARG(list->query.object));
	page.records = arena_new_array(arena, struct record, page.count + 1);
	for (size_t i = 0; i < page.count; i++)
		sf_record_of_row(arena, &rows[i], &page.records[i]);
	page.server_ms = answer_server_ms(&answer);
	if (!list->query.limit && (list->first || list->locator.len))
		page.total = json_int(json_get(envelope, "totalSize"), -1);
	page_cursor(list, arena, envelope, &page);
	*ret = page;
	return 0;
}

int sf_list_finish(struct call **call, struct arena *arena, struct page *ret, struct err *err)
{
	struct sf_list *list = (struct sf_list *)*call;
	struct sf_call *base = &list->base;
	int code = list_page(list, arena, ret, err);

	sf_call_free(&base);
	*call = NULL;
	return code;
}

/* ---- fetch ---- */

static void fetch_body(struct sf_fetch *fetch, const struct fetch_request *request)
{
	struct buf *body = &fetch->body;

	buf_add_c(body, "{\"ids\":[");
	for (size_t i = 0; i < fetch->count; i++) {
		if (fetch->ids[i].len == 0)
			continue;
		if (fetch->sent++)
			buf_add_char(body, ',');
		json_write_string(body, fetch->ids[i]);
	}
	buf_add_c(body, "],\"fields\":[");
	sf_field_list(body, request->object, request->fields, request->field_count, true, &fetch->refused);
	buf_add_c(body, "]}");
}

static void release_body(void *context)
{
	struct buf *body = context;

	buf_release(body);
}

struct call *sf_fetch_start(struct connection *c, const struct fetch_request *request)
{
	struct sf *sf = sf_of(c);
	struct sf_fetch *fetch = (struct sf_fetch *)sf_call_new(sf, sizeof(*fetch), request->priority);
	struct arena *arena = &fetch->base.arena;

	ensure(request->id_count <= largest_page);
	buf_init(&fetch->body, LIMIT_HTTP_BODY);
	arena_on_release(arena, release_body, &fetch->body);
	fetch->count = request->id_count;
	fetch->ids = arena_new_array(arena, struct str, fetch->count + 1);
	for (size_t i = 0; i < fetch->count; i++)
		fetch->ids[i] = sf_id18(arena, request->ids[i]);
	fetch_body(fetch, request);
	if (!sf_name_valid(request->object))
		err_set(&fetch->refused, ERR_CONFIG, "'%.*s' is no Salesforce object name", STR_ARG(request->object));
	sf_call_header(&fetch->base, STR("Content-Type"), STR("application/json"));
	fetch->base.request.method = "POST";
	fetch->base.request.use = HTTP_USE_READ;
	fetch->base.request.idempotent = true; /* a read */
	fetch->base.request.url =
	        arena_printf(arena, "%.*s/composite/sobjects/%.*s", STR_ARG(sf->data), STR_ARG(request->object));
	fetch->base.request.body = buf_str(&fetch->body);
	if (fetch->refused.code == 0 && fetch->sent)
		sf_call_send(&fetch->base);
	return &fetch->base.call;
}

static void fetched_record(struct arena *arena, const struct row *row, struct str wanted, struct record *ret)
{
	if (!row->fault && json_is_null(row->json)) {
		*ret = (struct record) { .id = arena_str(arena, wanted), .fault = "not there" };
		return;
	}
	sf_record_of_row(arena, row, ret);
	if (!ret->fault && !sf_id_same(ret->id, wanted)) {
		ret->json = NULL;
		ret->fault = "the answer holds another record in its place";
	}
	if (ret->id.len == 0)
		ret->id = arena_str(arena, wanted);
}

static int fetch_rows(struct sf_fetch *fetch, struct arena *arena, struct row **ret, struct page *page, struct err *err)
{
	struct http_answer answer;
	struct json *envelope;
	size_t count = 0;

	*ret = NULL;
	if (fetch->sent == 0)
		return 0;
	if (sf_call_wait(&fetch->base, arena, &answer, err) < 0)
		return err_wrap(err, "fetch records");
	if (!answer_good(&answer))
		return sf_refusal(&answer, arena, "fetch records", err);
	if (answer_check_text(&answer, err) < 0 ||
	    answer_rows(arena, answer.body, STR_EMPTY, ret, &count, &envelope, err) < 0)
		return err_wrap(err, "fetch records");
	if (count != fetch->sent)
		return err_set(err, ERR_FAR_SIDE, "fetch records: %zu wanted, %zu came", fetch->sent, count);
	page->server_ms = answer_server_ms(&answer);
	return 0;
}

static int fetch_page(struct sf_fetch *fetch, struct arena *arena, struct page *ret, struct err *err)
{
	struct page page = { .last = true, .count = fetch->count, .total = (int64_t)fetch->count };
	struct row *rows;
	size_t n = 0;

	if (fetch->refused.code)
		return err_set(err, fetch->refused.code, "%s", fetch->refused.text);
	if (fetch_rows(fetch, arena, &rows, &page, err) < 0)
		return err->code;
	page.records = arena_new_array(arena, struct record, fetch->count + 1);
	for (size_t i = 0; i < fetch->count; i++) {
		if (fetch->ids[i].len)
			fetched_record(arena, &rows[n++], fetch->ids[i], &page.records[i]);
		else
			page.records[i].fault = "not there";
	}
	*ret = page;
	return 0;
}

int sf_fetch_finish(struct call **call, struct arena *arena, struct page *ret, struct err *err)
{
	struct sf_fetch *fetch = (struct sf_fetch *)*call;
	struct sf_call *base = &fetch->base;
	int code = fetch_page(fetch, arena, ret, err);

	sf_call_free(&base);
	*call = NULL;
	return code;
}

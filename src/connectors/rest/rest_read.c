/*
 * list: one page, and where its rows are summaries one GET for each of them, all under way together (the client keeps the
 * window). fetch: one GET for each id. A record that is not there is a fault of its own; a refusal fails the call.
 */
#include "connectors/rest/rest_read.h"

#include "codec/url.h"
#include "lib/limits.h"

#include <string.h>

void rest_read_free(struct rest_read **read)
{
	struct arena arena = (*read)->arena;

	if ((*read)->page)
		http_cancel(&(*read)->page);
	for (size_t i = 0; i < (*read)->count; i++)
		if ((*read)->singles[i])
			http_cancel(&(*read)->singles[i]);
	*read = NULL;
	arena_release(&arena);
}

static void read_cancel(struct call *call)
{
	struct rest_read *read = (struct rest_read *)call;

	rest_read_free(&read);
}

struct rest_read *rest_read_new(struct connection *c, struct str object, enum http_priority priority)
{
	struct arena arena = ARENA_INIT;
	struct rest_read *read = arena_new(&arena, struct rest_read);

	read->arena = arena;
	read->call = (struct call) { .connection = c, .cancel = read_cancel };
	read->priority = priority;
	read->object = descriptor_object(rest_of(c)->d, object);
	if (!read->object)
		err_set(&read->refused, ERR_CONFIG, "%s has no object '%.*s'", c->kind->title, STR_ARG(object));
	return read;
}

static struct http_future *start_single(struct rest_read *read, struct str url)
{
	const struct rest_request request = {
		.method = STR("GET"), .url = url, .priority = read->priority, .idempotent = true
	};

	return rest_send(rest_of(read->call.connection), &request);
}

void rest_read_singles_start(struct rest_read *read, const struct str *urls, size_t count)
{
	read->singles = arena_new_array(&read->arena, struct http_future *, count + 1);
	read->count = count;
	for (size_t i = 0; i < count; i++)
		if (urls[i].len)
			read->singles[i] = start_single(read, urls[i]);
}

/* Each id's record, by the object's own route. */
static void start_records(struct rest_read *read, size_t count)
{
	struct rest *rest = rest_of(read->call.connection);
	struct str *urls = arena_new_array(&read->arena, struct str, count + 1);

	for (size_t i = 0; i < count; i++)
		if (read->ids[i].len)
			urls[i] = rest_url(rest, &read->arena, read->object->get.path, read->ids[i]);
	rest_read_singles_start(read, urls, count);
}

static int finish_single(struct rest_read *read, size_t i, struct arena *arena, struct record *ret, struct err *err)
{
	struct http_answer answer = { 0 };

	if (http_wait(&read->singles[i], arena, &answer, err) < 0)
		return err_wrap(err, "read a record");
	return rest_record_of_answer(read->object, arena, &answer, ret, err);
}

/* ---- list ---- */

static bool can_equal(const struct list_section *list, struct str field)
{
	for (size_t i = 0; i < list->equals.count; i++)
		if (str_eq(list->equals.at[i], field))
			return true;
	return false;
}

static int check_equals(struct rest_read *read, const struct list_request *request, struct err *err)
{
	for (size_t i = 0; i < request->equal_count; i++)
		if (!can_equal(&read->object->list, request->equals[i].field))
			return err_set(err, ERR_UNSUPPORTED, "%s cannot look for records by '%.*s'",
			               read->call.connection->kind->title, STR_ARG(request->equals[i].field));
	if (request->id_count)
		return err_set(err, ERR_UNSUPPORTED, "%s cannot list records by their ids",
		               read->call.connection->kind->title);
	return 0;
}

/* "name=value&name=value", values as they are. */
static void add_where(struct rest_read *read, struct str where, struct buf *url)
{
	struct str rest = where, part, name;

	while (str_split(&rest, '&', &part)) {
		if (str_split(&part, '=', &name) && name.len)
			url_add_query(url, arena_text(&read->arena, name), part);
	}
}

static int page_url(struct rest_read *read, const struct rest_query *query, struct str *ret, struct err *err)
{
	struct rest *rest = rest_of(read->call.connection);
	SCOPED(buf) struct buf url = BUF_INIT(LIMIT_HTTP_HEADERS);

	if (rest_place_read(rest, &read->arena, query->cursor, query->page_size, &read->place, err) < 0)
		return err->code;
	*ret = read->place.cursor;
	if (rest->d->paging.style == PAGING_NEXT && read->place.cursor.len)
		return 0;
	buf_add(&url, rest_url(rest, &read->arena, query->path, STR_EMPTY));
	rest_add_pairs(rest, &url, query->always);
	rest_add_pairs(rest, &url, query->perhaps);
	rest_add_pairs(rest, &url, query->own);
	add_where(read, query->where, &url);
	for (size_t i = 0; i < query->equal_count; i++)
		url_add_query(&url, arena_text(&read->arena, query->equals[i].field), query->equals[i].value);
	rest_place_query(rest, &read->place, &url);
	if (!buf_ok(&url))
		return err_set(err, ERR_CONFIG, "the filter is too long");
	*ret = arena_str(&read->arena, buf_str(&url));
	return 0;
}

void rest_read_page_start(struct rest_read *read, const struct rest_query *query)
{
	struct str url;

	if (page_url(read, query, &url, &read->refused) == 0)
		read->page = start_single(read, url);
}

struct call *rest_list_start(struct connection *c, const struct list_request *request)
{
	struct rest_read *read = rest_read_new(c, request->object, request->priority);
	const struct object_section *listed = read->object;

	if (read->refused.code || check_equals(read, request, &read->refused) < 0)
		return &read->call;
	/* What hangs on other records: a page is a page of those. */
	if (listed->list.per.len)
		listed = descriptor_object(rest_of(c)->d, listed->list.per);
	rest_read_page_start(
	        read, &(struct rest_query) {
	                      .path = listed->list.path,
	                      .always = &listed->list.query,
	                      .perhaps = request->live_only ? &listed->list.only_live : &listed->list.with_archived,
	                      .where = request->where,
	                      .equals = request->equals,
	                      .equal_count = request->equal_count,
	                      .cursor = request->cursor,
	                      .page_size = request->page_size,
	              });
	return &read->call;
}

/* The rows of a page with summaries, replaced by the whole records. */
static int read_singles(struct rest_read *read, struct arena *arena, struct page *page, struct err *err)
{
	read->ids = arena_new_array(&read->arena, struct str, page->count + 1);
	for (size_t i = 0; i < page->count; i++)
		if (!page->records[i].fault)
			read->ids[i] = page->records[i].id;
	start_records(read, page->count);
	for (size_t i = 0; i < page->count; i++) {
		struct str id = read->ids[i];

		if (id.len == 0)
			continue;
		if (finish_single(read, i, arena, &page->records[i], err) < 0)
			return err->code;
		if (page->records[i].fault)
			page->records[i].id = id;
	}
	return 0;
}

static int64_t total_of(const struct rest *rest, const struct http_answer *answer, const struct json *envelope)
{
	const struct envelope_section *e = &rest->d->envelope;
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	int64_t total = -1;

	if (e->total_header.len)
		return str_to_i64(str_trim(http_header_of(answer, arena_text(&scratch, e->total_header))), &total) &&
		                       total >= 0
		               ? total
		               : -1;
	return e->total.len ? json_int(answer_walk(envelope, e->total), -1) : -1;
}

static int page_answer(struct rest_read *read, struct arena *arena, struct http_answer *ret, struct err *err)
{
	if (read->refused.code)
		return err_set(err, read->refused.code, "%s", read->refused.text);
	*ret = (struct http_answer) { 0 };
	if (http_wait(&read->page, arena, ret, err) < 0)
		return err->code;
	if (!answer_good(ret))
		return answer_refusal(ret, "the answer to the list", err);
	return answer_check_text(ret, err);
}

/* Of whom the rows are: of the parents where the object hangs on others. */
static const struct object_section *listed_object(const struct rest_read *read)
{
	return read->object->list.per.len ? descriptor_object(rest_of(read->call.connection)->d, read->object->list.per)
	                                  : read->object;
}

static void records_of_rows(struct rest_read *read, struct arena *arena, const struct row *rows, struct page *page)
{
	const struct object_section *object = listed_object(read);

	page->records = arena_new_array(arena, struct record, page->count + 1);
	for (size_t i = 0; i < page->count; i++) {
		if (rows[i].fault)
			page->records[i] = (struct record) { .bytes = rows[i].bytes,
				                             .id = answer_salvage(rows[i].bytes, object->record.id),
				                             .fault = rows[i].fault };
		else
			rest_record(object, rows[i].json, rows[i].bytes, &page->records[i]);
	}
}

int rest_read_rows(struct rest_read *read, struct arena *arena, struct page *ret, struct err *err)
{
	struct rest *rest = rest_of(read->call.connection);
	struct http_answer answer;
	struct page page = { .total = -1 };
	struct json *envelope;
	struct row *rows;

	if (page_answer(read, arena, &answer, err) < 0 ||
	    answer_rows(arena, answer.body, rest->d->envelope.rows, &rows, &page.count, &envelope, err) < 0)
		return err->code;
	records_of_rows(read, arena, rows, &page);
	page.server_ms = answer_server_ms(&answer);
	page.total = total_of(rest, &answer, envelope);
	if (rest_place_next(rest, arena, &read->place, envelope, &page, err) < 0)
		return err->code;
	*ret = page;
	return 0;
}

int rest_read_page(struct rest_read *read, struct arena *arena, struct page *ret, struct err *err)
{
	if (read->refused.code == 0 && read->object->list.per.len)
		return rest_children_page(read, arena, ret, err);
	if (rest_read_rows(read, arena, ret, err) < 0)
		return err->code;
	return read->object->list.short_rows ? read_singles(read, arena, ret, err) : 0;
}

int rest_list_finish(struct call **call, struct arena *arena, struct page *ret, struct err *err)
{
	struct rest_read *read = (struct rest_read *)*call;
	int code = rest_read_page(read, arena, ret, err);

	if (code < 0 && read->object)
		err_wrap(err, "list %.*s", STR_ARG(read->object->name));
	rest_read_free(&read);
	*call = NULL;
	return code;
}

/* ---- fetch ---- */

struct call *rest_fetch_start(struct connection *c, const struct fetch_request *request)
{
	struct rest_read *read = rest_read_new(c, request->object, request->priority);

	if (read->refused.code == 0 && read->object->get.line == 0)
		err_set(&read->refused, ERR_UNSUPPORTED, "%s cannot read a single %.*s", c->kind->title,
		        STR_ARG(request->object));
	if (read->refused.code)
		return &read->call;
	read->ids = arena_new_array(&read->arena, struct str, request->id_count + 1);
	for (size_t i = 0; i < request->id_count; i++)
		read->ids[i] = arena_str(&read->arena, request->ids[i]);
	start_records(read, request->id_count);
	return &read->call;
}

static int fetch_page(struct rest_read *read, struct arena *arena, struct page *ret, struct err *err)
{
	struct page page = { .last = true, .count = read->count, .total = (int64_t)read->count };

	if (read->refused.code)
		return err_set(err, read->refused.code, "%s", read->refused.text);
	page.records = arena_new_array(arena, struct record, page.count + 1);
	for (size_t i = 0; i < page.count; i++) {
		struct record *record = &page.records[i];

		record->fault = "not there";
		if (read->singles[i] && finish_single(read, i, arena, record, err) < 0)
			return err->code;
		if (record->fault && record->id.len == 0)
			record->id = arena_str(arena, read->ids[i]);
	}
	*ret = page;
	return 0;
}

int rest_fetch_finish(struct call **call, struct arena *arena, struct page *ret, struct err *err)
{
	struct rest_read *read = (struct rest_read *)*call;
	int code = fetch_page(read, arena, ret, err);

	rest_read_free(&read);
	*call = NULL;
	return code;
}

/*
 * Lists that hang on other records: insurances of each patient. A page is a page of parents; the lists of all of them are under way
 * together, and their rows stand behind each other. A row that does not carry its parent's id is given it as its first member: without
 * it nobody could tell whose it is. All other bytes stay as they came.
 */
#include "connectors/rest/rest_read.h"

#include "codec/url.h"
#include "lib/limits.h"

#include <inttypes.h>

struct children {
	struct rest_read *read;
	struct arena *arena; /* of the page */
	struct record *records;
	size_t count, room;
};

static struct record *child_new(struct children *all)
{
	if (all->count == all->room) {
		struct record *more;

		all->room = all->room * 2 + 64;
		more = arena_new_array(all->arena, struct record, all->room);
		for (size_t i = 0; i < all->count; i++)
			more[i] = all->records[i];
		all->records = more;
	}
	return &all->records[all->count++];
}

/* {"PatientId":"7", ...the row as it came */
static struct str with_parent(struct arena *arena, struct str row, struct str member, struct str parent, bool empty)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_PAYLOAD);

	buf_add_char(&text, '{');
	json_write_string(&text, member);
	buf_add_char(&text, ':');
	json_write_string(&text, parent);
	if (!empty)
		buf_add_char(&text, ',');
	buf_add(&text, str_skip(row, 1));
	return buf_ok(&text) ? arena_str(arena, buf_str(&text)) : row;
}

static void add_row(struct children *all, struct str parent, const struct row *row)
{
	const struct object_section *object = all->read->object;
	struct record *record = child_new(all);
	struct str bytes = row->bytes;
	struct err ignored = ERR_INIT;
	struct json *json = row->json;

	if (row->fault) {
		*record = (struct record) { .bytes = bytes,
			                    .id = answer_salvage(bytes, object->record.id),
			                    .fault = row->fault };
		return;
	}
	if (json->kind == JSON_OBJECT && answer_walk_text(json, object->list.parent).len == 0) {
		bytes = with_parent(all->arena, bytes, object->list.parent, parent, json->count == 0);
		if (json_parse(all->arena, bytes, &json, &ignored) < 0)
			json = row->json;
	}
	rest_record(object, json, bytes, record);
}

/* A page of one parent's list; where the next one is, stands in `ret`. */
static int add_answer(struct children *all, struct http_future **future, struct str parent,
                      const struct rest_place *place, struct page *ret, struct err *err)
{
	const struct rest *rest = rest_of(all->read->call.connection);
	struct http_answer answer = { 0 };
	struct json *around;
	struct row *rows;

	*ret = (struct page) { .last = true, .total = -1 };
	if (http_wait(future, all->arena, &answer, err) < 0)
		return err->code;
	if (answer.status == 404 || answer.status == 410) /* the parent went away meanwhile */
		return 0;
	if (!answer_good(&answer))
		return answer_refusal(&answer, "the answer to the list", err);
	if (answer_check_text(&answer, err) < 0 ||
	    answer_rows(all->arena, answer.body, rest->d->envelope.rows, &rows, &ret->count, &around, err) < 0)
		return err->code;
	if (rest->d->envelope.total.len)
		ret->total = json_int(answer_walk(around, rest->d->envelope.total), -1);
	for (size_t i = 0; i < ret->count; i++)
		add_row(all, parent, &rows[i]);
	return rest_place_next(rest, all->arena, place, around, ret, err);
}

static int child_place(struct rest_read *read, struct str cursor, struct rest_place *ret, struct err *err)
{
	struct rest *rest = rest_of(read->call.connection);

	return rest_place_read(rest, &read->arena, cursor, rest->d->paging.max, ret, err);
}

static struct str child_url(struct rest_read *read, struct str parent, const struct rest_place *place)
{
	struct rest *rest = rest_of(read->call.connection);
	SCOPED(buf) struct buf url = BUF_INIT(LIMIT_HTTP_HEADERS);

	if (rest->d->paging.style == PAGING_NEXT && place->cursor.len)
		return place->cursor;
	buf_add(&url, rest_url(rest, &read->arena, read->object->list.path, parent));
	rest_add_pairs(rest, &url, &read->object->list.query);
	rest_place_query(rest, place, &url);
	return arena_str(&read->arena, buf_str(&url));
}

/* One parent's rows; further pages one after the other, since hardly anybody has so many. */
static int add_parent(struct children *all, size_t i, struct str parent, struct err *err)
{
	struct rest *rest = rest_of(all->read->call.connection);
	struct rest_place place;
	struct page page;

	if (child_place(all->read, STR_EMPTY, &place, err) < 0 ||
	    add_answer(all, &all->read->singles[i], parent, &place, &page, err) < 0)
		return err->code;
	while (!page.last) {
		struct http_future *future;

		if (child_place(all->read, page.next_cursor, &place, err) < 0)
			return err->code;
		future = rest_send(rest, &(struct rest_request) { .method = STR("GET"),
		                                                  .url = child_url(all->read, parent, &place),
		                                                  .priority = all->read->priority,
		                                                  .idempotent = true });
		if (add_answer(all, &future, parent, &place, &page, err) < 0)
			return err->code;
	}
	return 0;
}

int rest_children_page(struct rest_read *read, struct arena *arena, struct page *ret, struct err *err)
{
	struct children all = { .read = read, .arena = arena };
	struct rest_place first;
	struct page parents;
	struct str *urls;

	if (rest_read_rows(read, arena, &parents, err) < 0 || child_place(read, STR_EMPTY, &first, err) < 0)
		return err->code;
	urls = arena_new_array(&read->arena, struct str, parents.count + 1);
	for (size_t i = 0; i < parents.count; i++)
		if (parents.records[i].id.len)
			urls[i] = child_url(read, parents.records[i].id, &first);
	rest_read_singles_start(read, urls, parents.count);
	for (size_t i = 0; i < parents.count; i++)
		if (read->singles[i] && add_parent(&all, i, parents.records[i].id, err) < 0)
			return err->code;
	*ret = parents;
	ret->records = all.records;
	ret->count = all.count;
	ret->total = -1;
	return 0;
}

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

/* The list of one parent. `ret_total`: rows that the far side says it has; `ret_rows`: those of this answer. */
static int add_answer(struct children *all, struct http_future **future, struct str parent, size_t *ret_rows,
                      int64_t *ret_total, struct err *err)
{
	const struct envelope_section *envelope = &rest_of(all->read->call.connection)->d->envelope;
	struct http_answer answer = { 0 };
	struct json *around;
	struct row *rows;

	*ret_rows = 0;
	*ret_total = -1;
	if (http_wait(future, all->arena, &answer, err) < 0)
		return err->code;
	if (answer.status == 404 || answer.status == 410) /* the parent went away meanwhile */
		return 0;
	if (!answer_good(&answer))
		return answer_refusal(&answer, "the answer to the list", err);
	if (answer_check_text(&answer, err) < 0 ||
	    answer_rows(all->arena, answer.body, envelope->rows, &rows, ret_rows, &around, err) < 0)
		return err->code;
	if (envelope->total.len)
		*ret_total = json_int(answer_walk(around, envelope->total), -1);
	for (size_t i = 0; i < *ret_rows; i++)
		add_row(all, parent, &rows[i]);
	return 0;
}

static struct str child_url(struct rest_read *read, struct str parent, size_t offset)
{
	struct rest *rest = rest_of(read->call.connection);
	const struct rest_place place = { .offset = offset, .size = rest->d->paging.max };
	SCOPED(buf) struct buf url = BUF_INIT(LIMIT_HTTP_HEADERS);

	buf_add(&url, rest_url(rest, &read->arena, read->object->list.path, parent));
	rest_add_pairs(rest, &url, &read->object->list.query);
	rest_place_query(rest, &place, &url);
	return arena_str(&read->arena, buf_str(&url));
}

/* One parent's rows; further pages one after the other, since hardly anybody has so many. */
static int add_parent(struct children *all, size_t i, struct str parent, struct err *err)
{
	struct rest *rest = rest_of(all->read->call.connection);
	size_t rows, seen;
	int64_t total;

	if (add_answer(all, &all->read->singles[i], parent, &rows, &total, err) < 0)
		return err->code;
	seen = rows;
	while (rows && total > (int64_t)seen && rest_pages_independent(rest->d)) {
		if (rest->d->paging.style == PAGING_INDEX && seen % rest->d->paging.max)
			return err_set(err, ERR_FAR_SIDE,
			               "the other system gave %zu rows of %zu asked for, though more are left", rows,
			               rest->d->paging.max);
		const struct rest_request request = { .method = STR("GET"),
			                              .url = child_url(all->read, parent, seen),
			                              .priority = all->read->priority,
			                              .idempotent = true };
		struct http_future *future = rest_send(rest, &request);

		if (add_answer(all, &future, parent, &rows, &total, err) < 0)
			return err->code;
		seen += rows;
	}
	return 0;
}

int rest_children_page(struct rest_read *read, struct arena *arena, struct page *ret, struct err *err)
{
	struct children all = { .read = read, .arena = arena };
	struct page parents;
	struct str *urls;

	if (rest_read_rows(read, arena, &parents, err) < 0)
		return err->code;
	urls = arena_new_array(&read->arena, struct str, parents.count + 1);
	for (size_t i = 0; i < parents.count; i++)
		if (parents.records[i].id.len)
			urls[i] = child_url(read, parents.records[i].id, 0);
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

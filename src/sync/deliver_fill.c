/*
 * deliver_fill: from outbox entries to what a connector is given.
 *
 *	begin   bodies are opened; the records of those that are made from the record as it is (compose.h) are asked for, all at once
 *	read    what came is kept with its entry
 *	write   the members are made from it; an entry whose record a person changed in a field that we were to write goes back to be read (R28); what is
 *	        not decided so is one call
 */
#include "sync/deliver_parts.h"

#include "sync/drift.h"

const enum http_priority deliver_http[] = {
	[OWED_PERSON] = HTTP_URGENT, [OWED_NORMAL] = HTTP_NORMAL, [OWED_LOW] = HTTP_LOW
};

static void decide(struct entry *e, struct write_result result)
{
	e->decided = true;
	e->result = result;
}

void fill_unreadable(struct entry *e)
{
	decide(e,
	       (struct write_result) { .outcome = REFUSED,
	                               .code = STR("unreadable"),
	                               .advice = STR("what was to be written cannot be opened any more: it was changed "
	                                             "in the database; the payload makes it anew") });
}

/* NULL: it cannot be opened; the entry is decided. */
static struct json *open_body(const struct place *p, struct arena *arena, struct entry *e)
{
	struct err ignored = ERR_INIT;
	struct json *ret = NULL;
	struct str text;

	if (box_open(p->engine->keys, arena, "outbox.body", e->owed.body, &text, &ignored) == 0 &&
	    json_parse(arena, text, &ret, &ignored) == 0)
		return ret;
	fill_unreadable(e);
	return NULL;
}

/* ---- reading ---- */

static struct call *start_fetch(const struct place *p, struct arena *arena, struct entry *const *entries, size_t count)
{
	struct str *ids = arena_new_array(arena, struct str, count);
	struct fetch_request request = {
		.object = p->plan->object[p->side],
		.ids = ids,
		.id_count = count,
		.fields = p->side == SIDE_CRM ? drift_state(p->plan)->crm_fields : NULL,
		.field_count = p->side == SIDE_CRM ? drift_state(p->plan)->crm_field_count : 0,
		.priority = HTTP_LOW,
	};

	for (size_t i = 0; i < count; i++) {
		ids[i] = entries[i]->owed.record_id;
		request.priority = MIN_OF(request.priority, deliver_http[entries[i]->owed.priority]);
	}
	return p->conn->kind->fetch_start(p->conn, &request);
}

static size_t fetch_most(const struct place *p)
{
	return MAX_OF((size_t)1, p->conn->traits.fetch_batch);
}

static size_t needing(const struct batch *b, struct arena *arena, struct entry ***ret)
{
	struct entry **found = arena_new_array(arena, struct entry *, b->count);
	size_t count = 0;

	for (size_t i = 0; i < b->count; i++) {
		if (b->entries[i]->later)
			found[count++] = b->entries[i];
	}
	*ret = found;
	return count;
}

void fill_begin(const struct place *p, struct batch *b)
{
	struct entry **entries;
	size_t count;

	for (size_t i = 0; i < b->count; i++) {
		SCOPED(arena) struct arena scratch = ARENA_INIT;
		struct entry *e = b->entries[i];
		struct json *body;

		if (e->owed.op != WRITE_UPDATE || p->side != SIDE_EMR)
			continue;
		body = open_body(p, &scratch, e);
		if (body && body->kind == JSON_ARRAY)
			body = open_body(p, &b->arena, e);
		e->later = body && body->kind == JSON_ARRAY ? json_at(body, 0) : NULL;
	}
	count = needing(b, &b->arena, &entries);
	if (count == 0)
		return;
	b->reads = arena_new_array(&b->arena, struct call *, count);
	for (size_t at = 0; at < count; at += fetch_most(p))
		b->reads[b->read_count++] = start_fetch(p, &b->arena, entries + at, MIN_OF(fetch_most(p), count - at));
}

static void take_page(const struct page *page, struct entry *const *entries)
{
	for (size_t i = 0; i < page->count; i++)
		entries[i]->now = &page->records[i];
}

void fill_read(const struct place *p, struct batch *b)
{
	struct entry **entries;
	size_t at = 0;

	needing(b, &b->arena, &entries);
	for (size_t i = 0; i < b->read_count; i++) {
		struct page page = { 0 };

		if (b->failed.code)
			call_cancel(&b->reads[i]);
		else if (p->conn->kind->fetch_finish(&b->reads[i], &b->arena, &page, &b->failed) >= 0)
			take_page(&page, entries + at);
		at += page.count;
	}
	b->reads = NULL;
	b->read_count = 0;
}

int fill_fetch(const struct place *p, struct arena *arena, struct entry *const *entries, size_t count,
               struct record **ret, struct err *err)
{
	struct record *records = arena_new_array(arena, struct record, count);

	for (size_t at = 0; at < count; at += fetch_most(p)) {
		size_t most = MIN_OF(fetch_most(p), count - at);
		struct call *call = start_fetch(p, arena, entries + at, most);
		struct page page;

		if (p->conn->kind->fetch_finish(&call, arena, &page, err) < 0)
			return err_wrap(err, "read the records that are written to");
		ensure(page.count == most);
		for (size_t i = 0; i < most; i++)
			records[at + i] = page.records[i];
	}
	*ret = records;
	return 0;
}

/* ---- laying fields over the record as it is ---- */

static void decide_changed(struct entry *e, const char *why)
{
	decide(e, (struct write_result) { .outcome = CHANGED, .code = STR("changed"), .advice = str_of(why) });
}

/* The value that we are to write, and the one that stood there when that was decided. */
struct later {
	struct value value, was;
};

static bool later_of(const struct json *fields, const struct field_map *field, struct later *ret)
{
	const struct json *pair = json_get_str(fields, path_text(field->crm));

	return pair && value_of_json(json_at(pair, 0), &ret->value) && value_of_json(json_at(pair, 1), &ret->was);
}

/* R28: neither what it was nor what it is to be: somebody was there. */
static bool touched(const struct field_map *field, const struct later *later, struct value now)
{
	return !value_same(field->type, now, later->was) && !value_same(field->type, now, later->value);
}

/* The rows of both modes, as they have the same paths (R38); which of them may be written was decided (R17), and the others are not looked at. */
static struct mapping rows_for(const struct place *p, struct arena *arena, const struct entry *e, struct later *later,
                               bool *write)
{
	struct mapping m = p->plan->mapping;
	struct field_map *fields = arena_new_array(arena, struct field_map, m.count);

	for (size_t i = 0; i < m.count; i++) {
		fields[i] = m.fields[i];
		write[i] = later_of(e->later, &fields[i], &later[i]);
		fields[i].off = !write[i];
		fields[i].direction = DIRECTION_BOTH;
	}
	m.fields = fields;
	return m;
}

static int lay_over(const struct place *p, struct arena *arena, struct entry *e, struct json **ret, struct err *err)
{
	size_t count = p->plan->mapping.count;
	struct later *later = arena_new_array(arena, struct later, count);
	struct value *values = arena_new_array(arena, struct value, count);
	bool *write = arena_new_array(arena, bool, count);
	const struct mapping m = rows_for(p, arena, e, later, write);
	const struct field_map *field;

	if (mapping_read_emr(&m, arena, e->now->json, values, &field, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		if (write[i] && touched(&m.fields[i], &later[i], values[i]))
			return err_set(err, ERR_CONFLICT, "%.*s was changed since", STR_ARG(m.fields[i].name));
		values[i] = later[i].value;
	}
	return mapping_write_emr(&m, arena, e->now->json, values, write, ret, &field, err);
}

/* What cannot be laid over the record as it is now is for the merge to say: it reads the record once more. */
static void make_fields(const struct place *p, struct arena *arena, struct entry *e, struct write_item *item)
{
	struct err why = ERR_INIT;

	if (record_is_gone(e->now))
		decide(e, (struct write_result) { .outcome = GONE,
		                                  .code = STR("not_there"),
		                                  .advice = STR("the record is not there any more") });
	else if (e->now->fault || lay_over(p, arena, e, &item->fields, &why) < 0)
		decide_changed(e, "the record has changed since it was read; it is read again");
	else if (item->fields->count == 0) /* the mapping names none of these fields any more */
		decide(e, (struct write_result) { .outcome = DELIVERED, .id = e->owed.record_id });
	item->current = e->now->bytes;
	item->version = e->now->version;
}

static void fill_item(const struct place *p, struct arena *arena, struct entry *e, struct write_item *ret)
{
	const struct owed *owed = &e->owed;

	*ret = (struct write_item) {
		.op = owed->op,
		.id = owed->record_id,
		.key_field = owed->op != WRITE_CREATE ? STR_EMPTY
		             : p->side == SIDE_CRM    ? p->plan->crm_id_field
		                                      : p->conn->traits.reference_field,
		.key = owed->key,
		.version = owed->version,
	};
	if (e->later)
		make_fields(p, arena, e, ret);
	else
		ret->fields = open_body(p, arena, e);
}

/* Of a job that is made, who notes it; of one that is taken up, which. */
static void fill_job(const struct place *p, struct batch *b, struct write_request *request)
{
	struct bulk_noting *noting = arena_new(&b->arena, struct bulk_noting);

	*noting = (struct bulk_noting) { p, b };
	request->job = b->job;
	request->on_job = bulk_note;
	request->context = noting;
}

/* write_start copies what it needs: the bodies as trees do not live as long as the call. */
void fill_write(const struct place *p, struct batch *b)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct write_item *items = arena_new_array(&arena, struct write_item, b->count);
	struct write_request request = {
		.object = p->plan->object[p->side],
		.items = items,
		.priority = HTTP_LOW,
	};

	if (b->failed.code)
		return;
	if (sure_before(p, b, &b->failed) < 0)
		return;
	b->sent = arena_new_array(&b->arena, struct entry *, b->count);
	for (size_t i = 0; i < b->count; i++) {
		struct entry *e = b->entries[i];

		if (!e->decided)
			fill_item(p, &arena, e, &items[b->sent_count]);
		if (e->decided)
			continue;
		request.priority = MIN_OF(request.priority, deliver_http[e->owed.priority]);
		b->sent[b->sent_count++] = e;
	}
	request.item_count = b->sent_count;
	if (b->bulk)
		fill_job(p, b, &request);
	if (b->sent_count || b->left)
		b->call = (b->bulk ? p->conn->kind->bulk_start : p->conn->kind->write_start)(p->conn, &request);
}

/*
 * Every operation of a connector over answers that are the input: its first line names the operation and what it is asked with. What comes back is a page of records
 * that are whole or have their fault (R3), or one result for each record that was to be written.
 */
#include "far_ops.h"

#include "far.h"
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

enum { most_pages = 8, most_items = 3 };

struct asked {
	struct connection *c;
	struct arena *arena;
	struct str object;
	struct err err;
	int code;
};

static const struct str fields[] = { { "Id", 2 }, { "FirstName", 9 }, { "Phone", 5 }, { "Account.Name", 12 } };

static void law_record(const struct record *r)
{
	law(r->fault || r->id.len > 0);
	law(r->fault || r->json || r->deleted || r->merged_into.len > 0);
	if (r->fault)
		law(strlen(r->fault) > 0);
}

static void law_page(const struct asked *a, const struct page *page)
{
	law(page->last || page->next_cursor.len > 0);
	law(page->total >= -1);
	for (size_t i = 0; i < page->count; i++)
		law_record(&page->records[i]);
	(void)a;
}

static void law_results(const struct write_result *results, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		law(results[i].outcome >= DELIVERED && results[i].outcome <= GONE);
		law(results[i].outcome != REFUSED || results[i].code.len + results[i].advice.len > 0);
		law(results[i].retry_after_ms >= 0);
	}
}

/* A walk over pages, as a batch does it; a far side that never comes to an end is the engine's to stop. */
static void do_list(struct asked *a)
{
	struct str cursor = STR_EMPTY;

	for (int i = 0; i < most_pages && a->code == 0; i++) {
		const struct list_request request = {
			.object = a->object, .fields = fields, .field_count = ARRAY_LEN(fields), .cursor = cursor
		};
		struct call *call = a->c->kind->list_start(a->c, &request);
		struct page page = { 0 };

		a->code = a->c->kind->list_finish(&call, a->arena, &page, &a->err);
		law(!call);
		if (a->code == 0)
			law_page(a, &page);
		if (page.last)
			return;
		cursor = page.next_cursor;
	}
}

static void do_fetch(struct asked *a)
{
	static const struct str ids[] = { { "003xx000000000AAAQ", 18 }, { "pat-1", 5 }, { "17", 2 } };
	const struct fetch_request request = { .object = a->object,
		                               .ids = ids,
		                               .id_count = ARRAY_LEN(ids),
		                               .fields = fields,
		                               .field_count = ARRAY_LEN(fields) };
	struct call *call = a->c->kind->fetch_start(a->c, &request);
	struct page page = { 0 };

	a->code = a->c->kind->fetch_finish(&call, a->arena, &page, &a->err);
	if (a->code == 0) {
		law(page.count == ARRAY_LEN(ids));
		for (size_t i = 0; i < page.count; i++)
			law_record(&page.records[i]);
	}
}

static struct json *changed_fields(struct arena *arena)
{
	struct json *object = json_new(arena, JSON_OBJECT);

	json_add(object, STR("first_name"), json_new_text(arena, STR("Ann")));
	json_add(object, STR("FirstName"), json_new_text(arena, STR("Ann")));
	return object;
}

static void write_with(struct asked *a, enum write_op op, bool bulk)
{
	static const char *const ids[most_items] = { "003xx000000000AAAQ", "003xx000000000BAAQ", "003xx000000000CAAQ" };
	struct write_result results[most_items] = { 0 };
	struct write_item items[most_items];
	const struct write_request request = { .object = a->object, .items = items, .item_count = most_items };
	struct call *call;

	for (size_t i = 0; i < most_items; i++)
		items[i] = (struct write_item) {
			.op = op,
			.id = op == WRITE_UPDATE || op == WRITE_DELETE ? str_of(ids[i]) : STR_EMPTY,
			.key_field = op == WRITE_UPDATE || op == WRITE_DELETE ? STR_EMPTY : STR("Suture_Key__c"),
			.key = op == WRITE_UPDATE || op == WRITE_DELETE ? STR_EMPTY
			                                                : arena_printf(a->arena, "k-%zu", i),
			.fields = changed_fields(a->arena),
			.current = STR("{\"id\":\"1\",\"first_name\":\"Bob\"}")
		};
	call = bulk ? a->c->kind->bulk_start(a->c, &request) : a->c->kind->write_start(a->c, &request);
	a->code = bulk ? a->c->kind->bulk_finish(&call, a->arena, results, &a->err)
	               : a->c->kind->write_finish(&call, a->arena, results, &a->err);
	law(!call);
	if (a->code == 0)
		law_results(results, most_items);
}

static void do_create(struct asked *a)
{
	write_with(a, WRITE_CREATE, false);
}

static void do_update(struct asked *a)
{
	write_with(a, WRITE_UPDATE, false);
}

static void do_upsert(struct asked *a)
{
	write_with(a, WRITE_UPSERT, false);
}

static void do_delete(struct asked *a)
{
	write_with(a, WRITE_DELETE, false);
}

static void do_bulk(struct asked *a)
{
	if (a->c->kind->bulk_start)
		write_with(a, WRITE_UPSERT, true);
}

static void do_describe(struct asked *a)
{
	struct object_info info = { 0 };

	a->code = a->c->kind->describe(a->c, a->arena, a->object, &info, &a->err);
	for (size_t i = 0; a->code == 0 && i < info.field_count; i++) {
		law(info.fields[i].type >= FIELD_TEXT && info.fields[i].type <= FIELD_OTHER);
		law(info.fields[i].name.len > 0);
	}
}

static void do_objects(struct asked *a)
{
	struct object_name *names;
	size_t count = 0;

	if (!a->c->kind->objects)
		return;
	a->code = a->c->kind->objects(a->c, a->arena, &names, &count, &a->err);
	for (size_t i = 0; a->code == 0 && i < count; i++)
		law(names[i].name.len > 0);
}

static void do_check(struct asked *a)
{
	struct str who = STR_EMPTY;

	a->code = a->c->kind->check(a->c, a->arena, &who, &a->err);
	if (a->code == 0)
		law(who.len > 0);
}

static void do_changes(struct asked *a)
{
	struct str cursor = STR_EMPTY;

	for (int i = 0; a->c->kind->changes_start && i < most_pages && a->code == 0; i++) {
		const struct changes_request request = { .object = a->object,
			                                 .fields = fields,
			                                 .field_count = ARRAY_LEN(fields),
			                                 .cursor = cursor,
			                                 .since_ms = 1795168800000 };
		struct call *call = a->c->kind->changes_start(a->c, &request);
		struct page page = { 0 };

		a->code = a->c->kind->changes_finish(&call, a->arena, &page, &a->err);
		if (a->code < 0)
			return;
		law(page.next_cursor.len > 0);
		for (size_t n = 0; n < page.count; n++)
			law_record(&page.records[n]);
		if (page.last)
			return;
		cursor = page.next_cursor;
	}
}

static void do_search(struct asked *a)
{
	const struct search_request request = { .object = a->object,
		                                .text = STR("Ann \"O'Neil\" {x}"),
		                                .fields = fields,
		                                .field_count = ARRAY_LEN(fields) };
	struct page page = { 0 };
	struct call *call;

	if (!a->c->kind->search_start)
		return;
	call = a->c->kind->search_start(a->c, &request);
	a->code = a->c->kind->search_finish(&call, a->arena, &page, &a->err);
	for (size_t i = 0; a->code == 0 && i < page.count; i++)
		law_record(&page.records[i]);
}

static int on_events(void *context UNUSED, const struct events *events, struct str replay, struct err *err UNUSED)
{
	for (size_t i = 0; i < events->count; i++)
		law(events->at[i].kind <= EVENT_OTHER);
	for (size_t i = 0; i < replay.len; i++)
		law(replay.at[i] >= '0' && replay.at[i] <= '9');
	return 0;
}

static void on_state(void *context UNUSED, bool connected UNUSED, const char *text)
{
	law(text[0]);
}

static void do_listen(struct asked *a, atomic_bool *stop)
{
	const struct listen_request request = {
		.object = a->object, .stop = stop, .on_events = on_events, .on_state = on_state
	};

	if (a->c->kind->listen)
		a->code = a->c->kind->listen(a->c, &request, &a->err);
}

static void do_register(struct asked *a)
{
	const struct hook_registration what = { .url = STR("https://suture.example/hooks/practice") };
	struct json *settings = NULL;

	if (!a->c->kind->hook_register)
		return;
	a->code = a->c->kind->hook_register(a->c, &what, a->arena, &settings, &a->err);
	if (a->code == 0)
		a->code = a->c->kind->hook_unregister(a->c, what.url, &a->err);
}

static const struct {
	const char *name;
	void (*run)(struct asked *a);
} operations[] = {
	{ "list", do_list },         { "fetch", do_fetch },   { "create", do_create },   { "update", do_update },
	{ "upsert", do_upsert },     { "delete", do_delete }, { "bulk", do_bulk },       { "describe", do_describe },
	{ "objects", do_objects },   { "check", do_check },   { "changes", do_changes }, { "search", do_search },
	{ "register", do_register },
};

void far_operate(const char *kind, const char *settings, struct str input)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str rest = input, line = fuzz_line(&rest), name = STR_EMPTY;
	atomic_bool stop = false;
	struct asked a = { .arena = &arena };

	(void)str_split(&line, ' ', &name);
	a.object = line;
	far_answers(rest, &stop);
	a.c = far_connect(kind, settings);
	if (str_eq_c(name, "listen"))
		do_listen(&a, &stop);
	for (size_t i = 0; i < ARRAY_LEN(operations); i++)
		if (str_eq_c(name, operations[i].name))
			operations[i].run(&a);
	if (a.code < 0)
		far_law_err(a.code, &a.err);
	a.c->kind->close(&a.c);
}

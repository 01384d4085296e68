/* The memory connector: what unit tests of sync lean on. */
#include "memory_world.h"

static int list(struct world *w, struct list_request request, struct page *ret)
{
	struct call *call = memory_connector.list_start(w->c, &request);

	return memory_connector.list_finish(&call, &w->arena, ret, &w->err);
}

static int write_items(struct world *w, const struct write_item *items, size_t count, struct write_result *results)
{
	const struct write_request request = { .object = STR("patient"), .items = items, .item_count = count };
	struct call *call = memory_connector.write_start(w->c, &request);

	return memory_connector.write_finish(&call, &w->arena, results, &w->err);
}

static struct json *json(struct world *w, const char *text)
{
	struct json *j = NULL;

	assert_int_equal(json_parse(&w->arena, str_of(text), &j, &w->err), 0);
	return j;
}

#define THREE                                                                                                      \
	"{\"page_size\":2,\"objects\":{\"patient\":[{\"id\":\"a\",\"name\":\"A\"},{\"id\":\"b\",\"name\":\"B\"},{" \
	"\"id\":\"c\",\"name\":\"C\"}]}}"

static void preloaded_records_come_in_pages(void **state)
{
	struct world w;
	struct page page;

	(void)state;
	open_world(&w, THREE);
	assert_int_equal(list(&w, (struct list_request) { .object = STR("patient") }, &page), 0);
	assert_int_equal(page.count, 2);
	assert_int_equal(page.total, 3);
	assert_str(page.next_cursor, "2");
	assert_str(page.records[0].id, "a");
	assert_true(page.records[0].modified_ms < page.records[1].modified_ms);
	assert_int_equal(
	        list(&w, (struct list_request) { .object = STR("patient"), .cursor = page.next_cursor }, &page), 0);
	assert_true(page.last);
	assert_int_equal(page.count, 1);
	assert_int_equal(memory_calls(w.c, MEMORY_LIST), 2);
	close_world(&w);
}

static void deleted_records_are_flagged_or_left_out(void **state)
{
	struct world w;
	struct page page;
	const struct list_equals equals = { STR("name"), STR("B") };

	(void)state;
	open_world(&w, THREE);
	memory_remove(w.c, "patient", "b");
	assert_int_equal(memory_count(w.c, "patient"), 2);
	assert_int_equal(list(&w, (struct list_request) { .object = STR("patient") }, &page), 0);
	assert_true(page.records[1].deleted);
	assert_int_equal(list(&w, (struct list_request) { .object = STR("patient"), .live_only = true }, &page), 0);
	assert_int_equal(page.total, 2);
	assert_int_equal(list(&w,
	                      (struct list_request) { .object = STR("patient"), .equals = &equals, .equal_count = 1 },
	                      &page),
	                 0);
	assert_int_equal(page.total, 0);
	assert_null(memory_get(w.c, "patient", "b", &w.arena));
	close_world(&w);
}

static void writes_create_change_and_delete(void **state)
{
	struct world w;
	struct write_result results[2];
	struct write_item items[2] = { { .op = WRITE_CREATE, .key_field = STR("external_id"), .key = STR("k1") },
		                       { .op = WRITE_UPDATE, .id = STR("nobody") } };

	(void)state;
	open_world(&w, "{}");
	items[0].fields = json(&w, "{\"name\":\"A\"}");
	assert_int_equal(write_items(&w, items, 1, results), 0);
	assert_int_equal(results[0].outcome, DELIVERED);
	assert_true(results[0].created);
	assert_str(json_get_text(memory_get(w.c, "patient", "m-1", &w.arena), "external_id"), "k1");
	/* R5: the same create again is an update. */
	items[0].fields = json(&w, "{\"name\":\"B\"}");
	assert_int_equal(write_items(&w, items, 1, results), 0);
	assert_false(results[0].created);
	assert_str(results[0].id, "m-1");
	assert_str(json_get_text(results[0].record.json, "name"), "B");
	assert_int_equal(memory_count(w.c, "patient"), 1);
	assert_int_equal(write_items(&w, &items[1], 1, results), 0);
	assert_int_equal(results[0].outcome, GONE);
	assert_int_equal(memory_written(w.c), 2);
	close_world(&w);
}

static void fetch_takes_its_id_or_ours(void **state)
{
	struct world w;
	struct page page;
	const struct str ids[] = { STR("k2"), STR("gone"), STR("a") };
	const struct fetch_request request = { .object = STR("patient"), .ids = ids, .id_count = 3 };
	struct call *call;

	(void)state;
	open_world(&w, "{\"objects\":{\"patient\":[{\"id\":\"a\"},{\"id\":\"b\",\"external_id\":\"k2\"}]}}");
	call = memory_connector.fetch_start(w.c, &request);
	assert_int_equal(memory_connector.fetch_finish(&call, &w.arena, &page, &w.err), 0);
	assert_str(page.records[0].id, "b");
	assert_string_equal(page.records[1].fault, "not there");
	assert_str(page.records[2].id, "a");
	close_world(&w);
}

static void the_nth_call_fails(void **state)
{
	struct world w;
	struct page page;

	(void)state;
	open_world(&w, THREE);
	memory_fail(w.c, MEMORY_LIST, 2, ERR_RATE, false);
	assert_int_equal(list(&w, (struct list_request) { .object = STR("patient") }, &page), 0);
	assert_int_equal(list(&w, (struct list_request) { .object = STR("patient") }, &page), ERR_RATE);
	assert_int_equal(list(&w, (struct list_request) { .object = STR("patient") }, &page), 0);
	close_world(&w);
}

static void a_lost_answer_leaves_its_work_done(void **state)
{
	struct world w;
	struct write_result result;
	struct write_item create = { .op = WRITE_CREATE };

	(void)state;
	open_world(&w, "{}");
	create.fields = json(&w, "{\"name\":\"A\"}");
	memory_fail(w.c, MEMORY_WRITE, 1, ERR_TIMEOUT, true);
	assert_int_equal(write_items(&w, &create, 1, &result), 0);
	assert_int_equal(result.outcome, UNKNOWN);
	assert_int_equal(memory_count(w.c, "patient"), 1);
	memory_fail(w.c, MEMORY_WRITE, 1, ERR_NETWORK, false);
	assert_int_equal(write_items(&w, &create, 1, &result), ERR_NETWORK);
	assert_int_equal(memory_count(w.c, "patient"), 1);
	close_world(&w);
}

static void single_records_are_refused(void **state)
{
	struct world w;
	struct write_result results[2];
	struct write_item items[2] = { { .op = WRITE_UPDATE, .id = STR("a") }, { .op = WRITE_UPDATE, .id = STR("b") } };

	(void)state;
	open_world(&w, THREE);
	items[0].fields = json(&w, "{\"name\":\"X\"}");
	items[1].fields = json(&w, "{\"name\":\"Y\"}");
	memory_refuse(w.c, "b", RETRY_LATER, "UNABLE_TO_LOCK_ROW");
	assert_int_equal(write_items(&w, items, 2, results), 0);
	assert_int_equal(results[0].outcome, DELIVERED);
	assert_int_equal(results[1].outcome, RETRY_LATER);
	assert_str(results[1].code, "UNABLE_TO_LOCK_ROW");
	assert_str(json_get_text(memory_get(w.c, "patient", "b", &w.arena), "name"), "B");
	memory_refuse(w.c, "b", DELIVERED, NULL);
	assert_int_equal(write_items(&w, items, 2, results), 0);
	assert_str(json_get_text(memory_get(w.c, "patient", "b", &w.arena), "name"), "Y");
	close_world(&w);
}

static void shout(void *context, struct arena *arena, struct json *record)
{
	(void)context;
	json_set(record, STR("name"),
	         json_new_text(arena, arena_printf(arena, "%.*s!", STR_ARG(json_get_text(record, "name")))));
}

/* R27 needs a far side with opinions. */
static void values_are_rewritten(void **state)
{
	struct world w;
	struct write_result result;
	struct write_item create = { .op = WRITE_CREATE };

	(void)state;
	open_world(&w, "{}");
	memory_rewrite(w.c, shout, NULL);
	create.fields = json(&w, "{\"name\":\"A\"}");
	assert_int_equal(write_items(&w, &create, 1, &result), 0);
	assert_str(json_get_text(result.record.json, "name"), "A!");
	close_world(&w);
}

/* R3 */
static void R3_raw_bytes_stand_in_the_list(void **state)
{
	struct world w;
	struct page page;

	(void)state;
	open_world(&w, THREE);
	memory_put_raw(w.c, "patient", "{\"id\":\"x\",");
	memory_put(w.c, "patient", "{\"id\":\"a\",\"name\":\"AA\"}");
	assert_int_equal(list(&w, (struct list_request) { .object = STR("patient"), .page_size = 10 }, &page), 0);
	assert_int_equal(page.count, 4);
	assert_str(json_get_text(page.records[0].json, "name"), "AA");
	assert_non_null(page.records[3].fault);
	assert_str(page.records[3].bytes, "{\"id\":\"x\",");
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(preloaded_records_come_in_pages),
		cmocka_unit_test(deleted_records_are_flagged_or_left_out),
		cmocka_unit_test(writes_create_change_and_delete),
		cmocka_unit_test(fetch_takes_its_id_or_ours),
		cmocka_unit_test(the_nth_call_fails),
		cmocka_unit_test(a_lost_answer_leaves_its_work_done),
		cmocka_unit_test(single_records_are_refused),
		cmocka_unit_test(values_are_rewritten),
		cmocka_unit_test(R3_raw_bytes_stand_in_the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

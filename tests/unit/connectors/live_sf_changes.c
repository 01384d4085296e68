/* Changes since a cursor and search, against the stand-in org. */
#include "live_org.h"

#include "connectors/salesforce/salesforce.h"
#include "lib/clock.h"
#include "lib/map.h"

static const struct str last_name = { "LastName", 8 };

static struct str create(const char *fields)
{
	const struct write_item item = { .op = WRITE_CREATE, .fields = live_json(&live, fields) };
	struct write_result result;

	assert_int_equal(live_write(&live, org, "Contact", &item, 1, &result), 0);
	assert_int_equal(result.outcome, DELIVERED);
	return result.id;
}

static void change(enum write_op op, struct str id, const char *fields)
{
	const struct write_item item = { .op = op, .id = id, .fields = fields ? live_json(&live, fields) : NULL };
	struct write_result result;

	assert_int_equal(live_write(&live, org, "Contact", &item, 1, &result), 0);
	assert_int_equal(result.outcome, DELIVERED);
}

static void changes(struct changes_request request, struct page *ret)
{
	struct call *call;

	request.object = STR("Contact");
	request.fields = &last_name;
	request.field_count = 1;
	call = org->kind->changes_start(org, &request);
	if (org->kind->changes_finish(&call, &live.arena, ret, &live.err) < 0)
		fail_msg("%s", live.err.text);
}

/* Walks to the end; how often each record came stands in `seen`, as its latest record. */
static struct str walk(struct changes_request request, struct map *seen, size_t *ret_rows)
{
	struct page page;

	*ret_rows = 0;
	do {
		changes(request, &page);
		for (size_t i = 0; i < page.count; i++)
			map_put(seen, page.records[i].id, &page.records[i]);
		*ret_rows += page.count;
		request.cursor = page.next_cursor;
	} while (!page.last);
	return page.next_cursor;
}

/* Stamps are whole seconds, and what we know of the org's clock is up to a second behind it. */
static void next_second(void)
{
	clock_sleep_ms(2050);
}

static struct str cursor_of_now(void)
{
	struct page page;

	changes((struct changes_request) { 0 }, &page);
	assert_int_equal(page.count, 0);
	assert_true(page.last);
	return page.next_cursor;
}

static void R31_R39_each_change_comes_once_and_deleted_ones_too(void **state)
{
	struct map seen = MAP_INIT(&live.arena), again = MAP_INIT(&live.arena);
	struct str cursor, ids[7];
	size_t rows;
	const struct record *record;

	NEEDS_ORG;
	cursor = cursor_of_now();
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		ids[i] = create("{\"LastName\":\"Walker\",\"Department\":\"walk\"}");
	create("{\"LastName\":\"Stranger\",\"Department\":\"other\"}");
	change(WRITE_UPDATE, ids[1], "{\"LastName\":\"Runner\"}");
	/* It leaves the filter and the org: the removal is still told. */
	change(WRITE_UPDATE, ids[2], "{\"Department\":\"other\"}");
	change(WRITE_DELETE, ids[2], NULL);
	next_second();
	cursor =
	        walk((struct changes_request) { .cursor = cursor, .where = STR("Department = 'walk'"), .page_size = 2 },
	             &seen, &rows);
	assert_int_equal(rows, 7);
	assert_int_equal(seen.count, 7);
	record = map_get(&seen, ids[1]);
	assert_str(json_get_text(record->json, "LastName"), "Runner");
	assert_true(record->modified_ms > 0 && record->modified_by.len == 18);
	record = map_get(&seen, ids[2]);
	assert_true(record->deleted);

	walk((struct changes_request) { .cursor = cursor, .where = STR("Department = 'walk'") }, &again, &rows);
	assert_int_equal(rows, 0);
	walk(
	        (struct changes_request) {
	                .cursor = cursor, .where = STR("Department = 'walk'"), .overlap_ms = 60000, .page_size = 3 },
	        &again, &rows);
	assert_int_equal(rows, 7);
}

static size_t search(const char *text, struct page *ret)
{
	const struct search_request request = {
		.object = STR("Contact"), .text = str_of(text), .fields = &last_name, .field_count = 1, .limit = 3
	};
	struct call *call = org->kind->search_start(org, &request);

	if (org->kind->search_finish(&call, &live.arena, ret, &live.err) < 0)
		fail_msg("%s", live.err.text);
	return ret->count;
}

static void search_finds_parts_of_names(void **state)
{
	struct page page;
	struct str id;

	NEEDS_ORG;
	id = create("{\"FirstName\":\"Tessa\",\"LastName\":\"Quilter\",\"Email\":\"tq@example.org\"}");
	assert_int_equal(search("tess quil", &page), 1);
	assert_true(str_eq(page.records[0].id, id));
	assert_str(json_get_text(page.records[0].json, "LastName"), "Quilter");
	assert_int_equal(search("nobody-here'} OR {", &page), 0);
	for (size_t i = 0; i < 5; i++)
		create("{\"LastName\":\"Multitude\"}");
	assert_int_equal(search("multi", &page), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(R31_R39_each_change_comes_once_and_deleted_ones_too),
		cmocka_unit_test(search_finds_parts_of_names),
	};

	return cmocka_run_group_tests_name("live_sf_changes", tests, begin, end);
}

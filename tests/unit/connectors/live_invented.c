/* A descriptor as a user writes it (invented.yaml), against a stand-in that nothing of the program was written for. */
#include "live.h"
#include "postbox.h"

#include "far.h"

enum { people = 30 };

static const char *const arguments[] = { "--salesforce-port", "-1", "--hint-port", "-1", "--invented-port", "0",
	                                 "--patients",        "30", NULL };
static struct live live;
static struct connection *emr;

static struct connection *connect_with(const char *more)
{
	return live_connect(&live, "invented",
	                    arena_printf(&live.arena,
	                                 "{\"url\":\"%.*s\",\"key\":\"invented-key\",\"pace\":0,\"page_size\":7,"
	                                 "\"backoff_ms\":1%s}",
	                                 STR_ARG(live.base), more));
}

static int begin(void **state)
{
	far_add_invented(state);
	if (live_open(&live, "invented", arguments))
		emr = connect_with("");
	return 0;
}

static int end(void **state)
{
	(void)state;
	return live_end(&live, &emr);
}

#define NEEDS_EMR LIVE_NEEDS(state, emr)

/* All changes since the mark, which moves on. */
static size_t changes(struct str *mark, int64_t since_ms, struct record *rows, size_t room)
{
	struct changes_request request = {
		.object = STR("person"), .cursor = *mark, .since_ms = since_ms, .overlap_ms = 2000
	};
	struct page page = { 0 };
	size_t n = 0;

	while (!page.last) {
		struct call *call = emr->kind->changes_start(emr, &request);

		if (emr->kind->changes_finish(&call, &live.arena, &page, &live.err) < 0)
			fail_msg("%s", live.err.text);
		for (size_t i = 0; i < page.count && n < room; i++)
			rows[n++] = page.records[i];
		request.cursor = page.next_cursor;
	}
	*mark = page.next_cursor;
	return n;
}

static const struct record *find(const struct record *rows, size_t count, struct str id)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(rows[i].id, id))
			return &rows[i];
	fail_msg("%.*s is not there", STR_ARG(id));
	return NULL;
}

static void R31_R32_R39_changes_of_people_at_the_desk(void **state)
{
	struct record rows[200];
	const struct record *left, *merged;
	struct str mark = STR_EMPTY, id[3];
	size_t count;

	NEEDS_EMR;
	assert_int_equal(changes(&mark, 1, rows, ARRAY_LEN(rows)), people);
	for (size_t i = 0; i < ARRAY_LEN(id); i++)
		id[i] = rows[i * 9].id;
	assert_true(json_get(rows[0].json, "home") != NULL);
	live_admin(&live, "/__admin/delete", arena_printf(&live.arena, "{\"id\":\"%.*s\"}", STR_ARG(id[0])).at);
	live_admin(
	        &live, "/__admin/merge",
	        arena_printf(&live.arena, "{\"loser\":\"%.*s\",\"survivor\":\"%.*s\"}", STR_ARG(id[1]), STR_ARG(id[2]))
	                .at);
	count = changes(&mark, 0, rows, ARRAY_LEN(rows));
	left = find(rows, count, id[0]);
	assert_true(left->deleted);
	merged = find(rows, count, id[1]);
	assert_true(str_eq(merged->merged_into, id[2]));
}

/* R27: our own change carries our name, a person's does not. */
static void R27_our_changes_are_known_by_their_user(void **state)
{
	struct write_item item = { .op = WRITE_CREATE, .key_field = STR("foreign_ref"), .key = STR("003A") };
	const struct search_request request = { .object = STR("person"), .text = STR("ada qui") };
	struct write_result result;
	struct call *call;
	struct page page;
	struct str who;

	NEEDS_EMR;
	assert_int_equal(emr->kind->check(emr, &live.arena, &who, &live.err), 0);
	item.fields = live_json(&live, "{\"surname\":\"Quist\",\"given\":\"Ada\",\"born\":\"1970-01-02\"}");
	assert_int_equal(live_write(&live, emr, "person", &item, 1, &result), 0);
	assert_int_equal(result.outcome, DELIVERED);
	assert_str(json_get_text(result.record.json, "foreign_ref"), "003A");
	assert_true(emr->traits.our_user.len > 0);
	assert_true(str_eq(result.record.modified_by, emr->traits.our_user));
	call = emr->kind->search_start(emr, &request);
	assert_int_equal(emr->kind->search_finish(&call, &live.arena, &page, &live.err), 0);
	assert_true(page.count >= 1);
	find(page.records, page.count, result.id);
	live_admin(
	        &live, "/__admin/edit",
	        arena_printf(&live.arena, "{\"id\":\"%.*s\",\"fields\":{\"given\":\"Ida\"}}", STR_ARG(result.id)).at);
	call = emr->kind->fetch_start(
	        emr, &(struct fetch_request) { .object = STR("person"), .ids = &result.id, .id_count = 1 });
	assert_int_equal(emr->kind->fetch_finish(&call, &live.arena, &page, &live.err), 0);
	assert_false(str_eq(page.records[0].modified_by, emr->traits.our_user));
}

static void R37_webhooks_sign_their_time_and_body(void **state)
{
	struct hook_registration what = { 0 };
	struct record rows[200];
	struct str mark = STR_EMPTY;
	struct connection *c;
	struct postbox *box;
	struct json *kept;
	struct events events;
	struct hook hook;

	NEEDS_EMR;
	box = postbox_open();
	what.url = postbox_url(box);
	if (emr->kind->hook_register(emr, &what, &live.arena, &kept, &live.err) < 0)
		fail_msg("%s", live.err.text);
	c = connect_with(
	        arena_printf(&live.arena, ",\"hook_secret\":\"%.*s\"", STR_ARG(json_get_text(kept, "hook_secret"))).at);
	assert_int_equal(c->kind->hook_register(c, &what, &live.arena, &kept, &live.err), 0);
	assert_int_equal(kept->count, 0);
	assert_true(changes(&mark, 1, rows, ARRAY_LEN(rows)) > 5);
	live_admin(
	        &live, "/__admin/edit",
	        arena_printf(&live.arena, "{\"id\":\"%.*s\",\"fields\":{\"given\":\"Flo\"}}", STR_ARG(rows[4].id)).at);
	postbox_take(box, &live.arena, &hook);
	if (c->kind->webhook(c, &live.arena, &hook, &events, &live.err) < 0)
		fail_msg("%s", live.err.text);
	assert_str(events.at[0].name, "person.changed");
	assert_true(events.at[0].whole);
	assert_str(json_get_text(events.at[0].record.json, "given"), "Flo");
	hook.received_ms += 400000;
	assert_int_equal(c->kind->webhook(c, &live.arena, &hook, &events, &live.err), ERR_AUTH);
	live.err = (struct err)ERR_INIT;
	assert_int_equal(c->kind->hook_unregister(c, what.url, &live.err), 0);
	c->kind->close(&c);
	postbox_close(&box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(R31_R32_R39_changes_of_people_at_the_desk),
		cmocka_unit_test(R27_our_changes_are_known_by_their_user),
		cmocka_unit_test(R37_webhooks_sign_their_time_and_body),
	};

	return cmocka_run_group_tests(tests, begin, end);
}

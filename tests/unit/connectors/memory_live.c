/* The memory connector's live doors: changes, search, webhooks, the stream. What tests of the engine lean on. */
#include "memory_world.h"
#include "lib/clock.h"

#include <pthread.h>

#define THREE                                                                                                         \
	"\"objects\":{\"patient\":[{\"id\":\"a\",\"name\":\"Ana Bell\"},{\"id\":\"b\",\"name\":\"Bo Bell\"},{\"id\":" \
	"\"c\",\"name\":\"Cy Dunn\"}]}"

static int changes(struct world *w, struct changes_request request, struct page *ret)
{
	struct call *call;

	request.object = STR("patient");
	call = w->c->kind->changes_start(w->c, &request);
	return w->c->kind->changes_finish(&call, &w->arena, ret, &w->err);
}

static struct str ids(struct world *w, const struct page *page)
{
	SCOPED(buf) struct buf out = BUF_INIT(1000);

	for (size_t i = 0; i < page->count; i++) {
		buf_add(&out, page->records[i].id);
		buf_add_c(&out, page->records[i].deleted ? "- " : " ");
	}
	return arena_str(&w->arena, str_trim(buf_str(&out)));
}

/* R39: now, then what changed since, page by page, and again from each page's mark. */
static void R39_changes_go_on_from_every_mark(void **state)
{
	struct world w;
	struct page page;
	struct str between;

	(void)state;
	open_world(&w, "{\"page_size\":2," THREE "}");
	assert_int_equal(changes(&w, (struct changes_request) { 0 }, &page), 0);
	assert_true(page.last);
	assert_int_equal(page.count, 0);
	memory_put(w.c, "patient", "{\"id\":\"c\",\"name\":\"Cy\"}");
	memory_put(w.c, "patient", "{\"id\":\"a\",\"name\":\"Ana\"}");
	memory_remove(w.c, "patient", "b");
	assert_int_equal(changes(&w, (struct changes_request) { .cursor = page.next_cursor }, &page), 0);
	assert_str(ids(&w, &page), "c a");
	assert_false(page.last);
	between = page.next_cursor;
	for (int again = 0; again < 2; again++) {
		assert_int_equal(
		        changes(&w, (struct changes_request) { .cursor = between, .overlap_ms = 60000 }, &page), 0);
		assert_str(ids(&w, &page), "b-");
		assert_true(page.last);
	}
	assert_int_equal(changes(&w, (struct changes_request) { .cursor = page.next_cursor }, &page), 0);
	assert_int_equal(page.count, 0);
	assert_int_equal(memory_calls(w.c, MEMORY_CHANGES), 5);
	close_world(&w);
}

static void R39_a_new_walk_overlaps_and_keeps_its_lag(void **state)
{
	struct world w;
	struct page page;

	(void)state;
	open_world(&w, "{\"cursor\":\"clock\"," THREE "}");
	assert_int_equal(changes(&w, (struct changes_request) { .since_ms = 1, .lag_ms = 1500 }, &page), 0);
	assert_str(ids(&w, &page), "a");
	assert_int_equal(changes(&w, (struct changes_request) { .cursor = page.next_cursor, .lag_ms = 500 }, &page), 0);
	assert_str(ids(&w, &page), "b");
	memory_pass_time(w.c, 5000);
	assert_int_equal(
	        changes(&w, (struct changes_request) { .cursor = page.next_cursor, .lag_ms = 500, .overlap_ms = 500 },
	                &page),
	        0);
	assert_str(ids(&w, &page), "b c");
	assert_true(page.server_ms > page.records[1].modified_ms + 4000);
	close_world(&w);
}

static void a_forgotten_mark_is_gone(void **state)
{
	struct world w;
	struct page page;
	struct str mark;

	(void)state;
	open_world(&w, "{" THREE "}");
	assert_int_equal(changes(&w, (struct changes_request) { .since_ms = 1 }, &page), 0);
	assert_int_equal(page.count, 3);
	mark = page.next_cursor;
	memory_forget_changes(w.c);
	assert_int_equal(changes(&w, (struct changes_request) { .cursor = mark }, &page), ERR_GONE);
	assert_int_equal(changes(&w, (struct changes_request) { .cursor = STR("x") }, &page), ERR_GONE);
	assert_int_equal(changes(&w, (struct changes_request) { .since_ms = 1 }, &page), 0);
	assert_int_equal(page.count, 3);
	assert_int_equal(changes(&w, (struct changes_request) { .cursor = page.next_cursor }, &page), 0);
	close_world(&w);
}

/* R27, R32: whose change it was, and who survived. */
static void R27_R32_changes_name_the_user_and_the_survivor(void **state)
{
	struct world w;
	struct page page;
	struct write_result result;
	struct write_item item = { .op = WRITE_UPDATE, .id = STR("b") };
	struct write_request request = { .object = STR("patient"), .items = &item, .item_count = 1 };
	struct call *call;

	(void)state;
	open_world(&w, "{" THREE "}");
	assert_int_equal(json_parse(&w.arena, STR("{\"name\":\"X\"}"), &item.fields, &w.err), 0);
	call = memory_connector.write_start(w.c, &request);
	assert_int_equal(memory_connector.write_finish(&call, &w.arena, &result, &w.err), 0);
	assert_true(str_eq(result.record.modified_by, w.c->traits.our_user));
	memory_merge(w.c, "patient", "c", "a");
	assert_int_equal(changes(&w, (struct changes_request) { .since_ms = 1 }, &page), 0);
	assert_str(ids(&w, &page), "a b c-");
	assert_str(page.records[0].modified_by, "person");
	assert_str(page.records[1].modified_by, "suture");
	assert_str(page.records[2].merged_into, "a");
	close_world(&w);
}

static void what_is_switched_off_is_not_there(void **state)
{
	struct world w;
	struct page page;
	const struct list_request request = { .object = STR("patient") };
	struct call *call;

	(void)state;
	open_world(
	        &w,
	        "{\"changes\":\"no\",\"search\":\"no\",\"webhook\":\"no\",\"listen\":\"no\",\"has_times\":\"no\"," THREE
	        "}");
	assert_null(w.c->kind->changes_start);
	assert_null(w.c->kind->search_start);
	assert_null(w.c->kind->webhook);
	assert_null(w.c->kind->listen);
	assert_false(w.c->traits.has_times);
	call = w.c->kind->list_start(w.c, &request);
	assert_int_equal(w.c->kind->list_finish(&call, &w.arena, &page, &w.err), 0);
	assert_int_equal(page.records[0].modified_ms, 0);
	assert_int_equal(page.records[0].version.len, 0);
	close_world(&w);
}

static void search_finds_by_words(void **state)
{
	struct world w;
	struct page page;
	struct search_request request = { .object = STR("patient"), .text = STR(" bell BO ") };
	struct call *call;

	(void)state;
	open_world(&w, "{" THREE "}");
	call = w.c->kind->search_start(w.c, &request);
	assert_int_equal(w.c->kind->search_finish(&call, &w.arena, &page, &w.err), 0);
	assert_str(ids(&w, &page), "b");
	request.text = STR("bell");
	request.limit = 1;
	call = w.c->kind->search_start(w.c, &request);
	assert_int_equal(w.c->kind->search_finish(&call, &w.arena, &page, &w.err), 0);
	assert_str(ids(&w, &page), "a");
	close_world(&w);
}

static void webhooks_are_checked_then_taken_apart(void **state)
{
	struct world w;
	struct hook hook;
	struct events events;

	(void)state;
	open_world(&w, "{" THREE "}");
	memory_hook(w.c, "patient", "a", "updated", true, &w.arena, &hook);
	assert_int_equal(w.c->kind->webhook(w.c, &w.arena, &hook, &events, &w.err), 0);
	assert_int_equal(events.count, 1);
	assert_int_equal(events.at[0].kind, EVENT_CHANGED);
	assert_str(events.at[0].name, "patient.updated");
	assert_str(events.at[0].object, "patient");
	assert_str(events.at[0].id, "evt-1");
	assert_true(events.at[0].whole);
	assert_str(json_get_text(events.at[0].record.json, "name"), "Ana Bell");
	assert_true(str_eq(events.at[0].record.bytes, events.at[0].record.json->raw));
	memory_remove(w.c, "patient", "a");
	memory_hook(w.c, "patient", "a", "removed", false, &w.arena, &hook);
	assert_int_equal(w.c->kind->webhook(w.c, &w.arena, &hook, &events, &w.err), 0);
	assert_int_equal(events.at[0].kind, EVENT_REMOVED);
	assert_str(events.at[0].record.id, "a");
	assert_true(events.at[0].record.deleted);
	assert_false(events.at[0].whole);
	hook.body = STR("{}");
	assert_int_equal(w.c->kind->webhook(w.c, &w.arena, &hook, &events, &w.err), ERR_AUTH);
	close_world(&w);
}

/* R3: genuine, and no event. */
static void R3_a_malformed_webhook_keeps_its_bytes(void **state)
{
	struct world w;
	struct hook hook;
	struct events events;

	(void)state;
	open_world(&w, "{}");
	memory_hook_raw(w.c, STR("{\"event\":"), &w.arena, &hook);
	assert_int_equal(w.c->kind->webhook(w.c, &w.arena, &hook, &events, &w.err), 0);
	assert_int_equal(events.count, 1);
	assert_non_null(events.at[0].record.fault);
	assert_str(events.at[0].record.bytes, "{\"event\":");
	close_world(&w);
}

static void addresses_are_registered_once(void **state)
{
	struct world w;
	const struct hook_registration what = { .url = STR("https://us.example/hooks/m") };
	struct json *settings;

	(void)state;
	open_world(&w, "{}");
	assert_int_equal(w.c->kind->hook_register(w.c, &what, &w.arena, &settings, &w.err), 0);
	assert_int_equal(w.c->kind->hook_register(w.c, &what, &w.arena, &settings, &w.err), 0);
	assert_str(json_get_text(settings, "hook_secret"), "memory-secret");
	assert_int_equal(memory_hook_count(w.c), 1);
	assert_int_equal(w.c->kind->hook_unregister(w.c, what.url, &w.err), 0);
	assert_int_equal(memory_hook_count(w.c), 0);
	memory_fail(w.c, MEMORY_HOOK, 1, ERR_NETWORK, false);
	assert_int_equal(w.c->kind->hook_register(w.c, &what, &w.arena, &settings, &w.err), ERR_NETWORK);
	close_world(&w);
}

/* ---- the stream ---- */

struct ear {
	struct world *w;
	struct buf heard; /* "patient.updated:a " */
	struct str replay;
	int want;
	atomic_bool stop;
	bool connected;
};

static int hear(void *context, const struct events *events, struct str replay, struct err *err UNUSED)
{
	struct ear *ear = context;

	for (size_t i = 0; i < events->count; i++) {
		buf_printf(&ear->heard, "%.*s:%.*s ", STR_ARG(events->at[i].name), STR_ARG(events->at[i].record.id));
		ear->want--;
	}
	ear->replay = arena_str(&ear->w->arena, replay);
	if (ear->want <= 0)
		atomic_store(&ear->stop, true);
	return 0;
}

static void connected(void *context, bool connected, const char *text UNUSED)
{
	((struct ear *)context)->connected = connected;
}

/* Listens from `replay` until `want` events were heard. */
static int listen_for(struct world *w, const char *replay, int want, struct ear *ear)
{
	struct listen_request request = { .object = STR("patient"),
		                          .replay = str_of(replay),
		                          .on_events = hear,
		                          .on_state = connected,
		                          .context = ear };

	*ear = (struct ear) { .w = w, .heard = BUF_INIT(1000), .want = want };
	request.stop = &ear->stop;
	return w->c->kind->listen(w->c, &request, &w->err);
}

static void the_stream_tells_all_changes_from_a_replay_number(void **state)
{
	struct world w;
	struct ear ear;

	(void)state;
	open_world(&w, "{" THREE "}");
	memory_put(w.c, "visit", "{\"id\":\"v\"}");
	memory_remove(w.c, "patient", "b");
	memory_tell(w.c, "patient", "c", "asked");
	assert_int_equal(listen_for(&w, "2", 3, &ear), 0);
	assert_str(buf_str(&ear.heard), "patient.created:c patient.removed:b patient.asked:c ");
	assert_str(ear.replay, "6");
	assert_false(ear.connected);
	buf_release(&ear.heard);
	memory_forget_stream(w.c);
	assert_int_equal(listen_for(&w, "6", 1, &ear), ERR_GONE);
	buf_release(&ear.heard);
	close_world(&w);
}

static void *put_later(void *context)
{
	struct world *w = context;

	while (memory_listening(w->c) == 0)
		clock_sleep_ms(1);
	memory_put(w->c, "patient", "{\"id\":\"a\",\"name\":\"A\"}");
	return NULL;
}

static void a_listener_from_now_on_hears_what_comes(void **state)
{
	struct world w;
	struct ear ear;
	pthread_t thread;

	(void)state;
	open_world(&w, "{" THREE "}");
	assert_int_equal(pthread_create(&thread, NULL, put_later, &w), 0);
	assert_int_equal(listen_for(&w, NULL, 1, &ear), 0);
	pthread_join(thread, NULL);
	assert_str(buf_str(&ear.heard), "patient.updated:a ");
	buf_release(&ear.heard);
	assert_int_equal(memory_listening(w.c), 0);
	memory_fail(w.c, MEMORY_LISTEN, 1, ERR_AUTH, false);
	assert_int_equal(listen_for(&w, NULL, 1, &ear), ERR_AUTH);
	close_world(&w);
}

static void the_stream_can_lose_repeat_swap_and_overflow(void **state)
{
	static const struct {
		enum memory_stream_fault fault;
		int want;
		const char *heard;
	} rows[] = {
		{ MEMORY_LOSE, 1, "patient.updated:b " },
		{ MEMORY_REPEAT, 3, "patient.updated:a patient.updated:a patient.updated:b " },
		{ MEMORY_SWAP, 2, "patient.updated:b patient.updated:a " },
		{ MEMORY_OVERFLOW, 2, "patient.overflow: patient.updated:b " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct world w;
		struct ear ear;

		open_world(&w, "{" THREE "}");
		memory_stream_strike(w.c, rows[i].fault, 1);
		memory_put(w.c, "patient", "{\"id\":\"a\"}");
		memory_put(w.c, "patient", "{\"id\":\"b\"}");
		assert_int_equal(listen_for(&w, "3", rows[i].want, &ear), 0);
		assert_str(buf_str(&ear.heard), rows[i].heard);
		buf_release(&ear.heard);
		close_world(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(R39_changes_go_on_from_every_mark),
		cmocka_unit_test(R39_a_new_walk_overlaps_and_keeps_its_lag),
		cmocka_unit_test(a_forgotten_mark_is_gone),
		cmocka_unit_test(R27_R32_changes_name_the_user_and_the_survivor),
		cmocka_unit_test(what_is_switched_off_is_not_there),
		cmocka_unit_test(search_finds_by_words),
		cmocka_unit_test(webhooks_are_checked_then_taken_apart),
		cmocka_unit_test(R3_a_malformed_webhook_keeps_its_bytes),
		cmocka_unit_test(addresses_are_registered_once),
		cmocka_unit_test(the_stream_tells_all_changes_from_a_replay_number),
		cmocka_unit_test(a_listener_from_now_on_hears_what_comes),
		cmocka_unit_test(the_stream_can_lose_repeat_swap_and_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

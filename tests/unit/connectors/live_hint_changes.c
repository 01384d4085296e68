/* Changes and webhooks of the Hint descriptor against the stand-in practice. */
#include "live.h"
#include "postbox.h"

enum { people = 25 };

static const char *const arguments[] = { "--salesforce-port", "-1", "--pace", "-1", "--patients", "25", NULL };
static struct live live;
static struct connection *practice;

static struct connection *connect_with(const char *more)
{
	return live_connect(&live, "hint",
	                    arena_printf(&live.arena,
	                                 "{\"url\":\"%.*s/api\",\"token\":\"hint-practice-key\",\"partner_key\":"
	                                 "\"hint-partner-key\",\"webhook_secret\":\"hint-webhook-secret\",\"pace\":0,"
	                                 "\"backoff_ms\":1%s}",
	                                 STR_ARG(live.base), more));
}

static int begin(void **state)
{
	(void)state;
	if (live_open(&live, "hint", arguments))
		practice = connect_with("");
	return 0;
}

static int end(void **state)
{
	(void)state;
	return live_end(&live, &practice);
}

#define NEEDS_PRACTICE LIVE_NEEDS(state, practice)

static struct page changes(struct changes_request request)
{
	struct call *call;
	struct page page;

	request.object = STR("patient");
	call = practice->kind->changes_start(practice, &request);
	if (practice->kind->changes_finish(&call, &live.arena, &page, &live.err) < 0)
		fail_msg("%s", live.err.text);
	return page;
}

static struct str id_at(size_t n)
{
	const struct list_request request = { .object = STR("patient"), .page_size = 100 };
	struct page page;

	if (live_list(&live, practice, request, &page) < 0)
		fail_msg("%s", live.err.text);
	return page.records[n].id;
}

static void person_edits(struct str id, const char *fields)
{
	live_admin(&live, "/__admin/edit", arena_printf(&live.arena, "{\"id\":\"%.*s\",%s}", STR_ARG(id), fields).at);
}

static bool holds(const struct page *page, struct str id)
{
	for (size_t i = 0; i < page->count; i++)
		if (str_eq(page->records[i].id, id))
			return true;
	return false;
}

/* R39: a full walk by small pages sees everybody; later only what changed. */
static void R39_changes_are_found_from_now_on(void **state)
{
	struct page page = { 0 }, now;
	struct changes_request request = { .since_ms = 1, .page_size = 7 };
	size_t seen = 0;
	struct str id;

	NEEDS_PRACTICE;
	now = changes((struct changes_request) { 0 });
	assert_int_equal(now.count, 0);
	assert_true(now.last);
	for (size_t i = 0; i < 20 && !page.last; i++) {
		page = changes(request);
		request.cursor = page.next_cursor;
		seen += page.count;
	}
	assert_true(page.last);
	assert_true(seen >= people);
	id = id_at(3);
	person_edits(id, "\"fields\":{\"chosen_first_name\":\"Bo\"}");
	page = changes((struct changes_request) { .cursor = now.next_cursor, .overlap_ms = 2000 });
	assert_true(holds(&page, id));
	assert_true(page.count < people);
	assert_true(page.records[0].modified_ms > 0);
}

/* A genuine delivery holds the whole patient, byte for byte. */
static void R37_webhooks_hold_the_whole_record(void **state)
{
	struct hook_registration what = { 0 };
	struct postbox *box;
	struct connection *c;
	struct json *code;
	struct events events;
	struct hook hook;
	struct str id;

	NEEDS_PRACTICE;
	box = postbox_open();
	what.url = postbox_url(box);
	if (practice->kind->exchange_code(practice->kind,
	                                  live_json(&live, arena_printf(&live.arena,
	                                                                "{\"url\":\"%.*s/api\",\"partner_key\":"
	                                                                "\"hint-partner-key\"}",
	                                                                STR_ARG(live.base))
	                                                           .at),
	                                  live.http, &(struct code_grant) { .code = STR("hint-first-code") },
	                                  &live.arena, &code, &live.err) < 0)
		fail_msg("%s", live.err.text);
	c = connect_with(
	        arena_printf(&live.arena, ",\"integration\":\"%.*s\"", STR_ARG(json_get_text(code, "integration"))).at);
	for (int again = 0; again < 2; again++)
		if (c->kind->hook_register(c, &what, &live.arena, &code, &live.err) < 0)
			fail_msg("%s", live.err.text);
	id = id_at(5);
	person_edits(id, "\"fields\":{\"chosen_first_name\":\"Cy\"}");
	postbox_take(box, &live.arena, &hook);
	if (c->kind->webhook(c, &live.arena, &hook, &events, &live.err) < 0)
		fail_msg("%s", live.err.text);
	assert_str(events.at[0].name, "patient.updated");
	assert_int_equal(events.at[0].kind, EVENT_CHANGED);
	assert_true(events.at[0].whole);
	assert_true(str_eq(events.at[0].record.id, id));
	assert_str(json_get_text(events.at[0].record.json, "chosen_first_name"), "Cy");
	assert_true(str_find(hook.body, events.at[0].record.bytes) > 0);
	hook.body = arena_printf(&live.arena, "%.*s ", STR_ARG(hook.body));
	assert_int_equal(c->kind->webhook(c, &live.arena, &hook, &events, &live.err), ERR_AUTH);
	live.err = (struct err)ERR_INIT;
	assert_int_equal(c->kind->hook_unregister(c, what.url, &live.err), 0);
	c->kind->close(&c);
	postbox_close(&box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(R39_changes_are_found_from_now_on),
		cmocka_unit_test(R37_webhooks_hold_the_whole_record),
	};

	return cmocka_run_group_tests(tests, begin, end);
}

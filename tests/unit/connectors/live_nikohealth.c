/* The NikoHealth descriptor against the stand-in company, written by others from the same vendor facts. */
#include "live.h"
#include "postbox.h"

#include "lib/clock.h"

enum { people = 40 };

static const char *const arguments[] = { "--salesforce-port", "-1", "--hint-port", "-1", "--nikohealth-port", "0",
	                                 "--patients",        "40", NULL };
static struct live live;
static struct connection *company;

static struct connection *connect_with(const char *more)
{
	return live_connect(
	        &live, "nikohealth",
	        arena_printf(&live.arena,
	                     "{\"domain\":\"x\",\"host\":\"%.*s\",\"client_id\":\"niko-client\","
	                     "\"client_secret\":\"niko-secret\",\"pace\":0,\"window\":8,\"backoff_ms\":1%s}",
	                     STR_ARG(live.base), more));
}

static int begin(void **state)
{
	(void)state;
	if (live_open(&live, "nikohealth", arguments))
		company = connect_with(",\"location\":\"12\"");
	return 0;
}

static int end(void **state)
{
	(void)state;
	return live_end(&live, &company);
}

#define NEEDS_COMPANY LIVE_NEEDS(state, company)

static size_t all(const char *object, struct record *rows, size_t room)
{
	return live_list_all(&live, company, (struct list_request) { .object = str_of(object), .page_size = 16 }, rows,
	                     room);
}

static struct str text_of(const struct record *record, const char *path)
{
	return json_text(json_walk(record->json, path));
}

static void lists_hold_whole_patients(void **state)
{
	struct record rows[2 * people];
	struct str who;

	NEEDS_COMPANY;
	assert_int_equal(company->kind->check(company, &live.arena, &who, &live.err), 0);
	assert_int_equal(all("patient", rows, ARRAY_LEN(rows)), people);
	for (size_t i = 0; i < people; i++) {
		assert_null(rows[i].fault);
		assert_true(text_of(&rows[i], "General.Name.LastName").len > 0);
		assert_true(text_of(&rows[i], "Location.Id").len > 0);
		assert_int_equal(rows[i].modified_ms, 0);
		assert_int_equal(rows[i].version.len, 0);
	}
}

/* What hangs on a patient says whose it is. */
static void parts_name_their_patient(void **state)
{
	static const char *const objects[] = { "insurance", "order", "task" };
	struct record rows[20 * people];

	NEEDS_COMPANY;
	for (size_t o = 0; o < ARRAY_LEN(objects); o++) {
		size_t count = all(objects[o], rows, ARRAY_LEN(rows));

		assert_true(count > 0);
		for (size_t i = 0; i < count; i++) {
			assert_null(rows[i].fault);
			assert_true(text_of(&rows[i], "PatientId").len > 0);
		}
	}
}

static struct record read_one(const char *id)
{
	const struct str ids[] = { str_of(id) };
	struct page page;

	assert_int_equal(live_fetch(&live, company,
	                            (struct fetch_request) { .object = STR("patient"), .ids = ids, .id_count = 1 },
	                            &page),
	                 0);
	return page.records[0];
}

static struct write_result write_one(enum write_op op, const char *id, const char *fields)
{
	const struct write_item item = { .op = op,
		                         .id = str_of(id),
		                         .fields = fields ? live_json(&live, fields) : NULL };
	struct write_result result;

	if (live_write(&live, company, "patient", &item, 1, &result) < 0)
		fail_msg("%s", live.err.text);
	return result;
}

/* R26, R27: one member changes, all others stay; what the server makes of it comes back. */
static void R26_R27_a_put_keeps_what_it_does_not_change(void **state)
{
	struct record before, after;
	struct write_result result;

	NEEDS_COMPANY;
	before = read_one("10000003");
	result = write_one(WRITE_UPDATE, "10000003", "{\"General\":{\"NickName\":\"Roz\"},\"NoSuchName\":1}");
	assert_int_equal(result.outcome, DELIVERED);
	assert_str(text_of(&result.record, "General.NickName"), "Roz");
	assert_null(json_get(result.record.json, "NoSuchName"));
	after = read_one("10000003");
	assert_true(str_eq(after.bytes, result.record.bytes));
	assert_true(str_eq(text_of(&before, "Location.Id"), text_of(&after, "Location.Id")));
	assert_true(json_equal(json_get(before.json, "Contacts"), json_get(after.json, "Contacts")));
	assert_true(json_equal(json_get(before.json, "EmergencyContact"), json_get(after.json, "EmergencyContact")));
	assert_true(json_equal(json_walk(before.json, "General.Name"), json_walk(after.json, "General.Name")));
}

static void a_patient_comes_and_goes(void **state)
{
	static const char *const replies[] = { "full", "id", "bare", "empty" };
	struct write_result result;
	const char *id;

	NEEDS_COMPANY;
	for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
		live_admin(&live, "/__admin/settings",
		           arena_printf(&live.arena, "{\"post_reply\":\"%s\"}", replies[i]).at);
		result = write_one(WRITE_CREATE, NULL,
		                   "{\"General\":{\"Name\":{\"FirstName\":\"Ada\",\"LastName\":\"Quist\"},"
		                   "\"DateOfBirth\":\"1970-01-02\",\"Gender\":\"Female\"}}");
		if (result.outcome != DELIVERED)
			fail_msg("%s: %.*s %.*s", replies[i], STR_ARG(result.code), STR_ARG(result.raw_message));
		assert_str(text_of(&result.record, "General.Name.LastName"), "Quist");
		id = arena_text(&live.arena, result.id);
		assert_int_equal(write_one(WRITE_DELETE, id, NULL).outcome, DELIVERED);
		assert_string_equal(read_one(id).fault, "not there");
	}
	result = write_one(WRITE_CREATE, NULL, "{\"General\":{\"Name\":{\"FirstName\":\"Ada\"}}}");
	assert_int_equal(result.outcome, REFUSED);
	assert_true(result.field.len > 0);
}

/* A token that ends in mid-run is renewed. */
static void short_tokens_are_renewed(void **state)
{
	struct connection *c;
	struct page page;

	NEEDS_COMPANY;
	live_admin(&live, "/__admin/settings", "{\"token_seconds\":1}");
	c = connect_with("");
	assert_int_equal(live_list(&live, c, (struct list_request) { .object = STR("order") }, &page), 0);
	clock_sleep_ms(1100);
	assert_int_equal(live_list(&live, c, (struct list_request) { .object = STR("order") }, &page), 0);
	live_admin(&live, "/__admin/settings", "{\"token_seconds\":1200}");
	c->kind->close(&c);
}

static void a_tenants_filter_by_time_is_used(void **state)
{
	struct changes_request request = { .object = STR("patient") };
	struct connection *c;
	struct call *call;
	struct page page;

	NEEDS_COMPANY;
	c = connect_with(",\"changed_filter\":\"modifiedFrom\"");
	assert_non_null(c->kind->changes_start);
	/* The tenant does not know the name and gives everything: noticed. */
	call = c->kind->changes_start(c, &request);
	assert_int_equal(c->kind->changes_finish(&call, &live.arena, &page, &live.err), ERR_UNSUPPORTED);
	live_admin(&live, "/__admin/settings", "{\"modified_filter\":\"modifiedFrom\"}");
	call = c->kind->changes_start(c, &request);
	assert_int_equal(c->kind->changes_finish(&call, &live.arena, &page, &live.err), 0);
	assert_true(page.last);
	live_admin(&live, "/__admin/edit",
	           "{\"object\":\"patient\",\"id\":\"10000005\",\"fields\":{\"General.NickName\":\"Fay\"}}");
	request.cursor = page.next_cursor;
	request.overlap_ms = 2000;
	call = c->kind->changes_start(c, &request);
	if (c->kind->changes_finish(&call, &live.arena, &page, &live.err) < 0)
		fail_msg("%s", live.err.text);
	assert_true(page.count > 0);
	live_admin(&live, "/__admin/settings", "{\"modified_filter\":\"\"}");
	c->kind->close(&c);
}

/* R37: what is registered comes, at an address that nobody else knows, as a hint. */
static void R37_webhooks_are_hints_at_a_secret_address(void **state)
{
	const struct str wanted[] = { STR("PatientUpdated") };
	struct hook_registration what = { .events = wanted, .event_count = 1 };
	struct postbox *box;
	struct connection *c;
	struct json *settings;
	struct events events;
	struct hook hook;

	NEEDS_COMPANY;
	box = postbox_open();
	what.url = postbox_url(box);
	if (company->kind->hook_register(company, &what, &live.arena, &settings, &live.err) < 0)
		fail_msg("%s", live.err.text);
	c = connect_with(
	        arena_printf(&live.arena, ",\"hook_secret\":\"%.*s\"", STR_ARG(json_get_text(settings, "hook_secret")))
	                .at);
	assert_int_equal(c->kind->hook_register(c, &what, &live.arena, &settings, &live.err), 0);
	live_admin(&live, "/__admin/edit",
	           "{\"object\":\"patient\",\"id\":\"10000004\",\"fields\":{\"General.NickName\":\"Al\"}}");
	postbox_take(box, &live.arena, &hook);
	assert_int_equal(c->kind->webhook(c, &live.arena, &hook, &events, &live.err), 0);
	assert_int_equal(events.count, 1);
	assert_int_equal(events.at[0].kind, EVENT_CHANGED);
	assert_str(events.at[0].name, "PatientUpdated");
	assert_str(events.at[0].record.id, "10000004");
	assert_false(events.at[0].whole);
	hook.path = STR("guessed");
	assert_int_equal(c->kind->webhook(c, &live.arena, &hook, &events, &live.err), ERR_AUTH);
	assert_int_equal(c->kind->hook_unregister(c, what.url, &live.err), 0);
	c->kind->close(&c);
	postbox_close(&box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_hold_whole_patients),
		cmocka_unit_test(parts_name_their_patient),
		cmocka_unit_test(R26_R27_a_put_keeps_what_it_does_not_change),
		cmocka_unit_test(a_patient_comes_and_goes),
		cmocka_unit_test(short_tokens_are_renewed),
		cmocka_unit_test(a_tenants_filter_by_time_is_used),
		cmocka_unit_test(R37_webhooks_are_hints_at_a_secret_address),
	};

	return cmocka_run_group_tests(tests, begin, end);
}

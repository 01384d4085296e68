/*
 * hint: the parts that HTTP tests (tests/node/hint) cannot reach: packing, the published signature vector, and what a row costs
 * in memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "codec/digest.h"
#include "sandbox/hint/hint.h"
#include "sandbox/people/source.h"
#include "sandbox/world.h"

static void test_every_field_has_a_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		assert_true(field_rows[i].name.len > 0);
		assert_int_equal(field_of(field_rows[i].name), i);
		assert_int_equal(field_rows[i].lead.len, field_rows[i].name.len + 3);
	}
	assert_int_equal(field_of(STR("nothing")), FIELD_COUNT);
}

static void test_values_survive_packing(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct values values = { 0 }, back;
	struct packed packed = { 0 };
	char *longer = arena_alloc_bytes(&arena, 5002), *exact = arena_alloc_bytes(&arena, 255);

	(void)state;
	memset(longer, 'x', 5002);
	longer[0] = longer[5001] = '"';
	memset(exact, 'y', 255);
	exact[0] = exact[254] = '"';
	values.at[F_EMAIL] = str_range(longer, 5002);
	values.at[F_FIRST_NAME] = STR("\"Zo\\u00eb\"");
	values.at[F_LAST_NAME] = str_range(exact, 255);
	values.at[F_CONSENT] = STR("false"); /* the default: not kept */
	values_pack(&arena, &values, &packed);
	values_unpack(&packed, &back);
	assert_true(str_eq(back.at[F_EMAIL], values.at[F_EMAIL]));
	assert_true(str_eq(back.at[F_LAST_NAME], values.at[F_LAST_NAME]));
	assert_null(back.at[F_CONSENT].at);
	assert_true(str_eq_c(packed_get(&packed, F_CONSENT), "false"));
	assert_true(str_eq_c(packed_text(&packed, &arena, F_FIRST_NAME), "Zoë"));
	assert_int_equal(packed_text(&packed, &arena, F_DOB).len, 0);
}

static void test_packing_stays_in_place_while_it_fits(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct values values = { 0 };
	struct packed packed = { 0 };
	const unsigned char *place;

	(void)state;
	values.at[F_FIRST_NAME] = STR("\"Ada\"");
	values_pack(&arena, &values, &packed);
	place = packed.bytes;
	values.at[F_WEB_LINK] = STR("\"https://crm.example/0035g00000ABCDEAA4\"");
	values_pack(&arena, &values, &packed);
	assert_ptr_equal(packed.bytes, place);
	assert_true(str_eq_c(packed_get(&packed, F_FIRST_NAME), "\"Ada\""));
}

/* Hint's notes carry a vector: key, 163 bytes of body, and the header they give. */
static void test_signature_of_the_published_vector(void **state)
{
	SCOPED(buf) struct buf hex = BUF_INIT(100);
	struct str body = STR("{\"id\":\"evt-2HsT8wNc6VqB\",\"created_at\":\"2026-08-02T16:05:13.021-07:00\",\"type\":"
	                      "\"patient.updated\","
	                      "\"practice_id\":\"pra-3VxN8gJw5KbE\",\"object\":{\"id\":\"pat-9XcV4kTz1BqM\"}}");
	struct digest mac = digest_hmac_sha256(STR("sandbox-signing-key"), body);

	(void)state;
	assert_int_equal(body.len, 163);
	digest_hex(&hex, str_range((const char *)mac.bytes, sizeof(mac.bytes)));
	assert_string_equal(buf_text(&hex), "b7ebad1755f5a3f99e708ad62025472b131262e1b3fd298e56b20402a39de501");
}

static int create(void *context, const struct json *body, struct err *err)
{
	SCOPED(buf) struct buf ignored = BUF_INIT(4096);

	return hint_vendor.create(context, body, &ignored, err);
}

static struct answer ask(void *hint, struct arena *arena, const char *method, const char *target, const char *body)
{
	struct request request = { .arena = arena, .method = str_of(method), .body = str_of(body) };
	struct answer answer;

	answer_init(&answer, arena);
	pairs_add(arena, &request.headers, STR("Authorization"), STR("Bearer key-of-the-test"));
	request_set_target(&request, str_of(target));
	server_dispatch(&hint_vendor, hint, &request, &answer);
	return answer;
}

static void *open_practice(size_t patients)
{
	static const struct options options = { .api_key = "key-of-the-test", .webhook_secret = "s", .pace = -1 };
	struct world_plan plan = WORLD_PLAN_INIT;
	struct world_sinks sinks = { .hint = create };
	struct world *world;
	struct err err = ERR_INIT;

	assert_int_equal(hint_vendor.open(&options, NULL, &sinks.hint_context, &err), 0);
	plan.patients = patients;
	assert_int_equal(world_build(&plan, &sinks, &world, &err), 0);
	world_free(&world);
	return sinks.hint_context;
}

/* Every generated patient is a row that a strict reader takes, and every row has every member. */
static void test_rows_of_generated_patients_are_sound(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	void *hint = open_practice(1000);
	struct err err = ERR_INIT;

	(void)state;
	for (size_t offset = 0; offset < 1000; offset += 100) {
		struct answer answer =
		        ask(hint, &arena, "GET",
		            arena_printf(&arena, "/api/provider/patients?limit=100&offset=%zu", offset).at, "");
		struct json *rows;

		assert_int_equal(answer.status, 200);
		assert_int_equal(json_parse(&arena, buf_str(&answer.body), &rows, &err), 0);
		assert_int_equal(rows->count, 100);
		JSON_EACH (rows, row) {
			assert_false(row->duplicate_keys);
			assert_int_equal(row->count, 73);
		}
		buf_release(&answer.body);
	}
	hint_vendor.close(hint);
}

static void test_packed_patients_stay_small(void **state)
{
	struct hint *hint = open_practice(2000);
	size_t bytes = 0;

	(void)state;
	for (size_t i = 0; i < hint->count; i++)
		bytes += hint->patients[i]->values.room;
	assert_true(bytes / hint->count < 1100);
	hint_vendor.close(hint);
}

static void test_writes_without_a_server(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	void *hint = open_practice(0);
	struct answer answer =
	        ask(hint, &arena, "POST", "/api/provider/patients", "{\"first_name\":\"A\",\"last_name\":\"B\"}");
	struct json *row;
	struct err err = ERR_INIT;
	const char *target;

	(void)state;
	assert_int_equal(answer.status, 200);
	assert_int_equal(json_parse(&arena, arena_str(&arena, buf_str(&answer.body)), &row, &err), 0);
	buf_release(&answer.body);
	target = arena_printf(&arena, "/api/provider/patients/%.*s", STR_ARG(json_get_text(row, "id"))).at;
	for (int i = 0; i < 300; i++) { /* values that grow and shrink keep the record whole */
		struct str body = arena_printf(&arena, "{\"address_line1\":\"%0*d\",\"email\":\"x%d@mail.example\"}",
		                               i * 7 % 400 + 1, i, i);

		answer = ask(hint, &arena, "PATCH", target, body.at);
		assert_int_equal(answer.status, 200);
		assert_true(str_find(buf_str(&answer.body), arena_printf(&arena, "\"email\":\"x%d@mail.example\"", i)) >
		            0);
		assert_true(str_find(buf_str(&answer.body), STR("\"first_name\":\"A\"")) > 0);
		buf_release(&answer.body);
	}
	answer = ask(hint, &arena, "DELETE", target, "");
	assert_int_equal(answer.status, 204);
	buf_release(&answer.body);
	hint_vendor.close(hint);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_field_has_a_row),
		cmocka_unit_test(test_values_survive_packing),
		cmocka_unit_test(test_packing_stays_in_place_while_it_fits),
		cmocka_unit_test(test_signature_of_the_published_vector),
		cmocka_unit_test(test_rows_of_generated_patients_are_sound),
		cmocka_unit_test(test_packed_patients_stay_small),
		cmocka_unit_test(test_writes_without_a_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

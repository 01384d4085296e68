/* What a person sets up by hand: a sync's document saved, compared, restored; drafts; what a few real records say of their fields. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sync/audit.h"
#include "sync/draft.h"
#include "sync/sample.h"

#define MUST(call)                                \
	do {                                      \
		if ((call) < 0)                   \
			fail_msg("%s", err.text); \
	} while (0)

static struct json *document(struct rig *rig, struct sync_version *ret)
{
	struct err err = ERR_INIT;

	MUST(catalog_sync_version(&rig->engine, &rig->arena, STR("patients"), 0, ret, &err));
	return ret->body;
}

/* The document with one more field in its mapping. */
static struct json *with_row(struct rig *rig, struct json *body, const char *row)
{
	struct err err = ERR_INIT;
	struct json *more;

	MUST(json_parse(&rig->arena, str_of(row), &more, &err));
	json_append(json_get(json_get(body, "mapping"), "fields"), more);
	return body;
}

static void test_a_document_is_saved_as_a_version_that_export_shows(void **state)
{
	SCOPED(buf) struct buf out = BUF_INIT(1 << 20);
	struct rig rig;
	struct sync_version now;
	struct applied applied;
	struct err err = ERR_INIT;
	struct json *body;

	(void)state;
	rig_open(&rig, "");
	body = with_row(&rig, document(&rig, &now), "{\"emr\":\"zip\",\"crm\":\"MailingPostalCode\"}");
	MUST(catalog_save_sync(&rig.engine, STR("patients"), body, now.version, "the zip code", &applied, &err));
	assert_int_equal(applied.changed, 1);
	MUST(catalog_export(&rig.engine, &out, &err));
	assert_non_null(strstr(buf_text(&out), "MailingPostalCode"));
	assert_int_equal(document(&rig, &now) != NULL, 1);
	assert_int_equal(now.version, 2);
	assert_true(str_eq_c(now.who, "test") && str_eq_c(now.why, "the zip code"));
	rig_close(&rig);
}

static void test_what_somebody_else_changed_meanwhile_is_not_overwritten(void **state)
{
	struct rig rig;
	struct sync_version now;
	struct applied applied;
	struct err err = ERR_INIT;
	struct json *body;

	(void)state;
	rig_open(&rig, "");
	body = with_row(&rig, document(&rig, &now), "{\"emr\":\"zip\",\"crm\":\"MailingPostalCode\"}");
	MUST(catalog_save_sync(&rig.engine, STR("patients"), body, 1, "one", &applied, &err));
	body = with_row(&rig, body, "{\"emr\":\"state\",\"crm\":\"MailingState\"}");
	assert_int_equal(catalog_save_sync(&rig.engine, STR("patients"), body, 1, "two", &applied, &err), ERR_CONFLICT);
	assert_int_equal(catalog_save_sync(&rig.engine, STR("patients"), body, 0, "new", &applied, &err), ERR_CONFLICT);
	document(&rig, &now);
	assert_int_equal(now.version, 2);
	rig_close(&rig);
}

static void test_a_wrong_document_is_refused_without_lines_and_stores_nothing(void **state)
{
	struct rig rig;
	struct sync_version now;
	struct applied applied;
	struct plan *plan;
	struct err err = ERR_INIT, again = ERR_INIT;
	struct json *body;

	(void)state;
	rig_open(&rig, "");
	body = with_row(&rig, document(&rig, &now), "{\"emr\":\"zip\",\"crm\":\"Email\"}");
	json_set(body, STR("colour"), json_new_text(&rig.arena, STR("blue")));
	assert_int_equal(catalog_save_sync(&rig.engine, STR("patients"), body, 1, "no", &applied, &err), ERR_CONFIG);
	assert_null(strstr(err.text, "line"));
	assert_non_null(strstr(err.text, "colour"));
	assert_int_equal(plan_open_document(&rig.engine, STR("patients"), body, &plan, &again), ERR_CONFIG);
	assert_null(strstr(again.text, "line"));
	document(&rig, &now);
	assert_int_equal(now.version, 1);
	rig_close(&rig);
}

static void test_a_version_is_restored_as_the_newest_one(void **state)
{
	struct rig rig;
	struct sync_version now, *all;
	struct applied applied;
	struct err err = ERR_INIT;
	struct json *body, *first;
	size_t count;

	(void)state;
	rig_open(&rig, "");
	first = document(&rig, &now);
	body = with_row(&rig, document(&rig, &now), "{\"emr\":\"zip\",\"crm\":\"MailingPostalCode\"}");
	MUST(catalog_save_sync(&rig.engine, STR("patients"), body, 1, "the zip code", &applied, &err));
	MUST(catalog_restore_sync(&rig.engine, STR("patients"), 1, "back", &applied, &err));
	assert_int_equal(applied.changed, 1);
	MUST(catalog_sync_versions(&rig.engine, &rig.arena, STR("patients"), &all, &count, &err));
	assert_int_equal(count, 3);
	assert_int_equal(all[0].version, 3);
	assert_true(str_eq_c(all[0].why, "back") && str_eq_c(all[1].why, "the zip code"));
	assert_true(json_equal(document(&rig, &now), first));
	assert_int_equal(catalog_restore_sync(&rig.engine, STR("patients"), 9, "?", &applied, &err), ERR_NOT_FOUND);
	rig_close(&rig);
}

static void test_a_document_that_is_not_stored_is_opened_and_checked_with_the_field_of_each_finding(void **state)
{
	struct rig rig;
	struct sync_version now;
	struct finding *findings;
	struct plan *plan;
	struct err err = ERR_INIT;
	bool found = false;

	(void)state;
	rig_open(&rig, "");
	memory_put(rig.crm, "Contact", "{\"Id\":\"003-1\",\"FirstName\":\"A\"}");
	MUST(plan_open_document(&rig.engine, STR("fresh"), document(&rig, &now), &plan, &err));
	assert_int_equal(plan->sync_id, 0);
	assert_int_equal(plan->mapping.count, 6);
	plan_close(&plan);
	MUST(plan_check(&rig.engine, rig.plan, &rig.arena, &findings, &err));
	for (; findings; findings = findings->next)
		found = found || (findings->level == FINDING_ERROR && str_eq_c(findings->field, "Payer__c"));
	assert_true(found);
	rig_close(&rig);
}

/* ---- drafts ---- */

/* A person may name any path: what can never be read to its end must not hold the daemon up. */
static void test_a_secret_in_a_pipe_or_a_device_is_no_secret_and_keeps_nobody_waiting(void **state)
{
	char folder[] = "/tmp/suture-secret-XXXXXX";
	struct rig rig;
	struct err err = ERR_INIT;
	struct connection *c = NULL;
	struct applied applied;
	const char *pipe, *paths[] = { NULL, "/dev/zero" };

	(void)state;
	assert_non_null(mkdtemp(folder));
	rig_open(&rig, "");
	pipe = paths[0] = arena_printf(&rig.arena, "%s/pipe", folder).at;
	assert_int_equal(mkfifo(pipe, 0600), 0);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct str text =
		        arena_printf(&rig.arena,
		                     "connections:\n  odd: {kind: hint, url: \"https://emr.example/api\", token: "
		                     "{file: %s}}\n",
		                     paths[i]);

		MUST(catalog_apply(&rig.engine, text, "test", folder, "", &applied, &err));
		assert_true(catalog_open_connection(&rig.engine, STR("odd"), &c, &err) < 0);
		assert_null(c);
	}
	rig_close(&rig);
	unlink(pipe);
	rmdir(folder);
}

static void test_a_draft_is_a_persons_own_and_waits_for_him(void **state)
{
	struct rig rig;
	struct draft draft, *all;
	struct err err = ERR_INIT;
	bool found;
	size_t count;

	(void)state;
	rig_open(&rig, "");
	MUST(draft_keep(&rig.engine, STR("new"), STR("{\"step\":1}"), &err));
	MUST(draft_keep(&rig.engine, STR("new"), STR("{\"step\":2}"), &err));
	rig_restart(&rig);
	MUST(draft_read(&rig.engine, &rig.arena, STR("new"), &draft, &found, &err));
	assert_true(found && str_eq_c(draft.body, "{\"step\":2}"));
	rig.engine.who = "somebody else";
	MUST(draft_read(&rig.engine, &rig.arena, STR("new"), &draft, &found, &err));
	assert_false(found);
	MUST(draft_list(&rig.engine, &rig.arena, &all, &count, &err));
	assert_int_equal(count, 0);
	rig.engine.who = "test";
	MUST(draft_list(&rig.engine, &rig.arena, &all, &count, &err));
	assert_int_equal(count, 1);
	MUST(draft_drop(&rig.engine, STR("new"), &err));
	MUST(draft_read(&rig.engine, &rig.arena, STR("new"), &draft, &found, &err));
	assert_false(found);
	rig_close(&rig);
}

static void test_a_person_has_so_many_drafts_and_no_more(void **state)
{
	struct rig rig;
	struct err err = ERR_INIT;

	(void)state;
	rig_open(&rig, "");
	for (int i = 0; i < 100; i++)
		MUST(draft_keep(&rig.engine, arena_printf(&rig.arena, "sync:%d", i), STR("{}"), &err));
	assert_int_equal(draft_keep(&rig.engine, STR("new"), STR("{}"), &err), ERR_LIMIT);
	MUST(draft_keep(&rig.engine, STR("sync:7"), STR("{}"), &err));
	rig_close(&rig);
}

/* ---- samples ---- */

static void patients(struct rig *rig)
{
	static const char *const rows[] = {
		"{\"id\":\"pat-1\",\"first_name\":\"Ada\",\"city\":\"Oakland\",\"on\":true,\"phones\":[{\"type\":"
		"\"mobile\","
		"\"number\":\"(510) 555-0101\"},{\"type\":\"home\",\"number\":\"510 555 0102\"}]}",
		"{\"id\":\"pat-2\",\"first_name\":\"Bea\",\"city\":\"Fresno\",\"on\":true,\"phones\":[{\"type\":"
		"\"mobile\","
		"\"number\":\"(510) 555-0103\"}],\"given\":[\"Bea\"]}",
		"{\"id\":\"pat-3\",\"first_name\":\"Cyd\",\"city\":\"Napa\",\"on\":true,\"a.b\":null,\"phones\":[{"
		"\"type\":"
		"\"mobile\",\"number\":\"(510) 555-0104\"}]}",
	};
	static const char *const contacts[] = {
		"{\"Id\":\"003-1\",\"FirstName\":\"ada\",\"MailingCity\":\"Oakland\",\"MobilePhone\":\"5105550101\","
		"\"On__c\":"
		"true}",
		("{\"Id\":\"003-2\",\"FirstName\":\"BEA\",\"MailingCity\":\"Napa\",\"MobilePhone\":\"+1 510 555 "
		 "0103\",\"On__c\":true}"),
		"{\"Id\":\"003-3\",\"FirstName\":\"Cyd\",\"MailingCity\":\"Fresno\",\"MobilePhone\":\"510-555-0104\"}",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		memory_put(rig->emr, "patient", rows[i]);
		memory_put(rig->crm, "Contact", contacts[i]);
	}
}

static void read_sample(struct rig *rig, struct connection *c, const char *object, struct page *ret)
{
	const struct sample_request request = { .object = str_of(object), .count = 5 };
	struct err err = ERR_INIT;

	MUST(sample_read(c, &rig->arena, &request, ret, &err));
}

static size_t filled(const struct sample_path *paths, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++) {
		if (str_eq_c(paths[i].path, path))
			return paths[i].filled;
	}
	return 99;
}

static void test_paths_say_where_values_stand(void **state)
{
	struct rig rig;
	struct page page;
	struct sample_path *paths;
	size_t count;
	struct err err = ERR_INIT;

	(void)state;
	rig_open(&rig, "");
	patients(&rig);
	memory_put_raw(rig.emr, "patient", "{\"id\":\"pat-4\",");
	read_sample(&rig, rig.emr, "patient", &page);
	assert_int_equal(page.count, 3);
	MUST(sample_paths(&rig.arena, &page, &paths, &count, &err));
	assert_int_equal(filled(paths, count, "first_name"), 3);
	assert_int_equal(filled(paths, count, "phones[type=mobile].number"), 3);
	assert_int_equal(filled(paths, count, "phones[type=home].number"), 1);
	assert_int_equal(filled(paths, count, "given[0]"), 1);
	assert_int_equal(filled(paths, count, "\"a.b\""), 0);
	assert_int_equal(filled(paths, count, "phones"), 99);
	rig_close(&rig);
}

static void test_fields_with_the_same_values_are_guessed_and_nobody_is_linked(void **state)
{
	static const char *const expected[][2] = { { "city", "MailingCity" },
		                                   { "first_name", "FirstName" },
		                                   { "phones[type=mobile].number", "MobilePhone" } };
	struct rig rig;
	struct page emr, crm;
	struct guess *guesses;
	size_t count;
	struct err err = ERR_INIT;

	(void)state;
	rig_open(&rig, "");
	patients(&rig);
	read_sample(&rig, rig.emr, "patient", &emr);
	read_sample(&rig, rig.crm, "Contact", &crm);
	MUST(guess_fields(&rig.arena, &emr, &crm, &guesses, &count, &err));
	/* The memory systems stamp alike, too: updated_at comes after these. */
	assert_true(count >= ARRAY_LEN(expected));
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		assert_true(str_eq_c(guesses[i].emr, expected[i][0]));
		assert_true(str_eq_c(guesses[i].crm, expected[i][1]));
		assert_int_equal(guesses[i].alike, 3);
	}
	assert_int_equal(memory_written(rig.emr) + memory_written(rig.crm), 0);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_document_is_saved_as_a_version_that_export_shows),
		cmocka_unit_test(test_what_somebody_else_changed_meanwhile_is_not_overwritten),
		cmocka_unit_test(test_a_wrong_document_is_refused_without_lines_and_stores_nothing),
		cmocka_unit_test(test_a_version_is_restored_as_the_newest_one),
		cmocka_unit_test(
		        test_a_document_that_is_not_stored_is_opened_and_checked_with_the_field_of_each_finding),
		cmocka_unit_test(test_a_secret_in_a_pipe_or_a_device_is_no_secret_and_keeps_nobody_waiting),
		cmocka_unit_test(test_a_draft_is_a_persons_own_and_waits_for_him),
		cmocka_unit_test(test_a_person_has_so_many_drafts_and_no_more),
		cmocka_unit_test(test_paths_say_where_values_stand),
		cmocka_unit_test(test_fields_with_the_same_values_are_guessed_and_nobody_is_linked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

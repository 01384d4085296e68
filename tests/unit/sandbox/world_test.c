/*
 * world: truth is checked against the records themselves, by a second way: every contact and patient is indexed by its
 * normalised name and birth date (R7) and by stored ids (R6), and the rules R6 to R8 are applied by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <string.h>
#include <cmocka.h>

#include "lib/map.h"
#include "sandbox/world.h"

struct found {
	struct str id, stored, name;
	bool linked;
	struct str fold;    /* empty: incomplete */
	struct found *same; /* next with the same fold */
	size_t count;       /* of this fold; in the first one */
};

struct seen {
	struct arena arena;
	struct map contacts, patients, by_id, by_stored;
	struct json *list; /* patients as they came */
};

/* Names folded for the Latin letters that the generator varies; other scripts have no case or are never varied. */
static struct str fold(struct arena *arena, struct str text)
{
	char *at = arena_alloc_bytes(arena, text.len + 1);
	size_t len = 0;

	text = str_trim(text);
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i], before = i ? (unsigned char)text.at[i - 1] : 0;

		if (c == ' ' && len && at[len - 1] == ' ')
			continue;
		if ((c >= 'A' && c <= 'Z') || (before == 0xC3 && c >= 0x80 && c <= 0x9E && c != 0x97))
			c = (unsigned char)(c + 32);
		at[len++] = (char)c;
	}
	return str_range(at, len);
}

static struct found *make_found(struct arena *arena, const struct json *fields, const char *const keys[3])
{
	struct found *f = arena_new(arena, struct found);
	struct str first = fold(arena, json_get_text(fields, keys[0])),
	           last = fold(arena, json_get_text(fields, keys[1])), dob = json_get_text(fields, keys[2]);

	if (first.len && last.len && dob.len)
		f->fold = arena_printf(arena, "%.*s|%.*s|%.*s", STR_ARG(first), STR_ARG(last), STR_ARG(dob));
	return f;
}

static void index_found(struct map *map, struct found *f)
{
	struct found *first;

	if (!f->fold.len)
		return;
	first = map_get(map, f->fold);
	f->same = first;
	f->count = first ? first->count + 1 : 1;
	map_put(map, f->fold, f);
}

static int take_contact(void *context, const struct json *body, struct err *err)
{
	static const char *const keys[] = { "FirstName", "LastName", "Birthdate" };
	struct seen *seen = context;
	SCOPED(buf) struct buf text = BUF_INIT(1 << 16);
	struct json *copy, *fields;
	struct found *f;

	json_write(&text, body);
	assert_int_equal(json_parse(&seen->arena, arena_str(&seen->arena, buf_str(&text)), &copy, err), 0);
	fields = json_get(copy, "fields");
	if (!str_eq_c(json_get_text(copy, "object"), "Contact"))
		return 0;
	f = make_found(&seen->arena, fields, keys);
	f->id = json_get_text(copy, "id");
	f->stored = json_get_text(fields, "Hint_Patient_Id__c");
	f->linked = json_bool(json_get(fields, "Synced_to_Hint__c"), false);
	assert_null(map_get(&seen->by_id, f->id));
	map_put(&seen->by_id, f->id, f);
	if (f->stored.len) {
		assert_null(map_get(&seen->by_stored, f->stored)); /* the field is unique */
		map_put(&seen->by_stored, f->stored, f);
	}
	index_found(&seen->contacts, f);
	return 0;
}

static int take_patient(void *context, const struct json *body, struct err *err)
{
	static const char *const keys[] = { "first_name", "last_name", "dob" };
	struct seen *seen = context;
	SCOPED(buf) struct buf text = BUF_INIT(1 << 16);
	struct json *copy;

	json_write(&text, body);
	assert_int_equal(json_parse(&seen->arena, arena_str(&seen->arena, buf_str(&text)), &copy, err), 0);
	json_append(seen->list, copy);
	index_found(&seen->patients, make_found(&seen->arena, json_get(copy, "fields"), keys));
	return 0;
}

static bool is_placeholder(const struct found *f)
{
	return str_ends(f->fold, STR("|1900-01-01")) || str_ends(f->fold, STR("|1970-01-01"));
}

/* R6 to R8, from the records alone. */
static const char *judge(struct seen *seen, const struct json *patient, struct str *ret_contact)
{
	static const char *const keys[] = { "first_name", "last_name", "dob" };
	const struct json *fields = json_get(patient, "fields");
	const struct found *f = make_found(&seen->arena, fields, keys), *contact, *same;
	struct str record_id = json_get_text(fields, "integration_record_id");

	contact = map_get(&seen->by_stored, json_get_text(patient, "id"));
	if (!contact && record_id.len)
		contact = map_get(&seen->by_id, record_id);
	*ret_contact = contact ? contact->id : STR_EMPTY;
	if (contact)
		return "linked";
	if (!f->fold.len || is_placeholder(f))
		return "created";
	contact = map_get(&seen->contacts, f->fold);
	same = map_get(&seen->patients, f->fold);
	if (!contact)
		return "created";
	if (contact->count > 1 || same->count > 1)
		return "skipped_ambiguous";
	*ret_contact = contact->id;
	return contact->linked ? "skipped_linked" : "linked";
}

static void seen_init(struct seen *seen)
{
	*seen = (struct seen) { 0 };
	seen->contacts = seen->patients = seen->by_id = seen->by_stored = (struct map)MAP_INIT(&seen->arena);
	seen->list = json_new(&seen->arena, JSON_ARRAY);
}

static void check_world(const struct world_plan *plan, size_t *ret_relations)
{
	struct seen seen;
	struct world_sinks sinks = { &seen, &seen, take_patient, take_contact };
	struct world *world;
	struct err err = ERR_INIT;
	SCOPED(buf) struct buf text = BUF_INIT((size_t)64 << 20);
	struct json *truth, *told;

	seen_init(&seen);
	assert_int_equal(world_build(plan, &sinks, &world, &err), 0);
	world_write(world, &text);
	assert_int_equal(json_parse(&seen.arena, buf_str(&text), &truth, &err), 0);
	told = json_get(truth, "patients")->first;
	assert_int_equal(seen.list->count, world_patients(world));
	JSON_EACH (seen.list, patient) {
		struct str contact, id = json_get_text(patient, "id");
		const char *treatment = judge(&seen, patient, &contact);

		assert_true(str_eq(json_get_text(told, "id"), id));
		if (!str_eq_c(json_get_text(told, "treatment"), treatment))
			fail_msg("patient %.*s: told %.*s (%.*s), records say %s", STR_ARG(id),
			         STR_ARG(json_get_text(told, "treatment")), STR_ARG(json_get_text(told, "relation")),
			         treatment);
		if (str_eq_c(str_of(treatment), "linked"))
			assert_true(str_eq(json_text(json_at(json_get(told, "contacts"), 0)), contact));
		told = told->next;
	}
	for (size_t i = 0; i < RELATION_COUNT; i++)
		ret_relations[i] = world_count(world, (enum relation)i);
	world_free(&world);
	arena_release(&seen.arena);
}

static void test_truth_of_generated_worlds(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		size_t relations[RELATION_COUNT];
		struct world_plan plan = WORLD_PLAN_INIT;

		plan.seed = seed;
		plan.patients = 12000;
		check_world(&plan, relations);
		for (size_t i = 0; i < RELATION_COUNT; i++)
			assert_true(relations[i] > 0);
		assert_in_range(relations[RELATION_EXACT], 12000 * 12 / 100, 12000 * 15 / 100);
	}
}

static void test_ten_patients_show_every_rare_relation(void **state)
{
	size_t relations[RELATION_COUNT];
	struct world_plan plan = WORLD_PLAN_INIT;

	(void)state;
	plan.patients = 12;
	check_world(&plan, relations);
	assert_true(relations[RELATION_EXACT] && relations[RELATION_TWO_CONTACTS] && relations[RELATION_ELSEWHERE] &&
	            relations[RELATION_STORED] && relations[RELATION_OTHER_DATE] && relations[RELATION_NO_DATE]);
}

/* The sample data beside the repository; a stranger's clone lacks it. */
static bool fhir_file(char *path, size_t size)
{
	const char *shared = getenv("SUTURE_SHARED");

	snprintf(path, size, "%s/data/fhir/synthea-patients-1144.ndjson", shared ? shared : "../shared");
	return access(path, R_OK) == 0;
}

static void test_truth_of_fhir_patients(void **state)
{
	char path[4096];
	size_t relations[RELATION_COUNT], all = 0;
	struct world_plan plan = WORLD_PLAN_INIT;

	(void)state;
	assert_true(fhir_file(path, sizeof(path)));
	plan.data_file = path;
	check_world(&plan, relations);
	for (size_t i = 0; i < RELATION_COUNT; i++)
		all += relations[i];
	assert_int_equal(all, 1144);
}

static int count_record(void *context, const struct json *body, struct err *err)
{
	size_t *count = context;

	(void)err;
	assert_non_null(json_get(body, "fields"));
	(*count)++;
	return 0;
}

static void test_explicit_records_in_both_shapes(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct json *world;
	size_t hint = 0, salesforce = 0;
	struct world_sinks sinks = { &hint, &salesforce, count_record, count_record };

	(void)state;
	assert_int_equal(json_parse(&arena,
	                            STR("{\"hint\":{\"patients\":[{\"id\":\"pat-1\",\"first_name\":\"A\"}]},"
	                                "\"salesforce\":[{\"object\":\"Contact\",\"fields\":{}}]}"),
	                            &world, &err),
	                 0);
	assert_int_equal(world_load(world, &sinks, &err), 0);
	assert_int_equal(json_parse(&arena,
	                            STR("{\"hint\":[{\"object\":\"patient\",\"fields\":{}}],\"salesforce\":"
	                                "{\"Account\":[{\"Name\":\"x\"}],\"Contact\":[{\"LastName\":\"y\"}]}}"),
	                            &world, &err),
	                 0);
	assert_int_equal(world_load(world, &sinks, &err), 0);
	assert_int_equal(hint, 2);
	assert_int_equal(salesforce, 3);
}

static int refuse(void *context, const struct json *body, struct err *err)
{
	(void)context, (void)body;
	return err_set(err, ERR_REFUSED, "no");
}

static void test_failures_are_passed_on(void **state)
{
	struct world_plan plan = WORLD_PLAN_INIT;
	struct world_sinks sinks = { .hint = refuse };
	struct world *world = NULL;
	struct err err = ERR_INIT;

	(void)state;
	plan.patients = 5;
	assert_int_equal(world_build(&plan, &sinks, &world, &err), ERR_REFUSED);
	plan.data_file = "/nowhere/at-all.ndjson";
	assert_int_equal(world_build(&plan, &sinks, &world, &err), ERR_NOT_FOUND);
	assert_null(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_truth_of_generated_worlds),
		cmocka_unit_test(test_ten_patients_show_every_rare_relation),
		cmocka_unit_test(test_explicit_records_in_both_shapes),
		cmocka_unit_test(test_failures_are_passed_on),
		cmocka_unit_test(test_truth_of_fhir_patients), /* last: left out where there is no sample data */
	};
	char path[4096];
	size_t count = ARRAY_LEN(tests);

	if (!fhir_file(path, sizeof(path))) {
		printf("# SKIP test_truth_of_fhir_patients: the sample data is not beside the repository\n");
		count--;
	}
	return _cmocka_run_group_tests("world", tests, count, NULL, NULL);
}

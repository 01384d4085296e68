/*
 * R5: whatever the moment at which a run ends early, the run that goes on leaves what one undisturbed run leaves.
 *
 * A world in which every outcome occurs: created, linked, updated from either side, conflict, ambiguous, already linked, refused, unchanged. The second
 * import of it is ended at each statement and commit of the store, and at each call to either system; then it is resumed. Compared: the values
 * of all records, how many there are, and the outcomes of the run.
 */
#include "hooks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store/store_trace.h"
#include "sync/stage.h"

/* Under the sanitizers, where each costs five times as much, every fifth statement; all of them without. */
#ifdef __SANITIZE_ADDRESS__
enum { STRIDE = 5 };
#else
enum { STRIDE = 1 };
#endif

static const char *const patients[] = { "new1",   "new2",    "join",  "emr",  "crm",   "both",
	                                "unsure", "refused", "taken", "same", "nodate" };
static const char *const contacts[] = { "c-join", "c-emr",   "c-crm",  "c-both", "c-un1",
	                                "c-un2",  "c-taken", "c-same", "c-other" };
static const char *const contact_fields[] = { "FirstName",   "LastName", "Birthdate",     "Email",
	                                      "MailingCity", "Payer__c", "Patient_Id__c", "Synced__c" };
static const char *const patient_fields[] = { "first_name", "last_name", "email", "city", "payer" };

static void person(struct rig *rig, const char *patient, const char *contact, const char *name, const char *more)
{
	char json[300];

	if (patient) {
		snprintf(json, sizeof(json),
		         "{\"id\":\"%s\",\"first_name\":\"%s\",\"last_name\":\"Lee\",\"dob\":\"1980-01-02\"%s}",
		         patient, name, more);
		memory_put(rig->emr, "patient", json);
	}
	if (contact) {
		snprintf(json, sizeof(json),
		         "{\"Id\":\"%s\",\"FirstName\":\"%s\",\"LastName\":\"LEE\",\"Birthdate\":\"1980-01-02\"}",
		         contact, name);
		memory_put(rig->crm, "Contact", json);
	}
}

static void open_world(struct rig *rig)
{
	int64_t counts[OUTCOME_COUNT];

	rig_open(rig, "\"create\":true");
	person(rig, "emr", "c-emr", "Emma", ",\"city\":\"Boise\"");
	person(rig, "crm", "c-crm", "Chris", ",\"city\":\"Boise\"");
	person(rig, "both", "c-both", "Bo", ",\"city\":\"Boise\",\"payer\":\"Blue\"");
	person(rig, "same", "c-same", "Sam", "");
	rig_import(rig, counts);
	assert_int_equal(counts[OUTCOME_LINKED], 4);
	person(rig, "new1", NULL, "Nora", ",\"email\":\"n@x.example\"");
	person(rig, "new2", NULL, "Nora", "");
	person(rig, "join", "c-join", "Jo", ",\"email\":\"jo@x.example\"");
	memory_put(rig->crm, "Contact", "{\"Id\":\"c-join\",\"MailingCity\":\"Nampa\"}");
	person(rig, "unsure", "c-un1", "Una", "");
	person(rig, NULL, "c-un2", "Una", "");
	person(rig, "refused", NULL, "Rex", "");
	person(rig, "taken", "c-taken", "Tao", "");
	memory_put(rig->crm, "Contact", "{\"Id\":\"c-taken\",\"Patient_Id__c\":\"elsewhere\",\"Synced__c\":true}");
	person(rig, NULL, "c-other", "Otto", "");
	memory_put(rig->emr, "patient", "{\"id\":\"nodate\",\"first_name\":\"Otto\",\"last_name\":\"Lee\"}");
	memory_put(rig->emr, "patient", "{\"id\":\"emr\",\"city\":\"Eagle\"}");
	memory_put(rig->crm, "Contact", "{\"Id\":\"c-crm\",\"MailingCity\":\"Kuna\",\"Payer__c\":\"Wrong\"}");
	memory_put(rig->emr, "patient", "{\"id\":\"both\",\"city\":\"Star\",\"email\":\"b@x.example\"}");
	memory_put(rig->crm, "Contact", "{\"Id\":\"c-both\",\"MailingCity\":\"Emmett\",\"FirstName\":\"Beau\"}");
	memory_refuse(rig->crm, "refused", REFUSED, "NO");
}

struct outcome_of_all {
	char text[8000];
	int64_t counts[OUTCOME_COUNT];
};

static void add(struct outcome_of_all *all, const char *what, const char *value)
{
	size_t len = strlen(all->text);

	snprintf(all->text + len, sizeof(all->text) - len, "%s=%s\n", what, value ? value : "(gone)");
}

/* What the world looks like, without ids that depend on the order of creation, and the outcomes of its second run. */
static void look(struct rig *rig, struct outcome_of_all *all)
{
	struct err err = ERR_INIT;
	char count[32];

	memset(all, 0, sizeof(*all));
	for (size_t i = 0; i < ARRAY_LEN(contacts); i++)
		for (size_t k = 0; k < ARRAY_LEN(contact_fields); k++)
			add(all, contacts[i], rig_crm(rig, contacts[i], contact_fields[k]));
	for (size_t i = 0; i < ARRAY_LEN(patients); i++) {
		const char *contact = rig_contact_of(rig, patients[i]);

		for (size_t k = 0; k < ARRAY_LEN(patient_fields); k++)
			add(all, patients[i], rig_emr(rig, patients[i], patient_fields[k]));
		for (size_t k = 0; contact && k < ARRAY_LEN(contact_fields); k++)
			add(all, patients[i], rig_crm(rig, contact, contact_fields[k]));
		assert_string_equal(rig_emr(rig, patients[i], "our_id"), contact ? contact : "");
	}
	snprintf(count, sizeof(count), "%zu", memory_count(rig->crm, "Contact"));
	add(all, "contacts", count);
	assert_int_equal(stage_counts(&rig->engine, 2, all->counts, &err), 0);
}

static void undisturbed(struct outcome_of_all *all)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	open_world(&rig);
	rig_import(&rig, counts);
	rig_import(&rig, counts);
	look(&rig, all);
	assert_int_equal(all->counts[OUTCOME_CREATED], 3);
	assert_int_equal(all->counts[OUTCOME_LINKED], 1);
	assert_int_equal(all->counts[OUTCOME_UPDATED], 3);
	assert_int_equal(all->counts[OUTCOME_UNCHANGED], 1);
	assert_int_equal(all->counts[OUTCOME_SKIPPED_AMBIGUOUS], 1);
	assert_int_equal(all->counts[OUTCOME_SKIPPED_LINKED], 1);
	assert_int_equal(all->counts[OUTCOME_FAILED], 1);
	rig_close(&rig);
}

static void expect_same(const struct outcome_of_all *is, const struct outcome_of_all *should, const char *what,
                        int64_t n)
{
	if (strcmp(is->text, should->text) != 0) {
		const char *a = is->text, *b = should->text;

		while (*a == *b)
			a++, b++;
		fail_msg("%s %lld: the world differs: %.40s, not %.40s", what, (long long)n, a, b);
	}
	for (size_t i = 0; i < OUTCOME_COUNT; i++) {
		if (is->counts[i] != should->counts[i])
			fail_msg("%s %lld: %lld %s, not %lld", what, (long long)n, (long long)is->counts[i],
			         outcome_name((enum outcome)i), (long long)should->counts[i]);
	}
}

/* As far as it comes. */
static void import_and_drain(struct rig *rig)
{
	struct err err = ERR_INIT;
	struct run run = { 0 };
	int code = run_import(&rig->engine, rig->plan, NULL, NULL, &run, &rig->arena, &err);

	if (code == 0)
		code = run_settle(&rig->engine, rig->plan, true, NULL, NULL, &err);
	if (code < 0)
		assert_true(err.code == ERR_STORE || err.code == ERR_ABORTED);
}

static void resume_and_compare(struct rig *rig, const struct outcome_of_all *should, const char *what, int64_t n)
{
	struct outcome_of_all is;
	int64_t counts[OUTCOME_COUNT];

	rig_restart(rig);
	rig_import(rig, counts);
	rig_import(rig, counts);
	look(rig, &is);
	expect_same(&is, should, what, n);
	rig_close(rig);
}

static void test_R5_every_statement_and_commit_may_be_the_last(void **state)
{
	struct outcome_of_all should;
	bool more = true;
	int64_t n, tried = 0;

	(void)state;
	undisturbed(&should);
	for (n = 1; more; n += STRIDE, tried++) {
		struct rig rig;

		open_world(&rig);
		rig_fail_store_at(&rig, n);
		import_and_drain(&rig);
		more = store_fail_left(rig.engine.store) == 0;
		resume_and_compare(&rig, &should, "statement", n);
	}
	print_message("# %lld statements and commits tried\n", (long long)tried - 1);
}

static unsigned stop_at;
static bool stopped;

static void stop_at_call(struct rig *rig, enum memory_call which, unsigned nth)
{
	(void)which;
	if (nth == stop_at) {
		atomic_store(&rig->engine.stop, true);
		stopped = true;
	}
}

static void stop_and_resume(const struct outcome_of_all *should, enum side side)
{
	struct rig rig;

	stopped = false;
	open_world(&rig);
	hooks_set(&rig, side, stop_at_call, NULL);
	import_and_drain(&rig);
	hooks_clear(&rig);
	resume_and_compare(&rig, should, side == SIDE_EMR ? "stop at EMR call" : "stop at CRM call", stop_at);
}

static void test_R34_a_stop_at_every_call_is_resumed(void **state)
{
	struct outcome_of_all should;
	unsigned tried = 0;

	(void)state;
	undisturbed(&should);
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		stopped = true;
		for (stop_at = 1; stopped; stop_at++, tried++)
			stop_and_resume(&should, side);
	}
	print_message("# %u stops tried\n", tried - 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R5_every_statement_and_commit_may_be_the_last),
		cmocka_unit_test(test_R34_a_stop_at_every_call_is_resumed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * R27, R28: a far side that spells in its own way what it is sent, and does not answer with the record. Where our write was the last one, what reads
 * differently is its spelling; else it may be a person's word.
 */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void shout(void *context, struct arena *arena, struct json *record)
{
	const char *field = context;
	char *text = arena_text(arena, json_get_text(record, field));

	for (char *at = text; *at; at++)
		*at = (char)(*at >= 'a' && *at <= 'z' ? *at - 32 : *at);
	if (text[0])
		json_set(record, str_of(field), json_new_text(arena, str_of(text)));
}

/* Linked, both in step; the side that shouts does not answer with what it made of a write. */
static void open_linked(struct rig *rig, enum side shouts, const char *settings)
{
	int64_t counts[OUTCOME_COUNT];

	rig_open(rig, settings);
	memory_put(rig->emr, "patient",
	           "{\"id\":\"a\",\"first_name\":\"Ann\",\"last_name\":\"Lee\",\"dob\":\"1980-01-02\",\"city\":"
	           "\"Boise\"}");
	memory_put(rig->crm, "Contact",
	           "{\"Id\":\"c\",\"FirstName\":\"Ann\",\"LastName\":\"Lee\",\"Birthdate\":\"1980-01-02\"}");
	rig_import(rig, counts);
	rig_delta(rig);
	rig->plan->conn[shouts]->traits.answers_with_record = false;
	rig->emr->traits.reference_field =
	        STR_EMPTY; /* else our id is written beside, and our write is the last one always */
	memory_rewrite(rig->plan->conn[shouts], shout, shouts == SIDE_EMR ? "city" : "MailingCity");
}

static void test_R27_how_the_emr_spells_our_write_does_not_go_to_the_crm(void **state)
{
	struct rig rig;

	(void)state;
	open_linked(&rig, SIDE_EMR, "");
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"MailingCity\":\"Twin Falls\"}");
	rig_delta(&rig);
	assert_string_equal(rig_emr(&rig, "a", "city"), "TWIN FALLS");
	rig_delta(&rig);
	rig_delta(&rig);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Twin Falls");
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"email\":\"a@x.example\"}");
	rig_delta(&rig);
	assert_string_equal(rig_crm(&rig, "c", "Email"), "a@x.example");
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "Twin Falls");
	rig_close(&rig);
}

static void test_R20_R28_a_persons_word_after_our_write_goes_to_the_crm(void **state)
{
	struct rig rig;

	(void)state;
	open_linked(&rig, SIDE_EMR, "");
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"MailingCity\":\"Twin Falls\"}");
	rig_delta(&rig);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	rig_delta(&rig);
	assert_string_equal(rig_crm(&rig, "c", "MailingCity"), "NAMPA");
	rig_close(&rig);
}

/* Whoever corrects the case of letters in the CRM right after our write is heard. */
static void test_R21_R28_a_contact_spelt_anew_by_a_person_is_an_edit(void **state)
{
	struct rig rig;

	(void)state;
	open_linked(&rig, SIDE_CRM, "");
	memory_rewrite(rig.crm, NULL, NULL);
	memory_put(rig.emr, "patient", "{\"id\":\"a\",\"city\":\"TWIN FALLS\"}");
	rig_delta(&rig);
	memory_put(rig.crm, "Contact", "{\"Id\":\"c\",\"MailingCity\":\"Twin Falls\"}");
	rig_delta(&rig);
	assert_string_equal(rig_emr(&rig, "a", "city"), "Twin Falls");
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R27_how_the_emr_spells_our_write_does_not_go_to_the_crm),
		cmocka_unit_test(test_R20_R28_a_persons_word_after_our_write_goes_to_the_crm),
		cmocka_unit_test(test_R21_R28_a_contact_spelt_anew_by_a_person_is_an_edit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

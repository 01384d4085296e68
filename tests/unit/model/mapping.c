/* Mappings: what is refused and how it is said, the one that ships, and records through it in both directions. */
#include "unit.h"

#include "model/match.h"

static int parse_text(struct arena *arena, const char *yaml, struct mapping *ret, struct err *err)
{
	struct json *spec;

	assert_ok(yaml_parse(arena, str_of(yaml), &spec, err), *err);
	return mapping_parse(arena, spec, ret, err);
}

static struct mapping hint(struct arena *arena)
{
	struct err err = ERR_INIT;
	struct mapping m;

	assert_ok(parse_text(arena, arena_text(arena, mapping_builtin(STR("hint-contact"))), &m, &err), err);
	return m;
}

static struct json *record_of(struct arena *arena, const char *text)
{
	struct err err = ERR_INIT;
	struct json *j;

	assert_ok(json_parse(arena, str_of(text), &j, &err), err);
	return j;
}

static size_t field_at(const struct mapping *m, const char *crm)
{
	for (size_t i = 0; i < m->count; i++)
		if (str_eq_c(path_text(m->fields[i].crm), crm))
			return i;
	fail_msg("no field %s", crm);
	return 0;
}

/* ---- what is refused ---- */

static const struct refusal {
	const char *yaml;
	const char *text; /* the beginning of the message */
} refusals[] = {
	{ "{}", "a mapping is an object with a list 'fields'" },
	{ "fields: []", "a mapping is an object with a list 'fields' that is not empty" },
	{ "[{emr: a, crm: B}]", "a mapping is an object with a list 'fields'" },
	{ "fields: {emr: a, crm: B}", "a mapping is an object with a list 'fields'" },
	{ "feelds: 1\nfields: [{emr: a, crm: B}]", "line 1: unknown key 'feelds' in a mapping; allowed: fields" },
	{ "fields:\n  - {emr: a, crm: B, colour: red}",
	  "line 2, field 'B': unknown key 'colour'; allowed: name, emr, crm, "
	  "type, transform, direction, winner, blank, role" },
	{ "fields:\n  - first_name", "line 2, field '': a field is an object" },
	{ "fields:\n  - {emr: a}", "line 2, field '': 'crm' is missing" },
	{ "fields:\n  - {crm: B}", "line 2, field 'B': 'emr' is missing" },
	{ "fields:\n  - {emr: a, crm: B, type: date of birth}",
	  "line 2, field 'B': 'date of birth' is unknown; 'type' is one of: "
	  "text, name, email" },
	{ "fields:\n  - {emr: a, crm: B, winner: hint}",
	  "line 2, field 'B': 'hint' is unknown; 'winner' is one of: emr, crm, newest, review" },
	{ "fields:\n  - {emr: a, crm: B, blank: drop}",
	  "line 2, field 'B': 'drop' is unknown; 'blank' is one of: keep, clear" },
	{ "fields:\n  - {emr: a, crm: B, direction: out}",
	  "line 2, field 'B': 'out' is unknown; 'direction' is one of: both, emr_to_crm, crm_to_emr" },
	{ "fields:\n  - {emr: a, crm: B, role: surname}",
	  "line 2, field 'B': 'surname' is unknown; 'role' is one of: none, "
	  "first_name, last_name, birth_date" },
	{ "fields:\n  - {emr: 'a[b', crm: B}", "line 2, field 'B': path 'a[b':" },
	{ "fields:\n  - {emr: 7, crm: B}", "line 2, field 'B': a path is a text" },
	{ "fields:\n  - {emr: [a, b, c, d, e], crm: B, transform: join}",
	  "line 2, field 'B': 'emr' is a path or a list of 1 to 4" },
	{ "fields:\n  - {emr: [a, b], crm: B}",
	  "line 2, field 'B': several EMR paths need a transform that joins them" },
	{ "fields:\n  - {emr: [a, b], crm: B, transform: phone}",
	  "line 2, field 'B': several EMR paths need a transform" },
	{ "fields:\n  - {emr: a, crm: 'B[0]'}", "line 2, field 'B[0]': 'crm' is a field's name" },
	{ "fields:\n  - {emr: a, crm: Account.Name}", "line 2, field 'Account.Name': 'crm' is a field's name" },
	{ "fields:\n  - {emr: a, crm: B, transform: shout}", "line 2, field 'B': unknown transform 'shout'" },
	{ "fields:\n  - {name: Street, emr: a, crm: B, transform: upper}",
	  "line 2, field 'Street': the transform has no way back to the EMR (it cannot be undone)" },
	{ "fields:\n  - {emr: a, crm: B, direction: crm_to_emr, transform: {truncate: 3}}",
	  "line 2, field 'B': the transform has no way back" },
	{ "fields:\n  - {emr: a, crm: B, transform: {map: {x: y}, else: blank}}",
	  "line 2, field 'B': the transform has no way back to the EMR (with 'else: blank'" },
	{ "fields:\n  - {emr: a, crm: B}\n  - {name: Again, emr: c, crm: B}",
	  "line 3, field 'Again': CRM field 'B' is already mapped by 'B'" },
	{ "fields:\n  - {emr: a, crm: B, role: first_name}\n  - {emr: c, crm: D, role: first_name}",
	  "line 3, field 'D': role first_name is already held by 'B'" },
	{ "fields:\n  - {emr: a, crm: B}\n  - {emr: a, crm: C}", "line 3, field 'C': 'B' writes the same EMR path" },
	{ "fields:\n  - {emr: a, crm: B, role: birth_date, type: text}",
	  "line 2, field 'B': role birth_date needs type date" },
};

static void wrong_mappings_are_refused_with_line_and_reason(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		struct err err = ERR_INIT;
		struct mapping m;

		assert_int_equal(parse_text(&arena, refusals[i].yaml, &m, &err), ERR_CONFIG);
		if (!str_starts(str_of(err.text), str_of(refusals[i].text)))
			fail_msg("wanted: %s\ngot:    %s", refusals[i].text, err.text);
	}
}

/* JSON has no lines: the number of the field stands in. */
static void a_mapping_in_json_names_the_field(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct mapping m;
	struct json *spec =
	        record_of(&arena, "{\"fields\":[{\"emr\":\"a\",\"crm\":\"B\"},{\"emr\":\"c\",\"crm\":\"D\",\"x\":1}]}");

	assert_int_equal(mapping_parse(&arena, spec, &m, &err), ERR_CONFIG);
	assert_true(str_starts(str_of(err.text), STR("field 2 ('D'): unknown key 'x'")));
}

static void defaults(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct mapping m;

	assert_ok(parse_text(&arena,
	                     "fields:\n  - {emr: a, crm: A}\n  - {emr: b, crm: B, transform: {date: M/D/YYYY}}\n"
	                     "  - {emr: c, crm: C, role: last_name}\n  - {emr: a, crm: D, direction: emr_to_crm}\n"
	                     "  - {crm: E, transform: {constant: Hint}, direction: emr_to_crm}\n"
	                     "  - {emr: g, crm: Account.Name, direction: crm_to_emr}",
	                     &m, &err),
	          err);
	assert_int_equal(m.count, 6);
	assert_int_equal(m.fields[0].direction, DIRECTION_BOTH);
	assert_int_equal(m.fields[0].winner, WINNER_EMR); /* R25 */
	assert_int_equal(m.fields[0].blank, BLANK_KEEP);  /* R23 */
	assert_int_equal(m.fields[0].type, TYPE_TEXT);
	assert_true(str_eq_c(m.fields[0].name, "A"));
	assert_int_equal(m.fields[1].type, TYPE_DATE);
	assert_int_equal(m.fields[2].type, TYPE_NAME);
	assert_ptr_equal(m.last_name, &m.fields[2]);
	assert_null(m.first_name);
	assert_int_equal(m.fields[4].emr_count, 0);
}

static void policy_of_a_row_can_be_set(void **state UNUSED)
{
	struct field_map field = { .winner = WINNER_EMR, .blank = BLANK_KEEP };
	struct err err = ERR_INIT;

	assert_ok(mapping_set_policy(&field, STR("newest"), STR_EMPTY, &err), err);
	assert_int_equal(field.winner, WINNER_NEWEST);
	assert_int_equal(field.blank, BLANK_KEEP);
	assert_ok(mapping_set_policy(&field, STR_EMPTY, STR("clear"), &err), err);
	assert_int_equal(field.winner, WINNER_NEWEST);
	assert_int_equal(field.blank, BLANK_CLEAR);
	assert_int_equal(mapping_set_policy(&field, STR("crm"), STR("drop"), &err), ERR_CONFIG);
	assert_non_null(strstr(err.text, "'blank' is one of: keep, clear"));
	assert_int_equal(field.winner, WINNER_NEWEST);
}

/* ---- the one that ships ---- */

/* The list of the Hint module for Salesforce, with the last name. */
static const char *const two_way[] = { "Salutation",   "FirstName",         "MiddleName",
	                               "LastName",     "Birthdate",         "Gender__c",
	                               "Email",        "MobilePhone",       "HomePhone",
	                               "Phone",        "MailingStreet",     "MailingCity",
	                               "MailingState", "MailingPostalCode", "MailingCountry" };
static const char *const read_only[] = { "Practitioner_Name__c",
	                                 "Insurance_Payer__c",
	                                 "Insurance_Group_Id__c",
	                                 "Insurance_Member_Id__c",
	                                 "Member_Contract_Accepted__c",
	                                 "Member_Contract_Accepted_At__c",
	                                 "HIPAA_Authorization_Accepted__c",
	                                 "HIPAA_Authorization_Accepted_At__c" };

static void r17_hint_contact_has_all_fields(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct mapping m = hint(&arena);

	assert_int_equal(m.count, ARRAY_LEN(two_way) + ARRAY_LEN(read_only));
	for (size_t i = 0; i < ARRAY_LEN(two_way); i++)
		assert_int_equal(m.fields[field_at(&m, two_way[i])].direction, DIRECTION_BOTH);
	for (size_t i = 0; i < ARRAY_LEN(read_only); i++)
		assert_int_equal(m.fields[field_at(&m, read_only[i])].direction, DIRECTION_EMR_TO_CRM);
	assert_true(m.first_name && m.last_name && m.birth_date);
	assert_int_equal(mapping_builtin(STR("nobody")).len, 0);
}

/* Every mapping that ships is well-formed, and those of persons can be matched (R7). */
static void r7_every_mapping_that_ships_is_sound(void **state UNUSED)
{
	static const struct {
		const char *name;
		bool person;
	} rows[] = {
		{ "hint-contact", true },
		{ "nikohealth-account", true },
		{ "nikohealth-business-account", true },
		{ "nikohealth-insurance", false },
		{ "nikohealth-order", false },
		{ "nikohealth-task", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		struct err err = ERR_INIT;
		struct mapping m;

		assert_ok(parse_text(&arena, arena_text(&arena, mapping_builtin(str_of(rows[i].name))), &m, &err), err);
		assert_int_equal(m.first_name && m.last_name && m.birth_date, rows[i].person);
	}
}

static const char patient[] =
        "{\"id\":\"pat-1\",\"first_name\":\"Ann\",\"middle_name\":null,\"last_name\":\"Lee\",\"dob\":\"1980-02-03\","
        "\"gender\":\"female\",\"email\":\"\",\"address_line1\":\"12 Main St\",\"address_line2\":\"Apt 3\","
        "\"address_state\":\"CA\",\"address_zip\":94105,\"practitioner\":{\"id\":\"p1\",\"name\":\"Dr. Who\"},"
        "\"phones\":[{\"number\":\"5550100111\",\"type\":\"mobile\",\"us_formattable\":true},{\"number\":"
        "\"5550100122\","
        "\"type\":\"home\"}],\"terms_accepted\":true,\"terms_accepted_at\":\"2026-07-18T09:15:22Z\","
        "\"hipaa_authorization_accepted\":null}";

static void assert_json(const struct json *actual, const char *expected)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf text = BUF_INIT(1 << 20);

	json_write(&text, actual);
	if (!json_equal(actual, record_of(&arena, expected)))
		fail_msg("wanted: %s\ngot:    %s", expected, buf_text(&text));
}

static void a_patient_becomes_a_contact(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct mapping m = hint(&arena);
	const struct field_map *field = NULL;
	struct value values[32];
	bool write[32] = { false };
	size_t fields[] = { field_at(&m, "FirstName"),
		            field_at(&m, "Gender__c"),
		            field_at(&m, "MailingStreet"),
		            field_at(&m, "Birthdate"),
		            field_at(&m, "MobilePhone"),
		            field_at(&m, "MailingPostalCode"),
		            field_at(&m, "Email"),
		            field_at(&m, "Practitioner_Name__c"),
		            field_at(&m, "Member_Contract_Accepted__c"),
		            field_at(&m, "HIPAA_Authorization_Accepted__c") };

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		write[fields[i]] = true;
	assert_ok(mapping_read_emr(&m, &arena, record_of(&arena, patient), values, &field, &err), err);
	/* R27: a checkbox cannot be null, so a blank is written as false. */
	assert_json(mapping_write_crm(&m, &arena, values, write),
	            "{\"FirstName\":\"Ann\",\"Gender__c\":\"Female\",\"MailingStreet\":\"12 Main St\\nApt 3\","
	            "\"Birthdate\":\"1980-02-03\",\"MobilePhone\":\"5550100111\",\"MailingPostalCode\":\"94105\","
	            "\"Email\":null,"
	            "\"Practitioner_Name__c\":\"Dr. Who\",\"Member_Contract_Accepted__c\":true,"
	            "\"HIPAA_Authorization_Accepted__c\":false}");
}

static struct json *write_hint(struct arena *arena, const char *record, const char *crm, struct value v)
{
	struct err err = ERR_INIT;
	struct mapping m = hint(arena);
	const struct field_map *field = NULL;
	struct value values[32] = { 0 };
	bool write[32] = { false };
	struct json *out;
	size_t at = field_at(&m, crm);

	values[at] = v;
	write[at] = true;
	assert_ok(mapping_write_emr(&m, arena, record ? record_of(arena, record) : NULL, values, write, &out, &field,
	                            &err),
	          err);
	return out;
}

static void r26_only_the_changed_member_goes_to_hint(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	assert_json(write_hint(&arena, patient, "FirstName", text_value("Bea")), "{\"first_name\":\"Bea\"}");
	assert_json(write_hint(&arena, patient, "Gender__c", text_value("Male")), "{\"gender\":\"male\"}");
	assert_json(write_hint(&arena, patient, "Email", VALUE_NOTHING), "{\"email\":null}");
	assert_json(write_hint(&arena, patient, "MailingStreet", text_value("1 A\r\nB\r\nC")),
	            "{\"address_line1\":\"1 A\",\"address_line2\":\"B, C\"}");
}

/* A PATCH replaces the list: it must hold all phones, also those that nobody mapped. */
static void phones_go_to_hint_as_a_whole(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	assert_json(write_hint(&arena, patient, "HomePhone", text_value("555-010-0199")),
	            "{\"phones\":[{\"number\":\"5550100111\",\"type\":\"mobile\",\"us_formattable\":true},"
	            "{\"number\":\"555-010-0199\",\"type\":\"home\"}]}");
	assert_json(
	        write_hint(&arena, patient, "Phone", text_value("555-010-0199")),
	        "{\"phones\":[{\"number\":\"5550100111\",\"type\":\"mobile\",\"us_formattable\":true},"
	        "{\"number\":\"5550100122\",\"type\":\"home\"},{\"number\":\"555-010-0199\",\"type\":\"office\"}]}");
	assert_json(write_hint(&arena, patient, "MobilePhone", VALUE_NOTHING),
	            "{\"phones\":[{\"number\":\"5550100122\",\"type\":\"home\"}]}");
	assert_json(write_hint(&arena, NULL, "MobilePhone", text_value("555-010-0199")),
	            "{\"phones\":[{\"number\":\"555-010-0199\",\"type\":\"mobile\"}]}");
}

static void a_new_patient_has_no_blanks(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	assert_json(write_hint(&arena, NULL, "Email", VALUE_NOTHING), "{}");
	assert_json(write_hint(&arena, NULL, "MailingStreet", text_value("1 A")), "{\"address_line1\":\"1 A\"}");
}

static void r17_read_only_fields_never_go_to_hint(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	for (size_t i = 0; i < ARRAY_LEN(read_only); i++)
		assert_json(write_hint(&arena, patient, read_only[i], text_value("true")), "{}");
}

/* The record itself is not touched: it is a staged payload (R2). */
static void r2_writing_leaves_the_record_alone(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct mapping m = hint(&arena);
	const struct field_map *field = NULL;
	struct json *record = record_of(&arena, patient), *out;
	struct value values[32] = { 0 };
	bool write[32];
	SCOPED(buf) struct buf after = BUF_INIT(1 << 20);

	memset(write, true, sizeof(write));
	assert_ok(mapping_write_emr(&m, &arena, record, values, write, &out, &field, &err), err);
	json_write(&after, record);
	assert_string_equal(buf_text(&after), patient);
}

/* ---- values that do not fit ---- */

static const struct bad_value {
	const char *record;
	const char *crm;
	const char *text;
} bad_values[] = {
	{ "{\"dob\":\"2026-02-30\"}", "Birthdate", "Birth date: is no calendar date" },
	{ "{\"dob\":\"0000-01-01\"}", "Birthdate", "Birth date: is no calendar date" },
	{ "{\"dob\":\"03/02/1980\"}", "Birthdate", "Birth date: is no calendar date" },
	{ "{\"terms_accepted\":\"perhaps\"}", "Member_Contract_Accepted__c",
	  "Member contract accepted: is neither true nor false" },
	{ "{\"terms_accepted_at\":\"2026-07-18\"}", "Member_Contract_Accepted_At__c",
	  "Member contract accepted at: is no date and time" },
	{ "{\"first_name\":{\"x\":1}}", "FirstName",
	  "First name: holds a list or an object where one value is needed" },
	{ "{\"email\":[\"a@x.example\"]}", "Email", "E-mail: holds a list or an object where one value is needed" },
};

static void r3_r41_a_bad_value_names_the_field_and_not_the_value(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(bad_values); i++) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		struct err err = ERR_INIT;
		struct mapping m = hint(&arena);
		const struct field_map *field = NULL;
		struct value values[32];

		assert_int_equal(
		        mapping_read_emr(&m, &arena, record_of(&arena, bad_values[i].record), values, &field, &err),
		        ERR_DATA);
		assert_string_equal(err.text, bad_values[i].text);
		assert_ptr_equal(field, &m.fields[field_at(&m, bad_values[i].crm)]);
	}
}

static void a_contact_is_read_in_its_own_form(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct mapping m = hint(&arena);
	const struct field_map *field = NULL;
	struct value values[32];
	struct json *contact =
	        record_of(&arena, "{\"FirstName\":\"Ann\",\"Birthdate\":null,\"Member_Contract_Accepted__c\":false,"
	                          "\"Gender__c\":\"Female\",\"MailingStreet\":\"a\\r\\nb\"}");

	assert_ok(mapping_read_crm(&m, &arena, contact, values, &field, &err), err);
	assert_true(str_eq_c(values[field_at(&m, "Gender__c")].text, "Female"));
	assert_true(str_eq_c(values[field_at(&m, "MailingStreet")].text, "a\r\nb"));
	assert_true(value_is_blank(values[field_at(&m, "Birthdate")]));
	assert_true(value_is_blank(values[field_at(&m, "LastName")]));
	assert_int_equal(values[field_at(&m, "Member_Contract_Accepted__c")].kind, VALUE_BOOL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_mappings_are_refused_with_line_and_reason),
		cmocka_unit_test(a_mapping_in_json_names_the_field),
		cmocka_unit_test(defaults),
		cmocka_unit_test(policy_of_a_row_can_be_set),
		cmocka_unit_test(r17_hint_contact_has_all_fields),
		cmocka_unit_test(r7_every_mapping_that_ships_is_sound),
		cmocka_unit_test(a_patient_becomes_a_contact),
		cmocka_unit_test(r26_only_the_changed_member_goes_to_hint),
		cmocka_unit_test(phones_go_to_hint_as_a_whole),
		cmocka_unit_test(a_new_patient_has_no_blanks),
		cmocka_unit_test(r17_read_only_fields_never_go_to_hint),
		cmocka_unit_test(r2_writing_leaves_the_record_alone),
		cmocka_unit_test(r3_r41_a_bad_value_names_the_field_and_not_the_value),
		cmocka_unit_test(a_contact_is_read_in_its_own_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

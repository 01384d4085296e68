/* Fields that change under us: judged in a table, held back, healed. */
#include "bare.h"

#include "sync/drift.h"

static const char mapping_text[] =
        "{\"fields\":["
        "{\"name\":\"City\",\"emr\":\"city\",\"crm\":\"MailingCity\"},"
        "{\"name\":\"State\",\"emr\":\"state\",\"crm\":\"MailingState\"},"
        "{\"name\":\"Payer\",\"emr\":\"payer\",\"crm\":\"Payer__c\",\"direction\":\"emr_to_crm\"},"
        "{\"name\":\"Stage\",\"emr\":\"stage\",\"crm\":\"Stage__c\",\"direction\":\"crm_to_emr\"}]}";

static struct str two_values[] = { STR("CA"), STR("NY") };
static struct str three_values[] = { STR("CA"), STR("NY"), STR("TX") };

enum { CITY, STATE, PAYER, STAGE, FIELDS };

#define WRITABLE .createable = true, .updateable = true

/* What the CRM says on a good day. */
static const struct field_info fine[FIELDS] = {
	[CITY] = { .name = STR("MailingCity"), .type = FIELD_TEXT, .length = 40, WRITABLE },
	[STATE] = { .name = STR("MailingState"),
	            .type = FIELD_PICKLIST,
	            .restricted = true,
	            .picklist = three_values,
	            .picklist_count = 3,
	            WRITABLE },
	[PAYER] = { .name = STR("Payer__c"), .type = FIELD_TEXT, .length = 255, WRITABLE },
	[STAGE] = { .name = STR("Stage__c"), .type = FIELD_TEXT, .length = 80, WRITABLE },
};

struct rig {
	struct bare bare;
	struct mapping mapping;
	struct drift_subject subject;
	struct field_info fields[FIELDS + 1];
	struct object_info now;
};

static void open_rig(struct rig *r)
{
	struct err err = ERR_INIT;
	struct json *spec;

	*r = (struct rig) { 0 };
	bare_open(&r->bare);
	if (json_parse(&r->bare.arena, str_of(mapping_text), &spec, &err) < 0 ||
	    mapping_parse(&r->bare.arena, spec, &r->mapping, &err) < 0)
		fail_msg("%s", err.text);
	r->subject = (struct drift_subject) {
		.sync_id = 7, .side = SIDE_CRM, .mapping = &r->mapping, .system = STR("Salesforce"), .creates = true
	};
	memcpy(r->fields, fine, sizeof(fine));
	r->now = (struct object_info) { .name = STR("Contact"), .fields = r->fields, .field_count = FIELDS };
}

struct looking {
	const struct rig *rig;
	struct drift_seen seen;
};

static int note(struct db *db, void *context, struct err *err)
{
	struct looking *l = context;

	return drift_note(db, &l->rig->subject, &l->rig->now, &l->seen, err);
}

static struct drift_seen look(struct rig *r, int64_t at_ms)
{
	struct looking l = { .rig = r };

	clock_fix(at_ms);
	bare_write(&r->bare, note, &l);
	return l.seen;
}

static size_t listed(struct rig *r, bool healed, struct drift **ret)
{
	struct err err = ERR_INIT;
	size_t count = 0;

	if (drift_list(&r->bare.engine, &r->bare.arena, 7, healed, ret, &count, &err) < 0)
		fail_msg("%s", err.text);
	return count;
}

struct masking {
	struct rig *rig;
	struct drift_mask mask;
};

static int read_mask(struct db *db, void *context, struct err *err)
{
	struct masking *m = context;

	return drift_mask(db, &m->rig->bare.arena, 7, &m->rig->mapping, &m->mask, err);
}

static struct drift_mask mask_of(struct rig *r)
{
	struct masking m = { .rig = r };
	struct err err = ERR_INIT;

	if (store_read(r->bare.engine.store, read_mask, &m, &err) < 0)
		fail_msg("%s", err.text);
	return m.mask;
}

static int accept_field(struct db *db, void *context, struct err *err)
{
	return drift_accept(db, 7, SIDE_CRM, str_of(context), err);
}

/* ---- what happens to one field, and what is said of it; DRIFT_WHAT_COUNT: nothing ---- */

static void remove_it(struct field_info *f)
{
	f->name = STR("Other__c");
}

static void make_date(struct field_info *f)
{
	f->type = FIELD_DATE;
}

static void make_long_text(struct field_info *f)
{
	f->type = FIELD_LONG_TEXT;
	f->length = 32000;
}

static void make_read_only(struct field_info *f)
{
	f->updateable = false;
}

static void shorten(struct field_info *f)
{
	f->length = 20;
}

static void lengthen(struct field_info *f)
{
	f->length = 300;
}

static void narrow(struct field_info *f)
{
	f->restricted = true;
	f->picklist = two_values;
	f->picklist_count = 2;
}

static void open_up(struct field_info *f)
{
	f->restricted = false;
	f->picklist_count = 1;
}

static const struct {
	size_t field;
	void (*change)(struct field_info *f);
	enum drift_what what;
} changes[] = {
	{ CITY, remove_it, DRIFT_REMOVED },
	{ CITY, make_date, DRIFT_RETYPED },
	{ CITY, make_long_text, DRIFT_WHAT_COUNT },
	{ CITY, make_read_only, DRIFT_READ_ONLY },
	{ CITY, shorten, DRIFT_SHORTENED },
	{ CITY, lengthen, DRIFT_WHAT_COUNT },
	{ CITY, narrow, DRIFT_NARROWED },
	{ STATE, narrow, DRIFT_NARROWED },
	{ STATE, open_up, DRIFT_WHAT_COUNT },
	{ PAYER, make_read_only, DRIFT_READ_ONLY },
	/* We only read it: what may be written there is no matter. */
	{ STAGE, make_read_only, DRIFT_WHAT_COUNT },
	{ STAGE, shorten, DRIFT_WHAT_COUNT },
	{ STAGE, narrow, DRIFT_WHAT_COUNT },
	{ STAGE, remove_it, DRIFT_REMOVED },
	{ STAGE, make_date, DRIFT_RETYPED },
};

static void check_change(size_t row)
{
	enum drift_what what = changes[row].what;
	struct drift *list;
	struct rig r;
	size_t count;

	open_rig(&r);
	assert_int_equal(look(&r, 1000).open, 0);
	changes[row].change(&r.fields[changes[row].field]);
	look(&r, 2000);
	count = listed(&r, false, &list);
	if (count != (what != DRIFT_WHAT_COUNT) || (count && list[0].what != what))
		fail_msg("row %zu: %zu drifts, first: %s", row, count, count ? drift_what_name(list[0].what) : "-");
	if (count) {
		assert_true(str_eq(list[0].field, fine[changes[row].field].name));
		assert_true(str_find(list[0].message, STR("Ask your Salesforce administrator to")) > 0);
		assert_int_equal(list[0].since_ms, 2000);
	}
	bare_close(&r.bare);
}

static void test_what_is_a_drift_and_what_is_none(void **state)
{
	(void)state;
	for (size_t row = 0; row < ARRAY_LEN(changes); row++)
		check_change(row);
}

static void test_one_field_is_held_all_others_flow_and_it_comes_back(void **state)
{
	struct drift_seen seen;
	struct drift_mask mask;
	struct drift *list;
	struct rig r;

	(void)state;
	open_rig(&r);
	look(&r, 1000);
	assert_int_equal(mask_of(&r).held_count, 0);
	make_read_only(&r.fields[CITY]);
	seen = look(&r, 2000);
	assert_int_equal(seen.appeared, 1);
	assert_int_equal(look(&r, 3000).appeared, 0); /* said once */
	remove_it(&r.fields[CITY]);                   /* worse, still the same quarantine */
	assert_int_equal(look(&r, 4000).appeared, 0);
	mask = mask_of(&r);
	assert_int_equal(mask.held_count, 1);
	assert_true(mask.held[CITY]);
	assert_false(mask.held[STATE]);
	assert_true(mask.gone[SIDE_CRM][CITY]);
	assert_false(mask.gone[SIDE_EMR][CITY]);
	r.fields[CITY] = fine[CITY];
	seen = look(&r, 5000);
	assert_int_equal(seen.healed, 1);
	assert_int_equal(seen.held_since_ms, 2000);
	assert_int_equal(seen.open, 0);
	assert_int_equal(mask_of(&r).held_count, 0);
	assert_int_equal(listed(&r, false, &list), 0);
	assert_int_equal(listed(&r, true, &list), 1);
	assert_int_equal(list[0].healed_ms, 5000);
	/* And once more: a row of its own. */
	make_read_only(&r.fields[CITY]);
	assert_int_equal(look(&r, 6000).appeared, 1);
	assert_int_equal(listed(&r, true, &list), 2);
	assert_int_equal(list[0].healed_ms, 0);
	bare_close(&r.bare);
}

static void test_a_change_on_purpose_is_accepted(void **state)
{
	char city[] = "mailingcity", nobody[] = "Payer__c";
	struct rig r;

	(void)state;
	open_rig(&r);
	look(&r, 1000);
	shorten(&r.fields[CITY]);
	look(&r, 2000);
	assert_int_equal(bare_refused(&r.bare, accept_field, nobody), ERR_NOT_FOUND);
	bare_write(&r.bare, accept_field, city);
	assert_int_equal(look(&r, 3000).healed, 1);
	/* The new length is what counts from now on. */
	r.fields[CITY].length = 10;
	assert_int_equal(look(&r, 4000).appeared, 1);
	/* What cannot be written cannot be accepted. */
	make_read_only(&r.fields[CITY]);
	look(&r, 5000);
	bare_write(&r.bare, accept_field, city);
	assert_int_equal(look(&r, 6000).open, 1);
	bare_close(&r.bare);
}

static void test_a_new_required_field_that_nothing_fills(void **state)
{
	char field[] = "Region__c";
	const struct str filled[] = { STR("Region__c") };
	struct drift *list;
	struct rig r;

	(void)state;
	open_rig(&r);
	look(&r, 1000);
	r.fields[FIELDS] = (struct field_info) { .name = STR("Region__c"), .required = true, WRITABLE };
	r.now.field_count = FIELDS + 1;
	r.subject.creates = false;
	assert_int_equal(look(&r, 2000).open, 0);
	r.subject.creates = true;
	r.subject.filled = filled;
	r.subject.filled_count = 1;
	assert_int_equal(look(&r, 2000).open, 0);
	r.subject.filled_count = 0;
	assert_int_equal(look(&r, 3000).appeared, 1);
	assert_int_equal(listed(&r, false, &list), 1);
	assert_int_equal(list[0].what, DRIFT_REQUIRED);
	assert_true(mask_of(&r).create_refused[SIDE_CRM]);
	assert_false(mask_of(&r).create_refused[SIDE_EMR]);
	assert_int_equal(mask_of(&r).held_count, 0);
	bare_write(&r.bare, accept_field, field);
	assert_int_equal(look(&r, 4000).healed, 1);
	assert_int_equal(look(&r, 5000).open, 0);
	bare_close(&r.bare);
}

static void test_the_first_look_takes_fields_as_they_are(void **state)
{
	struct drift *list;
	struct rig r;

	(void)state;
	open_rig(&r);
	remove_it(&r.fields[STAGE]);
	make_read_only(&r.fields[CITY]);
	shorten(&r.fields[PAYER]);
	assert_int_equal(look(&r, 1000).appeared, 2);
	assert_int_equal(listed(&r, false, &list), 2);
	/* An EMR may name only part of its fields: what was never there is not missing. */
	r.subject.side = SIDE_EMR;
	r.fields[CITY] = (struct field_info) { .name = STR("city"), .type = FIELD_TEXT };
	r.now.name = STR("patient");
	assert_int_equal(look(&r, 2000).open, 0);
	r.fields[CITY].name = STR("town");
	assert_int_equal(look(&r, 3000).open, 1);
	assert_true(mask_of(&r).gone[SIDE_EMR][CITY]);
	/* A system that says nothing leaves all as it is. */
	r.now.field_count = 0;
	assert_int_equal(look(&r, 4000).healed, 0);
	assert_int_equal(listed(&r, false, &list), 3);
	bare_close(&r.bare);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_a_drift_and_what_is_none),
		cmocka_unit_test(test_one_field_is_held_all_others_flow_and_it_comes_back),
		cmocka_unit_test(test_a_change_on_purpose_is_accepted),
		cmocka_unit_test(test_a_new_required_field_that_nothing_fills),
		cmocka_unit_test(test_the_first_look_takes_fields_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

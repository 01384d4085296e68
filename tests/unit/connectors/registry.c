#include "unit.h"

static void builtin_kinds_are_there(void **state)
{
	(void)state;
	assert_non_null(connector_find(STR("salesforce")));
	assert_non_null(connector_find(STR("hint")));
	assert_non_null(connector_find(STR("memory")));
	assert_non_null(connector_find(STR("nikohealth")));
	assert_null(connector_find(STR("nobody")));
	for (size_t i = 0; i < connector_count(); i++)
		assert_string_not_equal(connector_nth(i)->name, "memory");
	assert_null(connector_nth(connector_count()));
}

static void every_kind_explains_its_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < connector_count(); i++)
		for (const struct option *o = connector_nth(i)->options; o->name; o++)
			assert_true(o->help && o->help[0]);
}

static const char extra[] = "name: mini\n"
                            "title: Mini EMR\n"
                            "base: \"https://mini.example\"\n"
                            "auth: {kind: none}\n"
                            "paging: {style: none}\n"
                            "objects:\n"
                            "  patient:\n"
                            "    list: {path: /patients}\n"
                            "    record: {id: id}\n"
                            "    fields: [{name: id}]\n";

static void a_users_descriptor_becomes_a_kind(void **state)
{
	struct err err = ERR_INIT;
	const struct connector *kind;
	size_t before = connector_count();

	(void)state;
	assert_ok(connector_add_descriptor(str_of(extra), "mini.yaml", &err));
	kind = connector_find(STR("mini"));
	assert_non_null(kind);
	assert_string_equal(kind->title, "Mini EMR");
	assert_null(kind->write_start);
	assert_null(kind->fetch_start);
	assert_null(kind->exchange_code);
	assert_int_equal(connector_count(), before + 1);
	assert_err(connector_add_descriptor(str_of(extra), "again.yaml", &err), ERR_CONFIG,
	           "again.yaml: there is a system 'mini' already");
	assert_err(connector_add_descriptor(STR("name: x\nfrob: 1\n"), "bad.yaml", &err), ERR_CONFIG,
	           "bad.yaml: line 2: unknown key 'frob'");
	assert_int_equal(connector_count(), before + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builtin_kinds_are_there),
		cmocka_unit_test(every_kind_explains_its_options),
		cmocka_unit_test(a_users_descriptor_becomes_a_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Storage of the stand-in Salesforce: ids, stamps, rows, indexes, rollback, CSV. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "sandbox/salesforce/bulk_csv.h"
#include "sandbox/salesforce/index.h"
#include "sandbox/salesforce/org.h"
#include "sandbox/systems.h"

static struct options options;

static int set_up(void **state)
{
	static char *no_arguments[] = { "test", NULL };
	struct err err = ERR_INIT;

	if (options_parse(1, no_arguments, &options, &err) < 0)
		return -1;
	return salesforce_vendor.open(&options, NULL, state, &err);
}

static int tear_down(void **state)
{
	salesforce_vendor.close(*state);
	return 0;
}

/* ---- ids and stamps ---- */

static void test_ids(void **state)
{
	static const struct {
		const char *given, *expected; /* NULL: no id */
	} cases[] = {
		{ "00D000000000062", "00D000000000062EAA" },
		{ "00D000000000062EAA", "00D000000000062EAA" },
		{ "00d000000000062eaa", "00D000000000062EAA" },
		{ "001xx000003DGb2", "001xx000003DGb2AAG" },
		{ "001XX000003DGB2AAG", "001xx000003DGb2AAG" },
		{ "001xx000003DGb2BAG", NULL },                 /* a digit is no capital */
		{ "001xx000003DGb2AAA", "001xx000003dgb2AAA" }, /* the suffix decides */
		{ "001xx000003DGb", NULL },
		{ "001xx000003DG!2", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char id[ID_SHORT], whole[ID_LONG + 1];

		assert_int_equal(id_short(str_of(cases[i].given), id), cases[i].expected != NULL);
		if (!cases[i].expected)
			continue;
		id_long(id, whole);
		assert_string_equal(whole, cases[i].expected);
	}
}

static void test_stamps(void **state)
{
	static const char *const cases[][2] = {
		{ "2026-07-18T09:15:22Z", "2026-07-18T09:15:22.000+0000" },
		{ "2026-07-18T09:15:22.123+02:00", "2026-07-18T07:15:22.123+0000" },
		{ "1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999+0000" },
		{ "2000-02-29T00:00:00+0000", "2000-02-29T00:00:00.000+0000" },
		{ "1900-03-01T00:00:00Z", "1900-03-01T00:00:00.000+0000" },
	};
	char stamp[32], date[16], http[40];
	uint32_t seconds;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_true(stamp_canonical(str_of(cases[i][0]), stamp));
		assert_string_equal(stamp, cases[i][1]);
	}
	assert_false(stamp_canonical(STR("yesterday"), stamp));
	assert_true(date_canonical(STR("2024-02-29"), date));
	assert_true(date_canonical(STR("1980-01-02T00:00:00Z"), date));
	assert_string_equal(date, "1980-01-02");
	assert_false(date_canonical(STR("2023-02-29"), date));
	assert_false(date_canonical(STR("1980-1-2"), date));
	assert_false(date_canonical(STR("01/02/1980"), date));
	stamp_write_http(1786348800, http);
	assert_true(stamp_read_http(str_of(http), &seconds));
	assert_int_equal(seconds, 1786348800);
	assert_false(stamp_read_http(STR("2026-07-18T09:15:22Z"), &seconds));
}

/* ---- index ---- */

static void test_index_holds_many_and_forgets(void **state)
{
	struct index *index = index_new();
	uint32_t row;

	(void)state;
	for (uint32_t i = 0; i < 20000; i++)
		index_add(index, index_hash(str_range((const char *)&i, 4), false), i);
	for (uint32_t i = 0; i < 20000; i += 2)
		index_remove(index, index_hash(str_range((const char *)&i, 4), false), i);
	for (uint32_t i = 0; i < 20000; i++) {
		uint64_t hash = index_hash(str_range((const char *)&i, 4), false), at;
		bool found = false;

		for (at = index_first(index, hash, &row); row != NO_ROW; at = index_next(index, at, hash, &row))
			found |= row == i;
		assert_int_equal(found, i % 2);
	}
	assert_int_equal(index_hash(STR("ABC"), true), index_hash(STR("abc"), true));
	assert_int_not_equal(index_hash(STR("ABC"), false), index_hash(STR("abc"), false));
	index_free(&index);
	assert_null(index);
}

/* ---- rows ---- */

static unsigned number_of(const struct org *org, const char *field)
{
	return object_field(org->contact, str_of(field))->number;
}

static uint32_t add(struct org *org, const char *last_name, const char *key)
{
	struct str cells[FIELDS_MAX] = { 0 };

	cells[number_of(org, "LastName")] = str_of(last_name);
	cells[number_of(org, "Hint_Patient_Id__c")] = str_of(key);
	return rows_insert(org, org->contact, cells, STR_EMPTY, 0);
}

static size_t with_key(const struct org *org, const char *key)
{
	uint32_t number;

	return rows_lookup(org->contact, object_field(org->contact, STR("Hint_Patient_Id__c")), str_of(key), &number,
	                   1);
}

static void rename_to(struct org *org, uint32_t number, const char *last_name, const char *key)
{
	struct str cells[FIELDS_MAX] = { 0 };

	cells[number_of(org, "LastName")] = str_of(last_name);
	cells[number_of(org, "Hint_Patient_Id__c")] = str_of(key);
	rows_update(org, org->contact, number, cells, 1);
}

static void test_rows_keep_their_cells(void **state)
{
	struct org *org = *state;
	uint32_t number = add(org, "Ng", "P1");
	const struct row *row = row_at(org->contact, number);
	char scratch[SCRATCH_SIZE];

	assert_true(str_eq(row_cell(row, number_of(org, "LastName")), STR("Ng")));
	assert_int_equal(row_cell(row, number_of(org, "FirstName")).len, 0);
	assert_true(
	        str_eq(row_get(org, org->contact, row, object_field(org->contact, STR("NAME")), scratch), STR("Ng")));
	rename_to(org, number, "Nguyen", "P2");
	row = row_at(org->contact, number);
	assert_true(str_eq(row_cell(row, number_of(org, "LastName")), STR("Nguyen")));
	assert_int_equal(with_key(org, "P1"), 0);
	assert_int_equal(with_key(org, "P2"), 1);
	assert_int_equal(with_key(org, "p2"), 0);
	assert_int_equal(row->modified_by, 1);
	rows_delete(org, org->contact, number, 0);
	assert_int_equal(with_key(org, "P2"), 0);
	assert_int_equal(rows_find(org->contact, str_range(row_at(org->contact, number)->id, ID_SHORT)), number);
}

static void change_everything(struct org *org, uint32_t kept, uint32_t gone)
{
	uint32_t fresh = add(org, "Fresh", "P9");

	rename_to(org, kept, "Once", "P7");
	rename_to(org, kept, "Twice", "P8");
	rename_to(org, fresh, "Freshly renamed", "P6");
	rows_delete(org, org->contact, gone, 1);
	rows_delete(org, org->contact, fresh, 1);
}

static void test_rollback_undoes_everything(void **state)
{
	struct org *org = *state;
	uint32_t kept = add(org, "Kept", "P1"), gone = add(org, "Gone", "P2"), live = org->contact->live;

	rows_begin(org);
	change_everything(org, kept, gone);
	rows_end(org, false);
	assert_int_equal(org->contact->live, live);
	assert_int_equal(org->contact->row_count, live);
	assert_true(str_eq(row_cell(row_at(org->contact, kept), number_of(org, "LastName")), STR("Kept")));
	assert_int_equal(row_at(org->contact, kept)->modified_by, 0);
	assert_int_equal(with_key(org, "P1") + with_key(org, "P2"), 2);
	assert_int_equal(with_key(org, "P6") + with_key(org, "P7") + with_key(org, "P8") + with_key(org, "P9"), 0);
}

static void test_commit_keeps_everything(void **state)
{
	struct org *org = *state;
	uint32_t kept = add(org, "Kept", "P1"), gone = add(org, "Gone", "P2");

	rows_begin(org);
	change_everything(org, kept, gone);
	rows_end(org, true);
	assert_int_equal(org->contact->live, 1);
	assert_int_equal(org->contact->row_count, 3);
	assert_int_equal(with_key(org, "P8"), 1);
	assert_int_equal(with_key(org, "P1") + with_key(org, "P2") + with_key(org, "P6") + with_key(org, "P9"), 0);
}

/* ---- CSV ---- */

static void read_all(const char *text, char delimiter, char *out, size_t size, enum csv_pulled *ret_end)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct csv_pull pull = { .rest = str_of(text), .delimiter = delimiter };
	struct str cells[CSV_COLUMNS_MAX];
	size_t count, len = 0;

	while ((*ret_end = csv_pull_row(&pull, &arena, cells, &count)) == CSV_ROW) {
		for (size_t i = 0; i < count; i++)
			len += (size_t)snprintf(out + len, size - len, "[%.*s]", STR_ARG(cells[i]));
		len += (size_t)snprintf(out + len, size - len, ";");
	}
	out[len] = '\0';
}

static void test_csv(void **state)
{
	static const struct {
		const char *text;
		char delimiter;
		const char *expected;
		enum csv_pulled end;
	} cases[] = {
		{ "a,b\n1,2\n", ',', "[a][b];[1][2];", CSV_END },
		{ "a,b\r\n1,2", ',', "[a][b];[1][2];", CSV_END },
		{ "\"a,\"\"b\"\"\",\"x\ny\"\n", ',', "[a,\"b\"][x\ny];", CSV_END },
		{ ",,\n\n\n\"\",x,\n", ',', "[][][];[][x][];", CSV_END },
		{ "a;b\n\"c;d\";e\n", ';', "[a][b];[c;d][e];", CSV_END },
		{ "\"open", ',', "", CSV_BROKEN },
		{ "\"a\"b,c\n", ',', "", CSV_BROKEN },
		{ "", ',', "", CSV_END },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char out[256] = "";
		enum csv_pulled end;

		read_all(cases[i].text, cases[i].delimiter, out, sizeof(out), &end);
		assert_string_equal(out, cases[i].expected);
		assert_int_equal(end, cases[i].end);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_stamps),
		cmocka_unit_test(test_index_holds_many_and_forgets),
		cmocka_unit_test_setup_teardown(test_rows_keep_their_cells, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rollback_undoes_everything, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_commit_keeps_everything, set_up, tear_down),
		cmocka_unit_test(test_csv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

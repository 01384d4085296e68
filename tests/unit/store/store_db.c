/* Statements, binds, rows and columns by name, on one connection. */
#include "fixture.h"

static const struct statement INSERT_BACKWARDS = { .sql = "INSERT INTO person (photo, age, name) VALUES ($3, $2, $1)" };
static const struct statement SELECT_PERSON = {
	.sql = "SELECT name, age, photo, id AS number FROM person WHERE name = $1"
};
static const struct statement SELECT_NAMES = { .sql = "SELECT name FROM person ORDER BY name" };
static const struct statement DELETE_PEOPLE = { .sql = "DELETE FROM person" };
static const struct statement SELECT_TWICE = { .sql = "SELECT $1 || $1 || $2 AS text" };
static const struct statement BY_DIALECT = { .sql = "SELECT 1 AS one",
	                                     .sqlite = "SELECT 2 AS one",
	                                     .postgres = "SELECT 3 AS one" };

/* Runs fn in a transaction of a store of its own. */
static void in_store(store_fn fn)
{
	struct store *store = open_fixture(":memory:");
	struct err err = ERR_INIT;

	if (store_write(store, RELAXED, fn, NULL, &err) < 0)
		fail_msg("%s", err.text);
	store_close(&store);
	assert_null(store);
}

#define ok(call) assert_return_code((call), 0)

static int values_come_back(struct db *db, void *context UNUSED, struct err *err)
{
	static const char bytes[] = { 0, 1, 'x', 0 };
	ROWS rows = NULL;

	ok(db_run(db, &INSERT_BACKWARDS,
	          BIND(bind_text(STR("Ada")), bind_int(INT64_MIN), bind_blob(str_range(bytes, sizeof(bytes)))), err));
	assert_int_equal(db_changed(db), 1);
	ok(db_select(db, &SELECT_PERSON, BIND(bind_text(STR("Ada"))), &rows, err));
	assert_int_equal(rows_next(rows, err), 1);
	assert_true(str_eq_c(row_text(rows, "name"), "Ada"));
	assert_true(row_int(rows, "age") == INT64_MIN);
	assert_int_equal(row_blob(rows, "photo").len, sizeof(bytes));
	assert_memory_equal(row_blob(rows, "photo").at, bytes, sizeof(bytes));
	assert_int_equal(row_int(rows, "number"), db_last_id(db));
	assert_false(row_is_null(rows, "photo"));
	assert_int_equal(rows_next(rows, err), 0);
	assert_int_equal(rows_next(rows, err), 0);
	return 0;
}

static void test_values_come_back(void **state UNUSED)
{
	in_store(values_come_back);
}

/* An empty text is not NULL; bind_text_or_null and bind_id make NULL of nothing. */
static int empty_is_not_null(struct db *db, void *context UNUSED, struct err *err)
{
	ROWS rows = NULL;

	ok(db_run(db, &INSERT_PERSON, BIND(bind_text(STR_EMPTY), bind_id(0), bind_blob(STR_EMPTY)), err));
	ok(db_select(db, &SELECT_PERSON, BIND(bind_text(STR_EMPTY)), &rows, err));
	assert_int_equal(rows_next(rows, err), 1);
	assert_false(row_is_null(rows, "name"));
	assert_true(row_is_null(rows, "age"));
	assert_int_equal(row_int(rows, "age"), 0);
	assert_false(row_is_null(rows, "photo"));
	assert_int_equal(row_blob(rows, "photo").len, 0);
	rows_end(&rows);
	assert_null(rows);
	ok(db_run(db, &INSERT_PERSON, BIND(bind_text_or_null(STR_EMPTY), bind_id(5), bind_null()), err));
	ok(db_select(db, &SELECT_PERSON, BIND(bind_null()), &rows, err));
	assert_int_equal(rows_next(rows, err), 0);
	return 0;
}

static void test_empty_is_not_null(void **state UNUSED)
{
	in_store(empty_is_not_null);
}

static int parameters_by_number(struct db *db, void *context UNUSED, struct err *err)
{
	ROWS rows = NULL;

	ok(db_select(db, &SELECT_TWICE, BIND(bind_text(STR("a")), bind_text(STR("b"))), &rows, err));
	assert_int_equal(rows_next(rows, err), 1);
	assert_true(str_eq_c(row_text(rows, "text"), "aab"));
	return 0;
}

static void test_parameters_by_number(void **state UNUSED)
{
	in_store(parameters_by_number);
}

static int own_dialect(struct db *db, void *context UNUSED, struct err *err)
{
	int64_t number = 0;

	ok(db_number(db, &BY_DIALECT, BIND_NOTHING, 0, &number, err));
	assert_int_equal(number, test_store_is_server() ? 3 : 2);
	return 0;
}

static void test_own_dialect(void **state UNUSED)
{
	in_store(own_dialect);
}

static int add_three(struct db *db, struct err *err)
{
	static const char *const names[] = { "a", "b", "c" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		ok(add_person(db, (void *)(uintptr_t)names[i], err));
	return 0;
}

/* The same statement is read inside itself: nine pairs, and what was bound for each stays what it was. */
static int nested_reads(struct db *db, void *context UNUSED, struct err *err)
{
	ROWS outer = NULL;
	int pairs = 0;

	ok(add_three(db, err));
	ok(db_select(db, &SELECT_NAMES, BIND_NOTHING, &outer, err));
	while (rows_next(outer, err) > 0) {
		ROWS inner = NULL;

		ok(db_select(db, &SELECT_NAMES, BIND_NOTHING, &inner, err));
		while (rows_next(inner, err) > 0)
			pairs += row_text(outer, "name").len + row_text(inner, "name").len == 2;
	}
	assert_int_equal(pairs, 9);
	return 0;
}

static void test_nested_reads(void **state UNUSED)
{
	in_store(nested_reads);
}

static struct rows *second_reader(struct db *db, struct err *err)
{
	ROWS first = NULL;
	struct rows *second = NULL;

	ok(db_select(db, &SELECT_NAMES, BIND_NOTHING, &first, err));
	while (rows_next(first, err) > 0)
		continue;
	ok(db_select(db, &SELECT_NAMES, BIND_NOTHING, &second, err));
	assert_int_equal(rows_next(second, err), 1);
	return second;
}

/* `first` ended before `second` began and leaves its block while `second` is being read. */
static int late_scope(struct db *db, void *context UNUSED, struct err *err)
{
	ROWS second = NULL;

	ok(add_three(db, err));
	second = second_reader(db, err);
	assert_true(str_eq_c(row_text(second, "name"), "a"));
	assert_int_equal(rows_next(second, err), 1);
	assert_true(str_eq_c(row_text(second, "name"), "b"));
	return 0;
}

static void test_late_scope(void **state UNUSED)
{
	in_store(late_scope);
}

/* The bytes that were bound are gone before the rows are read. */
static int bound_bytes_may_go(struct db *db, void *context UNUSED, struct err *err)
{
	ROWS rows = NULL;
	char name[] = "b";

	ok(add_three(db, err));
	ok(db_select(db, &SELECT_PERSON, BIND(bind_text(str_of(name))), &rows, err));
	name[0] = '?';
	assert_int_equal(rows_next(rows, err), 1);
	assert_true(str_eq_c(row_text(rows, "name"), "b"));
	return 0;
}

static void test_bound_bytes_may_go(void **state UNUSED)
{
	in_store(bound_bytes_may_go);
}

static int counts_changes(struct db *db, void *context UNUSED, struct err *err)
{
	int64_t number = 0;

	ok(add_three(db, err));
	ok(db_run(db, &DELETE_PEOPLE, BIND_NOTHING, err));
	assert_int_equal(db_changed(db), 3);
	ok(db_run(db, &SELECT_NAMES, BIND_NOTHING, err));
	assert_int_equal(db_changed(db), 0);
	ok(db_number(db, &SELECT_NAMES, BIND_NOTHING, -5, &number, err));
	assert_int_equal(number, -5);
	return 0;
}

static void test_counts_changes(void **state UNUSED)
{
	in_store(counts_changes);
}

/* A statement built at run time lies at an address that another one had before. */
static int built_at_run_time(struct db *db, void *context UNUSED, struct err *err)
{
	for (int i = 0; i < 1000; i++) {
		char sql[64];
		struct statement statement = { .sql = sql };
		int64_t number = 0;

		snprintf(sql, sizeof(sql), "SELECT %d AS n", i);
		ok(db_number(db, &statement, BIND_NOTHING, -1, &number, err));
		assert_int_equal(number, i);
	}
	return 0;
}

static void test_built_at_run_time(void **state UNUSED)
{
	struct store *store = open_fixture(":memory:");
	struct err err = ERR_INIT;

	for (int i = 0; i < 3; i++)
		ok(store_write(store, RELAXED, built_at_run_time, NULL, &err));
	write_person(store, "after the statements were thrown away");
	assert_int_equal(count_people(store), 1);
	store_close(&store);
}

/* Our mistake, told as one, and without the transaction's values. */
static int wrong_statement(struct db *db, void *context UNUSED, struct err *err)
{
	static const struct statement wrong = { .sql = "SELECT a FROM nowhere" };
	int64_t number;

	return db_number(db, &wrong, BIND_NOTHING, 0, &number, err);
}

static void test_wrong_statement(void **state UNUSED)
{
	struct store *store = open_fixture(":memory:");
	struct err err = ERR_INIT;

	assert_int_equal(store_write(store, RELAXED, wrong_statement, NULL, &err), ERR_BUG);
	if (!strstr(err.text, "nowhere"))
		fail_msg("%s", err.text);
	store_close(&store);
}

static int conflict(struct db *db, void *context UNUSED, struct err *err)
{
	ok(add_three(db, err));
	return add_person(db, (void *)(uintptr_t) "b", err);
}

/* R9: the place is taken. The error names the column and not what is in it (R41). */
static void test_r9_unique_is_conflict(void **state UNUSED)
{
	struct store *store = open_fixture(":memory:");
	struct err err = ERR_INIT;

	assert_int_equal(store_write(store, RELAXED, conflict, NULL, &err), ERR_CONFLICT);
	assert_non_null(strstr(err.text, test_store_is_server() ? "person_name_key" : "person.name"));
	assert_null(strstr(err.text, "'b'"));
	assert_int_equal(count_people(store), 0);
	store_close(&store);
}

static int orphan(struct db *db, void *context UNUSED, struct err *err)
{
	static const struct statement insert = { .sql = "INSERT INTO event (person, what) VALUES ($1, $2)" };

	return db_run(db, &insert, BIND(bind_int(99), bind_text(STR("x"))), err);
}

static void test_foreign_keys_hold(void **state UNUSED)
{
	struct store *store = open_fixture(":memory:");
	struct err err = ERR_INIT;

	assert_int_equal(store_write(store, RELAXED, orphan, NULL, &err), ERR_STORE);
	store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_come_back),      cmocka_unit_test(test_empty_is_not_null),
		cmocka_unit_test(test_parameters_by_number),  cmocka_unit_test(test_own_dialect),
		cmocka_unit_test(test_nested_reads),          cmocka_unit_test(test_late_scope),
		cmocka_unit_test(test_bound_bytes_may_go),    cmocka_unit_test(test_counts_changes),
		cmocka_unit_test(test_built_at_run_time),     cmocka_unit_test(test_wrong_statement),
		cmocka_unit_test(test_r9_unique_is_conflict), cmocka_unit_test(test_foreign_keys_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

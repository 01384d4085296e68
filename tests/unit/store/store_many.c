/*
 * What is asked ahead and what is run a little later makes no difference but the time it takes. Statements that say which rows they are about run on one
 * table, the same without that on its twin, and both must be told the same at each moment.
 */
#include "fixture.h"

enum { THING, TWIN, TABLES };
enum { HIGH = 100000 }; /* ids that no insert of a game takes first */

static const struct migration steps[] = {
	{ "twins",
	  "CREATE TABLE thing (id INTEGER PRIMARY KEY AUTOINCREMENT, place INTEGER NOT NULL, name TEXT NOT NULL, size "
	  "BIGINT, body BLOB);"
	  "CREATE UNIQUE INDEX thing_of_place ON thing (place, name);"
	  "CREATE TABLE twin (id INTEGER PRIMARY KEY AUTOINCREMENT, place INTEGER NOT NULL, name TEXT NOT NULL, size "
	  "BIGINT, body BLOB);"
	  "CREATE UNIQUE INDEX twin_of_place ON twin (place, name)",
	  NULL },
};

#define INSERT_TEXT(t) "INSERT INTO " t " (id, place, name, size, body) VALUES ($1,$2,$3,$4,$5)"
#define PUT_TEXT(t)                                                                                    \
	"INSERT INTO " t " (place, name, size, body, id) VALUES ($1,$2,$3,$4,$5)"                      \
	" ON CONFLICT (place, name) DO UPDATE SET size = COALESCE(excluded.size, " t ".size), body = " \
	"excluded.body"
#define CHANGE_TEXT(t) "UPDATE " t " SET size = COALESCE($2, size) + 1, body = $3 WHERE id = $1"
#define DROP_TEXT(t)   "DELETE FROM " t " WHERE id = $1"
#define MOVE_TEXT(t)   "UPDATE " t " SET size = 0 WHERE size > $1"
#define BY_ID_TEXT(t)  "SELECT id, name, size, body FROM " t " WHERE id = $1"
#define BY_NAME_TEXT(t) \
	"SELECT id, name, size, body FROM " t " WHERE place = $1 AND name >= $2 ORDER BY name, id LIMIT 3"
#define ALL_TEXT(t) "SELECT id, name, size, body FROM " t " ORDER BY id"
#define SUM_TEXT(t) "SELECT COUNT(*) * 1000 + COALESCE(SUM(size), 0) FROM " t

static const struct statement INSERT[] = { { INSERT_TEXT("thing"), .by = "id" }, { INSERT_TEXT("twin") } };
static const struct statement PUT[] = { { PUT_TEXT("thing"), .by = "place, name" }, { PUT_TEXT("twin") } };
static const struct statement CHANGE[] = { { CHANGE_TEXT("thing"), .by = "id" }, { CHANGE_TEXT("twin") } };
static const struct statement DROP[] = { { DROP_TEXT("thing"), .by = "id" }, { DROP_TEXT("twin") } };
static const struct statement MOVE[] = { { MOVE_TEXT("thing") }, { MOVE_TEXT("twin") } };
static const struct statement BY_ID[] = { { BY_ID_TEXT("thing"), .by = "id" }, { BY_ID_TEXT("twin") } };
static const struct statement BY_NAME[] = { { BY_NAME_TEXT("thing") }, { BY_NAME_TEXT("twin") } };
static const struct statement ALL[] = { { ALL_TEXT("thing") }, { ALL_TEXT("twin") } };
static const struct statement SUM[] = { { SUM_TEXT("thing") }, { SUM_TEXT("twin") } };

#define ok(call) assert_return_code((call), 0)

static struct store *open_twins(void)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct store *store = NULL;
	struct err err = ERR_INIT;

	if (test_store_is_server())
		test_store_forget(TEST_STORE_ONCE);
	if (store_open_with(test_store_url(&arena, TEST_STORE_ONCE), steps, ARRAY_LEN(steps), &store, &err) < 0)
		fail_msg("%s", err.text);
	return store;
}

/* All rows of a result as one text. */
static void write_rows(struct db *db, const struct statement *statement, struct binds binds, struct buf *out)
{
	struct err err = ERR_INIT;
	ROWS rows = NULL;

	ok(db_select(db, statement, binds, &rows, &err));
	while (rows_next(rows, &err) > 0) {
		struct str body = row_blob(rows, "body");

		buf_printf(out, "%lld %.*s %lld%s", (long long)row_int(rows, "id"), STR_ARG(row_text(rows, "name")),
		           (long long)row_int(rows, "size"), row_is_null(rows, "size") ? " none" : "");
		buf_printf(out, " %zu%s:", body.len, row_is_null(rows, "body") ? " none" : "");
		buf_add(out, body);
		buf_add_char(out, '\n');
	}
	assert_int_equal(err.code, ERR_OK);
}

static void check_same(struct db *db, const struct statement *both, struct binds binds)
{
	SCOPED(buf) struct buf thing = BUF_INIT(1 << 24);
	SCOPED(buf) struct buf twin = BUF_INIT(1 << 24);

	write_rows(db, &both[THING], binds, &thing);
	write_rows(db, &both[TWIN], binds, &twin);
	if (!str_eq(buf_str(&thing), buf_str(&twin)))
		fail_msg("%s\n%s\n%s", both[THING].sql, buf_text(&thing), buf_text(&twin));
}

static int64_t insert(struct db *db, struct binds binds)
{
	struct err err = ERR_INIT;
	int64_t id[TABLES];

	for (int t = 0; t < TABLES; t++)
		ok(db_insert(db, &INSERT[t], binds, &id[t], &err));
	assert_int_equal(id[THING], id[TWIN]);
	return id[THING];
}

static void run(struct db *db, const struct statement *both, struct binds binds)
{
	struct err err = ERR_INIT;

	for (int t = 0; t < TABLES; t++)
		ok(db_run(db, &both[t], binds, &err));
}

static void in_store(store_fn fn)
{
	struct store *store = open_twins();
	struct err err = ERR_INIT;

	if (store_write(store, RELAXED, fn, NULL, &err) < 0)
		fail_msg("%s", err.text);
	store_close(&store);
}

/* ---- runs */

static const char zeros[] = { 0, 'x', 0, 0 };

static int every_kind_of_value(struct db *db, void *context UNUSED, struct err *err UNUSED)
{
	const struct bind sizes[] = { bind_null(), bind_null(), bind_int(INT64_MIN), bind_int(-1), bind_null() };
	const struct bind bodies[] = { bind_null(), bind_blob(str_range(zeros, sizeof(zeros))), bind_blob(STR_EMPTY),
		                       bind_null(), bind_blob(STR("y")) };
	const struct str names[] = { STR("a"), STR("'$1, (\"{}\\"), STR(""), STR("NULL"), STR("\xc3\xa4") };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		int64_t id = insert(db, BIND(bind_null(), bind_int(1), bind_text(names[i]), sizes[i], bodies[i]));

		run(db, PUT, BIND(bind_int(2), bind_text(names[i]), sizes[i], bodies[i], bind_int(id + 1000)));
		run(db, CHANGE, BIND(bind_int(id), bind_null(), bodies[ARRAY_LEN(sizes) - 1 - i]));
	}
	check_same(db, ALL, BIND_NOTHING);
	return 0;
}

static void test_every_kind_of_value_arrives(void **state UNUSED)
{
	in_store(every_kind_of_value);
}

/* A server takes no such text and would fail the whole transaction (R3): what is written and what is looked for become the same one that it takes. */
static int texts_that_are_none(struct db *db, void *context UNUSED, struct err *err UNUSED)
{
	static const char zero[] = { 'a', 0, 'b' };
	const struct str names[] = { str_range(zero, sizeof(zero)), STR("\xff"), STR("caf\xe9"), STR("\xed\xa0\x80") };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct binds place = BIND(bind_int((int64_t)i), bind_text(names[i]));
		SCOPED(buf) struct buf found = BUF_INIT(1 << 10);

		insert(db, BIND(bind_null(), place.at[0], place.at[1], bind_int(1), bind_null()));
		run(db, PUT, BIND(place.at[0], place.at[1], bind_int(2), bind_null(), bind_int(1000)));
		ok(db_ahead(db, &BY_NAME[THING], &place, 1, err));
		write_rows(db, &BY_NAME[THING], place, &found);
		assert_non_null(strstr(buf_text(&found), " 2 0 none:\n"));
		check_same(db, BY_NAME, place);
	}
	return 0;
}

static void test_r3_a_text_that_is_none_fails_nothing_and_is_found_again(void **state UNUSED)
{
	in_store(texts_that_are_none);
}

/* Each of them is about a row that the one before is about: none may overtake. */
static int the_same_row_again(struct db *db, void *context UNUSED, struct err *err UNUSED)
{
	for (int round = 0; round < 3; round++) {
		int64_t id =
		        insert(db, BIND(bind_null(), bind_int(round), bind_text(STR("a")), bind_int(1), bind_null()));

		run(db, PUT,
		    BIND(bind_int(round), bind_text(STR("a")), bind_int(10), bind_null(), bind_int(id + 1000)));
		run(db, PUT,
		    BIND(bind_int(round), bind_text(STR("a")), bind_null(), bind_blob(STR("b")), bind_int(id + 1000)));
		run(db, CHANGE, BIND(bind_int(id), bind_null(), bind_blob(STR("c"))));
		run(db, CHANGE, BIND(bind_int(id), bind_int(7), bind_null()));
		run(db, CHANGE, BIND(bind_int(id), bind_null(), bind_null()));
		check_same(db, BY_ID, BIND(bind_int(id)));
		run(db, MOVE, BIND(bind_int(round)));
		run(db, CHANGE, BIND(bind_int(id), bind_null(), bind_null()));
		if (round == 1)
			run(db, DROP, BIND(bind_int(id)));
		run(db, CHANGE, BIND(bind_int(id), bind_null(), bind_blob(STR("z"))));
	}
	check_same(db, ALL, BIND_NOTHING);
	return 0;
}

static void test_what_is_run_about_one_row_keeps_its_order(void **state UNUSED)
{
	in_store(the_same_row_again);
}

/* More than one message takes, in rows and in bytes. */
static int very_many(struct db *db, void *context UNUSED, struct err *err UNUSED)
{
	enum { ROWS_OF_IT = 2500, BYTES = 4000 };
	static char body[BYTES];
	int64_t first = 0;

	for (int i = 0; i < ROWS_OF_IT; i++) {
		char name[20];
		int64_t id;

		snprintf(name, sizeof(name), "%d", i);
		body[i % BYTES] = (char)i;
		id = insert(db, BIND(bind_null(), bind_int(1), bind_text(str_of(name)), bind_int(i),
		                     bind_blob(str_range(body, sizeof(body)))));
		first = first ? first : id;
		run(db, CHANGE, BIND(bind_int(id), bind_int(-i), bind_blob(STR("short"))));
		if (i % 3 == 0)
			run(db, DROP, BIND(bind_int(id)));
		assert_int_equal(id, first + i);
	}
	check_same(db, ALL, BIND_NOTHING);
	return 0;
}

static void test_more_than_one_message_holds(void **state UNUSED)
{
	in_store(very_many);
}

static int insert_named(struct db *db, void *context, struct err *err)
{
	int64_t before = 0;

	for (const char *name = context; *name; name++) {
		int64_t id = 0;

		if (db_insert(db, &INSERT[THING],
		              BIND(bind_null(), bind_int(1), bind_text(str_range(name, 1)), bind_null(), bind_null()),
		              &id, err) < 0)
			return err_pass(err);
		assert_true(id > before);
		before = id;
	}
	return 0;
}

static int read_sum(struct db *db, void *context, struct err *err)
{
	return db_number(db, &SUM[THING], BIND_NOTHING, -1, context, err);
}

/* The one in the middle takes all of its transaction with it, and nobody else's. */
static void test_r5_an_error_in_the_middle_undoes_all_of_it(void **state UNUSED)
{
	struct store *store = open_twins();
	struct err err = ERR_INIT;
	const char *const parts[] = { "ab", "cdbef", "gh" };
	struct store_pending *pending[ARRAY_LEN(parts)];
	int64_t sum = 0;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		pending[i] = store_write_start(store, RELAXED, insert_named, (void *)(uintptr_t)parts[i]);
	assert_int_equal(store_write_wait(&pending[0], &err), 0);
	assert_int_equal(store_write_wait(&pending[1], &err), ERR_CONFLICT);
	err.code = ERR_OK;
	assert_int_equal(store_write_wait(&pending[2], &err), 0);
	ok(store_read(store, read_sum, &sum, &err));
	assert_int_equal(sum, 4000);
	store_close(&store);
}

static int read_names(struct db *db, void *context, struct err *err)
{
	ROWS rows = NULL;
	int more = db_select(db, &ALL[THING], BIND_NOTHING, &rows, err);

	while (more >= 0 && (more = rows_next(rows, err)) > 0)
		buf_add(context, row_text(rows, "name"));
	return more;
}

/* Nobody has to ask for them: an id is there as the row is handed over, and no later transaction's is lower. */
static void test_ids_come_up_in_the_order_of_commits(void **state UNUSED)
{
	SCOPED(buf) struct buf names = BUF_INIT(100);
	struct store *store = open_twins();
	struct err err = ERR_INIT;
	const char *const parts[] = { "a", "bcdefghijklm", "n", "opq", "abc", "rs" };

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		assert_int_equal(store_write(store, RELAXED, insert_named, (void *)(uintptr_t)parts[i], &err),
		                 i == 4 ? ERR_CONFLICT : 0);
	err.code = ERR_OK;
	ok(store_read(store, read_names, &names, &err));
	assert_string_equal(buf_text(&names), "abcdefghijklmnopqrs");
	store_close(&store);
}

/* ---- questions */

static int ahead_and_then(struct db *db, void *context UNUSED, struct err *err)
{
	const struct bind ids[] = { bind_int(3), bind_int(1), bind_int(99), bind_int(3), bind_null(), bind_int(2) };
	const struct bind names[][2] = { { bind_int(1), bind_text(STR("a")) },
		                         { bind_int(1), bind_text(STR("c")) },
		                         { bind_int(2), bind_text(STR("")) } };
	struct binds by_id[ARRAY_LEN(ids)], by_name[ARRAY_LEN(names)];

	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		by_id[i] = (struct binds) { &ids[i], 1 };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		by_name[i] = (struct binds) { names[i], 2 };
	for (int i = 0; i < 5; i++)
		insert(db, BIND(bind_null(), bind_int(1), bind_text(str_range(&"abcde"[i], 1)), bind_int(i),
		                bind_blob(str_range(zeros, sizeof(zeros)))));
	ok(db_ahead(db, &BY_ID[THING], by_id, 0, err));
	ok(db_ahead(db, &BY_ID[THING], by_id, 1, err));
	ok(db_ahead(db, &BY_ID[THING], by_id, ARRAY_LEN(ids), err));
	ok(db_ahead(db, &BY_NAME[THING], by_name, ARRAY_LEN(names), err));
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		check_same(db, BY_ID, by_id[i]);
	for (int round = 0; round < 4; round++) {
		run(db, CHANGE, BIND(bind_int(3), bind_null(), bind_null())); /* one of the answers is none any more */
		if (round == 2)
			run(db, MOVE, BIND(bind_int(1)));
		for (size_t i = 0; i < ARRAY_LEN(ids); i++)
			check_same(db, BY_ID, by_id[i]);
		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			check_same(db, BY_NAME, by_name[i]);
		ok(db_ahead(db, &BY_NAME[THING], by_name, ARRAY_LEN(names), err));
	}
	return 0;
}

static void test_what_was_asked_ahead_is_never_old(void **state UNUSED)
{
	in_store(ahead_and_then);
}

/* The same statement is read inside itself, and ends late. */
static int nested(struct db *db, void *context UNUSED, struct err *err)
{
	const struct bind key[] = { bind_int(1), bind_text(STR("")) };
	const struct binds keys[] = { { key, 2 } };
	ROWS outer = NULL;
	int pairs = 0;

	for (int i = 0; i < 3; i++)
		insert(db,
		       BIND(bind_null(), bind_int(1), bind_text(str_range(&"abc"[i], 1)), bind_null(), bind_null()));
	ok(db_ahead(db, &BY_NAME[THING], keys, 1, err));
	ok(db_select(db, &BY_NAME[THING], keys[0], &outer, err));
	while (rows_next(outer, err) > 0) {
		ROWS inner = NULL;

		ok(db_select(db, &BY_NAME[THING], keys[0], &inner, err));
		while (rows_next(inner, err) > 0)
			pairs += row_text(outer, "name").len + row_text(inner, "name").len == 2;
		run(db, CHANGE, BIND(bind_int(row_int(outer, "id")), bind_int(1), bind_null()));
	}
	assert_int_equal(pairs, 9);
	return 0;
}

static void test_answers_are_read_inside_each_other(void **state UNUSED)
{
	in_store(nested);
}

/* ---- anything in any order */

struct game {
	uint64_t state;
	int64_t ids[64];
	size_t count;
};

static int64_t roll(struct game *g, int64_t sides)
{
	g->state = g->state * 6364136223846793005u + 1442695040888963407u;
	return (int64_t)((g->state >> 33) % (uint64_t)sides);
}

static struct str any_name(struct game *g)
{
	return str_range(&"abcdefgh"[roll(g, 8)], 1);
}

static struct bind any_size(struct game *g)
{
	return roll(g, 3) ? bind_int(roll(g, 100)) : bind_null();
}

static void add_one(struct db *db, struct game *g)
{
	char name[20];

	if (g->count == ARRAY_LEN(g->ids))
		return;
	snprintf(name, sizeof(name), "n%zu", g->count);
	g->ids[g->count++] =
	        insert(db, BIND(bind_null(), bind_int(roll(g, 3)), bind_text(str_of(name)), any_size(g), bind_null()));
}

static void ask_ahead(struct db *db, struct game *g)
{
	struct bind keys[8][2];
	struct binds rows[8];
	struct err err = ERR_INIT;
	bool by_id = roll(g, 2);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		keys[i][0] = by_id ? bind_int(g->ids[roll(g, ARRAY_LEN(g->ids))]) : bind_int(roll(g, 3));
		keys[i][1] = bind_text(any_name(g));
		rows[i] = (struct binds) { keys[i], by_id ? 1 : 2 };
	}
	ok(db_ahead(db, by_id ? &BY_ID[THING] : &BY_NAME[THING], rows, ARRAY_LEN(rows), &err));
}

static int play(struct db *db, void *context, struct err *err UNUSED)
{
	struct game *g = context;

	for (int turn = 0; turn < 150; turn++) {
		int64_t id = g->count ? g->ids[roll(g, (int64_t)g->count)] : 1;

		switch (roll(g, 12)) {
		case 0:
			ask_ahead(db, g);
			break;
		case 1:
			check_same(db, BY_ID, BIND(bind_int(id)));
			break;
		case 2:
			check_same(db, BY_NAME, BIND(bind_int(roll(g, 3)), bind_text(any_name(g))));
			break;
		case 3:
			run(db, DROP, BIND(bind_int(id)));
			break;
		case 4:
			if (roll(g, 8) == 0)
				run(db, MOVE, BIND(bind_int(roll(g, 50))));
			break;
		case 7:
			run(db, PUT,
			    BIND(bind_int(roll(g, 3)), bind_text(any_name(g)), any_size(g), bind_blob(any_name(g)),
			         bind_int(HIGH - turn)));
			break;
		case 5:
		case 6:
			run(db, CHANGE, BIND(bind_int(id), any_size(g), bind_blob(any_name(g))));
			break;
		default:
			add_one(db, g);
		}
	}
	check_same(db, ALL, BIND_NOTHING);
	return 0;
}

static void test_r5_anything_in_any_order_is_as_if_nothing_were_kept_or_asked_ahead(void **state UNUSED)
{
	struct store *store = open_twins();

	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct game game = { .state = seed };
		struct err err = ERR_INIT;

		if (store_write(store, RELAXED, play, &game, &err) < 0)
			fail_msg("seed %llu: %s", (unsigned long long)seed, err.text);
		store_close(&store);
		store = open_twins();
	}
	store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind_of_value_arrives),
		cmocka_unit_test(test_r3_a_text_that_is_none_fails_nothing_and_is_found_again),
		cmocka_unit_test(test_what_is_run_about_one_row_keeps_its_order),
		cmocka_unit_test(test_more_than_one_message_holds),
		cmocka_unit_test(test_r5_an_error_in_the_middle_undoes_all_of_it),
		cmocka_unit_test(test_ids_come_up_in_the_order_of_commits),
		cmocka_unit_test(test_what_was_asked_ahead_is_never_old),
		cmocka_unit_test(test_answers_are_read_inside_each_other),
		cmocka_unit_test(test_r5_anything_in_any_order_is_as_if_nothing_were_kept_or_asked_ahead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

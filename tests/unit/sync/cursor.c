/* Cursors: moved only from where the reading began, in the transaction of what was read. */
#include "bare.h"

#include "sync/cursor.h"

struct move {
	struct cursor_place place;
	const char *from, *to;
	bool then_fail;
};

static const struct cursor_place changes = { 7, SIDE_CRM, { "changes", 7 } };

static int move(struct db *db, void *context, struct err *err)
{
	const struct move *m = context;

	if (cursor_move(db, &m->place, str_of(m->from), str_of(m->to), err) < 0)
		return err_pass(err);
	return m->then_fail ? err_set(err, ERR_DATA, "a payload could not be staged") : 0;
}

static int forget(struct db *db, void *context, struct err *err)
{
	return cursor_forget(db, context, err);
}

struct get {
	struct bare *bare;
	struct cursor cursor;
	struct cursor_place place;
};

static int get(struct db *db, void *context, struct err *err)
{
	struct get *g = context;

	return cursor_get(db, &g->bare->arena, &g->place, &g->cursor, err);
}

static struct cursor cursor_at(struct bare *b, struct cursor_place place)
{
	struct get g = { .bare = b, .place = place };
	struct err err = ERR_INIT;

	if (store_read(b->engine.store, get, &g, &err) < 0)
		fail_msg("%s", err.text);
	return g.cursor;
}

static void test_R1_a_cursor_moves_from_where_the_reading_began(void **state)
{
	struct bare b;

	(void)state;
	bare_open(&b);
	clock_fix(5000);
	assert_str(cursor_at(&b, changes).text, "");
	assert_int_equal(cursor_at(&b, changes).at_ms, 0);
	assert_int_equal(bare_refused(&b, move, &(struct move) { changes, "one", "two", false }), ERR_CONFLICT);
	bare_write(&b, move, &(struct move) { changes, "", "one", false });
	assert_int_equal(bare_refused(&b, move, &(struct move) { changes, "", "other", false }), ERR_CONFLICT);
	assert_int_equal(bare_refused(&b, move, &(struct move) { changes, "zero", "other", false }), ERR_CONFLICT);
	clock_fix(6000);
	bare_write(&b, move, &(struct move) { changes, "one", "two", false });
	assert_str(cursor_at(&b, changes).text, "two");
	assert_int_equal(cursor_at(&b, changes).at_ms, 6000);
	bare_close(&b);
}

static void test_R1_a_cursor_goes_back_with_the_payloads_of_its_transaction(void **state)
{
	struct bare b;

	(void)state;
	bare_open(&b);
	bare_write(&b, move, &(struct move) { changes, "", "one", false });
	assert_int_equal(bare_refused(&b, move, &(struct move) { changes, "one", "two", true }), ERR_DATA);
	assert_str(cursor_at(&b, changes).text, "one");
	bare_close(&b);
}

static void test_cursors_of_other_syncs_sides_and_names_are_others(void **state)
{
	const struct cursor_place others[] = { { 8, SIDE_CRM, STR("changes") },
		                               { 7, SIDE_EMR, STR("changes") },
		                               { 7, SIDE_CRM, STR("stream") } };
	struct bare b;

	(void)state;
	bare_open(&b);
	bare_write(&b, move, &(struct move) { changes, "", "one", false });
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		assert_str(cursor_at(&b, others[i]).text, "");
		bare_write(&b, move, &(struct move) { others[i], "", "x", false });
	}
	bare_write(&b, forget, (void *)&others[2]);
	assert_str(cursor_at(&b, others[2]).text, "");
	assert_str(cursor_at(&b, others[0]).text, "x");
	assert_str(cursor_at(&b, others[1]).text, "x");
	assert_str(cursor_at(&b, changes).text, "one");
	/* Begun anew after it was forgotten. */
	bare_write(&b, move, &(struct move) { others[2], "", "y", false });
	assert_str(cursor_at(&b, others[2]).text, "y");
	bare_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R1_a_cursor_moves_from_where_the_reading_began),
		cmocka_unit_test(test_R1_a_cursor_goes_back_with_the_payloads_of_its_transaction),
		cmocka_unit_test(test_cursors_of_other_syncs_sides_and_names_are_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

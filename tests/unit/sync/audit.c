/* The audit trail against somebody who can write to the database: what he changes, takes away, cuts off or writes anew shows (R25). */
#include "bare.h"

#include "sync/audit.h"

struct trail {
	struct bare bare;
	struct audit_chain chain;
	struct str head; /* as it was kept elsewhere */
};

static void note(struct trail *t, const char *action, const char *subject)
{
	struct err err = ERR_INIT;

	if (audit_note(&t->bare.engine, action, str_of(subject), STR("a"), STR("b"), "because", &err) < 0)
		fail_msg("%s", err.text);
}

static const char *verify(struct trail *t, struct str expected)
{
	struct err err = ERR_INIT;

	if (audit_verify(&t->bare.engine, expected, &t->chain, &err) < 0)
		fail_msg("%s", err.text);
	return audit_trouble(&t->bare.arena, &t->chain);
}

static void open_trail(struct trail *t)
{
	static const char *const subjects[] = { "policy", "accounts", "link 1", "link 2", "link 3" };

	*t = (struct trail) { 0 };
	bare_open(&t->bare);
	for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
		clock_fix(bare_ms("2026-11-02T08:00:00Z") + (int64_t)i * 1000);
		note(t, "change", subjects[i]);
	}
	assert_null(verify(t, STR_EMPTY));
	t->head = audit_head_text(&t->bare.arena, &t->chain);
}

static int forge(struct db *db, void *context, struct err *err)
{
	const struct statement statement = { context };

	return db_run(db, &statement, BIND_NOTHING, err);
}

static void attack(struct trail *t, const char *sql)
{
	char text[300];

	snprintf(text, sizeof(text), "%s", sql);
	bare_write(&t->bare, forge, text);
}

static void test_R25_an_untouched_trail_is_intact(void **state)
{
	struct trail t;

	(void)state;
	open_trail(&t);
	assert_int_equal(t.chain.rows, 5);
	assert_int_equal(t.chain.first_ms, bare_ms("2026-11-02T08:00:00Z"));
	assert_int_equal(t.chain.last_ms, bare_ms("2026-11-02T08:00:04Z"));
	note(&t, "change", "link 4");
	assert_null(verify(&t, t.head)); /* a head that was kept stays good while the trail grows */
	assert_int_equal(t.chain.rows, 6);
	bare_close(&t.bare);
}

static void test_R25_an_empty_trail_has_no_head(void **state)
{
	struct trail t = { 0 };

	(void)state;
	bare_open(&t.bare);
	assert_null(verify(&t, STR_EMPTY));
	assert_str(audit_head_text(&t.bare.arena, &t.chain), "");
	bare_close(&t.bare);
}

/* A reason typed at a terminal of another encoding: what is hashed is what the database keeps, whichever it is. */
static void test_R25_a_text_that_no_database_takes_breaks_nothing(void **state)
{
	static const char zero[] = "a\0b";
	struct audit_entry *rows;
	struct err err = ERR_INIT;
	struct trail t;
	size_t count;

	(void)state;
	open_trail(&t);
	note(&t, "change", "caf\xe9");
	assert_int_equal(
	        audit_note(&t.bare.engine, "change", str_range(zero, 3), STR("\xff"), STR_EMPTY, "\xed\xa0\x80", &err),
	        0);
	note(&t, "change", "link 4");
	assert_null(verify(&t, t.head));
	assert_int_equal(audit_list(&t.bare.engine, &t.bare.arena, 5, 1, &rows, &count, &err), 0);
	assert_str(rows[0].subject, "caf\xef\xbf\xbd");
	bare_close(&t.bare);
}

static void test_R25_each_kind_of_forgery_names_its_first_row(void **state)
{
	static const struct {
		const char *sql;
		int64_t broken_id, broken;
		const char *why;
	} forgeries[] = {
		{ "UPDATE audit SET who = 'somebody else' WHERE id = 3", 3, 1, "it or the row before it was changed" },
		{ "UPDATE audit SET at_ms = at_ms + 1 WHERE id = 1", 1, 1, "it or the row before it was changed" },
		{ "UPDATE audit SET why = NULL WHERE id = 2", 2, 1, "it or the row before it was changed" },
		{ "UPDATE audit SET hash = (SELECT hash FROM audit WHERE id = 1) WHERE id = 4", 4, 2,
		  "it or the row before it was changed" },
		{ "UPDATE audit SET hash = SUBSTR(hash, 1, 0) WHERE id = 5", 5, 1,
		  "it or the row before it was changed" },
		{ "DELETE FROM audit WHERE id = 1", 2, 1, "rows before it are gone" },
		{ "DELETE FROM audit WHERE id IN (2, 3)", 4, 1, "rows before it are gone" },
		{ "UPDATE audit SET subject = subject || after, after = NULL WHERE id = 3", 3, 1,
		  "it or the row before it was changed" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forgeries); i++) {
		struct trail t;

		open_trail(&t);
		attack(&t, forgeries[i].sql);
		assert_non_null(verify(&t, STR_EMPTY));
		assert_int_equal(t.chain.broken_id, forgeries[i].broken_id);
		assert_int_equal(t.chain.broken, forgeries[i].broken);
		assert_string_equal(t.chain.broken_why, forgeries[i].why);
		bare_close(&t.bare);
	}
}

static void test_R25_rows_in_each_others_place_show(void **state)
{
	struct trail t;

	(void)state;
	open_trail(&t);
	attack(&t, "UPDATE audit SET id = 104 WHERE id = 4");
	attack(&t, "UPDATE audit SET id = 4 WHERE id = 5");
	attack(&t, "UPDATE audit SET id = 5 WHERE id = 104");
	assert_non_null(verify(&t, STR_EMPTY));
	assert_int_equal(t.chain.broken_id, 4);
	bare_close(&t.bare);
}

/* The chain alone cannot see these: only a head that was kept elsewhere can. */
static void test_R25_an_end_cut_off_and_a_trail_written_anew_show_by_the_head(void **state)
{
	struct trail t;

	(void)state;
	open_trail(&t);
	attack(&t, "DELETE FROM audit WHERE id > 3");
	assert_null(verify(&t, STR_EMPTY));
	assert_non_null(strstr(verify(&t, t.head), "cut off"));
	note(&t, "change", "the attacker goes on");
	assert_null(verify(&t, STR_EMPTY));
	assert_non_null(verify(&t, t.head));
	attack(&t, "DELETE FROM audit");
	for (int i = 0; i < 9; i++)
		note(&t, "change", "a trail of his own");
	assert_null(verify(&t, STR_EMPTY));
	assert_non_null(verify(&t, t.head));
	bare_close(&t.bare);
}

static void test_a_head_is_taken_with_its_number_or_without(void **state)
{
	static const char *const wrong[] = { "5", "5:", "xyz", "5:0011", "5:0011:zz" };
	struct err err = ERR_INIT;
	struct trail t;

	(void)state;
	open_trail(&t);
	assert_null(verify(&t, str_range(t.head.at + 2, 64)));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(audit_verify(&t.bare.engine, str_of(wrong[i]), &t.chain, &err), ERR_USAGE);
	bare_close(&t.bare);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R25_an_untouched_trail_is_intact),
		cmocka_unit_test(test_R25_an_empty_trail_has_no_head),
		cmocka_unit_test(test_R25_a_text_that_no_database_takes_breaks_nothing),
		cmocka_unit_test(test_R25_each_kind_of_forgery_names_its_first_row),
		cmocka_unit_test(test_R25_rows_in_each_others_place_show),
		cmocka_unit_test(test_R25_an_end_cut_off_and_a_trail_written_anew_show_by_the_head),
		cmocka_unit_test(test_a_head_is_taken_with_its_number_or_without),
	};

	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}

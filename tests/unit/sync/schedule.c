/* Schedules: due, taken once, made up for once, paused, removed; the delta that is there by default (R39). */
#include "bare.h"

#include "sync/schedule.h"

#define MONDAY "2026-11-02T10:07:00Z"

struct act {
	struct bare *bare;
	struct schedule *schedule;
	int64_t id, now_ms;
	bool pause, mine;
	const char *rule;
};

static int add(struct db *db, void *context, struct err *err)
{
	struct act *a = context;

	return schedule_add(db, &a->bare->arena, a->schedule, a->now_ms, err);
}

static int add_default(struct db *db, void *context, struct err *err)
{
	struct act *a = context;

	return schedule_add_default(db, &a->bare->arena, a->id, a->now_ms, err);
}

static int take_away(struct db *db, void *context, struct err *err)
{
	return schedule_remove(db, ((struct act *)context)->id, err);
}

static int pause_it(struct db *db, void *context, struct err *err)
{
	struct act *a = context;

	return schedule_pause(db, &a->bare->arena, a->id, a->pause, a->now_ms, err);
}

static int change(struct db *db, void *context, struct err *err)
{
	struct act *a = context;

	return schedule_change(db, &a->bare->arena, a->id, str_of(a->rule), STR_EMPTY, a->now_ms, err);
}

static int ran(struct db *db, void *context, struct err *err)
{
	struct act *a = context;

	return schedule_ran(db, a->schedule, a->now_ms, &a->mine, err);
}

static struct schedule added(struct bare *b, const char *rule, const char *zone, const char *now)
{
	struct schedule s = { .sync_id = 7,
		              .what = SCHEDULE_IMPORT,
		              .rule = str_of(rule),
		              .zone = str_of(zone),
		              .argument = STR("input 3"),
		              .who = STR("cli:root") };

	bare_write(b, add, &(struct act) { .bare = b, .schedule = &s, .now_ms = bare_ms(now) });
	return s;
}

static size_t due_at(struct bare *b, const char *now, struct schedule **ret)
{
	struct err err = ERR_INIT;
	size_t count = 0;

	if (schedule_due(&b->engine, &b->arena, bare_ms(now), ret, &count, &err) < 0)
		fail_msg("%s", err.text);
	return count;
}

static struct schedule only(struct bare *b)
{
	struct err err = ERR_INIT;
	struct schedule *list;
	size_t count;

	if (schedule_list(&b->engine, &b->arena, 0, &list, &count, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(count, 1);
	return list[0];
}

static bool taken(struct bare *b, struct schedule *due, const char *now)
{
	struct act a = { .bare = b, .schedule = due, .now_ms = bare_ms(now) };

	bare_write(b, ran, &a);
	return a.mine;
}

static void test_R34_a_repeating_schedule_is_due_taken_once_and_due_again(void **state)
{
	struct schedule *due, s;
	struct bare b;

	(void)state;
	bare_open(&b);
	s = added(&b, "weekdays at 02:00", "America/Chicago", MONDAY);
	assert_str(s.rule, "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=2;BYMINUTE=0");
	assert_int_equal(s.next_ms, bare_ms("2026-11-03T08:00:00Z"));
	assert_int_equal(due_at(&b, "2026-11-03T07:59:59Z", &due), 0);
	assert_int_equal(due_at(&b, "2026-11-03T08:00:01Z", &due), 1);
	assert_int_equal(due->what, SCHEDULE_IMPORT);
	assert_str(due->argument, "input 3");
	assert_str(due->who, "cli:root");
	assert_true(taken(&b, due, "2026-11-03T08:00:01Z"));
	/* A second daemon had seen it too. */
	assert_false(taken(&b, due, "2026-11-03T08:00:02Z"));
	assert_int_equal(due_at(&b, "2026-11-03T08:00:03Z", &due), 0);
	s = only(&b);
	assert_int_equal(s.last_ms, bare_ms("2026-11-03T08:00:01Z"));
	assert_int_equal(s.next_ms, bare_ms("2026-11-04T08:00:00Z"));
	bare_close(&b);
}

static void test_R39_what_was_missed_runs_once(void **state)
{
	struct schedule *due;
	struct bare b;

	(void)state;
	bare_open(&b);
	added(&b, "every 15 minutes", "", MONDAY);
	assert_int_equal(due_at(&b, "2026-11-05T09:03:00Z", &due), 1);
	assert_true(taken(&b, due, "2026-11-05T09:03:00Z"));
	assert_int_equal(due_at(&b, "2026-11-05T09:14:59Z", &due), 0);
	assert_int_equal(only(&b).next_ms, bare_ms("2026-11-05T09:15:00Z"));
	bare_close(&b);
}

static void test_R34_once_is_once_also_when_it_was_missed(void **state)
{
	struct schedule *due, s;
	struct bare b;

	(void)state;
	bare_open(&b);
	s = added(&b, "once 2026-12-01T02:00", "", MONDAY);
	assert_int_equal(due_at(&b, "2026-12-03T00:00:00Z", &due), 1);
	assert_true(taken(&b, due, "2026-12-03T00:00:00Z"));
	assert_int_equal(only(&b).state, SCHEDULE_DONE);
	assert_int_equal(due_at(&b, "2027-12-03T00:00:00Z", &due), 0);
	assert_int_equal(bare_refused(&b, pause_it, &(struct act) { .bare = &b, .id = s.id }), ERR_NOT_FOUND);
	assert_int_equal(only(&b).next_ms, 0);
	s.rule = STR("once 2026-10-01T02:00");
	assert_int_equal(bare_refused(&b, add, &(struct act) { .bare = &b, .schedule = &s, .now_ms = bare_ms(MONDAY) }),
	                 ERR_CONFIG);
	/* Given another time it lives again. */
	bare_write(
	        &b, change,
	        &(struct act) { .bare = &b, .id = s.id, .rule = "daily", .now_ms = bare_ms("2026-12-03T00:00:00Z") });
	assert_int_equal(due_at(&b, "2026-12-04T00:00:00Z", &due), 1);
	bare_close(&b);
}

static int recount(struct db *db, void *context, struct err *err)
{
	struct act *a = context;

	return schedule_recount(db, &a->bare->arena, a->id, a->now_ms, err);
}

static struct schedule now_is(struct bare *b, int64_t id)
{
	struct schedule *all;
	struct err err = ERR_INIT;
	size_t count;

	assert_int_equal(schedule_list(&b->engine, &b->arena, 0, &all, &count, &err), 0);
	for (size_t i = 0; i < count; i++)
		if (all[i].id == id)
			return all[i];
	fail_msg("schedule %lld is gone", (long long)id);
	return all[0];
}

/* It was set up with a clock that was a year ahead. */
static void test_R39_a_clock_set_back_stops_no_schedule(void **state)
{
	static const struct {
		const char *rule, *next;
		bool pause;
	} rows[] = {
		{ "every 15 minutes", "2026-11-02T10:15:00Z", false },
		{ "daily at 02:00", "2026-11-03T02:00:00Z", false },
		{ "once 2028-12-01T02:00", "2028-12-01T02:00:00Z", false },
		{ "every 15 minutes", "2027-11-02T10:15:00Z", true },
	};
	int64_t ids[ARRAY_LEN(rows)];
	struct schedule *due;
	struct bare b;

	(void)state;
	bare_open(&b);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ids[i] = added(&b, rows[i].rule, "", "2027-11-02T10:07:00Z").id;
		if (rows[i].pause)
			bare_write(&b, pause_it, &(struct act) { .bare = &b, .id = ids[i], .pause = true });
	}
	bare_write(&b, recount, &(struct act) { .bare = &b, .id = 7, .now_ms = bare_ms(MONDAY) });
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(now_is(&b, ids[i]).next_ms, bare_ms(rows[i].next));
	assert_int_equal(due_at(&b, MONDAY, &due), 0);
	assert_int_equal(due_at(&b, "2026-11-02T10:15:01Z", &due), 1);
	bare_close(&b);
}

static void test_a_pause_skips_what_goes_by(void **state)
{
	struct schedule *due, s;
	struct bare b;

	(void)state;
	bare_open(&b);
	s = added(&b, "hourly", "", MONDAY);
	assert_int_equal(due_at(&b, "2026-11-02T11:00:00Z", &due), 1);
	bare_write(&b, pause_it, &(struct act) { .bare = &b, .id = s.id, .pause = true });
	assert_false(taken(&b, due, "2026-11-02T11:00:00Z"));
	assert_int_equal(due_at(&b, "2026-11-02T15:30:00Z", &due), 0);
	bare_write(&b, pause_it, &(struct act) { .bare = &b, .id = s.id, .now_ms = bare_ms("2026-11-02T15:30:00Z") });
	assert_int_equal(due_at(&b, "2026-11-02T15:59:00Z", &due), 0);
	assert_int_equal(due_at(&b, "2026-11-02T16:00:00Z", &due), 1);
	bare_close(&b);
}

static void test_R39_each_sync_has_a_delta_unless_a_person_took_it_away(void **state)
{
	struct act a;
	struct schedule *due, s, *list;
	struct err err = ERR_INIT;
	size_t count;
	struct bare b;

	(void)state;
	bare_open(&b);
	a = (struct act) { .bare = &b, .id = 7, .now_ms = bare_ms(MONDAY) };
	bare_write(&b, add_default, &a);
	bare_write(&b, add_default, &a);
	s = only(&b);
	assert_int_equal(s.what, SCHEDULE_DELTA);
	assert_str(s.rule, "FREQ=MINUTELY;INTERVAL=15");
	assert_int_equal(s.next_ms, bare_ms("2026-11-02T10:15:00Z"));
	bare_write(&b, take_away, &(struct act) { .id = s.id });
	assert_int_equal(bare_refused(&b, take_away, &(struct act) { .id = s.id }), ERR_NOT_FOUND);
	bare_write(&b, add_default, &a);
	assert_int_equal(schedule_list(&b.engine, &b.arena, 7, &list, &count, &err), 0);
	assert_int_equal(count, 0);
	assert_int_equal(due_at(&b, "2026-11-03T00:00:00Z", &due), 0);
	a.id = 8;
	bare_write(&b, add_default, &a);
	assert_int_equal(only(&b).sync_id, 8);
	bare_close(&b);
}

static void test_names_of_what_runs(void **state)
{
	enum schedule_what what;

	(void)state;
	for (int i = 0; i < SCHEDULE_WHAT_COUNT; i++) {
		assert_true(schedule_what_of_name(str_of(schedule_what_name((enum schedule_what)i)), &what));
		assert_int_equal(what, i);
	}
	assert_false(schedule_what_of_name(STR("lunch"), &what));
	assert_string_equal(schedule_state_name(SCHEDULE_PAUSED), "paused");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R34_a_repeating_schedule_is_due_taken_once_and_due_again),
		cmocka_unit_test(test_R39_what_was_missed_runs_once),
		cmocka_unit_test(test_R34_once_is_once_also_when_it_was_missed),
		cmocka_unit_test(test_R39_a_clock_set_back_stops_no_schedule),
		cmocka_unit_test(test_a_pause_skips_what_goes_by),
		cmocka_unit_test(test_R39_each_sync_has_a_delta_unless_a_person_took_it_away),
		cmocka_unit_test(test_names_of_what_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What waits for too long, what is late, what the audit trail says: findings of the doctor that need times set back. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "../test_store.h"
#include "lib/clock.h"
#include "sync/budget.h"
#include "sync/doctor.h"
#include "sync/lease.h"
#include "sync/schedule.h"

static int run_sql(struct db *db, void *context, struct err *err)
{
	const struct statement statement = { context };

	return db_run(db, &statement, BIND(bind_int(clock_wall_ms())), err);
}

/* $1 is now. */
static void sql(struct rig *rig, const char *text)
{
	struct err err = ERR_INIT;

	if (store_write(rig->engine.store, RELAXED, run_sql, (void *)(uintptr_t)text, &err) < 0)
		fail_msg("%s", err.text);
}

static const struct finding *look(struct rig *rig, const char *subject, enum finding_level level)
{
	const struct doctor_order order = { .engine = &rig->engine, .dir = rig->path, .version = "0", .offline = true };

	for (const struct finding *f = doctor_look(&order, &rig->arena); f; f = f->next) {
		if (f->level == level && str_eq_c(f->subject, subject))
			return f;
	}
	return NULL;
}

static void says(struct rig *rig, const char *subject, enum finding_level level, const char *part)
{
	const struct finding *f = look(rig, subject, level);

	if (!f)
		fail_msg("no finding about %s", subject);
	if (!strstr(arena_text(&rig->arena, f->text), part))
		fail_msg("'%.*s' says nothing of '%s'", STR_ARG(f->text), part);
}

static void open_engine(struct rig *rig, const char *settings)
{
	struct err err = ERR_INIT;

	rig_open(rig, settings);
	assert_int_equal(governor_open(rig->engine.store, &rig->engine.governor, &err), 0);
	rig->engine.leases = leases_open(&rig->engine, 0);
}

static void open_rig(struct rig *rig)
{
	int64_t counts[OUTCOME_COUNT];

	open_engine(rig, "\"create\":true");
	memory_put(rig->emr, "patient",
	           "{\"id\":\"p1\",\"first_name\":\"Ann\",\"last_name\":\"Lee\",\"dob\":\"1980-01-02\"}");
	rig_import(rig, counts);
}

static void close_rig(struct rig *rig)
{
	leases_close(&rig->engine.leases);
	governor_close(&rig->engine.governor);
	rig_close(rig);
}

static void test_what_waits_for_long_is_told_with_what_to_do(void **state)
{
	struct rig rig;

	(void)state;
	open_rig(&rig);
	says(&rig, "work of patients", FINDING_OK, "none for long");
	sql(&rig, "UPDATE staged SET state = 0, received_ms = $1 - 20 * 60000 WHERE id = (SELECT MAX(id) FROM staged)");
	says(&rig, "work of patients", FINDING_WARNING, "1 changes wait to be decided, the oldest for 20 minutes");
	sql(&rig, "UPDATE staged SET received_ms = $1 - 500 * 60000 WHERE state = 0");
	says(&rig, "work of patients", FINDING_ERROR, "the oldest for 500 minutes");
	assert_null(look(&rig, "work of patients", FINDING_OK));
	close_rig(&rig);
}

static void test_writes_that_are_owed_for_long(void **state)
{
	struct rig rig;

	(void)state;
	open_rig(&rig);
	sql(&rig,
	    "INSERT INTO outbox (sync_id, side, priority, op, link_id, record_id, body, attempts, due_ms, created_ms) "
	    "SELECT sync_id, 1, 1, 1, id, 'c1', (SELECT hash FROM staged LIMIT 1), 3, $1, $1 - 30 * 60000 FROM link");
	says(&rig, "work of patients", FINDING_WARNING, "1 writes are owed to the CRM, the oldest for 30 minutes");
	says(&rig, "work of patients", FINDING_WARNING, "suture drain patients");
	close_rig(&rig);
}

static int add_delta(struct db *db, void *context, struct err *err)
{
	struct rig *rig = context;

	return schedule_add_default(db, &rig->arena, rig->plan->sync_id, clock_wall_ms(), err);
}

static void test_a_schedule_that_nobody_runs_is_late(void **state)
{
	struct err err = ERR_INIT;
	struct rig rig;

	(void)state;
	open_rig(&rig);
	assert_int_equal(store_write(rig.engine.store, RELAXED, add_delta, &rig, &err), 0);
	says(&rig, "schedules", FINDING_OK, "none is late");
	sql(&rig, "UPDATE schedule SET next_ms = $1 - 40 * 60000");
	says(&rig, "schedules", FINDING_WARNING, "delta of patients is due since 40 minutes");
	says(&rig, "daemon", FINDING_WARNING, "none is at work");
	close_rig(&rig);
}

static void beside_a_daemon(struct rig *rig, void (*look_then)(struct rig *rig))
{
	struct engine daemon = { .who = "daemon", .store = rig->engine.store };
	struct err err = ERR_INIT;

	daemon.leases = leases_open(&daemon, 60000);
	assert_int_equal(lease_attend(&daemon, &err), 0);
	says(rig, "daemon", FINDING_OK, "1 at work");
	look_then(rig);
	leases_close(&daemon.leases);
}

static void it_is_not_worked_on(struct rig *rig)
{
	says(rig, "sync patients", FINDING_WARNING, "not on this");
}

static void it_is_paused(struct rig *rig)
{
	says(rig, "sync patients", FINDING_OK, "paused");
}

static void test_a_sync_that_no_daemon_has_is_told_of(void **state)
{
	struct rig rig;

	(void)state;
	open_rig(&rig);
	assert_null(look(&rig, "sync patients", FINDING_WARNING)); /* nobody is at work: that is said once */
	beside_a_daemon(&rig, it_is_not_worked_on);
	close_rig(&rig);
	open_engine(&rig, "\"create\":true,\"paused\":true");
	beside_a_daemon(&rig, it_is_paused);
	close_rig(&rig);
}

static void test_a_backup_of_tomorrow_is_none(void **state)
{
	struct rig rig;

	(void)state;
	if (test_store_is_server())
		skip(); /* it is backed up by its own tools */
	open_rig(&rig);
	sql(&rig, "INSERT INTO fact (name, value, at_ms) VALUES ('backup', 'b.db', $1 + 2 * 86400000)");
	says(&rig, "backup", FINDING_WARNING, "clock");
	close_rig(&rig);
}

static void test_a_trail_that_was_touched(void **state)
{
	struct rig rig;

	(void)state;
	open_rig(&rig);
	says(&rig, "audit trail", FINDING_OK, "whole");
	sql(&rig, "UPDATE audit SET who = 'nobody' WHERE id = 1 AND $1 > 0");
	says(&rig, "audit trail", FINDING_ERROR, "who could write to it");
	close_rig(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_waits_for_long_is_told_with_what_to_do),
		cmocka_unit_test(test_writes_that_are_owed_for_long),
		cmocka_unit_test(test_a_schedule_that_nobody_runs_is_late),
		cmocka_unit_test(test_a_sync_that_no_daemon_has_is_told_of),
		cmocka_unit_test(test_a_backup_of_tomorrow_is_none),
		cmocka_unit_test(test_a_trail_that_was_touched),
	};

	return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}

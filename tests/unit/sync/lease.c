/*
 * Leases: two engines over one database, as two processes have it, in the interleavings that matter. The second one's plan is over the same two systems.
 * Time is not waited for: rows are made to be over.
 */
#include "hooks.h"
#include "people.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "sync/budget.h"
#include "sync/capture.h"
#include "sync/lease.h"
#include "sync/outbox.h"
#include "sync/stage.h"

enum { LONG_MS = 60000, RACERS = 8 };

static struct pair {
	struct rig rig; /* the first process */
	struct engine engine;
	struct plan *plan; /* the second one */
	struct lease *held;
	bool taken_over;
} p;

static struct plan *plan_beside(struct engine *engine)
{
	struct err err = ERR_INIT;
	struct plan *plan;

	must_be_fine(plan_open(engine, STR_EMPTY, &plan, &err), &err);
	budget_close(plan);
	for (size_t side = 0; side < ARRAY_LEN(plan->conn); side++) {
		plan->conn[side]->kind->close(&plan->conn[side]);
		plan->conn[side] = p.rig.plan->conn[side];
	}
	return plan;
}

static void close_beside(struct plan **plan)
{
	for (size_t side = 0; side < ARRAY_LEN((*plan)->conn); side++)
		(*plan)->conn[side] = NULL;
	plan_close(plan);
}

static void open_pair(const char *settings, int64_t lease_ms)
{
	memset(&p, 0, sizeof(p));
	rig_open(&p.rig, settings);
	p.rig.engine.leases = leases_open(&p.rig.engine, lease_ms);
	rig_configure(&p.rig, settings, ""); /* so that its plan is leased */
	p.engine.store = p.rig.engine.store;
	p.engine.keys = p.rig.engine.keys;
	p.engine.who = "second";
	p.engine.leases = leases_open(&p.engine, lease_ms);
	p.plan = plan_beside(&p.engine);
}

static void close_pair(void)
{
	lease_give_back(&p.held);
	close_beside(&p.plan);
	leases_close(&p.engine.leases);
	leases_close(&p.rig.engine.leases);
	rig_close(&p.rig);
}

/* ---- what a test does to the table: by hand, as nothing in the program may */

static int run_text(struct db *db, void *context, struct err *err)
{
	return db_run(db, context, BIND_NOTHING, err);
}

static void change(const char *sql)
{
	struct statement statement = { sql };
	struct err err = ERR_INIT;

	must_be_fine(store_write(p.rig.engine.store, RELAXED, run_text, &statement, &err), &err);
}

struct asking {
	const struct statement *statement;
	int64_t number;
};

static int read_number(struct db *db, void *context, struct err *err)
{
	struct asking *asking = context;

	return db_number(db, asking->statement, BIND_NOTHING, -1, &asking->number, err);
}

static int64_t number_of(const char *sql)
{
	const struct statement statement = { sql };
	struct asking asking = { &statement, 0 };
	struct err err = ERR_INIT;

	must_be_fine(store_read(p.rig.engine.store, read_number, &asking, &err), &err);
	return asking.number;
}

static int64_t fence(void)
{
	return number_of("SELECT fence AS n FROM lease WHERE sync_id > 0");
}

static struct lease *take(struct engine *engine, const struct plan *plan)
{
	struct lease *held = NULL;
	struct err err = ERR_INIT;

	must_be_fine(lease_take(engine, plan, &held, NULL, &err), &err);
	assert_non_null(held);
	return held;
}

/* Our time is over, by the database; the second process takes the sync. */
static void second_takes_over(void)
{
	struct err err = ERR_INIT;

	if (p.held)
		return;
	change("UPDATE lease SET expires_ms = 1 WHERE sync_id > 0");
	must_be_fine(lease_take(&p.engine, p.plan, &p.held, &p.taken_over, &err), &err);
	assert_true(p.taken_over);
}

static int write_something(struct db *db, void *context, struct err *err)
{
	static const struct statement NOTE = { "UPDATE run_number SET last = last + 1" };

	*(bool *)context = true;
	return db_run(db, &NOTE, BIND_NOTHING, err);
}

static int write_as(struct engine *engine, const struct plan *plan, struct err *err)
{
	bool ran = false;
	int code = lease_write(engine, plan, RELAXED, write_something, &ran, err);

	assert_int_equal(ran, code == 0);
	return code;
}

/* ---- one at a time */

static void test_one_holds_it_and_the_other_is_told_who(void **state)
{
	struct lease *held, *none = NULL;
	struct err err = ERR_INIT;
	char host[65] = "", pid[32];

	(void)state;
	open_pair("", LONG_MS);
	held = take(&p.rig.engine, p.rig.plan);
	assert_int_equal(lease_take(&p.engine, p.plan, &none, NULL, &err), ERR_CONFLICT);
	assert_null(none);
	gethostname(host, sizeof(host) - 1);
	snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
	assert_non_null(strstr(err.text, host));
	assert_non_null(strstr(err.text, pid));
	assert_int_equal(fence(), 1);
	lease_give_back(&held);
	p.held = take(&p.engine, p.plan);
	assert_int_equal(fence(), 2);
	close_pair();
}

static void test_a_paused_sync_is_nobodys(void **state)
{
	struct lease *none = NULL;
	struct err err = ERR_INIT;

	(void)state;
	open_pair("\"paused\":true", LONG_MS);
	assert_int_equal(lease_take(&p.engine, p.plan, &none, NULL, &err), ERR_CONFLICT);
	assert_int_equal(number_of("SELECT COUNT(*) AS n FROM lease"), 0);
	close_pair();
}

/* ---- the fence */

static void test_R5_who_lost_his_lease_commits_nothing(void **state)
{
	struct err err = ERR_INIT;
	struct lease *held;
	int64_t before;

	(void)state;
	open_pair("", LONG_MS);
	held = take(&p.rig.engine, p.rig.plan);
	assert_int_equal(write_as(&p.rig.engine, p.rig.plan, &err), 0);
	second_takes_over();
	before = number_of("SELECT last AS n FROM run_number");
	assert_int_equal(write_as(&p.rig.engine, p.rig.plan, &err), ERR_LEASE);
	assert_int_equal(number_of("SELECT last AS n FROM run_number"), before);
	assert_true(lease_is_lost(p.rig.plan, &err));
	assert_false(lease_is_ours(p.rig.plan));
	err = (struct err)ERR_INIT;
	assert_int_equal(write_as(&p.engine, p.plan, &err), 0);
	lease_give_back(&held); /* takes nothing away from the second one */
	assert_int_equal(write_as(&p.engine, p.plan, &err), 0);
	assert_int_equal(number_of("SELECT COUNT(*) AS n FROM lease WHERE holder IS NOT NULL"), 1);
	close_pair();
}

static void test_who_never_had_it_commits_nothing(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	open_pair("", LONG_MS);
	assert_int_equal(write_as(&p.engine, p.plan, &err), ERR_LEASE);
	close_pair();
}

/* Nobody wanted it meanwhile: nothing is lost. */
static void test_a_renewal_that_comes_too_late_keeps_what_nobody_took(void **state)
{
	struct err err = ERR_INIT;
	struct lease *held;

	(void)state;
	open_pair("", LEASE_LEAST_MS);
	held = take(&p.rig.engine, p.rig.plan);
	change("UPDATE lease SET expires_ms = 1");
	assert_int_equal(write_as(&p.rig.engine, p.rig.plan, &err), 0);
	for (int i = 0; number_of("SELECT expires_ms AS n FROM lease") == 1; i++) {
		assert_true(i < 6000);
		clock_sleep_ms(10);
	}
	assert_int_equal(write_as(&p.rig.engine, p.rig.plan, &err), 0);
	assert_int_equal(fence(), 1);
	lease_give_back(&held);
	close_pair();
}

/* The thread that renews finds out too, so a process with nothing to commit knows as well. */
static void test_who_lost_his_lease_hears_of_it_without_a_commit(void **state)
{
	struct err err = ERR_INIT;
	struct lease *held;

	(void)state;
	open_pair("", LEASE_LEAST_MS);
	held = take(&p.rig.engine, p.rig.plan);
	second_takes_over();
	for (int i = 0; !lease_is_lost(p.rig.plan, &err); i++) {
		assert_true(i < 6000);
		clock_sleep_ms(10);
	}
	assert_int_equal(err.code, ERR_LEASE);
	lease_give_back(&held);
	close_pair();
}

/* ---- clocks */

static void test_a_clock_set_forward_lets_another_one_in_and_the_fence_holds(void **state)
{
	struct err err = ERR_INIT;
	struct lease *held;

	(void)state;
	open_pair("", LONG_MS);
	held = take(&p.rig.engine, p.rig.plan);
	change("UPDATE lease SET expires_ms = expires_ms - 3600000");
	p.held = take(&p.engine, p.plan);
	assert_int_equal(write_as(&p.rig.engine, p.rig.plan, &err), ERR_LEASE);
	lease_give_back(&held);
	close_pair();
}

/* It ends in an hour, though it lasts a minute: the dead holder's lease would stand for an hour. */
static void test_a_clock_set_back_does_not_make_a_lease_last(void **state)
{
	struct lease *held;

	(void)state;
	open_pair("", LONG_MS);
	held = take(&p.rig.engine, p.rig.plan);
	change("UPDATE lease SET expires_ms = expires_ms + 3600000");
	p.held = take(&p.engine, p.plan);
	lease_give_back(&held);
	close_pair();
}

/* ---- two takers */

struct racer {
	struct engine engine;
	struct plan *plan;
	struct lease *held;
	pthread_barrier_t *start;
	pthread_t thread;
	int code;
};

static void *race(void *context)
{
	struct racer *racer = context;
	struct err err = ERR_INIT;

	pthread_barrier_wait(racer->start);
	racer->code = lease_take(&racer->engine, racer->plan, &racer->held, NULL, &err);
	return NULL;
}

static void test_of_many_takers_at_one_moment_one_gets_it(void **state)
{
	struct racer racers[RACERS];
	pthread_barrier_t start;
	size_t got = 0;

	(void)state;
	open_pair("", LONG_MS);
	take(&p.rig.engine, p.rig.plan);
	change("UPDATE lease SET expires_ms = 1");
	assert_int_equal(pthread_barrier_init(&start, NULL, RACERS), 0);
	for (size_t i = 0; i < RACERS; i++) {
		racers[i] = (struct racer) { .engine = { .store = p.engine.store, .keys = p.engine.keys, .who = "r" },
			                     .start = &start };
		racers[i].engine.leases = leases_open(&racers[i].engine, LONG_MS);
		racers[i].plan = plan_beside(&racers[i].engine);
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	for (size_t i = 0; i < RACERS; i++) {
		pthread_join(racers[i].thread, NULL);
		assert_true(racers[i].code == 0 || racers[i].code == ERR_CONFLICT);
		got += racers[i].code == 0;
	}
	assert_int_equal(got, 1);
	assert_int_equal(fence(), 2);
	for (size_t i = 0; i < RACERS; i++) {
		lease_give_back(&racers[i].held);
		close_beside(&racers[i].plan);
		leases_close(&racers[i].engine.leases);
	}
	pthread_barrier_destroy(&start);
	p.held = p.rig.plan->lease; /* the first one's, which he lost */
	close_pair();
}

/* ---- the dead */

static pid_t dead_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

static void test_a_dead_process_of_this_machine_holds_nothing(void **state)
{
	struct lease *held, *none = NULL;
	struct err err = ERR_INIT;
	char sql[100];

	(void)state;
	open_pair("", LONG_MS);
	held = take(&p.rig.engine, p.rig.plan);
	snprintf(sql, sizeof(sql), "UPDATE lease SET pid = %ld", (long)dead_process());
	change(sql);
	change("UPDATE lease SET place = 'elsewhere'"); /* of another machine nothing is known */
	assert_int_equal(lease_take(&p.engine, p.plan, &none, NULL, &err), ERR_CONFLICT);
	lease_give_back(&held);
	held = take(&p.rig.engine, p.rig.plan);
	change(sql);
	p.held = take(&p.engine, p.plan);
	lease_give_back(&held);
	close_pair();
}

static void test_a_number_that_was_given_to_another_process_is_no_life(void **state)
{
	struct lease *held;

	(void)state;
	open_pair("", LONG_MS);
	held = take(&p.rig.engine, p.rig.plan);
	change("UPDATE lease SET pid_start = pid_start - 1");
	p.held = take(&p.engine, p.plan);
	lease_give_back(&held);
	close_pair();
}

/* ---- sending */

static bool may_send(const struct plan *plan)
{
	const struct http_target *target = &plan->conn[SIDE_EMR]->target;

	return target->may_write(target->may_write_context);
}

/* The writer is busy with this, so nothing can be renewed. */
static int hold_the_database(struct db *db, void *context, struct err *err)
{
	(void)db;
	(void)context;
	(void)err;
	for (int i = 0; may_send(p.rig.plan); i++) {
		assert_true(i < 6000);
		clock_sleep_ms(10);
	}
	return 0;
}

static void test_nothing_is_sent_once_our_time_is_over_and_again_after_a_renewal(void **state)
{
	struct err err = ERR_INIT;
	struct lease *held;
	struct plan *own;

	(void)state;
	open_pair("", LEASE_LEAST_MS);
	must_be_fine(plan_open(&p.rig.engine, STR_EMPTY, &own, &err), &err); /* with connections of its own */
	assert_false(may_send(own));
	held = take(&p.rig.engine, own);
	assert_true(may_send(own));
	plan_close(&p.rig.plan);
	p.rig.plan = own;
	must_be_fine(store_write(p.rig.engine.store, RELAXED, hold_the_database, NULL, &err), &err);
	for (int i = 0; !may_send(own); i++) {
		assert_true(i < 6000);
		clock_sleep_ms(10);
	}
	lease_give_back(&held);
	assert_false(may_send(own));
	p.rig.emr = p.rig.crm = NULL;
	for (size_t side = 0; side < ARRAY_LEN(p.plan->conn); side++)
		p.plan->conn[side] = NULL;
	close_pair();
}

/* ---- the road */

static void a_world(void)
{
	memory_put(p.rig.emr, "patient", "{\"id\":\"a\"," ANN ",\"city\":\"Boise\"}");
	memory_put(p.rig.crm, "Contact", "{\"Id\":\"c\"," CONTACT_ANN "}");
	for (int i = 0; i < 30; i++) {
		char json[200];

		snprintf(
		        json, sizeof(json),
		        "{\"id\":\"n%02d\",\"first_name\":\"New\",\"last_name\":\"Number%c%c\",\"dob\":\"1970-01-02\"}",
		        i, 'a' + i / 10, 'a' + i % 10);
		memory_put(p.rig.emr, "patient", json);
	}
}

static enum memory_call strike_at;
static unsigned strike_nth, seen;

static void strike(struct rig *rig, enum memory_call which, unsigned nth)
{
	(void)rig;
	(void)nth;
	if (which == strike_at && ++seen == strike_nth)
		second_takes_over();
}

/* The import of the first one is cut off at this call; the second one goes on with it, and the end is as if nothing had been. */
static void cut_off_at(enum side side, enum memory_call which, unsigned nth)
{
	int64_t counts[OUTCOME_COUNT];
	struct err err = ERR_INIT;
	struct run run = { 0 };

	open_pair("\"create\":true", LONG_MS);
	a_world();
	strike_at = which;
	strike_nth = nth;
	seen = 0;
	hooks_set(&p.rig, side, strike, NULL);
	assert_int_equal(run_import(&p.rig.engine, p.rig.plan, NULL, NULL, &run, &p.rig.arena, &err), ERR_LEASE);
	hooks_clear(&p.rig);
	assert_non_null(p.held);
	assert_int_equal(number_of("SELECT COUNT(*) AS n FROM run WHERE state = 0"),
	                 1); /* it was not ended by who lost it */
	lease_give_back(&p.held);
	err = (struct err)ERR_INIT;
	must_be_fine(run_import(&p.engine, p.plan, NULL, NULL, &run, &p.rig.arena, &err), &err);
	must_be_fine(stage_counts(&p.engine, run.id, counts, &err), &err);
	assert_int_equal(counts[OUTCOME_CREATED], 30);
	assert_int_equal(counts[OUTCOME_LINKED], 1);
	assert_int_equal(memory_count(p.rig.crm, "Contact"), 31);
	assert_string_equal(rig_crm(&p.rig, "c", "MailingCity"), "Boise");
	assert_int_equal(number_of("SELECT COUNT(*) AS n FROM outbox WHERE priority < 2"), 0);
	close_pair();
}

static void test_R5_R34_a_run_that_loses_its_lease_while_it_reads_goes_on_elsewhere(void **state)
{
	(void)state;
	cut_off_at(SIDE_EMR, MEMORY_LIST, 2);
}

static void test_R5_R34_a_run_that_loses_its_lease_while_it_writes_goes_on_elsewhere(void **state)
{
	(void)state;
	cut_off_at(SIDE_CRM, MEMORY_WRITE, 1);
}

enum { LATE_CALLS = 8 };

/* The net thread lets nothing out while a renewal is late, however often it is asked. */
static void hold_back(struct rig *rig, enum memory_call which, unsigned nth)
{
	(void)nth;
	if (which == MEMORY_WRITE && seen++ < LATE_CALLS)
		memory_fail(rig->crm, MEMORY_WRITE, 1, ERR_LEASE, false);
}

static void test_R5_a_run_whose_lease_is_renewed_late_waits_and_goes_on(void **state)
{
	struct err err = ERR_INIT;
	struct run run = { 0 };

	(void)state;
	open_pair("\"create\":true", LONG_MS);
	a_world();
	seen = 0;
	hooks_set(&p.rig, SIDE_CRM, hold_back, NULL);
	must_be_fine(run_import(&p.rig.engine, p.rig.plan, NULL, NULL, &run, &p.rig.arena, &err), &err);
	hooks_clear(&p.rig);
	assert_true(seen > LATE_CALLS);
	assert_int_equal(memory_count(p.rig.crm, "Contact"), 31);
	assert_int_equal(number_of("SELECT COUNT(*) AS n FROM outbox WHERE priority < 2"), 0);
	close_pair();
}

/* A create that the far side would not recognise, under way when the lease is lost. */
static void test_R5_R40_a_create_under_way_when_the_lease_is_lost_is_found_and_not_repeated(void **state)
{
	const struct asked asked = { .wish = WISH_CREATE, .record_id = STR("c") };
	const struct capture how = {
		.side = SIDE_CRM, .door = DOOR_CLICK, .priority = STAGED_PERSON, .total = -1, .durable = true
	};
	int64_t counts[OUTCOME_COUNT], least_ms;
	struct err err = ERR_INIT;
	struct captured done;

	(void)state;
	open_pair("", LONG_MS);
	p.engine.doubt_ms = p.rig.engine.doubt_ms = 1;
	p.rig.emr->traits.reference_field = p.rig.emr->traits.reference_link_field = STR_EMPTY;
	p.rig.emr->traits.fetch_by_reference = false;
	memory_put(p.rig.emr, "patient", "{\"id\":\"z\",\"first_name\":\"Zoe\",\"last_name\":\"Ray\"}");
	memory_put(p.rig.crm, "Contact", "{\"Id\":\"c\"," CONTACT_ANN "}");
	rig_import(&p.rig, counts);
	must_be_fine(capture_wish(&p.rig.engine, p.rig.plan, &p.rig.arena, &asked, &how, &done, &err), &err);
	strike_at = MEMORY_WRITE;
	strike_nth = 1;
	seen = 0;
	least_ms = clock_wall_ms() + LONG_MS;
	hooks_set(&p.rig, SIDE_EMR, strike, NULL);
	assert_int_equal(run_settle(&p.rig.engine, p.rig.plan, true, NULL, NULL, &err), ERR_LEASE);
	hooks_clear(&p.rig);
	assert_int_equal(memory_count(p.rig.emr, "patient"),
	                 2); /* it was carried out, and who sent it may not say so */
	/* Not looked for while the one before might yet send: for as long as his lease could last by his own clock. */
	assert_true(number_of("SELECT MIN(due_ms) AS n FROM outbox WHERE sent IS NOT NULL") >= least_ms);
	change("UPDATE outbox SET due_ms = 1");
	lease_give_back(&p.held);
	err = (struct err)ERR_INIT;
	must_be_fine(run_settle(&p.engine, p.plan, true, NULL, NULL, &err), &err);
	assert_int_equal(memory_count(p.rig.emr, "patient"), 2);
	assert_int_equal(number_of("SELECT COUNT(*) AS n FROM link WHERE state = 0"), 1);
	assert_int_equal(number_of("SELECT COUNT(*) AS n FROM outbox"), 0);
	close_pair();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_holds_it_and_the_other_is_told_who),
		cmocka_unit_test(test_a_paused_sync_is_nobodys),
		cmocka_unit_test(test_R5_who_lost_his_lease_commits_nothing),
		cmocka_unit_test(test_who_never_had_it_commits_nothing),
		cmocka_unit_test(test_a_renewal_that_comes_too_late_keeps_what_nobody_took),
		cmocka_unit_test(test_who_lost_his_lease_hears_of_it_without_a_commit),
		cmocka_unit_test(test_a_clock_set_forward_lets_another_one_in_and_the_fence_holds),
		cmocka_unit_test(test_a_clock_set_back_does_not_make_a_lease_last),
		cmocka_unit_test(test_of_many_takers_at_one_moment_one_gets_it),
		cmocka_unit_test(test_a_dead_process_of_this_machine_holds_nothing),
		cmocka_unit_test(test_a_number_that_was_given_to_another_process_is_no_life),
		cmocka_unit_test(test_nothing_is_sent_once_our_time_is_over_and_again_after_a_renewal),
		cmocka_unit_test(test_R5_R34_a_run_that_loses_its_lease_while_it_reads_goes_on_elsewhere),
		cmocka_unit_test(test_R5_R34_a_run_that_loses_its_lease_while_it_writes_goes_on_elsewhere),
		cmocka_unit_test(test_R5_a_run_whose_lease_is_renewed_late_waits_and_goes_on),
		cmocka_unit_test(test_R5_R40_a_create_under_way_when_the_lease_is_lost_is_found_and_not_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

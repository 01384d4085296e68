/*
 * The daemon's inside over two memory systems: what a far side tells arrives at the other one, in both directions. The systems belong to the entry's own plan:
 * they are reached through live_parts.h.
 */
#include "people.h"
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "sync/capture.h"
#include "sync/catalog.h"
#include "sync/live_parts.h"
#include "sync/realtime.h"
#include "sync/schedule.h"
#include "sync/tally.h"

struct fixture {
	struct rig rig;
	struct live *live;
	struct plan *own; /* the rig's: only read */
};

static void wait_until(bool (*good)(struct fixture *f), struct fixture *f, const char *what)
{
	for (int i = 0; i < 12000; i++) {
		if (good(f))
			return;
		clock_sleep_ms(5);
	}
	fail_msg("%s: it never happened", what);
}

static bool is_ready(struct fixture *f)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct live_sync *all;
	struct err err = ERR_INIT;
	size_t count;

	assert_int_equal(live_state(f->live, &arena, &all, &count, &err), 0);
	return count == 1 && all[0].ready && all[0].streams;
}

static bool is_idle(struct fixture *f)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct live_sync *all;
	struct err err = ERR_INIT;
	size_t count;

	assert_int_equal(live_state(f->live, &arena, &all, &count, &err), 0);
	return all[0].waiting + all[0].to_read + all[0].owed + all[0].owed_low == 0 && all[0].run.len == 0;
}

/* The daemon's own systems are told about through the rig's pointers, so that rig_emr() and rig_crm() show them. */
static void open_live(struct fixture *f, const char *settings)
{
	const struct live_options options = { .on_note = NULL };
	struct err err = ERR_INIT;

	memset(f, 0, sizeof(*f));
	rig_open(&f->rig, settings);
	if (live_start(&f->rig.engine, &options, &f->live, &err) < 0)
		fail_msg("%s", err.text);
	wait_until(is_ready, f, "ready");
	f->rig.emr = f->live->first->plan->conn[SIDE_EMR];
	f->rig.crm = f->live->first->plan->conn[SIDE_CRM];
}

static void close_live(struct fixture *f)
{
	live_stop(&f->live);
	rig_close(&f->rig);
}

static void carry_out(struct fixture *f, enum run_kind kind)
{
	const struct run_order order = { .kind = kind };
	struct err err = ERR_INIT;
	struct run run;

	assert_int_equal(run_ask(&f->rig.engine, f->rig.plan, &order, &run, &f->rig.arena, &err), 0);
	for (int i = 0; run.state != RUN_DONE; i++) {
		if (i > 12000 || run.state == RUN_FAILED)
			fail_msg("the run is %s: %.*s", run_state_name(run.state), STR_ARG(run.error));
		clock_sleep_ms(5);
		if (run_find(&f->rig.engine, &f->rig.arena, run.batch_id, &run, &err) < 0) {
			err = (struct err)ERR_INIT; /* a delta that found nothing leaves no row */
			break;
		}
	}
	wait_until(is_idle, f, "idle after a run");
}

struct answered {
	atomic_bool is;
	struct hook_done done;
	struct err err;
};

static void on_answer(void *context, const struct hook_done *done, const struct err *err)
{
	struct answered *answered = context;

	answered->done = *done;
	answered->err = *err;
	atomic_store(&answered->is, true);
}

/* What the sender would be told. */
static struct err answer_to(struct fixture *f, struct str connection, const struct hook *told, struct hook_done *ret)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct answered answered = { .err = ERR_INIT };

	live_hook(f->live, &arena, connection, told, on_answer, &answered);
	for (int i = 0; !atomic_load(&answered.is); i++) {
		if (i > 60000)
			fail_msg("a webhook is not answered");
		clock_sleep_ms(1);
	}
	*ret = answered.done;
	return answered.err;
}

static void hook(struct fixture *f, const char *id, const char *what, bool whole)
{
	struct hook_done done;
	struct hook told;
	struct err err;

	memory_hook(f->rig.emr, "patient", id, what, whole, &f->rig.arena, &told);
	err = answer_to(f, STR("practice"), &told, &done);
	if (err.code < 0)
		fail_msg("%s", err.text);
}

static void open_linked(struct fixture *f, const char *settings)
{
	open_live(f, settings);
	memory_put(f->rig.emr, "patient", "{\"id\":\"a\"," ANN ",\"email\":\"a@x.example\",\"city\":\"Boise\"}");
	memory_put(f->rig.crm, "Contact", "{\"Id\":\"c\"," CONTACT_ANN "}");
	carry_out(f, RUN_IMPORT);
	assert_string_equal(rig_crm(&f->rig, "c", "MailingCity"), "Boise");
}

static bool city_is_nampa(struct fixture *f)
{
	return strcmp(rig_crm(&f->rig, "c", "MailingCity"), "Nampa") == 0;
}

static bool email_is_new(struct fixture *f)
{
	return strcmp(rig_emr(&f->rig, "a", "email"), "new@x.example") == 0;
}

static void test_R20_a_webhook_brings_an_edit_to_the_crm(void **state)
{
	struct fixture f;

	(void)state;
	open_linked(&f, "");
	memory_put(f.rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	hook(&f, "a", "updated", true);
	wait_until(city_is_nampa, &f, "the city");
	close_live(&f);
}

static void test_R20_a_webhook_without_the_record_is_a_hint(void **state)
{
	struct fixture f;

	(void)state;
	open_linked(&f, "");
	memory_put(f.rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	hook(&f, "a", "updated", false);
	wait_until(city_is_nampa, &f, "the city");
	close_live(&f);
}

static void test_R21_a_stream_brings_an_edit_to_the_emr(void **state)
{
	struct fixture f;

	(void)state;
	open_linked(&f, "");
	memory_put(f.rig.crm, "Contact", "{\"Id\":\"c\",\"Email\":\"new@x.example\"}");
	wait_until(email_is_new, &f, "the e-mail");
	close_live(&f);
}

static void test_R27_what_we_wrote_comes_back_and_causes_no_write(void **state)
{
	unsigned emr, crm;
	struct fixture f;

	(void)state;
	open_linked(&f, "");
	memory_put(f.rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	hook(&f, "a", "updated", true);
	wait_until(city_is_nampa, &f, "the city");
	wait_until(is_idle, &f, "idle");
	emr = memory_written(f.rig.emr);
	crm = memory_written(f.rig.crm);
	hook(&f, "a", "updated", true);
	hook(&f, "a", "updated", false);
	carry_out(&f, RUN_DELTA);
	carry_out(&f, RUN_DELTA);
	clock_sleep_ms(100);
	wait_until(is_idle, &f, "idle");
	assert_int_equal(memory_written(f.rig.emr), emr);
	assert_int_equal(memory_written(f.rig.crm), crm);
	close_live(&f);
}

static void test_R39_a_lost_webhook_is_made_up_for_by_the_delta(void **state)
{
	struct fixture f;

	(void)state;
	open_linked(&f, "");
	memory_put(f.rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	carry_out(&f, RUN_DELTA);
	wait_until(city_is_nampa, &f, "the city");
	close_live(&f);
}

static bool delta_is_near(struct fixture *f)
{
	struct err err = ERR_INIT;
	struct schedule *all;
	size_t count;

	assert_int_equal(schedule_list(&f->rig.engine, &f->rig.arena, 0, &all, &count, &err), 0);
	assert_int_equal(count, 1);
	return all->next_ms <= clock_wall_ms() + (int64_t)15 * 60 * 1000;
}

static void test_R39_a_clock_that_was_ahead_and_is_set_back_stops_no_delta(void **state)
{
	const int64_t now_ms = clock_wall_ms(), day_ms = (int64_t)24 * 3600 * 1000;
	struct fixture f;

	(void)state;
	clock_fix(now_ms + 400 * day_ms);
	open_live(&f, "");
	assert_true(delta_is_near(&f));
	clock_fix(now_ms);
	wait_until(delta_is_near, &f, "the schedule, counted anew");
	clock_fix(0);
	close_live(&f);
}

static bool new_contact_is_there(struct fixture *f)
{
	return rig_contact_of(&f->rig, "b") != NULL;
}

static void test_R13_a_new_patient_becomes_a_contact(void **state)
{
	struct fixture f;

	(void)state;
	open_linked(&f, "\"create\":true");
	memory_put(f.rig.emr, "patient",
	           "{\"id\":\"b\",\"first_name\":\"Bob\",\"last_name\":\"Ray\",\"dob\":\"1970-05-05\"}");
	hook(&f, "b", "created", true);
	wait_until(new_contact_is_there, &f, "the contact");
	close_live(&f);
}

static void test_R8_a_contact_made_a_moment_ago_is_met_and_not_doubled(void **state)
{
	struct fixture f;

	(void)state;
	open_linked(&f, "\"create\":true");
	memory_stream_strike(f.rig.crm, MEMORY_LOSE, 1); /* nobody tells us of it */
	memory_put(f.rig.crm, "Contact",
	           "{\"Id\":\"d\",\"FirstName\":\"Bob\",\"LastName\":\"Ray\",\"Birthdate\":\"1970-05-05\"}");
	memory_put(f.rig.emr, "patient",
	           "{\"id\":\"b\",\"first_name\":\"Bob\",\"last_name\":\"Ray\",\"dob\":\"1970-05-05\"}");
	hook(&f, "b", "created", true);
	wait_until(new_contact_is_there, &f, "the link");
	assert_string_equal(rig_contact_of(&f.rig, "b"), "d");
	assert_int_equal(memory_count(f.rig.crm, "Contact"), 2);
	close_live(&f);
}

static void test_R8_before_the_first_import_nobody_is_new(void **state)
{
	struct fixture f;

	(void)state;
	open_live(&f, "\"create\":true");
	memory_put(f.rig.crm, "Contact", "{\"Id\":\"c\"," CONTACT_ANN "}");
	memory_put(f.rig.emr, "patient", "{\"id\":\"a\"," ANN "}");
	hook(&f, "a", "created", true);
	clock_sleep_ms(300);
	assert_int_equal(memory_count(f.rig.crm, "Contact"), 1);
	carry_out(&f, RUN_IMPORT);
	assert_int_equal(memory_count(f.rig.crm, "Contact"), 1);
	assert_string_equal(rig_contact_of(&f.rig, "a"), "c");
	close_live(&f);
}

static void test_R1_a_forged_webhook_is_refused(void **state)
{
	struct hook_done done;
	struct hook told;
	struct fixture f;

	(void)state;
	open_linked(&f, "");
	memory_hook(f.rig.emr, "patient", "a", "updated", true, &f.rig.arena, &told);
	told.body = STR("{\"id\":\"evt-9\",\"event\":\"patient.updated\"}");
	assert_int_equal(answer_to(&f, STR("practice"), &told, &done).code, ERR_AUTH);
	assert_int_equal(answer_to(&f, STR("nobody"), &told, &done).code, ERR_NOT_FOUND);
	close_live(&f);
}

static bool is_unlinked(struct fixture *f)
{
	return strcmp(rig_crm(&f->rig, "c", "Patient_Id__c"), "") == 0;
}

static void test_R31_a_patient_that_is_deleted_is_unlinked(void **state)
{
	struct fixture f;

	(void)state;
	open_linked(&f, "");
	memory_remove(f.rig.emr, "patient", "a");
	hook(&f, "a", "removed", false);
	wait_until(is_unlinked, &f, "unlinked");
	assert_string_equal(rig_crm(&f.rig, "c", "Synced__c"), "false");
	close_live(&f);
}

static void wish(struct fixture *f, enum side side, enum wish what, const char *id, const char *partner)
{
	const struct capture how = { .side = side, .door = DOOR_CLICK, .total = -1, .durable = true };
	const struct asked asked = { what, str_of(id), str_of(partner) };
	struct captured done;
	struct err err = ERR_INIT;

	if (capture_wish(&f->rig.engine, f->live->first->plan, &f->rig.arena, &asked, &how, &done, &err) < 0)
		fail_msg("%s", err.text);
	wait_until(is_idle, f, "idle after a wish");
}

static void test_R29_unlink_and_link_again_by_a_person(void **state)
{
	struct fixture f;

	(void)state;
	open_linked(&f, "");
	wish(&f, SIDE_CRM, WISH_UNLINK, "c", "");
	assert_string_equal(rig_crm(&f.rig, "c", "Patient_Id__c"), "");
	memory_put(f.rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	carry_out(&f, RUN_DELTA);
	assert_string_equal(rig_crm(&f.rig, "c", "MailingCity"), "Boise");
	wish(&f, SIDE_CRM, WISH_LINK, "c", "a");
	assert_string_equal(rig_crm(&f.rig, "c", "Patient_Id__c"), "a");
	assert_string_equal(rig_emr(&f.rig, "a", "city"), "Boise"); /* R11: the CRM's value goes to the EMR */
	close_live(&f);
}

static void test_R15_create_a_patient_by_a_persons_wish(void **state)
{
	const char *id;
	struct fixture f;

	(void)state;
	open_linked(&f, "");
	memory_put(f.rig.crm, "Contact",
	           "{\"Id\":\"d\",\"FirstName\":\"Bob\",\"LastName\":\"Ray\",\"Birthdate\":\"1970-05-05\"}");
	wish(&f, SIDE_CRM, WISH_CREATE, "d", "");
	id = rig_crm(&f.rig, "d", "Patient_Id__c");
	assert_true(id && id[0]);
	assert_string_equal(rig_emr(&f.rig, id, "last_name"), "Ray");
	assert_string_equal(rig_emr(&f.rig, id, "our_id"), "d");
	assert_int_equal(memory_count(f.rig.emr, "patient"), 2);
	close_live(&f);
}

static void test_R30_relink_moves_a_contact_to_another_patient(void **state)
{
	struct fixture f;

	(void)state;
	open_linked(&f, "");
	memory_put(f.rig.emr, "patient",
	           "{\"id\":\"b\",\"first_name\":\"Bob\",\"last_name\":\"Ray\",\"dob\":\"1970-05-05\"}");
	wish(&f, SIDE_CRM, WISH_LINK, "c", "b");
	assert_string_equal(rig_crm(&f.rig, "c", "Patient_Id__c"), "a"); /* it is linked already */
	wish(&f, SIDE_CRM, WISH_RELINK, "c", "b");
	assert_string_equal(rig_crm(&f.rig, "c", "Patient_Id__c"), "b");
	assert_string_equal(rig_emr(&f.rig, "a", "our_id"), "");
	assert_string_equal(rig_emr(&f.rig, "b", "our_id"), "c");
	close_live(&f);
}

static void test_R37_an_event_that_is_off_is_counted_and_not_staged(void **state)
{
	struct str off[] = { STR("patient.updated") };
	struct tally_row *rows;
	struct err err = ERR_INIT;
	struct fixture f;
	size_t count;

	(void)state;
	open_linked(&f, "");
	f.live->first->plan->events_off = off;
	f.live->first->plan->events_off_count = 1;
	memory_put(f.rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	hook(&f, "a", "updated", true);
	clock_sleep_ms(50);
	assert_string_equal(rig_crm(&f.rig, "c", "MailingCity"), "Boise");
	assert_int_equal(tally_flush(f.live->tally, &f.rig.engine, &err), 0);
	assert_int_equal(tally_list(&f.rig.engine, &f.rig.arena, 0, 2, &rows, &count, &err), 0);
	for (size_t i = 0; i < count; i++) {
		if (str_eq(rows[i].event, off[0]))
			assert_true(rows[i].off >= 1); /* the stream tells of it, too */
	}
	assert_true(count > 0);
	close_live(&f);
}

/* A far side that makes up names of events takes the room of nobody: what finds none is counted, as "other". */
static void test_R37_names_beyond_the_first_few_hundred_are_counted_together(void **state)
{
	enum { NAMES = 300 };
	struct tally *tally = tally_new();
	struct tally_row *rows;
	struct err err = ERR_INIT;
	int64_t came = 0;
	struct rig rig;
	char name[16];
	size_t count;

	(void)state;
	rig_open(&rig, "");
	for (unsigned i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "made-up-%u", i);
		tally_count(tally, 7, str_of(name), false);
	}
	assert_int_equal(tally_flush(tally, &rig.engine, &err), 0);
	assert_int_equal(tally_list(&rig.engine, &rig.arena, 0, 2, &rows, &count, &err), 0);
	for (size_t i = 0; i < count; i++) {
		came += rows[i].came;
		assert_true(str_eq_c(rows[i].event, "other") ? rows[i].sync_id == 0 && rows[i].came > 1
		                                             : rows[i].sync_id == 7 && rows[i].came == 1);
	}
	assert_int_equal(came, NAMES);
	tally_free(&tally);
	rig_close(&rig);
}

static bool is_in_trouble(struct fixture *f)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct live_sync *all;
	struct err err = ERR_INIT;
	size_t count;

	assert_int_equal(live_state(f->live, &arena, &all, &count, &err), 0);
	return count == 1 && !all[0].ready && all[0].trouble.len > 0;
}

static bool one_is_owed(struct fixture *f)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct live_sync *all;
	struct err err = ERR_INIT;
	size_t count;

	assert_int_equal(live_state(f->live, &arena, &all, &count, &err), 0);
	return all[0].owed == 1;
}

/* What was decided goes to the side that lives; what is told is staged, and goes over once the other side is back. */
static void test_R1_R5_a_side_that_is_down_does_not_hold_up_the_other_one(void **state)
{
	struct fixture f;

	(void)state;
	open_linked(&f, "\"create\":true");
	memory_refuse(f.rig.emr, "a", RETRY_LATER, "BUSY");
	memory_put(f.rig.crm, "Contact", "{\"Id\":\"c\",\"Email\":\"new@x.example\"}");
	wait_until(one_is_owed, &f, "the e-mail is owed");
	memory_down(f.rig.crm, true);
	memory_put(f.rig.emr, "patient",
	           "{\"id\":\"b\",\"first_name\":\"Bob\",\"last_name\":\"Ray\",\"dob\":\"1970-05-05\"}");
	hook(&f, "b", "created", true);
	wait_until(is_in_trouble, &f, "trouble");
	memory_refuse(f.rig.emr, "a", DELIVERED, "");
	wait_until(email_is_new, &f, "the e-mail");
	assert_true(is_in_trouble(&f));
	memory_put(f.rig.emr, "patient", "{\"id\":\"a\",\"city\":\"Nampa\"}");
	hook(&f, "a", "updated", true);
	memory_down(f.rig.crm, false);
	wait_until(city_is_nampa, &f, "the city");
	wait_until(new_contact_is_there, &f, "the contact");
	wait_until(is_ready, &f, "ready again");
	close_live(&f);
}

static bool is_paused(struct fixture *f)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct live_sync *all;
	struct err err = ERR_INIT;
	size_t count;

	assert_int_equal(live_state(f->live, &arena, &all, &count, &err), 0);
	return all[0].paused && !all[0].ready;
}

static struct live_sync state_of(struct fixture *f)
{
	struct live_sync *all;
	struct err err = ERR_INIT;
	size_t count;

	assert_int_equal(live_state(f->live, &f->rig.arena, &all, &count, &err), 0);
	return all[0];
}

static void change(struct fixture *f, const struct realtime_change *what)
{
	struct err err = ERR_INIT;

	if (realtime_change(&f->rig.engine, f->rig.plan->name, what, "a test", &err) < 0)
		fail_msg("%s", err.text);
}

/* The systems are in memory, and live as long as a plan: after each change they are new and empty. */
static void test_R1_a_paused_sync_takes_webhooks_and_does_nothing_with_them(void **state)
{
	static const bool yes = true, no = false;
	const struct run_order order = { .kind = RUN_IMPORT };
	struct err err = ERR_INIT;
	struct plan *plan;
	struct fixture f;
	struct run run;

	(void)state;
	open_linked(&f, "");
	change(&f, &(struct realtime_change) { .paused = &yes });
	wait_until(is_paused, &f, "paused");
	f.rig.emr = f.live->first->plan->conn[SIDE_EMR];
	memory_put(f.rig.emr, "patient", "{\"id\":\"a\"," ANN ",\"city\":\"Nampa\"}");
	hook(&f, "a", "updated", true);
	clock_sleep_ms(300);
	assert_int_equal(state_of(&f).waiting, 1);
	assert_int_equal(plan_open(&f.rig.engine, f.rig.plan->name, &plan, &err), 0);
	assert_int_equal(run_ask(&f.rig.engine, plan, &order, &run, &f.rig.arena, &err), ERR_CONFLICT);
	err = (struct err)ERR_INIT;
	assert_int_equal(run_batch(&f.rig.engine, plan, &order, &run, &f.rig.arena, &err), ERR_CONFLICT);
	plan_close(&plan);
	change(&f, &(struct realtime_change) { .paused = &no });
	wait_until(is_ready, &f, "ready again");
	wait_until(is_idle, &f, "what was staged meanwhile");
	close_live(&f);
}

static void test_R37_real_time_is_switched_off_as_a_whole(void **state)
{
	static const bool no = false;
	struct fixture f;
	struct hook told;
	struct hook_done done;

	(void)state;
	open_linked(&f, "");
	change(&f, &(struct realtime_change) { .enabled = &no });
	for (int i = 0; i < 12000 && !f.live->first->plan->live_off; i++)
		clock_sleep_ms(5);
	wait_until(is_idle, &f, "open again");
	f.rig.emr = f.live->first->plan->conn[SIDE_EMR];
	memory_put(f.rig.emr, "patient", "{\"id\":\"a\"," ANN "}");
	memory_hook(f.rig.emr, "patient", "a", "updated", true, &f.rig.arena, &told);
	assert_int_equal(answer_to(&f, STR("practice"), &told, &done).code, ERR_OK);
	assert_int_equal(done.staged, 0);
	assert_int_equal(done.off, 1);
	assert_false(state_of(&f).streams);
	close_live(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R20_a_webhook_brings_an_edit_to_the_crm),
		cmocka_unit_test(test_R20_a_webhook_without_the_record_is_a_hint),
		cmocka_unit_test(test_R21_a_stream_brings_an_edit_to_the_emr),
		cmocka_unit_test(test_R27_what_we_wrote_comes_back_and_causes_no_write),
		cmocka_unit_test(test_R39_a_lost_webhook_is_made_up_for_by_the_delta),
		cmocka_unit_test(test_R39_a_clock_that_was_ahead_and_is_set_back_stops_no_delta),
		cmocka_unit_test(test_R13_a_new_patient_becomes_a_contact),
		cmocka_unit_test(test_R8_a_contact_made_a_moment_ago_is_met_and_not_doubled),
		cmocka_unit_test(test_R8_before_the_first_import_nobody_is_new),
		cmocka_unit_test(test_R1_a_forged_webhook_is_refused),
		cmocka_unit_test(test_R31_a_patient_that_is_deleted_is_unlinked),
		cmocka_unit_test(test_R29_unlink_and_link_again_by_a_person),
		cmocka_unit_test(test_R15_create_a_patient_by_a_persons_wish),
		cmocka_unit_test(test_R30_relink_moves_a_contact_to_another_patient),
		cmocka_unit_test(test_R37_an_event_that_is_off_is_counted_and_not_staged),
		cmocka_unit_test(test_R37_names_beyond_the_first_few_hundred_are_counted_together),
		cmocka_unit_test(test_R1_a_paused_sync_takes_webhooks_and_does_nothing_with_them),
		cmocka_unit_test(test_R37_real_time_is_switched_off_as_a_whole),
		cmocka_unit_test(test_R1_R5_a_side_that_is_down_does_not_hold_up_the_other_one),
	};

	return cmocka_run_group_tests_name("live", tests, NULL, NULL);
}

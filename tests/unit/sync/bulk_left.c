/* A bulk job does not end with whoever made it: as long as it may be at work, nothing is sent beside it, and what it did is settled once it has ended (R5). */
#include "people.h"
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "sync/outbox.h"

enum { PEOPLE = 40, BATCH = 4, CALLS = PEOPLE / BATCH };

/* The CRM, with jobs: of the first one no answer comes. Asked for it later, it is still at work; then it has ended. */
static struct jobs {
	struct connector kind;
	enum err_code lost,
	        busy;           /* why its answer did not come; why it cannot be said, the first time it is asked for */
	unsigned made, asked;   /* jobs; for the first one */
	unsigned calls, beside; /* writes until it was lost; while it was at work */
	const char *person_moves; /* to this city, a record, once the job has written it and before we know */
	struct str moved;         /* id of that record */
	struct rig *rig;
} jobs;

struct bulk_call {
	struct call call;
	struct arena arena;
	struct call *parts[CALLS];
	size_t sizes[CALLS];
	struct write_request request; /* without its items */
};

static struct call *bulk_start(struct connection *c, const struct write_request *request)
{
	struct arena arena = ARENA_INIT;
	struct bulk_call *call = arena_new(&arena, struct bulk_call);

	call->arena = arena;
	call->call.connection = c;
	call->request = *request;
	call->request.job = arena_str(&call->arena, request->job);
	if (request->job.len == 0 ? jobs.made++ == 0 : jobs.asked++ == 0)
		return &call->call;
	if (request->job.len)
		jobs.beside = memory_calls(c, MEMORY_WRITE) - jobs.calls;
	for (size_t n = 0; n * BATCH < request->item_count; n++) {
		struct write_request part = { .object = request->object, .items = request->items + n * BATCH };

		part.item_count = call->sizes[n] = MIN_OF((size_t)BATCH, request->item_count - n * BATCH);
		call->parts[n] = memory_connector.write_start(c, &part);
	}
	return &call->call;
}

static int results(struct bulk_call *call, struct arena *arena, struct write_result *ret, struct err *err)
{
	for (size_t n = 0; n < CALLS && call->parts[n]; n++) {
		if (memory_connector.write_finish(&call->parts[n], arena, ret + n * BATCH, err) < 0)
			return err_pass(err);
	}
	if (jobs.person_moves && jobs.moved.len == 0) {
		jobs.moved = arena_str(&jobs.rig->arena, ret[0].id);
		memory_put(jobs.rig->crm, "Contact",
		           arena_text(arena, arena_printf(arena, "{\"Id\":\"%.*s\",\"MailingCity\":\"%s\"}",
		                                          STR_ARG(ret[0].id), jobs.person_moves)));
	}
	return 0;
}

static int bulk_finish(struct call **pcall, struct arena *arena, struct write_result *ret, struct err *err)
{
	struct bulk_call *call = (struct bulk_call *)*pcall;
	struct arena own = call->arena;
	int code;

	if (call->parts[0]) {
		code = results(call, arena, ret, err);
	} else if (call->request.job.len == 0) {
		jobs.calls = memory_calls(call->call.connection, MEMORY_WRITE);
		must_be_fine(call->request.on_job(call->request.context, STR("job-1"), err), err);
		code = err_set(err, jobs.lost, "no answer came");
	} else {
		assert_true(str_eq_c(call->request.job, "job-1"));
		code = err_set(err, jobs.busy, "a bulk job is still at work");
	}
	*pcall = NULL;
	arena_release(&own);
	return code;
}

static void open_with_jobs(struct rig *rig)
{
	rig_open(rig, "\"create\":true,\"bulk_from\":6,\"back_reference\":false");
	jobs = (struct jobs) { .kind = memory_connector, .lost = ERR_NETWORK, .busy = ERR_TIMEOUT, .rig = rig };
	jobs.kind.bulk_start = bulk_start;
	jobs.kind.bulk_finish = bulk_finish;
	rig->crm->traits.write_batch = BATCH;
	rig->crm->traits.bulk_batch = PEOPLE;
	rig->crm->kind = &jobs.kind;
	for (int i = 0; i < PEOPLE; i++)
		memory_put(
		        rig->emr, "patient",
		        arena_text(&rig->arena,
		                   arena_printf(&rig->arena,
		                                "{\"id\":\"p%02d\",\"first_name\":\"Many%c%c\",\"last_name\":\"Lee\","
		                                "\"dob\":\"1980-01-02\",\"city\":\"Boise\"}",
		                                i, 'a' + i / 20, 'a' + i % 20)));
}

static void test_R5_nothing_is_sent_beside_a_job_whose_answer_was_lost(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct rig rig;

	(void)state;
	open_with_jobs(&rig);
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_CREATED], PEOPLE);
	assert_int_equal(jobs.asked, 2);
	assert_int_equal(jobs.beside, 0);
	assert_int_equal(memory_written(rig.crm), PEOPLE); /* each once */
	rig_close(&rig);
}

/* The entries are not sent once more after what the job did: a person was there since. */
static void test_R5_R28_a_job_of_a_process_that_died_is_asked_what_it_did(void **state)
{
	int64_t counts[OUTCOME_COUNT];
	struct err err = ERR_INIT;
	struct run run = { 0 };
	struct rig rig;

	(void)state;
	open_with_jobs(&rig);
	jobs.lost = ERR_AUTH; /* the process ends here: nobody waits for the job */
	assert_int_equal(run_import(&rig.engine, rig.plan, NULL, NULL, &run, &rig.arena, &err), ERR_AUTH);
	assert_int_equal(jobs.made, 1);
	rig_restart(&rig);
	jobs.person_moves = "Eagle";
	rig_import(&rig, counts);
	assert_int_equal(counts[OUTCOME_CREATED], PEOPLE);
	assert_int_equal(jobs.asked, 2);
	assert_int_equal(jobs.beside, 0);
	assert_string_equal(rig_crm(&rig, arena_text(&rig.arena, jobs.moved), "MailingCity"), "Eagle");
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R5_R28_a_job_of_a_process_that_died_is_asked_what_it_did),
		cmocka_unit_test(test_R5_nothing_is_sent_beside_a_job_whose_answer_was_lost),
	};

	return cmocka_run_group_tests_name("bulk_left", tests, NULL, NULL);
}

/*
 * single: one record walks the same road. Preview, retry and a person's click read it at its source and stage it like any page of a batch.
 */
#include "sync/run.h"

#include "sync/capture.h"
#include "sync/catalog.h"
#include "sync/outbox.h"
#include "sync/reconcile.h"
#include "sync/run_lock.h"

static int fetch_one(struct engine *engine, struct plan *plan, struct arena *arena, struct str emr_id, struct page *ret,
                     struct err *err)
{
	struct connection *emr = plan->conn[SIDE_EMR];
	struct fetch_request request = {
		.object = plan->object[SIDE_EMR], .ids = &emr_id, .id_count = 1, .priority = HTTP_URGENT
	};
	struct call *call;

	(void)engine;
	if (!emr->kind->fetch_start)
		return err_set(err, ERR_UNSUPPORTED, "%.*s cannot read a single record", STR_ARG(plan->emr_name));
	call = emr->kind->fetch_start(emr, &request);
	if (emr->kind->fetch_finish(&call, arena, ret, err) < 0)
		return err_wrap(err, "read record %.*s of %.*s", STR_ARG(emr_id), STR_ARG(plan->emr_name));
	if (ret->count == 0 || str_eq(str_of(ret->records[0].fault), STR("not there")))
		return err_set(err, ERR_NOT_FOUND, "%.*s has no record %.*s", STR_ARG(plan->emr_name), STR_ARG(emr_id));
	return 0;
}

static int first_of_a_page(struct plan *plan, struct arena *arena, struct page *ret, struct err *err)
{
	struct connection *emr = plan->conn[SIDE_EMR];
	struct list_request request = {
		.object = plan->object[SIDE_EMR], .page_size = 1, .live_only = true, .priority = HTTP_URGENT
	};
	struct call *call = emr->kind->list_start(emr, &request);

	if (emr->kind->list_finish(&call, arena, ret, err) < 0)
		return err_wrap(err, "read a record of %.*s", STR_ARG(plan->emr_name));
	if (ret->count == 0)
		return err_set(err, ERR_NOT_FOUND, "%.*s has no %.*s at all", STR_ARG(plan->emr_name),
		               STR_ARG(plan->object[SIDE_EMR]));
	ret->count = 1;
	return 0;
}

static int capture_one(struct engine *engine, struct plan *plan, struct str emr_id, const struct capture *how,
                       int64_t *ret_staged_id, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct page page;
	size_t staged;

	if ((emr_id.len ? fetch_one(engine, plan, &arena, emr_id, &page, err)
	                : first_of_a_page(plan, &arena, &page, err)) < 0)
		return err_pass(err);
	return capture_emr(engine, plan, &arena, &page, how, &staged, ret_staged_id, err);
}

int run_capture_one(struct engine *engine, struct plan *plan, struct str emr_id, enum door door, int64_t run_id,
                    int64_t *ret_staged_id, struct err *err)
{
	const struct capture how = { .door = door, .run_id = run_id, .total = -1 };

	return capture_one(engine, plan, emr_id, &how, ret_staged_id, err);
}

/* ---- preview ---- */

/* Reads the CRM records with these values into the index of identities. */
static int note_candidates(struct engine *engine, struct plan *plan, struct arena *arena,
                           const struct list_equals *equals, size_t count, struct err *err)
{
	struct connection *crm = plan->conn[SIDE_CRM];
	struct list_request request = { .object = plan->object[SIDE_CRM],
		                        .fields = plan->crm_fields,
		                        .field_count = plan->crm_field_count,
		                        .where = plan->crm_where,
		                        .equals = equals,
		                        .equal_count = count,
		                        .priority = HTTP_URGENT };
	struct call *call = crm->kind->list_start(crm, &request);
	struct page page;

	if (crm->kind->list_finish(&call, arena, &page, err) < 0)
		return err_wrap(err, "look for candidates in %.*s", STR_ARG(plan->crm_name));
	return capture_crm_identities(engine, plan, arena, &page, 0, err);
}

struct staged_job {
	struct arena *arena;
	int64_t id;
	struct staged staged;
};

static int read_one_staged(struct db *db, void *context, struct err *err)
{
	struct staged_job *job = context;

	return stage_read(db, job->arena, job->id, &job->staged, err);
}

/* Those that store this record's id, and those of its name. */
static int note_all_candidates(struct engine *engine, struct plan *plan, struct arena *arena,
                               const struct staged *staged, struct err *err)
{
	const struct mapping *m = &plan->mapping;
	const struct list_equals by_id = { .field = plan->crm_id_field, .value = staged->record_id };
	struct value *values = arena_new_array(arena, struct value, m->count);
	const struct field_map *field;
	struct err unreadable = ERR_INIT;
	struct list_equals by_name[2];
	struct json *record;
	struct str bytes;

	if (note_candidates(engine, plan, arena, &by_id, 1, err) < 0 ||
	    stage_bytes(engine, arena, staged, &bytes, err) < 0)
		return err_pass(err);
	if (!m->first_name || !m->last_name || json_parse(arena, bytes, &record, &unreadable) < 0 ||
	    mapping_read_emr(m, arena, record, values, &field, &unreadable) < 0)
		return 0; /* reconcile says what is wrong with it */
	by_name[0] = (struct list_equals) { path_top(m->first_name->crm), values[m->first_name - m->fields].text };
	by_name[1] = (struct list_equals) { path_top(m->last_name->crm), values[m->last_name - m->fields].text };
	if (by_name[0].value.len == 0 || by_name[1].value.len == 0)
		return 0;
	return note_candidates(engine, plan, arena, by_name, 2, err);
}

struct alone_job {
	const struct plan *plan;
	int64_t id;
};

/* In the scratch copy nothing else waits and nothing is owed, so that the record is judged as it is now. */
static int leave_alone(struct db *db, void *context, struct err *err)
{
	const struct alone_job *job = context;

	if (outbox_forget_sync(db, job->plan->sync_id, err) < 0)
		return err_pass(err);
	return stage_only(db, job->plan->sync_id, job->id, err);
}

int run_preview(struct engine *engine, struct plan *plan, struct str emr_id, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct staged_job job = { .arena = &arena };
	struct alone_job alone = { .plan = plan };
	struct reconciler *r;
	size_t decided;
	bool idle = false;
	int code = 0;

	ensure(engine->dry);
	if (plan_sign_in(plan, err) < 0 || run_capture_one(engine, plan, emr_id, DOOR_CLICK, 0, &job.id, err) < 0)
		return err_pass(err);
	alone.id = job.id;
	if (store_write(engine->store, RELAXED, leave_alone, &alone, err) < 0 ||
	    store_read(engine->store, read_one_staged, &job, err) < 0 ||
	    note_all_candidates(engine, plan, &arena, &job.staged, err) < 0)
		return err_pass(err);
	r = reconciler_new(engine, plan, NULL);
	while (!idle && code == 0)
		code = reconcile_step(r, &decided, &idle, err);
	reconciler_free(&r);
	return code;
}

/* ---- retry ---- */

static int again(struct db *db, void *context, struct err *err)
{
	const struct staged_job *job = context;

	return stage_again(db, job->id, err);
}

static int not_there_any_more(struct db *db, void *context, struct err *err)
{
	const struct staged_job *job = context;

	return stage_fail(db, job->id, str_of(err_name(ERR_NOT_FOUND)), STR_EMPTY,
	                  "its source has no such record any more", err);
}

static int check_retry(const struct plan *plan, const struct staged *staged, struct err *err)
{
	if (staged->sync_id != plan->sync_id)
		return err_set(err, ERR_CONFLICT, "payload %lld belongs to another sync", (long long)staged->id);
	if (staged->state != STAGED_FAILED)
		return err_set(err, ERR_CONFLICT, "payload %lld has not failed: it is %s", (long long)staged->id,
		               staged_state_name(staged->state));
	return 0;
}

/* Reads the record anew where its id is known, so that what was mended at the source comes through; otherwise the same bytes are tried again. The
 * reading and the end of the failed payload are one commit: no record counts twice (R33). */
static int stage_anew(struct engine *engine, struct plan *plan, struct arena *arena, int64_t id, int64_t *ret_id,
                      struct err *err)
{
	struct staged_job job = { .id = id, .arena = arena };
	struct capture how = { .door = DOOR_RETRY, .total = -1, .replaces = id };
	int code;

	*ret_id = id;
	if (store_read(engine->store, read_one_staged, &job, err) < 0 || check_retry(plan, &job.staged, err) < 0)
		return err_pass(err);
	if (job.staged.record_id.len == 0)
		return store_write(engine->store, RELAXED, again, &job, err);
	how.run_id = job.staged.run_id;
	code = capture_one(engine, plan, job.staged.record_id, &how, ret_id, err);
	if (code != ERR_NOT_FOUND)
		return code;
	*err = (struct err)ERR_INIT;
	return store_write(engine->store, RELAXED, not_there_any_more, &job, err);
}

static int count_through(struct engine *engine, struct arena *arena, const int64_t *ids, size_t count,
                         struct retried *ret, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		struct staged_job job = { .id = ids[i], .arena = arena };

		if (store_read(engine->store, read_one_staged, &job, err) < 0)
			return err_pass(err);
		if (job.staged.state == STAGED_DONE || job.staged.outcome == OUTCOME_UNCHANGED)
			ret->through++;
		else
			ret->failed++;
	}
	return 0;
}

int run_retry(struct engine *engine, struct plan *plan, const int64_t *staged_ids, size_t count, struct retried *ret,
              struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(run_lock) int lock = -1;
	int64_t *ids = arena_new_array(&arena, int64_t, count);

	*ret = (struct retried) { .tried = (int64_t)count };
	if (run_lock(engine, plan, &lock, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		if (stage_anew(engine, plan, &arena, staged_ids[i], &ids[i], err) < 0)
			return err_wrap(err, "retry payload %lld", (long long)staged_ids[i]);
	}
	if (run_settle_locked(engine, plan, false, NULL, NULL, err) < 0)
		return err_pass(err);
	return count_through(engine, &arena, ids, count, ret, err);
}

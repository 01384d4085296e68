/*
 * single: one record walks the same road. Preview and a person's click read it at its source and stage it like any page of a batch.
 */
#include "sync/single.h"

#include "lib/clock.h"
#include "sync/capture.h"
#include "sync/catalog.h"
#include "sync/drift.h"
#include "sync/look.h"
#include "sync/outbox.h"
#include "sync/person_parts.h"
#include "sync/reconcile.h"

static struct str system_of(const struct plan *plan, enum side side)
{
	return side == SIDE_CRM ? plan->crm_name : plan->emr_name;
}

static void ask_for_fields(const struct plan *plan, enum side side, const struct str **ret, size_t *ret_count)
{
	*ret = side == SIDE_CRM ? drift_state(plan)->crm_fields : NULL;
	*ret_count = side == SIDE_CRM ? drift_state(plan)->crm_field_count : 0;
}

int single_fetch(struct plan *plan, struct arena *arena, enum side side, struct str id, struct page *ret,
                 struct err *err)
{
	struct connection *c = plan->conn[side];
	struct fetch_request request = {
		.object = plan->object[side], .ids = &id, .id_count = 1, .priority = HTTP_URGENT
	};
	struct call *call;

	if (!c->kind->fetch_start)
		return err_set(err, ERR_UNSUPPORTED, "%.*s cannot read a single record",
		               STR_ARG(system_of(plan, side)));
	ask_for_fields(plan, side, &request.fields, &request.field_count);
	call = c->kind->fetch_start(c, &request);
	if (c->kind->fetch_finish(&call, arena, ret, err) < 0)
		return err_wrap(err, "read record %.*s of %.*s", STR_ARG(id), STR_ARG(system_of(plan, side)));
	if (ret->count == 0 || str_eq(str_of(ret->records[0].fault), STR("not there")))
		return err_set(err, ERR_NOT_FOUND, "%.*s has no record %.*s", STR_ARG(system_of(plan, side)),
		               STR_ARG(id));
	return 0;
}

static int first_of_a_page(struct plan *plan, struct arena *arena, enum side side, struct page *ret, struct err *err)
{
	struct connection *c = plan->conn[side];
	struct list_request request = {
		.object = plan->object[side], .page_size = 1, .live_only = true, .priority = HTTP_URGENT
	};
	struct call *call;

	ask_for_fields(plan, side, &request.fields, &request.field_count);
	call = c->kind->list_start(c, &request);
	if (c->kind->list_finish(&call, arena, ret, err) < 0)
		return err_wrap(err, "read a record of %.*s", STR_ARG(system_of(plan, side)));
	if (ret->count == 0)
		return err_set(err, ERR_NOT_FOUND, "%.*s has no %.*s at all", STR_ARG(system_of(plan, side)),
		               STR_ARG(plan->object[side]));
	ret->count = 1;
	return 0;
}

static int capture_one(struct engine *engine, struct plan *plan, struct str id, const struct capture *how,
                       int64_t *ret_staged_id, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct capture asked = *how;
	struct captured done;
	struct page page;

	asked.asked_ms = clock_wall_ms();
	if ((id.len ? single_fetch(plan, &arena, how->side, id, &page, err)
	            : first_of_a_page(plan, &arena, how->side, &page, err)) < 0 ||
	    capture_page(engine, plan, &arena, &page, &asked, &done, err) < 0)
		return err_pass(err);
	*ret_staged_id = done.last_id;
	return 0;
}

int run_capture_one(struct engine *engine, struct plan *plan, enum side side, struct str id, enum door door,
                    int64_t run_id, int64_t *ret_staged_id, struct err *err)
{
	const struct capture how = {
		.side = side, .door = door, .priority = STAGED_PERSON, .run_id = run_id, .total = -1
	};

	return capture_one(engine, plan, id, &how, ret_staged_id, err);
}

/* ---- preview ---- */

/* Reads the records of a side with these values into the index of identities. A side that cannot be filtered so keeps what the index has. */
static int note_candidates(struct engine *engine, struct plan *plan, struct arena *arena, enum side side,
                           const struct list_equals *equals, size_t count, struct err *err)
{
	struct connection *c = plan->conn[side];
	struct list_request request = { .object = plan->object[side],
		                        .where = side == SIDE_CRM ? plan->crm_where : STR_EMPTY,
		                        .equals = equals,
		                        .equal_count = count,
		                        .priority = HTTP_URGENT };
	struct page page;
	struct call *call;
	int code;

	ask_for_fields(plan, side, &request.fields, &request.field_count);
	call = c->kind->list_start(c, &request);
	code = c->kind->list_finish(&call, arena, &page, err);
	if (code == ERR_UNSUPPORTED && side == SIDE_EMR) {
		*err = (struct err)ERR_INIT;
		return 0;
	}
	if (code < 0)
		return err_wrap(err, "look for candidates in %.*s", STR_ARG(system_of(plan, side)));
	return capture_identities(engine, plan, arena, side, &page, 0, err);
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

/* Names as the other side would have to hold them. */
static size_t by_name(const struct plan *plan, enum side other, const struct value *values, struct list_equals *ret)
{
	const struct mapping *m = &plan->mapping;
	const struct field_map *roles[] = { m->first_name, m->last_name };
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
		struct value value = roles[i] ? values[roles[i] - m->fields] : VALUE_NOTHING;

		if (!roles[i] || value.text.len == 0 || (other == SIDE_EMR && roles[i]->emr_count != 1))
			return 0;
		ret[count++] = (struct list_equals) { other == SIDE_CRM ? path_top(roles[i]->crm)
			                                                : path_text(roles[i]->emr[0]),
			                              value.text };
	}
	return count;
}

static struct str reference_field(const struct plan *plan, enum side side)
{
	return side == SIDE_CRM ? plan->crm_id_field : plan->conn[SIDE_EMR]->traits.reference_field;
}

/* Those that store this record's id, and those of its name. */
int single_candidates(struct engine *engine, struct plan *plan, struct arena *arena, const struct staged *staged,
                      struct err *err)
{
	const struct mapping *m = &plan->mapping;
	enum side other = side_other(staged->side);
	const struct list_equals by_id = { .field = reference_field(plan, other), .value = staged->record_id };
	struct value *values = arena_new_array(arena, struct value, m->count);
	struct list_equals names[2];
	const struct field_map *field;
	struct err unreadable = ERR_INIT;
	struct json *record;
	struct str bytes;
	size_t count;

	if ((by_id.field.len && note_candidates(engine, plan, arena, other, &by_id, 1, err) < 0) ||
	    stage_bytes(engine, arena, staged, &bytes, err) < 0)
		return err_pass(err);
	if (json_parse(arena, bytes, &record, &unreadable) < 0 ||
	    (staged->side == SIDE_EMR ? mapping_read_emr : mapping_read_crm)(m, arena, record, values, &field,
	                                                                     &unreadable) < 0)
		return 0; /* reconcile says what is wrong with it */
	count = by_name(plan, other, values, names);
	return count == 0 ? 0 : note_candidates(engine, plan, arena, other, names, count, err);
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

int single_judge(struct engine *engine, struct plan *plan, struct err *err)
{
	struct reconciler *r = reconciler_new(engine, plan);
	size_t decided;
	bool idle = false;
	int code = 0;

	while (!idle && code == 0)
		code = reconcile_step(r, &decided, &idle, err);
	reconciler_free(&r);
	return code;
}

int single_put_aside(struct engine *engine, const struct plan *plan, int64_t id, struct err *err)
{
	struct alone_job alone = { plan, id };

	return store_write(engine->store, RELAXED, leave_alone, &alone, err);
}

int run_preview(struct engine *engine, struct plan *plan, enum side side, struct str id, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct staged_job job = { .arena = &arena };

	ensure(engine->dry);
	plan->blind = true;
	if (plan_sign_in(plan, err) < 0 || run_capture_one(engine, plan, side, id, DOOR_CLICK, 0, &job.id, err) < 0)
		return err_pass(err);
	if (single_put_aside(engine, plan, job.id, err) < 0 ||
	    store_read(engine->store, read_one_staged, &job, err) < 0 ||
	    single_candidates(engine, plan, &arena, &job.staged, err) < 0)
		return err_pass(err);
	return single_judge(engine, plan, err);
}

static int follow_one(struct db *db, void *context, struct err *err)
{
	struct staged_job *job = context;

	return stage_follow(db, job->arena, job->id, &job->staged, err);
}

/* Who chose the counterpart needs no candidates. */
static bool has_to_match(const struct staged *s)
{
	return s->state == STAGED_WAITING && s->kind == STAGED_RECORD &&
	       (s->wish == WISH_SYNC || s->wish == WISH_CREATE);
}

int single_preview(struct engine *engine, struct plan *plan, enum side side, const struct asked *asked, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct capture how = { .side = side, .door = DOOR_CLICK, .priority = STAGED_PERSON, .total = -1 };
	struct staged_job job = { .arena = &arena };
	struct captured done;
	size_t looked;
	bool left;

	ensure(engine->dry);
	plan->blind = true;
	if (plan_sign_in(plan, err) < 0 || capture_wish(engine, plan, &arena, asked, &how, &done, err) < 0)
		return err_pass(err);
	job.id = done.last_id;
	if (single_put_aside(engine, plan, job.id, err) < 0 || look_round(engine, plan, &looked, &left, err) < 0 ||
	    store_read(engine->store, follow_one, &job, err) < 0)
		return err_pass(err);
	if (has_to_match(&job.staged) && single_candidates(engine, plan, &arena, &job.staged, err) < 0)
		return err_pass(err);
	return single_judge(engine, plan, err);
}

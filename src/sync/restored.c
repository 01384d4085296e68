/* restored: the marks are one transaction over the owners of the tables; `ready` reads the CRM page by page, then holds the pairs against what was read. */
#include "sync/restored.h"

#include "connectors/connector.h"
#include "lib/clock.h"
#include "sync/audit.h"
#include "sync/capture.h"
#include "sync/catalog.h"
#include "sync/fact.h"
#include "sync/identity.h"
#include "sync/journal.h"
#include "sync/lease.h"
#include "sync/link.h"
#include "sync/outbox.h"
#include "sync/review.h"
#include "sync/run_table.h"
#include "sync/select.h"
#include "sync/stage.h"

static struct str fact_of(struct arena *arena, int64_t sync_id)
{
	return arena_printf(arena, "restored:%lld", (long long)sync_id);
}

/* ---- mark ---- */

struct mark_job {
	struct arena *arena;
	const struct sync_row *syncs;
	size_t count;
	struct str who, from;
	struct restored done;
};

/* A sync that never began is not begun by this. */
static int ask_for_import(struct db *db, struct mark_job *job, int64_t sync_id, struct err *err)
{
	struct run run = {
		.sync_id = sync_id, .kind = STR("import"), .who = job->who, .state = RUN_ASKED, .total = -1
	};
	int64_t emr_ms, crm_ms;

	if (identity_completed(db, sync_id, SIDE_EMR, &emr_ms, err) < 0 ||
	    identity_completed(db, sync_id, SIDE_CRM, &crm_ms, err) < 0 || identity_incomplete(db, sync_id, err) < 0 ||
	    run_forget_imports(db, sync_id, err) < 0)
		return err_pass(err);
	if (!emr_ms && !crm_ms)
		return 0;
	job->done.imports_asked++;
	return run_insert(db, job->arena, &run, err);
}

static int mark_sync(struct db *db, struct mark_job *job, int64_t sync_id, struct err *err)
{
	int64_t writes, pairs, payloads;

	if (outbox_restored(db, sync_id, &writes, err) < 0 || link_restored(db, sync_id, &pairs, err) < 0 ||
	    stage_restored(db, sync_id, &payloads, err) < 0 || ask_for_import(db, job, sync_id, err) < 0)
		return err_pass(err);
	job->done.writes_dropped += writes;
	job->done.pairs_dropped += pairs;
	job->done.payloads_read_again += payloads;
	return fact_set(db, fact_of(job->arena, sync_id), job->from, err);
}

static int mark_all(struct db *db, void *context, struct err *err)
{
	struct mark_job *job = context;
	const struct audit_entry note = {
		.at_ms = clock_wall_ms(), .who = job->who, .action = STR("store.restored"), .subject = job->from
	};

	job->done = (struct restored) { 0 };
	if (run_skip_numbers(db, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < job->count; i++) {
		if (mark_sync(db, job, job->syncs[i].id, err) < 0)
			return err_pass(err);
	}
	if (fact_set(db, STR(FACT_RESTORED), job->from, err) < 0)
		return err_pass(err);
	return audit_add(db, &note, err);
}

int restored_mark(struct engine *engine, struct str from, struct restored *ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct mark_job job = { .arena = &arena, .who = str_of(engine->who), .from = from };
	struct sync_row *syncs;

	if (catalog_syncs(engine, &arena, &syncs, &job.count, err) < 0)
		return err_pass(err);
	job.syncs = syncs;
	if (store_write(engine->store, DURABLE, mark_all, &job, err) < 0)
		return err_wrap(err, "mark the database as restored");
	*ret = job.done;
	return 0;
}

/* ---- ready ---- */

/* Of each CRM record: who it is, and whose id it carries. */
static int read_page(struct engine *engine, const struct plan *plan, struct arena *keep, struct str *cursor,
                     bool *ret_last, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str fields[CAPTURE_WHO_FIELDS];
	struct connection *crm = plan->conn[SIDE_CRM];
	const struct list_request request = { .object = plan->object[SIDE_CRM],
		                              .cursor = *cursor,
		                              .fields = fields,
		                              .field_count = capture_who_fields(plan, fields),
		                              .where = plan->crm_where };
	struct call *call = crm->kind->list_start(crm, &request);
	struct page page;

	if (crm->kind->list_finish(&call, &arena, &page, err) < 0)
		return err_wrap(err, "read %.*s of %.*s, as the database was restored", STR_ARG(plan->object[SIDE_CRM]),
		                STR_ARG(plan->crm_name));
	if (capture_identities(engine, plan, &arena, SIDE_CRM, &page, 0, err) < 0)
		return err_pass(err);
	*ret_last = page.last;
	*cursor = arena_str(keep, page.next_cursor);
	return 0;
}

static int read_all(struct engine *engine, const struct plan *plan, struct err *err)
{
	SCOPED(arena) struct arena keep = ARENA_INIT;
	struct str cursor = STR_EMPTY;
	bool last = false;

	while (!last) {
		if (atomic_load(&engine->stop))
			return err_set(err, ERR_ABORTED, "stopped; it is begun anew the next time");
		if (read_page(engine, plan, &keep, &cursor, &last, err) < 0)
			return err_pass(err);
	}
	return 0;
}

struct ready_job {
	const struct plan *plan;
	bool waits;
};

static int end_stale(struct db *db, const struct link *link, struct err *err)
{
	static const char why[] = "ended or moved after the backup that was restored";
	const struct journal_entry note = { .level = LEVEL_INFO,
		                            .sync_id = link->sync_id,
		                            .emr_id = link->emr_id,
		                            .crm_id = link->crm_id,
		                            .code = STR("link_ended"),
		                            .text = str_of(why) };

	if (link_end(db, link->id, why, err) < 0 || outbox_forget_link(db, link->id, err) < 0 ||
	    conflict_ask_no_more(db, link->id, err) < 0)
		return err_pass(err);
	return journal_add(db, &note, err);
}

static int hold_against(struct db *db, void *context, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct ready_job *job = context;
	int64_t sync_id = job->plan->sync_id;
	struct selected stale = { .count = 1 };

	while (job->plan->crm_id_field.len && stale.count > 0) {
		arena_reset(&arena);
		if (link_stale(db, &arena, sync_id, &stale, err) < 0)
			return err_pass(err);
		for (size_t i = 0; i < stale.count; i++) {
			if (end_stale(db, (const struct link *)stale.at + i, err) < 0)
				return err_pass(err);
		}
	}
	if (job->plan->crm_id_field.len && outbox_forget_stale(db, sync_id, err) < 0)
		return err_pass(err);
	return fact_forget(db, fact_of(&arena, sync_id), err);
}

static int look(struct db *db, void *context, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct ready_job *job = context;
	struct fact fact;

	if (fact_get(db, &arena, fact_of(&arena, job->plan->sync_id), &fact, err) < 0)
		return err_pass(err);
	job->waits = fact.at_ms != 0;
	return 0;
}

int restored_ready(struct engine *engine, struct plan *plan, struct err *err)
{
	struct ready_job job = { .plan = plan };

	if (plan_open_account(engine, plan, err) < 0 || store_read(engine->store, look, &job, err) < 0)
		return err_pass(err);
	if (!job.waits)
		return 0;
	if (plan->crm_id_field.len && read_all(engine, plan, err) < 0)
		return err_pass(err);
	return lease_write(engine, plan, DURABLE, hold_against, &job, err);
}

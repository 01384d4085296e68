/* parent: one look at the record, one at the link. */
#include "sync/parent.h"

#include "sync/link.h"

int parent_crm_id(struct db *db, const struct plan *plan, struct arena *arena, struct str emr_id, struct str *ret,
                  struct err *err)
{
	struct link link;
	bool found;

	*ret = STR_EMPTY;
	if (link_by_emr(db, arena, plan->parent.sync_id, emr_id, &link, &found, err) < 0)
		return err_wrap(err, "look the parent up");
	if (found && link.state == LINK_LINKED)
		*ret = link.crm_id;
	return 0;
}

int parent_find(struct db *db, const struct plan *plan, struct arena *arena, const struct json *record,
                struct parent_found *ret, struct err *err)
{
	*ret = (struct parent_found) { 0 };
	if (plan->parent.sync_id == 0 || !record)
		return 0;
	ret->emr_id = str_trim(json_text(path_get(plan->parent.emr, record)));
	return ret->emr_id.len ? parent_crm_id(db, plan, arena, ret->emr_id, &ret->crm_id, err) : 0;
}

struct find_job {
	const struct plan *plan;
	struct arena *arena;
	const struct json *record;
	struct parent_found *ret;
};

static int find(struct db *db, void *context, struct err *err)
{
	struct find_job *job = context;

	return parent_find(db, job->plan, job->arena, job->record, job->ret, err);
}

int parent_read(struct engine *engine, const struct plan *plan, struct arena *arena, const struct json *record,
                struct parent_found *ret, struct err *err)
{
	struct find_job job = { plan, arena, record, ret };

	*ret = (struct parent_found) { 0 };
	return plan->parent.sync_id && record ? store_read(engine->store, find, &job, err) : 0;
}

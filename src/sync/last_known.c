/* last_known: link, then the payload that it was settled with, then its bytes. */
#include "sync/last_known.h"

#include "sync/link.h"
#include "sync/stage.h"

struct known_job {
	const struct plan *plan;
	struct arena *arena;
	const struct str *ids;
	struct staged *found; /* one for each id; id 0: not known */
	size_t count;
};

static int find(struct db *db, void *context, struct err *err)
{
	struct known_job *job = context;

	for (size_t i = 0; i < job->count; i++) {
		struct link link;
		bool found;

		if (link_by_emr(db, job->arena, job->plan->sync_id, job->ids[i], &link, &found, err) < 0)
			return err_wrap(err, "look a link up");
		if (found && link.staged_id && stage_read(db, job->arena, link.staged_id, &job->found[i], err) < 0)
			return err_wrap(err, "read what was settled last");
	}
	return 0;
}

static int open(struct engine *engine, struct arena *arena, const struct staged *s, struct record *ret, struct err *err)
{
	struct err fault = ERR_INIT;

	if (s->id == 0)
		return 0;
	if (stage_bytes(engine, arena, s, &ret->bytes, &fault) < 0) {
		if (stage_is_lost(fault.code))
			return 0;
		*err = fault;
		return err_wrap(err, "payload %lld", (long long)s->id);
	}
	if (json_parse(arena, ret->bytes, &ret->json, &fault) == 0)
		ret->fault = NULL;
	return 0;
}

int last_known(struct engine *engine, const struct plan *plan, enum side side, const struct str *ids, size_t count,
               struct arena *arena, const struct err *why, struct page *ret, struct err *err)
{
	struct known_job job = { plan, arena, ids, arena_new_array(arena, struct staged, count), count };
	const char *fault = arena_text(arena, str_of(why->text));

	if (why->code != ERR_UNSUPPORTED) {
		*err = *why;
		return err_pass(err);
	}
	if (side == SIDE_EMR && store_read(engine->store, find, &job, err) < 0)
		return err_pass(err);
	*ret = (struct page) { .records = arena_new_array(arena, struct record, count), .count = count, .last = true };
	for (size_t i = 0; i < count; i++) {
		ret->records[i] = (struct record) { .id = ids[i], .fault = fault };
		if (open(engine, arena, &job.found[i], &ret->records[i], err) < 0)
			return err_pass(err);
	}
	return 0;
}

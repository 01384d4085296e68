#include "sync/draft.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "sync/select.h"

enum { DRAFTS_MAX = 100 }; /* a person's */

static const char BOX[] = "draft.body";

const struct sealed_column draft_sealed = SEALED_COLUMN(draft, body, BOX);

static const struct statement READ = { "SELECT subject, body, at_ms FROM draft WHERE who = $1 AND subject = $2" };
static const struct statement LIST = {
	"SELECT subject, NULL AS body, at_ms FROM draft WHERE who = $1 ORDER BY at_ms DESC, subject LIMIT $2"
};
static const struct statement COUNT = { "SELECT COUNT(*) AS n FROM draft WHERE who = $1 AND subject <> $2" };
static const struct statement KEEP = { "INSERT INTO draft (who, subject, body, at_ms) VALUES ($1, $2, $3, $4)"
	                               " ON CONFLICT (who, subject) DO UPDATE SET body = $3, at_ms = $4" };
static const struct statement DROP = { "DELETE FROM draft WHERE who = $1 AND subject = $2" };

static void read_draft(struct rows *rows, struct arena *arena, void *place)
{
	*(struct draft *)place = (struct draft) { .subject = arena_str(arena, row_text(rows, "subject")),
		                                  .body = arena_str(arena, row_blob(rows, "body")),
		                                  .at_ms = row_int(rows, "at_ms") };
}

int draft_read(struct engine *engine, struct arena *arena, struct str subject, struct draft *ret, bool *ret_found,
               struct err *err)
{
	const struct selection one = { &READ, BIND(bind_text(str_of(engine->who)), bind_text(subject)), 1,
		                       sizeof(struct draft), read_draft };
	struct selected found;
	struct draft draft;

	if (select_rows(engine, arena, &one, &found, err) < 0)
		return err_pass(err);
	*ret_found = found.count > 0;
	if (!*ret_found)
		return 0;
	draft = *(struct draft *)found.at;
	if (box_open(engine->keys, arena, BOX, draft.body, &draft.body, err) < 0)
		return err_wrap(err, "read the draft");
	*ret = draft;
	return 0;
}

int draft_list(struct engine *engine, struct arena *arena, struct draft **ret, size_t *ret_count, struct err *err)
{
	const struct selection all = { &LIST, BIND(bind_text(str_of(engine->who)), bind_int(DRAFTS_MAX)), DRAFTS_MAX,
		                       sizeof(struct draft), read_draft };
	struct selected found;

	if (select_rows(engine, arena, &all, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

struct keep {
	struct engine *engine;
	struct arena *arena;
	struct str subject, body;
};

static int keep(struct db *db, void *context, struct err *err)
{
	const struct keep *job = context;
	const struct str who = str_of(job->engine->who);
	int64_t others;

	if (db_number(db, &COUNT, BIND(bind_text(who), bind_text(job->subject)), 0, &others, err) < 0)
		return err_pass(err);
	if (others >= DRAFTS_MAX)
		return err_set(err, ERR_LIMIT, "you have %d drafts: finish or throw away some", DRAFTS_MAX);
	return db_run(db, &KEEP,
	              BIND(bind_text(who), bind_text(job->subject),
	                   bind_blob(box_seal(job->engine->keys, job->arena, BOX, job->body)),
	                   bind_int(clock_wall_ms())),
	              err);
}

int draft_keep(struct engine *engine, struct str subject, struct str body, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct keep job = { .engine = engine, .arena = &arena, .subject = subject, .body = body };

	if (body.len > LIMIT_CONFIG)
		return err_set(err, ERR_MEMORY_LIMIT, "the draft is larger than 4 MB");
	return store_write(engine->store, RELAXED, keep, &job, err);
}

static int drop(struct db *db, void *context, struct err *err)
{
	const struct keep *job = context;

	return db_run(db, &DROP, BIND(bind_text(str_of(job->engine->who)), bind_text(job->subject)), err);
}

int draft_drop(struct engine *engine, struct str subject, struct err *err)
{
	struct keep job = { .engine = engine, .subject = subject };

	return store_write(engine->store, RELAXED, drop, &job, err);
}
